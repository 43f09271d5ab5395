//! The search inside a body: where a needle stands in its bytes.
//!
//! Decided: the needle is literal text, not a pattern, and letters of either case match unless it has an upper-case one
//! ("smart case", by Unicode's simple folding). Hits are ranges of the body, in order and none over another, and stop at
//! [`FOUND_LIMIT`]: nobody steps through more, and the list stays small. Refused: searching what a view shows, which would
//! mean to lay all of it out, and would give other hits in every view.

use std::ops::Range;

use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};

use super::markup::Mark;
use super::{Cancelled, json};

/// How many hits a search stops at.
pub const FOUND_LIMIT: usize = 100_000;

/// How many bytes are searched between two looks at whether to stop.
const SLICE: usize = 1 << 20;

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
pub(super) fn find(bytes: &[u8], needle: &str, hides_blanks: bool, cancelled: &Cancelled) -> Option<Found> {
    let mut found = Found::none();
    if needle.is_empty() {
        return Some(found);
    }
    let finder = Finder::new(needle);
    if hides_blanks && json::blank(needle.as_bytes(), 0) == needle.len() {
        let mut polled = 0;
        for string in json::strings(bytes) {
            if string.end - polled > SLICE {
                polled = string.end;
                if cancelled.is_cancelled() {
                    return None;
                }
            }
            if !finder.search(bytes, string, &mut found, cancelled)? {
                break;
            }
        }
    } else {
        finder.search(bytes, 0..bytes.len(), &mut found, cancelled)?;
    }
    Some(found)
}

enum Finder<'n> {
    /// Case matters, or there is none.
    Exact(Box<memmem::Finder<'n>>, usize),
    /// It does not; and the longest that a hit can be.
    Folded(Regex, usize),
}

impl<'n> Finder<'n> {
    fn new(needle: &'n str) -> Self {
        let exact = || Self::Exact(Box::new(memmem::Finder::new(needle)), needle.len());
        if needle.chars().any(char::is_uppercase) || !needle.chars().any(char::is_alphabetic) {
            return exact();
        }
        // A needle of many thousand letters is too large to compile, and is searched as it is written.
        match RegexBuilder::new(&regex::escape(needle)).case_insensitive(true).build() {
            Ok(regex) => Self::Folded(regex, needle.chars().count() * 4),
            Err(_) => exact(),
        }
    }

    /// Appends the hits within `range`; says whether there may be room for more. Nothing when cancelled.
    fn search(&self, bytes: &[u8], range: Range<usize>, found: &mut Found, cancelled: &Cancelled) -> Option<bool> {
        let longest = match self {
            Self::Exact(_, longest) | Self::Folded(_, longest) => *longest,
        };
        let mut at = range.start;
        while at < range.end {
            if range.len() > SLICE && cancelled.is_cancelled() {
                return None;
            }
            // A hit that begins in the slice ends in the window.
            let slice = at.saturating_add(SLICE).min(range.end);
            let window = bytes.get(at..slice.saturating_add(longest).min(range.end)).unwrap_or_default();
            let mut from = 0;
            let mut next = slice;
            while let Some(hit) = self.first(window, from) {
                if at + hit.start >= slice {
                    break;
                }
                from = hit.end;
                next = slice.max(at + hit.end);
                if !found.push(at + hit.start..at + hit.end) {
                    return Some(false);
                }
            }
            at = next;
        }
        Some(true)
    }

    fn first(&self, window: &[u8], from: usize) -> Option<Range<usize>> {
        match self {
            Self::Exact(finder, length) => {
                let start = from + finder.find(window.get(from..)?)?;
                Some(start..start + length)
            }
            Self::Folded(regex, _) => regex.find_at(window, from).map(|hit| hit.range()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(found: &Found) -> Vec<(usize, usize)> {
        found.hits.iter().map(|hit| (hit.start, hit.end)).collect()
    }

    fn hits(bytes: &[u8], needle: &str) -> Vec<(usize, usize)> {
        pairs(&find(bytes, needle, false, &Cancelled::new()).unwrap())
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
        let exactly = find(&vec![b'x'; FOUND_LIMIT], "x", false, &Cancelled::new()).unwrap();
        assert_eq!((exactly.len(), exactly.more), (FOUND_LIMIT, false));
        let more = find(&vec![b'x'; FOUND_LIMIT + 1], "x", false, &Cancelled::new()).unwrap();
        assert_eq!((more.len(), more.more), (FOUND_LIMIT, true));
    }

    #[test]
    fn blanks_between_tokens_are_no_hits() {
        let body = br#" { "a b" : "c \" d" } "#;
        let found = find(body, " ", true, &Cancelled::new()).unwrap();
        assert_eq!(pairs(&found), [(5, 6), (13, 14), (16, 17)]);
        assert_eq!(find(body, " ", false, &Cancelled::new()).unwrap().len(), 9);
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
        assert_eq!(find(&vec![b'.'; 2 * SLICE], "x", false, &cancelled), None);
    }

    proptest! {
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
