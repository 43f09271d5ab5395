//! How the thread that writes is woken, and how it says that it has ended.
//!
//! A push rings; between two rounds of the writer only the first ring costs more than reading a flag.

use std::{
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::AcqRel, Ordering::Acquire, Ordering::Release},
    },
    time::Duration,
};

#[derive(Debug, Default)]
struct Signals {
    rung: bool,
    hurry: bool,
    closing: bool,
    closed: bool,
}

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rung: AtomicBool,
    signals: Mutex<Signals>,
    changed: Condvar,
}

impl Bell {
    fn signals(&self) -> MutexGuard<'_, Signals> {
        self.signals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is something to do.
    pub(super) fn ring(&self) {
        if !self.rung.load(Acquire) && !self.rung.swap(true, AcqRel) {
            self.signals().rung = true;
            self.changed.notify_all();
        }
    }

    /// There is something to do at once.
    pub(super) fn hurry(&self) {
        let mut signals = self.signals();
        (signals.rung, signals.hurry) = (true, true);
        drop(signals);
        self.changed.notify_all();
    }

    /// All is to be done that there is, and then no more.
    pub(super) fn close(&self) {
        self.signals().closing = true;
        self.changed.notify_all();
    }

    /// Waits until it has been done, or for so long; says which.
    pub(super) fn wait_closed(&self, patience: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.signals(), patience, |signals| !signals.closed);
        waited.unwrap_or_else(PoisonError::into_inner).0.closed
    }

    /// For the writer: waits for a ring, or for so long; says whether this was the last.
    pub(super) fn wait(&self, patience: Option<Duration>, gather: Duration) -> bool {
        let idle = |signals: &mut Signals| !signals.rung && !signals.closing;
        let signals = match patience {
            None => self.changed.wait_while(self.signals(), idle).unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                let waited = self.changed.wait_timeout_while(self.signals(), patience, idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        let more = |signals: &mut Signals| signals.rung && !signals.hurry && !signals.closing;
        let waited = self.changed.wait_timeout_while(signals, gather, more);
        let mut signals = waited.unwrap_or_else(PoisonError::into_inner).0;
        // Before anything is taken: what comes from here on rings again.
        (signals.rung, signals.hurry) = (false, false);
        self.rung.store(false, Release);
        signals.closing
    }

    /// For the writer: whether someone has rung meanwhile.
    pub(super) fn is_rung(&self) -> bool {
        self.rung.load(Acquire)
    }

    /// For the writer: it has ended.
    pub(super) fn closed(&self) {
        self.signals().closed = true;
        self.changed.notify_all();
    }
}
