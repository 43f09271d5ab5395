//! A rule of what is forwarded, as `creel.toml` writes it: `[[forward]]` with a query and a target.
//!
//! Decided: what a rule does not say holds as for all (`forward-mode`, `forward-timeout`, `forward-order`, `retry`). The
//! query and the name of the target are looked at where they are used.

use std::{fmt::Write as _, time::Duration};

use toml::{Spanned, de::DeValue};

use super::{
    Given, Mode,
    file::{Reader, in_order, kind},
    show::basic,
    value::{self, quoted},
};
use crate::model::did_you_mean;

/// The keys of a rule.
const KEYS: [&str; 6] = ["when", "to", "mode", "timeout", "retry", "order"];

/// A rule as it was written.
#[derive(Clone, PartialEq, Debug)]
pub struct ForwardRule {
    /// Which captures it is for, as a query; nothing: all.
    pub when: Option<Given>,
    /// The name of a target, or a URL.
    pub to: Given,
    /// Who answers.
    pub mode: Option<Mode>,
    /// How long a sender waits.
    pub timeout: Option<Duration>,
    /// How often one that failed is tried again.
    pub retry: Option<u32>,
    /// Whether the order of captures is kept.
    pub order: Option<bool>,
}

impl ForwardRule {
    /// As it can be read again, without its heading.
    pub(super) fn toml(&self) -> String {
        let mut text = String::new();
        if let Some(when) = &self.when {
            let _ = writeln!(text, "when = {}", basic(&when.text));
        }
        let _ = writeln!(text, "to = {}", basic(&self.to.text));
        if let Some((name, _)) = self.mode.and_then(|mode| Mode::TABLE.iter().find(|(_, other)| *other == mode)) {
            let _ = writeln!(text, "mode = \"{name}\"");
        }
        if let Some(timeout) = self.timeout {
            let _ = writeln!(text, "timeout = \"{}ms\"", timeout.as_millis());
        }
        if let Some(retry) = self.retry {
            let _ = writeln!(text, "retry = {retry}");
        }
        if let Some(order) = self.order {
            let _ = writeln!(text, "order = {order}");
        }
        text
    }
}

impl Reader<'_> {
    /// The rules of `[[forward]]`.
    pub(super) fn rules(&mut self, value: &Spanned<DeValue<'_>>, rules: &mut Vec<ForwardRule>) {
        let DeValue::Array(items) = value.get_ref() else { return };
        for item in items {
            let at = item.span().start;
            let DeValue::Table(table) = item.get_ref() else {
                let what = kind(item.get_ref());
                self.wrong(at, format_args!("`forward` must be a URL in quotes or tables, [[forward]], not {what}"));
                continue;
            };
            let (mut when, mut to, mut mode, mut timeout, mut retry, mut order) = (None, None, None, None, None, None);
            let mut whole = true;
            for (key, at, value) in in_order(table) {
                let place = value.span().start;
                let given = |text: &str| Given { text: text.to_owned(), origin: self.origin(place) };
                let wrong = |wanted: &str| Err(format!("`{key}` must be {wanted}, not {}", kind(value.get_ref())));
                let read = match (key, value.get_ref()) {
                    ("when", DeValue::String(text)) => {
                        when = Some(given(text));
                        Ok(())
                    }
                    ("to", DeValue::String(text)) => value::forward(text).map(|_| to = Some(given(text))),
                    ("mode", DeValue::String(text)) => value::mode(text).map(|read| mode = Some(read)),
                    ("timeout", DeValue::String(text)) => value::period(text).map(|read| timeout = Some(read)),
                    ("retry", DeValue::Integer(number)) => {
                        value::retries(number.as_str()).map(|read| retry = Some(read))
                    }
                    ("order", DeValue::Boolean(on)) => {
                        order = Some(*on);
                        Ok(())
                    }
                    ("when" | "to" | "mode" | "timeout", _) => wrong("a text in quotes"),
                    ("retry", _) => wrong("a whole number without quotes"),
                    ("order", _) => wrong("true or false without quotes"),
                    _ => {
                        let hint = did_you_mean(key, KEYS);
                        whole = false;
                        self.wrong(at, format_args!("a rule of [[forward]] has no key {}{hint}", quoted(key)));
                        continue;
                    }
                };
                if let Err(why) = read {
                    whole = false;
                    self.wrong(place, why);
                }
            }
            match to {
                Some(to) if !to.text.trim().is_empty() => {
                    rules.push(ForwardRule { when, to, mode, timeout, retry, order });
                }
                _ if whole => self.wrong(at, "this rule of [[forward]] does not say where `to`"),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::file::parse;

    #[test]
    fn rules_are_read_as_they_are_shown() {
        let text = "[[forward]]\nwhen = 'provider:stripe'\nto = 'local'\nmode = 'async'\ntimeout = '5s'\nretry = 3\norder = true\n\
                    [[forward]]\nto = ':3000'";
        let written = parse(text, Path::new("c.toml")).unwrap();
        let shown: Vec<String> =
            written.forward_rules.iter().map(|rule| format!("[[forward]]\n{}", rule.toml())).collect();
        let again = parse(&shown.concat(), Path::new("c.toml")).unwrap();
        assert_eq!(again.forward_rules.len(), 2);
        for (one, other) in written.forward_rules.iter().zip(&again.forward_rules) {
            assert_eq!(one.toml(), other.toml());
        }
        assert_eq!(written.forward_rules[0].when.as_ref().unwrap().origin.to_string(), "c.toml:2:8");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, sentence) in [
            ("when = 'a'", "c.toml:1:1: this rule of [[forward]] does not say where `to`"),
            ("to = 'ftp://x'", "c.toml:2:6: the target `ftp://x` is neither http nor https but `ftp`"),
            ("to = 'a'\nwehn = 'b'", "c.toml:3:1: a rule of [[forward]] has no key `wehn`; did you mean `when`?"),
            ("to = 'a'\nretry = '3'", "c.toml:3:9: `retry` must be a whole number without quotes, not a text"),
            ("to = 'a'\nretry = 300", "c.toml:3:9: `300` is not a number of tries from 0 to 100"),
            (
                "to = 'a'\nmode = 'asnyc'",
                "c.toml:3:8: `asnyc` is no mode of forwarding: write relay or async; did you mean `async`?",
            ),
        ] {
            let error = parse(&format!("[[forward]]\n{text}"), Path::new("c.toml")).unwrap_err().to_string();
            assert_eq!(error, sentence);
        }
        let error = parse("forward = [1]", Path::new("c.toml")).unwrap_err().to_string();
        assert_eq!(error, "c.toml:1:12: `forward` must be a URL in quotes or tables, [[forward]], not a whole number");
    }
}
