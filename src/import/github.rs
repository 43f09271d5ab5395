//! Deliveries as GitHub's API tells of them (REST: "Get a delivery for a repository webhook", and those of organisations and
//! apps), alone, in lists, or one after the other as `gh api --paginate` prints them.
//!
//! Decided: the API gives the payload as JSON that it parsed and wrote again. The body is that JSON without white space,
//! numbers and escapes as they stand, which is how GitHub sends it; it may still differ in a byte, so it is marked, and said
//! once. The signature stands among the headers as it was sent: checking it tells whether the bytes are the same.
//! `Host` and target are those of the `url`.

use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::{
    At, ImportError, Input, Item, Items,
    draft::{self, Draft, Line},
    json::{self, Entry},
    url::Parts,
};
use crate::model::{Answer, BodyEnd, Fidelity, Version};

/// Whether it begins as a delivery or a list of them does.
pub(super) fn recognises(first: &[u8]) -> bool {
    let text = String::from_utf8_lossy(first);
    let start = text.trim_start().trim_start_matches('[').trim_start();
    start.starts_with('{') && text.contains("\"guid\"") && text.contains("\"delivered_at\"")
}

pub(super) fn read(input: Input<'_>) -> Items<'_> {
    let now = input.now;
    let bytes = match input.whole() {
        Ok(bytes) => bytes,
        Err(error) => return Box::new(std::iter::once(Err(error))),
    };
    let entries = json::entries(&bytes, |_| None);
    let mut said = false;
    Box::new(entries.into_iter().zip(1..).flat_map(move |(entry, number)| {
        let item = one(&bytes, entry, number, now);
        let warn = !said && item.is_ok();
        said |= warn;
        let warning = warn.then(|| {
            Err(ImportError::warning(
                At::Entry(number),
                "GitHub's API gives payloads as JSON that was parsed and written again: bodies may differ from what was \
                 sent, and then their signatures do not hold",
            ))
        });
        warning.into_iter().chain([item])
    }))
}

fn one(bytes: &Bytes, entry: Entry, number: u64, now: Timestamp) -> Item {
    let refuse = |what: &str| ImportError::entry(At::Entry(number), what);
    let text = json::text(bytes, entry?);
    let delivery: Delivery =
        serde_json::from_str(text).map_err(|error| refuse(&format!("not a delivery: {}", json::plain(&error))))?;
    let Some(request) = delivery.request else {
        return Err(refuse(
            "the list of deliveries has no requests; ask for each by its id, as in \
             gh api repos/OWNER/REPO/hooks/HOOK/deliveries/ID",
        ));
    };
    let url = delivery.url.unwrap_or_default();
    let parts = Parts::of(url.as_bytes());
    let mut headers: Vec<Line> = Vec::new();
    let has_host = request.headers.keys().any(|name| name.eq_ignore_ascii_case("host"));
    if !parts.host.is_empty() && !has_host {
        headers.push((b"Host".to_vec(), parts.host_header()));
    }
    headers.extend(lines(&request.headers));
    let is_form = headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case(b"content-type") && value.starts_with(b"application/x-www-form-urlencoded")
    });
    let head = draft::head(b"POST", &parts.target(), Version::Http11, &headers, Fidelity::Normalised);
    let at = match delivery.delivered_at {
        Some(time) => time.parse().map_err(|_| refuse(&format!("`delivered_at` is no time: {time}")))?,
        None => now,
    };
    let mut draft = Draft::new(head, at);
    match request.payload.map(RawValue::get) {
        None | Some("null") => draft.end = BodyEnd::LeftOut("GitHub's API gives no payload".into()),
        Some(payload) => {
            let payload = json::compact(payload);
            draft.body = if is_form { draft::form([(&b"payload"[..], &payload[..])]).into() } else { payload.into() };
            draft.rewritten = true;
        }
    }
    draft.taken = delivery.duration.and_then(draft::within);
    let status = delivery.status_code.filter(|status| (100..1000).contains(status));
    draft.answer = status.map(|status| {
        let response = delivery.response.unwrap_or_default();
        let body = match response.payload {
            Some(Value::String(text)) => text.into(),
            _ => Bytes::new(),
        };
        let headers = lines(&response.headers).map(|(name, value)| (text_of(name), value.into()));
        Answer { headers: headers.collect(), body, ..Answer::status(status) }
    });
    Ok(draft.capture())
}

fn text_of(name: Vec<u8>) -> String {
    String::from_utf8(name).unwrap_or_default()
}

/// Header lines of an object of them.
fn lines(headers: &Map<String, Value>) -> impl Iterator<Item = Line> {
    headers.iter().flat_map(|(name, value)| {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        values.iter().filter_map(move |value| {
            let value = match value {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some((name.clone().into_bytes(), value.into_bytes()))
        })
    })
}

#[derive(Deserialize)]
struct Delivery<'a> {
    delivered_at: Option<String>,
    duration: Option<f64>,
    status_code: Option<u16>,
    url: Option<String>,
    #[serde(borrow)]
    request: Option<Request<'a>>,
    response: Option<Response>,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct Response {
    #[serde(default)]
    headers: Map<String, Value>,
    payload: Option<Value>,
}
