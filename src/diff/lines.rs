//! Text, line by line.
//!
//! Decided: Myers' algorithm between what is alike at both ends, for as long as [`PATIENCE`]; what is not aligned by then is
//! said as it stands. Longer texts than [`LINES`] lines between the ends are paired by place.

use std::time::{Duration, Instant};

use similar::{Algorithm, DiffTag, capture_diff_slices_deadline};

use super::{
    Sign,
    rows::{Found, How},
};
use crate::decode::Cancelled;

/// How many lines of either text are aligned.
const LINES: usize = 400_000;

/// How long aligning may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Compares two texts. Nothing when cancelled.
pub(super) fn compare(old: &[u8], new: &[u8], cancelled: &Cancelled) -> Option<(Found, Vec<String>)> {
    let mut found = Found::default();
    let mut notes = Vec::new();
    let (were, are) = (split(old, cancelled)?, split(new, cancelled)?);
    let front = were.iter().zip(&are).take_while(|(one, other)| one == other).count();
    let rest = were.len().min(are.len()) - front;
    let back = were.iter().rev().zip(are.iter().rev()).take(rest).take_while(|(one, other)| one == other).count();
    let mut writer = Writer { found: &mut found, were: &were, are: &are };
    writer.alike(0, 0, front);
    let (left, right) =
        (were.get(front..were.len() - back).unwrap_or_default(), are.get(front..are.len() - back).unwrap_or_default());
    if left.len() > LINES || right.len() > LINES {
        notes.push(format!("more than {LINES} lines lie between the differences, so lines are paired by place"));
        writer.replaced((front, left.len()), (front, right.len()), cancelled)?;
    } else {
        let deadline = Instant::now().checked_add(PATIENCE);
        for op in capture_diff_slices_deadline(Algorithm::Myers, left, right, deadline) {
            let (tag, was, is) = op.as_tag_tuple();
            match tag {
                DiffTag::Equal => writer.alike(front + was.start, front + is.start, was.len()),
                _ => writer.replaced((front + was.start, was.len()), (front + is.start, is.len()), cancelled)?,
            }
        }
    }
    writer.alike(were.len() - back, are.len() - back, back);
    if cancelled.is_cancelled() { None } else { Some((found, notes)) }
}

struct Writer<'f, 'a> {
    found: &'f mut Found,
    were: &'f [&'a [u8]],
    are: &'f [&'a [u8]],
}

impl Writer<'_, '_> {
    /// So many lines that are alike. Where there is not room for all, those next to differences are kept.
    fn alike(&mut self, old: usize, new: usize, count: usize) {
        const NEAR: usize = 10;
        let all = self.found.takes_alike(count);
        for at in 0..count {
            if all || at < NEAR || at + NEAR >= count {
                let line = self.are.get(new + at).copied().unwrap_or_default();
                self.found.alike(0, plain(line), [number(old + at), number(new + at)]);
            } else if at == NEAR {
                self.found.left_out(0, count - 2 * NEAR);
            }
        }
    }

    fn replaced(
        &mut self,
        (old, left): (usize, usize),
        (new, right): (usize, usize),
        cancelled: &Cancelled,
    ) -> Option<()> {
        for at in 0..left.max(right) {
            if cancelled.is_cancelled() {
                return None;
            }
            if self.found.is_full() {
                break;
            }
            let was = (at < left).then(|| self.were.get(old + at)).flatten();
            let is = (at < right).then(|| self.are.get(new + at)).flatten();
            let (was_at, is_at) = (number(old + at), number(new + at));
            let how = How::default();
            match (was, is) {
                (Some(was), Some(is)) if was == is => self.found.alike(0, plain(is), [was_at, is_at]),
                (Some(was), Some(is)) => {
                    let path = format!("line {}", new + at + 1);
                    // Where only the ends of the lines differ, those are shown.
                    let (one, other) = if plain(was) == plain(is) { (*was, *is) } else { (plain(was), plain(is)) };
                    self.found.changed(how, &[], [(one, was_at), (other, is_at)], path);
                }
                (Some(was), None) => {
                    self.found.one(Sign::Removed, how, plain(was), was_at, Some(format!("line {}", old + at + 1)));
                }
                (None, Some(is)) => {
                    self.found.one(Sign::Added, how, plain(is), is_at, Some(format!("line {}", new + at + 1)));
                }
                (None, None) => {}
            }
        }
        Some(())
    }
}

/// The lines of a text, each with its end.
fn split<'a>(text: &'a [u8], cancelled: &Cancelled) -> Option<Vec<&'a [u8]>> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    lines.map(|line| (!cancelled.is_cancelled()).then_some(line)).collect()
}

/// A line without its end.
fn plain(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn number(at: usize) -> Option<u32> {
    u32::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Section;
    use proptest::prelude::*;

    fn section(old: &str, new: &str) -> Section {
        let (found, notes) = compare(old.as_bytes(), new.as_bytes(), &Cancelled::new()).unwrap();
        found.section("body", notes)
    }

    #[test]
    fn lines_are_aligned() {
        let told = |old: &str, new: &str| {
            let rows = section(old, new).rows;
            let text = |side: &Option<crate::diff::Side>| {
                side.as_ref().map(|side| String::from_utf8_lossy(&side.text).into_owned()).unwrap_or_default()
            };
            rows.iter()
                .map(|row| format!("{}{}>{}", row.sign.char(), text(&row.old), text(&row.new)))
                .collect::<Vec<_>>()
        };
        assert_eq!(told("a\nb\nc\n", "a\nc\nd\n"), [" a>a", "-b>", " c>c", "+>d"]);
        assert_eq!(told("a\nb x\nc", "a\nb y\nc"), [" a>a", "~b x>b y", " c>c"]);
        assert_eq!(told("a\r\n", "a\n"), ["~a\r\n>a\n"], "line ends are bytes too");
        assert_eq!(told("", "a"), ["+>a"]);
    }

    #[test]
    fn many_lines_keep_what_is_near() {
        let many = (0..60_000).map(|at| format!("line {at}")).collect::<Vec<_>>().join("\n") + "\n";
        let section = section(&many, &many.replace("line 30000\n", "line x\n"));
        assert_eq!(section.rows.iter().filter(|row| row.begins).count(), 1);
        let at = section.rows.iter().position(|row| row.begins).unwrap();
        assert!(section.rows[at - 10..at].iter().all(|row| row.left_out == 0 && row.new.is_some()));
        let lines: usize = section.rows.iter().map(|row| row.left_out.max(1)).sum();
        assert_eq!(lines, 60_000);
    }

    proptest! {
        #[test]
        fn every_line_is_in_one_row(old in "([a-c]{0,2}\n){0,20}[a-c]?", new in "([a-c]{0,2}\n){0,20}[a-c]?") {
            let section = section(&old, &new);
            let count = |text: &str| text.split_inclusive('\n').count();
            let numbers = |pick: fn(&crate::diff::Row) -> Option<&crate::diff::Side>| -> Vec<u32> {
                section.rows.iter().filter_map(|row| pick(row)?.number).collect()
            };
            let all = |count: usize| (1..=count as u32).collect::<Vec<_>>();
            prop_assert_eq!(numbers(|row| row.old.as_ref()), all(count(&old)));
            prop_assert_eq!(numbers(|row| row.new.as_ref()), all(count(&new)));
            prop_assert_eq!(section.differs(), old != new);
        }
    }
}
