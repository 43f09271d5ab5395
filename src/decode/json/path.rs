//! Paths into JSON, and what lies at them, found in the bytes as they were sent.
//!
//! Decided: a path is a part of jq's language (`.data.lines[].price`, `.["odd key"]`, `.items[0]`), so that what is typed here
//! works there. Nothing is parsed into values: what a path does not lead into is passed over, in one pass whatever the depth,
//! and a body that ends too early or is wrong further on still gives what lies before that. Where a key stands twice, both
//! count. Several values one after another (NDJSON) are each asked. Refused: negative places and slices, which need the
//! whole array before they mean anything; `jq(…)` has them.

use std::fmt;

use super::{blank, members::string, members::value_end};

/// How many steps a path may have.
const STEPS: usize = 64;

/// One step of a path.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Step {
    /// The member of that name.
    Name(Box<str>),
    /// The element at that place, from 0.
    At(usize),
    /// Every element, or the value of every member.
    Each,
}

/// See the head of this file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JsonPath {
    steps: Box<[Step]>,
}

/// What is wrong with a path, and at which byte of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JsonPathError {
    /// The byte.
    pub at: usize,
    /// What was expected there.
    pub message: &'static str,
}

impl JsonPath {
    /// Reads a path from its dot on, up to what cannot be a part of it; gives how many bytes that took.
    pub fn read(text: &str) -> Result<(Self, usize), JsonPathError> {
        let mut steps = Vec::new();
        let mut at = 0;
        loop {
            let rest = text.get(at..).unwrap_or_default();
            let (step, length) = match rest.as_bytes() {
                [b'[', ..] if at > 0 => bracket(rest, at)?,
                [b'.', b'[', ..] => {
                    let (step, length) = bracket(rest.get(1..).unwrap_or_default(), at + 1)?;
                    (step, length + 1)
                }
                [b'.', b'"', ..] => {
                    let (name, length) = quoted(rest.get(1..).unwrap_or_default(), at + 1)?;
                    (Step::Name(name), length + 1)
                }
                [b'.', ..] => {
                    let name = rest.get(1..).unwrap_or_default();
                    let end = name.find(|char| !is_plain(char)).unwrap_or(name.len());
                    let name = name.get(..end).filter(|name| !name.is_empty());
                    let name = name.ok_or(JsonPathError { at: at + 1, message: "expected a key after the dot" })?;
                    (Step::Name(name.into()), end + 1)
                }
                _ => break,
            };
            if steps.len() == STEPS {
                return Err(JsonPathError { at, message: "a path has at most 64 steps" });
            }
            steps.push(step);
            at += length;
        }
        Ok((Self { steps: steps.into() }, at))
    }

    /// The same with any element in place of one.
    #[must_use]
    pub fn anywhere(mut self) -> Self {
        for step in &mut self.steps {
            if let Step::At(_) = step {
                *step = Step::Each;
            }
        }
        self
    }

    /// A step to the member of that name, as it is written in a path: `.name` or `."odd name"`.
    pub fn key(name: &str) -> String {
        if !name.is_empty() && name.chars().all(is_plain) {
            return format!(".{name}");
        }
        format!(".{}", serde_json::Value::from(name))
    }

    /// Shows every value at the path, as it was written, until `visit` says that it has seen enough; says whether it has.
    pub fn visit(&self, bytes: &[u8], visit: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        // A byte order mark is no part of JSON (RFC 8259 §8.1), and senders put it there.
        let mut at = between(bytes, if bytes.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 });
        // What does not begin as JSON with something in it has no paths.
        while let Some(b'{' | b'[') = bytes.get(at) {
            match walk(bytes, at, &self.steps, visit) {
                None => return true,
                Some(end) => at = between(bytes, end),
            }
        }
        false
    }
}

/// Where the next value may begin: white space, and what stands before each of a JSON text sequence (RFC 7464 §2.2).
fn between(bytes: &[u8], at: usize) -> usize {
    let mut at = blank(bytes, at);
    while bytes.get(at) == Some(&0x1e) {
        at = blank(bytes, at + 1);
    }
    at
}

/// The value at `at` and what of it lies at the steps; gives where it ends, or nothing when enough has been seen.
fn walk(bytes: &[u8], at: usize, steps: &[Step], visit: &mut dyn FnMut(&[u8]) -> bool) -> Option<usize> {
    let Some((step, further)) = steps.split_first() else {
        let end = value_end(bytes, at);
        return if visit(bytes.get(at..end).unwrap_or_default()) { None } else { Some(end) };
    };
    let open = bytes.get(at);
    let is_object = open == Some(&b'{');
    let leads = match step {
        Step::Name(_) => is_object,
        Step::At(_) => open == Some(&b'['),
        Step::Each => matches!(open, Some(b'{' | b'[')),
    };
    if !leads {
        return Some(value_end(bytes, at));
    }
    let (mut at, mut place) = (at + 1, 0);
    loop {
        at = blank(bytes, at);
        let begin = match bytes.get(at) {
            None => return Some(bytes.len()),
            Some(b'}' | b']') => return Some(at + 1),
            Some(b',') => {
                at += 1;
                continue;
            }
            Some(_) => at,
        };
        let mut name = None;
        if is_object {
            let end = value_end(bytes, begin);
            name = bytes.get(begin..end);
            at = blank(bytes, end);
            if bytes.get(at) != Some(&b':') {
                continue;
            }
            at = blank(bytes, at + 1);
            if matches!(bytes.get(at), None | Some(b',' | b'}' | b']')) {
                continue;
            }
        }
        let wanted = match step {
            Step::Name(wanted) => name.is_some_and(|name| is_name(name, wanted)),
            Step::At(wanted) => place == *wanted,
            Step::Each => true,
        };
        at = if wanted { walk(bytes, at, further, visit)? } else { value_end(bytes, at) };
        place += 1;
    }
}

/// Whether a name as it is written, in quotes, is that one.
fn is_name(written: &[u8], name: &str) -> bool {
    let inner = written.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    inner == Some(name.as_bytes()) && !name.contains('\\')
        || memchr::memchr(b'\\', written).is_some() && string(written).is_some_and(|text| text == name)
}

/// Whether a character may stand in a key without quotes: more than in jq, where it means nothing else.
fn is_plain(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '_' | '-' | '$' | '@' | '#' | '/')
}

/// `[]`, `[0]` or `["key"]`, which begins at byte `at` of the path.
fn bracket(text: &str, at: usize) -> Result<(Step, usize), JsonPathError> {
    let inner = text.get(1..).unwrap_or_default();
    let (step, length) = match inner.as_bytes().first() {
        Some(b']') => (Step::Each, 0),
        Some(b'"') => {
            let (name, length) = quoted(inner, at + 1)?;
            (Step::Name(name), length)
        }
        _ => {
            let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
            let place = inner.get(..digits).and_then(|digits| digits.parse().ok());
            let message = "expected `]`, a place such as 0, or a key in quotes";
            (Step::At(place.ok_or(JsonPathError { at: at + 1, message })?), digits)
        }
    };
    if inner.as_bytes().get(length) == Some(&b']') {
        Ok((step, length + 2))
    } else {
        Err(JsonPathError { at: at + 1 + length, message: "expected `]`" })
    }
}

/// A key in quotes, as JSON writes it, which begins at byte `at` of the path.
fn quoted(text: &str, at: usize) -> Result<(Box<str>, usize), JsonPathError> {
    let mut escaped = false;
    let end = text.bytes().enumerate().skip(1).find_map(|(at, byte)| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes.then_some(at + 1)
    });
    let end = end.ok_or(JsonPathError { at: at + text.len(), message: "expected `\"` at the end of the key" })?;
    let written = text.get(..end).unwrap_or_default();
    let name: String = serde_json::from_str(written)
        .map_err(|_| JsonPathError { at: at + 1, message: "the key is no JSON string: a backslash is written \\\\" })?;
    Ok((name.into(), end))
}

impl fmt::Display for JsonPath {
    /// Reading it gives the same path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            if at == 0 && !matches!(step, Step::Name(_)) {
                f.write_str(".")?;
            }
            match step {
                Step::Name(name) if !name.is_empty() && name.chars().all(is_plain) => write!(f, ".{name}")?,
                Step::Name(name) => write!(f, ".{}", serde_json::Value::from(&**name))?,
                Step::At(place) => write!(f, "[{place}]")?,
                Step::Each => f.write_str("[]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn at(path: &str, body: &str) -> Vec<String> {
        let (path, length) = JsonPath::read(path).unwrap();
        assert_eq!(length, path.to_string().len(), "{path}");
        let mut found = Vec::new();
        path.visit(body.as_bytes(), &mut |value| {
            found.push(String::from_utf8_lossy(value).into_owned());
            false
        });
        found
    }

    #[test]
    fn values_are_shown_as_they_were_written() {
        let body =
            r#" { "a" : {"b":1e400, "b" : "\u0041"}, "list":[ {"k": [1,2]}, {"k":[] }, 3 ], "x-y":-0, "":null } "#;
        for (path, expected) in [
            (".a.b", vec!["1e400", r#""\u0041""#]),
            (".list[].k", vec!["[1,2]", "[]"]),
            (".list[].k[]", vec!["1", "2"]),
            (".list[2]", vec!["3"]),
            (".list[9]", vec![]),
            (".x-y", vec!["-0"]),
            (".\"\"", vec!["null"]),
            (".a[]", vec!["1e400", r#""\u0041""#]),
            (".a.b.c", vec![]),
            (".list.k", vec![]),
            (".none", vec![]),
        ] {
            assert_eq!(at(path, body), expected, "{path}");
        }
        assert_eq!(at(".[1]", "[1, 2]"), ["2"]);
        assert_eq!(at(".a", "{\"a\":1}\n{\"a\":2}\n"), ["1", "2"]);
        assert_eq!(at(".a", "\u{1e}{\"a\":1}\n\u{1e}{\"a\":2}\n"), ["1", "2"]);
        assert_eq!(at(".a", "\u{feff}{\"\\u0061\":1}"), ["1"]);
    }

    #[test]
    fn what_is_cut_or_wrong_gives_what_lies_before() {
        for body in [r#"{"a":1,"#, r#"{"a":1"#, r#"{"a":1, b}"#, r#"{"a":1}}}]"#, r#"{"a":1 "b"#, r#"{,,"a":1,:"#] {
            assert_eq!(at(".a", body), ["1"], "{body}");
        }
        for body in ["", "a", "{", "[", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":,", "\"a\":1"] {
            assert_eq!(at(".a", body), Vec::<String>::new(), "{body}");
        }
    }

    #[test]
    fn errors_are_where_something_is_missing() {
        for (path, at) in
            [(".", 1), (".a.", 3), (".a[", 3), (".a[x]", 3), (".a[1", 4), (".\"a", 3), (".[\"a\"", 5), (".[-1]", 2)]
        {
            assert_eq!(JsonPath::read(path).unwrap_err().at, at, "{path}");
        }
        assert!(JsonPath::read(&".a".repeat(STEPS)).is_ok());
        assert!(JsonPath::read(&".a".repeat(STEPS + 1)).is_err());
        assert_eq!(JsonPath::read(".a.b:1").unwrap().1, 4);
    }

    /// The same by way of values.
    fn naive<'a>(value: &'a Value, steps: &[Step], found: &mut Vec<&'a Value>) {
        let Some((step, further)) = steps.split_first() else {
            found.push(value);
            return;
        };
        match (step, value) {
            (Step::Name(name), Value::Object(members)) => {
                members.get(&**name).into_iter().for_each(|value| naive(value, further, found));
            }
            (Step::At(at), Value::Array(elements)) => {
                elements.get(*at).into_iter().for_each(|value| naive(value, further, found));
            }
            (Step::Each, Value::Array(elements)) => elements.iter().for_each(|value| naive(value, further, found)),
            (Step::Each, Value::Object(members)) => members.values().for_each(|value| naive(value, further, found)),
            _ => {}
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "[a-c\\\\\"{}\\[\\],:é\n]{0,4}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[abé\"\\\\]{0,2}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn path() -> impl Strategy<Value = JsonPath> {
        let step = prop_oneof![
            "[abé\"\\\\]{0,2}".prop_map(|name| Step::Name(name.into())),
            (0_usize..4).prop_map(Step::At),
            Just(Step::Each)
        ];
        proptest::collection::vec(step, 1..5).prop_map(|steps| JsonPath { steps: steps.into() })
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_a_parser_finds(value in value(), path in path(), pretty in any::<bool>()) {
            let body = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let mut expected = Vec::new();
            naive(&value, &path.steps, &mut expected);
            let mut found: Vec<Value> = Vec::new();
            path.visit(body.as_bytes(), &mut |value| {
                found.push(serde_json::from_slice(value).unwrap());
                false
            });
            let expected: Vec<Value> = if matches!(value, Value::Array(_) | Value::Object(_)) { expected.into_iter().cloned().collect() } else { Vec::new() };
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn what_is_written_is_read(path in path()) {
            let written = path.to_string();
            prop_assert_eq!(JsonPath::read(&written), Ok((path, written.len())));
        }

        #[test]
        fn nothing_breaks_it(text in "[.\\[\\]\"a0\\\\é]{0,20}", body in "[\\[\\]{}\",:a0\\\\ \n]{0,60}") {
            let _ = JsonPath::read(&text);
            for path in [".a", ".[]", ".a[0][]"] {
                JsonPath::read(path).unwrap().0.visit(body.as_bytes(), &mut |_| false);
            }
        }
    }
}
