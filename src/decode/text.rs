//! Text: the lines of the body as they are.
//!
//! Decided: a line ends with LF or CR LF, and which of them is not shown (the hex view shows it); a CR anywhere else shows
//! as `^M`. Tabs go to the next of every [`TAB`] columns, counted from the beginning of the row. Bytes that are not UTF-8
//! show as escapes.

use super::{
    Cancelled,
    lines::{Lines, Spot, Stop, UNKNOWN},
    markup::Role,
    run::{Ink, Mode, Run, Step, is_plain, print},
};

/// How far apart tab stops are, in columns.
pub(super) const TAB: usize = 4;

/// The lines of any body. Only being cancelled stops it.
pub(super) fn lines(bytes: &[u8], cancelled: &Cancelled) -> Result<Lines, Stop> {
    let mut lines = Lines::default();
    let mut start = 0;
    while start < bytes.len() {
        let rest = bytes.get(start..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest);
        let line = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        let shown = if length.is_some() { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        let columns = if is_plain(shown) { shown.len() } else { UNKNOWN };
        lines.push_or_stop((start, 0, columns), cancelled)?;
        start += line.len() + 1;
    }
    Ok(lines.finished())
}

/// What comes next in a line.
pub(super) fn next<'a>(bytes: &'a [u8], spot: &mut Spot, room: usize) -> Step<'a> {
    let start = spot.offset;
    let run = match (bytes.get(start), bytes.get(start + 1)) {
        (None, _) => return end(spot, 0),
        (Some(b'\n'), _) => return end(spot, 1),
        (Some(b'\r'), Some(b'\n')) => return end(spot, 2),
        (Some(b'\r'), _) => Run { role: Role::Escape, start, end: start + 1, ink: Ink::Fixed("^M".into()) },
        (Some(b'\t'), _) => Run { role: Role::Text, start, end: start + 1, ink: Ink::Tab },
        _ => match print(bytes, start, room, Role::Text, |byte| matches!(byte, b'\n' | b'\r' | b'\t')) {
            Some(run) => run,
            None => return end(spot, 1),
        },
    };
    spot.offset = run.end;
    spot.mode = Mode::After;
    Step::Run(run)
}

fn end<'a>(spot: &mut Spot, length: usize) -> Step<'a> {
    *spot = Spot::line(spot.offset + length, 0);
    Step::End
}
