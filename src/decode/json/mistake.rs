//! Where a text that should be JSON is none: for whoever is writing it.

use super::scan;
use crate::decode::{Cancelled, lines::Stop};

/// The first thing in a text that keeps it from being JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// The offset of the first byte that is wrong.
    pub at: usize,
    /// Its line, from 1.
    pub line: usize,
    /// Its column in that line, in characters from 1.
    pub column: usize,
    /// What is wrong, in words of ours.
    pub what: &'static str,
}

/// What keeps these bytes from being JSON; nothing where they are. Takes the time of one pass.
pub fn mistake(bytes: &[u8]) -> Option<Mistake> {
    let Err(Stop::Not { at, why }) = scan(bytes, &Cancelled::default()) else { return None };
    let before = bytes.get(..at).unwrap_or(bytes);
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    // Every character has one byte that goes on none.
    let column = before.iter().skip(start).filter(|byte| **byte & 0xc0 != 0x80).count() + 1;
    Some(Mistake { at, line, column, what: why.trim_end_matches(',') })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_place_is_where_it_is_wrong() {
        for (text, expected) in [
            ("{}", None),
            ("{\"a\": 1}\n", None),
            ("", Some((0, 1, 1, "expected a value"))),
            ("{\n  \"a\": 1,\n}", Some((12, 3, 1, "expected a name in quotes"))),
            ("[\"日本\" 1]", Some((10, 1, 7, "expected a comma or ]"))),
            ("{} x", Some((3, 1, 4, "more behind the value"))),
        ] {
            let found = mistake(text.as_bytes()).map(|found| (found.at, found.line, found.column, found.what));
            assert_eq!(found, expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn the_place_is_within_the_text(text in "[\\[\\]{}\",:0-9a-z \\n日]{0,40}") {
            let parses = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            match mistake(text.as_bytes()) {
                Some(found) => {
                    prop_assert!(!parses && found.at <= text.len(), "{:?}", found);
                    prop_assert!(found.line <= text.split('\n').count());
                }
                None => prop_assert!(parses),
            }
        }
    }
}
