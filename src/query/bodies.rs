//! Bodies as they can be read: without content codings, as UTF-8.
//!
//! Most bodies are that as they came, and cost nothing here. The others are decoded once and kept, so that the next letter
//! of a query does not decode a whole ring again.
//!
//! Decided: what is kept is found by the bytes that it was made from, which it holds on to, so that a place in memory means
//! one body as long as it is known; it is bounded by what both take. Bodies in files are decoded each time, up to what a view
//! shows of them.

use std::{
    collections::VecDeque,
    sync::{LazyLock, Mutex, PoisonError},
};

use bytes::Bytes;

use crate::decode::{self, Cancelled, Subject};
use crate::model::{Capture, Content};

/// How much is kept, in bytes, what it was made from included.
const KEPT: usize = 64 << 20;

/// What was decoded, the newest at the end.
static DECODED: LazyLock<Mutex<Decoded>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Decoded {
    kept: VecDeque<Made>,
    cost: usize,
}

struct Made {
    from: Bytes,
    text: Bytes,
}

impl Made {
    fn cost(&self) -> usize {
        self.from.len() + self.text.len()
    }
}

/// Whether a body may have to be decoded to be read.
fn is_coded(capture: &Capture) -> bool {
    let header = |name| capture.head.header(name);
    let has = |value: &[u8], word: &[u8]| value.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    header("content-encoding").is_some()
        || header("content-type").is_some_and(|value| has(value, b"charset") && !has(value, b"utf-8"))
        || capture
            .body
            .content()
            .bytes()
            .is_some_and(|bytes| bytes.starts_with(b"\xfe\xff") || bytes.starts_with(b"\xff\xfe"))
}

/// A body as it can be read. Waits for the disk where it is in a file.
pub(super) fn text(capture: &Capture) -> Option<Bytes> {
    match capture.body.content() {
        Content::Held(bytes) if !is_coded(capture) => Some(bytes.clone()),
        _ => read(capture),
    }
}

/// A body that is not to be read as it came; nothing for one that is. Waits for the disk where it is in a file.
pub(super) fn decoded(capture: &Capture) -> Option<Bytes> {
    if is_coded(capture) { read(capture) } else { None }
}

fn read(capture: &Capture) -> Option<Bytes> {
    match capture.body.content() {
        Content::Held(bytes) => Some(known(bytes, capture)),
        Content::Spooled(_) => decode::plain(&Subject::of(capture), &Cancelled::default()),
    }
}

fn known(bytes: &Bytes, capture: &Capture) -> Bytes {
    let is = |made: &Made| made.from.as_ptr() == bytes.as_ptr() && made.from.len() == bytes.len();
    let lock = || DECODED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(made) = lock().kept.iter().rev().find(|made| is(made)) {
        return made.text.clone();
    }
    let text = decode::plain(&Subject::of(capture), &Cancelled::default()).unwrap_or_else(|| bytes.clone());
    let made = Made { from: bytes.clone(), text: text.clone() };
    let mut decoded = lock();
    decoded.cost += made.cost();
    decoded.kept.push_back(made);
    while decoded.cost > KEPT
        && let Some(made) = decoded.kept.pop_front()
    {
        decoded.cost -= made.cost();
    }
    text
}
