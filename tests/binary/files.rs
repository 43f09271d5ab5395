//! Files of captures: printed by `creel import` and by `creel FILE`, and looked at in a terminal.

use std::{fs, path::PathBuf, process::Stdio};

use rustix::process::Signal;

use crate::{
    program::{CREEL, Ended, Headless, command, ended, in_terminal, nowhere},
    pty::{self, Pty},
    wire::{Handler, parted},
};

fn corpus(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/import").join(name);
    path.to_str().unwrap().to_owned()
}

/// What `creel` prints when it reads that on standard input.
fn piped(args: &[&str], input: &[u8]) -> Ended {
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, input).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    Headless::spawn(command(args).stdin(Stdio::from(file))).end()
}

#[test]
fn every_source_is_printed_as_lines_that_are_read_back_byte_for_byte() {
    for (name, from, captures, code) in [
        ("browser.har", "har", 4, 1),
        ("github-deliveries.json", "github", 2, 1),
        ("stripe-events.json", "stripe", 3, 1),
        ("flows.mitm", "mitmproxy", 2, 1),
        ("requests.http", "raw", 3, 0),
        ("commands.sh", "curl", 4, 0),
    ] {
        let first = ended(&["import", &corpus(name)]);
        assert_eq!((first.code, first.lines.len()), (Some(code), captures), "{name}: {}", first.stderr);
        assert_eq!(first.lines.len(), ended(&["import", &corpus(name), "--from", from]).lines.len());
        assert!(
            first.stderr.lines().all(|line| line.starts_with("creel: /") && line.contains(name)),
            "{}",
            first.stderr
        );
        let joined = first.lines.join("\n") + "\n";
        let second = piped(&["import", "-"], joined.as_bytes());
        assert_eq!((second.code, second.stderr.as_str()), (Some(0), ""));
        assert_eq!(second.lines, first.lines, "{name}");
    }
}

#[test]
fn an_archive_that_we_wrote_is_read_as_what_it_was_made_of() {
    for name in
        ["browser.har", "github-deliveries.json", "stripe-events.json", "flows.mitm", "requests.http", "commands.sh"]
    {
        let lines = ended(&["import", &corpus(name)]).lines;
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), lines.join("\n") + "\n").unwrap();
        let caught = file.path().to_str().unwrap();
        let archive = ended(&["export", caught, "--format", "har", "--no-redact"]);
        assert_eq!(archive.code, Some(0), "{name}: {}", archive.stderr);
        let back = piped(&["import", "-"], archive.lines.join("\n").as_bytes());
        assert_eq!((back.code, back.stderr.as_str()), (Some(0), ""), "{name}");
        assert_eq!(back.lines, lines, "{name}");
    }
}

#[test]
fn a_file_is_printed_where_there_is_no_terminal() {
    let Ended { code, lines, stderr } = ended(&[&corpus("requests.http")]);
    assert_eq!((code, lines.len(), stderr.as_str()), (Some(0), 3, ""));
    assert!(lines[0].contains("  POST  /one  "), "{}", lines[0]);
    let filtered =
        ended(&[&corpus("requests.http"), &corpus("flows.mitm"), "--filter", "method:PUT", "--output", "json"]);
    assert_eq!((filtered.code, filtered.lines.len()), (Some(1), 1), "{}", filtered.stderr);
    assert!(filtered.lines[0].contains("\"target\":\"/two\""));
    let Ended { code, lines, stderr } = piped(&["-"], b"curl -d @/etc/passwd http://h/x");
    assert_eq!((code, lines.len()), (Some(0), 1));
    assert!(
        stderr.contains("standard input: line 1: the body is not here: the command reads it from the file"),
        "{stderr}"
    );
    assert!(lines[0].contains("not in the file that was read"), "{}", lines[0]);
}

#[test]
fn what_is_no_file_is_said_and_what_is_nearly_a_command_is_suggested() {
    let Ended { code, lines, stderr } = ended(&["lsiten"]);
    assert_eq!((code, lines.len()), (Some(2), 0));
    assert!(stderr.contains("a similar subcommand exists: 'listen'"), "{stderr}");
    let Ended { code, stderr, .. } = ended(&["no-such.har"]);
    assert_eq!(code, Some(2));
    assert!(stderr.starts_with("creel: no-such.har cannot be read (No such file"), "{stderr}");
    let Ended { code, stderr, .. } = ended(&["import", "/"]);
    assert_eq!(code, Some(2));
    assert!(stderr.starts_with("creel: / cannot be read (it is a folder); name a file"), "{stderr}");
    let Ended { code, stderr, .. } = piped(&["import", "-"], b"nothing that is known");
    assert_eq!(code, Some(1));
    assert!(stderr.contains("standard input: not recognised: say what it is with --from ndjson"), "{stderr}");
}

#[test]
fn a_pipe_that_goes_on_is_printed_as_it_comes_and_a_signal_ends_it() {
    let mut child = command(&["-", "--from", "ndjson", "--output", "json"]);
    let (reader, mut writer) = std::io::pipe().unwrap();
    child.stdin(reader);
    let running = Headless::spawn(&mut child);
    drop(child);
    let line = r#"{"type":"capture","id":"00000000-0000-0000-0000-000000000001","version":"HTTP/1.1","received_at":"2026-01-31T09:26:53Z","method":"POST","target":"/a","headers":[],"body":{"text":"x"}}"#;
    // More than what is looked at first.
    for _ in 0..8 {
        std::io::Write::write_all(&mut writer, format!("{line}\n").as_bytes()).unwrap();
    }
    assert_eq!(running.object()["target"], "/a");
    running.signal(Signal::TERM);
    assert_eq!(running.end().code, Some(143));
}

#[test]
fn a_file_is_looked_at_filtered_and_replayed_in_a_terminal() {
    let handler = Handler::answering("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    let args = [corpus("requests.http"), "--target".to_owned(), format!("{}/hooks", handler.url)];
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut pty = Pty::spawn(in_terminal(&args), 140, 40);
    pty.wait_for("3 read");
    pty.wait_for("requests.http  not listening");
    assert!(!pty.screen().contains("● live") && !pty.screen().contains("127.0.0.1:4600"), "{}", pty.screen());
    pty.keys("/");
    pty.keys("method:POST<Enter>");
    pty.wait_for("1 of 3");
    pty.keys("r");
    let sent = handler.request();
    let (head, body) = parted(&sent).unwrap();
    assert!(head.starts_with(b"POST /hooks/one HTTP/1.1\r\n"), "{}", head.escape_ascii());
    assert_eq!(body, b"\x00\xffab");
    pty.wait_for("201 Created");
    pty.keys("u");
    pty.wait_for("nothing is listened to");
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
    pty.assert_given_back();
}

#[test]
fn standard_input_is_looked_at_with_keys_from_the_terminal() {
    let mut shell = pty::command("sh");
    shell.args(["-c", r#"cat "$1" | "$0" - --no-mouse"#, CREEL, &corpus("commands.sh")]);
    shell.env("HOME", nowhere());
    shell.cwd(nowhere());
    let mut pty = Pty::spawn(shell, 140, 40);
    pty.wait_for("4 read");
    pty.wait_for("standard input  not listening");
    // Of the file that a command names there is a word, and not a byte.
    pty.keys("Gk");
    pty.wait_for("the body is not here");
    pty.keys("gg");
    pty.keys("k");
    pty.wait_for("/orders");
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
    pty.assert_given_back();
}

#[test]
fn a_terminal_cannot_be_keys_and_file_at_once() {
    let mut pty = Pty::spawn(in_terminal(&["-"]), 140, 40);
    assert_eq!(pty.exit_code(), 2);
    assert!(
        pty.screen().contains("- is standard input, and that is the terminal that keys come from"),
        "{}",
        pty.screen()
    );
}

#[test]
fn what_does_not_fit_into_the_ring_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.http");
    let requests: Vec<String> = (0..50).map(|at| format!("GET /{at} HTTP/1.1\r\nHost: h\r\n\r\n")).collect();
    fs::write(&file, requests.concat()).unwrap();
    let mut pty = Pty::spawn(in_terminal(&[file.to_str().unwrap(), "--ring", "10"]), 140, 40);
    pty.wait_for("50 read");
    pty.wait_for("40 of 50 requests did not fit");
    pty.wait_for("ring 10/10 40 evicted");
    pty.keys("q");
    assert_eq!(pty.exit_code(), 0);
}
