//! The only I/O of the interface: carries effects out, each on a task of its own, and sends back what came of them.
//!
//! Decided: results come through one bounded channel, and whoever cannot deliver one waits, never the loop. Work that is
//! not wanted any more (a filter for an older query, a page that was left) is told to stop. A task that panics says so
//! in place of its result.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    clipboard::Clipboard,
    comparing, composing, copying,
    effect::{Destination, Effect, Writing},
    exporting,
    external::{Back, Outside, Part},
    graphics::Graphics,
    looking::{self, Ask},
    message::{CameBack, Matched, Message, Tone},
    panes::inspector::compare,
    reader::Keys,
    sampling,
    saved::SavedFile,
    sending::Sender,
    tries, verdicts,
};
use crate::decode::{
    self, Cancelled, Document, Rows, Wrapping,
    jq::{Limits, Mistake},
};
use crate::export::redact::Redaction;
use crate::model::{AttemptId, Capture, Outcome, Timings};
use crate::provider;
use crate::query::{Facts, Gathering, Query, Wanted};
use crate::replay::{Client, Plan, client::Delivery, failure};
use crate::resign;
use crate::store::Store;

/// How long matching goes on before it says what it has found.
const SLICE: Duration = Duration::from_millis(15);

/// How long captures are looked through for completing a query: whoever types does not wait for more.
const GATHERING: Duration = Duration::from_millis(20);

/// What the loop has to do itself, because it owns the screen.
#[derive(Debug)]
pub enum Own {
    /// Use the theme of that name.
    Theme(String),
    /// Draw everything anew.
    Redraw,
    /// Let a program have the terminal until it ends.
    HandOver(Box<Outside>),
    /// Stop the process until the shell continues it.
    Suspend,
    /// End.
    Quit,
}

/// See the head of this file.
#[derive(Debug)]
pub struct Performer {
    store: Store,
    client: Client,
    /// What sends samples to creel itself.
    to_itself: Option<Client>,
    clipboard: Arc<Clipboard>,
    messages: mpsc::Sender<Message>,
    /// What ends the attempts that are under way.
    attempts: HashMap<AttemptId, CancellationToken>,
    matching: Cancelled,
    looking: Cancelled,
    decoding: Cancelled,
    searching: Cancelled,
    applying: Cancelled,
    many: Sender,
    differing: Cancelled,
    /// Where queries are saved.
    saved: Option<Arc<SavedFile>>,
    /// What reads the terminal, where it may draw pixels.
    keys: Option<Arc<Keys>>,
    /// What time it is.
    clock: fn() -> Timestamp,
}

impl Performer {
    /// Results go to `messages`. The loop says what time it is, see [`Self::set_clock`].
    pub fn new(store: Store, client: Client, clipboard: Clipboard, messages: mpsc::Sender<Message>) -> Self {
        Self {
            store,
            client,
            to_itself: None,
            clipboard: Arc::new(clipboard),
            messages,
            attempts: HashMap::new(),
            matching: Cancelled::default(),
            looking: Cancelled::default(),
            decoding: Cancelled::default(),
            searching: Cancelled::default(),
            applying: Cancelled::default(),
            many: Sender::default(),
            differing: Cancelled::default(),
            saved: None,
            keys: None,
            clock: || Timestamp::UNIX_EPOCH,
        }
    }

    /// What is signed afresh is signed at that time.
    pub fn set_clock(&mut self, clock: fn() -> Timestamp) {
        self.clock = clock;
    }

    /// The terminal, which `keys` reads, is asked whether it draws pixels. Without it pictures are drawn in cells.
    #[must_use]
    pub fn asking(mut self, keys: Option<Arc<Keys>>) -> Self {
        self.keys = keys;
        self
    }

    /// Samples are sent to creel itself by this. Without it by the client that replays, which refuses to.
    #[must_use]
    pub fn sending_to_itself(mut self, client: Client) -> Self {
        self.to_itself = Some(client);
        self
    }

    /// Queries are saved there. Without it they are not kept for later.
    #[must_use]
    pub fn saving(mut self, file: Option<SavedFile>) -> Self {
        self.saved = file.map(Arc::new);
        self
    }

    /// Carries an effect out, or hands it back when it is the loop's own.
    pub fn perform(&mut self, effect: Effect) -> Option<Own> {
        match effect {
            Effect::Match { generation, query, among, anew } => self.matching(generation, query, among, anew),
            Effect::Gather(wanted, among) => self.gather(wanted, among),
            Effect::Recognise(captures) => self.recognise(captures),
            effect @ (Effect::Trace(_) | Effect::TraceInbox | Effect::Tries(..)) => self.trace(effect),
            Effect::Look(ask) => self.look(ask),
            Effect::StopLooking => self.looking.cancel(),
            Effect::Decode { key, subject, view, wrapping } => {
                let cancelled = renew(&mut self.decoding);
                self.work(move || {
                    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        let document = Arc::new(decode::decode(&subject, view, &cancelled)?);
                        let rows = document.wrap(&wrapping, &cancelled)?;
                        Some((document, rows))
                    }));
                    match result {
                        Ok(Some(decoded)) => Some(Message::Decoded(key, Ok(decoded))),
                        Ok(None) => None,
                        Err(_) => Some(Message::Decoded(
                            key,
                            Err("this view failed on this body; v shows another, and the log says more".to_owned()),
                        )),
                    }
                });
            }
            Effect::StopDecoding => _ = renew(&mut self.decoding),
            Effect::Mask(capture, redaction) => self.mask(capture, redaction),
            Effect::Judge(captures) => self.work(move || Some(verdicts::judge(&captures))),
            Effect::Explain(capture) => self.work(move || Some(verdicts::explain(&capture))),
            Effect::Wrap(key, document, wrapping) => {
                let cancelled = self.decoding.clone();
                self.work(move || document.wrap(&wrapping, &cancelled).map(|rows| Message::Wrapped(key, rows)));
            }
            Effect::AskTerminal => self.ask_terminal(),
            Effect::Paint { key, document, graphics, room } => self.work(move || {
                let painted = graphics.paint(document.picture()?, room)?;
                Some(Message::Painted(key, painted))
            }),
            Effect::Compare(key, document, before) => {
                let cancelled = self.decoding.clone();
                self.work(move || {
                    let found = compare(&document, &before, &cancelled)?;
                    Some(Message::Compared(key, before.seq, found))
                });
            }
            effect @ (Effect::Differ(_) | Effect::StopDiffering) => self.differ(effect),
            Effect::Apply { key, generation, document, expression, wrapping } => {
                let cancelled = renew(&mut self.applying);
                self.work(move || {
                    let results = apply(&document, &expression, &wrapping, &cancelled)?;
                    Some(Message::Applied(key, generation, results))
                });
            }
            Effect::StopApplying => self.applying.cancel(),
            Effect::Search(key, document, pattern) => {
                let cancelled = renew(&mut self.searching);
                self.work(move || {
                    let found = document.find(&pattern, &cancelled)?;
                    Some(Message::Searched(key, pattern.needle().clone(), found))
                });
            }
            Effect::Replay(id, plan) => self.replay(id, plan),
            Effect::SendMany(_) | Effect::PauseMany(_) | Effect::CancelMany => self.send_many(effect),
            Effect::Write(writing) => self.write(writing),
            Effect::Cancel(id) => self.cancel(id),
            Effect::Keep(attempt) => self.store.keep_attempt(*attempt),
            Effect::SaveQuery(name, query) => self.save(name, query),
            Effect::Copy(what, copyable) => self.copy(move || copying::text_of(what, copyable)),
            Effect::Export(order) if order.to == Destination::Clipboard => {
                self.copy(move || exporting::to_text(&order));
            }
            Effect::Export(order) => self.write(Writing::Export(order)),
            Effect::Save(saving) => self.write(Writing::Save(saving)),
            Effect::Open(capture, part, with) => self.work(move || {
                let prepared = Outside::prepare(&capture, &part, with, &environment);
                Some(prepared.map_or_else(|why| Message::Told(Tone::Bad, why), |it| Message::Prepared(Box::new(it))))
            }),
            Effect::EditOutside(capture, part, text, back) => self.edit(capture, part, text, back),
            Effect::Compose(path) => self.work(move || Some(composing::read(&path))),
            Effect::Sample(sample, to, now) => {
                sampling::send(self.for_samples(), &self.store, &self.messages, (sample, to, now));
            }
            Effect::KeepDraft(draft) => self.tell(Message::Drafted(self.store.push(*draft))),
            Effect::SendDraft(draft, target) => self.tell(sampling::draft(&self.store, *draft, &target)),
            Effect::HandOver(outside) => return Some(Own::HandOver(outside)),
            Effect::Pin(seq, true) => {
                if let Err(why) = self.store.pin(seq) {
                    self.tell(Message::NotPinned(seq, why.to_string()));
                }
            }
            Effect::Pin(seq, false) => self.store.unpin(seq),
            Effect::Note(seq, note) => self.store.note(seq, note),
            Effect::Delete(seq) => self.store.remove(seq),
            Effect::Clear => self.store.clear(),
            Effect::Theme(name) => return Some(Own::Theme(name)),
            Effect::Redraw => return Some(Own::Redraw),
            Effect::Suspend => return Some(Own::Suspend),
            Effect::Quit => return Some(Own::Quit),
        }
        None
    }

    fn mask(&self, capture: Arc<Capture>, redaction: Redaction) {
        self.work(move || {
            let masked = redaction.apply(&capture);
            let why = |error: std::io::Error| format!("not shown: its secrets cannot be masked, because {error}");
            Some(Message::Masked(capture.seq, masked.map_err(why)))
        });
    }

    fn cancel(&mut self, id: AttemptId) {
        match self.attempts.remove(&id) {
            Some(token) => token.cancel(),
            // One that forwards.
            None => self.store.cancel_attempt(id),
        }
    }

    fn write(&self, writing: Writing) {
        self.work(move || Some(exporting::write(writing)));
    }

    fn send_many(&mut self, effect: Effect) {
        match effect {
            Effect::SendMany(order) => {
                self.many.begin(*order, self.client.clone(), self.store.clone(), self.messages.clone());
            }
            Effect::PauseMany(paused) => self.many.pause(paused),
            _ => self.many.cancel(),
        }
    }

    fn differ(&mut self, effect: Effect) {
        let cancelled = renew(&mut self.differing);
        if let Effect::Differ(wanted) = effect {
            self.work(move || comparing::compare(&wanted, &cancelled));
        }
    }

    /// What belongs together as tries of one delivery.
    fn trace(&self, effect: Effect) {
        let (store, messages) = (self.store.clone(), self.messages.clone());
        match effect {
            Effect::Trace(captures) => self.work(move || Some(tries::trace(&captures))),
            Effect::Tries(seq, seqs, here) => {
                self.work(move || Some(Message::Tried(seq, tries::look(&store, &seqs, &here))));
            }
            _ => {
                tokio::task::spawn_blocking(move || {
                    tries::trace_inbox(&store, |found| messages.blocking_send(Message::Traced(found)).is_ok());
                });
            }
        }
    }

    fn edit(&self, capture: Arc<Capture>, part: Part, text: Option<Bytes>, back: Back) {
        self.work(move || {
            Some(match Outside::to_edit(&capture, &part, text, back, &environment) {
                Ok(outside) => Message::Prepared(Box::new(outside)),
                Err(why) => Message::CameBack(back, CameBack { text: None, failed: Some(why) }),
            })
        });
    }

    fn for_samples(&self) -> &Client {
        self.to_itself.as_ref().unwrap_or(&self.client)
    }

    /// Sends a message without waiting.
    fn tell(&self, message: Message) {
        let messages = self.messages.clone();
        tokio::spawn(async move {
            // Fails only when the interface has ended.
            let _ = messages.send(message).await;
        });
    }

    /// Does work that takes a processor, away from the loop.
    fn work(&self, work: impl FnOnce() -> Option<Message> + Send + 'static) {
        let messages = self.messages.clone();
        tokio::task::spawn_blocking(move || {
            if let Some(message) = work() {
                let _ = messages.blocking_send(message);
            }
        });
    }

    fn matching(&mut self, generation: u64, query: Query, among: Vec<(Arc<Capture>, Facts)>, anew: bool) {
        let cancelled = if anew { renew(&mut self.matching) } else { self.matching.clone() };
        let messages = self.messages.clone();
        tokio::task::spawn_blocking(move || {
            let mut left = among.len();
            let mut results = Vec::new();
            let mut since = Instant::now();
            for (capture, facts) in among {
                if cancelled.is_cancelled() {
                    return;
                }
                results.push((capture.seq, query.matches(&capture, &facts)));
                left -= 1;
                if since.elapsed() >= SLICE && left > 0 {
                    let results = std::mem::take(&mut results);
                    let matched = Matched { generation, results, left: anew.then_some(left) };
                    if messages.blocking_send(Message::Matched(matched)).is_err() {
                        return;
                    }
                    since = Instant::now();
                }
            }
            let _ = messages.blocking_send(Message::Matched(Matched { generation, results, left: anew.then_some(0) }));
        });
    }

    fn gather(&self, wanted: Wanted, among: Vec<(Arc<Capture>, Facts)>) {
        self.work(move || {
            let begun = Instant::now();
            let mut gathering = Gathering::new(wanted);
            for (capture, facts) in among {
                gathering.add(&capture, &facts);
                if begun.elapsed() > GATHERING {
                    break;
                }
            }
            Some(Message::Gathered(gathering.seen()))
        });
    }

    fn recognise(&self, captures: Vec<Arc<Capture>>) {
        self.work(move || {
            for capture in captures {
                provider::known(&capture);
            }
            None
        });
    }

    fn ask_terminal(&self) {
        let Some(keys) = self.keys.clone() else { return self.tell(Message::Graphics(None)) };
        self.work(move || {
            let graphics = Graphics::ask(&keys, &|name| std::env::var(name).ok());
            Some(Message::Graphics(graphics))
        });
    }

    fn save(&self, name: String, query: Option<String>) {
        let Some(file) = self.saved.clone() else { return };
        self.work(move || file.put(&name, query.as_deref()).err().map(|why| Message::Told(Tone::Bad, why)));
    }

    fn look(&mut self, ask: Box<Ask>) {
        let cancelled = renew(&mut self.looking);
        let (store, messages) = (self.store.clone(), self.messages.clone());
        tokio::task::spawn_blocking(move || {
            let tell = |looked| messages.blocking_send(Message::Looked(Box::new(looked))).is_ok();
            looking::look(&store, &ask, &cancelled, tell);
        });
    }

    fn replay(&mut self, id: AttemptId, plan: Box<Plan>) {
        self.attempts.retain(|_, token| !token.is_cancelled());
        let token = CancellationToken::new();
        self.attempts.insert(id, token.clone());
        let (client, messages, now) = (self.client.clone(), self.messages.clone(), (self.clock)());
        tokio::spawn(async move {
            let begun = Instant::now();
            let (outcome, duration, sent) = tokio::select! {
                () = token.cancelled() => (Outcome::Cancelled, begun.elapsed(), None),
                delivery = deliver(&client, *plan, now) => {
                    let outcome = match delivery.outcome {
                        Ok(reply) => Outcome::Replied(Box::new(reply)),
                        Err(failure) => Outcome::Failed(failure),
                    };
                    (outcome, delivery.duration, Some(Box::new((delivery.ledger, delivery.timings))))
                }
            };
            token.cancel();
            let _ = messages.send(Message::Attempted(id, duration, outcome, sent)).await;
        });
    }

    fn copy(&self, make: impl FnOnce() -> Result<(String, String), String> + Send + 'static) {
        let (clipboard, messages) = (Arc::clone(&self.clipboard), self.messages.clone());
        tokio::spawn(async move {
            let _ = messages.send(copying::copy(&clipboard, make).await).await;
        });
    }
}

/// Sends what is planned, signed afresh where it is to be.
async fn deliver(client: &Client, plan: Plan, now: Timestamp) -> Delivery {
    if plan.unsigned().is_none() {
        return client.deliver(&plan).await;
    }
    let begun = Instant::now();
    let ledger = plan.ledger().clone();
    let signing = tokio::task::spawn_blocking(move || resign::signed(plan, now)).await;
    match signing.unwrap_or_else(|_| Err(failure::unsigned("signing failed, which is a fault in creel"))) {
        Ok(plan) => client.deliver(&plan).await,
        Err(failure) => {
            Delivery { outcome: Err(failure), ledger, duration: begun.elapsed(), timings: Timings::default() }
        }
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Drop for Performer {
    /// Ends what is under way with the interface.
    fn drop(&mut self) {
        self.matching.cancel();
        self.looking.cancel();
        self.decoding.cancel();
        self.searching.cancel();
        self.applying.cancel();
        self.many.cancel();
        self.differing.cancel();
        self.attempts.values().for_each(CancellationToken::cancel);
    }
}

/// The results of an expression over a document; nothing when that is not wanted any more.
fn apply(
    document: &Document,
    expression: &str,
    wrapping: &Wrapping,
    cancelled: &Cancelled,
) -> Option<Result<(Arc<Document>, Rows), Mistake>> {
    match decode::apply(document, expression, &Limits::default(), cancelled)? {
        Ok(results) => {
            let rows = results.wrap(wrapping, cancelled)?;
            Some(Ok((Arc::new(results), rows)))
        }
        Err(mistake) => Some(Err(mistake)),
    }
}

/// Stops the work that held this, and gives a new one for the next.
fn renew(cancelled: &mut Cancelled) -> Cancelled {
    cancelled.cancel();
    *cancelled = Cancelled::default();
    cancelled.clone()
}
