//! A comparison as lines to show: side by side or one below the other, all of it or what differs with a little around it.
//!
//! Decided: a line is a place in the comparison and no text, so that laying out is cheap however long the texts are, and whoever
//! draws makes only what is in sight. What a reader goes to are runs of differing rows; nobody wants to stop at each line of
//! an object that is new. Ignored differences stand like what is alike, with a sign of their own.

use std::{borrow::Cow, ops::Range};

use super::{Comparison, Row, Section, Side, Sign};

/// How many rows stand around what differs.
pub const AROUND: usize = 3;

/// The sign of a difference that is ignored.
pub const IGNORED: char = '≈';

/// What is shown, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct How {
    /// The old side at the left and the new one at the right.
    pub side_by_side: bool,
    /// Also what is alike.
    pub everything: bool,
    /// Without counting what is ignored.
    pub ignoring: bool,
}

/// Which sides of a row a line shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sides {
    /// Both, or the one that there is.
    Both,
    /// The older one.
    Old,
    /// The newer one.
    New,
}

/// One line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// The name of a section.
    Heading(usize),
    /// A sentence about it.
    Note(usize, usize),
    /// So many rows that are alike.
    Gap(usize, Range<usize>),
    /// A row of it.
    Row(usize, usize, Sides),
    /// Nothing.
    Blank,
}

/// See the head of this file.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Page {
    /// The lines.
    pub lines: Vec<Line>,
    /// At which of them runs of differences begin.
    pub stops: Vec<usize>,
}

/// A piece of a text, and whether it is what differs.
pub type Marked<'a> = (bool, &'a [u8]);

impl Page {
    /// Lays a comparison out.
    pub fn of(comparison: &Comparison, how: How) -> Self {
        let mut page = Self::default();
        for (at, section) in comparison.sections.iter().enumerate() {
            if at > 0 {
                page.lines.push(Line::Blank);
            }
            page.lines.push(Line::Heading(at));
            page.lines.extend((0..section.notes.len()).map(|note| Line::Note(at, note)));
            page.section(at, section, how);
        }
        page
    }

    fn section(&mut self, section: usize, of: &Section, how: How) {
        let rows = &of.rows;
        let differs = |row: &Row| row.sign != Sign::Same && !(how.ignoring && row.ignored);
        // Where the next row is that differs, counted from the end.
        let mut next = vec![usize::MAX; rows.len() + 1];
        for (at, row) in rows.iter().enumerate().rev() {
            let after = next.get(at + 1).copied().unwrap_or(usize::MAX);
            if let Some(slot) = next.get_mut(at) {
                *slot = if differs(row) { at } else { after };
            }
        }
        let (mut last, mut gap): (Option<usize>, Option<usize>) = (None, None);
        let mut within = false;
        for (at, row) in rows.iter().enumerate() {
            let own = differs(row);
            if own {
                last = Some(at);
            }
            let near = last.is_some_and(|last| at - last <= AROUND)
                || next.get(at).is_some_and(|next| *next != usize::MAX && next - at <= AROUND);
            if !near && !how.everything {
                gap = gap.or(Some(at));
                within = false;
                continue;
            }
            if let Some(from) = gap.take() {
                self.lines.push(Line::Gap(section, from..at));
            }
            if own && !within {
                self.stops.push(self.lines.len());
            }
            within = own;
            if own && row.sign == Sign::Changed && !how.side_by_side {
                self.lines.push(Line::Row(section, at, Sides::Old));
                self.lines.push(Line::Row(section, at, Sides::New));
            } else {
                self.lines.push(Line::Row(section, at, Sides::Both));
            }
        }
        // Of a section that is the same its heading says so.
        let told = gap == Some(0) && !of.rows.iter().any(|row| row.ignored);
        if let Some(from) = gap.filter(|_| !told) {
            self.lines.push(Line::Gap(section, from..rows.len()));
        }
    }

    /// The stop behind that line, or the first one.
    pub fn stop_after(&self, line: usize) -> Option<usize> {
        let at = self.stops.partition_point(|stop| *stop <= line);
        self.stops.get(at).or(self.stops.first()).copied()
    }

    /// The stop before that line, or the last one.
    pub fn stop_before(&self, line: usize) -> Option<usize> {
        let at = self.stops.partition_point(|stop| *stop < line);
        at.checked_sub(1).and_then(|at| self.stops.get(at)).or(self.stops.last()).copied()
    }

    /// Which stop that line is, from 1.
    pub fn number(&self, line: usize) -> Option<usize> {
        self.stops.binary_search(&line).ok().map(|at| at + 1)
    }
}

/// How many rows stand for a range of rows, those that are not kept included.
pub fn count(rows: &[Row], range: &Range<usize>) -> usize {
    rows.get(range.clone()).unwrap_or_default().iter().map(|row| row.left_out.max(1)).sum()
}

impl Row {
    /// The sign that stands before a line of it.
    pub fn shown_sign(&self, sides: Sides, ignoring: bool) -> char {
        match sides {
            _ if self.ignored && ignoring => IGNORED,
            Sides::Both => self.sign.char(),
            Sides::Old => Sign::Removed.char(),
            Sides::New => Sign::Added.char(),
        }
    }

    /// The side that a line of it shows, where that is one; of both the newer.
    pub fn shown_side(&self, sides: Sides) -> Option<&Side> {
        match sides {
            Sides::Old => self.old.as_ref(),
            Sides::New => self.new.as_ref(),
            Sides::Both => self.new.as_ref().or(self.old.as_ref()),
        }
    }
}

impl Side {
    /// The text in pieces, those that differ told apart.
    pub fn pieces(&self) -> Vec<Marked<'_>> {
        let text = |range: Range<usize>| self.text.get(range).unwrap_or_default();
        let (mut pieces, mut at) = (Vec::new(), 0);
        for (start, end) in self.marks.iter().map(|(start, end)| (*start as usize, *end as usize)) {
            pieces.push((false, text(at..start)));
            pieces.push((true, text(start..end)));
            at = end;
        }
        pieces.push((false, text(at..self.text.len())));
        pieces.retain(|(_, text)| !text.is_empty());
        pieces
    }
}

/// What a gap says.
pub fn gap_words(rows: &[Row], range: &Range<usize>) -> Cow<'static, str> {
    let count = count(rows, range);
    let ignored = rows.get(range.clone()).unwrap_or_default().iter().filter(|row| row.ignored && row.begins).count();
    let alike = count.saturating_sub(ignored);
    let lines = if alike == 1 { "line" } else { "lines" };
    let same = if alike == 0 { String::new() } else { format!("{alike} {lines} the same") };
    let out = match (ignored, same.is_empty()) {
        (0, _) => String::new(),
        (count, true) => format!("{count} ignored"),
        (count, false) => format!(", {count} ignored"),
    };
    format!("{same}{out}").into()
}
