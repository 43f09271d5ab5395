//! An answer: what the sender got back from creel.

use std::borrow::Cow;

use bytes::Bytes;

/// Status, headers and body of an answer. Captures share it: one answer serves all requests that were answered alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The status code, 200 to 599.
    pub status: u16,
    /// Header lines besides those that the connection needs (`Date`, `Content-Length`).
    pub headers: Vec<(String, Bytes)>,
    /// The body.
    pub body: Bytes,
    /// Why creel answered so and not as it was told to; nothing for the answer that was configured.
    pub because: Option<Cow<'static, str>>,
}

impl Answer {
    /// An answer with that status and nothing else.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), because: None }
    }
}

impl Default for Answer {
    fn default() -> Self {
        Self::status(200)
    }
}
