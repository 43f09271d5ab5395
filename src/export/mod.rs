//! Export: captures, attempts and rejected requests in forms that other programs read.
//!
//! [`ndjson`] is the output of `--output json`: one JSON object a line, and read back by `creel replay`. [`mod@curl`] is a command
//! that sends a capture again. [`lines`] reads files of such lines.
//!
//! Decided: every form is ASCII, so that it can be printed, pasted and mailed as it is; and every form keeps the bytes.

pub mod curl;
mod json;
pub mod lines;
pub mod ndjson;

pub use curl::{TooLarge, curl};
pub use json::ascii;
pub use lines::{LineError, Lines};
pub use ndjson::{
    ReadError, attempt_line, capture_line, read_capture, ready_line, rejected_line, write_attempt, write_capture,
};
