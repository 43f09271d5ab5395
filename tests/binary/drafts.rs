//! Drafts made in the user's own editor: scripts that edit, fail, are killed, and empty the file.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use crate::{
    program::{in_terminal, started, state},
    pty::Pty,
    wire::{request, send},
};

/// The program with one request and that script as the editor; and where its copies are.
fn start(script: &str) -> (Pty, PathBuf) {
    let folder = state();
    let copies = folder.join("tmp");
    fs::create_dir(&copies).unwrap();
    let editor = folder.join("my-editor");
    fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = in_terminal(&["--listen", "127.0.0.1:0", "--ephemeral"]);
    command.env("VISUAL", &editor);
    command.env("TMPDIR", &copies);
    command.cwd(&folder);
    let (pty, port) = started(command, 100, 30);
    let order = request("POST /order HTTP/1.1\r\nHost: x\r\nX-Odd:1\r\nConnection: close", r#"{"order":1.50}"#);
    assert!(send(port, &order).starts_with("HTTP/1.1 200 OK"));
    pty.wait_for("1 caught");
    (pty, copies)
}

fn end(mut pty: Pty, copies: &Path) {
    let left: Vec<_> = fs::read_dir(copies).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [] as [&Path; 0], "no copy is left");
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
}

#[test]
fn what_an_editor_writes_is_a_draft() {
    let (mut pty, copies) = start(r#"sed -i -e 's|/order|/edited|' -e 's|1.50|2.75|' "$1""#);
    pty.keys("E");
    pty.wait_for("a draft of #1 is kept");
    pty.wait_for("draft /edited");
    pty.wait_for("2.75");
    end(pty, &copies);
}

#[test]
fn an_editor_that_changes_nothing_makes_no_draft() {
    // As many editors do, it ends the file with a line feed.
    let (mut pty, copies) = start(r#"echo >> "$1""#);
    pty.keys("E");
    pty.wait_for("nothing was changed in the editor");
    end(pty, &copies);
}

#[test]
fn an_editor_that_fails_is_killed_or_empties_the_file_is_a_sentence() {
    for (script, said) in [
        ("exit 3", "it ended with exit code 3"),
        ("kill -9 $$", "it was ended by a signal: 9"),
        (r#": > "$1""#, "the editor left an empty file; nothing was changed"),
        (r#"rm "$1""#, "what the editor left cannot be read"),
    ] {
        let (mut pty, copies) = start(script);
        pty.keys("E");
        pty.wait_for(said);
        end(pty, &copies);
    }
}

#[test]
fn what_is_no_request_is_kept_and_opened_again() {
    // The first time it breaks the request, the second time it mends it.
    let (mut pty, copies) = start(
        r#"if grep -q HTTP/1.1 "$1"; then sed -i 's| HTTP/1.1||' "$1"; else sed -i '1s|$|er HTTP/1.1|' "$1"; fi"#,
    );
    pty.keys("E");
    pty.wait_for("no request: its first line is not METHOD TARGET HTTP/1.1; the text is kept");
    pty.keys("E");
    pty.wait_for("draft /orderer");
    end(pty, &copies);
}

#[test]
fn a_body_is_edited_alone_from_within_the_editor() {
    let (mut pty, copies) = start(r#"printf 'from outside' > "$1""#);
    pty.keys("e");
    pty.wait_for("Edit #1 as a draft");
    pty.keys("\x1bo");
    pty.wait_for("from outside");
    pty.wait_for("1 changed");
    pty.keys("\x13");
    pty.wait_for("draft /order");
    end(pty, &copies);
}
