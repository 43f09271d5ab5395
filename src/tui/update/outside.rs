//! Giving a capture to other programs: the pager, the editor, a file.

use std::{path::PathBuf, sync::Arc};

use super::acting::subject;
use crate::decode;
use crate::model::{Capture, Size};
use crate::tui::{
    action::Action,
    effect::{Effect, Saving},
    external::{self, Part, With},
    keymap::Context,
    mask::Mask,
    message::Tone,
    overlays::{Choice, Choose, Item, Overlay, Place, Saved},
    panes::inspector,
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
    let mut items = vec![
        item("body", Part::Body, &body, With::Pager),
        item("body", Part::Body, &body, With::Editor),
        item("whole request", Part::Request, &whole, With::Pager),
        item("whole request", Part::Request, &whole, With::Editor),
    ];
    for (at, part) in parts(state, &capture).into_iter().enumerate() {
        let (label, detail) = described(at, &part);
        let part = Part::Piece(Box::new(part));
        for with in [With::Pager, With::Editor] {
            let label = format!("{label} in the {}", with.name());
            items.push(Item::new(label, detail.as_str(), Choice::OpenIn(part.clone(), with)));
        }
    }
    state.overlays.push(Overlay::Choose(Box::new(Choose::new("Open", "what…", items))));
}

/// Opens it.
pub(super) fn open(state: &State, part: Part, with: With) -> Vec<Effect> {
    subject(state).map(|capture| Effect::Open(capture, part, with)).into_iter().collect()
}

/// The parts of a body, as its own view has them.
fn parts(state: &State, capture: &Capture) -> Vec<decode::Part> {
    inspector::parts(&state.inspector, capture, state.mask)
}

/// What a part is called, and what is said of it; both may have words from outside.
fn described(at: usize, part: &decode::Part) -> (String, String) {
    let size = Size(part.bytes.len() as u64).to_string();
    let media = part.content_type.as_deref().map(String::from_utf8_lossy);
    let said = [Some(size.as_str()), part.name.as_deref(), media.as_deref()];
    (format!("part {}", at + 1), said.into_iter().flatten().collect::<Vec<_>>().join(" · "))
}

/// Asks what of the body to save, where it has parts, and for the name of a file.
pub(super) fn files(state: &mut State) {
    let Some(capture) = subject(state) else { return };
    let parts = parts(state, &capture);
    if parts.is_empty() {
        return places(state, Saved::Body);
    }
    let whole = format!("{}, as it came", Size(capture.body.len() as u64));
    let items = parts.iter().enumerate().map(|(at, part)| {
        let (label, detail) = described(at, part);
        Item::new(label, detail, Choice::Save(Saved::Part(at)))
    });
    let items = std::iter::once(Item::new("all of the body", whole, Choice::Save(Saved::Body))).chain(items);
    state.overlays.push(Overlay::Choose(Box::new(Choose::new("Save what?", "part…", items.collect()))));
}

/// Asks for the name of a file.
pub(super) fn places(state: &mut State, what: Saved) {
    let Some(capture) = subject(state) else { return };
    let seq = capture.seq.0;
    let (title, name, detail) = match what {
        Saved::Body => {
            let name = format!("creel-{seq}-body.{}", external::extension(&capture));
            ("Save the body to", name, format!("{}, as it came", Size(capture.body.len() as u64)))
        }
        Saved::Part(at) => {
            let Some(part) = parts(state, &capture).into_iter().nth(at) else { return };
            let (number, extension) = (at + 1, external::extension_of(part.content_type.as_deref()));
            let ours = || format!("creel-{seq}-part-{number}.{extension}");
            let (_, detail) = described(at, &part);
            ("Save the part to", part.filename.unwrap_or_else(ours), detail)
        }
    };
    let items = vec![Item::new(name.as_str(), detail, Choice::SaveTo(what, Place::File(name.clone())))];
    let choose = Choose::new(title, "another file…", items).or_file(Choice::SaveTo(what, Place::Typed));
    state.overlays.push(Overlay::Choose(Box::new(choose)));
}

/// Begins to write it. `typed` is what stands in the chooser's line.
pub(super) fn save(state: &State, what: Saved, place: &Place, typed: &str) -> Vec<Effect> {
    let path = match place {
        Place::File(name) | Place::Unredacted(name) => PathBuf::from(name),
        Place::Typed => PathBuf::from(typed.trim()),
        Place::Clipboard => return Vec::new(),
    };
    let saving = |capture: Arc<Capture>| {
        let part = match what {
            Saved::Body => None,
            Saved::Part(at) => Some((at + 1, parts(state, &capture).into_iter().nth(at)?.bytes)),
        };
        Some(Effect::Save(Box::new(Saving { capture, part, path, overwrite: false })))
    };
    subject(state).and_then(saving).into_iter().collect()
}
