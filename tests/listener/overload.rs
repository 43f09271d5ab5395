//! More than may come: turned away at once, kept as heads within a bound, and over as soon as the load falls.

use std::time::Duration;

use creel::{
    capture::ListenSettings,
    model::{BodyEnd, Refusal},
    store::Limits,
};
use tokio::io::AsyncWriteExt;

use crate::raw::{Running, head, rest, status};

fn limited(rate: &str) -> ListenSettings {
    ListenSettings { rate: Some(rate.parse().unwrap()), ..ListenSettings::default() }
}

#[tokio::test]
async fn what_is_over_the_rate_is_answered_429_and_kept_as_a_head() {
    let running = Running::start(limited("2/h")).await;
    let mut stream = running.connect().await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        stream.write_all(b"GET /a HTTP/1.1\r\nHost: h\r\nX-Key: Value\r\n\r\n").await.unwrap();
        let answer = head(&mut stream).await;
        statuses.push(status(&answer));
        if statuses.len() > 2 {
            assert!(answer.contains("retry-after: 1800\r\n"), "{answer}");
            assert!(!answer.contains("connection: close"), "a request without a body costs no connection: {answer}");
            let length: usize =
                answer.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
            let mut body = vec![0; length];
            tokio::io::AsyncReadExt::read_exact(&mut stream, &mut body).await.unwrap();
        }
    }
    assert_eq!(statuses, [Some(200), Some(200), Some(429), Some(429)]);
    let all = running.captures(4).await;
    assert_eq!((all.stats.held, all.stats.margin, all.stats.refused_for(Refusal::RateLimited)), (2, 2, 2));
    let shed = &all.new[3];
    assert_eq!(shed.body.end(), &BodyEnd::Shed(Refusal::RateLimited));
    assert_eq!((shed.answer.status, shed.head.header("x-key")), (429, Some(b"Value".as_slice())));
}

#[tokio::test]
async fn a_body_over_the_rate_is_not_kept_and_not_asked_for() {
    let running = Running::start(limited("1/h")).await;
    assert_eq!(status(&running.send(b"GET / HTTP/1.1\r\n\r\n").await), Some(200));
    let body = [b"POST / HTTP/1.1\r\nContent-Length: 300000\r\n\r\n".as_slice(), &vec![b'x'; 300_000]].concat();
    let answer = running.send(&body).await;
    assert_eq!(status(&answer), Some(429), "{answer}");
    let mut asking = running.connect().await;
    asking.write_all(b"POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n").await.unwrap();
    assert_eq!(status(&rest(&mut asking).await), Some(429));
    let all = running.captures(3).await;
    assert!(all.new[1..].iter().all(|shed| shed.body.is_empty() && shed.body.declared().is_some()));
    assert_eq!((all.new[1].wire.continued, all.new[2].wire.continued), (None, Some(false)));
}

#[tokio::test]
async fn it_is_over_as_soon_as_the_load_falls() {
    let running = Running::start(limited("20/s")).await;
    let mut statuses = Vec::new();
    while !statuses.contains(&Some(429)) {
        statuses.push(status(&running.send(b"GET / HTTP/1.1\r\n\r\n").await));
        assert!(statuses.len() < 10_000, "nothing was turned away");
    }
    // A token becomes due every 50 ms.
    while status(&running.send(b"GET / HTTP/1.1\r\n\r\n").await) != Some(200) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_flood_of_what_is_shed_pushes_out_nothing_that_was_caught() {
    let running = Running::with(limited("20/h"), Limits { count: 20, bytes: 1 << 20, ..Limits::default() }).await;
    let requests = b"GET / HTTP/1.1\r\n\r\n".repeat(500);
    let answers = running.send(&requests).await;
    assert_eq!((answers.matches("HTTP/1.1 200").count(), answers.matches("HTTP/1.1 429").count()), (20, 480));
    let all = running.captures(22).await;
    let stats = all.stats;
    assert_eq!((stats.received, stats.held, stats.margin), (500, 20, 2));
    assert_eq!((stats.evicted, stats.margin_evicted, stats.refused_for(Refusal::RateLimited)), (0, 478, 480));
    assert!(all.new.iter().take(20).all(|caught| caught.answer.status == 200));
}

#[tokio::test]
async fn the_head_of_a_connection_too_many_is_kept() {
    let running = Running::start(ListenSettings { max_connections: 1, ..ListenSettings::default() }).await;
    let first = running.connect().await;
    running.stats("one connection", |stats| stats.connections == 1).await;
    let answer = running.send(b"POST /Late HTTP/1.1\r\nX-Key: Value\r\nContent-Length: 5\r\n\r\nhello").await;
    assert_eq!(status(&answer), Some(503), "{answer}");
    assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
    let all = running.captures(1).await;
    let shed = &all.new[0];
    assert_eq!(shed.head.bytes().as_ref(), b"POST /Late HTTP/1.1\r\nX-Key: Value\r\nContent-Length: 5\r\n\r\n");
    assert_eq!(shed.body.end(), &BodyEnd::Shed(Refusal::TooManyConnections));
    assert_eq!((shed.body.declared(), shed.answer.status, all.stats.margin), (Some(5), 503, 1));
    assert_eq!(all.stats.refused_for(Refusal::TooManyConnections), 1);
    drop(first);
}
