//! msgpack (the specification at github.com/msgpack/msgpack/blob/master/spec.md), item by item.

use std::borrow::Cow;

use super::{Item, Reader, Wrong, forms};

/// Reads items.
#[derive(Clone, Debug)]
pub(in super::super) struct Msgpack<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Msgpack<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], Wrong> {
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length));
        let taken = end.and_then(|end| self.bytes.get(self.at..end)).ok_or((self.bytes.len(), "it ends too early"))?;
        self.at += taken.len();
        Ok(taken)
    }

    /// A whole number of that many bytes, the highest first.
    fn number(&mut self, length: u64) -> Result<u64, Wrong> {
        Ok(self.take(length)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn signed(&mut self, length: u64) -> Result<Item<'a>, Wrong> {
        let number = self.number(length)?;
        // The sign is the highest bit of as many bytes as there are.
        let shift = 64 - 8 * length;
        Ok(Item::Int(i128::from((number << shift).cast_signed() >> shift)))
    }

    fn text(&mut self, length: u64) -> Result<Item<'a>, Wrong> {
        Ok(Item::Text(Cow::Borrowed(self.take(length)?)))
    }

    fn ext(&mut self, length: u64) -> Result<Item<'a>, Wrong> {
        let kind = self.number(1)? as u8;
        Ok(Item::Ext(kind.cast_signed(), self.take(length)?))
    }
}

impl<'a> Reader<'a> for Msgpack<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn next(&mut self) -> Result<Item<'a>, Wrong> {
        let start = self.at;
        let first = self.number(1)? as u8;
        // Lengths of 1, 2 and 4 bytes follow each other.
        let size = |base: u8| 1_u64 << (first - base);
        Ok(match first {
            0x00..=0x7f => Item::Int(first.into()),
            0x80..=0x8f => Item::Map(Some(u64::from(first & 0x0f))),
            0x90..=0x9f => Item::List(Some(u64::from(first & 0x0f))),
            0xa0..=0xbf => self.text(u64::from(first & 0x1f))?,
            0xc0 => Item::Null,
            0xc1 => return Err((start, "a byte that msgpack never uses")),
            0xc2 => Item::Bool(false),
            0xc3 => Item::Bool(true),
            0xc4..=0xc6 => {
                let length = self.number(size(0xc4))?;
                Item::Bytes(Cow::Borrowed(self.take(length)?))
            }
            0xc7..=0xc9 => {
                let length = self.number(size(0xc7))?;
                self.ext(length)?
            }
            0xca => forms::single(self.number(4)? as u32),
            0xcb => forms::double(self.number(8)?),
            0xcc..=0xcf => Item::Int(self.number(size(0xcc))?.into()),
            0xd0..=0xd3 => self.signed(size(0xd0))?,
            0xd4..=0xd8 => self.ext(size(0xd4))?,
            0xd9..=0xdb => {
                let length = self.number(size(0xd9))?;
                self.text(length)?
            }
            0xdc | 0xdd => Item::List(Some(self.number(2 * size(0xdc))?)),
            0xde | 0xdf => Item::Map(Some(self.number(2 * size(0xde))?)),
            0xe0..=0xff => Item::Int(first.cast_signed().into()),
        })
    }

    fn at(&self) -> usize {
        self.at
    }

    fn length(&self) -> usize {
        self.bytes.len()
    }
}
