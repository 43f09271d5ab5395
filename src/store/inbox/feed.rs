//! What waits to be written: the ring itself, what left it before its turn, and what must be on the disk before anyone sees
//! it.
//!
//! Decided: the journal reads the ring as front ends do, from the last number that it took, so that a push costs nothing
//! more and nothing is held twice. Only what is evicted before it was taken is kept aside, up to [`RESCUED`] bytes; what
//! goes beyond that is counted. Where senders wait for the disk it is the other way round: captures wait here, and enter
//! the ring once they are written, with the answer that their senders then get.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::oneshot;

use super::Durability;
use crate::model::{Answer, Capture, Seq};

/// How many bytes of captures are kept that left the ring before they were written.
const RESCUED: usize = 64 << 20;
/// How many captures that nobody waits for may wait for the disk.
const STAGED: usize = 65_536;

/// A capture that enters the ring when it has been written.
#[derive(Debug)]
pub(in crate::store) struct Staged {
    pub(super) capture: Capture,
    /// What its sender is answered where it could not be written.
    pub(super) otherwise: Option<Arc<Answer>>,
    pub(super) waiter: Option<oneshot::Sender<bool>>,
}

/// See the head of this file.
#[derive(Debug, Default)]
pub(in crate::store) struct Feed {
    durability: Option<Durability>,
    /// The number of the newest capture of the ring that the writer took.
    pub(in crate::store) taken: Seq,
    pub(super) rescued: VecDeque<Arc<Capture>>,
    rescued_bytes: usize,
    pub(super) staged: VecDeque<Staged>,
    /// The last number that was given to a staged capture.
    pub(super) numbered: Seq,
    pub(super) lost: u64,
}

impl Feed {
    pub(super) fn new(durability: Durability, last: Seq) -> Self {
        Self { durability: Some(durability), taken: last, numbered: last, ..Self::default() }
    }

    pub(in crate::store) fn commits(&self) -> bool {
        self.durability == Some(Durability::Commit)
    }

    /// Whether captures are written at all.
    pub(in crate::store) fn writes(&self) -> bool {
        matches!(self.durability, Some(Durability::Batch | Durability::Commit))
    }

    /// Takes note of what left the ring.
    pub(in crate::store) fn left(&mut self, evicted: &[Arc<Capture>]) {
        if !self.writes() {
            return;
        }
        for capture in evicted.iter().filter(|capture| capture.seq > self.taken) {
            let cost = capture.cost();
            // Where senders wait, what is in the ring and not in the journal was refused.
            if self.commits() || self.rescued_bytes + cost > RESCUED {
                self.lost += 1;
            } else {
                self.rescued_bytes += cost;
                self.rescued.push_back(Arc::clone(capture));
            }
        }
    }

    /// Whether so many wait that the writer should begin at once.
    pub(in crate::store) fn presses(&self, seq: Seq) -> bool {
        seq.0 == self.taken.0 + 512
    }

    /// Takes the oldest that left the ring, up to `bytes`.
    pub(in crate::store) fn take_rescued(&mut self, bytes: usize) -> Vec<Arc<Capture>> {
        let (mut taken, mut cost) = (Vec::new(), 0);
        while cost < bytes
            && let Some(capture) = self.rescued.pop_front()
        {
            cost += capture.cost();
            taken.push(capture);
        }
        self.rescued_bytes -= cost;
        taken
    }

    /// Takes what waits for the disk before it enters the ring, up to about so many bytes.
    pub(in crate::store) fn take_staged(&mut self, bytes: usize) -> Vec<Staged> {
        let mut cost = 0;
        let many = self.staged.iter().take_while(|staged| {
            let room = cost < bytes;
            cost += staged.capture.cost();
            room
        });
        let many = many.count();
        self.staged.drain(..many).collect()
    }

    /// Whether anything waits that is not in the ring.
    pub(in crate::store) fn is_waiting(&self) -> bool {
        !self.staged.is_empty() || !self.rescued.is_empty()
    }

    /// How many captures will not be written.
    pub(in crate::store) fn lost(&self) -> u64 {
        self.lost
    }

    /// Forgets what left the ring: the user has deleted everything.
    pub(in crate::store) fn forget_rescued(&mut self) {
        self.rescued.clear();
        self.rescued_bytes = 0;
    }

    /// Numbers a capture and lets it wait for the disk. With `otherwise` its sender waits, too.
    pub(in crate::store) fn stage(
        &mut self,
        mut capture: Capture,
        otherwise: Option<Arc<Answer>>,
    ) -> (Seq, Option<oneshot::Receiver<bool>>) {
        let seq = Seq(self.numbered.0 + 1);
        if otherwise.is_none() && self.staged.len() >= STAGED {
            self.lost += 1;
            return (seq, None);
        }
        self.numbered = seq;
        capture.seq = seq;
        let (waiter, waits) = otherwise.is_some().then(oneshot::channel).unzip();
        self.staged.push_back(Staged { capture, otherwise, waiter });
        (seq, waits)
    }
}
