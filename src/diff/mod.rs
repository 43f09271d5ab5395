//! What differs between two messages: two captures, two outcomes, an outcome and the answer that the sender got, or what was
//! captured and what was sent for it.
//!
//! A comparison is data: sections of rows, each row with its sign, what it says on either side, and which words of that
//! differ. Whoever shows it ([`page`]) chooses what of it, and how. Decided: JSON is compared member by member, text line by
//! line, anything else by size, hash and first difference. What the user ignores is found, kept and counted like
//! everything else, and only told apart, so that an ignored difference is never a hidden one. How much is found is
//! bounded, and where it was too much that is said; two messages are the same only where all of both was compared.
//!
//! Refused: a patch. Nobody applies it, and rows with paths say more to a reader.

pub mod body;
mod clip;
mod fields;
pub mod ignore;
mod lines;
pub mod message;
mod octets;
pub mod page;
pub mod print;
mod rows;
mod sent;
mod structure;
mod words;

#[cfg(test)]
mod tests;

pub use self::{
    ignore::Ignored,
    message::{Field, Message, NoMessage},
    sent::sent,
};
use self::{message::First, rows::Found};
use crate::decode::Cancelled;

/// How something differs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// It does not.
    Same,
    /// It is on both sides, and not alike.
    Changed,
    /// The older side alone has it.
    Removed,
    /// The newer side alone has it.
    Added,
}

impl Sign {
    /// Each with the sign that stands for it and its name in JSON output.
    pub const TABLE: [(Self, char, &'static str); 4] = [
        (Self::Same, ' ', "same"),
        (Self::Changed, '~', "changed"),
        (Self::Removed, '-', "removed"),
        (Self::Added, '+', "added"),
    ];

    fn row(self) -> (Self, char, &'static str) {
        Self::TABLE.into_iter().find(|(sign, ..)| *sign == self).unwrap_or((self, ' ', ""))
    }

    /// The sign that stands for it.
    pub fn char(self) -> char {
        self.row().1
    }

    /// Its name in JSON output.
    pub fn name(self) -> &'static str {
        self.row().2
    }
}

/// What a row says on one side.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Side {
    /// The text, from outside; at most [`clip::LONGEST`] bytes of it, around where it differs.
    pub text: Box<[u8]>,
    /// Which bytes of it differ, where not all do.
    pub marks: Box<[(u32, u32)]>,
    /// Which line of the text or of the head it is, from 1.
    pub number: Option<u32>,
}

/// One row of a section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// How it differs.
    pub sign: Sign,
    /// Whether a difference begins here: what is added or removed as a whole may take many rows.
    pub begins: bool,
    /// Whether the user wants to know nothing of this difference.
    pub ignored: bool,
    /// How deep it lies in what it belongs to.
    pub depth: u16,
    /// What the older side has.
    pub old: Option<Side>,
    /// What the newer side has.
    pub new: Option<Side>,
    /// Where a difference is, as it would be written in what is ignored: `header:Date`, `json:.data.id`.
    pub path: Option<Box<str>>,
    /// Words of ours beside it.
    pub note: Option<Box<str>>,
    /// How many rows stand for this one that are not kept; it has no text then.
    pub left_out: usize,
}

/// A part of both messages.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Section {
    /// What it is.
    pub name: &'static str,
    /// Sentences of ours about it; may hold text from outside.
    pub notes: Vec<String>,
    /// Its rows, in order.
    pub rows: Vec<Row>,
    /// Whether there are more differences than are kept.
    pub more: bool,
}

/// See the head of this file.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Comparison {
    /// What the older side is; may hold text from outside.
    pub old: String,
    /// What the newer side is.
    pub new: String,
    /// What was compared.
    pub sections: Vec<Section>,
}

impl Section {
    /// Whether anything of it differs that is not ignored.
    pub fn differs(&self) -> bool {
        self.more || self.rows.iter().any(|row| row.begins && !row.ignored)
    }
}

impl Comparison {
    fn begun(&self) -> impl Iterator<Item = &Row> {
        self.sections.iter().flat_map(|section| &section.rows).filter(|row| row.begins)
    }

    /// How many differences there are that are not ignored.
    pub fn differences(&self) -> usize {
        self.begun().filter(|row| !row.ignored).count()
    }

    /// How many are ignored.
    pub fn ignored(&self) -> usize {
        self.begun().filter(|row| row.ignored).count()
    }

    /// Whether there are more than are kept.
    pub fn is_cut(&self) -> bool {
        self.sections.iter().any(|section| section.more)
    }

    /// Whether nothing differs but what is ignored.
    pub fn is_same(&self) -> bool {
        !self.sections.iter().any(Section::differs)
    }

    /// `3 differences, 1 ignored`, `no difference`.
    pub fn summary(&self) -> String {
        let more = if self.is_cut() { "more than " } else { "" };
        let differences = match self.differences() {
            0 if !self.is_cut() => "no difference".to_owned(),
            1 if !self.is_cut() => "1 difference".to_owned(),
            count => format!("{more}{count} differences"),
        };
        match self.ignored() {
            0 => differences,
            count => format!("{differences}, {count} ignored"),
        }
    }
}

/// Compares two messages. Waits for the disk where a body is in a file. Nothing when cancelled.
pub fn compare(old: &Message, new: &Message, ignored: &Ignored, cancelled: &Cancelled) -> Option<Comparison> {
    let mut sections = Vec::new();
    let mut found = Found::default();
    let names: Vec<&'static str> = new.first.iter().map(|First { name, .. }| *name).collect();
    for name in names {
        let text = |message: &Message| {
            message.first.iter().find(|first| first.name == name).map(|first| first.text.clone()).unwrap_or_default()
        };
        found.pair(0, &[], (&text(old), &text(new)), (name.to_owned(), false));
    }
    let is_answer = new.first.iter().any(|first| first.name == "status");
    sections.push(found.section(if is_answer { "status" } else { "request line" }, Vec::new()));
    if let (Some(were), Some(are)) = (&old.headers, &new.headers) {
        sections.push(fields::compare("headers", were, are, ignored));
    }
    if !old.trailers.is_empty() || !new.trailers.is_empty() {
        sections.push(fields::compare("trailers", &old.trailers, &new.trailers, ignored));
    }
    if let (Some(was), Some(is)) = (&old.body, &new.body) {
        sections.push(body::compare(was, is, ignored, cancelled)?);
    }
    if let Some(section) = sections.first_mut() {
        section.notes.extend(old.notes.iter().map(|note| format!("old: {note}")));
        section.notes.extend(new.notes.iter().map(|note| format!("new: {note}")));
    }
    Some(Comparison { old: old.label.clone(), new: new.label.clone(), sections })
}
