//! What differs from the request before of the same kind: marks beside the lines, and going from one to the next.
//!
//! Decided: differences are looked for when they are asked for, not for every body that is opened; their marks stay until
//! another request is shown. What is there no more has no line, so it is told in words at what it was in.

use std::sync::Arc;

use super::Page;
use crate::decode::{self, Cancelled, Change, Differences, Document, Subject};
use crate::model::{Capture, Printable};

/// How many names of what is there no more are told.
const NAMES: usize = 3;

/// Where a document differs from an earlier capture's body; the error is a sentence. Nothing when cancelled.
pub fn compare(now: &Document, before: &Arc<Capture>, cancelled: &Cancelled) -> Option<Result<Differences, String>> {
    let was = decode::decode(&Subject::of(before), Some(now.view()), cancelled)?;
    if was.view() != now.view() || !decode::is_comparable(&was) {
        return Some(Err(format!("{}, the request before of this kind, has no body of JSON", before.seq)));
    }
    decode::compare(now, &was, cancelled).map(Ok)
}

impl Page {
    /// Goes to the next difference behind the cursor, or to the one before it, around the end; and says which that is.
    pub fn next_difference(&mut self, forward: bool, height: usize) -> String {
        let Some((before, found)) = &self.compared else { return String::new() };
        let (before, here) = (*before, self.cursor_offset().unwrap_or(0));
        let index = if forward { found.after(here) } else { found.before(here) };
        let Some((index, (offset, change))) = index.and_then(|index| Some((index, found.get(index)?))) else {
            return format!("nothing differs from {before}");
        };
        let what = words(change);
        let more = if found.more { "+" } else { "" };
        let said = format!("{} of {}{more} differences from {before}: {what}", index + 1, found.len());
        self.reveal_in_folds(offset);
        let row = self.laid().map(|(document, rows)| self.sheet.rows() + document.row_of(rows, offset));
        if let Some(row) = row {
            self.go_to(row, height);
            self.show_cursor(height);
        }
        said
    }

    /// The signs that stand beside `count` rows from `first` on: `+` for what is new, `~` for what is changed or has
    /// changes in its fold, `-` for what something is missing from.
    pub fn signs(&self, first: usize, count: usize) -> Vec<Option<char>> {
        let Some((_, found)) = self.compared.as_ref().filter(|(_, found)| !found.is_empty() && self.key.applied == 0)
        else {
            return Vec::new();
        };
        let Some((document, rows)) = self.laid() else { return Vec::new() };
        let above = self.sheet.rows();
        let offset = |row: usize| row.checked_sub(above).map(|row| document.offset_of(rows, row));
        let mut begin = offset(first);
        (first..first + count)
            .map(|row| {
                let end = offset(row + 1);
                let start = std::mem::replace(&mut begin, end)?;
                let own = found.at(start).min_by_key(|change| matches!(change, Change::Removed(..)));
                match own {
                    Some(Change::Added) => Some('+'),
                    Some(Change::Changed) => Some('~'),
                    Some(Change::Removed(..)) => Some('-'),
                    None => found.is_within(start..end?).then_some('~'),
                }
            })
            .collect()
    }
}

fn words(change: &Change) -> String {
    match change {
        Change::Added => "new".to_owned(),
        Change::Changed => "changed".to_owned(),
        Change::Removed(count, names) => {
            let told: Vec<_> =
                names.iter().take(NAMES).map(|name| Printable::limited(name, 24).as_str().to_owned()).collect();
            let left = count - told.len();
            match (told.is_empty(), left) {
                (true, 1) => "1 item less".to_owned(),
                (true, left) => format!("{left} items less"),
                (false, 0) => format!("{} is not there any more", told.join(", ")),
                (false, left) => format!("{} and {left} more are not there any more", told.join(", ")),
            }
        }
    }
}
