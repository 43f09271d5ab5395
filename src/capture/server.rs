//! The accept loop and the life of a connection.
//!
//! Decided: a connection over the limit is told so and closed; an error of `accept` that concerns the process (no more
//! file descriptors) makes the loop wait and go on; a stop lets what is under way end, for [`GRACE`], then cuts off what
//! is left. Limits of HTTP/2, chosen so that one connection cannot hold more than a few MiB: see [`protocol`].
//!
//! HTTP/2: a request is handed over, and can become a capture, once its field block has ended (`END_HEADERS`). CONTINUATION
//! frames without end are cut off by h2 within [`HEADER_LIST`] (CVE-2024-27316), and a sender that resets streams faster than
//! they are handled by [`PENDING_RESETS`] (CVE-2023-44487); what it resets later is kept in the margin of the ring. Two things
//! h2 answers without a word to us: a header list over its limit (431), and a malformed request (a reset).

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};

use axum::Router;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service as _;

use super::{
    ListenSettings, Listener,
    admission::Admitted,
    connection::Connection,
    door,
    receive::{Desk, routes},
    rejection::{self, End},
    tap::Tapped,
};
use crate::model::Refusal;
use crate::store::Store;

/// How long requests under way may take to end once creel stops, and how long what is then cut off may take to be kept.
const GRACE: (Duration, Duration) = (Duration::from_millis(1200), Duration::from_millis(200));

/// The shortest and the longest pause after an error of `accept`.
const PAUSE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// How many connections over the limit are told so at once; more are closed without a word.
const TURNED_AWAY_AT_ONCE: usize = 64;

/// HTTP/2: how many streams a connection may have open (RFC 9113 §5.1.2 asks for no less than 100).
const STREAMS: u32 = 128;
/// HTTP/2: the largest header list, in bytes after HPACK.
const HEADER_LIST: usize = 256 * 1024;
/// HTTP/2: how many streams may be reset before they were handled; more end the connection (CVE-2023-44487).
const PENDING_RESETS: usize = 20;
/// HTTP/2: how many streams we may have to reset ourselves before the connection ends.
const OWN_RESETS: usize = 256;
/// HTTP/2: the flow-control windows of a stream and of a connection, in bytes.
const WINDOWS: (u32, u32) = (512 * 1024, 1024 * 1024);
/// HTTP/2: how often a silent peer is pinged, and how long it has to answer.
const PING: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(20));

/// hyper's executor for the streams of HTTP/2: they are waited for as connections are.
#[derive(Clone, Debug)]
struct Streams(TaskTracker);

impl<F> hyper::rt::Executor<F> for Streams
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(future);
    }
}

/// What every connection needs.
#[derive(Debug)]
struct Server {
    desk: Arc<Desk>,
    router: Router,
    protocol: Builder<Streams>,
    /// Cancelled when connections are to come to their end, which `ebbing` says too.
    ebb: CancellationToken,
    ebbing: AtomicBool,
    /// Cancelled when what is left is to be cut off.
    cut: CancellationToken,
    tasks: TaskTracker,
    /// Connections over the limit that are being told so.
    turned_away: TaskTracker,
}

impl Listener {
    /// Catches what comes until `stop` is cancelled; returns when requests under way have been answered, at the latest
    /// 1.5 s after that.
    pub async fn serve(self, store: Store, settings: ListenSettings, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        let protocol = protocol(&settings, Streams(tasks.clone()));
        let desk = Desk::new(store, Arc::new(settings));
        let server = Arc::new(Server {
            protocol,
            router: routes(Arc::clone(&desk)),
            desk,
            ebb: CancellationToken::new(),
            ebbing: AtomicBool::new(false),
            cut: CancellationToken::new(),
            tasks,
            turned_away: TaskTracker::new(),
        });
        stop.run_until_cancelled(server.accept(&self)).await;
        drop(self);
        server.finish().await;
    }
}

impl Server {
    async fn accept(self: &Arc<Self>, listener: &Listener) {
        let mut pause = PAUSE.0;
        loop {
            match listener.socket.accept().await {
                Ok((stream, peer)) => {
                    pause = PAUSE.0;
                    self.admit(stream, peer);
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted; waiting");
                    sleep(pause).await;
                    pause = (pause * 2).min(PAUSE.1);
                }
            }
        }
    }

    fn admit(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let Some(admitted) = Admitted::enter(&self.desk.store, self.desk.settings.max_connections) else {
            self.desk.store.count(Refusal::TooManyConnections);
            if self.turned_away.len() < TURNED_AWAY_AT_ONCE {
                self.turned_away.spawn(door::turn_away(Arc::clone(&self.desk), stream, peer));
            }
            return;
        };
        let server = Arc::clone(self);
        self.tasks.spawn(async move {
            server.attend(stream, peer).await;
            drop(admitted);
        });
    }

    async fn attend(&self, stream: TcpStream, peer: SocketAddr) {
        // Answers are small and whole; to wait for more to send with them would only delay them.
        let _ = stream.set_nodelay(true);
        let connection = Arc::new(Connection::new(peer, &self.desk.settings));
        let end = self.converse(stream, &connection).await;
        if let Some(rejected) = rejection::of(&connection, &end, self.ebbing.load(Relaxed)) {
            self.desk.store.reject(rejected);
        }
    }

    async fn converse(&self, stream: TcpStream, connection: &Arc<Connection>) -> End {
        let io = TokioIo::new(Tapped::new(stream, Arc::clone(connection)));
        let service = service_fn(|mut request: http::Request<Incoming>| {
            request.extensions_mut().insert(Arc::clone(connection));
            self.router.clone().call(request)
        });
        let mut conversation = pin!(self.protocol.serve_connection(io, service));
        // Asked once to be woken, then only when there is something to hear: a token's lock is the same for all.
        let (mut ebb, mut asked) = (pin!(self.ebb.cancelled()), false);
        let end = poll_fn(|cx| {
            if let Poll::Ready(end) = conversation.as_mut().poll(cx) {
                return Poll::Ready(Some(end));
            }
            if asked && !self.ebbing.load(Relaxed) {
                return Poll::Pending;
            }
            asked = true;
            ebb.as_mut().poll(cx).map(|()| None)
        });
        if let Some(end) = end.await {
            return end;
        }
        conversation.as_mut().graceful_shutdown();
        tokio::select! {
            biased;
            end = conversation => end,
            () = self.cut.cancelled() => Ok(()),
        }
    }

    async fn finish(&self) {
        self.tasks.close();
        self.ebbing.store(true, Relaxed);
        self.ebb.cancel();
        if timeout(GRACE.0, self.tasks.wait()).await.is_err() {
            self.desk.stopping.store(true, Relaxed);
            self.cut.cancel();
            let _ = timeout(GRACE.1, self.tasks.wait()).await;
        }
    }
}

/// hyper with all its limits set on purpose. Its own header timeout stays off; the tap has one that covers more.
fn protocol(settings: &ListenSettings, streams: Streams) -> Builder<Streams> {
    let mut builder = Builder::new(streams);
    builder
        .http1()
        // A sender that has shut down its writing side still reads the answer.
        .half_close(true)
        .max_buf_size(settings.max_head.max(8 * 1024))
        .max_headers(settings.max_headers.clamp(1, 32_768))
        .header_read_timeout(None);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(settings.max_head.min(HEADER_LIST) as u32)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_local_error_reset_streams(OWN_RESETS)
        .initial_stream_window_size(WINDOWS.0)
        .initial_connection_window_size(WINDOWS.1)
        .keep_alive_interval(PING.0)
        .keep_alive_timeout(PING.1);
    builder
}

/// Whether an error of `accept` is about the connection that was to be accepted and not about us (accept(2)).
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
