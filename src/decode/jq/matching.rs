//! Regular expressions in expressions: what `test`, `match`, `capture`, `scan`, `split` and `sub` are made of.
//!
//! Decided: the crate that the queries use, whose searches take no more than the length of the text times the size of the
//! expression; and as nothing stops one of them on the way, both are limited so that the worst takes a second or two.

use std::cell::RefCell;

use jaq_core::Cv;
use regex::{Regex, RegexBuilder};

use super::{
    meter,
    natives::Kind,
    value::{Arr, Error, Obj, Text, Val, ValR},
};

/// How large an expression may be, compiled, and how long a text it may then search, in bytes.
const LIMITS: [(usize, usize); 2] = [(64 << 10, 1 << 20), (1 << 20, 64 << 10)];
/// How many expressions are kept compiled.
const KEPT: usize = 8;

thread_local! {
    /// Those that were used last: most are used once for each element of a list.
    static COMPILED: RefCell<Vec<(String, String, Compiled)>> = const { RefCell::new(Vec::new()) };
}

/// An expression, and how long a text it may search.
#[derive(Clone)]
struct Compiled {
    regex: Regex,
    longest: usize,
}

/// What `flags` say: `g` for all matches, `n` for none that is empty, and those of the expression itself.
fn compiled(source: &str, flags: &str) -> Result<Compiled, Error> {
    let kept = COMPILED.with_borrow(|all| {
        all.iter().find(|(old, with, _)| old == source && with == flags).map(|(_, _, regex)| regex.clone())
    });
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let mut builder = RegexBuilder::new(source);
    for flag in flags.chars() {
        match flag {
            'g' | 'n' => {}
            'i' => _ = builder.case_insensitive(true),
            'm' => _ = builder.multi_line(true),
            's' => _ = builder.dot_matches_new_line(true),
            'l' => _ = builder.swap_greed(true),
            'x' => _ = builder.ignore_whitespace(true),
            'p' => _ = builder.multi_line(true).dot_matches_new_line(true),
            other => {
                return Err(Error::str(format_args!("there is no regex flag {other:?}; there are g n i m s l x p")));
            }
        }
    }
    let mut failed = None;
    for (size, longest) in LIMITS {
        meter::tick(size);
        match builder.size_limit(size).dfa_size_limit(4 << 20).build() {
            Ok(regex) => {
                let compiled = Compiled { regex, longest };
                COMPILED.with_borrow_mut(|all| {
                    all.truncate(KEPT - 1);
                    all.insert(0, (source.to_owned(), flags.to_owned(), compiled.clone()));
                });
                return Ok(compiled);
            }
            Err(error) => failed = Some(error),
        }
    }
    let why = failed.map(|error| error.to_string()).unwrap_or_default();
    // The message draws a picture over several lines; its last one says it.
    let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    Err(Error::str(format_args!("not a regular expression: {why}")))
}

/// The matches of an expression in the input, the texts between them, or both in turn; what is called with it is the
/// expression and the flags.
pub(super) fn matches(mut cv: Cv<'_, Kind>, between: bool, within: bool) -> ValR {
    let (flags, source) = (cv.0.pop_var(), cv.0.pop_var());
    let [input, source, flags] = [&cv.1, &source, &flags].map(|value| match value {
        Val::Str(text) => Ok(text),
        other => Err(Error::typ(other.clone(), "string")),
    });
    let (input, source, flags) = (input?, source?, flags?);
    let Compiled { regex, longest } = compiled(&source.text(), &flags.text())?;
    let Ok(text) = std::str::from_utf8(input.bytes()) else {
        return Err(Error::str("a regular expression searches text, and this string is not UTF-8"));
    };
    if text.len() > longest {
        return Err(Error::str(format_args!(
            "the text is too long for this regular expression: {} of at most {longest} bytes",
            text.len()
        )));
    }
    let (all, ignores_empty) = (flags.bytes().contains(&b'g'), flags.bytes().contains(&b'n'));
    let part = |start: usize, end: usize| Val::Str(Text::part(input.bytes().slice(start..end)));
    let mut found = Arr::default();
    let mut chars = Chars { text, byte: 0, chars: 0 };
    let mut last = 0;
    meter::tick(16 * text.len());
    for captures in regex.captures_iter(text) {
        let Some(whole) = captures.get(0).filter(|whole| !(ignores_empty && whole.is_empty())) else { continue };
        meter::tick(whole.len());
        if between {
            found.push(part(last, whole.start()));
            last = whole.end();
        }
        if within {
            let mut groups = Arr::default();
            for (group, name) in captures.iter().zip(regex.capture_names()) {
                let Some(group) = group else { continue };
                let mut fields = Obj::default();
                let string = part(group.start(), group.end());
                fields.insert(Text::owned("offset"), Val::from(chars.at(group.start())));
                fields.insert(Text::owned("length"), Val::from(group.as_str().chars().count()));
                fields.insert(Text::owned("string"), string);
                if let Some(name) = name {
                    fields.insert(Text::owned("name"), Val::str(name));
                }
                groups.push(Val::obj(fields));
            }
            found.push(Val::arr(groups));
        }
        if !all {
            break;
        }
    }
    if between {
        found.push(part(last, text.len()));
    }
    Ok(Val::arr(found))
}

/// Counts characters up to bytes that mostly come in order.
struct Chars<'a> {
    text: &'a str,
    byte: usize,
    chars: usize,
}

impl Chars<'_> {
    fn at(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            (self.byte, self.chars) = (0, 0);
        }
        self.chars += self.text.get(self.byte..byte).unwrap_or_default().chars().count();
        self.byte = byte;
        self.chars
    }
}
