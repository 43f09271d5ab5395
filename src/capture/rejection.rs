//! What came over a connection and could become no capture: its bytes, its sender, what was wrong and what was answered.
//!
//! hyper answers a good third of odd requests by itself, and only the error that ends the connection tells. Every
//! connection that sent anything ends in captures or in one of these, so that "nothing arrived" is never a mystery.

use std::{error::Error, io};

use super::connection::{Connection, Leftover};
use crate::model::{Refusal, Rejected};

/// How a connection ended.
pub(super) type End = Result<(), Box<dyn Error + Send + Sync>>;

/// What to record of a connection that has ended; nothing when all that came became captures.
pub(super) fn of(connection: &Connection, end: &End, stopped: bool) -> Option<Rejected> {
    let leftover = connection.leftover();
    let verdict = verdict(connection, end, leftover.as_ref(), stopped)?;
    let (received_at, raw) = match leftover {
        Some(Leftover { at, raw, .. }) => (at, raw),
        None => (jiff::Timestamp::now(), bytes::Bytes::new()),
    };
    let Verdict { refusal, reason, status } = verdict;
    Some(Rejected { received_at, remote: connection.peer, refusal, reason, status, raw })
}

struct Verdict {
    refusal: Refusal,
    reason: String,
    status: Option<u16>,
}

fn verdict(connection: &Connection, end: &End, leftover: Option<&Leftover>, stopped: bool) -> Option<Verdict> {
    let silent = |refusal, reason: &str| Some(Verdict { refusal, reason: reason.to_owned(), status: None });
    if let Some(told) = connection.late() {
        let reason = "the head did not come in time".to_owned();
        return Some(Verdict { refusal: Refusal::HeadTimeout, reason, status: told.then_some(408) });
    }
    let error = end.as_ref().err();
    if let Some(error) = error.and_then(|error| error.downcast_ref::<hyper::Error>())
        && error.is_parse()
    {
        return Some(refused_by_hyper(error));
    }
    if let Some(words) = error.and_then(|error| http2_error(error.as_ref())) {
        return silent(Refusal::Malformed, &format!("the HTTP/2 connection broke off: {words}"));
    }
    let Leftover { whole, .. } = leftover?;
    if stopped {
        return silent(Refusal::HeadTimeout, "creel was stopped before the request was whole");
    }
    if *whole || (end.is_ok() && connection.requests() > 0) {
        return silent(Refusal::Malformed, "it came after a request that closed the connection");
    }
    silent(Refusal::ClosedEarly, "the sender closed the connection before the head was whole")
}

/// hyper refuses a head with a status of its own choice; which one follows from the error.
fn refused_by_hyper(error: &hyper::Error) -> Verdict {
    let words = error.to_string();
    let (refusal, status) = match (error.is_parse_too_large(), words.contains("URI")) {
        (true, true) => (Refusal::HeadTooLarge, 414),
        (true, false) => (Refusal::HeadTooLarge, 431),
        (false, _) => (Refusal::Malformed, 400),
    };
    Verdict { refusal, reason: words, status: Some(status) }
}

/// What HTTP/2 says of a broken connection, unless it simply went away.
fn http2_error(error: &(dyn Error + 'static)) -> Option<String> {
    let mut chain = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<io::Error>() {
            return None;
        }
        chain.push(error.to_string());
        next = error.source();
    }
    chain.first().is_some_and(|words| words.contains("http2")).then(|| chain.pop()).flatten()
}
