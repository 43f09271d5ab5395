//! The name of an inbox, checked: it is the name of a folder too, so it can be nothing that leads elsewhere.

use std::{fmt, str::FromStr};

use crate::model::Printable;

/// 1 to 64 of letters, digits, `.`, `_` and `-`, beginning with neither `.` nor `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InboxName(Box<str>);

impl InboxName {
    /// How long a name may be.
    pub const LONGEST: usize = 64;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for InboxName {
    fn default() -> Self {
        Self("default".into())
    }
}

impl fmt::Display for InboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text names no inbox.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{0} is no name for an inbox: write up to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit"
)]
pub struct NoName(String);

impl FromStr for InboxName {
    type Err = NoName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let taken = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if begins && text.len() <= Self::LONGEST && text.bytes().all(taken) {
            return Ok(Self(text.into()));
        }
        Err(NoName(format!("`{}`", Printable::limited(text.as_bytes(), Self::LONGEST))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_names_of_folders_and_nothing_else() {
        for name in ["default", "a", "stripe-2026.01", "_x", &"n".repeat(64)] {
            assert_eq!(name.parse::<InboxName>().unwrap().as_str(), name);
        }
        for name in ["", ".", "..", ".x", "-x", "a/b", "a b", "ä", "a\0", &"n".repeat(65)] {
            assert!(name.parse::<InboxName>().is_err(), "{name:?}");
        }
        let error = "../\u{1b}".parse::<InboxName>().unwrap_err().to_string();
        assert!(error.starts_with("`../^[` is no name for an inbox: write up to 64 letters"), "{error}");
    }

    proptest! {
        #[test]
        fn what_is_taken_stays_in_its_folder(text in any::<String>()) {
            if let Ok(name) = text.parse::<InboxName>() {
                let path = std::path::Path::new("root").join(name.as_str());
                prop_assert_eq!(path.components().count(), 2);
                prop_assert_eq!(name.to_string(), text);
            }
        }
    }
}
