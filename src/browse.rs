//! Reading an inbox: what `creel list`, `creel show` and `creel expect --inbox` ask of it, while another creel writes it or
//! after it has ended.
//!
//! Decided: a search goes from the newest to the oldest and stops when it has enough, because what is looked for came
//! lately; it holds numbers and not captures, so that a million matches are eight megabytes. What follows an inbox looks
//! again a few times a second: the journal is a file, and no process need know of another. Refused: an index of all text,
//! which would cost every capture for what a few seconds' scan gives a few readers.

pub mod follow;
pub mod paint;
pub mod show;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

pub use follow::follow;
pub use show::show;

use crate::model::{Capture, Seq};
use crate::pick::Shelf;
use crate::query::{Facts, Query, Replayed, Tries};
use crate::store::inbox::{Archive, ReadError};

/// How many captures are read at once. Bodies that are in the journal are of 1 MiB at the most.
const PAGE: usize = 64;

impl Shelf for Archive {
    fn back(&self, steps: u64) -> Result<Option<Arc<Capture>>, String> {
        let mut before = None;
        let mut left = steps;
        loop {
            let want = usize::try_from(left.saturating_add(1)).unwrap_or(PAGE).min(PAGE);
            let page = self.newest(before, want).map_err(|error| error.to_string())?;
            let Some(oldest) = page.first() else { return Ok(None) };
            if page.len() < want {
                return Ok(None);
            }
            if left < PAGE as u64 {
                return Ok(Some(Arc::clone(oldest)));
            }
            left -= page.len() as u64;
            before = Some(oldest.seq);
        }
    }

    fn numbered(&self, seq: Seq) -> Result<Option<Arc<Capture>>, String> {
        self.by_seq(seq).map_err(|error| error.to_string())
    }

    fn beginning(&self, digits: &str, limit: usize) -> Result<Vec<Arc<Capture>>, String> {
        self.by_prefix(digits, limit).map_err(|error| error.to_string())
    }
}

/// A query with what it needs to know beside captures.
#[derive(Debug)]
pub struct Search<'a> {
    archive: &'a Archive,
    query: &'a Query,
    now: Timestamp,
    pinned: BTreeSet<Seq>,
    notes: BTreeMap<Seq, Arc<str>>,
    replays: bool,
    /// Which captures are tries of one delivery, where that is asked for.
    tries: Tries,
}

impl<'a> Search<'a> {
    /// What a query asks of an inbox; ages count from `now`.
    pub fn new(archive: &'a Archive, query: &'a Query, now: Timestamp) -> Result<Self, ReadError> {
        let pinned = if query.asks_about("pinned") { archive.pinned()? } else { Vec::new() };
        let notes = if query.asks_about("note") { archive.notes()? } else { BTreeMap::new() };
        let replays = query.asks_about("replay") || query.asks_about("failed");
        let tries = Tries::of([query]);
        if query.asks_for_tries() {
            // Which try one is, those before it say, whichever way is searched.
            let mut after = Seq(0);
            loop {
                let page = archive.since(after, PAGE)?;
                let Some(last) = page.last() else { break };
                after = last.seq;
                for capture in &page {
                    tries.number(capture);
                }
            }
        }
        Ok(Self { archive, query, now, pinned: pinned.into_iter().collect(), notes, replays, tries })
    }

    /// Whether a capture is asked for. Waits for the disk.
    pub fn wants(&self, capture: &Capture) -> Result<bool, ReadError> {
        if self.query.is_everything() {
            return Ok(true);
        }
        let facts = Facts {
            pinned: self.pinned.contains(&capture.seq),
            replay: if self.replays { Replayed::last(self.archive.attempts_of(capture.id)?.iter()) } else { None },
            note: self.notes.get(&capture.seq).cloned(),
            retry: self.tries.number(capture),
            now: self.now,
        };
        Ok(self.query.matches(capture, &facts))
    }

    /// The numbers of the newest `limit` captures that are asked for, oldest first.
    pub fn newest(&self, limit: usize) -> Result<Vec<Seq>, ReadError> {
        let mut found = Vec::new();
        let mut before = None;
        while found.len() < limit {
            let page = self.archive.newest(before, PAGE)?;
            let Some(oldest) = page.first() else { break };
            before = Some(oldest.seq);
            for capture in page.iter().rev() {
                if found.len() < limit && self.wants(capture)? {
                    found.push(capture.seq);
                }
            }
        }
        found.reverse();
        Ok(found)
    }

    /// Shows every capture that is asked for to `visit`, oldest first, until it says that it has seen enough.
    pub fn each<E: From<ReadError>>(&self, mut visit: impl FnMut(&Arc<Capture>) -> Result<bool, E>) -> Result<(), E> {
        let mut after = Seq(0);
        loop {
            let page = self.archive.since(after, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.seq;
            for capture in &page {
                if self.wants(capture)? && visit(capture)? {
                    return Ok(());
                }
            }
        }
    }
}
