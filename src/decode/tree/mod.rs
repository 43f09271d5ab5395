//! The tree that lines draw: what lies in what, who stands beside whom, how many there are. There is no tree in memory.
//!
//! Decided: a node is the line that begins it, known by the offset of its first byte, which no width and no fold changes. What
//! opens it is the last line before it that lies less deep, and what closes it the first behind it that lies no deeper; so
//! all that has to be known is how deep lines lie, which the table of lines says of every group of them and [`Levels`] of
//! every block of groups. A question reads the lines of two groups, eight kilobytes, however large the body and however
//! deep the node is. Counts are exact: groups know how many lines begin something at their least depth.
//!
//! Refused: recursion; ancestors all at once, of which there may be a million ([`Tree::ancestor`] finds any one of them).

mod again;
mod fold;
mod folds;
mod levels;
mod nest;
mod node;
mod path;

use super::{
    built::{Section, Way},
    lines::{Group, Lines, Rank, Spot},
    run::Step,
};

pub(super) use fold::Fold;
pub use folds::Folds;
pub(super) use levels::Levels;
pub(super) use nest::Nest;
pub use node::{Kind, Name, Node};
pub use path::Crumb;

/// For how many columns runs are asked for at a time.
const ROOM: usize = 1024;

/// See the head of this file.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'a> {
    bytes: &'a [u8],
    way: Way,
    sections: &'a [Section],
    lines: &'a Lines,
    levels: &'a Levels,
}

/// A line, and where it stands in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Line {
    /// The group that it is in.
    pub group: usize,
    /// Its number in that group, from 0.
    pub nth: usize,
    /// Where it begins.
    pub spot: Spot,
    /// Where the next one begins; where the last one ends.
    pub next: Spot,
}

/// What lies between a line that opens and the one that closes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Inside {
    /// How many lie directly in it.
    pub members: usize,
    /// The line that closes it.
    pub close: Line,
}

impl<'a> Tree<'a> {
    pub(super) fn new(
        (bytes, way): (&'a [u8], Way),
        sections: &'a [Section],
        (lines, levels): (&'a Lines, &'a Levels),
    ) -> Self {
        Self { bytes, way, sections, lines, levels }
    }

    /// Whether a document laid out so has lines that nest anywhere.
    pub(super) fn nests(way: Way, sections: &[Section]) -> bool {
        if sections.is_empty() { way.nest.is_some() } else { sections.iter().any(|section| section.way.nest.is_some()) }
    }

    /// How the lines at `offset` nest, and the bytes that are laid out as they are, from the beginning of all bytes on.
    pub(super) fn nest(&self, offset: usize) -> (Option<Nest>, &'a [u8]) {
        let (way, bytes, _) = self.section(offset);
        (way.nest, bytes)
    }

    /// The way that holds at `offset`, the bytes up to where it ends, and where the next section begins.
    fn section(&self, offset: usize) -> (Way, &'a [u8], usize) {
        let next = self.sections.partition_point(|section| section.range.start <= offset);
        match next.checked_sub(1).and_then(|last| self.sections.get(last)) {
            None => (self.way, self.bytes, self.bytes.len()),
            Some(section) => {
                let bytes = self.bytes.get(..section.range.end).unwrap_or(self.bytes);
                let behind = self.sections.get(next).map_or(self.bytes.len(), |next| next.range.start);
                (section.way, bytes, behind)
            }
        }
    }

    /// Where the line behind the one at `spot` begins.
    pub(super) fn next_line(&self, spot: Spot) -> Spot {
        let (way, bytes, behind) = self.section(spot.offset);
        let mut at = spot;
        match way.nest.and_then(|nest| nest.next_line(bytes, spot)) {
            Some(next) => at = next,
            None => while !matches!((way.next)(bytes, &mut at, ROOM), Step::End) {},
        }
        if at.offset >= bytes.len() && behind > at.offset { Spot::line(behind, 0) } else { at }
    }

    /// The lines of a group from its first on.
    pub(super) fn lines_of(&self, index: usize) -> impl Iterator<Item = Line> + use<'a> {
        let tree = *self;
        let (mut spot, count) =
            self.lines.group(index).map_or((Spot::line(0, 0), 0), |(group, count)| (group.spot(), count));
        (0..count).map(move |nth| {
            // The last line of a group may be long, and where it ends is known.
            let last = || tree.lines.group(index + 1).map(|(group, _)| group.spot());
            let end = || Spot::line(tree.bytes.len(), 0);
            let next = if nth + 1 == count { last().unwrap_or_else(end) } else { tree.next_line(spot) };
            let line = Line { group: index, nth, spot, next };
            spot = next;
            line
        })
    }

    /// The line that has the byte at `offset`; the last before it where no line has it.
    pub(super) fn line_at(&self, offset: usize) -> Option<Line> {
        let lines = self.lines_of(self.lines.group_at(offset));
        let mut found = None;
        for line in lines {
            if found.is_some() && line.spot.offset > offset {
                break;
            }
            found = Some(line);
        }
        found
    }

    fn groups(&self) -> &'a [Group] {
        self.lines.table()
    }

    /// The last line before `line` that lies no deeper than `depth`.
    fn before(&self, line: Line, depth: u32) -> Option<Line> {
        let fits = |line: &Line| line.spot.depth <= depth;
        let here = self.lines_of(line.group).take(line.nth).filter(fits).last();
        here.or_else(|| {
            let group = self.levels.last(self.groups(), line.group, depth)?;
            self.lines_of(group).filter(fits).last()
        })
    }

    /// The line behind `line`.
    pub(super) fn behind(&self, line: Line) -> Option<Line> {
        let here = self.lines_of(line.group).nth(line.nth + 1);
        here.or_else(|| self.lines_of(line.group + 1).next())
    }

    /// The line before `line`.
    fn above(&self, line: Line) -> Option<Line> {
        match line.nth.checked_sub(1) {
            Some(nth) => self.lines_of(line.group).nth(nth),
            None => self.lines_of(line.group.checked_sub(1)?).last(),
        }
    }

    fn rank(&self, line: Line) -> Option<Rank> {
        self.rank_at(line.spot)
    }

    /// What the line that begins at `spot` is; nothing where lines do not nest.
    pub(super) fn rank_at(&self, spot: Spot) -> Option<Rank> {
        let (nest, bytes) = self.nest(spot.offset);
        nest.map(|nest| nest.rank(bytes, spot))
    }

    /// Whether all lines nest in one way.
    pub(super) fn is_whole(&self) -> bool {
        self.sections.is_empty()
    }

    /// Whether a line opens what a later one closes.
    pub(super) fn opens(&self, spot: Spot) -> bool {
        let (nest, bytes) = self.nest(spot.offset);
        nest.is_some_and(|nest| nest.opens(bytes, spot))
    }

    /// What lies between a line that opens and the one that closes.
    pub(super) fn inside(&self, open: Line) -> Option<Inside> {
        let depth = open.spot.depth;
        let mut members = 0;
        for line in self.lines_of(open.group).skip(open.nth + 1) {
            if line.spot.depth <= depth {
                return Some(Inside { members, close: line });
            }
            members += usize::from(line.spot.depth == depth + 1 && self.rank(line) == Some(Rank::Start));
        }
        let last = self.levels.first(self.groups(), open.group + 1, depth)?;
        members += self.levels.starts(self.groups(), open.group + 1..last, depth + 1);
        for line in self.lines_of(last) {
            if line.spot.depth <= depth {
                return Some(Inside { members, close: line });
            }
            members += usize::from(line.spot.depth == depth + 1 && self.rank(line) == Some(Rank::Start));
        }
        None
    }
}

#[cfg(test)]
mod tests;
