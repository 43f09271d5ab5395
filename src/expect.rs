//! The engine of `creel expect`: watches captures come until a query has matched often enough, or until it no longer can.
//!
//! What comes is a stream of [`Arrival`]s, whether a listener of ours took it or another process wrote it into an inbox; how
//! much time there is, and whether a command has ended, are futures. So everything here runs under a clock that a test
//! turns, and nothing here knows where captures come from.
//!
//! Decided: what has come is looked at before an end is believed, so that a command that sends one request and fails is
//! told from one that sent none. The first captures that match are printed, as many as are expected and no more: a script
//! that asks for two reads two. A reader of the output that goes away changes nothing, because the answer is the exit
//! code. A match counts whether it came whole or not; `truncated:false` asks for whole ones.
//!
//! Refused: expecting exactly so many, which no time is long enough for; `--none` is the one case of it that ends.

pub mod arrivals;
pub mod command;
pub mod report;
pub mod tally;

use std::{fmt, future::Future, io, pin::pin, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, Stream, StreamExt as _};
use jiff::Timestamp;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

pub use arrivals::{Arrival, of_inbox, of_store};
pub use tally::Tally;

use crate::headless::Mode;
use crate::model::{Capture, Seq};
use crate::process::is_closed;
use crate::query::{Facts, Query, Tries};

/// How many arrivals are looked at before others have their turn.
const AT_ONCE: usize = 64;

/// How much that has come is still looked at once an end has come, in arrivals: a flood does not put it off for ever.
const LAST: usize = 20_000;

/// What is expected.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// Of which captures.
    pub query: Query,
    /// The query as it was written, for what is said about it.
    pub written: String,
    /// How many, at least 1.
    pub count: u64,
    /// That none comes; `count` is nothing then.
    pub none: bool,
    /// How long is watched; without a limit until the command has ended.
    pub within: Option<Duration>,
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CommandEnd {
    /// By itself, with this code.
    Code(i32),
    /// By the signal of this number.
    Signal(i32),
}

impl CommandEnd {
    /// Whether it says that all went well.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }
}

impl fmt::Display for CommandEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "ended with code {code}"),
            Self::Signal(number) => write!(f, "was ended by signal {number}"),
        }
    }
}

/// What came of an expectation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is met.
    Met,
    /// The time is over, and not enough has come.
    Late,
    /// This came, and nothing should have.
    Came(Seq),
    /// The command failed.
    Command(CommandEnd),
    /// What comes can no longer be seen, for the reason that the sentence gives.
    Blind(String),
}

impl Verdict {
    /// Whether it is met.
    pub fn is_met(&self) -> bool {
        *self == Self::Met
    }
}

/// Where matches are printed.
#[derive(Debug)]
pub struct Matches<O> {
    /// In which form.
    pub mode: Mode,
    /// To whom; nobody once the reader has gone.
    pub out: Option<O>,
    /// What could not be printed whole, in sentences.
    pub complaints: Vec<String>,
}

impl<O: AsyncWrite + Unpin> Matches<O> {
    /// Prints captures in this form.
    pub fn new(mode: Mode, out: O) -> Self {
        Self { mode, out: Some(out), complaints: Vec::new() }
    }

    /// Writes something to whoever still reads. Fails for another reason than that nobody does.
    pub async fn write(&mut self, text: &str) -> io::Result<()> {
        let Some(out) = &mut self.out else { return Ok(()) };
        let written = async {
            out.write_all(text.as_bytes()).await?;
            out.flush().await
        };
        let written = written.await;
        self.unless_closed(written)
    }

    async fn print(&mut self, capture: &Arc<Capture>) -> io::Result<()> {
        let Some(out) = &mut self.out else { return Ok(()) };
        let printed = async {
            let complaint = self.mode.write(capture, out).await?;
            out.flush().await?;
            Ok(complaint)
        };
        let printed: io::Result<Option<String>> = printed.await;
        match printed {
            Ok(complaint) => self.complaints.extend(complaint),
            Err(error) => self.unless_closed(Err(error))?,
        }
        Ok(())
    }

    fn unless_closed(&mut self, written: io::Result<()>) -> io::Result<()> {
        match written {
            Err(error) if is_closed(&error) => {
                self.out = None;
                Ok(())
            }
            written => written,
        }
    }
}

/// Watches until the expectation is met or cannot be met any more.
///
/// `deadline` ends the watch, and so does `command` where it ends with a failure, or at all where nothing is expected to
/// come and no time was set. However little time there is, what was there at the start is looked at.
/// Fails when `matches` cannot be written for another reason than that nobody reads it. Cancelled by dropping the future.
pub async fn watch(
    expectation: &Expectation,
    tally: &mut Tally,
    arrivals: impl Stream<Item = Arrival>,
    matches: &mut Matches<impl AsyncWrite + Unpin>,
    deadline: impl Future<Output = ()>,
    command: impl Future<Output = CommandEnd>,
    clock: fn() -> Timestamp,
) -> io::Result<Verdict> {
    let (mut arrivals, mut deadline, mut command) = (pin!(arrivals), pin!(deadline.fuse()), pin!(command.fuse()));
    let (mut current, mut ended, mut taken) = (false, false, 0_usize);
    let tries = Tries::of([&expectation.query]);
    let ending = loop {
        let arrival = tokio::select! {
            biased;
            () = &mut deadline, if current => break None,
            end = &mut command, if !ended => {
                ended = true;
                // A command that failed decides, and so does any where its end is the end of the watch.
                if !end.is_success() || (expectation.none && expectation.within.is_none()) {
                    break Some(end);
                }
                continue;
            }
            arrival = arrivals.next() => arrival,
        };
        let Some(arrival) = arrival else { return Ok(Verdict::Blind("nothing more can come".to_owned())) };
        current |= matches!(arrival, Arrival::Current);
        if let Some(verdict) = take(expectation, &tries, tally, arrival, matches, clock).await? {
            return Ok(verdict);
        }
        taken += 1;
        if taken.is_multiple_of(AT_ONCE) {
            // Whoever cancels this must be heard, however much comes.
            tokio::task::yield_now().await;
        }
    };
    for _ in 0..LAST {
        let Some(Some(arrival)) = arrivals.next().now_or_never() else { break };
        if let Some(verdict) = take(expectation, &tries, tally, arrival, matches, clock).await? {
            return Ok(verdict);
        }
    }
    Ok(match ending {
        Some(end) if !end.is_success() => Verdict::Command(end),
        _ if expectation.none => Verdict::Met,
        _ => Verdict::Late,
    })
}

/// Counts an arrival, and says what that decides.
async fn take(
    expectation: &Expectation,
    tries: &Tries,
    tally: &mut Tally,
    arrival: Arrival,
    matches: &mut Matches<impl AsyncWrite + Unpin>,
    clock: fn() -> Timestamp,
) -> io::Result<Option<Verdict>> {
    let capture = match arrival {
        Arrival::Capture(capture) => capture,
        Arrival::Rejected(rejected) => {
            tally.reject(rejected);
            return Ok(None);
        }
        Arrival::Gone(count) => {
            tally.lose(count);
            return Ok(None);
        }
        Arrival::Current => return Ok(None),
        Arrival::Blind(why) => return Ok(Some(Verdict::Blind(why))),
    };
    let facts = Facts { now: clock(), retry: tries.number(&capture), ..Facts::default() };
    let failing = failing(&expectation.query, &capture, facts.clone()).await;
    if failing > 0 {
        tally.miss(capture, facts, failing);
        return Ok(None);
    }
    tally.hit();
    matches.print(&capture).await?;
    Ok(if expectation.none {
        Some(Verdict::Came(capture.seq))
    } else {
        (tally.matched() >= expectation.count).then_some(Verdict::Met)
    })
}

/// How many parts of the query a capture does not meet; asked where waiting for the disk holds nobody up.
async fn failing(query: &Query, capture: &Arc<Capture>, facts: Facts) -> usize {
    if !capture.body.is_spooled() {
        return query.failing(capture, &facts);
    }
    let (query, capture) = (query.clone(), Arc::clone(capture));
    tokio::task::spawn_blocking(move || query.failing(&capture, &facts)).await.unwrap_or(1)
}

#[cfg(test)]
mod tests;
