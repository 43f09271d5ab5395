//! Hex: every byte of the body, sixteen to a row where there is room, and nothing read but what is drawn.
//!
//! Decided: rows are counted, so this view costs the same for a byte and for a gigabyte, and nothing makes it fail. Where
//! a row is too narrow, it has fewer bytes; then it loses the gutter, then the offset. Bytes are told apart as [`kind`] says,
//! and the offset of a row with a hit of the search is brought out.

use std::fmt::Write as _;

use super::{
    built::Way,
    lines::{Lines, Rank, Spot},
    markup::{Piece, Role},
    pen::{Ink, Pen as _, spaces},
    run::{self, Mode, Run, Step},
};

/// How bytes are laid out where they stand among other things, sixteen to a line.
pub(super) const WAY: Way = Way { next, hang: 2, nest: None };

/// How many bytes a line has there.
const LINE: usize = 16;

/// The lines of that many bytes there.
pub(super) fn lines(length: usize) -> Lines {
    let mut lines = Lines::default();
    for offset in (0..length).step_by(LINE) {
        let columns = 3 * LINE + 2 + LINE.min(length - offset);
        lines.push(Spot::line(offset, 0), columns, Rank::Start);
    }
    lines.finished()
}

/// The bytes of a line, and then, as [`Spot::state`] says how many they were, what of them is ASCII.
fn next<'a>(bytes: &'a [u8], spot: &mut Spot, _: usize) -> Step<'a> {
    let count = usize::from(spot.state);
    let (start, end) = (spot.offset, spot.offset.saturating_add(LINE).min(bytes.len()));
    match (spot.mode, bytes.get(start..end)) {
        (Mode::Line, Some(line)) if !line.is_empty() => {
            let mut digits = String::with_capacity(3 * LINE + 2);
            for byte in line {
                let _ = write!(digits, "{byte:02x} ");
            }
            digits.push_str(&" ".repeat(3 * (LINE - line.len()) + 2));
            *spot = Spot { offset: end, mode: Mode::After, state: line.len() as u8, ..*spot };
            Step::Run(Run { role: Role::Number, start, end, ink: run::Ink::Fixed(digits.into()) })
        }
        (Mode::After, _) if count > 0 => {
            let line = bytes.get(start.saturating_sub(count)..start).unwrap_or_default();
            let shown = |byte: &u8| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' };
            spot.state = 0;
            let text: String = line.iter().map(shown).collect();
            Step::Run(Run { role: Role::Text, start, end: start, ink: run::Ink::Fixed(text.into()) })
        }
        _ => {
            *spot = Spot::line(start, 0);
            Step::End
        }
    }
}

/// The role of a byte: zero, ASCII that is printed in the gutter, other ASCII, or past it.
fn kind(byte: u8) -> Role {
    match byte {
        0 => Role::Dim,
        b' '..=b'~' => Role::String,
        0x80.. => Role::Literal,
        _ => Role::Number,
    }
}

/// What a row consists of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    /// Bytes in a row.
    pub count: usize,
    /// Digits of the offset; 0 for none.
    digits: usize,
    /// Whether the bytes stand in hexadecimal.
    hex: bool,
    /// Whether they stand as text.
    gutter: bool,
}

impl Shape {
    /// The fullest shape that fits `width`, for a body of that length.
    pub(super) fn of(width: usize, length: usize) -> Self {
        let digits = format!("{:x}", length.saturating_sub(1)).len().max(8);
        let shape = |count, digits, gutter| Self { count, digits, hex: true, gutter };
        [16, 8, 4, 2, 1]
            .map(|count| shape(count, digits, true))
            .into_iter()
            .chain([1].map(|count| shape(count, digits, false)))
            .chain([4, 2, 1].map(|count| shape(count, 0, false)))
            .find(|shape| shape.columns() <= width)
            .unwrap_or(Self { count: 1, digits: 0, hex: false, gutter: true })
    }

    fn columns(self) -> usize {
        let offset = if self.digits > 0 { self.digits + 2 } else { 0 };
        let gap = usize::from(self.count > 8);
        offset + 3 * self.count - 1 + gap + if self.gutter { 2 + self.count } else { 0 }
    }
}

/// One row.
pub(super) fn row<'a>(ink: &mut Ink<'a, '_>, bytes: &'a [u8], shape: Shape, row: usize) -> Vec<Piece<'a>> {
    let start = row.saturating_mul(shape.count);
    let end = start.saturating_add(shape.count).min(bytes.len());
    let shown = bytes.get(start..end).unwrap_or_default();
    if shown.is_empty() {
        return Vec::new();
    }
    if shape.digits > 0 {
        let role = if ink.has_hit(start, end) { Role::Key } else { Role::Offset };
        ink.put(role, 0, 0, format!("{start:0digits$x}  ", digits = shape.digits).into());
    }
    if shape.hex {
        for (column, byte) in shown.iter().enumerate() {
            let at = start + column;
            if column > 0 {
                // Marked where a hit goes on across it.
                ink.put(Role::Text, at, at, spaces(if column == 8 { 2 } else { 1 }));
            }
            let mut digits = String::with_capacity(2);
            let _ = write!(digits, "{byte:02x}");
            ink.put(kind(*byte), at, at + 1, digits.into());
        }
    }
    if shape.gutter {
        if shape.hex {
            let missing = shape.count - shown.len();
            // The last row may end before or behind the gap in the middle.
            let gap = usize::from(shape.count > 8 && shown.len() <= 8);
            ink.put(Role::Text, 0, 0, spaces(3 * missing + gap + 2));
        }
        for (at, byte) in (start..).zip(shown) {
            match bytes.get(at..=at).and_then(|text| std::str::from_utf8(text).ok()) {
                Some(text) if matches!(byte, b' '..=b'~') => ink.put(Role::Text, at, at + 1, text.into()),
                _ => ink.put(Role::Dim, at, at + 1, ".".into()),
            }
        }
    }
    ink.take()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Found, Mark};

    fn shown(bytes: &[u8], width: usize, index: usize) -> String {
        let found = Found::none();
        let mut ink = Ink::new(bytes, &found);
        row(&mut ink, bytes, Shape::of(width, bytes.len()), index).into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn rows_have_offset_bytes_and_text() {
        let bytes = b"POST /a HTTP/1.1\0\xff\x1b[mB";
        assert_eq!(shown(bytes, 80, 0), "00000000  50 4f 53 54 20 2f 61 20  48 54 54 50 2f 31 2e 31  POST /a HTTP/1.1");
        assert_eq!(shown(bytes, 76, 1), "00000010  00 ff 1b 5b 6d 42                                 ...[mB");
        assert_eq!(shown(bytes, 75, 1), "00000008  48 54 54 50 2f 31 2e 31  HTTP/1.1");
        assert_eq!(shown(bytes, 30, 5), "00000014  6d 42        mB");
        assert_eq!(shown(bytes, 80, 2), "");
    }

    #[test]
    fn every_width_has_a_shape_that_fits() {
        let bytes = [0x41; 40];
        for width in 1..90 {
            assert!(shown(&bytes, width, 0).len() <= width, "{width}");
        }
        assert_eq!((shown(&bytes, 1, 0).as_str(), shown(&bytes, 2, 0).as_str()), ("A", "41"));
        assert_eq!(Shape::of(80, 1 << 40).digits, 10);
    }

    #[test]
    fn bytes_are_told_apart_and_a_hit_brings_out_its_offset() {
        let bytes: Vec<u8> = (0..=255).collect();
        let found = Found::of(std::iter::once(0x47..0x49));
        let mut ink = Ink::new(&bytes, &found);
        let mut roles = |index| {
            let pieces = row(&mut ink, &bytes, Shape::of(80, 256), index);
            let role = |text: &str| pieces.iter().find(|piece| piece.text == text).map(|piece| piece.role);
            (pieces[0].role, role("00").or(role("48")).or(role("8f")), role("0a").or(role("41")).or(role("80")))
        };
        assert_eq!(roles(0), (Role::Offset, Some(Role::Dim), Some(Role::Number)));
        assert_eq!(roles(4), (Role::Key, Some(Role::String), Some(Role::String)));
        assert_eq!(roles(8), (Role::Offset, Some(Role::Literal), Some(Role::Literal)));
    }

    #[test]
    fn a_hit_is_marked_in_both_halves() {
        let bytes = b"abcdef";
        let found = Found::of(std::iter::once(2..4));
        let mut ink = Ink::new(bytes, &found);
        let pieces = row(&mut ink, bytes, Shape::of(80, 6), 0);
        let marked: Vec<_> =
            pieces.iter().filter(|piece| piece.mark == Mark::Match).map(|piece| &*piece.text).collect();
        assert_eq!(marked, ["63", " ", "64", "cd"]);
    }
}
