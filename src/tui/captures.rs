//! What the interface knows of the ring: the captures it was told of, less what has left.
//!
//! A mirror of reference-counted pointers, brought up to date by [`Changes`]; so updating and drawing never take the
//! store's lock. Between two updates it may hold captures that the ring has let go: at most one batch, and the one that
//! the inspector shows.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use crate::model::{Capture, Rejected, Seq};
use crate::store::{Changes, Stats};

/// How many rejected requests are kept for the screen.
const REJECTED: usize = 64;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct Captures {
    held: VecDeque<Arc<Capture>>,
    pinned: BTreeSet<Seq>,
    last: Seq,
    rejections: u64,
    rejected: VecDeque<Arc<Rejected>>,
    stats: Stats,
}

impl Captures {
    /// Takes in what the store told; returns whether anything left.
    pub fn apply(&mut self, changes: &Changes) -> bool {
        for capture in &changes.new {
            self.last = self.last.max(capture.seq);
            self.held.push_back(Arc::clone(capture));
        }
        self.rejections = changes.rejections;
        self.rejected.extend(changes.rejected.iter().cloned());
        let over = self.rejected.len().saturating_sub(REJECTED);
        self.rejected.drain(..over);
        self.stats = changes.stats;
        let before = self.held.len();
        changes.early.iter().for_each(|seq| self.remove(*seq));
        self.forget_below(changes.floor) || self.held.len() < before
    }

    /// Lets go of what is older than `floor` and not pinned.
    fn forget_below(&mut self, floor: Seq) -> bool {
        let passed = self.held.partition_point(|capture| capture.seq < floor);
        let kept: Vec<_> = self.held.drain(..passed).filter(|capture| self.pinned.contains(&capture.seq)).collect();
        let left = kept.len() < passed;
        for capture in kept.into_iter().rev() {
            self.held.push_front(capture);
        }
        left
    }

    /// Forgets a capture that was deleted.
    pub fn remove(&mut self, seq: Seq) {
        self.pinned.remove(&seq);
        if let Some(at) = self.position(seq) {
            self.held.remove(at);
        }
    }

    /// Forgets everything that is not pinned.
    pub fn clear(&mut self) {
        self.held.retain(|capture| self.pinned.contains(&capture.seq));
    }

    /// Marks a capture as pinned or not.
    pub fn set_pinned(&mut self, seq: Seq, pinned: bool) {
        if pinned {
            self.pinned.insert(seq);
        } else {
            self.pinned.remove(&seq);
        }
    }

    /// Whether a capture is pinned.
    pub fn is_pinned(&self, seq: Seq) -> bool {
        self.pinned.contains(&seq)
    }

    fn position(&self, seq: Seq) -> Option<usize> {
        self.held.binary_search_by_key(&seq, |capture| capture.seq).ok()
    }

    /// The capture of that number.
    pub fn get(&self, seq: Seq) -> Option<&Arc<Capture>> {
        self.held.get(self.position(seq)?)
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Capture>> + ExactSizeIterator {
        self.held.iter()
    }

    /// How many are here.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// What to ask the store with next time.
    pub fn cursor(&self) -> (Seq, u64) {
        (self.last, self.rejections)
    }

    /// The counters as the store last told them.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// The newest rejected requests, oldest first.
    pub fn rejected(&self) -> impl DoubleEndedIterator<Item = &Arc<Rejected>> {
        self.rejected.iter()
    }
}
