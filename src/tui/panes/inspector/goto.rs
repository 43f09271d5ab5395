//! Going to a place of the page: a line, a byte, a percentage.

use std::str::FromStr;

use super::Page;
use crate::tui::widgets::words;

/// A place to go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GoTo {
    /// A line of the body as its view has it, from 1; of a page without a body, a row.
    Line(usize),
    /// A byte of what is shown, from 0.
    Byte(usize),
    /// So many hundredths of all rows.
    Percent(u8),
}

impl GoTo {
    /// What can be typed.
    pub const WANTED: &'static str = "type a line such as 120, a byte such as @0x1f40, or a percentage such as 50%";

    /// Goes there, and says where that is.
    pub(super) fn go(self, page: &mut Page, height: usize) -> Result<String, String> {
        let above = page.sheet.rows();
        let laid = page.laid();
        let row = match (self, laid) {
            (Self::Percent(percent), _) => page.rows() * usize::from(percent) / 100,
            (Self::Line(line), Some((document, _))) if line > document.lines() => {
                return Err(format!("there is no line {}: the last is {}", grouped(line), grouped(document.lines())));
            }
            (Self::Line(line), Some((document, rows))) => above + document.row_of_line(rows, line.saturating_sub(1)),
            (Self::Line(line), None) => line.saturating_sub(1),
            (Self::Byte(byte), Some((document, _))) if byte >= document.bytes().len() => {
                let length = document.bytes().len();
                return Err(format!("there is no byte {byte:#x}: the last is {:#x}", length.saturating_sub(1)));
            }
            (Self::Byte(byte), Some((document, rows))) => above + document.row_of(rows, byte),
            (Self::Byte(_), None) => return Err("there is no body here that has bytes to go to".to_owned()),
        };
        let row = row.min(page.rows().saturating_sub(1));
        let said = match laid.filter(|_| row >= above) {
            Some((document, rows)) => {
                let (line, lines) = (document.line_of(rows, row - above) + 1, document.lines());
                format!("line {} of {}", grouped(line.min(lines)), grouped(lines))
            }
            None => format!("row {} of {}", grouped(row + 1), grouped(page.rows())),
        };
        let column = match (self, laid) {
            (Self::Byte(byte), Some((document, rows))) => Some(document.column_of(rows, byte)),
            _ => None,
        };
        page.go_to(row, height);
        if let Some(column) = column {
            page.show_columns(column, 1);
        }
        Ok(said)
    }
}

fn grouped(number: usize) -> String {
    words::grouped(number as u64)
}

impl FromStr for GoTo {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let text = text.strip_prefix(':').unwrap_or(text);
        let number = |text: &str| match text.strip_prefix("0x") {
            Some(digits) => usize::from_str_radix(digits, 16).ok(),
            None => text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten(),
        };
        let place = if let Some(percent) = text.strip_suffix('%') {
            number(percent).and_then(|percent| u8::try_from(percent).ok()).filter(|it| *it <= 100).map(Self::Percent)
        } else if let Some(byte) = text.strip_prefix('@') {
            number(byte).map(Self::Byte)
        } else if text.starts_with("0x") {
            number(text).map(Self::Byte)
        } else {
            number(text).filter(|line| *line > 0).map(Self::Line)
        };
        place.ok_or(Self::WANTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        for (text, place) in [
            ("120", Some(GoTo::Line(120))),
            (" :7 ", Some(GoTo::Line(7))),
            ("@100", Some(GoTo::Byte(100))),
            ("@0x1f40", Some(GoTo::Byte(8000))),
            (":0x10", Some(GoTo::Byte(16))),
            ("50%", Some(GoTo::Percent(50))),
            ("0%", Some(GoTo::Percent(0))),
            ("101%", None),
            ("0", None),
            ("", None),
            ("@", None),
            ("-1", None),
            ("+1", None),
            ("0x", None),
            ("wrap", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(text.parse::<GoTo>().ok(), place, "{text:?}");
        }
    }
}
