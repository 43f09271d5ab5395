//! Rows: the lines of a document as they are wrapped.
//!
//! Decided: the table of rows is as sparse as that of lines, with a place to begin at every [`STRIDE`] rows; a row is
//! reached by laying out those before it. Where lines are not wrapped, every line is one row, however long it is, and the
//! table has a place to begin at every [`BLOCK`] columns of a long one; so the far end of it costs what its beginning does.

mod folded;

use std::sync::Arc;

use super::{
    Cancelled,
    caret::{Caret, Measure},
    clip::Clip,
    flow::{BLOCK, Flow},
    lines::{Lines, Spot, UNKNOWN},
    pen::{Dry, Ink},
    run::Mode,
    tree::Folds,
};

/// How many rows there are at the most between two places to begin at.
const STRIDE: usize = 32;

/// The widest rows there are; no terminal is wider.
const WIDEST: usize = u16::MAX as usize;

/// How lines become rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrapping {
    /// How many columns a row has at the most; 0 counts as 1.
    pub width: usize,
    /// Whether lines that are longer go on in further rows. If not, every line is one row, and drawing begins at a column.
    pub soft: bool,
    /// Whether the numbers of the lines stand before them, within the width; in hex, which has offsets, they never do.
    pub numbered: bool,
    /// Whether the escapes of strings are undone, in JSON.
    pub decoded: bool,
    /// Which nodes are shown as one row, where lines nest.
    pub folds: Arc<Folds>,
}

impl Default for Wrapping {
    fn default() -> Self {
        Self { width: 80, soft: true, numbered: false, decoded: false, folds: Arc::default() }
    }
}

impl Wrapping {
    /// Lines wrapped at that many columns.
    pub fn at(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// The same within what there is.
    pub(super) fn bounded(&self) -> Self {
        Self { width: self.width.clamp(1, WIDEST), ..self.clone() }
    }
}

/// The rows of a [`Document`](super::Document). Only to be used with the document that made it.
#[derive(Clone, Debug)]
pub struct Rows {
    wrapping: Wrapping,
    /// How many columns there are for text.
    room: usize,
    len: usize,
    /// In order, the first at row 0. None for views that count their rows.
    checks: Vec<Check>,
    /// The columns of the longest row, indentation included; more where that is cut.
    columns: usize,
    /// A row among them that is not of the document.
    pub(super) caret: Option<Caret>,
}

/// A place to begin at.
#[derive(Clone, Copy, Debug)]
struct Check {
    row: usize,
    /// Which column of the row it is: 0 but in long lines that are not wrapped.
    column: usize,
    /// The number of the line, from 0.
    line: usize,
    spot: Spot,
}

/// Where a row begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub spot: Spot,
    /// The number of its line, from 0.
    pub line: usize,
}

impl From<Check> for Place {
    fn from(Check { spot, line, .. }: Check) -> Self {
        Self { spot, line }
    }
}

impl Place {
    /// The number of the line, where it begins with this row.
    pub(super) fn begun(&self) -> Option<usize> {
        (self.spot.mode == Mode::Line && self.spot.skip == 0).then_some(self.line)
    }
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

    /// How the lines were wrapped.
    pub fn wrapping(&self) -> &Wrapping {
        &self.wrapping
    }

    /// How many columns of a row there are for the text of lines: the width without the numbers.
    pub fn room(&self) -> usize {
        self.room
    }

    /// How many columns of text there are to go through from the left: those of the longest row, or somewhat more.
    /// [`room`](Self::room), or less, where lines are wrapped.
    pub fn columns(&self) -> usize {
        if self.wrapping.soft { self.columns.min(self.room) } else { self.columns }
    }

    /// What this costs in memory, in bytes.
    pub fn cost(&self) -> usize {
        self.checks.capacity() * size_of::<Check>()
    }

    /// Rows that need no table.
    pub(super) fn counted(wrapping: Wrapping, len: usize) -> Self {
        Self { room: wrapping.width, columns: wrapping.width, wrapping, len, checks: Vec::new(), caret: None }
    }

    /// Puts a row below that of the byte at `offset`, for what is wrong there.
    pub(super) fn point_at(&mut self, flow: &Flow<'_>, offset: usize) {
        let below = self.row_of(flow, offset);
        if below < self.len {
            self.caret = Some(Caret { below, column: self.column_of(flow, offset) });
        }
    }

    /// The rows of `lines`; nothing when cancelled.
    pub(super) fn of(flow: &Flow<'_>, lines: &Lines, wrapping: Wrapping, cancelled: &Cancelled) -> Option<Self> {
        if flow.folding.is_some() {
            return Self::folded(flow, lines, wrapping, cancelled);
        }
        let fits = if flow.soft { flow.width } else { BLOCK };
        let mut rows = Self { columns: 0, room: flow.width, ..Self::counted(wrapping, 0) };
        let table = lines.table();
        for (index, (group, count)) in lines.groups().enumerate() {
            let end = table.get(index + 1).map_or(flow.bytes_len(), |next| next.offset);
            let mut spot = group.spot();
            let mut line = group.line;
            rows.check(0, line, spot, cancelled)?;
            let columns = group.columns as usize;
            if columns <= fits && columns != UNKNOWN && flow.is_as_sent(group.offset..end) {
                rows.columns = rows.columns.max(columns);
                rows.len += count;
                continue;
            }
            if flow.soft {
                rows.columns = flow.width;
            }
            let mut since = 0;
            while line < group.line + count {
                if since == STRIDE {
                    since = 0;
                    rows.check(0, line, spot, cancelled)?;
                }
                if flow.soft {
                    line += usize::from(flow.lay(&mut spot, &mut Dry));
                } else {
                    rows.measure(flow, &mut spot, line, cancelled)?;
                    line += 1;
                }
                rows.len += 1;
                since += 1;
            }
        }
        rows.checks.shrink_to_fit();
        Some(rows)
    }

    /// Goes over a line that is not wrapped, and keeps places in it to begin at.
    fn measure(&mut self, flow: &Flow<'_>, spot: &mut Spot, line: usize, cancelled: &Cancelled) -> Option<()> {
        let mut column = 0;
        while !flow.block(spot, &mut column, &mut Dry) {
            self.check(column, line, *spot, cancelled)?;
        }
        self.columns = self.columns.max(column);
        Some(())
    }

    fn check(&mut self, column: usize, line: usize, spot: Spot, cancelled: &Cancelled) -> Option<()> {
        self.checks.push(Check { row: self.len, column, line, spot });
        (!cancelled.is_cancelled()).then_some(())
    }

    /// The last place to begin at before a column of a row or at it.
    fn check_before(&self, row: usize, column: usize) -> Option<&Check> {
        let next = self.checks.partition_point(|check| (check.row, check.column) <= (row, column));
        self.checks.get(next.checked_sub(1)?)
    }

    /// Where a row begins.
    pub(super) fn seek(&self, flow: &Flow<'_>, row: usize) -> Option<Place> {
        if row >= self.len {
            return None;
        }
        let check = self.check_before(row, 0)?;
        let mut place = Place { spot: check.begin(flow), line: check.line };
        for at in check.row..row {
            let ended = flow.pass(&mut place.spot, if at == check.row { check.column } else { 0 });
            place.line = place.line.wrapping_add(usize::from(ended));
        }
        // Folds hide lines, which count all the same.
        place.line = flow.line_in_folds(place.spot).unwrap_or(place.line);
        Some(place)
    }

    /// Where to begin in a row that is not wrapped to come to a column, and which column that is.
    fn seek_column(&self, flow: &Flow<'_>, row: usize, column: usize) -> Option<(Spot, usize)> {
        match self.check_before(row, column).filter(|check| check.row == row) {
            Some(check) => Some((check.begin(flow), check.column)),
            None => self.seek(flow, row).map(|place| (place.spot, 0)),
        }
    }

    /// Draws the columns from `first` on of a row that is not wrapped, which begins at `begin` if that is known. Says where the
    /// next one begins if that came out.
    pub(super) fn draw<'a>(
        &self,
        flow: &Flow<'a>,
        (row, begin): (usize, Option<Spot>),
        first: usize,
        ink: &mut Ink<'a, '_>,
    ) -> Option<Spot> {
        let check = self.check_before(row, first).filter(|check| check.row == row && check.column > 0);
        let (mut spot, mut column) = match (check, begin) {
            (Some(check), _) => (check.spot, check.column),
            (None, Some(begin)) => (begin, 0),
            (None, None) => (self.seek(flow, row)?.spot, 0),
        };
        let mut clip = Clip::new(ink, first - column, flow.width);
        loop {
            if flow.block(&mut spot, &mut column, &mut clip) {
                return Some(spot);
            }
            if clip.is_full() {
                return None;
            }
        }
    }

    /// The row that shows the byte at `offset`, or the last before it that shows anything.
    pub(super) fn row_of(&self, flow: &Flow<'_>, offset: usize) -> usize {
        let next = self.checks.partition_point(|check| check.spot.offset <= offset);
        let Some(check) = self.checks.get(next.saturating_sub(1)) else { return 0 };
        // The row of a place in the middle of a line begins before it.
        let end = self.checks.get(next).map_or(self.len, |check| check.row + usize::from(check.column > 0));
        let (mut row, mut column, mut spot) = (check.row, check.column, check.begin(flow));
        if spot.offset > offset {
            // In the fold in which the place to begin at lies, and which is shown above.
            return row.saturating_sub(1);
        }
        while row + 1 < end {
            flow.pass(&mut spot, column);
            if spot.offset > offset || (spot.offset == offset && spot.skip > 0) {
                break;
            }
            row += 1;
            column = 0;
        }
        row
    }

    /// The row that a line begins with; the last one for a line past the end.
    pub(super) fn row_of_line(&self, flow: &Flow<'_>, line: usize) -> usize {
        if let Some((tree, _)) = &flow.folding {
            return tree.offset_of(line).map_or(self.len.saturating_sub(1), |offset| self.row_of(flow, offset));
        }
        // The last place that is at the beginning of the line or before it.
        let next = self.checks.partition_point(|check| check.line < line);
        let at = self
            .checks
            .get(next)
            .filter(|check| check.line == line && check.column == 0 && Place::from(**check).begun().is_some());
        let Some(check) = at.or_else(|| self.checks.get(next.checked_sub(1)?)) else { return 0 };
        let (mut row, mut column) = (check.row, check.column);
        let mut place = Place::from(*check);
        while row + 1 < self.len && place.line < line {
            let ended = flow.pass(&mut place.spot, column);
            place.line += usize::from(ended);
            row += 1;
            column = 0;
        }
        row
    }

    /// In which column of its row the byte at `offset` is shown, indentation included.
    pub(super) fn column_of(&self, flow: &Flow<'_>, offset: usize) -> usize {
        let row = self.row_of(flow, offset);
        let mut measure = Measure::to(offset);
        if flow.soft {
            if let Some(mut place) = self.seek(flow, row) {
                flow.lay(&mut place.spot, &mut measure);
            }
            return measure.columns;
        }
        let next = self.checks.partition_point(|check| check.spot.offset <= offset);
        let check = next.checked_sub(1).and_then(|last| self.checks.get(last)).filter(|check| check.row == row);
        let begin = match check {
            Some(check) => Some((check.begin(flow), check.column)),
            None => self.seek(flow, row).map(|place| (place.spot, 0)),
        };
        let Some((mut spot, mut column)) = begin else { return 0 };
        measure.columns = column;
        while !measure.is_done() && !flow.block(&mut spot, &mut column, &mut measure) {}
        measure.columns
    }

    /// How many columns a row has, indentation included.
    pub(super) fn columns_of(&self, flow: &Flow<'_>, row: usize) -> usize {
        if flow.soft {
            return self.room;
        }
        let Some((mut spot, mut column)) = self.seek_column(flow, row, usize::MAX) else { return 0 };
        while !flow.block(&mut spot, &mut column, &mut Dry) {}
        column
    }
}
