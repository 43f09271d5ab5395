//! A capture in the making: the parts that a file has, and what stands for those it has not.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;

use crate::model::{Answer, Body, BodyEnd, Capture, CaptureId, Fidelity, Head, Oddity, Seq, Timing, Version, Wire};

/// What stands beside the answer where nobody answered.
const UNANSWERED: &str = "read from a file that has no answer";

/// A header or trailer line.
pub(super) type Line = (Vec<u8>, Vec<u8>);

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: Option<CaptureId>,
    pub(super) received_at: Timestamp,
    pub(super) remote: Option<SocketAddr>,
    pub(super) head: Head,
    pub(super) body: Bytes,
    /// How many bytes the file says that there were.
    pub(super) received: Option<u64>,
    pub(super) end: BodyEnd,
    pub(super) trailers: Vec<Line>,
    pub(super) answer: Option<Answer>,
    pub(super) taken: Option<Duration>,
    pub(super) wire: Wire,
    /// Whether the body was written again from a parsed form.
    pub(super) rewritten: bool,
}

impl Draft {
    /// A request with that head and no body, received at that time.
    pub(super) fn new(head: Head, received_at: Timestamp) -> Self {
        Self {
            id: None,
            received_at,
            remote: None,
            head,
            body: Bytes::new(),
            received: None,
            end: BodyEnd::Complete,
            trailers: Vec::new(),
            answer: None,
            taken: None,
            wire: Wire::default(),
            rewritten: false,
        }
    }

    /// The capture.
    pub(super) fn capture(self) -> Capture {
        let declared = self.head.header("content-length").and_then(length);
        let received = self.received.unwrap_or(self.body.len() as u64);
        let unanswered = || Answer { because: Some(UNANSWERED.into()), ..Answer::default() };
        let mut capture = Capture {
            id: self.id.unwrap_or_else(|| CaptureId::at(self.received_at)),
            seq: Seq(0),
            received_at: self.received_at,
            remote: self.remote,
            head: self.head,
            body: Body::new(self.body, declared, received, self.end),
            trailers: self.trailers.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            answer: self.answer.unwrap_or_else(unanswered).into(),
            timing: Timing::answered(self.taken.unwrap_or_default()),
            wire: self.wire,
            origin: None,
        };
        if self.rewritten {
            let odd = capture.odd().and(Oddity::BodyRewritten);
            capture.wire = capture.wire.with_odd(odd);
        }
        capture
    }
}

/// A head of these parts.
pub(super) fn head(method: &[u8], target: &[u8], version: Version, headers: &[Line], fidelity: Fidelity) -> Head {
    let lines = headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice()));
    Head::from_parts(method, target, version, lines, fidelity)
}

/// The value of a `Content-Length`; nothing where it is no number (RFC 9110 §8.6).
pub(super) fn length(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value).ok().filter(|_| digits)?.parse().ok()
}

/// A number of seconds since 1970, as some files have it.
pub(super) fn seconds(number: f64) -> Option<Timestamp> {
    if !number.is_finite() || number.abs() > 2.5e11 {
        return None;
    }
    // To the microsecond, which is what is left of one in a number of this size.
    Timestamp::from_microsecond((number * 1e6).round() as i64).ok()
}

/// A length of time in seconds, as some files have it; nothing for what is none.
pub(super) fn within(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().filter(|taken| taken.as_secs() < 1 << 31)
}

/// The body of a form, of its parameters.
pub(super) fn form<'a>(parameters: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in parameters {
        if !body.is_empty() {
            body.push(b'&');
        }
        escape(name, &mut body);
        body.push(b'=');
        escape(value, &mut body);
    }
    body
}

/// Appends bytes as forms have them: `+` for a space, and `%` with two digits for all but letters, digits and `-._~`.
pub(super) fn escape(bytes: &[u8], into: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        match byte {
            b' ' => into.push(b'+'),
            b'-' | b'.' | b'_' | b'~' => into.push(*byte),
            byte if byte.is_ascii_alphanumeric() => into.push(*byte),
            byte => {
                let digit = |at: u8| DIGITS.get(usize::from(at)).copied().unwrap_or(b'0');
                into.extend([b'%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
}
