//! Passing an answer on while it comes: to whoever waits for it, no faster than that one takes it.
//!
//! Decided: the attempt goes on where nobody takes its answer any more, as if nobody ever had; what is kept of the answer
//! is kept either way.

use std::fmt;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::reply::ReplyHead;

/// What takes the head of an answer.
type OnHead = Box<dyn FnOnce(&ReplyHead) + Send>;

/// Somewhere for an answer to go.
pub struct Tee {
    head: Option<OnHead>,
    /// Bytes, and nothing more once all were sent. A channel that ends without that broke off.
    body: Option<mpsc::Sender<Option<Bytes>>>,
}

impl fmt::Debug for Tee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tee").field("passes", &self.body.is_some()).finish_non_exhaustive()
    }
}

impl Tee {
    /// Calls `head` once the head of the final answer is there; the body goes into the channel.
    pub fn new(head: impl FnOnce(&ReplyHead) + Send + 'static, body: mpsc::Sender<Option<Bytes>>) -> Self {
        Self { head: Some(Box::new(head)), body: Some(body) }
    }

    /// For answers that nobody waits for.
    pub const fn nowhere() -> Self {
        Self { head: None, body: None }
    }

    /// Whether there was an answer whose head has gone on.
    pub fn has_passed(&self) -> bool {
        self.head.is_none()
    }

    pub(super) fn head(&mut self, head: &ReplyHead) {
        if let Some(pass) = self.head.take() {
            pass(head);
        }
    }

    /// Passes bytes on; says whether anybody takes what follows.
    pub(super) async fn data(&mut self, bytes: &Bytes) -> bool {
        let Some(body) = &self.body else { return false };
        if body.send(Some(bytes.clone())).await.is_err() {
            self.body = None;
        }
        self.body.is_some()
    }

    /// Says that this was all.
    pub(super) async fn end(&mut self) {
        if let Some(body) = self.body.take() {
            // Whoever has gone does not need to know.
            let _ = body.send(None).await;
        }
    }
}
