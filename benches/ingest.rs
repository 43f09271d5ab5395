//! How many captures a second go through sockets: creel's listener and store, alone and with the interface drawing what
//! they catch, against a bare axum handler and a bare hyper service, each of which reads the body and keeps it in a ring
//! of the same depth; and against itself without the tap that keeps heads as they came.
//!
//! `cargo bench --bench ingest`. Each server runs on one thread of its own, the interface on another, as in the program,
//! and is sent 7 KB of JSON over 64 keep-alive connections by the main thread; the servers take turns, and rounds that
//! stood side by side are compared. Only the ratios mean anything: the figures depend on the machine and on what else it
//! does. Where the system says how long a thread has run (Linux), the processor time of a request is given too, which is
//! steadier on a busy machine; that of the interface is in it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot go on stops")]

#[path = "support/blind.rs"]
mod blind;
#[path = "support/load.rs"]
mod load;
#[path = "support/shown.rs"]
mod shown;

use std::{
    collections::VecDeque,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use axum::{Router, extract::State};
use blind::{Blind, Drawn};
use bytes::Bytes;
use creel::{
    capture::{ListenSettings, Listener},
    store::{Inbox, InboxName, Inboxes, Keep, Limits, Spool, Store, inbox},
};
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use load::{Load, request};
use tokio::{net::TcpListener, sync::oneshot};
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

/// A store with a journal behind it, in a folder of the target's disk.
fn journaled() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let options = inbox::Options {
        durability: inbox::Durability::Batch,
        keep: Keep::default(),
        url: None,
        clock: jiff::Timestamp::now,
    };
    let inbox = Inbox::open(&Inboxes::new(folder.path()), &InboxName::default(), options);
    let spool = inbox.spool().unwrap_or_else(|| Spool::shared(folder.path()));
    let limits = Limits { count: DEPTH, ..Limits::default() };
    (folder, Store::journaled(limits, spool, inbox))
}

fn store() -> Store {
    Store::new(Limits { count: DEPTH, ..Limits::default() })
}

async fn creel(tap: bool, addr: oneshot::Sender<SocketAddr>, store: Store) {
    let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.unwrap();
    addr.send(listener.local_addr()).unwrap();
    listener.serve(store, ListenSettings { tap, ..ListenSettings::default() }, CancellationToken::new()).await;
}

/// The same, with the interface on the thread that the program has it on.
async fn creel_shown(addr: oneshot::Sender<SocketAddr>, screen: Blind) {
    let store = store();
    tokio::spawn(creel(true, addr, store.clone()));
    let end = shown::runtime(store, screen).run(tokio_stream::pending(), tokio_stream::pending()).await;
    unreachable!("nothing ends it: {end:?}");
}

async fn bare_axum(addr: oneshot::Sender<SocketAddr>) {
    async fn take(State(ring): State<Ring>, body: Bytes) {
        keep(&ring, body);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    addr.send(listener.local_addr().unwrap()).unwrap();
    axum::serve(listener, Router::new().fallback(take).with_state(Ring::default())).await.unwrap();
}

async fn bare_hyper(addr: oneshot::Sender<SocketAddr>) {
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
    serve: impl FnOnce(oneshot::Sender<SocketAddr>) -> F + Send + 'static,
) -> SocketAddr {
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name(name)
            .enable_all()
            .build()
            .unwrap();
        // The accept loop or the interface runs here, the connections on the worker.
        runtime.block_on(serve(sender));
    });
    thread.unwrap();
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

/// Sends over all connections until the round is over.
async fn round(name: &str, addr: SocketAddr, request: &Arc<[u8]>) -> Pace {
    let load = Load::begin(addr, CONNECTIONS, request).await;
    let (begun, ran, before) = (Instant::now(), run_time(name), load.answered());
    tokio::time::sleep(ROUND).await;
    let (counted, elapsed) = (load.answered() - before, begun.elapsed());
    let total = load.end().await - before;
    Pace { per_second: counted as f64 / elapsed.as_secs_f64(), microseconds: (run_time(name) - ran) / total as f64 }
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let screen = Blind::new(140, 40);
    let drawn = screen.drawn();
    let (folder, journal) = journaled();
    let written = journal.clone();
    let servers = [
        ("creel", start("creel", |addr| creel(true, addr, store()))),
        ("creel shown", start("creel shown", |addr| creel_shown(addr, screen))),
        ("creel journal", start("creel journal", move |addr| creel(true, addr, written))),
        ("untapped", start("untapped", |addr| creel(false, addr, store()))),
        ("bare axum", start("bare axum", bare_axum)),
        ("bare hyper", start("bare hyper", bare_hyper)),
    ];
    let request = request(7000);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut paces = [const { Vec::new() }; 6];
    let mut frames = Frames::default();
    // The first round fills the rings and is not counted.
    for number in 0..=ROUNDS {
        for (paces, (name, addr)) in paces.iter_mut().zip(servers) {
            let before = Frames::of(&drawn);
            let pace = runtime.block_on(round(name, addr, &request));
            if number > 0 {
                if name == "creel shown" {
                    frames.add(&before, &Frames::of(&drawn));
                }
                paces.push(pace);
            }
        }
    }
    println!(
        "{} bytes a request, {CONNECTIONS} connections, {ROUNDS} rounds of {ROUND:?} each, middle of rounds",
        request.len()
    );
    let [creel, shown, kept, untapped, axum, hyper] = paces;
    for ((name, _), paces) in servers.iter().zip([&creel, &shown, &kept, &untapped, &axum, &hyper]) {
        let per_second = middle(paces.iter().map(|pace| pace.per_second));
        let microseconds = middle(paces.iter().map(|pace| pace.microseconds));
        println!("{name:>13} {per_second:>9.0} requests/s {microseconds:>7.2} µs of processor each");
    }
    let Frames { frames, bytes } = frames;
    println!(
        "the interface drew {:.1} frames a second of {} bytes each while captures came",
        frames as f64 / (ROUND * ROUNDS as u32).as_secs_f64(),
        bytes / frames.max(1)
    );
    // Rounds that stood side by side are compared, so that a busy moment of the machine weighs on both.
    for (ours, paces) in [("creel", &creel), ("creel shown", &shown), ("creel journal", &kept)] {
        for (name, other) in [("untapped", &untapped), ("bare axum", &axum), ("bare hyper", &hyper)] {
            let pairs = || paces.iter().zip(other);
            let throughput = middle(pairs().map(|(creel, other)| creel.per_second / other.per_second));
            let processor = middle(pairs().map(|(creel, other)| other.microseconds / creel.microseconds));
            println!("{ours:>13} / {name:<10} {throughput:.2} by throughput, {processor:.2} by processor time");
        }
    }
    let received = journal.stats().received;
    let begun = Instant::now();
    assert!(journal.close(Duration::from_secs(60)), "the journal was not written to its end");
    let lost = journal.journal_state().map_or(0, |state| state.lost);
    println!(
        "of {received} captures {lost} were not written ({:.1} %); the rest was on the disk {:.2?} after the last answer",
        lost as f64 * 100.0 / received as f64,
        begun.elapsed()
    );
    drop(folder);
}

/// What was drawn in some time.
#[derive(Default)]
struct Frames {
    frames: u64,
    bytes: u64,
}

impl Frames {
    fn of(drawn: &Drawn) -> Self {
        Self { frames: drawn.frames.load(Relaxed), bytes: drawn.bytes.load(Relaxed) }
    }

    fn add(&mut self, before: &Self, after: &Self) {
        self.frames += after.frames - before.frames;
        self.bytes += after.bytes - before.bytes;
    }
}
