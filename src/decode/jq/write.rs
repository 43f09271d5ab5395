//! Values into JSON, one line each.
//!
//! Decided as jq has it where JSON has no word: what is no number is `null`, and what is past all numbers is the largest of
//! them. A string whose bytes an expression made other than UTF-8 has U+FFFD in their place.

use std::io::Write as _;

use jaq_json::Num;

use super::{Stopped, meter, value::Val};

/// How much of a value a sentence quotes, in bytes.
const QUOTED: usize = 60;

/// Writes a value; ends the run where that is more than `longest` bytes in all.
pub(super) fn json(value: &Val, out: &mut Vec<u8>, longest: usize) {
    if !write(value, out, longest) {
        meter::stop(if longest == super::value::LONGEST { Stopped::Long } else { Stopped::Output });
    }
}

/// The beginning of a value, for a sentence.
pub(super) fn short(value: &Val) -> String {
    let mut out = Vec::new();
    let whole = write(value, &mut out, QUOTED) && out.len() <= QUOTED;
    let text = String::from_utf8_lossy(&out);
    if whole {
        return text.into_owned();
    }
    let cut: String = text.chars().take(QUOTED).collect();
    format!("{cut}…")
}

/// Says whether it went on to the end.
fn write(value: &Val, out: &mut Vec<u8>, longest: usize) -> bool {
    // Besides the clock this looks at the stack.
    meter::tick(8);
    match value {
        Val::Null => out.extend_from_slice(b"null"),
        Val::Bool(true) => out.extend_from_slice(b"true"),
        Val::Bool(false) => out.extend_from_slice(b"false"),
        Val::Num(Num::Float(number)) if number.is_nan() => out.extend_from_slice(b"null"),
        Val::Num(Num::Float(number)) if number.is_infinite() => {
            out.extend_from_slice(if *number > 0.0 { b"1.7976931348623157e+308" } else { b"-1.7976931348623157e+308" });
        }
        Val::Num(number) => {
            // Into memory, which does not fail.
            let _ = write!(out, "{number}");
        }
        Val::Str(text) => string(text.bytes(), out, longest),
        Val::Arr(list) => {
            out.push(b'[');
            for (at, value) in list.items().iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                if !write(value, out, longest) {
                    return false;
                }
            }
            out.push(b']');
        }
        Val::Obj(object) => {
            out.push(b'{');
            for (at, (name, value)) in object.members().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                string(name.bytes(), out, longest);
                out.push(b':');
                if !write(value, out, longest) {
                    return false;
                }
            }
            out.push(b'}');
        }
    }
    out.len() <= longest
}

fn string(bytes: &[u8], out: &mut Vec<u8>, longest: usize) {
    // What is past the limit is not shown; a little more shows that there is more.
    let bytes = bytes.get(..longest.saturating_add(8).saturating_sub(out.len())).unwrap_or(bytes);
    meter::tick(bytes.len());
    out.push(b'"');
    for chunk in bytes.utf8_chunks() {
        for byte in chunk.valid().bytes() {
            match byte {
                b'"' | b'\\' => out.extend([b'\\', byte]),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\t' => out.extend_from_slice(b"\\t"),
                b'\r' => out.extend_from_slice(b"\\r"),
                0..=0x1f => {
                    let _ = write!(out, "\\u{byte:04x}");
                }
                _ => out.push(byte),
            }
        }
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out.push(b'"');
}
