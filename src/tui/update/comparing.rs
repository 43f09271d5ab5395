//! Comparing: what the selected request or attempt can be compared with, and sending one request to all targets, which is
//! mostly done to compare what they answer.

use std::sync::Arc;

use super::{acting, node};
use crate::diff::Comparison;
use crate::model::{Attempt, AttemptId, Capture, Printable};
use crate::tui::{
    action::Action,
    comparing::{Matter, Side, Wanted},
    effect::Effect,
    keymap::Context,
    message::Tone,
    overlays::{Against, Choice, Choose, Comparing, Item, Overlay},
    panes::inspector::Tab,
    state::{Pane, State},
    widgets::words::clock,
};

/// How many other requests are offered.
const OFFERED: usize = 300;

/// What there can be chosen between, for the request or the attempt that is selected; or why there is nothing.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    let Some(capture) = acting::subject(state) else {
        state.tell(Tone::Plain, "no request is selected to compare");
        return Vec::new();
    };
    let mut items = requests(state, &capture);
    let attempts = attempts(state, &capture);
    // What one is looking at comes first.
    let at_attempts =
        state.focus == Pane::Replays || state.focus == Pane::Inspector && state.inspector.tab == Tab::Replays;
    let at = if at_attempts || state.sent_to_all == Some(capture.seq) { 0 } else { items.len().min(1) };
    items.splice(at..at, attempts);
    if items.is_empty() {
        let key =
            |action| state.session.keymap.chord(Context::Requests, action).map_or(String::new(), |key| key.to_string());
        let seq = capture.seq;
        state.tell(
            Tone::Plain,
            format!(
                "there is nothing to compare {seq} with: no other request is here, and {} has not sent it anywhere yet",
                key(Action::Replay)
            ),
        );
        return Vec::new();
    }
    let choose = Choose::new("Compare with", "number, method, path…", items);
    state.overlays.push(Overlay::Choose(Box::new(choose)));
    Vec::new()
}

fn item(label: impl Into<Vec<u8>>, detail: impl Into<Vec<u8>>, against: Against) -> Item {
    Item::new(label, detail, Choice::Compare(against))
}

/// Other requests: the one before of the same kind first, then those of the list, newest first.
fn requests(state: &State, capture: &Arc<Capture>) -> Vec<Item> {
    let before = node::earlier(state, capture);
    let words = |other: &Capture| {
        let time = clock(other.received_at, &state.session.zone);
        let method = String::from_utf8_lossy(other.head.method()).into_owned();
        let target = state.target_to_show(other.head.target());
        format!("{time}  {method} {}", String::from_utf8_lossy(&target))
    };
    let mut items = Vec::new();
    if let Some(before) = &before {
        let label = format!("{}, the one before of this kind", before.seq);
        items.push(item(label, words(before), Against::Capture(before.seq)));
    }
    let rows = state
        .requests
        .list
        .rows()
        .iter()
        .rev()
        .filter(|seq| **seq != capture.seq && before.as_ref().is_none_or(|before| before.seq != **seq));
    let others = rows.filter_map(|seq| state.captures.get(*seq)).take(OFFERED);
    items.extend(others.map(|other| item(other.seq.to_string(), words(other), Against::Capture(other.seq))));
    items
}

/// What the selected attempt of a request can be compared with.
fn attempts(state: &State, capture: &Arc<Capture>) -> Vec<Item> {
    let Some(own) = state.replays.selected_of(capture.seq) else { return Vec::new() };
    let all: Vec<&Attempt> = state.replays.of(capture.seq).collect();
    let number = |attempt: &Attempt| all.iter().position(|other| other.id == attempt.id).map_or(0, |at| at + 1);
    let detail = |attempt: &Attempt| {
        let status = attempt.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        format!("{status}  {}  {}", clock(attempt.started_at, &state.session.zone), to(state, attempt))
    };
    let name = format!("attempt {}", number(own));
    let mut items = Vec::new();
    let before = all.iter().rev().find(|other| other.id < own.id && other.to == own.to);
    if let Some(before) = before {
        let label = format!("{name}: with attempt {}, the one before", number(before));
        items.push(item(label, detail(before), Against::Attempts(before.id, own.id)));
    }
    // The last of each other target.
    let mut seen: Vec<&Option<String>> = vec![&own.to];
    for other in all.iter().rev().filter(|other| other.id != own.id) {
        if before.is_some_and(|before| before.id == other.id) {
            continue;
        }
        let fresh = !seen.contains(&&other.to);
        seen.push(&other.to);
        let what = if fresh { " (other target)" } else { "" };
        let label = format!("{name}: with attempt {}{what}", number(other));
        let (old, new) = if other.id < own.id { (other.id, own.id) } else { (own.id, other.id) };
        let at = match fresh {
            // That is what it was sent to all of them for.
            true if state.sent_to_all == Some(capture.seq) => 0,
            true => items.len().min(1),
            false => items.len(),
        };
        items.insert(at, item(label, detail(other), Against::Attempts(old, new)));
    }
    let answered = format!("{}  {}", capture.answer.status, "what the sender got");
    let place = items.len().min(1);
    items.insert(place, item(format!("{name}: with the original answer"), answered, Against::Original(own.id)));
    let sent = "header lines, framing and body on the wire";
    items.insert(place + 1, item(format!("{name}: what was sent, with what came"), sent, Against::Sent(own.id)));
    items
}

/// Where an attempt went, as it may be shown.
fn to(state: &State, attempt: &Attempt) -> String {
    let target = attempt.to.as_ref().unwrap_or(&attempt.target);
    String::from_utf8_lossy(&state.target_to_show(target.as_bytes())).into_owned()
}

/// Begins to compare what was chosen.
pub(super) fn chosen(state: &mut State, against: Against) -> Vec<Effect> {
    let Some(capture) = acting::subject(state) else { return Vec::new() };
    let made = wanted(state, &capture, against);
    let (matter, labels) = match made {
        Ok(made) => made,
        Err(why) => {
            state.tell(Tone::Plain, why);
            return Vec::new();
        }
    };
    begin(state, matter, labels)
}

/// Begins to compare these; the overlay is there at once.
pub(super) fn begin(state: &mut State, matter: Matter, labels: [String; 2]) -> Vec<Effect> {
    state.requests.list.hold();
    state.comparisons += 1;
    let ticket = state.comparisons;
    // One comparison takes the place of another.
    if matches!(state.overlays.last(), Some(Overlay::Compare(_))) {
        state.overlays.pop();
    }
    state.overlays.push(Overlay::Compare(Box::new(Comparing::new(ticket, labels.clone(), state.compare_ways))));
    vec![Effect::Differ(Box::new(Wanted {
        ticket,
        matter,
        labels,
        ignored: state.session.ignored.clone(),
        redaction: state.session.redaction.clone(),
        mask: state.mask,
    }))]
}

fn wanted(state: &State, capture: &Arc<Capture>, against: Against) -> Result<(Matter, [String; 2]), &'static str> {
    const GONE: &str = "that request has left the ring meanwhile; choose another";
    const FORGOTTEN: &str = "that attempt is not remembered any more; choose another";
    let request = |capture: &Capture| {
        let (method, target) = (capture.head.method(), state.target_to_show(capture.head.target()));
        let words = [method, b" ", &target].concat();
        let time = clock(capture.received_at, &state.session.zone);
        format!("{} {} {time}", capture.seq, Printable::limited(&words, 60))
    };
    let outcome = |attempt: &Attempt| {
        let number = state.replays.of(attempt.seq).position(|other| other.id == attempt.id).map_or(0, |at| at + 1);
        let time = clock(attempt.started_at, &state.session.zone);
        format!("{} attempt {number} {} {time}", attempt.seq, to(state, attempt))
    };
    let attempt = |id: AttemptId| {
        let found = state.replays.of(capture.seq).find(|attempt| attempt.id == id);
        found.map(|attempt| Box::new(attempt.clone())).ok_or(FORGOTTEN)
    };
    Ok(match against {
        Against::Capture(seq) => {
            let other = state.captures.get(seq).ok_or(GONE)?;
            let (old, new) = if seq < capture.seq { (other, capture) } else { (capture, other) };
            let sides = (Side::Request(Arc::clone(old)), Side::Request(Arc::clone(new)));
            (Matter::Messages(sides.0, sides.1), [request(old), request(new)])
        }
        Against::Original(id) => {
            let attempt = attempt(id)?;
            let labels = [format!("{} the answer to its sender", capture.seq), outcome(&attempt)];
            (Matter::Messages(Side::Answer(Arc::clone(capture)), Side::Outcome(attempt)), labels)
        }
        Against::Attempts(old, new) => {
            let (old, new) = (attempt(old)?, attempt(new)?);
            let labels = [outcome(&old), outcome(&new)];
            (Matter::Messages(Side::Outcome(old), Side::Outcome(new)), labels)
        }
        Against::Sent(id) => {
            let attempt = attempt(id)?;
            if attempt.outcome.is_none() {
                return Err("that attempt is still under way; compare it when it has ended");
            }
            let labels = [format!("{} as it came", request(capture)), format!("as sent by {}", outcome(&attempt))];
            (Matter::Sent(attempt), labels)
        }
    })
}

/// Takes what came of a comparison, wherever its overlay lies.
pub(super) fn differed(state: &mut State, ticket: u64, found: Result<Box<Comparison>, String>) -> Vec<Effect> {
    let overlay = state.overlays.iter_mut().rev().find_map(|overlay| match overlay {
        Overlay::Compare(comparing) => Some(comparing),
        _ => None,
    });
    if let Some(comparing) = overlay {
        comparing.take(ticket, found, state.area);
    }
    Vec::new()
}

/// A key over a comparison.
pub(super) fn key(state: &mut State, action: Option<Action>) -> Vec<Effect> {
    let Some(Overlay::Compare(comparing)) = state.overlays.last_mut() else { return Vec::new() };
    match action {
        Some(Action::Cancel) => {
            state.overlays.pop();
            return vec![Effect::StopDiffering];
        }
        Some(Action::Compare) => return ask(state),
        Some(action) => state.compare_ways = comparing.act(action, state.area),
        None => {}
    }
    Vec::new()
}

/// Sends a request to every target that is known.
pub(super) fn to_all(state: &mut State) -> Vec<Effect> {
    let targets = state.replays.targets().to_vec();
    let mut effects = Vec::new();
    for target in &targets {
        if acting::unavailable(state, Action::Replay).is_some() {
            break;
        }
        effects.extend(acting::send(state, target, crate::replay::PlanOptions::default()));
        // A question is asked once.
        if matches!(state.overlays.last(), Some(Overlay::Choose(_))) {
            return effects;
        }
    }
    let sent = effects.len();
    state.sent_to_all = acting::subject(state).filter(|_| sent > 1).map(|capture| capture.seq);
    let key =
        state.session.keymap.chord(Context::Requests, Action::Compare).map_or(String::new(), |key| key.to_string());
    if sent > 0 {
        state
            .tell(Tone::Plain, format!("sent to {sent} of {} targets; {key} compares what they answer", targets.len()));
    }
    effects
}
