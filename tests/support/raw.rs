//! A listener on a free port of loopback, and senders that write bytes of their own choice to it.

use std::{future::Future, net::SocketAddr, time::Duration};

use creel::{
    capture::{ListenSettings, Listener},
    store::{Changes, Limits, Stats, Store},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// How long to wait for what must come, before a test is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for what must come.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what}: it did not come"))
}

/// A listener that runs.
pub struct Running {
    pub addr: SocketAddr,
    pub store: Store,
    pub stop: CancellationToken,
    pub served: JoinHandle<()>,
}

impl Running {
    pub async fn start(settings: ListenSettings) -> Self {
        Self::with(Store::new(Limits::default()), settings).await
    }

    pub async fn with(store: Store, settings: ListenSettings) -> Self {
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), None).await.unwrap();
        let (addr, stop) = (listener.local_addr(), CancellationToken::new());
        let served = tokio::spawn(listener.serve(store.clone(), settings, stop.clone()));
        Self { addr, store, stop, served }
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.unwrap()
    }

    /// Everything that the store holds, once `enough` says so.
    pub async fn once(&self, what: &str, enough: impl Fn(&Changes) -> bool) -> Changes {
        let mut changed = self.store.subscribe();
        soon(what, async {
            loop {
                let all = self.store.changes_since(creel::model::Seq(0), 0);
                if enough(&all) {
                    return all;
                }
                changed.changed().await.unwrap();
            }
        })
        .await
    }

    /// Everything that the store holds, once there are that many captures.
    pub async fn captures(&self, count: usize) -> Changes {
        self.once("captures", |all| all.new.len() >= count).await
    }

    /// Everything that the store holds, once there is a rejected request.
    pub async fn rejected(&self) -> Changes {
        self.once("a rejected request", |all| !all.rejected.is_empty()).await
    }

    /// The counters, once they are as wanted. Gauges tell nobody of a change, so they are asked again and again.
    pub async fn stats(&self, what: &str, wanted: impl Fn(&Stats) -> bool) {
        soon(what, async {
            while !wanted(&self.store.stats()) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Sends bytes over a connection of their own, says that there is no more, and gives all that came back.
    pub async fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // A listener that refuses early may close before all is written.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        rest(&mut stream).await
    }
}

/// What comes until the other side closes.
pub async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = soon("the end of the connection", stream.read_to_end(&mut bytes)).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What comes up to and with the end of a head.
pub async fn head(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(soon("a head", stream.read_u8()).await.unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

/// The status of an answer.
pub fn status(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()
}
