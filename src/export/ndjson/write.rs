//! Writing the lines. None of them has a line feed at its end.

use std::{
    io::{self, Write},
    time::Duration,
};

use super::verdict;
use crate::export::json::Json;
use crate::model::{
    Answer, At, Attempt, Body, BodyEnd, BodySent, Capture, Change, Chunks, Content, Digest, Fidelity, Head, Ledger,
    Origin, Outcome, Rejected, Reply, Timing,
};
use crate::provider::recognise;

/// How much of an answer's body stands in a capture's line, in bytes; of a longer one only the size.
pub(super) const ANSWER_LIMIT: usize = 64 * 1024;

/// A capture as a line. A spooled body is read into it whole, so [`write_capture`] suits those better; where it cannot be
/// read, the line is empty.
pub fn capture_line(capture: &Capture) -> String {
    // Most bodies are text of which little is escaped.
    let size = 1024 + capture.head.bytes().len() * 2 + capture.body.len() + capture.body.len() / 2;
    line(size, |out| write_capture(out, capture))
}

/// A rejected request as a line.
pub fn rejected_line(rejected: &Rejected) -> String {
    line(512 + rejected.raw.len() * 2, |out| write_rejected(out, rejected))
}

/// An attempt as a line.
pub fn attempt_line(attempt: &Attempt) -> String {
    line(1024, |out| write_attempt(out, attempt))
}

/// The line that is printed when a connection would be accepted, with the inbox that captures go to, if any.
pub fn ready_line(url: &str, inbox: Option<&str>) -> String {
    line(128, |out| {
        let mut json = Json::new(out);
        json.open('{')?.key("type")?.quoted("ready")?.key("url")?.text(url)?.key("inbox")?;
        match inbox {
            Some(name) => json.text(name)?,
            None => json.plain("null")?,
        };
        json.close('}')?;
        Ok(())
    })
}

pub(super) fn line(size: usize, write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
    let mut out = Vec::with_capacity(size);
    // A vector takes every write; only a spooled body can fail. Half a line would be worse than none.
    if write(&mut out).is_err() {
        return String::new();
    }
    // What is written is ASCII.
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Writes a capture's line piece by piece, without holding the whole of it.
///
/// Reads a spooled body from the disk, up to three times: for its SHA-256, for whether it is text, and to write it. Fails
/// where that or `out` does.
pub fn write_capture(out: &mut impl Write, capture: &Capture) -> io::Result<()> {
    let head = &capture.head;
    let recognition = recognise(capture);
    let known = recognition.as_ref();
    let mut json = Json::new(out);
    json.open('{')?.key("type")?.quoted("capture")?.key("id")?.quoted(capture.id)?.key("seq")?.plain(capture.seq.0)?;
    json.key("received_at")?.quoted(capture.received_at)?;
    json.key("remote")?.or_null(capture.remote, Json::quoted)?;
    json.key("version")?.quoted(head.version())?;
    json.key("method")?.octets(head.method())?.key("target")?.octets(head.target())?;
    json.key("headers")?;
    pairs(&mut json, head.headers().map(|header| (header.name, header.value)))?;
    json.key("body")?;
    body(&mut json, &capture.body)?;
    json.key("trailers")?;
    pairs(&mut json, capture.trailers.iter().map(|(name, value)| (name.as_ref(), value.as_ref())))?;
    json.key("provider")?.or_null(known.map(|known| known.provider.name), Json::text)?;
    json.key("event")?.or_null(known.and_then(|known| known.event.as_deref()), Json::octets)?;
    json.key("delivery")?.or_null(known.and_then(|known| known.delivery.as_deref()), Json::octets)?;
    verdict::member(&mut json, capture)?;
    json.key("answer")?;
    answer(&mut json, &capture.answer)?;
    json.key("duration_ms")?.plain(millis(capture.times().answered))?;
    seen(&mut json, capture)?;
    json.close('}')?;
    Ok(())
}

/// What the wire showed beside head and body, as members of an object.
pub(in crate::export) fn seen(json: &mut Json<impl Write>, capture: &Capture) -> io::Result<()> {
    let head = &capture.head;
    json.key("fidelity")?.quoted(fidelity_name(head.fidelity()))?;
    if head.fidelity() == Fidelity::Exact && written(head).bytes() != head.bytes() {
        json.key("head")?.octets(head.bytes())?;
    }
    timing(json, capture.times())?;
    json.key("odd")?.open('[')?;
    for oddity in capture.odd().iter() {
        json.item()?.quoted(oddity.name())?;
    }
    json.close(']')?;
    if let Some(known) = &capture.wire.chunks {
        chunks(json, known)?;
    }
    if let Some(continued) = capture.wire.continued {
        json.key("continued")?.plain(continued)?;
    }
    if let Some(Origin { of }) = capture.origin {
        json.key("draft")?.open('{')?.key("of")?.or_null(of, Json::quoted)?.close('}')?;
    }
    Ok(())
}

/// The head as a reader writes it from the fields of a line.
fn written(head: &Head) -> Head {
    let lines = head.headers().map(|header| (header.name, header.value));
    Head::from_parts(head.method(), head.target(), head.version(), lines, Fidelity::Fields)
}

fn timing(json: &mut Json<impl Write>, timing: Timing) -> io::Result<()> {
    json.key("timing_ms")?.open('{')?.key("head")?.plain(millis(timing.head))?;
    json.key("body")?.or_null(timing.body.map(millis), Json::plain)?;
    json.key("answered")?.plain(millis(timing.answered))?.close('}')?;
    Ok(())
}

fn chunks(json: &mut Json<impl Write>, chunks: &Chunks) -> io::Result<()> {
    json.key("chunks")?.open('{')?.key("count")?.plain(chunks.count)?.key("sizes")?.open('[')?;
    for size in &chunks.sizes {
        json.item()?.plain(size)?;
    }
    json.close(']')?.key("extensions")?.plain(chunks.extensions)?.close('}')?;
    Ok(())
}

pub(super) fn fidelity_name(fidelity: Fidelity) -> &'static str {
    match fidelity {
        Fidelity::Exact => "exact",
        Fidelity::Fields => "fields",
        Fidelity::Normalised => "normalised",
    }
}

/// An array of `[name, value]`.
pub(in crate::export) fn pairs<'a>(
    json: &mut Json<impl Write>,
    pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> io::Result<()> {
    json.open('[')?;
    for (name, value) in pairs {
        json.item()?.open('[')?.item()?.octets(name)?.item()?.octets(value)?.close(']')?;
    }
    json.close(']')?;
    Ok(())
}

/// `text` or `base64`.
fn content(json: &mut Json<impl Write>, bytes: &[u8]) -> io::Result<()> {
    match std::str::from_utf8(bytes) {
        Ok(text) => json.key("text")?.text(text)?,
        Err(_) => json.key("base64")?.base64(bytes)?,
    };
    Ok(())
}

/// The same for bytes in a file, a piece at a time.
fn spooled_content(json: &mut Json<impl Write>, content: &Content) -> io::Result<()> {
    if each_text(content, |_| Ok(()))? {
        json.key("text")?.pieces(|json| each_text(content, |text| json.piece(text)).map(drop))?;
    } else {
        json.key("base64")?.base64_of(content.pieces())?;
    }
    Ok(())
}

/// Hands on the bytes as text in pieces that end where characters do, up to the first that is not UTF-8; says whether
/// there was none.
pub(in crate::export) fn each_text(
    content: &Content,
    mut take: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<bool> {
    let mut rest = Vec::new();
    for piece in content.pieces() {
        rest.extend_from_slice(&piece?);
        let (whole, wrong) = match std::str::from_utf8(&rest) {
            Ok(text) => (text.len(), false),
            Err(error) => (error.valid_up_to(), error.error_len().is_some()),
        };
        if let Some(chunk) = rest.utf8_chunks().next() {
            take(chunk.valid())?;
        }
        if wrong {
            return Ok(false);
        }
        rest.drain(..whole);
    }
    Ok(rest.is_empty())
}

fn body(json: &mut Json<impl Write>, body: &Body) -> io::Result<()> {
    json.open('{')?.key("size")?.plain(body.len())?.key("truncated")?.plain(body.is_truncated())?;
    json.key("sha256")?.quoted(hex::encode(body.sha256()?))?;
    match body.bytes() {
        Some(bytes) => content(json, bytes)?,
        None => spooled_content(json, body.content())?,
    }
    body_end(json, body)?;
    json.close('}')?;
    Ok(())
}

/// How the body ended, as members of an object.
pub(in crate::export) fn body_end(json: &mut Json<impl Write>, body: &Body) -> io::Result<()> {
    if let Some(declared) = body.declared() {
        json.key("declared")?.plain(declared)?;
    }
    if body.received() != body.len() as u64 {
        json.key("received")?.plain(body.received())?;
    }
    if let Some(sentence) = body.end().sentence() {
        json.key("end")?.quoted(body.end().name())?.key("reason")?.text(&sentence)?;
    }
    match body.end() {
        BodyEnd::OverLimit(limit) | BodyEnd::SpoolFull(limit) => json.key("limit")?.plain(limit)?,
        BodyEnd::Malformed(detail) | BodyEnd::DiskFailed(detail) | BodyEnd::LeftOut(detail) => {
            json.key("detail")?.text(detail)?
        }
        BodyEnd::Shed(refusal) => json.key("detail")?.quoted(refusal.name())?,
        _ => json,
    };
    Ok(())
}

fn answer(json: &mut Json<impl Write>, answer: &Answer) -> io::Result<()> {
    json.open('{')?.key("status")?.plain(answer.status)?;
    if let Some(because) = &answer.because {
        json.key("because")?.text(because)?;
    }
    if !answer.headers.is_empty() {
        json.key("headers")?;
        pairs(json, answer.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_ref())))?;
    }
    if !answer.body.is_empty() {
        json.key("body")?.open('{')?.key("size")?.plain(answer.body.len())?;
        if answer.body.len() <= ANSWER_LIMIT {
            content(json, &answer.body)?;
        }
        json.close('}')?;
    }
    json.close('}')?;
    Ok(())
}

/// Writes a rejected request's line.
pub fn write_rejected(out: &mut impl Write, rejected: &Rejected) -> io::Result<()> {
    let mut json = Json::new(out);
    json.open('{')?.key("type")?.quoted("rejected")?.key("received_at")?.quoted(rejected.received_at)?;
    json.key("remote")?.quoted(rejected.remote)?.key("reason")?.text(&rejected.reason)?;
    json.key("status")?.or_null(rejected.status, Json::plain)?;
    json.key("raw")?.open('{')?.key("base64")?.base64(&rejected.raw)?.close('}')?;
    json.key("refusal")?.quoted(rejected.refusal.name())?.close('}')?;
    Ok(())
}

/// Writes an attempt's line.
pub fn write_attempt(out: &mut impl Write, attempt: &Attempt) -> io::Result<()> {
    let mut json = Json::new(out);
    attempt_members(&mut json, attempt, attempt.forwarded)?.close('}')?;
    Ok(())
}

/// A try among many, as a line: `try` has its number, and `unmet` what was expected of it and is not so, where something
/// was.
pub fn try_line(attempt: &Attempt, number: u32, unmet: Option<&[String]>) -> String {
    line(1024, |out| {
        let mut json = Json::new(out);
        attempt_members(&mut json, attempt, Some(number))?;
        if let Some(unmet) = unmet {
            json.key("unmet")?.open('[')?;
            for expected in unmet {
                json.item()?.text(expected)?;
            }
            json.close(']')?;
        }
        json.close('}')?;
        Ok(())
    })
}

fn attempt_members<'a, W: Write>(
    json: &'a mut Json<W>,
    attempt: &Attempt,
    number: Option<u32>,
) -> io::Result<&'a mut Json<W>> {
    json.open('{')?.key("type")?.quoted("attempt")?.key("id")?.quoted(attempt.id.0)?;
    json.key("capture")?.quoted(attempt.capture)?.key("target")?.text(&attempt.target)?;
    json.key("status")?.or_null(attempt.status(), Json::plain)?;
    json.key("duration_ms")?.or_null(attempt.duration.map(millis), Json::plain)?;
    let error = match &attempt.outcome {
        Some(Outcome::Failed(failure)) => Some((failure.kind, failure.sentence.as_str())),
        Some(Outcome::Cancelled) => Some(("cancelled", "cancelled before there was an answer")),
        Some(Outcome::Replied(_)) | None => None,
    };
    json.key("error")?.or_null(error, |json, (kind, sentence)| {
        json.open('{')?.key("kind")?.quoted(kind)?.key("sentence")?.text(sentence)?.close('}')
    })?;
    json.key("changed")?.open('[')?;
    for changed in &attempt.ledger.changes {
        change(json.item()?, changed)?;
    }
    json.close(']')?;
    json.key("seq")?.plain(attempt.seq.0)?.key("started_at")?.quoted(attempt.started_at)?;
    json.key("reply")?;
    match &attempt.outcome {
        Some(Outcome::Replied(replied)) => reply(json, replied)?,
        _ => {
            json.plain("null")?;
        }
    }
    ledger(json, &attempt.ledger)?;
    json.key("to")?.or_null(attempt.to.as_deref(), Json::text)?;
    json.key("forwarded")?.plain(attempt.forwarded.is_some())?.key("try")?.or_null(number, Json::plain)?;
    json.key("timings_ms")?.open('{')?;
    for (name, time) in attempt.timings.parts() {
        json.key(name)?.plain(millis(time))?;
    }
    json.close('}')
}

/// What the ledger says besides the header lines.
fn ledger(json: &mut Json<impl Write>, ledger: &Ledger) -> io::Result<()> {
    json.key("version")?.quoted(ledger.version)?;
    json.key("request_line")?.or_null(ledger.request_line.as_ref(), |json, line| {
        json.open('{')?.key("from")?.octets(&line.from)?.key("to")?.octets(&line.to)?.close('}')
    })?;
    let framing = ledger.framing;
    json.key("framing")?.open('{')?.key("from")?.quoted(framing.from)?.key("to")?.quoted(framing.to)?;
    json.key("because")?.or_null(framing.because, Json::text)?.close('}')?;
    json.key("body")?.or_null(ledger.body.as_ref(), |json, body| {
        let BodySent { captured, sent, because } = body;
        digest(json.open('{')?.key("captured")?, captured)?;
        digest(json.key("sent")?, sent)?;
        json.key("because")?.or_null(because.as_deref(), Json::text)?.close('}')
    })?;
    json.key("signed")?.or_null(ledger.signed.as_deref(), Json::text)?;
    Ok(())
}

fn digest(json: &mut Json<impl Write>, digest: &Digest) -> io::Result<()> {
    json.open('{')?.key("size")?.plain(digest.size)?.key("sha256")?.quoted(digest)?.close('}')?;
    Ok(())
}

fn change(json: &mut Json<impl Write>, change: &Change) -> io::Result<()> {
    let kind = match change {
        Change::Removed { .. } => "removed",
        Change::Added { .. } => "added",
        Change::Changed { .. } => "changed",
        Change::Rewritten { .. } => "rewritten",
    };
    json.open('{')?.key("change")?.quoted(kind)?.key("name")?.octets(change.name())?;
    match change {
        Change::Removed { because, .. } => json.key("because")?.text(because)?,
        Change::Added { value, .. } => json.key("value")?.octets(value)?,
        Change::Changed { from, to, .. } => json.key("from")?.octets(from)?.key("to")?.octets(to)?,
        Change::Rewritten { from, to, because, .. } => {
            json.key("from")?.octets(from)?.key("to")?.octets(to)?.key("because")?.text(because)?
        }
    };
    match change.at() {
        Some(At::Header(number)) => json.key("header")?.plain(number)?,
        Some(At::Trailer(number)) => json.key("trailer")?.plain(number)?,
        Some(At::End) | None => json,
    };
    json.close('}')?;
    Ok(())
}

fn reply(json: &mut Json<impl Write>, reply: &Reply) -> io::Result<()> {
    json.open('{')?.key("reason")?.text(&reply.reason)?.key("headers")?;
    pairs(json, reply.headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref())))?;
    json.key("body")?.open('{')?.key("size")?.plain(reply.body.len())?;
    json.key("truncated")?.plain(reply.body_cut.is_some())?;
    content(json, &reply.body)?;
    json.key("received")?.plain(reply.body_received)?;
    json.key("reason")?.or_null(reply.body_cut.as_deref(), Json::text)?;
    json.close('}')?.close('}')?;
    Ok(())
}

/// A duration in milliseconds, to the nanosecond, as a JSON number: `0.41`.
pub(super) fn millis(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let text = format!("{}.{:06}", nanos / 1_000_000, nanos % 1_000_000);
    let text = text.trim_end_matches('0');
    text.strip_suffix('.').unwrap_or(text).to_owned()
}
