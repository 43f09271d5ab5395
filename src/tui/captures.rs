//! What the interface knows of the captures: the ring, as it was told of it, and a part of what the inbox has beyond it.
//!
//! The ring is mirrored: reference-counted pointers, brought up to date by [`Changes`]; so updating and drawing never take
//! the store's lock. Between two updates it may hold captures that the ring has let go: at most one batch, and the one
//! that the inspector shows.
//!
//! The older part is a [`Window`] of the inbox, which is opened when the user scrolls up past the ring or a filter asks.
//! No capture is in both, and the window has no hole, by this rule:
//!
//! | what happens | what becomes of the window |
//! | --- | --- |
//! | a page comes from the inbox | it goes in at the end that it was asked for; what is here already is passed over |
//! | captures leave the ring | they come into the window, or there would be a hole between it and the ring |
//! | captures came into the ring and left it between two looks | it is parted from the ring |
//! | a look passes over what the ring has | it counts for what was known when it began: what came after may have left the ring untold |
//! | it would hold more than [`COUNT`] captures or [`BYTES`] | what is farthest from the selected one is let go: at the far end, or at the near one, which parts the window from the ring |
//! | it is parted from the ring | the screen says so; what lies between is loaded on the way down, and the two are one again |
//! | the selection is back in the ring while it is parted | the window goes |
//! | the filter changes | the window goes |

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use super::looking::{End, Looked};
use crate::model::{Capture, Rejected, Seq};
use crate::store::{Changes, JournalState, Stats, Toward};

mod window;

pub use window::{BYTES, COUNT, Window};
use window::{Bounds, Looking};

/// How many rejected requests are kept for the screen.
const REJECTED: usize = 64;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct Captures {
    held: VecDeque<Arc<Capture>>,
    /// What of the inbox is shown beside it.
    window: Option<Window>,
    bounds: Bounds,
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
    /// What the user has deleted, which the inbox may not know yet: single ones, and all that is not pinned up to a number.
    deleted: (BTreeSet<Seq>, Seq),
}

/// What became of the rows.
#[derive(Debug, Default)]
pub struct Taken {
    /// Captures that are here now, oldest first.
    pub added: Vec<Seq>,
    /// Captures that are not here any more, oldest first.
    pub gone: Vec<Seq>,
}

impl Captures {
    /// Takes in what the store told; gives the numbers of what is not here any more, oldest first. `near` is the selected
    /// capture, and `listed` says of which captures there is a row.
    pub fn apply(&mut self, changes: &Changes, near: Option<Seq>, listed: impl Fn(Seq) -> bool) -> Vec<Seq> {
        let (last, known) = (changes.stats.last, self.known_before(&changes.stats));
        let told = known.0 + changes.new.len() as u64;
        if let Some(window) = &mut self.window
            && told < last.0
        {
            window.miss(known, changes.new.first().map_or(Seq(last.0 + 1), |capture| capture.seq));
        }
        for capture in &changes.new {
            self.last = self.last.max(capture.seq);
            self.marginal += usize::from(capture.is_marginal());
            self.leave_window(capture.seq);
            self.held.push_back(Arc::clone(capture));
        }
        for (capture, pinned) in changes.older.iter().rev() {
            self.oldest = Some(capture.seq);
            self.marginal += usize::from(capture.is_marginal());
            if *pinned {
                self.pinned.insert(capture.seq);
            }
            self.leave_window(capture.seq);
            self.held.push_front(Arc::clone(capture));
        }
        self.journal.clone_from(&changes.journal);
        self.rejections = changes.rejections;
        self.rejected.extend(changes.rejected.iter().cloned());
        let over = self.rejected.len().saturating_sub(REJECTED);
        self.rejected.drain(..over);
        self.stats = changes.stats;
        let mut left = Vec::new();
        for seq in &changes.early {
            left.extend(self.take_held(*seq));
        }
        self.forget(changes, &mut left);
        left.sort_unstable_by_key(|capture| capture.seq);
        self.left(left, near, listed)
    }

    /// What left the ring comes into the window, if there is one that would else have a hole.
    fn left(&mut self, left: Vec<Arc<Capture>>, near: Option<Seq>, listed: impl Fn(Seq) -> bool) -> Vec<Seq> {
        let Some(window) = &mut self.window else { return left.iter().map(|capture| capture.seq).collect() };
        let mut gone = Vec::new();
        for capture in left {
            let seq = capture.seq;
            if !(window.wants(seq) && listed(seq) && window.insert(capture)) {
                gone.push(seq);
            }
        }
        gone.extend(window.bound(self.bounds, near));
        gone.sort_unstable();
        gone
    }

    fn forget(&mut self, changes: &Changes, left: &mut Vec<Arc<Capture>>) {
        let (floors, unpinned) = ((changes.floor, changes.margin_floor), std::mem::take(&mut self.unpinned));
        if self.marginal == 0 {
            self.forget_below(changes.floor, left);
        } else if floors != self.floors || unpinned {
            self.forget_everywhere(changes.floor, changes.margin_floor, left);
        }
        self.floors = floors;
    }

    /// Lets go of what has left the ring or its margin, which leaves holes.
    fn forget_everywhere(&mut self, floor: Seq, margin_floor: Seq, left: &mut Vec<Arc<Capture>>) {
        let Self { held, pinned, .. } = self;
        held.retain(|capture| {
            let floor = if capture.is_marginal() { margin_floor } else { floor };
            let stays = capture.seq >= floor || pinned.contains(&capture.seq);
            if !stays {
                left.push(Arc::clone(capture));
            }
            stays
        });
        self.recount();
    }

    fn recount(&mut self) {
        self.marginal = self.held.iter().filter(|capture| capture.is_marginal()).count();
    }

    /// Lets go of what is older than `floor` and not pinned.
    fn forget_below(&mut self, floor: Seq, left: &mut Vec<Arc<Capture>>) {
        let passed = self.held.partition_point(|capture| capture.seq < floor);
        let (kept, goes): (Vec<_>, Vec<_>) =
            self.held.drain(..passed).partition(|capture| self.pinned.contains(&capture.seq));
        left.extend(goes);
        for capture in kept.into_iter().rev() {
            self.held.push_front(capture);
        }
    }

    /// The newest that was told of until now, in this run or an earlier one: numbers follow one another, and begin after
    /// those of earlier runs.
    fn known_before(&self, stats: &Stats) -> Seq {
        self.last.max(Seq(stats.last.0.saturating_sub(stats.received)))
    }

    fn take_held(&mut self, seq: Seq) -> Option<Arc<Capture>> {
        let capture = self.held.remove(self.position(seq)?)?;
        self.marginal -= usize::from(capture.is_marginal());
        Some(capture)
    }

    fn leave_window(&mut self, seq: Seq) {
        if let Some(window) = &mut self.window {
            window.remove(seq);
        }
    }

    /// Begins to look at what the inbox has beyond the ring, or only at what is around a capture that stands aside from
    /// the rest, being pinned. What was looked at before is let go, and its numbers are given.
    pub fn open_window(&mut self, around: Option<Seq>) -> Vec<Seq> {
        let gone = self.close_window();
        self.window = Some(around.map_or_else(|| Window::beyond(self.floors.0), Window::around));
        gone
    }

    /// Lets go of what of the inbox is here, and gives the numbers of it, oldest first.
    pub fn close_window(&mut self) -> Vec<Seq> {
        self.window.take().map_or_else(Vec::new, |window| window.iter().map(|capture| capture.seq).collect())
    }

    /// What of the inbox is here.
    pub fn window(&self) -> Option<&Window> {
        self.window.as_ref()
    }

    /// The inbox is being asked for what goes on from the window, this way.
    pub fn set_looking(&mut self, toward: Toward) {
        let known = self.known_before(&self.stats);
        if let Some(window) = &mut self.window {
            window.looking = Some(Looking { closing_up: matches!(toward, Toward::Newer(_)), known });
        }
    }

    /// It is not any more.
    pub fn stop_looking(&mut self) {
        if let Some(window) = &mut self.window {
            window.looking = None;
        }
    }

    /// Takes in what was found in the inbox; nothing where it does not go on from where the window ends by now.
    pub fn take(&mut self, looked: &Looked, near: Option<Seq>) -> Option<Taken> {
        let all = matches!(looked.end, Some(End::Oldest | End::Cut));
        if !self.window.as_mut()?.go_on(looked.from, looked.reached, all) {
            return None;
        }
        // What came after that is for the ring to tell of.
        let known = self.known_before(&self.stats);
        let (mut added, mut gone) = (Vec::new(), Vec::new());
        for (capture, pinned) in &looked.found {
            let seq = capture.seq;
            let deleted = self.deleted.0.contains(&seq) || (seq <= self.deleted.1 && !pinned);
            if deleted || seq > known || self.position(seq).is_some() {
                continue;
            }
            if self.window.as_mut()?.insert(Arc::clone(capture)) {
                added.push(seq);
                if *pinned {
                    self.pinned.insert(seq);
                }
            }
        }
        added.sort_unstable();
        let window = self.window.as_mut()?;
        if matches!(looked.from, Toward::Newer(_)) && looked.end.is_some() {
            gone.extend(window.close_up(all));
        }
        gone.extend(window.bound(self.bounds, near));
        gone.sort_unstable();
        added.retain(|seq| gone.binary_search(seq).is_err());
        Some(Taken { added, gone })
    }

    /// The number from which on all that the filter shows is here, up to where the window is parted from the ring. What is
    /// older is pinned, or of the margin, and stands aside.
    pub fn whole_from(&self) -> Seq {
        self.window.as_ref().map_or(self.floors.0, Window::from)
    }

    /// Forgets a capture that the user has deleted.
    pub fn remove(&mut self, seq: Seq) {
        self.pinned.remove(&seq);
        self.deleted.0.insert(seq);
        self.take_held(seq);
        self.leave_window(seq);
    }

    /// Forgets everything that is not pinned.
    pub fn clear(&mut self) {
        self.held.retain(|capture| self.pinned.contains(&capture.seq));
        self.recount();
        self.deleted = (BTreeSet::new(), self.last.max(self.stats.last));
        if let Some(window) = &mut self.window {
            window.retain(|seq| self.pinned.contains(&seq));
        }
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
        let held = self.position(seq).and_then(|at| self.held.get(at));
        held.or_else(|| self.window.as_ref()?.get(seq))
    }

    /// Whether a capture is in the ring.
    pub fn is_in_ring(&self, seq: Seq) -> bool {
        self.position(seq).is_some()
    }

    /// All of them, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Arc<Capture>> {
        let mut ring = self.held.iter().rev().peekable();
        let mut older = self.window.iter().flat_map(|window| window.iter().rev()).peekable();
        std::iter::from_fn(move || match (ring.peek(), older.peek()) {
            (Some(one), Some(other)) if one.seq < other.seq => older.next(),
            (None, _) => older.next(),
            _ => ring.next(),
        })
    }

    /// How many are here.
    pub fn len(&self) -> usize {
        self.held.len() + self.window.as_ref().map_or(0, Window::len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there are with those of the inbox.
    pub fn total(&self) -> u64 {
        let here = self.len() as u64;
        let Some(journal) = self.journal.as_ref().filter(|journal| journal.numbers.is_some()) else { return here };
        let unwritten = self.held.len() - self.held.partition_point(|capture| capture.seq <= journal.through);
        here.max(journal.held + unwritten as u64)
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
mod tests;
