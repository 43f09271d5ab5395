//! `creel diff`: what differs between two captures, or between two outcomes.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::Path,
    sync::Arc,
};

use serde_json::json;

use super::{Ended, Refused, commands, environment, list::unless_closed, shelf};
use crate::cli::{DiffArgs, Print};
use crate::config::Config;
use crate::decode::Cancelled;
use crate::diff::{
    Comparison, Message, Sign, compare,
    message::PLAIN,
    page::How,
    print::{self, WIDE},
};
use crate::export::{ascii, line::OneLine, ndjson::read_capture};
use crate::headless::Look;
use crate::model::{Attempt, Capture, Printable};
use crate::pick::{self, Picks};

/// From how many columns on two sides stand beside each other without being asked to.
const BESIDE: usize = 120;

/// Compares two messages and prints what differs.
pub(super) fn diff(args: &DiffArgs) -> Result<Ended, Refused> {
    let config = commands::load(&[], &args.configuration)?;
    let words = args.ignore.iter().map(String::as_str).flat_map(str::split_whitespace);
    let ignored = config.ignore.clone().and(words).map_err(|error| Refused::because(format!("--ignore: {error}")))?;
    let (old, new) = match &args.attempts {
        Some(word) => outcomes(args, &config, word)?,
        None => {
            let [old, new] = args.words.as_slice() else {
                return Err(Refused::because(
                    "name two captures, the older one first, such as: creel diff last~1 last",
                ));
            };
            (request(args, &config, old)?, request(args, &config, new)?)
        }
    };
    // Nothing cancels it but a signal, which ends the program.
    let Some(found) = compare(&old, &new, &ignored, &Cancelled::default()) else { return Ok(Ended::Unmet) };
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match args.output {
        Print::Json => lines(&found, &mut out),
        Print::Text => {
            let look = Look::of_stdout(&environment);
            let columns = look.columns.map(|columns| columns());
            let wide = columns.is_some_and(|columns| columns >= BESIDE);
            let side_by_side = args.side_by_side || wide && !args.unified;
            let how = How { side_by_side, everything: args.everything, ignoring: true };
            let columns = columns.map(|columns| columns.max(WIDE / 2));
            print::Print { how, colour: look.colour, columns }.write(&found, &mut out)
        }
    };
    unless_closed(written.and_then(|()| out.flush()))?;
    Ok(if found.is_same() { Ended::Done } else { Ended::Unmet })
}

/// A line for each difference, and one for all.
fn lines(found: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!({ "hex": hex::encode(bytes) }),
    };
    for section in &found.sections {
        for row in section.rows.iter().filter(|row| row.begins && row.sign != Sign::Same) {
            let side = |side: &Option<crate::diff::Side>| side.as_ref().map(|side| text(&side.text));
            let line = json!({
                "type": "difference", "section": section.name, "path": row.path, "change": row.sign.name(),
                "old": side(&row.old), "new": side(&row.new), "ignored": row.ignored, "note": row.note,
            });
            writeln!(out, "{}", ascii(&line.to_string()))?;
        }
    }
    let notes: Vec<&String> = found.sections.iter().flat_map(|section| &section.notes).collect();
    let line = json!({
        "type": "comparison", "old": found.old, "new": found.new, "same": found.is_same(),
        "differences": found.differences(), "ignored": found.ignored(), "complete": !found.is_cut(), "notes": notes,
    });
    writeln!(out, "{}", ascii(&line.to_string()))
}

/// The request that a word names.
fn request(args: &DiffArgs, config: &Config, word: &OsString) -> Result<Message, Refused> {
    let (capture, place) = match word.to_str() {
        Some(name) => match named(args, config, name)? {
            Some(capture) => (capture, String::new()),
            None => from_file(name)?,
        },
        None => from_file(&word.to_string_lossy())?,
    };
    let number = if place.is_empty() { capture.seq.to_string() } else { place };
    Ok(Message::request(&capture, format!("{number} {}", line_of(&capture)), PLAIN))
}

fn line_of(capture: &Capture) -> String {
    let text = |bytes| Printable::limited(bytes, 120).to_string();
    format!("{} {} {}", text(capture.head.method()), text(capture.head.target()), capture.received_at)
}

/// The capture of the inbox that a word names by its form.
fn named(args: &DiffArgs, config: &Config, word: &str) -> Result<Option<Arc<Capture>>, Refused> {
    // Anything else is a query to it, and a file here.
    let Ok(Picks::Named(names)) = pick::picks(&[word.to_owned()]) else {
        return if args.inbox.is_some() {
            Err(Refused::because(format!("{} names no capture of the inbox", Printable::limited(word.as_bytes(), 80))))
        } else {
            Ok(None)
        };
    };
    let archive = shelf::open(&inbox(args, config)?)?;
    Ok(shelf::find(&archive, &names)?.pop())
}

fn inbox(args: &DiffArgs, config: &Config) -> Result<crate::store::InboxName, Refused> {
    match &args.inbox {
        Some(name) => shelf::named(name),
        None => Ok(config.inbox.clone()),
    }
}

/// Which capture of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Which<'a> {
    /// The only one.
    Only,
    /// That on the line of this number.
    Line(u64),
    /// The one whose id begins so.
    Id(&'a str),
}

/// The capture that `FILE`, `FILE:LINE` or `FILE:ID` names, and what it is called.
fn from_file(word: &str) -> Result<(Arc<Capture>, String), Refused> {
    let (path, which) = match word.rsplit_once(':').filter(|_| !Path::new(word).exists()) {
        Some((path, place)) => match place.parse() {
            Ok(line) => (path, Which::Line(line)),
            Err(_) => (path, Which::Id(place)),
        },
        None => (word, Which::Only),
    };
    let shown = Printable::limited(path.as_bytes(), 120);
    let file = File::open(path).map_err(|error| {
        Refused::because(format!(
            "{shown} is no capture, and cannot be read as a file ({error}); name a capture (last, 42, the beginning of \
             an id), FILE, FILE:LINE or FILE:ID"
        ))
    })?;
    let mut found: Option<(Arc<Capture>, u64)> = None;
    let (mut reader, mut line) = (BufReader::new(file), OneLine::default());
    loop {
        line.begin();
        loop {
            let available =
                reader.fill_buf().map_err(|error| Refused::because(format!("{shown} cannot be read ({error})")))?;
            let (taken, complete) = line.take(available);
            reader.consume(taken);
            if complete {
                break;
            }
        }
        if !line.is_any() {
            break;
        }
        let number = line.number();
        if matches!(which, Which::Line(wanted) if wanted != number) {
            continue;
        }
        let bad = |why: &dyn std::fmt::Display| Refused::because(format!("{shown}:{number}: {why}"));
        let text = line.text().map_err(|why| bad(&format!("is {why}")))?;
        let Some(capture) = (if text.is_empty() { None } else { read_capture(text).map_err(|why| bad(&why))? }) else {
            continue;
        };
        let is_meant = match which {
            Which::Only | Which::Line(_) => true,
            Which::Id(start) => {
                capture.id.to_string().replace('-', "").starts_with(&start.replace('-', "").to_lowercase())
            }
        };
        if is_meant {
            if found.is_some() {
                let why = match which {
                    Which::Id(_) => "several captures in it have an id that begins so; write more of it",
                    _ => "there are several captures in it; name one by its line, FILE:3, or by its id, FILE:0199f3a1",
                };
                return Err(Refused::because(format!("{shown}: {why}")));
            }
            found = Some((Arc::new(capture), number));
        }
    }
    match found {
        Some((capture, number)) => Ok((capture, format!("{shown}:{number}"))),
        None => Err(Refused::because(format!(
            "{} names no capture: {}",
            Printable::limited(word.as_bytes(), 120),
            match which {
                Which::Only => "there is none in that file",
                Which::Line(_) => "there is none on that line of the file",
                Which::Id(_) => "none in that file has such an id",
            }
        ))),
    }
}

/// Two outcomes of sending one capture.
fn outcomes(args: &DiffArgs, config: &Config, word: &str) -> Result<(Message, Message), Refused> {
    let archive = shelf::open(&inbox(args, config)?)?;
    let picks = pick::picks(&[word.to_owned()])?;
    let Picks::Named(names) = picks else {
        return Err(Refused::because("--attempts takes one capture: last, its number, or the beginning of its id"));
    };
    let Some(capture) = shelf::find(&archive, &names)?.pop() else {
        return Err(Refused::because("there is no such capture"));
    };
    let attempts = archive.attempts_of(capture.id)?;
    let seq = capture.seq;
    if attempts.is_empty() {
        return Err(Refused::because(format!("{seq} has not been sent anywhere, so there is nothing to compare")));
    }
    let mut numbers = Vec::new();
    for word in &args.words {
        let number = word.to_str().and_then(|word| word.parse::<usize>().ok()).filter(|at| *at <= attempts.len());
        let number = number.ok_or_else(|| {
            let word = Printable::limited(word.as_encoded_bytes(), 40);
            Refused::because(format!(
                "{word} is no attempt: {seq} has {}, so write 0 (the answer that its sender got) to {}",
                attempts.len(),
                attempts.len()
            ))
        })?;
        numbers.push(number);
    }
    let last = attempts.len();
    let (old, new) = match numbers.as_slice() {
        [old, new, ..] => (*old, *new),
        [old] => (*old, last),
        [] => (last - 1, last),
    };
    let message = |number: usize| -> Result<Message, Refused> {
        let made = match number.checked_sub(1).and_then(|at| attempts.get(at)) {
            Some(attempt) => Message::outcome(attempt, outcome_label(seq, number, attempt), PLAIN),
            None => Message::answer(&capture, format!("the answer to {seq}"), PLAIN),
        };
        made.map_err(Refused::because)
    };
    let (left, right) = (message(old)?, message(new)?);
    // A configured answer has none of the lines that a connection has.
    Ok(if old == 0 || new == 0 { (left.without_connection(), right.without_connection()) } else { (left, right) })
}

fn outcome_label(seq: crate::model::Seq, number: usize, attempt: &Attempt) -> String {
    let target = Printable::limited(attempt.to.as_ref().unwrap_or(&attempt.target).as_bytes(), 80);
    format!("attempt {number} of {seq} to {target} {}", attempt.started_at)
}
