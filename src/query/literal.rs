//! Numbers as they are written in queries: counts, statuses, sizes, durations and times, each read into the stretch of
//! whole numbers that it stands for.
//!
//! A literal stands for all that would be written so: `1s` for what lasts from one second to just under two, `4xx` for
//! 400 to 499, `2026-01-31` for that day. `:1s` asks for that stretch. `>` and `<` begin where the stretch ends or starts,
//! except for sizes and durations, where `>1s` means longer than one second, as everyone expects.

use jiff::{Timestamp, civil, tz::TimeZone};

use super::{fields::Kind, json::decimal};

/// The whole numbers that a literal stands for, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// The least.
    pub low: i128,
    /// The greatest.
    pub high: i128,
    /// What `>` and `<=` compare with.
    pub top: i128,
}

impl Stretch {
    fn one(number: i128) -> Self {
        Self { low: number, high: number, top: number }
    }
}

/// How a number may be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compare {
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `=`
    Same,
}

impl Compare {
    /// All of them as they are written, longer ones before those that they begin with.
    pub const WRITTEN: [(&str, Self); 5] =
        [(">=", Self::AtLeast), ("<=", Self::AtMost), (">", Self::Greater), ("<", Self::Less), ("=", Self::Same)];
}

/// What a comparison asks for, both ends included.
pub fn compared(compare: Compare, with: Stretch) -> (i128, i128) {
    match compare {
        Compare::Greater => (with.top.saturating_add(1), i128::MAX),
        Compare::AtLeast => (with.low, i128::MAX),
        Compare::Less => (i128::MIN, with.low.saturating_sub(1)),
        Compare::AtMost => (i128::MIN, with.top),
        Compare::Same => (with.low, with.high),
    }
}

/// Reads a literal, or a range of two with `..` between them, either of which may be left out.
pub fn range(kind: Kind, text: &str) -> Result<(i128, i128), String> {
    match text.split_once("..") {
        None => literal(kind, text).map(|stretch| (stretch.low, stretch.high)),
        Some(("", "")) => Err("a range needs at least one end".to_owned()),
        Some((from, to)) => {
            let from = if from.is_empty() { i128::MIN } else { literal(kind, from)?.low };
            let to = if to.is_empty() { i128::MAX } else { literal(kind, to)?.high };
            Ok((from, to))
        }
    }
}

/// Reads one literal. The error says what was expected.
pub fn literal(kind: Kind, text: &str) -> Result<Stretch, String> {
    let read = match kind {
        Kind::Status => status(text),
        Kind::Size => measured(text, SIZES),
        Kind::Duration => measured(text, TIMES),
        Kind::Time => time(text),
        Kind::Value => decimal(text).map(Stretch::one),
        Kind::Count | Kind::Text | Kind::Word | Kind::Flag => {
            let digits = text.strip_prefix('#').unwrap_or(text);
            digits.parse::<u64>().ok().map(|number| Stretch::one(number.into()))
        }
    };
    read.ok_or_else(|| format!("`{text}` is not {}", kind.expected()))
}

/// Units of size, in bytes. The first is the one that is meant without a unit.
const SIZES: &[(&str, i128)] = &[
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("kb", 1_000),
    ("kib", 1 << 10),
    ("m", 1 << 20),
    ("mb", 1_000_000),
    ("mib", 1 << 20),
    ("g", 1 << 30),
    ("gb", 1_000_000_000),
    ("gib", 1 << 30),
];

/// Units of time, in nanoseconds.
const TIMES: &[(&str, i128)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];

/// A decimal number and a unit. It stands for what would be cut to it: `7k` for 7168 to 8191 bytes.
fn measured(text: &str, units: &[(&str, i128)]) -> Option<Stretch> {
    let end = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let unit = unit.to_lowercase();
    let (_, unit) = units.iter().find(|(name, _)| *name == unit)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    // Sixteen digits of the largest unit are far within 128 bits.
    if whole.is_empty() || whole.len() > 16 || part.len() > 9 || number.ends_with('.') {
        return None;
    }
    let step = 10_i128.checked_pow(part.len() as u32)?;
    let digits: i128 = format!("{whole}{part}").parse().ok()?;
    let low = digits * unit / step;
    Some(Stretch { low, high: low + (unit / step).max(1) - 1, top: low })
}

fn status(text: &str) -> Option<Stretch> {
    if let Some(class) = text.to_ascii_lowercase().strip_suffix("xx") {
        let class: i128 = class.parse().ok().filter(|class| (1..=9).contains(class))?;
        return Some(Stretch { low: class * 100, high: class * 100 + 99, top: class * 100 + 99 });
    }
    let status: u16 = text.parse().ok().filter(|status| (100..1000).contains(status))?;
    Some(Stretch::one(status.into()))
}

/// A date, a date and a time of day, or those with an offset (RFC 3339). Without an offset the machine's time zone is meant.
/// `today` and `yesterday` are the days that they are when the query is read.
fn time(text: &str) -> Option<Stretch> {
    const SECOND: i128 = 1_000_000_000;
    let local = |at: civil::DateTime| TimeZone::system().to_timestamp(at).ok();
    let until = |low: Timestamp, end: i128| Stretch { low: low.as_nanosecond(), high: end - 1, top: end - 1 };
    let today = || TimeZone::system().to_datetime(Timestamp::now()).date();
    let day = match text.to_ascii_lowercase().as_str() {
        "today" => Some(today()),
        "yesterday" => today().yesterday().ok(),
        _ => None,
    };
    let Some((date, clock)) = text.split_once(['T', 't', ' ']).filter(|_| day.is_none()) else {
        let date: civil::Date = match day {
            Some(day) => day,
            None => text.parse().ok()?,
        };
        let end = local(date.tomorrow().ok()?.into())?;
        return Some(until(local(date.into())?, end.as_nanosecond()));
    };
    let zone = clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at_checked(zone)?;
    let (clock, length) = match clock.bytes().filter(|&byte| byte == b':').count() {
        // Where an offset follows, the time of day is read with seconds only.
        1 => (format!("{clock}:00"), 60 * SECOND),
        2 if clock.contains('.') => (clock.to_owned(), 1),
        2 => (clock.to_owned(), SECOND),
        _ => return None,
    };
    let low = match zone {
        "" => local(format!("{date}T{clock}").parse().ok()?)?,
        _ => format!("{date}T{clock}{zone}").parse().ok()?,
    };
    Some(until(low, low.as_nanosecond() + length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bounds(kind: Kind, text: &str) -> Option<(i128, i128)> {
        range(kind, text).ok()
    }

    #[test]
    fn sizes_count_both_ways() {
        for (text, expected) in [
            ("0", Some((0, 0))),
            ("10kb", Some((10_000, 10_999))),
            ("10K", Some((10_240, 11_263))),
            ("64KiB", Some((65_536, 66_559))),
            ("1.5k", Some((1_536, 1_637))),
            ("0.0001b", Some((0, 0))),
            ("1k..2k", Some((1_024, 3_071))),
            ("..5", Some((i128::MIN, 5))),
            ("1mb..", Some((1_000_000, i128::MAX))),
            ("..", None),
            ("k", None),
            (".5k", None),
            ("5.", None),
            ("1.2.3k", None),
            ("10 kb", None),
            ("10parsec", None),
            ("99999999999999999", None),
        ] {
            assert_eq!(bounds(Kind::Size, text), expected, "{text}");
        }
    }

    #[test]
    fn comparisons_begin_where_people_expect() {
        let second = literal(Kind::Duration, "1s").unwrap();
        assert_eq!(compared(Compare::Greater, second).0, 1_000_000_001);
        assert_eq!(compared(Compare::AtMost, second).1, 1_000_000_000);
        assert_eq!(compared(Compare::Same, second), (1_000_000_000, 1_999_999_999));
        let class = literal(Kind::Status, "4xx").unwrap();
        assert_eq!(compared(Compare::Greater, class).0, 500);
        assert_eq!(compared(Compare::Less, class).1, 399);
        assert_eq!(compared(Compare::AtLeast, class).0, 400);
    }

    #[test]
    fn statuses_have_three_digits_or_a_class() {
        assert_eq!(bounds(Kind::Status, "5XX"), Some((500, 599)));
        assert_eq!(bounds(Kind::Status, "400..499"), Some((400, 499)));
        for text in ["4", "20x", "xx", "0xx", "1000", "-1", "éxx"] {
            assert_eq!(bounds(Kind::Status, text), None, "{text}");
        }
    }

    #[test]
    fn times_stand_for_as_long_as_they_are_exact() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_nanosecond();
        let second = 1_000_000_000;
        for (text, low, length) in [
            ("2026-01-31T09:26Z", "2026-01-31T09:26:00Z", 60 * second),
            ("2026-01-31T09:26:53Z", "2026-01-31T09:26:53Z", second),
            ("2026-01-31t09:26:53.5+01:00", "2026-01-31T08:26:53.5Z", 1),
            ("2026-01-31 09:26-02:00", "2026-01-31T11:26:00Z", 60 * second),
        ] {
            assert_eq!(bounds(Kind::Time, text), Some((at(low), at(low) + length - 1)), "{text}");
        }
        let (low, high) = bounds(Kind::Time, "2026-01-15").unwrap();
        assert_eq!(high - low + 1, 24 * 3600 * second);
        assert_eq!(bounds(Kind::Time, "2026-01-15T00:00").map(|(from, _)| from), Some(low));
        for text in
            ["2026", "2026-13-01", "09:26", "2026-01-31T", "2026-01-31T9", "-9999-01-01", "9999-12-31T23:59:59Z"]
        {
            let _ = bounds(Kind::Time, text);
        }
        assert_eq!(bounds(Kind::Time, "tomorrow"), None);
        let now = Timestamp::now().as_nanosecond();
        let (low, high) = bounds(Kind::Time, "Today").unwrap();
        // Midnight may pass between the two.
        assert!((low..=high + 60 * second).contains(&now));
        assert!(bounds(Kind::Time, "yesterday").unwrap().1 <= low);
        assert_eq!(bounds(Kind::Time, "yesterday..").unwrap().1, i128::MAX);
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_or_not(text in "\\PC{0,20}", near in "[0-9.#kKmMgGibsxXT:Z+-]{0,24}") {
            for kind in [Kind::Count, Kind::Status, Kind::Size, Kind::Duration, Kind::Time] {
                for text in [&text, &near] {
                    if let Ok(stretch) = literal(kind, text) {
                        prop_assert!(stretch.low <= stretch.high);
                        prop_assert!((stretch.low..=stretch.high).contains(&stretch.top));
                    }
                    let _ = range(kind, text);
                }
            }
        }
    }
}
