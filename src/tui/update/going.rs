//! Going to a place of what the inspector shows: asked for, or typed among the commands.

use super::{focus, page_size};
use crate::tui::{
    action::Action,
    effect::Effect,
    message::Tone,
    overlays::{Choice, Choose, Item, Overlay},
    panes::inspector,
    state::{Pane, State},
};

/// Asks where to go.
pub(super) fn places() -> Overlay {
    let items = vec![
        Item::new("first line", "", Choice::Do(Action::First)),
        Item::new("last line", "", Choice::Do(Action::Last)),
    ];
    Overlay::Choose(Box::new(Choose::new("Go to", "120, @0x1f40, 50%", items).or_place()))
}

/// Goes to the place that is typed, and says where that is.
pub(super) fn go_to(state: &mut State, typed: &str) -> Vec<Effect> {
    focus(state, Pane::Inspector);
    let (_, height) = page_size(state);
    match inspector::go_to(&mut state.inspector, typed, height) {
        Ok(said) => state.tell(Tone::Plain, said),
        Err(why) => state.tell(Tone::Bad, why),
    }
    Vec::new()
}
