//! A program for Rust, with the standard library alone.
//!
//! Decided: the request is written to a TCP connection as bytes, because every client that people use sends the names of
//! headers in lower case or in capitals of its own. There is no TLS in the standard library, so https is refused.

use std::io::Write;

use super::{
    ExportError, Options, Unfit,
    format::Parts,
    quote::RUST,
    sending::{Sending, literal_body},
};
use crate::model::Capture;

pub(super) const PARTS: Parts = Parts { begin, each, end };

fn begin(out: &mut dyn Write, options: &Options) -> Result<(), ExportError> {
    let (host, port) = (options.url.host(), options.url.port());
    write!(
        out,
        "//! Sends what creel captured, byte for byte: `rustc FILE`, and run it.\n\
         use std::{{\n    \
             io::{{self, BufRead, BufReader, Write}},\n    \
             net::TcpStream,\n    \
             time::Duration,\n\
         }};\n\
         \n\
         /// Sends a request and prints the head of what comes back.\n\
         fn send(head: &[&[u8]], body: &[u8]) -> io::Result<()> {{\n    \
             let mut stream = TcpStream::connect((\"{host}\", {port}))?;\n    \
             stream.set_read_timeout(Some(Duration::from_secs(60)))?;\n    \
             let head = [head.join(&b\"\\r\\n\"[..]).as_slice(), b\"\\r\\n\\r\\n\"].concat();\n    \
             stream.write_all(&[head.as_slice(), body].concat())?;\n    \
             for line in BufReader::new(stream).split(b'\\n') {{\n        \
                 let line = line?;\n        \
                 let line = line.strip_suffix(b\"\\r\").unwrap_or(&line);\n        \
                 if line.is_empty() {{\n            \
                     break;\n        \
                 }}\n        \
                 writeln!(io::stdout(), \"{{}}\", line.escape_ascii())?;\n    \
             }}\n    \
             Ok(())\n\
         }}\n\
         \n\
         #[allow(dead_code)]\n\
         fn chunked(body: &[u8]) -> Vec<u8> {{\n    \
             if body.is_empty() {{\n        \
                 return b\"0\\r\\n\\r\\n\".to_vec();\n    \
             }}\n    \
             [format!(\"{{:x}}\\r\\n\", body.len()).as_bytes(), body, b\"\\r\\n0\\r\\n\\r\\n\"].concat()\n\
         }}\n\
         \n\
         fn main() -> io::Result<()> {{\n"
    )?;
    Ok(())
}

fn each(out: &mut dyn Write, capture: &Capture, options: &Options, _: bool) -> Result<(), ExportError> {
    if options.url.is_https() {
        return Err(Unfit::Tls.into());
    }
    let sending = Sending::of(capture, &options.url)?;
    let body = literal_body(capture)?;
    writeln!(out, "    // {}\n    send(\n        &[", capture.seq)?;
    for line in sending.lines() {
        writeln!(out, "            {},", RUST.line(&line))?;
    }
    let (open, close) = if sending.chunked { ("&chunked(", ")") } else { ("", "") };
    writeln!(out, "        ],\n        {open}{}{close},\n    )?;", RUST.block(body, "            "))?;
    Ok(())
}

fn end(out: &mut dyn Write, _: &Options) -> Result<(), ExportError> {
    out.write_all(b"    Ok(())\n}\n")?;
    Ok(())
}
