//! Export: captures, attempts and rejected requests in forms that other programs read.
//!
//! [`FORMATS`] is the table of forms for captures, and [`write`] writes them; [`redact`] takes secrets out first, where they
//! are meant for people. [`ndjson`] is the output of `--output json`: one JSON object a line, and read back by `creel
//! replay`; it has lines for attempts and rejected requests too. [`mod@curl`] is a command that sends a capture again.
//! [`lines`] reads files of JSON lines, by [`line`](mod@line).
//!
//! Decided: every form but raw and CSV is ASCII, so that it can be printed, pasted and mailed as it is; every form keeps the
//! bytes or leaves a capture out with a sentence; and captures are written one at a time, so that their number and the size
//! of what is in a spool file cost no memory. Commands and programs are the exception: they hold a body as a literal, up to
//! [`sending::PROGRAM_LIMIT`].

mod base;
mod csv;
pub mod curl;
mod file;
pub mod format;
mod go;
mod har;
mod httpie;
mod hurl;
mod javascript;
mod json;
mod k6;
pub mod line;
pub mod lines;
pub mod ndjson;
mod postman;
mod python;
pub mod quote;
mod raw;
pub mod redact;
mod rust;
pub mod sending;
mod visible;
mod write;

pub use base::{Base, NoBase};
pub use curl::{TooLarge, curl};
pub use file::{FileError, write_body, write_bytes, write_file};
pub use format::{FORMATS, Format};
pub use json::ascii;
pub use lines::{LineError, Lines};
pub use ndjson::{
    ReadError, attempt_line, capture_line, read_capture, ready_line, rejected_line, try_line, verdict_line,
    write_attempt, write_capture,
};
pub use visible::Visible;
pub use write::{ExportError, Options, Unfit, Written, write};
