//! The lines of `--output json`, read one at a time: a file of any size costs the memory of its longest line.

use std::io::BufRead;

use super::{At, ImportError, Input, Item, Items};
use crate::export::{lines::LINE_LIMIT, read_capture};

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
    Box::new(Lines { input: Some(input), line: Vec::new(), number: 0, limit: LINE_LIMIT })
}

struct Lines<'a> {
    /// Until it ends, or cannot be read.
    input: Option<Input<'a>>,
    line: Vec<u8>,
    number: u64,
    limit: usize,
}

impl Lines<'_> {
    /// Reads a line and says whether it kept within the limit; nothing at the end.
    fn next_line(&mut self) -> std::io::Result<Option<bool>> {
        let Some(input) = &mut self.input else { return Ok(None) };
        self.line.clear();
        // What one very long line took is not held for all that follow.
        self.line.shrink_to(1024 * 1024);
        let (mut any, mut whole) = (false, true);
        loop {
            let available = match input.reader.fill_buf() {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                available => available?,
            };
            if available.is_empty() {
                break;
            }
            any = true;
            let end = memchr::memchr(b'\n', available);
            let part = available.get(..end.unwrap_or(available.len())).unwrap_or_default();
            whole &= self.line.len() + part.len() <= self.limit;
            if whole {
                self.line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            input.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        self.number += u64::from(any);
        Ok(any.then_some(whole))
    }
}

impl Iterator for Lines<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            let whole = match self.next_line() {
                Ok(Some(whole)) => whole,
                Ok(None) => {
                    self.input = None;
                    return None;
                }
                Err(error) => {
                    self.input = None;
                    return Some(Err(ImportError::unreadable(&error)));
                }
            };
            let refuse = |what: &str| Some(Err(ImportError::entry(At::Line(self.number), what)));
            if !whole {
                return refuse(&format!("longer than {} bytes", self.limit));
            }
            let Ok(text) = std::str::from_utf8(self.line.trim_ascii()) else { return refuse("not UTF-8") };
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
        let lines = Lines { input: Some(input), line: Vec::new(), number: 0, limit: 200 };
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
