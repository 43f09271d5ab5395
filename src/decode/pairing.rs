//! What stands in the same place of two JSON values, one level deep: members by their names, elements by their places.
//!
//! Decided: several members of one name are paired in their order. What is alike at both ends of two arrays is passed over
//! first, and what is left is aligned by what is byte for byte the same where that is little enough; the rest is paired by
//! place. What the older value alone has is told where it was, behind what stood before it. Members in the same order and
//! elements alike are told as they are read, so that nothing is kept for them, however many there are.
//!
//! Refused: pairing elements by what looks like an id, which hides that their order changed.

use std::{
    borrow::Cow,
    collections::{HashMap, VecDeque},
    ops::Range,
};

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{
    Cancelled,
    json::{elements as elements_of, members as members_of, string},
};

/// How many elements at either side are aligned by what is the same.
const ALIGNED: usize = 512;

/// How many elements of one array are kept to look at its end first; longer ones are paired by place.
const KEPT: usize = 1 << 20;

/// A member or an element: where it is in the value that it belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The name with its quotes; nothing for an element.
    pub name: Option<Range<usize>>,
    /// The value.
    pub value: Range<usize>,
    /// Which one it is, from 0.
    pub index: usize,
}

impl Place {
    /// Where it begins.
    pub fn start(&self) -> usize {
        self.name.as_ref().unwrap_or(&self.value).start
    }

    fn element((index, value): (usize, Range<usize>)) -> Self {
        Self { name: None, value, index }
    }

    fn member((index, (name, value)): (usize, (Range<usize>, Range<usize>))) -> Self {
        Self { name: Some(name), value, index }
    }
}

/// What stands in one place of the two: in both, or in one of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Met {
    /// In the newer one.
    pub new: Option<Place>,
    /// In the older one.
    pub old: Option<Place>,
}

impl Met {
    fn both(new: Place, old: Place) -> Self {
        Self { new: Some(new), old: Some(old) }
    }
}

/// Shows what stands in the same place of two objects, in the order of the newer one. Nothing when cancelled.
pub fn pair_members(new: &[u8], old: &[u8], cancelled: &Cancelled, visit: &mut dyn FnMut(Met)) -> Option<()> {
    let (mut are, mut were) = (members_of(new).enumerate().peekable(), members_of(old).enumerate().peekable());
    let raw = |bytes, range: &Range<usize>| slice(bytes, range);
    while let (Some((_, (is, _))), Some((_, (was, _)))) = (are.peek(), were.peek())
        && raw(new, is) == raw(old, was)
        && let (Some(one), Some(other)) = (are.next(), were.next())
    {
        check(cancelled)?;
        visit(Met::both(Place::member(one), Place::member(other)));
    }
    // From here on the order differs, or the names do.
    let mut rest: Vec<Place> = Vec::new();
    let mut by_name: HashMap<Cow<'_, str>, VecDeque<usize>> = HashMap::new();
    for member in were {
        check(cancelled)?;
        by_name.entry(name(old, &member.1.0)).or_default().push_back(rest.len());
        rest.push(Place::member(member));
    }
    let mut paired: Vec<(Place, Option<usize>)> = Vec::new();
    for member in are {
        check(cancelled)?;
        let was = by_name.get_mut(&name(new, &member.1.0)).and_then(VecDeque::pop_front);
        paired.push((Place::member(member), was));
    }
    let mut gone = vec![true; rest.len()];
    for at in paired.iter().filter_map(|(_, was)| *was) {
        if let Some(gone) = gone.get_mut(at) {
            *gone = false;
        }
    }
    let mut told = 0;
    let mut tell_gone = |upto: usize, visit: &mut dyn FnMut(Met)| {
        for (place, gone) in rest.iter().zip(&gone).take(upto).skip(told) {
            if *gone {
                visit(Met { new: None, old: Some(place.clone()) });
            }
        }
        told = told.max(upto);
    };
    for (is, was) in paired {
        check(cancelled)?;
        if let Some(at) = was {
            tell_gone(at, visit);
        }
        let old = was.and_then(|at| rest.get(at)).cloned();
        visit(Met { new: Some(is), old });
    }
    tell_gone(rest.len(), visit);
    Some(())
}

/// Shows what stands in the same place of two arrays, in order. Nothing when cancelled.
pub fn pair_elements(new: &[u8], old: &[u8], cancelled: &Cancelled, visit: &mut dyn FnMut(Met)) -> Option<()> {
    let (mut are, mut were) = (elements_of(new).enumerate().peekable(), elements_of(old).enumerate().peekable());
    while let (Some((_, is)), Some((_, was))) = (are.peek(), were.peek())
        && slice(new, is) == slice(old, was)
        && let (Some(one), Some(other)) = (are.next(), were.next())
    {
        check(cancelled)?;
        visit(Met::both(Place::element(one), Place::element(other)));
    }
    let one = collect(&mut are, cancelled)?;
    let other = collect(&mut were, cancelled)?;
    let (one, other) = (one.as_slice(), other.as_slice());
    let whole = are.peek().is_none() && were.peek().is_none();
    let same = |(is, was): &(&Place, &Place)| slice(new, &is.value) == slice(old, &was.value);
    let back = if whole { one.iter().rev().zip(other.iter().rev()).take_while(same).count() } else { 0 };
    let (middle, back) = one.split_at(one.len() - back);
    let (old_middle, old_back) = other.split_at(other.len() - back.len());
    if whole && middle.len() <= ALIGNED && old_middle.len() <= ALIGNED {
        align((new, middle), (old, old_middle), visit);
    } else {
        by_place(middle, old_middle, visit);
    }
    by_place(back, old_back, visit);
    loop {
        check(cancelled)?;
        match (are.next(), were.next()) {
            (None, None) => return Some(()),
            (is, was) => visit(Met { new: is.map(Place::element), old: was.map(Place::element) }),
        }
    }
}

fn collect(from: &mut dyn Iterator<Item = (usize, Range<usize>)>, cancelled: &Cancelled) -> Option<Vec<Place>> {
    let mut found = Vec::new();
    while found.len() < KEPT
        && let Some(element) = from.next()
    {
        check(cancelled)?;
        found.push(Place::element(element));
    }
    Some(found)
}

fn by_place(new: &[Place], old: &[Place], visit: &mut dyn FnMut(Met)) {
    for at in 0..new.len().max(old.len()) {
        visit(Met { new: new.get(at).cloned(), old: old.get(at).cloned() });
    }
}

fn align((new, are): (&[u8], &[Place]), (old, were): (&[u8], &[Place]), visit: &mut dyn FnMut(Met)) {
    let values =
        |bytes, places: &[Place]| -> Vec<_> { places.iter().map(|place| slice(bytes, &place.value)).collect() };
    for op in capture_diff_slices(Algorithm::Myers, &values(old, were), &values(new, are)) {
        let (_, was, is) = DiffOp::as_tag_tuple(&op);
        by_place(are.get(is).unwrap_or_default(), were.get(was).unwrap_or_default(), visit);
    }
}

fn check(cancelled: &Cancelled) -> Option<()> {
    (!cancelled.is_cancelled()).then_some(())
}

fn slice<'a>(bytes: &'a [u8], range: &Range<usize>) -> &'a [u8] {
    bytes.get(range.clone()).unwrap_or_default()
}

fn name<'a>(bytes: &'a [u8], range: &Range<usize>) -> Cow<'a, str> {
    let raw = slice(bytes, range);
    string(raw).unwrap_or_else(|| String::from_utf8_lossy(raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `=a` in both, `+a` in the newer, `-a` in the older one alone; values behind names.
    fn pairs(new: &str, old: &str) -> String {
        let mut told = Vec::new();
        let mut visit = |met: Met| {
            let text = |bytes: &str, place: Place| bytes[place.start()..place.value.end].replace('"', "");
            told.push(match (met.new, met.old) {
                (Some(is), Some(was)) if text(new, is.clone()) == text(old, was.clone()) => {
                    format!("={}", text(new, is))
                }
                (Some(is), Some(was)) => format!("~{}>{}", text(old, was), text(new, is)),
                (Some(is), None) => format!("+{}", text(new, is)),
                (None, Some(was)) => format!("-{}", text(old, was)),
                (None, None) => String::new(),
            });
        };
        let pair = if new.starts_with('{') { pair_members } else { pair_elements };
        pair(new.as_bytes(), old.as_bytes(), &Cancelled::new(), &mut visit).unwrap();
        told.join(" ")
    }

    #[test]
    fn what_is_gone_is_told_where_it_was() {
        for (new, old, expected) in [
            ("[1,2,3]", "[1,2,3]", "=1 =2 =3"),
            ("[0,1,2]", "[1,2]", "+0 =1 =2"),
            ("[1,3]", "[1,2,3]", "=1 -2 =3"),
            ("[1,9,3,4,8]", "[1,2,3,4]", "=1 ~2>9 =3 =4 +8"),
            ("[5,1,2,6,3]", "[1,7,2,3,4]", "+5 =1 -7 =2 +6 =3 -4"),
            ("{\"a\":1,\"c\":3}", "{\"a\":1,\"b\":2,\"c\":3}", "=a:1 -b:2 =c:3"),
            ("{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1,\"c\":0}", "=b:1 =a:2 -c:0"),
            ("{\"a\":1,\"a\":2}", "{\"a\":1}", "=a:1 +a:2"),
        ] {
            assert_eq!(pairs(new, old), expected, "{new} {old}");
        }
    }

    #[test]
    fn long_arrays_are_paired_by_place_and_lose_nothing() {
        let many = |from: usize, count: usize| {
            let all: Vec<String> = (from..from + count).map(|at| at.to_string()).collect();
            format!("[{}]", all.join(","))
        };
        let (mut both, mut new, mut old) = (0, 0, 0);
        let (one, other) = (many(0, KEPT + 20), many(1, KEPT + 10));
        pair_elements(one.as_bytes(), other.as_bytes(), &Cancelled::new(), &mut |met| match (met.new, met.old) {
            (Some(_), Some(_)) => both += 1,
            (Some(_), None) => new += 1,
            _ => old += 1,
        })
        .unwrap();
        assert_eq!((both, new, old), (KEPT + 10, 10, 0));
    }
}
