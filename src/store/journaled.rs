//! A store with an inbox behind it: what is handed to the thread that writes, and what that hands back.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::sync::oneshot;

use super::{
    inbox::{Archive, Attached, Durability, Inbox, JournalState, Order, ReadError, Staged},
    ring::{Limits, Older, Ring},
    shared::{Inner, Store, Waiting},
    spool::Spool,
};
use crate::model::{Answer, Attempt, Capture, Seq};

/// How many captures are read from the journal at a time, so that the ring is held for a moment only.
const PAGE: usize = 128;

/// Whether a capture is on the disk; see [`Store::keep`].
#[derive(Debug)]
pub struct Kept {
    seq: Seq,
    there: Option<Arc<Capture>>,
    waiting: Option<oneshot::Receiver<bool>>,
}

impl Kept {
    /// Waits until it is known whether it is on the disk, and gives the capture as it stands in the ring then. Nothing where
    /// it is not there, or is there with the other answer.
    pub async fn in_ring(self, store: &Store) -> Option<Arc<Capture>> {
        match self.waiting {
            None => self.there,
            Some(waiting) => waiting.await.unwrap_or(false).then(|| store.get(self.seq)).flatten(),
        }
    }

    /// Waits until that is known. It is so at once where nobody asked for it.
    pub async fn on_disk(self) -> bool {
        match self.waiting {
            None => true,
            Some(kept) => kept.await.unwrap_or(false),
        }
    }
}

impl Store {
    /// An empty store that writes an inbox. Its numbers go on from those of the inbox; large bodies go to the spool.
    pub fn journaled(limits: Limits, spool: Spool, inbox: Inbox) -> Self {
        let ring = Ring::beginning_after(limits, inbox.last());
        let (feed, last_attempt) = (inbox.feed(), inbox.last_attempt());
        let Inbox { journal, writer, .. } = inbox;
        let store = Self::over(ring, Some(spool), Some((journal, feed, last_attempt)));
        let waiting = Waiting(Arc::downgrade(&store.inner));
        let started = std::thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run(&waiting));
        if let Err(error) = started {
            tracing::error!("the journal has no thread to write it: {error}");
        }
        store
    }

    /// How the inbox fares, where there is one.
    pub fn journal_state(&self) -> Option<Arc<JournalState>> {
        self.inner.journal.as_ref().map(|journal| journal.0.state())
    }

    /// The number of the last attempt of earlier runs.
    pub fn last_attempt(&self) -> u64 {
        self.inner.last_attempt
    }

    /// Stores a capture. Where captures must be on the disk before their senders are answered, it enters the store once it
    /// is, or with `otherwise` as its answer once it is known that it cannot be; [`Kept::on_disk`] says which.
    pub fn keep(&self, capture: Capture, otherwise: &Arc<Answer>) -> Kept {
        if !self.commits() {
            let (seq, there) = self.put(capture);
            return Kept { seq, there, waiting: None };
        }
        let (seq, waiting) = self.stage(capture, Some(Arc::clone(otherwise)));
        Kept { seq, there: None, waiting }
    }

    pub(super) fn commits(&self) -> bool {
        self.inner.durability == Some(Durability::Commit)
    }

    pub(super) fn stage(
        &self,
        capture: Capture,
        otherwise: Option<Arc<Answer>>,
    ) -> (Seq, Option<oneshot::Receiver<bool>>) {
        let staged = self.kept().feed.stage(capture, otherwise);
        self.ring_journal(false);
        staged
    }

    pub(super) fn ring_journal(&self, presses: bool) {
        if let Some(journal) = &self.inner.journal
            && self.inner.durability != Some(Durability::Memory)
        {
            journal.0.ring(presses);
        }
    }

    pub(super) fn order(&self, order: impl FnOnce() -> Order) {
        if let Some(journal) = &self.inner.journal {
            journal.0.order(order());
        }
    }

    /// Keeps an attempt that has ended in the inbox.
    pub fn keep_attempt(&self, attempt: Attempt) {
        self.order(|| Order::Attempt(Box::new(attempt)));
    }

    /// Has everything written that waits for it, for that long at most; says whether it was. Nothing more is written after
    /// it. Waits for the disk.
    pub fn close(&self, patience: Duration) -> bool {
        self.inner.journal.as_ref().is_none_or(|journal| journal.0.close(patience))
    }

    /// How many captures of this run are not in the inbox: those that wait for it, and those that are lost.
    pub fn unwritten(&self) -> u64 {
        let (Some(journal), true) = (&self.inner.journal, self.kept().feed.writes()) else { return 0 };
        let kept = self.kept();
        kept.ring.last().0.saturating_sub(journal.0.written().0.max(kept.ring.began().0)) + kept.feed.lost()
    }

    /// Fills the ring with captures of earlier runs, the newest first, as far as its bounds let it, and pins those that
    /// are pinned; gives the newest attempts to send them on, oldest first. Waits for the disk.
    pub fn load_older(&self, attempts: usize) -> Result<Vec<Attempt>, ReadError> {
        let Some(Attached(journal)) = &self.inner.journal else { return Ok(Vec::new()) };
        if self.kept().ring.began() == Seq(0) {
            return Ok(Vec::new());
        }
        let archive = Archive::open(&journal.inboxes, &journal.state().name).map_err(ReadError::from)?;
        let pinned = archive.pinned()?;
        let mut notes = archive.notes()?;
        // What was written meanwhile goes before.
        let mut kept = self.kept();
        notes.append(&mut kept.notes);
        kept.notes = notes;
        drop(kept);
        let is_pinned = |seq: &Seq| pinned.binary_search(seq).is_ok();
        let mut before = Seq(self.kept().ring.began().0 + 1);
        'pages: loop {
            let page = archive.newest(Some(before), PAGE)?;
            let Some(first) = page.first() else { break };
            before = first.seq;
            let mut kept = self.kept();
            for capture in page.into_iter().rev() {
                let pinned = is_pinned(&capture.seq);
                if !kept.ring.is_filling() || kept.ring.push_older(capture, pinned) == Older::Full {
                    break 'pages;
                }
            }
            drop(kept);
            self.changed();
        }
        // What is older and pinned stands beside the ring.
        let floor = self.kept().ring.floor();
        for seq in pinned.iter().rev().filter(|seq| **seq < floor) {
            if let Some(capture) = archive.by_seq(*seq)? {
                self.kept().ring.push_older(capture, true);
            }
        }
        self.changed();
        let attempts = archive.newest_attempts(attempts)?;
        let kept = self.kept();
        Ok(attempts.into_iter().filter(|attempt| kept.ring.get(attempt.seq).is_some()).collect())
    }

    /// Captures of earlier runs that are here and older than `before`, oldest first, and whether each is pinned.
    pub fn older_than(&self, before: Seq) -> Vec<(Arc<Capture>, bool)> {
        let kept = self.kept();
        let until = before.min(Seq(kept.ring.began().0 + 1));
        let older = kept.ring.since(Seq(0)).take_while(|capture| capture.seq < until);
        older.map(|capture| (Arc::clone(capture), kept.ring.is_pinned(capture.seq))).collect()
    }

    pub(in crate::store) fn journal_changed(&self) {
        self.changed();
    }

    /// The oldest captures that the journal has not, up to about so many bytes.
    pub(in crate::store) fn take_for_journal(&self, bytes: usize) -> Vec<Arc<Capture>> {
        let mut kept = self.kept();
        if !kept.feed.writes() {
            return Vec::new();
        }
        let mut taken = kept.feed.take_rescued(bytes);
        if taken.is_empty() {
            let mut cost = 0;
            let from = kept.feed.taken;
            let next = kept.ring.since(from).take_while(|capture| {
                let room = cost < bytes;
                cost += capture.cost();
                room
            });
            taken = next.cloned().collect();
            if let Some(last) = taken.last() {
                kept.feed.taken = last.seq;
            }
        }
        taken
    }

    /// What waits for the disk before it enters the ring, up to about so many bytes.
    pub(in crate::store) fn take_staged(&self, bytes: usize) -> Vec<Staged> {
        self.kept().feed.take_staged(bytes)
    }

    /// Lets captures in that have waited. `kept` says whether they are on the disk.
    pub(in crate::store) fn enter(&self, captures: Vec<Capture>, on_disk: bool) {
        let mut evicted = Vec::new();
        let mut kept = self.kept();
        for capture in captures {
            let seq = capture.seq;
            kept.ring.skip_to(seq);
            kept.ring.push(Arc::new(capture), &mut evicted);
            if on_disk {
                kept.feed.taken = seq;
            }
        }
        kept.feed.left(&evicted);
        drop(kept);
        self.changed();
    }

    /// Has everything that is here written once more; gives what is pinned.
    pub(in crate::store) fn rewind(&self) -> Vec<Seq> {
        let mut kept = self.kept();
        kept.feed.taken = Seq(0);
        kept.ring.pinned().collect()
    }

    /// Whether something waits that is more urgent than room.
    pub(in crate::store) fn is_waiting(&self) -> bool {
        let kept = self.kept();
        kept.feed.is_waiting() || (kept.feed.writes() && kept.ring.last() > kept.feed.taken)
    }

    /// How many captures will not be written.
    pub(in crate::store) fn lost(&self) -> u64 {
        self.kept().feed.lost()
    }
}

impl Waiting {
    /// The store, as long as there is one.
    pub(super) fn upgrade(&self) -> Option<Store> {
        Weak::<Inner>::upgrade(&self.0).map(|inner| Store { inner })
    }
}
