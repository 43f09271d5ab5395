//! Writing JSON (RFC 8259) straight to where it goes, in ASCII alone.
//!
//! Decided: everything outside printable ASCII is escaped, DEL and C1 controls included, so that a line of output cannot
//! do anything to a terminal. Refused: building a `serde_json::Value` first, which would hold a body three times.

use std::{
    fmt::Display,
    io::{self, Write},
};

use base64::{display::Base64Display, engine::general_purpose::STANDARD, write::EncoderWriter};

/// JSON in ASCII: what is not stands in strings alone, where it may be escaped (RFC 8259 §7).
pub fn ascii(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for char in json.chars() {
        if matches!(char, ' '..='~') {
            line.push(char);
        } else {
            line.extend(char.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    line
}

/// A writer of one JSON value. It puts the commas; whoever uses it closes what they opened.
#[derive(Debug)]
pub(super) struct Json<W> {
    out: W,
    /// Whether the next key or item is the first of its object or array.
    first: bool,
}

impl<W: Write> Json<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, first: true }
    }

    /// Begins an object or an array.
    pub(super) fn open(&mut self, bracket: char) -> io::Result<&mut Self> {
        write!(self.out, "{bracket}")?;
        self.first = true;
        Ok(self)
    }

    /// Ends it.
    pub(super) fn close(&mut self, bracket: char) -> io::Result<&mut Self> {
        write!(self.out, "{bracket}")?;
        self.first = false;
        Ok(self)
    }

    /// Begins an item of an array.
    pub(super) fn item(&mut self) -> io::Result<&mut Self> {
        if !std::mem::take(&mut self.first) {
            self.out.write_all(b",")?;
        }
        Ok(self)
    }

    /// Begins a member of an object. Keys are ours and need no escape.
    pub(super) fn key(&mut self, key: &'static str) -> io::Result<&mut Self> {
        self.item()?;
        write!(self.out, "\"{key}\":")?;
        Ok(self)
    }

    /// A number, `true`, `false` or `null`.
    pub(super) fn plain(&mut self, value: impl Display) -> io::Result<&mut Self> {
        write!(self.out, "{value}")?;
        Ok(self)
    }

    /// A string whose text is ours, such as a number or a time, and needs no escape.
    pub(super) fn quoted(&mut self, value: impl Display) -> io::Result<&mut Self> {
        write!(self.out, "\"{value}\"")?;
        Ok(self)
    }

    /// A string.
    pub(super) fn text(&mut self, text: &str) -> io::Result<&mut Self> {
        self.out.write_all(b"\"")?;
        self.piece(text)?;
        self.out.write_all(b"\"")?;
        Ok(self)
    }

    /// A string that `write` makes of pieces.
    pub(super) fn pieces(&mut self, write: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<&mut Self> {
        self.out.write_all(b"\"")?;
        write(self)?;
        self.out.write_all(b"\"")?;
        Ok(self)
    }

    /// A piece of a string.
    pub(super) fn piece(&mut self, text: &str) -> io::Result<()> {
        let mut rest = text;
        while !rest.is_empty() {
            let plain =
                rest.bytes().take_while(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')).count();
            let (run, after) = rest.split_at_checked(plain).unwrap_or((rest, ""));
            self.out.write_all(run.as_bytes())?;
            let mut chars = after.chars();
            if let Some(char) = chars.next() {
                self.escape(char)?;
            }
            rest = chars.as_str();
        }
        Ok(())
    }

    fn escape(&mut self, char: char) -> io::Result<()> {
        match char {
            '"' => self.out.write_all(b"\\\""),
            '\\' => self.out.write_all(b"\\\\"),
            '\n' => self.out.write_all(b"\\n"),
            '\r' => self.out.write_all(b"\\r"),
            '\t' => self.out.write_all(b"\\t"),
            _ => char.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(self.out, "\\u{unit:04x}")),
        }
    }

    /// A string of Base64 (RFC 4648 §4).
    pub(super) fn base64(&mut self, bytes: &[u8]) -> io::Result<&mut Self> {
        self.quoted(Base64Display::new(bytes, &STANDARD))
    }

    /// A string of Base64 of bytes that come in pieces of any length.
    pub(super) fn base64_of<T: AsRef<[u8]>>(
        &mut self,
        pieces: impl Iterator<Item = io::Result<T>>,
    ) -> io::Result<&mut Self> {
        self.pieces(|json| {
            let mut encoder = EncoderWriter::new(&mut json.out, &STANDARD);
            for piece in pieces {
                encoder.write_all(piece?.as_ref())?;
            }
            encoder.finish().map(drop)
        })
    }

    /// A string where the bytes are UTF-8, and `{"base64":"…"}` where not.
    pub(super) fn octets(&mut self, bytes: &[u8]) -> io::Result<&mut Self> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text(text),
            Err(_) => self.open('{')?.key("base64")?.base64(bytes)?.close('}'),
        }
    }

    /// What `write` writes, or `null`.
    pub(super) fn or_null<T>(
        &mut self,
        value: Option<T>,
        write: impl FnOnce(&mut Self, T) -> io::Result<&mut Self>,
    ) -> io::Result<&mut Self> {
        match value {
            Some(value) => write(self, value),
            None => self.plain("null"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> String {
        let mut out = Vec::new();
        Json::new(&mut out).text(text).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn everything_outside_ascii_is_escaped() {
        assert_eq!(
            text("a\"\\\n\r\t\0\u{1b}\u{7f}\u{9b}\u{e9}\u{202e}\u{1f512}"),
            r#""a\"\\\n\r\t\u0000\u001b\u007f\u009b\u00e9\u202e\ud83d\udd12""#
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in ".*") {
            let written = text(&value);
            prop_assert!(written.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), value);
        }
    }
}
