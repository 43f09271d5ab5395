//! The picture of an image, drawn below what is said of it: in pixels where the terminal draws them, else two of them a cell,
//! one above the other.
//!
//! Decided: half-blocks in the colours that every terminal has, until the terminal has said that it draws pixels and the
//! picture is ready for its place; where there are no colours, nothing is drawn. A picture takes what room the lines above it
//! leave, so it never has to be scrolled, and gets as wide as the pane. Below an overlay it is drawn in half-blocks: pixels
//! lie outside of the cells, and what an overlay has covered of them would not come back when it goes.

use std::sync::Arc;

use ratatui::{
    Frame,
    layout::{Rect, Size},
    style::Style,
};

use super::{InspectorState, Page};
use crate::decode::Picture;
use crate::tui::{
    effect::Effect,
    graphics::{Graphics, Painted},
    message::Message,
    theme::Theme,
};

/// The fewest columns and rows that anything can be seen in.
const LEAST: Size = Size { width: 4, height: 2 };

/// What is known of how the terminal draws pixels.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Terminal {
    /// It has not been asked, since there was no picture yet.
    #[default]
    NotAsked,
    /// It is being asked.
    Asked,
    /// It draws them so, or not at all.
    Known(Option<Graphics>),
}

/// The picture of a page in pixels.
#[derive(Clone, Default, Debug)]
pub struct Pixels {
    /// Ready for a place.
    ready: Option<Painted>,
    /// The place that it was asked for last.
    asked: Option<Size>,
}

/// The part of an area of that many rows that the lines of a page leave: how many rows are above it.
fn below(page: &Page, height: u16) -> u16 {
    let used = page.rows().saturating_sub(page.top).saturating_add(1);
    u16::try_from(used).unwrap_or(u16::MAX).min(height)
}

fn picture(page: &Page) -> Option<&Picture> {
    page.document()?.picture()
}

/// Asks for what a picture needs that is to be shown in a window of that size: the terminal's word, then its pixels.
pub fn refresh(state: &mut InspectorState, (width, height): (usize, usize)) -> Option<Effect> {
    let page = state.page.as_mut()?;
    picture(page)?;
    let graphics = match state.terminal {
        Terminal::NotAsked => {
            state.terminal = Terminal::Asked;
            return Some(Effect::AskTerminal);
        }
        Terminal::Asked => return None,
        Terminal::Known(graphics) => graphics?,
    };
    let cells = |cells: usize| u16::try_from(cells).unwrap_or(u16::MAX);
    let height = cells(height);
    let room = Size { width: cells(width), height: height - below(page, height) };
    if page.pixels.asked == Some(room) || room.width < LEAST.width || room.height < LEAST.height {
        return None;
    }
    page.pixels.asked = Some(room);
    let document = Arc::clone(page.document()?);
    Some(Effect::Paint { key: page.key.clone(), document, graphics, room })
}

/// Takes what the terminal has said of itself, or a picture that is ready.
pub fn take(state: &mut InspectorState, message: Message) {
    match message {
        Message::Graphics(graphics) => state.terminal = Terminal::Known(graphics),
        Message::Painted(key, painted) => {
            let wanted = |page: &&mut Page| page.key == key && page.pixels.asked == Some(painted.room);
            if let Some(page) = state.page.as_mut().filter(wanted) {
                page.pixels.ready = Some(painted);
            }
        }
        _ => {}
    }
}

/// Forgets what was written to the terminal, which has forgotten it too.
pub fn forget(state: &mut InspectorState) {
    if let Some(page) = &mut state.page {
        page.pixels = Pixels::default();
    }
}

/// Draws the picture of a page, if it has one, into the part of `area` that its rows leave, below an empty row; in cells
/// alone where something lies over it.
pub fn draw(page: &Page, theme: &Theme, area: Rect, covered: bool, frame: &mut Frame<'_>) {
    let Some(picture) = picture(page) else { return };
    let used = below(page, area.height);
    let room = Rect { y: area.y + used, height: area.height - used, ..area };
    if room.width < LEAST.width || room.height < LEAST.height {
        return;
    }
    if let Some(pixels) = page.pixels.ready.as_ref().filter(|ready| ready.room == room.as_size() && !covered) {
        pixels.draw(room, frame.buffer_mut());
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
