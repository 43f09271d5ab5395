//! What can be chosen in a chooser, and how a line of its list says it.

use crate::model::{AttemptId, Seq};
use crate::tui::{
    action::Action,
    effect::Given,
    external::{Part, With},
};

/// What can be chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Choice {
    /// Do this.
    Do(Action),
    /// Use the theme of that name.
    Theme(String),
    /// Send to the known target at that place.
    Target(usize),
    /// Send to the target that is typed.
    TypedTarget,
    /// Send to every known target.
    AllTargets,
    /// Compare the request or the attempt that is selected with this.
    Compare(Against),
    /// Copy this.
    Copy(Copied),
    /// Go to the place that is typed.
    GoTo,
    /// Send a body that did not come whole as far as it came, to where `r` sends.
    SendCut,
    /// Export in the format of that name.
    ExportAs(&'static str),
    /// Export so much of it.
    ExportOf(&'static str, Scope),
    /// Export it to that place.
    ExportTo(&'static str, Scope, Place),
    /// Write the results of many to that place.
    ResultsTo(Place),
    /// Open that part in that program.
    OpenIn(Part, With),
    /// Save that, to a place that is asked for next.
    Save(Saved),
    /// Save that to that place.
    SaveTo(Saved, Place),
    /// Let what is written overwrite the file that is there.
    Overwrite,
    /// Ask for this beside what the filter asks for already.
    Narrow(String),
    /// Put this into force in place of the filter.
    Use(String),
    /// Save the filter under the name that is typed.
    SaveQuery,
    /// Write what is typed on the request of that number.
    Note(Seq),
    /// Take away what is written on it.
    TakeNote(Seq),
    /// Choose a saved query to forget.
    ForgetOne,
    /// Forget the saved query of that name.
    Forget(String),
    /// Send the sample at that place, to where is asked for next.
    Sample(usize),
    /// Send it to the known target at that place, or here.
    SampleTo(usize, Option<usize>),
    /// Call what the request of that number asks to be called.
    Confirm(Seq),
    /// Compose a request from nothing.
    ComposeEmpty,
    /// Compose one in the user's editor.
    ComposeOutside,
    /// Compose one from the file that is typed.
    ComposeFile,
    /// Save what is edited, and leave the editor.
    SaveDraft,
    /// Leave the editor without saving.
    DropDraft,
    /// End creel, though something is lost by it.
    QuitAnyway,
    /// Delete everything that is not pinned.
    DeleteAll,
    /// Leave everything as it is.
    Nothing,
}

/// What something is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Against {
    /// The request of that number.
    Capture(Seq),
    /// What came of that attempt, with the answer that the sender got.
    Original(AttemptId),
    /// What came of two attempts, the older one first.
    Attempts(AttemptId, AttemptId),
    /// What was sent by that attempt, with what was captured.
    Sent(AttemptId),
}

/// How much is exported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The request that actions are about.
    Selected,
    /// All that the list shows.
    Listed,
}

/// What of a request is saved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Saved {
    /// The body as it came.
    Body,
    /// The part of the body at that place.
    Part(usize),
}

/// Where an export goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// Into a file of that name.
    File(String),
    /// Into a file of that name, with the secrets in it.
    Unredacted(String),
    /// Into a file of the name that is typed.
    Typed,
    /// Onto the clipboard.
    Clipboard,
}

/// What can be copied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Copied {
    /// The URL to give to senders.
    CaptureUrl,
    /// A curl command to try, before anything was caught.
    CurlToTry,
    /// The URL that the capture was sent to.
    RequestUrl,
    /// Something of the value that the cursor is at.
    Node(Given),
    /// The bytes of the body.
    Body,
    /// A curl command that sends the same.
    Curl,
    /// Head and body.
    Raw,
    /// The value of the header line at that place.
    Header(usize),
}

/// One line of the list.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is; may come from outside.
    pub label: Vec<u8>,
    /// What is said of it; may come from outside.
    pub detail: Vec<u8>,
    /// What choosing it means.
    pub choice: Choice,
}

impl Item {
    /// A line of the list.
    pub fn new(label: impl Into<Vec<u8>>, detail: impl Into<Vec<u8>>, choice: Choice) -> Self {
        Self { label: label.into(), detail: detail.into(), choice }
    }
}
