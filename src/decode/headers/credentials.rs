//! Credentials: `Basic` (RFC 7617) and tokens that are JWTs (RFC 7519), read and not checked.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use jiff::Timestamp;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Part, time};

/// As lenient as what reads these in the wild.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// What `Authorization` and its like hold (RFC 9110 §11.4).
pub(super) fn credentials(value: &[u8], came: Timestamp) -> Vec<Part> {
    let value = value.trim_ascii();
    let at = memchr::memchr(b' ', value).unwrap_or(0);
    let (scheme, rest) = value.split_at_checked(at).unwrap_or((&[], value));
    let rest = rest.trim_ascii_start();
    if scheme.eq_ignore_ascii_case(b"basic") {
        return basic(rest);
    }
    token(rest, came)
}

/// A header that is a token and nothing else.
pub(super) fn bare(value: &[u8], came: Timestamp) -> Vec<Part> {
    token(value.trim_ascii(), came)
}

fn basic(credentials: &[u8]) -> Vec<Part> {
    let Ok(decoded) = STANDARD.decode(credentials) else {
        return vec![Part::ours("basic", "", "not Base64, so nobody can read a user and a password from it")];
    };
    let Some(colon) = memchr::memchr(b':', &decoded) else {
        return vec![Part::ours("user", decoded, "without a colon, so there is no password")];
    };
    let (user, password) = decoded.split_at_checked(colon).unwrap_or_default();
    let password = password.get(1..).unwrap_or_default();
    let words = if password.is_empty() { "empty" } else { "" };
    vec![Part::ours("user", user, ""), Part::ours("password", password, words).secret()]
}

/// A token that is a JWT: its header and its claims; none where it is something else.
pub(super) fn token(token: &[u8], came: Timestamp) -> Vec<Part> {
    let pieces: Vec<&[u8]> = token.split(|byte| *byte == b'.').take(6).collect();
    let header = pieces.first().and_then(|first| object(first));
    let (Some((header, members)), 3 | 5) = (header, pieces.len()) else { return Vec::new() };
    if !members.iter().any(|(name, _)| matches!(name.as_str(), "alg" | "typ" | "enc")) {
        return Vec::new();
    }
    if pieces.len() == 5 {
        return vec![Part::ours("JWE", "", "encrypted; only its header can be read"), Part::ours("header", header, "")];
    }
    let mut parts = vec![
        Part::ours("JWT", "", "decoded, not verified"),
        Part::ours("header", header, if members.iter().any(is_unsigned) { "claims to need no signature" } else { "" }),
    ];
    match pieces.get(1).and_then(|claims| object(claims)) {
        Some((_, claims)) => parts.extend(claims.iter().map(|(name, value)| claim(name, value.get(), came))),
        None => parts.push(Part::ours("claims", "", "no JSON object")),
    }
    parts
}

fn is_unsigned((name, value): &(String, Box<RawValue>)) -> bool {
    name == "alg" && value.get().eq_ignore_ascii_case("\"none\"")
}

/// One claim, with words for the registered ones (RFC 7519 §4.1).
fn claim(name: &str, value: &str, came: Timestamp) -> Part {
    let words = match name {
        "iss" => "who issued it".to_owned(),
        "sub" => "whom it is about".to_owned(),
        "aud" => "whom it is for".to_owned(),
        "jti" => "its id".to_owned(),
        "exp" | "nbf" | "iat" | "auth_time" => {
            let what = match name {
                "exp" => "expires",
                "nbf" => "holds from",
                "iat" => "issued",
                _ => "signed in",
            };
            // Fractions of seconds are allowed, and say nothing here.
            let whole = value.split('.').next().unwrap_or_default();
            time(whole.as_bytes(), came).map_or(String::new(), |time| format!("{what} {time}"))
        }
        _ => String::new(),
    };
    Part::outside(name.as_bytes(), value.as_bytes(), words)
}

type Members = Vec<(String, Box<RawValue>)>;

/// A JSON object in Base64: its text, and its members as they are written.
fn object(encoded: &[u8]) -> Option<(Vec<u8>, Members)> {
    let text = URL_SAFE.decode(encoded).ok()?;
    let mut json = serde_json::Deserializer::from_slice(&text);
    let members = json.deserialize_map(InOrder).ok()?;
    json.end().ok()?;
    Some((text, members))
}

/// Keeps order, repeats and numbers as they are.
struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> Vec<String> {
        let came = "2026-01-31T09:26:53Z".parse().unwrap();
        let said = |part: Part| {
            let [name, value] = [part.name, part.value].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            let secret = if part.secret { "!" } else { "" };
            format!("{secret}{name}={value} {}", part.words).trim_end().to_owned()
        };
        credentials(value.as_bytes(), came).into_iter().map(said).collect()
    }

    #[test]
    fn basic_is_a_user_and_a_password() {
        assert_eq!(shown("Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ=="), ["user=Aladdin", "!password=open:sesame"]);
        assert_eq!(shown("basic   QTo"), ["user=A", "!password= empty"]);
        assert_eq!(shown("Basic QQ=="), ["user=A without a colon, so there is no password"]);
        assert_eq!(shown("Basic §"), ["basic= not Base64, so nobody can read a user and a password from it"]);
    }

    #[test]
    fn a_token_shows_its_header_and_claims_as_they_are_written() {
        let jwt = |header: &str, claims: &str| {
            format!("Bearer {}.{}.c2ln", URL_SAFE.encode(header).replace('=', ""), URL_SAFE.encode(claims))
        };
        assert_eq!(
            shown(&jwt(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"sub":"1","n":1.50,"n":1e400,"exp":1769851493.5}"#)),
            [
                "JWT= decoded, not verified",
                r#"header={"alg":"HS256","typ":"JWT"}"#,
                r#"sub="1" whom it is about"#,
                "n=1.50",
                "n=1e400",
                "exp=1769851493.5 expires 2026-01-31 09:24:53 UTC, 2 min before it came",
            ]
        );
        let none = shown(&jwt(r#"{"alg":"none"}"#, "[]"));
        assert_eq!(none[1..], [r#"header={"alg":"none"} claims to need no signature"#, "claims= no JSON object"]);
    }

    #[test]
    fn what_is_no_token_is_left() {
        for value in ["Bearer abc", "Bearer a.b.c", "Bearer e30.e30.", "Digest username=\"x\"", "", "token", "."] {
            assert_eq!(shown(value), [""; 0], "{value}");
        }
        let header = URL_SAFE.encode(r#"{"alg":"dir","enc":"A128GCM"}"#);
        assert_eq!(shown(&format!("Bearer {header}.a.b.c.d"))[0], "JWE= encrypted; only its header can be read");
    }
}
