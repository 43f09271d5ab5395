//! Deliveries that come again: what the list says of them, what can be asked, and the timeline of their tries.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::sync::Arc;

use creel::{
    browse::Search,
    model::{Answer, Capture},
    query::Query,
};
use jiff::Timestamp;
use rstest::rstest;
use support::{
    captures::{capture, get_health, github_push, later},
    driver::Driver,
    inbox::Kept,
    screen::{assert_golden, styled, text},
    stage::{Stage, session},
};

/// A message of Svix's, so many seconds after the first, answered so.
fn svix(id: &str, seconds: i64, status: u16, body: &str) -> Capture {
    let headers = [
        ("Host", "127.0.0.1:4600"),
        ("Content-Type", "application/json"),
        ("svix-id", id),
        ("svix-timestamp", "1769851613"),
        ("svix-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ];
    let mut capture = later(capture("POST", "/svix", &headers, body.to_owned()), seconds);
    capture.answer = Arc::new(Answer::status(status)).into();
    capture
}

const BODY: &str = r#"{"type":"invoice.paid","amount":1999}"#;

/// Three tries of a delivery, another delivery, and something without one.
fn all() -> Vec<Capture> {
    vec![
        svix("msg_1", 0, 500, BODY),
        get_health(),
        svix("msg_1", 6, 500, BODY),
        svix("msg_2", 7, 200, BODY),
        svix("msg_1", 306, 500, r#"{"type":"invoice.paid","amount":2000}"#),
    ]
}

fn stage(size: (u16, u16)) -> Stage {
    let mut stage = Stage::with(session(&["http://localhost:3000/webhooks"]), size);
    for capture in all() {
        stage.receive(capture);
    }
    stage
}

#[rstest]
fn the_timeline_says_when_each_try_came_and_what_became_of_it(
    #[values((140, 40), (80, 24), (60, 20))] (width, height): (u16, u16),
    #[values("dark", "mono")] theme: &str,
) {
    let mut stage = stage((width, height)).themed(theme);
    stage.keys("t");
    let name = format!("{}tries_{width}x{height}", if theme == "mono" { "mono/" } else { "" });
    let shown = if theme == "mono" { styled(&stage.buffer()) } else { text(&stage.buffer()) };
    assert_golden(&name, &shown);
    let shown = stage.screen();
    for words in ["Svix msg_1", "answered 500", "as p", "(sha256 5d70702b…)", "expected about"] {
        assert!(shown.contains(words), "{words} in\n{shown}");
    }
}

#[test]
fn what_is_answered_well_is_not_expected_again_and_what_has_no_id_has_no_timeline() {
    let mut stage = stage((140, 40));
    stage.receive(svix("msg_1", 2_200, 200, BODY)).keys("G t");
    let shown = stage.screen();
    assert!(shown.contains("none is to be expected: the last was answered well"), "{shown}");
    assert!(shown.contains("+31 min 34 s") && shown.matches("as published").count() == 3, "{shown}");
    stage.keys("esc").receive(get_health()).keys("G t");
    assert!(stage.screen().contains("no delivery id that creel knows"), "{}", stage.screen());
    let mut stage = Stage::new(140, 40);
    let failed = |seconds| {
        let mut push = later(github_push(), seconds);
        push.answer = Arc::new(Answer::status(500)).into();
        push
    };
    stage.receive(failed(0)).receive(failed(90)).keys("t");
    let shown = stage.screen();
    assert!(shown.contains("GitHub does not try again by itself"), "{shown}");
    assert!(shown.contains("asked for by somebody"), "{shown}");
}

#[test]
fn tries_are_seen_in_the_list_and_asked_for_in_the_filter() {
    let stage = stage((140, 40));
    let rows: Vec<String> = stage.screen().lines().skip(3).take(5).map(str::to_owned).collect();
    let marks: Vec<bool> = rows.iter().map(|row| row.contains('↻')).collect();
    assert_eq!(marks, [false, false, true, false, true], "{rows:#?}");
    assert!(rows[4].contains("↻3"), "{rows:#?}");
    let mut driver = Driver::new();
    for capture in all() {
        driver = driver.receive(capture);
    }
    // What is asked for before it was found out comes into the list once that is done.
    driver
        .keys("/ \"retry:>=2\" enter")
        .list(&["/svix", "> /svix"])
        .keys("/ ^u \"duplicate:false_provider:svix\" enter")
        .list(&["/svix", "> /svix"])
        .keys("q")
        .end();
}

#[test]
fn the_inbox_counts_as_the_ring_does() {
    let kept = Kept::with(all());
    let archive = kept.archive();
    let found = |query: &str| -> Vec<u64> {
        let query = Query::parse(query).unwrap();
        let search = Search::new(&archive, &query, Timestamp::UNIX_EPOCH).unwrap();
        search.newest(100).unwrap().into_iter().map(|seq| seq.0).collect()
    };
    assert_eq!(found("retry:>=2"), [3, 5]);
    assert_eq!(found("retry:3"), [5]);
    assert_eq!(found("duplicate:true"), [3, 5]);
    assert_eq!(found("-duplicate:true"), [1, 2, 4]);
    assert_eq!(found("retry:1"), [1, 4]);
    assert_eq!(found("retry:*"), [1, 3, 4, 5]);
    // An interface whose ring has but the newest counts those of the inbox as well.
    let store = kept.loaded(1);
    let driver = Driver::over(session(&[]), store, (140, 40));
    driver.loaded_tries().wait_for("↻3").keys("t").wait_for("Svix msg_1").wait_for("+5 min").keys("esc q").end();
}
