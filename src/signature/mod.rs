//! Signatures: how providers sign, whether a request is signed so, what went wrong where it is not, and signing.
//!
//! [`SCHEMES`] says for each provider where its signature stands, how it is written and what is signed. [`verify`] checks a
//! [`Message`] by a row of it and gives a [`Finding`], which has the verdict and all that was seen on the way: nothing is
//! ever said to be right or wrong without saying why. [`sign`] is the other direction, and [`fresh`] does it for what was captured. The [`doctor`](diagnose) tries what
//! usually goes wrong and never changes a verdict. A [`Judge`] has the secrets and keeps the verdicts of captures.
//!
//! Decided: all of it is pure but for the reading of bodies that are in files; secrets are read by whoever makes the judge.
//! Age is judged by when a request came, not by when it is looked at. Refused: fetching certificates, whose addresses stand
//! in what is to be checked; and saying `valid` for what only resembles the signed bytes.

use std::sync::OnceLock;

use bytes::Bytes;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::model::{Content, Header};

mod adyen;
mod apart;
mod check;
mod der;
pub mod doctor;
mod fresh;
mod generate;
mod judge;
mod keys;
mod message;
mod scheme;
mod secret;
mod sign;
mod signed;
mod sns;
mod story;
mod table;
mod twilio;
mod urls;
#[cfg(test)]
mod vectors;

pub use apart::encode;
pub use check::verify;
pub use doctor::{Diagnosis, diagnose};
pub use fresh::{Anew, Fresh, Line, fresh};
pub use generate::Generated;
pub use judge::{Judge, Read, Report, Standing, appoint, judge};
pub use message::{Age, Message};
pub use scheme::{Encoding, Form, Hash, Key, Made, Method, Part, Place, Scheme, Time, Tolerance, Unit};
pub use secret::{FORMS, LONGEST as SECRET_LONGEST, Named, Reference, Secret};
pub use sign::{Lines, Stamp, sign, signature};
pub use signed::is_url_signed;
pub use sns::is_host as is_sns_host;
pub use story::{Bit, Fact, story};
pub use table::SCHEMES;

/// What checking a signature says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Verdict {
    /// It was made with a secret that is known.
    Valid,
    /// It was not made with any secret that is known, or of another message.
    Invalid,
    /// It is right, and too old, or from a time to come.
    Stale,
    /// There is none, though the provider signs.
    Missing,
    /// What stands in its place cannot be one.
    Malformed,
    /// There is one, and no secret to check it with.
    NoSecret,
    /// creel cannot check it.
    Unsupported,
}

impl Verdict {
    /// Every verdict with its name in output and queries, its glyph, and what it means.
    pub const TABLE: [(Self, &'static str, &'static str, &'static str); 7] = [
        (Self::Valid, "valid", "✓", "made with a known secret"),
        (Self::Invalid, "invalid", "✗", "made with another secret, or of another message"),
        (Self::Stale, "stale", "◷", "right, and too old when it came"),
        (Self::Missing, "missing", "∅", "not signed, though its provider signs"),
        (Self::Malformed, "malformed", "‽", "what stands in its place is no signature"),
        (Self::NoSecret, "no_secret", "?", "signed, and there is no secret to check it with"),
        (Self::Unsupported, "unsupported", "–", "cannot be checked"),
    ];

    fn row(self) -> &'static (Self, &'static str, &'static str, &'static str) {
        Self::TABLE.iter().find(|row| row.0 == self).unwrap_or(const { &Self::TABLE[0] })
    }

    /// Its name in output and queries.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Its name for people.
    pub fn words(self) -> &'static str {
        if self == Self::NoSecret { "no secret" } else { self.name() }
    }

    /// One column that stands for it.
    pub fn glyph(self) -> &'static str {
        self.row().2
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        self.row().3
    }
}

/// A piece of what was signed, as far as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shown {
    /// The first of these bytes, and how many there are.
    Bytes {
        /// The first.
        first: Vec<u8>,
        /// How many there are.
        length: usize,
    },
    /// The same of the body.
    Body {
        /// The first.
        first: Vec<u8>,
        /// How many there are.
        length: usize,
    },
    /// The secret, which is not shown.
    Secret,
}

/// What was found out about a signature. Bytes are from outside: print them through
/// [`Printable`](crate::model::Printable).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// By which scheme.
    pub scheme: &'static Scheme,
    /// How it is made in this request.
    pub method: Method,
    /// What came of it.
    pub verdict: Verdict,
    /// The secret that fits, by its reference.
    pub secret: Option<String>,
    /// Why it is so, where the verdict alone does not say it.
    pub why: Option<String>,
    /// The header, taken apart: what each part is, and its text.
    pub said: Vec<(&'static str, Vec<u8>)>,
    /// What was signed, in order.
    pub signed: Vec<Shown>,
    /// The signature that the first secret makes; nothing where only the sender can make it.
    pub expected: Option<String>,
    /// The signatures that came.
    pub received: Vec<Vec<u8>>,
    /// From signing to arrival, in milliseconds; below zero for a time to come.
    pub age: Option<i64>,
    /// How much of that is let pass, in milliseconds.
    pub limit: Option<i64>,
    /// The unit that the time is written in and its age by that, where that is not the scheme's and the time makes no sense
    /// by it: seconds are read as a day of 1970 else, and milliseconds as one in tens of thousands of years.
    pub unit: Option<(Unit, i64)>,
    /// The URL that was taken to be signed.
    pub url: Option<String>,
}

/// The scheme of that name.
pub fn named(name: &str) -> Option<&'static Scheme> {
    all().find(|scheme| scheme.name == name)
}

/// The schemes of a provider, the strongest first.
pub fn of(provider: &str) -> impl Iterator<Item = &'static Scheme> {
    all().filter(move |scheme| scheme.provider == provider)
}

/// Every scheme there is: those of the table, and those of the user.
pub fn all() -> impl Iterator<Item = &'static Scheme> {
    SCHEMES.iter().chain(OWN.get().into_iter().flatten())
}

/// Schemes that the user has described.
static OWN: OnceLock<Vec<Scheme>> = OnceLock::new();

/// Adds the user's own schemes to the table, once in the life of the process and before the first request is looked at.
/// Says whether it was the first time.
pub fn install(schemes: Vec<Scheme>) -> bool {
    OWN.set(schemes).is_ok()
}

/// Reads any bytes as the header of every scheme, and checks whatever stands there: for tests that throw bytes at it. Nothing
/// of it may panic, and nothing may be valid.
///
/// # Panics
///
/// Where something is valid that nobody has signed.
pub fn exercise(value: &[u8], body: &[u8]) {
    let secret = Secret::new(
        Named { provider: String::new(), path: None, reference: Reference::Environment(String::new()) },
        Zeroizing::new(b"whsec_AAAA".to_vec()),
    );
    for scheme in SCHEMES {
        let mut headers: Vec<Header<'_>> = Vec::new();
        let mut push = |name: &'static str| headers.push(Header { name: name.as_bytes(), value });
        match scheme.at {
            Place::Header(name) => push(name),
            Place::Numbered(_) => push("X-DocuSign-Signature-1"),
            Place::Body(_) | Place::Items => {}
        }
        if let Some(Time::Header(name, _)) = scheme.time {
            push(name);
        }
        scheme.id.into_iter().for_each(&mut push);
        let message = Message {
            method: b"POST",
            target: value,
            headers,
            body: Content::from(Bytes::copy_from_slice(body)),
            whole: true,
            received_at: Timestamp::UNIX_EPOCH,
            urls: vec![String::from_utf8_lossy(value).into_owned()],
        };
        let finding = verify(scheme, &message, &[&secret], Age::Off);
        assert!(finding.verdict != Verdict::Valid || scheme.method == Method::Equal, "{}", scheme.name);
    }
}

impl Finding {
    /// Nothing but a verdict.
    fn new(scheme: &'static Scheme, verdict: Verdict) -> Self {
        Self {
            scheme,
            method: scheme.method,
            verdict,
            secret: None,
            why: None,
            said: Vec::new(),
            signed: Vec::new(),
            expected: None,
            received: Vec::new(),
            age: None,
            limit: None,
            unit: None,
            url: None,
        }
    }
}
