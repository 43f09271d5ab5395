//! The formats of `creel export`: what they write is read by those they are for, and what is sent is what was captured.

mod cases;
mod documents;
mod programs;
mod recorder;
mod streaming;
