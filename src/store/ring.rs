//! The ring: captures in the order they came, bounded by count, by bytes of memory and by bytes of disk, the oldest
//! unpinned going first.
//!
//! What is short decides what goes: for count and memory the oldest of all, for disk the oldest that takes some, out of
//! its turn, because losing thousands of small captures would free nothing. Its number is kept for readers until the ring
//! has passed it.
//!
//! Decided: what leaves is handed back to the caller, who frees it outside the lock; pinned captures that the ring has
//! passed stand aside in a map, so that a push never looks at more than what it evicts; and pins may take at most half of
//! either bound, or new captures would have nowhere to go. Refused: an index into the ring as a name for anything.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
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
    /// The bytes of disk that all spooled bodies may take.
    pub spool: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { count: 10_000, bytes: 256 << 20, spool: 4 << 30 }
    }
}

/// Why a capture was not pinned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PinRefused {
    /// It has left the ring.
    #[error("this capture has left the ring")]
    Gone,
    /// Pins would take more than half of the ring.
    #[error(
        "pinned captures already take half of the ring: unpin one, or start with a larger --ring, --ring-bytes or --spool-bytes"
    )]
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
    /// The bytes of disk of each capture that takes some, wherever it stands.
    spooled: BTreeMap<Seq, u64>,
    spool: u64,
    /// Captures that were evicted out of their turn and that the ring has not passed yet.
    early: BTreeSet<Seq>,
    last: Seq,
    evicted: u64,
}

impl Ring {
    /// An empty ring.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits: Limits { count: limits.count.max(1), ..limits },
            recent: VecDeque::new(),
            aside: BTreeMap::new(),
            pinned: BTreeMap::new(),
            bytes: 0,
            spooled: BTreeMap::new(),
            spool: 0,
            early: BTreeSet::new(),
            last: Seq(0),
            evicted: 0,
        }
    }

    /// Stores a capture under the next number and appends what had to leave to `evicted`.
    ///
    /// Amortised O(1) but for disk. The capture must not be shared yet; it is numbered in place.
    pub fn push(&mut self, mut capture: Arc<Capture>, evicted: &mut Vec<Arc<Capture>>) -> Seq {
        let seq = Seq(self.last.0 + 1);
        self.last = seq;
        Arc::make_mut(&mut capture).seq = seq;
        self.bytes += capture.cost();
        if capture.spooled() > 0 {
            self.spooled.insert(seq, capture.spooled());
            self.spool += capture.spooled();
        }
        self.recent.push_back(capture);
        self.evict(evicted);
        self.free_disk(self.spool.saturating_sub(self.limits.spool), Some(seq), evicted);
        seq
    }

    /// Evicts the oldest unpinned captures that take disk until at least `bytes` of it are free; says whether any went.
    pub fn make_room(&mut self, bytes: u64, evicted: &mut Vec<Arc<Capture>>) -> bool {
        self.free_disk(bytes, None, evicted)
    }

    fn free_disk(&mut self, bytes: u64, but: Option<Seq>, evicted: &mut Vec<Arc<Capture>>) -> bool {
        let (mut freed, before) = (0, evicted.len());
        while freed < bytes {
            let free = |seq: &Seq| !self.pinned.contains_key(seq) && Some(*seq) != but;
            let Some((seq, size)) = self.spooled.iter().find(|(seq, _)| free(seq)).map(|(seq, size)| (*seq, *size))
            else {
                break;
            };
            freed += size;
            if let Some(capture) = self.remove(seq) {
                self.early.insert(seq);
                self.evicted += 1;
                evicted.push(capture);
            }
            self.settle();
        }
        evicted.len() > before
    }

    /// Forgets which captures went early where the ring has passed them.
    fn settle(&mut self) {
        if !self.early.is_empty() {
            self.early = self.early.split_off(&self.floor());
        }
    }

    /// Takes a capture that goes off the counts.
    fn uncount(&mut self, capture: &Capture) {
        self.bytes -= capture.cost();
        self.spool -= self.spooled.remove(&capture.seq).unwrap_or(0);
        // A reader may hold it for a while yet; as with memory, that is not the ring's to count.
        if let Some(file) = capture.body.content().spooled() {
            file.give_back();
        }
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
                self.uncount(&oldest);
                self.evicted += 1;
                evicted.push(oldest);
            }
        }
        self.settle();
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
        let own = self.spooled.get(&seq).copied().unwrap_or(0);
        let disk: u64 = self.pinned.keys().filter_map(|pinned| self.spooled.get(pinned)).sum();
        if self.pinned.len() + 1 > self.limits.count / 2
            || bytes + cost > self.limits.bytes / 2
            || (own > 0 && disk + own > self.limits.spool / 2)
        {
            return Err(PinRefused::Full);
        }
        self.pinned.insert(seq, cost);
        Ok(())
    }

    /// Lets a capture go in its turn again; one that the ring has passed goes at once.
    pub fn unpin(&mut self, seq: Seq, evicted: &mut Vec<Arc<Capture>>) {
        self.pinned.remove(&seq);
        if let Some(capture) = self.aside.remove(&seq) {
            self.uncount(&capture);
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
        self.uncount(&capture);
        self.settle();
        Some(capture)
    }

    /// Deletes everything that is not pinned and hands it back.
    pub fn clear(&mut self) -> Vec<Arc<Capture>> {
        let (stays, goes): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.recent).into_iter().partition(|capture| self.pinned.contains_key(&capture.seq));
        self.recent = stays.into();
        for capture in &goes {
            self.uncount(capture);
        }
        self.settle();
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

    /// What they take of the disk, in bytes.
    pub fn spool(&self) -> u64 {
        self.spool
    }

    /// The numbers, oldest first, of captures that went out of their turn and are not below [`floor`](Self::floor).
    pub fn early(&self) -> impl Iterator<Item = Seq> {
        self.early.iter().copied()
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
