//! A line that is being typed in: its text from where the cursor is in sight, and the cursor.

use ratatui::{Frame, layout::Rect};
use tui_input::Input;
use unicode_width::UnicodeWidthStr;

use super::line::Line;
use crate::model::Printable;
use crate::tui::theme::{Role, Theme};

/// Draws the text of an input into the first row of an area and puts the cursor there; returns how many columns are
/// scrolled out of sight.
pub fn draw(target: &mut Frame<'_>, area: Rect, theme: &Theme, input: &Input, placeholder: &'static str) -> usize {
    if area.width == 0 || area.height == 0 {
        return 0;
    }
    let width = usize::from(area.width).saturating_sub(1);
    let scroll = input.visual_scroll(width);
    let mut line = Line::new(theme, area.width);
    if input.value().is_empty() {
        line.add(Role::Dim, placeholder);
    } else {
        let visible: String = skip_columns(input.value(), scroll).collect();
        line.outside(Role::Text, &Printable::from(visible.as_str()));
    }
    line.draw(area, target.buffer_mut());
    let column = input.visual_cursor().saturating_sub(scroll).min(width);
    target.set_cursor_position((area.x + column as u16, area.y));
    scroll
}

/// The row below a line that is being typed, for what is to be said about it.
pub struct Below {
    /// Where it is.
    pub area: Rect,
    scroll: usize,
    width: usize,
}

impl Below {
    /// The column under a byte of what is typed.
    pub fn column(&self, input: &Input, at: usize) -> usize {
        let column = input.value().get(..at).map_or(0, UnicodeWidthStr::width);
        2 + column.saturating_sub(self.scroll).min(self.width.saturating_sub(1))
    }
}

/// Draws a line that is being typed into an area of two rows, behind a sign of one column; gives the row below where there
/// is one.
pub fn draw_line(
    target: &mut Frame<'_>,
    area: Rect,
    theme: &Theme,
    sign: &'static str,
    (input, placeholder): (&Input, &'static str),
) -> Option<Below> {
    let mut line = Line::new(theme, area.width);
    line.add(Role::KeyHint, sign).add(Role::KeyHint, " ");
    line.draw(area, target.buffer_mut());
    let indent = 2.min(area.width);
    let field = Rect { x: area.x + indent, width: area.width - indent, height: area.height.min(1), ..area };
    let scroll = draw(target, field, theme, input, placeholder);
    let below = Rect { y: area.y + 1, height: 1, ..area };
    (area.height >= 2).then(|| Below { area: below, scroll, width: field.width.into() })
}

/// Says what is wrong with what is typed in the row above: a caret under the place, and the words to its right, or to its left
/// where they would be cut.
pub fn point(line: &mut Line<'_>, caret: usize, message: &str) {
    let message = Printable::from(message);
    if caret + 2 + message.width() <= line.room() || caret < message.width() + 1 {
        line.space(caret).add(Role::Error, "^ ").outside(Role::Error, &message);
    } else {
        line.space(caret - message.width() - 1).outside(Role::Error, &message).add(Role::Error, " ^");
    }
}

fn skip_columns(text: &str, columns: usize) -> impl Iterator<Item = char> {
    let mut passed = 0;
    text.chars().skip_while(move |char| {
        let skip = passed < columns;
        passed += unicode_width::UnicodeWidthChar::width(*char).unwrap_or(0);
        skip
    })
}
