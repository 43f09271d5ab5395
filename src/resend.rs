//! The engine of `creel replay`: captures out of JSON lines or an inbox, sent to targets by a schedule, one line of output
//! an attempt.
//!
//! Decided: one after the other where nothing else is asked for, because the order of events is often what a handler gets
//! wrong; a line that cannot be read, and a capture that cannot be sent, are said and counted, and the rest is sent; a
//! status is an answer, whatever it is, unless another one is [`expected`]. When the reader of the output has gone, nothing
//! more is sent, and what is under way ends. Cancelled by the [`Control`] of its orders: then what is under way is printed
//! as cancelled.

pub mod bar;
pub mod expected;
pub mod supply;

use std::{io, time::Duration};

use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval},
};

use self::expected::Expected;
use crate::export::try_line;
use crate::model::{Attempt, Capture, Outcome, Period, Printable, Seq};
use crate::process::is_closed;
use crate::provider;
use crate::replay::{
    Control, Event, Needs, Progress, Schedule, Sent, Supply,
    many::{EVENTS, run},
};
use crate::store::Store;

/// How attempts are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A sentence for people.
    Text,
    /// An `attempt` object for programs.
    Json,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Orders {
    /// What sends, and where to.
    pub needs: Needs,
    /// In which order and when.
    pub schedule: Schedule,
    /// What all of the outcomes are expected to be.
    pub expected: Vec<Expected>,
    /// How attempts are printed.
    pub form: Form,
    /// How many columns a progress bar has, asked each time it is drawn; nothing: there is none.
    pub bar: Option<fn() -> usize>,
    /// What complaints call the input: a path, or `standard input`.
    pub source: String,
    /// What pauses and cancels.
    pub control: Control,
    /// Where attempts are kept with their captures; nothing where those are of a file, or another process has the inbox.
    pub keeping: Option<Store>,
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Summary {
    /// Sendings that a target answered.
    pub answered: u64,
    /// Sendings that got no answer, or could not be sent.
    pub failed: u64,
    /// Sendings that were cancelled while they were under way.
    pub cancelled: u64,
    /// Sendings that were not as expected.
    pub unmet: u64,
    /// Captures that could not be read.
    pub unreadable: u64,
    /// Whether something was expected of outcomes, and there was none.
    pub nothing_expected: bool,
    /// The most that a sending began after it was due.
    pub late: Duration,
    /// Whether the reader of the output went away before the end.
    pub output_closed: bool,
    /// Whether a failure may be what was expected.
    pub failure_expected: bool,
}

impl Summary {
    /// 0 when every capture got an answer and all is as expected, and 1 when something is not or could not be read, or
    /// something was expected and nothing was there to be sent.
    pub fn exit_code(&self) -> u8 {
        let failed = if self.failure_expected { 0 } else { self.failed };
        u8::from(failed + self.cancelled + self.unmet + self.unreadable > 0 || self.nothing_expected)
    }
}

/// How late is worth a word.
const LATE: Duration = Duration::from_millis(100);

/// Sends every capture of `supply` as the orders say. Attempts are written to `output`, what is wrong with the input, the
/// progress bar and what came of it where that is not plain to see to `complaints`.
///
/// Fails when `output` cannot be written for another reason than that nobody reads it.
pub async fn resend(
    orders: &Orders,
    supply: &mut impl Supply,
    output: &mut (impl AsyncWrite + Unpin),
    complaints: &mut (impl AsyncWrite + Unpin),
) -> io::Result<Summary> {
    let (sender, mut events) = mpsc::channel(EVENTS);
    let sending = run(supply, &orders.schedule, &orders.needs, &orders.control, sender);
    let mut printing = Printing {
        orders,
        summary: Summary {
            failure_expected: orders.expected.iter().any(Expected::is_of_failure),
            ..Summary::default()
        },
        progress: Progress::default(),
        began: Instant::now(),
        drawn: false,
    };
    let printed = async {
        let mut tick = interval(bar::EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                _ = tick.tick(), if orders.bar.is_some() => {
                    if printing.flush(output).await.is_ok() {
                        printing.draw(complaints).await;
                    }
                    continue;
                }
            };
            let Some(event) = event else { return Ok(()) };
            let mut taken = printing.take(&event, output, complaints).await;
            // What comes in a burst is printed as one.
            if taken.is_ok() && events.is_empty() {
                taken = printing.flush(output).await;
            }
            if taken.is_err() || printing.summary.output_closed {
                orders.control.cancel();
                // Nothing that still comes is printed, and nobody waits for room.
                events.close();
                while events.recv().await.is_some() {}
                return taken;
            }
        }
    };
    let ((), printed) = tokio::join!(sending, printed);
    printing.wipe(complaints).await;
    printed?;
    printing.conclude(complaints).await;
    Ok(printing.summary)
}

/// What has been printed so far.
struct Printing<'a> {
    orders: &'a Orders,
    summary: Summary,
    progress: Progress,
    began: Instant,
    /// Whether the bar is on the screen.
    drawn: bool,
}

impl Printing<'_> {
    async fn take(
        &mut self,
        event: &Event,
        output: &mut (impl AsyncWrite + Unpin),
        complaints: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        self.progress.take(event);
        match event {
            Event::Counted(_) | Event::Begun(..) => Ok(()),
            Event::Unread(unread, _) => {
                self.summary.unreadable += 1;
                self.complain(complaints, &unread.sentence).await;
                Ok(())
            }
            Event::Ended(sent) => {
                if let Some(store) = &self.orders.keeping {
                    store.keep_attempt(sent.attempt.clone());
                }
                let unmet = self.count(sent);
                let line = self.line(sent, &unmet);
                self.wipe(complaints).await;
                let written = output.write_all(line.as_bytes()).await;
                self.unless_closed(written)
            }
        }
    }

    /// Puts out what was written.
    async fn flush(&mut self, output: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let flushed = output.flush().await;
        self.unless_closed(flushed)
    }

    /// An output that is closed ends the sending, and is no error.
    fn unless_closed(&mut self, written: io::Result<()>) -> io::Result<()> {
        match written {
            Err(error) if is_closed(&error) => {
                self.summary.output_closed = true;
                Ok(())
            }
            written => written,
        }
    }

    /// Counts a try; says what was expected of it and is not so.
    fn count(&mut self, sent: &Sent) -> Vec<String> {
        if !sent.last {
            return Vec::new();
        }
        let Progress { answered, failed, cancelled, late, .. } = self.progress;
        self.summary = Summary { answered, failed, cancelled, late, ..self.summary };
        let is_unmet = |expected: &&Expected| !expected.is_met(&sent.attempt);
        let unmet: Vec<_> =
            self.orders.expected.iter().filter(is_unmet).map(|expected| expected.text().to_owned()).collect();
        self.summary.unmet += u64::from(!unmet.is_empty());
        unmet
    }

    fn line(&self, sent: &Sent, unmet: &[String]) -> String {
        let asked = !self.orders.expected.is_empty();
        let mut line = match self.orders.form {
            Form::Text => {
                let again = if sent.last { "" } else { "; it is tried again" };
                let number = if sent.number > 1 { format!(" (try {})", sent.number) } else { String::new() };
                let not = if unmet.is_empty() { String::new() } else { format!("; not {}", unmet.join(", ")) };
                format!("{}{number}{again}{not}", text_line(&sent.capture, &sent.attempt))
            }
            Form::Json => try_line(&sent.attempt, sent.number, (asked && sent.last).then_some(unmet)),
        };
        line.push('\n');
        line
    }

    /// A complaint that nobody reads changes nothing.
    async fn complain(&mut self, complaints: &mut (impl AsyncWrite + Unpin), what: &str) {
        self.wipe(complaints).await;
        let line = format!("creel: {}: {what}\n", Printable::from(self.orders.source.as_str()));
        if complaints.write_all(line.as_bytes()).await.is_ok() {
            let _ = complaints.flush().await;
        }
    }

    async fn draw(&mut self, complaints: &mut (impl AsyncWrite + Unpin)) {
        if let Some(width) = self.orders.bar {
            let line = bar::line(&self.progress, self.began.elapsed(), width());
            let _ = complaints.write_all(format!("{}{line}", bar::AWAY).as_bytes()).await;
            let _ = complaints.flush().await;
            self.drawn = true;
        }
    }

    /// Takes the bar off the screen.
    async fn wipe(&mut self, complaints: &mut (impl AsyncWrite + Unpin)) {
        if std::mem::take(&mut self.drawn) {
            let _ = complaints.write_all(bar::AWAY.as_bytes()).await;
            let _ = complaints.flush().await;
        }
    }

    /// The last words, where there is something to say.
    async fn conclude(&mut self, complaints: &mut (impl AsyncWrite + Unpin)) {
        let Summary { answered, failed, cancelled, unmet, unreadable, late, output_closed, .. } = self.summary;
        let ended = answered + failed + cancelled;
        if ended + unreadable == 0 && !self.orders.control.is_cancelled() {
            self.summary.nothing_expected = !self.orders.expected.is_empty();
            self.complain(complaints, "there is no capture in it, so nothing was sent").await;
        }
        if output_closed {
            return;
        }
        if unmet > 0 {
            self.complain(complaints, &format!("{unmet} of {ended} are not as expected")).await;
        }
        if self.orders.control.is_cancelled() {
            let rest = match self.progress.total {
                Some(total) => format!("{} were not sent", total.saturating_sub(self.progress.done())),
                None => "the rest was not sent".to_owned(),
            };
            let ended = answered + failed;
            self.complain(complaints, &format!("cancelled: {ended} have ended, {cancelled} were under way, {rest}"))
                .await;
        }
        if late >= LATE {
            let words = format!(
                "the pace was not kept: one began {} late; more at once may help (--concurrency, {} now)",
                Period(late),
                self.orders.schedule.concurrency()
            );
            self.complain(complaints, &words).await;
        }
        if self.orders.bar.is_some() && ended > 1 && !self.orders.control.is_cancelled() {
            let took = Period(self.began.elapsed());
            let words = format!("{ended} sent in {took}: {answered} answered, {failed} without an answer");
            self.complain(complaints, &words).await;
        }
    }
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
    let what = match provider::known(capture).filter(|_| capture.seq == Seq::default()) {
        // A sample was never caught, so it has no number, and its target is all path.
        Some(known) => {
            let event = known.event.unwrap_or_default();
            format!("{} {}", known.provider.name, Printable::limited(&event, 80)).trim_end().to_owned()
        }
        None => format!("{} {method} {target}", capture.seq),
    };
    format!("{what} → {url}: {outcome}")
}
