//! The mirror against the store and the inbox that it mirrors.

use std::collections::BTreeMap;

use super::{window::Bounds, *};
use crate::model::{Answer, Body, BodyEnd, CaptureId, Fidelity, Head, Refusal, Timing, Version, Wire};
use crate::store::{Limits, Store};
use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;

fn capture(end: BodyEnd) -> Capture {
    Capture {
        id: CaptureId::fixed(1),
        seq: Seq(0),
        received_at: Timestamp::UNIX_EPOCH,
        remote: None,
        head: Head::from_parts(b"POST", b"/", Version::Http11, [], Fidelity::Exact),
        body: Body::new(Bytes::new(), None, 0, end),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    }
}

fn numbers(mirror: &Captures) -> Vec<Seq> {
    let mut numbers: Vec<Seq> = mirror.newest_first().map(|capture| capture.seq).collect();
    numbers.reverse();
    numbers
}

/// Looking into an inbox that has all that the store ever had, one capture at a time.
struct Looking {
    toward: Toward,
    told: Vec<Looked>,
}

impl Looking {
    fn go(&mut self, inbox: &BTreeMap<Seq, Arc<Capture>>, store: &Store, limit: usize) {
        let ringed = |seq: &Seq| store.get(*seq).is_some();
        let (looked, found): (Vec<Seq>, Vec<Seq>) = match self.toward {
            Toward::Older(before) => {
                let looked: Vec<Seq> = inbox.range(..before).rev().map(|(seq, _)| *seq).take(limit).collect();
                (looked.clone(), looked.into_iter().filter(|seq| !ringed(seq)).collect())
            }
            Toward::Newer(after) => {
                let looked: Vec<Seq> = inbox.range(Seq(after.0 + 1)..).map(|(seq, _)| *seq).take(limit).collect();
                (looked.clone(), looked.into_iter().filter(|seq| !ringed(seq)).collect())
            }
        };
        let end = (looked.len() < limit).then_some(End::Oldest);
        let reached = match (self.toward, looked.last()) {
            (Toward::Older(_), Some(last)) => Toward::Older(*last),
            (Toward::Older(_), None) => Toward::Older(Seq(0)),
            (Toward::Newer(_), Some(last)) => Toward::Newer(*last),
            (Toward::Newer(after), None) => Toward::Newer(after.max(store.stats().last)),
        };
        let found = found.iter().filter_map(|seq| Some((Arc::clone(inbox.get(seq)?), false))).collect();
        let from = std::mem::replace(&mut self.toward, reached);
        self.told.push(Looked { ticket: 0, from, reached, found, attempts: Vec::new(), looked: 0, at: None, end });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_comes_first_the_list_is_in_order_and_has_no_doubles_and_no_holes(
        steps in proptest::collection::vec((0_u8..13, 0_u64..60, 1_usize..9), 0..160),
        count in 1_usize..12,
        most in 4_usize..40,
        before in 0_u64..40,
    ) {
        let store = Store::new(Limits { count, bytes: 1 << 20, ..Limits::default() });
        let mut inbox = BTreeMap::new();
        let push = |inbox: &mut BTreeMap<_, _>| {
            let seq = store.push(capture(BodyEnd::Complete));
            inbox.insert(seq, store.get(seq).unwrap());
        };
        (0..before).for_each(|_| push(&mut inbox));
        let mut mirror = Captures { bounds: Bounds { count: most, bytes: 1 << 20 }, ..Captures::default() };
        // The rows, by the numbers that the mirror says have come and gone.
        mirror.apply(&store.changes_since(Seq(0), 0), None, |_| true);
        let mut rows: Vec<Seq> = numbers(&mirror);
        let mut looking: Option<Looking> = None;
        let mut near = None;
        let gone = |rows: &mut Vec<Seq>, gone: Vec<Seq>| {
            prop_assert!(gone.is_sorted());
            rows.retain(|seq| !gone.contains(seq));
            Ok(())
        };
        for (step, seq, many) in steps {
            match step {
                0..4 => (0..many).for_each(|_| push(&mut inbox)),
                4..6 => {
                    let (seq, rejections) = mirror.cursor();
                    let changes = store.changes_since(seq, rejections);
                    rows.extend(changes.new.iter().map(|capture| capture.seq));
                    let left = mirror.apply(&changes, near, |_| true);
                    gone(&mut rows, left)?;
                }
                6 => {
                    if looking.is_none() {
                        if mirror.window.is_none() {
                            mirror.open_window(None);
                        }
                        if let Some(next) = mirror.window.as_ref().and_then(Window::next) {
                            mirror.set_looking(Toward::Older(next));
                            looking = Some(Looking { toward: Toward::Older(next), told: Vec::new() });
                        }
                    }
                }
                7 => {
                    if looking.is_none()
                        && let Some(to) = mirror.window.as_ref().and_then(Window::parted_at)
                    {
                        mirror.set_looking(Toward::Newer(to));
                        looking = Some(Looking { toward: Toward::Newer(to), told: Vec::new() });
                    }
                }
                8 => {
                    if let Some(looking) = &mut looking
                        && looking.told.last().is_none_or(|last| last.end.is_none())
                    {
                        looking.go(&inbox, &store, many);
                    }
                }
                9 | 10 => {
                    if let Some(some) = &mut looking
                        && !some.told.is_empty()
                    {
                        let told = some.told.remove(0);
                        let end = told.end.is_some();
                        let taken = mirror.take(&told, near);
                        let stale = taken.is_none();
                        if let Some(taken) = taken {
                            prop_assert!(taken.added.iter().all(|seq| !rows.contains(seq)));
                            rows.extend(taken.added);
                            rows.sort_unstable();
                            gone(&mut rows, taken.gone)?;
                        }
                        if end || stale {
                            mirror.stop_looking();
                            looking = None;
                        }
                    }
                }
                11 => near = rows.get(usize::try_from(seq).unwrap() % rows.len().max(1)).copied(),
                _ if seq < 5 => {
                    looking = None;
                    let left = mirror.close_window();
                    gone(&mut rows, left)?;
                }
                _ => {
                    if let Some(seq) = rows.get(usize::try_from(seq).unwrap() % rows.len().max(1)).copied() {
                        store.remove(seq);
                        inbox.remove(&seq);
                        mirror.remove(seq);
                        rows.retain(|other| *other != seq);
                    }
                }
            }
            let here = numbers(&mirror);
            prop_assert!(here.is_sorted_by(|one, other| one < other), "{here:?}");
            prop_assert_eq!(&here, &rows);
            prop_assert_eq!(here.len(), mirror.len());
            if let Some(window) = &mirror.window {
                prop_assert!(window.len() <= most.max(1));
                let to = window.parted_at().unwrap_or(mirror.last).min(mirror.last);
                let whole: Vec<Seq> =
                    inbox.keys().copied().filter(|seq| *seq >= window.from() && *seq <= to).collect();
                let here: Vec<Seq> = here.into_iter().filter(|seq| *seq >= window.from() && *seq <= to).collect();
                prop_assert_eq!(here, whole);
            }
        }
    }
}

proptest! {
    #[test]
    fn the_mirror_holds_what_the_store_holds(
        steps in proptest::collection::vec((0_u8..10, 0_u64..40), 0..120), count in 1_usize..25,
    ) {
        let store = Store::new(Limits { count, bytes: 1 << 20, ..Limits::default() });
        let mut mirror = Captures::default();
        for (step, seq) in steps {
            match step {
                0..4 => _ = store.push(capture(BodyEnd::Complete)),
                4..7 => _ = store.push(capture(BodyEnd::Shed(Refusal::RateLimited))),
                7 => {
                    if mirror.get(Seq(seq)).is_some() && store.pin(Seq(seq)).is_ok() {
                        mirror.set_pinned(Seq(seq), true);
                    }
                }
                8 => {
                    store.unpin(Seq(seq));
                    mirror.set_pinned(Seq(seq), false);
                }
                _ => {
                    store.remove(Seq(seq));
                    mirror.remove(Seq(seq));
                }
            }
            let (seq, rejections) = mirror.cursor();
            mirror.apply(&store.changes_since(seq, rejections), None, |_| true);
            let held: Vec<Seq> = store.changes_since(Seq(0), 0).new.iter().map(|capture| capture.seq).collect();
            prop_assert_eq!(numbers(&mirror), held);
            prop_assert_eq!(mirror.marginal, mirror.held.iter().filter(|capture| capture.is_marginal()).count());
        }
    }
}
