//! What is expected of an outcome: a small exact language for `--expect`.
//!
//! ```text
//! status:2xx           any status from 200 to 299
//! status:200,201,4xx   one of these
//! status:200..299      from, to
//! time:<500ms          the whole attempt took less; time:>1s, more
//! error:timeout        there was no answer, for that reason; error:any, for whatever reason
//! ```
//!
//! Decided: several are all to hold, so each can be named when it does not; a word of it says one thing, and nothing is
//! guessed. What is expected of a status or a time is not met where there is no answer. Refused: the query language of
//! captures, most of whose words have no meaning here, and which would be read as if they had.

use std::{ops::RangeInclusive, str::FromStr, time::Duration};

use crate::model::{Attempt, Outcome, Period, Printable};

/// The language in a sentence, for the help and for complaints.
pub const LANGUAGE: &str = "status:2xx, status:200,201, status:200..299, time:<500ms, time:>1s or error:timeout";

/// The reasons for which there is no answer, as [`Failure`](crate::model::Failure) has them.
const ERRORS: [&str; 12] = [
    "any",
    "refused",
    "unresolved",
    "unreachable",
    "tls",
    "timeout",
    "closed",
    "protocol",
    "forbidden",
    "truncated",
    "busy",
    "unreadable",
];

#[derive(Clone, PartialEq, Eq, Debug)]
enum What {
    Status(Vec<RangeInclusive<u16>>),
    Faster(Duration),
    Slower(Duration),
    Error(&'static str),
}

/// One thing that is expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    text: String,
    what: What,
}

/// Why a text says nothing that can be expected.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` cannot be expected of an outcome: write {LANGUAGE}")]
pub struct ExpectedError(Printable);

impl FromStr for Expected {
    type Err = ExpectedError;

    fn from_str(text: &str) -> Result<Self, ExpectedError> {
        let wrong = || ExpectedError(Printable::limited(text.as_bytes(), 60));
        let text = text.trim();
        let (name, value) = text.split_once(':').ok_or_else(wrong)?;
        let period = |text: &str| text.parse::<Period>().map(|period| period.0).ok();
        let what = match name {
            "status" => value.split(',').map(statuses).collect::<Option<Vec<_>>>().map(What::Status),
            "time" => match (value.strip_prefix('<'), value.strip_prefix('>')) {
                (Some(most), _) => period(most).map(What::Faster),
                (_, Some(least)) => period(least).map(What::Slower),
                _ => None,
            },
            "error" => ERRORS.iter().find(|error| **error == value).map(|error| What::Error(error)),
            _ => None,
        };
        Ok(Self { text: text.to_owned(), what: what.ok_or_else(wrong)? })
    }
}

/// `404`, `4xx` or `400..499`.
fn statuses(text: &str) -> Option<RangeInclusive<u16>> {
    let code = |text: &str| {
        let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|code| digits && (100..=999).contains(code))
    };
    if let Some((from, to)) = text.split_once("..") {
        let (from, to) = (code(from)?, code(to)?);
        return (from <= to).then_some(from..=to);
    }
    match text.strip_suffix("xx") {
        Some(class) => {
            let first = code(&format!("{class}00"))?;
            Some(first..=first + 99)
        }
        None => code(text).map(|code| code..=code),
    }
}

impl Expected {
    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether an attempt that has ended is so.
    pub fn is_met(&self, attempt: &Attempt) -> bool {
        let answered = matches!(attempt.outcome, Some(Outcome::Replied(_)));
        let time = attempt.duration.filter(|_| answered);
        match &self.what {
            What::Status(ranges) => {
                attempt.status().is_some_and(|status| ranges.iter().any(|range| range.contains(&status)))
            }
            What::Faster(most) => time.is_some_and(|time| time < *most),
            What::Slower(least) => time.is_some_and(|time| time > *least),
            What::Error(kind) => match &attempt.outcome {
                Some(Outcome::Failed(failure)) => *kind == "any" || failure.kind == *kind,
                _ => false,
            },
        }
    }

    /// Whether it is that there is no answer.
    pub fn is_of_failure(&self) -> bool {
        matches!(self.what, What::Error(_))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{AttemptId, CaptureId, Failure, Ledger, Reply, Seq, Timings, Version};

    fn attempt(outcome: Outcome, ms: u64) -> Attempt {
        Attempt {
            id: AttemptId(1),
            capture: CaptureId::fixed(1),
            seq: Seq(1),
            target: String::new(),
            started_at: Timestamp::UNIX_EPOCH,
            duration: Some(Duration::from_millis(ms)),
            ledger: Ledger::new(Version::Http11),
            outcome: Some(outcome),
            timings: Timings::default(),
            to: None,
            forwarded: None,
        }
    }

    fn replied(status: u16) -> Outcome {
        let (reason, headers, body) = (String::new(), Vec::new(), Bytes::new());
        Outcome::Replied(Box::new(Reply { status, reason, headers, body, body_received: 0, body_cut: None }))
    }

    #[test]
    fn what_is_expected_is_so_or_not() {
        let timeout = Outcome::Failed(Failure { kind: "timeout", sentence: String::new() });
        for (text, outcome, ms, met) in [
            ("status:2xx", replied(204), 1, true),
            ("status:2xx", replied(300), 1, false),
            ("status:404,2xx", replied(404), 1, true),
            ("status:200..201", replied(201), 1, true),
            ("status:200..201", replied(202), 1, false),
            ("status:2xx", timeout.clone(), 1, false),
            ("status:2xx", Outcome::Cancelled, 1, false),
            ("time:<500ms", replied(200), 499, true),
            ("time:<500ms", replied(200), 500, false),
            ("time:>1s", replied(200), 1_001, true),
            ("time:<500ms", timeout.clone(), 1, false),
            ("error:timeout", timeout.clone(), 1, true),
            ("error:any", timeout.clone(), 1, true),
            ("error:refused", timeout, 1, false),
            ("error:any", replied(500), 1, false),
        ] {
            let expected: Expected = text.parse().unwrap();
            assert_eq!(expected.is_met(&attempt(outcome, ms)), met, "{text}");
            assert_eq!(expected.text(), text);
        }
    }

    #[test]
    fn what_says_nothing_is_refused_with_what_would() {
        for text in [
            "",
            "2xx",
            "status:",
            "status:20",
            "status:2x",
            "status:0xx",
            "status:299..200",
            "time:500ms",
            "time:<5",
            "error:",
            "error:bad",
            "Status:200",
            "status:200,",
            "a\u{1b}:b",
        ] {
            let error = text.parse::<Expected>().unwrap_err().to_string();
            assert!(error.contains(LANGUAGE) && !error.contains('\u{1b}'), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(status|time|error)?:?\\PC{0,20}") {
            let _ = text.parse::<Expected>();
        }
    }
}
