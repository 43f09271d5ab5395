//! Headers: where each belongs, what it means in a few words, and what is written inside its value.
//!
//! [`HEADERS`] is the table of the well-known ones. Decided: a value is taken apart and never judged: a token's claims are
//! read and its signature is not checked, and an address that a proxy wrote is what the proxy says. What is secret is not
//! known here beyond what a form of value says of itself: a password, the value of a cookie.
//!
//! Refused: words for every header that there is, which nobody reads; and a guess at headers that are not in the table, but
//! for times and tokens, which say themselves what they are.

mod addresses;
mod cookies;
mod credentials;
mod table;

use jiff::Timestamp;

pub use table::HEADERS;

/// How many parts of one value are given.
pub const PARTS: usize = 64;

/// Where a header belongs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    /// To who sends webhooks: their events, ids and signatures.
    Sender,
    /// To proxies, tunnels and tracing on the way.
    Way,
    /// To HTTP itself, as its standards have it.
    Standard,
    /// Anywhere else.
    Other,
}

/// A line of [`HEADERS`].
#[derive(Debug)]
pub struct HeaderRow {
    /// Its name in lower case; with `*` at its end, every name that begins so and has no row of its own.
    pub name: &'static str,
    /// Where it belongs.
    pub group: Group,
    /// What it means, in a few words.
    pub words: &'static str,
    /// Takes its value apart.
    parts: Option<Take>,
}

/// Takes a value apart that came at a time.
type Take = fn(&[u8], Timestamp) -> Vec<Part>;

/// A part of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Its name: ours, or from outside.
    pub name: Vec<u8>,
    /// Whether the name is from outside.
    pub named_outside: bool,
    /// Its value, from outside; empty where the words say it all.
    pub value: Vec<u8>,
    /// Whether the value is a secret.
    pub secret: bool,
    /// What is said of it; safe to print.
    pub words: String,
}

impl Part {
    /// A part that we name.
    fn ours(name: &'static str, value: impl Into<Vec<u8>>, words: impl Into<String>) -> Self {
        let (name, value, words) = (name.as_bytes().to_vec(), value.into(), words.into());
        Self { name, named_outside: false, value, secret: false, words }
    }

    /// A part that has its name from outside.
    fn outside(name: &[u8], value: &[u8], words: impl Into<String>) -> Self {
        let (name, value, words) = (name.to_vec(), value.to_vec(), words.into());
        Self { name, named_outside: true, value, secret: false, words }
    }

    fn secret(self) -> Self {
        Self { secret: true, ..self }
    }
}

/// What is known of the header of that name, case aside.
pub fn known(name: &[u8]) -> Option<&'static HeaderRow> {
    let name = name.to_ascii_lowercase();
    let own = HEADERS.binary_search_by(|row| row.name.as_bytes().cmp(&name)).ok();
    own.and_then(|at| HEADERS.get(at)).or_else(|| {
        // The longest beginning says most.
        let begins =
            |row: &&HeaderRow| row.name.strip_suffix('*').is_some_and(|begin| name.starts_with(begin.as_bytes()));
        HEADERS.iter().filter(begins).max_by_key(|row| row.name.len())
    })
}

/// The parts of a header's value that came at that time, at most [`PARTS`]; none where it is one thing.
pub fn parts(name: &[u8], value: &[u8], came: Timestamp) -> Vec<Part> {
    let mut parts = match known(name).and_then(|row| row.parts) {
        Some(parts) => parts(value, came),
        None => credentials::bare(value, came),
    };
    if parts.is_empty() && name.to_ascii_lowercase().ends_with(b"timestamp") {
        parts.extend(time(value, came).map(|words| Part::ours("time", "", words)));
    }
    if parts.len() > PARTS {
        let left = parts.len() - PARTS;
        parts.truncate(PARTS);
        parts.push(Part::ours("…", "", format!("and {left} more")));
    }
    parts
}

/// A time that is written in seconds or milliseconds since 1970, with how far it is from when the header came.
fn time(value: &[u8], came: Timestamp) -> Option<String> {
    let number: i64 = std::str::from_utf8(value).ok()?.trim().parse().ok()?;
    let at = if number.abs() < 100_000_000_000 {
        Timestamp::from_second(number).ok()?
    } else {
        Timestamp::from_millisecond(number).ok()?
    };
    Some(format!("{}, {}", at.strftime("%Y-%m-%d %H:%M:%S UTC"), distance(at, came)))
}

/// How far a time is from another: `3 min before it came`.
pub fn distance(at: Timestamp, came: Timestamp) -> String {
    match span(at, came) {
        None => "when it came".to_owned(),
        Some(span) => format!("{span} {} it came", if at < came { "before" } else { "after" }),
    }
}

/// How much time lies between two times, in whole numbers of a fitting unit; nothing where it is less than a second.
pub(super) fn span(one: Timestamp, other: Timestamp) -> Option<String> {
    let seconds = one.as_second().saturating_sub(other.as_second());
    let (number, unit) = match seconds.unsigned_abs() {
        0 => return None,
        seconds @ ..120 => (seconds, "s"),
        seconds @ ..7_200 => (seconds / 60, "min"),
        seconds @ ..172_800 => (seconds / 3600, "h"),
        seconds => (seconds / 86_400, "days"),
    };
    Some(format!("{number} {unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn came() -> Timestamp {
        "2026-01-31T09:26:53Z".parse().unwrap()
    }

    #[test]
    fn the_table_is_in_order_and_says_something_of_each() {
        for pair in HEADERS.windows(2) {
            assert!(pair[0].name < pair[1].name, "{} before {}", pair[0].name, pair[1].name);
        }
        for row in HEADERS {
            assert_eq!(row.name, row.name.to_ascii_lowercase());
            assert!((3..=60).contains(&row.words.chars().count()), "{}: {}", row.name, row.words);
            assert_ne!(row.group, Group::Other, "{}: what is known belongs somewhere", row.name);
            let name = row.name.replace('*', "anything-at-all");
            assert_eq!(known(name.to_uppercase().as_bytes()).map(|row| row.name), Some(row.name));
        }
        assert!(known(b"X-Team").is_none() && known(b"").is_none());
    }

    #[test]
    fn the_longest_beginning_says_what_a_name_is() {
        assert_eq!(known(b"X-Forwarded-For").unwrap().name, "x-forwarded-for");
        assert_eq!(known(b"X-Forwarded-Whatever").unwrap().name, "x-forwarded-*");
    }

    #[test]
    fn times_are_read_and_compared_with_when_they_came() {
        for (value, words) in [
            ("1769851613", "2026-01-31 09:26:53 UTC, when it came"),
            ("1769851612000", "2026-01-31 09:26:52 UTC, 1 s before it came"),
            ("1769855213", "2026-01-31 10:26:53 UTC, 60 min after it came"),
            ("1531420618", "2018-07-12 18:36:58 UTC, 2759 days before it came"),
        ] {
            let parts = parts(b"X-Slack-Request-Timestamp", value.as_bytes(), came());
            assert_eq!(parts.first().map(|part| part.words.as_str()), Some(words), "{value}");
        }
        for value in ["", "soon", "99999999999999999", "-99999999999999999", "1.5"] {
            assert_eq!(parts(b"Webhook-Timestamp", value.as_bytes(), came()), [], "{value}");
        }
    }

    #[test]
    fn there_is_a_limit_and_it_is_said() {
        let many = "a=1; ".repeat(PARTS + 3);
        let parts = parts(b"Cookie", many.as_bytes(), came());
        assert_eq!((parts.len(), parts[PARTS].words.as_str()), (PARTS + 1, "and 3 more"));
    }

    proptest! {
        #[test]
        fn any_value_is_taken_apart_or_left(
            name in prop_oneof!["Cookie|Authorization|Forwarded|X-Forwarded-For|Set-Cookie|X-Timestamp|X", ".{0,9}"],
            value in prop_oneof![
                "(Basic|Bearer|basic) [A-Za-z0-9+/=_.-]{0,60}",
                "[a-z0-9=;,\" \\\\.:\\[\\]]{0,60}",
                "eyJ[A-Za-z0-9_-]{0,30}\\.[A-Za-z0-9_-]{0,30}\\.[A-Za-z0-9_-]{0,9}",
                ".{0,40}",
            ],
            tail in proptest::collection::vec(any::<u8>(), 0..8),
        ) {
            let value = [value.as_bytes(), &tail].concat();
            let parts = parts(name.as_bytes(), &value, came());
            prop_assert!(parts.len() <= PARTS + 1);
            for part in parts {
                let shown = crate::model::Printable::from(part.words.as_str());
                prop_assert_eq!(shown.as_str(), part.words.as_str());
            }
        }
    }
}
