//! A second look at a string or a number: what it is besides, and what is in it.
//!
//! Decided: a look is offered where the value is surely more than it seems, since a wrong hint is worse than none: Base64 only
//! where what comes out is text or begins as a known format does, and a number as a time only where it is one of these
//! decades. Nothing here says that a token is genuine.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::{Cancelled, headers, json};
use crate::model::Size;

/// The longest value that is looked at in passing, in bytes.
pub const LOOKED: usize = 256 * 1024;

/// The longest value that is looked at at all, in bytes.
pub const OPENED: usize = 1024 * 1024;

/// The shortest text that is taken for Base64: shorter ones are words.
const BASE64: usize = 16;

/// What a value is besides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Look {
    /// In a few words of ours.
    pub words: String,
    /// What is in it, where there is anything to show.
    pub inside: Option<Bytes>,
    /// The times that it says.
    pub times: Vec<Told>,
}

impl Look {
    fn at(words: String, at: Timestamp) -> Self {
        Self { words, inside: None, times: vec![Told { claim: None, at }] }
    }

    fn into(words: impl Into<String>, inside: impl Into<Bytes>) -> Self {
        Self { words: words.into(), inside: Some(inside.into()), times: Vec::new() }
    }
}

/// A time that a value says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// The claim of a token that says it.
    pub claim: Option<&'static str>,
    /// When.
    pub at: Timestamp,
}

/// Claims of tokens that are times (RFC 7519 §4.1), and what is said of one: beside when the token came, and seen from now
/// when it is past and when it is to come. What a token claims is told, and not whether anyone should believe it.
const CLAIMS: [(&str, &str, &str, &str); 3] = [
    ("exp", "expires", "expired ", "expires "),
    ("iat", "issued", "issued ", "issued "),
    ("nbf", "begins", "began ", "begins "),
];

impl Told {
    /// How far that is from now, such as "expired 3 days ago".
    pub fn words(&self, now: Timestamp) -> String {
        let row = self.claim.and_then(|claim| CLAIMS.iter().find(|(name, ..)| *name == claim));
        let (_, _, past, coming) = row.copied().unwrap_or_default();
        match (headers::span(self.at, now), self.at > now) {
            (None, _) => format!("{past}now"),
            (Some(span), false) => format!("{past}{span} ago"),
            (Some(span), true) => format!("{coming}in {span}"),
        }
    }
}

/// Looks at a value of JSON as it was sent, which came at that time.
pub fn look(value: &[u8], came: Timestamp) -> Option<Look> {
    if value.len() > OPENED {
        return None;
    }
    if value.first() != Some(&b'"') {
        return number(std::str::from_utf8(value).ok()?, came);
    }
    let text = json::string(value)?;
    let text = text.trim();
    moment(text, came)
        .or_else(|| number(text, came))
        .or_else(|| token(text, came))
        .or_else(|| nested(text))
        .or_else(|| base64(text))
        .or_else(|| escaped(text))
}

/// Seconds or milliseconds since 1970, of the years 2001 to 2100.
fn number(text: &str, came: Timestamp) -> Option<Look> {
    let number: i64 = text.parse().ok()?;
    let at = match number {
        1_000_000_000..4_102_444_800 if text.len() == 10 => Timestamp::from_second(number).ok()?,
        1_000_000_000_000..4_102_444_800_000 if text.len() == 13 => Timestamp::from_millisecond(number).ok()?,
        _ => return None,
    };
    Some(Look::at(format!("{}, {}", at.strftime("%Y-%m-%d %H:%M:%S UTC"), headers::distance(at, came)), at))
}

/// A date and a time with an offset (RFC 3339).
fn moment(text: &str, came: Timestamp) -> Option<Look> {
    let is_like = text.len() >= 20 && text.len() <= 40 && text.as_bytes().get(4) == Some(&b'-');
    let at: Timestamp = text.parse().ok().filter(|_| is_like)?;
    Some(Look::at(headers::distance(at, came), at))
}

/// A token with a header and claims (RFC 7519).
fn token(text: &str, came: Timestamp) -> Option<Look> {
    let mut pieces = text.split('.');
    let (header, claims) = (pieces.next()?, pieces.next()?);
    let signature = pieces.next()?;
    if pieces.next().is_some() || signature.bytes().any(|byte| byte == b'=') {
        return None;
    }
    let object = |piece: &str| {
        let decoded = engine(&alphabet::URL_SAFE).decode(piece).ok()?;
        let is_object = decoded.first() == Some(&b'{') && is_json(&decoded);
        is_object.then_some(decoded)
    };
    let (header, claims) = (object(header)?, object(claims)?);
    let member = |object: &[u8], wanted: &str| {
        let found = json::members(object)
            .find(|(name, _)| object.get(name.clone()).and_then(json::string).as_deref() == Some(wanted));
        found.and_then(|(_, value)| object.get(value).map(<[u8]>::to_vec))
    };
    member(&header, "alg")?;
    let mut words = "a JWT, decoded, not verified".to_owned();
    let mut times = Vec::new();
    for (claim, said, ..) in CLAIMS {
        let at = member(&claims, claim).and_then(|value| std::str::from_utf8(&value).ok()?.parse::<f64>().ok());
        // A whole number of seconds is as exact as anyone writes it.
        if let Some(at) = at.filter(|at| at.abs() < 1e11).and_then(|at| Timestamp::from_second(at as i64).ok()) {
            words.push_str(&format!("; {said} {}", headers::distance(at, came)));
            times.push(Told { claim: Some(claim), at });
        }
    }
    let inside = [b"{\"header\":".as_slice(), &header, b",\"claims\":", &claims, b"}"].concat();
    Some(Look { times, ..Look::into(words, inside) })
}

/// JSON in a string.
fn nested(text: &str) -> Option<Look> {
    let is_like = text.starts_with(['{', '[']) && text.len() > 2;
    (is_like && is_json(text.as_bytes())).then(|| Look::into("JSON in a string", text.as_bytes().to_vec()))
}

fn base64(text: &str) -> Option<Look> {
    let (kind, text) = match text.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        Some((_, data)) => ("in a data URL", data),
        None => ("", text),
    };
    let is_like = text.len() >= BASE64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'='));
    if !is_like {
        return None;
    }
    let alphabet = if text.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    let decoded = engine(alphabet).decode(text).ok()?;
    let size = Size(decoded.len() as u64);
    let format = MAGIC.iter().find(|(magic, _)| decoded.starts_with(magic)).map(|(_, name)| *name);
    let is_text = std::str::from_utf8(&decoded)
        .is_ok_and(|text| text.chars().all(|char| !char.is_control() || matches!(char, '\n' | '\r' | '\t')));
    let words = match format {
        Some(name) => format!("Base64 {kind}: {size} of {name}"),
        None if is_text => format!("Base64 {kind}: {size} of text"),
        None => return None,
    };
    Some(Look::into(words.replace("  ", " ").replace(" :", ":"), decoded))
}

/// How what is in Base64 often begins.
const MAGIC: [(&[u8], &str); 7] = [
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"%PDF", "PDF"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "ZIP"),
    (b"RIFF", "RIFF"),
];

/// Text with percent signs for bytes.
fn escaped(text: &str) -> Option<Look> {
    let sign = text.find('%')?;
    let is_hex = text.as_bytes().get(sign + 1..sign + 3)?.iter().all(u8::is_ascii_hexdigit);
    let decoded = percent_decode_str(text).decode_utf8().ok().filter(|_| is_hex)?;
    Some(Look::into("URL-encoded", decoded.into_owned().into_bytes()))
}

fn is_json(bytes: &[u8]) -> bool {
    json::scan(bytes, &Cancelled::default()).is_ok()
}

/// As lenient as what reads it in the wild.
fn engine(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn came() -> Timestamp {
        "2026-01-31T09:26:53Z".parse().unwrap()
    }

    fn words(value: &str) -> Option<String> {
        look(value.as_bytes(), came()).map(|look| look.words)
    }

    fn inside(value: &str) -> String {
        let inside = look(value.as_bytes(), came()).and_then(|look| look.inside).unwrap_or_default();
        String::from_utf8_lossy(&inside).into_owned()
    }

    #[test]
    fn a_value_is_what_it_is_besides() {
        for (value, expected) in [
            ("1769851613", Some("2026-01-31 09:26:53 UTC, when it came")),
            ("\"1769851553000\"", Some("2026-01-31 09:25:53 UTC, 60 s before it came")),
            ("\"2026-01-31T10:26:53+01:00\"", Some("when it came")),
            ("\"2026-01-31T09:27:53.5Z\"", Some("60 s after it came")),
            ("\"{\\\"a\\\":[1]}\"", Some("JSON in a string")),
            ("\"a%20b%C3%A9\"", Some("URL-encoded")),
            ("\"SGVsbG8sIHdvcmxkIQ==\"", Some("Base64: 13 B of text")),
            ("\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA\"", Some("Base64 in a data URL: 18 B of PNG")),
            ("\"{a}\"", None),
            ("\"[]\"", None),
            ("\"100% sure\"", None),
            ("\"MDEwOlJlcG9zaXR\\u0000\"", None),
            ("\"abcdefghijklmnopqrst\"", None),
            ("12", None),
            ("9999999999", None),
            ("true", None),
            ("\"2026-01-31\"", None),
            ("\"a.b.c\"", None),
        ] {
            assert_eq!(words(value).as_deref(), expected, "{value}");
        }
        assert_eq!(inside("\"a%20b%C3%A9\""), "a bé");
        assert_eq!(inside("\"{\\\"a\\\":[1]}\""), "{\"a\":[1]}");
    }

    #[test]
    fn a_token_shows_header_and_claims_and_is_never_called_genuine() {
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let (header, claims) = ("{\"alg\":\"HS256\"}", "{\"sub\":\"1\",\"exp\":1769851673,\"iat\":1769851613}");
        let token = format!("\"{}.{}.c2ln\"", encode(header), encode(claims));
        let expected = "a JWT, decoded, not verified; expires 60 s after it came; issued when it came";
        assert_eq!(words(&token).as_deref(), Some(expected));
        assert_eq!(inside(&token), format!("{{\"header\":{header},\"claims\":{claims}}}"));
        let told = |after: i64| {
            let now = Timestamp::from_second(1_769_851_673 + after).unwrap();
            let times = look(token.as_bytes(), came()).unwrap().times;
            times.iter().map(|told| told.words(now)).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(told(3 * 86_400), "expired 3 days ago, issued 3 days ago");
        assert_eq!(told(-30), "expires in 30 s, issued 30 s ago");
        assert_eq!(told(-90), "expires in 90 s, issued in 30 s");
        assert_eq!(told(0), "expired now, issued 60 s ago");
        let claims = "{\"nbf\":1769851673}";
        let token = format!("\"{}.{}.\"", encode(header), encode(claims));
        assert_eq!(words(&token).as_deref(), Some("a JWT, decoded, not verified; begins 60 s after it came"));
    }

    proptest! {
        #[test]
        fn any_value_is_looked_at_or_left(value in "(\"[ -~é]{0,60}\"|[0-9]{1,20}|\"[a-zA-Z0-9+/=._%-]{0,60}\")") {
            if let Some(look) = look(value.as_bytes(), came()) {
                prop_assert!(!look.words.chars().any(char::is_control));
            }
        }
    }
}
