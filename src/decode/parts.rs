//! Parts of a body that can be looked at and saved by themselves.

use std::ops::Range;

use bytes::Bytes;

/// A part of a body, such as a file in a multipart form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// The name that it has in the body, as it came; safe to print only through [`crate::model::Printable`].
    pub name: Option<String>,
    /// Under which name it may be saved: the last component of what the sender said, without anything that leads
    /// elsewhere. Nothing where the sender named no file.
    pub filename: Option<String>,
    /// The value of its own `Content-Type`, as it came.
    pub content_type: Option<Bytes>,
    /// Where it stands, in the body without its content codings.
    pub range: Range<usize>,
    /// Its content, without the transfer coding that it may have of its own.
    pub bytes: Bytes,
}
