//! How the editor changes: keys that edit, keys that move, and what is pasted.

use crossterm::event::KeyCode;

use super::{BodyField, Editor, Field, body::TEXT_LIMIT, lines, units};
use crate::tui::{action::Action, chord::Chord};

impl Editor {
    /// Does what an action means here; returns a sentence when it means nothing now.
    pub fn act(&mut self, action: Action) -> Result<(), &'static str> {
        self.goal = None;
        let done = match action {
            Action::NextField => self.step(1),
            Action::PreviousField => self.step(-1),
            Action::AddLine => {
                self.add_line();
                Ok(())
            }
            Action::DuplicateLine => self.duplicate_line(),
            Action::RemoveLine => self.remove_line(),
            Action::LineUp => self.move_line(false),
            Action::LineDown => self.move_line(true),
            Action::RevertField => self.revert(),
            Action::RevertAll => {
                self.revert_all();
                Ok(())
            }
            Action::Undo => {
                if self.text().is_some_and(super::Text::undo) || self.recall() {
                    Ok(())
                } else {
                    Err("there is nothing to undo here")
                }
            }
            Action::Redo => {
                if self.text().is_some_and(super::Text::redo) {
                    Ok(())
                } else {
                    Err("nothing was undone here")
                }
            }
            _ => Ok(()),
        };
        self.check();
        self.keep_in_sight();
        done
    }

    /// A key that is no action here.
    pub fn key(&mut self, chord: Chord) -> Result<(), &'static str> {
        let goal = self.goal.take();
        let done = match chord.code {
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
                let page = isize::try_from(self.room.body.saturating_sub(1).max(1)).unwrap_or(1);
                let by = match chord.code {
                    KeyCode::Up => -1,
                    KeyCode::Down => 1,
                    KeyCode::PageUp => -page,
                    _ => page,
                };
                self.goal = goal;
                self.vertical(by);
                Ok(())
            }
            KeyCode::Enter if self.field != Field::Body => self.step(1),
            _ => self.edit(chord),
        };
        self.check();
        self.keep_in_sight();
        done
    }

    fn edit(&mut self, chord: Chord) -> Result<(), &'static str> {
        let field = self.field;
        let full = matches!(&self.body, BodyField::Text(text) if text.bytes().len() >= TEXT_LIMIT);
        match self.text() {
            Some(_) if field == Field::Body && full && (chord.typed().is_some() || chord.code == KeyCode::Enter) => {
                Err("a body that is written here may have 256 KiB; open it in the editor of your own")
            }
            // Whoever types a whole line goes on in its value: no name has a colon (RFC 9110 §5.1).
            Some(_) if matches!(field, Field::Name(_)) && chord.typed() == Some(':') => self.step(1),
            Some(text) if matches!(field, Field::Value(_)) && text.bytes().is_empty() && chord.typed() == Some(' ') => {
                Ok(())
            }
            Some(text) => {
                text.key(chord);
                Ok(())
            }
            None if field == Field::Body => Err("this body is not written in here; alt-o opens it in $EDITOR"),
            None => Err("this line was removed; ^x puts it back"),
        }
    }

    /// Text pasted.
    pub fn paste(&mut self, pasted: &str) -> Result<(), &'static str> {
        let room = TEXT_LIMIT.saturating_sub(self.text().map_or(0, |text| text.bytes().len()));
        let done = match self.text() {
            Some(_) if pasted.len() > room => Err("not pasted: it is more than is written in here"),
            Some(text) => {
                text.paste(pasted);
                Ok(())
            }
            None => Err("not pasted: there is no text to paste into"),
        };
        self.goal = None;
        self.check();
        self.keep_in_sight();
        done
    }

    /// The fields in their order.
    fn fields(&self) -> Vec<Field> {
        let lines = (0..self.lines.len()).flat_map(|at| [Field::Name(at), Field::Value(at)]);
        [Field::Method, Field::Target].into_iter().chain(lines).chain([Field::Body]).collect()
    }

    /// Goes to another field, around the end.
    #[expect(clippy::unnecessary_wraps, reason = "what any action gives")]
    fn step(&mut self, by: isize) -> Result<(), &'static str> {
        let fields = self.fields();
        let at = fields.iter().position(|field| *field == self.field).unwrap_or(0);
        let to = crate::tui::movement::around(at, by, fields.len());
        self.field = fields.get(to).copied().unwrap_or(Field::Target);
        Ok(())
    }

    /// Goes up or down by rows as the wheel does, and stays in the field.
    pub fn scroll(&mut self, by: isize) {
        if self.field == Field::Body {
            for _ in 0..by.unsigned_abs() {
                self.row_step(by > 0);
            }
            self.keep_in_sight();
        }
    }

    /// Goes up or down: over the fields, and over the rows of the body.
    fn vertical(&mut self, by: isize) {
        match self.field {
            Field::Method | Field::Target | Field::Name(_) | Field::Value(_) => {
                let name = matches!(self.field, Field::Name(_));
                let row = match self.field {
                    Field::Name(at) | Field::Value(at) => at + 2,
                    Field::Target => 1,
                    _ => 0,
                };
                self.field = match row.saturating_add_signed(by) {
                    0 => Field::Method,
                    1 => Field::Target,
                    row if row - 2 < self.lines.len() => {
                        if name {
                            Field::Name(row - 2)
                        } else {
                            Field::Value(row - 2)
                        }
                    }
                    _ => Field::Body,
                };
            }
            Field::Body => {
                for _ in 0..by.unsigned_abs() {
                    if !self.row_step(by > 0) {
                        // Up from the first row are the header lines again.
                        if by == -1 {
                            self.field = self.lines.len().checked_sub(1).map_or(Field::Target, Field::Value);
                        }
                        break;
                    }
                }
            }
        }
    }

    /// Moves the cursor of the body by a row; says whether there was one.
    fn row_step(&mut self, down: bool) -> bool {
        let width = self.room.width;
        let BodyField::Text(text) = &mut self.body else { return false };
        let cursor = text.cursor();
        let (start, end) = text.line_at(cursor);
        let rows = units::rows(text.slice(start, end), width);
        let at = rows.partition_point(|row| start + row <= cursor).saturating_sub(1);
        let row = start + rows.get(at).copied().unwrap_or(0);
        let column = self.goal.unwrap_or_else(|| units::columns(text.slice(row, cursor), true));
        let target = if down {
            match rows.get(at + 1) {
                Some(next) => Some((start + next, rows.get(at + 2).map_or(end, |row| start + row))),
                None => text.after(end).map(|start| {
                    let (_, end) = text.line_at(start);
                    (start, units::rows(text.slice(start, end), width).get(1).map_or(end, |row| start + row))
                }),
            }
        } else if at > 0 {
            rows.get(at - 1).map(|before| (start + before, row))
        } else if start > 0 {
            let (start, end) = text.line_at(start - 1);
            let last = units::rows(text.slice(start, end), width).last().copied().unwrap_or(0);
            Some((start + last, end))
        } else {
            None
        };
        let Some((from, to)) = target else { return false };
        text.go_to(from + units::at_column(text.slice(from, to), column, true));
        self.goal = Some(column);
        true
    }

    /// Makes the field that has the cursor what it was.
    fn revert(&mut self) -> Result<(), &'static str> {
        match self.field {
            Field::Method => self.method.replace(self.base.head.method()),
            Field::Target => self.target.replace(self.base.head.target()),
            Field::Body => self.body.revert(&self.base.body),
            Field::Name(at) | Field::Value(at) => {
                let base = std::sync::Arc::clone(&self.base);
                let Some(line) = self.lines.get_mut(at) else { return Ok(()) };
                let Some(was) = line.was(&base.head) else { return Err("this line is new; ^x removes it") };
                if line.removed {
                    line.removed = false;
                } else if matches!(self.field, Field::Name(_)) {
                    line.name.replace(was.name);
                } else {
                    line.value.replace(was.value);
                }
            }
        }
        Ok(())
    }

    /// Makes everything what it was; each part of that can be undone.
    fn revert_all(&mut self) {
        self.remember();
        self.method.replace(self.base.head.method());
        self.target.replace(self.base.head.target());
        self.lines = lines::of(&self.base.head);
        self.body.revert(&self.base.body);
        self.settle_field();
    }

    /// Scrolls so that the cursor is in sight.
    pub(super) fn keep_in_sight(&mut self) {
        let rows = self.room.lines.max(1);
        if let Field::Name(at) | Field::Value(at) = self.field {
            self.top_line = self.top_line.min(at).max((at + 1).saturating_sub(rows));
        }
        self.top_line = self.top_line.min(self.lines.len().saturating_sub(rows));
        let (width, height) = (self.room.width, self.room.body.max(1));
        let BodyField::Text(text) = &self.body else { return };
        let row_of = |at: usize| {
            let (start, end) = text.line_at(at);
            let rows = units::rows(text.slice(start, end), width);
            let row = rows.partition_point(|row| start + row <= at).saturating_sub(1);
            (start, rows, row)
        };
        let place = |start: usize, rows: &[usize], row: usize| start + rows.get(row).copied().unwrap_or(0);
        let (start, rows, row) = row_of(text.cursor());
        let cursor = place(start, &rows, row);
        let (top_start, top_rows, top_row) = row_of(self.top.min(text.bytes().len()));
        self.top = place(top_start, &top_rows, top_row).min(cursor);
        // The highest row from which the cursor's is in sight.
        let (mut start, mut rows, mut row) = (start, rows, row);
        for _ in 1..height {
            if row > 0 {
                row -= 1;
            } else if start > 0 {
                (start, rows, row) = row_of(start - 1);
            } else {
                break;
            }
        }
        self.top = self.top.max(place(start, &rows, row));
    }
}
