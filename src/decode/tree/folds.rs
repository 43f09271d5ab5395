//! Folds: which nodes are shown as one line.
//!
//! Decided: "all from that deep on" is a number, and what differs from it is a set of exceptions, so that folding all of a
//! million nodes costs nothing, and opening one of them again a few bytes. An exception belongs to its node: what lies in a
//! node that is opened again stays folded, as it is in editors.

use std::collections::BTreeSet;

use super::{Node, Tree};

/// See the head of this file.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Folds {
    /// Nodes of that depth and deeper ones are folded.
    from: Option<u32>,
    /// Where nodes begin that are not what the number says.
    but: BTreeSet<usize>,
}

impl Folds {
    /// Folds every node that lies that deep, or deeper.
    pub fn from_depth(depth: u32) -> Self {
        Self { from: Some(depth), but: BTreeSet::new() }
    }

    /// Whether nothing is folded.
    pub fn is_empty(&self) -> bool {
        self.from.is_none() && self.but.is_empty()
    }

    /// Whether a node is folded, if it can be.
    pub fn has(&self, node: &Node) -> bool {
        node.opens() && self.is_folded(node.offset(), node.depth())
    }

    /// Folds a node, or opens it again.
    pub fn toggle(&mut self, node: &Node) {
        if node.opens() && !self.but.remove(&node.offset()) {
            self.but.insert(node.offset());
        }
    }

    /// Opens all that a place lies in, and that is folded; says whether anything was.
    pub fn reveal(&mut self, tree: Tree<'_>, offset: usize) -> bool {
        let mut opened = false;
        let mut at = tree.node_at(offset).filter(|_| !self.is_empty());
        // On the line that opens a node its name is in sight, and on the others it is not.
        if let Some(node) = at
            && tree.line_at(offset).is_some_and(|line| line.spot.offset == node.offset())
        {
            at = tree.parent(&node);
        }
        while let Some(node) = at {
            if self.has(&node) {
                self.toggle(&node);
                opened = true;
            }
            at = tree.parent(&node);
        }
        opened
    }

    /// Whether what begins at `offset` and lies `depth` deep is folded, if it can be.
    pub(in super::super) fn is_folded(&self, offset: usize, depth: u32) -> bool {
        self.is_deep(depth) != self.but.contains(&offset)
    }

    /// Whether a node of that depth is folded unless it is an exception.
    pub(in super::super) fn is_deep(&self, depth: u32) -> bool {
        self.from.is_some_and(|from| depth >= from)
    }

    /// From which depth on nodes are folded.
    pub fn depth(&self) -> Option<u32> {
        self.from
    }

    /// Whether an exception begins in that range.
    pub(in super::super) fn has_exception(&self, range: std::ops::Range<usize>) -> bool {
        self.but.range(range).next().is_some()
    }
}
