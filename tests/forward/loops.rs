//! What would go in a loop does not.

use creel::forward::Rule;

use crate::running::{Running, ended, exchange, post, target};

#[tokio::test]
async fn creel_does_not_forward_to_itself() {
    let running = Running::start(|own| vec![Rule::to(target(own))]).await;
    let answer = exchange(running.addr, &post("/", "x")).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    let because = running.captures(1).await[0].answer.because.clone().unwrap();
    assert!(because.contains("is where creel itself listens"), "{because}");
    assert_eq!(ended(&running.attempts(1).await[0]), "forbidden");
}

#[tokio::test]
async fn what_comes_back_around_two_creels_is_508() {
    let (sender, second) = tokio::sync::oneshot::channel();
    // The second needs the address of the first, and the first that of the second.
    let place = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let between = place.local_addr().unwrap();
    tokio::spawn(async move {
        let to: std::net::SocketAddr = second.await.unwrap();
        loop {
            let (mut near, _) = place.accept().await.unwrap();
            tokio::spawn(async move {
                let mut far = tokio::net::TcpStream::connect(to).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    let first = Running::start(|_| {
        let mut rule = Rule::to(target(between));
        rule.retry = 3;
        vec![rule]
    })
    .await;
    let other = Running::start(|_| vec![Rule::to(target(first.addr))]).await;
    sender.send(other.addr).unwrap();
    let answer = exchange(first.addr, &post("/", "x")).await;
    assert!(answer.starts_with("HTTP/1.1 508 Loop Detected\r\n"), "{answer}");
    let captures = first.captures(2).await;
    assert_eq!(captures.len(), 2, "it came once, and once around");
    for capture in &captures {
        assert_eq!(capture.answer.status, 508);
    }
    let because = captures[1].answer.because.as_deref().unwrap();
    assert_eq!(because, "the request has passed this creel before, so forwarding goes in a loop");
    // Each passed it on once, and a loop is not tried again.
    assert_eq!((first.attempts(1).await.len(), other.attempts(1).await.len()), (1, 1));
    let vias: Vec<_> = captures[1].head.headers().filter(|header| header.is("via")).collect();
    assert_eq!(vias.len(), 2);
}
