//! The table of lines: where the lines of a view begin in the body.
//!
//! Decided: the table is sparse. It holds one entry for every [`GROUP_LINES`] lines or [`GROUP_BYTES`] bytes, whichever
//! comes first, and the lines within a group are found by reading its bytes again, which takes microseconds. So the
//! densest body there is, a byte a line, has a table smaller than itself; an entry a line would be twelve times the body.
//! Each group also knows how wide its widest line is, so that a width that holds them all needs no reading at all.

use super::{Cancelled, flow::INDENT, run::Mode};

/// How many lines a group has at the most.
pub(super) const GROUP_LINES: usize = 32;
/// How many bytes of lines begin a new group.
pub(super) const GROUP_BYTES: usize = 4096;

/// Where in a body a row or a line begins, and what must be known to go on from there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Spot {
    /// Byte offset into the body.
    pub offset: usize,
    /// How deep the line lies, in steps of indentation.
    pub depth: u32,
    /// How many columns of what begins at `offset` stood on the row before: only for escapes wider than a whole row.
    pub skip: u16,
    /// What `offset` lies in.
    pub mode: Mode,
    /// What the line lies in, where a view has lines that begin inside something: its own affair, 0 for nothing.
    pub state: u8,
}

impl Spot {
    pub(super) fn line(offset: usize, depth: u32) -> Self {
        Self { offset, depth, skip: 0, mode: Mode::Line, state: 0 }
    }

    /// A line that begins inside something.
    pub(super) fn line_in(state: u8, offset: usize, depth: u32) -> Self {
        Self { state, ..Self::line(offset, depth) }
    }
}

/// Some lines that follow each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Group {
    /// Where the first begins.
    pub offset: usize,
    /// The number of the first, from 0.
    pub line: usize,
    /// How deep the first lies.
    pub depth: u32,
    /// The columns of the widest, indentation included; [`UNKNOWN`] where one of them is not plain ASCII.
    pub columns: u32,
    /// What the first lies in, see [`Spot::state`].
    pub state: u8,
}

impl Group {
    /// Where its first line begins.
    pub(super) fn spot(&self) -> Spot {
        Spot::line_in(self.state, self.offset, self.depth)
    }
}

/// The width of a line that has to be laid out to know.
pub(super) const UNKNOWN: usize = u32::MAX as usize;

/// All lines of a view.
#[derive(Clone, Default, Debug)]
pub(super) struct Lines {
    groups: Vec<Group>,
    count: usize,
}

impl Lines {
    /// Appends a line that begins at a spot and takes `columns`, indentation included, or [`UNKNOWN`]. Says whether it
    /// began a group: a good moment to look at [`Cancelled`].
    pub(super) fn push(&mut self, Spot { offset, depth, state, .. }: Spot, columns: usize) -> bool {
        let columns = columns.min(UNKNOWN) as u32;
        let line = self.count;
        self.count += 1;
        let room = |group: &&mut Group| line - group.line < GROUP_LINES && offset - group.offset < GROUP_BYTES;
        if let Some(group) = self.groups.last_mut().filter(room) {
            group.columns = group.columns.max(columns);
            return false;
        }
        self.groups.push(Group { offset, line, depth, columns, state });
        true
    }

    /// As [`push`](Self::push), for views that have nothing to clean up: an error says that the work was cancelled.
    pub(super) fn push_or_stop(
        &mut self,
        (offset, depth, columns): (usize, u32, usize),
        cancelled: &Cancelled,
    ) -> Result<(), Stop> {
        self.push_spot_or_stop(Spot::line(offset, depth), columns, cancelled)
    }

    /// As [`push_or_stop`](Self::push_or_stop), for lines that begin inside something.
    pub(super) fn push_spot_or_stop(&mut self, spot: Spot, columns: usize, cancelled: &Cancelled) -> Result<(), Stop> {
        if self.push(spot, columns) && cancelled.is_cancelled() { Err(Stop::Cancelled) } else { Ok(()) }
    }

    /// Appends the lines of what begins at `offset` and lies `depth` deeper.
    pub(super) fn append(&mut self, lines: &Self, offset: usize, depth: u32) {
        let more = INDENT.saturating_mul(depth as usize);
        self.groups.extend(lines.groups.iter().map(|group| Group {
            offset: group.offset + offset,
            line: group.line + self.count,
            columns: (group.columns as usize).saturating_add(more).min(UNKNOWN) as u32,
            ..*group
        }));
        self.count += lines.count;
    }

    /// Gives back what was allocated ahead.
    pub(super) fn finished(mut self) -> Self {
        self.groups.shrink_to_fit();
        self
    }

    /// How many lines there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The groups, each with the number of its lines.
    pub(super) fn groups(&self) -> impl Iterator<Item = (&Group, usize)> {
        let ends = self.groups.iter().skip(1).map(|group| group.line).chain(std::iter::once(self.count));
        self.groups.iter().zip(ends).map(|(group, end)| (group, end - group.line))
    }

    /// What this costs in memory, in bytes.
    pub(super) fn cost(&self) -> usize {
        self.groups.capacity() * size_of::<Group>()
    }
}

/// Why a view has no lines for a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Stop {
    /// The work was cancelled.
    Cancelled,
    /// The body is not what the view shows.
    Not {
        /// The offset of the first byte that is wrong.
        at: usize,
        /// What is wrong, to stand between "not JSON: " and " at line 1, column 2".
        why: &'static str,
    },
}
