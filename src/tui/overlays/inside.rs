//! What is in a value, over the panes: the JSON in a string, the header and the claims of a token, what Base64 stands for.
//!
//! Decided: it is laid out in the view that fits it, as a body would be, with what is known of it in words above. Times are
//! said from now as well, since what a reader asks of a token is mostly whether it has expired. A value is looked at where
//! it is, so there is no cursor here: what is in what is inside is for whoever saves it.

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::{Frame, layout::Rect, widgets::Clear};

use crate::decode::{self, Cancelled, Document, Found, Look, Rows, Subject, Told, Wrapping};
use crate::model::Printable;
use crate::tui::{
    action::Action,
    layout,
    movement::Move,
    state::State,
    theme::{Role, Theme},
    widgets::{
        line::Line,
        pane::{self, Titles, title},
        words::wrapped,
    },
};

/// How many columns it takes inside its border, where there are that many.
const COLUMNS: u16 = 100;

/// How many columns are left free at either side of what it shows.
const MARGIN: u16 = 1;

/// See the head of this file.
#[derive(Debug)]
pub struct Inside {
    words: String,
    times: Vec<Told>,
    came: Timestamp,
    document: Option<Arc<Document>>,
    /// How that was laid out for the width.
    rows: Option<Rows>,
    /// The words, in rows.
    said: Vec<String>,
    width: usize,
    top: usize,
}

impl Inside {
    /// Of a value that came at that time.
    pub fn new(look: Look, came: Timestamp) -> Self {
        let Look { words, inside, times } = look;
        let subject = inside.map(|bytes| Subject::held(bytes, None));
        let document = subject.and_then(|subject| decode::decode(&subject, None, &Cancelled::default())).map(Arc::new);
        // Times have rows of their own, which say more.
        let words = match words.split_once(';') {
            Some((before, _)) if !times.is_empty() => before.to_owned(),
            None if !times.is_empty() => "a time".to_owned(),
            _ => words,
        };
        Self { words, times, came, document, rows: None, said: Vec::new(), width: 0, top: 0 }
    }

    /// Lays it out for a screen; does nothing where that has the width it had.
    pub fn lay(&mut self, screen: Rect) {
        let width = usize::from(page(layout::overlay_area(screen, COLUMNS, screen.height)).width);
        if self.width != width {
            self.width = width;
            self.said = wrapped(&self.words, width);
            let document = self.document.as_ref();
            self.rows = document.and_then(|document| document.wrap(&Wrapping::at(width), &Cancelled::default()));
        }
        self.top = self.top.min(self.len().saturating_sub(self.height(screen)));
    }

    /// Scrolls.
    pub fn act(&mut self, action: Action, screen: Rect) {
        let height = self.height(screen);
        if let Some(to) = Move::of(action, height) {
            self.top = to.from(self.top, self.len()).min(self.len().saturating_sub(height));
        }
    }

    /// How many rows stand above the document, with the empty one between.
    fn above(&self) -> usize {
        self.said.len() + self.times.len() + usize::from(self.rows.is_some())
    }

    fn len(&self) -> usize {
        self.above() + self.rows.as_ref().map_or(0, Rows::len)
    }

    /// No higher than what it shows.
    fn area(&self, screen: Rect) -> Rect {
        let most = screen.height.saturating_sub(6);
        layout::overlay_area(screen, COLUMNS, u16::try_from(self.len()).unwrap_or(most).min(most))
    }

    fn height(&self, screen: Rect) -> usize {
        layout::inside(self.area(screen)).height.into()
    }

    /// Draws it over the panes.
    pub fn draw(&self, state: &State, theme: &Theme, frame: &mut Frame<'_>) {
        let area = self.area(state.area);
        frame.render_widget(Clear, area);
        frame.buffer_mut().set_style(area, theme.style(Role::Overlay));
        let mut below = Line::new(theme, area.width);
        if let Some(document) = &self.document {
            below.add(Role::Dim, format!(" {} ", document.view().label)).add(Role::Border, "─");
        }
        below.add(Role::Dim, " esc closes ");
        let titles = Titles { title: title("Inside", true, theme), below_right: below.spans(), ..Titles::default() };
        pane::frame(frame, area, theme, true, titles);
        let page = page(area);
        for row in 0..page.height {
            let line = self.row(self.top + usize::from(row), state.now, theme, page.width);
            line.draw(Rect { y: page.y + row, height: 1, ..page }, frame.buffer_mut());
        }
    }

    fn row<'a>(&'a self, at: usize, now: Timestamp, theme: &'a Theme, columns: u16) -> Line<'a> {
        let mut line = Line::new(theme, columns);
        if let Some(said) = self.said.get(at) {
            line.outside(Role::Info, &Printable::from(said.as_str()));
        } else if let Some(told) = self.times.get(at - self.said.len()) {
            let when = told.at.strftime("%Y-%m-%d %H:%M:%S UTC");
            line.add(Role::Key, told.claim.map_or(String::new(), |claim| format!("{claim}  ")));
            line.outside(Role::Text, &Printable::from(told.words(now).as_str()));
            let more = format!("  {when}, {}", decode::distance(told.at, self.came));
            let room = line.room();
            line.outside(Role::Dim, &Printable::limited(more.as_bytes(), room));
        } else if let (Some(document), Some(rows), Some(row)) =
            (&self.document, &self.rows, at.checked_sub(self.above()))
        {
            line.pieces(document.row(rows, row, &Found::none()));
        }
        line
    }
}

/// Where in it something is shown.
fn page(area: Rect) -> Rect {
    let inner = layout::inside(area);
    Rect { x: inner.x + MARGIN.min(inner.width), width: inner.width.saturating_sub(2 * MARGIN), ..inner }
}
