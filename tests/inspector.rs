//! The inspector beyond bodies: headers explained, and secrets that are not shown.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::sync::Arc;

use bytes::Bytes;
use creel::model::{Answer, Capture, Outcome, Reply};
use rstest::rstest;
use support::{
    captures::{capture, github_push, large, through_a_gateway},
    driver::Driver,
    stage::{Stage, session},
};

/// What must be on no screen while secrets are masked everywhere.
const SECRETS: [&str; 9] = [
    "s3cr3t",
    "c00kie-value",
    "eyJhbGciOi",
    "QWxhZGRpbj",
    "Aladdin",
    "open sesame",
    "John Doe",
    "an5wer",
    "c2lnbmF0dXJl",
];

fn with_answer(mut capture: Capture) -> Capture {
    let headers = vec![
        ("Set-Cookie".to_owned(), Bytes::from_static(b"sid=an5wer-cookie")),
        ("Content-Type".to_owned(), Bytes::from_static(b"application/json")),
    ];
    capture.answer =
        Arc::new(Answer { headers, body: Bytes::from_static(b"{\"token\":\"an5wer-body\"}"), ..Answer::default() })
            .into();
    capture
}

fn replied() -> Outcome {
    Outcome::Replied(Box::new(Reply {
        status: 200,
        reason: String::new(),
        headers: vec![(Bytes::from_static(b"set-cookie"), Bytes::from_static(b"sid=an5wer-cookie"))],
        body: Bytes::from_static(b"{\"token\":\"an5wer-body\"}"),
        body_received: 23,
        body_cut: None,
    }))
}

#[test]
fn nothing_secret_is_on_any_screen_while_it_is_masked_everywhere() {
    let mut stage = Stage::new(140, 60);
    stage.receive(with_answer(through_a_gateway())).keys("r").outcome(1, 5, replied());
    let seen = |stage: &Stage| SECRETS.into_iter().filter(|secret| stage.screen().contains(secret)).collect::<Vec<_>>();
    let mut before = Vec::new();
    for tab in ["enter 1", "2 s", "3", "4", "5", "6"] {
        stage.keys(tab);
        before.extend(seen(&stage));
    }
    before.sort_unstable();
    before.dedup();
    assert_eq!(before.len(), SECRETS.len(), "all of them are shown otherwise: {before:?}");
    stage.keys("^s");
    assert!(stage.screen().contains("◼ secrets masked"), "{}", stage.screen());
    for keys in [
        "1",
        "v",
        "v",
        "v",
        "2",
        "v",
        "s",
        "v",
        "3",
        "4",
        "v",
        "v",
        "5",
        "6",
        "y",
        "esc",
        "/ \"s\" enter",
        "1",
        "x",
        "esc",
    ] {
        stage.keys(keys);
        assert_eq!(seen(&stage), [""; 0], "{keys}: {}", stage.screen());
    }
    stage.keys("^s 3");
    assert!(stage.screen().contains("s3cr3t-in-query"), "{}", stage.screen());
}

#[test]
fn the_headers_tab_masks_until_it_is_told_to_show() {
    let mut stage = Stage::new(140, 60);
    stage.receive(through_a_gateway()).keys("enter 2");
    let screen = stage.screen();
    for shown in [
        "10 headers",
        "3 values are masked; s shows them",
        "Bearer ••••••••",
        "decoded, not verified",
        "\"John Doe\"",
        "expires 2026-01-31 10:26:53 UTC, 60",
        "user",
        "Aladdin",
        "session",
        "the client, as the first proxy says",
        "2026-01-31 09:25:53 UTC, 60 s before it came",
    ] {
        assert!(screen.contains(shown), "{shown}: {screen}");
    }
    for hidden in ["eyJhbGciOi", "open sesame", "c00kie-value", "secrets shown"] {
        assert!(!screen.contains(hidden), "{hidden}: {screen}");
    }
    stage.keys("s");
    for shown in ["secrets shown", "open sesame", "c00kie-value", "Bearer eyJ"] {
        assert!(stage.screen().contains(shown), "{shown}: {}", stage.screen());
    }
    stage.keys("s");
    assert!(!stage.screen().contains("open sesame"));
}

#[test]
fn headers_are_grouped_or_stand_as_they_came() {
    let names = |stage: &Stage| {
        let screen = stage.screen();
        let names = ["Host", "X-Forwarded-For", "Authorization ", "Forwarded ", "content-type", "Cookie", "X-Team"];
        let mut found: Vec<(usize, &str)> = names
            .into_iter()
            .map(|name| (screen.find(&format!("││ {name}")).unwrap_or(usize::MAX), name.trim()))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
    };
    let mut stage = Stage::new(140, 60);
    stage.receive(through_a_gateway()).keys("enter 2");
    let grouped = ["X-Forwarded-For", "Forwarded", "Host", "Authorization", "content-type", "Cookie", "X-Team"];
    assert_eq!(names(&stage), grouped, "{}", stage.screen());
    stage.keys("v");
    let in_order = ["Host", "X-Forwarded-For", "Authorization", "Forwarded", "content-type", "Cookie", "X-Team"];
    assert_eq!(names(&stage), in_order, "{}", stage.screen());
    assert!(stage.screen().contains(" as they came "), "{}", stage.screen());
}

#[test]
fn a_known_sender_has_a_group_of_its_own() {
    let mut stage = Stage::new(140, 40);
    stage.receive(github_push()).keys("enter 2");
    let screen = stage.screen();
    let at = |text: &str| screen.find(text).unwrap_or_else(|| panic!("{text}: {screen}"));
    assert!(at("││ GitHub") < at("X-GitHub-Event") && at("X-Hub-Signature-256") < at("││ standard"), "{screen}");
    assert!(screen.contains("what happened") && screen.contains("HMAC-SHA256 of the body"), "{screen}");
}

#[test]
fn a_users_own_rules_hold_on_the_screen() {
    let mut session = session(&[]);
    let rules = ["header:X-Team", "json:.order"].map(|rule| rule.parse().unwrap());
    session.redaction = creel::export::redact::Redaction::with(rules);
    let mut stage = Stage::with(session, (140, 60));
    stage.receive(through_a_gateway()).keys("enter 2");
    assert!(stage.screen().contains("4 bytes, masked"), "{}", stage.screen());
    stage.keys("^s 1");
    assert!(stage.screen().contains("<redacted 1 bytes: order>"), "{}", stage.screen());
}

#[rstest]
#[case::coded(&[("Content-Encoding", "br")], "s3cr3t", "not shown: its content coding hides what in it is secret", false)]
#[case::text(&[("Content-Type", "text/plain")], "s3cr3t", "secrets are masked in JSON and forms alone", true)]
fn what_cannot_be_looked_into_is_said(
    #[case] headers: &[(&str, &str)],
    #[case] body: &'static str,
    #[case] said: &str,
    #[case] shown: bool,
) {
    let mut stage = Stage::new(140, 40);
    stage.receive(capture("POST", "/", headers, body)).keys("^s enter");
    for tab in ["1", "4"] {
        stage.keys(tab);
        assert!(stage.screen().contains(said), "{}", stage.screen());
        assert_eq!(stage.screen().contains("s3cr3t"), shown, "{}", stage.screen());
    }
}

#[test]
fn large_bodies_are_masked_off_the_loop() {
    let row = r#"{"id":12345,"secret":"s3cr3t","name":"a name"},"#;
    let body = format!("[{}{{\"last\":true}}]", row.repeat(20_000));
    Driver::new()
        .receive(capture("POST", "/big", &[("Content-Type", "application/json")], body))
        .keys("^s enter")
        .wait_for("<redacted 6 bytes: secret>")
        .wait_without("s3cr3t")
        .receive(large(100_000))
        .keys("esc G enter")
        .wait_for("secrets are masked in JSON and forms alone")
        .wait_for("line                          0")
        .keys("q")
        .end();
}
