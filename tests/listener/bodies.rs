//! Bodies: large ones, ones over the limit, and ones that do not arrive whole.

use creel::{
    capture::ListenSettings,
    model::{BodyEnd, Refusal},
};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::raw::{Running, head, rest, soon, status};

/// Bytes that do not repeat within any buffer's length.
pub fn noise(length: usize) -> Vec<u8> {
    (0..length as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u8).collect()
}

pub fn chunked(body: &[u8], chunk: usize) -> Vec<u8> {
    let chunks =
        body.chunks(chunk).flat_map(|part| [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat());
    [b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(), chunks.collect(), b"0\r\n\r\n".to_vec()]
        .concat()
}

pub fn sized(body: &[u8]) -> Vec<u8> {
    [format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

#[tokio::test]
async fn large_bodies_are_kept_byte_for_byte() {
    let running = Running::start(ListenSettings::default()).await;
    for length in [1, 8191, 65_536, 2 << 20, (3 << 20) + 7] {
        let body = noise(length);
        for request in [sized(&body), chunked(&body, 10_007)] {
            assert_eq!(status(&running.send(&request).await), Some(200), "{length}");
            let all = running.captures(1).await;
            let kept = &all.new[0].body;
            assert_eq!(kept.sha256().unwrap().as_slice(), Sha256::digest(&body).as_slice(), "{length}");
            assert_eq!((kept.received(), kept.end()), (length as u64, &BodyEnd::Complete));
            running.store.clear();
        }
    }
    running.stats("nothing in flight", |stats| stats.in_flight == 0).await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_answered_413_and_kept_up_to_it() {
    let limit = 100_000;
    let running = Running::start(ListenSettings { max_body: limit, ..ListenSettings::default() }).await;
    let body = noise(5_000_000);
    for (request, declared) in [(sized(&body), Some(5_000_000)), (chunked(&body, 9999), None)] {
        // Writes everything before it reads anything: the answer must still be there.
        let mut stream = running.connect().await;
        stream.write_all(&request).await.unwrap();
        let answer = rest(&mut stream).await;
        assert_eq!(status(&answer), Some(413), "{answer}");
        assert!(answer.contains("connection: close") && answer.contains("100000 bytes"), "{answer}");
        let all = running.captures(1).await;
        let kept = &all.new[0].body;
        assert_eq!(kept.first().as_ref(), &body[..limit as usize]);
        assert_eq!((kept.declared(), kept.end()), (declared, &BodyEnd::OverLimit(limit)));
        assert!(kept.received() > limit);
        assert!(all.new[0].answer.because.is_some());
        running.store.clear();
    }
    assert_eq!(running.store.stats().refused_for(Refusal::BodyTooLarge), 2);
    running.stats("nothing in flight", |stats| stats.in_flight == 0).await;
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_whole() {
    let running = Running::start(ListenSettings { max_body: 5, ..ListenSettings::default() }).await;
    assert_eq!(status(&running.send(&sized(b"hello")).await), Some(200));
    assert_eq!(status(&running.send(&sized(b"hello!")).await), Some(413));
}

#[tokio::test]
async fn a_sender_that_hangs_up_leaves_what_came() {
    let running = Running::start(ListenSettings::default()).await;
    for request in [
        b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhello".as_slice(),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhello",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ] {
        for reset in [false, true] {
            let mut stream = running.connect().await;
            stream.write_all(request).await.unwrap();
            if reset {
                running.stats("the body", |stats| stats.in_flight == 5).await;
                socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
            }
            drop(stream);
            let all = running.captures(1).await;
            let kept = &all.new[0].body;
            assert_eq!((kept.first().as_ref(), kept.end()), (b"hello".as_slice(), &BodyEnd::ClosedEarly));
            assert_ne!(all.new[0].answer.status, 200);
            running.store.clear();
        }
    }
    running.once("the counts", |all| all.stats.refused_for(Refusal::ClosedEarly) == 6).await;
    running.stats("nothing in flight", |stats| stats.in_flight == 0).await;
}

#[tokio::test]
async fn wrong_framing_is_said_and_what_came_is_kept() {
    let running = Running::start(ListenSettings::default()).await;
    for (wrong, kept) in [
        ("zz\r\nhello", ""),
        ("5\r\nhello!\r\n0\r\n\r\n", "hello"),
        ("5\nhello\n0\n\n", ""),
        ("fffffffffffffffff\r\n", ""),
        ("5\r\nhello\r\n0\r\nno colon\r\n\r\n", "hello"),
    ] {
        let answer =
            running.send(format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{wrong}").as_bytes()).await;
        assert_eq!(status(&answer), Some(400), "{wrong:?}: {answer}");
        let all = running.captures(1).await;
        let body = &all.new[0].body;
        assert!(matches!(body.end(), BodyEnd::Malformed(why) if !why.is_empty()), "{wrong:?}: {body:?}");
        assert_eq!(body.first().as_ref(), kept.as_bytes(), "{wrong:?}");
        running.store.clear();
    }
    running.once("the counts", |all| all.stats.refused_for(Refusal::Malformed) == 5).await;
}

#[tokio::test]
async fn more_in_flight_than_allowed_is_turned_away_at_once() {
    let settings = ListenSettings { max_in_flight: 1000, ..ListenSettings::default() };
    let running = Running::start(settings).await;
    let mut first = running.connect().await;
    first.write_all(b"POST /first HTTP/1.1\r\nContent-Length: 901\r\n\r\n").await.unwrap();
    first.write_all(&[b'x'; 900]).await.unwrap();
    running.stats("the first body", |stats| stats.in_flight == 900).await;

    let answer = running.send(&sized(&[b'y'; 101])).await;
    assert_eq!(status(&answer), Some(503), "{answer}");
    assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
    let all = running.captures(1).await;
    assert_eq!((all.new[0].body.end(), all.new[0].body.received()), (&BodyEnd::Abandoned, 101));
    assert_eq!(all.stats.refused_for(Refusal::Overloaded), 1);

    // Who fits is served, and the first is not disturbed.
    assert_eq!(status(&running.send(&sized(&[b'y'; 100])).await), Some(200));
    assert_eq!(status(&running.send(b"GET / HTTP/1.1\r\n\r\n").await), Some(200));
    first.write_all(b"x").await.unwrap();
    assert_eq!(status(&head(&mut first).await), Some(200));
    running.stats("nothing in flight", |stats| stats.in_flight == 0).await;
}

#[tokio::test]
async fn a_length_that_never_comes_takes_no_memory() {
    let running = Running::start(ListenSettings { max_body: u64::MAX, ..ListenSettings::default() }).await;
    let mut stream = running.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nContent-Length: 18446744073709551613\r\n\r\nhello").await.unwrap();
    running.stats("five bytes", |stats| stats.in_flight == 5).await;
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    soon("the answer", stream.read_to_end(&mut answer)).await.unwrap();
    let all = running.captures(1).await;
    assert_eq!(all.new[0].body.declared(), Some(u64::MAX - 2));
    assert_eq!(all.new[0].body.first().as_ref(), b"hello");
}
