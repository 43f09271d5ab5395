//! Reading captures back from their lines.
//!
//! A line is taken apart field by field, each from its own stretch of the line, so that what is wrong is said with the
//! field's name and its column. Fields that are not known are passed over: they may come from a later creel.

use std::{borrow::Cow, fmt, net::SocketAddr, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{end_named, write::fidelity_name};
use crate::model::{
    Answer, Body, BodyEnd, Capture, CaptureId, Chunks, Fidelity, Head, Odd, Origin, Printable, Seq, Timing, Version,
    Wire,
};

/// Why a line is not what it should be. Safe to print.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct ReadError {
    /// The number of the line, from 1, where that is known.
    pub line: Option<u64>,
    /// The field that is wrong; nothing where the line is no JSON object at all.
    pub field: Option<&'static str>,
    /// What is wrong with it.
    pub what: String,
}

impl ReadError {
    fn new(field: impl Into<Option<&'static str>>, what: impl fmt::Display) -> Self {
        Self { line: None, field: field.into(), what: Printable::limited(what.to_string().as_bytes(), 200).to_string() }
    }

    /// The same, on that line.
    #[must_use]
    pub fn on_line(self, line: u64) -> Self {
        Self { line: Some(line), ..self }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        match self.field {
            Some(field) => write!(f, "the field `{field}` of a capture {}", self.what),
            None => write!(f, "not a line of creel's JSON output: {}", self.what),
        }
    }
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    seq: Option<&'a RawValue>,
    #[serde(borrow)]
    received_at: Option<&'a RawValue>,
    #[serde(borrow)]
    remote: Option<&'a RawValue>,
    #[serde(borrow)]
    version: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    target: Option<&'a RawValue>,
    #[serde(borrow)]
    headers: Option<&'a RawValue>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    #[serde(borrow)]
    trailers: Option<&'a RawValue>,
    #[serde(borrow)]
    answer: Option<&'a RawValue>,
    #[serde(borrow)]
    duration_ms: Option<&'a RawValue>,
    #[serde(borrow)]
    fidelity: Option<&'a RawValue>,
    #[serde(borrow)]
    head: Option<&'a RawValue>,
    #[serde(borrow)]
    timing_ms: Option<&'a RawValue>,
    #[serde(borrow)]
    odd: Option<&'a RawValue>,
    #[serde(borrow)]
    chunks: Option<&'a RawValue>,
    #[serde(borrow)]
    continued: Option<&'a RawValue>,
    #[serde(borrow)]
    draft: Option<&'a RawValue>,
}

/// The capture that a line holds; nothing for an object of another `type`, which is passed over.
///
/// Needed are `type`, `id`, `received_at`, `version`, `method`, `target`, `headers` and `body`. Unless the error says
/// otherwise, columns count bytes from 1.
pub fn read_capture(line: &str) -> Result<Option<Capture>, ReadError> {
    let fields: Fields = serde_json::from_str(line).map_err(|error| ReadError::new(None, located(&error, 0)))?;
    let reader = Reader { line };
    let kind: Cow<'_, str> = reader.needed("type", fields.kind)?;
    if kind != "capture" {
        return Ok(None);
    }
    let method: Octets = reader.needed("method", fields.method)?;
    let target: Octets = reader.needed("target", fields.target)?;
    let headers: Vec<(Octets, Octets)> = reader.needed("headers", fields.headers)?;
    let trailers: Vec<(Octets, Octets)> = reader.optional("trailers", fields.trailers)?.unwrap_or_default();
    let version = reader.parsed("version", fields.version, |text| {
        Version::from_name(text).ok_or("is not HTTP/1.0, HTTP/1.1 or HTTP/2")
    })?;
    let fidelity: Option<Cow<'_, str>> = reader.optional("fidelity", fields.fidelity)?;
    let is = |known| fidelity.as_deref() == Some(fidelity_name(known));
    let written = if is(Fidelity::Normalised) { Fidelity::Normalised } else { Fidelity::Fields };
    let parts = headers.iter().map(|(name, value)| (name.0.as_slice(), value.0.as_slice()));
    let mut head = Head::from_parts(&method.0, &target.0, version, parts, written);
    let bytes: Option<Octets> = reader.optional("head", fields.head)?;
    if is(Fidelity::Exact) {
        let bytes = bytes.map_or_else(|| head.bytes().clone(), |bytes| bytes.0.into());
        // Fields that were edited by hand hold, and not the bytes beside them.
        head = Head::parse(bytes).ok().filter(|exact| exact.has_parts_of(&head)).unwrap_or(head);
    }
    let remote: Option<Cow<'_, str>> = reader.optional("remote", fields.remote)?;
    let remote = remote.map(|text| text.parse::<SocketAddr>()).transpose();
    Ok(Some(Capture {
        id: reader.parsed("id", fields.id, |text| text.parse::<CaptureId>().map_err(|_| "is not a UUID"))?,
        seq: Seq(reader.optional("seq", fields.seq)?.unwrap_or_default()),
        received_at: reader.parsed("received_at", fields.received_at, |text| {
            text.parse::<Timestamp>().map_err(|_| "is not a time such as 2026-01-31T09:26:53Z")
        })?,
        remote: remote.map_err(|_| ReadError::new("remote", "is not an address with a port"))?,
        head,
        body: body(reader.needed("body", fields.body)?)?,
        trailers: trailers.into_iter().map(|(name, value)| (name.0.into(), value.0.into())).collect(),
        answer: answer(reader.optional("answer", fields.answer)?).into(),
        timing: timing(
            reader.optional("duration_ms", fields.duration_ms)?,
            reader.optional("timing_ms", fields.timing_ms)?,
        )?,
        wire: wire(
            reader.optional("chunks", fields.chunks)?,
            reader.optional("continued", fields.continued)?,
            reader.optional("odd", fields.odd)?,
        ),
        origin: reader.optional::<OriginFields<'_>>("draft", fields.draft)?.map(origin).transpose()?,
    }))
}

/// Reads the fields of one line.
struct Reader<'a> {
    line: &'a str,
}

impl<'a> Reader<'a> {
    fn optional<T: Deserialize<'a>>(
        &self,
        field: &'static str,
        raw: Option<&'a RawValue>,
    ) -> Result<Option<T>, ReadError> {
        let Some(raw) = raw else { return Ok(None) };
        let offset = (raw.get().as_ptr() as usize).saturating_sub(self.line.as_ptr() as usize);
        serde_json::from_str(raw.get())
            .map(Some)
            .map_err(|error| ReadError::new(field, format!("is wrong: {}", located(&error, offset))))
    }

    fn needed<T: Deserialize<'a>>(&self, field: &'static str, raw: Option<&'a RawValue>) -> Result<T, ReadError> {
        self.optional(field, raw)?.ok_or_else(|| ReadError::new(field, "is missing"))
    }

    /// A string with a meaning.
    fn parsed<T>(
        &self,
        field: &'static str,
        raw: Option<&'a RawValue>,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<T, ReadError> {
        let text: Cow<'_, str> = self.needed(field, raw)?;
        parse(&text).map_err(|what| ReadError::new(field, format!("{what}: {text}")))
    }
}

/// What `serde_json` says, with the column of the whole line in place of that of the stretch.
fn located(error: &serde_json::Error, offset: usize) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    format!("{what} at column {}", offset + error.column())
}

/// Bytes: a string, or an object with `base64`.
struct Octets(Vec<u8>);

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Octets;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or {\"base64\":\"…\"}")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Octets, E> {
                Ok(Octets(text.as_bytes().to_vec()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Octets, A::Error> {
                let mut bytes = None;
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    if key == "base64" {
                        bytes = Some(STANDARD.decode(map.next_value::<String>()?).map_err(de::Error::custom)?);
                    } else {
                        map.next_value::<de::IgnoredAny>()?;
                    }
                }
                bytes.map(Octets).ok_or_else(|| de::Error::missing_field("base64"))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[derive(Deserialize)]
struct BodyFields<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    base64: Option<Cow<'a, str>>,
    #[serde(default)]
    truncated: bool,
    declared: Option<u64>,
    received: Option<u64>,
    #[serde(borrow)]
    end: Option<Cow<'a, str>>,
    limit: Option<u64>,
    #[serde(borrow)]
    detail: Option<Cow<'a, str>>,
}

impl BodyFields<'_> {
    fn bytes(&mut self) -> Result<Bytes, &'static str> {
        match (self.text.take(), self.base64.take()) {
            (Some(text), None) => Ok(text.into_owned().into()),
            (None, Some(text)) => {
                STANDARD.decode(text.as_bytes()).map(Bytes::from).map_err(|_| "has a `base64` that is not Base64")
            }
            (Some(_), Some(_)) => Err("has `text` and `base64`; only one of them can be the bytes"),
            (None, None) => Err("has neither `text` nor `base64`"),
        }
    }
}

fn body(mut fields: BodyFields<'_>) -> Result<Body, ReadError> {
    let bytes = fields.bytes().map_err(|what| ReadError::new("body", what))?;
    let (limit, detail) = (fields.limit.unwrap_or(bytes.len() as u64), fields.detail.unwrap_or_default());
    let end = match fields.end {
        Some(name) => end_named(&name, limit, &detail)
            .ok_or_else(|| ReadError::new("body", format!("has an `end` that is not known: {name}")))?,
        None if fields.truncated => BodyEnd::Abandoned,
        None => BodyEnd::Complete,
    };
    let received = fields.received.unwrap_or(bytes.len() as u64);
    Ok(Body::new(bytes, fields.declared, received, end))
}

#[derive(Deserialize)]
struct AnswerFields<'a> {
    status: u16,
    because: Option<String>,
    #[serde(default)]
    headers: Vec<(String, Octets)>,
    #[serde(borrow)]
    body: Option<BodyFields<'a>>,
}

/// The answer as far as the line has it; the default one where it has none.
fn answer(fields: Option<AnswerFields<'_>>) -> Answer {
    let Some(fields) = fields else { return Answer::default() };
    Answer {
        headers: fields.headers.into_iter().map(|(name, value)| (name, value.0.into())).collect(),
        // A body over the limit is left out of the line.
        body: fields.body.and_then(|mut body| body.bytes().ok()).unwrap_or_default(),
        because: fields.because.map(Cow::Owned),
        ..Answer::status(fields.status)
    }
}

#[derive(Deserialize)]
struct TimingFields {
    #[serde(default)]
    head: f64,
    body: Option<f64>,
    answered: Option<f64>,
}

/// The times of the parts; the whole alone, where the line has no more.
fn timing(whole: Option<f64>, parts: Option<TimingFields>) -> Result<Timing, ReadError> {
    let whole = duration("duration_ms", whole.unwrap_or(0.0))?;
    let Some(parts) = parts else { return Ok(Timing::answered(whole)) };
    let part = |millis| duration("timing_ms", millis);
    Ok(Timing {
        head: part(parts.head)?,
        body: parts.body.map(part).transpose()?,
        answered: parts.answered.map_or(Ok(whole), part)?,
    })
}

#[derive(Deserialize)]
struct ChunkFields {
    #[serde(default)]
    count: u64,
    #[serde(default)]
    sizes: Vec<u64>,
    #[serde(default)]
    extensions: bool,
}

#[derive(Deserialize)]
struct OriginFields<'a> {
    #[serde(borrow)]
    of: Option<Cow<'a, str>>,
}

fn origin(fields: OriginFields<'_>) -> Result<Origin, ReadError> {
    let of = fields.of.map(|of| of.parse::<CaptureId>()).transpose();
    Ok(Origin { of: of.map_err(|_| ReadError::new("draft", "has an `of` that is not a UUID"))? })
}

/// What the wire showed. Oddities that the line does not name are looked for when someone asks.
fn wire(chunks: Option<ChunkFields>, continued: Option<bool>, odd: Option<Vec<Cow<'_, str>>>) -> Wire {
    let chunks = chunks.map(|ChunkFields { count, mut sizes, extensions }| {
        sizes.truncate(Chunks::KEPT);
        Box::new(Chunks { count: count.max(sizes.len() as u64), sizes: sizes.into(), extensions })
    });
    let wire = Wire::new(chunks, continued);
    match odd {
        Some(names) => wire.with_odd(Odd::named(names.iter().map(AsRef::as_ref))),
        None => wire,
    }
}

/// Milliseconds to the nanosecond.
fn duration(field: &'static str, millis: f64) -> Result<Duration, ReadError> {
    let nanos = (millis * 1e6).round();
    if (0.0..=u64::MAX as f64 / 2.0).contains(&nanos) {
        Ok(Duration::from_nanos(nanos as u64))
    } else {
        Err(ReadError::new(field, "is not a length of time"))
    }
}
