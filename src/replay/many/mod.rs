//! Sending many: carries out a [`Schedule`], and tells what it does as [`Event`]s.
//!
//! One loop takes the sendings in their order: it waits for room, reads the capture, waits until the sending is due and
//! hands it to a task of its own, which tries until the outcome is good enough or was the last. So captures are read when
//! their turn comes, no more sendings are under way than were asked for, and sendings begin in the order of the schedule;
//! with one at a time each ends, its tries and the waits between them included, before the next begins.
//!
//! Decided: a sending keeps its place among those under way until its event has been dealt with, so that whoever prints
//! outcomes slows the sending down and memory never fills with them, and whoever stops listening stops it at once. Sendings are due by the clock of a [`Control`], which stands still while it is paused;
//! what is under way goes on then. Once it is cancelled nothing begins any more, and what is under way, or waits for its
//! next try, ends with the outcome "cancelled". Dropping the future of [`run`] ends all at once and tells nothing.

mod control;
mod progress;
mod supply;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinSet,
    time::Instant,
};

pub use control::Control;
pub use progress::Progress;
pub use supply::{Supply, Unread};

use super::{
    Client, Plan, PlanOptions, Target, failure, plan_with, retry,
    schedule::{Pacer, Place, Schedule},
};
use crate::model::{Attempt, AttemptIds, Capture, Failure, Ledger, Outcome, Timings, Version};

/// How many events may wait to be taken.
pub const EVENTS: usize = 64;

/// What sending needs besides captures and a schedule. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Needs {
    /// What sends.
    pub client: Client,
    /// Where to, in the order of the schedule's targets.
    pub targets: Arc<[Target]>,
    /// Where each capture goes to one target of its own alone: which, by the capture's place. The schedule has one target
    /// then.
    pub each: Option<Arc<[usize]>>,
    /// What the user allows and wants.
    pub options: PlanOptions,
    /// Where attempts have their numbers from.
    pub ids: AttemptIds,
    /// What time it is.
    pub clock: fn() -> Timestamp,
    /// A number that nobody can foresee.
    pub random: fn() -> u64,
    /// What signs a plan that waits for its signature; it may wait for the disk.
    pub sign: fn(Plan, Timestamp) -> Result<Plan, Failure>,
}

/// A try that has ended.
#[derive(Debug)]
pub struct Sent {
    /// Which sending it belongs to.
    pub place: Place,
    /// Which try it was, from 1.
    pub number: u32,
    /// Whether no other try follows.
    pub last: bool,
    /// How long after it was due the sending began; zero where no pace is kept.
    pub late: Duration,
    /// What was sent.
    pub capture: Arc<Capture>,
    /// How it ended.
    pub attempt: Attempt,
    /// Makes room for the next sending when it is dropped.
    pub room: Room,
}

/// A place among those under way, where it is given up with the last event of a sending.
#[derive(Debug)]
pub struct Room(#[expect(dead_code, reason = "it is there to be dropped")] Option<OwnedSemaphorePermit>);

/// What happens while many are sent.
#[derive(Debug)]
pub enum Event {
    /// There are so many sendings in all.
    Counted(u64),
    /// A try has begun.
    Begun(Place, Box<Attempt>),
    /// A try has ended.
    Ended(Box<Sent>),
    /// A capture cannot be read; its sendings, so many, are passed over.
    Unread(Unread, u64),
}

/// Carries out a schedule. Ends when all of it is done or cancelled, or when nobody takes its events.
pub async fn run(
    supply: &mut impl Supply,
    schedule: &Schedule,
    needs: &Needs,
    control: &Control,
    events: mpsc::Sender<Event>,
) {
    let keeping;
    let needs = if schedule.keeps_connections() {
        keeping = Needs { client: needs.client.keeping(), ..needs.clone() };
        &keeping
    } else {
        needs
    };
    let mut tasks = JoinSet::new();
    let cancelled = control.cancelled();
    let going = begin_all(supply, schedule, needs, control, &events, &mut tasks);
    // A supply may wait for ever, as a pipe does.
    tokio::select! {
        biased;
        () = cancelled => {}
        () = events.closed() => {}
        () = going => {}
    }
    while tasks.join_next().await.is_some() {}
}

/// Begins every sending when there is room for it and it is due. A task is begun whole or not at all, so that dropping this
/// loses no attempt.
async fn begin_all(
    supply: &mut impl Supply,
    schedule: &Schedule,
    needs: &Needs,
    control: &Control,
    events: &mpsc::Sender<Event>,
    tasks: &mut JoinSet<()>,
) {
    let room = Arc::new(Semaphore::new(schedule.concurrency()));
    let mut count = supply.known();
    if count.is_none() && schedule.needs_count() {
        match supply.count().await {
            Ok(counted) => count = Some(counted),
            Err(unread) => return drop(events.send(Event::Unread(unread, 0)).await),
        }
    }
    if let Some(count) = count {
        let _ = events.send(Event::Counted(schedule.total(count))).await;
    }
    let mut pacer = Pacer::new(schedule.pace);
    let mut held: Option<(u64, Arc<Capture>)> = None;
    let mut started = None;
    let mut number = 0;
    while let Some(mut place) = schedule.place(number, count) {
        // It is never closed.
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        while tasks.try_join_next().is_some() {}
        let capture = match held.take().filter(|(at, _)| *at == place.capture) {
            Some((_, capture)) => Ok(Some(capture)),
            None => supply.get(place.capture).await,
        };
        match capture {
            Ok(Some(capture)) => {
                held = Some((place.capture, Arc::clone(&capture)));
                if let Some(each) = &needs.each {
                    let own = usize::try_from(place.capture).ok().and_then(|at| each.get(at));
                    place.target = own.copied().unwrap_or(usize::MAX);
                }
                let due = pacer.due(&place, capture.received_at);
                // The first is due when it could be read.
                let started = *started.get_or_insert_with(|| control.now());
                control.reach(started + due).await;
                let late = control.now().saturating_sub(started + due);
                let late = if due.is_zero() { Duration::ZERO } else { late };
                let one = One { needs: needs.clone(), place, late, retry: schedule.retry };
                tasks.spawn(one.run(capture, control.clone(), events.clone(), permit));
            }
            Ok(None) if count.is_none() => {
                // All have been read once, so their number is known from here on.
                count = Some(place.capture);
                let _ = events.send(Event::Counted(schedule.total(place.capture))).await;
                continue;
            }
            // What has gone in the meantime is passed over.
            Ok(None) => {}
            Err(unread) => {
                let (ends, sendings) = (unread.ends, schedule.total(1));
                if place.is_first() && events.send(Event::Unread(unread, sendings)).await.is_err() || ends {
                    return;
                }
            }
        }
        number += 1;
    }
}

/// One sending.
struct One {
    needs: Needs,
    place: Place,
    late: Duration,
    retry: u32,
}

impl One {
    /// Tries until the outcome is good enough or was the last; keeps its place among those under way meanwhile.
    async fn run(
        self,
        capture: Arc<Capture>,
        control: Control,
        events: mpsc::Sender<Event>,
        permit: OwnedSemaphorePermit,
    ) {
        let mut room = Some(permit);
        for number in 1.. {
            let Some(attempt) = self.attempt(&capture, &control, &events).await else { return };
            let outcome = attempt.outcome.as_ref().unwrap_or(&Outcome::Cancelled);
            let wait = retry::after(outcome, number, self.retry, (self.needs.random)(), (self.needs.clock)());
            let given = if wait.is_none() { room.take() } else { None };
            if !self.tell(&events, &capture, number, attempt, given).await {
                return;
            }
            let Some(wait) = wait else { return };
            if !control.rest(wait).await {
                let target = self.needs.targets.get(self.place.target);
                if let Some(target) = target {
                    let attempt = unsent(&self.needs, &capture, target, Outcome::Cancelled);
                    self.tell(&events, &capture, number + 1, attempt, room.take()).await;
                }
                return;
            }
        }
    }

    /// Tells of a try; the last one gives the room back.
    async fn tell(
        &self,
        events: &mpsc::Sender<Event>,
        capture: &Arc<Capture>,
        number: u32,
        attempt: Attempt,
        room: Option<OwnedSemaphorePermit>,
    ) -> bool {
        let (capture, last) = (Arc::clone(capture), room.is_some());
        let sent = Sent { place: self.place, number, last, late: self.late, capture, attempt, room: Room(room) };
        events.send(Event::Ended(Box::new(sent))).await.is_ok()
    }

    /// One try; nothing where nobody listens any more.
    async fn attempt(&self, capture: &Capture, control: &Control, events: &mpsc::Sender<Event>) -> Option<Attempt> {
        let needs = &self.needs;
        let target = needs.targets.get(self.place.target)?;
        let plan = match plan_with(capture, target, needs.options) {
            Ok(plan) if plan.unsigned().is_some() => {
                let (sign, now) = (needs.sign, (needs.clock)());
                let signing = tokio::task::spawn_blocking(move || sign(plan, now)).await;
                signing.unwrap_or_else(|_| Err(failure::unsigned("signing failed, which is a fault in creel")))
            }
            plan => plan,
        };
        let plan = match plan {
            Ok(plan) => plan,
            Err(failure) => return Some(unsent(needs, capture, target, Outcome::Failed(failure))),
        };
        let began = Instant::now();
        let mut attempt = plan.attempt(needs.ids.next(), (needs.clock)());
        events.send(Event::Begun(self.place, Box::new(attempt.clone()))).await.ok()?;
        let delivery = tokio::select! {
            biased;
            () = control.cancelled() => None,
            delivery = needs.client.deliver(&plan) => Some(delivery),
        };
        let Some(delivery) = delivery else {
            attempt.duration = Some(began.elapsed());
            attempt.outcome = Some(Outcome::Cancelled);
            return Some(attempt);
        };
        (attempt.ledger, attempt.timings) = (delivery.ledger, delivery.timings);
        attempt.duration = Some(delivery.duration);
        attempt.outcome = Some(match delivery.outcome {
            Ok(reply) => Outcome::Replied(Box::new(reply)),
            Err(failure) => Outcome::Failed(failure),
        });
        Some(attempt)
    }
}

/// The attempt of what never reached a socket.
fn unsent(needs: &Needs, capture: &Capture, target: &Target, outcome: Outcome) -> Attempt {
    Attempt {
        id: needs.ids.next(),
        capture: capture.id,
        seq: capture.seq,
        target: target.url(),
        started_at: (needs.clock)(),
        duration: Some(Duration::ZERO),
        ledger: Ledger::new(Version::Http11),
        outcome: Some(outcome),
        timings: Timings::default(),
        to: Some(target.known_as()),
        forwarded: None,
    }
}
