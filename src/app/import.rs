//! `creel import`, and `creel FILE…` without the interface: captures out of files, printed as they are read, or brought into
//! an inbox.

mod into_inbox;

use std::{
    fs::File,
    io::{self, BufWriter, Read, Write as _},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    Ended, Refused,
    interface::{front, no_signals},
    runtime,
};
use crate::cli::ImportArgs;
use crate::config::Output;
use crate::headless::Mode;
use crate::import::{self, ImportError, Source, Weight};
use crate::model::{Printable, Seq};
use crate::process::{self, Signal, Signals};
use crate::query::{Facts, Query, Tries};

/// A file that is open to be read.
pub(super) struct Named {
    /// What complaints call it: a path, or `standard input`. Safe to print.
    pub(super) name: Printable,
    pub(super) reader: Box<dyn Read + Send>,
    /// Whether it is a pipe that may be waited for.
    live: bool,
}

/// Opens all of them, before anything is read.
pub(super) fn open(files: &[PathBuf]) -> Result<Vec<Named>, Refused> {
    files.iter().map(|path| one(path)).collect()
}

fn one(path: &Path) -> Result<Named, Refused> {
    if path == Path::new("-") {
        return Ok(Named { name: Printable::from("standard input"), reader: Box::new(io::stdin()), live: true });
    }
    let name = Printable::from(path.to_string_lossy().as_ref());
    let refuse = |why: &str| {
        Refused::because(format!(
            "{name} cannot be read ({why}); name a file of requests, or - for standard input; creel --help tells the \
             commands"
        ))
    };
    let file = File::open(path).map_err(|error| refuse(&error.to_string()))?;
    if file.metadata().is_ok_and(|data| data.is_dir()) {
        return Err(refuse("it is a folder"));
    }
    Ok(Named { name, reader: Box::new(file), live: false })
}

/// `creel import`.
pub(super) fn import(args: &ImportArgs) -> Result<Ended, Refused> {
    let files = open(&args.files)?;
    if let Some(name) = &args.inbox {
        return into_inbox::fill(args, name, files);
    }
    print(files, args.source.source(), Output::Json, Query::everything())
}

/// Prints what matches. The exit code tells whether all could be read.
pub(super) fn print(
    files: Vec<Named>,
    source: Option<&'static Source>,
    output: Output,
    query: Query,
) -> Result<Ended, Refused> {
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let mut signals = Signals::start(None, || {}).map_err(|error| no_signals(&error))?;
        let mode = front(output);
        let printing = tokio::task::spawn_blocking(move || write(files, source, &mode, &query));
        tokio::select! {
            printed = printing => match printed.unwrap_or_else(|error| Err(io::Error::other(error))) {
                Ok(true) => Ok(Ended::Done),
                Ok(false) => Ok(Ended::Unmet),
                // Who has read enough is content with what there was.
                Err(error) if process::is_closed(&error) => Ok(Ended::Done),
                Err(error) => Err(Refused::because(format!(
                    "standard output takes nothing ({error}); send it elsewhere"
                ))),
            },
            signal = signals.next() => match signal {
                Signal::Quit(number) => Ok(Ended::Signal(number)),
                _ => Ok(Ended::Unmet),
            },
        }
    });
    // Standard input may be read for ever on a thread of its own.
    runtime.shutdown_background();
    ended
}

/// Says whether all could be read.
fn write(files: Vec<Named>, source: Option<&'static Source>, mode: &Mode, query: &Query) -> io::Result<bool> {
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout());
    let (mut whole, mut count) = (true, 0);
    let tries = Tries::of([query]);
    for Named { name, reader, live } in files {
        let now = Timestamp::now();
        for item in import::captures(reader, source, now) {
            match item {
                Ok(mut capture) => {
                    count += 1;
                    if capture.seq == Seq(0) {
                        capture.seq = Seq(count);
                    }
                    if query.matches(&capture, &Facts { now, retry: tries.number(&capture), ..Facts::default() }) {
                        mode.write_to(&capture, &mut out)?;
                    }
                }
                Err(error) => {
                    whole &= error.weight == Weight::Warning;
                    eprintln!("{}", complaint(&name, &error));
                }
            }
            if live {
                out.flush()?;
            }
        }
    }
    out.flush()?;
    Ok(whole)
}

/// What is said on standard error.
fn complaint(name: &Printable, error: &ImportError) -> String {
    format!("creel: {}", sentence(name, error))
}

/// An error with the name of its file.
pub(super) fn sentence(name: &Printable, error: &ImportError) -> String {
    format!("{name}: {error}")
}
