//! How an expression gets at what is in a value, and changes it: paths, slices, updates.

use std::rc::Rc;

use jaq_core::{
    Exn,
    box_iter::{BoxIter, box_once},
    path::Opt,
    val::{Range, ValX},
};

use super::{
    meter,
    value::{Arr, Error, Obj, Text, Val, ValR},
};

/// What can be gone through.
const ITERABLE: &str = "iterable (array or object)";
/// How far behind its end a list may be written to.
const LONGEST_LIST: usize = 1_000_000;

impl jaq_core::ValT for Val {
    fn from_num(text: &str) -> ValR {
        let is_json = serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok();
        // `1.` and `.5` are numbers of the language and not of JSON.
        Ok(if is_json { Self::number(text) } else { Self::from(text.parse().unwrap_or(f64::NAN)) })
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(members: I) -> ValR {
        let mut object = Obj::default();
        for (name, value) in members {
            match name {
                Self::Str(name) => object.insert(name, value),
                name => return Err(Error::str(format_args!("cannot use {name} as the name of a member"))),
            }
        }
        Ok(Self::obj(object))
    }

    fn key_values(self) -> BoxIter<'static, Result<(Self, Self), Error>> {
        match self {
            Self::Arr(list) => {
                let items = list.into_items().into_iter().enumerate();
                Box::new(items.map(|(at, value)| Ok((Self::from(at), value))))
            }
            Self::Obj(object) => {
                let members = object.into_members().into_iter();
                Box::new(members.map(|(name, value)| Ok((Self::Str(name), value))))
            }
            other => box_once(Err(Error::typ(other, ITERABLE))),
        }
    }

    fn values(self) -> Box<dyn Iterator<Item = ValR>> {
        match self {
            Self::Arr(list) => Box::new(list.into_items().into_iter().map(Ok)),
            Self::Obj(object) => Box::new(object.into_members().into_values().map(Ok)),
            other => box_once(Err(Error::typ(other, ITERABLE))),
        }
    }

    fn index(self, index: &Self) -> ValR {
        Ok(self.found(index)?.unwrap_or(Self::Null))
    }

    fn range(self, range: Range<&Self>) -> ValR {
        meter::step_into_nothing();
        match self {
            Self::Str(text) => {
                let range = slice_of_text(&text, range)?;
                Ok(Self::Str(Text::part(text.bytes().slice(range))))
            }
            Self::Arr(list) => {
                let range = slice(list.items().len(), range)?;
                Ok(list.items().get(range).unwrap_or_default().iter().cloned().collect())
            }
            other => Err(Error::typ(other, "rangeable (array or string)")),
        }
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(self, opt: Opt, f: impl Fn(Self) -> I) -> ValX<'a, Self> {
        match self {
            Self::Arr(list) => list.into_items().into_iter().flat_map(f).collect(),
            Self::Obj(object) => {
                let mut changed = Obj::default();
                for (name, value) in object.into_members() {
                    if let Some(value) = f(value).next().transpose()? {
                        changed.insert(name, value);
                    }
                }
                Ok(Self::obj(changed))
            }
            other => opt.fail(other, |other| Exn::from(Error::typ(other, ITERABLE))),
        }
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        index: &Self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        if let (Self::Str(_) | Self::Arr(_), Self::Obj(bounds)) = (&self, index) {
            let (start, end) = (bounds.get(&Text::owned("start")), bounds.get(&Text::owned("end")));
            return self.map_range(start..end, opt, f);
        }
        match (self, index) {
            // What is not there yet begins as an object, as `null` is read as one.
            (Self::Null, Self::Str(_)) => Self::obj(Obj::default()).map_index(index, opt, f),
            (Self::Null, Self::Num(_)) => Self::arr(Arr::default()).map_index(index, opt, f),
            (Self::Obj(mut object), Self::Str(name)) => {
                let members = Rc::make_mut(&mut object);
                let old = members.get_mut(name).map(|place| std::mem::replace(place, Self::Null));
                let was = old.is_some();
                match f(old.unwrap_or(Self::Null)).next().transpose()? {
                    Some(value) => members.insert(name.clone(), value),
                    None if was => members.remove(name),
                    None => {}
                }
                Ok(Self::Obj(object))
            }
            (Self::Arr(mut list), index) => {
                let length = list.items().len();
                let place = index.to_place().and_then(|place| {
                    let outside = || Error::str(format_args!("index {index} out of bounds"));
                    from_end(place, length).filter(|at| *at < length.max(LONGEST_LIST)).ok_or_else(outside)
                });
                let at = match place {
                    Ok(at) => at,
                    Err(error) => return opt.fail(Self::Arr(list), |_| Exn::from(error)),
                };
                let items = Rc::make_mut(&mut list);
                match f(items.take(at)).next().transpose()? {
                    Some(value) => {
                        (length..=at).for_each(|_| items.push(Self::Null));
                        items.set(at, value);
                    }
                    None => items.remove(at),
                }
                Ok(Self::Arr(list))
            }
            (Self::Obj(object), name) => {
                let error = Error::index(Self::Obj(Rc::clone(&object)), name.clone());
                opt.fail(Self::Obj(object), |_| Exn::from(error))
            }
            (other, _) => opt.fail(other, |other| Exn::from(Error::typ(other, ITERABLE))),
        }
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        range: Range<&Self>,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        match self {
            Self::Arr(list) => {
                let range = match slice(list.items().len(), range) {
                    Ok(range) => range,
                    Err(error) => return opt.fail(Self::Arr(list), |_| Exn::from(error)),
                };
                let items = list.items();
                let part = |range: std::ops::Range<usize>| items.get(range).unwrap_or_default().iter().cloned();
                let changed = match f(part(range.clone()).collect()).next().transpose()? {
                    Some(Self::Arr(changed)) => changed.into_items(),
                    Some(other) => return Err(Error::typ(other, "array").into()),
                    None => Vec::new(),
                };
                let (before, behind) = (part(0..range.start), part(range.end..items.len()));
                Ok(before.chain(changed).chain(behind).collect())
            }
            Self::Str(text) => {
                let range = match slice_of_text(&text, range) {
                    Ok(range) => range,
                    Err(error) => return opt.fail(Self::Str(text), |_| Exn::from(error)),
                };
                let changed = match f(Self::Str(Text::part(text.bytes().slice(range.clone())))).next().transpose()? {
                    Some(Self::Str(changed)) => changed.bytes().clone(),
                    Some(other) => return Err(Error::typ(other, "string").into()),
                    None => bytes::Bytes::new(),
                };
                let part = |range: std::ops::Range<usize>| text.bytes().get(range).unwrap_or_default();
                let whole = [part(0..range.start), &changed, part(range.end..text.bytes().len())].concat();
                Ok(Self::Str(Text::owned(whole)))
            }
            other => opt.fail(other, |other| Exn::from(Error::typ(other, "array"))),
        }
    }

    fn as_bool(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    fn into_string(self) -> Self {
        match self {
            Self::Str(text) => Self::Str(text),
            other => Self::Str(other.to_json()),
        }
    }
}

impl jaq_std::ValT for Val {
    fn into_seq<S: FromIterator<Self>>(self) -> Result<S, Self> {
        match self {
            Self::Arr(list) => {
                meter::tick(64 * list.items().len());
                Ok(list.into_items().into_iter().collect())
            }
            other => Err(other),
        }
    }

    fn is_int(&self) -> bool {
        matches!(self, Self::Num(jaq_json::Num::Int(_) | jaq_json::Num::BigInt(_)))
    }

    fn as_isize(&self) -> Option<isize> {
        let Self::Num(number) = self else { return None };
        number.as_isize()
    }

    fn as_f64(&self) -> Option<f64> {
        self.to_f64()
    }

    fn is_utf8_str(&self) -> bool {
        matches!(self, Self::Str(_))
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        let Self::Str(text) = self else { return None };
        // Whoever asks goes through them.
        meter::tick(16 * text.bytes().len());
        Some(text.bytes())
    }

    fn as_sub_str(&self, sub: &[u8]) -> Self {
        match self {
            Self::Str(text) => Self::Str(Text::part(text.bytes().slice_ref(sub))),
            _ => Self::Null,
        }
    }

    fn from_utf8_bytes(bytes: impl AsRef<[u8]> + Send + 'static) -> Self {
        Self::Str(Text::owned(bytes))
    }
}

impl Val {
    /// What is at a place or under a name; nothing where there is nothing.
    pub(super) fn found(self, index: &Self) -> Result<Option<Self>, Error> {
        Ok(match (self, index) {
            (Self::Null, _) => {
                meter::step_into_nothing();
                None
            }
            (Self::Obj(object), Self::Str(name)) => object.get(name).cloned(),
            (Self::Arr(list), Self::Num(jaq_json::Num::Int(_) | jaq_json::Num::BigInt(_))) => {
                from_end(index.to_place()?, list.items().len()).and_then(|at| list.items().get(at)).cloned()
            }
            (Self::Arr(list), Self::Arr(part)) => Some(places(&list, part)),
            (value @ (Self::Str(_) | Self::Arr(_)), Self::Obj(bounds)) => {
                let (start, end) = (bounds.get(&Text::owned("start")), bounds.get(&Text::owned("end")));
                return jaq_core::ValT::range(value, start..end).map(Some);
            }
            (value, index) => return Err(Error::index(value, index.clone())),
        })
    }
}

/// Where a list stands in another.
pub(super) fn places(list: &Arr, part: &Arr) -> Val {
    if part.items().is_empty() {
        return Val::arr(Arr::default());
    }
    let windows = list.items().windows(part.items().len()).enumerate();
    windows.filter(|(_, window)| *window == part.items()).map(|(at, _)| Val::from(at)).collect()
}

/// A place counted from the end where it is negative.
fn from_end(place: i64, length: usize) -> Option<usize> {
    if place < 0 {
        usize::try_from(place.unsigned_abs()).ok().and_then(|back| length.checked_sub(back))
    } else {
        usize::try_from(place).ok()
    }
}

/// The places of a slice, within what there is.
fn slice(length: usize, range: Range<&Val>) -> Result<std::ops::Range<usize>, Error> {
    let bound = |bound: Option<&Val>, missing: usize| match bound {
        None | Some(Val::Null) => Ok(missing),
        Some(value) => value.to_place().map(|place| from_end(place, length).unwrap_or(0).min(length)),
    };
    let (start, end) = (bound(range.start, 0)?, bound(range.end, length)?);
    Ok(start..end.max(start))
}

/// The bytes of a slice that counts characters.
fn slice_of_text(text: &Text, range: Range<&Val>) -> Result<std::ops::Range<usize>, Error> {
    meter::tick(16 * text.bytes().len());
    let bytes = text.bytes().as_ref();
    let Ok(text) = std::str::from_utf8(bytes) else { return slice(bytes.len(), range) };
    let chars = slice(text.chars().count(), range)?;
    let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let start = starts.nth(chars.start).unwrap_or(text.len());
    let end = if chars.is_empty() { start } else { starts.nth(chars.len() - 1).unwrap_or(text.len()) };
    Ok(start..end)
}
