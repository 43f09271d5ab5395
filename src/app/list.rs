//! `creel list`: the captures of an inbox, and what comes into it.

use std::{
    io::{self, BufWriter, IsTerminal as _, Write},
    os::fd::AsFd as _,
};

use jiff::Timestamp;
use tokio::sync::mpsc::Receiver;

use super::{
    Ended, Refused, commands,
    interface::{self, no_signals},
    runtime, secrets,
    shelf::{self, say},
};
use crate::browse::{self, Search, follow::Part};
use crate::cli::{Limit, ListArgs, Print};
use crate::headless::Mode;
use crate::model::{Printable, Seq};
use crate::pick::{self, Picks};
use crate::process::{self, Signal, Signals, is_closed};
use crate::query::Query;
use crate::store::inbox::{Archive, ReadError};

/// Why a list ended before its end.
#[derive(Debug)]
enum Broken {
    Read(ReadError),
    Write(io::Error),
}

impl From<ReadError> for Broken {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// Prints what is in the inbox, and with `--follow` what comes into it.
pub(super) fn list(args: &ListArgs) -> Result<Ended, Refused> {
    // First of all, because queries may name providers that only the configuration knows.
    let warnings = secrets::appoint(&commands::load(&args.judging.given(), &args.configuration)?);
    let picks = pick::picks(&args.words)?;
    if args.explain {
        return explain(&picks);
    }
    let name = shelf::inbox(args.inbox.as_deref(), &args.configuration)?;
    for warning in warnings {
        say(&warning);
    }
    let archive = shelf::open(&name)?;
    let last = archive.last()?;
    let mode = mode(args.output, last);
    let query = match picks {
        Picks::Named(_) if args.follow => {
            return Err(Refused::because("--follow goes on with what a query matches, and these are captures by name"));
        }
        Picks::Named(names) => {
            let captures = shelf::find(&archive, &names)?;
            let mut out = BufWriter::new(io::stdout().lock());
            let written = captures.iter().try_for_each(|capture| mode.write_to(capture, &mut out));
            return unless_closed(written.and_then(|()| out.flush()));
        }
        Picks::Query(query) => query,
    };
    // What comes meanwhile is what comes.
    match print(args.limit, &archive, &query, &mode) {
        Ok(()) => {}
        Err(Broken::Read(error)) => return Err(error.into()),
        Err(Broken::Write(error)) => return unless_closed(Err(error)),
    }
    if !args.follow {
        return Ok(Ended::Done);
    }
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let parts = browse::follow(shelf::open(&name)?, last).map_err(|error| no_thread(&error))?;
        Box::pin(go_on(parts, &archive, &query, &mode)).await
    });
    runtime.shutdown_background();
    ended
}

/// Prints the query as it was understood: written again, and in words.
fn explain(picks: &Picks) -> Result<Ended, Refused> {
    let Picks::Query(query) = picks else {
        return Err(Refused::because("--explain is about a query, and these are captures by name"));
    };
    let mut out = io::stdout().lock();
    let written = Printable::new(query.to_string().as_bytes()).to_string();
    unless_closed(writeln!(out, "{}{}", if written.is_empty() { written } else { written + "\n\n" }, query.spoken()))
}

/// Columns on a terminal, lines for programs elsewhere.
fn mode(output: Option<Print>, last: Seq) -> Mode {
    match output {
        None if !io::stdout().is_terminal() => interface::json(),
        Some(Print::Json) => interface::json(),
        _ => match interface::text() {
            Mode::Text(text) => Mode::List(text, last.0.to_string().len()),
            other => other,
        },
    }
}

fn print(limit: Limit, archive: &Archive, query: &Query, mode: &Mode) -> Result<(), Broken> {
    let search = Search::new(archive, query, Timestamp::now())?;
    let mut out = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    match limit {
        Limit::All => search.each(|capture| {
            mode.write_to(capture, &mut out)?;
            Ok::<_, Broken>(false)
        })?,
        Limit::Newest(limit) => {
            // One more, to know whether there are more.
            let found = search.newest(limit.saturating_add(1))?;
            let more = found.len() > limit;
            for seq in found.iter().skip(usize::from(more)) {
                // What has left the inbox since is not there any more.
                if let Some(capture) = archive.by_seq(*seq)? {
                    mode.write_to(&capture, &mut out)?;
                }
            }
            out.flush()?;
            if more {
                say(&format!("these are the newest {limit}; --limit all lists every one"));
            }
        }
    }
    Ok(out.flush()?)
}

/// Prints what comes until somebody ends it.
async fn go_on(mut parts: Receiver<Part>, archive: &Archive, query: &Query, mode: &Mode) -> Result<Ended, Refused> {
    let mut signals = Signals::start(None, || {}).map_err(|error| no_signals(&error))?;
    // A reader that has gone ends it at once, not at the next capture.
    let closed = io::stdout().as_fd().try_clone_to_owned().and_then(process::when_closed).unwrap_or_default();
    loop {
        let part = tokio::select! {
            part = parts.recv() => part,
            () = closed.cancelled() => return Ok(Ended::Done),
            signal = signals.next() => match signal {
                Signal::Quit(number) => return Ok(Ended::Signal(number)),
                _ => continue,
            },
        };
        let captures = match part {
            Some(Part::Captures(captures)) => captures,
            Some(Part::Current) => continue,
            Some(Part::Failed(why)) => return Err(Refused::because(why)),
            None => return Ok(Ended::Done),
        };
        // A page is little, so nobody waits long for its end.
        let printed = tokio::task::block_in_place(|| {
            let search = Search::new(archive, query, Timestamp::now())?;
            let mut out = BufWriter::new(io::stdout().lock());
            for capture in &captures {
                if search.wants(capture)? {
                    mode.write_to(capture, &mut out)?;
                }
            }
            Ok(out.flush()?)
        });
        match printed {
            Ok(()) => {}
            Err(Broken::Read(error)) => return Err(error.into()),
            Err(Broken::Write(error)) => return unless_closed(Err(error)),
        }
    }
}

pub(super) fn no_thread(error: &io::Error) -> Refused {
    Refused::because(format!("the system gives no thread to read the inbox with ({error})"))
}

/// Whoever closed the output has read enough.
pub(super) fn unless_closed(written: io::Result<()>) -> Result<Ended, Refused> {
    match written {
        Err(error) if !is_closed(&error) => {
            Err(Refused::because(format!("standard output takes nothing ({error}); send it elsewhere")))
        }
        _ => Ok(Ended::Done),
    }
}
