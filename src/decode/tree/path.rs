//! The way to a node in words that other programs understand: a JSON pointer, a path of jq, an `XPath`.
//!
//! Decided: a name is given decoded, since programs compare names so. A name with half of a surrogate pair is no text. Its
//! pointer is then written as a JSON string, escapes as sent (RFC 6901 §5), and jq is given the U+FFFD that jq reads in its
//! place. Of members of one name both find the last, which [`Tree::is_shadowed`] tells.
//!
//! For the screen there are [`Crumb`]s: the outermost and the innermost few, since a path may have a million.

use std::borrow::Cow;

use super::{super::json, Kind, Name, Nest, Node, Tree};

/// How many members of one object are looked at for another of the same name.
const ALIKE: usize = 100_000;

/// How much of a name is shown in a path, in bytes.
const NAME: usize = 64;

/// One step of a path on the screen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Crumb {
    /// A member or a tag of that name, of which the end may be left out; as sent.
    Name(Vec<u8>),
    /// An element of an array, counted from 0.
    Index(usize),
    /// A value among others, counted from 0.
    Value(usize),
    /// So many steps that are left out.
    More(usize),
}

/// A step of a path that is given away.
enum Step<'a> {
    Key(Cow<'a, [u8]>),
    Index(usize),
    Tag(&'a [u8], usize),
}

impl Tree<'_> {
    /// The RFC 6901 pointer to a node, from the value on that it is part of; nothing where that is no JSON. Takes a while
    /// where the node lies thousands deep.
    pub fn pointer(&self, node: &Node) -> Option<String> {
        let steps = self.json_steps(node)?;
        let mut pointer = String::new();
        let texts: Option<Vec<_>> = steps.iter().map(key).collect();
        if let Some(texts) = texts {
            for text in texts {
                pointer.push('/');
                pointer.push_str(&text.replace('~', "~0").replace('/', "~1"));
            }
            return Some(pointer);
        }
        pointer.push('"');
        for step in &steps {
            pointer.push('/');
            match step {
                Step::Key(raw) => {
                    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
                    // A slash may be escaped as well, and so may any letter: only what is no text stays as it is.
                    let text = relaxed(inner).replace('~', "~0").replace('/', "~1");
                    pointer.push_str(&text);
                }
                Step::Index(index) => pointer.push_str(&index.to_string()),
                Step::Tag(..) => return None,
            }
        }
        pointer.push('"');
        Some(pointer)
    }

    /// The path of a node as jq writes it, from the value on that it is part of; nothing where that is no JSON.
    pub fn jq(&self, node: &Node) -> Option<String> {
        let mut path = String::new();
        for step in &self.json_steps(node)? {
            let first = path.is_empty();
            match step {
                Step::Key(raw) => {
                    let text = key(step).unwrap_or_else(|| lossy(raw).into());
                    if is_name(&text) {
                        path.push('.');
                        path.push_str(&text);
                    } else {
                        path.push_str(if first { ".[" } else { "[" });
                        path.push_str(&serde_json::Value::String(text.into_owned()).to_string());
                        path.push(']');
                    }
                }
                Step::Index(index) => {
                    path.push_str(if first { ".[" } else { "[" });
                    path.push_str(&index.to_string());
                    path.push(']');
                }
                Step::Tag(..) => return None,
            }
        }
        if path.is_empty() {
            path.push('.');
        }
        Some(path)
    }

    /// The path of an element as `XPath` writes it; nothing where it is none.
    pub fn xpath(&self, node: &Node) -> Option<String> {
        let mut path = String::new();
        for step in self.steps(node) {
            let Step::Tag(name, nth) = step else { return None };
            path.push('/');
            path.push_str(std::str::from_utf8(name).ok()?);
            if nth > 1 {
                path.push_str(&format!("[{nth}]"));
            }
        }
        Some(path).filter(|path| !path.is_empty())
    }

    /// Whether a later member of the same object has the name of this one, so that a path finds that one. Looks at no more
    /// than a hundred thousand of them.
    pub fn is_shadowed(&self, node: &Node) -> bool {
        let Name::Member(name) = self.name(node) else { return false };
        let Some(parent) = self.parent(node) else { return false };
        let own = self.bytes.get(name.clone()).unwrap_or_default();
        let own = json::string(own).unwrap_or_else(|| String::from_utf8_lossy(own));
        let object = self.value(&parent);
        let Some(bytes) = self.bytes.get(object.clone()) else { return false };
        let later = json::members(bytes).take(ALIKE).filter(|(other, _)| object.start + other.start > name.start);
        later.into_iter().any(|(other, _)| bytes.get(other).and_then(json::string).is_some_and(|other| other == own))
    }

    /// The steps to a node for a line of the screen: no more than `most`, and one that says how many are left out.
    pub fn crumbs(&self, node: &Node, most: usize) -> Vec<Crumb> {
        let depth = node.depth() as usize;
        let (outer, inner) = if depth < most { (depth + 1, 0) } else { (most / 3, most - most / 3) };
        let mut crumbs = Vec::new();
        for at in 0..=depth {
            let own = *node;
            let found = match u32::try_from(at) {
                _ if at == depth => Some(own),
                Ok(at) if (at as usize) < outer || at as usize + inner > depth => self.ancestor(node, at),
                _ => None,
            };
            if let Some(found) = found {
                crumbs.extend(self.crumb(&found));
            } else if at == outer {
                crumbs.push(Crumb::More(depth + 1 - outer - inner));
            }
        }
        crumbs
    }

    fn crumb(&self, node: &Node) -> Option<Crumb> {
        let text = |range: std::ops::Range<usize>| {
            let end = range.end.min(range.start + NAME);
            self.bytes.get(range.start..end).unwrap_or_default().to_vec()
        };
        match self.name(node) {
            Name::Member(range) => {
                let raw = self.bytes.get(range.clone()).unwrap_or_default();
                let short = if raw.len() <= NAME { json::string(raw) } else { None };
                Some(Crumb::Name(match short {
                    Some(short) => short.into_owned().into_bytes(),
                    None => text(range.start + 1..range.end.saturating_sub(1).max(range.start + 1)),
                }))
            }
            Name::Tag(range) => Some(Crumb::Name(text(range))),
            Name::Index(index) => Some(Crumb::Index(index)),
            Name::Value(index) => Some(Crumb::Value(index)),
            Name::Root | Name::Nameless => None,
        }
    }

    fn json_steps(&self, node: &Node) -> Option<Vec<Step<'_>>> {
        let (nest, _) = self.nest(node.offset());
        matches!(nest, Some(Nest::Json | Nest::Values)).then(|| self.steps(node))
    }

    /// The steps from what a node is part of.
    fn steps(&self, node: &Node) -> Vec<Step<'_>> {
        let mut steps = Vec::new();
        let mut at = Some(*node);
        while let Some(node) = at {
            match self.name(&node) {
                Name::Member(range) => steps.push(Step::Key(self.bytes.get(range).unwrap_or_default().into())),
                Name::Index(index) => steps.push(Step::Index(index)),
                Name::Tag(range) => {
                    let name = self.bytes.get(range).unwrap_or_default();
                    steps.push(Step::Tag(name, self.tags_before(&node, name) + 1));
                }
                Name::Value(_) | Name::Root | Name::Nameless => {}
            }
            at = self.parent(&node);
        }
        steps.reverse();
        steps
    }

    /// How many of the same name stand before a node beside it.
    fn tags_before(&self, node: &Node, name: &[u8]) -> usize {
        let mut count = 0;
        let mut at = self.previous(node);
        while let Some(node) = at {
            count += usize::from(
                matches!(self.name(&node), Name::Tag(ref range) if self.bytes.get(range.clone()) == Some(name)),
            );
            at = self.previous(&node);
        }
        count
    }

    /// The text of a string, escapes undone; nothing where a node is none, or its text is none.
    pub fn text(&self, node: &Node) -> Option<Cow<'_, str>> {
        let (nest, _) = self.nest(node.offset());
        let is_json = matches!(nest, Some(Nest::Json | Nest::Values)) && node.kind == Kind::Leaf;
        decoded(self.bytes.get(self.value(node)).filter(|_| is_json)?)
    }
}

/// A step as text; nothing where it is none.
fn key<'s>(step: &'s Step<'_>) -> Option<Cow<'s, str>> {
    match step {
        Step::Key(raw) => decoded(raw),
        Step::Index(index) => Some(index.to_string().into()),
        Step::Tag(..) => None,
    }
}

/// The text of a string with its quotes; nothing where it has half of a surrogate pair.
fn decoded(raw: &[u8]) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if memchr::memchr(b'\\', inner).is_none() {
        return std::str::from_utf8(inner).ok().map(Cow::Borrowed);
    }
    serde_json::from_slice::<String>(raw).ok().map(Cow::Owned)
}

/// Escapes undone one by one, but those that a JSON string needs and halves of surrogate pairs.
fn relaxed(inner: &[u8]) -> String {
    let mut out = String::new();
    for piece in escapes(inner) {
        match piece {
            Ok(text) => out.push_str(text),
            Err(escape) => {
                let quoted = format!("\"{escape}\"");
                match serde_json::from_str::<String>(&quoted) {
                    // Written as it must be in a string.
                    Ok(text) => {
                        let written = serde_json::Value::String(text).to_string();
                        out.push_str(written.get(1..written.len() - 1).unwrap_or_default());
                    }
                    Err(_) => out.push_str(escape),
                }
            }
        }
    }
    out
}

/// Escapes undone, halves of surrogate pairs as U+FFFD.
fn lossy(raw: &[u8]) -> String {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    escapes(inner)
        .map(|piece| match piece {
            Ok(text) => text.to_owned(),
            Err(escape) => {
                serde_json::from_str::<String>(&format!("\"{escape}\"")).unwrap_or_else(|_| '\u{fffd}'.to_string())
            }
        })
        .collect()
}

/// The inside of a string: stretches without escapes, and escapes, a surrogate pair being one.
fn escapes(inner: &[u8]) -> impl Iterator<Item = Result<&str, &str>> {
    let mut rest = std::str::from_utf8(inner).unwrap_or_default();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, is_escape) = match rest.find('\\') {
            Some(0) => {
                let high =
                    |text: &str| text.strip_prefix("\\u").and_then(|hex| u32::from_str_radix(hex.get(..4)?, 16).ok());
                let one = if high(rest).is_some() { 6 } else { 2 };
                let pair = matches!(high(rest), Some(0xd800..0xdc00))
                    && matches!(rest.get(6..).and_then(high), Some(0xdc00..0xe000));
                (rest.get(..if pair { 12 } else { one }).unwrap_or(rest), true)
            }
            found => (rest.get(..found.unwrap_or(rest.len())).unwrap_or(rest), false),
        };
        rest = rest.get(piece.len()..).unwrap_or_default();
        Some(if is_escape { Err(piece) } else { Ok(piece) })
    })
}

/// Whether jq takes a name behind a dot.
fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|char| char.is_ascii_alphabetic() || char == '_')
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
}

#[cfg(test)]
mod tests {
    use super::super::super::properties::{self, document};
    use super::*;
    use proptest::prelude::*;

    fn paths(body: &str, at: &str) -> (String, String) {
        let document = document(body.as_bytes(), "json");
        let tree = document.tree().unwrap();
        let node = tree.node_at(body.find(at).unwrap()).unwrap();
        (tree.pointer(&node).unwrap(), tree.jq(&node).unwrap())
    }

    #[test]
    fn odd_names_are_written_as_each_wants_them() {
        let body =
            r#"{"data":{"a/b~c":[0,{"odd \"key\"":1}],"é":[2],"":{"\u0061":3},"x\ud800\n/":4,"\ud83d\ude00":5}}"#;
        for (at, pointer, jq) in [
            ("1", "/data/a~1b~0c/1/odd \"key\"", r#".data["a/b~c"][1]["odd \"key\""]"#),
            ("2", "/data/é/0", r#".data["é"][0]"#),
            ("3", "/data//a", r#".data[""].a"#),
            ("4", r#""/data/x\ud800\n~1""#, ".data[\"x\u{fffd}\\n/\"]"),
            (":5", "/data/😀", r#".data["😀"]"#),
            ("{", "", "."),
        ] {
            assert_eq!(paths(body, at), (pointer.to_owned(), jq.to_owned()), "{at}");
        }
        assert_eq!(paths("[[7]]", "7"), ("/0/0".to_owned(), ".[0][0]".to_owned()));
    }

    #[test]
    fn a_name_that_comes_again_is_known() {
        let body = r#"{"a":1,"b":2,"\u0061":3}"#;
        let document = document(body.as_bytes(), "json");
        let tree = document.tree().unwrap();
        let shadowed = |at: &str| tree.is_shadowed(&tree.node_at(body.find(at).unwrap()).unwrap());
        assert_eq!([shadowed("1"), shadowed("2"), shadowed("3")], [true, false, false]);
    }

    #[test]
    fn elements_have_an_xpath() {
        let body = "<a><b>1</b><c>2</c><b><d>3</d>text</b></a>";
        let document = document(body.as_bytes(), "xml");
        let tree = document.tree().unwrap();
        let node = |at: &str| tree.node_at(body.find(at).unwrap()).unwrap();
        assert_eq!(tree.xpath(&node("3")).as_deref(), Some("/a/b[2]/d"));
        assert_eq!((tree.xpath(&node("text")).as_deref(), tree.jq(&node("3"))), (Some("/a/b[2]"), None));
    }

    #[test]
    fn crumbs_leave_out_the_middle() {
        let body = r#"{"a":[{"b":{"c":[5,{"d":6}]}}]}"#;
        let document = document(body.as_bytes(), "json");
        let tree = document.tree().unwrap();
        let node = tree.node_at(body.find('6').unwrap()).unwrap();
        let name = |text: &str| Crumb::Name(text.into());
        let all = [name("a"), Crumb::Index(0), name("b"), name("c"), Crumb::Index(1), name("d")];
        assert_eq!(tree.crumbs(&node, 10), all);
        assert_eq!(tree.crumbs(&node, 7), all);
        let some = [name("a"), Crumb::More(1), name("b"), name("c"), Crumb::Index(1), name("d")];
        assert_eq!(tree.crumbs(&node, 6), some, "the root has no name");
        let deep = "[".repeat(10_000) + "7" + &"]".repeat(10_000);
        let document = properties::document(deep.as_bytes(), "json");
        let tree = document.tree().unwrap();
        let crumbs = tree.crumbs(&tree.node_at(10_000).unwrap(), 9);
        assert_eq!(crumbs.iter().filter(|crumb| matches!(crumb, Crumb::More(9_992))).count(), 1);
        assert_eq!(crumbs.len(), 9);
        let node = tree.node_at(10_000).unwrap();
        assert_eq!(tree.pointer(&node).unwrap(), "/0".repeat(10_000));
    }

    /// The value that a path of jq leads to, read as simply as it is written.
    fn by_jq<'v>(value: &'v serde_json::Value, path: &str) -> &'v serde_json::Value {
        let mut rest = path.strip_prefix('.').unwrap();
        let mut value = value;
        while !rest.is_empty() {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            if let Some(inner) = rest.strip_prefix('[') {
                let mut stream = serde_json::Deserializer::from_str(inner).into_iter::<serde_json::Value>();
                let step = stream.next().unwrap().unwrap();
                rest = inner[stream.byte_offset()..].strip_prefix(']').unwrap();
                value = match step {
                    serde_json::Value::String(key) => &value[key],
                    step => &value[step.as_u64().unwrap() as usize],
                };
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                value = &value[&rest[..end]];
                rest = &rest[end..];
            }
        }
        value
    }

    proptest! {
        #[test]
        fn paths_lead_to_the_value(body in properties::json()) {
            let document = document(body.as_bytes(), "json");
            let tree = document.tree().unwrap();
            let Ok(all) = serde_json::from_str::<serde_json::Value>(&body) else { return Ok(()) };
            let mut at = 0;
            while at < body.len() {
                let Some(node) = tree.node_at(at) else { break };
                at = at.max(node.offset()) + 1;
                // A path finds the last of several of one name.
                let mut up = Some(node);
                let mut shadowed = false;
                while let Some(node) = up {
                    shadowed |= tree.is_shadowed(&node);
                    up = tree.parent(&node);
                }
                if shadowed {
                    continue;
                }
                let value: serde_json::Value = serde_json::from_str(&body[tree.value(&node)]).unwrap();
                let pointer = tree.pointer(&node).unwrap();
                prop_assert_eq!(all.pointer(&pointer), Some(&value), "{} in {}", pointer, body);
                let jq = tree.jq(&node).unwrap();
                prop_assert_eq!(by_jq(&all, &jq), &value, "{} in {}", jq, body);
            }
        }
    }
}
