//! Looking into the inbox for what is beyond the ring: what is asked, what is found, and the work between the two, which
//! waits for the disk and is done on a thread where that is allowed.
//!
//! Decided: what is found is told slice by slice, so that the first row is on the screen when it is known; a slice says
//! where it began and how far it came, so that one that does not fit what is shown by then is seen for what it is.

use std::{ops::ControlFlow, sync::Arc};

use jiff::Timestamp;

use crate::decode::Cancelled;
use crate::model::{Attempt, Capture, Seq};
use crate::provider::deliveries::Deliveries;
use crate::query::{Facts, Query, Replayed};
use crate::store::{Behind, ReadError, Store, Toward};

/// How many captures are loaded at a time.
pub const PAGE: usize = 200;
/// How many matches of a filter are.
pub const MATCHES: usize = 50;

/// What a page may cost, in bytes of memory.
const PAGE_BYTES: usize = 16 << 20;
/// How many captures are found at most before it is asked again, wherever they stand.
const MOST: usize = 1000;
/// How many captures one question to the journal is about.
const STEP: usize = 256;
/// After how many captures it is said how far the search has come.
const SLICE: usize = 2048;

/// What is asked of the inbox.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Given back with what comes of it.
    pub ticket: u64,
    /// From where on, and which way.
    pub toward: Toward,
    /// What is looked for.
    pub query: Query,
    /// After how many it is enough,
    pub limit: usize,
    /// of those that are before this number; looking towards the ring, all count.
    pub before: Seq,
    /// From when ages count.
    pub now: Timestamp,
    /// Which captures are tries of one delivery, where the query asks for it.
    pub deliveries: Option<Arc<Deliveries>>,
}

/// A slice of what came of it.
#[derive(Debug)]
pub struct Looked {
    /// Whose.
    pub ticket: u64,
    /// Where the slice began,
    pub from: Toward,
    /// and how far it came.
    pub reached: Toward,
    /// What was found, and whether each is pinned, in the order in which it was found.
    pub found: Vec<(Arc<Capture>, bool)>,
    /// Attempts to send those on, in no order.
    pub attempts: Vec<Attempt>,
    /// How many captures were looked at.
    pub looked: usize,
    /// When the last of them was received.
    pub at: Option<Timestamp>,
    /// Why it ended, if it did.
    pub end: Option<End>,
}

/// Why looking ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// It was enough.
    Enough,
    /// There is nothing further that way.
    Oldest,
    /// There is more, which has no number here, because the inbox was opened late.
    Cut,
    /// The inbox could not be read, for the reason given.
    Failed(String),
}

/// Looks, and tells slice by slice what there is, until it ends, is not wanted any more, or nobody listens. Waits for the
/// disk.
pub fn look(store: &Store, ask: &Ask, cancelled: &Cancelled, mut tell: impl FnMut(Looked) -> bool) {
    let mut slice = Slice::new(ask, ask.toward);
    let why = match store.behind() {
        None => End::Oldest,
        Some(Err(error)) => End::Failed(error.why().to_owned()),
        Some(Ok(behind)) => match go(&behind, ask, cancelled, &mut slice, &mut tell) {
            Ok(Some(end)) => end,
            Ok(None) => return,
            Err(error) => End::Failed(error.why().to_owned()),
        },
    };
    slice.0.end = Some(why);
    tell(slice.0);
}

/// Goes on until the end, of which the last slice is left to be told; nothing when it is not wanted any more.
fn go(
    behind: &Behind,
    ask: &Ask,
    cancelled: &Cancelled,
    slice: &mut Slice,
    tell: &mut impl FnMut(Looked) -> bool,
) -> Result<Option<End>, ReadError> {
    let (mut counted, mut found, mut bytes) = (0, 0, 0);
    let replays = ask.query.asks_about("replay") || ask.query.asks_about("failed");
    loop {
        let looked = &mut slice.0;
        let mut failed = None;
        let step = behind.step(looked.reached, STEP, |capture, pinned| {
            if cancelled.is_cancelled() {
                return ControlFlow::Break(());
            }
            looked.at = Some(capture.received_at);
            let replay = match replays.then(|| behind.attempts_to(capture.seq)).transpose() {
                Ok(attempts) => attempts.and_then(|attempts| Replayed::last(attempts.iter())),
                Err(error) => {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            };
            let note = behind.note_on(capture.seq);
            let retry = ask.deliveries.as_ref().and_then(|deliveries| deliveries.number(capture.seq));
            if !ask.query.matches(&capture, &Facts { pinned, replay, note, retry, now: ask.now }) {
                return ControlFlow::Continue(());
            }
            found += 1;
            counted += usize::from(capture.seq < ask.before || matches!(ask.toward, Toward::Newer(_)));
            bytes += capture.cost();
            looked.found.push((capture, pinned));
            let enough = counted >= ask.limit || found >= MOST || bytes >= PAGE_BYTES;
            if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        if cancelled.is_cancelled() {
            return Ok(None);
        }
        for (capture, _) in looked.found.get(slice.1..).unwrap_or_default() {
            looked.attempts.extend(behind.attempts_to(capture.seq)?);
        }
        slice.1 = looked.found.len();
        (looked.reached, looked.looked) = (step.next, looked.looked + step.looked);
        if step.end {
            let cut = matches!(ask.toward, Toward::Older(_)) && behind.is_cut();
            return Ok(Some(if cut { End::Cut } else { End::Oldest }));
        }
        if counted >= ask.limit || found >= MOST || bytes >= PAGE_BYTES {
            return Ok(Some(End::Enough));
        }
        if !looked.found.is_empty() || looked.looked >= SLICE {
            let next = Slice::new(ask, looked.reached);
            if !tell(std::mem::replace(slice, next).0) {
                return Ok(None);
            }
        }
    }
}

/// What is gathered before it is told, and of how much of it the attempts have been read.
struct Slice(Looked, usize);

impl Slice {
    fn new(ask: &Ask, from: Toward) -> Self {
        let (found, attempts) = (Vec::new(), Vec::new());
        let looked =
            Looked { ticket: ask.ticket, from, reached: from, found, attempts, looked: 0, at: None, end: None };
        Self(looked, 0)
    }
}
