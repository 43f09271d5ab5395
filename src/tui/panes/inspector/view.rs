//! How the inspector is drawn: tabs in the border, one line that says what is shown, the page below.

use ratatui::{Frame, layout::Rect};
use unicode_width::UnicodeWidthStr;

use super::{InspectorState, Lower, Page, Tab, again, jq, picture};
use crate::decode::{self, Case, Needle, Pattern, Subject};
use crate::model::{Capture, Printable};
use crate::tui::{
    action::Action,
    keymap::Context,
    layout,
    state::{Pane, State},
    theme::{Role, Theme},
    widgets::{
        input,
        line::Line,
        pane::{self, Titles},
        words::{clock, grouped},
    },
};

/// How many columns stand between two labels of tabs.
const BETWEEN: u16 = 2;

/// Draws the pane.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let focused = state.focus == Pane::Inspector && state.overlays.is_empty();
    let inspector = &state.inspector;
    let mut titles = Titles { title: tab_titles(inspector, theme, area), ..Titles::default() };
    if let Some(page) = &inspector.page {
        titles.below = jq::title(inspector, page, theme, area.width / 2)
            .unwrap_or_else(|| search_title(inspector, page, theme, area.width / 2));
        // What is searched for has its half, and leaves what it does not need.
        let left = titles.below.width() as u16;
        titles.below_right = place_title(page, theme, (area, area.width.saturating_sub(left + 4)), state);
    }
    let inner = pane::frame(frame, area, theme, focused, titles);
    let Some(capture) = state.shown() else {
        let hint = if state.captures.is_empty() { "what arrives is shown here" } else { "no request is selected" };
        let mut line = Line::new(theme, inner.width);
        line.space(1).add(Role::Dim, hint);
        line.draw(inner, frame.buffer_mut());
        return;
    };
    let mut line = Line::new(theme, inner.width);
    summary(state, capture, &mut line);
    line.draw(inner, frame.buffer_mut());
    let (body, inspector_area) = (layout::page_area(area, inspector.is_typing()), area);
    if let Some(page) = &inspector.page {
        let signs = page.signs(page.top, body.height.into());
        for (row, pieces) in page.window(page.top, body.height.into()).into_iter().enumerate() {
            let goes_on = page.goes_on(page.top + row);
            let mut line = Line::new(theme, body.width - u16::from(goes_on && body.width > 0));
            match pieces {
                Some(pieces) => line.pieces(pieces),
                None => match &page.lower {
                    Lower::Failed(sentence) => line.outside(Role::Error, &Printable::from(sentence.as_str())),
                    _ => line.add(Role::Dim, "decoding…"),
                },
            };
            let area = Rect { y: body.y + row as u16, height: 1, ..body };
            if page.is_again(page.top + row) && line.room() > again::WORDS.len() {
                line.add(Role::Dim, again::WORDS);
            }
            let at_cursor = focused && page.cursor() == Some(page.top + row);
            if let Some(look) = page.here().look.as_ref().filter(|look| at_cursor && line.room() > look.words.len() + 4)
            {
                line.add(Role::Dim, "  ‹ ").add(Role::Dim, look.words.as_str()).add(Role::Dim, " ›");
            }
            if row < page.covered() {
                page.here().path(theme, body.width).draw(area, frame.buffer_mut());
                continue;
            }
            if at_cursor {
                frame.buffer_mut().set_style(area, theme.style(Role::Selection));
            }
            line.draw(area, frame.buffer_mut());
            let sign = match signs.get(row).copied().flatten() {
                Some('+') => Some((Role::Ok, "+")),
                Some('-') => Some((Role::Error, "-")),
                Some(_) => Some((Role::Warn, "~")),
                // Also where there are no colours to tell it from the others.
                None => at_cursor.then_some((Role::Accent, "▌")),
            };
            if let Some((role, sign)) = sign
                && body.x > layout::inside(inspector_area).x
            {
                let mut line = Line::new(theme, 1);
                line.add(role, sign);
                line.draw(Rect { x: body.x - 1, width: 1, ..area }, frame.buffer_mut());
            }
            if goes_on {
                let mut sign = Line::new(theme, 1);
                sign.add(Role::Dim, "›");
                sign.draw_right(area, frame.buffer_mut());
            }
        }
        picture::draw(page, theme, body, !state.overlays.is_empty(), frame);
    }
    jq::draw(inspector, theme, area, frame);
    draw_search(inspector, theme, area, frame);
}

/// The search line while it is typed, and below it what is wrong with it or what came of it.
fn draw_search(state: &InspectorState, theme: &Theme, pane: Rect, frame: &mut Frame<'_>) {
    let search = &state.search;
    let Some(typed) = &search.input else { return };
    let placeholder = if search.typed().regex { "a regular expression…" } else { "search…" };
    let area = layout::typing_area(pane);
    let Some(below) = input::draw_line(frame, area, theme, "/", (typed, placeholder)) else { return };
    let mut line = Line::new(theme, below.area.width);
    if let Some(error) = &search.error {
        let caret = below.column(typed, error.at.start);
        input::point(&mut line, caret, &error.message);
    } else {
        let needle = search.typed();
        line.space(2).add(Role::Dim, if needle.regex { "expression" } else { "words" });
        line.add(Role::Dim, " · ").add(Role::Dim, needle.case.label());
        if let Some(page) = state.page.as_ref().filter(|_| search.is_on()) {
            line.add(Role::Dim, " · ").add(Role::Text, matches_words(page));
        }
    }
    line.draw(below.area, frame.buffer_mut());
}

/// How many matches there are, and at which the reader is.
pub(super) fn matches_words(page: &Page) -> String {
    let more = if page.has_more_matches() { "+" } else { "" };
    let count = |number: usize| grouped(number as u64);
    match page.matches() {
        _ if page.is_searching() => "searching…".to_owned(),
        0 => "no match".to_owned(),
        matches => format!("{} of {}{more}", count(page.current_match()), count(matches)),
    }
}

/// Which tab's label is at a cell of the top border.
pub fn tab_at(area: Rect, column: u16, row: u16) -> Option<Tab> {
    if row != area.y {
        return None;
    }
    let mut at = area.x + 2;
    Tab::ALL.iter().find_map(|(tab, label, _)| {
        let from = at;
        at += label.len() as u16 + BETWEEN;
        (from..at.saturating_sub(BETWEEN)).contains(&column).then_some(*tab)
    })
}

fn tab_titles<'a>(state: &InspectorState, theme: &'a Theme, area: Rect) -> ratatui::text::Line<'a> {
    let mut line = Line::new(theme, area.width.saturating_sub(3));
    line.space(1);
    for (at, (tab, label, _)) in Tab::ALL.into_iter().enumerate() {
        if at > 0 {
            line.space(BETWEEN.into());
        }
        line.add(if tab == state.tab { Role::Accent } else { Role::Dim }, label);
    }
    line.space(1);
    line.spans()
}

/// What is shown, in one line.
fn summary(state: &State, capture: &Capture, line: &mut Line<'_>) {
    line.space(1).add(Role::Accent, capture.seq.to_string()).space(1);
    let method = capture.head.method();
    line.outside(Role::of_method(method), &Printable::limited(method, 16)).space(1);
    // The most telling first: what does not fit beside the target is left out from the end.
    let mut parts: Vec<String> = Vec::new();
    if state.captures.get(capture.seq).is_none() {
        parts.push("has left the ring".to_owned());
    }
    if let Some(origin) = capture.origin {
        parts.push(match (origin.of, state.origin_of(capture)) {
            (_, Some(seq)) => format!("draft of {seq}"),
            (Some(_), None) => "draft of a request that is not here".to_owned(),
            (None, None) => "composed draft".to_owned(),
        });
    }
    if let Some(known) = state.known.get(&capture.seq).and_then(Option::as_ref) {
        let event = Printable::limited(known.event.as_deref().unwrap_or_default(), 32);
        parts.push(format!("{} {event}", known.provider.label.to_lowercase()).trim_end().to_owned());
    }
    if let Some(note) = state.notes.get(&capture.seq) {
        parts.push(format!("¶ {}", Printable::limited(note.as_bytes(), 48)));
    }
    parts.push(decode::summary(&Subject::of(capture)));
    if let Some(standing) = state.verdicts.of(capture.seq) {
        parts.push(format!("{} {}", standing.verdict.glyph(), standing.verdict.words()));
    }
    parts.push(clock(capture.received_at, &state.session.zone));
    if let Some(remote) = capture.remote {
        parts.push(format!("from {}", remote.ip()));
    }
    let width = |parts: &[String]| parts.iter().map(|part| part.width() + 3).sum::<usize>();
    let shown = state.target_to_show(capture.head.target());
    let target = Printable::limited(&shown, line.room());
    while width(&parts) > line.room().saturating_sub(target.width().min(line.room() * 2 / 3)) && parts.pop().is_some() {
    }
    let room = line.room().saturating_sub(width(&parts));
    line.outside(Role::Text, &Printable::limited(&shown, room));
    for part in parts {
        line.add(Role::Dim, " · ").add(Role::Dim, part);
    }
}

/// Words searched for and how many there are.
fn search_title<'a>(state: &InspectorState, page: &Page, theme: &'a Theme, columns: u16) -> ratatui::text::Line<'a> {
    let mut line = Line::new(theme, columns);
    let pattern = state.search.pattern().filter(|pattern| !pattern.is_empty() && !state.search.is_editing());
    if let Some(Needle { text, regex, case }) = pattern.map(Pattern::needle) {
        // An expression stands between slashes.
        let slash = if *regex { "/" } else { "" };
        let case = if *case == Case::Smart { "" } else { case.label() };
        let said = format!("{}{case}  {} ", if case.is_empty() { "" } else { " " }, matches_words(page));
        line.add(Role::KeyHint, " /");
        let room = line.room().saturating_sub(said.len() + slash.len());
        line.outside(Role::Text, &Printable::limited(text.as_bytes(), room)).add(Role::KeyHint, slash);
        line.add(Role::Dim, said);
    }
    line.spans()
}

/// How far down, which view, and what is odd about it.
fn place_title<'a>(
    page: &Page,
    theme: &'a Theme,
    (area, columns): (Rect, u16),
    state: &State,
) -> ratatui::text::Line<'a> {
    let mut line = Line::new(theme, columns);
    let height = usize::from(layout::page_area(area, state.inspector.is_typing()).height);
    let stopped = !page.key.raised && page.document().is_some_and(|document| document.is_stopped());
    if let Some(note) = page.document().and_then(|document| document.note()).filter(|_| page.key.applied == 0) {
        // How far down, the view, and the key have their room.
        let note = Printable::limited(note.as_bytes(), line.room().saturating_sub(if stopped { 31 } else { 19 }));
        line.space(1).outside(Role::Warn, &note);
        line.add(Role::Border, " ─");
    }
    if stopped {
        let key =
            state.session.keymap.chord(Context::Inspector, Action::Unpack).map_or(String::new(), |key| key.to_string());
        line.space(1).add(Role::KeyHint, key).add(Role::Dim, " goes on ").add(Role::Border, "─");
    }
    let room = line.room().saturating_sub(19);
    if let Some(done) = page.document().and_then(|document| document.done()).filter(|_| room > 8) {
        let done = Printable::limited(done.as_bytes(), room);
        line.space(1).outside(Role::Dim, &done);
        line.add(Role::Border, " ─");
    }
    if page.laid().is_some_and(|(_, rows)| rows.wrapping().decoded) && page.has_cursor() {
        line.add(Role::Dim, " escapes undone ").add(Role::Border, "─");
    }
    if page.left > 0 {
        line.add(Role::Dim, format!(" column {} ", page.left + 1)).add(Role::Border, "─");
    }
    if page.rows() > height {
        let below = page.rows() - height;
        line.add(Role::Dim, format!(" {}% ", (page.top * 100) / below.max(1)));
    }
    if page.key.tab == Tab::Headers {
        line.add(Role::Border, "─").add(Role::Dim, format!(" {} ", page.key.order.label()));
    }
    if let Some(document) = page.document() {
        line.add(Role::Border, "─").add(Role::Dim, format!(" {} ", document.view().label));
    }
    line.spans()
}
