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
    /// `unreadable`.
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
