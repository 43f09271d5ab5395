//! Requests of every shape over raw sockets: what is caught with its very bytes, and what is rejected and recorded.

use creel::{
    capture::ListenSettings,
    model::{Fidelity, Refusal},
};

use crate::raw::{Running, status};

/// Heads that are caught, and what follows them on the wire.
fn caught() -> Vec<(&'static str, Vec<u8>, &'static [u8])> {
    let plain = |name, head: &[u8]| (name, head.to_vec(), b"".as_slice());
    let chunks = b"3\r\nabc\r\n0\r\n\r\n".as_slice();
    let line = |line: &[u8]| [b"GET / HTTP/1.1\r\nHost: h\r\n", line, b"\r\n\r\n"].concat();
    let target = |target: &[u8]| [b"GET ", target, b" HTTP/1.1\r\nHost: h\r\n\r\n"].concat();
    let many: Vec<u8> = (0..1024).flat_map(|number| format!("X-{number}: {number}\r\n").into_bytes()).collect();
    vec![
        plain("case, order and repeats", &line(b"X-A: 1\r\nx-b: 2\r\nX-a: 3\r\nX-B: 4\r\nX-A: 1")),
        plain("white space around a value", &line(b"X-A:\t v \t \r\nX-B:w")),
        plain("no value", &line(b"X-A:\r\nX-B: ")),
        plain("tabs within a value", &line(b"X-A: a\tb")),
        plain("Latin-1, UTF-8 and C1 in values", &line(b"X-A: \xe9\r\nX-B: \xc3\xa9\r\nX-C: \x9b1m")),
        plain("every token character in a name", &line(b"!#$%&'*+-.^_`|~09aZ: x")),
        plain("UTF-8 in a path", &target("/grüße".as_bytes())),
        plain("a path that is not decoded", &target(b"/%zz/%1b/%2F")),
        plain("dot segments", &target(b"/a/../b/./c")),
        plain("two slashes", &target(b"//")),
        plain("a fragment", &target(b"/a?b#c")),
        plain("a query of everything", &target(b"/?a=1&a=2&&=;+%20[]{}|\\^")),
        plain("an absolute target", b"GET http://example.com/x?y HTTP/1.1\r\nHost: h\r\n\r\n"),
        plain("an absolute target without a path", b"GET http://example.com HTTP/1.1\r\nHost: h\r\n\r\n"),
        plain("an asterisk", b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"),
        plain("a tunnel", b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"),
        plain("a bare word", &target(b"foo")),
        plain("a target of 60 KB", &target(&[b"/", [b'a'; 60_000].as_slice()].concat())),
        plain("a made-up method", b"BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n"),
        plain("a method in lower case", b"get / HTTP/1.1\r\nHost: h\r\n\r\n"),
        plain("a method of 1000 bytes", &[[b'M'; 1000].as_slice(), b" / HTTP/1.1\r\nHost: h\r\n\r\n"].concat()),
        plain("HTTP/1.0", b"GET / HTTP/1.0\r\n\r\n"),
        plain("no Host", b"GET / HTTP/1.1\r\n\r\n"),
        plain("two Hosts", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        plain("bare line feeds", b"GET / HTTP/1.1\nHost: h\nX-A: 1\n\n"),
        plain("blank lines first", b"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        plain("1024 header lines", &[b"GET / HTTP/1.1\r\n", many.as_slice(), b"\r\n"].concat()),
        plain("a header line of 500 KB", &line(&[b"X-A: ", [b'v'; 500_000].as_slice()].concat())),
        plain(
            "an upgrade to HTTP/2",
            &line(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA"),
        ),
        plain(
            "an upgrade to a WebSocket",
            &line(b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA=="),
        ),
        (
            "both framings",
            b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
            chunks,
        ),
        (
            "both, the other way",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n".to_vec(),
            chunks,
        ),
        ("two codings", b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n".to_vec(), chunks),
        ("one length twice", b"POST / HTTP/1.1\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\n".to_vec(), b"abc"),
        (
            "a chunk extension",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
            b"3;a=\"b\"\r\nabc\r\n0;c\r\n\r\n",
        ),
        ("GET with a body", b"GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\n".to_vec(), b"abc"),
        ("an unknown expectation", b"POST / HTTP/1.1\r\nExpect: luck\r\nContent-Length: 3\r\n\r\n".to_vec(), b"abc"),
    ]
}

#[tokio::test]
async fn a_caught_head_is_the_bytes_that_came() {
    for (name, head, body) in caught() {
        let running = Running::start(ListenSettings::default()).await;
        let answer = running.send(&[head.as_slice(), body].concat()).await;
        assert_eq!(status(&answer), Some(200), "{name}: {answer}");
        let all = running.captures(1).await;
        let capture = &all.new[0];
        assert_eq!(capture.head.bytes(), &head, "{name}");
        assert_eq!(capture.head.fidelity(), Fidelity::Exact, "{name}");
        assert_eq!(capture.body.first().as_ref(), if body.is_empty() { b"".as_slice() } else { b"abc" }, "{name}");
        assert!(!capture.body.is_truncated(), "{name}");
        assert!(capture.remote.is_some_and(|remote| remote.ip().is_loopback()), "{name}");
        assert_eq!((all.new.len(), all.rejected.len(), all.stats.refusals()), (1, 0, 0), "{name}");
    }
}

/// What hyper refuses by itself: its status, and the bytes.
fn rejected() -> Vec<(&'static str, u16, Vec<u8>)> {
    let line = |name, line: &[u8]| (name, 400, [b"GET / HTTP/1.1\r\n", line, b"\r\n\r\n"].concat());
    let target = |name, target: &[u8]| (name, 400, [b"GET ", target, b" HTTP/1.1\r\n\r\n"].concat());
    let raw = |name, raw: &[u8]| (name, 400, raw.to_vec());
    let many: Vec<u8> = (0..1025).flat_map(|number| format!("X-{number}: {number}\r\n").into_bytes()).collect();
    vec![
        line("a control byte in a value", b"X-A: a\x01b"),
        line("DEL in a value", b"X-A: a\x7fb"),
        line("a folded line", b"X-A: a\r\n b"),
        line("a space before the colon", b"X-A : a"),
        line("a name that is not ASCII", b"X-\xc3\xa9: a"),
        line("no colon", b"nothing here"),
        line("chunked is not last", b"Transfer-Encoding: chunked, gzip"),
        line("not quite chunked", b"Transfer-Encoding: xchunked"),
        line("a list of lengths", b"Content-Length: 5,5"),
        line("a length with a sign", b"Content-Length: +5"),
        line("a length below nothing", b"Content-Length: -1"),
        line("a hexadecimal length", b"Content-Length: 0x5"),
        line("two lengths", b"Content-Length: 5\r\nContent-Length: 6"),
        target("a lone byte of Latin-1 in a path", b"/\xe9"),
        target("a control byte in a path", b"/a\x01"),
        target("a bracket in a path", b"/<b>"),
        target("a quote in a query", b"/?\"q\""),
        raw("two spaces in the request line", b"GET  / HTTP/1.1\r\n\r\n"),
        raw("chunked in HTTP/1.0", b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        raw("HTTP/0.9", b"GET /\r\n\r\n"),
        raw("HTTP/1.2", b"GET / HTTP/1.2\r\n\r\n"),
        raw("a handshake of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x1f\x8b\x08\x00\r\n\x00"),
        raw("a line of the PROXY protocol", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n\r\n"),
        raw("a broken preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"),
        ("1025 header lines", 431, [b"GET / HTTP/1.1\r\n", many.as_slice(), b"\r\n"].concat()),
        ("a target of 70 KB", 414, [b"GET /", [b'a'; 70_000].as_slice(), b" HTTP/1.1\r\n\r\n"].concat()),
        ("a head of 1.5 MB", 431, [b"GET / HTTP/1.1\r\nX-A: ", [b'a'; 1_500_000].as_slice(), b"\r\n\r\n"].concat()),
    ]
}

#[tokio::test]
async fn a_rejected_request_is_recorded_with_its_bytes_and_what_was_answered() {
    for (name, expected, bytes) in rejected() {
        let running = Running::start(ListenSettings::default()).await;
        let answer = running.send(&bytes).await;
        assert_eq!(status(&answer), Some(expected), "{name}: {answer}");
        let all = running.rejected().await;
        let rejected = &all.rejected[0];
        assert_eq!(rejected.status, Some(expected), "{name}: {rejected:?}");
        let refusal = if expected == 400 { Refusal::Malformed } else { Refusal::HeadTooLarge };
        assert_eq!(rejected.refusal, refusal, "{name}");
        assert!(!rejected.raw.is_empty() && bytes.starts_with(&rejected.raw), "{name}: {rejected:?}");
        assert!(!rejected.reason.is_empty() && rejected.remote.ip().is_loopback(), "{name}");
        assert_eq!((all.new.len(), all.rejected.len(), all.stats.refusals()), (0, 1, 1), "{name}");
    }
}

#[tokio::test]
async fn a_connection_that_ends_in_a_head_leaves_a_record_and_one_that_says_nothing_does_not() {
    let running = Running::start(ListenSettings::default()).await;
    for quiet in [b"".as_slice(), b"\r\n\r\n"] {
        running.send(quiet).await;
    }
    running.send(b"GET / HTTP/1.1\r\nHost: h\r\nX-A").await;
    let all = running.rejected().await;
    assert_eq!((all.rejected.len(), all.rejected[0].refusal), (1, Refusal::ClosedEarly));
    assert_eq!(all.rejected[0].raw.as_ref(), b"GET / HTTP/1.1\r\nHost: h\r\nX-A");
    assert_eq!(all.rejected[0].status, None);

    running.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let all = running.once("the second record", |all| all.rejected.len() == 2).await;
    assert_eq!(all.rejected[1].raw.as_ref(), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

#[tokio::test]
async fn what_follows_a_closing_request_is_recorded_too() {
    let running = Running::start(ListenSettings::default()).await;
    let answer = running.send(b"GET /a HTTP/1.1\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\n\r\n").await;
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 1, "{answer}");
    let all = running.rejected().await;
    assert_eq!(all.rejected[0].raw.as_ref(), b"GET /b HTTP/1.1\r\n\r\n");
    assert_eq!(all.new.len(), 1);
}
