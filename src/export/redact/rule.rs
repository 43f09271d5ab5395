//! What is secret: rules, the table of those that hold where nothing is said, and their reading.

use std::{fmt, str::FromStr};

use crate::model::{Printable, did_you_mean};

/// Headers whose values are secret, in lower case. Signature headers are not among them: a signature gives nobody the secret
/// that it was made with, and it is what a bug report about a signature is about.
pub const HEADERS: &[&str] = &[
    "api-key",
    "apikey",
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-access-token",
    "x-amz-security-token",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-gitlab-token",
    "x-goog-channel-token",
    "x-shopify-access-token",
    "x-telegram-bot-api-secret-token",
    "x-vault-token",
    "x-xsrf-token",
];

/// Names of JSON members at any depth, of fields of forms and of query parameters whose values are secret; see [`plain`].
pub const NAMES: &[&str] = &[
    "accesskey",
    "accesstoken",
    "apikey",
    "apitoken",
    "authorization",
    "authtoken",
    "bearertoken",
    "clientsecret",
    "cookie",
    "credential",
    "credentials",
    "cvc",
    "cvv",
    "idtoken",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "refreshtoken",
    "secret",
    "secretaccesskey",
    "secretkey",
    "secrets",
    "sessiontoken",
    "signingsecret",
    "token",
    "tokens",
    "webhooksecret",
];

/// A name as it is compared: in lower case, without `_`, `-` and blanks, so that `apiKey`, `API-Key` and `api_key` are one.
pub fn plain(name: &[u8]) -> Vec<u8> {
    let kept = name.iter().filter(|byte| !matches!(byte, b'_' | b'-' | b' '));
    kept.map(u8::to_ascii_lowercase).collect()
}

/// Whether values of that name are secret where nothing is said.
pub fn is_secret(plain: &[u8]) -> bool {
    // The two that name somebody else's secrets most often: `user_password`, `webhook_secret`.
    let ends = plain.ends_with(b"password") || plain.ends_with(b"secret");
    ends || NAMES.binary_search_by(|name| name.as_bytes().cmp(plain)).is_ok()
}

/// One step of a path into JSON.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The member of that name; see [`plain`].
    Member(Vec<u8>),
    /// Any member.
    AnyMember,
    /// Any element of an array.
    Element,
}

/// A path into JSON: each step with whether anything may lie before it.
pub type JsonPath = Vec<(bool, Step)>;

/// What a user adds to what is secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rule {
    /// `header:NAME`: the values of a header, or of a trailer field.
    Header(String),
    /// `json:PATH`: a value in a JSON body.
    Json(JsonPath),
    /// `param:NAME`: a query parameter, or a field of a form.
    Param(Vec<u8>),
}

/// The kinds of rules: how one begins, what it means, and an example.
pub const KINDS: [(&str, &str, &str); 3] = [
    ("header:", "the values of a header, whatever its case", "header:X-Team-Token"),
    (
        "json:",
        "a value in a JSON body: `.name`, `.*` any member, `[]` any element, `..name` at any depth",
        "json:.users[]..pin",
    ),
    ("param:", "a query parameter, or a field of a form", "param:sig"),
];

/// Why a text is no rule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{rule} is no rule for what to redact: {why}")]
pub struct NoRule {
    rule: Printable,
    why: String,
}

impl FromStr for Rule {
    type Err = NoRule;

    fn from_str(text: &str) -> Result<Self, NoRule> {
        let no = |why: String| NoRule { rule: Printable::limited(format!("`{text}`").as_bytes(), 80), why };
        let (kind, what) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            "header" if http::HeaderName::from_bytes(what.as_bytes()).is_ok() => {
                Ok(Self::Header(what.to_ascii_lowercase()))
            }
            "header" => Err(no("write the name of a header behind `header:`".to_owned())),
            "param" if !what.is_empty() => Ok(Self::Param(plain(what.as_bytes()))),
            "param" => Err(no("write the name of a parameter behind `param:`".to_owned())),
            "json" => path(what).map(Self::Json).ok_or_else(|| {
                no("a path is made of `.name`, `.*`, `[]` and `..name`, such as `json:.data.token`".to_owned())
            }),
            _ => {
                let kinds = KINDS.map(|(begin, _, _)| begin.trim_end_matches(':'));
                let hint = did_you_mean(kind, kinds);
                Err(no(format!("write header:NAME, json:PATH or param:NAME{hint}")))
            }
        }
    }
}

fn path(text: &str) -> Option<JsonPath> {
    let mut steps = Vec::new();
    let mut rest = text.strip_prefix('$').unwrap_or(text);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[]") {
            steps.push((false, Step::Element));
            rest = after;
            continue;
        }
        let (deep, after) = match rest.strip_prefix("..") {
            Some(after) => (true, after),
            None => (false, rest.strip_prefix('.')?),
        };
        let end = after.find(['.', '[']).unwrap_or(after.len());
        let (name, after) = after.split_at_checked(end)?;
        let step = match name {
            "" => return None,
            "*" => Step::AnyMember,
            name => Step::Member(plain(name.as_bytes())),
        };
        steps.push((deep, step));
        rest = after;
    }
    (!steps.is_empty()).then_some(steps)
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Param(name) => write!(f, "param:{}", String::from_utf8_lossy(name)),
            Self::Json(steps) => {
                f.write_str("json:")?;
                steps.iter().try_for_each(|(deep, step)| {
                    let dots = if *deep { ".." } else { "." };
                    match step {
                        Step::Member(name) => write!(f, "{dots}{}", String::from_utf8_lossy(name)),
                        Step::AnyMember => write!(f, "{dots}*"),
                        Step::Element => f.write_str("[]"),
                    }
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_tables_are_sorted_and_plain() {
        assert!(HEADERS.is_sorted() && NAMES.is_sorted());
        for name in NAMES {
            assert_eq!(plain(name.as_bytes()), name.as_bytes());
            assert!(is_secret(name.as_bytes()));
        }
        for (begin, help, example) in KINDS {
            assert!(example.starts_with(begin) && !help.is_empty());
            assert!(example.parse::<Rule>().is_ok(), "{example}");
        }
        assert!(is_secret(&plain(b"user-Password")) && !is_secret(b"tokenizer") && !is_secret(b"secretary"));
    }

    #[test]
    fn rules_are_read() {
        for (text, shown) in [
            ("header:X-Foo", "header:x-foo"),
            ("json:.data.token", "json:.data.token"),
            ("json:$.a[]..Pin_Code", "json:.a[]..pincode"),
            ("json:[].*", "json:[].*"),
            ("param:Sig", "param:sig"),
        ] {
            assert_eq!(text.parse::<Rule>().unwrap().to_string(), shown);
        }
        for (text, why) in [
            ("header:a b", "write the name of a header behind `header:`"),
            ("json:data", "a path is made of `.name`, `.*`, `[]` and `..name`, such as `json:.data.token`"),
            ("jsn:.a", "write header:NAME, json:PATH or param:NAME; did you mean `json`?"),
            ("param:", "write the name of a parameter behind `param:`"),
        ] {
            let error = text.parse::<Rule>().unwrap_err().to_string();
            assert_eq!(error, format!("`{text}` is no rule for what to redact: {why}"));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_in_printable_words(text in any::<String>()) {
            match text.parse::<Rule>() {
                Ok(rule) => prop_assert_eq!(rule.to_string().parse::<Rule>().unwrap(), rule),
                Err(error) => {
                    let error = error.to_string();
                    prop_assert_eq!(Printable::from(error.as_str()).to_string(), error);
                }
            }
        }
    }
}
