//! `creel listen`: the listener, the ring, and one of the two front ends.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::stream::unfold;
use jiff::{Timestamp, tz::TimeZone};
use tokio::{
    io::{stderr, stdout},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{Ended, Refused, keeping, logging, runtime};
use crate::capture::{ListenSettings, Listener, answers};
use crate::cli::ListenArgs;
use crate::config::{self, Config, Folders, Output};
use crate::export::{self, redact::Redaction};
use crate::headless::{self, JsonLines, Mode, Printing};
use crate::model::{Capture, Printable, Seq};
use crate::process::Signals;
use crate::provider;
use crate::query::{Facts, Query, QueryError};
use crate::replay::{self, Client, Target};
use crate::store::Store;
use crate::tui::{
    action::Action,
    chord::Chord,
    clipboard::Clipboard,
    keymap::Keymap,
    message::{Message, Tone},
    panic,
    perform::Performer,
    reader::Reader,
    runtime::{End, Runtime, Themes},
    state::{Session, State},
    terminal::{self, Screen},
    theme::{self, Depth, Theme},
};

/// The ports that stand in for the default one where it is taken.
pub(super) const NEAR: std::ops::RangeInclusive<u16> = 4600..=4609;
/// How many results of effects may wait for the loop.
const RESULTS: usize = 256;
/// How long the inbox may take to be written to its end.
const FLUSH: Duration = Duration::from_millis(800);
/// How many attempts of earlier runs are shown.
const ATTEMPTS: usize = 1000;
/// How long the listener may take to end; it promises less.
const DRAIN: Duration = Duration::from_millis(1_600);

pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Listens until the user, a signal, or the reader of standard output ends it.
pub(super) fn listen(args: &ListenArgs) -> Result<Ended, Refused> {
    let folders = Folders::of_process();
    let config = Config::load(&args.given(), args.configuration.config.as_deref(), &config::environment()?, &folders)?;
    logging::start(config.log.as_deref())?;
    let parts = Parts::of(&config)?;
    let output = output(&config)?;
    panic::install_hook();
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let fall_back = (!config.asked("listen")).then_some(NEAR);
        let listener = Listener::bind(config.listen, fall_back).await?;
        let addr = listener.local_addr();
        let mut warnings = config.warnings.clone();
        if addr.port() != config.listen.port() && config.listen.port() != 0 {
            warnings.push(format!("port {} is taken, so this is port {}", config.listen.port(), addr.port()));
        }
        if !addr.ip().is_loopback() {
            warnings.push(format!("other machines can reach this: listening on {addr}"));
        }
        crate::process::outlive_file_size_limit();
        let (store, odd) = keeping::store(&config, &folders, &url(addr));
        warnings.extend(odd);
        let stop = CancellationToken::new();
        let mut started = Started { url: url(addr), addr, warnings, store: store.clone(), stop: stop.clone() };
        // Begun before the front end, so that what is announced is true.
        let serving = tokio::spawn(listener.serve(store, parts.listening.clone(), stop));
        if output != Output::Tui {
            // It would be used on a terminal, so that is where it would be found out.
            if let Err(error) = Theme::named(&config.theme, folders.themes().as_deref(), Depth::Mono) {
                started.warnings.push(format!("{}: {error}", config.origin("theme")));
            }
        }
        let store = started.store.clone();
        let ended = match output {
            Output::Tui => Box::pin(interface(&config, parts, &folders, started, serving)).await,
            Output::Text | Output::Json => Box::pin(lines(output, parts, started, serving)).await,
        };
        // What came last is on the disk before this ends. Nothing else runs here any more.
        if !store.close(FLUSH) {
            tracing::warn!("the inbox could not be written to its end");
        }
        ended
    });
    // Whoever still waits for a slow reader or a decoder is not waited for.
    runtime.shutdown_background();
    ended
}

/// What the configuration means, checked.
struct Parts {
    listening: ListenSettings,
    targets: Vec<Target>,
    sending: replay::Settings,
    query: Query,
    filter: String,
    keymap: Keymap,
    redaction: Redaction,
}

impl Parts {
    fn of(config: &Config) -> Result<Self, Refused> {
        Ok(Self {
            listening: listening(config)?,
            targets: config.targets.clone(),
            sending: sending(config),
            query: query(config)?,
            filter: config.filter.clone().unwrap_or_default(),
            keymap: keymap(config)?,
            redaction: Redaction::with(super::export::rules(config)?),
        })
    }
}

/// How to listen, and what to answer.
pub(super) fn listening(config: &Config) -> Result<ListenSettings, Refused> {
    let body = match &config.respond_body {
        None => None,
        Some(path) => Some(Bytes::from(std::fs::read(path).map_err(|error| {
            let name = Printable::from(path.to_string_lossy().as_ref());
            Refused::because(format!("{}: {name} cannot be read ({error})", config.origin("respond-body")))
        })?)),
    };
    let answer = answers::answer(config.respond, body, config.respond_type.as_deref())?;
    let (max_body, defaults) = (config.max_body.0, ListenSettings::default());
    Ok(ListenSettings {
        max_body,
        // Larger bodies are on the disk.
        max_in_flight: ListenSettings::in_flight_for(max_body.min(defaults.spool_from as u64)),
        max_connections: config.max_connections,
        rate: config.rate,
        answer: Arc::new(answer),
        ..defaults
    })
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
        .map_err(|error| Refused::because(format!("{}: {}", config.origin("filter"), pointed(text, &error))))
}

/// A query's error with the query and a caret under the place.
fn pointed(text: &str, error: &QueryError) -> String {
    let before = text.get(..error.span.start).map_or(0, |before| Printable::from(before).width());
    let hint = error.hint.as_deref().map_or(String::new(), |hint| format!("; {hint}"));
    let message = Printable::from(format!("{}{hint}", error.message).as_str());
    format!("the filter does not parse\n  {}\n  {:before$}^ {message}", Printable::from(text), "")
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
        let chord: Chord = key.chord.parse().map_err(|error: crate::tui::chord::NoChord| {
            refuse(Printable::from(error.to_string().as_str()).to_string())
        })?;
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

/// Which front end: what was asked for, else the interface where it can be shown.
fn output(config: &Config) -> Result<Output, Refused> {
    match config.output {
        Some(Output::Tui) => match terminal::check(&environment) {
            Ok(()) => Ok(Output::Tui),
            Err(unusable) => Err(Refused::because(unusable)),
        },
        Some(output) => Ok(output),
        None if terminal::check(&environment).is_ok() => Ok(Output::Tui),
        None => Ok(Output::Text),
    }
}

/// The URL to give to senders. An address that means all addresses is no destination; loopback is.
pub(super) fn url(addr: SocketAddr) -> String {
    let ip = match addr {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => "127.0.0.1".to_owned(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => "[::1]".to_owned(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        SocketAddr::V4(v4) => v4.ip().to_string(),
    };
    format!("http://{ip}:{}", addr.port())
}

/// What has begun when a front end begins.
struct Started {
    url: String,
    addr: SocketAddr,
    warnings: Vec<String>,
    store: Store,
    stop: CancellationToken,
}

pub(super) async fn drain(stop: &CancellationToken, serving: JoinHandle<()>) {
    stop.cancel();
    if tokio::time::timeout(DRAIN, serving).await.is_err() {
        tracing::warn!("requests in flight were given up");
    }
}

async fn lines(output: Output, parts: Parts, started: Started, serving: JoinHandle<()>) -> Result<Ended, Refused> {
    let mut signals = Signals::start(None, || {}).map_err(|error| no_signals(&error))?;
    for warning in &started.warnings {
        eprintln!("creel: {}", Printable::from(warning.as_str()));
    }
    let mode = if output == Output::Json { json() } else { text() };
    let query = parts.query;
    let printing = Printing {
        url: started.url,
        inbox: started.store.journal_state().map(|state| state.name.to_string()),
        mode,
        after: Seq(started.store.stats().last.0 - started.store.stats().received),
        filter: move |capture: &Capture| query.matches(capture, &Facts { now: Timestamp::now(), ..Facts::default() }),
    };
    // A reader that has gone ends it at once, not at the next capture.
    let closed =
        std::os::fd::AsFd::as_fd(&std::io::stdout()).try_clone_to_owned().and_then(crate::process::when_closed);
    let closed = closed.unwrap_or_default();
    let end = CancellationToken::new();
    let printer = headless::run(started.store, printing, stdout(), stderr(), end.clone());
    tokio::pin!(printer);
    let signal = tokio::select! {
        result = &mut printer => {
            drain(&started.stop, serving).await;
            return result.map(|()| Ended::Done).map_err(Refused::from);
        }
        () = closed.cancelled() => {
            drain(&started.stop, serving).await;
            return Ok(Ended::Done);
        }
        signal = signals.next() => signal,
    };
    // What was in flight is answered, and then printed.
    let draining = drain(&started.stop, serving);
    tokio::pin!(draining);
    tokio::select! {
        result = &mut printer => {
            draining.await;
            result?;
        }
        () = &mut draining => {
            end.cancel();
            printer.await?;
        }
    }
    match signal {
        crate::process::Signal::Quit(number) => Ok(Ended::Signal(number)),
        _ => Ok(Ended::Done),
    }
}

/// Lines for programs.
pub(super) fn json() -> Mode {
    Mode::Json(JsonLines {
        ready: export::ready_line,
        capture: |capture, mut out| export::write_capture(&mut out, capture),
        rejected: export::rejected_line,
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

async fn interface(
    config: &Config,
    parts: Parts,
    folders: &Folders,
    started: Started,
    serving: JoinHandle<()>,
) -> Result<Ended, Refused> {
    let depth = Depth::detect(&environment);
    let themes = Themes { folder: folders.themes(), depth };
    let name = if depth == Depth::Mono && !config.asked("theme") { "mono" } else { config.theme.as_str() };
    let (theme, odd) = Theme::named(name, themes.folder.as_deref(), depth)
        .map_err(|error| Refused::because(format!("{}: {error}", config.origin("theme"))))?;
    let mut warnings = started.warnings;
    warnings.extend(odd);
    let mut replaying = parts.sending;
    replaying.own = vec![started.addr];
    let client = Client::new(replaying)?;
    let session = Session {
        url: started.url,
        targets: parts.targets,
        insecure: config.insecure,
        framing: config.framing,
        themes: theme::names(themes.folder.as_deref()),
        theme: name.to_owned(),
        zone: TimeZone::system(),
        keymap: parts.keymap,
        redaction: parts.redaction,
        warnings,
    };
    let tty = std::os::fd::AsFd::as_fd(&std::io::stdin()).try_clone_to_owned().map_err(|error| no_terminal(&error))?;
    let signals = Signals::start(Some(tty), terminal::give_back).map_err(|error| no_signals(&error))?;
    let (sender, messages) = mpsc::channel(RESULTS);
    let ended = panic::interface(Box::pin(async {
        let screen =
            Screen::enter(terminal::Options::new(config.mouse, &environment)).map_err(|error| no_terminal(&error))?;
        let size = screen.size().map_err(|error| no_terminal(&error))?;
        let reader = Reader::start().map_err(|error| no_terminal(&error))?;
        let mut state = State::new(session, Timestamp::now(), (size.width, size.height));
        state.begin_with(&parts.filter, parts.query);
        state.replays.begin_after(started.store.last_attempt());
        load_older(&started.store, sender.clone());
        let runtime = Runtime {
            state,
            surface: screen,
            theme,
            themes,
            performer: Performer::new(started.store.clone(), client, Clipboard::new(&environment), sender),
            store: started.store,
            messages,
            clock: Timestamp::now,
        };
        let input = unfold(reader, |mut reader| async move { reader.next().await.map(|event| (event, reader)) });
        let signals = unfold(signals, |mut signals| async move { Some((signals.next().await, signals)) });
        Ok::<_, Refused>(runtime.run(input, signals).await)
    }))
    .await?;
    // The terminal has been given back; what is still in flight is answered.
    drain(&started.stop, serving).await;
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
    let store = store.clone();
    tokio::task::spawn_blocking(move || {
        let message = match store.load_older(ATTEMPTS) {
            Ok(attempts) => Message::Restored(attempts),
            Err(error) => Message::Told(Tone::Bad, error.to_string()),
        };
        // Fails only when the interface has ended.
        let _ = messages.blocking_send(message);
    });
}
