//! A capture as an HTTP/1.1 message: the head that goes on the wire, how the body is framed, and the ledger of both.
//!
//! Decided: a line that stays is sent as the very bytes that came, white space included, where they are safe to send: one
//! line that ends in CRLF. Lines that end in a bare line feed get a carriage return, and a folded line becomes one, each
//! fold a blank (RFC 9112 §2.2 and §5.2), because a handler may read either in another way than creel did. Fields of
//! HTTP/2 that are called `cookie` become one line (RFC 9113 §8.2.3).

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use bytes::{BufMut, Bytes, BytesMut};

use super::{Framing, Mark, NOT_SENT, Own, PlanOptions, Target, outgoing::Shape, plan};
use crate::model::{At, BodyFraming, Capture, Change, Failure, Framed, Head, Ledger, Rewrite, Version};

const BESIDE: &str = "Transfer-Encoding says how long the body is";
const BARE: &str = "lines end in CRLF";
const COOKIES: &str = "joined to the first cookie";
const FOLDED: &str = "a folded line is sent as one";
const NAMED: &str = "named by Connection";
const NOT_A_TRAILER: &str = "may not stand in a trailer";
const PSEUDO: &str = "a pseudo-header of HTTP/2";
/// Why a header stays away from a target whose user wants that.
pub(super) const NEVER: &str = "never sent to this target";
/// Why a header stays away that the target has a value of its own for.
pub(super) const REPLACED: &str = "replaced by the target's own";
const REPEATED: &str = "may stand only once";
const LAST_SIZES: &str = "the last chunks are of 16 KiB";
const NO_EXTENSIONS: &str = "without the extensions of chunks";
const SIZES: &str = "in chunks of 16 KiB";
const TRAILER: &str = "trailer fields are not sent with a length";

/// What would change how a message is framed or where it goes, and so is no trailer (RFC 9110 §6.5.1).
pub(super) const NO_TRAILERS: &[&str] = &[
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
];

/// The message.
#[derive(Clone, Debug)]
pub(super) struct Http1 {
    /// The head as it goes on the wire.
    pub(super) head: Bytes,
    /// How the body follows.
    pub(super) shape: Shape,
    /// What differs from the capture.
    pub(super) ledger: Ledger,
}

/// Writes the message of a capture whose method and target have been checked.
pub(super) fn message(
    capture: &Capture,
    target: &Target,
    request_target: &[u8],
    PlanOptions { framing, mark, .. }: PlanOptions,
) -> Result<Http1, Failure> {
    let captured = captured_framing(capture);
    let chunked = framing == Framing::AsCaptured && captured == BodyFraming::Chunked;
    let mut writer = Writer {
        captured: &capture.head,
        out: BytesMut::with_capacity(capture.head.bytes().len() + 128),
        ledger: Ledger::new(Version::Http11),
    };
    writer.request_line(request_target);
    let length = headers(capture, target, mark, chunked, &mut writer)?;
    let end = capture.head.end_line();
    if end != b"\r\n" {
        writer.rewritten(At::End, b"", end, b"\r\n", BARE);
    }
    writer.out.put_slice(b"\r\n");
    let trailers = trailers(capture, chunked, &mut writer);
    let to = match (chunked, length) {
        (true, _) => BodyFraming::Chunked,
        (false, true) => BodyFraming::Length,
        (false, false) => BodyFraming::None,
    };
    let (sizes, because) = if chunked { chunk_sizes(capture) } else { (Arc::default(), None) };
    writer.ledger.framing = Framed { from: captured, to, because };
    let shape = if chunked { Shape::Chunked { sizes, trailers } } else { Shape::Plain };
    Ok(Http1 { head: writer.out.freeze(), shape, ledger: writer.ledger })
}

/// How the captured message said where its body ends. Chunked is what names that coding once, and last.
pub(super) fn captured_framing(capture: &Capture) -> BodyFraming {
    let head = &capture.head;
    let codings: Vec<Vec<u8>> = head
        .headers()
        .filter(|header| header.is("transfer-encoding"))
        .flat_map(|header| header.value.split(|byte| *byte == b','))
        .map(|coding| coding.trim_ascii().to_ascii_lowercase())
        .collect();
    let chunked = codings.iter().position(|coding| coding == b"chunked");
    if head.version() == Version::Http2 {
        let empty = capture.body.is_empty() && capture.trailers.is_empty();
        if empty { BodyFraming::None } else { BodyFraming::Frames }
    } else if chunked.is_some_and(|at| at + 1 == codings.len()) {
        BodyFraming::Chunked
    } else if head.header("content-length").is_some() {
        BodyFraming::Length
    } else {
        BodyFraming::None
    }
}

/// The sizes in which the body came, for chunks that are cut where the captured ones were, and what differs all the same.
fn chunk_sizes(capture: &Capture) -> (Arc<[u64]>, Option<&'static str>) {
    let Some(chunks) = &capture.wire.chunks else { return (Arc::default(), Some(SIZES)) };
    // A size of 0 would end the body.
    if chunks.sizes.contains(&0) {
        return (Arc::default(), Some(SIZES));
    }
    let all = chunks.sizes.iter().fold(0_u64, |all, size| all.saturating_add(*size));
    let known = chunks.sizes.len() as u64 == chunks.count && all == capture.body.len() as u64;
    let because = if known { chunks.extensions.then_some(NO_EXTENSIONS) } else { Some(LAST_SIZES) };
    (chunks.sizes.as_ref().into(), because)
}

struct Writer<'a> {
    captured: &'a Head,
    out: BytesMut,
    ledger: Ledger,
}

impl Writer<'_> {
    fn request_line(&mut self, target: &[u8]) {
        let from = self.captured.request_line();
        self.out.extend_from_slice(&[self.captured.method(), b" ", target, b" HTTP/1.1\r\n"].concat());
        if self.out != from {
            let to = Bytes::copy_from_slice(&self.out);
            self.ledger.request_line = Some(Rewrite { from: Bytes::copy_from_slice(from), to });
        }
    }

    fn line(&mut self, name: &[u8], value: &[u8]) {
        self.out.extend_from_slice(&[name, b": ", value, b"\r\n"].concat());
    }

    fn removed(&mut self, at: At, name: &[u8], because: &'static str) {
        self.ledger.changes.push(Change::Removed { at, name: Bytes::copy_from_slice(name), because });
    }

    fn added(&mut self, name: &'static str, value: &[u8]) {
        self.line(name.as_bytes(), value);
        let name = Bytes::from_static(name.as_bytes());
        self.ledger.changes.push(Change::Added { name, value: Bytes::copy_from_slice(value) });
    }

    /// Writes a line that the capture has not; the ledger says `shown`.
    fn beside(&mut self, name: &str, value: &str, shown: &str) {
        self.line(name.as_bytes(), value.as_bytes());
        let [name, value] = [name, shown].map(|text| Bytes::copy_from_slice(text.as_bytes()));
        self.ledger.changes.push(Change::Added { name, value });
    }

    /// Writes the line with the target's own value in place of the captured one.
    fn set(&mut self, number: usize, name: &[u8], from: &[u8], set: &Own) -> Result<(), Failure> {
        let value = plan::own_value(set)?.as_bytes();
        if from == value && set.shown().as_bytes() == value {
            self.kept(number, name, from);
            return Ok(());
        }
        self.line(name, value);
        let [name, from, to] = [name, set.shown_before(from), set.shown().as_bytes()].map(Bytes::copy_from_slice);
        self.ledger.changes.push(Change::Changed { at: At::Header(number), name, from, to });
        Ok(())
    }

    fn rewritten(&mut self, at: At, name: &[u8], from: &[u8], to: &[u8], because: &'static str) {
        let [name, from, to] = [name, from, to].map(Bytes::copy_from_slice);
        self.ledger.changes.push(Change::Rewritten { at, name, from, to, because });
    }

    /// Writes the captured line of that number, whose unfolded value is `value`.
    fn kept(&mut self, number: usize, name: &[u8], value: &[u8]) {
        let line = self.captured.line(number);
        let safe = |line: &[u8]| !line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
        if line.strip_suffix(b"\r\n").is_some_and(safe) {
            self.out.put_slice(line);
            return;
        }
        let folded = memchr::memchr_iter(b'\n', line).count() > 1;
        let to = [name, b": ", value, b"\r\n"].concat();
        self.out.put_slice(&to);
        self.rewritten(At::Header(number), name, line, &to, if folded { FOLDED } else { BARE });
    }

    /// Writes the line with `to` in place of the captured value.
    fn corrected(&mut self, number: usize, name: &[u8], from: &[u8], to: &[u8]) {
        if from == to {
            return self.kept(number, name, from);
        }
        self.line(name, to);
        let [name, from, to] = [name, from, to].map(Bytes::copy_from_slice);
        self.ledger.changes.push(Change::Changed { at: At::Header(number), name, from, to });
    }
}

/// Writes the header lines, and says whether they have a `Content-Length`.
fn headers(
    capture: &Capture,
    target: &Target,
    mark: Option<Mark>,
    chunked: bool,
    writer: &mut Writer<'_>,
) -> Result<bool, Failure> {
    let head = &capture.head;
    let (host, options) = (target.host_sent(), target.options());
    let length = capture.body.len().to_string();
    let mut own = HashSet::new();
    let named = named_by_connection(head);
    let cookies = cookies(head);
    let (mut hosts, mut lengths, mut codings, mut cookie) = (0_u32, 0_u32, false, false);
    if head.header("host").is_none() {
        writer.added("Host", host.as_bytes());
    }
    for (number, header) in head.headers().enumerate() {
        let (at, name, value) = (At::Header(number), header.name, unfolded(header.value));
        if name.first() == Some(&b':') {
            writer.removed(at, name, PSEUDO);
            continue;
        }
        plan::check_header(name, &value)?;
        let lower = name.to_ascii_lowercase();
        if options.is_never(&lower) {
            writer.removed(at, name, NEVER);
            continue;
        }
        if let Some(set) = options.own(&lower).filter(|_| lower != b"host") {
            if own.insert(lower) {
                writer.set(number, name, &value, set)?;
            } else {
                writer.removed(at, name, REPLACED);
            }
            continue;
        }
        match lower.as_slice() {
            b"host" => {
                hosts += 1;
                if hosts > 1 {
                    writer.removed(at, name, REPEATED);
                } else {
                    writer.corrected(number, name, &value, host.as_bytes());
                }
            }
            b"content-length" if chunked => writer.removed(at, name, BESIDE),
            b"content-length" => {
                lengths += 1;
                if lengths > 1 {
                    writer.removed(at, name, REPEATED);
                } else if is_number(&value, capture.body.len()) {
                    writer.kept(number, name, &value);
                } else {
                    writer.corrected(number, name, &value, length.as_bytes());
                }
            }
            b"transfer-encoding" | b"trailer" if chunked => writer.kept(number, name, &value),
            b"cookie" if cookies.is_some() => {
                if std::mem::replace(&mut cookie, true) {
                    writer.removed(at, name, COOKIES);
                } else {
                    writer.corrected(number, name, &value, cookies.as_deref().unwrap_or_default());
                }
            }
            lower => {
                if let Some((_, because)) = NOT_SENT.iter().find(|(not_sent, _)| not_sent.as_bytes() == lower) {
                    codings |= lower == b"transfer-encoding";
                    writer.removed(at, name, because);
                } else if named.contains(lower) {
                    writer.removed(at, name, NAMED);
                } else {
                    writer.kept(number, name, &value);
                }
            }
        }
    }
    for set in &options.headers {
        let lower = set.name().to_ascii_lowercase().into_bytes();
        if lower != b"host" && !own.contains(&lower) {
            writer.beside(set.name(), plan::own_value(set)?, &set.shown());
        }
    }
    if let Some(mark) = mark {
        let via = mark.via(head.version());
        writer.beside("Via", &via, &via);
    }
    let added = !chunked && lengths == 0 && (codings || !capture.body.is_empty());
    if added {
        writer.added("Content-Length", length.as_bytes());
    }
    Ok(added || lengths > 0)
}

/// The trailer lines to send, each with its end.
fn trailers(capture: &Capture, chunked: bool, writer: &mut Writer<'_>) -> Bytes {
    let mut lines = BytesMut::new();
    for (number, (name, value)) in capture.trailers.iter().enumerate() {
        let at = At::Trailer(number);
        if !chunked {
            writer.removed(at, name, TRAILER);
        } else if may_trail(name, value) {
            lines.extend_from_slice(&[name, b": ".as_slice(), value, b"\r\n"].concat());
        } else {
            writer.removed(at, name, NOT_A_TRAILER);
        }
    }
    lines.freeze()
}

/// Whether a field may be sent as a trailer.
pub(super) fn may_trail(name: &[u8], value: &[u8]) -> bool {
    plan::check_header(name, value).is_ok()
        && !NO_TRAILERS.iter().any(|other| other.as_bytes().eq_ignore_ascii_case(name))
}

/// The names, in lower case, that the values of `Connection` list.
pub(super) fn named_by_connection(head: &Head) -> HashSet<Vec<u8>> {
    head.headers()
        .filter(|header| header.is("connection"))
        .flat_map(|header| header.value.split(|byte| *byte == b','))
        .map(|name| name.trim_ascii().to_ascii_lowercase())
        .collect()
}

/// The one value of several cookies that came by HTTP/2; nothing where there is at most one, or another version.
fn cookies(head: &Head) -> Option<Vec<u8>> {
    let all: Vec<&[u8]> = head.headers().filter(|header| header.is("cookie")).map(|header| header.value).collect();
    (head.version() == Version::Http2 && all.len() > 1).then(|| all.join(b"; ".as_slice()))
}

/// A value with each fold in it made a blank.
pub(super) fn unfolded(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\n', value).is_none() {
        return Cow::Borrowed(value);
    }
    let mut all = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'\n', rest) {
        let (line, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        let after = after.get(1..).unwrap_or_default();
        let indent = after.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if indent == 0 {
            // No fold but a split, which whoever checks the value refuses.
            return Cow::Borrowed(value);
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        all.extend_from_slice(line.trim_ascii_end());
        all.push(b' ');
        rest = after.get(indent..).unwrap_or_default();
    }
    all.extend_from_slice(rest);
    Cow::Owned(all)
}

/// Whether the text is that number; `007` is 7 and stays as it was written.
pub(super) fn is_number(value: &[u8], number: usize) -> bool {
    !value.is_empty()
        && value.iter().all(u8::is_ascii_digit)
        && std::str::from_utf8(value).is_ok_and(|text| text.parse() == Ok(number))
}
