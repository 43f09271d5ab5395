//! The engine of `creel replay`: captures out of JSON lines, each sent to a target in order, one line of output an attempt.
//!
//! Decided: one after the other, because the order of events is often what a handler gets wrong; a line that cannot be read,
//! and a capture that cannot be sent, are said and counted, and the rest is sent; a status is an answer, whatever it is.
//! When the reader of the output has gone, nothing more is sent. Cancelled by dropping the future.

use std::{io, pin::pin, sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt as _, stream::unfold};
use jiff::Timestamp;
use tokio::io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _};

use crate::export::{LineError, Lines, attempt_line};
use crate::model::{Attempt, AttemptId, Capture, Failure, Ledger, Outcome, Period, Printable, Timings, Version};
use crate::process::is_closed;
use crate::replay::{Client, Plan, PlanOptions, Target, failure, plan_with};
use crate::resign;

/// How an attempt is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A sentence for people.
    Text,
    /// An `attempt` object for programs.
    Json,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Orders<'a> {
    /// Where everything is sent.
    pub target: &'a Target,
    /// What sends it.
    pub client: &'a Client,
    /// What the user allows.
    pub options: PlanOptions,
    /// How attempts are printed.
    pub form: Form,
    /// What complaints call the input: a path, or `standard input`.
    pub source: &'a str,
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Summary {
    /// Captures that a target answered.
    pub answered: u64,
    /// Captures that got no answer, or were not sent.
    pub failed: u64,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// Whether the reader of the output went away before the end.
    pub output_closed: bool,
}

impl Summary {
    /// 0 when every capture got an answer, and 1 when one did not or a line could not be read.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.failed + self.unreadable > 0)
    }
}

/// Sends every capture of `input`, which is JSON lines, as [`resend_all`] does.
pub async fn resend(
    orders: Orders<'_>,
    input: impl AsyncBufRead + Unpin,
    output: &mut (impl AsyncWrite + Unpin),
    complaints: &mut (impl AsyncWrite + Unpin),
) -> io::Result<Summary> {
    let captures = unfold(Lines::new(input), |mut lines| async move {
        let next = lines.next().await.transpose()?;
        Some((next.map(Arc::new), lines))
    });
    resend_all(orders, captures, output, complaints).await
}

/// Sends captures one after the other. Attempts are written to `output`, and what is wrong with the input to `complaints`.
///
/// Fails when `output` cannot be written for another reason than that nobody reads it.
pub async fn resend_all(
    orders: Orders<'_>,
    captures: impl Stream<Item = Result<Arc<Capture>, LineError>>,
    output: &mut (impl AsyncWrite + Unpin),
    complaints: &mut (impl AsyncWrite + Unpin),
) -> io::Result<Summary> {
    let mut captures = pin!(captures);
    let mut summary = Summary::default();
    while let Some(capture) = captures.next().await {
        let capture = match capture {
            Ok(capture) => capture,
            Err(error) => {
                summary.unreadable += 1;
                complain(complaints, orders.source, &error.to_string()).await;
                if matches!(error, LineError::Input(_)) {
                    break;
                }
                continue;
            }
        };
        let id = AttemptId(summary.answered + summary.failed + 1);
        let attempt = send(orders, &capture, id).await;
        match attempt.outcome {
            Some(Outcome::Replied(_)) => summary.answered += 1,
            _ => summary.failed += 1,
        }
        let mut line = match orders.form {
            Form::Text => text_line(&capture, &attempt),
            Form::Json => attempt_line(&attempt),
        };
        line.push('\n');
        let written = async {
            output.write_all(line.as_bytes()).await?;
            output.flush().await
        };
        match written.await {
            Err(error) if is_closed(&error) => {
                summary.output_closed = true;
                break;
            }
            written => written?,
        }
    }
    if summary == Summary::default() {
        complain(complaints, orders.source, "there is no capture in it, so nothing was sent").await;
    }
    Ok(summary)
}

/// A complaint that nobody reads changes nothing.
async fn complain(complaints: &mut (impl AsyncWrite + Unpin), source: &str, what: &str) {
    let line = format!("creel: {}: {what}\n", Printable::from(source));
    if complaints.write_all(line.as_bytes()).await.is_ok() {
        let _ = complaints.flush().await;
    }
}

async fn send(orders: Orders<'_>, capture: &Capture, id: AttemptId) -> Attempt {
    let started_at = Timestamp::now();
    let plan = match plan_with(capture, orders.target, orders.options) {
        Ok(plan) if plan.unsigned().is_some() => signed(plan, started_at).await,
        plan => plan,
    };
    let plan = match plan {
        Ok(plan) => plan,
        Err(failure) => {
            return Attempt {
                id,
                capture: capture.id,
                seq: capture.seq,
                target: orders.target.url(),
                started_at,
                duration: Some(Duration::ZERO),
                ledger: Ledger::new(Version::Http11),
                outcome: Some(Outcome::Failed(failure)),
                timings: Timings::default(),
                to: Some(orders.target.known_as()),
                forwarded: None,
            };
        }
    };
    let mut attempt = plan.attempt(id, started_at);
    let delivery = orders.client.deliver(&plan).await;
    attempt.ledger = delivery.ledger;
    attempt.outcome = Some(match delivery.outcome {
        Ok(reply) => Outcome::Replied(Box::new(reply)),
        Err(failure) => Outcome::Failed(failure),
    });
    attempt.duration = Some(delivery.duration);
    attempt.timings = delivery.timings;
    attempt
}

/// Signs a plan where waiting for a disk holds nobody up.
async fn signed(plan: Plan, now: Timestamp) -> Result<Plan, Failure> {
    let signing = tokio::task::spawn_blocking(move || resign::signed(plan, now)).await;
    signing.unwrap_or_else(|_| Err(failure::unsigned("signing failed, which is a fault in creel")))
}

/// `#42 POST /github → http://localhost:3000/github: 200 OK in 12 ms`, and what was sent otherwise than it came, where
/// that is more than another place and framing ask for.
fn text_line(capture: &Capture, attempt: &Attempt) -> String {
    let head = &capture.head;
    let (method, target) = (Printable::limited(head.method(), 40), Printable::limited(head.target(), 200));
    let url = Printable::limited(attempt.target.as_bytes(), 300);
    let outcome = match &attempt.outcome {
        Some(Outcome::Replied(reply)) => {
            let reason = Printable::limited(reply.reason.as_bytes(), 60);
            let space = if reply.reason.is_empty() { "" } else { " " };
            let within = Period(attempt.duration.unwrap_or_default());
            let cut = reply.body_cut.as_deref().map_or_else(String::new, |why| format!("; {why}"));
            let surprises = attempt.ledger.surprises().join(", ");
            let differs = if surprises.is_empty() { surprises } else { format!("; sent otherwise: {surprises}") };
            let signed = attempt.ledger.signed.as_deref().map(|by| Printable::limited(by.as_bytes(), 120));
            let signed = signed.map_or_else(String::new, |by| format!("; signed afresh: {by}"));
            format!("{}{space}{reason} in {within}{cut}{signed}{differs}", reply.status)
        }
        Some(Outcome::Failed(failure)) => format!("failed: {failure}"),
        Some(Outcome::Cancelled) | None => "cancelled".to_owned(),
    };
    format!("{} {method} {target} → {url}: {outcome}", capture.seq)
}
