//! Which chord means which action where: the one table of bindings, and the look-ups made of it.
//!
//! Dispatch, the footer's hints, the help overlay, `creel keys` and the README's table all read it; the config changes
//! copies of it. A context inherits from [`Context::parent`], so that a pane says only what is its own.

use super::{action::Action, chord::Chord};

/// Where a key is pressed: the innermost thing that has the focus.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Context {
    /// Everywhere but where text is typed.
    Global,
    /// The list of requests.
    Requests,
    /// The inspector.
    Inspector,
    /// The list of replays.
    Replays,
    /// Behind `z` in the inspector, for one key.
    Folds,
    /// The request editor.
    Editor,
    /// The filter's line.
    Filter,
    /// The search line of the inspector.
    Search,
    /// The line of the inspector for a jq expression.
    Jq,
    /// An overlay with a list to choose from, and perhaps a line to type in.
    Choose,
    /// What is asked before many are sent.
    Form,
    /// What came of sending many.
    Results,
    /// A comparison.
    Compare,
    /// An overlay to read.
    Help,
}

impl Context {
    /// Every context, in the order of the help overlay, with its heading.
    pub const ALL: [(Self, &'static str); 14] = [
        (Self::Global, "Everywhere"),
        (Self::Requests, "Requests"),
        (Self::Inspector, "Inspector"),
        (Self::Replays, "Replays"),
        (Self::Folds, "Folds, behind z"),
        (Self::Editor, "While editing a request"),
        (Self::Filter, "While filtering"),
        (Self::Search, "While searching"),
        (Self::Jq, "While writing jq"),
        (Self::Choose, "In a chooser"),
        (Self::Form, "Before sending many"),
        (Self::Results, "In the results of many"),
        (Self::Compare, "In a comparison"),
        (Self::Help, "In the help"),
    ];

    /// Where a chord is looked for next when this context does not bind it.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Requests | Self::Inspector | Self::Replays => Some(Self::Global),
            Self::Global
            | Self::Folds
            | Self::Editor
            | Self::Filter
            | Self::Search
            | Self::Jq
            | Self::Choose
            | Self::Form
            | Self::Results
            | Self::Compare
            | Self::Help => None,
        }
    }

    /// Whether characters that are not bound are typed into a text here.
    pub fn takes_text(self) -> bool {
        matches!(self, Self::Editor | Self::Filter | Self::Search | Self::Jq | Self::Choose | Self::Form)
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// The chords, the one to show first.
    pub chords: &'static [&'static str],
    /// What they mean.
    pub action: Action,
    /// Its place among the footer's hints, 1 first; 0 for none.
    pub hint: u8,
}

const fn bind(context: Context, chords: &'static [&'static str], action: Action, hint: u8) -> Binding {
    Binding { context, chords, action, hint }
}

/// The bindings that creel comes with.
pub const BINDINGS: &[Binding] = &[
    bind(Context::Global, &["r"], Action::Replay, 1),
    bind(Context::Global, &["R"], Action::ReplayTo, 2),
    bind(Context::Global, &["A"], Action::ReplayMany, 0),
    bind(Context::Global, &["O"], Action::Results, 0),
    bind(Context::Global, &["e"], Action::Edit, 2),
    bind(Context::Global, &["E"], Action::EditOutside, 0),
    bind(Context::Global, &["c"], Action::Compose, 0),
    bind(Context::Global, &["d"], Action::Compare, 4),
    bind(Context::Global, &["S"], Action::SendSample, 0),
    bind(Context::Global, &["Y"], Action::Confirm, 0),
    bind(Context::Global, &["f"], Action::Filter, 0),
    bind(Context::Global, &["F"], Action::ClearFilter, 0),
    bind(Context::Global, &["Q"], Action::QuickFilter, 0),
    bind(Context::Global, &["I"], Action::InvertFilter, 0),
    bind(Context::Global, &["K"], Action::SaveFilter, 0),
    bind(Context::Global, &["y"], Action::Copy, 5),
    bind(Context::Global, &["u"], Action::CopyUrl, 0),
    bind(Context::Global, &["m"], Action::Pin, 0),
    bind(Context::Global, &["M"], Action::Note, 0),
    bind(Context::Global, &["x"], Action::Export, 8),
    bind(Context::Global, &["o"], Action::OpenIn, 0),
    bind(Context::Global, &["w"], Action::SaveBody, 0),
    bind(Context::Global, &["D", "delete"], Action::Delete, 0),
    bind(Context::Global, &["^x"], Action::DeleteAll, 0),
    bind(Context::Global, &["tab"], Action::FocusNext, 7),
    bind(Context::Global, &["shift-tab"], Action::FocusPrevious, 0),
    bind(Context::Global, &["j", "down"], Action::Down, 0),
    bind(Context::Global, &["k", "up"], Action::Up, 0),
    bind(Context::Global, &["^d"], Action::HalfPageDown, 0),
    bind(Context::Global, &["^u"], Action::HalfPageUp, 0),
    bind(Context::Global, &["pagedown", "^f"], Action::PageDown, 0),
    bind(Context::Global, &["pageup", "^b"], Action::PageUp, 0),
    bind(Context::Global, &["g", "home"], Action::First, 0),
    bind(Context::Global, &["G", "end"], Action::Last, 0),
    bind(Context::Global, &["l", "right"], Action::NextTab, 0),
    bind(Context::Global, &["h", "left"], Action::PreviousTab, 0),
    bind(Context::Global, &["1"], Action::TabBody, 0),
    bind(Context::Global, &["2"], Action::TabHeaders, 0),
    bind(Context::Global, &["3"], Action::TabQuery, 0),
    bind(Context::Global, &["4"], Action::TabRaw, 0),
    bind(Context::Global, &["5"], Action::TabAnswer, 0),
    bind(Context::Global, &["6"], Action::TabReplays, 0),
    bind(Context::Global, &["7"], Action::TabSignature, 0),
    bind(Context::Global, &["v"], Action::NextView, 0),
    bind(Context::Global, &["s"], Action::ShowSecrets, 0),
    bind(Context::Global, &["^s"], Action::MaskEverywhere, 0),
    bind(Context::Global, &["n"], Action::NextMatch, 0),
    bind(Context::Global, &["N"], Action::PreviousMatch, 0),
    bind(Context::Global, &["enter"], Action::Open, 0),
    bind(Context::Global, &["esc"], Action::Back, 0),
    bind(Context::Global, &["T"], Action::Themes, 0),
    bind(Context::Global, &["t"], Action::Tries, 0),
    bind(Context::Global, &["!"], Action::Refusals, 0),
    bind(Context::Global, &[":"], Action::Commands, 10),
    bind(Context::Global, &["?", "f1"], Action::Help, 9),
    bind(Context::Global, &["^z"], Action::Suspend, 0),
    bind(Context::Global, &["^l"], Action::Redraw, 0),
    bind(Context::Global, &["q", "^c"], Action::Quit, 11),
    bind(Context::Requests, &["/"], Action::Filter, 3),
    bind(Context::Requests, &["enter"], Action::Open, 4),
    bind(Context::Requests, &["space"], Action::Mark, 0),
    bind(Context::Requests, &["*"], Action::MarkAll, 0),
    bind(Context::Inspector, &["/"], Action::Search, 3),
    bind(Context::Inspector, &["v"], Action::NextView, 4),
    bind(Context::Inspector, &["space"], Action::Fold, 5),
    bind(Context::Inspector, &["z"], Action::Folding, 0),
    bind(Context::Inspector, &["p"], Action::Parent, 0),
    bind(Context::Inspector, &["}"], Action::NextSibling, 0),
    bind(Context::Inspector, &["{"], Action::PreviousSibling, 0),
    bind(Context::Inspector, &["]"], Action::NextDifference, 0),
    bind(Context::Inspector, &["["], Action::PreviousDifference, 0),
    bind(Context::Inspector, &["="], Action::FilterByValue, 0),
    bind(Context::Inspector, &["i"], Action::LookInside, 0),
    bind(Context::Folds, &["a"], Action::Fold, 3),
    bind(Context::Folds, &["M"], Action::FoldAll, 1),
    bind(Context::Folds, &["R"], Action::UnfoldAll, 2),
    bind(Context::Folds, &["1", "2", "3", "4", "5", "6", "7", "8", "9"], Action::FoldTo, 0),
    bind(Context::Folds, &["esc", "^c"], Action::Cancel, 0),
    bind(Context::Inspector, &["U"], Action::Unpack, 0),
    bind(Context::Inspector, &["W"], Action::WrapLines, 0),
    bind(Context::Inspector, &["#"], Action::LineNumbers, 0),
    bind(Context::Inspector, &["\\"], Action::Escapes, 0),
    bind(Context::Inspector, &["right", ">"], Action::ScrollRight, 0),
    bind(Context::Inspector, &["left", "<"], Action::ScrollLeft, 0),
    bind(Context::Inspector, &["$"], Action::LineEnd, 0),
    bind(Context::Inspector, &["0"], Action::LineStart, 0),
    bind(Context::Inspector, &["^g"], Action::GoTo, 0),
    bind(Context::Inspector, &["|"], Action::Jq, 0),
    bind(Context::Replays, &["/"], Action::Filter, 0),
    bind(Context::Replays, &["enter"], Action::Open, 3),
    bind(Context::Replays, &["esc"], Action::Back, 4),
    bind(Context::Editor, &["^s"], Action::SaveDraft, 1),
    bind(Context::Editor, &["esc", "^c"], Action::LeaveEditor, 2),
    bind(Context::Editor, &["tab"], Action::NextField, 3),
    bind(Context::Editor, &["shift-tab"], Action::PreviousField, 0),
    bind(Context::Editor, &["^n"], Action::AddLine, 4),
    bind(Context::Editor, &["^x"], Action::RemoveLine, 5),
    bind(Context::Editor, &["^d"], Action::DuplicateLine, 0),
    bind(Context::Editor, &["alt-up"], Action::LineUp, 0),
    bind(Context::Editor, &["alt-down"], Action::LineDown, 0),
    bind(Context::Editor, &["alt-r"], Action::RevertField, 6),
    bind(Context::Editor, &["alt-R"], Action::RevertAll, 0),
    bind(Context::Editor, &["^z"], Action::Undo, 7),
    bind(Context::Editor, &["^y"], Action::Redo, 0),
    bind(Context::Editor, &["alt-o"], Action::EditBody, 0),
    bind(Context::Editor, &["alt-e"], Action::EditOutside, 8),
    bind(Context::Editor, &["f1"], Action::Help, 0),
    bind(Context::Filter, &["enter"], Action::Accept, 1),
    bind(Context::Filter, &["esc", "^c"], Action::Cancel, 2),
    bind(Context::Filter, &["tab"], Action::Complete, 3),
    bind(Context::Filter, &["up", "^p"], Action::Older, 4),
    bind(Context::Filter, &["down", "^n"], Action::Newer, 0),
    bind(Context::Search, &["enter"], Action::Accept, 1),
    bind(Context::Search, &["esc", "^c"], Action::Cancel, 2),
    bind(Context::Search, &["^r"], Action::ToggleRegex, 3),
    bind(Context::Search, &["alt-c"], Action::ToggleCase, 4),
    bind(Context::Search, &["up", "^p"], Action::Older, 5),
    bind(Context::Search, &["down", "^n"], Action::Newer, 0),
    bind(Context::Jq, &["enter"], Action::Accept, 1),
    bind(Context::Jq, &["esc", "^c"], Action::Cancel, 2),
    bind(Context::Jq, &["up", "^p"], Action::Older, 3),
    bind(Context::Jq, &["down", "^n"], Action::Newer, 0),
    bind(Context::Choose, &["enter"], Action::Accept, 1),
    bind(Context::Choose, &["esc", "^c"], Action::Cancel, 2),
    bind(Context::Choose, &["up", "^p", "shift-tab"], Action::Older, 3),
    bind(Context::Choose, &["down", "^n", "tab"], Action::Newer, 4),
    bind(Context::Choose, &["^s"], Action::NextSigning, 0),
    bind(Context::Form, &["enter"], Action::Accept, 1),
    bind(Context::Form, &["esc", "^c"], Action::Cancel, 2),
    bind(Context::Form, &["up", "^p", "shift-tab"], Action::Older, 3),
    bind(Context::Form, &["down", "^n", "tab"], Action::Newer, 4),
    bind(Context::Results, &["enter"], Action::Open, 1),
    bind(Context::Results, &["esc", "q", "^c"], Action::Cancel, 2),
    bind(Context::Results, &["p"], Action::PauseMany, 3),
    bind(Context::Results, &["f"], Action::FailedOnly, 4),
    bind(Context::Results, &["r"], Action::ResendFailed, 5),
    bind(Context::Results, &["x"], Action::Export, 6),
    bind(Context::Results, &["O"], Action::Results, 0),
    bind(Context::Results, &["j", "down"], Action::Down, 0),
    bind(Context::Results, &["k", "up"], Action::Up, 0),
    bind(Context::Results, &["l", "right"], Action::ScrollRight, 0),
    bind(Context::Results, &["h", "left"], Action::ScrollLeft, 0),
    bind(Context::Results, &["^d"], Action::HalfPageDown, 0),
    bind(Context::Results, &["^u"], Action::HalfPageUp, 0),
    bind(Context::Results, &["pagedown", "^f"], Action::PageDown, 0),
    bind(Context::Results, &["pageup", "^b"], Action::PageUp, 0),
    bind(Context::Results, &["g", "home"], Action::First, 0),
    bind(Context::Results, &["G", "end"], Action::Last, 0),
    bind(Context::Compare, &["]", "n"], Action::NextDifference, 1),
    bind(Context::Compare, &["[", "N"], Action::PreviousDifference, 2),
    bind(Context::Compare, &["v"], Action::CompareSides, 3),
    bind(Context::Compare, &["a"], Action::CompareEverything, 4),
    bind(Context::Compare, &["i"], Action::CompareIgnored, 5),
    bind(Context::Compare, &["d"], Action::Compare, 6),
    bind(Context::Compare, &["j", "down"], Action::Down, 0),
    bind(Context::Compare, &["k", "up"], Action::Up, 0),
    bind(Context::Compare, &["^d"], Action::HalfPageDown, 0),
    bind(Context::Compare, &["^u"], Action::HalfPageUp, 0),
    bind(Context::Compare, &["pagedown", "space", "^f"], Action::PageDown, 0),
    bind(Context::Compare, &["pageup", "^b"], Action::PageUp, 0),
    bind(Context::Compare, &["g", "home"], Action::First, 0),
    bind(Context::Compare, &["G", "end"], Action::Last, 0),
    bind(Context::Compare, &["right", ">", "l"], Action::ScrollRight, 0),
    bind(Context::Compare, &["left", "<", "h"], Action::ScrollLeft, 0),
    bind(Context::Compare, &["0"], Action::LineStart, 0),
    bind(Context::Compare, &["esc", "q", "^c"], Action::Cancel, 7),
    bind(Context::Help, &["j", "down"], Action::Down, 1),
    bind(Context::Help, &["k", "up"], Action::Up, 2),
    bind(Context::Help, &["^d", "pagedown", "space"], Action::PageDown, 0),
    bind(Context::Help, &["^u", "pageup"], Action::PageUp, 0),
    bind(Context::Help, &["g", "home"], Action::First, 0),
    bind(Context::Help, &["G", "end"], Action::Last, 0),
    bind(Context::Help, &["esc", "q", "?", "enter", "^c"], Action::Cancel, 3),
];

/// A row of a keymap in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bound {
    /// Where it holds.
    pub context: Context,
    /// The chords, the one to show first; empty when the config took them away.
    pub chords: Vec<Chord>,
    /// What they mean.
    pub action: Action,
    /// Its place among the footer's hints, 1 first; 0 for none.
    pub hint: u8,
}

/// The bindings in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keymap {
    rows: Vec<Bound>,
}

impl Default for Keymap {
    fn default() -> Self {
        let rows = BINDINGS.iter().map(|binding| Bound {
            context: binding.context,
            // A test parses every chord of the table.
            chords: binding.chords.iter().filter_map(|chord| chord.parse().ok()).collect(),
            action: binding.action,
            hint: binding.hint,
        });
        Self { rows: rows.collect() }
    }
}

impl Keymap {
    /// Binds an action to these chords wherever it is bound, in place of its own. A chord that meant something else in the
    /// same context means it no longer.
    pub fn rebind(&mut self, action: Action, chords: &[Chord]) {
        let contexts: Vec<Context> =
            self.rows.iter().filter(|row| row.action == action).map(|row| row.context).collect();
        for row in &mut self.rows {
            if row.action == action {
                row.chords = chords.to_vec();
            } else if contexts.contains(&row.context) {
                row.chords.retain(|chord| !chords.contains(chord));
            }
        }
    }

    /// What a chord means in a context, its own bindings before its parents'.
    pub fn action(&self, context: Context, chord: Chord) -> Option<Action> {
        let own = self.rows.iter().find(|row| row.context == context && row.chords.contains(&chord));
        match own {
            Some(row) => Some(row.action),
            None => context.parent().and_then(|parent| self.action(parent, chord)),
        }
    }

    /// The chord to show for an action in a context.
    pub fn chord(&self, context: Context, action: Action) -> Option<Chord> {
        let own = self.rows.iter().find(|row| row.context == context && row.action == action);
        match own.and_then(|row| row.chords.first()) {
            Some(chord) => Some(*chord),
            None => context.parent().and_then(|parent| self.chord(parent, action)),
        }
    }

    /// What the footer hints at in a context, most useful first.
    pub fn hints(&self, context: Context) -> Vec<(Chord, Action)> {
        let mut rows: Vec<&Bound> = self
            .rows
            .iter()
            .filter(|row| row.hint > 0 && (row.context == context || Some(row.context) == context.parent()))
            .collect();
        rows.sort_by_key(|row| row.hint);
        let mut hints: Vec<(Chord, Action)> = Vec::with_capacity(rows.len());
        for row in rows {
            if let Some(chord) = row.chords.first()
                && hints.iter().all(|(_, action)| *action != row.action)
            {
                hints.push((*chord, row.action));
            }
        }
        hints
    }

    /// The rows of one context, in the order of the table.
    pub fn rows(&self, context: Context) -> impl Iterator<Item = &Bound> {
        self.rows.iter().filter(move |row| row.context == context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::action::ACTIONS;

    #[test]
    fn every_chord_is_one_and_means_one_thing_in_its_context() {
        for (at, binding) in BINDINGS.iter().enumerate() {
            for chord in binding.chords {
                let parsed: Chord = chord.parse().unwrap();
                assert_eq!(parsed.to_string(), *chord, "the one spelling");
                let twice = BINDINGS
                    .iter()
                    .skip(at + 1)
                    .find(|other| other.context == binding.context && other.chords.contains(chord));
                assert!(twice.is_none(), "{chord} twice in {:?}", binding.context);
            }
        }
    }

    #[test]
    fn every_action_has_a_key() {
        for row in ACTIONS {
            assert!(BINDINGS.iter().any(|binding| binding.action == row.action), "{} has no key", row.name);
        }
    }

    #[test]
    fn text_can_be_typed_where_text_is_taken() {
        for binding in BINDINGS.iter().filter(|binding| binding.context.takes_text()) {
            for chord in binding.chords {
                assert_eq!(chord.parse::<Chord>().unwrap().typed(), None, "{chord} in {:?}", binding.context);
            }
        }
    }

    #[test]
    fn a_rebound_key_is_taken_from_who_had_it() {
        let mut keymap = Keymap::default();
        let chord: Chord = "m".parse().unwrap();
        keymap.rebind(Action::Replay, &[chord]);
        assert_eq!(keymap.action(Context::Requests, chord), Some(Action::Replay));
        assert_eq!(keymap.action(Context::Requests, "r".parse().unwrap()), None);
        assert_eq!(keymap.chord(Context::Inspector, Action::Replay), Some(chord));
        assert_eq!(keymap.chord(Context::Inspector, Action::Pin), None);
    }
}
