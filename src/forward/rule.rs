//! A rule of forward mode: which captures go where, and how.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::capture::onward::Lane;
use crate::model::Capture;
use crate::query::{Facts, Query};
use crate::replay::Target;

/// Who answers the sender.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// The target: its answer goes back.
    #[default]
    Relay,
    /// creel, at once; the sending happens behind.
    Async,
}

/// See the head of this file.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Which captures it is for; nothing: all.
    pub when: Option<Query>,
    /// Where they go.
    pub target: Target,
    /// Who answers.
    pub mode: Mode,
    /// How long a sender waits for the target at most.
    pub within: Duration,
    /// How often one that failed is tried again.
    pub retry: u32,
    /// Where the order of captures is kept, what keeps it; rules to one target share it.
    pub(super) lane: Option<Arc<Mutex<Lane>>>,
}

impl Rule {
    /// A rule for all captures that relays, tries once and keeps no order.
    pub fn to(target: Target) -> Self {
        let within = Duration::from_secs(30);
        Self { when: None, target, mode: Mode::Relay, within, retry: 0, lane: None }
    }

    /// The same, but that captures go in the order in which they came: each once the one before has been dealt with, its
    /// tries included. Rules to one target that are `among` these keep one order.
    #[must_use]
    pub fn in_order(self, among: &[Self]) -> Self {
        let shared =
            among.iter().filter(|rule| rule.target.url() == self.target.url()).find_map(|rule| rule.lane.clone());
        Self { lane: Some(shared.unwrap_or_default()), ..self }
    }

    pub(super) fn is_for(&self, capture: &Capture, facts: &Facts) -> bool {
        self.when.as_ref().is_none_or(|query| query.matches(capture, facts))
    }
}
