//! Comparing, on a thread where waiting is allowed: what is compared, and how messages are made of it.
//!
//! Decided: secrets are covered as they are elsewhere on the screen: values of headers unless they are shown, and with
//! everything masked the target and the body too, which are compared as they are shown then.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    mask::{Mask, veiled},
    message::Message,
};
use crate::decode::Cancelled;
use crate::diff::{
    self, Comparison, Ignored, Message as Compared,
    message::{Cover, Part},
};
use crate::export::redact::{Looked, Redaction};
use crate::model::{Attempt, Capture, Content};

/// One side.
#[derive(Clone, Debug)]
pub enum Side {
    /// What a capture is.
    Request(Arc<Capture>),
    /// What the sender of a capture got.
    Answer(Arc<Capture>),
    /// What came of an attempt.
    Outcome(Box<Attempt>),
}

/// What is to be compared.
#[derive(Clone, Debug)]
pub enum Matter {
    /// Two messages, the older one first.
    Messages(Side, Side),
    /// What was sent with what was captured.
    Sent(Box<Attempt>),
}

/// A comparison that is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Given back with what comes of it.
    pub ticket: u64,
    /// Of what.
    pub matter: Matter,
    /// What the sides are called.
    pub labels: [String; 2],
    /// What is ignored.
    pub ignored: Ignored,
    /// What is secret.
    pub redaction: Redaction,
    /// How much of that is shown.
    pub mask: Mask,
}

/// Compares. Waits for the disk where a body is in a file. Nothing when cancelled.
pub fn compare(wanted: &Wanted, cancelled: &Cancelled) -> Option<Message> {
    let told = |result| Some(Message::Differed(wanted.ticket, result));
    match made(wanted, cancelled) {
        Ok(comparison) => told(Ok(Box::new(comparison?))),
        Err(why) => told(Err(why)),
    }
}

fn made(wanted: &Wanted, cancelled: &Cancelled) -> Result<Option<Comparison>, String> {
    let cover = |name: &[u8], value: &[u8]| {
        let secret = wanted.redaction.secret_of(name, value).filter(|_| wanted.mask != Mask::Nothing);
        secret.map(|(before, _)| veiled(before))
    };
    let [old_label, new_label] = wanted.labels.clone();
    match &wanted.matter {
        Matter::Sent(attempt) => {
            let mut attempt = attempt.clone();
            if wanted.mask == Mask::Everywhere
                && let Some(line) = &mut attempt.ledger.request_line
            {
                line.from = wanted.redaction.target(&line.from).into();
                line.to = wanted.redaction.target(&line.to).into();
            }
            Ok(Some(diff::sent(&attempt, (old_label, new_label), &wanted.ignored, &cover)))
        }
        Matter::Messages(old, new) => {
            let (mut left, mut right) = (side(wanted, old, old_label, &cover)?, side(wanted, new, new_label, &cover)?);
            if matches!(old, Side::Answer(_)) || matches!(new, Side::Answer(_)) {
                (left, right) = (left.without_connection(), right.without_connection());
            }
            Ok(diff::compare(&left, &right, &wanted.ignored, cancelled))
        }
    }
}

fn side(wanted: &Wanted, side: &Side, label: String, cover: Cover<'_>) -> Result<Compared, String> {
    let covered = wanted.mask == Mask::Everywhere;
    let mut message = match side {
        Side::Request(capture) if covered => {
            let (masked, _) = wanted
                .redaction
                .apply(capture)
                .map_err(|error| format!("not compared: secrets cannot be masked, because {error}"))?;
            Compared::request(&masked, label, cover)
        }
        Side::Request(capture) => Compared::request(capture, label, cover),
        Side::Answer(capture) => Compared::answer(capture, label, cover).map_err(|why| why.to_string())?,
        Side::Outcome(attempt) => Compared::outcome(attempt, label, cover).map_err(|why| why.to_string())?,
    };
    if covered
        && !matches!(side, Side::Request(_))
        && let Some(body) = &mut message.body
    {
        mask(body, &wanted.redaction, &mut message.notes);
    }
    if covered {
        message.notes.push("secrets are masked, and compared as they are shown".to_owned());
    }
    Ok(message)
}

/// Masks the body of an answer.
fn mask(body: &mut Part, redaction: &Redaction, notes: &mut Vec<String>) {
    let header = |name| body.header(name).map(|value| Bytes::copy_from_slice(&value));
    let (content_type, coding) = (header("content-type"), header("content-encoding"));
    let Some(bytes) = body.content.bytes() else { return };
    match redaction.bytes(content_type.as_deref(), coding.as_deref(), bytes) {
        Looked::Into(masked) => body.content = Content::from(masked),
        Looked::PassedOver => {}
        Looked::Opaque => {
            body.content = Content::default();
            notes.push("the body is packed, so no secret can be masked in it, and it is not compared".to_owned());
        }
    }
}
