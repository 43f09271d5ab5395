//! Putting the parts together: what the command line, the environment and the file say becomes a store, a listener and a
//! front end, and their end becomes an exit code.
//!
//! The order of starting is the order in which things can fail with a sentence: configuration, answer, socket, terminal.
//! The order of ending is: no new connections, requests in flight answered, the front end's last words, the terminal given
//! back. This is the only place that knows every part.

mod commands;
mod diff;
mod expect;
mod export;
mod forwarding;
mod import;
mod inbox;
mod interface;
mod keeping;
mod list;
mod listen;
mod logging;
mod replay;
mod secrets;
mod send;
mod shelf;
mod show;
mod source;
mod verify;
mod view;

use std::{fmt, io, process::ExitCode};

use crate::capture::{ListenError, answers::AnswerError};
use crate::cli::{Cli, Command};
use crate::config::ConfigError;
use crate::headless::HeadlessError;
use crate::model::{Failure, Printable};
use crate::process;

/// Why creel cannot do what it was asked to: sentences for standard error.
#[derive(Debug)]
pub struct Refused(Vec<String>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, sentence) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "creel: {sentence}")?;
        }
        Ok(())
    }
}

impl Refused {
    fn because(sentence: impl fmt::Display) -> Self {
        Self(vec![sentence.to_string()])
    }
}

impl From<ConfigError> for Refused {
    fn from(error: ConfigError) -> Self {
        Self(error.0)
    }
}

macro_rules! refused_from {
    ($($error:ty),*) => {$(
        impl From<$error> for Refused {
            fn from(error: $error) -> Self {
                Self::because(error)
            }
        }
    )*};
}

refused_from!(ListenError, AnswerError, HeadlessError, Failure);

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ended {
    /// What was asked for is done.
    Done,
    /// It could not be brought about: a replay without an answer.
    Unmet,
    /// A signal of that number asked for the end.
    Signal(i32),
}

/// Does what the command line says. Sentences about failures have been printed when this returns.
pub fn run(cli: Cli) -> ExitCode {
    if let Some(error) = cli.mistyped(std::path::Path::exists) {
        // Whoever does not read it finds the exit code.
        let _ = error.print();
        return ExitCode::from(2);
    }
    let ended = match cli.into_command() {
        Command::Listen(args) => listen::listen(&args),
        Command::Expect(args) => expect::expect(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Send(args) => send::send(&args),
        Command::Verify(args) => verify::verify(&args),
        Command::Diff(args) => diff::diff(&args),
        Command::List(args) => list::list(&args),
        Command::Show(args) => show::show(&args),
        Command::Inbox(args) => inbox::inbox(&args),
        Command::Export(args) => export::export(&args),
        Command::Import(args) => import::import(&args),
        Command::View(args) => view::view(&args),
        Command::Config(args) => commands::config(&args),
        Command::Themes(args) => commands::themes(&args),
        Command::Keys(args) => commands::keys(&args),
        Command::Completions(args) => commands::completions(&args),
        Command::Man => commands::man(),
    };
    // What came of commands for secrets is known only after they were needed.
    for complaint in crate::signature::judge().complaints() {
        eprintln!("creel: {}", Printable::from(complaint.as_str()));
    }
    // With the judge the secrets go, which wipes them.
    crate::signature::appoint(None);
    match ended {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Unmet) => ExitCode::from(1),
        Ok(Ended::Signal(number)) => ExitCode::from(u8::try_from(process::exit_code(number)).unwrap_or(u8::MAX)),
        Err(refused) => {
            eprintln!("{refused}");
            ExitCode::from(2)
        }
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A runtime for everything that waits.
fn runtime() -> Result<tokio::runtime::Runtime, Refused> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Refused::because(format!("the system gives no threads to work with ({error})")))
}

/// Prints text to standard output; whoever closed it has read enough.
fn print(text: &str) -> Result<Ended, Refused> {
    let written = io::Write::write_all(&mut io::stdout().lock(), text.as_bytes());
    match written {
        Err(error) if !process::is_closed(&error) => {
            Err(Refused::because(format!("standard output takes nothing ({error}); send it elsewhere")))
        }
        _ => Ok(Ended::Done),
    }
}
