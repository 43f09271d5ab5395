//! Why a capture is not what a query asks for: each part that fails, with what is there in its place.
//!
//! Decided: the parts are those that `and` joins, because each of them must hold by itself; of what `or` joins all
//! alternatives are said, as one part. What is said is safe to print and bounded, whatever the capture holds. Refused: the
//! shortest proof, or which part a person would change first; that the number of failed parts is a fair measure of how
//! near a capture came is enough.

use jiff::Timestamp;

use super::{
    fields::{Kind, Read, Seen},
    tree::{Node, Part, Test, Value},
};
use crate::model::{Period, Printable, Size};

/// A part of a query that a capture does not meet. Both texts are safe to print.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missed {
    /// The part, as the query would be written: `event:invoice.paid`.
    pub term: String,
    /// What is there in its place, without a full stop: `event is invoice.created, not invoice.paid`.
    pub why: String,
}

/// How many values of a field are said; of more only that none is right.
const VALUES: usize = 3;

/// How many columns a value from outside is given.
const VALUE: usize = 60;

/// How many columns a part of the query is given.
const TERM: usize = 120;

impl Node {
    /// How many parts a capture does not meet.
    pub(super) fn failing(&self, seen: Seen<'_>) -> usize {
        match self {
            Self::And(group) => group.nodes.iter().map(|node| node.failing(seen)).sum(),
            other => usize::from(!other.matches(seen)),
        }
    }

    /// The parts that it does not meet.
    pub(super) fn explain(&self, seen: Seen<'_>, missed: &mut Vec<Missed>) {
        if let Self::And(group) = self {
            group.nodes.iter().for_each(|node| node.explain(seen, missed));
        } else if !self.matches(seen) {
            let term = Printable::limited(self.to_string().as_bytes(), TERM).to_string();
            missed.push(Missed { why: self.why(seen, &term), term });
        }
    }

    /// Why it fails, as it does.
    fn why(&self, seen: Seen<'_>, term: &str) -> String {
        match self {
            Self::Test(test) => test.why(seen),
            Self::Not(node) => match &**node {
                Self::Test(test) => format!("{}, which `{term}` excludes", test.holds(seen)),
                other => {
                    let inner = other.to_string();
                    format!("it is what `{}` asks for", Printable::limited(inner.as_bytes(), TERM))
                }
            },
            Self::Or(group) => {
                let mut missed = Vec::new();
                group.nodes.iter().for_each(|node| node.explain(seen, &mut missed));
                let whys: Vec<_> = missed.into_iter().map(|missed| missed.why).collect();
                Printable::limited(whys.join(", and ").as_bytes(), 3 * TERM).to_string()
            }
            // Its parts are explained one by one.
            Self::And(_) => format!("it is not what `{term}` asks for"),
        }
    }
}

impl Test {
    /// What is asked about: `event`, `header.x-github-event`.
    fn name(&self) -> String {
        match &self.part {
            Some(Part::Of(expression)) => Printable::limited(expression.to_string().as_bytes(), VALUE).to_string(),
            Some(Part::At(path)) => Printable::limited(path.to_string().as_bytes(), VALUE).to_string(),
            Some(Part::Named(part)) => format!("{}.{}", self.field.name, Printable::limited(part.as_bytes(), VALUE)),
            None => self.field.name.to_owned(),
        }
    }

    fn wanted(&self) -> String {
        Printable::limited(self.values_written(" or ").as_bytes(), TERM).to_string()
    }

    /// Why it fails.
    fn why(&self, seen: Seen<'_>) -> String {
        let (name, wanted) = (self.name(), self.wanted());
        if matches!(self.field.read, Read::Jq) {
            return format!("{name} does not hold for the body");
        }
        if self.field.body {
            return if self.is_anywhere() {
                format!("{wanted} is nowhere in it")
            } else {
                format!("the body does not have {wanted}")
            };
        }
        match self.there(seen, |_| true).as_slice() {
            [] => format!("it has no {name}"),
            values if values.len() > VALUES => format!("{name} has nothing like {wanted}"),
            values => format!("{name} is {}, not {wanted}", values.join(" and ")),
        }
    }

    /// What is there where it holds and should not.
    fn holds(&self, seen: Seen<'_>) -> String {
        let name = self.name();
        if matches!(self.field.read, Read::Jq) {
            return format!("{name} holds for the body");
        }
        if self.field.body {
            return format!("{} is in {}", self.wanted(), if self.is_anywhere() { "it" } else { "the body" });
        }
        let json = matches!(self.field.read, Read::Json);
        let is = |value: &Value, there: &[u8]| if json { value.is_json(there) } else { value.is_text(there) };
        let there = self.there(seen, |there| self.values.iter().any(|value| is(value, there)));
        match there.first() {
            Some(value) => format!("{name} is {value}"),
            None => format!("it is what `{name}` asks for"),
        }
    }

    /// What the field holds, safe to print, as far as it is wanted: one more than is said, so that it shows.
    fn there(&self, seen: Seen<'_>, wanted: impl Fn(&[u8]) -> bool) -> Vec<String> {
        match self.field.read {
            Read::Texts(_) | Read::Json => {
                let mut values = Vec::new();
                let mut visit = |text: &[u8]| {
                    if wanted(text) {
                        let shown = Printable::limited(text, VALUE).to_string();
                        values.push(if shown.is_empty() { "empty".to_owned() } else { shown });
                    }
                    values.len() > VALUES
                };
                match self.field.read {
                    Read::Texts(read) => read(seen, self.named(), &mut visit),
                    _ => self.at_path(seen, &mut visit),
                };
                values
            }
            Read::Jq => Vec::new(),
            Read::Number(read) => read(seen).map(|number| self.field.kind.shown(number)).into_iter().collect(),
            Read::Flag(read) => vec![read(seen).to_string()],
        }
    }

    /// The values as they are written, with something between them.
    fn values_written(&self, between: &str) -> String {
        struct Written<'a>(&'a Value, bool);
        impl std::fmt::Display for Written<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.write(f, self.1)
            }
        }
        let values: Vec<_> = self.values.iter().map(|value| Written(value, self.field.slashes).to_string()).collect();
        values.join(between)
    }
}

impl Kind {
    /// A number of this kind as people read it.
    fn shown(self, number: i128) -> String {
        let shown = match self {
            Self::Size => u64::try_from(number).ok().map(|bytes| Size(bytes).to_string()),
            Self::Duration => {
                u64::try_from(number).ok().map(|nanos| Period(std::time::Duration::from_nanos(nanos)).to_string())
            }
            Self::Time => Timestamp::from_nanosecond(number).ok().map(|time| time.to_string()),
            _ => None,
        };
        shown.unwrap_or_else(|| number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{FIELDS, Facts, Query, tests::capture, tests::sample};
    use super::*;

    fn explained(query: &str) -> Vec<(String, String)> {
        let (capture, facts) = sample();
        let query = Query::parse(query).unwrap();
        let missed = query.explain(&capture, &facts);
        assert_eq!(missed.len(), query.failing(&capture, &facts));
        missed.into_iter().map(|missed| (missed.term, missed.why)).collect()
    }

    #[test]
    fn each_part_that_fails_is_said_with_what_is_there() {
        for (query, why) in [
            ("event:invoice.created", "event is invoice.paid, not invoice.created"),
            ("event:x,y", "event is invoice.paid, not x or y"),
            ("event:/^x/i", "event is invoice.paid, not /^x/i"),
            ("provider:github", "provider is stripe, not github"),
            ("method:GET", "method is POST, not GET"),
            ("path:~/x/", "path is /stripe/live, not ~/x/"),
            ("header.x-tag:three", "header.x-tag is one and Two, not three"),
            ("header.x-none:*", "it has no header.x-none"),
            ("query.empty:x", "query.empty is empty, not x"),
            ("header:three", "header has nothing like three"),
            ("status:<400", "status is 500, not <400"),
            ("size:<10", "size is 19.5 KiB, not <10"),
            ("duration:<1s", "duration is 1.5 s, not <1s"),
            ("age:<1m", "age is 1m 7s, not <1m"),
            ("received:>2026-02-01", "received is 2026-01-31T09:26:53.5Z, not >2026-02-01"),
            ("pinned:false", "pinned is true, not false"),
            ("body:nowhere", "the body does not have nowhere"),
            ("nowhere", "nowhere is nowhere in it"),
            ("\"no where\"", "\"no where\" is nowhere in it"),
            ("not method:POST", "method is POST, which `not method:POST` excludes"),
            ("not header.x-tag:two", "header.x-tag is Two, which `not header.x-tag:two` excludes"),
            ("-invoice", "invoice is in it, which `not invoice` excludes"),
            ("not status:5xx", "status is 500, which `not status:5xx` excludes"),
            ("not (method:GET or method:POST)", "it is what `method:GET or method:POST` asks for"),
            ("method:GET or status:200", "method is POST, not GET, and status is 500, not 200"),
        ] {
            let [(_, said)] = explained(query).try_into().unwrap();
            assert_eq!(said, why, "{query}");
        }
    }

    #[test]
    fn only_what_fails_is_said_and_in_the_order_written() {
        let said = explained("method:POST event:other (provider:stripe status:200) (nowhere or invoice)");
        let terms: Vec<_> = said.iter().map(|(term, _)| term.as_str()).collect();
        assert_eq!(terms, ["event:other", "status:200"]);
        assert!(explained("").is_empty() && explained("invoice").is_empty());
    }

    #[test]
    fn what_is_said_is_safe_and_bounded() {
        let value = "\u{1b}[31m\u{202e}".repeat(1000);
        let capture = capture("POST", "/", &[("X-A", &value)], b"");
        let query = Query::parse(&format!("header.x-a:\"{}\"", "\u{1b}é".repeat(2000))).unwrap();
        let [missed] = query.explain(&capture, &Facts::default()).try_into().unwrap();
        assert!(missed.why.chars().count() < 300 && missed.term.chars().count() <= TERM, "{missed:?}");
        assert!(!missed.why.contains(['\u{1b}', '\u{202e}']) && !missed.term.contains('\u{1b}'));
    }

    fn query() -> impl Strategy<Value = String> {
        let tests =
            FIELDS.iter().map(|field| field.example).chain(["method:GET", "absent", "status:1xx", "provider:slack"]);
        let test = proptest::sample::select(tests.collect::<Vec<_>>()).prop_map(str::to_owned);
        test.prop_recursive(4, 24, 4, |inner| {
            let some = || proptest::collection::vec(inner.clone(), 1..4);
            prop_oneof![
                some().prop_map(|parts| format!("({})", parts.join(" "))),
                some().prop_map(|parts| format!("({})", parts.join(" or "))),
                inner.clone().prop_map(|part| format!("not ({part})")),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_capture_matches_exactly_when_nothing_is_missed(text in query()) {
            let query = Query::parse(&text).unwrap();
            let (sample, facts) = sample();
            let plain = capture("GET", "/", &[], b"");
            for (capture, facts) in [(&sample, facts), (&plain, Facts::default())] {
                let missed = query.explain(capture, &facts);
                prop_assert_eq!(missed.is_empty(), query.matches(capture, &facts));
                prop_assert_eq!(missed.len(), query.failing(capture, &facts));
                for part in missed {
                    prop_assert!(!part.why.is_empty());
                    prop_assert!(!Query::parse(&part.term).is_ok_and(|part| part.matches(capture, &facts)), "{:?}", part);
                }
            }
        }
    }
}
