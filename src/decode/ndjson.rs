//! JSON values one after another: NDJSON, JSON Lines, and JSON text sequences (RFC 7464).
//!
//! Decided: every value is laid out as the JSON view does it. In a sequence that was cut off, the last value shows as text;
//! any other that is no JSON makes the body something else.

use super::{
    Built, Cancelled,
    built::{Section, Way},
    compose::TEXT,
    json,
    lines::{Spot, Stop},
    markup::Role,
    run::{Mode, Step, print},
    text,
    tree::Nest,
    walk,
};

/// What a JSON text sequence has before each value.
const SEPARATOR: u8 = 0x1e;

/// How lines become rows.
pub(super) const WAY: Way = Way { next, hang: 2, nest: Some(Nest::Values) };

/// The values of a body.
pub(super) fn build(bytes: &[u8], cancelled: &Cancelled) -> Result<Built, Stop> {
    let separator =
        if memchr::memchr(SEPARATOR, bytes.get(..8192).unwrap_or(bytes)).is_some() { SEPARATOR } else { b'\n' };
    let first = skip(bytes, 0);
    let (mut at, mut count) = (first, 0_usize);
    let mut cut = None;
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = memchr::memchr(separator, rest).unwrap_or(rest.len());
        let end = at + length;
        // Some put no line end, or several, between values; the grammar needs none.
        match json::scan(rest.get(..length).unwrap_or_default(), cancelled) {
            Ok(_) => count += 1,
            Err(Stop::Cancelled) => return Err(Stop::Cancelled),
            Err(Stop::Not { .. }) if count > 0 && skip(bytes, end) >= bytes.len() => {
                cut = Some(at);
                break;
            }
            Err(Stop::Not { at: wrong, why }) => return Err(Stop::Not { at: at + wrong, why }),
        }
        at = skip(bytes, end);
    }
    if count == 0 {
        return Err(Stop::Not { at: first, why: "expected a value" });
    }
    let Some(cut) = cut else { return walk::lines(bytes, first, WAY, cancelled).map(Built::from) };
    let whole = bytes.get(..cut).unwrap_or_default();
    let mut lines = walk::lines(whole, first, WAY, cancelled)?;
    lines.append(&text::lines(bytes.get(cut..).unwrap_or_default(), cancelled)?, cut, 0);
    let sections = vec![
        // The white space between them lies in neither.
        Section { range: 0..whole.trim_ascii_end().len().min(cut - 1), way: WAY, depth: 0 },
        Section { range: cut..bytes.len(), way: TEXT, depth: 0 },
    ];
    let note = Some("the last value is not whole".to_owned());
    Ok(Built { lines, sections, note, ..Built::default() })
}

/// The offset of the first byte from `at` on that belongs to a value.
fn skip(bytes: &[u8], at: usize) -> usize {
    let mut at = at;
    loop {
        at = json::blank(bytes, at);
        if bytes.get(at) != Some(&SEPARATOR) {
            return at;
        }
        at += 1;
    }
}

/// What comes next in a line: as in JSON, but that a value that lies in no other ends its line.
fn next<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    value_end(bytes, spot, room).unwrap_or_else(|| json::next(bytes, spot, room))
}

/// The same with the escapes of strings undone.
pub(super) fn next_decoded<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    value_end(bytes, spot, room).unwrap_or_else(|| json::next_decoded(bytes, spot, room))
}

/// What comes next where that is otherwise than inside of a value.
fn value_end<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Option<Step<'a>> {
    if spot.depth == 0 {
        if spot.mode == Mode::Line {
            match bytes.get(spot.offset) {
                Some(b'-' | b'0'..=b'9') => spot.mode = Mode::Number,
                Some(b't' | b'f' | b'n') => spot.mode = Mode::Literal,
                _ => {}
            }
        }
        if matches!(spot.mode, Mode::Number | Mode::Literal) {
            let role = if spot.mode == Mode::Number { Role::Number } else { Role::Literal };
            let stop = |byte: u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
            if let Some(run) = print(bytes, spot.offset, room, role, stop) {
                spot.offset = run.end;
                return Some(Step::Run(run));
            }
            spot.mode = Mode::After;
        }
        if spot.mode == Mode::After {
            *spot = Spot::line(skip(bytes, spot.offset), 0);
            return Some(Step::End);
        }
    }
    None
}

/// Where the line behind the one at a spot begins, as [`next`] would find it.
pub(super) fn next_line(bytes: &[u8], spot: Spot) -> Spot {
    if spot.depth > 0 || json::opening(bytes, spot.offset).is_some() {
        return json::next_line(bytes, spot);
    }
    Spot::line(skip(bytes, json::scalar_end(bytes, spot.offset)), 0)
}

#[cfg(test)]
mod tests {
    use super::super::properties::{chosen, document, shown};

    #[test]
    fn values_follow_each_other() {
        let body = "{\"a\":1}\n[]\n\"x:y\" \n-1.5e3\ntrue\r\n\n{\"b\":[2]}\n";
        let expected =
            ["{", "  \"a\": 1", "}", "[]", "\"x:y\"", "-1.5e3", "true", "{", "  \"b\": [", "    2", "  ]", "}"];
        assert_eq!(shown(&document(body.as_bytes(), "ndjson"), 80), expected);
        let sequence = "\u{1e}{\"a\":\n1}\n\u{1e}\u{1e}[\n]\n\u{1e}3\n";
        assert_eq!(shown(&document(sequence.as_bytes(), "ndjson"), 80), ["{", "  \"a\": 1", "}", "[]", "3"]);
    }

    #[test]
    fn one_that_is_cut_off_shows_as_text() {
        let (view, rows, note) = chosen(b"{\"a\":1}\n{\"b\":", "application/x-ndjson");
        assert_eq!((view, note.as_deref()), ("ndjson", Some("the last value is not whole")));
        assert_eq!(rows, ["{", "  \"a\": 1", "}", "{\"b\":"]);
        let (view, rows, note) = chosen(b"{\"a\":1}\noops\n{}", "application/x-ndjson");
        assert_eq!((view, note.as_deref()), ("text", Some("not NDJSON: expected a value at line 2, column 1")));
        assert_eq!(rows, ["{\"a\":1}", "oops", "^ expected a value", "{}"]);
    }

    #[test]
    fn many_small_values_have_a_small_table() {
        let body = "1\n".repeat(100_000);
        let document = document(body.as_bytes(), "ndjson");
        assert_eq!((document.view().name, document.lines()), ("ndjson", 100_000));
        assert!(document.cost() < body.len(), "{}", document.cost());
    }
}
