//! What is odd about a request: legal or nearly so, and read differently by different servers. A table of oddities with a
//! sentence each, found in the head and in the framing of the body.
//!
//! Decided: an oddity is a fact about bytes and never a verdict on the sender; it is found when someone asks, because most
//! captures are never looked at so closely. What can be seen of a head that was written again (HTTP/2, or one read back
//! without its line ends) is less, and nothing is guessed.

use super::{Fidelity, Head, Header, Version, Wire};

/// One thing that is odd. The table below is the only list of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Oddity {
    /// `Content-Length` beside `Transfer-Encoding` (RFC 9112 §6.3).
    ClAndTe,
    /// More than one `Content-Length`, or a list in one (RFC 9110 §8.6).
    DuplicateLength,
    /// `Transfer-Encoding` that is more than `chunked` (RFC 9112 §6.1).
    StackedCodings,
    /// A chunk with an extension (RFC 9112 §7.1.1).
    ChunkExtensions,
    /// More than one `Host` (RFC 9112 §3.2).
    TwoHosts,
    /// HTTP/1.1 or HTTP/2 without the name of a host (RFC 9112 §3.2).
    NoHost,
    /// The host of an absolute target, or `:authority`, is not that of `Host`.
    HostDiffers,
    /// A target with scheme and host (RFC 9112 §3.2.2).
    AbsoluteTarget,
    /// A target that begins neither with a slash nor with a scheme and is no asterisk.
    OddTarget,
    /// A target with `#`, which is never sent (RFC 9110 §4.2.5).
    Fragment,
    /// A target with bytes beyond ASCII (RFC 3986 §2).
    NonAsciiTarget,
    /// A header value with bytes beyond ASCII (RFC 9110 §5.5).
    NonAsciiValue,
    /// A line that ends without a carriage return (RFC 9112 §2.2).
    BareLf,
    /// A carriage return within a line (RFC 9112 §2.2).
    BareCr,
    /// Blank lines before the request line (RFC 9112 §2.2).
    BlankLines,
    /// A header value that goes on on the next line (RFC 9112 §5.2).
    ObsFold,
    /// A space before the colon of a header (RFC 9112 §5.1).
    SpaceBeforeColon,
    /// A method that has letters in lower case (RFC 9110 §9.1: methods are case-sensitive).
    LowerCaseMethod,
    /// A body on a method that gives it no meaning (RFC 9110 §9.3.1).
    BodyWithGet,
    /// The body was made of a parsed form, by whoever wrote the file that the capture was read from.
    BodyRewritten,
}

impl Oddity {
    /// Every oddity: its name in output and queries, and a sentence.
    pub const TABLE: [(Self, &'static str, &'static str); 20] = [
        (
            Self::ClAndTe,
            "cl_and_te",
            "Content-Length and Transfer-Encoding are both there: servers disagree on which holds",
        ),
        (Self::DuplicateLength, "duplicate_length", "Content-Length is there more than once"),
        (Self::StackedCodings, "stacked_codings", "Transfer-Encoding says more than chunked"),
        (Self::ChunkExtensions, "chunk_extensions", "chunks carry extensions, which most servers drop"),
        (Self::TwoHosts, "two_hosts", "Host is there more than once: servers disagree on which holds"),
        (Self::NoHost, "no_host", "no host is named, although this version of HTTP asks for it"),
        (Self::HostDiffers, "host_differs", "the target names another host than the Host header does"),
        (Self::AbsoluteTarget, "absolute_target", "the target is a whole URL, as for a proxy"),
        (Self::OddTarget, "odd_target", "the target begins with neither a slash nor a scheme"),
        (Self::Fragment, "fragment", "the target has a fragment, which browsers and clients never send"),
        (Self::NonAsciiTarget, "non_ascii_target", "the target has bytes beyond ASCII that should be percent-encoded"),
        (Self::NonAsciiValue, "non_ascii_value", "a header value has bytes beyond ASCII, of no certain encoding"),
        (Self::BareLf, "bare_lf", "lines end in LF without CR"),
        (Self::BareCr, "bare_cr", "a CR stands within a line"),
        (Self::BlankLines, "blank_lines", "blank lines came before the request line"),
        (Self::ObsFold, "obs_fold", "a header value goes on on the next line, which is obsolete"),
        (Self::SpaceBeforeColon, "space_before_colon", "a space stands between a header's name and its colon"),
        (Self::LowerCaseMethod, "lower_case_method", "the method has lower-case letters; methods are case-sensitive"),
        (Self::BodyWithGet, "body_with_get", "GET, HEAD or TRACE with a body, which many servers drop"),
        (
            Self::BodyRewritten,
            "body_rewritten",
            "the body was written again from a parsed form: its bytes, and so its signature, may differ from what was sent",
        ),
    ];

    fn row(self) -> Option<&'static (Self, &'static str, &'static str)> {
        Self::TABLE.get(self as usize)
    }

    /// Its name in output and queries.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.1)
    }

    /// What it is, as a sentence.
    pub fn sentence(self) -> &'static str {
        self.row().map_or("", |row| row.2)
    }
}

/// A set of oddities.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Odd(u32);

impl Odd {
    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether that one is among them.
    pub fn has(self, oddity: Oddity) -> bool {
        self.0 & (1 << oddity as u32) != 0
    }

    /// All of them, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Oddity> {
        Oddity::TABLE.into_iter().map(|row| row.0).filter(move |oddity| self.has(*oddity))
    }

    /// Those of these names; names that are not known are passed over.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut odd = Self::default();
        for name in names {
            if let Some(row) = Oddity::TABLE.iter().find(|row| row.1 == name) {
                odd.note(row.0, true);
            }
        }
        odd
    }

    /// The same and that one.
    #[must_use]
    pub fn and(mut self, oddity: Oddity) -> Self {
        self.note(oddity, true);
        self
    }

    fn note(&mut self, oddity: Oddity, there: bool) {
        if there {
            self.0 |= 1 << oddity as u32;
        }
    }

    /// What is odd about a request with that head, `received` bytes of body and that framing.
    pub(super) fn of(head: &Head, received: u64, wire: &Wire) -> Self {
        let mut odd = Self::default();
        odd.of_target(head);
        odd.of_headers(head);
        if head.fidelity() == Fidelity::Exact && head.version() != Version::Http2 {
            odd.of_lines(head);
        }
        let idle = matches!(head.method(), b"GET" | b"HEAD" | b"TRACE");
        odd.note(Oddity::BodyWithGet, idle && received > 0);
        odd.note(Oddity::LowerCaseMethod, head.method().iter().any(u8::is_ascii_lowercase));
        odd.note(Oddity::ChunkExtensions, wire.chunks.as_ref().is_some_and(|chunks| chunks.extensions));
        odd
    }

    fn of_target(&mut self, head: &Head) {
        let target = head.target();
        let absolute = authority(target).is_some();
        self.note(Oddity::AbsoluteTarget, absolute);
        let known = absolute || matches!(target.first(), Some(b'/')) || target == b"*" || head.method() == b"CONNECT";
        self.note(Oddity::OddTarget, !known);
        self.note(Oddity::Fragment, memchr::memchr(b'#', target).is_some());
        self.note(Oddity::NonAsciiTarget, !target.is_ascii());
    }

    fn of_headers(&mut self, head: &Head) {
        let (mut lengths, mut codings, mut hosts, mut named) = (0, 0, 0, authority(head.target()));
        let mut host = None;
        for header in head.headers() {
            let Header { name, value } = header;
            if header.is("content-length") {
                lengths += 1;
                self.note(Oddity::DuplicateLength, lengths > 1 || value.contains(&b','));
            } else if header.is("transfer-encoding") {
                codings += 1;
                self.note(Oddity::StackedCodings, codings > 1 || !value.eq_ignore_ascii_case(b"chunked"));
            } else if header.is("host") {
                hosts += 1;
                host = host.or(Some(value));
            } else if name == b":authority" {
                named = Some(value);
            }
            self.note(Oddity::NonAsciiValue, !value.is_ascii());
            self.note(Oddity::SpaceBeforeColon, name.last().is_some_and(|byte| matches!(byte, b' ' | b'\t')));
        }
        self.note(Oddity::ClAndTe, lengths > 0 && codings > 0);
        self.note(Oddity::TwoHosts, hosts > 1);
        let asks = match head.version() {
            Version::Http10 => false,
            Version::Http11 => hosts == 0,
            Version::Http2 => hosts == 0 && named.is_none(),
        };
        self.note(Oddity::NoHost, asks);
        let differs = named.zip(host).is_some_and(|(named, host)| !named.eq_ignore_ascii_case(host));
        self.note(Oddity::HostDiffers, differs);
    }

    fn of_lines(&mut self, head: &Head) {
        let bytes = head.bytes();
        self.note(Oddity::BlankLines, matches!(bytes.first(), Some(b'\r' | b'\n')));
        for at in memchr::memchr_iter(b'\n', bytes) {
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            self.note(Oddity::BareLf, before != Some(&b'\r'));
            self.note(Oddity::ObsFold, matches!(bytes.get(at + 1), Some(b' ' | b'\t')));
        }
        let bare = |at: usize| !matches!(bytes.get(at + 1), Some(b'\n'));
        self.note(Oddity::BareCr, memchr::memchr_iter(b'\r', bytes).any(bare));
    }
}

/// The host and port of a target that is a whole URL.
fn authority(target: &[u8]) -> Option<&[u8]> {
    let starts = target.first().is_some_and(u8::is_ascii_alphabetic);
    let at = memchr::memmem::find(target, b"://").filter(|_| starts)?;
    target.get(at + 3..)?.split(|byte| matches!(byte, b'/' | b'?' | b'#')).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Chunks;
    use bytes::Bytes;
    use proptest::prelude::*;

    fn names(head: &'static [u8], received: u64) -> Vec<&'static str> {
        let head = Head::parse(Bytes::from_static(head)).unwrap();
        Odd::of(&head, received, &Wire::default()).iter().map(Oddity::name).collect()
    }

    #[test]
    fn the_table_is_in_the_order_of_the_oddities_and_fits_the_set() {
        for (at, (oddity, name, sentence)) in Oddity::TABLE.into_iter().enumerate() {
            assert_eq!(oddity as usize, at);
            assert!(at < 32 && !name.is_empty() && sentence.len() > 10 && !sentence.ends_with('.'));
            assert_eq!(Odd::named([name, "unheard_of"]).iter().collect::<Vec<_>>(), [oddity]);
        }
    }

    #[test]
    fn what_is_odd_is_named() {
        let cases: [(&'static [u8], u64, &[&str]); 19] = [
            (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 0, &[]),
            (b"GET / HTTP/1.0\r\n\r\n", 0, &[]),
            (b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 0, &[]),
            (b"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n", 0, &[]),
            (
                b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                1,
                &["cl_and_te"],
            ),
            (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n", 1, &["duplicate_length"]),
            (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 1, &["stacked_codings"]),
            (b"GET / HTTP/1.1\r\nHost: h\r\nHOST: h\r\n\r\n", 0, &["two_hosts"]),
            (b"GET / HTTP/1.1\r\n\r\n", 0, &["no_host"]),
            (b"GET http://h/ HTTP/1.1\r\nHost: H\r\n\r\n", 0, &["absolute_target"]),
            (b"GET http://h?x HTTP/1.1\r\nHost: i\r\n\r\n", 0, &["host_differs", "absolute_target"]),
            (b"GET foo HTTP/1.1\r\nHost: h\r\n\r\n", 0, &["odd_target"]),
            (b"GET /\xc3\xa9#x HTTP/1.1\r\nHost: h\r\n\r\n", 0, &["fragment", "non_ascii_target"]),
            (b"GET / HTTP/1.1\r\nHost: h\r\nA: \xe9\r\n\r\n", 0, &["non_ascii_value"]),
            (b"GET / HTTP/1.1\nHost: h\r\n\r\n", 0, &["bare_lf"]),
            (b"\r\nGET / HTTP/1.1\r\nHost: h\r\nA: a\rb\r\n\r\n", 0, &["bare_cr", "blank_lines"]),
            (b"GET / HTTP/1.1\r\nHost: h\r\nA: a\r\n b\r\n\r\n", 0, &["obs_fold"]),
            (b"get / HTTP/1.1\r\nHost: h\r\nA : a\r\n\r\n", 0, &["space_before_colon", "lower_case_method"]),
            (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n", 1, &["body_with_get"]),
        ];
        for (head, received, expected) in cases {
            assert_eq!(names(head, received), expected, "{}", head.escape_ascii());
        }
        let head = Head::parse(Bytes::from_static(b"POST / HTTP/1.1\r\nHost: h\r\n\r\n")).unwrap();
        let chunks = Chunks { sizes: Box::new([3]), count: 1, extensions: true };
        let wire = Wire { chunks: Some(Box::new(chunks)), ..Wire::default() };
        assert!(Odd::of(&head, 3, &wire).has(Oddity::ChunkExtensions));
    }

    #[test]
    fn http_2_names_its_host_by_its_own_field() {
        let of = |headers: &[(&[u8], &[u8])]| {
            let head = Head::from_parts(b"GET", b"/", Version::Http2, headers.iter().copied(), Fidelity::Normalised);
            Odd::of(&head, 0, &Wire::default()).iter().collect::<Vec<_>>()
        };
        assert_eq!(of(&[(b":authority", b"h")]), []);
        assert_eq!(of(&[(b":authority", b"h"), (b"host", b"i")]), [Oddity::HostDiffers]);
        assert_eq!(of(&[(b":path", b"/")]), [Oddity::NoHost]);
    }

    proptest! {
        #[test]
        fn any_head_is_looked_at(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(head) = Head::parse(Bytes::from([b"GET / HTTP/1.1\r\n".as_slice(), &bytes].concat())) {
                let odd = Odd::of(&head, 0, &Wire::default());
                prop_assert_eq!(Odd::named(odd.iter().map(Oddity::name)), odd);
            }
        }
    }
}
