//! `creel replay` from its lines to its output.

use std::net::SocketAddr;

use creel::{
    export::capture_line,
    model::AttemptIds,
    model::{Body, BodyEnd, Capture, CaptureId, Seq},
    replay::{Client, Control, Needs, PlanOptions, Schedule, Settings, Target},
    resend::{Form, Orders, Summary, supply::Once},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
};

use crate::handler::{capture, read_request};

/// Answers connection after connection, the status by the path, and keeps what came.
async fn server() -> (SocketAddr, JoinHandle<()>, tokio::sync::mpsc::UnboundedReceiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = read_request(&mut stream).await;
            let answer: &[u8] = if request.starts_with(b"POST /close") {
                b""
            } else if request.starts_with(b"POST /500") {
                b"HTTP/1.1 500 Oh no\r\nContent-Length: 2\r\n\r\n\x1b["
            } else {
                b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            };
            stream.write_all(answer).await.unwrap();
            stream.shutdown().await.unwrap();
            if sender.send(request).is_err() {
                break;
            }
        }
    });
    (address, task, receiver)
}

fn post(number: u64, path: &str, body: &[u8]) -> Capture {
    let head = format!("POST {path} HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: {}\r\n\r\n", body.len());
    Capture { id: CaptureId::fixed(number.into()), seq: Seq(number), ..capture(head.as_bytes(), body) }
}

fn lines(captures: &[Capture]) -> String {
    captures.iter().map(|capture| capture_line(capture) + "\n").collect()
}

fn orders(target: &Target, options: PlanOptions, form: Form, source: &str) -> Orders {
    Orders {
        needs: Needs {
            client: Client::new(Settings::default()).unwrap(),
            targets: [target.clone()].into(),
            each: None,
            options,
            ids: AttemptIds::default(),
            clock: jiff::Timestamp::now,
            random: || 0,
            sign: |plan, _| Ok(plan),
        },
        schedule: Schedule::default(),
        expected: Vec::new(),
        form,
        bar: None,
        source: source.to_owned(),
        control: Control::default(),
        keeping: None,
    }
}

/// What comes of sending an input.
async fn resend(
    orders: Orders,
    input: impl tokio::io::AsyncBufRead + Unpin + Send,
    output: &mut (impl tokio::io::AsyncWrite + Unpin),
    complaints: &mut Vec<u8>,
) -> std::io::Result<Summary> {
    creel::resend::resend(&orders, &mut Once::new(input), output, complaints).await
}

/// Output, complaints and summary of sending `input` to `address`.
async fn run(input: &str, address: SocketAddr, form: Form, force: bool) -> (String, String, Summary) {
    let target = Target::parse(&format!("http://{address}/base")).unwrap();
    let options = PlanOptions { force, ..PlanOptions::default() };
    let orders = orders(&target, options, form, "in.jsonl");
    let (mut output, mut complaints) = (Vec::new(), Vec::new());
    let summary = resend(orders, input.as_bytes(), &mut output, &mut complaints).await.unwrap();
    (String::from_utf8(output).unwrap(), String::from_utf8(complaints).unwrap(), summary)
}

#[tokio::test]
async fn captures_are_sent_in_order_and_byte_for_byte() {
    let (address, server, mut received) = server().await;
    let bodies: [&[u8]; 3] = [b"{\"a\": 1.0}\n", b"\0\xff\r\n", "caf\u{e9}\u{2028}".as_bytes()];
    let captures: Vec<_> = (1..).zip(bodies).map(|(number, body)| post(number, &format!("/{number}"), body)).collect();
    let input = format!("{{\"type\":\"ready\",\"url\":\"x\"}}\n{}", lines(&captures));
    let (output, complaints, summary) = run(&input, address, Form::Text, false).await;
    assert_eq!((complaints.as_str(), summary), ("", Summary { answered: 3, ..Summary::default() }));
    assert_eq!(summary.exit_code(), 0);
    for (number, body) in (1..).zip(bodies) {
        let expected = format!(
            "POST /base/{number} HTTP/1.1\r\nHost: {address}\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        assert_eq!(received.recv().await.unwrap(), [expected.as_bytes(), body].concat());
    }
    for (number, line) in (1..).zip(output.lines()) {
        let begins = format!("#{number} POST /{number} → http://{address}/base/{number}: 200 OK in ");
        assert!(line.starts_with(&begins), "{line}");
    }
    server.abort();
}

#[tokio::test]
async fn attempts_are_json_lines() {
    let (address, server, _received) = server().await;
    let target = Target::parse(&format!("http://{address}")).unwrap();
    let orders = orders(&target, PlanOptions::default(), Form::Json, "-");
    let input = lines(&[post(1, "/500", b"x"), post(2, "/close", b"")]);
    let mut output = Vec::new();
    let summary = resend(orders, input.as_bytes(), &mut output, &mut Vec::new()).await.unwrap();
    // A status is an answer; only the second failed.
    assert_eq!(summary, Summary { answered: 1, failed: 1, ..Summary::default() });
    assert_eq!(summary.exit_code(), 1);
    assert!(output.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')));
    let attempts: Vec<Value> =
        output.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let [answered, closed] = attempts.as_slice() else { panic!("{attempts:?}") };
    assert_eq!(answered["type"], "attempt");
    assert_eq!((&answered["id"], &answered["capture"]), (&"1".into(), &CaptureId::fixed(1).to_string().into()));
    assert_eq!((&answered["status"], &answered["error"]), (&500.into(), &Value::Null));
    assert_eq!(answered["target"], format!("http://{address}/500"));
    assert_eq!((&answered["changed"][0]["name"], &answered["changed"][0]["header"]), (&"Host".into(), &0.into()));
    assert_eq!((&answered["version"], &answered["request_line"]), (&"HTTP/1.1".into(), &Value::Null));
    assert_eq!(answered["framing"]["to"], "length");
    let sha256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    for side in ["captured", "sent"] {
        let body = &answered["body"][side];
        assert_eq!((&body["size"], &body["sha256"]), (&1.into(), &sha256.into()), "{side}");
    }
    assert_eq!(
        (&answered["reply"]["reason"], &answered["reply"]["body"]["text"]),
        (&"Oh no".into(), &"\u{1b}[".into())
    );
    assert_eq!((&closed["status"], &closed["error"]["kind"]), (&Value::Null, &"closed".into()));
    server.abort();
}

#[tokio::test]
async fn what_cannot_be_read_or_sent_is_said_and_the_rest_is_sent() {
    let (address, server, mut received) = server().await;
    let mut cut = post(2, "/cut", b"abc");
    cut.body = Body::new(b"ab".as_slice().into(), Some(3), 2, BodyEnd::ClosedEarly);
    let input = format!("nope\u{1b}\n{}", lines(&[post(1, "/a", b""), cut.clone(), post(3, "/c", b"")]));
    let (output, complaints, summary) = run(&input, address, Form::Text, false).await;
    assert_eq!(summary, Summary { answered: 2, failed: 1, unreadable: 1, ..Summary::default() });
    assert!(complaints.starts_with("creel: in.jsonl: line 1: not a line of creel's JSON output: "), "{complaints}");
    assert!(!complaints.contains('\u{1b}'));
    let refused = output.lines().nth(1).unwrap();
    assert!(refused.contains(": failed: truncated: ") && refused.ends_with("--force"), "{refused}");
    let (output, _, summary) = run(&lines(&[cut]), address, Form::Text, true).await;
    assert_eq!((summary.answered, summary.exit_code()), (1, 0), "{output}");
    for begins in ["POST /base/a ", "POST /base/c ", "POST /base/cut "] {
        assert!(received.recv().await.unwrap().starts_with(begins.as_bytes()), "{begins}");
    }
    server.abort();
}

#[tokio::test]
async fn what_is_sent_otherwise_is_said_where_it_is_more_than_the_place() {
    let (address, server, _received) = server().await;
    let plain = post(1, "/a", b"x");
    let head = b"POST /b HTTP/1.0\r\nHost: h\r\nConnection: x-own\r\nX-Own: \x1b\r\nTransfer-Encoding: chunked\r\n\r\n";
    let odd = Capture { id: CaptureId::fixed(2), seq: Seq(2), ..capture(head, b"x") };
    let (output, _, _) = run(&lines(&[plain, odd]), address, Form::Text, false).await;
    let ends: Vec<_> = output.lines().map(|line| line.split_once("; ").map(|(_, says)| says)).collect();
    assert_eq!(ends, [None, Some("sent otherwise: request line, −Connection, −X-Own")]);
    server.abort();
}

#[tokio::test]
async fn an_input_without_captures_is_said() {
    let (address, server, _received) = server().await;
    let (output, complaints, summary) = run("\n{\"type\":\"ready\"}\n", address, Form::Text, false).await;
    assert_eq!((output.as_str(), summary), ("", Summary::default()));
    assert_eq!(complaints, "creel: in.jsonl: there is no capture in it, so nothing was sent\n");
    server.abort();
}

#[tokio::test]
async fn nothing_more_is_sent_when_nobody_reads() {
    let (address, server, mut received) = server().await;
    let target = Target::parse(&address.to_string()).unwrap();
    let orders = orders(&target, PlanOptions::default(), Form::Text, "-");
    let input = lines(&[post(1, "/a", b""), post(2, "/b", b""), post(3, "/c", b"")]);
    // The write half of a pipe whose reader has gone.
    let (mut near, far) = tokio::io::duplex(4096);
    drop(far);
    let summary = resend(orders, input.as_bytes(), &mut near, &mut Vec::new()).await.unwrap();
    assert_eq!(summary, Summary { answered: 1, output_closed: true, ..Summary::default() });
    assert!(received.recv().await.unwrap().starts_with(b"POST /a "));
    server.abort();
    assert!(server.await.is_err());
    assert!(received.recv().await.is_none());
}

#[tokio::test]
async fn an_input_that_breaks_off_is_said() {
    let (address, server, _received) = server().await;
    let target = Target::parse(&address.to_string()).unwrap();
    let orders = orders(&target, PlanOptions::default(), Form::Text, "disk");
    let line = lines(&[post(1, "/a", b"")]);
    let broken = tokio::fs::File::open("/").await;
    let mut complaints = Vec::new();
    let Ok(folder) = broken else { return };
    // A folder opens and cannot be read.
    let input = tokio::io::BufReader::new(line.as_bytes().chain(folder));
    let summary = resend(orders, input, &mut Vec::new(), &mut complaints).await.unwrap();
    assert_eq!((summary.answered, summary.unreadable, summary.exit_code()), (1, 1, 1));
    assert!(String::from_utf8(complaints).unwrap().starts_with("creel: disk: cannot read any further: "));
    server.abort();
}

/// The lines that come out for what is asked, sorted by what was sent where.
async fn many(input: &str, orders: &Orders) -> (Vec<String>, String, Summary) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), input).unwrap();
    let mut supply = creel::resend::supply::Indexed::new(file.reopen().unwrap());
    let (mut output, mut complaints) = (Vec::new(), Vec::new());
    let summary = creel::resend::resend(orders, &mut supply, &mut output, &mut complaints).await.unwrap();
    let lines = String::from_utf8(output).unwrap().lines().map(str::to_owned).collect();
    (lines, String::from_utf8(complaints).unwrap(), summary)
}

#[tokio::test]
async fn many_go_to_every_target_as_often_as_was_asked_and_what_is_not_as_expected_is_said() {
    let (address, server, mut received) = server().await;
    let target = Target::parse(&format!("http://{address}/a")).unwrap();
    let mut orders = orders(&target, PlanOptions::default(), Form::Json, "in.jsonl");
    let other = Target::parse(&format!("other=http://{address}/500")).unwrap();
    orders.needs.targets = [target, other].into();
    orders.schedule = Schedule { targets: 2, times: 2, at_once: Some(3), ..Schedule::default() };
    orders.expected = vec!["status:2xx".parse().unwrap(), "time:<1h".parse().unwrap()];
    let input = lines(&[post(1, "/1", b"x"), post(2, "/2", b"y")]);
    let (output, complaints, summary) = many(&input, &orders).await;
    assert_eq!((summary.answered, summary.unmet, summary.exit_code()), (8, 4, 1), "{complaints}");
    assert_eq!(complaints, "creel: in.jsonl: 4 of 8 are not as expected\n");
    for line in &output {
        let attempt: Value = serde_json::from_str(line).unwrap();
        let unmet: &[&str] = if attempt["to"] == "other" { &["status:2xx"] } else { &[] };
        assert_eq!((&attempt["unmet"], &attempt["try"]), (&unmet.into(), &1.into()), "{line}");
    }
    let mut paths = Vec::new();
    for _ in 0..8 {
        let request = received.recv().await.unwrap();
        paths.push(String::from_utf8_lossy(&request).split(' ').nth(1).unwrap().to_owned());
    }
    paths.sort();
    let expected = ["/500/1", "/500/1", "/500/2", "/500/2", "/a/1", "/a/1", "/a/2", "/a/2"];
    assert_eq!(paths, expected);
    // What is expected to fail may fail.
    let nowhere = Target::parse("http://127.0.0.1:1/").unwrap();
    orders.needs.targets = [nowhere].into();
    orders.schedule = Schedule::default();
    orders.expected = vec!["error:refused".parse().unwrap()];
    orders.form = Form::Text;
    let (output, _, summary) = many(&input, &orders).await;
    assert_eq!((summary.failed, summary.unmet, summary.exit_code()), (2, 0, 0), "{output:?}");
    server.abort();
}
