//! HTTP/2: what came by it goes by it, where an https target agrees.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use creel::{
    capture::ListenSettings,
    model::{At, BodyFraming, Capture, Change, Fidelity, Head, Ledger, Version},
    replay::{Client, PlanOptions, Settings, Target, client::Delivery, plan_with},
};
use http::{HeaderMap, request::Parts};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::{body::Frame, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{io::AsyncWriteExt as _, sync::mpsc, task::JoinHandle};

use crate::{
    handler::{capture, handler, post, read_request},
    raw::Running,
    secure::{acceptor, insecure},
};

type Came = (Parts, Bytes, Option<HeaderMap>);

/// A handler that speaks HTTP/2 over TLS and hands back what came; the answer has a body and no length.
async fn server() -> (SocketAddr, JoinHandle<Came>) {
    let acceptor = acceptor("localhost", &[b"h2", b"http/1.1"]);
    handler(|stream| async move {
        let stream = acceptor.accept(stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        let (sender, mut receiver) = mpsc::channel(1);
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let sender = sender.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.unwrap();
                let trailers = body.trailers().cloned();
                sender.send((parts, body.to_bytes(), trailers)).await.unwrap();
                let answer = http::Response::builder().status(202).header("x-seen", "1").header("x-seen", "2");
                Ok::<_, std::convert::Infallible>(answer.body(Full::new(Bytes::from_static(b"thanks"))).unwrap())
            }
        });
        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        // The client ends the connection when it has its answer.
        let _ = server.serve_connection(TokioIo::new(stream), service).await;
        receiver.recv().await.unwrap()
    })
    .await
}

async fn deliver(capture: &Capture, address: SocketAddr, base: &str) -> Delivery {
    let target = Target::parse(&format!("https://localhost:{}{base}", address.port())).unwrap();
    let plan = plan_with(capture, &target, PlanOptions::default()).unwrap();
    Client::new(insecure()).unwrap().deliver(&plan).await
}

fn text(map: &HeaderMap) -> Vec<String> {
    map.iter().map(|(name, value)| format!("{name}: {}", value.as_bytes().escape_ascii())).collect()
}

fn entries(ledger: &Ledger) -> Vec<String> {
    let name = |change: &Change| format!("{}{}", change.sign(), String::from_utf8_lossy(change.name()));
    ledger.changes.iter().map(name).collect()
}

/// Sends a request by HTTP/2 to creel's own listener.
async fn caught(headers: &[(&'static str, &'static [u8])], trailers: HeaderMap) -> Arc<Capture> {
    let running = Running::start(ListenSettings::default()).await;
    let stream = running.connect().await;
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let frames = [Frame::data(Bytes::from_static(b"{\"a\": 1}")), Frame::trailers(trailers)];
    let body = StreamBody::new(futures_util::stream::iter(frames.map(Ok::<_, std::convert::Infallible>)));
    let mut request = http::Request::post("http://hooks.example/in?x=%zz").body(body).unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, http::HeaderValue::from_bytes(value).unwrap());
    }
    assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
    drop(sender);
    let capture = running.captures(1).await.new.pop().unwrap();
    connection.abort();
    assert_eq!(capture.head.version(), Version::Http2);
    capture
}

fn sums() -> HeaderMap {
    HeaderMap::from_iter([(http::HeaderName::from_static("x-sum"), http::HeaderValue::from_static("1"))])
}

const SENT: &[(&str, &[u8])] = &[
    ("x-a", b"1"),
    ("cookie", b"a=1"),
    ("cookie", b"b=2"),
    ("x-odd", b"\xff\t\xe9"),
    ("te", b"trailers"),
    ("trailer", b"x-sum"),
    ("x-a", b"3"),
];

#[tokio::test]
async fn what_came_by_http_2_goes_by_it() {
    let capture = caught(SENT, sums()).await;
    let (address, came) = server().await;
    let delivery = deliver(&capture, address, "/base").await;
    let (parts, body, trailers) = came.await.unwrap();
    assert_eq!((parts.version, parts.method.as_str()), (http::Version::HTTP_2, "POST"));
    assert_eq!(parts.uri.to_string(), format!("https://localhost:{}/base/in?x=%zz", address.port()));
    let expected =
        ["x-a: 1", "x-a: 3", "cookie: a=1", "cookie: b=2", r"x-odd: \xff\t\xe9", "te: trailers", "trailer: x-sum"];
    assert_eq!(text(&parts.headers), expected);
    assert_eq!((body.as_ref(), trailers), (b"{\"a\": 1}".as_slice(), Some(sums())));
    let reply = delivery.outcome.unwrap();
    assert_eq!((reply.status, reply.reason.as_str(), reply.body.as_ref()), (202, "", b"thanks".as_slice()));
    assert_eq!(reply.headers.iter().filter(|(name, _)| name.as_ref() == b"x-seen").count(), 2);
    let ledger = delivery.ledger;
    assert_eq!(ledger.version, Version::Http2);
    assert_eq!(ledger.framing.to, BodyFraming::Frames);
    assert!(ledger.framing.is_same() && ledger.is_whole() && ledger.surprises().is_empty(), "{ledger:#?}");
    let line = ledger.request_line.unwrap();
    let lines = (b"POST /in?x=%zz HTTP/2\r\n".as_slice(), b"POST /base/in?x=%zz HTTP/2\r\n".as_slice());
    assert_eq!((line.from.as_ref(), line.to.as_ref()), lines);
    assert!(ledger.changes.iter().all(Change::is_expected));
    assert!(!ledger.changes.is_empty());
}

#[tokio::test]
async fn where_the_target_declines_it_goes_by_http_1() {
    let capture = caught(SENT, sums()).await;
    let acceptor = acceptor("localhost", &[b"http/1.1"]);
    let (address, came) = handler(|stream| async move {
        let mut stream = acceptor.accept(stream).await.unwrap();
        let request = read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        stream.shutdown().await.unwrap();
        request
    })
    .await;
    let delivery = deliver(&capture, address, "").await;
    assert_eq!(delivery.outcome.unwrap().status, 200);
    let head = Head::parse(came.await.unwrap().into()).unwrap();
    assert_eq!((head.method(), head.target()), (b"POST".as_slice(), b"/in?x=%zz".as_slice()));
    assert_eq!(head.headers().filter(|header| header.is("cookie")).count(), 1);
    assert_eq!(head.header("cookie"), Some(b"a=1; b=2".as_slice()));
    assert_eq!((head.header("content-length"), head.header("te")), (Some(b"8".as_slice()), None));
    let ledger = delivery.ledger;
    assert_eq!((ledger.version, ledger.framing.to), (Version::Http11, BodyFraming::Length));
    let entries = entries(&ledger);
    for entry in ["~cookie", "−cookie", "−te", "−trailer", "+Content-Length", "−x-sum"] {
        assert!(entries.iter().any(|other| other == entry), "{entry} is not among {entries:?}");
    }
    assert!(ledger.surprises().contains(&"request line".to_owned()));
}

#[tokio::test]
async fn what_came_by_http_1_goes_by_it_whatever_the_target_offers() {
    let acceptor = acceptor("localhost", &[b"h2", b"http/1.1"]);
    let (address, came) = handler(|stream| async move {
        let mut stream = acceptor.accept(stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
        let request = read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        stream.shutdown().await.unwrap();
        request
    })
    .await;
    let capture = capture(b"POST / HTTP/1.1\r\nX-Case: 1\r\nContent-Length: 2\r\n\r\n", b"{}");
    let delivery = deliver(&capture, address, "").await;
    assert_eq!((delivery.outcome.unwrap().status, delivery.ledger.version), (200, Version::Http11));
    assert!(came.await.unwrap().windows(9).any(|window| window == b"X-Case: 1"));
}

/// A head of HTTP/2 that was written by hand: case, order and pseudo-headers are as no sender has them.
#[tokio::test]
async fn what_http_2_does_not_allow_is_listed() {
    let mut capture = post();
    let lines: [(&[u8], &[u8]); 13] = [
        (b":method", b"POST"),
        (b":authority", b"hooks.example"),
        (b":scheme", b"http"),
        (b":path", b"/hook"),
        (b":protocol", b"websocket"),
        (b"X-Case", b"1"),
        (b"a", b"1"),
        (b"b", b"2"),
        (b"a", b"3"),
        (b"connection", b"close"),
        (b"te", b"gzip"),
        (b"content-length", b"9"),
        (b"host", b"hooks.example"),
    ];
    capture.head = Head::from_parts(b"POST", b"/hook", Version::Http2, lines, Fidelity::Fields);
    capture.trailers = Box::new([(Bytes::from_static(b"Host"), Bytes::from_static(b"x"))]);
    let (address, came) = server().await;
    let delivery = deliver(&capture, address, "").await;
    assert_eq!(delivery.outcome.as_ref().map(|reply| reply.status), Ok(202));
    let (parts, body, trailers) = came.await.unwrap();
    let host = format!("host: localhost:{}", address.port());
    assert_eq!(text(&parts.headers), ["x-case: 1", "a: 1", "a: 3", "b: 2", "content-length: 2", &host]);
    assert_eq!((body.as_ref(), trailers), (b"{}".as_slice(), None));
    let expected = [
        "~:authority",
        "~:scheme",
        "~:scheme",
        "−:protocol",
        "~X-Case",
        "~a",
        "−connection",
        "−te",
        "~content-length",
        "~host",
        "−Host",
    ];
    assert_eq!(entries(&delivery.ledger), expected);
    let at = delivery.ledger.changes.iter().find(|change| change.name().as_ref() == b"a").and_then(Change::at);
    assert_eq!(at, Some(At::Header(8)));
}

#[tokio::test]
async fn a_target_that_goes_away_is_said() {
    let capture = caught(&[], HeaderMap::new()).await;
    let acceptor = acceptor("localhost", &[b"h2"]);
    let (address, handled) = handler(|stream| async move { drop(acceptor.accept(stream).await.unwrap()) }).await;
    let failure = deliver(&capture, address, "").await.outcome.unwrap_err();
    handled.await.unwrap();
    assert_eq!(failure.kind, "closed", "{failure}");
}

#[tokio::test]
async fn a_target_that_does_not_answer_is_given_up() {
    let capture = caught(&[], HeaderMap::new()).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let acceptor = acceptor("localhost", &[b"h2"]);
    let (address, handled) = handler(|stream| async move {
        let stream = acceptor.accept(stream).await.unwrap();
        let _ = stopped.await;
        drop(stream);
    })
    .await;
    let settings = Settings { head_timeout: std::time::Duration::from_millis(300), ..insecure() };
    let target = Target::parse(&format!("https://{address}")).unwrap();
    let plan = plan_with(&capture, &target, PlanOptions::default()).unwrap();
    let failure = Client::new(settings).unwrap().send(&plan).await.unwrap_err();
    assert!(failure.sentence.ends_with("within 300 ms (--head-timeout)"), "{failure}");
    stop.send(()).unwrap();
    handled.await.unwrap();
}
