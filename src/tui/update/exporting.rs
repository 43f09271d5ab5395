//! Exporting: which form, how much, and where to; each a chooser, and accepting the first item of each writes the selected
//! request into a file beside the user. What comes of it is a notice, or a question where a file is there already.

use std::{path::PathBuf, sync::Arc};

use super::acting::subject;
use crate::export::{Base, FORMATS, Format, Options};
use crate::model::{Capture, Printable};
use crate::tui::{
    effect::{Destination, Effect, Order, Results, Saving, Writing},
    overlays::{Choice, Choose, Item, Overlay, Place, Scope},
    state::State,
};

/// Which form.
pub(super) fn formats(state: &mut State) {
    let items = FORMATS.iter().map(|format| {
        // What it is; what it changes does not fit into a line.
        let what = format.help.split([':', ';']).next().unwrap_or_default();
        Item::new(format.label, what, Choice::ExportAs(format.name))
    });
    let choose = Choose::new("Export as", "format…", items.collect());
    state.overlays.push(Overlay::Choose(Box::new(choose)));
}

/// How much: not asked where the list shows one request alone.
pub(super) fn scopes(state: &mut State, format: &'static str) {
    let listed = state.requests.list.rows().len();
    let Some(capture) = subject(state) else { return places(state, format, Scope::Listed) };
    if listed <= 1 {
        return places(state, format, Scope::Selected);
    }
    let (method, target) = (capture.head.method(), state.target_to_show(capture.head.target()));
    let all = if state.filter.is_on() { "what the filter shows" } else { "the whole list" };
    let items = vec![
        Item::new(
            format!("{} alone", capture.seq),
            [method, b" ", &target].concat(),
            Choice::ExportOf(format, Scope::Selected),
        ),
        Item::new(format!("all {listed} requests"), all, Choice::ExportOf(format, Scope::Listed)),
    ];
    state.overlays.push(Overlay::Choose(Box::new(Choose::new("Export how much?", "", items))));
}

/// Where to.
pub(super) fn places(state: &mut State, format: &'static str, scope: Scope) {
    let Ok(row) = Format::named(format) else { return };
    let stem = match (scope, subject(state)) {
        (Scope::Selected, Some(capture)) => format!("creel-{}", capture.seq.0),
        _ => "creel".to_owned(),
    };
    let file = format!("{stem}.{}", row.extension);
    let to = |place| Choice::ExportTo(format, scope, place);
    let what = if row.for_people { "a file here, without the secrets" } else { "a file here" };
    let mut items = vec![
        Item::new(file.as_str(), what, to(Place::File(file.clone()))),
        Item::new("clipboard", "what a file would have", to(Place::Clipboard)),
    ];
    if row.for_people {
        let label = format!("{file}, secrets left in");
        items.push(Item::new(label, "a file for your eyes alone", to(Place::Unredacted(file))));
    }
    let choose = Choose::new("Export to", "another file…", items).or_file(to(Place::Typed));
    state.overlays.push(Overlay::Choose(Box::new(choose)));
}

/// Begins to write. `typed` is what stands in the chooser's line.
pub(super) fn export(state: &State, format: &'static str, scope: Scope, place: &Place, typed: &str) -> Vec<Effect> {
    let Ok(format) = Format::named(format) else { return Vec::new() };
    let captures: Vec<Arc<Capture>> = match scope {
        Scope::Selected => subject(state).into_iter().collect(),
        Scope::Listed => {
            state.requests.list.rows().iter().filter_map(|seq| state.captures.get(*seq)).cloned().collect()
        }
    };
    let redacts = format.for_people && !matches!(place, Place::Unredacted(_));
    let file = |name: &str| Destination::File { path: PathBuf::from(name), overwrite: false };
    let to = match place {
        Place::File(name) | Place::Unredacted(name) => file(name),
        Place::Typed => file(typed.trim()),
        Place::Clipboard => Destination::Clipboard,
    };
    let options = Options {
        url: state.session.url.parse().unwrap_or_else(|_| Base::default()),
        redaction: redacts.then(|| state.session.redaction.clone()),
    };
    vec![Effect::Export(Box::new(Order { format, captures, options, to }))]
}

/// A file is there already.
pub(super) fn ask(state: &mut State, writing: Writing) {
    let path = match &writing {
        Writing::Export(order) => match &order.to {
            Destination::File { path, .. } => Some(path),
            Destination::Clipboard => None,
        },
        Writing::Save(saving) => Some(&saving.path),
        Writing::Results(results) => Some(&results.path),
    };
    let name = path.map_or_else(String::new, |path| Printable::new(path.as_os_str().as_encoded_bytes()).to_string());
    state.exporting = Some(writing);
    let items = vec![
        Item::new("leave it as it is", name.as_str(), Choice::Nothing),
        Item::new("overwrite it", "what is in it is lost", Choice::Overwrite),
    ];
    state.overlays.push(Overlay::Choose(Box::new(Choose::new("That file is there already", "", items))));
}

/// The file may be overwritten.
pub(super) fn overwrite(state: &mut State) -> Vec<Effect> {
    match state.exporting.take() {
        None => Vec::new(),
        Some(Writing::Export(mut order)) => {
            if let Destination::File { overwrite, .. } = &mut order.to {
                *overwrite = true;
            }
            vec![Effect::Export(order)]
        }
        Some(Writing::Results(results)) => {
            vec![Effect::Write(Writing::Results(Box::new(Results { overwrite: true, ..*results })))]
        }
        Some(Writing::Save(saving)) => vec![Effect::Save(Box::new(Saving { overwrite: true, ..*saving }))],
    }
}
