//! JSON, laid out without being changed.
//!
//! Decided: what is shown is the tokens of the body in their order, as they were written, and nothing but the white space
//! between them is ours. So duplicate keys, the order of keys, the text of numbers (`-0`, `1e400`, forty digits) and
//! escapes are what was sent. [`scan`](mod@scan) holds the body against the whole grammar once and notes where lines
//! begin; [`next`] reads a line again when it is drawn, and may therefore take the grammar for granted.
//!
//! Refused: a tree of values (it costs ten times the body and loses all of the above), recursion, and taking nearly-JSON
//! (comments, several values, a byte order mark) for JSON: the reader's handler would not either.

pub(super) mod escapes;
mod members;
mod mistake;
mod path;
mod scan;

use super::{
    built::Way,
    lines::Spot,
    markup::Role,
    run::{Ink, Mode, Run, Step, print, sign, space},
    tree::Nest,
};

pub use members::{elements, members, string};
pub use mistake::{Mistake, mistake};
pub use path::{JsonPath, JsonPathError};
pub(super) use scan::scan;

/// How lines become rows.
pub(super) const WAY: Way = Way { next, hang: 2, nest: Some(Nest::Json) };

/// How far a string at the beginning of a line is looked at to know whether it is a name. A longer name shows as a string.
const LONGEST_KEY: usize = 64 * 1024;

/// The offset of the first byte from `at` on that is not white space (RFC 8259 §2).
pub(super) fn blank(bytes: &[u8], at: usize) -> usize {
    let is_blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let Some(rest) = bytes.get(at..) else { return at };
    if rest.first().is_none_or(|&byte| !is_blank(byte)) {
        return at;
    }
    let (blocks, _) = rest.as_chunks::<16>();
    let whole = blocks.iter().take_while(|block| block.iter().fold(true, |all, &byte| all & is_blank(byte))).count();
    let tail = rest.get(16 * whole..).unwrap_or_default();
    at + 16 * whole + tail.iter().take_while(|&&byte| is_blank(byte)).count()
}

/// What comes next in a line of valid JSON.
///
/// A line ends behind a comma, behind a bracket that opens, and before one that closes, unless the pair is empty.
pub(super) fn next<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    step::<false>(bytes, spot, room)
}

/// The same with the escapes of strings undone.
pub(super) fn next_decoded<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    step::<true>(bytes, spot, room)
}

fn step<'a, const DECODED: bool>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    loop {
        match spot.mode {
            Mode::Line => {
                if let Some(step) = token(bytes, spot, room, true) {
                    return step;
                }
            }
            Mode::After => {
                let at = blank(bytes, spot.offset);
                match bytes.get(at) {
                    None | Some(b'}' | b']') => return end(bytes, spot),
                    Some(byte) => {
                        spot.offset = at;
                        match byte {
                            b',' => return sign(bytes, spot, Role::Punctuation, Mode::Done),
                            b':' => return sign(bytes, spot, Role::Punctuation, Mode::Space),
                            _ => {}
                        }
                        if let Some(step) = token(bytes, spot, room, false) {
                            return step;
                        }
                    }
                }
            }
            Mode::Space => return space(spot, Mode::After),
            Mode::Close => {
                spot.offset = blank(bytes, spot.offset);
                return sign(bytes, spot, Role::Punctuation, Mode::After);
            }
            Mode::Done => return end(bytes, spot),
            Mode::Key => return inside::<DECODED>(bytes, spot, room, Role::Key),
            Mode::String => return inside::<DECODED>(bytes, spot, room, Role::String),
            Mode::Number | Mode::Literal => {
                let role = if spot.mode == Mode::Number { Role::Number } else { Role::Literal };
                let stop = |byte: u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
                if let Some(run) = print(bytes, spot.offset, room, role, stop) {
                    spot.offset = run.end;
                    return Step::Run(run);
                }
                spot.mode = Mode::After;
            }
        }
    }
}

/// The first run of the token at the spot; nothing when the spot is now in the mode that prints it.
fn token<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize, begins_line: bool) -> Option<Step<'a>> {
    Some(match bytes.get(spot.offset) {
        None => end(bytes, spot),
        Some(b'{' | b'[') => {
            let inner = blank(bytes, spot.offset + 1);
            if matches!(bytes.get(inner), Some(b'}' | b']')) {
                return Some(sign(bytes, spot, Role::Punctuation, Mode::Close));
            }
            spot.depth = spot.depth.saturating_add(1);
            sign(bytes, spot, Role::Punctuation, Mode::Done)
        }
        Some(b'"') => match short(bytes, spot, room, begins_line) {
            Some(run) => Step::Run(run),
            None if begins_line && is_key(bytes, spot.offset) => sign(bytes, spot, Role::Key, Mode::Key),
            None => sign(bytes, spot, Role::String, Mode::String),
        },
        Some(b'-' | b'0'..=b'9') => {
            spot.mode = Mode::Number;
            return None;
        }
        Some(b't' | b'f' | b'n') => {
            spot.mode = Mode::Literal;
            return None;
        }
        // A bracket that closes; and what is not JSON still moves on.
        Some(_) => sign(bytes, spot, Role::Punctuation, Mode::After),
    })
}

/// The whole of a string at the spot that is plain ASCII without escapes and fits, which most strings are.
fn short<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize, begins_line: bool) -> Option<Run<'a>> {
    let start = spot.offset;
    let inner = bytes.get(start + 1..)?;
    let length = inner
        .iter()
        .take(room)
        .take_while(|&&byte| matches!(byte, b' '..=b'~' if byte != b'"' && byte != b'\\'))
        .count();
    let end = start + length + 2;
    if length + 2 > room || inner.get(length) != Some(&b'"') {
        return None;
    }
    let is_key = begins_line && bytes.get(blank(bytes, end)) == Some(&b':');
    let text = std::str::from_utf8(bytes.get(start..end)?).ok()?;
    spot.offset = end;
    spot.mode = Mode::After;
    Some(Run { role: if is_key { Role::Key } else { Role::String }, start, end, ink: Ink::Plain(text, length + 2) })
}

/// The next run inside a string, or its closing quote.
fn inside<'a, const DECODED: bool>(bytes: &'a [u8], spot: &mut Spot, room: usize, role: Role) -> Step<'a> {
    let start = spot.offset;
    match bytes.get(start) {
        None => end(bytes, spot),
        Some(b'"') => sign(bytes, spot, role, Mode::After),
        Some(_) if DECODED => {
            let run = escapes::run(bytes, start, room, role);
            spot.offset = run.end;
            Step::Run(run)
        }
        Some(b'\\') => {
            // Both bytes in one run, or the quote of `\"` would look like the end to the row that begins with it.
            let pair = bytes.get(start..start + 2).unwrap_or_default();
            spot.offset = (start + 2).min(bytes.len());
            Step::Run(Run { role, start, end: spot.offset, ink: Ink::Fixed(String::from_utf8_lossy(pair)) })
        }
        Some(_) => match print(bytes, start, room, role, |byte| matches!(byte, b'"' | b'\\')) {
            Some(run) => {
                spot.offset = run.end;
                Step::Run(run)
            }
            None => end(bytes, spot),
        },
    }
}

/// Moves the spot to the next line.
fn end<'a>(bytes: &'a [u8], spot: &mut Spot) -> Step<'a> {
    let at = blank(bytes, spot.offset);
    let closes = matches!(bytes.get(at), Some(b'}' | b']'));
    *spot = Spot::line(at, spot.depth.saturating_sub(u32::from(closes)));
    Step::End
}

/// Whether the string at `at` has a colon behind it.
fn is_key(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at + 1..).unwrap_or_default();
    let rest = rest.get(..LONGEST_KEY).unwrap_or(rest);
    let mut from = 0;
    while let Some(found) = rest.get(from..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        if rest.get(from + found) == Some(&b'"') {
            return bytes.get(blank(bytes, at + 1 + from + found + 1)) == Some(&b':');
        }
        from += found + 2;
    }
    false
}

/// Where the string that begins at `at` ends, behind its closing quote.
pub(super) fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found + 1;
        if bytes.get(at - 1) == Some(&b'"') {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// The offset of the value in the line that begins at `at`: behind the name, where that has one.
pub(super) fn value_at(bytes: &[u8], at: usize) -> usize {
    if bytes.get(at) == Some(&b'"') {
        let colon = blank(bytes, string_end(bytes, at));
        if bytes.get(colon) == Some(&b':') {
            return blank(bytes, colon + 1);
        }
    }
    at
}

/// The offset of the bracket that the line at `at` of valid JSON opens, if it opens one that is not closed at once.
pub(super) fn opening(bytes: &[u8], at: usize) -> Option<usize> {
    let at = value_at(bytes, at);
    let opens = matches!(bytes.get(at), Some(b'{' | b'['));
    (opens && !matches!(bytes.get(blank(bytes, at + 1)), Some(b'}' | b']'))).then_some(at)
}

/// Where the value that begins at `at` ends, if it is no bracket that opens, or an empty pair of them.
pub(super) fn scalar_end(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'"') => string_end(bytes, at),
        Some(b'{' | b'[') => blank(bytes, at + 1) + 1,
        Some(b'}' | b']') => at + 1,
        _ => {
            let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
            at + bytes.get(at..).unwrap_or_default().iter().take_while(is_word).count().max(1)
        }
    }
}

/// Where the line behind the one at a spot begins, as [`next`] would find it.
pub(super) fn next_line(bytes: &[u8], spot: Spot) -> Spot {
    if let Some(bracket) = opening(bytes, spot.offset) {
        return Spot::line(blank(bytes, bracket + 1), spot.depth.saturating_add(1));
    }
    let mut at = blank(bytes, scalar_end(bytes, value_at(bytes, spot.offset)));
    if bytes.get(at) == Some(&b',') {
        at = blank(bytes, at + 1);
    }
    let closes = matches!(bytes.get(at), Some(b'}' | b']'));
    Spot::line(at, spot.depth.saturating_sub(u32::from(closes)))
}

/// The ranges of the strings of valid JSON, names included, without their quotes.
pub(super) fn strings(bytes: &[u8]) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + memchr::memchr(b'"', bytes.get(at..)?)? + 1;
        let mut end = start;
        loop {
            end += memchr::memchr2(b'"', b'\\', bytes.get(end..)?)?;
            if bytes.get(end) == Some(&b'"') {
                at = end + 1;
                return Some(start..end);
            }
            end += 2;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::properties::{document, pattern, shown};
    use super::*;
    use crate::decode::{Cancelled, Document, Found, Wrapping};

    fn corpus(folder: &str) -> Vec<(String, Vec<u8>)> {
        let folder = format!("{}/tests/corpus/json/{folder}", env!("CARGO_MANIFEST_DIR"));
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
    }

    #[test]
    fn the_corpus_is_judged_right() {
        let files = corpus("valid");
        assert!(files.len() > 35);
        for (path, bytes) in files {
            let document = document(&bytes, "json");
            assert_eq!((document.view().name, document.note()), ("json", None), "{path}");
            let blank = |char: char| matches!(char, ' ' | '\n' | '\r' | '\t');
            let text = |bytes: &[u8]| crate::model::Printable::new(bytes).as_str().replace(blank, "");
            let source: Vec<_> = bytes.iter().copied().filter(|&byte| !blank(byte.into())).collect();
            // Behind the quote, a mark has nothing to combine with.
            let expected = text(&source).replace('\u{301}', "<U+0301>");
            for width in [7, 30, 200] {
                assert_eq!(shown(&document, width).concat().replace(' ', ""), expected, "{path}");
            }
        }
        let files = corpus("invalid");
        assert!(files.len() > 55);
        for (path, bytes) in files {
            let document = document(&bytes, "json");
            assert_ne!(document.view().name, "json", "{path}");
            let note = document.note().unwrap_or_default();
            assert!(note.starts_with("not JSON: ") && note.contains(" at line "), "{path}: {note}");
            assert!(document.error_offset().is_some_and(|at| at <= bytes.len()), "{path}");
        }
    }

    #[test]
    fn the_note_says_what_and_where() {
        for (body, note) in [
            ("{\"a\":1,\n \"b\":,}", "expected a value at line 2, column 6"),
            ("[1,]", "expected a value at line 1, column 4"),
            ("[1", "expected a comma or ] at line 1, column 3"),
            ("{\"a\" 1}", "expected a colon behind the name at line 1, column 6"),
            ("{\"é\":1,}", "expected a name in quotes at line 1, column 8"),
            ("[\"ab", "the string does not end: at line 1, column 5"),
            ("[\"a\tb\"]", "a control character in a string at line 1, column 4"),
            ("[\"\\x\"]", "an escape that JSON does not have at line 1, column 4"),
            ("[\"\\u12G\"]", "expected a hexadecimal digit at line 1, column 7"),
            ("[tru]", "expected true, false or null at line 1, column 5"),
            ("[01]", "a number that begins with 0 at line 1, column 3"),
            ("[1.]", "expected a digit at line 1, column 4"),
            ("{}\n{}", "more behind the value at line 2, column 1"),
            (" ", "expected a value at line 1, column 2"),
            ("\u{feff}{}", "a byte order mark, which JSON may not have, at line 1, column 1"),
        ] {
            assert_eq!(document(body.as_bytes(), "json").note(), Some(format!("not JSON: {note}").as_str()), "{body}");
        }
        let document = document(b"[\"abc\xffdef\x01\"]", "json");
        assert_eq!(document.note(), Some("not JSON: bytes that are not UTF-8 at line 1, column 6"));
        assert_eq!(document.error_offset(), Some(5));
    }

    #[test]
    fn it_is_laid_out_as_people_write_it() {
        let body = br#"{"a":[1,-0,1e400],"a":{ },"b":[ [] ,{"c":null}],"d" : "x\"y" } "#;
        let expected = [
            "{",
            "  \"a\": [",
            "    1,",
            "    -0,",
            "    1e400",
            "  ],",
            "  \"a\": {},",
            "  \"b\": [",
            "    [],",
            "    {",
            "      \"c\": null",
            "    }",
            "  ],",
            "  \"d\": \"x\\\"y\"",
            "}",
        ];
        let document = document(body, "json");
        assert_eq!(document.lines(), expected.len());
        for width in [20, 80] {
            assert_eq!(shown(&document, width), expected);
        }
        let narrow = ["  \"a\": [", "    1,", "    -0,", "    1e40", "    0"];
        assert_eq!(shown(&document, 8)[1..6], narrow);
    }

    fn drawn(document: &Document, width: usize, needle: &str) -> Vec<(Role, bool, String)> {
        let rows = document.wrap(&Wrapping::at(width), &Cancelled::new()).unwrap();
        let found =
            if needle.is_empty() { Found::none() } else { document.find(&pattern(needle), &Cancelled::new()).unwrap() };
        let pieces = document.draw(&rows, 0..rows.len(), 0, &found).into_iter().flatten();
        pieces.map(|piece| (piece.role, piece.mark != super::super::Mark::None, piece.text.into_owned())).collect()
    }

    #[test]
    fn tokens_have_roles_and_hits_have_marks() {
        let document = document("{\"k\":\"v\u{202e}\\n\",\"n\":[1,true]}".as_bytes(), "json");
        let expected = [
            (Role::Punctuation, "{"),
            (Role::Text, "  "),
            (Role::Key, "\"k\""),
            (Role::Punctuation, ": "),
            (Role::String, "\"v"),
            (Role::Escape, "<U+202E>"),
            (Role::String, "\\n\""),
            (Role::Punctuation, ","),
            (Role::Text, "  "),
            (Role::Key, "\"n\""),
            (Role::Punctuation, ": ["),
            (Role::Text, "    "),
            (Role::Number, "1"),
            (Role::Punctuation, ","),
            (Role::Text, "    "),
            (Role::Literal, "true"),
            (Role::Text, "  "),
            (Role::Punctuation, "]"),
            (Role::Punctuation, "}"),
        ];
        let plain: Vec<_> = drawn(&document, 80, "").into_iter().map(|(role, _, text)| (role, text)).collect();
        assert_eq!(plain, expected.map(|(role, text)| (role, text.to_owned())));
        let marked = |needle| {
            let drawn = drawn(&document, 80, needle);
            drawn.into_iter().filter(|(_, marked, _)| *marked).map(|(_, _, text)| text).collect::<Vec<_>>()
        };
        assert_eq!(marked("K\":\"V"), [""; 0]);
        assert_eq!(marked("k\":\"v"), ["k\"", ": ", "\"v"]);
        assert_eq!(marked("\u{202e}"), ["<U+202E>"]);
        assert_eq!(marked("tru"), ["tru"]);
    }

    #[test]
    fn rows_go_on_inside_a_token() {
        let document = document(br#"["aaaa\"bbbb\\"]"#, "json");
        let text = ["[", "  \"aaaa\\\"", "    bbbb", "    \\\\\"", "]"];
        assert_eq!(shown(&document, 9), text);
        for width in 1..20 {
            let strings: String = drawn(&document, width, "")
                .into_iter()
                .filter(|(role, ..)| *role == Role::String)
                .map(|(.., t)| t)
                .collect();
            assert_eq!(strings, r#""aaaa\"bbbb\\""#, "{width}");
        }
    }
}
