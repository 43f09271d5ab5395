//! How many captures a second go through sockets: creel's listener and store against a bare axum handler and a bare
//! hyper service, each of which reads the body and keeps it in a ring of the same depth; and against itself without the tap
//! that keeps heads as they came.
//!
//! `cargo bench --bench ingest`. Each server runs on one thread of its own and is sent 7 KB of JSON over 64 keep-alive
//! connections by the main thread; the servers take turns, and rounds that stood side by side are compared. Only the ratios
//! mean anything: the figures depend on the machine and on what else it does. Where the system says how long a thread
//! has run (Linux), the processor time of a request is given too, which is steadier on a busy machine.

// A benchmark that cannot go on stops.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    collections::VecDeque,
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use axum::{Router, extract::State};
use bytes::Bytes;
use creel::{
    capture::{ListenSettings, Listener},
    store::{Limits, Store},
};
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

const DEPTH: usize = 10_000;
const CONNECTIONS: usize = 64;
const ROUNDS: usize = 41;
const ROUND: Duration = Duration::from_millis(200);

type Ring = Arc<Mutex<VecDeque<Bytes>>>;

fn keep(ring: &Ring, body: Bytes) {
    let oldest = {
        let mut ring = ring.lock().unwrap();
        ring.push_back(body);
        if ring.len() > DEPTH { ring.pop_front() } else { None }
    };
    drop(oldest);
}

async fn creel(tap: bool, addr: tokio::sync::oneshot::Sender<SocketAddr>) {
    let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.unwrap();
    addr.send(listener.local_addr()).unwrap();
    let store = Store::new(Limits { count: DEPTH, ..Limits::default() });
    listener.serve(store, ListenSettings { tap, ..ListenSettings::default() }, CancellationToken::new()).await;
}

async fn bare_axum(addr: tokio::sync::oneshot::Sender<SocketAddr>) {
    async fn take(State(ring): State<Ring>, body: Bytes) {
        keep(&ring, body);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    addr.send(listener.local_addr().unwrap()).unwrap();
    axum::serve(listener, Router::new().fallback(take).with_state(Ring::default())).await.unwrap();
}

async fn bare_hyper(addr: tokio::sync::oneshot::Sender<SocketAddr>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    addr.send(listener.local_addr().unwrap()).unwrap();
    let ring = Ring::default();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let ring = Arc::clone(&ring);
        let service = service_fn(move |request: Request<Incoming>| {
            let ring = Arc::clone(&ring);
            async move {
                keep(&ring, request.into_body().collect().await.unwrap().to_bytes());
                Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
            }
        });
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// Runs a server on a thread and a runtime of its own.
fn start<F: Future<Output = ()> + 'static>(
    name: &'static str,
    serve: impl FnOnce(tokio::sync::oneshot::Sender<SocketAddr>) -> F + Send + 'static,
) -> SocketAddr {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(name)
            .enable_all()
            .build()
            .unwrap();
        // The accept loop runs here, the connections on the worker.
        runtime.block_on(serve(sender));
    });
    receiver.blocking_recv().unwrap()
}

/// How long the threads of that name have run, in microseconds.
fn run_time(name: &str) -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let named = tasks
        .filter(|task| std::fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim_end() == name));
    let nanoseconds = named.filter_map(|task| {
        let schedstat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        schedstat.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1000.0
}

/// What one round showed.
struct Pace {
    per_second: f64,
    microseconds: f64,
}

/// 7 KB of JSON in a request such as a webhook sender makes.
fn request() -> Vec<u8> {
    let item = r#"{"id":1296269,"name":"creel","private":false,"url":"https://api.example.com/repos/1"},"#;
    let body = format!(r#"{{"action":"opened","items":[{}null]}}"#, item.repeat(7000 / item.len()));
    let head = format!(
        "POST /github?x=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: GitHub-Hookshot/044aadd\r\nAccept: */*\r\n\
         Content-Type: application/json\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958\r\n\
         X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

/// Sends over all connections until the round is over.
async fn round(name: &str, addr: SocketAddr, request: &Arc<[u8]>) -> Pace {
    let (over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let (request, over, answered) = (Arc::clone(request), Arc::clone(&over), Arc::clone(&answered));
        senders.spawn(async move {
            let mut buffer = [0; 4096];
            while !over.load(Relaxed) {
                stream.write_all(&request).await.unwrap();
                let mut filled = 0;
                while !buffer[..filled].ends_with(b"\r\n\r\n") {
                    let read = stream.read(&mut buffer[filled..]).await.unwrap();
                    assert!(read > 0, "the server closed the connection");
                    filled += read;
                }
                assert!(buffer.starts_with(b"HTTP/1.1 200"), "not answered 200");
                answered.fetch_add(1, Relaxed);
            }
        });
    }
    let (begun, ran) = (Instant::now(), run_time(name));
    tokio::time::sleep(ROUND).await;
    over.store(true, Relaxed);
    let (counted, elapsed) = (answered.load(Relaxed) as f64, begun.elapsed());
    while let Some(sender) = senders.join_next().await {
        sender.unwrap();
    }
    let total = answered.load(Relaxed) as f64;
    Pace { per_second: counted / elapsed.as_secs_f64(), microseconds: (run_time(name) - ran) / total }
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let servers = [
        ("creel", start("creel", |addr| creel(true, addr))),
        ("untapped", start("untapped", |addr| creel(false, addr))),
        ("bare axum", start("bare axum", bare_axum)),
        ("bare hyper", start("bare hyper", bare_hyper)),
    ];
    let request: Arc<[u8]> = request().into();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut paces = [const { Vec::new() }; 4];
    // The first round fills the rings and is not counted.
    for number in 0..=ROUNDS {
        for (paces, (name, addr)) in paces.iter_mut().zip(servers) {
            let pace = runtime.block_on(round(name, addr, &request));
            if number > 0 {
                paces.push(pace);
            }
        }
    }
    println!(
        "{} bytes a request, {CONNECTIONS} connections, {ROUNDS} rounds of {ROUND:?} each, middle of rounds",
        request.len()
    );
    let [creel, untapped, axum, hyper] = paces;
    for ((name, _), paces) in servers.iter().zip([&creel, &untapped, &axum, &hyper]) {
        let per_second = middle(paces.iter().map(|pace| pace.per_second));
        let microseconds = middle(paces.iter().map(|pace| pace.microseconds));
        println!("{name:>12} {per_second:>9.0} requests/s {microseconds:>7.2} µs of processor each");
    }
    // Rounds that stood side by side are compared, so that a busy moment of the machine weighs on both.
    for (name, other) in [("untapped", untapped), ("bare axum", axum), ("bare hyper", hyper)] {
        let pairs = || creel.iter().zip(&other);
        let throughput = middle(pairs().map(|(creel, other)| creel.per_second / other.per_second));
        let processor = middle(pairs().map(|(creel, other)| other.microseconds / creel.microseconds));
        println!("creel / {name:<10} {throughput:.2} by throughput, {processor:.2} by processor time");
    }
}
