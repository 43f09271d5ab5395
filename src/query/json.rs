//! JSON by path: `.data.object.amount:>1000`.
//!
//! Decided: a value is compared as what it is. A number is compared as a number, so `1000` is also `1e3`, and a string that
//! holds one can be compared in order, because senders write prices that way; but a string equals only its own text, so
//! that `007` is not `7`. Of objects and arrays it can be asked whether they are there, and what stands in their text.

use super::{
    Query, bodies,
    fields::{JSON, Seen, field},
    text::Place,
    tree::{Node, Part, Test, Text, Value},
};
use crate::decode::{self, JsonPath};

impl Query {
    /// The query for captures that have that value, as JSON writes it, at that path; of an object or an array it asks only
    /// whether there is something.
    pub fn at_path(path: JsonPath, written: &[u8]) -> Self {
        let Some(field) = field(JSON) else { return Self::everything() };
        let value = match decode::json_string(written) {
            Some(text) => Value::Text(Text::new(&text, Place::Whole)),
            None if matches!(written.first(), Some(b'{' | b'[')) => Value::Present,
            None => Value::Text(Text::new(&String::from_utf8_lossy(written), Place::Whole)),
        };
        Self { root: Some(Node::Test(Test { field, part: Some(Part::At(path)), values: vec![value] }).into()) }
    }
}

/// Digits behind the point that count.
const PLACES: i32 = 9;

impl Test {
    /// Shows every value at the path, as it is written, until `visit` says that it has seen enough; says whether it has.
    pub(super) fn at_path(&self, seen: Seen<'_>, visit: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        let Some(Part::At(path)) = &self.part else { return false };
        bodies::text(seen.capture).is_some_and(|body| path.visit(&body, visit))
    }
}

impl Value {
    /// Whether a JSON value, as it is written, is what is asked for.
    pub(super) fn is_json(&self, written: &[u8]) -> bool {
        if let Some(text) = decode::json_string(written) {
            return match self {
                Self::Number(_, low, high) => decimal(&text).is_some_and(|number| (*low..=*high).contains(&number)),
                _ => self.is_text(text.as_bytes()),
            };
        }
        match self {
            Self::Number(_, low, high) => number(written).is_some_and(|number| (*low..=*high).contains(&number)),
            Self::Text(text) | Self::Same(text) => {
                let same = || Some(decimal(text.as_str())? == number(written)?);
                self.is_text(written) || same() == Some(true)
            }
            _ => self.is_text(written),
        }
    }
}

fn number(written: &[u8]) -> Option<i128> {
    decimal(std::str::from_utf8(written).ok()?)
}

/// A number as JSON writes it (RFC 8259 §6), in billionths; what lies beyond is the greatest there is, and digits behind
/// the ninth do not count.
pub(super) fn decimal(text: &str) -> Option<i128> {
    let (digits, negative) = text.strip_prefix('-').map_or((text, false), |digits| (digits, true));
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
        None => (digits, 0),
    };
    let (whole, part) = mantissa.split_once('.').map_or((mantissa, None), |(whole, part)| (whole, Some(part)));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !part.is_none_or(is_digits) {
        return None;
    }
    let digits = || whole.bytes().chain(part.unwrap_or_default().bytes()).map(|byte| i128::from(byte - b'0'));
    // How many of the digits count, so that the last of them is of billionths.
    let wanted = i64::try_from(whole.len()).ok()?.saturating_add(exponent).saturating_add(PLACES.into());
    let mut number = 0_i128;
    let mut taken = 0;
    for digit in digits() {
        if taken == wanted.max(0) {
            break;
        }
        number = number.saturating_mul(10).saturating_add(digit);
        taken += 1;
    }
    while taken < wanted && number != 0 && number != i128::MAX {
        number = number.saturating_mul(10);
        taken += 1;
    }
    Some(if negative { -number } else { number })
}

fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // More digits than that only say "very far".
    let value = digits.parse::<i64>().unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
    Some(if text.starts_with('-') { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_compared_by_what_they_are() {
        let one = 1_000_000_000;
        for (text, expected) in [
            ("1000", Some(1000 * one)),
            ("1e3", Some(1000 * one)),
            ("1.0E+3", Some(1000 * one)),
            ("-0", Some(0)),
            ("0.1", Some(one / 10)),
            ("-12.5e-1", Some(-one * 5 / 4)),
            ("0.0000000019", Some(1)),
            ("12345678901234567890", Some(12_345_678_901_234_567_890 * one)),
            ("1e400", Some(i128::MAX)),
            ("-1e400", Some(-i128::MAX)),
            ("0e999999999999999999999", Some(0)),
            ("1e-400", Some(0)),
            ("1e-99999999999999999999999", Some(0)),
            ("", None),
            ("-", None),
            ("1.", None),
            (".5", None),
            ("1e", None),
            ("0x1", None),
            ("1,5", None),
            (" 1", None),
        ] {
            assert_eq!(decimal(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn order_is_that_of_numbers(one in -1e12_f64..1e12, other in -1e12_f64..1e12) {
            let (first, second) = (decimal(&format!("{one:e}")).unwrap(), decimal(&format!("{other}")).unwrap());
            if (one - other).abs() > 1e-3 {
                prop_assert_eq!(one < other, first < second);
            }
        }

        #[test]
        fn any_text_is_a_number_or_not(text in "[-+0-9.eE]{0,30}") {
            let _ = decimal(&text);
        }
    }
}
