//! The filter: a query over the list, typed and seen at once.
//!
//! A query that does not parse leaves the last good result standing, with the error under its place. A good one
//! gets a generation; captures are matched off the loop, newest first, and results of an older generation are dropped. The list
//! is replaced when the first match of the new one is known or all has been looked at, so that it never flashes empty.

mod update;
mod view;

use std::collections::VecDeque;

use tui_input::Input;

pub use update::{Changed, begin, clear, edit, finish, keep, key, matched, paste, set};
pub use view::{draw_editor, title};

use crate::model::Seq;
use crate::query::{Query, QueryError};

/// How many filters are remembered.
const HISTORY: usize = 50;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct FilterState {
    /// What is being typed, while it is.
    pub input: Option<Input>,
    /// The query in force.
    pub query: Query,
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
    /// What was found for this generation and is not in the list yet.
    found: Option<Vec<Seq>>,
    history: VecDeque<String>,
    /// Where in the history the user is, from the newest.
    recalled: Option<usize>,
    /// Where completion is among its candidates.
    completing: Option<Completing>,
}

/// Candidates being gone through with the completion key.
#[derive(Debug)]
struct Completing {
    /// The text before the first candidate was put in.
    text: String,
    cursor: usize,
    next: usize,
}

impl FilterState {
    /// A filter that is in force from the start.
    pub fn begin_with(&mut self, text: &str, query: Query) {
        text.clone_into(&mut self.text);
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

    /// The number of the query in force.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}
