//! What the inbox is asked for beyond the ring: what is under way, what the user wants of it, and how it is said.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    state::State,
    theme::Role,
    widgets::words::{clock, grouped},
};
use crate::model::{Printable, Seq};
use crate::store::Toward;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct Older {
    /// Counts what was asked.
    pub(super) ticket: u64,
    /// Which way is looked now.
    pub(super) under_way: Option<Way>,
    /// Whether the inbox is to be looked into once the ring has been filtered.
    pub(super) wanted: bool,
    /// Where the user wants to be once more is here.
    pub(super) wish: Option<Wish>,
    /// How many captures of the inbox were looked at for the filter in force.
    pub(super) looked: u64,
    /// When the last of them was received.
    pub(super) back_to: Option<Timestamp>,
    /// Why the inbox could not be read.
    pub(super) failure: Option<String>,
    /// Whether there are older ones without a number here.
    pub(super) cut: bool,
    /// How many ticks a filter that is being typed has to stand before the inbox is searched for it.
    pub(super) waits: u8,
}

/// Which way is looked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// For what is older.
    Back,
    /// For what lies between here and the ring.
    Forth,
}

impl Way {
    pub(super) fn of(toward: Toward) -> Self {
        match toward {
            Toward::Older(_) => Self::Back,
            Toward::Newer(_) => Self::Forth,
        }
    }
}

/// Where the user wants to be, seen from a row: it is forgotten once that row is not the selected one any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wish {
    pub(super) at: Option<Seq>,
    pub(super) to: Goal,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Goal {
    /// That many rows on; back when negative.
    By(isize),
    /// At the first of what comes.
    First,
}

impl Older {
    /// Whether the inbox is being looked into.
    pub fn is_looking(&self) -> bool {
        self.under_way.is_some()
    }
}

/// What stands above the first row, if anything is to be said there.
pub fn above(state: &State) -> Option<(Role, String)> {
    let (older, list) = (&state.older, &state.requests.list);
    if state.requests.top > 0 {
        return None;
    }
    if let Some(why) = &older.failure {
        return Some((Role::Error, format!("the inbox cannot be read: {}", Printable::from(why.as_str()))));
    }
    let window = state.captures.window()?;
    let far = || progress(older.looked, older.back_to, state);
    if older.under_way == Some(Way::Back) {
        let words = match state.filter.is_on() {
            true if older.looked == 0 => "searching the inbox…".to_owned(),
            true => far(),
            false => "loading older…".to_owned(),
        };
        return Some((Role::Info, words));
    }
    let first = list.rows().front().is_none_or(|first| list.selected() == Some(*first));
    match (window.next(), state.filter.is_on()) {
        (None, _) if older.cut => {
            Some((Role::Dim, "what is older was numbered otherwise: `creel list` shows it".to_owned()))
        }
        (None, true) if older.looked > 0 => {
            Some((Role::Dim, format!("searched to the oldest in the inbox, {} looked at", grouped(older.looked))))
        }
        (None, false) if first && !list.is_following() => Some((Role::Dim, "the oldest in the inbox".to_owned())),
        (Some(_), true) if older.looked > 0 => Some((Role::Dim, far())),
        _ => None,
    }
}

fn progress(looked: u64, back_to: Option<Timestamp>, state: &State) -> String {
    let zone = &state.session.zone;
    let back = back_to.map_or(String::new(), |at| format!(" back to {}{}", day(at, state.now, zone), clock(at, zone)));
    format!("searched{back}, {} looked at", grouped(looked))
}

/// The date with a blank, where it is another than today's.
fn day(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, today) = (zone.to_datetime(at).date(), zone.to_datetime(now).date());
    if at == today { String::new() } else { format!("{at} ") }
}

/// What stands below the last row where the older part is parted from the ring.
pub fn below(state: &State) -> Option<&'static str> {
    state.captures.window()?.parted_at()?;
    Some(if state.older.under_way == Some(Way::Forth) { "loading newer…" } else { "⋯ some are not loaded" })
}
