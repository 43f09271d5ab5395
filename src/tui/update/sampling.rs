//! Choosing a sample, and where it goes.

use crate::sample;
use crate::tui::{
    effect::{Effect, SampleTo},
    message::Tone,
    overlays::{Choice, Choose, Item, Overlay},
    state::State,
};

/// Asks which.
pub(super) fn samples() -> Overlay {
    let items = sample::all()
        .iter()
        .enumerate()
        .map(|(at, sample)| Item::new(sample.full_name(), sample.about, Choice::Sample(at)))
        .collect();
    Overlay::Choose(Box::new(Choose::new("Send a sample", "github.push…", items)))
}

/// Takes what was chosen.
pub(super) fn chosen(state: &mut State, choice: &Choice) -> Vec<Effect> {
    match choice {
        Choice::Sample(at) => places(state, *at),
        choice => send(state, choice),
    }
}

/// Asks where to, where there is a choice.
fn places(state: &mut State, at: usize) -> Vec<Effect> {
    let mut items = Vec::new();
    if state.session.files.is_none() {
        items.push(Item::new("here", "caught by this creel, as anything is", Choice::SampleTo(at, None)));
    }
    let targets = state.replays.targets().iter().enumerate();
    items.extend(targets.map(|(to, target)| Item::new(target.label(), target.url(), Choice::SampleTo(at, Some(to)))));
    match items.as_slice() {
        [] => state.tell(Tone::Plain, "nothing is listened to and there is no target; --target URL names one"),
        [one] => {
            let choice = one.choice.clone();
            return send(state, &choice);
        }
        _ => state.overlays.push(Overlay::Choose(Box::new(Choose::new("Send it to", "", items)))),
    }
    Vec::new()
}

/// Sends it.
fn send(state: &mut State, choice: &Choice) -> Vec<Effect> {
    let Choice::SampleTo(at, to) = choice else { return Vec::new() };
    let Some(sample) = sample::all().get(*at) else { return Vec::new() };
    let to = match to {
        None => SampleTo::Here(format!("{}/{}", state.session.url, sample.provider)),
        Some(to) => match state.replays.targets().get(*to) {
            Some(target) => SampleTo::Target(Box::new(target.clone())),
            None => return Vec::new(),
        },
    };
    vec![Effect::Sample(sample, to, state.now)]
}
