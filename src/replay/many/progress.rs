//! How far the sending of many has come, counted from its events.

use std::time::Duration;

use super::Event;
use crate::model::Outcome;

/// Counts of sendings, and of tries where it says so.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Progress {
    /// All there are, once that is known.
    pub total: Option<u64>,
    /// Tries that are under way.
    pub under_way: u64,
    /// Those that a target answered, with whatever status.
    pub answered: u64,
    /// Of those, the ones answered with a status of 400 or above.
    pub refused: u64,
    /// Those that got no answer, or could not be sent.
    pub failed: u64,
    /// Those that were under way when it was cancelled.
    pub cancelled: u64,
    /// Those whose capture could not be read.
    pub unread: u64,
    /// Tries that were followed by another.
    pub retried: u64,
    /// The most that one began after it was due.
    pub late: Duration,
}

impl Progress {
    /// Takes in what has happened.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Counted(total) => self.total = Some(*total),
            Event::Begun(..) => self.under_way += 1,
            Event::Unread(_, sendings) => self.unread += sendings,
            Event::Ended(sent) => {
                self.under_way = self.under_way.saturating_sub(1);
                self.late = self.late.max(sent.late);
                if !sent.last {
                    self.retried += 1;
                    return;
                }
                match &sent.attempt.outcome {
                    Some(Outcome::Replied(reply)) => {
                        self.answered += 1;
                        self.refused += u64::from(reply.status >= 400);
                    }
                    Some(Outcome::Failed(_)) => self.failed += 1,
                    Some(Outcome::Cancelled) | None => self.cancelled += 1,
                }
            }
        }
    }

    /// How many sendings have come to their end.
    pub fn done(&self) -> u64 {
        self.answered + self.failed + self.cancelled + self.unread
    }
}
