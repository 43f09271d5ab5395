//! Members whose name stands earlier in the same object, for rows on the screen.
//!
//! Decided: objects are read from their beginning, each once for all of its rows, and only those that are read in less than
//! a millisecond; in a larger one nothing is said, which [`Tree::is_shadowed`] does where a path is copied.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashSet},
};

use super::{super::json, Nest, Tree};

/// The largest object that is read, in bytes.
const OBJECT: usize = 64 * 1024;

/// How many bytes of objects are read for one screen.
const SCREEN: usize = 256 * 1024;

impl Tree<'_> {
    /// Which of the members whose lines begin at these offsets have a name that stands before in the same object. Offsets
    /// at which no member begins are passed over.
    pub fn repeated(&self, offsets: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut objects: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        let mut left = SCREEN;
        let mut found = BTreeSet::new();
        for offset in offsets {
            let (nest, bytes) = self.nest(offset);
            let is_member = matches!(nest, Some(Nest::Json | Nest::Values)) && json::value_at(bytes, offset) != offset;
            let node = self.node_at(offset).filter(|node| is_member && node.offset() == offset);
            let Some(parent) = node.and_then(|node| self.parent(&node)) else { continue };
            let repeated = objects.entry(parent.offset()).or_insert_with(|| {
                let object = self.value(&parent);
                if object.len() > OBJECT.min(left) {
                    return BTreeSet::new();
                }
                left -= object.len();
                repeated_in(bytes.get(object.clone()).unwrap_or_default(), object.start)
            });
            if repeated.contains(&offset) {
                found.insert(offset);
            }
        }
        found
    }
}

/// Where the names begin that stand before in an object that begins at `start`.
fn repeated_in(object: &[u8], start: usize) -> BTreeSet<usize> {
    let mut seen: HashSet<Cow<'_, str>> = HashSet::new();
    let names = json::members(object).filter_map(|(name, _)| Some((name.start, json::string(object.get(name)?)?)));
    names.filter_map(|(at, name)| (!seen.insert(name)).then_some(start + at)).collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::super::super::properties::document;

    fn repeated(body: &str) -> Vec<usize> {
        let document = document(body.as_bytes(), "json");
        document.tree().unwrap().repeated(0..body.len()).into_iter().collect()
    }

    #[test]
    fn a_name_that_stands_before_in_its_object_is_known() {
        let body = r#"{"a":1,"b":{"a":2,"\u0061":3},"a":{"c":4},"l":["a","a",{"a":5},{"a":6}],"a":7}"#;
        let expected: Vec<_> = [r#""\u0061""#, r#""a":{"c""#, r#""a":7"#].map(|text| body.find(text).unwrap()).into();
        assert_eq!(repeated(body), expected);
        assert!(repeated(r#"["a","a"]"#).is_empty() && repeated("{}").is_empty() && repeated("1").is_empty());
    }

    #[test]
    fn what_is_large_is_not_read() {
        let many = |count: usize| {
            (0..count).fold(String::from("{\"a\":0"), |mut body, _| {
                let _ = write!(body, ",\"a\":{}", "1".repeat(20));
                body
            }) + "}"
        };
        let small = many(10);
        assert_eq!(repeated(&small).len(), 10);
        let large = many(3000);
        let document = document(large.as_bytes(), "json");
        assert!(document.tree().unwrap().repeated([7, 40, 1000]).is_empty());
    }
}
