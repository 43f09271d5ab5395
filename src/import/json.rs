//! JSON values that stand one after the other, alone, in lists or both, as interfaces and their command lines print them.
//!
//! Decided: a value is known by where it stands, and is taken out as it is written; so what is made of it keeps its numbers
//! and its escapes. After one that is broken, reading goes on at the next line that begins with a bracket.

use std::ops::Range;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::{At, ImportError};

/// How many broken values are told of before the rest is given up.
const BROKEN: usize = 100;

/// One value, or why there is none.
pub(super) type Entry = Result<Range<usize>, ImportError>;

/// The values of a text: of an array at the top its items, and of an object its items where `list` finds an array in it.
pub(super) fn entries(bytes: &Bytes, list: fn(&str) -> Option<Vec<&RawValue>>) -> Vec<Entry> {
    let (mut found, mut at, mut broken) = (Vec::new(), 0, 0);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.trim_ascii_start().is_empty()) {
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<&RawValue>();
        match values.next() {
            Some(Ok(value)) => {
                let items = list(value.get()).or_else(|| serde_json::from_str::<Vec<&RawValue>>(value.get()).ok());
                for item in items.unwrap_or_else(|| vec![value]) {
                    let start = (item.get().as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize);
                    found.push(Ok(start..start + item.get().len()));
                }
                at += values.byte_offset().max(1);
            }
            Some(Err(error)) => {
                let stopped = at + offset(rest, error.line(), error.column());
                found.push(Err(broken_at(bytes, stopped, &error)));
                broken += 1;
                let Some(next) = next_value(bytes, stopped.max(at + 1)) else { break };
                if broken == BROKEN {
                    found.push(Err(ImportError::input(None, "too much of it is broken; the rest is not read")));
                    break;
                }
                at = next;
            }
            None => break,
        }
    }
    found
}

/// The byte at which `serde_json` stopped, which it tells as a line and a column in bytes.
fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let start = match line.checked_sub(2) {
        Some(nth) => memchr::memchr_iter(b'\n', text).nth(nth).map_or(text.len(), |at| at + 1),
        None => 0,
    };
    (start + column).min(text.len())
}

fn broken_at(bytes: &[u8], at: usize, error: &serde_json::Error) -> ImportError {
    let line = memchr::memchr_iter(b'\n', bytes.get(..at).unwrap_or_default()).count() as u64 + 1;
    ImportError::entry(At::Line(line), &format!("not JSON: {}", plain(error)))
}

/// What is wrong, without the line and the column, which are those of a stretch.
pub(super) fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(what, _)| what.to_owned())
}

/// Where the next line begins that begins with a bracket.
fn next_value(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    memchr::memchr_iter(b'\n', rest).map(|at| from + at + 1).find(|at| matches!(bytes.get(*at), Some(b'{' | b'[')))
}

/// The text of a value that [`entries`] found.
pub(super) fn text(bytes: &Bytes, range: Range<usize>) -> &str {
    bytes.get(range).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
}

/// A value without the white space between its tokens; strings and numbers are as they were written.
pub(super) fn compact(json: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for byte in json.bytes() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            continue;
        } else {
            in_string = byte == b'"';
        }
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<String> {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let show = |entry: Entry| entry.map_or_else(|error| error.to_string(), |at| super::text(&bytes, at).to_owned());
        entries(&bytes, |_| None).into_iter().map(show).collect()
    }

    #[test]
    fn values_stand_alone_in_lists_and_one_after_the_other() {
        assert_eq!(found(r#" {"a":1.0} [{"b":2},3]{"c":4}"#), [r#"{"a":1.0}"#, r#"{"b":2}"#, "3", r#"{"c":4}"#]);
        assert!(found(" \n").is_empty());
    }

    #[test]
    fn after_a_broken_value_comes_the_next() {
        let expected = [r#"{"a":1}"#, "line 3: not JSON: expected value", r#"{"c":3}"#];
        assert_eq!(found("{\"a\":1}\n{\"b\":\n, }\n{\"c\":3}"), expected);
        assert_eq!(found("nope"), ["line 1: not JSON: expected ident"]);
        assert_eq!(found(&"{\n".repeat(1000)).len(), BROKEN + 1);
    }

    #[test]
    fn nothing_but_white_space_is_lost() {
        let json = r#" { "a\" b" : [ 1.50 , "\u00e4 \\" ] , "c" : "x y" } "#;
        assert_eq!(String::from_utf8(compact(json)).unwrap(), r#"{"a\" b":[1.50,"\u00e4 \\"],"c":"x y"}"#);
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes in proptest::collection::vec(
            prop_oneof![Just(b'{'), Just(b'['), Just(b'\n'), Just(b'"'), Just(b','), Just(b'1'), Just(b'}'), Just(b']'), any::<u8>()], 0..200,
        )) {
            let bytes = Bytes::from(bytes);
            for entry in entries(&bytes, |_| None).into_iter().flatten() {
                prop_assert!(!text(&bytes, entry).is_empty());
            }
        }
    }
}
