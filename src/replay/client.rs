//! The client: carries out a plan and brings back what the target answered, or why it did not.
//!
//! An attempt is one future and owns its connection meanwhile: dropping it closes the connection at once, which is how an
//! attempt is cancelled. Nothing is spawned that outlives it but a name lookup and the hashing of a captured body.
//!
//! Decided: once the head of an answer is there, the attempt has an answer, whatever happens to its body; a body that is
//! too long, too slow or cut off is kept as far as it came, with the reason. Interim answers (1xx) are passed over. The
//! ledger says what was put on the connection, so a body that the target did not wait for has the hash of what went out.

use std::{error::Error, io, sync::Arc, time::Duration};

use bytes::BytesMut;
use http_body_util::BodyExt as _;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::{JoinHandle, spawn_blocking},
    time::{Instant, timeout_at},
};

use super::{
    Plan, Settings, Target, Timeout, connect,
    driver::Driver,
    failure,
    http2::Http2,
    kept::{Kept, Link, is_plain},
    outgoing::{Meter, Outgoing, Shape},
    reply::ReplyHead,
    tee::Tee,
    tls::{self, Tls},
    wire::{TAP_LIMIT, Wire},
};
use crate::model::{Body, BodySent, Digest, Failure, Ledger, Period, Reply, Timings};

/// How many header lines an answer may have.
const MAX_HEADERS: usize = 1024;
/// How large the head of an answer may be, in bytes.
const MAX_HEAD: usize = TAP_LIMIT / 2;
/// Captured bodies in memory up to this many bytes are hashed where they are sent: it takes less than another thread.
const AT_ONCE: usize = 64 * 1024;
/// Stands for a time that is too long to be added to now.
const LONG: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Sends plans. Cloning it is cheap, and all clones share the TLS state.
#[derive(Clone, Debug)]
pub struct Client {
    settings: Arc<Settings>,
    tls: Arc<Tls>,
    /// For targets whose certificates are taken unseen.
    unseen: Arc<Tls>,
    /// Connections of attempts before, where they are kept.
    kept: Option<Kept>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// What came of a plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// What the target answered, or why it did not.
    pub outcome: Result<Reply, Failure>,
    /// How what was sent differs from the capture.
    pub ledger: Ledger,
    /// How long it took, from the looking up of the name to the end of the answer.
    pub duration: Duration,
    /// How long its parts took.
    pub timings: Timings,
}

/// What was begun to be sent.
struct Sending {
    ledger: Ledger,
    meter: Meter,
    /// The hashing of what was captured, where it takes a while.
    captured: Option<JoinHandle<io::Result<Digest>>>,
}

/// How far an attempt has come.
#[derive(Default)]
struct Course {
    sending: Option<Sending>,
    timings: Timings,
    tee: Option<Tee>,
}

impl Client {
    /// A client with these settings. Fails where TLS cannot be used at all.
    pub fn new(settings: Settings) -> Result<Self, Failure> {
        let unseen = Arc::new(Tls::new(true)?);
        let tls = if settings.insecure { Arc::clone(&unseen) } else { Arc::new(Tls::new(false)?) };
        Ok(Self { settings: Arc::new(settings), tls, unseen, kept: None })
    }

    /// The same client, which keeps connections from one attempt to the next until it and its clones are dropped. Each call
    /// begins with none.
    #[must_use]
    pub fn keeping(&self) -> Self {
        Self { kept: Some(Kept::default()), ..self.clone() }
    }

    /// How it sends.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sends what the plan says. Dropping the future cancels.
    pub async fn send(&self, plan: &Plan) -> Result<Reply, Failure> {
        self.attempt(plan, &mut Course::default()).await
    }

    /// Sends what the plan says, and tells what was sent besides what came of it. Dropping the future cancels.
    pub async fn deliver(&self, plan: &Plan) -> Delivery {
        self.deliver_and_pass(plan, &mut None).await
    }

    /// The same, and passes the answer on while it comes.
    pub async fn deliver_and_pass(&self, plan: &Plan, tee: &mut Option<Tee>) -> Delivery {
        let (mut course, began) = (Course { tee: tee.take(), ..Course::default() }, Instant::now());
        let outcome = self.attempt(plan, &mut course).await;
        *tee = course.tee.take();
        let (duration, timings) = (began.elapsed(), course.timings);
        let Some(Sending { mut ledger, meter, captured }) = course.sending else {
            return Delivery { outcome, ledger: plan.ledger().clone(), duration, timings };
        };
        let sent = meter.digest();
        let because = if sent.size < plan.body().len() as u64 {
            let who = if outcome.is_ok() { "the target answered" } else { "the sending ended" };
            Some(format!("{who} before all of it was sent"))
        } else {
            plan.captured().end().sentence().map(|sentence| format!("the captured body is not whole: {sentence}"))
        };
        // Where the disk fails there is nothing to compare with, and the outcome says so.
        let captured = match captured {
            Some(hashing) => hashing.await.ok().and_then(Result::ok),
            None => digest(plan.captured()).ok(),
        };
        ledger.body = captured.map(|captured| BodySent { captured, sent, because });
        Delivery { outcome, ledger, duration, timings }
    }

    async fn attempt(&self, plan: &Plan, course: &mut Course) -> Result<Reply, Failure> {
        if plan.unsigned().is_some() {
            return Err(failure::unsigned("nobody has signed it, which is a fault in creel"));
        }
        let target = plan.target();
        let end = after(Instant::now(), target.options().within(Timeout::Total, &self.settings));
        if let Some(kept) = &self.kept
            && let Some(link) = kept.take(plan).await
        {
            match self.exchange(plan, link, end, course).await {
                Err(Unanswered { closed: true, .. }) => kept.give_up(plan),
                outcome => return outcome.map_err(|unanswered| unanswered.failure),
            }
        }
        let (deadline, timeout) = self.deadline(target, Timeout::Connect, end);
        let (stream, http2) = timeout_at(deadline, self.connect(plan, &mut course.timings))
            .await
            .map_err(|_| failure::timed_out(target, timeout, &self.settings))??;
        match plan.http2().filter(|_| http2) {
            Some(message) => self.exchange_http2(plan, message, stream, end, course).await,
            None => {
                let link = link(target, stream).await?;
                self.exchange(plan, link, end, course).await.map_err(|unanswered| unanswered.failure)
            }
        }
    }

    /// A connection, and whether it speaks HTTP/2.
    async fn connect(&self, plan: &Plan, timings: &mut Timings) -> Result<(Box<dyn Stream>, bool), Failure> {
        let target = plan.target();
        let stream = connect::connect(target, &self.settings, timings).await?;
        if !target.is_https() {
            return Ok((Box::new(stream), false));
        }
        let tls = if target.options().insecure { &self.unseen } else { &self.tls };
        let began = Instant::now();
        let (stream, http2) = tls.secure(target, stream, plan.http2().is_some()).await?;
        timings.tls = Some(began.elapsed());
        Ok((Box::new(stream), http2))
    }

    /// When a phase that begins now ends, and by which of the times.
    fn deadline(&self, target: &Target, timeout: Timeout, end: Instant) -> (Instant, Timeout) {
        let own = after(Instant::now(), target.options().within(timeout, &self.settings));
        if own <= end { (own, timeout) } else { (end, Timeout::Total) }
    }

    /// One message each way over HTTP/1.1.
    async fn exchange(
        &self,
        plan: &Plan,
        mut link: Link,
        end: Instant,
        course: &mut Course,
    ) -> Result<Reply, Unanswered> {
        let target = plan.target();
        let (deadline, timeout) = self.deadline(target, Timeout::Head, end);
        let begun = Instant::now();
        link.tap.begin(plan.head().clone());
        let (body, meter) = Outgoing::new(plan.body().clone(), plan.http1().shape.clone());
        course.sending =
            Some(Sending { ledger: plan.http1().ledger.clone(), meter, captured: digesting(plan.captured()) });
        // The wire replaces this head; hyper needs the method to know whether the answer has a body, and counts ours.
        let mut request = hyper::Request::new(body);
        *request.method_mut() = plan.method().clone();
        let answered = timeout_at(deadline, link.driver.run(link.sender.send_request(request))).await;
        let came = link.tap.take();
        course.timings.first_byte = link.tap.first_byte().map(|first| first.saturating_duration_since(begun));
        let response = match answered {
            Err(_) => return Err(failure::timed_out(target, timeout, &self.settings).into()),
            Ok(Err(error)) => {
                let failure = no_answer(target, &error, &came);
                return Err(Unanswered { closed: link.used && came.is_empty() && failure.kind == "closed", failure });
            }
            Ok(Ok(response)) => response,
        };
        let head = ReplyHead::find(&came)
            .filter(|head| head.status == response.status().as_u16())
            .unwrap_or_else(|| ReplyHead::of(&response));
        let reply = self.read_body(target, head, response.into_body(), &mut link.driver, course, end).await;
        if let Some(kept) = &self.kept
            && reply.body_cut.is_none()
            && is_plain(plan)
        {
            kept.put(plan, link);
        }
        Ok(reply)
    }

    /// One message each way over HTTP/2.
    async fn exchange_http2(
        &self,
        plan: &Plan,
        message: &Http2,
        stream: Box<dyn Stream>,
        end: Instant,
        course: &mut Course,
    ) -> Result<Reply, Failure> {
        let target = plan.target();
        let (deadline, timeout) = self.deadline(target, Timeout::Head, end);
        let connected = Instant::now();
        let failed = |error: hyper::Error| no_answer_http2(target, &error);
        let mut driver = Driver::default();
        let mut builder = http2::Builder::new(driver.tasks());
        builder.max_header_list_size(MAX_HEAD as u32);
        let shaken = timeout_at(deadline, driver.run(builder.handshake(TokioIo::new(stream)))).await;
        let (mut sender, connection) =
            shaken.map_err(|_| failure::timed_out(target, timeout, &self.settings))?.map_err(failed)?;
        driver.drive(connection);
        let (body, meter) = Outgoing::new(plan.body().clone(), Shape::Frames(message.trailers.clone()));
        course.sending = Some(Sending { ledger: message.ledger.clone(), meter, captured: digesting(plan.captured()) });
        let mut request = hyper::Request::new(body);
        *request.method_mut() = plan.method().clone();
        *request.version_mut() = http::Version::HTTP_2;
        request.uri_mut().clone_from(&message.uri);
        request.headers_mut().clone_from(&message.headers);
        let response = match timeout_at(deadline, driver.run(sender.send_request(request))).await {
            Err(_) => return Err(failure::timed_out(target, timeout, &self.settings)),
            Ok(answered) => answered.map_err(failed)?,
        };
        // The frames before are of the connection, not of the answer.
        course.timings.first_byte = Some(connected.elapsed());
        // HTTP/2 has no words beside the status (RFC 9113 §8.3.2).
        let head = ReplyHead { reason: String::new(), ..ReplyHead::of(&response) };
        Ok(self.read_body(target, head, response.into_body(), &mut driver, course, end).await)
    }

    async fn read_body(
        &self,
        target: &Target,
        head: ReplyHead,
        mut body: hyper::body::Incoming,
        driver: &mut Driver,
        course: &mut Course,
        end: Instant,
    ) -> Reply {
        let limit = self.settings.reply_limit;
        let mut tee = course.tee.take();
        if let Some(tee) = &mut tee {
            tee.head(&head);
        }
        let (mut kept, mut received) = (BytesMut::new(), 0);
        let late = || {
            let options = target.options();
            let within = Period(options.within(Timeout::Total, &self.settings));
            let option = if options.timeout.is_some() { "as the target says" } else { Timeout::Total.row().option };
            Some(format!("the answer did not end within {within} ({option})"))
        };
        let over = || Some(format!("the answer is longer than the {limit} bytes that are kept; the rest was not read"));
        let mut passes = tee.is_some();
        let body_cut = loop {
            let data = match timeout_at(end, driver.run(body.frame())).await {
                Err(_) => break late(),
                Ok(None) => {
                    if let Some(tee) = &mut tee
                        && timeout_at(end, driver.run(tee.end())).await.is_err()
                    {
                        break late();
                    }
                    break (received > kept.len() as u64).then(|| {
                        format!("the answer is longer than the {limit} bytes that are kept; the rest was passed on")
                    });
                }
                Ok(Some(Err(error))) => break Some(cut(&error)),
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => data,
                    Err(_) => continue,
                },
            };
            received += data.len() as u64;
            let room = data.len().min(limit - kept.len());
            kept.extend_from_slice(data.get(..room).unwrap_or_default());
            if passes && let Some(tee) = &mut tee {
                match timeout_at(end, driver.run(tee.data(&data))).await {
                    Ok(taken) => passes = taken,
                    Err(_) => break late(),
                }
            }
            if room < data.len() && !passes {
                break over();
            }
        };
        let ReplyHead { status, reason, headers } = head;
        Reply { status, reason, headers, body: kept.freeze(), body_received: received, body_cut }
    }
}

/// Why there is no answer over HTTP/1.1.
struct Unanswered {
    failure: Failure,
    /// Whether a connection that was kept had been closed meanwhile.
    closed: bool,
}

impl From<Failure> for Unanswered {
    fn from(failure: Failure) -> Self {
        Self { failure, closed: false }
    }
}

/// HTTP/1.1 over a connection.
async fn link(target: &Target, stream: Box<dyn Stream>) -> Result<Link, Failure> {
    let (wire, tap) = Wire::new(stream);
    let (sender, connection) = http1::Builder::new()
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .handshake(TokioIo::new(wire))
        .await
        .map_err(|error| failure::not_http(target, b"", &failure::told(&error)))?;
    let mut driver = Driver::default();
    driver.drive(connection);
    Ok(Link { sender, driver, tap, used: false })
}

fn after(now: Instant, duration: Duration) -> Instant {
    now.checked_add(duration).unwrap_or(now + LONG)
}

/// Size and hash of a captured body. Reads what is in a file.
fn digest(body: &Body) -> io::Result<Digest> {
    Ok(Digest { size: body.len() as u64, sha256: *body.sha256()? })
}

/// The same, made while it is sent and away from the tasks that send, where it may be in a file or is long.
fn digesting(body: &Body) -> Option<JoinHandle<io::Result<Digest>>> {
    if body.bytes().is_some_and(|bytes| bytes.len() <= AT_ONCE) {
        return None;
    }
    let body = body.clone();
    Some(spawn_blocking(move || digest(&body)))
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

/// Why there is no answer by HTTP/2.
fn no_answer_http2(target: &Target, error: &hyper::Error) -> Failure {
    if let Some(error) = tls_error(error) {
        return failure::tls(target, &tls::reason(target, error));
    }
    if error.is_user() {
        return failure::unreadable(&failure::told(error));
    }
    if error.is_canceled() || error.is_closed() || error.is_incomplete_message() || causes(error).any(is_closed) {
        return failure::closed(target, false);
    }
    failure::not_http(target, b"", &failure::told(error))
}

/// Whether the other side ended the connection.
fn is_closed(cause: &(dyn Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
    })
}

/// Why the body of an answer ended before its end.
fn cut(error: &hyper::Error) -> String {
    if error.is_incomplete_message() || causes(error).any(is_closed) {
        "the target closed the connection before the end of its answer".to_owned()
    } else {
        format!("the framing of the answer is wrong: {}", failure::told(error))
    }
}
