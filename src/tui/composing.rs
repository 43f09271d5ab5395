//! What a request is composed of that is not written from nothing: a pasted text or a file, of anything that can be imported.
//! The first request in it is taken.

use std::{fs::File, path::Path};

use jiff::Timestamp;

use super::message::Message;
use crate::import::{self, Item};
use crate::model::{Capture, Printable};

/// How many requests of a file are counted beyond the first, and how many things that are wrong with it are passed over.
const COUNTED: usize = 1000;

/// What was read.
#[derive(Debug)]
pub struct Composed {
    /// The first request.
    pub capture: Capture,
    /// How many more there are.
    pub more: usize,
    /// The first thing that is wrong, in a sentence, though there is a request.
    pub odd: Option<String>,
}

/// The first request that is read; or why there is none.
pub(super) fn first(items: impl Iterator<Item = Item>) -> Result<Composed, String> {
    let (mut capture, mut more, mut odd) = (None, 0, None);
    for item in items.take(COUNTED) {
        match item {
            Ok(read) if capture.is_none() => capture = Some(read),
            Ok(_) => more += 1,
            Err(error) => odd = odd.or_else(|| Some(error.to_string())),
        }
    }
    match capture {
        Some(capture) => Ok(Composed { capture, more, odd }),
        None => Err(odd.unwrap_or_else(|| "there is no request in it".to_owned())),
    }
}

/// Reads a file; waits for the disk.
pub(super) fn read(path: &Path) -> Message {
    let name = Printable::from(path.to_string_lossy().as_ref()).to_string();
    let open = || {
        let file = File::open(path).map_err(|error| format!("it cannot be read ({error})"))?;
        if file.metadata().is_ok_and(|data| data.is_file()) { Ok(file) } else { Err("it is no file".to_owned()) }
    };
    let read = open().and_then(|file| first(import::captures(file, None, Timestamp::UNIX_EPOCH)));
    Message::Composed(name, read.map(Box::new))
}
