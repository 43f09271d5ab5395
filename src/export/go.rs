//! A program for Go, with the standard library alone.
//!
//! Decided: the request is written to the connection as bytes, because the client of `net/http` sorts headers and adds its
//! own. What comes back is read by `net/http`.

use std::io::Write;

use super::{
    ExportError, Options,
    format::Parts,
    quote::GO,
    sending::{Sending, literal_body},
};
use crate::model::Capture;

pub(super) const PARTS: Parts = Parts { begin, each, end };

fn begin(out: &mut dyn Write, options: &Options) -> Result<(), ExportError> {
    let (import, dial) = if options.url.is_https() {
        ("\t\"crypto/tls\"\n", "tls.DialWithDialer(&net.Dialer{Timeout: time.Minute}, \"tcp\", address, nil)")
    } else {
        ("", "net.DialTimeout(\"tcp\", address, time.Minute)")
    };
    let (host, port) = (options.url.host(), options.url.port());
    write!(
        out,
        "// Sends what creel captured, byte for byte: `go run FILE`.\n\
         package main\n\
         \n\
         import (\n\t\"bufio\"\n{import}\t\"fmt\"\n\t\"io\"\n\t\"log\"\n\t\"net\"\n\t\"net/http\"\n\t\"os\"\n\t\"strings\"\n\t\"time\"\n)\n\
         \n\
         var address = net.JoinHostPort(\"{host}\", \"{port}\")\n\
         \n\
         func send(head []string, body string) {{\n\
         \tconn, err := {dial}\n\
         \tif err != nil {{\n\t\tlog.Fatal(err)\n\t}}\n\
         \tdefer conn.Close()\n\
         \tif _, err := io.WriteString(conn, strings.Join(head, \"\\r\\n\")+\"\\r\\n\\r\\n\"+body); err != nil {{\n\
         \t\tlog.Fatal(err)\n\t}}\n\
         \tmethod, _, _ := strings.Cut(head[0], \" \")\n\
         \tresponse, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{{Method: method}})\n\
         \tif err != nil {{\n\t\tlog.Fatal(err)\n\t}}\n\
         \tdefer response.Body.Close()\n\
         \tfmt.Fprintln(os.Stderr, response.Status)\n\
         \tif _, err := io.Copy(os.Stdout, response.Body); err != nil {{\n\t\tlog.Fatal(err)\n\t}}\n\
         }}\n\
         \n\
         func chunked(body string) string {{\n\
         \tif body == \"\" {{\n\t\treturn \"0\\r\\n\\r\\n\"\n\t}}\n\
         \treturn fmt.Sprintf(\"%x\\r\\n\", len(body)) + body + \"\\r\\n0\\r\\n\\r\\n\"\n\
         }}\n\
         \n\
         func main() {{\n"
    )?;
    Ok(())
}

fn each(out: &mut dyn Write, capture: &Capture, options: &Options, _: bool) -> Result<(), ExportError> {
    let sending = Sending::of(capture, &options.url)?;
    let body = literal_body(capture)?;
    writeln!(out, "\t// {}\n\tsend([]string{{", capture.seq)?;
    for line in sending.lines() {
        writeln!(out, "\t\t{},", GO.line(&line))?;
    }
    let (open, close) = if sending.chunked { ("chunked(", ")") } else { ("", "") };
    writeln!(out, "\t}}, {open}{}{close})", GO.block(body, "\t\t"))?;
    Ok(())
}

fn end(out: &mut dyn Write, _: &Options) -> Result<(), ExportError> {
    out.write_all(b"}\n")?;
    Ok(())
}
