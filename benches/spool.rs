//! How fast one large body is taken: creel's listener, which puts it into its spool and keeps it as a capture, against a
//! bare hyper handler that writes it to a file; and how fast a replay sends it on.
//!
//! `cargo bench --bench spool [MEBIBYTES]`, 1024 by itself, in `TMPDIR`. The two take turns with the same sender on a
//! thread of its own, and rounds that stood side by side are compared: only the ratio means anything. What is resident is
//! the whole benchmark's, sender and bare handler included.

// A benchmark that cannot go on stops.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    convert::Infallible,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::fs::FileExt as _,
    time::Instant,
};

use bytes::Bytes;
use creel::{
    capture::{ListenSettings, Listener},
    model::Seq,
    replay::{Client, Settings, Target, plan},
    store::{Limits, Spool, Store},
};
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, runtime::Runtime};
use tokio_util::sync::CancellationToken;

const ROUNDS: usize = 7;

/// Takes each body frame by frame and writes it to a file without a name as it comes, on the worker: the plainest thing.
async fn bare(listener: TcpListener) {
    async fn take(request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
        let file = tempfile::tempfile().unwrap();
        let mut body = request.into_body();
        let mut at = 0;
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.unwrap().into_data() {
                file.write_all_at(&data, at).unwrap();
                at += data.len() as u64;
            }
        }
        Ok(Response::new(Empty::new()))
    }
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let served =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(take));
        tokio::spawn(served);
    }
}

/// Sends one body and gives MiB a second until the answer.
fn upload(addr: SocketAddr, mebibytes: usize) -> f64 {
    let block = vec![b'x'; 1 << 20];
    let begun = Instant::now();
    let mut stream = TcpStream::connect(addr).unwrap();
    let length = mebibytes << 20;
    write!(stream, "POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n").unwrap();
    for _ in 0..mebibytes {
        stream.write_all(&block).unwrap();
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", answer.escape_ascii());
    mebibytes as f64 / begun.elapsed().as_secs_f64()
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn most_resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or(" unknown").trim().to_owned()
}

fn main() {
    let mebibytes = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1024_usize);
    let (ours, theirs) = (runtime(), runtime());
    let limits = Limits { spool: (2 * mebibytes as u64) << 20, ..Limits::default() };
    let store = Store::spooling(limits, Spool::shared(std::env::temp_dir()));
    let settings = ListenSettings { max_body: 64 << 30, ..ListenSettings::default() };
    let listener = ours.block_on(Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), None)).unwrap();
    let creel = listener.local_addr();
    ours.spawn(listener.serve(store.clone(), settings, CancellationToken::new()));
    let listener = theirs.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let hyper = listener.local_addr().unwrap();
    theirs.spawn(bare(listener));

    let mut rounds = Vec::new();
    // The first round warms up.
    for round in 0..=ROUNDS {
        let pair = (upload(creel, mebibytes), upload(hyper, mebibytes));
        store.clear();
        if round > 0 {
            rounds.push(pair);
        }
    }
    let ratio = middle(rounds.iter().map(|(creel, hyper)| creel / hyper));
    println!("{mebibytes} MiB, {ROUNDS} rounds, middle of rounds");
    println!("       creel {:>6.0} MiB/s", middle(rounds.iter().map(|(creel, _)| *creel)));
    println!("  bare hyper {:>6.0} MiB/s", middle(rounds.iter().map(|(_, hyper)| *hyper)));
    println!("creel / bare hyper {ratio:.2}");

    upload(creel, mebibytes);
    let capture = store.changes_since(Seq(0), 0).new.pop().unwrap();
    let target = Target::parse(&format!("http://{hyper}")).unwrap();
    let client = Client::new(Settings::default()).unwrap();
    let plan = plan(&capture, &target).unwrap();
    let sent = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        assert_eq!(ours.block_on(client.send(&plan)).unwrap().status, 200);
        mebibytes as f64 / begun.elapsed().as_secs_f64()
    });
    println!("replay to it {:>6.0} MiB/s", middle(sent));
    println!("most resident, of all together: {}", most_resident());
}
