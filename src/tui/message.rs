//! What has happened: everything that can change the state comes as one of these.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    chord::Chord,
    composing::Composed,
    effect::Writing,
    external::{Back, Outside},
    graphics::{Graphics, Painted},
    looking::Looked,
    many::Told,
    panes::inspector::PageKey,
    tries::Try,
};
use crate::decode::{Differences, Document, Found, Needle, Rows, jq::Mistake};
use crate::diff::Comparison;
use crate::export::redact::Redacted;
use crate::model::{Attempt, AttemptId, Capture, Ledger, Outcome, Seq, Timings};
use crate::provider::deliveries::Key;
use crate::query::Seen;
use crate::replay::Plan;
use crate::signature::{Report, Standing};
use crate::store::Changes;

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key(Chord),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something at a cell.
    Mouse(Mouse),
    /// The terminal has this size now, in columns and rows.
    Resized(u16, u16),
    /// It is this time now; comes once a second.
    Tick(Timestamp),
    /// The store has changed.
    Changed(Box<Changes>),
    /// A part of a filter's work is done.
    Matched(Matched),
    /// It was looked up what captures have.
    Gathered(Seen),
    /// The inbox was looked into.
    Looked(Box<Looked>),
    /// A body was decoded; nothing when its decoder failed.
    Decoded(PageKey, Result<(Arc<Document>, Rows), String>),
    /// The capture of that number without its secrets, or why there is none.
    Masked(Seq, Result<(Arc<Capture>, Redacted), String>),
    /// Verdicts on the signatures of captures.
    Judged(Vec<(Seq, Option<Standing>)>),
    /// All about the signature of that capture; nothing where its sender is not known.
    Explained(Seq, Option<Arc<Report>>),
    /// Which deliveries captures are tries of.
    Traced(Vec<(Seq, Key)>),
    /// What there is to say of the tries of the delivery of that capture.
    Tried(Seq, Vec<Try>),
    /// A document was laid out for a width.
    Wrapped(PageKey, Rows),
    /// How the terminal draws pixels, if it does.
    Graphics(Option<Graphics>),
    /// A picture is ready for its place.
    Painted(PageKey, Painted),
    /// A document was compared with the body of that capture; or why it could not be, in a sentence.
    Compared(PageKey, Seq, Result<Differences, String>),
    /// What came of the comparison of that number; or why there is none, in a sentence.
    Differed(u64, Result<Box<Comparison>, String>),
    /// An expression of that generation was applied; or what is wrong with it.
    Applied(PageKey, u64, Result<(Arc<Document>, Rows), Mistake>),
    /// A document was searched for this.
    Searched(PageKey, Needle, Found),
    /// An attempt ended; with the ledger of what was sent and the times of its parts, where it was not cancelled.
    Attempted(AttemptId, Duration, Outcome, Option<Box<(Ledger, Timings)>>),
    /// What has come of sending many.
    Sent(Box<Told>),
    /// A file was not written, because it is there already.
    Exists(Writing),
    /// A copy is there for another program, which may have the terminal now.
    Prepared(Box<Outside>),
    /// The editor has ended that had this.
    CameBack(Back, CameBack),
    /// The file of that name was read to compose a request of it; or why that did not go.
    Composed(String, Result<Box<Composed>, String>),
    /// The store has a draft under that number.
    Drafted(Seq),
    /// The store has a draft under that number, and this is how it goes to its target; with what to say of it.
    Outgoing(Seq, Box<Plan>, String),
    /// Attempts of earlier runs, oldest first.
    Restored(Vec<Attempt>, BTreeMap<Seq, Arc<str>>),
    /// A pin was refused, for the reason given.
    NotPinned(Seq, String),
    /// The files that are looked at have been read; what is odd about that, a sentence each.
    Loaded(Vec<String>),
    /// A sentence for the user.
    Told(Tone, String),
}

/// What an editor left.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CameBack {
    /// The text, where it is another than it was.
    pub text: Option<Bytes>,
    /// That it failed, in a sentence.
    pub failed: Option<String>,
}

/// What a filter found in one batch of captures.
#[derive(Debug)]
pub struct Matched {
    /// For which query: results of an older one are not wanted any more.
    pub generation: u64,
    /// The captures looked at, and whether each matches.
    pub results: Vec<(Seq, bool)>,
    /// How many captures are still to be looked at; nothing for a batch that only just arrived.
    pub left: Option<usize>,
}

/// The mouse.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mouse {
    /// What it did.
    pub kind: MouseKind,
    /// At which column.
    pub column: u16,
    /// At which row.
    pub row: u16,
}

/// What a mouse can do here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MouseKind {
    /// The left button was pressed.
    Click,
    /// The wheel turned towards the end.
    ScrollDown,
    /// The wheel turned towards the beginning.
    ScrollUp,
    /// The wheel turned to the right, or down while Shift was held.
    ScrollRight,
    /// The wheel turned to the left, or up while Shift was held.
    ScrollLeft,
}

/// How a sentence is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// It went well.
    Good,
    /// For information.
    Plain,
    /// It did not go.
    Bad,
}
