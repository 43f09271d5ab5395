//! A report as facts for a reader: the same on the screen and in text.

use std::time::Duration;

use super::{Diagnosis, Finding, Method, Report, Shown, Verdict};
use crate::model::Period;

/// How many bytes of the signed text are shown of each piece.
const PIECE: usize = 400;

/// A piece of a fact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Bit {
    /// Our words.
    Ours(String),
    /// Bytes from outside: they are to be escaped.
    Theirs(Vec<u8>),
}

/// A fact: what it is about, and what is so. A heading has nothing behind it.
pub type Fact = (String, Vec<Bit>);

fn ours(text: impl Into<String>) -> Vec<Bit> {
    vec![Bit::Ours(text.into())]
}

/// The facts of a report. `masked` leaves out of the expected signature all but its beginning: whoever has it can send this
/// very message as the provider.
pub fn story(report: &Report, masked: bool) -> Vec<Fact> {
    let mut facts = Vec::new();
    let order = std::iter::once(report.main).chain((0..report.findings.len()).filter(|at| *at != report.main));
    for at in order {
        let Some(finding) = report.findings.get(at) else { continue };
        if at != report.main {
            facts.push((format!("beside it: {}", finding.scheme.name), Vec::new()));
        }
        let diagnosis = report.diagnosis.as_ref().filter(|_| at == report.main);
        one(finding, diagnosis, masked, &mut facts);
    }
    facts
}

fn one(finding: &Finding, diagnosis: Option<&Diagnosis>, masked: bool, facts: &mut Vec<Fact>) {
    let mut push = |label: &str, bits: Vec<Bit>| facts.push((label.to_owned(), bits));
    let Finding { scheme, verdict, .. } = finding;
    push("verdict", ours(format!("{} {}: {}", verdict.glyph(), verdict.words(), verdict.meaning())));
    if let Some(why) = &finding.why {
        push("because", vec![Bit::Theirs(why.clone().into_bytes())]);
    }
    if let Some(diagnosis) = diagnosis {
        push("diagnosis", ours(diagnosis.what.clone()));
        push("remedy", ours(diagnosis.remedy.clone()));
    }
    let provider = crate::provider::named(scheme.provider).map_or(scheme.provider, |provider| provider.label);
    push("scheme", ours(format!("{} ({provider}), {}", scheme.name, finding.method.name())));
    match &finding.secret {
        Some(name) => push("secret", vec![Bit::Theirs(name.clone().into_bytes())]),
        // One that is there and cannot be used is told before.
        None if *verdict == Verdict::NoSecret && finding.why.is_none() => {
            let how = format!("none for {0}: start creel with --secret {0}=env:NAME", scheme.provider);
            push("secret", ours(how));
        }
        None => {}
    }
    if let Some(url) = &finding.url {
        push("URL", vec![Bit::Theirs(url.clone().into_bytes())]);
    }
    // Signatures stand beside what was expected.
    for (what, value) in finding.said.iter().filter(|(what, _)| *what != "signature") {
        push(what, vec![Bit::Theirs(value.clone())]);
    }
    if !finding.signed.is_empty() {
        push("signed", finding.signed.iter().flat_map(bits).collect());
    }
    for received in &finding.received {
        push("received", vec![Bit::Theirs(received.clone())]);
    }
    if let Some(expected) = &finding.expected {
        push("expected", ours(if masked { covered(expected) } else { expected.clone() }));
    } else if !finding.method.is_shared() && *verdict != Verdict::NoSecret {
        push("expected", ours("only the sender can make this signature; it is checked with a public key"));
    } else if finding.method == Method::Equal && *verdict == Verdict::Invalid {
        push("expected", ours("the secret, which is not shown"));
    }
    if let Some(age) = finding.age {
        let limit = finding.limit.map_or_else(
            || ", and nothing is made of it".to_owned(),
            |limit| format!("; up to {} is let pass", length(limit)),
        );
        // A time in another unit is no clock that is wrong by tens of thousands of years.
        let (age, unit) =
            finding.unit.map_or((age, String::new()), |(unit, age)| (age, format!(" by a time in {}", unit.name())));
        let when = if age < 0 { "after" } else { "before" };
        push("clock", ours(format!("signed {} {when} it came{unit}{limit}", length(age))));
    }
    if !scheme.note.is_empty() {
        push("note", ours(scheme.note));
    }
}

/// The first eight characters.
fn covered(text: &str) -> String {
    format!("{}…", text.chars().take(8).collect::<String>())
}

/// So many milliseconds, either way, in fitting units.
pub(super) fn length(millis: i64) -> Period {
    Period(Duration::from_millis(millis.unsigned_abs()))
}

fn bits(piece: &Shown) -> Vec<Bit> {
    match piece {
        Shown::Secret => ours("‹the secret›"),
        Shown::Bytes { first, length } | Shown::Body { first, length } => {
            let part = first.get(..PIECE).unwrap_or(first);
            let mut bits = vec![Bit::Theirs(part.to_vec())];
            if part.len() < *length {
                bits.extend(ours(format!(" ‹and {} bytes more of the body›", length - part.len())));
            }
            bits
        }
    }
}
