//! The table, and each source by the captures that it makes.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::export::capture_line;
use crate::model::{BodyEnd, Capture, Fidelity, Oddity, Version};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// Captures, and what was said.
fn read(bytes: &[u8], source: Option<&str>) -> (Vec<Capture>, Vec<String>) {
    let source = source.map(|name| Source::named(name).unwrap());
    let (mut captures, mut said) = (Vec::new(), Vec::new());
    for item in super::captures(bytes, source, NOW) {
        match item {
            Ok(capture) => captures.push(capture),
            Err(error) => said.push(error.to_string()),
        }
    }
    (captures, said)
}

fn text(capture: &Capture) -> String {
    String::from_utf8_lossy(capture.body.first()).into_owned()
}

fn header<'a>(capture: &'a Capture, name: &str) -> &'a str {
    std::str::from_utf8(capture.head.header(name).unwrap_or_default()).unwrap()
}

#[test]
fn every_source_has_a_row_that_says_what_it_is() {
    let mut names = HashSet::new();
    for source in SOURCES {
        assert!(names.insert(source.name) && Source::named(source.name).is_some());
        for text in [source.label, source.help, source.example] {
            assert!(!text.is_empty() && text.is_ascii() && !text.ends_with('.'), "{text}");
        }
    }
    assert!(Source::named("nonsense").is_none());
}

#[test]
fn sources_are_told_apart_by_their_first_bytes() {
    for (first, name) in [
        (&b"{\"type\":\"capture\",\"id\":1}"[..], Some("ndjson")),
        (b"\xef\xbb\xbf{ \"log\": {\"version\": \"1.2\"", Some("har")),
        (b"1234:7:version;2:21#4:type;4:http;", Some("mitmproxy")),
        (b"[\n {\"id\": 1, \"guid\": \"x\", \"delivered_at\": \"", Some("github")),
        (b"{\n  \"id\": \"evt_1\",\n  \"object\": \"event\",", Some("stripe")),
        (b"{\"object\": \"list\", \"data\": [", Some("stripe")),
        (b"POST /x?y=curl HTTP/1.1\r\nHost: h\r\n", Some("raw")),
        (b"#!/bin/sh\n$ curl -d x http://h\n", Some("curl")),
        (b"printf %s 'AA==' | base64 -d | curl -q http://h", Some("curl")),
        (b"{\"hello\":1}", None),
        (b"12:30 lunch", None),
        (b"", None),
    ] {
        assert_eq!(Source::of(first).map(|source| source.name), name, "{}", first.escape_ascii());
    }
}

#[test]
fn what_is_not_recognised_is_one_sentence() {
    let (captures, said) = read(b"hello", None);
    assert!(captures.is_empty());
    assert!(said[0].starts_with("not recognised: say what it is with --from ndjson, --from har"), "{said:?}");
    assert_eq!(read(b" \n", None).1, ["there is nothing in it"]);
}

#[test]
fn an_archive_of_a_browser_is_read() {
    let (all, said) = read(include_bytes!("../../tests/corpus/import/browser.har"), None);
    assert_eq!(said, ["entry 4: not an entry of an archive: missing field `request`"]);
    let first = &all[0];
    assert_eq!((first.head.method(), first.head.target()), (&b"POST"[..], &b"/hooks?a=b%20c"[..]));
    assert_eq!((first.head.version(), first.head.fidelity()), (Version::Http2, Fidelity::Normalised));
    assert_eq!((text(first).as_str(), first.odd().has(Oddity::BodyRewritten)), ("{\"caf\u{e9}\":1.50}", false));
    assert_eq!(first.received_at.to_string(), "2026-01-31T09:26:53.589Z");
    assert_eq!((first.answer.status, first.answer.body.as_ref()), (201, &b"made"[..]));
    assert_eq!(first.timing.answered.as_millis(), 12);
    // Parameters alone, a body that was decoded on its way, and one that is not there.
    assert_eq!(text(&all[1]), "a=1+%262&b=%C3%A9");
    assert!(all[1].odd().has(Oddity::BodyRewritten));
    assert_eq!(all[2].body.end(), &BodyEnd::LeftOut("the archive tells of 2048 bytes and has none".into()));
    assert_eq!(all[3].body.bytes().unwrap().as_ref(), b"\x00\xff");
    assert_eq!(all.len(), 4);
}

#[test]
fn a_broken_archive_gives_what_stands_before() {
    let whole = include_bytes!("../../tests/corpus/import/browser.har");
    let (all, said) = read(&whole[..1500], None);
    assert_eq!((all.len(), said.len()), (1, 1));
    assert!(said[0].contains("the archive is broken here: EOF while parsing"), "{said:?}");
}

#[test]
fn deliveries_of_github_are_read_and_their_bodies_marked() {
    let (all, said) = read(include_bytes!("../../tests/corpus/import/github-deliveries.json"), None);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("entry 1: GitHub's API gives payloads as JSON that was parsed"), "{said:?}");
    assert!(said[1].starts_with("entry 3: the list of deliveries has no requests; ask for each"), "{said:?}");
    let push = &all[0];
    assert_eq!(text(push), r#"{"ref":"refs/heads/main","size":1.50,"note":"a \u003c b"}"#);
    assert!(all.iter().all(|capture| capture.odd().has(Oddity::BodyRewritten)));
    assert_eq!((push.head.target(), header(push, "host")), (&b"/github?x=1"[..], "hooks.example.net"));
    assert!(header(push, "X-Hub-Signature-256").starts_with("sha256="));
    assert_eq!((push.answer.status, push.received_at.to_string().as_str()), (202, "2026-01-31T09:26:53Z"));
    assert_eq!(text(&all[1]), "payload=%7B%22zen%22%3A%22a+b%22%7D");
}

#[test]
fn events_of_stripe_are_read_alone_and_in_lists() {
    let (all, said) = read(include_bytes!("../../tests/corpus/import/stripe-events.json"), None);
    assert_eq!(said, ["entry 3: not an event, but an object of the kind customer"]);
    assert_eq!(all.len(), 3);
    assert!(text(&all[0]).starts_with("{\n") && text(&all[0]).contains("\"amount_paid\": 1999"));
    assert_eq!(all[0].received_at.as_second(), 1_769_851_613);
    for capture in &all {
        assert_eq!(capture.head.method(), b"POST");
        assert!(capture_line(capture).contains("\"provider\":\"stripe\""));
        assert!(capture.head.header("stripe-signature").is_none() && capture.odd().has(Oddity::BodyRewritten));
    }
}

#[test]
fn flows_of_mitmproxy_are_read() {
    let (all, said) = read(include_bytes!("../../tests/corpus/import/flows.mitm"), None);
    assert_eq!(said, ["entry 2: a flow of tcp, passed over", "entry 4: the request has no method"]);
    let first = &all[0];
    assert_eq!((first.head.method(), first.head.target()), (&b"POST"[..], &b"/hook?x=\xff"[..]));
    let names: Vec<&[u8]> = first.head.headers().map(|header| header.name).collect();
    assert_eq!(names, [&b"hOsT"[..], b"X-A", b"x-a", b"Content-Length"]);
    assert_eq!(first.body.bytes().unwrap().as_ref(), b"\x00\x01\xff");
    assert_eq!(first.remote.unwrap().to_string(), "192.0.2.7:53012");
    assert_eq!(first.received_at.to_string(), "2026-01-31T09:26:53.5Z");
    assert_eq!((first.answer.status, first.timing.answered.as_millis()), (204, 250));
    assert_eq!((all[1].head.version(), header(&all[1], ":authority")), (Version::Http2, "example.net"));
    assert!(matches!(all[1].body.end(), BodyEnd::LeftOut(_)));
    assert_eq!(all.len(), 2);
    let (none, said) = read(b"120:4:type;4:http;", Some("mitmproxy"));
    assert!(none.is_empty());
    assert_eq!(said, ["byte 1: the last flow is cut off"]);
}

#[test]
fn what_was_imported_and_exported_is_imported_the_same() {
    let files: [&[u8]; 6] = [
        include_bytes!("../../tests/corpus/import/browser.har"),
        include_bytes!("../../tests/corpus/import/github-deliveries.json"),
        include_bytes!("../../tests/corpus/import/stripe-events.json"),
        include_bytes!("../../tests/corpus/import/flows.mitm"),
        include_bytes!("../../tests/corpus/import/requests.http"),
        include_bytes!("../../tests/corpus/import/commands.sh"),
    ];
    for file in files {
        let (captures, _) = read(file, None);
        assert!(captures.len() > 1);
        let lines = |captures: &[Capture]| captures.iter().map(|one| capture_line(one) + "\n").collect::<String>();
        let again = |text: &str| {
            let (captures, said) = read(text.as_bytes(), None);
            assert!(said.is_empty(), "{said:?}");
            lines(&captures)
        };
        // Numbers in the ring are the store's to give.
        let once = lines(&captures);
        assert_eq!(again(&once), once);
    }
}

proptest! {
    #[test]
    fn any_bytes_come_to_an_end_whatever_they_are_taken_for(
        bytes in proptest::collection::vec(any::<u8>(), 0..300), source in 0..SOURCES.len(),
    ) {
        let items = super::captures(&bytes[..], Some(&SOURCES[source]), NOW).count();
        prop_assert!(items <= bytes.len() + 2);
    }

    #[test]
    fn samples_that_were_damaged_come_to_an_end(
        which in 0_usize..6, damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let samples: [&[u8]; 6] = [
            include_bytes!("../../tests/corpus/import/browser.har"),
            include_bytes!("../../tests/corpus/import/github-deliveries.json"),
            include_bytes!("../../tests/corpus/import/stripe-events.json"),
            include_bytes!("../../tests/corpus/import/flows.mitm"),
            include_bytes!("../../tests/corpus/import/requests.http"),
            include_bytes!("../../tests/corpus/import/commands.sh"),
        ];
        let names = ["har", "github", "stripe", "mitmproxy", "raw", "curl"];
        let mut bytes = samples[which].to_vec();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let (captures, said) = read(&bytes, Some(names[which]));
        prop_assert!(captures.len() + said.len() <= bytes.len());
    }
}
