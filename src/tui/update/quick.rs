//! Filters that need no typing: made of the selected request, turned around, saved, and used by name.

use super::{acting::subject, filtered};
use crate::model::{Capture, printable::needs_escape};
use crate::provider;
use crate::query::Query;
use crate::tui::{
    action::Action,
    chord::Chord,
    effect::Effect,
    keymap::Context,
    message::Tone,
    overlays::{Choice, Choose, Item, Overlay},
    panes::filter,
    saved::{Saved, wrong_name},
    state::{Pane, State},
};

/// The longest value that is filtered by, in bytes.
const LONGEST: usize = 512;

/// What is said where a name is asked for.
const NAME: &str = "a name for it…";

/// Filters by a click: of the selected request first, then those that hold for any, then those with a name.
pub(super) fn chooser(state: &State) -> Overlay {
    let mut items = Vec::new();
    if let Some(capture) = subject(state) {
        items.extend(of_capture(&capture).into_iter().map(|(label, query)| {
            let query = query.to_string();
            Item::new(label, query.clone(), Choice::Narrow(query))
        }));
    }
    for (label, query) in [
        ("failed only", "status:>=400 or failed:true"),
        ("pinned only", "pinned:true"),
        ("the last 5 minutes", "age:<5m"),
        ("the last hour", "age:<1h"),
    ] {
        items.push(Item::new(label, query, Choice::Narrow(query.to_owned())));
    }
    let key =
        |action| state.session.keymap.chord(Context::Requests, action).map_or(String::new(), |key| key.to_string());
    if state.filter.is_on() {
        let inverted = state.filter.query.clone().inverted().to_string();
        let detail = format!("{:>2}  {inverted}", key(Action::InvertFilter));
        items.push(Item::new("invert the filter", detail, Choice::Do(Action::InvertFilter)));
        let detail = format!("{:>2}  keep it under a name", key(Action::SaveFilter));
        items.push(Item::new("save the filter as…", detail, Choice::Do(Action::SaveFilter)));
    }
    for saved in &state.filter.saved {
        let key = saved.key.map_or(String::new(), |key| format!("{key:>2}  "));
        items.push(Item::new(saved.name.as_str(), format!("{key}{}", saved.query), Choice::Use(saved.query.clone())));
    }
    if state.filter.saved.iter().any(|saved| !saved.fixed) {
        items.push(Item::new("forget a saved query…", "", Choice::ForgetOne));
    }
    Overlay::Choose(Box::new(Choose::new("Filter", "provider, event, failed, or the name of a saved query…", items)))
}

/// What a capture can be told from others by, as far as it has it and it can be typed.
fn of_capture(capture: &Capture) -> Vec<(&'static str, Query)> {
    let known = provider::recognise(capture);
    let essence = capture.head.header("content-type").unwrap_or_default();
    let essence = essence.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let is = |field, value: &[u8]| Query::is(field, typed(value)?);
    let has = |field, value: &[u8]| Query::has(field, typed(value)?);
    let mut queries = vec![
        ("this provider", known.as_ref().and_then(|known| is("provider", known.provider.name.as_bytes()))),
        ("this event", known.as_ref().and_then(|known| is("event", known.event.as_deref()?))),
        ("this path", is("path", capture.head.path())),
        ("this method", is("method", capture.head.method())),
        ("this type", has("type", essence)),
        ("this delivery and its retries", known.as_ref().and_then(|known| is("delivery", known.delivery.as_deref()?))),
    ];
    // The port is another for each connection.
    let sender = capture.remote.map(|remote| match remote.ip() {
        std::net::IpAddr::V4(ip) => format!("remote:{ip}:*"),
        std::net::IpAddr::V6(ip) => format!("remote:[{ip}]:*"),
    });
    queries.push(("this sender", sender.and_then(|sender| Query::parse(&sender).ok())));
    let class = format!("status:{}xx", capture.answer.status / 100);
    queries.push(("answered like this", Query::parse(&class).ok()));
    queries.into_iter().filter_map(|(label, query)| Some((label, query?))).collect()
}

/// A value as text that can be typed and shown as it is.
fn typed(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    (!text.is_empty() && text.len() <= LONGEST && !text.contains(needs_escape)).then_some(text)
}

/// Asks for more than the filter does already.
pub(super) fn narrow(state: &mut State, query: &str) -> Vec<Effect> {
    let Ok(query) = Query::parse(query) else { return Vec::new() };
    let both = state.filter.query.clone().and(query).to_string();
    put(state, &both)
}

/// Puts a query into force in place of the filter.
pub(super) fn put(state: &mut State, query: &str) -> Vec<Effect> {
    let changed = filter::set(&mut state.filter, query);
    filter::keep(&mut state.filter);
    state.focus = Pane::Requests;
    filtered(state, changed)
}

/// Shows what the filter hides and hides what it shows.
pub(super) fn invert(state: &mut State) -> Vec<Effect> {
    let inverted = state.filter.query.clone().inverted().to_string();
    put(state, &inverted)
}

/// Asks for the name to save the filter under.
pub(super) fn ask_name() -> Overlay {
    Overlay::Choose(Box::new(Choose::new("Save the filter as", NAME, Vec::new()).or_name(Choice::SaveQuery)))
}

/// Saves the filter under a name.
pub(super) fn save(state: &mut State, name: &str) -> Vec<Effect> {
    let name = name.trim();
    let fixed = state.filter.saved.iter().any(|saved| saved.fixed && saved.name == name);
    let why = if fixed { Some("the configuration has a query of that name") } else { wrong_name(name) };
    if let Some(why) = why {
        state.tell(Tone::Bad, format!("not saved: {why}"));
        return Vec::new();
    }
    let query = state.filter.query.to_string();
    let saved = Saved { name: name.to_owned(), query: query.clone(), key: None, fixed: false };
    let again = match state.filter.saved.iter_mut().find(|saved| saved.name == name) {
        Some(own) => {
            *own = saved;
            true
        }
        None => {
            state.filter.saved.push(saved);
            false
        }
    };
    let words = if again { ", in place of the one before" } else { "" };
    let key = state.session.keymap.chord(Context::Requests, Action::QuickFilter);
    let key = key.map_or(String::new(), |key| format!("; {key} offers it"));
    state.tell(Tone::Good, format!("the filter is saved as {name}{words}{key}"));
    vec![Effect::SaveQuery(name.to_owned(), Some(query))]
}

/// Asks which of the saved queries to forget.
pub(super) fn ask_which(state: &State) -> Overlay {
    let own = state.filter.saved.iter().filter(|saved| !saved.fixed);
    let items =
        own.map(|saved| Item::new(saved.name.as_str(), saved.query.as_str(), Choice::Forget(saved.name.clone())));
    Overlay::Choose(Box::new(Choose::new("Forget which saved query?", "name…", items.collect())))
}

/// Forgets a saved query.
pub(super) fn forget(state: &mut State, name: String) -> Vec<Effect> {
    state.filter.saved.retain(|saved| saved.fixed || saved.name != name);
    state.tell(Tone::Good, format!("{name} is forgotten"));
    vec![Effect::SaveQuery(name, None)]
}

/// The query that a key stands for, where it means no action.
pub(super) fn by_key(state: &mut State, chord: Chord) -> Vec<Effect> {
    let query = state.filter.saved.iter().find(|saved| saved.key == Some(chord)).map(|saved| saved.query.clone());
    query.map_or_else(Vec::new, |query| put(state, &query))
}
