//! Answering handshakes where captures are received: before they are sent on, if they are.

use std::sync::{Arc, MutexGuard};

use super::{Asked, HANDSHAKES, Handshake};
use crate::capture::onward::{Awaited, Lane, Onward, Ticket, Way};
use crate::model::{Answer, Capture};
use crate::signature::judge;

/// See the head of this file.
#[derive(Debug)]
pub struct Answering {
    rows: Vec<&'static Handshake>,
    next: Option<Arc<dyn Onward>>,
}

impl Answering {
    /// Answers the handshakes of these names, and leaves all else to `next`.
    pub fn new(names: &[String], next: Option<Arc<dyn Onward>>) -> Self {
        let rows = HANDSHAKES.iter().filter(|row| names.iter().any(|name| name == row.name)).collect();
        Self { rows, next }
    }

    fn answer(&self, capture: &Capture) -> Option<(&'static Handshake, Answer)> {
        let judge = judge();
        self.rows.iter().find_map(|row| {
            let secrets = row.secret.map_or_else(Vec::new, |(owner, _)| judge.of(owner, capture.head.path()));
            let answer = (row.reply)(&Asked { capture, secrets })?;
            Some((*row, answer))
        })
    }
}

impl Onward for Answering {
    fn way(&self, capture: &Capture) -> Way {
        let next = || self.next.as_ref().map_or(Way::Stay, |next| next.way(capture));
        let Some((row, answer)) = self.answer(capture) else { return next() };
        if row.yields || answer.because.is_some() {
            match next() {
                Way::Stay => {}
                way => return way,
            }
        }
        let refused = if answer.status < 400 { "answered" } else { "refused" };
        let because = match &answer.because {
            None => format!("{} handshake {refused}", row.name),
            Some(why) => format!("{} handshake {refused}: {why}", row.name),
        };
        Way::Answer(Arc::new(Answer { because: Some(because.into()), ..answer }))
    }

    fn enter(&self, rule: usize) -> (Ticket, Option<MutexGuard<'_, Lane>>) {
        match &self.next {
            Some(next) => next.enter(rule),
            None => (Ticket { rule, ..Ticket::default() }, None),
        }
    }

    fn go(&self, ticket: Ticket, capture: Arc<Capture>) -> Option<Awaited> {
        self.next.as_ref()?.go(ticket, capture)
    }
}
