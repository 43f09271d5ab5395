//! The plan: what exactly will be sent for a capture, and how it differs from what came. Pure; no socket is involved.
//!
//! Decided: the same method, the header lines in their order with case, repeats and white space, and the same body bytes.
//! What must differ is listed in a [`Ledger`]:
//!
//! - headers that belong to the sender's connection go ([`NOT_SENT`], and each header that `Connection` names; RFC 9110
//!   §7.6.1), and the pseudo-headers of HTTP/2 with them;
//! - `Host` names the target, in the place where it stood, or first where there was none;
//! - `Content-Length` says how many bytes follow, in the place where it stood, or last where the body came chunked or over
//!   HTTP/2. There is never a second one, nor `Transfer-Encoding` beside it, so that nothing behind the target can read
//!   the message in two ways (RFC 9112 §6.3);
//! - trailer fields go, because they need chunked framing.
//!
//! With [`Framing::AsCaptured`] a body that came chunked goes chunked: `Transfer-Encoding`, `Trailer` and the trailer
//! fields stay, and it is `Content-Length` that goes.
//!
//! What the target has of its own comes on top ([`Options`](super::Options)): headers that it is never sent go, those that
//! its user set stand in place of captured ones or as the last, and what is forwarded has a [`Mark`] behind them.
//!
//! What is to be signed afresh gets its header lines from above ([`sign`](super::sign)) and is not sent without them.
//!
//! The version is HTTP/1.1, but for captures that came by HTTP/2 to https targets that speak it. The request target is
//! [`Target::join`]'s. Refused, each with a sentence: a body that is not whole, unless it is forced; CONNECT, which asks
//! for a tunnel to a host that the sender chose; and whatever would end a line early, which no listener lets in but a
//! written file can hold.

use std::fmt;

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;

use super::{
    Mark, Own, Sign, Target, failure,
    http1::{self, Http1},
    http2::{self, Http2},
    sign::Unsigned,
};
use crate::model::{
    Attempt, AttemptId, Body, Capture, CaptureId, Change, Content, Failure, Head, Ledger, Printable, Seq, Timings,
};

/// Headers that are not sent on, in lower case, and why.
pub const NOT_SENT: &[(&str, &str)] = &[
    ("connection", "belongs to the sender's connection"),
    ("expect", "the body is sent at once"),
    ("keep-alive", "belongs to the sender's connection"),
    ("proxy-authenticate", "belongs to the sender's proxy"),
    ("proxy-authorization", "belongs to the sender's proxy"),
    ("proxy-connection", "belongs to the sender's connection"),
    ("te", "belongs to the sender's connection"),
    ("trailer", "trailer fields are not sent"),
    ("transfer-encoding", "the body is sent with its length"),
    ("upgrade", "belongs to the sender's connection"),
];

/// How a body that came chunked is framed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Framing {
    /// By its length, which every handler reads in the same way.
    #[default]
    Length,
    /// Chunked, as it came, with its trailer fields.
    AsCaptured,
}

impl Framing {
    /// Every framing with its name.
    pub const TABLE: [(&'static str, Self); 2] = [("length", Self::Length), ("as-captured", Self::AsCaptured)];
}

/// What the user allows and wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PlanOptions {
    /// Whether a body that did not come whole is sent as far as it came.
    pub force: bool,
    /// How a body that came chunked is framed.
    pub framing: Framing,
    /// What marks the message, so that a creel that it comes back to knows it; for what is forwarded, never for replays.
    pub mark: Option<Mark>,
    /// How it is signed; nothing: as the target says.
    pub sign: Option<Sign>,
}

/// What will be sent, and where.
#[derive(Clone)]
pub struct Plan {
    capture: CaptureId,
    seq: Seq,
    target: Target,
    url: String,
    method: Method,
    body: Body,
    pub(super) http1: Http1,
    pub(super) http2: Option<Box<Http2>>,
    /// What it waits for before it can be sent.
    pub(super) unsigned: Option<Box<Unsigned>>,
}

/// The plan for sending a capture to a target, without any [`PlanOptions`].
pub fn plan(capture: &Capture, target: &Target) -> Result<Plan, Failure> {
    plan_with(capture, target, PlanOptions::default())
}

/// The plan for sending a capture to a target.
///
/// Fails with `truncated` for a body that is not whole and not forced, and with `forbidden` for what cannot be sent as
/// one HTTP/1.1 message.
pub fn plan_with(capture: &Capture, target: &Target, options: PlanOptions) -> Result<Plan, Failure> {
    if let Some(sentence) = capture.body.end().sentence().filter(|_| !options.force) {
        return Err(failure::truncated(&Printable::limited(sentence.as_bytes(), 200).to_string()));
    }
    let head = &capture.head;
    let method = checked_method(head)?;
    let request_target = target.join(head.target());
    let http1 = http1::message(capture, target, &request_target, options)?;
    let http2 = http2::message(capture, target, &request_target, &method, options.mark).map(Box::new);
    Ok(Plan {
        capture: capture.id,
        seq: capture.seq,
        url: whole_url(target, &request_target),
        target: target.clone(),
        method,
        body: capture.body.clone(),
        http1,
        http2,
        unsigned: Unsigned::of(capture, target, options),
    })
}

impl Plan {
    /// The request line and the header lines as they go on the wire of HTTP/1.1, with the empty line at the end.
    pub fn head(&self) -> &Bytes {
        &self.http1.head
    }

    /// The body as it goes on the wire, framing aside: the captured bytes, in memory or in their file.
    pub fn body(&self) -> &Content {
        self.body.content()
    }

    /// The captured body.
    pub(super) fn captured(&self) -> &Body {
        &self.body
    }

    /// The message for HTTP/1.1.
    pub(super) fn http1(&self) -> &Http1 {
        &self.http1
    }

    /// The message for HTTP/2, where that is what the target shall be asked for.
    pub(super) fn http2(&self) -> Option<&Http2> {
        self.http2.as_deref()
    }

    /// Every difference that is known before a connection is made; a target that declines HTTP/2 makes another.
    pub fn ledger(&self) -> &Ledger {
        self.http2.as_ref().map_or(&self.http1.ledger, |http2| &http2.ledger)
    }

    /// The differences of header lines and trailer fields in [`ledger`](Self::ledger).
    pub fn changes(&self) -> &[Change] {
        &self.ledger().changes
    }

    /// Where it goes.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The whole URL it goes to, for people: the target's origin with the joined path and query. Bytes that are not UTF-8
    /// are percent-encoded here; other characters from outside are as they came, so it passes `Printable` before it is
    /// shown.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The attempt that begins with this plan.
    pub fn attempt(&self, id: AttemptId, started_at: Timestamp) -> Attempt {
        Attempt {
            id,
            capture: self.capture,
            seq: self.seq,
            target: self.url.clone(),
            started_at,
            duration: None,
            ledger: self.ledger().clone(),
            outcome: None,
            timings: Timings::default(),
            to: Some(self.target.known_as()),
            forwarded: None,
        }
    }
}

impl fmt::Debug for Plan {
    /// Says what it is without header values, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("capture", &self.capture)
            .field("method", &self.method)
            .field("target", &self.target.label())
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

fn checked_method(head: &Head) -> Result<Method, Failure> {
    let shown = Printable::limited(head.method(), 40);
    let method = Method::from_bytes(head.method())
        .map_err(|_| failure::forbidden(&format!("the method `{shown}` is not a word that HTTP allows as a method")))?;
    if method == Method::CONNECT {
        return Err(failure::forbidden(
            "a CONNECT request asks for a tunnel to a host that its sender chose; creel does not pass that on",
        ));
    }
    let target = head.target();
    if target.is_empty() || target.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0 | b' ' | b'\t')) {
        return Err(failure::forbidden(&format!(
            "the request target `{}` is empty or has white space or a NUL in it, which would end the request line early",
            Printable::limited(target, 80)
        )));
    }
    Ok(method)
}

/// Whether a field can be one line.
pub(super) fn check_header(name: &[u8], value: &[u8]) -> Result<(), Failure> {
    let shown = Printable::limited(name, 40);
    // RFC 9110 §5.1 and §5.6.2; `http`'s own check also refuses names of more than 64 KiB.
    if http::HeaderName::from_bytes(name).is_err() {
        return Err(failure::forbidden(&format!("`{shown}` cannot be the name of a header")));
    }
    if value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return Err(failure::forbidden(&format!(
            "the value of the header `{shown}` has a line break or a NUL in it, which would split the message"
        )));
    }
    Ok(())
}

/// The value of a header of the target's own. Fails where the environment was not asked for it.
pub(super) fn own_value(own: &Own) -> Result<&str, Failure> {
    own.value().ok_or_else(|| {
        failure::forbidden(&format!(
            "the header {} of the target has no value: {} was not read",
            own.name(),
            own.shown()
        ))
    })
}

/// Origin and request target as one text.
fn whole_url(target: &Target, request_target: &[u8]) -> String {
    let mut url = target.origin();
    if request_target == b"*" {
        return url;
    }
    if request_target.first() != Some(&b'/') {
        url.push('/');
    }
    for chunk in request_target.utf8_chunks() {
        url.push_str(chunk.valid());
        url.extend(chunk.invalid().iter().map(|byte| percent_encoding::percent_encode_byte(*byte)));
    }
    url
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
