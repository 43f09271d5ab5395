//! Finding lines by laying them out: for views whose lines are where their runs end.
//!
//! Decided: the function that gives the runs of a line is asked once for all of them, and what it says is noted. It costs
//! more than a scanner that knows the grammar, and can never disagree with what is drawn.

use super::{
    Cancelled,
    built::Way,
    flow::INDENT,
    lines::{Lines, Rank, Spot, Stop, UNKNOWN},
    run::{Ink, Mode, Run, Step},
};

/// For how many columns runs are asked for at a time.
const ROOM: usize = 1024;

/// The lines from `start` on.
pub(super) fn lines(bytes: &[u8], start: usize, way: Way, cancelled: &Cancelled) -> Result<Lines, Stop> {
    let mut lines = Lines::default();
    let mut spot = Spot::line(start, 0);
    let mut polled = start;
    while spot.offset < bytes.len() {
        let begun = spot;
        let mut columns = INDENT.saturating_mul(spot.depth as usize);
        let indent = columns;
        while let Step::Run(Run { ink, .. }) = (way.next)(bytes, &mut spot, ROOM) {
            let more = match ink {
                Ink::Plain(_, columns) => columns,
                Ink::Space => usize::from(columns > indent),
                Ink::Fixed(text) => text.len(),
                Ink::Clusters(_) | Ink::Decoded(_) | Ink::Tab | Ink::Break => UNKNOWN,
            };
            columns = columns.saturating_add(more);
            if spot.offset - polled > 1 << 16 {
                polled = spot.offset;
                if cancelled.is_cancelled() {
                    return Err(Stop::Cancelled);
                }
            }
        }
        let rank = way.nest.map_or(Rank::Start, |nest| nest.rank(bytes, begun));
        lines.push_spot_or_stop(begun, columns, rank, cancelled)?;
        debug_assert!(spot.mode == Mode::Line && (spot.offset, spot.state) != (begun.offset, begun.state));
        if spot.offset <= begun.offset && spot.state == begun.state {
            break;
        }
    }
    Ok(lines.finished())
}
