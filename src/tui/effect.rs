//! What shall be done outside: updating returns these as data, and `perform` carries them out.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;
use ratatui::layout::Size;

use super::{
    comparing::Wanted as Wanting,
    external::{Back, Outside, Part, With},
    graphics::Graphics,
    looking::Ask,
    many,
    panes::inspector::PageKey,
};
use crate::decode::{Document, Node, Pattern, Subject, ViewRow, Wrapping};
use crate::export::{Format, Options, redact::Redaction};
use crate::model::{Attempt, AttemptId, Capture, Seq};
use crate::query::{Facts, Query, Wanted};
use crate::replay::{Plan, Target};
use crate::sample::Sample;

/// What goes on the clipboard. What has to be made of a capture is made outside, since it may be large.
#[derive(Debug)]
pub enum Copyable {
    /// This text.
    Text(Bytes),
    /// A curl command that sends the same to a URL.
    Curl(Arc<Capture>, String),
    /// The body.
    Body(Arc<Capture>),
    /// Head and body.
    Raw(Arc<Capture>),
    /// Something of a node.
    Node(Arc<Document>, Node, Given),
}

/// What can be given away of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Given {
    /// Its value, as sent.
    Value,
    /// The text of a string, escapes undone.
    Text,
    /// Its RFC 6901 pointer.
    Pointer,
    /// Its path as jq writes it.
    Jq,
    /// Its path as `XPath` writes it.
    XPath,
}

impl Given {
    /// That of a node; nothing where it has none. May take a while where the node is large or lies deep.
    pub fn of(self, document: &Document, node: &Node) -> Option<Vec<u8>> {
        let tree = document.tree()?;
        match self {
            Self::Value => document.bytes().get(tree.value(node)).map(<[u8]>::to_vec),
            Self::Text => tree.text(node).map(|text| text.into_owned().into_bytes()),
            Self::Pointer => tree.pointer(node).map(String::into_bytes),
            Self::Jq => tree.jq(node).map(String::into_bytes),
            Self::XPath => tree.xpath(node).map(String::into_bytes),
        }
    }
}

/// An export that was asked for.
#[derive(Debug)]
pub struct Order {
    /// The form.
    pub format: &'static Format,
    /// What is exported, oldest first.
    pub captures: Vec<Arc<Capture>>,
    /// How.
    pub options: Options,
    /// Where to.
    pub to: Destination,
}

/// A body, or a part of one, that is to be written into a file.
#[derive(Debug)]
pub struct Saving {
    /// Whose.
    pub capture: Arc<Capture>,
    /// The part, and which one it is, from 1; nothing for all of the body.
    pub part: Option<(usize, Bytes)>,
    /// The file, from the folder that creel was started in.
    pub path: PathBuf,
    /// Whether one that is there already is replaced.
    pub overwrite: bool,
}

/// A file that was asked for.
#[derive(Debug)]
pub enum Writing {
    /// Of an export.
    Export(Box<Order>),
    /// Of a body.
    Save(Box<Saving>),
    /// Of what came of sending many.
    Results(Box<Results>),
}

/// What came of sending many, as the bytes of a file.
#[derive(Debug)]
pub struct Results {
    /// All of it.
    pub bytes: Bytes,
    /// The file, from the folder that creel was started in.
    pub path: PathBuf,
    /// Whether one that is there already is replaced.
    pub overwrite: bool,
}

/// Where an export goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Destination {
    /// Into a file.
    File {
        /// Its path, from the folder that creel was started in.
        path: PathBuf,
        /// Whether one that is there already is replaced.
        overwrite: bool,
    },
    /// Onto the clipboard.
    Clipboard,
}

/// Where a sample goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SampleTo {
    /// To creel itself, by this URL.
    Here(String),
    /// To a target.
    Target(Box<Target>),
}

/// Something to be done outside.
#[derive(Debug)]
pub enum Effect {
    /// Look which of these match.
    Match {
        /// Given back with the results.
        generation: u64,
        /// What to look for.
        query: Query,
        /// Where, in this order.
        among: Vec<(Arc<Capture>, Facts)>,
        /// Whether this begins a new query, which ends the work for the one before.
        anew: bool,
    },
    /// Look up what these have, newest first, for completing a query.
    Gather(Wanted, Vec<(Arc<Capture>, Facts)>),
    /// Find out who sent these, so that queries for it need not.
    Recognise(Vec<Arc<Capture>>),
    /// Find out which deliveries these are tries of.
    Trace(Vec<Arc<Capture>>),
    /// The same of what the inbox has beyond the ring.
    TraceInbox,
    /// Find out what there is to say of the tries of one delivery, of which that is one, and these are here.
    Tries(Seq, Vec<Seq>, Vec<Arc<Capture>>),
    /// Look into the inbox, which ends looking for what was asked before.
    Look(Box<Ask>),
    /// End looking into the inbox.
    StopLooking,
    /// Decode a body and lay it out.
    Decode {
        /// Given back with the result.
        key: PageKey,
        /// The bytes.
        subject: Subject,
        /// The view that the user chose, if any.
        view: Option<&'static ViewRow>,
        /// How its lines become rows.
        wrapping: Wrapping,
    },
    /// End decoding what is not wanted any more.
    StopDecoding,
    /// Make the capture that is shown while secrets are masked everywhere.
    Mask(Arc<Capture>, Redaction),
    /// Ask the terminal how it draws pixels.
    AskTerminal,
    /// Make the picture of a document ready for a place.
    Paint {
        /// Given back with the result.
        key: PageKey,
        /// What has the picture.
        document: Arc<Document>,
        /// How the terminal draws it.
        graphics: Graphics,
        /// Columns and rows of the place.
        room: Size,
    },
    /// Find out what is to be said of the signatures of these.
    Judge(Vec<Arc<Capture>>),
    /// The same of one, whole.
    Explain(Arc<Capture>),
    /// Lay a document out otherwise.
    Wrap(PageKey, Arc<Document>, Wrapping),
    /// Compare a document with the body of an earlier capture.
    Compare(PageKey, Arc<Document>, Arc<Capture>),
    /// Find out what differs between two messages.
    Differ(Box<Wanting>),
    /// End doing so.
    StopDiffering,
    /// Apply a jq expression to a document.
    Apply {
        /// Given back with the result.
        key: PageKey,
        /// The same.
        generation: u64,
        /// What it is applied to.
        document: Arc<Document>,
        /// The expression, as it was typed.
        expression: String,
        /// How the lines of the results become rows.
        wrapping: Wrapping,
    },
    /// End applying what is not wanted any more.
    StopApplying,
    /// Search a document.
    Search(PageKey, Arc<Document>, Pattern),
    /// Send what is planned.
    Replay(AttemptId, Box<Plan>),
    /// Send many to many.
    SendMany(Box<many::Order>),
    /// Pause the sending of many, or go on.
    PauseMany(bool),
    /// Cancel it.
    CancelMany,
    /// End an attempt that is under way.
    Cancel(AttemptId),
    /// Write an attempt that has ended into the inbox.
    Keep(Box<Attempt>),
    /// Write something on a capture, or take that away.
    Note(Seq, Option<Arc<str>>),
    /// Save a query under a name, or forget the one of that name.
    SaveQuery(String, Option<String>),
    /// Put something on the clipboard; the words say what it is.
    Copy(&'static str, Copyable),
    /// Write captures in another form.
    Export(Box<Order>),
    /// Write a body into a file.
    Save(Box<Saving>),
    /// Write something into a file.
    Write(Writing),
    /// Make a copy for another program.
    Open(Arc<Capture>, Part, With),
    /// Make a copy, or a file of this text, for the user's editor, which gives that back.
    EditOutside(Arc<Capture>, Part, Option<Bytes>, Back),
    /// Read a request to compose from a file.
    Compose(PathBuf),
    /// Make a sample at that time and send it.
    Sample(&'static Sample, SampleTo, Timestamp),
    /// Put a draft into the store.
    KeepDraft(Box<Capture>),
    /// Put a draft into the store and plan how it goes to a target as it is.
    SendDraft(Box<Capture>, Box<Target>),
    /// Let a program look at its copy, on the terminal.
    HandOver(Box<Outside>),
    /// Keep a capture in the ring, or let it go.
    Pin(Seq, bool),
    /// Delete a capture from the ring.
    Delete(Seq),
    /// Delete everything that is not pinned.
    Clear,
    /// Use the theme of that name from now on.
    Theme(String),
    /// Draw everything anew.
    Redraw,
    /// Stop the process until the shell continues it.
    Suspend,
    /// End the program.
    Quit,
}
