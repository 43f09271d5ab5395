//! The fields: what can be asked of a capture.
//!
//! Parsing, matching, printing, completion, the help and the reference all read [`FIELDS`]. A field is added by a row in
//! `rows`: its kind says how values are written, its `read` hands out what is compared.

mod rows;

use std::io::Write;

use super::Facts;
use crate::model::Capture;

pub use rows::FIELDS;

/// How the values of a field are written and compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Text that the value lies in, without regard to case.
    Text,
    /// One word that the value must be, without regard to case.
    Word,
    /// The whole of a value, text without regard to case or a number.
    Value,
    /// A whole number.
    Count,
    /// A status code or a class of them.
    Status,
    /// A number of bytes.
    Size,
    /// A length of time.
    Duration,
    /// A moment.
    Time,
    /// `true` or `false`.
    Flag,
}

impl Kind {
    /// What a value is, for "… is not …".
    pub fn expected(self) -> &'static str {
        match self {
            Self::Text | Self::Word => "text",
            Self::Value => "a number such as 1000 or -0.5",
            Self::Count => "a whole number",
            Self::Status => "a status such as 404 or a class such as 4xx",
            Self::Size => "a size such as 512, 10kb or 1.5MiB",
            Self::Duration => "a length of time such as 250ms, 1s or 5m",
            Self::Time => "a date such as 2026-01-31 or today, or a time such as 2026-01-31T09:26",
            Self::Flag => "true or false",
        }
    }

    /// Whether values are compared as text.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Word | Self::Value)
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Field {
    /// What it is called.
    pub name: &'static str,
    /// What it is called too.
    pub aliases: &'static [&'static str],
    /// How its values are written.
    pub kind: Kind,
    /// What may stand after its name and a dot, if something may: `header name`.
    pub part: Option<&'static str>,
    /// What it is, in a few words.
    pub help: &'static str,
    /// A query that uses it.
    pub example: &'static str,
    /// Values that are known beforehand, each with a word on it.
    pub known: fn() -> Vec<(&'static str, &'static str)>,
    /// Whether no other values than the known ones make sense.
    pub(super) closed: bool,
    /// Whether values begin with a slash, so that a regular expression is written `~/…/`.
    pub(super) slashes: bool,
    /// Whether the body is among its values. It is not shown to a visitor, because it may be in a file.
    pub(super) body: bool,
    /// How dear it is to read, as an order: what is cheap is asked first.
    pub(super) cost: u8,
    /// How it is read.
    pub(super) read: Read,
}

/// What a capture is matched with: the capture, and what stands beside it.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub capture: &'a Capture,
    pub facts: &'a Facts,
}

/// Is shown the values of a field one after the other; says whether it has seen enough.
pub(super) type Visit<'v> = &'v mut dyn FnMut(&[u8]) -> bool;

/// How a field is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Read {
    /// Shows every value, as far as the visitor wants them, and hands on whether it has seen enough. The text is the part
    /// after the dot.
    Texts(fn(Seen<'_>, Option<&str>, Visit<'_>) -> bool),
    /// What lies at a path into the body.
    Json,
    /// What a jq expression gives for it.
    Jq,
    Number(fn(Seen<'_>) -> Option<i128>),
    Flag(fn(Seen<'_>) -> bool),
}

/// The field that a word alone asks for.
pub(super) const ANYWHERE: &str = "text";

/// The field that a jq expression asks for.
pub(super) const JQ: &str = "jq";

/// The field that a path into JSON asks for.
pub(super) const JSON: &str = "json";

/// The field of that name, case aside.
pub fn field(name: &str) -> Option<&'static Field> {
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    FIELDS.iter().find(|field| is(field.name) || field.aliases.iter().any(|alias| is(alias)))
}

/// Shows how a short thing is written, from a buffer on the stack.
pub(super) fn written(thing: &dyn std::fmt::Display, visit: Visit<'_>) -> bool {
    // An IPv6 address with a scope and a port takes 58.
    const LONGEST: usize = 64;
    let mut buffer = [0_u8; LONGEST];
    let mut rest = buffer.as_mut_slice();
    if write!(rest, "{thing}").is_err() {
        return visit(thing.to_string().as_bytes());
    }
    let left = rest.len();
    visit(buffer.get(..LONGEST - left).unwrap_or_default())
}
