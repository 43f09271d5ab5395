//! Attempts, with the bodies of their replies.

use bytes::Bytes;

use super::{
    Damaged, FORM, Put, Take,
    ledger::{ledger, read_ledger},
    words,
};
use crate::model::{Attempt, AttemptId, CaptureId, Failure, Outcome, Reply, Seq, Timings};

/// [`FORM`], and behind it the times of the parts and whose attempt it was.
const TIMED: u8 = 2;
/// The form that is written: [`TIMED`], and behind it what it was signed afresh with.
const SIGNED: u8 = 3;

/// Appends an attempt to `out`, without its own number and that of its capture.
pub(in super::super) fn attempt(out: &mut Vec<u8>, attempt: &Attempt) {
    let Attempt {
        id: _,
        capture,
        seq: _,
        target,
        started_at,
        duration,
        ledger: sent,
        outcome,
        timings: Timings { dns, connect, tls, first_byte },
        to,
        forwarded,
    } = attempt;
    let mut put = Put(out);
    put.byte(SIGNED);
    put.bytes(capture.as_bytes());
    put.text(target);
    put.time(*started_at);
    put.option(*duration, Put::duration);
    ledger(&mut put, sent);
    match outcome {
        None => put.byte(0),
        Some(Outcome::Cancelled) => put.byte(1),
        Some(Outcome::Failed(Failure { kind, sentence })) => {
            put.byte(2);
            put.text(kind);
            put.text(sentence);
        }
        Some(Outcome::Replied(reply)) => {
            let Reply { status, reason, headers, body, body_received, body_cut } = reply.as_ref();
            put.byte(3);
            put.number((*status).into());
            put.text(reason);
            put.fields(headers.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
            put.bytes(body);
            put.number(*body_received);
            put.option(body_cut.as_deref(), Put::text);
        }
    }
    for part in [dns, connect, tls, first_byte] {
        put.option(*part, Put::duration);
    }
    put.option(to.as_deref(), Put::text);
    put.number(forwarded.unwrap_or(0).into());
    put.option(sent.signed.as_deref(), Put::text);
}

/// Reads what [`attempt`] wrote.
pub(in super::super) fn read_attempt(bytes: Bytes, id: AttemptId, seq: Seq) -> Result<Attempt, Damaged> {
    let form = bytes.first().copied().filter(|form| matches!(*form, TIMED | SIGNED)).unwrap_or(FORM);
    let mut take = Take::of(bytes, form)?;
    let capture = take.bytes()?.as_ref().try_into().map_err(|_| Damaged("a name is too short"))?;
    let (target, started_at) = (take.text()?, take.time()?);
    let duration = take.option(Take::duration)?;
    let mut ledger = read_ledger(&mut take)?;
    let outcome = match take.byte()? {
        0 => None,
        1 => Some(Outcome::Cancelled),
        2 => Some(Outcome::Failed(Failure { kind: words::kept(&take.text()?), sentence: take.text()? })),
        3 => Some(Outcome::Replied(Box::new(Reply {
            status: take.small()?,
            reason: take.text()?,
            headers: take.fields()?,
            body: take.bytes()?,
            body_received: take.number()?,
            body_cut: take.option(Take::text)?,
        }))),
        _ => return Err(Damaged("an outcome is of no known kind")),
    };
    let (mut timings, mut to, mut forwarded) = (Timings::default(), None, None);
    if form != FORM {
        let mut part = || take.option(Take::duration);
        timings = Timings { dns: part()?, connect: part()?, tls: part()?, first_byte: part()? };
        to = take.option(Take::text)?;
        forwarded = u32::try_from(take.number()?).ok().filter(|number| *number > 0);
    }
    if form == SIGNED {
        ledger.signed = take.option(Take::text)?;
    }
    take.end()?;
    let capture = CaptureId::from_bytes(capture);
    Ok(Attempt { id, capture, seq, target, started_at, duration, ledger, outcome, timings, to, forwarded })
}
