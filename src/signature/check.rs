//! Checking: whether a signature is what its scheme says, and everything that was seen on the way.
//!
//! Decided: a verdict is never a yes or no alone; every secret and every signature in the header is tried; only the bytes
//! as they came are checked; and what is valid is still stale where its time is too far from that of arrival.

use std::borrow::Cow;

use super::{
    Finding, Shown, Verdict, adyen,
    apart::{Apart, Lacking, apart, encode},
    keys::{self, Uncomputed, compute, holds, same, whole},
    message::{Age, LOOKED_AT, Message},
    scheme::{Key, Made, Method, Part, Place, Scheme, Time, Tolerance, Unit},
    secret::Secret,
    signed::{Piece, is_url_signed, pieces},
    sns,
};

/// What is said before the address of a certificate that no provider has.
pub const FOREIGN: &str = "certificate at a host that is NOT the provider's";
/// How many bytes of a piece are kept to be shown.
const SHOWN: usize = 1024;

/// What fits, by its place.
#[derive(Debug)]
pub struct Fit {
    /// Which of the secrets.
    pub secret: usize,
    /// Which of the URLs, where one is signed.
    pub url: Option<usize>,
}

/// What came of comparing.
#[derive(Debug)]
pub struct Compared {
    /// What fits, if something does.
    pub fit: Option<Fit>,
    /// What the first secret that can be used makes, for the first URL or that which fits.
    pub expected: Option<Vec<u8>>,
    /// Whether a secret could be used.
    pub tried: bool,
    /// Why one could not be: which, and a sentence.
    pub unusable: Option<(usize, &'static str)>,
}

/// Why nothing was compared.
#[derive(Debug)]
pub enum Hindered {
    /// What would be signed cannot be made of this, for the reason given.
    Unmade(String),
    /// creel does not check this, for the reason given.
    Unsupported(String),
}

/// The method of a scheme for this request, which may name another hash.
fn method(scheme: &Scheme, apart: &Apart<'_>) -> Method {
    match (scheme.method, apart.hash) {
        (Method::Hmac(_), Some(hash)) => Method::Hmac(hash),
        (Method::Rsa(_), Some(hash)) => Method::Rsa(hash),
        (method, _) => method,
    }
}

/// Whether two secrets are needed: a certificate as the key, and a text that is signed.
pub fn is_split(scheme: &Scheme) -> bool {
    scheme.key == Key::Certificate && scheme.signed.contains(&Part::Secret)
}

/// Compares the signatures with what every secret makes, for every URL that may be meant. The age is not looked at.
pub fn compare(
    scheme: &Scheme,
    message: &Message<'_>,
    apart: &Apart<'_>,
    secrets: &[&Secret],
    item: usize,
) -> Result<Compared, Hindered> {
    let method = method(scheme, apart);
    let mut compared = Compared { fit: None, expected: None, tried: false, unusable: None };
    // Where a certificate is the key, what else is signed of the secrets is the one that is no certificate.
    let split = is_split(scheme);
    let beside: Vec<&[u8]> = if split {
        secrets.iter().filter(|secret| !secret.is_pem()).map(|secret| secret.bytes()).collect()
    } else {
        vec![b""]
    };
    let urls: Vec<Option<&str>> = if is_url_signed(scheme) && !message.urls.is_empty() {
        message.urls.iter().map(|url| Some(url.as_str())).collect()
    } else {
        vec![None]
    };
    let mut made = Vec::with_capacity(urls.len());
    if method == Method::Equal {
        made.push(Vec::new());
    } else {
        for url in &urls {
            made.push(pieces(scheme, message, apart, *url, item).map_err(Hindered::Unmade)?);
        }
    }
    for (number, secret) in secrets.iter().enumerate().filter(|(_, secret)| !split || secret.is_pem()) {
        let key = match keys::key(scheme.key, secret.bytes()) {
            Ok(key) => key,
            Err(why) => {
                compared.unusable = compared.unusable.or(Some((number, why)));
                continue;
            }
        };
        for beside in &beside {
            let beside = if split { beside } else { secret.bytes() };
            for (at, pieces) in made.iter().enumerate() {
                let fit = || Some(Fit { secret: number, url: urls.get(at).copied().flatten().map(|_| at) });
                compared.tried = true;
                if method.is_shared() {
                    let expected = compute(method, &key, pieces, beside, &message.body).map_err(hindered)?;
                    let matches = apart.signatures.iter().fold(false, |any, (_, own)| any | same(own, &expected));
                    if matches {
                        (compared.fit, compared.expected) = (fit(), Some(expected));
                        return Ok(compared);
                    }
                    compared.expected = compared.expected.or(Some(expected));
                } else {
                    let all = whole(pieces, beside, &message.body).map_err(hindered)?;
                    if apart.signatures.iter().any(|(_, own)| holds(method, &key, &all, own)) {
                        compared.fit = fit();
                        return Ok(compared);
                    }
                }
            }
        }
    }
    Ok(compared)
}

fn hindered(why: Uncomputed) -> Hindered {
    Hindered::Unsupported(match why {
        Uncomputed::TooLarge => "the body is larger than 16 MiB, and this signature needs all of it at once".to_owned(),
        Uncomputed::Read(error) => format!("the body cannot be read: {error}"),
        Uncomputed::NotOurs => "only the sender can make this signature".to_owned(),
    })
}

/// Checks a request by one scheme.
pub fn verify(scheme: &'static Scheme, message: &Message<'_>, secrets: &[&Secret], age: Age) -> Finding {
    if scheme.at != Place::Items {
        return verify_item(scheme, message, secrets, age, 0);
    }
    // Every item has its own signature; one that is not valid decides.
    let mut first = None;
    for item in 0..adyen::count(message).max(1) {
        let finding = verify_item(scheme, message, secrets, age, item);
        if finding.verdict != Verdict::Valid {
            return finding;
        }
        first = first.or(Some(finding));
    }
    first.unwrap_or_else(|| Finding::new(scheme, Verdict::Missing))
}

fn verify_item(scheme: &'static Scheme, message: &Message<'_>, secrets: &[&Secret], age: Age, item: usize) -> Finding {
    let mut finding = Finding::new(scheme, Verdict::Missing);
    let apart = match apart(scheme, message, item) {
        Ok(apart) => apart,
        Err(Lacking::Absent) => return finding,
        Err(Lacking::Malformed(why)) => {
            finding.verdict = Verdict::Malformed;
            finding.why = Some(why);
            if let Place::Header(name) = scheme.at {
                finding.said = message.all(name).take(4).map(|value| ("as it came", short(value))).collect();
            }
            return finding;
        }
    };
    finding.said = apart.said.iter().map(|(what, value)| (*what, short(value))).collect();
    finding.said.extend(certificate(scheme, message));
    finding.method = method(scheme, &apart);
    finding.received = apart.signatures.iter().map(|(text, _)| short(text)).collect();
    if scheme.method == Method::Equal {
        finding.received.clear();
    }
    let time = apart.time.as_ref().map(|(_, time)| *time);
    finding.age = time.map(|time| message.received_at.as_millisecond().saturating_sub(time));
    finding.limit = limit(scheme.tolerance, age);
    finding.unit = time.and_then(|time| other_unit(scheme, message, time));
    if !message.whole
        && !secrets.is_empty()
        && scheme.signed.iter().any(|part| matches!(part, Part::Body | Part::Made(_) | Part::Json(_)))
    {
        finding.verdict = Verdict::Unsupported;
        finding.why = Some("the body did not arrive whole, and what was signed is not all here".to_owned());
        return finding;
    }
    let compared = match compare(scheme, message, &apart, secrets, item) {
        Ok(compared) => compared,
        Err(Hindered::Unmade(why)) => {
            // Without a secret nothing was to be compared anyway.
            finding.verdict = if secrets.is_empty() { Verdict::NoSecret } else { Verdict::Invalid };
            finding.why = Some(why);
            return finding;
        }
        Err(Hindered::Unsupported(why)) => {
            finding.verdict = Verdict::Unsupported;
            finding.why = Some(why);
            return finding;
        }
    };
    let url = compared.fit.as_ref().map_or(Some(0), |fit| fit.url).and_then(|at| message.urls.get(at));
    finding.url = url.filter(|_| is_url_signed(scheme)).cloned();
    if let Ok(pieces) = pieces(scheme, message, &apart, finding.url.as_deref(), item) {
        finding.signed = pieces.iter().map(|piece| shown(piece, message)).collect();
    }
    finding.secret = compared.fit.as_ref().and_then(|fit| secrets.get(fit.secret)).map(|secret| secret.name());
    finding.expected =
        compared.expected.filter(|_| scheme.method != Method::Equal).map(|bytes| encode(scheme.encoding, &bytes));
    finding.verdict = match (&compared.fit, compared.tried) {
        (Some(_), _) if too_far(finding.age, scheme.tolerance, age) => Verdict::Stale,
        (Some(_), _) => Verdict::Valid,
        (None, true) => Verdict::Invalid,
        (None, false) => Verdict::NoSecret,
    };
    // Where a time to come is let pass, nothing else would say it.
    if finding.verdict == Verdict::Valid
        && let (Some((is, _)), Some(time)) = (finding.unit, scheme.time)
    {
        let (is, was, provider) = (is.name(), time.unit().name(), scheme.provider);
        finding.why = Some(format!("it is signed with a time in {is} where {provider} has {was}"));
    }
    if finding.verdict == Verdict::NoSecret && is_split(scheme) && !secrets.is_empty() {
        // Two secrets belong together, and one of them is there.
        let has_key = secrets.iter().any(|secret| secret.is_pem());
        let (there, lacks) = if has_key { ("certificate", "webhook's id") } else { ("webhook's id", "certificate") };
        let provider = scheme.provider;
        finding.why = Some(format!("the {there} of {provider} is known, and its {lacks}, which is needed too, is not"));
    }
    if finding.verdict == Verdict::NoSecret
        && let Some((number, why)) = compared.unusable
    {
        let name = secrets.get(number).map(|secret| secret.name()).unwrap_or_default();
        finding.why = Some(format!("{name} cannot be used here: {why}"));
    }
    finding
}

/// In milliseconds.
const TEN_YEARS: i64 = 10 * YEAR;
/// The same.
const YEAR: i64 = 365 * 86_400 * 1000;

/// The unit that a time is written in, and its age by that, where that is another than the scheme's: by its own it is years
/// away from when the request came, and by the other it is not.
fn other_unit(scheme: &Scheme, message: &Message<'_>, time: i64) -> Option<(Unit, i64)> {
    let own = scheme.time?.unit();
    let received = message.received_at.as_millisecond();
    let other = match own {
        Unit::Seconds => time / 1000,
        Unit::Millis => time.saturating_mul(1000),
    };
    let (age, right) = (received.saturating_sub(time), received.saturating_sub(other));
    (age.saturating_abs() > YEAR && right.saturating_abs() < TEN_YEARS && right.saturating_abs() < age.saturating_abs())
        .then(|| (own.other(), right))
}

/// The address of the certificate, which is said and not called.
fn certificate(scheme: &Scheme, message: &Message<'_>) -> Option<(&'static str, Vec<u8>)> {
    type Hosts = fn(&str) -> bool;
    let (url, is_theirs): (Cow<'_, [u8]>, Hosts) = match scheme.signed {
        [Part::Made(Made::SnsLines)] => (message.json()?.get("SigningCertURL")?.scalar(SHOWN)?, sns::is_amazons),
        [Part::Header("PAYPAL-TRANSMISSION-ID"), ..] => {
            (Cow::Borrowed(message.header("PAYPAL-CERT-URL")?), sns::is_paypals)
        }
        _ => return None,
    };
    let theirs = std::str::from_utf8(&url).is_ok_and(is_theirs);
    Some((if theirs { "certificate at" } else { FOREIGN }, short(&url)))
}

/// How far the time of signing may be away, in milliseconds.
fn limit(tolerance: Option<Tolerance>, age: Age) -> Option<i64> {
    match age {
        Age::Off => None,
        Age::Within(period) => i64::try_from(period.as_millis()).ok(),
        Age::Scheme => tolerance.map(|tolerance| i64::from(tolerance.seconds) * 1000),
    }
}

fn too_far(age_ms: Option<i64>, tolerance: Option<Tolerance>, age: Age) -> bool {
    let (Some(old), Some(limit)) = (age_ms, limit(tolerance, age)) else { return false };
    let both = matches!(age, Age::Within(_)) || tolerance.is_some_and(|tolerance| tolerance.both);
    old > limit || (both && old < -limit)
}

fn short(value: &[u8]) -> Vec<u8> {
    value.get(..SHOWN).unwrap_or(value).to_vec()
}

fn shown(piece: &Piece<'_>, message: &Message<'_>) -> Shown {
    match piece {
        Piece::Secret => Shown::Secret,
        Piece::Bytes(bytes) => Shown::Bytes { first: short(bytes), length: bytes.len() },
        Piece::Body => Shown::Body { first: short(message.body.first()), length: message.body.len() },
    }
}

/// What a try costs beside what it hashes, in bytes that are hashed in the same time, and what one costs with a public key.
const TRY: usize = 1024;
const DEAR: usize = 64 * 1024;

/// Whether a scheme with this row says that the request is what it claims to be, whatever its age. For trying what might have
/// gone wrong; it never gives a verdict. `may` is asked, with how many bytes that takes, before anything is hashed.
pub fn fits(scheme: &Scheme, message: &Message<'_>, secret: &Secret, mut may: impl FnMut(usize) -> bool) -> bool {
    let in_body = matches!(scheme.at, Place::Items | Place::Body(_)) || matches!(scheme.time, Some(Time::Json(..)));
    let read = if in_body { message.body.first().len().min(LOOKED_AT) } else { 0 };
    if !may(TRY + read) {
        return false;
    }
    let items = if scheme.at == Place::Items { adyen::count(message).max(1) } else { 1 };
    (0..items).all(|item| {
        apart(scheme, message, item).is_ok_and(|apart| {
            can_fit(scheme, &apart)
                && may(cost(scheme, message, &apart))
                && compare(scheme, message, &apart, &[secret], item).is_ok_and(|compared| compared.fit.is_some())
        })
    })
}

/// Whether a signature is as long as the hash is with which it is made: nothing is hashed where it is not.
fn can_fit(scheme: &Scheme, apart: &Apart<'_>) -> bool {
    match method(scheme, apart) {
        Method::Hmac(hash) | Method::Digest(hash) => {
            apart.signatures.iter().any(|(_, bytes)| bytes.len() == hash.length())
        }
        _ => true,
    }
}

/// How many bytes are hashed, or read in a time like that, to compare one secret.
fn cost(scheme: &Scheme, message: &Message<'_>, apart: &Apart<'_>) -> usize {
    if scheme.method == Method::Equal {
        return 0;
    }
    let reads = |part: &&Part| matches!(part, Part::Body | Part::Made(_) | Part::Json(_));
    let once = scheme.signed.iter().filter(reads).count() * message.body.len();
    let urls = if is_url_signed(scheme) { message.urls.len().max(1) } else { 1 };
    let keys = if scheme.method.is_shared() { 1 } else { apart.signatures.len() };
    (once + if scheme.method.is_shared() { 0 } else { DEAR }).saturating_mul(urls * keys)
}
