//! The row below the one that has what is wrong: a caret under the place, and what it is.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

use super::{
    markup::{Mark, Piece, Role},
    pen::{Pen, spaces},
};

/// Where the row stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Caret {
    /// Below which row.
    pub below: usize,
    /// In which column of it.
    pub column: usize,
}

impl Caret {
    /// The row of the document that is shown as the row `index`; nothing for the caret's own.
    pub(super) fn above(caret: Option<Self>, index: usize) -> Option<usize> {
        match caret {
            Some(caret) if index == caret.below + 1 => None,
            Some(caret) if index > caret.below => Some(index - 1),
            _ => Some(index),
        }
    }

    /// As which row a row of the document is shown.
    pub(super) fn shown(caret: Option<Self>, row: usize) -> usize {
        row + usize::from(caret.is_some_and(|caret| row > caret.below))
    }

    /// The row from the column `first` on: the words behind the caret, or before it where there is no room, or nowhere.
    pub(super) fn row<'a>(self, what: &str, first: usize, width: usize) -> Vec<Piece<'a>> {
        let column = self.column.saturating_sub(first).min(width.saturating_sub(1));
        let length = what.len() + 1;
        let (indent, text) = if column + 1 + length <= width {
            (column, format!("^ {what}"))
        } else if column >= length {
            (column - length, format!("{what} ^"))
        } else {
            (column, "^".to_owned())
        };
        let blank = (indent > 0).then(|| Piece { role: Role::Text, mark: Mark::None, text: spaces(indent) });
        let error = Piece { role: Role::Error, mark: Mark::None, text: text.into() };
        blank.into_iter().chain([error]).collect()
    }
}

/// Measures how many columns stand before a byte.
pub(super) struct Measure {
    /// The byte.
    pub at: usize,
    /// The columns so far.
    pub columns: usize,
    /// Whether it has come.
    done: bool,
}

impl Measure {
    pub(super) fn to(at: usize) -> Self {
        Self { at, columns: 0, done: false }
    }

    /// Whether the byte has come.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }
}

impl<'a> Pen<'a> for Measure {
    fn indent(&mut self, columns: usize) {
        self.columns += columns;
    }

    fn put(&mut self, _: Role, start: usize, end: usize, text: Cow<'a, str>) {
        self.done |= start >= self.at;
        if self.done {
            return;
        }
        let before = if end > self.at && text.len() == end - start { text.get(..self.at - start) } else { None };
        self.done = end > self.at;
        self.columns += match before {
            Some(before) => before.width(),
            // What stands for the byte is one thing.
            None if self.done => 0,
            None => text.width(),
        };
    }
}
