//! The options of `creel expect`.

use std::ffi::OsString;

use clap::{Args, ValueHint};

use super::{FileArgs, JudgingArgs, KEEPING, LISTENING, Print, checked, help};
use crate::model::Period;

const EXPECTING: &str = "Expecting";

/// Options of `creel expect`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
#[command(after_long_help = "\
COMMAND runs once a sender would be answered, with the URL in CREEL_URL and the port alone in CREEL_PORT; with --inbox \
these are of the creel that writes it, if one does. What COMMAND prints goes to standard error, so that standard output carries captures alone. It reads creel's standard input, or nothing where \
that is a terminal. When COMMAND fails, so does the expectation; when it ends well, captures are awaited until --within is \
over. Once the expectation is met, COMMAND has what is left of that time to end by itself (--stop ends it at once). In the \
end it is ended with all that it started: SIGTERM, and SIGKILL two seconds later.

With --none nothing may match until --within is over, or, where --within is not given, until COMMAND ends.

Examples:
  creel expect 'event:push' -- sh -c 'curl -fsS -H \"X-GitHub-Event: push\" -d @push.json \"$CREEL_URL\"'
  creel expect 'provider:stripe event:invoice.paid' --count 2 --within 1m -- npm test
  creel expect --none 'event:invoice.voided' --within 5s -- ./refund-test
  creel expect 'path:/hooks' --listen 4600 --output text
  creel expect 'event:push' --inbox default --from-start

Exit status: 0 when what was expected came; 1 when it did not, with what did come and why that is not it on standard \
error, or when COMMAND failed; 2 for a usage, configuration or environment error; 128 and the signal's number when a signal \
ended it.")]
pub struct ExpectArgs {
    /// Which captures are expected, in the language of --filter; '' is any
    #[arg(value_name = "QUERY")]
    pub query: String,
    /// What to run.
    #[arg(last = true, help = "A command to run meanwhile, with the URL in CREEL_URL", value_name = "COMMAND", value_hint = ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
    /// How many must come
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..),
          help_heading = EXPECTING)]
    pub count: u64,
    /// How long to watch, such as 250ms, 30s or 5m [default: 30s]
    #[arg(long, value_name = "TIME", help_heading = EXPECTING)]
    pub within: Option<Period>,
    /// That none comes, instead
    #[arg(long, conflicts_with = "count", help_heading = EXPECTING)]
    pub none: bool,
    /// End COMMAND as soon as the expectation is met
    #[arg(long, requires = "command", help_heading = EXPECTING)]
    pub stop: bool,
    /// Follow this inbox, which another creel writes, instead of listening
    #[arg(long, value_name = "NAME", value_parser = checked("inbox"), help_heading = EXPECTING,
          conflicts_with_all = ["listen", "max_body", "respond", "respond_body", "respond_type", "ring"])]
    pub inbox: Option<String>,
    /// Look also at what is in the inbox already
    #[arg(long, requires = "inbox", help_heading = EXPECTING)]
    pub from_start: bool,
    /// How to print what comes: json, one object a line, or text
    #[arg(long, value_name = "HOW", value_enum, default_value = "json", hide_default_value = true,
          hide_possible_values = true, help_heading = EXPECTING)]
    pub output: Print,
    /// `listen`.
    #[arg(long, value_name = "ADDR", value_parser = checked("listen"), help_heading = LISTENING,
          help = "Where to listen; with COMMAND a free port, unless you say [default: as of creel listen]")]
    pub listen: Option<String>,
    /// `max-body`.
    #[arg(long, value_name = "SIZE", value_parser = checked("max-body"), help = help("max-body"),
          help_heading = LISTENING)]
    pub max_body: Option<String>,
    /// `respond`.
    #[arg(long, value_name = "STATUS", value_parser = checked("respond"), help = help("respond"),
          help_heading = LISTENING)]
    pub respond: Option<String>,
    /// `respond-body`.
    #[arg(long, value_name = "FILE", value_parser = checked("respond-body"), help = help("respond-body"),
          help_heading = LISTENING, value_hint = ValueHint::FilePath)]
    pub respond_body: Option<String>,
    /// `respond-type`.
    #[arg(long, value_name = "MIME", value_parser = checked("respond-type"), help = help("respond-type"),
          help_heading = LISTENING)]
    pub respond_type: Option<String>,
    /// `ring`.
    #[arg(long, value_name = "N", value_parser = checked("ring"), help = help("ring"), help_heading = KEEPING)]
    pub ring: Option<String>,
    /// What signatures are checked with.
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// Where the configuration is.
    #[command(flatten)]
    pub configuration: FileArgs,
}

impl ExpectArgs {
    /// What the options set: keys of settings with their text.
    pub fn given(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("inbox", &self.inbox),
            ("listen", &self.listen),
            ("max-body", &self.max_body),
            ("respond", &self.respond),
            ("respond-body", &self.respond_body),
            ("respond-type", &self.respond_type),
            ("ring", &self.ring),
        ];
        let mut given: Vec<_> = all.into_iter().filter_map(|(key, text)| Some((key, text.clone()?))).collect();
        given.extend(self.judging.given());
        given
    }
}
