//! Answering with what a target answers: the wait for it, and its body passing through.
//!
//! Decided: the body goes to the sender as it comes from the target and no faster than the sender takes it; what is kept of
//! it for the capture are its first [`RESERVED`] bytes. The capture has its answer once that much or the end of it has
//! passed. A body that breaks off breaks the sender's connection too, so that it is not taken for a whole one. Whatever
//! ends the wait (the answer, the time limit, a sender who goes, creel's end) gives the capture an answer.

use std::{
    io,
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Version, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

use super::{
    connection::UnderWay,
    onward::{Awaited, Relayed, RelayedBody, Ticket, Way},
    receive::{Desk, Record},
    reply::{Asked, Reply},
};
use crate::model::{Answer, Capture, Given, Refusal, given::RESERVED};
use crate::store::Kept;

/// A request that goes on, or that has its answer.
#[derive(Debug)]
pub(super) enum Going {
    /// With this place.
    On(Ticket),
    /// Not at all: this is its answer.
    Answered(Arc<Answer>),
}

impl Going {
    /// Keeps the capture with the answer that it has or will have, in its place among those that go on.
    pub(super) fn begin(
        desk: &Desk,
        way: Way,
        mut capture: Capture,
        keep: impl FnOnce(Capture) -> Kept,
    ) -> (Kept, Self) {
        let (rule, onward) = match (way, &desk.onward) {
            (Way::Answer(answer), _) => {
                capture.answer = Arc::clone(&answer).into();
                return (keep(capture), Self::Answered(answer));
            }
            (Way::Wait(rule), Some(onward)) => {
                capture.answer = Given::later();
                (rule, onward)
            }
            (Way::Behind(rule), Some(onward)) => (rule, onward),
            (Way::Stay | Way::Wait(_) | Way::Behind(_), _) => return (keep(capture), Self::On(Ticket::default())),
        };
        let (ticket, lane) = onward.enter(rule);
        let kept = keep(capture);
        drop(lane);
        (kept, Self::On(ticket))
    }

    /// Sends the capture on, and answers its sender with what comes of it where that is to be waited for.
    pub(super) async fn answer(self, mut record: Record, asked: &Asked) -> Response<Sent> {
        let desk = Arc::clone(&record.desk);
        let Some(kept) = record.kept.take() else { return desk.replies.configured.to(asked, false) };
        let Some(capture) = kept.in_ring(&desk.store).await else {
            desk.store.count(Refusal::NotOnDisk);
            return desk.replies.not_on_disk.to(asked, false);
        };
        let ticket = match self {
            Self::Answered(answer) => return Reply::new(answer).to(asked, false),
            Self::On(ticket) => ticket,
        };
        let awaited = desk.onward.as_ref().and_then(|onward| onward.go(ticket, Arc::clone(&capture)));
        let Some(Awaited { relayed, within, late }) = awaited else {
            // Where nobody will answer later the configured answer is it.
            Waiting::new(&desk, capture, record.begun.since).give(Arc::clone(&desk.replies.configured.answer));
            return desk.replies.configured.to(asked, false);
        };
        let waiting = Waiting::new(&desk, capture, record.begun.since);
        match timeout(within, relayed).await {
            Ok(Ok(relayed)) => pass(relayed, asked, waiting, record.way.take()),
            Ok(Err(_)) => {
                waiting.give(Arc::clone(&desk.replies.stopped.answer));
                desk.replies.stopped.to(asked, true)
            }
            Err(_) => {
                waiting.give(Arc::clone(&late));
                Reply::new(late).to(asked, false)
            }
        }
    }
}

/// A capture whose sender waits. It gets its answer at the latest when this is dropped.
#[derive(Debug)]
struct Waiting {
    desk: Arc<Desk>,
    capture: Arc<Capture>,
    since: Instant,
}

impl Waiting {
    fn new(desk: &Arc<Desk>, capture: Arc<Capture>, since: Instant) -> Self {
        Self { desk: Arc::clone(desk), capture, since }
    }

    fn give(&self, answer: Arc<Answer>) {
        if self.capture.answer.give(answer, self.since.elapsed()) {
            self.desk.store.answered(&self.capture);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.capture.answer.is_awaited() {
            let replies = &self.desk.replies;
            let stopping = self.desk.stopping.load(Relaxed);
            self.give(Arc::clone(if stopping { &replies.stopped.answer } else { &replies.unanswered.answer }));
        }
    }
}

/// The response that passes on what a target answered.
fn pass(relayed: Relayed, asked: &Asked, waiting: Waiting, way: Option<UnderWay>) -> Response<Sent> {
    let Relayed { status, headers, because, body } = relayed;
    let known = StatusCode::from_u16(status).ok().filter(|status| !status.is_informational());
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in &headers {
        let line = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value));
        if let (Ok(name), Ok(value)) = line {
            // HTTP/2 has no such header (RFC 9113 §8.2.2).
            if name != header::CONNECTION || asked.version != Version::HTTP_2 {
                map.append(name, value);
            }
        }
    }
    let mut recording = Recording {
        waiting,
        answer: Answer {
            status,
            headers: headers
                .into_iter()
                .map(|(name, value)| (String::from_utf8_lossy(&name).into_owned(), value))
                .collect(),
            body: Bytes::new(),
            because: because.map(Into::into),
        },
        kept: BytesMut::new(),
        _way: way,
    };
    let length = map.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let bodiless = asked.method == Method::HEAD || matches!(status, 204 | 205 | 304) || length == Some(0);
    let body = match body {
        RelayedBody::Whole(body) => {
            recording.saw(&body);
            recording.ended(None);
            Sent::Whole(Full::new(if bodiless { Bytes::new() } else { body }))
        }
        RelayedBody::Streamed(_) if bodiless => {
            recording.ended(None);
            Sent::Whole(Full::default())
        }
        RelayedBody::Streamed(pieces) => {
            Sent::Streamed(Box::new(Streamed { pieces, length, recording: Some(recording), broken: false }))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = known.unwrap_or(StatusCode::BAD_GATEWAY);
    *response.headers_mut() = map;
    response
}

/// What becomes the answer of a capture while it passes.
#[derive(Debug)]
struct Recording {
    waiting: Waiting,
    answer: Answer,
    kept: BytesMut,
    /// No deadline of the connection counts while this is sent.
    _way: Option<UnderWay>,
}

impl Recording {
    /// Says whether all that is kept is there.
    fn saw(&mut self, bytes: &[u8]) -> bool {
        let room = RESERVED.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        bytes.len() > room
    }

    fn ended(&mut self, why: Option<&'static str>) {
        let kept = std::mem::take(&mut self.kept).freeze();
        if !self.waiting.capture.answer.is_awaited() {
            return;
        }
        let answer = &mut self.answer;
        let because = match (&answer.because, why) {
            (Some(because), Some(why)) => Some(format!("{because}; {why}").into()),
            (None, Some(why)) => Some(why.into()),
            (because, None) => because.clone(),
        };
        let answer =
            Answer { status: answer.status, headers: std::mem::take(&mut answer.headers), body: kept, because };
        self.waiting.give(Arc::new(answer));
    }
}

/// The body of an answer.
#[derive(Debug)]
pub(super) enum Sent {
    /// All of it is there.
    Whole(Full<Bytes>),
    /// It comes from a target.
    Streamed(Box<Streamed>),
}

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Streamed {
    pieces: mpsc::Receiver<Option<Bytes>>,
    /// How long it is, where the target says so.
    length: Option<u64>,
    recording: Option<Recording>,
    /// Whether it has ended without its end.
    broken: bool,
}

impl Streamed {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(match ready!(self.pieces.poll_recv(cx)) {
            Some(Some(bytes)) => {
                if let Some(recording) = &mut self.recording
                    && recording.saw(&bytes)
                {
                    recording.ended(Some("what is kept of the body is its beginning; the attempt has more"));
                }
                self.length = self.length.map(|length| length.saturating_sub(bytes.len() as u64));
                if self.length == Some(0) {
                    // hyper does not ask for more.
                    self.finish(None);
                }
                Some(Ok(Frame::data(bytes)))
            }
            Some(None) => {
                self.finish(None);
                None
            }
            None if self.recording.is_none() => None,
            None if !self.broken => {
                // hyper sends what it has while it waits, and forgets it where it meets an error.
                self.broken = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            None => {
                self.finish(Some("the body broke off"));
                Some(Err(io::ErrorKind::UnexpectedEof.into()))
            }
        })
    }

    fn finish(&mut self, why: Option<&'static str>) {
        if let Some(mut recording) = self.recording.take() {
            recording.ended(why);
        }
    }
}

impl Drop for Streamed {
    fn drop(&mut self) {
        self.finish(Some("the connection to the sender ended before the body was whole"));
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Whole(body) => {
                Pin::new(body).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(|never| match never {})))
            }
            Self::Streamed(streamed) => streamed.poll_piece(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Streamed(streamed) => streamed.recording.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Streamed(streamed) => streamed.length.map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}
