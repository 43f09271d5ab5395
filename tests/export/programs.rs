//! What commands and programs send when they are run for real. A tool that is not here is said to be skipped.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    sync::Arc,
};

use creel::{
    export::{Format, Options, Unfit, write},
    model::{Capture, Seq},
};

use super::{
    cases::{with_bodies, with_heads},
    recorder::{Recorded, Recorder},
};

/// A tool: the format for it, and how a file is run in an empty folder.
struct Tool {
    format: &'static str,
    /// A command that works where the tool is.
    probe: &'static [&'static str],
    run: fn(&Path) -> Command,
}

fn command(words: &[&str], file: &Path) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg(file);
    command
}

const PYTHON: Tool =
    Tool { format: "python", probe: &["python3", "--version"], run: |file| command(&["python3", "-I"], file) };
const JAVASCRIPT: Tool =
    Tool { format: "javascript", probe: &["node", "--version"], run: |file| command(&["node"], file) };
const GO: Tool = Tool { format: "go", probe: &["go", "version"], run: |file| command(&["go", "run"], file) };
const RUST: Tool = Tool {
    format: "rust",
    probe: &["rustc", "--version"],
    run: |file| {
        let mut command = Command::new("sh");
        command.args(["-c", "rustc --edition 2021 -D warnings -o \"$1.out\" \"$1\" && \"$1.out\"", "sh"]).arg(file);
        command
    },
};
const CURL: Tool = Tool { format: "curl", probe: &["curl", "--version"], run: |file| command(&["bash", "-e"], file) };
const HTTPIE: Tool = Tool {
    format: "httpie",
    probe: &["http", "--version"],
    run: |file| {
        let mut command = command(&["bash", "-e"], file);
        // Nobody's own settings.
        command.env("HTTPIE_CONFIG_DIR", file.parent().unwrap());
        command
    },
};
const K6: Tool = Tool {
    format: "k6",
    probe: &["k6", "version"],
    run: |file| command(&["k6", "run", "--quiet", "--no-usage-report", "--iterations", "1"], file),
};
const HURL: Tool = Tool { format: "hurl", probe: &["hurl", "--version"], run: |file| command(&["hurl"], file) };

fn is_here(tool: &Tool) -> bool {
    let probe = Command::new(tool.probe[0]).args(&tool.probe[1..]).output();
    let here = probe.is_ok_and(|output| output.status.success());
    if !here {
        eprintln!("SKIPPED: there is no {} here, so what the format {} writes is not run", tool.probe[0], tool.format);
    }
    here
}

/// The captures that the format took and what arrived for each, and why it left others out.
type Ran = (Vec<(Arc<Capture>, Recorded)>, Vec<(Seq, Unfit)>);

/// Writes the captures for the tool and runs what was written.
fn run(tool: &Tool, captures: fn(std::net::SocketAddr) -> Vec<Arc<Capture>>) -> Option<Ran> {
    if !is_here(tool) {
        return None;
    }
    let recorder = Recorder::start();
    let captures = captures(recorder.address);
    let format = Format::named(tool.format).unwrap();
    let url = format!("http://{}", recorder.address).parse().unwrap();
    let mut document = Vec::new();
    let written = write(format, captures.clone(), &Options { url, redaction: None }, &mut document).unwrap();
    assert!(document.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')), "{} is not ASCII", tool.format);
    assert_eq!(written.captures + written.left_out, captures.len() as u64);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("send.{}", format.extension));
    fs::write(&file, &document).unwrap();
    // A folder without files, so that whatever should be written by mistake is seen.
    let empty = tempfile::tempdir().unwrap();
    let Output { status, stderr, .. } = (tool.run)(&file).current_dir(empty.path()).output().unwrap();
    let said = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{}: {said}", tool.format);
    assert_eq!(empty.path().read_dir().unwrap().count(), 0, "{} wrote a file", tool.format);
    let reasons = written.reasons;
    let sent: Vec<_> =
        captures.into_iter().filter(|capture| reasons.iter().all(|(seq, _)| *seq != capture.seq)).collect();
    assert_eq!(sent.len() as u64, written.captures, "more was left out than is said");
    let records = recorder.take(sent.len());
    Some((sent.into_iter().zip(records).collect(), reasons))
}

fn pairs(head: &creel::model::Head) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    head.headers().map(|header| (text(header.name), text(header.value))).collect()
}

/// Every byte of the head but the blank behind the name of an empty header, and every byte of the body.
fn exact(tool: &Tool, captures: fn(std::net::SocketAddr) -> Vec<Arc<Capture>>) {
    let Some((sent, left_out)) = run(tool, captures) else { return };
    assert_eq!(left_out, []);
    for (capture, (head, body)) in sent {
        assert_eq!(head.bytes().escape_ascii().to_string(), capture.head.bytes().escape_ascii().to_string());
        assert_eq!(body, capture.body.bytes().unwrap().as_ref(), "{}", capture.seq);
    }
}

#[test]
fn python_sends_every_byte() {
    exact(&PYTHON, with_bodies);
    exact(&PYTHON, with_heads);
}

#[test]
fn go_sends_every_byte() {
    exact(&GO, with_bodies);
    exact(&GO, with_heads);
}

#[test]
fn rust_sends_every_byte() {
    exact(&RUST, with_bodies);
    exact(&RUST, with_heads);
}

#[test]
fn curl_sends_every_byte() {
    exact(&CURL, with_bodies);
    // curl puts `Host` first and takes names apart at their case; its own tests have its heads.
}

#[test]
fn javascript_sends_bodies_and_headers_as_they_are() {
    for captures in [with_bodies, with_heads] {
        let Some((sent, left_out)) = run(&JAVASCRIPT, captures) else { return };
        assert_eq!(left_out, []);
        for (capture, (head, body)) in sent {
            assert_eq!(body, capture.body.bytes().unwrap().as_ref(), "{}", capture.seq);
            assert_eq!(head.method(), capture.head.method().to_ascii_uppercase());
            assert_eq!(head.target().escape_ascii().to_string(), capture.head.target().escape_ascii().to_string());
            let mut arrived = pairs(&head);
            let added = |name: &str| !capture.head.headers().any(|header| header.is(name));
            arrived.retain(|(name, value)| {
                let own = name == "Connection" || (name == "Content-Length" && value == "0");
                !(own && added(name))
            });
            assert_eq!(arrived, pairs(&capture.head), "{}", capture.seq);
        }
    }
}

/// What of the head a tool with a mind of its own keeps: each header with its value, whatever the case and order.
fn keeps(tool: &Tool, capture: &Capture, (head, body): &Recorded, methods_in_capitals: bool) {
    let name = tool.format;
    assert_eq!(body, capture.body.bytes().unwrap().as_ref(), "{name}: {}", capture.seq);
    let method = capture.head.method();
    let method = if methods_in_capitals { method.to_ascii_uppercase() } else { method.to_vec() };
    assert_eq!(head.method(), method);
    assert_eq!(head.target().escape_ascii().to_string(), capture.head.target().escape_ascii().to_string(), "{name}");
    let arrived = pairs(head);
    for (own, value) in pairs(&capture.head) {
        if ["content-length", "transfer-encoding"].contains(&own.to_lowercase().as_str()) {
            continue;
        }
        let same = arrived.iter().filter(|(other, _)| other.eq_ignore_ascii_case(&own));
        assert!(
            same.clone().any(|(_, other)| other.contains(&value)),
            "{name}: {}: {own}: {value} in {arrived:?}",
            capture.seq
        );
    }
    for own in ["content-type", "authorization", "cookie"] {
        let added = head.header(own).is_some() && capture.head.header(own).is_none();
        assert!(!added, "{name} adds {own} to {}", capture.seq);
    }
}

#[test]
fn httpie_sends_bodies_as_they_are() {
    // It takes half a second to start: each body once, in one framing or another.
    let few = |address| {
        with_bodies(address).into_iter().filter(|capture| capture.seq.0 % 3 == capture.seq.0 / 3 % 3).collect()
    };
    for captures in [few, with_heads] {
        let Some((sent, left_out)) = run(&HTTPIE, captures) else { return };
        assert!(left_out.len() <= 7, "{left_out:?}");
        for (capture, recorded) in sent {
            keeps(&HTTPIE, &capture, &recorded, true);
        }
    }
}

#[test]
fn k6_sends_bodies_as_they_are() {
    for captures in [with_bodies, with_heads] {
        let Some((sent, _)) = run(&K6, captures) else { return };
        for (capture, recorded) in sent {
            keeps(&K6, &capture, &recorded, true);
        }
    }
}

#[test]
fn hurl_sends_bodies_as_they_are() {
    for captures in [with_bodies, with_heads] {
        let Some((sent, _)) = run(&HURL, captures) else { return };
        for (capture, recorded) in sent {
            keeps(&HURL, &capture, &recorded, false);
        }
    }
}

#[test]
fn what_does_not_fit_a_tool_is_left_out_with_a_reason() {
    let address = ([127, 0, 0, 1], 1).into();
    for (format, expected) in [
        ("python", &[][..]),
        ("curl", &[]),
        ("javascript", &[]),
        ("httpie", &[6, 7, 8, 9, 10, 13, 15]),
        ("hurl", &[5, 6, 7, 9, 10, 13]),
        ("k6", &[6, 7, 9, 10, 13]),
        ("postman", &[6, 7, 9, 10, 13, 16]),
    ] {
        let format = Format::named(format).unwrap();
        let written = write(format, with_heads(address), &Options::default(), &mut Vec::new()).unwrap();
        let left_out: Vec<u64> = written.reasons.iter().map(|(Seq(seq), _)| *seq).collect();
        assert_eq!(left_out, expected, "{}: {:?}", format.name, written.reasons);
        for (_, why) in written.reasons {
            assert!(why.to_string().contains("export it as"), "{why}");
        }
    }
}

#[test]
fn commands_are_clean_to_a_linter_of_shells() {
    if !Command::new("shellcheck").arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: there is no shellcheck here, so the commands of curl and HTTPie are not checked by it");
        return;
    }
    let address = ([127, 0, 0, 1], 1).into();
    for name in ["curl", "httpie"] {
        let mut script = b"#!/bin/bash\n".to_vec();
        let captures = with_bodies(address).into_iter().chain(with_heads(address));
        write(Format::named(name).unwrap(), captures, &Options::default(), &mut script).unwrap();
        let file = tempfile::NamedTempFile::with_suffix(".sh").unwrap();
        fs::write(file.path(), script).unwrap();
        let output = Command::new("shellcheck").args(["-S", "warning"]).arg(file.path()).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
    }
}
