//! Showing and masking what is secret.

use crate::tui::{action::Action, keymap::Context, mask::Mask, message::Tone, state::State};

/// Shows or masks.
pub(super) fn act(state: &mut State, action: Action) {
    let (mask, words) = match (action, state.mask) {
        (Action::MaskEverywhere, Mask::Everywhere) => (Mask::Headers, "secrets are masked in the headers tab alone"),
        (Action::MaskEverywhere, _) => (Mask::Everywhere, "secrets of known names are masked everywhere"),
        (_, Mask::Everywhere) => {
            let key = chord(state, Action::MaskEverywhere);
            state.tell(Tone::Plain, format!("secrets are masked everywhere; {key} ends that first"));
            return;
        }
        (_, Mask::Headers) => (Mask::Nothing, "secrets are shown"),
        (_, Mask::Nothing) => (Mask::Headers, "secrets are masked in the headers tab"),
    };
    state.mask = mask;
    state.tell(Tone::Plain, words);
}

fn chord(state: &State, action: Action) -> String {
    state
        .session
        .keymap
        .chord(Context::Inspector, action)
        .map_or_else(|| action.row().name.to_owned(), |key| key.to_string())
}

/// What to press to see what is masked.
pub(super) fn hint(state: &State) -> String {
    match state.mask {
        Mask::Headers => format!("{} shows them", chord(state, Action::ShowSecrets)),
        Mask::Nothing => String::new(),
        Mask::Everywhere => format!("{} ends that", chord(state, Action::MaskEverywhere)),
    }
}
