//! HTTP archives, HAR 1.2 (softwareishard.com/blog/har-12-spec), as browsers, mitmproxy and creel write them.
//!
//! Decided: an entry is a capture, its response the answer. A body is the text that the archive has, or the bytes where it
//! says Base64; where their number is not the one that the entry tells, the text was decoded on its way there, and the
//! body is marked. A form that is there as parameters alone is written again from them. A browser's archive tells what it
//! sent, so header lines are in its order, with the pseudo-headers of HTTP/2 where it kept them. HTTP/3 counts as HTTP/2.
//! What creel
//! wrote beside an entry (`_creel`) goes before all that: such an entry is the capture that it was made of. An entry that
//! cannot be read costs itself; where the archive is cut or broken, what stands before that is read.

mod entry;
mod own;
mod scan;

use super::{At, ImportError, Input, Items, json};

/// Whether it is an object whose first member is `log`.
pub(super) fn recognises(first: &[u8]) -> bool {
    let rest = first.trim_ascii_start().strip_prefix(b"{").unwrap_or_default().trim_ascii_start();
    rest.strip_prefix(b"\"log\"").is_some_and(|rest| rest.trim_ascii_start().starts_with(b":"))
}

pub(super) fn read(input: Input<'_>) -> Items<'_> {
    let now = input.now;
    let bytes = match input.whole() {
        Ok(bytes) => bytes,
        Err(error) => return Box::new(std::iter::once(Err(error))),
    };
    let (entries, broken) = scan::entries(&bytes);
    let broken = broken.map(|(line, what)| {
        Err(ImportError::input(
            At::Line(line),
            &format!("the archive is broken here: {what}; what follows is not read"),
        ))
    });
    let items = entries.into_iter().zip(1..).map(move |(place, number)| {
        entry::capture(json::text(&bytes, place), now).map_err(|what| ImportError::entry(At::Entry(number), &what))
    });
    Box::new(items.chain(broken))
}
