//! How everything changes: one message in, the state after it, and what shall be done outside.
//!
//! The root handles what is global and what crosses panes; each pane changes itself. Nothing here does I/O, reads a clock
//! or waits. After each message the same few things are put right, in [`settle`].

mod acting;
mod comparing;
mod confirming;
mod copying;
mod deleting;
mod drafting;
mod exporting;
mod going;
mod many;
mod mouse;
mod node;
mod noting;
mod older;
mod outside;
mod quick;
mod sampling;
mod secrets;
mod tracing;

use std::collections::{HashMap, VecDeque};

pub use acting::{act, unavailable};
pub use drafting::Unread;

use super::{
    chord::Chord,
    effect::Effect,
    keymap::Context,
    layout,
    message::{Message, Tone},
    overlays::{Overlay, matrix},
    panes::{
        filter::{self, Changed},
        inspector::{self, Shown},
    },
    state::{Pane, State},
    verdicts,
};
use crate::model::{Attempt, Outcome, Seq};
use crate::provider;
use crate::store::{Changes, Forwarded};

/// How many of the newest captures are looked through for completing a query.
const GATHERED: usize = 1_000;

/// Takes in what has happened.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let selected = state.requests.list.selected();
    // What arrives moves nothing under the reader; a draft is what the user asked for.
    let follows_user = !matches!(message, Message::Changed(_)) || state.drafted.is_some();
    let mut effects = match message {
        Message::Key(chord) => key(state, chord),
        Message::Paste(text) => paste(state, &text),
        Message::Mouse(mouse) => mouse::mouse(state, mouse),
        Message::Resized(width, height) => {
            (state.area.width, state.area.height) = (width, height);
            Vec::new()
        }
        Message::Tick(now) => tick(state, now),
        Message::Changed(changes) => changed(state, &changes),
        Message::Gathered(seen) => {
            filter::saw(&mut state.filter, seen);
            Vec::new()
        }
        Message::Looked(looked) => older::looked(state, *looked),
        Message::Matched(mut matched) => {
            // Some may have left meanwhile.
            matched.results.retain(|(seq, yes)| !yes || state.captures.get(*seq).is_some());
            filter::matched(&mut state.filter, &mut state.requests.list, matched);
            Vec::new()
        }
        Message::Decoded(key, result) => {
            let (_, height) = page_size(state);
            inspector::decoded(&mut state.inspector, &key, result, height).into_iter().collect()
        }
        Message::Judged(_) | Message::Explained(..) | Message::Masked(..) => known_of(state, message),
        Message::Wrapped(key, rows) => {
            inspector::wrapped(&mut state.inspector, &key, rows);
            Vec::new()
        }
        Message::Graphics(_) | Message::Painted(..) => {
            inspector::drawn_in_pixels(&mut state.inspector, message);
            Vec::new()
        }
        Message::Compared(key, before, found) => {
            node::compared(state, &key, before, found);
            Vec::new()
        }
        Message::Differed(ticket, found) => comparing::differed(state, ticket, found),
        Message::Applied(key, generation, result) => {
            inspector::applied(&mut state.inspector, &key, generation, result);
            Vec::new()
        }
        Message::Searched(key, needle, found) => {
            let (_, height) = page_size(state);
            inspector::searched(&mut state.inspector, &key, &needle, found, height);
            Vec::new()
        }
        Message::Traced(found) => tracing::traced(state, found),
        Message::Tried(seq, tries) => tracing::tried(state, seq, tries),
        Message::Attempted(id, duration, outcome, sent) => {
            let ended = state.replays.end(id, duration, outcome, sent.map(|sent| *sent));
            match ended.cloned() {
                Some(attempt) => attempted(state, attempt),
                None => Vec::new(),
            }
        }
        Message::Sent(told) => many::told(state, *told),
        Message::Prepared(outside) => vec![Effect::HandOver(outside)],
        Message::CameBack(back, came) => drafting::came_back(state, back, came),
        Message::Composed(what, read) => drafting::composed(state, &what, read.map(|read| *read)),
        Message::Drafted(seq) => drafting::kept(state, seq),
        Message::Outgoing(seq, plan, words) => drafting::goes(state, seq, plan, words),
        Message::Exists(writing) => {
            exporting::ask(state, writing);
            Vec::new()
        }
        Message::Restored(attempts, notes) => {
            let own = std::mem::replace(&mut state.notes, notes);
            state.notes.extend(own);
            let seqs: Vec<Seq> = attempts.iter().map(|attempt| attempt.seq).collect();
            state.replays.restore(attempts);
            let again = seqs.into_iter().filter_map(|seq| rematch(state, seq));
            again.chain([Effect::TraceInbox]).collect()
        }
        Message::NotPinned(seq, why) => {
            state.captures.set_pinned(seq, false);
            state.tell(Tone::Bad, why);
            Vec::new()
        }
        Message::Loaded(odd) => {
            state.loading = false;
            state.session.warnings.extend(odd);
            Vec::new()
        }
        Message::Told(tone, text) => {
            state.tell(tone, text);
            Vec::new()
        }
    };
    drafting::select(state);
    effects.extend(older::settle(state));
    if let Some(wanted) = filter::wants(&mut state.filter) {
        effects.push(Effect::Gather(wanted, state.with_facts(state.captures.newest_first().take(GATHERED))));
    }
    show_selected(state, follows_user, selected);
    effects.extend(settle(state));
    effects
}

/// The inspector shows what is selected, unless that only came to be so because something arrived or left.
fn show_selected(state: &mut State, follows_user: bool, selected: Option<Seq>) {
    let list = &state.requests.list;
    if list.is_following() || state.inspector.shown.is_none() || (follows_user && list.selected() != selected) {
        let shown = list.selected().and_then(|seq| state.captures.get(seq)).cloned();
        state.inspector.show(shown);
    }
}

/// Takes in what was found out about captures.
fn known_of(state: &mut State, message: Message) -> Vec<Effect> {
    match message {
        Message::Judged(found) => state.verdicts.judged(found),
        Message::Explained(seq, report) => state.verdicts.reported(seq, report),
        Message::Masked(seq, masked) => inspector::masked(&mut state.inspector, seq, masked),
        _ => {}
    }
    Vec::new()
}

/// What is true after every message: the selected rows are in sight, what the screen shows is recognised, and the
/// inspector has its page.
pub fn settle(state: &mut State) -> Vec<Effect> {
    let layout = layout::layout(state);
    let rows = layout.requests.map_or(0, |area| layout::list_area(area, state.filter.is_editing()).height);
    state.requests.keep_in_sight(rows.into());
    let rows = layout.replays.map_or(0, |area| layout::inside(area).height);
    state.replays.keep_in_sight(state.shown().map(|capture| capture.seq), rows.into());
    recognise(state, layout.requests.map_or(0, |area| area.height).into());
    match state.overlays.last_mut() {
        Some(Overlay::Inside(inside)) => inside.lay(state.area),
        Some(Overlay::Compare(comparing)) => comparing.lay(state.area),
        _ => {}
    }
    if let Some(many) = &mut state.many {
        many.keep_in_sight(matrix::height(state.area, many));
    }
    if let (Some(editor), Some(pane)) = (&mut state.editor, layout.inspector) {
        editor.lay(pane);
    }
    let size = page_size(state);
    state.inspector.mark(&state.filter.marks);
    find_origin(state);
    let (hint, secrets, confirm) = (state.replay_hint(), secrets::hint(state), confirming::hint(state));
    let mut effects = verdicts::wanted(state);
    let State { inspector, replays, session, known, mask, verdicts, .. } = state;
    let capture = inspector.shown.clone();
    let shown = capture.as_ref().map(|capture| Shown {
        capture,
        attempt: replays.selected_of(capture.seq),
        zone: &session.zone,
        replay_hint: &hint,
        confirm_hint: &confirm,
        provider: known.get(&capture.seq).and_then(Option::as_ref).map(|known| known.provider),
        report: verdicts.report(capture.seq).map(|report| report.map(AsRef::as_ref)),
        redaction: &session.redaction,
        mask: *mask,
        secrets_hint: &secrets,
    });
    effects.extend(inspector::refresh(inspector, shown, size));
    effects
}

/// Width and height of the inspector's page. Where the pane is hidden it is laid out as if it were not, so that opening it
/// shows it at once.
fn page_size(state: &State) -> (usize, usize) {
    let area = layout::layout(state)
        .inspector
        .unwrap_or(ratatui::layout::Rect { height: state.area.height.saturating_sub(3), ..state.area });
    let page = layout::page_area(area, state.inspector.is_typing());
    (page.width.max(1).into(), page.height.into())
}

/// Finds the number of what the shown draft was made of, once for each that is shown.
fn find_origin(state: &mut State) {
    let shown = state.shown().filter(|capture| capture.origin.is_some());
    let Some((seq, of)) = shown.map(|draft| (draft.seq, draft.origin.and_then(|origin| origin.of))) else {
        state.origin = None;
        return;
    };
    if state.origin.is_none_or(|(known, _)| known != seq) {
        // Drafts are made soon after what they are made of.
        let origin = state.captures.newest_first().find(|capture| Some(capture.id) == of);
        state.origin = Some((seq, origin.map(|capture| capture.seq)));
    }
}

/// Finds out who sent the captures in sight; what is out of sight is forgotten, so this never grows.
fn recognise(state: &mut State, height: usize) {
    let list = &state.requests.list;
    let first = state.requests.top.min(list.rows().len());
    let visible = list.rows().range(first..).take(height).copied().chain(state.shown().map(|capture| capture.seq));
    let mut known: HashMap<Seq, _> = HashMap::with_capacity(height + 1);
    for seq in visible {
        let recognition = match state.known.remove(&seq) {
            Some(recognition) => recognition,
            None => {
                let shown = state.shown().filter(|capture| capture.seq == seq);
                shown.or_else(|| state.captures.get(seq)).and_then(|capture| provider::recognise(capture))
            }
        };
        known.insert(seq, recognition);
    }
    state.known = known;
}

/// How often a filter that asks for ages is looked at again, in ticks.
const AGEING: i64 = 5;

fn tick(state: &mut State, now: jiff::Timestamp) -> Vec<Effect> {
    state.now = now;
    older::tick(state);
    state.rate.tick(state.captures.stats().received);
    if let Some(notice) = &mut state.notice {
        notice.ticks = notice.ticks.saturating_sub(1);
        if notice.ticks == 0 {
            state.notice = None;
        }
    }
    // Ages pass without anything arriving.
    if now.as_second() % AGEING == 0
        && state.filter.query.asks_about("age")
        && !state.filter.is_working()
        && !state.older.is_looking()
    {
        return match_all(state);
    }
    Vec::new()
}

fn changed(state: &mut State, changes: &Changes) -> Vec<Effect> {
    let parted = older::is_parted(state);
    let State { requests, captures, .. } = state;
    let list = &requests.list;
    let gone = captures.apply(changes, list.selected(), |seq| list.contains(seq));
    let mut effects = Vec::new();
    if state.filter.is_on() {
        state.requests.still(|list| list.forget(&gone));
        let older = changes.older.iter().map(|(capture, _)| capture);
        let among = state.with_facts(older.chain(&changes.new));
        if !among.is_empty() {
            filter::asked(&mut state.filter, among.iter().map(|(capture, _)| capture.seq));
            effects.push(matching(state, among, false));
        }
    } else {
        state.requests.still(|list| {
            list.prepend(changes.older.iter().map(|(capture, _)| capture.seq).collect());
            for capture in &changes.new {
                list.add(capture.seq);
            }
            list.forget(&gone);
        });
    }
    if !gone.is_empty() {
        state.marked.retain(|seq| state.captures.get(*seq).is_some());
    }
    state.requests.list.settle();
    older::tell_parted(state, parted);
    let came: Vec<_> = changes.older.iter().map(|(capture, _)| capture).chain(&changes.new).cloned().collect();
    if !came.is_empty() {
        effects.push(Effect::Trace(came));
    }
    effects.extend(forwarded(state, &changes.forwarded));
    effects
}

/// Takes in what happened to captures that are forwarded.
fn forwarded(state: &mut State, events: &[Forwarded]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for event in events {
        let seq = match event {
            Forwarded::Attempt(attempt) => {
                state.replays.forwarded(attempt.as_ref().clone());
                attempt.seq
            }
            Forwarded::Answered(seq) => {
                inspector::answered(&mut state.inspector, *seq);
                *seq
            }
        };
        effects.extend(rematch(state, seq));
    }
    effects
}

fn matching(
    state: &State,
    among: Vec<(std::sync::Arc<crate::model::Capture>, crate::query::Facts)>,
    anew: bool,
) -> Effect {
    Effect::Match { generation: state.filter.generation(), query: state.filter.query.clone(), among, anew }
}

/// Makes the list anew after the query changed.
pub(super) fn filtered(state: &mut State, changed: Changed) -> Vec<Effect> {
    if changed == Changed::No {
        return Vec::new();
    }
    let mut effects = older::filtered(state);
    if let Some(among) = filter::narrowed(&state.filter, &state.requests.list) {
        let among = state.with_facts(among.iter().rev().filter_map(|seq| state.captures.get(*seq)));
        filter::begin(&mut state.filter, among.len());
        effects.push(matching(state, among, true));
    } else if state.filter.is_on() {
        effects.extend(match_all(state));
    } else {
        filter::finish(&mut state.filter);
        let mut rows: VecDeque<Seq> = state.captures.newest_first().map(|capture| capture.seq).collect();
        rows.make_contiguous().reverse();
        state.requests.list.replace(rows);
        state.requests.list.settle();
        // An empty batch ends the work for the query before.
        effects.push(matching(state, Vec::new(), true));
    }
    effects
}

fn match_all(state: &mut State) -> Vec<Effect> {
    let among = state.with_facts(state.captures.newest_first());
    filter::begin(&mut state.filter, among.len());
    vec![matching(state, among, true)]
}

/// Looks again whether one capture matches, after something about it changed that a query can ask for.
pub(super) fn rematch(state: &mut State, seq: Seq) -> Option<Effect> {
    let capture = state.captures.get(seq).filter(|_| state.filter.is_on())?;
    let among = state.with_facts(std::iter::once(capture));
    filter::asked(&mut state.filter, std::iter::once(seq));
    Some(matching(state, among, false))
}

fn attempted(state: &mut State, attempt: Attempt) -> Vec<Effect> {
    let seq = attempt.seq;
    // What is on the screen needs no notice besides.
    let in_sight = layout::layout(state).replays.is_some() && state.shown().is_some_and(|capture| capture.seq == seq);
    if !in_sight {
        let (tone, words) = outcome_words(state, &attempt);
        state.tell(tone, words);
    }
    let keep = Effect::Keep(Box::new(attempt));
    std::iter::once(keep).chain(rematch(state, seq)).collect()
}

fn outcome_words(state: &State, attempt: &Attempt) -> (Tone, String) {
    match &attempt.outcome {
        Some(Outcome::Replied(reply)) => {
            let tone = if reply.status < 400 { Tone::Good } else { Tone::Bad };
            let target = state.target_to_show(attempt.target.as_bytes());
            (tone, format!("{} answered {} by {}", attempt.seq, reply.status, String::from_utf8_lossy(&target)))
        }
        Some(Outcome::Failed(failure)) => (Tone::Bad, failure.sentence.clone()),
        _ => (Tone::Plain, format!("the replay of {} was cancelled", attempt.seq)),
    }
}

fn key(state: &mut State, chord: Chord) -> Vec<Effect> {
    let context = state.context();
    let action = state.session.keymap.action(context, chord);
    // A notice was read when the next key comes; the same key may bring the next one.
    state.notice = None;
    match context {
        Context::Filter => {
            let changed = filter::key(&mut state.filter, action, chord);
            filtered(state, changed)
        }
        Context::Search => {
            state.inspector.search_key(action, chord);
            Vec::new()
        }
        Context::Folds => {
            let (_, height) = page_size(state);
            if let Err(why) = inspector::fold_key(&mut state.inspector, action, chord, height) {
                state.tell(Tone::Plain, why);
            }
            Vec::new()
        }
        Context::Jq => {
            inspector::jq_key(&mut state.inspector, action, chord);
            Vec::new()
        }
        Context::Editor => drafting::key(state, action, chord),
        Context::Choose => acting::choosing(state, action, chord),
        Context::Form => many::form_key(state, action, chord),
        Context::Results => many::matrix_key(state, action),
        Context::Compare => comparing::key(state, action),
        Context::Help => {
            acting::reading(state, action);
            Vec::new()
        }
        _ => match action {
            Some(action) => act(state, action),
            None => quick::by_key(state, chord),
        },
    }
}

fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    match state.context() {
        Context::Filter => {
            let changed = filter::paste(&mut state.filter, text);
            return filtered(state, changed);
        }
        Context::Search => state.inspector.search_paste(text),
        Context::Jq => inspector::jq_paste(&mut state.inspector, text),
        Context::Editor => drafting::paste(state, text),
        Context::Choose if drafting::takes_requests(state.overlays.last()) && drafting::is_request(text) => {
            state.overlays.pop();
            drafting::pasted(state, text);
        }
        Context::Choose => {
            if let Some(Overlay::Choose(choose)) = state.overlays.last_mut() {
                choose.paste(text);
            }
        }
        Context::Requests | Context::Inspector | Context::Replays if drafting::pasted(state, text) => {}
        _ => state.tell(Tone::Plain, "there is nothing to paste into, and it is no curl command; / filters"),
    }
    Vec::new()
}

/// Gives a pane the focus. Whoever goes to read stops following the newest.
pub(super) fn focus(state: &mut State, pane: Pane) {
    state.focus = pane;
    if pane != Pane::Requests {
        state.requests.list.hold();
    }
}
