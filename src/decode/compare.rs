//! What differs between two bodies of JSON, member by member.
//!
//! Decided: members and elements are paired as `pairing` does, so one element more at the front is one addition. What is byte
//! for byte the same is not looked into; white space makes no difference, and the text of a number or a string does.
//! Differences are places in the newer body; what is there no more is told at what it was in.
//!
//! Refused: looking deeper than [`DEEPEST`] levels, below which a value differs as a whole.

use std::ops::Range;

use super::{
    Cancelled, Document, json,
    pairing::{pair_elements, pair_members},
    tree::Nest,
};

/// How many differences there are at the most.
pub const DIFFERENCES: usize = 10_000;

/// How deep two values are looked into.
const DEEPEST: u32 = 512;

/// How many names of what is there no more are kept for one object.
const NAMES: usize = 16;

/// How something differs from what it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// It was not there.
    Added,
    /// It was something else.
    Changed,
    /// So much that was in it is there no more, and the names of some of that, as sent.
    Removed(usize, Vec<Vec<u8>>),
}

/// The differences between two bodies, by where the lines begin in the newer one that they are about.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Differences {
    list: Vec<(usize, Change)>,
    /// Whether there are more.
    pub more: bool,
}

impl Differences {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The difference of that index, and where it is.
    pub fn get(&self, index: usize) -> Option<(usize, &Change)> {
        self.list.get(index).map(|(offset, change)| (*offset, change))
    }

    /// Those about the line that begins at `offset`.
    pub fn at(&self, offset: usize) -> impl Iterator<Item = &Change> {
        let first = self.list.partition_point(|(at, _)| *at < offset);
        self.list.iter().skip(first).take_while(move |(at, _)| *at == offset).map(|(_, change)| change)
    }

    /// Whether there is one about a line that begins in that range.
    pub fn is_within(&self, range: Range<usize>) -> bool {
        let first = self.list.partition_point(|(at, _)| *at < range.start);
        self.list.get(first).is_some_and(|(at, _)| *at < range.end)
    }

    /// The index of the first behind `offset`, or of the first of all.
    pub fn after(&self, offset: usize) -> Option<usize> {
        let next = self.list.partition_point(|(at, _)| *at <= offset);
        (!self.is_empty()).then_some(if next < self.len() { next } else { 0 })
    }

    /// The index of the last before `offset`, or of the last of all.
    pub fn before(&self, offset: usize) -> Option<usize> {
        let next = self.list.partition_point(|(at, _)| *at < offset);
        next.checked_sub(1).or_else(|| self.len().checked_sub(1))
    }

    fn push(&mut self, offset: usize, change: Change) -> bool {
        self.more = self.len() == DIFFERENCES;
        if !self.more {
            self.list.push((offset, change));
        }
        !self.more
    }
}

/// Where `now` differs from `before`; nothing when cancelled. None of the differences of what is no JSON is found.
pub fn compare(now: &Document, before: &Document, cancelled: &Cancelled) -> Option<Differences> {
    let mut found = Differences::default();
    let bytes = (now.bytes().as_ref(), before.bytes().as_ref());
    for (new, old) in parts(now).into_iter().zip(parts(before)) {
        let mut compared = Comparison { new: bytes.0, old: bytes.1, found: &mut found, open: Vec::new() };
        let at = json::blank(bytes.0, new.start);
        compared.open.push(Pair { new, old, at, depth: 0 });
        compared.all(cancelled)?;
    }
    found.list.sort_by_key(|(offset, _)| *offset);
    Some(found)
}

/// Whether a document has anything that can be compared.
pub fn is_comparable(document: &Document) -> bool {
    !parts(document).is_empty()
}

/// The parts of a document that are JSON.
fn parts(document: &Document) -> Vec<Range<usize>> {
    document.sections_by(|nest| nest == Some(Nest::Json))
}

/// Two values that stand in the same place.
struct Pair {
    new: Range<usize>,
    old: Range<usize>,
    /// Where the line of the newer one begins.
    at: usize,
    depth: u32,
}

struct Comparison<'a, 'f> {
    new: &'a [u8],
    old: &'a [u8],
    found: &'f mut Differences,
    open: Vec<Pair>,
}

impl<'a> Comparison<'a, '_> {
    fn all(&mut self, cancelled: &Cancelled) -> Option<()> {
        while let Some(pair) = self.open.pop() {
            if cancelled.is_cancelled() {
                return None;
            }
            if !self.pair(&pair, cancelled)? {
                break;
            }
        }
        Some(())
    }

    /// Compares two values one level deep; says whether there may be room for more differences.
    fn pair(&mut self, pair: &Pair, cancelled: &Cancelled) -> Option<bool> {
        let trimmed = |bytes: &'a [u8], range: &Range<usize>| bytes.get(range.clone()).unwrap_or_default().trim_ascii();
        let (new, old) = (trimmed(self.new, &pair.new), trimmed(self.old, &pair.old));
        if new == old {
            return Some(true);
        }
        match (new.first(), old.first()) {
            (Some(b'{'), Some(b'{')) if pair.depth < DEEPEST => self.members(pair, cancelled),
            (Some(b'['), Some(b'[')) if pair.depth < DEEPEST => self.elements(pair, cancelled),
            _ => Some(self.found.push(pair.at, Change::Changed)),
        }
    }

    fn members(&mut self, pair: &Pair, cancelled: &Cancelled) -> Option<bool> {
        let (new, old) = self.slices(pair);
        let (mut left, mut names, mut room) = (0, Vec::new(), true);
        pair_members(new, old, cancelled, &mut |met| match (met.new, met.old) {
            (Some(is), Some(was)) => self.meet(pair, (is.value.clone(), was.value), pair.new.start + is.start()),
            (Some(is), None) => room &= self.found.push(pair.new.start + is.start(), Change::Added),
            (None, was) => {
                left += 1;
                if names.len() < NAMES {
                    let name = was.and_then(|was| was.name).and_then(|name| old.get(name));
                    names.push(name.unwrap_or_default().to_vec());
                }
            }
        })?;
        if left > 0 {
            room &= self.found.push(pair.at, Change::Removed(left, names));
        }
        Some(room)
    }

    fn elements(&mut self, pair: &Pair, cancelled: &Cancelled) -> Option<bool> {
        let (new, old) = self.slices(pair);
        let (mut left, mut room) = (0, true);
        pair_elements(new, old, cancelled, &mut |met| match (met.new, met.old) {
            (Some(is), Some(was)) => self.meet(pair, (is.value.clone(), was.value), pair.new.start + is.start()),
            (Some(is), None) => room &= self.found.push(pair.new.start + is.start(), Change::Added),
            (None, _) => left += 1,
        })?;
        if left > 0 {
            room &= self.found.push(pair.at, Change::Removed(left, Vec::new()));
        }
        Some(room)
    }

    /// The bytes of both values.
    fn slices(&self, pair: &Pair) -> (&'a [u8], &'a [u8]) {
        (self.new.get(pair.new.clone()).unwrap_or_default(), self.old.get(pair.old.clone()).unwrap_or_default())
    }

    /// Keeps two values inside of a pair for later, unless they are the same.
    fn meet(&mut self, pair: &Pair, (value, was): (Range<usize>, Range<usize>), at: usize) {
        let (new, old) = self.slices(pair);
        if new.get(value.clone()) == old.get(was.clone()) {
            return;
        }
        let within = |range: Range<usize>, start: usize| range.start + start..range.end + start;
        let (new, old) = (within(value, pair.new.start), within(was, pair.old.start));
        self.open.push(Pair { new, old, at, depth: pair.depth + 1 });
    }
}

#[cfg(test)]
mod tests {
    use super::super::properties::{document, json as any_json};
    use super::*;
    use proptest::prelude::*;

    fn differences(now: &str, before: &str) -> Vec<(usize, Change)> {
        let (now, before) = (document(now.as_bytes(), "json"), document(before.as_bytes(), "json"));
        compare(&now, &before, &Cancelled::new()).unwrap().list
    }

    #[test]
    fn members_are_paired_by_name_and_elements_by_place() {
        use Change::{Added, Changed, Removed};
        let gone = |names: &[&str]| Removed(names.len(), names.iter().map(|name| (*name).into()).collect());
        for (now, before, expected) in [
            ("{\"a\":1}", "{ \"a\" : 1 }", vec![]),
            ("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", vec![]),
            ("{\"a\":1.0}", "{\"a\":1}", vec![(1, Changed)]),
            ("{\"a\":1,\"c\":{}}", "{\"a\":1,\"b\":2}", vec![(0, gone(&["\"b\""])), (7, Added)]),
            ("{\"\\u0061\":1}", "{\"a\":1}", vec![]),
            ("{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":3}", vec![(7, Changed)]),
            ("[0,1,2,3]", "[1,2,3]", vec![(1, Added)]),
            ("[1,3]", "[1,2,3]", vec![(0, Removed(1, vec![]))]),
            ("[1,{\"a\":[5]},3]", "[1,{\"a\":[6]},3]", vec![(9, Changed)]),
            (" {}", "[]", vec![(1, Changed)]),
        ] {
            assert_eq!(differences(now, before), expected, "{now} {before}");
        }
    }

    #[test]
    fn one_goes_round_them() {
        let (now, before) = (document(b"{\"a\":1,\"b\":2,\"c\":3}", "json"), document(b"{\"b\":2}", "json"));
        let found = compare(&now, &before, &Cancelled::new()).unwrap();
        let at = |index: Option<usize>| found.get(index.unwrap()).unwrap().0;
        assert_eq!((at(found.after(0)), at(found.after(1)), at(found.after(13))), (1, 13, 1));
        assert_eq!((at(found.before(13)), at(found.before(1)), found.at(13).count()), (1, 13, 1));
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let deep = |core: &str| "[".repeat(20_000) + core + &"]".repeat(20_000);
        assert_eq!(differences(&deep("1"), &deep("2")), [(DEEPEST as usize, Change::Changed)]);
        let many = |from: usize| {
            format!("[{}]", (from..from + 20_000).map(|at| at.to_string() + ",").collect::<String>() + "0")
        };
        let (now, before) = (document(many(1).as_bytes(), "json"), document(many(30_000).as_bytes(), "json"));
        let found = compare(&now, &before, &Cancelled::new()).unwrap();
        assert_eq!((found.len(), found.more), (DIFFERENCES, true));
    }

    proptest! {
        #[test]
        fn what_is_the_same_has_no_differences(body in any_json(), other in any_json()) {
            prop_assert_eq!(differences(&body, &body), []);
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text);
            let (Ok(one), Ok(two)) = (value(&body), value(&other)) else {
                return Ok(());
            };
            if differences(&body, &other).is_empty() {
                prop_assert_eq!(one, two);
            }
        }
    }
}
