//! A program for Node.js, with its own modules alone.
//!
//! Decided: `node:http`, which takes the header lines as they are when they come as a list; `fetch` can neither repeat nor
//! order them and refuses many. A request without a body gets `Content-Length: 0` where Node.js would send it in chunks.

use std::io::Write;

use super::{
    ExportError, Options, Unfit,
    format::Parts,
    quote::JAVASCRIPT,
    sending::{Sending, literal_body},
};
use crate::model::Capture;

pub(super) const PARTS: Parts = Parts { begin, each, end };

/// Methods whose requests Node.js takes to have no body.
const WITHOUT_BODY: [&[u8]; 6] = [b"GET", b"HEAD", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT"];

fn begin(out: &mut dyn Write, options: &Options) -> Result<(), ExportError> {
    let module = if options.url.is_https() { "node:https" } else { "node:http" };
    let (host, port) = (options.url.host(), options.url.port());
    write!(
        out,
        "// Sends what creel captured: `node FILE`. Each character of a text is one byte.\n\
         (async () => {{\n  \
           const client = await import(\"{module}\");\n\
         \n  \
           const send = (method, path, headers, body) =>\n    \
             new Promise((resolve, reject) => {{\n      \
               const options = {{ host: \"{host}\", port: {port}, method, path, headers }};\n      \
               const request = client.request(options, (response) => {{\n        \
                 console.error(response.statusCode, response.statusMessage);\n        \
                 response.on(\"end\", resolve).pipe(process.stdout, {{ end: false }});\n      \
               }});\n      \
               request.on(\"error\", reject);\n      \
               request.end(Buffer.from(body, \"latin1\"));\n    \
             }});\n"
    )?;
    Ok(())
}

fn each(out: &mut dyn Write, capture: &Capture, options: &Options, _: bool) -> Result<(), ExportError> {
    let sending = Sending::of(capture, &options.url)?;
    let body = literal_body(capture)?;
    if sending.target.iter().any(|byte| *byte <= b' ') {
        return Err(Unfit::Target.into());
    }
    let control = |byte: &u8| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f;
    if sending.headers.iter().any(|(_, value)| value.iter().any(control)) {
        return Err(Unfit::Header.into());
    }
    if http::Method::from_bytes(sending.method).is_err() {
        return Err(Unfit::Method.into());
    }
    writeln!(out, "\n  // {}\n  await send(", capture.seq)?;
    writeln!(out, "    {},\n    {},\n    [", JAVASCRIPT.line(sending.method), JAVASCRIPT.line(&sending.target))?;
    for (name, value) in &sending.headers {
        writeln!(out, "      {}, {},", JAVASCRIPT.line(name), JAVASCRIPT.line(value))?;
    }
    let framed = sending.chunked || sending.has("content-length");
    let bodyless = WITHOUT_BODY.iter().any(|method| method.eq_ignore_ascii_case(sending.method));
    if !framed && !bodyless {
        writeln!(out, "      \"Content-Length\", \"0\",")?;
    }
    writeln!(out, "    ],\n    {},\n  );", JAVASCRIPT.block(body, "      "))?;
    Ok(())
}

fn end(out: &mut dyn Write, _: &Options) -> Result<(), ExportError> {
    out.write_all(b"})();\n")?;
    Ok(())
}
