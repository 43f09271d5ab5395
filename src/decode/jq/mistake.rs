//! What is wrong with an expression, where, and what was perhaps meant.

use std::ops::Range;

use jaq_core::{
    compile::Undefined,
    load::{self, span},
};

use super::natives::{self, REFUSED};

/// Why an expression cannot be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// Which of its bytes are meant; empty at its end where something is missing.
    pub span: Range<usize>,
    /// What is wrong, a sentence without a place. Quotes what was typed.
    pub sentence: String,
}

/// The first thing that does not read as an expression.
pub(super) fn unreadable(source: &str, errors: &load::Errors<&str, ()>) -> Mistake {
    let Some((_, error)) = errors.first() else {
        return Mistake { span: 0..source.len(), sentence: "not an expression".to_owned() };
    };
    match error {
        load::Error::Io(all) => {
            let path = all.first().map_or("", |(path, _)| path);
            let sentence = "import and include are left out: an expression reads no files".to_owned();
            Mistake { span: place(source, path), sentence }
        }
        load::Error::Lex(all) => {
            let Some((expected, found)) = all.first() else { return empty(source) };
            let from = place(source, found);
            // What follows is all that is left; the place is where it begins.
            let length = source.get(from.start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            let sentence = match expected {
                load::lex::Expect::Token => match source.get(from.start..).and_then(|rest| rest.chars().next()) {
                    Some(close @ (')' | ']' | '}')) => format!("nothing opens this {close:?}"),
                    _ => "this is no part of the language".to_owned(),
                },
                expected => format!("expected a {}", expected.as_str()),
            };
            Mistake { span: from.start..from.start + length, sentence }
        }
        load::Error::Parse(all) => {
            let Some((expected, found)) = all.first() else { return empty(source) };
            let at_end = found.is_empty() || found.len() == source.len() && source.as_ptr() == found.as_ptr();
            let span = if at_end { source.len()..source.len() } else { first_token(source, found) };
            let expected = match expected.as_str() {
                "nothing" => "nothing more".to_owned(),
                word @ ("term" | "key" | "variable" | "pattern" | "string") => format!("a {word}"),
                word @ ("identifier" | "argument") => format!("an {word}"),
                word if word.chars().all(char::is_alphabetic) && word.len() < 6 => format!("{word:?}"),
                word if word.len() == 1 => format!("{word:?}"),
                word => word.to_owned(),
            };
            let found = source.get(span.clone()).unwrap_or_default();
            let sentence = if found.is_empty() {
                format!("expected {expected}, and here it ends")
            } else {
                format!("expected {expected}, and here is {found:?}")
            };
            Mistake { span, sentence }
        }
    }
}

/// The first name that there is not.
pub(super) fn undefined(source: &str, errors: &jaq_core::compile::Errors<&str, ()>) -> Mistake {
    let all = errors.iter().flat_map(|(_, errors)| errors);
    // What a definition of ours lacks is no place in the expression.
    let Some((name, kind)) = all.into_iter().find(|(name, _)| is_within(source, name)) else { return empty(source) };
    let span = place(source, name);
    if let Some(refused) = REFUSED.iter().find(|refused| refused.name == *name) {
        return Mistake { span, sentence: format!("{name} {}", refused.why) };
    }
    let sentence = match kind {
        Undefined::Filter(arity) => no_filter(name, *arity),
        Undefined::Var => format!("there is no variable {name}; `… as {name} | …` makes one"),
        Undefined::Label => format!("there is no label {name}; `label {name} | …` makes one"),
        _ => format!("there is no {} {name}", kind.as_str()),
    };
    Mistake { span, sentence }
}

/// The sentence for a filter that there is not, with that many arguments.
fn no_filter(name: &str, arity: usize) -> String {
    let all = names();
    let takes: Vec<usize> = all.iter().filter(|(known, _)| *known == name).map(|(_, count)| *count).collect();
    let arguments = |count: usize| match count {
        0 => "no argument".to_owned(),
        1 => "1 argument".to_owned(),
        count => format!("{count} arguments"),
    };
    if !takes.is_empty() {
        let takes: Vec<_> = takes.into_iter().map(arguments).collect();
        return format!("{name} takes {}, and here are {arity}", takes.join(" or "));
    }
    let distance = |known: &str| strsim::damerau_levenshtein(known, name);
    let near = all.iter().map(|(known, _)| known).min_by_key(|known| (distance(known), known.len()));
    let near = near.filter(|known| distance(known) <= 1 + name.len() / 4);
    match near {
        Some(near) => format!("there is no filter {name}; did you mean {near}?"),
        None => format!("there is no filter {name}; a member is .{name}"),
    }
}

/// Every filter there is, with the number of its arguments.
fn names() -> Vec<(&'static str, usize)> {
    let defined = natives::definitions().map(|definition| (definition.name, definition.args.len()));
    let native = natives::natives().map(|(name, arguments, _)| (name, arguments.len()));
    let mut all: Vec<_> = defined.chain(native).filter(|(name, _)| !name.contains(['_', '!', '@'])).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn empty(source: &str) -> Mistake {
    Mistake { span: 0..source.len(), sentence: "not an expression".to_owned() }
}

fn is_within(source: &str, part: &str) -> bool {
    let (start, end) = (source.as_ptr().addr(), source.as_ptr().addr() + source.len());
    let at = part.as_ptr().addr();
    start <= at && at + part.len() <= end
}

fn place(source: &str, part: &str) -> Range<usize> {
    if is_within(source, part) { span(source, part) } else { 0..source.len() }
}

/// The token at a place: for one that is open, what opens it.
fn first_token(source: &str, found: &str) -> Range<usize> {
    let range = place(source, found);
    let text = source.get(range.clone()).unwrap_or_default();
    match text.chars().next() {
        Some(open @ ('(' | '[' | '{' | '"')) => range.start..range.start + open.len_utf8(),
        _ => range,
    }
}
