//! Several requests over one connection, and answers that are framed rightly.

use std::sync::Arc;

use bytes::Bytes;
use creel::{
    capture::{ListenSettings, answers::answer},
    model::Fidelity,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::raw::{Running, head, rest, soon, status};

const PIPELINE: [(&[u8], &[u8], &[u8]); 4] = [
    (b"POST /1 HTTP/1.1\r\nX-A: 1\r\nContent-Length: 11\r\n\r\n", b"GET /no HTT", b"GET /no HTT"),
    (b"GET /2 HTTP/1.1\r\nx-a: 2\r\n\r\n", b"", b""),
    (
        b"POST /3 HTTP/1.1\r\nTRANSFER-encoding: Chunked\r\n\r\n",
        b"4;x\r\nGET \r\n0A\r\n/ HTTP/1.1\r\n0\r\nX-Sum: 1\r\nx-Other:  two\r\n\r\n",
        b"GET / HTTP/1.1",
    ),
    (b"\r\nDELETE /4 HTTP/1.1\r\nconnection: close\r\n\r\n", b"", b""),
];

fn pipeline() -> Vec<u8> {
    PIPELINE.iter().flat_map(|(head, body, _)| [*head, *body].concat()).collect()
}

async fn assert_all_caught(running: &Running, how: &str) {
    let all = running.captures(PIPELINE.len()).await;
    for (capture, (head, _, body)) in all.new.iter().zip(PIPELINE) {
        assert_eq!(capture.head.bytes().as_ref(), head, "{how}");
        assert_eq!(capture.head.fidelity(), Fidelity::Exact, "{how}");
        assert_eq!(capture.body.first().as_ref(), body, "{how}");
    }
    let trailers: Vec<_> = all.new[2].trailers.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
    assert_eq!(trailers, [(b"X-Sum".as_slice(), b"1".as_slice()), (b"x-Other", b"two")], "{how}");
    assert_eq!((all.new.len(), all.rejected.len(), all.stats.refusals()), (PIPELINE.len(), 0, 0), "{how}");
}

#[tokio::test]
async fn requests_sent_at_once_are_told_apart() {
    let running = Running::start(ListenSettings::default()).await;
    let answers = running.send(&pipeline()).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), PIPELINE.len(), "{answers}");
    assert_all_caught(&running, "at once").await;
}

#[tokio::test]
async fn requests_sent_byte_by_byte_are_told_apart() {
    let running = Running::start(ListenSettings::default()).await;
    let mut stream = running.connect().await;
    stream.set_nodelay(true).unwrap();
    for byte in pipeline() {
        stream.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let answers = rest(&mut stream).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), PIPELINE.len(), "{answers}");
    assert_all_caught(&running, "byte by byte").await;
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let running = Running::start(ListenSettings::default()).await;
    let mut stream = running.connect().await;
    for number in 0..20 {
        let body = "x".repeat(number * 1000);
        let request =
            format!("PUT /{number} HTTP/1.1\r\nX-Number: {number}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(status(&head(&mut stream).await), Some(200));
        let all = running.captures(number + 1).await;
        let capture = all.new.last().unwrap();
        assert!(request.as_bytes().starts_with(capture.head.bytes()) && capture.body.len() == body.len());
        assert_eq!(capture.head.fidelity(), Fidelity::Exact);
    }
    assert_eq!(running.store.stats().connections, 1);
    drop(stream);
    running.stats("the end of the connection", |stats| stats.connections == 0).await;
}

#[tokio::test]
async fn a_sender_that_waits_is_told_to_go_on() {
    let running = Running::start(ListenSettings::default()).await;
    let mut stream = running.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n").await.unwrap();
    assert_eq!(head(&mut stream).await, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hello").await.unwrap();
    assert_eq!(status(&head(&mut stream).await), Some(200));
    assert_eq!(running.captures(1).await.new[0].body.first().as_ref(), b"hello");
}

#[tokio::test]
async fn a_sender_that_waits_with_too_much_is_told_so_and_not_to_go_on() {
    let running = Running::start(ListenSettings { max_body: 4, ..ListenSettings::default() }).await;
    let mut stream = running.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").await.unwrap();
    let answer = rest(&mut stream).await;
    assert_eq!(status(&answer), Some(413), "{answer}");
    let capture = &running.captures(1).await.new[0];
    assert_eq!((capture.body.len(), capture.body.declared(), capture.answer.status), (0, Some(5), 413));
}

#[tokio::test]
async fn answers_are_framed_for_their_method_and_status() {
    for (method, code, body, expected) in [
        ("GET", 200, "four", "content-length: 4\r\n"),
        ("HEAD", 200, "four", "content-length: 4\r\n"),
        ("GET", 200, "", "content-length: 0\r\n"),
        ("GET", 204, "", ""),
        ("GET", 304, "", ""),
        ("CONNECT", 200, "four", ""),
        ("CONNECT", 500, "four", "content-length: 4\r\n"),
    ] {
        let body = (!body.is_empty()).then(|| Bytes::from_static(body.as_bytes()));
        let answer = answer(code, body.clone(), None).unwrap();
        let running = Running::start(ListenSettings { answer: Arc::new(answer), ..ListenSettings::default() }).await;
        let target = if method == "CONNECT" { "h:1" } else { "/" };
        let told = running.send(format!("{method} {target} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes()).await;
        let (head, sent) = told.split_once("\r\n\r\n").unwrap();
        let head = format!("{head}\r\n");
        assert_eq!(status(&told), Some(code), "{method} {code}");
        assert_eq!(head.contains("content-length"), !expected.is_empty(), "{method} {code}: {told}");
        assert!(head.contains(expected), "{method} {code}: {told}");
        let nothing = method == "HEAD" || (method == "CONNECT" && code == 200);
        let body = body.filter(|_| !nothing).unwrap_or_default();
        assert_eq!(sent.as_bytes(), body.as_ref(), "{method} {code}: {told}");
        assert!(!told.to_lowercase().contains("creel") && !head.contains("server:"), "{told}");
    }
}

#[tokio::test]
async fn a_tunnel_is_not_opened() {
    let running = Running::start(ListenSettings::default()).await;
    let mut stream = running.connect().await;
    stream.write_all(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n").await.unwrap();
    assert_eq!(status(&head(&mut stream).await), Some(200));
    assert_eq!(rest(&mut stream).await, "", "the connection ends");
    assert_eq!(running.captures(1).await.new[0].head.target(), b"example.com:443");
}

#[tokio::test]
async fn a_front_end_that_stands_still_holds_nobody_back() {
    let running = Running::start(ListenSettings::default()).await;
    let _never_read = running.store.subscribe();
    let mut stream = running.connect().await;
    let mut buffer = vec![0; 64 * 1024];
    for _ in 0..20 {
        stream.write_all(&b"GET / HTTP/1.1\r\n\r\n".repeat(100)).await.unwrap();
        let mut answers = String::new();
        while answers.matches("\r\n\r\n").count() < 100 {
            let read = soon("answers", stream.read(&mut buffer)).await.unwrap();
            answers.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 100);
    }
    assert_eq!(running.store.stats().received, 2000);
}
