//! Comparing as a user does: two requests, what came of sending one, and one that goes to all targets.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use bytes::Bytes;
use creel::model::{Failure, Outcome, Reply};
use rstest::rstest;
use support::{
    captures::{binary_blob, capture, get_health, hostile, later},
    driver::Driver,
    screen::{assert_golden, styled, text},
    stage::{Stage, session},
};

/// A handler that answers so, to any number of requests.
fn handler(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut piece, mut request) = (stream.unwrap(), [0; 4096], Vec::new());
            while !request.ends_with(b"}") {
                let read = stream.read(&mut piece).unwrap();
                assert!(read > 0, "the request ended early");
                request.extend_from_slice(piece.get(..read).unwrap());
            }
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json";
            write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        }
    });
    url
}

fn order(id: u32, name: &str) -> creel::model::Capture {
    let headers = [
        ("Host", "h"),
        ("Date", if id == 1 { "Sat, 31 Jan 2026 09:26:11 GMT" } else { "Sat, 31 Jan 2026 09:26:15 GMT" }),
        ("Authorization", if id == 1 { "Bearer first-token" } else { "Bearer second-token" }),
        ("Content-Type", "application/json"),
    ];
    let items = "{\"sku\":\"a-1\",\"price\":1.50},{\"sku\":\"b-2\",\"price\":2.00},{\"sku\":\"c-3\",\"price\":3.25}";
    let body = format!(
        "{{\"id\":{id},\"customer\":{{\"name\":\"{name}\",\"city\":\"Malmö\"}},\"items\":[{items}],\"note\":\"left at the door\"}}"
    );
    capture("POST", "/order", &headers, body)
}

#[test]
fn two_requests_are_compared_and_one_goes_from_place_to_place() {
    Driver::new()
        .receive(order(1, "Ann Lee"))
        .receive(order(2, "Ann Fox"))
        .keys("d")
        .wait_for("#1, the one before of this kind")
        .keys("enter")
        .wait_for("3 differences, 1 ignored")
        .wait_for("place 1 of 3")
        .wait_for("\"name\": \"Ann Lee\"")
        .keys("]")
        .wait_for("place 2 of 3")
        .keys("i")
        .wait_for("4 differences, nothing ignored")
        .keys("a v")
        .wait_for("-   \"id\": 1")
        .wait_for("+   \"id\": 2")
        .keys("d")
        .wait_for("Compare with")
        .keys("esc esc")
        .wait_without("esc closes")
        .keys("q")
        .end();
}

#[test]
fn one_request_goes_to_all_targets_and_their_answers_are_compared() {
    let (one, other) = (handler("{\"ok\":true,\"took\":1}"), handler("{\"ok\":false,\"took\":1}"));
    Driver::with(
        session(&[&format!("blue={one}"), &format!("green={other}")]),
        creel::store::Limits::default(),
        (140, 40),
    )
    .receive(order(1, "Ann Lee"))
    .keys("R")
    .wait_for("all of them")
    .keys("\"all\" enter")
    .wait_for("2 of 2 targets")
    .wait_until("both have answered", |rows| rows.iter().filter(|row| row.contains("200 OK")).count() == 2)
    .keys("d")
    .wait_for("attempt 2: with attempt 1 (other target)")
    .keys("enter")
    .wait_for("\"ok\": false")
    .wait_for("2 differences")
    .keys("d \"original\" enter")
    .wait_for("the answer to its sender")
    .wait_for("belong to the connection")
    .keys("d \"what_was_sent\" enter")
    .wait_for("as sent by")
    .wait_for("request line")
    .keys("esc q")
    .end();
}

#[test]
fn refusals_are_words() {
    let mut stage = Stage::new(140, 40);
    stage.keys("d");
    assert!(stage.screen().contains("no request is selected to compare"), "{}", stage.screen());
    stage.receive(order(1, "Ann")).keys("d");
    assert!(
        stage.screen().contains("there is nothing to compare #1 with: no other request is here"),
        "{}",
        stage.screen()
    );
    stage.keys("r d");
    assert!(stage.screen().contains("attempt 1: with the original answer"), "{}", stage.screen());
    stage.keys("enter");
    assert!(stage.screen().contains("that attempt is still under way"), "{}", stage.screen());
    stage.keys("esc").outcome(
        1,
        3,
        Outcome::Failed(Failure { kind: "refused", sentence: "connection refused: nothing listens there".to_owned() }),
    );
    stage.keys("d enter");
    assert!(stage.screen().contains("connection refused: nothing listens there"), "{}", stage.screen());
}

#[test]
fn secrets_are_covered_as_everywhere() {
    let mut stage = Stage::new(140, 40);
    stage.receive(order(1, "Ann")).receive(order(2, "Bob")).keys("d enter");
    let screen = stage.screen();
    assert!(!screen.contains("first-token") && screen.contains("a secret, masked"), "{screen}");
    stage.keys("esc enter 2 s d enter");
    assert!(stage.screen().contains("first-token"), "{}", stage.screen());
}

fn reply(body: &'static str) -> Outcome {
    Outcome::Replied(Box::new(Reply {
        status: 200,
        reason: "OK".to_owned(),
        headers: vec![(Bytes::from_static(b"content-type"), Bytes::from_static(b"application/json"))],
        body: Bytes::from_static(body.as_bytes()),
        body_received: body.len() as u64,
        body_cut: None,
    }))
}

#[rstest]
fn a_comparison_looks_as_it_did(
    #[values("chooser", "requests", "everything", "text", "binary", "outcomes")] name: &str,
    #[values((140, 40), (80, 24), (60, 20))] (width, height): (u16, u16),
) {
    let draw = |theme: Option<&str>| {
        let mut stage = Stage::new(width, height);
        if let Some(theme) = theme {
            stage = stage.themed(theme);
        }
        stage.receive(order(1, "Ann Lee")).receive(later(get_health(), 2)).receive(later(order(2, "Ann Fox"), 4));
        match name {
            "chooser" => stage.keys("d"),
            "requests" => stage.keys("d enter ]"),
            "everything" => stage.keys("d enter a G"),
            "text" => {
                let text =
                    |line: &str| format!("first line\nsecond {line} here\nthird\nfourth\nfifth\nsixth\nseventh\n");
                let headers = [("Host", "h"), ("content-type", "text/plain")];
                let one = later(capture("POST", "/text", &headers, text("line")), 5);
                let two = later(capture("POST", "/text", &headers, text("row") + "eighth\n"), 6);
                stage.receive(one).receive(two).keys("d enter")
            }
            "binary" => stage.receive(later(binary_blob(), 7)).keys("d enter G"),
            _ => stage
                .keys("r")
                .outcome(1, 12, reply("{\"ok\":true,\"count\":1}"))
                .keys("r")
                .outcome(2, 9, reply("{\"ok\":false,\"count\":1}"))
                .keys("d \"one_before\" down enter"),
        };
        stage
    };
    let (stage, mono) = (draw(None), draw(Some("mono")));
    assert_golden(&format!("compare_{name}_{width}x{height}"), &text(&stage.buffer()));
    assert_golden(&format!("mono/compare_{name}_{width}x{height}"), &styled(&mono.buffer()));
}

#[test]
fn nothing_hostile_reaches_a_cell_and_every_size_is_drawn() {
    let mut stage = Stage::new(140, 40);
    stage.receive(hostile()).receive(later(order(2, "\u{202e}Ann\u{1b}[31m"), 1)).keys("d enter a");
    for (width, height) in [(140, 40), (0, 0), (1, 1), (40, 10), (41, 11), (99, 17), (100, 16), (400, 100), (2, 80)] {
        stage.resize(width, height);
        for keys in ["] ] [", "v G", "> >", "i", "g"] {
            stage.keys(keys);
            for cell in &stage.buffer().content {
                let symbol = cell.symbol();
                assert!(!symbol.chars().any(creel::model::printable::needs_escape), "{keys}: {symbol:?}");
                assert!(symbol.len() <= 32 && symbol.chars().count() <= 8, "{keys}: {symbol:?}");
            }
        }
    }
}
