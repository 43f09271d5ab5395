//! Drafts: editing a copy of a request here or in the user's own editor, composing one, and keeping what is made.
//!
//! Decided: a draft goes into the store like anything that is caught, and is selected when the store tells of it. Texts that
//! came back from an editor and are no request are kept here until they are opened again, so that no writing is lost; and
//! what would be lost by leaving is asked about.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;

use super::{acting::subject, focus};
use crate::import;
use crate::model::{CaptureId, Seq, Size};
use crate::replay::Plan;
use crate::tui::{
    action::Action,
    chord::Chord,
    composing::{self, Composed},
    effect::Effect,
    external::{Back, Part},
    keymap::Context,
    mask::Mask,
    message::{CameBack, Tone},
    overlays::{Choice, Choose, Item, Overlay},
    panes::{editor::Editor, inspector::Tab},
    state::{Pane, State},
};

/// How many texts are kept that came back from an editor and are no request.
const KEPT: usize = 16;

/// A text that is no request, and of what it was made; nothing where it was composed.
pub type Unread = (Option<CaptureId>, Bytes);

/// Why nothing can be edited now; nothing when it can.
pub(super) fn unavailable(state: &State, action: Action) -> Option<&'static str> {
    match action {
        Action::Edit | Action::EditOutside if state.editor.is_none() && subject(state).is_none() => {
            Some("no request is selected to edit; c composes one")
        }
        Action::Edit | Action::EditOutside | Action::Compose if state.mask == Mask::Everywhere => {
            Some("secrets are masked everywhere, and an editor would show them; ^s ends that first")
        }
        _ => None,
    }
}

/// Does what an action means outside of the editor.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Edit => {
            if let Some(capture) = subject(state) {
                open(state, Editor::open(&capture));
            }
        }
        Action::EditOutside => {
            let Some(capture) = subject(state) else { return Vec::new() };
            return outside(state, Editor::open(&capture));
        }
        _ => state.overlays.push(sources()),
    }
    Vec::new()
}

fn open(state: &mut State, editor: Editor) {
    focus(state, Pane::Inspector);
    state.requests.list.hold();
    state.editor = Some(Box::new(editor));
}

/// A key in the editor.
pub(super) fn key(state: &mut State, action: Option<Action>, chord: Chord) -> Vec<Effect> {
    match action {
        Some(Action::SaveDraft) => return save(state),
        Some(Action::LeaveEditor) => leave(state),
        Some(Action::EditOutside) => return with_editor(state, Back::Request),
        Some(Action::EditBody) => return with_editor(state, Back::Body),
        Some(Action::Help) => return super::act(state, Action::Help),
        action => {
            let Some(editor) = &mut state.editor else { return Vec::new() };
            let done = match action {
                Some(action) => editor.act(action),
                None => editor.key(chord),
            };
            if let Err(why) = done {
                state.tell(Tone::Plain, why);
            }
        }
    }
    Vec::new()
}

/// Text pasted into the editor; a whole request where nothing was written yet.
pub(super) fn paste(state: &mut State, text: &str) {
    let Some(editor) = &mut state.editor else { return };
    if editor.of().is_none() && !editor.is_unsaved() && is_request(text) {
        compose_from(state, text.as_bytes(), "what was pasted");
    } else if let Err(why) = editor.paste(text) {
        state.tell(Tone::Plain, why);
    }
}

/// Whether a text is a curl command or an HTTP request rather than words.
pub(super) fn is_request(text: &str) -> bool {
    import::Source::of(text.as_bytes()).is_some_and(|source| matches!(source.name, "curl" | "raw"))
}

/// Composes what a pasted text says, where it says a request; says whether it does.
pub(super) fn pasted(state: &mut State, text: &str) -> bool {
    if !is_request(text) || state.mask == Mask::Everywhere {
        return false;
    }
    compose_from(state, text.as_bytes(), "what was pasted");
    true
}

fn compose_from(state: &mut State, text: &[u8], what: &str) {
    let read = composing::first(import::captures(text, None, state.now));
    composed(state, what, read);
}

/// Opens the editor with a request that was read, and says what is to be known of it.
pub(super) fn composed(state: &mut State, what: &str, read: Result<Composed, String>) -> Vec<Effect> {
    match read {
        Ok(Composed { capture, more, odd }) => {
            open(state, Editor::compose(capture));
            if let Some(odd) = odd {
                state.tell(Tone::Bad, format!("composed of {what}, but: {odd}"));
            } else if more > 0 {
                state.tell(Tone::Plain, format!("{what} has {more} more; creel import takes them all"));
            } else {
                state.tell(Tone::Good, format!("composed of {what}; ^s keeps it"));
            }
        }
        Err(why) => state.tell(Tone::Bad, format!("nothing is composed of {what}: {why}")),
    }
    Vec::new()
}

/// Asks of what to compose.
fn sources() -> Overlay {
    let items = vec![
        Item::new("an empty request", "or paste a curl command or an HTTP request here", Choice::ComposeEmpty),
        Item::new("in $EDITOR", "as a text: request line, headers, a blank line, the body", Choice::ComposeOutside),
    ];
    let choose = Choose::new("Compose", "a file with a request…", items).or_file(Choice::ComposeFile);
    Overlay::Choose(Box::new(choose))
}

/// Whether a text that is pasted into this overlay may be a request.
pub(super) fn takes_requests(overlay: Option<&Overlay>) -> bool {
    matches!(overlay, Some(Overlay::Choose(choose)) if choose.offers(&Choice::ComposeEmpty))
}

/// Takes what was chosen. `typed` is what stands in the chooser's line.
pub(super) fn chosen(state: &mut State, choice: &Choice, typed: &str) -> Vec<Effect> {
    match choice {
        Choice::ComposeEmpty => open(state, Editor::empty(state.now)),
        Choice::ComposeOutside => return outside(state, Editor::empty(state.now)),
        Choice::ComposeFile => return vec![Effect::Compose(PathBuf::from(typed.trim()))],
        Choice::SaveDraft => return save(state),
        Choice::DropDraft => {
            state.editor = None;
            state.tell(Tone::Plain, "what was changed is thrown away");
        }
        _ => {}
    }
    Vec::new()
}

/// Leaves the editor, after asking where something would be lost.
pub(super) fn leave(state: &mut State) {
    let Some(editor) = &state.editor else { return };
    if !editor.is_unsaved() {
        state.editor = None;
        return;
    }
    let changed = match editor.changes() {
        0 => "it was not saved yet".to_owned(),
        count => format!("{count} changed"),
    };
    let items = vec![
        Item::new("go on editing", changed, Choice::Nothing),
        Item::new("save it as a draft", "and leave", Choice::SaveDraft),
        Item::new("throw the changes away", "for good", Choice::DropDraft),
    ];
    state.overlays.push(Overlay::Choose(Box::new(Choose::new("Leave the editor?", "", items))));
}

fn save(state: &mut State) -> Vec<Effect> {
    let Some(editor) = &state.editor else { return Vec::new() };
    if editor.of().is_some() && !editor.is_unsaved() {
        state.tell(Tone::Plain, "nothing is changed, so there is nothing to save");
        return Vec::new();
    }
    if let Some(why) = state.editor.as_mut().and_then(|editor| editor.unsendable()) {
        state.tell(Tone::Bad, why);
        return Vec::new();
    }
    let Some(editor) = state.editor.take() else { return Vec::new() };
    keep(state, &editor)
}

/// Puts the draft into the store, and says what is to be known of it.
fn keep(state: &mut State, editor: &Editor) -> Vec<Effect> {
    let draft = editor.draft(state.now);
    state.requests.list.hold();
    let words = match (editor.of(), editor.signed_by()) {
        (None, _) => "the draft is kept; r sends it".to_owned(),
        (Some(of), None) => format!("a draft of {of} is kept; r sends it"),
        (Some(of), Some(name)) => {
            let name = String::from_utf8_lossy(&name).into_owned();
            format!("a draft of {of} is kept; {name} signs what came, not this")
        }
    };
    state.tell(Tone::Good, words);
    vec![Effect::KeepDraft(Box::new(draft))]
}

/// The store has the draft under that number: it is selected as soon as it is here.
pub(super) fn kept(state: &mut State, seq: Seq) -> Vec<Effect> {
    state.drafted = Some(seq);
    select(state);
    Vec::new()
}

/// The store has a draft under that number, and this is how it goes to its target.
pub(super) fn goes(state: &mut State, seq: Seq, plan: Box<Plan>, words: String) -> Vec<Effect> {
    let id = state.replays.next_id();
    state.replays.begin(plan.attempt(id, state.now));
    state.tell(Tone::Good, words);
    let mut effects = kept(state, seq);
    effects.push(Effect::Replay(id, plan));
    effects
}

/// Selects the newest draft, once it is here.
pub(super) fn select(state: &mut State) {
    let Some(seq) = state.drafted.filter(|seq| state.captures.get(*seq).is_some() && state.editor.is_none()) else {
        return;
    };
    if let Some(at) = state.requests.list.rows().iter().position(|row| *row == seq) {
        state.requests.list.select_row(at);
    } else if state.filter.is_on() {
        // Matching may still be under way.
        if state.filter.is_working() {
            return;
        }
        state.tell(Tone::Plain, format!("the draft is {seq}, which the filter hides; F shows every request"));
    } else {
        return;
    }
    state.drafted = None;
    if state.inspector.tab == Tab::Answer {
        state.inspector.tab = Tab::Body;
    }
}

/// Opens what is edited here in the user's editor.
fn with_editor(state: &mut State, back: Back) -> Vec<Effect> {
    let Some(editor) = &state.editor else { return Vec::new() };
    if back == Back::Request && editor.base().body.is_spooled() {
        state.tell(Tone::Plain, "its body is too large to stand in one text with its head; alt-o opens the body");
        return Vec::new();
    }
    let (text, part) = match back {
        Back::Body => (None, Part::Body),
        _ => (Some(kept_text(state, editor).unwrap_or_else(|| editor.written().into())), Part::Request),
    };
    vec![Effect::EditOutside(Arc::new(editor.draft(state.now)), part, text, back)]
}

/// Edits a copy in the user's editor alone: what comes back is the draft.
fn outside(state: &mut State, editor: Editor) -> Vec<Effect> {
    if editor.base().body.is_spooled() {
        let size = Size(editor.base().body.len() as u64);
        state.tell(Tone::Plain, format!("{size} of body do not stand in one text with the head; e edits the rest"));
        return Vec::new();
    }
    let text = kept_text(state, &editor).unwrap_or_else(|| editor.written().into());
    let capture = Arc::new(editor.draft(state.now));
    state.outside = Some(Box::new(editor));
    vec![Effect::EditOutside(capture, Part::Request, Some(text), Back::Request)]
}

fn kept_text(state: &State, editor: &Editor) -> Option<Bytes> {
    let of = editor.id();
    state.unread.iter().find(|(id, _)| *id == of).map(|(_, text)| text.clone())
}

/// An editor has ended.
pub(super) fn came_back(state: &mut State, back: Back, came: CameBack) -> Vec<Effect> {
    let alone = state.outside.take();
    let was_open = alone.is_none();
    let Some(mut editor) = alone.or_else(|| state.editor.take()) else { return Vec::new() };
    let id = editor.id();
    let key = if was_open { "alt-e" } else { "E" };
    let mut effects = Vec::new();
    match (came.text, came.failed) {
        (None, None) => state.tell(Tone::Plain, "nothing was changed in the editor"),
        (None, Some(why)) => state.tell(Tone::Bad, format!("{why}; nothing was changed")),
        (Some(text), None) if text.trim_ascii().is_empty() => {
            state.tell(Tone::Bad, "the editor left an empty file; nothing was changed");
        }
        (Some(text), Some(why)) => {
            if text.trim_ascii().is_empty() || back == Back::Body {
                state.tell(Tone::Bad, format!("{why}; nothing was changed"));
            } else {
                state.tell(Tone::Bad, format!("{why}; what it left is kept, and {key} opens it again"));
                keep_text(state, id, text);
            }
        }
        (Some(text), None) if back == Back::Body => editor.take_body(&text),
        (Some(text), None) => match import::written(&text) {
            Err(why) => {
                state.tell(Tone::Bad, format!("no request: {why}; the text is kept, and {key} opens it again"));
                keep_text(state, id, text);
            }
            Ok((head, body)) => {
                state.unread.retain(|(other, _)| *other != id);
                editor.take(&head, &body);
                if !was_open && editor.is_unsaved() {
                    effects = keep(state, &editor);
                } else if !editor.is_unsaved() {
                    state.tell(Tone::Plain, "nothing was changed in the editor");
                }
            }
        },
    }
    if was_open {
        state.editor = Some(editor);
    }
    effects
}

fn keep_text(state: &mut State, id: Option<CaptureId>, text: Bytes) {
    state.unread.retain(|(other, _)| *other != id);
    if state.unread.len() >= KEPT {
        state.unread.remove(0);
        state.tell(Tone::Bad, format!("the text is kept; the oldest of {KEPT} others had to go for it"));
    }
    state.unread.push((id, text));
}

/// Whether ending creel would lose something that was written; asks about it then.
pub(super) fn asks_before_quitting(state: &mut State) -> bool {
    let texts = state.unread.len();
    if texts == 0 {
        return false;
    }
    let key = state.session.keymap.chord(Context::Requests, Action::EditOutside);
    let key = key.map_or_else(String::new, |key| format!("{key} opens each again, on its request"));
    let words = if texts == 1 { "1 text".to_owned() } else { format!("{texts} texts") };
    let items = vec![
        Item::new("stay", format!("{words} from an editor kept; {key}"), Choice::Nothing),
        Item::new("end creel", "they are lost then", Choice::QuitAnyway),
    ];
    state.overlays.push(Overlay::Choose(Box::new(Choose::new("End creel?", "", items))));
    true
}
