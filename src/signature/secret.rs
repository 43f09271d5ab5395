//! Secrets: what they are called, where they come from, and the bytes, which nothing shows.
//!
//! Decided: a secret is given by reference only, so that it stands in no command line, no file of ours and no history. What
//! is loaded is wiped from memory when it is dropped, and is shown as its reference. A reference that leads nowhere is a
//! sentence and no failure: everything else works without it.

use std::{fmt, str::FromStr};

use zeroize::Zeroizing;

/// The longest secret, in bytes; a certificate is one too.
pub const LONGEST: usize = 64 * 1024;

/// Where a secret is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reference {
    /// In an environment variable.
    Environment(String),
    /// In a file.
    File(String),
    /// What a command prints.
    Command(Vec<String>),
}

/// The forms of a reference, for sentences and help.
pub const FORMS: &str = "env:NAME, file:PATH or \"cmd:PROGRAM WORDS\"";

impl FromStr for Reference {
    type Err = String;

    /// The text is never repeated in the sentence: it may be a secret.
    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once(':').unwrap_or(("", text));
        match kind {
            "env" if rest.is_empty() || rest.contains(['=', '\0']) => {
                Err("behind env: stands the name of an environment variable".to_owned())
            }
            "env" => Ok(Self::Environment(rest.to_owned())),
            "file" if rest.is_empty() || rest.contains('\0') => Err("behind file: stands a path".to_owned()),
            "file" => Ok(Self::File(rest.to_owned())),
            "cmd" => match words(rest) {
                Some(words) if !words.is_empty() => Ok(Self::Command(words)),
                Some(_) => Err("behind cmd: stands a program with its words".to_owned()),
                None => Err("behind cmd: a quote is not closed".to_owned()),
            },
            _ => Err(format!(
                "a secret is not written here, where others may read it, but where it is: {FORMS}; put it into an \
                 environment variable or a file and name that"
            )),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
            // Its other words may be secret themselves.
            Self::Command(words) => write!(f, "cmd:{}", words.first().map_or("", String::as_str)),
        }
    }
}

/// The words of a command: parted by blanks, with single and double quotes and backslashes as a shell has them, and nothing
/// else of a shell. Nothing where a quote is not closed.
fn words(text: &str) -> Option<Vec<String>> {
    let (mut all, mut word, mut begun, mut quote) = (Vec::new(), String::new(), false, None);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (quote, char) {
            (Some(open), char) if char == open => quote = None,
            (Some('"') | None, '\\') => {
                word.push(chars.next()?);
                begun = true;
            }
            (Some(_), char) => word.push(char),
            (None, '\'' | '"') => (quote, begun) = (Some(char), true),
            (None, ' ' | '\t' | '\n') => {
                if begun {
                    all.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (None, char) => {
                word.push(char);
                begun = true;
            }
        }
    }
    if begun {
        all.push(word);
    }
    quote.is_none().then_some(all)
}

/// For whom a secret is, and where it is: `stripe=env:STRIPE_SECRET`, or `stripe/eu=…` for captures of the path `/eu` alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The provider.
    pub provider: String,
    /// The path, where it is for that alone and what lies below.
    pub path: Option<String>,
    /// Where it is.
    pub reference: Reference,
}

impl Named {
    /// Puts the two halves together: `stripe/eu` and `env:STRIPE_EU`.
    pub fn new(owner: &str, reference: &str) -> Result<Self, String> {
        let (provider, path) = match owner.find('/') {
            Some(at) => (owner.get(..at).unwrap_or_default(), owner.get(at..).filter(|path| *path != "/")),
            None => (owner, None),
        };
        if provider.is_empty() || !provider.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            return Err(format!("a secret is written PROVIDER={FORMS}, such as stripe=env:STRIPE_SECRET"));
        }
        Ok(Self { provider: provider.to_owned(), path: path.map(str::to_owned), reference: reference.parse()? })
    }

    /// Whether it is for captures of this path.
    pub fn is_for(&self, path: &[u8]) -> bool {
        self.path.as_deref().is_none_or(|own| {
            let rest = path.strip_prefix(own.trim_end_matches('/').as_bytes());
            rest.is_some_and(|rest| rest.is_empty() || rest.first() == Some(&b'/'))
        })
    }
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (owner, reference) = text.split_once('=').unwrap_or((text, ""));
        if reference.is_empty() {
            return Err(format!("a secret is written PROVIDER={FORMS}, such as stripe=env:STRIPE_SECRET"));
        }
        Self::new(owner.trim(), reference)
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}={}", self.provider, self.path.as_deref().unwrap_or_default(), self.reference)
    }
}

/// A secret that is loaded. Neither `Debug` nor anything else shows its bytes, and they are wiped when it goes.
#[derive(Clone)]
pub struct Secret {
    /// Whose, and from where.
    pub named: Named,
    value: Zeroizing<Vec<u8>>,
}

impl Secret {
    /// A secret.
    pub fn new(named: Named, value: Zeroizing<Vec<u8>>) -> Self {
        Self { named, value }
    }

    /// The bytes, for a signature to be made of them.
    pub fn bytes(&self) -> &[u8] {
        &self.value
    }

    /// What it is called: its reference.
    pub fn name(&self) -> String {
        self.named.reference.to_string()
    }

    /// The same with other bytes, to try whether they would do.
    #[must_use]
    pub fn with(&self, value: Vec<u8>) -> Self {
        Self { named: self.named.clone(), value: Zeroizing::new(value) }
    }

    /// Whether it is PEM text, which no shared secret is.
    pub fn is_pem(&self) -> bool {
        self.value.trim_ascii_start().starts_with(b"-----BEGIN ")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("named", &self.named).field("value", &"(redacted)").finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_a_literal_is_refused_without_being_repeated() {
        for (text, shown) in [
            ("stripe=env:STRIPE", "stripe=env:STRIPE"),
            ("stripe/eu=file:/a b", "stripe/eu=file:/a b"),
            ("acme=cmd:pass show 'a b'", "acme=cmd:pass"),
        ] {
            assert_eq!(text.parse::<Named>().unwrap().to_string(), shown);
        }
        for text in
            ["stripe=whsec_abc", "stripe=hunter2:x", "stripe", "=env:A", "a b=env:X", "s=env:", "s=cmd:", "s=cmd:'a"]
        {
            let error = text.parse::<Named>().unwrap_err();
            assert!(!error.contains("hunter2") && !error.contains("whsec_abc"), "{error}");
        }
        assert!("stripe=whsec_abc".parse::<Named>().unwrap_err().contains("put it into an environment variable"));
    }

    #[test]
    fn words_are_those_of_a_shell_and_nothing_else_of_it() {
        assert_eq!(
            words("op read 'op://a b/c' \"d e\" f\\ g $HOME").unwrap(),
            ["op", "read", "op://a b/c", "d e", "f g", "$HOME"]
        );
        assert_eq!(words("a ''").unwrap(), ["a", ""]);
        assert_eq!(words("a 'b"), None);
    }

    #[test]
    fn nothing_shows_a_secret() {
        let secret = Secret::new("stripe=env:S".parse().unwrap(), Zeroizing::new(b"hunter2".to_vec()));
        assert!(!format!("{secret:?} {}", secret.name()).contains("hunter2"));
        assert!(!format!("{secret:?}").contains("104, 117"));
    }

    #[test]
    fn a_secret_of_a_path_is_for_what_lies_below() {
        let named = |owner: &str| Named::new(owner, "env:S").unwrap();
        for (owner, path, is) in [
            ("a", "/x", true),
            ("a/x", "/x", true),
            ("a/x", "/x/y", true),
            ("a/x", "/xy", false),
            ("a/x/", "/x", true),
            ("a/", "/y", true),
        ] {
            assert_eq!(named(owner).is_for(path.as_bytes()), is, "{owner} {path}");
        }
    }
}
