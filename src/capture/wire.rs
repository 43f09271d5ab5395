//! The bytes as they came: finds the request heads in what a connection carries, without touching a socket.
//!
//! hyper lower-cases header names, groups repeats and deletes `Content-Length` beside `Transfer-Encoding`. So a
//! [`Tracker`] is fed every byte that hyper reads, in whatever pieces, and is told of nothing else. It frames HTTP/1
//! requests (RFC 9112 §2 to §7): a head, then a body by `Content-Length` or in chunks or none, then the next head.
//!
//! Decided: it is never stricter than hyper. Where both take a request they must agree on where it ends; where hyper
//! refuses one, the connection ends there and nothing that the tracker thinks of the rest matters. Body bytes are
//! skipped by count and lines are found by `memchr`; the only copy made is that of the head. Refused: a second full
//! parser; [`Head::parse`] reads the head, and its header lines say how the body is framed.

use bytes::Bytes;
use memchr::memchr;

use crate::model::{Chunks, Head, Rejected};

/// The first bytes of an HTTP/2 connection (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How many bytes of an HTTP/2 connection are kept until its first request has come.
const HTTP2_RAW_LIMIT: usize = 4096;

/// How many bytes of trailer lines are kept; hyper refuses more (RFC 9112 §7.1.2 leaves the limit to the recipient).
pub const TRAILERS_LIMIT: usize = 16 * 1024;

/// What a tracker finds.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// The first byte of a head, blank lines aside.
    Begun,
    /// A whole head.
    Head(Head),
    /// The trailer lines of the request whose head was found last, with the blank line that ends them.
    Trailers(Bytes),
    /// The end of the request whose head was found last, with the chunks of its body where it had some.
    End(Option<Box<Chunks>>),
}

/// Where in the stream a tracker is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Between two requests, or before the first.
    Idle,
    /// Within a head, or after something that is no head.
    Head,
    /// Within a body.
    Body,
    /// Past the preface of HTTP/2.
    Http2,
    /// It has stopped looking.
    Stopped,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Blank lines, then a head; `begun` once there was anything but blank lines.
    Head {
        begun: bool,
    },
    /// This many bytes of the preface have come.
    Preface(usize),
    /// HTTP/2, of which this many bytes are kept.
    Http2(usize),
    /// Body bytes still to come.
    Sized(u64),
    /// A chunk's size line; `past` once its digits have ended.
    ChunkSize {
        size: u64,
        past: bool,
    },
    /// Bytes of this chunk still to come.
    Chunk(u64),
    /// The line end after a chunk.
    ChunkEnd,
    Trailers,
    /// What came is no head; the bytes are kept for the record.
    Refused,
    Stopped,
}

/// Nothing of the next request has come.
const IDLE: State = State::Head { begun: false };

/// What the line that is being read holds so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Line {
    Empty,
    /// Nothing but one carriage return.
    Cr,
    Text,
}

impl Line {
    fn and(self, more: &[u8]) -> Self {
        match (self, more) {
            (line, []) => line,
            (Self::Empty, [b'\r']) => Self::Cr,
            _ => Self::Text,
        }
    }
}

/// The chunks of a body so far.
#[derive(Debug, Default)]
struct Framing {
    sizes: Vec<u64>,
    count: u64,
    extensions: bool,
}

impl Framing {
    fn chunk(&mut self, size: u64) {
        self.count += 1;
        if self.sizes.len() < Chunks::KEPT {
            self.sizes.push(size);
        }
    }

    fn take(&mut self) -> Chunks {
        let Self { sizes, count, extensions } = std::mem::take(self);
        Chunks { sizes: sizes.into(), count, extensions }
    }
}

/// See the head of this file.
#[derive(Debug)]
pub struct Tracker {
    state: State,
    line: Line,
    framing: Framing,
    /// The bytes so far of a head, of trailers, or of what was refused.
    partial: Vec<u8>,
    max_head: usize,
    first: bool,
}

impl Tracker {
    /// A tracker at the start of a connection. A head larger than `max_head` bytes is given up.
    pub fn new(max_head: usize) -> Self {
        Self { state: IDLE, line: Line::Empty, framing: Framing::default(), partial: Vec::new(), max_head, first: true }
    }

    /// Takes the next bytes of the connection and hands over what was found in them, in order.
    pub fn feed(&mut self, mut bytes: &[u8], found: &mut impl FnMut(Found)) {
        while !bytes.is_empty() {
            let used = match self.state {
                State::Head { begun } => self.head(bytes, begun, found),
                State::Sized(left) => {
                    let used = self.skip(bytes, left, State::Sized, IDLE);
                    if self.state == IDLE {
                        found(Found::End(None));
                    }
                    used
                }
                State::Chunk(left) => self.skip(bytes, left, State::Chunk, State::ChunkEnd),
                State::ChunkSize { size, past } => self.chunk_size(bytes, size, past),
                State::ChunkEnd => memchr(b'\n', bytes).map_or(bytes.len(), |at| {
                    self.state = State::ChunkSize { size: 0, past: false };
                    at + 1
                }),
                State::Trailers => self.trailers(bytes, found),
                State::Preface(matched) => self.preface(bytes, matched),
                State::Http2(limit) => self.keep(bytes, limit),
                State::Refused => self.keep(bytes, Rejected::RAW_LIMIT),
                State::Stopped => return,
            };
            bytes = bytes.get(used..).unwrap_or_default();
        }
    }

    /// Where in the stream this is.
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Head { begun: false } => Phase::Idle,
            State::Head { begun: true } | State::Preface(_) | State::Refused => Phase::Head,
            State::Sized(_) | State::ChunkSize { .. } | State::Chunk(_) | State::ChunkEnd | State::Trailers => {
                Phase::Body
            }
            State::Http2(_) => Phase::Http2,
            State::Stopped => Phase::Stopped,
        }
    }

    /// Stops looking, for good.
    pub fn stop(&mut self) {
        self.state = State::Stopped;
        self.partial = Vec::new();
        self.framing = Framing::default();
    }

    /// The chunks so far of a body that has not ended.
    pub fn chunks(&mut self) -> Option<Box<Chunks>> {
        let chunked =
            matches!(self.state, State::ChunkSize { .. } | State::Chunk(_) | State::ChunkEnd | State::Trailers);
        chunked.then(|| Box::new(self.framing.take()))
    }

    /// Lets go of the first bytes of an HTTP/2 connection: a request has come.
    pub fn forget(&mut self) {
        if let State::Http2(limit @ 1..) = &mut self.state {
            *limit = 0;
            self.partial = Vec::new();
        }
    }

    /// The bytes of a head that is not whole, or of what was no head; nothing between requests and within bodies.
    pub fn unfinished(&self) -> Option<&[u8]> {
        let kept = matches!(self.phase(), Phase::Head | Phase::Http2) && !self.partial.is_empty();
        kept.then(|| self.partial.get(..Rejected::RAW_LIMIT).unwrap_or(&self.partial))
    }

    /// Skips `left` bytes, as far as they are here.
    fn skip(&mut self, bytes: &[u8], left: u64, more: fn(u64) -> State, then: State) -> usize {
        let used = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let left = left - used as u64;
        self.state = if left == 0 { then } else { more(left) };
        used
    }

    fn keep(&mut self, bytes: &[u8], limit: usize) -> usize {
        let room = limit.saturating_sub(self.partial.len());
        self.partial.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        bytes.len()
    }

    /// Reads lines up to a blank one; gives where that ends. With `lead`, blank lines before the first text do not count.
    fn blank_line(&mut self, bytes: &[u8], lead: &mut bool) -> Option<usize> {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let end = memchr(b'\n', rest);
            let line = self.line.and(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default());
            let blank = line != Line::Text;
            let counts = !*lead;
            *lead &= blank;
            let Some(end) = end else {
                self.line = line;
                return None;
            };
            self.line = Line::Empty;
            at += end + 1;
            if blank && counts {
                return Some(at);
            }
        }
    }

    fn head(&mut self, bytes: &[u8], begun: bool, found: &mut impl FnMut(Found)) -> usize {
        let mut lead = !begun;
        let end = self.blank_line(bytes, &mut lead);
        if !begun && !lead {
            self.state = State::Head { begun: true };
            found(Found::Begun);
        }
        let used = end.unwrap_or(bytes.len());
        if self.partial.len() + used > self.max_head {
            self.state = State::Refused;
            return self.keep(bytes, Rejected::RAW_LIMIT);
        }
        let part = bytes.get(..used).unwrap_or_default();
        if end.is_none() {
            self.partial.extend_from_slice(part);
            return used;
        }
        // The bytes once more, should they be no head; in the usual case those that were handed in.
        let (head, raw) = if self.partial.is_empty() {
            (Bytes::copy_from_slice(part), None)
        } else {
            self.partial.extend_from_slice(part);
            let head = Bytes::from(std::mem::take(&mut self.partial).into_boxed_slice());
            (head.clone(), Some(head))
        };
        if let Ok(head) = Head::parse(head) {
            self.state = body_of(&head);
            found(Found::Head(head));
            if self.state == IDLE {
                found(Found::End(None));
            }
        } else {
            let raw = raw.as_deref().unwrap_or(part);
            let preface = self.first && PREFACE.starts_with(raw);
            self.state = if preface { State::Preface(raw.len()) } else { State::Refused };
            self.partial.extend_from_slice(raw.get(..Rejected::RAW_LIMIT).unwrap_or(raw));
        }
        self.first = false;
        used
    }

    fn preface(&mut self, bytes: &[u8], matched: usize) -> usize {
        let expected = PREFACE.get(matched..).unwrap_or_default();
        let used = expected.len().min(bytes.len());
        let matched = matched + used;
        self.state = if expected.get(..used) != bytes.get(..used) {
            State::Refused
        } else if matched == PREFACE.len() {
            State::Http2(HTTP2_RAW_LIMIT)
        } else {
            State::Preface(matched)
        };
        self.keep(bytes.get(..used).unwrap_or_default(), Rejected::RAW_LIMIT)
    }

    fn chunk_size(&mut self, bytes: &[u8], mut size: u64, mut past: bool) -> usize {
        let end = memchr(b'\n', bytes);
        let line = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        let mut digits = line.iter().map_while(|byte| char::from(*byte).to_digit(16));
        while let Some(digit) = (!past).then(|| digits.next()).flatten() {
            let Some(next) = size.checked_mul(16).and_then(|size| size.checked_add(u64::from(digit))) else {
                self.stop();
                return bytes.len();
            };
            size = next;
        }
        past |= line.iter().any(|byte| !byte.is_ascii_hexdigit());
        self.framing.extensions |= memchr(b';', line).is_some();
        if end.is_some() && size > 0 {
            self.framing.chunk(size);
        }
        self.state = match (end, size) {
            (None, size) => State::ChunkSize { size, past },
            (Some(_), 0) => State::Trailers,
            (Some(_), size) => State::Chunk(size),
        };
        end.map_or(bytes.len(), |end| end + 1)
    }

    fn trailers(&mut self, bytes: &[u8], found: &mut impl FnMut(Found)) -> usize {
        let end = self.blank_line(bytes, &mut false);
        let used = end.unwrap_or(bytes.len());
        let room = TRAILERS_LIMIT.saturating_sub(self.partial.len());
        self.partial.extend_from_slice(bytes.get(..used.min(room)).unwrap_or_default());
        if end.is_some() {
            let lines = std::mem::take(&mut self.partial);
            if lines.len() > 2 {
                found(Found::Trailers(Bytes::from(lines.into_boxed_slice())));
            }
            self.state = IDLE;
            found(Found::End(Some(Box::new(self.framing.take()))));
        }
        used
    }
}

/// How the body after a head is framed (RFC 9112 §6.3). What hyper refuses need not be told apart here.
fn body_of(head: &Head) -> State {
    let mut length = 0;
    for header in head.headers() {
        if header.is("transfer-encoding") {
            return State::ChunkSize { size: 0, past: false };
        }
        if header.is("content-length") {
            let digits = std::str::from_utf8(header.value).ok().filter(|text| !text.starts_with('+'));
            let Some(parsed) = digits.and_then(|text| text.parse().ok()) else { return State::Stopped };
            length = parsed;
        }
    }
    if length == 0 { IDLE } else { State::Sized(length) }
}
