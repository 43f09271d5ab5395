//! What readers are told of captures that are forwarded as they come: the attempts, and the answers that come later.
//!
//! Decided: as with captures, readers are told that there is something and ask for what they lack by number. What they are
//! too slow for is counted and is in the inbox all the same. An attempt that is under way can be ended by its number.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

use super::{inbox::Order, shared::Store};
use crate::model::{Attempt, AttemptId, AttemptIds, Capture, Outcome, Seq};

/// How many events are kept, and how many bytes of replies in them.
const KEPT: (usize, usize) = (4096, 32 << 20);

/// Something that happened to what is forwarded.
#[derive(Clone, Debug)]
pub enum Forwarded {
    /// An attempt was begun, or has ended.
    Attempt(Arc<Attempt>),
    /// The sender of that capture has been answered.
    Answered(Seq),
}

impl Forwarded {
    fn bytes(&self) -> usize {
        match self {
            Self::Attempt(attempt) => match &attempt.outcome {
                Some(Outcome::Replied(reply)) => reply.body.len(),
                _ => 0,
            },
            Self::Answered(_) => 0,
        }
    }
}

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Forwards(Mutex<Log>);

#[derive(Debug, Default)]
struct Log {
    events: VecDeque<Forwarded>,
    bytes: usize,
    /// How many there have been in all.
    count: u64,
    under_way: HashMap<AttemptId, CancellationToken>,
}

impl Log {
    fn push(&mut self, event: Forwarded) {
        self.count += 1;
        self.bytes += event.bytes();
        self.events.push_back(event);
        while self.events.len() > KEPT.0 || (self.bytes > KEPT.1 && self.events.len() > 1) {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= oldest.bytes();
        }
    }
}

impl Forwards {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Where attempts get their numbers from.
    pub fn attempt_ids(&self) -> &AttemptIds {
        &self.inner.ids
    }

    /// Tells readers of an attempt that was begun. The token is cancelled where somebody wants it to end.
    pub fn begin_attempt(&self, attempt: Attempt) -> CancellationToken {
        let token = CancellationToken::new();
        let mut log = self.inner.forwards.log();
        log.under_way.insert(attempt.id, token.clone());
        log.push(Forwarded::Attempt(Arc::new(attempt)));
        drop(log);
        self.changed();
        token
    }

    /// Tells readers of an attempt that has ended, and keeps it in the inbox.
    pub fn end_attempt(&self, attempt: Attempt) {
        let mut log = self.inner.forwards.log();
        log.under_way.remove(&attempt.id);
        log.push(Forwarded::Attempt(Arc::new(attempt.clone())));
        drop(log);
        self.keep_attempt(attempt);
        self.changed();
    }

    /// Ends an attempt that is under way.
    pub fn cancel_attempt(&self, id: AttemptId) {
        if let Some(token) = self.inner.forwards.log().under_way.remove(&id) {
            token.cancel();
        }
    }

    /// Tells readers and the inbox that the answer to a capture is there.
    pub fn answered(&self, capture: &Arc<Capture>) {
        self.inner.forwards.log().push(Forwarded::Answered(capture.seq));
        self.order(|| Order::Answered(Arc::clone(capture)));
        self.changed();
    }

    /// What happened after the first `count` events, how many there have been now, and how many of those in between are
    /// not kept any more.
    pub fn forwarded_since(&self, count: u64) -> (Vec<Forwarded>, u64, u64) {
        let log = self.inner.forwards.log();
        let wanted = log.count.saturating_sub(count);
        let kept = (log.events.len() as u64).min(wanted);
        let events = log.events.iter().skip(log.events.len() - kept as usize).cloned().collect();
        (events, log.count, wanted - kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Limits;

    #[test]
    fn whoever_asks_gets_what_he_lacks_and_hears_of_what_is_lost() {
        let store = Store::new(Limits::default());
        for seq in 0..5_000 {
            store.inner.forwards.log().push(Forwarded::Answered(Seq(seq)));
        }
        let (events, count, lost) = store.forwarded_since(0);
        assert_eq!((events.len(), count, lost), (KEPT.0, 5_000, 5_000 - KEPT.0 as u64));
        let (events, count, lost) = store.forwarded_since(4_998);
        assert!(matches!(events.as_slice(), [Forwarded::Answered(Seq(4_998)), Forwarded::Answered(Seq(4_999))]));
        assert_eq!((count, lost, store.forwarded_since(count).0.len()), (5_000, 0, 0));
    }
}
