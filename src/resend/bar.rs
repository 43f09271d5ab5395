//! The progress bar of `creel replay`: one line on standard error that is written over.
//!
//! Decided: forty lines of our own. A crate for bars draws from a thread or a lock of its own, beside the one writer that
//! must know when to take the line away so that an outcome can be printed; and what is drawn here is numbers alone.

use std::time::Duration;

use crate::model::Period;
use crate::replay::Progress;

/// How often it is drawn at most.
pub const EVERY: Duration = Duration::from_millis(100);
/// Takes the line away again: to its beginning, and clears it (ECMA-48 `EL`).
pub const AWAY: &str = "\r\u{1b}[K";
/// How wide the bar itself is at most, in columns.
const WIDEST: usize = 30;

/// The line, at most so many columns wide.
pub fn line(progress: &Progress, elapsed: Duration, width: usize) -> String {
    let done = progress.done();
    let mut words = match progress.total {
        Some(total) => format!("{done}/{total}"),
        None => format!("{done} sent"),
    };
    let counts =
        [(progress.failed, "failed"), (progress.refused, "answered 4xx or 5xx"), (progress.under_way, "under way")];
    for (count, what) in counts {
        if count > 0 {
            words += &format!(", {count} {what}");
        }
    }
    let seconds = elapsed.as_secs_f64();
    if done > 0 && seconds >= 0.5 {
        let rate = done as f64 / seconds;
        words += &if rate >= 10.0 { format!(", {rate:.0}/s") } else { format!(", {rate:.1}/s") };
        let left = progress.total.map_or(0, |total| total.saturating_sub(done));
        if left > 0 {
            words += &format!(", {} left", Period(Duration::from_secs((left as f64 / rate).ceil() as u64)));
        }
    }
    // The last column makes some terminals go to the next line.
    let room = width.saturating_sub(1);
    let bar = match progress.total {
        Some(total) if total > 0 && room > words.len() + 12 => {
            let size = (room - words.len() - 3).min(WIDEST);
            let full = (done.min(total) as f64 / total as f64 * size as f64) as usize;
            format!("[{}{}] ", "#".repeat(full), "-".repeat(size - full))
        }
        _ => String::new(),
    };
    // All of it is ASCII.
    let mut line = bar + &words;
    line.truncate(room);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_fits_and_says_how_far_it_is() {
        let progress = Progress { total: Some(1_000), answered: 240, failed: 10, under_way: 4, ..Progress::default() };
        let line_of = |width| line(&progress, Duration::from_secs(5), width);
        assert_eq!(line_of(100), "[#######-----------------------] 250/1000, 10 failed, 4 under way, 50/s, 15 s left");
        assert_eq!(line_of(20), "250/1000, 10 failed");
        for width in 0..100 {
            assert!(line_of(width).len() < width.max(1));
        }
        let unknown = Progress { answered: 3, ..Progress::default() };
        assert_eq!(line(&unknown, Duration::ZERO, 80), "3 sent");
    }
}
