//! `creel send` into a creel that runs, and handshakes by raw requests, on the program itself.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use serde_json::Value;

use crate::program::{Headless, command, ended, port_in};

/// A creel that runs with a secret in its environment, and its port.
fn running(args: &[&str]) -> (Headless, u16) {
    let all = [&["--output", "json", "--listen", "127.0.0.1:0", "--ephemeral"], args].concat();
    let running = Headless::spawn(command(&all).env("MINE", "one two three"));
    let ready = running.object();
    (running, port_in(ready["url"].as_str().unwrap()).unwrap())
}

fn send(port: u16, args: &[&str]) -> (Option<i32>, Vec<Value>, String) {
    let url = format!("http://127.0.0.1:{port}/hooks");
    let all = [&["send", "--to", &url, "--output", "json"], args].concat();
    let ended = Headless::spawn(command(&all).env("MINE", "one two three")).end();
    let lines = ended.lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    (ended.code, lines, ended.stderr)
}

const SECRETS: [&str; 6] =
    ["--secret", "github=env:MINE", "--secret", "stripe=env:MINE", "--secret", "twilio=env:MINE"];

#[test]
fn a_sample_is_caught_as_a_valid_event() {
    let (creel, port) = running(&SECRETS);
    for (name, event) in [("github.push", "push"), ("stripe.invoice.paid", "invoice.paid"), ("twilio", "received")] {
        let (code, lines, stderr) = send(port, &[&[name], &SECRETS[..]].concat());
        assert_eq!((code, lines.len(), stderr.as_str()), (Some(0), 1, ""), "{name}");
        assert_eq!(lines[0]["status"], 200);
        let caught = creel.object();
        assert_eq!((caught["event"].as_str(), caught["signature"]["verdict"].as_str()), (Some(event), Some("valid")));
        assert_eq!(caught["target"], "/hooks");
    }
}

#[test]
fn negative_samples_are_what_they_are_called() {
    let (creel, port) = running(&SECRETS);
    for (option, verdict) in [("--invalid-signature", "invalid"), ("--stale", "stale")] {
        let (code, ..) = send(port, &[&["stripe", option], &SECRETS[..]].concat());
        assert_eq!(code, Some(0));
        assert_eq!(creel.object()["signature"]["verdict"], verdict);
    }
    let (code, lines, stderr) = send(port, &["github.push", "--stale"]);
    assert_eq!((code, lines.len()), (Some(2), 0));
    assert!(stderr.contains("github signs no time, so nothing of it can be stale"), "{stderr}");
}

#[test]
fn fields_are_set_and_several_are_sent() {
    let (creel, port) = running(&[]);
    let (code, lines, stderr) =
        send(port, &["github", "--set", ".repository.name=demo", "--set", ".size=3", "--times", "3"]);
    assert_eq!((code, lines.len()), (Some(0), 3));
    assert_eq!(stderr.matches("export GITHUB_SECRET='").count(), 1, "{stderr}");
    let mut deliveries = Vec::new();
    for _ in 0..3 {
        let caught = creel.object();
        let body: Value = serde_json::from_str(caught["body"]["text"].as_str().unwrap()).unwrap();
        assert_eq!((&body["repository"]["name"], &body["size"]), (&Value::from("demo"), &Value::from(3)));
        deliveries.push(caught["delivery"].as_str().unwrap().to_owned());
    }
    deliveries.dedup();
    assert_eq!(deliveries.len(), 3);
}

#[test]
fn an_answer_that_is_no_success_is_none() {
    let (_creel, port) = running(&["--respond", "500"]);
    let (code, lines, _) = send(port, &["slack"]);
    assert_eq!((code, lines[0]["status"].as_u64()), (Some(1), Some(500)));
    let refused = ended(&["send", "gihtub.push"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("no sample is called `gihtub.push`; did you mean `github.push`?"),
        "{}",
        refused.stderr
    );
    let list = ended(&["send", "--list"]);
    assert!(list.code == Some(0) && list.lines.len() >= 90 && list.lines[0].starts_with("github.push "));
}

fn exchange(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn request(line: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("{line} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

#[test]
fn handshakes_are_answered_where_that_is_wanted() {
    let secrets = ["--secret", "x=env:MINE", "--secret", "zoom=env:MINE", "--secret", "meta-verify=env:MINE"];
    let (creel, port) = running(&[&["--handshakes", "all"], &secrets[..]].concat());
    for (name, request, expected) in [
        (
            "slack",
            request("POST /", "", r#"{"token":"t","challenge":"c123","type":"url_verification"}"#),
            "\r\n\r\nc123",
        ),
        (
            "meta",
            request("GET /?hub.mode=subscribe&hub.challenge=42&hub.verify_token=one+two+three", "", ""),
            "\r\n\r\n42",
        ),
        ("x", request("GET /?crc_token=abc", "", ""), "{\"response_token\":\"sha256="),
        (
            "zoom",
            request("POST /", "", r#"{"event":"endpoint.url_validation","payload":{"plainToken":"abc"}}"#),
            "{\"plainToken\":\"abc\",\"encryptedToken\":\"",
        ),
        (
            "cloudevents",
            request("OPTIONS /", "WebHook-Request-Origin: a.dev\r\n", ""),
            "webhook-allowed-origin: a.dev\r\n",
        ),
        ("dropbox", request("GET /?challenge=abc", "", ""), "x-content-type-options: nosniff\r\n"),
        ("discord", request("POST /", "X-Signature-Ed25519: 00\r\n", r#"{"type":1}"#), "\r\n\r\n{\"type\":1}"),
        ("graph", request("POST /?validationToken=a%20b", "", ""), "\r\n\r\na b"),
        ("okta", request("GET /", "X-Okta-Verification-Challenge: v\r\n", ""), "\r\n\r\n{\"verification\":\"v\"}"),
        (
            "adyen",
            request("POST /", "", r#"{"live":"false","notificationItems":[{"NotificationRequestItem":{}}]}"#),
            "\r\n\r\n[accepted]",
        ),
    ] {
        let answer = exchange(port, &request);
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains(expected), "{name}\n{answer}");
        let caught = creel.object();
        assert_eq!(caught["answer"]["because"], format!("{name} handshake answered"), "{caught}");
    }
    let answer = exchange(port, &request("POST /", "", "{}"));
    assert!(answer.contains("content-length: 0"), "{answer}");
    assert_eq!(creel.object()["answer"].get("because"), None);
}

#[test]
fn no_handshake_is_answered_unless_asked() {
    let (creel, port) = running(&[]);
    let answer = exchange(port, &request("GET /?challenge=abc", "", ""));
    assert!(!answer.contains("abc"), "{answer}");
    assert_eq!(creel.object()["answer"].get("because"), None);
    let refused = ended(&["--handshakes", "slcak", "--output", "json"]);
    assert!(
        refused.code == Some(2) && refused.stderr.contains("no handshake is called `slcak`; did you mean `slack`?")
    );
}
