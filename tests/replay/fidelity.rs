//! What arrives at a handler.

use creel::{
    model::Capture,
    replay::{Client, Settings, Target, plan},
};
use proptest::prelude::*;

use crate::handler::{capture, read_request, recording, send_to};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// What a handler under `base` gets when `capture` is sent to it; `{}` in `expected` stands for its address.
async fn arrives(capture: &Capture, base: &str, expected: &[u8]) {
    let (address, recorded) = recording(OK).await;
    let reply = send_to(capture, &format!("http://{address}{base}"), Settings::default()).await.unwrap();
    assert_eq!(reply.status, 200);
    let recorded = recorded.await.unwrap();
    let at = expected.windows(2).position(|window| window == b"{}").unwrap();
    let expected = [&expected[..at], address.to_string().as_bytes(), &expected[at + 2..]].concat();
    assert_eq!(recorded.escape_ascii().to_string(), expected.escape_ascii().to_string());
}

#[tokio::test]
async fn case_order_and_repeats_arrive() {
    let capture = capture(
        b"PATCH /a HTTP/1.1\r\nX-A: 1\r\nhOST: hooks.example\r\nx-b: 2\r\nX-a: 3\r\nX-B: \xff\xe9\r\ncontent-LENGTH: 4\r\n\
          Set-Cookie: a\r\nset-cookie: a\r\n\r\n",
        b"\0\xff\r\n",
    );
    arrives(
        &capture,
        "",
        b"PATCH /a HTTP/1.1\r\nX-A: 1\r\nhOST: {}\r\nx-b: 2\r\nX-a: 3\r\nX-B: \xff\xe9\r\ncontent-LENGTH: 4\r\n\
          Set-Cookie: a\r\nset-cookie: a\r\n\r\n\0\xff\r\n",
    )
    .await;
}

#[tokio::test]
async fn odd_targets_arrive() {
    for target in ["/%zz//../\u{e9}", "/", "//", "/a?b?c=%00&&", "/?", "/\u{1f512}#x", "*", "/a/./b/", "/[1]{2}|\"<>`"]
    {
        let head = format!("OPTIONS {target} HTTP/1.1\r\nHost: h\r\n\r\n");
        let expected = format!("OPTIONS {target} HTTP/1.1\r\nHost: {{}}\r\n\r\n");
        arrives(&capture(head.as_bytes(), b""), "", expected.as_bytes()).await;
    }
    let not_utf8 = capture(b"GET /\xff\x80 HTTP/1.1\r\nHost: h\r\n\r\n", b"");
    arrives(&not_utf8, "", b"GET /\xff\x80 HTTP/1.1\r\nHost: {}\r\n\r\n").await;
}

#[tokio::test]
async fn the_base_of_the_target_stands_in_front() {
    let capture = capture(b"GET http://elsewhere.example:1/%zz//../\xc3\xa9?x HTTP/1.1\r\nHost: h\r\n\r\n", b"");
    arrives(&capture, "/hooks?key=1", b"GET /hooks/%zz//../\xc3\xa9?key=1&x HTTP/1.1\r\nHost: {}\r\n\r\n").await;
}

#[tokio::test]
async fn methods_of_every_kind_arrive() {
    for method in ["GET", "HEAD", "DELETE", "get", "TRACE", "PURGE", "M-SEARCH", "a!#$%&'*+-.^_`|~9"] {
        for body in ["", "with a body"] {
            let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
            let head = format!("{method} / HTTP/1.1\r\nHost: h\r\n{length}\r\n");
            let expected = format!("{method} / HTTP/1.1\r\nHost: {{}}\r\n{length}\r\n{body}");
            arrives(&capture(head.as_bytes(), body.as_bytes()), "", expected.as_bytes()).await;
        }
    }
}

#[tokio::test]
async fn chunked_and_old_captures_arrive_with_a_length() {
    let chunked = capture(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n", b"abc");
    arrives(&chunked, "", b"POST / HTTP/1.1\r\nHost: {}\r\nA: b\r\nContent-Length: 3\r\n\r\nabc").await;
    let old = capture(b"POST / HTTP/1.0\r\nContent-Length: 3\r\nConnection: X-Own\r\nX-Own: 1\r\n\r\n", b"abc");
    arrives(&old, "", b"POST / HTTP/1.1\r\nHost: {}\r\nContent-Length: 3\r\n\r\nabc").await;
}

#[tokio::test]
async fn large_bodies_arrive() {
    let body: Vec<u8> = (0..5_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let head = format!("PUT /large HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.len());
    let (address, recorded) = recording(OK).await;
    send_to(&capture(head.as_bytes(), &body), &format!("http://{address}"), Settings::default()).await.unwrap();
    assert!(recorded.await.unwrap().ends_with(&body));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever header lines and body a capture has, the handler reads what the plan says.
    #[test]
    fn what_was_planned_arrives(
        method in "[A-Z]{1,8}",
        path in proptest::collection::vec(0x21_u8.., 0..60),
        headers in proptest::collection::vec(("[A-Za-z0-9_-]{1,16}", proptest::collection::vec(prop_oneof![0x21_u8..0x7f, 0x80_u8..], 0..30)), 0..12),
        body in proptest::collection::vec(any::<u8>(), 0..2000),
    ) {
        prop_assume!(method != "CONNECT");
        let mut head = [method.as_bytes(), b" /", &path, b" HTTP/1.1\r\n"].concat();
        for (name, value) in &headers {
            head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        head.extend(b"\r\n");
        let capture = capture(&head, &body);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (address, recorded) = recording(OK).await;
            let plan = plan(&capture, &Target::parse(&address.to_string()).unwrap()).unwrap();
            let reply = Client::new(Settings::default()).unwrap().send(&plan).await.unwrap();
            assert_eq!(reply.status, 200);
            let expected = [plan.head().as_ref(), &body].concat();
            let recorded = recorded.await.unwrap();
            assert_eq!(read_request(&mut recorded.as_slice()).await, expected);
            assert_eq!(recorded, expected);
        });
    }
}
