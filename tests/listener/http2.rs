//! HTTP/2 with prior knowledge, on the same port.

use bytes::Bytes;
use creel::{
    capture::ListenSettings,
    model::{BodyEnd, Fidelity, Refusal, Version},
};
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::raw::{Running, soon};

type Sender<B> = http2::SendRequest<B>;

async fn connect<B>(running: &Running) -> Sender<B>
where
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let io = TokioIo::new(running.connect().await);
    let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn ask<B: http_body::Body + 'static>(sender: &mut Sender<B>, request: Request<B>) -> Response<Incoming> {
    soon("an answer", sender.send_request(request)).await.unwrap()
}

#[tokio::test]
async fn requests_are_caught_with_their_true_version() {
    let running = Running::start(ListenSettings::default()).await;
    let mut sender = connect(&running).await;
    for number in 0..3 {
        let request = Request::post(format!("http://hooks.example:81/a/%zz?n={number}"))
            .header("x-b", "1")
            .header("X-A", "2")
            .body(Full::from(vec![b'x'; number * 100_000]))
            .unwrap();
        let answer = ask(&mut sender, request).await;
        assert_eq!(answer.status(), 200);
        assert!(!answer.headers().contains_key("server"));
        let all = running.captures(number + 1).await;
        let capture = &all.new[number];
        assert_eq!((capture.head.version(), capture.head.fidelity()), (Version::Http2, Fidelity::Normalised));
        assert_eq!(capture.head.method(), b"POST");
        assert_eq!(capture.head.target(), format!("/a/%zz?n={number}").as_bytes());
        assert_eq!(capture.head.header("host"), Some(b"hooks.example:81".as_slice()));
        assert_eq!(capture.head.header("x-a"), Some(b"2".as_slice()));
        assert_eq!((capture.body.len(), capture.body.end()), (number * 100_000, &BodyEnd::Complete));
        assert!(capture.remote.is_some());
    }
    drop(sender);
    running.stats("the end of the connection", |stats| stats.connections == 0).await;
    assert_eq!(running.store.stats().refusals(), 0);
}

#[tokio::test]
async fn trailers_are_kept_apart() {
    let running = Running::start(ListenSettings::default()).await;
    let mut sender = connect(&running).await;
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", "1".parse().unwrap());
    let frames = [Frame::data(Bytes::from_static(b"hello")), Frame::trailers(trailers)];
    let body = StreamBody::new(tokio_stream::iter(frames.map(Ok::<_, std::io::Error>)));
    ask(&mut sender, Request::post("http://h/").body(body).unwrap()).await;
    let all = running.captures(1).await;
    assert_eq!(all.new[0].body.first().as_ref(), b"hello");
    assert_eq!(*all.new[0].trailers, [(Bytes::from_static(b"x-sum"), Bytes::from_static(b"1"))]);
}

#[tokio::test]
async fn a_head_request_is_told_the_length_and_sent_nothing() {
    let answer = creel::capture::answers::answer(200, Some(Bytes::from_static(b"four")), None).unwrap();
    let running = Running::start(ListenSettings { answer: answer.into(), ..ListenSettings::default() }).await;
    let mut sender = connect(&running).await;
    for (method, length) in [("HEAD", 0), ("GET", 4)] {
        let request = Request::builder().method(method).uri("http://h/").body(Empty::<Bytes>::new()).unwrap();
        let answer = ask(&mut sender, request).await;
        assert_eq!(answer.headers()["content-length"], "4");
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes().len(), length);
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_answered_413() {
    let running = Running::start(ListenSettings { max_body: 1000, ..ListenSettings::default() }).await;
    let mut sender = connect(&running).await;
    let answer = ask(&mut sender, Request::post("http://h/").body(Full::from(vec![b'x'; 3_000_000])).unwrap()).await;
    assert_eq!(answer.status(), 413);
    assert!(!answer.headers().contains_key("connection"));
    assert_eq!(running.captures(1).await.new[0].body.end(), &BodyEnd::OverLimit(1000));
    let answer = ask(&mut sender, Request::post("http://h/").body(Full::from("small")).unwrap()).await;
    assert_eq!(answer.status(), 200, "other streams are not disturbed");
}

#[tokio::test]
async fn a_stream_that_is_reset_leaves_what_came() {
    let running = Running::start(ListenSettings::default()).await;
    let mut sender = connect(&running).await;
    let (frames, receiver) = tokio::sync::mpsc::channel(1);
    let body = StreamBody::new(tokio_stream::wrappers::ReceiverStream::new(receiver));
    let answer = sender.send_request(Request::post("http://h/").body(body).unwrap());
    frames.send(Ok(Frame::data(Bytes::from_static(b"hello")))).await.unwrap();
    running.stats("the body", |stats| stats.in_flight == 5).await;
    // An error of the body resets its stream.
    frames.send(Err(std::io::Error::other("changed my mind"))).await.unwrap();
    assert!(soon("the reset", answer).await.is_err());
    let all = running.captures(1).await;
    assert_eq!(all.new[0].body.first().as_ref(), b"hello");
    assert_eq!(all.new[0].body.end(), &BodyEnd::ClosedEarly);
    assert_eq!(all.stats.refused_for(Refusal::Malformed), 0);
    running.stats("nothing in flight", |stats| stats.in_flight == 0).await;
}
