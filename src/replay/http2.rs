//! A capture as an HTTP/2 message, for https targets that speak it.
//!
//! HTTP/2 is offered where the capture itself came by it, and used where the target agrees (RFC 7301); whatever came by
//! HTTP/1 is sent by HTTP/1.1, because its case, order and framing cannot be kept in HTTP/2. What differs is listed as
//! it is for HTTP/1.1. Trailer fields are always sent, because frames carry them. Decided: pseudo-headers go in the order
//! method, scheme, authority, path, fields of one name stand together, and names are in lower case, as the HTTP library
//! and RFC 9113 §8.2.1 have it; captures that HTTP/2 brought are so already. What cannot be said in HTTP/2 is not offered
//! in it.

use std::collections::HashSet;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use super::{Mark, NOT_SENT, Own, Target, http1};
use crate::model::{At, BodyFraming, Capture, Change, Framed, Header, Ledger, Rewrite, Version};

const CASE: &str = "names are in lower case";
const ORDER: &str = "pseudo-headers go first: method, scheme, authority, path";
const REPEATED: &str = "may stand only once";
const TOGETHER: &str = "fields of one name stand together";
const TUNNEL: &str = "asks for a tunnel";
const NOT_A_TRAILER: &str = "may not stand in a trailer";

/// The pseudo-headers of a request, in the order in which they are sent (RFC 9113 §8.3.1).
const PSEUDO: [&[u8]; 4] = [b":method", b":scheme", b":authority", b":path"];

/// The message.
#[derive(Clone, Debug)]
pub(super) struct Http2 {
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) trailers: HeaderMap,
    /// What differs from the capture.
    pub(super) ledger: Ledger,
}

/// The message of a capture that came by HTTP/2 to an https target; nothing for others, and for what HTTP/2 cannot say.
pub(super) fn message(
    capture: &Capture,
    target: &Target,
    request_target: &[u8],
    method: &Method,
    mark: Option<Mark>,
) -> Option<Http2> {
    if capture.head.version() != Version::Http2 || !target.is_https() {
        return None;
    }
    let mut writer = Writer { headers: HeaderMap::new(), ledger: Ledger::new(Version::Http2) };
    let uri = Uri::builder()
        .scheme("https")
        .authority(target.host_sent().as_ref())
        .path_and_query(request_target)
        .build()
        .ok()?;
    if uri.path_and_query()?.as_str().as_bytes() != request_target {
        return None;
    }
    let from = capture.head.request_line();
    let to = [method.as_str().as_bytes(), b" ", request_target, b" HTTP/2\r\n"].concat();
    if from != to {
        writer.ledger.request_line = Some(Rewrite { from: Bytes::copy_from_slice(from), to: to.into() });
    }
    headers(capture, target, mark, &mut writer)?;
    let trailers = trailers(capture, &mut writer)?;
    let from = http1::captured_framing(capture);
    let empty = capture.body.is_empty() && trailers.is_empty();
    let to = if empty { BodyFraming::None } else { BodyFraming::Frames };
    writer.ledger.framing = Framed { from, to, because: None };
    Some(Http2 { uri, headers: writer.headers, trailers, ledger: writer.ledger })
}

struct Writer {
    headers: HeaderMap,
    ledger: Ledger,
}

impl Writer {
    fn removed(&mut self, number: usize, name: &[u8], because: &'static str) {
        let at = At::Header(number);
        self.ledger.changes.push(Change::Removed { at, name: Bytes::copy_from_slice(name), because });
    }

    fn changed(&mut self, number: usize, name: &[u8], from: &[u8], to: &[u8]) {
        if from != to {
            let [name, from, to] = [name, from, to].map(Bytes::copy_from_slice);
            self.ledger.changes.push(Change::Changed { at: At::Header(number), name, from, to });
        }
    }

    fn rewritten(&mut self, number: usize, name: &[u8], to: &[u8], value: &[u8], because: &'static str) {
        let at = At::Header(number);
        let [from, to] = [name, to].map(|name| Bytes::from([name, b": ", value, b"\r\n"].concat()));
        self.ledger.changes.push(Change::Rewritten { at, name: Bytes::copy_from_slice(name), from, to, because });
    }

    /// Adds a field that the capture has not; the ledger says `shown`.
    fn beside(&mut self, name: &str, value: &str, shown: &str) -> Option<()> {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let lower = Bytes::copy_from_slice(name.as_str().as_bytes());
        self.headers.try_append(name, HeaderValue::from_str(value).ok()?).ok()?;
        self.ledger.changes.push(Change::Added { name: lower, value: Bytes::copy_from_slice(shown.as_bytes()) });
        Some(())
    }

    /// Adds a field with the target's own value in place of the captured one.
    fn set(&mut self, number: usize, header: Header<'_>, set: &Own) -> Option<()> {
        let name = HeaderName::from_bytes(header.name).ok()?;
        self.headers.try_append(name, HeaderValue::from_str(set.value()?).ok()?).ok()?;
        self.changed(number, header.name, set.shown_before(header.value), set.shown().as_bytes());
        Some(())
    }

    /// Adds a field; nothing where HTTP/2 cannot carry it.
    fn field(&mut self, number: usize, header: Header<'_>, value: &[u8]) -> Option<()> {
        let name = HeaderName::from_bytes(header.name).ok()?;
        let apart = self.headers.contains_key(&name) && self.headers.keys().last() != Some(&name);
        let lower = name.as_str().as_bytes().to_vec();
        self.headers.try_append(name, HeaderValue::from_bytes(value).ok()?).ok()?;
        self.changed(number, header.name, header.value, value);
        if lower != header.name {
            self.rewritten(number, header.name, &lower, value, CASE);
        } else if apart {
            self.rewritten(number, header.name, &lower, value, TOGETHER);
        }
        Some(())
    }
}

fn headers(capture: &Capture, target: &Target, mark: Option<Mark>, writer: &mut Writer) -> Option<()> {
    let head = &capture.head;
    let (authority, options) = (target.host_sent(), target.options());
    let mut own = HashSet::new();
    let named = http1::named_by_connection(head);
    let said = head.header(":authority").is_some();
    let length = capture.body.len().to_string();
    let (mut hosts, mut lengths, mut pseudo) = (0_u32, 0_u32, 0);
    if !said && head.header("host").is_none() {
        let [name, value] = [b":authority".as_slice(), authority.as_bytes()].map(Bytes::copy_from_slice);
        writer.ledger.changes.push(Change::Added { name, value });
    }
    for (number, header) in head.headers().enumerate() {
        let (name, value) = (header.name, header.value);
        if let Some(place) = PSEUDO.iter().position(|pseudo| *pseudo == name) {
            match name {
                b":authority" => writer.changed(number, name, value, authority.as_bytes()),
                b":scheme" => writer.changed(number, name, value, b"https"),
                // The request line stands for these.
                _ => {}
            }
            if place < pseudo || !writer.headers.is_empty() {
                writer.rewritten(number, name, name, value, ORDER);
            }
            pseudo = place;
            continue;
        }
        let lower = name.to_ascii_lowercase();
        if options.is_never(&lower) {
            writer.removed(number, name, http1::NEVER);
            continue;
        }
        if let Some(set) = options.own(&lower).filter(|_| lower != b"host") {
            if own.insert(lower) {
                writer.set(number, header, set)?;
            } else {
                writer.removed(number, name, http1::REPLACED);
            }
            continue;
        }
        match lower.as_slice() {
            [b':', ..] => writer.removed(number, name, TUNNEL),
            b"host" => {
                hosts += 1;
                if hosts > 1 {
                    writer.removed(number, name, REPEATED);
                } else if said {
                    writer.field(number, header, authority.as_bytes())?;
                } else {
                    // What stands as `host` in the capture came, and goes, as `:authority`.
                    writer.changed(number, name, value, authority.as_bytes());
                }
            }
            b"content-length" => {
                lengths += 1;
                if lengths > 1 {
                    writer.removed(number, name, REPEATED);
                } else if http1::is_number(value, capture.body.len()) {
                    writer.field(number, header, value)?;
                } else {
                    writer.field(number, header, length.as_bytes())?;
                }
            }
            b"trailer" => writer.field(number, header, value)?,
            // The one value that HTTP/2 allows (RFC 9113 §8.2.2).
            b"te" if value.eq_ignore_ascii_case(b"trailers") => writer.field(number, header, value)?,
            lower => {
                if let Some((_, because)) = NOT_SENT.iter().find(|(not_sent, _)| not_sent.as_bytes() == lower) {
                    writer.removed(number, name, because);
                } else if named.contains(lower) {
                    writer.removed(number, name, "named by Connection");
                } else {
                    writer.field(number, header, value)?;
                }
            }
        }
    }
    for set in &options.headers {
        let lower = set.name().to_ascii_lowercase().into_bytes();
        if lower != b"host" && !own.contains(&lower) {
            writer.beside(set.name(), set.value()?, &set.shown())?;
        }
    }
    if let Some(mark) = mark {
        let via = mark.via(head.version());
        writer.beside("via", &via, &via)?;
    }
    Some(())
}

fn trailers(capture: &Capture, writer: &mut Writer) -> Option<HeaderMap> {
    let mut map = HeaderMap::new();
    for (number, (name, value)) in capture.trailers.iter().enumerate() {
        if http1::may_trail(name, value) {
            let name = HeaderName::from_bytes(name).ok()?;
            map.try_append(name, HeaderValue::from_bytes(value).ok()?).ok()?;
        } else {
            let (at, name) = (At::Trailer(number), name.clone());
            writer.ledger.changes.push(Change::Removed { at, name, because: NOT_A_TRAILER });
        }
    }
    Some(map)
}
