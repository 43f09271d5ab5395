//! `creel listen`: the listener, the ring, and one of the two front ends.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::{
    io::{stderr, stdout},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{
    Ended, Refused, forwarding,
    interface::{Showing, Start, front, interface, no_signals, output},
    keeping, logging, runtime, secrets,
};
use crate::capture::{ListenSettings, Listener, answers};
use crate::cli::ListenArgs;
use crate::config::{self, Config, Folders, Output};
use crate::forward::{Forward, Rule};
use crate::headless::{self, Printing};
use crate::model::{Capture, Printable, Seq};
use crate::process::Signals;
use crate::query::{Facts, Tries};
use crate::store::Store;
use crate::tui::{
    panic,
    theme::{Depth, Theme},
};

/// The ports that stand in for the default one where it is taken.
pub(super) const NEAR: std::ops::RangeInclusive<u16> = 4600..=4609;
/// How long the inbox may take to be written to its end.
const FLUSH: Duration = Duration::from_millis(1_200);
/// How long targets may take to answer once creel ends, and how long the record of those that did not.
const FORWARDS: Duration = Duration::from_millis(700);
const RECORDS: Duration = Duration::from_millis(200);
/// How long the listener may take to end; it promises less.
const DRAIN: Duration = Duration::from_millis(1_600);

/// Listens until the user, a signal, or the reader of standard output ends it.
pub(super) fn listen(args: &ListenArgs) -> Result<Ended, Refused> {
    let folders = Folders::of_process();
    let config = Config::load(&args.given(), args.configuration.config.as_deref(), &config::environment()?, &folders)?;
    logging::start(config.log.as_deref())?;
    // Before queries are read, which may name a provider of the user's.
    let judged = secrets::appoint(&config);
    let mut parts = Parts::of(&config)?;
    let output = output(&config, false)?;
    panic::install_hook();
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let fall_back = (!config.asked("listen")).then_some(NEAR);
        let listener = Listener::bind(config.listen, fall_back).await?;
        let addr = listener.local_addr();
        let mut warnings = config.warnings.clone();
        warnings.extend(judged);
        if addr.port() != config.listen.port() && config.listen.port() != 0 {
            warnings.push(format!("port {} is taken, so this is port {}", config.listen.port(), addr.port()));
        }
        if !addr.ip().is_loopback() {
            warnings.push(format!("other machines can reach this: listening on {addr}"));
        }
        crate::process::outlive_file_size_limit();
        let (store, odd) = keeping::store(&config, &folders, Some(&url(addr)));
        warnings.extend(odd);
        let stop = CancellationToken::new();
        let forward = forwarding::start(&config, &store, addr, std::mem::take(&mut parts.rules))?;
        parts.listening.onward = forwarding::onward(&config, forward.as_ref());
        let mut started =
            Started { url: url(addr), addr, warnings, store: store.clone(), stop: stop.clone(), forward };
        // Begun before the front end, so that what is announced is true.
        let serving = tokio::spawn(listener.serve(store, parts.listening.clone(), stop));
        if output != Output::Tui {
            // It would be used on a terminal, so that is where it would be found out.
            if let Err(error) = Theme::named(&config.theme, folders.themes().as_deref(), Depth::Mono) {
                started.warnings.push(format!("{}: {error}", config.origin("theme")));
            }
        }
        let kept = started.store.clone();
        let ended = match output {
            Output::Tui => {
                let Started { url, addr, warnings, store, stop, forward } = started;
                let start = Start { url, own: vec![addr], warnings, store, files: None };
                let ended = Box::pin(interface(&config, &folders, parts.showing, start)).await;
                // The terminal has been given back; what is still in flight is answered.
                settle(&stop, serving, forward.as_ref()).await;
                ended
            }
            Output::Text | Output::Json => Box::pin(lines(output, parts, started, serving)).await,
        };
        // What came last is on the disk before this ends. Nothing else runs here any more.
        kept.close(FLUSH);
        let unwritten = kept.unwritten();
        if unwritten > 0 {
            eprintln!("creel: {unwritten} of the captures of this run are not in the inbox: there was no time or no way to write them");
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
    showing: Showing,
    rules: Vec<Rule>,
}

impl Parts {
    fn of(config: &Config) -> Result<Self, Refused> {
        Ok(Self { listening: listening(config)?, showing: Showing::of(config)?, rules: forwarding::rules(config)? })
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
    forward: Option<Forward>,
}

/// Lets what is under way end: targets that answer soon are waited for, then forwards are cancelled, which gives their
/// senders an answer before their connections are cut.
async fn settle(stop: &CancellationToken, serving: JoinHandle<()>, forward: Option<&Forward>) {
    let Some(forward) = forward else { return drain(stop, serving).await };
    let cancelling = async {
        tokio::time::sleep(FORWARDS).await;
        forward.end(RECORDS).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = drain(stop, serving) => {}
        () = cancelling => {}
    }
    forward.end(RECORDS).await;
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
    let mode = front(output);
    let query = parts.showing.query;
    let tries = Tries::of([&query]);
    let printing = Printing {
        url: started.url,
        inbox: started.store.journal_state().map(|state| state.name.to_string()),
        mode,
        // Those of earlier runs were printed then.
        after: Seq(started.store.stats().last.0 - started.store.stats().received),
        filter: move |capture: &Capture| {
            let retry = tries.number(capture);
            query.matches(capture, &Facts { now: Timestamp::now(), retry, ..Facts::default() })
        },
    };
    // A reader that has gone ends it at once, not at the next capture.
    let closed =
        std::os::fd::AsFd::as_fd(&std::io::stdout()).try_clone_to_owned().and_then(crate::process::when_closed);
    let closed = closed.unwrap_or_default();
    let end = CancellationToken::new();
    let printer = headless::run(started.store.clone(), printing, stdout(), stderr(), end.clone());
    tokio::pin!(printer);
    let signal = tokio::select! {
        result = &mut printer => {
            settle(&started.stop, serving, started.forward.as_ref()).await;
            return result.map(|()| Ended::Done).map_err(Refused::from);
        }
        () = closed.cancelled() => {
            settle(&started.stop, serving, started.forward.as_ref()).await;
            return Ok(Ended::Done);
        }
        signal = signals.next() => signal,
    };
    // What was in flight is answered, and then printed.
    let draining = settle(&started.stop, serving, started.forward.as_ref());
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
