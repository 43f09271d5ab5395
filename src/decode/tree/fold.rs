//! What is shown of a node that is folded: what it opens with, how much lies in it, what closes it.

use super::{super::lines::Spot, Nest, Tree};

/// A node that is shown as one row.
#[derive(Debug)]
pub(in super::super) struct Fold {
    /// How many lie directly in it.
    members: usize,
    /// What they are called: one, and several.
    called: (&'static str, &'static str),
    /// Where the line begins that closes it.
    pub close: Spot,
    /// Where the line behind that begins.
    pub next: Spot,
}

impl Fold {
    /// What is said of what lies in it: all of it, and less.
    pub(in super::super) fn words(&self) -> [String; 3] {
        let Self { members, called: (one, several), .. } = self;
        let called = if *members == 1 { one } else { several };
        [format!("▸ {members} {called}"), format!("▸ {members}"), "▸".to_owned()]
    }
}

impl Tree<'_> {
    /// The fold that the line at `spot`, which opens something, is shown as.
    pub(in super::super) fn fold(&self, spot: Spot) -> Option<Fold> {
        let line = self.line_at(spot.offset)?;
        let inside = self.inside(line)?;
        let (nest, bytes) = self.nest(spot.offset);
        let called = match (nest?, bytes.get(inside.close.spot.offset)) {
            (Nest::Xml, _) => ("inside", "inside"),
            (_, Some(b'}')) => ("member", "members"),
            _ => ("item", "items"),
        };
        Some(Fold { members: inside.members, called, close: inside.close.spot, next: inside.close.next })
    }

    /// Where the lines of the group that begins at `spot` go on behind what is folded at the least depth that they have, and
    /// that they begin inside of.
    pub(in super::super) fn behind_fold(&self, spot: Spot) -> Option<Spot> {
        let index = self.lines.group_at(spot.offset);
        let (group, _) = self.lines.group(index)?;
        self.lines_of(index).find(|line| line.spot.depth <= group.low).map(|line| line.next)
    }

    /// Where the line of that number begins, counted from 0; nothing past the last.
    pub(in super::super) fn offset_of(&self, number: usize) -> Option<usize> {
        let index = self.groups().partition_point(|group| group.line <= number).checked_sub(1)?;
        let (group, _) = self.lines.group(index)?;
        self.lines_of(index).nth(number - group.line).map(|line| line.spot.offset)
    }

    /// The number of the line that has the byte at `offset`, from 0.
    pub(in super::super) fn number_at(&self, offset: usize) -> Option<usize> {
        let line = self.line_at(offset)?;
        self.lines.group(line.group).map(|(group, _)| group.line + line.nth)
    }
}
