//! YAML: its lines as they are, keys, comments, quotes and scalars told apart.
//!
//! Decided: colouring by line and nothing more, so that what is drawn is what was sent even where it is no YAML at all. Of
//! what goes over several lines only block scalars (`|` and `>`) are followed, by their indentation.

use super::{
    Built, Cancelled,
    built::Way,
    fields::{line_end, printed},
    lines::{Spot, Stop},
    markup::Role,
    run::{Ink, Mode, Run, Step},
    walk,
};

/// How lines become rows.
pub(super) const WAY: Way = Way { next, hang: 2 };

/// How far a key is looked for in a line.
const KEY: usize = 1024;
/// How far a scalar is looked at to know what it is.
const SCALAR: usize = 48;

/// The lines of any body.
pub(super) fn build(bytes: &[u8], cancelled: &Cancelled) -> Result<Built, Stop> {
    walk::lines(bytes, 0, WAY, cancelled).map(Built::from)
}

/// What comes next in a line. The state is how far the content of a block scalar must be indented: at the beginning of a
/// line, of one that it may lie in; behind that, of one that this line may begin.
fn next<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let rest = bytes.get(spot.offset..).unwrap_or_default();
    if spot.mode == Mode::Line {
        let indent = rest.iter().take_while(|byte| **byte == b' ').count();
        let is_blank = matches!(rest.get(indent), None | Some(b'\n' | b'\r'));
        if spot.state > 0 && (is_blank || indent >= usize::from(spot.state)) {
            if let Some(step) = line_end(rest, spot) {
                return step;
            }
            spot.mode = Mode::Literal;
            return printed(bytes, spot, room, Role::String, |_| false);
        }
        spot.state = (indent + 1).min(250) as u8;
    }
    // A line in a block scalar, or one that begins one, hands on what it knows.
    if !matches!(spot.mode, Mode::Literal | Mode::Close) {
        let state = std::mem::take(&mut spot.state);
        if let Some(step) = line_end(rest, spot) {
            return step;
        }
        spot.state = state;
    } else if let Some(step) = line_end(rest, spot) {
        return step;
    }
    match spot.mode {
        Mode::Line | Mode::Space => node(bytes, spot, room),
        Mode::Key => match rest {
            [b':', b' ' | b'\t' | b'\n' | b'\r', ..] | [b':'] => sign(bytes, spot, Mode::After),
            _ => printed(bytes, spot, room, Role::Key, |byte| byte == b':'),
        },
        Mode::After => value(bytes, spot, room),
        Mode::String => quoted(bytes, spot, room),
        Mode::Number => scalar(bytes, spot, room, Role::Number),
        Mode::Done => printed(bytes, spot, room, Role::Dim, |_| false),
        _ => scalar(bytes, spot, room, Role::String),
    }
}

/// What stands where a line, or an item of a list, begins.
fn node<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let rest = bytes.get(spot.offset..).unwrap_or_default();
    let begins_line = spot.mode == Mode::Line;
    match rest {
        [b' ' | b'\t', ..] => {
            let mode = if begins_line { Mode::Space } else { spot.mode };
            spot.mode = mode;
            printed(bytes, spot, room, Role::Text, |byte| byte != b' ')
        }
        [b'-', b' ' | b'\t' | b'\n' | b'\r', ..] | [b'-'] => {
            let blanks = rest.iter().skip(1).take_while(|byte| **byte == b' ').count().min(100);
            spot.state = spot.state.saturating_add(1 + blanks as u8).min(250);
            sign(bytes, spot, Mode::Space)
        }
        [b'-', b'-', b'-', ..] | [b'.', b'.', b'.', ..] | [b'%' | b'#', ..] => {
            spot.mode = Mode::Done;
            printed(bytes, spot, room, Role::Dim, |_| false)
        }
        _ if has_key(rest) => {
            spot.mode = Mode::Key;
            printed(bytes, spot, room, Role::Key, |byte| byte == b':')
        }
        _ => {
            spot.state = spot.state.saturating_sub(1).max(1);
            value(bytes, spot, room)
        }
    }
}

/// Whether a colon and white space follow in the line, before a comment.
fn has_key(rest: &[u8]) -> bool {
    let line = rest.get(..KEY).unwrap_or(rest);
    let line = line.get(..memchr::memchr(b'\n', line).unwrap_or(line.len())).unwrap_or_default();
    if let Some(quote @ (b'"' | b'\'')) = line.first() {
        let inner = line.get(1..).unwrap_or_default();
        let end = memchr::memchr(*quote, inner).and_then(|end| inner.get(end + 1..)).unwrap_or_default();
        return end.trim_ascii_start().first() == Some(&b':');
    }
    if matches!(line.first(), Some(b'{' | b'[' | b'&' | b'*' | b'!' | b'|' | b'>')) {
        return false;
    }
    memchr::memchr_iter(b':', line).any(|at| {
        line.get(at + 1).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
            && memchr::memmem::find(line.get(..at).unwrap_or_default(), b" #").is_none()
    })
}

/// What stands behind a key or a dash.
fn value<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let rest = bytes.get(spot.offset..).unwrap_or_default();
    match rest {
        [b' ' | b'\t', ..] => {
            spot.mode = Mode::After;
            printed(bytes, spot, room, Role::Text, |byte| byte != b' ')
        }
        [b'#', ..] => {
            spot.mode = Mode::Done;
            printed(bytes, spot, room, Role::Dim, |_| false)
        }
        [b'|' | b'>', ..] => {
            spot.mode = Mode::Close;
            printed(bytes, spot, room, Role::Punctuation, |_| false)
        }
        [b'[' | b']' | b'{' | b'}' | b',', ..] => sign(bytes, spot, Mode::After),
        [b'&' | b'*' | b'!', ..] => {
            let length = rest.iter().take_while(|byte| byte.is_ascii_graphic()).count().min(room.max(1));
            let (start, end) = (spot.offset, spot.offset + length);
            let text = bytes.get(start..end).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("?");
            spot.mode = Mode::After;
            spot.offset = end;
            Step::Run(Run { role: Role::Literal, start, end, ink: Ink::Plain(text, length) })
        }
        [b'"' | b'\'', ..] => {
            spot.mode = Mode::String;
            let quote = rest.first().copied().unwrap_or_default();
            // The state of a quoted scalar is the quote: it begins no block.
            spot.state = quote;
            let step = sign(bytes, spot, Mode::String);
            if let Step::Run(run) = step {
                return Step::Run(Run { role: Role::String, ..run });
            }
            step
        }
        _ => {
            let line = rest.get(..SCALAR).unwrap_or(rest);
            let end = memchr::memchr(b'\n', line).or_else(|| memchr::memmem::find(line, b" #")).unwrap_or(line.len());
            let word = line.get(..end).unwrap_or_default().trim_ascii();
            let role = match word {
                b"true" | b"false" | b"null" | b"~" | b"yes" | b"no" => Role::Literal,
                _ if super::csv::is_number(word) => Role::Number,
                _ => Role::String,
            };
            spot.mode = if role == Role::String { Mode::Literal } else { Mode::Number };
            // A plain scalar hands on nothing.
            spot.state = 0;
            scalar(bytes, spot, room, role)
        }
    }
}

/// A scalar without quotes, up to a comment.
fn scalar<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize, role: Role) -> Step<'a> {
    let rest = bytes.get(spot.offset..).unwrap_or_default();
    if spot.state > 0 || !rest.starts_with(b" #") {
        let in_block = spot.state > 0;
        return printed(bytes, spot, room, role, |byte| !in_block && byte == b' ');
    }
    spot.mode = Mode::Done;
    printed(bytes, spot, room, Role::Dim, |_| false)
}

fn quoted<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let quote = spot.state;
    let rest = bytes.get(spot.offset..).unwrap_or_default();
    let pair: usize = match rest {
        [b'\\', _, ..] if quote == b'"' => 2,
        [b'\'', b'\'', ..] if quote == b'\'' => 2,
        _ => 0,
    };
    if pair > 0 && rest.get(1).is_some_and(u8::is_ascii_graphic) {
        let (start, end) = (spot.offset, spot.offset + pair);
        spot.offset = end;
        let text = String::from_utf8_lossy(rest.get(..pair).unwrap_or_default());
        return Step::Run(Run { role: Role::String, start, end, ink: Ink::Fixed(text) });
    }
    if rest.first() == Some(&quote) {
        spot.state = 0;
        let step = printed(bytes, spot, room, Role::String, |byte| byte == quote);
        spot.mode = Mode::After;
        return step;
    }
    printed(bytes, spot, room, Role::String, |byte| byte == quote || byte == b'\\')
}

/// One ASCII byte of punctuation; the spot goes into `mode`.
fn sign<'a>(bytes: &'a [u8], spot: &mut Spot, mode: Mode) -> Step<'a> {
    let start = spot.offset;
    let text = bytes.get(start..=start).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("?");
    spot.offset = start + 1;
    spot.mode = mode;
    Step::Run(Run { role: Role::Punctuation, start, end: start + 1, ink: Ink::Fixed(text.into()) })
}

#[cfg(test)]
mod tests {
    use super::super::properties::{document, shown};
    use crate::decode::{
        Cancelled, Found,
        Role::{self, Dim, Key, Literal, Number, Punctuation, String},
        Wrapping,
    };

    fn pieces(body: &str) -> Vec<Vec<(Role, std::string::String)>> {
        let document = document(body.as_bytes(), "yaml");
        let rows = document.wrap(&Wrapping::at(80), &Cancelled::new()).unwrap();
        let drawn = document.draw(&rows, 0..rows.len(), 0, &Found::none());
        drawn
            .into_iter()
            .map(|row| {
                row.into_iter()
                    .map(|piece| (piece.role, piece.text.trim().to_owned()))
                    .filter(|(_, text)| !text.is_empty())
                    .collect()
            })
            .collect()
    }

    fn row(expected: &[(Role, &str)]) -> Vec<(Role, std::string::String)> {
        expected.iter().map(|(role, text)| (*role, (*text).to_owned())).collect()
    }

    #[test]
    fn lines_stay_and_are_told_apart() {
        let body = "# head\n---\na: 1\n\"b c\": 'it''s' # note\nurl: http://x\nlist:\n  - k: true\n    t: |\n      x: 1\n\n      y\n    u: >-\n     z\n  - &a plain text\n";
        let document = document(body.as_bytes(), "yaml");
        assert_eq!(shown(&document, 80).join("\n") + "\n", body);
        let expected = [
            row(&[(Dim, "# head")]),
            row(&[(Dim, "---")]),
            row(&[(Key, "a"), (Punctuation, ":"), (Number, "1")]),
            row(&[(Key, "\"b c\""), (Punctuation, ":"), (String, "'it''s'"), (Dim, "# note")]),
            row(&[(Key, "url"), (Punctuation, ":"), (String, "http://x")]),
            row(&[(Key, "list"), (Punctuation, ":")]),
            row(&[(Punctuation, "-"), (Key, "k"), (Punctuation, ":"), (Literal, "true")]),
            row(&[(Key, "t"), (Punctuation, ":"), (Punctuation, "|")]),
            row(&[(String, "x: 1")]),
            row(&[]),
            row(&[(String, "y")]),
            row(&[(Key, "u"), (Punctuation, ":"), (Punctuation, ">-")]),
            row(&[(String, "z")]),
            row(&[(Punctuation, "-"), (Literal, "&a"), (String, "plain text")]),
        ];
        for (row, expected) in pieces(body).iter().zip(&expected) {
            assert_eq!(row, expected);
        }
    }
}
