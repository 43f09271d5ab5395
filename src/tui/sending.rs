//! Carrying out the sending of many: the events of the engine become messages, a batch at a time, and attempts go into the
//! inbox.
//!
//! Decided: whether an answer is the same as the one before is found out here, because bodies may be large; what leaves
//! here is a number made of status and body. Results are told as they come, all that are there at once.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use super::{
    many::{Ended, Order, Told},
    message::Message,
};
use crate::model::{Attempt, Outcome, Seq};
use crate::replay::{
    Client, Control, Event, Needs, Progress, Schedule,
    many::{EVENTS, run},
};
use crate::resign;
use crate::store::Store;

/// How many results are told at once, at most.
const BATCH: usize = 256;

/// A number made of the status and the body of an answer: the beginning of their SHA-256.
fn print(attempt: &Attempt) -> Option<u64> {
    let Some(Outcome::Replied(reply)) = &attempt.outcome else { return None };
    let mut hash = Sha256::new();
    hash.update(reply.status.to_be_bytes());
    hash.update(reply.body_received.to_be_bytes());
    hash.update(&reply.body);
    hash.finalize().first_chunk().map(|first| u64::from_be_bytes(*first))
}

/// Sends what was ordered, and tells what comes of it until it is over.
pub(super) async fn send(
    order: Order,
    client: Client,
    store: Store,
    control: Control,
    messages: mpsc::Sender<Message>,
) {
    let Order { run: number, mut captures, rows, each, targets, schedule, options, ids, before } = order;
    let hashed = tokio::task::spawn_blocking(move || {
        let print = |(seq, column, attempt): (Seq, usize, Attempt)| Some(((seq, column), print(&attempt)?));
        before.into_iter().filter_map(print).collect::<HashMap<_, _>>()
    });
    let mut before = hashed.await.unwrap_or_default();
    let random = || RandomState::new().hash_one(0);
    let schedule = Schedule { shuffle: schedule.shuffle.map(|_| random()), ..schedule };
    let needs = Needs { client, targets, each, options, ids, clock: Timestamp::now, random, sign: resign::signed };
    let (sender, mut events) = mpsc::channel(EVENTS);
    let sending = run(&mut captures, &schedule, &needs, &control, sender);
    let telling = async {
        let mut progress = Progress::default();
        while let Some(event) = events.recv().await {
            let mut ended = Vec::new();
            let mut next = Some(event);
            while let Some(event) = next {
                progress.take(&event);
                if let Event::Ended(sent) = event {
                    let sent = *sent;
                    let at = usize::try_from(sent.place.capture).unwrap_or(usize::MAX);
                    store.keep_attempt(sent.attempt.clone());
                    ended.push(Ended {
                        row: rows.get(at).copied().unwrap_or(usize::MAX),
                        column: sent.place.target,
                        last: sent.last,
                        print: print(&sent.attempt),
                        before: before.remove(&(sent.attempt.seq, sent.place.target)),
                        attempt: sent.attempt,
                    });
                }
                next = if ended.len() < BATCH { events.try_recv().ok() } else { None };
            }
            let told = Told { run: number, progress, ended, done: false };
            if messages.send(Message::Sent(Box::new(told))).await.is_err() {
                // The interface has ended.
                control.cancel();
                return None;
            }
        }
        Some(progress)
    };
    let ((), progress) = tokio::join!(sending, telling);
    if let Some(progress) = progress {
        let told = Told { run: number, progress, ended: Vec::new(), done: true };
        let _ = messages.send(Message::Sent(Box::new(told))).await;
    }
}

/// What carries out orders, one at a time.
#[derive(Debug, Default)]
pub(super) struct Sender(Option<Control>);

impl Sender {
    /// Begins; what was under way before is cancelled.
    pub(super) fn begin(&mut self, order: Order, client: Client, store: Store, messages: mpsc::Sender<Message>) {
        self.cancel();
        let control = Control::default();
        self.0 = Some(control.clone());
        tokio::spawn(send(order, client, store, control, messages));
    }

    /// Pauses, or goes on.
    pub(super) fn pause(&self, paused: bool) {
        match &self.0 {
            Some(control) if paused => control.pause(),
            Some(control) => control.resume(),
            None => {}
        }
    }

    /// Cancels what is under way.
    pub(super) fn cancel(&self) {
        if let Some(control) = &self.0 {
            control.cancel();
        }
    }
}
