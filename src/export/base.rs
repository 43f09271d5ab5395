//! Where what is exported is to be sent: a URL, in front of the captured target.

use std::{fmt, str::FromStr};

use http::Uri;

use crate::model::Printable;

/// The URL that creel listens on where nothing else is said.
const DEFAULT: &str = "http://127.0.0.1:4600";

/// An `http` or `https` URL of a host, perhaps with a port and a path, without a slash at its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Base {
    https: bool,
    authority: String,
    host: String,
    port: u16,
    path: String,
}

/// Why a text is no such URL.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} is not a URL to send to: write one such as http://localhost:3000")]
pub struct NoBase(Printable);

impl FromStr for Base {
    type Err = NoBase;

    /// Reads `http://host[:port][/path]`; without a scheme it is `http`.
    fn from_str(text: &str) -> Result<Self, NoBase> {
        let no = || NoBase(Printable::limited(format!("`{}`", text.trim()).as_bytes(), 120));
        let whole = if text.contains("://") { text.trim().to_owned() } else { format!("http://{}", text.trim()) };
        let uri: Uri = whole.parse().map_err(|_| no())?;
        let https = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(no()),
        };
        let authority = uri.authority().ok_or_else(no)?;
        // What stands before an `@` would be sent as a secret that nobody captured.
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:[]".contains(&byte));
        if authority.host().is_empty() || !plain(authority.as_str()) || uri.query().is_some() {
            return Err(no());
        }
        let path = uri.path().trim_end_matches('/');
        let in_path = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%:@".contains(&byte);
        if !path.bytes().all(in_path) {
            return Err(no());
        }
        Ok(Self {
            https,
            authority: authority.as_str().to_owned(),
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(if https { 443 } else { 80 }),
            path: path.to_owned(),
        })
    }
}

impl Default for Base {
    fn default() -> Self {
        // A test reads it.
        DEFAULT.parse().unwrap_or_else(|_| Self {
            https: false,
            authority: String::new(),
            host: String::new(),
            port: 0,
            path: String::new(),
        })
    }
}

impl Base {
    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Host and port as they were written: what `Host` says.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path in front of every target; empty, or with a slash at its beginning and none at its end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// The URL without its path.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme(), self.authority)
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        assert_eq!(Base::default().to_string(), DEFAULT);
        for (text, shown, host, port) in [
            ("http://localhost:3000/", "http://localhost:3000", "localhost", 3000),
            ("localhost:3000/hooks/", "http://localhost:3000/hooks", "localhost", 3000),
            ("https://example.com", "https://example.com", "example.com", 443),
            (" http://[::1]:8080/a%20b ", "http://[::1]:8080/a%20b", "::1", 8080),
        ] {
            let base: Base = text.parse().unwrap();
            assert_eq!((base.to_string().as_str(), base.host(), base.port()), (shown, host, port));
        }
    }

    #[test]
    fn what_could_end_a_word_or_carry_a_secret_is_refused() {
        for text in
            ["", "ftp://a", "http://", "http://me:secret@a/", "http://a/?q", "http://a/'x'", "http://a/$(id)", "a b"]
        {
            let error = text.parse::<Base>().unwrap_err().to_string();
            assert!(error.ends_with("is not a URL to send to: write one such as http://localhost:3000"), "{error}");
        }
    }
}
