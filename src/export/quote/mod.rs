//! Any bytes as a literal of a language, in ASCII alone: what is pasted means these bytes and nothing else.
//!
//! Every literal here is one or more lines; [`Literal`] says how a language writes a byte and goes on in the next line.
//! Decided: long ones are broken, because a line of a megabyte is a program that no editor opens; a break comes behind a
//! line feed of the text, or after [`WIDTH`] columns. Refused: raw and template literals, each of which has bytes that it
//! cannot hold.

mod bytes;
pub mod hurl;
pub mod shell;

pub use bytes::{GO, JAVASCRIPT, Literal, PYTHON, RUST};

/// How many columns of a literal stand on one line, about.
pub const WIDTH: usize = 100;
