//! What is printed for a capture: a line of columns, or a line of JSON.
//!
//! Decided: a line is made in memory where its body is; a body that is on the disk goes to the reader a piece at a time, so
//! that a line of gigabytes takes no more memory than any other.

use std::{
    io::{self, Write},
    sync::Arc,
};

use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    sync::mpsc,
};

use super::text::Text;
use crate::model::{Attempt, Capture, Outcome, Period, Printable, Rejected};

/// How much is put together before it is written, in bytes.
pub(super) const PIECE: usize = 64 * 1024;

/// The lines of the JSON output, without the newline. They are parameters because they belong to the export layer.
///
/// A capture is written piece by piece, because its body may be larger than memory; where that is so, it is written on a
/// thread that may wait for the disk, and no faster than its reader reads.
#[derive(Clone, Copy, Debug)]
pub struct JsonLines {
    /// That creel listens at a URL, and which inbox captures go to.
    pub ready: fn(&str, Option<&str>) -> String,
    /// One capture.
    pub capture: fn(&Capture, &mut dyn Write) -> io::Result<()>,
    /// One rejected request.
    pub rejected: fn(&Rejected) -> String,
    /// One attempt that has ended.
    pub attempt: fn(&Attempt) -> String,
}

/// What is printed for each capture.
#[derive(Clone, Debug)]
pub enum Mode {
    /// One line of columns for people, as captures come.
    Text(Text),
    /// The same for captures that have come: each with its number, in a column of that width, and its day.
    List(Text, usize),
    /// One line of JSON for programs.
    Json(JsonLines),
}

impl Mode {
    /// Appends the line of a capture whose body is in memory.
    pub fn capture(&self, capture: &Capture, text: &mut String) {
        match self {
            Self::Text(columns) => columns.capture(capture, text),
            Self::List(columns, width) => columns.listed(capture, *width, text),
            Self::Json(lines) => {
                let mut line = Vec::new();
                // A vector takes every write, and what is in memory can be read.
                let _ = (lines.capture)(capture, &mut line);
                text.push_str(&String::from_utf8_lossy(&line));
                text.push('\n');
            }
        }
    }

    /// Appends the line of a rejected request.
    pub fn rejected(&self, rejected: &Rejected, text: &mut String) {
        match self {
            Self::Text(columns) | Self::List(columns, _) => columns.rejected(rejected, text),
            Self::Json(lines) => {
                text.push_str(&(lines.rejected)(rejected));
                text.push('\n');
            }
        }
    }

    /// Appends the line of an attempt to forward a capture.
    pub fn attempt(&self, attempt: &Attempt, text: &mut String) {
        match self {
            Self::Json(lines) => text.push_str(&(lines.attempt)(attempt)),
            Self::Text(_) | Self::List(..) => {
                let url = Printable::limited(attempt.target.as_bytes(), 300);
                let ended = match &attempt.outcome {
                    Some(Outcome::Replied(reply)) => {
                        let cut = reply.body_cut.as_deref().map_or_else(String::new, |why| format!("; {why}"));
                        format!("{}{cut}", reply.status)
                    }
                    Some(Outcome::Failed(failure)) => failure.sentence.clone(),
                    Some(Outcome::Cancelled) | None => "cancelled".to_owned(),
                };
                let within = Period(attempt.duration.unwrap_or_default());
                let number = attempt.forwarded.filter(|number| *number > 1);
                let number = number.map_or_else(String::new, |number| format!(", try {number}"));
                let line = format!("{} → {url}  {ended}  {within}{number}", attempt.seq);
                text.push_str(Printable::from(line.as_str()).as_str());
            }
        }
        text.push('\n');
    }

    /// Writes the line of a capture wherever its body is. Waits for the disk, and fails where that or `out` does.
    pub fn write_to(&self, capture: &Capture, out: &mut dyn Write) -> io::Result<()> {
        if let Self::Json(lines) = self {
            (lines.capture)(capture, out)?;
            return out.write_all(b"\n");
        }
        let mut text = String::new();
        self.capture(capture, &mut text);
        out.write_all(text.as_bytes())
    }

    /// The same where nobody may be held up: a line whose body is on the disk takes constant memory and another's time.
    ///
    /// Fails as `out` does. A body that cannot be read back leaves its line cut; that is what the sentence says.
    pub async fn write(
        &self,
        capture: &Arc<Capture>,
        out: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<Option<String>> {
        let lines = match self {
            Self::Json(lines) if capture.body.is_spooled() => lines,
            _ => {
                let mut text = String::new();
                self.capture(capture, &mut text);
                out.write_all(text.as_bytes()).await?;
                return Ok(None);
            }
        };
        let (write, seq, capture) = (lines.capture, capture.seq, Arc::clone(capture));
        let (sender, mut pieces) = mpsc::channel(2);
        let writing = tokio::task::spawn_blocking(move || {
            let mut out = io::BufWriter::with_capacity(PIECE, Pieces(sender));
            write(&capture, &mut out)?;
            out.flush()
        });
        while let Some(piece) = pieces.recv().await {
            out.write_all(&piece).await?;
        }
        let written = writing.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        out.write_all(b"\n").await?;
        Ok(written.err().map(|error| {
            let why = Printable::from(error.to_string().as_str());
            format!("the body of {seq} cannot be read back from the disk ({why}); its line is cut")
        }))
    }
}

/// What is written to this goes through a channel, which holds the writer up where nobody takes it.
struct Pieces(mpsc::Sender<Vec<u8>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.blocking_send(bytes.to_vec()).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
