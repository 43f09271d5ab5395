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

/// How much there is to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
enum Call {
    #[default]
    Nothing,
    Soon,
    Now,
}

/// How far the end is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
enum Stage {
    #[default]
    Open,
    Closing,
    Closed,
}

#[derive(Debug, Default)]
struct Signals {
    call: Call,
    stage: Stage,
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
            let mut signals = self.signals();
            signals.call = signals.call.max(Call::Soon);
            drop(signals);
            self.changed.notify_all();
        }
    }

    /// There is something to do at once.
    pub(super) fn hurry(&self) {
        self.signals().call = Call::Now;
        self.changed.notify_all();
    }

    /// All is to be done that there is, and then no more.
    pub(super) fn close(&self) {
        let mut signals = self.signals();
        signals.stage = signals.stage.max(Stage::Closing);
        drop(signals);
        self.changed.notify_all();
    }

    /// Waits until it has been done, or for so long; says which.
    pub(super) fn wait_closed(&self, patience: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.signals(), patience, |signals| signals.stage < Stage::Closed);
        waited.unwrap_or_else(PoisonError::into_inner).0.stage == Stage::Closed
    }

    /// For the writer: waits for a ring, or for so long; says whether this was the last.
    pub(super) fn wait(&self, patience: Option<Duration>, gather: Duration) -> bool {
        let idle = |signals: &mut Signals| signals.call == Call::Nothing && signals.stage == Stage::Open;
        let signals = match patience {
            None => self.changed.wait_while(self.signals(), idle).unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                let waited = self.changed.wait_timeout_while(self.signals(), patience, idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        let more = |signals: &mut Signals| signals.call == Call::Soon && signals.stage == Stage::Open;
        let waited = self.changed.wait_timeout_while(signals, gather, more);
        let mut signals = waited.unwrap_or_else(PoisonError::into_inner).0;
        // Before anything is taken: what comes from here on rings again.
        signals.call = Call::Nothing;
        self.rung.store(false, Release);
        signals.stage > Stage::Open
    }

    /// For the writer: whether someone has rung meanwhile.
    pub(super) fn is_rung(&self) -> bool {
        self.rung.load(Acquire)
    }

    /// For the writer: it has ended.
    pub(super) fn closed(&self) {
        self.signals().stage = Stage::Closed;
        self.changed.notify_all();
    }
}
