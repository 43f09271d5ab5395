//! The router without a socket.

use std::{net::SocketAddr, sync::Arc};

use axum::{body::Body, extract::ConnectInfo};
use creel::{
    capture::{ListenSettings, router},
    model::{Fidelity, Seq},
    store::{Limits, Store},
};
use http::Request;
use tower::ServiceExt;

fn store() -> Store {
    Store::new(Limits::default())
}

#[tokio::test]
async fn every_method_and_target_is_caught() {
    let store = store();
    let router = router(store.clone(), Arc::new(ListenSettings::default()));
    for (method, target) in [
        ("GET", "/a/b?c"),
        ("BREW", "/"),
        ("OPTIONS", "*"),
        ("CONNECT", "h:443"),
        ("HEAD", "/"),
        ("POST", "http://h/x?y"),
    ] {
        let request =
            Request::builder().method(method).uri(target).header("X-A", "1").body(Body::from("hello")).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), 200, "{method} {target}");
        let last = store.changes_since(Seq(0), 0).new.pop().unwrap();
        assert_eq!((last.head.method(), last.head.target()), (method.as_bytes(), target.as_bytes()));
        assert_eq!(last.head.fidelity(), Fidelity::Normalised);
        assert_eq!(last.body.first().as_ref(), b"hello");
        assert_eq!(last.remote, None);
    }
}

#[tokio::test]
async fn no_limit_of_the_framework_stands_before_ours() {
    let store = store();
    let router = router(store.clone(), Arc::new(ListenSettings { max_body: 4 << 20, ..ListenSettings::default() }));
    for (size, status) in [(3 << 20, 200), (5 << 20, 413)] {
        let request = Request::post("/").body(Body::from(vec![b'x'; size])).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), status);
    }
    assert_eq!(store.changes_since(Seq(0), 0).new[1].body.len(), 4 << 20);
}

#[tokio::test]
async fn the_address_of_the_sender_is_taken_from_the_server_around_it() {
    let store = store();
    let router = router(store.clone(), Arc::new(ListenSettings::default()));
    let remote = SocketAddr::from(([192, 0, 2, 7], 1234));
    let request = Request::get("/").extension(ConnectInfo(remote)).body(Body::empty()).unwrap();
    router.oneshot(request).await.unwrap();
    assert_eq!(store.changes_since(Seq(0), 0).new[0].remote, Some(remote));
}
