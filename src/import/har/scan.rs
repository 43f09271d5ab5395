//! Where in an archive its entries stand: found in one pass, and kept as far as the archive is whole.

use std::{borrow::Cow, fmt, ops::Range};

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::import::json;

/// The entries, and where and why there are no more than these.
pub(super) fn entries(bytes: &Bytes) -> (Vec<Range<usize>>, Option<(u64, String)>) {
    let mut found = Vec::new();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let start = bytes.as_ptr() as usize;
    let result = Inside { name: "log", then: Inside { name: "entries", then: Items { found: &mut found, start } } }
        .deserialize(&mut reader)
        .and_then(|()| reader.end());
    (found, result.err().map(|error| (error.line() as u64, json::plain(&error))))
}

/// An object of which one member is wanted.
struct Inside<S> {
    name: &'static str,
    then: S,
}

impl<'de, S: DeserializeSeed<'de, Value = ()>> DeserializeSeed<'de> for Inside<S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: DeserializeSeed<'de, Value = ()>> Visitor<'de> for Inside<S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with `{}`", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut then = Some(self.then);
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match then.take_if(|_| key == self.name) {
                Some(then) => map.next_value_seed(then)?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if then.is_some() {
            return Err(serde::de::Error::missing_field(self.name));
        }
        Ok(())
    }
}

/// An array whose items are wanted.
struct Items<'a> {
    found: &'a mut Vec<Range<usize>>,
    /// The address of the first byte.
    start: usize,
}

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            let start = (item.get().as_ptr() as usize).saturating_sub(self.start);
            self.found.push(start..start + item.get().len());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_kept_as_far_as_the_archive_is_whole() {
        let whole = Bytes::from_static(b"{\"log\":{\"version\":\"1.2\",\"entries\":[{\"a\":1},\n{\"b\":2}],\"c\":3}}");
        assert_eq!(entries(&whole).0.len(), 2);
        assert_eq!(entries(&whole).1, None);
        let (found, broken) = entries(&whole.slice(..whole.len() - 14));
        assert_eq!(found.len(), 1);
        assert_eq!(broken, Some((2, "EOF while parsing a string".to_owned())));
        let (found, broken) = entries(&Bytes::from_static(b"{\"log\":{}}"));
        assert_eq!((found.len(), broken), (0, Some((1, "missing field `entries`".to_owned()))));
    }
}
