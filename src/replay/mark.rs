//! The mark of what is forwarded, by which a creel knows its own messages again when they come back around.
//!
//! Decided: it is an entry of `Via` (RFC 9110 §7.6.3), which exists for this: whoever passes a message on adds one, keeps
//! those that are there, and finds loops by its own. The name in it is of one run of creel, so that several creels in a row
//! are no loop and one that a message passes twice is. Only what is forwarded is marked; a replay by hand ends where it
//! arrives and stays as it was captured. Refused: a header of our own, which proxies do not know and so may drop.

use crate::model::{Head, Version};

/// The mark of one run of creel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark(u64);

impl Mark {
    /// The mark made of a number that no other run has.
    pub const fn of(number: u64) -> Self {
        Self(number)
    }

    /// The name that stands in `Via`.
    pub fn pseudonym(self) -> String {
        format!("creel-{:016x}", self.0)
    }

    /// The value of the `Via` line for what came by that version.
    pub fn via(self, version: Version) -> String {
        let protocol = match version {
            Version::Http10 => "1.0",
            Version::Http11 => "1.1",
            Version::Http2 => "2",
        };
        format!("{protocol} {}", self.pseudonym())
    }

    /// Whether a message with this head has passed here before.
    pub fn is_in(self, head: &Head) -> bool {
        let pseudonym = self.pseudonym();
        let mut entries = head
            .headers()
            .filter(|header| header.is("via"))
            .flat_map(|header| header.value.split(|byte| *byte == b','));
        // `received-protocol RWS received-by`, perhaps with a comment behind.
        entries.any(|entry| {
            let mut words = entry.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            words.nth(1).is_some_and(|by| by.eq_ignore_ascii_case(pseudonym.as_bytes()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Fidelity;

    fn head(headers: &[(&str, &str)]) -> Head {
        let headers = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        Head::from_parts(b"POST", b"/", Version::Http11, headers, Fidelity::Exact)
    }

    #[test]
    fn a_mark_is_found_among_those_of_others() {
        let mark = Mark::of(0xab);
        assert_eq!(mark.via(Version::Http2), "2 creel-00000000000000ab");
        for (headers, found) in [
            (&[("Via", "1.1 creel-00000000000000ab")][..], true),
            (&[("Via", "1.1 proxy"), ("via", "1.0 a, 2  CREEL-00000000000000AB (x)")], true),
            (&[("Via", "1.1 creel-00000000000000ac")], false),
            (&[("X-Via", "1.1 creel-00000000000000ab"), ("Via", "creel-00000000000000ab")], false),
            (&[], false),
        ] {
            assert_eq!(mark.is_in(&head(headers)), found, "{headers:?}");
        }
    }
}
