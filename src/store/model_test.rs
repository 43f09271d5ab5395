//! The ring against a model that is too simple to be wrong: a list that is searched from the front.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;

use super::ring::{Limits, Ring};
use crate::model::{
    Answer, Body, BodyEnd, Capture, CaptureId, Content, Fidelity, Head, Refusal, Room, Seq, Spooled, Timing, Version,
    Wire,
};

fn capture(size: usize, end: BodyEnd) -> Arc<Capture> {
    with(Body::new(Bytes::from(vec![0; size]), None, size as u64, end))
}

/// A capture that takes disk, or says so.
fn spooled(size: usize, end: BodyEnd) -> Arc<Capture> {
    let file = std::fs::File::open("/dev/null").unwrap();
    let content = Content::Spooled(Spooled::new(file, Bytes::new(), size, Room::default()));
    with(Body::of(content, None, size as u64, end))
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
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    })
}

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    /// What was turned away or taken back.
    Mark(usize, BodyEnd),
    Spool(usize, BodyEnd),
    Room(u64),
    Pin(u64),
    Unpin(u64),
    Remove(u64),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_usize..4000).prop_map(Step::Push),
        6 => (0_usize..400).prop_map(|size| Step::Mark(size, BodyEnd::Shed(Refusal::RateLimited))),
        2 => (0_usize..400).prop_map(|size| Step::Mark(size, BodyEnd::Reset)),
        4 => (1_usize..4000).prop_map(|size| Step::Spool(size, BodyEnd::Complete)),
        2 => (1_usize..4000).prop_map(|size| Step::Spool(size, BodyEnd::Reset)),
        1 => (0_u64..4000).prop_map(Step::Room),
        1 => (0_u64..40).prop_map(Step::Pin),
        1 => (0_u64..40).prop_map(Step::Unpin),
        1 => (0_u64..40).prop_map(Step::Remove),
        1 => Just(Step::Clear),
    ]
}

/// One that is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Held {
    seq: u64,
    cost: usize,
    pinned: bool,
    marginal: bool,
    disk: u64,
    /// Of the margin, pinned, and passed by it.
    passed: bool,
}

/// What the ring holds, oldest first.
#[derive(Default)]
struct Simple {
    held: Vec<Held>,
    last: u64,
    evicted: [u64; 2],
}

impl Simple {
    fn of(&self, marginal: bool) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(move |held| held.marginal == marginal)
    }

    fn spool(&self) -> u64 {
        self.held.iter().map(|held| held.disk).sum()
    }

    fn free(&mut self, bytes: u64, but: u64) {
        let mut freed = 0;
        while freed < bytes {
            let may_go = |held: &&Held| !held.pinned && held.seq != but && held.disk > 0;
            let next = self.of(true).find(may_go).or_else(|| self.of(false).find(may_go)).copied();
            let Some(next) = next else { break };
            freed += next.disk;
            self.held.retain(|held| held.seq != next.seq);
            self.evicted[usize::from(next.marginal)] += 1;
        }
    }

    fn push(&mut self, capture: &Capture, limits: Limits) {
        self.last += 1;
        let (marginal, disk) = (capture.is_marginal(), capture.spooled());
        self.held.push(Held { seq: self.last, cost: capture.cost(), pinned: false, marginal, disk, passed: false });
        self.bound(marginal, limits);
        if disk > 0 {
            self.free(self.spool().saturating_sub(limits.spool), self.last);
        }
    }

    fn bound(&mut self, marginal: bool, limits: Limits) {
        let limits = if marginal { limits.margin() } else { limits };
        loop {
            let counted = self.of(marginal).filter(|held| !held.passed);
            let (count, bytes) = counted.fold((0, 0), |(count, bytes), held| (count + 1, bytes + held.cost));
            if count <= limits.count && bytes <= limits.bytes {
                break;
            }
            // In the ring pins count wherever they are; in the margin they step aside when it passes them.
            let goes = |held: &Held| {
                held.marginal == marginal && !held.passed && (marginal || !held.pinned) && held.seq != self.last
            };
            let Some(oldest) = self.held.iter().position(goes) else { break };
            if self.held[oldest].pinned {
                self.held[oldest].passed = true;
            } else {
                self.held.remove(oldest);
                self.evicted[usize::from(marginal)] += 1;
            }
        }
    }

    fn find(&mut self, seq: u64) -> Option<&mut Held> {
        self.held.iter_mut().find(|held| held.seq == seq)
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
                    let capture = capture(size, BodyEnd::Complete);
                    simple.push(&capture, limits);
                    ring.push(capture, &mut gone);
                }
                Step::Mark(size, end) => {
                    let capture = capture(size, end);
                    simple.push(&capture, limits);
                    let evicted = ring.evicted();
                    ring.push(capture, &mut gone);
                    prop_assert_eq!(ring.evicted(), evicted, "a mark pushed out what was caught");
                }
                Step::Spool(size, end) => {
                    let capture = spooled(size, end);
                    simple.push(&capture, limits);
                    ring.push(capture, &mut gone);
                }
                Step::Room(bytes) => {
                    let before = simple.evicted;
                    simple.free(bytes, 0);
                    prop_assert_eq!(ring.make_room(bytes, &mut gone), simple.evicted != before);
                }
                Step::Pin(seq) => {
                    let result = ring.pin(Seq(seq));
                    match simple.find(seq) {
                        None => prop_assert!(result.is_err()),
                        Some(held) => held.pinned |= result.is_ok(),
                    }
                }
                Step::Unpin(seq) => {
                    let floors = [ring.floor().0, ring.margin_floor().0];
                    ring.unpin(Seq(seq), &mut gone);
                    match simple.find(seq).copied() {
                        Some(held) if seq < floors[usize::from(held.marginal)] => {
                            simple.held.retain(|held| held.seq != seq);
                            simple.evicted[usize::from(held.marginal)] += 1;
                        }
                        Some(_) => simple.find(seq).unwrap().pinned = false,
                        None => {}
                    }
                }
                Step::Remove(seq) => {
                    let removed = ring.remove(Seq(seq)).is_some();
                    prop_assert_eq!(removed, simple.find(seq).is_some());
                    simple.held.retain(|held| held.seq != seq);
                    mirror.retain(|(held, _)| *held != seq);
                }
                Step::Clear => {
                    drop(ring.clear());
                    simple.held.retain(|held| held.pinned);
                    mirror.retain(|(held, _)| ring.is_pinned(Seq(*held)));
                }
            }
            mirror.extend(ring.since(told).map(|held| (held.seq.0, held.is_marginal())));
            let early: Vec<u64> = ring.early().map(|seq| seq.0).collect();
            mirror.retain(|(seq, marginal)| {
                let floor = if *marginal { ring.margin_floor() } else { ring.floor() };
                ring.is_pinned(Seq(*seq)) || (*seq >= floor.0 && !early.contains(seq))
            });
            prop_assert_eq!(&mirror, &simple.held.iter().map(|held| (held.seq, held.marginal)).collect::<Vec<_>>());
            prop_assert!(early.iter().all(|seq| *seq >= ring.floor().0.min(ring.margin_floor().0)));
            prop_assert_eq!(ring.spool(), simple.spool());
            let held: Vec<(u64, usize, bool)> =
                ring.since(Seq(0)).map(|held| (held.seq.0, held.cost(), ring.is_pinned(held.seq))).collect();
            let expected: Vec<(u64, usize, bool)> =
                simple.held.iter().map(|held| (held.seq, held.cost, held.pinned)).collect();
            prop_assert_eq!(&held, &expected);
            prop_assert_eq!(ring.bytes(), simple.of(false).map(|held| held.cost).sum::<usize>());
            prop_assert_eq!((ring.len(), ring.margin()), (simple.of(false).count(), simple.of(true).count()));
            prop_assert_eq!((ring.last().0, [ring.evicted(), ring.margin_evicted()]), (simple.last, simple.evicted));
            prop_assert_eq!((ring.evicted() + ring.margin_evicted()) as usize, gone.len());
            for (seq, _, _) in &held {
                prop_assert_eq!(ring.get(Seq(*seq)).map(|held| held.seq.0), Some(*seq));
            }
            for held in &simple.held {
                let floor = if held.marginal { ring.margin_floor() } else { ring.floor() };
                prop_assert!(held.pinned || held.seq >= floor.0);
            }
            prop_assert!(ring.len() <= limits.count);
            prop_assert!(ring.margin() <= limits.margin().count + ring.pinned().count());
            let loose = simple.of(false).filter(|held| !held.pinned).count();
            prop_assert!(ring.bytes() <= limits.bytes || loose <= 1);
        }
    }
}

#[test]
fn a_capture_larger_than_the_ring_is_kept_alone() {
    let mut ring = Ring::new(Limits { count: 10, bytes: 1000, ..Limits::default() });
    let mut gone = Vec::new();
    ring.push(capture(10, BodyEnd::Complete), &mut gone);
    ring.push(capture(100_000, BodyEnd::Complete), &mut gone);
    assert_eq!((ring.len(), gone.len()), (1, 1));
}

#[test]
fn marks_are_held_beside_a_full_ring() {
    let mut ring = Ring::new(Limits { count: 20, bytes: 1 << 20, ..Limits::default() });
    let mut gone = Vec::new();
    for _ in 0..20 {
        ring.push(capture(10, BodyEnd::Complete), &mut gone);
    }
    for _ in 0..5000 {
        ring.push(capture(0, BodyEnd::Shed(Refusal::Overloaded)), &mut gone);
    }
    assert_eq!((ring.len(), ring.margin(), ring.evicted(), ring.margin_evicted()), (20, 2, 0, 4998));
    assert!(ring.since(Seq(0)).map(|held| held.seq.0).eq((1..=20).chain([5019, 5020])));
}
