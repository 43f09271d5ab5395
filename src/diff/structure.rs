//! JSON, member by member: the rows of two values laid out as one.
//!
//! Decided: what is byte for byte the same is not looked into for differences, white space makes none, and the text of a number
//! or a string does. What a body has that the other has not is laid out up to [`WHOLE`] rows. Values that are alike are laid
//! out too, as long as there is room; behind that they are counted.

use std::ops::Range;

use super::{
    Ignored, Sign,
    ignore::{Crumb, json_path},
    rows::{Found, How},
};
use crate::decode::{Cancelled, Met, Place, json_members, json_string, pair_elements, pair_members};

/// How deep two values are looked into; below, they differ as wholes.
const DEEPEST: u16 = 128;

/// How many rows are kept of a value that one side alone has.
const WHOLE: usize = 400;

/// How long a value may be, in bytes, that is laid out though it is alike.
const LAID: usize = 256 * 1024;

/// Compares two bodies that are JSON. Nothing when cancelled.
pub(super) fn compare(old: &[u8], new: &[u8], ignored: &Ignored, cancelled: &Cancelled) -> Option<Found> {
    let mut walk = Walk { old, new, ignored, cancelled, found: Found::default(), crumbs: Vec::new() };
    let at = |bytes: &[u8]| Spot { name: 0..0, value: trimmed(bytes, 0..bytes.len()) };
    walk.pair(&at(old), &at(new), false)?;
    Some(walk.found)
}

/// A value and its name, by their places in the whole body.
#[derive(Clone)]
struct Spot {
    /// With its quotes; empty for an element.
    name: Range<usize>,
    value: Range<usize>,
}

impl Spot {
    fn of(place: &Place, within: &Range<usize>) -> Self {
        let moved = |range: &Range<usize>| range.start + within.start..range.end + within.start;
        Self { name: place.name.as_ref().map_or(0..0, moved), value: moved(&place.value) }
    }
}

struct Walk<'a> {
    old: &'a [u8],
    new: &'a [u8],
    ignored: &'a Ignored,
    cancelled: &'a Cancelled,
    found: Found,
    crumbs: Vec<Crumb>,
}

impl Walk<'_> {
    fn depth(&self) -> u16 {
        u16::try_from(self.crumbs.len()).unwrap_or(u16::MAX)
    }

    fn pair(&mut self, old: &Spot, new: &Spot, ignored: bool) -> Option<()> {
        if self.cancelled.is_cancelled() {
            return None;
        }
        let (was, is) = (slice(self.old, &old.value), slice(self.new, &new.value));
        if was == is {
            self.alike(new);
            return Some(());
        }
        if self.found.is_full() {
            return Some(());
        }
        let depth = self.depth();
        let kinds = (was.first(), is.first());
        let objects = kinds == (Some(&b'{'), Some(&b'{'));
        if depth < DEEPEST && (objects || kinds == (Some(&b'['), Some(&b'['))) {
            let (open, close): (&[u8], &[u8]) = if objects { (b"{", b"}") } else { (b"[", b"]") };
            let heads = [(self.old, old), (self.new, new)].map(|(bytes, spot)| [&label(bytes, spot), open].concat());
            let [head_was, head_is] = &heads;
            self.found.frame(depth, head_was, head_is);
            let (cancelled, mut gone_on) = (self.cancelled, Some(()));
            let mut visit = |met: Met| {
                if gone_on.is_some() {
                    gone_on = self.met(&met, (&old.value, &new.value), ignored);
                }
            };
            let pair = if objects { pair_members } else { pair_elements };
            pair(is, was, cancelled, &mut visit)?;
            gone_on?;
            self.found.frame(depth, close, close);
            return Some(());
        }
        let how = How { depth, ignored, goes_on: false };
        let opens = |kind: Option<&u8>| matches!(kind, Some(b'{' | b'['));
        if opens(kinds.0) || opens(kinds.1) {
            self.whole(Sign::Removed, old, how);
            self.whole(Sign::Added, new, How { goes_on: true, ..how });
        } else {
            let label = label(self.new, new);
            self.found.changed(how, &label, [(was, None), (is, None)], json_path(&self.crumbs));
        }
        Some(())
    }

    /// What stands in one place of two values that are open.
    fn met(&mut self, met: &Met, (was, is): (&Range<usize>, &Range<usize>), ignored: bool) -> Option<()> {
        let (old, new) =
            (met.old.as_ref().map(|place| Spot::of(place, was)), met.new.as_ref().map(|place| Spot::of(place, is)));
        let crumb = match (&met.new, &met.old) {
            (Some(place), _) => crumb(self.new, place, is),
            (None, Some(place)) => crumb(self.old, place, was),
            (None, None) => return Some(()),
        };
        self.crumbs.push(crumb);
        let ignored = ignored || self.ignored.json(&self.crumbs);
        let how = How { depth: self.depth(), ignored, goes_on: false };
        let done = match (old, new) {
            (Some(old), Some(new)) => self.pair(&old, &new, ignored),
            (Some(old), None) => {
                self.whole(Sign::Removed, &old, how);
                Some(())
            }
            (None, Some(new)) => {
                self.whole(Sign::Added, &new, how);
                Some(())
            }
            (None, None) => Some(()),
        };
        self.crumbs.pop();
        done
    }

    /// A value that is alike on both sides.
    fn alike(&mut self, spot: &Spot) {
        let depth = self.depth();
        if spot.value.len() > LAID || !self.found.takes_alike(1 + spot.value.len() / 16) {
            let opens = matches!(slice(self.new, &spot.value).first(), Some(b'{' | b'['));
            if opens && self.found.takes_alike(1) {
                let size = crate::model::Size(spot.value.len() as u64);
                let folded = if slice(self.new, &spot.value).starts_with(b"{") { "{…}" } else { "[…]" };
                let text = [&label(self.new, spot), folded.as_bytes()].concat();
                self.found.alike(depth, &text, [None, None]);
                self.found.note(format!("{size} the same"));
            } else if self.found.takes_alike(1) {
                self.found.alike(depth, &leaf(self.new, spot), [None, None]);
            } else {
                self.found.left_out(depth, 1);
            }
            return;
        }
        let new = self.new;
        lay(new, spot, depth, &mut |depth, text| {
            self.found.alike(depth, text, [None, None]);
            true
        });
    }

    /// A value that one side alone has.
    fn whole(&mut self, sign: Sign, spot: &Spot, how: How) {
        let bytes = if sign == Sign::Removed { self.old } else { self.new };
        let path = json_path(&self.crumbs);
        let (mut rows, mut left) = (0, 0);
        lay(bytes, spot, how.depth, &mut |depth, text| {
            if rows < WHOLE {
                let how = How { depth, goes_on: how.goes_on || rows > 0, ..how };
                self.found.one(sign, how, text, None, (rows == 0).then(|| path.clone()));
                rows += 1;
            } else {
                left += 1;
            }
            left < 100_000
        });
        if left > 0 {
            self.found.one_left_out(sign, how, left);
        }
    }
}

/// The beginning of a value, with its name.
fn leaf(bytes: &[u8], spot: &Spot) -> Vec<u8> {
    let value = slice(bytes, &spot.value);
    [&label(bytes, spot), value.get(..value.len().min(4096)).unwrap_or_default()].concat()
}

/// Lays a value out, a row at a time, until `row` says that it is enough.
fn lay(bytes: &[u8], spot: &Spot, depth: u16, row: &mut dyn FnMut(u16, &[u8]) -> bool) -> bool {
    let value = slice(bytes, &spot.value);
    let label = label(bytes, spot);
    let (open, close) = match value.first() {
        Some(b'{') => (b"{", b"}"),
        Some(b'[') => (b"[", b"]"),
        _ => return row(depth, &[&label, value].concat()),
    };
    let inner = value.get(1..value.len().saturating_sub(1)).unwrap_or_default();
    if inner.trim_ascii().is_empty() || depth >= DEEPEST {
        return row(depth, &[&label, value.get(..value.len().min(4096)).unwrap_or_default()].concat());
    }
    if !row(depth, &[label.as_slice(), open].concat()) {
        return false;
    }
    let mut goes_on = true;
    if open == b"{" {
        for (name, inside) in json_members(value) {
            let place = Place { name: Some(name), value: inside, index: 0 };
            goes_on = goes_on && lay(bytes, &Spot::of(&place, &spot.value), depth + 1, row);
            if !goes_on {
                return false;
            }
        }
    } else {
        for inside in crate::decode::json_elements(value) {
            let place = Place { name: None, value: inside, index: 0 };
            goes_on = goes_on && lay(bytes, &Spot::of(&place, &spot.value), depth + 1, row);
            if !goes_on {
                return false;
            }
        }
    }
    row(depth, close)
}

/// The name of a member and its colon; nothing for an element.
fn label(bytes: &[u8], spot: &Spot) -> Vec<u8> {
    let name = slice(bytes, &spot.name);
    if name.is_empty() { Vec::new() } else { [name, b": "].concat() }
}

fn crumb(bytes: &[u8], place: &Place, within: &Range<usize>) -> Crumb {
    let Some(name) = &place.name else { return Crumb::At(place.index) };
    let raw = slice(bytes, &(name.start + within.start..name.end + within.start));
    Crumb::Name(json_string(raw).map_or_else(|| String::from_utf8_lossy(raw).into(), Into::into))
}

fn slice<'a>(bytes: &'a [u8], range: &Range<usize>) -> &'a [u8] {
    bytes.get(range.clone()).unwrap_or_default()
}

/// A range without the white space around it.
fn trimmed(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let whole = slice(bytes, &range);
    let start = range.start + (whole.len() - whole.trim_ascii_start().len());
    start..start + whole.trim_ascii().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Row;

    fn rows(old: &str, new: &str, ignored: &str) -> Vec<Row> {
        let ignored = ignored.parse().unwrap();
        compare(old.as_bytes(), new.as_bytes(), &ignored, &Cancelled::new()).unwrap().section("body", vec![]).rows
    }

    fn told(old: &str, new: &str, ignored: &str) -> String {
        let all = rows(old, new, ignored);
        let line = |row: &Row| {
            let text = |side: &Option<crate::diff::Side>| {
                side.as_ref().map_or(String::new(), |side| String::from_utf8_lossy(&side.text).into_owned())
            };
            let texts = match row.sign {
                Sign::Same => text(&row.new),
                Sign::Changed => format!("{} > {}", text(&row.old), text(&row.new)),
                _ => text(&row.old) + &text(&row.new),
            };
            let sign = if row.ignored { '≈' } else { row.sign.char() };
            let path = row.path.as_ref().map_or(String::new(), |path| format!("  ({path})"));
            format!("{sign}{}{texts}{path}", ".".repeat(row.depth.into()))
        };
        all.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn two_bodies_are_laid_out_as_one() {
        let old = r#"{"id":1,"tags":["a","b"],"gone":{"x":1},"user":{"name":"ann"}}"#;
        let new = r#"{ "id": 2, "tags": ["a","c","b"], "user": {"name":"ann"}, "extra": [] }"#;
        let expected = r#" {
~."id": 1 > "id": 2  (json:.id)
 ."tags": [
 .."a"
+.."c"  (json:.tags[1])
 .."b"
 .]
-."gone": {  (json:.gone)
-.."x": 1
-.}
 ."user": {
 .."name": "ann"
 .}
+."extra": []  (json:.extra)
 }"#;
        assert_eq!(told(old, new, ""), expected);
    }

    #[test]
    fn what_is_ignored_is_found_and_told_apart() {
        let (old, new) = (r#"{"a":{"at":1,"b":[{"at":5,"v":1}]}}"#, r#"{"a":{"at":2,"b":[{"at":6,"v":2}]}}"#);
        let told = told(old, new, "json:.**.at");
        assert!(told.contains("≈..\"at\": 1 > \"at\": 2  (json:.a.at)"), "{told}");
        assert!(told.contains("≈....\"at\": 5 > \"at\": 6  (json:.a.b[0].at)"), "{told}");
        assert!(told.contains("~....\"v\": 1 > \"v\": 2"), "{told}");
        let all = rows(old, new, "json:.a");
        assert!(all.iter().filter(|row| row.begins).all(|row| row.ignored), "all below it is ignored too");
    }

    #[test]
    fn a_value_of_another_kind_is_one_difference() {
        let all = rows(r#"{"a":[1,2]}"#, r#"{"a":{"b":1}}"#, "");
        assert_eq!(all.iter().filter(|row| row.begins).count(), 1);
        assert_eq!(told("[1]", " [ 1 ] ", ""), " [\n .1\n ]", "white space is no difference");
        assert_eq!(told("1.0", "1", ""), "~1.0 > 1  (json:.)");
    }

    #[test]
    fn depth_and_rows_are_bounded() {
        let deep = |core: &str| "[".repeat(20_000) + core + &"]".repeat(20_000);
        let all = rows(&deep("1"), &deep("2"), "");
        assert_eq!(all.iter().filter(|row| row.begins).count(), 1);
        let many = |start: usize| {
            let all: Vec<String> = (start..start + 100_000).map(|at| format!("{{\"v\":{at}}}")).collect();
            format!("[{}]", all.join(","))
        };
        let (old, new) = (many(0), many(1_000_000));
        let found = compare(old.as_bytes(), new.as_bytes(), &Ignored::default(), &Cancelled::new()).unwrap();
        let section = found.section("body", vec![]);
        assert!(section.more && section.rows.len() <= 60_000);
        let new = old.replace("{\"v\":99999}", "{\"v\":7}");
        let found = compare(old.as_bytes(), new.as_bytes(), &Ignored::default(), &Cancelled::new()).unwrap();
        let section = found.section("body", vec![]);
        assert_eq!(section.rows.iter().filter(|row| row.begins).count(), 1);
        let left: usize = section.rows.iter().map(|row| row.left_out).sum();
        assert!(left > 90_000 && section.rows.len() < 21_000, "{left} {}", section.rows.len());
    }

    #[test]
    fn it_ends_when_it_is_cancelled() {
        let cancelled = Cancelled::new();
        cancelled.cancel();
        assert!(compare(b"[1]", b"[2]", &Ignored::default(), &cancelled).is_none());
    }
}
