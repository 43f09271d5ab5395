//! Marking requests, sending many of them, and what is done with the matrix of what came of it.

use std::{path::PathBuf, sync::Arc};

use super::{acting::subject, focus, older, rematch};
use crate::model::{Attempt, Capture, Outcome, Seq};
use crate::replay::{PlanOptions, Schedule, Target};
use crate::tui::{
    action::Action,
    chord::Chord,
    effect::{Effect, Results, Writing},
    many::{Many, Marked, Order, Phase, Row, Told},
    message::Tone,
    movement::Move,
    overlays::{Choice, Choose, Form, Item, Overlay, Place, matrix},
    panes::inspector::Tab,
    state::{Pane, State},
    widgets::words::grouped,
};

/// The name of the file that results go into where no other is chosen, without its ending.
const FILE: &str = "creel-results";

/// Why one of these cannot be done now.
pub(super) fn unavailable(state: &State, action: Action) -> Option<&'static str> {
    let many = state.many.as_deref();
    match action {
        Action::Mark if subject(state).is_none() => Some("no request is selected to mark"),
        Action::MarkAll if state.requests.list.rows().is_empty() => Some("there is no request to mark"),
        Action::ReplayMany if many.is_some_and(|many| !many.is_done()) => {
            Some("many are under way; t shows them, and esc cancels them there")
        }
        Action::ReplayMany if state.marked.is_empty() && subject(state).is_none() => {
            Some("no request is selected or marked to send")
        }
        Action::ReplayMany if state.replays.targets().is_empty() => {
            Some("there is no target yet: R asks for one, and --target names some")
        }
        Action::Results if many.is_none() => Some("nothing was sent to many yet; A does"),
        Action::ResendFailed if many.is_none_or(|many| !many.is_done()) => {
            Some("wait until it is over, or cancel it with esc")
        }
        Action::ResendFailed if many.is_some_and(|many| many.failures() == 0) => Some("nothing has failed"),
        Action::PauseMany if many.is_none_or(Many::is_done) => Some("nothing is under way"),
        _ => None,
    }
}

/// Does one of these.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Mark => return mark(state),
        Action::MarkAll => mark_all(state),
        Action::ReplayMany => {
            let captures = chosen(state);
            let form = Form::new(captures, state.replays.targets(), state.replays.current());
            state.overlays.push(Overlay::Form(Box::new(form)));
        }
        Action::Results => state.overlays.push(Overlay::Matrix),
        _ => {}
    }
    Vec::new()
}

/// Marks the selected request or takes its mark away, and goes down, so that a run of them is marked by holding the key.
fn mark(state: &mut State) -> Vec<Effect> {
    if let Some(capture) = subject(state)
        && !state.marked.remove(&capture.seq)
    {
        state.marked.insert(capture.seq);
    }
    if state.focus == Pane::Requests { older::moved(state, Move::By(1)) } else { Vec::new() }
}

/// Marks all that the list shows; takes the marks away where all are marked.
fn mark_all(state: &mut State) {
    let listed: Marked = state.requests.list.rows().iter().copied().collect();
    if listed.is_subset(&state.marked) {
        state.marked.retain(|seq| !listed.contains(seq));
        state.tell(Tone::Plain, "no request in the list is marked any more");
    } else {
        let words = format!("{} requests are marked", grouped(listed.len() as u64));
        state.marked.extend(listed);
        state.tell(Tone::Good, words);
    }
}

/// What would be sent: the marked ones, oldest first, else the selected one.
fn chosen(state: &State) -> Vec<Arc<Capture>> {
    let marked: Vec<_> = state.marked.iter().filter_map(|seq| state.captures.get(*seq)).cloned().collect();
    if marked.is_empty() { subject(state).into_iter().collect() } else { marked }
}

/// A key in the form.
pub(super) fn form_key(state: &mut State, action: Option<Action>, chord: Chord) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = state.overlays.last_mut() else { return Vec::new() };
    match action {
        Some(Action::Accept) => {
            if let Some((targets, schedule)) = form.accept() {
                let captures = std::mem::take(&mut form.captures);
                state.overlays.pop();
                return begin(state, captures, targets, schedule);
            }
        }
        Some(Action::Cancel) => _ = state.overlays.pop(),
        Some(Action::Older) => form.step(-1),
        Some(Action::Newer) => form.step(1),
        _ => form.key(chord),
    }
    Vec::new()
}

fn begin(state: &mut State, captures: Vec<Arc<Capture>>, targets: Vec<Target>, schedule: Schedule) -> Vec<Effect> {
    let row = |capture: &Arc<Capture>| {
        let path = state.target_to_show(capture.head.path());
        Row { seq: capture.seq, what: [capture.head.method(), b" ", &path].concat() }
    };
    let rows = captures.iter().map(row).collect();
    let run = state.many.as_ref().map_or(0, |many| many.run) + 1;
    let targets: Arc<[Target]> = targets.into();
    state.many = Some(Box::new(Many::new(run, rows, Arc::clone(&targets), schedule)));
    state.requests.list.hold();
    state.overlays.push(Overlay::Matrix);
    let rows = (0..captures.len()).collect();
    vec![order(state, run, captures, rows, None, targets, schedule)]
}

fn order(
    state: &State,
    run: u64,
    captures: Vec<Arc<Capture>>,
    rows: Vec<usize>,
    each: Option<Arc<[usize]>>,
    targets: Arc<[Target]>,
    schedule: Schedule,
) -> Effect {
    let options = PlanOptions { framing: state.session.framing, ..PlanOptions::default() };
    let sent: Marked = captures.iter().map(|capture| capture.seq).collect();
    let before = before(state, &sent, &targets);
    let ids = state.replays.ids();
    Effect::SendMany(Box::new(Order { run, captures, rows, each, targets, schedule, options, ids, before }))
}

/// The newest answer of each capture from each target, as far as attempts are remembered.
fn before(state: &State, sent: &Marked, targets: &[Target]) -> Vec<(Seq, usize, Attempt)> {
    let names: Vec<String> = targets.iter().map(Target::known_as).collect();
    let answered = |attempt: &&Attempt| matches!(attempt.outcome, Some(Outcome::Replied(_)));
    let of = state.replays.all().filter(answered).filter(|attempt| sent.contains(&attempt.seq));
    // Later ones go in place of earlier ones where these are collected.
    of.filter_map(|attempt| {
        let column = names.iter().position(|name| Some(name) == attempt.to.as_ref())?;
        Some((attempt.seq, column, attempt.clone()))
    })
    .collect()
}

/// Takes in what has come of it.
pub(super) fn told(state: &mut State, told: Told) -> Vec<Effect> {
    let mut effects = Vec::new();
    let is_this = state.many.as_ref().is_some_and(|many| many.run == told.run);
    for ended in told.ended {
        if let Some(many) = state.many.as_deref_mut().filter(|_| is_this) {
            many.ended(&ended);
        }
        let seq = ended.attempt.seq;
        state.replays.record(ended.attempt);
        effects.extend(rematch(state, seq));
    }
    let Some(many) = state.many.as_deref_mut().filter(|_| is_this) else { return effects };
    many.take(told.progress, told.done);
    if told.done && !state.overlays.iter().any(|overlay| matches!(overlay, Overlay::Matrix)) {
        let tone = if many.failures() > 0 { Tone::Bad } else { Tone::Good };
        let words = format!("{}; t shows the results", many.words());
        state.tell(tone, words);
    }
    effects
}

/// A key in the matrix.
pub(super) fn matrix_key(state: &mut State, action: Option<Action>) -> Vec<Effect> {
    let Some(action) = action else { return Vec::new() };
    if let Some(why) = unavailable(state, action) {
        state.tell(Tone::Plain, why);
        return Vec::new();
    }
    let area = state.area;
    let Some(many) = state.many.as_deref_mut() else {
        state.overlays.pop();
        return Vec::new();
    };
    match action {
        // A second one closes it, whatever is still coming to its end.
        Action::Cancel if !many.is_done() && !many.cancelled => {
            many.cancelled = true;
            return vec![Effect::CancelMany];
        }
        Action::Cancel | Action::Results => _ = state.overlays.pop(),
        Action::PauseMany => {
            let pauses = many.phase == Phase::Sending;
            many.phase = if pauses { Phase::Paused } else { Phase::Sending };
            return vec![Effect::PauseMany(pauses)];
        }
        Action::FailedOnly => {
            many.failed_only = !many.failed_only;
            many.at.0 = 0;
            many.top = 0;
        }
        Action::ResendFailed => return resend(state),
        Action::Export => ask_file(state),
        Action::Open => open(state),
        _ => {
            let height = matrix::height(area, many);
            many.act(action, height);
        }
    }
    Vec::new()
}

/// Sends again what has failed, once each.
fn resend(state: &mut State) -> Vec<Effect> {
    let Some(mut many) = state.many.take() else { return Vec::new() };
    let (mut captures, mut rows, mut each, mut gone) = (Vec::new(), Vec::new(), Vec::new(), 0_u64);
    for (row, column) in many.take_failed() {
        let capture = many.rows.get(row).and_then(|row| state.captures.get(row.seq));
        match capture {
            Some(capture) => {
                captures.push(Arc::clone(capture));
                rows.push(row);
                each.push(column);
            }
            None => gone += 1,
        }
    }
    if gone > 0 {
        state.tell(Tone::Bad, format!("{} are not sent, because their requests have left the ring", grouped(gone)));
    }
    many.run += 1;
    many.phase = if captures.is_empty() { Phase::Done } else { Phase::Sending };
    many.cancelled = false;
    let schedule = Schedule { targets: 1, times: 1, twice: false, ..many.schedule };
    let (run, targets) = (many.run, Arc::clone(&many.targets));
    state.many = Some(many);
    if captures.is_empty() {
        return Vec::new();
    }
    vec![order(state, run, captures, rows, Some(each.into()), targets, schedule)]
}

/// The attempt of the selected cell, in the inspector.
fn open(state: &mut State) {
    let Some(many) = state.many.as_deref() else { return };
    let cell = many.selected().and_then(|(row, column)| Some((many.rows.get(row)?.seq, many.cell(row, column)?.last)));
    let Some((seq, Some((.., attempt)))) = cell else {
        state.tell(Tone::Plain, "nothing has been sent there yet");
        return;
    };
    let place = state.requests.list.rows().iter().position(|row| *row == seq);
    let Some(place) = place else {
        state.tell(Tone::Plain, format!("{seq} is not in the list; the filter hides it, or it has left the ring"));
        return;
    };
    if !state.replays.select(attempt) {
        state.tell(Tone::Plain, format!("that attempt of {seq} is not remembered any more; the inbox has it"));
        return;
    }
    state.overlays.retain(|overlay| !matches!(overlay, Overlay::Matrix));
    state.requests.list.select_row(place);
    state.inspector.tab = Tab::Replays;
    focus(state, Pane::Inspector);
}

fn ask_file(state: &mut State) {
    let file = |ending: &str| format!("{FILE}.{ending}");
    let item = |ending: &str, what| Item::new(file(ending), what, Choice::ResultsTo(Place::File(file(ending))));
    let items =
        vec![item("csv", "a file here, for spreadsheets"), item("jsonl", "a file here, one JSON object a line")];
    let choose = Choose::new("Write the results to", "another file…", items).or_file(Choice::ResultsTo(Place::Typed));
    state.overlays.push(Overlay::Choose(Box::new(choose)));
}

/// Begins to write the results; the ending of the file says in which form.
pub(super) fn write(state: &State, place: &Place, typed: &str) -> Vec<Effect> {
    let Some(many) = state.many.as_deref() else { return Vec::new() };
    let name = match place {
        Place::File(name) | Place::Unredacted(name) => name.as_str(),
        Place::Typed | Place::Clipboard => typed.trim(),
    };
    let json = [".json", ".jsonl", ".ndjson"].iter().any(|ending| name.ends_with(ending));
    let text = if json { many.json() } else { many.csv() };
    let results = Results { bytes: text.into(), path: PathBuf::from(name), overwrite: false };
    vec![Effect::Write(Writing::Results(Box::new(results)))]
}

/// The mouse over the matrix.
pub(super) fn click(state: &mut State, column: u16, row: u16) -> Vec<Effect> {
    let area = state.area;
    let Some(many) = state.many.as_deref_mut() else { return Vec::new() };
    if let Some(at) = matrix::row_at(area, many, column, row).filter(|at| *at < many.shown().len()) {
        many.at.0 = at;
    }
    Vec::new()
}
