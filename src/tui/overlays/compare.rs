//! A comparison over the panes: what differs between two messages.
//!
//! Decided: an overlay over the whole screen and no tab of the inspector. A comparison is about two things, wants the width of
//! both, and is come to from the list, from the attempts and from elsewhere; it closes to where one was. Two sides stand
//! beside each other where there is room, and one below the other elsewhere; signs stand before the lines, so that no
//! colour is needed. Only what is in sight is made into text.

use ratatui::{Frame, layout::Rect, widgets::Clear};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::diff::{
    Comparison, Row, Section, Side, Sign,
    page::{How, Line as Shown, Page, Sides, gap_words},
};
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
    },
};

/// From how many columns on two sides stand beside each other by themselves.
const BESIDE: u16 = 110;

/// How many columns a step to the side is.
const STEP: usize = 16;

/// How comparisons are shown; kept from one to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ways {
    /// Beside each other, or one below the other; nothing where the room says it.
    pub beside: Option<bool>,
    /// Also what is alike.
    pub everything: bool,
    /// Without what is ignored.
    pub ignoring: bool,
}

impl Default for Ways {
    fn default() -> Self {
        Self { beside: None, everything: false, ignoring: true }
    }
}

/// What there is to show.
#[derive(Debug)]
enum Content {
    Waiting,
    Failed(String),
    Found(Box<Comparison>),
}

/// See the head of this file.
#[derive(Debug)]
pub struct Comparing {
    ticket: u64,
    labels: [String; 2],
    content: Content,
    page: Page,
    laid: Option<How>,
    ways: Ways,
    top: usize,
    /// The line that was gone to last.
    at: usize,
    /// How many columns are passed over at the left.
    left: usize,
}

impl Comparing {
    /// One that is under way.
    pub fn new(ticket: u64, labels: [String; 2], ways: Ways) -> Self {
        let content = Content::Waiting;
        Self { ticket, labels, content, page: Page::default(), laid: None, ways, top: 0, at: 0, left: 0 }
    }

    /// Takes what came of it, if it is what was asked for.
    pub fn take(&mut self, ticket: u64, found: Result<Box<Comparison>, String>, screen: Rect) {
        if self.ticket != ticket {
            return;
        }
        self.content = match found {
            Ok(found) => Content::Found(found),
            Err(why) => Content::Failed(why),
        };
        self.laid = None;
        self.lay(screen);
        if let Some(first) = self.page.stops.first() {
            self.at = *first;
        }
    }

    fn beside(&self, screen: Rect) -> bool {
        self.ways.beside.unwrap_or(screen.width >= BESIDE)
    }

    /// Lays it out for a screen; does nothing where it is laid out so already.
    pub fn lay(&mut self, screen: Rect) {
        let how =
            How { side_by_side: self.beside(screen), everything: self.ways.everything, ignoring: self.ways.ignoring };
        if let Content::Found(found) = &self.content
            && self.laid != Some(how)
        {
            // The reader stays at the difference they have come to.
            let number = self.page.number(self.at);
            self.page = Page::of(found, how);
            let stop = number.and_then(|number| self.page.stops.get(number.min(self.page.stops.len()).wrapping_sub(1)));
            self.at = stop.copied().unwrap_or(self.at);
            if self.laid.is_some() {
                self.show(screen);
            }
            self.laid = Some(how);
        }
        self.top = self.top.min(self.page.lines.len().saturating_sub(Self::height(screen)));
    }

    /// Does what an action means; gives how comparisons are shown from now on.
    pub fn act(&mut self, action: Action, screen: Rect) -> Ways {
        let height = Self::height(screen);
        match action {
            Action::NextDifference => self.go(self.page.stop_after(self.at), screen),
            Action::PreviousDifference => self.go(self.page.stop_before(self.at), screen),
            Action::CompareSides => self.ways.beside = Some(!self.beside(screen)),
            Action::CompareEverything => self.ways.everything = !self.ways.everything,
            Action::CompareIgnored => self.ways.ignoring = !self.ways.ignoring,
            Action::ScrollRight => self.left = (self.left + STEP).min(4096),
            Action::ScrollLeft => self.left = self.left.saturating_sub(STEP),
            Action::LineStart => self.left = 0,
            _ => {
                if let Some(to) = Move::of(action, height) {
                    let last = self.page.lines.len().saturating_sub(height);
                    self.top = to.from(self.top, self.page.lines.len()).min(last);
                }
            }
        }
        self.lay(screen);
        self.ways
    }

    fn go(&mut self, stop: Option<usize>, screen: Rect) {
        if let Some(stop) = stop {
            self.at = stop;
            self.show(screen);
        }
    }

    /// Brings the line that was gone to into sight, with a few lines around it.
    fn show(&mut self, screen: Rect) {
        let height = Self::height(screen);
        let around = (height / 4).min(4);
        if self.at < self.top + around || self.at + around >= self.top + height {
            self.top = self.at.saturating_sub(height / 3);
        }
    }

    fn area(screen: Rect) -> Rect {
        Rect { y: screen.y + 1, height: screen.height.saturating_sub(2), ..screen }
    }

    /// The rows of the lines, below those that say what is compared.
    fn lines_area(screen: Rect) -> Rect {
        let inner = layout::inside(Self::area(screen));
        let above = 2.min(inner.height);
        Rect { y: inner.y + above, height: inner.height - above, ..inner }
    }

    fn height(screen: Rect) -> usize {
        Self::lines_area(screen).height.into()
    }

    /// Draws it over the panes.
    pub fn draw(&self, state: &State, theme: &Theme, frame: &mut Frame<'_>) {
        let area = Self::area(state.area);
        frame.render_widget(Clear, area);
        frame.buffer_mut().set_style(area, theme.style(Role::Overlay));
        let (summary, place) = self.words();
        let mut left = Line::new(theme, area.width.saturating_sub(4));
        left.add(Role::Info, format!(" {summary} "));
        let mut right = Line::new(theme, (area.width.saturating_sub(4)).saturating_sub(left_width(&summary)));
        right.add(Role::Dim, format!(" {place} "));
        let titles = Titles {
            title: title("Compare", true, theme),
            below: left.spans(),
            below_right: right.spans(),
            ..Titles::default()
        };
        let inner = pane::frame(frame, area, theme, true, titles);
        self.heading(theme, inner, state.area, frame);
        let lines = Self::lines_area(state.area);
        for row in 0..lines.height {
            let area = Rect { y: lines.y + row, height: 1, ..lines };
            match &self.content {
                Content::Found(found) => {
                    let at = self.top + usize::from(row);
                    if let Some(line) = self.page.lines.get(at) {
                        self.line(found, (at, line), theme, area, frame);
                    }
                }
                Content::Waiting | Content::Failed(_) if row > 0 => {}
                Content::Waiting => {
                    let mut line = Line::new(theme, area.width);
                    line.space(1).add(Role::Dim, "comparing… esc stops it");
                    line.draw(area, frame.buffer_mut());
                }
                Content::Failed(why) => {
                    let mut line = Line::new(theme, area.width);
                    line.space(1).outside(Role::Error, &Printable::from(why.as_str()));
                    line.draw(area, frame.buffer_mut());
                }
            }
        }
    }

    /// What is said below: how much differs, and where one is.
    fn words(&self) -> (String, String) {
        let Content::Found(found) = &self.content else { return (String::new(), "esc closes".to_owned()) };
        let summary = match found.ignored() {
            0 => found.summary(),
            _ if self.ways.ignoring => found.summary(),
            _ => format!("{} differences, nothing ignored", found.differences() + found.ignored()),
        };
        let of = self.page.stops.len();
        let number = self.page.number(self.at).filter(|_| of > 0);
        let place = number.map_or("esc closes".to_owned(), |number| format!("place {number} of {of}  esc closes"));
        (summary, place)
    }

    /// The two rows that say what is compared; one where the sides stand beside each other.
    fn heading(&self, theme: &Theme, inner: Rect, screen: Rect, frame: &mut Frame<'_>) {
        let [old, new] = &self.labels;
        let rows = [(Sign::Removed, Role::Error, old), (Sign::Added, Role::Ok, new)];
        let beside = self.beside(screen);
        let half = halves(inner.width);
        for (at, (sign, role, label)) in (0..2).zip(rows) {
            let area = if beside {
                let x = if at == 0 { inner.x } else { inner.x + half + 3 };
                Rect { x, width: half.min(inner.right().saturating_sub(x)), height: 1.min(inner.height), ..inner }
            } else {
                Rect { y: inner.y + at, height: u16::from(at < inner.height), ..inner }
            };
            let mut line = Line::new(theme, area.width);
            line.add(role, format!(" {} ", sign.char()));
            let room = line.room();
            line.outside(Role::Title, &Printable::limited(label.as_bytes(), room));
            line.draw(area, frame.buffer_mut());
        }
    }

    fn line(&self, found: &Comparison, (at, shown): (usize, &Shown), theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
        let mut line = Line::new(theme, area.width);
        let section = |at: &usize| found.sections.get(*at);
        match shown {
            Shown::Blank => return,
            Shown::Heading(at) => {
                let Some(section) = section(at) else { return };
                line.space(1).add(Role::Accent, section.name);
                if section.more {
                    line.add(Role::Warn, "  there are more differences than are shown");
                } else if !section.differs() && section.notes.is_empty() {
                    line.add(Role::Dim, "  the same");
                }
            }
            Shown::Note(at, note) => {
                let note = section(at).and_then(|section| section.notes.get(*note));
                let note = Printable::from(note.map(String::as_str).unwrap_or_default());
                line.space(3).outside(Role::Info, &note);
            }
            Shown::Gap(at, range) => {
                let Some(section) = section(at) else { return };
                line.space(3).add(Role::Dim, format!("… {}", gap_words(&section.rows, range)));
            }
            Shown::Row(section_at, row, sides) => {
                if let Some(section) = section(section_at) {
                    self.row(section, (*row, *sides), at == self.at && !self.page.stops.is_empty(), theme, area, frame);
                }
                return;
            }
        }
        line.draw(area, frame.buffer_mut());
    }

    fn row(
        &self,
        section: &Section,
        (row, sides): (usize, Sides),
        here: bool,
        theme: &Theme,
        area: Rect,
        frame: &mut Frame<'_>,
    ) {
        let Some(row) = section.rows.get(row) else { return };
        let quiet = row.ignored && self.ways.ignoring;
        let sign = row.shown_sign(sides, self.ways.ignoring);
        let bar = if here { "▌" } else { " " };
        let role_of = |sign: Sign| match sign {
            _ if quiet => Role::Dim,
            Sign::Same => Role::Text,
            Sign::Changed => Role::Warn,
            Sign::Removed => Role::Error,
            Sign::Added => Role::Ok,
        };
        if !self.laid.is_some_and(|how| how.side_by_side) {
            let role = role_of(match sides {
                Sides::Old => Sign::Removed,
                Sides::New => Sign::Added,
                Sides::Both => row.sign,
            });
            let mut line = Line::new(theme, area.width);
            line.add(Role::Accent, bar).add(role, sign.to_string()).space(1);
            self.side(&mut line, row, row.shown_side(sides), if quiet { Role::Dim } else { plain(role) });
            if sides != Sides::Old {
                note(&mut line, row);
            }
            line.draw(area, frame.buffer_mut());
            return;
        }
        let half = halves(area.width);
        let mut line = Line::new(theme, half);
        line.add(Role::Accent, bar);
        let old = if row.sign == Sign::Same { Role::Text } else { Role::Error };
        let new = if row.sign == Sign::Same { Role::Text } else { Role::Ok };
        let (old, new) = if quiet { (Role::Dim, Role::Dim) } else { (old, new) };
        if row.old.is_some() || row.left_out > 0 && row.sign != Sign::Added {
            self.side(&mut line, row, row.old.as_ref(), old);
        }
        line.draw(Rect { width: half, ..area }, frame.buffer_mut());
        let mut line = Line::new(theme, area.width - half);
        line.space(1).add(role_of(row.sign), sign.to_string()).space(1);
        if row.new.is_some() || row.left_out > 0 && row.sign != Sign::Removed {
            self.side(&mut line, row, row.new.as_ref(), new);
        }
        note(&mut line, row);
        line.draw(Rect { x: area.x + half, width: area.width - half, ..area }, frame.buffer_mut());
    }

    /// The text of one side, from the column on that is at the left.
    fn side(&self, line: &mut Line<'_>, row: &Row, side: Option<&Side>, role: Role) {
        let Some(side) = side else {
            let words = if row.left_out > 0 { format!("… {} more", row.left_out) } else { String::new() };
            line.add(Role::Dim, words);
            return;
        };
        let indent = usize::from(row.depth) * 2;
        line.space(indent.saturating_sub(self.left));
        let mut over = self.left.saturating_sub(indent);
        for (marked, text) in side.pieces() {
            if line.room() == 0 {
                break;
            }
            // Text that is passed over is looked at too, so this is bounded by the longest text of a row.
            let text = Printable::new(text);
            for (escaped, piece) in text.pieces() {
                let width = piece.width();
                if over >= width {
                    over -= width;
                    continue;
                }
                let piece = if over == 0 { piece.to_owned() } else { behind(piece, std::mem::take(&mut over)) };
                line.marked(if escaped { Role::Escape } else { role }, piece, marked);
            }
        }
    }
}

/// Lines that are only on one side have the colour of that side; so does what is changed.
fn plain(role: Role) -> Role {
    if role == Role::Warn { Role::Text } else { role }
}

fn note(line: &mut Line<'_>, row: &Row) {
    if let Some(note) = &row.note {
        line.space(2).outside(Role::Info, &Printable::from(note.as_ref()));
    }
}

/// What lies behind so many columns of a text that is safe to print.
fn behind(text: &str, columns: usize) -> String {
    let mut passed = 0;
    let rest = text.graphemes(true).skip_while(|cluster| {
        let before = passed;
        passed += cluster.width();
        before < columns
    });
    rest.collect()
}

fn halves(width: u16) -> u16 {
    width.saturating_sub(3) / 2
}

fn left_width(summary: &str) -> u16 {
    u16::try_from(summary.chars().count() + 2).unwrap_or(u16::MAX)
}
