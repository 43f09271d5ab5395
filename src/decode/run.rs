//! Runs: what a line consists of, in the order it is printed.
//!
//! A view is, at heart, one function that gives the next [`Run`] from a [`Spot`] on and moves the spot behind it. It
//! looks at little more than the columns that are left, so a row costs what it shows, however long its line is.
//!
//! Decided: printing begins anew at each run, so that a row shows the same whether the rows before it were laid out or
//! not. For a cluster that is shown as escapes this means that what follows its first code point is judged by itself.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{lines::Spot, markup::Role, simple};
use crate::model::printable::{self, CLUSTER_BYTES, Chunk};

/// What a [`Spot`] lies in. Which of them a view uses, and for what, is its own affair; [`Mode::Line`] is for all of them
/// the beginning of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Mode {
    /// At the first byte of a line.
    Line,
    /// Behind something that has been printed, between tokens.
    After,
    /// Before the closing half of an empty pair of brackets.
    Close,
    /// Before a space that is not in the body.
    Space,
    /// At the end of the line.
    Done,
    /// Inside a name.
    Key,
    /// Inside a string or a value.
    String,
    /// Inside a number.
    Number,
    /// Inside `true`, `false` or `null`.
    Literal,
}

/// What a view says when it is asked what comes next.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// This.
    Run(Run<'a>),
    /// The line has ended, and the spot is at the beginning of the next.
    End,
}

/// Something printed, and the bytes of the body that it stands for.
#[derive(Debug)]
pub(super) struct Run<'a> {
    /// What it means.
    pub role: Role,
    /// Where its bytes begin.
    pub start: usize,
    /// Where they end; `start` where it stands for none.
    pub end: usize,
    /// What is printed.
    pub ink: Ink<'a>,
}

/// What is printed, by how it may be cut at the end of a row.
#[derive(Debug)]
pub(super) enum Ink<'a> {
    /// Simple letters as they stand in the body, and their columns: nowhere, for there are never more than the room that
    /// was left, if any was.
    Plain(&'a str, usize),
    /// Safe text as it stands in the body: between clusters.
    Clusters(&'a str),
    /// One safe cluster that stands otherwise in the body: nowhere.
    Decoded(Box<str>),
    /// ASCII in place of bytes that cannot be shown: only where it is wider than a whole row.
    Fixed(Cow<'a, str>),
    /// A tab.
    Tab,
    /// A line end, shown as a sign: the row ends behind it.
    Break,
    /// A space that is not in the body: left out at either end of a row.
    Space,
}

impl Ink<'_> {
    /// How many columns it takes where it is not cut.
    pub(super) fn columns(&self) -> usize {
        match self {
            Self::Plain(_, columns) => *columns,
            Self::Clusters(text) => text.width(),
            Self::Decoded(text) => text.width(),
            Self::Fixed(text) => text.len(),
            Self::Tab | Self::Break | Self::Space => 1,
        }
    }
}

/// The run of text that begins at `at`, for `room` columns, ending before the first ASCII byte for which `stop` holds.
/// Nothing when that is the first one, or the body ends.
pub(super) fn print(bytes: &[u8], at: usize, room: usize, role: Role, stop: impl Fn(u8) -> bool) -> Option<Run<'_>> {
    let rest = bytes.get(at..)?;
    let room = room.max(1);
    let looked = rest.get(..room.saturating_add(1)).unwrap_or(rest);
    let plain = looked.iter().take_while(|&&byte| matches!(byte, b' '..=b'~') && !stop(byte)).count();
    // What follows may combine with the last letter; then they are printed together, below.
    let combines = looked.get(plain).is_some_and(|byte| !byte.is_ascii());
    let plain = plain.saturating_sub(usize::from(combines)).min(room);
    if plain > 0 {
        let text = looked.get(..plain).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
        return Some(Run { role, start: at, end: at + plain, ink: Ink::Plain(text, plain) });
    }
    if rest.first().is_none_or(|&byte| stop(byte)) {
        return None;
    }
    // What is before the stop, as far as `length`, and whether that is all.
    let window = |length: usize| {
        let window = rest.get(..length).unwrap_or(rest);
        match window.iter().position(|&byte| stop(byte)) {
            Some(stopped) => (window.get(..stopped).unwrap_or_default(), true),
            None => (window, window.len() == rest.len()),
        }
    };
    // Common letters have no more than two bytes a column.
    let (seen, all) = window(room.saturating_mul(2).saturating_add(8));
    let valid = seen.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let (length, columns) = simple::prefix(valid, room, !all || valid.len() < seen.len());
    if length > 0 {
        let text = valid.get(..length).unwrap_or_default();
        return Some(Run { role, start: at, end: at + length, ink: Ink::Plain(text, columns) });
    }
    // Enough to know a giant cluster as one.
    let (window, all) = window(room.saturating_mul(4).saturating_add(4 * CLUSTER_BYTES));
    let mut chunks = printable::chunks(window);
    match chunks.next()? {
        Chunk::Escape(text) => {
            let end = at + window.len() - chunks.left();
            Some(Run { role: Role::Escape, start: at, end, ink: Ink::Fixed(text) })
        }
        Chunk::Text(text) => {
            let text = if all { text } else { whole_clusters(text, window.len().saturating_sub(2 * CLUSTER_BYTES)) };
            Some(Run { role, start: at, end: at + text.len(), ink: Ink::Clusters(text) })
        }
    }
}

/// The clusters of `text` that end at or before `sure`, past which the window cuts what it cannot judge.
fn whole_clusters(text: &str, sure: usize) -> &str {
    if text.len() <= sure {
        return text;
    }
    let end = text.grapheme_indices(true).map(|(at, _)| at).take_while(|&at| at <= sure).last();
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// A run of one ASCII byte as it stands in the body; the spot is moved behind it, into `mode`.
pub(super) fn sign<'a>(bytes: &'a [u8], spot: &mut Spot, role: Role, mode: Mode) -> Step<'a> {
    let start = spot.offset;
    let text = bytes.get(start..=start).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
    spot.offset += 1;
    spot.mode = mode;
    Step::Run(Run { role, start, end: start + 1, ink: Ink::Plain(text, 1) })
}

/// A space that is not in the body; the spot goes into `mode`.
pub(super) fn space<'a>(spot: &mut Spot, mode: Mode) -> Step<'a> {
    spot.mode = mode;
    Step::Run(Run { role: Role::Punctuation, start: spot.offset, end: spot.offset, ink: Ink::Space })
}

/// Whether all of `bytes` are ASCII that is printed as it is, one column a byte.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    // Without an early way out inside a block, a block is a few vector instructions.
    bytes.chunks(64).all(|block| block.iter().fold(true, |plain, &byte| plain & byte.wrapping_sub(b' ').lt(&0x5f)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_is_what_printable_leaves_as_it_is() {
        for byte in 0..=255_u8 {
            let plain = matches!(printable::chunks(&[byte]).next(), Some(Chunk::Text(_)));
            assert_eq!(is_plain(&[byte]), plain, "{byte:#x}");
        }
        assert!(is_plain(&[b'a'; 200]) && !is_plain(&[[b'a'; 130].as_slice(), &[0x7f]].concat()));
    }

    fn runs(text: &[u8], room: usize) -> Vec<(usize, String)> {
        let mut at = 0;
        let mut runs = Vec::new();
        while let Some(run) = print(text, at, room, Role::Text, |byte| byte == b'\n') {
            assert_eq!(run.start, at);
            assert!(run.end > at);
            at = run.end;
            runs.push((
                run.end,
                match run.ink {
                    Ink::Plain(text, _) | Ink::Clusters(text) => text.to_owned(),
                    Ink::Fixed(text) => text.into_owned(),
                    ink => panic!("{ink:?}"),
                },
            ));
        }
        runs
    }

    #[test]
    fn a_letter_goes_with_what_combines_with_it() {
        assert_eq!(runs("abe\u{301}c\nd".as_bytes(), 9), [(2, "ab".into()), (6, "e\u{301}c".into())]);
        assert_eq!(runs("abe\u{301}".as_bytes(), 2), [(2, "ab".into()), (5, "e\u{301}".into())]);
        assert_eq!(runs(b"a\x1b\xff", 9), [(1, "a".into()), (2, "^[".into()), (3, "\\xff".into())]);
        assert_eq!(runs("\u{202e}\u{202e}".as_bytes(), 9), [(3, "<U+202E>".into()), (6, "<U+202E>".into())]);
    }

    #[test]
    fn a_window_cuts_no_cluster_and_no_letter() {
        for room in 1..40 {
            let text = "e\u{301}\u{302}東😀".repeat(100);
            let shown: String = runs(text.as_bytes(), room).into_iter().map(|(_, text)| text).collect();
            assert_eq!(shown, text, "{room}");
        }
        let flood = format!("a{}", "\u{301}".repeat(5000));
        assert!(runs(flood.as_bytes(), 80).iter().all(|(_, text)| text.starts_with("<U+")));
    }
}
