//! Giving a capture to other programs: the pager, the editor, a file.

use std::{path::PathBuf, sync::Arc};

use super::acting::subject;
use crate::model::Size;
use crate::tui::{
    action::Action,
    effect::{Effect, Saving},
    external::{self, Part, With},
    keymap::Context,
    mask::Mask,
    message::Tone,
    overlays::{Choice, Choose, Overlay, Place, choose::Item},
    state::State,
};

/// Asks what to open, and with what.
pub(super) fn programs(state: &mut State) {
    let Some(capture) = subject(state) else { return };
    if state.mask == Mask::Everywhere {
        let key = state.session.keymap.chord(Context::Inspector, Action::MaskEverywhere);
        let key = key.map_or_else(|| Action::MaskEverywhere.row().name.to_owned(), |key| key.to_string());
        state.tell(
            Tone::Plain,
            format!("secrets are masked everywhere, and no other program masks them; {key} ends that first"),
        );
        return;
    }
    let body = Size(capture.body.len() as u64).to_string();
    let whole = Size((capture.head.bytes().len() + capture.body.len()) as u64).to_string();
    let item = |what, part, size: &str, with: With| {
        Item::new(format!("{what} in the {}", with.name()), size, Choice::OpenIn(part, with))
    };
    let items = vec![
        item("body", Part::Body, &body, With::Pager),
        item("body", Part::Body, &body, With::Editor),
        item("whole request", Part::Request, &whole, With::Pager),
        item("whole request", Part::Request, &whole, With::Editor),
    ];
    state.overlays.push(Overlay::Choose(Box::new(Choose::new("Open", "what…", items))));
}

/// Opens it.
pub(super) fn open(state: &State, part: Part, with: With) -> Vec<Effect> {
    subject(state).map(|capture| Effect::Open(capture, part, with)).into_iter().collect()
}

/// Asks for the name of a file for the body.
pub(super) fn files(state: &mut State) {
    let Some(capture) = subject(state) else { return };
    let name = format!("creel-{}-body.{}", capture.seq.0, external::extension(&capture));
    let detail = format!("{}, as it came", Size(capture.body.len() as u64));
    let items = vec![Item::new(name.as_str(), detail, Choice::SaveTo(Place::File(name.clone())))];
    let choose = Choose::new("Save the body to", "another file…", items).or_file(Choice::SaveTo(Place::Typed));
    state.overlays.push(Overlay::Choose(Box::new(choose)));
}

/// Begins to write it. `typed` is what stands in the chooser's line.
pub(super) fn save(state: &State, place: &Place, typed: &str) -> Vec<Effect> {
    let path = match place {
        Place::File(name) | Place::Unredacted(name) => PathBuf::from(name),
        Place::Typed => PathBuf::from(typed.trim()),
        Place::Clipboard => return Vec::new(),
    };
    let saving = |capture: Arc<_>| Effect::Save(Box::new(Saving { capture, path, overwrite: false }));
    subject(state).map(saving).into_iter().collect()
}
