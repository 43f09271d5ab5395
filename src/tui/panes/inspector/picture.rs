//! The picture of an image, drawn below what is said of it: two pixels a cell, one above the other.
//!
//! Decided: half-blocks in the colours that every terminal has; where there are none, nothing is drawn. A picture takes what
//! room the lines above it leave, so it never has to be scrolled, and gets as wide as the pane. Refused: the protocols for
//! images (kitty, iTerm2, sixel). Which of them a terminal has is known only by asking it, and its answer would come among
//! the keys of the user; and what they draw lies outside of the cells that everything else here is.

use ratatui::{Frame, layout::Rect, style::Style};

use super::Page;
use crate::decode::Picture;
use crate::tui::theme::Theme;

/// The fewest columns and rows that anything can be seen in.
const LEAST: (u16, u16) = (4, 2);

/// Draws the picture of a page, if it has one, into the part of `area` that its rows leave, below an empty row.
pub fn draw(page: &Page, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let Some(picture) = page.document().and_then(|document| document.picture()) else { return };
    let used = page.rows().saturating_sub(page.top).saturating_add(1);
    let used = u16::try_from(used).unwrap_or(u16::MAX).min(area.height);
    let room = Rect { y: area.y + used, height: area.height - used, ..area };
    if room.width < LEAST.0 || room.height < LEAST.1 {
        return;
    }
    let Some(fitting) = picture.within(room.width.into(), u32::from(room.height) * 2) else { return };
    for row in 0..fitting.height().div_ceil(2).min(room.height.into()) {
        for column in 0..fitting.width().min(room.width.into()) {
            let Some((half, style)) = half(&fitting, theme, column, row * 2) else { continue };
            let at = (room.x + column as u16, room.y + row as u16);
            if let Some(cell) = frame.buffer_mut().cell_mut(at) {
                cell.set_symbol(half).set_style(style);
            }
        }
    }
}

/// What stands in a cell for the pixel at a place and the one below it. What is transparent leaves the ground.
fn half(picture: &Picture, theme: &Theme, x: u32, y: u32) -> Option<(&'static str, Style)> {
    let color = |y| picture.pixel(x, y).and_then(|rgb| theme.pixel(rgb));
    match (color(y), color(y + 1)) {
        (Some(upper), Some(lower)) => Some(("▀", Style::new().fg(upper).bg(lower))),
        (Some(upper), None) => Some(("▀", Style::new().fg(upper))),
        (None, Some(lower)) => Some(("▄", Style::new().fg(lower))),
        (None, None) => None,
    }
}
