//! JSON into values: one after another, with any white space, or none, between them.
//!
//! Decided: no recursion, and strings without escapes are ranges of the text that they stand in.

use bytes::Bytes;

use super::{
    meter,
    value::{Arr, Obj, Text, Val},
};
use crate::decode::json::{blank, escapes, escapes::Unit};

/// Why there is no value: the offset, and what is wrong.
pub(super) type Wrong = (usize, &'static str);

/// What is open.
enum Open {
    Arr(Arr),
    /// An object, and the name of the member that comes.
    Obj(Obj, Text),
}

/// The offset of the next value from `at` on; the length where there is none.
pub(super) fn skip(bytes: &[u8], at: usize) -> usize {
    let mut at = blank(bytes, at);
    // What a JSON text sequence has before each value (RFC 7464).
    while bytes.get(at) == Some(&0x1e) {
        at = blank(bytes, at + 1);
    }
    at
}

/// The value that begins at `start`, which is where [`skip`] ends, and where it ends.
pub(super) fn value(bytes: &Bytes, start: usize) -> Result<(Val, usize), Wrong> {
    let mut open: Vec<Open> = Vec::new();
    let mut at = start;
    loop {
        let mut done = match bytes.get(at) {
            Some(b'[') => {
                at = blank(bytes, at + 1);
                if bytes.get(at) != Some(&b']') {
                    open.push(Open::Arr(Arr::default()));
                    meter::charge(size_of::<Open>());
                    continue;
                }
                at += 1;
                Val::arr(Arr::default())
            }
            Some(b'{') => {
                at = blank(bytes, at + 1);
                if bytes.get(at) != Some(&b'}') {
                    let name = name(bytes, &mut at)?;
                    open.push(Open::Obj(Obj::default(), name));
                    meter::charge(size_of::<Open>());
                    continue;
                }
                at += 1;
                Val::obj(Obj::default())
            }
            Some(b'"') => Val::Str(string(bytes, &mut at)?),
            Some(b'-' | b'0'..=b'9') => number(bytes, &mut at)?,
            _ => literal(bytes, &mut at)?,
        };
        loop {
            let Some(last) = open.last_mut() else { return Ok((done, at)) };
            at = blank(bytes, at);
            let next = bytes.get(at);
            match last {
                Open::Arr(list) => {
                    list.push(done);
                    match next {
                        Some(b',') => {
                            at = blank(bytes, at + 1);
                            break;
                        }
                        Some(b']') => done = Val::arr(std::mem::take(list)),
                        _ => return Err((at, "expected a comma or ]")),
                    }
                }
                Open::Obj(object, expected) => {
                    object.insert(expected.clone(), done);
                    match next {
                        Some(b',') => {
                            at = blank(bytes, at + 1);
                            *expected = name(bytes, &mut at)?;
                            break;
                        }
                        Some(b'}') => done = Val::obj(std::mem::take(object)),
                        _ => return Err((at, "expected a comma or }")),
                    }
                }
            }
            at += 1;
            open.pop();
            meter::release(size_of::<Open>());
        }
    }
}

/// A name and its colon, and the white space behind both.
fn name(bytes: &Bytes, at: &mut usize) -> Result<Text, Wrong> {
    if bytes.get(*at) != Some(&b'"') {
        return Err((*at, "expected a name in quotes"));
    }
    let name = string(bytes, at)?;
    *at = blank(bytes, *at);
    if bytes.get(*at) != Some(&b':') {
        return Err((*at, "expected a colon behind the name"));
    }
    *at = blank(bytes, *at + 1);
    Ok(name)
}

fn string(bytes: &Bytes, at: &mut usize) -> Result<Text, Wrong> {
    let start = *at + 1;
    let mut end = start;
    let mut escapes = false;
    loop {
        let rest = bytes.get(end..).unwrap_or_default();
        let Some(found) = memchr::memchr2(b'"', b'\\', rest) else { return Err((*at, "the string does not end:")) };
        end += found;
        if bytes.get(end) == Some(&b'"') {
            break;
        }
        escapes = true;
        end += 2;
    }
    let inner = bytes.get(start..end).unwrap_or_default();
    meter::tick(inner.len());
    let text = std::str::from_utf8(inner).map_err(|error| (start + error.valid_up_to(), "bytes that are not UTF-8"))?;
    if let Some(control) = inner.iter().position(|byte| *byte < 0x20) {
        return Err((start + control, "a control character in a string"));
    }
    *at = end + 1;
    if !escapes {
        return Ok(Text::part(bytes.slice(start..end)));
    }
    unescaped(text).map(Text::owned).map_err(|within| (start + within, "an escape that JSON does not have"))
}

/// The text without its escapes; the offset of one that there is not.
fn unescaped(text: &str) -> Result<String, usize> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr(b'\\', rest.as_bytes())) {
        out.push_str(text.get(at..at + found).unwrap_or_default());
        at += found;
        let (unit, length) = escapes::unit(text.as_bytes(), at);
        out.push(match unit {
            Unit::Char(char) => char,
            Unit::Half => char::REPLACEMENT_CHARACTER,
            Unit::Byte(_) | Unit::None => return Err(at),
        });
        at += length;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Ok(out)
}

fn number(bytes: &[u8], at: &mut usize) -> Result<Val, Wrong> {
    let start = *at;
    let is = |at: usize, wanted: &[u8]| bytes.get(at).is_some_and(|byte| wanted.contains(byte));
    let digits = |at: &mut usize| {
        let rest = bytes.get(*at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        *at += count;
        if count == 0 { Err((*at, "expected a digit")) } else { Ok(()) }
    };
    *at += usize::from(is(*at, b"-"));
    if is(*at, b"0") {
        *at += 1;
        if is(*at, b"0123456789") {
            return Err((*at, "a number that begins with 0"));
        }
    } else {
        digits(at)?;
    }
    if is(*at, b".") {
        *at += 1;
        digits(at)?;
    }
    if is(*at, b"eE") {
        *at += 1;
        *at += usize::from(is(*at, b"+-"));
        digits(at)?;
    }
    let text = bytes.get(start..*at).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
    Ok(Val::number(text))
}

fn literal(bytes: &[u8], at: &mut usize) -> Result<Val, Wrong> {
    let rest = bytes.get(*at..).unwrap_or_default();
    let (value, length) = match rest {
        [b'n', b'u', b'l', b'l', ..] => (Val::Null, 4),
        [b't', b'r', b'u', b'e', ..] => (Val::Bool(true), 4),
        [b'f', b'a', b'l', b's', b'e', ..] => (Val::Bool(false), 5),
        _ => return Err((*at, "expected a value")),
    };
    *at += length;
    Ok(value)
}
