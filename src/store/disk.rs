//! What the captures of a ring take of the disk, and which of them had to go for it out of their turn.
//!
//! Kept apart for what was caught and for the margin: when room is needed, what was turned away or taken back by its sender
//! goes before anything that was caught.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Capture, Seq};

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Disk {
    caught: Share,
    margin: Share,
    bytes: u64,
}

#[derive(Debug, Default)]
struct Share {
    /// The bytes of each capture that takes some.
    held: BTreeMap<Seq, u64>,
    /// Captures that went early and are not below the floor.
    early: BTreeSet<Seq>,
}

impl Share {
    fn settle(&mut self, floor: Seq) {
        while self.early.first().is_some_and(|seq| *seq < floor) {
            self.early.pop_first();
        }
    }
}

impl Disk {
    fn share(&mut self, capture: &Capture) -> &mut Share {
        if capture.is_marginal() { &mut self.margin } else { &mut self.caught }
    }

    /// Counts a capture that came.
    pub(super) fn add(&mut self, capture: &Capture) {
        let bytes = capture.spooled();
        if bytes > 0 {
            self.bytes += bytes;
            self.share(capture).held.insert(capture.seq, bytes);
        }
    }

    /// Takes a capture that goes off the count and gives its room back. A reader may hold it for a while yet; as with
    /// memory, that is not the ring's to count.
    pub(super) fn remove(&mut self, capture: &Capture) {
        let Some(file) = capture.body.content().spooled() else { return };
        file.give_back();
        let bytes = self.share(capture).held.remove(&capture.seq);
        self.bytes -= bytes.unwrap_or(0);
    }

    /// The next that should go where room is needed, among those that may, with its bytes.
    pub(super) fn next(&self, may_go: impl Fn(Seq) -> bool) -> Option<(Seq, u64)> {
        let all = self.margin.held.iter().chain(&self.caught.held);
        all.map(|(seq, bytes)| (*seq, *bytes)).find(|(seq, _)| may_go(*seq))
    }

    /// Remembers that a capture went out of its turn.
    pub(super) fn went_early(&mut self, capture: &Capture) {
        self.share(capture).early.insert(capture.seq);
    }

    /// Forgets which went early where the ring and its margin have passed them.
    pub(super) fn settle(&mut self, floor: Seq, margin_floor: Seq) {
        self.caught.settle(floor);
        self.margin.settle(margin_floor);
    }

    /// The numbers of those that are remembered.
    pub(super) fn early(&self) -> impl Iterator<Item = Seq> {
        self.caught.early.iter().chain(&self.margin.early).copied()
    }

    /// The bytes that a capture takes.
    pub(super) fn of(&self, seq: Seq) -> u64 {
        self.caught.held.get(&seq).or_else(|| self.margin.held.get(&seq)).copied().unwrap_or(0)
    }

    /// The bytes that all take.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}
