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
use http_body_util::Full;
use tokio::time::Instant;

use super::{
    ListenSettings,
    admission::InFlight,
    connection::{Arrived, Connection, Moment, UnderWay},
    gather::{Ending, Gathered, drain},
    reply::{Asked, Replies, Reply},
    wire::TRAILERS_LIMIT,
};
use crate::model::{Body, BodyEnd, Capture, CaptureId, Fidelity, Head, Refusal, Seq, Version};
use crate::store::Store;

/// What all handlers share.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) store: Store,
    pub(super) settings: Arc<ListenSettings>,
    replies: Replies,
    /// Set when connections are cut off because creel stops.
    pub(super) stopping: AtomicBool,
}

impl Desk {
    pub(super) fn new(store: Store, settings: Arc<ListenSettings>) -> Arc<Self> {
        let replies = Replies::new(Arc::clone(&settings.answer), settings.max_body);
        Arc::new(Self { store, settings, replies, stopping: AtomicBool::new(false) })
    }
}

/// A router that catches every request, for use without a socket or behind a server of one's own.
///
/// Heads are then [`Fidelity::Normalised`], because only the listener's own connections show the bytes as they came. The
/// sender's address is taken from axum's `ConnectInfo<SocketAddr>` where there is one.
pub fn router(store: Store, settings: Arc<ListenSettings>) -> Router {
    let desk = Desk::new(store, settings);
    Router::new().fallback(move |request: Request| {
        let reply = receive(&desk, None, request);
        async move { Ok::<_, Infallible>(reply.await) }
    })
}

/// Catches one request; `connection` is the one it came over, where it came through the tap.
pub(super) fn receive<B>(
    desk: &Arc<Desk>,
    connection: Option<&Arc<Connection>>,
    request: http::Request<B>,
) -> impl Future<Output = Response<Full<Bytes>>> + Send + 'static + use<B>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (parts, body) = request.into_parts();
    // Not in the future: a request whose sender has gone already is dropped without ever being polled.
    let (record, asked) = Record::open(Arc::clone(desk), connection, parts);
    answer(record, asked, body)
}

async fn answer<B>(mut record: Record, asked: Asked, mut body: B) -> Response<Full<Bytes>>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let expects = asked
        .spare
        .get(header::EXPECT)
        .is_some_and(|expectation| expectation.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    let desk = Arc::clone(&record.desk);
    let ending = record.gathered.read(Pin::new(&mut body), expects, record.begun.since, &desk.settings).await;
    let close = ending != Ending::Whole;
    let unread = !expects
        && matches!(
            ending,
            Ending::OverLimit
                | Ending::Overloaded
                | Ending::OverSpool(_)
                | Ending::SpoolFull(_)
                | Ending::DiskFailed(_)
        );
    let reply = record.close(&desk, ending);
    if unread {
        let mut way = record.way.take();
        way.iter_mut().for_each(UnderWay::goes_on);
        let (idle, total) = (desk.settings.body_idle_timeout, desk.settings.body_timeout);
        tokio::spawn(drain(body, way, idle, total));
    }
    reply.to(asked, close)
}

/// The record of a request that is being received. It becomes a capture when it is closed, or at the latest when it is
/// dropped.
#[derive(Debug)]
struct Record {
    desk: Arc<Desk>,
    /// Taken when the capture is made.
    head: Option<Head>,
    begun: Moment,
    remote: Option<SocketAddr>,
    number: u64,
    gathered: Gathered,
    way: Option<UnderWay>,
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
        let (number, head, begun) = match arrived {
            Some(Arrived { number, head, begun }) => (number, head, begun),
            None => (0, normalised(&parts), Moment::now()),
        };
        let in_flight = InFlight::new(desk.store.clone(), desk.settings.max_in_flight);
        let gathered = Gathered::new(declared, in_flight);
        let asked = Asked { method: parts.method, version: parts.version, spare: parts.headers };
        (Self { desk, head: Some(head), begun, remote, number, gathered, way }, asked)
    }

    /// Makes the capture, counts what went wrong, and gives what to answer.
    fn close<'a>(&mut self, desk: &'a Desk, ending: Ending) -> &'a Reply {
        let replies = &desk.replies;
        let max_body = desk.settings.max_body;
        let (end, refusal, reply) = match ending {
            Ending::Whole => (BodyEnd::Complete, None, &replies.configured),
            Ending::OverLimit => (BodyEnd::OverLimit(max_body), Some(Refusal::BodyTooLarge), &replies.too_large),
            Ending::Overloaded => (BodyEnd::Abandoned, Some(Refusal::Overloaded), &replies.overloaded),
            Ending::OverSpool(limit) => (BodyEnd::SpoolFull(limit), Some(Refusal::SpoolFull), &replies.over_spool),
            Ending::SpoolFull(limit) => (BodyEnd::SpoolFull(limit), Some(Refusal::SpoolFull), &replies.spool_full),
            Ending::DiskFailed(why) => {
                (BodyEnd::DiskFailed(why.into()), Some(Refusal::DiskFailed), &replies.disk_failed)
            }
            Ending::Late => (BodyEnd::TimedOut, Some(Refusal::BodyTimeout), &replies.late),
            Ending::ClosedEarly => (BodyEnd::ClosedEarly, Some(Refusal::ClosedEarly), &replies.closed_early),
            Ending::Malformed(why) => (BodyEnd::Malformed(why.into()), Some(Refusal::Malformed), &replies.malformed),
        };
        self.keep(end, refusal, reply);
        reply
    }

    fn keep(&mut self, end: BodyEnd, refusal: Option<Refusal>, reply: &Reply) {
        let Some(head) = self.head.take() else { return };
        let now = Instant::now();
        if let Some(way) = &mut self.way {
            way.ended(now);
        }
        let trailers = self.trailers();
        let body = Body::of(self.gathered.take(), self.gathered.declared, self.gathered.received, end);
        self.desk.store.push(Capture {
            id: CaptureId::new(),
            seq: Seq(0),
            received_at: self.begun.at,
            remote: self.remote,
            head,
            body,
            trailers,
            answer: Arc::clone(&reply.answer),
            duration: now.saturating_duration_since(self.begun.since),
        });
        if let Some(refusal) = refusal {
            self.desk.store.count(refusal);
        }
    }

    /// The trailers as they came where they were seen, else as hyper read them.
    fn trailers(&mut self) -> Box<[(Bytes, Bytes)]> {
        let Some(map) = self.gathered.trailers.take() else { return Box::default() };
        let seen = self.way.as_ref().and_then(|way| way.connection().take_trailers(self.number));
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
        } else {
            self.keep(BodyEnd::ClosedEarly, Some(Refusal::ClosedEarly), &desk.replies.unanswered);
        }
    }
}

/// A head written from what hyper parsed. What HTTP/2 carries in `:authority` stands as `host`, which is what that field
/// is called in HTTP/1 (RFC 9113 §8.3.1).
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
    let host = uri.authority().filter(|_| http2 && !parts.headers.contains_key(header::HOST));
    let host = host.map(|authority| (b"host".as_slice(), authority.as_str().as_bytes()));
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
    let method = parts.method.as_str().as_bytes();
    Head::from_parts(method, target.as_bytes(), version, host.into_iter().chain(headers), Fidelity::Normalised)
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
