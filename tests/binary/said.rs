//! What is wrong with how it was started is said in a sentence, before the terminal is touched or a port is opened, and
//! told by the exit code.

use std::{fs, io, net::TcpListener, path::Path};

use portable_pty::CommandBuilder;
use rstest::rstest;

use crate::{
    program::{Ended, Headless, command, ended, in_terminal, started, taken},
    pty::Pty,
    wire::send,
};

/// Runs the program in a terminal to its end, where it must not have begun an interface; what it said, line by line.
fn refused(command: CommandBuilder) -> Vec<String> {
    let mut pty = Pty::spawn(command, 200, 24);
    assert_eq!(pty.exit_code(), 2, "{}", pty.screen());
    pty.assert_given_back();
    let entered = pty.raw().windows(8).any(|bytes| bytes == b"\x1b[?1049h");
    assert!(!entered, "the interface began: {}", pty.raw().escape_ascii());
    pty.screen().trim_end().lines().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn a_theme_that_there_is_not_is_answered_with_the_nearest() {
    let said = refused(in_terminal(&["--listen", "0", "--theme", "drak"]));
    assert_eq!(said, ["creel: --theme: no theme called `drak` (`creel themes` lists them); did you mean `dark`?"]);
}

#[test]
fn a_filter_that_does_not_parse_is_shown_with_the_place() {
    let said = refused(in_terminal(&["--listen", "0", "--filter", "status:200 metod:POST"]));
    let [first, query, caret] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(first, "creel: --filter: the filter does not parse");
    assert_eq!(query, "  status:200 metod:POST");
    assert_eq!(caret, "             ^ unknown field `metod`; did you mean `method`?");
}

#[test]
fn a_configuration_file_with_a_typo_is_answered_with_file_line_and_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("creel.toml"), "listen = 0\nrign = 5\n").unwrap();
    let mut command = in_terminal(&[]);
    command.cwd(folder.path());
    let said = refused(command);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].ends_with("creel.toml:2:1: no key called `rign`; did you mean `ring`?"), "{said:?}");
}

/// The program with a theme file in the user's configuration folder.
fn themed(folder: &Path, theme: &str) -> CommandBuilder {
    fs::create_dir_all(folder.join("creel/themes")).unwrap();
    fs::write(folder.join("creel/themes/mine.toml"), theme).unwrap();
    let mut command = in_terminal(&["--listen", "127.0.0.1:0", "--theme", "mine"]);
    command.env("XDG_CONFIG_HOME", folder);
    command
}

#[test]
fn a_theme_file_with_a_typo_is_answered_with_file_line_and_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    let said = refused(themed(folder.path(), "inherits = \"dark\"\n[roles]\naccent = blue\n")).join("");
    assert!(said.contains("creel/themes/mine.toml:3"), "{said}");
    let said = refused(themed(folder.path(), "inherits = \"drk\"\n")).join("");
    assert!(said.contains("mine.toml:1: `inherits`: no theme called `drk`"), "{said}");
    assert!(said.ends_with("did you mean `dark`?"), "{said}");
    // What is unknown does no harm, and is said where it can be seen.
    let (pty, _) = started(themed(folder.path(), "inherits = \"dark\"\n[roles]\naccnt = \"red\"\n"), 200, 24);
    pty.wait_for("no role called `accnt`; did you mean `accent`?");
}

#[rstest]
#[case::in_a_terminal(true)]
#[case::without_one(false)]
fn a_port_that_was_asked_for_and_is_taken_is_an_error(#[case] terminal: bool) {
    let (_listener, port) = taken();
    let args = ["--listen", &port.to_string()];
    let said = if terminal {
        refused(in_terminal(&args)).join("\n")
    } else {
        let Ended { code, lines, stderr } = ended(&args);
        assert_eq!((code, lines.len()), (Some(2), 0), "{stderr}");
        stderr.trim_end().to_owned()
    };
    let why = "is taken by another program: stop that one, or choose another port with --listen";
    assert_eq!(said, format!("creel: port {port} of 127.0.0.1 {why}"));
}

#[test]
fn a_default_port_that_is_taken_is_passed_over_and_said() {
    loop {
        // Where this fails someone else has it, which is as good until they go.
        let own = TcpListener::bind("127.0.0.1:4600");
        if let Err(error) = &own {
            assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        }
        let (pty, port) = started(in_terminal(&[]), 200, 24);
        if own.is_err() && port == 4600 {
            continue;
        }
        assert!((4601..=4609).contains(&port), "{port}");
        pty.wait_for(&format!("port 4600 is taken, so this is port {port}"));
        assert!(send(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 200 OK"));
        return;
    }
}

#[test]
fn without_a_terminal_it_prints_lines_and_an_interface_that_was_asked_for_is_refused() {
    let Ended { code, lines, stderr } = ended(&["--listen", "0", "--output", "tui"]);
    assert_eq!((code, lines.len()), (Some(2), 0));
    assert_eq!(
        stderr,
        "creel: standard input is not a terminal: start creel in one, or use --output text or --output json\n"
    );
    let running = Headless::spawn(&mut command(&["--listen", "127.0.0.1:0", "--max-body", "1k"]));
    running.signal(rustix::process::Signal::TERM);
    let Ended { code, lines, stderr } = running.end();
    // The signal may come before it is listened to.
    assert!(matches!(code, Some(143) | None), "{code:?} {stderr}");
    assert_eq!(lines.len(), 0);
}

/// The keys of the terminal are there and its screen is not: output goes into a pipe.
#[test]
fn a_terminal_for_keys_alone_is_none() {
    let mut command = crate::pty::command("sh");
    let script = r#""$0" --listen 127.0.0.1:0 --output tui | cat; echo done"#;
    command.args(["-c", script, crate::program::CREEL]);
    let mut pty = Pty::spawn(command, 200, 24);
    assert_eq!(pty.exit_code(), 0);
    assert!(pty.screen().contains("creel: standard output is not a terminal: start creel in one"), "{}", pty.screen());
    pty.assert_given_back();
}

#[rstest]
#[case::not_an_address(&["--listen", "127.0.0.1:22222222"], "write 4600, 127.0.0.1:4600 or [::1]:4600")]
#[case::not_a_size(&["--max-body", "1potato"], "1potato")]
#[case::not_a_status(&["--respond", "99"], "`99`")]
#[case::no_such_file(&["--listen", "0", "--respond-body", "/nonexistent/answer"], "/nonexistent/answer cannot be read")]
#[case::no_such_option(&["--lisen", "1"], "a similar argument exists: '--listen'")]
#[case::no_such_config(&["--config", "/nonexistent.toml"], "`/nonexistent.toml` does not exist")]
#[case::no_such_captures(&["replay", "/nonexistent", "--to", "localhost:1"], "/nonexistent cannot be read")]
#[case::no_such_scheme(&["replay", "-", "--to", "ftp://localhost/"], "--to: ")]
fn a_word_that_means_nothing_is_answered_with_what_would(#[case] args: &[&str], #[case] says: &str) {
    let Ended { code, lines, stderr } = ended(args);
    assert_eq!((code, lines.len()), (Some(2), 0), "{stderr}");
    assert!(stderr.contains(says), "{stderr}");
}

#[test]
fn a_query_of_the_configuration_that_means_nothing_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("creel.toml");
    for (written, said) in [
        ("[queries]\nbad = \"nofield:1\"\n", ["creel.toml:2", "the query does not parse", "nofield"]),
        (
            "[queries.paid]\nquery = \"event:paid\"\nkey = \"r\"\n",
            ["creel.toml:3", "`r` is the key of replay", "bind replay otherwise"],
        ),
        (
            "[queries.a]\nquery = \"a\"\nkey = \"Z\"\n[queries.b]\nquery = \"b\"\nkey = \"Z\"\n",
            ["creel.toml:6", "`Z` is the key of the query a", "choose another"],
        ),
        ("[queries.a]\nquery = \"a\"\nkey = \"hyper-z\"\n", ["creel.toml:3", "hyper-z", ""]),
    ] {
        fs::write(&file, written).unwrap();
        let path = file.to_str().unwrap();
        let lines = refused(in_terminal(&["--config", path, "--listen", "127.0.0.1:0", "--ephemeral"])).join("\n");
        assert!(said.iter().all(|said| lines.contains(said)), "{written}\n{lines}");
    }
}

#[test]
fn a_query_may_name_a_provider_that_only_the_configuration_knows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("creel.toml");
    fs::write(&file, "[providers]\nacme = { header = \"X-Acme-Signature\" }\n").unwrap();
    let file = file.to_str().unwrap();
    for command_name in ["list", "show"] {
        let run = |query| Headless::spawn(&mut command(&[command_name, query, "--config", file])).end();
        let own = run("provider:acme");
        assert!(!own.stderr.contains("acme"), "{command_name}: {}", own.stderr);
        let none = run("provider:acmee");
        assert!(none.stderr.contains("acmee"), "{command_name}: {}", none.stderr);
    }
}
