//! The request editor, in the inspector's place: method, target, header lines and body of a request that becomes a draft.
//!
//! Decided: it works on a copy, and what it makes is a new capture, linked to what it was made of; so nothing that came is
//! ever changed. Each part knows what it was, so that what was changed is marked, counted and taken back one by one; a
//! header line that was removed stays in sight until the draft is saved. Line breaks and controls in values show as
//! escapes, and what is not touched stays what it is, byte for byte. Bodies that are not text, or too large to be written
//! in, stay as they are here and can be opened in `$EDITOR`.
//!
//! The editor has all keys while it is open. It is left by saving, or by throwing away what was changed, which is asked.

mod body;
mod keys;
mod lines;
mod make;
mod text;
mod units;
mod view;

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

pub use body::BodyField;
pub use lines::{HeaderLine, Sign};
pub use text::Text;
pub use view::draw;

use crate::decode::JsonMistake;
use crate::model::{Body, Capture, CaptureId, Fidelity, Given, Head, Seq, Timing, Version, Wire};

/// The part that has the cursor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// The method.
    Method,
    /// The request target.
    Target,
    /// The name of the header line at that place.
    Name(usize),
    /// Its value.
    Value(usize),
    /// The body.
    Body,
}

/// See the head of this file.
#[derive(Debug)]
pub struct Editor {
    /// What it began with.
    base: Arc<Capture>,
    /// The number and the id of what is edited; nothing where something is composed.
    of: Option<(Seq, CaptureId)>,
    /// Whether what it began with is worth saving, though nothing was changed.
    is_new: bool,
    method: Text,
    target: Text,
    lines: Vec<HeaderLine>,
    body: BodyField,
    field: Field,
    /// The first header line in sight.
    top_line: usize,
    /// Where the first row of the body in sight begins.
    top: usize,
    /// The column that the cursor keeps to while it goes up and down.
    goal: Option<usize>,
    /// The header lines before they were added to, removed or moved, the last at the end.
    shapes: Vec<Vec<HeaderLine>>,
    /// Where the body is not the JSON that it should be.
    mistake: Option<JsonMistake>,
    /// How wide the body is drawn, and how many rows of each are in sight.
    room: view::Room,
}

impl Editor {
    /// Edits a copy of a capture.
    pub fn open(capture: &Arc<Capture>) -> Self {
        Self { of: Some((capture.seq, capture.id)), ..Self::over(Arc::clone(capture)) }
    }

    /// Composes a request that begins with this.
    pub fn compose(capture: Capture) -> Self {
        Self { is_new: true, ..Self::over(Arc::new(capture)) }
    }

    /// Composes a request from nothing.
    pub fn empty(now: Timestamp) -> Self {
        let json: [(&[u8], &[u8]); 1] = [(b"Content-Type", b"application/json")];
        let head = Head::from_parts(b"POST", b"/", Version::Http11, json, Fidelity::Fields);
        Self::over(Arc::new(Capture {
            id: CaptureId::at(now),
            seq: Seq(0),
            received_at: now,
            remote: None,
            head,
            body: Body::complete(Bytes::new()),
            trailers: Box::default(),
            answer: Given::default(),
            timing: Timing::default(),
            wire: Wire::default(),
            origin: None,
        }))
    }

    fn over(base: Arc<Capture>) -> Self {
        let mut editor = Self {
            of: None,
            is_new: false,
            method: Text::line(base.head.method()),
            target: Text::line(base.head.target()),
            lines: lines::of(&base.head),
            body: BodyField::of(&base.body),
            field: Field::Target,
            top_line: 0,
            top: 0,
            goal: None,
            shapes: Vec::new(),
            mistake: None,
            room: view::Room::default(),
            base,
        };
        if matches!(&editor.body, BodyField::Text(text) if !text.bytes().is_empty()) {
            editor.field = Field::Body;
        }
        editor.check();
        editor
    }

    /// What it began with.
    pub fn base(&self) -> &Arc<Capture> {
        &self.base
    }

    /// The number of what is edited; nothing where something is composed.
    pub fn of(&self) -> Option<Seq> {
        self.of.map(|(seq, _)| seq)
    }

    /// The id of what is edited; nothing where something is composed.
    pub fn id(&self) -> Option<CaptureId> {
        self.of.map(|(_, id)| id)
    }

    /// Why it cannot be sent as it is. The cursor goes there.
    pub fn unsendable(&mut self) -> Option<String> {
        let (at, why) = lines::unsendable(&self.lines, &self.base.head)?;
        self.field = Field::Name(at);
        self.keep_in_sight();
        Some(why)
    }

    /// The name of a header that signs what came, where that is no signature of what was changed: of another body, or of
    /// another target or method where those are signed, too.
    pub fn signed_by(&self) -> Option<Vec<u8>> {
        let url = || {
            let signs = crate::provider::which(&self.base)
                .is_some_and(|provider| crate::signature::of(provider.name).any(crate::signature::is_url_signed));
            signs && (self.target_changed() || self.method_changed())
        };
        if !self.body.is_changed(&self.base.body) && !url() {
            return None;
        }
        let signs = |name: &[u8]| {
            let name = name.to_ascii_lowercase();
            [&b"signature"[..], b"hmac"].iter().any(|word| memchr::memmem::find(&name, word).is_some())
        };
        let kept = self.lines.iter().filter(|line| line.from.is_some() && !line.removed);
        kept.map(|line| line.name.bytes()).find(|name| signs(name)).map(<[u8]>::to_vec)
    }

    /// The part that has the cursor.
    pub fn field(&self) -> Field {
        self.field
    }

    /// How many parts differ from what they were; another order of header lines is one.
    pub fn changes(&self) -> usize {
        let lines = self.lines.iter().filter(|line| line.sign(&self.base.head).is_some_and(|sign| sign != Sign::Moved));
        usize::from(self.method_changed())
            + usize::from(self.target_changed())
            + lines.count()
            + usize::from(lines::are_moved(&self.lines))
            + usize::from(self.body.is_changed(&self.base.body))
    }

    /// Whether something would be lost if it were closed now.
    pub fn is_unsaved(&self) -> bool {
        self.is_new || self.changes() > 0
    }

    fn method_changed(&self) -> bool {
        self.method.bytes() != self.base.head.method()
    }

    fn target_changed(&self) -> bool {
        self.target.bytes() != self.base.head.target()
    }

    /// Where the body is not the JSON that it should be, since the last key.
    pub fn mistake(&self) -> Option<&JsonMistake> {
        self.mistake.as_ref()
    }

    /// The text that has the cursor; nothing where the body is none.
    fn text(&mut self) -> Option<&mut Text> {
        match self.field {
            Field::Method => Some(&mut self.method),
            Field::Target => Some(&mut self.target),
            Field::Name(at) => self.lines.get_mut(at).filter(|line| !line.removed).map(|line| &mut line.name),
            Field::Value(at) => self.lines.get_mut(at).filter(|line| !line.removed).map(|line| &mut line.value),
            Field::Body => match &mut self.body {
                BodyField::Text(text) => Some(text),
                BodyField::Kept(..) => None,
            },
        }
    }
}

#[cfg(test)]
mod tests;
