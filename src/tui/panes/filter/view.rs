//! How the filter is drawn: in the border of the list while it stands, in two rows of the list while it is typed.

use ratatui::{Frame, layout::Rect};
use unicode_width::UnicodeWidthStr;

use super::{FilterState, update::candidates};
use crate::model::Printable;
use crate::query::QueryError;
use crate::tui::{
    layout,
    state::State,
    theme::{Role, Theme},
    widgets::{input, line::Line, words::grouped},
};

/// The filter in force, for the border.
pub fn title<'a>(state: &State, theme: &'a Theme, columns: u16) -> ratatui::text::Line<'a> {
    let mut line = Line::new(theme, columns);
    let filter = &state.filter;
    if !filter.is_editing() && filter.is_on() {
        line.add(Role::KeyHint, " / ");
        let text = Printable::limited(filter.text.as_bytes(), line.room().saturating_sub(1));
        line.outside(Role::Text, &text).space(1);
    }
    line.spans()
}

/// The line that is being typed, and below it what is wrong with it or what to know.
pub fn draw_editor(state: &State, theme: &Theme, pane: Rect, frame: &mut Frame<'_>) {
    let filter = &state.filter;
    let Some(typed) = &filter.input else { return };
    let area = layout::typing_area(pane);
    let Some(below) =
        input::draw_line(frame, area, theme, "/", (typed, "words, method:POST, path:/stripe*, not size:>10kb …"))
    else {
        return;
    };
    let mut line = Line::new(theme, below.area.width);
    // What is only missing where the cursor stands is better offered than asked for.
    let at = typed.value().chars().take(typed.cursor()).map(char::len_utf8).sum();
    let offers = |error: &QueryError| error.span.start >= at && !candidates(filter).is_empty();
    match filter.error.as_ref().filter(|error| !offers(error)) {
        Some(error) => {
            let caret = below.column(typed, error.span.start);
            let message = match &error.hint {
                Some(hint) => format!("{}; {hint}", error.message),
                None => error.message.clone(),
            };
            input::point(&mut line, caret, &message);
        }
        None if filter.progress().is_some() => _ = line.space(2).add(Role::Info, working(filter)),
        None => hints(filter, &mut line),
    }
    line.draw(below.area, frame.buffer_mut());
}

/// How far looking for matches has come.
pub fn working(filter: &FilterState) -> String {
    match filter.progress() {
        Some((looked, among)) => format!("filtering… {} of {}", grouped(looked as u64), grouped(among as u64)),
        None => "filtering…".to_owned(),
    }
}

/// What the completion key would put there, with how often that was seen, or what the other keys do.
fn hints(filter: &FilterState, line: &mut Line<'_>) {
    let now = filter.completing.as_ref();
    let is_empty = filter.input.as_ref().is_none_or(|input| input.value().is_empty());
    let fresh = if is_empty || now.is_some() { Vec::new() } else { candidates(filter) };
    let (candidates, from) = now.map_or((&fresh, 0), |now| (&now.candidates, now.at));
    line.space(2);
    if candidates.is_empty() {
        line.add(Role::Dim, "enter keeps it, esc goes back, tab completes");
        return;
    }
    line.add(Role::KeyHint, "tab");
    for (at, candidate) in candidates.iter().enumerate().skip(from) {
        let text = Printable::from(candidate.with.as_str());
        let count = candidate.count.map_or(String::new(), |count| format!(" ×{}", grouped(count.into())));
        if line.room() < text.width() + count.width() + 4 {
            line.add(Role::Dim, " …");
            return;
        }
        // The one that stands in the line, while they are gone through.
        let role = if now.is_some() && at == from { Role::Accent } else { Role::Text };
        line.space(2).outside(role, &text).add(Role::Dim, count);
    }
}
