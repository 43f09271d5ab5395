//! Forward mode: each capture that a rule is for is sent on as it comes, and the answer may go back to its sender.
//!
//! [`rule`] says which captures go where and how, [`retry`](mod@retry) when one is tried again, [`answer`] what passes back. Decided: a
//! capture is whole and kept before it goes on; each try is an attempt of its own, with its ledger and its outcome; the
//! sender who waits gets what the first try brings, and later tries go on behind, because most senders give up long before.
//! A message that has passed this creel before has its mark and is refused with 508 (RFC 5842 §7.2). Senders are not told
//! why a target cannot be reached, which would tell them of this network; the capture says it. Everything is bounded: what
//! is under way, what is sent at once behind the senders' backs, tries, and the times between them.
//!
//! Refused: passing a body on before all of it has come. A target would then see what is never kept.

pub mod answer;
pub mod rule;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use rule::{Mode, Rule};

use crate::capture::onward::{Awaited, Lane, Onward, Relayed, RelayedBody, Ticket, Way};
use crate::model::{Answer, Attempt, Capture, Failure, Ledger, Outcome, Period, Timings, Version};
use crate::query::{Facts, Tries};
use crate::replay::{Client, Framing, Mark, PlanOptions, Sign, Tee, failure, plan_with, retry};
use crate::store::Store;

/// How many captures may be on their way at once, waiting ones included.
pub const UNDER_WAY: usize = 1024;
/// How many of those that no sender waits for are sent at once.
pub const AT_ONCE: usize = 64;
/// How what is forwarded is signed, also to a target whose replays are signed afresh: a forged request that creel signed
/// would be a genuine one to its handler.
const AS_IT_CAME: Option<Sign> = Some(Sign::Captured);
/// How many pieces of an answer may wait for the sender to take them.
const PIECES: usize = 4;

/// What forwarding needs besides its rules.
#[derive(Clone, Debug)]
pub struct Needs {
    /// Where captures are, and where attempts are told of.
    pub store: Store,
    /// What sends. It must know creel's own addresses.
    pub client: Client,
    /// How bodies that came chunked are framed.
    pub framing: Framing,
    /// What time it is.
    pub clock: fn() -> Timestamp,
    /// A number that nobody can foresee.
    pub random: fn() -> u64,
}

/// See the head of this file. Cloning it is cheap, and all clones are the same.
#[derive(Clone, Debug)]
pub struct Forward(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    needs: Needs,
    rules: Vec<Rule>,
    /// Which captures are tries of one delivery, where a rule asks for it.
    tries: Tries,
    mark: Mark,
    loops: Arc<Answer>,
    tasks: TaskTracker,
    stop: CancellationToken,
    behind: Semaphore,
}

/// Where the sender's answer goes, until it has gone.
type Back = Arc<Mutex<Option<oneshot::Sender<Relayed>>>>;

fn answer_back(back: &Back, relayed: Relayed) {
    let waiting = back.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(waiting) = waiting {
        // Whoever has gone, or was told that it takes too long, does not need to know.
        let _ = waiting.send(relayed);
    }
}

impl Forward {
    /// Forwards by the first of the rules that a capture matches.
    pub fn new(needs: Needs, rules: Vec<Rule>) -> Self {
        let mark = Mark::of((needs.random)());
        let loops =
            Arc::new(answer::of_creel(508, "the request has passed this creel before, so forwarding goes in a loop"));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let tries = Tries::of(rules.iter().filter_map(|rule| rule.when.as_ref()));
        Self(Arc::new(Inner { needs, rules, tries, mark, loops, tasks, stop, behind: Semaphore::new(AT_ONCE) }))
    }

    /// What the listener asks.
    pub fn onward(&self) -> Arc<dyn Onward> {
        Arc::new(self.clone())
    }

    /// The mark of what this forwards.
    pub fn mark(&self) -> Mark {
        self.0.mark
    }

    /// Cancels what is on its way, and waits until that is recorded, for so long at most.
    pub async fn end(&self, patience: Duration) {
        self.0.stop.cancel();
        self.0.tasks.close();
        if timeout(patience, self.0.tasks.wait()).await.is_err() {
            tracing::warn!("forwards were given up without a record");
        }
    }
}

impl Onward for Forward {
    fn way(&self, capture: &Capture) -> Way {
        let inner = &self.0;
        if inner.mark.is_in(&capture.head) {
            return Way::Answer(Arc::clone(&inner.loops));
        }
        let facts = Facts { now: (inner.needs.clock)(), retry: inner.tries.number(capture), ..Facts::default() };
        let found = inner.rules.iter().position(|rule| rule.is_for(capture, &facts));
        match found.and_then(|at| Some((at, inner.rules.get(at)?.mode))) {
            None => Way::Stay,
            Some((at, Mode::Relay)) => Way::Wait(at),
            Some((at, Mode::Async)) => Way::Behind(at),
        }
    }

    fn enter(&self, rule: usize) -> (Ticket, Option<MutexGuard<'_, Lane>>) {
        let Some(lane) = self.0.rules.get(rule).and_then(|rule| rule.lane.as_ref()) else {
            return (Ticket { rule, after: None, done: None }, None);
        };
        let mut lane = lane.lock().unwrap_or_else(PoisonError::into_inner);
        let (done, next) = oneshot::channel();
        let after = lane.replace(next);
        (Ticket { rule, after, done: Some(done) }, Some(lane))
    }

    fn go(&self, ticket: Ticket, capture: Arc<Capture>) -> Option<Awaited> {
        let rule = self.0.rules.get(ticket.rule)?;
        let (relay, within) = (rule.mode == Mode::Relay, rule.within);
        let (sender, relayed) = oneshot::channel();
        let back: Back = Arc::new(Mutex::new(relay.then_some(sender)));
        if self.0.tasks.len() >= UNDER_WAY {
            self.0.failed(rule, &capture, 1, failure::busy(UNDER_WAY), &back);
        } else {
            let inner = Arc::clone(&self.0);
            self.0.tasks.spawn(async move { inner.run(ticket, &capture, &back).await });
        }
        let within_words = Period(within);
        let late = format!("the target did not answer within {within_words} (--forward-timeout)");
        relay.then(|| Awaited { relayed, within, late: Arc::new(answer::of_creel(504, &late)) })
    }
}

impl Inner {
    /// Sends a capture on until a try is good enough or the last one.
    async fn run(&self, ticket: Ticket, capture: &Arc<Capture>, back: &Back) {
        let Ticket { rule, after, done } = ticket;
        let Some(rule) = self.rules.get(rule) else { return };
        if let Some(after) = after
            && self.stop.run_until_cancelled(after).await.is_none()
        {
            return self.given_up(rule, capture, 1);
        }
        for number in 1.. {
            let outcome = self.send(rule, capture, number, back).await;
            let Some(wait) = retry::after(&outcome, number, rule.retry, (self.needs.random)(), (self.needs.clock)())
            else {
                break;
            };
            if self.stop.run_until_cancelled(sleep(wait)).await.is_none() {
                self.given_up(rule, capture, number + 1);
                break;
            }
        }
        // The next one in order may go.
        drop(done);
    }

    /// One try.
    async fn send(&self, rule: &Rule, capture: &Arc<Capture>, number: u32, back: &Back) -> Outcome {
        let waits = number == 1 && rule.mode == Mode::Relay;
        let permit = async {
            // It is never closed.
            if waits { None } else { self.behind.acquire().await.ok() }
        };
        let Some(_permit) = self.stop.run_until_cancelled(permit).await else {
            self.given_up(rule, capture, number);
            return Outcome::Cancelled;
        };
        let options =
            PlanOptions { force: false, framing: self.needs.framing, mark: Some(self.mark), sign: AS_IT_CAME };
        let plan = match plan_with(capture, &rule.target, options) {
            Ok(plan) => plan,
            Err(failure) => return self.failed(rule, capture, number, failure, back),
        };
        let store = &self.needs.store;
        let started_at = (self.needs.clock)();
        let mut attempt = plan.attempt(store.attempt_ids().next(), started_at);
        attempt.forwarded = Some(number);
        let token = store.begin_attempt(attempt.clone());
        let mut tee = waits.then(|| tee(back));
        let delivery = tokio::select! {
            biased;
            () = token.cancelled() => None,
            () = self.stop.cancelled() => None,
            delivery = self.needs.client.deliver_and_pass(&plan, &mut tee) => Some(delivery),
        };
        let outcome = match delivery {
            None => {
                attempt.duration = (self.needs.clock)().duration_since(started_at).try_into().ok();
                if !self.stop.is_cancelled() {
                    answer_back(back, answer::failure("the forwarding was cancelled"));
                }
                Outcome::Cancelled
            }
            Some(delivery) => {
                (attempt.ledger, attempt.timings) = (delivery.ledger, delivery.timings);
                attempt.duration = Some(delivery.duration);
                match delivery.outcome {
                    Ok(reply) => Outcome::Replied(Box::new(reply)),
                    Err(failure) => {
                        answer_back(back, answer::failure(&failure.sentence));
                        Outcome::Failed(failure)
                    }
                }
            }
        };
        attempt.outcome = Some(outcome.clone());
        store.end_attempt(attempt);
        outcome
    }

    /// Records what could not be sent at all, and answers the sender who waits for it.
    fn failed(&self, rule: &Rule, capture: &Capture, number: u32, failure: Failure, back: &Back) -> Outcome {
        answer_back(back, answer::failure(&failure.sentence));
        let outcome = Outcome::Failed(failure);
        self.record(rule, capture, number, outcome.clone());
        outcome
    }

    /// Records a try that creel's end did not let come about.
    fn given_up(&self, rule: &Rule, capture: &Capture, number: u32) {
        self.record(rule, capture, number, Outcome::Cancelled);
    }

    fn record(&self, rule: &Rule, capture: &Capture, number: u32, outcome: Outcome) {
        let store = &self.needs.store;
        store.end_attempt(Attempt {
            id: store.attempt_ids().next(),
            capture: capture.id,
            seq: capture.seq,
            target: rule.target.url(),
            started_at: (self.needs.clock)(),
            duration: Some(Duration::ZERO),
            ledger: Ledger::new(Version::Http11),
            outcome: Some(outcome),
            timings: Timings::default(),
            to: Some(rule.target.known_as()),
            forwarded: Some(number),
        });
    }
}

/// What passes the answer on to the sender.
fn tee(back: &Back) -> Tee {
    let (sender, pieces) = mpsc::channel::<Option<Bytes>>(PIECES);
    let back = Arc::clone(back);
    let head = move |head: &crate::replay::reply::ReplyHead| {
        let headers = answer::passing(&head.headers);
        let body = RelayedBody::Streamed(pieces);
        answer_back(&back, Relayed { status: head.status, headers, because: None, body });
    };
    Tee::new(head, sender)
}
