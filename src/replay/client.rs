//! The client: carries out a plan and brings back what the target answered, or why it did not.
//!
//! An attempt is one future and owns its connection: dropping it closes the connection at once, which is how an attempt is
//! cancelled. Nothing is spawned that outlives it but a name lookup.
//!
//! Decided: once the head of an answer is there, the attempt has an answer, whatever happens to its body; a body that is
//! too long, too slow or cut off is kept as far as it came, with the reason. Interim answers (1xx) are passed over.

use std::{
    error::Error,
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout_at},
};

use super::{
    Plan, Settings, Target, Timeout, connect, failure,
    outgoing::Outgoing,
    reply::ReplyHead,
    tls::{self, Tls},
    wire::{TAP_LIMIT, Wire},
};
use crate::model::{Failure, Period, Reply};

/// How many header lines an answer may have.
const MAX_HEADERS: usize = 1024;
/// How large the head of an answer may be, in bytes.
const MAX_HEAD: usize = TAP_LIMIT / 2;
/// Stands for a time that is too long to be added to now.
const LONG: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Sends plans. Cloning it is cheap, and all clones share the TLS state.
#[derive(Clone, Debug)]
pub struct Client {
    settings: Arc<Settings>,
    tls: Arc<Tls>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

type Connection = http1::Connection<TokioIo<Wire<Box<dyn Stream>>>, Outgoing>;

impl Client {
    /// A client with these settings. Fails where TLS cannot be used at all.
    pub fn new(settings: Settings) -> Result<Self, Failure> {
        let tls = Arc::new(Tls::new(settings.insecure)?);
        Ok(Self { settings: Arc::new(settings), tls })
    }

    /// How it sends.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sends what the plan says. Dropping the future cancels.
    pub async fn send(&self, plan: &Plan) -> Result<Reply, Failure> {
        let target = plan.target();
        let end = after(Instant::now(), self.settings.total_timeout);
        let (deadline, timeout) = self.deadline(Timeout::Connect, end);
        let stream = timeout_at(deadline, self.connect(target))
            .await
            .map_err(|_| failure::timed_out(target, timeout, &self.settings))??;
        // Whoever adds HTTP/2 asks the stream here what ALPN agreed on.
        self.exchange(plan, stream, end).await
    }

    async fn connect(&self, target: &Target) -> Result<Box<dyn Stream>, Failure> {
        let stream = connect::connect(target, &self.settings).await?;
        Ok(if target.is_https() { Box::new(self.tls.secure(target, stream).await?) } else { Box::new(stream) })
    }

    /// When a phase that begins now ends, and by which of the times.
    fn deadline(&self, timeout: Timeout, end: Instant) -> (Instant, Timeout) {
        let own = after(Instant::now(), timeout.of(&self.settings));
        if own <= end { (own, timeout) } else { (end, Timeout::Total) }
    }

    /// One message each way over HTTP/1.1.
    async fn exchange(&self, plan: &Plan, stream: Box<dyn Stream>, end: Instant) -> Result<Reply, Failure> {
        let target = plan.target();
        let (deadline, timeout) = self.deadline(Timeout::Head, end);
        let (wire, tap) = Wire::new(stream, plan.head().clone());
        let (mut sender, connection) = http1::Builder::new()
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD)
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .handshake(TokioIo::new(wire))
            .await
            .map_err(|error| failure::not_http(target, b"", &failure::told(&error)))?;
        let mut driver = Driver(Some(Box::pin(connection)));
        // The wire replaces this head; hyper needs the method to know whether the answer has a body, and frames ours.
        let mut request = hyper::Request::new(Outgoing::new(plan.body().clone()));
        *request.method_mut() = plan.method().clone();
        let answered = timeout_at(deadline, driver.run(sender.send_request(request))).await;
        let came = tap.take();
        let response = match answered {
            Err(_) => return Err(failure::timed_out(target, timeout, &self.settings)),
            Ok(Err(error)) => return Err(no_answer(target, &error, &came)),
            Ok(Ok(response)) => response,
        };
        let head = ReplyHead::find(&came)
            .filter(|head| head.status == response.status().as_u16())
            .unwrap_or_else(|| ReplyHead::of(&response));
        let mut reply = Reply {
            status: head.status,
            reason: head.reason,
            headers: head.headers,
            body: Bytes::new(),
            body_received: 0,
            body_cut: None,
        };
        self.read_body(&mut reply, response.into_body(), &mut driver, end).await;
        Ok(reply)
    }

    async fn read_body(&self, reply: &mut Reply, mut body: hyper::body::Incoming, driver: &mut Driver, end: Instant) {
        let limit = self.settings.reply_limit;
        let mut kept = BytesMut::new();
        reply.body_cut = loop {
            match timeout_at(end, driver.run(body.frame())).await {
                Err(_) => {
                    let (within, option) = (Period(self.settings.total_timeout), Timeout::Total.row().option);
                    break Some(format!("the answer did not end within {within} ({option})"));
                }
                Ok(None) => break None,
                Ok(Some(Err(error))) => break Some(cut(&error)),
                Ok(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else { continue };
                    reply.body_received += data.len() as u64;
                    let room = data.len().min(limit - kept.len());
                    kept.extend_from_slice(data.get(..room).unwrap_or_default());
                    if room < data.len() {
                        break Some(format!(
                            "the answer is longer than the {limit} bytes that are kept; the rest was not read"
                        ));
                    }
                }
            }
        };
        reply.body = kept.freeze();
    }
}

fn after(now: Instant, duration: Duration) -> Instant {
    now.checked_add(duration).unwrap_or(now + LONG)
}

/// Moves the connection along while something that depends on it is awaited.
struct Driver(Option<Pin<Box<Connection>>>);

impl Driver {
    async fn run<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Some(connection) = &mut self.0 {
                // Its error also reaches the one who waits for the answer or for its body.
                if connection.as_mut().poll(cx).is_ready() {
                    self.0 = None;
                }
            }
            future.as_mut().poll(cx)
        })
        .await
    }
}

/// The causes of an error, itself first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The TLS error among the causes. Alerts may come after the handshake (RFC 8446 §4.4.2.4), inside of an I/O error.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    causes(error).find_map(|cause| {
        let inside = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inside.and_then(|inner| inner.downcast_ref()).or_else(|| cause.downcast_ref())
    })
}

/// Why there is no answer. `came` is what came from the target.
fn no_answer(target: &Target, error: &hyper::Error, came: &[u8]) -> Failure {
    if let Some(error) = tls_error(error) {
        return failure::tls(target, &tls::reason(target, error));
    }
    // The one thing of ours that hyper asks and that can fail.
    if error.is_user() {
        return failure::unreadable(&failure::told(error));
    }
    let http = came.starts_with(b"HTTP/1.");
    if came.is_empty() || (http && !error.is_parse()) {
        return failure::closed(target, http);
    }
    failure::not_http(target, came, &failure::told(error))
}

/// Why the body of an answer ended before its end.
fn cut(error: &hyper::Error) -> String {
    let closed = |cause: &(dyn Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| {
            use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
            matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
        })
    };
    if error.is_incomplete_message() || causes(error).any(closed) {
        "the target closed the connection before the end of its answer".to_owned()
    } else {
        format!("the framing of the answer is wrong: {}", failure::told(error))
    }
}
