//! What comes, as a stream: out of the store that a listener fills, or out of an inbox that another process writes.

use std::{collections::VecDeque, sync::Arc};

use futures_util::{Stream, stream::unfold};
use tokio::sync::{mpsc, watch};

use crate::browse::follow::Part;
use crate::model::{Capture, Rejected, Seq};
use crate::store::Store;

/// How much is asked of the store at once, in bytes of captures.
const BATCH: usize = 4 * 1024 * 1024;

/// Something that came, or is known of what comes.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// A capture.
    Capture(Arc<Capture>),
    /// What came over a connection and could not become one.
    Rejected(Arc<Rejected>),
    /// So many captures came and had to leave the ring before they were looked at.
    Gone(u64),
    /// All that was there has been told.
    Current,
    /// What comes cannot be seen any more, for the reason that the sentence gives.
    Blind(String),
}

/// Where the stream is.
struct Place {
    store: Store,
    news: watch::Receiver<u64>,
    after: Seq,
    rejections: u64,
    ready: VecDeque<Arrival>,
    /// Whether all that was there has been told, so that news is to be waited for.
    current: bool,
}

/// What a store receives, from its beginning.
pub fn of_store(store: Store) -> impl Stream<Item = Arrival> {
    let news = store.subscribe();
    let place = Place { store, news, after: Seq(0), rejections: 0, ready: VecDeque::new(), current: false };
    unfold(place, |mut place| async move {
        loop {
            if let Some(arrival) = place.ready.pop_front() {
                return Some((arrival, place));
            }
            if place.current {
                // The store is held here, so there is always someone who could bring news.
                place.news.changed().await.ok()?;
            }
            place.look();
        }
    })
}

impl Place {
    /// Takes over what is new.
    fn look(&mut self) {
        self.news.mark_unchanged();
        let changes = self.store.first_changes_since(self.after, self.rejections, BATCH);
        let until = changes.new.last().filter(|_| changes.more).map_or(changes.stats.last, |last| last.seq);
        let gone = until.0.saturating_sub(self.after.0).saturating_sub(changes.new.len() as u64);
        if gone > 0 {
            self.ready.push_back(Arrival::Gone(gone));
        }
        self.ready.extend(changes.new.into_iter().map(Arrival::Capture));
        self.ready.extend(changes.rejected.into_iter().map(Arrival::Rejected));
        (self.after, self.rejections, self.current) = (until, changes.rejections, !changes.more);
        if self.current {
            self.ready.push_back(Arrival::Current);
        }
    }
}

/// What is read from an inbox.
pub fn of_inbox(parts: mpsc::Receiver<Part>) -> impl Stream<Item = Arrival> {
    unfold((parts, VecDeque::new()), |(mut parts, mut ready)| async move {
        loop {
            if let Some(arrival) = ready.pop_front() {
                return Some((arrival, (parts, ready)));
            }
            match parts.recv().await? {
                Part::Captures(captures) => ready.extend(captures.into_iter().map(Arrival::Capture)),
                Part::Current => ready.push_back(Arrival::Current),
                Part::Failed(why) => ready.push_back(Arrival::Blind(why)),
            }
        }
    })
}
