//! The program as users have it: the built binary in a real terminal or behind real pipes, real requests over sockets,
//! and a real handler to replay to.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what went wrong by panicking"
)]

#[path = "../support/captures.rs"]
mod captures;
#[path = "../support/pty.rs"]
mod pty;

mod browsing;
mod diff;
mod drafts;
mod expect;
mod export;
mod files;
mod github;
mod inbox;
mod journey;
mod lines;
mod many;
mod obedience;
mod outside;
mod panics;
mod pixels;
mod program;
mod said;
mod samples;
mod wire;
