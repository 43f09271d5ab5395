//! Values packed into bytes, as JSON: what msgpack and CBOR have in common.
//!
//! A reader gives one item after another; [`check`] goes through all of them once, which says whether the body is what it
//! is taken for, and where not; [`text`](fn@text) goes through them again and writes. Neither recurses: what is open is a
//! few bytes a level.
//!
//! Decided: the text is JSON always, so that everything that knows JSON (the layout, folding, paths, jq) knows these values.
//! What JSON has no word for stands in an object whose names begin with `$`:
//!
//! | what | as |
//! | --- | --- |
//! | bytes | `{"$hex":"01ff","length":2}`, past 64 of them `{"$base64":"…","length":100}` |
//! | text that is not UTF-8 | the same with `"text":false` |
//! | no number, infinity | `{"$float":"NaN"}`, with `"bits"` where they are not the usual ones |
//! | undefined, other simple values | `{"$simple":"undefined"}`, `{"$simple":16}` |
//! | a tag | `{"$tag":1,"value":1363896240,"time":"2013-03-21T20:04:00Z"}` |
//! | an extension | `{"$ext":5,"$hex":"00","length":1}`; a time also says which |
//! | a map with names that are no text, or that begin as these do | `{"$map":[[1,"a"],[2,"b"]]}` |
//!
//! Names that are there twice stay so, in their order; whole numbers are exact whatever their size; a fraction of half or
//! single precision is the shortest that reads back as the same. Not shown is how long a number or a length is written, and
//! into how many pieces a text of no known length is cut.
//!
//! Refused: the diagnostic notation of RFC 8949 §8, which says the same in a language that nothing else here reads.

pub(super) mod cbor;
mod forms;
pub(super) mod msgpack;
pub(super) mod protobuf;
#[cfg(test)]
mod tests;
mod write;

use std::borrow::Cow;

use super::{Built, Cancelled, Subject, lines::Stop, ndjson};

/// How many bytes of text are made at the most; what is packed becomes some times longer.
const LONGEST: usize = 64 << 20;
/// How deep values may lie in each other.
const DEEPEST: usize = 4 << 20;

/// What is packed at a place.
#[derive(Debug, PartialEq)]
pub(super) enum Item<'a> {
    Null,
    Bool(bool),
    Int(i128),
    /// A fraction, as JSON writes it.
    Float(String),
    /// A fraction that JSON has no word for, and its bits where they are not the usual ones.
    Odd(&'static str, Option<String>),
    Text(Cow<'a, [u8]>),
    Bytes(Cow<'a, [u8]>),
    Ext(i8, &'a [u8]),
    Simple(u8),
    /// So many items follow; nothing for as many as there are before a [`Break`](Self::Break).
    List(Option<u64>),
    /// So many pairs follow.
    Map(Option<u64>),
    /// An item follows that this says something of.
    Tag(u64),
    Break,
}

/// What is wrong, and at which byte.
pub(super) type Wrong = (usize, &'static str);

/// Gives items.
pub(super) trait Reader<'a>: Clone {
    /// From the beginning.
    fn of(bytes: &'a [u8]) -> Self;
    /// The next one.
    fn next(&mut self) -> Result<Item<'a>, Wrong>;
    /// Which byte is next.
    fn at(&self) -> usize;
    /// How many there are.
    fn length(&self) -> usize;
}

/// What is open.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// How many items are still to come; [`OPEN`] for as many as there are.
    left: u32,
    /// The number of the map among all maps.
    map: u32,
    kind: Kind,
    /// Whether something of it has come.
    begun: bool,
    /// Whether the name has come whose value is next.
    named: bool,
}

const OPEN: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    List,
    Map,
    Tag,
}

/// Where an item stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// In nothing; the first, or behind another.
    Top { first: bool },
    /// In a list.
    Element { first: bool },
    /// The name in a pair.
    Name { first: bool, map: u32 },
    /// The value in a pair.
    Value { map: u32 },
    /// Behind a tag.
    Tagged,
}

/// Is told what comes.
trait Visit<'a> {
    /// An item at a place. `rest` is what follows it.
    fn item(&mut self, place: Place, item: &Item<'a>, rest: &impl Reader<'a>);
    /// Something that was open ends.
    fn close(&mut self, kind: Kind, map: u32);
    /// Whether nothing more is wanted.
    fn is_full(&self) -> bool {
        false
    }
}

/// Goes through all items. Says whether that was all of them.
fn walk<'a, R: Reader<'a>>(mut reader: R, visit: &mut impl Visit<'a>, cancelled: &Cancelled) -> Result<bool, Stop> {
    let wrong = |(at, why): Wrong| Stop::Not { at, why };
    let mut open: Vec<Frame> = Vec::new();
    let (mut maps, mut tops, mut polled) = (0_u32, 0_usize, 0_usize);
    loop {
        while let Some(frame) = open.pop_if(|frame| frame.left == 0) {
            visit.close(frame.kind, frame.map);
        }
        let at = reader.at();
        if open.is_empty() && at >= reader.length() {
            return Ok(true);
        }
        if at - polled > 1 << 16 {
            polled = at;
            if cancelled.is_cancelled() {
                return Err(Stop::Cancelled);
            }
        }
        let is_between = open.last().is_none_or(|frame| frame.kind != Kind::Tag && !frame.named);
        if is_between && visit.is_full() {
            while let Some(frame) = open.pop() {
                visit.close(frame.kind, frame.map);
            }
            return Ok(false);
        }
        let item = reader.next().map_err(wrong)?;
        let place = match open.last_mut() {
            None if item == Item::Break => return Err(wrong((at, "an end of nothing"))),
            None => {
                tops += 1;
                Place::Top { first: tops == 1 }
            }
            Some(frame) if item == Item::Break => {
                if frame.left != OPEN || frame.named {
                    return Err(wrong((at, "an end where a value is expected")));
                }
                frame.left = 0;
                continue;
            }
            Some(frame) => {
                let first = !std::mem::replace(&mut frame.begun, true);
                if frame.left != OPEN {
                    frame.left -= 1;
                }
                match frame.kind {
                    Kind::List => Place::Element { first },
                    Kind::Tag => Place::Tagged,
                    Kind::Map => {
                        frame.named = !frame.named;
                        let map = frame.map;
                        if frame.named { Place::Name { first, map } } else { Place::Value { map } }
                    }
                }
            }
        };
        visit.item(place, &item, &reader);
        let (kind, count) = match item {
            Item::List(count) => (Kind::List, count),
            Item::Map(count) => (Kind::Map, count.map(|count| count.saturating_mul(2))),
            Item::Tag(_) => (Kind::Tag, Some(1)),
            _ => continue,
        };
        // Each of them takes a byte at least.
        let room = (reader.length() - reader.at()) as u64;
        if count.is_some_and(|count| count > room) {
            return Err(wrong((at, "more elements than there are bytes")));
        }
        if open.len() >= DEEPEST {
            return Err(wrong((at, "values too deep in each other")));
        }
        let left = count.map_or(OPEN, |count| u32::try_from(count).unwrap_or(OPEN - 1));
        open.push(Frame { left, map: maps, kind, begun: false, named: false });
        maps += u32::from(kind == Kind::Map);
    }
}

/// Which maps are objects of JSON: those whose names are all text.
#[derive(Default, Debug)]
struct Plain {
    /// A bit for each map that is not.
    not: Vec<u64>,
    /// Whether this is the first name in its map: only that can be taken for one of ours.
    values: usize,
}

impl Plain {
    fn is(&self, map: u32) -> bool {
        self.not.get(map as usize / 64).is_none_or(|bits| bits >> (map % 64) & 1 == 0)
    }

    fn is_not(&mut self, map: u32) {
        let word = map as usize / 64;
        if self.not.len() <= word {
            self.not.resize(word + 1, 0);
        }
        if let Some(bits) = self.not.get_mut(word) {
            *bits |= 1 << (map % 64);
        }
    }
}

impl<'a> Visit<'a> for Plain {
    fn item(&mut self, place: Place, item: &Item<'a>, _: &impl Reader<'a>) {
        self.values += usize::from(matches!(place, Place::Top { .. }));
        if let Place::Name { first, map } = place {
            let is_name = match item {
                Item::Text(text) => std::str::from_utf8(text).is_ok() && !(first && forms::is_ours(text)),
                _ => false,
            };
            if !is_name {
                self.is_not(map);
            }
        }
    }

    fn close(&mut self, _: Kind, _: u32) {}
}

/// Whether all of it is well-formed; how many values there are.
fn check<'a, R: Reader<'a>>(bytes: &'a [u8], cancelled: &Cancelled) -> Result<Plain, Stop> {
    let mut plain = Plain::default();
    walk(R::of(bytes), &mut plain, cancelled)?;
    Ok(plain)
}

/// The JSON of all values, one a line, and whether that is all of them.
fn text<'a, R: Reader<'a>>(bytes: &'a [u8], cancelled: &Cancelled) -> Result<(Vec<u8>, bool), Stop> {
    let plain = check::<R>(bytes, cancelled)?;
    let mut writer = write::Writer::new(&plain, LONGEST);
    let whole = walk(R::of(bytes), &mut writer, cancelled)?;
    Ok((writer.text(), whole))
}

/// The view of a body that a reader reads.
pub(super) fn build<'a, R: Reader<'a>>(subject: &'a Subject, cancelled: &Cancelled) -> Result<Built, Stop> {
    let (text, whole) = text::<R>(&subject.bytes, cancelled)?;
    let mut built = ndjson::build(&text, cancelled)?;
    built.shown = Some(text.into());
    built.note = (!whole).then(|| format!("the first {} of its text", crate::model::Size(LONGEST as u64)));
    Ok(built)
}

/// Whether bytes, of which the rest may be cut off, look like a map of names, which no text does: its first byte begins no
/// letter in UTF-8.
pub(super) fn looks_like<'a, R: Reader<'a>>(bytes: &'a [u8]) -> bool {
    let head = bytes.get(..8192).unwrap_or(bytes);
    let mut reader = R::of(head);
    // What says that it is CBOR.
    let mut first = reader.next();
    if first == Ok(Item::Tag(cbor::SELF_DESCRIBED)) {
        return true;
    }
    let Ok(Item::Map(count)) = std::mem::replace(&mut first, Ok(Item::Null)) else { return false };
    let names = count.unwrap_or(1).min(1);
    let named = names == 1 && matches!(reader.next(), Ok(Item::Text(name)) if forms::reads_like_a_name(&name));
    named
        && match walk(R::of(head), &mut Plain::default(), &Cancelled::new()) {
            Ok(_) => true,
            // It is cut off in the middle of something.
            Err(Stop::Not { at, .. }) => bytes.len() > head.len() && at + 64 >= head.len(),
            Err(Stop::Cancelled) => false,
        }
}
