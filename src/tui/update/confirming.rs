//! Confirming what a request asks the receiver to call: shown whole, and called only when that is chosen.
//!
//! Decided: the call is a draft that is sent, as a sample is, so that it stays in the list with what came of it.

use bytes::Bytes;
use jiff::Timestamp;

use super::acting::subject;
use crate::handshake::{Confirmation, confirmation};
use crate::model::{Body, Capture, CaptureId, Fidelity, Given, Head, Origin, Seq, Timing, Version, Wire};
use crate::replay::Target;
use crate::tui::{
    action::Action,
    effect::Effect,
    keymap::Context,
    mask::Mask,
    message::Tone,
    overlays::{Choice, Choose, Item, Overlay},
    state::State,
};

/// Why nothing can be confirmed now; nothing when it can.
pub(super) fn unavailable(state: &State) -> Option<&'static str> {
    match subject(state) {
        None => Some("no request is selected"),
        Some(capture) if confirmation(&capture).is_none() => Some("the request does not ask for a confirmation"),
        Some(_) => None,
    }
}

/// Says what would be called, and asks.
pub(super) fn ask(state: &mut State) {
    let Some(capture) = subject(state) else { return };
    let Some(asked) = confirmation(&capture) else { return };
    let Confirmation { does, topic, base, target } = match asked {
        Ok(asked) => asked,
        Err(why) => return state.tell(Tone::Bad, why),
    };
    let verdict = state.verdicts.of(capture.seq).map_or("not checked", |standing| standing.verdict.words());
    // The token in it is what confirms.
    let url = if state.mask == Mask::Everywhere { format!("{base}/…") } else { format!("{base}{target}") };
    let items = vec![
        Item::new("leave it", format!("signature {verdict}; topic {topic}"), Choice::Nothing),
        Item::new(does, format!("GET {url}"), Choice::Confirm(capture.seq)),
    ];
    state.overlays.push(Overlay::Choose(Box::new(Choose::new("Call what it asks for?", "", items))));
}

/// What to press to be asked.
pub(super) fn hint(state: &State) -> String {
    let key = state.session.keymap.chord(Context::Inspector, Action::Confirm);
    key.map_or_else(String::new, |key| format!("{key} shows it"))
}

/// Calls it.
pub(super) fn confirm(state: &mut State, seq: Seq) -> Vec<Effect> {
    let Some(capture) = state.captures.get(seq).cloned() else { return Vec::new() };
    let Some(Ok(Confirmation { base, target, .. })) = confirmation(&capture) else { return Vec::new() };
    let to = match Target::parse(&base) {
        Ok(to) => to,
        Err(error) => {
            state.tell(Tone::Bad, error.to_string());
            return Vec::new();
        }
    };
    vec![Effect::SendDraft(Box::new(call(&capture, &target, state.now)), Box::new(to))]
}

fn call(of: &Capture, target: &str, now: Timestamp) -> Capture {
    let headers: [(&[u8], &[u8]); 1] = [(b"Accept", b"*/*")];
    Capture {
        id: CaptureId::at(now),
        seq: Seq(0),
        received_at: now,
        remote: None,
        head: Head::from_parts(b"GET", target.as_bytes(), Version::Http11, headers, Fidelity::Fields),
        body: Body::complete(Bytes::new()),
        trailers: Box::default(),
        answer: Given::default(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: Some(Origin { of: Some(of.id) }),
    }
}
