//! What relaying costs a sender: the time from its request to its answer through creel in forward mode, against a bare
//! axum reverse proxy that holds the body, sends it on over a new connection and passes the answer back, both before one
//! and the same handler.
//!
//! `cargo bench --bench forward`. Each server runs on one thread of its own, the sender on the main thread sends 7 KB of
//! JSON over one keep-alive connection, to the one and to the other in turn, and requests that stood side by side are
//! compared. A second proxy keeps its connections to the handler open, which creel does not do on purpose: what that saves
//! is shown beside. Only the differences mean anything.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot go on stops")]

#[path = "support/load.rs"]
mod load;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, extract::State};
use bytes::Bytes;
use creel::{
    capture::{ListenSettings, Listener},
    forward::{Forward, Needs, Rule},
    replay::{Client, Framing, Settings, Target},
    store::{Limits, Store},
};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Mutex, oneshot},
};
use tokio_util::sync::CancellationToken;

const ROUNDS: usize = 3_000;
const WARM: usize = 300;

type Sender = http1::SendRequest<Full<Bytes>>;

async fn handler(addr: oneshot::Sender<SocketAddr>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    addr.send(listener.local_addr().unwrap()).unwrap();
    let router = Router::new().fallback(|_: Bytes| async { "ok" });
    axum::serve(listener, router).await.unwrap();
}

async fn connect(to: SocketAddr) -> Sender {
    let stream = TcpStream::connect(to).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

#[derive(Clone)]
struct Proxy {
    to: SocketAddr,
    kept: Option<Arc<Mutex<Sender>>>,
}

async fn pass(State(proxy): State<Proxy>, request: axum::extract::Request) -> http::Response<Body> {
    let (mut parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    parts.uri = parts.uri.path().parse().unwrap();
    let request = http::Request::from_parts(parts, Full::new(body));
    let response = match &proxy.kept {
        Some(kept) => kept.lock().await.send_request(request).await.unwrap(),
        None => connect(proxy.to).await.send_request(request).await.unwrap(),
    };
    let (parts, body) = response.into_parts();
    http::Response::from_parts(parts, Body::new(body))
}

async fn proxy(to: SocketAddr, keeps: bool, addr: oneshot::Sender<SocketAddr>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    addr.send(listener.local_addr().unwrap()).unwrap();
    let kept = if keeps { Some(Arc::new(Mutex::new(connect(to).await))) } else { None };
    axum::serve(listener, Router::new().fallback(pass).with_state(Proxy { to, kept })).await.unwrap();
}

async fn creel(to: SocketAddr, addr: oneshot::Sender<SocketAddr>) {
    let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.unwrap();
    let own = listener.local_addr();
    let store = Store::new(Limits::default());
    let needs = Needs {
        store: store.clone(),
        client: Client::new(Settings { own: vec![own], ..Settings::default() }).unwrap(),
        framing: Framing::Length,
        clock: jiff::Timestamp::now,
        random: || 7,
    };
    let forward = Forward::new(needs, vec![Rule::to(Target::parse(&format!("http://{to}")).unwrap())]);
    addr.send(own).unwrap();
    let settings = ListenSettings { onward: Some(forward.onward()), ..ListenSettings::default() };
    listener.serve(store, settings, CancellationToken::new()).await;
}

/// Runs a server on a thread and a runtime of its own.
fn start<F: Future<Output = ()> + 'static>(
    serve: impl FnOnce(oneshot::Sender<SocketAddr>) -> F + Send + 'static,
) -> SocketAddr {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(serve(sender));
    });
    receiver.blocking_recv().unwrap()
}

/// One request and its answer.
async fn ask(stream: &mut TcpStream, request: &[u8]) -> Duration {
    let begun = Instant::now();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::with_capacity(1024);
    while !answer.ends_with(b"\r\n\r\nok") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "{}", answer.escape_ascii());
    }
    begun.elapsed()
}

fn at(sorted: &[Duration], part: f64) -> Duration {
    sorted[((sorted.len() - 1) as f64 * part) as usize]
}

fn main() {
    let to = start(handler);
    let servers = [
        ("direct", to),
        ("bare proxy", start(move |addr| proxy(to, false, addr))),
        ("keeping proxy", start(move |addr| proxy(to, true, addr))),
        ("creel", start(move |addr| creel(to, addr))),
    ];
    let request = load::request(7000);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut times = [const { Vec::new() }; 4];
    runtime.block_on(async {
        let mut streams = Vec::new();
        for (_, addr) in servers {
            let stream = TcpStream::connect(addr).await.unwrap();
            stream.set_nodelay(true).unwrap();
            streams.push(stream);
        }
        for round in 0..WARM + ROUNDS {
            for (stream, times) in streams.iter_mut().zip(&mut times) {
                let time = ask(stream, &request).await;
                if round >= WARM {
                    times.push(time);
                }
            }
        }
    });
    println!("{} bytes a request, one at a time, {ROUNDS} rounds", request.len());
    for ((name, _), times) in servers.iter().zip(&mut times) {
        times.sort_unstable();
        println!("{name:>14} p50 {:>8.1?} p99 {:>8.1?}", at(times, 0.5), at(times, 0.99));
    }
    let middle = |times: &[Duration]| at(times, 0.5).as_secs_f64() * 1000.0;
    let [_, bare, keeping, creel] = &times;
    println!(
        "creel adds {:.3} ms p50 over the bare proxy, {:.3} ms over the one that keeps its connection",
        middle(creel) - middle(bare),
        middle(creel) - middle(keeping)
    );
}
