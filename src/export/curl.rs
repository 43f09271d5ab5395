//! A capture as a curl command: the same request line, header lines and body bytes, sent to a URL of ours.
//!
//! The command is one line of ASCII for bash, zsh and every shell with the `$'…'` quotes of POSIX.1-2024; where no byte
//! needs those it runs in any POSIX shell. Whatever is in the capture, nothing of it is run, and no file is read:
//!
//! | trap | what is done |
//! | --- | --- |
//! | quotes, `$(…)`, backslashes, `!` | single quotes; `'` as `'\''`, and everything unprintable as octal in `$'…'` |
//! | headers that curl adds by itself | removed with `-H 'Name:'` where the capture has none |
//! | empty headers, which curl would take for a removal | `-H 'Name;'` |
//! | `[1-9]`, `{a,b}`, `..` in the URL | `--globoff --path-as-is` |
//! | targets that are no plain path | `--request-target` |
//! | bodies that begin with `@`, which curl takes for the name of a file; with a NUL; or too long for an argument | Base64 through a pipe |
//! | bodies in a spool file | refused |
//! | a `.curlrc` | `-q` |
//!
//! Left out: header lines that cannot stand on a line (a break or a NUL inside, or a name that is none), which come only
//! out of written files; pseudo-headers; trailers. A `Content-Length` that is not that of the bytes we have is curl's to
//! write, and one beside `Transfer-Encoding` is not written at all.

use std::fmt::Write as _;

use base64::{display::Base64Display, engine::general_purpose::STANDARD};

use super::{quote::shell::quoted, sending::can_be_a_line};
use crate::model::{Capture, Head, Size, Version};

/// The longest body that is an argument, in bytes; Linux takes 128 KiB.
const ARGUMENT_LIMIT: usize = 100 * 1024;

/// Why there is no command: the body is in a file of creel's own, which no command can name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a body of {} is too large to stand in a command; replay it, or print it with --output json", Size(*.0 as u64))]
pub struct TooLarge(pub usize);

/// The command that sends `capture` to `url`, such as `http://127.0.0.1:4600`: the captured target goes behind it. Fails for
/// a spooled body.
pub fn curl(capture: &Capture, url: &str) -> Result<String, TooLarge> {
    let Some(body) = capture.body.bytes() else { return Err(TooLarge(capture.body.len())) };
    let head = &capture.head;
    let url = url.strip_suffix('/').unwrap_or(url);
    let chunked = head.header("transfer-encoding").is_some();
    let has_data = !body.is_empty() || chunked;
    let piped = body.starts_with(b"@") || body.contains(&0) || body.len() > ARGUMENT_LIMIT;

    let mut command = String::with_capacity(512 + head.bytes().len() * 2 + body.len() * 2);
    if piped {
        let _ = write!(command, "printf %s '{}' | base64 -d | ", Base64Display::new(body, &STANDARD));
    }
    command.push_str("curl -q -sS --globoff --path-as-is ");
    command.push_str(if head.version() == Version::Http10 { "--http1.0" } else { "--http1.1" });
    match (head.method(), has_data) {
        // With `-X HEAD` curl would wait for the body that the answer announces.
        (b"HEAD", false) => command.push_str(" --head"),
        (b"HEAD", true) => command.push_str(" --max-time 10 -X HEAD"),
        (method, _) if method.iter().all(u8::is_ascii_alphabetic) => {
            let _ = write!(command, " -X {}", method.escape_ascii());
        }
        (method, _) => option(&mut command, "-X", method),
    }
    let address = address(&mut command, head.target(), url);
    headers(&mut command, capture, url, has_data);
    if piped {
        command.push_str(" --data-binary @-");
    } else if has_data {
        option(&mut command, "--data-raw", body);
    }
    command.push(' ');
    command.push_str(&quoted(address.as_bytes()));
    Ok(command)
}

fn option(command: &mut String, name: &str, value: &[u8]) {
    let _ = write!(command, " {name} {}", quoted(value));
}

/// The URL to name; where it cannot say the target, the target is an option of its own.
fn address(command: &mut String, target: &[u8], url: &str) -> String {
    // What curl's URL parser leaves exactly as it is.
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/?&=._~-:,;@+".contains(byte);
    if let Ok(text) = std::str::from_utf8(target)
        && text.starts_with('/')
        && target.iter().all(plain)
    {
        return format!("{url}{text}");
    }
    let base = url.split_once("://").map_or(url, |(_, rest)| rest);
    let base = base.find('/').and_then(|at| base.get(at..)).unwrap_or_default();
    let base = if target.starts_with(b"/") { base.as_bytes() } else { b"" };
    option(command, "--request-target", &[base, target].concat());
    url.to_owned()
}

fn headers(command: &mut String, capture: &Capture, url: &str, has_data: bool) {
    let head = &capture.head;
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let length = capture.body.len().to_string();
    let chunked = head.header("transfer-encoding").is_some();
    for header in head.headers().filter(can_be_a_line) {
        // curl writes its own `Host`, first, as most senders do.
        let same_host = header.is("host") && header.value == authority.as_bytes();
        let other_length = header.is("content-length") && (chunked || header.value != length.as_bytes());
        if same_host || other_length {
            continue;
        }
        let value = header.value.trim_ascii();
        let line = if value.is_empty() { [header.name, b";"].concat() } else { [header.name, b": ", value].concat() };
        option(command, "-H", &line);
    }
    let of_curl = [("User-Agent", true), ("Accept", true), ("Content-Type", has_data), ("Expect", has_data)];
    let host = ("Host", head.version() != Version::Http2);
    for (name, adds) in of_curl.into_iter().chain([host]) {
        if adds && !has(head, name) {
            let _ = write!(command, " -H '{name}:'");
        }
    }
}

fn has(head: &Head, name: &str) -> bool {
    head.headers().any(|header| header.is(name) && can_be_a_line(&header))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Answer, Body, CaptureId, Fidelity, Seq, Timing, Wire};

    fn command(method: &str, target: &[u8], headers: &[(&str, &[u8])], body: &[u8]) -> String {
        let parts = headers.iter().map(|(name, value)| (name.as_bytes(), *value));
        let capture = Capture {
            id: CaptureId::fixed(1),
            seq: Seq(1),
            received_at: Timestamp::UNIX_EPOCH,
            remote: None,
            head: Head::from_parts(method.as_bytes(), target, Version::Http11, parts, Fidelity::Fields),
            body: Body::complete(Bytes::copy_from_slice(body)),
            trailers: Box::default(),
            answer: Arc::new(Answer::default()).into(),
            timing: Timing::default(),
            wire: Wire::default(),
            origin: None,
        };
        curl(&capture, "http://127.0.0.1:4600/").unwrap()
    }

    #[test]
    fn the_command_is_the_recipe() {
        assert_eq!(
            command(
                "POST",
                b"/github?x=1",
                &[("Host", b"127.0.0.1:4600"), ("X-Empty", b""), ("content-length", b"10"), ("Accept", b"*/*")],
                b"it's `$(x)`"
            ),
            "curl -q -sS --globoff --path-as-is --http1.1 -X POST -H 'X-Empty;' -H 'Accept: */*' -H 'User-Agent:' \
             -H 'Content-Type:' -H 'Expect:' --data-raw 'it'\\''s `$(x)`' 'http://127.0.0.1:4600/github?x=1'"
        );
        assert_eq!(
            command("GET", b"/%zz/\xff", &[("Host", b"h")], b""),
            "curl -q -sS --globoff --path-as-is --http1.1 -X GET --request-target $'/%zz/\\377' -H 'Host: h' \
             -H 'User-Agent:' -H 'Accept:' 'http://127.0.0.1:4600'"
        );
    }

    #[test]
    fn a_body_is_never_the_name_of_a_file() {
        let command = command("POST", b"/", &[("Host", b"127.0.0.1:4600")], b"@/etc/passwd");
        assert!(
            command.starts_with("printf %s 'QC9ldGMvcGFzc3dk' | base64 -d | curl ")
                && command.contains(" --data-binary @- "),
            "{command}"
        );
    }

    #[test]
    fn a_header_that_is_no_line_is_left_out() {
        let command = command("GET", b"/\0", &[("@/etc/passwd", b"x"), ("A", b"b\r\nC: d"), ("D", b"e")], b"");
        assert!(!command.contains("passwd") && !command.contains("C: d") && command.contains("-H 'D: e'"), "{command}");
        assert!(command.contains("--request-target $'/%00'"), "{command}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_command_is_ascii(
            target in proptest::collection::vec(any::<u8>(), 0..30), value in proptest::collection::vec(any::<u8>(), 0..30),
            body in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let command = command("POST", &target, &[("A", &value)], &body);
            prop_assert!(command.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{command}");
        }
    }
}
