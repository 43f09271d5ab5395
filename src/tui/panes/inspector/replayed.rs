//! One attempt: how it went, what was sent otherwise than captured, and what the target answered.

use std::borrow::Cow;

use bytes::Bytes;

use super::{cover, sheet::Sheet, tabs::Shown};
use crate::decode::{Role, Subject};
use crate::model::{At, Attempt, BodySent, Change, Digest, Framed, Ledger, Outcome, Period, Rewrite, Size};
use crate::tui::{
    mask::Mask,
    widgets::words::{clock, status_words},
};

/// One attempt, and the body of the answer to it.
pub(super) fn replay(sheet: &mut Sheet, attempt: &Attempt, shown: &Shown<'_>) -> Option<Subject> {
    let target = match shown.mask {
        Mask::Everywhere => shown.redaction.target(attempt.target.as_bytes()),
        Mask::Headers | Mask::Nothing => attempt.target.clone().into_bytes(),
    };
    // It is text, and what is replaced in it is text.
    let target = String::from_utf8_lossy(&target).into_owned();
    let mut facts = vec![("target", target), ("sent at", clock(attempt.started_at, shown.zone))];
    if let Some(duration) = attempt.duration {
        let parts = attempt.timings.parts().map(|(name, time)| format!("{} {}", name.replace('_', " "), Period(time)));
        let parts: Vec<String> = parts.collect();
        let of = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
        facts.push(("took", format!("{}{of}", Period(duration))));
    }
    if let Some(by) = &attempt.ledger.signed {
        facts.push(("re-signed", by.clone()));
    }
    if let Some(number) = attempt.forwarded {
        facts.push(("forwarded", if number == 1 { "as it came".to_owned() } else { format!("try {number}") }));
    }
    match &attempt.outcome {
        None => facts.push(("outcome", "waiting for the answer… esc cancels".to_owned())),
        Some(Outcome::Cancelled) => facts.push(("outcome", "cancelled".to_owned())),
        Some(Outcome::Failed(failure)) => facts.push(("outcome", failure.sentence.clone())),
        Some(Outcome::Replied(reply)) => {
            facts.push(("status", status_words(reply.status, &reply.reason)));
            facts.push(("body", Size(reply.body_received).to_string()));
            if let Some(cut) = &reply.body_cut {
                facts.push(("cut", cut.clone()));
            }
        }
    }
    sheet.facts(&facts);
    sheet.gap();
    ledger(sheet, &attempt.ledger, shown);
    let Some(Outcome::Replied(reply)) = &attempt.outcome else { return None };
    sheet.gap();
    sheet.say(Role::Dim, "answer");
    let headers: Vec<_> =
        reply.headers.iter().map(|(name, value)| (name.as_ref(), value_of(shown, name, value))).collect();
    sheet.pairs(headers.iter().map(|(name, value)| (*name, value.as_ref())));
    sheet.gap();
    if reply.body.is_empty() {
        sheet.say(Role::Dim, "no body");
        return None;
    }
    let header = |wanted: &str| {
        let found = reply.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted.as_bytes()));
        found.map(|(_, value)| value.as_ref())
    };
    let (body, said) = cover::body(shown, header, &reply.body);
    if let Some(said) = said {
        sheet.say(Role::Dim, said);
    }
    let headers = headers.iter().map(|(name, value)| (*name, value.as_ref()));
    Some(Subject::held(body, header("content-type").map(Bytes::copy_from_slice)).with_headers(headers))
}

/// A header's value as it may be shown here.
fn value_of<'a>(shown: &Shown<'_>, name: &[u8], value: &'a [u8]) -> Cow<'a, [u8]> {
    match shown.mask {
        Mask::Everywhere => Cow::Owned(shown.redaction.header(name, value)),
        Mask::Headers | Mask::Nothing => Cow::Borrowed(value),
    }
}

fn ledger(sheet: &mut Sheet, ledger: &Ledger, shown: &Shown<'_>) {
    let arrow = (Role::Dim, "→".as_bytes());
    if ledger.is_exact() {
        sheet.say(Role::Dim, "sent exactly as captured");
    } else {
        sheet.say(Role::Dim, "sent as captured, but for");
    }
    if let Some(Rewrite { from, to }) = &ledger.request_line {
        // The ends of the lines are shown where nothing else differs.
        let [short, shorter] = [from, to].map(|line| line.trim_ascii());
        let [from, to] = if short == shorter { [from.as_ref(), to.as_ref()] } else { [short, shorter] };
        let [from, to] = [from, to].map(|line| match shown.mask {
            Mask::Everywhere => Cow::Owned(shown.redaction.target(line)),
            Mask::Headers | Mask::Nothing => Cow::Borrowed(line),
        });
        let [from, to] = [from.as_ref(), to.as_ref()];
        sheet.ledger("~", b"request line", &[(Role::Dim, from), arrow, (Role::Text, to)]);
    }
    for change in &ledger.changes {
        let (sign, name) = (change.sign(), change.name());
        match change {
            Change::Removed { because, .. } => sheet.ledger(sign, name, &[(Role::Dim, because.as_bytes())]),
            Change::Added { value, .. } => sheet.ledger(sign, name, &[(Role::Text, &value_of(shown, name, value))]),
            Change::Changed { from, to, .. } => {
                let [from, to] = [from, to].map(|value| value_of(shown, name, value));
                sheet.ledger(sign, name, &[(Role::Dim, &from), arrow, (Role::Text, &to)]);
            }
            Change::Rewritten { at, because, .. } => {
                let name = if *at == At::End { b"end of head".as_slice() } else { name };
                sheet.ledger(sign, name, &[(Role::Dim, because.as_bytes())]);
            }
        }
    }
    let Framed { from, to, because } = ledger.framing;
    if !ledger.framing.is_same() {
        let [from, to, because] = [from.name(), to.name(), because.unwrap_or_default()].map(str::as_bytes);
        sheet.ledger("~", b"framing", &[(Role::Dim, from), arrow, (Role::Text, to), (Role::Dim, because)]);
    }
    let Some(BodySent { captured, sent, because }) = &ledger.body else { return };
    let because = because.as_deref().unwrap_or_default();
    let said = |digest: &Digest| format!("{} sha256 {digest}", Size(digest.size));
    if captured == sent {
        let same = said(sent);
        let because = if because.is_empty() { "on both sides" } else { because };
        sheet.ledger("=", b"body", &[(Role::Text, same.as_bytes()), (Role::Dim, because.as_bytes())]);
    } else {
        let [from, to] = [captured, sent].map(said);
        let from = (Role::Dim, from.as_bytes());
        sheet.ledger("~", b"body", &[from, arrow, (Role::Text, to.as_bytes()), (Role::Dim, because.as_bytes())]);
    }
}
