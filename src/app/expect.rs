//! `creel expect`: a listener, a command that may cause what is expected, and the engine that watches.

use std::{
    io,
    pin::{Pin, pin},
    time::Duration,
};

use futures_util::Stream;
use jiff::Timestamp;
use tokio::{
    io::{Stdout, stdout},
    task::JoinHandle,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{
    Ended, Refused,
    interface::{self, no_signals},
    keeping,
    list::no_thread,
    listen::{self, drain},
    logging, runtime,
    shelf::{self, say},
};
use crate::browse;
use crate::capture::Listener;
use crate::cli::{ExpectArgs, Print};
use crate::config::{self, Config, Folders};
use crate::expect::{
    self, Arrival, Expectation, Matches, Tally, Verdict,
    command::{self, Running},
    report,
};
use crate::headless::Mode;
use crate::model::{Period, Printable, Seq};
use crate::process::{Signal, Signals};
use crate::query::Query;
use crate::store::{Limits, Store};

/// How long is watched where nothing is said.
const WITHIN: Duration = Duration::from_secs(30);

/// How long the command's group may take to end when it is asked to, in the end and after a signal.
const PATIENCE: Duration = Duration::from_secs(2);
const SIGNALLED: Duration = Duration::from_millis(1_200);

/// SIGTERM (signal(7)).
const TERM: i32 = rustix::process::Signal::TERM.as_raw();

/// Where a free port is taken.
const FREE: std::net::SocketAddr = std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Watches until what is expected has come, or cannot come any more.
pub(super) fn expect(args: &ExpectArgs) -> Result<Ended, Refused> {
    let folders = Folders::of_process();
    let config = Config::load(&args.given(), args.configuration.config.as_deref(), &config::environment()?, &folders)?;
    logging::start(config.log.as_deref())?;
    let expectation = expectation(args)?;
    let runtime = runtime()?;
    let ended = runtime.block_on(Box::pin(run(args, &config, &folders, &expectation)));
    // A command may have left descendants that hold on to what we would wait for.
    runtime.shutdown_background();
    ended
}

fn expectation(args: &ExpectArgs) -> Result<Expectation, Refused> {
    let query = Query::parse(&args.query).map_err(|error| {
        Refused::because(format!("the query does not parse\n{}", indented(&error.report(&args.query))))
    })?;
    let until_command_ends = args.none && !args.command.is_empty();
    let within = match args.within {
        Some(Period(time)) => Some(time),
        None => (!until_command_ends).then_some(WITHIN),
    };
    Ok(Expectation { query, written: args.query.clone(), count: args.count, none: args.none, within })
}

fn indented(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}

async fn run(
    args: &ExpectArgs,
    config: &Config,
    folders: &Folders,
    expectation: &Expectation,
) -> Result<Ended, Refused> {
    let mut signals = Signals::start(None, command::kill).map_err(|error| no_signals(&error))?;
    for warning in config.warnings.iter().chain(&super::secrets::appoint(config)) {
        say(warning);
    }
    let Place { arrivals, url, port, inbox, serving } = match &args.inbox {
        Some(_) => following(args, config)?,
        None => listening(args, config, folders).await?,
    };
    let mode = match args.output {
        Print::Json => interface::json(),
        Print::Text => interface::text(),
    };
    let mut matches = Matches::new(mode, stdout());
    ready(&mut matches, url.as_deref(), inbox.as_deref()).await?;
    let mut running = match args.command.as_slice() {
        [] => None,
        words => Some(start(words, url, port)?),
    };
    let mut tally = Tally::default();
    let mut deadline = pin!(sleep(expectation.within.unwrap_or(Duration::MAX)));
    let verdict = {
        let command = async {
            match &mut running {
                Some(running) => running.ended().await,
                None => std::future::pending().await,
            }
        };
        let watch =
            expect::watch(expectation, &mut tally, arrivals, &mut matches, deadline.as_mut(), command, Timestamp::now);
        tokio::select! {
            verdict = watch => Ok(verdict.map_err(|error| unwritable(&error))?),
            number = quit(&mut signals) => Err(number),
        }
    };
    let ended = match verdict {
        Ok(verdict) => {
            let settled = settle(args, verdict, running.as_mut(), deadline.as_mut());
            tokio::select! {
                verdict = settled => Ok(verdict),
                number = quit(&mut signals) => Err(number),
            }
        }
        Err(number) => Err(number),
    };
    let (number, patience) = match &ended {
        Ok(_) => (TERM, PATIENCE),
        Err(number) => (*number, SIGNALLED),
    };
    let ending = async {
        match &mut running {
            Some(running) => running.stop(number, patience).await,
            None => false,
        }
    };
    // What is still being sent is answered meanwhile.
    let draining = async {
        if let Some((stop, serving)) = serving {
            drain(&stop, serving).await;
        }
    };
    let (left, ()) = tokio::join!(ending, draining);
    let verdict = match ended {
        Ok(verdict) => verdict,
        Err(number) => return Ok(Ended::Signal(number)),
    };
    if left {
        say("the command still ran, or something that it started, and was ended");
    }
    for complaint in &matches.complaints {
        say(complaint);
    }
    for sentence in report::sentences(expectation, &tally, &verdict) {
        say(&sentence);
    }
    if matches!(matches.mode, Mode::Json(_)) {
        matches.write(&report::line(expectation, &tally, &verdict)).await.map_err(|error| unwritable(&error))?;
    }
    Ok(if verdict.is_met() { Ended::Done } else { Ended::Unmet })
}

/// Where captures come from.
struct Place {
    arrivals: Pin<Box<dyn Stream<Item = Arrival>>>,
    url: Option<String>,
    port: Option<u16>,
    inbox: Option<String>,
    serving: Option<(CancellationToken, JoinHandle<()>)>,
}

/// Opens a listener that keeps nothing once this has ended.
async fn listening(args: &ExpectArgs, config: &Config, folders: &Folders) -> Result<Place, Refused> {
    let settings = listen::listening(config)?;
    // Whoever names no port and runs a command does not care which, and two of them may run at once.
    let (address, near) = match (config.asked("listen"), args.command.is_empty()) {
        (true, _) => (config.listen, None),
        (false, true) => (config.listen, Some(listen::NEAR)),
        (false, false) => (FREE, None),
    };
    let listener = Listener::bind(address, near).await?;
    let bound = listener.local_addr();
    if !bound.ip().is_loopback() {
        say(&format!("other machines can reach this: listening on {bound}"));
    }
    let limits = Limits { count: config.ring, bytes: config.ring_bytes.0 as usize, spool: config.spool_bytes.0 };
    let (spool, odd) = keeping::spool(folders);
    if let Some(odd) = odd {
        say(&odd);
    }
    let store = Store::spooling(limits, spool);
    let stop = CancellationToken::new();
    let serving = tokio::spawn(listener.serve(store.clone(), settings, stop.clone()));
    Ok(Place {
        arrivals: Box::pin(expect::of_store(store)),
        url: Some(listen::url(bound)),
        port: Some(bound.port()),
        inbox: None,
        serving: Some((stop, serving)),
    })
}

/// Follows an inbox, whoever writes it.
fn following(args: &ExpectArgs, config: &Config) -> Result<Place, Refused> {
    let archive = shelf::open(&config.inbox)?;
    let after = if args.from_start { Seq(0) } else { archive.last()? };
    let url = shelf::inboxes()?.holder(&config.inbox).and_then(|holder| holder.url);
    let port = url.as_deref().and_then(|url| url.rsplit(':').next()?.trim_end_matches('/').parse().ok());
    Ok(Place {
        arrivals: Box::pin(expect::of_inbox(browse::follow(archive, after).map_err(|error| no_thread(&error))?)),
        url,
        port,
        inbox: Some(config.inbox.to_string()),
        serving: None,
    })
}

/// What is left to wait for once the engine has decided: a command that still runs when all is well has the rest of the
/// time to end by itself, and its failure counts.
async fn settle(
    args: &ExpectArgs,
    verdict: Verdict,
    running: Option<&mut Running>,
    deadline: impl Future<Output = ()>,
) -> Verdict {
    let Some(running) = running.filter(|_| verdict.is_met()) else { return verdict };
    if args.stop && running.end().is_none() {
        return verdict;
    }
    tokio::select! {
        biased;
        end = running.ended() => if end.is_success() { verdict } else { Verdict::Command(end) },
        () = deadline => verdict,
    }
}

/// Announces that senders are answered now, or that what they send is seen.
async fn ready(matches: &mut Matches<Stdout>, url: Option<&str>, inbox: Option<&str>) -> Result<(), Refused> {
    match (&matches.mode, url, inbox) {
        (Mode::Json(lines), Some(url), inbox) => {
            let line = (lines.ready)(url, inbox) + "\n";
            matches.write(&line).await.map_err(|error| unwritable(&error))
        }
        (Mode::Json(_), None, inbox) => {
            let line = serde_json::json!({"type": "ready", "url": null, "inbox": inbox}).to_string() + "\n";
            matches.write(&line).await.map_err(|error| unwritable(&error))
        }
        (_, url, inbox) => {
            let at = url.map_or_else(|| "nobody writes it now".to_owned(), |url| format!("catching at {url}"));
            say(&inbox.map_or(at.clone(), |inbox| format!("following the inbox `{inbox}`: {at}")));
            Ok(())
        }
    }
}

fn start(words: &[std::ffi::OsString], url: Option<String>, port: Option<u16>) -> Result<Running, Refused> {
    let variables = [(command::URL, url), (command::PORT, port.map(|port| port.to_string()))];
    let known: Vec<_> = variables.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    Running::start(words, &known).map_err(|error| {
        let name = words.first().map(|word| word.to_string_lossy()).unwrap_or_default();
        let name = Printable::limited(name.as_bytes(), 200);
        Refused::because(format!(
            "the command {name} cannot be run ({error}); name a program and its arguments after --"
        ))
    })
}

/// The number of the signal that asks for the end.
async fn quit(signals: &mut Signals) -> i32 {
    loop {
        if let Signal::Quit(number) = signals.next().await {
            return number;
        }
    }
}

fn unwritable(error: &io::Error) -> Refused {
    Refused::because(format!("standard output takes nothing ({error}); send it elsewhere"))
}
