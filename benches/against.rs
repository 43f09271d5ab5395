//! Queries beside what other tools do with the same 5,000 requests of 7 KB: `rg` and `jq` over them as JSON lines, and the
//! filter of mitmproxy over them as flows.
//!
//! `cargo bench --bench against`. The requests are those of GitHub pushes; one in fifty is what is looked for. creel and
//! mitmproxy have them in memory, as their interfaces do, and only the matching is timed, on one thread. `rg` (with `-j1`) and
//! `jq` are whole runs over a file that the system has in memory, since that is how they are used. Each figure is the best of
//! five. What is not installed is said and left out; `CREEL_MITMPROXY` names the Python that has mitmproxy, where it is not
//! `python3`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::{
    fmt::Write as _,
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use creel::{
    export::write_capture,
    model::{Answer, Body, Capture, CaptureId, Fidelity, Head, Seq, Timing, Version, Wire},
    query::{Facts, Query},
};
use jiff::Timestamp;

const CAPTURES: u64 = 5_000;
const BODY: usize = 7_000;
const RUNS: usize = 5;

/// Reads lines of creel's and times a filter over the flows that they make.
const FLOWS: &str = r#"
import json, sys, time
from mitmproxy import flowfilter, http
from mitmproxy.test import tflow
flows = []
for line in open(sys.argv[1]):
    capture = json.loads(line)
    flow = tflow.tflow()
    headers = [(name.encode(), value.encode()) for name, value in capture["headers"]]
    body = capture["body"]["text"].encode()
    flow.request = http.Request.make(capture["method"], "http://localhost" + capture["target"], body, http.Headers(headers))
    flows.append(flow)
for text in sys.argv[2:]:
    wanted, best = flowfilter.parse(text), 1e9
    for _ in range(5):
        began = time.perf_counter()
        found = sum(1 for flow in flows if wanted(flow))
        best = min(best, time.perf_counter() - began)
    print(found, best)
"#;

/// What is asked, in the words of each. An empty text is asked of nobody.
struct Asked {
    what: &'static str,
    creel: &'static str,
    rg: &'static str,
    jq: &'static str,
    mitmproxy: &'static str,
}

const ASKED: &[Asked] = &[
    Asked {
        what: "a word, anywhere",
        creel: "zanzibar",
        rg: "-i zanzibar",
        jq: r#"select(tostring | test("zanzibar"; "i"))"#,
        mitmproxy: "~u zanzibar | ~h zanzibar | ~b zanzibar",
    },
    Asked {
        what: "a word in the body, case as written",
        creel: "body:/zanzibar/",
        rg: "zanzibar",
        jq: r#"select(.body.text | contains("zanzibar"))"#,
        mitmproxy: "~bq zanzibar",
    },
    Asked {
        what: "an expression in the body",
        creel: "body:/zan[a-z]+bar-[0-9]+/",
        rg: "zan[a-z]+bar-[0-9]+",
        jq: r#"select(.body.text | test("zan[a-z]+bar-[0-9]+"))"#,
        mitmproxy: "~bq zan[a-z]+bar-[0-9]+",
    },
    Asked { what: "a method", creel: "method:PUT", rg: "", jq: r#"select(.method == "PUT")"#, mitmproxy: "~m ^PUT$" },
    Asked {
        what: "a header",
        creel: "header.x-github-event:pull_request",
        rg: "",
        jq: r#"select(any(.headers[]; (.[0] | ascii_downcase) == "x-github-event" and (.[1] | contains("pull_request"))))"#,
        mitmproxy: "~hq X-GitHub-Event:.*pull_request",
    },
    Asked {
        what: "a value in JSON",
        creel: ".head_commit.number:>4900",
        rg: "",
        jq: "select((.body.text | fromjson).head_commit.number > 4900)",
        mitmproxy: "",
    },
];

fn capture(number: u64) -> Capture {
    let found = number.is_multiple_of(50);
    let mut body = format!(r#"{{"ref":"refs/heads/main","before":"{number:040x}","commits":["#);
    let mut commit = 0;
    while body.len() < BODY - 600 {
        let separator = if commit == 0 { "" } else { "," };
        let _ = write!(
            body,
            r#"{separator}{{"id":"{number:032x}{commit:08x}","tree_id":"6113728f27ae82c7b1a177c8d03f9e96e0adf246","distinct":true,"message":"Update README.md and {commit} others","timestamp":"2026-01-31T09:26:53+01:00","author":{{"name":"Codertocat","username":"Codertocat"}},"added":[],"removed":[],"modified":["README.md"]}}"#
        );
        commit += 1;
    }
    let word = if found { format!("zanzibar-{number}") } else { format!("nothing-{number}") };
    let _ = write!(body, r#"],"head_commit":{{"number":{number},"message":"{word}"}}}}"#);
    let event: &[u8] = if found { b"pull_request" } else { b"push" };
    let length = body.len().to_string();
    let headers: [(&[u8], &[u8]); 7] = [
        (b"Host", b"hooks.example"),
        (b"User-Agent", b"GitHub-Hookshot/044aadd"),
        (b"Content-Length", length.as_bytes()),
        (b"Content-Type", b"application/json"),
        (b"X-GitHub-Delivery", b"72d3162e-cc78-11e3-81ab-4c9367dc0958"),
        (b"X-GitHub-Event", event),
        (b"X-Hub-Signature-256", b"sha256=d57c68ca6f92289e6987922ff26938930f6e66a2d161ef06abdf1859230aa23c"),
    ];
    let method: &[u8] = if found { b"PUT" } else { b"POST" };
    Capture {
        id: CaptureId::fixed(number.into()),
        seq: Seq(number),
        received_at: Timestamp::UNIX_EPOCH,
        remote: Some(([127, 0, 0, 1], 53_012).into()),
        head: Head::from_parts(method, b"/github", Version::Http11, headers, Fidelity::Exact),
        body: Body::complete(Bytes::from(body)),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    }
}

/// The best of a few, and how many were found.
fn best(mut run: impl FnMut() -> Option<usize>) -> Option<(usize, Duration)> {
    (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            let found = run()?;
            Some((found, began.elapsed()))
        })
        .min_by_key(|run| run.map_or(Duration::MAX, |(_, took)| took))?
}

/// How many lines a program prints; nothing where it cannot be run.
fn lines(program: &str, arguments: &[&str], file: &Path) -> Option<usize> {
    let output = Command::new(program).args(arguments).arg(file).stdin(Stdio::null()).output().ok()?;
    Some(memchr::memchr_iter(b'\n', &output.stdout).count())
}

fn mitmproxy(file: &Path, asked: &[&str]) -> Vec<Option<(usize, Duration)>> {
    let python = std::env::var("CREEL_MITMPROXY").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(python).args(["-c", FLOWS]).arg(file).args(asked).stderr(Stdio::null()).output();
    let output = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let mut lines = output.lines().map(|line| {
        let (found, seconds) = line.split_once(' ')?;
        Some((found.parse().ok()?, Duration::from_secs_f64(seconds.parse().ok()?)))
    });
    asked.iter().map(|_| lines.next().flatten()).collect()
}

fn main() {
    let captures: Vec<Capture> = (1..=CAPTURES).map(capture).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut out = BufWriter::new(File::create(file.path()).unwrap());
    for capture in &captures {
        write_capture(&mut out, capture).unwrap();
        out.write_all(b"\n").unwrap();
    }
    out.into_inner().unwrap();
    let flows: Vec<&str> = ASKED.iter().map(|asked| asked.mitmproxy).filter(|text| !text.is_empty()).collect();
    let mut flows = mitmproxy(file.path(), &flows).into_iter();
    let facts = Facts::default();
    println!("{CAPTURES} requests of {BODY} bytes, milliseconds, best of {RUNS}\n");
    println!("| what is asked | creel | rg | jq | mitmproxy |\n| --- | ---: | ---: | ---: | ---: |");
    for asked in ASKED {
        let query = Query::parse(asked.creel).unwrap();
        let own = best(|| Some(captures.iter().filter(|capture| query.matches(capture, &facts)).count()));
        let rg: Vec<&str> = ["-j1"].into_iter().chain(asked.rg.split(' ')).collect();
        let rg = if asked.rg.is_empty() { None } else { best(|| lines("rg", &rg, file.path())) };
        let jq = best(|| lines("jq", &["-c", asked.jq], file.path()));
        let flow = if asked.mitmproxy.is_empty() { None } else { flows.next().flatten() };
        for (other, found) in [("rg", rg), ("jq", jq), ("mitmproxy", flow)] {
            let differs = found.is_some_and(|found| Some(found.0) != own.map(|own| own.0));
            assert!(!differs, "{}: {other} found {found:?}, creel {own:?}", asked.what);
        }
        let cell = |found: Option<(usize, Duration)>| {
            found.map_or("–".to_owned(), |(_, took)| format!("{:.1}", took.as_secs_f64() * 1e3))
        };
        println!(
            "| {}: `{}` | {} | {} | {} | {} |",
            asked.what,
            asked.creel,
            cell(own),
            cell(rg),
            cell(jq),
            cell(flow)
        );
    }
}
