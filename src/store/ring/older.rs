//! Captures that come to the ring at its old end: those of an earlier run, read from the journal while newer ones come.
//!
//! They are taken newest first, within the bounds, and push nothing out. A pinned one is taken even where the ring has no
//! more room, as long as pins may take it. Decided: it ends with the first capture that the ring evicts, or is deleted with
//! all others, because readers take what is below the floor for gone, and a floor that sank would bring it back.

use std::sync::Arc;

use super::{Lane, Limits, Ring};
use crate::model::{Capture, Seq};

/// What became of an older capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Older {
    /// It is here.
    Taken,
    /// It is not; an older one may still be.
    Passed,
    /// It is not, and no other that is not pinned can be.
    Full,
}

/// Whether older ones may still come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Filling {
    pub(super) recent: bool,
    pub(super) margin: bool,
}

impl Ring {
    /// An empty ring whose first capture has the number after `last`. Those up to `last` may be given to it by
    /// [`push_older`](Self::push_older).
    pub fn beginning_after(limits: Limits, last: Seq) -> Self {
        let filling = Filling { recent: last.0 > 0, margin: last.0 > 0 };
        Self { last, began: last, filling, ..Self::new(limits) }
    }

    /// The number that the ring began after.
    pub fn began(&self) -> Seq {
        self.began
    }

    /// Takes a capture of an earlier run, which has its number; each must be older than the one before.
    pub fn push_older(&mut self, capture: Arc<Capture>, pinned: bool) -> Older {
        let marginal = capture.is_marginal();
        let before = |lane: &Lane| lane.held.front().is_none_or(|oldest| capture.seq < oldest.seq);
        if capture.seq > self.began || self.get(capture.seq).is_some() {
            return Older::Passed;
        }
        let disk = self.disk.bytes() + capture.spooled() <= self.limits.spool;
        let (cost, margin) = (capture.cost(), self.limits.margin());
        let room = if marginal {
            let lane = &self.margin;
            self.filling.margin && lane.held.len() < margin.count && lane.bytes + cost <= margin.bytes && before(lane)
        } else {
            let all = self.len() < self.limits.count && self.bytes() + cost <= self.limits.bytes;
            self.filling.recent && all && before(&self.recent)
        };
        if room && disk {
            self.disk.add(&capture);
            let seq = capture.seq;
            let lane = if marginal { &mut self.margin } else { &mut self.recent };
            lane.bytes += cost;
            lane.held.push_front(capture);
            if pinned {
                let _ = self.pin(seq);
            }
            return Older::Taken;
        }
        if pinned && disk && self.pins_take(&capture) {
            self.disk.add(&capture);
            self.pinned.insert(capture.seq, cost);
            if !marginal {
                self.passed.0 += 1;
                self.passed.1 += cost;
            }
            self.aside.insert(capture.seq, capture);
            return Older::Taken;
        }
        // For want of room for captures, and not of disk for this one.
        if !marginal && !room {
            self.filling.recent = false;
            return Older::Full;
        }
        Older::Passed
    }

    /// Whether older captures may still come.
    pub fn is_filling(&self) -> bool {
        self.filling.recent
    }
}
