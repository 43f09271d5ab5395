//! Writes items as JSON.

use super::{Item, Kind, Place, Plain, Reader, Visit, cbor::Cbor, forms};
use crate::decode::Cancelled;

/// How deep CBOR lies in the bytes of CBOR at the most until they are shown as bytes.
const NESTED: u8 = 4;

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Writer<'p> {
    plain: &'p Plain,
    out: Vec<u8>,
    longest: usize,
    /// A tag was written whose value is in the text already.
    done: bool,
    /// For each tag that is open, the time that its value says.
    behind: Vec<Option<String>>,
    /// How many maps have begun.
    maps: u32,
    nested: u8,
}

impl<'p> Writer<'p> {
    pub(super) fn new(plain: &'p Plain, longest: usize) -> Self {
        Self { plain, out: Vec::new(), longest, done: false, behind: Vec::new(), maps: 0, nested: 0 }
    }

    pub(super) fn text(self) -> Vec<u8> {
        self.out
    }

    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn scalar(&mut self, item: &Item<'_>) {
        match item {
            Item::Null => self.put("null"),
            Item::Bool(true) => self.put("true"),
            Item::Bool(false) => self.put("false"),
            Item::Int(number) => self.put(&number.to_string()),
            Item::Float(text) => self.put(text),
            Item::Odd(name, bits) => {
                let bits = bits.as_ref().map_or(String::new(), |bits| format!(",\"bits\":\"{bits}\""));
                self.put(&format!("{{\"$float\":\"{name}\"{bits}}}"));
            }
            Item::Text(text) => match std::str::from_utf8(text) {
                Ok(text) => forms::string(&mut self.out, text),
                Err(_) => {
                    self.put("{");
                    forms::bytes(&mut self.out, text);
                    self.put(",\"text\":false}");
                }
            },
            Item::Bytes(bytes) => {
                self.put("{");
                forms::bytes(&mut self.out, bytes);
                self.put("}");
            }
            Item::Ext(kind, data) => {
                self.put(&format!("{{\"$ext\":{kind},"));
                forms::bytes(&mut self.out, data);
                if let Some(time) = (*kind == -1).then(|| forms::timestamp(data)).flatten() {
                    self.put(&format!(",\"time\":\"{time}\""));
                }
                self.put("}");
            }
            Item::Simple(23) => self.put("{\"$simple\":\"undefined\"}"),
            Item::Simple(number) => self.put(&format!("{{\"$simple\":{number}}}")),
            Item::List(_) | Item::Map(_) | Item::Tag(_) | Item::Break => {}
        }
    }

    /// What a tag says of the item behind it, where that can be said.
    fn tag<'a>(&mut self, tag: u64, rest: &impl Reader<'a>) {
        self.put(&format!("{{\"$tag\":{tag},\"value\":"));
        let mut time = None;
        let next = matches!(tag, 1..=3 | 24).then(|| rest.clone().next().ok()).flatten();
        match (tag, next) {
            (1, Some(item)) => time = forms::time(&item),
            (2 | 3, Some(Item::Bytes(bytes))) => {
                if let Some(number) = forms::whole(&bytes, tag == 3) {
                    self.put(&number);
                    self.done = true;
                }
            }
            (24, Some(Item::Bytes(bytes))) if self.nested < NESTED => {
                if let Some(inner) = self.inner(&bytes) {
                    self.out.extend_from_slice(&inner);
                    self.put(&format!(",\"length\":{}", bytes.len()));
                    self.done = true;
                }
            }
            _ => {}
        }
        self.behind.push(time);
    }

    /// The one value that bytes are.
    fn inner(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let never = Cancelled::new();
        let plain = super::check::<Cbor<'_>>(bytes, &never).ok().filter(|plain| plain.values == 1)?;
        let mut writer = Writer::new(&plain, self.longest.saturating_sub(self.out.len()));
        writer.nested = self.nested + 1;
        let whole = super::walk(Cbor::of(bytes), &mut writer, &never).ok()?;
        whole.then_some(writer.out)
    }
}

impl<'a> Visit<'a> for Writer<'_> {
    fn item(&mut self, place: Place, item: &Item<'a>, rest: &impl Reader<'a>) {
        if std::mem::take(&mut self.done) {
            return;
        }
        self.put(match place {
            Place::Top { first: false } => "\n",
            Place::Element { first: false } => ",",
            Place::Name { first, map } => match (first, self.plain.is(map)) {
                (true, true) => "",
                (false, true) => ",",
                (true, false) => "[",
                (false, false) => "],[",
            },
            Place::Value { map } => {
                if self.plain.is(map) {
                    ":"
                } else {
                    ","
                }
            }
            _ => "",
        });
        match item {
            Item::List(_) => self.put("["),
            Item::Map(_) => {
                self.put(if self.plain.is(self.maps) { "{" } else { "{\"$map\":[" });
                self.maps += 1;
            }
            Item::Tag(tag) => self.tag(*tag, rest),
            item => self.scalar(item),
        }
    }

    fn close(&mut self, kind: Kind, map: u32) {
        match kind {
            Kind::List => self.put("]"),
            Kind::Map => self.put(if self.plain.is(map) { "}" } else { "]]}" }),
            Kind::Tag => {
                if let Some(Some(time)) = self.behind.pop() {
                    self.put(&format!(",\"time\":\"{time}\""));
                }
                self.put("}");
            }
        }
    }

    fn is_full(&self) -> bool {
        self.out.len() > self.longest
    }
}
