//! Senders for benchmarks: requests such as a webhook sender makes, over connections that are kept alive.

#![allow(dead_code, reason = "several benchmarks share this file, and none of them uses all of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot go on stops")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval_at},
};

/// A request that carries about that many bytes of JSON.
pub fn request(size: usize) -> Arc<[u8]> {
    let item = r#"{"id":1296269,"name":"creel","private":false,"url":"https://api.example.com/repos/1"},"#;
    let body = format!(r#"{{"action":"opened","items":[{}null]}}"#, item.repeat(size / item.len()));
    let head = format!(
        "POST /github?x=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: GitHub-Hookshot/044aadd\r\nAccept: */*\r\n\
         Content-Type: application/json\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958\r\n\
         X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat().into()
}

/// One connection.
struct Sender {
    stream: TcpStream,
    buffer: [u8; 4096],
}

impl Sender {
    async fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: [0; 4096] }
    }

    /// Sends a request and waits for its answer.
    async fn exchange(&mut self, request: &[u8]) {
        self.stream.write_all(request).await.unwrap();
        let mut filled = 0;
        while !self.buffer[..filled].ends_with(b"\r\n\r\n") {
            let read = self.stream.read(&mut self.buffer[filled..]).await.unwrap();
            assert!(read > 0, "the server closed the connection");
            filled += read;
        }
        assert!(self.buffer.starts_with(b"HTTP/1.1 200"), "not answered 200");
    }
}

/// Senders at work.
pub struct Load {
    over: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    senders: JoinSet<()>,
}

impl Load {
    /// Begins to send over that many connections, each as fast as it is answered.
    pub async fn begin(addr: SocketAddr, connections: usize, request: &Arc<[u8]>) -> Self {
        Self::with(addr, connections, request, None).await
    }

    /// Begins to send that many requests a second, evenly over all connections.
    pub async fn paced(addr: SocketAddr, connections: usize, request: &Arc<[u8]>, per_second: u32) -> Self {
        let each = Duration::from_secs(1) * u32::try_from(connections).unwrap() / per_second;
        Self::with(addr, connections, request, Some(each)).await
    }

    async fn with(addr: SocketAddr, connections: usize, request: &Arc<[u8]>, each: Option<Duration>) -> Self {
        let (over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut senders = JoinSet::new();
        for number in 0..connections {
            let mut sender = Sender::connect(addr).await;
            let (request, over, answered) = (Arc::clone(request), Arc::clone(&over), Arc::clone(&answered));
            senders.spawn(async move {
                let mut pace = each.map(|each| {
                    let first = each * u32::try_from(number).unwrap() / u32::try_from(connections).unwrap();
                    let mut pace = interval_at(Instant::now() + first, each);
                    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
                    pace
                });
                while !over.load(Relaxed) {
                    if let Some(pace) = &mut pace {
                        pace.tick().await;
                    }
                    sender.exchange(&request).await;
                    answered.fetch_add(1, Relaxed);
                }
            });
        }
        Self { over, answered, senders }
    }

    /// How many requests have been answered.
    pub fn answered(&self) -> u64 {
        self.answered.load(Relaxed)
    }

    /// Ends when what is under way has been answered; how many were in all.
    pub async fn end(mut self) -> u64 {
        self.over.store(true, Relaxed);
        while let Some(sender) = self.senders.join_next().await {
            sender.unwrap();
        }
        self.answered.load(Relaxed)
    }
}

/// Sends just so many requests.
pub async fn send(addr: SocketAddr, connections: usize, request: &Arc<[u8]>, count: u64) {
    let left = Arc::new(AtomicU64::new(count));
    let mut senders = JoinSet::new();
    for _ in 0..connections {
        let mut sender = Sender::connect(addr).await;
        let (request, left) = (Arc::clone(request), Arc::clone(&left));
        senders.spawn(async move {
            while left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
                sender.exchange(&request).await;
            }
        });
    }
    while let Some(sender) = senders.join_next().await {
        sender.unwrap();
    }
}
