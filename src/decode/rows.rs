//! Rows: the lines of a document at one width.
//!
//! Decided: the table of rows is as sparse as that of lines, with a place to begin at every [`STRIDE`] rows; a row is
//! reached by laying out those before it. Indentation takes at most half of the width, so that what lies a hundred
//! thousand levels deep still shows. Rows are cut between clusters, not between words: a payload has few words, and a cut
//! that moves a long token to the next row hides where it belongs.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{
    Cancelled, Layout,
    built::{Section, Way},
    caret::{Caret, Measure},
    lines::{Lines, Spot, UNKNOWN},
    markup::Role,
    pen::{Dry, Pen, spaces},
    run::{Ink, Mode, Run, Step},
    text::TAB,
};
use crate::model::printable;

/// How many rows there are at the most between two places to begin at.
const STRIDE: usize = 32;

/// How many columns a level of nesting is indented.
pub(super) const INDENT: usize = 2;

/// The rows of a [`Document`](super::Document) at one width. Only to be used with the document that made it.
#[derive(Clone, Debug)]
pub struct Rows {
    width: usize,
    len: usize,
    /// In order, the first at row 0. None for views that count their rows.
    checks: Vec<Check>,
    /// A row among them that is not of the document.
    pub(super) caret: Option<Caret>,
}

/// A place to begin at.
#[derive(Clone, Copy, Debug)]
struct Check {
    row: usize,
    spot: Spot,
}

impl Rows {
    /// How many rows there are.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a document that has a byte has a row; the body says whether it has"
    )]
    pub fn len(&self) -> usize {
        self.len + usize::from(self.caret.is_some())
    }

    /// How many columns each of them has at the most.
    pub fn width(&self) -> usize {
        self.width
    }

    /// What this costs in memory, in bytes.
    pub fn cost(&self) -> usize {
        self.checks.capacity() * size_of::<Check>()
    }

    /// Rows that need no table.
    pub(super) fn counted(width: usize, len: usize) -> Self {
        Self { width, len, checks: Vec::new(), caret: None }
    }

    /// Puts a row below that of the byte at `offset`, for what is wrong there.
    pub(super) fn point_at(&mut self, flow: &Flow<'_>, offset: usize) {
        let below = self.row_of(flow, offset);
        let Some(mut spot) = self.seek(flow, below) else { return };
        let mut measure = Measure::to(offset);
        flow.lay(&mut spot, &mut measure);
        self.caret = Some(Caret { below, column: measure.columns });
    }

    /// The rows of `lines`; nothing when cancelled.
    pub(super) fn of(flow: &Flow<'_>, lines: &Lines, cancelled: &Cancelled) -> Option<Self> {
        let mut rows = Self::counted(flow.width, 0);
        for (group, count) in lines.groups() {
            let mut spot = group.spot();
            rows.check(spot, cancelled)?;
            let columns = group.columns as usize;
            if columns <= flow.width && columns != UNKNOWN {
                rows.len += count;
                continue;
            }
            let mut lines = count;
            let mut since = 0;
            while lines > 0 {
                if since == STRIDE {
                    since = 0;
                    rows.check(spot, cancelled)?;
                }
                lines -= usize::from(flow.lay(&mut spot, &mut Dry));
                rows.len += 1;
                since += 1;
            }
        }
        rows.checks.shrink_to_fit();
        Some(rows)
    }

    fn check(&mut self, spot: Spot, cancelled: &Cancelled) -> Option<()> {
        self.checks.push(Check { row: self.len, spot });
        (!cancelled.is_cancelled()).then_some(())
    }

    /// Where a row begins.
    pub(super) fn seek(&self, flow: &Flow<'_>, row: usize) -> Option<Spot> {
        if row >= self.len {
            return None;
        }
        let check = self.checks.get(self.checks.partition_point(|check| check.row <= row).checked_sub(1)?)?;
        let mut spot = check.spot;
        for _ in check.row..row {
            flow.lay(&mut spot, &mut Dry);
        }
        Some(spot)
    }

    /// The row that shows the byte at `offset`, or the last before it that shows anything.
    pub(super) fn row_of(&self, flow: &Flow<'_>, offset: usize) -> usize {
        let next = self.checks.partition_point(|check| check.spot.offset <= offset);
        let Some(check) = self.checks.get(next.saturating_sub(1)) else { return 0 };
        let end = self.checks.get(next).map_or(self.len, |check| check.row);
        let mut row = check.row;
        let mut spot = check.spot;
        while row + 1 < end {
            flow.lay(&mut spot, &mut Dry);
            if spot.offset > offset || (spot.offset == offset && spot.skip > 0) {
                break;
            }
            row += 1;
        }
        row
    }
}

/// What is needed to lay out rows: bytes, a view of them, a width.
#[derive(Clone, Copy)]
pub(super) struct Flow<'a> {
    bytes: &'a [u8],
    way: Way,
    /// Where other ways hold; none for a view that has one way for all of its bytes.
    sections: &'a [Section],
    width: usize,
}

impl<'a> Flow<'a> {
    /// Nothing for a view that does not flow.
    pub(super) fn new(bytes: &'a [u8], layout: &Layout, sections: &'a [Section], width: usize) -> Option<Self> {
        match *layout {
            Layout::Flow(way) => Some(Self { bytes, way, sections, width }),
            Layout::Hex => None,
        }
    }

    /// Lays out the row at `spot` and moves the spot to the next row. Says whether the line ended.
    pub(super) fn lay(&self, spot: &mut Spot, pen: &mut impl Pen<'a>) -> bool {
        let next = self.sections.partition_point(|section| section.range.start <= spot.offset);
        let Some(section) = next.checked_sub(1).and_then(|last| self.sections.get(last)) else {
            return self.lay_in(self.bytes, self.way, 0, spot, pen);
        };
        let bytes = self.bytes.get(..section.range.end).unwrap_or(self.bytes);
        let ended = self.lay_in(bytes, section.way, section.depth, spot, pen);
        if ended && spot.offset >= section.range.end {
            *spot = Spot::line(self.sections.get(next).map_or(self.bytes.len(), |next| next.range.start), 0);
        }
        ended
    }

    fn lay_in(&self, bytes: &'a [u8], way: Way, depth: u32, spot: &mut Spot, pen: &mut impl Pen<'a>) -> bool {
        let mut skip = usize::from(std::mem::take(&mut spot.skip));
        let begins = spot.mode == Mode::Line && skip == 0;
        let deep = depth.saturating_add(spot.depth) as usize;
        let wanted = INDENT.saturating_mul(deep).saturating_add(if begins { 0 } else { way.hang });
        let indent = wanted.min(self.width / 2);
        pen.indent(indent);
        let room = self.width - indent;
        let mut column = 0;
        loop {
            let before = *spot;
            let left = room - column;
            let Step::Run(Run { role, start, end, ink }) = (way.next)(bytes, spot, left) else { return true };
            let (role, fixed): (Role, Cow<'a, str>) = match ink {
                Ink::Space if left == 0 || column == 0 => continue,
                Ink::Space => {
                    pen.put(role, start, end, Cow::Borrowed(" "));
                    column += 1;
                    continue;
                }
                Ink::Tab if left > 0 => {
                    let columns = (TAB - column % TAB).min(left);
                    pen.put(role, start, end, spaces(columns));
                    column += columns;
                    continue;
                }
                Ink::Plain(text, columns) if columns <= left => {
                    pen.put(role, start, end, Cow::Borrowed(text));
                    column += columns;
                    continue;
                }
                Ink::Tab | Ink::Plain(..) => {
                    *spot = before;
                    return false;
                }
                Ink::Clusters(text) => {
                    let (bytes, columns) = fitting(text, left);
                    if bytes > 0 {
                        let fits = text.get(..bytes).unwrap_or_default();
                        pen.put(role, start, start + bytes, Cow::Borrowed(fits));
                        column += columns;
                        spot.offset = start + bytes;
                        if bytes < text.len() {
                            return false;
                        }
                        continue;
                    }
                    let cluster = text.graphemes(true).next().unwrap_or_default();
                    if column > 0 || cluster.width() <= room {
                        *spot = before;
                        return false;
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
                    return false;
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
                spot.skip = (skip + room).min(usize::from(u16::MAX)) as u16;
            }
            return false;
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
