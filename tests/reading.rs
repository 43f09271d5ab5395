//! Reading a body: long lines, numbers of lines, going to a place.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use creel::tui::message::{Message, Mouse, MouseKind};
use support::{captures::capture, driver::Driver, screen, stage::Stage};

/// Ten lines, the third of them long.
fn lines() -> String {
    let long = (0..60).map(|word| format!("word{word:02} ")).collect::<Vec<_>>().concat();
    (1..=10).map(|line| if line == 3 { format!("{long}\n") } else { format!("line {line}\n") }).collect()
}

/// The rows of the page.
fn page(stage: &Stage) -> Vec<String> {
    let rows = screen::rows(&stage.buffer());
    let page = rows.iter().filter_map(|row| row.rsplit("││").next()).skip_while(|row| !row.contains("#1"));
    page.skip(2)
        .take_while(|row| !row.contains('╰'))
        .map(|row| row.trim_end_matches('│').trim_end().replace('▌', " "))
        .collect()
}

fn reading(body: impl Into<bytes::Bytes>) -> Stage {
    let mut stage = Stage::new(140, 40);
    stage.receive(capture("POST", "/text", &[("Content-Type", "text/plain")], body)).keys("enter 1");
    stage
}

#[test]
fn long_lines_wrap_or_run_on_to_the_right() {
    let mut stage = reading(lines());
    let at = |stage: &Stage, text: &str| page(stage).iter().position(|row| row.trim() == text);
    assert!(at(&stage, "line 4") > Some(6), "the long line takes several rows: {}", stage.screen());
    stage.keys("W");
    let rows = page(&stage);
    assert!(rows[2].starts_with(" word00") && rows[2].ends_with('›') && rows[3].ends_with("line 4"), "{rows:?}");
    stage.keys("right");
    assert!(!stage.screen().contains("word00") && stage.screen().contains(" column "), "{}", stage.screen());
    assert!(page(&stage)[2].ends_with('›'));
    stage.keys("$");
    assert!(page(&stage)[2].ends_with("word59"), "{}", stage.screen());
    stage.keys("right right");
    assert!(page(&stage)[2].ends_with("word59"), "there is nothing further to the right");
    stage.keys("0");
    assert!(page(&stage)[2].starts_with(" word00"), "{}", stage.screen());
    let wheel = |stage: &mut Stage, kind| _ = stage.tell(Message::Mouse(Mouse { kind, column: 100, row: 10 }));
    wheel(&mut stage, MouseKind::ScrollRight);
    assert!(stage.screen().contains(" column 9 "), "{}", stage.screen());
    assert!(page(&stage)[2].trim_start().starts_with("ord01"), "{}", stage.screen());
    wheel(&mut stage, MouseKind::ScrollLeft);
    assert!(page(&stage)[2].starts_with(" word00"), "{}", stage.screen());
    // A hit is brought into sight.
    stage.keys("/ \"word55\" enter");
    assert!(page(&stage)[2].contains("word55") && !page(&stage)[2].contains("word00"), "{}", stage.screen());
    stage.keys("esc W");
    assert!(stage.screen().contains("word00") && stage.screen().contains("word59"), "{}", stage.screen());
    // Where lines are wrapped the same keys go through the tabs.
    stage.keys("right");
    assert!(stage.screen().contains("Content-Type"), "{}", stage.screen());
    stage.keys("left");
    assert!(stage.screen().contains("word00"), "{}", stage.screen());
}

#[test]
fn lines_have_numbers() {
    let mut stage = reading(lines());
    stage.keys("#");
    let rows = page(&stage);
    assert!(rows[0].starts_with("  1 │line 1") && rows[2].starts_with("  3 │word00"), "{rows:?}");
    assert!(rows[3].starts_with("    │"), "a line that goes on has none: {rows:?}");
    stage.keys("W");
    assert!(page(&stage)[9].starts_with(" 10 │line 10"), "{}", stage.screen());
    stage.keys("right");
    assert!(page(&stage)[2].starts_with("  3 │"), "numbers stay: {}", stage.screen());
    stage.keys("v v v v");
    assert!(!stage.screen().contains("1 │"), "hex has offsets: {}", stage.screen());
}

#[test]
fn one_can_go_to_a_line_a_byte_and_a_percentage() {
    let body = (1..=500).map(|line| format!("line {line}\n")).collect::<Vec<_>>().concat();
    let at = body.find("line 400").unwrap();
    let mut stage = reading(body);
    for (typed, seen, said) in [
        ("300", "line 300", "line 300 of 500"),
        (&format!("@{at:#x}"), "line 400", "line 400 of 500"),
        ("50%", "line 251", "line 251 of 500"),
        (":7", "line 7", "line 7 of 500"),
    ] {
        stage.keys(&format!("^g \"{typed}\" enter"));
        assert!(page(&stage).iter().any(|row| row.trim() == seen), "{typed}: {}", stage.screen());
        assert!(stage.screen().contains(said), "{typed}: {}", stage.screen());
    }
    stage.keys(": \"123\" enter");
    assert!(page(&stage).iter().any(|row| row.trim() == "line 123"), "{}", stage.screen());
    stage.keys("^g \"501\" enter");
    assert!(stage.screen().contains("there is no line 501: the last is 500"), "{}", stage.screen());
    stage.keys("^g \"@0xffffff\" enter");
    assert!(stage.screen().contains("there is no byte 0xffffff"), "{}", stage.screen());
    stage.keys("^g \"somewhere\"");
    assert!(stage.screen().contains("type a line such as 120"), "{}", stage.screen());
}

#[test]
fn a_long_line_is_read_at_its_far_end_off_the_loop() {
    let body = format!("first\n{}the end\nlast\n", "0123456789".repeat(300_000));
    Driver::new()
        .receive(capture("POST", "/long", &[("Content-Type", "text/plain")], body))
        .keys("enter W")
        .wait_for("›")
        .keys("$")
        .wait_for("456789the end")
        .keys("0")
        .wait_for("012345678")
        .keys("q")
        .end();
}

const WORDS: &str = "Alpha beta\nalpha 12 BETA\nALPHA 345\nend\n";

fn searched(stage: &mut Stage, keys: &str) -> String {
    stage.keys(keys);
    stage.screen()
}

#[test]
fn a_search_is_words_or_an_expression_with_or_without_case() {
    let mut stage = reading(WORDS);
    assert!(searched(&mut stage, "/ \"alpha\"").contains("words · smart case · 1 of 3"));
    assert!(searched(&mut stage, "alt-c").contains("words · case counts · 1 of 1"));
    assert!(searched(&mut stage, "alt-c").contains("words · any case · 1 of 3"));
    assert!(searched(&mut stage, "^u \"a.*[0-9]+$\"").contains("no match"));
    assert!(searched(&mut stage, "^r").contains("expression · any case · 1 of 1"), "{}", stage.screen());
    assert!(searched(&mut stage, "enter").contains("/a.*[0-9]+$/ any case  1 of 1"), "{}", stage.screen());
    assert!(!searched(&mut stage, "esc").contains("of 1"), "{}", stage.screen());
}

#[test]
fn a_mistake_is_pointed_at_and_the_last_good_search_stays() {
    let mut stage = reading(WORDS);
    let screen = searched(&mut stage, "/ ^r \"be(ta\"");
    let rows = screen::rows(&stage.buffer());
    let typed = rows.iter().position(|row| row.contains("/ be(ta")).unwrap();
    let column = |row: usize, text: &str| rows[row].find(text).map(|at| rows[row][..at].chars().count());
    assert_eq!(column(typed + 1, "^ unclosed group"), column(typed, "(ta"), "{screen}");
    // It is not taken, and goes away with what is wrong.
    stage.keys("enter");
    assert!(stage.screen().contains("unclosed group"));
    assert!(searched(&mut stage, "\")\"").contains("1 of 2"), "{}", stage.screen());
    stage.keys("enter n");
    assert!(stage.screen().contains("2 of 2"));
}

#[test]
fn searches_are_remembered_with_how_they_were_meant() {
    let mut stage = reading(WORDS);
    stage.keys("/ ^r \"[0-9]+\" enter / ^u ^r \"beta\" enter / ^u \"xyz\"");
    assert!(searched(&mut stage, "up").contains("words · smart case · 1 of 2"), "{}", stage.screen());
    assert!(searched(&mut stage, "up").contains("expression · smart case · 1 of 2"), "{}", stage.screen());
    assert!(stage.screen().contains("/ [0-9]+"));
    assert!(searched(&mut stage, "up").contains("/ [0-9]+"), "there is nothing older");
    assert!(searched(&mut stage, "down down").contains("/ beta"), "{}", stage.screen());
    // Giving up goes back to the search before.
    assert!(searched(&mut stage, "\"zzz\" esc").contains("/beta  1 of 2"), "{}", stage.screen());
}

#[test]
fn every_view_and_tab_can_be_searched() {
    let mut stage = Stage::new(140, 40);
    stage.receive(capture(
        "POST",
        "/x",
        &[("Content-Type", "application/json"), ("X-One", "needle")],
        "{\"a\":\"needle\"}",
    ));
    stage.keys("enter 1 / ^r \"need.e\" enter");
    for tab in ["1", "v", "v", "v", "2", "4"] {
        assert!(searched(&mut stage, tab).contains("1 of "), "{tab}: {}", stage.screen());
    }
}

#[test]
fn large_bodies_are_searched_off_the_loop() {
    let body = "a line of text, and another one\n".repeat(400_000) + "the needle\n";
    let driver = Driver::new()
        .receive(capture("POST", "/big", &[("Content-Type", "text/plain")], body))
        .keys("enter 1")
        .wait_for("a line of text")
        .keys("/ \"another\"")
        .wait_for("1 of 100,000+")
        // Every letter ends the search before.
        .keys("^u ^r \"t.e_ne+dle$\"")
        .wait_for("expression · smart case · 1 of 1")
        .wait_for("the needle")
        .keys("enter N");
    driver.wait_for("1 of 1").keys("q").end();
}

#[test]
fn escapes_are_shown_as_sent_or_undone() {
    let mut stage = Stage::new(140, 40);
    let body = r#"{"say":"\"hi\" caf\u00e9","trace":"first\n  at second\n","bad":"\u001b[2J\u202e"}"#;
    stage.receive(capture("POST", "/hook", &[("Content-Type", "application/json")], body)).keys("enter");
    let sent = page(&stage);
    assert!(sent.iter().any(|row| row.contains(r#""say": "\"hi\" caf\u00e9","#)), "{sent:?}");
    stage.keys("\\");
    let rows = page(&stage);
    let at = |text: &str| rows.iter().position(|row| row.trim() == text).unwrap_or_else(|| panic!("{text}: {rows:?}"));
    at("\"say\": \"\"hi\" café\",");
    assert_eq!(at("\"trace\": \"first↵") + 1, at("at second↵"));
    at("\"bad\": \"^[[2J<U+202E>\"");
    assert!(stage.screen().contains("escapes undone"), "{}", stage.screen());
    // What is found is what was sent.
    stage.keys("/ \"u00e9\" enter");
    assert!(stage.screen().contains("1 of 1"), "{}", stage.screen());
    stage.keys("esc \\");
    assert_eq!(page(&stage), sent);
    assert!(!stage.screen().contains("escapes undone"));
}
