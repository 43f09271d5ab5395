//! The tries of one delivery: finding out which captures are one, and what their bodies are, away from the loop.

use std::{ops::ControlFlow, sync::Arc};

use jiff::Timestamp;

use super::message::Message;
use crate::model::{Attempt, Capture, Seq};
use crate::provider::deliveries::{Key, MOST, key};
use crate::store::{Store, Toward};

/// How many captures of the inbox one question to the journal is about.
const STEP: usize = 512;

/// One try, as far as it can still be told.
#[derive(Clone, Debug)]
pub struct Try {
    /// Its number among captures.
    pub seq: Seq,
    /// What it was; nothing where it is not there any more.
    pub held: Option<Held>,
    /// Attempts to send it on that the inbox knows.
    pub attempts: Vec<Attempt>,
}

/// What is known of a try that is still there.
#[derive(Clone, Debug)]
pub struct Held {
    /// When it came.
    pub received_at: Timestamp,
    /// What was answered; nothing while that is awaited.
    pub status: Option<u16>,
    /// How many bytes its body has.
    pub size: usize,
    /// Their SHA-256; nothing where the disk fails.
    pub sha256: Option<[u8; 32]>,
}

/// Which deliveries these are tries of.
pub(super) fn trace(captures: &[Arc<Capture>]) -> Message {
    Message::Traced(captures.iter().filter_map(|capture| Some((capture.seq, key(capture)?))).collect())
}

/// The same of what the inbox has beyond the ring, newest first, told in parts until there are enough or nobody listens.
pub(super) fn trace_inbox(store: &Store, mut tell: impl FnMut(Vec<(Seq, Key)>) -> bool) {
    let Some(Ok(behind)) = store.behind() else { return };
    let (mut toward, mut seen) = (Toward::Older(Seq(u64::MAX)), 0);
    while seen < MOST {
        let mut found = Vec::new();
        let step = behind.step(toward, STEP, |capture, _| {
            found.extend(key(&capture).map(|key| (capture.seq, key)));
            ControlFlow::Continue(())
        });
        let Ok(step) = step else { return };
        if (!found.is_empty() && !tell(found)) || step.end {
            return;
        }
        seen += step.looked.max(1);
        toward = step.next;
    }
}

/// What there is to say of these captures. Reads their bodies, which may be on the disk.
pub fn look(store: &Store, seqs: &[Seq], here: &[Arc<Capture>]) -> Vec<Try> {
    let mut behind = None;
    let one = |seq: &Seq| {
        let known = here.iter().find(|capture| capture.seq == *seq).cloned().or_else(|| store.get(*seq));
        let (mut capture, mut attempts) = (known, Vec::new());
        if let Some(Ok(behind)) = behind.get_or_insert_with(|| store.behind()) {
            if capture.is_none() {
                let _ = behind.step(Toward::Older(Seq(seq.0 + 1)), 1, |found, _| {
                    capture = Some(found).filter(|found| found.seq == *seq);
                    ControlFlow::Break(())
                });
            }
            attempts = behind.attempts_to(*seq).unwrap_or_default();
        }
        let held = capture.map(|capture| Held {
            received_at: capture.received_at,
            status: (!capture.answer.is_awaited()).then_some(capture.answer.status),
            size: capture.body.len(),
            sha256: capture.body.sha256().ok().copied(),
        });
        Try { seq: *seq, held, attempts }
    };
    seqs.iter().map(one).collect()
}
