//! The listener over real sockets of loopback.

// What stands outside of test functions fails a test by a panic too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/raw.rs"]
mod raw;

mod bodies;
mod conversations;
mod http2;
mod limits;
mod router;
mod shapes;
mod spooled;
