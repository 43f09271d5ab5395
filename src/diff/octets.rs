//! Anything that is no text: size, hash, and where it first differs.

use std::{fmt::Write as _, io};

use sha2::{Digest, Sha256};

use super::rows::{Found, How};
use crate::decode::Cancelled;
use crate::model::{Content, Size};

/// How many rows of hex are shown from the first difference on.
const ROWS: usize = 4;

/// How many bytes a row of hex has.
const WIDTH: usize = 16;

/// Compares bytes, a piece at a time. Nothing when cancelled; fails where the disk does.
pub(super) fn compare(old: &Content, new: &Content, cancelled: &Cancelled) -> io::Result<Option<(Found, String)>> {
    let mut found = Found::default();
    let Some(first) = first_difference(old, new, cancelled)? else { return Ok(None) };
    let (Some(was), Some(is)) = (digest(old, cancelled)?, digest(new, cancelled)?) else { return Ok(None) };
    let size = |content: &Content| {
        let bytes = content.len() as u64;
        if bytes < 1024 { format!("{bytes} bytes") } else { format!("{} ({bytes} bytes)", Size(bytes)) }
    };
    found.pair(0, b"size: ", (size(old).as_bytes(), size(new).as_bytes()), ("size".to_owned(), false));
    found.pair(0, b"sha256: ", (was.as_bytes(), is.as_bytes()), ("sha256".to_owned(), false));
    let First::At(at) = first else { return Ok(Some((found, "compared as bytes".to_owned()))) };
    let note = format!("compared as bytes; the first difference is at byte {at} (0x{at:x})");
    let start = at / WIDTH * WIDTH;
    for row in 0..ROWS {
        let from = start + row * WIDTH;
        let (one, other) = (old.read_range(from, WIDTH)?, new.read_range(from, WIDTH)?);
        if one.is_empty() && other.is_empty() {
            break;
        }
        let label = format!("{from:08x}  ");
        if one == other {
            found.alike(0, format!("{label}{}", hex(&one)).as_bytes(), [None, None]);
        } else {
            let how = How { goes_on: true, ..How::default() };
            let (left, right) = (hex(&one), hex(&other));
            found.changed(
                how,
                label.as_bytes(),
                [(left.as_bytes(), None), (right.as_bytes(), None)],
                "bytes".to_owned(),
            );
        }
    }
    Ok(Some((found, note)))
}

/// Where two bodies first differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum First {
    /// They do not.
    Nowhere,
    /// At that byte.
    At(usize),
}

/// Where two bodies first differ. Nothing when cancelled; fails where the disk does.
pub(super) fn first_difference(old: &Content, new: &Content, cancelled: &Cancelled) -> io::Result<Option<First>> {
    let mut at = 0;
    for piece in old.pieces() {
        if cancelled.is_cancelled() {
            return Ok(None);
        }
        let piece = piece?;
        let other = new.read_range(at, piece.len())?;
        if piece != other {
            let same = piece.iter().zip(&other).take_while(|(one, other)| one == other).count();
            return Ok(Some(First::At(at + same)));
        }
        at += piece.len();
    }
    Ok(Some(if old.len() == new.len() { First::Nowhere } else { First::At(at) }))
}

fn digest(content: &Content, cancelled: &Cancelled) -> io::Result<Option<String>> {
    let mut hash = Sha256::new();
    for piece in content.pieces() {
        if cancelled.is_cancelled() {
            return Ok(None);
        }
        hash.update(piece?);
    }
    Ok(Some(hex::encode(hash.finalize())))
}

/// A row of hex with what can be printed of it.
fn hex(bytes: &[u8]) -> String {
    let mut row = String::new();
    for at in 0..WIDTH {
        // Writing to a text does not fail.
        let _ = match bytes.get(at) {
            Some(byte) => write!(row, "{byte:02x} "),
            None => write!(row, "   "),
        };
    }
    row.push(' ');
    row.extend(bytes.iter().map(|byte| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '.' }));
    row
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn the_first_difference_is_shown_with_its_place() {
        let one: Vec<u8> = (0..=255).cycle().take(600_000).collect();
        let mut other = one.clone();
        other[299_999] = 7;
        let content = |bytes: Vec<u8>| Content::from(Bytes::from(bytes));
        let (found, note) = compare(&content(one.clone()), &content(other), &Cancelled::new()).unwrap().unwrap();
        let section = found.section("body", vec![]);
        assert_eq!(section.rows.iter().filter(|row| row.begins).count(), 1, "{section:?}");
        assert_eq!(note, "compared as bytes; the first difference is at byte 299999 (0x493df)");
        let short = content(one[..1000].to_vec());
        assert_eq!(first_difference(&content(one), &short, &Cancelled::new()).unwrap(), Some(First::At(1000)));
        assert_eq!(first_difference(&short, &short, &Cancelled::new()).unwrap(), Some(First::Nowhere));
    }
}
