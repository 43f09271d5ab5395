//! The lines for people: time, method, target, event, status, size, time taken.
//!
//! Decided: on a terminal the columns stand under each other and a line ends at the edge; elsewhere columns are parted by two
//! spaces, nothing is cut, and what is missing is `-`, so that each line has the same columns. All text from outside passes
//! [`Printable`].

use std::fmt::Write;

use bytes::Bytes;
use jiff::{Timestamp, tz::TimeZone};
use rustix::{
    stdio,
    termios::{isatty, tcgetwinsize},
};
use unicode_width::UnicodeWidthStr;

use crate::model::{Capture, Period, Printable, Rejected, Size};

/// What the place where text is printed asks for.
#[derive(Clone, Debug)]
pub struct Look {
    /// How many columns there are, where it is a terminal; asked again for each line, since windows change.
    pub columns: Option<fn() -> usize>,
    /// Whether the status is coloured.
    pub colour: bool,
    /// The time zone of the clock.
    pub zone: TimeZone,
}

impl Look {
    /// The look for standard output: columns and colour only on a terminal, and colour only where `NO_COLOR` is unset or
    /// empty (no-color.org) and `TERM` is not `dumb`.
    pub fn of_stdout(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let terminal = isatty(stdio::stdout());
        let refused = environment("NO_COLOR").is_some_and(|value| !value.is_empty())
            || environment("TERM").as_deref() == Some("dumb");
        Self {
            columns: terminal.then_some(columns_of_stdout as fn() -> usize),
            colour: terminal && !refused,
            zone: TimeZone::system(),
        }
    }
}

fn columns_of_stdout() -> usize {
    match tcgetwinsize(stdio::stdout()) {
        Ok(size) if size.ws_col > 0 => usize::from(size.ws_col),
        _ => 80,
    }
}

/// How captures are written as text.
#[derive(Clone, Debug)]
pub struct Text {
    /// What the place asks for.
    pub look: Look,
    /// What kind of thing happened, by the provider's own word; a parameter because it belongs to the provider layer.
    pub event: fn(&Capture) -> Option<Bytes>,
}

/// The widths of the columns on a terminal; what the target gets is what the others leave.
const TIME: usize = 8;
const DAY: usize = 14;
const METHOD: usize = 8;
const EVENT: usize = 16;
const STATUS: usize = 3;
const SIZE: usize = 9;
const TAKEN: usize = 8;
const TARGET_LEAST: usize = 12;
const GAP: usize = 2;

/// One column of a line, safe to print.
struct Cell {
    text: String,
    width: usize,
    right: bool,
    colour: Option<&'static str>,
}

impl Text {
    /// Appends the line of a capture.
    pub fn capture(&self, capture: &Capture, line: &mut String) {
        let mut cells = self.of_capture(capture, TAKEN + GAP);
        cells.push(Cell {
            text: Period(capture.times().answered).to_string(),
            width: TAKEN,
            right: true,
            colour: None,
        });
        self.end(capture, cells, line);
    }

    /// Appends the line of a capture in a list of those that have come: its number in `columns`, and the day with the time.
    pub fn listed(&self, capture: &Capture, columns: usize, line: &mut String) {
        let columns = columns + 1;
        let mut cells = self.of_capture(capture, columns + GAP + DAY - TIME);
        let time = self.look.zone.to_datetime(capture.received_at);
        // A year ago is not today.
        let day = if self.look.columns.is_some() { time.strftime("%m-%d %H:%M:%S") } else { time.strftime("%F %T") };
        if let Some(cell) = cells.first_mut() {
            *cell = Cell { text: day.to_string(), width: DAY, right: false, colour: None };
        }
        cells.insert(0, Cell { text: capture.seq.to_string(), width: columns, right: true, colour: None });
        self.end(capture, cells, line);
    }

    fn of_capture(&self, capture: &Capture, besides: usize) -> Vec<Cell> {
        let event = (self.event)(capture);
        self.cells(
            capture.received_at,
            capture.head.method(),
            capture.head.target(),
            event.as_deref(),
            // Nobody sent a draft, so nobody was answered.
            Some(capture.answer.status).filter(|_| capture.origin.is_none()),
            capture.body.len(),
            besides,
        )
    }

    fn end(&self, capture: &Capture, mut cells: Vec<Cell>, line: &mut String) {
        if let Some(sentence) = capture.body.end().sentence() {
            let text = Printable::from(format!("body {sentence}").as_str()).to_string();
            cells.push(Cell { text, width: 0, right: false, colour: None });
        }
        if let Some(origin) = capture.origin {
            cells.push(Cell { text: format!("draft, {origin}"), width: 0, right: false, colour: None });
        }
        self.line(&cells, line);
    }

    /// Appends the line of a rejected request: its first line stands for the target, the reason for the event.
    pub fn rejected(&self, rejected: &Rejected, line: &mut String) {
        let first = rejected.raw.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let first = first.strip_suffix(b"\r").unwrap_or(first);
        let reason = rejected.reason.as_bytes();
        let received = rejected.raw.len();
        let mut cells =
            self.cells(rejected.received_at, b"rejected", first, Some(reason), rejected.status, received, TAKEN + GAP);
        cells.push(Cell { text: "-".to_owned(), width: TAKEN, right: true, colour: None });
        self.line(&cells, line);
    }

    #[expect(clippy::too_many_arguments, reason = "each is a column, but the last, which is what the others take")]
    fn cells(
        &self,
        at: Timestamp,
        method: &[u8],
        target: &[u8],
        event: Option<&[u8]>,
        status: Option<u16>,
        bytes: usize,
        besides: usize,
    ) -> Vec<Cell> {
        let rest = match self.look.columns {
            Some(columns) => {
                let others = TIME + METHOD + EVENT + STATUS + SIZE + 5 * GAP + besides;
                columns().saturating_sub(others).max(TARGET_LEAST)
            }
            None => 0,
        };
        let time = self.look.zone.to_datetime(at).strftime("%H:%M:%S").to_string();
        let status_text = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        let cell = |text, width, right, colour| Cell { text, width, right, colour };
        vec![
            cell(time, TIME, false, None),
            cell(self.fitted(method, METHOD), METHOD, false, None),
            cell(self.fitted(target, rest), rest, false, None),
            cell(self.fitted(event.unwrap_or(b"-"), EVENT), EVENT, false, None),
            cell(status_text, STATUS, false, colour_of(status)),
            cell(Size(bytes as u64).to_string(), SIZE, true, None),
        ]
    }

    /// Text from outside, cut to its column where there are columns. Emptiness shows as `-`.
    fn fitted(&self, bytes: &[u8], width: usize) -> String {
        match (bytes, self.look.columns) {
            (b"", _) => "-".to_owned(),
            (_, Some(_)) => Printable::limited(bytes, width).to_string(),
            (_, None) => Printable::new(bytes).to_string(),
        }
    }

    fn line(&self, cells: &[Cell], line: &mut String) {
        let mut left = self.look.columns.map_or(usize::MAX, |columns| columns());
        let mut before = 0;
        for (at, cell) in cells.iter().enumerate() {
            // The gap before a cell is written with it, so that no line ends in blanks.
            let gap = if at == 0 { 0 } else { GAP };
            let width = cell.text.width();
            let pad = if self.look.columns.is_some() { cell.width.saturating_sub(width) } else { 0 };
            let (ahead, behind) = if cell.right { (pad, 0) } else { (0, pad) };
            let blanks = before + gap + ahead;
            if left <= blanks {
                break;
            }
            left -= blanks;
            line.extend(std::iter::repeat_n(' ', blanks));
            let shown = if width <= left {
                cell.text.clone()
            } else {
                Printable::limited(cell.text.as_bytes(), left).to_string()
            };
            left = left.saturating_sub(width);
            // Writing to a string cannot fail.
            let _ = match cell.colour.filter(|_| self.look.colour) {
                Some(colour) => write!(line, "\x1b[{colour}m{shown}\x1b[0m"),
                None => write!(line, "{shown}"),
            };
            before = behind;
        }
        line.push('\n');
    }
}

/// The colour of a status: SGR 32 green, 36 cyan, 33 yellow, 31 red.
fn colour_of(status: Option<u16>) -> Option<&'static str> {
    match status? {
        200..=299 => Some("32"),
        300..=399 => Some("36"),
        400..=499 => Some("33"),
        500..=599 => Some("31"),
        _ => None,
    }
}
