//! One connection, as the tap and the handlers of its requests both know it: the heads that have come and wait to be
//! taken, how many requests are under way, and when patience ends.
//!
//! Decided: the handler takes the head that the tracker found in its turn and checks it against what hyper parsed; where
//! they differ the connection is not tracked any more, and its captures say that their heads are normalised, rather than
//! pretend. One short lock, never held across an await; only one task at a time wants it.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{header, request::Parts};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    ListenSettings,
    wire::{Found, Phase, Tracker},
};
use crate::model::{Chunks, Head, Rejected, Version};

/// How many heads may wait to be taken: more than the tap's largest read holds of the smallest requests.
const HEADS_WAITING: usize = 8192;

/// How long this connection may keep us waiting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    first_byte: Duration,
    head: Duration,
    keep_alive: Duration,
    /// How long an answer may stay unread.
    pub(super) unread: Duration,
}

impl Patience {
    pub(super) fn new(settings: &ListenSettings) -> Self {
        Self {
            first_byte: settings.first_byte_timeout,
            head: settings.head_timeout,
            keep_alive: settings.keep_alive_timeout,
            unread: settings.body_idle_timeout,
        }
    }
}

/// What a deadline is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Due {
    /// The rest of a head.
    Head,
    /// The first request of an HTTP/2 connection.
    Handshake,
    /// A request, or the next one.
    Request,
}

/// A moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) at: Timestamp,
    pub(super) since: Instant,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self { at: Timestamp::now(), since: Instant::now() }
    }
}

/// A head that came.
#[derive(Debug)]
pub(super) struct Arrived {
    /// Its place on the connection, by which its trailers are known.
    pub(super) number: u64,
    pub(super) head: Head,
    pub(super) begun: Moment,
    /// When the head was whole.
    pub(super) whole: Instant,
    /// The end of the request, where it has come already.
    pub(super) ended: Option<Ended>,
}

/// The end of a request on the wire.
#[derive(Debug)]
pub(super) struct Ended {
    /// Nothing where it has not come.
    pub(super) at: Option<Instant>,
    pub(super) chunks: Option<Box<Chunks>>,
}

/// What came and was taken by no handler.
#[derive(Debug)]
pub(super) struct Leftover {
    pub(super) at: Timestamp,
    pub(super) raw: Bytes,
    /// Whether it ends like a head.
    pub(super) whole: bool,
}

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) peer: SocketAddr,
    pub(super) limits: Patience,
    /// Whether what comes is looked at.
    tapped: bool,
    /// Set once nothing more can come.
    gone: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tracker: Tracker,
    /// When the head that is under way began; later the last that did.
    begun: Moment,
    found: u64,
    heads: VecDeque<Arrived>,
    trailers: VecDeque<(u64, Bytes)>,
    /// The ends of requests whose heads had been taken before.
    ends: VecDeque<(u64, Ended)>,
    /// Requests that hyper gave us, and those of them that are under way.
    requests: u64,
    active: usize,
    /// When the last of them ended, or the connection was opened.
    quiet_since: Instant,
    /// Set when a head was late: whether the sender was told.
    late: Option<bool>,
}

impl State {
    fn saw(&mut self, bytes: &[u8]) {
        let Self { tracker, begun, found, heads, trailers, ends, .. } = self;
        // One look at the clock for all that is found in these bytes.
        let mut now = None;
        let mut now = || *now.get_or_insert_with(Instant::now);
        tracker.feed(bytes, &mut |thing| match thing {
            Found::Begun => *begun = Moment { at: Timestamp::now(), since: now() },
            Found::Head(head) => {
                *found += 1;
                heads.push_back(Arrived { number: *found, head, begun: *begun, whole: now(), ended: None });
            }
            Found::Trailers(lines) => trailers.push_back((*found, lines)),
            Found::End(chunks) => {
                let ended = Ended { at: Some(now()), chunks };
                match heads.back_mut() {
                    Some(arrived) => arrived.ended = Some(ended),
                    None => ends.push_back((*found, ended)),
                }
            }
        });
        if heads.len() > HEADS_WAITING {
            self.lose();
        }
    }

    fn lose(&mut self) {
        self.tracker.stop();
        self.heads = VecDeque::new();
        self.trailers = VecDeque::new();
        self.ends = VecDeque::new();
    }

    fn take(&mut self, parts: &Parts) -> Option<Arrived> {
        if parts.version == http::Version::HTTP_2 {
            self.tracker.forget();
            return None;
        }
        let arrived = self.heads.pop_front()?;
        if is_head_of(&arrived.head, parts) {
            return Some(arrived);
        }
        self.lose();
        None
    }
}

impl Connection {
    /// A connection that has just been opened.
    pub(super) fn new(peer: SocketAddr, settings: &ListenSettings) -> Self {
        let now = Moment::now();
        let state = State {
            tracker: Tracker::new(settings.max_head),
            begun: now,
            found: 0,
            heads: VecDeque::new(),
            trailers: VecDeque::new(),
            ends: VecDeque::new(),
            requests: 0,
            active: 0,
            quiet_since: now.since,
            late: None,
        };
        Self {
            peer,
            limits: Patience::new(settings),
            tapped: settings.tap,
            gone: AtomicBool::new(false),
            state: Mutex::new(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows the next bytes that came.
    pub(super) fn saw(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.gone.store(true, Relaxed);
        } else if self.tapped {
            self.state().saw(bytes);
        }
    }

    /// Shows what came once hyper had stopped reading. It belongs to the record where a head was refused half read: hyper
    /// looks for the preface of HTTP/2 in the first 24 bytes, and may refuse a head by these alone.
    pub(super) fn saw_after_refusal(&self, bytes: &[u8]) {
        let mut state = self.state();
        if self.tapped && state.heads.is_empty() && state.tracker.phase() == Phase::Head {
            state.saw(bytes);
        }
    }

    /// Notes that nothing more can come.
    pub(super) fn lost(&self) {
        self.gone.store(true, Relaxed);
    }

    /// Whether nothing more can come.
    pub(super) fn is_gone(&self) -> bool {
        self.gone.load(Relaxed)
    }

    /// Begins the request that hyper has parsed: the head that came for it, where that is known for certain.
    pub(super) fn begin(self: &Arc<Self>, parts: &Parts) -> (Option<Arrived>, UnderWay) {
        let mut state = self.state();
        state.requests += 1;
        state.active += 1;
        (state.take(parts), UnderWay { connection: Arc::clone(self), ended: None })
    }

    /// The end of that request on the wire, or the chunks so far where it has not come.
    pub(super) fn take_end(&self, number: u64) -> Ended {
        let mut state = self.state();
        while state.ends.front().is_some_and(|(at, _)| *at <= number) {
            let ended = state.ends.pop_front().filter(|(at, _)| *at == number);
            if let Some((_, ended)) = ended {
                return ended;
            }
        }
        let chunks = if state.found == number { state.tracker.chunks() } else { None };
        Ended { at: None, chunks }
    }

    /// The trailer lines of that request, where they were seen.
    pub(super) fn take_trailers(&self, number: u64) -> Option<Bytes> {
        let mut state = self.state();
        while let Some((at, _)) = state.trailers.front().filter(|(at, _)| *at <= number) {
            let hit = *at == number;
            let lines = state.trailers.pop_front();
            if hit {
                return lines.map(|(_, lines)| lines);
            }
        }
        None
    }

    /// Until when to wait for bytes, and for what; for ever while a request is under way.
    pub(super) fn deadline(&self) -> Option<(Instant, Due)> {
        let state = self.state();
        if state.active > 0 {
            return None;
        }
        Some(match state.tracker.phase() {
            Phase::Head => (state.begun.since + self.limits.head, Due::Head),
            Phase::Idle if state.requests == 0 => (state.quiet_since + self.limits.first_byte, Due::Request),
            Phase::Http2 if state.requests == 0 => (state.quiet_since + self.limits.head, Due::Handshake),
            _ => (state.quiet_since + self.limits.keep_alive, Due::Request),
        })
    }

    /// Notes that a head did not come in time, and whether the sender was told.
    pub(super) fn head_is_late(&self, told: bool) {
        self.state().late = Some(told);
    }

    /// Whether a head was late, and whether the sender was told.
    pub(super) fn late(&self) -> Option<bool> {
        self.state().late
    }

    /// Whether the sender is in the middle of something that nobody will read.
    pub(super) fn has_more_to_say(&self) -> bool {
        let state = self.state();
        !state.heads.is_empty() || matches!(state.tracker.phase(), Phase::Head | Phase::Body | Phase::Stopped)
    }

    /// How many requests hyper gave us.
    pub(super) fn requests(&self) -> u64 {
        self.state().requests
    }

    /// What came and was taken by nobody. To be asked when the connection has ended.
    pub(super) fn leftover(&self) -> Option<Leftover> {
        let state = self.state();
        if let Some(Arrived { head, begun, .. }) = state.heads.front() {
            // A copy: a slice would keep the whole of a large head in memory.
            let raw = Bytes::copy_from_slice(head.bytes().get(..Rejected::RAW_LIMIT).unwrap_or(head.bytes()));
            return Some(Leftover { at: begun.at, raw, whole: true });
        }
        let raw = Bytes::copy_from_slice(state.tracker.unfinished()?);
        Some(Leftover { at: state.begun.at, raw, whole: false })
    }
}

/// One request under way; deadlines begin again when it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay {
    connection: Arc<Connection>,
    ended: Option<Instant>,
}

impl UnderWay {
    /// The connection that it came over.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Notes when it ended, so that the clock need not be read again.
    pub(super) fn ended(&mut self, at: Instant) {
        self.ended = Some(at);
    }

    /// Notes that it has not ended after all.
    pub(super) fn goes_on(&mut self) {
        self.ended = None;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let ended = self.ended.unwrap_or_else(Instant::now);
        let mut state = self.connection.state();
        state.active = state.active.saturating_sub(1);
        state.quiet_since = state.quiet_since.max(ended);
    }
}

/// Whether what came and what hyper parsed are the same head: method, target, version, and every header line.
fn is_head_of(head: &Head, parts: &Parts) -> bool {
    let version = match head.version() {
        Version::Http10 => http::Version::HTTP_10,
        Version::Http11 => http::Version::HTTP_11,
        Version::Http2 => return false,
    };
    head.method() == parts.method.as_str().as_bytes()
        && version == parts.version
        && is_target_of(head.target(), &parts.uri)
        && has_headers(head, &parts.headers)
}

/// hyper drops a fragment, and an absolute target without a path gets one.
fn is_target_of(target: &[u8], uri: &http::Uri) -> bool {
    let path = uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str).as_bytes();
    let target = memchr::memchr(b'#', target).and_then(|at| target.get(..at)).unwrap_or(target);
    if target.starts_with(b"/") {
        target == path
    } else {
        matches!(path, b"" | b"/") || target.ends_with(path) || path.starts_with(b"/?")
    }
}

fn has_headers(head: &Head, map: &http::HeaderMap) -> bool {
    // Without repeats, and but for `Content-Length`, the map keeps the order: one walk over both is enough.
    if head.headers().len() == map.len()
        && head.headers().zip(map).all(|(line, (name, value))| line.is(name.as_str()) && line.value == value.as_bytes())
    {
        return true;
    }
    // hyper keeps one of several equal `Content-Length`, and none beside `Transfer-Encoding`.
    let lines = head.headers().filter(|line| !line.is("content-length"));
    lines.clone().count() == map.len() - map.get_all(header::CONTENT_LENGTH).iter().count()
        && lines.into_iter().all(|line| {
            header::HeaderName::from_bytes(line.name)
                .is_ok_and(|name| map.get_all(name).iter().any(|value| value.as_bytes() == line.value))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn connection() -> Arc<Connection> {
        Arc::new(Connection::new(SocketAddr::from(([127, 0, 0, 1], 9)), &ListenSettings::default()))
    }

    fn parts(method: &str, target: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[tokio::test]
    async fn each_request_takes_the_head_that_came_for_it() {
        let connection = connection();
        connection.saw(b"GET /a#x HTTP/1.1\r\nX-B: 1\r\nx-a: 2\r\nX-b: 3\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
        let (first, _way) = connection.begin(&parts("GET", "/a", &[("x-b", "1"), ("x-b", "3"), ("x-a", "2")]));
        assert_eq!(first.unwrap().head.header("x-a"), Some(b"2".as_slice()));
        let (second, _way) = connection.begin(&parts("GET", "/b", &[]));
        assert_eq!(second.unwrap().number, 2);
        assert!(connection.leftover().is_none());
    }

    #[tokio::test]
    async fn a_head_that_is_not_this_request_is_not_pretended_to_be() {
        let wire = b"POST /a HTTP/1.1\r\nX-A: 1\r\nContent-Length: 1\r\n\r\n";
        for other in [
            parts("PUT", "/a", &[("x-a", "1"), ("content-length", "1")]),
            parts("POST", "/b", &[("x-a", "1"), ("content-length", "1")]),
            parts("POST", "/a", &[("x-a", "2"), ("content-length", "1")]),
            parts("POST", "/a", &[("content-length", "1")]),
            parts("POST", "/a", &[("x-a", "1"), ("x-b", "1"), ("content-length", "1")]),
        ] {
            let connection = connection();
            connection.saw(wire);
            assert!(connection.begin(&other).0.is_none(), "{other:?}");
            connection.saw(b"xGET /c HTTP/1.1\r\n\r\n");
            assert!(connection.begin(&parts("GET", "/c", &[])).0.is_none(), "tracking has stopped");
        }
        let connection = connection();
        connection.saw(wire);
        let same = parts("POST", "/a", &[("x-a", "1"), ("content-length", "1")]);
        assert!(connection.begin(&same).0.is_some());
    }

    #[tokio::test]
    async fn targets_of_every_form_are_known_again() {
        for target in ["*", "/", "/?", "/a?b=c", "http://h", "http://h?q", "HTTP://h:1/p?q", "h:443", "foo"] {
            let connection = connection();
            connection.saw(format!("OPTIONS {target} HTTP/1.1\r\n\r\n").as_bytes());
            assert!(connection.begin(&parts("OPTIONS", target, &[])).0.is_some(), "{target}");
        }
    }

    #[tokio::test]
    async fn trailers_belong_to_their_request() {
        let connection = connection();
        let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
        connection.saw(format!("{chunked}\r\n{chunked}A: 1\r\n\r\n{chunked}B: 2\r\n\r\n").as_bytes());
        assert_eq!(connection.take_trailers(1), None);
        assert_eq!(connection.take_trailers(3).as_deref(), Some(b"B: 2\r\n\r\n".as_slice()));
        assert_eq!(connection.take_trailers(2), None);
    }

    #[tokio::test]
    async fn patience_depends_on_what_is_awaited() {
        let limits = ListenSettings::default();
        let connection = connection();
        let (opened, due) = connection.deadline().unwrap();
        assert_eq!(due, Due::Request);
        connection.saw(b"\r\nGET ");
        let (head, due) = connection.deadline().unwrap();
        assert_eq!(due, Due::Head);
        assert!(head + limits.first_byte_timeout >= opened + limits.head_timeout);
        connection.saw(b"/ HTTP/1.1\r\n\r\n");
        let (_, way) = connection.begin(&parts("GET", "/", &[]));
        assert!(connection.deadline().is_none());
        drop(way);
        let (idle, due) = connection.deadline().unwrap();
        assert_eq!(due, Due::Request);
        assert!(idle + limits.first_byte_timeout >= opened + limits.keep_alive_timeout);
    }
}
