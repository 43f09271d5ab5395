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
use crate::store::{Changes, JournalState, Stats};

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
    /// How many of those held are of the margin.
    marginal: usize,
    /// Below which numbers captures went last time: those of the ring and those of its margin.
    floors: (Seq, Seq),
    /// Whether one was unpinned since.
    unpinned: bool,
    /// The oldest of earlier runs that it was told of.
    oldest: Option<Seq>,
    journal: Option<Arc<JournalState>>,
}

impl Captures {
    /// Takes in what the store told; returns whether anything left.
    pub fn apply(&mut self, changes: &Changes) -> bool {
        for capture in &changes.new {
            self.last = self.last.max(capture.seq);
            self.marginal += usize::from(capture.is_marginal());
            self.held.push_back(Arc::clone(capture));
        }
        for (capture, pinned) in changes.older.iter().rev() {
            self.oldest = Some(capture.seq);
            self.marginal += usize::from(capture.is_marginal());
            if *pinned {
                self.pinned.insert(capture.seq);
            }
            self.held.push_front(Arc::clone(capture));
        }
        self.journal.clone_from(&changes.journal);
        self.rejections = changes.rejections;
        self.rejected.extend(changes.rejected.iter().cloned());
        let over = self.rejected.len().saturating_sub(REJECTED);
        self.rejected.drain(..over);
        self.stats = changes.stats;
        let before = self.held.len();
        changes.early.iter().for_each(|seq| self.remove(*seq));
        self.forget(changes) || self.held.len() < before
    }

    fn forget(&mut self, changes: &Changes) -> bool {
        let (floors, unpinned) = ((changes.floor, changes.margin_floor), std::mem::take(&mut self.unpinned));
        if self.marginal > 0 && (floors != self.floors || unpinned) {
            self.floors = floors;
            return self.forget_everywhere(changes.floor, changes.margin_floor);
        }
        self.floors = floors;
        if self.marginal > 0 { false } else { self.forget_below(changes.floor) }
    }

    /// Lets go of what has left the ring or its margin, which leaves holes.
    fn forget_everywhere(&mut self, floor: Seq, margin_floor: Seq) -> bool {
        let before = self.held.len();
        let Self { held, pinned, .. } = self;
        held.retain(|capture| {
            let floor = if capture.is_marginal() { margin_floor } else { floor };
            capture.seq >= floor || pinned.contains(&capture.seq)
        });
        self.recount();
        self.held.len() < before
    }

    fn recount(&mut self) {
        self.marginal = self.held.iter().filter(|capture| capture.is_marginal()).count();
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
            self.recount();
        }
    }

    /// Forgets everything that is not pinned.
    pub fn clear(&mut self) {
        self.held.retain(|capture| self.pinned.contains(&capture.seq));
        self.recount();
    }

    /// Marks a capture as pinned or not.
    pub fn set_pinned(&mut self, seq: Seq, pinned: bool) {
        if pinned {
            self.pinned.insert(seq);
        } else {
            self.pinned.remove(&seq);
            self.unpinned = true;
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

    /// What to ask the store with for captures of earlier runs.
    pub fn oldest(&self) -> Seq {
        self.oldest.unwrap_or(Seq(u64::MAX))
    }

    /// How the inbox fares, where there is one.
    pub fn journal(&self) -> Option<&JournalState> {
        self.journal.as_deref()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Answer, Body, BodyEnd, CaptureId, Fidelity, Head, Refusal, Timing, Version, Wire};
    use crate::store::{Limits, Store};
    use bytes::Bytes;
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn capture(end: BodyEnd) -> Capture {
        Capture {
            id: CaptureId::fixed(1),
            seq: Seq(0),
            received_at: Timestamp::UNIX_EPOCH,
            remote: None,
            head: Head::from_parts(b"POST", b"/", Version::Http11, [], Fidelity::Exact),
            body: Body::new(Bytes::new(), None, 0, end),
            trailers: Box::default(),
            answer: Arc::new(Answer::default()),
            timing: Timing::default(),
            wire: Wire::default(),
        }
    }

    proptest! {
        #[test]
        fn the_mirror_holds_what_the_store_holds(
            steps in proptest::collection::vec((0_u8..10, 0_u64..40), 0..120), count in 1_usize..25,
        ) {
            let store = Store::new(Limits { count, bytes: 1 << 20, ..Limits::default() });
            let mut mirror = Captures::default();
            for (step, seq) in steps {
                match step {
                    0..4 => _ = store.push(capture(BodyEnd::Complete)),
                    4..7 => _ = store.push(capture(BodyEnd::Shed(Refusal::RateLimited))),
                    7 => {
                        if mirror.get(Seq(seq)).is_some() && store.pin(Seq(seq)).is_ok() {
                            mirror.set_pinned(Seq(seq), true);
                        }
                    }
                    8 => {
                        store.unpin(Seq(seq));
                        mirror.set_pinned(Seq(seq), false);
                    }
                    _ => {
                        store.remove(Seq(seq));
                        mirror.remove(Seq(seq));
                    }
                }
                let (seq, rejections) = mirror.cursor();
                mirror.apply(&store.changes_since(seq, rejections));
                let held: Vec<Seq> = store.changes_since(Seq(0), 0).new.iter().map(|capture| capture.seq).collect();
                prop_assert_eq!(mirror.iter().map(|capture| capture.seq).collect::<Vec<_>>(), held);
                prop_assert_eq!(mirror.marginal, mirror.iter().filter(|capture| capture.is_marginal()).count());
            }
        }
    }
}
