//! HTTP/1 requests byte for byte (RFC 9112), one or several after each other, as a packet capture, a proxy or an editor
//! saves them.
//!
//! Decided: a head is kept as it stands, odd line ends and all. A body is as long as its chunks or its `Content-Length` say.
//! A request with neither has no body on the wire; here what follows it is its body, up to the end of the file, unless it
//! begins like another request: who saves a request by hand leaves the length out. What does not begin like a request is
//! passed over to the next that does, and said.

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    At, ImportError, Input, Item, Items,
    chunked::{self, Framed},
    draft::{self, Draft},
};
use crate::model::{BodyEnd, Fidelity, Head, Version, Wire};

/// Whether the first line that is not blank is a request line.
pub(super) fn recognises(first: &[u8]) -> bool {
    is_request(trim_lines(first))
}

pub(super) fn read(input: Input<'_>) -> Items<'_> {
    let now = input.now;
    match input.whole() {
        Ok(bytes) => Box::new(Requests { bytes, at: 0, now }),
        Err(error) => Box::new(std::iter::once(Err(error))),
    }
}

fn trim_lines(bytes: &[u8]) -> &[u8] {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    bytes.get(blank..).unwrap_or_default()
}

/// Whether these bytes begin with `METHOD TARGET HTTP/VERSION`.
fn is_request(bytes: &[u8]) -> bool {
    let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
    let line = bytes.get(..end).unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let method = line.iter().take_while(|byte| is_token(**byte)).count();
    let last = memchr::memrchr(b' ', line).filter(|last| *last > method + 1);
    let version = last.and_then(|last| line.get(last + 1..));
    method > 0
        && line.get(method) == Some(&b' ')
        && version.is_some_and(|version| VERSIONS.iter().any(|(name, _)| *name == version))
}

/// Versions that a request line may end in. The later ones have no such line, but tools print them so.
const VERSIONS: [(&[u8], Option<Version>); 5] = [
    (b"HTTP/1.1", None),
    (b"HTTP/1.0", None),
    (b"HTTP/2", Some(Version::Http2)),
    (b"HTTP/2.0", Some(Version::Http2)),
    (b"HTTP/3", Some(Version::Http2)),
];

/// RFC 9110 §5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

struct Requests {
    bytes: Bytes,
    at: usize,
    now: Timestamp,
}

impl Requests {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Where the next line begins a request, from there on.
    fn next_request(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        memchr::memchr_iter(b'\n', rest)
            .map(|at| from + at + 1)
            .find(|at| self.bytes.get(*at..).is_some_and(is_request))
            .unwrap_or(self.bytes.len())
    }

    /// Passes over what is no request, and at least over so many bytes, which were looked at.
    fn pass_over(&mut self, looked_at: usize, what: &str) -> Item {
        let at = self.at;
        self.at += looked_at;
        if looked_at == 0 || !is_request(trim_lines(self.rest())) {
            self.at = self.next_request(self.at);
        }
        Err(ImportError::entry(At::Byte(at as u64 + 1), what))
    }

    fn request(&mut self) -> Item {
        let Some(length) = head_length(self.rest()) else {
            return self.pass_over(self.rest().len(), "the head of this request has no end: no blank line follows it");
        };
        let bytes = self.bytes.slice(self.at..self.at + length);
        let head = match parse(&bytes) {
            Ok(head) => head,
            Err(what) => return self.pass_over(length, &format!("not an HTTP/1 request: {what}")),
        };
        self.at += length;
        let coded = head.header("transfer-encoding").map(<[u8]>::to_ascii_lowercase);
        let declared = head.header("content-length").and_then(draft::length);
        let mut draft = Draft::new(head, self.now);
        if coded.is_some_and(|coding| coding.ends_with(b"chunked")) {
            let Framed { body, chunks, trailers, used, wrong } = chunked::read(self.rest());
            (draft.body, draft.trailers) = (body.into(), trailers);
            draft.wire = Wire::new(Some(Box::new(chunks)), None);
            self.at += used;
            if let Some(what) = wrong {
                // What would have followed it cannot be told from it.
                draft.end = if self.rest().is_empty() { BodyEnd::ClosedEarly } else { BodyEnd::Malformed(what.into()) };
                self.at = if is_request(self.rest()) { self.at } else { self.next_request(self.at) };
            }
        } else if let Some(declared) = declared {
            let there = self.rest().len();
            let length = usize::try_from(declared).unwrap_or(usize::MAX).min(there);
            draft.body = self.take(length);
            if (length as u64) < declared {
                draft.end = BodyEnd::ClosedEarly;
            }
        } else if !is_request(trim_lines(self.rest())) {
            let length = self.rest().len();
            draft.body = self.take(length);
        }
        Ok(draft.capture())
    }

    /// A copy of so many bytes, so that one body that is kept does not keep all of the file.
    fn take(&mut self, length: usize) -> Bytes {
        let taken = Bytes::copy_from_slice(self.rest().get(..length).unwrap_or_default());
        self.at += taken.len();
        taken
    }
}

impl Iterator for Requests {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        let blank = self.rest().len() - trim_lines(self.rest()).len();
        if blank == self.rest().len() {
            return None;
        }
        if !is_request(trim_lines(self.rest())) {
            return Some(self.pass_over(0, "no request begins here"));
        }
        // Blank lines before the first request are part of what came; behind a body they are someone's editor's.
        if self.at > 0 {
            self.at += blank;
        }
        Some(self.request())
    }
}

/// A request that was written by hand: its head, and all that follows the blank line as its body, whatever the head says of
/// a length, since whoever edits a body does not count it.
pub fn written(bytes: &Bytes) -> Result<(Head, Bytes), String> {
    if !is_request(trim_lines(bytes)) {
        return Err("its first line is not METHOD TARGET HTTP/1.1".to_owned());
    }
    let length = head_length(bytes).ok_or("no blank line ends the headers")?;
    let head = parse(&bytes.slice(..length))?;
    Ok((head, bytes.slice(length..)))
}

/// How long the head is, its blank line included.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let blank = bytes.len() - trim_lines(bytes).len();
    let mut at = blank;
    for end in memchr::memchr_iter(b'\n', bytes.get(blank..)?) {
        let end = blank + end;
        if matches!(bytes.get(at..end), Some(b"" | b"\r")) {
            return Some(end + 1);
        }
        at = end + 1;
    }
    // A file that ends with its last header line has a head without a body.
    (at == bytes.len() && at > blank).then_some(at)
}

/// The head that these bytes are.
fn parse(bytes: &Bytes) -> Result<Head, String> {
    let first = trim_lines(bytes);
    let end = memchr::memchr(b'\n', first).unwrap_or(first.len());
    let line = first.get(..end).unwrap_or_default().trim_ascii_end();
    let later = VERSIONS.iter().find(|(name, version)| version.is_some() && line.ends_with(name));
    let Some((name, Some(version))) = later else {
        return Head::parse(Bytes::copy_from_slice(bytes)).map_err(|error| error.to_string());
    };
    // Read with a version that has such a line, and written with its own.
    let known = [line.get(..line.len() - name.len()).unwrap_or_default(), b"HTTP/1.1"].concat();
    let text = [&known[..], first.get(line.len()..).unwrap_or_default()].concat();
    let head = Head::parse(text.into()).map_err(|error| error.to_string())?;
    let lines = head.headers().map(|header| (header.name, header.value));
    Ok(Head::from_parts(head.method(), head.target(), *version, lines, Fidelity::Fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Capture;
    use proptest::prelude::*;

    fn read_all(bytes: &[u8]) -> Vec<Item> {
        read(Input::new(bytes, Timestamp::UNIX_EPOCH)).collect()
    }

    fn captures(bytes: &[u8]) -> Vec<Capture> {
        read_all(bytes).into_iter().map(Result::unwrap).collect()
    }

    fn body(capture: &Capture) -> String {
        capture.body.bytes().unwrap().escape_ascii().to_string()
    }

    #[test]
    fn requests_follow_each_other() {
        let first = b"POST /a HTTP/1.1\r\nhOsT: h\r\nContent-Length: 3\r\n\r\nab\xff";
        let second = b"POST /b HTTP/1.1\nTransfer-Encoding: chunked\n\n3;x=1\r\ncde\r\n0\r\nSum: 1\r\n\r\n";
        let third = b"\r\n\r\nGET /c HTTP/1.0\r\n\r\nPUT /d HTTP/1.1\r\n\r\nto the end";
        let all = captures(&[&first[..], second, third].concat());
        let told: Vec<(String, String)> =
            all.iter().map(|capture| (capture.head.target().escape_ascii().to_string(), body(capture))).collect();
        let expected = [("/a", "ab\\xff"), ("/b", "cde"), ("/c", ""), ("/d", "to the end")];
        assert_eq!(told, expected.map(|(target, body)| (target.to_owned(), body.to_owned())));
        assert_eq!(all[0].head.bytes().as_ref(), &first[..first.len() - 3]);
        assert_eq!((all[0].head.fidelity(), all[0].body.declared()), (Fidelity::Exact, Some(3)));
        assert_eq!(all[1].trailers.len(), 1);
        assert!(all[1].wire.chunks.as_ref().is_some_and(|chunks| chunks.extensions && *chunks.sizes == [3]));
        assert_eq!(all[2].head.version(), Version::Http10);
    }

    #[test]
    fn what_is_cut_is_truncated_and_what_is_wrong_costs_itself() {
        let all = captures(b"POST / HTTP/1.1\r\nContent-Length: 30\r\n\r\nhalf");
        assert_eq!((body(&all[0]).as_str(), all[0].body.end()), ("half", &BodyEnd::ClosedEarly));
        let all = captures(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nGET /y HTTP/1.1\r\n\r\n");
        assert!(matches!(all[0].body.end(), BodyEnd::Malformed(_)));
        assert_eq!((all.len(), all[1].head.path()), (2, &b"/y"[..]));
        let all = read_all(b"GET / HTTP/1.1\r\nno colon\r\n\r\nGET /z HTTP/1.1\r\nHost: z\r\n");
        let error = all[0].as_ref().unwrap_err().to_string();
        assert_eq!(error, "byte 1: not an HTTP/1 request: header line 1 has no colon");
        assert_eq!(all[1].as_ref().unwrap().head.path(), b"/z");
        let all = read_all(b"hello\nGET /z HTTP/1.1\n\n");
        assert_eq!(all[0].as_ref().unwrap_err().to_string(), "byte 1: no request begins here");
        assert!(all[1].is_ok() && all.len() == 2);
    }

    #[test]
    fn later_versions_are_read_as_tools_print_them() {
        let all = captures(b"POST /x HTTP/2\r\nHost: h\r\nA: b\r\n\r\nbody");
        assert_eq!((all[0].head.version(), all[0].head.fidelity()), (Version::Http2, Fidelity::Fields));
        assert_eq!((all[0].head.header("a"), body(&all[0]).as_str()), (Some(&b"b"[..]), "body"));
        assert!(recognises(b"\r\nGET / HTTP/1.1\r\n") && !recognises(b"curl http://h HTTP") && !recognises(b"GET /"));
    }

    #[test]
    fn a_request_written_by_hand_has_all_that_follows_as_its_body() {
        let text =
            Bytes::from_static(b"POST /x HTTP/1.1\nContent-Length: 2\nTransfer-Encoding: chunked\n\n{\"longer\": 1}");
        let (head, body) = written(&text).unwrap();
        assert_eq!((head.method(), head.headers().len(), &body[..]), (&b"POST"[..], 2, &b"{\"longer\": 1}"[..]));
        for (text, why) in [
            (&b""[..], "its first line is not METHOD TARGET HTTP/1.1"),
            (b"POST /x", "its first line is not METHOD TARGET HTTP/1.1"),
            (b"POST /x HTTP/1.1\nA: b\nC", "no blank line ends the headers"),
            (b"POST /x HTTP/1.1\nnothing\n\n", "header line 1 has no colon"),
        ] {
            assert_eq!(written(&Bytes::from_static(text)).unwrap_err(), why);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(parts in proptest::collection::vec(prop_oneof![
            Just(b"GET / HTTP/1.1\r\n".to_vec()), Just(b"\r\n".to_vec()), Just(b"\n".to_vec()), Just(b"A: b\r\n".to_vec()),
            Just(b"Content-Length: 5\r\n".to_vec()), Just(b"Transfer-Encoding: chunked\r\n".to_vec()), Just(b"3\r\nabc\r\n".to_vec()),
            Just(b"0\r\n".to_vec()), proptest::collection::vec(any::<u8>(), 0..9),
        ], 0..30)) {
            let bytes = parts.concat();
            prop_assert!(read_all(&bytes).len() <= bytes.len() + 1);
        }

        #[test]
        fn what_is_framed_is_read_back(bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..5)) {
            let mut file = Vec::new();
            for body in &bodies {
                file.extend(format!("POST /p HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes());
                file.extend(body);
            }
            let read: Vec<Vec<u8>> = captures(&file).iter().map(|one| one.body.bytes().unwrap().to_vec()).collect();
            prop_assert_eq!(read, bodies);
        }
    }
}
