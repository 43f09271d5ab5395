//! What a row of the table of schemes says: where the signature stands, how it is written, what was signed and with what.
//!
//! Decided: everything that several senders do is a value here, and what one alone does is a [`Made`]; so a scheme that a
//! user describes in `creel.toml` is a row like any other.

use crate::provider::Step;

/// One row of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scheme {
    /// What it is called in output: `github`, `hubspot-v1`.
    pub name: &'static str,
    /// The provider that signs so, by its name in the table of providers.
    pub provider: &'static str,
    /// Where the signature stands.
    pub at: Place,
    /// A header and the value that it must have for this row to be meant; where that header is not there, a row without
    /// one is.
    pub when: Option<(&'static str, &'static str)>,
    /// How it is written there.
    pub form: Form,
    /// How its bytes are written.
    pub encoding: Encoding,
    /// How it is made.
    pub method: Method,
    /// What a secret is.
    pub key: Key,
    /// What is signed.
    pub signed: &'static [Part],
    /// Where the time of signing is written.
    pub time: Option<Time>,
    /// The header with the id that is signed too.
    pub id: Option<&'static str>,
    /// How old a signature may be.
    pub tolerance: Option<Tolerance>,
    /// What one has to know of it, as a sentence; empty for nothing.
    pub note: &'static str,
}

/// Where a signature stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In every header of that name.
    Header(&'static str),
    /// In headers that end in a number from 1 on: `X-DocuSign-Signature-1`.
    Numbered(&'static str),
    /// In the JSON of the body.
    Body(&'static [Step]),
    /// In each item of Adyen's `notificationItems`.
    Items,
}

/// How a signature is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Alone, behind a prefix that may be empty.
    Bare(&'static str),
    /// `t=1,v1=ab,v1=cd`: what stands between pairs, the name of the time and that of signatures.
    Pairs(char, &'static str, &'static str),
    /// `v1,ab v1,cd`: the version.
    Versions(&'static str),
}

/// How the bytes of a signature are written as text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// Hexadecimal, in either case.
    Hex,
    /// Base64 (RFC 4648 §4); its padding may be left out.
    Base64,
    /// Base64 in the alphabet of URLs (RFC 4648 §5).
    Base64Url,
    /// As it is: a token.
    Plain,
}

/// A hash function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hash {
    /// SHA-1, as long as senders use it.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// Every hash with its name.
    pub const TABLE: [(Self, &'static str); 3] =
        [(Self::Sha1, "SHA-1"), (Self::Sha256, "SHA-256"), (Self::Sha512, "SHA-512")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::TABLE.iter().find(|(hash, _)| *hash == self).map_or("", |(_, name)| name)
    }

    /// How many bytes it gives.
    pub fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// How a signature is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// HMAC (RFC 2104).
    Hmac(Hash),
    /// A hash alone; the secret is a part of what is signed.
    Digest(Hash),
    /// The secret itself is sent.
    Equal,
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// ECDSA on P-256 with SHA-256, as ASN.1.
    EcdsaP256,
    /// RSA PKCS#1 v1.5 (RFC 8017 §8.2).
    Rsa(Hash),
}

impl Method {
    /// Its name.
    pub fn name(self) -> String {
        match self {
            Self::Hmac(hash) => format!("HMAC {}", hash.name()),
            Self::Digest(hash) => format!("{} (no HMAC)", hash.name()),
            Self::Equal => "a token that is compared".to_owned(),
            Self::Ed25519 => "Ed25519".to_owned(),
            Self::EcdsaP256 => "ECDSA P-256 with SHA-256".to_owned(),
            Self::Rsa(hash) => format!("RSA PKCS#1 v1.5 with {}", hash.name()),
        }
    }

    /// Whether whoever can check it can make it too.
    pub fn is_shared(self) -> bool {
        matches!(self, Self::Hmac(_) | Self::Digest(_) | Self::Equal)
    }
}

/// What a secret is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// Its text, as it is.
    Text,
    /// Hexadecimal.
    Hex,
    /// Base64.
    Base64,
    /// Base64, behind `whsec_` or alone (Standard Webhooks).
    Whsec,
    /// The same, and only behind `whsec_`, where another scheme of the provider takes plain secrets.
    WhsecOnly,
    /// A text that is not behind `whsec_`.
    NotWhsec,
    /// A public key: hexadecimal, base64 (also behind `whpk_`) or PEM.
    Public,
    /// A certificate or a public key, as PEM.
    Certificate,
}

/// A part of what is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// This text.
    Text(&'static str),
    /// The time, as it is written.
    Time,
    /// The id, as it is written.
    Id,
    /// The body, as it came.
    Body,
    /// The request method.
    Method,
    /// The URL that the sender called.
    Url,
    /// The same, with the escapes undone that `HubSpot` undoes.
    UrlDecoded,
    /// The secret.
    Secret,
    /// The value of a header.
    Header(&'static str),
    /// A text in the JSON of the body.
    Json(&'static [Step]),
    /// What one sender alone does.
    Made(Made),
}

/// What one sender alone does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Made {
    /// Twilio: the parameters of a form, sorted, each name with its value.
    TwilioForm,
    /// Adyen: the fields of a notification item.
    AdyenItem,
    /// AWS SNS: names and values of the message, a line each.
    SnsLines,
    /// `PayPal`: the CRC-32 of the body in decimal.
    Crc32,
}

/// Where the time of signing is written, and in which unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Time {
    /// In a header.
    Header(&'static str, Unit),
    /// In the signature's header, by the name that [`Form::Pairs`] has.
    Form(Unit),
    /// In the JSON of the body.
    Json(&'static [Step], Unit),
}

impl Time {
    /// Its unit.
    pub fn unit(self) -> Unit {
        match self {
            Self::Header(_, unit) | Self::Form(unit) | Self::Json(_, unit) => unit,
        }
    }
}

/// A unit of time since 1970.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
}

impl Unit {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Millis => "milliseconds",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Seconds => Self::Millis,
            Self::Millis => Self::Seconds,
        }
    }

    /// That many of it, in milliseconds.
    pub fn millis(self, count: i64) -> i64 {
        match self {
            Self::Seconds => count.saturating_mul(1000),
            Self::Millis => count,
        }
    }
}

/// How far the time of signing may be from that of arrival.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tolerance {
    /// In seconds.
    pub seconds: u32,
    /// Whether a time to come is measured too.
    pub both: bool,
}
