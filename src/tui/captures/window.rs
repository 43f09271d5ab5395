//! A part of the inbox: captures that the ring does not have, in order, from one number up to another or up to the ring.
//!
//! With a filter, what is here is what matches; that all between the two ends has been looked at holds the same.

use std::{collections::VecDeque, sync::Arc};

use crate::model::{Capture, Seq};
use crate::store::Toward;

/// How many captures a window holds at most.
pub const COUNT: usize = 10_000;
/// What they may cost, in bytes of memory.
pub const BYTES: usize = 64 << 20;
/// What a body in a file counts for beside that, because each holds a file open: so there are 256 of them at most.
const FILE: usize = 256 << 10;

/// How much a window holds at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) count: usize,
    pub(super) bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { count: COUNT, bytes: BYTES }
    }
}

/// See the head of this file.
#[derive(Debug)]
pub struct Window {
    held: VecDeque<Arc<Capture>>,
    bytes: usize,
    /// All from this number on has been looked at,
    from: Seq,
    /// from here on downwards it has not,
    next: Seq,
    /// and up to this number; nothing: up to the ring.
    to: Option<Seq>,
    /// Whether nothing in the inbox is older.
    end: bool,
    /// Whether older ones were let go for want of room.
    full: bool,
    /// Below this number some have left the ring that were never told of.
    missed: Seq,
    /// What is being asked of the inbox.
    pub(super) looking: Option<Looking>,
}

/// A look into the inbox that is under way. It passes over what the ring has at that moment, which may have left the ring
/// before anybody here was told of it; so it can be relied on for no more than what was known when it began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looking {
    /// Whether it is for what lies between here and the ring.
    pub(super) closing_up: bool,
    /// The newest number that was known of.
    pub(super) known: Seq,
}

impl Window {
    /// An empty one beyond the ring, of which all from `floor` on is known.
    pub(super) fn beyond(floor: Seq) -> Self {
        Self { next: Seq(u64::MAX), to: None, ..Self::around(floor) }
    }

    /// An empty one around a capture that stands alone.
    pub(super) fn around(seq: Seq) -> Self {
        let (held, to) = (VecDeque::new(), Some(seq));
        Self { held, bytes: 0, from: seq, next: seq, to, end: false, full: false, missed: Seq(0), looking: None }
    }

    /// Whether a capture that left the ring would leave a hole here.
    pub(super) fn wants(&self, seq: Seq) -> bool {
        let closing_up = self.looking.is_some_and(|looking| looking.closing_up);
        // What stood aside below may have been passed over by the look that goes there.
        let going_down = self.looking.is_some_and(|looking| !looking.closing_up);
        (seq >= self.from || going_down) && (closing_up || self.to.is_none_or(|to| seq <= to))
    }

    /// Some captures after `after` and before `before` came and left the ring between two looks at it.
    pub(super) fn miss(&mut self, after: Seq, before: Seq) {
        self.missed = self.missed.max(before);
        if self.to.is_none() {
            self.to = Some(after);
        }
    }

    /// Puts a capture into its place; says whether it was not here.
    pub(super) fn insert(&mut self, capture: Arc<Capture>) -> bool {
        let Err(at) = self.position(capture.seq) else { return false };
        self.bytes += cost(&capture);
        self.held.insert(at, capture);
        true
    }

    pub(super) fn remove(&mut self, seq: Seq) {
        if let Ok(at) = self.position(seq)
            && let Some(removed) = self.held.remove(at)
        {
            self.bytes -= cost(&removed);
        }
    }

    pub(super) fn retain(&mut self, stays: impl Fn(Seq) -> bool) {
        self.held.retain(|capture| stays(capture.seq));
        self.bytes = self.held.iter().map(|capture| cost(capture)).sum();
    }

    fn position(&self, seq: Seq) -> Result<usize, usize> {
        self.held.binary_search_by_key(&seq, |capture| capture.seq)
    }

    /// Takes note of how far was looked; says whether that began where the window ends by now.
    pub(super) fn go_on(&mut self, from: Toward, reached: Toward, all: bool) -> bool {
        match (from, reached) {
            (Toward::Older(before), Toward::Older(reached))
                if before == self.next && self.from.0 <= self.known().0 + 1 =>
            {
                self.next = reached;
                self.from = self.from.min(if all { Seq(0) } else { reached });
                self.end = all;
            }
            (Toward::Newer(after), Toward::Newer(reached)) if Some(after) == self.to => {
                self.to = Some(reached.min(self.known()).max(after));
            }
            _ => return false,
        }
        true
    }

    /// The newest number that what comes of the look under way can be relied on for.
    fn known(&self) -> Seq {
        self.looking.map_or(Seq(0), |looking| looking.known)
    }

    /// The look under way may have passed over this one, which has left the ring and is not here any more either.
    fn doubt(&mut self, seq: Seq) {
        if let Some(looking) = &mut self.looking {
            looking.known = looking.known.min(Seq(seq.0.saturating_sub(1)));
        }
    }

    /// The looking towards the ring has ended; `all` when it has come to it. Gives what goes because of it.
    pub(super) fn close_up(&mut self, all: bool) -> Vec<Seq> {
        self.looking = None;
        if all && self.to.is_none_or(|to| to.0 + 1 >= self.missed.0) {
            self.to = None;
        }
        let mut gone = Vec::new();
        while let Some(to) = self.to
            && let Some(newest) = self.held.back()
            && newest.seq > to
        {
            gone.extend(self.pop_back());
        }
        gone
    }

    fn pop_back(&mut self) -> Option<Seq> {
        let popped = self.held.pop_back()?;
        self.bytes -= cost(&popped);
        Some(popped.seq)
    }

    /// Lets go of what is too much, that which is farthest from `near` first; gives the numbers of it.
    pub(super) fn bound(&mut self, bounds: Bounds, near: Option<Seq>) -> Vec<Seq> {
        let mut gone = Vec::new();
        while self.held.len() > 1 && (self.held.len() > bounds.count || self.bytes > bounds.bytes) {
            let at = near.map_or(self.held.len(), |near| self.position(near).unwrap_or_else(|at| at));
            if at > self.held.len() / 2 {
                let Some(popped) = self.held.pop_front() else { break };
                self.bytes -= cost(&popped);
                // What was let go before may lie above this.
                self.from = self.from.max(Seq(popped.seq.0 + 1));
                (self.next, self.end, self.full) = (self.from, false, true);
                self.doubt(popped.seq);
                gone.push(popped.seq);
            } else {
                let Some(popped) = self.pop_back() else { break };
                let to = Seq(popped.0.saturating_sub(1));
                self.to = Some(self.to.map_or(to, |before| before.min(to)));
                self.missed = self.missed.max(Seq(popped.0 + 1));
                self.doubt(popped);
                gone.push(popped);
            }
        }
        gone
    }

    pub(super) fn get(&self, seq: Seq) -> Option<&Arc<Capture>> {
        self.held.get(self.position(seq).ok()?)
    }

    /// The captures, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Capture>> {
        self.held.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// From which number on all has been looked at.
    pub fn from(&self) -> Seq {
        self.from
    }

    /// Where looking for older ones goes on; nothing when there are none.
    pub fn next(&self) -> Option<Seq> {
        (!self.end).then_some(self.next)
    }

    /// Whether it has let older ones go for want of room.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// The number after which the window is parted from the ring, where it is.
    pub fn parted_at(&self) -> Option<Seq> {
        self.to
    }
}

fn cost(capture: &Capture) -> usize {
    capture.cost() + if capture.spooled() > 0 { FILE } else { 0 }
}
