//! `creel show`: captures of an inbox, written out.

use std::io::{self, BufWriter, Write as _};

use jiff::Timestamp;

use super::{
    Ended, Refused, commands, environment, interface,
    list::unless_closed,
    secrets,
    shelf::{self, say},
};
use crate::browse::{Search, paint::Paint, show::Shown};
use crate::cli::{Print, ShowArgs};
use crate::headless::Look;
use crate::pick::{self, Picks};

/// Prints captures one after the other.
pub(super) fn show(args: &ShowArgs) -> Result<Ended, Refused> {
    // Before the words, because queries may name providers that only the configuration knows.
    for warning in secrets::appoint(&commands::load(&args.judging.given(), &args.configuration)?) {
        say(&warning);
    }
    let picks = pick::picks(&args.words)?;
    let archive = shelf::open(&shelf::inbox(args.inbox.as_deref(), &args.configuration)?)?;
    let captures = match picks {
        Picks::Named(names) => shelf::find(&archive, &names)?,
        Picks::Query(query) => {
            let newest = Search::new(&archive, &query, Timestamp::now())?.newest(1)?;
            newest.into_iter().filter_map(|seq| archive.by_seq(seq).transpose()).collect::<Result<_, _>>()?
        }
    };
    if captures.is_empty() {
        say("no capture in the inbox matches that");
        return Ok(Ended::Unmet);
    }
    let look = Look::of_stdout(&environment);
    let paint = Paint { colour: look.colour, columns: look.columns.map(|columns| columns()) };
    let shown = Shown::named(&args.view).unwrap_or_default();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut notes = Vec::new();
    let written = captures.iter().enumerate().try_for_each(|(at, capture)| {
        if args.output == Print::Json {
            return interface::json().write_to(capture, &mut out);
        }
        if at > 0 && !shown.is_exact() {
            out.write_all(b"\n")?;
        }
        let marks = archive.marks_of(capture.seq).unwrap_or_default();
        notes.extend(crate::browse::show(capture, &marks, shown, paint, &look.zone, &mut out)?);
        Ok(())
    });
    let ended = unless_closed(written.and_then(|()| out.flush()));
    for note in &notes {
        say(note);
    }
    ended
}
