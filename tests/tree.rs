//! The body as a tree: the cursor line, folds, the path at the top.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use creel::tui::{
    effect::{Copyable, Effect},
    theme::Role,
};
use support::{
    captures::{capture, stripe_invoice},
    driver::Driver,
    stage::Stage,
};

fn json(body: &str) -> creel::model::Capture {
    capture("POST", "/hook", &[("Content-Type", "application/json")], body.to_owned())
}

/// The rows of the page that the inspector shows, from the line with that text on, without the border.
fn page(stage: &Stage) -> Vec<String> {
    let screen = stage.screen();
    let rows = screen.lines().filter_map(|line| line.split("││").nth(1));
    rows.map(|row| row.trim_end_matches(['│', ' ']).trim_start_matches(' ').to_owned()).collect()
}

/// The text of the row that has the look of the cursor.
fn cursor(stage: &Stage) -> Option<String> {
    let (buffer, style) = (stage.buffer(), stage.theme.style(Role::Selection));
    let background = style.bg.expect("a theme in colour");
    let area = buffer.area;
    // The list stands at the left where there is room for both.
    let left = if area.width < 100 { 0 } else { area.width * 9 / 20 };
    (0..area.height).find_map(|y| {
        let cells = (left..area.width).filter(|x| buffer[(*x, y)].bg == background);
        let text: String = cells.map(|x| buffer[(x, y)].symbol().to_owned()).collect();
        (!text.is_empty()).then(|| text.trim().to_owned())
    })
}

#[test]
fn the_cursor_is_moved_and_what_it_is_at_folded() {
    let mut stage = Stage::new(140, 40);
    stage.receive(json(r#"{"a":[1,{"b":2}],"c":{"d":[]},"e":5}"#)).keys("enter");
    assert_eq!(cursor(&stage).as_deref(), Some("{"));
    stage.keys("j");
    assert_eq!(cursor(&stage).as_deref(), Some("\"a\": ["));
    stage.keys("space");
    assert_eq!(cursor(&stage).as_deref(), Some("\"a\": [ ▸ 2 items ],"));
    stage.keys("j");
    assert_eq!(cursor(&stage).as_deref(), Some("\"c\": {"));
    // On a leaf it is what that lies in.
    stage.keys("j space");
    assert_eq!(cursor(&stage).as_deref(), Some("\"c\": { ▸ 1 member },"));
    stage.keys("enter");
    assert_eq!(cursor(&stage).as_deref(), Some("\"c\": {"));
    // A closing bracket is that of its node.
    stage.keys("k space z R j j j");
    assert_eq!(cursor(&stage).as_deref(), Some("\"b\": 2"));
    stage.keys("j space");
    assert_eq!(cursor(&stage).as_deref(), Some("{ ▸ 1 member }"));
    stage.keys("p");
    assert_eq!(cursor(&stage).as_deref(), Some("\"a\": ["));
    stage.keys("} } {");
    assert_eq!(cursor(&stage).as_deref(), Some("\"c\": {"));
    stage.keys("} }");
    assert!(stage.screen().contains("this is the last one"), "{}", stage.screen());
    stage.keys("g p");
    assert!(stage.screen().contains("this lies in nothing else"), "{}", stage.screen());
}

#[test]
fn all_folds_at_once_or_to_a_depth() {
    let mut stage = Stage::new(140, 40);
    stage.receive(json(r#"{"a":[1,{"b":{"c":2}}],"e":5}"#)).keys("enter z M");
    let shown = page(&stage);
    assert!(shown.iter().any(|row| row == "\"a\": [ ▸ 2 items ],"), "{shown:#?}");
    stage.keys("z 2");
    assert!(page(&stage).iter().any(|row| row == "{ ▸ 1 member }"), "{}", stage.screen());
    stage.keys("z 3");
    assert!(page(&stage).iter().any(|row| row == "\"b\": { ▸ 1 member }"), "{}", stage.screen());
    stage.keys("z 9");
    assert!(!stage.screen().contains('▸'), "{}", stage.screen());
    stage.keys("z x");
    assert!(stage.screen().contains("not a fold"), "{}", stage.screen());
    stage.keys("G z M");
    assert_eq!(cursor(&stage).as_deref(), Some("}"));
}

#[test]
fn folds_and_cursor_stay_where_they_are() {
    let mut stage = Stage::new(140, 40);
    let long = "long ".repeat(40);
    let body = format!(r#"{{"z":"{long}","a":[1,{{"b":2}}],"c":{{"d":3}},"e":5}}"#);
    stage.receive(json(&body)).keys("enter z M G k k");
    let at = "\"c\": { ▸ 1 member },";
    assert_eq!(cursor(&stage).as_deref(), Some(at), "{}", stage.screen());
    stage.keys("2 4 1");
    assert_eq!(cursor(&stage).as_deref(), Some(at));
    stage.resize(180, 40);
    assert_eq!(cursor(&stage).as_deref(), Some(at));
    stage.keys("2").resize(120, 30).keys("1");
    assert_eq!(cursor(&stage).as_deref(), Some(at));
    // Another capture is open.
    stage.receive(json(&body)).keys("tab tab G enter");
    assert!(!stage.screen().contains('▸'), "{}", stage.screen());
}

#[test]
fn the_path_stands_above_what_lies_in_what_is_out_of_sight() {
    let mut stage = Stage::new(140, 40);
    let rows: Vec<_> = (0..60).map(|at| format!(r#"{{"id":{at},"odd key ":"x"}}"#)).collect();
    stage.receive(json(&format!(r#"{{"data":{{"lines":[{}]}}}}"#, rows.join(",")))).keys("enter");
    assert!(!stage.screen().contains(" › "));
    stage.keys("G k k k k");
    assert_eq!(cursor(&stage).as_deref(), Some("\"odd key \": \"x\""), "{}", stage.screen());
    assert!(stage.screen().contains("data › lines › [59] › odd key"), "{}", stage.screen());
    // The cursor never goes under it.
    for _ in 0..30 {
        stage.keys("k");
        assert!(cursor(&stage).is_some(), "{}", stage.screen());
    }
    stage.keys("^u ^u pageup");
    assert!(cursor(&stage).is_some(), "{}", stage.screen());
    stage.keys("g");
    assert!(!stage.screen().contains(" › "));
    stage.resize(60, 20).keys("G k k k k");
    assert!(stage.screen().contains("[59] › odd key"), "{}", stage.screen());
}

#[test]
fn a_hit_opens_the_folds_that_hide_it() {
    let mut stage = Stage::new(140, 40);
    stage.receive(json(r#"{"a":[1,{"b":"needle"}],"c":{"d":"needle"}}"#)).keys("enter z M / \"needle\" enter");
    // What was found has a look of its own.
    assert_eq!(cursor(&stage).as_deref(), Some("\"b\": \"\""), "{}", stage.screen());
    assert!(stage.screen().contains("\"c\": { ▸ 1 member }"), "{}", stage.screen());
    stage.keys("n");
    assert_eq!(cursor(&stage).as_deref(), Some("\"d\": \"\""), "{}", stage.screen());
}

#[test]
fn what_does_not_nest_scrolls_and_says_so() {
    let mut stage = Stage::new(140, 40);
    let text = (0..100).map(|line| format!("line {line}\n")).collect::<Vec<_>>().concat();
    stage.receive(capture("POST", "/t", &[("Content-Type", "text/plain")], text)).keys("enter j");
    assert_eq!(cursor(&stage), None);
    assert!(page(&stage).iter().any(|row| row == "line 1") && !stage.screen().contains("line 0 "));
    stage.keys("space");
    assert!(stage.screen().contains("nothing folds here"), "{}", stage.screen());
    stage.keys("z");
    assert!(stage.screen().contains("nothing folds here"), "{}", stage.screen());
}

#[test]
fn a_large_body_is_folded_off_the_loop() {
    let row = r#"{"id":1,"name":"a name","list":[1,2,3]}"#;
    let body = format!(r#"{{"rows":[{}],"last":{{"z":1}}}}"#, vec![row; 20_000].join(","));
    Driver::new()
        .receive(json(&body))
        .keys("enter")
        .wait_for("\"rows\": [")
        .keys("z M")
        .wait_for("\"rows\": [ ▸ 20000 items ],")
        .wait_for("\"last\": { ▸ 1 member }")
        .keys("j space")
        .wait_for("{ ▸ 3 members },")
        .keys("G k")
        .wait_for("\"last\": { ▸ 1 member }")
        .keys("/ \"z\" enter")
        .wait_for("\"z\": 1")
        .keys("esc q")
        .end();
}

/// What is copied by choosing that.
fn copied(stage: &mut Stage, what: &str) -> String {
    stage.keys(&format!("y \"{what}\" enter"));
    match stage.asked.pop() {
        Some(Effect::Copy(_, Copyable::Node(document, node, given))) => {
            String::from_utf8(given.of(&document, &node).unwrap()).unwrap()
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn a_value_is_copied_with_its_path() {
    let mut stage = Stage::new(140, 40);
    stage.receive(json(r#"{"data":{"odd \"key\"":[1,{"a/b":"x\ty"}]}}"#)).keys("enter j j j j j");
    assert_eq!(cursor(&stage).as_deref(), Some(r#""a/b": "x\ty""#));
    assert_eq!(copied(&mut stage, "value"), r#""x\ty""#);
    assert_eq!(copied(&mut stage, "text"), "x\ty");
    assert_eq!(copied(&mut stage, "JSON_pointer"), r#"/data/odd "key"/1/a~1b"#);
    assert_eq!(copied(&mut stage, "jq"), r#".data["odd \"key\""][1]["a/b"]"#);
    stage.keys("k k k");
    assert_eq!(copied(&mut stage, "value"), r#"[1,{"a/b":"x\ty"}]"#);
}

#[test]
fn a_path_that_finds_another_says_so() {
    let mut stage = Stage::new(140, 40);
    stage.receive(json(r#"{"a":1,"a":2}"#)).keys("enter j y \"jq\" enter");
    let Some(Effect::Copy(words, _)) = stage.asked.pop() else { unreachable!("it is copied") };
    assert!(words.contains("the last of several"), "{words}");
    stage.keys("j y \"jq\" enter");
    let Some(Effect::Copy(words, _)) = stage.asked.pop() else { unreachable!("it is copied") };
    assert_eq!(words, "the jq path");
}

#[test]
fn the_list_is_narrowed_to_what_the_cursor_is_at() {
    let mut stage = Stage::new(140, 40);
    stage.receive(json(r#"{"id":"in_1","n":1}"#)).receive(json(r#"{"id":"in_2","n":1}"#));
    stage.receive(json(r#"{"id": "in_1","n":2}"#)).keys("G enter j =");
    assert_eq!(stage.state.filter.text, ".id:in_1");
    assert_eq!(stage.listed(), [1, 3]);
    stage.keys("j =");
    assert_eq!(stage.state.filter.text, ".id:in_1 .n:2");
    assert_eq!(stage.listed(), [3]);
    stage.receive(json(r#"{"items":[{"sku":"A\"1"},{"sku":"B"}]}"#)).keys("F tab tab G enter j j j =");
    assert_eq!(stage.state.filter.text, r#".items[].sku:"A\"1""#, "{}", stage.screen());
    assert_eq!(stage.listed(), [4]);
    stage.keys("g j =");
    assert_eq!(stage.state.filter.text, r#".items[].sku:"A\"1" .items:*"#);
    stage.keys("g =");
    assert!(stage.screen().contains("several values"), "{}", stage.screen());
}

#[test]
fn differences_from_the_request_before_are_gone_through() {
    let mut stage = Stage::new(140, 40);
    stage.receive(json(r#"{"id":1,"gone":true,"in":{"deep":{"a":1,"b":2}},"list":[1,2]}"#));
    stage.receive(capture("POST", "/other", &[], "{}"));
    stage.receive(json(r#"{"id":2,"in":{"deep":{"a":1,"b":3}},"list":[0,1,2]}"#));
    stage.keys("enter z M ]");
    let screen = stage.screen();
    assert!(screen.contains("2 of 4 differences from #1: changed"), "{screen}");
    assert_eq!(cursor(&stage).as_deref(), Some("\"id\": 2,"));
    assert!(screen.contains("-{ ") && screen.contains("~  \"id\": 2"), "{screen}");
    assert!(screen.contains("~  \"in\": { ▸"), "a fold with differences is marked: {screen}");
    stage.keys("]");
    assert_eq!(cursor(&stage).as_deref(), Some("\"b\": 3"), "{}", stage.screen());
    stage.keys("]");
    assert!(stage.screen().contains("4 of 4 differences from #1: new"), "{}", stage.screen());
    stage.keys("]");
    assert!(stage.screen().contains("\"gone\" is not there any more"), "{}", stage.screen());
    stage.keys("[");
    assert!(stage.screen().contains("4 of 4 differences"), "{}", stage.screen());
    stage.keys("tab tab g enter ]");
    assert!(stage.screen().contains("no earlier request of this kind"), "{}", stage.screen());
}

#[test]
fn what_a_value_is_besides_stands_behind_it() {
    let mut stage = Stage::new(140, 40);
    stage.receive(json(r#"{"created":1769851553,"raw":"{\"a\":1}","n":7}"#)).keys("enter j");
    assert!(stage.screen().contains("\"created\": 1769851553,  ‹ 2026-01-31 09:25:53 UTC, 60 s"), "{}", stage.screen());
    stage.keys("j");
    assert!(stage.screen().contains("‹ JSON in a string ›") && !stage.screen().contains("UTC"), "{}", stage.screen());
    stage.keys("j");
    assert!(!stage.screen().contains('‹'), "{}", stage.screen());
}

#[test]
fn what_is_in_a_value_is_laid_out_over_the_panes() {
    let mut stage = Stage::new(140, 40);
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwiZXhwIjoxNzY5ODUxNjczLCJpYXQiOjE3Njk4NTE2MTN9.c2ln";
    let body = format!(
        r#"{{"raw":"{{\"a\":[1,{{\"deep\":\"\\u001b[31m\"}}]}}","token":"{token}","at":1769851553,"n":7,"b":"SGVsbG8sIHdvcmxkIQ==","u":"a%20b%E2%80%AE"}}"#
    );
    stage.receive(json(&body)).keys("enter j enter");
    let screen = stage.screen();
    assert!(screen.contains("JSON in a string") && screen.contains("esc closes"), "{screen}");
    assert!(screen.contains("\"deep\": \"\\u001b[31m\""), "laid out, and as sent: {screen}");
    stage.keys("esc");
    assert!(!stage.screen().contains("esc closes"), "{}", stage.screen());
    assert!(!stage.screen().contains('▸'), "nothing was folded: {}", stage.screen());

    stage.keys("j i");
    let screen = stage.screen();
    assert!(screen.contains("a JWT, decoded, not verified") && screen.contains("\"alg\": \"HS256\""), "{screen}");
    assert!(screen.contains("exp  expire") && screen.contains("2026-01-31 09:27:53 UTC"), "{screen}");
    assert!(screen.contains("iat  issued") && screen.contains("\"sub\": \"1\""), "{screen}");
    assert!(!screen.replace("not verified", "").contains("verified"), "{screen}");

    stage.keys("esc } enter");
    assert!(stage.screen().contains("2026-01-31 09:25:53 UTC, 60 s before it came"), "{}", stage.screen());
    // What is only what it seems opens nothing; the key that folds as well folds.
    stage.keys("esc j i");
    assert!(stage.screen().contains("this is what it seems"), "{}", stage.screen());
    stage.keys("j enter");
    assert!(stage.screen().contains("Base64: 13 B of text") && stage.screen().contains("Hello, world!"));
    stage.keys("q j enter");
    assert!(stage.screen().contains("URL-encoded") && stage.screen().contains("a b<U+202E>"), "{}", stage.screen());
    stage.keys("esc k k enter");
    assert_eq!(cursor(&stage).as_deref(), Some("{ ▸ 6 members }"));
}

#[test]
fn what_is_inside_scrolls_and_follows_the_size_of_the_screen() {
    let mut stage = Stage::new(140, 40);
    let rows: Vec<_> = (0..90).map(|at| format!(r#"\"row {at}\""#)).collect();
    stage.receive(json(&format!(r#"["[{}]"]"#, rows.join(",")))).keys("enter j enter");
    assert!(stage.screen().contains("\"row 5\",") && !stage.screen().contains("row 89"), "{}", stage.screen());
    stage.keys("G");
    assert!(stage.screen().contains("\"row 89\""), "{}", stage.screen());
    stage.resize(60, 20);
    assert!(stage.screen().contains("esc closes"), "{}", stage.screen());
    stage.keys("G");
    assert!(stage.screen().contains("\"row 89\""), "{}", stage.screen());
    stage.keys("g");
    assert!(stage.screen().contains("JSON in a string"), "{}", stage.screen());
    stage.keys("enter");
    assert!(!stage.screen().contains("esc closes"), "{}", stage.screen());
}

#[test]
fn elements_have_a_path_too() {
    let mut stage = Stage::new(140, 40);
    let rows = (0..50).map(|at| format!("<item id='{at}'><name>n</name><x/></item>")).collect::<Vec<_>>().concat();
    let body = format!("<list><rows>{rows}</rows></list>");
    stage.receive(capture("POST", "/x", &[("Content-Type", "application/xml")], body)).keys("enter G k k k");
    assert!(stage.screen().contains("list › rows › item › x"), "{}", stage.screen());
    stage.keys("p space");
    assert_eq!(cursor(&stage).as_deref(), Some("<item id='49'> ▸ 2 inside </item>"));
    let mut stage = Stage::new(140, 40);
    stage.receive(stripe_invoice()).keys("enter z M");
    assert!(stage.screen().contains("▸"), "{}", stage.screen());
}

#[test]
fn a_name_that_stands_twice_is_marked() {
    let mut stage = Stage::new(140, 40);
    stage.receive(json(r#"{"a":1,"b":{"a":2},"a":{"c":3,"d":4},"e":5}"#)).keys("enter");
    let marked = |stage: &Stage| page(stage).into_iter().filter(|row| row.contains("‹ again ›")).collect::<Vec<_>>();
    assert_eq!(marked(&stage), ["\"a\": {  ‹ again ›"]);
    stage.keys("z M");
    assert_eq!(marked(&stage), ["\"a\": { ▸ 2 members },  ‹ again ›"], "{}", stage.screen());
    stage.receive(json(r#"{"a":1,"b":2}"#)).keys("tab tab G enter");
    assert!(marked(&stage).is_empty(), "{}", stage.screen());
}
