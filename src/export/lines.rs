//! Captures out of a file or a pipe of JSON lines, one at a time.
//!
//! A line that cannot be read is an error with its number, and the next line is read after it: one bad line among
//! thousands costs one capture. Lines of other types are passed over, and so are empty ones.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

use super::{ReadError, line::OneLine, read_capture};
use crate::model::Capture;

/// Why there is no capture.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The line is not what it should be; reading can go on.
    #[error(transparent)]
    Line(#[from] ReadError),
    /// The file or pipe cannot be read any further.
    #[error("cannot read any further: {0}")]
    Input(#[from] io::Error),
}

/// The captures of an input.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    line: OneLine,
    /// How many bytes were read, and how many of them before the line that was read last.
    read: u64,
    began: u64,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    /// The captures of `input`, from its first line on.
    pub fn new(input: R) -> Self {
        Self { input, line: OneLine::default(), read: 0, began: 0 }
    }

    /// The number of the line that was read last, from 1.
    pub fn number(&self) -> u64 {
        self.line.number()
    }

    /// Where the line that was read last begins, in bytes from where the reading began.
    pub fn began(&self) -> u64 {
        self.began
    }

    /// How many bytes have been read.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// What it reads from, at the end of the line that was read last.
    pub fn into_input(self) -> R {
        self.input
    }

    /// The next capture; nothing at the end.
    pub async fn next(&mut self) -> Result<Option<Capture>, LineError> {
        while self.next_line().await? {
            let number = self.line.number();
            let refuse = |what| ReadError { line: Some(number), field: None, what };
            let text = self.line.text().map_err(refuse)?;
            if text.is_empty() {
                continue;
            }
            if let Some(capture) = read_capture(text).map_err(|error| error.on_line(number))? {
                return Ok(Some(capture));
            }
        }
        Ok(None)
    }

    /// Reads a line; says whether there was one.
    async fn next_line(&mut self) -> io::Result<bool> {
        self.line.begin();
        self.began = self.read;
        loop {
            let (used, done) = self.line.take(self.input.fill_buf().await?);
            self.input.consume(used);
            self.read += used as u64;
            if done {
                return Ok(self.line.is_any());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::line::LINE_LIMIT;

    const CAPTURE: &str = r#"{"type":"capture","id":"00000000-0000-0000-0000-000000000001","version":"HTTP/1.1","received_at":"2026-01-31T09:26:53Z","method":"POST","target":"/","headers":[],"body":{"text":"x"}}"#;

    async fn read(input: &[u8], limit: usize) -> Vec<String> {
        let mut lines = Lines::new(tokio::io::BufReader::with_capacity(7, input));
        lines.line = OneLine::within(limit);
        let mut read = Vec::new();
        loop {
            read.push(match lines.next().await {
                Ok(Some(_)) => format!("capture on {}", lines.number()),
                Ok(None) => return read,
                Err(error) => error.to_string(),
            });
        }
    }

    #[tokio::test]
    async fn captures_are_found_among_other_lines() {
        let input = format!("\n{{\"type\":\"ready\"}}\r\n{CAPTURE}\r\n  \nnope\n{CAPTURE}\n\u{e9}\n{CAPTURE}");
        let read = read(input.as_bytes(), LINE_LIMIT).await;
        assert_eq!(read.len(), 5, "{read:?}");
        assert_eq!(
            (read[0].as_str(), read[2].as_str(), read[4].as_str()),
            ("capture on 3", "capture on 6", "capture on 8")
        );
        assert!(read[1].starts_with("line 5: not a line of creel's JSON output: "), "{}", read[1]);
    }

    #[tokio::test]
    async fn lines_without_measure_and_bytes_that_are_no_text_are_said() {
        let input = [&[b'x'; 300][..], b"\n\xff\n", CAPTURE.as_bytes(), b"\n"].concat();
        let expected = [
            "line 1: not a line of creel's JSON output: longer than 200 bytes",
            "line 2: not a line of creel's JSON output: not UTF-8",
            "capture on 3",
        ];
        assert_eq!(read(&input, 200).await, expected);
        assert!(read(b"", 200).await.is_empty());
    }
}
