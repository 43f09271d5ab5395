//! The options of the commands that read an inbox: `list`, `show` and `inbox`.

use clap::{Args, Subcommand, builder::PossibleValuesParser};

use super::{FileArgs, JudgingArgs, Print, checked};

/// What names captures, for the help of every command that takes them.
pub(super) const NAMES: &str = "\
A capture is named by `last` or `last~2` (the newest, the third newest), by its number (42; '#42' in quotes), or by the \
beginning of its id (at least 4 characters). Anything else is a query, as in --filter; a query that looks like a name is \
written in quotes: '\"42\"'.";

/// Options of `creel list`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
#[command(after_help = NAMES, after_long_help = format!("{NAMES}

Examples:
  creel list                                     the newest captures of the inbox
  creel list 'provider:stripe status:5xx' --limit 10
  creel list --follow --output json | jq .target
  creel list --limit all > caught.ndjson         all of it, as creel replay reads it"))]
pub struct ListArgs {
    /// Which captures; all where nothing is said
    #[arg(value_name = "QUERY|IDS")]
    pub words: Vec<String>,
    /// The inbox [default: the one that creel writes to]
    #[arg(long, value_name = "NAME", value_parser = checked("inbox"))]
    pub inbox: Option<String>,
    /// At most so many, the newest; `all` for all of them
    #[arg(long, value_name = "N", default_value = "100", value_parser = limit)]
    pub limit: Limit,
    /// Go on with what comes
    #[arg(long)]
    pub follow: bool,
    /// Say in words what the query asks for, and list nothing
    #[arg(long, conflicts_with_all = ["follow", "output"])]
    pub explain: bool,
    /// How to print them: text or json; text on a terminal, else json
    #[arg(long, value_name = "HOW", value_enum, hide_possible_values = true)]
    pub output: Option<Print>,
    /// What signatures are checked with.
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// Where the configuration is.
    #[command(flatten)]
    pub configuration: FileArgs,
}

/// How many captures to list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// All of them.
    All,
    /// The newest so many.
    Newest(usize),
}

fn limit(text: &str) -> Result<Limit, String> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(Limit::Newest(count)),
        _ if text == "all" => Ok(Limit::All),
        _ => Err("write a whole number from 1, or all".to_owned()),
    }
}

/// Options of `creel show`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
#[command(after_help = NAMES, after_long_help = format!("{NAMES} Of a query the newest match is shown.

Examples:
  creel show last
  creel show 42 --view headers
  creel show last~1 --view body > body.bin       the bytes as they came
  creel show 'event:push' --output json"))]
pub struct ShowArgs {
    /// Which captures
    #[arg(value_name = "QUERY|IDS", required = true)]
    pub words: Vec<String>,
    /// The inbox [default: the one that creel writes to]
    #[arg(long, value_name = "NAME", value_parser = checked("inbox"))]
    pub inbox: Option<String>,
    /// What of it, and how
    #[arg(long, value_name = "NAME", default_value = "whole", value_parser = PossibleValuesParser::new(VIEWS))]
    pub view: String,
    /// How to print it: text, or json for the line that `creel replay` reads
    #[arg(
        long,
        value_name = "HOW",
        value_enum,
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub output: Print,
    /// What signatures are checked with.
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// Where the configuration is.
    #[command(flatten)]
    pub configuration: FileArgs,
}

/// The names for `--view`; a test holds them against the table of what can be shown.
pub const VIEWS: [&str; 21] = [
    "whole",
    "headers",
    "raw",
    "body",
    "json",
    "ndjson",
    "graphql",
    "cloudevents",
    "image",
    "msgpack",
    "cbor",
    "protobuf",
    "form",
    "multipart",
    "xml",
    "html",
    "yaml",
    "csv",
    "text",
    "hex",
    "wire",
];

/// Options of `creel inbox`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
pub struct InboxArgs {
    /// What to do with inboxes.
    #[command(subcommand)]
    pub command: InboxCommand,
}

/// What can be done with inboxes.
#[derive(Clone, PartialEq, Eq, Subcommand, Debug)]
pub enum InboxCommand {
    /// List the inboxes: what they hold, since when, and who writes them now
    List {
        /// How to print them: text or json; text on a terminal, else json
        #[arg(long, value_name = "HOW", value_enum, hide_possible_values = true)]
        output: Option<Print>,
    },
    /// Give an inbox another name
    Rename {
        /// What it is called
        name: String,
        /// What it is to be called
        to: String,
    },
    /// Delete an inbox with everything in it
    Remove {
        /// What it is called
        name: String,
        /// Without being asked
        #[arg(long)]
        yes: bool,
    },
    /// Give back to the disk what deleted captures took
    Vacuum {
        /// What it is called
        name: String,
    },
    /// Look whether all of an inbox can be read
    Check {
        /// What it is called
        name: String,
    },
}
