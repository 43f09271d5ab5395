//! Where nothing is sent.

use creel::replay::Settings;
use tokio::net::TcpListener;

use crate::handler::{post, send, send_to};

#[tokio::test]
async fn own_listeners_are_refused_under_every_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    let settings = Settings { own: vec![own], ..Settings::default() };
    let port = own.port();
    for url in [
        format!("http://127.0.0.1:{port}"),
        format!("http://localhost:{port}/hooks"),
        format!("http://0.0.0.0:{port}"),
        format!("http://[::ffff:127.0.0.1]:{port}"),
        // An old way to write the same address, which the resolver reads.
        format!("http://127.1:{port}"),
    ] {
        let failure = send_to(&post(), &url, settings.clone()).await.unwrap_err();
        assert_eq!(failure.kind, "forbidden", "{url}: {failure}");
        assert!(failure.sentence.contains("creel itself listens"), "{failure}");
    }
    // Nobody connected.
    tokio::select! {
        biased;
        connected = listener.accept() => panic!("{connected:?}"),
        () = tokio::task::yield_now() => {}
    }
}

#[tokio::test]
async fn a_listener_on_every_address_is_refused_on_each() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    let settings = Settings { own: vec![own], ..Settings::default() };
    let failure = send_to(&post(), &format!("http://127.0.0.1:{}", own.port()), settings).await.unwrap_err();
    assert_eq!(failure.kind, "forbidden", "{failure}");
}

#[tokio::test]
async fn link_local_addresses_are_refused() {
    for url in
        ["http://169.254.169.254/latest", "http://[fe80::1]:80", "http://[fd00:ec2::254]", "http://[::ffff:a9fe:a9fe]"]
    {
        let failure = send_to(&post(), url, Settings::default()).await.unwrap_err();
        assert_eq!(failure.kind, "forbidden", "{url}: {failure}");
        assert!(failure.sentence.contains("--allow-link-local"), "{failure}");
    }
}

#[tokio::test]
async fn a_port_besides_ours_is_not_ours() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    let (address, recorded) = crate::handler::recording("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let reply = send(address, Settings { own: vec![own], ..Settings::default() }).await.unwrap();
    assert_eq!(reply.status, 200);
    recorded.await.unwrap();
}
