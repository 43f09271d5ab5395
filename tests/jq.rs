//! The jq line of the inspector: results in place of the body while an expression is typed, and after it is kept.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use creel::model::Capture;
use rstest::rstest;
use support::{captures::capture, driver::Driver, stage::Stage};

fn body(content_type: &str, body: &str) -> Capture {
    capture("POST", "/hook", &[("content-type", content_type)], body.as_bytes().to_vec())
}

fn orders() -> Capture {
    body("application/json", r#"{"items":[{"id":7,"price":1.50},{"id":8,"price":1e400}],"total":12345678901234567890}"#)
}

/// A stage at its inspector with one capture.
fn reading(capture: Capture) -> Stage {
    let mut stage = Stage::new(140, 40);
    stage.receive(capture).tick().keys("enter");
    stage
}

/// The rows of the inspector.
fn page(stage: &Stage) -> Vec<String> {
    let screen = stage.screen();
    let right = |row: &str| row.split("││").nth(1).map(|row| row.trim_end_matches('│').trim_end().replace('▌', " "));
    screen.lines().filter_map(right).skip(2).take_while(|row| !row.is_empty()).collect()
}

#[test]
fn results_follow_every_letter() {
    let mut stage = reading(orders());
    stage.keys("| \".items\"");
    assert_eq!(page(&stage)[..3], [" [", "   {", "     \"id\": 7,"]);
    stage.keys("\"[].id\"");
    assert_eq!(page(&stage)[..2], [" 7", " 8"]);
    // Half of what is typed: the last good results stay, and the mistake stands under its place.
    stage.keys("\"_|\"");
    assert_eq!(page(&stage)[..2], [" 7", " 8"]);
    let screen = stage.screen();
    let lines: Vec<&str> = screen.lines().collect();
    let (at, line) = lines.iter().enumerate().find(|(_, line)| line.contains("| .items[].id |")).unwrap();
    let column = |line: &str, text: &str| line.find(text).map(|byte| line[..byte].chars().count());
    let end = column(line, ".items[].id |").unwrap() + ".items[].id |".len();
    assert_eq!(column(lines[at + 1], "^ expected a term, and here it ends"), Some(end), "{screen}");
    stage.keys("\"_.+1\"");
    assert_eq!(page(&stage)[..2], [" 8", " 9"]);
    assert!(!stage.screen().contains('^'), "{}", stage.screen());
}

#[test]
fn enter_keeps_it_and_esc_restores_the_body() {
    let mut stage = reading(orders());
    let before = page(&stage);
    stage.keys("| \".total\" enter");
    assert_eq!(page(&stage), [" 12345678901234567890"]);
    assert!(stage.screen().contains(" | .total "), "the title has the mark\n{}", stage.screen());
    // The keys are the inspector's again.
    stage.keys("2 1");
    assert_eq!(page(&stage), [" 12345678901234567890"]);
    stage.keys("|");
    assert!(stage.screen().contains("│| .total"), "{}", stage.screen());
    stage.keys("esc");
    assert_eq!(page(&stage), before);
    assert!(!stage.screen().contains("| .total"));
    // Outside of the line as well, before the pane is left.
    stage.keys("| \".total\" enter esc");
    assert_eq!(page(&stage), before);
    assert_eq!(stage.state.context(), creel::tui::keymap::Context::Inspector);
}

#[test]
fn it_is_kept_over_captures() {
    let mut stage = reading(orders());
    stage.keys("| \".total\" enter tab tab");
    stage.receive(capture("POST", "/hook", &[("content-type", "application/json")], "{\"total\":5}"));
    stage.receive(capture("POST", "/hook", &[("content-type", "text/plain")], "no JSON"));
    stage.keys("g");
    stage.keys("j enter");
    assert_eq!(page(&stage), [" 5"]);
    stage.keys("tab tab j enter");
    assert_eq!(page(&stage), [" no JSON"]);
    let why = "the text view has no values";
    assert!(stage.screen().contains(why), "{}", stage.screen());
}

#[rstest]
#[case::ndjson("application/x-ndjson", "{\"a\":1}\n{\"a\":2}\n", ".a", &[" 1", " 2"])]
#[case::graphql("application/json", "{\"query\":\"query Q { a }\",\"variables\":{\"x\":[3]}}", ".variables.x[0]", &[" 3"])]
#[case::event("application/cloudevents+json", "{\"specversion\":\"1.0\",\"data\":{\"n\":4}}", ".data.n", &[" 4"])]
fn every_view_of_values_has_it(
    #[case] content_type: &str,
    #[case] text: &str,
    #[case] expression: &str,
    #[case] expected: &[&str],
) {
    let mut stage = reading(body(content_type, text));
    stage.keys(&format!("| \"{expression}\" enter"));
    assert_eq!(page(&stage), expected);
}

#[test]
fn what_was_kept_is_remembered() {
    let mut stage = reading(orders());
    stage.keys("| \".total\" enter | ^u \".items[0].id\" enter | ^u \".x\"");
    let line = |stage: &Stage| {
        let screen = stage.screen();
        let row = screen.lines().find(|row| row.contains("││| ")).unwrap();
        row.split("││| ").nth(1).unwrap().trim_end_matches('│').trim_end().to_owned()
    };
    for (key, expected) in [
        ("up", ".items[0].id"),
        ("up", ".total"),
        ("up", ".total"),
        ("down", ".items[0].id"),
        ("down", ".x"),
        ("down", ".x"),
    ] {
        stage.keys(key);
        assert_eq!(line(&stage), expected, "{key}");
    }
    stage.keys("up up");
    assert_eq!(page(&stage)[0], " 12345678901234567890");
}

#[test]
fn results_are_searched_and_scrolled_as_a_body_is() {
    let mut stage = reading(orders());
    stage.keys("| \"range(500)\" enter / \"499\" enter");
    assert!(stage.screen().contains("1 of 1"), "{}", stage.screen());
    assert!(page(&stage).contains(&" 499".to_owned()));
    stage.keys("g");
    assert_eq!(page(&stage)[0], " 0");
    stage.resize(100, 30);
    assert!(stage.screen().contains(" 12"), "{}", stage.screen());
}

#[test]
fn what_has_no_end_says_that_it_was_ended() {
    let driver = Driver::new()
        .receive(orders())
        .keys("enter | \"1,(def_f:_f;_f)\"")
        .wait_for("stopped")
        // The line takes keys meanwhile.
        .keys("^u \".total\"")
        .wait_for("12345678901234567890")
        .keys("^u \"input\"")
        .wait_for("input is left out")
        .keys("^u \"empty\"")
        .wait_for("no values")
        .keys("esc")
        .wait_for("\"price\": 1e400")
        .keys("q");
    driver.end();
}
