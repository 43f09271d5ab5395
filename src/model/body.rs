//! A request body: the bytes after transfer-decoding, and how they ended.
//!
//! Decided: a body that did not arrive whole is still a body, with what came and the reason it stopped; and the SHA-256
//! is made when someone asks, because hashing every body would cost more than receiving it. Where the bytes are is a
//! matter of [`Content`]: whoever asks for them is made to say what becomes of those that are not in memory.

use std::{fmt, io, sync::OnceLock};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{Content, Refusal, Size};

/// How the reading of a body ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BodyEnd {
    /// All of it came and all of it is kept.
    Complete,
    /// It passed the limit, in bytes; what came before that is kept.
    OverLimit(u64),
    /// It passed what all spool files may take together, in bytes; what came before that is kept.
    SpoolFull(u64),
    /// It could not be written to the disk, for the reason given; its beginning is kept.
    DiskFailed(Box<str>),
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
    /// It, or the rest of it, is not in the file that the capture was read from, for the reason given.
    LeftOut(Box<str>),
}

impl BodyEnd {
    /// Every way to end: its name in output and queries, and what it means.
    pub const TABLE: [(&'static str, &'static str); 11] = [
        ("complete", "all of it is here"),
        ("over_limit", "cut at --max-body"),
        ("closed_early", "the sender closed the connection"),
        ("timed_out", "the sender stopped sending"),
        ("malformed", "the framing was wrong"),
        ("abandoned", "creel was stopped"),
        ("reset", "the sender reset its stream"),
        ("shed", "turned away under load"),
        ("spool_full", "cut at --spool-bytes"),
        ("disk_failed", "the disk did not take it"),
        ("left_out", "not in the file that was read"),
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
            Self::SpoolFull(_) => 8,
            Self::DiskFailed(_) => 9,
            Self::LeftOut(_) => 10,
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
            Self::SpoolFull(limit) => {
                format!("cut, because large bodies may take {} of disk together (--spool-bytes)", Size(*limit))
            }
            Self::DiskFailed(why) => format!("cut, because the disk does not take it: {why}"),
            Self::ClosedEarly => "the sender closed the connection before the end".to_owned(),
            Self::TimedOut => "the sender stopped sending before the end".to_owned(),
            Self::Malformed(why) => format!("the framing was wrong: {why}"),
            Self::Abandoned => "creel stopped reading before the end".to_owned(),
            Self::Reset => "reset by the sender before the end".to_owned(),
            Self::Shed(Refusal::RateLimited) => "not read: more requests came than --rate lets in".to_owned(),
            Self::Shed(Refusal::TooManyConnections) => "not read: too many connections were open".to_owned(),
            Self::Shed(_) => "not kept: too many bytes were being received at once".to_owned(),
            Self::LeftOut(why) => format!("not in the file that was read: {why}"),
        })
    }
}

/// The bytes of a body, and how they came.
#[derive(Clone)]
pub struct Body {
    content: Content,
    declared: Option<u64>,
    received: u64,
    end: BodyEnd,
    sha256: OnceLock<[u8; 32]>,
}

impl Body {
    /// A body that came whole, in memory.
    pub fn complete(bytes: Bytes) -> Self {
        let received = bytes.len() as u64;
        Self::new(bytes, None, received, BodyEnd::Complete)
    }

    /// A body of which `received` bytes came and `bytes` were kept, in memory. `declared` is what `Content-Length` said.
    pub fn new(bytes: Bytes, declared: Option<u64>, received: u64, end: BodyEnd) -> Self {
        Self::of(bytes.into(), declared, received, end)
    }

    /// The same for bytes that may be in a file.
    pub fn of(content: Content, declared: Option<u64>, received: u64, end: BodyEnd) -> Self {
        Self { content, declared, received, end, sha256: OnceLock::new() }
    }

    /// The bytes that are kept, wherever they are: those on the wire, transfer coding removed, content coding left as it
    /// was.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The bytes that are kept, where they are all in memory; see [`content`](Self::content) for those in a file.
    pub fn bytes(&self) -> Option<&Bytes> {
        self.content.bytes()
    }

    /// The bytes that are in memory: all that are kept, or the first of a spooled body.
    pub fn first(&self) -> &Bytes {
        self.content.first()
    }

    /// Whether the bytes are in a file.
    pub fn is_spooled(&self) -> bool {
        self.content.spooled().is_some()
    }

    /// How many bytes are kept.
    pub fn len(&self) -> usize {
        self.content.len()
    }

    /// Whether no byte is kept.
    pub fn is_empty(&self) -> bool {
        self.content.is_empty()
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

    /// SHA-256 of the bytes that are kept; made at the first call, which reads a spooled body from the disk and therefore
    /// has no place on the interface's loop. Fails where the disk does.
    pub fn sha256(&self) -> io::Result<&[u8; 32]> {
        if let Some(known) = self.sha256.get() {
            return Ok(known);
        }
        let mut hash = Sha256::new();
        for piece in self.content.pieces() {
            hash.update(piece?);
        }
        Ok(self.sha256.get_or_init(|| hash.finalize().into()))
    }

    /// The same where it has been made already.
    pub fn known_sha256(&self) -> Option<&[u8; 32]> {
        self.sha256.get()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("len", &self.len()).field("end", &self.end).finish_non_exhaustive()
    }
}
