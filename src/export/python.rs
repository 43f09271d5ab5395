//! A program for Python 3, with the standard library alone.
//!
//! Decided: the request goes through the connection of `http.client` as bytes, because its `putheader` refuses some of
//! what was captured, and `requests` rewrites more. What comes back is read by `http.client`.

use std::io::Write;

use super::{
    ExportError, Options,
    format::Parts,
    quote::PYTHON,
    sending::{Sending, literal_body},
};
use crate::model::Capture;

pub(super) const PARTS: Parts = Parts { begin, each, end: |_, _| Ok(()) };

fn begin(out: &mut dyn Write, options: &Options) -> Result<(), ExportError> {
    let class = if options.url.is_https() { "HTTPSConnection" } else { "HTTPConnection" };
    let (host, port) = (options.url.host(), options.url.port());
    write!(
        out,
        "#!/usr/bin/env python3\n\
         # Sends what creel captured, byte for byte: `python3 FILE`.\n\
         import http.client\n\
         import sys\n\
         \n\
         \n\
         def send(head, body):\n    \
             connection = http.client.{class}(\"{host}\", {port}, timeout=60)\n    \
             connection.connect()\n    \
             connection.sock.sendall(b\"\\r\\n\".join(head) + b\"\\r\\n\\r\\n\" + body)\n    \
             method = head[0].split(b\" \")[0].decode(\"latin-1\")\n    \
             response = http.client.HTTPResponse(connection.sock, method=method)\n    \
             response.begin()\n    \
             print(response.status, response.reason, file=sys.stderr)\n    \
             sys.stdout.buffer.write(response.read())\n    \
             connection.close()\n\
         \n\
         \n\
         def chunked(body):\n    \
             chunk = b\"%x\\r\\n%b\\r\\n\" % (len(body), body) if body else b\"\"\n    \
             return chunk + b\"0\\r\\n\\r\\n\"\n"
    )?;
    Ok(())
}

fn each(out: &mut dyn Write, capture: &Capture, options: &Options, _: bool) -> Result<(), ExportError> {
    let sending = Sending::of(capture, &options.url)?;
    let body = literal_body(capture)?;
    writeln!(out, "\n\n# {}\nsend(\n    [", capture.seq)?;
    for line in sending.lines() {
        writeln!(out, "        {},", PYTHON.line(&line))?;
    }
    let (open, close) = if sending.chunked { ("chunked(", ")") } else { ("", "") };
    writeln!(out, "    ],\n    {open}{}{close},\n)", PYTHON.block(body, "        "))?;
    Ok(())
}
