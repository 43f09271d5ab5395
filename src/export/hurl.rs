//! A file for Hurl (hurl.dev): an entry a capture.
//!
//! Decided: bodies are Base64, which is the one form that takes every byte and in which nothing is a variable.

use std::io::Write;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    ExportError, Options, Unfit,
    quote::{self, hurl},
    sending::{Sending, literal_body},
};
use crate::model::Capture;

pub(super) fn each(out: &mut dyn Write, capture: &Capture, options: &Options, first: bool) -> Result<(), ExportError> {
    let sending = Sending::of(capture, &options.url)?;
    let body = literal_body(capture)?;
    let path = sending.plain_path()?;
    let headers = sending.text_headers()?;
    let method = match std::str::from_utf8(sending.method) {
        Ok(method) if method.bytes().all(|byte| byte.is_ascii_uppercase()) => method,
        _ => return Err(Unfit::Method.into()),
    };
    if !first {
        writeln!(out)?;
    }
    writeln!(out, "# {}", capture.seq)?;
    writeln!(out, "{method} {}{path}", options.url.origin())?;
    for (name, value) in headers {
        let value = hurl::value(value);
        let space = if value.is_empty() { "" } else { " " };
        writeln!(out, "{}:{space}{value}", hurl::key(name.as_bytes()))?;
    }
    writeln!(out, "[Options]\npath-as-is: true\nlocation: false")?;
    if !body.is_empty() {
        let text = STANDARD.encode(body);
        writeln!(out, "base64,")?;
        for line in text.as_bytes().chunks(quote::WIDTH) {
            out.write_all(line)?;
            writeln!(out)?;
        }
        writeln!(out, ";")?;
    }
    Ok(())
}
