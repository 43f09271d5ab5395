//! What is in force, for people and for programs.
//!
//! Decided: the text is itself a `creel.toml` that says what is in force, with the origin of each value behind it.

use std::fmt::Write as _;

use super::{Config, InForce, Origin, Setting, settings::Shape, target::inline};
use crate::model::printable::needs_escape;

/// As TOML, each value with its origin as a comment.
pub fn toml(config: &Config) -> String {
    let mut text = match &config.file {
        Some(path) => format!("# read: {}\n", crate::model::Printable::new(path.as_os_str().as_encoded_bytes())),
        None => "# no configuration file was found\n".to_owned(),
    };
    let mut table = "";
    let mut rows = config.in_force.iter().peekable();
    while let Some(row) = rows.next() {
        let line = if let Some(name) = &row.name {
            if table != row.key {
                table = row.key;
                let _ = writeln!(text, "\n[{table}]");
            }
            // A name that occurs again has several values; they stand in one list, with the origin of the first.
            let mut values = vec![basic(&row.text)];
            while let Some(next) = rows.next_if(|next| next.key == row.key && next.name == row.name) {
                values.push(basic(&next.text));
            }
            let value = match (values.as_slice(), &row.chord) {
                _ if row.target.is_some() => row.target.as_ref().map(inline).unwrap_or_default(),
                ([one], Some(chord)) => format!("{{ query = {one}, key = {} }}", basic(chord)),
                ([one], None) => one.clone(),
                _ => format!("[{}]", values.join(", ")),
            };
            format!("{} = {value}", key(name))
        } else {
            format!("{} = {}", row.key, value(row))
        };
        let _ = writeln!(text, "{line:<40} # {}", row.origin);
    }
    for rule in &config.forward_rules {
        let _ = write!(text, "\n[[forward]] # {}\n{}", rule.to.origin, rule.toml());
    }
    text
}

/// As JSON, one object a line: `{"type":"setting","key":…,"value":…,"from":…,"where":…}`. `from` is one of `default`,
/// `file`, `environment` and `argument`; a target, key or query has its `name`, a target perhaps `options`, and a query perhaps
/// the `chord` that filters by it.
pub fn json(config: &Config) -> String {
    let mut text = String::new();
    for row in &config.in_force {
        let mut object = serde_json::Map::new();
        object.insert("type".to_owned(), "setting".into());
        object.insert("key".to_owned(), row.key.into());
        if let Some(name) = &row.name {
            object.insert("name".to_owned(), name.as_str().into());
        }
        let value = match shape(row) {
            _ if row.text.is_empty() => serde_json::Value::Null,
            Shape::Number | Shape::TextOrNumber => {
                row.text.parse::<u64>().map_or_else(|_| row.text.as_str().into(), Into::into)
            }
            Shape::Words => row.text.split_whitespace().collect(),
            Shape::Switch => is_on(&row.text).into(),
            Shape::Text | Shape::Table => row.text.as_str().into(),
        };
        object.insert("value".to_owned(), value);
        if let Some(target) = &row.target {
            object.insert("options".to_owned(), target.options().words().into());
        }
        if let Some(chord) = &row.chord {
            object.insert("chord".to_owned(), chord.as_str().into());
        }
        let (from, place) = match &row.origin {
            Origin::Default => ("default", serde_json::Value::Null),
            origin @ Origin::File { .. } => ("file", origin.to_string().into()),
            Origin::Environment(name) => ("environment", (*name).into()),
            Origin::Argument(name) => ("argument", (*name).into()),
        };
        object.insert("from".to_owned(), from.into());
        object.insert("where".to_owned(), place);
        ascii(&serde_json::Value::Object(object).to_string(), &mut text);
        text.push('\n');
    }
    for rule in &config.forward_rules {
        let object = serde_json::json!({
            "type": "setting", "key": "forward", "value": rule.to.text, "when": rule.when.as_ref().map(|when| &when.text),
            "from": "file", "where": rule.to.origin.to_string(),
        });
        ascii(&object.to_string(), &mut text);
        text.push('\n');
    }
    text
}

fn shape(row: &InForce) -> Shape {
    Setting::named(row.key).map_or(Shape::Text, |setting| setting.shape)
}

fn is_on(text: &str) -> bool {
    matches!(text, "true" | "1")
}

fn value(row: &InForce) -> String {
    match shape(row) {
        Shape::Number => row.text.replace('_', ""),
        Shape::Switch => is_on(&row.text).to_string(),
        Shape::Words => {
            let words: Vec<String> = row.text.split_whitespace().map(basic).collect();
            format!("[{}]", words.join(", "))
        }
        Shape::Text | Shape::TextOrNumber | Shape::Table => basic(&row.text),
    }
}

/// A key of TOML, bare where it can be.
pub(super) fn key(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !name.is_empty() && name.bytes().all(bare) { name.to_owned() } else { basic(name) }
}

/// A basic string of TOML that is safe to print.
pub(super) fn basic(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if needs_escape(char) => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(char));
            }
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

/// JSON with everything outside of printable ASCII escaped. Between strings JSON is ASCII, so the escapes are in strings.
fn ascii(json: &str, out: &mut String) {
    for char in json.chars() {
        if matches!(char, ' '..='~') {
            out.push(char);
        } else {
            for unit in char.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::config::file;

    fn config(arguments: &[(&'static str, &str)], text: &str) -> Config {
        let arguments: Vec<_> = arguments.iter().map(|(key, text)| (*key, (*text).to_owned())).collect();
        Config::resolve(&arguments, &[], Some(file::parse(text, Path::new("c.toml")).unwrap())).unwrap()
    }

    #[test]
    fn what_is_shown_is_a_configuration_with_its_origins() {
        let text = "ring = 5\n[targets]\na = ':1'\n[keys]\nreplay = ['r', 'ctrl-r']\nquit = 'Q'";
        let shown = toml(&config(&[("theme", "nord"), ("targets", ":2")], text));
        for line in [
            "# read: c.toml",
            "ring = 5                                 # c.toml:1:8",
            "theme = \"nord\"                           # --theme",
            "target-1 = \"http://localhost:2/\"         # --target",
            "a = \"http://localhost:1/\"                # c.toml:3:5",
            "replay = [\"r\", \"ctrl-r\"]                 # c.toml:5:11",
        ] {
            assert!(shown.lines().any(|own| own == line), "{line}\n{shown}");
        }
        assert_eq!((shown.matches("[targets]").count(), shown.matches("[keys]").count()), (1, 1));
    }

    #[test]
    fn json_has_types() {
        let shown = json(&config(&[("log", "é\u{1f600}"), ("insecure", "true")], "ring = 5\n[targets]\na = ':1'"));
        for line in [
            r#"{"type":"setting","key":"ring","value":5,"from":"file","where":"c.toml:1:8"}"#,
            r#"{"type":"setting","key":"insecure","value":true,"from":"argument","where":"--insecure"}"#,
            r#"{"type":"setting","key":"filter","value":null,"from":"default","where":null}"#,
            r#"{"type":"setting","key":"log","value":"\u00e9\ud83d\ude00","from":"argument","where":"--log"}"#,
            r#"{"type":"setting","key":"targets","name":"a","value":"http://localhost:1/","from":"file","where":"c.toml:3:5"}"#,
        ] {
            assert!(shown.lines().any(|own| own == line), "{line}\n{shown}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_as_the_same(filter in any::<String>(), action in any::<String>(), chord in any::<String>()) {
            let text = format!("filter = {}\n[keys]\n{} = {}", basic(&filter), basic(&action), basic(&chord));
            let once = config(&[], &text);
            let again = config(&[], &toml(&once));
            prop_assert_eq!(&again.filter, &once.filter);
            prop_assert!(again.in_force.iter().map(|row| (&row.name, &row.text)).eq(once.in_force.iter().map(|row| (&row.name, &row.text))));
            for line in json(&once).lines() {
                prop_assert!(line.is_ascii());
                let value: serde_json::Value = serde_json::from_str(line).unwrap();
                prop_assert!(value["key"] != "filter" || filter.is_empty() || value["value"] == filter);
            }
        }
    }
}
