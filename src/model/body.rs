//! A request body: the bytes after transfer-decoding, and how they ended.
//!
//! Decided: a body that did not arrive whole is still a body, with what came and the reason it stopped; and the SHA-256
//! is made when someone asks, because hashing every body would cost more than receiving it.

use std::{fmt, sync::OnceLock};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{Refusal, Size};

/// How the reading of a body ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BodyEnd {
    /// All of it came and all of it is kept.
    Complete,
    /// It passed the limit, in bytes; what came before that is kept.
    OverLimit(u64),
    /// The sender closed the connection before the end.
    ClosedEarly,
    /// Nothing came for too long, or the whole took too long.
    TimedOut,
    /// The framing was wrong; the text says how.
    Malformed(Box<str>),
    /// creel was stopped while it came.
    Abandoned,
    /// The sender took the request back: it reset its HTTP/2 stream (RFC 9113 §6.4).
    Reset,
    /// It was not read, or not to its end, and nothing of it was kept, because there was too much to do.
    Shed(Refusal),
}

impl BodyEnd {
    /// Every way to end: its name in output and queries, and what it means.
    pub const TABLE: [(&'static str, &'static str); 8] = [
        ("complete", "all of it is here"),
        ("over_limit", "cut at --max-body"),
        ("closed_early", "the sender closed the connection"),
        ("timed_out", "the sender stopped sending"),
        ("malformed", "the framing was wrong"),
        ("abandoned", "creel was stopped"),
        ("reset", "the sender reset its stream"),
        ("shed", "turned away under load"),
    ];

    /// Its name in output and queries.
    pub fn name(&self) -> &'static str {
        let at = match self {
            Self::Complete => 0,
            Self::OverLimit(_) => 1,
            Self::ClosedEarly => 2,
            Self::TimedOut => 3,
            Self::Malformed(_) => 4,
            Self::Abandoned => 5,
            Self::Reset => 6,
            Self::Shed(_) => 7,
        };
        Self::TABLE.get(at).map_or("", |row| row.0)
    }

    /// Whether a capture that ends so is a mark on the margin; see [`Capture::is_marginal`](super::Capture::is_marginal).
    pub fn is_marginal(&self) -> bool {
        matches!(self, Self::Reset | Self::Shed(_))
    }

    /// One sentence for a reader, or nothing when the body is complete.
    pub fn sentence(&self) -> Option<String> {
        Some(match self {
            Self::Complete => return None,
            Self::OverLimit(limit) => format!("cut at the limit of {} (--max-body)", Size(*limit)),
            Self::ClosedEarly => "the sender closed the connection before the end".to_owned(),
            Self::TimedOut => "the sender stopped sending before the end".to_owned(),
            Self::Malformed(why) => format!("the framing was wrong: {why}"),
            Self::Abandoned => "creel stopped reading before the end".to_owned(),
            Self::Reset => "reset by the sender before the end".to_owned(),
            Self::Shed(Refusal::RateLimited) => "not read: more requests came than --rate lets in".to_owned(),
            Self::Shed(Refusal::TooManyConnections) => "not read: too many connections were open".to_owned(),
            Self::Shed(_) => "not kept: too many bytes were being received at once".to_owned(),
        })
    }
}

/// The bytes of a body.
#[derive(Clone)]
pub struct Body {
    bytes: Bytes,
    declared: Option<u64>,
    received: u64,
    end: BodyEnd,
    sha256: OnceLock<[u8; 32]>,
}

impl Body {
    /// A body that came whole.
    pub fn complete(bytes: Bytes) -> Self {
        let received = bytes.len() as u64;
        Self { bytes, declared: None, received, end: BodyEnd::Complete, sha256: OnceLock::new() }
    }

    /// A body of which `received` bytes came and `bytes` were kept. `declared` is what `Content-Length` said.
    pub fn new(bytes: Bytes, declared: Option<u64>, received: u64, end: BodyEnd) -> Self {
        Self { bytes, declared, received, end, sha256: OnceLock::new() }
    }

    /// The bytes that are kept: those on the wire, transfer coding removed, content coding left as it was.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// How many bytes are kept.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether no byte is kept.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The length that `Content-Length` declared.
    pub fn declared(&self) -> Option<u64> {
        self.declared
    }

    /// How many bytes came, kept or not.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// How the reading ended.
    pub fn end(&self) -> &BodyEnd {
        &self.end
    }

    /// Whether this is less than what the sender meant to send.
    pub fn is_truncated(&self) -> bool {
        self.end != BodyEnd::Complete
    }

    /// SHA-256 of the bytes that are kept; made at the first call.
    pub fn sha256(&self) -> &[u8; 32] {
        self.sha256.get_or_init(|| Sha256::digest(&self.bytes).into())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("len", &self.len()).field("end", &self.end).finish_non_exhaustive()
    }
}
