//! Import: captures out of files that creel or others have written.
//!
//! [`SOURCES`] is the table of what can be read: its name for `--from`, how it is recognised by its first bytes, and what
//! reads it. [`captures`] is the way in: bytes to captures, one at a time.
//!
//! Decided: one bad entry costs one entry. It is an error with its place, and what follows is read; only where nothing more
//! can be told apart does reading end. Nothing that a file names is ever opened, and no command in it is run. What a file
//! does not have is not made up: a body that is missing is [`LeftOut`](crate::model::BodyEnd::LeftOut), bytes that were
//! written again from a parsed form are [`BodyRewritten`](crate::model::Oddity::BodyRewritten), and a time that is missing
//! is that of the import, which is a parameter.
//!
//! Refused: a file format told by its name's ending, which standard input has not and people get wrong; reading files
//! without a bound, since some forms have to be in memory whole.

mod chunked;
mod curl;
mod draft;
mod error;
mod github;
mod har;
mod input;
mod json;
mod mitmproxy;
mod ndjson;
mod raw;
mod stripe;
mod url;

use std::io::{self, Read};

use jiff::Timestamp;

pub use error::{At, ImportError, Weight};
use input::Input;
pub use raw::written;

/// What reading gives, one after the other.
pub type Item = Result<crate::model::Capture, ImportError>;

/// Items of a source, read as they are asked for.
type Items<'a> = Box<dyn Iterator<Item = Item> + Send + 'a>;

/// How many bytes are looked at to recognise a source.
pub const LOOKED_AT: usize = 1024;

/// How large a file may be, or one entry of a form that is read entry by entry, in bytes.
pub const LIMIT: u64 = 1 << 30;

/// One form that captures can be read from.
#[derive(Debug)]
pub struct Source {
    /// Its name, as `--from` takes it.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// What becomes of it, in a sentence's part.
    pub help: &'static str,
    /// How such a file comes about: a command, or where to click.
    pub example: &'static str,
    /// Whether a file that begins so is one.
    recognises: fn(&[u8]) -> bool,
    /// Reads it.
    read: for<'a> fn(Input<'a>) -> Items<'a>,
}

/// All of them, in the order in which they are recognised.
pub const SOURCES: &[Source] = &[
    Source {
        name: "ndjson",
        label: "creel's JSON lines",
        help: "everything is as it was captured",
        example: "creel --output json > caught.ndjson",
        recognises: ndjson::recognises,
        read: ndjson::read,
    },
    Source {
        name: "har",
        label: "HAR 1.2",
        help: "bodies are the text that the archive has; one that does not agree with its length is marked",
        example: "Save all as HAR, in a browser's network panel",
        recognises: har::recognises,
        read: har::read,
    },
    Source {
        name: "mitmproxy",
        label: "mitmproxy flows",
        help: "HTTP flows, as mitmproxy 4 and later write them",
        example: "mitmdump -w flows.mitm",
        recognises: mitmproxy::recognises,
        read: mitmproxy::read,
    },
    Source {
        name: "github",
        label: "GitHub deliveries",
        help: "the payload is JSON that was parsed and written again, so its signature may not hold",
        example: "gh api repos/OWNER/REPO/hooks/HOOK/deliveries/ID",
        recognises: github::recognises,
        read: github::read,
    },
    Source {
        name: "stripe",
        label: "Stripe events",
        help: "each event becomes the request that would have brought it, without a signature",
        example: "stripe events retrieve evt_1",
        recognises: stripe::recognises,
        read: stripe::read,
    },
    Source {
        name: "raw",
        label: "HTTP/1 requests",
        help: "one or more, byte for byte; a body ends where its length, its last chunk or the file says",
        example: "nc -l 4600 > request.http",
        recognises: raw::recognises,
        read: raw::read,
    },
    Source {
        name: "curl",
        label: "curl commands",
        help: "what each would send; nothing is run, and no file that it names is read",
        example: "Copy as cURL, in a browser's network panel",
        recognises: curl::recognises,
        read: curl::read,
    },
];

impl Source {
    /// The source of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SOURCES.iter().find(|source| source.name == name)
    }

    /// The source of a file that begins with these bytes; [`LOOKED_AT`] of them are enough.
    pub fn of(first: &[u8]) -> Option<&'static Self> {
        let first = first.strip_prefix(BOM).unwrap_or(first);
        SOURCES.iter().find(|source| (source.recognises)(first))
    }
}

/// What some editors put before text.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The captures of an input, one after the other.
pub struct Captures<'a> {
    source: Option<&'static Source>,
    items: Items<'a>,
}

impl Captures<'_> {
    /// What the input was taken for; nothing where it was not recognised.
    pub fn source(&self) -> Option<&'static Source> {
        self.source
    }
}

impl Iterator for Captures<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        self.items.next()
    }
}

/// The captures that `input` holds, read as they are asked for. `source` says what it is; without it that is found out from
/// the first bytes, which are waited for. `now` is when what has no time of its own was received.
pub fn captures<'a>(mut input: impl Read + Send + 'a, source: Option<&'static Source>, now: Timestamp) -> Captures<'a> {
    let refused = |error| Captures { source: None, items: Box::new(std::iter::once(Err(error))) };
    let mut first = Vec::with_capacity(LOOKED_AT);
    if let Err(error) = input.by_ref().take(LOOKED_AT as u64).read_to_end(&mut first) {
        return refused(ImportError::unreadable(&error));
    }
    let Some(source) = source.or_else(|| Source::of(&first)) else {
        return refused(unrecognised(&first));
    };
    let skipped = if first.starts_with(BOM) { BOM.len() as u64 } else { 0 };
    let mut whole = io::Cursor::new(first);
    whole.set_position(skipped);
    Captures { source: Some(source), items: (source.read)(Input::new(whole.chain(input), now)) }
}

fn unrecognised(first: &[u8]) -> ImportError {
    if first.trim_ascii().is_empty() {
        return ImportError::input(None, "there is nothing in it");
    }
    let names: Vec<&str> = SOURCES.iter().map(|source| source.name).collect();
    let what = format!("not recognised: say what it is with --from {}", names.join(", --from "));
    ImportError::input(None, &what)
}

#[cfg(test)]
mod tests;
