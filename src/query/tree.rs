//! A query as it is understood: tests joined by and, or, not; and how it is written again.
//!
//! What is written is canonical: `and` is left out, quotes stand only where they must, and reading it gives the same tree.

use std::fmt;

use super::{
    fields::{Field, Kind},
    jq::Expression,
    literal,
    text::{Caseless, Glob, Pattern, Place},
};
use crate::decode::JsonPath;

/// A part of a query.
#[derive(Clone, PartialEq, Debug)]
pub enum Node {
    /// All of two or more.
    And(Group),
    /// Any of two or more.
    Or(Group),
    /// Not that.
    Not(Box<Node>),
    /// One thing asked of a capture.
    Test(Test),
}

/// Parts that stand side by side.
#[derive(Clone, Debug)]
pub struct Group {
    /// In the order in which they were written.
    pub nodes: Vec<Node>,
    /// Places in `nodes`, the cheapest first: the order in which they are asked.
    pub order: Box<[usize]>,
}

impl Group {
    /// Two or more parts.
    pub fn new(nodes: Vec<Node>) -> Self {
        let mut order: Box<[usize]> = (0..nodes.len()).collect();
        order.sort_by_key(|at| nodes.get(*at).map(Node::cost));
        Self { nodes, order }
    }
}

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        self.nodes == other.nodes
    }
}

/// One field and what its value may be.
#[derive(Clone, Debug)]
pub struct Test {
    /// What is asked about.
    pub field: &'static Field,
    /// What stood after its name and a dot.
    pub part: Option<Part>,
    /// Any of these will do; never empty.
    pub values: Vec<Value>,
}

/// Which part of what a field holds is meant.
#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    /// The one of that name.
    Named(Box<str>),
    /// What lies there in JSON.
    At(JsonPath),
    /// What that expression gives.
    Of(Expression),
}

impl PartialEq for Test {
    fn eq(&self, other: &Self) -> bool {
        self.field.name == other.field.name && self.part == other.part && self.values == other.values
    }
}

/// What the value of a field may be.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Anything, if only it is there.
    Present,
    /// That text within it, or that word.
    Text(Text),
    /// That text and nothing else.
    Same(Text),
    /// Text with `*` for any run.
    Glob(Glob),
    /// A regular expression that matches somewhere in it.
    Pattern(Pattern),
    /// A number between those two, both included, and how that was written.
    Number(Box<str>, i128, i128),
    /// That.
    Flag(bool),
}

/// A text and the finder for it.
#[derive(Clone)]
pub struct Text {
    text: Box<str>,
    finder: Caseless,
}

impl Text {
    /// A text that must lie in that place.
    pub fn new(text: &str, place: Place) -> Self {
        Self { text: text.into(), finder: Caseless::new(text, place) }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What finds it.
    pub fn finder(&self) -> &Caseless {
        &self.finder
    }

    /// Whether it lies there.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.finder.is_in(bytes)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl Node {
    /// How dear it is to ask this, as an order.
    pub fn cost(&self) -> u8 {
        match self {
            Self::Test(test) => test.field.cost,
            Self::Not(node) => node.cost(),
            Self::And(group) | Self::Or(group) => group.nodes.iter().map(Self::cost).max().unwrap_or(0),
        }
    }

    /// Every test in it.
    pub fn tests(&self) -> Box<dyn Iterator<Item = &Test> + '_> {
        match self {
            Self::Test(test) => Box::new(std::iter::once(test)),
            Self::Not(node) => node.tests(),
            Self::And(group) | Self::Or(group) => Box::new(group.nodes.iter().flat_map(Self::tests)),
        }
    }

    /// Writes a part of `self`, in parentheses where it binds more loosely than what it stands in.
    fn write_part(f: &mut fmt::Formatter<'_>, part: &Self, loose: fn(&Self) -> bool) -> fmt::Result {
        if loose(part) { write!(f, "({part})") } else { write!(f, "{part}") }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (group, between, loose): (_, _, fn(&Self) -> bool) = match self {
            Self::Test(test) => return test.fmt(f),
            Self::Not(node) => {
                f.write_str("not ")?;
                return Self::write_part(f, node, |node| matches!(node, Self::And(_) | Self::Or(_)));
            }
            Self::And(group) => (group, " ", |node| matches!(node, Self::And(_) | Self::Or(_))),
            Self::Or(group) => (group, " or ", |node| matches!(node, Self::Or(_))),
        };
        for (at, node) in group.nodes.iter().enumerate() {
            if at > 0 {
                f.write_str(between)?;
            }
            Self::write_part(f, node, loose)?;
        }
        Ok(())
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (true, [Value::Text(word)]) = (self.is_anywhere(), self.values.as_slice()) {
            return if is_plain_word(&word.text) { f.write_str(&word.text) } else { write_quoted(f, &word.text) };
        }
        match &self.part {
            None => f.write_str(self.field.name)?,
            Some(Part::Of(expression)) => return write!(f, "{expression}"),
            Some(Part::At(path)) => write!(f, "{path}")?,
            Some(Part::Named(part)) => {
                write!(f, "{}.", self.field.name)?;
                if is_plain_part(part) { f.write_str(part) } else { write_quoted(f, part) }?;
            }
        }
        for (at, value) in self.values.iter().enumerate() {
            f.write_str(if at == 0 { ":" } else { "," })?;
            value.write(f, self.field.slashes)?;
        }
        Ok(())
    }
}

impl Test {
    /// The name of the part that is meant, if one is.
    pub(super) fn named(&self) -> Option<&str> {
        match &self.part {
            Some(Part::Named(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether this asks for text anywhere, which is what a word alone asks for.
    pub(super) fn is_anywhere(&self) -> bool {
        self.field.name == super::fields::ANYWHERE && self.part.is_none()
    }
}

impl Value {
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, slashes: bool) -> fmt::Result {
        let write_text = |f: &mut fmt::Formatter<'_>, text: &str| {
            if is_plain_value(text, slashes) { f.write_str(text) } else { write_quoted(f, text) }
        };
        match self {
            Self::Present => f.write_str("*"),
            Self::Text(text) => write_text(f, &text.text),
            Self::Same(text) => {
                f.write_str("=")?;
                write_text(f, &text.text)
            }
            Self::Glob(glob) => f.write_str(glob.source()),
            Self::Pattern(pattern) => write!(f, "{}{pattern}", if slashes { "~" } else { "" }),
            Self::Number(written, ..) => f.write_str(written),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

/// A text as a value: in quotes where it must be.
pub fn written_value(text: &str, slashes: bool) -> String {
    if is_plain_value(text, slashes) { text.to_owned() } else { quoted(text) }
}

/// A text as the part of a field behind its dot: in quotes where it must be.
pub fn written_part(text: &str) -> String {
    if is_plain_part(text) { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    struct Quoted<'a>(&'a str);
    impl fmt::Display for Quoted<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_quoted(f, self.0)
        }
    }
    Quoted(text).to_string()
}

/// Whether a character ends a word.
pub fn ends_word(char: char) -> bool {
    char.is_whitespace() || matches!(char, '(' | ')' | '"')
}

/// Whether a character ends a value.
pub fn ends_value(char: char) -> bool {
    ends_word(char) || char == ','
}

/// The last boundary between characters at or before a place.
pub fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The words that join.
pub const KEYWORDS: [&str; 3] = ["and", "or", "not"];

fn is_plain_word(text: &str) -> bool {
    let keyword = KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(text));
    !text.is_empty() && !keyword && !text.starts_with('-') && !text.contains(|char| ends_word(char) || char == ':')
}

fn is_plain_part(text: &str) -> bool {
    !text.is_empty() && !text.contains(|char| ends_value(char) || char == ':')
}

fn is_plain_value(text: &str, slashes: bool) -> bool {
    let special = text.starts_with(['<', '>', '=']) || text.starts_with("~/") || (!slashes && text.starts_with('/'));
    let range = text.contains("..") && literal::range(Kind::Value, text).is_ok();
    !text.is_empty() && !special && !range && !text.contains(|char| ends_value(char) || char == '*')
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for piece in text.split_inclusive(['"', '\\']) {
        let last = piece.strip_suffix(['"', '\\']).unwrap_or(piece);
        f.write_str(last)?;
        match piece.get(last.len()..) {
            Some("") | None => {}
            Some(special) => write!(f, "\\{special}")?,
        }
    }
    f.write_str("\"")
}
