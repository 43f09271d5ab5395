//! What the wire showed of a request beside its head, its body and its trailers: when each part was whole, how the body was
//! cut into chunks, and whether the sender was told to go on.
//!
//! Decided: durations are counted from the first byte of the head, on a clock that never goes back. Over HTTP/1 they are
//! those of the bytes as they came in. Over HTTP/2 creel sees requests only once their head is whole: there the first byte
//! and the head are one moment, and the body is whole when its last frame was handed over.

use std::{sync::OnceLock, time::Duration};

use super::{Odd, sender::Sender};

/// When each part of a request was there, counted from its first byte.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Timing {
    /// The head was whole.
    pub head: Duration,
    /// The body was whole; nothing where it never was.
    pub body: Option<Duration>,
    /// The answer was ready.
    pub answered: Duration,
}

impl Timing {
    /// A request of which only the moment of its answer is known.
    pub fn answered(after: Duration) -> Self {
        Self { answered: after, ..Self::default() }
    }
}

/// How a body was cut into chunks (RFC 9112 §7.1).
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Chunks {
    /// The sizes of the first [`Self::KEPT`] chunks in bytes, without the last one, which is empty.
    pub sizes: Box<[u64]>,
    /// How many chunks there were, without the last one.
    pub count: u64,
    /// Whether any of them, or the last one, had an extension.
    pub extensions: bool,
}

impl Chunks {
    /// How many sizes are kept.
    pub const KEPT: usize = 1024;
}

/// See the head of this file.
#[derive(Clone, Default, Debug)]
pub struct Wire {
    /// The chunks of a body that came in chunks.
    pub chunks: Option<Box<Chunks>>,
    /// Whether the sender, who asked for it by `Expect: 100-continue`, was told to go on (RFC 9110 §10.1.1); nothing where
    /// it did not ask.
    pub continued: Option<bool>,
    /// What is odd about the request; made at the first call.
    pub(super) odd: OnceLock<Odd>,
    /// Who sent it; found out at the first call.
    pub(super) sender: Sender,
}

impl Wire {
    /// What was seen of chunks and of `100-continue`.
    pub fn new(chunks: Option<Box<Chunks>>, continued: Option<bool>) -> Self {
        Self { chunks, continued, ..Self::default() }
    }

    /// The same, with oddities that are known already and cannot be seen in a head that was written again.
    #[must_use]
    pub fn with_odd(self, odd: Odd) -> Self {
        Self { odd: OnceLock::from(odd), ..self }
    }

    /// The oddities, where they are known already.
    pub fn known_odd(&self) -> Option<Odd> {
        self.odd.get().copied()
    }

    /// What this costs in memory beside itself, in bytes.
    pub fn cost(&self) -> usize {
        self.chunks.as_ref().map_or(0, |chunks| size_of::<Chunks>() + size_of_val::<[u64]>(&chunks.sizes))
    }
}
