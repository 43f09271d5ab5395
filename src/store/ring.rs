//! The ring: captures in the order they came, bounded by count and by bytes, the oldest unpinned going first.
//!
//! Decided: what leaves is handed back to the caller, who frees it outside the lock; pinned captures that the ring has
//! passed stand aside in a map, so that a push never looks at more than what it evicts; and pins may take at most half of
//! either bound, or new captures would have nowhere to go. Refused: an index into the ring as a name for anything.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use crate::model::{Capture, Seq};

/// How much a ring keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The number of captures; at least 1.
    pub count: usize,
    /// Their cost in bytes (see [`Capture::cost`]). The newest capture is kept even where it costs more by itself.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { count: 10_000, bytes: 256 * 1024 * 1024 }
    }
}

/// Why a capture was not pinned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PinRefused {
    /// It has left the ring.
    #[error("this capture has left the ring")]
    Gone,
    /// Pins would take more than half of the ring.
    #[error("pinned captures already take half of the ring: unpin one, or start with a larger --ring or --ring-bytes")]
    Full,
}

/// See the head of this file.
#[derive(Debug)]
pub struct Ring {
    limits: Limits,
    /// In order of `seq`, without gaps but for what was deleted.
    recent: VecDeque<Arc<Capture>>,
    /// Pinned captures that are older than all of `recent`.
    aside: BTreeMap<Seq, Arc<Capture>>,
    /// The cost of each pinned capture, wherever it stands.
    pinned: BTreeMap<Seq, usize>,
    bytes: usize,
    last: Seq,
    evicted: u64,
}

impl Ring {
    /// An empty ring.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits: Limits { count: limits.count.max(1), bytes: limits.bytes },
            recent: VecDeque::new(),
            aside: BTreeMap::new(),
            pinned: BTreeMap::new(),
            bytes: 0,
            last: Seq(0),
            evicted: 0,
        }
    }

    /// Stores a capture under the next number and appends what had to leave to `evicted`.
    ///
    /// Amortised O(1). The capture must not be shared yet; it is numbered in place.
    pub fn push(&mut self, mut capture: Arc<Capture>, evicted: &mut Vec<Arc<Capture>>) -> Seq {
        let seq = Seq(self.last.0 + 1);
        self.last = seq;
        Arc::make_mut(&mut capture).seq = seq;
        self.bytes += capture.cost();
        self.recent.push_back(capture);
        self.evict(evicted);
        seq
    }

    fn evict(&mut self, evicted: &mut Vec<Arc<Capture>>) {
        while self.len() > self.limits.count || self.bytes > self.limits.bytes {
            // The newest always stays: one that is larger than the whole ring is still shown.
            if self.recent.len() <= 1 {
                break;
            }
            let Some(oldest) = self.recent.pop_front() else { break };
            if self.pinned.contains_key(&oldest.seq) {
                self.aside.insert(oldest.seq, oldest);
            } else {
                self.bytes -= oldest.cost();
                self.evicted += 1;
                evicted.push(oldest);
            }
        }
    }

    /// The capture of that number, if it is still here.
    pub fn get(&self, seq: Seq) -> Option<&Arc<Capture>> {
        self.aside.get(&seq).or_else(|| self.recent.get(self.position(seq)?))
    }

    fn position(&self, seq: Seq) -> Option<usize> {
        self.recent.binary_search_by_key(&seq, |capture| capture.seq).ok()
    }

    /// Every capture that came after `seq`, oldest first.
    pub fn since(&self, seq: Seq) -> impl Iterator<Item = &Arc<Capture>> {
        let from = self.recent.partition_point(|capture| capture.seq <= seq);
        let aside = self.aside.range((std::ops::Bound::Excluded(seq), std::ops::Bound::Unbounded));
        aside.map(|(_, capture)| capture).chain(self.recent.range(from..))
    }

    /// Keeps a capture until it is unpinned or deleted.
    pub fn pin(&mut self, seq: Seq) -> Result<(), PinRefused> {
        if self.pinned.contains_key(&seq) {
            return Ok(());
        }
        let cost = self.get(seq).ok_or(PinRefused::Gone)?.cost();
        let bytes: usize = self.pinned.values().sum();
        if self.pinned.len() + 1 > self.limits.count / 2 || bytes + cost > self.limits.bytes / 2 {
            return Err(PinRefused::Full);
        }
        self.pinned.insert(seq, cost);
        Ok(())
    }

    /// Lets a capture go in its turn again; one that the ring has passed goes at once.
    pub fn unpin(&mut self, seq: Seq, evicted: &mut Vec<Arc<Capture>>) {
        self.pinned.remove(&seq);
        if let Some(capture) = self.aside.remove(&seq) {
            self.bytes -= capture.cost();
            self.evicted += 1;
            evicted.push(capture);
        }
    }

    /// Deletes a capture, pinned or not, and hands it back.
    pub fn remove(&mut self, seq: Seq) -> Option<Arc<Capture>> {
        self.pinned.remove(&seq);
        let capture = match self.aside.remove(&seq) {
            Some(capture) => capture,
            None => self.recent.remove(self.position(seq)?)?,
        };
        self.bytes -= capture.cost();
        Some(capture)
    }

    /// Deletes everything that is not pinned and hands it back.
    pub fn clear(&mut self) -> Vec<Arc<Capture>> {
        let (stays, goes): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.recent).into_iter().partition(|capture| self.pinned.contains_key(&capture.seq));
        self.recent = stays.into();
        self.bytes = self.aside.values().chain(&self.recent).map(|capture| capture.cost()).sum();
        goes
    }

    /// Whether a capture is pinned.
    pub fn is_pinned(&self, seq: Seq) -> bool {
        self.pinned.contains_key(&seq)
    }

    /// The numbers of all pinned captures, oldest first.
    pub fn pinned(&self) -> impl Iterator<Item = Seq> {
        self.pinned.keys().copied()
    }

    /// The number of the oldest capture that the ring has not passed: what is older and not pinned has gone.
    pub fn floor(&self) -> Seq {
        self.recent.front().map_or(Seq(self.last.0 + 1), |capture| capture.seq)
    }

    /// The number of the newest capture there ever was.
    pub fn last(&self) -> Seq {
        self.last
    }

    /// How many captures are here.
    pub fn len(&self) -> usize {
        self.recent.len() + self.aside.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What they cost, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many have been evicted; deletions are not evictions.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// The bounds.
    pub fn limits(&self) -> Limits {
        self.limits
    }
}
