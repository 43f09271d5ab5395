//! One line of the screen, built from the left and cut at its width.
//!
//! The only door from text to cells: our own words come as `&'static str` or as text that the caller made, text from outside as
//! [`Printable`] or as pieces of a view, which are made of it.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line as Spans, Span},
    widgets::Widget,
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::decode::{Mark, Pattern, Piece, Role as Meaning};
use crate::model::Printable;
use crate::tui::theme::{Role, Theme};

/// How many marks a cell has at most.
const MARKS: usize = 64;

/// How long a text may be, in bytes, to be looked through for marks whenever it is drawn.
const MARKED: usize = 4 * 1024;

/// See the head of this file.
#[derive(Debug)]
pub struct Line<'a> {
    theme: &'a Theme,
    spans: Vec<Span<'a>>,
    room: usize,
    /// Where marks of cells stand: how many columns are left before and behind each.
    marked: Vec<(usize, usize)>,
}

impl<'a> Line<'a> {
    /// An empty line with room for that many columns.
    pub fn new(theme: &'a Theme, columns: u16) -> Self {
        Self { theme, spans: Vec::new(), room: columns.into(), marked: Vec::new() }
    }

    /// How many columns are left.
    pub fn room(&self) -> usize {
        self.room
    }

    fn push(&mut self, text: std::borrow::Cow<'a, str>, style: Style) {
        let width = text.width();
        if width <= self.room {
            self.room -= width;
            self.spans.push(Span::styled(text, style));
            return;
        }
        let mut cut = String::new();
        for cluster in text.graphemes(true) {
            if cluster.width() > self.room {
                break;
            }
            self.room -= cluster.width();
            cut.push_str(cluster);
        }
        self.room = 0;
        self.spans.push(Span::styled(cut, style));
    }

    /// Adds words of ours.
    pub fn add(&mut self, role: Role, text: impl Into<std::borrow::Cow<'a, str>>) -> &mut Self {
        let style = self.theme.style(role);
        self.push(text.into(), style);
        self
    }

    /// Adds that many spaces.
    pub fn space(&mut self, columns: usize) -> &mut Self {
        self.add(Role::Text, " ".repeat(columns.min(self.room)))
    }

    /// Adds text from outside, escapes marked.
    pub fn outside(&mut self, role: Role, text: &Printable) -> &mut Self {
        for (escaped, piece) in text.pieces() {
            let style = self.theme.style(if escaped { Role::Escape } else { role });
            self.push(piece.to_owned().into(), style);
        }
        self
    }

    /// Adds a piece of text from outside that is safe to print, perhaps as what was found in it.
    pub fn marked(&mut self, role: Role, text: String, marked: bool) -> &mut Self {
        let style = self.theme.style(role);
        let style = if marked { style.patch(self.theme.style(Role::Match)) } else { style };
        self.push(text.into(), style);
        self
    }

    /// Adds text from outside in exactly `columns`, cut or padded.
    pub fn cell(&mut self, role: Role, bytes: &[u8], columns: usize) -> &mut Self {
        let text = Printable::limited(bytes, columns);
        let blank = columns.saturating_sub(text.width());
        self.outside(role, &text).space(blank)
    }

    /// The same with what a pattern finds in it marked. What is cut off is not looked at, and neither is what lies behind
    /// an escape.
    pub fn marked_cell(&mut self, role: Role, bytes: &[u8], columns: usize, marks: Option<&Pattern>) -> &mut Self {
        let marks = marks.filter(|_| bytes.len() <= MARKED);
        let hits = marks.map_or_else(Vec::new, |marks| marks.hits(bytes, MARKS));
        let text = Printable::limited(bytes, columns);
        // Where the text is as it came, a place in one is a place in the other.
        let same = text.as_str().bytes().zip(bytes).take_while(|(shown, byte)| shown == *byte).count();
        if hits.first().is_none_or(|hit| hit.end > same) {
            return self.cell(role, bytes, columns);
        }
        let (plain, mark) = (self.theme.style(role), self.theme.style(role).patch(self.theme.style(Role::Match)));
        let blank = columns.saturating_sub(text.width());
        let mut at = 0;
        for hit in hits.into_iter().take_while(|hit| hit.end <= same) {
            let piece = |range| text.as_str().get::<std::ops::Range<usize>>(range).unwrap_or_default().to_owned();
            self.push(piece(at..hit.start).into(), plain);
            let before = self.room;
            self.push(piece(hit.clone()).into(), mark);
            self.marked.push((before, self.room));
            at = hit.end;
        }
        let mut passed = 0;
        for (escaped, piece) in text.pieces() {
            let style = if escaped { self.theme.style(Role::Escape) } else { plain };
            let rest = piece.get(at.saturating_sub(passed).min(piece.len())..).unwrap_or_default();
            passed += piece.len();
            self.push(rest.to_owned().into(), style);
        }
        self.space(blank)
    }

    /// Adds pieces of a view.
    pub fn pieces(&mut self, pieces: Vec<Piece<'a>>) -> &mut Self {
        for piece in pieces {
            let style = match piece.mark {
                Mark::None => self.theme.style(role_of(piece.role)),
                Mark::Match => self.theme.style(role_of(piece.role)).patch(self.theme.style(Role::Match)),
                Mark::Current => self.theme.style(Role::MatchCurrent),
            };
            self.push(piece.text, style);
        }
        self
    }

    /// Draws the line at the left of an area, over a style for the whole of its first row.
    pub fn draw(self, area: Rect, buffer: &mut Buffer) {
        Spans::from(self.spans).render(Rect { height: area.height.min(1), ..area }, buffer);
    }

    /// The same as a selected row: that style lies over all of it, and marks over that.
    pub fn draw_selected(self, role: Role, area: Rect, buffer: &mut Buffer) {
        let (theme, marked) = (self.theme, self.marked.clone());
        self.draw(area, buffer);
        buffer.set_style(area, theme.style(role));
        for (before, behind) in marked {
            let (width, left) = ((before - behind) as u16, usize::from(area.width).saturating_sub(before) as u16);
            let mark = Rect { x: area.x + left, width, ..area }.intersection(area);
            buffer.set_style(mark, theme.style(Role::Match));
        }
    }

    /// Draws the line at the right end of an area's first row.
    pub fn draw_right(self, area: Rect, buffer: &mut Buffer) {
        let width: usize = self.spans.iter().map(Span::width).sum();
        let width = u16::try_from(width).unwrap_or(u16::MAX).min(area.width);
        self.draw(Rect { x: area.right() - width, width, ..area }, buffer);
    }

    /// The spans, for titles of borders.
    pub fn spans(self) -> Spans<'a> {
        Spans::from(self.spans)
    }
}

/// The theme's role for a piece of a body.
pub fn role_of(role: Meaning) -> Role {
    match role {
        Meaning::Text => Role::Text,
        Meaning::Dim | Meaning::Offset => Role::Dim,
        Meaning::Key => Role::Key,
        Meaning::String => Role::String,
        Meaning::Number => Role::Number,
        Meaning::Literal => Role::Literal,
        Meaning::Punctuation => Role::Punctuation,
        Meaning::Escape => Role::Escape,
        Meaning::Warn => Role::Warn,
        Meaning::Error => Role::Error,
    }
}
