//! Everything that can be set: one table. The [`Config`] that creel runs by, the reading of the environment and of
//! `creel.toml`, the help of the options, the sample in `docs/creel.toml`, the README's table and `creel config` come from
//! it.

use std::{fmt::Write as _, net::SocketAddr, path::PathBuf, time::Duration};

use super::{ForwardRule, InForce, Mode, NamedQuery, Output, Rebinding, value};
use crate::diff::Ignored;
use crate::model::{Rate, Size};
use crate::provider::Provider;
use crate::replay::{Framing, Target};
use crate::signature::{Age, Named, Scheme};
use crate::store::{Durability, InboxName};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key in `creel.toml`.
    pub key: &'static str,
    /// The environment variable that sets it.
    pub env: Option<&'static str>,
    /// The option that sets it.
    pub flag: Option<&'static str>,
    /// How TOML writes it.
    pub shape: Shape,
    /// What holds where nothing is said, as text; empty for nothing.
    pub default: &'static str,
    /// What it is for.
    pub help: &'static str,
    /// Something that could be written in `creel.toml`.
    pub example: &'static str,
    /// Reads a value and throws it away: what is wrong with it, if anything.
    pub check: fn(&str) -> Result<(), String>,
}

/// How TOML writes a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// In quotes.
    Text,
    /// A whole number.
    Number,
    /// In quotes, or a whole number.
    TextOrNumber,
    /// `true` or `false`.
    Switch,
    /// A list of words in quotes; where it is one text, they stand apart by blanks.
    Words,
    /// A table of texts.
    Table,
}

macro_rules! settings {
    ($(
        $field:ident: $type:ty = $read:path, $shape:ident, $key:literal, $env:literal, $flag:literal, $default:literal,
        $help:literal, $example:literal;
    )*) => {
        /// What is in force. Every value is within its limits.
        #[derive(Clone, PartialEq, Debug)]
        pub struct Config {
            $(#[doc = $help] pub $field: $type,)*
            /// Where captures are sent; the first is where `r` sends.
            pub targets: Vec<Target>,
            /// What exports take out beside what is always secret, as written; each is checked where it is used.
            pub redact: Vec<String>,
            /// What comparisons ignore.
            pub ignore: Ignored,
            /// What is forwarded where, in the order in which it was written; nothing where `forward` says it for all.
            pub forward_rules: Vec<ForwardRule>,
            /// Secrets by reference, those of the command line first.
            pub secrets: Vec<Named>,
            /// Providers that the user has described: the row of each, and how it signs, if it does.
            pub providers: Vec<(Provider, Option<Scheme>)>,
            /// Keys bound otherwise than by default, in the order in which they were written.
            pub keys: Vec<Rebinding>,
            /// Queries with a name, in the order in which they were written.
            pub queries: Vec<NamedQuery>,
            /// Every setting as text, with its origin, in the order of the table.
            pub in_force: Vec<InForce>,
            /// The configuration file that was read.
            pub file: Option<PathBuf>,
            /// What is odd but does no harm, as sentences.
            pub warnings: Vec<String>,
        }

        /// Every setting, in the order of the documentation.
        pub const SETTINGS: &[Setting] = &[
            $(Setting {
                key: $key,
                env: Some($env),
                flag: Some($flag),
                shape: Shape::$shape,
                default: $default,
                help: $help,
                example: $example,
                check: |text| $read(text).map(drop),
            },)*
            REDACT,
            IGNORE,
            TARGETS,
            SECRETS,
            PROVIDERS,
            KEYS,
            QUERIES,
        ];

        /// The values of all settings that have one text, from the text of each; or which text is wrong, and why.
        pub(super) fn read(mut text: impl FnMut(&'static str) -> String) -> Result<Config, (&'static str, String)> {
            Ok(Config {
                $($field: $read(&text($key)).map_err(|why| ($key, why))?,)*
                targets: Vec::new(),
                forward_rules: Vec::new(),
                redact: Vec::new(),
                ignore: Ignored::default(),
                secrets: Vec::new(),
                providers: Vec::new(),
                keys: Vec::new(),
                queries: Vec::new(),
                in_force: Vec::new(),
                file: None,
                warnings: Vec::new(),
            })
        }
    };
}

settings! {
    listen: SocketAddr = value::address, TextOrNumber, "listen", "CREEL_LISTEN", "--listen", "127.0.0.1:4600",
        "where to listen: ADDRESS:PORT, or a port alone, which is on loopback; 0 picks a free one", "\"0.0.0.0:4600\"";
    output: Option<Output> = value::output, Text, "output", "CREEL_OUTPUT", "--output", "",
        "how to show captures: tui, text or json; by itself tui on a terminal and text elsewhere", "\"json\"";
    filter: Option<String> = value::optional, Text, "filter", "CREEL_FILTER", "--filter", "",
        "show only captures that match this query; all are kept", "\"method:POST\"";
    ring: usize = value::count, Number, "ring", "CREEL_RING", "--ring", "10000",
        "keep at most this many captures; the oldest unpinned goes first", "500";
    ring_bytes: Size = value::size, TextOrNumber, "ring-bytes", "CREEL_RING_BYTES", "--ring-bytes", "256MiB",
        "keep captures of at most this size in all", "\"1GiB\"";
    spool_bytes: Size = value::size, TextOrNumber, "spool-bytes", "CREEL_SPOOL_BYTES", "--spool-bytes", "4GiB",
        "keep bodies over 1 MiB on the disk, at most this size in all", "\"20GiB\"";
    inbox: InboxName = value::inbox, Text, "inbox", "CREEL_INBOX", "--inbox", "default",
        "keep captures in the inbox of this name, which is there at the next start", "\"stripe\"";
    ephemeral: bool = value::switch, Switch, "ephemeral", "CREEL_EPHEMERAL", "--ephemeral", "false",
        "use no inbox: nothing outlives creel", "true";
    durability: Durability = value::durability, Text, "durability", "CREEL_DURABILITY", "--durability", "batch",
        "when a capture is on the disk: memory (never), batch (within 50 ms) or commit (before its sender is answered)", "\"commit\"";
    keep: usize = value::count, Number, "keep", "CREEL_KEEP", "--keep", "100000",
        "keep at most this many captures in the inbox; the oldest unpinned goes first", "1000";
    keep_bytes: Size = value::size, TextOrNumber, "keep-bytes", "CREEL_KEEP_BYTES", "--keep-bytes", "2GiB",
        "keep captures of at most this size in all in the inbox", "\"500MiB\"";
    keep_age: Option<Duration> = value::age, Text, "keep-age", "CREEL_KEEP_AGE", "--keep-age", "",
        "keep captures in the inbox for this long; without it, as long as there is room", "\"30d\"";
    max_body: Size = value::size, TextOrNumber, "max-body", "CREEL_MAX_BODY", "--max-body", "10MiB",
        "take bodies up to this size; a larger one is answered 413 and kept cut", "\"64k\"";
    max_connections: usize = value::count, Number, "max-connections", "CREEL_MAX_CONNECTIONS", "--max-connections", "1024",
        "serve at most this many connections at a time; others are answered 503", "64";
    rate: Option<Rate> = value::rate, Text, "rate", "CREEL_RATE", "--rate", "",
        "let in at most this many requests, such as 500/s; others are answered 429 and kept as heads; without it, all", "\"500/s\"";
    respond: u16 = value::status, Number, "respond", "CREEL_RESPOND", "--respond", "200",
        "answer senders with this status", "202";
    respond_body: Option<PathBuf> = value::path, Text, "respond-body", "CREEL_RESPOND_BODY", "--respond-body", "",
        "answer with the content of this file", "\"answer.json\"";
    respond_type: Option<String> = value::media_type, Text, "respond-type", "CREEL_RESPOND_TYPE", "--respond-type", "",
        "the Content-Type of that answer", "\"application/json\"";
    handshakes: Vec<String> = value::handshakes, Words, "handshakes", "CREEL_HANDSHAKES", "--handshakes", "",
        "answer what providers ask before they send events, such as Slack's challenge: all, or those of these names; without it, none", "[\"slack\"]";
    forward: Option<String> = value::forward, Text, "forward", "CREEL_FORWARD", "--forward", "",
        "send each capture on as it comes, to this URL or target; or rules, `[[forward]]` with when (a query), to, mode, timeout, retry, order", "\"localhost:3000/webhooks\"";
    forward_mode: Mode = value::mode, Text, "forward-mode", "CREEL_FORWARD_MODE", "--forward-mode", "relay",
        "who answers what is forwarded: relay (the target does) or async (creel does, at once)", "\"async\"";
    forward_timeout: Duration = value::period, Text, "forward-timeout", "CREEL_FORWARD_TIMEOUT", "--forward-timeout", "30s",
        "how long a sender waits for the target's answer before it gets 504; the sending goes on", "\"10s\"";
    forward_order: bool = value::switch, Switch, "forward-order", "CREEL_FORWARD_ORDER", "--forward-order", "false",
        "forward one after the other to each target, in the order in which they came", "true";
    retry: u32 = value::retries, Number, "retry", "CREEL_RETRY", "--retry", "0",
        "try what could not be forwarded up to this many times more: no connection, 408, 425, 429 and 5xx", "5";
    connect_timeout: Duration = value::period, Text, "connect-timeout", "CREEL_CONNECT_TIMEOUT", "--connect-timeout", "5s",
        "how long a replay may take to reach its target: name, TCP and TLS together", "\"1s\"";
    head_timeout: Duration = value::period, Text, "head-timeout", "CREEL_HEAD_TIMEOUT", "--head-timeout", "30s",
        "how long a target may take, once reached, until the head of its reply", "\"2m\"";
    timeout: Duration = value::period, Text, "timeout", "CREEL_TIMEOUT", "--timeout", "60s",
        "how long a replay may take in all", "\"5m\"";
    insecure: bool = value::switch, Switch, "insecure", "CREEL_INSECURE", "--insecure", "false",
        "replay to https targets without checking their certificates", "true";
    allow_link_local: bool = value::switch, Switch,
        "allow-link-local", "CREEL_ALLOW_LINK_LOCAL", "--allow-link-local", "false",
        "let replays go to link-local addresses, where clouds keep their metadata services", "true";
    framing: Framing = value::framing, Text, "framing", "CREEL_FRAMING", "--framing", "length",
        "how to replay bodies that came chunked: length, or as-captured, which is chunked and with trailers",
        "\"as-captured\"";
    tolerance: Age = value::tolerance, Text, "tolerance", "CREEL_TOLERANCE", "--tolerance", "",
        "how old a signature may be when it comes: a time such as 5m, or off; without it, as its provider says", "\"off\"";
    public_url: Option<String> = value::optional, Text, "public-url", "CREEL_PUBLIC_URL", "--public-url", "",
        "the URL under which senders reach creel, which some of them sign; several stand apart by blanks",
        "\"https://hooks.example.com\"";
    theme: String = value::name, Text, "theme", "CREEL_THEME", "--theme", "dark",
        "how the terminal interface looks; `creel themes` lists what there is", "\"nord\"";
    mouse: bool = value::switch, Switch, "mouse", "CREEL_MOUSE", "--no-mouse", "true",
        "let the terminal interface use the mouse", "false";
    log: Option<PathBuf> = value::path, Text, "log", "CREEL_LOG", "--log", "",
        "write what creel does into this file", "\"creel.log\"";
}

/// What is secret. `creel export --redact` adds to it, so it is no option that would take its place.
const REDACT: Setting = Setting {
    key: "redact",
    env: Some("CREEL_REDACT"),
    flag: None,
    shape: Shape::Words,
    default: "",
    help: "what exports for people take out, beside what is always secret: `header:NAME`, `json:PATH`, `param:NAME`",
    example: "[\"header:X-Team-Token\", \"json:.data.token\"]",
    check: |_| Ok(()),
};

/// What comparisons ignore. `creel diff --ignore` adds to it, so it is no option that would take its place.
const IGNORE: Setting = Setting {
    key: "ignore",
    env: Some("CREEL_IGNORE"),
    flag: None,
    shape: Shape::Words,
    default: crate::diff::ignore::DEFAULT,
    help: "what comparisons ignore: `header:NAME`, `json:PATH`, `header-order`, `header-case`; `default` stands for what is \
           ignored where nothing is said",
    example: "[\"default\", \"json:.id\", \"json:.**.created_at\"]",
    check: |text| text.parse::<Ignored>().map(drop).map_err(|error| error.to_string()),
};

/// Where captures are sent.
const TARGETS: Setting = Setting {
    key: "targets",
    env: Some("CREEL_TARGETS"),
    flag: Some("--target"),
    shape: Shape::Table,
    default: "",
    help: "where captures are sent, by name: the first is where `r` sends, `R` asks; several in CREEL_TARGETS stand \
           apart by blanks; `[targets.NAME]` is a table with url, path, headers, never, timeout, insecure",
    example: "local = \"http://localhost:3000/webhooks\"",
    check: |text| value::target(text).map(drop),
};

/// Secrets.
const SECRETS: Setting = Setting {
    key: "secrets",
    env: Some("CREEL_SECRETS"),
    flag: Some("--secret"),
    shape: Shape::Table,
    default: "",
    help: "what signatures are checked with, by provider and by where it is: env:NAME, file:PATH or cmd:PROGRAM; a list for \
           several, `\"stripe/path\"` for one path; several in CREEL_SECRETS stand apart by blanks",
    example: "stripe = [\"env:STRIPE_SECRET\", \"cmd:pass show stripe-old\"]",
    check: |text| text.parse::<Named>().map(drop),
};

/// Senders that creel does not know by itself.
const PROVIDERS: Setting = Setting {
    key: "providers",
    env: None,
    flag: None,
    shape: Shape::Table,
    default: "",
    help: "senders of your own: by which header they are known, how they sign, and where the event and the id are",
    example: "acme = { header = \"X-Acme-Signature\", prefix = \"sha256=\", signed = \"{timestamp}.{body}\", \
              timestamp = \"X-Acme-Time\", event = \".type\", id = \"X-Acme-Id\" }",
    check: |_| Ok(()),
};

/// Keys.
const KEYS: Setting = Setting {
    key: "keys",
    env: None,
    flag: None,
    shape: Shape::Table,
    default: "",
    help: "keys by the name of what they do; `creel keys` lists the names",
    example: "replay = [\"r\", \"ctrl-r\"]",
    check: |_| Ok(()),
};

/// Queries.
const QUERIES: Setting = Setting {
    key: "queries",
    env: None,
    flag: None,
    shape: Shape::Table,
    default: "",
    help: "queries by name, perhaps with a key that filters by them; the interface offers them at `Q`",
    example: "failed = { query = \"status:>=400\", key = \"f2\" }",
    check: |_| Ok(()),
};

impl Setting {
    /// The setting of that key.
    pub fn named(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// Its help as an option has it: with the default behind.
    pub fn option_help(&self) -> String {
        let mut rest = self.help.chars();
        let help = rest.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), rest.as_str()));
        match (self.shape, self.default) {
            (Shape::Switch | Shape::Table, _) | (_, "") => help,
            (_, default) => format!("{help} [default: {default}]"),
        }
    }

    /// Its default as TOML.
    fn default_toml(&self) -> String {
        match self.shape {
            Shape::Number | Shape::Switch => self.default.to_owned(),
            Shape::Text | Shape::TextOrNumber => format!("\"{}\"", self.default),
            Shape::Words => {
                let words: Vec<String> = self.default.split_whitespace().map(|word| format!("\"{word}\"")).collect();
                format!("[{}]", words.join(", "))
            }
            Shape::Table => String::new(),
        }
    }
}

/// The README's table of settings, as Markdown.
pub fn markdown() -> String {
    let code = |text: Option<&str>| text.map_or_else(String::new, |text| format!("`{text}`"));
    let mut table =
        String::from("| key | default | option | environment | what for |\n| --- | --- | --- | --- | --- |\n");
    for setting in SETTINGS {
        let Setting { key, env, flag, help, default, .. } = setting;
        let default = code(Some(*default).filter(|default| !default.is_empty()));
        let (flag, env) = (code(*flag), code(*env));
        let _ = writeln!(table, "| `{key}` | {default} | {flag} | {env} | {help} |");
    }
    table
}

/// `docs/creel.toml`: every setting with its default, commented out. What is code begins with `#` and no blank.
pub fn sample() -> String {
    let mut text = String::from(
        "# All that creel can be told in a file. Put it as creel.toml beside your project, or into the configuration folder\n\
         # (~/.config/creel/creel.toml). The environment goes before the file, and the command line before both;\n\
         # `creel config` shows what is in force and where each value comes from. The values here are the defaults.\n",
    );
    for setting in SETTINGS {
        let Setting { key, help, example, .. } = setting;
        let line = match setting.shape {
            Shape::Table => format!("#[{key}]\n# {example}"),
            Shape::Text | Shape::Number | Shape::TextOrNumber | Shape::Switch | Shape::Words => {
                format!("# {key} = {example}\n#{key} = {}", setting.default_toml())
            }
        };
        let flag = setting.flag.map_or_else(String::new, |flag| format!(" ({flag})"));
        let _ = write!(text, "\n# {help}{flag}\n{line}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::replay::{Settings, Timeout};
    use crate::store::{Keep, Limits};

    #[test]
    fn the_table_is_whole() {
        let mut names = HashSet::new();
        for setting in SETTINGS {
            let Setting { key, env, flag, help, default, .. } = setting;
            assert!(names.insert(*key), "{key} is there twice");
            assert!(Setting::named(key).is_some());
            assert!(help.len() > 10 && !help.ends_with('.') && !help.contains('|'), "{key}");
            if let Some(env) = env {
                assert_eq!(*env, format!("CREEL_{}", key.to_uppercase().replace('-', "_")));
            }
            if let Some(flag) = flag {
                let singular = key.strip_suffix("s").filter(|_| setting.shape == Shape::Table).unwrap_or(key);
                let no = if *default == "true" { "no-" } else { "" };
                assert_eq!(*flag, format!("--{no}{singular}"));
            }
            if setting.shape != Shape::Table {
                assert_eq!((setting.check)(default), Ok(()), "the default of {key}");
            }
            assert_ne!(setting.example, setting.default_toml(), "{key}");
        }
    }

    #[test]
    fn the_readers_of_the_table_are_those_of_the_config() {
        let config = read(|key| Setting::named(key).unwrap().default.to_owned()).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:4600");
        assert_eq!((config.ring, config.ring_bytes), (10_000, Size(256 << 20)));
        assert_eq!((config.respond, config.mouse, config.output), (200, true, None));
        // Lists and tables are taken when the values are together.
        let single = |setting: &&Setting| !matches!(setting.shape, Shape::Table | Shape::Words);
        for setting in SETTINGS.iter().filter(single) {
            let result = read(|key| {
                let own = Setting::named(key).unwrap();
                if key == setting.key { "\u{1}".to_owned() } else { own.default.to_owned() }
            });
            match (setting.check)("\u{1}") {
                Ok(()) => assert!(result.is_ok()),
                Err(why) => assert_eq!(result.unwrap_err(), (setting.key, why)),
            }
        }
    }

    #[test]
    fn the_defaults_are_those_of_the_parts_that_are_set() {
        let config = read(|key| Setting::named(key).unwrap().default.to_owned()).unwrap();
        let limits = Limits::default();
        assert_eq!((config.ring, config.ring_bytes.0 as usize), (limits.count, limits.bytes));
        assert_eq!(config.spool_bytes.0, limits.spool);
        let keep = Keep::default();
        assert_eq!((config.keep as u64, config.keep_bytes.0, config.keep_age), (keep.count, keep.bytes, keep.age));
        assert_eq!(config.durability, Durability::default());
        assert_eq!(config.inbox, InboxName::default());
        let replay = Settings::default();
        for (timeout, time) in [
            (Timeout::Connect, config.connect_timeout),
            (Timeout::Head, config.head_timeout),
            (Timeout::Total, config.timeout),
        ] {
            let option = timeout.row().option;
            assert_eq!(time, timeout.of(&replay), "{option}");
            assert!(SETTINGS.iter().any(|setting| setting.flag == Some(option)), "{option} is no option");
        }
        assert_eq!((config.insecure, config.allow_link_local), (replay.insecure, replay.allow_link_local));
    }

    #[test]
    fn the_markdown_has_a_row_for_every_setting() {
        let table = markdown();
        assert_eq!(table.lines().count(), SETTINGS.len() + 2);
        assert!(table.lines().all(|line| line.matches(" | ").count() == 4), "{table}");
        assert!(table.contains("| `ring` | `10000` | `--ring` | `CREEL_RING` | keep at most this many"));
    }
}
