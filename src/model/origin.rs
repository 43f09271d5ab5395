//! Where a draft comes from.
//!
//! A draft is a capture that nobody sent: the user made it, of another capture or of nothing. Decided: it is a capture in
//! every other way, so that it is listed, filtered, exported, kept in the inbox and replayed by what does that for all; and
//! it says which capture it was made of by id, which outlives the ring and every file. What was changed is not written
//! beside it: both are there to be compared. Refused: changing a capture in place, which is what came.

use std::fmt;

use super::CaptureId;

/// See the head of this file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Origin {
    /// The capture that it was made of; nothing for one that was composed.
    pub of: Option<CaptureId>,
}

impl Origin {
    /// What stands beside the answer of a draft, which is none.
    pub const UNANSWERED: &'static str = "a draft, which nobody sent";
}

impl fmt::Display for Origin {
    /// `edited`, or `composed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.of.is_some() { "edited" } else { "composed" })
    }
}
