//! An inbox that this process writes, as the store knows it: what is to be done, how it fares, and the word to its thread.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{
    InboxName, Inboxes, JournalState, OpenError, Options,
    bell::Bell,
    feed::Feed,
    schema,
    writer::{Open, Writer},
};
use crate::model::{Attempt, Capture, Seq};
use crate::store::Spool;

/// How many orders may wait while the journal cannot be written.
const ORDERS: usize = 100_000;

/// Something that the user did and that the journal has to know.
#[derive(Clone, Debug)]
pub(in crate::store) enum Order {
    Pin(Seq, bool),
    /// What is written on it; nothing takes that away.
    Note(Seq, Option<Arc<str>>),
    Remove(Seq),
    /// All that is not pinned, up to that number.
    Clear(Seq),
    Attempt(Box<Attempt>),
    /// The answer to a capture has come.
    Answered(Arc<Capture>),
}

/// See the head of this file.
#[derive(Debug)]
pub(in crate::store) struct Journal {
    pub(in crate::store) inboxes: Inboxes,
    pub(super) bell: Bell,
    /// The number of the newest capture that is written.
    pub(super) written: AtomicU64,
    state: Mutex<Arc<JournalState>>,
    orders: Mutex<VecDeque<Order>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Journal {
    /// How it fares.
    pub(in crate::store) fn state(&self) -> Arc<JournalState> {
        Arc::clone(&locked(&self.state))
    }

    /// Changes how it fares; says whether that is another state than before.
    pub(super) fn change(&self, change: impl FnOnce(&mut JournalState)) -> bool {
        let mut state = locked(&self.state);
        let mut next = state.as_ref().clone();
        change(&mut next);
        let changed = next != **state;
        if changed {
            *state = Arc::new(next);
        }
        changed
    }

    /// Has something done after all captures before it are written.
    pub(in crate::store) fn order(&self, order: Order) {
        let mut orders = locked(&self.orders);
        if orders.len() < ORDERS {
            orders.push_back(order);
        } else {
            tracing::warn!("the journal cannot be written, and too much waits for it: {order:?} is not in it");
        }
        drop(orders);
        self.bell.ring();
    }

    pub(super) fn take_orders(&self) -> VecDeque<Order> {
        std::mem::take(&mut *locked(&self.orders))
    }

    /// A capture has come.
    pub(in crate::store) fn ring(&self, presses: bool) {
        if presses { self.bell.hurry() } else { self.bell.ring() }
    }

    /// The number of the newest capture that is written.
    pub(in crate::store) fn written(&self) -> Seq {
        Seq(self.written.load(Relaxed))
    }

    /// Has all that waits written, which may take that long; says whether it was.
    pub(in crate::store) fn close(&self, patience: Duration) -> bool {
        self.bell.close();
        self.bell.wait_closed(patience)
    }
}

/// The store's hold on its journal: the thread that writes ends with it.
#[derive(Debug)]
pub(in crate::store) struct Attached(pub(in crate::store) Arc<Journal>);

impl Drop for Attached {
    fn drop(&mut self) {
        self.0.bell.close();
    }
}

/// An inbox that this process writes, or would if it could: see [`JournalState::trouble`].
#[derive(Debug)]
pub struct Inbox {
    folder: PathBuf,
    pub(in crate::store) journal: Arc<Journal>,
    pub(in crate::store) writer: Writer,
}

impl Inbox {
    /// Opens the inbox of that name for writing, making it where it is missing. It never fails: what stands in the way is
    /// tried again while creel runs, and told as long as it stands. Waits for the disk.
    pub fn open(inboxes: &Inboxes, name: &InboxName, options: Options) -> Self {
        let state = JournalState::new(name.clone(), options.durability);
        let journal = Arc::new(Journal {
            inboxes: inboxes.clone(),
            bell: Bell::default(),
            written: AtomicU64::new(0),
            state: Mutex::new(Arc::new(state)),
            orders: Mutex::default(),
        });
        let writer = Writer::open(Open { journal: Arc::clone(&journal), name: name.clone(), options });
        Self { folder: inboxes.path_of(name), journal, writer }
    }

    /// Where large bodies are best written, so that they are in the inbox already: nothing where it is not open.
    pub fn spool(&self) -> Option<Spool> {
        let bodies = self.folder.join(schema::BODIES);
        self.writer.is_open().then(|| Spool::own(bodies))
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The number of the newest capture that it ever had.
    pub fn last(&self) -> Seq {
        self.writer.last()
    }

    /// The number of the newest attempt that it has.
    pub fn last_attempt(&self) -> u64 {
        self.writer.last_attempt()
    }

    /// How it fares.
    pub fn state(&self) -> Arc<JournalState> {
        self.journal.state()
    }

    pub(in crate::store) fn feed(&self) -> Feed {
        Feed::new(self.state().durability, self.last())
    }
}

/// Why an inbox cannot be written, as the standing warning has it.
pub(super) fn trouble(error: &OpenError) -> String {
    error.to_string()
}
