//! The signature tab: what the judge and the doctor say of the capture.
//!
//! Decided: the expected signature is masked but for its beginning until secrets are shown, because whoever reads it off a
//! shared screen could send this very message as the provider.

use super::{
    sheet::{Sheet, Text},
    tabs::Shown,
};
use crate::decode::Role;
use crate::signature::{Bit, Verdict, story};
use crate::tui::mask::Mask;

/// How wide the column of labels is.
const LABELS: usize = 12;

/// All that is under the tab.
pub(super) fn signature(sheet: &mut Sheet, shown: &Shown<'_>) {
    let report = match shown.report {
        None => return sheet.say(Role::Dim, "checking…"),
        Some(None) => {
            sheet.say(Role::Dim, "it is not known who sent this, or they do not sign");
            sheet.say(Role::Text, "creel verify --provider NAME checks it as one that is named");
            return;
        }
        Some(Some(report)) => report,
    };
    if shown.mask == Mask::Everywhere {
        // Signed strings have all of the body in them.
        let verdict = report.decisive().map_or("", |finding| finding.verdict.words());
        sheet.say(Role::Text, &format!("verdict: {verdict}"));
        sheet.say(Role::Dim, &format!("the rest is masked; {}", shown.secrets_hint));
        return;
    }
    let verdict = report.decisive().map_or(Verdict::Unsupported, |finding| finding.verdict);
    for (label, bits) in story(report, shown.mask != Mask::Nothing) {
        if bits.is_empty() {
            sheet.gap();
            sheet.say(Role::Dim, &label);
            continue;
        }
        if matches!(label.as_str(), "scheme" | "signed") {
            sheet.gap();
        }
        let role = match (label.as_str(), verdict) {
            ("verdict" | "diagnosis", Verdict::Invalid | Verdict::Malformed) => Role::Error,
            ("verdict" | "diagnosis", Verdict::Stale) => Role::Warn,
            _ => Role::Text,
        };
        if let [Bit::Ours(text)] = bits.as_slice() {
            sheet.told(&label, LABELS, role, text);
            continue;
        }
        let value: Vec<Text<'_>> = bits
            .iter()
            .map(|bit| match bit {
                Bit::Ours(text) => Text::Ours(role, text.as_str().into()),
                Bit::Theirs(bytes) => Text::Theirs(Role::String, bytes),
            })
            .collect();
        sheet.entry(0, &Text::Ours(Role::Dim, label.clone().into()), LABELS, &value, "");
    }
    if shown.mask != Mask::Nothing && report.findings.iter().any(|finding| finding.expected.is_some()) {
        sheet.gap();
        sheet.say(Role::Dim, &format!("what was expected is masked; {}", shown.secrets_hint));
    }
}
