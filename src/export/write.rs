//! Writing captures in a format, one at a time: nothing is held but the capture under way, and of a body that is in a file
//! only a piece, where the format allows it.

use std::{
    io::{self, Write},
    sync::Arc,
};

use super::{Base, Format, redact::Redaction};
use crate::model::{Capture, Seq, Size};

/// How many reasons for leaving captures out are kept.
const REASONS: usize = 20;

/// How captures are written.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Options {
    /// Where what is written would send them.
    pub url: Base,
    /// What is taken out of them first; nothing for nothing.
    pub redaction: Option<Redaction>,
}

/// Why a capture does not fit a format. Said before anything of it is written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unfit {
    /// The body is too long to stand in a command or a program.
    #[error(
        "a body of {0} is too large to stand in a command or a program; replay it, or export it as ndjson, har or raw"
    )]
    TooLarge(Size),
    /// The method or the target would end the request line early.
    #[error("its request line would not be one line; export it as ndjson or har")]
    RequestLine,
    /// The tool takes URLs alone, and this target is none or would be changed.
    #[error("this tool cannot send such a request target unchanged; export it as curl, python or raw")]
    Target,
    /// The tool has no place for this method.
    #[error("this tool cannot send such a method unchanged; export it as curl, python or raw")]
    Method,
    /// The tool has no place for the value of a header.
    #[error("this tool cannot send one of its headers unchanged; export it as curl, python or raw")]
    Header,
    /// The tool holds bodies as text, and this is none.
    #[error("this tool has no place for a body that is not text; export it as curl, python or har")]
    NotText,
    /// The tool would put something else in place of a part of it.
    #[error("this tool would read `{{{{` in it as the name of a variable; export it as curl, python or har")]
    Variable,
    /// The language has no TLS in its standard library.
    #[error("Rust's standard library has no TLS, so the URL must begin with http://; export it as curl, python or go")]
    Tls,
}

/// Why writing ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A capture does not fit. [`write`] leaves it out and goes on.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The output could not be written, or a body could not be read from the disk.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What was written.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Written {
    /// How many captures.
    pub captures: u64,
    /// How many bytes.
    pub bytes: u64,
    /// How many secrets were taken out of them.
    pub redacted: u64,
    /// How many bodies with a content coding were not looked into for secrets.
    pub opaque: u64,
    /// How many bodies are not whole because they did not come whole.
    pub cut: u64,
    /// How many captures were left out.
    pub left_out: u64,
    /// Why, for the first of them.
    pub reasons: Vec<(Seq, Unfit)>,
}

impl Written {
    /// What should be known beside that it went well, as sentences: what was taken out, what was not, what is not whole.
    pub fn remarks(&self) -> Vec<String> {
        let some = |count: u64, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let all = [
            some(self.redacted, "secret was redacted", "secrets were redacted"),
            some(
                self.opaque,
                "compressed body was not looked into for secrets",
                "compressed bodies were not looked into for secrets",
            ),
            some(
                self.cut,
                "body is not whole, because it did not come whole",
                "bodies are not whole, because they did not come whole",
            ),
            some(self.left_out, "request was left out", "requests were left out"),
        ];
        all.into_iter().flatten().collect()
    }
}

/// Writes captures one after the other. What does not fit the format is left out and counted; fails where `out` does, or
/// the disk that a body is read from.
pub fn write(
    format: &Format,
    captures: impl IntoIterator<Item = Arc<Capture>>,
    options: &Options,
    out: &mut dyn Write,
) -> Result<Written, ExportError> {
    let mut out = Counted { out, bytes: 0 };
    let mut written = Written::default();
    (format.parts.begin)(&mut out, options)?;
    for capture in captures {
        let (capture, redacted) = match &options.redaction {
            Some(redaction) => redaction.apply(&capture)?,
            None => (capture, super::redact::Redacted::default()),
        };
        match (format.parts.each)(&mut out, &capture, options, written.captures == 0) {
            Ok(()) => {
                written.captures += 1;
                written.redacted += redacted.values;
                written.opaque += u64::from(redacted.opaque);
                written.cut += u64::from(capture.body.is_truncated());
            }
            Err(ExportError::Unfit(why)) => {
                written.left_out += 1;
                if written.reasons.len() < REASONS {
                    written.reasons.push((capture.seq, why));
                }
            }
            Err(error) => return Err(error),
        }
    }
    (format.parts.end)(&mut out, options)?;
    out.flush()?;
    written.bytes = out.bytes;
    Ok(written)
}

struct Counted<'a> {
    out: &'a mut dyn Write,
    bytes: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
