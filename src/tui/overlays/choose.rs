//! A chooser: a short list narrowed by typing. Actions by name, targets, themes, things to copy and questions are all
//! choosers, so that whoever knows one knows all.

use ratatui::{Frame, layout::Rect, widgets::Clear};
use tui_input::Input;

use crate::model::Printable;
use crate::tui::{
    action::Action,
    chord::Chord,
    layout,
    movement::around,
    text_keys,
    theme::{Role, Theme},
    widgets::{
        input,
        line::Line,
        pane::{self, Titles, title},
    },
};

/// What can be chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Choice {
    /// Do this.
    Do(Action),
    /// Use the theme of that name.
    Theme(String),
    /// Send to the known target at that place.
    Target(usize),
    /// Send to the target that is typed.
    TypedTarget,
    /// Copy this.
    Copy(Copied),
    /// Send a body that did not come whole as far as it came, to where `r` sends.
    SendCut,
    /// Delete everything that is not pinned.
    DeleteAll,
    /// Leave everything as it is.
    Nothing,
}

/// What can be copied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Copied {
    /// The URL to give to senders.
    CaptureUrl,
    /// A curl command to try, before anything was caught.
    CurlToTry,
    /// The URL that the capture was sent to.
    RequestUrl,
    /// The bytes of the body.
    Body,
    /// A curl command that sends the same.
    Curl,
    /// Head and body.
    Raw,
    /// The value of the header line at that place.
    Header(usize),
}

/// One line of the list.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is; may come from outside.
    pub label: Vec<u8>,
    /// What is said of it; may come from outside.
    pub detail: Vec<u8>,
    /// What choosing it means.
    pub choice: Choice,
}

impl Item {
    /// A line of the list.
    pub fn new(label: impl Into<Vec<u8>>, detail: impl Into<Vec<u8>>, choice: Choice) -> Self {
        Self { label: label.into(), detail: detail.into(), choice }
    }
}

/// See the head of this file.
#[derive(Debug)]
pub struct Choose {
    title: &'static str,
    placeholder: &'static str,
    items: Vec<Item>,
    /// What is typed to narrow the list, or as a choice of its own.
    input: Input,
    /// Whether what is typed can be chosen itself.
    free: bool,
    selected: usize,
    /// What is wrong with what is typed.
    pub error: Option<String>,
}

impl Choose {
    /// A chooser of these items.
    pub fn new(title: &'static str, placeholder: &'static str, items: Vec<Item>) -> Self {
        Self { title, placeholder, items, input: Input::default(), free: false, selected: 0, error: None }
    }

    /// What is typed can be chosen too.
    #[must_use]
    pub fn or_typed(mut self) -> Self {
        self.free = true;
        self
    }

    /// Begins at the item that means this.
    #[must_use]
    pub fn at(mut self, choice: &Choice) -> Self {
        self.selected = self.items.iter().position(|item| item.choice == *choice).unwrap_or(0);
        self
    }

    /// What is typed.
    pub fn typed(&self) -> &str {
        self.input.value()
    }

    /// The items that what is typed leaves, best first: those that begin with it, then those that contain it.
    fn shown(&self) -> Vec<&Item> {
        let typed = self.typed().to_lowercase();
        let matches = |item: &Item| {
            let label = String::from_utf8_lossy(&item.label).to_lowercase();
            let detail = String::from_utf8_lossy(&item.detail).to_lowercase();
            if label.starts_with(&typed) {
                Some(0)
            } else if label.contains(&typed) {
                Some(1)
            } else {
                detail.contains(&typed).then_some(2)
            }
        };
        let mut ranked: Vec<(u8, &Item)> =
            self.items.iter().filter_map(|item| matches(item).map(|rank| (rank, item))).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, item)| item).collect()
    }

    /// What accepting would choose now.
    pub fn choice(&self) -> Option<Choice> {
        match self.shown().get(self.selected) {
            Some(item) => Some(item.choice.clone()),
            None if self.free && !self.typed().trim().is_empty() => Some(Choice::TypedTarget),
            None => None,
        }
    }

    /// Moves the selection, around the ends.
    pub fn step(&mut self, by: isize) {
        self.selected = around(self.selected, by, self.shown().len());
    }

    /// A key that is no action here.
    pub fn key(&mut self, chord: Chord) {
        if let Some(request) = text_keys::request(chord) {
            self.input.handle(request);
            self.selected = 0;
            self.error = None;
        }
    }

    /// Text pasted.
    pub fn paste(&mut self, text: &str) {
        for char in text_keys::pasted(text) {
            self.input.handle(tui_input::InputRequest::InsertChar(char));
        }
        self.selected = 0;
        self.error = None;
    }

    /// Where it lies on the screen.
    fn area(&self, screen: Rect) -> Rect {
        layout::overlay_area(screen, 76, (self.items.len() as u16).saturating_add(3).clamp(5, 20))
    }

    /// Which item is at a cell.
    pub fn click(&mut self, screen: Rect, column: u16, row: u16) -> bool {
        let inner = layout::inside(self.area(screen));
        let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
        let hit = list.contains(ratatui::layout::Position::new(column, row));
        let at = self.first(list.height.into()) + usize::from(row.saturating_sub(list.y));
        if hit && at < self.shown().len() {
            self.selected = at;
            return true;
        }
        false
    }

    fn first(&self, height: usize) -> usize {
        (self.selected + 1).saturating_sub(height)
    }

    /// Draws it over the panes.
    pub fn draw(&self, theme: &Theme, frame: &mut Frame<'_>) {
        let area = self.area(frame.area());
        frame.render_widget(Clear, area);
        frame.buffer_mut().set_style(area, theme.style(Role::Overlay));
        let inner = pane::frame(
            frame,
            area,
            theme,
            true,
            Titles { title: title(self.title, true, theme), ..Titles::default() },
        );
        let row = |y: u16| Rect { y: inner.y + y, height: u16::from(y < inner.height), ..inner };
        let mut line = Line::new(theme, inner.width);
        line.add(Role::KeyHint, " › ");
        line.draw(row(0), frame.buffer_mut());
        let indent = 3.min(inner.width);
        let field = Rect { x: inner.x + indent, width: inner.width - indent, ..row(0) };
        input::draw(frame, field, theme, &self.input, self.placeholder);
        if let Some(error) = &self.error {
            let mut line = Line::new(theme, inner.width);
            line.space(3).outside(Role::Error, &Printable::from(error.as_str()));
            line.draw(row(1), frame.buffer_mut());
        }
        let list = Rect { y: inner.y + 2.min(inner.height), height: inner.height.saturating_sub(2), ..inner };
        let shown = self.shown();
        if shown.is_empty() {
            let mut line = Line::new(theme, list.width);
            let words =
                if self.free && !self.typed().is_empty() { "enter sends to it" } else { "nothing of that name" };
            line.space(3).add(Role::Dim, words);
            line.draw(list, frame.buffer_mut());
        }
        let widest = shown.iter().map(|item| Printable::limited(&item.label, 40).width()).max().unwrap_or(0);
        let label = widest.min(usize::from(list.width) * 3 / 5);
        let first = self.first(list.height.into());
        for (at, item) in shown.iter().enumerate().skip(first).take(list.height.into()) {
            let area = Rect { y: list.y + (at - first) as u16, height: 1, ..list };
            let mut line = Line::new(theme, area.width);
            line.add(Role::Accent, if at == self.selected { " ▌ " } else { "   " });
            line.cell(Role::Text, &item.label, label).space(2);
            let room = line.room().saturating_sub(1);
            line.outside(Role::Dim, &Printable::limited(&item.detail, room));
            line.draw(area, frame.buffer_mut());
            if at == self.selected {
                frame.buffer_mut().set_style(area, theme.style(Role::Selection));
            }
        }
    }
}
