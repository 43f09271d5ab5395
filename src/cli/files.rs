//! Files of captures: `creel FILE…`, which shows them, and `creel import`, which prints them.
//!
//! Decided: a word that is no file and nearly the name of a command is taken for the command, or a slip of the finger would
//! be told that there is no such file.

use std::path::{Path, PathBuf};

use clap::{
    Args, CommandFactory as _, ValueHint,
    builder::PossibleValuesParser,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{Cli, FileArgs, ListenArgs, checked};
use crate::import::{SOURCES, Source};
use crate::model::nearest;

/// What says how a file is read.
#[derive(Clone, PartialEq, Eq, Default, Args, Debug)]
pub struct SourceArgs {
    /// The source.
    #[arg(long, value_name = "FORM", value_parser = PossibleValuesParser::new(SOURCES.iter().map(|source| source.name)),
          hide_possible_values = true, help = from_help(), help_heading = READING)]
    pub from: Option<String>,
}

const READING: &str = "Reading files";

fn from_help() -> String {
    let names: Vec<&str> = SOURCES.iter().map(|source| source.name).collect();
    format!("What the files are, where that is not seen from their first bytes: {}", names.join(", "))
}

impl SourceArgs {
    /// What the files are, where that was said.
    pub fn source(&self) -> Option<&'static Source> {
        self.from.as_deref().and_then(Source::named)
    }
}

/// What is looked at in place of listening.
#[derive(Clone, PartialEq, Eq, Default, Args, Debug)]
pub struct FileNames {
    /// Show the requests in these files and listen to nothing; - is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = [
        "listen", "max_body", "max_connections", "rate", "respond", "respond_body", "respond_type", "inbox", "ephemeral",
        "durability", "keep", "keep_bytes", "keep_age",
    ])]
    pub files: Vec<PathBuf>,
    /// What they are.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// `creel FILE…`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ViewArgs {
    /// Which files.
    pub names: FileNames,
    /// How they are shown, and how replays are sent.
    pub showing: ListenArgs,
}

/// Options of `creel import`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
#[command(after_long_help = "\
Examples:
  creel import requests.har > caught.ndjson
  creel import caught.ndjson --inbox bug-42
  pbpaste | creel import - --from curl | creel replay - --to localhost:3000
  gh api repos/OWNER/REPO/hooks/HOOK/deliveries/ID | creel import -

With --inbox they go into an inbox, for `creel list`, `show`, `replay` and `creel --inbox`; what is there already is not \
brought again.

What is wrong with a file is said on standard error, with its place; the rest is read. No file that an input names is \
opened, and no command in it is run.

Exit status: 0 when all was read; 1 when an entry, or the rest of a file, could not be; 2 for a usage or environment error.")]
pub struct ImportArgs {
    /// The files, or - for standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, required = true)]
    pub files: Vec<PathBuf>,
    /// What they are.
    #[command(flatten)]
    pub source: SourceArgs,
    /// Bring them into this inbox, and print nothing
    #[arg(long, value_name = "NAME", value_parser = checked("inbox"))]
    pub inbox: Option<String>,
    /// Where the configuration is.
    #[command(flatten)]
    pub configuration: FileArgs,
}

impl Cli {
    /// The error for the name of a command that was mistyped, as in `creel lsiten`, or that stands behind options. Nothing
    /// where there is a file of that name, or where it is unlike any command.
    pub fn mistyped(&self, exists: impl Fn(&Path) -> bool) -> Option<clap::Error> {
        let path = self.names.files.first().filter(|path| self.command.is_none() && !exists(path))?;
        let word = path.to_str().filter(|word| word.len() > 1 && !word.contains(['/', '.']))?;
        let command = Self::command();
        let names = || command.get_subcommands().map(clap::Command::get_name);
        let begun = || names().find(|name| word.len() > 2 && name.starts_with(word));
        let meant = nearest(word, names()).or_else(begun)?;
        let behind = meant == word;
        let kind = if behind { ErrorKind::ArgumentConflict } else { ErrorKind::InvalidSubcommand };
        let mut error = clap::Error::new(kind).with_cmd(&command);
        error.insert(ContextKind::InvalidSubcommand, ContextValue::String(word.to_owned()));
        if behind {
            error.insert(ContextKind::PriorArg, ContextValue::None);
        } else {
            error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![meant.to_owned()]));
        }
        Some(error)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Command;

    fn parse(line: &str) -> Cli {
        Cli::try_parse_from(line.split(' ')).unwrap()
    }

    #[test]
    fn a_file_is_looked_at() {
        let Command::View(args) = parse("creel a.har - --from har --filter method:POST").into_command() else {
            panic!()
        };
        assert_eq!(args.names.files, [Path::new("a.har"), Path::new("-")]);
        assert_eq!(args.names.source.source().map(|source| source.name), Some("har"));
        assert_eq!(args.showing.given(), [("filter", "method:POST".to_owned())]);
        let Command::Import(args) = parse("creel import - --from curl").into_command() else { panic!() };
        assert_eq!((args.files.len(), args.source.from.as_deref()), (1, Some("curl")));
        assert!(Cli::try_parse_from(["creel", "import"]).is_err());
        let error = Cli::try_parse_from(["creel", "a.har", "--listen", ":1"]).unwrap_err().to_string();
        assert!(error.contains("cannot be used with"), "{error}");
        let error = Cli::try_parse_from(["creel", "a", "--from", "gihub"]).unwrap_err().to_string();
        assert!(error.contains("a similar value exists: 'github'"), "{error}");
    }

    #[test]
    fn a_mistyped_command_is_no_file() {
        for (word, meant) in [("lsiten", "listen"), ("conf", "config"), ("replya", "replay"), ("improt", "import")] {
            let error = parse(&format!("creel {word}")).mistyped(|_| false).unwrap().to_string();
            assert!(error.contains(&format!("a similar subcommand exists: '{meant}'")), "{error}");
            assert!(parse(&format!("creel {word}")).mistyped(|_| true).is_none());
        }
        let error = parse("creel --ring 5 config").mistyped(|_| false).unwrap().to_string();
        assert!(error.contains("the subcommand 'config' cannot be used with"), "{error}");
        for word in ["caught.ndjson", "./lsiten", "-", "something"] {
            assert!(parse(&format!("creel {word}")).mistyped(|_| false).is_none(), "{word}");
        }
    }
}
