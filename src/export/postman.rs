//! A Postman collection, v2.1 (schema.postman.com). Insomnia, Bruno and Hoppscotch import it too.
//!
//! Decided: what the format cannot carry unchanged is left out with a sentence, not approximated: bodies and headers that
//! are not text, and `{{`, which begins a variable and has no escape.

use std::io::{self, Write};

use super::{
    ExportError, Options, Unfit,
    format::Parts,
    json::Json,
    sending::{Sending, literal_body},
};
use crate::model::{Capture, Printable};

pub(super) const PARTS: Parts = Parts { begin, each, end };

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/// Headers that Postman adds by itself.
const ADDED: [&str; 5] = ["user-agent", "accept", "accept-encoding", "connection", "content-type"];

fn begin(out: &mut dyn Write, _: &Options) -> Result<(), ExportError> {
    write!(out, "{{\"info\":{{\"name\":\"creel\",\"schema\":\"{SCHEMA}\"}},\"item\":[")?;
    Ok(())
}

fn end(out: &mut dyn Write, _: &Options) -> Result<(), ExportError> {
    out.write_all(b"\n]}\n")?;
    Ok(())
}

fn each(out: &mut dyn Write, capture: &Capture, options: &Options, first: bool) -> Result<(), ExportError> {
    let sending = Sending::of(capture, &options.url)?;
    let body = std::str::from_utf8(literal_body(capture)?).map_err(|_| Unfit::NotText)?;
    let path = sending.plain_path()?;
    let headers = sending.text_headers()?;
    let method = std::str::from_utf8(sending.method).map_err(|_| Unfit::Method)?;
    let variable = |text: &str| text.contains("{{");
    if variable(body) || headers.iter().any(|(name, value)| variable(name) || variable(value)) {
        return Err(Unfit::Variable.into());
    }
    out.write_all(if first { b"\n" } else { b",\n" })?;
    let mut json = Json::new(out);
    let name = format!("{} {method} {}", capture.seq, Printable::limited(path.as_bytes(), 60));
    json.open('{')?.key("name")?.text(&name)?;
    behaviour(&mut json, &sending)?;
    json.key("request")?.open('{')?.key("method")?.text(method)?.key("header")?.open('[')?;
    for (name, value) in headers {
        json.item()?.open('{')?.key("key")?.text(name)?.key("value")?.text(value)?.close('}')?;
    }
    json.close(']')?;
    if !body.is_empty() {
        json.key("body")?.open('{')?.key("mode")?.quoted("raw")?.key("raw")?.text(body)?.close('}')?;
    }
    json.key("url")?.text(&format!("{}{path}", options.url.origin()))?.close('}')?;
    json.key("response")?.open('[')?.close(']')?.close('}')?;
    Ok(())
}

/// What Postman is asked not to do.
fn behaviour(json: &mut Json<impl Write>, sending: &Sending<'_>) -> io::Result<()> {
    json.key("protocolProfileBehavior")?.open('{')?;
    json.key("disableBodyPruning")?.plain(true)?.key("followRedirects")?.plain(false)?;
    json.key("disableUrlEncoding")?.plain(true)?.key("disabledSystemHeaders")?.open('{')?;
    for name in ADDED {
        if !sending.has(name) {
            json.key(name)?.plain(true)?;
        }
    }
    json.close('}')?.close('}')?;
    Ok(())
}
