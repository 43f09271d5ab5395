//! What is shown while secrets are masked everywhere: the capture as exports for people have it.
//!
//! Decided: the page is made from a capture without its secrets, so that no tab, view or search can show one by mistake.
//! Until that capture is there, and where it cannot be made, nothing is shown.

use std::sync::Arc;

use super::{AT_ONCE, InspectorState, tabs::Shown};
use crate::export::redact::{Looked, Redacted};
use crate::model::{Body, Capture, Seq};
use crate::tui::{effect::Effect, mask::Mask};

use bytes::Bytes;

/// See the head of this file.
#[derive(Debug)]
pub struct Covered {
    seq: Seq,
    /// Nothing while it is being made.
    made: Option<Result<(Arc<Capture>, Redacted), String>>,
}

/// What a page is made from.
#[derive(Debug)]
pub enum Cover {
    /// The capture as it came.
    None,
    /// The capture without its secrets, and what is to be said of its body.
    Made(Arc<Capture>, Option<&'static str>),
    /// Nothing yet, or nothing at all: a sentence.
    Nothing(String),
}

/// What the page is to be made from now; what takes longer than a frame is asked for.
pub(super) fn cover(state: &mut InspectorState, shown: &Shown<'_>, effects: &mut Vec<Effect>) -> Cover {
    if shown.mask != Mask::Everywhere {
        state.covered = None;
        return Cover::None;
    }
    let capture = shown.capture;
    let made = match &mut state.covered {
        Some(covered) if covered.seq == capture.seq => &covered.made,
        covered => {
            let small = !capture.body.is_spooled() && capture.body.len() <= AT_ONCE;
            let made = small.then(|| shown.redaction.apply(capture).map_err(|error| error.to_string()));
            if made.is_none() {
                effects.push(Effect::Mask(Arc::clone(capture), shown.redaction.clone()));
            }
            &covered.insert(Covered { seq: capture.seq, made }).made
        }
    };
    match made {
        None => Cover::Nothing("masking…".to_owned()),
        Some(Err(why)) => Cover::Nothing(why.clone()),
        Some(Ok((masked, Redacted { opaque: true, .. }))) => {
            let body = Body::complete(Bytes::new());
            Cover::Made(Arc::new(Capture { body, ..Capture::clone(masked) }), Some(OPAQUE))
        }
        Some(Ok((masked, done))) => Cover::Made(Arc::clone(masked), done.passed_over.then_some(PASSED_OVER)),
    }
}

/// Said in place of a body that is coded.
const OPAQUE: &str = "not shown: its content coding hides what in it is secret";
/// Said over a body that is neither JSON nor a form.
const PASSED_OVER: &str = "as it came: secrets are masked in JSON and forms alone";

/// A body of an answer as it may be shown, and what is to be said of it.
pub(super) fn body<'a>(
    shown: &Shown<'_>,
    header: impl Fn(&str) -> Option<&'a [u8]>,
    body: &Bytes,
) -> (Bytes, Option<&'static str>) {
    if shown.mask != Mask::Everywhere || body.is_empty() {
        return (body.clone(), None);
    }
    match shown.redaction.bytes(header("content-type"), header("content-encoding"), body) {
        Looked::Into(bytes) => (bytes, None),
        Looked::PassedOver => (body.clone(), Some(PASSED_OVER)),
        Looked::Opaque => (Bytes::new(), Some(OPAQUE)),
    }
}

/// Takes the capture that was asked for, if it is still wanted.
pub fn masked(state: &mut InspectorState, seq: Seq, made: Result<(Arc<Capture>, Redacted), String>) {
    if let Some(covered) = state.covered.as_mut().filter(|covered| covered.seq == seq) {
        covered.made = Some(made);
    }
}
