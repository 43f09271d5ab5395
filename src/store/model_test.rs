//! The ring against a model that is too simple to be wrong: a list that is searched from the front.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;

use super::ring::{Limits, Ring};
use crate::model::{Answer, Body, Capture, CaptureId, Fidelity, Head, Seq, Version};

fn capture(size: usize) -> Arc<Capture> {
    Arc::new(Capture {
        id: CaptureId::fixed(1),
        seq: Seq(0),
        received_at: Timestamp::UNIX_EPOCH,
        remote: Some(SocketAddr::from(([127, 0, 0, 1], 1))),
        head: Head::from_parts(b"POST", b"/", Version::Http11, [], Fidelity::Exact),
        body: Body::complete(Bytes::from(vec![0; size])),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()),
        duration: Duration::ZERO,
    })
}

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    Pin(u64),
    Unpin(u64),
    Remove(u64),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_usize..4000).prop_map(Step::Push),
        1 => (0_u64..40).prop_map(Step::Pin),
        1 => (0_u64..40).prop_map(Step::Unpin),
        1 => (0_u64..40).prop_map(Step::Remove),
        1 => Just(Step::Clear),
    ]
}

/// What the ring holds, as number, cost and pin, oldest first.
#[derive(Default)]
struct Simple {
    held: Vec<(u64, usize, bool)>,
    last: u64,
    evicted: u64,
}

impl Simple {
    fn bytes(&self) -> usize {
        self.held.iter().map(|(_, cost, _)| cost).sum()
    }

    fn push(&mut self, cost: usize, limits: Limits) {
        self.last += 1;
        self.held.push((self.last, cost, false));
        while self.held.len() > limits.count || self.bytes() > limits.bytes {
            let oldest = self.held.iter().position(|(seq, _, pinned)| !pinned && *seq != self.last);
            let Some(oldest) = oldest else { break };
            self.held.remove(oldest);
            self.evicted += 1;
        }
    }

    fn find(&mut self, seq: u64) -> Option<&mut (u64, usize, bool)> {
        self.held.iter_mut().find(|(held, _, _)| *held == seq)
    }
}

proptest! {
    #[test]
    fn the_ring_does_what_the_list_does(
        steps in proptest::collection::vec(step(), 0..120),
        count in 1_usize..12,
        bytes in 0_usize..12_000,
    ) {
        let limits = Limits { count, bytes };
        let mut ring = Ring::new(limits);
        let mut simple = Simple::default();
        // Those that the ring has passed: unpinned, they go at once.
        let mut gone = Vec::new();
        for step in steps {
            match step {
                Step::Push(size) => {
                    let capture = capture(size);
                    simple.push(capture.cost(), limits);
                    ring.push(capture, &mut gone);
                }
                Step::Pin(seq) => {
                    let result = ring.pin(Seq(seq));
                    match simple.find(seq) {
                        None => prop_assert!(result.is_err()),
                        Some(held) => held.2 |= result.is_ok(),
                    }
                }
                Step::Unpin(seq) => {
                    let floor = ring.floor().0;
                    ring.unpin(Seq(seq), &mut gone);
                    let passed = seq < floor;
                    match simple.find(seq) {
                        Some(held) if !passed => held.2 = false,
                        Some(_) => {
                            simple.held.retain(|(held, _, _)| *held != seq);
                            simple.evicted += 1;
                        }
                        None => {}
                    }
                }
                Step::Remove(seq) => {
                    let removed = ring.remove(Seq(seq)).is_some();
                    prop_assert_eq!(removed, simple.find(seq).is_some());
                    simple.held.retain(|(held, _, _)| *held != seq);
                }
                Step::Clear => {
                    drop(ring.clear());
                    simple.held.retain(|(_, _, pinned)| *pinned);
                }
            }
            let held: Vec<(u64, usize, bool)> =
                ring.since(Seq(0)).map(|held| (held.seq.0, held.cost(), ring.is_pinned(held.seq))).collect();
            prop_assert_eq!(&held, &simple.held);
            prop_assert_eq!(ring.bytes(), simple.bytes());
            prop_assert_eq!((ring.len(), ring.last().0, ring.evicted()), (held.len(), simple.last, simple.evicted));
            prop_assert_eq!(ring.evicted() as usize, gone.len());
            for (seq, _, _) in &held {
                prop_assert_eq!(ring.get(Seq(*seq)).map(|held| held.seq.0), Some(*seq));
            }
            prop_assert!(ring.len() <= limits.count);
            prop_assert!(ring.bytes() <= limits.bytes || ring.since(Seq(0)).filter(|held| !ring.is_pinned(held.seq)).count() <= 1);
        }
    }
}

#[test]
fn a_capture_larger_than_the_ring_is_kept_alone() {
    let mut ring = Ring::new(Limits { count: 10, bytes: 1000 });
    let mut gone = Vec::new();
    ring.push(capture(10), &mut gone);
    ring.push(capture(100_000), &mut gone);
    assert_eq!((ring.len(), gone.len()), (1, 1));
}
