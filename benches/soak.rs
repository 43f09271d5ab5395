//! Memory under a flood: the listener and its ring take all that senders of every bad habit can give, and the resident size
//! must stay within the configured bounds plus 64 MiB.
//!
//! `cargo bench --bench soak` floods for five minutes; `-- --seconds 60` for less. Listener and senders are one process, so
//! what is measured includes the senders' own buffers, which are small. At the same time there are: senders of 7 KB on
//! connections that stay open, bodies of 1 MiB, chunked bodies over the limit, connections of one request each, requests that
//! are no HTTP, bodies that break off, and 200 connections that drip. The rate is limited in turns, so that much is shed, and
//! after each such turn a normal sender must be served again. Resident sizes are read from /proc (Linux).

// A benchmark that cannot go on stops.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    net::SocketAddr,
    process::ExitCode,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use creel::{
    capture::{ListenSettings, Listener},
    model::{Refusal, Size},
    store::{Limits, Store},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

const RING: Limits = Limits { count: 10_000, bytes: 64 << 20, spool: 0 };
const MAX_BODY: u64 = 4 << 20;
const IN_FLIGHT: usize = 64 << 20;
/// What may come on top of what is configured.
const SLACK: u64 = 64 << 20;
const SLOW: usize = 200;

/// What is done to the listener, over and over.
#[derive(Clone, Copy)]
enum Habit {
    KeptOpen,
    Large,
    OverLimit,
    OneEach,
    NoHttp,
    BreaksOff,
    Drips,
}

const HABITS: [(Habit, usize); 7] = [
    (Habit::KeptOpen, 32),
    (Habit::Large, 24),
    (Habit::OverLimit, 8),
    (Habit::OneEach, 8),
    (Habit::NoHttp, 4),
    (Habit::BreaksOff, 8),
    (Habit::Drips, SLOW),
];

fn sized(length: usize) -> Vec<u8> {
    let mut request =
        format!("POST /soak HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n")
            .into_bytes();
    request.resize(request.len() + length, b'x');
    request
}

/// Reads one answer without a body or with one that was sent along; whether the connection goes on.
async fn answered(stream: &mut TcpStream) -> bool {
    let mut buffer = [0; 4096];
    let mut filled = 0;
    loop {
        let Ok(read @ 1..) = stream.read(&mut buffer[filled..]).await else { return false };
        filled += read;
        let Some(end) = buffer[..filled].windows(4).position(|end| end == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
        let length: usize =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        while filled < end + 4 + length {
            let Ok(read @ 1..) = stream.read(&mut buffer).await else { return false };
            filled += read;
        }
        return !head.contains("connection: close");
    }
}

impl Habit {
    async fn once(self, addr: SocketAddr, over: &AtomicBool, sent: &AtomicU64) -> std::io::Result<()> {
        // Made once: the senders' memory is not what is measured.
        static LARGE: LazyLock<Vec<u8>> = LazyLock::new(|| sized(1 << 20));
        static SMALL: LazyLock<Vec<u8>> = LazyLock::new(|| sized(7000));
        static CHUNK: LazyLock<Vec<u8>> =
            LazyLock::new(|| [b"8000\r\n".as_slice(), &vec![b'y'; 0x8000], b"\r\n"].concat());
        static NO_HTTP: LazyLock<Vec<u8>> =
            LazyLock::new(|| [b"GET / HTTP/9.9\r\nX: ".as_slice(), &vec![b'z'; 50_000], b"\r\n\r\n"].concat());

        let mut stream = TcpStream::connect(addr).await?;
        match self {
            Self::KeptOpen | Self::Large => {
                let request = if matches!(self, Self::Large) { &LARGE } else { &SMALL };
                while !over.load(Relaxed) {
                    stream.write_all(request).await?;
                    sent.fetch_add(1, Relaxed);
                    if !answered(&mut stream).await {
                        break;
                    }
                }
            }
            Self::OverLimit => {
                stream.write_all(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
                sent.fetch_add(1, Relaxed);
                for _ in 0..MAX_BODY / 0x8000 + 8 {
                    stream.write_all(&CHUNK).await?;
                }
                stream.write_all(b"0\r\n\r\n").await?;
                answered(&mut stream).await;
            }
            Self::OneEach => {
                stream.write_all(b"GET /one HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await?;
                sent.fetch_add(1, Relaxed);
                answered(&mut stream).await;
            }
            Self::NoHttp => {
                stream.write_all(&NO_HTTP).await?;
                answered(&mut stream).await;
            }
            Self::BreaksOff => {
                stream.write_all(&LARGE[..300_000]).await?;
                sent.fetch_add(1, Relaxed);
            }
            Self::Drips => {
                stream.write_all(b"POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n").await?;
                while !over.load(Relaxed) {
                    stream.write_all(b"d").await?;
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
        }
        Ok(())
    }
}

/// The resident size of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

async fn listen(rate: Option<&str>, store: &Store, stop: &CancellationToken) -> SocketAddr {
    let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.unwrap();
    let addr = listener.local_addr();
    let settings = ListenSettings {
        max_body: MAX_BODY,
        max_in_flight: IN_FLIGHT,
        max_connections: 512,
        rate: rate.map(|rate| rate.parse().unwrap()),
        ..ListenSettings::default()
    };
    tokio::spawn(listener.serve(store.clone(), settings, stop.clone()));
    addr
}

/// Floods a listener for a while and reports the largest resident size seen.
async fn flood(addr: SocketAddr, turn: Duration, begun: Instant, store: &Store, peak: &mut u64) -> u64 {
    let (over, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut senders = tokio::task::JoinSet::new();
    for (habit, count) in HABITS {
        for _ in 0..count {
            let (over, sent) = (Arc::clone(&over), Arc::clone(&sent));
            senders.spawn(async move {
                while !over.load(Relaxed) {
                    if habit.once(addr, &over, &sent).await.is_err() {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            });
        }
    }
    let until = Instant::now() + turn;
    let mut said = Instant::now();
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = resident();
        *peak = now.max(*peak);
        if said.elapsed() >= Duration::from_secs(5) {
            said = Instant::now();
            let stats = store.stats();
            println!(
                "{:>5.0} s  resident {:>9}  ring {:>9} in {:>5}  margin {:>4}  in flight {:>9}  connections {:>3}  \
                 caught {:>8}  refused {:>8}",
                begun.elapsed().as_secs_f64(),
                Size(now).to_string(),
                Size(stats.bytes as u64).to_string(),
                stats.held,
                stats.margin,
                Size(stats.in_flight as u64).to_string(),
                stats.connections,
                stats.received,
                stats.refusals()
            );
        }
    }
    over.store(true, Relaxed);
    senders.shutdown().await;
    sent.load(Relaxed)
}

/// Whether a normal sender is served once the flood is over, within the time that a token takes.
async fn served(addr: SocketAddr) -> bool {
    for _ in 0..100 {
        let Ok(mut stream) = TcpStream::connect(addr).await else { continue };
        let mut answer = [0; 12];
        let asked = stream.write_all(b"GET /after HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
        if asked.is_ok() && stream.read_exact(&mut answer).await.is_ok() && answer == *b"HTTP/1.1 200" {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--seconds").skip(1);
    let seconds: u64 = arguments.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(300);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let bound = (RING.bytes + RING.margin().bytes + IN_FLIGHT) as u64 + SLACK;
    println!("{seconds} s; the resident size may be {} at most", Size(bound));
    let (mut peak, mut sent, mut recovered) = (0, 0, true);
    let store = Store::new(RING);
    let begun = Instant::now();
    runtime.block_on(async {
        // One turn without a rate, one with, and so on.
        let turns = if seconds >= 20 { (seconds / 10).min(10) } else { 2 };
        let turn = Duration::from_secs_f64(seconds as f64 / turns as f64);
        for number in 0..turns {
            let stop = CancellationToken::new();
            let addr = listen((number % 2 == 1).then_some("500/s"), &store, &stop).await;
            sent += flood(addr, turn, begun, &store, &mut peak).await;
            recovered &= served(addr).await;
            stop.cancel();
        }
    });
    let stats = store.stats();
    println!(
        "{sent} requests begun, {} caught, {} evicted, {} forgotten from the margin",
        stats.received, stats.evicted, stats.margin_evicted
    );
    for (refusal, name, _) in Refusal::TABLE {
        println!("{:>10} {name}", stats.refused_for(refusal));
    }
    let within = peak <= bound;
    println!("largest resident size {}: {}", Size(peak), if within { "within the bound" } else { "TOO LARGE" });
    println!("normal senders after each turn: {}", if recovered { "served" } else { "NOT SERVED" });
    if within && recovered { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
