//! The thread that writes an inbox: captures in groups, then what the user did, then what goes for want of room.
//!
//! Decided: one transaction for all that came in [`GATHER`], or, where senders wait, for all that came while the one before
//! was written. Whatever fails is tried again every [`AGAIN`] with the captures that the ring still has; until then the state
//! says why. A journal that is damaged is put beside the new one under a name that says when, and nothing in it is deleted.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use super::{
    Durability, InboxName, Numbers, OpenError, Options,
    book::{self, Book, Work},
    error::Fault,
    feed::Staged,
    journal::{Journal, Order, trouble},
    lock::Lock,
    rows::number,
    schema::{self, Sync},
};
use crate::model::{Capture, Seq};
use crate::store::shared::{Store, Waiting};

/// How long captures gather before they are written; with the writing it must stay below [`super::BATCH`].
const GATHER: Duration = Duration::from_millis(20);
/// How often it is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// After how long without a capture the log is emptied and room is given back.
const QUIET: Duration = Duration::from_millis(250);
/// How often ages are looked at.
const AGES: Duration = Duration::from_secs(60);
/// How much is written in one transaction, in bytes.
const GROUP: usize = 16 << 20;
/// How much is in the log before it is worked off while more comes, in bytes.
const LOG: u64 = 64 << 20;

/// What is opened.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) journal: Arc<Journal>,
    pub(super) name: InboxName,
    pub(super) options: Options,
}

/// See the head of this file.
#[derive(Debug)]
pub(in crate::store) struct Writer {
    open: Open,
    folder: PathBuf,
    lock: Option<Lock>,
    book: Option<Book>,
    /// What was taken and could not be written yet.
    pending: Vec<Arc<Capture>>,
    orders: VecDeque<Order>,
    /// By how much numbers of the journal are ahead of those of the ring, where it was opened late.
    ahead: u64,
    attempts_ahead: u64,
    /// Captures of the ring up to here were numbered otherwise, if they are in the journal at all.
    apart: Seq,
    /// The number of the newest capture of the ring that is in the journal.
    written: Seq,
    began: Seq,
    last_attempt: u64,
    tried: Timestamp,
    /// Whether the last that was tried to be written was not.
    failing: bool,
    /// How many captures are written at once: fewer where a disk is nearly full.
    many: usize,
    /// Whether the log is empty and there is no room to give back.
    settled: bool,
    swept: bool,
}

impl Writer {
    pub(super) fn open(open: Open) -> Self {
        let folder = open.journal.inboxes.path_of(&open.name);
        let tried = (open.options.clock)();
        let mut writer = Self {
            open,
            folder,
            lock: None,
            book: None,
            pending: Vec::new(),
            orders: VecDeque::new(),
            ahead: 0,
            attempts_ahead: 0,
            apart: Seq(0),
            written: Seq(0),
            began: Seq(0),
            last_attempt: 0,
            tried,
            failing: false,
            many: usize::MAX,
            settled: true,
            swept: false,
        };
        if writer.try_open() {
            writer.ahead = 0;
            writer.attempts_ahead = 0;
            writer.apart = Seq(0);
            writer.written = writer.book.as_ref().map_or(Seq(0), book::last);
            writer.began = writer.written;
            writer.publish();
        }
        writer
    }

    pub(super) fn is_open(&self) -> bool {
        self.book.is_some()
    }

    pub(super) fn last(&self) -> Seq {
        self.began
    }

    pub(super) fn last_attempt(&self) -> u64 {
        self.last_attempt.saturating_sub(self.attempts_ahead)
    }

    /// Opens the journal; what stands in the way becomes the state.
    fn try_open(&mut self) -> bool {
        self.tried = (self.open.options.clock)();
        let opened = self.opened();
        let failed = opened.is_err();
        match opened {
            Ok(book) => {
                // Numbers that were given while it was closed come after those that it has.
                let ahead = self.ahead.max(book::last(&book).0.saturating_sub(self.written.0));
                if ahead != self.ahead {
                    (self.ahead, self.apart) = (ahead, self.written);
                }
                let attempts = book.last_attempt().map_or(0, i64::unsigned_abs);
                if self.last_attempt == 0 {
                    (self.last_attempt, self.attempts_ahead) = (attempts, attempts);
                }
                self.book = Some(book);
                self.settled = false;
                // One that opens and cannot be written is no better than before.
                if !self.failing {
                    self.open.journal.change(|state| state.trouble = None);
                }
            }
            Err(error) => {
                self.open.journal.change(|state| state.trouble = Some(trouble(&error)));
            }
        }
        !failed
    }

    /// Tells how much the journal has; says whether that is other than before.
    fn publish(&self) -> bool {
        let Some(book) = &self.book else { return false };
        let held = u64::try_from(book.totals.count).unwrap_or_default();
        let (through, numbers) = (self.written, Numbers { ahead: self.ahead, after: self.apart });
        self.open.journal.change(|state| {
            (state.held, state.through, state.numbers) = (held, through, Some(numbers));
        })
    }

    fn opened(&mut self) -> Result<Book, OpenError> {
        let name = &self.open.name;
        let refused = |fault| OpenError::of(name, fault);
        super::folder::make(&self.folder).map_err(|error| refused(error.into()))?;
        if self.lock.is_none() {
            self.lock = Some(self.open.journal.inboxes.lock(name, self.open.options.url.as_deref())?);
        }
        let sync = if self.open.options.durability == Durability::Commit { Sync::Machine } else { Sync::Process };
        match Book::open(&self.folder, sync) {
            Err(Fault::Corrupt(why)) => {
                tracing::warn!("the journal of the inbox {name} is damaged: {why}");
                let path = set_aside(&self.folder, self.tried).map_err(|error| refused(error.into()))?;
                self.open.journal.change(|state| state.set_aside = Some(path));
                Book::open(&self.folder, sync).map_err(refused)
            }
            opened => opened.map_err(refused),
        }
    }

    /// Writes until the store has gone or says that it closes.
    pub(in crate::store) fn run(mut self, store: &Waiting) {
        let journal = Arc::clone(&self.open.journal);
        let gather = if self.open.options.durability == Durability::Commit { Duration::ZERO } else { GATHER };
        loop {
            let closing = journal.bell.wait(self.patience(), gather);
            let Some(store) = store.upgrade() else { break };
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.round(&store, closing)));
            if done.is_err() {
                self.fail(&store, Fault::Failed("a fault in creel, of which the log says more".to_owned()));
            }
            if closing {
                break;
            }
        }
        if let Some(book) = &mut self.book
            && let Err(fault) = book.settle()
        {
            tracing::warn!("the journal's log was not emptied: {fault:?}");
        }
        drop(self);
        journal.bell.closed();
    }

    fn patience(&self) -> Option<Duration> {
        match &self.book {
            None => Some(AGAIN),
            Some(_) if !self.pending.is_empty() => Some(AGAIN),
            Some(_) if !self.settled => Some(QUIET),
            Some(_) => self.open.options.keep.age.is_some().then_some(AGES),
        }
    }

    fn round(&mut self, store: &Store, closing: bool) {
        self.tell();
        let before = self.written;
        let since = (self.open.options.clock)().duration_since(self.tried);
        // The clock may have been put back.
        let again = since >= SignedDuration::try_from(AGAIN).unwrap_or_default() || since.is_negative() || closing;
        if self.book.is_none() && again {
            self.try_open();
            store.journal_changed();
        }
        if self.open.options.durability == Durability::Commit {
            self.catch_up(store);
            self.commit(store);
        }
        self.catch_up(store);
        self.obey(store);
        let rounds = self.keep(store, closing);
        if let Err(fault) = rounds {
            self.fail(store, fault);
        }
        if self.written == before && !self.open.journal.bell.is_rung() && !closing {
            self.rest(store);
        } else {
            self.settled = false;
        }
        let lost = store.lost();
        let lost = self.open.journal.change(|state| state.lost = lost);
        if self.publish() || lost {
            store.journal_changed();
        }
    }

    /// Says how far it has come.
    fn tell(&self) {
        self.open.journal.written.store(self.written.0, Relaxed);
    }

    /// Writes what the ring has and the journal has not.
    fn catch_up(&mut self, store: &Store) {
        loop {
            if self.book.is_none() {
                return;
            }
            if self.pending.is_empty() {
                self.pending = store.take_for_journal(GROUP);
            }
            let later = self.pending.split_off(self.pending.len().min(self.many));
            let now = std::mem::replace(&mut self.pending, later);
            let Some(last) = now.iter().map(|capture| capture.seq).max() else {
                self.probe(store);
                return;
            };
            let ahead = self.ahead;
            match self.all(|work| work.write(now.iter().map(AsRef::as_ref), ahead)) {
                Ok(()) => {
                    self.written = self.written.max(last);
                    self.tell();
                    self.many = self.many.saturating_mul(2);
                    self.recovered(store);
                }
                Err(fault) => {
                    self.many = (now.len() / 2).max(1);
                    let later = std::mem::replace(&mut self.pending, now);
                    self.pending.extend(later);
                    self.fail(store, fault);
                    return;
                }
            }
        }
    }

    /// There is nothing to write by which it could be seen whether that goes again.
    fn probe(&mut self, store: &Store) {
        let Some(book) = self.book.as_mut().filter(|_| self.failing) else { return };
        match book.probe() {
            Ok(()) => self.recovered(store),
            Err(fault) => self.fail(store, fault),
        }
    }

    fn recovered(&mut self, store: &Store) {
        if std::mem::take(&mut self.failing) {
            self.open.journal.change(|state| state.trouble = None);
            store.journal_changed();
        }
    }

    /// Writes what senders wait for, and lets it into the ring.
    fn commit(&mut self, store: &Store) {
        loop {
            let mut staged = store.take_staged(GROUP);
            let Some(last) = staged.last().map(|staged| staged.capture.seq) else { return };
            let (ahead, open) = (self.ahead, self.book.is_some());
            let written = self.all(|work| work.write(staged.iter().map(|staged| &staged.capture), ahead));
            let kept = written.is_ok();
            if kept {
                self.written = last;
                self.tell();
            } else {
                for Staged { capture, otherwise, .. } in &mut staged {
                    if let Some(answer) = otherwise.take() {
                        capture.answer = answer.into();
                    }
                }
            }
            let (captures, waiters): (Vec<_>, Vec<_>) =
                staged.into_iter().map(|staged| (staged.capture, staged.waiter)).unzip();
            store.enter(captures, kept);
            for waiter in waiters.into_iter().flatten() {
                // Whoever has gone does not need to know.
                let _ = waiter.send(kept);
            }
            if let Err(fault) = written
                && open
            {
                self.fail(store, fault);
            }
        }
    }

    fn all<T>(&mut self, work: impl FnOnce(&mut Work<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        match &mut self.book {
            Some(book) => book.all(work),
            None => Err(Fault::Failed("it is not open".to_owned())),
        }
    }

    /// Does what the user did.
    fn obey(&mut self, store: &Store) {
        self.orders.append(&mut self.open.journal.take_orders());
        if self.orders.is_empty() || self.book.is_none() || !self.pending.is_empty() {
            return;
        }
        let (ahead, attempts, written) = (self.ahead, self.attempts_ahead, self.written);
        let orders = std::mem::take(&mut self.orders);
        let apart = self.apart;
        let own = |seq: Seq| (seq > apart && seq <= written).then(|| number(Seq(seq.0 + ahead)));
        let mut lowest = i64::MAX;
        let done = self.all(|work| {
            for order in &orders {
                match order {
                    Order::Pin(seq, pinned) => {
                        if let Some(seq) = own(*seq) {
                            work.pin(seq, *pinned)?;
                            lowest = lowest.min(seq);
                        }
                    }
                    Order::Note(seq, note) => {
                        if let Some(seq) = own(*seq) {
                            work.note(seq, note.as_deref())?;
                            lowest = lowest.min(seq);
                        }
                    }
                    Order::Remove(seq) => {
                        if let Some(seq) = own(*seq) {
                            work.remove(seq)?;
                        }
                    }
                    Order::Clear(seq) => work.totals.clear_through = number(Seq((*seq).min(written).0 + ahead)),
                    Order::Answered(capture) => {
                        if let Some(seq) = own(capture.seq) {
                            work.answered(capture, seq)?;
                        }
                    }
                    Order::Attempt(attempt) => {
                        if let Some(seq) = own(attempt.seq) {
                            let mut attempt = attempt.as_ref().clone();
                            attempt.id.0 += attempts;
                            work.attempt(&attempt, seq)?;
                        }
                    }
                }
            }
            Ok(())
        });
        self.settled = false;
        match (done, &mut self.book) {
            (Ok(()), Some(book)) => book.passed = book.passed.min(lowest),
            (Ok(()), None) => {}
            (Err(fault), _) => {
                self.orders = orders;
                self.fail(store, fault);
            }
        }
    }

    /// Lets go of what is too much, until something else is to be done.
    fn keep(&mut self, store: &Store, closing: bool) -> Result<(), Fault> {
        let (keep, clock) = (self.open.options.keep, self.open.options.clock);
        let bell = &self.open.journal.bell;
        let Some(book) = &mut self.book else { return Ok(()) };
        while keep.step(book, clock())? {
            self.settled = false;
            if bell.is_rung() || (closing && book.totals.clear_through == 0) || store.is_waiting() {
                // There is more to do than this, and this comes again.
                bell.ring();
                break;
            }
        }
        if book.logged() > LOG {
            book.work_off()?;
        }
        Ok(())
    }

    /// Nothing has come for a while.
    fn rest(&mut self, store: &Store) {
        if self.settled {
            return;
        }
        let bell = &self.open.journal.bell;
        let Some(book) = &mut self.book else { return };
        let swept = std::mem::replace(&mut self.swept, true);
        let done = (|| {
            if !swept {
                book.sweep()?;
            }
            while book.shrink()? {
                if bell.is_rung() {
                    return Ok(false);
                }
            }
            book.settle()?;
            Ok(true)
        })();
        match done {
            Ok(done) => self.settled = done,
            Err(fault) => self.fail(store, fault),
        }
    }

    /// The journal cannot be written.
    fn fail(&mut self, store: &Store, fault: Fault) {
        (self.book, self.failing) = (None, true);
        self.tried = (self.open.options.clock)();
        let error = OpenError::of(&self.open.name, fault);
        let corrupt = matches!(error, OpenError::Corrupt(..));
        let said = match error {
            OpenError::Failed(name, why) => format!("the inbox `{name}` cannot be written: {why}"),
            error => trouble(&error),
        };
        self.open.journal.change(|state| state.trouble = Some(said));
        if corrupt {
            if let Ok(path) = set_aside(&self.folder, self.tried) {
                self.open.journal.change(|state| state.set_aside = Some(path));
                // What the ring still holds goes into the new one.
                let pinned = store.rewind().into_iter().map(|seq| Order::Pin(seq, true));
                self.orders.extend(pinned);
                let notes = store.notes().into_iter().map(|(seq, note)| Order::Note(seq, Some(note)));
                self.orders.extend(notes);
                self.failing = false;
            }
            self.try_open();
        }
        store.journal_changed();
    }
}

/// Gives a damaged journal another name, with all that belongs to it.
fn set_aside(folder: &Path, now: Timestamp) -> std::io::Result<PathBuf> {
    let aside = folder.join(format!("damaged-{}", now.strftime("%Y%m%dT%H%M%S%fZ")));
    super::folder::make(&aside)?;
    for suffix in ["-wal", "-shm", ""] {
        let name = format!("{}{suffix}", schema::FILE);
        match std::fs::rename(folder.join(&name), aside.join(&name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let _ = std::fs::rename(folder.join(schema::BODIES), aside.join(schema::BODIES));
    Ok(aside)
}
