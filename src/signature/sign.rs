//! Signing: the header lines that make a request valid by a scheme. No clock is read: the time is a parameter.

use std::borrow::Cow;

use super::{
    apart::{Apart, encode, hash_of, settings},
    keys::{Uncomputed, compute, key, make, whole},
    message::Message,
    scheme::{Encoding, Form, Hash, Method, Part, Place, Scheme, Time, Unit},
    secret::Secret,
    signed::{is_url_signed, pieces},
};

/// What a signature is made of besides the request.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// When it is signed, in milliseconds since 1970.
    pub time: i64,
    /// The id of the message, for schemes that have one.
    pub id: &'a str,
}

/// Header lines that are to stand in the request in place of those of their names.
pub type Lines = Vec<(String, Vec<u8>)>;

/// Signs a request. Its URL is the first of `message.urls`; `secret` is a shared secret, or the private key as PEM or, for
/// Ed25519, behind `whsk_`. A fact that stands beside the key, as a `PayPal` webhook's id, is `beside`.
///
/// Fails with a sentence where the scheme puts the signature into the body, or where the secret is none for it.
pub fn sign(
    scheme: &Scheme,
    message: &Message<'_>,
    secret: &Secret,
    beside: Option<&Secret>,
    stamp: Stamp<'_>,
) -> Result<Lines, String> {
    let name = match scheme.at {
        Place::Header(name) => name.to_owned(),
        Place::Numbered(prefix) => format!("{prefix}1"),
        Place::Body(_) | Place::Items => {
            return Err(format!("{} has its signature in the body, which is not written anew", scheme.provider));
        }
    };
    let bytes = signature(scheme, message, secret, beside, stamp, 0)?;
    let text = encode(scheme.encoding, &bytes);
    let time = written_time(scheme, stamp);
    let value = match scheme.form {
        Form::Bare(prefix) => format!("{prefix}{text}"),
        Form::Pairs(between, "", signature) => {
            format!("{signature}={text}{between}").trim_end_matches(between).to_owned()
        }
        Form::Pairs(between, own, signature) => format!("{own}={time}{between}{signature}={text}"),
        Form::Versions(version) => format!("{version},{text}"),
    };
    // A token may be any bytes.
    let value = if scheme.encoding == Encoding::Plain { bytes } else { value.into_bytes() };
    let mut lines = vec![(name, value)];
    if let Some(Time::Header(name, _)) = scheme.time {
        lines.push((name.to_owned(), time.into_bytes()));
    }
    if let Some(name) = scheme.id {
        lines.push((name.to_owned(), stamp.id.as_bytes().to_vec()));
    }
    if let Some((name, value)) = scheme.when {
        lines.push((name.to_owned(), value.as_bytes().to_vec()));
    }
    Ok(lines)
}

/// The time as the scheme writes it.
fn written_time(scheme: &Scheme, stamp: Stamp<'_>) -> String {
    match scheme.time.map(Time::unit) {
        Some(Unit::Millis) => stamp.time.to_string(),
        Some(Unit::Seconds) | None => stamp.time.div_euclid(1000).to_string(),
    }
}

/// The bytes of a signature: what [`sign`] writes into a header, for who writes it into a body. `item` is which of several
/// items in that is meant. SNS is signed as its version 2.
pub fn signature(
    scheme: &Scheme,
    message: &Message<'_>,
    secret: &Secret,
    beside: Option<&Secret>,
    stamp: Stamp<'_>,
    item: usize,
) -> Result<Vec<u8>, String> {
    let written = written_time(scheme, stamp);
    let apart = Apart {
        time: Some((Cow::Borrowed(written.as_bytes()), stamp.time)),
        id: Some(stamp.id.as_bytes()),
        ..Apart::default()
    };
    let url = message.urls.first().map(String::as_str);
    if is_url_signed(scheme) && url.is_none() {
        return Err("the URL is signed, and there is none".to_owned());
    }
    let method = match scheme.method {
        Method::Rsa(_) => Method::Rsa(Hash::Sha256),
        Method::Hmac(hash) => Method::Hmac(settings(scheme, message).and_then(hash_of).unwrap_or(hash)),
        method => method,
    };
    let pieces = if method == Method::Equal { Vec::new() } else { pieces(scheme, message, &apart, url, item)? };
    if method.is_shared() {
        let key = key(scheme.key, secret.bytes()).map_err(|why| format!("{} cannot be used: {why}", secret.name()))?;
        return compute(method, &key, &pieces, secret.bytes(), &message.body).map_err(said);
    }
    let beside = match (scheme.signed.contains(&Part::Secret), beside) {
        (true, None) => return Err(format!("{} signs a second secret too, and there is none", scheme.provider)),
        (_, beside) => beside.map_or(&b""[..], Secret::bytes),
    };
    let all = whole(&pieces, beside, &message.body).map_err(said)?;
    make(method, secret.bytes(), &all)
        .ok_or_else(|| format!("{} is no private key for this: {} is wanted", secret.name(), method.name()))
}

fn said(why: Uncomputed) -> String {
    match why {
        Uncomputed::TooLarge => "the body is larger than 16 MiB, and this signature needs all of it at once".to_owned(),
        Uncomputed::Read(error) => format!("the body cannot be read: {error}"),
        Uncomputed::NotOurs => "only the sender can make this signature".to_owned(),
    }
}
