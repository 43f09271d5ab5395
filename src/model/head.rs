//! A request head as it came: one buffer, and where in it the method, the target and each header line lie.
//!
//! Decided: the bytes are kept once and everything else points into them, so names keep their case, order and
//! repetition, values keep bytes that are not UTF-8, and a capture costs two allocations for its head. Refused:
//! `http::HeaderMap`, which lower-cases names, groups repeats and cannot say what the line looked like.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

mod spans;

pub use spans::Spans;

/// The HTTP version a request was sent with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum Version {
    /// HTTP/1.0 (RFC 1945).
    Http10,
    /// HTTP/1.1 (RFC 9112).
    Http11,
    /// HTTP/2 (RFC 9113).
    Http2,
}

impl Version {
    /// As it is written on the wire and in JSON output: `HTTP/1.1`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        }
    }

    /// The version that [`as_str`](Self::as_str) writes so; `HTTP/2.0` is read as HTTP/2 too.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "HTTP/1.0" => Some(Self::Http10),
            "HTTP/1.1" => Some(Self::Http11),
            "HTTP/2" | "HTTP/2.0" => Some(Self::Http2),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How near a head is to what was on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fidelity {
    /// The very bytes that came.
    Exact,
    /// Names, case, order, repeats and values are as they came; the white space between them is ours. True of what was
    /// read back from JSON output.
    Fields,
    /// Written again from a parsed form: HTTP/2 (whose head has no text form), or HTTP/1 where the exact bytes could not be
    /// told apart from the next request's. Names are lower-case and repeats stand together.
    Normalised,
}

/// One header line: its name as it was written and its value without the white space around it (RFC 9110 §5.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header<'a> {
    /// As it was written. Compare without regard to case (RFC 9110 §5.1).
    pub name: &'a [u8],
    /// Any bytes; often, but not always, text.
    pub value: &'a [u8],
}

impl Header<'_> {
    /// Whether this header has that name, case aside.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// A stretch of the head's buffer. Heads are bounded far below 4 GiB by the listener.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Why bytes are not an HTTP/1 request head.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HeadError {
    /// There is no request line of three parts.
    #[error("the request line is not `METHOD TARGET HTTP/VERSION`")]
    RequestLine,
    /// The third part is not a version that HTTP/1 defines.
    #[error("the request line does not end in HTTP/1.0 or HTTP/1.1")]
    Version,
    /// A line has no colon.
    #[error("header line {0} has no colon")]
    Colon(usize),
    /// More than 4 GiB.
    #[error("the head is larger than 4 GiB")]
    Size,
}

/// A request's method, target, version and header lines.
#[derive(Clone, PartialEq, Eq)]
pub struct Head {
    bytes: Bytes,
    method: Span,
    target: Span,
    version: Version,
    headers: Box<[(Span, Span)]>,
    fidelity: Fidelity,
}

impl Head {
    /// Reads an HTTP/1 head from the bytes that came (RFC 9112 §2 to §5), which are kept as they are.
    ///
    /// Lines may end in CRLF or in a bare LF, empty lines may stand before the request line, and a continuation line
    /// (obs-fold) belongs to the value before it: what an HTTP server accepts is read here, and what it refuses never
    /// becomes a capture.
    pub fn parse(bytes: Bytes) -> Result<Self, HeadError> {
        if u32::try_from(bytes.len()).is_err() {
            return Err(HeadError::Size);
        }
        let mut lines = Lines { bytes: &bytes, at: 0 };
        let (start, end) = loop {
            match lines.next() {
                Some((start, end)) if start == end => {}
                Some(line) => break line,
                None => return Err(HeadError::RequestLine),
            }
        };
        let line = Span::new(start, end).of(&bytes);
        let first = memchr::memchr(b' ', line).ok_or(HeadError::RequestLine)?;
        let last = memchr::memrchr(b' ', line).ok_or(HeadError::RequestLine)?;
        if first == 0 || last <= first + 1 {
            return Err(HeadError::RequestLine);
        }
        let version = match Span::new(start + last + 1, end).of(&bytes) {
            b"HTTP/1.1" => Version::Http11,
            b"HTTP/1.0" => Version::Http10,
            _ => return Err(HeadError::Version),
        };
        // As many as there are lines, without the request line and the blank one: nearly always exact, and then not moved.
        let most = memchr::memchr_iter(b'\n', &bytes).count().saturating_sub(2).min(1024);
        let mut headers: Vec<(Span, Span)> = Vec::with_capacity(most);
        for (number, (start, end)) in lines.enumerate() {
            let line = Span::new(start, end).of(&bytes);
            let Some(begins) = line.first() else { break };
            if matches!(begins, b' ' | b'\t') {
                if let Some((_, value)) = headers.last_mut() {
                    value.end = trimmed(&bytes, value.start as usize, end).end;
                }
                continue;
            }
            let colon = memchr::memchr(b':', line).ok_or(HeadError::Colon(number + 1))?;
            headers.push((Span::new(start, start + colon), trimmed(&bytes, start + colon + 1, end)));
        }
        Ok(Self {
            method: Span::new(start, start + first),
            target: Span::new(start + first + 1, start + last),
            version,
            headers: headers.into_boxed_slice(),
            fidelity: Fidelity::Exact,
            bytes,
        })
    }

    /// Writes a head from its parts, for what did not come as HTTP/1 text. `fidelity` says how true the parts are.
    pub fn from_parts<'a>(
        method: &[u8],
        target: &[u8],
        version: Version,
        headers: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        fidelity: Fidelity,
    ) -> Self {
        let mut bytes = BytesMut::with_capacity(512);
        let put = |part: &[u8], bytes: &mut BytesMut| {
            let start = bytes.len();
            bytes.put_slice(part);
            Span::new(start, bytes.len())
        };
        let method = put(method, &mut bytes);
        bytes.put_u8(b' ');
        let target = put(target, &mut bytes);
        bytes.put_u8(b' ');
        bytes.put_slice(version.as_str().as_bytes());
        bytes.put_slice(b"\r\n");
        let headers = headers
            .into_iter()
            .map(|(name, value)| {
                let name = put(name, &mut bytes);
                bytes.put_slice(b": ");
                let value = put(value, &mut bytes);
                bytes.put_slice(b"\r\n");
                (name, value)
            })
            .collect();
        bytes.put_slice(b"\r\n");
        Self { bytes: bytes.freeze(), method, target, version, headers, fidelity }
    }

    /// The whole head, as it came when [`fidelity`](Self::fidelity) is [`Fidelity::Exact`].
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The method as it was written; methods are case-sensitive (RFC 9110 §9.1).
    pub fn method(&self) -> &[u8] {
        self.method.of(&self.bytes)
    }

    /// The request target as it was written: `/path?query`, or an absolute or authority form, or `*` (RFC 9112 §3.2).
    pub fn target(&self) -> &[u8] {
        self.target.of(&self.bytes)
    }

    /// The path of the target: without the query, and for the absolute form without scheme and authority.
    pub fn path(&self) -> &[u8] {
        split_target(self.target()).0
    }

    /// What follows the first `?` of the target.
    pub fn query(&self) -> Option<&[u8]> {
        split_target(self.target()).1
    }

    /// The version of the protocol.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Whether both have the same method, target, version, and header lines, white space and line ends aside.
    pub fn has_parts_of(&self, other: &Self) -> bool {
        let parts = |head: &Self| (head.method().to_vec(), head.target().to_vec(), head.version());
        parts(self) == parts(other) && self.headers().eq(other.headers())
    }

    /// How near this is to what was on the wire.
    pub fn fidelity(&self) -> Fidelity {
        self.fidelity
    }

    /// The two stretches of the head that words are looked for in: method and target, and the header lines. The version
    /// between them is left out, or `http` would be found in every capture.
    pub fn searched(&self) -> [&[u8]; 2] {
        let lines = self.headers.first().map_or(self.bytes.len(), |(name, _)| name.start as usize);
        let request = Span { start: self.method.start, end: self.target.end };
        [request.of(&self.bytes), self.bytes.get(lines..).unwrap_or_default()]
    }

    /// Every header line, in the order they came.
    pub fn headers(&self) -> impl ExactSizeIterator<Item = Header<'_>> + DoubleEndedIterator + Clone {
        self.headers.iter().map(|(name, value)| Header { name: name.of(&self.bytes), value: value.of(&self.bytes) })
    }

    /// The bytes of the header line of that number, from its name to the end of its last line; empty where there is none.
    pub fn line(&self, number: usize) -> &[u8] {
        let Some((name, value)) = self.headers.get(number) else { return &[] };
        let end = self.headers.get(number + 1).map_or_else(
            || {
                let rest = self.bytes.get(value.end as usize..).unwrap_or_default();
                value.end + memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1) as u32
            },
            |(next, _)| next.start,
        );
        Span { start: name.start, end }.of(&self.bytes)
    }

    /// What stands before the first header line: the request line with its end, and any empty lines before it.
    pub fn request_line(&self) -> &[u8] {
        let end = self.headers.first().map_or_else(
            || {
                let rest = self.bytes.get(self.target.end as usize..).unwrap_or_default();
                self.target.end + memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1) as u32
            },
            |(name, _)| name.start,
        );
        Span { start: 0, end }.of(&self.bytes)
    }

    /// What stands after the last header line: the empty line that ends the head.
    pub fn end_line(&self) -> &[u8] {
        let lines: usize = (0..self.headers.len()).map(|number| self.line(number).len()).sum();
        self.bytes.get(self.request_line().len() + lines..).unwrap_or_default()
    }

    /// The value of the first header of that name, case aside.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers().find(|header| header.is(name)).map(|header| header.value)
    }

    /// The value of the first header of that name where it is UTF-8.
    pub fn header_str(&self, name: &str) -> Option<&str> {
        self.header(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// What this head costs in memory, in bytes.
    pub fn cost(&self) -> usize {
        self.bytes.len() + self.headers.len() * size_of::<(Span, Span)>()
    }
}

impl fmt::Debug for Head {
    /// Says what it is without header values, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("method", &self.method().escape_ascii().to_string())
            .field("target", &self.target().escape_ascii().to_string())
            .field("version", &self.version)
            .field("headers", &self.headers.len())
            .field("fidelity", &self.fidelity)
            .finish_non_exhaustive()
    }
}

/// Path and query of a request target, whatever its form.
pub fn split_target(target: &[u8]) -> (&[u8], Option<&[u8]>) {
    let origin = match target.first() {
        Some(b'/' | b'*') | None => target,
        _ => match memchr::memmem::find(target, b"://") {
            Some(at) => {
                let rest = target.get(at + 3..).unwrap_or_default();
                let path = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
                rest.get(path..).unwrap_or_default()
            }
            None => target,
        },
    };
    match memchr::memchr(b'?', origin) {
        Some(at) => (origin.get(..at).unwrap_or_default(), origin.get(at + 1..)),
        None => (origin, None),
    }
}

/// The stretch `start..end` without spaces and tabs at either end.
fn trimmed(bytes: &[u8], start: usize, end: usize) -> Span {
    let value = Span::new(start, end).of(bytes);
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    let before = value.iter().take_while(|byte| blank(byte)).count();
    let after = value.iter().rev().take_while(|byte| blank(byte)).count();
    if before == value.len() { Span::new(start, start) } else { Span::new(start + before, end - after) }
}

/// The lines of a buffer as ranges without their ends. A carriage return goes with the line feed after it.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Lines<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.at = start + length + 1;
        let line = rest.get(..length).unwrap_or_default();
        Some((start, start + line.strip_suffix(b"\r").unwrap_or(line).len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &'static str) -> Head {
        Head::parse(Bytes::from_static(text.as_bytes())).unwrap()
    }

    fn pairs(head: &Head) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        head.headers().map(|header| (text(header.name), text(header.value))).collect()
    }

    #[test]
    fn case_order_and_repeats_are_kept() {
        let head = parse("POST /a HTTP/1.1\r\nX-A: 1\r\nx-b:2\r\nX-a:  3 \r\nX-B:\t4\r\n\r\n");
        let expected = [("X-A", "1"), ("x-b", "2"), ("X-a", "3"), ("X-B", "4")];
        assert_eq!(pairs(&head), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(head.header("x-a"), Some(b"1".as_slice()));
    }

    #[test]
    fn what_is_searched_leaves_out_the_version() {
        for text in ["POST /a?b HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n", "\r\nPOST /a?b HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n"] {
            assert_eq!(parse(text).searched(), [b"POST /a?b".as_slice(), b"A: 1\r\nB: 2\r\n\r\n"]);
        }
        assert_eq!(parse("GET / HTTP/1.1\r\n\r\n").searched(), [b"GET /".as_slice(), b""]);
    }

    #[test]
    fn targets_of_every_form_have_a_path() {
        for (target, path, query) in [
            ("/a/b?c=d?e", "/a/b", Some("c=d?e")),
            ("/?", "/", Some("")),
            ("*", "*", None),
            ("http://host:1/p?q", "/p", Some("q")),
            ("http://host?q", "", Some("q")),
            ("host:443", "host:443", None),
            ("//x/../y", "//x/../y", None),
        ] {
            let (got_path, got_query) = split_target(target.as_bytes());
            assert_eq!((got_path, got_query), (path.as_bytes(), query.map(str::as_bytes)), "{target}");
        }
    }

    #[test]
    fn folded_lines_belong_to_the_value_before() {
        let head = parse("GET / HTTP/1.0\nA: one\n  two\nB: 3\n\n");
        assert_eq!(head.header("a"), Some(b"one\n  two".as_slice()));
        assert_eq!(head.header("b"), Some(b"3".as_slice()));
        assert_eq!(head.version(), Version::Http10);
    }

    #[test]
    fn lines_are_the_bytes_of_the_head() {
        for (text, lines) in [
            ("POST /a HTTP/1.1\r\nA:1 \r\nb: \t2\r\n\r\n", ["POST /a HTTP/1.1\r\n", "A:1 \r\n", "b: \t2\r\n", "\r\n"]),
            ("\n\r\nPOST / HTTP/1.1\nA: 1\n 2\nb:\n\n", ["\n\r\nPOST / HTTP/1.1\n", "A: 1\n 2\n", "b:\n", "\n"]),
            ("GET / HTTP/1.0\r\n\r\n", ["GET / HTTP/1.0\r\n", "", "", "\r\n"]),
        ] {
            let head = parse(text);
            assert_eq!(
                [head.request_line(), head.line(0), head.line(1), head.end_line()],
                lines.map(str::as_bytes),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_is_no_head_says_why() {
        for (text, error) in [
            ("", HeadError::RequestLine),
            ("GET /\r\n\r\n", HeadError::RequestLine),
            ("GET / HTTP/3\r\n\r\n", HeadError::Version),
            ("GET / HTTP/1.1\r\nA: 1\r\nnope\r\n\r\n", HeadError::Colon(2)),
        ] {
            assert_eq!(Head::parse(Bytes::from_static(text.as_bytes())).unwrap_err(), error, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(head) = Head::parse(Bytes::from(bytes)) {
                let _ = (head.path(), head.query(), head.headers().count());
            }
        }

        #[test]
        fn parts_written_are_parts_read(
            method in "[!-~]{1,12}", target in "/[!-~]{0,40}",
            headers in proptest::collection::vec(("[A-Za-z0-9-]{1,20}", "([!-~]([ -~]{0,30}[!-~])?)?"), 0..20),
        ) {
            let parts = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
            let written =
                Head::from_parts(method.as_bytes(), target.as_bytes(), Version::Http11, parts, Fidelity::Fields);
            let read = Head::parse(written.bytes().clone()).unwrap();
            prop_assert_eq!(read.method(), method.as_bytes());
            prop_assert_eq!(read.target(), target.as_bytes());
            prop_assert!(read.headers().eq(written.headers()));
            prop_assert_eq!(pairs(&read), headers);
        }
    }
}
