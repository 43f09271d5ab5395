//! Reading a request to compose from a file: anything that can be imported, of which the first request is taken.

use std::{fs::File, path::Path};

use jiff::Timestamp;

use super::message::Message;
use crate::import;
use crate::model::Printable;

/// How many requests of a file are counted beyond the first.
const COUNTED: usize = 1000;

/// Reads it; waits for the disk.
pub(super) fn read(path: &Path) -> Message {
    let name = Printable::from(path.to_string_lossy().as_ref()).to_string();
    let first = || {
        let file = File::open(path).map_err(|error| format!("it cannot be read ({error})"))?;
        if !file.metadata().is_ok_and(|data| data.is_file()) {
            return Err("it is no file".to_owned());
        }
        let mut read = import::captures(file, None, Timestamp::UNIX_EPOCH);
        let capture = read.next().ok_or("there is no request in it")?.map_err(|error| error.to_string())?;
        Ok((Box::new(capture), read.take(COUNTED).filter(Result::is_ok).count()))
    };
    let first: Result<_, String> = first();
    Message::Composed(name, first)
}
