//! What happens behind the senders' backs: async mode, tries, order, and the end.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use creel::forward::{Mode, Rule};
use tokio::{io::AsyncReadExt as _, net::TcpStream};

use crate::running::{Running, ended, exchange, handler, nobody, post, read_request, target, target_that};

#[tokio::test]
async fn an_async_sender_is_answered_at_once() {
    let addr = target_that(|mut stream| async move {
        read_request(&mut stream).await;
        // Never an answer.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let running = Running::start(|_| {
        let mut rule = Rule::to(target(addr));
        rule.mode = Mode::Async;
        vec![rule]
    })
    .await;
    assert!(exchange(running.addr, &post("/", "x")).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(running.captures(1).await[0].answer.status, 200);
    running.forward.end(Duration::from_secs(5)).await;
    assert_eq!(ended(&running.attempts(1).await[0]), "cancelled");
}

#[tokio::test]
async fn what_failed_is_tried_again_behind() {
    let (addr, came) = handler(&[
        b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 429 No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ])
    .await;
    let running = Running::start(|_| {
        let mut rule = Rule::to(target(addr));
        rule.retry = 5;
        vec![rule]
    })
    .await;
    // The sender has what the first try brought.
    assert!(exchange(running.addr, &post("/", "x")).await.starts_with("HTTP/1.1 503 "));
    let attempts = running.attempts(3).await;
    let all: Vec<_> = attempts.iter().map(|attempt| (attempt.forwarded.unwrap(), ended(attempt))).collect();
    assert_eq!(all, [(1, "answered 503".into()), (2, "answered 429".into()), (3, "answered 200".into())]);
    let ids: Vec<_> = attempts.iter().map(|attempt| attempt.id.0).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(came.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn the_last_try_is_the_last() {
    let addr = nobody().await;
    let running = Running::start(|_| {
        let mut rule = Rule::to(target(addr));
        (rule.retry, rule.mode) = (1, Mode::Async);
        vec![rule]
    })
    .await;
    assert!(exchange(running.addr, &post("/", "x")).await.starts_with("HTTP/1.1 200 "));
    let attempts = running.attempts(2).await;
    assert_eq!(attempts.iter().map(ended).collect::<Vec<_>>(), ["refused", "refused"]);
    running.forward.end(Duration::from_secs(5)).await;
    assert_eq!(running.attempts(2).await.len(), 2);
}

#[tokio::test]
async fn order_is_kept_when_asked() {
    let came = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&came);
    let (go, held) = tokio::sync::watch::channel(false);
    let addr = target_that(move |mut stream| {
        let (seen, mut held) = (Arc::clone(&seen), held.clone());
        async move {
            let request = read_request(&mut stream).await;
            seen.lock().unwrap().push(request.split(' ').nth(1).unwrap().to_owned());
            held.wait_for(|go| *go).await.unwrap();
            let _ =
                tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
    })
    .await;
    let running = Running::start(|_| {
        let mut rule = Rule::to(target(addr)).in_order(&[]);
        rule.mode = Mode::Async;
        vec![rule]
    })
    .await;
    let paths: Vec<String> = (0..20).map(|number| format!("/{number}")).collect();
    for path in &paths {
        assert!(exchange(running.addr, &post(path, "x")).await.starts_with("HTTP/1.1 200 "));
    }
    // The first holds all others up.
    assert!(came.lock().unwrap().len() <= 1);
    go.send(true).unwrap();
    running.attempts(paths.len()).await;
    assert_eq!(*came.lock().unwrap(), paths);
}

#[tokio::test]
async fn the_end_cancels_what_is_under_way_and_answers_its_sender() {
    let arrived = Arc::new(tokio::sync::Notify::new());
    let told = Arc::clone(&arrived);
    let addr = target_that(move |mut stream| {
        let told = Arc::clone(&told);
        async move {
            read_request(&mut stream).await;
            told.notify_one();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    let running = Running::start(|_| vec![Rule::to(target(addr))]).await;
    let sending = tokio::spawn(exchange(running.addr, Box::leak(post("/", "x").into_boxed_str())));
    arrived.notified().await;
    running.forward.end(Duration::from_secs(5)).await;
    let answer = sending.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert_eq!(ended(&running.attempts(1).await[0]), "cancelled");
    let capture = running.captures(1).await.remove(0);
    assert_eq!(capture.answer.because.as_deref(), Some("creel was stopped before the target answered"));
    running.stop.cancel();
    running.serving.await.unwrap();
}

#[tokio::test]
async fn a_sender_who_goes_leaves_a_capture_and_the_attempt_goes_on() {
    let (go, held) = tokio::sync::watch::channel(false);
    let arrived = Arc::new(tokio::sync::Notify::new());
    let told = Arc::clone(&arrived);
    let addr = target_that(move |mut stream| {
        let (mut held, told) = (held.clone(), Arc::clone(&told));
        async move {
            read_request(&mut stream).await;
            told.notify_one();
            held.wait_for(|go| *go).await.unwrap();
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .await;
        }
    })
    .await;
    let running = Running::start(|_| vec![Rule::to(target(addr))]).await;
    let mut stream = TcpStream::connect(running.addr).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, post("/", "x").as_bytes()).await.unwrap();
    arrived.notified().await;
    // A reset, because a sender that has only shut down its writing side still reads.
    stream.set_zero_linger().unwrap();
    drop(stream);
    go.send(true).unwrap();
    assert_eq!(ended(&running.attempts(1).await[0]), "answered 200");
    // That the sender has gone shows when there is something to write.
    assert_eq!(running.captures(1).await.len(), 1);
}

#[tokio::test]
async fn an_attempt_can_be_cancelled_by_its_number() {
    let arrived = Arc::new(tokio::sync::Notify::new());
    let told = Arc::clone(&arrived);
    let addr = target_that(move |mut stream| {
        let told = Arc::clone(&told);
        async move {
            read_request(&mut stream).await;
            told.notify_one();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    let running = Running::start(|_| vec![Rule::to(target(addr))]).await;
    let sending = tokio::spawn(exchange(running.addr, Box::leak(post("/", "x").into_boxed_str())));
    arrived.notified().await;
    running.store.cancel_attempt(creel::model::AttemptId(1));
    assert!(sending.await.unwrap().starts_with("HTTP/1.1 502 "));
    assert_eq!(running.captures(1).await[0].answer.because.as_deref(), Some("the forwarding was cancelled"));
    assert_eq!(ended(&running.attempts(1).await[0]), "cancelled");
}
