//! The program without a terminal: lines that scripts are written against, and a clean end whoever asks for it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpStream},
    process::Stdio,
    time::Instant,
};

use rstest::rstest;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    program::{CREEL, Ended, Headless, command, nowhere, state},
    wire::{DEADLINE, Handler, connect, message, request, rest, send},
};

fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").into_bytes()
}

/// The SHA-256 of a body as the program must tell it, by another implementation than a copy of its code.
fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

#[test]
fn ready_means_that_a_connection_is_answered_and_a_capture_is_a_line_with_all_its_fields() {
    let (running, port) = Headless::json(&[]);
    let head = "POST /github?x=1 HTTP/1.1\r\nhOsT: example.net\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: 72d3\r\n\
                X-Odd: \x7e\u{e4}\r\nx-odd: 2\r\nContent-Type: application/json\r\nConnection: close";
    let body = "{\"a\": 1.50, \"ä\": \"\u{1b}\"}";
    let answer = send(port, &request(head, body));
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let capture = running.object();
    let keys: Vec<&str> = capture.as_object().unwrap().keys().map(String::as_str).collect();
    let contract = [
        "type",
        "id",
        "seq",
        "received_at",
        "remote",
        "version",
        "method",
        "target",
        "headers",
        "body",
        "trailers",
        "provider",
        "event",
        "delivery",
        "signature",
        "answer",
        "duration_ms",
    ];
    assert_eq!(keys.get(..contract.len()), Some(&contract[..]), "fields are only ever added");
    let expected = json!({
        "type": "capture", "seq": 1, "version": "HTTP/1.1", "method": "POST", "target": "/github?x=1", "trailers": [],
        "headers": [
            ["hOsT", "example.net"], ["X-GitHub-Event", "push"], ["X-GitHub-Delivery", "72d3"], ["X-Odd", "~ä"],
            ["x-odd", "2"], ["Content-Type", "application/json"], ["Connection", "close"], ["Content-Length", body.len().to_string()],
        ],
        "body": {
            "size": body.len(), "truncated": false, "sha256": sha256(body.as_bytes()), "text": body,
            "declared": body.len(),
        },
        "provider": "github", "event": "push", "delivery": "72d3",
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&capture[key], value, "{key}");
    }
    assert_eq!(capture["answer"]["status"], 200);
    assert!(capture["duration_ms"].as_f64().unwrap() >= 0.0);
    assert!(capture["remote"].as_str().unwrap().starts_with("127.0.0.1:"));
    let received: jiff::Timestamp = capture["received_at"].as_str().unwrap().parse().unwrap();
    assert!((jiff::Timestamp::now() - received).as_hours().abs() < 1);
    let id: uuid::Uuid = capture["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(id.get_version_num(), 7);
    running.signal(Signal::INT);
    let Ended { code, lines, stderr } = running.end();
    assert_eq!((code, lines.len(), stderr.as_str()), (Some(130), 0, ""));
}

#[test]
fn bytes_that_are_no_text_are_base64() {
    let (running, port) = Headless::json(&[]);
    send(port, &request("PUT /\u{e4} HTTP/1.1\r\nHost: x\r\nConnection: close", b"\x00\xff"));
    let capture = running.object();
    assert_eq!(capture["target"], "/ä");
    assert_eq!((&capture["body"]["base64"], &capture["body"]["text"]), (&json!("AP8="), &Value::Null));
    send(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Name: J\xfcrgen\r\n\r\n");
    let capture = running.object();
    let headers = capture["headers"].as_array().unwrap();
    assert!(headers.contains(&json!(["X-Name", {"base64": "SvxyZ2Vu"}])), "{headers:?}");
}

#[rstest]
#[case::a_control_in_a_header(b"GET / HTTP/1.1\r\nX: a\x1bb\r\n\r\n")]
#[case::no_http(b"\x16\x03\x01 hello\r\n\r\n")]
#[case::two_lengths(b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")]
fn what_is_not_http_is_a_rejected_line_with_its_bytes(#[case] bytes: &[u8]) {
    let (running, port) = Headless::json(&[]);
    assert!(send(port, bytes).starts_with("HTTP/1.1 400 "));
    let rejected = running.object();
    let keys: Vec<&str> = rejected.as_object().unwrap().keys().map(String::as_str).collect();
    for key in ["type", "received_at", "remote", "reason", "status", "raw"] {
        assert!(keys.contains(&key), "{key} in {keys:?}");
    }
    assert_eq!((&rejected["type"], &rejected["status"]), (&json!("rejected"), &json!(400)));
    assert!(!rejected["reason"].as_str().unwrap().is_empty());
    let raw = match &rejected["raw"] {
        Value::Object(raw) => {
            base64::Engine::decode(&base64::prelude::BASE64_STANDARD, raw["base64"].as_str().unwrap())
        }
        other => panic!("{other}"),
    };
    assert!(raw.as_deref().is_ok_and(|raw| !raw.is_empty() && bytes.starts_with(raw)), "{raw:?}");
    // And the next is caught as ever.
    assert!(send(port, &get("/next")).starts_with("HTTP/1.1 200"));
    assert_eq!(running.object()["target"], "/next");
}

#[test]
fn a_sender_that_hangs_up_in_the_middle_leaves_a_truncated_capture() {
    let (running, port) = Headless::json(&[]);
    let mut stream = connect(port);
    stream.write_all(b"POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nthe first part").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let capture = running.object();
    assert_eq!((&capture["type"], &capture["target"]), (&json!("capture"), &json!("/half")));
    let body = &capture["body"];
    assert_eq!((&body["truncated"], &body["size"], &body["declared"]), (&json!(true), &json!(14), &json!(100)));
    assert_eq!(body["text"], "the first part");
    assert!(body["reason"].as_str().unwrap().contains("closed the connection"), "{body}");
}

#[test]
fn a_body_over_the_limit_is_answered_413_and_kept_cut() {
    let (running, port) = Headless::json(&["--max-body", "1k"]);
    let all = "x".repeat(5000);
    let answer = send(port, &request("POST /large HTTP/1.1\r\nHost: x", &all));
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let capture = running.object();
    let body = &capture["body"];
    assert_eq!((&body["truncated"], &body["declared"]), (&json!(true), &json!(5000)));
    assert_eq!(capture["answer"]["status"], 413);
    let kept = body["text"].as_str().unwrap();
    assert!(kept.len() <= 1024 && all.starts_with(kept), "{body}");
    assert_eq!(body["sha256"], sha256(kept.as_bytes()));
    assert!(body["reason"].as_str().unwrap().contains("--max-body"), "{body}");
    // Of a body without a length, what came until the limit.
    let mut stream = connect(port);
    let _ = stream.write_all(b"POST /chunked HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for _ in 0..50 {
        let _ = stream.write_all(format!("64\r\n{}\r\n", "y".repeat(100)).as_bytes());
    }
    // The answer comes while the sender still has more to say.
    assert!(message(&mut stream).unwrap().starts_with(b"HTTP/1.1 413 "));
    let body = &running.object()["body"];
    assert_eq!((&body["truncated"], &body["size"]), (&json!(true), &json!(1024)));
    // As large as allowed is not too large.
    let fits = request("POST /fits HTTP/1.1\r\nHost: x\r\nConnection: close", "z".repeat(1024));
    assert!(send(port, &fits).starts_with("HTTP/1.1 200 "));
    assert_eq!(running.object()["body"]["truncated"], false);
}

#[test]
fn the_answer_is_the_one_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answer.json");
    let content = "{\"accepted\": true, \"note\": \"ä\"}\n";
    fs::write(&file, content).unwrap();
    let args = ["--respond", "202", "--respond-type", "application/json", "--respond-body", file.to_str().unwrap()];
    let (running, port) = Headless::json(&args);
    let mut stream = connect(port);
    for round in 0..2 {
        // Both over one connection.
        stream.write_all(&request(&format!("POST /{round} HTTP/1.1\r\nHost: x"), "{}")).unwrap();
        let answer = String::from_utf8(message(&mut stream).unwrap()).unwrap();
        assert!(answer.starts_with("HTTP/1.1 202 Accepted\r\n"), "{answer}");
        assert!(answer.to_lowercase().contains("\r\ncontent-type: application/json\r\n"), "{answer}");
        assert!(answer.ends_with(&format!("\r\n\r\n{content}")), "{answer}");
        let capture = running.object();
        assert_eq!((&capture["seq"], &capture["answer"]["status"]), (&json!(round + 1), &json!(202)));
    }
}

#[test]
fn a_filter_narrows_what_is_printed_and_nothing_else() {
    let (running, port) = Headless::json(&["--filter", "method:POST path:/a"]);
    for target in ["/a", "/b"] {
        assert!(send(port, &get(target)).starts_with("HTTP/1.1 200"));
        let post = request(&format!("POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close"), "");
        assert!(send(port, &post).starts_with("HTTP/1.1 200"));
    }
    let capture = running.object();
    // The second of four: the others were caught and have numbers.
    assert_eq!((&capture["seq"], &capture["method"], &capture["target"]), (&json!(2), &json!("POST"), &json!("/a")));
    running.signal(Signal::TERM);
    let Ended { code, lines, .. } = running.end();
    assert_eq!((code, lines), (Some(143), Vec::new()));
}

#[test]
fn lines_for_people_name_the_url_apart_from_the_captures() {
    let mut command = command(&["--listen", "127.0.0.1:0"]);
    let mut child = command.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.starts_with("creel: catching at http://127.0.0.1:"), "{line}");
    let port = crate::program::port_in(&line).unwrap();
    send(port, &get("/a\u{202e}b"));
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    line.clear();
    stdout.read_line(&mut line).unwrap();
    assert!(line.contains("  GET  /a<U+202E>b  -  200  0 B  "), "{line}");
    drop(stdout);
    assert!(child.wait().unwrap().success(), "a reader that has gone is a quiet end");
    line.clear();
    stderr.read_to_string(&mut line).unwrap();
    assert_eq!(line, "");
}

#[rstest]
#[case::while_nothing_comes(false)]
#[case::while_requests_come(true)]
fn a_reader_that_has_read_enough_ends_it_quietly(#[case] requests: bool) {
    let mut shell = std::process::Command::new("sh");
    // The exit code of the first of the pipe, after that of the last.
    let script = r#"{ "$0" --output json --listen 127.0.0.1:0; echo "code $?" >&2; } | head -n 1"#;
    shell.args(["-c", script, CREEL]).current_dir(nowhere()).env("HOME", nowhere()).env("XDG_STATE_HOME", state());
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = Headless::spawn(&mut shell);
    let ready = running.object();
    if requests {
        let port = crate::program::port_in(ready["url"].as_str().unwrap()).unwrap();
        for _ in 0..50 {
            let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { break };
            let _ = stream.write_all(&get("/"));
            let _ = stream.read_to_end(&mut Vec::new());
        }
    }
    let Ended { code, lines, stderr } = running.end();
    assert_eq!((code, lines.len(), stderr.as_str()), (Some(0), 0, "code 0\n"));
}

#[rstest]
#[case(Signal::TERM, 143)]
#[case(Signal::INT, 130)]
#[case(Signal::HUP, 129)]
fn a_signal_ends_it_when_what_is_under_way_was_answered_and_printed(#[case] signal: Signal, #[case] code: i32) {
    let (running, port) = Headless::json(&[]);
    let mut stream = connect(port);
    stream
        .write_all(b"POST /under-way HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        .unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n", "it is under way");
    running.signal(signal);
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(begun.elapsed() < DEADLINE, "no connection is taken any more");
    }
    stream.write_all(b"done").unwrap();
    let answer = rest(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let capture = running.object();
    assert_eq!((&capture["target"], &capture["body"]["text"]), (&json!("/under-way"), &json!("done")));
    let Ended { code: ended, lines, stderr } = running.end();
    assert_eq!((ended, lines.len(), stderr.as_str()), (Some(code), 0, ""));
}

#[test]
fn what_is_forwarded_is_a_line_and_its_attempt_stands_behind_it() {
    let handler = Handler::answering("HTTP/1.1 201 Created\r\nX-Handler: yes\r\nContent-Length: 2\r\n\r\nok");
    let (running, port) = Headless::json(&["--forward", &handler.url]);
    for number in 0..5 {
        let head = format!("POST /{number} HTTP/1.1\r\nHost: x\r\nConnection: close");
        let answer = send(port, &request(&head, "{}"));
        assert!(answer.starts_with("HTTP/1.1 201 Created\r\n") && answer.ends_with("\r\n\r\nok"), "{answer}");
        assert!(handler.request().starts_with(format!("POST /{number} ").as_bytes()));
        let (capture, attempt) = (running.object(), running.object());
        assert_eq!((&capture["type"], &capture["answer"]["status"]), (&json!("capture"), &json!(201)));
        assert_eq!((&attempt["type"], &attempt["capture"]), (&json!("attempt"), &capture["id"]));
        assert_eq!((&attempt["status"], &attempt["error"]), (&json!(201), &Value::Null));
    }
    running.signal(Signal::TERM);
    assert_eq!(running.end().code, Some(143));
}
