//! Signing afresh: captures that are old, or edited, or signed by nobody, replayed to handlers that check signatures as strictly
//! as the providers' own libraries do.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests say what went wrong by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod handler;
mod libraries;
mod replayed;
mod session;
