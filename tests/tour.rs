//! The tour in the README, taken: its keys are pressed in the real loop, in the order in which it names them.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
};

use creel::tui::runtime::End;
use support::{
    captures::{capture, get_health},
    driver::Driver,
};

/// The keys of each step, as the driver takes them; a step without keys is not here.
const STEPS: [&str; 6] = [
    "y enter",
    "/ \"method:POST\" enter F",
    "k enter 2 1 / esc",
    "r \"localhost:3000\" enter 6 r R",
    "esc y \"curl\" enter",
    "? : T q",
];

/// The keys and typed texts that the steps name, in their order.
fn named() -> Vec<String> {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let tour = readme.split("## A two-minute tour").nth(1).unwrap().split("\n## ").next().unwrap();
    let steps =
        tour.split("\n\n").take_while(|part| !part.starts_with("Say the target")).collect::<Vec<_>>().join("\n");
    let text = steps.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut named = Vec::new();
    let mut step = String::new();
    let mut rest = text.as_str();
    let mut number = 1;
    while let Some(char) = rest.chars().next() {
        let begins = format!("{number}. ");
        if rest.starts_with(&begins) {
            named.extend(Some(std::mem::take(&mut step)).filter(|step| !step.is_empty()));
            number += 1;
        }
        let token = if let Some(key) = rest.strip_prefix("<kbd>") {
            key.split("</kbd>").next().map(str::to_owned)
        } else {
            rest.strip_prefix("type `").and_then(|typed| typed.split('`').next()).map(|typed| format!("\"{typed}\""))
        };
        if let Some(token) = token {
            let blank = if step.is_empty() { "" } else { " " };
            step = format!("{step}{blank}{token}");
        }
        rest = rest.get(char.len_utf8()..).unwrap();
    }
    named.push(step);
    named
}

#[test]
fn the_tour_names_the_keys_that_are_pressed_below() {
    assert_eq!(named(), STEPS);
}

/// A handler that answers each of so many requests.
fn handler(requests: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for _ in 0..requests {
            let (mut stream, _) = listener.accept().unwrap();
            let mut seen = Vec::new();
            let mut part = [0; 1024];
            while !seen.ends_with(br#"{"hello":"creel"}"#) {
                let length = stream.read(&mut part).unwrap();
                assert_ne!(length, 0, "no whole request");
                seen.extend_from_slice(part.get(..length).unwrap());
            }
            stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 11\r\n\r\n{\"ok\":true}").unwrap();
        }
    });
    address
}

#[test]
fn the_tour_can_be_taken() {
    let [copy, filter, open, replay, curl, last] = STEPS;
    let headers = [
        ("Host", "127.0.0.1:4600"),
        ("User-Agent", "curl/8.5.0"),
        ("Content-Length", "17"),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let driver = Driver::new()
        .wait_for("Give this URL to the sender:")
        .wait_for("curl -d '{\"hello\":\"creel\"}' http://127.0.0.1:4600/try")
        .keys(copy)
        // There is no terminal here that could take it.
        .wait_for("copied")
        .receive(capture("POST", "/try", &headers, r#"{"hello":"creel"}"#))
        .receive(get_health())
        .list(&["/try", "> /health"]);

    let (narrow, show_all) = filter.rsplit_once(' ').unwrap();
    let driver = driver.keys(narrow).list(&["> /try"]).wait_for("1 of 2").keys(show_all).list(&["/try", "> /health"]);

    let (to_headers, back) = open.split_once(" 1").unwrap();
    let driver = driver
        .keys(to_headers)
        .wait_for("4 headers, as it came, byte for byte")
        .keys("1")
        .wait_for("\"hello\": \"creel\"")
        .keys(back)
        .wait_without("as it came, byte for byte");

    let (once, again) = replay.split_once(" 6 ").unwrap();
    let driver = driver
        .keys(&once.replace("localhost:3000", &handler(2)))
        .wait_for("201 Created")
        .keys("6")
        .wait_for("sent as captured, but for")
        .keys(again)
        .wait_for("Replay to")
        .wait_for(" 2 ");

    let mut driver = driver.keys(curl).wait_for("copied");
    let (looks, end) = last.split_at(last.len() - 1);
    for (key, seen) in looks.split_whitespace().zip(["Everywhere", "Commands ─", "Theme ─"]) {
        driver = driver.keys(key).wait_for(seen).keys("esc").wait_without(seen);
    }
    assert_eq!(driver.keys(end).end(), End::Quit);
}
