//! What is searched for: words as they stand, or a regular expression.
//!
//! Decided: letters of either case match unless the text has an upper-case one ("smart case", by Unicode's simple folding), and
//! the reader can fix it either way. An expression sees lines (`^` and `$` are theirs), and `.` ends with them. It is
//! bounded in size, and a mistake in it is said with its place. Refused: look-around and back references, which take time
//! without a bound.

use std::ops::Range;

use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::Parser;

/// How large a compiled expression may be, in bytes.
const LARGEST: usize = 4 << 20;

/// Whether the case of letters counts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Case {
    /// If there is an upper-case letter in what is searched for.
    #[default]
    Smart,
    /// Always.
    Counts,
    /// Never.
    Aside,
}

impl Case {
    /// The one after this, around the end.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Smart => Self::Counts,
            Self::Counts => Self::Aside,
            Self::Aside => Self::Smart,
        }
    }

    /// What it is called on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Smart => "smart case",
            Self::Counts => "case counts",
            Self::Aside => "any case",
        }
    }
}

/// What a reader searches for, as it is typed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Needle {
    /// The words, or the expression; empty for none.
    pub text: String,
    /// Whether it is an expression.
    pub regex: bool,
    /// Whether case counts.
    pub case: Case,
}

impl From<&str> for Needle {
    /// Words with smart case.
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }
}

/// What is wrong with an expression.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// Which bytes of the text are wrong.
    pub at: Range<usize>,
    /// What is wrong with them, in words.
    pub message: String,
}

/// A needle that can be looked for. Clones share what is compiled.
#[derive(Clone, Debug)]
pub struct Pattern {
    needle: Needle,
    pub(super) finder: Finder,
}

/// How it is looked for.
#[derive(Clone, Debug)]
pub(super) enum Finder {
    /// For nothing.
    Nothing,
    /// As it stands: case counts, or there is none.
    Exact(Box<memmem::Finder<'static>>, usize),
    /// In either case; and the longest that a hit can be.
    Folded(Regex, usize),
    /// As an expression.
    Expression(Regex),
}

impl Needle {
    /// Makes it ready to be looked for. Words never fail.
    pub fn compile(&self) -> Result<Pattern, PatternError> {
        let finder = if self.text.is_empty() {
            Finder::Nothing
        } else if self.regex {
            self.expression()?
        } else {
            self.words()
        };
        Ok(Pattern { needle: self.clone(), finder })
    }

    fn words(&self) -> Finder {
        let text = &self.text;
        let exact = || Finder::Exact(Box::new(memmem::Finder::new(text).into_owned()), text.len());
        let counts = match self.case {
            Case::Smart => text.chars().any(char::is_uppercase),
            Case::Counts => true,
            Case::Aside => false,
        };
        if counts || !text.chars().any(char::is_alphabetic) {
            return exact();
        }
        // Words of many thousand letters are too large to compile, and are searched as they are written.
        match RegexBuilder::new(&regex::escape(text)).case_insensitive(true).build() {
            Ok(regex) => Finder::Folded(regex, text.chars().count() * 4),
            Err(_) => exact(),
        }
    }

    fn expression(&self) -> Result<Finder, PatternError> {
        let text = &self.text;
        let folds = match self.case {
            Case::Smart => !has_capital(text),
            Case::Counts => false,
            Case::Aside => true,
        };
        let mut builder = regex_syntax::ParserBuilder::new();
        let mut parser: Parser = builder.utf8(false).multi_line(true).case_insensitive(folds).build();
        parser.parse(text).map_err(|error| mistake(text, &error))?;
        let regex = RegexBuilder::new(text).multi_line(true).case_insensitive(folds).size_limit(LARGEST).build();
        // What parses fails only by its size.
        let too_large = |_| PatternError { at: 0..0, message: "it is too large; repeat less in it".to_owned() };
        Ok(Finder::Expression(regex.map_err(too_large)?))
    }
}

impl Pattern {
    /// What it was made of.
    pub fn needle(&self) -> &Needle {
        &self.needle
    }

    /// Whether nothing is searched for.
    pub fn is_empty(&self) -> bool {
        matches!(self.finder, Finder::Nothing)
    }

    /// The hits in a short text, in order and none over another; those of no length are none.
    pub fn hits(&self, text: &[u8], most: usize) -> Vec<Range<usize>> {
        match &self.finder {
            Finder::Nothing => Vec::new(),
            Finder::Exact(finder, length) => finder.find_iter(text).take(most).map(|at| at..at + length).collect(),
            Finder::Folded(regex, _) | Finder::Expression(regex) => {
                regex.find_iter(text).map(|hit| hit.range()).filter(|hit| !hit.is_empty()).take(most).collect()
            }
        }
    }
}

/// Whether an expression has an upper-case letter that stands for itself.
fn has_capital(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            // The letter behind it is a class; so is a name in braces.
            '\\' if matches!(chars.next(), Some('p' | 'P')) && chars.clone().next() == Some('{') => {
                chars.by_ref().find(|char| *char == '}');
            }
            '\\' => {}
            char if char.is_uppercase() => return true,
            _ => {}
        }
    }
    false
}

fn mistake(text: &str, error: &regex_syntax::Error) -> PatternError {
    let (span, message) = match error {
        regex_syntax::Error::Parse(error) => (Some(error.span()), error.kind().to_string()),
        regex_syntax::Error::Translate(error) => (Some(error.span()), error.kind().to_string()),
        _ => (None, "it cannot be read".to_owned()),
    };
    let at = span.map_or(0..0, |span| span.start.offset.min(text.len())..span.end.offset.min(text.len()));
    // The library wraps its sentences.
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    PatternError { at, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(needle: &Needle, text: &str) -> Vec<String> {
        let hits = needle.compile().unwrap().hits(text.as_bytes(), 100);
        hits.into_iter().map(|hit| text[hit].to_owned()).collect()
    }

    #[test]
    fn case_counts_as_it_is_asked() {
        let text = "Id id ID";
        for (words, case, expected) in [
            ("id", Case::Smart, vec!["Id", "id", "ID"]),
            ("Id", Case::Smart, vec!["Id"]),
            ("id", Case::Counts, vec!["id"]),
            ("ID", Case::Aside, vec!["Id", "id", "ID"]),
        ] {
            for regex in [false, true] {
                assert_eq!(hits(&Needle { text: words.to_owned(), regex, case }, text), expected, "{words} {case:?}");
            }
        }
        assert_eq!(Case::Smart.next().next().next(), Case::Smart);
    }

    #[test]
    fn a_class_is_no_capital_letter() {
        for (text, capital) in [
            (r"\S+\D", false),
            (r"\p{Greek}a", false),
            (r"\PNa", true),
            (r"\\A", true),
            (r"a[A-Z]", true),
            (r"\", false),
            (r"\p{Lu", false),
        ] {
            assert_eq!(has_capital(text), capital, "{text}");
        }
    }

    #[test]
    fn an_expression_sees_lines() {
        let needle = |text: &str| Needle { text: text.to_owned(), regex: true, case: Case::Smart };
        assert_eq!(hits(&needle("^b.*$"), "a\nbcd\ne"), ["bcd"]);
        assert_eq!(hits(&needle("x*"), "axxb"), ["xx"], "a hit of no length is none");
        assert!(needle("").compile().unwrap().is_empty());
    }

    #[test]
    fn a_mistake_has_a_place_and_words() {
        for (text, at, words) in [
            ("a(b", 1..2, "unclosed group"),
            ("a)", 1..2, "unopened group"),
            ("*a", 0..0, "repetition operator missing expression"),
            ("[z-a]", 1..4, "invalid character class range, the start must be <= the end"),
            (r"é\p{Nope}", 2..10, "Unicode property not found"),
            (r"(?=a)", 0..3, "look-around, including look-ahead and look-behind, is not supported"),
        ] {
            let error = Needle { text: text.to_owned(), regex: true, case: Case::Smart }.compile().unwrap_err();
            assert_eq!((error.at.clone(), &*error.message), (at, words), "{text}");
        }
        let large = Needle { text: r"\w{1000}{1000}".to_owned(), regex: true, case: Case::Smart };
        assert!(large.compile().unwrap_err().message.contains("too large"));
    }
}
