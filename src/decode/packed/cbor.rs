//! CBOR (RFC 8949), item by item.

use std::borrow::Cow;

use super::{Item, Reader, Wrong, forms};

/// The tag that says that what follows is CBOR (RFC 8949 §3.4.6).
pub(super) const SELF_DESCRIBED: u64 = 55_799;

/// Reads items.
#[derive(Clone, Debug)]
pub(in super::super) struct Cbor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// The simple values (RFC 8949 §3.3).
const FALSE: u64 = 20;
const TRUE: u64 = 21;
const NULL: u64 = 22;

impl<'a> Cbor<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], Wrong> {
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length));
        let taken = end.and_then(|end| self.bytes.get(self.at..end)).ok_or((self.bytes.len(), "it ends too early"))?;
        self.at += taken.len();
        Ok(taken)
    }

    /// The major type, and the argument (RFC 8949 §3); nothing for no known length.
    fn head(&mut self) -> Result<(u8, u8, Option<u64>), Wrong> {
        let start = self.at;
        let first = self.take(1)?.first().copied().unwrap_or_default();
        let (major, more) = (first >> 5, first & 0x1f);
        let argument = match more {
            0..=23 => Some(u64::from(more)),
            24..=27 => Some(self.take(1 << (more - 24))?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))),
            31 if !matches!(major, 0 | 1 | 6) => None,
            _ => return Err((start, "a length that CBOR does not have")),
        };
        Ok((major, more, argument))
    }

    /// The bytes of a string: in one piece, or in as many as there are before a break, each of which has a length.
    fn string(&mut self, major: u8, length: Option<u64>) -> Result<Cow<'a, [u8]>, Wrong> {
        if let Some(length) = length {
            return self.take(length).map(Cow::Borrowed);
        }
        let mut whole = Vec::new();
        loop {
            let start = self.at;
            match self.head()? {
                (7, 31, _) => return Ok(Cow::Owned(whole)),
                (kind, _, Some(length)) if kind == major => whole.extend_from_slice(self.take(length)?),
                _ => return Err((start, "a piece of a string that is no piece of it")),
            }
        }
    }
}

impl<'a> Reader<'a> for Cbor<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn next(&mut self) -> Result<Item<'a>, Wrong> {
        let start = self.at;
        let (major, more, argument) = self.head()?;
        let number = argument.unwrap_or_default();
        Ok(match major {
            0 => Item::Int(number.into()),
            1 => Item::Int(-1 - i128::from(number)),
            2 => Item::Bytes(self.string(2, argument)?),
            3 => Item::Text(self.string(3, argument)?),
            4 => Item::List(argument),
            5 => Item::Map(argument),
            6 => Item::Tag(number),
            _ => match (more, number) {
                (31, _) => Item::Break,
                (25, _) => forms::half(number as u16),
                (26, _) => forms::single(number as u32),
                (27, _) => forms::double(number),
                (24, 0..=31) => return Err((start, "a simple value that is written too long")),
                (_, FALSE) => Item::Bool(false),
                (_, TRUE) => Item::Bool(true),
                (_, NULL) => Item::Null,
                _ => Item::Simple(number as u8),
            },
        })
    }

    fn at(&self) -> usize {
        self.at
    }

    fn length(&self) -> usize {
        self.bytes.len()
    }
}
