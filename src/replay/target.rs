//! A target: a URL that captures are sent to, written by the person at the keyboard and never taken from a capture.
//!
//! Written as `[NAME=]URL`. Beside whole URLs the forms of a local handler are understood: `localhost:3000`, `:3000` and
//! `3000` mean `http://…`, and [`Target::url`] says what was understood. Host and scheme are lower-cased and a default port
//! is left out (RFC 9110 §4.2.3); the path and the query stay as they were written, but that characters outside ASCII are
//! percent-encoded (RFC 3987 §3.1).
//!
//! Decided: the captured path goes behind the base path byte for byte, with one `/` between them, and the captured query
//! behind the base's own. Nothing is decoded, merged or resolved: `/%zz//../é` arrives as `/%zz//../é`. A captured path of
//! `/` adds nothing to a base path, because a sender that was given the bare capture URL means the handler's URL and not a
//! folder below it. Refused: the `url` crate, which normalises; credentials in the URL, which would be shown wherever
//! the target is; and fragments, which are never sent.

use std::{borrow::Cow, fmt, fmt::Write as _, net::Ipv6Addr, str::FromStr};

use super::options::{OptionError, Options};
use crate::model::Printable;

/// Why a text is not a target. The sentence says what to write instead; it never repeats a password.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct TargetError(String);

/// Where captures are sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    name: Option<String>,
    https: bool,
    /// As it is resolved: lower-case, an IPv6 address without its brackets.
    host: String,
    port: u16,
    /// Empty, or more than the `/` it begins with.
    path: String,
    query: Option<String>,
    options: Options,
}

impl Target {
    /// Reads `[NAME=]URL`.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        let (name, url) = match text.split_once('=') {
            Some((name, url)) if is_name(name) => (Some(name.to_owned()), url.trim_start()),
            _ => (None, text),
        };
        let (scheme, rest) = match url.split_once("://") {
            // A `://` behind the first slash or question mark belongs to the path or the query.
            Some((scheme, rest)) if !scheme.contains(['/', '?', '#']) => (Some(scheme), rest),
            _ => (None, url),
        };
        let (authority, after) =
            rest.split_at_checked(rest.find(['/', '?', '#']).unwrap_or(rest.len())).unwrap_or_default();
        if authority.contains('@') {
            return Err(TargetError(
                "a target's URL carries no user name or password, because it is shown wherever it is used: leave out what \
                 stands before the `@`; captured Authorization headers are sent as they came"
                    .to_owned(),
            ));
        }
        let shown = Printable::limited(url.as_bytes(), 80);
        if let Some(odd) = url.chars().find(|char| char.is_whitespace() || char.is_control()) {
            let odd = Printable::new(odd.encode_utf8(&mut [0; 4]).as_bytes());
            return Err(TargetError(format!(
                "the target `{shown}` has white space or a control in it (`{odd}`): percent-encode it"
            )));
        }
        if after.contains('#') {
            return Err(TargetError(format!(
                "the target `{shown}` has a fragment (`#…`), which HTTP never sends: leave it out"
            )));
        }
        let https = match scheme.map(str::to_ascii_lowercase).as_deref() {
            None | Some("http") => false,
            Some("https") => true,
            Some(other) => {
                let other = Printable::limited(other.as_bytes(), 20);
                return Err(TargetError(format!("the target `{shown}` is neither http nor https but `{other}`")));
            }
        };
        let (host, port) = host_and_port(authority, scheme.is_some(), &shown)?;
        let (path, query) = match after.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (after, None),
        };
        Ok(Self {
            name,
            https,
            host,
            port: port.unwrap_or(if https { 443 } else { 80 }),
            path: if path == "/" { String::new() } else { ascii(path) },
            query: query.filter(|query| !query.is_empty()).map(ascii),
            options: Options::default(),
        })
    }

    /// The same target with these options.
    #[must_use]
    pub fn with(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The same target with what its headers take from the environment.
    pub fn found(self, variable: impl Fn(&str) -> Option<String>) -> Result<Self, OptionError> {
        Ok(Self { options: self.options.found(variable)?, ..self })
    }

    /// What it has beside its URL.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What goes into `Host`: its own, where its user set one, else the [`authority`](Self::authority).
    pub(super) fn host_sent(&self) -> Cow<'_, str> {
        match self.options.own(b"host").and_then(|own| own.value()) {
            Some(host) => Cow::Borrowed(host),
            None => Cow::Owned(self.authority()),
        }
    }

    /// The name that was given to it.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What attempts know it by: its name, else its URL.
    pub fn known_as(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.url())
    }

    /// What the screen calls it: its name, or host, port and path.
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{}{}", self.authority(), self.path))
    }

    /// The whole URL in its canonical form, scheme first.
    pub fn url(&self) -> String {
        let mut url = self.origin();
        url.push_str(if self.path.is_empty() { "/" } else { &self.path });
        if let Some(query) = &self.query {
            let _ = write!(url, "?{query}");
        }
        url
    }

    /// Scheme and authority: `http://localhost:3000`.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.https { "https" } else { "http" }, self.authority())
    }

    /// What goes into `Host`: the host, and the port where it is not the scheme's own (RFC 9110 §7.2).
    pub fn authority(&self) -> String {
        let default = if self.https { 443 } else { 80 };
        if self.port == default { self.bracketed().into_owned() } else { self.address() }
    }

    /// Host and port, always both: what sentences about connections name.
    pub fn address(&self) -> String {
        format!("{}:{}", self.bracketed(), self.port)
    }

    fn bracketed(&self) -> Cow<'_, str> {
        if self.host.contains(':') { Cow::Owned(format!("[{}]", self.host)) } else { Cow::Borrowed(&self.host) }
    }

    /// The host to resolve: a name or an address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection is made with TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The request target to send for a captured one (RFC 9112 §3.2).
    ///
    /// | captured | sent, with no base path | sent, with the base `/hooks?key=1` |
    /// | --- | --- | --- |
    /// | `/a//b?x` | `/a//b?x` | `/hooks/a//b?key=1&x` |
    /// | `/` | `/` | `/hooks?key=1` |
    /// | `http://elsewhere/a?x` (absolute form) | `/a?x`: the captured host is never used | `/hooks/a?key=1&x` |
    /// | `*` | `*` | `/hooks?key=1` |
    /// | `a` (no form that HTTP defines) | `a` | `/hooks/a?key=1` |
    ///
    /// Where it has another [`Route`](super::Route) than to append, that stands for what was captured.
    pub fn join(&self, captured: &[u8]) -> Vec<u8> {
        let captured = without_origin(captured);
        let routed = self.options.path.apply(captured);
        let captured = routed.as_ref();
        let (path, query) = match memchr::memchr(b'?', captured) {
            Some(at) => (captured.get(..at).unwrap_or_default(), captured.get(at + 1..)),
            None => (captured, None),
        };
        let base = self.path.strip_suffix('/').unwrap_or(&self.path).as_bytes();
        let mut target = Vec::with_capacity(self.path.len() + captured.len() + 2);
        if !self.path.is_empty() && matches!(path, b"" | b"/" | b"*") {
            target.extend_from_slice(self.path.as_bytes());
        } else {
            target.extend_from_slice(base);
            // Without a base the captured bytes stand alone, whatever they are.
            if path.is_empty() || (!base.is_empty() && path.first() != Some(&b'/')) {
                target.push(b'/');
            }
            target.extend_from_slice(path);
        }
        match (self.query.as_deref(), query) {
            (Some(own), Some(query)) if !query.is_empty() => {
                target.push(b'?');
                target.extend_from_slice(own.as_bytes());
                target.push(b'&');
                target.extend_from_slice(query);
            }
            (Some(own), _) => {
                target.push(b'?');
                target.extend_from_slice(own.as_bytes());
            }
            (None, Some(query)) => {
                target.push(b'?');
                target.extend_from_slice(query);
            }
            (None, None) => {}
        }
        target
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        Self::parse(text)
    }
}

impl fmt::Display for Target {
    /// As it can be parsed again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name}=")?;
        }
        f.write_str(&self.url())
    }
}

/// Names are words, so that `http://host/?a=b` and `localhost/?a=b` have none.
fn is_name(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Host and port of an authority. Without a scheme only those forms are taken that cannot be anything else.
fn host_and_port(authority: &str, scheme: bool, shown: &Printable) -> Result<(String, Option<u16>), TargetError> {
    let refuse = |why: &str| Err(TargetError(format!("the target `{shown}` {why}")));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (host, port) = if let Some(inner) = authority.strip_prefix('[') {
        let Some((address, after)) = inner.split_once(']') else { return refuse("has a `[` without its `]`") };
        let Ok(address) = address.parse::<Ipv6Addr>() else {
            return refuse(
                "has something in brackets that is not an IPv6 address (zones such as `%eth0` are not taken)",
            );
        };
        let port = match after.strip_prefix(':') {
            Some(port) => Some(port),
            None if after.is_empty() => None,
            None => return refuse("has something between `]` and the port"),
        };
        (address.to_string(), port)
    } else if !scheme && digits(authority) {
        ("localhost".to_owned(), Some(authority))
    } else {
        match authority.rsplit_once(':') {
            Some(("", port)) if !scheme => ("localhost".to_owned(), Some(port)),
            Some((host, port)) => (host.to_ascii_lowercase(), Some(port)),
            None => (authority.to_ascii_lowercase(), None),
        }
    };
    if host.is_empty() {
        return refuse("has no host: write it like http://localhost:3000/webhooks");
    }
    if host.contains(':') && !authority.starts_with('[') {
        return refuse(
            "has more than one `:` in its host; an IPv6 address is written in brackets, like http://[::1]:3000",
        );
    }
    if !host.is_ascii() {
        return refuse("has a host outside ASCII: write the name in its xn-- form");
    }
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':')) {
        return refuse("has a host with characters that no host name has");
    }
    if scheme && digits(&host) {
        return refuse(&format!("has a number for a host; if it is a port, write http://localhost:{host}"));
    }
    if !scheme && (port.is_none() || matches!(host.as_str(), "http" | "https")) {
        return refuse("has no scheme and no port: write it like http://localhost:3000/webhooks");
    }
    let port = match port {
        None => None,
        Some(port) => match port.parse::<u16>() {
            Ok(number) if number > 0 && digits(port) => Some(number),
            _ => return refuse("has a port that is not a number from 1 to 65535"),
        },
    };
    Ok((host, port))
}

/// What an absolute-form target asks for on its host; other forms as they are.
fn without_origin(target: &[u8]) -> &[u8] {
    let Some(at) = memchr::memmem::find(target, b"://") else { return target };
    let (scheme, rest) = (target.get(..at).unwrap_or_default(), target.get(at + 3..).unwrap_or_default());
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if !is_scheme {
        return target;
    }
    let path = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    rest.get(path..).unwrap_or_default()
}

/// The text with everything outside ASCII percent-encoded as UTF-8.
fn ascii(text: &str) -> String {
    const NONE: &percent_encoding::AsciiSet = &percent_encoding::AsciiSet::EMPTY;
    percent_encoding::utf8_percent_encode(text, NONE).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn target(text: &str) -> Target {
        Target::parse(text).unwrap()
    }

    fn joined(base: &str, captured: &str) -> String {
        String::from_utf8(target(base).join(captured.as_bytes())).unwrap()
    }

    #[test]
    fn forms_of_a_local_handler_are_understood() {
        for (text, url, label) in [
            ("3000", "http://localhost:3000/", "localhost:3000"),
            (":3000/hooks", "http://localhost:3000/hooks", "localhost:3000/hooks"),
            ("localhost:3000", "http://localhost:3000/", "localhost:3000"),
            ("127.0.0.1:3000/a?b=c", "http://127.0.0.1:3000/a?b=c", "127.0.0.1:3000/a"),
            ("[::1]:3000", "http://[::1]:3000/", "[::1]:3000"),
            ("HTTP://LocalHost:80/A", "http://localhost/A", "localhost/A"),
            ("https://Example.com:443", "https://example.com/", "example.com"),
            ("https://example.com:80/", "https://example.com:80/", "example.com:80"),
            ("local=3000", "http://localhost:3000/", "local"),
            ("my.dev-1=https://h_1/p", "https://h_1/p", "my.dev-1"),
            ("http://h/p?a=b", "http://h/p?a=b", "h/p"),
            ("http://h?u=http://x/y", "http://h/?u=http://x/y", "h"),
            ("localhost:1/?u=http://x", "http://localhost:1/?u=http://x", "localhost:1"),
            (" http://h/caf\u{e9} ", "http://h/caf%C3%A9", "h/caf%C3%A9"),
            ("http://h/%zz//../x", "http://h/%zz//../x", "h/%zz//../x"),
        ] {
            let target = target(text);
            assert_eq!((target.url().as_str(), target.label().as_str()), (url, label), "{text}");
            assert_eq!(Target::parse(&target.to_string()).unwrap(), target, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_a_target_says_why() {
        for (text, part) in [
            ("", "no host"),
            ("ftp://h/", "neither http nor https but `ftp`"),
            ("localhost", "no scheme and no port"),
            ("example.com/hooks", "no scheme and no port"),
            ("http:/h", "no scheme and no port"),
            ("http:3000", "no scheme and no port"),
            ("http://", "no host"),
            ("http://:3000", "no host"),
            ("http://3000/", "http://localhost:3000"),
            ("localhost:0", "1 to 65535"),
            ("localhost:65536", "1 to 65535"),
            ("localhost:+80", "1 to 65535"),
            ("localhost:", "1 to 65535"),
            ("::1", "in brackets"),
            ("http://::1:3000", "in brackets"),
            ("http://[::1", "without its `]`"),
            ("http://[fe80::1%eth0]:1", "not an IPv6 address"),
            ("http://[::1]3", "between `]` and the port"),
            ("http://h/#top", "fragment"),
            ("http://h/a b", "white space"),
            ("http://h/a\u{1b}[31m", "white space or a control in it (`^[`)"),
            ("http://b\u{fc}cher.example/", "xn--"),
            ("http://a,b/", "characters that no host name has"),
        ] {
            let error = Target::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
            assert!(!error.contains('\u{1b}'), "{error}");
        }
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for text in ["http://me:hunter2@h/", "me:hunter2@h:80", "x=https://hunter2@h"] {
            let error = Target::parse(text).unwrap_err().to_string();
            assert!(error.contains("password") && !error.contains("hunter2"), "{error}");
        }
        assert_eq!(target("http://h/@a").url(), "http://h/@a");
    }

    #[test]
    fn base_and_captured_target_are_joined_byte_for_byte() {
        for (base, captured, expected) in [
            ("http://h", "/a//b?x", "/a//b?x"),
            ("http://h/", "/a", "/a"),
            ("http://h", "/", "/"),
            ("http://h", "/?", "/?"),
            ("http://h", "//", "//"),
            ("http://h", "*", "*"),
            ("http://h", "a", "a"),
            ("http://h", "http://elsewhere:1/a?x", "/a?x"),
            ("http://h", "http://elsewhere?x", "/?x"),
            ("http://h", "/a?u=http://x/y", "/a?u=http://x/y"),
            ("http://h", "a?u=http://x/y", "a?u=http://x/y"),
            ("http://h", "/%zz//../\u{e9}#f", "/%zz//../\u{e9}#f"),
            ("http://h/hooks", "/", "/hooks"),
            ("http://h/hooks/", "/", "/hooks/"),
            ("http://h/hooks", "/?x", "/hooks?x"),
            ("http://h/hooks", "/a/../b", "/hooks/a/../b"),
            ("http://h/hooks/", "/a", "/hooks/a"),
            ("http://h/hooks/", "//a", "/hooks//a"),
            ("http://h/hooks", "*", "/hooks"),
            ("http://h/hooks", "a", "/hooks/a"),
            ("http://h/hooks", "http://elsewhere", "/hooks"),
            ("http://h?key=1", "/a?x=2?3", "/a?key=1&x=2?3"),
            ("http://h/hooks?key=1", "/", "/hooks?key=1"),
            ("http://h/hooks?key=1", "/?", "/hooks?key=1"),
        ] {
            assert_eq!(joined(base, captured), expected, "{base} + {captured}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
            if let Ok(target) = Target::parse(&text) {
                prop_assert_eq!(Target::parse(&target.to_string()).unwrap(), target);
            }
        }

        #[test]
        fn without_a_base_origin_form_is_untouched(rest in proptest::collection::vec(any::<u8>(), 0..80)) {
            let captured = [b"/".as_slice(), &rest].concat();
            prop_assert_eq!(target("http://h:1").join(&captured), captured.clone());
            let based = target("http://h:1/b").join(&captured);
            let path = captured.split(|byte| *byte == b'?').next().unwrap();
            if path != b"/" {
                prop_assert_eq!(based, [b"/b".as_slice(), &captured].concat());
            }
        }
    }
}
