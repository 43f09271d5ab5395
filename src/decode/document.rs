//! A document: a body in a view, answering for its rows.

use std::ops::Range;

use bytes::Bytes;

use super::{
    Cancelled, Layout, ViewRow,
    built::{Built, Section},
    caret::Caret,
    choice::{Choice, Why},
    find::{self, Found},
    flow::Flow,
    hex,
    image::Picture,
    lines::{Lines, Spot},
    markup::{Piece, Role},
    parts::Part,
    pattern::Pattern,
    pen::{Ink, Pen as _, spaces},
    rows::{Place, Rows, Wrapping},
    tree::{Levels, Nest, Tree},
};

/// A body in a view. Immutable, and cheap beside the body, which it shares.
#[derive(Debug)]
pub struct Document {
    /// What came.
    body: Bytes,
    /// What the view was made of, which is mostly the same.
    taken: Bytes,
    /// What is shown, which is mostly the same too.
    bytes: Bytes,
    view: &'static ViewRow,
    lines: Lines,
    /// Where lines nest.
    levels: Option<Levels>,
    sections: Vec<Section>,
    parts: Vec<Part>,
    picture: Option<Picture>,
    why: Option<Why>,
    done: String,
    stopped: bool,
}

impl Document {
    /// A body that came as `body` and became what it was chosen for by what `done` says.
    pub(super) fn new(body: Bytes, choice: Choice, done: String, stopped: bool) -> Self {
        let Choice { view, built: Built { lines, shown, sections, parts, picture, .. }, taken, why } = choice;
        let nests = matches!(view.layout, Layout::Flow(way) if Tree::nests(way, &sections));
        let levels = nests.then(|| Levels::of(lines.table()));
        let bytes = shown.unwrap_or_else(|| taken.clone());
        Self { body, taken, bytes, view, lines, levels, sections, parts, picture, why, done, stopped }
    }

    /// The same with this to be said of it, a sentence that is safe to print.
    pub(super) fn with_note(self, note: Option<String>) -> Self {
        Self { why: note.map(Why::from), ..self }
    }

    /// What the view was made of: the body without its codings.
    pub(super) fn taken(&self) -> &Bytes {
        &self.taken
    }

    /// The view it is in; not the one that was chosen, where [`note`](Self::note) says why.
    pub fn view(&self) -> &'static ViewRow {
        self.view
    }

    /// Why the body is not in the view that was chosen or that its type asks for, such as "not JSON: expected a value at
    /// line 3, column 7". Safe to print.
    pub fn note(&self) -> Option<&str> {
        self.why.as_ref().map(|why| why.sentence.as_str())
    }

    /// What was done to the body before its view saw it, such as "gzip, 2.1 KiB → 14 KiB"; nothing where it is shown as it
    /// came. Safe to print.
    pub fn done(&self) -> Option<&str> {
        Some(self.done.as_str()).filter(|done| !done.is_empty())
    }

    /// Whether undoing its content codings was stopped at a limit, which [`Subject::raised`](super::Subject) raises.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The offset in [`bytes`](Self::bytes) of what [`note`](Self::note) speaks of.
    pub fn error_offset(&self) -> Option<usize> {
        self.place().map(|(offset, _)| offset)
    }

    /// What is shown: the body, or what it was decoded to. Offsets and hits are places in it.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The body as it came.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The parts that it consists of, in order; none where it is one thing.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// A small picture of what it depicts, where that is known and could be decoded: only in the view `image`.
    pub fn picture(&self) -> Option<&Picture> {
        self.picture.as_ref()
    }

    /// How many lines it has, however wide they are; in hex, of sixteen bytes each. None only for an empty body.
    pub fn lines(&self) -> usize {
        match self.view.layout {
            Layout::Flow(_) => self.lines.count(),
            Layout::Hex => self.bytes.len().div_ceil(16),
        }
    }

    /// The tree that its lines draw, where they nest.
    pub fn tree(&self) -> Option<Tree<'_>> {
        match self.view.layout {
            Layout::Flow(way) => {
                let levels = self.levels.as_ref()?;
                Some(Tree::new((&self.bytes, way), &self.sections, (&self.lines, levels)))
            }
            Layout::Hex => None,
        }
    }

    /// The stretches of what is shown that nest in a way that is asked for.
    pub(super) fn sections_by(&self, wanted: impl Fn(Option<Nest>) -> bool) -> Vec<Range<usize>> {
        match self.view.layout {
            Layout::Flow(way) if self.sections.is_empty() && wanted(way.nest) => {
                std::iter::once(0..self.bytes.len()).collect()
            }
            Layout::Flow(_) => {
                let sections = self.sections.iter().filter(|section| wanted(section.way.nest));
                sections.map(|section| section.range.clone()).collect()
            }
            Layout::Hex => Vec::new(),
        }
    }

    /// What this costs in memory over the body, in bytes.
    pub fn cost(&self) -> usize {
        let made = if self.bytes.as_ptr() == self.body.as_ptr() { 0 } else { self.bytes.len() };
        size_of::<Self>()
            + made
            + self.lines.cost()
            + self.levels.as_ref().map_or(0, Levels::cost)
            + self.picture.as_ref().map_or(0, Picture::cost)
            + self.sections.capacity() * size_of::<Section>()
    }

    /// The rows; nothing only when cancelled.
    ///
    /// Costs nothing to speak of where the lines are plain ASCII that fits, else about as much as reading the body.
    pub fn wrap(&self, wrapping: &Wrapping, cancelled: &Cancelled) -> Option<Rows> {
        let wrapping = wrapping.bounded();
        if let Some(flow) = self.flow(&wrapping) {
            let mut rows = Rows::of(&flow, &self.lines, wrapping, cancelled)?;
            // In another view than the plain one the place may be in the middle of what is right there.
            if let Some((offset, _)) = self.place().filter(|_| self.view.name == "text") {
                rows.point_at(&flow, offset);
            }
            return Some(rows);
        }
        let len = self.bytes.len().div_ceil(self.shape(&wrapping).count);
        Some(Rows::counted(wrapping, len))
    }

    /// One row from its beginning, in pieces from left to right. Costs what its width does; no piece at all past the end.
    pub fn row<'a>(&'a self, rows: &Rows, index: usize, found: &Found) -> Vec<Piece<'a>> {
        self.draw(rows, index..index.saturating_add(1), 0, found).pop().unwrap_or_default()
    }

    /// The rows of a range, as [`row`](Self::row) gives each; dearer than one row only by what they show. Rows past the
    /// end are left out. Where lines are not wrapped, what is drawn of each begins at the column `first`, and costs the same
    /// wherever that is; else, and in hex, that is of no account.
    pub fn draw<'a>(&'a self, rows: &Rows, range: Range<usize>, first: usize, found: &Found) -> Vec<Vec<Piece<'a>>> {
        let range = range.start..range.end.min(rows.len());
        let mut ink = Ink::new(&self.bytes, found);
        let wrapping = rows.wrapping();
        let Some(flow) = self.flow(wrapping) else {
            let shape = self.shape(wrapping);
            return range.map(|row| hex::row(&mut ink, &self.bytes, shape, row)).collect();
        };
        let first = if wrapping.soft { 0 } else { first };
        let gutter = self.gutter(wrapping);
        let mut place: Option<Place> = None;
        let mut spot: Option<Spot> = None;
        range
            .map(|row| {
                let Some(row) = Caret::above(rows.caret, row) else {
                    number(&mut ink, gutter, None);
                    let what = self.place().map_or("", |(_, what)| what);
                    let mut pieces = ink.take();
                    pieces.extend(rows.caret.into_iter().flat_map(|caret| caret.row(what, first, rows.room())));
                    return pieces;
                };
                if wrapping.soft {
                    place = place.or_else(|| rows.seek(&flow, row));
                    let Some(place) = &mut place else { return Vec::new() };
                    number(&mut ink, gutter, place.begun());
                    place.line += usize::from(flow.lay(&mut place.spot, &mut ink));
                    if gutter > 0 {
                        place.line = flow.line_in_folds(place.spot).unwrap_or(place.line);
                    }
                } else {
                    // Where nothing is folded, every line is a row.
                    let line = || rows.seek(&flow, row).map(|place| place.line);
                    number(&mut ink, gutter, if gutter > 0 && flow.folding.is_some() { line() } else { Some(row) });
                    spot = rows.draw(&flow, (row, spot), first, &mut ink);
                }
                ink.take()
            })
            .collect()
    }

    /// Where a pattern stands in what is shown. At most [`FOUND_LIMIT`](super::FOUND_LIMIT) hits, none over another; nothing
    /// only when cancelled.
    ///
    /// What is searched is the bytes, not the rows: in JSON a hit never depends on the white space that the view puts between
    /// tokens, which `"a": 1` therefore finds only where the sender put it too; hits that are nothing but white space between
    /// tokens, which is not shown, are left out; and in a form `%20` is found by `%20`.
    pub fn find(&self, pattern: &Pattern, cancelled: &Cancelled) -> Option<Found> {
        let hides_blanks = self.view.name == "json";
        find::find(&self.bytes, pattern, hides_blanks, cancelled)
    }

    /// The row that shows the byte at `offset` of the body; for one that no row shows, the row before it.
    pub fn row_of(&self, rows: &Rows, offset: usize) -> usize {
        match self.flow(rows.wrapping()) {
            Some(flow) => Caret::shown(rows.caret, rows.row_of(&flow, offset)),
            None => (offset / self.shape(rows.wrapping()).count).min(rows.len().saturating_sub(1)),
        }
    }

    /// In which column of its row the byte at `offset` of the body is shown, counted from 0; in hex always 0.
    pub fn column_of(&self, rows: &Rows, offset: usize) -> usize {
        self.flow(rows.wrapping()).map_or(0, |flow| rows.column_of(&flow, offset))
    }

    /// The number, from 0, of the line that a row belongs to.
    pub fn line_of(&self, rows: &Rows, row: usize) -> usize {
        match self.flow(rows.wrapping()) {
            Some(flow) => {
                let row = Caret::above(rows.caret, row).unwrap_or(row.saturating_sub(1));
                rows.seek(&flow, row).map_or(self.lines(), |place| place.line)
            }
            None => self.offset_of(rows, row) / 16,
        }
    }

    /// The row that a line begins with, counted from 0; the last row for a line past the end.
    pub fn row_of_line(&self, rows: &Rows, line: usize) -> usize {
        match self.flow(rows.wrapping()) {
            Some(flow) => Caret::shown(rows.caret, rows.row_of_line(&flow, line)),
            None => self.row_of(rows, line.saturating_mul(16)),
        }
    }

    /// How many columns of text a row has; all that there are where lines are wrapped.
    pub fn columns_of(&self, rows: &Rows, row: usize) -> usize {
        let row = Caret::above(rows.caret, row).unwrap_or(row.saturating_sub(1));
        self.flow(rows.wrapping()).map_or(rows.room(), |flow| rows.columns_of(&flow, row))
    }

    /// Where in the body a row begins; the length of the body for one past the end. With [`row_of`](Self::row_of) this
    /// keeps the place when the width or the view changes.
    pub fn offset_of(&self, rows: &Rows, row: usize) -> usize {
        let offset = match self.flow(rows.wrapping()) {
            Some(flow) => {
                let row = Caret::above(rows.caret, row).unwrap_or(row.saturating_sub(1));
                rows.seek(&flow, row).map(|place| place.spot.offset)
            }
            None => (row < rows.len()).then(|| row * self.shape(rows.wrapping()).count),
        };
        offset.unwrap_or(self.bytes.len())
    }

    /// The index of the first hit that begins in `row` or below; from the top where there is none.
    pub fn hit_from(&self, rows: &Rows, row: usize, found: &Found) -> Option<usize> {
        found.from(self.offset_of(rows, row)).or_else(|| (!found.is_empty()).then_some(0))
    }

    /// The index of the last hit that begins above `row`; from the bottom where there is none.
    pub fn hit_above(&self, rows: &Rows, row: usize, found: &Found) -> Option<usize> {
        found.before(self.offset_of(rows, row)).or_else(|| found.len().checked_sub(1))
    }

    /// What is wrong in what is shown, and where.
    fn place(&self) -> Option<(usize, &'static str)> {
        self.why.as_ref().and_then(|why| why.place)
    }

    fn flow(&self, wrapping: &Wrapping) -> Option<Flow<'_>> {
        let width = wrapping.width - self.gutter(wrapping);
        let folding = self.tree().zip(Some(&wrapping.folds).filter(|folds| !folds.is_empty()).cloned());
        Flow::new(&self.bytes, &self.view.layout, &self.sections, (width, wrapping), folding)
    }

    /// How many columns the numbers of lines take; none where they would take more than the lines.
    fn gutter(&self, wrapping: &Wrapping) -> usize {
        let columns = self.lines.count().max(1).ilog10() as usize + 3;
        if wrapping.numbered && columns * 2 <= wrapping.width { columns } else { 0 }
    }

    fn shape(&self, wrapping: &Wrapping) -> hex::Shape {
        hex::Shape::of(wrapping.width, self.bytes.len())
    }
}

/// Writes the number of a line, or the blank before rows that begin none.
fn number(ink: &mut Ink<'_, '_>, columns: usize, line: Option<usize>) {
    if let Some(digits) = columns.checked_sub(2) {
        let text = match line {
            Some(line) => format!("{:>digits$} │", line + 1).into(),
            None => spaces(digits) + " │",
        };
        ink.put(Role::Dim, 0, 0, text);
    }
}
