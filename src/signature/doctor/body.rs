//! Bodies as they may have been before something on the way wrote them anew. JSON is moved about as tokens, so that numbers,
//! the order of names and their repeats stay as they are.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::{GzDecoder, ZlibDecoder};

/// Bodies up to this size are written anew, in bytes.
pub const LARGEST: usize = 256 * 1024;

/// What a body may have been, with the name of what happened to it, and words that say what it was.
pub fn earlier(body: &[u8], coding: Option<&[u8]>) -> Vec<(&'static str, &'static str, Bytes)> {
    let mut all: Vec<(&'static str, &'static str, Vec<u8>)> = Vec::new();
    let mut push = |name, was, bytes: Vec<u8>| {
        if bytes != body {
            all.push((name, was, bytes));
        }
    };
    for end in ["\n", "\r\n"] {
        push("body-newline", "a line end at its end", [body, end.as_bytes()].concat());
    }
    let trimmed = body.strip_suffix(b"\n").map(|rest| rest.strip_suffix(b"\r").unwrap_or(rest));
    if let Some(trimmed) = trimmed {
        push("body-newline", "no line end at its end", trimmed.to_vec());
        push("body-newline", "no white space at its end", body.trim_ascii_end().to_vec());
    }
    let feeds: Vec<u8> = replaced(body, b"\r\n", b"\n");
    push("body-line-ends", "line feeds alone (LF)", feeds.clone());
    push("body-line-ends", "carriage returns before its line feeds (CRLF)", replaced(&feeds, b"\n", b"\r\n"));
    if let Some(plain) = decompressed(body, coding) {
        push("body-compressed", "no compression", plain);
    }
    if matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) {
        for (was, layout) in LAYOUTS {
            let laid = laid_out(body, layout);
            push("body-json", was, ascii(&laid));
            push("body-json", was, slashed(&laid));
            push("body-json", was, plain(&laid));
            push("body-json", was, laid);
        }
    }
    if let Some(bare) = body.strip_prefix(b"\xef\xbb\xbf") {
        push("body-bom", "no byte order mark before it", bare.to_vec());
    }
    all.into_iter().map(|(name, was, bytes)| (name, was, Bytes::from(bytes))).collect()
}

fn replaced(body: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut all = Vec::with_capacity(body.len());
    let mut at = 0;
    for found in memchr::memmem::find_iter(body, from) {
        all.extend_from_slice(body.get(at..found).unwrap_or_default());
        all.extend_from_slice(to);
        at = found + from.len();
    }
    all.extend_from_slice(body.get(at..).unwrap_or_default());
    all
}

fn decompressed(body: &[u8], coding: Option<&[u8]>) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let limit = 4 * LARGEST as u64;
    if body.starts_with(b"\x1f\x8b") {
        GzDecoder::new(body).take(limit).read_to_end(&mut plain).ok()?;
    } else if coding.is_some_and(|coding| coding.eq_ignore_ascii_case(b"deflate")) {
        ZlibDecoder::new(body).take(limit).read_to_end(&mut plain).ok()?;
    } else {
        return None;
    }
    Some(plain)
}

#[derive(Clone, Copy)]
enum Layout {
    Compact,
    Spaced,
    Indented(&'static str),
}

const LAYOUTS: [(&str, Layout); 5] = [
    ("no blanks", Layout::Compact),
    ("a blank behind each comma and colon", Layout::Spaced),
    ("an indent of two", Layout::Indented("  ")),
    ("an indent of four", Layout::Indented("    ")),
    ("an indent of tabs", Layout::Indented("\t")),
];

/// The end of the string that begins at `at`.
fn string_end(json: &[u8], at: usize) -> usize {
    let mut place = at + 1;
    while let Some(byte) = json.get(place) {
        match byte {
            b'"' => return place + 1,
            b'\\' => place += 2,
            _ => place += 1,
        }
    }
    json.len()
}

/// JSON with other white space between its tokens.
fn laid_out(json: &[u8], layout: Layout) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut depth = 0_usize;
    let mut at = 0;
    let line = |out: &mut Vec<u8>, depth: usize| {
        if let Layout::Indented(by) = layout {
            out.push(b'\n');
            // Nothing that is sent is nested deeper, and hostile nesting must not become megabytes of blanks.
            (0..depth.min(64)).for_each(|_| out.extend_from_slice(by.as_bytes()));
        }
    };
    while let Some(&byte) = json.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'"' => {
                let end = string_end(json, at);
                out.extend_from_slice(json.get(at..end).unwrap_or_default());
                at = end;
                continue;
            }
            b'{' | b'[' => {
                out.push(byte);
                let rest = json.get(at + 1..).unwrap_or_default();
                let next = rest.iter().position(|byte| !byte.is_ascii_whitespace());
                let closes = next.and_then(|next| rest.get(next)).is_some_and(|byte| matches!(byte, b'}' | b']'));
                if closes {
                    out.push(if byte == b'{' { b'}' } else { b']' });
                    at += next.unwrap_or(0) + 1;
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                if matches!(layout, Layout::Spaced) {
                    out.push(b' ');
                }
                line(&mut out, depth);
            }
            b':' => {
                out.push(byte);
                if !matches!(layout, Layout::Compact) {
                    out.push(b' ');
                }
            }
            other => out.push(other),
        }
        at += 1;
    }
    out
}

/// JSON in which what is not ASCII is escaped, as Python and PHP do.
fn ascii(json: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(json) else { return json.to_vec() };
    let mut out = String::with_capacity(text.len());
    let mut units = [0; 2];
    for char in text.chars() {
        if char.is_ascii() {
            out.push(char);
        } else {
            for unit in char.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out.into_bytes()
}

/// JSON in which slashes are escaped too, as PHP does.
fn slashed(json: &[u8]) -> Vec<u8> {
    replaced(&ascii(json), b"/", b"\\/")
}

/// JSON in which nothing is escaped that need not be.
fn plain(json: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(json) else { return json.to_vec() };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let unit = |from: usize| {
            let digits = escape.get(from..from + 6)?.strip_prefix("\\u")?;
            u16::from_str_radix(digits, 16).ok()
        };
        let (char, length) = match (unit(0), unit(6)) {
            _ if escape.starts_with("\\/") => (Some('/'), 2),
            (Some(first @ 0xd800..=0xdbff), Some(second)) => {
                (char::decode_utf16([first, second]).next().and_then(Result::ok), 12)
            }
            (Some(first), _) => (char::from_u32(first.into()), 6),
            (None, _) => (None, 2),
        };
        match char.filter(|char| !char.is_ascii() || *char == '/') {
            Some(char) => out.push(char),
            None => out.push_str(escape.get(..length).unwrap_or(escape)),
        }
        rest = escape.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn json_is_moved_about_as_tokens() {
        let json = br#"{ "a" : [1.0, {} , "x, y: \" z"],"b":{"c":1e2,"c":2} }"#;
        let laid = |layout| String::from_utf8(laid_out(json, layout)).unwrap();
        assert_eq!(laid(Layout::Compact), r#"{"a":[1.0,{},"x, y: \" z"],"b":{"c":1e2,"c":2}}"#);
        assert_eq!(laid(Layout::Spaced), r#"{"a": [1.0, {}, "x, y: \" z"], "b": {"c": 1e2, "c": 2}}"#);
        assert!(laid(Layout::Indented("  ")).starts_with("{\n  \"a\": [\n    1.0,\n    {},\n"));
        assert_eq!(ascii("\"é😀\"".as_bytes()), br#""\u00e9\ud83d\ude00""#);
        assert_eq!(plain(br#""\u00e9\ud83d\ude00\n\/\u0041""#), "\"é😀\\n/\\u0041\"".as_bytes());
    }

    proptest! {
        #[test]
        fn any_bytes_have_been_something(body in proptest::collection::vec(any::<u8>(), 0..80), json in "[{\\[]([\\[\\]{},:\"\\\\ua0-9 é\n]){0,40}") {
            let _ = earlier(&body, Some(b"deflate"));
            let _ = earlier(json.as_bytes(), None);
        }
    }
}
