//! A query in words, for `creel list --explain`: what it was understood to ask, part by part, a line each.
//!
//! Decided: what is joined stands under a line that says how, two columns further in, because a sentence with three levels of
//! parentheses is no easier to read than the query. All of it is safe to print.

use std::fmt::Write as _;

use super::{
    Query,
    fields::Kind,
    literal::Compare,
    tree::{Node, Part, Test, Value},
};
use crate::model::Printable;

impl Query {
    /// What it asks for, in lines that end without a line feed.
    pub fn spoken(&self) -> String {
        let mut lines = String::new();
        match &self.root {
            None => lines.push_str("every request"),
            Some(node) => node.speak(0, "", &mut lines),
        }
        lines.truncate(lines.trim_end().len());
        lines
    }
}

impl Node {
    fn speak(&self, depth: usize, before: &str, lines: &mut String) {
        let mut line = |text: &str| {
            let text = Printable::new(text.as_bytes());
            let _ = writeln!(lines, "{:1$}{before}{text}", "", 2 * depth);
        };
        match self {
            Self::Test(test) => line(&test.spoken()),
            Self::Not(node) if matches!(**node, Self::Test(_)) => node.speak(depth, &format!("{before}not: "), lines),
            Self::Not(node) => {
                line("not");
                node.speak(depth + 1, "", lines);
            }
            Self::And(group) | Self::Or(group) => {
                line(if matches!(self, Self::And(_)) { "all of" } else { "any of" });
                group.nodes.iter().for_each(|node| node.speak(depth + 1, "", lines));
            }
        }
    }
}

impl Test {
    fn spoken(&self) -> String {
        let name = match &self.part {
            None if self.field.body => "body".to_owned(),
            None => self.field.name.to_owned(),
            Some(Part::Named(part)) => format!("{} {part}", self.field.name),
            Some(Part::Of(expression)) => return format!("the JSON body makes {expression} neither null nor false"),
            Some(Part::At(path)) => format!("the JSON body's {path}"),
        };
        let values: Vec<String> = self.values.iter().map(|value| self.value(value)).collect();
        let values = values.join(" or ");
        if self.is_anywhere() {
            format!("method, target, headers or body {values}")
        } else {
            format!("{name} {values}")
        }
    }

    fn value(&self, value: &Value) -> String {
        let whole = if self.field.kind == Kind::Text { "contains" } else { "is" };
        match value {
            Value::Present => "is there".to_owned(),
            Value::Text(text) => format!("{whole} `{}`", text.as_str()),
            Value::Same(text) => format!("is exactly `{}`", text.as_str()),
            Value::Glob(glob) => format!("is like `{}`, where * is anything", glob.source()),
            Value::Pattern(pattern) => format!("matches the regular expression {pattern}"),
            Value::Flag(flag) => format!("is {flag}"),
            Value::Number(written, ..) => self.number(written),
        }
    }

    fn number(&self, written: &str) -> String {
        let signed = Compare::WRITTEN
            .into_iter()
            .find_map(|(sign, compare)| written.strip_prefix(sign).map(|number| (compare, number)));
        let time = self.field.kind == Kind::Time;
        match (signed, written.split_once("..")) {
            (Some((compare, number)), _) => {
                let than = match (compare, time) {
                    (Compare::Greater, false) => "is more than",
                    (Compare::Greater, true) => "is after",
                    (Compare::AtLeast, false) => "is at least",
                    (Compare::AtLeast, true) => "is not before",
                    (Compare::Less, false) => "is less than",
                    (Compare::Less, true) => "is before",
                    (Compare::AtMost, false) => "is at most",
                    (Compare::AtMost, true) => "is not after",
                    (Compare::Same, _) => "is",
                };
                format!("{than} {number}")
            }
            (None, Some(("", to))) => format!("is up to {to}"),
            (None, Some((from, ""))) => format!("is {from} and up"),
            (None, Some((from, to))) => format!("is from {from} to {to}"),
            (None, None) => format!("is {written}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::FIELDS;

    #[test]
    fn parts_are_said_a_line_each() {
        let spoken = |text: &str| Query::parse(text).unwrap().spoken();
        assert_eq!(spoken(""), "every request");
        assert_eq!(spoken("paid"), "method, target, headers or body contains `paid`");
        assert_eq!(
            spoken("event:invoice.* -body:test (size:>10kb or status:4xx,5xx) not (a b)"),
            "all of\n  event is like `invoice.*`, where * is anything\n  not: body contains `test`\n  any of\n    size is \
             more than 10kb\n    status is 4xx or is 5xx\n  not\n    all of\n      method, target, headers or body \
             contains `a`\n      method, target, headers or body contains `b`"
        );
        for (query, words) in [
            (".items[].sku:A1", "the JSON body's .items[].sku is `A1`"),
            (".amount:>1000", "the JSON body's .amount is more than 1000"),
            ("header.x-a:*", "header x-a is there"),
            ("received:>2026-01-31", "received is after 2026-01-31"),
            ("seq:40..50", "seq is from 40 to 50"),
            ("seq:..50", "seq is up to 50"),
            ("method:post,put", "method is `post` or is `put`"),
            ("path:=/a", "path is exactly `/a`"),
            ("pinned:true", "pinned is true"),
            ("body:/a+/i", "body matches the regular expression /a+/i"),
        ] {
            assert_eq!(spoken(query), words, "{query}");
        }
        let hostile = spoken("\"\u{1b}[31m\u{202e}\"");
        assert!(!hostile.contains(['\u{1b}', '\u{202e}']), "{hostile}");
    }

    #[test]
    fn every_field_can_be_said() {
        for field in FIELDS {
            let said = Query::parse(field.example).unwrap().spoken();
            assert!(said.len() > 5 && !said.contains("is is"), "{said}");
        }
    }
}
