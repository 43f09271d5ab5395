//! Other programs on creel's terminal: the pager and the editor, as scripts that say what they were given.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use portable_pty::CommandBuilder;
use rustix::process::Signal;

use crate::{
    program::{in_terminal, started, state},
    pty::Pty,
    wire::{request, send},
};

/// Says what it was given, waits for a word, and ends as the word says.
const SCRIPT: &str = r#"#!/bin/sh
trap 'echo interrupted' INT
printf 'called %s with %s of mode %s\n' "$(basename "$0")" "$(basename "$1")" "$(ls -l "$1" | cut -c1-10)"
printf 'it holds: '; cat "$1"; printf '\n'
while true; do
    printf 'your word: '
    read -r word || continue
    case "$word" in
        size) stty size;;
        change) echo more >> "$1"; exit 0;;
        fail) exit 7;;
        done) exit 0;;
    esac
    echo "heard $word"
done
"#;

struct Setting {
    folder: PathBuf,
    copies: PathBuf,
}

impl Setting {
    fn new() -> Self {
        let folder = state();
        let copies = folder.join("tmp");
        fs::create_dir(&copies).unwrap();
        for name in ["my-pager", "my-editor"] {
            fs::write(folder.join(name), SCRIPT).unwrap();
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder, copies }
    }

    fn command(&self) -> CommandBuilder {
        let mut command = in_terminal(&["--listen", "127.0.0.1:0", "--ephemeral"]);
        command.env("PAGER", self.folder.join("my-pager"));
        command.env_remove("VISUAL");
        command.env("EDITOR", self.folder.join("my-editor"));
        command.env("TMPDIR", &self.copies);
        command.cwd(&self.folder);
        command
    }

    fn no_copy_is_left(&self) {
        let left: Vec<_> = fs::read_dir(&self.copies).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, [] as [&Path; 0]);
    }
}

/// The program with one request.
fn start(command: CommandBuilder) -> Pty {
    let (pty, port) = started(command, 100, 30);
    let order = request(
        "POST /orders/../../x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json; x=\"../../y\"\r\nConnection: close",
        r#"{"order":1.50}"#,
    );
    assert!(send(port, &order).starts_with("HTTP/1.1 200 OK"));
    pty.wait_for("1 caught");
    pty
}

#[test]
fn a_pager_has_the_terminal_until_it_ends() {
    let setting = Setting::new();
    let mut pty = start(setting.command());
    pty.keys("o<Enter>");
    pty.wait_for("called my-pager with body.json of mode -rw-------");
    pty.wait_for("it holds: {\"order\":1.50}");
    pty.wait_for("your word: ");
    pty.look(|screen| assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()));
    assert!(pty.modes_are_as_before(), "lines are edited by the terminal, and keys make signals");
    // What is typed goes to the pager alone, and Ctrl-C ends no more than it says.
    pty.keys("quit<Enter>");
    pty.wait_for("heard quit");
    pty.keys("<C-c>");
    pty.wait_for("interrupted");
    pty.keys("done<Enter>");
    pty.wait_until("creel", |screen| screen.alternate_screen() && screen.contents().contains("1 caught"));
    setting.no_copy_is_left();
    // Keys are read again.
    pty.keys("?");
    pty.wait_for("Everywhere");
    pty.keys("qq");
    assert_eq!(pty.exit_code(), 0);
    pty.assert_given_back();
}

#[test]
fn an_editor_gets_the_whole_request_and_what_it_changes_is_not_kept() {
    let setting = Setting::new();
    let mut pty = start(setting.command());
    pty.keys("owhole<Down><Enter>");
    pty.wait_for("called my-editor with request.http");
    pty.wait_for("it holds: POST /orders/../../x HTTP/1.1");
    pty.keys("change<Enter>");
    pty.wait_for("what was changed is not kept: a request stays as it came");
    pty.keys("o<Enter>");
    pty.wait_for("it holds: {\"order\":1.50}");
    pty.keys("fail<Enter>");
    pty.wait_for("it ended with exit code 7");
    setting.no_copy_is_left();
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
}

#[test]
fn a_terminal_that_was_resized_meanwhile_is_drawn_anew() {
    let setting = Setting::new();
    let mut pty = start(setting.command());
    pty.keys("o<Enter>");
    pty.wait_for("your word: ");
    pty.resize(120, 25);
    pty.keys("size<Enter>");
    pty.wait_for("25 120");
    pty.keys("done<Enter>");
    pty.wait_until("the new width", |screen| {
        screen.alternate_screen() && screen.contents().lines().any(|line| line.chars().count() > 110)
    });
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
}

#[test]
fn a_program_that_is_not_there_is_a_sentence() {
    let setting = Setting::new();
    let mut command = setting.command();
    command.env("PAGER", "no-such-pager -x");
    let mut pty = start(command);
    pty.keys("o<Enter>");
    pty.wait_for("the pager failed: there is no such program (`no-such-pager -x` from PAGER)");
    setting.no_copy_is_left();
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
}

#[test]
fn the_end_of_creel_is_the_end_of_the_pager_and_its_copy() {
    let setting = Setting::new();
    let mut pty = start(setting.command());
    pty.keys("o<Enter>");
    pty.wait_for("your word: ");
    pty.signal(Signal::TERM);
    assert_eq!(pty.exit_code(), 143);
    pty.assert_given_back();
    setting.no_copy_is_left();
}

#[test]
fn a_body_is_saved_and_no_file_is_overwritten_unasked() {
    let setting = Setting::new();
    let path = setting.folder.join("creel-1-body.json");
    let mut pty = start(setting.command());
    pty.keys("w<Enter>");
    pty.wait_for("saved the body of #1 to creel-1-body.json");
    assert_eq!(fs::read(&path).unwrap(), br#"{"order":1.50}"#);
    fs::write(&path, "mine").unwrap();
    pty.keys("w<Enter>");
    pty.wait_for("That file is there already");
    pty.keys("<Enter>");
    pty.wait_until("no question", |screen| !screen.contents().contains("That file is there already"));
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    pty.keys("w<Enter>");
    pty.wait_for("That file is there already");
    pty.keys("<Down><Enter>");
    pty.wait_for("saved the body of #1");
    assert_eq!(fs::read(&path).unwrap(), br#"{"order":1.50}"#);
    pty.keys("wnowhere/body<Enter>");
    pty.wait_for("not saved: nowhere/body cannot be written");
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
}
