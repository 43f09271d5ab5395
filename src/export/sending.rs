//! A capture as one HTTP/1.1 message that can be sent again: what all formats that send have in common.
//!
//! The request line and the header lines are those that were captured, in their order, with case and repeats, `Host`
//! among them. What differs, so that nothing reads the message in two ways (RFC 9112 §6.3): a `Content-Length` says how
//! many bytes there are, in its place, or last where there was none and bytes follow; none stands beside
//! `Transfer-Encoding`; header lines that cannot stand on a line, which only written files have, and the pseudo-headers of
//! HTTP/2 are left out, and a `Host` stands for the latter.

use std::borrow::Cow;

use bytes::Bytes;

use super::{Base, Unfit};
use crate::model::{Capture, Header, Size, Version};

/// The longest body that stands in a program, in bytes.
pub const PROGRAM_LIMIT: usize = 1024 * 1024;

/// See the head of this file.
#[derive(Debug)]
pub struct Sending<'a> {
    /// The method.
    pub method: &'a [u8],
    /// What stands behind it: the path of the URL and the captured target.
    pub target: Cow<'a, [u8]>,
    /// `HTTP/1.0` or `HTTP/1.1`.
    pub version: Version,
    /// The header lines.
    pub headers: Vec<(&'a [u8], Cow<'a, [u8]>)>,
    /// Whether the body goes in chunks.
    pub chunked: bool,
}

impl<'a> Sending<'a> {
    /// The message for sending `capture` to `base`; fails where it has no request line that could be sent.
    pub fn of(capture: &'a Capture, base: &Base) -> Result<Self, Unfit> {
        let head = &capture.head;
        let target = head.target();
        let path = base.path().as_bytes();
        let target = if target.starts_with(b"/") && !path.is_empty() {
            Cow::Owned([path, target].concat())
        } else {
            Cow::Borrowed(target)
        };
        Self::with(capture, target, base)
    }

    /// The same with the target as it was captured.
    pub fn as_captured(capture: &'a Capture) -> Result<Self, Unfit> {
        Self::with(capture, Cow::Borrowed(capture.head.target()), &Base::default())
    }

    fn with(capture: &'a Capture, target: Cow<'a, [u8]>, base: &Base) -> Result<Self, Unfit> {
        let head = &capture.head;
        let parts = |byte: &u8| matches!(byte, b'\r' | b'\n' | 0 | b' ');
        if head.method().is_empty() || head.method().iter().any(parts) || target.is_empty() {
            return Err(Unfit::RequestLine);
        }
        if target.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(Unfit::RequestLine);
        }
        let chunked = head.header("transfer-encoding").is_some();
        let length = capture.body.len();
        let mut headers = Vec::with_capacity(head.headers().len() + 1);
        let mut has_length = false;
        for header in head.headers().filter(can_be_a_line) {
            let value = if header.is("content-length") {
                // A second one, or one beside chunks, would be a second way to read the message.
                if chunked || std::mem::replace(&mut has_length, true) {
                    continue;
                }
                let right = std::str::from_utf8(header.value).ok().and_then(|text| text.parse().ok()) == Some(length);
                if right { Cow::Borrowed(header.value) } else { Cow::Owned(length.to_string().into_bytes()) }
            } else {
                Cow::Borrowed(header.value)
            };
            headers.push((header.name, value));
        }
        let host = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"host"));
        if head.version() == Version::Http2 && !host {
            let authority = head.header(":authority").unwrap_or(base.authority().as_bytes());
            headers.insert(0, (b"Host", Cow::Owned(authority.to_vec())));
        }
        if !chunked && !has_length && length > 0 {
            headers.push((b"Content-Length", Cow::Owned(length.to_string().into_bytes())));
        }
        let version = if head.version() == Version::Http10 { Version::Http10 } else { Version::Http11 };
        Ok(Self { method: head.method(), target, version, headers, chunked })
    }

    /// The request line without its end.
    pub fn request_line(&self) -> Vec<u8> {
        [self.method, b" ", &self.target, b" ", self.version.as_str().as_bytes()].concat()
    }

    /// Whether there is a header of that name.
    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The lines of the head without their ends.
    pub fn lines(&self) -> impl Iterator<Item = Vec<u8>> {
        let headers = self.headers.iter().map(|(name, value)| {
            let between: &[u8] = if value.is_empty() { b":" } else { b": " };
            [name, between, value].concat()
        });
        std::iter::once(self.request_line()).chain(headers)
    }

    /// The headers without those that say where the body ends, for tools that write these themselves and hold all others as
    /// text.
    pub fn text_headers(&self) -> Result<Vec<(&str, &str)>, Unfit> {
        let framing = |name: &[u8]| {
            name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"transfer-encoding")
        };
        let headers = self.headers.iter().filter(|(name, _)| !framing(name)).map(|(name, value)| {
            let value = std::str::from_utf8(value)
                .ok()
                .filter(|value| !value.contains(|char: char| char.is_ascii_control() && char != '\t'))?;
            Some((std::str::from_utf8(name).ok()?, value))
        });
        headers.collect::<Option<_>>().ok_or(Unfit::Header)
    }

    /// The target as a path of a URL, for tools that take nothing else and keep these characters as they are.
    pub fn plain_path(&self) -> Result<&str, Unfit> {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/?&=._~-:,;@+%!*$()".contains(byte);
        let whole = percents_are_whole(&self.target);
        match std::str::from_utf8(&self.target) {
            Ok(text) if text.starts_with('/') && whole && text.bytes().all(|byte| plain(&byte)) => Ok(text),
            _ => Err(Unfit::Target),
        }
    }
}

/// Whether two hexadecimal digits stand behind every `%`: URL parsers refuse others.
fn percents_are_whole(target: &[u8]) -> bool {
    let mut rest = target;
    while let Some(at) = memchr::memchr(b'%', rest) {
        let digits = rest.get(at + 1..at + 3).unwrap_or_default();
        if digits.len() < 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return false;
        }
        rest = rest.get(at + 3..).unwrap_or_default();
    }
    true
}

/// The body for a program that holds it as a literal.
pub fn literal_body(capture: &Capture) -> Result<&Bytes, Unfit> {
    let size = capture.body.len();
    capture.body.bytes().filter(|bytes| bytes.len() <= PROGRAM_LIMIT).ok_or(Unfit::TooLarge(Size(size as u64)))
}

/// Whether a header can stand on a line of its own.
pub fn can_be_a_line(header: &Header<'_>) -> bool {
    // RFC 9110 §5.6.2: among others, a name never begins with `@`, which curl would take for a file.
    http::HeaderName::from_bytes(header.name).is_ok()
        && !header.value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}
