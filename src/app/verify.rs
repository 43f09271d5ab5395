//! `creel verify`: the signatures of captures out of a file or an inbox, each with what is known of it.

use std::{
    io::{self, BufWriter, Write},
    sync::Arc,
};

use super::{
    Ended, Refused, commands,
    list::unless_closed,
    runtime, secrets,
    shelf::say,
    source::{Opened, Words},
};
use crate::cli::{Print, VerifyArgs};
use crate::export::{LineError, Lines, verdict_line};
use crate::model::{Capture, Printable, did_you_mean};
use crate::provider::{self, Provider};
use crate::signature::{self, Bit, Judge, Report, Verdict, story};

/// What came of it.
#[derive(Default)]
struct Tally {
    valid: u64,
    others: u64,
    unreadable: u64,
}

/// Checks every capture that the words name.
pub(super) fn verify(args: &VerifyArgs) -> Result<Ended, Refused> {
    let config = commands::load(&args.judging.given(), &args.configuration)?;
    for warning in config.warnings.iter().chain(&secrets::appoint(&config)) {
        say(warning);
    }
    let judge = signature::judge();
    let provider = args.provider.as_deref().map(named).transpose()?;
    let words = Words { words: &args.words, inbox: args.inbox.as_deref(), file: &args.configuration };
    let runtime = runtime()?;
    let (mut tally, mut out) = (Tally::default(), BufWriter::new(io::stdout().lock()));
    let written = match runtime.block_on(words.open())? {
        Opened::Lines(input, source) => {
            let mut lines = Lines::new(input);
            each(
                || match runtime.block_on(lines.next()) {
                    Ok(Some(capture)) => Some(Ok(Arc::new(capture))),
                    Ok(None) => None,
                    Err(error) => Some(Err(error)),
                },
                &source,
                |capture| one(&judge, capture, provider, args.output, &mut tally, &mut out),
            )
        }
        Opened::Inbox(mut chosen, source) => each(
            || chosen.next().map(|next| next.map_err(|error| LineError::Input(io::Error::other(error)))),
            &source,
            |capture| one(&judge, capture, provider, args.output, &mut tally, &mut out),
        ),
    };
    let unreadable = match written {
        Ok(unreadable) => unreadable,
        Err(error) => return unless_closed(Err(error)),
    };
    tally.unreadable = unreadable;
    unless_closed(out.flush())?;
    runtime.shutdown_background();
    if tally.valid + tally.others + tally.unreadable == 0 {
        say("there is no capture in it, so nothing was checked");
        return Ok(Ended::Unmet);
    }
    Ok(if tally.others + tally.unreadable == 0 { Ended::Done } else { Ended::Unmet })
}

fn named(name: &str) -> Result<&'static Provider, Refused> {
    let all = || provider::all().map(|row| row.name);
    let found = provider::named(name).filter(|row| signature::of(row.name).next().is_some());
    found.ok_or_else(|| {
        let hint = did_you_mean(name, all());
        Refused::because(format!("--provider: no provider that signs is called `{}`{hint}", Printable::from(name)))
    })
}

/// Takes captures until there are none; says how many could not be read.
fn each(
    mut next: impl FnMut() -> Option<Result<Arc<Capture>, LineError>>,
    source: &str,
    mut take: impl FnMut(&Capture) -> io::Result<()>,
) -> io::Result<u64> {
    let mut unreadable = 0;
    while let Some(capture) = next() {
        match capture {
            Ok(capture) => take(&capture)?,
            Err(error) => {
                unreadable += 1;
                say(&format!("{source}: {error}"));
                if matches!(error, LineError::Input(_)) {
                    break;
                }
            }
        }
    }
    Ok(unreadable)
}

fn one(
    judge: &Judge,
    capture: &Capture,
    provider: Option<&'static Provider>,
    output: Print,
    tally: &mut Tally,
    out: &mut impl Write,
) -> io::Result<()> {
    let report = judge.report(capture, provider);
    let verdict = report.as_ref().and_then(Report::decisive).map(|finding| finding.verdict);
    if verdict == Some(Verdict::Valid) {
        tally.valid += 1;
    } else {
        tally.others += 1;
    }
    match output {
        Print::Json => writeln!(out, "{}", verdict_line(capture, report.as_ref())),
        Print::Text => text(capture, report.as_ref(), out),
    }
}

/// A line that says which capture, and its story below.
fn text(capture: &Capture, report: Option<&Report>, out: &mut impl Write) -> io::Result<()> {
    let head = &capture.head;
    let (method, target) = (Printable::limited(head.method(), 40), Printable::limited(head.target(), 200));
    let Some(report) = report else {
        return writeln!(
            out,
            "{} {method} {target}: unsupported, because its sender is not known; say who it is with --provider NAME",
            capture.seq
        );
    };
    writeln!(out, "{} {method} {target} from {}", capture.seq, report.provider.label)?;
    for (label, bits) in story(report, true) {
        let mut value = String::new();
        for bit in bits {
            match bit {
                Bit::Ours(text) => value.push_str(&text),
                Bit::Theirs(bytes) => value.push_str(Printable::new(&bytes).as_str()),
            }
        }
        // What names a part is ours, and a value may begin with a mark that would join it.
        let line = format!("  {label:<10}  {value}");
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)
}
