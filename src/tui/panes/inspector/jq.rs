//! The line of the inspector for a jq expression: what is typed is applied at once, and its results stand in place of the
//! body.
//!
//! Decided: every run is off the loop, a small body's too, because an expression takes as long as it likes up to its limit;
//! so the last good results stay until the next are there, and while what is typed is half done. An expression that is
//! kept is kept over captures, as a filter is: the next body is seen through it, or it says why it cannot be. `esc` gives the
//! body back, in the line and outside of it.

use std::{collections::VecDeque, sync::Arc};

use ratatui::{Frame, layout::Rect};
use tui_input::{Input, InputRequest};

use super::{InspectorState, Lower, Page, PageKey, Tab, view::matches_words};
use crate::decode::{Document, Folds, Rows, Wrapping, jq::Mistake};
use crate::model::Printable;
use crate::tui::{
    action::Action,
    chord::Chord,
    effect::Effect,
    layout, text_keys,
    theme::{Role, Theme},
    widgets::{input, line::Line},
};

/// How many expressions are remembered.
const HISTORY: usize = 50;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct Jq {
    /// What is being typed, while it is.
    pub input: Option<Input>,
    /// The expression in force, or what is being typed.
    text: String,
    /// What is wrong with it, or with applying it to this body.
    error: Option<Mistake>,
    /// Counts the expressions.
    generation: u64,
    history: VecDeque<String>,
    /// Where in the history the user is, from the newest.
    recalled: Option<usize>,
    /// What was typed before going into the history.
    draft: String,
}

impl Jq {
    /// Whether keys go into the line.
    pub fn is_editing(&self) -> bool {
        self.input.is_some()
    }

    /// Whether there is an expression.
    pub fn is_on(&self) -> bool {
        !self.text.trim().is_empty()
    }

    /// Begins to type, at the end of the expression in force.
    pub(super) fn edit(&mut self) {
        self.input = Some(Input::new(self.text.clone()));
        self.recalled = None;
    }

    /// Gives the body back.
    pub fn clear(&mut self) {
        self.input = None;
        self.set(String::new());
    }

    fn set(&mut self, text: String) {
        if text.trim() != self.text.trim() {
            self.generation += 1;
            self.error = None;
        }
        self.text = text;
    }

    fn typed(&mut self) {
        let text = self.input.as_ref().map(|input| input.value().to_owned()).unwrap_or_default();
        self.set(text);
    }

    /// Ends typing. What is wrong stays in the line until it is right, or is given up.
    fn accept(&mut self) {
        if self.error.as_ref().is_some_and(|mistake| !mistake.span.is_empty() || mistake.span.start > 0) {
            return;
        }
        self.input = None;
        let text = self.text.trim();
        if !text.is_empty() {
            self.history.retain(|old| old != text);
            self.history.push_front(text.to_owned());
            self.history.truncate(HISTORY);
        }
    }

    /// Goes back or forth in the history.
    fn recall(&mut self, by: isize) {
        let at = match self.recalled {
            None if by > 0 => Some(0),
            None => return,
            Some(at) => at.checked_add_signed(by),
        };
        let text = match at.map(|at| self.history.get(at)) {
            Some(None) => return,
            Some(Some(text)) => text.clone(),
            None => self.draft.clone(),
        };
        if self.recalled.is_none() {
            self.draft.clone_from(&self.text);
        }
        self.recalled = at;
        self.input = Some(Input::new(text));
        self.typed();
    }
}

/// The tabs whose bodies an expression is applied to.
pub(super) fn takes(tab: Tab) -> bool {
    matches!(tab, Tab::Body | Tab::Answer | Tab::Replays)
}

/// What results stand in place of.
#[derive(Debug)]
pub struct Under {
    document: Arc<Document>,
    rows: Box<Rows>,
    top: usize,
    folds: Arc<Folds>,
    cursor: usize,
}

/// Whether two pages are of the same thing, whatever expression they are seen through.
pub(super) fn is_same(one: &PageKey, other: &PageKey) -> bool {
    PageKey { applied: 0, ..one.clone() } == PageKey { applied: 0, ..other.clone() }
}

/// Asks for the results of the expression where they are due, or puts the body back.
pub(super) fn apply(jq: &mut Jq, page: &mut Page, wrapping: &Wrapping) -> Option<Effect> {
    if !jq.is_on() || !takes(page.key.tab) {
        let is_running = page.applying != page.key.applied;
        page.applying = 0;
        page.key.applied = 0;
        if let Some(Under { document, rows, top, folds, cursor }) = page.under.take() {
            page.lower = Lower::Ready(document, rows);
            page.asked = None;
            (page.top, page.left) = (top, 0);
            (page.folds, page.cursor, page.want) = (folds, cursor, None);
            page.forget_marks();
        }
        return is_running.then_some(Effect::StopApplying);
    }
    if page.applying == jq.generation {
        return None;
    }
    let document = match (&page.under, &page.lower) {
        (Some(under), _) => &under.document,
        (None, Lower::Ready(document, _)) => document,
        (None, _) => return None,
    };
    page.applying = jq.generation;
    jq.error = None;
    Some(Effect::Apply {
        key: page.key.clone(),
        generation: jq.generation,
        document: Arc::clone(document),
        expression: jq.text.clone(),
        wrapping: wrapping.clone(),
    })
}

/// Takes results, or what is wrong, if they are still wanted.
pub fn applied(
    state: &mut InspectorState,
    key: &PageKey,
    generation: u64,
    result: Result<(Arc<Document>, Rows), Mistake>,
) {
    let InspectorState { page: Some(page), jq, .. } = state else { return };
    if page.applying != generation || !is_same(&page.key, key) {
        return;
    }
    let (document, rows) = match result {
        Ok(results) => results,
        Err(mistake) => {
            jq.error = Some(mistake);
            return;
        }
    };
    jq.error = None;
    let old = std::mem::replace(&mut page.lower, Lower::Ready(document, Box::new(rows)));
    if let (None, Lower::Ready(document, rows)) = (&page.under, old) {
        let folds = std::mem::take(&mut page.folds);
        page.under = Some(Under { document, rows, top: page.top, folds, cursor: page.cursor });
    }
    (page.top, page.left) = (0, 0);
    // The results are folded by themselves.
    (page.folds, page.cursor, page.want) = (Arc::default(), 0, None);
    // How the body before was asked to be wrapped is of no account.
    page.asked = None;
    page.key.applied = generation;
    // The marks of the search are for what was there before.
    page.forget_marks();
}

/// A key in the line. The results follow every letter.
pub fn key(state: &mut InspectorState, action: Option<Action>, chord: Chord) {
    let jq = &mut state.jq;
    match action {
        Some(Action::Accept) => jq.accept(),
        Some(Action::Cancel) => jq.clear(),
        Some(Action::Older) => jq.recall(1),
        Some(Action::Newer) => jq.recall(-1),
        _ => {
            if let (Some(input), Some(request)) = (&mut jq.input, text_keys::request(chord)) {
                input.handle(request);
                jq.recalled = None;
                jq.typed();
            }
        }
    }
}

/// Text pasted into the line.
pub fn paste(state: &mut InspectorState, text: &str) {
    if let Some(input) = &mut state.jq.input {
        for char in text_keys::pasted(text) {
            input.handle(InputRequest::InsertChar(char));
        }
        state.jq.typed();
    }
}

/// The mark of an expression that is kept, or below the line what is wrong with what is typed; nothing where there is
/// neither.
pub(super) fn title<'a>(
    state: &InspectorState,
    page: &Page,
    theme: &'a Theme,
    columns: u16,
) -> Option<ratatui::text::Line<'a>> {
    let jq = &state.jq;
    if !jq.is_editing() && (!jq.is_on() || !takes(page.key.tab)) {
        return None;
    }
    let mut line = Line::new(theme, columns);
    // What is to be known of the results, such as that they are not all.
    let note = page.document().filter(|_| page.key.applied > 0).and_then(|document| document.note());
    let note = note.map(Printable::from);
    if jq.is_editing() {
        if let (None, Some(note)) = (&jq.error, &note) {
            line.space(1).outside(Role::Warn, note).space(1);
        }
        return Some(line.spans());
    }
    line.add(Role::KeyHint, " | ");
    let rest = jq.error.as_ref().map(|mistake| Printable::from(mistake.sentence.as_str())).or(note);
    let width = rest.as_ref().map_or(0, |rest| rest.width() + 2);
    let room = line.room().saturating_sub(width + 1).max(line.room() / 3);
    line.outside(Role::Accent, &Printable::limited(jq.text.trim().as_bytes(), room));
    if let Some(rest) = rest {
        line.space(2).outside(Role::Warn, &rest);
    } else if let Some(pattern) = state.search.pattern().filter(|pattern| !pattern.is_empty()) {
        line.add(Role::KeyHint, "  /");
        line.outside(Role::Text, &Printable::limited(pattern.needle().text.as_bytes(), 20))
            .space(1)
            .add(Role::Dim, matches_words(page));
    }
    line.space(1);
    Some(line.spans())
}

/// The line while it is typed in the last row of the pane, and what is wrong with it in the border below.
pub(super) fn draw(state: &InspectorState, theme: &Theme, pane: Rect, frame: &mut Frame<'_>) {
    let jq = &state.jq;
    let Some(typed) = &jq.input else { return };
    let area = layout::typing_area(pane);
    let Some(below) = input::draw_line(frame, area, theme, "|", (typed, ".field, .items[] | .id, [.. | strings] …"))
    else {
        return;
    };
    let mut line = Line::new(theme, below.area.width);
    if let Some(mistake) = &jq.error {
        let caret = below.column(typed, mistake.span.start);
        input::point(&mut line, caret, &mistake.sentence);
    } else {
        let running = state.page.as_ref().is_some_and(|page| jq.is_on() && page.applying != page.key.applied);
        line.space(2).add(Role::Dim, if running { "applying…" } else { "enter keeps it, esc goes back" });
    }
    line.draw(below.area, frame.buffer_mut());
}
