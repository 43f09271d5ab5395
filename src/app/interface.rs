//! Showing captures: what the configuration says of it, and the terminal interface from its first frame to its last. What
//! fills the store is the business of who calls this, and so is what has to end after it.

use std::{net::SocketAddr, sync::Arc};

use futures_util::stream::unfold;
use jiff::{Timestamp, tz::TimeZone};
use tokio::sync::mpsc;

use super::{Ended, Refused, environment, forwarding};
use crate::config::{Config, Folders, NamedQuery, Output};
use crate::export::{self, redact::Redaction};
use crate::headless::{self, JsonLines, Mode};
use crate::model::Printable;
use crate::process::Signals;
use crate::provider;
use crate::query::{Query, QueryError};
use crate::replay::{self, Client, Target};
use crate::store::Store;
use crate::tui::{
    action::Action,
    chord::{Chord, NoChord},
    clipboard::Clipboard,
    keymap::{Context, Keymap},
    message::{Message, Tone},
    panic,
    perform::Performer,
    reader::Reader,
    runtime::{End, Runtime, Themes},
    saved::{Saved, SavedFile},
    state::{Session, State},
    terminal::{self, Screen},
    theme::{self, Depth, Theme},
};

/// How many results of effects may wait for the loop.
const RESULTS: usize = 256;
/// How many attempts of earlier runs are shown.
const ATTEMPTS: usize = 1000;

/// What the configuration says of showing and sending, checked.
pub(super) struct Showing {
    targets: Vec<Target>,
    forward: Option<String>,
    sending: replay::Settings,
    pub(super) query: Query,
    filter: String,
    keymap: Keymap,
    queries: Vec<Saved>,
    redaction: Redaction,
    ignored: crate::diff::Ignored,
}

impl Showing {
    pub(super) fn of(config: &Config) -> Result<Self, Refused> {
        let keymap = keymap(config)?;
        let rules = forwarding::rules(config)?;
        let mut targets: Vec<Target> =
            config.targets.iter().map(|target| found(config, target)).collect::<Result<_, _>>()?;
        // Where everything goes is where `r` sends.
        if let Some(first) = rules.first() {
            targets.retain(|target| *target != first.target);
            targets.insert(0, first.target.clone());
        }
        Ok(Self {
            targets,
            forward: forwarding::label(&rules),
            queries: queries(config, &keymap)?,
            sending: sending(config),
            query: query(config)?,
            filter: config.filter.clone().unwrap_or_default(),
            keymap,
            redaction: Redaction::with(super::export::rules(config)?),
            ignored: config.ignore.clone(),
        })
    }
}

/// A target of the configuration with what its headers take from the environment.
pub(super) fn found(config: &Config, target: &Target) -> Result<Target, Refused> {
    let row = config.in_force.iter().find(|row| row.key == "targets" && row.name.as_deref() == target.name());
    let origin = row.map(|row| format!("{}: ", row.origin)).unwrap_or_default();
    target.clone().found(environment).map_err(|error| Refused::because(format!("{origin}{error}")))
}

/// How replays are sent.
pub(super) fn sending(config: &Config) -> replay::Settings {
    replay::Settings {
        connect_timeout: config.connect_timeout,
        head_timeout: config.head_timeout,
        total_timeout: config.timeout,
        insecure: config.insecure,
        allow_link_local: config.allow_link_local,
        ..replay::Settings::default()
    }
}

fn query(config: &Config) -> Result<Query, Refused> {
    let Some(text) = config.filter.as_deref().filter(|text| !text.trim().is_empty()) else {
        return Ok(Query::everything());
    };
    Query::parse(text)
        .map_err(|error| Refused::because(format!("{}: {}", config.origin("filter"), pointed("filter", text, &error))))
}

/// The queries of the configuration, whose keys may mean nothing else.
fn queries(config: &Config, keymap: &Keymap) -> Result<Vec<Saved>, Refused> {
    let mut all: Vec<Saved> = Vec::with_capacity(config.queries.len());
    for NamedQuery { name, query, key } in &config.queries {
        if let Err(error) = Query::parse(&query.text) {
            return Err(Refused::because(format!("{}: {}", query.origin, pointed("query", &query.text, &error))));
        }
        let mut chord = None;
        if let Some(key) = key {
            let refuse = |why: &str| Refused::because(format!("{}: {}", key.origin, Printable::from(why)));
            let read: Chord = key.text.parse().map_err(|error: NoChord| refuse(&error.to_string()))?;
            let panes = [Context::Requests, Context::Inspector, Context::Replays];
            if let Some(action) = panes.into_iter().find_map(|context| keymap.action(context, read)) {
                let name = action.row().name;
                return Err(refuse(&format!(
                    "`{read}` is the key of {name}; choose another, or bind {name} otherwise"
                )));
            }
            if let Some(other) = all.iter().find(|other| other.key == Some(read)) {
                return Err(refuse(&format!("`{read}` is the key of the query {}; choose another", other.name)));
            }
            chord = Some(read);
        }
        all.push(Saved { name: name.clone(), query: query.text.clone(), key: chord, fixed: true });
    }
    Ok(all)
}

/// A query's error with the query and a caret under the place.
pub(super) fn pointed(what: &str, text: &str, error: &QueryError) -> String {
    let before = text.get(..error.span.start).map_or(0, |before| Printable::from(before).width());
    let hint = error.hint.as_deref().map_or(String::new(), |hint| format!("; {hint}"));
    let message = Printable::from(format!("{}{hint}", error.message).as_str());
    format!("the {what} does not parse\n  {}\n  {:before$}^ {message}", Printable::from(text), "")
}

/// The bindings with what the configuration changes.
pub(super) fn keymap(config: &Config) -> Result<Keymap, Refused> {
    let mut keymap = Keymap::default();
    let mut wanted: Vec<(Action, Vec<Chord>)> = Vec::new();
    for key in &config.keys {
        let refuse = |why: String| Refused::because(format!("{}: {why}", key.origin));
        let Some(action) = Action::named(&key.action) else {
            let names = crate::tui::action::ACTIONS.iter().map(|row| row.name);
            let hint = crate::model::did_you_mean(&key.action, names);
            return Err(refuse(format!("no action is called {}{hint}", Printable::from(key.action.as_str()))));
        };
        let chord: Chord = key
            .chord
            .parse()
            .map_err(|error: NoChord| refuse(Printable::from(error.to_string().as_str()).to_string()))?;
        match wanted.iter_mut().find(|(known, _)| *known == action) {
            Some((_, chords)) => chords.push(chord),
            None => wanted.push((action, vec![chord])),
        }
    }
    for (action, chords) in wanted {
        keymap.rebind(action, &chords);
    }
    Ok(keymap)
}

/// Which front end: what was asked for, else the interface where it can be shown. `input_is_data` says that keys cannot come
/// from standard input.
pub(super) fn output(config: &Config, input_is_data: bool) -> Result<Output, Refused> {
    let usable = || terminal::check(&environment, input_is_data);
    match config.output {
        Some(Output::Tui) => match usable() {
            Ok(()) => Ok(Output::Tui),
            Err(unusable) => Err(Refused::because(unusable)),
        },
        Some(output) => Ok(output),
        None if usable().is_ok() => Ok(Output::Tui),
        None => Ok(Output::Text),
    }
}

/// How captures are printed where there is no interface.
pub(super) fn front(output: Output) -> Mode {
    if output == Output::Json { json() } else { text() }
}

/// Lines for programs.
pub(super) fn json() -> Mode {
    Mode::Json(JsonLines {
        ready: export::ready_line,
        capture: |capture, mut out| export::write_capture(&mut out, capture),
        rejected: export::rejected_line,
        attempt: export::attempt_line,
    })
}

/// Lines for people.
pub(super) fn text() -> Mode {
    Mode::Text(headless::Text {
        look: headless::Look::of_stdout(&environment),
        event: |capture| provider::recognise(capture).and_then(|known| known.event),
    })
}

pub(super) fn no_signals(error: &std::io::Error) -> Refused {
    Refused::because(format!("the system does not let signals be heard ({error})"))
}

fn no_terminal(error: &std::io::Error) -> Refused {
    Refused::because(format!("the terminal cannot be used ({error}); --output text does without one"))
}

/// What the interface begins with.
pub(super) struct Start {
    /// The URL to give to senders.
    pub(super) url: String,
    /// Where creel itself listens, so that nothing is replayed there.
    pub(super) own: Vec<SocketAddr>,
    /// What is odd and stays so, a sentence each.
    pub(super) warnings: Vec<String>,
    /// What is shown.
    pub(super) store: Store,
    /// What files are looked at in place of listening, and what reads them, telling what is odd, a sentence each.
    pub(super) files: Option<(String, Load)>,
}

/// Reads files into the store, on a thread that may wait.
pub(super) type Load = Box<dyn FnOnce() -> Vec<String> + Send>;

/// Shows `start.store` until the user or a signal ends it. The terminal has been given back when this returns.
pub(super) async fn interface(
    config: &Config,
    folders: &Folders,
    showing: Showing,
    start: Start,
) -> Result<Ended, Refused> {
    let depth = Depth::detect(&environment);
    let themes = Themes { folder: folders.themes(), depth };
    let name = if depth == Depth::Mono && !config.asked("theme") { "mono" } else { config.theme.as_str() };
    let (theme, odd) = Theme::named(name, themes.folder.as_deref(), depth)
        .map_err(|error| Refused::because(format!("{}: {error}", config.origin("theme"))))?;
    let mut warnings = start.warnings;
    warnings.extend(odd);
    let to_itself = Client::new(showing.sending.clone())?;
    let mut replaying = showing.sending;
    replaying.own = start.own;
    let client = Client::new(replaying)?;
    let saved = folders.queries().map(|folder| SavedFile::within(&folder));
    let mut queries = showing.queries;
    match saved.as_ref().map_or(Ok(Vec::new()), SavedFile::read) {
        // One of the configuration goes before one that was saved.
        Ok(own) => {
            let fixed: Vec<String> = queries.iter().map(|saved| saved.name.clone()).collect();
            queries.extend(own.into_iter().filter(|saved| !fixed.contains(&saved.name)));
        }
        Err(why) => warnings.push(why),
    }
    let (files, load) = start.files.unzip();
    let listens = files.is_none();
    let session = Session {
        url: start.url,
        files,
        targets: showing.targets,
        forward: showing.forward.filter(|_| listens),
        insecure: config.insecure,
        framing: config.framing,
        themes: theme::names(themes.folder.as_deref()),
        theme: name.to_owned(),
        zone: TimeZone::system(),
        keymap: showing.keymap,
        redaction: showing.redaction,
        ignored: showing.ignored,
        warnings,
    };
    let tty = terminal::keys().try_clone_to_owned().map_err(|error| no_terminal(&error))?;
    let signals = Signals::start(Some(tty), terminal::give_back).map_err(|error| no_signals(&error))?;
    let (sender, messages) = mpsc::channel(RESULTS);
    let ended = panic::interface(Box::pin(async {
        let screen =
            Screen::enter(terminal::Options::new(config.mouse, &environment)).map_err(|error| no_terminal(&error))?;
        let size = screen.size().map_err(|error| no_terminal(&error))?;
        let reader = Reader::start().map_err(|error| no_terminal(&error))?;
        let keys = reader.keys();
        let screen = screen.with_keys(Arc::clone(&keys));
        let mut state = State::new(session, Timestamp::now(), (size.width, size.height));
        state.begin_with(&showing.filter, showing.query);
        state.filter.saved = queries;
        state.replays.draw_from(start.store.attempt_ids().clone());
        load_older(&start.store, sender.clone());
        if let Some(load) = load {
            let messages = sender.clone();
            tokio::task::spawn_blocking(move || {
                let odd = load();
                // Where nobody hears it, nobody looks any more.
                let _ = messages.blocking_send(Message::Loaded(odd));
            });
        }
        let runtime = Runtime {
            state,
            surface: screen,
            theme,
            themes,
            performer: Performer::new(start.store.clone(), client, Clipboard::new(&environment), sender)
                .saving(saved)
                .sending_to_itself(to_itself)
                .asking((depth != Depth::Mono).then_some(keys)),
            store: start.store,
            messages,
            clock: Timestamp::now,
            outside: None,
        };
        let input = unfold(reader, |mut reader| async move { reader.next().await.map(|event| (event, reader)) });
        let signals = unfold(signals, |mut signals| async move { Some((signals.next().await, signals)) });
        Ok::<_, Refused>(runtime.run(input, signals).await)
    }))
    .await?;
    match ended {
        Ok(End::Quit) => Ok(Ended::Done),
        Ok(End::Signal(number)) => Ok(Ended::Signal(number)),
        Ok(End::Gone) => Ok(Ended::Signal(1)),
        Err(error) if crate::process::is_closed(&error) => Ok(Ended::Signal(1)),
        Err(error) => Err(no_terminal(&error)),
    }
}

/// Shows what earlier runs have left in the inbox, beside everything else.
fn load_older(store: &Store, messages: mpsc::Sender<Message>) {
    if store.journal_state().is_none() {
        return;
    }
    let store = store.clone();
    tokio::task::spawn_blocking(move || {
        let message = match store.load_older(ATTEMPTS) {
            Ok(attempts) => Message::Restored(attempts, store.notes()),
            Err(error) => Message::Told(Tone::Bad, error.to_string()),
        };
        // Fails only when the interface has ended.
        let _ = messages.blocking_send(message);
    });
}
