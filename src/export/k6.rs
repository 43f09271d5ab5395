//! A load test for k6 (grafana.com/docs/k6): every iteration sends each capture once.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use super::{
    ExportError, Options, Unfit,
    format::Parts,
    json::Json,
    quote::JAVASCRIPT,
    sending::{Sending, literal_body},
};
use crate::model::Capture;

pub(super) const PARTS: Parts = Parts { begin, each, end };

fn begin(out: &mut dyn Write, _: &Options) -> Result<(), ExportError> {
    out.write_all(
        b"// Sends what creel captured: `k6 run FILE`.\n\
          import http from \"k6/http\";\n\
          \n\
          // Each character of a body is one byte.\n\
          const requests = [\n",
    )?;
    Ok(())
}

fn each(out: &mut dyn Write, capture: &Capture, options: &Options, _: bool) -> Result<(), ExportError> {
    let sending = Sending::of(capture, &options.url)?;
    let body = literal_body(capture)?;
    let path = sending.plain_path()?;
    let method = std::str::from_utf8(sending.method).map_err(|_| Unfit::Method)?;
    let headers = joined(sending.text_headers()?);
    writeln!(out, "  // {}", capture.seq)?;
    write!(out, "  {{\n    method: ")?;
    text(out, method)?;
    write!(out, ",\n    url: ")?;
    text(out, &format!("{}{path}", options.url.origin()))?;
    writeln!(out, ",\n    headers: {{")?;
    for (name, value) in headers {
        // In quotes this name would set the prototype of the object.
        let (open, close) = if name == "__proto__" { ("[", "]") } else { ("", "") };
        write!(out, "      {open}")?;
        text(out, name)?;
        write!(out, "{close}: ")?;
        text(out, &value)?;
        writeln!(out, ",")?;
    }
    writeln!(out, "    }},\n    body: {},\n  }},", JAVASCRIPT.block(body, "      "))?;
    Ok(())
}

fn end(out: &mut dyn Write, _: &Options) -> Result<(), ExportError> {
    out.write_all(
        b"];\n\
          \n\
          function bytes(text) {\n\
          \x20 const bytes = new Uint8Array(text.length);\n\
          \x20 for (let at = 0; at < text.length; at += 1) {\n\
          \x20   bytes[at] = text.charCodeAt(at);\n\
          \x20 }\n\
          \x20 return bytes.buffer;\n\
          }\n\
          \n\
          export default function () {\n\
          \x20 for (const { method, url, headers, body } of requests) {\n\
          \x20   http.request(method, url, body === \"\" ? null : bytes(body), { headers, redirects: 0 });\n\
          \x20 }\n\
          }\n",
    )?;
    Ok(())
}

/// An object has each name once, whatever its case: repeated headers are one list (RFC 9110 §5.3), cookies too.
fn joined<'a>(headers: Vec<(&'a str, &'a str)>) -> Vec<(&'a str, Cow<'a, str>)> {
    let mut all: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        match all.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(name)) {
            Some((_, values)) => {
                let between = if name.eq_ignore_ascii_case("cookie") { "; " } else { ", " };
                values.to_mut().push_str(between);
                values.to_mut().push_str(value);
            }
            None => all.push((name, Cow::Borrowed(value))),
        }
    }
    all
}

/// A string of JSON is one of JavaScript (ECMA-262, since 2019).
fn text(out: &mut dyn Write, text: &str) -> io::Result<()> {
    Json::new(out).text(text).map(drop)
}
