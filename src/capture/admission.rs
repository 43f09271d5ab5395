//! Who gets in: the count of open connections and of body bytes in flight, kept true by guards.
//!
//! Decided: bytes are counted as they come, not as they are declared, so that a sender who announces much and sends
//! nothing takes nothing from others. Refused: queues. What is over a limit is turned away at once, with `Retry-After`,
//! because a webhook sender retries by itself and a queue only hides the overload.

use std::sync::atomic::Ordering::Relaxed;

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
