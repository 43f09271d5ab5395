//! What a view makes of a subject: where lines begin, and, where they are not lines of the body itself, the bytes that they
//! are lines of.
//!
//! Decided: most views lay out the body's own bytes and make nothing. A view that shows something decoded, reordered or put
//! together makes other bytes, once, and says by [`Section`]s which of them are laid out in which way; so a row costs what
//! it shows in these views too.

use std::ops::Range;

use bytes::Bytes;

use super::{
    image::Picture,
    lines::{Lines, Spot},
    parts::Part,
    run::Step,
    tree::Nest,
};

/// Gives what comes next from a spot on, looking at nothing before it.
pub(super) type Next = for<'a> fn(&'a [u8], &mut Spot, usize) -> Step<'a>;

/// How lines become rows by printing runs until a row is full.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// Gives what comes next from a spot on, looking at nothing before it.
    pub next: Next,
    /// How many columns the second and later rows of a line are indented further than the first.
    pub hang: usize,
    /// How its lines nest, where they do: they can be folded then, and have a path.
    pub nest: Option<Nest>,
}

/// Bytes that are laid out in a way of their own. Between one section and the next lies at least a byte that is not shown,
/// so that where one ends is never where another begins.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// Which of the bytes that are shown; never none.
    pub range: Range<usize>,
    /// How.
    pub way: Way,
    /// How deep its lines lie, besides what they say.
    pub depth: u32,
}

/// See the head of this file.
#[derive(Default, Debug)]
pub(super) struct Built {
    /// Where lines begin, in what is shown.
    pub lines: Lines,
    /// What is shown, where it is not the body.
    pub shown: Option<Bytes>,
    /// In order; none where all of it is laid out as the view's row says.
    pub sections: Vec<Section>,
    /// The parts that the body consists of, by ranges of the body.
    pub parts: Vec<Part>,
    /// What the body depicts.
    pub picture: Option<Picture>,
    /// What the reader must know about how it is shown, a sentence.
    pub note: Option<String>,
}

impl From<Lines> for Built {
    fn from(lines: Lines) -> Self {
        Self { lines, ..Self::default() }
    }
}
