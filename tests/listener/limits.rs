//! Slow senders, too many connections, and the end.

use std::time::Duration;

use creel::{
    capture::ListenSettings,
    model::{BodyEnd, Refusal},
};
use tokio::io::AsyncWriteExt;

use crate::raw::{Running, head, rest, soon, status};

const SHORT: Duration = Duration::from_millis(60);
const LONG: Duration = Duration::from_secs(600);

/// Nobody is ever late.
fn patient() -> ListenSettings {
    ListenSettings {
        first_byte_timeout: LONG,
        head_timeout: LONG,
        body_idle_timeout: LONG,
        body_timeout: LONG,
        keep_alive_timeout: LONG,
        ..ListenSettings::default()
    }
}

#[tokio::test]
async fn a_silent_connection_is_closed_and_leaves_no_record() {
    let running = Running::start(ListenSettings { first_byte_timeout: SHORT, ..patient() }).await;
    let mut stream = running.connect().await;
    assert_eq!(rest(&mut stream).await, "");
    running.stats("the end of the connection", |stats| stats.connections == 0).await;
    assert_eq!((running.store.stats().refusals(), running.store.stats().received), (0, 0));
}

#[tokio::test]
async fn a_slow_head_is_told_so_and_recorded() {
    for start in [b"G".as_slice(), b"PRI * HT", b"GET / HTTP/1.1\r\nX-A: 1\r\n"] {
        let running = Running::start(ListenSettings { head_timeout: SHORT, ..patient() }).await;
        let mut stream = running.connect().await;
        stream.write_all(start).await.unwrap();
        let answer = rest(&mut stream).await;
        assert_eq!(status(&answer), Some(408), "{start:?}: {answer}");
        let all = running.rejected().await;
        let rejected = &all.rejected[0];
        assert_eq!((rejected.refusal, rejected.status), (Refusal::HeadTimeout, Some(408)), "{start:?}");
        assert_eq!(rejected.raw.as_ref(), start);
    }
}

#[tokio::test]
async fn a_head_that_drips_is_late_all_the_same() {
    let running = Running::start(ListenSettings { head_timeout: SHORT, ..patient() }).await;
    let (mut reader, mut writer) = running.connect().await.into_split();
    let drip = tokio::spawn(async move {
        while writer.write_all(b"X").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    });
    let mut answer = Vec::new();
    let _ = soon("the end", tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut answer)).await;
    assert_eq!(running.rejected().await.rejected[0].refusal, Refusal::HeadTimeout);
    soon("the end of the drip", drip).await.unwrap();
}

#[tokio::test]
async fn an_http2_connection_without_a_request_is_closed_and_recorded() {
    let running = Running::start(ListenSettings { head_timeout: SHORT, ..patient() }).await;
    let mut stream = running.connect().await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    rest(&mut stream).await;
    let all = running.rejected().await;
    assert_eq!((all.rejected[0].refusal, all.rejected[0].status), (Refusal::HeadTimeout, None));
    assert!(all.rejected[0].raw.starts_with(b"PRI * HTTP/2.0"));
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_last_answer() {
    let running = Running::start(ListenSettings { keep_alive_timeout: SHORT, ..patient() }).await;
    let mut stream = running.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(status(&rest(&mut stream).await), Some(200));
    assert_eq!(running.store.stats().refusals(), 0);
}

#[tokio::test]
async fn a_body_that_stops_or_drips_is_answered_408_and_kept() {
    let stops = ListenSettings { body_idle_timeout: SHORT, ..patient() };
    let drips = ListenSettings { body_timeout: SHORT, ..patient() };
    for settings in [stops, drips] {
        let running = Running::start(settings).await;
        let mut stream = running.connect().await;
        stream.write_all(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhello").await.unwrap();
        let answer = rest(&mut stream).await;
        assert_eq!(status(&answer), Some(408), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        let all = running.once("the count", |all| all.stats.refused_for(Refusal::BodyTimeout) == 1).await;
        assert_eq!(all.new[0].body.first().as_ref(), b"hello");
        assert_eq!(all.new[0].body.end(), &BodyEnd::TimedOut);
        assert!(all.rejected.is_empty());
    }
}

#[tokio::test]
async fn slow_senders_hold_nobody_back() {
    let running = Running::start(patient()).await;
    let mut slow = Vec::new();
    for start in [b"".as_slice(), b"GET / HT", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"].repeat(50) {
        let mut stream = running.connect().await;
        stream.write_all(start).await.unwrap();
        slow.push(stream);
    }
    for _ in 0..50 {
        assert_eq!(status(&running.send(b"GET / HTTP/1.1\r\n\r\n").await), Some(200));
    }
    drop(slow);
    running.stats("the end of all", |stats| stats.connections == 0).await;
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let running = Running::start(ListenSettings { max_connections: 2, ..patient() }).await;
    let first = running.connect().await;
    let mut second = running.connect().await;
    running.stats("two connections", |stats| stats.connections == 2).await;
    let answer = running.send(b"GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!(status(&answer), Some(503), "{answer}");
    assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
    running.once("the count", |all| all.stats.refused_for(Refusal::TooManyConnections) == 1).await;

    second.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(status(&head(&mut second).await), Some(200));
    drop(first);
    running.stats("one connection", |stats| stats.connections == 1).await;
    assert_eq!(status(&running.send(b"GET / HTTP/1.1\r\n\r\n").await), Some(200));
}

#[tokio::test]
async fn a_stop_lets_requests_end_and_closes_what_is_idle() {
    let running = Running::start(patient()).await;
    let mut idle = running.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    head(&mut idle).await;
    let silent = running.connect().await;
    let mut busy = running.connect().await;
    busy.write_all(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhell").await.unwrap();
    running.stats("all at work", |stats| stats.in_flight == 4 && stats.connections == 3).await;

    running.stop.cancel();
    assert_eq!(rest(&mut idle).await, "");
    busy.write_all(b"o").await.unwrap();
    assert_eq!(status(&rest(&mut busy).await), Some(200));
    soon("the end of serving", running.served).await.unwrap();
    assert!(tokio::net::TcpStream::connect(running.addr).await.is_err(), "nobody listens any more");
    assert_eq!(running.store.stats().received, 2);
    assert_eq!((running.store.stats().connections, running.store.stats().in_flight), (0, 0));
    drop(silent);
}

#[tokio::test]
async fn a_stop_waits_for_nobody_for_ever_and_keeps_what_came() {
    let running = Running::start(patient()).await;
    let mut stuck = running.connect().await;
    stuck.write_all(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhell").await.unwrap();
    let mut half = running.connect().await;
    // In one piece: once the first is answered, the second has begun.
    half.write_all(b"GET / HTTP/1.1\r\n\r\nGET / HT").await.unwrap();
    assert_eq!(status(&head(&mut half).await), Some(200));
    running.stats("the body", |stats| stats.in_flight == 4 && stats.connections == 2).await;
    running.stop.cancel();
    soon("the end of serving", running.served).await.unwrap();
    let all = running.store.changes_since(creel::model::Seq(0), 0);
    let cut = all.new.last().unwrap();
    assert_eq!((cut.body.first().as_ref(), cut.body.end()), (b"hell".as_slice(), &BodyEnd::Abandoned));
    assert_eq!(all.rejected[0].raw.as_ref(), b"GET / HT");
    assert_eq!((all.stats.connections, all.stats.in_flight), (0, 0));
}
