//! The search inside a body: where a pattern stands in its bytes.
//!
//! Decided: hits are ranges of the bytes that are shown, in order and none over another, and stop at [`FOUND_LIMIT`]: nobody
//! steps through more, and the list stays small. The bytes are gone through in slices, so that a search over any length can
//! be ended; a hit of an expression is looked for in [`LONGEST`] bytes from where it begins, and is longer only where it
//! reaches their end. Refused: searching the rows, which would mean to lay all of them out, and would give other hits at every
//! width.

use std::ops::Range;

use regex::bytes::Regex;

use super::{
    Cancelled, json,
    markup::Mark,
    pattern::{Finder, Pattern},
};

/// How many hits a search stops at.
pub const FOUND_LIMIT: usize = 100_000;

/// How many bytes are searched between two looks at whether to stop.
const SLICE: usize = 1 << 20;

/// How many bytes behind a slice are looked at for the hits of an expression that begin in it.
const LONGEST: usize = 64 * 1024;

/// The hits of a search, in order.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Found {
    hits: Vec<Range<usize>>,
    /// The hit that the reader stands at.
    pub current: Option<usize>,
    /// Whether there are more hits than are listed.
    pub more: bool,
}

impl Found {
    /// No hits.
    pub fn none() -> Self {
        Self::default()
    }

    #[cfg(test)]
    pub(super) fn of(hits: impl IntoIterator<Item = Range<usize>>) -> Self {
        Self { hits: hits.into_iter().collect(), ..Self::default() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.hits.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }

    /// The bytes of the body that are the hit of that index; empty past the end.
    pub fn at(&self, index: usize) -> Range<usize> {
        self.hits.get(index).cloned().unwrap_or_default()
    }

    /// The index of the first hit that begins at `offset` or behind it.
    pub fn from(&self, offset: usize) -> Option<usize> {
        let index = self.hits.partition_point(|hit| hit.start < offset);
        (index < self.hits.len()).then_some(index)
    }

    /// The index of the last hit that begins before `offset`.
    pub fn before(&self, offset: usize) -> Option<usize> {
        self.hits.partition_point(|hit| hit.start < offset).checked_sub(1)
    }

    /// Whether a hit has one of the bytes `start..end`; for an empty range, whether one goes on across that place.
    pub(super) fn mark(&self, start: usize, end: usize) -> Mark {
        let first = self.hits.partition_point(|hit| hit.end <= start);
        let reaches = |hit: &&Range<usize>| hit.start < end || (start == end && hit.start < start);
        let count = self.hits.iter().skip(first).take_while(reaches).count();
        match self.current {
            _ if count == 0 => Mark::None,
            Some(current) if (first..first + count).contains(&current) => Mark::Current,
            _ => Mark::Match,
        }
    }

    /// Takes a hit; says whether there is room for another.
    fn push(&mut self, hit: Range<usize>) -> bool {
        self.more = self.hits.len() == FOUND_LIMIT;
        if !self.more {
            self.hits.push(hit);
        }
        !self.more
    }
}

/// See [`Document::find`](super::Document::find).
pub(super) fn find(bytes: &[u8], pattern: &Pattern, hides_blanks: bool, cancelled: &Cancelled) -> Option<Found> {
    let mut search = Search { bytes, found: Found::none(), cancelled };
    let blank = |hit: &Range<usize>| bytes.get(hit.clone()).is_some_and(|hit| json::blank(hit, 0) == hit.len());
    match &pattern.finder {
        Finder::Nothing => {}
        Finder::Expression(regex) if hides_blanks => {
            let mut strings = Strings::new(bytes);
            search.expression(regex, |hit| !blank(hit) || strings.has(hit, cancelled))?;
        }
        Finder::Expression(regex) => search.expression(regex, |_| true)?,
        words if hides_blanks && blank_needle(pattern) => {
            let mut polled = 0;
            for string in json::strings(bytes) {
                if string.end - polled > SLICE {
                    polled = string.end;
                    if cancelled.is_cancelled() {
                        return None;
                    }
                }
                if !search.words(words, string)? {
                    break;
                }
            }
        }
        words => _ = search.words(words, 0..bytes.len())?,
    }
    Some(search.found)
}

fn blank_needle(pattern: &Pattern) -> bool {
    let text = pattern.needle().text.as_bytes();
    json::blank(text, 0) == text.len()
}

/// The strings of a body of JSON, gone through in step with what is asked for.
struct Strings<'a> {
    all: Box<dyn Iterator<Item = Range<usize>> + 'a>,
    now: Option<Range<usize>>,
}

impl<'a> Strings<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut all: Box<dyn Iterator<Item = _>> = Box::new(json::strings(bytes));
        let now = all.next();
        Self { all, now }
    }

    /// Whether a hit, which begins behind those before, lies in a string.
    fn has(&mut self, hit: &Range<usize>, cancelled: &Cancelled) -> bool {
        while self.now.as_ref().is_some_and(|string| string.end < hit.end) && !cancelled.is_cancelled() {
            self.now = self.all.next();
        }
        self.now.as_ref().is_some_and(|string| string.start <= hit.start)
    }
}

struct Search<'a> {
    bytes: &'a [u8],
    found: Found,
    cancelled: &'a Cancelled,
}

impl Search<'_> {
    /// Appends the hits of words within `range`; says whether there may be room for more. Nothing when cancelled.
    fn words(&mut self, finder: &Finder, range: Range<usize>) -> Option<bool> {
        let longest = match finder {
            Finder::Exact(_, longest) | Finder::Folded(_, longest) => *longest,
            Finder::Nothing | Finder::Expression(_) => return Some(false),
        };
        let mut at = range.start;
        while at < range.end {
            if range.len() > SLICE && self.cancelled.is_cancelled() {
                return None;
            }
            // A hit that begins in the slice ends in the window.
            let slice = at.saturating_add(SLICE).min(range.end);
            let window = self.bytes.get(at..slice.saturating_add(longest).min(range.end)).unwrap_or_default();
            let mut from = 0;
            let mut next = slice;
            while let Some(hit) = first(finder, window, from) {
                if at + hit.start >= slice {
                    break;
                }
                from = hit.end;
                next = slice.max(at + hit.end);
                if !self.found.push(at + hit.start..at + hit.end) {
                    return Some(false);
                }
            }
            at = next;
        }
        Some(true)
    }

    /// Appends the hits of an expression that are `wanted`. Nothing when cancelled.
    fn expression(&mut self, regex: &Regex, mut wanted: impl FnMut(&Range<usize>) -> bool) -> Option<()> {
        let bytes = self.bytes;
        let mut at = 0;
        while at < bytes.len() {
            if self.cancelled.is_cancelled() {
                return None;
            }
            let slice = at.saturating_add(SLICE).min(bytes.len());
            let mut reach = LONGEST;
            let mut next = slice;
            // What stands before the slice is there for `^` and `\b` to look at; so is a little behind it.
            while let Some(hit) = regex.find_at(window(bytes, slice, reach), at).map(|hit| hit.range()) {
                if hit.start >= slice {
                    break;
                }
                if self.cancelled.is_cancelled() {
                    return None;
                }
                // It may go on, or only seem to end a line.
                if hit.end == slice.saturating_add(reach) && hit.end < bytes.len() {
                    at = hit.start;
                    reach = reach.saturating_mul(2);
                    continue;
                }
                if hit.is_empty() {
                    at = hit.end + 1;
                    continue;
                }
                at = hit.end;
                next = slice.max(at);
                if wanted(&hit) && !self.found.push(hit) {
                    return Some(());
                }
                if at >= slice {
                    break;
                }
            }
            at = next;
        }
        Some(())
    }
}

/// The bytes as far as `reach` behind a slice.
fn window(bytes: &[u8], slice: usize, reach: usize) -> &[u8] {
    bytes.get(..slice.saturating_add(reach)).unwrap_or(bytes)
}

fn first(finder: &Finder, window: &[u8], from: usize) -> Option<Range<usize>> {
    match finder {
        Finder::Exact(finder, length) => {
            let start = from + finder.find(window.get(from..)?)?;
            Some(start..start + length)
        }
        Finder::Folded(regex, _) => regex.find_at(window, from).map(|hit| hit.range()),
        Finder::Nothing | Finder::Expression(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::pattern::{Case, Needle};
    use proptest::prelude::*;

    fn pairs(found: &Found) -> Vec<(usize, usize)> {
        found.hits.iter().map(|hit| (hit.start, hit.end)).collect()
    }

    fn search(bytes: &[u8], needle: &str, hides_blanks: bool) -> Found {
        find(bytes, &Needle::from(needle).compile().unwrap(), hides_blanks, &Cancelled::new()).unwrap()
    }

    fn hits(bytes: &[u8], needle: &str) -> Vec<(usize, usize)> {
        pairs(&search(bytes, needle, false))
    }

    fn expression(text: &str) -> Pattern {
        Needle { text: text.to_owned(), regex: true, case: Case::Counts }.compile().unwrap()
    }

    fn matches(bytes: &[u8], text: &str) -> Vec<(usize, usize)> {
        pairs(&find(bytes, &expression(text), false, &Cancelled::new()).unwrap())
    }

    #[test]
    fn case_matters_when_the_needle_has_one() {
        let body = "Refs/heads REFS refs \u{c9}t\u{c9}".as_bytes();
        assert_eq!(hits(body, "refs"), [(0, 4), (11, 15), (16, 20)]);
        assert_eq!(hits(body, "Refs"), [(0, 4)]);
        assert_eq!(hits(body, "\u{e9}"), [(21, 23), (24, 26)]);
        assert_eq!(hits(body, "/"), [(4, 5)]);
        assert_eq!(hits(b"a.b axb [", "a.b"), [(0, 3)]);
        assert!(hits(b"a", "").is_empty());
        // One letter may fold to another length.
        assert_eq!(hits("5 \u{212a} k".as_bytes(), "k"), [(2, 5), (6, 7)]);
    }

    #[test]
    fn hits_across_slices_are_found_once() {
        for needle in ["needle", "Needle"] {
            let mut body = vec![b'.'; 3 * SLICE];
            for at in [0, SLICE - 6, SLICE - 3 + 9, 2 * SLICE - 1, 3 * SLICE - 6] {
                body[at..at + 6].copy_from_slice(needle.as_bytes());
            }
            let starts: Vec<_> = hits(&body, needle).iter().map(|hit| hit.0).collect();
            assert_eq!(starts, [0, SLICE - 6, SLICE + 6, 2 * SLICE - 1, 3 * SLICE - 6]);
        }
        assert_eq!(hits(&vec![b'a'; 2 * SLICE + 4], &"a".repeat(1000)).len(), (2 * SLICE + 4) / 1000);
    }

    #[test]
    fn there_is_a_limit_and_it_is_said() {
        let exactly = search(&vec![b'x'; FOUND_LIMIT], "x", false);
        assert_eq!((exactly.len(), exactly.more), (FOUND_LIMIT, false));
        let more = search(&vec![b'x'; FOUND_LIMIT + 1], "x", false);
        assert_eq!((more.len(), more.more), (FOUND_LIMIT, true));
    }

    #[test]
    fn blanks_between_tokens_are_no_hits() {
        let body = br#" { "a b" : "c \" d" } "#;
        let found = search(body, " ", true);
        assert_eq!(pairs(&found), [(5, 6), (13, 14), (16, 17)]);
        assert_eq!(search(body, " ", false).len(), 9);
    }

    #[test]
    fn marks_say_which_hit_is_current() {
        let mut found = Found::of([2..4, 4..6, 9..10]);
        found.current = Some(1);
        let marks = [(0, 2), (1, 3), (3, 4), (3, 5), (4, 6), (6, 9), (9, 10), (3, 3), (4, 4), (5, 5)];
        let expected = [0, 1, 1, 2, 2, 0, 1, 1, 0, 2].map(|mark| [Mark::None, Mark::Match, Mark::Current][mark]);
        assert_eq!(marks.map(|(start, end)| found.mark(start, end)), expected);
        assert_eq!((found.from(3), found.from(10), found.before(2), found.before(9)), (Some(1), None, None, Some(1)));
        assert_eq!((found.at(2), found.at(3)), (9..10, 0..0));
    }

    #[test]
    fn a_search_can_be_ended() {
        let cancelled = Cancelled::new();
        cancelled.cancel();
        let body = vec![b'.'; 2 * SLICE];
        assert_eq!(find(&body, &Needle::from("x").compile().unwrap(), false, &cancelled), None);
        assert_eq!(find(&body, &expression("x|y"), false, &cancelled), None);
    }

    #[test]
    fn an_expression_is_found_across_slices_and_at_any_length() {
        let mut body = vec![b'.'; 3 * SLICE];
        let starts = [0, SLICE - 3, SLICE + 100, 2 * SLICE - 6, 3 * SLICE - 6];
        for at in starts {
            body[at..at + 6].copy_from_slice(b"needle");
        }
        let found = matches(&body, "n[a-z]+e");
        assert_eq!(found.iter().map(|hit| hit.0).collect::<Vec<_>>(), starts);
        // Longer than what is looked at behind a slice, and to the end.
        assert_eq!(matches(&body[..3 * SLICE - 6], "needle[^x]*"), [(0, 3 * SLICE - 6)]);
        // The end of what is looked at is not the end of a line.
        assert_eq!(matches(&body, r"\.$"), []);
        assert_eq!(matches(b"a.\nb.\n", r"\.$"), [(1, 2), (4, 5)]);
        assert_eq!(matches(b"ab ab", r"\bb|^a"), [(0, 1)]);
    }

    #[test]
    fn an_expression_finds_no_blanks_that_are_not_shown() {
        let body = br#"{ "a  b" :  "c" , "d": "  "}"#;
        let found = |text| pairs(&find(body, &expression(text), true, &Cancelled::new()).unwrap());
        assert_eq!(found(r"\s+"), [(4, 6), (24, 26)]);
        assert_eq!(found(r"\s*:\s*"), [(8, 12), (21, 23)]);
    }

    proptest! {
        #[test]
        fn an_expression_finds_what_it_finds_at_once(
            body in "[ab\n ]{0,80}",
            pieces in proptest::collection::vec(
                proptest::sample::select(vec!["a", "b", "a+", "b*", ".", r"\b", "^", "$", r"\s", "[ab]", "|", "(ab)?"]),
                1..6,
            ),
        ) {
            let text = pieces.concat();
            let expected: Vec<_> = Regex::new(&format!("(?m){text}")).unwrap().find_iter(body.as_bytes())
                .filter(|hit| !hit.is_empty()).map(|hit| (hit.start(), hit.end())).collect();
            prop_assert_eq!(matches(body.as_bytes(), &text), expected, "{}", text);
        }

        #[test]
        fn hits_are_what_a_plain_search_finds(body in "[aAbB\u{e9}\u{c9} ]{0,60}", needle in "[abB\u{e9}]{1,3}") {
            let folds = !needle.chars().any(char::is_uppercase);
            let fold = |text: &str| if folds { text.to_lowercase() } else { text.to_owned() };
            let expected: Vec<_> = fold(&body).match_indices(&fold(&needle)).map(|(at, _)| at).collect();
            let starts: Vec<_> = hits(body.as_bytes(), &needle).iter().map(|hit| hit.0).collect();
            prop_assert_eq!(starts, expected);
        }
    }
}
