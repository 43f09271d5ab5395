//! `creel replay` of many: the bar on a terminal, Ctrl-C, and what its words may be.

use std::{
    io::Write as _,
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    program::{Headless, command, ended, in_terminal, nowhere},
    pty::Pty,
    wire::message,
};

/// A handler that answers what comes, but for paths with `stuck` in them, and says what it was asked for.
fn handler() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, requests) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let sender = sender.clone();
            thread::spawn(move || answer(stream.unwrap(), &sender));
        }
    });
    (port, requests)
}

fn answer(mut stream: TcpStream, sender: &std::sync::mpsc::Sender<String>) {
    let Some(request) = message(&mut stream) else { return };
    let path = String::from_utf8_lossy(&request).split(' ').nth(1).unwrap().to_owned();
    let _ = sender.send(path.clone());
    if path.contains("stuck") {
        let _ = message(&mut stream);
        return;
    }
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

/// A file of captures with these paths.
fn file(name: &str, paths: &[&str]) -> String {
    let line = |(number, path): (usize, &&str)| {
        format!(
            "{{\"type\":\"capture\",\"id\":\"00000000-0000-0000-0000-{:012}\",\"seq\":{},\"version\":\"HTTP/1.1\",\"received_at\":\
             \"2026-01-31T09:26:53Z\",\"method\":\"POST\",\"target\":\"{path}\",\"headers\":[],\"body\":{{\"text\":\"x\"}}}}\n",
            number + 1,
            number + 1
        )
    };
    let path = nowhere().join(name);
    std::fs::write(&path, paths.iter().enumerate().map(line).collect::<String>()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn many_are_sent_and_what_is_not_as_expected_is_an_exit_code() {
    let (port, requests) = handler();
    let file = file("many.ndjson", &["/1", "/2"]);
    let to = format!("127.0.0.1:{port}");
    let all = [
        "replay",
        &file,
        "--to",
        &to,
        "--to",
        &format!("b={to}/b"),
        "--times",
        "2",
        "--shuffle=7",
        "--concurrency",
        "3",
    ];
    let sent = ended(&[&all[..], &["--expect", "status:2xx", "--output", "json"]].concat());
    assert_eq!((sent.code, sent.lines.len(), sent.stderr.as_str()), (Some(0), 8, ""));
    let mut paths: Vec<_> = requests.try_iter().collect();
    paths.sort();
    assert_eq!(paths, ["/1", "/1", "/2", "/2", "/b/1", "/b/1", "/b/2", "/b/2"]);
    let unmet = ended(&["replay", &file, "--to", &to, "--expect", "status:404"]);
    assert_eq!(unmet.code, Some(1), "{}", unmet.stderr);
    assert!(unmet.lines.iter().all(|line| line.ends_with("; not status:404")), "{:?}", unmet.lines);
    for (option, value, says) in [
        ("--expect", "2xx", "status:2xx"),
        ("--pace", "fast", "original*2"),
        ("--times", "0", "1.."),
        ("--shuffle=x", "--force", "whole number"),
    ] {
        let refused = ended(&["replay", &file, "--to", &to, option, value]);
        assert_eq!(refused.code, Some(2), "{option}");
        assert!(refused.stderr.contains(says), "{}", refused.stderr);
    }
    let refused = ended(&["replay", &file, "--to", &to, "--shuffle", "--pace", "original"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("contradict"), "{}", refused.stderr);
}

#[test]
fn an_interrupt_cancels_what_is_under_way_and_says_so() {
    let (port, requests) = handler();
    let file = file("stuck.ndjson", &["/1", "/stuck", "/3"]);
    let running = Headless::spawn(&mut command(&[
        "replay",
        &file,
        "--to",
        &format!("127.0.0.1:{port}"),
        "--output",
        "json",
        "--times",
        "2",
    ]));
    assert_eq!(running.object()["status"], 200);
    while requests.recv().unwrap() != "/stuck" {}
    running.signal(Signal::INT);
    let cancelled: Value = running.object();
    assert_eq!(cancelled["error"]["kind"], "cancelled");
    let ended = running.end();
    assert_eq!(ended.code, Some(130));
    assert!(ended.stderr.contains("cancelled: 1 have ended, 1 were under way"), "{}", ended.stderr);
}

#[test]
fn a_terminal_has_a_progress_bar_that_goes_again() {
    let (port, requests) = handler();
    let file = file("bar.ndjson", &["/1", "/stuck"]);
    let mut pty =
        Pty::spawn(in_terminal(&["replay", &file, "--to", &format!("127.0.0.1:{port}"), "--times", "2"]), 80, 24);
    pty.wait_for("200 OK in");
    pty.wait_for("1 sent, 1 under way");
    while requests.recv().unwrap() != "/stuck" {}
    pty.send(b"\x03");
    pty.wait_for("cancelled: 1 have ended");
    assert_eq!(pty.exit_code(), 130);
    let screen = pty.screen();
    assert!(!screen.contains("1 under way"), "{screen}");
}
