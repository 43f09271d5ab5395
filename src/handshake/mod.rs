//! Handshakes: what providers ask a URL before they send events to it, and the answers.
//!
//! [`HANDSHAKES`] has one row for each. Decided: none is answered unless the user has said so; what is not exactly the
//! handshake is a request like any other; a handshake is kept as everything is, its answer says why it was given, and it
//! does not go on to a target. What comes from the sender is given back only where it is short and plain ASCII, as
//! `text/plain` that browsers are told not to guess at, or as JSON; a header gets nothing but the letters of a host name.
//! Where a signature is a part of the handshake, a wrong one is refused, which some providers test. Where a secret is needed and
//! none is known, a target may answer; else the sender gets 503, and the answer says which secret is missing.
//!
//! X and Zoom ask for an HMAC of a text of theirs, made with the secret that also signs events. So only texts of letters,
//! digits and a few signs are signed: neither a body in JSON nor what Zoom signs (`v0:…`) can be had so.
//!
//! Refused: calling a URL that stands in a request, as SNS would have it. It is offered ([`confirmation`]), and the user
//! decides.

mod answering;
mod confirming;
mod rows;
#[cfg(test)]
mod tests;

pub use answering::Answering;
pub use confirming::{Confirmation, confirmation};
pub use rows::HANDSHAKES;

use crate::model::{Answer, Capture};
use crate::provider::top_level::Value;
use crate::signature::Secret;

/// The longest text of a sender's that is given back, in bytes.
pub const LONGEST: usize = 1024;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Handshake {
    /// What it is called in the configuration.
    pub name: &'static str,
    /// By what it is recognised.
    pub known_by: &'static str,
    /// What is answered.
    pub answer: &'static str,
    /// Whose secret it needs, as the configuration names it, and whether it is not answered without.
    pub secret: Option<(&'static str, bool)>,
    /// Whether it is an event that a target may answer in its place.
    pub yields: bool,
    /// Where it is written.
    pub source: &'static str,
    /// The answer to a request; nothing where it is not this handshake. It has a reason where it is one that cannot be
    /// answered, and a target may do it then.
    pub(crate) reply: fn(&Asked<'_>) -> Option<Answer>,
}

/// A request that may be a handshake.
pub(crate) struct Asked<'a> {
    pub(crate) capture: &'a Capture,
    /// The secrets of the handshake's owner.
    pub(crate) secrets: Vec<&'a Secret>,
}

impl Asked<'_> {
    pub(crate) fn is(&self, method: &[u8]) -> bool {
        self.capture.head.method() == method
    }

    /// The parameters of the query, escapes undone; nothing where there are more than eight.
    pub(crate) fn query(&self) -> Option<Vec<(String, String)>> {
        let query = self.capture.head.query()?;
        if query.len() > 4 * LONGEST || memchr::memchr_iter(b'&', query).count() > 8 {
            return None;
        }
        let undone = |bytes: &[u8]| {
            let spaced: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            String::from_utf8(percent_encoding::percent_decode(&spaced).collect()).ok()
        };
        query
            .split(|byte| *byte == b'&')
            .map(|pair| {
                let (name, value) = match memchr::memchr(b'=', pair) {
                    Some(at) => (pair.get(..at)?, pair.get(at + 1..)?),
                    None => (pair, &b""[..]),
                };
                Some((undone(name)?, undone(value)?))
            })
            .collect()
    }

    /// The object that a whole, short body is.
    pub(crate) fn json(&self) -> Option<Value<'_>> {
        let body = &self.capture.body;
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(body.first()).is_ok();
        (!body.is_truncated() && body.len() <= 64 * LONGEST && is_json).then(|| Value::document(body.first()))?
    }

    /// The text of a member of the body.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        String::from_utf8(self.json()?.get(name)?.scalar(LONGEST)?.into_owned()).ok()
    }
}

/// Whether a text may be given back: short, not empty, and nothing but visible ASCII and blanks.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether a text may be signed: see the head of this file.
pub(crate) fn is_token(text: &str) -> bool {
    is_plain(text) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/=.".contains(&byte))
}

/// The row of that name.
pub fn named(name: &str) -> Option<&'static Handshake> {
    HANDSHAKES.iter().find(|row| row.name == name)
}
