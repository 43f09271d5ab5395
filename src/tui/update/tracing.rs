//! Deliveries and their tries: taking in which captures belong together, and opening the timeline of one.

use super::{acting::subject, rematch};
use crate::model::Seq;
use crate::provider::deliveries::Key;
use crate::tui::{
    effect::Effect,
    overlays::{Overlay, Read, Reading},
    state::State,
    tries::Try,
};

/// Takes in which deliveries captures are tries of. A filter that asks for it is asked again.
pub(super) fn traced(state: &mut State, found: Vec<(Seq, Key)>) -> Vec<Effect> {
    let mut changed = Vec::new();
    for (seq, key) in found {
        changed.push(seq);
        changed.extend(state.deliveries.add(seq, key));
    }
    if !state.filter.query.asks_for_tries() {
        return Vec::new();
    }
    changed.sort_unstable();
    changed.dedup();
    changed.into_iter().filter_map(|seq| rematch(state, seq)).collect()
}

/// Why there is no timeline.
pub(super) fn unavailable(state: &State) -> Option<&'static str> {
    let Some(capture) = subject(state) else { return Some("no request is selected") };
    let known = state.deliveries.key(capture.seq).is_some();
    (!known)
        .then_some("its sender gives it no delivery id that creel knows, so nothing says which other tries there are")
}

/// Opens the timeline of the delivery of the selected capture.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    let Some(capture) = subject(state) else { return Vec::new() };
    let seq = capture.seq;
    state.requests.list.hold();
    state.tries = None;
    state.overlays.push(Overlay::Read(Read::new(Reading::Tries(seq))));
    look(state, seq)
}

fn look(state: &State, seq: Seq) -> Vec<Effect> {
    let seqs = state.deliveries.tries(seq).to_vec();
    let here = seqs.iter().filter_map(|seq| state.captures.get(*seq)).cloned().collect();
    vec![Effect::Tries(seq, seqs, here)]
}

/// Takes in what there is to say of tries.
pub(super) fn tried(state: &mut State, seq: Seq, tries: Vec<Try>) -> Vec<Effect> {
    state.tries = Some((seq, tries));
    Vec::new()
}
