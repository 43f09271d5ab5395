//! An input that is being read: its bytes, and the time that stands in for those it lacks.

use std::io::{BufRead, BufReader, Read};

use bytes::Bytes;
use jiff::Timestamp;

use super::{ImportError, LIMIT};
use crate::model::Size;

/// See the head of this file.
pub(super) struct Input<'a> {
    pub(super) reader: Box<dyn BufRead + Send + 'a>,
    /// When what has no time of its own was received.
    pub(super) now: Timestamp,
}

impl<'a> Input<'a> {
    pub(super) fn new(reader: impl Read + Send + 'a, now: Timestamp) -> Self {
        Self { reader: Box::new(BufReader::with_capacity(256 * 1024, reader)), now }
    }

    /// All of it, as far as it is not too large.
    pub(super) fn whole(self) -> Result<Bytes, ImportError> {
        self.whole_within(LIMIT)
    }

    fn whole_within(self, limit: u64) -> Result<Bytes, ImportError> {
        let mut bytes = Vec::new();
        self.reader.take(limit + 1).read_to_end(&mut bytes).map_err(|error| ImportError::unreadable(&error))?;
        if bytes.len() as u64 > limit {
            let most = Size(limit);
            return Err(ImportError::input(
                None,
                &format!("larger than {most}, and this form is read whole; split it"),
            ));
        }
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_said() {
        let input = || Input::new(&b"12345"[..], Timestamp::UNIX_EPOCH);
        assert_eq!(input().whole_within(5).unwrap(), "12345");
        let error = input().whole_within(4).unwrap_err();
        assert_eq!(error.to_string(), "larger than 4 B, and this form is read whole; split it");
    }
}
