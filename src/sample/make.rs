//! Making a request of a sample, and signing it.

use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{
    Content, Sample, Set,
    fill::{Dice, Fill},
    write::Style,
};
use crate::model::{Answer, Body, Capture, CaptureId, Fidelity, Head, Origin, Seq, Timing, Version, Wire};
use crate::provider::Step;
use crate::signature::{self, Generated, Lines, Message, Method, Place, Scheme, Secret, Stamp};

/// What forms leave unescaped (WHATWG URL, "application/x-www-form-urlencoded percent-encode set").
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

/// By how much a stale sample is older than what is let pass, in seconds.
const TOO_OLD: i64 = 3600;

/// With what a sample is signed.
#[derive(Clone, Debug)]
pub enum Signer<'a> {
    /// With this secret by this scheme; the third is what stands beside the key.
    Known(&'static Scheme, &'a Secret, Option<&'a Secret>),
    /// With one that was made for it.
    Generated(&'static Scheme, Arc<Generated>),
    /// With none: what stands where the signature does was made up, because nobody but the sender can make such keys.
    MadeUp(&'static Scheme),
    /// Not at all: its provider does not sign.
    Unsigned,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// Of what.
    pub sample: &'static Sample,
    /// When.
    pub now: Timestamp,
    /// Chance: of one seed all is the same.
    pub seed: u64,
    /// The path and query it is sent to.
    pub target: &'a str,
    /// The whole URL it is sent to, which some sign.
    pub url: &'a str,
    /// What is to be otherwise.
    pub sets: &'a [Set],
    /// Whether it is to be older than its receiver lets pass.
    pub stale: bool,
}

/// A request that was made.
#[derive(Debug)]
pub struct Made {
    /// The request, as a capture that nobody sent.
    pub capture: Capture,
}

/// The signer for a sample: the first of the schemes of its provider that one of `secrets` fits, else one that is made.
/// The sentence says why none of them fits, where there are some.
pub fn signer<'a>(sample: &'static Sample, secrets: &[&'a Secret]) -> (Signer<'a>, Option<String>) {
    let Some(first) = signature::of(sample.provider).next() else { return (Signer::Unsigned, None) };
    let trial = Order {
        sample,
        now: Timestamp::UNIX_EPOCH,
        seed: 0,
        target: "/",
        url: "http://localhost/",
        sets: &[],
        stale: false,
    };
    let mut why = None;
    for scheme in signature::of(sample.provider) {
        for secret in secrets {
            let beside = secrets.iter().find(|other| other.is_pem() != secret.is_pem()).copied();
            let signer = Signer::Known(scheme, secret, beside);
            match make(&trial, &signer) {
                Ok(_) => return (signer, None),
                Err(sentence) => why = why.or(Some(sentence)),
            }
        }
    }
    let made = Generated::new(first, sample.secret_prefix());
    (made.map_or(Signer::MadeUp(first), |made| Signer::Generated(first, Arc::new(made))), why)
}

/// Makes the request. Fails with a sentence where a field cannot be set or the secret signs nothing.
pub fn make(order: &Order<'_>, signer: &Signer<'_>) -> Result<Made, String> {
    let sample = order.sample;
    let now = if order.stale { past(order, signer)? } else { order.now };
    let mut fill = Fill::new(now, Dice(order.seed));
    let broken = |why: String| format!("the sample {} is broken: {why}", sample.full_name());
    let id = fill.fill(sample.id).map_err(broken)?;
    fill.name("id", &id);
    let mut headers: Vec<(String, Vec<u8>)> = Vec::with_capacity(sample.headers.len() + 4);
    for (name, value) in &sample.headers {
        headers.push(((*name).to_owned(), fill.fill(value).map_err(broken)?.into_bytes()));
    }
    let mut body = Draft::of(sample, &mut fill).map_err(broken)?;
    for set in order.sets {
        body.set(set)?;
    }
    let stamp = Stamp { time: now.as_millisecond(), id: &id };
    for (name, value) in sign(order, signer, &headers, &mut body, stamp)? {
        match headers.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(&name)) {
            Some((_, own)) => *own = value,
            None => headers.push((name, value)),
        }
    }
    let lines = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_slice()));
    let head =
        Head::from_parts(sample.method.as_bytes(), order.target.as_bytes(), Version::Http11, lines, Fidelity::Fields);
    Ok(Made {
        capture: Capture {
            id: CaptureId::at(order.now),
            seq: Seq(0),
            received_at: order.now,
            remote: None,
            head,
            body: Body::complete(Bytes::from(body.bytes())),
            trailers: Box::default(),
            answer: Arc::new(Answer { because: Some(Origin::UNANSWERED.into()), ..Answer::default() }).into(),
            timing: Timing::default(),
            wire: Wire::default(),
            origin: Some(Origin::default()),
        },
    })
}

/// A time at which a signature of now would be too old.
fn past(order: &Order<'_>, signer: &Signer<'_>) -> Result<Timestamp, String> {
    let scheme = match signer {
        Signer::Known(scheme, ..) | Signer::Generated(scheme, _) | Signer::MadeUp(scheme) => Some(*scheme),
        Signer::Unsigned => None,
    };
    let Some(scheme) = scheme.filter(|scheme| scheme.time.is_some()) else {
        return Err(format!("{} signs no time, so nothing of it can be stale", order.sample.provider));
    };
    let tolerance = scheme.tolerance.map_or(0, |tolerance| i64::from(tolerance.seconds));
    order.now.checked_sub(SignedDuration::from_secs(tolerance + TOO_OLD)).map_err(|error| error.to_string())
}

/// A body before it is written.
enum Draft {
    Nothing,
    Json(Value, Style),
    Form(Vec<(String, String)>),
    FormJson(String, Value, Style),
}

impl Draft {
    fn of(sample: &Sample, fill: &mut Fill) -> Result<Self, String> {
        let mut json = |text: &str| {
            let filled = fill.fill(text)?;
            serde_json::from_str(&filled).map_err(|error| error.to_string())
        };
        Ok(match &sample.content {
            Content::Nothing => Self::Nothing,
            Content::Json(text, style) => Self::Json(json(text)?, *style),
            Content::FormJson(field, text, style) => Self::FormJson((*field).to_owned(), json(text)?, *style),
            Content::Form(fields) => {
                let filled = fields.iter().map(|(name, value)| Ok(((*name).to_owned(), fill.fill(value)?)));
                Self::Form(filled.collect::<Result<_, String>>()?)
            }
        })
    }

    fn set(&mut self, set: &Set) -> Result<(), String> {
        match self {
            Self::Nothing => Err("--set: this sample has no body".to_owned()),
            Self::Json(value, _) | Self::FormJson(_, value, _) => set.apply(value),
            Self::Form(fields) => set.apply_to_form(fields),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let form = |fields: &[(&str, &str)]| {
            let pair = |(name, value): &(&str, &str)| format!("{}={}", escaped(name), escaped(value));
            fields.iter().map(pair).collect::<Vec<_>>().join("&").into_bytes()
        };
        match self {
            Self::Nothing => Vec::new(),
            Self::Json(value, style) => style.write(value),
            Self::Form(fields) => {
                form(&fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>())
            }
            Self::FormJson(field, value, style) => {
                form(&[(field, String::from_utf8_lossy(&style.write(value)).as_ref())])
            }
        }
    }

    fn json(&mut self) -> Option<&mut Value> {
        match self {
            Self::Json(value, _) | Self::FormJson(_, value, _) => Some(value),
            Self::Nothing | Self::Form(_) => None,
        }
    }
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string().replace("%20", "+")
}

/// The header lines of a signature; one that belongs into the body is put there.
fn sign(
    order: &Order<'_>,
    signer: &Signer<'_>,
    headers: &[(String, Vec<u8>)],
    body: &mut Draft,
    stamp: Stamp<'_>,
) -> Result<Lines, String> {
    let (scheme, secret, beside) = match signer {
        Signer::Unsigned => return Ok(Lines::new()),
        Signer::MadeUp(scheme) => return made_up(order, scheme, body),
        Signer::Known(scheme, secret, beside) => (*scheme, *secret, *beside),
        Signer::Generated(scheme, made) => (*scheme, &made.signs, None),
    };
    let bytes = Bytes::from(body.bytes());
    let message = Message {
        method: order.sample.method.as_bytes(),
        target: order.target.as_bytes(),
        headers: headers.iter().map(|(name, value)| crate::model::Header { name: name.as_bytes(), value }).collect(),
        body: bytes.into(),
        whole: true,
        received_at: order.now,
        urls: vec![order.url.to_owned()],
    };
    let items = match scheme.at {
        Place::Header(_) | Place::Numbered(_) => {
            return signature::sign(scheme, &message, secret, beside, stamp);
        }
        Place::Body(_) => 1,
        Place::Items => body.json().and_then(|json| json.get("notificationItems")?.as_array()).map_or(0, Vec::len),
    };
    for item in 0..items {
        let made = signature::signature(scheme, &message, secret, beside, stamp, item)?;
        put(scheme, body, item, signature::encode(scheme.encoding, &made))?;
    }
    Ok(Lines::new())
}

/// Puts a signature into its place in the body.
fn put(scheme: &Scheme, body: &mut Draft, item: usize, text: String) -> Result<(), String> {
    let missing = || format!("the body has no place for a signature of {}", scheme.provider);
    let mut at = body.json().ok_or_else(missing)?;
    match scheme.at {
        Place::Items => {
            let pointer = format!("/notificationItems/{item}/NotificationRequestItem/additionalData/hmacSignature");
            at = at.pointer_mut(&pointer).ok_or_else(missing)?;
        }
        Place::Body(steps) => {
            for step in steps {
                at = match step {
                    Step::Key(name) => at.get_mut(name),
                    Step::First => at.get_mut(0),
                }
                .ok_or_else(missing)?;
            }
        }
        Place::Header(_) | Place::Numbered(_) => return Err(missing()),
    }
    *at = Value::String(text);
    Ok(())
}

/// Something that looks like a signature.
fn made_up(order: &Order<'_>, scheme: &Scheme, body: &mut Draft) -> Result<Lines, String> {
    let mut dice = Dice(order.seed);
    let length = if matches!(scheme.method, Method::Rsa(_)) { 256 } else { 64 };
    let bytes: Vec<u8> = (0..length).map(|_| dice.roll() as u8).collect();
    let text = signature::encode(scheme.encoding, &bytes);
    match scheme.at {
        Place::Header(name) => Ok(vec![(name.to_owned(), text.into_bytes())]),
        Place::Numbered(prefix) => Ok(vec![(format!("{prefix}1"), text.into_bytes())]),
        Place::Body(_) | Place::Items => put(scheme, body, 0, text).map(|()| Lines::new()),
    }
}
