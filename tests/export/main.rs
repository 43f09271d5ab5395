//! The formats of `creel export`: what they write is read by those they are for, and what is sent is what was captured.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what went wrong by panicking"
)]

mod cases;
mod documents;
mod programs;
mod recorder;
mod streaming;
