//! How much an inbox keeps: by number, by size and by age, the oldest unpinned going first.
//!
//! Decided: it is done in small steps between other work, by the thread that writes, so that nobody waits for it; what was
//! turned away or taken back by its sender has a tenth of the number to itself, as in the ring, so that a flood of it
//! pushes out nothing that was caught.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    book::{Book, Work},
    error::Fault,
};

/// How much is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keep {
    /// How many captures; at least 1.
    pub count: u64,
    /// Their bytes in all.
    pub bytes: u64,
    /// For how long; nothing: as long as there is room.
    pub age: Option<Duration>,
}

impl Default for Keep {
    fn default() -> Self {
        Self { count: 100_000, bytes: 2 << 30, age: None }
    }
}

/// How many captures go at once.
const STEP: usize = 256;

impl Keep {
    fn margin(&self) -> i64 {
        limit(self.count / 10).max(1)
    }

    /// Lets go of at most a few captures that are too many, too large together, or too old; says whether there are more.
    pub(super) fn step(&self, book: &mut Book, now: Timestamp) -> Result<bool, Fault> {
        let totals = book.totals;
        let over = totals.count - totals.marginal > limit(self.count)
            || totals.marginal > self.margin()
            || totals.bytes > limit(self.bytes)
            || totals.clear_through > 0;
        if !over && self.age.is_none() {
            return Ok(false);
        }
        // What goes in its turn is overwritten by what comes; what the user deletes is overwritten at once.
        book.overwrite(totals.clear_through > 0)?;
        let passed = book.passed;
        let result = book.all(|work| {
            if work.totals.clear_through > 0 {
                return clear(work).map(|more| (passed, more));
            }
            let mut more = false;
            if work.totals.marginal > self.margin() {
                let many = usize::try_from(work.totals.marginal - self.margin()).unwrap_or_default().min(STEP);
                for (seq, _) in work.oldest(0, true, many)? {
                    work.remove(seq)?;
                }
                more = work.totals.marginal > self.margin();
            }
            let (passed, caught) = self.caught(work, passed, now)?;
            work.forget_answers()?;
            Ok((passed, more || caught))
        });
        book.overwrite(true)?;
        let (passed, more) = result?;
        book.passed = passed;
        Ok(more)
    }

    fn caught(&self, work: &mut Work<'_>, mut passed: i64, now: Timestamp) -> Result<(i64, bool), Fault> {
        let until = self.age.and_then(|age| now.checked_sub(age).ok()).map(Timestamp::as_microsecond);
        let goes = |work: &Work<'_>, received_at: i64| {
            work.totals.count - work.totals.marginal > limit(self.count)
                || work.totals.bytes > limit(self.bytes)
                || until.is_some_and(|until| received_at < until)
        };
        let oldest = work.oldest(passed, false, STEP)?;
        for (seq, received_at) in &oldest {
            passed = *seq;
            if !goes(work, *received_at) {
                return Ok((passed, false));
            }
            work.remove(*seq)?;
        }
        Ok((passed, oldest.len() == STEP))
    }
}

/// Goes on with deleting all that the user wanted to be deleted.
fn clear(work: &mut Work<'_>) -> Result<bool, Fault> {
    let through = work.totals.clear_through;
    let mut more = false;
    for marginal in [false, true] {
        let oldest = work.oldest(0, marginal, STEP)?;
        more |= oldest.len() == STEP && oldest.last().is_some_and(|(seq, _)| *seq <= through);
        for (seq, _) in oldest.iter().filter(|(seq, _)| *seq <= through) {
            work.remove(*seq)?;
        }
    }
    if !more {
        work.totals.clear_through = 0;
        work.forget_answers()?;
    }
    Ok(more)
}

fn limit(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
