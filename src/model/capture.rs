//! A capture: one received HTTP request exactly as it came, immutable once stored.

use std::{any::Any, fmt, net::SocketAddr, str::FromStr};

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Body, Given, Head, Odd, Origin, Timing, Wire, sender::Sender};

/// The name of a capture for the world outside: a UUID of version 7 (RFC 9562 §5.7), so that names sort by time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaptureId(Uuid);

impl CaptureId {
    /// A new name.
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// A new name for what came at that time, so that it sorts there.
    pub fn at(time: Timestamp) -> Self {
        let seconds = u64::try_from(time.as_second()).unwrap_or_default();
        let nanos = u32::try_from(time.subsec_nanosecond()).unwrap_or_default();
        Self(Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos)))
    }

    /// A name made of a number, for tests and pictures that must come out the same each time.
    pub const fn fixed(number: u128) -> Self {
        Self(Uuid::from_u128(number))
    }

    /// Its 16 bytes, which sort as names do.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The name of these 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl Default for CaptureId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for CaptureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for CaptureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CaptureId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The place of a capture in its ring: 1 for the first that came, never used twice. What the interface shows as `#42`
/// and what it knows a capture by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Seq(pub u64);

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// One received request with what was answered.
#[derive(Clone, Debug)]
pub struct Capture {
    /// Its name for the world outside.
    pub id: CaptureId,
    /// Its place in the ring; the store sets it.
    pub seq: Seq,
    /// When its first byte came.
    pub received_at: Timestamp,
    /// Who sent it; unknown for what did not come over a socket.
    pub remote: Option<SocketAddr>,
    /// Method, target, version and headers.
    pub head: Head,
    /// The body.
    pub body: Body,
    /// Trailer fields, as name and value (RFC 9110 §6.5).
    pub trailers: Box<[(Bytes, Bytes)]>,
    /// What the sender got.
    pub answer: Given,
    /// When its parts were there.
    pub timing: Timing,
    /// What the wire showed beside all that.
    pub wire: Wire,
    /// Where it comes from, where it is a draft and nobody sent it.
    pub origin: Option<Origin>,
}

impl Capture {
    /// What is odd about it.
    pub fn odd(&self) -> Odd {
        *self.wire.odd.get_or_init(|| Odd::of(&self.head, self.body.received(), &self.wire))
    }

    /// Who sent it, as `find` finds out; asked once for as long as the capture lives.
    pub fn sender<T: Any + Clone + Send + Sync>(&self, find: impl Fn() -> T) -> T {
        Sender::of(self, find)
    }

    /// When its parts were there, and its answer, which may have come after it was stored.
    pub fn times(&self) -> Timing {
        Timing { answered: self.answer.after().unwrap_or(self.timing.answered), ..self.timing }
    }

    /// Whether it is a mark on the margin: of a sender that was turned away, or that took its request back. A flood of them
    /// must not push out what was caught, so a ring keeps them in a small share of its own.
    pub fn is_marginal(&self) -> bool {
        self.body.end().is_marginal()
    }

    /// What keeping this costs, in bytes of memory: head, body, trailers, chunk sizes and the structures around them. Of a
    /// spooled body only what is in memory; the rest is [`spooled`](Self::spooled).
    pub fn cost(&self) -> usize {
        // Two reference counts, the slot in the ring and the headers of three heap blocks.
        const AROUND: usize = 16 + 8 + 48;
        let trailers: usize =
            self.trailers.iter().map(|(name, value)| name.len() + value.len() + size_of::<(Bytes, Bytes)>()).sum();
        size_of::<Self>()
            + AROUND
            + self.head.cost()
            + self.body.first().len()
            + trailers
            + self.wire.cost()
            + self.answer.reserved()
    }

    /// What keeping this costs, in bytes of disk.
    pub fn spooled(&self) -> u64 {
        self.body.content().spooled().map_or(0, |spooled| spooled.len() as u64)
    }
}
