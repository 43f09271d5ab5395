//! An amount of bytes as people write and read it: `10MiB`, `64k`, "7.1 KiB".
//!
//! Decided: a bare letter and the `iB` forms are powers of 1024, `kB MB GB TB` are powers of 1000, and case does not
//! matter; what is shown is always of the first kind. Refused: floating point, which would make `1.1GiB` a different
//! number on the way in than on the way out.

use std::{fmt, str::FromStr};

/// A number of bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Size(pub u64);

/// What may stand behind a number, in lower case, and how many bytes it is.
const UNITS: [(&str, u64); 24] = [
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("ki", 1 << 10),
    ("kib", 1 << 10),
    ("kb", 1_000),
    ("m", 1 << 20),
    ("mi", 1 << 20),
    ("mib", 1 << 20),
    ("mb", 1_000_000),
    ("g", 1 << 30),
    ("gi", 1 << 30),
    ("gib", 1 << 30),
    ("gb", 1_000_000_000),
    ("t", 1 << 40),
    ("ti", 1 << 40),
    ("tib", 1 << 40),
    ("tb", 1_000_000_000_000),
    ("p", 1 << 50),
    ("pi", 1 << 50),
    ("pib", 1 << 50),
    ("pb", 1_000_000_000_000_000),
    ("ei", 1 << 60),
    ("eib", 1 << 60),
];

/// The units that sizes are shown in, smallest first.
const SHOWN: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// Why a text is no size.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SizeError {
    /// There is no number at the start, or it is not one.
    #[error("{0:?} is not a size: write a number and a unit, such as 10MiB, 64k or 512")]
    Number(String),
    /// The unit is none that is known.
    #[error(
        "{text:?} is not a size: the unit {unit:?} is not known; write k, M, G or T (times 1024), KiB, MiB, GiB, TiB, or kB, MB, GB, TB (times 1000)"
    )]
    Unit {
        /// The whole text.
        text: String,
        /// What stands where the unit should.
        unit: String,
    },
    /// It passes 2⁶⁴ − 1 bytes.
    #[error("{0:?} is too large a size: the most is 16 EiB less one byte")]
    TooLarge(String),
}

impl FromStr for Size {
    type Err = SizeError;

    /// Reads a size: digits, at most one point with digits behind it, blanks, a unit or none. A part of a byte is dropped.
    fn from_str(text: &str) -> Result<Self, SizeError> {
        let written = text.trim();
        let number = written.trim_end_matches(|char: char| !char.is_ascii_digit() && char != '.');
        let unit = written.get(number.len()..).unwrap_or_default().trim();
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // Nine digits behind the point are finer than a byte up to the gigabyte, and keep the sum below within 128 bits.
        if !digits(whole) || !digits(part) || part.len() > 9 {
            return Err(SizeError::Number(text.to_owned()));
        }
        let lower = unit.to_ascii_lowercase();
        let Some(&(_, factor)) = UNITS.iter().find(|(name, _)| *name == lower) else {
            return Err(SizeError::Unit { text: text.to_owned(), unit: unit.to_owned() });
        };
        let too_large = || SizeError::TooLarge(text.to_owned());
        let whole: u64 = whole.parse().map_err(|_| too_large())?;
        let scale = 10_u128.pow(part.len() as u32);
        let part: u128 = part.parse().map_err(|_| too_large())?;
        let bytes = u128::from(whole) * u128::from(factor) + part * u128::from(factor) / scale;
        u64::try_from(bytes).map(Self).map_err(|_| too_large())
    }
}

impl fmt::Display for Size {
    /// The size to two or three digits: `512 B`, `7.1 KiB`, `256 MiB`. The result can be read back, as what it says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = u128::from(self.0);
        for (power, unit) in SHOWN.iter().enumerate() {
            let one = 1_u128 << (10 * power);
            let (whole, tenths) = ((bytes + one / 2) / one, (bytes * 10 + one / 2) / one);
            // 1023.5 KiB would round to 1024 KiB, which is 1 MiB.
            if whole < 1024 || power + 1 == SHOWN.len() {
                let shown = if power == 0 || tenths.is_multiple_of(10) || tenths >= 1000 {
                    format!("{whole} {unit}")
                } else {
                    format!("{}.{} {unit}", tenths / 10, tenths % 10)
                };
                return f.pad(&shown);
            }
        }
        Ok(())
    }
}

impl Size {
    /// The same in at most five columns, for tables: `312`, `7.1K`, `10M`.
    pub fn short(self) -> String {
        let text = self.to_string();
        let (number, unit) = text.split_once(' ').unwrap_or((&text, ""));
        format!("{number}{}", unit.chars().next().filter(|unit| *unit != 'B').map_or(String::new(), String::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [
            ("0", 0),
            ("512", 512),
            ("512 B", 512),
            ("64k", 64 << 10),
            ("64K", 64 << 10),
            ("10MiB", 10 << 20),
            (" 10 mib ", 10 << 20),
            ("1.5k", 1536),
            ("2MB", 2_000_000),
            ("0.1k", 102),
            ("1T", 1 << 40),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_says_why() {
        for (text, says) in [
            ("", "\"\" is not a size: write a number and a unit, such as 10MiB, 64k or 512"),
            ("MiB", "\"MiB\" is not a size: write a number and a unit, such as 10MiB, 64k or 512"),
            ("-1", "\"-1\" is not a size: write a number and a unit, such as 10MiB, 64k or 512"),
            ("1.2.3k", "\"1.2.3k\" is not a size: write a number and a unit, such as 10MiB, 64k or 512"),
            (".5k", "\".5k\" is not a size: write a number and a unit, such as 10MiB, 64k or 512"),
            ("16EiB", "too large a size"),
            ("10 elephants", "unit \"elephants\" is not known"),
            ("99999999T", "too large a size"),
            ("18446744073709551616", "too large a size"),
        ] {
            let error = text.parse::<Size>().unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_short_size_fits_five_columns() {
        for (bytes, short) in [(0, "0"), (312, "312"), (7_312, "7.1K"), (10 << 20, "10M"), (u64::MAX, "16E")] {
            assert_eq!(Size(bytes).short().replace(".0", ""), short);
            assert!(Size(bytes).short().len() <= 5);
        }
    }

    #[test]
    fn sizes_are_shown() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (7312, "7.1 KiB"),
            (99 << 10, "99 KiB"),
            (150_000, "146 KiB"),
            ((1 << 20) - 1, "1 MiB"),
            (1023 * 1024 + 511, "1023 KiB"),
            (1023 * 1024 + 512, "1 MiB"),
            (256 << 20, "256 MiB"),
            (3 << 29, "1.5 GiB"),
            (u64::MAX, "16 EiB"),
        ] {
            assert_eq!(Size(bytes).to_string(), shown);
        }
        assert_eq!(format!("[{:>8}]", Size(512)), "[   512 B]");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back_nearly(bytes in 0..u64::MAX / 17 * 16) {
            let read: Size = Size(bytes).to_string().parse().unwrap();
            prop_assert!(read.0.abs_diff(bytes) <= bytes / 19, "{bytes} became {read:?}");
            prop_assert_eq!(read.to_string(), Size(bytes).to_string());
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,30}") {
            let _ = text.parse::<Size>();
        }
    }
}
