//! What goes on the clipboard: choosing it, and asking for it to be made.

use bytes::Bytes;

use super::{acting::subject, node};
use crate::model::Capture;
use crate::tui::{
    effect::{Copyable, Effect},
    mask::{self, Mask},
    overlays::{Choice, Choose, Copied, Item, Overlay},
    state::State,
};

/// What can be copied: of the value that the cursor is at, and of the request.
pub(super) fn copies(state: &State) -> Overlay {
    let mut items = Vec::new();
    let Some(capture) = subject(state) else {
        items.push(Item::new("curl", state.curl_to_try(), Choice::Copy(Copied::CurlToTry)));
        items.push(Item::new("URL", state.session.url.as_str(), Choice::Copy(Copied::CaptureUrl)));
        return Overlay::Choose(Box::new(Choose::new("Copy", "what…", items)));
    };
    let size = crate::model::Size(capture.body.len() as u64);
    items.extend(node::copies(state));
    items.push(Item::new("body", format!("{size}, as it came"), Choice::Copy(Copied::Body)));
    items.push(Item::new("curl", "a command that sends the same", Choice::Copy(Copied::Curl)));
    let url = request_url(state, &capture);
    items.push(Item::new("URL", state.target_to_show(&url), Choice::Copy(Copied::RequestUrl)));
    if state.session.files.is_none() {
        items.push(Item::new("capture URL", state.session.url.as_str(), Choice::Copy(Copied::CaptureUrl)));
    }
    items.push(Item::new("raw", "head and body", Choice::Copy(Copied::Raw)));
    for (at, header) in capture.head.headers().enumerate() {
        // What is copied is whole; what is shown is not, where it is masked.
        let secret =
            state.session.redaction.secret_of(header.name, header.value).filter(|_| state.mask != Mask::Nothing);
        let value = secret.map_or_else(|| header.value.to_vec(), |(before, _)| mask::veiled(before));
        items.push(Item::new(header.name, value, Choice::Copy(Copied::Header(at))));
    }
    Overlay::Choose(Box::new(Choose::new("Copy", "what…", items)))
}

fn request_url(state: &State, capture: &Capture) -> Vec<u8> {
    let target = capture.head.target();
    let base = if target.starts_with(b"/") { state.session.url.as_bytes() } else { b"" };
    [base, target].concat()
}

/// Copies it.
pub(super) fn copy(state: &State, what: &Copied) -> Vec<Effect> {
    let words = |words, bytes: Bytes| vec![Effect::Copy(words, Copyable::Text(bytes))];
    match (what, subject(state)) {
        (Copied::CurlToTry, _) => words("the curl command", state.curl_to_try().into()),
        (Copied::CaptureUrl, _) => words("the URL", state.session.url.clone().into()),
        (Copied::Node(given), _) => node::copy(state, *given),
        (_, None) => Vec::new(),
        (Copied::RequestUrl, Some(capture)) => words("the URL", request_url(state, &capture).into()),
        (Copied::Body, Some(capture)) => vec![Effect::Copy("the body", Copyable::Body(capture))],
        (Copied::Curl, Some(capture)) => {
            vec![Effect::Copy("the curl command", Copyable::Curl(capture, state.session.url.clone()))]
        }
        (Copied::Raw, Some(capture)) => vec![Effect::Copy("the request", Copyable::Raw(capture))],
        (Copied::Header(at), Some(capture)) => match capture.head.headers().nth(*at) {
            Some(header) => words("the header's value", Bytes::copy_from_slice(header.value)),
            None => Vec::new(),
        },
    }
}
