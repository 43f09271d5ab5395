//! `creel replay`: what its words and options say becomes captures, targets and a schedule.

use std::{
    ffi::OsString,
    fs::File,
    hash::{BuildHasher as _, RandomState},
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{io::BufWriter, task::JoinError};

use super::{
    Ended, Refused, commands, forwarding, interface, logging, runtime, secrets,
    shelf::{self, say},
    source::{Chosen, Opened, Words},
};
use crate::cli::{Print, ReplayArgs};
use crate::config::{Config, Folders};
use crate::model::{AttemptIds, Capture, Printable};
use crate::process::{self, Signals};
use crate::replay::{Client, Control, Needs, Pace, PlanOptions, Schedule, Sign, Supply, Target, Unread};
use crate::resend::{
    self, Form, Orders, Summary,
    expected::Expected,
    supply::{Indexed, Once},
};
use crate::resign;
use crate::store::Store;

/// How long the disk may take at the end.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many targets each capture can be sent to.
const TARGETS: usize = 64;

/// `creel replay`.
pub(super) fn replay(args: &ReplayArgs) -> Result<Ended, Refused> {
    let given = [args.sending.given(), args.judging.given()].concat();
    let config = commands::load(&given, &args.configuration)?;
    logging::start(config.log.as_deref())?;
    for warning in config.warnings.iter().chain(&secrets::appoint(&config)) {
        say(warning);
    }
    let schedule = schedule(args)?;
    let expected: Result<Vec<Expected>, _> = args.expect.iter().map(|text| text.parse()).collect();
    let targets: Result<Vec<Target>, _> = args.to.iter().map(|to| forwarding::target(&config, to, &"--to")).collect();
    let needs = Needs {
        client: Client::new(interface::sending(&config))?,
        targets: targets?.into(),
        each: None,
        options: PlanOptions {
            force: args.force,
            framing: config.framing,
            mark: None,
            sign: args.sign.as_deref().and_then(Sign::named),
        },
        ids: AttemptIds::default(),
        clock: Timestamp::now,
        random,
        sign: resign::signed,
    };
    let words = Words { words: &args.words, inbox: args.inbox.as_deref(), file: &args.configuration };
    let control = Control::default();
    let mut orders = Orders {
        needs,
        schedule,
        expected: expected.map_err(|error| Refused::because(format!("--expect: {error}")))?,
        form: match args.output {
            Print::Text => Form::Text,
            Print::Json => Form::Json,
        },
        bar: io::stderr().is_terminal().then_some(columns),
        source: String::new(),
        control: control.clone(),
        keeping: None,
    };
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let mut signals = Signals::start(None, || {}).map_err(|error| interface::no_signals(&error))?;
        let opened = words.open().await?;
        let keeping = if matches!(opened, Opened::Inbox(..)) { keeping(args, config)? } else { None };
        let again = schedule.times > 1 || schedule.needs_count();
        let named = args.words.clone();
        // On a task, so that it and what it sends need not wake each other across threads.
        let mut sending = tokio::spawn(async move {
            match opened {
                Opened::Lines(input, source) => {
                    orders.source = source;
                    let file = if again { seekable(&named) } else { None };
                    match file {
                        Some(file) => send(&orders, &mut Indexed::new(file)).await,
                        None if again => match Indexed::copied(input).await {
                            Ok(mut copy) => send(&orders, &mut copy).await,
                            Err(error) => Err(Refused::because(format!(
                                "{}: it cannot be copied to be sent again ({error}); write it to a file",
                                Printable::from(orders.source.as_str())
                            ))),
                        },
                        None => send(&orders, &mut Once::new(input)).await,
                    }
                }
                Opened::Inbox(mut chosen, source) => {
                    orders.source = source;
                    if let Some(store) = &keeping {
                        orders.needs.ids = store.attempt_ids().clone();
                    }
                    orders.keeping = keeping;
                    let sent = send(&orders, &mut *chosen).await;
                    if let Some(store) = orders.keeping {
                        let closing = tokio::task::spawn_blocking(move || store.close(PATIENCE)).await;
                        if !closing.unwrap_or(false) {
                            say("what was sent could not be kept in the inbox; its disk may say why");
                        }
                    }
                    sent
                }
            }
        });
        let whole = |joined: Result<_, JoinError>| {
            joined.map_err(|_| Refused::because("the sending failed, which is a fault in creel"))
        };
        tokio::select! {
            result = &mut sending => Ok(ended(whole(result)??)),
            signal = signals.next() => {
                // What is under way is said to be cancelled; a second signal ends that, too.
                control.cancel();
                let result = whole(sending.await)?;
                match signal {
                    process::Signal::Quit(number) => Ok(Ended::Signal(number)),
                    _ => Ok(ended(result?)),
                }
            }
        }
    });
    // Standard input may be read for ever on a thread of its own.
    runtime.shutdown_background();
    ended
}

/// The inbox that the captures come from, to keep what was sent with them; nothing where nothing is to outlive creel, and
/// while another creel writes it.
fn keeping(args: &ReplayArgs, config: Config) -> Result<Option<Store>, Refused> {
    let inbox = shelf::inbox(args.inbox.as_deref(), &args.configuration)?;
    if config.ephemeral || shelf::inboxes()?.holder(&inbox).is_some() {
        return Ok(None);
    }
    let config = Config { inbox, ..config };
    Ok(Some(super::keeping::store(&config, &Folders::of_process(), None).0))
}

/// How it ended.
pub(super) fn ended(summary: Summary) -> Ended {
    if summary.exit_code() == 0 { Ended::Done } else { Ended::Unmet }
}

/// Sends, and prints what comes of it.
pub(super) async fn send(orders: &Orders, supply: &mut impl Supply) -> Result<Summary, Refused> {
    let (mut out, mut err) = (BufWriter::new(tokio::io::stdout()), tokio::io::stderr());
    let sent = resend::resend(orders, supply, &mut out, &mut err).await;
    sent.map_err(|error| Refused::because(format!("standard output takes nothing ({error}); send it elsewhere")))
}

fn schedule(args: &ReplayArgs) -> Result<Schedule, Refused> {
    if args.to.len() > TARGETS {
        return Err(Refused::because(format!("--to: at most {TARGETS} targets can be sent to at once")));
    }
    let shuffle = match args.shuffle.as_deref() {
        None => None,
        Some("") => Some(random()),
        Some(text) => Some(text.parse().map_err(|_| {
            let shown = Printable::limited(text.as_bytes(), 40);
            Refused::because(format!("--shuffle: `{shown}` is not a whole number; leave it out for any order"))
        })?),
    };
    let pace: Pace = args.pace.parse().map_err(|error| Refused::because(format!("--pace: {error}")))?;
    if shuffle.is_some() && matches!(pace, Pace::Original(_)) {
        return Err(Refused::because(
            "--shuffle and --pace original contradict each other: the original pace is that of the original order",
        ));
    }
    Ok(Schedule {
        targets: args.to.len(),
        times: args.times,
        twice: args.duplicate,
        shuffle,
        pace,
        at_once: args.concurrency.map(usize::from),
        retry: args.retry,
    })
}

/// The file that the words name, where it is one that can be read more than once.
fn seekable(words: &[OsString]) -> Option<File> {
    let [word] = words else { return None };
    if Path::new(word) == Path::new("-") {
        return None;
    }
    let file = File::open(PathBuf::from(word)).ok()?;
    file.metadata().ok()?.is_file().then_some(file)
}

/// How wide the terminal of standard error is.
fn columns() -> usize {
    rustix::termios::tcgetwinsize(io::stderr()).map_or(80, |size| size.ws_col.max(1).into())
}

/// The hasher of the standard library begins with numbers of the system's.
fn random() -> u64 {
    RandomState::new().hash_one(0)
}

impl Supply for Chosen {
    fn known(&self) -> Option<u64> {
        Some(self.numbers().len() as u64)
    }

    async fn count(&mut self) -> Result<u64, Unread> {
        Ok(self.numbers().len() as u64)
    }

    async fn get(&mut self, at: u64) -> Result<Option<Arc<Capture>>, Unread> {
        let Some(seq) = usize::try_from(at).ok().and_then(|at| self.numbers().get(at)).copied() else {
            return Ok(None);
        };
        self.read(seq).map_err(|error| Unread { sentence: format!("cannot read any further: {error}"), ends: true })
    }
}
