//! What holds for all queries: printing and reading undo each other, nothing typed does harm, and matching is what a slow
//! and obvious evaluator says.

use proptest::prelude::*;

use super::{
    Facts, PATTERNS, Query,
    fields::{ANYWHERE, FIELDS, Field, JQ, JSON, Kind, Seen, field},
    literal::range,
    parse::EXPRESSIONS,
    tests::{capture, sample},
    text::{Glob, Pattern, Place},
    tree::{Group, Node, Part, Test, Text, Value},
};
use crate::decode::JsonPath;
use crate::model::Capture;

/// Text that is hard to quote.
fn tricky() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "[a-z:.,()\"\\\\ *<>=~/'-]{0,8}",
        Just("and".to_owned()),
        Just("NOT".to_owned()),
        "\\PC{0,6}",
    ]
}

fn value(field: &'static Field) -> BoxedStrategy<Value> {
    let name = if field.name == JSON { ".a" } else { field.name };
    let written = |literals: &'static [&'static str]| {
        let signs = proptest::sample::select(vec!["", "=", ">", ">=", "<", "<="]);
        (signs, proptest::sample::select(literals)).prop_map(move |(sign, literal)| {
            let query = format!("{name}:{sign}{literal}");
            let Some(Node::Test(test)) = super::parse::parse(&query).unwrap() else { panic!("{query}") };
            test.values[0].clone()
        })
    };
    match field.kind {
        Kind::Text | Kind::Word => {
            let within = if field.kind == Kind::Text { Place::Within } else { Place::Whole };
            let names: Vec<_> = (field.known)().iter().map(|(name, _)| (*name).to_owned()).collect();
            let text = if field.closed { proptest::sample::select(names).boxed() } else { tricky().boxed() };
            prop_oneof![
                text.clone().prop_map(move |text| Value::Text(Text::new(&text, within))),
                text.prop_map(|text| Value::Same(Text::new(&text, Place::Whole))),
                "[a-z]{1,3}\\*[a-z*]{0,3}".prop_map(|source| Value::Glob(Glob::new(&source))),
                ("([a-z ]|\\\\/|\\[\"\\)\\]){1,8}", "i?m?s?")
                    .prop_map(|(source, flags)| Value::Pattern(Pattern::new(&source, &flags).unwrap())),
                Just(Value::Present),
            ]
            .boxed()
        }
        Kind::Value => {
            let range = proptest::sample::select(vec!["1..2", "-0.5..", "..1e3"]);
            let range = range.prop_map(|range| {
                let (low, high) = super::literal::range(Kind::Value, range).unwrap();
                Value::Number(range.into(), low, high)
            });
            let text = prop_oneof![tricky(), Just("1..2".to_owned()), Just("..x".to_owned())];
            let text = text.prop_map(|text| Value::Text(Text::new(&text, Place::Whole)));
            prop_oneof![
                written(&["1", "-0.5", "1e400"]),
                range,
                text,
                "[a-z]{1,3}\\*[a-z*]{0,3}".prop_map(|source| Value::Glob(Glob::new(&source))),
                Just(Value::Present),
            ]
            .boxed()
        }
        Kind::Flag => any::<bool>().prop_map(Value::Flag).boxed(),
        Kind::Count => written(&["1", "#42", "0"]).boxed(),
        Kind::Status => written(&["404", "4xx"]).boxed(),
        Kind::Size => written(&["10", "10kb", "1.5MiB"]).boxed(),
        Kind::Duration => written(&["250ms", "1s", "2.5h"]).boxed(),
        Kind::Time => written(&["2026-01-31", "2026-01-31T09:26Z"]).boxed(),
    }
}

fn test() -> impl Strategy<Value = Node> {
    (0..FIELDS.len()).prop_flat_map(|row| {
        let field = &FIELDS[row];
        if field.name == JQ {
            let sources = [".a", ".a | (.b == \")\")", " . ", "\"\\(.a)\" == \"b\""];
            let node = |source: &str| super::parse::parse(&format!("jq({source})")).unwrap().unwrap();
            return proptest::sample::select(sources.to_vec()).prop_map(node).boxed();
        }
        let part = match field.part {
            Some(_) if field.name == JSON => {
                let paths = [".a", ".a.b[]", ".[0]", ".\"odd key\"[1].x", ".a-b", ".[]"];
                let at = |path: &str| Some(Part::At(JsonPath::read(path).unwrap().0));
                proptest::sample::select(paths.to_vec()).prop_map(at).boxed()
            }
            Some(_) => {
                let some = tricky().prop_filter("a part is something", |part| !part.is_empty());
                proptest::option::of(some.prop_map(|part| Part::Named(part.into()))).boxed()
            }
            None => Just(None).boxed(),
        };
        (part, proptest::collection::vec(value(field), 1..4))
            .prop_map(move |(part, values)| Node::Test(Test { field, part: part.clone(), values }))
            .boxed()
    })
}

fn tree(leaf: impl Strategy<Value = Node> + 'static) -> impl Strategy<Value = Node> {
    leaf.prop_recursive(4, 24, 4, |inner| {
        let several = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            several.clone().prop_map(|nodes| Node::And(Group::new(nodes))),
            several.prop_map(|nodes| Node::Or(Group::new(nodes))),
            inner.prop_map(|node| Node::Not(Box::new(node))),
        ]
    })
}

/// A word anywhere, of few letters so that it is often found.
fn word() -> impl Strategy<Value = Node> {
    "[aAbB\\-]{1,2}".prop_map(|word| {
        let values = vec![Value::Text(Text::new(&word, Place::Within))];
        Node::Test(Test { field: field(ANYWHERE).unwrap(), part: None, values })
    })
}

/// The evaluator that is too simple to be wrong: it lower-cases everything and asks `contains`.
fn oracle(node: &Node, haystacks: &[String]) -> bool {
    match node {
        Node::And(group) => group.nodes.iter().all(|node| oracle(node, haystacks)),
        Node::Or(group) => group.nodes.iter().any(|node| oracle(node, haystacks)),
        Node::Not(node) => !oracle(node, haystacks),
        Node::Test(test) => test.values.iter().any(|value| {
            let Value::Text(word) = value else { panic!("{value:?}") };
            let word = format!("{word:?}").trim_matches('"').to_lowercase();
            haystacks.iter().any(|haystack| haystack.to_lowercase().contains(&word))
        }),
    }
}

fn asked(node: &Node, capture: &Capture) -> bool {
    node.matches(Seen { capture, facts: &Facts::default() })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again(node in tree(test())) {
        let printed = node.to_string();
        let patterns = node.tests().flat_map(|test| &test.values).filter(|value| matches!(value, Value::Pattern(_)));
        prop_assume!(patterns.count() <= PATTERNS);
        prop_assume!(node.tests().filter(|test| test.field.name == JQ).count() <= EXPRESSIONS);
        let read = super::parse::parse(&printed);
        prop_assert_eq!(read.as_ref().ok().and_then(Option::as_ref), Some(&node), "{} {:?}", printed, read);
    }

    #[test]
    fn words_match_as_the_simple_evaluator_says(
        node in tree(word()), method in "[ab]{1,2}", path in "/[aAbB]{0,2}", value in "[abB]{0,3}", body in "[aAbB \\-]{0,6}",
    ) {
        let capture = capture(&method, &path, &[("A", &value)], body.as_bytes());
        let haystacks = [format!("{method} {path}"), format!("A: {value}\r\n\r\n"), body];
        prop_assert_eq!(asked(&node, &capture), oracle(&node, &haystacks), "{}", node);
    }

    #[test]
    fn anything_typed_is_read_or_refused_with_a_place(text in "\\PC{0,60}", near in
        "(method:|jq\\(|jq\\(\\.a|header\\.a:|\\.a\\[\\]\\.b:|\\.\"x y\":|\\.[a\\[]|form\\.a:|size:|received:|body:/|\"|\\(|\\)|-|not |and | or |[a-z*/,~<>=0-9 \\\\.\"]{0,4}){0,12}") {
        let (capture, facts) = sample();
        for text in [text, near] {
            match Query::parse(&text) {
                Ok(query) => {
                    query.matches(&capture, &facts);
                    let printed = query.to_string();
                    prop_assert_eq!(Query::parse(&printed).unwrap(), query, "{} printed {}", text, printed);
                }
                Err(error) => {
                    prop_assert!(text.get(error.span.clone()).is_some(), "{:?} in {}", error, text);
                    prop_assert!(!error.message.is_empty() && !error.message.ends_with('.'));
                    prop_assert_eq!(error.report(&text).lines().count(), 2 + usize::from(error.hint.is_some()));
                }
            }
        }
    }

    #[test]
    fn numbers_match_as_arithmetic_says(size in 0_u64..5_000, literal in 0_u64..5_000, sign in 0..6_usize) {
        let (sign, expected) = [
            ("", size == literal), ("=", size == literal), (">", size > literal), (">=", size >= literal),
            ("<", size < literal), ("<=", size <= literal),
        ][sign];
        let capture = capture("POST", "/", &[], &vec![b'a'; size as usize]);
        let query = Query::parse(&format!("size:{sign}{literal}")).unwrap();
        prop_assert_eq!(query.matches(&capture, &Facts::default()), expected);
        let (low, high) = range(Kind::Size, &format!("{literal}..")).unwrap();
        prop_assert_eq!((low..=high).contains(&i128::from(size)), size >= literal);
    }
}

proptest! {
    #[test]
    fn a_text_in_the_body_is_asked_for_as_it_is_written(text in "[ -~é東\u{301}]{1,40}", other in "[a-z:\"* ()]{0,9}") {
        let query = Query::body_has(&text);
        prop_assert_eq!(Query::parse(&query.to_string()), Ok(query.clone()));
        if let Ok(other) = Query::parse(&other) {
            let both = other.and(query.clone());
            prop_assert_eq!(Query::parse(&both.to_string()), Ok(both.clone()));
            prop_assert_eq!(both.clone().and(query), both);
        }
    }
}
