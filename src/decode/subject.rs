//! What a view is made of: bytes in memory, or the beginning of those in a file.

use std::sync::Arc;

use bytes::Bytes;

use super::{Cancelled, image};
use crate::model::{Capture, Content, Size, Spooled};

/// What is to be shown: a body and what its sender said about it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The bytes, or the first of them, that are in memory.
    pub bytes: Bytes,
    /// The file in which they go on, of which [`READ`] bytes are looked at.
    pub rest: Option<Spooled>,
    /// The value of `Content-Type`, as it came.
    pub content_type: Option<Bytes>,
    /// The values of all `Content-Encoding` lines, joined by commas, as they came.
    pub content_encoding: Option<Bytes>,
    /// What else of the head a view may need, names in lower case: the `ce-` headers of `CloudEvents`.
    pub headers: Arc<[(Bytes, Bytes)]>,
    /// Whether the limits on undoing content codings are raised.
    pub(super) raised: bool,
    /// How many bodies it is a part of.
    pub(super) nested: u8,
}

/// How much of a body in a file is read to be shown, in bytes.
pub const READ: usize = 32 << 20;

impl Subject {
    /// The body of a capture.
    pub fn of(capture: &Capture) -> Self {
        let content_type = capture.head.header("content-type").map(Bytes::copy_from_slice);
        let subject = match capture.body.content() {
            Content::Held(bytes) => Self::held(bytes.clone(), content_type),
            Content::Spooled(file) => Self::spooled(Bytes::new(), file.clone(), content_type),
        };
        subject.with_headers(capture.head.headers().map(|header| (header.name, header.value)))
    }

    /// Bytes in memory.
    pub fn held(bytes: Bytes, content_type: Option<Bytes>) -> Self {
        Self {
            bytes,
            rest: None,
            content_type,
            content_encoding: None,
            headers: Arc::default(),
            raised: false,
            nested: 0,
        }
    }

    /// Bytes of which the first are in memory, and the rest in a file.
    pub fn spooled(bytes: Bytes, rest: Spooled, content_type: Option<Bytes>) -> Self {
        Self { rest: Some(rest), ..Self::held(bytes, content_type) }
    }

    /// Whether undoing a content coding comes before any view, which may take much longer than the size says.
    pub fn is_coded(&self) -> bool {
        self.content_encoding.is_some()
    }

    /// The same with the limits on undoing content codings raised, to eight times the bytes and ten seconds, or as usual.
    #[must_use]
    pub fn raised(self, raised: bool) -> Self {
        Self { raised, ..self }
    }

    /// Whether its view takes longer than the size of the body says: the pixels of an image are decoded.
    pub fn is_image(&self) -> bool {
        image::is_image(&self.bytes)
    }

    /// A part of this one.
    pub(super) fn part(&self, bytes: Bytes, content_type: Option<Bytes>) -> Self {
        Self { nested: self.nested.saturating_add(1), ..Self::held(bytes, content_type) }
    }

    /// The same, with what views need of the head besides the type.
    #[must_use]
    pub fn with_headers<'a>(self, headers: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut codings: Vec<&[u8]> = Vec::new();
        let mut attributes = Vec::new();
        for (name, value) in headers {
            if name.eq_ignore_ascii_case(b"content-encoding") {
                codings.push(value);
            } else if name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"ce-")) {
                attributes.push((name.to_ascii_lowercase().into(), Bytes::copy_from_slice(value)));
            }
        }
        let content_encoding = (!codings.is_empty()).then(|| codings.join(b", ".as_slice()).into());
        Self { content_encoding, headers: attributes.into(), ..self }
    }

    /// The same about other bytes in memory.
    pub(super) fn with_bytes(&self, bytes: Bytes) -> Self {
        Self { bytes, rest: None, ..self.clone() }
    }

    /// How many bytes there are, shown or not.
    pub fn len(&self) -> usize {
        self.bytes.len() + self.rest.as_ref().map_or(0, Spooled::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same with what is to be shown in memory, and a note where that is not all. Nothing only when cancelled.
    pub(super) fn read(&self, cancelled: &Cancelled) -> Option<(Self, Option<String>)> {
        let Some(rest) = &self.rest else { return Some((self.clone(), None)) };
        let content = Content::Spooled(rest.clone());
        let mut bytes = self.bytes.to_vec();
        let mut note = None;
        for piece in content.pieces() {
            if cancelled.is_cancelled() {
                return None;
            }
            match piece {
                Ok(piece) => bytes.extend_from_slice(piece.get(..READ - bytes.len().min(READ)).unwrap_or(&piece)),
                Err(error) => {
                    note = Some(format!("the disk does not give back the rest: {error}"));
                    break;
                }
            }
            if bytes.len() >= READ {
                break;
            }
        }
        if note.is_none() && bytes.len() < self.len() {
            note = Some(format!("first {} of {}", Size(bytes.len() as u64), Size(self.len() as u64)));
        }
        Some((self.with_bytes(bytes.into()), note))
    }
}
