//! Signing a request afresh that was captured: by which schemes, with which secret, with which time and id.
//!
//! Decided: what came with several signatures is sent with all of those that can be made, because a handler may check any of
//! them; what came without one gets its provider's strongest. Where several secrets could have made it, the one that did is
//! taken, else the first. What would be stale all the same, because its time stands in the body, is refused: the body is sent
//! as it is. Refused: guessing the sender, and signing with what is only there to check with.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{
    Age, Judge, Message, Secret,
    apart::{self, Lacking},
    of,
    scheme::{Method, Part, Place, Scheme, Time},
    sign::{Stamp, sign},
    verify,
};
use crate::model::Capture;
use crate::provider::{Provider, Source};

/// A header line of a request that was signed afresh, in place of those of its name.
#[derive(Clone)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Vec<u8>,
    /// What is shown for it where it is a secret itself: the reference of that.
    pub shown: Option<String>,
}

/// What makes a request one that was signed just now.
#[derive(Clone)]
pub struct Fresh {
    /// Its header lines.
    pub lines: Vec<Line>,
    /// By which schemes and with which secrets: `github with env:GITHUB_SECRET`.
    pub by: String,
}

/// What is to be new.
#[derive(Clone, Copy, Debug)]
pub struct Anew<'a> {
    /// The time.
    pub now: Timestamp,
    /// What new ids are made of, hyphenated as a UUID is (RFC 9562 §4).
    pub unique: &'a str,
    /// Whether ids are new that the capture has.
    pub ids: bool,
}

/// Signs `message`, which is what is going to be sent for `capture`. Its URL is the first of its URLs.
///
/// Fails with a sentence where the sender is not known, where no secret of it is, and where it cannot be signed.
pub fn fresh(judge: &Judge, capture: &Capture, message: &Message<'_>, anew: Anew<'_>) -> Result<Fresh, String> {
    let provider = judge
        .sender_of(capture)
        .ok_or("its sender is not known; a secret for its path says who it is: --secret PROVIDER/PATH=env:NAME")?;
    if of(provider.name).next().is_none() {
        return Err(format!("creel does not know how {} signs", provider.label));
    }
    let secrets = judge.of(provider.name, capture.head.path());
    if secrets.is_empty() {
        return Err(format!(
            "no secret for {} is known; name one with --secret {}=env:NAME",
            provider.label, provider.name
        ));
    }
    let came = Message::of(capture, judge.public());
    let mut work = Work { provider, came, secrets, anew, lines: Vec::new(), by: Vec::new() };
    work.ids(message);
    let there: Vec<_> = schemes(provider).filter(|scheme| work.has(scheme)).collect();
    let mut why = None;
    for scheme in &there {
        if let Err(sentence) = work.sign(scheme, message) {
            why = why.or(Some(sentence));
        }
    }
    if there.is_empty() {
        for scheme in of(provider.name) {
            match work.sign(scheme, message) {
                Ok(()) => break,
                Err(sentence) => why = why.or(Some(sentence)),
            }
        }
    }
    match why {
        Some(why) if work.by.is_empty() => Err(why),
        _ => Ok(Fresh { by: said(&work.by), lines: work.lines }),
    }
}

/// The schemes that a request of a provider may be signed by. Svix can write its headers under both names.
fn schemes(provider: &'static Provider) -> impl Iterator<Item = &'static Scheme> {
    let beside = if provider.name == "svix" { "standard-webhooks" } else { "" };
    of(provider.name).chain(of(beside))
}

/// `github, github-sha1 with env:A`.
fn said(by: &[(&'static str, String)]) -> String {
    let mut secrets: Vec<&str> = by.iter().map(|(_, secret)| secret.as_str()).collect();
    secrets.dedup();
    let schemes: Vec<&str> = by.iter().map(|(scheme, _)| *scheme).collect();
    format!("{} with {}", schemes.join(", "), secrets.join(", "))
}

struct Work<'a> {
    provider: &'static Provider,
    came: Message<'a>,
    secrets: Vec<&'a Secret>,
    anew: Anew<'a>,
    lines: Vec<Line>,
    by: Vec<(&'static str, String)>,
}

impl Work<'_> {
    /// Whether a scheme's signature came.
    fn has(&self, scheme: &Scheme) -> bool {
        !matches!(apart::apart(scheme, &self.came, 0), Err(Lacking::Absent))
    }

    fn is_written(&self, name: &str) -> bool {
        self.lines.iter().any(|line| line.name.eq_ignore_ascii_case(name))
    }

    /// New ids in the headers where the provider writes them, where that is wanted.
    fn ids(&mut self, message: &Message<'_>) {
        let names = self.provider.delivery.iter().filter_map(|source| match source {
            Source::Header(name) => Some(*name),
            _ => None,
        });
        let signed = schemes(self.provider).filter_map(|scheme| scheme.id);
        for name in names.chain(signed).filter(|_| self.anew.ids) {
            if let Some(id) = message.header(name).filter(|_| !self.is_written(name)) {
                let value = like(id, self.anew.unique).into_bytes();
                self.lines.push(Line { name: name.to_owned(), value, shown: None });
            }
        }
    }

    /// Signs by one scheme.
    fn sign(&mut self, scheme: &'static Scheme, message: &Message<'_>) -> Result<(), String> {
        if matches!(scheme.at, Place::Header(name) if self.is_written(name)) {
            // Two schemes of one header: the stronger one has it.
            return Ok(());
        }
        self.fits(scheme, message)?;
        let (now, anew) = (self.anew.now, self.anew);
        let mut own = self.lines.clone();
        if scheme.signed.contains(&Part::Header("PAYPAL-TRANSMISSION-TIME")) {
            let value = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into_bytes();
            own.push(Line { name: "PAYPAL-TRANSMISSION-TIME".to_owned(), value, shown: None });
        }
        let id = scheme.id.and_then(|name| {
            let line = own.iter().find(|line| line.name.eq_ignore_ascii_case(name));
            let id = line.map_or_else(|| message.header(name), |line| Some(&line.value))?;
            Some(String::from_utf8_lossy(id).into_owned())
        });
        let id = id.unwrap_or_else(|| format!("msg_{}", anew.unique.replace('-', "")));
        let mut message = message.clone();
        for header in &mut message.headers {
            if let Some(line) = own.iter().find(|line| header.is(&line.name)) {
                header.value = &line.value;
            }
        }
        let stamp = Stamp { time: now.as_millisecond(), id: &id };
        let (lines, secret) = self.with_a_secret(scheme, &message, stamp)?;
        for (name, value) in lines {
            let shown = (scheme.method == Method::Equal).then(|| secret.clone());
            own.retain(|line| !line.name.eq_ignore_ascii_case(&name));
            own.push(Line { name, value, shown });
        }
        self.lines = own;
        self.by.push((scheme.name, secret));
        Ok(())
    }

    /// Signs with the secret that made the captured signature, else with the first that can; says which it was.
    fn with_a_secret(
        &self,
        scheme: &'static Scheme,
        message: &Message<'_>,
        stamp: Stamp<'_>,
    ) -> Result<(super::Lines, String), String> {
        let made =
            if self.secrets.len() > 1 { verify(scheme, &self.came, &self.secrets, Age::Off).secret } else { None };
        let beside = self.secrets.iter().copied().find(|secret| !secret.is_pem());
        let mut secrets = self.secrets.clone();
        secrets.sort_by_key(|secret| Some(secret.name()) != made);
        let mut why = None;
        for secret in secrets {
            match sign(scheme, message, secret, beside, stamp) {
                Ok(lines) => return Ok((lines, secret.name())),
                Err(sentence) => why = why.or(Some(sentence)),
            }
        }
        let why = why.unwrap_or_default();
        Err(if scheme.method.is_shared() || matches!(scheme.at, Place::Body(_) | Place::Items) {
            why
        } else {
            format!("{} signs with a private key that nobody else has ({why})", self.provider.label)
        })
    }

    /// Whether a new signature would be one of now: its time may stand where nothing is written.
    fn fits(&self, scheme: &Scheme, message: &Message<'_>) -> Result<(), String> {
        let Some(Time::Json(path, unit)) = scheme.time.filter(|_| !matches!(scheme.at, Place::Body(_))) else {
            return Ok(());
        };
        let label = self.provider.label;
        let written = message.json().and_then(|json| json.at(path)).and_then(|value| value.scalar(64));
        let time = written.as_deref().and_then(apart::number).map(|count| unit.millis(count));
        let time =
            time.ok_or_else(|| format!("{label} writes the time of signing into the body, and there is none"))?;
        let age = self.anew.now.as_millisecond().saturating_sub(time).saturating_abs();
        match scheme.tolerance {
            Some(tolerance) if age > i64::from(tolerance.seconds) * 1000 => Err(format!(
                "{label} writes the time of signing into the body, and that is {} s off; make a draft with {} for it",
                age / 1000,
                self.anew.now.as_millisecond() / unit.millis(1),
            )),
            _ => Ok(()),
        }
    }
}

/// A new id that looks as another does: as a UUID, or as letters behind a prefix.
fn like(id: &[u8], unique: &str) -> String {
    let text: Cow<'_, str> = String::from_utf8_lossy(id);
    match text.rsplit_once('_') {
        Some((prefix, _)) => format!("{prefix}_{}", unique.replace('-', "")),
        None if text.contains('-') || text.len() < 8 => unique.to_owned(),
        None => unique.replace('-', ""),
    }
}

#[cfg(test)]
#[path = "fresh_tests.rs"]
mod tests;
