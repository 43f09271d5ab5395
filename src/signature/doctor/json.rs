//! JSON as it may have been before it was parsed and written anew. It is moved about as tokens, so that numbers, the order of
//! names and their repeats stay as they are.

use super::body::{Earlier, replaced};

#[derive(Clone, Copy)]
pub(super) enum Layout {
    Compact,
    Spaced,
    Indented(&'static str),
}

/// How a JSON text may have been laid out, with words for it; the first is as it came.
pub(super) const LAYOUTS: [(&str, Option<Layout>); 6] = [
    ("", None),
    ("no blanks", Some(Layout::Compact)),
    ("a blank behind each comma and colon", Some(Layout::Spaced)),
    ("an indent of two", Some(Layout::Indented("  "))),
    ("an indent of four", Some(Layout::Indented("    "))),
    ("an indent of tabs", Some(Layout::Indented("\t"))),
];

/// Whether a body looks like JSON of more than one value.
pub(super) fn is(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// What a JSON text may have been in one layout, with other escapes and with those that it has.
pub(super) fn written(body: &[u8], (laid, layout): (&'static str, Option<Layout>)) -> Vec<Earlier> {
    let came = layout.map_or_else(|| body.to_vec(), |layout| laid_out(body, layout));
    if layout.is_some() && came == body {
        return Vec::new();
    }
    let bare = plain(&came);
    let escaped = ascii(&bare);
    let slashed = [&bare, &escaped].map(|text| replaced(text, b"/", b"\\/"));
    let [slashed, both] = slashed;
    let all = [
        ("", came),
        ("neither \\u nor \\/ for characters that need no escape", bare),
        ("\\u escapes for what is not ASCII", escaped),
        ("\\/ for slashes and \\u escapes for what is not ASCII", both),
        ("\\/ for slashes", slashed),
    ];
    let mut earlier: Vec<Earlier> = Vec::new();
    for (escapes, bytes) in all {
        if bytes == body || earlier.iter().any(|(_, _, other)| *other == bytes) {
            continue;
        }
        let was = [laid, escapes].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", and ");
        earlier.push(("body-json", was, bytes));
    }
    earlier
}

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
    let text = std::str::from_utf8(json).unwrap_or_default();
    // What most senders write.
    if json.is_ascii() || text.is_empty() {
        return json.to_vec();
    }
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
    use super::super::body::simple;
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
            for body in [&body[..], json.as_bytes()] {
                let _ = simple(body, Some(b"deflate"));
                for layout in LAYOUTS {
                    drop(written(body, layout));
                }
            }
        }
    }
}
