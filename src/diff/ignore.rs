//! What is ignored when messages are compared: a list of names, and what they mean.
//!
//! Decided: names say the place, never the value, so that a reader can tell what is not looked at. Paths into JSON are those of
//! [`JsonPath`](crate::decode::JsonPath), and of what is redacted, with `.**` for any depth.

use std::{fmt::Write as _, str::FromStr};

use crate::decode::JsonPath;
use crate::model::Printable;

/// What is ignored where nothing is said: names of headers that differ between any two requests or answers, and mean
/// nothing. Times, ids of requests and of traces, and how long something took.
pub const DEFAULT: &str = "header:Date header:Age header:X-Request-Id header:Request-Id header:X-Correlation-Id \
                           header:Traceparent header:Tracestate header:X-Amzn-Trace-Id header:X-B3-* header:CF-Ray \
                           header:X-Runtime header:X-Response-Time header:Server-Timing";

/// The kinds of names: how one begins, what it means, and an example.
pub const KINDS: [(&str, &str, &str); 6] = [
    ("header:", "a header or trailer field, whatever its case; `*` at the end for all that begin so", "header:X-B3-*"),
    (
        "json:",
        "a value in a JSON body, and all in it: `.name`, `.*` any member, `[]` any element, `[3]` one, `.**` at any depth",
        "json:.**.created_at",
    ),
    ("header-order", "in which order header lines stand", "header-order"),
    ("header-case", "the case of the names of headers", "header-case"),
    ("default", "what is ignored where nothing is said", "default"),
    ("none", "nothing of what stands before it in the list", "none"),
];

/// How many steps a path may have: one bit each, and one for its end.
const STEPS: usize = 63;

/// One step of a path.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Step {
    Name(Box<str>),
    At(usize),
    AnyName,
    AnyElement,
    /// Any number of steps.
    Deep,
}

/// A step on the way into a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Crumb {
    /// Into the member of that name.
    Name(Box<str>),
    /// Into the element at that place, from 0.
    At(usize),
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Rule {
    Header(String),
    Json(Vec<Step>),
    Order,
    Case,
}

/// See the head of this file.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Ignored {
    rules: Vec<Rule>,
}

/// Why a word names nothing to ignore.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{word} names nothing that can be ignored: {why}")]
pub struct NoField {
    word: Printable,
    why: &'static str,
}

impl Ignored {
    /// What these words name, one after the other.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, NoField> {
        Self::default().and(words)
    }

    /// The same and what these words name.
    pub fn and<'a>(self, words: impl IntoIterator<Item = &'a str>) -> Result<Self, NoField> {
        let mut rules = self.rules;
        for word in words {
            match word {
                "none" => rules.clear(),
                "default" => rules.extend(Self::default_rules()),
                "header-order" => rules.push(Rule::Order),
                "header-case" => rules.push(Rule::Case),
                _ => rules.push(rule(word)?),
            }
        }
        Ok(Self { rules })
    }

    /// What is ignored where nothing is said.
    pub fn usual() -> Self {
        Self { rules: Self::default_rules() }
    }

    fn default_rules() -> Vec<Rule> {
        // A test reads every word of it.
        DEFAULT.split_whitespace().filter_map(|word| rule(word).ok()).collect()
    }

    /// Whether a header of that name is ignored.
    pub fn header(&self, name: &[u8]) -> bool {
        self.rules.iter().any(|rule| match rule {
            Rule::Header(wanted) => match wanted.strip_suffix('*') {
                Some(start) => name.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start.as_bytes())),
                None => name.eq_ignore_ascii_case(wanted.as_bytes()),
            },
            _ => false,
        })
    }

    /// Whether it is ignored in which order header lines stand.
    pub fn order(&self) -> bool {
        self.rules.contains(&Rule::Order)
    }

    /// Whether the case of the names of headers is ignored.
    pub fn case(&self) -> bool {
        self.rules.contains(&Rule::Case)
    }

    /// Whether what lies at that place of a JSON body is ignored.
    pub fn json(&self, crumbs: &[Crumb]) -> bool {
        self.rules.iter().any(|rule| matches!(rule, Rule::Json(steps) if fits(steps, crumbs)))
    }
}

impl FromStr for Ignored {
    type Err = NoField;

    /// Words parted by blanks.
    fn from_str(text: &str) -> Result<Self, NoField> {
        Self::of(text.split_whitespace())
    }
}

/// The place of a value as it would be written in a list of what is ignored.
pub fn json_path(crumbs: &[Crumb]) -> String {
    let mut path = "json:".to_owned();
    for crumb in crumbs {
        match crumb {
            Crumb::Name(name) => path += &JsonPath::key(name),
            // Writing to a text does not fail.
            Crumb::At(at) => _ = write!(path, "[{at}]"),
        }
    }
    if crumbs.is_empty() {
        path.push('.');
    }
    path
}

fn rule(word: &str) -> Result<Rule, NoField> {
    let no = |why| NoField { word: Printable::limited(format!("`{word}`").as_bytes(), 80), why };
    match word.split_once(':') {
        Some(("header", name)) => {
            let plain = name.strip_suffix('*').unwrap_or(name);
            let is_name = !name.is_empty()
                && plain.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}*".contains(&byte));
            let name = is_name.then(|| Rule::Header(name.to_ascii_lowercase()));
            name.ok_or_else(|| no("write the name of a header behind `header:`"))
        }
        Some(("json", path)) => steps(path).map(Rule::Json).ok_or_else(|| {
            no("a path is made of `.name`, `.\"odd name\"`, `.*`, `[]`, `[3]` and `.**`, such as `json:.**.created_at`")
        }),
        _ => Err(no("write header:NAME, json:PATH, header-order, header-case, default or none")),
    }
}

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (step, after) = if let Some(after) = rest.strip_prefix("[]").or_else(|| rest.strip_prefix("[*]")) {
            (Step::AnyElement, after)
        } else if let Some(after) = rest.strip_prefix('[') {
            let (number, after) = after.split_once(']')?;
            (Step::At(number.parse().ok()?), after)
        } else if let Some(after) = rest.strip_prefix(".**") {
            (Step::Deep, after)
        } else if let Some(after) = rest.strip_prefix(".*") {
            (Step::AnyName, after)
        } else if rest.starts_with("..") {
            (Step::Deep, rest.get(1..)?)
        } else if rest.starts_with(".\"") {
            let quoted = rest.get(1..)?;
            let mut names = serde_json::Deserializer::from_str(quoted).into_iter::<String>();
            let name = names.next()?.ok()?;
            (Step::Name(name.into()), quoted.get(names.byte_offset()..)?)
        } else {
            let name = rest.strip_prefix('.')?;
            let end = name.find(['.', '[', '"', '*']).unwrap_or(name.len());
            let (name, after) = name.split_at_checked(end).filter(|(name, _)| !name.is_empty())?;
            (Step::Name(name.into()), after)
        };
        if !(step == Step::Deep && steps.last() == Some(&Step::Deep)) {
            steps.push(step);
        }
        rest = after;
    }
    // `.**` alone would be everything, which is no way to compare.
    (!steps.is_empty() && steps.len() <= STEPS && steps.last() != Some(&Step::Deep)).then_some(steps)
}

/// Whether steps lead to just that place. All ways are gone at once, a bit for each step that is still to come.
fn fits(steps: &[Step], crumbs: &[Crumb]) -> bool {
    // What may be passed over without a step is.
    let settle = |mut open: u64| {
        for (at, step) in steps.iter().enumerate() {
            if *step == Step::Deep && open & (1 << at) != 0 {
                open |= 1 << (at + 1);
            }
        }
        open
    };
    let mut open = settle(1);
    for crumb in crumbs {
        let mut next = 0;
        for (at, step) in steps.iter().enumerate().filter(|(at, _)| open & (1 << at) != 0) {
            let goes = match (step, crumb) {
                (Step::Deep, _) => {
                    next |= 1 << at;
                    false
                }
                (Step::Name(wanted), Crumb::Name(name)) => wanted == name,
                (Step::At(wanted), Crumb::At(place)) => wanted == place,
                (Step::AnyName, Crumb::Name(_)) | (Step::AnyElement, Crumb::At(_)) => true,
                _ => false,
            };
            if goes {
                next |= 1 << (at + 1);
            }
        }
        open = settle(next);
    }
    open & (1 << steps.len()) != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn crumbs(path: &str) -> Vec<Crumb> {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().map_or_else(|_| Crumb::Name(part.into()), Crumb::At))
            .collect()
    }

    #[test]
    fn every_word_of_the_table_and_of_the_defaults_is_one() {
        for (kind, _, example) in KINDS {
            assert!(example.starts_with(kind), "{example}");
            assert!(example.parse::<Ignored>().is_ok(), "{example}");
        }
        assert_eq!(DEFAULT.parse::<Ignored>().unwrap(), Ignored::usual());
        assert_eq!(Ignored::usual().rules.len(), DEFAULT.split_whitespace().count());
        assert_eq!("default".parse::<Ignored>().unwrap(), Ignored::usual());
        assert_eq!("default none".parse::<Ignored>().unwrap(), Ignored::default());
        assert!(Ignored::usual().header(b"DATE") && Ignored::usual().header(b"x-b3-TraceId"));
        assert!(!Ignored::usual().header(b"x-b3") && !Ignored::usual().header(b"Dates"));
    }

    #[test]
    fn paths_lead_where_they_say() {
        for (path, yes, no) in [
            (".id", "id", "a/id"),
            (".**.created_at", "created_at", "created"),
            (".**.created_at", "a/0/b/created_at", "created_at/b"),
            ("..id", "a/id", "a/id/b"),
            (".items[].id", "items/3/id", "items/id"),
            (".items[2]", "items/2", "items/1"),
            (".a.*.b", "a/x/b", "a/0/b"),
            (".\"odd.name\"[]", "odd.name/1", "odd/1"),
        ] {
            let rule: Ignored = format!("json:{path}").parse().unwrap();
            assert!(rule.json(&crumbs(yes)), "{path} {yes}");
            assert!(!rule.json(&crumbs(no)), "{path} {no}");
        }
        assert_eq!(json_path(&crumbs("a/0/b c")), "json:.a[0].\"b c\"");
    }

    #[test]
    fn what_is_none_says_what_to_write() {
        for (word, said) in [
            ("Date", "write header:NAME"),
            ("header:", "the name of a header"),
            ("header:a b", "the name of a header"),
            ("json:id", "a path is made of"),
            ("json:.**", "a path is made of"),
            ("json:", "a path is made of"),
        ] {
            let error = Ignored::of([word]).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains(word), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_place_is_ignored_by_its_own_path(parts in proptest::collection::vec("[a-z\"\\. é]{1,4}|[0-9]", 1..8)) {
            let place: Vec<Crumb> =
                parts.iter().map(|part| part.parse().map_or_else(|_| Crumb::Name(part.as_str().into()), Crumb::At)).collect();
            let rule = Ignored::of([json_path(&place).as_str()]).unwrap();
            prop_assert!(rule.json(&place));
            prop_assert!(!rule.json(&place[1..]));
        }

        #[test]
        fn no_text_is_too_much(text: String) {
            let _ = Ignored::of([format!("json:{text}").as_str(), text.as_str()]);
        }
    }
}
