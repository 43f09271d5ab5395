//! The forms that captures can be given in: one table.
//!
//! `creel export`, the interface's chooser, the shell completions and the README's table come from it.

use std::{fmt::Write as _, io::Write};

use super::{
    ExportError, Options, csv, curl, go, har, httpie, hurl, javascript, k6, ndjson, postman, python, raw, rust,
};
use crate::model::{Capture, did_you_mean};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Its name, as `--format` takes it.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it is, and what it or its tool changes.
    pub help: &'static str,
    /// A command that uses it.
    pub example: &'static str,
    /// What its files end in, without the dot.
    pub extension: &'static str,
    /// Whether it is meant for people, and therefore redacted unless told otherwise.
    pub for_people: bool,
    /// Whether it can hold any bytes, so that a terminal should not be given it.
    pub binary: bool,
    /// What it writes.
    pub(super) parts: Parts,
}

/// How a document is written: what stands before the captures, each of them, and what stands behind them.
///
/// `each` fails before it has written anything where a capture does not fit the format.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    pub(super) begin: fn(&mut dyn Write, &Options) -> Result<(), ExportError>,
    pub(super) each: fn(&mut dyn Write, &Capture, &Options, first: bool) -> Result<(), ExportError>,
    pub(super) end: fn(&mut dyn Write, &Options) -> Result<(), ExportError>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parts")
    }
}

impl Parts {
    /// Nothing before and behind.
    pub(super) const fn each(
        each: fn(&mut dyn Write, &Capture, &Options, first: bool) -> Result<(), ExportError>,
    ) -> Self {
        Self { begin: |_, _| Ok(()), each, end: |_, _| Ok(()) }
    }
}

/// Every format, in the order of the documentation. Each takes any number of captures.
pub const FORMATS: &[Format] = &[
    Format {
        name: "ndjson",
        label: "JSON lines",
        help: "one JSON object a line, as `--output json` prints it: everything that creel knows, never redacted unless \
               `--redact` is given; what `creel replay` reads",
        example: "creel export caught.ndjson --format ndjson --redact header:cookie",
        extension: "ndjson",
        for_people: false,
        binary: false,
        parts: Parts::each(|out, capture, _, _| {
            let mut out = out;
            ndjson::write_capture(&mut out, capture)?;
            out.write_all(b"\n")?;
            Ok(())
        }),
    },
    Format {
        name: "har",
        label: "HAR",
        help: "HTTP Archive 1.2 for browsers and proxies; bodies that are not text are Base64 (`_encoding`), and what HAR has \
               no place for is in `_creel`",
        example: "creel export caught.ndjson --format har --to caught.har",
        extension: "har",
        for_people: true,
        binary: false,
        parts: har::PARTS,
    },
    Format {
        name: "curl",
        label: "curl",
        help: "a command a line, for bash and zsh: the same request line, header lines and body bytes; a body in a spool file \
               is left out",
        example: "creel export caught.ndjson --format curl --url localhost:3000",
        extension: "sh",
        for_people: true,
        binary: false,
        parts: Parts::each(|out, capture, options, _| {
            let command = curl::curl(capture, &options.url.to_string())
                .map_err(|curl::TooLarge(size)| super::Unfit::TooLarge(crate::model::Size(size as u64)))?;
            writeln!(out, "{command}")?;
            Ok(())
        }),
    },
    Format {
        name: "httpie",
        label: "HTTPie",
        help: "a command a line for HTTPie 3; it writes methods in capitals, brings headers into its own order, and takes no \
               header bytes but UTF-8",
        example: "creel export caught.ndjson --format httpie",
        extension: "sh",
        for_people: true,
        binary: false,
        parts: Parts::each(httpie::each),
    },
    Format {
        name: "raw",
        label: "raw HTTP",
        help: "the bytes of each request as they can be sent again: head, then body, in its chunks where it came in chunks; a \
               length that is wrong is put right, and HTTP/2 is written as HTTP/1.1",
        example: "creel export caught.ndjson --format raw --no-redact --to caught.http",
        extension: "http",
        for_people: true,
        binary: true,
        parts: Parts::each(raw::each),
    },
    Format {
        name: "csv",
        label: "CSV",
        help: "a table for spreadsheets (RFC 4180), a row a capture; `'` stands before what a spreadsheet would run as a \
               formula, and bodies that are not text are Base64",
        example: "creel export caught.ndjson --format csv --to caught.csv",
        extension: "csv",
        for_people: true,
        binary: false,
        parts: csv::PARTS,
    },
    Format {
        name: "postman",
        label: "Postman",
        help: "a collection (v2.1) to import into Postman, Insomnia or Bruno; a body that is not text, or has `{{`, is left \
               out, and the tool writes names and order of headers as it likes",
        example: "creel export caught.ndjson --format postman --to hooks.postman_collection.json",
        extension: "postman_collection.json",
        for_people: true,
        binary: false,
        parts: postman::PARTS,
    },
    Format {
        name: "k6",
        label: "k6",
        help: "a load test for k6; it writes names of headers in canonical case and its own order, joins repeated ones by \
               commas, and sends chunked bodies with their length",
        example: "creel export caught.ndjson --format k6 --to load.js",
        extension: "k6.js",
        for_people: true,
        binary: false,
        parts: k6::PARTS,
    },
    Format {
        name: "hurl",
        label: "Hurl",
        help: "a file for Hurl; it adds `User-Agent` and `Accept` where there was none, sends chunked bodies with their \
               length, and takes no header bytes but UTF-8",
        example: "creel export caught.ndjson --format hurl --to hooks.hurl",
        extension: "hurl",
        for_people: true,
        binary: false,
        parts: Parts::each(hurl::each),
    },
    Format {
        name: "python",
        label: "Python",
        help: "a program for Python 3 without other packages: every byte of head and body as it was, over a plain or an \
               encrypted connection",
        example: "creel export caught.ndjson --format python | python3",
        extension: "py",
        for_people: true,
        binary: false,
        parts: python::PARTS,
    },
    Format {
        name: "javascript",
        label: "JavaScript",
        help: "a program for Node.js 18 or later without other packages; its client writes methods in capitals and adds \
               `Connection` where there was none",
        example: "creel export caught.ndjson --format javascript | node -",
        extension: "js",
        for_people: true,
        binary: false,
        parts: javascript::PARTS,
    },
    Format {
        name: "go",
        label: "Go",
        help: "a program for Go without other modules: every byte of head and body as it was, over a plain or an encrypted \
               connection",
        example: "creel export caught.ndjson --format go --to send.go",
        extension: "go",
        for_people: true,
        binary: false,
        parts: go::PARTS,
    },
    Format {
        name: "rust",
        label: "Rust",
        help: "a program for Rust without other crates: every byte of head and body as it was; to http URLs only, because the \
               standard library has no TLS",
        example: "creel export caught.ndjson --format rust --to send.rs",
        extension: "rs",
        for_people: true,
        binary: false,
        parts: rust::PARTS,
    },
];

impl Format {
    /// The format of that name, or a sentence.
    pub fn named(name: &str) -> Result<&'static Self, String> {
        FORMATS.iter().find(|format| format.name == name).ok_or_else(|| {
            let names = || FORMATS.iter().map(|format| format.name);
            let hint = did_you_mean(name, names());
            let known: Vec<&str> = names().collect();
            let shown = crate::model::Printable::limited(name.as_bytes(), 40);
            format!("no format is called `{shown}`{hint}: there are {}", known.join(", "))
        })
    }
}

/// The README's table of formats, as Markdown.
pub fn markdown() -> String {
    let mut table = String::from("| format | redacted | what it is |\n| --- | --- | --- |\n");
    for format in FORMATS {
        let redacted = if format.for_people { "yes" } else { "no" };
        let _ = writeln!(table, "| `{}` | {redacted} | {} |", format.name, format.help);
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_table_is_whole() {
        let mut seen = HashSet::new();
        for format in FORMATS {
            let Format { name, label, help, example, extension, .. } = format;
            assert!(seen.insert(*name) && Format::named(name).unwrap().help == *help);
            assert!(!label.is_empty() && help.len() > 30 && !help.ends_with('.') && !help.contains('|'), "{name}");
            assert!(example.starts_with("creel export ") && example.contains(&format!("--format {name}")), "{name}");
            assert!(extension.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte)), "{name}");
            assert_eq!(format.for_people, *name != "ndjson", "all but the lossless one are for people");
        }
        assert_eq!(
            Format::named("curls").unwrap_err().split(':').next().unwrap(),
            "no format is called `curls`; did you mean `curl`?"
        );
        assert_eq!(markdown().lines().count(), FORMATS.len() + 2);
    }
}
