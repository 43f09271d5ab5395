//! The inspector: one capture under one of seven tabs.
//!
//! What it shows is pinned: it changes when the user selects another capture, never because one arrived or left. The
//! page is made when the capture, the tab, the view or the width changes; bodies up to [`AT_ONCE`] are decoded there and
//! then, larger ones off the loop.

mod again;
mod cover;
mod differences;
mod goto;
mod headers;
mod jq;
mod marks;
mod page;
mod path;
mod picture;
mod replayed;
mod search;
mod sheet;
mod signature;
mod tabs;
mod tree;
mod update;
mod view;

use std::sync::Arc;

use cover::Covered;
pub use cover::masked;
pub use differences::compare;
pub use goto::GoTo;
pub use headers::Order;
pub use jq::{Jq, applied, key as jq_key, paste as jq_paste};
pub use page::{Lower, Page, PageKey};
pub use picture::{forget as forget_pixels, take as drawn_in_pixels};
pub use search::Search;
pub use tabs::Shown;
use tree::Left;
pub use tree::NO_TREE;
pub use update::{act, answered, decoded, fold_key, go_to, parts, refresh, searched, wrapped};
pub use view::{draw, tab_at};

use crate::decode::{ViewRow, Wrapping};
use crate::model::Capture;
use crate::tui::{action::Action, chord::Chord, marks::Marks, movement::around};

/// Bodies up to this size, in bytes, are decoded while updating: it takes less than a frame.
pub const AT_ONCE: usize = 64 * 1024;

/// The tabs of the inspector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tab {
    /// The body in the view that fits, or the one chosen.
    Body,
    /// Header lines as they came, and trailers.
    Headers,
    /// The parameters of the query.
    Query,
    /// Head and body as they came.
    Raw,
    /// What the sender got.
    Answer,
    /// One attempt: what was changed, and what the target answered.
    Replays,
    /// Its signature: the verdict, and the whole story.
    Signature,
}

impl Tab {
    /// Every tab in order, with its label and the action that opens it.
    pub const ALL: [(Self, &'static str, Action); 7] = [
        (Self::Body, "Body", Action::TabBody),
        (Self::Headers, "Headers", Action::TabHeaders),
        (Self::Query, "Query", Action::TabQuery),
        (Self::Raw, "Raw", Action::TabRaw),
        (Self::Answer, "Answer", Action::TabAnswer),
        (Self::Replays, "Replays", Action::TabReplays),
        (Self::Signature, "Signature", Action::TabSignature),
    ];

    /// Its place in [`Self::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The tab that many places on, around the end.
    #[must_use]
    pub fn step(self, by: isize) -> Self {
        Self::ALL.get(around(self.index(), by, Self::ALL.len())).map_or(self, |(tab, _, _)| *tab)
    }

    /// The tab that an action opens.
    pub fn opened_by(action: Action) -> Option<Self> {
        Self::ALL.iter().find(|(_, _, opens)| *opens == action).map(|(tab, _, _)| *tab)
    }

    /// Whether `next-view` means something here.
    pub const fn has_views(self) -> bool {
        matches!(self, Self::Body | Self::Raw | Self::Answer | Self::Replays)
    }
}

/// See the head of this file.
#[derive(Debug)]
pub struct InspectorState {
    /// The capture that is shown; held here, so that eviction does not take it from under the reader.
    pub shown: Option<Arc<Capture>>,
    /// The open tab.
    pub tab: Tab,
    /// In which order headers are shown.
    pub order: Order,
    /// The view that the user chose for bodies.
    pub view: Option<&'static ViewRow>,
    /// Whether the limits on undoing content codings are raised for this capture.
    raised: bool,
    /// How lines of bodies become rows, as the user wants it; the width is the pane's, the folds are the page's.
    wrapping: Wrapping,
    /// What is on the page.
    pub page: Option<Page>,
    /// The search inside.
    pub search: Search,
    /// The jq expression over the body.
    pub jq: Jq,
    /// How the terminal draws pixels, as far as that is known.
    terminal: picture::Terminal,
    /// What the filter marks.
    marks: Arc<Marks>,
    /// What is shown in place of `shown` while secrets are masked everywhere.
    covered: Option<Covered>,
    /// Where each tab of this capture was left.
    left: [Left; Tab::ALL.len()],
    /// Whether `z` was pressed, and the next key says what to fold.
    pub folding: bool,
}

impl Default for InspectorState {
    fn default() -> Self {
        Self {
            shown: None,
            tab: Tab::Body,
            order: Order::default(),
            view: None,
            raised: false,
            wrapping: Wrapping::default(),
            page: None,
            search: Search::default(),
            jq: Jq::default(),
            terminal: picture::Terminal::default(),
            marks: Arc::default(),
            covered: None,
            left: Default::default(),
            folding: false,
        }
    }
}

impl InspectorState {
    /// Whether a line is being written below the page.
    pub fn is_typing(&self) -> bool {
        self.search.is_editing() || self.jq.is_editing()
    }

    /// A key in the search line.
    pub fn search_key(&mut self, action: Option<Action>, chord: Chord) {
        self.search.key(action, chord);
    }

    /// Text pasted into the search line.
    pub fn search_paste(&mut self, text: &str) {
        self.search.paste(text);
    }

    /// Whether a body is on the page, and not being decoded.
    fn has_document(&self) -> bool {
        self.page.as_ref().is_some_and(|page| page.document().is_some())
    }

    /// Shows another capture, or none.
    pub fn show(&mut self, capture: Option<Arc<Capture>>) {
        let seq = |capture: &Option<Arc<Capture>>| capture.as_ref().map(|capture| capture.seq);
        if seq(&self.shown) != seq(&capture) {
            self.shown = capture;
            self.view = None;
            self.left = Default::default();
            self.raised = false;
        }
    }
}
