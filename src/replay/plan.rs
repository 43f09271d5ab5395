//! The plan: what exactly will be sent for a capture, and how it differs from what came. Pure; no socket is involved.
//!
//! Decided: the same method, the header lines in their order with case and repeats, and the same body bytes. What must
//! differ is listed as [`Change`]s:
//!
//! - headers that belong to the sender's connection go ([`NOT_SENT`], and each header that `Connection` names; RFC 9110
//!   §7.6.1), and the pseudo-headers of HTTP/2 with them;
//! - `Host` names the target, in the place where it stood, or first where there was none;
//! - `Content-Length` says how many bytes follow, in the place where it stood, or last where the body came chunked or over
//!   HTTP/2. There is never a second one, nor `Transfer-Encoding` beside it, so that nothing behind the target can read
//!   the message in two ways (RFC 9112 §6.3);
//! - trailer fields go, because they need chunked framing.
//!
//! The version is always HTTP/1.1, and the request target is [`Target::join`]'s. Refused, each with a sentence: a body that
//! is not whole, unless it is forced; CONNECT, which asks for a tunnel to a host that the sender chose; and whatever
//! would end a line early, which no listener lets in but a written file can hold.

use std::{collections::HashSet, fmt};

use bytes::{BufMut, Bytes, BytesMut};
use http::Method;
use jiff::Timestamp;

use super::{Target, failure};
use crate::model::{Attempt, AttemptId, Capture, CaptureId, Change, Content, Failure, Head, Printable, Seq};

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

const NAMED: &str = "named by Connection";
const PSEUDO: &str = "a pseudo-header of HTTP/2";
const REPEATED: &str = "may stand only once";
const TRAILER: &str = "trailer fields are not sent";

/// What the user allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PlanOptions {
    /// Whether a body that did not come whole is sent as far as it came.
    pub force: bool,
}

/// What will be sent, and where.
#[derive(Clone, PartialEq, Eq)]
pub struct Plan {
    capture: CaptureId,
    seq: Seq,
    target: Target,
    url: String,
    method: Method,
    head: Bytes,
    body: Content,
    changes: Vec<Change>,
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
    let mut writer = Writer { head: BytesMut::with_capacity(head.bytes().len() + 128), changes: Vec::new() };
    writer.head.put_slice(head.method());
    writer.head.put_u8(b' ');
    writer.head.put_slice(&request_target);
    writer.head.put_slice(b" HTTP/1.1\r\n");
    write_headers(capture, target, &mut writer)?;
    writer.head.put_slice(b"\r\n");
    for (name, _) in &capture.trailers {
        writer.removed(name, TRAILER);
    }
    Ok(Plan {
        capture: capture.id,
        seq: capture.seq,
        url: whole_url(target, &request_target),
        target: target.clone(),
        method,
        head: writer.head.freeze(),
        body: capture.body.content().clone(),
        changes: writer.changes,
    })
}

impl Plan {
    /// The request line and the header lines as they go on the wire, with the empty line at the end.
    pub fn head(&self) -> &Bytes {
        &self.head
    }

    /// The body as it goes on the wire: the captured bytes, in memory or in their file.
    pub fn body(&self) -> &Content {
        &self.body
    }

    /// Every difference between the captured headers and those of [`head`](Self::head), in the order of the lines.
    pub fn changes(&self) -> &[Change] {
        &self.changes
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
            changes: self.changes.clone(),
            outcome: None,
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

struct Writer {
    head: BytesMut,
    changes: Vec<Change>,
}

impl Writer {
    fn line(&mut self, name: &[u8], value: &[u8]) {
        self.head.put_slice(name);
        self.head.put_slice(b": ");
        self.head.put_slice(value);
        self.head.put_slice(b"\r\n");
    }

    fn removed(&mut self, name: &[u8], because: &'static str) {
        self.changes.push(Change::Removed { name: Bytes::copy_from_slice(name), because });
    }

    fn added(&mut self, name: &'static str, value: &[u8]) {
        self.line(name.as_bytes(), value);
        let name = Bytes::from_static(name.as_bytes());
        self.changes.push(Change::Added { name, value: Bytes::copy_from_slice(value) });
    }

    /// Writes a line with `to` in place of the captured value.
    fn corrected(&mut self, name: &[u8], from: &[u8], to: &[u8]) {
        self.line(name, to);
        if from != to {
            let [name, from, to] = [name, from, to].map(Bytes::copy_from_slice);
            self.changes.push(Change::Changed { name, from, to });
        }
    }
}

fn write_headers(capture: &Capture, target: &Target, writer: &mut Writer) -> Result<(), Failure> {
    let head = &capture.head;
    let host = target.authority();
    let length = capture.body.len().to_string();
    let named = named_by_connection(head);
    let (mut hosts, mut lengths, mut chunked) = (0_u32, 0_u32, false);
    if head.header("host").is_none() {
        writer.added("Host", host.as_bytes());
    }
    for header in head.headers() {
        let (name, value) = (header.name, header.value);
        if name.first() == Some(&b':') {
            writer.removed(name, PSEUDO);
            continue;
        }
        check_header(name, value)?;
        let lower = name.to_ascii_lowercase();
        if lower == b"host" {
            hosts += 1;
            if hosts == 1 { writer.corrected(name, value, host.as_bytes()) } else { writer.removed(name, REPEATED) }
        } else if lower == b"content-length" {
            lengths += 1;
            if lengths > 1 {
                writer.removed(name, REPEATED);
            } else if is_number(value, capture.body.len()) {
                writer.line(name, value);
            } else {
                writer.corrected(name, value, length.as_bytes());
            }
        } else if let Some((_, because)) = NOT_SENT.iter().find(|(not_sent, _)| not_sent.as_bytes() == lower) {
            chunked |= lower == b"transfer-encoding";
            writer.removed(name, because);
        } else if named.contains(&lower) {
            writer.removed(name, NAMED);
        } else {
            writer.line(name, value);
        }
    }
    if lengths == 0 && (chunked || !capture.body.is_empty()) {
        writer.added("Content-Length", length.as_bytes());
    }
    Ok(())
}

/// The names, in lower case, that the values of `Connection` list.
fn named_by_connection(head: &Head) -> HashSet<Vec<u8>> {
    head.headers()
        .filter(|header| header.is("connection"))
        .flat_map(|header| header.value.split(|byte| *byte == b','))
        .map(|name| name.trim_ascii().to_ascii_lowercase())
        .collect()
}

/// Whether the text is that number; `007` is 7 and stays as it was written.
fn is_number(value: &[u8], number: usize) -> bool {
    !value.is_empty()
        && value.iter().all(u8::is_ascii_digit)
        && std::str::from_utf8(value).is_ok_and(|text| text.parse() == Ok(number))
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

fn check_header(name: &[u8], value: &[u8]) -> Result<(), Failure> {
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
