//! The ring against a model that is too simple to be wrong: a list that is searched from the front.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;

use super::ring::{Limits, Ring};
use crate::model::{Answer, Body, BodyEnd, Capture, CaptureId, Content, Fidelity, Head, Room, Seq, Spooled, Version};

fn capture(size: usize) -> Arc<Capture> {
    with(Body::complete(Bytes::from(vec![0; size])))
}

/// A capture that takes disk, or says so.
fn spooled(size: usize) -> Arc<Capture> {
    let file = std::fs::File::open("/dev/null").unwrap();
    let content = Content::Spooled(Spooled::new(file, Bytes::new(), size, Room::default()));
    with(Body::of(content, None, size as u64, BodyEnd::Complete))
}

fn with(body: Body) -> Arc<Capture> {
    Arc::new(Capture {
        id: CaptureId::fixed(1),
        seq: Seq(0),
        received_at: Timestamp::UNIX_EPOCH,
        remote: Some(SocketAddr::from(([127, 0, 0, 1], 1))),
        head: Head::from_parts(b"POST", b"/", Version::Http11, [], Fidelity::Exact),
        body,
        trailers: Box::default(),
        answer: Arc::new(Answer::default()),
        duration: Duration::ZERO,
    })
}

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    Spool(usize),
    Room(u64),
    Pin(u64),
    Unpin(u64),
    Remove(u64),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_usize..4000).prop_map(Step::Push),
        4 => (1_usize..4000).prop_map(Step::Spool),
        1 => (0_u64..4000).prop_map(Step::Room),
        1 => (0_u64..40).prop_map(Step::Pin),
        1 => (0_u64..40).prop_map(Step::Unpin),
        1 => (0_u64..40).prop_map(Step::Remove),
        1 => Just(Step::Clear),
    ]
}

/// What the ring holds, as number, cost, pin and disk, oldest first.
#[derive(Default)]
struct Simple {
    held: Vec<(u64, usize, bool, u64)>,
    last: u64,
    evicted: u64,
}

impl Simple {
    fn bytes(&self) -> usize {
        self.held.iter().map(|(_, cost, ..)| cost).sum()
    }

    fn spool(&self) -> u64 {
        self.held.iter().map(|(.., disk)| disk).sum()
    }

    fn free(&mut self, bytes: u64, but: u64) {
        let mut freed = 0;
        while freed < bytes {
            let oldest = self.held.iter().position(|(seq, _, pinned, disk)| !pinned && *seq != but && *disk > 0);
            let Some(oldest) = oldest else { break };
            freed += self.held.remove(oldest).3;
            self.evicted += 1;
        }
    }

    fn push(&mut self, cost: usize, disk: u64, limits: Limits) {
        self.last += 1;
        self.held.push((self.last, cost, false, disk));
        while self.held.len() > limits.count || self.bytes() > limits.bytes {
            let oldest = self.held.iter().position(|(seq, _, pinned, _)| !pinned && *seq != self.last);
            let Some(oldest) = oldest else { break };
            self.held.remove(oldest);
            self.evicted += 1;
        }
        self.free(self.spool().saturating_sub(limits.spool), self.last);
    }

    fn find(&mut self, seq: u64) -> Option<&mut (u64, usize, bool, u64)> {
        self.held.iter_mut().find(|(held, ..)| *held == seq)
    }
}

proptest! {
    #[test]
    fn the_ring_does_what_the_list_does(
        steps in proptest::collection::vec(step(), 0..120),
        count in 1_usize..12,
        bytes in 0_usize..12_000,
        spool in 0_u64..12_000,
    ) {
        let limits = Limits { count, bytes, spool };
        let mut ring = Ring::new(limits);
        let mut simple = Simple::default();
        // Those that the ring has passed: unpinned, they go at once.
        let mut gone = Vec::new();
        // What a reader knows who is told of nothing but what comes, the floor, and what went early.
        let mut mirror = Vec::new();
        for step in steps {
            let told = ring.last();
            match step {
                Step::Push(size) => {
                    let capture = capture(size);
                    simple.push(capture.cost(), 0, limits);
                    ring.push(capture, &mut gone);
                }
                Step::Spool(size) => {
                    let capture = spooled(size);
                    simple.push(capture.cost(), size as u64, limits);
                    ring.push(capture, &mut gone);
                }
                Step::Room(bytes) => {
                    let before = simple.evicted;
                    simple.free(bytes, 0);
                    prop_assert_eq!(ring.make_room(bytes, &mut gone), simple.evicted > before);
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
                            simple.held.retain(|(held, ..)| *held != seq);
                            simple.evicted += 1;
                        }
                        None => {}
                    }
                }
                Step::Remove(seq) => {
                    let removed = ring.remove(Seq(seq)).is_some();
                    prop_assert_eq!(removed, simple.find(seq).is_some());
                    simple.held.retain(|(held, ..)| *held != seq);
                    mirror.retain(|held| *held != seq);
                }
                Step::Clear => {
                    drop(ring.clear());
                    simple.held.retain(|(_, _, pinned, _)| *pinned);
                    mirror.retain(|held| ring.is_pinned(Seq(*held)));
                }
            }
            mirror.extend(ring.since(told).map(|held| held.seq.0));
            let early: Vec<u64> = ring.early().map(|seq| seq.0).collect();
            mirror.retain(|seq| ring.is_pinned(Seq(*seq)) || (*seq >= ring.floor().0 && !early.contains(seq)));
            prop_assert_eq!(&mirror, &simple.held.iter().map(|(seq, ..)| *seq).collect::<Vec<_>>());
            prop_assert!(early.iter().all(|seq| *seq >= ring.floor().0));
            let held: Vec<(u64, usize, bool, u64)> = ring
                .since(Seq(0))
                .map(|held| (held.seq.0, held.cost(), ring.is_pinned(held.seq), held.spooled()))
                .collect();
            prop_assert_eq!(&held, &simple.held);
            prop_assert_eq!(ring.bytes(), simple.bytes());
            prop_assert_eq!(ring.spool(), simple.spool());
            prop_assert_eq!((ring.len(), ring.last().0, ring.evicted()), (held.len(), simple.last, simple.evicted));
            prop_assert_eq!(ring.evicted() as usize, gone.len());
            for (seq, ..) in &held {
                prop_assert_eq!(ring.get(Seq(*seq)).map(|held| held.seq.0), Some(*seq));
            }
            prop_assert!(ring.len() <= limits.count);
            prop_assert!(ring.bytes() <= limits.bytes || ring.since(Seq(0)).filter(|held| !ring.is_pinned(held.seq)).count() <= 1);
        }
    }
}

#[test]
fn a_capture_larger_than_the_ring_is_kept_alone() {
    let mut ring = Ring::new(Limits { count: 10, bytes: 1000, ..Limits::default() });
    let mut gone = Vec::new();
    ring.push(capture(10), &mut gone);
    ring.push(capture(100_000), &mut gone);
    assert_eq!((ring.len(), gone.len()), (1, 1));
}
