//! What came while something was expected: how many of each, and those that came nearest without being it.
//!
//! Nearest is what lacks the fewest parts of the query, and of several the newest. A few of them are held, so that what is
//! said costs no more than a few captures' memory however much comes.

use std::{cmp::Reverse, sync::Arc};

use crate::model::{Capture, Rejected};
use crate::query::{Facts, Missed, Query};

/// How many of the nearest are held.
pub const NEAREST: usize = 5;

/// What came so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    matched: u64,
    others: u64,
    gone: u64,
    rejections: u64,
    rejected: Option<Arc<Rejected>>,
    nearest: Vec<Near>,
}

/// A capture that is not what was expected.
#[derive(Clone, Debug)]
pub struct Near {
    /// The capture.
    pub capture: Arc<Capture>,
    /// What stood beside it when it was looked at.
    pub facts: Facts,
    /// How many parts of the query it lacks.
    pub failing: usize,
}

impl Near {
    /// The parts that it lacks.
    pub fn missed(&self, query: &Query) -> Vec<Missed> {
        query.explain(&self.capture, &self.facts)
    }
}

impl Tally {
    /// Counts a capture that is what was expected.
    pub fn hit(&mut self) {
        self.matched += 1;
    }

    /// Counts one that is not, and lacks so many parts of the query.
    pub fn miss(&mut self, capture: Arc<Capture>, facts: Facts, failing: usize) {
        self.others += 1;
        let at = self
            .nearest
            .partition_point(|near| (near.failing, Reverse(near.capture.seq)) < (failing, Reverse(capture.seq)));
        if at < NEAREST {
            self.nearest.insert(at, Near { capture, facts, failing });
            self.nearest.truncate(NEAREST);
        }
    }

    /// Counts what could not become a capture.
    pub fn reject(&mut self, rejected: Arc<Rejected>) {
        self.rejections += 1;
        self.rejected = Some(rejected);
    }

    /// Counts captures that nobody looked at.
    pub fn lose(&mut self, count: u64) {
        self.gone += count;
    }

    /// How many were what was expected.
    pub fn matched(&self) -> u64 {
        self.matched
    }

    /// How many were not.
    pub fn others(&self) -> u64 {
        self.others
    }

    /// How many were gone before anybody looked.
    pub fn gone(&self) -> u64 {
        self.gone
    }

    /// How many could not become captures.
    pub fn rejections(&self) -> u64 {
        self.rejections
    }

    /// The last of these.
    pub fn rejected(&self) -> Option<&Rejected> {
        self.rejected.as_deref()
    }

    /// The nearest of those that were not what was expected, the nearest first.
    pub fn nearest(&self) -> &[Near] {
        &self.nearest
    }
}
