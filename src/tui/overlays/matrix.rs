//! The result matrix over the panes: a row a capture, a column a target, and how far the sending is above them. Only the
//! rows in sight are made.

use ratatui::{Frame, layout::Rect, widgets::Clear};

use crate::model::{Period, Printable};
use crate::tui::{
    layout,
    many::{Cell, Many, Phase, What},
    theme::{Role, Theme},
    widgets::{
        line::Line,
        pane::{self, Titles, title},
        words::grouped,
    },
};

/// How wide a column is.
const COLUMN: usize = 21;
/// How wide the column of requests is at least, and at most.
const REQUEST: (usize, usize) = (16, 44);
/// Rows above those of the matrix: how far it is, and the heading.
const ABOVE: u16 = 3;

fn area(screen: Rect, many: &Many) -> Rect {
    let wanted = REQUEST.1 + COLUMN * many.targets.len() + 2;
    let columns = u16::try_from(wanted.max(72)).unwrap_or(u16::MAX);
    let rows = u16::try_from(many.rows.len()).unwrap_or(u16::MAX).saturating_add(ABOVE).max(ABOVE + 4);
    layout::overlay_area(screen, columns.min(screen.width.saturating_sub(4)), rows.min(screen.height.saturating_sub(6)))
}

/// How many rows of the matrix are in sight.
pub fn height(screen: Rect, many: &Many) -> usize {
    layout::inside(area(screen, many)).height.saturating_sub(ABOVE).into()
}

/// Which row is at a cell of the screen.
pub fn row_at(screen: Rect, many: &Many, column: u16, row: u16) -> Option<usize> {
    let inner = layout::inside(area(screen, many));
    let list = Rect { y: inner.y + ABOVE, height: inner.height.saturating_sub(ABOVE), ..inner };
    list.contains(ratatui::layout::Position::new(column, row)).then(|| many.top + usize::from(row - list.y))
}

/// Draws it.
pub fn draw(many: &Many, theme: &Theme, frame: &mut Frame<'_>) {
    let area = area(frame.area(), many);
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, theme.style(Role::Overlay));
    let shown = many.shown();
    let width = usize::from(layout::inside(area).width);
    let columns = (width.saturating_sub(REQUEST.0 + 1) / COLUMN).clamp(1, many.targets.len().max(1));
    let first = (many.at.1 + 1).saturating_sub(columns);
    let mut right = Line::new(theme, 60);
    if columns < many.targets.len() {
        let last = (first + columns).min(many.targets.len());
        let those = if columns == 1 { format!("target {last}") } else { format!("targets {}-{last}", first + 1) };
        right.add(Role::Info, format!(" ←→ {those} of {} ", many.targets.len()));
    }
    if many.failed_only {
        right.add(
            Role::Info,
            format!(" {} of {} with failures ", grouped(shown.len() as u64), grouped(many.rows.len() as u64)),
        );
    }
    let mut below = Line::new(theme, area.width.saturating_sub(4));
    if let Some((row, column)) = many.selected() {
        let room = below.room().saturating_sub(2);
        let words = sentence(many, row, column);
        below.space(1).outside(Role::Text, &Printable::limited(words.as_bytes(), room)).space(1);
    }
    let titles = Titles {
        title: title("Results", true, theme),
        right: right.spans(),
        below: below.spans(),
        ..Titles::default()
    };
    let inner = pane::frame(frame, area, theme, true, titles);
    let place = |row: u16| Rect { y: inner.y + row, height: u16::from(row < inner.height), ..inner };
    progress(many, theme, inner.width).draw(place(0), frame.buffer_mut());
    let request = width.saturating_sub(1 + columns * COLUMN).min(REQUEST.1).max(8);
    let mut heading = Line::new(theme, inner.width);
    heading.space(1).add(Role::Dim, format!("{:request$}", "request"));
    for (at, target) in many.targets.iter().enumerate().skip(first).take(columns) {
        let role = if at == many.at.1 { Role::Accent } else { Role::Dim };
        heading.space(1).cell(role, target.label().as_bytes(), COLUMN - 1);
    }
    heading.draw(place(2), frame.buffer_mut());
    if shown.is_empty() {
        let mut line = Line::new(theme, inner.width);
        line.space(1).add(Role::Dim, "nothing has failed");
        line.draw(place(ABOVE), frame.buffer_mut());
    }
    for on_screen in 0..inner.height.saturating_sub(ABOVE) {
        let at = many.top + usize::from(on_screen);
        let Some(row) = shown.get(at) else { break };
        let selected = at == many.at.0;
        let mut line = Line::new(theme, inner.width);
        line.add(Role::Accent, if selected { "▌" } else { " " });
        if let Some(row) = many.rows.get(row) {
            let seq = format!("{} ", row.seq);
            let room = request.saturating_sub(seq.chars().count());
            line.add(Role::Dim, seq).cell(Role::Text, &row.what, room);
        }
        for column in first..(first + columns).min(many.targets.len()) {
            let (role, words) = many.cell(row, column).map_or((Role::Dim, String::new()), words);
            let bracket = if selected && column == many.at.1 { "›" } else { " " };
            line.add(Role::Accent, bracket).cell(role, words.as_bytes(), COLUMN - 1);
        }
        let place = place(ABOVE + on_screen);
        if selected {
            line.draw_selected(Role::Selection, place, frame.buffer_mut());
        } else {
            line.draw(place, frame.buffer_mut());
        }
    }
}

fn progress<'a>(many: &Many, theme: &'a Theme, columns: u16) -> Line<'a> {
    let mut line = Line::new(theme, columns);
    let (role, sign) = match () {
        () if many.phase == Phase::Paused => (Role::Warn, "‖ paused; "),
        () if !many.is_done() => (Role::Info, "→ "),
        () if many.cancelled => (Role::Warn, "– cancelled; "),
        () if many.failures() > 0 => (Role::Error, "✗ "),
        () => (Role::Ok, "✓ "),
    };
    let words = format!("{sign}{}", many.words());
    let room = line.room().saturating_sub(2);
    line.space(1).outside(role, &Printable::limited(words.as_bytes(), room));
    line
}

/// A cell in a few columns: `200  12 ms  =`.
fn words(cell: &Cell) -> (Role, String) {
    let Some((what, time, _)) = cell.last else { return (Role::Dim, "·".to_owned()) };
    let (role, what) = match what {
        What::Status(status) => (Role::of_status(status), format!("{status} {}", Period(time))),
        What::Failed(kind) => (Role::Error, format!("✗ {kind}")),
        What::Cancelled => (Role::Dim, "– cancelled".to_owned()),
    };
    let same = match cell.same {
        Some(true) => " =",
        Some(false) => " ≠",
        None => "",
    };
    let count = match (cell.sent, cell.bad) {
        (0 | 1, _) => String::new(),
        (sent, 0) => format!(" ×{sent}"),
        (sent, bad) => format!(" {bad}✗/{sent}"),
    };
    (if cell.bad > 0 && role != Role::Dim { Role::Error } else { role }, format!("{what}{same}{count}"))
}

/// The selected cell in words.
fn sentence(many: &Many, row: usize, column: usize) -> String {
    let (Some(what), Some(target), Some(cell)) = (many.rows.get(row), many.targets.get(column), many.cell(row, column))
    else {
        return String::new();
    };
    let said = match cell.last {
        None => "not sent yet".to_owned(),
        Some((What::Status(status), time, _)) => {
            let same = match cell.same {
                Some(true) => ", the same as before",
                Some(false) => ", other than before",
                None => "",
            };
            format!("{status} in {}{same}", Period(time))
        }
        Some((What::Failed(kind), ..)) => format!("no answer: {kind}"),
        Some((What::Cancelled, ..)) => "cancelled".to_owned(),
    };
    format!("{} → {}: {said}", what.seq, target.label())
}
