//! A table for spreadsheets (RFC 4180): a row a capture, in UTF-8.
//!
//! A cell that would begin with `=`, `+`, `-`, `@`, a tab or a carriage return gets a `'` in front, because spreadsheets run
//! such cells as formulas, and what a stranger sent must not be run. What is not UTF-8 is Base64; the column behind a body
//! says which.

use std::io::{self, Write};

use base64::{display::Base64Display, engine::general_purpose::STANDARD, write::EncoderWriter};

use super::{ExportError, Options, format::Parts, ndjson::each_text};
use crate::model::Capture;
use crate::provider::recognise;

pub(super) const PARTS: Parts = Parts { begin, each, end: |_, _| Ok(()) };

/// The columns.
const COLUMNS: &str = "seq,id,received_at,remote,version,method,target,provider,event,delivery,headers,content_type,body_size,\
                       body_end,body,body_encoding,status,duration_ms";

fn begin(out: &mut dyn Write, _: &Options) -> Result<(), ExportError> {
    out.write_all(COLUMNS.as_bytes())?;
    out.write_all(b"\r\n")?;
    Ok(())
}

fn each(out: &mut dyn Write, capture: &Capture, _: &Options, _: bool) -> Result<(), ExportError> {
    let head = &capture.head;
    let known = recognise(capture);
    let known = known.as_ref();
    write!(out, "{},{},{},", capture.seq.0, capture.id, capture.received_at)?;
    write!(out, "{},{},", capture.remote.map_or_else(String::new, |remote| remote.to_string()), head.version())?;
    let mut lines = Vec::new();
    for header in head.headers() {
        let between: &[u8] = if lines.is_empty() { b"" } else { b"\n" };
        lines.extend_from_slice(&[between, header.name, b": ", header.value].concat());
    }
    for value in [
        head.method(),
        head.target(),
        known.map_or(&b""[..], |known| known.provider.name.as_bytes()),
        known.and_then(|known| known.event.as_deref()).unwrap_or_default(),
        known.and_then(|known| known.delivery.as_deref()).unwrap_or_default(),
        &lines,
        head.header("content-type").unwrap_or_default(),
    ] {
        cell(out, value)?;
        out.write_all(b",")?;
    }
    write!(out, "{},{},", capture.body.len(), capture.body.end().name())?;
    let encoding = body(out, capture)?;
    let millis = capture.times().answered.as_secs_f64() * 1000.0;
    write!(out, ",{encoding},{},{millis:.3}\r\n", capture.answer.status)?;
    Ok(())
}

/// A cell of bytes from outside.
fn cell(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            out.write_all(b"\"")?;
            guard(out, text)?;
            quoted(out, text)?;
            out.write_all(b"\"")
        }
        Err(_) => write!(out, "{}", Base64Display::new(bytes, &STANDARD)),
    }
}

/// The body as a cell, a piece at a time; says how it is written.
fn body(out: &mut dyn Write, capture: &Capture) -> io::Result<&'static str> {
    let content = capture.body.content();
    if !each_text(content, |_| Ok(()))? {
        let mut encoder = EncoderWriter::new(&mut *out, &STANDARD);
        for piece in content.pieces() {
            encoder.write_all(&piece?)?;
        }
        encoder.finish()?;
        return Ok("base64");
    }
    out.write_all(b"\"")?;
    let mut first = true;
    each_text(content, |text| {
        if std::mem::take(&mut first) {
            guard(out, text)?;
        }
        quoted(out, text)
    })?;
    out.write_all(b"\"")?;
    Ok("text")
}

fn guard(out: &mut dyn Write, text: &str) -> io::Result<()> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { out.write_all(b"'") } else { Ok(()) }
}

fn quoted(out: &mut dyn Write, text: &str) -> io::Result<()> {
    let mut parts = text.split('"');
    if let Some(first) = parts.next() {
        out.write_all(first.as_bytes())?;
    }
    parts.try_for_each(|part| {
        out.write_all(b"\"\"")?;
        out.write_all(part.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        cell(&mut out, bytes).unwrap();
        out
    }

    #[test]
    fn formulas_are_text() {
        for (bytes, shown) in [
            (b"=1+1".as_slice(), "\"'=1+1\""),
            (b"@SUM(A1)", "\"'@SUM(A1)\""),
            (b"a=\"b\"\r\n", "\"a=\"\"b\"\"\r\n\""),
            (b"", "\"\""),
            (b"\xff", "/w=="),
        ] {
            assert_eq!(written(bytes), shown.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn a_cell_is_read_as_what_it_was(text in "[\"'=a,\\r\\n]{0,30}") {
            let cell = String::from_utf8(written(text.as_bytes())).unwrap();
            let inside = cell.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
            prop_assert!(!inside.replace("\"\"", "").contains('"'));
            let read = inside.replace("\"\"", "\"");
            let formula = text.starts_with(['=', '\r']);
            prop_assert_eq!(read, if formula { format!("'{text}") } else { text });
        }
    }
}
