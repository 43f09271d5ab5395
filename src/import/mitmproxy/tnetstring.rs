//! Tagged netstrings as mitmproxy writes them: a length, a colon, so many bytes, and a tag that says what they are. `,` are
//! bytes, `;` text, `#` a whole number, `^` another number, `!` true or false, `~` nothing, `]` a list, `}` a dictionary.

use std::ops::Range;

/// How deep lists and dictionaries may lie in each other; flows need six.
const DEEPEST: usize = 32;

/// How many digits a length may have: up to a terabyte, which no file passes unnoticed.
const DIGITS: usize = 12;

/// A value, and where its bytes stand in what was read.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value<'a> {
    /// Bytes or text.
    Bytes(&'a [u8]),
    /// A number.
    Number(f64),
    /// True or false.
    Bool(bool),
    /// Nothing.
    Null,
    /// A list.
    List(Vec<Value<'a>>),
    /// A dictionary, in its order.
    Dict(Vec<(Value<'a>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// Reads the bytes of an element with that tag.
    pub(super) fn of(tag: u8, bytes: &'a [u8]) -> Result<Self, String> {
        Self::at_depth(tag, bytes, 0)
    }

    fn at_depth(tag: u8, bytes: &'a [u8], depth: usize) -> Result<Self, String> {
        if depth > DEEPEST {
            return Err("lists lie too deep in each other".to_owned());
        }
        let number = || {
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            text.parse().map(Self::Number).map_err(|_| format!("{text} is not a number"))
        };
        let items = || {
            let (mut items, mut rest) = (Vec::new(), bytes);
            while !rest.is_empty() {
                let (place, tag) = element(rest)?;
                items.push(Self::at_depth(tag, rest.get(place.clone()).unwrap_or_default(), depth + 1)?);
                rest = rest.get(place.end + 1..).unwrap_or_default();
            }
            Ok::<_, String>(items)
        };
        match tag {
            b',' | b';' => Ok(Self::Bytes(bytes)),
            b'#' | b'^' => number(),
            b'!' => Ok(Self::Bool(bytes == b"true")),
            b'~' => Ok(Self::Null),
            b']' => items().map(Self::List),
            b'}' => {
                let mut items = items()?.into_iter();
                let mut pairs = Vec::with_capacity(items.len() / 2);
                while let Some(key) = items.next() {
                    pairs.push((key, items.next().ok_or("a dictionary has a key without a value")?));
                }
                Ok(Self::Dict(pairs))
            }
            tag => Err(format!("the tag {} is not known", [tag].escape_ascii())),
        }
    }

    /// The member of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Dict(pairs) = self else { return None };
        let is = |key: &Self| key.bytes() == Some(name.as_bytes());
        pairs.iter().find(|(key, _)| is(key)).map(|(_, value)| value).filter(|value| **value != Self::Null)
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// The number.
    pub(super) fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// The items.
    pub(super) fn list(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }
}

/// The length that stands before a colon, and how many bytes it takes with it; nothing where there is none.
pub(super) fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    let digits = bytes.iter().take(DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
    let length = bytes.get(..digits).filter(|digits| (1..=DIGITS).contains(&digits.len()))?;
    let colon = bytes.get(digits) == Some(&b':');
    let length = std::str::from_utf8(length).ok()?.parse().ok()?;
    colon.then_some((length, digits + 1))
}

/// Where the bytes of the first element stand, and its tag.
fn element(bytes: &[u8]) -> Result<(Range<usize>, u8), String> {
    let (length, start) = length(bytes).ok_or("a length is missing")?;
    let end = start.saturating_add(length);
    let tag = bytes.get(end).ok_or("an element is longer than what holds it")?;
    Ok((start..end, *tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Result<Value<'_>, String> {
        let (place, tag) = element(bytes)?;
        Value::of(tag, &bytes[place])
    }

    #[test]
    fn values_are_read() {
        let value = read(b"37:1:a,3:1.5^1:b;2:-7#1:c,4:true!1:d,0:~}").unwrap();
        assert_eq!(value.get("a").and_then(Value::number), Some(1.5));
        assert_eq!((value.get("b"), value.get("d")), (Some(&Value::Number(-7.0)), None));
        assert_eq!(value.get("c"), Some(&Value::Bool(true)));
        assert_eq!(read(b"8:1:a,1:b;]").unwrap().list().map(<[_]>::len), Some(2));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (bytes, says) in [
            (&b"x"[..], "a length is missing"),
            (b"5:ab,", "longer than what holds it"),
            (b"4:1:a,}", "a key without a value"),
            (b"1:x#", "x is not a number"),
            (b"1:x?", "the tag ? is not known"),
            (b"1234567890123:", "a length is missing"),
        ] {
            assert!(read(bytes).unwrap_err().contains(says), "{}", bytes.escape_ascii());
        }
        let mut deep = b"0:]".to_vec();
        for _ in 0..100 {
            deep = [deep.len().to_string().as_bytes(), b":", &deep, b"]"].concat();
        }
        assert!(read(&deep).unwrap_err().contains("too deep"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(
            prop_oneof![3 => Just(b'1'), 3 => Just(b':'), 2 => Just(b'}'), 2 => Just(b']'), 2 => Just(b','), 1 => any::<u8>()], 0..60,
        )) {
            let _ = read(&bytes);
        }
    }
}
