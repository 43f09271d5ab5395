//! The cursor line of a page whose document nests, and its folds.
//!
//! Decided: where lines nest, keys move a cursor and the page follows it with a margin of [`MARGIN`] rows, because folding,
//! paths and copying are about one line. The cursor goes row by row, not line by line: of a string that is wrapped over a
//! hundred screens every row can be read. Where nothing nests, keys scroll, as there is nothing that a cursor would be for.
//! A page opens with nothing folded, however large: what is at the beginning is what tells bodies apart, and `zM` is two
//! keys. Folds and cursor are known by bytes of the document, so a new width or another tab leaves them.
//!
//! When what the top row lies in is out of sight, the first row of the page is covered by the path of the cursor's node; the
//! cursor never goes under it.

use std::sync::Arc;

use super::{Lower, Page, again::Again, path::Here};
use crate::decode::{Folds, Node, Rows, Tree};
use crate::tui::{action::Action, movement::Move};

/// How many rows stay in sight above and below the cursor.
pub const MARGIN: usize = 2;

/// What is said where something is to be folded that does not nest.
pub const NO_TREE: &str = "nothing folds here: lines nest in JSON and XML";

/// Where a page was left.
#[derive(Clone, Default, Debug)]
pub struct Left {
    /// The first row, and the row of the cursor.
    pub rows: (usize, usize),
    /// Where the bytes of both begin, where they are of the document, and for which folds that was looked up.
    offsets: Option<(usize, usize)>,
    /// What was folded.
    pub folds: Arc<Folds>,
}

impl Page {
    /// Whether lines nest, so that there is a cursor.
    pub fn has_cursor(&self) -> bool {
        self.tree().is_some()
    }

    /// The row of the cursor, where there is one.
    pub fn cursor(&self) -> Option<usize> {
        self.has_cursor().then_some(self.cursor)
    }

    /// The tree that the document draws.
    pub fn tree(&self) -> Option<Tree<'_>> {
        self.laid().and_then(|(document, _)| document.tree())
    }

    /// The node that the cursor stands at: on a closing line the one that it closes.
    pub fn node(&self) -> Option<Node> {
        self.tree()?.node_at(self.cursor_offset()?)
    }

    /// Where the bytes of the cursor's row begin.
    pub fn cursor_offset(&self) -> Option<usize> {
        let (document, rows) = self.laid()?;
        let row = self.cursor.checked_sub(self.sheet.rows())?;
        (row < rows.len()).then(|| document.offset_of(rows, row))
    }

    /// How many rows at the top are covered by the path.
    pub fn covered(&self) -> usize {
        usize::from(self.has_cursor() && self.top > self.sheet.rows())
    }

    /// What is known of the cursor's place; made anew when it has moved.
    pub fn here(&self) -> &Here {
        &self.here
    }

    /// Moves the cursor, and the page with it.
    pub fn step(&mut self, to: Move, height: usize) {
        // The row below the path is the first that can be read.
        let before = self.cursor;
        self.cursor = to.from(self.cursor, self.rows());
        if let Move::By(by) = to
            && by.unsigned_abs() > 1
        {
            let moved = self.cursor.abs_diff(before);
            let moved = isize::try_from(moved).unwrap_or(isize::MAX);
            self.scroll(if by < 0 { -moved } else { moved }, height);
        }
        self.show_cursor(height);
    }

    /// Brings the cursor into sight by moving the page as little as that takes.
    pub fn show_cursor(&mut self, height: usize) {
        if !self.has_cursor() {
            return;
        }
        self.cursor = self.cursor.min(self.rows().saturating_sub(1));
        let margin = MARGIN.min(height / 4);
        // A row more for the path.
        let above = self.cursor.saturating_sub(margin + 1);
        if self.cursor < self.top + self.covered() + margin {
            self.scroll_to(above, height);
        } else if self.cursor + margin >= self.top + height {
            self.scroll_to((self.cursor + margin + 1).saturating_sub(height), height);
        }
    }

    /// Moves the cursor into what is in sight.
    pub fn follow(&mut self, height: usize) {
        let first = self.top + self.covered();
        let last = (self.top + height.max(1) - 1).min(self.rows().saturating_sub(1));
        self.cursor = self.cursor.clamp(first.min(last), last);
    }

    /// Puts the cursor on the row that a click was on.
    pub fn click(&mut self, row: usize, height: usize) {
        let at = self.top + row;
        if self.has_cursor() && row >= self.covered() && at < self.rows() {
            self.cursor = at;
            self.show_cursor(height);
        }
    }

    /// Goes to the line that begins a node.
    fn go_to_node(&mut self, node: &Node, height: usize) {
        let Some((document, rows)) = self.laid() else { return };
        self.cursor = self.sheet.rows() + document.row_of(rows, node.offset());
        self.show_cursor(height);
    }

    /// Puts other folds in force; the place that the cursor shall stand at when they are.
    fn refold(&mut self, folds: Folds, offset: Option<usize>) {
        self.folds = Arc::new(folds);
        self.want = offset.or_else(|| self.cursor_offset());
    }

    /// Opens what hides a place.
    pub fn reveal_in_folds(&mut self, offset: usize) {
        let mut folds = (*self.folds).clone();
        if self.tree().is_some_and(|tree| folds.reveal(tree, offset)) {
            self.refold(folds, Some(offset));
        }
    }

    /// Folds the node at the cursor, or the one that it lies in, or opens it.
    pub fn toggle_fold(&mut self) -> Result<(), &'static str> {
        let node = self.foldable().ok_or("there is nothing to fold here")?;
        let mut folds = (*self.folds).clone();
        folds.toggle(&node);
        self.refold(folds, Some(node.offset()));
        Ok(())
    }

    fn foldable(&self) -> Option<Node> {
        let node = self.node()?;
        if node.opens() { Some(node) } else { self.tree()?.parent(&node) }
    }

    /// Whether the cursor stands on a fold.
    pub fn is_on_fold(&self) -> bool {
        self.node().is_some_and(|node| self.folds.has(&node))
    }

    /// Shows nodes down to that depth, counted from 1 for what lies in the outermost one, and folds what is deeper; nothing
    /// opens all.
    fn fold_to(&mut self, depth: Option<u32>) {
        // Values that follow one another lie in nothing that can be seen.
        let least = u32::from(!self.is_list());
        let folds = depth.map_or_else(Folds::default, |depth| Folds::from_depth((depth + least).saturating_sub(1)));
        let visible = self.visible_at(&folds);
        self.refold(folds, visible);
    }

    /// Where the cursor shall stand with other folds: at the outermost that is folded of what it lies in.
    fn visible_at(&self, folds: &Folds) -> Option<usize> {
        let tree = self.tree()?;
        let offset = self.cursor_offset()?;
        let node = tree.node_at(offset)?;
        // With what is folded from a depth on, the outermost is at that depth, or none is.
        let outermost =
            folds.depth().filter(|depth| *depth < node.depth()).and_then(|depth| tree.ancestor(&node, depth));
        let own = Some(node).filter(|node| folds.has(node));
        Some(outermost.or(own).map_or(offset, |folded| folded.offset()))
    }

    /// Whether the document is values one after another.
    fn is_list(&self) -> bool {
        self.document().is_some_and(|document| document.view().name == "ndjson")
    }

    /// Does what an action about the tree means.
    pub fn act_on_tree(&mut self, action: Action, height: usize) -> Result<(), &'static str> {
        if !self.has_cursor() {
            return Err(NO_TREE);
        }
        let around = |page: &Self| {
            let (tree, node) = (page.tree()?, page.node()?);
            match action {
                Action::Parent => tree.parent(&node),
                Action::NextSibling => tree.next(&node),
                _ => tree.previous(&node),
            }
        };
        match action {
            Action::Fold => return self.toggle_fold(),
            Action::FoldAll => self.fold_to(Some(1)),
            Action::UnfoldAll => self.fold_to(None),
            Action::Parent | Action::NextSibling | Action::PreviousSibling => {
                let found = around(self).ok_or(match action {
                    Action::Parent => "this lies in nothing else",
                    Action::NextSibling => "this is the last one",
                    _ => "this is the first one",
                })?;
                self.go_to_node(&found, height);
            }
            _ => {}
        }
        Ok(())
    }

    /// Folds what lies deeper than so many levels.
    pub fn fold_to_depth(&mut self, depth: u32) -> Result<(), &'static str> {
        if !self.has_cursor() {
            return Err(NO_TREE);
        }
        self.fold_to(Some(depth));
        Ok(())
    }

    /// Takes new rows, keeping what is at the top there, or, where other nodes are folded, the row that the cursor is at.
    pub(super) fn relay_tree(&mut self, rows: Rows) {
        let above = self.sheet.rows();
        let (cursor, same_folds) = (self.cursor_offset(), self.laid().map(|(_, old)| old.wrapping().folds.clone()));
        let want = self.want.take().filter(|_| rows.wrapping().folds == self.folds);
        if let Lower::Ready(document, old) = &mut self.lower {
            let offset = want.or(cursor);
            let row = offset.map(|offset| above + document.row_of(&rows, offset));
            let keeps_top = want.is_none() && same_folds.is_some_and(|folds| folds == rows.wrapping().folds);
            if keeps_top {
                if let Some(at) = self.top.checked_sub(above) {
                    self.top = above + document.row_of(&rows, document.offset_of(old, at));
                }
            } else if let Some(row) = row {
                // On the screen the cursor stays where it is.
                self.top = (self.top + row).saturating_sub(self.cursor);
            }
            self.cursor = row.unwrap_or(self.cursor);
            **old = rows;
        }
    }

    /// Brings the page and its cursor to where they shall be once all is laid out.
    pub fn settle(&mut self, height: usize) {
        self.scroll(0, height);
        if !self.has_cursor() {
            return;
        }
        if !std::mem::replace(&mut self.has_been_shown, true) && self.cursor == 0 {
            self.cursor = self.sheet.rows();
            self.follow(height);
        }
        self.cursor = self.cursor.min(self.rows().saturating_sub(1));
        self.show_cursor(height);
        let moved = self.laid().is_some_and(|(_, rows)| !self.here.is_of(self.cursor, rows.wrapping()));
        if moved {
            self.here = Here::of(self);
        }
        if !self.again.is_of(self, height) {
            self.again = Again::of(self, height);
        }
    }

    /// Where the page is left, to come back to.
    pub fn left(&self, before: &Left) -> Left {
        let rows = (self.top, self.cursor);
        if rows == before.rows && self.folds == before.folds && before.offsets.is_some() {
            return before.clone();
        }
        let above = self.sheet.rows();
        let offsets = self.laid().map(|(document, laid)| {
            let offset = |row: usize| document.offset_of(laid, row.saturating_sub(above));
            (offset(rows.0), offset(rows.1))
        });
        Left { rows, offsets, folds: Arc::clone(&self.folds) }
    }

    /// Comes back to where it was left, once it is laid out.
    pub fn come_back(&mut self, left: &Left) {
        let above = self.sheet.rows();
        if let (Some((top, cursor)), Some((document, rows))) = (left.offsets, self.laid()) {
            let row = |row: usize, offset| if row < above { row } else { above + document.row_of(rows, offset) };
            (self.top, self.cursor) = (row(left.rows.0, top), row(left.rows.1, cursor));
        }
    }
}
