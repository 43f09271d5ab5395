//! The second front end: one line for each capture, for people without a terminal and for programs.
//!
//! Decided: standard output carries the captures and nothing else; the URL, and what was missed, go to standard error.
//! What is printed is asked of the store by number, as the interface does it, so a reader that is slow or stands still
//! costs the listener nothing: the ring goes on, and what left it before it was printed is counted and said. A reader
//! that has gone is a quiet end. Rejected requests are printed whatever the filter: no query can match what never became a
//! capture, and losing them silently would be worse than a line too many.
//!
//! Refused: printing as captures come, through a channel, which would have to be unbounded or make the listener wait.

pub mod mode;
pub mod text;

use std::{io, sync::Arc, time::Duration};

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

pub use self::mode::{JsonLines, Mode};
pub use self::text::{Look, Text};
use crate::model::{Attempt, Capture, Printable, Seq};
use crate::process::is_closed;
use crate::store::{Changes, Forwarded, JournalState, Store};

/// How long after the stop the last lines may take to be written, and how long a reader may keep us waiting then.
const LAST_LINES: Duration = Duration::from_millis(300);

/// How much is put together before it is written, in bytes.
const PIECE: usize = mode::PIECE;

/// How much is asked of the store at once, in bytes of captures. A reader that stands still keeps that much alive.
const BATCH: usize = 4 * 1024 * 1024;

/// What to print and where to begin.
pub struct Printing<F> {
    /// Where senders reach creel.
    pub url: String,
    /// The inbox that captures go to, if any.
    pub inbox: Option<String>,
    /// In which form.
    pub mode: Mode,
    /// The last capture that is not to be printed; zero prints all that the store holds.
    pub after: Seq,
    /// Which captures to print.
    pub filter: F,
}

/// Why printing ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum HeadlessError {
    /// Standard output takes nothing more, and not because its reader has gone.
    #[error("captures cannot be printed: writing to standard output failed ({0}); make room, or send it elsewhere")]
    Write(#[source] io::Error),
}

/// Prints what `store` receives until `stop`, or until nobody reads `out` any more.
///
/// Say `stop` when nothing more is received: what the store holds then is printed before this returns, as far as that
/// takes no longer than a third of a second. Lines are in the order of the ring; a rejected request stands among them by its
/// time. `out` is flushed whenever there is nothing more to print. Errors of `err` are ignored.
pub async fn run<F, O, E>(
    store: Store,
    printing: Printing<F>,
    out: O,
    err: E,
    stop: CancellationToken,
) -> Result<(), HeadlessError>
where
    F: Fn(&Capture) -> bool + Send + Sync + 'static,
    O: AsyncWrite + Unpin,
    E: AsyncWrite + Unpin,
{
    let mut news = store.subscribe();
    let Printing { url, inbox, mode, after, filter } = printing;
    let mut printer = Printer {
        url,
        inbox,
        warned: Vec::new(),
        mode,
        filter: Arc::new(filter),
        out,
        err,
        after,
        rejections: 0,
        forwarded: 0,
        waiting: Vec::new(),
        held_back: Vec::new(),
    };
    let result = printer.run(&store, &mut news, &stop).await;
    match result {
        Err(error) if is_closed(&error) => Ok(()),
        result => result.map_err(HeadlessError::Write),
    }
}

struct Printer<F, O, E> {
    url: String,
    inbox: Option<String>,
    /// What was said of the inbox last.
    warned: Vec<String>,
    mode: Mode,
    filter: Arc<F>,
    out: O,
    err: E,
    /// The last capture that was printed, filtered away or missed.
    after: Seq,
    /// The number of the last rejected request of which that is true.
    rejections: u64,
    /// How many events of forwarding have been looked at.
    forwarded: u64,
    /// Captures whose senders wait for what a target answers: their lines say what that was.
    waiting: Vec<Arc<Capture>>,
    /// Attempts that have ended at captures of which the line is not printed yet.
    held_back: Vec<Arc<Attempt>>,
}

impl<F, O, E> Printer<F, O, E>
where
    F: Fn(&Capture) -> bool + Send + Sync + 'static,
    O: AsyncWrite + Unpin,
    E: AsyncWrite + Unpin,
{
    async fn run(
        &mut self,
        store: &Store,
        news: &mut tokio::sync::watch::Receiver<u64>,
        stop: &CancellationToken,
    ) -> io::Result<()> {
        let too_late = async {
            stop.cancelled().await;
            tokio::time::sleep(LAST_LINES).await;
        };
        tokio::pin!(too_late);
        tokio::select! {
            result = self.greet() => result?,
            () = &mut too_late => return Ok(()),
        }
        loop {
            // Looked at before the store is, so that nothing falls between the last look and the stop.
            let last = stop.is_cancelled();
            news.mark_unchanged();
            let changes = store.first_changes_since(self.after, self.rejections, BATCH);
            let more = changes.more;
            self.warn(changes.journal.as_deref()).await;
            tokio::select! {
                result = async {
                    self.print(changes).await?;
                    self.print_forwarded(store, last && !more).await
                } => result?,
                () = &mut too_late => {
                    let rest = store.stats().last.0.saturating_sub(self.after.0) + self.waiting.len() as u64;
                    self.note(&format!("{} not printed, because standard output was not read", captures(rest))).await;
                    return Ok(());
                }
            }
            if more {
                continue;
            }
            if last {
                return Ok(());
            }
            tokio::select! {
                // The store outlives us, so this cannot fail.
                _ = news.changed() => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn greet(&mut self) -> io::Result<()> {
        match &self.mode {
            Mode::Text(_) | Mode::List(..) => {
                let line = format!("catching at {}", Printable::from(self.url.as_str()));
                self.note(&line).await;
                Ok(())
            }
            Mode::Json(lines) => {
                let mut line = (lines.ready)(&self.url, self.inbox.as_deref());
                line.push('\n');
                self.out.write_all(line.as_bytes()).await?;
                self.out.flush().await
            }
        }
    }

    /// Says what has become of the inbox, once.
    async fn warn(&mut self, journal: Option<&JournalState>) {
        let warnings = journal.map(JournalState::warnings).unwrap_or_default();
        // A number that grows is said when it begins to, and at the end.
        let said = std::mem::replace(&mut self.warned, warnings.clone());
        for warning in warnings.iter().filter(|warning| !said.contains(warning)) {
            self.note(warning).await;
        }
    }

    /// Says something on standard error.
    async fn note(&mut self, sentence: &str) {
        // There is nobody left to tell when this fails.
        let _ = self.err.write_all(format!("creel: {sentence}\n").as_bytes()).await;
        let _ = self.err.flush().await;
    }

    async fn print(&mut self, changes: Changes) -> io::Result<()> {
        // Up to where this tells what has come; what it does not tell of has gone.
        let until = changes.new.last().filter(|_| changes.more).map_or(changes.stats.last, |last| last.seq);
        let missed = until.0.saturating_sub(self.after.0).saturating_sub(changes.new.len() as u64);
        if missed > 0 {
            // They are accounted for, and must not be counted again where a stop leaves something unprinted.
            self.after.0 += missed;
            let missed = captures(missed);
            self.note(&format!(
                "{missed} gone from the ring before being printed; keep more with --ring, --ring-bytes, --spool-bytes"
            ))
            .await;
        }
        let kept = changes.rejected.len() as u64;
        let missed = changes.rejections.saturating_sub(self.rejections).saturating_sub(kept);
        if missed > 0 {
            self.note(&format!("{missed} rejected requests were forgotten before being printed")).await;
        }
        let mut at = (self.after, changes.rejections - kept);
        let mut text = String::new();
        let more = changes.more;
        let mut captures = changes.new.into_iter().peekable();
        let mut rejected = changes.rejected.into_iter().peekable();
        loop {
            let next = match (captures.peek(), rejected.peek()) {
                (Some(capture), Some(rejected)) => rejected.received_at < capture.received_at,
                // It may belong behind what is asked for next.
                (None, Some(_)) if more => break,
                (None, Some(_)) => true,
                (Some(_), None) => false,
                (None, None) => break,
            };
            if next {
                let Some(rejected) = rejected.next() else { break };
                self.mode.rejected(&rejected, &mut text);
                at.1 += 1;
            } else {
                let Some(capture) = captures.next() else { break };
                if capture.answer.is_awaited() {
                    at.0 = capture.seq;
                    self.waiting.push(capture);
                    continue;
                }
                if capture.body.is_spooled() {
                    self.write(&mut text, at).await?;
                    if self.wants(&capture).await {
                        self.spooled(&capture).await?;
                    }
                } else if (self.filter)(&capture) {
                    self.mode.capture(&capture, &mut text);
                }
                at.0 = capture.seq;
            }
            if text.len() >= PIECE {
                self.write(&mut text, at).await?;
            }
        }
        // What came last may have gone, too.
        self.write(&mut text, (until, at.1)).await?;
        self.out.flush().await
    }

    /// Prints captures that have got their answers since, all of them at the end, and attempts that have ended, each behind its
    /// capture.
    async fn print_forwarded(&mut self, store: &Store, last: bool) -> io::Result<()> {
        let (events, count, lost) = store.forwarded_since(self.forwarded);
        self.forwarded = count;
        let mut at = 0;
        while let Some(capture) = self.waiting.get(at) {
            if !last && capture.answer.is_awaited() {
                at += 1;
                continue;
            }
            let capture = self.waiting.remove(at);
            if self.wants(&capture).await {
                self.spooled(&capture).await?;
            }
        }
        let ended = events.into_iter().filter_map(|event| match event {
            Forwarded::Attempt(attempt) => Some(attempt).filter(|attempt| attempt.outcome.is_some()),
            Forwarded::Answered(_) => None,
        });
        let mut text = String::new();
        for attempt in std::mem::take(&mut self.held_back).into_iter().chain(ended).collect::<Vec<_>>() {
            let comes = attempt.seq > self.after || self.waiting.iter().any(|capture| capture.seq == attempt.seq);
            if comes && !last {
                self.held_back.push(attempt);
            } else {
                self.mode.attempt(&attempt, &mut text);
            }
        }
        if lost > 0 {
            self.note(&format!("{lost} events of forwarding were forgotten before being printed")).await;
        }
        self.out.write_all(text.as_bytes()).await?;
        self.out.flush().await
    }

    /// Whether a spooled capture is to be printed, asked where waiting for the disk holds nobody up.
    async fn wants(&self, capture: &Arc<Capture>) -> bool {
        let (filter, capture) = (Arc::clone(&self.filter), Arc::clone(capture));
        tokio::task::spawn_blocking(move || filter(&capture)).await.unwrap_or(false)
    }

    /// Prints a capture whose body is on the disk.
    async fn spooled(&mut self, capture: &Arc<Capture>) -> io::Result<()> {
        if let Some(sentence) = self.mode.write(capture, &mut self.out).await? {
            self.note(&sentence).await;
        }
        Ok(())
    }

    /// Writes what was put together, and only then takes it for printed: a stop may come in between.
    async fn write(&mut self, text: &mut String, at: (Seq, u64)) -> io::Result<()> {
        self.out.write_all(text.as_bytes()).await?;
        (self.after, self.rejections) = at;
        text.clear();
        text.shrink_to(2 * PIECE);
        Ok(())
    }
}

/// `1 capture is`, `12 captures are`: the beginning of a sentence about them.
fn captures(count: u64) -> String {
    if count == 1 { "1 capture is".to_owned() } else { format!("{count} captures are") }
}
