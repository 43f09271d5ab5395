//! What a query costs over a full ring, and what it costs to recognise who sent a capture.
//!
//! `cargo bench --bench filter`. The ring is 10,000 captures of 7 KB of JSON with the headers of a GitHub delivery; no text
//! that is looked for is in them, so every byte is searched.

use std::{fmt::Write, sync::Arc, time::Duration};

use bytes::Bytes;
use creel::{
    model::{Answer, Body, Capture, CaptureId, Fidelity, Head, Seq, Timing, Version, Wire},
    provider,
    query::{Facts, Query},
};
use divan::{Bencher, black_box, counter::BytesCount};
use jiff::Timestamp;

fn main() {
    divan::main();
}

const CAPTURES: u64 = 10_000;
const BODY: usize = 7_000;

/// A push of 7 KB, each a little different, each in its own memory.
fn body(number: u64) -> Bytes {
    let mut body = format!(r#"{{"ref":"refs/heads/main","before":"{number:040x}","commits":["#);
    let mut commit = 0;
    while body.len() < BODY - 400 {
        let separator = if commit == 0 { "" } else { "," };
        let _ = write!(
            body,
            r#"{separator}{{"id":"{number:032x}{commit:08x}","tree_id":"6113728f27ae82c7b1a177c8d03f9e96e0adf246","distinct":true,"message":"Update README.md and {commit} others","timestamp":"2026-01-31T09:26:53+01:00","url":"https://github.com/octo/hello-world/commit/{number:x}","author":{{"name":"Codertocat","email":"21031067+Codertocat@users.noreply.github.com","username":"Codertocat"}},"added":[],"removed":[],"modified":["README.md"]}}"#
        );
        commit += 1;
    }
    let _ = write!(body, r#"],"pad":"{}"}}"#, "x".repeat(BODY.saturating_sub(body.len() + 11)));
    Bytes::from(body)
}

fn capture(number: u64, headers: &[(&str, &str)]) -> Capture {
    let headers = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    Capture {
        id: CaptureId::fixed(number.into()),
        seq: Seq(number),
        received_at: Timestamp::UNIX_EPOCH,
        remote: Some(([127, 0, 0, 1], 53_012).into()),
        head: Head::from_parts(b"POST", b"/github", Version::Http11, headers, Fidelity::Fields),
        body: Body::complete(body(number)),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::answered(Duration::from_micros(number)),
        wire: Wire::default(),
        origin: None,
    }
}

const GITHUB: &[(&str, &str)] = &[
    ("Host", "hooks.example"),
    ("User-Agent", "GitHub-Hookshot/044aadd"),
    ("Content-Length", "7000"),
    ("Accept", "*/*"),
    ("Content-Type", "application/json"),
    ("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
    ("X-GitHub-Event", "push"),
    ("X-GitHub-Hook-ID", "292430182"),
    ("X-GitHub-Hook-Installation-Target-ID", "79929171"),
    ("X-GitHub-Hook-Installation-Target-Type", "repository"),
    ("X-Hub-Signature", "sha1=7d38cdd689735b008b3c702edd92eea23791c5f6"),
    ("X-Hub-Signature-256", "sha256=d57c68ca6f92289e6987922ff26938930f6e66a2d161ef06abdf1859230aa23c"),
    ("Accept-Encoding", "gzip"),
    ("X-Forwarded-For", "140.82.115.54"),
    ("X-Forwarded-Host", "hooks.example"),
    ("X-Forwarded-Proto", "https"),
];

/// The headers that are no provider's.
fn plain() -> Vec<(&'static str, &'static str)> {
    GITHUB.iter().copied().filter(|(name, _)| !name.starts_with("X-G") && !name.starts_with("X-H")).collect()
}

#[divan::bench(sample_count = 20, args = [
    "method:PUT",
    "method:POST status:>=400",
    "path:/stripe/* or header.x-github-event:pull_request",
    "provider:stripe",
    "event:pull_request",
    "invoice",
    "nothing to see",
    "ttttt",
    "\"zürich\"",
    "body:/inv_[0-9]+/i",
    "body:*invoice*",
    "method:PUT invoice",
])]
fn over_a_full_ring(bencher: Bencher<'_, '_>, text: &str) {
    let ring: Vec<Capture> = (1..=CAPTURES).map(|number| capture(number, GITHUB)).collect();
    let bytes: usize = ring.iter().map(|capture| capture.body.len()).sum();
    let Ok(query) = Query::parse(text) else { return };
    let facts = Facts::default();
    bencher
        .counter(BytesCount::new(bytes))
        .bench(|| ring.iter().filter(|capture| query.matches(black_box(capture), &facts)).count());
}

#[divan::bench]
fn recognise_by_headers(bencher: Bencher<'_, '_>) {
    let capture = capture(1, GITHUB);
    bencher.bench(|| provider::which(black_box(&capture)));
}

#[divan::bench]
fn recognise_with_event_late_or_missing(bencher: Bencher<'_, '_>) {
    let capture = capture(1, GITHUB);
    bencher.bench(|| provider::recognise(black_box(&capture)));
}

#[divan::bench]
fn recognise_with_event_early(bencher: Bencher<'_, '_>) {
    let capture = capture(1, GITHUB);
    let early = Bytes::from(
        [b"{\"action\":\"opened\",".as_slice(), capture.body.first().get(1..).unwrap_or_default()].concat(),
    );
    let capture = Capture { body: Body::complete(early), ..capture };
    bencher.bench(|| provider::recognise(black_box(&capture)));
}

#[divan::bench]
fn recognise_nobody(bencher: Bencher<'_, '_>) {
    let capture = capture(1, &plain());
    bencher.bench(|| provider::recognise(black_box(&capture)));
}

#[divan::bench(args = ["invoice", "method:POST -path:/health (a or b)", "body:/inv_[0-9]+/i"])]
fn parse(text: &str) -> bool {
    Query::parse(black_box(text)).is_ok()
}
