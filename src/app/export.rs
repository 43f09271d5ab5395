//! `creel export`: captures out of a file of JSON lines, written in another form.

use std::{
    io::{self, BufWriter, IsTerminal as _, Write},
    sync::Arc,
};

use tokio::{io::AsyncBufRead, runtime::Runtime};

use super::{
    Ended, Refused, commands, runtime,
    source::{Chosen, Opened, Words},
};
use crate::cli::ExportArgs;
use crate::config::Config;
use crate::export::{
    self, Base, ExportError, Format, LineError, Lines, Options, Visible, Written,
    redact::{Redaction, rule::Rule},
};
use crate::model::{Capture, Printable, Size};
use crate::process;

/// `creel export`.
pub(super) fn export(args: &ExportArgs) -> Result<Ended, Refused> {
    let config = commands::load(&args.judging.given(), &args.configuration)?;
    for warning in super::secrets::appoint(&config) {
        super::shelf::say(&warning);
    }
    let format = Format::named(&args.format).map_err(|why| Refused::because(format!("--format: {why}")))?;
    let url = match &args.url {
        Some(url) => url.parse::<Base>().map_err(|error| Refused::because(format!("--url: {error}")))?,
        None => Base::default(),
    };
    let mut rules = rules(&config)?;
    for rule in &args.redact {
        rules.push(rule.parse().map_err(|error| Refused::because(format!("--redact: {error}")))?);
    }
    let redacts = !args.no_redact && (format.for_people || !args.redact.is_empty());
    let options = Options { url, redaction: redacts.then(|| Redaction::with(rules)) };

    let runtime = runtime()?;
    let words = Words { words: &args.words, inbox: args.inbox.as_deref(), file: &args.configuration };
    let (captures, name) = match runtime.block_on(words.open())? {
        Opened::Lines(input, name) => (From::Lines(Lines::new(input)), name),
        Opened::Inbox(chosen, name) => (From::Inbox(chosen), name),
    };
    let name = Printable::from(name.as_str());
    let mut source = Source { runtime: &runtime, captures, name, unreadable: 0, ended: false };
    let written = match &args.to {
        Some(path) => {
            let written = export::write_file(format, &mut source, &options, path, args.overwrite);
            let written = written.map_err(|error| match error {
                export::FileError::Exists(_) => Refused::because(format!("{error}; --overwrite replaces it")),
                export::FileError::Io(..) => Refused::because(error),
            })?;
            if written.captures > 0 {
                let plural = if written.captures == 1 { "" } else { "s" };
                let shown = Printable::new(path.as_os_str().as_encoded_bytes());
                eprintln!("creel: {shown}: {} capture{plural}, {}", written.captures, Size(written.bytes));
            }
            written
        }
        None => match to_stdout(format, &mut source, &options) {
            Ok(written) => written,
            Err(ExportError::Io(error)) if process::is_closed(&error) => return Ok(Ended::Done),
            Err(ExportError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(Refused::because(format!("{} is not printed: {error}", format.name)));
            }
            Err(error) => {
                return Err(Refused::because(format!("standard output takes nothing ({error}); send it elsewhere")));
            }
        },
    };
    let whole = source.unreadable == 0 && written.left_out == 0 && written.captures > 0;
    if written.captures + written.left_out + source.unreadable == 0 {
        eprintln!("creel: {}: there is no capture in it, so nothing was written", source.name);
    }
    said(&written);
    drop(source);
    // Standard input may be read for ever on a thread of its own.
    runtime.shutdown_background();
    Ok(if whole { Ended::Done } else { Ended::Unmet })
}

/// What the configuration adds to what is always secret.
pub(super) fn rules(config: &Config) -> Result<Vec<Rule>, Refused> {
    let refuse = |error| Refused::because(format!("{}: {error}", config.origin("redact")));
    config.redact.iter().map(|rule| rule.parse::<Rule>().map_err(refuse)).collect()
}

fn to_stdout(format: &Format, source: &mut Source<'_>, options: &Options) -> Result<Written, ExportError> {
    let out = io::stdout();
    let terminal = out.is_terminal();
    let mut out = BufWriter::with_capacity(64 * 1024, out.lock());
    if terminal {
        export::write(format, source, options, &mut Visible::new(&mut out, format.binary))
    } else {
        export::write(format, source, options, &mut out)
    }
}

/// What should be known beside what was written.
fn said(written: &Written) {
    for (seq, why) in &written.reasons {
        eprintln!("creel: {seq} was left out: {why}");
    }
    for remark in written.remarks() {
        let hint =
            if written.redacted > 0 && remark.contains("redacted") { "; --no-redact leaves them in" } else { "" };
        eprintln!("creel: {remark}{hint}");
    }
}

/// Where captures come from.
enum From {
    Lines(Lines<Box<dyn AsyncBufRead + Unpin>>),
    Inbox(Box<Chosen>),
}

/// The captures of an input, one at a time. What cannot be read is said, counted, and passed over.
struct Source<'a> {
    runtime: &'a Runtime,
    captures: From,
    name: Printable,
    unreadable: u64,
    ended: bool,
}

impl Iterator for Source<'_> {
    type Item = Arc<Capture>;

    fn next(&mut self) -> Option<Arc<Capture>> {
        while !self.ended {
            let next = match &mut self.captures {
                From::Lines(lines) => self.runtime.block_on(lines.next()).map(|next| next.map(Arc::new)),
                From::Inbox(chosen) => {
                    chosen.next().transpose().map_err(|error| LineError::Input(io::Error::other(error)))
                }
            };
            match next {
                Ok(Some(capture)) => return Some(capture),
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.unreadable += 1;
                    self.ended = matches!(error, LineError::Input(_));
                    let _ = writeln!(io::stderr(), "creel: {}: {error}", self.name);
                }
            }
        }
        None
    }
}
