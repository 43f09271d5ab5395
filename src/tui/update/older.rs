//! Moving in the list, and what of the inbox that asks for: what is beyond the ring is loaded when the user comes to the end
//! of what is here, or when a filter finds less than the screen could show.
//!
//! Nobody waits for it: the selection stays until more is here, and goes on then by as much as was asked for meanwhile.

use std::sync::Arc;

use crate::model::Seq;
use crate::store::Toward;
use crate::tui::{
    captures::{COUNT, Taken, Window},
    effect::Effect,
    layout,
    looking::{Ask, End, Looked, MATCHES, PAGE},
    message::Tone,
    movement::Move,
    older::{Goal, Way, Wish},
    state::State,
    widgets::words::grouped,
};

/// How many ticks a filter stands that is being typed before the inbox is searched for it.
const STANDS: u8 = 2;

/// Moves in the list.
pub(super) fn moved(state: &mut State, to: Move) -> Vec<Effect> {
    let list = &mut state.requests.list;
    let Some(at) = list.position() else {
        return if up(to) { back(state, None) } else { Vec::new() };
    };
    match to {
        Move::Last => {
            list.follow();
            Vec::new()
        }
        Move::First if at > 0 => {
            list.select_row(0);
            back(state, None)
        }
        Move::First => back(state, Some(Goal::First)),
        Move::By(by) if by < 0 => {
            // What stands aside is not the next older one as long as there is something between.
            let edge = if can_look(state) { list_from(state, state.captures.whole_from()) } else { 0 };
            let first = if at < edge { 0 } else { edge };
            let to = at.saturating_add_signed(by).max(first);
            let rest = at.cast_signed() + by - to.cast_signed();
            state.requests.list.select_row(to);
            if to > first { Vec::new() } else { back(state, (rest < 0).then_some(Goal::By(rest))) }
        }
        Move::By(by) => {
            let last = last_whole(state, at);
            let rest = by - last.saturating_sub(at).cast_signed();
            state.requests.list.select_row(at.saturating_add_signed(by).min(last));
            if last + 1 < state.requests.list.rows().len() && rest > 0 {
                return forth(state, Some(Goal::By(rest)));
            }
            Vec::new()
        }
    }
}

/// The selection has come to a row in another way.
pub(super) fn came_to(state: &mut State) -> Vec<Effect> {
    if state.requests.list.position() == Some(0) { back(state, None) } else { Vec::new() }
}

fn up(to: Move) -> bool {
    matches!(to, Move::First) || matches!(to, Move::By(by) if by < 0)
}

/// The place of the first row with that number or a higher one.
fn list_from(state: &State, seq: Seq) -> usize {
    state.requests.list.rows().partition_point(|row| *row < seq)
}

/// The last row that can be gone to from row `at` without passing over what is not here.
fn last_whole(state: &State, at: usize) -> usize {
    let rows = state.requests.list.rows();
    let end = rows.len().saturating_sub(1);
    let parted = state.captures.window().and_then(Window::parted_at);
    match (parted, rows.get(at)) {
        (Some(to), Some(selected)) if *selected <= to => list_from(state, Seq(to.0 + 1)).saturating_sub(1).min(end),
        _ => end,
    }
}

/// Whether there is an inbox that can be looked into.
fn can_look(state: &State) -> bool {
    state.captures.journal().is_some_and(|journal| journal.numbers.is_some())
}

/// Looks for what is older than the first row, or notes what is wanted of what is on its way.
fn back(state: &mut State, goal: Option<Goal>) -> Vec<Effect> {
    if !can_look(state) {
        return Vec::new();
    }
    let selected = state.requests.list.selected();
    // A row that stands alone above all that is here: looking begins anew there, if it is gone beyond.
    let alone = selected.filter(|seq| *seq < state.captures.whole_from());
    if alone.is_some() && goal.is_none() {
        return Vec::new();
    }
    wish(state, goal);
    // What a filter finds in the ring makes the list anew.
    state.older.wanted = state.filter.is_working();
    if state.older.wanted || state.older.under_way == Some(Way::Back) {
        return Vec::new();
    }
    if state.captures.window().is_none() || alone.is_some() {
        let gone = state.captures.open_window(alone);
        drop_rows(state, &gone);
        (state.older.looked, state.older.back_to) = (0, None);
    }
    let Some(next) = state.captures.window().and_then(Window::next) else {
        state.older.wish = None;
        return Vec::new();
    };
    let whole = state.captures.whole_from();
    let before = state.requests.list.rows().get(list_from(state, whole)).copied();
    ask(state, Toward::Older(next), before.unwrap_or(Seq(u64::MAX)))
}

/// Looks for what lies between what is here of the inbox and the ring.
fn forth(state: &mut State, goal: Option<Goal>) -> Vec<Effect> {
    wish(state, goal);
    let Some(to) = state.captures.window().and_then(Window::parted_at) else { return Vec::new() };
    if state.older.under_way == Some(Way::Forth) {
        return Vec::new();
    }
    ask(state, Toward::Newer(to), Seq(0))
}

fn ask(state: &mut State, toward: Toward, before: Seq) -> Vec<Effect> {
    state.captures.set_looking(toward);
    let older = &mut state.older;
    older.ticket += 1;
    (older.under_way, older.failure) = (Some(Way::of(toward)), None);
    let limit = if state.filter.is_on() { MATCHES } else { PAGE };
    let (ticket, query, now) = (older.ticket, state.filter.query.clone(), state.now);
    let deliveries = query.asks_for_tries().then(|| Arc::new(state.deliveries.clone()));
    vec![Effect::Look(Box::new(Ask { ticket, toward, query, limit, before, now, deliveries }))]
}

/// Adds to what the user wants, or begins it anew where that was about another row.
fn wish(state: &mut State, goal: Option<Goal>) {
    let at = state.requests.list.selected();
    let before = state.older.wish.filter(|wish| wish.at == at).map(|wish| wish.to);
    let to = match (before, goal) {
        (Some(Goal::By(one)), Some(Goal::By(other))) => Some(Goal::By(one + other)),
        (before, goal) => goal.or(before),
    };
    state.older.wish = to.map(|to| Wish { at, to });
}

/// Takes in what was found in the inbox.
pub(super) fn looked(state: &mut State, looked: Looked) -> Vec<Effect> {
    if looked.ticket != state.older.ticket || state.older.under_way.is_none() {
        return Vec::new();
    }
    let way = Way::of(looked.from);
    let near = state.requests.list.selected();
    let parted = is_parted(state);
    let Some(Taken { added, gone }) = state.captures.take(&looked, near) else {
        return stop(state);
    };
    state.requests.still(|list| {
        list.prepend(added);
        list.forget(&gone);
        list.settle();
    });
    state.older.looked += looked.looked as u64;
    state.older.back_to = looked.at.filter(|_| way == Way::Back).or(state.older.back_to);
    state.replays.restore(looked.attempts);
    tell_parted(state, parted);
    match looked.end {
        None => {
            grant(state, false);
            return Vec::new();
        }
        Some(End::Failed(why)) => {
            state.tell(Tone::Bad, format!("the inbox cannot be read: {why}"));
            state.older.failure = Some(why);
        }
        Some(end) => state.older.cut = end == End::Cut,
    }
    state.older.under_way = None;
    state.captures.stop_looking();
    grant(state, true);
    // What was found stands between other rows, and what the user wants is further on.
    match state.older.wish.take().map(|wish| wish.to) {
        Some(Goal::By(by)) if by < 0 && state.older.failure.is_none() => back(state, Some(Goal::By(by))),
        Some(Goal::By(by)) if by > 0 && state.older.failure.is_none() => forth(state, Some(Goal::By(by))),
        _ => Vec::new(),
    }
}

/// Goes where the user wants to be, as far as that is here.
fn grant(state: &mut State, ended: bool) {
    let list = &state.requests.list;
    let Some(wish) = state.older.wish.filter(|wish| wish.at == list.selected()) else {
        state.older.wish = None;
        return;
    };
    let Some(at) = list.position() else { return };
    let to = match wish.to {
        Goal::First if ended => Some(0),
        Goal::First => None,
        Goal::By(by) if by < 0 => {
            let first = list_from(state, state.captures.whole_from()).min(at);
            Some(at.saturating_add_signed(by).max(first))
        }
        Goal::By(by) => Some(at.saturating_add_signed(by).min(last_whole(state, at))),
    };
    let Some(to) = to else { return };
    if to != at {
        state.requests.list.select_row(to);
    }
    let rest = match wish.to {
        Goal::First => 0,
        Goal::By(by) => by - (to.cast_signed() - at.cast_signed()),
    };
    let at = state.requests.list.selected();
    state.older.wish = (rest != 0).then_some(Wish { at, to: Goal::By(rest) });
}

/// Whether the older part is parted from the ring.
pub(super) fn is_parted(state: &State) -> bool {
    state.captures.window().is_some_and(|window| window.parted_at().is_some())
}

/// Says it when the older part has been parted from the ring.
pub(super) fn tell_parted(state: &mut State, before: bool) {
    let full = state.captures.window().is_some_and(|window| window.len() > 1);
    if !before && is_parted(state) && full {
        let most = grouped(COUNT as u64);
        state.tell(
            Tone::Plain,
            format!("at most {most} older requests or 64 MiB are held: newer ones were let go and load again on the way down"),
        );
    }
}

fn drop_rows(state: &mut State, gone: &[Seq]) {
    state.requests.still(|list| {
        list.forget(gone);
        list.settle();
    });
}

fn stop(state: &mut State) -> Vec<Effect> {
    let older = &mut state.older;
    (older.wish, older.wanted) = (None, false);
    state.captures.stop_looking();
    if state.older.under_way.take().is_some() { vec![Effect::StopLooking] } else { Vec::new() }
}

/// Lets go of what of the inbox is here, with all that is under way.
pub(super) fn close(state: &mut State) -> Vec<Effect> {
    let effects = stop(state);
    let gone = state.captures.close_window();
    drop_rows(state, &gone);
    let older = &mut state.older;
    (older.looked, older.back_to, older.failure, older.cut) = (0, None, None, false);
    effects
}

/// The filter is another one: the inbox is searched for it once it stands.
pub(super) fn filtered(state: &mut State) -> Vec<Effect> {
    state.older.waits = STANDS;
    close(state)
}

/// A second has passed.
pub(super) fn tick(state: &mut State) {
    state.older.waits = state.older.waits.saturating_sub(1);
}

/// What is true after every message: a part of the inbox that the user has left is let go, what the screen has room for is
/// searched for, and what is missing in sight is loaded.
pub(super) fn settle(state: &mut State) -> Vec<Effect> {
    let selected = state.requests.list.selected();
    let parted = state.captures.window().and_then(Window::parted_at);
    if let Some(to) = parted
        && selected.is_none_or(|selected| selected > to)
    {
        return close(state);
    }
    if state.older.is_looking() || state.older.failure.is_some() || !can_look(state) {
        return Vec::new();
    }
    if state.older.wanted && !state.filter.is_working() {
        state.older.wanted = false;
        if state.requests.list.position().unwrap_or(0) == 0 {
            return back(state, None);
        }
    }
    let editing = state.filter.is_editing();
    let area = layout::layout(state).requests;
    let height: usize = area.map_or(0, |area| layout::list_area(area, editing).height).into();
    if let (Some(to), Some(area)) = (parted, area) {
        let seen = state.requests.top + usize::from(layout::list_area(area, editing).height);
        if list_from(state, Seq(to.0 + 1)) < seen {
            return forth(state, None);
        }
    }
    let stands = !editing || state.older.waits == 0;
    let few = state.requests.list.rows().len() < height;
    let more = state.captures.window().is_none_or(|window| window.next().is_some() && !window.is_full());
    if state.filter.is_on() && !state.filter.is_working() && stands && few && more {
        return back(state, None);
    }
    Vec::new()
}
