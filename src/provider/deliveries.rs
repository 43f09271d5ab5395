//! Which captures are tries of one delivery: an index of what has come, by provider and delivery id.
//!
//! Decided: a try is counted by when it came, which is the order of the numbers of captures; drafts are no tries, because
//! nobody sent them. The index holds the newest [`MOST`] tries and counts what has left it, so that the third try stays the third. Whoever fills
//! it finds out the ids elsewhere ([`key`]), away from where captures come in. Refused: grouping by what bodies look like.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::known;
use crate::model::{Capture, Seq};

/// How many tries are held.
pub const MOST: usize = 1 << 16;

/// What all tries of one delivery share: its provider and its id.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key(Arc<[u8]>);

impl Key {
    /// The id as its provider wrote it; from outside.
    pub fn id(&self) -> &[u8] {
        self.0.iter().position(|byte| *byte == 0).and_then(|at| self.0.get(at + 1..)).unwrap_or_default()
    }
}

/// Which delivery a capture is a try of; nothing where its sender or the id is not known, and for drafts.
pub fn key(capture: &Capture) -> Option<Key> {
    if capture.origin.is_some() {
        return None;
    }
    let known = known(capture)?;
    let id = known.delivery?;
    Some(Key([known.provider.name.as_bytes(), b"\0", &id].concat().into()))
}

/// The tries of one delivery.
#[derive(Clone, Debug, Default)]
struct Group {
    /// How many have left the index.
    left: u32,
    /// Those in it, oldest first.
    tries: Vec<Seq>,
}

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct Deliveries {
    groups: HashMap<Key, Group>,
    keys: BTreeMap<Seq, Key>,
    most: usize,
}

impl Default for Deliveries {
    fn default() -> Self {
        Self { groups: HashMap::new(), keys: BTreeMap::new(), most: MOST }
    }
}

impl Deliveries {
    /// Takes a try in; the same one twice is one. Gives the others of its delivery whose place that has changed: those that
    /// came later.
    pub fn add(&mut self, seq: Seq, key: Key) -> Vec<Seq> {
        if self.keys.contains_key(&seq) {
            return Vec::new();
        }
        let group = self.groups.entry(key.clone()).or_default();
        let at = group.tries.partition_point(|other| *other < seq);
        group.tries.insert(at, seq);
        let later = group.tries.get(at + 1..).unwrap_or_default().to_vec();
        self.keys.insert(seq, key);
        if self.keys.len() > self.most {
            self.forget_oldest();
        }
        later
    }

    fn forget_oldest(&mut self) {
        let Some((seq, key)) = self.keys.pop_first() else { return };
        let Some(group) = self.groups.get_mut(&key) else { return };
        group.tries.retain(|other| *other != seq);
        group.left += 1;
        if group.tries.is_empty() {
            self.groups.remove(&key);
        }
    }

    /// Which try of its delivery a capture is, from 1; nothing for what is none, or not known to be one.
    pub fn number(&self, seq: Seq) -> Option<u32> {
        let group = self.groups.get(self.keys.get(&seq)?)?;
        let at = group.tries.binary_search(&seq).ok()?;
        u32::try_from(at).ok()?.checked_add(group.left)?.checked_add(1)
    }

    /// The tries of the delivery that a capture belongs to, oldest first, as far as they are held.
    pub fn tries(&self, seq: Seq) -> &[Seq] {
        let group = self.keys.get(&seq).and_then(|key| self.groups.get(key));
        group.map_or(&[], |group| &group.tries)
    }

    /// The delivery that a capture belongs to.
    pub fn key(&self, seq: Seq) -> Option<&Key> {
        self.keys.get(&seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(name: u8) -> Key {
        Key([b"p\0".as_slice(), &[name]].concat().into())
    }

    #[test]
    fn tries_are_counted_and_what_leaves_is_still_counted() {
        let mut deliveries = Deliveries { most: 3, ..Deliveries::default() };
        for seq in [1, 2, 4] {
            assert!(deliveries.add(Seq(seq), key(b'a')).is_empty());
        }
        assert_eq!([1, 2, 4, 3].map(|seq| deliveries.number(Seq(seq))), [Some(1), Some(2), Some(3), None]);
        assert_eq!(deliveries.add(Seq(5), key(b'b')), []);
        assert_eq!([1, 2, 4, 5].map(|seq| deliveries.number(Seq(seq))), [None, Some(2), Some(3), Some(1)]);
        assert_eq!(deliveries.tries(Seq(4)), [Seq(2), Seq(4)]);
        assert_eq!(deliveries.key(Seq(5)).unwrap().id(), b"b");
    }

    proptest! {
        #[test]
        fn a_place_is_how_many_came_before_with_the_same_id(tries in proptest::collection::vec((0_u64..60, 0_u8..4), 0..60)) {
            let mut deliveries = Deliveries::default();
            let mut known: BTreeMap<Seq, u8> = BTreeMap::new();
            for (seq, name) in tries {
                let later = deliveries.add(Seq(seq), key(name));
                let is_new = !known.contains_key(&Seq(seq));
                known.entry(Seq(seq)).or_insert(name);
                let expected: Vec<Seq> = known
                    .iter()
                    .filter(|(other, own)| is_new && **other > Seq(seq) && **own == name)
                    .map(|(other, _)| *other)
                    .collect();
                prop_assert_eq!(later, expected);
            }
            for (seq, name) in &known {
                let before = known.iter().filter(|(other, own)| *other <= seq && *own == name).count() as u32;
                prop_assert_eq!(deliveries.number(*seq), Some(before));
            }
        }
    }
}
