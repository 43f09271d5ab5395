//! What each action does, and why it cannot be done now.

use std::sync::Arc;

use super::{
    comparing, confirming, copying, deleting, drafting, exporting, filtered, focus, going, many, node, noting, older,
    outside, page_size, quick, rematch, sampling, secrets, tracing,
};
use crate::model::{Capture, Outcome};
use crate::replay::{self, PlanOptions, Target};
use crate::tui::{
    action::{ACTIONS, Action},
    chord::Chord,
    effect::Effect,
    keymap::Context,
    layout,
    message::Tone,
    movement::{Move, around},
    overlays::{Choice, Choose, Copied, Item, Overlay, Read, Reading},
    panes::{
        filter,
        inspector::{self, Tab},
        replays::UNDER_WAY,
    },
    state::{Pane, State},
    widgets::words::ago,
};

/// The capture that an action is about: the selected one in the list, what is shown elsewhere.
pub(super) fn subject(state: &State) -> Option<Arc<Capture>> {
    let selected = || state.requests.list.selected().and_then(|seq| state.captures.get(seq)).cloned();
    match state.focus {
        Pane::Requests => selected(),
        Pane::Inspector | Pane::Replays => state.shown().cloned().or_else(selected),
    }
}

/// Why an action cannot be done now, in a sentence; nothing when it can.
pub fn unavailable(state: &State, action: Action) -> Option<&'static str> {
    match action {
        Action::Edit | Action::EditOutside | Action::Compose => drafting::unavailable(state, action),
        Action::Mark | Action::MarkAll | Action::ReplayMany | Action::Results => many::unavailable(state, action),
        Action::Replay | Action::ReplayTo if subject(state).is_none() => Some("no request is selected to replay"),
        Action::Replay | Action::ReplayTo if state.replays.under_way() >= UNDER_WAY => {
            Some("64 replays are under way; wait for one, or cancel one with esc")
        }
        Action::Pin | Action::Note | Action::Delete | Action::OpenIn | Action::SaveBody if subject(state).is_none() => {
            Some("no request is selected")
        }
        Action::Pin | Action::Delete
            if subject(state).is_some_and(|capture| state.captures.get(capture.seq).is_none()) =>
        {
            Some("this request has left the ring; it is shown until you move on")
        }
        Action::Export if subject(state).is_none() && state.requests.list.rows().is_empty() => {
            Some("there is no request to export")
        }
        Action::SaveBody if subject(state).is_some_and(|capture| capture.body.is_empty()) => {
            Some("this request has no body to save")
        }
        Action::Tries => tracing::unavailable(state),
        Action::Confirm => confirming::unavailable(state),
        Action::DeleteAll if state.captures.is_empty() => Some("there is nothing to delete"),
        Action::CopyUrl if state.session.files.is_some() => {
            Some("nothing is listened to, so there is no URL to give to a sender")
        }
        Action::Copy if state.session.files.is_some() && subject(state).is_none() => Some("no request is selected"),
        Action::ClearFilter | Action::InvertFilter | Action::SaveFilter if !state.filter.is_on() => {
            Some("nothing is filtered")
        }
        Action::Open if state.focus == Pane::Requests && subject(state).is_none() => Some("no request is selected"),
        Action::Search | Action::Jq | Action::NextView | Action::GoTo if state.shown().is_none() => {
            Some("no request is selected")
        }
        Action::Fold | Action::Folding | Action::FoldAll | Action::UnfoldAll
            if state.inspector.page.as_ref().is_some_and(|page| !page.has_cursor()) =>
        {
            Some(inspector::NO_TREE)
        }
        _ => None,
    }
}

/// Does what an action means.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    if let Some(why) = unavailable(state, action) {
        state.tell(Tone::Plain, why);
        return Vec::new();
    }
    match action {
        Action::Replay => match state.replays.current().cloned() {
            Some(target) => return send(state, &target, PlanOptions::default()),
            None => state.overlays.push(targets(state)),
        },
        Action::ReplayTo => state.overlays.push(targets(state)),
        Action::Edit | Action::EditOutside | Action::Compose => return drafting::act(state, action),
        Action::Mark | Action::MarkAll | Action::ReplayMany | Action::Results => return many::act(state, action),
        Action::Compare => return comparing::ask(state),
        Action::Confirm => confirming::ask(state),
        Action::SendSample => state.overlays.push(sampling::samples()),
        Action::Filter => {
            state.focus = Pane::Requests;
            filter::edit(&mut state.filter);
            return vec![Effect::Recognise(state.captures.newest_first().cloned().collect())];
        }
        Action::ClearFilter => {
            let changed = filter::clear(&mut state.filter);
            return filtered(state, changed);
        }
        Action::QuickFilter => state.overlays.push(quick::chooser(state)),
        Action::InvertFilter => return quick::invert(state),
        Action::Note => noting::ask(state),
        Action::SaveFilter => state.overlays.push(quick::ask_name()),
        Action::Copy => state.overlays.push(copying::copies(state)),
        Action::CopyUrl => return copying::copy(state, &Copied::CaptureUrl),
        Action::Export => exporting::formats(state),
        Action::OpenIn => outside::programs(state),
        Action::SaveBody => outside::files(state),
        Action::Pin => return pin(state),
        Action::Delete => return deleting::delete(state),
        Action::DeleteAll => state.overlays.push(deleting::question(state)),
        Action::Open => match state.focus {
            Pane::Requests => focus(state, Pane::Inspector),
            Pane::Inspector => match node::inside(state) {
                Some(overlay) => state.overlays.push(overlay),
                None => return movement(state, Action::Fold),
            },
            Pane::Replays => {
                state.inspector.tab = Tab::Replays;
                focus(state, Pane::Inspector);
            }
        },
        Action::Back => return back(state),
        Action::FocusNext => step_focus(state, 1),
        Action::FocusPrevious => step_focus(state, -1),
        Action::Themes => {
            let items =
                state.session.themes.iter().map(|name| Item::new(name.as_str(), "", Choice::Theme(name.clone())));
            let choose = Choose::new("Theme", "name…", items.collect()).at(&Choice::Theme(state.theme.clone()));
            state.overlays.push(Overlay::Choose(Box::new(choose)));
        }
        Action::FilterByValue => return node::filter_by(state),
        Action::LookInside => match node::inside(state) {
            Some(overlay) => state.overlays.push(overlay),
            None => {
                state.tell(Tone::Plain, "this is what it seems: no JSON, token, Base64, URL encoding or time in it");
            }
        },
        Action::NextDifference => return node::difference(state, true),
        Action::PreviousDifference => return node::difference(state, false),
        Action::Commands => state.overlays.push(commands(state)),
        Action::GoTo => state.overlays.push(going::places()),
        Action::Refusals => state.overlays.push(Overlay::Read(Read::new(Reading::Refusals))),
        Action::Tries => return tracing::open(state),
        Action::Help => state.overlays.push(Overlay::Read(Read::new(Reading::Keys))),
        Action::ShowSecrets | Action::MaskEverywhere => secrets::act(state, action),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Quit if drafting::asks_before_quitting(state) => {}
        Action::Quit => return vec![Effect::Quit],
        _ => return movement(state, action),
    }
    Vec::new()
}

fn step_focus(state: &mut State, by: isize) {
    let at = Pane::ALL.iter().position(|(pane, _)| *pane == state.focus).unwrap_or(0);
    if let Some((pane, _)) = Pane::ALL.get(around(at, by, Pane::ALL.len())) {
        focus(state, *pane);
    }
}

/// Movement, tabs and the search belong to a pane.
fn movement(state: &mut State, action: Action) -> Vec<Effect> {
    let for_inspector = Tab::opened_by(action).is_some()
        || matches!(
            action,
            Action::NextTab
                | Action::PreviousTab
                | Action::NextView
                | Action::Fold
                | Action::Folding
                | Action::FoldAll
                | Action::UnfoldAll
                | Action::FoldTo
                | Action::Parent
                | Action::NextSibling
                | Action::PreviousSibling
                | Action::Unpack
                | Action::WrapLines
                | Action::LineNumbers
                | Action::Escapes
                | Action::Search
                | Action::Jq
                | Action::NextMatch
                | Action::PreviousMatch
        );
    if for_inspector || state.focus == Pane::Inspector {
        state.requests.list.hold();
        if matches!(action, Action::Search | Action::Jq) {
            focus(state, Pane::Inspector);
        }
        let (_, height) = page_size(state);
        if let Err(why) = inspector::act(&mut state.inspector, action, height) {
            state.tell(Tone::Plain, why);
        }
        return Vec::new();
    }
    let layout = layout::layout(state);
    match state.focus {
        Pane::Requests => {
            let rows = layout.requests.map_or(0, |area| layout::list_area(area, false).height);
            return Move::of(action, rows.into()).map_or_else(Vec::new, |to| older::moved(state, to));
        }
        Pane::Replays => {
            let rows = layout.replays.map_or(0, |area| layout::inside(area).height);
            if let Some(seq) = state.shown().map(|capture| capture.seq) {
                state.replays.act(action, seq, rows.into());
            }
        }
        Pane::Inspector => {}
    }
    Vec::new()
}

/// `esc`: the nearest thing that can be taken back.
fn back(state: &mut State) -> Vec<Effect> {
    let shown = state.shown().map(|capture| capture.seq);
    if let Some(attempt) = shown.and_then(|seq| state.replays.cancellable(seq)) {
        return vec![Effect::Cancel(attempt)];
    }
    if state.focus == Pane::Inspector && state.inspector.search.is_on() {
        state.inspector.search.clear();
    } else if state.focus == Pane::Inspector && state.inspector.jq.is_on() {
        state.inspector.jq.clear();
    } else if state.focus != Pane::Requests {
        state.focus = Pane::Requests;
    } else if state.filter.is_on() {
        let changed = filter::clear(&mut state.filter);
        return filtered(state, changed);
    }
    Vec::new()
}

pub(super) fn send(state: &mut State, target: &Target, options: PlanOptions) -> Vec<Effect> {
    let Some(capture) = subject(state) else { return Vec::new() };
    let options = PlanOptions { framing: state.session.framing, ..options };
    let plan = match replay::plan_with(&capture, target, options) {
        Ok(plan) => plan,
        // The only thing that can be allowed, so it is asked for.
        Err(failure) if failure.kind == "truncated" => {
            state.overlays.push(cut_question(&capture, target));
            return Vec::new();
        }
        Err(failure) => {
            state.tell(Tone::Bad, failure.sentence);
            return Vec::new();
        }
    };
    // The outcome lands where the user is looking.
    state.requests.list.hold();
    let id = state.replays.next_id();
    state.replays.begin(plan.attempt(id, state.now));
    if layout::layout(state).replays.is_none() {
        state.tell(Tone::Plain, format!("sending {} to {}…", capture.seq, target.label()));
    }
    vec![Effect::Replay(id, Box::new(plan))]
}

fn cut_question(capture: &Capture, target: &Target) -> Overlay {
    let kept = crate::model::Size(capture.body.len() as u64);
    let why = capture.body.end().sentence().unwrap_or_default();
    let items = vec![
        Item::new("do not send it", why, Choice::Nothing),
        Item::new("send what there is", format!("{kept}, to {}", target.label()), Choice::SendCut),
    ];
    Overlay::Choose(Box::new(Choose::new("Send a body that is not whole?", "", items)))
}

fn pin(state: &mut State) -> Vec<Effect> {
    let Some(capture) = subject(state) else { return Vec::new() };
    let seq = capture.seq;
    let pinned = !state.captures.is_pinned(seq);
    state.captures.set_pinned(seq, pinned);
    let place = if state.captures.is_in_ring(seq) { "ring" } else { "inbox" };
    let words =
        if pinned { format!("{seq} stays in the {place}") } else { format!("{seq} may leave the {place} again") };
    state.tell(Tone::Good, words);
    std::iter::once(Effect::Pin(seq, pinned)).chain(rematch(state, seq)).collect()
}

fn commands(state: &State) -> Overlay {
    let items = ACTIONS.iter().filter(|row| row.listed).map(|row| {
        let key = state.session.keymap.chord(state.context(), row.action).map_or(String::new(), |key| key.to_string());
        Item::new(row.name, format!("{key:>5}  {}", row.help), Choice::Do(row.action))
    });
    Overlay::Choose(Box::new(Choose::new("Commands", "name, or a line: 120", items.collect()).or_place()))
}

fn targets(state: &State) -> Overlay {
    let capture = subject(state);
    let items = state.replays.targets().iter().enumerate().map(|(at, target)| {
        let url = target.url();
        let mut said = vec![String::from_utf8_lossy(&state.target_to_show(url.as_bytes())).into_owned()];
        if state.replays.current() == Some(target) {
            said.push("(where r sends)".to_owned());
        }
        said.push(health(state, target));
        // What a request has of secrets goes along unless it is never to, and that is to be seen before it is sent.
        let goes = |name: &&str| {
            let never = &target.options().never;
            capture.as_ref().is_some_and(|capture| capture.head.header(name).is_some())
                && !never.iter().any(|never| never.eq_ignore_ascii_case(name))
        };
        said.extend(["Authorization", "Cookie"].into_iter().filter(goes).map(|name| format!("sends {name}")));
        said.extend(target.options().words());
        Item::new(target.label(), said.join("  "), Choice::Target(at))
    });
    let all = Item::new("all of them", "and compare what they answer", Choice::AllTargets);
    let items = items.chain((state.replays.targets().len() > 1).then_some(all)).collect();
    let signs = state.replays.targets().iter().map(|target| target.options().sign).collect();
    let key = state.session.keymap.chord(Context::Choose, Action::NextSigning);
    let choose = Choose::new("Replay to", "http://localhost:3000/webhooks", items).or_typed();
    let choose = choose.signing(signs, key);
    let now = state.replays.targets().iter().position(|target| state.replays.current() == Some(target));
    Overlay::Choose(Box::new(choose.at(&Choice::Target(now.unwrap_or(0)))))
}

/// How the last attempt to send anything to a target ended; nothing is sent to find out.
fn health(state: &State, target: &Target) -> String {
    let Some(attempt) = state.replays.last_to(target) else { return "not used yet".to_owned() };
    let what = match &attempt.outcome {
        Some(Outcome::Replied(reply)) => format!("answered {}", reply.status),
        Some(Outcome::Failed(failure)) => failure.kind.to_owned(),
        Some(Outcome::Cancelled) | None => "cancelled".to_owned(),
    };
    format!("{what} {}", ago(attempt.started_at, state.now))
}

/// A key while something is read over the panes.
pub(super) fn reading(state: &mut State, action: Option<Action>) {
    match action {
        Some(Action::Cancel) => _ = state.overlays.pop(),
        Some(action) => {
            let extent = match state.overlays.last() {
                Some(Overlay::Read(read)) => read.extent(state),
                _ => (0, 0),
            };
            match state.overlays.last_mut() {
                Some(Overlay::Read(read)) => read.act(action, extent.0, extent.1),
                Some(Overlay::Inside(inside)) => inside.act(action, state.area),
                _ => {}
            }
        }
        None => {}
    }
}

/// A key in a chooser.
pub(super) fn choosing(state: &mut State, action: Option<Action>, chord: Chord) -> Vec<Effect> {
    let Some(Overlay::Choose(choose)) = state.overlays.last_mut() else { return Vec::new() };
    match action {
        Some(Action::Accept) => return accept(state),
        Some(Action::Cancel) => {
            let was_theme = matches!(choose.choice(), Some(Choice::Theme(_)));
            state.exporting = None;
            state.overlays.pop();
            // The preview ends with the chooser.
            return if was_theme { vec![Effect::Theme(state.theme.clone())] } else { Vec::new() };
        }
        Some(Action::Older) => choose.step(-1),
        Some(Action::Newer) => choose.step(1),
        Some(Action::NextSigning) => choose.next_signing(),
        _ => choose.key(chord),
    }
    match choose.choice() {
        Some(Choice::Theme(name)) => vec![Effect::Theme(name)],
        _ => Vec::new(),
    }
}

/// Takes the selected item.
pub(super) fn accept(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Choose(choose)) = state.overlays.last_mut() else { return Vec::new() };
    let Some(choice) = choose.choice() else { return Vec::new() };
    let sign = choose.sign();
    if choice == Choice::TypedTarget {
        match Target::parse(choose.typed().trim()) {
            Ok(target) => {
                state.overlays.pop();
                let target = state.replays.choose_signing(target, sign);
                return send(state, &target, PlanOptions::default());
            }
            Err(error) => choose.error = Some(error.to_string()),
        }
        return Vec::new();
    }
    let typed = choose.typed().to_owned();
    state.overlays.pop();
    if choice == Choice::Nothing {
        state.exporting = None;
    }
    match choice {
        Choice::ExportAs(format) => {
            exporting::scopes(state, format);
            Vec::new()
        }
        Choice::ExportOf(format, scope) => {
            exporting::places(state, format, scope);
            Vec::new()
        }
        Choice::ExportTo(format, scope, place) => exporting::export(state, format, scope, &place, &typed),
        Choice::ResultsTo(place) => many::write(state, &place, &typed),
        Choice::OpenIn(part, with) => outside::open(state, part, with),
        Choice::Save(what) => {
            outside::places(state, what);
            Vec::new()
        }
        Choice::SaveTo(what, place) => outside::save(state, what, &place, &typed),
        Choice::Overwrite => exporting::overwrite(state),
        Choice::Do(action) => act(state, action),
        Choice::GoTo => going::go_to(state, &typed),
        Choice::Theme(name) => {
            state.theme.clone_from(&name);
            vec![Effect::Theme(name)]
        }
        Choice::Target(at) => match state.replays.targets().get(at).cloned() {
            Some(target) => {
                let target = state.replays.choose_signing(target, sign);
                send(state, &target, PlanOptions::default())
            }
            None => Vec::new(),
        },
        Choice::AllTargets => comparing::to_all(state),
        Choice::Compare(against) => comparing::chosen(state, against),
        Choice::SendCut => match state.replays.current().cloned() {
            Some(target) => send(state, &target, PlanOptions { force: true, ..PlanOptions::default() }),
            None => Vec::new(),
        },
        Choice::Copy(what) => copying::copy(state, &what),
        Choice::DeleteAll => deleting::all(state),
        Choice::QuitAnyway => vec![Effect::Quit],
        Choice::ComposeEmpty | Choice::ComposeOutside | Choice::ComposeFile | Choice::SaveDraft | Choice::DropDraft => {
            drafting::chosen(state, &choice, &typed)
        }
        Choice::Sample(_) | Choice::SampleTo(..) => sampling::chosen(state, &choice),
        Choice::Confirm(seq) => confirming::confirm(state, seq),
        Choice::Narrow(query) => quick::narrow(state, &query),
        Choice::Use(query) => quick::put(state, &query),
        Choice::SaveQuery => quick::save(state, &typed),
        Choice::Note(seq) => noting::write(state, seq, &typed),
        Choice::TakeNote(seq) => noting::write(state, seq, ""),
        Choice::ForgetOne => {
            state.overlays.push(quick::ask_which(state));
            Vec::new()
        }
        Choice::Forget(name) => quick::forget(state, name),
        Choice::TypedTarget | Choice::Nothing => Vec::new(),
    }
}

impl State {
    /// What to press to replay, and where it would go.
    pub fn replay_hint(&self) -> String {
        let key =
            |action| self.session.keymap.chord(Context::Requests, action).map_or(String::new(), |key| key.to_string());
        match self.replays.current() {
            Some(target) => format!(
                "{} sends it to {}, {} to another target",
                key(Action::Replay),
                target.label(),
                key(Action::ReplayTo)
            ),
            None => format!("{} asks for a target and sends it there", key(Action::Replay)),
        }
    }

    /// A command that shows the whole thing working.
    pub fn curl_to_try(&self) -> String {
        format!("curl -d '{{\"hello\":\"creel\"}}' {}/try", self.session.url)
    }
}
