//! The lines of `--output json`, read one at a time: a file of any size costs the memory of its longest line.

use std::io::BufRead;

use super::{At, ImportError, Input, Item, Items};
use crate::export::{line::OneLine, read_capture};

/// The types of lines that creel prints.
const TYPES: [&str; 5] = ["ready", "capture", "rejected", "attempt", "verdict"];

/// Whether the first line is an object whose first member is a `type` of ours.
pub(super) fn recognises(first: &[u8]) -> bool {
    let skip = |bytes: &mut &[u8], word: &[u8]| {
        *bytes = bytes.trim_ascii_start();
        bytes.strip_prefix(word).map(|rest| *bytes = rest).is_some()
    };
    let mut rest = first;
    skip(&mut rest, b"{")
        && skip(&mut rest, b"\"type\"")
        && skip(&mut rest, b":")
        && TYPES.iter().any(|name| skip(&mut rest, format!("\"{name}\"").as_bytes()))
}

pub(super) fn read(input: Input<'_>) -> Items<'_> {
    Box::new(Lines { input: Some(input), line: OneLine::default() })
}

struct Lines<'a> {
    /// Until it ends, or cannot be read.
    input: Option<Input<'a>>,
    line: OneLine,
}

impl Lines<'_> {
    /// Reads a line; says whether there was one.
    fn next_line(&mut self) -> std::io::Result<bool> {
        let Some(input) = &mut self.input else { return Ok(false) };
        self.line.begin();
        loop {
            let available = match input.reader.fill_buf() {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                available => available?,
            };
            let (used, done) = self.line.take(available);
            input.reader.consume(used);
            if done {
                return Ok(self.line.is_any());
            }
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            match self.next_line() {
                Ok(true) => {}
                Ok(false) => {
                    self.input = None;
                    return None;
                }
                Err(error) => {
                    self.input = None;
                    return Some(Err(ImportError::unreadable(&error)));
                }
            }
            let refuse = |what: &str| Some(Err(ImportError::entry(At::Line(self.line.number()), what)));
            let text = match self.line.text() {
                Ok(text) => text,
                Err(why) => return refuse(&why),
            };
            if text.is_empty() {
                continue;
            }
            match read_capture(text) {
                Ok(Some(capture)) => return Some(Ok(capture)),
                Ok(None) => {}
                Err(error) => return refuse(&error.to_string()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const CAPTURE: &str = r#"{"type":"capture","id":"00000000-0000-0000-0000-000000000001","version":"HTTP/1.1","received_at":"2026-01-31T09:26:53Z","method":"POST","target":"/","headers":[],"body":{"text":"x"}}"#;

    #[test]
    fn one_bad_line_costs_one_line() {
        let input = [
            b"\n{\"type\":\"ready\"}\r\n",
            CAPTURE.as_bytes(),
            b"\r\n  \nnope\n\xff\n",
            &[b'x'; 300],
            b"\n",
            CAPTURE.as_bytes(),
        ]
        .concat();
        let input = Input::new(&*input, Timestamp::UNIX_EPOCH);
        let lines = Lines { input: Some(input), line: OneLine::within(200) };
        let read: Vec<String> =
            lines.map(|item| item.map_or_else(|error| error.to_string(), |_| "capture".to_owned())).collect();
        assert_eq!(read.len(), 5, "{read:?}");
        assert!(read[1].starts_with("line 5: not a line of creel's JSON output: "), "{read:?}");
        assert_eq!((read[2].as_str(), read[3].as_str()), ("line 6: not UTF-8", "line 7: longer than 200 bytes"));
        assert_eq!((read[0].as_str(), read[4].as_str()), ("capture", "capture"));
    }

    #[test]
    fn our_lines_are_recognised() {
        assert!(recognises(b"{\"type\":\"capture\",") && recognises(b" { \"type\" : \"ready\"}"));
        assert!(!recognises(b"{\"type\":\"object\"") && !recognises(b"{\"id\":1") && !recognises(b""));
    }
}
