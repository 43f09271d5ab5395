//! The listener: catches whatever HTTP request arrives, answers it, and puts a capture into the store.
//!
//! ```text
//! socket ─► tap (deadlines, the bytes as they came) ─► hyper ─► receive ─► store
//!             └─ wire (finds the heads) ◄── take the head that belongs to this request ──┘
//! ```
//!
//! Decided: an accept loop of our own, because `axum::serve` waits for ever on slow senders and answers about a third of
//! odd requests without telling anyone. The socket is read through a tap, so that a capture's head is the bytes that came
//! and a request that hyper refuses still leaves a trace. Every limit is written down in [`ListenSettings`], every
//! refusal is counted under its name. Refused: routes, extractors and body limits of a framework; there is one handler,
//! and it takes everything. No answer names the product or its version.

use std::{sync::Arc, time::Duration};

use crate::model::{Answer, Rate};

mod admission;
mod alarm;
pub mod answers;
mod bind;
mod buffer;
mod connection;
mod door;
mod gather;
pub mod onward;
mod receive;
mod rejection;
mod relay;
mod reply;
mod server;
mod spooling;
mod tap;
pub mod wire;
#[cfg(test)]
mod wire_tests;

pub use bind::{ListenError, Listener};
pub use onward::Onward;
pub use receive::router;

/// The limits of the listener and what it answers.
#[derive(Clone, Debug)]
pub struct ListenSettings {
    /// The largest body that is kept whole, in bytes. A larger one is answered 413 and kept up to here.
    pub max_body: u64,
    /// Bodies of more than this go to the store's spool, where it has one, in bytes; smaller ones stay in memory.
    pub spool_from: usize,
    /// The largest head, in bytes: request line and header lines together. At least 8 KiB. hyper itself answers 414 to a
    /// target above 64 KiB.
    pub max_head: usize,
    /// The greatest number of header lines, 1 to 32,768 (more than that `http::HeaderMap` cannot hold).
    pub max_headers: usize,
    /// The greatest number of open connections; one more is answered 503 and closed.
    pub max_connections: usize,
    /// The greatest number of body bytes that are being received and are in memory at once, over all connections; a
    /// request that would pass it is answered 503. Should be no less than a body may have in memory, which is `max_body`
    /// without a spool and `spool_from` or 1 MiB with one; see [`Self::in_flight_for`].
    pub max_in_flight: usize,
    /// How long a new connection may stay silent.
    pub first_byte_timeout: Duration,
    /// How long a head may take from its first byte to its end.
    pub head_timeout: Duration,
    /// How long a body may pause; also how long a sender may leave an answer unread.
    pub body_idle_timeout: Duration,
    /// How long a body may take in all.
    pub body_timeout: Duration,
    /// How long a connection may stay idle between two requests.
    pub keep_alive_timeout: Duration,
    /// How many requests are let in, over all connections: as many at once, then as many more as have become due. One over
    /// that is answered 429, and only its head is kept. Nothing: all are let in.
    pub rate: Option<Rate>,
    /// What every request is answered.
    pub answer: Arc<Answer>,
    /// What sends captures on as they come, and may answer for it; nothing: they are kept.
    pub onward: Option<Arc<dyn Onward>>,
    /// Whether the bytes that come are looked at: without it heads are normalised, nothing is rejected with its bytes, and
    /// slow heads wait as long as idle connections. There is no option for it; it is here so that what the tap costs can be
    /// measured.
    pub tap: bool,
}

impl ListenSettings {
    /// The bytes in flight that suit a largest body in memory: four of them, and at least 64 MiB.
    pub fn in_flight_for(max_body: u64) -> usize {
        usize::try_from(max_body.saturating_mul(4)).unwrap_or(usize::MAX).max(64 << 20)
    }
}

impl Default for ListenSettings {
    fn default() -> Self {
        let max_body = 10 << 20;
        Self {
            max_body,
            spool_from: 1 << 20,
            max_head: 1 << 20,
            max_headers: 1024,
            max_connections: 1024,
            max_in_flight: Self::in_flight_for(max_body),
            first_byte_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(30),
            body_idle_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(600),
            keep_alive_timeout: Duration::from_secs(75),
            rate: None,
            answer: Arc::new(Answer::default()),
            onward: None,
            tap: true,
        }
    }
}
