//! The options of `creel diff`.

use std::ffi::OsString;

use clap::{Args, ValueHint};

use super::{FileArgs, Print, checked};

/// Options of `creel diff`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
#[command(after_long_help = "\
A capture is `last` or `last~1` (the newest, the one before), its number, the beginning of its id, or a line of a file of \
captures: caught.ndjson where that has one, caught.ndjson:3 for its third line, caught.ndjson:0199f3a1 for an id in it.

With --attempts the words are attempts of that capture by number, from 1 for the first, and 0 for the answer that its sender \
got. With none of them the newest attempt is compared with the one before it, or with that answer.

Examples:
  creel diff last~1 last
  creel diff before.ndjson:1 after.ndjson:1 --ignore json:.id --ignore 'json:.**.created_at'
  creel diff 41 42 --side-by-side
  creel diff --attempts last 0 2
  creel diff last~1 last --output json | jq 'select(.ignored == false) | .path'

Dates, ids of requests and the like are ignored by default: they are told apart and counted, and --ignore none compares them \
too.

Exit status: 0 when nothing differs but what is ignored; 1 when something does; 2 for a usage, configuration or environment \
error.")]
pub struct DiffArgs {
    /// What is compared: the older one first
    #[arg(value_name = "A B", num_args = 0..=2, value_hint = ValueHint::FilePath, required_unless_present = "attempts")]
    pub words: Vec<OsString>,
    /// Compare what came of sending this capture
    #[arg(long, value_name = "ID")]
    pub attempts: Option<String>,
    /// The inbox [default: the one that creel writes to]
    #[arg(long, value_name = "NAME", value_parser = checked("inbox"))]
    pub inbox: Option<String>,
    /// Ignore this too: header:NAME, json:PATH, header-order, header-case; `none` for nothing of what is ignored by default;
    /// may be given several times
    #[arg(long, value_name = "FIELD")]
    pub ignore: Vec<String>,
    /// The old side at the left, the new one at the right; by itself on a terminal of 120 columns and more
    #[arg(long, conflicts_with = "unified")]
    pub side_by_side: bool,
    /// One below the other
    #[arg(long)]
    pub unified: bool,
    /// Also what is alike
    #[arg(long)]
    pub everything: bool,
    /// How to print it: text, or json for a line for each difference and one for all
    #[arg(
        long,
        value_name = "HOW",
        value_enum,
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub output: Print,
    /// Where the configuration is.
    #[command(flatten)]
    pub configuration: FileArgs,
}
