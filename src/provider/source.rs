//! Where in a capture a provider writes an event or a delivery, and how it is read there.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::top_level::{LOOKED_AT, Step, Value};
use crate::model::Capture;

/// The longest event or delivery that is believed to be one, in bytes. What is longer is left unread.
pub const NAME_BYTES: usize = 128;

/// A place where a value stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// The first header of that name.
    Header(&'static str),
    /// A string or number in a JSON body.
    Body(&'static [Step]),
    /// A number in a JSON body that stands for a word.
    Named(&'static [Step], &'static [(&'static str, &'static str)]),
    /// The name of the first member of a JSON body that is not this one.
    KeyBeside(&'static str),
    /// A parameter of a form body.
    Form(&'static str),
    /// A string or number in the JSON that a parameter of a form body holds.
    FormJson(&'static str, &'static [Step]),
}

impl Source {
    /// What stands there, if it is something, and at most [`NAME_BYTES`] long.
    pub fn read(self, capture: &Capture) -> Option<Cow<'_, [u8]>> {
        let body = capture.body.first();
        let found = match self {
            Self::Header(name) => Cow::Borrowed(capture.head.header(name)?),
            Self::Body(path) => Value::document(body)?.at(path)?.scalar(NAME_BYTES)?,
            Self::Named(path, words) => {
                let number = Value::document(body)?.at(path)?.scalar(NAME_BYTES)?;
                match words.iter().find(|(written, _)| written.as_bytes() == number.as_ref()) {
                    Some((_, word)) => Cow::Borrowed(word.as_bytes()),
                    None => number,
                }
            }
            Self::KeyBeside(other) => {
                let (name, _) = Value::document(body)?.members().find(|(name, _)| *name != other.as_bytes())?;
                Cow::Borrowed(name)
            }
            Self::Form(name) => unescape(parameter(form(capture)?, name)?),
            Self::FormJson(name, path) => {
                let json = unescape(parameter(form(capture)?, name)?);
                let found = Value::document(&json)?.at(path)?.scalar(NAME_BYTES)?;
                Cow::Owned(found.into_owned())
            }
        };
        (!found.is_empty() && found.len() <= NAME_BYTES).then_some(found)
    }
}

/// The first of these places where something stands.
pub fn first_of<'a>(sources: &[Source], capture: &'a Capture) -> Option<Cow<'a, [u8]>> {
    sources.iter().find_map(|source| source.read(capture))
}

/// The body as far as it is looked at, if its content type says that it is a form.
fn form(capture: &Capture) -> Option<&[u8]> {
    const FORM: &[u8] = b"application/x-www-form-urlencoded";
    let written = capture.head.header("content-type")?.get(..FORM.len())?;
    if !written.eq_ignore_ascii_case(FORM) {
        return None;
    }
    let body = capture.body.first();
    Some(body.get(..LOOKED_AT).unwrap_or(body))
}

/// The first parameter of that name, still escaped.
fn parameter<'a>(form: &'a [u8], name: &str) -> Option<&'a [u8]> {
    form.split(|&byte| byte == b'&').find_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
}

/// A form value without its escapes (WHATWG URL §5.1); unchanged bytes are not copied.
fn unescape(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'%', b'+', value).is_none() {
        return Cow::Borrowed(value);
    }
    let spaced: Vec<u8> = value.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    Cow::Owned(percent_decode(&spaced).collect())
}
