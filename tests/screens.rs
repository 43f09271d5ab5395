//! Golden screens: what the interface looks like in each of its states, at three sizes, in colour and without.
//!
//! `UPDATE=1 cargo test --test screens` renews them; look at what changed before committing it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use bytes::Bytes;
use creel::model::{Failure, Outcome, Refusal, Rejected, Reply, Seq};
use creel::store::Toward;
use creel::tui::{
    looking::{End, Looked},
    message::Message,
};
use jiff::Timestamp;
use rstest::rstest;
use support::{
    captures::{
        binary_blob, capture, get_health, github_push, hostile, later, slack_command, stripe_invoice,
        through_a_gateway, truncated,
    },
    screen::{assert_golden, styled, text},
    stage::Stage,
};

const SIZES: [(u16, u16); 3] = [(140, 40), (80, 24), (40, 12)];

fn reply(status: u16, body: &'static str) -> Outcome {
    Outcome::Replied(Box::new(Reply {
        status,
        reason: String::new(),
        headers: vec![
            (Bytes::from_static(b"content-type"), Bytes::from_static(b"application/json")),
            (Bytes::from_static(b"X-Request-Id"), Bytes::from_static(b"7f3c")),
        ],
        body: Bytes::from_static(body.as_bytes()),
        body_received: body.len() as u64,
        body_cut: None,
    }))
}

fn refused() -> Outcome {
    Outcome::Failed(Failure {
        kind: "refused",
        sentence: "connection refused: nothing listens on localhost:3000".to_owned(),
    })
}

fn some(stage: &mut Stage) {
    let captures = [github_push(), stripe_invoice(), slack_command(), get_health(), binary_blob(), truncated()];
    for (seconds, capture) in (0..).zip(captures) {
        stage.receive(later(capture, seconds));
    }
    (0..3).for_each(|_| _ = stage.tick());
}

/// An inbox with more than the ring takes.
fn resumed(stage: &mut Stage) {
    let captures = (0..260).map(|at| {
        let capture = if at % 40 == 3 { stripe_invoice() } else { github_push() };
        later(capture, at - 300)
    });
    stage.resume(captures, 8).tick();
}

/// Every state that has a screen of its own.
#[expect(clippy::too_many_lines, reason = "a table of scenes")]
fn scene(name: &str, stage: &mut Stage) {
    match name {
        "waiting" => {}
        "following" => some(stage),
        "reading_json" => {
            some(stage);
            stage.keys("g enter");
        }
        "reading_form" => {
            some(stage);
            stage.keys("g j j enter");
        }
        "reading_hex" => {
            some(stage);
            stage.keys("g j j j j enter");
        }
        "reading_truncated" => {
            some(stage);
            stage.keys("G enter");
        }
        "headers" => {
            some(stage);
            stage.keys("g enter 2");
        }
        "headers_explained" => {
            some(stage);
            stage.receive(through_a_gateway()).keys("G enter 2");
        }
        "headers_shown" => {
            some(stage);
            stage.receive(through_a_gateway()).keys("G enter 2 v s");
        }
        "masked" => {
            some(stage);
            stage.receive(through_a_gateway()).keys("G ^s enter 4");
        }
        "query" => {
            some(stage);
            stage.keys("g j enter 3");
        }
        "raw" => {
            some(stage);
            stage.keys("g enter 4");
        }
        "answer" => {
            some(stage);
            stage.keys("G enter 5");
        }
        "searching" => {
            some(stage);
            stage.keys("g enter / \"main\"");
        }
        "searched" => {
            some(stage);
            stage.keys("g enter / \"id\" enter n");
        }
        "replayed" => {
            some(stage);
            stage.keys("g r r r").outcome(1, 12, reply(500, r#"{"error":"no such repository"}"#)).outcome(
                2,
                3,
                refused(),
            );
        }
        "replay_read" => {
            some(stage);
            stage.keys("g r").outcome(1, 12, reply(200, r#"{"ok":true}"#)).keys("enter 6");
        }
        "filtering" => {
            some(stage);
            stage.keys("/ \"method:POST\"");
        }
        "filter_error" => {
            some(stage);
            stage.keys("/ \"metod:POST\"");
        }
        "filtered" => {
            some(stage);
            stage.keys("/ \"method:POST\" enter");
        }
        "filtered_away" => {
            some(stage);
            stage.keys("/ \"nowhere\" enter");
        }
        "held" => {
            some(stage);
            stage.keys("k k m").receive(later(github_push(), 7)).receive(later(get_health(), 8)).tick();
        }
        "older_loading" => {
            resumed(stage);
            stage.keys("g k k");
        }
        "older_loaded" => {
            resumed(stage);
            stage.keys("g k k").look();
        }
        "older_oldest" => {
            resumed(stage);
            stage.keys("g").look().keys("g").look().keys("g g");
        }
        "older_searching" => {
            resumed(stage);
            stage.keys("/ \"provider:stripe\" enter");
        }
        "older_progress" => {
            resumed(stage);
            stage.keys("/ \"provider:stripe\" enter");
            let ask = stage.looking.take().unwrap();
            stage.tell(Message::Looked(Box::new(Looked {
                ticket: ask.ticket,
                from: ask.toward,
                reached: Toward::Older(Seq(5)),
                found: Vec::new(),
                attempts: Vec::new(),
                looked: 12_000,
                at: Some("2026-01-30T09:12:44Z".parse().unwrap()),
                end: None,
            })));
        }
        "older_searched" => {
            resumed(stage);
            stage.keys("/ \"provider:stripe\" enter").look();
        }
        "older_unreadable" => {
            resumed(stage);
            stage.keys("g");
            let ask = stage.looking.take().unwrap();
            stage.tell(Message::Looked(Box::new(Looked {
                ticket: ask.ticket,
                from: ask.toward,
                reached: ask.toward,
                found: Vec::new(),
                attempts: Vec::new(),
                looked: 0,
                at: None,
                end: Some(End::Failed(
                    "there is no inbox `default`; `creel inbox list` shows those that there are".into(),
                )),
            })));
        }
        "older_parted" => {
            resumed(stage);
            stage.keys("g k").look();
            // More than the ring takes comes at once.
            for at in 0..20 {
                stage.store.push(later(get_health(), at));
            }
            stage.sync().keys("g");
        }
        "help" => {
            some(stage);
            stage.keys("?");
        }
        "commands" => {
            some(stage);
            stage.keys(": \"tab\"");
        }
        "exporting" => {
            some(stage);
            stage.keys("x");
        }
        "export_to" => {
            some(stage);
            stage.keys("x \"har\" enter enter");
        }
        "copy" => {
            some(stage);
            stage.keys("g y");
        }
        "targets" => {
            some(stage);
            stage.keys("R");
        }
        "target_error" => {
            some(stage);
            stage.keys("R \"ftp://x\" enter");
        }
        "themes" => {
            some(stage);
            stage.keys("T");
        }
        "refusals" => {
            some(stage);
            stage.store.reject(Rejected {
                received_at: "2026-01-31T09:27:00Z".parse::<Timestamp>().unwrap(),
                remote: "192.0.2.9:1".parse().unwrap(),
                refusal: Refusal::Malformed,
                reason: "invalid header value".to_owned(),
                status: Some(400),
                raw: Bytes::from_static(b"GET /\x1b[31m HTTP/1.1\r\nA: \x01\r\n\r\n"),
            });
            stage.store.count(Refusal::BodyTooLarge);
            stage.sync().keys("!");
        }
        "hostile" => {
            stage.receive(hostile()).tick();
            stage.keys("enter 2");
        }
        "hostile_body" => {
            stage.receive(hostile()).tick();
            stage.keys("enter v v");
        }
        "unicode" => {
            stage.receive(capture(
                "POST",
                "/東京/caf\u{e9}",
                &[("Content-Type", "application/json")],
                "{\"家族\":\"👨‍👩‍👧\",\"tab\":\"a\\tb\",\"combining\":\"e\u{301}\",\"wide\":\"東京都渋谷区\"}",
            ));
            stage.tick().keys("enter");
        }
        other => panic!("no scene is called {other}"),
    }
}

#[rstest]
fn screens(
    #[values(
        "waiting",
        "following",
        "reading_json",
        "reading_form",
        "reading_hex",
        "reading_truncated",
        "headers",
        "headers_explained",
        "headers_shown",
        "masked",
        "query",
        "raw",
        "answer",
        "searching",
        "searched",
        "replayed",
        "replay_read",
        "filtering",
        "filter_error",
        "filtered",
        "filtered_away",
        "held",
        "older_loading",
        "older_loaded",
        "older_oldest",
        "older_searching",
        "older_progress",
        "older_searched",
        "older_unreadable",
        "older_parted",
        "help",
        "commands",
        "copy",
        "exporting",
        "export_to",
        "targets",
        "target_error",
        "themes",
        "refusals",
        "hostile",
        "hostile_body",
        "unicode"
    )]
    name: &str,
) {
    for (width, height) in SIZES {
        let mut stage = Stage::new(width, height);
        scene(name, &mut stage);
        assert_golden(&format!("{name}_{width}x{height}"), &styled(&stage.buffer()));
        let mut mono = Stage::new(width, height).themed("mono");
        scene(name, &mut mono);
        // The characters are the same; what differs is how they are set off.
        if name != "themes" {
            assert_eq!(text(&mono.buffer()), text(&stage.buffer()));
        }
        assert_golden(&format!("mono/{name}_{width}x{height}"), &styled(&mono.buffer()));
    }
}

#[test]
fn every_size_is_drawn_and_a_storm_of_sizes_changes_nothing() {
    let mut stage = Stage::new(140, 40);
    some(&mut stage);
    stage.keys("g enter");
    let before = stage.screen();
    for (width, height) in [(0, 0), (1, 1), (1, 300), (39, 9), (40, 10), (99, 17), (100, 16), (500, 500), (2, 80)] {
        stage.resize(width, height).buffer();
        for scene in ["/", "esc", "tab", "?", "esc", ":", "esc", "!", "esc"] {
            stage.keys(scene).buffer();
        }
        stage.keys("tab tab");
    }
    stage.resize(140, 40);
    assert_eq!(stage.screen(), before);
}

#[test]
fn nothing_hostile_reaches_a_cell() {
    for keys in ["", "enter", "2", "3", "4", "5", "6", "enter v", "enter v v", "enter v v v", "y", ": \"x\""] {
        let mut stage = Stage::new(140, 40);
        stage.receive(hostile()).keys(keys).keys("r").outcome(
            1,
            5,
            Outcome::Replied(Box::new(Reply {
                status: 200,
                reason: "\u{1b}[2J\u{202e}".to_owned(),
                headers: vec![(Bytes::from_static(b"\x1b[1m"), Bytes::from_static(b"\xff\x07\xe2\x80\xae"))],
                body: Bytes::from_static(b"\x1b]0;x\x07"),
                body_received: 6,
                body_cut: Some("\u{1b}[31m".to_owned()),
            })),
        );
        for cell in &stage.buffer().content {
            let symbol = cell.symbol();
            assert!(!symbol.chars().any(creel::model::printable::needs_escape), "{keys}: {symbol:?}");
            assert!(symbol.len() <= 32 && symbol.chars().count() <= 8, "{keys}: {symbol:?}");
        }
    }
}

#[test]
fn a_filter_by_age_is_looked_at_again_as_time_passes() {
    let mut stage = Stage::new(140, 40);
    some(&mut stage);
    stage.keys("/ \"age:<15s\" enter");
    let young = stage.listed().len();
    assert!(young > 0, "{}", stage.screen());
    (0..30).for_each(|_| _ = stage.tick());
    assert_eq!(stage.listed().len(), 0, "{}", stage.screen());
}

#[test]
fn what_is_odd_from_the_start_is_said_whole() {
    for (width, height) in [(140, 40), (80, 24)] {
        let mut session = support::stage::session(&[]);
        let name = "themes/mine.toml:3:1: no role is called `slection`; did you mean `selection`?";
        session.warnings = vec![name.to_owned(), "port 4600 is taken, so this is port 4601".to_owned()];
        let mut stage = Stage::with(session, (width, height));
        assert!(stage.screen().contains("`selection`?"), "{}", stage.screen());
        some(&mut stage);
        stage.keys("?");
        assert!(stage.screen().contains("`selection`?"), "{}", stage.screen());
        assert!(stage.screen().contains("so this is port 4601"), "{}", stage.screen());
    }
}
