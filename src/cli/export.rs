//! `creel export`.

use std::{ffi::OsString, path::PathBuf};

use clap::{
    Args, ValueHint,
    builder::{PossibleValue, PossibleValuesParser},
};

use super::{FileArgs, JudgingArgs, checked};
use crate::export::{Base, FORMATS};

const WHAT: &str = "What is written";
const REDACTING: &str = "Redaction";

/// Options of `creel export`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
#[command(after_long_help = "\
Examples:
  creel export caught.ndjson --format har --to caught.har
  creel export last --format curl --url localhost:3000
  creel export caught.ndjson --format python --no-redact | python3
  creel export - --format csv --redact header:x-team --redact json:.user.email < caught.ndjson

All formats but ndjson are meant for people: secrets are taken out of headers, query parameters, JSON and forms, and what \
stands in their place says what was there.

Exit status: 0 when every capture was written; 1 when one was left out or a line could not be read; 2 for a usage, \
configuration or environment error.")]
pub struct ExportArgs {
    /// A file of captures as `--output json` prints them, - for standard input, or captures of an inbox [default: all of
    /// the inbox]
    #[arg(value_name = "FILE|-|QUERY|IDS", value_hint = ValueHint::FilePath)]
    pub words: Vec<OsString>,
    /// The inbox, and nothing of the words is a file [default: the one that creel writes to]
    #[arg(long, value_name = "NAME", value_parser = checked("inbox"))]
    pub inbox: Option<String>,
    /// The form to write them in
    #[arg(long, value_name = "NAME", value_parser = formats(), help_heading = WHAT)]
    pub format: String,
    /// Write into this file, which must not be there yet; by itself to standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = WHAT)]
    pub to: Option<PathBuf>,
    /// Replace the file of --to where it is there
    #[arg(long, requires = "to", help_heading = WHAT)]
    pub overwrite: bool,
    /// Where commands and programs send them.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, help_heading = WHAT,
          help = format!("Where commands and programs send them [default: {}]", Base::default()))]
    pub url: Option<String>,
    /// Take this out too: header:NAME, json:PATH or param:NAME; may be given several times
    #[arg(long, value_name = "RULE", help_heading = REDACTING)]
    pub redact: Vec<String>,
    /// Leave every secret in
    #[arg(long, conflicts_with = "redact", help_heading = REDACTING)]
    pub no_redact: bool,
    /// What signatures are checked with.
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// Where the configuration is.
    #[command(flatten)]
    pub configuration: FileArgs,
}

fn formats() -> PossibleValuesParser {
    PossibleValuesParser::new(FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.label)))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Cli, Command};
    use super::*;

    fn parse(line: &str) -> Result<ExportArgs, String> {
        match Cli::try_parse_from(line.split(' ')).map(Cli::into_command) {
            Ok(Command::Export(args)) => Ok(args),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn every_example_of_the_table_is_a_command_line() {
        for format in FORMATS {
            let line = format.example.split(" | ").next().unwrap();
            assert_eq!(parse(line).unwrap().format, format.name);
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for line in [
            "creel export a",
            "creel export a --format nothing",
            "creel export a --format har --overwrite",
            "creel export a --format har --no-redact --redact header:a",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(parse("creel export --format har").unwrap().words.is_empty());
        assert_eq!(parse("creel export - --format har --redact header:a --redact json:.b").unwrap().redact.len(), 2);
    }
}
