//! What laying out a row writes with: pieces for a row that is drawn, nothing for one that is only counted.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::{
    find::Found,
    markup::{Mark, Piece, Role},
};

/// Takes what a row consists of, in order.
pub(super) trait Pen<'a> {
    /// Columns that stand for nothing.
    fn indent(&mut self, columns: usize);
    /// Text that stands for the bytes `start..end`. Text that is those bytes may be split between marks, other text is
    /// marked as one.
    fn put(&mut self, role: Role, start: usize, end: usize, text: Cow<'a, str>);
}

/// That many spaces.
pub(super) fn spaces<'a>(count: usize) -> Cow<'a, str> {
    const SPACES: &str = "                                                                                ";
    SPACES.get(..count).map_or_else(|| Cow::Owned(" ".repeat(count)), Cow::Borrowed)
}

/// Writes nothing.
pub(super) struct Dry;

impl<'a> Pen<'a> for Dry {
    fn indent(&mut self, _: usize) {}
    fn put(&mut self, _: Role, _: usize, _: usize, _: Cow<'a, str>) {}
}

/// Writes pieces, as few as roles and marks allow.
pub(super) struct Ink<'a, 'f> {
    bytes: &'a [u8],
    found: &'f Found,
    pieces: Vec<Piece<'a>>,
    /// The bytes that the last piece is, where it is as they are: text behind it may make it longer without a copy.
    last: Option<(usize, usize)>,
}

impl<'a, 'f> Ink<'a, 'f> {
    pub(super) fn new(bytes: &'a [u8], found: &'f Found) -> Self {
        Self { bytes, found, pieces: Vec::new(), last: None }
    }

    /// The pieces since the last call.
    pub(super) fn take(&mut self) -> Vec<Piece<'a>> {
        self.last = None;
        std::mem::take(&mut self.pieces)
    }

    /// Whether a hit has one of the bytes `start..end`.
    pub(super) fn has_hit(&self, start: usize, end: usize) -> bool {
        self.found.mark(start, end) != Mark::None
    }

    fn write(&mut self, role: Role, mark: Mark, (start, end): (usize, usize), text: Cow<'a, str>) {
        let bytes = self.bytes;
        let as_it_is = bytes.get(start..end) == Some(text.as_bytes()) && start < end;
        if let Some(piece) = self.pieces.last_mut().filter(|piece| piece.role == role && piece.mark == mark) {
            let first = self.last.filter(|&(_, last)| as_it_is && last == start).map(|(first, _)| first);
            let longer = first.and_then(|first| std::str::from_utf8(bytes.get(first..end)?).ok());
            if let Some(longer) = longer {
                piece.text = Cow::Borrowed(longer);
            } else {
                piece.text.to_mut().push_str(&text);
            }
            self.last = longer.and(first).map(|first| (first, end));
            return;
        }
        self.last = as_it_is.then_some((start, end));
        self.pieces.push(Piece { role, mark, text });
    }
}

impl<'a> Pen<'a> for Ink<'a, '_> {
    fn indent(&mut self, columns: usize) {
        if columns > 0 {
            self.write(Role::Text, Mark::None, (0, 0), spaces(columns));
        }
    }

    fn put(&mut self, role: Role, start: usize, end: usize, text: Cow<'a, str>) {
        let mark = self.found.mark(start, end);
        match text {
            Cow::Borrowed(text) if mark != Mark::None && text.len() == end - start => {
                for (at, cluster) in text.grapheme_indices(true) {
                    let range = (start + at, start + at + cluster.len());
                    self.write(role, self.found.mark(range.0, range.1), range, Cow::Borrowed(cluster));
                }
            }
            text => self.write(role, mark, (start, end), text),
        }
    }
}
