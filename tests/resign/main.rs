//! Signing afresh: captures that are old, or edited, or signed by nobody, replayed to handlers that check signatures as strictly
//! as the providers' own libraries do.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::type_complexity,
    clippy::format_collect,
    reason = "tests say what went wrong by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod handler;
mod libraries;
mod replayed;
mod session;
