//! The mouse: the wheel scrolls what is under it, a click focuses and selects.

use super::{acting, comparing, focus, many, older, page_size};
use crate::tui::{
    action::Action,
    effect::Effect,
    layout,
    message::{Mouse, MouseKind, Tone},
    movement::Move,
    overlays::Overlay,
    panes::inspector,
    state::{Pane, State},
};

/// How many rows the wheel moves a text by.
const WHEEL: isize = 3;

/// How many columns the wheel moves a text by.
const SIDEWAYS: isize = 8;

/// Whether the wheel turned to the right; nothing where it did not turn sideways.
fn sideways(kind: MouseKind) -> Option<bool> {
    match kind {
        MouseKind::ScrollRight => Some(true),
        MouseKind::ScrollLeft => Some(false),
        MouseKind::Click | MouseKind::ScrollDown | MouseKind::ScrollUp => None,
    }
}

/// Takes in what the mouse did.
pub fn mouse(state: &mut State, mouse: Mouse) -> Vec<Effect> {
    match state.overlays.last_mut() {
        Some(Overlay::Choose(choose)) => {
            match mouse.kind {
                MouseKind::ScrollDown => choose.step(1),
                MouseKind::ScrollUp => choose.step(-1),
                MouseKind::ScrollRight | MouseKind::ScrollLeft => {}
                MouseKind::Click => {
                    if choose.click(state.area, mouse.column, mouse.row) {
                        return acting::accept(state);
                    }
                }
            }
            return Vec::new();
        }
        Some(Overlay::Compare(_)) => {
            let action = match mouse.kind {
                MouseKind::ScrollDown => Action::Down,
                MouseKind::ScrollUp => Action::Up,
                MouseKind::ScrollRight => Action::ScrollRight,
                MouseKind::ScrollLeft => Action::ScrollLeft,
                MouseKind::Click => return Vec::new(),
            };
            return comparing::key(state, Some(action));
        }
        Some(Overlay::Read(_) | Overlay::Inside(_)) => {
            match mouse.kind {
                MouseKind::ScrollDown => acting::reading(state, Some(Action::Down)),
                MouseKind::ScrollUp => acting::reading(state, Some(Action::Up)),
                MouseKind::ScrollRight | MouseKind::ScrollLeft => {}
                MouseKind::Click => acting::reading(state, Some(Action::Cancel)),
            }
            return Vec::new();
        }
        Some(Overlay::Matrix) => {
            return match mouse.kind {
                MouseKind::ScrollDown => many::matrix_key(state, Some(Action::Down)),
                MouseKind::ScrollUp => many::matrix_key(state, Some(Action::Up)),
                MouseKind::ScrollRight => many::matrix_key(state, Some(Action::ScrollRight)),
                MouseKind::ScrollLeft => many::matrix_key(state, Some(Action::ScrollLeft)),
                MouseKind::Click => many::click(state, mouse.column, mouse.row),
            };
        }
        Some(Overlay::Form(form)) => {
            match mouse.kind {
                MouseKind::ScrollDown => form.step(1),
                MouseKind::ScrollUp => form.step(-1),
                _ => {}
            }
            return Vec::new();
        }
        None => {}
    }
    let layout = layout::layout(state);
    let Some(pane) = layout.pane_at(mouse.column, mouse.row) else { return Vec::new() };
    let Some(area) = layout.of(pane) else { return Vec::new() };
    if let Some(editor) = state.editor.as_mut().filter(|_| mouse.kind == MouseKind::Click || pane == Pane::Inspector) {
        match mouse.kind {
            MouseKind::Click if pane == Pane::Inspector => editor.click(area, mouse.column, mouse.row),
            MouseKind::Click => state.tell(Tone::Plain, "the editor is open; ^s saves, esc leaves it"),
            MouseKind::ScrollDown => editor.scroll(WHEEL),
            MouseKind::ScrollUp => editor.scroll(-WHEEL),
            MouseKind::ScrollLeft | MouseKind::ScrollRight => {}
        }
        return Vec::new();
    }
    if mouse.kind == MouseKind::Click {
        return click(state, pane, area, mouse);
    }
    if let Some(right) = sideways(mouse.kind) {
        if let Some(page) = state.inspector.page.as_mut().filter(|_| pane == Pane::Inspector) {
            state.requests.list.hold();
            page.scroll_columns(if right { SIDEWAYS } else { -SIDEWAYS });
        }
        return Vec::new();
    }
    let down = mouse.kind == MouseKind::ScrollDown;
    match pane {
        Pane::Requests => {
            return older::moved(state, Move::By(if down { 1 } else { -1 }));
        }
        Pane::Inspector => {
            state.requests.list.hold();
            let (_, height) = page_size(state);
            if let Some(page) = &mut state.inspector.page {
                page.scroll(if down { WHEEL } else { -WHEEL }, height);
                page.follow(height);
            }
        }
        Pane::Replays => {
            if let Some(seq) = state.shown().map(|capture| capture.seq) {
                state.replays.act(if down { Action::Down } else { Action::Up }, seq, 1);
            }
        }
    }
    Vec::new()
}

fn click(state: &mut State, pane: Pane, area: ratatui::layout::Rect, mouse: Mouse) -> Vec<Effect> {
    focus(state, pane);
    let within = |area: ratatui::layout::Rect| {
        area.contains(ratatui::layout::Position::new(mouse.column, mouse.row)).then(|| usize::from(mouse.row - area.y))
    };
    match pane {
        Pane::Requests => {
            if let Some(row) = within(layout::list_area(area, state.filter.is_editing())) {
                state.requests.list.select_row(state.requests.top + row);
                return older::came_to(state);
            }
        }
        Pane::Inspector => {
            if let Some(tab) = inspector::tab_at(area, mouse.column, mouse.row) {
                state.inspector.tab = tab;
            }
            let (row, (_, height)) = (within(layout::page_area(area, state.inspector.is_typing())), page_size(state));
            if let Some((page, row)) = state.inspector.page.as_mut().zip(row) {
                // A second click opens a fold.
                let again = page.cursor() == Some(page.top + row) && page.is_on_fold();
                page.click(row, height);
                if again {
                    let _ = page.toggle_fold();
                }
            }
        }
        Pane::Replays => {
            if let (Some(row), Some(seq)) = (within(layout::inside(area)), state.shown().map(|capture| capture.seq)) {
                state.replays.select_row(seq, state.replays.top + row);
            }
        }
    }
    Vec::new()
}
