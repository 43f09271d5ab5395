//! What is wrong with an input: where, what, and what it costs.

use std::{fmt, io};

use crate::model::Printable;

/// Where in an input something stands, counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// A line of text.
    Line(u64),
    /// An entry of a list.
    Entry(u64),
    /// A byte.
    Byte(u64),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Entry(number) => write!(f, "entry {number}"),
            Self::Byte(number) => write!(f, "byte {number}"),
        }
    }
}

/// What an error costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weight {
    /// Nothing but what it says: the capture is there.
    Warning,
    /// One entry.
    Entry,
    /// All that would have followed.
    Input,
}

/// Something is wrong with an input. Safe to print.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct ImportError {
    /// Where, if that is known.
    pub at: Option<At>,
    /// What.
    pub what: String,
    /// What it costs.
    pub weight: Weight,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(f, "{at}: ")?;
        }
        f.write_str(&self.what)
    }
}

impl ImportError {
    fn new(at: impl Into<Option<At>>, what: &str, weight: Weight) -> Self {
        Self { at: at.into(), what: Printable::limited(what.as_bytes(), 400).to_string(), weight }
    }

    pub(super) fn warning(at: impl Into<Option<At>>, what: &str) -> Self {
        Self::new(at, what, Weight::Warning)
    }

    pub(super) fn entry(at: impl Into<Option<At>>, what: &str) -> Self {
        Self::new(at, what, Weight::Entry)
    }

    pub(super) fn input(at: impl Into<Option<At>>, what: &str) -> Self {
        Self::new(at, what, Weight::Input)
    }

    pub(super) fn unreadable(error: &io::Error) -> Self {
        Self::input(None, &format!("cannot be read any further ({error})"))
    }
}
