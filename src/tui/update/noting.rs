//! What the user writes on a request: asked for, kept, taken away.

use std::sync::Arc;

use super::{acting::subject, rematch};
use crate::model::Seq;
use crate::tui::{
    effect::Effect,
    message::Tone,
    overlays::{Choice, Choose, Item, Overlay},
    state::State,
};

/// How long a note may be, in characters: a line on a wide screen.
const LONGEST: usize = 200;

/// Asks for a note on the request that actions are about, or for another one.
pub(super) fn ask(state: &mut State) {
    let Some(capture) = subject(state) else { return };
    let seq = capture.seq;
    let before = state.notes.get(&seq).cloned();
    let take = before.iter().map(|note| Item::new("take the note away", note.as_bytes(), Choice::TakeNote(seq)));
    let choose = Choose::new("Note", "a few words on this request…", take.collect());
    let choose = choose.or_words(Choice::Note(seq), before.as_deref().unwrap_or_default());
    state.overlays.push(Overlay::Choose(Box::new(choose)));
}

/// Writes words on a request; none take away what was written.
pub(super) fn write(state: &mut State, seq: Seq, words: &str) -> Vec<Effect> {
    let words: String = words.trim().chars().take(LONGEST).collect();
    let note: Option<Arc<str>> = (!words.is_empty()).then(|| words.into());
    let said = match &note {
        Some(note) => {
            state.notes.insert(seq, Arc::clone(note));
            format!("{seq} has a note; note:… filters by it")
        }
        None => {
            state.notes.remove(&seq);
            format!("{seq} has no note any more")
        }
    };
    state.tell(Tone::Good, said);
    std::iter::once(Effect::Note(seq, note)).chain(rematch(state, seq)).collect()
}
