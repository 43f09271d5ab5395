//! A page: what the inspector shows of one capture under one tab. A sheet of ours on top, a document of `decode` below,
//! scrolled and searched as one.

use std::sync::Arc;

use super::{
    Order, Tab,
    again::Again,
    jq::Under,
    marks::Marking,
    path::Here,
    picture::Pixels,
    sheet::{Hit, Sheet},
};
use crate::decode::{Differences, Document, Folds, Found, Needle, Pattern, Piece, Rows, Subject, Wrapping};
use crate::model::{AttemptId, Seq};
use crate::tui::{mask::Mask, movement::around};

/// Which page this is; results for another one are not wanted any more.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct PageKey {
    /// Of which capture.
    pub seq: Seq,
    /// Under which tab.
    pub tab: Tab,
    /// The view that the user chose.
    pub view: Option<&'static str>,
    /// In which order headers are shown.
    pub order: Order,
    /// Whether the limits on undoing content codings are raised.
    pub raised: bool,
    /// How much of what is secret is shown.
    pub mask: Mask,
    /// Whether what is shown while secrets are masked everywhere is there.
    pub covered: bool,
    /// The attempt that is shown, and whether it has ended.
    pub attempt: Option<(AttemptId, bool)>,
    /// Whether the report on its signature is there.
    pub judged: bool,
    /// The expression whose results it shows, by its number; 0 for none.
    pub applied: u64,
}

/// The lower part of a page.
#[derive(Debug)]
pub enum Lower {
    /// There is none.
    Nothing,
    /// It is being decoded.
    Decoding,
    /// It is here. The rows may be those of another wrapping for a moment.
    Ready(Arc<Document>, Box<Rows>),
    /// Its decoder failed; the sentence says so.
    Failed(String),
}

/// See the head of this file.
#[derive(Debug)]
pub struct Page {
    /// Which one this is.
    pub key: PageKey,
    /// The upper part.
    pub sheet: Sheet,
    /// The lower part.
    pub lower: Lower,
    /// What the lower part is made of.
    pub subject: Option<Subject>,
    /// The first row on the screen.
    pub top: usize,
    /// The first column on the screen, of rows that are wider than it.
    pub left: usize,
    /// The row of the cursor, where lines nest.
    pub(super) cursor: usize,
    /// Which nodes shall be folded.
    pub folds: Arc<Folds>,
    /// The byte that the cursor shall go to when the folds are in force.
    pub(super) want: Option<usize>,
    /// Whether it was laid out before.
    pub(super) has_been_shown: bool,
    /// Where the document differs from that of an earlier capture, once that was asked for.
    pub compared: Option<(Seq, Differences)>,
    /// While that is being found out: whether the reader goes forward.
    pub comparing: Option<bool>,
    /// When what is shown came.
    pub came: Option<jiff::Timestamp>,
    /// What is known of the cursor's place.
    pub(super) here: Here,
    /// Which rows of the screen name what was named before.
    pub(super) again: Again,
    /// How the lower part was asked to be wrapped, while that is being done.
    pub asked: Option<Wrapping>,
    /// The picture in pixels, where there is one and the terminal draws them.
    pub(super) pixels: Pixels,
    /// What the results of an expression have taken the place of.
    pub(super) under: Option<Under>,
    /// The expression that was asked for last, by its number; 0 for none.
    pub(super) applying: u64,
    hits: Vec<Hit>,
    found: Found,
    /// The match that the user is at, counted through both parts.
    current: usize,
    /// What the filter marks.
    pub(super) marking: Marking,
    /// For which words `hits` and `found` are.
    needle: Needle,
    /// Whether the document is still being searched.
    searching: bool,
}

impl Page {
    /// A page that is not laid out yet.
    pub fn new(key: PageKey, sheet: Sheet, subject: Option<Subject>) -> Self {
        Self {
            key,
            sheet,
            lower: if subject.is_some() { Lower::Decoding } else { Lower::Nothing },
            subject,
            top: 0,
            left: 0,
            cursor: 0,
            pixels: Pixels::default(),
            folds: Arc::default(),
            want: None,
            has_been_shown: false,
            came: None,
            compared: None,
            comparing: None,
            here: Here::default(),
            again: Again::default(),
            asked: None,
            under: None,
            applying: 0,
            hits: Vec::new(),
            found: Found::none(),
            current: 0,
            marking: Marking::default(),
            needle: Needle::default(),
            searching: false,
        }
    }

    /// The document, once it is here.
    pub fn document(&self) -> Option<&Arc<Document>> {
        match &self.lower {
            Lower::Ready(document, _) => Some(document),
            _ => None,
        }
    }

    /// How many rows there are in all.
    pub fn rows(&self) -> usize {
        self.sheet.rows()
            + match &self.lower {
                Lower::Nothing => 0,
                Lower::Decoding | Lower::Failed(_) => 1,
                Lower::Ready(_, rows) => rows.len(),
            }
    }

    /// `count` rows from `first` on as pieces; nothing for the row that says how the lower part is doing.
    pub fn window(&self, first: usize, count: usize) -> Vec<Option<Vec<Piece<'_>>>> {
        let above = self.sheet.rows();
        let last = (first + count).min(self.rows());
        let current = self.hits.get(self.current);
        // A search goes before the filter.
        let (hits, found) = match self.needle.text.as_str() {
            "" => (&self.marking.hits, &self.marking.found),
            _ => (&self.hits, &self.found),
        };
        let mut window: Vec<_> = (first..last.min(above)).map(|at| Some(self.sheet.row(at, hits, current))).collect();
        let rest = first.max(above) - above..last.max(above) - above;
        match &self.lower {
            Lower::Ready(document, rows) => {
                window.extend(document.draw(rows, rest, self.left, found).into_iter().map(Some));
            }
            _ => window.extend(rest.map(|_| None)),
        }
        window
    }

    /// Moves the first row, within what there is for a window of `height` rows.
    pub fn scroll(&mut self, by: isize, height: usize) {
        self.scroll_to(self.top.saturating_add_signed(by), height);
    }

    /// Makes `top` the first row, within what there is.
    pub fn scroll_to(&mut self, top: usize, height: usize) {
        self.top = top.min(self.rows().saturating_sub(height));
    }

    /// Brings a row into sight, a third of the way down where it is not there already: what moves to a row goes this way.
    pub fn go_to(&mut self, row: usize, height: usize) {
        if row < self.top + self.covered() || row >= self.top + height {
            self.scroll_to(row.saturating_sub(height / 3), height);
        }
        self.cursor = row;
    }

    /// Takes new rows for another wrapping, keeping the text that is at the top there.
    pub fn relay(&mut self, rows: Rows) {
        self.relay_tree(rows);
        self.scroll_columns(0);
    }

    /// The document and its rows, once they are here.
    pub fn laid(&self) -> Option<(&Document, &Rows)> {
        match &self.lower {
            Lower::Ready(document, rows) => Some((document, rows)),
            _ => None,
        }
    }

    /// The columns of text that there are to go through, and how many of them are in sight; nothing where there is no more
    /// than is in sight, because lines are wrapped or short.
    pub fn columns(&self) -> Option<(usize, usize)> {
        let (_, rows) = self.laid()?;
        // A column is kept for the sign that a row goes on.
        let room = rows.room().saturating_sub(1).max(1);
        (!rows.wrapping().soft && rows.columns() > rows.room()).then(|| (rows.columns(), room))
    }

    /// Moves the first column, within what there is.
    pub fn scroll_columns(&mut self, by: isize) {
        let most = self.columns().map_or(0, |(columns, room)| columns.saturating_sub(room));
        self.left = self.left.saturating_add_signed(by).min(most);
    }

    /// Moves the first column so that the longest of `height` rows ends in sight.
    pub fn scroll_to_end(&mut self, height: usize) {
        let Some((_, room)) = self.columns() else { return };
        let rows = self.top.max(self.sheet.rows())..(self.top + height).min(self.rows());
        let longest = rows.filter_map(|row| self.columns_of(row)).max().unwrap_or(0);
        self.left = longest.saturating_sub(room);
    }

    /// How many columns of text a row of the document has.
    fn columns_of(&self, row: usize) -> Option<usize> {
        let (document, rows) = self.laid()?;
        Some(document.columns_of(rows, row.checked_sub(self.sheet.rows())?))
    }

    /// Whether a row goes on to the right of what is in sight.
    pub fn goes_on(&self, row: usize) -> bool {
        let room = self.laid().map_or(0, |(_, rows)| rows.room());
        self.columns().is_some() && self.columns_of(row).is_some_and(|columns| columns > self.left + room)
    }

    /// The words that the marks are for.
    pub fn needle(&self) -> &Needle {
        &self.needle
    }

    /// Marks where the words stand in the sheet; those in the document come by [`found`](Self::found).
    pub fn search(&mut self, pattern: &Pattern) {
        self.needle = pattern.needle().clone();
        self.hits = self.sheet.find(pattern);
        self.found = Found::none();
        self.current = 0;
        self.searching = !pattern.is_empty();
    }

    /// Forgets the marks, which are of another document.
    pub(super) fn forget_marks(&mut self) {
        self.needle = Needle::default();
        self.marking = Marking::default();
        self.hits = Vec::new();
        self.found = Found::none();
        (self.current, self.searching) = (0, false);
    }

    /// Whether the marks of the document are still to come.
    pub fn is_searching(&self) -> bool {
        self.searching && !matches!(self.lower, Lower::Nothing | Lower::Failed(_))
    }

    /// Takes the marks of the document and goes to the first at or below the top.
    pub fn found(&mut self, found: Found, height: usize) {
        self.found = found;
        self.searching = false;
        let rows_of = |page: &Self, at: usize| page.row_of_match(at);
        let first = (0..self.matches()).find(|at| rows_of(self, *at) >= self.top);
        if self.matches() > 0 {
            self.go_to_match(first.unwrap_or(0), height);
        }
    }

    /// How many matches there are.
    pub fn matches(&self) -> usize {
        self.hits.len() + self.found.len()
    }

    /// Whether there are more than were looked for.
    pub fn has_more_matches(&self) -> bool {
        self.found.more
    }

    /// The match that the user is at, counted from 1.
    pub fn current_match(&self) -> usize {
        if self.matches() == 0 { 0 } else { self.current + 1 }
    }

    /// Goes that many matches on, around the end.
    pub fn next_match(&mut self, by: isize, height: usize) {
        let count = self.matches();
        if count > 0 {
            self.go_to_match(around(self.current, by, count), height);
        }
    }

    fn row_of_match(&self, at: usize) -> usize {
        match (self.hits.get(at), &self.lower) {
            (Some(hit), _) => self.sheet.row_of(hit),
            (None, Lower::Ready(document, rows)) => {
                let range = self.found.at(at - self.hits.len());
                self.sheet.rows() + document.row_of(rows, range.start)
            }
            _ => 0,
        }
    }

    fn go_to_match(&mut self, at: usize, height: usize) {
        self.current = at;
        self.found.current = at.checked_sub(self.hits.len());
        if let Some(hit) = self.found.current.map(|hit| self.found.at(hit)) {
            self.reveal_in_folds(hit.start);
        }
        self.go_to(self.row_of_match(at), height);
        self.reveal(at);
    }

    /// Brings the columns of a match into sight where rows are wider than the screen.
    fn reveal(&mut self, at: usize) {
        let Some((document, rows)) = self.laid() else { return };
        let Some(hit) = at.checked_sub(self.hits.len()).filter(|_| !rows.wrapping().soft) else { return };
        let hit = self.found.at(hit);
        self.show_columns(document.column_of(rows, hit.start), hit.len());
    }

    /// Brings columns of a row into sight where rows are wider than the screen.
    pub fn show_columns(&mut self, column: usize, count: usize) {
        let Some((_, room)) = self.columns() else { return };
        // What is longer than the screen is wide is shown from its beginning.
        let end = column + count.min(room / 2);
        if column < self.left || end > self.left + room {
            self.left = if end <= room { 0 } else { column.saturating_sub(room / 3) };
        }
    }
}
