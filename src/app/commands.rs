//! The commands besides `listen`: each reads, does one thing, prints, and ends.

use std::{io, path::Path};

use clap::CommandFactory as _;
use futures_util::stream::iter;
use tokio::io::{AsyncBufRead, BufReader};

use super::{
    Ended, Refused, interface, logging, print, runtime, secrets,
    shelf::say,
    source::{Opened, Words},
};
use crate::cli::{Cli, CompletionsArgs, ConfigArgs, FileArgs, KeysArgs, Print, ReplayArgs, ThemesArgs};
use crate::config::{self, Config, Folders, show};
use crate::model::Printable;
use crate::process::{self, Signals};
use crate::replay::{Client, PlanOptions, Sign, Target};
use crate::resend::{self, Form, Orders};
use crate::tui::{
    keymap::{Context, Keymap},
    theme::{self, Depth, Theme},
};

pub(super) fn load(given: &[(&'static str, String)], file: &FileArgs) -> Result<Config, Refused> {
    Ok(Config::load(given, file.config.as_deref(), &config::environment()?, &Folders::of_process())?)
}

/// `creel config`.
pub(super) fn config(args: &ConfigArgs) -> Result<Ended, Refused> {
    let config = load(&[], &args.configuration)?;
    for warning in &config.warnings {
        eprintln!("creel: {}", Printable::from(warning.as_str()));
    }
    print(&match args.output {
        Print::Text => show::toml(&config),
        Print::Json => show::json(&config),
    })
}

/// `creel replay`.
pub(super) fn replay(args: &ReplayArgs) -> Result<Ended, Refused> {
    let given = [args.sending.given(), args.judging.given()].concat();
    let config = load(&given, &args.configuration)?;
    logging::start(config.log.as_deref())?;
    for warning in config.warnings.iter().chain(&secrets::appoint(&config)) {
        say(warning);
    }
    let target = match config.target_named(&args.to) {
        Some(target) => interface::found(&config, target)?,
        None => Target::parse(&args.to).map_err(|error| Refused::because(format!("--to: {error}")))?,
    };
    let client = Client::new(interface::sending(&config))?;
    let words = Words { words: &args.words, inbox: args.inbox.as_deref(), file: &args.configuration };
    let orders = Orders {
        target: &target,
        client: &client,
        options: PlanOptions {
            force: args.force,
            framing: config.framing,
            mark: None,
            sign: args.sign.as_deref().and_then(Sign::named),
        },
        form: match args.output {
            Print::Text => Form::Text,
            Print::Json => Form::Json,
        },
        source: "",
    };
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let mut signals = Signals::start(None, || {}).map_err(|error| interface::no_signals(&error))?;
        let opened = words.open().await?;
        let (mut out, mut err) = (tokio::io::stdout(), tokio::io::stderr());
        tokio::select! {
            result = async {
                match opened {
                    Opened::Lines(input, source) => {
                        let orders = Orders { source: &source, ..orders };
                        resend::resend(orders, input, &mut out, &mut err).await
                    }
                    Opened::Inbox(chosen, source) => {
                        let captures = chosen.map(|capture| capture.map_err(|error| io::Error::other(error).into()));
                        let orders = Orders { source: &source, ..orders };
                        resend::resend_all(orders, iter(captures), &mut out, &mut err).await
                    }
                }
            } => match result {
                Ok(summary) if summary.exit_code() == 0 => Ok(Ended::Done),
                Ok(_) => Ok(Ended::Unmet),
                Err(error) => {
                    Err(Refused::because(format!("standard output takes nothing ({error}); send it elsewhere")))
                }
            },
            // What is under way ends with the future that is dropped here.
            signal = signals.next() => match signal {
                process::Signal::Quit(number) => Ok(Ended::Signal(number)),
                _ => Ok(Ended::Unmet),
            },
        }
    });
    // Standard input may be read for ever on a thread of its own.
    runtime.shutdown_background();
    ended
}

pub(super) async fn open(path: &Path) -> Result<Box<dyn AsyncBufRead + Unpin>, Refused> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(tokio::io::stdin())));
    }
    match tokio::fs::File::open(path).await {
        Ok(file) => Ok(Box::new(BufReader::new(file))),
        Err(error) => {
            let name = Printable::from(path.to_string_lossy().as_ref());
            Err(Refused::because(format!(
                "{name} cannot be read ({error}); name a file of captures, or - for standard input"
            )))
        }
    }
}

/// `creel themes`.
pub(super) fn themes(args: &ThemesArgs) -> Result<Ended, Refused> {
    let folder = Folders::of_process().themes();
    if let Some(name) = &args.name {
        return print(&theme::source(name, folder.as_deref(), false).map_err(Refused::because)?.text);
    }
    let names = theme::names(folder.as_deref());
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut list = String::new();
    for name in names {
        // A theme that does not load is listed too, with what is wrong with it.
        let about = match Theme::named(&name, folder.as_deref(), Depth::True) {
            Ok((theme, _)) => theme.description.unwrap_or_default(),
            Err(error) => error.to_string(),
        };
        let line = format!("{name:widest$}  {about}");
        list.push_str(Printable::from(line.trim_end()).as_str());
        list.push('\n');
    }
    print(&list)
}

/// `creel keys`.
pub(super) fn keys(args: &KeysArgs) -> Result<Ended, Refused> {
    let config = load(&[], &args.configuration)?;
    print(&keys_text(&interface::keymap(&config)?))
}

/// Every binding, in columns.
fn keys_text(keymap: &Keymap) -> String {
    let mut text = String::new();
    for (context, heading) in Context::ALL {
        text.push_str(heading);
        text.push('\n');
        for row in keymap.rows(context).filter(|row| !row.chords.is_empty()) {
            let chords: Vec<String> = row.chords.iter().map(ToString::to_string).collect();
            let about = row.action.row();
            text += &format!("  {:<20}  {:<16}  {}\n", chords.join(" "), about.name, about.help);
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// `creel completions`.
pub(super) fn completions(args: &CompletionsArgs) -> Result<Ended, Refused> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "creel", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// `creel man`.
pub(super) fn man() -> Result<Ended, Refused> {
    let mut page = Vec::new();
    let written = clap_mangen::Man::new(Cli::command()).render(&mut page);
    written.map_err(|error| Refused::because(format!("the manual page cannot be made ({error})")))?;
    print(&String::from_utf8_lossy(&page))
}
