//! What stands between double braces in a sample: ids and times that are new in each one.
//!
//! `{{hex:40}}` is chance, `{{unix-1h}}` a time before now, `{{charge=alnum:24}}` chance with a name, and `{{charge}}` the
//! same again. Decided: neither clock nor chance is read here; a sample of the same time and seed is the same.

use std::{collections::HashMap, fmt::Write as _};

use jiff::{SignedDuration, Timestamp};

/// Numbers that look like chance (`SplitMix64`, Steele et al. 2014). Good enough for ids, and for nothing secret.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn letters(&mut self, alphabet: &[u8], count: usize) -> String {
        let one = |roll: u64| {
            alphabet.get((roll % alphabet.len().max(1) as u64) as usize).map_or('0', |byte| char::from(*byte))
        };
        (0..count).map(|_| one(self.roll())).collect()
    }
}

/// The alphabets of chance: name, letters.
const ALPHABETS: [(&str, &[u8]); 5] = [
    ("hex", b"0123456789abcdef"),
    ("alnum", b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
    ("upper", b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("lower", b"0123456789abcdefghijklmnopqrstuvwxyz"),
    ("digits", b"0123456789"),
];

/// See the head of this file.
#[derive(Debug)]
pub struct Fill {
    now: Timestamp,
    dice: Dice,
    names: HashMap<String, String>,
}

impl Fill {
    /// For a sample of that time.
    pub fn new(now: Timestamp, dice: Dice) -> Self {
        Self { now, dice, names: HashMap::new() }
    }

    /// Gives a value a name.
    pub fn name(&mut self, name: &str, value: &str) {
        self.names.insert(name.to_owned(), value.to_owned());
    }

    /// A text with everything filled in; or which placeholder means nothing.
    pub fn fill(&mut self, text: &str) -> Result<String, String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            filled.push_str(before);
            let (inside, after) = after.split_once("}}").ok_or_else(|| "a {{ is not closed".to_owned())?;
            filled.push_str(&self.one(inside)?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn one(&mut self, inside: &str) -> Result<String, String> {
        if let Some((name, kind)) = inside.split_once('=') {
            let value = self.one(kind)?;
            self.name(name, &value);
            return Ok(value);
        }
        if let Some(known) = self.names.get(inside) {
            return Ok(known.clone());
        }
        if let Some((kind, count)) = inside.split_once(':') {
            let alphabet = ALPHABETS.iter().find(|(name, _)| *name == kind);
            if let (Some((_, alphabet)), Ok(count)) = (alphabet, count.parse::<usize>()) {
                // A number that begins with a nought is none in JSON.
                let first =
                    if kind == "digits" { self.dice.letters(b"123456789", 1.min(count)) } else { String::new() };
                return Ok(format!("{first}{}", self.dice.letters(alphabet, count - first.len())));
            }
        }
        if inside == "uuid" {
            let bytes = (u128::from(self.dice.roll()) << 64 | u128::from(self.dice.roll())).to_be_bytes();
            return Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string());
        }
        self.time(inside).ok_or_else(|| format!("{{{{{inside}}}}} means nothing"))
    }

    /// `unix`, `millis`, `iso`, `iso.ms`, `iso.us`, `date`, `mail`; perhaps with `+` or `-`, a number, and `s`, `m`, `h` or `d`.
    fn time(&self, inside: &str) -> Option<String> {
        let at = inside.find(['+', '-']).unwrap_or(inside.len());
        let (kind, offset) = inside.split_at_checked(at)?;
        let seconds = match offset.len() {
            0 => 0,
            length => {
                let (number, unit) = offset.split_at_checked(length - 1)?;
                let unit = match unit {
                    "s" => 1,
                    "m" => 60,
                    "h" => 3600,
                    "d" => 24 * 3600,
                    _ => return None,
                };
                number.parse::<i64>().ok()?.checked_mul(unit)?
            }
        };
        let time = self.now.checked_add(SignedDuration::from_secs(seconds)).ok()?;
        let written = |form: &str| time.strftime(form).to_string();
        Some(match kind {
            "unix" => time.as_second().to_string(),
            "millis" => time.as_millisecond().to_string(),
            "iso" => written("%Y-%m-%dT%H:%M:%SZ"),
            "iso.ms" => written("%Y-%m-%dT%H:%M:%S.%3fZ"),
            "iso.us" => written("%Y-%m-%dT%H:%M:%S.%6fZ"),
            "date" => written("%Y-%m-%d"),
            "mail" => written("%a, %d %b %Y %H:%M:%S +0000"),
            "slack" => {
                let mut text = time.as_second().to_string();
                let _ = write!(text, ".{:06}", time.subsec_microsecond());
                text
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(text: &str) -> Result<String, String> {
        Fill::new("2026-01-31T09:26:53.589793Z".parse().unwrap(), Dice(7)).fill(text)
    }

    #[test]
    fn placeholders_are_filled() {
        for (text, expected) in [
            ("{{unix}} {{unix-1h}} {{millis}}", "1769851613 1769848013 1769851613589"),
            ("{{iso}} {{iso.ms+1d}} {{date}}", "2026-01-31T09:26:53Z 2026-02-01T09:26:53.589Z 2026-01-31"),
            ("{{mail}} {{slack}}", "Sat, 31 Jan 2026 09:26:53 +0000 1769851613.589793"),
            ("{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}"),
        ] {
            assert_eq!(filled(text).unwrap(), expected);
        }
        let twice = filled("{{a=alnum:24}} {{a}}").unwrap();
        let (one, other) = twice.split_once(' ').unwrap();
        assert_eq!((one, one.len()), (other, 24));
        assert_eq!(filled("{{uuid}}").unwrap().len(), 36);
        for text in ["{{nothing}}", "{{hex:}}", "{{hex:x}}", "{{unix-}}", "{{unix+1y}}", "{{unix", "{{}}"] {
            assert!(filled(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_filled_or_refused(text in "([a-z{}=:+é0-9-]|\\{\\{|\\}\\}){0,30}") {
            let _ = filled(&text);
        }

        #[test]
        fn digits_are_a_number(seed in any::<u64>()) {
            let text = Fill::new(Timestamp::UNIX_EPOCH, Dice(seed)).fill("{{digits:12}}").unwrap();
            prop_assert_eq!(text.parse::<u64>().unwrap().to_string(), text);
        }
    }
}
