//! The list of requests: which rows, which of them is selected, and where its window begins.

mod view;

use crate::tui::selection::Selection;

pub use view::draw;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct RequestsState {
    /// The rows and the selected one.
    pub list: Selection,
    /// The first row on the screen.
    pub top: usize,
}

impl RequestsState {
    /// Moves the window so that the selected row is in sight; rows move no more than they must.
    pub fn keep_in_sight(&mut self, height: usize) {
        let rows = self.list.rows().len();
        if let Some(at) = self.list.position() {
            if at < self.top {
                self.top = at;
            } else if at >= self.top + height {
                self.top = at + 1 - height.max(1);
            }
        }
        self.top = self.top.min(rows.saturating_sub(height));
    }

    /// Changes rows so that those on the screen stay where they are, as far as they stay at all.
    pub fn still<T>(&mut self, change: impl FnOnce(&mut Selection) -> T) -> T {
        let first = self.list.rows().get(self.top).copied();
        let result = change(&mut self.list);
        if let Some(first) = first {
            self.top = self.list.rows().partition_point(|seq| *seq < first);
        }
        result
    }
}
