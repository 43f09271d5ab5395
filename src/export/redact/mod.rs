//! Redaction: a capture without the secrets in it, for what is given to people or shown to them.
//!
//! Made before a format sees the capture, so that no format can forget it. A placeholder says what was there and how long
//! it was: `<redacted 43 bytes: Authorization>`. Looked into are header and trailer fields, the query of the target, and
//! bodies that are JSON or a form; everything outside of a replaced value stays byte for byte, and `Content-Length` is
//! made to fit. Not looked into are bodies with a content coding and those of other kinds; the former are counted, because
//! nothing in them can be seen.
//!
//! Decided: names decide, not what a value looks like, so that what is replaced can be foretold. A known scheme in front of
//! credentials (`Bearer`, `Basic`) is no secret and stays.

mod json;
mod pairs;
pub mod rule;

use std::{
    io::{self, Write},
    sync::Arc,
};

use bytes::Bytes;

use self::{
    json::Json,
    pairs::Pairs,
    rule::{HEADERS, JsonPath, Rule},
};
use crate::model::{Answer, Body, Capture, Content, Fidelity, Head, Room, Spooled, Wire, content};

/// Schemes of HTTP authentication (IANA's registry) that may stand in front of credentials.
const SCHEMES: [&str; 8] = ["basic", "bearer", "digest", "dpop", "hmac", "negotiate", "token", "aws4-hmac-sha256"];

/// What is secret: what always is, and what a user added.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Redaction {
    headers: Vec<String>,
    paths: Vec<JsonPath>,
    params: Vec<Vec<u8>>,
}

/// What came of redacting one capture.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Redacted {
    /// How many values were replaced.
    pub values: u64,
    /// Whether the body has a content coding and was not looked into.
    pub opaque: bool,
    /// Whether the body is of a kind in which nothing is looked for: neither JSON nor a form.
    pub passed_over: bool,
}

/// What is shown of a body in place of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Looked {
    /// Everything in it was looked at: the body, with what was replaced.
    Into(Bytes),
    /// It is of a kind in which nothing is looked for.
    PassedOver,
    /// It has a content coding, and nothing can be seen in it.
    Opaque,
}

impl Redaction {
    /// What is secret by itself, and by these rules.
    pub fn with(rules: impl IntoIterator<Item = Rule>) -> Self {
        let mut redaction = Self::default();
        for rule in rules {
            match rule {
                Rule::Header(name) => redaction.headers.push(name),
                Rule::Json(path) => redaction.paths.push(path),
                Rule::Param(name) => redaction.params.push(name),
            }
        }
        redaction
    }

    /// The capture without its secrets. Reads a spooled body from the disk, and where there is something in it to replace,
    /// writes a file for temporary files; fails where that does.
    pub fn apply(&self, capture: &Arc<Capture>) -> io::Result<(Arc<Capture>, Redacted)> {
        let coding = capture.head.header("content-encoding").filter(|_| !capture.body.is_empty());
        let mut done = Redacted { opaque: is_coded(coding), ..Redacted::default() };
        done.passed_over = !done.opaque
            && !capture.body.is_empty()
            && !is_form(capture.head.header("content-type"))
            && !begins_as_json(capture.body.first());
        let body = if done.opaque { None } else { self.body(capture, &mut done.values)? };
        let target = self.in_target(capture.head.target(), &mut done.values)?;
        let mut headers = Vec::with_capacity(capture.head.headers().len());
        for header in capture.head.headers() {
            let value = self.value(header.name, header.value, &mut done.values);
            let value = match &body {
                Some(body)
                    if header.is("content-length") && header.value == capture.body.len().to_string().as_bytes() =>
                {
                    body.len().to_string().into_bytes()
                }
                _ => value,
            };
            headers.push((header.name, value));
        }
        let trailers: Box<[(Bytes, Bytes)]> = capture
            .trailers
            .iter()
            .map(|(name, value)| (name.clone(), self.value(name, value, &mut done.values).into()))
            .collect();
        let answer = self.answer(capture.answer.now(), &mut done.values);
        if done.values == 0 {
            return Ok((Arc::clone(capture), done));
        }
        let head = &capture.head;
        let fidelity = if head.fidelity() == Fidelity::Exact { Fidelity::Fields } else { head.fidelity() };
        let parts = headers.iter().map(|(name, value)| (*name, value.as_slice()));
        // The chunks are those of another body.
        let wire = match &body {
            Some(_) => Wire::new(None, capture.wire.continued),
            None => capture.wire.clone(),
        };
        let redacted = Capture {
            head: Head::from_parts(head.method(), &target, head.version(), parts, fidelity),
            body: body.unwrap_or_else(|| capture.body.clone()),
            trailers,
            answer: answer.into(),
            wire: wire.with_odd(capture.odd()),
            ..Capture::clone(capture)
        };
        Ok((Arc::new(redacted), done))
    }

    /// What of a header's value is secret: what stands before the secret, such as `Bearer `, and the secret. Nothing where
    /// none is.
    pub fn secret_of<'v>(&self, name: &[u8], value: &'v [u8]) -> Option<(&'v [u8], &'v [u8])> {
        if value.is_empty() || !self.is_secret(name) {
            return None;
        }
        let scheme = value.iter().position(|byte| *byte == b' ').and_then(|at| value.split_at_checked(at + 1));
        let known = |scheme: &[u8]| SCHEMES.iter().any(|own| own.as_bytes().eq_ignore_ascii_case(scheme.trim_ascii()));
        Some(scheme.filter(|(scheme, _)| known(scheme)).unwrap_or((&[], value)))
    }

    /// The value of a header, or what stands in its place.
    pub fn header(&self, name: &[u8], value: &[u8]) -> Vec<u8> {
        self.value(name, value, &mut 0)
    }

    /// A request target with the secrets in its query replaced; a request line will do, too.
    pub fn target(&self, target: &[u8]) -> Vec<u8> {
        // Writing into memory cannot fail.
        self.in_target(target, &mut 0).unwrap_or_default()
    }

    /// A body in memory, of the type and with the coding that its sender named, with the secrets in it replaced.
    pub fn bytes(&self, content_type: Option<&[u8]>, coding: Option<&[u8]>, bytes: &Bytes) -> Looked {
        if is_coded(coding.filter(|_| !bytes.is_empty())) {
            return Looked::Opaque;
        }
        let Some(mut pass) = self.pass(content_type, bytes) else { return Looked::PassedOver };
        let mut out = Vec::with_capacity(bytes.len());
        // As above.
        let _ = pass.push(bytes, &mut out).and_then(|()| pass.finish(&mut out));
        Looked::Into(if pass.found() == 0 { bytes.clone() } else { out.into() })
    }

    fn is_secret(&self, name: &[u8]) -> bool {
        let name = name.to_ascii_lowercase();
        HEADERS.binary_search_by(|own| own.as_bytes().cmp(&name)).is_ok()
            || self.headers.iter().any(|own| own.as_bytes() == name)
    }

    /// The value of a header, or what stands in its place.
    fn value(&self, name: &[u8], value: &[u8], values: &mut u64) -> Vec<u8> {
        let Some((scheme, secret)) = self.secret_of(name, value) else { return value.to_vec() };
        *values += 1;
        let placeholder = format!("<redacted {} bytes: {}>", secret.len(), name.escape_ascii());
        [scheme, placeholder.as_bytes()].concat()
    }

    fn in_target(&self, target: &[u8], values: &mut u64) -> io::Result<Vec<u8>> {
        let Some(at) = memchr::memchr(b'?', target) else { return Ok(target.to_vec()) };
        let (path, query) = target.split_at_checked(at + 1).unwrap_or((target, &[]));
        let (mut pass, mut out) = (Pairs::new(&self.params), path.to_vec());
        pass.push(query, &mut out)?;
        pass.finish(&mut out)?;
        *values += pass.found();
        Ok(out)
    }

    fn answer(&self, answer: &Arc<Answer>, values: &mut u64) -> Arc<Answer> {
        if !answer.headers.iter().any(|(name, _)| self.is_secret(name.as_bytes())) {
            return Arc::clone(answer);
        }
        let headers = answer.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), self.value(name.as_bytes(), value, values).into()));
        Arc::new(Answer { headers: headers.collect(), ..Answer::clone(answer) })
    }

    /// What looks through a body that begins so; nothing for one of a kind in which nothing is looked for.
    fn pass(&self, content_type: Option<&[u8]>, first: &[u8]) -> Option<Pass<'_>> {
        if is_form(content_type) {
            Some(Pass::Pairs(Pairs::new(&self.params)))
        } else {
            begins_as_json(first).then(|| Pass::Json(Json::new(&self.paths)))
        }
    }

    /// The body where something in it is replaced.
    fn body(&self, capture: &Capture, values: &mut u64) -> io::Result<Option<Body>> {
        let body = &capture.body;
        let new = || self.pass(capture.head.header("content-type"), body.first());
        let Some(mut pass) = new() else { return Ok(None) };
        let content = match body.bytes() {
            Some(bytes) => {
                let mut out = Vec::with_capacity(bytes.len());
                pass.push(bytes, &mut out)?;
                pass.finish(&mut out)?;
                Content::Held(out.into())
            }
            None => {
                // Most have nothing to hide, and then nothing is written.
                pass.all(body.content(), &mut io::sink())?;
                if pass.found() == 0 {
                    return Ok(None);
                }
                let Some(mut again) = new() else { return Ok(None) };
                let mut out = Copy { file: io::BufWriter::new(tempfile::tempfile()?), first: Vec::new(), len: 0 };
                again.all(body.content(), &mut out)?;
                let file = out.file.into_inner().map_err(io::IntoInnerError::into_error)?;
                Content::Spooled(Spooled::new(file, out.first.into(), out.len, Room::default()))
            }
        };
        if pass.found() == 0 {
            return Ok(None);
        }
        *values += pass.found();
        let (old, new) = (body.len() as u64, content.len() as u64);
        let fit = |length: u64| if length == old { new } else { length };
        Ok(Some(Body::of(content, body.declared().map(fit), fit(body.received()), body.end().clone())))
    }
}

enum Pass<'r> {
    Json(Json<'r>),
    Pairs(Pairs<'r>),
}

impl Pass<'_> {
    fn push(&mut self, piece: &[u8], out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Json(json) => json.push(piece, out),
            Self::Pairs(pairs) => pairs.push(piece, out),
        }
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Json(json) => json.finish(out),
            Self::Pairs(pairs) => pairs.finish(out),
        }
    }

    fn found(&self) -> u64 {
        match self {
            Self::Json(json) => json.found(),
            Self::Pairs(pairs) => pairs.found(),
        }
    }

    fn all(&mut self, content: &Content, out: &mut dyn Write) -> io::Result<()> {
        for piece in content.pieces() {
            self.push(&piece?, out)?;
        }
        self.finish(out)
    }
}

/// A file of a body, with its first bytes in memory.
struct Copy<W> {
    file: W,
    first: Vec<u8>,
    len: usize,
}

impl<W: Write> Write for Copy<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        let room = content::FIRST.saturating_sub(self.first.len()).min(bytes.len());
        self.first.extend_from_slice(bytes.get(..room).unwrap_or_default());
        self.len += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn is_coded(coding: Option<&[u8]>) -> bool {
    coding.is_some_and(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
}

fn is_form(content_type: Option<&[u8]>) -> bool {
    let form = |media: &[u8]| media.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded");
    content_type.is_some_and(form)
}

fn begins_as_json(first: &[u8]) -> bool {
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first);
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}

#[cfg(test)]
mod tests;
