//! Looking for text in a body that is in a file: a window at a time, in constant memory.
//!
//! Windows overlap by more than any word of a query can be long, so words, phrases and stars are found exactly as in
//! memory. A regular expression sees what stands before each window, but not what comes after: a match that is longer
//! than [`REACH`] bytes may be missed, and `$` also holds where a window ends, once in a megabyte. Decided: a body that
//! cannot be read does not match, and the log says so; a filter has no place for errors.

use std::{io, ops::Range};

use super::{
    text::{Caseless, Glob, Pattern, Place},
    tree::Value,
};
use crate::model::Content;

/// How far windows overlap, in bytes: what the longest query can match in other letters' cases fits thrice.
const REACH: usize = 64 * 1024;

/// How much is read at a time, in bytes.
const WINDOW: usize = 1 << 20;

/// How many bytes before a window decide what `^` and `\b` mean at its beginning: one character.
const BEFORE: usize = 4;

impl Value {
    /// Whether the bytes of a body are what is asked for. Waits for the disk where they are in a file.
    pub(super) fn is_body(&self, content: &Content) -> bool {
        let found = match (content.bytes(), self) {
            (Some(bytes), _) => return self.is_text(bytes),
            (None, Self::Present) => Ok(true),
            (None, Self::Text(wanted) | Self::Same(wanted)) => {
                find(wanted.finder(), content, 0).map(|found| found.is_some())
            }
            (None, Self::Glob(glob)) => is_glob(glob, content),
            (None, Self::Pattern(pattern)) => matches(pattern, content),
            (None, Self::Number(..) | Self::Flag(_)) => Ok(false),
        };
        found.unwrap_or_else(|error| {
            tracing::warn!("a body cannot be searched, because it cannot be read back from the disk: {error}");
            false
        })
    }
}

/// Where a needle first lies from `from` on.
fn find(needle: &Caseless, content: &Content, from: usize) -> io::Result<Option<Range<usize>>> {
    let end = content.len();
    let (mut at, last) = match needle.place() {
        Place::Within => (from, end),
        Place::Start => (0, REACH.min(end)),
        Place::End => (from.max(end.saturating_sub(REACH)), end),
        Place::Whole if end <= REACH => (0, end),
        Place::Whole => return Ok(None),
    };
    loop {
        let window = content.read_range(at, WINDOW.min(last.saturating_sub(at)))?;
        if let Some(found) = needle.find(&window) {
            return Ok(Some(at + found.start..at + found.end));
        }
        if at + window.len() >= last {
            return Ok(None);
        }
        at += window.len() - REACH;
    }
}

fn is_glob(glob: &Glob, content: &Content) -> io::Result<bool> {
    let mut from = 0;
    for piece in glob.pieces() {
        match find(piece, content, from)? {
            Some(found) => from = found.end,
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn matches(pattern: &Pattern, content: &Content) -> io::Result<bool> {
    let mut at = 0;
    loop {
        let before = at.min(BEFORE);
        let window = content.read_range(at - before, before + WINDOW)?;
        if pattern.is_in_from(&window, before) {
            return Ok(true);
        }
        let end = at - before + window.len();
        if end >= content.len() {
            return Ok(false);
        }
        at = end - REACH;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use bytes::Bytes;
    use proptest::prelude::*;

    use super::super::tree::Text;
    use super::*;
    use crate::model::{Room, Spooled};

    fn spooled(bytes: &[u8]) -> Content {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Content::Spooled(Spooled::new(file, Bytes::new(), bytes.len(), Room::default()))
    }

    fn values(word: &str) -> Vec<Value> {
        let glob = |text: String| Value::Glob(Glob::new(&text));
        let mut values: Vec<Value> = [Place::Within, Place::Start, Place::End, Place::Whole]
            .map(|place| Value::Text(Text::new(word, place)))
            .into();
        values.extend(
            [format!("*{word}*"), format!("{word}*"), format!("*{word}"), format!("x*{word}*{word}*x")].map(glob),
        );
        values.extend(
            [regex::escape(word), format!(r"\A{word}"), format!(r"\b{word}\b")]
                .map(|source| Value::Pattern(Pattern::new(&source, "").unwrap())),
        );
        values
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Wherever words lie, over the edges of windows too, a file is searched as memory is.
        #[test]
        fn a_file_is_searched_as_memory_is(
            len in 0_usize..5 * WINDOW / 2,
            word in "[a-z]{1,12}|é[a-z]{3}",
            places in proptest::collection::vec((0_usize..3, 0_usize..40), 0..4),
        ) {
            let mut bytes = vec![b'x'; len];
            for (edge, back) in places {
                // Around the beginnings and the ends of windows.
                let at = (edge * (WINDOW - REACH) + if edge == 2 { REACH } else { 0 }).saturating_sub(back);
                if let Some(place) = bytes.get_mut(at..at + word.len()) {
                    place.copy_from_slice(word.to_uppercase().as_bytes().get(..word.len()).unwrap());
                }
            }
            let (file, held) = (spooled(&bytes), Content::from(Bytes::from(bytes)));
            for value in values(&word).into_iter().chain(values(&word.to_uppercase())) {
                prop_assert_eq!(value.is_body(&file), value.is_body(&held), "{:?}", value);
            }
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_does_not_match() {
        let file = tempfile::tempfile().unwrap();
        let content = Content::Spooled(Spooled::new(file, Bytes::new(), 10, Room::default()));
        assert!(values("a").iter().all(|value| !value.is_body(&content)));
        assert!(Value::Present.is_body(&content));
    }
}
