//! What `+ - * / %` do, each after a look at how large the result will be.

use std::{
    ops::{Add, Div, Mul, Neg, Rem, Sub},
    rc::Rc,
};

use jaq_core::ops::Math;
use jaq_json::Num;

use super::{
    Stopped, meter,
    value::{Arr, Error, LONGEST, Obj, Text, Val, ValR, written},
};

/// How many bits a whole number may have.
const BITS: u64 = 1 << 16;

/// Numbers as they take part in a calculation; the work is counted.
fn weighed(left: &Num, right: &Num) {
    meter::tick(written(left) + written(right));
    let bits = |number: &Num| if let Num::BigInt(number) = number { number.bits() } else { 64 };
    let bits = bits(left) + bits(right);
    if bits > BITS {
        meter::stop(Stopped::Long);
    }
    meter::tick((bits / 4) as usize);
}

impl Add for Val {
    type Output = ValR;

    fn add(self, other: Self) -> ValR {
        match (self, other) {
            (Self::Null, value) | (value, Self::Null) => Ok(value),
            (Self::Num(left), Self::Num(right)) => {
                weighed(&left, &right);
                Ok(Self::Num(left + right))
            }
            (Self::Str(left), Self::Str(right)) => {
                if left.bytes().len() + right.bytes().len() > LONGEST {
                    meter::stop(Stopped::Long);
                }
                Ok(Self::Str(Text::owned([left.bytes().as_ref(), right.bytes()].concat())))
            }
            (Self::Arr(mut left), Self::Arr(right)) => {
                let list = Rc::make_mut(&mut left);
                right.items().iter().for_each(|value| list.push(value.clone()));
                Ok(Self::Arr(left))
            }
            (Self::Obj(mut left), Self::Obj(right)) => {
                let object = Rc::make_mut(&mut left);
                right.members().for_each(|(name, value)| object.insert(name.clone(), value.clone()));
                Ok(Self::Obj(left))
            }
            (left, right) => Err(Error::math(left, Math::Add, right)),
        }
    }
}

impl Sub for Val {
    type Output = ValR;

    fn sub(self, other: Self) -> ValR {
        match (self, other) {
            (Self::Num(left), Self::Num(right)) => {
                weighed(&left, &right);
                Ok(Self::Num(left - right))
            }
            (Self::Arr(mut left), Self::Arr(right)) => {
                let gone: std::collections::BTreeSet<_> = right.items().iter().collect();
                Rc::make_mut(&mut left).retain(|value| !gone.contains(value));
                Ok(Self::Arr(left))
            }
            (left, right) => Err(Error::math(left, Math::Sub, right)),
        }
    }
}

impl Mul for Val {
    type Output = ValR;

    fn mul(self, other: Self) -> ValR {
        match (self, other) {
            (Self::Num(left), Self::Num(right)) => {
                weighed(&left, &right);
                Ok(Self::Num(left * right))
            }
            (text @ Self::Str(_), Self::Num(times)) | (Self::Num(times), text @ Self::Str(_)) => repeated(text, times),
            (Self::Obj(left), Self::Obj(right)) => Ok(Self::Obj(merged(left, right))),
            (left, right) => Err(Error::math(left, Math::Mul, right)),
        }
    }
}

/// A text that many times; nothing for no times.
fn repeated(text: Val, times: Num) -> ValR {
    let times = match times {
        Num::Int(times) => i64::try_from(times).unwrap_or(i64::MAX),
        Num::BigInt(_) => Val::Num(times).to_place()?,
        times => return Err(Error::math(text, Math::Mul, Val::Num(times))),
    };
    match text {
        Val::Str(text) if times > 0 => {
            let length = usize::try_from(times).ok().and_then(|times| text.bytes().len().checked_mul(times));
            match length.filter(|length| *length <= LONGEST) {
                Some(_) => Ok(Val::Str(Text::owned(text.bytes().repeat(times as usize)))),
                None => {
                    meter::stop(Stopped::Long);
                    Ok(Val::Null)
                }
            }
        }
        _ => Ok(Val::Null),
    }
}

/// Objects put together, and so are the objects that both have under one name.
fn merged(mut left: Rc<Obj>, right: Rc<Obj>) -> Rc<Obj> {
    meter::tick(0);
    let object = Rc::make_mut(&mut left);
    for (name, value) in right.into_members() {
        let old = object.get_mut(&name).map(|old| std::mem::replace(old, Val::Null));
        let value = match (old, value) {
            (Some(Val::Obj(old)), Val::Obj(value)) => Val::Obj(merged(old, value)),
            (_, value) => value,
        };
        object.insert(name, value);
    }
    left
}

impl Div for Val {
    type Output = ValR;

    fn div(self, other: Self) -> ValR {
        match (self, other) {
            (Self::Num(left), Self::Num(right)) => {
                weighed(&left, &right);
                Ok(Self::Num(left / right))
            }
            (Self::Str(left), Self::Str(right)) => Ok(Self::arr(split(&left, &right))),
            (left, right) => Err(Error::math(left, Math::Div, right)),
        }
    }
}

/// The parts of a text between the places where another stands in it; its characters where that is empty.
fn split(text: &Text, by: &Text) -> Arr {
    let bytes = text.bytes();
    let part = |start: usize, end: usize| Val::Str(Text::part(bytes.slice(start..end)));
    if bytes.is_empty() {
        return Arr::default();
    }
    if by.bytes().is_empty() {
        let ends = text.text();
        // Where it is not UTF-8 the characters are not those of the bytes.
        return match ends {
            std::borrow::Cow::Borrowed(text) => {
                text.char_indices().map(|(at, char)| part(at, at + char.len_utf8())).collect()
            }
            std::borrow::Cow::Owned(text) => text.chars().map(|char| Val::str(char.encode_utf8(&mut [0; 4]))).collect(),
        };
    }
    meter::tick(bytes.len());
    let mut start = 0;
    let mut parts = Arr::default();
    for at in memchr::memmem::find_iter(bytes, by.bytes()) {
        parts.push(part(start, at));
        start = at + by.bytes().len();
    }
    parts.push(part(start, bytes.len()));
    parts
}

impl Rem for Val {
    type Output = ValR;

    fn rem(self, other: Self) -> ValR {
        match (self, other) {
            (Self::Num(left), Self::Num(right)) => {
                weighed(&left, &right);
                let whole = |number: &Num| matches!(number, Num::Int(_) | Num::BigInt(_));
                if whole(&left) && right == Num::Int(0) && whole(&right) {
                    return Err(Error::math(Self::Num(left), Math::Rem, Self::Num(right)));
                }
                Ok(Self::Num(left % right))
            }
            (left, right) => Err(Error::math(left, Math::Rem, right)),
        }
    }
}

impl Neg for Val {
    type Output = ValR;

    fn neg(self) -> ValR {
        match self {
            Self::Num(number) => {
                meter::tick(written(&number));
                Ok(Self::Num(-number))
            }
            other => Err(Error::typ(other, "number")),
        }
    }
}
