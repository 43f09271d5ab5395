//! Deleting requests, one or all.

use super::{acting::subject, older};
use crate::tui::{
    effect::Effect,
    message::Tone,
    overlays::{Choice, Choose, Item, Overlay},
    state::State,
};

/// Deletes what actions are about.
pub(super) fn delete(state: &mut State) -> Vec<Effect> {
    let Some(capture) = subject(state) else { return Vec::new() };
    let seq = capture.seq;
    if state.captures.is_pinned(seq) {
        state.tell(Tone::Plain, format!("{seq} is pinned; m lets it go first"));
        return Vec::new();
    }
    state.requests.list.hold();
    state.captures.remove(seq);
    state.requests.list.remove(seq);
    state.requests.list.settle();
    state.replays.retain(|other| other != seq);
    let shown = state.requests.list.selected().and_then(|seq| state.captures.get(seq)).cloned();
    state.inspector.show(shown);
    vec![Effect::Delete(seq)]
}

/// Deletes everything that is not pinned.
pub(super) fn all(state: &mut State) -> Vec<Effect> {
    let mut effects = older::close(state);
    state.captures.clear();
    let State { requests, captures, replays, inspector, .. } = state;
    requests.list.retain(|seq| captures.get(seq).is_some());
    requests.list.settle();
    replays.retain(|seq| captures.get(seq).is_some());
    inspector.show(requests.list.selected().and_then(|seq| captures.get(seq)).cloned());
    effects.push(Effect::Clear);
    effects
}

/// Asks whether to.
pub(super) fn question(state: &State) -> Overlay {
    let pinned = state.captures.newest_first().filter(|capture| state.captures.is_pinned(capture.seq)).count();
    let count = state.captures.total().saturating_sub(pinned as u64);
    let beyond = if state.captures.total() > state.captures.len() as u64 { ", all of the inbox" } else { "" };
    let items = vec![
        Item::new("keep them", "", Choice::Nothing),
        Item::new("delete them", format!("{count} requests{beyond}, for good"), Choice::DeleteAll),
    ];
    Overlay::Choose(Box::new(Choose::new("Delete every request that is not pinned?", "", items)))
}
