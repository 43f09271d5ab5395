//! Who gets in: the count of open connections and of body bytes in flight, kept true by guards.
//!
//! Decided: bytes are counted as they come, not as they are declared, so that a sender who announces much and sends
//! nothing takes nothing from others. Refused: queues. What is over a limit is turned away at once, with `Retry-After`,
//! because a webhook sender retries by itself and a queue only hides the overload.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use tokio::time::Instant;

use crate::model::Rate;
use crate::store::Store;

/// How long a sender that was turned away should wait, in seconds.
pub(super) const RETRY_AFTER: &str = "1";

/// One open connection; dropping it takes it off the count.
#[derive(Debug)]
pub(super) struct Admitted(Store);

impl Admitted {
    /// Lets one more connection in, or nothing when `limit` are open.
    pub(super) fn enter(store: &Store, limit: usize) -> Option<Self> {
        let open = store.connections().fetch_add(1, Relaxed);
        // Made in either case: dropping it takes the count back.
        let admitted = Self(store.clone());
        (open < limit).then_some(admitted)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.0.connections().fetch_sub(1, Relaxed);
    }
}

/// Lets in as many requests as a rate says: a bucket of tokens, kept as one number (the generic cell rate algorithm).
#[derive(Debug)]
pub(super) struct Gate {
    start: Instant,
    interval: u64,
    room: u64,
    /// When the bucket will be full again, in nanoseconds since the start.
    full_at: AtomicU64,
}

impl Gate {
    /// An open gate with all its tokens.
    pub(super) fn new(rate: Rate) -> Self {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let interval = nanos(rate.interval());
        let room = interval.saturating_mul(rate.count().into());
        Self { start: Instant::now(), interval, room, full_at: AtomicU64::new(0) }
    }

    /// Whether one more may come in now; if so it has taken its token.
    pub(super) fn admits(&self, now: Instant) -> bool {
        let now = u64::try_from(now.saturating_duration_since(self.start).as_nanos()).unwrap_or(u64::MAX);
        let taken = self.full_at.fetch_update(Relaxed, Relaxed, |full_at| {
            let next = full_at.max(now).saturating_add(self.interval);
            (next - now <= self.room).then_some(next)
        });
        taken.is_ok()
    }
}

/// The bytes of one body that are being received; dropping it takes them off the count.
#[derive(Debug)]
pub(super) struct InFlight {
    store: Store,
    limit: usize,
    bytes: usize,
}

impl InFlight {
    /// No bytes yet, of at most `limit` over all requests.
    pub(super) fn new(store: Store, limit: usize) -> Self {
        Self { store, limit, bytes: 0 }
    }

    /// Whether the limit has been reached, so that nothing more should be begun.
    pub(super) fn is_full(&self) -> bool {
        self.store.in_flight().load(Relaxed) >= self.limit
    }

    /// The store whose count this is.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Counts these bytes in place of those before, unless that would pass the limit.
    pub(super) fn hold(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        if more > 0 {
            return self.add(more);
        }
        self.store.in_flight().fetch_sub(self.bytes - bytes, Relaxed);
        self.bytes = bytes;
        true
    }

    /// Counts more bytes, unless that would pass the limit.
    pub(super) fn add(&mut self, bytes: usize) -> bool {
        let before = self.store.in_flight().fetch_add(bytes, Relaxed);
        let fits = before.saturating_add(bytes) <= self.limit;
        if fits {
            self.bytes += bytes;
        } else {
            self.store.in_flight().fetch_sub(bytes, Relaxed);
        }
        fits
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.store.in_flight().fetch_sub(self.bytes, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Limits;

    #[test]
    fn connections_over_the_limit_are_not_let_in_and_the_count_stays_true() {
        let store = Store::new(Limits::default());
        let first = Admitted::enter(&store, 1).unwrap();
        assert!(Admitted::enter(&store, 1).is_none());
        assert_eq!(store.stats().connections, 1);
        drop(first);
        assert_eq!(store.stats().connections, 0);
        assert!(Admitted::enter(&store, 1).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_gate_lets_in_what_the_rate_says_and_recovers() {
        let gate = Gate::new("10/s".parse().unwrap());
        let mut now = Instant::now();
        let count = |now| (0..100).filter(|_| gate.admits(now)).count();
        assert_eq!(count(now), 10);
        now += Duration::from_millis(250);
        assert_eq!(count(now), 2);
        now += Duration::from_millis(50);
        assert_eq!(count(now), 1);
        now += Duration::from_secs(60);
        assert_eq!(count(now), 10, "no more than one second's worth is saved");
    }

    #[test]
    fn bytes_over_the_limit_are_not_counted() {
        let store = Store::new(Limits::default());
        let (mut one, mut other) = (InFlight::new(store.clone(), 10), InFlight::new(store.clone(), 10));
        assert!(one.add(6) && !other.add(5) && other.add(4));
        assert!(other.is_full());
        assert_eq!(store.stats().in_flight, 10);
        drop(one);
        assert_eq!(store.stats().in_flight, 4);
        drop(other);
        assert_eq!(store.stats().in_flight, 0);
    }
}
