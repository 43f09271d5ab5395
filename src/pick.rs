//! Which captures a command is about: what `FILE`, `-`, `QUERY` and `IDS` on a command line mean, in one place for all
//! commands.
//!
//! ```text
//! last   last~2        the newest; the third newest
//! 42   #42             by number (a shell takes a bare # for a comment, so 42 is enough)
//! 0199f3a1   0199f3a1-77c4-7…      by the beginning of the id: at least 4 hexadecimal digits, one of them 0 to 9
//! -                    standard input, where a command reads captures
//! caught.ndjson        a file, where it reads captures and a file of that name is there
//! event:push size:>1k  anything else is a query; its words may be arguments of their own
//! ```
//!
//! Decided: what names a capture is told by its form alone, so that a word means the same whatever is in the inbox; a number
//! alone is a capture's, and one with a zero before it the beginning of an id, as ids made in this age are. Words such as
//! `added` are hexadecimal and words first, so a beginning needs a digit. Captures and a query do not mix, because nobody
//! can say whether `invoice 42` is a search for both; quotes make anything a query: `'"42"'`. Refused: ranges (`seq:40..50`
//! is a query), and a beginning of less than four digits, which is ambiguous by tomorrow.

use std::{fmt, path::PathBuf, sync::Arc};

use crate::model::{Capture, Printable, Seq};
use crate::query::Query;

/// The fewest digits that are taken for the beginning of an id.
pub const SHORTEST: usize = 4;

/// How many captures an ambiguous beginning is looked up for; of more it is said that there are more.
const AMBIGUOUS: usize = 100;

/// One capture, by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Name {
    /// So many before the newest.
    Last(u64),
    /// The one of this number.
    Number(Seq),
    /// The one whose id begins with these digits, in lower case and without dashes.
    Id(String),
}

/// Captures that were asked for.
#[derive(Clone, PartialEq, Debug)]
pub enum Picks {
    /// These, in this order, each with the word it was named by.
    Named(Vec<(String, Name)>),
    /// All that match.
    Query(Query),
}

/// Where captures are to be read from.
#[derive(Clone, PartialEq, Debug)]
pub enum Source {
    /// Standard input.
    Input,
    /// A file.
    File(PathBuf),
    /// The inbox, and which of its captures.
    Inbox(Picks),
}

/// Why words pick nothing. Each is a sentence, safe to print, that says what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PickError {
    /// A word that names a capture stands beside one that does not.
    #[error(
        "`{name}` names a capture and `{word}` does not: name captures alone, or write a query in which the other is quoted: '\"{name}\"'"
    )]
    Mixed {
        /// The word that names a capture.
        name: String,
        /// The word that does not.
        word: String,
    },
    /// What follows `last~` is no number.
    #[error("`{0}` is no capture: write last, last~1, last~2 and so on")]
    NoStep(String),
    /// The query does not parse: its report.
    #[error("the query does not parse\n{0}")]
    Query(String),
    /// A file was named, by its looks, and is not there.
    #[error(
        "{0} cannot be read (there is no such file); name a file of captures, - for standard input, a capture, or a query"
    )]
    NoFile(String),
    /// There is no such capture.
    #[error("{what}{hint}")]
    None {
        /// What there is not.
        what: String,
        /// What to do, after a semicolon.
        hint: String,
    },
    /// A beginning that several ids have.
    #[error("`{word}` is the beginning of {count} captures: {some}; write more of it")]
    Ambiguous {
        /// The beginning.
        word: String,
        /// How many, as far as they were counted.
        count: String,
        /// Some of them.
        some: String,
    },
    /// They cannot be looked up.
    #[error("{0}")]
    Unreadable(String),
}

/// Where captures can be looked up by name: an inbox, or the captures of a file.
pub trait Shelf {
    /// The capture so many before the newest. Fails with a sentence where it cannot be read.
    fn back(&self, steps: u64) -> Result<Option<Arc<Capture>>, String>;

    /// The capture of that number; fails likewise.
    fn numbered(&self, seq: Seq) -> Result<Option<Arc<Capture>>, String>;

    /// The captures whose id begins with those digits, at most so many; fails likewise.
    fn beginning(&self, digits: &str, limit: usize) -> Result<Vec<Arc<Capture>>, String>;
}

impl Shelf for [Arc<Capture>] {
    /// The last is the newest.
    fn back(&self, steps: u64) -> Result<Option<Arc<Capture>>, String> {
        let at = usize::try_from(steps).ok().and_then(|steps| self.len().checked_sub(steps.checked_add(1)?));
        Ok(at.and_then(|at| self.get(at)).cloned())
    }

    fn numbered(&self, seq: Seq) -> Result<Option<Arc<Capture>>, String> {
        Ok(self.iter().find(|capture| capture.seq == seq).cloned())
    }

    fn beginning(&self, digits: &str, limit: usize) -> Result<Vec<Arc<Capture>>, String> {
        let begins = |capture: &&Arc<Capture>| capture.id.to_string().replace('-', "").starts_with(digits);
        Ok(self.iter().filter(begins).take(limit).cloned().collect())
    }
}

/// What the words of a command line pick; no word at all asks for everything.
pub fn picks(words: &[String]) -> Result<Picks, PickError> {
    let mut named = Vec::new();
    let mut other = None;
    for word in words {
        match name(word)? {
            Some(name) => named.push((word.clone(), name)),
            None => other = other.or(Some(word)),
        }
    }
    match (named.first(), other) {
        (Some((name, _)), Some(word)) => Err(PickError::Mixed { name: shown(name), word: shown(word) }),
        (Some(_), None) => Ok(Picks::Named(named)),
        (None, _) => {
            let text = words.join(" ");
            let query = Query::parse(&text).map_err(|error| {
                let report: Vec<_> = error.report(&text).lines().map(|line| format!("  {line}")).collect();
                PickError::Query(report.join("\n"))
            })?;
            Ok(Picks::Query(query))
        }
    }
}

/// Where the words of a command line say to read captures from. `is_file` says whether there is a file of a name.
pub fn source(words: &[String], is_file: impl Fn(&str) -> bool) -> Result<Source, PickError> {
    if let [word] = words {
        if word == "-" {
            return Ok(Source::Input);
        }
        if name(word)?.is_none() {
            if is_file(word) {
                return Ok(Source::File(PathBuf::from(word)));
            }
            if looks_like_a_file(word) {
                return Err(PickError::NoFile(shown(word)));
            }
        }
    }
    picks(words).map(Source::Inbox)
}

/// Whether a word can only have been meant for a file: a typo in its name must not quietly become a search.
fn looks_like_a_file(word: &str) -> bool {
    const ENDINGS: [&str; 7] = [".ndjson", ".jsonl", ".json", ".har", ".http", ".txt", ".mitm"];
    let begins = ["/", "./", "../", "~/"].iter().any(|start| word.starts_with(start));
    let plain = !word.contains([' ', ':', '"', '*']);
    plain && (begins || ENDINGS.iter().any(|ending| word.ends_with(ending)))
}

/// The capture that a word names by its form; nothing for one that names none.
fn name(word: &str) -> Result<Option<Name>, PickError> {
    if word == "last" {
        return Ok(Some(Name::Last(0)));
    }
    if let Some(steps) = word.strip_prefix("last~") {
        let digits = !steps.is_empty() && steps.bytes().all(|byte| byte.is_ascii_digit());
        let steps = steps.parse().ok().filter(|_| digits);
        return steps.map(|steps| Some(Name::Last(steps))).ok_or_else(|| PickError::NoStep(shown(word)));
    }
    let number = |digits: &str| {
        let digits =
            Some(digits).filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
        digits.and_then(|digits| digits.parse().ok()).map(|number| Name::Number(Seq(number)))
    };
    if let Some(digits) = word.strip_prefix('#') {
        return Ok(number(digits));
    }
    let named = if word.starts_with('0') && word != "0" { None } else { number(word) };
    Ok(named.or_else(|| beginning(word).map(Name::Id)))
}

/// The digits of the beginning of an id, with dashes nowhere but where an id has them (RFC 9562 §4).
fn beginning(word: &str) -> Option<String> {
    let mut digits = String::new();
    for (at, char) in word.chars().enumerate() {
        match (char, at) {
            ('-', 8 | 13 | 18 | 23) => {}
            ('0'..='9' | 'a'..='f' | 'A'..='F', _) => digits.push(char.to_ascii_lowercase()),
            _ => return None,
        }
    }
    let enough = (SHORTEST..=32).contains(&digits.len());
    (enough && digits.contains(|char: char| char.is_ascii_digit())).then_some(digits)
}

/// The one capture of that name.
pub fn find<S: Shelf + ?Sized>(word: &str, name: &Name, shelf: &S) -> Result<Arc<Capture>, PickError> {
    let none = |what: String, hint: String| PickError::None { what, hint };
    let quoted = || format!("; to look for that text, quote it: '\"{}\"'", shown(word));
    match name {
        Name::Last(steps) => {
            let found = shelf.back(*steps).map_err(PickError::Unreadable)?;
            found.ok_or_else(|| match steps {
                0 => none("there is no capture yet".to_owned(), String::new()),
                steps => none(format!("there are no {} captures yet", u128::from(*steps) + 1), String::new()),
            })
        }
        Name::Number(seq) => {
            let found = shelf.numbered(*seq).map_err(PickError::Unreadable)?;
            found.ok_or_else(|| none(format!("there is no capture {seq}"), quoted()))
        }
        Name::Id(digits) => {
            let mut found = shelf.beginning(digits, AMBIGUOUS + 1).map_err(PickError::Unreadable)?;
            // What was imported twice has one id and two places; the newest is meant.
            found.sort_by_key(|capture| (capture.id, capture.seq));
            found.reverse();
            found.dedup_by_key(|capture| capture.id);
            if found.len() > 1 {
                return Err(ambiguous(word, &found));
            }
            found.pop().ok_or_else(|| none(format!("no capture's id begins with `{}`", shown(word)), quoted()))
        }
    }
}

fn ambiguous(word: &str, found: &[Arc<Capture>]) -> PickError {
    const SOME: usize = 3;
    let count = if found.len() > AMBIGUOUS { format!("more than {AMBIGUOUS}") } else { found.len().to_string() };
    let mut some: Vec<String> = found.iter().take(SOME).map(|capture| capture.id.to_string()).collect();
    if found.len() > SOME {
        some.push("…".to_owned());
    }
    PickError::Ambiguous { word: shown(word), count, some: some.join(", ") }
}

/// A word as it may be printed.
fn shown(word: &str) -> String {
    Printable::limited(word.as_bytes(), 80).to_string()
}

impl fmt::Display for Name {
    /// As it would be written again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last(0) => f.write_str("last"),
            Self::Last(steps) => write!(f, "last~{steps}"),
            Self::Number(Seq(number)) => write!(f, "#{number}"),
            Self::Id(digits) => f.write_str(digits),
        }
    }
}

#[cfg(test)]
mod tests;
