//! Reads single values out of a JSON body without parsing the body.
//!
//! Where the event is named, it is nearly always near the front and near the top: `{"id":"evt_1","object":"event",…`. So
//! this walks over the members of an object, skips the values nobody asked for, and stops at the one that was. It looks
//! at no more than [`LOOKED_AT`] bytes, keeps no stack (a skipped value is counted through, not descended into), and
//! takes any bytes: what is not JSON ends the walk.
//!
//! Refused: a parser, which costs in proportion to the body and would have to be told when to stop; and strictness, for
//! this decides what a capture is called and never what it holds.

use std::borrow::Cow;

/// How many bytes of a body are looked at, in bytes.
pub const LOOKED_AT: usize = 64 * 1024;

/// One step from a value to a value inside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The member of an object with that name.
    Key(&'static str),
    /// The first element of an array.
    First,
}

/// A JSON value, known by where it begins.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    /// From its first byte to the end of what is looked at.
    bytes: &'a [u8],
}

impl<'a> Value<'a> {
    /// The object or array that a body begins with, if it begins with one. A byte order mark before it is passed over.
    pub fn document(body: &'a [u8]) -> Option<Self> {
        Self::within(body, LOOKED_AT)
    }

    /// The same where `limit` bytes of the body are looked at.
    pub fn within(body: &'a [u8], limit: usize) -> Option<Self> {
        let looked = body.get(..limit).unwrap_or(body);
        let looked = looked.strip_prefix(b"\xef\xbb\xbf").unwrap_or(looked);
        let bytes = skip_blank(looked);
        matches!(bytes.first(), Some(b'{' | b'[')).then_some(Self { bytes })
    }

    /// The members of an object in the order they stand; nothing for what is not an object.
    pub fn members(self) -> Members<'a> {
        match self.bytes.split_first() {
            Some((b'{', rest)) => Members { rest, value: None },
            _ => Members { rest: &[], value: None },
        }
    }

    /// The first element of an array.
    pub fn first(self) -> Option<Self> {
        let (b'[', rest) = self.bytes.split_first()? else { return None };
        let bytes = skip_blank(rest);
        bytes.first().is_some_and(|&byte| byte != b']').then_some(Self { bytes })
    }

    /// The value of the first member of that name. A name that is written with escapes is another name.
    pub fn get(self, name: &str) -> Option<Self> {
        self.members().find(|(key, _)| *key == name.as_bytes()).map(|(_, value)| value)
    }

    /// The value at the end of a path.
    pub fn at(self, path: &[Step]) -> Option<Self> {
        path.iter().try_fold(self, |value, step| match step {
            Step::Key(name) => value.get(name),
            Step::First => value.first(),
        })
    }

    /// The text of a string, or a number, `true` or `false` as it is written. Nothing for `null`, objects and arrays, for
    /// what is longer than `limit` bytes, and for what does not end within the bytes that are looked at.
    pub fn scalar(self, limit: usize) -> Option<Cow<'a, [u8]>> {
        match self.bytes.first()? {
            b'"' => {
                let length = string_length(self.bytes)?;
                let inside = self.bytes.get(1..length - 1).filter(|inside| inside.len() <= limit)?;
                if memchr::memchr(b'\\', inside).is_none() {
                    return Some(Cow::Borrowed(inside));
                }
                let text: String = serde_json::from_slice(self.bytes.get(..length)?).ok()?;
                Some(Cow::Owned(text.into_bytes()))
            }
            b'-' | b'0'..=b'9' | b't' | b'f' => {
                let length = self.bytes.iter().position(|&byte| ends_literal(byte))?;
                self.bytes.get(..length).filter(|literal| literal.len() <= limit).map(Cow::Borrowed)
            }
            _ => None,
        }
    }
}

/// The members of an object: names as they are written between the quotes, and values.
pub struct Members<'a> {
    rest: &'a [u8],
    /// The value handed out last, which is skipped only when another is asked for.
    value: Option<&'a [u8]>,
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(value) = self.value.take() {
            let after = skip_blank(skip_value(value)?);
            self.rest = after.strip_prefix(b",")?;
        }
        let key = skip_blank(self.rest);
        if key.first() != Some(&b'"') {
            return None;
        }
        let length = string_length(key)?;
        let name = key.get(1..length - 1)?;
        let value = skip_blank(skip_blank(key.get(length..)?).strip_prefix(b":")?);
        self.value = Some(value);
        Some((name, Value { bytes: value }))
    }
}

fn skip_blank(bytes: &[u8]) -> &[u8] {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    bytes.get(blank..).unwrap_or_default()
}

fn ends_literal(byte: u8) -> bool {
    matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r')
}

/// The length of the string that `bytes` begin with, quotes included.
fn string_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        let rest = bytes.get(at..)?;
        let found = memchr::memchr2(b'"', b'\\', rest)?;
        match rest.get(found)? {
            b'"' => return Some(at + found + 1),
            _ => at += found + 2,
        }
    }
}

/// What stands after the value that `bytes` begin with.
fn skip_value(bytes: &[u8]) -> Option<&[u8]> {
    match bytes.first()? {
        b'"' => bytes.get(string_length(bytes)?..),
        b'{' | b'[' => {
            let mut depth = 0_usize;
            let mut at = 0;
            loop {
                match bytes.get(at)? {
                    b'"' => {
                        at += string_length(bytes.get(at..)?)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return bytes.get(at + 1..);
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
        }
        _ => {
            let length = bytes.iter().position(|&byte| ends_literal(byte))?;
            bytes.get(length..)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Step::{First, Key};
    use super::*;
    use proptest::prelude::*;

    fn scalar(body: &str, path: &[Step]) -> Option<String> {
        let value = Value::document(body.as_bytes())?.at(path)?.scalar(100)?;
        Some(String::from_utf8(value.into_owned()).unwrap())
    }

    #[test]
    fn values_are_found_where_they_stand() {
        let body = "\u{feff} {\"a\" : {\"type\":\"no\", \"x\":[1,{\"]\":\"}\\\"\"}]},\n\"type\":\"yes\\u0021\",\"n\":-1.5e3 ,\
                    \"l\":[{\"e\":true}],\"z\":null}";
        for (path, expected) in [
            (&[Key("type")][..], Some("yes!")),
            (&[Key("a"), Key("type")], Some("no")),
            (&[Key("n")], Some("-1.5e3")),
            (&[Key("l"), First, Key("e")], Some("true")),
            (&[Key("z")], None),
            (&[Key("a")], None),
            (&[Key("a"), First], None),
            (&[Key("missing")], None),
        ] {
            assert_eq!(scalar(body, path).as_deref(), expected, "{path:?}");
        }
        assert_eq!(scalar("[ {\"e\":\"x\"}]", &[First, Key("e")]).as_deref(), Some("x"));
        assert_eq!(scalar("[]", &[First]), None);
    }

    #[test]
    fn what_is_cut_off_is_not_a_value() {
        for body in ["{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":\"x", "{\"a\":\"x\\", "{\"a\":12", "[", "text", ""] {
            assert_eq!(scalar(body, &[Key("a")]), None, "{body}");
        }
        let late = format!("{{\"pad\":\"{}\",\"a\":1}}", "x".repeat(LOOKED_AT));
        assert_eq!(scalar(&late, &[Key("a")]), None);
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!("{{\"d\":{}{},\"a\":1}}", "[".repeat(30_000), "]".repeat(30_000));
        assert_eq!(scalar(&deep, &[Key("a")]).as_deref(), Some("1"));
        let open = format!("{{\"d\":{}", "{\"d\":".repeat(20_000));
        assert_eq!(scalar(&open, &[Key("a")]), None);
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            "\\PC{0,12}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                proptest::collection::hash_map("[a-z{}\\[\\]:, ]{0,4}", inner, 0..5)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_or_left(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(value) = Value::document(&bytes) {
                let _ = (value.members().count(), value.first().map(|first| first.scalar(10)));
            }
        }

        #[test]
        fn nearly_json_is_walked_or_left(text in "[{}\\[\\]\":,\\\\a1 \n]{0,200}") {
            if let Some(value) = Value::document(text.as_bytes()) {
                let _ = (value.members().count(), value.at(&[Key("a"), First, Key("a")]).map(|found| found.scalar(10)));
            }
        }

        #[test]
        fn members_are_what_a_parser_finds(members in proptest::collection::hash_map("[a-z{}:, ]{0,6}", json(), 0..8), pretty: bool) {
            let object = serde_json::Value::Object(members.into_iter().collect());
            let text = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) }.unwrap();
            let expected: Vec<_> = object.as_object().unwrap().iter().collect();
            let found: Vec<_> = Value::document(text.as_bytes()).unwrap().members().collect();
            prop_assert_eq!(found.len(), expected.len());
            for ((name, value), (expected_name, expected)) in found.into_iter().zip(expected) {
                prop_assert_eq!(name, expected_name.as_bytes());
                let scalar = value.scalar(usize::MAX).map(|bytes| String::from_utf8(bytes.into_owned()).unwrap());
                let expected = match expected {
                    serde_json::Value::String(text) => Some(text.clone()),
                    serde_json::Value::Number(_) | serde_json::Value::Bool(_) => Some(expected.to_string()),
                    _ => None,
                };
                prop_assert_eq!(scalar, expected);
            }
        }
    }
}
