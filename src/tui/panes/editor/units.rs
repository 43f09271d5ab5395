//! What an editor moves over and draws: the smallest pieces of a text that show as something, and the rows that they make.
//!
//! A unit is a grapheme of text that is safe to print, or one escape for a byte or a code point that is not; so whatever the
//! bytes are, each of them shows, and a cursor can stand before it. Bytes are never made into a `String` on the way.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::model::printable::{Chunk, chunks};

/// How many columns a tab takes where lines are edited; elsewhere it shows as an escape.
const TAB: usize = 4;

/// One of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Unit<'a> {
    /// Where it begins and ends, in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// What shows.
    pub(super) text: Cow<'a, str>,
    /// Whether that stands for something that cannot be shown.
    pub(super) escape: bool,
}

impl Unit<'_> {
    /// How many columns it takes.
    pub(super) fn width(&self) -> usize {
        self.text.width()
    }
}

/// The units of a line. `spread` says that a tab is white space.
pub(super) fn units(bytes: &[u8], spread: bool) -> impl Iterator<Item = Unit<'_>> {
    let mut rest = chunks(bytes);
    let mut at = 0;
    let mut run = "";
    std::iter::from_fn(move || {
        if run.is_empty() {
            let before = rest.left();
            match rest.next()? {
                Chunk::Text(text) => run = text,
                Chunk::Escape(text) => {
                    let start = at;
                    at += before - rest.left();
                    let tab = spread && bytes.get(start) == Some(&b'\t');
                    let text = if tab { " ".repeat(TAB).into() } else { text };
                    return Some(Unit { start, end: at, text, escape: !tab });
                }
            }
        }
        let cluster = run.graphemes(true).next()?;
        run = run.get(cluster.len()..).unwrap_or_default();
        let start = at;
        at += cluster.len();
        Some(Unit { start, end: at, text: cluster.into(), escape: false })
    })
}

/// How many columns the bytes take.
pub(super) fn columns(bytes: &[u8], spread: bool) -> usize {
    if is_plain(bytes) { bytes.len() } else { units(bytes, spread).map(|unit| unit.width()).sum() }
}

fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Where the rows of a line begin that is broken at `width` columns; the first is at 0.
pub(super) fn rows(line: &[u8], width: usize) -> Vec<usize> {
    let width = width.max(1);
    // Most lines are plain, and a long one must not be gone through a letter at a time for each key.
    if is_plain(line) {
        return (0..line.len().div_ceil(width).max(1)).map(|row| row * width).collect();
    }
    let (mut starts, mut column) = (vec![0], 0);
    for unit in units(line, true) {
        let wide = unit.width();
        if column + wide > width && column > 0 {
            starts.push(unit.start);
            column = 0;
        }
        column += wide;
    }
    starts
}

/// The place that many columns into a row, or the last before it that a cursor can stand at.
pub(super) fn at_column(row: &[u8], column: usize, spread: bool) -> usize {
    if is_plain(row) {
        return column.min(row.len());
    }
    let mut passed = 0;
    for unit in units(row, spread) {
        let wide = unit.width();
        if passed + wide > column {
            return unit.start;
        }
        passed += wide;
    }
    row.len()
}

/// Where the next unit after `at` begins.
pub(super) fn next(line: &[u8], at: usize) -> usize {
    units(line, true).map(|unit| unit.end).find(|end| *end > at).unwrap_or(line.len())
}

/// Where the unit before `at` begins.
pub(super) fn previous(line: &[u8], at: usize) -> usize {
    let before = line.get(..at.min(line.len())).unwrap_or(line);
    // A letter or two tell as much as all of it where what stands there is plain.
    match before {
        [.., b' '..=b'~', b' '..=b'~'] => at - 1,
        _ => units(line, true).map(|unit| unit.start).take_while(|start| *start < at).last().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_cannot_be_shown_is_a_unit_of_its_own() {
        let shown: Vec<(String, bool)> = units(b"a\x1b\xff\xe2\x80\xae\te\xcc\x81", false)
            .map(|unit| (unit.text.into_owned(), unit.escape))
            .collect();
        let expected =
            [("a", false), ("^[", true), ("\\xff", true), ("<U+202E>", true), ("^I", true), ("e\u{301}", false)];
        assert_eq!(shown, expected.map(|(text, escape)| (text.to_owned(), escape)));
        assert_eq!(columns(b"\ta", true), TAB + 1);
    }

    #[test]
    fn rows_break_before_what_does_not_fit() {
        assert_eq!(rows(b"", 4), [0]);
        assert_eq!(rows(b"abcd", 4), [0]);
        assert_eq!(rows(b"abcde", 4), [0, 4]);
        assert_eq!(rows("ab日本".as_bytes(), 4), [0, 5]);
        assert_eq!(at_column("日本".as_bytes(), 3, true), 3);
    }

    proptest! {
        #[test]
        fn units_are_the_bytes_in_order(bytes in proptest::collection::vec(any::<u8>(), 0..80), width in 1_usize..20) {
            let mut at = 0;
            for unit in units(&bytes, true) {
                prop_assert_eq!(unit.start, at);
                prop_assert!(unit.end > at && unit.width() > 0);
                at = unit.end;
            }
            prop_assert_eq!(at, bytes.len());
            for (row, next) in rows(&bytes, width).iter().zip(rows(&bytes, width).iter().skip(1)) {
                prop_assert!(row < next);
                prop_assert_eq!(previous(&bytes, next + 1) <= *next, true);
            }
        }

        #[test]
        fn there_and_back_is_where_it_was(text in "\\PC{0,20}", steps in 0_usize..10) {
            let bytes = text.as_bytes();
            let mut at = 0;
            let mut passed = vec![0];
            for _ in 0..steps {
                at = next(bytes, at);
                passed.push(at);
            }
            passed.dedup();
            while let Some(was) = passed.pop() {
                prop_assert_eq!(at, was);
                at = previous(bytes, at);
            }
        }
    }
}
