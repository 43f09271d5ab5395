//! Replays over real sockets: what arrives at a handler, byte for byte, and what comes of handlers that misbehave.

// Helpers of tests are tests to the lints only so.
#[cfg(test)]
#[path = "replay/handler.rs"]
mod handler;

#[cfg(test)]
#[allow(dead_code, reason = "the listener's own tests use the rest of it")]
#[path = "support/raw.rs"]
mod raw;

#[cfg(test)]
#[path = "replay/exact.rs"]
mod exact;
#[cfg(test)]
#[path = "replay/fidelity.rs"]
mod fidelity;
#[cfg(test)]
#[path = "replay/forbidden.rs"]
mod forbidden;
#[cfg(test)]
#[path = "replay/http2.rs"]
mod http2;
#[cfg(test)]
#[path = "replay/kept.rs"]
mod kept;
#[cfg(test)]
#[path = "replay/misbehaving.rs"]
mod misbehaving;
#[cfg(test)]
#[path = "replay/replies.rs"]
mod replies;
#[cfg(test)]
#[path = "replay/resent.rs"]
mod resent;
#[cfg(test)]
#[path = "replay/secure.rs"]
mod secure;
