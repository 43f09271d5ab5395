//! Header lines in the editor: what each was, and what became of it.

use super::{Editor, Field, Text};
use crate::model::{Head, Header, Printable};

/// How often a change to which lines there are can be undone.
const SHAPES: usize = 50;

/// One of them.
#[derive(Clone, Debug)]
pub struct HeaderLine {
    /// The name.
    pub name: Text,
    /// The value.
    pub value: Text,
    /// Its place among the lines that there were; nothing for one that is new.
    pub from: Option<usize>,
    /// Whether it goes when the draft is saved.
    pub removed: bool,
    /// Whether it stands elsewhere than it did.
    pub moved: bool,
}

/// What became of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// It is new.
    Added,
    /// It goes.
    Removed,
    /// Its name or value is another.
    Changed,
    /// Its place is another.
    Moved,
}

impl HeaderLine {
    pub(super) fn new(header: &Header<'_>, from: Option<usize>) -> Self {
        Self { name: Text::line(header.name), value: Text::line(header.value), from, removed: false, moved: false }
    }

    /// What it was.
    pub(super) fn was<'a>(&self, base: &'a Head) -> Option<Header<'a>> {
        base.headers().nth(self.from?)
    }

    /// Whether it says what it said.
    pub(super) fn is_same(&self, base: &Head) -> bool {
        self.was(base).is_some_and(|was| was.name == self.name.bytes() && was.value == self.value.bytes())
    }

    /// What became of it; nothing where it is what it was.
    pub fn sign(&self, base: &Head) -> Option<Sign> {
        match self.from {
            None => Some(Sign::Added),
            Some(_) if self.removed => Some(Sign::Removed),
            Some(_) if !self.is_same(base) => Some(Sign::Changed),
            Some(_) => self.moved.then_some(Sign::Moved),
        }
    }
}

/// Why a line that was written here cannot be sent, and its place.
pub(super) fn unsendable(lines: &[HeaderLine], base: &Head) -> Option<(usize, String)> {
    lines.iter().enumerate().find_map(|(at, line)| {
        let name = line.name.bytes();
        let as_it_came = line.was(base).is_some_and(|was| was.name == name);
        if line.removed || as_it_came || http::HeaderName::from_bytes(name).is_ok() {
            return None;
        }
        let why = match name {
            b"" => "a header line has no name: write one, or take the line out with ^x".to_owned(),
            name => format!(
                "`{}` is no name for a header: write letters, digits and - without blanks (RFC 9110 §5.1)",
                Printable::limited(name, 40)
            ),
        };
        Some((at, why))
    })
}

/// The lines of a head.
pub(super) fn of(head: &Head) -> Vec<HeaderLine> {
    head.headers().enumerate().map(|(at, header)| HeaderLine::new(&header, Some(at))).collect()
}

/// Whether lines that were there stand in another order.
pub(super) fn are_moved(lines: &[HeaderLine]) -> bool {
    !lines.iter().filter_map(|line| line.from).is_sorted()
}

/// Marks the lines that stand elsewhere than they did, new ones aside.
pub(super) fn mark_moved(lines: &mut [HeaderLine]) {
    let old = lines.iter_mut().filter(|line| line.from.is_some());
    for (at, line) in old.enumerate() {
        line.moved = line.from != Some(at);
    }
}

impl Editor {
    /// The place of the header line that has the cursor.
    fn at(&self) -> Result<usize, &'static str> {
        match self.field {
            Field::Name(at) | Field::Value(at) if at < self.lines.len() => Ok(at),
            _ => Err("this is no header line; tab goes to them"),
        }
    }

    /// Remembers which lines there are, so that what comes next can be undone.
    pub(super) fn remember(&mut self) {
        if self.shapes.len() >= SHAPES {
            self.shapes.remove(0);
        }
        self.shapes.push(self.lines.clone());
    }

    /// Makes the lines what they were before they were last added to, removed or moved.
    pub(super) fn recall(&mut self) -> bool {
        let Some(lines) = self.shapes.pop() else { return false };
        self.lines = lines;
        self.settle_field();
        true
    }

    /// Adds a line behind the one that has the cursor, or as the last.
    pub(super) fn add_line(&mut self) {
        self.remember();
        let at = match self.field {
            Field::Method | Field::Target => 0,
            Field::Name(at) | Field::Value(at) => (at + 1).min(self.lines.len()),
            Field::Body => self.lines.len(),
        };
        self.lines.insert(at, HeaderLine::new(&Header { name: b"", value: b"" }, None));
        self.field = Field::Name(at);
    }

    /// Adds a line like the one that has the cursor.
    pub(super) fn duplicate_line(&mut self) -> Result<(), &'static str> {
        let at = self.at()?;
        let Some(line) = self.lines.get(at) else { return Ok(()) };
        let (name, value) = (line.name.bytes().to_vec(), line.value.bytes().to_vec());
        self.remember();
        self.lines.insert(at + 1, HeaderLine::new(&Header { name: &name, value: &value }, None));
        self.field = Field::Value(at + 1);
        Ok(())
    }

    /// Removes the line that has the cursor, or puts it back where it was removed.
    pub(super) fn remove_line(&mut self) -> Result<(), &'static str> {
        let at = self.at()?;
        self.remember();
        match self.lines.get_mut(at) {
            Some(line) if line.from.is_some() => line.removed = !line.removed,
            _ => _ = self.lines.remove(at),
        }
        self.settle_field();
        Ok(())
    }

    /// Moves the line that has the cursor up or down.
    pub(super) fn move_line(&mut self, down: bool) -> Result<(), &'static str> {
        let at = self.at()?;
        let to = if down { at + 1 } else { at.wrapping_sub(1) };
        if to >= self.lines.len() {
            return Err(if down { "it is the last" } else { "it is the first" });
        }
        self.remember();
        self.lines.swap(at, to);
        mark_moved(&mut self.lines);
        self.field = if matches!(self.field, Field::Name(_)) { Field::Name(to) } else { Field::Value(to) };
        Ok(())
    }

    /// Keeps the cursor on a line that is there.
    pub(super) fn settle_field(&mut self) {
        if let Field::Name(at) | Field::Value(at) = self.field
            && at >= self.lines.len()
        {
            self.field = match self.lines.len() {
                0 => Field::Target,
                count => Field::Value(count - 1),
            };
        }
    }
}
