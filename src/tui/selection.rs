//! The list that is shown and which line of it is selected, by one written rule.
//!
//! | what happens | what becomes of the selection |
//! | --- | --- |
//! | a capture arrives while following | it is selected |
//! | a capture arrives otherwise | nothing moves; it counts as unseen |
//! | the selected one is evicted, deleted or filtered away | its nearest newer neighbour, else its nearest older one |
//! | the list becomes empty | none; following begins again |
//! | older ones come from the inbox | nothing moves |
//! | the user moves | following ends, unless the move was to the newest (`G`) |
//!
//! Lines are known by number of capture, never by place.

use std::collections::VecDeque;

use crate::model::Seq;

/// The numbers of the captures that the list shows, in order, and the selected one.
#[derive(Debug)]
pub struct Selection {
    rows: VecDeque<Seq>,
    selected: Option<Seq>,
    follow: bool,
    /// The newest row when the user last looked; what is newer is unseen.
    seen: Seq,
}

impl Default for Selection {
    fn default() -> Self {
        Self { rows: VecDeque::new(), selected: None, follow: true, seen: Seq(0) }
    }
}

impl Selection {
    /// Adds a row; rows come in order of number, but for late results of a filter.
    pub fn add(&mut self, seq: Seq) {
        match self.rows.back() {
            Some(last) if *last >= seq => {
                if let Err(at) = self.rows.binary_search(&seq) {
                    self.rows.insert(at, seq);
                }
            }
            _ => self.rows.push_back(seq),
        }
    }

    /// Shows these rows instead, in order of number.
    pub fn replace(&mut self, rows: VecDeque<Seq>) {
        self.rows = rows;
    }

    /// Removes a row.
    pub fn remove(&mut self, seq: Seq) {
        if let Ok(at) = self.rows.binary_search(&seq) {
            self.rows.remove(at);
        }
    }

    /// Adds rows in order of number; those that are older than all others, which they usually are, cost nothing more.
    pub fn prepend(&mut self, rows: Vec<Seq>) {
        let all_older = rows.last().is_none_or(|last| self.rows.front().is_none_or(|first| last < first));
        for seq in rows.into_iter().rev() {
            if all_older {
                self.rows.push_front(seq);
            } else {
                self.add(seq);
            }
        }
    }

    /// Removes these rows, in order of number; those that are older than all others cost nothing more.
    pub fn forget(&mut self, gone: &[Seq]) {
        let mut gone = gone;
        while let Some((first, rest)) = gone.split_first()
            && let Some(row) = self.rows.front()
            && row >= first
        {
            if row == first {
                self.rows.pop_front();
            }
            gone = rest;
        }
        if !gone.is_empty() {
            self.rows.retain(|seq| gone.binary_search(seq).is_err());
        }
    }

    /// Whether a capture has a row.
    pub fn contains(&self, seq: Seq) -> bool {
        self.rows.binary_search(&seq).is_ok()
    }

    /// Removes all rows for which `stays` says no.
    pub fn retain(&mut self, stays: impl Fn(Seq) -> bool) {
        self.rows.retain(|seq| stays(*seq));
    }

    /// Applies the rule above after rows have changed.
    pub fn settle(&mut self) {
        if self.rows.is_empty() {
            (self.selected, self.follow) = (None, true);
        } else if self.follow {
            self.selected = self.rows.back().copied();
        } else if let Some(selected) = self.selected {
            let at = self.rows.partition_point(|seq| *seq < selected);
            self.selected = self.rows.get(at).or(self.rows.back()).copied();
        } else {
            self.selected = self.rows.back().copied();
        }
        if self.follow {
            self.seen = self.rows.back().copied().unwrap_or(self.seen);
        }
    }

    /// Moves by that many rows, and stops following.
    pub fn step(&mut self, by: isize) {
        let Some(at) = self.position() else { return };
        self.select_row(at.saturating_add_signed(by).min(self.rows.len().saturating_sub(1)));
    }

    /// Selects the row at that place, and stops following.
    pub fn select_row(&mut self, at: usize) {
        if let Some(seq) = self.rows.get(at) {
            self.selected = Some(*seq);
            self.hold();
        }
    }

    /// Selects the newest row and follows.
    pub fn follow(&mut self) {
        self.follow = true;
        self.settle();
    }

    /// Stops following: what arrives from here on is unseen.
    pub fn hold(&mut self) {
        self.follow = false;
        let newest = self.rows.back().copied().unwrap_or_default();
        if self.selected == Some(newest) {
            self.seen = newest;
        }
    }

    /// Whether the newest row is followed.
    pub fn is_following(&self) -> bool {
        self.follow
    }

    /// How many rows have come since the user last saw the newest.
    pub fn unseen(&self) -> usize {
        self.rows.len() - self.rows.partition_point(|seq| *seq <= self.seen)
    }

    /// The selected capture.
    pub fn selected(&self) -> Option<Seq> {
        self.selected
    }

    /// The place of the selected row.
    pub fn position(&self) -> Option<usize> {
        self.rows.binary_search(&self.selected?).ok()
    }

    /// The rows, oldest first.
    pub fn rows(&self) -> &VecDeque<Seq> {
        &self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: impl IntoIterator<Item = u64>) -> Selection {
        let mut selection = Selection::default();
        rows.into_iter().for_each(|seq| selection.add(Seq(seq)));
        selection.settle();
        selection
    }

    #[test]
    fn the_newest_is_followed_until_the_user_moves() {
        let mut list = rows(1..=3);
        assert_eq!(list.selected(), Some(Seq(3)));
        list.step(-1);
        list.add(Seq(4));
        list.add(Seq(5));
        list.settle();
        assert_eq!((list.selected(), list.unseen()), (Some(Seq(2)), 2));
        list.follow();
        assert_eq!((list.selected(), list.unseen()), (Some(Seq(5)), 0));
    }

    #[test]
    fn what_was_seen_stays_seen() {
        let mut list = rows(1..=3);
        list.step(-1);
        list.step(-1);
        assert_eq!(list.unseen(), 0);
        list.add(Seq(4));
        list.step(3);
        assert_eq!((list.selected(), list.unseen(), list.is_following()), (Some(Seq(4)), 0, false));
    }

    #[test]
    fn a_selected_row_that_goes_leaves_it_to_its_newer_neighbour() {
        let mut list = rows(1..=5);
        list.select_row(2);
        list.retain(|seq| seq != Seq(3));
        list.settle();
        assert_eq!(list.selected(), Some(Seq(4)));
        list.retain(|seq| seq < Seq(3));
        list.settle();
        assert_eq!(list.selected(), Some(Seq(2)), "nothing newer: the nearest older");
        list.forget(&[Seq(0), Seq(2), Seq(7)]);
        list.settle();
        assert_eq!(list.selected(), Some(Seq(1)), "the one that is left");
        list.retain(|_| false);
        list.settle();
        assert_eq!((list.selected(), list.is_following()), (None, true));
    }

    #[test]
    fn late_results_of_a_filter_find_their_place() {
        let list = rows([5, 6, 2, 3, 6, 2]);
        assert_eq!(list.rows().iter().map(|seq| seq.0).collect::<Vec<_>>(), [2, 3, 5, 6]);
    }
}
