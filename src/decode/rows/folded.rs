//! Rows where nodes are folded.
//!
//! Decided: a group of lines is read only where that cannot be helped: one that lies in a fold as a whole is passed over, and
//! where all that is shown of one are nodes that are folded, the table of lines says how many there are. So folding all of a
//! hundred megabytes reads little of it. A place to begin at may then be inside a fold, and says so by its line; whoever
//! begins there goes on behind that fold.

use super::{
    super::{
        Cancelled,
        flow::{BLOCK, Flow},
        lines::{Group, Lines, Rank, Spot, UNKNOWN},
        pen::Dry,
        tree::Line,
    },
    Check, Rows, STRIDE, Wrapping,
};

/// The line of a place to begin at that is inside a fold.
const HIDDEN: usize = usize::MAX;

/// The most columns that are written behind the line that opens what is folded.
const SUMMARY: usize = 32;

impl Check {
    /// Where its row begins.
    pub(super) fn begin(&self, flow: &Flow<'_>) -> Spot {
        if self.line == HIDDEN { flow.behind_fold(self.spot) } else { self.spot }
    }
}

/// What the rows are made of on the way down.
struct Laying<'f, 'a> {
    flow: &'f Flow<'a>,
    rows: Rows,
    /// How deep the node lies that is folded and not closed yet.
    hidden: Option<u32>,
    /// How deep the nodes lie that are open though others of their depth are folded.
    opened: Vec<u32>,
    cancelled: &'f Cancelled,
}

impl Rows {
    /// The rows of `lines` with folds; nothing when cancelled.
    pub(super) fn folded(flow: &Flow<'_>, lines: &Lines, wrapping: Wrapping, cancelled: &Cancelled) -> Option<Self> {
        let rows = Self { columns: 0, room: flow.width, ..Self::counted(wrapping, 0) };
        let mut laying = Laying { flow, rows, hidden: None, opened: Vec::new(), cancelled };
        let groups = lines.table();
        for (index, (group, count)) in lines.groups().enumerate() {
            if laying.hidden.is_none_or(|depth| group.low <= depth) {
                laying.group(index, (group, count), groups.get(index + 1))?;
            }
        }
        let mut rows = laying.rows;
        rows.checks.shrink_to_fit();
        Some(rows)
    }
}

impl Laying<'_, '_> {
    fn group(&mut self, index: usize, (group, count): (&Group, usize), next: Option<&Group>) -> Option<()> {
        let flow = self.flow;
        let Some((tree, folds)) = &flow.folding else { return Some(()) };
        let width = if flow.soft { flow.width } else { BLOCK };
        let columns = group.columns as usize;
        let end = next.map_or(flow.bytes_len(), |next| next.offset);
        let fits = columns <= width && columns != UNKNOWN && flow.is_as_sent(group.offset..end);
        // Lines that are not wrapped may be this long, and what is said of a fold comes behind.
        let longest = columns.min(width).saturating_add(SUMMARY);
        self.rows.columns = self.rows.columns.max(if flow.soft { flow.width } else { longest });
        let level = self.opened.last().map(|depth| depth + 1).or(folds.depth());
        let simple = fits && !folds.has_exception(group.offset..next.map_or(usize::MAX, |next| next.offset));
        if simple && level.is_none() && self.hidden.is_none() {
            self.rows.check(0, group.line, group.spot(), self.cancelled)?;
            self.rows.len += count;
            return Some(());
        }
        let is_level = level == Some(group.low) && self.hidden.is_none_or(|depth| depth == group.low);
        if simple && is_level && tree.is_whole() {
            if group.shown > 0 {
                let line = if self.hidden.is_some() { HIDDEN } else { group.line };
                self.rows.check(0, line, group.spot(), self.cancelled)?;
                self.rows.len += usize::from(group.shown);
            }
            let inside = |next: &&Group| {
                next.depth > group.low || (next.depth == group.low && tree.rank_at(next.spot()) == Some(Rank::Close))
            };
            self.hidden = next.filter(inside).map(|_| group.low);
            return Some(());
        }
        let mut since = STRIDE;
        for line in tree.lines_of(index) {
            self.line(line, group.line + line.nth, fits, &mut since)?;
        }
        Some(())
    }

    fn line(&mut self, line: Line, number: usize, fits: bool, since: &mut usize) -> Option<()> {
        let flow = self.flow;
        let Some((tree, folds)) = &flow.folding else { return Some(()) };
        let (spot, rank) = (line.spot, tree.rank_at(line.spot));
        if let Some(depth) = self.hidden {
            if spot.depth > depth {
                return Some(());
            }
            self.hidden = None;
            if rank == Some(Rank::Close) {
                return Some(());
            }
        }
        if rank == Some(Rank::Close) && self.opened.last() == Some(&spot.depth) {
            self.opened.pop();
        }
        if *since >= STRIDE {
            *since = 0;
            self.rows.check(0, number, spot, self.cancelled)?;
        }
        if rank.is_some() && line.next.depth > spot.depth {
            if folds.is_folded(spot.offset, spot.depth) {
                self.hidden = Some(spot.depth);
                self.rows.len += 1;
                *since += 1;
                return Some(());
            }
            if folds.is_deep(spot.depth) {
                self.opened.push(spot.depth);
            }
        }
        let mut at = spot;
        if fits {
            self.rows.len += 1;
            *since += 1;
        } else if flow.soft {
            loop {
                let ended = flow.lay(&mut at, &mut Dry);
                self.rows.len += 1;
                *since += 1;
                if ended {
                    break;
                }
                if *since >= STRIDE {
                    *since = 0;
                    self.rows.check(0, number, at, self.cancelled)?;
                }
            }
        } else {
            self.rows.measure(flow, &mut at, number, self.cancelled)?;
            self.rows.len += 1;
            *since += 1;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
