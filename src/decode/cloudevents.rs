//! `CloudEvents` (1.0): the attributes of an event first, then its data in the view that fits it.
//!
//! Decided: in the binary mode attributes are the `ce-` headers, percent-decoded (HTTP binding §3.1.3), and the body is the
//! data; in the structured mode both are members of one JSON object, and in a batch there are many of them, of which
//! [`EVENTS`] are shown one by one. `data_base64`, and data that is a string of another format, is shown decoded.

use base64::Engine as _;
use bytes::Bytes;
use percent_encoding::percent_decode;

use super::{
    Built, Cancelled, Subject,
    compose::{Compose, TEXT, part},
    fields, json,
    lines::Stop,
    media_type::{claims_json, essence},
    parts::Part,
};

/// How many events of a batch are shown one by one.
const EVENTS: usize = 1000;

/// The header that every event in the binary mode has.
pub(super) const MARK: &[u8] = b"ce-specversion";

/// An event, or a batch of them.
pub(super) fn build(subject: &Subject, cancelled: &Cancelled) -> Result<Built, Stop> {
    let mut compose = Compose::default();
    if subject.headers.iter().any(|(name, _)| name == MARK) {
        binary(&mut compose, subject, cancelled)?;
        return Ok(compose.built());
    }
    let bytes = subject.bytes.as_ref();
    json::scan(bytes, cancelled)?;
    let mut shown = 0;
    let mut note = None;
    let mut parts = Vec::new();
    for element in json::elements(bytes) {
        if shown == EVENTS {
            note = Some(format!("the first {EVENTS} events are shown"));
            break;
        }
        if shown > 0 {
            compose.gap(cancelled)?;
        }
        shown += 1;
        compose.title(&format!("event {shown}"), cancelled)?;
        parts.extend(structured(&mut compose, subject, element, cancelled)?);
    }
    if shown == 0 {
        let is_batch = bytes.get(json::blank(bytes, 0)) == Some(&b'[');
        if is_batch {
            compose.title("a batch of no events", cancelled)?;
        } else {
            parts.extend(structured(&mut compose, subject, 0..bytes.len(), cancelled)?);
        }
    }
    Ok(Built { note, parts, ..compose.built() })
}

fn binary(compose: &mut Compose, subject: &Subject, cancelled: &Cancelled) -> Result<(), Stop> {
    let mut attributes = Vec::new();
    let content_type = subject.content_type.iter().map(|value| (b"datacontenttype".as_slice(), value));
    let others = subject.headers.iter().map(|(name, value)| (name.get(3..).unwrap_or_default(), value));
    for (name, value) in others.chain(content_type) {
        attribute(&mut attributes, name, &percent_decode(value).collect::<Vec<u8>>());
    }
    compose.walk(&attributes, fields::WAY, 0, cancelled)?;
    compose.gap(cancelled)?;
    let data = subject.part(subject.bytes.clone(), subject.content_type.clone());
    compose.choice(part(&data, cancelled)?, 0);
    Ok(())
}

/// The event that is a range of the body; its data is a part of that.
fn structured(
    compose: &mut Compose,
    subject: &Subject,
    range: std::ops::Range<usize>,
    cancelled: &Cancelled,
) -> Result<Option<Part>, Stop> {
    let event = subject.bytes.get(range.clone()).unwrap_or_default();
    let mut attributes = Vec::new();
    let mut content_type = None;
    let mut data = None;
    for (name, value) in json::members(event) {
        let name = event.get(name).and_then(json::string).unwrap_or_default();
        let raw = event.get(value.clone()).unwrap_or_default();
        match name.as_ref() {
            "data" => data = Some((value, false)),
            "data_base64" => data = Some((value, true)),
            _ => {
                let text = json::string(raw);
                if name == "datacontenttype" {
                    content_type = text.as_ref().map(|text| Bytes::copy_from_slice(text.as_bytes()));
                }
                attribute(&mut attributes, name.as_bytes(), text.as_ref().map_or(raw, |text| text.as_bytes()));
            }
        }
    }
    if attributes.is_empty() {
        return Err(Stop::Not { at: range.start, why: "no attributes" });
    }
    compose.walk(&attributes, fields::WAY, 0, cancelled)?;
    let Some((value, in_base64)) = data else { return Ok(None) };
    compose.gap(cancelled)?;
    let raw = event.get(value.clone()).unwrap_or_default();
    let text = json::string(raw);
    let is_json = essence(content_type.as_deref()).is_none_or(|essence| claims_json(&essence));
    let decoded = match text {
        Some(text) if in_base64 => base64::engine::general_purpose::STANDARD.decode(text.as_bytes()).ok(),
        Some(text) if !is_json => Some(text.as_bytes().to_vec()),
        _ => None,
    };
    let data = match decoded {
        Some(decoded) => subject.part(decoded.into(), content_type),
        None => {
            let start = range.start + value.start;
            let bytes = subject.bytes.slice(start..start + raw.len());
            subject.part(bytes, Some(Bytes::from_static(b"application/json")))
        }
    };
    if data.bytes.is_empty() {
        compose.walk(b"\n", TEXT, 0, cancelled)?;
        return Ok(None);
    }
    compose.choice(part(&data, cancelled)?, 0);
    let range = range.start + value.start..range.start + value.end;
    let Subject { bytes, content_type, .. } = data;
    Ok(Some(Part { name: Some("data".to_owned()), filename: None, content_type, range, bytes }))
}

/// A line for an attribute; a line end in a value may not look like another attribute.
fn attribute(lines: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    let flat = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().map(|&byte| if matches!(byte, b'\n' | b'\r') { 0x1a } else { byte }).collect()
    };
    lines.extend(flat(name).into_iter().map(|byte| if byte == b':' { b'.' } else { byte }));
    lines.extend_from_slice(b": ");
    lines.extend(flat(value));
    lines.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::super::properties::{chosen, shown};
    use crate::decode::{Cancelled, Subject, decode};

    #[test]
    fn in_the_binary_mode_attributes_are_headers() {
        let headers: [(&[u8], &[u8]); 3] =
            [(b"Ce-Specversion", b"1.0"), (b"ce-type", b"a%20b\n"), (b"CE-ID", b"\x1b1")];
        let subject =
            Subject::held("{\"a\":[1]}".into(), Some("application/json".into())).with_headers(headers.into_iter());
        let document = decode(&subject, None, &Cancelled::new()).unwrap();
        assert_eq!(document.view().name, "cloudevents");
        let expected = [
            "specversion: 1.0",
            "type: a b^Z",
            "id: ^[1",
            "datacontenttype: application/json",
            "",
            "{",
            "  \"a\": [",
            "    1",
            "  ]",
            "}",
        ];
        assert_eq!(shown(&document, 80), expected);
        assert_eq!(document.body(), "{\"a\":[1]}");
    }

    #[test]
    fn in_the_structured_mode_they_are_members() {
        let body = br#"{"data":{"x":1e400},"specversion":"1.0","type":"t","n":3}"#;
        let (view, rows, note) = chosen(body, "application/cloudevents+json; charset=utf-8");
        assert_eq!((view, note), ("cloudevents", None));
        assert_eq!(rows, ["specversion: 1.0", "type: t", "n: 3", "", "{", "  \"x\": 1e400", "}"]);
        let body = br#"[{"id":"1","datacontenttype":"text/xml","data":"<a><b/></a>"},{"id":"2","data_base64":"aGVsbG8=","datacontenttype":"text/plain"}]"#;
        let expected = [
            "event 1",
            "id: 1",
            "datacontenttype: text/xml",
            "",
            "<a>",
            "  <b/>",
            "</a>",
            "",
            "event 2",
            "id: 2",
            "datacontenttype: text/plain",
            "",
            "hello",
        ];
        assert_eq!(chosen(body, "application/cloudevents-batch+json").1, expected);
        assert_eq!(chosen(b"[]", "application/cloudevents-batch+json").1, ["a batch of no events"]);
        assert_eq!(
            chosen(b"{", "application/cloudevents+json").2.unwrap(),
            "not CloudEvents: expected a name in quotes at line 1, column 2"
        );
    }
}
