//! The text of one setting, read: what is taken, and the sentence about what is not.
//!
//! Every reader here takes text from arguments, environment and file alike. A sentence says what was found and what to
//! write; who calls adds the place. An empty text means "not set" where a setting may be.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use crate::handshake::HANDSHAKES;
use crate::model::{Period, Printable, Rate, Size, did_you_mean};
use crate::replay::Target;
pub use crate::replay::{Framing, Sign};
use crate::signature::Age;
use crate::store::{Durability, InboxName};

/// How captures are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// The terminal interface.
    Tui,
    /// One line of text a capture.
    Text,
    /// One JSON object a line.
    Json,
}

/// Who answers the sender of what is forwarded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// The target.
    Relay,
    /// creel.
    Async,
}

impl Mode {
    /// Every mode with its name.
    pub const TABLE: [(&'static str, Self); 2] = [("relay", Self::Relay), ("async", Self::Async)];
}

impl Output {
    /// Every kind with its name.
    pub const TABLE: [(&'static str, Self); 3] = [("tui", Self::Tui), ("text", Self::Text), ("json", Self::Json)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::TABLE.iter().find(|(_, output)| *output == self).map_or("", |(name, _)| name)
    }
}

/// Text from outside as it stands in a sentence: short, and safe to print.
pub(super) fn quoted(text: &str) -> String {
    // Once more with the quotes: a mark that begins the text would combine with the first.
    let quoted = format!("`{}`", Printable::limited(text.as_bytes(), 60));
    Printable::from(quoted.as_str()).to_string()
}

/// A sentence that repeats what it is about.
fn printable(error: &dyn std::error::Error) -> String {
    Printable::limited(error.to_string().as_bytes(), 300).to_string()
}

/// `ADDR:PORT`; or `localhost:PORT`, `:PORT` and `PORT`, which are on IPv4 loopback.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let port = text.strip_prefix("localhost").map_or(text, |rest| if rest.is_empty() { text } else { rest });
    let port = port.strip_prefix(':').unwrap_or(port);
    if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) {
        return match port.parse() {
            Ok(port) => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            Err(_) => Err(format!("{} is not a port: the highest is 65535", quoted(port))),
        };
    }
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        let with_port = SocketAddr::new(address, 4600);
        return Err(format!("{} has no port: write {with_port}", quoted(text)));
    }
    Err(format!("{} is not an address to listen on: write 4600, 127.0.0.1:4600 or [::1]:4600", quoted(text)))
}

/// `tui`, `text`, `json`, or nothing: by itself.
pub(super) fn output(text: &str) -> Result<Option<Output>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let found = Output::TABLE.iter().find(|(name, _)| *name == text);
    found.map(|(_, output)| Some(*output)).ok_or_else(|| {
        let hint = did_you_mean(text, Output::TABLE.iter().map(|(name, _)| *name));
        format!("{} is no output: write tui, text or json{hint}", quoted(text))
    })
}

/// A target by its name or its URL, or nothing.
pub(super) fn forward(text: &str) -> Result<Option<String>, String> {
    let text = text.trim();
    if !text.is_empty() && !is_target_name(text) {
        target(text)?;
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

/// `relay` or `async`.
pub(super) fn mode(text: &str) -> Result<Mode, String> {
    let found = Mode::TABLE.iter().find(|(name, _)| *name == text);
    found.map(|(_, mode)| *mode).ok_or_else(|| {
        let hint = did_you_mean(text, Mode::TABLE.iter().map(|(name, _)| *name));
        format!("{} is no mode of forwarding: write relay or async{hint}", quoted(text))
    })
}

/// How often something is tried again.
pub(super) fn retries(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(number @ 0..=100) => Ok(number),
        _ => Err(format!("{} is not a number of tries from 0 to 100", quoted(text))),
    }
}

/// How old a signature may be: a length of time, `off`, or nothing for what its scheme says.
/// The handshakes that are answered, by name. `true` and `false` are what a switch would say.
pub(super) fn handshakes(text: &str) -> Result<Vec<String>, String> {
    let names = || HANDSHAKES.iter().map(|row| row.name);
    let mut all = Vec::new();
    for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
        match word {
            "all" | "true" => all.extend(names().map(str::to_owned)),
            "false" => {}
            word if names().any(|name| name == word) => all.push(word.to_owned()),
            word => {
                let hint = did_you_mean(word, names().chain(["all"]));
                let known: Vec<&str> = names().collect();
                return Err(format!(
                    "no handshake is called {}{hint}; write all, or of {}",
                    quoted(word),
                    known.join(", ")
                ));
            }
        }
    }
    all.dedup();
    Ok(all)
}

pub(super) fn tolerance(text: &str) -> Result<Age, String> {
    match text {
        "" => Ok(Age::Scheme),
        "off" => Ok(Age::Off),
        _ => period(text).map(Age::Within).map_err(|why| format!("{why}; off lets any age pass")),
    }
}

/// `length` or `as-captured`.
pub(super) fn framing(text: &str) -> Result<Framing, String> {
    let found = Framing::TABLE.iter().find(|(name, _)| *name == text);
    found.map(|(_, framing)| *framing).ok_or_else(|| {
        let hint = did_you_mean(text, Framing::TABLE.iter().map(|(name, _)| *name));
        format!("{} is no framing: write length or as-captured{hint}", quoted(text))
    })
}

/// A text, or nothing.
#[expect(clippy::unnecessary_wraps, reason = "all readers have one shape, or they could not stand in one table")]
pub(super) fn optional(text: &str) -> Result<Option<String>, String> {
    Ok(Some(text.to_owned()).filter(|text| !text.trim().is_empty()))
}

/// A path, or nothing.
#[expect(clippy::unnecessary_wraps, reason = "all readers have one shape, or they could not stand in one table")]
pub(super) fn path(text: &str) -> Result<Option<PathBuf>, String> {
    Ok(Some(PathBuf::from(text)).filter(|_| !text.is_empty()))
}

/// A name.
pub(super) fn name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("the name is empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// A whole number from 1.
pub(super) fn count(text: &str) -> Result<usize, String> {
    match text.replace('_', "").parse() {
        Ok(0) => Err("0 is too few: write 1 or more".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err(format!("{} is not a whole number from 1, such as 10000", quoted(text))),
    }
}

/// The name of an inbox.
pub(super) fn inbox(text: &str) -> Result<InboxName, String> {
    text.parse::<InboxName>().map_err(|error| error.to_string())
}

/// `memory`, `batch` or `commit`.
pub(super) fn durability(text: &str) -> Result<Durability, String> {
    text.parse().map_err(|()| {
        let hint = did_you_mean(text, Durability::TABLE.iter().map(|(name, _)| *name));
        format!("{} is no durability: write memory, batch or commit{hint}", quoted(text))
    })
}

/// A length of time, or nothing: for ever.
pub(super) fn age(text: &str) -> Result<Option<Duration>, String> {
    if text.trim().is_empty() { Ok(None) } else { period(text).map(Some) }
}

/// A size in bytes.
pub(super) fn size(text: &str) -> Result<Size, String> {
    text.parse::<Size>().map_err(|error| printable(&error))
}

/// A number of requests in a length of time, or nothing: all.
pub(super) fn rate(text: &str) -> Result<Option<Rate>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    text.parse::<Rate>().map(Some).map_err(|error| printable(&error))
}

/// A length of time that is longer than nothing.
pub(super) fn period(text: &str) -> Result<Duration, String> {
    let Period(time) = text.parse::<Period>().map_err(|error| printable(&error))?;
    if time.is_zero() { Err("no time at all is too short: write 100ms or more".to_owned()) } else { Ok(time) }
}

/// A status that ends an exchange: 200 to 599 (RFC 9110 §15; 1xx are not final).
pub(super) fn status(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(status @ 200..600) => Ok(status),
        _ => Err(format!("{} is not a status to answer with: write a number from 200 to 599", quoted(text))),
    }
}

/// A media type as `Content-Type` has it (RFC 9110 §8.3.1), or nothing.
pub(super) fn media_type(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let token =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| TOKEN.contains(&byte) || byte.is_ascii_alphanumeric());
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    let whole = essence.trim().split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub));
    if whole && parameters.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(Some(text.trim().to_owned()));
    }
    Err(format!("{} is not a media type: write one such as application/json", quoted(text)))
}

/// The characters of a token beside letters and digits (RFC 9110 §5.6.2).
const TOKEN: &[u8] = b"!#$%&'*+-.^_`|~";

/// On or off.
pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("{} is neither true nor false", quoted(text))),
    }
}

/// `[NAME=]URL`.
pub(super) fn target(text: &str) -> Result<Target, String> {
    Target::parse(text).map_err(|error| error.to_string())
}

/// Whether a text can name a target: a letter, then letters, digits, `-`, `_` and `.`.
pub(super) fn is_target_name(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_port_alone_is_on_loopback() {
        for (text, expected) in [
            ("4600", "127.0.0.1:4600"),
            (":0", "127.0.0.1:0"),
            ("localhost:80", "127.0.0.1:80"),
            ("0.0.0.0:1", "0.0.0.0:1"),
            ("[::1]:4600", "[::1]:4600"),
            (" 7 ", "127.0.0.1:7"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), expected);
        }
        for (text, expected) in [
            ("127.0.0.1", "`127.0.0.1` has no port: write 127.0.0.1:4600"),
            ("[::1]", "`[::1]` has no port: write [::1]:4600"),
            ("99999", "`99999` is not a port: the highest is 65535"),
            ("localhost", "`localhost` is not an address to listen on: write 4600, 127.0.0.1:4600 or [::1]:4600"),
            ("", "`` is not an address to listen on: write 4600, 127.0.0.1:4600 or [::1]:4600"),
            (
                "\u{9cb}\u{b02}",
                "`<U+09CB><U+0B02>` is not an address to listen on: write 4600, 127.0.0.1:4600 or [::1]:4600",
            ),
            ("a\u{1b}b:1", "`a^[b:1` is not an address to listen on: write 4600, 127.0.0.1:4600 or [::1]:4600"),
        ] {
            assert_eq!(address(text).unwrap_err(), expected);
        }
    }

    #[test]
    fn what_is_out_of_range_is_said() {
        assert_eq!(count("10_000"), Ok(10_000));
        assert_eq!(count("0").unwrap_err(), "0 is too few: write 1 or more");
        assert_eq!(count("many").unwrap_err(), "`many` is not a whole number from 1, such as 10000");
        assert_eq!(status("204"), Ok(204));
        assert_eq!(status("101").unwrap_err(), "`101` is not a status to answer with: write a number from 200 to 599");
        assert_eq!(output("jsno").unwrap_err(), "`jsno` is no output: write tui, text or json; did you mean `json`?");
        assert_eq!(period("0s").unwrap_err(), "no time at all is too short: write 100ms or more");
        assert_eq!(rate(""), Ok(None));
        assert_eq!(
            rate("500").unwrap_err(),
            "\"500\" is not a rate: write a number and a unit, such as 500/s, 30/m or 1000/h"
        );
        assert_eq!(switch("yes").unwrap_err(), "`yes` is neither true nor false");
    }

    #[test]
    fn media_types_are_those_of_the_header() {
        for text in ["application/json", "text/plain; charset=utf-8", "application/vnd.x+json"] {
            assert_eq!(media_type(text), Ok(Some(text.to_owned())));
        }
        assert_eq!(media_type(""), Ok(None));
        for text in ["json", "a/", "/b", "a/b\r\nX: y", "a/b; c=\u{7f}", "a b/c"] {
            assert!(media_type(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_in_printable_words(text in any::<String>()) {
            let sentences = [
                address(&text).err(), output(&text).err(), count(&text).err(), size(&text).err(), period(&text).err(),
                status(&text).err(), rate(&text).err(), inbox(&text).err(), durability(&text).err(), age(&text).err(), media_type(&text).err(), switch(&text).err(), name(&text).err(), target(&text).err(),
            ];
            for sentence in sentences.into_iter().flatten() {
                prop_assert_eq!(Printable::from(sentence.as_str()).to_string(), sentence);
            }
        }

        #[test]
        fn an_address_that_is_shown_is_read(bits in any::<u32>(), port in any::<u16>()) {
            let shown = SocketAddr::from((Ipv4Addr::from(bits), port));
            prop_assert_eq!(address(&shown.to_string()), Ok(shown));
        }
    }
}
