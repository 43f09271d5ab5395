//! How what is packed is written where JSON has its own way, or none.

use std::fmt::Write as _;

use base64::Engine as _;
use jiff::Timestamp;

use super::Item;

/// The names that begin objects of ours.
const OURS: [&[u8]; 7] = [b"$hex", b"$base64", b"$float", b"$simple", b"$tag", b"$ext", b"$map"];
/// Up to how many bytes stand in hexadecimal.
const HEX: usize = 64;
/// Of up to how many bytes a whole number is written out.
const DIGITS: usize = 1024;

/// Whether an object that begins with this name could be taken for one of ours.
pub(super) fn is_ours(name: &[u8]) -> bool {
    OURS.contains(&name)
}

/// Whether it is what people call members.
pub(super) fn reads_like_a_name(name: &[u8]) -> bool {
    let is_odd = |char: char| char.is_control() || char == '\u{fffd}';
    !name.is_empty() && std::str::from_utf8(name).is_ok_and(|text| !text.contains(is_odd))
}

/// A fraction of half precision (IEEE 754 binary16).
pub(super) fn half(bits: u16) -> Item<'static> {
    let sign = u32::from(bits >> 15) << 31;
    let (exponent, fraction) = (u32::from(bits >> 10 & 0x1f), u32::from(bits & 0x3ff));
    match exponent {
        // Every one of them is one of single precision.
        0 => {
            let value = fraction as f32 / 16_777_216.0;
            single(value.to_bits() | sign)
        }
        31 if fraction == 0 => odd_sign(sign != 0),
        31 => Item::Odd("NaN", (bits != 0x7e00).then(|| format!("{bits:04x}"))),
        _ => single(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

/// A fraction of single precision.
pub(super) fn single(bits: u32) -> Item<'static> {
    let value = f32::from_bits(bits);
    if value.is_nan() {
        return Item::Odd("NaN", (bits != 0x7fc0_0000).then(|| format!("{bits:08x}")));
    }
    if value.is_infinite() { odd_sign(value < 0.0) } else { Item::Float(format!("{value:?}")) }
}

/// A fraction of double precision.
pub(super) fn double(bits: u64) -> Item<'static> {
    let value = f64::from_bits(bits);
    if value.is_nan() {
        return Item::Odd("NaN", (bits != 0x7ff8_0000_0000_0000).then(|| format!("{bits:016x}")));
    }
    if value.is_infinite() { odd_sign(value < 0.0) } else { Item::Float(format!("{value:?}")) }
}

fn odd_sign(negative: bool) -> Item<'static> {
    Item::Odd(if negative { "-Infinity" } else { "Infinity" }, None)
}

/// The members that say which bytes: without the brackets around.
pub(super) fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    let text = if bytes.len() <= HEX {
        format!("\"$hex\":\"{}\"", hex::encode(bytes))
    } else {
        format!("\"$base64\":\"{}\"", base64::engine::general_purpose::STANDARD.encode(bytes))
    };
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(format!(",\"length\":{}", bytes.len()).as_bytes());
}

/// A text with its quotes.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        let (before, behind) = rest.split_at(at);
        out.extend_from_slice(before);
        match behind.first() {
            Some(b'\n') => out.extend_from_slice(b"\\n"),
            Some(b'\r') => out.extend_from_slice(b"\\r"),
            Some(b'\t') => out.extend_from_slice(b"\\t"),
            Some(byte @ 0..=0x1f) => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            byte => out.extend(byte.into_iter().flat_map(|byte| [b'\\', *byte])),
        }
        rest = behind.get(1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// A whole number whose bytes, the highest first, follow a tag (RFC 8949 §3.4.3); nothing where it is too long to be read.
pub(super) fn whole(bytes: &[u8], negative: bool) -> Option<String> {
    if bytes.len() > DIGITS {
        return None;
    }
    // Nine digits each, the lowest first.
    let mut parts: Vec<u64> = vec![0];
    let mut times_and = |times: u64, more: u64| {
        let mut carry = more;
        for part in &mut parts {
            let next = *part * times + carry;
            *part = next % 1_000_000_000;
            carry = next / 1_000_000_000;
        }
        if carry > 0 {
            parts.push(carry);
        }
    };
    for byte in bytes {
        times_and(256, u64::from(*byte));
    }
    if negative {
        // It is -1 less.
        times_and(1, 1);
    }
    let mut text = String::new();
    if negative {
        text.push('-');
    }
    let mut parts = parts.iter().rev().skip_while(|part| **part == 0);
    let _ = write!(text, "{}", parts.next().unwrap_or(&0));
    for part in parts {
        let _ = write!(text, "{part:09}");
    }
    Some(text)
}

/// The time that is so many seconds after 1970 began, as RFC 3339 writes it.
pub(super) fn time(item: &Item<'_>) -> Option<String> {
    let timestamp = match item {
        Item::Int(seconds) => Timestamp::from_second(i64::try_from(*seconds).ok()?).ok()?,
        Item::Float(text) => {
            let seconds: f64 = text.parse().ok()?;
            let millis = (seconds * 1000.0).round();
            (millis.abs() < 1e15).then(|| Timestamp::from_millisecond(millis as i64).ok()).flatten()?
        }
        _ => return None,
    };
    Some(timestamp.to_string())
}

/// The time that a msgpack extension of the kind -1 says.
pub(super) fn timestamp(data: &[u8]) -> Option<String> {
    let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let (seconds, nanos) = match data.len() {
        4 => (i64::try_from(number(data)).ok()?, 0),
        8 => (i64::try_from(number(data) & 0x3_ffff_ffff).ok()?, number(data) >> 34),
        12 => (number(data.get(4..)?).cast_signed(), number(data.get(..4)?)),
        _ => return None,
    };
    let nanos = i32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    Timestamp::new(seconds, nanos).ok().map(|time| time.to_string())
}
