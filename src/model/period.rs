//! A length of time as people write and read it: `250ms`, `30s`, `5m`, "1.2 s".
//!
//! Decided: a number needs its unit, because nobody remembers whether a timeout of `30` is seconds or milliseconds; and
//! units may follow each other (`1m30s`), which is also how more than a minute is shown. `m` is minutes. Refused: months
//! and years, which have no length.

use std::{fmt, str::FromStr, time::Duration};

/// A length of time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Period(pub Duration);

/// What may stand behind a number, and how many nanoseconds it is.
const UNITS: [(&str, u64); 10] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("sec", SECOND),
    ("m", 60 * SECOND),
    ("min", 60 * SECOND),
    ("h", 3_600 * SECOND),
    ("d", 86_400 * SECOND),
];

const SECOND: u64 = 1_000_000_000;

/// Why a text is no length of time.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PeriodError {
    /// There is no number where one should be, or it is not one.
    #[error("{0:?} is not a length of time: write a number and a unit, such as 250ms, 30s or 5m")]
    Number(String),
    /// A number without a unit.
    #[error("{text:?} is not a length of time: say the unit, such as {number}s or {number}ms")]
    NoUnit {
        /// The whole text.
        text: String,
        /// The number that stands alone.
        number: String,
    },
    /// The unit is none that is known.
    #[error("{text:?} is not a length of time: the unit {unit:?} is not known; write ms, s, m, h or d")]
    Unit {
        /// The whole text.
        text: String,
        /// What stands where the unit should.
        unit: String,
    },
    /// It passes what can be counted.
    #[error("{0:?} is too long a time: the most is 500 years")]
    TooLong(String),
}

impl FromStr for Period {
    type Err = PeriodError;

    /// Reads numbers with units, blanks between them or not: `250ms`, `1.5s`, `1m 30s`.
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let wrong = || PeriodError::Number(text.to_owned());
        let mut rest = text.trim();
        let mut nanos = 0_u64;
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let digits = |char: char| char.is_ascii_digit() || char == '.';
            let (number, behind) = rest.split_at(rest.find(|char| !digits(char)).unwrap_or(rest.len()));
            let behind = behind.trim_start();
            let end = |char: char| digits(char) || char.is_whitespace();
            let (unit, behind) = behind.split_at(behind.find(end).unwrap_or(behind.len()));
            let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
            let ok = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            if !ok(whole) || !ok(part) || part.len() > 9 {
                return Err(wrong());
            }
            if unit.is_empty() {
                return Err(PeriodError::NoUnit { text: text.to_owned(), number: number.to_owned() });
            }
            let Some(&(_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
                return Err(PeriodError::Unit { text: text.to_owned(), unit: unit.to_owned() });
            };
            let too_long = || PeriodError::TooLong(text.to_owned());
            let whole: u64 = whole.parse().map_err(|_| too_long())?;
            let scale = 10_u128.pow(part.len() as u32);
            let part: u128 = part.parse().map_err(|_| too_long())?;
            let sum = u128::from(nanos) + u128::from(whole) * u128::from(factor) + part * u128::from(factor) / scale;
            nanos = u64::try_from(sum).map_err(|_| too_long())?;
            rest = behind.trim_start();
        }
        Ok(Self(Duration::from_nanos(nanos)))
    }
}

impl fmt::Display for Period {
    /// The time to two or three digits: `410 µs`, `12 ms`, `1.2 s`, `2m 5s`, `3d 4h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shown(self.0))
    }
}

fn shown(time: Duration) -> String {
    let nanos = time.as_nanos();
    for (one, unit) in [(1, "ns"), (1_000, "µs"), (1_000_000, "ms"), (u128::from(SECOND), "s")] {
        // What would round to the next unit is that unit's. Seconds keep their tenth up to the minute, the others to ten.
        let (limit, exact) = if unit == "s" { (600, 600) } else { (10_000, 100) };
        let tenths = (nanos * 10 + one / 2) / one;
        let units = (nanos + one / 2) / one;
        if tenths < exact && !tenths.is_multiple_of(10) {
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
        if tenths < limit && units * 10 < limit {
            return format!("{units} {unit}");
        }
    }
    let seconds = (nanos + u128::from(SECOND) / 2) / u128::from(SECOND);
    let (count, unit, rest, smaller) = if seconds < 3_600 {
        (seconds / 60, 'm', seconds % 60, 's')
    } else if seconds < 86_400 {
        (seconds / 3_600, 'h', seconds % 3_600 / 60, 'm')
    } else {
        (seconds / 86_400, 'd', seconds % 86_400 / 3_600, 'h')
    };
    if rest == 0 { format!("{count}{unit}") } else { format!("{count}{unit} {rest}{smaller}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_read() {
        for (text, nanos) in [
            ("250ms", 250_000_000),
            ("30s", 30 * SECOND),
            ("5m", 300 * SECOND),
            ("1.5s", 1_500_000_000),
            (" 1 m 30 s ", 90 * SECOND),
            ("1m30s", 90 * SECOND),
            ("2h", 7_200 * SECOND),
            ("1d", 86_400 * SECOND),
            ("410 µs", 410_000),
            ("410us", 410_000),
            ("0s", 0),
        ] {
            assert_eq!(text.parse(), Ok(Period(Duration::from_nanos(nanos))), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_says_why() {
        for (text, says) in [
            ("", "\"\" is not a length of time: write a number and a unit, such as 250ms, 30s or 5m"),
            ("s", "write a number and a unit"),
            ("-5s", "write a number and a unit"),
            ("1..5s", "write a number and a unit"),
            ("30", "say the unit, such as 30s or 30ms"),
            ("1m 30", "say the unit, such as 30s or 30ms"),
            ("3 weeks", "the unit \"weeks\" is not known; write ms, s, m, h or d"),
            ("5M", "the unit \"M\" is not known"),
            ("999999999d", "too long a time"),
        ] {
            let error = text.parse::<Period>().unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn times_are_shown() {
        for (nanos, text) in [
            (0, "0 ns"),
            (850, "850 ns"),
            (1_000, "1 µs"),
            (410_200, "410 µs"),
            (999_999, "1 ms"),
            (1_250_000, "1.3 ms"),
            (12_200_000, "12 ms"),
            (999_400_000, "999 ms"),
            (999_960_000, "1 s"),
            (1_200_000_000, "1.2 s"),
            (12_340_000_000, "12.3 s"),
            (30 * SECOND, "30 s"),
            (59_960_000_000, "1m"),
            (125 * SECOND, "2m 5s"),
            (300 * SECOND, "5m"),
            (3_720 * SECOND, "1h 2m"),
            (273_600 * SECOND, "3d 4h"),
        ] {
            assert_eq!(shown(Duration::from_nanos(nanos)), text);
        }
        assert!(shown(Duration::MAX).ends_with('h'));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back_nearly(nanos in 0..u64::MAX / 4) {
            let read: Period = shown(Duration::from_nanos(nanos)).parse().unwrap();
            prop_assert!(read.0.as_nanos().abs_diff(u128::from(nanos)) <= u128::from(nanos / 19), "{nanos}: {read:?}");
            prop_assert_eq!(shown(read.0), shown(Duration::from_nanos(nanos)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,30}") {
            let _ = text.parse::<Period>();
        }
    }
}
