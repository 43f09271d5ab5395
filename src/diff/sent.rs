//! What was sent against what was captured: the ledger of an attempt, as a comparison.

use super::{
    Comparison, Ignored, Sign,
    message::Cover,
    rows::{Found, How},
};
use crate::model::{Attempt, BodySent, Change, Digest, Framed, Rewrite, Size};

/// The comparison that an attempt's ledger is. Header lines that are alike are not in it.
pub fn sent(attempt: &Attempt, (old, new): (String, String), ignored: &Ignored, cover: Cover<'_>) -> Comparison {
    let ledger = &attempt.ledger;
    let mut line = Found::default();
    if let Some(Rewrite { from, to }) = &ledger.request_line {
        let [short, shorter] = [from, to].map(|line| line.trim_ascii());
        let (from, to) = if short == shorter { (from.as_ref(), to.as_ref()) } else { (short, shorter) };
        line.changed(How::default(), b"", [(from, None), (to, None)], "request line".to_owned());
    }
    let mut fields = Found::default();
    for change in &ledger.changes {
        let name = change.name();
        let how = How { ignored: ignored.header(name), ..How::default() };
        let path = format!("header:{}", String::from_utf8_lossy(name));
        let shown = |value: &[u8]| cover(name, value).unwrap_or_else(|| value.to_vec());
        let label = [name.as_ref(), b": "].concat();
        match change {
            Change::Removed { because, .. } => {
                fields.one(Sign::Removed, how, name, None, Some(path));
                fields.note((*because).to_owned());
            }
            Change::Added { value, .. } => {
                fields.one(Sign::Added, how, &[label, shown(value)].concat(), None, Some(path));
            }
            Change::Changed { from, to, .. } => {
                fields.changed(how, &label, [(&shown(from), None), (&shown(to), None)], path);
            }
            Change::Rewritten { from, to, because, .. } => {
                let covered = cover(name, b"x").is_some();
                let (from, to) = if covered { (name, name) } else { (from, to) };
                fields.changed(how, b"", [(from, None), (to, None)], path);
                fields.note((*because).to_owned());
            }
        }
    }
    let mut framing = Found::default();
    let Framed { from, to, because } = ledger.framing;
    if !ledger.framing.is_same() {
        let because = because.unwrap_or_default();
        let texts = [from.name().to_owned(), format!("{} {because}", to.name())];
        let [from, to] = texts.each_ref().map(|text| text.trim_end().as_bytes());
        framing.changed(How::default(), b"", [(from, None), (to, None)], "framing".to_owned());
    }
    let mut body = Found::default();
    let mut notes = Vec::new();
    match &ledger.body {
        None => notes.push("the body has not been sent".to_owned()),
        Some(BodySent { captured, sent, because }) => {
            let said = |digest: &Digest| format!("{} sha256 {digest}", Size(digest.size));
            let (from, to) = (said(captured), said(sent));
            body.pair(0, b"", (from.as_bytes(), to.as_bytes()), ("body".to_owned(), false));
            notes.extend(because.clone());
        }
    }
    let none = |found: &Found| if found.is_empty() { vec!["sent as captured".to_owned()] } else { Vec::new() };
    let (line_notes, field_notes, framing_notes) = (none(&line), none(&fields), none(&framing));
    let sections = vec![
        line.section("request line", line_notes),
        fields.section("headers", field_notes),
        framing.section("framing", framing_notes),
        body.section("body", notes),
    ];
    Comparison { old, new, sections }
}
