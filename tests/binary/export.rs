//! `creel export`: what goes to standard output and what to a file, what a terminal is shown, and how it ends.

use std::{fs, path::Path};

use creel::export::{FORMATS, capture_line};

use crate::{
    captures::{binary_blob, github_push, hostile, stripe_invoice},
    program::{Ended, Headless, command, in_terminal},
    pty::Pty,
};

/// A file of captures.
fn caught(folder: &Path) -> String {
    let lines: String = [github_push(), stripe_invoice(), binary_blob(), hostile()]
        .iter()
        .map(|capture| capture_line(capture) + "\n")
        .collect();
    let path = folder.join("caught.ndjson");
    fs::write(&path, lines).unwrap();
    path.to_str().unwrap().to_owned()
}

fn export(args: &[&str]) -> Ended {
    Headless::spawn(&mut command(&[&["export"], args].concat())).end()
}

#[test]
fn every_format_is_written_to_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let caught = caught(folder.path());
    for format in FORMATS {
        let output = command(&["export", &caught, "--format", format.name]).output().unwrap();
        let code = output.status.code().unwrap();
        assert!(
            code == 0 || code == 1 && String::from_utf8_lossy(&output.stderr).contains("was left out"),
            "{output:?}"
        );
        assert!(output.stdout.len() > 500, "{}", format.name);
    }
    let again = folder.path().join("again.ndjson");
    let once = command(&["export", &caught, "--format", "ndjson"]).output().unwrap();
    fs::write(&again, &once.stdout).unwrap();
    let twice = command(&["export", again.to_str().unwrap(), "--format", "ndjson"]).output().unwrap();
    assert!(once.stdout == twice.stdout, "what was printed is printed again");
}

#[test]
fn secrets_go_unless_they_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.ndjson");
    let capture = crate::captures::capture(
        "POST",
        "/a?token=S3cret",
        &[("Authorization", "Bearer S3cret"), ("X-Team", "blue")],
        r#"{"password":"S3cret","colour":"red"}"#,
    );
    fs::write(&path, capture_line(&capture)).unwrap();
    let file = path.to_str().unwrap();
    let Ended { code, lines, stderr } = export(&[file, "--format", "curl"]);
    assert_eq!((code, stderr.as_str()), (Some(0), "creel: 3 secrets were redacted; --no-redact leaves them in\n"));
    assert!(!lines.concat().contains("S3cret") && lines.concat().contains("Bearer <redacted 6 bytes: Authorization>"));
    let Ended { lines, .. } =
        export(&[file, "--format", "curl", "--redact", "header:x-team", "--redact", "json:.colour"]);
    assert!(!lines.concat().contains("blue") && !lines.concat().contains("red\""), "{lines:?}");
    let Ended { lines, stderr, .. } = export(&[file, "--format", "curl", "--no-redact"]);
    assert!(lines.concat().matches("S3cret").count() == 3 && stderr.is_empty(), "{lines:?}");
    let Ended { lines, .. } = export(&[file, "--format", "ndjson"]);
    assert_eq!(lines.concat().matches("S3cret").count(), 3, "the lossless one");
    let Ended { lines, .. } = export(&[file, "--format", "ndjson", "--redact", "header:x-team"]);
    assert!(!lines.concat().contains("S3cret") && !lines.concat().contains("blue"), "{lines:?}");
    // The configuration adds to what is secret too.
    fs::write(folder.path().join("creel.toml"), "redact = ['header:X-Team', 'json:..colour']").unwrap();
    let mut configured = command(&["export", file, "--format", "har"]);
    let Ended { lines, .. } = Headless::spawn(configured.current_dir(folder.path())).end();
    assert!(!lines.concat().contains("blue") && !lines.concat().contains("\\\"red\\\""), "{lines:?}");
}

#[test]
fn a_file_is_written_whole_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let caught = caught(folder.path());
    let to = folder.path().join("all.har");
    let to = to.to_str().unwrap();
    let Ended { code, lines, stderr } = export(&[&caught, "--format", "har", "--to", to]);
    assert_eq!((code, lines.len()), (Some(0), 0), "{stderr}");
    assert!(stderr.contains("all.har: 4 captures, "), "{stderr}");
    let first = fs::read(to).unwrap();
    let Ended { code, stderr, .. } = export(&[&caught, "--format", "curl", "--to", to]);
    assert_eq!(code, Some(2));
    assert!(stderr.ends_with("all.har is there already and was not touched; --overwrite replaces it\n"), "{stderr}");
    assert_eq!(fs::read(to).unwrap(), first);
    let Ended { code, .. } = export(&[&caught, "--format", "curl", "--to", to, "--overwrite"]);
    assert_eq!(code, Some(0));
    assert!(fs::read(to).unwrap() != first);
}

#[test]
fn what_is_wrong_is_said_with_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let caught = caught(folder.path());
    let bad = folder.path().join("bad.ndjson");
    fs::write(&bad, format!("nope\n{}\n", capture_line(&github_push()))).unwrap();
    let empty = folder.path().join("empty.ndjson");
    fs::write(&empty, "{\"type\":\"ready\"}\n").unwrap();
    let (bad, empty) = (bad.to_str().unwrap(), empty.to_str().unwrap());
    for (args, code, said) in [
        (&[caught.as_str(), "--format", "curls"][..], 2, "'curl'"),
        (&[&caught, "--format", "curl", "--url", "ftp://x"], 2, "creel: --url: `ftp://x` is not a URL to send to"),
        (&[&caught, "--format", "curl", "--redact", "a"], 2, "creel: --redact: `a` is no rule for what to redact"),
        (&["/no/such", "--format", "curl"], 2, "creel: /no/such cannot be read"),
        (&[&caught, "--format", "har", "--to", "/no/such/a.har"], 2, "creel: /no/such/a.har cannot be written"),
        (&[bad, "--format", "har"], 1, "bad.ndjson: line 1: not a line of creel's JSON output"),
        (&[empty, "--format", "har"], 1, "empty.ndjson: there is no capture in it, so nothing was written"),
        (
            &[&caught, "--format", "rust", "--url", "https://x"],
            1,
            "#0 was left out: Rust's standard library has no TLS",
        ),
    ] {
        let ended = export(args);
        assert_eq!(ended.code, Some(code), "{args:?} {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{args:?} {}", ended.stderr);
    }
    fs::write(folder.path().join("creel.toml"), "redact = ['x']").unwrap();
    let mut configured = command(&["export", &caught, "--format", "har"]);
    let ended = Headless::spawn(configured.current_dir(folder.path())).end();
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.starts_with("creel: creel.toml:1:10: `x` is no rule for what to redact: "),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_terminal_is_shown_text_and_never_given_bytes_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let caught = caught(folder.path());
    for format in FORMATS {
        let mut pty = Pty::spawn(in_terminal(&["export", &caught, "--format", format.name]), 200, 50);
        let code = pty.exit_code();
        let raw = pty.raw();
        if format.binary {
            assert_eq!(code, 2);
            assert!(pty.screen().contains("raw is not printed: it has bytes that are no text"), "{}", pty.screen());
        }
        let odd = raw.iter().find(|byte| **byte < b' ' && !matches!(byte, b'\r' | b'\n' | b'\t'));
        assert_eq!(odd, None, "{}: {}", format.name, raw.escape_ascii());
        for hidden in ["\u{202e}", "\u{2066}", "\u{200b}", "\u{9b}"] {
            assert!(!raw.windows(hidden.len()).any(|bytes| bytes == hidden.as_bytes()), "{}", format.name);
        }
    }
}
