//! A text that is being edited: bytes, a cursor, and what was done to it.
//!
//! Decided: it is bytes and not a `String`, because header values may hold any, and what is not touched must stay what it is.
//! The text-editing widgets there are for ratatui hold lines of `String` and draw them themselves, past the boundary that
//! makes outside text visible; so this is ours. What is done can be undone, within a bound.

use crossterm::event::{KeyCode, KeyModifiers};

use super::units;
use crate::model::printable::needs_escape;
use crate::tui::chord::Chord;

/// How many edits can be undone, and how many bytes they may keep together.
const UNDONE: (usize, usize) = (500, 4 << 20);

/// One edit: what it put in place of what, and where the cursor was.
#[derive(Clone, Debug)]
struct Edit {
    at: usize,
    out: Vec<u8>,
    put: Vec<u8>,
    cursor: usize,
}

/// See the head of this file.
#[derive(Clone, Debug, Default)]
pub struct Text {
    bytes: Vec<u8>,
    cursor: usize,
    done: Vec<Edit>,
    undone: Vec<Edit>,
    /// Whether it may have several lines.
    lines: bool,
}

impl Text {
    /// A text of one line. Line breaks that it has show as what they are.
    pub fn line(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), cursor: bytes.len(), ..Self::default() }
    }

    /// A text of lines.
    pub fn lines(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), lines: true, ..Self::default() }
    }

    /// The whole of it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the cursor stands, in bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Puts the cursor there.
    pub(super) fn go_to(&mut self, at: usize) {
        self.cursor = at.min(self.bytes.len());
    }

    /// The line that a place is in: where it begins, and where what is shown of it ends, its line break left out.
    pub(super) fn line_at(&self, at: usize) -> (usize, usize) {
        if !self.lines {
            return (0, self.bytes.len());
        }
        let before = self.bytes.get(..at).unwrap_or(&self.bytes);
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let rest = self.bytes.get(start..).unwrap_or_default();
        match memchr::memchr(b'\n', rest) {
            Some(length) => {
                let carriage = rest.get(..length).is_some_and(|line| line.ends_with(b"\r"));
                (start, start + length - usize::from(carriage))
            }
            None => (start, self.bytes.len()),
        }
    }

    /// Where the line behind that one begins, whose shown part ends at `end`.
    pub(super) fn after(&self, end: usize) -> Option<usize> {
        match self.bytes.get(end..).unwrap_or_default() {
            [b'\n', ..] => Some(end + 1),
            [b'\r', b'\n', ..] => Some(end + 2),
            _ => None,
        }
    }

    /// The bytes of a stretch.
    pub(super) fn slice(&self, start: usize, end: usize) -> &[u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    fn change(&mut self, start: usize, end: usize, put: &[u8]) {
        let (start, end) = (start.min(end), end.min(self.bytes.len()));
        if start == end && put.is_empty() {
            return;
        }
        let cursor = self.cursor;
        let out: Vec<u8> = self.bytes.splice(start..end, put.iter().copied()).collect();
        self.cursor = start + put.len();
        self.undone.clear();
        // Letters typed one after the other are one edit, up to a blank.
        if let Some(last) = self.done.last_mut()
            && out.is_empty()
            && last.out.is_empty()
            && last.at + last.put.len() == start
            && put.len() <= 4
            && !put.iter().any(u8::is_ascii_whitespace)
            && !last.put.ends_with(b"\n")
        {
            last.put.extend_from_slice(put);
            return;
        }
        self.done.push(Edit { at: start, out, put: put.to_vec(), cursor });
        let kept = |done: &[Edit]| done.iter().map(|edit| edit.out.len() + edit.put.len()).sum::<usize>();
        while self.done.len() > UNDONE.0 || (self.done.len() > 1 && kept(&self.done) > UNDONE.1) {
            self.done.remove(0);
        }
    }

    /// Puts bytes in at the cursor.
    pub(super) fn insert(&mut self, put: &[u8]) {
        self.change(self.cursor, self.cursor, put);
    }

    /// Puts other bytes in place of all, which can be undone.
    pub(super) fn replace(&mut self, bytes: &[u8]) {
        if self.bytes == bytes {
            return;
        }
        let cursor = self.cursor;
        self.change(0, self.bytes.len(), bytes);
        self.cursor = if self.lines { cursor.min(self.bytes.len()) } else { self.bytes.len() };
    }

    /// Takes the last edit back; says whether there was one.
    pub(super) fn undo(&mut self) -> bool {
        let Some(edit) = self.done.pop() else { return false };
        self.bytes.splice(edit.at..edit.at + edit.put.len(), edit.out.iter().copied());
        self.cursor = edit.cursor;
        self.undone.push(edit);
        true
    }

    /// Does again what was taken back last; says whether there was anything.
    pub(super) fn redo(&mut self) -> bool {
        let Some(edit) = self.undone.pop() else { return false };
        self.bytes.splice(edit.at..edit.at + edit.out.len(), edit.put.iter().copied());
        self.cursor = edit.at + edit.put.len();
        self.done.push(edit);
        true
    }

    /// A key that edits or moves within lines; says whether it meant anything.
    pub(super) fn key(&mut self, chord: Chord) -> bool {
        let control = chord.modifiers.contains(KeyModifiers::CONTROL);
        let alt = chord.modifiers.contains(KeyModifiers::ALT);
        let (start, end) = self.line_at(self.cursor);
        let at = self.cursor;
        match chord.code {
            KeyCode::Char('a') if control => self.cursor = start,
            KeyCode::Char('e') if control => self.cursor = end,
            KeyCode::Char('w') if control => self.change(self.word_before(), at, b""),
            KeyCode::Char('u') if control => self.change(start, end, b""),
            KeyCode::Char('k') if control => self.change(at, end.max(at), b""),
            KeyCode::Char('b') if alt => self.cursor = self.word_before(),
            KeyCode::Char('f') if alt => self.cursor = self.word_after(),
            KeyCode::Char(_) if control || alt => return false,
            KeyCode::Char(char) => self.insert(char.encode_utf8(&mut [0; 4]).as_bytes()),
            KeyCode::Backspace if control || alt => self.change(self.word_before(), at, b""),
            KeyCode::Backspace => self.change(self.before(), at, b""),
            KeyCode::Delete => self.change(at, self.behind(), b""),
            KeyCode::Left if control || alt => self.cursor = self.word_before(),
            KeyCode::Right if control || alt => self.cursor = self.word_after(),
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Right => self.cursor = self.behind(),
            KeyCode::Home => self.cursor = if control { 0 } else { start },
            KeyCode::End => self.cursor = if control { self.bytes.len() } else { end },
            KeyCode::Enter if self.lines => {
                let break_ =
                    if self.bytes.get(end..).is_some_and(|rest| rest.starts_with(b"\r\n")) { "\r\n" } else { "\n" };
                self.insert(break_.as_bytes());
            }
            _ => return false,
        }
        true
    }

    /// Text pasted: in one line without what would end it, and never what would be obeyed by a terminal.
    pub(super) fn paste(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let taken: String = if self.lines {
            text.chars().filter(|char| matches!(char, '\n' | '\t') || !needs_escape(*char)).collect()
        } else {
            let blank = |char: char| if char.is_whitespace() { ' ' } else { char };
            text.trim_end().chars().map(blank).filter(|char| !needs_escape(*char)).collect()
        };
        self.insert(taken.as_bytes());
    }

    /// The place before the cursor.
    fn before(&self) -> usize {
        let (start, end) = self.line_at(self.cursor);
        if self.cursor > end {
            // Within a line break that was come upon in two halves.
            return end;
        }
        if self.cursor == start {
            let (_, end) = self.line_at(start.saturating_sub(1));
            return if start == 0 { 0 } else { end };
        }
        start + units::previous(self.slice(start, end), self.cursor - start)
    }

    /// The place behind it.
    fn behind(&self) -> usize {
        let (start, end) = self.line_at(self.cursor);
        if self.cursor >= end {
            return self.after(end).unwrap_or(self.bytes.len());
        }
        start + units::next(self.slice(start, end), self.cursor - start)
    }

    fn word_before(&self) -> usize {
        let before = self.bytes.get(..self.cursor).unwrap_or_default();
        let blanks = before.iter().rev().take_while(|byte| !is_word(**byte)).count();
        let word = before.iter().rev().skip(blanks).take_while(|byte| is_word(**byte)).count();
        self.cursor - blanks - word
    }

    fn word_after(&self) -> usize {
        let rest = self.bytes.get(self.cursor..).unwrap_or_default();
        let blanks = rest.iter().take_while(|byte| !is_word(**byte)).count();
        let word = rest.iter().skip(blanks).take_while(|byte| is_word(**byte)).count();
        self.cursor + blanks + word
    }
}

/// Whether a byte belongs to a word; those of letters beyond ASCII all do, so that none is torn.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn typed(text: &mut Text, keys: &str) {
        for key in keys.split(' ') {
            text.key(key.parse().unwrap());
        }
    }

    #[test]
    fn keys_edit_where_the_cursor_is() {
        let mut text = Text::line(b"POST");
        typed(&mut text, "backspace backspace X left left delete");
        assert_eq!((text.bytes(), text.cursor()), (&b"PX"[..], 1));
        typed(&mut text, "end ^w");
        assert_eq!(text.bytes(), b"");
    }

    #[test]
    fn line_breaks_are_one_and_stay_of_their_kind() {
        let mut text = Text::lines(b"one\r\ntwo");
        typed(&mut text, "end right");
        assert_eq!(text.cursor(), 5, "over both of them");
        typed(&mut text, "left enter");
        assert_eq!(text.bytes(), b"one\r\n\r\ntwo");
        typed(&mut text, "backspace delete");
        assert_eq!(text.bytes(), b"onetwo");
    }

    #[test]
    fn what_was_typed_in_a_row_is_undone_at_once() {
        let mut text = Text::line(b"/a");
        typed(&mut text, "b c backspace");
        assert!(text.undo() && text.bytes() == b"/abc");
        assert!(text.undo() && text.bytes() == b"/a");
        assert!(!text.undo());
        assert!(text.redo() && text.redo() && !text.redo() && text.bytes() == b"/ab");
    }

    #[test]
    fn what_is_pasted_is_of_one_line_where_there_is_one() {
        let mut text = Text::line(b"");
        text.paste("a\r\nb\u{1b}[31m\u{202e}c\n");
        assert_eq!(text.bytes(), b"a b[31mc");
        let mut text = Text::lines(b"");
        text.paste("a\rb\tc\n\u{7}");
        assert_eq!(text.bytes(), b"a\nb\tc\n");
    }

    proptest! {
        #[test]
        fn whatever_is_done_can_be_undone(
            bytes in proptest::collection::vec(any::<u8>(), 0..40), lines: bool,
            keys in proptest::collection::vec(prop_oneof![
                Just("left"), Just("right"), Just("home"), Just("end"), Just("backspace"), Just("delete"), Just("enter"),
                Just("^w"), Just("^u"), Just("^k"), Just("alt-b"), Just("alt-f"), Just("x"), Just("日"), Just("space"),
            ], 0..40),
        ) {
            let mut text = if lines { Text::lines(&bytes) } else { Text::line(&bytes) };
            for key in keys {
                text.key(key.parse().unwrap());
                prop_assert!(text.cursor() <= text.bytes().len());
            }
            let edited = text.bytes().to_vec();
            let mut undone = 0;
            while text.undo() {
                undone += 1;
            }
            prop_assert_eq!(text.bytes(), &bytes[..]);
            for _ in 0..undone {
                text.redo();
            }
            prop_assert_eq!(text.bytes(), &edited[..]);
        }
    }
}
