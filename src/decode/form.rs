//! A form: `application/x-www-form-urlencoded` (WHATWG URL §5.1), one line a pair, decoded.
//!
//! Decided: pairs are what stands between `&`, in their order, empty ones and repeats included; the first `=` of a pair
//! parts name and value; `+` is a space and `%XX` a byte, and what the bytes make is UTF-8 or escapes. A `%` that is not
//! followed by two hexadecimal digits shows as it is, in the role of an error. The search looks at the bytes as they were
//! sent, so `%20` is found by `%20` and not by a space. Brackets in a name, encoded or not, have the role of punctuation, so
//! that nested names can be read; what they mean is each framework's own affair, and no tree is made of them.

use super::{
    Cancelled,
    lines::{Lines, Spot, Stop, UNKNOWN},
    markup::Role,
    run::{Ink, Mode, Run, Step, is_plain, print, sign, space},
};
use crate::model::printable::{self, CLUSTER_BYTES, Chunk};

use unicode_segmentation::UnicodeSegmentation;

/// The pairs of any body. Only being cancelled stops it.
pub(super) fn lines(bytes: &[u8], cancelled: &Cancelled) -> Result<Lines, Stop> {
    let mut lines = Lines::default();
    let mut start = 0;
    while start <= bytes.len() && !bytes.is_empty() {
        let rest = bytes.get(start..).unwrap_or_default();
        let pair = rest.get(..memchr::memchr(b'&', rest).unwrap_or(rest.len())).unwrap_or_default();
        let plain = memchr::memchr(b'%', pair).is_none() && is_plain(pair);
        // The two spaces that the sign of equality gets.
        lines.push_or_stop((start, 0, if plain { pair.len() + 2 } else { UNKNOWN }), cancelled)?;
        start += pair.len() + 1;
    }
    Ok(lines.finished())
}

/// What comes next in a pair: [`Mode::Line`] and [`Mode::Key`] are in the name, [`Mode::After`] is at the sign of
/// equality, [`Mode::Space`] behind it, [`Mode::String`] in the value.
pub(super) fn next<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let in_name = match spot.mode {
        Mode::After => return sign(bytes, spot, Role::Punctuation, Mode::Space),
        Mode::Space => return space(spot, Mode::String),
        Mode::String => false,
        _ => true,
    };
    let run = match bytes.get(spot.offset) {
        None | Some(b'&') => {
            *spot = Spot::line(spot.offset + 1, 0);
            return Step::End;
        }
        Some(b'=') if in_name => return space(spot, Mode::After),
        Some(_) => text(bytes, spot.offset, room, in_name),
    };
    spot.mode = if in_name { Mode::Key } else { Mode::String };
    spot.offset = run.end;
    Step::Run(run)
}

/// The run at `at`, which is in a name or a value and at no end of either.
fn text(bytes: &[u8], at: usize, room: usize, in_name: bool) -> Run<'_> {
    let role = if in_name { Role::Key } else { Role::String };
    let ends = |byte: u8| byte == b'&' || (in_name && byte == b'=');
    let first = bytes.get(at);
    if first == Some(&b'%') && unit(bytes, at).is_some_and(|(_, length)| length == 1) {
        return Run { role: Role::Error, start: at, end: at + 1, ink: Ink::Fixed("%".into()) };
    }
    // Brackets in a name say what it lies in: `a[b]`, `a[]`.
    let coded = |byte: u8| matches!(byte, b'%' | b'+') || (in_name && matches!(byte, b'[' | b']')) || ends(byte);
    if let Some(mut run) = print(bytes, at, room, role, coded) {
        let combines = unit(bytes, run.end).is_some_and(|(byte, _)| !byte.is_ascii());
        match run.ink {
            // The last letter belongs to what is decoded next, if that may combine with it.
            Ink::Plain(text, columns) if combines && text.len() > 1 && text.is_ascii() => {
                run.end -= 1;
                return Run { ink: Ink::Plain(text.get(..text.len() - 1).unwrap_or_default(), columns - 1), ..run };
            }
            Ink::Plain(..) if !combines => return run,
            _ => {}
        }
    }
    let (decoded, ends_at) = decode(bytes, at, ends);
    let mut chunks = printable::chunks(&decoded);
    let (role, length, ink) = match chunks.next() {
        Some(Chunk::Escape(text)) => (Role::Escape, decoded.len() - chunks.left(), Ink::Fixed(text)),
        Some(Chunk::Text(text)) => {
            let cluster = text.graphemes(true).next().unwrap_or_default();
            let role = if in_name && matches!(cluster, "[" | "]") { Role::Punctuation } else { role };
            (role, cluster.len(), Ink::Decoded(cluster.into()))
        }
        None => (role, 0, Ink::Fixed("".into())),
    };
    let end = length.checked_sub(1).and_then(|last| ends_at.get(last)).copied().unwrap_or(at + 1);
    Run { role, start: at, end, ink }
}

/// The decoded bytes from `at` on, and where in the body each of them ends: enough to judge the first cluster, no more.
fn decode(bytes: &[u8], at: usize, ends: impl Fn(u8) -> bool) -> (Vec<u8>, Vec<usize>) {
    let mut decoded = Vec::with_capacity(2 * CLUSTER_BYTES);
    let mut ends_at = Vec::with_capacity(2 * CLUSTER_BYTES);
    let mut at = at;
    while let Some((byte, length)) = unit(bytes, at) {
        if decoded.len() == 2 * CLUSTER_BYTES || (length == 1 && bytes.get(at).is_some_and(|&byte| ends(byte))) {
            break;
        }
        // Behind an ASCII letter another begins a cluster of its own.
        if byte.is_ascii() && decoded.last().is_some_and(u8::is_ascii) {
            break;
        }
        at += length;
        decoded.push(byte);
        ends_at.push(at);
    }
    (decoded, ends_at)
}

/// The byte that is encoded at `at`, and how many bytes of the body it takes there.
fn unit(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let digit = |at: usize| bytes.get(at).and_then(|&byte| char::from(byte).to_digit(16));
    Some(match bytes.get(at)? {
        b'+' => (b' ', 1),
        b'%' => match (digit(at + 1), digit(at + 2)) {
            (Some(high), Some(low)) => ((high << 4 | low) as u8, 3),
            _ => (b'%', 1),
        },
        byte => (*byte, 1),
    })
}

#[cfg(test)]
mod tests {
    use super::super::properties::{document, pattern, shown};
    use super::*;
    use crate::decode::{Cancelled, Found, Mark, Wrapping};

    fn rows(body: &str) -> Vec<String> {
        shown(&document(body.as_bytes(), "form"), 80)
    }

    #[test]
    fn pairs_are_decoded() {
        assert_eq!(rows("a=1&b=x+y&c%3D=%C3%A9%20%26"), ["a = 1", "b = x y", "c= = é &"]);
        assert_eq!(rows("payload=%7B%22a%22%3A1%7D"), ["payload = {\"a\":1}"]);
        assert_eq!(rows("a&=b&&c=&"), ["a", "= b", "", "c = ", ""]);
        assert_eq!(rows("a=b=c"), ["a = b=c"]);
    }

    #[test]
    fn what_is_unsafe_or_wrong_is_seen() {
        assert_eq!(rows("a=%00%1b%0D%0A%FF%e2%80%ae"), ["a = ^@^[^M^J\\xff<U+202E>"]);
        assert_eq!(rows("a=%zz%4&b=%"), ["a = %zz%4", "b = %"]);
        assert_eq!(rows("a=e%CC%81x&b=%CC%81"), ["a = e\u{301}x", "b = <U+0301>"]);
        let document = document(b"%zz=1", "form");
        let rows = document.wrap(&Wrapping::at(80), &Cancelled::new()).unwrap();
        let roles: Vec<_> = document
            .row(&rows, 0, &Found::none())
            .into_iter()
            .map(|piece| (piece.role, piece.text.into_owned()))
            .collect();
        let expected = [(Role::Error, "%"), (Role::Key, "zz"), (Role::Punctuation, " = "), (Role::String, "1")];
        assert_eq!(roles, expected.map(|(role, text)| (role, text.to_owned())));
    }

    #[test]
    fn the_search_sees_what_was_sent() {
        let document = document(b"a=x%20y", "form");
        let rows = document.wrap(&Wrapping::at(80), &Cancelled::new()).unwrap();
        let marked = |needle: &str| {
            let found = document.find(&pattern(needle), &Cancelled::new()).unwrap();
            let row = document.row(&rows, 0, &found);
            row.into_iter().filter(|piece| piece.mark != Mark::None).map(|piece| piece.text).collect::<String>()
        };
        assert_eq!(marked("x%20"), "x ");
        assert_eq!(marked("20"), " ");
        assert_eq!(marked("x y"), "");
        assert_eq!(marked("="), "=");
    }
}
