//! A command for `HTTPie` 3 (httpie.io/docs/cli): one line of ASCII for bash and zsh.
//!
//! | trap | what is done |
//! | --- | --- |
//! | `Name:=value` and `Name:@file`, which are JSON and a file | a blank behind the colon |
//! | a backslash in front of `:`, `=`, `;` or `@`, which HTTPie takes away and which cannot be escaped | refused |
//! | headers that HTTPie adds by itself | removed with `Name:` where the capture has none |
//! | empty headers, which it would take for a removal | `Name;` |
//! | bodies that are not printable, or long | Base64 through a pipe |
//! | targets with escapes that it would write otherwise (`%41`, `%2f`) | refused |

use std::io::Write;

use base64::{display::Base64Display, engine::general_purpose::STANDARD};

use super::{
    ExportError, Options, Unfit,
    quote::shell::quoted,
    sending::{Sending, literal_body},
};
use crate::model::Capture;

/// The longest body that is an argument, in bytes; Linux takes 128 KiB.
const ARGUMENT_LIMIT: usize = 100 * 1024;

pub(super) fn each(out: &mut dyn Write, capture: &Capture, options: &Options, _: bool) -> Result<(), ExportError> {
    let sending = Sending::of(capture, &options.url)?;
    let body = literal_body(capture)?;
    let path = sending.plain_path().ok().filter(|path| escapes_stay(path)).ok_or(Unfit::Target)?;
    let headers = sending.text_headers()?;
    if !sending.method.iter().all(u8::is_ascii_alphabetic) {
        // A method with a dash is taken for a URL.
        return Err(Unfit::Method.into());
    }
    let piped = body.len() > ARGUMENT_LIMIT || !body.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let mut command = String::new();
    if piped {
        command += &format!("printf %s '{}' | base64 -d | http", Base64Display::new(body, &STANDARD));
    } else {
        command.push_str("http --ignore-stdin");
    }
    command.push_str(" --path-as-is");
    if sending.chunked && !body.is_empty() {
        command.push_str(" --chunked");
    }
    if !piped && !body.is_empty() {
        // What begins with a dash must not be an option.
        command += &format!(" --raw={}", quoted(body));
    }
    command += &format!(" {} ", sending.method.escape_ascii());
    command += &quoted(format!("{}{path}", options.url.origin()).as_bytes());
    for (name, value) in headers {
        let eaten = value.as_bytes().windows(2).any(|pair| matches!(pair, [b'\\', b':' | b';' | b'=' | b'@']));
        if eaten {
            return Err(Unfit::Header.into());
        }
        let item = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        command.push(' ');
        command += &quoted(item.as_bytes());
    }
    for name in ["User-Agent", "Accept", "Accept-Encoding", "Connection", "Content-Type"] {
        if !sending.has(name) {
            command += &format!(" {name}:");
        }
    }
    writeln!(out, "{command}")?;
    Ok(())
}

/// Whether every `%` escape is written as `HTTPie` would write it: in capitals, and of a character that needs it.
fn escapes_stay(path: &str) -> bool {
    path.split('%').skip(1).all(|rest| {
        let digits = rest.get(..2).unwrap_or_default();
        let byte = u8::from_str_radix(digits, 16).unwrap_or_default();
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        !unreserved && !digits.contains(|char: char| char.is_ascii_lowercase())
    })
}
