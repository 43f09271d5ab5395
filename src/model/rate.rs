//! How many in how long, as people write it: `500/s`, `30/m`, `1000/h`.

use std::{fmt, str::FromStr, time::Duration};

/// A number of requests in a length of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    count: u32,
    unit: usize,
}

/// The units: how they are written, and how many seconds they are.
const UNITS: [(&str, u64); 3] = [("s", 1), ("m", 60), ("h", 3600)];

/// Why a text is no rate.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RateError {
    /// It is not a number, a slash and a unit.
    #[error("{0:?} is not a rate: write a number and a unit, such as 500/s, 30/m or 1000/h")]
    Form(String),
    /// Nothing would be let in.
    #[error("a rate of 0 would let nothing in: write 1/h or more")]
    Nothing,
    /// More than can be told apart by the clock.
    #[error("{0:?} is too high a rate: the most is 1000000 in a second")]
    TooHigh(String),
}

impl Rate {
    /// How many.
    pub fn count(self) -> u32 {
        self.count
    }

    /// In how long.
    pub fn per(self) -> Duration {
        Duration::from_secs(UNITS.get(self.unit).map_or(1, |unit| unit.1))
    }

    /// The time from one to the next, when they come evenly.
    pub fn interval(self) -> Duration {
        self.per() / self.count.max(1)
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let wrong = || RateError::Form(text.to_owned());
        let (number, name) = text.trim().split_once('/').ok_or_else(wrong)?;
        let (number, name) = (number.trim(), name.trim());
        let unit = UNITS.iter().position(|unit| unit.0 == name).ok_or_else(wrong)?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        match number.parse() {
            Ok(0) => Err(RateError::Nothing),
            Ok(count @ 1..=1_000_000) => Ok(Self { count, unit }),
            _ => Err(RateError::TooHigh(text.to_owned())),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, UNITS.get(self.unit).map_or("s", |unit| unit.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rates_are_read() {
        let rate: Rate = " 500/s ".parse().unwrap();
        assert_eq!(
            (rate.count(), rate.per(), rate.interval()),
            (500, Duration::from_secs(1), Duration::from_millis(2))
        );
        assert_eq!("30/m".parse::<Rate>().unwrap().interval(), Duration::from_secs(2));
        assert_eq!("0/s".parse::<Rate>(), Err(RateError::Nothing));
        assert!(matches!("1000001/s".parse::<Rate>(), Err(RateError::TooHigh(_))));
        for wrong in ["", "500", "/s", "500/", "5/d", "-5/s", "5.5/s", "5/s/s"] {
            assert!(matches!(wrong.parse::<Rate>(), Err(RateError::Form(_))), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_rate_that_is_shown_is_read(count in 1_u32..=1_000_000, unit in 0_usize..3) {
            let rate = Rate { count, unit };
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
            prop_assert!(!rate.interval().is_zero());
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = text.parse::<Rate>();
        }
    }
}
