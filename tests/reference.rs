//! The README against the program: its tables are the tables in the code, and what its prose names is there.
//!
//! `UPDATE=1 cargo test --test reference` writes the tables anew, between `<!-- name -->` and `<!-- /name -->`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::{fmt::Write as _, fs, path::Path};

use bytes::Bytes;
use clap::{CommandFactory as _, Parser as _};
use creel::{
    capture::ListenSettings,
    cli::Cli,
    config::{Setting, file, settings},
    decode::VIEWS,
    export::{attempt_line, capture_line, format, ready_line, redact::rule, rejected_line},
    import::SOURCES,
    model::{AttemptId, BodySent, CaptureId, Digest, Outcome, Period, Refusal, Rejected, Reply, Seq, Size},
    provider::PROVIDERS,
    query::{FIELDS, Query},
    replay::{self, Target},
    store::Limits,
    tui::{
        action::Action,
        chord::Chord,
        keymap::{BINDINGS, Context},
        panes::replays::{ATTEMPTS, UNDER_WAY},
        theme::{BUILTIN, Depth, Theme},
    },
};
use sha2::{Digest as _, Sha256};
use support::captures::capture;

fn readme() -> String {
    fs::read_to_string("README.md").unwrap()
}

/// Everything in the README that is made from the program.
fn generated() -> [(&'static str, String); 12] {
    [
        ("providers", providers()),
        ("query", query()),
        ("views", views()),
        ("lines", lines()),
        ("formats", format::markdown()),
        ("redaction", redaction()),
        ("sources", sources()),
        ("limits", limits()),
        ("refusals", refusals()),
        ("settings", settings::markdown()),
        ("keys", keys()),
        ("themes", themes()),
    ]
}

#[test]
fn the_tables_in_the_readme_are_those_of_the_program() {
    let before = readme();
    let mut wanted = before.clone();
    for (name, text) in generated() {
        let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let (head, rest) = wanted.split_once(&open).unwrap_or_else(|| panic!("README.md has no {open}"));
        let (_, tail) = rest.split_once(&close).unwrap_or_else(|| panic!("README.md has no {close}"));
        wanted = format!("{head}{open}{text}{close}{tail}");
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write("README.md", &wanted).unwrap();
    } else {
        assert!(
            before == wanted,
            "README.md is behind the program; UPDATE=1 cargo test --test reference writes it anew"
        );
    }
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn table<'a>(heads: &str, rows: impl IntoIterator<Item = Vec<String>> + 'a) -> String {
    let columns = heads.split(" | ").count();
    let mut table = format!("| {heads} |\n|{}\n", " --- |".repeat(columns));
    for row in rows {
        assert_eq!(row.len(), columns, "{row:?}");
        writeln!(table, "| {} |", row.iter().map(|text| cell(text)).collect::<Vec<_>>().join(" | ")).unwrap();
    }
    table
}

fn kbd(chord: &str) -> String {
    format!("<kbd>{}</kbd>", chord.replace('<', "&lt;"))
}

fn keys() -> String {
    let mut text = String::new();
    for (context, heading) in Context::ALL {
        let rows = BINDINGS.iter().filter(|binding| binding.context == context).map(|binding| {
            let about = binding.action.row();
            let chords: Vec<_> = binding.chords.iter().map(|chord| kbd(chord)).collect();
            vec![chords.join(" "), about.help.to_owned(), format!("`{}`", about.name)]
        });
        writeln!(text, "**{heading}**\n\n{}", table("key | what it does | name", rows)).unwrap();
    }
    text.truncate(text.trim_end().len() + 1);
    text
}

fn query() -> String {
    let code = |text: &str| format!("`{text}`");
    let rows = FIELDS.iter().map(|field| {
        let names: Vec<_> = [field.name].iter().chain(field.aliases).map(|name| code(name)).collect();
        vec![names.join(", "), field.help.to_owned(), code(field.example)]
    });
    table("field | what it is | example", rows)
}

fn views() -> String {
    table("view | what it shows", VIEWS.iter().map(|view| vec![view.label.to_owned(), view.help.to_owned()]))
}

fn providers() -> String {
    let mut names: Vec<_> =
        PROVIDERS.iter().map(|provider| format!("{} (`{}`)", provider.label, provider.name)).collect();
    names.sort_by_key(|name| name.to_lowercase());
    format!("{}.\n", filled(names.iter().map(String::as_str), ", ", "", 116))
}

/// What is secret, and what can be added.
fn redaction() -> String {
    let code = |name: &&str| format!("`{name}`");
    let headers: Vec<_> = rule::HEADERS.iter().map(code).collect();
    let names: Vec<_> = rule::NAMES.iter().map(code).collect();
    let all = |names: &[String]| filled(names.iter().map(String::as_str), ", ", "", 116);
    let rows = rule::KINDS.map(|(_, help, example)| vec![code(&example), help.to_owned()]);
    format!(
        "Headers:\n{}.\n\nNames in JSON, forms and queries, whatever their case, `_` and `-`, and all that end in `password` or \
         `secret`:\n{}.\n\n{}",
        all(&headers),
        all(&names),
        table("rule | what it takes out", rows)
    )
}

fn themes() -> String {
    let rows = BUILTIN.iter().map(|(name, _)| {
        let (theme, _) = Theme::named(name, None, Depth::True).unwrap();
        vec![format!("`{name}`"), theme.description.unwrap()]
    });
    table("theme | what it is", rows)
}

fn sources() -> String {
    let rows = SOURCES.iter().map(|source| {
        let example = if source.example.contains("network panel") {
            source.example.to_owned()
        } else {
            format!("`{}`", cell(source.example))
        };
        vec![format!("`{}`", source.name), source.label.to_owned(), cell(source.help), example]
    });
    table("`--from` | what it is | what becomes of it | such as", rows)
}

fn refusals() -> String {
    let rows = Refusal::TABLE.iter().map(|(_, name, meaning)| vec![format!("`{name}`"), (*meaning).to_owned()]);
    table("name | what it means", rows)
}

/// Every bound with its value in force where nothing is said. What is done past it is held by the tests of each.
fn limits() -> String {
    let (listen, ring, sending) = (ListenSettings::default(), Limits::default(), replay::Settings::default());
    let size = |bytes: usize| Size(bytes as u64).to_string();
    let time = |time| Period(time).to_string();
    let or = |value: String, key: &str| format!("{value} (`{}`)", Setting::named(key).unwrap().flag.unwrap());
    let in_flight = format!("{}, or four bodies where that is more", size(listen.max_in_flight));
    let rows = [
        ("requests kept", or(ring.count.to_string(), "ring"), "the oldest that is not pinned goes"),
        ("their size in all", or(size(ring.bytes), "ring-bytes"), "the oldest that is not pinned goes"),
        ("pinned requests", "half of either".to_owned(), "pinning is refused"),
        ("one body", or(Size(listen.max_body).to_string(), "max-body"), "answered 413, kept up to there"),
        ("request line and headers", size(listen.max_head), "answered 431"),
        ("header lines", listen.max_headers.to_string(), "answered 431"),
        ("connections at a time", or(listen.max_connections.to_string(), "max-connections"), "answered 503, closed"),
        ("bytes of bodies on their way", in_flight, "answered 503 with `Retry-After`"),
        ("a new connection says nothing for", time(listen.first_byte_timeout), "closed"),
        ("request line and headers take", time(listen.head_timeout), "answered 408, closed"),
        ("a body pauses for", time(listen.body_idle_timeout), "answered 408, kept as far as it came"),
        ("a body takes in all", time(listen.body_timeout), "answered 408, kept as far as it came"),
        ("a connection rests between requests", time(listen.keep_alive_timeout), "closed"),
        ("a replay reaches its target within", or(time(sending.connect_timeout), "connect-timeout"), "it failed"),
        ("a target begins to answer within", or(time(sending.head_timeout), "head-timeout"), "it failed"),
        ("a replay takes in all", or(time(sending.total_timeout), "timeout"), "what came of the answer is shown"),
        ("body of a target's answer", size(sending.reply_limit), "the rest is not read"),
        ("replays at a time", UNDER_WAY.to_string(), "refused, with a sentence"),
        ("replays remembered", ATTEMPTS.to_string(), "the oldest is forgotten"),
    ];
    table("what | at most | past it", rows.map(|(what, most, past)| vec![what.to_owned(), most, past.to_owned()]))
}

/// One line of each type, broken between its fields.
fn lines() -> String {
    let body = r#"{"id":"evt_1","object":"event","type":"invoice.paid","data":{"object":{"id":"in_1"}}}"#;
    let headers = [
        ("Host", "127.0.0.1:4600"),
        ("Content-Type", "application/json"),
        ("Stripe-Signature", "t=1769851613,v1=5257a869e7ec"),
        ("Content-Length", &body.len().to_string()),
    ];
    let mut capture = capture("POST", "/stripe?live=1", &headers, body);
    capture.id = CaptureId::fixed(0x0194_bb1e_2c5a_7000_8000_0000_0000_002a);
    capture.seq = Seq(42);
    let target = Target::parse("http://localhost:3000/webhooks").unwrap();
    let plan = replay::plan(&capture, &target).unwrap();
    let mut attempt = plan.attempt(AttemptId(1), "2026-01-31T09:27:01.25Z".parse().unwrap());
    attempt.duration = Some(std::time::Duration::from_micros(12_200));
    let body = Sha256::digest(capture.body.content().first());
    let body = Digest { size: capture.body.len() as u64, sha256: body.into() };
    attempt.ledger.body = Some(BodySent { captured: body, sent: body, because: None });
    attempt.outcome = Some(Outcome::Replied(Box::new(Reply {
        status: 200,
        reason: "OK".to_owned(),
        headers: vec![(Bytes::from_static(b"Content-Type"), Bytes::from_static(b"application/json"))],
        body: Bytes::from_static(br#"{"ok":true}"#),
        body_received: 11,
        body_cut: None,
    })));
    let rejected = Rejected {
        received_at: "2026-01-31T09:27:00Z".parse().unwrap(),
        remote: "192.0.2.9:40112".parse().unwrap(),
        refusal: Refusal::Malformed,
        reason: "invalid header value".to_owned(),
        status: Some(400),
        raw: Bytes::from_static(b"GET / HTTP/1.1\r\nA: \x01\r\n\r\n"),
    };
    let mut text = String::from("```json\n");
    for line in [
        ready_line("http://127.0.0.1:4600", Some("default")),
        capture_line(&capture),
        rejected_line(&rejected),
        attempt_line(&attempt),
    ] {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&line).unwrap();
        let fields: Vec<_> = object.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let broken = format!("{{{}}}", filled(fields.iter().map(String::as_str), ",", " ", 116));
        assert_eq!(broken.replace("\n ", ""), line, "the line as it is printed, but for the breaks");
        writeln!(text, "{broken}").unwrap();
    }
    text + "```\n"
}

/// Parts with something between them, in lines of about `columns`; further lines begin with `indent`.
fn filled<'a>(parts: impl Iterator<Item = &'a str>, between: &str, indent: &str, columns: usize) -> String {
    let mut text = String::new();
    let mut column = 0;
    for part in parts {
        if !text.is_empty() {
            text.push_str(between.trim_end());
            if column + part.len() > columns {
                text.push('\n');
                text.push_str(indent);
                column = 0;
            } else {
                text.push_str(between.strip_prefix(between.trim_end()).unwrap_or_default());
            }
        }
        text.push_str(part);
        column += part.len() + between.len();
    }
    text
}

/// What stands between two marks, each time.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).map(|rest| rest.split(close).next().unwrap()).collect()
}

/// The blocks of code in a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    between(text, &format!("```{language}\n"), "```")
}

/// Text without its blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The words of every command line that runs creel: in shell blocks, and in code among the prose.
fn commands() -> Vec<Vec<String>> {
    let text = readme();
    let prose = prose(&text);
    let lines = blocks(&text, "sh").into_iter().flat_map(str::lines).chain(between_backticks(&prose));
    let mut commands = Vec::new();
    for line in lines {
        for part in shell_words(line).split(|word| word == "|") {
            let run = ["cargo", "run", "--release"];
            let rest = match part.split_first() {
                Some((first, rest)) if first == "creel" => rest,
                _ if part.iter().take(3).eq(run) => part.get(3..).unwrap_or_default(),
                _ => continue,
            };
            let rest = rest.iter().skip(usize::from(rest.first().is_some_and(|word| word == "--")));
            let kept = rest.take_while(|word| !matches!(word.as_str(), ">" | "<" | "#"));
            commands.push(std::iter::once("creel".to_owned()).chain(kept.cloned()).collect());
        }
    }
    commands
}

fn between_backticks(prose: &str) -> impl Iterator<Item = &str> {
    prose.split('`').skip(1).step_by(2)
}

/// Words as a shell parts them, single quotes taken off.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted) = (String::new(), false);
    for char in line.chars().chain([' ']) {
        match char {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty())),
            other => word.push(other),
        }
    }
    words
}

#[test]
fn every_command_line_in_the_readme_is_one() {
    let commands = commands();
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        match Cli::try_parse_from(&command) {
            Ok(_) => {}
            // `creel replay` by itself names the command.
            Err(error) if command.len() == 2 && error.kind() == clap::error::ErrorKind::MissingRequiredArgument => {}
            Err(error) => panic!("{command:?}\n{error}"),
        }
    }
}

#[test]
fn every_option_in_the_readme_is_one() {
    let command = Cli::command();
    let all = std::iter::once(&command).chain(command.get_subcommands());
    let known: Vec<_> = all.flat_map(clap::Command::get_arguments).filter_map(clap::Arg::get_long).collect();
    let prose = prose(&readme());
    let mut seen = 0;
    for code in between_backticks(&prose).filter(|code| code.starts_with("--")) {
        let name = code.trim_start_matches("--").split([' ', '=']).next().unwrap();
        assert!(known.contains(&name), "there is no option {code}");
        seen += 1;
    }
    assert!(seen > 20);
}

#[test]
fn every_key_in_the_readme_is_bound() {
    let text = readme();
    let keys = between(&text, "<kbd>", "</kbd>");
    assert!(keys.len() > 60);
    for key in keys {
        // As HTML and a table write it.
        let key = key.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\\|", "|");
        let chord: Chord = key.parse().unwrap();
        let bound = BINDINGS.iter().any(|binding| binding.chords.contains(&chord.to_string().as_str()));
        assert!(bound, "{key} means nothing");
    }
}

#[test]
fn every_query_in_the_readme_can_be_asked() {
    let text = readme();
    let lines: Vec<_> = blocks(&text, "text").into_iter().flat_map(str::lines).collect();
    assert!(lines.len() > 10);
    for line in lines {
        let (query, about) = line.split_once("   ").unwrap();
        assert!(!about.trim().is_empty() && !query.is_empty(), "{line}");
        if let Err(error) = Query::parse(query) {
            panic!("{}", error.report(query));
        }
    }
}

#[test]
fn the_configuration_in_the_readme_is_read() {
    let text = readme();
    let files: Vec<_> =
        blocks(&text, "toml").into_iter().map(|toml| file::parse(toml, Path::new("creel.toml")).unwrap()).collect();
    let whole = files.last().unwrap();
    assert_eq!((whole.values.len(), whole.targets.len(), whole.keys.len()), (2, 2, 2));
    for key in files.iter().flat_map(|file| &file.keys) {
        assert!(Action::named(&key.action).is_some() && key.chord.parse::<Chord>().is_ok(), "{key:?}");
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write("docs/creel.toml", settings::sample()).unwrap();
    }
    assert_eq!(fs::read_to_string("docs/creel.toml").unwrap(), settings::sample());
}

#[test]
fn every_link_in_the_readme_leads_somewhere() {
    let text = readme();
    let links = between(&text, "](", ")").into_iter();
    let pictures = between(&text, "src=\"", "\"").into_iter().chain(between(&text, "srcset=\"", "\""));
    let named = between_backticks(&text).filter(|code| code.starts_with("tests/") || code.starts_with("benches/"));
    let mut seen = 0;
    for link in links.chain(pictures).chain(named) {
        assert!(Path::new(link).exists(), "{link} is not there");
        seen += 1;
    }
    assert!(seen >= 8, "{seen}");
}

#[test]
fn numbers_in_the_prose_are_those_of_the_program() {
    let text = readme().replace('\n', " ");
    let listen = Setting::named("listen").unwrap().default;
    for sentence in [
        format!("Rust toolchain, {} or later", env!("CARGO_PKG_RUST_VERSION")),
        format!("up to {UNDER_WAY} at a time"),
        format!("`http://{listen}`"),
    ] {
        assert!(text.contains(&sentence), "{sentence}");
    }
}
