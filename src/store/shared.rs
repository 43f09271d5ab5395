//! The ring behind one short lock, its counters, and the word to readers that something changed.
//!
//! Decided: a push takes the lock for a few pointer moves, never across an await, and frees what it evicted after letting
//! go; readers are told *that* there is something new through a `watch`, which coalesces, and ask for what they lack by
//! number. So a front end that stands still costs the listener nothing. Refused: a channel of captures, which is either
//! unbounded or makes the listener wait.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::sync::watch;

use super::{
    forwards::{Forwarded, Forwards},
    inbox::{Attached, Durability, Feed, Journal, JournalState, Order},
    ring::{Limits, PinRefused, Ring},
    spool::Spool,
};
use crate::model::{AttemptIds, Capture, Refusal, Rejected, Room, Seq};

/// How many rejected requests are kept, and how many of their bytes; older ones remain in the counts.
const REJECTED_KEPT: (usize, usize) = (256, 4 << 20);

/// A handle to the captures of this run; cloning it is cheap and all clones are the same store.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) inner: Arc<Inner>,
}

/// A store that may have gone.
#[derive(Debug)]
pub(super) struct Waiting(pub(super) Weak<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    kept: Mutex<Kept>,
    refused: [AtomicU64; Refusal::TABLE.len()],
    connections: AtomicUsize,
    in_flight: AtomicUsize,
    spool: Option<Spool>,
    version: watch::Sender<u64>,
    pub(super) journal: Option<Attached>,
    pub(super) durability: Option<Durability>,
    pub(super) last_attempt: u64,
    pub(super) ids: AttemptIds,
    pub(super) forwards: Forwards,
}

#[derive(Debug)]
pub(super) struct Kept {
    pub(super) ring: Ring,
    pub(super) feed: Feed,
    rejected: VecDeque<Arc<Rejected>>,
    /// The bytes of those.
    rejected_bytes: usize,
    /// How many have been rejected in all.
    rejections: u64,
    /// What the user has written on captures.
    pub(super) notes: BTreeMap<Seq, Arc<str>>,
}

/// What a reader lacks.
#[derive(Debug, Default)]
pub struct Changes {
    /// Captures that came since, oldest first, as far as they are still here.
    pub new: Vec<Arc<Capture>>,
    /// Whether more came than were asked for; they follow the last of `new`.
    pub more: bool,
    /// Unpinned captures below this number have gone, but for those in the margin.
    pub floor: Seq,
    /// Of those in the margin, the unpinned ones below this number have gone; see [`Capture::is_marginal`].
    pub margin_floor: Seq,
    /// Captures at or above these that have gone all the same, to make room on the disk.
    pub early: Vec<Seq>,
    /// Rejected requests that came since, as far as they are kept.
    pub rejected: Vec<Arc<Rejected>>,
    /// The number of the last rejected request: what to ask with next time.
    pub rejections: u64,
    /// Captures of earlier runs that are here and were not told of, oldest first, and whether each is pinned; see
    /// [`Store::older_than`].
    pub older: Vec<(Arc<Capture>, bool)>,
    /// What happened to captures that are forwarded; see [`Store::forwarded_since`].
    pub forwarded: Vec<Forwarded>,
    /// How the inbox fares, where there is one.
    pub journal: Option<Arc<JournalState>>,
    /// The counters.
    pub stats: Stats,
}

/// All the disk that large bodies may take is taken, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoRoom(pub u64);

/// The counters of a store at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Captures received since the start.
    pub received: u64,
    /// The number of the newest capture.
    pub last: Seq,
    /// Captures that are here, without those in the margin.
    pub held: usize,
    /// What they cost, in bytes of memory.
    pub bytes: usize,
    /// What large bodies take, in bytes of disk: those of captures that are here and those that are being received.
    pub spooled: u64,
    /// The bounds of the ring.
    pub limits: Limits,
    /// Captures that had to leave.
    pub evicted: u64,
    /// Captures in the margin: turned away, or taken back by their sender.
    pub margin: usize,
    /// Captures that had to leave the margin.
    pub margin_evicted: u64,
    /// How often each [`Refusal`] happened, by its place in the table.
    pub refused: [u64; Refusal::TABLE.len()],
    /// Connections that are open.
    pub connections: usize,
    /// Bytes of bodies that are being received.
    pub in_flight: usize,
}

impl Stats {
    /// How often anything was refused, cut or shed.
    pub fn refusals(&self) -> u64 {
        self.refused.iter().sum()
    }

    /// How often that happened for one reason.
    pub fn refused_for(&self, refusal: Refusal) -> u64 {
        self.refused.get(refusal.index()).copied().unwrap_or(0)
    }
}

impl Store {
    /// An empty store that keeps all bodies in memory.
    pub fn new(limits: Limits) -> Self {
        Self::over(Ring::new(limits), None, None)
    }

    /// An empty store that keeps large bodies in a spool.
    pub fn spooling(limits: Limits, spool: Spool) -> Self {
        Self::over(Ring::new(limits), Some(spool), None)
    }

    pub(super) fn over(ring: Ring, spool: Option<Spool>, journal: Option<(Arc<Journal>, Feed, u64)>) -> Self {
        let durability = journal.as_ref().map(|(journal, ..)| journal.state().durability);
        let (journal, feed, last_attempt) = match journal {
            Some((journal, feed, last)) => (Some(Attached(journal)), feed, last),
            None => (None, Feed::default(), 0),
        };
        Self {
            inner: Arc::new(Inner {
                kept: Mutex::new(Kept {
                    ring,
                    feed,
                    rejected: VecDeque::new(),
                    rejected_bytes: 0,
                    rejections: 0,
                    notes: BTreeMap::new(),
                }),
                refused: Default::default(),
                connections: AtomicUsize::new(0),
                in_flight: AtomicUsize::new(0),
                spool,
                version: watch::Sender::new(0),
                journal,
                durability,
                last_attempt,
                ids: AttemptIds::after(last_attempt),
                forwards: Forwards::default(),
            }),
        }
    }

    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic while the lock was held cannot leave the ring half changed in a way that matters more than going on.
        self.inner.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn changed(&self) {
        self.inner.version.send_modify(|version| *version = version.wrapping_add(1));
    }

    /// Stores a capture under the next number, which is returned. Never waits for a reader.
    pub fn push(&self, capture: Capture) -> Seq {
        if self.commits() { self.stage(capture, None).0 } else { self.put(capture).0 }
    }

    /// Lets a capture into the ring, and gives it back as it is there.
    pub(super) fn put(&self, capture: Capture) -> (Seq, Option<Arc<Capture>>) {
        let capture = Arc::new(capture);
        let mut evicted = Vec::new();
        let mut kept = self.kept();
        let seq = kept.ring.push(capture, &mut evicted);
        let there = kept.ring.get(seq).cloned();
        kept.feed.left(&evicted);
        let presses = kept.feed.presses(seq);
        drop(kept);
        self.changed();
        self.ring_journal(presses);
        (seq, there)
    }

    /// Keeps a rejected request and counts it under its reason.
    pub fn reject(&self, rejected: Rejected) {
        let refusal = rejected.refusal;
        let rejected = Arc::new(rejected);
        let mut oldest = Vec::new();
        let mut kept = self.kept();
        kept.rejections += 1;
        kept.rejected_bytes += rejected.raw.len();
        kept.rejected.push_back(rejected);
        while kept.rejected.len() > REJECTED_KEPT.0 || kept.rejected_bytes > REJECTED_KEPT.1 {
            let Some(rejected) = kept.rejected.pop_front() else { break };
            kept.rejected_bytes -= rejected.raw.len();
            oldest.push(rejected);
        }
        drop(kept);
        drop(oldest);
        self.count(refusal);
    }

    /// Counts a refusal.
    pub fn count(&self, refusal: Refusal) {
        if let Some(counter) = self.inner.refused.get(refusal.index()) {
            counter.fetch_add(1, Relaxed);
        }
        self.changed();
    }

    /// The number of open connections, for the listener to keep up to date.
    pub fn connections(&self) -> &AtomicUsize {
        &self.inner.connections
    }

    /// The number of body bytes being received, for the listener to keep up to date.
    pub fn in_flight(&self) -> &AtomicUsize {
        &self.inner.in_flight
    }

    /// Where large bodies go, if they go anywhere.
    pub fn spool(&self) -> Option<&Spool> {
        self.inner.spool.as_ref()
    }

    /// Takes room on the disk for a body that is being received, evicting captures where that is needed.
    pub fn take_room(&self, room: &mut Room, bytes: u64) -> Result<(), NoRoom> {
        let limit = self.kept().ring.limits().spool;
        loop {
            let Err(lacking) = room.take(bytes, limit) else { return Ok(()) };
            let mut evicted = Vec::new();
            // What the body has itself is not to be had by evicting others.
            let mut kept = self.kept();
            if room.bytes().saturating_add(bytes) > limit || !kept.ring.make_room(lacking, &mut evicted) {
                return Err(NoRoom(limit));
            }
            kept.feed.left(&evicted);
            drop(kept);
            drop(evicted);
            self.changed();
        }
    }

    /// Keeps a capture until it is unpinned or deleted: in the ring, or in the inbox where it has left the ring.
    pub fn pin(&self, seq: Seq) -> Result<(), PinRefused> {
        let result = match self.kept().ring.pin(seq) {
            Err(PinRefused::Gone) if self.is_in_inbox(seq) => Ok(()),
            result => result,
        };
        if result.is_ok() {
            self.order(|| Order::Pin(seq, true));
        }
        self.changed();
        result
    }

    /// Lets a capture go in its turn again.
    pub fn unpin(&self, seq: Seq) {
        let mut evicted = Vec::new();
        let mut kept = self.kept();
        kept.ring.unpin(seq, &mut evicted);
        kept.feed.left(&evicted);
        drop(kept);
        self.order(|| Order::Pin(seq, false));
        self.changed();
    }

    /// Writes something on a capture, or takes that away.
    pub fn note(&self, seq: Seq, note: Option<Arc<str>>) {
        let mut kept = self.kept();
        match &note {
            Some(note) => kept.notes.insert(seq, Arc::clone(note)),
            None => kept.notes.remove(&seq),
        };
        drop(kept);
        self.order(|| Order::Note(seq, note));
    }

    /// What the user has written on captures, those in the inbox included once [`load_older`](Self::load_older) is done.
    pub fn notes(&self) -> BTreeMap<Seq, Arc<str>> {
        self.kept().notes.clone()
    }

    /// Deletes a capture.
    pub fn remove(&self, seq: Seq) {
        let removed = self.kept().ring.remove(seq);
        drop(removed);
        self.order(|| Order::Remove(seq));
        self.changed();
    }

    /// Deletes everything that is not pinned.
    pub fn clear(&self) {
        let mut kept = self.kept();
        let (removed, last) = (kept.ring.clear(), kept.ring.last());
        kept.feed.forget_rescued();
        drop(kept);
        drop(removed);
        self.order(|| Order::Clear(last));
        self.changed();
    }

    /// The capture of that number, if it is still here.
    pub fn get(&self, seq: Seq) -> Option<Arc<Capture>> {
        self.kept().ring.get(seq).cloned()
    }

    /// What came in this run after capture `seq`, and after the rejected request of number `rejections`.
    pub fn changes_since(&self, seq: Seq, rejections: u64) -> Changes {
        self.first_changes_since(seq, rejections, usize::MAX)
    }

    /// The same, less what follows once the captures cost `bytes` of memory and disk: whoever is slow with what it was told keeps no more than
    /// that alive after the ring has let it go.
    pub fn first_changes_since(&self, seq: Seq, rejections: u64, bytes: usize) -> Changes {
        let kept = self.kept();
        let missed = usize::try_from(kept.rejections - rejections.min(kept.rejections)).unwrap_or(usize::MAX);
        let rejected = kept.rejected.iter().skip(kept.rejected.len().saturating_sub(missed)).cloned().collect();
        let (mut new, mut cost, mut more) = (Vec::new(), 0, false);
        for capture in kept.ring.since(seq.max(kept.ring.began())) {
            more = cost >= bytes;
            if more {
                break;
            }
            // A file stays as long as someone holds it, too.
            cost += capture.cost() + usize::try_from(capture.spooled()).unwrap_or(usize::MAX / 2);
            new.push(Arc::clone(capture));
        }
        Changes {
            new,
            more,
            floor: kept.ring.floor(),
            margin_floor: kept.ring.margin_floor(),
            early: kept.ring.early().collect(),
            older: Vec::new(),
            forwarded: Vec::new(),
            journal: self.journal_state(),
            rejected,
            rejections: kept.rejections,
            stats: self.stats_of(&kept.ring),
        }
    }

    /// The counters.
    pub fn stats(&self) -> Stats {
        self.stats_of(&self.kept().ring)
    }

    fn stats_of(&self, ring: &Ring) -> Stats {
        Stats {
            received: ring.last().0 - ring.began().0,
            last: ring.last(),
            held: ring.len(),
            bytes: ring.bytes(),
            spooled: self.inner.spool.as_ref().map_or(0, Spool::taken),
            limits: ring.limits(),
            evicted: ring.evicted(),
            margin: ring.margin(),
            margin_evicted: ring.margin_evicted(),
            refused: std::array::from_fn(|at| self.inner.refused.get(at).map_or(0, |counter| counter.load(Relaxed))),
            connections: self.inner.connections.load(Relaxed),
            in_flight: self.inner.in_flight.load(Relaxed),
        }
    }

    /// Hears of every change; several may come as one.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.inner.version.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_requests_are_bounded_in_bytes_too() {
        let store = Store::new(Limits::default());
        for _ in 0..200 {
            store.reject(Rejected {
                received_at: jiff::Timestamp::UNIX_EPOCH,
                remote: ([127, 0, 0, 1], 9).into(),
                refusal: Refusal::Malformed,
                reason: String::new(),
                status: None,
                raw: vec![b'x'; Rejected::RAW_LIMIT].into(),
            });
        }
        let changes = store.changes_since(Seq(0), 0);
        assert_eq!(changes.rejected.len(), REJECTED_KEPT.1 / Rejected::RAW_LIMIT);
        assert_eq!((changes.rejections, changes.stats.refused_for(Refusal::Malformed)), (200, 200));
    }
}
