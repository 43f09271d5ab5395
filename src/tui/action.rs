//! What a user can mean: every action by name, in one table.
//!
//! The keymap binds chords to actions, `:` lists them, the help overlay, the footer's hints and the README's table show
//! them. Decided: an action carries no payload, so that any of them can be bound, typed and listed; what it acts on is in
//! the state. The order here is the order in the help overlay.

/// Something that the user wants.
#[expect(missing_docs, reason = "the table below says of each what it does")]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Action {
    Replay,
    ReplayTo,
    Mark,
    MarkAll,
    ReplayMany,
    Results,
    FailedOnly,
    ResendFailed,
    PauseMany,
    Edit,
    EditOutside,
    Compose,
    Compare,
    SendSample,
    Confirm,
    Filter,
    ClearFilter,
    QuickFilter,
    InvertFilter,
    SaveFilter,
    Note,
    Copy,
    CopyUrl,
    Export,
    OpenIn,
    SaveBody,
    Pin,
    Delete,
    DeleteAll,
    Open,
    Back,
    FocusNext,
    FocusPrevious,
    Down,
    Up,
    HalfPageDown,
    HalfPageUp,
    PageDown,
    PageUp,
    First,
    Last,
    NextTab,
    PreviousTab,
    TabBody,
    TabHeaders,
    TabQuery,
    TabRaw,
    TabAnswer,
    TabReplays,
    TabSignature,
    NextView,
    Fold,
    Folding,
    FoldAll,
    UnfoldAll,
    FoldTo,
    Parent,
    NextSibling,
    PreviousSibling,
    NextDifference,
    PreviousDifference,
    FilterByValue,
    LookInside,
    Unpack,
    WrapLines,
    LineNumbers,
    Escapes,
    ScrollRight,
    ScrollLeft,
    LineEnd,
    LineStart,
    GoTo,
    ShowSecrets,
    MaskEverywhere,
    Search,
    Jq,
    NextMatch,
    PreviousMatch,
    Themes,
    Refusals,
    Tries,
    Commands,
    Help,
    Suspend,
    Redraw,
    Quit,
    SaveDraft,
    LeaveEditor,
    NextField,
    PreviousField,
    AddLine,
    RemoveLine,
    DuplicateLine,
    LineUp,
    LineDown,
    RevertField,
    RevertAll,
    Undo,
    Redo,
    EditBody,
    CompareSides,
    CompareEverything,
    CompareIgnored,
    Accept,
    Cancel,
    Complete,
    ToggleRegex,
    ToggleCase,
    Older,
    Newer,
    NextSigning,
}

/// What is said of an action.
#[derive(Clone, Copy, Debug)]
pub struct ActionRow {
    /// The action.
    pub action: Action,
    /// Its name at `:` and in `[keys]` of the config.
    pub name: &'static str,
    /// A word or two for the footer.
    pub label: &'static str,
    /// A sentence for the help overlay and the README.
    pub help: &'static str,
    /// Whether `:` offers it; movement and text entry are for keys alone.
    pub listed: bool,
}

const fn row(action: Action, name: &'static str, label: &'static str, help: &'static str) -> ActionRow {
    ActionRow { action, name, label, help, listed: true }
}

const fn quiet(action: Action, name: &'static str, label: &'static str, help: &'static str) -> ActionRow {
    ActionRow { action, name, label, help, listed: false }
}

/// Every action, in the order in which a newcomer would learn them.
pub const ACTIONS: &[ActionRow] = &[
    row(Action::Replay, "replay", "replay", "send the selected request to the target"),
    row(Action::ReplayTo, "replay-to", "replay to…", "choose or type a target and send the selected request to it"),
    row(Action::Mark, "mark", "mark", "mark the selected request to be sent with others, or take its mark away"),
    row(Action::MarkAll, "mark-all", "mark all", "mark every request in the list, or take all marks away"),
    row(
        Action::ReplayMany,
        "replay-many",
        "replay many…",
        "send the marked requests, or the selected one, to several targets, many times, at a pace",
    ),
    row(Action::Results, "results", "results", "what came of sending many: requests by targets"),
    quiet(Action::FailedOnly, "failed-only", "failures", "show only requests with a failure, or all of them"),
    quiet(Action::ResendFailed, "resend-failed", "again", "send again what has failed"),
    quiet(Action::PauseMany, "pause", "pause", "pause the sending, or go on"),
    row(Action::Edit, "edit", "edit", "edit a copy of the selected request, which becomes a draft"),
    row(
        Action::EditOutside,
        "edit-outside",
        "edit in $EDITOR",
        "edit a copy of the whole request as a text in $EDITOR, which becomes a draft",
    ),
    row(
        Action::Compose,
        "compose",
        "compose",
        "compose a request: from nothing, from a curl command or an HTTP request that is pasted, or from a file",
    ),
    row(
        Action::Compare,
        "compare",
        "compare…",
        "compare the selected request or attempt with another, and see what differs",
    ),
    row(
        Action::SendSample,
        "send-sample",
        "send a sample",
        "send a sample, a realistic and signed event of a provider, to be caught here or to a target",
    ),
    row(
        Action::Confirm,
        "confirm",
        "confirm…",
        "show what the selected request asks to be called, as AWS SNS does for a subscription, and call it",
    ),
    row(Action::Filter, "filter", "filter", "narrow the list as you type"),
    row(Action::ClearFilter, "clear-filter", "clear filter", "show every request again"),
    row(
        Action::QuickFilter,
        "quick-filter",
        "filter by…",
        "filter by something of the selected request, or by a saved query",
    ),
    row(Action::InvertFilter, "invert-filter", "invert filter", "show what the filter hides, and hide what it shows"),
    row(Action::SaveFilter, "save-filter", "save filter", "save the filter under a name"),
    row(Action::Note, "note", "note", "write a few words on a request, or change them"),
    row(Action::Copy, "copy", "copy", "copy the URL, the body, a curl command or a header"),
    row(Action::CopyUrl, "copy-url", "copy URL", "copy the URL to give to a sender"),
    row(Action::Export, "export", "export", "write requests in another form: HAR, curl, a program, a table …"),
    row(Action::OpenIn, "outside", "open in…", "open the body, a part or the whole request in $PAGER or $EDITOR"),
    row(Action::SaveBody, "save-body", "save body", "write the body, or a part of it, into a file, as it came"),
    row(Action::Pin, "pin", "pin", "keep the selected request in the ring, or let it go again"),
    row(Action::Delete, "delete", "delete", "delete the selected request"),
    row(Action::DeleteAll, "delete-all", "delete all", "delete every request that is not pinned, after asking"),
    row(Action::Open, "open", "open", "read what is selected"),
    row(Action::Back, "back", "back", "cancel a replay under way, clear the filter or the search, or go back"),
    row(Action::FocusNext, "next-pane", "next pane", "go to the next pane"),
    row(Action::FocusPrevious, "previous-pane", "previous pane", "go to the previous pane"),
    quiet(Action::Down, "down", "down", "down one line"),
    quiet(Action::Up, "up", "up", "up one line"),
    quiet(Action::HalfPageDown, "half-page-down", "half page down", "down half a page"),
    quiet(Action::HalfPageUp, "half-page-up", "half page up", "up half a page"),
    quiet(Action::PageDown, "page-down", "page down", "down a page"),
    quiet(Action::PageUp, "page-up", "page up", "up a page"),
    quiet(Action::First, "first", "first", "to the first line"),
    row(Action::Last, "last", "newest", "to the last line; in the list, follow the newest again"),
    quiet(Action::NextTab, "next-tab", "next tab", "to the next tab of the inspector"),
    quiet(Action::PreviousTab, "previous-tab", "previous tab", "to the previous tab of the inspector"),
    row(Action::TabBody, "tab-body", "body", "show the body"),
    row(Action::TabHeaders, "tab-headers", "headers", "show the headers as they came"),
    row(Action::TabQuery, "tab-query", "query", "show the query parameters"),
    row(Action::TabRaw, "tab-raw", "raw", "show head and body as they came"),
    row(Action::TabAnswer, "tab-answer", "answer", "show what the sender got back"),
    row(Action::TabReplays, "tab-replays", "replays", "show the selected replay and what the target answered"),
    row(Action::TabSignature, "tab-signature", "signature", "show whether the signature is right, and why it is not"),
    row(
        Action::NextView,
        "next-view",
        "view",
        "show the body in another way: JSON, form, text, hex; the headers grouped or in order",
    ),
    row(Action::Fold, "fold", "fold", "fold what the cursor is at into one line, or open it again"),
    quiet(
        Action::Folding,
        "folding",
        "folds…",
        "then R opens all folds, M folds all, 1 to 9 folds what is deeper than that",
    ),
    row(Action::FoldAll, "fold-all", "fold all", "fold all that the body has in it"),
    row(Action::UnfoldAll, "unfold-all", "unfold all", "open all folds"),
    quiet(Action::FoldTo, "fold-to", "to that depth", "open all down to that depth and fold what is deeper"),
    quiet(Action::Parent, "parent", "parent", "to what this lies in"),
    quiet(Action::NextSibling, "next-beside", "next beside", "to the next member or element beside this one"),
    quiet(Action::PreviousSibling, "previous-beside", "previous beside", "to the one before this one beside it"),
    row(
        Action::NextDifference,
        "next-difference",
        "next difference",
        "to the next difference from the request before of the same kind",
    ),
    row(Action::PreviousDifference, "previous-difference", "prev difference", "to the difference before this one"),
    row(
        Action::FilterByValue,
        "filter-by-value",
        "filter by it",
        "narrow the list to requests with what the cursor is at",
    ),
    row(
        Action::LookInside,
        "look-inside",
        "look inside",
        "look at what is in the value at the cursor: JSON, a JWT, Base64, URL-encoded text, a time",
    ),
    row(Action::Unpack, "unpack", "unpack", "unpack a body whose unpacking was stopped, with higher limits"),
    row(Action::WrapLines, "wrap", "wrap lines", "wrap long lines of the body, or let them run on to the right"),
    row(Action::LineNumbers, "line-numbers", "numbers", "number the lines of the body, or no longer"),
    row(
        Action::Escapes,
        "escapes",
        "escapes",
        "show the strings of JSON with their escapes undone, or as they were sent",
    ),
    quiet(Action::ScrollRight, "right", "right", "to the right in lines that are not wrapped; else to the next tab"),
    quiet(Action::ScrollLeft, "left", "left", "to the left in lines that are not wrapped; else to the previous tab"),
    quiet(
        Action::LineEnd,
        "line-end",
        "line end",
        "to the end of the longest line in sight, where lines are not wrapped",
    ),
    quiet(Action::LineStart, "line-start", "line start", "to the beginning of the lines"),
    row(Action::GoTo, "go-to", "go to…", "go to a line, a byte or a percentage: 120, @0x1f40, 50%"),
    row(
        Action::ShowSecrets,
        "show-secrets",
        "secrets",
        "show the secrets that the headers tab masks, or mask them again",
    ),
    row(Action::MaskEverywhere, "mask", "mask", "mask secrets everywhere, for a shared screen, or no longer"),
    row(Action::Search, "search", "search", "search inside what the inspector shows"),
    row(Action::Jq, "jq", "jq", "show what a jq expression makes of the body"),
    quiet(Action::NextMatch, "next-match", "next match", "to the next match of the search"),
    quiet(Action::PreviousMatch, "previous-match", "previous match", "to the previous match of the search"),
    row(Action::Themes, "theme", "theme", "choose a theme, with a preview"),
    row(Action::Refusals, "refusals", "refused", "what was refused, cut or shed, and why"),
    row(Action::Tries, "tries", "tries", "show every try of the delivery of the selected request"),
    row(Action::Commands, "commands", "commands", "every action by name"),
    row(Action::Help, "help", "help", "show all keys"),
    row(Action::Suspend, "suspend", "suspend", "give the shell the terminal; `fg` comes back"),
    row(Action::Redraw, "redraw", "redraw", "draw the whole screen anew"),
    row(Action::Quit, "quit", "quit", "end creel"),
    quiet(Action::SaveDraft, "save-draft", "save", "save what is edited as a draft, and select it"),
    quiet(Action::LeaveEditor, "leave-editor", "leave", "leave the editor, after asking where something would be lost"),
    quiet(Action::NextField, "next-field", "next field", "to the next field"),
    quiet(Action::PreviousField, "previous-field", "previous field", "to the field before"),
    quiet(Action::AddLine, "add-header", "add header", "add a header line below this one"),
    quiet(Action::RemoveLine, "remove-header", "remove", "remove this header line, or put it back"),
    quiet(Action::DuplicateLine, "duplicate-header", "duplicate", "add another header line like this one"),
    quiet(Action::LineUp, "header-up", "header up", "move this header line up"),
    quiet(Action::LineDown, "header-down", "header down", "move this header line down"),
    quiet(Action::RevertField, "revert-field", "revert field", "make this field what it was"),
    quiet(Action::RevertAll, "revert-all", "revert all", "make the whole request what it was"),
    quiet(Action::Undo, "undo", "undo", "take the last change back, here or to which header lines there are"),
    quiet(Action::Redo, "redo", "redo", "make the change again that was taken back"),
    quiet(Action::EditBody, "edit-body", "body in $EDITOR", "edit the body alone in $EDITOR"),
    quiet(
        Action::CompareSides,
        "compare-sides",
        "side by side",
        "show the two sides of a comparison beside each other, or one below the other",
    ),
    quiet(Action::CompareEverything, "compare-everything", "everything", "show also what is alike, or no longer"),
    quiet(
        Action::CompareIgnored,
        "compare-ignored",
        "ignored",
        "count differences that are ignored like all others, or ignore them again",
    ),
    quiet(Action::Accept, "accept", "accept", "take what is typed or chosen"),
    quiet(Action::Cancel, "cancel", "cancel", "close without changing anything"),
    quiet(Action::Complete, "complete", "complete", "complete what is being typed"),
    quiet(
        Action::ToggleRegex,
        "toggle-regex",
        "expression",
        "take what is typed for a regular expression, or for words",
    ),
    quiet(Action::ToggleCase, "toggle-case", "case", "let case count: if there is a capital letter, always, never"),
    quiet(Action::Older, "older", "previous", "the one before in the list or the history"),
    quiet(Action::Newer, "newer", "next", "the one after in the list or the history"),
    quiet(
        Action::NextSigning,
        "next-signing",
        "signature",
        "where targets are chosen: send the signature that came, or sign afresh, or with a new id too",
    ),
];

impl Action {
    /// What is said of it.
    pub fn row(self) -> &'static ActionRow {
        const MISSING: &ActionRow = &quiet(Action::Redraw, "", "", "");
        // The table is complete and in order, which a test below holds.
        ACTIONS.get(self as usize).unwrap_or(MISSING)
    }

    /// The action of that name.
    pub fn named(name: &str) -> Option<Self> {
        ACTIONS.iter().find(|row| row.name == name).map(|row| row.action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete_and_in_order() {
        for (at, row) in ACTIONS.iter().enumerate() {
            assert_eq!(row.action as usize, at, "{}", row.name);
            assert_eq!(Action::named(row.name), Some(row.action), "two actions are called {}", row.name);
            assert!(row.label.len() <= 16 && !row.help.is_empty(), "{}", row.name);
        }
        assert_eq!(ACTIONS.len(), Action::NextSigning as usize + 1);
    }
}
