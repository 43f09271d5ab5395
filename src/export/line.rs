//! One line of a file at a time, of which no more is kept than a limit, put together from what a reader has at hand.
//!
//! It reads nothing itself, so that whoever waits for bytes and whoever does not read lines alike.

/// How long a line may be, in bytes: a body of 100 MiB fits however it is escaped.
pub const LINE_LIMIT: usize = 700 * 1024 * 1024;

/// What the memory of one very long line is cut to before the next, in bytes.
const KEPT: usize = 1024 * 1024;

/// See the head of this file.
#[derive(Debug)]
pub struct OneLine {
    bytes: Vec<u8>,
    number: u64,
    limit: usize,
    any: bool,
    whole: bool,
}

impl Default for OneLine {
    fn default() -> Self {
        Self::within(LINE_LIMIT)
    }
}

impl OneLine {
    /// Before the first line of a file whose lines may be that long, in bytes.
    pub fn within(limit: usize) -> Self {
        Self { bytes: Vec::new(), number: 0, limit, any: false, whole: true }
    }

    /// Forgets the line and begins the next.
    pub fn begin(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        (self.any, self.whole) = (false, true);
    }

    /// Takes what is at hand as far as it is of this line. Says how many bytes that were, the line's end included, and
    /// whether the line is complete; nothing at hand means that the file has ended, and completes it.
    pub fn take(&mut self, available: &[u8]) -> (usize, bool) {
        if available.is_empty() {
            return (0, true);
        }
        self.number += u64::from(!self.any);
        self.any = true;
        let end = memchr::memchr(b'\n', available);
        let part = available.get(..end.unwrap_or(available.len())).unwrap_or_default();
        self.whole &= self.bytes.len() + part.len() <= self.limit;
        if self.whole {
            self.bytes.extend_from_slice(part);
        }
        (part.len() + usize::from(end.is_some()), end.is_some())
    }

    /// Whether there was a line, and not the end of the file alone.
    pub fn is_any(&self) -> bool {
        self.any
    }

    /// The number of the line, from 1; 0 before the first.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The line without white space around it; why it is none, as the end of a sentence, where it is too long or no text.
    pub fn text(&self) -> Result<&str, String> {
        if !self.whole {
            return Err(format!("longer than {} bytes", self.limit));
        }
        std::str::from_utf8(self.bytes.trim_ascii()).map_err(|_| "not UTF-8".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_are_what_stands_between_line_ends(
            file in proptest::collection::vec(prop::sample::select(b"ab\n".to_vec()), 0..60),
            step in 1_usize..9,
            limit in 1_usize..6,
        ) {
            let mut line = OneLine::within(limit);
            let (mut read, mut at) = (Vec::new(), 0);
            loop {
                line.begin();
                loop {
                    let (used, done) = line.take(&file[at..file.len().min(at + step)]);
                    at += used;
                    if done {
                        break;
                    }
                }
                if !line.is_any() {
                    break;
                }
                prop_assert_eq!(line.number(), read.len() as u64 + 1);
                read.push(line.text().map(str::to_owned).ok());
            }
            let text = String::from_utf8(file).unwrap();
            let expected: Vec<_> =
                text.lines().map(|line| Some(line.to_owned()).filter(|line| line.len() <= limit)).collect();
            prop_assert_eq!(read, expected);
        }
    }
}
