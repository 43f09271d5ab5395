//! The headers tab: header lines in groups with a few words about each, or in the order in which they came.
//!
//! Decided: inside a group they keep their order and their case, and the other order is one key away. What is written
//! inside a value (a user name, a token's claims, cookies, the addresses that it came through) stands under it. A masked
//! value shows its scheme and its length; what is inside of it is shown as far as it is no secret itself.

use super::{
    sheet::{Sheet, Text},
    tabs::{Shown, fidelity},
};
use crate::decode::{
    Role,
    headers::{self, Group, Part},
};
use crate::model::{Capture, Header, Printable};
use crate::provider::Provider;
use crate::tui::mask::{BULLETS, Mask};

/// In which order headers are shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Order {
    /// In groups, with words about each.
    #[default]
    Grouped,
    /// As they came.
    AsTheyCame,
}

impl Order {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Grouped => Self::AsTheyCame,
            Self::AsTheyCame => Self::Grouped,
        }
    }

    /// How it is called at the foot of the inspector.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Grouped => "grouped",
            Self::AsTheyCame => "as they came",
        }
    }
}

/// The groups, in the order in which they are shown, and their headings; the sender's is its name where that is known.
const GROUPS: [(Group, &str); 4] = [
    (Group::Sender, "the sender's own"),
    (Group::Way, "proxies, tunnels and tracing"),
    (Group::Standard, "standard"),
    (Group::Other, "others"),
];

/// How wide the column of names becomes.
const WIDEST: usize = 28;

/// All that is under the tab.
pub(super) fn headers(sheet: &mut Sheet, order: Order, shown: &Shown<'_>) {
    let capture = shown.capture;
    let head = &capture.head;
    sheet.say(Role::Dim, &format!("{} headers, {}", head.headers().len(), fidelity(capture)));
    let trailers = capture.trailers.iter().map(|(name, value)| Header { name, value });
    let secret = |header: &Header<'_>| shown.redaction.secret_of(header.name, header.value).is_some();
    match (shown.mask, head.headers().chain(trailers.clone()).filter(secret).count()) {
        (Mask::Nothing, _) | (Mask::Headers, 0) => {}
        (Mask::Headers, 1) => sheet.say(Role::Dim, &format!("1 value is masked; {}", shown.secrets_hint)),
        (Mask::Headers, count) => sheet.say(Role::Dim, &format!("{count} values are masked; {}", shown.secrets_hint)),
        (Mask::Everywhere, _) => sheet.say(Role::Dim, &format!("masked everywhere; {}", shown.secrets_hint)),
    }
    let width = |header: Header<'_>| Printable::limited(header.name, WIDEST).width();
    let column = head.headers().chain(trailers.clone()).map(width).max().unwrap_or(0) + 2;
    match order {
        Order::AsTheyCame => {
            sheet.gap();
            head.headers().for_each(|header| plain(sheet, column, header, shown));
        }
        Order::Grouped => {
            for (group, heading) in GROUPS {
                let mut members =
                    head.headers().filter(|header| group_of(header.name, shown.provider) == group).peekable();
                if members.peek().is_none() {
                    continue;
                }
                let heading =
                    shown.provider.filter(|_| group == Group::Sender).map_or(heading, |provider| provider.label);
                sheet.gap();
                sheet.say(Role::Dim, heading);
                members.for_each(|header| explained(sheet, column, header, shown));
            }
        }
    }
    if !capture.trailers.is_empty() {
        sheet.gap();
        sheet.say(Role::Dim, "trailers, sent after the body");
        trailers.for_each(|header| plain(sheet, column, header, shown));
    }
    let framing = framing(capture);
    if !framing.is_empty() {
        sheet.gap();
        sheet.facts(&framing);
    }
    if !capture.odd().is_empty() {
        sheet.gap();
        sheet.say(Role::Dim, "odd about it");
        let odd: Vec<_> = capture.odd().iter().map(|oddity| (oddity.name(), oddity.sentence().to_owned())).collect();
        sheet.facts(&odd);
    }
}

/// Where a header belongs: what only some senders send counts as theirs where one of them is known.
fn group_of(name: &[u8], provider: Option<&Provider>) -> Group {
    let says = provider.is_some_and(|provider| provider.says(name).is_some());
    match headers::known(name) {
        _ if says => Group::Sender,
        Some(row) => row.group,
        None if provider.is_some_and(|provider| provider.owns(name)) => Group::Sender,
        None => Group::Other,
    }
}

/// A value as it may be shown, and what is said where it is masked.
fn value_of<'a>(header: Header<'a>, shown: &Shown<'_>) -> (Vec<Text<'a>>, Option<String>) {
    let secret = shown.redaction.secret_of(header.name, header.value).filter(|_| shown.mask == Mask::Headers);
    match secret {
        Some((before, secret)) => {
            let text = vec![Text::Theirs(Role::Text, before), Text::Ours(Role::Escape, BULLETS.into())];
            (text, Some(format!("{} bytes, masked", secret.len())))
        }
        None => (vec![Text::Theirs(Role::Text, header.value)], None),
    }
}

fn plain(sheet: &mut Sheet, column: usize, header: Header<'_>, shown: &Shown<'_>) {
    let (value, masked) = value_of(header, shown);
    sheet.entry(0, &Text::Theirs(Role::Key, header.name), column, &value, &masked.unwrap_or_default());
}

fn explained(sheet: &mut Sheet, column: usize, header: Header<'_>, shown: &Shown<'_>) {
    let (value, masked) = value_of(header, shown);
    let says = shown.provider.and_then(|provider| provider.says(header.name));
    let known = says.or_else(|| headers::known(header.name).map(|row| row.words));
    let words = [masked.as_deref(), known].into_iter().flatten().collect::<Vec<_>>().join("; ");
    sheet.entry(0, &Text::Theirs(Role::Key, header.name), column, &value, &words);
    // What stands in place of a secret has no parts.
    let covered = shown.mask == Mask::Everywhere && shown.redaction.secret_of(header.name, header.value).is_some();
    if !covered {
        for part in headers::parts(header.name, header.value, shown.capture.received_at) {
            inside(sheet, column, &part, shown.mask);
        }
    }
}

fn inside(sheet: &mut Sheet, column: usize, part: &Part, mask: Mask) {
    let name = match std::str::from_utf8(&part.name) {
        Ok(name) if !part.named_outside => Text::Ours(Role::Dim, name.into()),
        _ => Text::Theirs(Role::Dim, &part.name),
    };
    let value = if part.secret && mask != Mask::Nothing && !part.value.is_empty() {
        Text::Ours(Role::Escape, BULLETS.into())
    } else {
        Text::Theirs(Role::String, &part.value)
    };
    sheet.entry(2, &name, column, &[value], &part.words);
}

/// How the body came: its chunks, and whether the sender was told to go on.
fn framing(capture: &Capture) -> Vec<(&'static str, String)> {
    /// How many sizes are shown.
    const SHOWN: usize = 16;
    let mut facts = Vec::new();
    if let Some(chunks) = &capture.wire.chunks {
        let sizes: Vec<String> = chunks.sizes.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = if chunks.count > sizes.len() as u64 { " …" } else { "" };
        let sizes = if sizes.is_empty() { String::new() } else { format!(": {}{more} bytes", sizes.join(" ")) };
        let extensions = if chunks.extensions { ", with extensions" } else { "" };
        facts.push(("chunks", format!("{}{extensions}{sizes}", chunks.count)));
    }
    if let Some(continued) = capture.wire.continued {
        let said = if continued { "asked for and sent" } else { "asked for and not sent" };
        facts.push(("100-continue", said.to_owned()));
    }
    facts
}
