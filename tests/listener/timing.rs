//! When the parts of a request were there, how its body was cut, and whether it was told to go on.

use std::time::Duration;

use creel::{
    capture::ListenSettings,
    model::{BodyEnd, Oddity},
};
use tokio::io::AsyncWriteExt;

use crate::raw::{Running, head, rest, status};

#[tokio::test]
async fn the_parts_are_timed_from_the_first_byte() {
    let running = Running::start(ListenSettings::default()).await;
    let mut stream = running.connect().await;
    // Pauses between the pieces: what is measured can only be longer.
    let pause = Duration::from_millis(30);
    let pieces: [&[u8]; 3] = [b"POST / HT", b"TP/1.1\r\nContent-Length: 5\r\n\r\nhe", b"llo"];
    for piece in pieces {
        stream.write_all(piece).await.unwrap();
        tokio::time::sleep(pause).await;
    }
    assert_eq!(status(&head(&mut stream).await), Some(200));
    let timing = running.captures(1).await.new[0].timing;
    let body = timing.body.unwrap();
    assert!(timing.head >= pause && body >= timing.head + pause && timing.answered >= body, "{timing:?}");
}

#[tokio::test]
async fn requests_behind_each_other_have_their_own_times() {
    let running = Running::start(ListenSettings::default()).await;
    let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    let all = format!(
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n{chunked}3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n\
         {chunked}1\r\nz\r\n0\r\n\r\nPOST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"
    );
    // In one piece and byte by byte.
    for step in [all.len(), 1] {
        let running = Running::start(ListenSettings::default()).await;
        let mut stream = running.connect().await;
        stream.set_nodelay(true).unwrap();
        for piece in all.as_bytes().chunks(step) {
            stream.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        stream.shutdown().await.unwrap();
        rest(&mut stream).await;
        let all = running.captures(4).await;
        let chunks: Vec<_> = all.new.iter().map(|capture| capture.wire.chunks.as_deref()).collect();
        assert!(chunks[0].is_none() && chunks[3].is_none());
        let (first, second) = (chunks[1].unwrap(), chunks[2].unwrap());
        assert_eq!((&*first.sizes, first.count, first.extensions), ([3, 10].as_slice(), 2, true));
        assert_eq!((&*second.sizes, second.count, second.extensions), ([1].as_slice(), 1, false));
        for capture in &all.new {
            let body = capture.timing.body.unwrap();
            assert!(capture.timing.head <= body && body <= capture.timing.answered, "{:?}", capture.timing);
        }
        assert!(all.new[1].odd().has(Oddity::ChunkExtensions) && all.new[2].odd().is_empty());
    }
    running.stop.cancel();
}

#[tokio::test]
async fn a_body_that_breaks_off_has_no_end_but_the_chunks_so_far() {
    let running = Running::start(ListenSettings::default()).await;
    running.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n9\r\nab").await;
    let all = running.captures(1).await;
    let capture = &all.new[0];
    assert_eq!((capture.body.end(), capture.timing.body), (&BodyEnd::ClosedEarly, None));
    assert_eq!(*capture.wire.chunks.as_ref().unwrap().sizes, [3, 9]);
}

#[tokio::test]
async fn whether_a_sender_was_told_to_go_on_is_kept() {
    let settings = ListenSettings { max_body: 10, ..ListenSettings::default() };
    for (request, continued) in [
        ("POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n", Some(true)),
        ("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 50\r\n\r\n", Some(false)),
        ("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n", Some(false)),
        ("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", Some(false)),
        ("POST / HTTP/1.1\r\nExpect: luck\r\nContent-Length: 5\r\n\r\n", None),
    ] {
        let running = Running::start(settings.clone()).await;
        let mut stream = running.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        if continued == Some(true) {
            assert!(head(&mut stream).await.starts_with("HTTP/1.1 100 "), "{request}");
        }
        if continued != Some(false) || request.contains("HTTP/1.0") {
            stream.write_all(b"hello").await.unwrap();
        }
        stream.shutdown().await.unwrap();
        let answer = rest(&mut stream).await;
        assert!(!answer.contains("HTTP/1.1 100 "), "{request}: {answer}");
        assert_eq!(running.captures(1).await.new[0].wire.continued, continued, "{request}");
    }
}

#[tokio::test]
async fn without_the_tap_heads_are_normalised_and_all_else_is_kept() {
    let running = Running::start(ListenSettings { tap: false, ..ListenSettings::default() }).await;
    let answer = running.send(b"POST /a HTTP/1.1\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello").await;
    assert_eq!(status(&answer), Some(200));
    let all = running.captures(1).await;
    assert_eq!(all.new[0].head.fidelity(), creel::model::Fidelity::Normalised);
    assert_eq!(
        (all.new[0].body.first().as_ref(), all.new[0].head.header("x-a")),
        (b"hello".as_slice(), Some(b"1".as_slice()))
    );
}
