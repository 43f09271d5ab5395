//! The members and elements of valid JSON, by their ranges, one level deep.

use std::{borrow::Cow, ops::Range};

use super::{blank, string_end};

/// The members of the object that is the whole of `bytes`: the range of each name with its quotes, and of its value.
/// None where it is no object.
pub fn members(bytes: &[u8]) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let mut at = inner(bytes, b'{');
    std::iter::from_fn(move || {
        let start = blank(bytes, at?);
        if bytes.get(start) != Some(&b'"') {
            return None;
        }
        let name = start..value_end(bytes, start);
        // Behind the colon.
        let begin = blank(bytes, blank(bytes, name.end) + 1);
        let value = begin..value_end(bytes, begin);
        at = behind_comma(bytes, value.end);
        Some((name, value))
    })
}

/// The elements of the array that is the whole of `bytes`. None where it is no array.
pub fn elements(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = inner(bytes, b'[');
    std::iter::from_fn(move || {
        let start = blank(bytes, at?);
        if matches!(bytes.get(start), None | Some(b']')) {
            return None;
        }
        let value = start..value_end(bytes, start);
        at = behind_comma(bytes, value.end);
        Some(value)
    })
}

/// The text of a string with its quotes, escapes undone; nothing for another value. Half of a surrogate pair, which no text
/// can have, leaves all of it as it is written.
pub fn string(value: &[u8]) -> Option<Cow<'_, str>> {
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let inner = std::str::from_utf8(inner).ok()?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(inner.into());
    }
    Some(serde_json::from_slice::<String>(value).map_or(inner.into(), Cow::Owned))
}

fn inner(bytes: &[u8], open: u8) -> Option<usize> {
    let start = blank(bytes, 0);
    (bytes.get(start) == Some(&open)).then_some(start + 1)
}

fn behind_comma(bytes: &[u8], at: usize) -> Option<usize> {
    let at = blank(bytes, at);
    (bytes.get(at) == Some(&b',')).then_some(at + 1)
}

/// Where the value that begins at `start` ends.
pub(super) fn value_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    let mut depth = 0_usize;
    loop {
        match bytes.get(at) {
            None => return bytes.len(),
            Some(b'"') => at = string_end(bytes, at),
            Some(b'{' | b'[') => {
                depth += 1;
                at += 1;
            }
            Some(b'}' | b']') => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            Some(b',' | b':' | b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            Some(_) => {
                let rest = bytes.get(at..).unwrap_or_default();
                let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
                at += rest.iter().take_while(|byte| is_word(byte)).count().max(1);
            }
        }
        if depth == 0 {
            return at.min(bytes.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_elements_are_whole_values() {
        let body = br#" {"a":1, "b\"" : [1,{"c":"]}"}] ,"c":"x\\","d":{}} "#;
        let text = |range: Range<usize>| std::str::from_utf8(&body[range]).unwrap();
        let found: Vec<_> = members(body).map(|(name, value)| (text(name), text(value))).collect();
        let expected = [(r#""a""#, "1"), (r#""b\"""#, r#"[1,{"c":"]}"}]"#), (r#""c""#, r#""x\\""#), (r#""d""#, "{}")];
        assert_eq!(found, expected);
        assert_eq!(elements(b"[ 1 , [2,3],\"]\" ]").collect::<Vec<_>>(), [2..3, 6..11, 12..15]);
        assert_eq!(elements(b"[]").count() + members(b"[1]").count() + elements(b"{\"a\":1}").count(), 0);
        assert_eq!(string(br#""a\u00e9\n""#).as_deref(), Some("aé\n"));
        assert_eq!(string(br#""a\ud800""#).as_deref(), Some("a\\ud800"));
        assert_eq!(string(b"1"), None);
    }
}
