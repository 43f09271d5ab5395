//! Requests that others have signed, and what is said of them: out of providers' documents and SDKs where those have some, and
//! made by Python else (`tests/corpus/signatures/make.py`).

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use zeroize::Zeroizing;

use super::*;
use crate::model::{Content, Header};

/// A request with what signed it.
pub struct Vector {
    pub scheme: &'static Scheme,
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub public: Vec<String>,
    pub secret: Secret,
    pub beside: Option<Secret>,
    pub private: Option<Secret>,
    pub received_at: Timestamp,
}

pub fn secret(provider: &str, value: &[u8]) -> Secret {
    Secret::new(Named::new(provider, "env:TEST").unwrap(), Zeroizing::new(value.to_vec()))
}

pub fn vectors() -> Vec<Vector> {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/signatures/vectors.json"));
    let all: Vec<Value> = serde_json::from_str(text).unwrap();
    let vector = |value: &Value| {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let scheme = named(&text("scheme").unwrap()).unwrap();
        let pair = |pair: &Value| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned());
        let key = |name: &str| text(name).map(|text| secret(scheme.provider, text.as_bytes()));
        Vector {
            scheme,
            method: text("method").unwrap(),
            target: text("target").unwrap(),
            headers: value["headers"].as_array().unwrap().iter().map(pair).collect(),
            body: text("body").unwrap().into_bytes(),
            public: text("url").into_iter().collect(),
            secret: key("secret").unwrap(),
            beside: key("beside"),
            private: key("private"),
            received_at: Timestamp::from_second(value["received_at"].as_i64().unwrap()).unwrap(),
        }
    };
    all.iter().map(vector).collect()
}

impl Vector {
    pub fn message(&self) -> Message<'_> {
        let mut message = Message {
            method: self.method.as_bytes(),
            target: self.target.as_bytes(),
            headers: self
                .headers
                .iter()
                .map(|(name, value)| Header { name: name.as_bytes(), value: value.as_bytes() })
                .collect(),
            body: Content::from(Bytes::from(self.body.clone())),
            whole: true,
            received_at: self.received_at,
            urls: Vec::new(),
        };
        message.urls = urls::candidates(&message, &self.public);
        message
    }

    pub fn secrets(&self) -> Vec<&Secret> {
        std::iter::once(&self.secret).chain(&self.beside).collect()
    }

    pub fn verdict(&self) -> Verdict {
        verify(self.scheme, &self.message(), &self.secrets(), Age::Scheme).verdict
    }

    /// Whether the body is a part of what is signed.
    fn signs_body(&self) -> bool {
        self.scheme.signed.iter().any(|part| matches!(part, Part::Body | Part::Made(Made::Crc32)))
    }

    /// The places of the headers that the scheme reads.
    fn own_headers(&self) -> Vec<usize> {
        let is_own = |name: &str| {
            let is = |own: &str| own.eq_ignore_ascii_case(name);
            match self.scheme.at {
                Place::Header(own) if is(own) => return true,
                Place::Numbered(own) if name.to_lowercase().starts_with(&own.to_lowercase()) => return true,
                _ => {}
            }
            matches!(self.scheme.time, Some(Time::Header(own, _)) if is(own)) || self.scheme.id.is_some_and(is)
        };
        (0..self.headers.len()).filter(|at| is_own(&self.headers[*at].0)).collect()
    }
}

#[test]
fn every_scheme_has_a_vector_and_all_are_valid() {
    let vectors = vectors();
    for scheme in SCHEMES {
        assert!(vectors.iter().any(|vector| vector.scheme == scheme), "{} has no vector", scheme.name);
    }
    for vector in &vectors {
        let finding = verify(vector.scheme, &vector.message(), &vector.secrets(), Age::Scheme);
        assert_eq!(finding.verdict, Verdict::Valid, "{}: {finding:#?}", vector.scheme.name);
        assert_eq!(finding.secret.as_deref(), Some("env:TEST"));
        assert!(finding.scheme.method == Method::Equal || !finding.signed.is_empty());
    }
}

#[test]
fn another_secret_is_invalid_and_none_is_no_secret() {
    for vector in vectors() {
        let message = vector.message();
        assert_eq!(
            verify(vector.scheme, &message, &[], Age::Scheme).verdict,
            Verdict::NoSecret,
            "{}",
            vector.scheme.name
        );
        let other: &[u8] = match vector.scheme.key {
            Key::Hex => b"00ff",
            Key::Whsec | Key::WhsecOnly => b"whsec_AAAA",
            Key::Public if vector.scheme.method == Method::Ed25519 => &[b'0'; 64],
            Key::Public | Key::Certificate => continue,
            _ => b"another",
        };
        let (other, own) = (secret("x", other), vector.secret.clone());
        let finding = verify(vector.scheme, &message, &[&other], Age::Scheme);
        assert_eq!(finding.verdict, Verdict::Invalid, "{}", vector.scheme.name);
        // Rotation: whichever of several fits.
        let finding = verify(vector.scheme, &message, &[&other, &own], Age::Scheme);
        assert_eq!(finding.verdict, Verdict::Valid, "{}", vector.scheme.name);
    }
}

#[test]
fn age_is_judged_by_arrival_and_can_be_let_be() {
    for vector in vectors() {
        let Some(tolerance) = vector.scheme.tolerance else { continue };
        let name = vector.scheme.name;
        let verdict = |seconds: i64, age| {
            let mut message = vector.message();
            message.received_at = Timestamp::from_second(vector.received_at.as_second() + seconds).unwrap();
            verify(vector.scheme, &message, &vector.secrets(), age).verdict
        };
        let limit = i64::from(tolerance.seconds);
        assert_eq!(verdict(limit, Age::Scheme), Verdict::Valid, "{name}");
        assert_eq!(verdict(limit + 1, Age::Scheme), Verdict::Stale, "{name}");
        assert_eq!(
            verdict(-limit - 1, Age::Scheme),
            if tolerance.both { Verdict::Stale } else { Verdict::Valid },
            "{name}"
        );
        assert_eq!(verdict(1_000_000, Age::Off), Verdict::Valid, "{name}");
        let within = Age::Within(std::time::Duration::from_secs(1));
        assert_eq!((verdict(1, within), verdict(2, within)), (Verdict::Valid, Verdict::Stale), "{name}");
    }
}

#[test]
fn what_is_not_there_is_missing_and_what_is_no_signature_is_malformed() {
    for vector in vectors() {
        let mut message = vector.message();
        let own = vector.own_headers();
        let Some(first) = own.first().copied() else { continue };
        let signature = *own.iter().find(|at| vector.headers[**at].0.to_lowercase().contains("sig")).unwrap_or(&first);
        message.headers[signature].value = b"\xff\x00 ?";
        let verdict = verify(vector.scheme, &message, &vector.secrets(), Age::Scheme).verdict;
        let wanted = if vector.scheme.method == Method::Equal { Verdict::Invalid } else { Verdict::Malformed };
        assert_eq!(verdict, wanted, "{}", vector.scheme.name);
        message.headers.clear();
        assert_eq!(verify(vector.scheme, &message, &vector.secrets(), Age::Scheme).verdict, Verdict::Missing);
        if vector.signs_body() {
            let mut cut = vector.message();
            cut.whole = false;
            let verdict = verify(vector.scheme, &cut, &vector.secrets(), Age::Scheme).verdict;
            assert_eq!(verdict, Verdict::Unsupported, "{}", vector.scheme.name);
        }
    }
}

#[test]
fn a_body_in_a_file_is_checked_as_one_in_memory() {
    use crate::model::{Room, Spooled};
    use std::io::Write as _;
    for vector in vectors() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vector.body).unwrap();
        let first = Bytes::from(vector.body.clone());
        let room = Room::new(std::sync::Arc::default());
        let mut message = vector.message();
        message.body = Content::Spooled(Spooled::new(file, first, vector.body.len(), room));
        let verdict = verify(vector.scheme, &message, &vector.secrets(), Age::Scheme).verdict;
        assert_eq!(verdict, Verdict::Valid, "{}", vector.scheme.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_signed_is_valid_and_what_is_flipped_is_not(
        body in proptest::collection::vec(any::<u8>(), 1..200),
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
        time in 1_000_000_000_000_i64..2_000_000_000_000,
    ) {
        for mut vector in vectors() {
            // Times are cut to seconds, and what is read out of the body stays as it is.
            let time = time - time % 1000;
            if vector.signs_body() && !matches!(vector.scheme.time, Some(Time::Json(..))) {
                vector.body.clone_from(&body);
                vector.received_at = Timestamp::from_millisecond(time).unwrap();
            }
            if vector.target.contains("bodySHA256") {
                continue;
            }
            let time = vector.received_at.as_millisecond();
            let Some(key) = vector.private.clone().or_else(|| vector.scheme.method.is_shared().then(|| vector.secret.clone())) else { continue };
            let lines = {
                let message = vector.message();
                match sign(vector.scheme, &message, &key, vector.beside.as_ref(), Stamp { time, id: "msg_1" }) {
                    Ok(lines) => lines,
                    Err(why) => {
                        prop_assert!(why.contains("in the body"), "{why}");
                        continue;
                    }
                }
            };
            for (name, value) in lines {
                vector.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(&name));
                vector.headers.push((name, String::from_utf8(value).unwrap()));
            }
            prop_assert_eq!(vector.verdict(), Verdict::Valid, "{}", vector.scheme.name);

            if vector.signs_body() {
                let mut other = vector.body.clone();
                let place = at.index(other.len());
                other[place] ^= 1 << bit;
                let kept = std::mem::replace(&mut vector.body, other);
                prop_assert_ne!(vector.verdict(), Verdict::Valid, "{} with another body", vector.scheme.name);
                vector.body = kept;
            }
            for place in vector.own_headers() {
                let kept = vector.headers[place].1.clone();
                let mut bytes = kept.clone().into_bytes();
                let byte = at.index(bytes.len());
                bytes[byte] ^= 1 << (bit % 7);
                let Ok(other) = String::from_utf8(bytes) else { continue };
                // Hexadecimal means the same in either case.
                if !other.eq_ignore_ascii_case(&kept) {
                    vector.headers[place].1 = other;
                    prop_assert_ne!(vector.verdict(), Verdict::Valid, "{} {}", vector.scheme.name, &vector.headers[place].1);
                }
                vector.headers[place].1 = kept;
            }
        }
    }

    #[test]
    fn any_header_is_read_without_a_panic(value in proptest::collection::vec(any::<u8>(), 0..120), body in proptest::collection::vec(any::<u8>(), 0..120)) {
        exercise(&value, &body);
    }
}

#[test]
fn mailgun_signs_for_an_account_and_for_the_one_above_it() {
    let mut vector = vectors().into_iter().find(|vector| vector.scheme.name == "mailgun").unwrap();
    let mut body: Value = serde_json::from_slice(&vector.body).unwrap();
    let own = body["signature"]["signature"].clone();
    body["signature"]["signature"] = "0".repeat(64).into();
    vector.body = body.to_string().into_bytes();
    assert_eq!(vector.verdict(), Verdict::Invalid);
    body["signature"]["parent-signature"] = own;
    vector.body = body.to_string().into_bytes();
    assert_eq!(vector.verdict(), Verdict::Valid);
}
