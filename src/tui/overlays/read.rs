//! Something to read over the panes: all keys, or what was refused and why. Made of the tables when it is drawn.

use std::borrow::Cow;

use ratatui::{Frame, layout::Rect, widgets::Clear};

use super::tries;
use crate::model::{Printable, Refusal, Seq, Size};
use crate::tui::{
    action::Action,
    keymap::{Bound, Context},
    layout,
    movement::Move,
    state::State,
    theme::{Role, Theme},
    widgets::{
        line::Line,
        pane::{self, Titles, title},
        words::{clock, grouped, wrapped},
    },
};

/// How many rows it has at least, so that it does not jump once a short answer is there.
const LEAST: u16 = 8;

/// What is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// Every key.
    Keys,
    /// What was refused, cut or shed.
    Refusals,
    /// The tries of the delivery that this capture belongs to.
    Tries(Seq),
}

/// See the head of this file.
#[derive(Debug)]
pub struct Read {
    what: Reading,
    top: usize,
}

/// One row: a heading, or a name and what is said of it.
pub(super) enum Row {
    Heading(Cow<'static, str>),
    Pair(Role, String, Printable),
    Warning(String),
    Gap,
}

impl Read {
    /// From the beginning.
    pub fn new(what: Reading) -> Self {
        Self { what, top: 0 }
    }

    fn area(state: &State, rows: usize) -> Rect {
        let most = state.area.height.saturating_sub(6);
        let rows = u16::try_from(rows).unwrap_or(u16::MAX).max(LEAST).min(most);
        layout::overlay_area(state.area, 84, rows)
    }

    /// Scrolls.
    pub fn act(&mut self, action: Action, rows: usize, height: usize) {
        if let Some(to) = Move::of(action, height) {
            self.top = to.from(self.top, rows).min(rows.saturating_sub(height));
        }
    }

    /// How many rows there are, and how many are in sight.
    pub fn extent(&self, state: &State) -> (usize, usize) {
        let rows = self.rows(state).len();
        (rows, layout::inside(Self::area(state, rows)).height.into())
    }

    fn rows(&self, state: &State) -> Vec<Row> {
        match self.what {
            Reading::Keys => keys(state),
            Reading::Refusals => refusals(state),
            Reading::Tries(seq) => tries::rows(state, seq),
        }
    }

    /// Draws it over the panes.
    pub fn draw(&self, state: &State, theme: &Theme, frame: &mut Frame<'_>) {
        let rows = self.rows(state);
        let area = Self::area(state, rows.len());
        frame.render_widget(Clear, area);
        frame.buffer_mut().set_style(area, theme.style(Role::Overlay));
        let heading = match self.what {
            Reading::Keys => "Keys",
            Reading::Refusals => "Refused, cut or shed",
            Reading::Tries(_) => "Tries of one delivery",
        };
        let mut below = Line::new(theme, area.width);
        below.add(Role::Dim, " esc closes ");
        let titles = Titles { title: title(heading, true, theme), below_right: below.spans(), ..Titles::default() };
        let inner = pane::frame(frame, area, theme, true, titles);
        let name_width = rows.iter().map(|row| match row {
            Row::Pair(_, name, _) => name.chars().count(),
            _ => 0,
        });
        let name_width = name_width.max().unwrap_or(0).min(usize::from(inner.width) / 2);
        for (at, row) in rows.iter().skip(self.top).take(inner.height.into()).enumerate() {
            let mut line = Line::new(theme, inner.width);
            match row {
                Row::Heading(heading) => _ = line.space(1).outside(Role::Title, &Printable::from(heading.as_ref())),
                Row::Pair(role, name, said) => {
                    line.space(3).cell(*role, name.as_bytes(), name_width).space(2);
                    let said = Printable::limited(said.as_str().as_bytes(), line.room().saturating_sub(1));
                    line.outside(Role::Text, &said);
                }
                Row::Warning(text) => _ = line.space(3).outside(Role::Warn, &Printable::from(text.as_str())),
                Row::Gap => {}
            }
            line.draw(Rect { y: inner.y + at as u16, height: 1, ..inner }, frame.buffer_mut());
        }
    }
}

/// How many columns a sentence has.
pub(super) fn columns(state: &State) -> usize {
    usize::from(layout::inside(Read::area(state, 0)).width).saturating_sub(4)
}

fn keys(state: &State) -> Vec<Row> {
    let keymap = &state.session.keymap;
    let mut rows = Vec::new();
    let warnings: Vec<String> = state.warnings().collect();
    if !warnings.is_empty() {
        rows.push(Row::Heading(Cow::Borrowed("To know")));
        let columns = columns(state);
        for warning in &warnings {
            // What wraps is safe to print already.
            let lines = wrapped(Printable::from(warning.as_str()).as_str(), columns);
            rows.extend(lines.into_iter().map(Row::Warning));
        }
        rows.push(Row::Gap);
    }
    // What the focus is on comes first; what holds everywhere follows.
    let focus = match state.focus {
        crate::tui::state::Pane::Requests => Context::Requests,
        crate::tui::state::Pane::Inspector => Context::Inspector,
        crate::tui::state::Pane::Replays => Context::Replays,
    };
    let mut contexts: Vec<(Context, &'static str)> = Context::ALL.to_vec();
    // Where there is little room, one key is enough to know.
    let most = if layout::inside(Read::area(state, 0)).width < 64 { 1 } else { 3 };
    contexts.sort_by_key(|(context, _)| *context != focus);
    for (context, heading) in contexts {
        rows.push(Row::Heading(Cow::Borrowed(heading)));
        for Bound { chords, action, .. } in keymap.rows(context).filter(|row| !row.chords.is_empty()) {
            let names: Vec<String> = chords.iter().take(most).map(ToString::to_string).collect();
            rows.push(Row::Pair(Role::KeyHint, names.join("  "), Printable::from(action.row().help)));
        }
        rows.push(Row::Gap);
    }
    rows.push(Row::Heading(Cow::Borrowed("Mouse")));
    for (what, said) in [
        ("wheel", "scrolls what is under the pointer"),
        ("click", "focuses a pane, selects a row, opens a tab"),
        ("shift", "leaves selecting text to the terminal"),
    ] {
        rows.push(Row::Pair(Role::KeyHint, what.to_owned(), Printable::from(said)));
    }
    rows
}

fn refusals(state: &State) -> Vec<Row> {
    let stats = state.captures.stats();
    let mut rows = Vec::new();
    if stats.refusals() == 0 {
        rows.push(Row::Heading(Cow::Borrowed("nothing was refused, cut or shed")));
    }
    for (refusal, name, meaning) in Refusal::TABLE {
        let count = stats.refused_for(refusal);
        if count > 0 {
            let role = Role::Warn;
            rows.push(Row::Pair(
                role,
                format!("{:>8} {}", grouped(count), name.replace('_', " ")),
                Printable::from(meaning),
            ));
        }
    }
    if stats.evicted > 0 {
        let said = "left the ring to make place (--ring, --ring-bytes, --spool-bytes)";
        rows.push(Row::Pair(Role::Info, format!("{:>8} evicted", grouped(stats.evicted)), Printable::from(said)));
    }
    if stats.margin_evicted > 0 {
        let said = "turned away or reset, and left their tenth of the ring; the counts above have them";
        rows.push(Row::Pair(
            Role::Info,
            format!("{:>8} forgotten", grouped(stats.margin_evicted)),
            Printable::from(said),
        ));
    }
    let mut newest = state.captures.rejected().rev().peekable();
    if newest.peek().is_some() {
        rows.push(Row::Gap);
        rows.push(Row::Heading(Cow::Borrowed("what came and could not become a request, newest first")));
    }
    for rejected in newest {
        let status = rejected.status.map_or_else(|| "closed".to_owned(), |status| status.to_string());
        let time = clock(rejected.received_at, &state.session.zone);
        let said = format!("{} from {}", rejected.reason, rejected.remote);
        rows.push(Row::Pair(Role::Dim, format!("{time} {status}"), Printable::limited(said.as_bytes(), 200)));
        let size = Size(rejected.raw.len() as u64).to_string();
        rows.push(Row::Pair(Role::Dim, format!("{size:>14}"), Printable::limited(&rejected.raw, 200)));
    }
    rows
}
