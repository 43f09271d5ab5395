//! What the plan keeps, what it changes, and what it refuses.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::{Answer, Body, BodyEnd, Fidelity, Timing, Version, Wire};
use crate::replay::{Options, outgoing::Shape};

fn capture(head: &[u8], body: &[u8]) -> Capture {
    Capture {
        id: CaptureId::fixed(1),
        seq: Seq(1),
        received_at: Timestamp::UNIX_EPOCH,
        remote: None,
        head: Head::parse(Bytes::copy_from_slice(head)).unwrap(),
        body: Body::complete(Bytes::copy_from_slice(body)),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    }
}

fn target() -> Target {
    Target::parse("http://localhost:3000").unwrap()
}

fn sent(head: &str, body: &str) -> (String, Vec<String>) {
    let plan = plan(&capture(head.as_bytes(), body.as_bytes()), &target()).unwrap();
    assert_eq!(plan.body().bytes().unwrap(), body.as_bytes());
    (String::from_utf8(plan.head().to_vec()).unwrap(), plan.changes().iter().map(ledger).collect())
}

/// A change in one line: `-name`, `+name: value`, `name: from → to`.
fn ledger(change: &Change) -> String {
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    match change {
        Change::Removed { name, .. } => format!("-{}", text(name)),
        Change::Added { name, value } => format!("+{}: {}", text(name), text(value)),
        Change::Changed { name, from, to, .. } => format!("{}: {} → {}", text(name), text(from), text(to)),
        Change::Rewritten { name, from, to, .. } => format!("{}: {from:?} ⇒ {to:?}", text(name)),
    }
}

#[test]
fn case_order_and_repeats_go_on_the_wire() {
    let (head, changes) = sent(
        "PoST /%zz//../\u{e9}?a=1&a=2#f HTTP/1.0\r\nX-A:1\r\nhOsT:  hooks.example \r\nx-b:  2\r\nX-a: 3\r\n\
         content-length: 02\r\nX-Empty:\r\n\r\n",
        "{}",
    );
    assert_eq!(
        head,
        "PoST /%zz//../\u{e9}?a=1&a=2#f HTTP/1.1\r\nX-A:1\r\nhOsT: localhost:3000\r\nx-b:  2\r\nX-a: 3\r\n\
         content-length: 02\r\nX-Empty:\r\n\r\n"
    );
    assert_eq!(changes, ["hOsT: hooks.example → localhost:3000"]);
}

#[test]
fn a_target_gets_what_its_user_says_and_the_ledger_tells() {
    let options = Options {
        path: "strip:/s".parse().unwrap(),
        headers: vec![
            Own::new("X-Env", "dev").unwrap(),
            Own::new("X-Token", "env:TOKEN").unwrap(),
            Own::new("Host", "app.test").unwrap(),
        ],
        never: vec!["cookie".to_owned(), "authorization".to_owned()],
        ..Options::default()
    };
    let head = "POST /s/a?b HTTP/1.1\r\nHost: h\r\nCookie: c\r\nx-env: prod\r\nX-ENV: again\r\nauthorization: a\r\n\
                Via: 1.1 tunnel\r\nContent-Length: 1\r\n\r\n";
    let captured = capture(head.as_bytes(), b"x");
    let bare = target().with(options);
    assert!(plan(&captured, &bare).unwrap_err().sentence.contains("env:TOKEN was not read"));
    let found = bare.found(|_| Some("s3cret".to_owned())).unwrap();
    let mark = Some(Mark::of(7));
    let plan = plan_with(&captured, &found, PlanOptions { mark, ..PlanOptions::default() }).unwrap();
    assert_eq!(
        std::str::from_utf8(plan.head()).unwrap(),
        "POST /a?b HTTP/1.1\r\nHost: app.test\r\nx-env: dev\r\nVia: 1.1 tunnel\r\nContent-Length: 1\r\n\
         X-Token: s3cret\r\nVia: 1.1 creel-0000000000000007\r\n\r\n"
    );
    let changes: Vec<_> = plan.changes().iter().map(ledger).collect();
    let expected = [
        "Host: h → app.test",
        "-Cookie",
        "x-env: prod → dev",
        "-X-ENV",
        "-authorization",
        "+X-Token: env:TOKEN",
        "+Via: 1.1 creel-0000000000000007",
    ];
    assert_eq!(changes, expected);
    assert!(!format!("{plan:?} {found:?} {:?}", plan.ledger()).contains("s3cret"));
}

#[test]
fn what_belongs_to_the_connection_stays_behind() {
    let (head, changes) = sent(
        "POST / HTTP/1.1\r\nHost: localhost:3000\r\nConnection: close, X-Foo ,content-length\r\nx-foo: 1\r\nTE: trailers\r\n\
         Keep-Alive: 5\r\nA: b\r\nProxy-Connection: x\r\nProxy-Authorization: y\r\nProxy-Authenticate: z\r\nTrailer: T\r\n\
         Upgrade: h2c\r\nExpect: 100-continue\r\nX-FOO: 2\r\nConnection: A2\r\nA2: c\r\nContent-Length: 1\r\n\r\n",
        "x",
    );
    assert_eq!(head, "POST / HTTP/1.1\r\nHost: localhost:3000\r\nA: b\r\nContent-Length: 1\r\n\r\n");
    let expected = [
        "-Connection",
        "-x-foo",
        "-TE",
        "-Keep-Alive",
        "-Proxy-Connection",
        "-Proxy-Authorization",
        "-Proxy-Authenticate",
        "-Trailer",
        "-Upgrade",
        "-Expect",
        "-X-FOO",
        "-Connection",
        "-A2",
    ];
    assert_eq!(changes, expected);
}

#[test]
fn chunked_bodies_get_a_length_at_the_end() {
    let (head, changes) = sent("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n", "abc");
    assert_eq!(head, "POST / HTTP/1.1\r\nHost: localhost:3000\r\nA: b\r\nContent-Length: 3\r\n\r\n");
    assert_eq!(changes, ["Host: h → localhost:3000", "-Transfer-Encoding", "+Content-Length: 3"]);
    let (head, _) = sent("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "");
    assert!(head.ends_with("\r\nContent-Length: 0\r\n\r\n"));
    let (head, _) = sent("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "");
    assert!(!head.contains("Content-Length"));
}

#[test]
fn length_and_coding_are_never_both_sent() {
    let (head, changes) = sent(
        "POST / HTTP/1.1\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\ncontent-length: 7\r\nHost: a\r\nHost: b\r\n\r\n",
        "abc",
    );
    assert_eq!(head, "POST / HTTP/1.1\r\nContent-Length: 3\r\nHost: localhost:3000\r\n\r\n");
    let expected =
        ["Content-Length: 7 → 3", "-Transfer-Encoding", "-content-length", "Host: a → localhost:3000", "-Host"];
    assert_eq!(changes, expected);
}

#[test]
fn lines_that_are_not_safe_as_they_came_are_written_again() {
    let (head, changes) = sent(
        "POST / HTTP/1.1\nHost: localhost:3000\r\nA:  one \r\n\t two\n  three\r\nB:\t1\nC: 2\r\r\nHost: x\nD:\t3 \r\n\n",
        "",
    );
    let expected = "POST / HTTP/1.1\r\nHost: localhost:3000\r\nA: one two three\r\nB: 1\r\nC: 2\r\nD:\t3 \r\n\r\n";
    assert_eq!(head, expected);
    let expected = [
        r#"A: b"A:  one \r\n\t two\n  three\r\n" ⇒ b"A: one two three\r\n""#,
        r#"B: b"B:\t1\n" ⇒ b"B: 1\r\n""#,
        r#"C: b"C: 2\r\r\n" ⇒ b"C: 2\r\n""#,
        "-Host",
        r#": b"\n" ⇒ b"\r\n""#,
    ];
    assert_eq!(changes, expected);
}

#[test]
fn chunked_bodies_go_chunked_where_that_is_asked_for() {
    let as_captured = |head: &str, trailers: &[(&'static str, &'static str)]| {
        let mut capture = capture(head.as_bytes(), b"abc");
        let field = |text: &'static str| Bytes::from_static(text.as_bytes());
        capture.trailers = trailers.iter().map(|(name, value)| (field(name), field(value))).collect();
        let options = PlanOptions { framing: Framing::AsCaptured, ..PlanOptions::default() };
        let plan = plan_with(&capture, &target(), options).unwrap();
        let changes: Vec<_> = plan.changes().iter().map(ledger).collect();
        (String::from_utf8(plan.head().to_vec()).unwrap(), changes, plan.http1().shape.clone())
    };
    let (head, changes, shape) = as_captured(
        "POST / HTTP/1.1\r\nHost: localhost:3000\r\ntransfer-ENCODING:chunked\r\nTrailer: Sum\r\nContent-Length: 9\r\n\r\n",
        &[("Sum", "1"), ("Host", "x"), ("A", "b\r\nc"), ("sum", "2")],
    );
    assert_eq!(head, "POST / HTTP/1.1\r\nHost: localhost:3000\r\ntransfer-ENCODING:chunked\r\nTrailer: Sum\r\n\r\n");
    assert_eq!(changes, ["-Content-Length", "-Host", "-A"]);
    let trailers = Bytes::from_static(b"Sum: 1\r\nsum: 2\r\n");
    assert_eq!(shape, Shape::Chunked { sizes: Arc::default(), trailers });
    // What did not come in chunks, or in a way that two readers may read differently, goes with its length.
    for lines in [
        "Content-Length: 3",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    ] {
        let (head, _, shape) = as_captured(&format!("POST / HTTP/1.1\r\n{lines}\r\n\r\n"), &[]);
        assert!(head.contains("\r\nContent-Length: 3\r\n") && !head.contains("Transfer"), "{head}");
        assert_eq!(shape, Shape::Plain);
    }
}

#[test]
fn captures_of_http_2_become_http_1_1() {
    let mut capture = capture(b"GET / HTTP/1.1\r\n\r\n", b"{}");
    let headers: [(&[u8], &[u8]); 4] =
        [(b":method", b"POST"), (b":authority", b"h"), (b"a", b"b"), (b"cookie", b"c=d")];
    capture.head = Head::from_parts(b"POST", b"/p", Version::Http2, headers, Fidelity::Normalised);
    capture.trailers = Box::new([(Bytes::from_static(b"Sum"), Bytes::from_static(b"1"))]);
    let plan = plan(&capture, &target()).unwrap();
    assert_eq!(
        plan.head().as_ref(),
        b"POST /p HTTP/1.1\r\nHost: localhost:3000\r\na: b\r\ncookie: c=d\r\nContent-Length: 2\r\n\r\n"
    );
    let changes: Vec<_> = plan.changes().iter().map(ledger).collect();
    assert_eq!(changes, ["+Host: localhost:3000", "-:method", "-:authority", "+Content-Length: 2", "-Sum"]);
}

#[test]
fn a_body_that_is_not_whole_is_sent_only_by_force() {
    let mut capture = capture(b"POST / HTTP/1.1\r\nHost: localhost:3000\r\nContent-Length: 9\r\n\r\n", b"");
    capture.body = Body::new(Bytes::from_static(b"abc"), Some(9), 3, BodyEnd::ClosedEarly);
    let failure = plan(&capture, &target()).unwrap_err();
    assert_eq!(failure.kind, "truncated");
    assert!(failure.sentence.contains("--force") && failure.sentence.contains("closed"), "{failure}");
    let plan = plan_with(&capture, &target(), PlanOptions { force: true, ..PlanOptions::default() }).unwrap();
    assert_eq!(plan.body().first().as_ref(), b"abc");
    assert_eq!(plan.changes().iter().map(ledger).collect::<Vec<_>>(), ["Content-Length: 9 → 3"]);
}

#[test]
fn what_would_split_the_message_is_refused() {
    let from = |method: &[u8], target: &[u8], name: &[u8], value: &[u8]| {
        let mut capture = capture(b"GET / HTTP/1.1\r\n\r\n", b"");
        capture.head = Head::from_parts(method, target, Version::Http11, [(name, value)], Fidelity::Fields);
        plan(&capture, &self::target()).map(|plan| plan.head().clone())
    };
    assert!(from(b"GET", b"/", b"A", b"b\xff\x1b\t").is_ok());
    for (method, target, name, value) in [
        (b"GET /x HTTP/1.1\r\nA".as_slice(), b"/".as_slice(), b"A".as_slice(), b"b".as_slice()),
        (b"", b"/", b"A", b"b"),
        (b"CONNECT", b"elsewhere:443", b"A", b"b"),
        (b"GET", b"/ HTTP/1.1\r\nB:", b"A", b"b"),
        (b"GET", b"/a b", b"A", b"b"),
        (b"GET", b"", b"A", b"b"),
        (b"GET", b"/\0", b"A", b"b"),
        (b"GET", b"/", b"A", b"b\r\nC: d"),
        (b"GET", b"/", b"A", b"b\nC: d"),
        (b"GET", b"/", b"A", b"b\0"),
        (b"GET", b"/", b"A: x\r\nB", b"b"),
        (b"GET", b"/", b"A ", b"b"),
        (b"GET", b"/", b"", b"b"),
    ] {
        let failure = from(method, target, name, value).unwrap_err();
        assert_eq!(failure.kind, "forbidden", "{failure}");
        assert!(!failure.sentence.contains(['\r', '\n', '\0']), "{failure}");
    }
}

#[test]
fn the_url_is_for_people() {
    let url =
        |base: &str, head: &[u8]| plan(&capture(head, b""), &Target::parse(base).unwrap()).unwrap().url().to_owned();
    assert_eq!(url("http://h/b?k=1", b"GET /a?x HTTP/1.1\r\n\r\n"), "http://h/b/a?k=1&x");
    assert_eq!(url("3000", b"GET /\xff\xc3\xa9 HTTP/1.1\r\n\r\n"), "http://localhost:3000/%FF\u{e9}");
    assert_eq!(url("https://h", b"OPTIONS * HTTP/1.1\r\n\r\n"), "https://h");
}

proptest! {
    /// Whatever came, what goes out is one message: readable, framed once, for the target, with the end-to-end lines in
    /// their order.
    #[test]
    fn every_plan_is_one_message(
        method in "[A-Za-z!#$]{1,10}",
        path in proptest::collection::vec(0x21_u8.., 0..40),
        headers in proptest::collection::vec(
            (
                prop_oneof![
                    "[A-Za-z0-9_-]{1,12}",
                    Just("Connection".to_owned()), Just("host".to_owned()), Just("Content-Length".to_owned()),
                    Just("TRANSFER-encoding".to_owned()), Just("Te".to_owned()), Just(":path".to_owned()),
                ],
                proptest::collection::vec(prop_oneof![0x20_u8..0x7f, 0x80_u8.., Just(9)], 0..20),
            ),
            0..16,
        ),
        body in proptest::collection::vec(any::<u8>(), 0..50),
    ) {
        prop_assume!(method != "CONNECT");
        let mut capture = capture(b"GET / HTTP/1.1\r\n\r\n", &body);
        let path = [b"/".as_slice(), &path].concat();
        let parts = headers.iter().map(|(name, value)| (name.as_bytes(), value.trim_ascii()));
        capture.head = Head::from_parts(method.as_bytes(), &path, Version::Http11, parts, Fidelity::Fields);
        let plan = plan(&capture, &target()).unwrap();
        let read = Head::parse(plan.head().clone()).unwrap();
        prop_assert_eq!(read.method(), method.as_bytes());
        prop_assert_eq!(read.target(), path.as_slice());
        prop_assert_eq!(read.headers().filter(|header| header.is("host")).count(), 1);
        prop_assert_eq!(read.header("host").unwrap(), b"localhost:3000");
        let lengths: Vec<_> = read.headers().filter(|header| header.is("content-length")).collect();
        prop_assert!(lengths.len() <= 1 && (body.is_empty() || lengths.len() == 1));
        for length in lengths {
            prop_assert!(http1::is_number(length.value, body.len()));
        }
        for (name, _) in NOT_SENT {
            prop_assert!(read.header(name).is_none(), "{name}");
        }
        // What is sent and what is listed as removed are together what was captured, in order.
        let removed = |name: &[u8]| plan.changes().iter().filter(|change| matches!(change, Change::Removed { .. }) && change.name() == name).count();
        for header in capture.head.headers() {
            let count = |head: &Head| head.headers().filter(|other| other.name == header.name).count();
            prop_assert_eq!(count(&read) + removed(header.name), count(&capture.head), "{:?}", header);
        }
        let mut rest = capture.head.headers();
        for line in read.headers().filter(|line| !line.is("host") && !line.is("content-length")) {
            prop_assert!(rest.any(|captured| captured == line), "{line:?} is out of order");
        }
    }
}
