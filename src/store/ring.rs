//! The ring: captures in the order they came, bounded by count, by bytes of memory and by bytes of disk, the oldest
//! unpinned going first.
//!
//! What is short decides what goes: for count and memory the oldest of all, for disk the oldest that takes some, out of
//! its turn, because losing thousands of small captures would free nothing. Its number is kept for readers until the ring
//! has passed it.
//!
//! Decided: what leaves is handed back to the caller, who frees it outside the lock; pinned captures that the ring has
//! passed stand aside in a map, so that a push never looks at more than what it evicts; pins may take at most half of
//! either bound, or new captures would have nowhere to go; and what was turned away or taken back by its sender
//! ([`Capture::is_marginal`]) has a margin of its own beside the ring, so that a flood of it pushes out nothing that was
//! caught. Refused: an index into the ring as a name for anything.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use super::disk::Disk;
use crate::model::{Capture, Seq};

mod older;

pub use older::Older;

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

impl Limits {
    /// What the margin keeps beside that: a tenth, at most 1,000 and 16 MiB, and always the newest.
    #[must_use]
    pub fn margin(self) -> Self {
        Self { count: (self.count / 10).clamp(1, 1000), bytes: (self.bytes / 10).min(16 << 20), ..self }
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

/// Captures in order of `seq`, and what they cost.
#[derive(Debug, Default)]
struct Lane {
    held: VecDeque<Arc<Capture>>,
    bytes: usize,
}

impl Lane {
    fn position(&self, seq: Seq) -> Option<usize> {
        self.held.binary_search_by_key(&seq, |capture| capture.seq).ok()
    }

    fn push(&mut self, capture: Arc<Capture>) {
        self.bytes += capture.cost();
        self.held.push_back(capture);
    }

    fn pop(&mut self) -> Option<Arc<Capture>> {
        let oldest = self.held.pop_front()?;
        self.bytes -= oldest.cost();
        Some(oldest)
    }

    fn remove(&mut self, seq: Seq) -> Option<Arc<Capture>> {
        let removed = self.held.remove(self.position(seq)?)?;
        self.bytes -= removed.cost();
        Some(removed)
    }

    fn get(&self, seq: Seq) -> Option<&Arc<Capture>> {
        self.held.get(self.position(seq)?)
    }

    fn since(&self, seq: Seq) -> impl Iterator<Item = &Arc<Capture>> {
        self.held.range(self.held.partition_point(|capture| capture.seq <= seq)..)
    }

    /// Takes out what does not stay.
    fn keep(&mut self, stays: impl Fn(&Capture) -> bool) -> Vec<Arc<Capture>> {
        let (held, goes): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.held).into_iter().partition(|capture| stays(capture));
        self.held = held.into();
        self.bytes -= goes.iter().map(|capture| capture.cost()).sum::<usize>();
        goes
    }
}

/// See the head of this file.
#[derive(Debug)]
pub struct Ring {
    limits: Limits,
    /// What was caught.
    recent: Lane,
    /// What was turned away or taken back.
    margin: Lane,
    /// Pinned captures that the ring or its margin has passed.
    aside: BTreeMap<Seq, Arc<Capture>>,
    /// How many of them are of the ring, and what these cost.
    passed: (usize, usize),
    /// The cost of each pinned capture, wherever it stands.
    pinned: BTreeMap<Seq, usize>,
    disk: Disk,
    last: Seq,
    /// The last number of earlier runs.
    began: Seq,
    filling: older::Filling,
    evicted: u64,
    margin_evicted: u64,
}

impl Ring {
    /// An empty ring.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits: Limits { count: limits.count.max(1), ..limits },
            recent: Lane::default(),
            margin: Lane::default(),
            aside: BTreeMap::new(),
            passed: (0, 0),
            pinned: BTreeMap::new(),
            disk: Disk::default(),
            last: Seq(0),
            began: Seq(0),
            filling: older::Filling::default(),
            evicted: 0,
            margin_evicted: 0,
        }
    }

    /// Stores a capture under the next number and appends what had to leave to `evicted`.
    ///
    /// Amortised O(1) but for disk. The capture must not be shared yet; it is numbered in place.
    pub fn push(&mut self, mut capture: Arc<Capture>, evicted: &mut Vec<Arc<Capture>>) -> Seq {
        let seq = Seq(self.last.0 + 1);
        self.last = seq;
        Arc::make_mut(&mut capture).seq = seq;
        let takes_disk = capture.spooled() > 0;
        self.disk.add(&capture);
        if capture.is_marginal() {
            self.margin.push(capture);
            self.evict_margin(evicted);
        } else {
            self.recent.push(capture);
            self.evict(evicted);
        }
        if takes_disk {
            self.free_disk(self.disk.bytes().saturating_sub(self.limits.spool), Some(seq), evicted);
        }
        self.settle();
        seq
    }

    /// Evicts unpinned captures that take disk, those of the margin and the oldest first, until at least `bytes` of it are
    /// free; says whether any went.
    pub fn make_room(&mut self, bytes: u64, evicted: &mut Vec<Arc<Capture>>) -> bool {
        self.free_disk(bytes, None, evicted)
    }

    fn free_disk(&mut self, bytes: u64, but: Option<Seq>, evicted: &mut Vec<Arc<Capture>>) -> bool {
        let (mut freed, before) = (0, evicted.len());
        while freed < bytes {
            let may_go = |seq| !self.pinned.contains_key(&seq) && Some(seq) != but;
            let Some((seq, size)) = self.disk.next(may_go) else { break };
            freed += size;
            let Some(capture) = self.remove(seq) else { break };
            self.disk.went_early(&capture);
            self.left(capture, evicted);
        }
        self.settle();
        evicted.len() > before
    }

    fn settle(&mut self) {
        // A floor that may sink again passes nothing.
        let floor = |filling, floor| if filling { Seq(0) } else { floor };
        let floors = (floor(self.filling.recent, self.floor()), floor(self.filling.margin, self.margin_floor()));
        self.disk.settle(floors.0, floors.1);
    }

    fn evict(&mut self, evicted: &mut Vec<Arc<Capture>>) {
        while self.len() > self.limits.count || self.bytes() > self.limits.bytes {
            // The newest always stays: one that is larger than the whole ring is still shown.
            if self.recent.held.len() <= 1 {
                break;
            }
            self.filling.recent = false;
            let Some(oldest) = self.recent.pop() else { break };
            self.pass(oldest, evicted);
        }
    }

    fn evict_margin(&mut self, evicted: &mut Vec<Arc<Capture>>) {
        let limits = self.limits.margin();
        while self.margin.held.len() > 1 && (self.margin.held.len() > limits.count || self.margin.bytes > limits.bytes)
        {
            self.filling.margin = false;
            let Some(oldest) = self.margin.pop() else { break };
            self.pass(oldest, evicted);
        }
    }

    /// The oldest of its lane stands aside, or leaves.
    fn pass(&mut self, oldest: Arc<Capture>, evicted: &mut Vec<Arc<Capture>>) {
        if self.pinned.contains_key(&oldest.seq) {
            if !oldest.is_marginal() {
                self.passed.0 += 1;
                self.passed.1 += oldest.cost();
            }
            self.aside.insert(oldest.seq, oldest);
        } else {
            self.left(oldest, evicted);
        }
    }

    fn left(&mut self, capture: Arc<Capture>, evicted: &mut Vec<Arc<Capture>>) {
        let count = if capture.is_marginal() { &mut self.margin_evicted } else { &mut self.evicted };
        *count += 1;
        self.disk.remove(&capture);
        evicted.push(capture);
    }

    fn take_aside(&mut self, seq: Seq) -> Option<Arc<Capture>> {
        let capture = self.aside.remove(&seq)?;
        if !capture.is_marginal() {
            self.passed.0 -= 1;
            self.passed.1 -= capture.cost();
        }
        Some(capture)
    }

    /// Gives the next capture this number, which is higher than that of all before.
    pub fn skip_to(&mut self, seq: Seq) {
        self.last = self.last.max(Seq(seq.0.saturating_sub(1)));
    }

    /// The capture of that number, if it is still here.
    pub fn get(&self, seq: Seq) -> Option<&Arc<Capture>> {
        self.aside.get(&seq).or_else(|| self.recent.get(seq)).or_else(|| self.margin.get(seq))
    }

    /// Every capture that came after `seq`, oldest first, those of the margin among the others.
    pub fn since(&self, seq: Seq) -> impl Iterator<Item = &Arc<Capture>> {
        let aside = self.aside.range((std::ops::Bound::Excluded(seq), std::ops::Bound::Unbounded));
        let kept = merged(self.recent.since(seq), self.margin.since(seq));
        merged(aside.map(|(_, capture)| capture), kept)
    }

    /// Keeps a capture until it is unpinned or deleted.
    pub fn pin(&mut self, seq: Seq) -> Result<(), PinRefused> {
        if self.pinned.contains_key(&seq) {
            return Ok(());
        }
        let capture = self.get(seq).ok_or(PinRefused::Gone)?;
        let cost = capture.cost();
        if !self.pins_take(capture) {
            return Err(PinRefused::Full);
        }
        self.pinned.insert(seq, cost);
        Ok(())
    }

    /// Whether pins may take that capture, too.
    fn pins_take(&self, capture: &Capture) -> bool {
        let bytes: usize = self.pinned.values().sum();
        let own = capture.spooled();
        let disk: u64 = self.pinned.keys().map(|pinned| self.disk.of(*pinned)).sum();
        self.pinned.len() < self.limits.count / 2
            && bytes + capture.cost() <= self.limits.bytes / 2
            && (own == 0 || disk + own <= self.limits.spool / 2)
    }

    /// Lets a capture go in its turn again; one that the ring has passed goes at once.
    pub fn unpin(&mut self, seq: Seq, evicted: &mut Vec<Arc<Capture>>) {
        self.pinned.remove(&seq);
        if let Some(capture) = self.take_aside(seq) {
            self.left(capture, evicted);
        }
    }

    /// Deletes a capture, pinned or not, and hands it back.
    pub fn remove(&mut self, seq: Seq) -> Option<Arc<Capture>> {
        self.pinned.remove(&seq);
        let removed = self.take_aside(seq).or_else(|| self.recent.remove(seq)).or_else(|| self.margin.remove(seq))?;
        self.disk.remove(&removed);
        self.settle();
        Some(removed)
    }

    /// Deletes everything that is not pinned and hands it back.
    pub fn clear(&mut self) -> Vec<Arc<Capture>> {
        self.filling = older::Filling::default();
        let Self { recent, margin, pinned, .. } = self;
        let mut goes = recent.keep(|capture| pinned.contains_key(&capture.seq));
        goes.append(&mut margin.keep(|capture| pinned.contains_key(&capture.seq)));
        for capture in &goes {
            self.disk.remove(capture);
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

    fn floor_of(&self, lane: &Lane) -> Seq {
        lane.held.front().map_or(Seq(self.last.0 + 1), |capture| capture.seq)
    }

    /// The number of the oldest capture that the ring has not passed: what is older, not pinned and not of the margin has
    /// gone.
    pub fn floor(&self) -> Seq {
        self.floor_of(&self.recent)
    }

    /// The same of the margin: what is older, not pinned and of the margin has gone.
    pub fn margin_floor(&self) -> Seq {
        self.floor_of(&self.margin)
    }

    /// The number of the newest capture there ever was.
    pub fn last(&self) -> Seq {
        self.last
    }

    /// How many captures are here, without those of the margin.
    pub fn len(&self) -> usize {
        self.recent.held.len() + self.passed.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What they cost, in bytes.
    pub fn bytes(&self) -> usize {
        self.recent.bytes + self.passed.1
    }

    /// What they and those of the margin take of the disk, in bytes.
    pub fn spool(&self) -> u64 {
        self.disk.bytes()
    }

    /// The numbers of captures that went out of their turn, to make room on the disk, and that neither
    /// [`floor`](Self::floor) nor [`margin_floor`](Self::margin_floor) tells of.
    pub fn early(&self) -> impl Iterator<Item = Seq> {
        self.disk.early()
    }

    /// How many are in the margin, those aside that it has passed included.
    pub fn margin(&self) -> usize {
        self.margin.held.len() + self.aside.len() - self.passed.0
    }

    /// How many have been evicted; deletions are not evictions, and the margin's are counted apart.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// How many had to leave the margin.
    pub fn margin_evicted(&self) -> u64 {
        self.margin_evicted
    }

    /// The bounds.
    pub fn limits(&self) -> Limits {
        self.limits
    }
}

/// Two rows of captures in order of `seq` as one.
fn merged<'a>(
    one: impl Iterator<Item = &'a Arc<Capture>>,
    other: impl Iterator<Item = &'a Arc<Capture>>,
) -> impl Iterator<Item = &'a Arc<Capture>> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(first), Some(second)) if first.seq > second.seq => other.next(),
        (None, _) => other.next(),
        _ => one.next(),
    })
}
