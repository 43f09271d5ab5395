//! An attempt: one sending of a capture to a target, what was changed on the way, and how it ended.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::{CaptureId, Ledger, Seq};

/// The name of an attempt within this run of creel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AttemptId(pub u64);

/// How an attempt ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The target answered.
    Replied(Box<Reply>),
    /// It did not.
    Failed(Failure),
    /// The user ended it.
    Cancelled,
}

/// What a target answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The words after it, where the target sent any.
    pub reason: String,
    /// Header lines in the order they came.
    pub headers: Vec<(Bytes, Bytes)>,
    /// The body, up to the limit.
    pub body: Bytes,
    /// How many bytes of body came in all before the end or the stop.
    pub body_received: u64,
    /// Why the body is not whole, if it is not: over the limit, closed early, or too slow.
    pub body_cut: Option<String>,
}

/// Why an attempt got no answer. `kind` is for scripts and rules, `sentence` for people: what happened, to what, and
/// what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct Failure {
    /// One of `refused`, `unresolved`, `unreachable`, `tls`, `timeout`, `closed`, `protocol`, `forbidden`, `truncated`,
    /// `busy`, `unreadable`, `unsigned`.
    pub kind: &'static str,
    /// The whole sentence.
    pub sentence: String,
}

/// One sending of a capture to a target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// Its name.
    pub id: AttemptId,
    /// The capture that was sent.
    pub capture: CaptureId,
    /// The capture's place in the ring.
    pub seq: Seq,
    /// The URL it was sent to, whole.
    pub target: String,
    /// When it was begun.
    pub started_at: Timestamp,
    /// How long it took; nothing while it is under way.
    pub duration: Option<Duration>,
    /// What was sent otherwise than captured: as planned while it is under way, as done once it has ended.
    pub ledger: Ledger,
    /// How it ended; nothing while it is under way.
    pub outcome: Option<Outcome>,
    /// How long its parts took, as far as it came.
    pub timings: Timings,
    /// What its user calls the target: its name, else its URL; nothing in what an earlier creel kept.
    pub to: Option<String>,
    /// Which try it was, from 1, where it was forwarded as it came; nothing for a replay by hand.
    pub forwarded: Option<u32>,
}

/// How long the parts of an attempt took, one after the other. What did not come to its end has no time, and neither has
/// what there was no need for: the looking up of an address, TLS on plain HTTP.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Timings {
    /// The looking up of the name.
    pub dns: Option<Duration>,
    /// The TCP connection.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the connection to the first byte of the answer, the sending of the request included.
    pub first_byte: Option<Duration>,
}

impl Timings {
    /// The parts that have a time, with their names in JSON output and on the screen.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        let all = [("dns", self.dns), ("connect", self.connect), ("tls", self.tls), ("first_byte", self.first_byte)];
        all.into_iter().filter_map(|(name, time)| Some((name, time?)))
    }
}

impl Attempt {
    /// The status that the target answered with.
    pub fn status(&self) -> Option<u16> {
        match &self.outcome {
            Some(Outcome::Replied(reply)) => Some(reply.status),
            _ => None,
        }
    }
}
