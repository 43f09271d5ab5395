//! The frame of a pane: rounded border, a title on the left, something on the right, and both below.

use ratatui::{
    Frame,
    layout::Rect,
    text::Line as Spans,
    widgets::{Block, BorderType},
};

use super::line::Line;
use crate::tui::theme::{Role, Theme};

/// What stands in the border.
#[derive(Debug, Default)]
pub struct Titles<'a> {
    /// Above on the left.
    pub title: Spans<'a>,
    /// Above on the right.
    pub right: Spans<'a>,
    /// Below on the left.
    pub below: Spans<'a>,
    /// Below on the right.
    pub below_right: Spans<'a>,
}

/// Draws a frame and returns the area inside.
pub fn frame(target: &mut Frame<'_>, area: Rect, theme: &Theme, focused: bool, titles: Titles<'_>) -> Rect {
    let role = if focused { Role::BorderFocus } else { Role::Border };
    let mut block = Block::bordered().border_type(BorderType::Rounded).border_style(theme.style(role));
    if titles.title.width() > 0 {
        block = block.title_top(titles.title.left_aligned());
    }
    if titles.right.width() > 0 {
        block = block.title_top(titles.right.right_aligned());
    }
    if titles.below.width() > 0 {
        block = block.title_bottom(titles.below.left_aligned());
    }
    if titles.below_right.width() > 0 {
        block = block.title_bottom(titles.below_right.right_aligned());
    }
    let inner = block.inner(area);
    target.render_widget(block, area);
    inner
}

/// The name of a pane for its border.
pub fn title(name: impl Into<std::borrow::Cow<'static, str>>, focused: bool, theme: &Theme) -> Spans<'_> {
    let mut line = Line::new(theme, 40);
    line.space(1).add(if focused { Role::Accent } else { Role::Title }, name.into()).space(1);
    line.spans()
}
