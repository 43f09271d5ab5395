//! What a view hands to whoever draws: pieces of text with a meaning and a search mark, and no colour.

use std::borrow::Cow;

/// What a piece of text means. A theme gives it a colour.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Text without a meaning of its own.
    Text,
    /// What matters less than what stands beside it.
    Dim,
    /// The name in a pair of name and value.
    Key,
    /// A string, or the value of a pair.
    String,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Literal,
    /// What holds the others together: brackets, commas, `=`.
    Punctuation,
    /// What stands for bytes that are not shown as they are; text from outside never has this role.
    Escape,
    /// What needs a look, and is not wrong by itself.
    Warn,
    /// What is wrong where it stands.
    Error,
    /// A place in the body.
    Offset,
}

/// Whether a piece of text belongs to a hit of the search.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mark {
    /// It does not.
    None,
    /// It does.
    Match,
    /// It belongs to the hit that the reader stands at.
    Current,
}

/// A stretch of one row, in one role and one mark.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece<'a> {
    /// What it means.
    pub role: Role,
    /// Whether it was searched for.
    pub mark: Mark,
    /// Its text, safe to print (see [`crate::model::printable`]); never broken inside a grapheme cluster.
    pub text: Cow<'a, str>,
}
