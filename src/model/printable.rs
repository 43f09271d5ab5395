//! The boundary between bytes from outside and a terminal: whatever crosses it is visible, and nothing is obeyed.
//!
//! [`chunks`] cuts any bytes into runs of text that are safe to print and *escapes*, which stand for what is not:
//!
//! | what | how it shows |
//! | --- | --- |
//! | C0 controls and DEL | caret notation: `^[`, `^M`, `^?` |
//! | C1 controls, format characters (Cf), bidirectional marks, line and paragraph separators, default-ignorable code points, variation selectors without a base | `<U+202E>` |
//! | bytes that are not UTF-8 | `\x9b` |
//! | combining marks with nothing to combine with, and what exceeds [`CLUSTER_CHARS`] or two columns in one grapheme | `<U+0301>` |
//!
//! Decided: an escape is a chunk of its own, so that a view can give it a style that text can never have; nothing is ever
//! dropped. A tab is an escape (`^I`) here; views that lay out lines expand it first. Refused: escaping only what is a
//! control to `char::is_control`, which lets U+202E turn a table row around, and leaving it to the widgets, some of which
//! delete controls while others pass format characters on.
//!
//! Every view takes its outside text from here; [`Printable`] is the form for a single line.

use std::{borrow::Cow, fmt};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many code points one grapheme cluster may bring to a cell.
pub const CLUSTER_CHARS: usize = 8;
/// How many bytes one grapheme cluster may bring to a cell.
pub const CLUSTER_BYTES: usize = 32;

/// A piece of what came from outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Chunk<'a> {
    /// Text that is safe to print as it is.
    Text(&'a str),
    /// What stands for something that is not, in ASCII.
    Escape(Cow<'static, str>),
}

impl Chunk<'_> {
    /// The text to print.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Escape(text) => text,
        }
    }

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        match self {
            Self::Text(text) => text.width(),
            Self::Escape(text) => text.len(),
        }
    }
}

/// Cuts bytes into safe text and escapes, in order and without loss. Runs of text are as long as they can be.
pub fn chunks(bytes: &[u8]) -> Chunks<'_> {
    Chunks { bytes, text: "", pending: None }
}

/// The iterator of [`chunks`].
#[derive(Clone, Debug)]
pub struct Chunks<'a> {
    /// What has not been looked at.
    bytes: &'a [u8],
    /// Valid UTF-8 cut off `bytes` and not yet given out.
    text: &'a str,
    /// A cluster that is being given out one code point at a time.
    pending: Option<&'a str>,
}

impl Chunks<'_> {
    /// How many bytes have not been given out: the difference over a call of `next` is what that chunk stands for.
    pub fn left(&self) -> usize {
        self.bytes.len() + self.text.len() + self.pending.map_or(0, str::len)
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        if let Some(cluster) = self.pending.take()
            && let Some(first) = cluster.chars().next()
        {
            let rest = cluster.get(first.len_utf8()..).unwrap_or_default();
            self.pending = (!rest.is_empty()).then_some(rest);
            return Some(Chunk::Escape(escape(first)));
        }
        if self.text.is_empty() {
            if self.bytes.is_empty() {
                return None;
            }
            match std::str::from_utf8(self.bytes) {
                Ok(text) => (self.text, self.bytes) = (text, &[]),
                Err(error) => {
                    let (valid, rest) = self.bytes.split_at_checked(error.valid_up_to()).unwrap_or((&[], self.bytes));
                    if let Some((byte, rest)) = rest.split_first().filter(|_| valid.is_empty()) {
                        self.bytes = rest;
                        return Some(Chunk::Escape(Cow::Owned(format!("\\x{byte:02x}"))));
                    }
                    self.text = std::str::from_utf8(valid).unwrap_or_default();
                    self.bytes = rest;
                }
            }
        }
        let safe = safe_prefix(self.text);
        let (run, rest) = self.text.split_at_checked(safe).unwrap_or((self.text, ""));
        if !run.is_empty() {
            self.text = rest;
            return Some(Chunk::Text(run));
        }
        let cluster = self.text.graphemes(true).next()?;
        self.text = self.text.get(cluster.len()..).unwrap_or_default();
        self.pending = Some(cluster);
        self.next()
    }
}

/// How many bytes of `text` are safe to print as they are.
fn safe_prefix(text: &str) -> usize {
    let ascii = text.bytes().take_while(|byte| matches!(byte, b' '..=b'~')).count();
    // A control ends the run; a letter may begin a cluster with the letter before it.
    if text.as_bytes().get(ascii).is_none_or(u8::is_ascii) {
        return ascii;
    }
    let mut end = ascii.saturating_sub(1);
    for cluster in text.get(end..).unwrap_or_default().graphemes(true) {
        if !is_safe_cluster(cluster) || (end == 0 && joins(cluster)) {
            break;
        }
        end += cluster.len();
        // Long runs of plain text are left to the fast path above.
        if end > ascii + 4096 {
            break;
        }
    }
    end
}

/// Whether a cluster would become a part of whatever stands before it, such as our own quote.
fn joins(cluster: &str) -> bool {
    let Some(first) = cluster.chars().next().filter(|first| *first >= '\u{300}') else { return false };
    String::from_iter(['x', first]).graphemes(true).count() == 1
}

fn is_safe_cluster(cluster: &str) -> bool {
    if cluster.len() == 1 {
        return cluster.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    }
    let mut chars = cluster.chars();
    let Some(base) = chars.next() else { return true };
    if cluster.len() > CLUSTER_BYTES || needs_escape(base) || base.width().unwrap_or(0) == 0 {
        return false;
    }
    let mut count = 1;
    for char in chars {
        count += 1;
        // A variation selector is at home behind a base; nothing else that hides is.
        let selector = matches!(char, '\u{fe0e}' | '\u{fe0f}');
        if count > CLUSTER_CHARS || (needs_escape(char) && !selector) {
            return false;
        }
    }
    cluster.width() <= 2
}

/// Whether a code point would be obeyed, would hide or would reorder, instead of being seen.
///
/// General categories Cc, Cf, Zl and Zp, and `Default_Ignorable_Code_Point` (Unicode 17, `DerivedCoreProperties`); a test
/// holds this table against the Unicode tables of the `regex` crate.
pub fn needs_escape(char: char) -> bool {
    let code = u32::from(char);
    if code < 0xad {
        return code < 0x20 || (0x7f..0xa0).contains(&code);
    }
    HIDDEN
        .binary_search_by(|&(first, last)| {
            if last < code {
                std::cmp::Ordering::Less
            } else if first > code {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}

/// Inclusive ranges above U+00A0.
const HIDDEN: &[(u32, u32)] = &[
    (0x00ad, 0x00ad),
    (0x034f, 0x034f),
    (0x0600, 0x0605),
    (0x061c, 0x061c),
    (0x06dd, 0x06dd),
    (0x070f, 0x070f),
    (0x0890, 0x0891),
    (0x08e2, 0x08e2),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x206f),
    (0x3164, 0x3164),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfffb),
    (0x110bd, 0x110bd),
    (0x110cd, 0x110cd),
    (0x13430, 0x1343f),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0000, 0xe0fff),
];

/// How a code point shows that must not be printed.
pub fn escape(char: char) -> Cow<'static, str> {
    const CARET: [&str; 32] = [
        "^@", "^A", "^B", "^C", "^D", "^E", "^F", "^G", "^H", "^I", "^J", "^K", "^L", "^M", "^N", "^O", "^P", "^Q",
        "^R", "^S", "^T", "^U", "^V", "^W", "^X", "^Y", "^Z", "^[", "^\\", "^]", "^^", "^_",
    ];
    match CARET.get(char as usize) {
        Some(caret) => Cow::Borrowed(caret),
        None if char == '\x7f' => Cow::Borrowed("^?"),
        None => Cow::Owned(format!("<U+{:04X}>", u32::from(char))),
    }
}

/// One line of text that is safe to print, and where in it the escapes lie.
///
/// This is the only text from outside that views and text output take.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Printable {
    text: String,
    /// Byte ranges of `text` that are escapes, in order.
    escapes: Vec<(u32, u32)>,
}

impl Printable {
    /// All of it.
    pub fn new(bytes: &[u8]) -> Self {
        Self::limited(bytes, usize::MAX)
    }

    /// As much of it as fits `columns`; `…` stands at the end where something was left out. Costs in proportion to what is
    /// shown, not to what was given.
    pub fn limited(bytes: &[u8], columns: usize) -> Self {
        let mut printable = Self::default();
        let mut used = 0_usize;
        // A column of safe text is at most one cluster, so this prefix is all that can matter.
        let looked = bytes.get(..columns.saturating_mul(CLUSTER_BYTES).saturating_add(CLUSTER_BYTES)).unwrap_or(bytes);
        for chunk in chunks(looked) {
            let width = chunk.width();
            if used + width > columns {
                printable.cut(&chunk, used, columns);
                return printable;
            }
            used += width;
            printable.push(&chunk);
        }
        if looked.len() < bytes.len() {
            printable.text.push('…');
        }
        printable
    }

    fn push(&mut self, chunk: &Chunk<'_>) {
        let start = self.text.len() as u32;
        self.text.push_str(chunk.as_str());
        if matches!(chunk, Chunk::Escape(_)) {
            self.escapes.push((start, self.text.len() as u32));
        }
    }

    /// Ends the text with `…` at `columns`, taking of `chunk` what fits before it.
    fn cut(&mut self, chunk: &Chunk<'_>, used: usize, columns: usize) {
        if columns == 0 {
            return;
        }
        let mut used = used;
        if let Chunk::Text(text) = chunk {
            for cluster in text.graphemes(true) {
                if used + cluster.width() >= columns {
                    break;
                }
                used += cluster.width();
                self.text.push_str(cluster);
            }
        }
        while used >= columns {
            // The text before was exactly as wide as the room: its last piece makes place for the mark.
            let start = match self.escapes.last() {
                Some(&(start, end)) if end as usize == self.text.len() => {
                    self.escapes.pop();
                    start as usize
                }
                _ => self.text.grapheme_indices(true).next_back().map_or(0, |(at, _)| at),
            };
            used -= self.text.get(start..).map_or(0, UnicodeWidthStr::width).min(used);
            self.text.truncate(start);
            if self.text.is_empty() {
                break;
            }
        }
        self.text.push('…');
    }

    /// The text, escapes included.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How many columns it takes.
    pub fn width(&self) -> usize {
        self.text.width()
    }

    /// The text in order, as pieces that are an escape or not.
    pub fn pieces(&self) -> impl Iterator<Item = (bool, &str)> {
        let ends =
            self.escapes.iter().copied().chain(std::iter::once((self.text.len() as u32, self.text.len() as u32)));
        let mut at = 0_usize;
        ends.flat_map(move |(start, end)| {
            let plain = self.text.get(at..start as usize).unwrap_or_default();
            let escape = self.text.get(start as usize..end as usize).unwrap_or_default();
            at = end as usize;
            [(false, plain), (true, escape)]
        })
        .filter(|(_, piece)| !piece.is_empty())
    }
}

impl fmt::Display for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl From<&[u8]> for Printable {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes)
    }
}

impl From<&str> for Printable {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(bytes: &[u8]) -> String {
        Printable::new(bytes).as_str().to_owned()
    }

    #[test]
    fn the_table_is_what_unicode_says() {
        let hidden = regex::Regex::new(r"^[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]$").unwrap();
        let mut buffer = [0; 4];
        for char in '\0'..=char::MAX {
            let expected = hidden.is_match(char.encode_utf8(&mut buffer));
            // Unicode reserves these two stretches for format characters, assigned or not.
            let reserved = matches!(u32::from(char), 0xfff0..=0xfffb | 0xe0000..=0xe0fff | 0x2065);
            assert!(needs_escape(char) == expected || reserved, "U+{:04X}", u32::from(char));
        }
    }

    #[test]
    fn a_mark_that_begins_a_text_does_not_join_what_stands_before_it() {
        // A vowel sign of Limbu and one of Grantha, both of a column.
        assert_eq!(shown("\u{1930}\u{11347}".as_bytes()), "<U+1930><U+11347>");
        assert_eq!(shown("\n\u{1930}".as_bytes()), "^J<U+1930>");
        assert_eq!(shown("x\u{1930}".as_bytes()), "x\u{1930}");
        let quoted = format!("`{}`", Printable::new("\u{1930}".as_bytes()));
        assert_eq!(Printable::new(quoted.as_bytes()).as_str(), quoted);
    }

    #[test]
    fn every_kind_shows() {
        assert_eq!(shown(b"a\x1b[31mb\x7f\r\n"), "a^[[31mb^?^M^J");
        assert_eq!(shown("a\u{202e}b\u{85}c\u{200b}".as_bytes()), "a<U+202E>b<U+0085>c<U+200B>");
        assert_eq!(shown(b"a\x9b\xff\xc3"), "a\\x9b\\xff\\xc3");
        assert_eq!(shown("caf\u{e9} e\u{301} 東京 ❤\u{fe0f}".as_bytes()), "café e\u{301} 東京 ❤\u{fe0f}");
        assert_eq!(shown("\u{301}x".as_bytes()), "<U+0301>x");
        assert_eq!(shown("x\u{fe0f}\u{fe0f}".as_bytes()), "x\u{fe0f}\u{fe0f}");
    }

    #[test]
    fn a_giant_cluster_is_taken_apart() {
        let flood = format!("a{}", "\u{301}".repeat(1000));
        assert!(chunks(flood.as_bytes()).all(|chunk| matches!(chunk, Chunk::Escape(_))));
        let jamo = "\u{1100}".repeat(1000);
        assert!(chunks(jamo.as_bytes()).all(|chunk| chunk.width() <= 8));
    }

    #[test]
    fn what_does_not_fit_ends_in_a_mark() {
        for (columns, expected) in [(0, ""), (1, "…"), (4, "abc…"), (6, "abcdef"), (9, "abcdef")] {
            assert_eq!(Printable::limited(b"abcdef", columns).as_str(), expected, "{columns}");
        }
        assert_eq!(Printable::limited("東京都".as_bytes(), 5).as_str(), "東京…");
        assert_eq!(Printable::limited("東京都".as_bytes(), 4).as_str(), "東…");
        assert_eq!(Printable::limited(b"ab\x1b\x1b\x1b", 6).as_str(), "ab^[…");
        assert_eq!(Printable::limited(b"ab\x1b\x1b\x1b", 7).as_str(), "ab^[^[…");
    }

    fn outside() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            proptest::collection::vec(any::<char>(), 0..80)
                .prop_map(|chars| chars.into_iter().collect::<String>().into_bytes()),
            "[a-z\u{301}\u{200d}\u{202e}\u{1100}\u{1f468}\u{fe0f}\u{1b}\t]{0,60}".prop_map(String::into_bytes),
        ]
    }

    proptest! {
        #[test]
        fn nothing_that_needs_an_escape_gets_through(bytes in outside()) {
            let printable = Printable::new(&bytes);
            for char in printable.as_str().chars() {
                prop_assert!(!needs_escape(char) || matches!(char, '\u{fe0e}' | '\u{fe0f}'), "{char:?}");
            }
            for cluster in printable.as_str().graphemes(true) {
                prop_assert!(cluster.len() <= CLUSTER_BYTES && cluster.width() <= 2, "{cluster:?}");
            }
            let joined: String = printable.pieces().map(|(_, piece)| piece).collect();
            prop_assert_eq!(joined, printable.as_str());
        }

        #[test]
        fn text_that_needs_no_escape_is_untouched(text in "[ -~äß東京éλ]{0,80}") {
            prop_assert_eq!(shown(text.as_bytes()), text);
        }

        #[test]
        fn a_limit_is_kept(bytes in outside(), columns in 0_usize..60) {
            let printable = Printable::limited(&bytes, columns);
            prop_assert!(printable.width() <= columns, "{:?} in {columns}", printable);
        }
    }
}
