//! Real payloads of GitHub through the whole of it: caught over a socket, printed as lines, kept in a file, and sent from
//! there to a handler that reads raw bytes. What arrives is what was sent.
//!
//! The payloads are those of `tests/corpus/github`, or of the folder that `TEST_GITHUB_EXAMPLES` names.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use rustix::process::Signal;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{
    program::{Ended, Headless, command},
    wire::{Handler, connect, headers, message, parted},
};

/// A payload and the event it is an example of.
struct Example {
    event: String,
    body: Vec<u8>,
}

impl Example {
    /// The event as creel tells it: with the action behind, where the payload has one.
    fn recognised(&self) -> String {
        let payload: Option<Value> = serde_json::from_slice(&self.body).ok();
        match payload.as_ref().and_then(|payload| payload["action"].as_str()) {
            Some(action) => format!("{}.{action}", self.event),
            None => self.event.clone(),
        }
    }
}

/// The examples in a folder: files called `EVENT.NAME.json`, and the lists of the npm package.
fn examples(folder: &Path) -> Vec<Example> {
    #[derive(Deserialize)]
    struct Event<'a> {
        name: String,
        #[serde(borrow)]
        examples: Vec<&'a RawValue>,
    }

    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            found.extend(examples(&path));
        } else if name == "index.json" {
            let text = fs::read_to_string(&path).unwrap();
            let events: Vec<Event<'_>> = serde_json::from_str(&text).unwrap();
            found.extend(events.into_iter().flat_map(|Event { name, examples }| {
                examples.into_iter().map(move |body| Example { event: name.clone(), body: body.get().into() })
            }));
        } else if let Some((event, _)) = name.strip_suffix(".json").and_then(|name| name.split_once('.')) {
            found.push(Example { event: event.to_owned(), body: fs::read(&path).unwrap() });
        }
    }
    found
}

/// Bodies that GitHub does not send, and that must come through all the same.
fn awkward() -> Vec<Example> {
    let zeros = vec![0; 70_000];
    let bodies: [&[u8]; 10] = [
        b"",
        b"{}\r\n\r\n",
        b"\xef\xbb\xbf{\"bom\": true}",
        br#"{"a": 1, "a": 2.50, "b": 1E400, "c": 100000000000000000000, "d": "\ud83d\ude00 \u0000 \/"}"#,
        "{\"raw\": \"\u{1f600}\u{2028}\u{feff}\u{0}\"}".as_bytes(),
        b"\xff\xfe\x00{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"\r\n",
        b"payload=%7B%22a%22%3A1%7D&x=+",
        &zeros,
    ];
    bodies.into_iter().map(|body| Example { event: "push".to_owned(), body: body.to_vec() }).collect()
}

/// The headers of a delivery, in the case and the order in which GitHub has them, and two that only a test would send.
fn delivery(at: usize, example: &Example, port: u16) -> Vec<(String, String)> {
    use sha2::Digest as _;
    let digest = hex::encode(sha2::Sha256::digest(&example.body));
    [
        ("Host", format!("127.0.0.1:{port}")),
        ("User-Agent", "GitHub-Hookshot/044aadd".to_owned()),
        ("Content-Length", example.body.len().to_string()),
        ("Accept", "*/*".to_owned()),
        ("X-GitHub-Delivery", format!("72d3162e-cc78-11e3-81ab-{at:012x}")),
        ("X-GitHub-Event", example.event.clone()),
        ("X-GitHub-Hook-ID", "292430182".to_owned()),
        ("X-GitHub-Hook-Installation-Target-ID", "79929171".to_owned()),
        ("X-GitHub-Hook-Installation-Target-Type", "repository".to_owned()),
        ("X-Hub-Signature", format!("sha1={}", &digest[..40])),
        ("X-Hub-Signature-256", format!("sha256={digest}")),
        ("content-type", "application/json".to_owned()),
        ("x-twice", "one".to_owned()),
        ("X-TWICE", "two".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Catches all of them, and gives the lines.
fn caught(examples: &[Example]) -> Vec<String> {
    let (running, port) = Headless::json(&["--respond", "202"]);
    let mut stream = connect(port);
    for (at, example) in examples.iter().enumerate() {
        let mut request = format!("POST /hooks/{at}?from=git%20hub HTTP/1.1\r\n").into_bytes();
        for (name, value) in delivery(at, example, port) {
            request.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(&example.body);
        stream.write_all(&request).unwrap();
        let answer = message(&mut stream).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 202 "), "{}", answer.escape_ascii());
    }
    let lines = examples.iter().map(|_| running.line()).collect();
    running.signal(Signal::TERM);
    let Ended { code, lines: more, stderr } = running.end();
    assert_eq!((code, more.len(), stderr.as_str()), (Some(143), 0, ""));
    lines
}

#[test]
fn every_byte_of_githubs_payloads_comes_through_capture_lines_and_replay() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/github");
    let folder = std::env::var_os("TEST_GITHUB_EXAMPLES").map_or(corpus, PathBuf::from);
    let mut all = examples(&folder);
    let events: BTreeSet<&str> = all.iter().map(|example| example.event.as_str()).collect();
    assert!(all.len() >= 40 && events.len() >= 30, "{} examples of {events:?}", all.len());
    println!("{} examples of {} events in {}", all.len(), events.len(), folder.display());
    all.extend(awkward());

    let lines = caught(&all);
    for (at, (line, example)) in lines.iter().zip(&all).enumerate() {
        assert!(line.is_ascii());
        let capture: Value = serde_json::from_str(line).unwrap();
        assert_eq!(capture["provider"], "github");
        assert_eq!(capture["event"], example.recognised());
        assert_eq!(capture["delivery"], format!("72d3162e-cc78-11e3-81ab-{at:012x}"));
        assert_eq!(capture["body"]["size"], example.body.len());
        if let Ok(text) = std::str::from_utf8(&example.body) {
            assert_eq!(capture["body"]["text"], text);
        }
    }

    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), lines.join("\n") + "\n").unwrap();
    let handler = Handler::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let target = format!("{}/base", handler.url);
    let args = ["replay", file.path().to_str().unwrap(), "--to", &target, "--output", "json"];
    let resending = Headless::spawn(&mut command(&args));
    let host = handler.url.strip_prefix("http://").unwrap();
    for (at, example) in all.iter().enumerate() {
        let attempt = resending.object();
        let captured: Value = serde_json::from_str(&lines[at]).unwrap();
        assert_eq!(attempt["type"], "attempt");
        assert_eq!((&attempt["capture"], &attempt["status"]), (&captured["id"], &Value::from(204)), "{attempt}");
        let sent = handler.request();
        let (head, body) = parted(&sent).unwrap();
        assert!(body == example.body, "the body of {} {at} has changed", example.event);
        assert!(head.starts_with(format!("POST /base/hooks/{at}?from=git%20hub HTTP/1.1\r\n").as_bytes()));
        let port = host.rsplit(':').next().unwrap().parse().unwrap();
        // Names, case, order and repeats; the Host is the handler's, where the captured one stood.
        assert_eq!(headers(head), delivery(at, example, port), "{} {at}", example.event);
    }
    let Ended { code, lines, stderr } = resending.end();
    assert_eq!((code, lines.len(), stderr.as_str()), (Some(0), 0, ""));
    assert!(handler.is_idle());
}
