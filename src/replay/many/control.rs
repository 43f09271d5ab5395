//! Pause, go on, cancel: for whoever watches many being sent, from anywhere and at any time.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// Stands for a time that is too long to be added to now.
const LONG: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Holds the reins of many sendings. All clones are the same; once cancelled it stays so.
#[derive(Clone, Debug)]
pub struct Control {
    cancelled: CancellationToken,
    clock: Arc<watch::Sender<Clock>>,
}

/// A clock that stands still while it is paused.
#[derive(Clone, Copy, Debug)]
struct Clock {
    started: Instant,
    /// For how long it stood still before.
    stood: Duration,
    /// Since when it stands still.
    since: Option<Instant>,
}

impl Default for Control {
    fn default() -> Self {
        let clock = Clock { started: Instant::now(), stood: Duration::ZERO, since: None };
        Self { cancelled: CancellationToken::new(), clock: Arc::new(watch::Sender::new(clock)) }
    }
}

impl Control {
    /// Nothing new begins until [`resume`](Self::resume).
    pub fn pause(&self) {
        self.clock.send_modify(|clock| _ = clock.since.get_or_insert_with(Instant::now));
    }

    /// Goes on where it was paused; the time between does not count.
    pub fn resume(&self) {
        self.clock.send_modify(|clock| {
            if let Some(since) = clock.since.take() {
                clock.stood += since.elapsed();
            }
        });
    }

    /// Whether it is paused.
    pub fn is_paused(&self) -> bool {
        self.clock.borrow().since.is_some()
    }

    /// Ends all that is under way, and nothing begins any more.
    pub fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.is_cancelled()
    }

    /// Waits until it is cancelled.
    pub async fn cancelled(&self) {
        self.cancelled.cancelled().await;
    }

    /// What its clock says.
    pub(super) fn now(&self) -> Duration {
        let clock = *self.clock.borrow();
        clock.since.unwrap_or_else(Instant::now).duration_since(clock.started).saturating_sub(clock.stood)
    }

    /// Waits until its clock says so, and goes.
    pub(super) async fn reach(&self, due: Duration) {
        let mut changes = self.clock.subscribe();
        loop {
            let clock = *changes.borrow_and_update();
            let at = clock.started.checked_add(clock.stood.saturating_add(due)).unwrap_or(clock.started + LONG);
            if clock.since.is_none() && at <= Instant::now() {
                return;
            }
            tokio::select! {
                // Its sender is ours, so this only ever says that something has changed.
                _ = changes.changed() => {}
                () = sleep_until(at), if clock.since.is_none() => return,
            }
        }
    }

    /// Waits so long, and until it is not paused; says whether it was not cancelled meanwhile.
    pub(super) async fn rest(&self, wait: Duration) -> bool {
        let rest = async {
            sleep(wait).await;
            self.reach(Duration::ZERO).await;
        };
        self.cancelled.run_until_cancelled(rest).await.is_some()
    }
}
