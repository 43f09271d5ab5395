//! What stands between an export and a terminal: controls and whatever hides or reorders become visible, and bytes that
//! are no text are refused. A pipe or a file gets every byte as it is, without this.

use std::io::{self, Write};

use crate::model::printable;

/// See the head of this file.
#[derive(Debug)]
pub struct Visible<W> {
    out: W,
    /// Whether what is no text is refused; else it is made visible.
    refuse: bool,
    /// The beginning of a character whose end has not come.
    rest: Vec<u8>,
}

/// Why a terminal is not given it.
const REFUSED: &str = "it has bytes that are no text, and a terminal should not be given them; write it to a file with --to, \
                       or into a pipe";

impl<W: Write> Visible<W> {
    /// A terminal; `refuse` is for forms that may be no text.
    pub fn new(out: W, refuse: bool) -> Self {
        Self { out, refuse, rest: Vec::new() }
    }

    fn show(&mut self, bytes: &[u8]) -> io::Result<()> {
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if at > 0 {
                self.out.write_all(b"\n")?;
            }
            for (at, part) in line.strip_suffix(b"\r").unwrap_or(line).split(|byte| *byte == b'\t').enumerate() {
                if at > 0 {
                    self.out.write_all(b"\t")?;
                }
                for chunk in printable::chunks(part) {
                    self.out.write_all(chunk.as_str().as_bytes())?;
                }
            }
        }
        Ok(())
    }
}

impl<W: Write> Write for Visible<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = std::mem::take(&mut self.rest);
        all.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&all) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) if self.refuse => return Err(io::Error::new(io::ErrorKind::InvalidData, REFUSED)),
            // Where there are wrong bytes the last character may still be cut, and then shows byte by byte.
            _ => all.len(),
        };
        let (shown, rest) = all.split_at_checked(whole).unwrap_or((&all, &[]));
        if self.refuse && shown.contains(&0) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, REFUSED));
        }
        self.show(shown)?;
        self.rest = rest.to_vec();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.rest);
        self.show(&rest)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(pieces: &[&[u8]], refuse: bool) -> io::Result<String> {
        let mut out = Vec::new();
        let mut visible = Visible::new(&mut out, refuse);
        pieces.iter().try_for_each(|piece| visible.write_all(piece))?;
        visible.flush()?;
        drop(visible);
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn controls_are_seen_and_lines_are_lines() {
        assert_eq!(shown(&[b"a\x1b[2J\r\n\tb\xc3", b"\xa9\xff\r"], false).unwrap(), "a^[[2J\n\tb\u{e9}\\xff");
        assert_eq!(shown(&["\u{202e}x".as_bytes()], true).unwrap(), "<U+202E>x");
        for bytes in [b"a\0".as_slice(), b"a\xffb"] {
            assert_eq!(shown(&[bytes], true).unwrap_err().to_string(), REFUSED);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_obeyed(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..6)) {
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let text = shown(&pieces, false).unwrap();
            prop_assert!(text.chars().all(|char| matches!(char, '\n' | '\t') || !printable::needs_escape(char)), "{text:?}");
        }
    }
}
