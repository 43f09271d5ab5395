//! The sentences for attempts that got no answer: what happened, to what, and what to do.
//!
//! Every text in them that came from outside has passed [`Printable`], so that a sentence is safe to print.

use std::{error::Error, io};

use super::{Settings, Target, Timeout};
use crate::model::{Failure, Period, Printable};

/// Every kind of failure and what it means; scripts match the first word.
pub const KINDS: [(&str, &str); 12] = [
    ("refused", "nothing listens on the target's port"),
    ("unresolved", "the target's name has no address"),
    ("unreachable", "no way to the target's address"),
    ("tls", "no secure connection, or a certificate that is not trusted"),
    ("timeout", "one of the times ran out before there was an answer"),
    ("closed", "the target closed the connection before it answered"),
    ("protocol", "what the target answered is not HTTP"),
    ("forbidden", "creel does not send this, or not there"),
    ("truncated", "the captured body is not whole"),
    ("busy", "too much is being forwarded already"),
    ("unreadable", "the captured body cannot be read back from the disk"),
    ("unsigned", "it was to be signed afresh, and cannot be"),
];

fn failure(kind: &'static str, sentence: String) -> Failure {
    Failure { kind, sentence }
}

/// An error with what caused it, safe to print and bounded.
pub(super) fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    Printable::limited(text.as_bytes(), 200).to_string()
}

pub(super) fn unresolved(target: &Target, error: Option<&io::Error>) -> Failure {
    let why = error.map_or_else(|| "the name exists without an address".to_owned(), |error| told(error));
    failure("unresolved", format!("unresolved: no address is known for {} ({why}); check the name", target.host()))
}

/// For the errors of `connect(2)`.
pub(super) fn unconnected(target: &Target, error: &io::Error) -> Failure {
    let address = target.address();
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            failure("refused", format!("connection refused: nothing listens on {address}"))
        }
        _ => failure("unreachable", format!("unreachable: no connection to {address} ({})", told(error))),
    }
}

pub(super) fn timed_out(target: &Target, timeout: Timeout, settings: &Settings) -> Failure {
    let (address, options) = (target.address(), target.options());
    let within = Period(options.within(timeout, settings));
    let option = if options.time(timeout).is_some() { "as the target says" } else { timeout.row().option };
    let what = match timeout {
        Timeout::Connect => format!("no connection to {address}"),
        Timeout::Head => format!("{address} took the connection and sent no answer"),
        Timeout::Total => format!("no answer from {address}"),
    };
    failure("timeout", format!("timeout: {what} within {within} ({option})"))
}

pub(super) fn closed(target: &Target, started: bool) -> Failure {
    let when = if started { "in the middle of the head of its answer" } else { "without an answer" };
    failure("closed", format!("closed: {} closed the connection {when}", target.address()))
}

/// For an answer that is not HTTP/1. `begins` is what came, as far as it was kept.
pub(super) fn not_http(target: &Target, begins: &[u8], why: &str) -> Failure {
    let address = target.address();
    let sentence = match begins {
        // A TLS alert or handshake record (RFC 8446 §5.1).
        [0x15 | 0x16, 0x03, ..] => {
            format!("protocol: {address} speaks TLS: write the target as https://{}", target.authority())
        }
        [] => format!("protocol: {address} broke HTTP ({why})"),
        _ => {
            let begins = Printable::limited(begins, 60);
            format!("protocol: what {address} answered is not HTTP/1 ({why}); it begins `{begins}`")
        }
    };
    failure("protocol", sentence)
}

pub(super) fn forbidden(what: &str) -> Failure {
    failure("forbidden", format!("forbidden: {what}"))
}

pub(super) fn truncated(sentence: &str) -> Failure {
    failure(
        "truncated",
        format!("truncated: the captured body is not whole ({sentence}); send what there is with --force"),
    )
}

pub(super) fn unreadable(why: &str) -> Failure {
    failure("unreadable", format!("unreadable: the captured body cannot be read back from the disk ({why})"))
}

/// For what is not even begun, because that many captures are on their way.
pub fn busy(under_way: usize) -> Failure {
    failure("busy", format!("busy: {under_way} captures are being forwarded already, so this one was not"))
}

/// For what was to be signed afresh and cannot be, for the reason given, which is safe to print.
pub fn unsigned(why: &str) -> Failure {
    failure("unsigned", format!("not signed afresh: {why}"))
}

pub(super) fn tls(target: &Target, why: &str) -> Failure {
    failure("tls", format!("tls: no secure connection to {}: {why}", target.address()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_outside_is_escaped() {
        let target = Target::parse("localhost:3000").unwrap();
        let failure = not_http(&target, b"\x1b[31mSSH", "odd");
        assert!(failure.sentence.contains("it begins `^[[31mSSH`"), "{failure}");
        let failure = not_http(&target, &[0x15, 3, 1, 0, 2, 2, 70], "odd");
        assert!(failure.sentence.contains("https://localhost:3000"), "{failure}");
    }

    #[test]
    fn every_sentence_has_a_kind_of_the_table() {
        let target = Target::parse("localhost:3000").unwrap();
        let error = io::Error::from(io::ErrorKind::HostUnreachable);
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let settings = Settings::default();
        let all = [
            unconnected(&target, &refused),
            unresolved(&target, None),
            unconnected(&target, &error),
            tls(&target, "why"),
            timed_out(&target, Timeout::Head, &settings),
            closed(&target, false),
            not_http(&target, b"", "why"),
            forbidden("x"),
            truncated("x"),
            busy(1),
            unreadable("x"),
            unsigned("x"),
        ];
        assert!(all.iter().map(|failure| failure.kind).eq(KINDS.iter().map(|(kind, _)| *kind)));
    }
}
