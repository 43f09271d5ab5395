//! Small things said the same way everywhere: a time of day, a status with its words, a count.

use jiff::{Timestamp, tz::TimeZone};

/// A time of day in a zone, to the second.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    let time = zone.to_datetime(at);
    format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}

/// How long before `now` something was, in the largest unit: `10 s ago`, `3 min ago`, `2 h ago`, `5 d ago`.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(at.as_second()).max(0);
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// A status with its words: those that came with it, else those of RFC 9110 §15. What came is not safe to print.
pub fn status_words(status: u16, reason: &str) -> String {
    let known = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let words = if reason.is_empty() { known.unwrap_or_default() } else { reason };
    format!("{status} {words}").trim_end().to_owned()
}

/// A number with commas between the thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A sentence in lines of at most `columns`, broken between words, or within one that is longer than a line.
pub fn wrapped(sentence: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = vec![String::new()];
    for word in sentence.split(' ') {
        let mut letters: Vec<char> = word.chars().collect();
        let used = lines.last().map_or(0, |line| line.chars().count());
        if used > 0 && used + 1 + letters.len() <= columns {
            if let Some(line) = lines.last_mut() {
                line.push(' ');
                line.extend(letters);
            }
            continue;
        }
        while letters.len() > columns {
            let rest = letters.split_off(columns);
            lines.push(std::mem::replace(&mut letters, rest).into_iter().collect());
        }
        lines.push(letters.into_iter().collect());
    }
    lines.retain(|line| !line.is_empty());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_broken_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a verylongword b", 5), ["a", "veryl", "ongwo", "rd b"]);
        assert_eq!(wrapped("", 5), [""; 0]);
    }

    #[test]
    fn thousands_are_parted() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
