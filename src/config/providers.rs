//! Providers that a user describes in `[providers.NAME]`: rows of the tables of providers and schemes, like those that are
//! built in.
//!
//! Decided: rows live as long as the process, like those of the tables; they are made once, of a file of bounded size.

use toml::{Spanned, de::DeValue};

use super::{
    Origin,
    file::{Reader, in_order, kind},
    value::{is_target_name, quoted},
};
use crate::model::did_you_mean;
use crate::provider::{self, Provider, Sign, Source, Step};
use crate::signature::{Encoding, Form, Hash, Key, Method, Part, Place, Scheme, Time, Tolerance, Unit};

/// What was described.
#[derive(Clone, Debug)]
pub struct Described {
    /// Its row.
    pub provider: Provider,
    /// How it signs, if that was said.
    pub scheme: Option<Scheme>,
    /// What `creel config` says of it.
    pub text: String,
}

/// The keys, each with what it is for: what may be written, and what a mistyped one is compared with.
pub const KEYS: [(&str, &str); 16] = [
    ("label", "what it is called on the screen"),
    ("header", "the header of the signature; it is known by it"),
    ("known-by", "another header that it is known by"),
    ("prefix", "what stands before the signature: sha256= or v1="),
    ("separator", "what stands between fields of the header, such as the comma in t=1,v1=ab"),
    ("hash", "sha1, sha256 or sha512; token where the secret itself is sent"),
    ("encoding", "hex, base64 or base64url"),
    ("key", "what the secret is: text, base64, hex or whsec"),
    (
        "signed",
        "what is signed: {body}, {timestamp}.{body}, {id}.{timestamp}.{body}, {method}{url}{body}, {header:NAME}",
    ),
    ("timestamp", "the header of the time, or its field in the signature's header with an equals sign: t="),
    ("unit", "s or ms"),
    ("signed-id", "the header of the id that is signed"),
    ("tolerance", "how old a signature may be: 5m"),
    ("event", "where the event is: a header, or a path into the body such as .type"),
    ("action", "where the finer kind is, in the same way"),
    ("id", "where the id of the delivery is, in the same way"),
];

fn keep(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn keep_all<T>(all: Vec<T>) -> &'static [T] {
    Box::leak(all.into_boxed_slice())
}

/// A header's name, or a path of names into JSON.
fn source(text: &str) -> Source {
    match text.strip_prefix('.') {
        Some(path) => Source::Body(keep_all(path.split('.').map(step).collect())),
        None => Source::Header(keep(text)),
    }
}

fn step(name: &str) -> Step {
    if name == "0" { Step::First } else { Step::Key(keep(name)) }
}

/// The parts of a template.
fn template(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        if !before.is_empty() {
            parts.push(Part::Text(keep(before)));
        }
        let (name, end) = after.split_once('}').ok_or("a brace is not closed")?;
        rest = end;
        parts.push(match name.strip_prefix('{').unwrap_or(name) {
            "timestamp" => Part::Time,
            "id" => Part::Id,
            "body" => Part::Body,
            "method" => Part::Method,
            "url" => Part::Url,
            "secret" => Part::Secret,
            other => match other.strip_prefix("header:") {
                Some(header) => Part::Header(keep(header)),
                None => {
                    let names = ["timestamp", "id", "body", "method", "url", "secret"];
                    return Err(format!("no part is called {}{}", quoted(other), did_you_mean(other, names)));
                }
            },
        });
    }
    if !rest.is_empty() {
        parts.push(Part::Text(keep(rest)));
    }
    Ok(parts)
}

impl Reader<'_> {
    /// Each is a table.
    pub(super) fn providers(&mut self, value: &Spanned<DeValue<'_>>, providers: &mut Vec<(Described, Origin)>) {
        for (name, at, value) in self.table("providers", value) {
            if !is_target_name(name) {
                let rule = "a letter, then letters, digits, `-`, `_` and `.`";
                self.wrong(at, format_args!("{} is not a name for a provider: {rule}", quoted(name)));
                continue;
            }
            if provider::PROVIDERS.iter().any(|row| row.name == name) {
                self.wrong(
                    at,
                    format_args!("{} is a provider that creel knows already; choose another name", quoted(name)),
                );
                continue;
            }
            let DeValue::Table(table) = value.get_ref() else {
                let what = kind(value.get_ref());
                self.wrong(at, format_args!("{} must be a table, [providers.{name}], not {what}", quoted(name)));
                continue;
            };
            let mut given: Vec<(&str, usize, String)> = Vec::new();
            for (key, at, value) in in_order(table) {
                if !KEYS.iter().any(|(known, _)| *known == key) {
                    let hint = did_you_mean(key, KEYS.iter().map(|(known, _)| *known));
                    self.wrong(at, format_args!("a provider has no {}{hint}", quoted(key)));
                    continue;
                }
                match value.get_ref() {
                    DeValue::String(text) if !text.is_empty() => {
                        given.push((key, value.span().start, text.to_string()));
                    }
                    other => {
                        let what = kind(other);
                        self.wrong(value.span().start, format_args!("`{key}` must be a text in quotes, not {what}"));
                    }
                }
            }
            match described(name, &given) {
                Ok(described) => providers.push((described, self.origin(at))),
                Err((key, why)) => {
                    let place = given.iter().find(|(own, _, _)| *own == key).map_or(at, |(_, place, _)| *place);
                    self.wrong(place, format_args!("{}: `{key}`: {why}", quoted(name)));
                }
            }
        }
    }
}

type Wrong = (&'static str, String);

fn described(name: &str, given: &[(&str, usize, String)]) -> Result<Described, Wrong> {
    let text = |key: &str| given.iter().find(|(own, _, _)| *own == key).map(|(_, _, text)| text.as_str());
    let name = keep(name);
    let (header, known_by) = (text("header"), text("known-by"));
    let signs: Vec<Sign> = header.into_iter().chain(known_by).map(|header| Sign::Header(keep(header))).collect();
    if signs.is_empty() {
        return Err(("header", "it must be known by a header: write header or known-by".to_owned()));
    }
    let sources = |key: &str| keep_all(text(key).map(source).into_iter().collect());
    let provider = Provider {
        name,
        label: text("label").map_or(name, keep),
        signs: keep_all(signs),
        event: sources("event"),
        action: sources("action"),
        delivery: sources("id"),
    };
    let scheme = header.map(|header| scheme(name, header, &text)).transpose()?;
    let text = header.or(known_by).unwrap_or_default().to_owned();
    Ok(Described { provider, scheme, text })
}

fn scheme<'t>(name: &'static str, header: &str, text: &dyn Fn(&str) -> Option<&'t str>) -> Result<Scheme, Wrong> {
    let one_of = |key: &'static str, names: &[&str]| {
        let found = text(key).unwrap_or_default();
        let hint = did_you_mean(found, names.iter().copied());
        (key, format!("{} is none of {}{hint}", quoted(found), names.join(", ")))
    };
    let token = text("hash") == Some("token");
    let method = match text("hash").unwrap_or("sha256") {
        "sha1" => Method::Hmac(Hash::Sha1),
        "sha256" => Method::Hmac(Hash::Sha256),
        "sha512" => Method::Hmac(Hash::Sha512),
        "token" => Method::Equal,
        _ => return Err(one_of("hash", &["sha1", "sha256", "sha512", "token"])),
    };
    let encoding = match text("encoding").unwrap_or("hex") {
        _ if token => Encoding::Plain,
        "hex" => Encoding::Hex,
        "base64" => Encoding::Base64,
        "base64url" => Encoding::Base64Url,
        _ => return Err(one_of("encoding", &["hex", "base64", "base64url"])),
    };
    let key = match text("key").unwrap_or("text") {
        "text" => Key::Text,
        "base64" => Key::Base64,
        "hex" => Key::Hex,
        "whsec" => Key::Whsec,
        _ => return Err(one_of("key", &["text", "base64", "hex", "whsec"])),
    };
    let unit = match text("unit").unwrap_or("s") {
        "s" => Unit::Seconds,
        "ms" => Unit::Millis,
        _ => return Err(one_of("unit", &["s", "ms"])),
    };
    let signed = template(text("signed").unwrap_or("{body}")).map_err(|why| ("signed", why))?;
    let field = text("timestamp").and_then(|text| text.strip_suffix('='));
    let time = match (text("timestamp"), field) {
        (_, Some(_)) => Some(Time::Form(unit)),
        (Some(header), None) => Some(Time::Header(keep(header), unit)),
        (None, None) => None,
    };
    let prefix = keep(text("prefix").unwrap_or_default());
    let form = match text("separator") {
        Some(separator) => {
            let mut chars = separator.chars();
            let (Some(between), None) = (chars.next().filter(char::is_ascii), chars.next()) else {
                return Err(("separator", "it is one character of ASCII".to_owned()));
            };
            Form::Pairs(between, field.map_or("", keep), prefix.trim_end_matches('='))
        }
        None if field.is_some() => {
            return Err(("timestamp", "a field of the header needs a `separator`, such as \",\"".to_owned()));
        }
        None => Form::Bare(prefix),
    };
    if signed.contains(&Part::Time) && time.is_none() {
        return Err(("signed", "the time is signed, and `timestamp` does not say where it stands".to_owned()));
    }
    if signed.contains(&Part::Id) && text("signed-id").is_none() {
        return Err(("signed", "the id is signed, and `signed-id` does not say in which header it stands".to_owned()));
    }
    let tolerance = match text("tolerance") {
        None => None,
        Some(text) => match text.parse::<crate::model::Period>() {
            Ok(period) => {
                Some(Tolerance { seconds: u32::try_from(period.0.as_secs()).unwrap_or(u32::MAX), both: true })
            }
            Err(error) => return Err(("tolerance", error.to_string())),
        },
    };
    Ok(Scheme {
        name,
        provider: name,
        at: Place::Header(keep(header)),
        when: None,
        form,
        encoding,
        method,
        key,
        signed: if token { &[] } else { keep_all(signed) },
        time,
        id: text("signed-id").map(keep),
        tolerance,
        note: "",
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::file;

    fn parsed(text: &str) -> Result<Vec<Described>, String> {
        let written = file::parse(text, Path::new("c.toml")).map_err(|error| error.to_string())?;
        Ok(written.providers.into_iter().map(|(described, _)| described).collect())
    }

    #[test]
    fn a_provider_is_rows_of_the_tables() {
        let all = parsed(
            "[providers.acme]\nlabel = 'Acme'\nheader = 'X-Acme-Signature'\nprefix = 'v1='\nseparator = ','\n\
             timestamp = 't='\nsigned = '{timestamp}.{body}'\ntolerance = '5m'\nevent = '.data.type'\nid = 'X-Acme-Id'\n\
             [providers.tok]\nheader = 'X-Tok'\nhash = 'token'",
        )
        .unwrap();
        let acme = &all[0];
        assert_eq!((acme.provider.name, acme.provider.label), ("acme", "Acme"));
        assert_eq!(acme.provider.event, [Source::Body(&[Step::Key("data"), Step::Key("type")])]);
        let scheme = acme.scheme.as_ref().unwrap();
        assert_eq!(scheme.form, Form::Pairs(',', "t", "v1"));
        assert_eq!(scheme.signed, [Part::Time, Part::Text("."), Part::Body]);
        assert_eq!(scheme.tolerance, Some(Tolerance { seconds: 300, both: true }));
        assert_eq!(all[1].scheme.as_ref().unwrap().method, Method::Equal);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, says) in [
            ("[providers.github]\nheader = 'X'", "c.toml:1:12: `github` is a provider that creel knows already"),
            ("[providers.a]\nheadr = 'X'", "c.toml:2:1: a provider has no `headr`; did you mean `header`?"),
            ("[providers.a]\nheader = 'X'\nhash = 'md5'", "c.toml:3:8: `a`: `hash`: `md5` is none of sha1"),
            (
                "[providers.a]\nheader = 'X'\nsigned = '{bdy}'",
                "c.toml:3:10: `a`: `signed`: no part is called `bdy`; did you mean",
            ),
            ("[providers.a]\nheader = 'X'\nsigned = '{timestamp}'", "c.toml:3:10: `a`: `signed`: the time is signed"),
            ("[providers.a]\nlabel = 'X'", "c.toml:1:12: `a`: `header`: it must be known by a header"),
            ("[providers]\na = 1", "c.toml:2:1: `a` must be a table"),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.starts_with(says), "{error}");
        }
    }
}
