//! The values that an expression works on: JSON, counted by the [`meter`].
//!
//! Decided: strings of a body are ranges of it and not copies; lists and objects are shared until they are changed. A
//! value knows how deep it is, so that nothing is made that cannot be freed. Numbers keep the text that they came with
//! until something is calculated with them.
//!
//! Not lossless, because the language is not: of two members of one name the last is kept, at the place of the first; half
//! a surrogate pair is U+FFFD; and there are no names but strings.

use std::{cmp::Ordering, fmt, rc::Rc};

use bytes::Bytes;
use indexmap::IndexMap;
use jaq_json::Num;

use super::{Stopped, meter, write};

/// How deep a value may be.
pub(super) const DEEPEST: u32 = 10_000;
/// How long a string may be, in bytes.
pub(super) const LONGEST: usize = 8 << 20;
/// How many digits a whole number may have that is calculated with; a longer one keeps its text, and counts as a fraction.
pub(super) const DIGITS: usize = 1000;

/// What went wrong in an expression.
pub(super) type Error = jaq_core::Error<Val>;
/// A value, or what went wrong.
pub(super) type ValR = jaq_core::ValR<Val>;

/// See the head of this file.
#[derive(Debug)]
pub(super) enum Val {
    Null,
    Bool(bool),
    Num(Num),
    Str(Text),
    Arr(Rc<Arr>),
    Obj(Rc<Obj>),
}

/// A string; its bytes are UTF-8 unless an expression made others.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Text(Rc<Bytes>);

impl Text {
    /// Bytes that belong to nobody yet.
    pub(super) fn owned(bytes: impl AsRef<[u8]> + Send + 'static) -> Self {
        let length = bytes.as_ref().len();
        if length > LONGEST {
            meter::stop(Stopped::Long);
        }
        let cost = length + 128;
        meter::charge(cost);
        Self::part(Bytes::from_owner(Held { bytes, cost }))
    }

    /// A part of bytes that are held elsewhere.
    pub(super) fn part(bytes: Bytes) -> Self {
        Self(Rc::new(bytes))
    }

    pub(super) fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The text, as far as it is one.
    pub(super) fn text(&self) -> std::borrow::Cow<'_, str> {
        meter::tick(self.0.len());
        String::from_utf8_lossy(&self.0)
    }
}

/// Bytes that are given back to the meter when they go.
struct Held<B> {
    bytes: B,
    cost: usize,
}

impl<B: AsRef<[u8]>> AsRef<[u8]> for Held<B> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

impl<B> Drop for Held<B> {
    fn drop(&mut self) {
        meter::release(self.cost);
    }
}

/// A list.
#[derive(Debug, Default)]
pub(super) struct Arr {
    items: Vec<Val>,
    size: Size,
}

/// An object, in the order of its members.
#[derive(Debug, Default)]
pub(super) struct Obj {
    members: IndexMap<Text, Val>,
    size: Size,
}

/// What a list or an object costs, and how deep it is, or was before something was taken out.
#[derive(Debug, Default)]
struct Size {
    cost: usize,
    depth: u32,
}

impl Size {
    fn more(&mut self, cost: usize, value: &Val) {
        // Strings are counted once for each place, for what shares their bytes and not for these.
        let cost = cost + if cost > 0 && matches!(value, Val::Str(_)) { 64 } else { 0 };
        self.cost += cost;
        self.depth = self.depth.max(value.depth() + 1);
        meter::charge(cost);
        if self.depth > DEEPEST {
            meter::stop(Stopped::Deep);
        }
    }
}

impl Drop for Size {
    fn drop(&mut self) {
        meter::release(self.cost);
    }
}

impl Arr {
    pub(super) fn push(&mut self, value: Val) {
        self.size.more(2 * size_of::<Val>(), &value);
        self.items.push(value);
    }

    pub(super) fn items(&self) -> &[Val] {
        &self.items
    }

    /// Puts another value at a place that is there.
    pub(super) fn set(&mut self, at: usize, value: Val) {
        self.size.more(0, &value);
        if let Some(place) = self.items.get_mut(at) {
            *place = value;
        }
    }

    pub(super) fn take(&mut self, at: usize) -> Val {
        self.items.get_mut(at).map_or(Val::Null, |place| std::mem::replace(place, Val::Null))
    }

    pub(super) fn remove(&mut self, at: usize) {
        if at < self.items.len() {
            meter::tick(8 * self.items.len());
            self.items.remove(at);
        }
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&Val) -> bool) {
        self.items.retain(keep);
    }

    pub(super) fn into_items(mut self: Rc<Self>) -> Vec<Val> {
        match Rc::get_mut(&mut self) {
            Some(list) => std::mem::take(&mut list.items),
            None => self.items.clone(),
        }
    }
}

impl Clone for Arr {
    fn clone(&self) -> Self {
        self.items.iter().cloned().collect()
    }
}

impl FromIterator<Val> for Arr {
    fn from_iter<I: IntoIterator<Item = Val>>(values: I) -> Self {
        let mut list = Self::default();
        values.into_iter().for_each(|value| list.push(value));
        list
    }
}

impl Obj {
    pub(super) fn insert(&mut self, name: Text, value: Val) {
        let is_new = !self.members.contains_key(&name);
        self.size.more(if is_new { 6 * size_of::<Val>() + 64 } else { 0 }, &value);
        self.members.insert(name, value);
    }

    pub(super) fn get(&self, name: &Text) -> Option<&Val> {
        meter::tick(name.bytes().len());
        self.members.get(name)
    }

    pub(super) fn get_mut(&mut self, name: &Text) -> Option<&mut Val> {
        self.members.get_mut(name)
    }

    /// Takes a member out, keeping the order of the others.
    pub(super) fn remove(&mut self, name: &Text) {
        meter::tick(8 * self.members.len());
        self.members.shift_remove(name);
    }

    pub(super) fn members(&self) -> impl ExactSizeIterator<Item = (&Text, &Val)> {
        self.members.iter()
    }

    pub(super) fn into_members(mut self: Rc<Self>) -> IndexMap<Text, Val> {
        match Rc::get_mut(&mut self) {
            Some(object) => std::mem::take(&mut object.members),
            None => self.members.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }

    /// The members in the order of their names.
    fn sorted(&self) -> Vec<(&Text, &Val)> {
        meter::tick(64 * self.members.len());
        let mut members: Vec<_> = self.members.iter().collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        members
    }
}

impl Clone for Obj {
    fn clone(&self) -> Self {
        let mut object = Self::default();
        self.members.iter().for_each(|(name, value)| object.insert(name.clone(), value.clone()));
        object
    }
}

impl Val {
    pub(super) fn str(text: &str) -> Self {
        Self::Str(Text::owned(text.to_owned()))
    }

    pub(super) fn arr(list: Arr) -> Self {
        Self::Arr(Rc::new(list))
    }

    pub(super) fn obj(object: Obj) -> Self {
        Self::Obj(Rc::new(object))
    }

    fn depth(&self) -> u32 {
        match self {
            Self::Arr(list) => list.size.depth,
            Self::Obj(object) => object.size.depth,
            _ => 0,
        }
    }

    /// A number as it is written in JSON.
    pub(super) fn number(text: &str) -> Self {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
        // The sign of nothing is lost in a whole number.
        let number = (whole && text != "-0" && digits.len() <= DIGITS).then(|| Num::from_str_radix(text, 10));
        if let Some(number) = number.flatten() {
            return Self::Num(number);
        }
        meter::tick(text.len());
        Self::Num(Num::Dec(Rc::new(text.to_owned())))
    }

    pub(super) fn to_json(&self) -> Text {
        let mut text = Vec::new();
        write::json(self, &mut text, LONGEST);
        Text::owned(text)
    }

    /// As a number that takes part in a calculation: a text that is too long for one is only near what it says.
    pub(super) fn to_f64(&self) -> Option<f64> {
        let Self::Num(number) = self else { return None };
        Some(match number {
            Num::Int(number) => *number as f64,
            Num::Float(number) => *number,
            Num::BigInt(number) => number.to_string().parse().unwrap_or(f64::NAN),
            Num::Dec(text) => {
                meter::tick(text.len());
                text.parse().unwrap_or(f64::NAN)
            }
        })
    }

    /// As a place in a list, from the end where it is negative.
    pub(super) fn to_place(&self) -> Result<i64, Error> {
        match self {
            Self::Num(Num::Int(at)) => Ok(*at as i64),
            Self::Num(Num::BigInt(at)) if at.to_string().starts_with('-') => Ok(i64::MIN),
            Self::Num(Num::BigInt(_)) => Ok(i64::MAX),
            _ => Err(Error::typ(self.clone(), "integer")),
        }
    }
}

impl Clone for Val {
    fn clone(&self) -> Self {
        meter::tick(0);
        match self {
            Self::Null => Self::Null,
            Self::Bool(bool) => Self::Bool(*bool),
            Self::Num(number) => Self::Num(number.clone()),
            Self::Str(text) => Self::Str(text.clone()),
            Self::Arr(list) => Self::Arr(Rc::clone(list)),
            Self::Obj(object) => Self::Obj(Rc::clone(object)),
        }
    }
}

impl From<bool> for Val {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<isize> for Val {
    fn from(number: isize) -> Self {
        meter::tick(0);
        Self::Num(Num::Int(number))
    }
}

impl From<usize> for Val {
    fn from(number: usize) -> Self {
        Self::Num(Num::from_integral(number))
    }
}

impl From<f64> for Val {
    fn from(number: f64) -> Self {
        Self::Num(Num::Float(number))
    }
}

impl From<String> for Val {
    fn from(text: String) -> Self {
        Self::Str(Text::owned(text))
    }
}

impl From<jaq_core::val::Range<Self>> for Val {
    fn from(range: jaq_core::val::Range<Self>) -> Self {
        let mut object = Obj::default();
        for (name, bound) in [("start", range.start), ("end", range.end)] {
            if let Some(bound) = bound {
                object.insert(Text::owned(name), bound);
            }
        }
        Self::obj(object)
    }
}

impl FromIterator<Self> for Val {
    fn from_iter<I: IntoIterator<Item = Self>>(values: I) -> Self {
        Self::arr(values.into_iter().collect())
    }
}

impl fmt::Display for Val {
    /// Only for what went wrong: a long value is cut.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&write::short(self))
    }
}

impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        meter::tick(0);
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Num(left), Self::Num(right)) => {
                meter::tick(written(left) + written(right));
                left == right
            }
            (Self::Str(left), Self::Str(right)) => {
                meter::tick(left.bytes().len().min(right.bytes().len()));
                left == right
            }
            (Self::Arr(left), Self::Arr(right)) => Rc::ptr_eq(left, right) || left.items == right.items,
            (Self::Obj(left), Self::Obj(right)) => {
                left.members.len() == right.members.len()
                    && left.members().all(|(name, value)| right.get(name).is_some_and(|other| other == value))
            }
            _ => false,
        }
    }
}

impl Eq for Val {}

impl PartialOrd for Val {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Val {
    /// The order of the language: null, false, true, numbers, strings, lists, objects.
    fn cmp(&self, other: &Self) -> Ordering {
        meter::tick(0);
        let rank = |value: &Self| match value {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Num(_) => 2,
            Self::Str(_) => 3,
            Self::Arr(_) => 4,
            Self::Obj(_) => 5,
        };
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => left.cmp(right),
            (Self::Num(left), Self::Num(right)) => {
                meter::tick(written(left) + written(right));
                left.cmp(right)
            }
            (Self::Str(left), Self::Str(right)) => {
                meter::tick(left.bytes().len().min(right.bytes().len()));
                left.cmp(right)
            }
            (Self::Arr(left), Self::Arr(right)) => left.items.cmp(&right.items),
            (Self::Obj(left), Self::Obj(right)) => {
                let (left, right) = (left.sorted(), right.sorted());
                let names = left.iter().map(|(name, _)| name).cmp(right.iter().map(|(name, _)| name));
                names.then_with(|| left.iter().map(|(_, value)| value).cmp(right.iter().map(|(_, value)| value)))
            }
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

/// How long the text of a number is that has to be read for every use of it.
pub(super) fn written(number: &Num) -> usize {
    if let Num::Dec(text) = number { text.len() } else { 0 }
}
