//! The search line of the inspector: what is typed, what is in force, and what was searched for before.
//!
//! Decided: the search follows every letter; what cannot be searched for leaves the last good search standing, with the mistake
//! under its place. Whether it is an expression and whether case counts belong to each search and come back with it from the
//! history.

use std::collections::VecDeque;

use tui_input::{Input, InputRequest};

use crate::decode::{Needle, Pattern, PatternError};
use crate::tui::{action::Action, chord::Chord, text_keys};

/// How many searches are remembered.
const HISTORY: usize = 50;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct Search {
    /// What is being typed, while it is.
    pub input: Option<Input>,
    /// What is wrong with it.
    pub error: Option<PatternError>,
    /// What is typed, with how it is meant.
    typed: Needle,
    /// What is searched for; nothing before the first search.
    pattern: Option<Pattern>,
    /// What was searched for before typing began.
    before: Needle,
    history: VecDeque<Needle>,
    /// Where in the history the user is, from the newest.
    recalled: Option<usize>,
}

impl Search {
    /// Whether keys go into the search line.
    pub fn is_editing(&self) -> bool {
        self.input.is_some()
    }

    /// Whether anything is searched for.
    pub fn is_on(&self) -> bool {
        self.pattern.as_ref().is_some_and(|pattern| !pattern.is_empty())
    }

    /// What is searched for.
    pub fn pattern(&self) -> Option<&Pattern> {
        self.pattern.as_ref()
    }

    /// What is typed, or was last, with how it is meant.
    pub fn typed(&self) -> &Needle {
        &self.typed
    }

    /// Searches for nothing any more.
    pub fn clear(&mut self) {
        self.put(Needle { text: String::new(), ..self.typed.clone() });
    }

    /// Begins to type, with what was searched for last.
    pub(super) fn edit(&mut self) {
        let now = self.pattern.as_ref().map(Pattern::needle).cloned();
        self.before = now.unwrap_or_else(|| self.typed.clone());
        self.typed = self.before.clone();
        self.input = Some(Input::new(self.typed.text.clone()));
        self.recalled = None;
    }

    /// A key in the line.
    pub(super) fn key(&mut self, action: Option<Action>, chord: Chord) {
        let Some(input) = &mut self.input else { return };
        match action {
            Some(Action::Accept) => self.accept(),
            Some(Action::Cancel) => {
                self.input = None;
                let before = std::mem::take(&mut self.before);
                self.put(before);
            }
            Some(Action::ToggleRegex) => self.put(Needle { regex: !self.typed.regex, ..self.typed.clone() }),
            Some(Action::ToggleCase) => self.put(Needle { case: self.typed.case.next(), ..self.typed.clone() }),
            Some(Action::Older) => self.recall(1),
            Some(Action::Newer) => self.recall(-1),
            _ => {
                if let Some(request) = text_keys::request(chord) {
                    input.handle(request);
                    self.follow();
                }
            }
        }
    }

    /// Text pasted into the line.
    pub(super) fn paste(&mut self, text: &str) {
        if let Some(input) = &mut self.input {
            for char in text_keys::pasted(text) {
                input.handle(InputRequest::InsertChar(char));
            }
            self.follow();
        }
    }

    /// Ends typing. What is wrong stays in the line until it is right, or is given up.
    fn accept(&mut self) {
        if self.error.is_some() {
            return;
        }
        self.input = None;
        if !self.typed.text.is_empty() {
            self.history.retain(|needle| *needle != self.typed);
            self.history.push_front(self.typed.clone());
            self.history.truncate(HISTORY);
        }
    }

    /// Goes so many searches back, or forward to what was there before going back.
    fn recall(&mut self, by: isize) {
        let at = self.recalled.map_or(-1, |at| isize::try_from(at).unwrap_or(0)) + by;
        let needle = match usize::try_from(at) {
            Ok(at) if at < self.history.len() => self.history.get(at).cloned().unwrap_or_default(),
            Ok(_) => return,
            Err(_) => self.before.clone(),
        };
        self.recalled = usize::try_from(at).ok();
        self.input = Some(Input::new(needle.text.clone()));
        self.put(needle);
    }

    fn follow(&mut self) {
        let text = self.input.as_ref().map_or("", Input::value).to_owned();
        self.put(Needle { text, ..self.typed.clone() });
    }

    fn put(&mut self, needle: Needle) {
        match needle.compile() {
            Ok(pattern) => {
                self.error = None;
                self.pattern = Some(pattern);
            }
            Err(error) => self.error = Some(error),
        }
        self.typed = needle;
    }
}
