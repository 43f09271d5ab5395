//! Taking a signature's header apart: the signatures in it as bytes, the time, the id. Any bytes may stand there.

use std::borrow::Cow;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{
    message::Message,
    scheme::{Encoding, Form, Hash, Method, Place, Scheme, Time},
};
use crate::provider::Step;

/// How many signatures are looked at.
const MOST: usize = 32;
/// Where Mailgun writes the signature of the account that a subaccount belongs to.
const MAILGUN_PARENT: &[Step] = &[Step::Key("signature"), Step::Key("parent-signature")];
/// The longest signature, in bytes.
const LONGEST: usize = 16 * 1024;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT.with_encode_padding(false));

/// A signature's header, taken apart.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Apart<'a> {
    /// The signatures, as written and as bytes.
    pub signatures: Vec<(Cow<'a, [u8]>, Vec<u8>)>,
    /// The time of signing as written, and in milliseconds since 1970.
    pub time: Option<(Cow<'a, [u8]>, i64)>,
    /// The id, as written.
    pub id: Option<&'a [u8]>,
    /// The hash, where the request says another than the row.
    pub hash: Option<Hash>,
    /// Every part with what it is, as it stands there.
    pub said: Vec<(&'static str, Cow<'a, [u8]>)>,
}

/// Why there is nothing to compare with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lacking {
    /// No signature of this scheme is there.
    Absent,
    /// Something is there and cannot be one, for the reason given.
    Malformed(String),
}

/// Takes the header of a scheme apart. `item` is which of several items in a body is meant.
pub fn apart<'a>(scheme: &Scheme, message: &'a Message<'_>, item: usize) -> Result<Apart<'a>, Lacking> {
    if let Some((header, wanted)) = scheme.when
        && message.header(header).is_some_and(|value| !value.eq_ignore_ascii_case(wanted.as_bytes()))
    {
        return Err(Lacking::Absent);
    }
    let mut apart = Apart::default();
    let mut wrong = None;
    let mut there = false;
    for value in values(scheme, message, item) {
        there = true;
        if let Err(why) = read(scheme, value, &mut apart) {
            wrong = wrong.or(Some(why));
        }
    }
    if !there || (apart.signatures.is_empty() && wrong.is_none()) {
        return Err(Lacking::Absent);
    }
    if let Some(why) = wrong.filter(|_| apart.signatures.is_empty()) {
        return Err(Lacking::Malformed(why));
    }
    time(scheme, message, &mut apart)?;
    if let Some(name) = scheme.id {
        let id = message.header(name).ok_or_else(|| Lacking::Malformed(format!("there is no {name}")))?;
        apart.said.push(("id", Cow::Borrowed(id)));
        apart.id = Some(id);
    }
    if let Some(settings) = settings(scheme, message) {
        apart.said.push(("settings", Cow::Borrowed(settings)));
        apart.hash = hash_of(settings);
    }
    if matches!(scheme.method, Method::Rsa(Hash::Sha1)) && matches!(scheme.at, Place::Body(_)) {
        let version = message.json().and_then(|json| json.get("SignatureVersion")).and_then(|value| value.scalar(8));
        match version.as_deref() {
            Some(b"2") => apart.hash = Some(Hash::Sha256),
            Some(b"1") | None => {}
            Some(_) => return Err(Lacking::Malformed("its SignatureVersion is neither 1 nor 2".to_owned())),
        }
    }
    Ok(apart)
}

/// What Twilio says of its signature, beside it.
pub fn settings<'a>(scheme: &Scheme, message: &Message<'a>) -> Option<&'a [u8]> {
    message.header("X-Twilio-Webhooks-Signature-Settings").filter(|_| scheme.name == "twilio")
}

/// The hash that such settings name in place of the usual one.
pub fn hash_of(settings: &[u8]) -> Option<Hash> {
    memchr::memmem::find(settings, b"algorithm=HMAC_SHA256").map(|_| Hash::Sha256)
}

/// The places where a signature stands.
fn values<'a>(scheme: &Scheme, message: &'a Message<'_>, item: usize) -> Vec<Cow<'a, [u8]>> {
    match scheme.at {
        Place::Header(name) => message.all(name).take(MOST).map(Cow::Borrowed).collect(),
        Place::Numbered(prefix) => {
            let numbered = message.headers.iter().filter(|header| {
                let (begin, number) = header.name.split_at_checked(prefix.len()).unwrap_or_default();
                begin.eq_ignore_ascii_case(prefix.as_bytes())
                    && !number.is_empty()
                    && number.iter().all(u8::is_ascii_digit)
            });
            numbered.take(MOST).map(|header| Cow::Borrowed(header.value)).collect()
        }
        Place::Body(path) => {
            // Mailgun signs what a subaccount sends with the key of its account, too (documentation.mailgun.com, "Securing
            // Webhooks").
            let parent: &[&[Step]] = if scheme.name == "mailgun" { &[MAILGUN_PARENT] } else { &[] };
            let json = message.json();
            let value = |path: &&[Step]| json.as_ref()?.at(path)?.scalar(LONGEST);
            [path].iter().chain(parent).filter_map(value).collect()
        }
        Place::Items => super::adyen::signature(message, item).map(Cow::Owned).into_iter().collect(),
    }
}

/// Reads one header into `apart`; what is wrong with it, where no signature can be read.
fn read<'a>(scheme: &Scheme, value: Cow<'a, [u8]>, apart: &mut Apart<'a>) -> Result<(), String> {
    if value.len() > LONGEST {
        return Err("it is longer than any signature".to_owned());
    }
    match scheme.form {
        Form::Bare(prefix) => {
            let rest = cut(value, |bytes| bytes.strip_prefix(prefix.as_bytes()));
            let rest = rest.ok_or_else(|| format!("it does not begin with `{prefix}`"))?;
            signature(scheme, rest, apart)
        }
        Form::Pairs(between, time, name) => {
            let Cow::Borrowed(value) = value else { return Err("it stands in no header".to_owned()) };
            let mut wrong = None;
            for pair in value.split(|byte| char::from(*byte) == between).map(<[u8]>::trim_ascii) {
                let equals = memchr::memchr(b'=', pair).unwrap_or(pair.len());
                let (key, rest) = pair.split_at_checked(equals).unwrap_or_default();
                let rest = rest.get(1..).unwrap_or_default();
                if key == time.as_bytes() && !time.is_empty() && apart.time.is_none() {
                    apart.said.push(("time", Cow::Borrowed(rest)));
                    let Some(Time::Form(unit)) = scheme.time else { continue };
                    let count = number(rest).ok_or_else(|| format!("its `{time}` is not a whole number"))?;
                    apart.time = Some((Cow::Borrowed(rest), unit.millis(count)));
                } else if key == name.as_bytes() {
                    wrong = signature(scheme, Cow::Borrowed(rest), apart).err().or(wrong);
                } else if !pair.is_empty() {
                    apart.said.push(("besides", Cow::Borrowed(pair)));
                }
            }
            match (wrong, apart.signatures.is_empty()) {
                (Some(why), true) => Err(why),
                (None, true) => Err(format!("it has no `{name}=`")),
                _ => Ok(()),
            }
        }
        Form::Versions(version) => {
            let Cow::Borrowed(value) = value else { return Err("it stands in no header".to_owned()) };
            let mut wrong = None;
            let mut versioned = false;
            for entry in value.split(|byte| *byte == b' ').filter(|entry| !entry.is_empty()) {
                let comma = memchr::memchr(b',', entry);
                let (own, rest) = comma.and_then(|at| Some((entry.get(..at)?, entry.get(at + 1..)?))).unzip();
                versioned |= own.is_some();
                match (own, rest) {
                    (Some(own), Some(rest)) if own == version.as_bytes() => {
                        wrong = signature(scheme, Cow::Borrowed(rest), apart).err().or(wrong);
                    }
                    _ => apart.said.push(("another version", Cow::Borrowed(entry))),
                }
            }
            match wrong {
                Some(why) if apart.signatures.is_empty() => Err(why),
                _ if !versioned => Err(format!("it has no `{version},`")),
                // What is of another scheme under the same header is none of this one, and what is of none is wrong.
                _ if apart.signatures.is_empty() && !is_known_version(scheme, value) => {
                    Err(format!("there is no signature of a known version in it, as `{version},` is"))
                }
                _ => Ok(()),
            }
        }
    }
}

/// Whether a signature is there of a version that some scheme has under the same header.
fn is_known_version(scheme: &Scheme, value: &[u8]) -> bool {
    let Place::Header(own) = scheme.at else { return false };
    let versions = super::all().filter_map(|other| match (other.at, other.form) {
        (Place::Header(name), Form::Versions(version)) if name.eq_ignore_ascii_case(own) => Some(version.as_bytes()),
        _ => None,
    });
    let known: Vec<&[u8]> = versions.collect();
    let before = |entry: &[u8]| memchr::memchr(b',', entry).and_then(|at| Some(known.contains(&entry.get(..at)?)));
    value.split(|byte| *byte == b' ').any(|entry| before(entry) == Some(true))
}

/// A value without the quotes that stand around it.
pub fn unquoted(value: &[u8]) -> Option<&[u8]> {
    let value = value.trim_ascii();
    [b'"', b'\'', b'`'].iter().find_map(|quote| value.strip_prefix(&[*quote])?.strip_suffix(&[*quote]))
}

fn cut(value: Cow<'_, [u8]>, strip: impl Fn(&[u8]) -> Option<&[u8]>) -> Option<Cow<'_, [u8]>> {
    match value {
        Cow::Borrowed(bytes) => strip(bytes).map(Cow::Borrowed),
        Cow::Owned(bytes) => strip(&bytes).map(|rest| Cow::Owned(rest.to_vec())),
    }
}

fn signature<'a>(scheme: &Scheme, text: Cow<'a, [u8]>, apart: &mut Apart<'a>) -> Result<(), String> {
    if apart.signatures.len() >= MOST {
        return Ok(());
    }
    let bytes = decode(scheme.encoding, &text);
    let bytes = bytes.filter(|bytes| !bytes.is_empty()).ok_or_else(|| match scheme.encoding {
        _ if text.is_empty() => "the signature is empty".to_owned(),
        Encoding::Hex => "the signature is not hexadecimal".to_owned(),
        Encoding::Base64 | Encoding::Base64Url => "the signature is not base64".to_owned(),
        Encoding::Plain => "the token is empty".to_owned(),
    })?;
    if scheme.method != Method::Equal {
        apart.said.push(("signature", text.clone()));
    }
    apart.signatures.push((text, bytes));
    Ok(())
}

/// The bytes that a text stands for.
pub fn decode(encoding: Encoding, text: &[u8]) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Hex => hex::decode(text).ok(),
        Encoding::Base64 => STANDARD.decode(text).ok(),
        Encoding::Base64Url => URL_SAFE.decode(text).ok(),
        Encoding::Plain => Some(text.to_vec()),
    }
}

/// The text for bytes.
pub fn encode(encoding: Encoding, bytes: &[u8]) -> String {
    match encoding {
        Encoding::Hex => hex::encode(bytes),
        Encoding::Base64 => STANDARD.encode(bytes),
        Encoding::Base64Url => URL_SAFE.encode(bytes),
        Encoding::Plain => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// A whole number without a sign before it that is not a minus, as `i64`.
pub fn number(text: &[u8]) -> Option<i64> {
    let plain = text.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-');
    std::str::from_utf8(text).ok().filter(|_| plain)?.parse().ok()
}

/// The time that stands outside the signature's header.
fn time<'a>(scheme: &Scheme, message: &'a Message<'_>, apart: &mut Apart<'a>) -> Result<(), Lacking> {
    let malformed = |why: String| Err(Lacking::Malformed(why));
    let (value, unit, name) = match scheme.time {
        None => return Ok(()),
        Some(Time::Form(_)) if apart.time.is_some() => return Ok(()),
        Some(Time::Form(_)) => return malformed("it has no time".to_owned()),
        Some(Time::Header(name, unit)) => match message.header(name) {
            Some(value) => (Cow::Borrowed(value), unit, name),
            None => return malformed(format!("there is no {name}")),
        },
        Some(Time::Json(path, unit)) => {
            match message.json().and_then(|json| json.at(path)).and_then(|value| value.scalar(64)) {
                Some(value) => (value, unit, "the time in the body"),
                None => return malformed("the body has no time of signing".to_owned()),
            }
        }
    };
    let Some(count) = number(&value) else { return malformed(format!("{name} is not a whole number")) };
    apart.said.push(("time", value.clone()));
    apart.time = Some((value, unit.millis(count)));
    Ok(())
}
