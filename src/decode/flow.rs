//! Laying out a line: as rows of a width, or, where lines are not wrapped, as blocks that follow each other.
//!
//! Decided: indentation takes at most half of the width, so that what lies a hundred thousand levels deep still shows. Rows
//! are cut between clusters, not between words: a payload has few words, and a cut that moves a long token to the next row
//! hides where it belongs. A line that is not wrapped is laid out [`BLOCK`] columns at a time, and every block begins anew,
//! so that a place far to the right of a long line shows the same whether what is left of it was laid out or not.

use std::{borrow::Cow, sync::Arc};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{
    Layout,
    built::{Section, Way},
    lines::Spot,
    markup::Role,
    pen::{Dry, Pen, spaces},
    rows::Wrapping,
    run::{Ink, Mode, Run, Step},
    text::TAB,
    tree::{Fold, Folds, Nest, Tree},
};
use crate::model::printable;

/// How many columns a level of nesting is indented.
pub(super) const INDENT: usize = 2;

/// How many columns of a line that is not wrapped are laid out at a time.
pub(super) const BLOCK: usize = 512;

/// What is needed to lay out lines: bytes, a view of them, how they are wrapped.
#[derive(Clone)]
pub(super) struct Flow<'a> {
    bytes: &'a [u8],
    way: Way,
    /// Where other ways hold; none for a view that has one way for all of its bytes.
    sections: &'a [Section],
    /// In columns.
    pub width: usize,
    /// Whether lines are wrapped at the width.
    pub soft: bool,
    /// Whether the escapes of strings are undone.
    decoded: bool,
    /// What is folded, where anything is.
    pub folding: Option<(Tree<'a>, Arc<Folds>)>,
}

/// What is laid out of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stretch {
    /// A row.
    Row,
    /// A block of a line that is not wrapped, from this column on.
    Block(usize),
}

impl<'a> Flow<'a> {
    /// Nothing for a view that does not flow.
    pub(super) fn new(
        bytes: &'a [u8],
        layout: &Layout,
        sections: &'a [Section],
        (width, wrapping): (usize, &Wrapping),
        folding: Option<(Tree<'a>, Arc<Folds>)>,
    ) -> Option<Self> {
        match *layout {
            Layout::Flow(way) => {
                let Wrapping { soft, decoded, .. } = *wrapping;
                Some(Self { bytes, way, sections, width, soft, decoded, folding })
            }
            Layout::Hex => None,
        }
    }

    /// How many bytes there are.
    pub(super) fn bytes_len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether a stretch of the bytes takes the columns that the table of lines says.
    pub(super) fn is_as_sent(&self, range: std::ops::Range<usize>) -> bool {
        !self.decoded || self.bytes.get(range).is_none_or(|bytes| memchr::memchr(b'\\', bytes).is_none())
    }

    /// Lays out the row at `spot` and moves the spot to the next row. Says whether the line ended.
    pub(super) fn lay(&self, spot: &mut Spot, pen: &mut impl Pen<'a>) -> bool {
        self.stretch(Stretch::Row, spot, pen).0
    }

    /// Lays out what comes next of a line that is not wrapped, of which `column` columns were laid out, indentation included.
    /// Moves both on, and says whether the line ended.
    pub(super) fn block(&self, spot: &mut Spot, column: &mut usize, pen: &mut impl Pen<'a>) -> bool {
        let (ended, columns) = self.stretch(Stretch::Block(*column), spot, pen);
        *column += columns;
        ended
    }

    /// Moves a spot to the next row, where in a line that is not wrapped `column` columns were laid out before it. Says whether
    /// a line ended, which it always does where lines are not wrapped.
    pub(super) fn pass(&self, spot: &mut Spot, mut column: usize) -> bool {
        if self.soft {
            return self.lay(spot, &mut Dry);
        }
        while !self.block(spot, &mut column, &mut Dry) {}
        true
    }

    fn stretch(&self, stretch: Stretch, spot: &mut Spot, pen: &mut impl Pen<'a>) -> (bool, usize) {
        match self.fold_at(*spot).filter(|_| matches!(stretch, Stretch::Row | Stretch::Block(0))) {
            Some(fold) => self.lay_fold(&fold, stretch, spot, pen),
            None => self.lay_open(stretch, spot, pen),
        }
    }

    /// What is not folded.
    fn lay_open(&self, stretch: Stretch, spot: &mut Spot, pen: &mut impl Pen<'a>) -> (bool, usize) {
        let next = self.sections.partition_point(|section| section.range.start <= spot.offset);
        let Some(section) = next.checked_sub(1).and_then(|last| self.sections.get(last)) else {
            return self.lay_in(self.bytes, self.way, 0, stretch, spot, pen);
        };
        let bytes = self.bytes.get(..section.range.end).unwrap_or(self.bytes);
        let laid = self.lay_in(bytes, section.way, section.depth, stretch, spot, pen);
        if laid.0 && spot.offset >= section.range.end {
            *spot = Spot::line(self.sections.get(next).map_or(self.bytes.len(), |next| next.range.start), 0);
        }
        laid
    }

    /// The fold that the line at `spot` is shown as, if it begins there.
    fn fold_at(&self, spot: Spot) -> Option<Fold> {
        let (tree, folds) = self.folding.as_ref()?;
        let begins = spot.mode == Mode::Line && spot.skip == 0;
        if !begins || !folds.is_folded(spot.offset, spot.depth) || !tree.opens(spot) {
            return None;
        }
        tree.fold(spot)
    }

    /// Lays out what a node begins with, what is said of what lies in it, and what it ends with, as far as there is room: always
    /// one row.
    fn lay_fold(&self, fold: &Fold, stretch: Stretch, spot: &mut Spot, pen: &mut impl Pen<'a>) -> (bool, usize) {
        let mut at = *spot;
        let (start, offset) = (spot.offset, fold.close.offset);
        let (ended, mut columns) = self.lay_open(stretch, &mut at, pen);
        *spot = fold.next;
        let room = if stretch == Stretch::Row { self.width } else { usize::MAX };
        let (way, bytes) = self.way_at(offset);
        let mut closing = Vec::new();
        let mut close = Spot { mode: Mode::Line, ..fold.close };
        while let Step::Run(run) = (way.next)(bytes, &mut close, BLOCK) {
            closing.push(run);
        }
        let behind: usize = closing.iter().map(|run| run.ink.columns()).sum();
        let fits = |words: &String| columns + 2 + words.width() + behind <= room;
        let words = fold.words().into_iter().find(fits).filter(|_| ended);
        let Some(words) = words else { return (true, columns) };
        columns += 2 + words.width() + behind;
        pen.put(Role::Punctuation, start, start, Cow::Borrowed(" "));
        // What was found inside marks it.
        pen.put(Role::Dim, at.offset, offset, Cow::Owned(words));
        pen.put(Role::Punctuation, offset, offset, Cow::Borrowed(" "));
        for Run { role, start, end, ink } in closing {
            match ink {
                Ink::Plain(text, _) | Ink::Clusters(text) => pen.put(role, start, end, Cow::Borrowed(text)),
                Ink::Fixed(text) => pen.put(role, start, end, text),
                Ink::Decoded(text) => pen.put(role, start, end, Cow::Owned(text.into_string())),
                Ink::Space | Ink::Tab | Ink::Break => pen.put(role, start, end, Cow::Borrowed(" ")),
            }
        }
        (true, columns)
    }

    /// The way that holds at an offset, and the bytes up to where it ends.
    fn way_at(&self, offset: usize) -> (Way, &'a [u8]) {
        let next = self.sections.partition_point(|section| section.range.start <= offset);
        match next.checked_sub(1).and_then(|last| self.sections.get(last)) {
            Some(section) => (section.way, self.bytes.get(..section.range.end).unwrap_or(self.bytes)),
            None => (self.way, self.bytes),
        }
    }

    /// Where a group of lines that begins at `spot`, inside a fold, goes on behind it.
    pub(super) fn behind_fold(&self, spot: Spot) -> Spot {
        self.folding.as_ref().and_then(|(tree, _)| tree.behind_fold(spot)).unwrap_or(spot)
    }

    /// The number of the line that a spot is in, from 0; nothing where nothing is folded.
    pub(super) fn line_in_folds(&self, spot: Spot) -> Option<usize> {
        self.folding.as_ref().and_then(|(tree, _)| tree.number_at(spot.offset))
    }

    /// Says whether the line ended, and how many columns were laid out.
    fn lay_in(
        &self,
        bytes: &'a [u8],
        way: Way,
        depth: u32,
        stretch: Stretch,
        spot: &mut Spot,
        pen: &mut impl Pen<'a>,
    ) -> (bool, usize) {
        let mut skip = usize::from(std::mem::take(&mut spot.skip));
        let begins = spot.mode == Mode::Line && skip == 0;
        let deep = depth.saturating_add(spot.depth) as usize;
        let hang = if begins || stretch != Stretch::Row { 0 } else { way.hang };
        let indent = INDENT.saturating_mul(deep).saturating_add(hang).min(self.width / 2);
        // The columns that are left of what is laid out here, without the indentation; and those of it that are put here.
        let (before_column, put, room) = match stretch {
            Stretch::Row => (0, indent, self.width - indent),
            Stretch::Block(0) => (0, indent, BLOCK),
            Stretch::Block(column) => (column.saturating_sub(indent), 0, BLOCK),
        };
        pen.indent(put);
        let next = way.nest.filter(|_| self.decoded).and_then(Nest::decoded).unwrap_or(way.next);
        let mut column = 0;
        loop {
            let before = *spot;
            let left = room - column;
            let Step::Run(Run { role, start, end, ink }) = next(bytes, spot, left) else {
                return (true, put + column);
            };
            let (role, fixed): (Role, Cow<'a, str>) = match ink {
                Ink::Space if before_column + column == 0 => continue,
                Ink::Space if left == 0 && stretch == Stretch::Row => continue,
                Ink::Space if left > 0 => {
                    pen.put(role, start, end, Cow::Borrowed(" "));
                    column += 1;
                    continue;
                }
                Ink::Break if left > 0 => {
                    pen.put(Role::Dim, start, end, Cow::Borrowed("↵"));
                    column += 1;
                    if stretch == Stretch::Row {
                        return (false, put + column);
                    }
                    continue;
                }
                Ink::Tab if left > 0 => {
                    let columns = (TAB - (before_column + column) % TAB).min(left);
                    pen.put(role, start, end, spaces(columns));
                    column += columns;
                    continue;
                }
                Ink::Plain(text, columns) if columns <= left => {
                    pen.put(role, start, end, Cow::Borrowed(text));
                    column += columns;
                    continue;
                }
                Ink::Space | Ink::Tab | Ink::Break | Ink::Plain(..) => {
                    *spot = before;
                    return (false, put + column);
                }
                Ink::Clusters(text) => {
                    let (bytes, columns) = fitting(text, left);
                    if bytes > 0 {
                        let fits = text.get(..bytes).unwrap_or_default();
                        pen.put(role, start, start + bytes, Cow::Borrowed(fits));
                        column += columns;
                        spot.offset = start + bytes;
                        if bytes < text.len() {
                            return (false, put + column);
                        }
                        continue;
                    }
                    let cluster = text.graphemes(true).next().unwrap_or_default();
                    if column > 0 || cluster.width() <= room {
                        *spot = before;
                        return (false, put + column);
                    }
                    spot.offset = start + cluster.len();
                    (Role::Escape, taken_apart(cluster))
                }
                Ink::Decoded(cluster) if cluster.width() <= left => {
                    column += cluster.width();
                    pen.put(role, start, end, Cow::Owned(cluster.into_string()));
                    continue;
                }
                Ink::Decoded(cluster) if column > 0 || cluster.width() <= room => {
                    *spot = before;
                    return (false, put + column);
                }
                Ink::Decoded(cluster) => (Role::Escape, taken_apart(&cluster)),
                Ink::Fixed(text) => (role, text),
            };
            // What is left of the escape, of which some may stand on the rows before.
            let text = sliced(fixed, skip, usize::MAX);
            if text.len() <= left {
                column += text.len();
                pen.put(role, start, spot.offset, text);
                skip = 0;
                continue;
            }
            let after = spot.offset;
            *spot = before;
            if column == 0 {
                pen.put(role, start, after, sliced(text, 0, room));
                column = room;
                spot.skip = (skip + room).min(usize::from(u16::MAX)) as u16;
            }
            return (false, put + column);
        }
    }
}

/// How many bytes of whole clusters fit, and how many columns they take.
fn fitting(text: &str, columns: usize) -> (usize, usize) {
    let (mut bytes, mut used) = (0, 0);
    for cluster in text.graphemes(true) {
        let width = cluster.width();
        if used + width > columns {
            break;
        }
        used += width;
        bytes += cluster.len();
    }
    (bytes, used)
}

/// A cluster that is wider than a whole row, as escapes.
fn taken_apart<'a>(cluster: &str) -> Cow<'a, str> {
    Cow::Owned(cluster.chars().map(printable::escape).collect())
}

/// ASCII without its first `skip` letters, and at most `length` of it.
fn sliced(text: Cow<'_, str>, skip: usize, length: usize) -> Cow<'_, str> {
    let end = skip.saturating_add(length).min(text.len());
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(skip..end).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(skip..end).unwrap_or_default().to_owned()),
    }
}
