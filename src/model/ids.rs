//! Numbers for attempts, which replays and forwards draw from alike.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::AttemptId;

/// Gives each attempt of a run a number of its own, from 1. All clones count together.
#[derive(Clone, Debug, Default)]
pub struct AttemptIds(Arc<AtomicU64>);

impl AttemptIds {
    /// Goes on after that number.
    pub fn after(last: u64) -> Self {
        Self(Arc::new(AtomicU64::new(last)))
    }

    /// The next one.
    pub fn next(&self) -> AttemptId {
        AttemptId(self.0.fetch_add(1, Relaxed) + 1)
    }
}
