//! JSON, laid out without being changed.
//!
//! Decided: what is shown is the tokens of the body in their order, as they were written, and nothing but the white space
//! between them is ours. So duplicate keys, the order of keys, the text of numbers (`-0`, `1e400`, forty digits) and
//! escapes are what was sent. [`scan`](mod@scan) holds the body against the whole grammar once and notes where lines
//! begin; [`next`] reads a line again when it is drawn, and may therefore take the grammar for granted.
//!
//! Refused: a tree of values (it costs ten times the body and loses all of the above), recursion, and taking nearly-JSON
//! (comments, several values, a byte order mark) for JSON: the reader's handler would not either.

mod scan;

use super::{
    lines::Spot,
    markup::Role,
    run::{Ink, Mode, Run, Step, print, sign, space},
};

pub(super) use scan::scan;

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
    loop {
        match spot.mode {
            Mode::Line => return token(bytes, spot, true),
            Mode::After => {
                let at = blank(bytes, spot.offset);
                match bytes.get(at) {
                    None | Some(b'}' | b']') => return end(bytes, spot),
                    Some(byte) => {
                        spot.offset = at;
                        return match byte {
                            b',' => sign(bytes, spot, Role::Punctuation, Mode::Done),
                            b':' => sign(bytes, spot, Role::Punctuation, Mode::Space),
                            _ => token(bytes, spot, false),
                        };
                    }
                }
            }
            Mode::Space => return space(spot, Mode::After),
            Mode::Close => {
                spot.offset = blank(bytes, spot.offset);
                return sign(bytes, spot, Role::Punctuation, Mode::After);
            }
            Mode::Done => return end(bytes, spot),
            Mode::Key => return inside(bytes, spot, room, Role::Key),
            Mode::String => return inside(bytes, spot, room, Role::String),
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

/// The first run of the token at the spot.
fn token<'a>(bytes: &'a [u8], spot: &mut Spot, begins_line: bool) -> Step<'a> {
    match bytes.get(spot.offset) {
        None => end(bytes, spot),
        Some(b'{' | b'[') => {
            let inner = blank(bytes, spot.offset + 1);
            if matches!(bytes.get(inner), Some(b'}' | b']')) {
                return sign(bytes, spot, Role::Punctuation, Mode::Close);
            }
            spot.depth = spot.depth.saturating_add(1);
            sign(bytes, spot, Role::Punctuation, Mode::Done)
        }
        Some(b'"') if begins_line && is_key(bytes, spot.offset) => sign(bytes, spot, Role::Key, Mode::Key),
        Some(b'"') => sign(bytes, spot, Role::String, Mode::String),
        Some(b'-' | b'0'..=b'9') => sign(bytes, spot, Role::Number, Mode::Number),
        Some(b't' | b'f' | b'n') => sign(bytes, spot, Role::Literal, Mode::Literal),
        // A bracket that closes; and what is not JSON still moves on.
        Some(_) => sign(bytes, spot, Role::Punctuation, Mode::After),
    }
}

/// The next run inside a string, or its closing quote.
fn inside<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize, role: Role) -> Step<'a> {
    let start = spot.offset;
    match bytes.get(start) {
        None => end(bytes, spot),
        Some(b'"') => sign(bytes, spot, role, Mode::After),
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
