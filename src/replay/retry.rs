//! When a capture is sent again that did not arrive, or not well: pure.
//!
//! Decided: again for what may be better the next time: no connection, no answer in time, 408, 425, 429 and 5xx (but 508,
//! which is a loop and stays one). The wait doubles from [`FIRST`] to [`LONGEST`], half of it by chance, so that what failed
//! together does not come back together; a `Retry-After` (RFC 9110 §10.2.3) is waited for, up to [`ASKED`].

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};

use crate::model::{Outcome, Reply};

/// The longest wait before the first repetition.
pub const FIRST: Duration = Duration::from_secs(1);
/// The longest wait that is not asked for.
pub const LONGEST: Duration = Duration::from_secs(60);
/// The longest wait that a target can ask for.
pub const ASKED: Duration = Duration::from_secs(300);

/// Kinds of failures after which it may go better.
const PASSING: [&str; 5] = ["refused", "unresolved", "unreachable", "timeout", "closed"];

/// How long to wait before the next try, after try `number` of `1 + retry` ended so; nothing where that was the last.
pub fn after(outcome: &Outcome, number: u32, retry: u32, random: u64, now: Timestamp) -> Option<Duration> {
    if number > retry {
        return None;
    }
    let asked = match outcome {
        Outcome::Failed(failure) => PASSING.contains(&failure.kind).then_some(None)?,
        Outcome::Replied(reply) if matches!(reply.status, 408 | 425 | 429 | 500..=507 | 509..=599) => asked(reply, now),
        Outcome::Replied(_) | Outcome::Cancelled => return None,
    };
    let most = FIRST.saturating_mul(1 << (number - 1).min(16)).min(LONGEST);
    let chance = (random >> 11) as f64 / (1_u64 << 53) as f64;
    let own = most / 2 + (most / 2).mul_f64(chance);
    Some(asked.map_or(own, |asked| asked.max(own).min(ASKED)))
}

/// How long the target asks to be left alone.
fn asked(reply: &Reply, now: Timestamp) -> Option<Duration> {
    let (_, value) = reply.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"retry-after"))?;
    let text = std::str::from_utf8(value).ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::model::Failure;

    fn replied(status: u16, retry_after: Option<&str>) -> Outcome {
        let headers =
            retry_after.map(|value| (Bytes::from_static(b"Retry-After"), Bytes::copy_from_slice(value.as_bytes())));
        let headers = headers.into_iter().collect();
        let (reason, body) = (String::new(), Bytes::new());
        Outcome::Replied(Box::new(Reply { status, reason, headers, body, body_received: 0, body_cut: None }))
    }

    fn failed(kind: &'static str) -> Outcome {
        Outcome::Failed(Failure { kind, sentence: String::new() })
    }

    fn wait(outcome: &Outcome) -> Option<u64> {
        after(outcome, 1, 1, 0, Timestamp::UNIX_EPOCH).map(|wait| wait.as_millis() as u64)
    }

    #[test]
    fn what_may_go_better_is_tried_again() {
        for (outcome, expected) in [
            (failed("refused"), Some(500)),
            (failed("timeout"), Some(500)),
            (failed("forbidden"), None),
            (failed("tls"), None),
            (replied(200, None), None),
            (replied(404, None), None),
            (replied(408, None), Some(500)),
            (replied(425, None), Some(500)),
            (replied(503, None), Some(500)),
            (replied(508, None), None),
            (replied(429, Some(" 7 ")), Some(7_000)),
            (replied(429, Some("99999999999")), Some(300_000)),
            (replied(429, Some("0")), Some(500)),
            (replied(503, Some("Thu, 01 Jan 1970 00:00:20 GMT")), Some(20_000)),
            (replied(503, Some("Wed, 31 Dec 1969 00:00:20 GMT")), Some(500)),
            (replied(503, Some("soon")), Some(500)),
            (replied(302, Some("7")), None),
            (Outcome::Cancelled, None),
        ] {
            assert_eq!(wait(&outcome), expected, "{outcome:?}");
        }
        assert_eq!(after(&failed("refused"), 2, 1, 0, Timestamp::UNIX_EPOCH), None);
    }

    proptest! {
        #[test]
        fn waits_grow_and_stay_within_their_bounds(number in 1_u32..100, random in any::<u64>()) {
            let wait = after(&failed("closed"), number, u32::MAX, random, Timestamp::UNIX_EPOCH).unwrap();
            let most = FIRST.saturating_mul(1 << (number - 1).min(10)).min(LONGEST);
            prop_assert!(most / 2 <= wait && wait <= most, "{wait:?}");
        }
    }
}
