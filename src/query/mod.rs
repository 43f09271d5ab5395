//! Queries: one language for the filter line, `--filter`, rules and every command that picks captures.
//!
//! # The language in one page
//!
//! ```text
//! invoice paid              both words, each anywhere in method, target, headers or body
//! "invoice paid"            that phrase; \" is a quote and \\ a backslash
//! method:POST               a field and its value            method:POST,PUT   either
//! path:/stripe              text fields: the value lies within it, without regard to case
//! path:/stripe/*            with a star, which is any run of characters: the value is all of it
//! path:=/stripe             the value is all of it, and a star is a star
//! body:/inv_[0-9]+/i        a regular expression; flags i m s x; ~/…/ where values begin with a slash (path, target)
//! header.x-github-event:push        one header               header:push       any header, name or value
//! query.live:1              one parameter, unescaped         query:live=1      the query as it came
//! header.authorization:*    it is there at all
//! .data.object.amount:>1000         a value in JSON by its path         .items[].sku:A1   any element
//! .data.id:in_1                     all of the value; a star, a range or a regular expression as everywhere
//! jq(.data.lines | length > 1)      a jq expression holds for the body
//! form.payload:*            one field of an urlencoded form
//! status:>=400  status:4xx  size:>10kb  duration:>1s  age:<5m  seq:40..50  received:2026-01-31,today
//! not a   -a                a b   a and b        a or b        (a or b) c
//! ```
//!
//! `not` and `-` bind most tightly, then `and`, written or not, then `or`. Joining words count in any case; to look for
//! them, for a colon after a word, or for parentheses, use quotes. Nothing at all asks for everything. Bodies are searched
//! without content codings and as UTF-8; what is escaped is found in that form, but by path and by field as it is meant.
//!
//! # Decisions
//!
//! Fields are one table ([`FIELDS`]); a row is all that a field takes. What is typed is either a query or an error with a
//! place, never a guess: an unknown field is not quietly a word. A [`Query`] carries its finders and regular expressions
//! ready-made, so that asking costs no more than looking. Refused: a parser generator, whose errors point at what it could
//! not read and not at what is missing.

mod bodies;
mod complete;
mod drafts;
mod error;
mod explain;
mod fields;
mod jq;
mod json;
mod literal;
mod long;
mod marks;
mod matches;
mod parameters;
mod parse;
#[cfg(test)]
mod properties;
mod refine;
mod seen;
mod spoken;
mod text;
mod token;
mod tree;
mod tries;
mod verdict;

use std::{fmt, str::FromStr, sync::Arc};

use jiff::Timestamp;

pub use complete::{Completion, complete, complete_among};
pub use error::QueryError;
pub use explain::Missed;
pub use fields::{FIELDS, Field, Kind, field};
pub use marks::Marked;
pub use parse::{DEPTH, LENGTH, PATTERNS};
pub use seen::{Gathering, Seen, Wanted, wanted};
pub use tries::Tries;

use crate::model::{Attempt, Capture, Outcome};

/// How a replay ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Replayed {
    /// It was answered with this status.
    Answered(u16),
    /// It was not answered.
    Failed,
}

impl Replayed {
    /// Of an outcome; nothing for one that the user ended.
    pub fn of(outcome: &Outcome) -> Option<Self> {
        match outcome {
            Outcome::Replied(reply) => Some(Self::Answered(reply.status)),
            Outcome::Failed(_) => Some(Self::Failed),
            Outcome::Cancelled => None,
        }
    }

    /// Of the newest of attempts, which stand oldest first, that has such an end.
    pub fn last<'a>(attempts: impl DoubleEndedIterator<Item = &'a Attempt>) -> Option<Self> {
        attempts.rev().find_map(|attempt| Self::of(attempt.outcome.as_ref()?))
    }

    /// The status, where there was an answer.
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Answered(status) => Some(status),
            Self::Failed => None,
        }
    }

    /// Whether it was no success: not answered, or with a status of 400 or more.
    pub fn failed(self) -> bool {
        self.status().is_none_or(|status| status >= 400)
    }
}

/// What stands beside a capture when it is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// Whether it is pinned.
    pub pinned: bool,
    /// How its last replay ended that was not cancelled.
    pub replay: Option<Replayed>,
    /// What the user has written on it.
    pub note: Option<Arc<str>>,
    /// Which try of its delivery it is, from 1, where that is known.
    pub retry: Option<u32>,
    /// The time from which ages count.
    pub now: Timestamp,
}

/// What to look for, ready to be asked of any number of captures from any thread. Cloning it is cheap.
#[derive(Clone, PartialEq)]
pub struct Query {
    root: Option<Arc<tree::Node>>,
}

impl Query {
    /// Reads a query of at most [`LENGTH`] bytes.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        Ok(Self { root: parse::parse(text)?.map(Arc::new) })
    }

    /// The query that asks for everything.
    pub fn everything() -> Self {
        Self { root: None }
    }

    /// The query for captures whose body has that text as it stands there, in letters of either case.
    pub fn body_has(text: &str) -> Self {
        let Some(body) = field("body") else { return Self::everything() };
        let values = vec![tree::Value::Text(tree::Text::new(text, text::Place::Within))];
        Self { root: Some(Arc::new(tree::Node::Test(tree::Test { field: body, part: None, values }))) }
    }

    /// The query for captures where a field of text is just that; nothing where there is no such field.
    pub fn is(name: &str, text: &str) -> Option<Self> {
        let whole = tree::Text::new(text, text::Place::Whole);
        Self::of(name, |kind| if kind == Kind::Text { tree::Value::Same(whole) } else { tree::Value::Text(whole) })
    }

    /// The query for captures where a field of text has that in it; nothing where there is no such field.
    pub fn has(name: &str, text: &str) -> Option<Self> {
        Self::of(name, |kind| {
            let place = if kind == Kind::Text { text::Place::Within } else { text::Place::Whole };
            tree::Value::Text(tree::Text::new(text, place))
        })
    }

    fn of(name: &str, value: impl FnOnce(Kind) -> tree::Value) -> Option<Self> {
        let field = field(name).filter(|field| matches!(field.kind, Kind::Text | Kind::Word))?;
        let test = tree::Test { field, part: None, values: vec![value(field.kind)] };
        Some(Self { root: Some(Arc::new(tree::Node::Test(test))) })
    }

    /// The query for all others; twice it is the same again. Everything has no others, and stays.
    #[must_use]
    pub fn inverted(self) -> Self {
        let root = self.root.map(|node| match node.as_ref() {
            tree::Node::Not(node) => node.as_ref().clone(),
            node => tree::Node::Not(Box::new(node.clone())),
        });
        Self { root: root.map(Arc::new) }
    }

    /// The query for captures that both ask for.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let (Some(one), Some(two)) = (&self.root, &other.root) else {
            return if self.root.is_some() { self } else { other };
        };
        let mut nodes = match one.as_ref() {
            tree::Node::And(group) => group.nodes.clone(),
            node => vec![node.clone()],
        };
        if !nodes.contains(two) {
            nodes.push((**two).clone());
        }
        let root = if nodes.len() == 1 { nodes.pop() } else { Some(tree::Node::And(tree::Group::new(nodes))) };
        Self { root: root.map(Arc::new) }
    }

    /// Whether it asks for everything by asking for nothing.
    pub fn is_everything(&self) -> bool {
        self.root.is_none()
    }

    /// Whether a capture is what it asks for. Where it asks for the body and that is spooled, this waits for the disk: see
    /// [`Body::is_spooled`](crate::model::Body::is_spooled).
    pub fn matches(&self, capture: &Capture, facts: &Facts) -> bool {
        self.root.as_ref().is_none_or(|node| node.matches(fields::Seen { capture, facts }))
    }

    /// What a capture lacks to be what it asks for, part by part in the order written; nothing where it matches.
    pub fn explain(&self, capture: &Capture, facts: &Facts) -> Vec<Missed> {
        let mut missed = Vec::new();
        if let Some(node) = &self.root {
            node.explain(fields::Seen { capture, facts }, &mut missed);
        }
        missed
    }

    /// How many parts that would be.
    pub fn failing(&self, capture: &Capture, facts: &Facts) -> usize {
        self.root.as_ref().map_or(0, |node| node.failing(fields::Seen { capture, facts }))
    }

    /// Whether it asks about a field, by the field's own name: one that asks about `age`, `pinned` or `replay` may answer
    /// otherwise for the same capture later.
    pub fn asks_about(&self, name: &str) -> bool {
        self.root.as_ref().is_some_and(|node| node.tests().any(|test| test.field.name == name))
    }
}

impl Default for Query {
    fn default() -> Self {
        Self::everything()
    }
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Query {
    /// The canonical form: reading it gives the same query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.as_ref().map_or(Ok(()), |node| node.fmt(f))
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Query").field(&self.to_string()).finish()
    }
}

#[cfg(test)]
mod tests;
