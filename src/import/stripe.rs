//! Events as Stripe's API and its command line print them: alone, in the lists of `GET /v1/events`, or one after the other
//! as `stripe listen --print-json` does.
//!
//! Decided: an event becomes the request that brings it, a POST with the event as its body; the bytes are those that were
//! printed, which need not be those that a webhook had, so the body is marked. There is no signature, because none was
//! printed, and no other header that Stripe's servers would add. The target is `/`.

use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    At, ImportError, Input, Item, Items,
    draft::{self, Draft},
    json::{self, Entry},
};
use crate::model::{Fidelity, Version};

/// Whether it begins as an event or a list does.
pub(super) fn recognises(first: &[u8]) -> bool {
    let text = String::from_utf8_lossy(first);
    if !text.trim_start().starts_with(['{', '[']) {
        return false;
    }
    let compact: String = text.chars().filter(|char| !char.is_whitespace()).collect();
    compact.contains("\"object\":\"event\"") || compact.starts_with("{\"object\":\"list\"")
}

pub(super) fn read(input: Input<'_>) -> Items<'_> {
    let now = input.now;
    match input.whole() {
        Ok(bytes) => {
            let entries = json::entries(&bytes, list);
            Box::new(entries.into_iter().zip(1..).map(move |(entry, number)| one(&bytes, entry, number, now)))
        }
        Err(error) => Box::new(std::iter::once(Err(error))),
    }
}

#[derive(Deserialize)]
struct List<'a> {
    object: String,
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
}

fn list(json: &str) -> Option<Vec<&RawValue>> {
    let list: List = serde_json::from_str(json).ok()?;
    (list.object == "list").then_some(list.data)
}

#[derive(Deserialize)]
struct Event {
    object: Option<String>,
    created: Option<f64>,
}

fn one(bytes: &Bytes, entry: Entry, number: u64, now: Timestamp) -> Item {
    let refuse = |what: &str| ImportError::entry(At::Entry(number), what);
    let place = entry?;
    let text = json::text(bytes, place.clone());
    let event: Event =
        serde_json::from_str(text).map_err(|error| refuse(&format!("not an event: {}", json::plain(&error))))?;
    match event.object.as_deref() {
        Some("event") => {}
        Some(object) => return Err(refuse(&format!("not an event, but an object of the kind {object}"))),
        None => return Err(refuse("not an event: it has no `object`")),
    }
    let headers = [(b"Content-Type".to_vec(), b"application/json; charset=utf-8".to_vec())];
    let head = draft::head(b"POST", b"/", Version::Http11, &headers, Fidelity::Normalised);
    let mut draft = Draft::new(head, event.created.and_then(draft::seconds).unwrap_or(now));
    // A copy, so that one event that is kept does not keep all of the file.
    draft.body = Bytes::copy_from_slice(bytes.get(place).unwrap_or_default());
    draft.rewritten = true;
    Ok(draft.capture())
}
