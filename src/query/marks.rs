//! What of a text a query has found: a regular expression for who highlights it.
//!
//! Decided: only what must be there is marked. What is negated marks nothing, and neither does a star alone, a number or a
//! value of JSON, whose path a plain search does not know. Of a text with stars the letters between them are marked.

use super::{
    Query,
    text::{Caseless, Glob, Pattern},
    tree::{Node, Test, Value},
};
use crate::decode::{Case, Needle};

/// Where marks are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Marked {
    /// In the value of the fields, and nothing else.
    Value,
    /// In a text that the value is a part of.
    Within,
}

impl Query {
    /// What to look for in the values of these fields to see what matched there; nothing where it asks for nothing that can
    /// be seen. The expression is to be compiled off hot paths.
    pub fn marks(&self, fields: &[&str], marked: Marked) -> Option<Needle> {
        let mut sources = Vec::new();
        if let Some(root) = &self.root {
            gather(root, fields, marked, &mut sources);
        }
        // Where several begin at one place, the longest is marked.
        sources.sort_by_key(|source: &String| std::cmp::Reverse(source.len()));
        sources.dedup();
        (!sources.is_empty()).then(|| Needle { text: sources.join("|"), regex: true, case: Case::Counts })
    }
}

fn gather(node: &Node, fields: &[&str], marked: Marked, sources: &mut Vec<String>) {
    match node {
        Node::And(group) | Node::Or(group) => {
            for node in &group.nodes {
                gather(node, fields, marked, sources);
            }
        }
        Node::Test(test) if fields.contains(&test.field.name) => of_test(test, marked, sources),
        Node::Test(_) | Node::Not(_) => {}
    }
}

fn of_test(test: &Test, marked: Marked, sources: &mut Vec<String>) {
    for value in &test.values {
        match value {
            Value::Text(text) | Value::Same(text) => {
                let source = word(text.as_str());
                let whole = marked == Marked::Value && !is_within(text.finder());
                sources.extend(source.map(|source| if whole { format!(r"\A{source}\z") } else { source }));
            }
            Value::Glob(glob) => of_glob(glob, marked, sources),
            Value::Pattern(pattern) => sources.push(of_pattern(pattern)),
            Value::Present | Value::Number(..) | Value::Flag(_) => {}
        }
    }
}

fn is_within(finder: &Caseless) -> bool {
    finder.place() == super::text::Place::Within
}

fn of_glob(glob: &Glob, marked: Marked, sources: &mut Vec<String>) {
    let last = glob.source().split('*').count() - 1;
    for (at, piece) in glob.source().split('*').enumerate() {
        let Some(source) = word(piece) else { continue };
        let (start, end) = match marked {
            Marked::Within => ("", ""),
            Marked::Value => (if at == 0 { r"\A" } else { "" }, if at == last { r"\z" } else { "" }),
        };
        sources.push(format!("{start}{source}{end}"));
    }
}

/// The expression for a text without regard to case; nothing for an empty one.
fn word(text: &str) -> Option<String> {
    // As it is searched: where it is ASCII, no letter beyond that is another form of one in it.
    let flags = if text.is_ascii() { "i-u" } else { "i" };
    (!text.is_empty()).then(|| format!("(?{flags}:{})", regex::escape(text)))
}

/// A regular expression with its own flags and no others.
fn of_pattern(pattern: &Pattern) -> String {
    let (on, off): (String, String) = Pattern::FLAGS.chars().partition(|flag| pattern.flags().contains(*flag));
    let off = if off.is_empty() { off } else { format!("-{off}") };
    // A comment ends with its line.
    let end = if on.contains('x') { "\n" } else { "" };
    format!("(?{on}{off}:{}{end})", pattern.source())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::{Facts, tests::capture};

    /// What of a text is marked, between bars.
    fn marked(query: &str, fields: &[&str], marked: Marked, text: &str) -> String {
        let Some(needle) = Query::parse(query).unwrap().marks(fields, marked) else { return text.to_owned() };
        let hits = needle.compile().unwrap().hits(text.as_bytes(), 100);
        let mut text = text.to_owned();
        for hit in hits.into_iter().rev() {
            text.insert(hit.end, '|');
            text.insert(hit.start, '|');
        }
        text
    }

    #[test]
    fn what_was_found_is_marked() {
        for (query, text, expected) in [
            ("inv", "an Invoice and an INVERSE", "an |Inv|oice and an |INV|ERSE"),
            ("inv invoice", "invoices", "|invoice|s"),
            ("\"a.b\" or c", "axb a.b c", "axb |a.b| |c|"),
            ("not inv", "invoice", "invoice"),
            ("inv -oice", "invoice", "|inv|oice"),
            ("text:/[0-9]+/", "a 12 b 3", "a |12| b |3|"),
            ("text:/A/ b", "aAbB", "a|A||b||B|"),
            ("text:/a # c/x b", "a b", "|a| |b|"),
            ("path:/x", "/x", "/x"),
            ("text:*", "a", "a"),
            ("é", "É e", "|É| e"),
            ("k", "\u{212a} k", "\u{212a} |k|"),
        ] {
            assert_eq!(marked(query, &["text"], Marked::Within, text), expected, "{query}");
        }
    }

    #[test]
    fn a_whole_value_is_marked_where_it_is_one() {
        for (query, text, expected) in [
            ("path:/stripe/*", "/stripe/a/stripe/", "|/stripe/|a/stripe/"),
            ("path:*/b", "/a/b/b", "/a/b|/b|"),
            ("path:=/a", "/a", "|/a|"),
            ("path:=/a", "/a/a", "/a/a"),
            ("path:~/^.a/", "/aa/a", "|/a|a/a"),
        ] {
            assert_eq!(marked(query, &["path"], Marked::Value, text), expected, "{query}");
        }
    }

    proptest! {
        /// Whatever is asked for in text, what matches has a mark.
        #[test]
        fn a_match_has_a_mark(word in "[abAkKé.* \\-]{1,3}", path in "/[abAkKé. ]{0,8}", letters in "[ab]{1,2}") {
            for query in [format!("path:\"{word}\""), format!("path:*{letters}*"), format!("path:~/{letters}/i")] {
                let query = Query::parse(&query).unwrap();
                let capture = capture("GET", &path.replace(' ', "_"), &[], b"");
                if query.matches(&capture, &Facts::default()) {
                    let pattern = query.marks(&["path"], Marked::Value).unwrap().compile().unwrap();
                    prop_assert!(!pattern.hits(capture.head.path(), 9).is_empty(), "{query} in {path}");
                }
            }
        }
    }
}
