//! How deep lines lie, block by block: what finds the line that opens or closes something without reading what lies between.
//!
//! Decided: a block stands for [`BLOCK`] groups of the table of lines, which know the least depth of their own lines. A
//! search looks at blocks, then at the groups of one block, then reads the lines of one group: of a hundred million lines
//! that is some ten thousand numbers and four kilobytes. Refused: a table of matching brackets, which is as large as the
//! body where that is nothing but brackets.

use std::ops::Range;

use super::super::lines::Group;

/// How many groups a block has.
const BLOCK: usize = 64;

/// What is known of some groups or lines that follow each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Block {
    /// The least depth.
    low: u32,
    /// How many lines there begin something.
    starts: u32,
}

/// See the head of this file.
#[derive(Clone, Default, Debug)]
pub(in super::super) struct Levels {
    blocks: Vec<Block>,
}

impl Levels {
    /// The blocks over a table of lines.
    pub(in super::super) fn of(groups: &[Group]) -> Self {
        let block = |groups: &[Group]| {
            let low = groups.iter().map(|group| group.low).min().unwrap_or(0);
            let starts = groups.iter().filter(|group| group.low == low).map(|group| u32::from(group.starts)).sum();
            Block { low, starts }
        };
        Self { blocks: groups.chunks(BLOCK).map(block).collect() }
    }

    /// The last group before `before` that has a line no deeper than `depth`.
    pub(super) fn last(&self, groups: &[Group], before: usize, depth: u32) -> Option<usize> {
        let found = |range: Range<usize>| {
            let start = range.start;
            groups.get(range)?.iter().rposition(|group| group.low <= depth).map(|at| start + at)
        };
        let block = before / BLOCK;
        found(block * BLOCK..before.min(groups.len())).or_else(|| {
            let block = self.blocks.get(..block)?.iter().rposition(|block| block.low <= depth)?;
            found(block * BLOCK..((block + 1) * BLOCK).min(groups.len()))
        })
    }

    /// The first group from `from` on that has a line no deeper than `depth`.
    pub(super) fn first(&self, groups: &[Group], from: usize, depth: u32) -> Option<usize> {
        let found = |range: Range<usize>| {
            let start = range.start;
            groups.get(range)?.iter().position(|group| group.low <= depth).map(|at| start + at)
        };
        let block = from / BLOCK;
        let end = |block: usize| ((block + 1) * BLOCK).min(groups.len());
        found(from.min(end(block))..end(block)).or_else(|| {
            let next = block + 1 + self.blocks.get(block + 1..)?.iter().position(|block| block.low <= depth)?;
            found(next * BLOCK..end(next))
        })
    }

    /// How many lines at `depth` begin something in groups that have none that lies less deep.
    pub(super) fn starts(&self, groups: &[Group], range: Range<usize>, depth: u32) -> usize {
        let count = |range: Range<usize>| -> usize {
            let groups = groups.get(range).unwrap_or_default().iter();
            groups.filter(|group| group.low == depth).map(|group| usize::from(group.starts)).sum()
        };
        let (first, last) = (range.start.div_ceil(BLOCK), range.end / BLOCK);
        if first >= last {
            return count(range);
        }
        let blocks = self.blocks.get(first..last).unwrap_or_default().iter();
        let whole: usize = blocks.filter(|block| block.low == depth).map(|block| block.starts as usize).sum();
        count(range.start..first * BLOCK) + whole + count(last * BLOCK..range.end)
    }

    /// What this costs in memory, in bytes.
    pub(in super::super) fn cost(&self) -> usize {
        self.blocks.capacity() * size_of::<Block>()
    }
}
