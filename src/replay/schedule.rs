//! The schedule of a replay of many: which capture goes to which target as which sending, and when it is due. Pure; no
//! socket and no clock is involved.
//!
//! Sendings are numbered from 0, and [`Schedule::place`] says what each is: all captures once, then all of them again for
//! as often as they are sent; of each capture its copies, one after the other; of each copy the targets. So a schedule
//! costs no memory, however long it is, and captures are needed one after the other. A shuffled schedule is the same
//! numbers in another order, which a permutation computes (a Feistel network over the numbers, walked until it comes back
//! into their range), where a list of ten million would have to be kept.
//!
//! Decided: a pace is kept by due times counted from the beginning, never by pauses between sendings, so that what one is
//! late by is not added to all that follow. With the original pace the next time through begins when the last capture of
//! the one before was due. Captures that did not come in the order in which they stand are due with the one before.
//! Refused: the original pace of shuffled captures, which is neither.

use std::{fmt, str::FromStr, time::Duration};

use jiff::Timestamp;

use crate::model::Rate;

/// How many sendings may be under way at once, at most.
pub const AT_ONCE: usize = 1_024;
/// How many may be under way where a pace says when the next one goes, and nobody says how many.
pub const PACED: usize = 64;
/// How often each capture may be sent to each target, at most.
pub const TIMES: u32 = 1_000_000;
/// The factors by which the original pace can be multiplied.
const FASTEST: f64 = 1_000_000.0;

/// When sendings begin.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Pace {
    /// As soon as there is room for them.
    #[default]
    AtOnce,
    /// As far from each other as they came, divided by this, which is above 0.
    Original(f64),
    /// Evenly, so many in so long.
    Rate(Rate),
}

/// Why a text is no pace.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is not a pace: write original, original*2 for twice as fast, a rate such as 10/s or 30/m, or at-once")]
pub struct PaceError(String);

impl FromStr for Pace {
    type Err = PaceError;

    fn from_str(text: &str) -> Result<Self, PaceError> {
        let wrong = || PaceError(text.to_owned());
        let text = text.trim();
        if text == "at-once" {
            return Ok(Self::AtOnce);
        }
        let Some(speed) = text.strip_prefix("original") else {
            return text.parse().map(Self::Rate).map_err(|_| wrong());
        };
        if speed.is_empty() {
            return Ok(Self::Original(1.0));
        }
        let speed = speed.trim_start().strip_prefix(['*', 'x', '×']).ok_or_else(wrong)?.trim();
        let plain = speed.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        match speed.parse::<f64>() {
            Ok(speed) if plain && (1.0 / FASTEST..=FASTEST).contains(&speed) => Ok(Self::Original(speed)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtOnce => f.write_str("at-once"),
            Self::Original(speed) if (speed - 1.0).abs() < f64::EPSILON => f.write_str("original"),
            Self::Original(speed) => write!(f, "original*{speed}"),
            Self::Rate(rate) => rate.fmt(f),
        }
    }
}

/// What shall be sent how often, in which order, and when.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Schedule {
    /// How many targets each capture goes to.
    pub targets: usize,
    /// How often all of it is done, up to [`TIMES`].
    pub times: u32,
    /// Whether each capture is sent twice in a row, as senders do that heard no answer.
    pub twice: bool,
    /// The order, by the number that it is made of; nothing keeps the order of the captures.
    pub shuffle: Option<u64>,
    /// When they begin.
    pub pace: Pace,
    /// How many may be under way at once; nothing: one, or [`PACED`] where there is a pace.
    pub at_once: Option<usize>,
    /// How often one that failed is tried again.
    pub retry: u32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { targets: 1, times: 1, twice: false, shuffle: None, pace: Pace::AtOnce, at_once: None, retry: 0 }
    }
}

/// What a sending is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// Which time through, from 0.
    pub round: u32,
    /// Which capture, from 0.
    pub capture: u64,
    /// Which of its copies, from 0.
    pub copy: u32,
    /// Which target, from 0.
    pub target: usize,
}

impl Place {
    /// Whether it is the first sending of its capture in a schedule.
    pub fn is_first(&self) -> bool {
        (self.round, self.copy, self.target) == (0, 0, 0)
    }
}

impl Schedule {
    /// How many sendings there are for so many captures.
    pub fn total(&self, captures: u64) -> u64 {
        captures.saturating_mul(self.each()).saturating_mul(u64::from(self.times))
    }

    /// Whether a connection serves one sending after another. Several at full speed are what a busy sender does, and one
    /// connection each would measure connecting; what is sent one by one or at a pace is on its own.
    pub fn keeps_connections(&self) -> bool {
        self.pace == Pace::AtOnce && self.concurrency() > 1
    }

    /// How many may be under way at once.
    pub fn concurrency(&self) -> usize {
        let usual = if self.pace == Pace::AtOnce { 1 } else { PACED };
        self.at_once.unwrap_or(usual).clamp(1, AT_ONCE)
    }

    /// Whether the number of captures has to be known before the first sending.
    pub fn needs_count(&self) -> bool {
        self.shuffle.is_some()
    }

    /// What the sending of that number is, nothing after the last one. While the number of captures is not known, that
    /// of the first time through.
    pub fn place(&self, number: u64, captures: Option<u64>) -> Option<Place> {
        let number = match (captures.map(|captures| self.total(captures)), self.shuffle) {
            (Some(total), _) if number >= total => return None,
            (Some(total), Some(seed)) => Permutation::new(total, seed).at(number),
            _ => number,
        };
        let (capture, within) = (number.checked_div(self.each())?, number.checked_rem(self.each())?);
        let targets = self.targets as u64;
        let (round, capture) = match captures {
            Some(captures) => (capture.checked_div(captures)?, capture.checked_rem(captures)?),
            None => (0, capture),
        };
        Some(Place {
            round: u32::try_from(round).ok().filter(|round| *round < self.times)?,
            capture,
            copy: u32::try_from(within.checked_div(targets)?).ok()?,
            target: usize::try_from(within.checked_rem(targets)?).ok()?,
        })
    }

    fn each(&self) -> u64 {
        self.targets as u64 * if self.twice { 2 } else { 1 }
    }
}

/// Says when sendings are due, counted from the beginning; asked in their order.
#[derive(Clone, Debug)]
pub struct Pacer {
    pace: Pace,
    asked: u64,
    first: Option<Timestamp>,
    round: u32,
    /// When the time through that goes on began.
    begun: Duration,
    due: Duration,
}

impl Pacer {
    /// For that pace.
    pub fn new(pace: Pace) -> Self {
        Self { pace, asked: 0, first: None, round: 0, begun: Duration::ZERO, due: Duration::ZERO }
    }

    /// When the next sending is due, which is of a capture that came then. Never before the one that was asked for before.
    pub fn due(&mut self, place: &Place, received_at: Timestamp) -> Duration {
        let due = match self.pace {
            Pace::AtOnce => Duration::ZERO,
            Pace::Rate(rate) => {
                let nanos = rate.per().as_nanos().saturating_mul(self.asked.into()) / u128::from(rate.count().max(1));
                Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
            }
            Pace::Original(speed) => {
                if place.round != self.round {
                    (self.round, self.begun) = (place.round, self.due);
                }
                let first = *self.first.get_or_insert(received_at);
                let since = Duration::try_from(received_at.duration_since(first)).unwrap_or_default();
                let since = Duration::try_from_secs_f64(since.as_secs_f64() / speed).unwrap_or(Duration::MAX);
                self.begun.saturating_add(since)
            }
        };
        self.asked += 1;
        self.due = self.due.max(due);
        self.due
    }
}

/// An order of the numbers below `total`, made of a number.
#[derive(Clone, Copy, Debug)]
struct Permutation {
    total: u64,
    half: u32,
    seed: u64,
}

impl Permutation {
    fn new(total: u64, seed: u64) -> Self {
        // An even number of bits that every number fits in, and at most four times as many numbers as there are.
        let bits = u64::BITS - total.saturating_sub(1).leading_zeros();
        Self { total, half: bits.div_ceil(2).max(1), seed }
    }

    fn at(&self, number: u64) -> u64 {
        let mut number = number;
        loop {
            number = self.step(number);
            if number < self.total {
                return number;
            }
        }
    }

    fn step(&self, number: u64) -> u64 {
        let mask = (1_u64 << self.half) - 1;
        let (mut left, mut right) = ((number >> self.half) & mask, number & mask);
        for round in 1..=4 {
            (left, right) = (right, left ^ (mixed(right ^ self.seed.rotate_left(round * 16), round) & mask));
        }
        left << self.half | right
    }
}

/// A number that has little to do with the one that it is made of (the finalizer of `SplitMix64`).
fn mixed(number: u64, round: u32) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(u64::from(round)));
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paces_are_read() {
        for (text, pace) in [
            ("at-once", Pace::AtOnce),
            ("original", Pace::Original(1.0)),
            (" original*2 ", Pace::Original(2.0)),
            ("original×0.5", Pace::Original(0.5)),
            ("10/s", Pace::Rate("10/s".parse().unwrap())),
        ] {
            assert_eq!(text.parse(), Ok(pace), "{text}");
            assert_eq!(pace.to_string().parse(), Ok(pace));
        }
        for wrong in ["", "fast", "original*", "original*0", "original*-1", "original*inf", "original2", "0/s", "10"] {
            let error = wrong.parse::<Pace>().unwrap_err().to_string();
            assert!(error.contains("original*2"), "{wrong}: {error}");
        }
    }

    fn due_ms(pacer: &mut Pacer, round: u32, came_ms: i64) -> u128 {
        let place = Place { round, capture: 0, copy: 0, target: 0 };
        pacer.due(&place, Timestamp::from_millisecond(came_ms).unwrap()).as_millis()
    }

    #[test]
    fn the_original_pace_is_that_of_the_captures() {
        let mut pacer = Pacer::new(Pace::Original(2.0));
        let came = [(0, 5_000), (0, 5_000), (0, 6_000), (0, 5_500), (0, 9_000), (1, 5_000), (1, 6_000)];
        let due: Vec<_> = came.iter().map(|(round, at)| due_ms(&mut pacer, *round, *at)).collect();
        assert_eq!(due, [0, 0, 500, 500, 2_000, 2_000, 2_500]);
        let mut pacer = Pacer::new("3/s".parse().unwrap());
        let due: Vec<_> = (0..4).map(|_| due_ms(&mut pacer, 0, 77)).collect();
        assert_eq!(due, [0, 333, 666, 1_000]);
    }

    #[test]
    fn a_schedule_reads_its_captures_one_after_the_other() {
        let schedule = Schedule { targets: 2, twice: true, times: 2, ..Schedule::default() };
        let places: Vec<_> = (0..)
            .map_while(|number| schedule.place(number, Some(2)))
            .map(|place| (place.round, place.capture, place.copy, place.target))
            .collect();
        let once = [(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1)];
        let twice: Vec<_> = (0..2).flat_map(|round| once.map(|(a, b, c)| (round, a, b, c))).collect();
        assert_eq!(places, twice);
        assert_eq!(schedule.place(0, Some(0)), None);
    }

    proptest! {
        #[test]
        fn every_sending_is_there_once(
            captures in 1_u64..60, targets in 1_usize..4, times in 1_u32..5, twice: bool, shuffle: Option<u64>,
        ) {
            let schedule = Schedule { targets, times, twice, shuffle, ..Schedule::default() };
            let all: Vec<_> = (0..).map_while(|number| schedule.place(number, Some(captures))).collect();
            prop_assert_eq!(all.len() as u64, schedule.total(captures));
            prop_assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
            for place in &all {
                prop_assert!(place.capture < captures && place.target < targets && place.round < times);
                prop_assert!(place.copy <= u32::from(twice));
            }
            if shuffle.is_none() {
                let order = |place: &Place| (place.round, place.capture, place.copy, place.target);
                prop_assert!(all.is_sorted_by_key(order));
                // Nothing changes when the number of captures becomes known.
                for (number, place) in (0..schedule.total(captures) / u64::from(times)).zip(&all) {
                    prop_assert_eq!(schedule.place(number, None), Some(*place));
                }
            }
        }

        #[test]
        fn shuffled_is_another_order(seed: u64) {
            let order: Vec<_> = (0..1_000).map(|number| Permutation::new(1_000, seed).at(number)).collect();
            prop_assert!(!order.is_sorted());
            let moved = order.iter().zip(0..).filter(|(place, number)| *place != number).count();
            prop_assert!(moved > 900, "{moved}");
        }

        #[test]
        fn due_times_never_go_back(came in proptest::collection::vec((0_u32..3, -1_000_i64..1_000), 1..40)) {
            let mut pacer = Pacer::new(Pace::Original(0.7));
            let due: Vec<_> = came.iter().map(|(round, at)| due_ms(&mut pacer, *round, *at)).collect();
            prop_assert!(due.is_sorted());
        }

        #[test]
        fn any_text_is_a_pace_or_is_refused(text in "\\PC{0,20}") {
            let _ = text.parse::<Pace>();
        }
    }
}
