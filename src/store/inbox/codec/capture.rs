//! Captures: what is in memory of one beside its body's bytes, which stand in the journal as they are.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6},
    sync::Arc,
};

use bytes::Bytes;
use jiff::Timestamp;

use super::{Damaged, FORM, Put, Take};
use crate::model::{
    Answer, Body, BodyEnd, Capture, CaptureId, Chunks, Content, Fidelity, Head, Odd, Origin, Refusal, Seq, Timing,
    Version, Wire, head::Spans,
};

/// What stands beside a capture's own bytes.
#[derive(Debug)]
pub(in super::super) struct Parts {
    pub(in super::super) id: CaptureId,
    pub(in super::super) seq: Seq,
    pub(in super::super) content: Content,
    pub(in super::super) answer: Arc<Answer>,
    pub(in super::super) origin: Option<Origin>,
}

/// Appends a capture to `out`, without its id, its number, its body's bytes, its answer and its origin.
pub(in super::super) fn capture(out: &mut Vec<u8>, capture: &Capture) {
    let mut put = Put(out);
    put.byte(FORM);
    put.time(capture.received_at);
    remote(&mut put, capture.remote);
    head(&mut put, &capture.head);
    let body = &capture.body;
    put.option(body.declared(), Put::number);
    put.number(body.received());
    end(&mut put, body.end());
    put.fields(capture.trailers.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
    let Timing { head, body, answered } = capture.times();
    put.duration(head);
    put.option(body, Put::duration);
    put.duration(answered);
    put.option(capture.wire.chunks.as_deref(), |put, chunks| {
        let Chunks { sizes, count, extensions } = chunks;
        put.number(sizes.len() as u64);
        sizes.iter().for_each(|size| put.number(*size));
        put.number(*count);
        put.byte((*extensions).into());
    });
    put.option(capture.wire.continued, |put, continued| put.byte(continued.into()));
    put.option(capture.wire.known_odd(), |put, odd| {
        put.number(odd.iter().count() as u64);
        odd.iter().for_each(|oddity| put.text(oddity.name()));
    });
}

/// Reads what [`capture`] wrote.
pub(in super::super) fn read_capture(bytes: Bytes, parts: Parts) -> Result<Capture, Damaged> {
    let mut take = Take::begin(bytes)?;
    let received_at: Timestamp = take.time()?;
    let remote = read_remote(&mut take)?;
    let head = read_head(&mut take)?;
    let (declared, received) = (take.option(Take::number)?, take.number()?);
    let end = read_end(&mut take)?;
    let trailers = take.fields()?.into_boxed_slice();
    let timing = Timing { head: take.duration()?, body: take.option(Take::duration)?, answered: take.duration()? };
    let chunks = take.option(|take| {
        let sizes = take.list(1, Take::number)?.into_boxed_slice();
        Ok(Box::new(Chunks { sizes, count: take.number()?, extensions: take.boolean()? }))
    })?;
    let wire = Wire::new(chunks, take.option(Take::boolean)?);
    let odd = take.option(|take| take.list(1, Take::text))?;
    take.end()?;
    let wire = match odd {
        Some(names) => wire.with_odd(Odd::named(names.iter().map(String::as_str))),
        None => wire,
    };
    let Parts { id, seq, content, answer, origin } = parts;
    let body = Body::of(content, declared, received, end);
    let answer = answer.into();
    Ok(Capture { id, seq, received_at, remote, head, body, trailers, answer, timing, wire, origin })
}

fn remote(put: &mut Put<'_>, remote: Option<SocketAddr>) {
    match remote {
        None => put.byte(0),
        Some(SocketAddr::V4(addr)) => {
            put.byte(4);
            put.0.extend_from_slice(&addr.ip().octets());
            put.number(addr.port().into());
        }
        Some(SocketAddr::V6(addr)) => {
            put.byte(6);
            put.0.extend_from_slice(&addr.ip().octets());
            put.number(addr.port().into());
            put.number(addr.flowinfo().into());
            put.number(addr.scope_id().into());
        }
    }
}

fn octets<const N: usize>(take: &mut Take) -> Result<[u8; N], Damaged> {
    let mut octets = [0; N];
    for octet in &mut octets {
        *octet = take.byte()?;
    }
    Ok(octets)
}

fn read_remote(take: &mut Take) -> Result<Option<SocketAddr>, Damaged> {
    Ok(match take.byte()? {
        0 => None,
        4 => Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(octets::<4>(take)?)), take.small()?)),
        6 => {
            let ip = Ipv6Addr::from(octets::<16>(take)?);
            Some(SocketAddrV6::new(ip, take.small()?, take.small()?, take.small()?).into())
        }
        _ => return Err(Damaged("an address has no family")),
    })
}

pub(super) fn version(version: Version) -> u8 {
    match version {
        Version::Http10 => 0,
        Version::Http11 => 1,
        Version::Http2 => 2,
    }
}

pub(super) fn read_version(take: &mut Take) -> Result<Version, Damaged> {
    Ok(match take.byte()? {
        0 => Version::Http10,
        1 => Version::Http11,
        2 => Version::Http2,
        _ => return Err(Damaged("a version is unknown")),
    })
}

fn head(put: &mut Put<'_>, head: &Head) {
    put.byte(version(head.version()));
    put.byte(match head.fidelity() {
        Fidelity::Exact => 0,
        Fidelity::Fields => 1,
        Fidelity::Normalised => 2,
    });
    put.bytes(head.bytes());
    let Spans { method, target, headers } = head.spans();
    // Each begins a little behind the one before, so that most take two bytes.
    let mut at = 0;
    let mut span = |put: &mut Put<'_>, (start, end): (u32, u32)| {
        put.number(fold(i64::from(start) - at));
        put.number((end - start).into());
        at = end.into();
    };
    span(put, method);
    span(put, target);
    put.number(headers.len() as u64);
    for (name, value) in headers {
        span(put, name);
        span(put, value);
    }
}

fn fold(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn read_head(take: &mut Take) -> Result<Head, Damaged> {
    let version = read_version(take)?;
    let fidelity = match take.byte()? {
        0 => Fidelity::Exact,
        1 => Fidelity::Fields,
        2 => Fidelity::Normalised,
        _ => return Err(Damaged("how true a head is cannot be read")),
    };
    let bytes = take.bytes()?;
    let mut at = 0_i64;
    let mut span = |take: &mut Take| {
        let (by, length) = (take.number()?, take.small::<u32>()?);
        let by = (by >> 1).cast_signed() ^ -(by & 1).cast_signed();
        let start = at.checked_add(by).and_then(|start| u32::try_from(start).ok());
        let start = start.ok_or(Damaged("a line lies outside of its head"))?;
        let end = start.checked_add(length).ok_or(Damaged("a line lies outside of its head"))?;
        at = end.into();
        Ok((start, end))
    };
    let (method, target) = (span(take)?, span(take)?);
    let count = take.count(4)?;
    let headers = (0..count).map(|_| Ok((span(take)?, span(take)?))).collect::<Result<_, Damaged>>()?;
    let spans = Spans { method, target, headers };
    Head::of_spans(bytes, &spans, version, fidelity).ok_or(Damaged("a line lies outside of its head"))
}

fn end(put: &mut Put<'_>, end: &BodyEnd) {
    // The numbers are those of the journal, not those of a table that may be put in another order.
    match end {
        BodyEnd::Complete => put.byte(0),
        BodyEnd::OverLimit(limit) => {
            put.byte(1);
            put.number(*limit);
        }
        BodyEnd::SpoolFull(limit) => {
            put.byte(2);
            put.number(*limit);
        }
        BodyEnd::DiskFailed(why) => {
            put.byte(3);
            put.text(why);
        }
        BodyEnd::ClosedEarly => put.byte(4),
        BodyEnd::TimedOut => put.byte(5),
        BodyEnd::Malformed(why) => {
            put.byte(6);
            put.text(why);
        }
        BodyEnd::Abandoned => put.byte(7),
        BodyEnd::Reset => put.byte(8),
        BodyEnd::Shed(refusal) => {
            put.byte(9);
            put.text(refusal.name());
        }
        BodyEnd::LeftOut(why) => {
            put.byte(10);
            put.text(why);
        }
    }
}

fn read_end(take: &mut Take) -> Result<BodyEnd, Damaged> {
    Ok(match take.byte()? {
        0 => BodyEnd::Complete,
        1 => BodyEnd::OverLimit(take.number()?),
        2 => BodyEnd::SpoolFull(take.number()?),
        3 => BodyEnd::DiskFailed(take.text()?.into()),
        4 => BodyEnd::ClosedEarly,
        5 => BodyEnd::TimedOut,
        6 => BodyEnd::Malformed(take.text()?.into()),
        7 => BodyEnd::Abandoned,
        8 => BodyEnd::Reset,
        10 => BodyEnd::LeftOut(take.text()?.into()),
        9 => BodyEnd::Shed(Refusal::named(&take.text()?).ok_or(Damaged("a refusal is unknown"))?),
        _ => return Err(Damaged("how a body ended is unknown")),
    })
}

/// Appends an answer to `out`.
pub(in super::super) fn answer(out: &mut Vec<u8>, answer: &Answer) {
    let Answer { status, headers, body, because } = answer;
    let mut put = Put(out);
    put.byte(FORM);
    put.number((*status).into());
    put.fields(headers.iter().map(|(name, value)| (name.as_bytes(), value.as_ref())));
    put.bytes(body);
    put.option(because.as_deref(), Put::text);
}

/// Reads what [`answer`] wrote.
pub(in super::super) fn read_answer(bytes: Bytes) -> Result<Answer, Damaged> {
    let mut take = Take::begin(bytes)?;
    let status = take.small()?;
    let headers = take.list(2, |take| Ok((take.text()?, take.bytes()?)))?;
    let body = take.bytes()?;
    let because = take.option(Take::text)?.map(Cow::Owned);
    take.end()?;
    Ok(Answer { status, headers, body, because })
}
