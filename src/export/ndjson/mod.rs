//! JSON lines: what `--output json` prints and `creel replay` reads. One object a line, `type` first.
//!
//! The lines are a contract: scripts are written against them. Fields are only ever added, at the end of their object.
//!
//! | `type` | what it says |
//! | --- | --- |
//! | `ready` | connections are accepted, and at which `url` |
//! | `capture` | one capture, whole |
//! | `rejected` | what came and could not become a capture, and why |
//! | `attempt` | one sending of a capture, and how it ended |
//! | `verdict` | what checking the signature of a capture said |
//!
//! Bytes that are UTF-8 are JSON strings, and others are `{"base64":"…"}` in the same place; a body has `text` or
//! `base64`. Lengths are bytes, times are RFC 3339 in UTC, durations are milliseconds. What is not known is `null`.
//!
//! An attempt has the fidelity ledger: `changed` for header lines (`removed`, `added`, `changed`, or `rewritten` in other
//! bytes of the same meaning) with the number of the captured line as `header` or `trailer`, then `version`,
//! `request_line`, `framing`, and `body` with size and SHA-256 as `captured` and as `sent`.
//!
//! A capture has `head` where its head was written in other white space or line ends than `name: value` and CRLF: the very
//! bytes, which a script may leave alone, because the fields say the same.
//!
//! Decided: a capture that is read back is the one that was written: every byte of head and body, every trailer and time.
//! Where someone edited the fields, they hold, and a `head` that says otherwise is passed over. The `size` and the `sha256`
//! of a body are for readers and are not checked, so that a line can be edited by hand.

mod read;
#[cfg(test)]
mod tests;
mod verdict;
mod write;

pub use read::{ReadError, read_capture};
pub use verdict::verdict_line;
pub use write::{
    attempt_line, capture_line, ready_line, rejected_line, try_line, write_attempt, write_capture, write_rejected,
};

pub(super) use write::{body_end, each_text, pairs, seen};

use crate::model::{BodyEnd, Refusal};

/// How a body of that name ended; nothing for a name that is not known. `detail` is what else was said of it.
fn end_named(name: &str, limit: u64, detail: &str) -> Option<BodyEnd> {
    let ends = [
        BodyEnd::Complete,
        BodyEnd::OverLimit(limit),
        BodyEnd::SpoolFull(limit),
        BodyEnd::DiskFailed(detail.into()),
        BodyEnd::ClosedEarly,
        BodyEnd::TimedOut,
        BodyEnd::Malformed(detail.into()),
        BodyEnd::Abandoned,
        BodyEnd::Reset,
        BodyEnd::Shed(Refusal::named(detail).unwrap_or(Refusal::Overloaded)),
        BodyEnd::LeftOut(detail.into()),
    ];
    ends.into_iter().find(|end| end.name() == name)
}
