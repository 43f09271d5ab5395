//! What could stand at the cursor: names of fields, values that are known beforehand, names of headers.
//!
//! What is offered comes from the tables, and behind that from what captures have at that place ([`Seen`]). Nothing is
//! offered inside a phrase or a regular expression.

use std::ops::Range;

use super::{
    fields::{FIELDS, Field, JSON, Kind, field},
    literal::Compare,
    seen::Seen,
    token::Cursor,
    tree::{boundary, ends_value, ends_word, written_part, written_value},
};
use crate::decode::JsonPath;
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
    /// How many captures have it, of those that were looked at.
    pub count: Option<u32>,
}

/// A place in a query, as far as it says what is of use there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// The values of that field, or of that part of it.
    Values(&'static str, Option<String>),
    /// The names of the parts of that field.
    Parts(&'static str),
    /// What lies below that path, which is empty at the top.
    Keys(String),
    /// The values at that path.
    At(String),
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
    complete_among(text, cursor, None)
}

/// The same, and behind it what was seen there, the most frequent first. What was seen elsewhere is passed over.
pub fn complete_among(text: &str, cursor: usize, seen: Option<&Seen>) -> Vec<Completion> {
    let cursor = boundary(text, cursor);
    let typed = text.get(..cursor).unwrap_or_default();
    let rest = text.get(cursor..).unwrap_or_default();
    let place = place(text, cursor);
    let seen = seen.filter(|seen| Some(&seen.wanted.0) == place.as_ref()).map_or(&[][..], |seen| &seen.values);
    match unfinished(typed) {
        Some(Unfinished::Name(start)) => names(typed.get(start..).unwrap_or_default(), start, rest, seen),
        Some(Unfinished::Path(start)) => paths(typed.get(start..).unwrap_or_default(), start, rest, seen),
        Some(Unfinished::Value { field, start, .. }) => {
            let end = cursor + rest.find(ends_value).unwrap_or(rest.len());
            values(field, typed.get(start..).unwrap_or_default(), &(start..end), seen)
        }
        None => Vec::new(),
    }
}

/// What is of use at `cursor`.
pub(super) fn place(text: &str, cursor: usize) -> Option<Place> {
    let typed = text.get(..boundary(text, cursor)).unwrap_or_default();
    match unfinished(typed)? {
        Unfinished::Name(start) => {
            let (name, _) = typed.get(start..)?.split_once('.')?;
            field(name).filter(|field| field.part.is_some() && field.name != JSON).map(|field| Place::Parts(field.name))
        }
        Unfinished::Path(start) => {
            let (above, _) = typed.get(start..)?.rsplit_once('.')?;
            Some(Place::Keys(above.to_owned()))
        }
        Unfinished::Value { field, part, .. } if field.name == JSON => part.map(Place::At),
        Unfinished::Value { field, part, .. } => Some(Place::Values(field.name, part)),
    }
}

/// What a text breaks off in.
enum Unfinished {
    /// A word that begins there and may become the name of a field.
    Name(usize),
    /// A path into JSON that begins there.
    Path(usize),
    /// A value of that field, or of that part of it, that begins there.
    Value { field: &'static Field, part: Option<String>, start: usize },
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
        let (name, part) = if let Some(path) = path(&mut cursor) {
            (JSON, Some(path))
        } else if let Some(head) = cursor.head() {
            (head.name, head.part.map(|(part, _)| part))
        } else {
            cursor.run(ends_word);
            if cursor.is_at_end() {
                let is_path = typed.get(start..).is_some_and(|word| word.starts_with('.'));
                return Some(if is_path { Unfinished::Path(start) } else { Unfinished::Name(start) });
            }
            continue;
        };
        if let Some(start) = last_value(field(name)?, &mut cursor)? {
            return Some(Unfinished::Value { field: field(name)?, part, start });
        }
    }
}

/// A whole path into JSON with its colon, if one stands next.
fn path(cursor: &mut Cursor<'_>) -> Option<String> {
    let rest = cursor.rest();
    let (_, length) = JsonPath::read(rest).ok().filter(|(_, length)| *length > 0)?;
    let path = rest.get(..length)?.to_owned();
    let mut ahead = cursor.clone();
    (ahead.eat(&path) && ahead.eat(":")).then(|| {
        *cursor = ahead;
        path
    })
}

/// Walks over the values of a field; gives where the last one begins, if the text ends in it. The outer nothing: the text
/// ends where nothing can be offered.
#[expect(clippy::option_option, reason = "no completion here, and none of this field, are two answers")]
fn last_value(field: &Field, cursor: &mut Cursor<'_>) -> Option<Option<usize>> {
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
            return Some(Some(start));
        }
        if !cursor.eat(",") {
            return Some(None);
        }
    }
}

/// Fields, and names of headers and parameters, that begin with what is typed.
fn names(typed: &str, start: usize, rest: &str, seen: &[(String, u32)]) -> Vec<Completion> {
    let replace = to_colon(typed, start, rest);
    if let Some((name, part)) = typed.split_once('.') {
        let known = if field(name).is_some_and(|field| field.name == "header") { headers() } else { Vec::new() };
        let count = |known: &str| seen.iter().find(|(seen, _)| seen == known).map(|(_, count)| *count);
        let more = seen.iter().filter(|(seen, _)| known.iter().all(|(known, _)| known != seen));
        let more: Vec<_> = more.map(|(seen, _)| (seen.clone(), "")).collect();
        let mut offered: Vec<_> = known.into_iter().chain(more).filter(|(known, _)| begins(known, part)).collect();
        // There are many headers: those that came go first.
        offered.sort_by_key(|(known, _)| std::cmp::Reverse(count(known)));
        let completion = |(known, help): (String, _)| {
            let with = format!("{name}.{}:", written_part(&known));
            Completion { replace: replace.clone(), with, help, count: count(&known) }
        };
        return offered.into_iter().map(completion).collect();
    }
    let named = |field: &&Field| {
        begins(field.name, typed) || (!typed.is_empty() && field.aliases.iter().any(|alias| begins(alias, typed)))
    };
    let completion = |field: &Field| {
        let with = format!("{}:", field.name);
        Completion { replace: replace.clone(), with, help: field.help, count: None }
    };
    FIELDS.iter().filter(named).map(completion).collect()
}

/// The rest of a name with its colon, if that stands there already.
fn to_colon(typed: &str, start: usize, rest: &str) -> Range<usize> {
    let end = start + typed.len();
    let more = rest.find(|char: char| ends_value(char) || char == ':').unwrap_or(rest.len());
    let colon = usize::from(rest.get(more..).is_some_and(|rest| rest.starts_with(':')));
    start..end + more + colon
}

/// What may follow in a path.
fn paths(typed: &str, start: usize, rest: &str, seen: &[(String, u32)]) -> Vec<Completion> {
    let Some((above, last)) = typed.rsplit_once('.') else { return Vec::new() };
    let replace = to_colon(typed, start, rest);
    let offered = seen.iter().filter(|(key, _)| key.get(1..).is_some_and(|key| begins(key, last)));
    let completion = |(key, count): &(String, u32)| Completion {
        replace: replace.clone(),
        with: format!("{above}{key}"),
        help: "",
        count: Some(*count),
    };
    offered.map(completion).collect()
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

/// Known values of a field that begin with what is typed, and behind them those that were seen; where a value is looked
/// for within a text, also those that have in them what is typed.
fn values(field: &Field, typed: &str, replace: &Range<usize>, seen: &[(String, u32)]) -> Vec<Completion> {
    let known = (field.known)();
    let count = |known: &str| seen.iter().find(|(seen, _)| seen.eq_ignore_ascii_case(known)).map(|(_, count)| *count);
    let offered = known.iter().filter(|(value, _)| begins(value, typed));
    let offered = offered.map(|(value, help)| (String::from(*value), *help, count(value)));
    let (sign, word) = match typed.strip_prefix('=') {
        Some(word) if field.kind.is_text() => ("=", word),
        _ => ("", typed),
    };
    let new = || seen.iter().filter(|(seen, _)| known.iter().all(|(known, _)| !known.eq_ignore_ascii_case(seen)));
    let has = |seen: &str| {
        let within = field.kind == Kind::Text && !word.is_empty() && !begins(seen, word);
        within && seen.to_lowercase().contains(&word.to_lowercase())
    };
    let first = new().filter(|(seen, _)| begins(seen, word));
    let then = new().filter(|(seen, _)| has(seen));
    let more = first.chain(then).map(|(seen, count)| {
        let written = written_value(seen, field.slashes);
        (format!("{sign}{written}"), "", Some(*count))
    });
    let completion = |(with, help, count)| Completion { replace: replace.clone(), with, help, count };
    offered.chain(more).map(completion).collect()
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
