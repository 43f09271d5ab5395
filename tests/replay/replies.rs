//! What a handler answers, as it is brought back.

use creel::{model::Reply, replay::Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::handler::{capture, handler, lines, read_request, recording, send, send_to};

/// What comes back when a handler answers `POST /hook` with these bytes.
async fn reply(answer: &[u8]) -> Reply {
    let (address, recorded) = recording(answer).await;
    let reply = send(address, Settings::default()).await.unwrap();
    recorded.await.unwrap();
    reply
}

#[tokio::test]
async fn case_order_and_repeats_come_back() {
    let reply = reply(
        b"HTTP/1.1 299 All  \xc3\xa9 is well\r\nX-A: 1\r\nx-b:2\r\nX-a: \xff \r\nset-cookie: a\r\nSet-Cookie: b\r\n\
          content-Length: 3\r\n\r\nabc",
    )
    .await;
    assert_eq!((reply.status, reply.reason.as_str()), (299, "All  \u{e9} is well"));
    let expected = ["X-A: 1", "x-b: 2", "X-a: \\xff", "set-cookie: a", "Set-Cookie: b", "content-Length: 3"];
    assert_eq!(lines(&reply), expected);
    assert_eq!((reply.body.as_ref(), reply.body_received, reply.body_cut), (b"abc".as_slice(), 3, None));
}

#[tokio::test]
async fn every_framing_is_understood() {
    let chunked = reply(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Sum\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nSum: 1\r\n\r\n",
    )
    .await;
    assert_eq!((chunked.body.as_ref(), chunked.body_cut), (b"abcde".as_slice(), None));
    let until_closed = reply(b"HTTP/1.0 200 OK\r\n\r\nuntil the end").await;
    assert_eq!((until_closed.body.as_ref(), until_closed.body_cut), (b"until the end".as_slice(), None));
    for status in ["204 No Content", "304 Not Modified"] {
        let none = reply(format!("HTTP/1.1 {status}\r\nETag: x\r\n\r\n").as_bytes()).await;
        assert_eq!((none.body.as_ref(), none.body_cut), (b"".as_slice(), None), "{status}");
    }
}

#[tokio::test]
async fn an_answer_to_head_has_no_body() {
    let (address, recorded) = recording("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").await;
    let head = capture(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n", b"");
    let reply = send_to(&head, &address.to_string(), Settings::default()).await.unwrap();
    assert_eq!((lines(&reply), reply.body_cut), (vec!["Content-Length: 1000".to_owned()], None));
    recorded.await.unwrap();
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let reply = reply(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Created\r\nA: b\r\n\
          Content-Length: 0\r\n\r\n",
    )
    .await;
    assert_eq!((reply.status, lines(&reply)), (201, vec!["A: b".to_owned(), "Content-Length: 0".to_owned()]));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    // The handler takes one connection; the second would be refused and fail the attempt.
    let reply = reply(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!((reply.status, lines(&reply)[0].as_str()), (302, "Location: /elsewhere"));
}

#[tokio::test]
async fn bodies_are_not_decompressed() {
    let reply = reply(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00").await;
    assert_eq!(reply.body.as_ref(), b"\x1f\x8b\x08\x00");
}

#[tokio::test]
async fn escape_sequences_come_back_as_bytes() {
    let reply =
        reply(b"HTTP/1.1 500 \xe2\x80\xaered\r\nX: \x9b31m\r\nContent-Length: 10\r\n\r\n\x1b]0;owned\x07").await;
    assert_eq!((reply.status, reply.reason.as_str()), (500, "\u{202e}red"));
    assert_eq!((lines(&reply)[0].as_str(), reply.body.as_ref()), ("X: \\x9b31m", b"\x1b]0;owned\x07".as_slice()));
}

#[tokio::test]
async fn a_gigabyte_is_cut_at_the_limit() {
    const LIMIT: usize = 1_000_000;
    let (address, written) = handler(|mut stream| async move {
        read_request(&mut stream).await;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 1_u64 << 30);
        stream.write_all(head.as_bytes()).await.unwrap();
        let piece = vec![b'x'; 64 * 1024];
        let mut written = 0_u64;
        while written < 1 << 30 && stream.write_all(&piece).await.is_ok() {
            written += piece.len() as u64;
        }
        written
    })
    .await;
    let reply = send(address, Settings { reply_limit: LIMIT, ..Settings::default() }).await.unwrap();
    assert_eq!((reply.status, reply.body.len()), (200, LIMIT));
    assert!(reply.body_received > LIMIT as u64);
    assert!(reply.body_cut.unwrap().contains("longer than the 1000000 bytes"));
    // The connection was closed, so the handler could not go on.
    assert!(written.await.unwrap() < 1 << 30);
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_whole() {
    let (address, recorded) = recording("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde").await;
    let reply = send(address, Settings { reply_limit: 5, ..Settings::default() }).await.unwrap();
    assert_eq!((reply.body.as_ref(), reply.body_cut), (b"abcde".as_slice(), None));
    recorded.await.unwrap();
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_request_is_an_answer() {
    let (address, handled) = handler(|mut stream| async move {
        let mut some = [0; 1000];
        stream.read_exact(&mut some).await.unwrap();
        stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno").await.unwrap();
        stream.shutdown().await.unwrap();
        // What still comes is not read: closing resets the connection under the client's hands.
    })
    .await;
    let large = capture(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\n", &vec![b'x'; 8_000_000]);
    let reply = send_to(&large, &address.to_string(), Settings::default()).await.unwrap();
    assert_eq!(reply.status, 413);
    handled.await.unwrap();
}
