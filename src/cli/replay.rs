//! `creel replay`: what can be said of sending captures, once or many times.

use std::ffi::OsString;

use clap::{
    Args, ValueHint,
    builder::{PossibleValuesParser, ValueParser},
};

use super::{FileArgs, JudgingArgs, Print, SendingArgs, checked};
use crate::config::Sign;
use crate::replay::{Pace, schedule};

const SCHEDULE: &str = "Many";

/// Options of `creel replay`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
#[command(after_long_help = "\
Examples:
  creel replay caught.ndjson --to localhost:3000/webhooks
  creel replay - --to staging=https://staging.example.com --output json < caught.ndjson
  creel replay last --to local                   the newest of the inbox, to a target that creel.toml names
  creel replay 'provider:stripe status:5xx' --to localhost:3000
  creel replay last --to local --sign fresh --secret stripe=env:STRIPE_SECRET
  creel replay last --to local --times 10 --concurrency 10 --expect status:2xx
                                                 is the handler idempotent?
  creel replay caught.ndjson --to old --to new --pace original*2 --retry 3
                                                 yesterday's traffic to two versions, twice as fast

What is expected of every outcome, with --expect: status:2xx, status:200,201, status:200..299, time:<500ms, time:>1s, \
error:timeout (or another kind of failure, or any). Several are all to hold.

Sendings begin in the order of the captures; each capture goes to every target before the next one. With one at a time, \
which is the default where no pace is asked for, each ends before the next begins, its retries included. Ctrl-C cancels \
what is under way, which is printed as cancelled.

Exit status: 0 when every capture was sent and answered, with whatever status, and all is as expected; 1 when one got no \
answer, is not as expected, or could not be read; 2 for a usage, configuration or environment error; 130 after Ctrl-C.")]
pub struct ReplayArgs {
    /// A file of captures as `--output json` prints them, - for standard input, or captures of an inbox
    #[arg(value_name = "FILE|-|QUERY|IDS", required = true, value_hint = ValueHint::FilePath)]
    pub words: Vec<OsString>,
    /// The inbox, and nothing of the words is a file [default: the one that creel writes to]
    #[arg(long, value_name = "NAME", value_parser = checked("inbox"))]
    pub inbox: Option<String>,
    /// Where to send them: a URL, or the name of a target in creel.toml; may be given several times
    #[arg(long, value_name = "[NAME=]URL", value_hint = ValueHint::Url, required = true)]
    pub to: Vec<String>,
    /// Send also what did not arrive whole
    #[arg(long)]
    pub force: bool,
    /// How they are signed: captured, fresh (a new signature and time), fresh-id (and a new id) [default: as the target says]
    #[arg(long, value_name = "HOW", value_parser = PossibleValuesParser::new(Sign::TABLE.map(|(_, name, _)| name)),
          hide_possible_values = true)]
    pub sign: Option<String>,
    /// How to print the outcomes
    #[arg(long, value_name = "HOW", value_enum, default_value_t, hide_default_value = true)]
    pub output: Print,
    /// What every outcome is to be, such as status:2xx or time:<500ms; may be given several times
    #[arg(long, value_name = "WHAT")]
    pub expect: Vec<String>,
    /// How often all of it is sent
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = SCHEDULE,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(schedule::TIMES)))]
    pub times: u32,
    /// Send each capture twice in a row, as senders do that got no answer in time
    #[arg(long, help_heading = SCHEDULE)]
    pub duplicate: bool,
    /// Send in a random order; the same number gives the same order
    #[arg(long, value_name = "NUMBER", num_args = 0..=1, require_equals = true, default_missing_value = "",
          help_heading = SCHEDULE)]
    pub shuffle: Option<String>,
    /// When to send: at-once, original (as far from each other as they came), original*2 (twice as fast), or a rate: 10/s
    #[arg(long, value_name = "PACE", default_value = "at-once", value_parser = pace(), help_heading = SCHEDULE)]
    pub pace: String,
    /// How many may be under way at once [default: 1; 64 with a pace]
    #[arg(long, value_name = "N", help_heading = SCHEDULE,
          value_parser = clap::value_parser!(u16).range(1..=schedule::AT_ONCE as i64))]
    pub concurrency: Option<u16>,
    /// How often one is tried again that got no answer, 408, 425, 429 or 5xx, with growing waits between
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = SCHEDULE,
          value_parser = clap::value_parser!(u32).range(0..=100))]
    pub retry: u32,
    /// How they are sent.
    #[command(flatten)]
    pub sending: SendingArgs,
    /// What they are signed with.
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// Where the configuration is.
    #[command(flatten)]
    pub configuration: FileArgs,
}

/// Checks a pace; the text comes out as it went in, so that what was said can be compared.
fn pace() -> ValueParser {
    ValueParser::from(|text: &str| text.parse::<Pace>().map(|_| text.to_owned()).map_err(|error| error.to_string()))
}
