//! The body in the editor: text to write in, or bytes that stay as they are.

use bytes::Bytes;

use super::{Editor, Text};
use crate::decode;
use crate::model::{Body, Size};

/// How large a text may be that is written in, in bytes: it is checked and laid out anew with each key.
pub const TEXT_LIMIT: usize = 256 * 1024;

/// See the head of this file.
#[derive(Debug)]
pub enum BodyField {
    /// A text to write in.
    Text(Text),
    /// Bytes that stay as they are here, with what took their place in another program; and why, in words.
    Kept(Option<Bytes>, String),
}

impl BodyField {
    /// The field for a body.
    pub(super) fn of(body: &Body) -> Self {
        match body.bytes() {
            Some(bytes) => Self::of_bytes(bytes, false),
            None => Self::Kept(None, too_large(body.len())),
        }
    }

    /// The field for these bytes; `new` says that they took the place of others.
    fn of_bytes(bytes: &Bytes, new: bool) -> Self {
        let why = if bytes.len() > TEXT_LIMIT {
            too_large(bytes.len())
        } else if std::str::from_utf8(bytes).is_err() {
            format!("{} that are not text (UTF-8)", Size(bytes.len() as u64))
        } else {
            return Self::Text(Text::lines(bytes));
        };
        Self::Kept(new.then(|| bytes.clone()), why)
    }

    /// What it holds now where that is not what it was.
    pub(super) fn changed(&self, base: &Body) -> Option<Bytes> {
        match self {
            Self::Text(text) if base.bytes().is_some_and(|bytes| bytes == text.bytes()) => None,
            Self::Text(text) => Some(Bytes::copy_from_slice(text.bytes())),
            Self::Kept(now, _) => now.clone(),
        }
    }

    /// Whether it is not what it was.
    pub(super) fn is_changed(&self, base: &Body) -> bool {
        match self {
            Self::Text(text) => base.bytes().is_none_or(|bytes| bytes != text.bytes()),
            Self::Kept(now, _) => now.is_some(),
        }
    }

    /// Puts other bytes in its place.
    pub(super) fn replace(&mut self, bytes: &Bytes, base: &Body) {
        if base.bytes().is_some_and(|base| base == bytes) {
            return self.revert(base);
        }
        match (Self::of_bytes(bytes, true), &mut *self) {
            // So that it can be undone.
            (Self::Text(_), Self::Text(text)) => text.replace(bytes),
            (field, own) => *own = field,
        }
    }

    /// Makes it what it was.
    pub(super) fn revert(&mut self, base: &Body) {
        match (Self::of(base), &mut *self) {
            (Self::Text(was), Self::Text(text)) => text.replace(was.bytes()),
            (field, own) => *own = field,
        }
    }
}

fn too_large(bytes: usize) -> String {
    format!("{}, more than is written in here", Size(bytes as u64))
}

impl Editor {
    /// Looks whether the body is the JSON that it should be. Bounded by [`TEXT_LIMIT`], so typing never waits for it.
    pub(super) fn check(&mut self) {
        self.mistake = match &self.body {
            BodyField::Text(text) if !text.bytes().is_empty() && self.is_json() => decode::json_mistake(text.bytes()),
            _ => None,
        };
    }

    /// Whether the header lines say that the body is JSON; where they say nothing, whether it begins so.
    pub(super) fn is_json(&self) -> bool {
        let mut types = self.lines.iter().filter(|line| {
            !line.removed && line.name.bytes().eq_ignore_ascii_case(b"content-type") && !line.value.bytes().is_empty()
        });
        match (types.next(), &self.body) {
            (Some(line), _) => memchr::memmem::find(&line.value.bytes().to_ascii_lowercase(), b"json").is_some(),
            (None, BodyField::Text(text)) => matches!(text.bytes().trim_ascii_start().first(), Some(b'{' | b'[')),
            (None, BodyField::Kept(..)) => false,
        }
    }
}
