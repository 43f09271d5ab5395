//! How the filter changes: typing, completion, history, and results as they come.

use tui_input::{Input, InputRequest};

use super::{Completing, FilterState, HISTORY};
use crate::model::Seq;
use crate::query::{self, Completion, Query, Seen, Wanted};
use crate::tui::{action::Action, chord::Chord, message::Matched, selection::Selection, text_keys};

/// Whether the query in force is another one now, so that the list has to be made anew.
#[must_use]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Changed {
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// Begins to type.
pub fn edit(state: &mut FilterState) {
    state.before.clone_from(&state.text);
    state.input = Some(Input::new(state.text.clone()));
    state.recalled = None;
}

/// A key in the filter's line.
pub fn key(state: &mut FilterState, action: Option<Action>, chord: Chord) -> Changed {
    match action {
        Some(Action::Accept) => {
            accept(state);
            return Changed::No;
        }
        Some(Action::Cancel) => return cancel(state),
        Some(Action::Complete) => return complete(state),
        Some(Action::Older) => return recall(state, 1),
        Some(Action::Newer) => return recall(state, -1),
        _ => {}
    }
    let Some(input) = &mut state.input else { return Changed::No };
    let Some(request) = text_keys::request(chord) else { return Changed::No };
    input.handle(request);
    state.completing = None;
    apply(state)
}

/// Text pasted into the filter's line.
pub fn paste(state: &mut FilterState, text: &str) -> Changed {
    let Some(input) = &mut state.input else { return Changed::No };
    for char in text_keys::pasted(text) {
        input.handle(InputRequest::InsertChar(char));
    }
    state.completing = None;
    apply(state)
}

/// Keeps the text in force among those that were typed before.
pub fn keep(state: &mut FilterState) {
    if state.error.is_none() && !state.text.is_empty() && state.history.front() != Some(&state.text) {
        state.history.push_front(state.text.clone());
        state.history.truncate(HISTORY);
    }
}

/// Ends typing. What does not parse stays in the line until it does, or is cancelled.
fn accept(state: &mut FilterState) {
    if state.error.is_some() {
        return;
    }
    keep(state);
    state.input = None;
    state.completing = None;
}

/// Ends typing and goes back to the filter before.
fn cancel(state: &mut FilterState) -> Changed {
    state.input = None;
    state.completing = None;
    let before = std::mem::take(&mut state.before);
    set(state, &before)
}

/// Shows everything again.
pub fn clear(state: &mut FilterState) -> Changed {
    state.input = None;
    set(state, "")
}

/// Puts a text into force, if it parses.
pub fn set(state: &mut FilterState, text: &str) -> Changed {
    let parsed = if text.trim().is_empty() { Ok(Query::everything()) } else { Query::parse(text) };
    match parsed {
        Ok(query) => {
            state.error = None;
            let same = state.text.trim() == text.trim();
            text.clone_into(&mut state.text);
            if same {
                return Changed::No;
            }
            // Only a list that is whole is all that the query before has found.
            state.narrows = !state.is_working() && state.is_on() && query.refines(&state.query);
            state.put(query);
            state.generation += 1;
            Changed::Yes
        }
        Err(error) => {
            state.error = Some(error);
            Changed::No
        }
    }
}

fn apply(state: &mut FilterState) -> Changed {
    let text = state.input.as_ref().map(|input| input.value().to_owned()).unwrap_or_default();
    set(state, &text)
}

/// Puts the next candidate in place of the word at the cursor.
fn complete(state: &mut FilterState) -> Changed {
    let (text, candidates, at) = match state.completing.take() {
        Some(before) => {
            let next = (before.at + 1) % before.candidates.len().max(1);
            (before.text, before.candidates, next)
        }
        None => match &state.input {
            Some(input) => (input.value().to_owned(), candidates(state), 0),
            None => return Changed::No,
        },
    };
    let (Some(candidate), Some(input)) = (candidates.get(at), &mut state.input) else { return Changed::No };
    let mut completed = text.clone();
    completed.replace_range(candidate.replace.clone(), &candidate.with);
    let end = candidate.replace.start + candidate.with.len();
    let column = completed.get(..end).map_or(0, |before| before.chars().count());
    *input = Input::new(completed).with_cursor(column);
    // Where there was no choice, the next is about what comes behind it.
    state.completing = (candidates.len() > 1).then_some(Completing { text, candidates, at });
    apply(state)
}

/// What could stand at the cursor.
pub(super) fn candidates(state: &FilterState) -> Vec<Completion> {
    let Some(input) = &state.input else { return Vec::new() };
    query::complete_among(input.value(), cursor(input), state.seen.as_ref())
}

/// Where the cursor is, in bytes.
fn cursor(input: &Input) -> usize {
    input.value().chars().take(input.cursor()).map(char::len_utf8).sum()
}

/// What is to be looked up for where the cursor is now, if that was not done yet.
pub fn wants(state: &mut FilterState) -> Option<Wanted> {
    let wanted = state.input.as_ref().and_then(|input| query::wanted(input.value(), cursor(input)));
    if wanted == state.wanted {
        return None;
    }
    state.seen = None;
    state.wanted.clone_from(&wanted);
    wanted
}

/// Takes what was looked up, if it is still wanted.
pub fn saw(state: &mut FilterState, seen: Seen) {
    if state.wanted.as_ref() == Some(&seen.wanted) {
        state.seen = Some(seen);
    }
}

/// Goes back or forth in the history.
fn recall(state: &mut FilterState, by: isize) -> Changed {
    let at = match state.recalled {
        None if by > 0 => Some(0),
        None => None,
        Some(at) => at.checked_add_signed(by),
    };
    let text = match at {
        Some(at) => match state.history.get(at) {
            Some(text) => text.clone(),
            None => return Changed::No,
        },
        None => state.before.clone(),
    };
    state.recalled = at;
    state.input = Some(Input::new(text));
    apply(state)
}

/// The captures that alone may match the query in force, in order: those of the list and those that are not looked at yet.
/// Nothing where any may.
pub fn narrowed(state: &FilterState, list: &Selection) -> Option<Vec<Seq>> {
    state.narrows.then(|| {
        let mut among: Vec<Seq> = list.rows().iter().chain(&state.unasked).copied().collect();
        among.sort_unstable();
        among.dedup();
        among
    })
}

/// Notes captures that are looked at one by one.
pub fn asked(state: &mut FilterState, seqs: impl Iterator<Item = Seq>) {
    state.unasked.extend(seqs);
}

/// Begins to collect results for the query in force among that many captures.
pub fn begin(state: &mut FilterState, among: usize) {
    state.unasked.clear();
    state.among = among;
    state.left = Some(among);
    state.found = Some(Vec::new());
}

/// Ends collecting: there is nothing to look at.
pub fn finish(state: &mut FilterState) {
    state.unasked.clear();
    state.left = None;
    state.found = None;
}

/// Takes results into the list; those of an older query are dropped. Returns whether the list changed.
pub fn matched(state: &mut FilterState, list: &mut Selection, matched: Matched) -> bool {
    if matched.generation != state.generation {
        return false;
    }
    let Some(left) = matched.left else {
        // Captures that only just came, or whose facts changed.
        for (seq, yes) in matched.results {
            state.unasked.remove(&seq);
            match &mut state.found {
                Some(found) if yes => found.push(seq),
                _ if yes => list.add(seq),
                _ => list.remove(seq),
            }
        }
        list.settle();
        return true;
    };
    state.left = (left > 0).then_some(left);
    let yes = matched.results.into_iter().filter(|(_, yes)| *yes).map(|(seq, _)| seq);
    match &mut state.found {
        Some(found) => {
            found.extend(yes);
            if left > 0 && found.is_empty() {
                return true;
            }
            let mut rows = std::mem::take(found);
            rows.sort_unstable();
            rows.dedup();
            list.replace(rows.into());
            state.found = None;
        }
        None => {
            // Older matches, newest first: turned around, they go in front.
            let mut rows: Vec<_> = yes.collect();
            rows.reverse();
            list.prepend(rows);
        }
    }
    list.settle();
    true
}
