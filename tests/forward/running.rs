//! A listener that forwards, targets of raw bytes, and senders of raw bytes.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use creel::{
    capture::{ListenSettings, Listener},
    forward::{Forward, Needs, Rule},
    model::{Attempt, Capture, Outcome, Seq},
    replay::{Client, Framing, Settings, Target},
    store::{Forwarded, Limits, Store},
};
use jiff::Timestamp;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// creel, listening and forwarding.
pub struct Running {
    pub addr: SocketAddr,
    pub store: Store,
    pub forward: Forward,
    pub stop: CancellationToken,
    pub serving: JoinHandle<()>,
}

pub fn target(addr: SocketAddr) -> Target {
    Target::parse(&format!("http://{addr}")).unwrap()
}

impl Running {
    /// Forwards by the rules that `rules` makes for creel's own address.
    pub async fn start(rules: impl FnOnce(SocketAddr) -> Vec<Rule>) -> Self {
        Self::with(Settings::default(), rules).await
    }

    pub async fn with(settings: Settings, rules: impl FnOnce(SocketAddr) -> Vec<Rule>) -> Self {
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.unwrap();
        let (addr, store, stop) = (listener.local_addr(), Store::new(Limits::default()), CancellationToken::new());
        let client = Client::new(Settings { own: vec![addr], ..settings }).unwrap();
        let needs = Needs {
            store: store.clone(),
            client,
            framing: Framing::Length,
            clock: Timestamp::now,
            random: || u64::from(std::process::id()) << 32 | NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
        };
        let forward = Forward::new(needs, rules(addr));
        let settings = ListenSettings { onward: Some(forward.onward()), ..ListenSettings::default() };
        let serving = tokio::spawn(listener.serve(store.clone(), settings, stop.clone()));
        Self { addr, store, forward, stop, serving }
    }

    /// The captures, once there are so many and all have their answers.
    pub async fn captures(&self, count: usize) -> Vec<Arc<Capture>> {
        let mut news = self.store.subscribe();
        loop {
            let all = self.store.changes_since(Seq(0), 0).new;
            if all.len() >= count && !all.iter().any(|capture| capture.answer.is_awaited()) {
                return all;
            }
            news.changed().await.unwrap();
        }
    }

    /// The attempts that have ended, in the order in which they did, once there are so many.
    pub async fn attempts(&self, count: usize) -> Vec<Attempt> {
        let mut news = self.store.subscribe();
        loop {
            let (events, ..) = self.store.forwarded_since(0);
            let ended = events.into_iter().filter_map(|event| match event {
                Forwarded::Attempt(attempt) if attempt.outcome.is_some() => Some(attempt.as_ref().clone()),
                Forwarded::Attempt(_) | Forwarded::Answered(_) => None,
            });
            let ended: Vec<_> = ended.collect();
            if ended.len() >= count {
                return ended;
            }
            news.changed().await.unwrap();
        }
    }
}

static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// `answered 200`, `refused`, `cancelled`.
pub fn ended(attempt: &Attempt) -> String {
    match attempt.outcome.as_ref().unwrap() {
        Outcome::Replied(reply) => format!("answered {}", reply.status),
        Outcome::Failed(failure) => failure.kind.to_owned(),
        Outcome::Cancelled => "cancelled".to_owned(),
    }
}

/// A port on which nothing listens.
pub async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// Reads a request with a `Content-Length`, or none.
pub async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            if body.len() >= length.map_or(0, |length| length.trim().parse().unwrap()) {
                return String::from_utf8_lossy(&bytes).into_owned();
            }
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return String::from_utf8_lossy(&bytes).into_owned();
        }
    }
}

/// A target that answers each request with the next of these, the last one again and again, and remembers what came.
pub async fn handler(answers: &'static [&'static [u8]]) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (addr, came) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&came);
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = read_request(&mut stream).await;
            seen.lock().unwrap().push(request);
            let answer = answers.get(number).or(answers.last()).unwrap();
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    (addr, came)
}

/// A target that does `with` to every connection, each on a task of its own.
pub async fn target_that<F: Future<Output = ()> + Send + 'static>(
    with: impl Fn(TcpStream) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(with(stream));
        }
    });
    addr
}

/// Sends a request and gives all that comes back until the end of the connection.
pub async fn exchange(addr: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// A `POST` with that body.
pub fn post(path: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: hooks.example\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
