//! What is asked before many are sent: where to, how often, how fast, how many at once. Every line has a default that
//! makes sense, so accepting at once sends each request once to where `r` sends.

use std::sync::Arc;

use ratatui::{Frame, layout::Rect, widgets::Clear};

use crate::model::{Capture, Printable};
use crate::replay::{Pace, Schedule, Target, schedule};
use crate::tui::{
    chord::Chord,
    layout,
    many::CELLS,
    movement::around,
    theme::{Role, Theme},
    widgets::{
        line::Line,
        pane::{self, Titles, title},
        words::{grouped, wrapped},
    },
};

/// How long what is typed in a line may be.
const LONGEST: usize = 24;
/// How wide the names of lines are.
const NAMES: usize = 12;
/// The paces that the arrows go through.
const PACES: [&str; 5] = ["at-once", "original", "original*2", "10/s", "1/s"];

/// A line of the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Field {
    Target(usize),
    Times,
    Pace,
    Order,
    Copies,
    AtOnce,
    Retry,
}

/// See the head of this file.
#[derive(Debug)]
pub struct Form {
    /// What is sent, oldest first.
    pub captures: Vec<Arc<Capture>>,
    targets: Vec<(Target, bool)>,
    times: String,
    pace: String,
    shuffled: bool,
    twice: bool,
    at_once: String,
    retry: String,
    selected: usize,
    error: Option<String>,
}

impl Form {
    /// Of these captures; the targets that are known, and which of them is where `r` sends.
    pub fn new(captures: Vec<Arc<Capture>>, targets: &[Target], current: Option<&Target>) -> Self {
        let targets: Vec<_> = targets.iter().map(|target| (target.clone(), current == Some(target))).collect();
        let first = targets.iter().position(|(_, chosen)| *chosen).unwrap_or(0);
        Self {
            captures,
            targets,
            times: "1".to_owned(),
            pace: "at-once".to_owned(),
            shuffled: false,
            twice: false,
            at_once: "1".to_owned(),
            retry: "0".to_owned(),
            selected: first,
            error: None,
        }
    }

    fn fields(&self) -> Vec<Field> {
        let targets = (0..self.targets.len()).map(Field::Target);
        targets.chain([Field::Times, Field::Pace, Field::Order, Field::Copies, Field::AtOnce, Field::Retry]).collect()
    }

    /// Goes to another line.
    pub fn step(&mut self, by: isize) {
        self.selected = around(self.selected, by, self.fields().len());
    }

    /// A key that is no action here: it types, or changes what can be changed by arrows and blanks.
    pub fn key(&mut self, chord: Chord) {
        use crossterm::event::KeyCode;
        self.error = None;
        let Some(field) = self.fields().get(self.selected).copied() else { return };
        let turns = match chord.code {
            KeyCode::Left => Some(-1),
            KeyCode::Right | KeyCode::Char(' ') => Some(1),
            _ => None,
        };
        match (field, turns) {
            (Field::Target(at), Some(_)) => {
                if let Some((_, chosen)) = self.targets.get_mut(at) {
                    *chosen = !*chosen;
                }
            }
            (Field::Order, Some(_)) => self.shuffled = !self.shuffled,
            (Field::Copies, Some(_)) => self.twice = !self.twice,
            (Field::Pace, Some(by)) => {
                let at = PACES.iter().position(|pace| *pace == self.pace).unwrap_or(0);
                if let Some(pace) = PACES.get(around(at, by, PACES.len())) {
                    self.take_pace((*pace).to_owned());
                }
            }
            (Field::Times, Some(by)) => turn(&mut self.times, by, 1),
            (Field::AtOnce, Some(by)) => turn(&mut self.at_once, by, 1),
            (Field::Retry, Some(by)) => turn(&mut self.retry, by, 0),
            (field, None) => {
                let text = match field {
                    Field::Times => &mut self.times,
                    Field::Pace => &mut self.pace,
                    Field::AtOnce => &mut self.at_once,
                    Field::Retry => &mut self.retry,
                    Field::Target(_) | Field::Order | Field::Copies => return,
                };
                match (chord.code, chord.typed()) {
                    (KeyCode::Backspace, _) => _ = text.pop(),
                    (_, Some(char)) if char.is_ascii_graphic() && text.len() < LONGEST => text.push(char),
                    _ => {}
                }
            }
        }
    }

    /// A pace needs room for what is still under way when the next is due.
    fn take_pace(&mut self, pace: String) {
        let usual = [self.usual(), "1".to_owned(), schedule::PACED.to_string()];
        self.pace = pace;
        if usual.contains(&self.at_once) {
            self.at_once = self.usual();
        }
    }

    fn usual(&self) -> String {
        if self.pace == "at-once" { "1".to_owned() } else { schedule::PACED.to_string() }
    }

    /// What is asked for; nothing, and said what is wrong, where that cannot be.
    pub fn accept(&mut self) -> Option<(Vec<Target>, Schedule)> {
        match self.read() {
            Ok(read) => Some(read),
            Err((field, why)) => {
                self.selected = self.fields().iter().position(|other| *other == field).unwrap_or(0);
                self.error = Some(why);
                None
            }
        }
    }

    fn read(&self) -> Result<(Vec<Target>, Schedule), (Field, String)> {
        let targets: Vec<Target> =
            self.targets.iter().filter(|(_, chosen)| *chosen).map(|(target, _)| target.clone()).collect();
        if targets.is_empty() {
            return Err((Field::Target(0), "no target is chosen; space chooses one".to_owned()));
        }
        if self.captures.len() * targets.len() > CELLS {
            let most = grouped((CELLS / targets.len()) as u64);
            return Err((
                Field::Target(0),
                format!("to {} targets at most {most} requests can be sent", targets.len()),
            ));
        }
        let number = |field, text: &str, least: u32, most: u32| {
            let read = text.trim().parse().ok().filter(|number| (least..=most).contains(number));
            read.ok_or_else(|| (field, format!("write a whole number from {least} to {}", grouped(most.into()))))
        };
        let pace: Pace = self.pace.parse().map_err(|_| {
            (Field::Pace, "write at-once, original, original*2 for twice as fast, or a rate such as 10/s".to_owned())
        })?;
        if self.shuffled && matches!(pace, Pace::Original(_)) {
            return Err((Field::Order, "shuffled requests have no original pace; choose a rate".to_owned()));
        }
        let schedule = Schedule {
            targets: targets.len(),
            times: number(Field::Times, &self.times, 1, schedule::TIMES)?,
            twice: self.twice,
            // The order is another one each time; the one who carries it out draws the number.
            shuffle: self.shuffled.then_some(0),
            pace,
            at_once: Some(number(Field::AtOnce, &self.at_once, 1, schedule::AT_ONCE as u32)? as usize),
            retry: number(Field::Retry, &self.retry, 0, 100)?,
        };
        Ok((targets, schedule))
    }

    fn area(&self, screen: Rect) -> Rect {
        let rows = u16::try_from(self.fields().len() + 4).unwrap_or(u16::MAX);
        layout::overlay_area(screen, 72, rows.min(screen.height.saturating_sub(4)))
    }

    /// Draws it over the panes.
    pub fn draw(&self, theme: &Theme, frame: &mut Frame<'_>) {
        let area = self.area(frame.area());
        frame.render_widget(Clear, area);
        frame.buffer_mut().set_style(area, theme.style(Role::Overlay));
        let count = self.captures.len() as u64;
        let heading = match self.captures.as_slice() {
            [one] => format!("Send {} many times", one.seq),
            _ => format!("Send {} requests", grouped(count)),
        };
        let mut below = Line::new(theme, area.width);
        below.add(Role::Dim, " space or ←→ changes ");
        let titles = Titles { title: title(heading, true, theme), below_right: below.spans(), ..Titles::default() };
        let inner = pane::frame(frame, area, theme, true, titles);
        let said = self.said(usize::from(inner.width).saturating_sub(2));
        let height = usize::from(inner.height).saturating_sub(said.len() + 1).max(1);
        let first = (self.selected + 1).saturating_sub(height);
        for (row, (at, field)) in self.fields().into_iter().enumerate().skip(first).take(height).enumerate() {
            let place = Rect { y: inner.y + row as u16, height: 1, ..inner };
            let line = self.line(field, at == self.selected, theme, inner.width);
            if at == self.selected {
                line.draw_selected(Role::Selection, place, frame.buffer_mut());
            } else {
                line.draw(place, frame.buffer_mut());
            }
        }
        for (row, words) in said.into_iter().rev().enumerate() {
            let Some(y) = inner.bottom().checked_sub(1 + row as u16).filter(|y| *y > inner.y) else { break };
            let mut line = Line::new(theme, inner.width);
            line.space(1).add(if self.error.is_some() { Role::Error } else { Role::Info }, words);
            line.draw(Rect { y, height: 1, ..inner }, frame.buffer_mut());
        }
    }

    /// What comes of it, or what is wrong.
    fn said(&self, columns: usize) -> Vec<String> {
        if let Some(error) = &self.error {
            return wrapped(Printable::from(error.as_str()).as_str(), columns);
        }
        let words = match self.read() {
            Ok((_, schedule)) => {
                let total = schedule.total(self.captures.len() as u64);
                let sendings = if total == 1 { "sending" } else { "sendings" };
                format!("{} {sendings}; enter begins", grouped(total))
            }
            Err((_, why)) => why,
        };
        wrapped(&words, columns)
    }

    fn line<'a>(&self, field: Field, selected: bool, theme: &'a Theme, columns: u16) -> Line<'a> {
        let mut line = Line::new(theme, columns);
        line.add(Role::Accent, if selected { "▌" } else { " " });
        let (name, value, help) = match field {
            Field::Target(at) => {
                let name = if at == 0 { "to" } else { "" };
                line.add(Role::Key, format!("{name:NAMES$}"));
                if let Some((target, chosen)) = self.targets.get(at) {
                    line.add(Role::Text, if *chosen { "[x] " } else { "[ ] " });
                    line.cell(Role::Text, target.label().as_bytes(), line.room().min(24)).space(1);
                    let url = target.url();
                    let room = line.room();
                    line.outside(Role::Dim, &Printable::limited(url.as_bytes(), room));
                }
                return line;
            }
            Field::Times => ("times", self.times.clone(), "how often all of it is sent"),
            Field::Pace => ("pace", self.pace.clone(), "at-once, original, original*2, 10/s"),
            Field::Order => {
                ("order", if self.shuffled { "shuffled" } else { "as they came" }.to_owned(), "or shuffled")
            }
            Field::Copies => ("copies", if self.twice { "two" } else { "one" }.to_owned(), "two: each twice in a row"),
            Field::AtOnce => ("at once", self.at_once.clone(), "how many may be under way"),
            Field::Retry => ("tries again", self.retry.clone(), "no answer, 408, 425, 429, 5xx"),
        };
        line.add(Role::Key, format!("{name:NAMES$}"));
        let cursor = if selected && !matches!(field, Field::Order | Field::Copies) { "▏" } else { " " };
        line.add(Role::Text, format!("{:<15}", format!("{value}{cursor}"))).space(1).add(Role::Dim, help);
        line
    }
}

/// A number one more or less.
fn turn(text: &mut String, by: isize, least: u32) {
    let number: u32 = text.parse().unwrap_or(least);
    *text = if by > 0 { number.saturating_add(1) } else { number.saturating_sub(1).max(least) }.to_string();
}
