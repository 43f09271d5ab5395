//! What signatures are checked with, and `creel verify`.

use std::ffi::OsString;

use clap::{Args, ValueHint};

use super::{FileArgs, Print, checked, help};

const JUDGING: &str = "Signatures";

/// Options of everything that checks signatures.
#[derive(Clone, PartialEq, Eq, Default, Args, Debug)]
pub struct JudgingArgs {
    /// `secrets`. What is wrong with one is said by whoever reads it, without repeating it.
    #[arg(long = "secret", value_name = "PROVIDER=REFERENCE", help_heading = JUDGING,
          help = "Check signatures with this secret: PROVIDER=env:NAME, =file:PATH or \"=cmd:PROGRAM WORDS\"; PROVIDER/PATH for one path; may be given several times")]
    pub secrets: Vec<String>,
    /// `public-url`.
    #[arg(long, value_name = "URL", value_parser = checked("public-url"), help = help("public-url"), help_heading = JUDGING,
          value_hint = ValueHint::Url)]
    pub public_url: Option<String>,
    /// `tolerance`.
    #[arg(long, value_name = "TIME|off", value_parser = checked("tolerance"), help = help("tolerance"),
          help_heading = JUDGING)]
    pub tolerance: Option<String>,
}

impl JudgingArgs {
    /// What the options set: keys of settings with their text.
    pub fn given(&self) -> Vec<(&'static str, String)> {
        let Self { secrets, public_url, tolerance } = self;
        let mut given: Vec<_> = secrets.iter().map(|text| ("secrets", text.clone())).collect();
        given.extend(public_url.clone().map(|text| ("public-url", text)));
        given.extend(tolerance.clone().map(|text| ("tolerance", text)));
        given
    }
}

/// Options of `creel verify`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
#[command(after_long_help = "\
Examples:
  creel verify last --secret stripe=env:STRIPE_SECRET
  creel verify caught.ndjson --secret github=file:secret.txt --output json
  creel verify 'provider:twilio' --secret twilio=env:TOKEN --public-url https://hooks.example.com
  creel verify last --provider svix --secret 'svix=cmd:op read op://dev/svix/secret'
  creel verify old.ndjson --secret slack=env:SLACK --tolerance off

A secret is named by where it is and never written itself. The age of a signature is judged by when the capture came.

Exit status: 0 when every signature is valid; 1 when one is not or a line could not be read; 2 for a usage, configuration or \
environment error.")]
pub struct VerifyArgs {
    /// A file of captures as `--output json` prints them, - for standard input, or captures of an inbox
    #[arg(value_name = "FILE|-|QUERY|IDS", required = true, value_hint = ValueHint::FilePath)]
    pub words: Vec<OsString>,
    /// The inbox, and nothing of the words is a file [default: the one that creel writes to]
    #[arg(long, value_name = "NAME", value_parser = checked("inbox"))]
    pub inbox: Option<String>,
    /// Who sent them, where that is not seen or another is meant
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// How to print the verdicts
    #[arg(long, value_name = "HOW", value_enum, default_value_t, hide_default_value = true)]
    pub output: Print,
    /// What they are checked with.
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// Where the configuration is.
    #[command(flatten)]
    pub configuration: FileArgs,
}
