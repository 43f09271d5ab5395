//! Whatever the ring has, the inbox beyond it is gone through whole, once, and in order.

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::model::{Answer, Body, BodyEnd, CaptureId, Fidelity, Head, Refusal, Timing, Version, Wire};
use crate::store::{Durability, Inbox, InboxName, Inboxes, Keep, Limits, Spool, inbox::Options};

const PATIENCE: Duration = Duration::from_secs(60);

fn capture(marginal: bool) -> Capture {
    let end = if marginal { BodyEnd::Shed(Refusal::RateLimited) } else { BodyEnd::Complete };
    Capture {
        id: CaptureId::new(),
        seq: Seq(0),
        received_at: Timestamp::UNIX_EPOCH,
        remote: None,
        head: Head::from_parts(b"POST", b"/", Version::Http11, [], Fidelity::Exact),
        body: Body::new(bytes::Bytes::new(), None, 0, end),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    }
}

fn open(root: &Path, count: usize) -> Store {
    let options =
        Options { durability: Durability::Batch, keep: Keep::default(), url: None, clock: || Timestamp::UNIX_EPOCH };
    let inbox = Inbox::open(&Inboxes::new(root), &InboxName::default(), options);
    let spool = inbox.spool().unwrap_or_else(|| Spool::shared(root));
    Store::journaled(Limits { count, ..Limits::default() }, spool, inbox)
}

/// All that is found from there on, in the order in which it is.
fn all(behind: &Behind, mut toward: Toward, many: usize, at_once: usize) -> Vec<u64> {
    let mut found = Vec::new();
    loop {
        let mut here = 0;
        let step = behind
            .step(toward, many, |capture, _| {
                found.push(capture.seq.0);
                here += 1;
                if here < at_once { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })
            .unwrap();
        if step.end {
            return found;
        }
        assert_ne!(step.next, toward, "it goes on");
        toward = step.next;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn all_of_it_is_found_both_ways(
        kinds in proptest::collection::vec(0_u8..4, 0..60),
        pinned in proptest::collection::vec(1_u64..60, 0..3),
        count in 1_usize..20, more in 0_usize..30, many in 1_usize..9, at_once in 1_usize..5, from in 0_u64..70,
    ) {
        let root = tempfile::tempdir().unwrap();
        let store = open(root.path(), 100);
        for kind in &kinds {
            store.push(capture(*kind == 0));
        }
        for seq in pinned {
            let _ = store.pin(Seq(seq));
        }
        prop_assert!(store.close(PATIENCE));
        drop(store);
        let store = open(root.path(), count);
        store.load_older(0).unwrap();
        for at in 0..more {
            store.push(capture(at % 3 == 0));
        }
        prop_assert!(store.close(PATIENCE));
        let beyond: Vec<u64> =
            (1..=(kinds.len() + more) as u64).filter(|seq| store.get(Seq(*seq)).is_none()).collect();
        let behind = store.behind().unwrap().unwrap();
        let older: Vec<u64> = beyond.iter().copied().rev().filter(|seq| *seq < from).collect();
        prop_assert_eq!(all(&behind, Toward::Older(Seq(from)), many, at_once), older);
        let newer: Vec<u64> = beyond.iter().copied().filter(|seq| *seq > from).collect();
        prop_assert_eq!(all(&behind, Toward::Newer(Seq(from)), many, at_once), newer);
        let all_older: Vec<u64> = beyond.iter().copied().rev().collect();
        prop_assert_eq!(all(&behind, Toward::Older(Seq(u64::MAX)), many, at_once), all_older);
    }
}

#[test]
fn without_an_inbox_there_is_nothing_beyond() {
    assert!(Store::new(Limits::default()).behind().is_none());
}

#[test]
fn an_inbox_that_was_opened_late_is_told_in_the_numbers_of_the_ring() {
    let root = tempfile::tempdir().unwrap();
    let other = open(root.path(), 100);
    (0..5).for_each(|_| _ = other.push(capture(false)));
    // Another creel has it.
    let store = open(root.path(), 2);
    assert!(store.behind().is_none());
    (0..4).for_each(|_| _ = store.push(capture(false)));
    assert!(other.close(PATIENCE));
    drop(other);
    // What waits is written when it closes at the latest, and before that once the inbox is free.
    assert!(store.close(PATIENCE));
    let behind = store.behind().unwrap().unwrap();
    assert!(behind.is_cut());
    assert_eq!(all(&behind, Toward::Older(Seq(u64::MAX)), 10, 10), [2, 1]);
    assert_eq!(behind.archive.count(), Ok(9));
    assert_eq!(store.pin(Seq(1)), Ok(()));
    assert!(store.pin(Seq(9)).is_err());
}
