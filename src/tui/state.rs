//! Everything that the screen shows and that keys can change.
//!
//! Only `update` writes it; drawing reads it. It holds no clock, no lock, no terminal and no theme, so that a list of
//! messages always leads to the same state.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::{Timestamp, tz::TimeZone};
use ratatui::layout::Rect;

use super::{
    captures::Captures,
    effect::Writing,
    keymap::{Context, Keymap},
    many::{Many, Marked},
    mask::Mask,
    message::Tone,
    older::Older,
    overlays::{Overlay, Ways},
    panes::{
        editor::Editor, filter::FilterState, inspector::InspectorState, replays::ReplaysState, requests::RequestsState,
    },
    rate::Rate,
    tries::Try,
    update::Unread,
    verdicts::Verdicts,
};
use crate::diff::Ignored;
use crate::export::redact::Redaction;
use crate::model::{Capture, Seq};
use crate::provider::{Recognition, deliveries::Deliveries};
use crate::query::{Facts, Query};
use crate::replay::{Framing, Target};
use crate::store::JournalState;

/// What is fixed for the run, or was so at the start.
#[derive(Clone, Debug)]
pub struct Session {
    /// The URL to give to senders; where nothing is listened to, the one that copied commands send to.
    pub url: String,
    /// What files are looked at, where nothing is listened to.
    pub files: Option<String>,
    /// Targets that were named at the start, the first being where `r` sends.
    pub targets: Vec<Target>,
    /// Where captures are forwarded as they come, as the screen calls it; nothing where they are not.
    pub forward: Option<String>,
    /// Whether certificates of targets go unchecked; said on screen as long as it is so.
    pub insecure: bool,
    /// How bodies that came chunked are replayed.
    pub framing: Framing,
    /// The names of all themes.
    pub themes: Vec<String>,
    /// The theme in force at the start.
    pub theme: String,
    /// In which zone times are shown.
    pub zone: TimeZone,
    /// The bindings in force.
    pub keymap: Keymap,
    /// What exports for people take out.
    pub redaction: Redaction,
    /// What comparisons ignore.
    pub ignored: Ignored,
    /// What is odd and stays so for the whole run, a sentence each.
    pub warnings: Vec<String>,
}

/// The panes that can have the focus.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Pane {
    /// The list of captures.
    Requests,
    /// What one of them holds.
    Inspector,
    /// How replaying it went.
    Replays,
}

impl Pane {
    /// In the order in which `tab` goes through them, with their names.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Requests, "Requests"), (Self::Inspector, "Inspector"), (Self::Replays, "Replays")];
}

/// A sentence in the footer, for a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
    /// How many ticks it stays.
    pub ticks: u8,
}

/// See the head of this file.
#[derive(Debug)]
pub struct State {
    /// What is fixed.
    pub session: Session,
    /// The time of the last tick.
    pub now: Timestamp,
    /// The whole screen.
    pub area: Rect,
    /// The mirror of the ring.
    pub captures: Captures,
    /// How fast captures come.
    pub rate: Rate,
    /// The list.
    pub requests: RequestsState,
    /// What the inbox is asked for beyond the ring.
    pub older: Older,
    /// The filter over it.
    pub filter: FilterState,
    /// The inspector.
    pub inspector: InspectorState,
    /// Attempts and targets.
    pub replays: ReplaysState,
    /// What is marked in the list.
    pub marked: Marked,
    /// What was sent many at a time, last.
    pub many: Option<Box<Many>>,
    /// The request editor, while it is open in the inspector's place.
    pub editor: Option<Box<Editor>>,
    /// What waits for another program to be edited there alone.
    pub outside: Option<Box<Editor>>,
    /// Texts that came back from another program and are no request, each with the id of what it was made of.
    pub unread: Vec<Unread>,
    /// The number of a draft that is to be selected as soon as it is here.
    pub drafted: Option<Seq>,
    /// Which pane has the focus.
    pub focus: Pane,
    /// How much of what is secret is shown.
    pub mask: Mask,
    /// What lies over the panes; the last one is on top and has the keys.
    pub overlays: Vec<Overlay>,
    /// How many comparisons there have been.
    pub comparisons: u64,
    /// How comparisons are shown.
    pub compare_ways: Ways,
    /// What waits for leave to overwrite a file.
    pub exporting: Option<Writing>,
    /// The sentence in the footer.
    pub notice: Option<Notice>,
    /// The theme in force.
    pub theme: String,
    /// Whether files are still being read.
    pub loading: bool,
    /// What the user has written on captures.
    pub notes: BTreeMap<Seq, Arc<str>>,
    /// Who sent the captures that the screen shows; kept for these alone.
    pub known: HashMap<Seq, Option<Recognition>>,
    /// What is known of the signatures of these.
    pub verdicts: Verdicts,
    /// Which captures are tries of one delivery.
    pub deliveries: Deliveries,
    /// The tries of the delivery of that capture, where they were looked at.
    pub tries: Option<(Seq, Vec<Try>)>,
    /// The request that was last sent to every target.
    pub sent_to_all: Option<Seq>,
    /// Of a draft that is shown, the number of what it was made of, where that is here.
    pub origin: Option<(Seq, Option<Seq>)>,
}

impl State {
    /// The state at the start.
    pub fn new(session: Session, now: Timestamp, (width, height): (u16, u16)) -> Self {
        Self {
            now,
            area: Rect::new(0, 0, width, height),
            captures: Captures::default(),
            rate: Rate::default(),
            requests: RequestsState::default(),
            older: Older::default(),
            filter: FilterState::default(),
            inspector: InspectorState::default(),
            replays: ReplaysState::new(session.targets.clone()),
            marked: Marked::default(),
            many: None,
            editor: None,
            outside: None,
            unread: Vec::new(),
            drafted: None,
            focus: Pane::Requests,
            mask: Mask::default(),
            overlays: Vec::new(),
            comparisons: 0,
            compare_ways: Ways::default(),
            exporting: None,
            notice: None,
            theme: session.theme.clone(),
            notes: BTreeMap::new(),
            known: HashMap::new(),
            verdicts: Verdicts::default(),
            deliveries: Deliveries::default(),
            tries: None,
            sent_to_all: None,
            origin: None,
            loading: session.files.is_some(),
            session,
        }
    }

    /// Begins with a filter in force.
    pub fn begin_with(&mut self, text: &str, query: Query) {
        self.filter.begin_with(text, query);
    }

    /// Where a key that is pressed now goes.
    pub fn context(&self) -> Context {
        match self.overlays.last() {
            Some(Overlay::Read(_) | Overlay::Inside(_)) => return Context::Help,
            Some(Overlay::Compare(_)) => return Context::Compare,
            Some(Overlay::Choose(_)) => return Context::Choose,
            Some(Overlay::Form(_)) => return Context::Form,
            Some(Overlay::Matrix) => return Context::Results,
            None => {}
        }
        if self.editor.is_some() {
            return Context::Editor;
        }
        if self.filter.is_editing() {
            return Context::Filter;
        }
        if self.inspector.search.is_editing() {
            return Context::Search;
        }
        if self.inspector.jq.is_editing() {
            return Context::Jq;
        }
        match self.focus {
            Pane::Requests => Context::Requests,
            Pane::Inspector if self.inspector.folding => Context::Folds,
            Pane::Inspector => Context::Inspector,
            Pane::Replays => Context::Replays,
        }
    }

    /// The capture that the inspector shows; it may have left the ring.
    pub fn shown(&self) -> Option<&Arc<Capture>> {
        self.inspector.shown.as_ref()
    }

    /// The number of what a draft that is shown was made of, where that is here.
    pub fn origin_of(&self, draft: &Capture) -> Option<Seq> {
        self.origin.filter(|(seq, _)| *seq == draft.seq).and_then(|(_, origin)| origin)
    }

    /// A request target as it may be shown now.
    pub fn target_to_show<'a>(&self, target: &'a [u8]) -> Cow<'a, [u8]> {
        match self.mask {
            Mask::Everywhere => Cow::Owned(self.session.redaction.target(target)),
            Mask::Headers | Mask::Nothing => Cow::Borrowed(target),
        }
    }

    /// These captures with what stands beside each, for queries.
    pub fn with_facts<'a>(&self, captures: impl Iterator<Item = &'a Arc<Capture>>) -> Vec<(Arc<Capture>, Facts)> {
        let ends = self.replays.ends();
        let facts = |seq| Facts {
            pinned: self.captures.is_pinned(seq),
            replay: ends.get(&seq).copied(),
            note: self.notes.get(&seq).cloned(),
            retry: self.deliveries.number(seq),
            now: self.now,
        };
        captures.map(|capture| (Arc::clone(capture), facts(capture.seq))).collect()
    }

    /// What is odd now, a sentence each: first what is wrong with the inbox, then what stays so for the whole run.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let journal = self.captures.journal().map(JournalState::warnings).unwrap_or_default();
        journal.into_iter().chain(self.session.warnings.iter().cloned())
    }

    /// Puts a sentence into the footer.
    pub fn tell(&mut self, tone: Tone, text: impl Into<String>) {
        let ticks = if tone == Tone::Bad { 12 } else { 5 };
        self.notice = Some(Notice { tone, text: text.into(), ticks });
    }
}
