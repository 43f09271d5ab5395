//! Letters that need no thought: each is a grapheme cluster of its own beside any other of them, is safe to print, and has
//! a width that does not depend on what stands around it.
//!
//! Most text that is not ASCII consists of them, and cutting it into clusters the long way costs a hundred times more than
//! reading it. What is not in the table here goes the long way; a test holds the table against the crates that know.

/// Inclusive ranges and their columns. Left out between them: what combines, what may join, what is unsafe.
const SIMPLE: &[(char, char, u8)] = &[
    ('\u{00a1}', '\u{00ac}', 1),
    ('\u{00ae}', '\u{02ff}', 1),
    ('\u{0391}', '\u{0482}', 1),
    ('\u{048a}', '\u{052f}', 1),
    ('\u{2010}', '\u{2027}', 1),
    ('\u{2030}', '\u{205e}', 1),
    ('\u{20a0}', '\u{20c0}', 1),
    ('\u{2190}', '\u{2199}', 1),
    ('\u{2500}', '\u{257f}', 1),
    ('\u{3001}', '\u{3029}', 2),
    ('\u{3041}', '\u{3096}', 2),
    ('\u{309b}', '\u{30ff}', 2),
    ('\u{3400}', '\u{4dbf}', 2),
    ('\u{4e00}', '\u{9fff}', 2),
    ('\u{ac00}', '\u{d7a3}', 2),
    ('\u{f900}', '\u{fa6d}', 2),
    ('\u{ff01}', '\u{ff60}', 2),
    ('\u{1f600}', '\u{1f64f}', 2),
];

/// How many columns a letter takes; nothing for one that is not simple.
fn width(char: char) -> Option<usize> {
    if char.is_ascii() {
        return matches!(char, ' '..='~').then_some(1);
    }
    // The longest range first, by far.
    if matches!(char, '\u{4e00}'..='\u{9fff}') {
        return Some(2);
    }
    let range = SIMPLE.get(SIMPLE.partition_point(|&(_, last, _)| last < char))?;
    (range.0 <= char).then_some(usize::from(range.2))
}

/// How much of the beginning of `text` is simple and fits `columns`: bytes, and columns used. Where `open`, text follows
/// that is not seen, and may combine with the last letter.
pub(super) fn prefix(text: &str, columns: usize, open: bool) -> (usize, usize) {
    let (mut bytes, mut used) = (0, 0);
    // A letter counts when what follows it is known not to combine with it.
    let mut sure = (0, 0);
    for char in text.chars() {
        let Some(width) = width(char) else { return sure };
        sure = (bytes, used);
        if used + width > columns {
            return sure;
        }
        bytes += char.len_utf8();
        used += width;
    }
    if open { sure } else { (bytes, used) }
}

/// How many columns all of `text` takes; nothing where it is not simple throughout.
pub(super) fn columns(text: &str) -> Option<usize> {
    text.chars().try_fold(0_usize, |columns, char| Some(columns + width(char)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::printable::{Chunk, chunks};
    use unicode_segmentation::UnicodeSegmentation;
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

    #[test]
    fn the_table_is_in_order_and_true() {
        assert!(SIMPLE.windows(2).all(|pair| pair[0].1 < pair[1].0));
        for &(first, last, columns) in SIMPLE {
            for char in first..=last {
                assert_eq!(char.width(), Some(columns.into()), "{char:?}");
                let text = format!("{char}a{char}{char}東é{char}가{char}\u{1f600}{char}ア");
                let safe: Vec<_> = chunks(text.as_bytes()).collect();
                assert!(safe.iter().all(|chunk| matches!(chunk, Chunk::Text(_))), "{char:?}: {safe:?}");
                assert_eq!(text.graphemes(true).count(), text.chars().count(), "{char:?}");
                assert_eq!(super::columns(&text), Some(text.width()), "{char:?}");
            }
        }
    }

    #[test]
    fn a_prefix_ends_before_what_may_combine() {
        assert_eq!(prefix("abc", 9, false), (3, 3));
        assert_eq!(prefix("abc", 9, true), (2, 2));
        assert_eq!(prefix("東京都", 5, false), (6, 4));
        assert_eq!(prefix("éé\u{301}", 9, false), (2, 1));
        assert_eq!(prefix("é\u{301}", 9, false), (0, 0));
        assert_eq!(prefix("é\x1b", 9, false), (0, 0));
        assert_eq!(prefix("東", 1, false), (0, 0));
        assert_eq!(columns("日本 é"), Some(6));
        assert_eq!((columns("e\u{301}"), columns("\t"), columns("\u{200d}")), (None, None, None));
    }
}
