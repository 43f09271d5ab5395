//! Replays: the targets known in this run, the attempts made, and which of them is selected.
//!
//! Attempts are kept up to [`ATTEMPTS`] and [`REPLY_BYTES`]; the oldest that has ended goes first.

mod view;

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

pub use view::draw;

use jiff::Timestamp;

use crate::model::{Attempt, AttemptId, AttemptIds, Ledger, Outcome, Seq, Timings};
use crate::query::Replayed;
use crate::replay::{Options, Sign, Target};
use crate::tui::{action::Action, movement::Move};

/// How many attempts are remembered.
pub const ATTEMPTS: usize = 1000;
/// How many bytes of replies are remembered.
pub const REPLY_BYTES: usize = 64 * 1024 * 1024;
/// How many attempts may be under way at once.
pub const UNDER_WAY: usize = 64;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct ReplaysState {
    /// In the order they were begun.
    attempts: VecDeque<Attempt>,
    /// Those given at the start, then those typed.
    targets: Vec<Target>,
    /// Where `r` sends.
    current: Option<usize>,
    /// The attempt that is selected; nothing means the newest of the capture that is shown.
    selected: Option<AttemptId>,
    ids: AttemptIds,
    /// How many events of forwarding have been taken in.
    pub forwarded: u64,
    /// The first row on the screen.
    pub top: usize,
}

impl ReplaysState {
    /// The first target is where `r` sends.
    pub fn new(targets: Vec<Target>) -> Self {
        Self { current: (!targets.is_empty()).then_some(0), targets, ..Self::default() }
    }

    /// Where `r` sends.
    pub fn current(&self) -> Option<&Target> {
        self.targets.get(self.current?)
    }

    /// Every target that is known.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Makes a target the one where `r` sends, and gives it. A URL alone means the target that is known to have it, with
    /// all that was said of that one.
    pub fn choose(&mut self, target: Target) -> Target {
        let known = |known: &Target| match target.name() {
            Some(name) => known.name() == Some(name) && known.url() == target.url(),
            None => known.url() == target.url(),
        };
        let at = self.targets.iter().position(|other| *other == target);
        let at = at.or_else(|| self.targets.iter().position(known)).unwrap_or(self.targets.len());
        self.current = Some(at);
        if at == self.targets.len() {
            self.targets.push(target.clone());
        }
        self.targets.get(at).cloned().unwrap_or(target)
    }

    /// The same, and what is sent there is signed so from now on.
    pub fn choose_signing(&mut self, target: Target, sign: Sign) -> Target {
        let chosen = self.choose(target);
        let options = Options { sign, ..chosen.options().clone() };
        let chosen = chosen.with(options);
        if let Some(known) = self.current.and_then(|at| self.targets.get_mut(at)) {
            known.clone_from(&chosen);
        }
        chosen
    }

    /// The newest attempt to send anything to a target that has ended.
    pub fn last_to(&self, target: &Target) -> Option<&Attempt> {
        let known_as = target.known_as();
        let to = |attempt: &&Attempt| attempt.outcome.is_some() && attempt.to.as_ref() == Some(&known_as);
        self.attempts.iter().rev().find(to)
    }

    /// A number for the next attempt.
    pub fn next_id(&mut self) -> AttemptId {
        self.ids.next()
    }

    /// Numbers come from there, where what is forwarded has them from too.
    pub fn draw_from(&mut self, ids: AttemptIds) {
        self.ids = ids;
    }

    /// Takes in an attempt to forward a capture: that it was begun, or how it ended.
    pub fn forwarded(&mut self, attempt: Attempt) {
        match self.attempts.binary_search_by_key(&attempt.id.0, |known| known.id.0) {
            Ok(at) => {
                if let Some(known) = self.attempts.get_mut(at).filter(|known| known.outcome.is_none()) {
                    *known = attempt;
                }
            }
            Err(at) => self.attempts.insert(at, attempt),
        }
        self.forget();
    }

    /// Remembers an attempt that has ended, of many.
    pub fn record(&mut self, attempt: Attempt) {
        self.forwarded(attempt);
    }

    /// Every attempt that is remembered, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter()
    }

    /// Where attempts have their numbers from.
    pub fn ids(&self) -> AttemptIds {
        self.ids.clone()
    }

    /// Selects an attempt; says whether it is remembered.
    pub fn select(&mut self, id: AttemptId) -> bool {
        let known = self.attempts.binary_search_by_key(&id.0, |attempt| attempt.id.0).is_ok();
        self.selected = if known { Some(id) } else { self.selected };
        known
    }

    /// Remembers attempts of earlier runs; those that are known stay as they are.
    pub fn restore(&mut self, attempts: Vec<Attempt>) {
        for attempt in attempts {
            if let Err(at) = self.attempts.binary_search_by_key(&attempt.id.0, |known| known.id.0) {
                self.attempts.insert(at, attempt);
            }
        }
        self.forget();
    }

    /// Remembers an attempt that was begun and selects it.
    pub fn begin(&mut self, attempt: Attempt) {
        self.selected = None;
        self.attempts.push_back(attempt);
        self.forget();
    }

    /// Remembers how an attempt ended; one that has ended already stays as it is.
    pub fn end(
        &mut self,
        id: AttemptId,
        duration: Duration,
        outcome: Outcome,
        sent: Option<(Ledger, Timings)>,
    ) -> Option<&Attempt> {
        let attempt = self.attempts.iter_mut().find(|attempt| attempt.id == id && attempt.outcome.is_none())?;
        attempt.duration = Some(duration);
        attempt.outcome = Some(outcome);
        if let Some(sent) = sent {
            (attempt.ledger, attempt.timings) = sent;
        }
        self.forget();
        self.attempts.iter().find(|attempt| attempt.id == id)
    }

    fn forget(&mut self) {
        let size = |attempt: &Attempt| match &attempt.outcome {
            Some(Outcome::Replied(reply)) => reply.body.len(),
            _ => 0,
        };
        let mut bytes: usize = self.attempts.iter().map(size).sum();
        while self.attempts.len() > ATTEMPTS || bytes > REPLY_BYTES {
            let Some(at) = self.attempts.iter().position(|attempt| attempt.outcome.is_some()) else { break };
            // The newest stays, whatever its size: the user is looking at it.
            if at + 1 == self.attempts.len() {
                break;
            }
            bytes -= self.attempts.remove(at).map_or(0, |attempt| size(&attempt));
        }
    }

    /// Ends what is under way by hand as cancelled, because creel ends.
    pub fn cancel_all(&mut self, now: Timestamp) -> Vec<Attempt> {
        let by_hand = |attempt: &&mut Attempt| attempt.outcome.is_none() && attempt.forwarded.is_none();
        let cancelled = self.attempts.iter_mut().filter(by_hand).map(|attempt| {
            attempt.duration = now.duration_since(attempt.started_at).try_into().ok();
            attempt.outcome = Some(Outcome::Cancelled);
            attempt.clone()
        });
        cancelled.collect()
    }

    /// How many replays are under way; what is forwarded has bounds of its own.
    pub fn under_way(&self) -> usize {
        let by_hand = |attempt: &&Attempt| attempt.outcome.is_none() && attempt.forwarded.is_none();
        self.attempts.iter().filter(by_hand).count()
    }

    /// The attempts of one capture, oldest first.
    pub fn of(&self, seq: Seq) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.attempts.iter().filter(move |attempt| attempt.seq == seq)
    }

    /// The newest attempt of one capture.
    pub fn last_of(&self, seq: Seq) -> Option<&Attempt> {
        self.of(seq).next_back()
    }

    /// How the newest attempt of each capture ended that was not cancelled.
    pub fn ends(&self) -> HashMap<Seq, Replayed> {
        let end = |attempt: &Attempt| Some((attempt.seq, Replayed::of(attempt.outcome.as_ref()?)?));
        self.attempts.iter().filter_map(end).collect()
    }

    /// The selected attempt of one capture: the one that was chosen, else the newest.
    pub fn selected_of(&self, seq: Seq) -> Option<&Attempt> {
        self.of(seq).find(|attempt| Some(attempt.id) == self.selected).or_else(|| self.last_of(seq))
    }

    /// The attempt of a capture that `esc` would cancel: the selected one if it is under way, else the newest that is.
    pub fn cancellable(&self, seq: Seq) -> Option<AttemptId> {
        let under_way = |attempt: &&Attempt| attempt.outcome.is_none();
        let newest = || self.of(seq).rev().find(under_way);
        self.selected_of(seq).filter(under_way).or_else(newest).map(|attempt| attempt.id)
    }

    /// Forgets the attempts of captures for which `stays` says no, but for those under way.
    pub fn retain(&mut self, stays: impl Fn(Seq) -> bool) {
        self.attempts.retain(|attempt| stays(attempt.seq) || attempt.outcome.is_none());
    }

    /// Selects the row at that place among the attempts of a capture.
    pub fn select_row(&mut self, seq: Seq, at: usize) {
        let chosen = self.of(seq).nth(at).map(|attempt| attempt.id);
        if chosen.is_some() {
            self.selected = chosen;
        }
    }

    /// Does what a movement means here.
    pub fn act(&mut self, action: Action, seq: Seq, height: usize) {
        let count = self.of(seq).count();
        let Some(now) = self.position(seq) else { return };
        if let Some(to) = Move::of(action, height) {
            self.select_row(seq, to.from(now, count));
        }
    }

    fn position(&self, seq: Seq) -> Option<usize> {
        let selected = self.selected_of(seq)?.id;
        self.of(seq).position(|attempt| attempt.id == selected)
    }

    /// Moves the window so that the selected row is in sight.
    pub fn keep_in_sight(&mut self, seq: Option<Seq>, height: usize) {
        let at = seq.and_then(|seq| self.position(seq)).unwrap_or(0);
        if at < self.top {
            self.top = at;
        } else if at >= self.top + height.max(1) {
            self.top = at + 1 - height.max(1);
        }
    }
}
