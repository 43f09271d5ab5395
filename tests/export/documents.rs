//! Documents that others read: HAR against its schema, collections, tables and raw requests.

use std::{net::SocketAddr, process::Command, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use creel::{
    export::{FORMATS, Format, Options, redact::Redaction, write},
    model::{Answer, Capture, Head},
};
use serde_json::Value;

use super::{
    cases::{capture, with_bodies, with_heads},
    recorder::joined,
};

const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4600);

fn all() -> Vec<Arc<Capture>> {
    let mut all: Vec<_> = with_bodies(ADDRESS).into_iter().chain(with_heads(ADDRESS)).collect();
    let mut answered = Capture::clone(&all[0]);
    answered.answer = Arc::new(Answer {
        headers: vec![
            ("Content-Type".to_owned(), Bytes::from_static(b"image/png")),
            ("X".to_owned(), Bytes::from_static(b"\xff")),
        ],
        body: Bytes::from_static(b"\x89PNG"),
        ..Answer::status(599)
    })
    .into();
    answered.trailers = Box::new([(Bytes::from_static(b"Sum"), Bytes::from_static(b"1"))]);
    all.push(Arc::new(answered));
    all
}

fn written(format: &str, captures: Vec<Arc<Capture>>) -> Vec<u8> {
    let mut out = Vec::new();
    write(Format::named(format).unwrap(), captures, &Options::default(), &mut out).unwrap();
    out
}

fn octets(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        other => STANDARD.decode(other["base64"].as_str().unwrap()).unwrap(),
    }
}

#[test]
fn a_har_has_every_byte() {
    let captures = all();
    let har: Value = serde_json::from_slice(&written("har", captures.clone())).unwrap();
    let log = &har["log"];
    assert_eq!((log["version"].as_str(), log["creator"]["name"].as_str()), (Some("1.2"), Some("creel")));
    let entries = log["entries"].as_array().unwrap();
    assert_eq!(entries.len(), captures.len());
    for (entry, capture) in entries.iter().zip(&captures) {
        let (request, besides) = (&entry["request"], &entry["_creel"]);
        assert_eq!(octets(&besides["target"]), capture.head.target());
        let method = if besides["method"].is_null() { &request["method"] } else { &besides["method"] };
        assert_eq!(octets(method), capture.head.method());
        let headers: Vec<(Vec<u8>, Vec<u8>)> = if besides["headers"].is_null() {
            let pair = |header: &Value| (octets(&header["name"]), octets(&header["value"]));
            request["headers"].as_array().unwrap().iter().map(pair).collect()
        } else {
            besides["headers"].as_array().unwrap().iter().map(|pair| (octets(&pair[0]), octets(&pair[1]))).collect()
        };
        let own: Vec<_> = capture.head.headers().map(|header| (header.name.to_vec(), header.value.to_vec())).collect();
        assert_eq!(headers, own);
        let post = &request["postData"];
        let text = post["text"].as_str().unwrap_or_default();
        let body =
            if post["_encoding"] == "base64" { STANDARD.decode(text).unwrap() } else { text.as_bytes().to_vec() };
        assert_eq!(body, capture.body.bytes().unwrap().as_ref());
        assert_eq!(
            (post.is_null(), request["bodySize"].as_u64()),
            (capture.body.is_empty(), Some(capture.body.len() as u64))
        );
        for list in ["cookies", "headers", "queryString"] {
            assert!(request[list].is_array());
        }
        for number in ["send", "wait", "receive"] {
            assert!(entry["timings"][number].as_f64().unwrap() >= 0.0);
        }
        assert!(entry["cache"].is_object() && entry["time"].is_number() && entry["startedDateTime"].is_string());
        let (response, answer) = (&entry["response"], &capture.answer);
        assert_eq!(response["status"], answer.status);
        let text = response["content"]["text"].as_str().unwrap_or_default();
        let coded = response["content"]["encoding"] == "base64";
        let body = if coded { STANDARD.decode(text).unwrap() } else { text.as_bytes().to_vec() };
        assert_eq!(body, answer.body.as_ref());
    }
}

#[test]
fn a_har_is_valid_to_a_validator() {
    let Some(modules) = std::env::var_os("TEST_HAR_VALIDATOR") else {
        eprintln!("SKIPPED: TEST_HAR_VALIDATOR names no folder with npm's har-validator, so no HAR is checked by it");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.har");
    std::fs::write(&file, written("har", all())).unwrap();
    let script = "const fs = require('fs'); const har = JSON.parse(fs.readFileSync(process.argv[1]));\
                  require(process.env.TEST_HAR_VALIDATOR + '/har-validator').har(har)\
                  .then(() => console.log('valid')).catch((error) => { console.log(error.errors); process.exit(1); });";
    let output =
        Command::new("node").args(["-e", script]).arg(&file).env("TEST_HAR_VALIDATOR", modules).output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.stdout, b"valid\n");
}

#[test]
fn raw_requests_are_what_came() {
    for capture in all() {
        let raw = written("raw", vec![Arc::clone(&capture)]);
        let head = capture.head.bytes();
        let body = raw.strip_prefix(head.as_ref()).unwrap_or_else(|| panic!("{}", raw.escape_ascii()));
        let own = capture.body.bytes().unwrap();
        let Some(chunks) = &capture.wire.chunks else {
            assert_eq!(body, own.as_ref());
            continue;
        };
        assert_eq!(joined(body).unwrap(), own.as_ref());
        // In the chunks that came, of which there are more than are known.
        let expected: Vec<u8> = own
            .chunks(7)
            .take(chunks.sizes.len().min(1024))
            .flat_map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat())
            .collect();
        assert!(body.starts_with(&expected));
    }
}

#[test]
fn raw_requests_can_be_read_whatever_was_captured() {
    for (head, body, expected) in [
        (
            b"POST / HTTP/1.1\r\nContent-Length: 9\r\nA: 1\r\n\r\n".as_slice(),
            b"abc".as_slice(),
            b"POST / HTTP/1.1\r\nContent-Length: 3\r\nA: 1\r\n\r\nabc".as_slice(),
        ),
        (b"POST / HTTP/1.1\r\nA:1\r\n\r\n", b"abc", b"POST / HTTP/1.1\r\nA: 1\r\nContent-Length: 3\r\n\r\nabc"),
        (
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
            b"abc",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ),
        (b"GET / HTTP/1.1\nA:1\n  folded\n\n", b"", b"GET / HTTP/1.1\nA:1\n  folded\n\n"),
    ] {
        let raw = written("raw", vec![capture(1, head, body, ADDRESS)]);
        assert_eq!(raw.escape_ascii().to_string(), expected.escape_ascii().to_string());
    }
    let mut second = Capture::clone(&capture(2, b"GET / HTTP/1.1\r\n\r\n", b"", ADDRESS));
    let parts = [(b":authority".as_slice(), b"h:1".as_slice()), (b"a", b"1")];
    second.head =
        Head::from_parts(b"GET", b"/x", creel::model::Version::Http2, parts, creel::model::Fidelity::Normalised);
    assert_eq!(written("raw", vec![Arc::new(second)]), b"GET /x HTTP/1.1\r\nHost: h:1\r\na: 1\r\n\r\n");
}

#[test]
fn a_table_has_a_row_a_capture_and_no_formula() {
    let captures = all();
    let table = String::from_utf8(written("csv", captures.clone())).unwrap();
    let rows = rows(&table);
    assert_eq!(rows.len(), captures.len() + 1);
    let at = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
    for (row, capture) in rows[1..].iter().zip(&captures) {
        assert_eq!(row.len(), rows[0].len());
        assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
        let body = &row[at("body")];
        let own = capture.body.bytes().unwrap();
        match row[at("body_encoding")].as_str() {
            "base64" => assert_eq!(STANDARD.decode(body).unwrap(), own.as_ref()),
            _ => {
                let guarded = || body.strip_prefix('\'').unwrap();
                assert!(body.as_bytes() == own.as_ref() || guarded().as_bytes() == own.as_ref());
            }
        }
    }
}

/// The cells of a table (RFC 4180).
fn rows(table: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = table.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(chars.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            char => cell.push(char),
        }
    }
    assert!(row.is_empty() && cell.is_empty() && !quoted);
    rows
}

#[test]
fn a_collection_has_every_body_that_is_text() {
    let captures = with_bodies(ADDRESS);
    let collection: Value = serde_json::from_slice(&written("postman", captures.clone())).unwrap();
    assert!(collection["info"]["schema"].as_str().unwrap().ends_with("/collection/v2.1.0/collection.json"));
    let texts: Vec<_> =
        captures.iter().filter_map(|capture| std::str::from_utf8(capture.body.bytes().unwrap()).ok()).collect();
    let items = collection["item"].as_array().unwrap();
    let bodies: Vec<_> = items.iter().map(|item| item["request"]["body"]["raw"].as_str().unwrap_or_default()).collect();
    assert_eq!(bodies, texts);
    assert!(items.iter().all(|item| item["request"]["url"].as_str().unwrap().starts_with("http://127.0.0.1:4600/")));
}

#[test]
fn nothing_secret_is_left_in_any_format() {
    let head = b"POST /a?token=queryS3cret HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer headerS3cret\r\nX-Own: ownS3cret\r\nContent-Length: 39\r\n\r\n";
    let capture = capture(1, head, br#"{"a":{"password":"bodyS3cret"},"b":1.50}"#, ADDRESS);
    let redaction = Some(Redaction::with(["header:x-own".parse().unwrap()]));
    for format in FORMATS {
        let mut out = Vec::new();
        let options = Options { redaction: redaction.clone(), ..Options::default() };
        let written = write(format, [Arc::clone(&capture)], &options, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains("S3cret"), "{}: {text}", format.name);
        assert_eq!((written.captures, written.redacted, written.left_out), (1, 4, 0), "{}", format.name);
        assert_eq!(written.bytes, text.len() as u64);
        assert_eq!(written.remarks(), ["4 secrets were redacted"]);
    }
}
