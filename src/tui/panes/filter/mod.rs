//! The filter: a query over the list, typed and seen at once.
//!
//! A query that does not parse leaves the last good result standing, with the error under its place. A good one
//! gets a generation; captures are matched off the loop, newest first, and results of an older generation are dropped. The list
//! is replaced when the first match of the new one is known or all has been looked at, so that it never flashes empty. A query
//! that can only find less than the one before is asked of the list alone, and of what is still on its way to it.

mod update;
mod view;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use tui_input::Input;

pub use update::{Changed, asked, begin, clear, edit, finish, keep, key, matched, narrowed, paste, saw, set, wants};
pub use view::{draw_editor, title, working};

use crate::model::Seq;
use crate::query::{Completion, Query, QueryError, Seen, Wanted};
use crate::tui::{marks::Marks, saved::Saved};

/// How many filters are remembered.
const HISTORY: usize = 50;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct FilterState {
    /// What is being typed, while it is.
    pub input: Option<Input>,
    /// The query in force.
    pub query: Query,
    /// What it marks.
    pub marks: Arc<Marks>,
    /// As it was typed.
    pub text: String,
    /// What is wrong with what is being typed.
    pub error: Option<QueryError>,
    /// The text before typing began.
    before: String,
    /// Counts the queries.
    generation: u64,
    /// Captures still to be looked at for this generation; nothing when all have been.
    left: Option<usize>,
    /// How many were to be looked at for it in all.
    among: usize,
    /// Whether all that this query can find is in the list.
    narrows: bool,
    /// Captures that arrived and are not looked at yet.
    unasked: BTreeSet<Seq>,
    /// What was found for this generation and is not in the list yet.
    found: Option<Vec<Seq>>,
    /// Queries with a name, those of the configuration first.
    pub saved: Vec<Saved>,
    history: VecDeque<String>,
    /// Where in the history the user is, from the newest.
    recalled: Option<usize>,
    /// What the captures have where the cursor is, once that was looked up.
    seen: Option<Seen>,
    /// What was looked up last.
    wanted: Option<Wanted>,
    /// Where completion is among its candidates.
    completing: Option<Completing>,
}

/// Candidates being gone through with the completion key.
#[derive(Debug)]
struct Completing {
    /// The text before the first candidate was put in.
    text: String,
    candidates: Vec<Completion>,
    /// The one that stands there.
    at: usize,
}

impl FilterState {
    /// A filter that is in force from the start.
    pub fn begin_with(&mut self, text: &str, query: Query) {
        text.clone_into(&mut self.text);
        self.put(query);
    }

    /// Puts a query into force.
    fn put(&mut self, query: Query) {
        self.marks = Arc::new(Marks::of(&query));
        self.query = query;
    }

    /// Whether keys go into the filter's line.
    pub fn is_editing(&self) -> bool {
        self.input.is_some()
    }

    /// Whether anything is filtered away.
    pub fn is_on(&self) -> bool {
        !self.query.is_everything()
    }

    /// Whether captures are still to be looked at.
    pub fn is_working(&self) -> bool {
        self.left.is_some()
    }

    /// How many captures have been looked at for the query in force and how many are to be, once that takes longer than a
    /// frame.
    pub fn progress(&self) -> Option<(usize, usize)> {
        self.left.filter(|left| *left < self.among).map(|left| (self.among - left, self.among))
    }

    /// The number of the query in force.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}
