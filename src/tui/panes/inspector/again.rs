//! A quiet mark on members that have the name of one before them in the same object: programs that read the body mostly
//! see the last of them alone, which nothing else on the screen tells.
//!
//! Made when the page has moved, and not when it is drawn, as what is said of the cursor's place is.

use std::{collections::BTreeSet, sync::Arc};

use super::Page;
use crate::decode::Wrapping;

/// What is said behind the row.
pub const WORDS: &str = "  ‹ again ›";

/// See the head of this file.
#[derive(Default, Debug)]
pub struct Again {
    /// The first row, how many there are, and which document was laid out how when this was made.
    of: Option<(usize, usize, usize, Wrapping)>,
    rows: BTreeSet<usize>,
}

impl Again {
    /// Of the rows of a page in a window of `height` rows.
    pub fn of(page: &Page, height: usize) -> Self {
        let Some((document, rows)) = page.laid() else { return Self::default() };
        let above = page.sheet.rows();
        let window = page.top.max(above)..(page.top + height).min(page.rows());
        let lines: Vec<_> = window.map(|row| (row, document.offset_of(rows, row - above))).collect();
        let repeated = page.tree().map(|tree| tree.repeated(lines.iter().map(|(_, offset)| *offset)));
        let repeated = repeated.unwrap_or_default();
        let marked = lines.iter().filter(|(_, offset)| repeated.contains(offset)).map(|(row, _)| *row);
        Self { rows: marked.collect(), of: key(page, height) }
    }

    /// Whether it was made for what the page shows now.
    pub fn is_of(&self, page: &Page, height: usize) -> bool {
        self.of == key(page, height)
    }
}

fn key(page: &Page, height: usize) -> Option<(usize, usize, usize, Wrapping)> {
    let document = Arc::as_ptr(page.document()?) as usize;
    page.laid().map(|(_, rows)| (page.top, height, document, rows.wrapping().clone()))
}

impl Page {
    /// Whether a row begins a member whose name stands before in the same object.
    pub fn is_again(&self, row: usize) -> bool {
        self.again.rows.contains(&row)
    }
}
