//! Handlers that refuse, hang, close or talk nonsense: each ends in a sentence, and none holds an attempt up.

use std::time::Duration;

use creel::replay::Settings;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::oneshot,
};

use crate::handler::{handler, read_request, recording, send};

/// Gives up soon on a head that does not come. Everything else has time, so that a busy machine changes nothing.
fn quick() -> Settings {
    Settings { head_timeout: Duration::from_millis(200), ..Settings::default() }
}

#[tokio::test]
async fn nobody_listens() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let failure = send(address, Settings::default()).await.unwrap_err();
    assert_eq!(failure.kind, "refused");
    assert_eq!(failure.sentence, format!("connection refused: nothing listens on {address}"));
}

#[tokio::test]
async fn it_hangs_before_the_head() {
    let (address, handled) = handler(|mut stream| async move {
        read_request(&mut stream).await;
        // Until the client gives up.
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    })
    .await;
    let failure = send(address, quick()).await.unwrap_err();
    assert_eq!(failure.kind, "timeout");
    assert_eq!(
        failure.sentence,
        format!("timeout: {address} took the connection and sent no answer within 200 ms (--head-timeout)")
    );
    handled.await.unwrap();
}

#[tokio::test]
async fn it_drips_its_head() {
    let (address, handled) = handler(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nA: ").await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let failure = send(address, quick()).await.unwrap_err();
    assert_eq!(failure.kind, "timeout", "{failure}");
    handled.await.unwrap();
}

#[tokio::test]
async fn it_hangs_in_the_body() {
    let (address, handled) = handler(|mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let settings = Settings { total_timeout: Duration::from_secs(2), ..Settings::default() };
    let reply = send(address, settings).await.unwrap();
    assert_eq!((reply.status, reply.body.as_ref()), (200, b"abc".as_slice()));
    assert_eq!(reply.body_cut.unwrap(), "the answer did not end within 2 s (--timeout)");
    handled.await.unwrap();
}

#[tokio::test]
async fn it_does_not_take_the_body() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let handled = tokio::spawn(async move {
        let (_stream, _) = listener.accept().await.unwrap();
        let _ = stopped.await;
    });
    let body = vec![b'x'; 30_000_000];
    let capture = crate::handler::capture(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 30000000\r\n\r\n", &body);
    let failure = crate::handler::send_to(&capture, &address.to_string(), quick()).await.unwrap_err();
    assert_eq!(failure.kind, "timeout", "{failure}");
    stop.send(()).unwrap();
    handled.await.unwrap();
}

#[tokio::test]
async fn the_whole_may_be_shorter_than_its_parts() {
    let (address, handled) = handler(|mut stream| async move {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let settings = Settings { total_timeout: Duration::from_millis(300), ..Settings::default() };
    let failure = send(address, settings).await.unwrap_err();
    assert_eq!(failure.sentence, format!("timeout: no answer from {address} within 300 ms (--timeout)"));
    handled.await.unwrap();
}

#[tokio::test]
async fn times_without_end_are_taken() {
    let (address, recorded) = recording("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let forever = Duration::MAX;
    let settings =
        Settings { connect_timeout: forever, head_timeout: forever, total_timeout: forever, ..Settings::default() };
    assert_eq!(send(address, settings).await.unwrap().status, 200);
    recorded.await.unwrap();
}

#[tokio::test]
async fn it_closes_at_once() {
    let (address, handled) = handler(|stream| async move { drop(stream) }).await;
    let failure = send(address, Settings::default()).await.unwrap_err();
    assert_eq!(failure.kind, "closed");
    assert_eq!(failure.sentence, format!("closed: {address} closed the connection without an answer"));
    handled.await.unwrap();
}

#[tokio::test]
async fn it_closes_after_the_request() {
    let (address, recorded) = recording("").await;
    let failure = send(address, Settings::default()).await.unwrap_err();
    assert_eq!(failure.kind, "closed", "{failure}");
    recorded.await.unwrap();
}

#[tokio::test]
async fn it_closes_in_the_head() {
    let (address, recorded) = recording("HTTP/1.1 200 OK\r\nX-Half").await;
    let failure = send(address, Settings::default()).await.unwrap_err();
    assert_eq!(failure.kind, "closed");
    assert!(failure.sentence.contains("in the middle of the head"), "{failure}");
    recorded.await.unwrap();
}

#[tokio::test]
async fn it_closes_in_the_body() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
    ] {
        let (address, recorded) = recording(answer).await;
        let reply = send(address, Settings::default()).await.unwrap();
        assert_eq!((reply.status, reply.body.as_ref()), (200, b"abc".as_slice()), "{answer}");
        assert_eq!(
            reply.body_cut.unwrap(),
            "the target closed the connection before the end of its answer",
            "{answer}"
        );
        recorded.await.unwrap();
    }
}

#[tokio::test]
async fn it_frames_its_body_wrongly() {
    let (address, recorded) =
        recording("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n").await;
    let reply = send(address, Settings::default()).await.unwrap();
    assert_eq!(reply.body.as_ref(), b"abc");
    assert!(reply.body_cut.unwrap().contains("framing"));
    recorded.await.unwrap();
}

#[tokio::test]
async fn it_answers_garbage() {
    for answer in [
        b"SSH-2.0-OpenSSH_9.2\r\n".as_slice(),
        b"\x1b[31mgarbage\x1b[0m\r\n\r\n",
        b"HTTP/1.1 nope\r\n\r\n",
        b"HTTP/1.1 500 \x1b[31mred\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"\0\0\x12\x04\0\0\0\0\0",
    ] {
        let (address, recorded) = recording(answer).await;
        let failure = send(address, Settings::default()).await.unwrap_err();
        assert_eq!(failure.kind, "protocol", "{failure}");
        assert!(failure.sentence.contains("it begins `"), "{failure}");
        assert!(!failure.sentence.contains(['\x1b', '\0', '\r', '\n']), "{failure:?}");
        recorded.await.unwrap();
    }
}

#[tokio::test]
async fn it_answers_a_head_without_end() {
    let (address, handled) = handler(|mut stream| async move {
        read_request(&mut stream).await;
        let mut answer = b"HTTP/1.1 200 OK\r\n".to_vec();
        answer.extend(b"X-Flood: 1\r\n".repeat(200_000));
        let _ = stream.write_all(&answer).await;
    })
    .await;
    let failure = send(address, Settings::default()).await.unwrap_err();
    assert_eq!(failure.kind, "protocol", "{failure}");
    handled.await.unwrap();
}

#[tokio::test]
async fn dropping_the_attempt_closes_the_connection() {
    let (asked, was_asked) = oneshot::channel();
    let (address, handled) = handler(|mut stream| async move {
        read_request(&mut stream).await;
        asked.send(()).unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap()
    })
    .await;
    tokio::select! {
        _ = send(address, Settings::default()) => panic!("there is no answer"),
        asked = was_asked => asked.unwrap(),
    }
    // The handler hears of the end without a timeout having passed.
    assert_eq!(handled.await.unwrap(), 0);
}
