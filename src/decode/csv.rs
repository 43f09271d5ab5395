//! CSV and its like (RFC 4180): records as rows, the first as a header, columns aligned where they fit.
//!
//! Decided: what is shown is the cells as they were written, quotes included, with spaces between them that are ours. Columns
//! are aligned up to [`WIDEST`] columns each, in bodies up to [`ALIGNED`] bytes; larger ones show as they are. A line end
//! inside quotes shows as `^J`, so a record is a line. Quotes that never end make it no CSV.

use super::{
    Built, Cancelled, Subject,
    built::{Section, Way},
    fields::line_end,
    lines::{Spot, Stop},
    markup::Role,
    media_type::essence,
    run::{Ink, Mode, Run, Step, print},
    simple, walk,
};

/// How many bytes a body may have to be aligned.
const ALIGNED: usize = 8 << 20;
/// How wide a column is made at the most.
const WIDEST: usize = 40;
/// How many columns are aligned.
const COLUMNS: usize = 64;

/// The state of the header's line.
const HEADER: u8 = 1;

/// The records of a body.
pub(super) fn build(subject: &Subject, cancelled: &Cancelled) -> Result<Built, Stop> {
    let bytes = subject.bytes.as_ref();
    let delimiter = delimiter(subject);
    let way = match delimiter {
        b'\t' => Way { next: next::<b'\t'>, hang: 2, nest: None },
        b';' => Way { next: next::<b';'>, hang: 2, nest: None },
        b'|' => Way { next: next::<b'|'>, hang: 2, nest: None },
        _ => Way { next: next::<b','>, hang: 2, nest: None },
    };
    let shown = if bytes.len() <= ALIGNED { aligned(bytes, delimiter, cancelled)? } else { None };
    let laid = shown.as_deref().unwrap_or(bytes);
    let lines = walk::lines(laid, 0, way, cancelled)?;
    let sections = vec![Section { range: 0..laid.len(), way, depth: 0 }];
    Ok(Built { lines, shown: shown.map(Into::into), sections, ..Built::default() })
}

/// What stands between cells: what the type says, or what the first line has most of.
fn delimiter(subject: &Subject) -> u8 {
    if essence(subject.content_type.as_deref()).is_some_and(|essence| essence == "text/tab-separated-values") {
        return b'\t';
    }
    let head = subject.bytes.get(..8192).unwrap_or(&subject.bytes);
    let line = head.get(..memchr::memchr(b'\n', head).unwrap_or(head.len())).unwrap_or_default();
    let count = |byte| memchr::memchr_iter(byte, line).count();
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|&byte| count(byte)).unwrap_or(b',')
}

/// Cells in order: where each begins and ends, and whether it ends its record.
struct Cells<'a> {
    bytes: &'a [u8],
    at: usize,
    delimiter: u8,
}

impl Cells<'_> {
    fn next(&mut self) -> Result<Option<(std::ops::Range<usize>, bool)>, Stop> {
        let start = self.at;
        let rest = self.bytes.get(start..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let mut end = 0;
        if rest.first() == Some(&b'"') {
            end = 1;
            loop {
                let found = rest.get(end..).and_then(|rest| memchr::memchr(b'"', rest));
                let Some(found) = found else {
                    return Err(Stop::Not { at: start, why: "quotes that do not end, begun" });
                };
                end += found + 1;
                if rest.get(end) != Some(&b'"') {
                    break;
                }
                end += 1;
            }
        }
        let tail = rest.get(end..).unwrap_or_default();
        end += memchr::memchr2(self.delimiter, b'\n', tail).unwrap_or(tail.len());
        let ends = rest.get(end) != Some(&self.delimiter);
        self.at = start + end + usize::from(end < rest.len());
        let cell = rest.get(..end).unwrap_or_default();
        let length = if ends { cell.strip_suffix(b"\r").unwrap_or(cell).len() } else { end };
        Ok(Some((start..start + length, ends)))
    }
}

/// How many columns a cell takes; nothing for one that is not simple.
fn columns(cell: &[u8]) -> Option<usize> {
    std::str::from_utf8(cell).ok().and_then(simple::columns)
}

/// The body with its columns aligned; nothing where that would make it much larger.
fn aligned(bytes: &[u8], delimiter: u8, cancelled: &Cancelled) -> Result<Option<Vec<u8>>, Stop> {
    let mut widths: Vec<usize> = Vec::new();
    let mut column = 0;
    let mut count = 0_usize;
    let mut cells = Cells { bytes, at: 0, delimiter };
    while let Some((cell, ends)) = cells.next()? {
        if column < COLUMNS {
            if widths.len() <= column {
                widths.push(0);
            }
            if let Some(width) = widths.get_mut(column) {
                *width = (*width).max(columns(bytes.get(cell).unwrap_or_default()).unwrap_or(0).min(WIDEST));
            }
        }
        column = if ends { 0 } else { column + 1 };
        count += 1;
        if count.is_multiple_of(4096) && cancelled.is_cancelled() {
            return Err(Stop::Cancelled);
        }
    }
    let mut shown = Vec::with_capacity(bytes.len() + bytes.len() / 2);
    let limit = bytes.len().saturating_mul(4) + 4096;
    let mut cells = Cells { bytes, at: 0, delimiter };
    column = 0;
    while let Some((range, ends)) = cells.next()? {
        let cell = bytes.get(range).unwrap_or_default();
        shown.extend_from_slice(cell);
        if ends {
            shown.push(b'\n');
            column = 0;
            continue;
        }
        let pad = widths.get(column).copied().unwrap_or(0).saturating_sub(columns(cell).unwrap_or(WIDEST));
        // Tabs go to stops of their own, and are padded before.
        if delimiter == b'\t' {
            shown.resize(shown.len() + pad, b' ');
            shown.push(delimiter);
        } else {
            shown.push(delimiter);
            shown.resize(shown.len() + pad + 1, b' ');
        }
        column += 1;
        if shown.len() > limit {
            return Ok(None);
        }
    }
    Ok(Some(shown))
}

/// Whether a word is a number as people write them.
pub(super) fn is_number(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"-").or_else(|| word.strip_prefix(b"+")).unwrap_or(word);
    digits.first().is_some_and(u8::is_ascii_digit)
        && digits.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+' | b'_'))
        && digits.iter().filter(|byte| matches!(byte, b'-' | b'.')).count() <= 2
}

/// What comes next in a record: [`Mode::Line`] and [`Mode::After`] are at the beginning of a cell, [`Mode::String`] in its
/// quotes, [`Mode::Number`] and [`Mode::Literal`] in a cell without any.
fn next<'a, const DELIMITER: u8>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let at = spot.offset;
    if spot.mode == Mode::Line && at == 0 {
        spot.state = HEADER;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let header = spot.state == HEADER;
    let role = |role| if header { Role::Key } else { role };
    let one = |spot: &mut Spot, role, mode| {
        let text = bytes.get(at..=at).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("?");
        spot.offset = at + 1;
        spot.mode = mode;
        let ink = if text == "\t" { Ink::Tab } else { Ink::Fixed(text.into()) };
        Step::Run(Run { role, start: at, end: at + 1, ink })
    };
    if spot.mode == Mode::String {
        let text = role(Role::String);
        return match rest {
            [] => {
                *spot = Spot::line(at, 0);
                Step::End
            }
            [b'"', b'"', ..] => {
                spot.offset = at + 2;
                Step::Run(Run { role: text, start: at, end: at + 2, ink: Ink::Fixed("\"\"".into()) })
            }
            [b'"', ..] => one(spot, text, Mode::Literal),
            _ => match print(bytes, at, room, text, |byte| byte == b'"') {
                Some(run) => {
                    spot.offset = run.end;
                    Step::Run(run)
                }
                None => one(spot, text, Mode::String),
            },
        };
    }
    spot.state = 0;
    if let Some(step) = line_end(rest, spot) {
        return step;
    }
    spot.state = u8::from(header);
    if rest.first() == Some(&DELIMITER) {
        return one(spot, Role::Punctuation, Mode::After);
    }
    if matches!(spot.mode, Mode::Line | Mode::After) {
        if rest.first() == Some(&b' ') {
            spot.mode = Mode::After;
            let length = rest.iter().take(room.max(1)).take_while(|byte| **byte == b' ').count();
            let text = std::str::from_utf8(rest.get(..length).unwrap_or_default()).unwrap_or_default();
            spot.offset = at + length;
            return Step::Run(Run { role: Role::Text, start: at, end: at + length, ink: Ink::Plain(text, length) });
        }
        if rest.first() == Some(&b'"') {
            return one(spot, role(Role::String), Mode::String);
        }
        let seen = rest.get(..48).unwrap_or(rest);
        let end = memchr::memchr3(DELIMITER, b'\n', b'\r', seen).unwrap_or(seen.len());
        let number = is_number(seen.get(..end).unwrap_or_default().trim_ascii());
        spot.mode = if number { Mode::Number } else { Mode::Literal };
    }
    let text = role(if spot.mode == Mode::Number { Role::Number } else { Role::Text });
    let ends = |byte: u8| byte == DELIMITER || matches!(byte, b'\n' | b'\r' | b'\t');
    match print(bytes, at, room, text, ends) {
        Some(run) => {
            spot.offset = run.end;
            Step::Run(run)
        }
        None if rest.first() == Some(&b'\r') => {
            spot.offset = at + 1;
            Step::Run(Run { role: Role::Escape, start: at, end: at + 1, ink: Ink::Fixed("^M".into()) })
        }
        None => {
            let mode = spot.mode;
            one(spot, text, mode)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::properties::{chosen, typed};
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let body = "id,name,note\r\n1,\"Bob, the \"\"B\"\"\",x\r\n100,東京,\"two\nlines\"\r\n";
        let (view, rows, note) = chosen(body.as_bytes(), "text/csv");
        assert_eq!((view, note), ("csv", None));
        let expected =
            ["id,  name,             note", "1,   \"Bob, the \"\"B\"\"\", x", "100, 東京,             \"two^Jlines\""];
        assert_eq!(rows, expected);
        assert_eq!(chosen(b"a\tbbbbbb\nccccc\td", "text/tab-separated-values").1, ["a       bbbbbb", "ccccc   d"]);
        assert_eq!(chosen(b"a;b\n1,5;2", "text/csv").1, ["a;   b", "1,5; 2"]);
    }

    #[test]
    fn what_does_not_fit_is_not_aligned() {
        let long = "x".repeat(100);
        let body = format!("a,b\n{long},1\nc,2");
        let rows = chosen(body.as_bytes(), "text/csv").1;
        assert_eq!(rows[0], format!("a,{}b", " ".repeat(40)));
        // One wide record of many, and columns that are mostly padding.
        let body = format!("{}\n{}", ",".repeat(60), (",".repeat(60) + "\n").repeat(2000));
        let wide = format!("{}{body}", vec!["y".repeat(40); 61].join(","));
        let document = typed(wide.as_bytes(), "csv", "text/csv");
        assert!(document.bytes().len() <= 4 * wide.len() + 8192);
        let (view, _, note) = chosen(b"a,b\n\"c", "text/csv");
        assert_eq!(
            (view, note.as_deref()),
            ("text", Some("not CSV: quotes that do not end, begun at line 2, column 1"))
        );
    }

    #[test]
    fn numbers_are_known() {
        for (word, expected) in [
            ("1", true),
            ("-1.5", true),
            ("1e-5", true),
            ("2020-01-01", true),
            ("", false),
            ("-", false),
            ("1a", false),
        ] {
            assert_eq!(is_number(word.as_bytes()), expected, "{word}");
        }
    }
}
