//! Where everything goes: a pure function of the size and the state, which both updating and drawing ask.
//!
//! ```text
//! wide (100 columns and more)                   narrow                        tiny (below 40×10)
//! ┌ header ────────────────────────────┐        ┌ header ───────────┐        a line that says so
//! │ requests        │ inspector        │        │ breadcrumb        │
//! ├─────────────────┴──────────────────┤        │ the pane that has │
//! │ replays                            │        │ the focus         │
//! └ footer ────────────────────────────┘        └ footer ───────────┘
//! ```

use ratatui::layout::Rect;

use super::state::{Pane, State};

/// The narrowest screen that shows panes side by side, in columns.
pub const WIDE: u16 = 100;
/// The smallest screen that shows anything but a sentence.
pub const LEAST: (u16, u16) = (40, 10);

/// The places of one screen; a pane that has none is not shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// The top line.
    pub header: Rect,
    /// The line that says which of the panes is shown.
    pub breadcrumb: Option<Rect>,
    /// The list.
    pub requests: Option<Rect>,
    /// The inspector.
    pub inspector: Option<Rect>,
    /// The attempts.
    pub replays: Option<Rect>,
    /// The bottom line.
    pub footer: Rect,
}

/// Whether there is room for anything but a sentence.
pub fn is_tiny(area: Rect) -> bool {
    area.width < LEAST.0 || area.height < LEAST.1
}

/// Where everything goes now.
pub fn layout(state: &State) -> Layout {
    let area = state.area;
    if is_tiny(area) {
        return Layout::default();
    }
    let line = |y| Rect { x: area.x, y, width: area.width, height: 1 };
    let header = line(area.y);
    let footer = line(area.bottom() - 1);
    let mut body = Rect { y: area.y + 1, height: area.height - 2, ..area };
    let mut layout = Layout { header, footer, ..Layout::default() };
    if area.width < WIDE {
        if body.height >= 12 {
            layout.breadcrumb = Some(Rect { height: 1, ..body });
            body = Rect { y: body.y + 1, height: body.height - 1, ..body };
        }
        *layout.of_mut(state.focus) = Some(body);
        return layout;
    }
    let below = match body.height {
        0..16 => 0,
        16..24 => 4,
        24..44 => 6,
        _ => 8,
    };
    let upper = Rect { height: body.height - below, ..body };
    // The list gets what its columns can use and leaves more than half to reading.
    let list = (area.width * 9 / 20).clamp(48, 96);
    layout.requests = Some(Rect { width: list, ..upper });
    let reading = Rect { x: upper.x + list, width: upper.width - list, ..upper };
    if below > 0 {
        layout.inspector = Some(reading);
        layout.replays = Some(Rect { y: upper.bottom(), height: below, ..body });
    } else if state.focus == Pane::Replays {
        layout.replays = Some(reading);
    } else {
        layout.inspector = Some(reading);
    }
    layout
}

impl Layout {
    /// The place of a pane.
    pub fn of(&self, pane: Pane) -> Option<Rect> {
        match pane {
            Pane::Requests => self.requests,
            Pane::Inspector => self.inspector,
            Pane::Replays => self.replays,
        }
    }

    fn of_mut(&mut self, pane: Pane) -> &mut Option<Rect> {
        match pane {
            Pane::Requests => &mut self.requests,
            Pane::Inspector => &mut self.inspector,
            Pane::Replays => &mut self.replays,
        }
    }

    /// Which pane is at a cell.
    pub fn pane_at(&self, column: u16, row: u16) -> Option<Pane> {
        let at = ratatui::layout::Position::new(column, row);
        Pane::ALL.iter().map(|(pane, _)| *pane).find(|pane| self.of(*pane).is_some_and(|area| area.contains(at)))
    }
}

/// What is inside a border.
pub fn inside(pane: Rect) -> Rect {
    Rect {
        x: pane.x.saturating_add(1),
        y: pane.y.saturating_add(1),
        width: pane.width.saturating_sub(2),
        height: pane.height.saturating_sub(2),
    }
}

/// The rows of the list: below the heading where there is room for one, above the filter while it is typed.
pub fn list_area(pane: Rect, filtering: bool) -> Rect {
    let inner = inside(pane);
    let above = u16::from(inner.height >= 6);
    let below = if filtering { typing_area(pane).height } else { 0 };
    Rect { y: inner.y + above, height: inner.height.saturating_sub(above + below), ..inner }
}

/// The rows of what is typed in a pane, and of what is said about it: the last two.
pub fn typing_area(pane: Rect) -> Rect {
    let inner = inside(pane);
    let height = inner.height.min(2);
    Rect { y: inner.bottom() - height, height, ..inner }
}

/// The rows of the inspector's page: below the line that says what is shown and an empty one, above what is written below it,
/// with a margin at either side.
pub fn page_area(pane: Rect, typing: bool) -> Rect {
    let inner = inside(pane);
    let above = if inner.height >= 8 { 2 } else { 1.min(inner.height) };
    let below = if typing { typing_area(pane).height } else { 0 };
    let margin = u16::from(inner.width > 20);
    Rect {
        x: inner.x + margin,
        y: inner.y + above,
        width: inner.width.saturating_sub(2 * margin),
        height: inner.height.saturating_sub(above + below),
    }
}

/// A place in the middle of the screen for an overlay that wants that many columns and rows inside its border.
pub fn overlay_area(area: Rect, columns: u16, rows: u16) -> Rect {
    let width = columns.saturating_add(2).min(area.width);
    let height = rows.saturating_add(2).min(area.height);
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 3, width, height }
}
