//! The one handler: takes every request, of any method and target, keeps it as a capture, and answers.
//!
//! Decided: the record of a request is opened before its first await and closed by a drop, so a sender who hangs up,
//! resets a stream, or is cut off by a stop leaves a capture of what came; the answer to a body that nobody keeps goes
//! out at once, while the rest is read and forgotten beside it. Refused: extractors, which buffer, limit and refuse by
//! rules of their own.

use std::{
    convert::Infallible,
    error::Error,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
};
use bytes::Bytes;
use http::{HeaderMap, Response, header, request::Parts};
use http_body::Body as HttpBody;
use tokio::time::Instant;

use super::{
    ListenSettings,
    admission::{Gate, InFlight},
    connection::{Arrived, Connection, Ended, Moment, UnderWay},
    gather::{Ending, Gathered, drain},
    onward::{Onward, Way},
    relay::{Going, Sent},
    reply::{Asked, Replies, Reply},
    wire::TRAILERS_LIMIT,
};
use crate::model::{Body, BodyEnd, Capture, CaptureId, Content, Fidelity, Head, Refusal, Seq, Timing, Version, Wire};
use crate::store::{Kept, Store};

/// What all handlers share.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) store: Store,
    pub(super) settings: Arc<ListenSettings>,
    pub(super) replies: Replies,
    pub(super) onward: Option<Arc<dyn Onward>>,
    gate: Option<Gate>,
    /// Set when connections are cut off because creel stops.
    pub(super) stopping: AtomicBool,
}

impl Desk {
    pub(super) fn new(store: Store, settings: Arc<ListenSettings>) -> Arc<Self> {
        let onward = settings.onward.clone();
        let replies = Replies::new(Arc::clone(&settings.answer), settings.max_body, settings.rate);
        let gate = settings.rate.map(Gate::new);
        Arc::new(Self { store, settings, replies, onward, gate, stopping: AtomicBool::new(false) })
    }
}

/// A router that catches every request, for use without a socket or behind a server of one's own.
///
/// Heads are then [`Fidelity::Normalised`], because only the listener's own connections show the bytes as they came. The
/// sender's address is taken from axum's `ConnectInfo<SocketAddr>` where there is one.
pub fn router(store: Store, settings: Arc<ListenSettings>) -> Router {
    routes(Desk::new(store, settings))
}

/// The router of a desk. The listener serves it too, with the [`Connection`] among a request's extensions.
pub(super) fn routes(desk: Arc<Desk>) -> Router {
    Router::new().fallback(move |mut request: Request| {
        let connection = request.extensions_mut().remove::<Arc<Connection>>();
        let reply = receive(&desk, connection.as_ref(), request);
        async move { Ok::<_, Infallible>(reply.await) }
    })
}

/// Catches one request; `connection` is the one it came over, where it came through the tap.
fn receive<B>(
    desk: &Arc<Desk>,
    connection: Option<&Arc<Connection>>,
    request: http::Request<B>,
) -> impl Future<Output = Response<Sent>> + Send + 'static + use<B>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (parts, body) = request.into_parts();
    // Not in the future: a request whose sender has gone already is dropped without ever being polled.
    let (record, asked) = Record::open(Arc::clone(desk), connection, parts);
    answer(record, asked, body)
}

async fn answer<B>(mut record: Record, asked: Asked, mut body: B) -> Response<Sent>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let desk = Arc::clone(&record.desk);
    if desk.gate.as_ref().is_some_and(|gate| !gate.admits(Instant::now())) {
        return limit(record, &asked, body);
    }
    // hyper says `100 Continue` when the body is first asked for (RFC 9110 §10.1.1); h2 never does.
    let awaits = asked.expects && asked.version == http::Version::HTTP_11 && !body.is_end_stream();
    record.continued = asked.expects.then_some(awaits);
    let ending = record.gathered.read(Pin::new(&mut body), asked.expects, record.begun.since, &desk.settings).await;
    if record.gathered.received == 0 && matches!(ending, Ending::OverLimit | Ending::Overloaded) {
        // The body was not asked for at all.
        record.continued = asked.expects.then_some(false);
    }
    let close = ending != Ending::Whole;
    let unread = !asked.expects
        && matches!(
            ending,
            Ending::OverLimit
                | Ending::Overloaded
                | Ending::OverSpool(_)
                | Ending::SpoolFull(_)
                | Ending::DiskFailed(_)
        );
    let mut reply = record.close(&desk, ending);
    if let Some(going) = record.going.take() {
        return going.answer(record, &asked).await;
    }
    if unread {
        read_on(&desk, &mut record, body);
    }
    if let Some(kept) = record.kept.take()
        && !kept.on_disk().await
    {
        desk.store.count(Refusal::NotOnDisk);
        reply = &desk.replies.not_on_disk;
    }
    reply.to(&asked, close)
}

/// Turns away what is over the rate, without reading its body.
fn limit<B>(mut record: Record, asked: &Asked, body: B) -> Response<Sent>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
{
    let desk = Arc::clone(&record.desk);
    let close = !body.is_end_stream();
    record.continued = asked.expects.then_some(false);
    let reply = &desk.replies.limited;
    record.keep(BodyEnd::Shed(Refusal::RateLimited), Some(Refusal::RateLimited), reply);
    if close && !asked.expects {
        read_on(&desk, &mut record, body);
    }
    reply.to(asked, close)
}

/// Reads the rest of a body beside the answer, so that a sender who writes all before reading can see it.
fn read_on<B>(desk: &Desk, record: &mut Record, body: B)
where
    B: HttpBody<Data = Bytes> + Send + 'static,
{
    let mut way = record.way.take();
    way.iter_mut().for_each(UnderWay::goes_on);
    tokio::spawn(drain(body, way, desk.settings.body_idle_timeout, desk.settings.body_timeout));
}

/// The record of a request that is being received. It becomes a capture when it is closed, or at the latest when it is
/// dropped.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) desk: Arc<Desk>,
    /// Taken when the capture is made.
    head: Option<Head>,
    pub(super) begun: Moment,
    /// When the head was whole.
    whole: Instant,
    remote: Option<SocketAddr>,
    /// Its place on the connection, where its head was seen.
    number: Option<u64>,
    /// Its end, where that had come before it was handled.
    ended: Option<Ended>,
    continued: Option<bool>,
    gathered: Gathered,
    pub(super) way: Option<UnderWay>,
    /// What the answer waits for.
    pub(super) kept: Option<Kept>,
    /// What the capture is sent on by.
    going: Option<Going>,
}

impl Record {
    fn open(desk: Arc<Desk>, connection: Option<&Arc<Connection>>, parts: Parts) -> (Self, Asked) {
        let (arrived, way) = connection.map(|connection| connection.begin(&parts)).unzip();
        let arrived = arrived.flatten();
        let remote = match &way {
            Some(way) => Some(way.connection().peer),
            None => parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0),
        };
        let declared = parts
            .headers
            .get(header::CONTENT_LENGTH)
            .and_then(|length| std::str::from_utf8(length.as_bytes()).ok()?.parse().ok());
        // Of several the last holds, as hyper has it.
        let expectation = parts.headers.get_all(header::EXPECT).iter().next_back();
        let expects = expectation.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
        let (number, head, begun, whole, ended) = match arrived {
            Some(Arrived { number, head, begun, whole, ended }) => (Some(number), head, begun, whole, ended),
            None => {
                let begun = Moment::now();
                (None, normalised(&parts), begun, begun.since, None)
            }
        };
        let in_flight = InFlight::new(desk.store.clone(), desk.settings.max_in_flight);
        let gathered = Gathered::new(declared, in_flight);
        let asked = Asked { method: parts.method, version: parts.version, expects };
        (
            Self {
                desk,
                head: Some(head),
                begun,
                whole,
                remote,
                number,
                ended,
                continued: None,
                gathered,
                way,
                kept: None,
                going: None,
            },
            asked,
        )
    }

    /// Makes the capture, counts what went wrong, and gives what to answer.
    fn close<'a>(&mut self, desk: &'a Desk, ending: Ending) -> &'a Reply {
        let replies = &desk.replies;
        let max_body = desk.settings.max_body;
        let (end, refusal, reply) = match ending {
            Ending::Whole => (BodyEnd::Complete, None, &replies.configured),
            Ending::OverLimit => (BodyEnd::OverLimit(max_body), Some(Refusal::BodyTooLarge), &replies.too_large),
            Ending::Overloaded => (BodyEnd::Shed(Refusal::Overloaded), Some(Refusal::Overloaded), &replies.overloaded),
            Ending::OverSpool(limit) => (BodyEnd::SpoolFull(limit), Some(Refusal::SpoolFull), &replies.over_spool),
            Ending::SpoolFull(limit) => (BodyEnd::SpoolFull(limit), Some(Refusal::SpoolFull), &replies.spool_full),
            Ending::DiskFailed(why) => {
                (BodyEnd::DiskFailed(why.into()), Some(Refusal::DiskFailed), &replies.disk_failed)
            }
            Ending::Late => (BodyEnd::TimedOut, Some(Refusal::BodyTimeout), &replies.late),
            Ending::ClosedEarly if self.is_reset() => (BodyEnd::Reset, Some(Refusal::Reset), &replies.closed_early),
            Ending::ClosedEarly => (BodyEnd::ClosedEarly, Some(Refusal::ClosedEarly), &replies.closed_early),
            Ending::Malformed(why) => (BodyEnd::Malformed(why.into()), Some(Refusal::Malformed), &replies.malformed),
        };
        self.keep(end, refusal, reply);
        reply
    }

    /// Whether a request that broke off was taken back: over HTTP/2, by a sender who is still there.
    fn is_reset(&self) -> bool {
        let http2 = self.head.as_ref().is_some_and(|head| head.version() == Version::Http2);
        http2 && self.way.as_ref().is_some_and(|way| !way.connection().is_gone())
    }

    fn keep(&mut self, end: BodyEnd, refusal: Option<Refusal>, reply: &Reply) {
        let Some(head) = self.head.take() else { return };
        let now = Instant::now();
        if let Some(way) = &mut self.way {
            way.ended(now);
        }
        let trailers = self.trailers();
        let ended = self.end(&end, now);
        // What is shed frees its memory at once.
        let content = self.gathered.take();
        let content = if matches!(end, BodyEnd::Shed(_)) { Content::default() } else { content };
        let body = Body::of(content, self.gathered.declared, self.gathered.received, end);
        let after = |at: Instant| at.saturating_duration_since(self.begun.since);
        let capture = Capture {
            id: CaptureId::new(),
            seq: Seq(0),
            received_at: self.begun.at,
            remote: self.remote,
            head,
            body,
            trailers,
            answer: Arc::clone(&reply.answer).into(),
            timing: Timing { head: after(self.whole), body: ended.at.map(after), answered: after(now) },
            wire: Wire::new(ended.chunks, self.continued),
            origin: None,
        };
        let replies = &self.desk.replies;
        if std::ptr::from_ref(reply) == std::ptr::from_ref(&replies.configured) {
            let keep = |capture| self.desk.store.keep(capture, &replies.not_on_disk.answer);
            let way = self.desk.onward.as_ref().map_or(Way::Stay, |onward| onward.way(&capture));
            (self.kept, self.going) = match way {
                Way::Stay => (Some(keep(capture)), None),
                way => {
                    let (kept, going) = Going::begin(&self.desk, way, capture, keep);
                    (Some(kept), Some(going))
                }
            };
        } else {
            self.desk.store.push(capture);
        }
        if let Some(refusal) = refusal {
            self.desk.store.count(refusal);
        }
    }

    /// The end of the request: as it came where that was seen, else the moment at which hyper gave the last of it.
    fn end(&mut self, end: &BodyEnd, now: Instant) -> Ended {
        let seen = self.number.zip(self.way.as_ref());
        let seen = self.ended.take().or_else(|| seen.map(|(number, way)| way.connection().take_end(number)));
        seen.unwrap_or_else(|| Ended { at: (*end == BodyEnd::Complete).then_some(now), chunks: None })
    }

    /// The trailers as they came where they were seen, else as hyper read them.
    fn trailers(&mut self) -> Box<[(Bytes, Bytes)]> {
        let Some(map) = self.gathered.trailers.take() else { return Box::default() };
        let seen = self.way.as_ref().and_then(|way| way.connection().take_trailers(self.number?));
        seen.map_or_else(|| trailers_of(&map), |lines| trailer_lines(&lines))
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.head.is_none() {
            return;
        }
        let desk = Arc::clone(&self.desk);
        if desk.stopping.load(Relaxed) {
            self.keep(BodyEnd::Abandoned, None, &desk.replies.abandoned);
        } else if self.is_reset() {
            self.keep(BodyEnd::Reset, Some(Refusal::Reset), &desk.replies.unanswered);
        } else {
            self.keep(BodyEnd::ClosedEarly, Some(Refusal::ClosedEarly), &desk.replies.unanswered);
        }
    }
}

/// A head written from what hyper parsed. HTTP/2's pseudo-headers stand first, as its senders must have them (RFC 9113
/// §8.3), in the order in which that document lists them: h2 does not tell the one they came in, and keeps that of the
/// other fields but for repeats, which stand together.
fn normalised(parts: &Parts) -> Head {
    let version = match parts.version {
        http::Version::HTTP_10 => Version::Http10,
        http::Version::HTTP_2 => Version::Http2,
        _ => Version::Http11,
    };
    let uri = &parts.uri;
    let path = uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    let http2 = version == Version::Http2;
    let whole;
    let target = if http2 && !path.is_empty() {
        path
    } else {
        whole = uri.to_string();
        &whole
    };
    let method = parts.method.as_str();
    // A CONNECT has neither a scheme nor a path (RFC 9113 §8.5).
    let pseudo = [
        (":method", Some(method)),
        (":scheme", uri.scheme_str()),
        (":authority", uri.authority().map(http::uri::Authority::as_str)),
        (":path", Some(path).filter(|path| !path.is_empty())),
    ];
    let pseudo = pseudo.iter().filter_map(|(name, value)| Some((name.as_bytes(), value.filter(|_| http2)?.as_bytes())));
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
    Head::from_parts(method.as_bytes(), target.as_bytes(), version, pseudo.chain(headers), Fidelity::Normalised)
}

fn trailers_of(map: &HeaderMap) -> Box<[(Bytes, Bytes)]> {
    let mut room = TRAILERS_LIMIT;
    let fits = |(name, value): &(&header::HeaderName, &header::HeaderValue)| {
        let size = name.as_str().len() + value.len();
        let fits = size <= room;
        room = room.saturating_sub(size);
        fits
    };
    let copied = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        (Bytes::copy_from_slice(name.as_str().as_bytes()), Bytes::copy_from_slice(value.as_bytes()))
    };
    map.iter().take_while(fits).map(copied).collect()
}

/// Names and values of trailer lines that hyper has accepted, as they were written.
fn trailer_lines(lines: &Bytes) -> Box<[(Bytes, Bytes)]> {
    let field = |line: &[u8]| {
        let colon = memchr::memchr(b':', line)?;
        let (name, value) = line.split_at_checked(colon)?;
        Some((lines.slice_ref(name), lines.slice_ref(value.strip_prefix(b":")?.trim_ascii())))
    };
    lines.split(|byte| *byte == b'\n').filter_map(field).collect()
}
