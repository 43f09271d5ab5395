//! Flows as mitmproxy and mitmdump write them (`w` in its interface, `-w FILE`): one tagged netstring after the other, each
//! a dictionary with the request, the response and the two connections.
//!
//! The form has a version of its own. What is read here has been the same since version 4 of the form (mitmproxy 4); later
//! ones only added to it, but that the address of a client moved from `address` to `peername`. Older flows are read as
//! far as they have the same names.
//!
//! Decided: a flow is a capture as the client sent it; the response is the answer. Header lines are in their order and
//! letters, which is all that mitmproxy keeps of them. Bodies are without their transfer coding, as ours are. A flow that is
//! no HTTP (TCP, UDP, DNS) is passed over and said.

mod tnetstring;

use std::{
    io::{BufRead, Read},
    net::SocketAddr,
};

use bytes::Bytes;

use self::tnetstring::Value;
use super::{
    At, ImportError, Input, Item, Items, LIMIT,
    draft::{self, Draft, Line},
};
use crate::model::{Answer, BodyEnd, Fidelity, Version};

/// Whether it begins with a dictionary with a name for its first key.
pub(super) fn recognises(first: &[u8]) -> bool {
    let Some(rest) = tnetstring::length(first).and_then(|(length, used)| first.get(used..).filter(|_| length > 2))
    else {
        return false;
    };
    let Some((length, used)) = tnetstring::length(rest) else { return false };
    let key = used.checked_add(length).and_then(|end| rest.get(used..end)).unwrap_or_default();
    !key.is_empty() && key.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_')
}

pub(super) fn read(input: Input<'_>) -> Items<'_> {
    Box::new(Flows { input: Some(input), number: 0, at: 0 })
}

struct Flows<'a> {
    /// Until it ends, or cannot be told apart any more.
    input: Option<Input<'a>>,
    number: u64,
    at: u64,
}

impl Flows<'_> {
    /// The bytes and the tag of the next flow; nothing at the end.
    fn element(&mut self) -> Result<Option<(Vec<u8>, u8)>, ImportError> {
        let start = self.at + 1;
        let lost = |what: &str| ImportError::input(At::Byte(start), what);
        let Some(Input { reader, .. }) = &mut self.input else { return Ok(None) };
        let mut prefix = Vec::new();
        let read = |error: std::io::Error| ImportError::unreadable(&error);
        reader.take(16).read_until(b':', &mut prefix).map_err(read)?;
        // Some tools end what they write with a line.
        if prefix.trim_ascii().is_empty() {
            return Ok(None);
        }
        let Some((length, _)) = tnetstring::length(&prefix) else {
            return Err(lost("no flow of mitmproxy begins here, and where the next one does cannot be told"));
        };
        let length = length as u64;
        if length > LIMIT {
            return Err(lost(&format!("a flow of {length} bytes is too large to be read")));
        }
        let mut bytes = Vec::new();
        reader.take(length + 1).read_to_end(&mut bytes).map_err(read)?;
        self.at += (prefix.len() + bytes.len()) as u64;
        match bytes.pop() {
            Some(tag) if bytes.len() as u64 == length => Ok(Some((bytes, tag))),
            _ => Err(lost("the last flow is cut off")),
        }
    }
}

impl Iterator for Flows<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        let now = self.input.as_ref()?.now;
        let (bytes, tag) = match self.element() {
            Ok(Some(element)) => element,
            Ok(None) => return None,
            Err(error) => {
                self.input = None;
                return Some(Err(error));
            }
        };
        self.number += 1;
        let at = At::Entry(self.number);
        Some(
            Value::of(tag, &bytes)
                .map_err(|what| format!("not a flow of mitmproxy: {what}"))
                .and_then(|flow| {
                    match flow.get("type").and_then(Value::bytes) {
                        Some(b"http") | None => {}
                        Some(kind) => {
                            return Ok(Err(ImportError::warning(
                                at,
                                &format!("a flow of {}, passed over", kind.escape_ascii()),
                            )));
                        }
                    }
                    let request = flow.get("request").ok_or("the flow has no request")?;
                    let mut draft = request_of(request, now)?;
                    draft.remote = flow.get("client_conn").and_then(remote);
                    if let Some(response) = flow.get("response") {
                        draft.answer = answer(response);
                        draft.taken = taken(request, response);
                    }
                    Ok(Ok(draft.capture()))
                })
                .unwrap_or_else(|what: String| Err(ImportError::entry(at, &what))),
        )
    }
}

fn request_of(request: &Value<'_>, now: jiff::Timestamp) -> Result<Draft, String> {
    let field = |name: &str| request.get(name).and_then(Value::bytes);
    let method = field("method").ok_or("the request has no method")?;
    let path = field("path").ok_or("the request has no path")?;
    let authority = field("authority").unwrap_or_default();
    let version = match field("http_version").unwrap_or_default() {
        version if version.starts_with(b"HTTP/2") || version.starts_with(b"HTTP/3") => Version::Http2,
        b"HTTP/1.0" => Version::Http10,
        _ => Version::Http11,
    };
    let mut headers = lines(request.get("headers"));
    let target = if method == b"CONNECT" {
        authority.to_vec()
    } else if version == Version::Http2 {
        // Which goes as a field of its own there (RFC 9113 §8.3.1).
        if !authority.is_empty() && !headers.iter().any(|(name, _)| name == b":authority") {
            headers.insert(0, (b":authority".to_vec(), authority.to_vec()));
        }
        path.to_vec()
    } else if authority.is_empty() {
        path.to_vec()
    } else {
        [field("scheme").unwrap_or(b"http"), b"://", authority, path].concat()
    };
    let fidelity = if version == Version::Http2 { Fidelity::Normalised } else { Fidelity::Fields };
    let started = request.get("timestamp_start").and_then(Value::number).and_then(draft::seconds);
    let mut draft = Draft::new(draft::head(method, &target, version, &headers, fidelity), started.unwrap_or(now));
    match field("content") {
        Some(content) => draft.body = Bytes::copy_from_slice(content),
        None => draft.end = BodyEnd::LeftOut("mitmproxy kept no content of it".into()),
    }
    draft.trailers = lines(request.get("trailers"));
    Ok(draft)
}

fn lines(value: Option<&Value<'_>>) -> Vec<Line> {
    let pairs = value.and_then(Value::list).unwrap_or_default();
    let line = |pair: &Value<'_>| match pair.list()? {
        [name, value] => Some((name.bytes()?.to_vec(), value.bytes()?.to_vec())),
        _ => None,
    };
    pairs.iter().filter_map(line).collect()
}

fn remote(client: &Value<'_>) -> Option<SocketAddr> {
    let address = client.get("peername").or_else(|| client.get("address"))?;
    // Before version 1 of the form an address was a dictionary that had it.
    let parts = address.list().or_else(|| address.get("address")?.list())?;
    let host = std::str::from_utf8(parts.first()?.bytes()?).ok()?;
    let port = parts.get(1)?.number().filter(|port| (0.0..65536.0).contains(port))?;
    Some(SocketAddr::new(host.split('%').next()?.parse().ok()?, port as u16))
}

fn answer(response: &Value<'_>) -> Option<Answer> {
    let status = response.get("status_code").or_else(|| response.get("code"))?.number()?;
    let status = (100.0..1000.0).contains(&status).then_some(status as u16)?;
    let name = |name: Vec<u8>| String::from_utf8_lossy(&name).into_owned();
    let headers = lines(response.get("headers")).into_iter().map(|(key, value)| (name(key), value.into())).collect();
    let body = response.get("content").and_then(Value::bytes).map_or_else(Bytes::new, Bytes::copy_from_slice);
    Some(Answer { headers, body, ..Answer::status(status) })
}

/// From the first byte of the request to the last of the response.
fn taken(request: &Value<'_>, response: &Value<'_>) -> Option<std::time::Duration> {
    let start = request.get("timestamp_start")?.number()?;
    let end = response.get("timestamp_end").or_else(|| response.get("timestamp_start"))?.number()?;
    draft::within(end - start)
}
