//! How fast captures come: one number and a short history, made of the running total at each second's tick.

use std::collections::VecDeque;

/// How many seconds are remembered.
pub const SECONDS: usize = 30;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct Rate {
    /// Captures per second, oldest first.
    buckets: VecDeque<u64>,
    counted: u64,
}

impl Rate {
    /// A second has passed and this many captures have been received in all; returns whether anything shown has changed.
    pub fn tick(&mut self, received: u64) -> bool {
        let new = received.saturating_sub(self.counted);
        self.counted = received;
        let quiet = new == 0 && self.buckets.iter().all(|bucket| *bucket == 0);
        if self.buckets.len() == SECONDS {
            self.buckets.pop_front();
        }
        self.buckets.push_back(new);
        !quiet
    }

    /// Captures per second over the last five.
    pub fn per_second(&self) -> f64 {
        let recent = self.buckets.iter().rev().take(5);
        let count = recent.len().max(1);
        recent.sum::<u64>() as f64 / count as f64
    }

    /// The last `columns` seconds as bars, oldest first.
    pub fn bars(&self, columns: usize) -> String {
        const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let recent = self.buckets.iter().skip(self.buckets.len().saturating_sub(columns));
        let most = recent.clone().copied().max().unwrap_or(0).max(1);
        let blank = columns.saturating_sub(recent.len());
        let bar = |count: &u64| {
            let eighths = (count * 7).div_ceil(most).min(7) as usize;
            BARS.get(eighths).copied().unwrap_or('█')
        };
        std::iter::repeat_n('▁', blank).chain(recent.map(bar)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_a_bar_and_fades_from_the_number() {
        let mut rate = Rate::default();
        for total in [0, 10, 10, 15] {
            assert!(rate.tick(total) || total == 0);
        }
        assert_eq!(rate.bars(6), "▁▁▁█▁▅");
        assert!((rate.per_second() - 3.75).abs() < 1e-9);
        (0..SECONDS).for_each(|_| _ = rate.tick(15));
        assert!(!rate.tick(15), "nothing to draw any more");
    }
}
