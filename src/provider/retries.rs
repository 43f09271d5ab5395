//! What providers publish of when they try again: a table of those that give times, and those that say that they never do.
//!
//! Decided: only what a provider's own documents say, with where; who gives no times (Stripe, Shopify: growing waits) has no
//! row, because a guess would look like a fact. Waits count from the end of the try before, so what is compared with arrivals is not
//! to the second.

use std::time::Duration;

/// When a provider tries again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// The provider, by its name in the table of providers.
    pub provider: &'static str,
    /// The wait before each try but the first, in seconds; none where it never tries again by itself.
    pub waits: &'static [u64],
}

/// Every schedule that is published in times.
pub const SCHEDULES: &[Schedule] = &[
    // docs.github.com, "Handling failed webhook deliveries": GitHub does not redeliver failed deliveries by itself.
    Schedule { provider: "github", waits: &[] },
    // docs.slack.dev, Events API, "Retries": nearly immediately, after a minute, after five minutes.
    Schedule { provider: "slack", waits: &[0, 60, 300] },
    // docs.svix.com/retries.
    Schedule { provider: "svix", waits: &[5, 300, 1_800, 7_200, 18_000, 36_000, 36_000] },
    // linear.app/developers/webhooks: at most three times, after a minute, an hour and six hours.
    Schedule { provider: "linear", waits: &[60, 3_600, 21_600] },
    // documentation.mailgun.com, user manual, "Automatic Retries": 5, 10 and 15 minutes, then 1, 2 and 4 hours; of all events
    // but deliveries.
    Schedule { provider: "mailgun", waits: &[300, 600, 900, 3_600, 7_200, 14_400] },
    // sanity.io, changelog of webhooks: twice, 30 seconds apart.
    Schedule { provider: "sanity", waits: &[30, 30] },
];

/// The schedule of a provider, where it publishes one.
pub fn schedule(provider: &str) -> Option<&'static Schedule> {
    SCHEDULES.iter().find(|schedule| schedule.provider == provider)
}

impl Schedule {
    /// The wait before a try, from 2 on; nothing where there is no such try.
    pub fn before(&self, number: u32) -> Option<Duration> {
        let at = usize::try_from(number).ok()?.checked_sub(2)?;
        self.waits.get(at).map(|seconds| Duration::from_secs(*seconds))
    }

    /// Whether a wait is about what is published: a quarter off at most, or ten seconds.
    pub fn is_about(published: Duration, came: Duration) -> bool {
        published.abs_diff(came) <= (published / 4).max(Duration::from_secs(10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_is_of_a_provider_and_each_has_one() {
        for schedule in SCHEDULES {
            assert!(crate::provider::named(schedule.provider).is_some(), "{}", schedule.provider);
            assert_eq!(SCHEDULES.iter().filter(|other| other.provider == schedule.provider).count(), 1);
        }
    }

    #[test]
    fn waits_stand_before_tries() {
        let svix = schedule("svix").unwrap();
        let seconds = [0, 1, 2, 3, 8, 9].map(|number| svix.before(number).map(|wait| wait.as_secs()));
        assert_eq!(seconds, [None, None, Some(5), Some(300), Some(36_000), None]);
        assert_eq!(schedule("github").unwrap().before(2), None);
        let about = |one, other| Schedule::is_about(Duration::from_secs(one), Duration::from_secs(other));
        assert!(about(300, 302) && about(0, 9) && about(300, 370) && !about(300, 400) && !about(5, 30));
    }
}
