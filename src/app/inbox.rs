//! `creel inbox`: what inboxes there are, and what can be done with one as a whole.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use serde_json::json;

use super::{
    Ended, Refused, print,
    shelf::{self, say},
};
use crate::cli::{InboxArgs, InboxCommand, Print};
use crate::model::{Printable, Seq, Size};
use crate::store::inbox::{Archive, Holder, InboxName, Inboxes};

/// Does what was asked for.
pub(super) fn inbox(args: &InboxArgs) -> Result<Ended, Refused> {
    let inboxes = shelf::inboxes()?;
    match &args.command {
        InboxCommand::List { output } => list(&inboxes, *output),
        InboxCommand::Rename { name, to } => {
            inboxes.rename(&shelf::named(name)?, &shelf::named(to)?)?;
            Ok(Ended::Done)
        }
        InboxCommand::Remove { name, yes } => remove(&inboxes, &shelf::named(name)?, *yes),
        InboxCommand::Vacuum { name } => {
            inboxes.vacuum(&shelf::named(name)?)?;
            Ok(Ended::Done)
        }
        InboxCommand::Check { name } => check(&inboxes, &shelf::named(name)?),
    }
}

/// What is known of an inbox.
struct Known {
    name: InboxName,
    path: String,
    holder: Option<Holder>,
    /// What it holds, or why that cannot be said.
    holds: Result<Holds, String>,
}

struct Holds {
    captures: u64,
    bytes: u64,
    oldest: Option<jiff::Timestamp>,
    newest: Option<jiff::Timestamp>,
}

impl Known {
    fn of(inboxes: &Inboxes, name: InboxName) -> Self {
        let holds = Archive::open(inboxes, &name).map_err(|error| error.to_string()).and_then(|archive| {
            let holds = || {
                Ok::<_, crate::store::inbox::ReadError>(Holds {
                    captures: archive.count()?,
                    bytes: archive.bytes()?,
                    oldest: archive.since(Seq(0), 1)?.first().map(|capture| capture.received_at),
                    newest: archive.newest(None, 1)?.first().map(|capture| capture.received_at),
                })
            };
            holds().map_err(|error| error.to_string())
        });
        Self { path: inboxes.path_of(&name).display().to_string(), holder: inboxes.holder(&name), name, holds }
    }

    /// One `inbox` object.
    fn line(&self) -> String {
        let holds = self.holds.as_ref().ok();
        let object = json!({
            "type": "inbox",
            "name": self.name.as_str(),
            "path": self.path,
            "captures": holds.map(|holds| holds.captures),
            "bytes": holds.map(|holds| holds.bytes),
            "oldest": holds.and_then(|holds| holds.oldest).map(|time| time.to_string()),
            "newest": holds.and_then(|holds| holds.newest).map(|time| time.to_string()),
            "writer": self.holder.as_ref().map(|holder| json!({"pid": holder.pid, "url": holder.url})),
            "error": self.holds.as_ref().err(),
        });
        crate::export::ascii(&object.to_string()) + "\n"
    }

    /// Its columns.
    fn cells(&self) -> [String; 6] {
        let zone = jiff::tz::TimeZone::system();
        let time = |time: Option<jiff::Timestamp>| {
            time.map_or_else(|| "-".to_owned(), |time| zone.to_datetime(time).strftime("%F %R").to_string())
        };
        let holder = match &self.holder {
            None => "-".to_owned(),
            Some(Holder { pid, url }) => {
                let pid = pid.map_or_else(|| "another creel".to_owned(), |pid| format!("process {pid}"));
                url.as_ref().map_or(pid.clone(), |url| format!("{pid} at {url}"))
            }
        };
        let name = self.name.to_string();
        match &self.holds {
            Ok(Holds { captures, bytes, oldest, newest }) => {
                [name, captures.to_string(), Size(*bytes).to_string(), time(*oldest), time(*newest), holder]
            }
            Err(_) => [name, "?".to_owned(), "?".to_owned(), "-".to_owned(), "-".to_owned(), holder],
        }
    }
}

fn list(inboxes: &Inboxes, output: Option<Print>) -> Result<Ended, Refused> {
    let root = Printable::from(inboxes.root().to_string_lossy().as_ref());
    let names = inboxes.list().map_err(|error| Refused::because(format!("{root} cannot be read ({error})")))?;
    let known: Vec<_> = names.into_iter().map(|name| Known::of(inboxes, name)).collect();
    let text = match output {
        Some(Print::Text) => true,
        Some(Print::Json) => false,
        None => io::stdout().is_terminal(),
    };
    if !text {
        return print(&known.iter().map(Known::line).collect::<String>());
    }
    for (name, error) in known.iter().filter_map(|known| Some((&known.name, known.holds.as_ref().err()?))) {
        say(&format!("{name}: {error}"));
    }
    if known.is_empty() {
        say(&format!("there is no inbox in {root} yet; creel makes one when it listens"));
        return Ok(Ended::Done);
    }
    print(&table(&known))
}

fn table(known: &[Known]) -> String {
    let heading = ["inbox", "captures", "size", "oldest", "newest", "written by"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(heading).chain(known.iter().map(Known::cells)).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
            let cell = Printable::from(cell.as_str());
            // Numbers stand under each other by their ends.
            line += &if matches!(at, 1 | 2) { format!("{cell:>width$}  ") } else { format!("{cell:<width$}  ") };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

fn remove(inboxes: &Inboxes, name: &InboxName, yes: bool) -> Result<Ended, Refused> {
    if !yes && !confirmed(inboxes, name)? {
        say("nothing was removed");
        return Ok(Ended::Unmet);
    }
    inboxes.remove(name)?;
    Ok(Ended::Done)
}

/// Asks whoever sits at the terminal.
fn confirmed(inboxes: &Inboxes, name: &InboxName) -> Result<bool, Refused> {
    // Whether it is there is said before anything is asked.
    let holds = match Archive::open(inboxes, name) {
        Ok(archive) => {
            let (captures, bytes) = (archive.count()?, Size(archive.bytes()?));
            format!(" with {} ({bytes})", counted(captures))
        }
        Err(missing @ crate::store::inbox::OpenError::Missing(_)) => return Err(missing.into()),
        // What cannot be opened may be removed all the same.
        Err(_) => String::new(),
    };
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Refused::because(format!("to remove the inbox `{name}`{holds} without being asked, add --yes")));
    }
    let mut err = io::stderr();
    let _ = write!(err, "remove the inbox `{name}`{holds} for good? [y/N] ");
    let _ = err.flush();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Refused::because(format!("the answer cannot be read ({error})")))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn check(inboxes: &Inboxes, name: &InboxName) -> Result<Ended, Refused> {
    let archive = Archive::open(inboxes, name)?;
    let wrong = archive.check()?;
    for sentence in &wrong {
        say(&format!("{name}: {sentence}"));
    }
    if !wrong.is_empty() {
        return Ok(Ended::Unmet);
    }
    let captures = counted(archive.count()?);
    print(&format!("{name}: all is well: {captures}, {}\n", Size(archive.bytes()?)))
}

fn counted(captures: u64) -> String {
    if captures == 1 { "1 capture".to_owned() } else { format!("{captures} captures") }
}
