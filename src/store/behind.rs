//! What the inbox has beyond the ring: captures that have left it, or never came into it.
//!
//! It is gone through in steps, from a place on towards the old or the new end, and each step is a question of its own to
//! the journal, so that nothing that is long under way stands in the way of its upkeep. Decided: what the ring has is
//! passed over. Below the ring's floor that is nearly nothing; above it all is in the ring but captures of the margin and
//! those that had to go early, which are looked up by their numbers, because reading what the ring has would be waste.

use std::{collections::BTreeMap, ops::ControlFlow, sync::Arc};

use super::{
    Store,
    inbox::{Archive, Attached, Numbers, ReadError, Stretch},
};
use crate::model::{Attempt, Capture, Seq};

/// From where on, and which way. In both the capture of that number itself is not looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Toward {
    /// What is before that number, newest first.
    Older(Seq),
    /// What is after it, oldest first.
    Newer(Seq),
}

/// How far a step went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// From where the next goes on: all between here and where this began has been looked at.
    pub next: Toward,
    /// How many captures were looked at.
    pub looked: usize,
    /// Whether there is nothing further that way.
    pub end: bool,
}

/// See the head of this file.
#[derive(Debug)]
pub struct Behind {
    store: Store,
    archive: Archive,
    numbers: Numbers,
    pinned: Vec<Seq>,
    notes: BTreeMap<Seq, Arc<str>>,
}

impl Store {
    /// What the inbox has beyond the ring, to read; nothing where there is no inbox, or it could not be opened yet. Waits
    /// for the disk.
    pub fn behind(&self) -> Option<Result<Behind, ReadError>> {
        let Attached(journal) = self.inner.journal.as_ref()?;
        let state = journal.state();
        let numbers = state.numbers?;
        let opened = || {
            let archive = Archive::open(&journal.inboxes, &state.name).map_err(ReadError::from)?;
            let (pinned, notes) = (archive.pinned()?, archive.notes()?);
            Ok(Behind { store: self.clone(), archive, numbers, pinned, notes })
        };
        Some(opened())
    }

    /// Whether a capture with that number of the ring has been written to the inbox.
    pub(super) fn is_in_inbox(&self, seq: Seq) -> bool {
        let Some(state) = self.journal_state() else { return false };
        state.numbers.is_some_and(|numbers| seq > numbers.after) && seq <= state.through
    }

    /// Whether the ring has it; and nothing of what has no number in it yet is beyond it.
    fn has(&self, seq: Seq) -> bool {
        let kept = self.kept();
        seq > kept.ring.last() || kept.ring.get(seq).is_some()
    }
}

impl Behind {
    /// Looks at no more than `limit` captures and hands over those that the ring does not have, each with whether it is
    /// pinned, until `each` says that it is enough. What is damaged is passed over.
    pub fn step(
        &self,
        toward: Toward,
        limit: usize,
        mut each: impl FnMut(Arc<Capture>, bool) -> ControlFlow<()>,
    ) -> Result<Step, ReadError> {
        let (floor, last) = {
            let kept = self.store.kept();
            (kept.ring.floor(), kept.ring.last())
        };
        match toward {
            Toward::Older(before) if before > floor => {
                let stretch = (Seq(floor.0.saturating_sub(1)), before.min(Seq(last.0 + 1)), true);
                let step = self.above(stretch, limit, &mut each)?;
                // What is below the floor comes next.
                Ok(Step { next: step.reached.map_or(Toward::Older(floor), Toward::Older), ..step.step(false) })
            }
            Toward::Older(before) => {
                let step = self.below((self.numbers.after, before, true), limit, &mut each)?;
                let next = step.reached.map_or(Toward::Older(Seq(0)), Toward::Older);
                Ok(Step { next, ..step.step(step.reached.is_none()) })
            }
            Toward::Newer(after) if after.0 + 1 < floor.0 => {
                let step = self.below((after, floor, false), limit, &mut each)?;
                let next = step.reached.map_or(Toward::Newer(Seq(floor.0 - 1)), Toward::Newer);
                Ok(Step { next, ..step.step(false) })
            }
            Toward::Newer(after) => {
                let step = self.above((after, Seq(last.0 + 1), false), limit, &mut each)?;
                let next = step.reached.map_or(Toward::Newer(last.max(after)), Toward::Newer);
                Ok(Step { next, ..step.step(step.reached.is_none()) })
            }
        }
    }

    /// The attempts to send a capture on, oldest first. Those of a journal that was opened late are known to who made them,
    /// under other numbers.
    pub fn attempts_to(&self, seq: Seq) -> Result<Vec<Attempt>, ReadError> {
        if self.numbers.ahead == 0 { self.archive.attempts_to(seq) } else { Ok(Vec::new()) }
    }

    /// What the user has written on a capture, as it was when this was opened.
    pub fn note_on(&self, seq: Seq) -> Option<Arc<str>> {
        self.notes.get(&seq).cloned()
    }

    /// Whether the inbox has older captures that cannot be told here, because their numbers have been given anew.
    pub fn is_cut(&self) -> bool {
        self.numbers.ahead > 0
    }

    /// A stretch below the ring's floor, in numbers of the ring.
    fn below(
        &self,
        stretch: (Seq, Seq, bool),
        limit: usize,
        each: &mut impl FnMut(Arc<Capture>, bool) -> ControlFlow<()>,
    ) -> Result<Passed, ReadError> {
        let (mut reached, mut enough) = (Seq(0), false);
        let looked = self.archive.each_in(self.stretch(stretch), limit, |number, capture| {
            reached = self.of_ring(number);
            let flow = capture.map_or(ControlFlow::Continue(()), |capture| self.hand(capture, each));
            enough = flow.is_break();
            flow
        })?;
        Ok(Passed { looked, reached: (enough || looked >= limit).then_some(reached) })
    }

    /// A stretch above it, of which the ring has nearly everything.
    fn above(
        &self,
        stretch: (Seq, Seq, bool),
        limit: usize,
        each: &mut impl FnMut(Arc<Capture>, bool) -> ControlFlow<()>,
    ) -> Result<Passed, ReadError> {
        let (after, before, newest_first) = stretch;
        let marginal = self.archive.marginal_in(self.stretch(stretch), limit)?;
        let cut = marginal.len() >= limit;
        let mut numbers: Vec<Seq> = marginal.into_iter().map(|number| self.of_ring(number)).collect();
        let furthest = numbers.last().copied();
        let early: Vec<Seq> = self.store.kept().ring.early().filter(|seq| *seq > after && *seq < before).collect();
        numbers.extend(early);
        numbers.sort_unstable();
        numbers.dedup();
        if newest_first {
            numbers.reverse();
        }
        let (mut looked, mut reached) = (0, None);
        for seq in numbers {
            looked += 1;
            let capture = if self.store.has(seq) { None } else { self.archive.by_seq(self.of_journal(seq))? };
            let flow = match capture.map(Arc::unwrap_or_clone) {
                Some(capture) => self.hand(capture, each),
                None => ControlFlow::Continue(()),
            };
            if flow.is_break() || (cut && furthest == Some(seq)) {
                reached = Some(seq);
                break;
            }
        }
        Ok(Passed { looked, reached })
    }

    fn hand(
        &self,
        mut capture: Capture,
        each: &mut impl FnMut(Arc<Capture>, bool) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let pinned = self.pinned.binary_search(&capture.seq).is_ok();
        capture.seq = self.of_ring(capture.seq);
        if self.store.has(capture.seq) { ControlFlow::Continue(()) } else { each(Arc::new(capture), pinned) }
    }

    fn stretch(&self, (after, before, newest_first): (Seq, Seq, bool)) -> Stretch {
        Stretch { after: self.of_journal(after), before: self.of_journal(before), newest_first }
    }

    fn of_journal(&self, seq: Seq) -> Seq {
        Seq(seq.0.saturating_add(self.numbers.ahead))
    }

    fn of_ring(&self, number: Seq) -> Seq {
        Seq(number.0.saturating_sub(self.numbers.ahead))
    }
}

/// A step as far as it is the same both ways.
struct Passed {
    looked: usize,
    /// Up to which capture it came, where there is more in its stretch.
    reached: Option<Seq>,
}

impl Passed {
    fn step(&self, end: bool) -> Step {
        Step { next: Toward::Older(Seq(0)), looked: self.looked, end }
    }
}

#[cfg(test)]
mod tests;
