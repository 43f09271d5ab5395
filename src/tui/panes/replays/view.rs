//! How the attempts of the shown capture are drawn: a row each, with the outcome as it lands.

use ratatui::{Frame, layout::Rect};

use crate::model::{Attempt, Outcome, Period, Printable, Size};
use crate::tui::{
    action::Action,
    keymap::Context,
    layout,
    state::{Pane, State},
    theme::{Role, Theme},
    widgets::{
        line::Line,
        pane::{self, Titles, title},
        words::{clock, status_words},
    },
};

/// Draws the pane.
pub fn draw(state: &State, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let focused = state.focus == Pane::Replays && state.overlays.is_empty();
    let shown = state.shown().map(|capture| capture.seq);
    let name = shown.map_or_else(|| "Replays".to_owned(), |seq| format!("Replays of {seq}"));
    let mut right = Line::new(theme, area.width / 2);
    match state.replays.under_way() {
        0 => {}
        count => _ = right.add(Role::Info, format!(" {count} under way ")),
    }
    let titles = Titles { title: title(name, focused, theme), right: right.spans(), ..Titles::default() };
    pane::frame(frame, area, theme, focused, titles);
    let rows = layout::inside(area);
    let attempts: Vec<&Attempt> = shown.map(|seq| state.replays.of(seq).collect()).unwrap_or_default();
    if attempts.is_empty() {
        let mut line = Line::new(theme, rows.width);
        let hint = if shown.is_some() { state.replay_hint() } else { "what is sent on is shown here".to_owned() };
        line.space(1).add(Role::Dim, hint);
        line.draw(rows, frame.buffer_mut());
        return;
    }
    let selected = shown.and_then(|seq| state.replays.selected_of(seq)).map(|attempt| attempt.id);
    let widest = attempts.iter().map(|attempt| attempt.target.chars().count()).max().unwrap_or(0);
    let target = widest.min(usize::from(rows.width) * 2 / 5);
    for (at, attempt) in attempts.iter().enumerate().skip(state.replays.top).take(usize::from(rows.height)) {
        let area = Rect { y: rows.y + (at - state.replays.top) as u16, height: 1, ..rows };
        let chosen = selected == Some(attempt.id);
        let mut line = Line::new(theme, area.width);
        line.add(Role::Accent, if chosen { "▌" } else { " " });
        line.add(Role::Dim, format!("{:>2} ", at + 1));
        line.add(Role::Dim, clock(attempt.started_at, &state.session.zone)).space(2);
        line.cell(Role::Text, &state.target_to_show(attempt.target.as_bytes()), target).space(2);
        outcome(state, attempt, &mut line);
        line.draw(area, frame.buffer_mut());
        if chosen {
            let role = if focused { Role::Selection } else { Role::SelectionBlurred };
            frame.buffer_mut().set_style(area, theme.style(role));
        }
    }
}

fn outcome(state: &State, attempt: &Attempt, line: &mut Line<'_>) {
    match &attempt.outcome {
        None => {
            line.add(Role::Info, "waiting for the answer…");
            if let Some(key) = state.session.keymap.chord(Context::Replays, Action::Back) {
                line.add(Role::Dim, format!("  {key} cancels"));
            }
        }
        Some(Outcome::Cancelled) => _ = line.add(Role::Dim, "cancelled"),
        Some(Outcome::Failed(failure)) => {
            line.add(Role::Error, "✗ ").outside(Role::Error, &Printable::from(failure.sentence.as_str()));
            return;
        }
        Some(Outcome::Replied(reply)) => {
            let words = Printable::limited(status_words(reply.status, &reply.reason).as_bytes(), 40);
            line.outside(Role::of_status(reply.status), &words).space(2);
            line.add(Role::Dim, Size(reply.body_received).to_string());
            if reply.body_cut.is_some() {
                line.space(2).add(Role::Warn, "cut");
            }
        }
    }
    if let Some(duration) = attempt.duration {
        line.space(2).add(Role::Dim, Period(duration).to_string());
    }
    // A replay goes to another host; that this one header says so is no news.
    let changed = match attempt.ledger.changes.iter().filter(|change| !change.is_expected()).count() {
        0 => String::new(),
        1 => "1 header changed".to_owned(),
        count => format!("{count} headers changed"),
    };
    if attempt.ledger.signed.is_some() {
        line.space(2).add(Role::Info, "re-signed");
        if !changed.is_empty() {
            line.add(Role::Dim, format!(" · {changed}"));
        }
    } else if !changed.is_empty() {
        line.space(2).add(Role::Dim, changed);
    }
}
