//! Captures and attempts as the bytes that a journal holds, and back.
//!
//! Decided: a form of its own, of lengths and bytes, because what is stored must come out exactly as it went in, whatever
//! bytes it has, and writing it must cost next to nothing. Each begins with the number of its form, so that a later creel
//! reads what an earlier one wrote. Whatever bytes are read, the outcome is a value or a [`Damaged`], never a panic and
//! never more memory than the bytes themselves take. Refused: a serialisation crate, whose form is not ours to keep, and
//! JSON, which has no place for bytes.

mod attempt;
mod capture;
mod ledger;
#[cfg(test)]
pub(super) mod tests;
mod words;

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

pub(super) use attempt::{attempt, read_attempt};
pub(super) use capture::{Parts, answer, capture, read_answer, read_capture};

/// The form that is written.
const FORM: u8 = 1;

/// What was read is nothing that creel wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("its bytes are damaged ({0})")]
pub struct Damaged(pub(super) &'static str);

/// Writes one value behind another.
#[derive(Debug)]
struct Put<'a>(&'a mut Vec<u8>);

impl Put<'_> {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Seven bits a byte, the lowest first, the highest bit saying that more follow.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn option<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            put(self, value);
        }
    }

    fn duration(&mut self, duration: Duration) {
        self.number(duration.as_secs());
        self.number(duration.subsec_nanos().into());
    }

    fn time(&mut self, time: Timestamp) {
        // Nanoseconds before and after 1970, folded so that both are short.
        let nanoseconds = time.as_nanosecond();
        let folded = ((nanoseconds << 1) ^ (nanoseconds >> 127)).cast_unsigned();
        self.number((folded >> 64) as u64);
        self.number(folded as u64);
    }

    fn fields<'b>(&mut self, fields: impl ExactSizeIterator<Item = (&'b [u8], &'b [u8])>) {
        self.number(fields.len() as u64);
        for (name, value) in fields {
            self.bytes(name);
            self.bytes(value);
        }
    }
}

/// Reads one value after another; what is taken shares its memory with the whole.
#[derive(Debug)]
struct Take {
    bytes: Bytes,
}

impl Take {
    /// Begins to read what has this form.
    fn begin(bytes: Bytes) -> Result<Self, Damaged> {
        Self::of(bytes, FORM)
    }

    /// Begins what is of that form.
    fn of(bytes: Bytes, form: u8) -> Result<Self, Damaged> {
        let mut take = Self { bytes };
        if take.byte()? == form { Ok(take) } else { Err(Damaged("its form is unknown")) }
    }

    /// What was read is all there is.
    fn end(self) -> Result<(), Damaged> {
        if self.bytes.is_empty() { Ok(()) } else { Err(Damaged("it is too long")) }
    }

    fn byte(&mut self) -> Result<u8, Damaged> {
        let byte = *self.bytes.first().ok_or(Damaged("it is cut"))?;
        let _ = self.bytes.split_to(1);
        Ok(byte)
    }

    fn number(&mut self) -> Result<u64, Damaged> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Damaged("a number is too large"))
    }

    /// A number of things that take at least `each` bytes.
    fn count(&mut self, each: usize) -> Result<usize, Damaged> {
        let count = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if count <= self.bytes.len() / each { Ok(count) } else { Err(Damaged("it is cut")) }
    }

    fn small<T: TryFrom<u64>>(&mut self) -> Result<T, Damaged> {
        T::try_from(self.number()?).map_err(|_| Damaged("a number is too large"))
    }

    fn bytes(&mut self) -> Result<Bytes, Damaged> {
        let length = self.count(1)?;
        Ok(self.bytes.split_to(length))
    }

    fn text(&mut self) -> Result<String, Damaged> {
        String::from_utf8(self.bytes()?.into()).map_err(|_| Damaged("a text is none"))
    }

    fn boolean(&mut self) -> Result<bool, Damaged> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damaged("a switch is neither on nor off")),
        }
    }

    fn option<T>(&mut self, take: impl FnOnce(&mut Self) -> Result<T, Damaged>) -> Result<Option<T>, Damaged> {
        if self.boolean()? { take(self).map(Some) } else { Ok(None) }
    }

    fn list<T>(
        &mut self,
        each: usize,
        mut take: impl FnMut(&mut Self) -> Result<T, Damaged>,
    ) -> Result<Vec<T>, Damaged> {
        let count = self.count(each)?;
        (0..count).map(|_| take(self)).collect()
    }

    fn duration(&mut self) -> Result<Duration, Damaged> {
        let (seconds, nanoseconds) = (self.number()?, self.small::<u32>()?);
        if nanoseconds < 1_000_000_000 {
            Ok(Duration::new(seconds, nanoseconds))
        } else {
            Err(Damaged("a second has too many parts"))
        }
    }

    fn time(&mut self) -> Result<Timestamp, Damaged> {
        let folded = (u128::from(self.number()?) << 64) | u128::from(self.number()?);
        let nanoseconds = (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed();
        Timestamp::from_nanosecond(nanoseconds).map_err(|_| Damaged("a time is out of bounds"))
    }

    fn fields(&mut self) -> Result<Vec<(Bytes, Bytes)>, Damaged> {
        self.list(2, |take| Ok((take.bytes()?, take.bytes()?)))
    }
}
