//! What could stand at the cursor: names of fields, values that are known beforehand, names of headers.
//!
//! Everything offered comes from the tables; nothing is offered inside a phrase or a regular expression.

use std::ops::Range;

use super::{
    fields::{FIELDS, Field, field},
    literal::Compare,
    token::{Cursor, Head},
    tree::{boundary, ends_value, ends_word},
};
use crate::provider::{PROVIDERS, Sign};

/// Something that could stand in a query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// What it takes the place of, in bytes of the text.
    pub replace: Range<usize>,
    /// What to put there.
    pub with: String,
    /// What it is, in a few words; may be empty.
    pub help: &'static str,
}

/// Names of headers that webhooks come with besides those that providers are known by.
const HEADERS: &[&str] = &[
    "accept",
    "authorization",
    "content-encoding",
    "content-length",
    "content-type",
    "forwarded",
    "host",
    "idempotency-key",
    "user-agent",
    "webhook-id",
    "webhook-timestamp",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-hub-signature",
    "x-hub-signature-256",
    "x-request-id",
    "x-signature",
];

/// What could stand at `cursor`, which is in bytes, in the order of the tables. Half-typed and wrong queries are taken.
pub fn complete(text: &str, cursor: usize) -> Vec<Completion> {
    let cursor = boundary(text, cursor);
    let typed = text.get(..cursor).unwrap_or_default();
    let rest = text.get(cursor..).unwrap_or_default();
    match unfinished(typed) {
        Some(Unfinished::Name(start)) => names(typed.get(start..).unwrap_or_default(), start, rest),
        Some(Unfinished::Value { field, start }) => {
            let end = cursor + rest.find(ends_value).unwrap_or(rest.len());
            values(field, typed.get(start..).unwrap_or_default(), start..end)
        }
        None => Vec::new(),
    }
}

/// What a text breaks off in.
enum Unfinished {
    /// A word that begins there and may become the name of a field.
    Name(usize),
    /// A value of that field that begins there.
    Value { field: &'static Field, start: usize },
}

/// Walks over what is whole, as the parser would, up to what is not.
fn unfinished(typed: &str) -> Option<Unfinished> {
    let mut cursor = Cursor::new(typed);
    loop {
        cursor.skip_blanks();
        let start = cursor.at();
        if cursor.is_at_end() {
            return Some(Unfinished::Name(start));
        }
        if cursor.eat("(") || cursor.eat(")") || cursor.eat("-") {
            continue;
        }
        if cursor.peek() == Some('"') {
            cursor.phrase().ok()?;
            continue;
        }
        let Some(head) = cursor.head() else {
            cursor.run(ends_word);
            if cursor.is_at_end() {
                return Some(Unfinished::Name(start));
            }
            continue;
        };
        if let Some(unfinished) = last_value(&head, &mut cursor)? {
            return Some(unfinished);
        }
    }
}

/// Walks over the values of a field. The outer nothing: the text ends where nothing can be offered.
#[expect(clippy::option_option, reason = "no completion here, and none of this field, are two answers")]
fn last_value(head: &Head<'_>, cursor: &mut Cursor<'_>) -> Option<Option<Unfinished>> {
    let field = field(head.name)?;
    loop {
        let start = cursor.at();
        for (written, _) in Compare::WRITTEN {
            cursor.eat(written);
        }
        let rest = cursor.rest();
        if rest.starts_with("~/") || (!field.slashes && field.kind.is_text() && rest.starts_with('/')) {
            cursor.eat("~");
            // Only its end matters here.
            if let Err(error) = cursor.pattern()
                && error.span.end == cursor.at() + cursor.rest().len()
            {
                return None;
            }
        } else if cursor.peek() == Some('"') {
            cursor.phrase().ok()?;
        } else {
            cursor.run(ends_value);
        }
        if cursor.is_at_end() {
            // What a header or a parameter may hold is not known.
            return head.part.is_none().then_some(Some(Unfinished::Value { field, start }));
        }
        if !cursor.eat(",") {
            return Some(None);
        }
    }
}

/// Fields and headers whose names begin with what is typed.
fn names(typed: &str, start: usize, rest: &str) -> Vec<Completion> {
    let end = start + typed.len();
    let more = rest.find(|char: char| ends_value(char) || char == ':').unwrap_or(rest.len());
    // A colon that stands there already is taken with the name.
    let colon = usize::from(rest.get(more..).is_some_and(|rest| rest.starts_with(':')));
    let replace = start..end + more + colon;
    if let Some((name, header)) = typed.split_once('.')
        && field(name).is_some_and(|field| field.name == "header")
    {
        let offered = headers().into_iter().filter(|(known, _)| begins(known, header));
        let completion =
            |(known, help)| Completion { replace: replace.clone(), with: format!("{name}.{known}:"), help };
        return offered.map(completion).collect();
    }
    let named = |field: &&Field| {
        begins(field.name, typed) || (!typed.is_empty() && field.aliases.iter().any(|alias| begins(alias, typed)))
    };
    let completion =
        |field: &Field| Completion { replace: replace.clone(), with: format!("{}:", field.name), help: field.help };
    FIELDS.iter().filter(named).map(completion).collect()
}

/// Header names with the provider that they are a sign of, in the order of the alphabet.
fn headers() -> Vec<(String, &'static str)> {
    let signs = PROVIDERS.iter().flat_map(|provider| {
        provider.signs.iter().filter_map(|sign| match sign {
            Sign::Header(name) => Some((name.to_ascii_lowercase(), provider.label)),
            Sign::Shared(..) | Sign::Body(_) => None,
        })
    });
    let mut all: Vec<_> = HEADERS.iter().map(|name| ((*name).to_owned(), "")).chain(signs).collect();
    all.sort();
    all.dedup_by(|left, right| left.0 == right.0);
    all
}

/// Known values of a field that begin with what is typed.
fn values(field: &Field, typed: &str, replace: Range<usize>) -> Vec<Completion> {
    let offered = (field.known)().into_iter().filter(|(value, _)| begins(value, typed));
    offered.map(|(value, help)| Completion { replace: replace.clone(), with: value.to_owned(), help }).collect()
}

fn begins(known: &str, typed: &str) -> bool {
    known.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;
    use proptest::prelude::*;

    /// The texts that come of completing at the bar.
    fn completed(marked: &str) -> Vec<String> {
        let cursor = marked.find('|').unwrap();
        let text = marked.replace('|', "");
        complete(&text, cursor)
            .into_iter()
            .map(|completion| {
                let mut text = text.clone();
                text.replace_range(completion.replace, &completion.with);
                text
            })
            .collect()
    }

    #[test]
    fn names_and_values_are_offered_where_they_fit() {
        for (marked, expected) in [
            ("met|", &["method:"][..]),
            ("a (-PA|", &["a (-path:", "a (-query:"]),
            ("me|thod:GET b", &["method:GET b"]),
            ("method:p|", &["method:POST", "method:PUT", "method:PATCH"]),
            ("method:GET,de| x", &["method:GET,DELETE x"]),
            ("provider:st|x", &["provider:stripe", "provider:standard-webhooks"]),
            ("pinned:|", &["pinned:true", "pinned:false"]),
            ("status:>|", &["status:>=400"]),
            ("header.x-github|", &["header.x-github-delivery:", "header.x-github-event:"]),
            ("header.x-hub-signature-|", &["header.x-hub-signature-256:"]),
            ("\"a met|", &[]),
            ("body:/met|", &[]),
            ("body:/a/ met|", &["body:/a/ method:"]),
            ("header.a:met|", &[]),
            ("nothing:met|", &[]),
            ("method:GET|", &["method:GET"]),
        ] {
            assert_eq!(completed(marked), expected, "{marked}");
        }
        assert_eq!(completed("x |").len(), FIELDS.len());
    }

    #[test]
    fn every_known_value_can_be_typed() {
        for field in FIELDS {
            for (value, _) in (field.known)() {
                let text = format!("{}:{value}", field.name);
                assert!(Query::parse(&text).is_ok(), "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_and_cursor_are_taken(text in "[a-z:.,()\"/~ é-]{0,30}", head in "(header\\.|method:|body:/|-|)", cursor in 0_usize..50) {
            let text = head + &text;
            for completion in complete(&text, cursor) {
                prop_assert!(text.get(completion.replace).is_some());
            }
        }
    }
}
