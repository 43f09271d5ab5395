//! The ledger of an attempt: every difference between a capture and what was sent.

use super::{Damaged, Put, Take, capture, words};
use crate::model::{At, BodyFraming, BodySent, Change, Digest, Framed, Ledger, Rewrite};

pub(super) fn ledger(put: &mut Put<'_>, ledger: &Ledger) {
    // Who signed it stands behind the attempt.
    let Ledger { version, request_line, changes, framing, body, signed: _ } = ledger;
    put.byte(capture::version(*version));
    put.option(request_line.as_ref(), |put, Rewrite { from, to }| {
        put.bytes(from);
        put.bytes(to);
    });
    put.number(changes.len() as u64);
    for entry in changes {
        change(put, entry);
    }
    put.byte(framed(framing.from));
    put.byte(framed(framing.to));
    put.option(framing.because, Put::text);
    put.option(body.as_ref(), |put, BodySent { captured, sent, because }| {
        digest(put, captured);
        digest(put, sent);
        put.option(because.as_deref(), Put::text);
    });
}

pub(super) fn read_ledger(take: &mut Take) -> Result<Ledger, Damaged> {
    Ok(Ledger {
        version: capture::read_version(take)?,
        request_line: take.option(|take| Ok(Rewrite { from: take.bytes()?, to: take.bytes()? }))?,
        changes: take.list(2, read_change)?,
        framing: Framed {
            from: read_framed(take)?,
            to: read_framed(take)?,
            because: take.option(Take::text)?.map(|why| words::kept(&why)),
        },
        body: take.option(|take| {
            let (captured, sent) = (read_digest(take)?, read_digest(take)?);
            Ok(BodySent { captured, sent, because: take.option(Take::text)? })
        })?,
        signed: None,
    })
}

fn at(put: &mut Put<'_>, at: At) {
    match at {
        At::End => put.byte(0),
        At::Header(number) => {
            put.byte(1);
            put.number(number as u64);
        }
        At::Trailer(number) => {
            put.byte(2);
            put.number(number as u64);
        }
    }
}

fn read_at(take: &mut Take) -> Result<At, Damaged> {
    Ok(match take.byte()? {
        0 => At::End,
        1 => At::Header(take.small()?),
        2 => At::Trailer(take.small()?),
        _ => return Err(Damaged("a line is in no known place")),
    })
}

fn change(put: &mut Put<'_>, change: &Change) {
    match change {
        Change::Removed { at: place, name, because } => {
            put.byte(0);
            at(put, *place);
            put.bytes(name);
            put.text(because);
        }
        Change::Added { name, value } => {
            put.byte(1);
            put.bytes(name);
            put.bytes(value);
        }
        Change::Changed { at: place, name, from, to } => {
            put.byte(2);
            at(put, *place);
            put.bytes(name);
            put.bytes(from);
            put.bytes(to);
        }
        Change::Rewritten { at: place, name, from, to, because } => {
            put.byte(3);
            at(put, *place);
            put.bytes(name);
            put.bytes(from);
            put.bytes(to);
            put.text(because);
        }
    }
}

fn read_change(take: &mut Take) -> Result<Change, Damaged> {
    Ok(match take.byte()? {
        0 => Change::Removed { at: read_at(take)?, name: take.bytes()?, because: words::kept(&take.text()?) },
        1 => Change::Added { name: take.bytes()?, value: take.bytes()? },
        2 => Change::Changed { at: read_at(take)?, name: take.bytes()?, from: take.bytes()?, to: take.bytes()? },
        3 => Change::Rewritten {
            at: read_at(take)?,
            name: take.bytes()?,
            from: take.bytes()?,
            to: take.bytes()?,
            because: words::kept(&take.text()?),
        },
        _ => return Err(Damaged("a change is of no known kind")),
    })
}

fn framed(framing: BodyFraming) -> u8 {
    match framing {
        BodyFraming::None => 0,
        BodyFraming::Length => 1,
        BodyFraming::Chunked => 2,
        BodyFraming::Frames => 3,
    }
}

fn read_framed(take: &mut Take) -> Result<BodyFraming, Damaged> {
    Ok(match take.byte()? {
        0 => BodyFraming::None,
        1 => BodyFraming::Length,
        2 => BodyFraming::Chunked,
        3 => BodyFraming::Frames,
        _ => return Err(Damaged("a framing is unknown")),
    })
}

fn digest(put: &mut Put<'_>, digest: &Digest) {
    put.number(digest.size);
    put.bytes(&digest.sha256);
}

fn read_digest(take: &mut Take) -> Result<Digest, Damaged> {
    let size = take.number()?;
    let sha256 = take.bytes()?.as_ref().try_into().map_err(|_| Damaged("a digest is too short"))?;
    Ok(Digest { size, sha256 })
}
