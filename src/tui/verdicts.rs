//! What is known of the signatures of captures that the screen shows: verdicts for the list, and the whole report for the
//! capture under the inspector. Both are asked for and come back, because a body may be on the disk and the doctor takes its
//! time; neither holds anything up. What is out of sight is forgotten here, and the judge keeps it.

use std::{collections::HashMap, sync::Arc};

use super::{effect::Effect, message::Message, panes::inspector::Tab, state::State, theme::Role};
use crate::model::{Capture, Seq};
use crate::signature::{self, Report, Standing, Verdict};

/// What was found out, if there was something; nothing while it is being done.
type Found<T> = Option<Option<T>>;

/// See the head of this file.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// Of the captures in sight; nothing while it is being found out.
    standings: HashMap<Seq, Found<Standing>>,
    /// Of one capture; nothing while it is being made.
    report: Option<(Seq, Found<Arc<Report>>)>,
}

impl Verdicts {
    /// The verdict on a capture, once it is known.
    pub fn of(&self, seq: Seq) -> Option<Standing> {
        self.standings.get(&seq).copied().flatten().flatten()
    }

    /// Takes in verdicts.
    pub fn judged(&mut self, found: Vec<(Seq, Option<Standing>)>) {
        for (seq, standing) in found {
            // What has gone out of sight since is not kept.
            if let Some(place) = self.standings.get_mut(&seq) {
                *place = Some(standing);
            }
        }
    }

    /// Takes in a report.
    pub fn reported(&mut self, seq: Seq, report: Option<Arc<Report>>) {
        if let Some((own, place)) = &mut self.report
            && *own == seq
        {
            *place = Some(report);
        }
    }

    /// The report on a capture: nothing while it is being made, and nothing inside where its sender is not known.
    pub fn report(&self, seq: Seq) -> Found<&Arc<Report>> {
        let (own, report) = self.report.as_ref()?;
        report.as_ref().filter(|_| *own == seq).map(Option::as_ref)
    }
}

/// What has to be asked for, so that the screen can show it.
pub(super) fn wanted(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    let State { verdicts, known, captures, inspector, .. } = state;
    let shown = inspector.shown.as_ref();
    verdicts.standings.retain(|seq, _| known.contains_key(seq));
    let mut asked: Vec<Arc<Capture>> = Vec::new();
    for seq in known.iter().filter(|(_, recognition)| recognition.is_some()).map(|(seq, _)| *seq) {
        if verdicts.standings.contains_key(&seq) {
            continue;
        }
        let capture = shown.filter(|capture| capture.seq == seq).or_else(|| captures.get(seq));
        if let Some(capture) = capture {
            verdicts.standings.insert(seq, None);
            asked.push(Arc::clone(capture));
        }
    }
    if !asked.is_empty() {
        asked.sort_unstable_by_key(|capture| capture.seq);
        effects.push(Effect::Judge(asked));
    }
    if let Some(capture) = shown.filter(|_| inspector.tab == Tab::Signature)
        && verdicts.report.as_ref().is_none_or(|(own, _)| *own != capture.seq)
    {
        verdicts.report = Some((capture.seq, None));
        effects.push(Effect::Explain(Arc::clone(capture)));
    }
    effects
}

/// Finds verdicts. Reads bodies, which may be on the disk.
pub(super) fn judge(captures: &[Arc<Capture>]) -> Message {
    let judge = signature::judge();
    Message::Judged(captures.iter().map(|one| (one.seq, judge.standing(one))).collect())
}

/// Finds out all about a signature.
pub(super) fn explain(capture: &Capture) -> Message {
    Message::Explained(capture.seq, signature::judge().report(capture, None).map(Arc::new))
}

/// How a verdict is coloured; its glyph or word says the same.
pub fn role(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Valid => Role::Ok,
        Verdict::Invalid | Verdict::Malformed => Role::Error,
        Verdict::Stale => Role::Warn,
        Verdict::Missing | Verdict::NoSecret | Verdict::Unsupported => Role::Dim,
    }
}
