//! Text: the lines of the body as they are.
//!
//! Decided: a line ends with LF or CR LF, and which of them is not shown (the hex view shows it); a CR anywhere else shows
//! as `^M`. Tabs go to the next of every [`TAB`] columns, counted from the beginning of the row. Bytes that are not UTF-8
//! show as escapes.

use super::{
    Cancelled,
    lines::{Lines, Spot, Stop, UNKNOWN},
    markup::Role,
    run::{Ink, Mode, Run, Step, is_plain, print},
    simple,
};

/// How far apart tab stops are, in columns.
pub(super) const TAB: usize = 4;

/// The lines of any body. Only being cancelled stops it.
pub(super) fn lines(bytes: &[u8], cancelled: &Cancelled) -> Result<Lines, Stop> {
    let mut lines = Lines::default();
    let mut start = 0;
    while start < bytes.len() {
        let rest = bytes.get(start..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest);
        let line = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        let shown = if length.is_some() { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        let columns = if is_plain(shown) {
            shown.len()
        } else {
            std::str::from_utf8(shown).ok().and_then(simple::columns).unwrap_or(UNKNOWN)
        };
        lines.push_or_stop((start, 0, columns), cancelled)?;
        start += line.len() + 1;
    }
    Ok(lines.finished())
}

/// What comes next in a line.
pub(super) fn next<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let start = spot.offset;
    let run = match (bytes.get(start), bytes.get(start + 1)) {
        (None, _) => return end(spot, 0),
        (Some(b'\n'), _) => return end(spot, 1),
        (Some(b'\r'), Some(b'\n')) => return end(spot, 2),
        (Some(b'\r'), _) => Run { role: Role::Escape, start, end: start + 1, ink: Ink::Fixed("^M".into()) },
        (Some(b'\t'), _) => Run { role: Role::Text, start, end: start + 1, ink: Ink::Tab },
        _ => match print(bytes, start, room, Role::Text, |byte| matches!(byte, b'\n' | b'\r' | b'\t')) {
            Some(run) => run,
            None => return end(spot, 1),
        },
    };
    spot.offset = run.end;
    spot.mode = Mode::After;
    Step::Run(run)
}

fn end<'a>(spot: &mut Spot, length: usize) -> Step<'a> {
    *spot = Spot::line(spot.offset + length, 0);
    Step::End
}

#[cfg(test)]
mod tests {
    use super::super::properties::{document, shown};

    #[test]
    fn lines_are_as_they_are() {
        let text = document(b"a\r\nb\n\n\tc\td\r", "text");
        assert_eq!(text.lines(), 4);
        assert_eq!(shown(&text, 80), ["a", "b", "", "    c   d^M"]);
        assert_eq!(shown(&document(b"a\rb\n", "text"), 80), ["a^Mb"]);
        assert_eq!(shown(&document(b"\x1b[31m\xff\xc3(", "text"), 80), ["^[[31m\\xff\\xc3("]);
        assert_eq!(shown(&document(b"\n", "text"), 80), [""]);
    }

    #[test]
    fn long_lines_are_wrapped_at_clusters() {
        assert_eq!(shown(&document(b"abcdefg\nhi", "text"), 3), ["abc", "def", "g", "hi"]);
        assert_eq!(shown(&document(b"abcdef", "text"), 3), ["abc", "def"]);
        assert_eq!(shown(&document("a東b東東".as_bytes(), "text"), 2), ["a", "東", "b", "東", "東"]);
        assert_eq!(shown(&document("e\u{301}e\u{301}".as_bytes(), "text"), 1), ["e\u{301}", "e\u{301}"]);
        assert_eq!(shown(&document(b"a\tb\t\tc", "text"), 6), ["a   b ", "    c"]);
    }

    #[test]
    fn an_escape_is_cut_only_where_it_is_wider_than_a_row() {
        assert_eq!(shown(&document("ab\u{202e}c".as_bytes(), "text"), 9), ["ab", "<U+202E>c"]);
        assert_eq!(shown(&document("ab\u{202e}c".as_bytes(), "text"), 3), ["ab", "<U+", "202", "E>c"]);
        assert_eq!(shown(&document("a東b".as_bytes(), "text"), 1).concat(), "a<U+6771>b");
    }
}
