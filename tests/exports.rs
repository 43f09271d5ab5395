//! Exporting from the interface, through the real loop: `x`, a form, how much, and where to.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::fs;

use creel::tui::effect::{Destination, Effect};
use support::{
    captures::{capture, get_health, github_push, large, later, stripe_invoice},
    driver::Driver,
    stage::Stage,
};

fn secret() -> creel::model::Capture {
    capture("POST", "/hook", &[("Host", "x"), ("Authorization", "Bearer S3cret")], r#"{"token":"S3cret"}"#)
}

#[test]
fn the_selected_request_goes_into_a_file_without_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.har");
    let typed = format!("\"{}\"", file.display());
    let driver = Driver::new()
        .receive(secret())
        .keys("x \"har\" enter")
        .wait_for("creel-1.har")
        .wait_for("a file here, without the secrets")
        .keys(&typed)
        .keys("enter")
        .wait_for("exported #1 as HAR to ")
        .wait_for("2 secrets were redacted");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("\"version\":\"1.2\"") && !text.contains("S3cret"), "{text}");
    // Again: nothing is overwritten unless that is said.
    fs::write(&file, "mine").unwrap();
    let driver = driver
        .keys("x \"har\" enter")
        .keys(&typed)
        .keys("enter")
        .wait_for("That file is there already")
        .keys("enter")
        .wait_without("That file is there already");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    driver
        .keys("x \"har\" enter")
        .keys(&typed)
        .keys("enter")
        .wait_for("overwrite it")
        .keys("down enter")
        .wait_for("exported #1 as HAR to ")
        .keys("q")
        .end();
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn all_that_the_filter_shows_goes_into_one_file_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.ndjson");
    Driver::new()
        .receive(github_push())
        .receive(get_health())
        .receive(later(stripe_invoice(), 1))
        .keys("/ \"method:POST\" enter")
        .list(&["/github", "> /stripe"])
        .keys("x \"lines\" enter")
        .wait_for("#3 alone")
        .wait_for("what the filter shows")
        .keys("down enter")
        .keys(&format!("\"{}\"", file.display()))
        .keys("enter")
        .wait_for("exported 2 requests as JSON lines to ")
        .keys("q")
        .end();
    let text = fs::read_to_string(&file).unwrap();
    let targets: Vec<_> =
        text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["target"].clone()).collect();
    assert_eq!(targets, ["/github", "/stripe?account=acct_1&mode=test"]);
}

#[test]
fn what_does_not_fit_and_what_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.py");
    let nowhere = folder.path().join("no/where.har");
    Driver::new()
        .receive(large(100_000))
        .keys("x \"python\" enter")
        .keys(&format!("\"{}\"", file.display()))
        .keys("enter")
        .wait_for("not exported: #1: a body of 3.1 MiB is too large")
        .keys("x \"har\" enter")
        .keys(&format!("\"{}\"", nowhere.display()))
        .keys("enter")
        .wait_for("not exported: ")
        .wait_for("cannot be written")
        .keys("q")
        .end();
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

/// What an export would do.
fn ordered(keys: &str) -> (String, usize, bool, Destination) {
    let mut stage = Stage::new(140, 40);
    stage.receive(github_push()).receive(later(stripe_invoice(), 1)).tick();
    stage.keys(keys);
    match stage.asked.pop() {
        Some(Effect::Export(order)) => {
            (order.format.name.to_owned(), order.captures.len(), order.options.redaction.is_some(), order.to)
        }
        other => panic!("{keys}: {other:?}\n{}", stage.screen()),
    }
}

#[test]
fn the_first_of_each_is_a_file_beside_the_user() {
    let file = |name: &str| Destination::File { path: name.into(), overwrite: false };
    for (keys, expected) in [
        ("x enter enter enter", ("ndjson", 1, false, file("creel-2.ndjson"))),
        ("x \"har\" enter down enter enter", ("har", 2, true, file("creel.har"))),
        ("x \"curl\" enter enter down enter", ("curl", 1, true, Destination::Clipboard)),
        ("x \"raw\" enter enter down down enter", ("raw", 1, false, file("creel-2.http"))),
        ("x \"go\" enter enter \"a.go\" enter", ("go", 1, true, file("a.go"))),
        (
            ": \"export\" enter \"postman\" enter enter enter",
            ("postman", 1, true, file("creel-2.postman_collection.json")),
        ),
    ] {
        let (format, count, redacted, to) = ordered(keys);
        assert_eq!((format.as_str(), count, redacted, to), expected, "{keys}");
    }
}

#[test]
fn there_may_be_nothing_to_export_and_anything_can_be_left() {
    let mut stage = Stage::new(140, 40);
    stage.keys("x");
    assert!(stage.screen().contains("there is no request to export"));
    stage.receive(github_push()).tick();
    stage.keys("x esc x enter esc");
    let exported = stage.asked.iter().any(|effect| matches!(effect, Effect::Export(_)));
    assert!(!exported && stage.state.overlays.is_empty());
}
