//! How text is looked for in bytes: without regard to case, without copying the bytes, and faster than memory hands out
//! a body's worth of JSON.
//!
//! [`Caseless`] looks for the needle's rarest byte in both cases with `memchr2` and compares around each hit. Where the
//! needle is not ASCII it is a regular expression with Unicode's simple case folding. [`Glob`] is a sequence of such
//! needles. [`Pattern`] is a regular expression that someone typed, held to a size.
//!
//! Refused: lower-casing what is searched, which copies every body for every key pressed; and regular expressions for
//! ASCII words, whose speed hangs on which letters the word begins with.

use std::{fmt, ops::Range};

use regex::bytes::{Regex, RegexBuilder};

/// How large a regular expression may become, in bytes, before it is refused. Growing this large takes some 30 ms.
const PATTERN_BYTES: usize = 1 << 20;

/// How deep the groups of a regular expression may nest.
const PATTERN_DEPTH: u32 = 64;

/// Where in the text that is searched a needle may lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Anywhere.
    Within,
    /// At the start.
    Start,
    /// At the end.
    End,
    /// It must be all of it.
    Whole,
}

/// A text to find without regard to case.
#[derive(Clone, Debug)]
pub struct Caseless {
    place: Place,
    needle: Needle,
}

#[derive(Clone, Debug)]
enum Needle {
    /// ASCII letters are compared in either case, all other bytes as they are.
    Bytes {
        bytes: Box<[u8]>,
        rare: usize,
    },
    Unicode(Regex),
}

/// The bytes of webhooks, heads and JSON bodies, from the most to the least frequent. Letters stand for both cases.
const FREQUENT: &[u8] = b"e\"t/:a,opnirsl0cd1u2_hm-.3gb4568p79f{}ywvk=[]xzjq";

fn rarity(byte: u8) -> usize {
    let byte = byte.to_ascii_lowercase();
    if byte == b' ' { 0 } else { FREQUENT.iter().position(|&frequent| frequent == byte).unwrap_or(FREQUENT.len()) }
}

impl Caseless {
    /// A needle that may lie in that place.
    pub fn new(text: &str, place: Place) -> Self {
        if !text.is_ascii() {
            let (start, end) = match place {
                Place::Within => ("", ""),
                Place::Start => (r"\A", ""),
                Place::End => ("", r"\z"),
                Place::Whole => (r"\A", r"\z"),
            };
            let source = format!("{start}(?i:{}){end}", regex::escape(text));
            // One that grew too large is compared byte by byte instead, ASCII letters in either case.
            if let Ok(regex) = Regex::new(&source) {
                return Self { place, needle: Needle::Unicode(regex) };
            }
        }
        let bytes: Box<[u8]> = text.bytes().collect();
        let rare = bytes.iter().enumerate().max_by_key(|(_, byte)| rarity(**byte)).map_or(0, |(at, _)| at);
        Self { place, needle: Needle::Bytes { bytes, rare } }
    }

    /// Where it may lie.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Where it first lies.
    pub fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        let (needle, rare) = match &self.needle {
            Needle::Bytes { bytes, rare } => (bytes, *rare),
            Needle::Unicode(regex) => return regex.find(text).map(|found| found.range()),
        };
        let start = match self.place {
            Place::Within => return within(needle, rare, text),
            Place::Start => 0,
            Place::End => text.len().checked_sub(needle.len())?,
            Place::Whole if text.len() == needle.len() => 0,
            Place::Whole => return None,
        };
        let range = start..start + needle.len();
        text.get(range.clone())?.eq_ignore_ascii_case(needle).then_some(range)
    }

    /// Whether it lies there at all.
    pub fn is_in(&self, text: &[u8]) -> bool {
        match &self.needle {
            Needle::Unicode(regex) => regex.is_match(text),
            Needle::Bytes { .. } => self.find(text).is_some(),
        }
    }
}

fn within(needle: &[u8], rare: usize, text: &[u8]) -> Option<Range<usize>> {
    let Some(&byte) = needle.get(rare) else { return Some(0..0) };
    let (lower, upper) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
    // The rare byte lies this far in and this far from the end in any match.
    let last = (text.len() + rare + 1).checked_sub(needle.len())?;
    let mut at = rare;
    loop {
        let rest = text.get(at..last)?;
        at += if lower == upper { memchr::memchr(lower, rest)? } else { memchr::memchr2(lower, upper, rest)? };
        let range = at - rare..at - rare + needle.len();
        if text.get(range.clone())?.eq_ignore_ascii_case(needle) {
            return Some(range);
        }
        at += 1;
    }
}

/// A text with `*` for any run of bytes, to be all of what it is compared with, without regard to case.
#[derive(Clone)]
pub struct Glob {
    source: Box<str>,
    /// What lies between the stars, in order.
    pieces: Vec<Caseless>,
}

impl Glob {
    /// Every `*` is a star; there is no way to escape one.
    pub fn new(source: &str) -> Self {
        let last = source.split('*').count() - 1;
        let pieces =
            source.split('*').enumerate().filter(|(_, piece)| last == 0 || !piece.is_empty()).map(|(at, piece)| {
                let place = match at {
                    0 if last == 0 => Place::Whole,
                    0 => Place::Start,
                    _ if at == last => Place::End,
                    _ => Place::Within,
                };
                Caseless::new(piece, place)
            });
        Self { pieces: pieces.collect(), source: source.into() }
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What lies between the stars, in order.
    pub fn pieces(&self) -> &[Caseless] {
        &self.pieces
    }

    /// Whether it is all of that.
    pub fn is(&self, text: &[u8]) -> bool {
        let mut rest = text;
        // The first place that fits is as good as any: it leaves the most to what follows.
        self.pieces.iter().all(|piece| match piece.find(rest) {
            Some(found) => {
                rest = rest.get(found.end..).unwrap_or_default();
                true
            }
            None => false,
        })
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// A regular expression as it was typed between slashes, where `\/` stands for a slash.
#[derive(Clone)]
pub struct Pattern {
    source: Box<str>,
    flags: Box<str>,
    regex: Regex,
}

impl Pattern {
    /// The flags there are, in the order in which they are printed: case aside, `^` and `$` at every line, `.` for line
    /// feeds too, blanks and comments ignored.
    pub const FLAGS: &str = "imsx";

    /// Reads one. `flags` holds letters of [`FLAGS`](Self::FLAGS). An error says where in the source, and what.
    pub fn new(source: &str, flags: &str) -> Result<Self, (Range<usize>, String)> {
        let whole = 0..source.len();
        let mut parser = regex_syntax::ast::parse::ParserBuilder::new()
            .nest_limit(PATTERN_DEPTH)
            .ignore_whitespace(flags.contains('x'))
            .build();
        if let Err(error) = parser.parse(source) {
            let span = error.span();
            return Err((span.start.offset..span.end.offset, error.kind().to_string()));
        }
        let flags: Box<str> = Self::FLAGS.chars().filter(|flag| flags.contains(*flag)).collect();
        let regex = RegexBuilder::new(source)
            .case_insensitive(flags.contains('i'))
            .multi_line(flags.contains('m'))
            .dot_matches_new_line(flags.contains('s'))
            .ignore_whitespace(flags.contains('x'))
            .nest_limit(PATTERN_DEPTH)
            .size_limit(PATTERN_BYTES)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(limit) => (whole, format!("it needs more than {} KiB", limit >> 10)),
                // The engine's report spans lines; the last one says what is wrong.
                other => {
                    let report = other.to_string();
                    let last = report.lines().next_back().unwrap_or_default();
                    (whole, last.trim_start_matches("error: ").to_owned())
                }
            })?;
        Ok(Self { source: source.into(), flags, regex })
    }

    /// What stands between the slashes.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The letters of [`FLAGS`](Self::FLAGS) that stand behind them.
    pub fn flags(&self) -> &str {
        &self.flags
    }

    /// Whether it matches anywhere in that.
    pub fn is_in(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// Whether it matches anywhere from `start` on; what stands before decides what `^` and `\b` mean there.
    pub fn is_in_from(&self, text: &[u8], start: usize) -> bool {
        start <= text.len() && self.regex.is_match_at(text, start)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.flags == other.flags
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}", self.source, self.flags)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lower(bytes: &[u8]) -> Vec<u8> {
        bytes.to_ascii_lowercase()
    }

    #[test]
    fn case_is_set_aside_beyond_ascii_too() {
        assert!(Caseless::new("STRASSE É", Place::Within).is_in("die strasse é".as_bytes()));
        assert!(Caseless::new("éa", Place::Whole).is_in("ÉA".as_bytes()));
        assert!(!Caseless::new("é", Place::Whole).is_in("éa".as_bytes()));
        assert!(Caseless::new("é", Place::Within).is_in(b"\xff\xfe\xc3\xa9\x80"));
        assert!(Caseless::new("", Place::Within).is_in(b""));
        // An ASCII needle never folds into letters outside ASCII.
        assert!(!Caseless::new("k", Place::Within).is_in("\u{212a}".as_bytes()));
    }

    #[test]
    fn a_pattern_says_what_is_wrong_and_where() {
        let error = |source: &str| Pattern::new(source, "").unwrap_err();
        assert_eq!(error("a(b"), (1..2, "unclosed group".to_owned()));
        assert_eq!(error("é["), (2..3, "unclosed character class".to_owned()));
        let (span, message) = error(r"(\w{60}){40}");
        assert_eq!((span, message.as_str()), (0..12, "it needs more than 1024 KiB"));
        assert!(Pattern::new(&"(".repeat(1000), "").is_err());
        assert!(Pattern::new(&format!("{}a{}", "(".repeat(100), ")".repeat(100)), "").is_err());
        let (_, message) = error(r"\p{Nothing}");
        assert!(message.contains("property"), "{message}");
    }

    #[test]
    fn flags_do_what_they_say() {
        for (source, flags, text) in [
            ("a", "i", "A"),
            ("a.b", "s", "a\nb"),
            ("^b$", "m", "a\nb\nc"),
            ("a b # c", "x", "ab"),
            (r"a\/b", "", "a/b"),
        ] {
            assert!(Pattern::new(source, flags).unwrap().is_in(text.as_bytes()), "{source}");
            assert!(flags.is_empty() || !Pattern::new(source, "").unwrap().is_in(text.as_bytes()), "{source}");
        }
        assert_eq!(Pattern::new("a", "si").unwrap().to_string(), "/a/is");
    }

    proptest! {
        #[test]
        fn needles_are_found_where_a_naive_search_finds_them(needle in "[aAbB:\"]{0,4}", text in "[aAbBcé:\"]{0,60}") {
            let expected = lower(text.as_bytes()).windows(needle.len().max(1))
                .position(|window| window == lower(needle.as_bytes()));
            let expected = if needle.is_empty() { Some(0) } else { expected };
            let found = Caseless::new(&needle, Place::Within).find(text.as_bytes());
            prop_assert_eq!(found, expected.map(|at| at..at + needle.len()));
            for (place, expected) in [
                (Place::Start, lower(text.as_bytes()).starts_with(&lower(needle.as_bytes()))),
                (Place::End, lower(text.as_bytes()).ends_with(&lower(needle.as_bytes()))),
                (Place::Whole, text.eq_ignore_ascii_case(&needle)),
            ] {
                prop_assert_eq!(Caseless::new(&needle, place).is_in(text.as_bytes()), expected, "{:?}", place);
            }
        }

        #[test]
        fn globs_are_what_a_regular_expression_says(source in "[abÄ*]{0,8}", text in "[aAbBäÄ]{0,12}") {
            let regex = source.split('*').map(regex::escape).collect::<Vec<_>>().join("(?s-u:.)*");
            let regex = Regex::new(&format!(r"\A(?i:{regex})\z")).unwrap();
            prop_assert_eq!(Glob::new(&source).is(text.as_bytes()), regex.is_match(text.as_bytes()));
        }

        #[test]
        fn any_pattern_is_read_or_refused(source in "\\PC{0,40}", hard in "[(){}\\[\\]*+?|\\\\wpLd0-9,^$.]{0,40}") {
            for source in [source, hard] {
                match Pattern::new(&source, "") {
                    Ok(pattern) => { pattern.is_in(b"some text"); }
                    Err((span, message)) => {
                        prop_assert!(source.get(span).is_some());
                        prop_assert!(!message.is_empty() && !message.contains('\n'), "{message}");
                    }
                }
            }
        }
    }
}
