//! What a listener asks whoever sends captures on as they come: whether this one goes on, and what its sender is answered.
//!
//! Decided: the listener knows how to receive and to answer, not how to send; so this is all that the two have between
//! them. A capture is kept before it is sent on, so that a target that hangs, or creel's own end, loses nothing.

use std::{
    fmt,
    sync::{Arc, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::model::{Answer, Capture};

/// What becomes of a capture that came whole.
#[derive(Clone, Debug)]
pub enum Way {
    /// It is kept and answered as configured.
    Stay,
    /// It goes on by the rule of that number; its sender is answered as configured, at once.
    Behind(usize),
    /// It goes on by the rule of that number, and its sender waits for what comes back.
    Wait(usize),
    /// It is kept, goes nowhere, and is answered so, which says why.
    Answer(Arc<Answer>),
}

/// The place of a capture among those that go by one rule. The next one may go once this is dropped.
#[derive(Debug, Default)]
pub struct Ticket {
    /// The number of the rule.
    pub rule: usize,
    /// Ends when the one before has gone; nothing where there is no order to be kept.
    pub after: Option<oneshot::Receiver<()>>,
    /// Tells the one behind.
    pub done: Option<oneshot::Sender<()>>,
}

/// What the next capture by a rule waits for, where their order is kept.
pub type Lane = Option<oneshot::Receiver<()>>;

/// What a target answered, to be given to the sender.
#[derive(Debug)]
pub struct Relayed {
    /// The status.
    pub status: u16,
    /// The header lines that pass.
    pub headers: Vec<(Bytes, Bytes)>,
    /// Why creel answers this and not the target; nothing where the target does.
    pub because: Option<String>,
    /// The body.
    pub body: RelayedBody,
}

/// The body of what is relayed.
#[derive(Debug)]
pub enum RelayedBody {
    /// All of it.
    Whole(Bytes),
    /// As it comes: bytes, and nothing more once all have come. Where the channel ends without that it broke off.
    Streamed(mpsc::Receiver<Option<Bytes>>),
}

/// What a sender waits for.
#[derive(Debug)]
pub struct Awaited {
    /// What comes back. It is never sent where creel stops before.
    pub relayed: oneshot::Receiver<Relayed>,
    /// How long the sender waits at most.
    pub within: Duration,
    /// What it is answered then.
    pub late: Arc<Answer>,
}

/// What sends captures on.
pub trait Onward: fmt::Debug + Send + Sync {
    /// What becomes of a capture. It has no number yet.
    fn way(&self, capture: &Capture) -> Way;

    /// A place for a capture that is about to be kept. While the lane is held nobody else gets one, so that captures go in
    /// the order in which they are kept.
    fn enter(&self, rule: usize) -> (Ticket, Option<MutexGuard<'_, Lane>>);

    /// Sends a capture on. Gives what to wait for, where its sender waits.
    fn go(&self, ticket: Ticket, capture: Arc<Capture>) -> Option<Awaited>;
}
