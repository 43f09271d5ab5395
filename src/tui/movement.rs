//! Movement in anything that has rows: what the actions for it mean, the same in every pane.

use super::action::Action;

/// Where to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Move {
    /// That many rows on; back when negative.
    By(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
}

impl Move {
    /// What an action means in a window of `height` rows; nothing when it is no movement. A page leaves one row of the last in
    /// sight.
    pub fn of(action: Action, height: usize) -> Option<Self> {
        let page = isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(isize::MAX);
        let half = isize::try_from((height / 2).max(1)).unwrap_or(isize::MAX);
        Some(match action {
            Action::Down => Self::By(1),
            Action::Up => Self::By(-1),
            Action::HalfPageDown => Self::By(half),
            Action::HalfPageUp => Self::By(-half),
            Action::PageDown => Self::By(page),
            Action::PageUp => Self::By(-page),
            Action::First => Self::First,
            Action::Last => Self::Last,
            _ => return None,
        })
    }

    /// Where that leads from row `at` of `count`; not past the last.
    pub fn from(self, at: usize, count: usize) -> usize {
        let to = match self {
            Self::By(by) => at.saturating_add_signed(by),
            Self::First => 0,
            Self::Last => usize::MAX,
        };
        to.min(count.saturating_sub(1))
    }
}

/// The place `by` steps on among `count`, around the ends.
pub fn around(at: usize, by: isize, count: usize) -> usize {
    let count = isize::try_from(count).unwrap_or(isize::MAX).max(1);
    let at = isize::try_from(at).unwrap_or(0);
    usize::try_from((at + by).rem_euclid(count)).unwrap_or(0)
}
