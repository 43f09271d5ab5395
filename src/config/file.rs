//! What is written in one `creel.toml`, with the place of each thing.
//!
//! Decided: everything that is wrong is said at once, each with line and column, and nothing of a wrong file is used.

use std::{
    fmt::Display,
    io::Read as _,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    ConfigError, ForwardRule, Given, NamedQuery, Origin, Rebinding, SETTINGS, Setting,
    providers::Described,
    settings::Shape,
    value::{is_target_name, quoted, target},
};
use crate::model::{Place, Printable, did_you_mean, printable::needs_escape};
use crate::replay::Target;
use crate::signature::Named;

/// How many bytes a file may have.
const LIMIT: u64 = 1024 * 1024;

/// What a file says. Every value in it has been checked.
#[derive(Clone, Default, Debug)]
pub struct Written {
    /// The file.
    pub path: PathBuf,
    /// Settings that have one value, in the order of the file.
    pub values: Vec<(&'static Setting, Given)>,
    /// Targets, in the order of the file.
    pub targets: Vec<(Target, Origin)>,
    /// What is forwarded where, in the order of the file.
    pub forward_rules: Vec<ForwardRule>,
    /// Secrets by reference, in the order of the file.
    pub secrets: Vec<(Named, Origin)>,
    /// Providers of the user's own, in the order of the file.
    pub providers: Vec<(Described, Origin)>,
    /// Keys bound otherwise, in the order of the file.
    pub keys: Vec<Rebinding>,
    /// Queries with a name, in the order of the file.
    pub queries: Vec<NamedQuery>,
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Written, ConfigError> {
    let failed = |why: &dyn Display| {
        let shown = shown(path);
        Err(ConfigError(vec![format!("{shown}: the configuration cannot be read: {why}")]))
    };
    let mut bytes = Vec::new();
    if let Err(error) = std::fs::File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes)) {
        return failed(&error);
    }
    if bytes.len() as u64 > LIMIT {
        return failed(&"it is larger than 1 MiB");
    }
    match String::from_utf8(bytes) {
        Ok(text) => parse(&text, path),
        Err(error) => failed(&format_args!("byte {} is not UTF-8", error.utf8_error().valid_up_to() + 1)),
    }
}

/// Reads the text of a file. `path` is what messages call it.
pub fn parse(text: &str, path: &Path) -> Result<Written, ConfigError> {
    let mut reader = Reader { text, file: shown(path), errors: Vec::new() };
    let mut written = Written { path: path.to_owned(), ..Written::default() };
    match DeTable::parse(text) {
        Ok(table) => reader.whole(table.get_ref(), &mut written),
        Err(error) => {
            let what = Printable::limited(error.message().as_bytes(), 200);
            reader.wrong(error.span().map_or(0, |span| span.start), format_args!("not TOML: {what}"));
        }
    }
    if reader.errors.is_empty() { Ok(written) } else { Err(ConfigError(reader.errors)) }
}

fn shown(path: &Path) -> String {
    Printable::new(path.as_os_str().as_encoded_bytes()).as_str().to_owned()
}

pub(super) struct Reader<'a> {
    text: &'a str,
    file: String,
    errors: Vec<String>,
}

impl Reader<'_> {
    pub(super) fn origin(&self, offset: usize) -> Origin {
        Origin::File { file: self.file.clone(), place: Place::at(self.text, offset) }
    }

    pub(super) fn wrong(&mut self, offset: usize, what: impl Display) {
        self.errors.push(format!("{}: {what}", self.origin(offset)));
    }

    fn whole(&mut self, table: &DeTable<'_>, written: &mut Written) {
        for (key, at, value) in in_order(table) {
            let Some(setting) = Setting::named(key) else {
                let hint = did_you_mean(key, SETTINGS.iter().map(|setting| setting.key));
                self.wrong(at, format_args!("no key called {}{hint}", quoted(key)));
                continue;
            };
            match (setting.shape, setting.key) {
                (Shape::Table, "targets") => self.targets(value, &mut written.targets),
                (Shape::Table, "secrets") => self.secrets(value, &mut written.secrets),
                (Shape::Table, "providers") => self.providers(value, &mut written.providers),
                (Shape::Table, "queries") => self.queries(value, &mut written.queries),
                (_, "forward") if matches!(value.get_ref(), DeValue::Array(_)) => {
                    self.rules(value, &mut written.forward_rules);
                }
                (Shape::Table, _) => self.keys(value, &mut written.keys),
                _ => {
                    if let Some(given) = self.value(setting, value) {
                        written.values.push((setting, given));
                    }
                }
            }
        }
    }

    fn value(&mut self, setting: &Setting, value: &Spanned<DeValue<'_>>) -> Option<Given> {
        let at = value.span().start;
        let text = match (setting.shape, value.get_ref()) {
            (Shape::Text | Shape::TextOrNumber, DeValue::String(text)) => text.to_string(),
            (Shape::Words, DeValue::Array(_) | DeValue::String(_)) => self.words(setting, value)?,
            (Shape::Words, DeValue::Boolean(on)) if setting.key == "handshakes" => {
                if *on { "all" } else { "" }.to_owned()
            }
            (Shape::Switch, DeValue::Boolean(on)) => on.to_string(),
            (Shape::Number | Shape::TextOrNumber, DeValue::Integer(number)) => {
                // Hexadecimal and the like, as what they are.
                i128::from_str_radix(&number.as_str().replace('_', ""), number.radix())
                    .map_or_else(|_| number.as_str().to_owned(), |number| number.to_string())
            }
            (shape, other) => {
                let wanted = match shape {
                    Shape::Text | Shape::Table => "a text in quotes",
                    Shape::Words => "a list of texts in quotes",
                    Shape::Number => "a whole number without quotes",
                    Shape::TextOrNumber => "a text in quotes or a whole number",
                    Shape::Switch => "true or false without quotes",
                };
                self.wrong(at, format_args!("`{}` must be {wanted}, not {}", setting.key, kind(other)));
                return None;
            }
        };
        if let Err(why) = (setting.check)(&text) {
            self.wrong(at, format_args!("`{}`: {why}", setting.key));
            return None;
        }
        Some(Given { text, origin: self.origin(at) })
    }

    /// The words of a list, or of one text, as one text.
    fn words(&mut self, setting: &Setting, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let items: Vec<_> = match value.get_ref() {
            DeValue::Array(items) => items.iter().collect(),
            _ => vec![value],
        };
        let mut words = Vec::with_capacity(items.len());
        for item in items {
            let DeValue::String(text) = item.get_ref() else {
                let what = kind(item.get_ref());
                self.wrong(
                    item.span().start,
                    format_args!("`{}` must be a list of texts in quotes, and in it is {what}", setting.key),
                );
                return None;
            };
            words.push(text.to_string());
        }
        Some(words.join(" "))
    }

    fn targets(&mut self, value: &Spanned<DeValue<'_>>, targets: &mut Vec<(Target, Origin)>) {
        for (name, at, value) in self.table("targets", value) {
            if !is_target_name(name) {
                let rule = "a letter, then letters, digits, `-`, `_` and `.`";
                self.wrong(at, format_args!("{} is not a name for a target: {rule}", quoted(name)));
                continue;
            }
            match value.get_ref() {
                DeValue::String(url) => match target(&format!("{name}={url}")) {
                    Ok(target) => targets.push((target, self.origin(value.span().start))),
                    Err(why) => self.wrong(value.span().start, why),
                },
                DeValue::Table(table) => {
                    if let Some(target) = self.target(name, at, table) {
                        targets.push((target, self.origin(at)));
                    }
                }
                other => {
                    let what = kind(other);
                    self.wrong(
                        value.span().start,
                        format_args!("the target {} must be a URL in quotes or a table, not {what}", quoted(name)),
                    );
                }
            }
        }
    }

    fn keys(&mut self, value: &Spanned<DeValue<'_>>, keys: &mut Vec<Rebinding>) {
        for (action, _, value) in self.table("keys", value) {
            let chords = match value.get_ref() {
                DeValue::Array(chords) => chords.iter().collect(),
                _ => vec![value],
            };
            for chord in chords {
                let at = chord.span().start;
                if let DeValue::String(text) = chord.get_ref() {
                    let (action, chord) = (action.to_owned(), text.to_string());
                    keys.push(Rebinding { action, chord, origin: self.origin(at) });
                } else {
                    let what = kind(chord.get_ref());
                    self.wrong(at, format_args!("the key of {} must be a text in quotes, not {what}", quoted(action)));
                }
            }
        }
    }

    /// Each is a text, or a table of the text and a key.
    fn queries(&mut self, value: &Spanned<DeValue<'_>>, queries: &mut Vec<NamedQuery>) {
        for (name, at, value) in self.table("queries", value) {
            if name.trim().is_empty() || name.contains(needs_escape) || name.chars().count() > 40 {
                let rule = "1 to 40 characters, none of them a control character";
                self.wrong(at, format_args!("{} is not a name for a query: {rule}", quoted(name)));
                continue;
            }
            let given = |reader: &Self, value: &Spanned<DeValue<'_>>| match value.get_ref() {
                DeValue::String(text) => {
                    Some(Given { text: text.to_string(), origin: reader.origin(value.span().start) })
                }
                _ => None,
            };
            let (mut query, mut chord) = (given(self, value), None);
            if let DeValue::Table(table) = value.get_ref() {
                for (key, at, value) in in_order(table) {
                    let slot = match key {
                        "query" => &mut query,
                        "key" => &mut chord,
                        _ => {
                            let hint = did_you_mean(key, ["query", "key"]);
                            self.wrong(at, format_args!("a query has `query` and `key`, and no {}{hint}", quoted(key)));
                            continue;
                        }
                    };
                    *slot = given(self, value);
                    if slot.is_none() {
                        let what = kind(value.get_ref());
                        self.wrong(value.span().start, format_args!("`{key}` must be a text in quotes, not {what}"));
                    }
                }
                if !table.keys().any(|key| &**key.get_ref() == "query") {
                    self.wrong(at, format_args!("{} has no `query`", quoted(name)));
                }
            } else if query.is_none() {
                let what = kind(value.get_ref());
                let wanted = "a query in quotes or a table { query = \"…\", key = \"…\" }";
                self.wrong(value.span().start, format_args!("{} must be {wanted}, not {what}", quoted(name)));
            }
            if let Some(query) = query {
                queries.push(NamedQuery { name: name.to_owned(), query, key: chord });
            }
        }
    }

    pub(super) fn table<'v, 'i>(&mut self, key: &str, value: &'v Spanned<DeValue<'i>>) -> Vec<Entry<'v, 'i>> {
        match value.get_ref() {
            DeValue::Table(table) => in_order(table),
            other => {
                self.wrong(value.span().start, format_args!("`{key}` must be a table, [{key}], not {}", kind(other)));
                Vec::new()
            }
        }
    }
}

/// A key, its place, and its value.
pub(super) type Entry<'v, 'i> = (&'v str, usize, &'v Spanned<DeValue<'i>>);

/// The entries of a table in the order of the file.
pub(super) fn in_order<'v, 'i>(table: &'v DeTable<'i>) -> Vec<Entry<'v, 'i>> {
    let mut entries: Vec<_> = table.iter().map(|(key, value)| (&**key.get_ref(), key.span().start, value)).collect();
    entries.sort_by_key(|(_, at, _)| *at);
    entries
}

/// What a value is, in words.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Result<Written, String> {
        parse(text, Path::new("creel.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn values_keep_their_text_and_place() {
        let text =
            "ring = 0x10\nmax-body = 1_000\nlisten = 80\n[keys]\nreplay = ['r', 'R']\n[targets]\nb = ':1'\na = ':2'";
        let written = parsed(text).unwrap();
        let values: Vec<_> = written
            .values
            .iter()
            .map(|(setting, given)| format!("{} {} {}", setting.key, given.text, given.origin))
            .collect();
        assert_eq!(values, ["ring 16 creel.toml:1:8", "max-body 1000 creel.toml:2:12", "listen 80 creel.toml:3:10"]);
        assert_eq!(written.targets.iter().map(|(target, _)| target.label()).collect::<Vec<_>>(), ["b", "a"]);
        let keys: Vec<_> =
            written.keys.iter().map(|key| format!("{} {} {}", key.action, key.chord, key.origin)).collect();
        assert_eq!(keys, ["replay r creel.toml:5:11", "replay R creel.toml:5:16"]);
    }

    #[test]
    fn a_list_of_words_is_one_text_of_them() {
        for (text, words) in
            [("redact = ['header:a', 'json:.b']", "header:a json:.b"), ("redact = 'header:a'", "header:a")]
        {
            assert_eq!(parsed(text).unwrap().values[0].1.text, words);
        }
        for (text, error) in [
            ("redact = 1", "creel.toml:1:10: `redact` must be a list of texts in quotes, not a whole number"),
            (
                "redact = ['a', 1]",
                "creel.toml:1:16: `redact` must be a list of texts in quotes, and in it is a whole number",
            ),
        ] {
            assert_eq!(parsed(text).unwrap_err(), error);
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let error = parsed("rign = 1\nring = 0\nring-bytes = '1 potato'\n[targets]\n'a b' = ':1'").unwrap_err();
        assert_eq!(
            error.lines().map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>(),
            ["creel.toml:1:1:", "creel.toml:2:8:", "creel.toml:3:14:", "creel.toml:5:1:"]
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("creel.toml");
        for (content, why) in
            [(b"ring = 1 # \xff".to_vec(), "byte 12 is not UTF-8"), (vec![b'\n'; 1_100_000], "it is larger")]
        {
            std::fs::write(&path, content).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains("creel.toml: the configuration cannot be read: ") && error.contains(why), "{error}");
        }
        assert!(read(folder.path()).unwrap_err().to_string().contains("cannot be read"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_in_printable_words(
            text in prop_oneof![any::<String>(), "((ring|listen|keys|mouse|\\[targets\\]|x) ?=? ?[0-9'\"a\u{1b}\\[\\]{},.]{0,6}\n){0,5}"],
        ) {
            if let Err(error) = parse(&text, Path::new("x.toml")) {
                for sentence in error.0 {
                    prop_assert!(sentence.starts_with("x.toml:"), "{sentence}");
                    prop_assert_eq!(Printable::from(sentence.as_str()).to_string(), sentence);
                }
            }
        }
    }
}
