//! What a target has beside its URL: how the captured path goes on, headers of its own, headers that it is never sent, its
//! times, and whether its certificate is checked.
//!
//! Decided: captured headers, `Authorization` and `Cookie` among them, are sent to every target as they came, because a
//! handler that is sent less than its sender sent answers otherwise; whoever does not want that says so in `never`, and
//! the ledger and the chooser show it. A value can be taken from the environment (`env:NAME`); it goes on the wire and
//! nowhere else: `Debug`, ledgers, journals and screens say `env:NAME`. Refused: headers that frame the message or belong
//! to one connection, which the plan writes itself.

use std::{borrow::Cow, fmt, time::Duration};

use super::{NOT_SENT, Route, Settings, Sign, Timeout};
use crate::model::Printable;

/// What a value begins with that is taken from the environment.
const ENV: &str = "env:";

/// See the head of this file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// What of the captured path and query goes behind the target's.
    pub path: Route,
    /// Headers that are sent in place of captured ones, or beside them.
    pub headers: Vec<Own>,
    /// Headers that are never sent to it, in lower case.
    pub never: Vec<String>,
    /// In place of `connect_timeout` of [`Settings`].
    pub connect_timeout: Option<Duration>,
    /// In place of `head_timeout` of [`Settings`].
    pub head_timeout: Option<Duration>,
    /// In place of `total_timeout` of [`Settings`].
    pub timeout: Option<Duration>,
    /// Whether its certificate is taken unseen.
    pub insecure: bool,
    /// How what is sent to it is signed.
    pub sign: Sign,
}

/// What is shown of a captured value that is a secret.
const UNSHOWN: &str = "a token that is not shown";

/// A header that a target gets from its user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Own {
    name: String,
    value: Value,
}

#[derive(Clone, PartialEq, Eq)]
enum Value {
    Literal(String),
    /// The variable, and what was found in it once the environment was asked.
    Environment(String, Option<String>),
    /// What is sent, and what is shown for it.
    Made(String, String),
}

impl fmt::Debug for Value {
    /// Says where a value comes from, never what it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(_) => f.write_str("literal"),
            Self::Environment(name, _) => write!(f, "{ENV}{name}"),
            Self::Made(_, shown) => f.write_str(shown),
        }
    }
}

/// Why something cannot be an option of a target: a sentence, which never repeats a value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct OptionError(String);

/// A name of a header that can be set or left out, in lower case; or why it cannot.
pub fn header_name(name: &str) -> Result<String, OptionError> {
    let shown = Printable::limited(name.as_bytes(), 40);
    if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(OptionError(format!("`{shown}` cannot be the name of a header")));
    }
    let lower = name.to_ascii_lowercase();
    if lower == "content-length" || NOT_SENT.iter().any(|(not_sent, _)| *not_sent == lower) {
        return Err(OptionError(format!("`{shown}` says how a message is framed or sent, which creel writes itself")));
    }
    Ok(lower)
}

/// Whether a value can stand in one line.
fn is_one_line(value: &str) -> bool {
    !value.contains(['\r', '\n', '\0'])
}

impl Own {
    /// A header with that value, which may be `env:NAME`.
    pub fn new(name: &str, value: &str) -> Result<Self, OptionError> {
        header_name(name)?;
        let value = match value.strip_prefix(ENV) {
            Some(variable) if variable.is_empty() || variable.contains(['=', '\0']) => {
                return Err(OptionError(format!("`{ENV}` wants the name of an environment variable behind it")));
            }
            Some(variable) => Value::Environment(variable.to_owned(), None),
            None if is_one_line(value) => Value::Literal(value.to_owned()),
            None => return Err(OptionError(format!("the value of `{name}` has a line break or a NUL in it"))),
        };
        Ok(Self { name: name.to_owned(), value })
    }

    /// A line that was made for one message: what is sent, and what is shown for it, where that may not be seen.
    pub fn made(name: &str, value: String, shown: Option<String>) -> Result<Self, OptionError> {
        header_name(name)?;
        if !is_one_line(&value) {
            return Err(OptionError(format!("the value of `{name}` has a line break or a NUL in it")));
        }
        let value = match shown {
            Some(shown) => Value::Made(value, shown),
            None => Value::Literal(value),
        };
        Ok(Self { name: name.to_owned(), value })
    }

    /// Its name as written.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value to send; nothing where it is to come from the environment, which was not asked.
    pub(super) fn value(&self) -> Option<&str> {
        match &self.value {
            Value::Literal(value) | Value::Made(value, _) => Some(value),
            Value::Environment(_, found) => found.as_deref(),
        }
    }

    /// The value as it may be shown: that of the environment is `env:NAME`.
    pub fn shown(&self) -> Cow<'_, str> {
        match &self.value {
            Value::Literal(value) => Cow::Borrowed(value),
            Value::Environment(name, _) => Cow::Owned(format!("{ENV}{name}")),
            Value::Made(_, shown) => Cow::Borrowed(shown),
        }
    }
}

impl Own {
    /// The captured value that it takes the place of, as it may be shown: where the new one may not be seen, the old one was
    /// of the same kind.
    pub(super) fn shown_before<'a>(&self, captured: &'a [u8]) -> &'a [u8] {
        match &self.value {
            Value::Made(..) => UNSHOWN.as_bytes(),
            Value::Literal(_) | Value::Environment(..) => captured,
        }
    }
}

impl Options {
    /// The header of that name, in lower case, that the target gets from its user.
    pub(super) fn own(&self, lower: &[u8]) -> Option<&Own> {
        self.headers.iter().find(|own| own.name.as_bytes().eq_ignore_ascii_case(lower))
    }

    /// Whether a header, in lower case, is never sent.
    pub(super) fn is_never(&self, lower: &[u8]) -> bool {
        self.never.iter().any(|never| never.as_bytes() == lower)
    }

    /// Its own time, where it has one.
    pub(super) fn time(&self, timeout: Timeout) -> Option<Duration> {
        match timeout {
            Timeout::Connect => self.connect_timeout,
            Timeout::Head => self.head_timeout,
            Timeout::Total => self.timeout,
        }
    }

    /// How long one of the times is for this target.
    pub(super) fn within(&self, timeout: Timeout, settings: &Settings) -> Duration {
        self.time(timeout).unwrap_or_else(|| timeout.of(settings))
    }

    /// The same with the values that the environment has.
    pub(super) fn found(mut self, variable: impl Fn(&str) -> Option<String>) -> Result<Self, OptionError> {
        for own in &mut self.headers {
            let Value::Environment(name, found) = &mut own.value else { continue };
            let (header, shown) = (&own.name, Printable::limited(name.as_bytes(), 60));
            match variable(name) {
                None => {
                    return Err(OptionError(format!(
                        "the header {header} is to have the value of the environment variable {shown}, which is not set"
                    )));
                }
                Some(value) if !is_one_line(&value) => {
                    return Err(OptionError(format!(
                        "the environment variable {shown} cannot be the value of the header {header}: it has a line break or a NUL in it"
                    )));
                }
                Some(value) => *found = Some(value),
            }
        }
        Ok(self)
    }

    /// What is otherwise than for a target that is only a URL, in a few words each: for the chooser.
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.never.iter().map(|name| format!("−{name}")).collect();
        if self.path != Route::Append {
            words.push(self.path.to_string());
        }
        words.extend(self.headers.iter().map(|own| format!("+{}", own.name)));
        if self.insecure {
            words.push("insecure".to_owned());
        }
        if self.sign != Sign::Captured {
            words.push(format!("sign:{}", self.sign.name()));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_environment_has_is_sent_and_never_shown() {
        let options = Options { headers: vec![Own::new("X-Token", "env:TOKEN").unwrap()], ..Options::default() };
        assert_eq!(options.own(b"x-token").unwrap().value(), None);
        let found = options.clone().found(|name| (name == "TOKEN").then(|| "s3cret".to_owned())).unwrap();
        assert_eq!(found.own(b"x-token").unwrap().value(), Some("s3cret"));
        assert_eq!(found.own(b"x-token").unwrap().shown(), "env:TOKEN");
        assert!(!format!("{found:?} {:?}", found.words()).contains("s3cret"));
        assert_eq!(
            options.clone().found(|_| None).unwrap_err().to_string(),
            "the header X-Token is to have the value of the environment variable TOKEN, which is not set"
        );
        let error = options.found(|_| Some("a\r\nB: c".to_owned())).unwrap_err().to_string();
        assert!(error.contains("line break") && !error.contains("B: c"), "{error}");
    }

    #[test]
    fn what_frames_a_message_is_not_to_be_set() {
        for (name, value, sentence) in [
            ("a b", "x", "`a b` cannot be the name of a header"),
            ("Content-Length", "1", "`Content-Length` says how a message is framed or sent, which creel writes itself"),
            ("connection", "x", "`connection` says how a message is framed or sent, which creel writes itself"),
            ("A", "x\r\nB: c", "the value of `A` has a line break or a NUL in it"),
            ("A", "env:", "`env:` wants the name of an environment variable behind it"),
        ] {
            assert_eq!(Own::new(name, value).unwrap_err().to_string(), sentence);
        }
    }

    #[test]
    fn the_token_that_another_one_replaces_is_not_shown_either() {
        let token = Own::made("X-Token", "new".to_owned(), Some("env:TOKEN".to_owned())).unwrap();
        assert_eq!(token.shown_before(b"old"), UNSHOWN.as_bytes());
        let signature = Own::made("X-Signature", "ab".to_owned(), None).unwrap();
        assert_eq!(signature.shown_before(b"cd"), b"cd");
    }
}
