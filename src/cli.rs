//! The command line: what can be asked of creel, and nothing that does it.
//!
//! Options that set something are rows of `config::SETTINGS`: their help, their default and their check are the table's,
//! so this file says only what an option is called and where it stands in the help. Decided: `creel` alone is `creel
//! listen`, because that is what it is for. Refused: one-letter options, which scripts are full of and nobody can read.

mod browse;
mod diff;
mod expect;
mod export;
mod files;
mod forwarding;
mod keeping;
mod replay;
mod send;
mod sending;
mod verify;

use std::path::PathBuf;

use clap::{
    Args, Parser, Subcommand, ValueEnum, ValueHint,
    builder::{PossibleValuesParser, ValueParser},
};
use clap_complete::Shell;

pub use self::browse::{InboxArgs, InboxCommand, Limit, ListArgs, ShowArgs, VIEWS};
pub use self::diff::DiffArgs;
pub use self::expect::ExpectArgs;
pub use self::export::ExportArgs;
pub use self::files::{FileNames, ImportArgs, SourceArgs, ViewArgs};
pub use self::forwarding::ForwardArgs;
pub use self::keeping::KeepingArgs;
pub use self::replay::ReplayArgs;
pub use self::send::SendArgs;
pub use self::sending::SendingArgs;
pub use self::verify::{JudgingArgs, VerifyArgs};
use crate::config::{Output, Setting};

const LISTENING: &str = "Listening and answering";
const KEEPING: &str = "Keeping";
const SHOWING: &str = "Showing";
const REPLAYING: &str = "Replaying";
const CONFIGURING: &str = "Configuration";

/// Catch webhooks: see every request as it came, filter, inspect and replay it by a keypress.
#[derive(Clone, PartialEq, Eq, Parser, Debug)]
#[command(
    name = "creel",
    bin_name = "creel",
    version,
    args_conflicts_with_subcommands = true,
    infer_subcommands = false,
    after_help = "Without a command or a file, creel listens. `creel COMMAND --help` says more about one.",
    after_long_help = EXAMPLES
)]
pub struct Cli {
    /// What to do; listen where nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What to look at, where no command is named.
    #[command(flatten)]
    pub names: FileNames,
    /// How to listen, where no command is named.
    #[command(flatten)]
    pub listen: ListenArgs,
}

const EXAMPLES: &str = "\
Examples:
  creel                                          listen on 127.0.0.1:4600 and show what comes
  creel --target localhost:3000/webhooks         and `r` sends it on to your handler
  creel --filter 'method:POST' --output json     print what matches, one JSON object a line
  creel --output json > caught.ndjson            keep what comes in a file
  creel caught.ndjson                            and look at it later; HAR and other files, too
  creel replay caught.ndjson --to localhost:3000 and send it to a handler
  creel send github.push                         or send a sample, signed, before anything real comes
  creel expect 'event:push' -- ./push-test       run a command, and fail when no such capture comes
  creel export caught.ndjson --format har        or give it to somebody, without the secrets

Every option that sets something is also a line of creel.toml (ring-bytes = \"64MiB\") and an environment variable \
(CREEL_RING_BYTES=64MiB); the command line goes before the environment, and that before the file. `creel config` shows \
what is in force and where it comes from.

Exit status: 0 done; 1 what was asked for did not happen; 2 a usage, configuration or environment error; 128 and the \
signal's number when a signal ended it.";

/// What can be done.
#[derive(Clone, PartialEq, Eq, Subcommand, Debug)]
pub enum Command {
    /// Open a capture URL and show every request that comes
    #[command(after_long_help = EXAMPLES)]
    Listen(Box<ListenArgs>),
    /// Wait for captures that match, for scripts and CI; run a command that causes them
    Expect(Box<ExpectArgs>),
    /// Send captures from a file or an inbox to a target, each byte as it came
    Replay(Box<ReplayArgs>),
    /// Send samples: realistic, signed events of GitHub, Stripe, Slack and others
    Send(SendArgs),
    /// Check the signatures of captures, and say what went wrong
    Verify(VerifyArgs),
    /// Say what differs between two captures, or between what came of sending one
    Diff(DiffArgs),
    /// List the captures of an inbox, or go on listing what comes
    List(ListArgs),
    /// Show a capture of an inbox: as a whole, a part of it, or its bytes
    Show(ShowArgs),
    /// List, rename, remove, tidy and check inboxes
    Inbox(InboxArgs),
    /// Write captures from a file or an inbox in another form: HAR, curl, a program, a table …
    Export(ExportArgs),
    /// Print requests out of other programs' files (HAR, curl commands, mitmproxy flows ...) as creel's JSON lines, or
    /// bring them into an inbox
    Import(ImportArgs),
    /// Show the requests in files, and listen to nothing: what `creel FILE` is.
    #[command(skip)]
    View(Box<ViewArgs>),
    /// Print what is in force, and where each value comes from
    Config(ConfigArgs),
    /// List the themes, or print one as TOML: a start for your own
    Themes(ThemesArgs),
    /// Print every key and what it does
    Keys(KeysArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}

/// Options of `creel listen`.
#[derive(Clone, PartialEq, Eq, Default, Args, Debug)]
pub struct ListenArgs {
    /// `listen`.
    #[arg(long, value_name = "ADDR", value_parser = checked("listen"), help = help("listen"), help_heading = LISTENING)]
    pub listen: Option<String>,
    /// `max-body`.
    #[arg(long, value_name = "SIZE", value_parser = checked("max-body"), help = help("max-body"),
          help_heading = LISTENING)]
    pub max_body: Option<String>,
    /// `max-connections`.
    #[arg(long, value_name = "N", value_parser = checked("max-connections"), help = help("max-connections"),
          help_heading = LISTENING)]
    pub max_connections: Option<String>,
    /// `rate`.
    #[arg(long, value_name = "N/s", value_parser = checked("rate"), help = help("rate"), help_heading = LISTENING)]
    pub rate: Option<String>,
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
    /// `ring-bytes`.
    #[arg(long, value_name = "SIZE", value_parser = checked("ring-bytes"), help = help("ring-bytes"),
          help_heading = KEEPING)]
    pub ring_bytes: Option<String>,
    /// `spool-bytes`.
    #[arg(long, value_name = "SIZE", value_parser = checked("spool-bytes"), help = help("spool-bytes"),
          help_heading = KEEPING)]
    pub spool_bytes: Option<String>,
    /// The inbox.
    #[command(flatten)]
    pub keeping: KeepingArgs,
    /// `output`.
    #[arg(long, value_name = "HOW", value_parser = PossibleValuesParser::new(Output::TABLE.map(|(name, _)| name)),
          hide_possible_values = true, help = help("output"), help_heading = SHOWING)]
    pub output: Option<String>,
    /// `filter`.
    #[arg(long, value_name = "QUERY", value_parser = checked("filter"), help = help("filter"), help_heading = SHOWING)]
    pub filter: Option<String>,
    /// `theme`.
    #[arg(long, value_name = "NAME", value_parser = checked("theme"), help = help("theme"), help_heading = SHOWING)]
    pub theme: Option<String>,
    /// `mouse`, off.
    #[arg(long, help = "Leave the mouse to the terminal", help_heading = SHOWING)]
    pub no_mouse: bool,
    /// `targets`.
    #[arg(long = "target", value_name = "[NAME=]URL", value_parser = checked("targets"),
          help = "Where captures are sent: the first is where `r` sends, `R` asks; may be given several times",
          help_heading = REPLAYING, value_hint = ValueHint::Url)]
    pub targets: Vec<String>,
    /// What is forwarded.
    #[command(flatten)]
    pub forwarding: ForwardArgs,
    /// What signatures are checked with.
    #[command(flatten)]
    pub judging: JudgingArgs,
    /// How replays are sent.
    #[command(flatten)]
    pub sending: SendingArgs,
    /// Where the configuration is and what is logged.
    #[command(flatten)]
    pub configuration: FileArgs,
    /// `log`.
    #[arg(long, value_name = "FILE", value_parser = checked("log"), help = help("log"), help_heading = CONFIGURING,
          value_hint = ValueHint::FilePath)]
    pub log: Option<String>,
}

/// Where the configuration is.
#[derive(Clone, PartialEq, Eq, Default, Args, Debug)]
pub struct FileArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE", help_heading = CONFIGURING, value_hint = ValueHint::FilePath,
          help = "Read this configuration file, not ./creel.toml or the user's own [env: CREEL_CONFIG]")]
    pub config: Option<PathBuf>,
}

/// How data is printed.
#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum, Debug)]
pub enum Print {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Options of `creel config`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
pub struct ConfigArgs {
    /// How to print it: as creel.toml, or as JSON
    #[arg(long, value_name = "HOW", value_enum, default_value_t, hide_default_value = true)]
    pub output: Print,
    /// Where the configuration is.
    #[command(flatten)]
    pub configuration: FileArgs,
}

/// Options of `creel themes`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
pub struct ThemesArgs {
    /// The theme to print
    pub name: Option<String>,
}

/// Options of `creel keys`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
pub struct KeysArgs {
    /// Where the configuration is.
    #[command(flatten)]
    pub configuration: FileArgs,
}

/// Options of `creel completions`.
#[derive(Clone, PartialEq, Eq, Args, Debug)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

impl Cli {
    /// What to do.
    pub fn into_command(self) -> Command {
        match self.command {
            Some(command) => command,
            None if self.names.files.is_empty() => Command::Listen(Box::new(self.listen)),
            None => Command::View(Box::new(ViewArgs { names: self.names, showing: self.listen })),
        }
    }
}

impl ListenArgs {
    /// What the options set: keys of settings with their text.
    pub fn given(&self) -> Vec<(&'static str, String)> {
        // Whole, so that an option that is forgotten here is an error.
        let Self {
            listen,
            max_body,
            max_connections,
            rate,
            respond,
            respond_body,
            respond_type,
            ring,
            ring_bytes,
            spool_bytes,
            keeping,
            output,
            filter,
            theme,
            no_mouse,
            targets,
            forwarding,
            judging,
            sending,
            configuration: FileArgs { config: _ },
            log,
        } = self;
        let one = [
            ("listen", listen),
            ("max-body", max_body),
            ("max-connections", max_connections),
            ("rate", rate),
            ("respond", respond),
            ("respond-body", respond_body),
            ("respond-type", respond_type),
            ("ring", ring),
            ("ring-bytes", ring_bytes),
            ("spool-bytes", spool_bytes),
            ("output", output),
            ("filter", filter),
            ("theme", theme),
            ("log", log),
        ];
        let mut given: Vec<_> = one.into_iter().filter_map(|(key, text)| Some((key, text.clone()?))).collect();
        if *no_mouse {
            given.push(("mouse", "false".to_owned()));
        }
        given.extend(targets.iter().map(|text| ("targets", text.clone())));
        given.extend(keeping.given());
        given.extend(forwarding.given());
        given.extend(judging.given());
        given.extend(sending.given());
        given
    }
}

/// The check of a setting, as clap calls it: the text comes out as it went in.
fn checked(key: &'static str) -> ValueParser {
    ValueParser::from(move |text: &str| match Setting::named(key) {
        Some(setting) => (setting.check)(text).map(|()| text.to_owned()),
        None => Err(format!("there is no setting called {key}")),
    })
}

/// The help of a setting.
fn help(key: &str) -> String {
    Setting::named(key).map_or_else(String::new, Setting::option_help)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, ffi::OsString};

    use clap::CommandFactory as _;

    use super::*;
    use crate::config::{Config, SETTINGS, settings::Shape};

    fn parse(line: &str) -> Result<Command, String> {
        let words = std::iter::once("creel").chain(line.split(' ').filter(|word| !word.is_empty()));
        Cli::try_parse_from(words).map(Cli::into_command).map_err(|error| error.to_string())
    }

    #[test]
    fn clap_finds_nothing_wrong() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_setting_with_an_option_has_it_and_sets_itself() {
        for setting in SETTINGS {
            let Some(flag) = setting.flag else { continue };
            let text = match setting.shape {
                Shape::Switch => String::new(),
                Shape::Table if setting.key == "secrets" => "github=env:A".to_owned(),
                Shape::Table => "a=:1".to_owned(),
                Shape::Words => setting.example.replace(['[', ']', '"'], ""),
                _ => setting.example.trim_matches('"').to_owned(),
            };
            let Ok(Command::Listen(args)) = parse(&format!("{flag} {text}")) else { panic!("{flag} {text}") };
            let wanted = match setting.shape {
                Shape::Switch => setting.example.to_owned(),
                _ => text.clone(),
            };
            assert_eq!(args.given(), [(setting.key, wanted)]);
            let explicit = parse(&format!("listen {flag} {text}"));
            assert_eq!(explicit, Ok(Command::Listen(args.clone())), "`creel` is not `creel listen`");
            assert!(Config::resolve(&args.given(), &[], None).is_ok());
        }
    }

    #[test]
    fn every_option_is_a_setting_or_says_why_not() {
        let besides = ["config", "from", "help", "version"];
        let flags: BTreeMap<_, _> = SETTINGS.iter().filter_map(|row| Some((row.flag?.to_owned(), row))).collect();
        let command = Cli::command();
        for arg in command.get_arguments() {
            let Some(long) = arg.get_long() else { continue };
            let known = flags.contains_key(&format!("--{long}")) || besides.contains(&long);
            assert!(known, "--{long} is not in the table");
            assert!(arg.get_help().is_some_and(|help| !help.to_string().is_empty()), "--{long} has no help");
            let in_group = arg.get_help_heading().is_some() || besides.contains(&long);
            assert!(in_group, "--{long} stands under no heading");
        }
    }

    #[test]
    fn a_bad_value_is_said_in_the_words_of_the_setting() {
        for (line, says) in [
            ("--ring many", "`many` is not a whole number from 1, such as 10000"),
            ("--timeout 30", "say the unit, such as 30s"),
            ("--output jsn", "a similar value exists: 'json'"),
            ("--lisen 1", "a similar argument exists: '--listen'"),
            ("replay x", "--to"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(says), "{line}\n{error}");
        }
    }

    #[test]
    fn commands_have_their_options() {
        let Ok(Command::Replay(args)) = parse("replay - --to a=:1 --output json --force --insecure --timeout 5s")
        else {
            panic!()
        };
        assert_eq!(
            (args.words.as_slice(), args.to.as_slice(), args.output, args.force),
            ([OsString::from("-")].as_slice(), ["a=:1".to_owned()].as_slice(), Print::Json, true)
        );
        assert_eq!(args.sending.given(), [("timeout", "5s".to_owned()), ("insecure", "true".to_owned())]);
        assert!(matches!(parse("themes nord"), Ok(Command::Themes(ThemesArgs { name: Some(name) })) if name == "nord"));
        assert!(matches!(parse("config"), Ok(Command::Config(ConfigArgs { output: Print::Text, .. }))));
        assert!(matches!(parse("completions fish"), Ok(Command::Completions(CompletionsArgs { shell: Shell::Fish }))));
        assert_eq!(parse("man"), Ok(Command::Man));
        let Ok(Command::Listen(args)) = parse("") else { panic!() };
        assert_eq!(args.given(), []);
    }

    #[test]
    fn the_help_has_defaults_and_examples() {
        let help = Cli::command().render_long_help().to_string();
        for text in ["[default: 256MiB]", "creel replay caught.ndjson --to", "Keeping:", "Exit status: 0"] {
            assert!(help.contains(text), "{text}\n{help}");
        }
    }
}
