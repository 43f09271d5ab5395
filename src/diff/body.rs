//! Two bodies: how they are compared is found out here.
//!
//! Decided: content codings are undone first, so two bodies that say the same and are packed otherwise are the same, and that
//! is noted. JSON is what reads as JSON, whatever its type says. Bodies are read into memory up to [`MOST`] bytes each; what
//! is larger is compared as bytes, a piece at a time.

use bytes::Bytes;

use super::{
    Ignored, Section, lines,
    message::Part,
    octets::{self, First},
    rows::Found,
    structure,
};
use crate::decode::{self, Cancelled, Subject};
use crate::model::{Content, Size};

/// How much of a body is read to be compared by what it says, in bytes.
pub const MOST: usize = 160 << 20;

/// How long bodies may be, in bytes, that are laid out though they are the same.
const LAID: usize = 1 << 20;

const NAME: &str = "body";

/// Compares two bodies. Nothing when cancelled.
pub(super) fn compare(old: &Part, new: &Part, ignored: &Ignored, cancelled: &Cancelled) -> Option<Section> {
    let failed = |error: std::io::Error| {
        let notes = vec![format!("not compared: the disk does not give the body back ({error})")];
        Some(Section { more: true, ..Found::default().section(NAME, notes) })
    };
    let first = match octets::first_difference(&old.content, &new.content, cancelled) {
        Ok(first) => first?,
        Err(error) => return failed(error),
    };
    if old.content.is_empty() && new.content.is_empty() {
        return Some(Found::default().section(NAME, vec!["no body on either side".to_owned()]));
    }
    if first == First::Nowhere && old.content.len() > LAID {
        let note = format!("the same on both sides, {}", Size(old.content.len() as u64));
        return Some(Found::default().section(NAME, vec![note]));
    }
    let as_bytes = |note: Option<String>| match octets::compare(&old.content, &new.content, cancelled) {
        Ok(found) => {
            let (found, at) = found?;
            Some(found.section(NAME, std::iter::once(at).chain(note).collect()))
        }
        Err(error) => failed(error),
    };
    if old.content.len().max(new.content.len()) > MOST {
        return as_bytes(Some(format!("they are larger than {}, so what they say is not read", Size(MOST as u64))));
    }
    let (was, is) = match (read(old, cancelled), read(new, cancelled)) {
        (Ok(was), Ok(is)) => (was?, is?),
        (Err(error), _) | (_, Err(error)) => return failed(error),
    };
    let mut notes = Vec::new();
    for why in [&was.1, &is.1].into_iter().flatten() {
        notes.push(why.clone());
    }
    if !notes.is_empty() {
        // What could not be unpacked to its end says too little.
        return as_bytes(Some(notes.join("; ")));
    }
    let (was, is) = (was.0, is.0);
    if first != First::Nowhere && was == is {
        notes.push("the same once unpacked; what was sent is packed otherwise".to_owned());
    }
    let section = if is_json(&was) && is_json(&is) {
        structure::compare(&was, &is, ignored, cancelled)?.section(NAME, Vec::new())
    } else if is_text(&was) && is_text(&is) {
        let (found, more) = lines::compare(&was, &is, cancelled)?;
        notes.extend(more);
        found.section(NAME, Vec::new())
    } else if was == is {
        Found::default().section(NAME, vec![format!("the same on both sides, {}", Size(was.len() as u64))])
    } else {
        match octets::compare(&Content::from(was), &Content::from(is), cancelled) {
            Ok(found) => {
                let (found, at) = found?;
                found.section(NAME, vec![at])
            }
            Err(error) => return failed(error),
        }
    };
    let notes = section.notes.iter().cloned().chain(notes).collect();
    Some(Section { notes, ..section })
}

/// A body unpacked, and why it is not whole; nothing inside when cancelled.
type Unpacked = Option<(Bytes, Option<String>)>;

fn read(part: &Part, cancelled: &Cancelled) -> std::io::Result<Unpacked> {
    let bytes = match part.content.bytes() {
        Some(bytes) => bytes.clone(),
        None => {
            let mut all = Vec::with_capacity(part.content.len());
            for piece in part.content.pieces() {
                if cancelled.is_cancelled() {
                    return Ok(None);
                }
                all.extend_from_slice(&piece?);
            }
            all.into()
        }
    };
    let content_type = part.header("content-type").map(|value| Bytes::copy_from_slice(&value));
    let headers = part.headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    let subject = Subject::held(bytes, content_type).with_headers(headers);
    Ok(decode::plain_and_why(&subject, cancelled))
}

fn is_json(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) && decode::json_mistake(bytes).is_none()
}

/// Whether it is UTF-8 without what no text has.
fn is_text(bytes: &[u8]) -> bool {
    memchr::memchr(0, bytes).is_none() && std::str::from_utf8(bytes).is_ok()
}
