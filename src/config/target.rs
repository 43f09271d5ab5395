//! A target that `creel.toml` writes as a table: `[targets.NAME]` with its URL and what it has besides.
//!
//! Decided: the keys are one table here, which the sentence about an unknown one and the sample of the file come from.
//! Values that are to come from the environment are references as they stand in the file; who starts creel asks for them.

use std::time::Duration;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    file::{Reader, in_order, kind},
    show::{basic, key as bare},
    value::{self, quoted},
};
use crate::model::did_you_mean;
use crate::replay::{Options, Own, Route, Sign, Target, options::header_name};

/// The keys of a target, and what each is for.
pub const KEYS: [(&str, &str); 9] = [
    ("url", "where it is"),
    ("path", "what of the captured path goes behind it: append, strip:/PREFIX, fixed or template:TEMPLATE"),
    (
        "headers",
        "headers that are sent in place of captured ones or beside them; `env:NAME` takes a value from the environment",
    ),
    ("never", "headers that are never sent to it; without this all go, Authorization and Cookie too"),
    ("timeout", "how long an attempt may take in all"),
    ("connect-timeout", "how long it may take to reach it"),
    ("head-timeout", "how long it may take until the head of its reply"),
    ("insecure", "take its certificate unseen"),
    ("sign", "how what is sent to it is signed: captured, fresh, fresh-id"),
];

impl Reader<'_> {
    /// The target of a table; what is wrong has been said where there is none.
    pub(super) fn target(&mut self, name: &str, at: usize, table: &DeTable<'_>) -> Option<Target> {
        let (mut url, mut options, mut whole) = (None, Options::default(), true);
        for (key, at, value) in in_order(table) {
            let place = value.span().start;
            let read = match key {
                "url" => text(key, value).and_then(|text| value::target(&format!("{name}={text}"))).map(|target| {
                    url = Some(target);
                }),
                "path" => text(key, value)
                    .and_then(|text| text.parse().map_err(|why: crate::replay::RouteError| why.to_string()))
                    .map(|route| options.path = route),
                "timeout" => period(key, value).map(|time| options.timeout = Some(time)),
                "connect-timeout" => period(key, value).map(|time| options.connect_timeout = Some(time)),
                "head-timeout" => period(key, value).map(|time| options.head_timeout = Some(time)),
                "insecure" => match value.get_ref() {
                    DeValue::Boolean(on) => {
                        options.insecure = *on;
                        Ok(())
                    }
                    other => Err(format!("`insecure` must be true or false without quotes, not {}", kind(other))),
                },
                "sign" => text(key, value).and_then(sign).map(|sign| options.sign = sign),
                "never" => never(value).map(|names| options.never = names),
                "headers" => {
                    whole &= self.headers(value, &mut options.headers);
                    Ok(())
                }
                _ => {
                    let hint = did_you_mean(key, KEYS.iter().map(|(key, _)| *key));
                    whole = false;
                    self.wrong(at, format_args!("a target has no key {}{hint}", quoted(key)));
                    continue;
                }
            };
            if let Err(why) = read {
                whole = false;
                self.wrong(place, format_args!("target {}: {why}", quoted(name)));
            }
        }
        let both = options.headers.iter().find(|own| options.never.contains(&own.name().to_ascii_lowercase()));
        if let Some(own) = both {
            self.wrong(
                at,
                format_args!("target {}: {} is in `headers` and in `never`", quoted(name), quoted(own.name())),
            );
            return None;
        }
        if url.is_none() && whole {
            self.wrong(at, format_args!("the target {} has no `url`", quoted(name)));
        }
        Some(url?.with(options)).filter(|_| whole)
    }

    /// The headers of a target's own; whether all are right.
    fn headers(&mut self, value: &Spanned<DeValue<'_>>, headers: &mut Vec<Own>) -> bool {
        let DeValue::Table(table) = value.get_ref() else {
            let what = kind(value.get_ref());
            let wanted = "a table of names and values in quotes, { X-Env = \"dev\" }";
            self.wrong(value.span().start, format_args!("`headers` must be {wanted}, not {what}"));
            return false;
        };
        let mut whole = true;
        for (name, _, value) in in_order(table) {
            let read = text(name, value).and_then(|text| Own::new(name, text).map_err(|why| why.to_string()));
            match read {
                Ok(own) if headers.iter().any(|other| other.name().eq_ignore_ascii_case(own.name())) => {
                    whole = false;
                    self.wrong(value.span().start, format_args!("the header {} stands here twice", quoted(name)));
                }
                Ok(own) => headers.push(own),
                Err(why) => {
                    whole = false;
                    self.wrong(value.span().start, why);
                }
            }
        }
        whole
    }
}

/// A target as an inline table of TOML. Values that come from the environment stay references.
pub(super) fn inline(target: &Target) -> String {
    let Options { path, headers, never, connect_timeout, head_timeout, timeout, insecure, sign } = target.options();
    let mut parts = vec![format!("url = {}", basic(&target.url()))];
    if *path != Route::Append {
        parts.push(format!("path = {}", basic(&path.to_string())));
    }
    if !headers.is_empty() {
        let own = headers.iter().map(|own| format!("{} = {}", bare(own.name()), basic(&own.shown())));
        parts.push(format!("headers = {{ {} }}", own.collect::<Vec<_>>().join(", ")));
    }
    if !never.is_empty() {
        parts.push(format!("never = [{}]", never.iter().map(|name| basic(name)).collect::<Vec<_>>().join(", ")));
    }
    for (key, time) in [("connect-timeout", connect_timeout), ("head-timeout", head_timeout), ("timeout", timeout)] {
        parts.extend(time.map(|time| format!("{key} = \"{}ms\"", time.as_millis())));
    }
    if *insecure {
        parts.push("insecure = true".to_owned());
    }
    if *sign != Sign::default() {
        parts.push(format!("sign = {}", basic(sign.name())));
    }
    format!("{{ {} }}", parts.join(", "))
}

fn text<'v>(key: &str, value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        other => Err(format!("{} must be a text in quotes, not {}", quoted(key), kind(other))),
    }
}

fn period(key: &str, value: &Spanned<DeValue<'_>>) -> Result<Duration, String> {
    text(key, value).and_then(value::period)
}

fn sign(text: &str) -> Result<Sign, String> {
    Sign::named(text).ok_or_else(|| {
        let names = Sign::TABLE.map(|row| row.1);
        let hint = did_you_mean(text, names);
        format!("{} is no way to sign: write {}{hint}", quoted(text), names.join(", "))
    })
}

fn never(value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, String> {
    let DeValue::Array(items) = value.get_ref() else {
        return Err(format!("`never` must be a list of names in quotes, not {}", kind(value.get_ref())));
    };
    let name = |item: &Spanned<DeValue<'_>>| {
        let name = header_name(text("never", item)?).map_err(|why| why.to_string())?;
        if name == "host" {
            Err("`Host` says where a message goes, so that every one has it".to_owned())
        } else {
            Ok(name)
        }
    };
    items.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::file::parse;

    fn error(text: &str) -> String {
        parse(text, Path::new("c.toml")).unwrap_err().to_string()
    }

    #[test]
    fn a_target_has_what_its_table_says() {
        let text = "[targets]\na = ':1'\n[targets.b]\nurl = ':2/x'\npath = 'strip:/s'\nnever = ['Cookie']\n\
                    headers = { X-Env = 'dev', X-Token = 'env:TOKEN' }\ntimeout = '5s'\ninsecure = true\nsign = 'fresh'";
        let written = parse(text, Path::new("c.toml")).unwrap();
        let [(a, _), (b, origin)] = written.targets.as_slice() else { panic!("{:?}", written.targets) };
        assert_eq!((a.label(), a.options().words().len()), ("a".to_owned(), 0));
        assert_eq!(
            (b.label(), b.url(), origin.to_string()),
            ("b".into(), "http://localhost:2/x".into(), "c.toml:3:10".into())
        );
        assert_eq!(b.options().words(), ["−cookie", "strip:/s", "+X-Env", "+X-Token", "insecure", "sign:fresh"]);
        assert_eq!(b.options().timeout, Some(std::time::Duration::from_secs(5)));
        assert_eq!(b.join(b"/s/y?z"), b"/x/y?z");
        // What `creel config` says of it can be read again.
        let again = parse(&format!("[targets]\nb = {}", super::inline(b)), Path::new("c.toml")).unwrap();
        assert_eq!(&again.targets[0].0, b);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, sentence) in [
            ("path = 'fixed'", "c.toml:1:10: the target `t` has no `url`"),
            ("url = ':1'\nhaeders = {}", "c.toml:3:1: a target has no key `haeders`; did you mean `headers`?"),
            ("url = 'http://u:p@h/'", "c.toml:2:7: target `t`: a target's URL carries no user name or password"),
            ("url = 'http://h/#f'", "c.toml:2:7: target `t`: the target `http://h/#f` has a fragment (`#…`)"),
            ("url = ':1'\npath = 'fix'", "c.toml:3:8: target `t`: `fix` is no path policy: write append,"),
            ("url = ':1'\nnever = ['Host']", "c.toml:3:9: target `t`: `Host` says where a message goes"),
            (
                "url = ':1'\nnever = 'Cookie'",
                "c.toml:3:9: target `t`: `never` must be a list of names in quotes, not a text",
            ),
            ("url = ':1'\nheaders = { Connection = 'x' }", "c.toml:3:26: `Connection` says how a message is framed"),
            ("url = ':1'\nheaders = { A = 1 }", "c.toml:3:17: `A` must be a text in quotes, not a whole number"),
            ("url = ':1'\nheaders = { A = '1', a = '2' }", "c.toml:3:26: the header `a` stands here twice"),
            (
                "url = ':1'\nheaders = { A = '1' }\nnever = ['a']",
                "c.toml:1:10: target `t`: `A` is in `headers` and in `never`",
            ),
            (
                "url = ':1'\ntimeout = 5",
                "c.toml:3:11: target `t`: `timeout` must be a text in quotes, not a whole number",
            ),
            (
                "url = ':1'\nsign = 'frehs'",
                "c.toml:3:8: target `t`: `frehs` is no way to sign: write captured, fresh, fresh-id; did you mean `fresh`?",
            ),
            (
                "url = ':1'\ninsecure = 'yes'",
                "c.toml:3:12: target `t`: `insecure` must be true or false without quotes",
            ),
        ] {
            let error = error(&format!("[targets.t]\n{text}"));
            assert!(error.starts_with(sentence), "{error}");
        }
    }
}
