//! Filtering in the interface: what is asked and what is not, how far it is, what it marks, what it offers, and filters
//! that need no typing.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use creel::{
    model::{Capture, Seq},
    query::Query,
    tui::{
        chord::Chord,
        effect::Effect,
        message::{Matched, Message},
        saved::Saved,
        theme::Role,
        update::update,
    },
};
use crossterm::event::{KeyCode, KeyModifiers};
use support::{
    captures::{capture, get_health, github_push, stripe_invoice},
    driver::Driver,
    stage::Stage,
};

fn json(path: &str, body: &str) -> Capture {
    capture("POST", path, &[("Content-Type", "application/json")], body.to_owned())
}

/// Which captures a key makes the filter ask, in order; the answers are not given.
fn asked(stage: &mut Stage, key: char) -> (u64, Vec<u64>) {
    let chord = Chord { code: KeyCode::Char(key), modifiers: KeyModifiers::empty() };
    let effects = update(&mut stage.state, Message::Key(chord));
    let asked = effects.into_iter().find_map(|effect| match effect {
        Effect::Match { generation, among, anew: true, .. } => {
            Some((generation, among.iter().map(|(capture, _)| capture.seq.0).collect()))
        }
        _ => None,
    });
    asked.expect("nothing was asked")
}

fn answer(stage: &mut Stage, generation: u64, yes: &[u64], no: &[u64], left: usize) {
    let results = yes.iter().map(|seq| (Seq(*seq), true)).chain(no.iter().map(|seq| (Seq(*seq), false))).collect();
    stage.tell(Message::Matched(Matched { generation, results, left: Some(left) }));
}

fn five() -> Stage {
    let mut stage = Stage::new(140, 40);
    for path in ["/a", "/ab", "/abc", "/b", "/c"] {
        stage.receive(json(path, "{}"));
    }
    stage
}

#[test]
fn a_replay_that_was_not_answered_has_failed() {
    use creel::{
        model::{Failure, Outcome},
        query::{Facts, Replayed},
    };
    let failure = Outcome::Failed(Failure { kind: "refused", sentence: "nothing listens there".to_owned() });
    let (query, capture) = (Query::parse("failed:true").unwrap(), get_health());
    let failed = |replay| query.matches(&capture, &Facts { replay, ..Facts::default() });
    assert!(failed(Replayed::of(&failure)) && failed(Some(Replayed::Answered(404))));
    assert!(!failed(Some(Replayed::Answered(204))) && !failed(Replayed::of(&Outcome::Cancelled)) && !failed(None));
}

#[test]
fn a_narrower_query_is_asked_of_what_matched_alone() {
    let mut stage = five();
    stage.keys("/ \"path:a\"");
    assert_eq!(stage.listed(), [1, 2, 3]);
    let (generation, among) = asked(&mut stage, 'b');
    assert_eq!(among, [3, 2, 1]);
    // Before it is answered the list is not all that may match.
    assert_eq!(asked(&mut stage, 'c').1, [5, 4, 3, 2, 1]);
    answer(&mut stage, generation, &[2], &[], 0);
    assert_eq!(stage.listed(), [1, 2, 3], "the answer is to an older query");
    stage.keys("backspace");
    assert_eq!(stage.listed(), [2, 3]);
    // A wider one is asked of all.
    let chord = "backspace".parse().unwrap();
    let effects = update(&mut stage.state, Message::Key(chord));
    let count = effects.iter().find_map(|effect| match effect {
        Effect::Match { among, .. } => Some(among.len()),
        _ => None,
    });
    assert_eq!(count, Some(5));
}

#[test]
fn what_arrives_while_it_narrows_is_asked_too() {
    let mut stage = five();
    stage.keys("/ \"path:a\"");
    stage.store.push(json("/abcd", "{}"));
    let (seq, rejections) = stage.state.captures.cursor();
    let changes = stage.store.changes_since(seq, rejections);
    // What was asked of the new one is answered too late.
    let effects = update(&mut stage.state, Message::Changed(Box::new(changes)));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Match { anew: false, .. })));
    assert_eq!(asked(&mut stage, 'b').1, [6, 3, 2, 1]);
}

#[test]
fn ages_are_asked_of_all() {
    let mut stage = five();
    stage.keys("/ \"age:<1h_a\"");
    assert_eq!(asked(&mut stage, 'b').1.len(), 5);
}

#[test]
fn a_long_search_says_how_far_it_is() {
    let mut stage = five();
    stage.keys("/");
    let (generation, _) = asked(&mut stage, 'b');
    assert!(!stage.screen().contains("filtering…"), "a short one says nothing");
    answer(&mut stage, generation, &[], &[5, 4], 3);
    assert!(stage.screen().contains("filtering… 2 of 5"), "{}", stage.screen());
    stage.keys("enter");
    assert!(stage.screen().lines().nth(1).unwrap().contains("filtering… 2 of 5"), "{}", stage.screen());
    answer(&mut stage, generation, &[3, 2], &[1], 0);
    assert!(stage.screen().lines().nth(1).unwrap().contains(" 2 of 5 "), "{}", stage.screen());
    assert_eq!(stage.listed(), [2, 3]);
}

/// The runs of cells that are marked, in order, with their rows.
fn marked(stage: &Stage) -> Vec<String> {
    let (buffer, style) = (stage.buffer(), stage.theme.style(Role::Match));
    let mut found: Vec<String> = Vec::new();
    for y in 0..buffer.area.height {
        let mut before = false;
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let is = style.bg.map_or(style.fg == Some(cell.fg), |bg| bg == cell.bg);
            match (is, before, found.last_mut()) {
                (true, true, Some(last)) => last.push_str(cell.symbol()),
                (true, ..) => found.push(cell.symbol().to_owned()),
                _ => {}
            }
            before = is;
        }
    }
    found
}

#[test]
fn what_was_found_is_marked() {
    let mut stage = Stage::new(140, 40);
    stage.receive(json("/Invoice/1", "{\"kind\":\"invoice\",\"in\":\"an invoice\"}"));
    stage.receive(get_health());
    stage.keys("/ \"invoice\" enter");
    assert_eq!(marked(&stage), ["Invoice", "invoice", "invoice"]);
    // A search goes before it, and leaves it when it ends.
    stage.keys("enter / \"kind\"");
    assert!(marked(&stage).iter().all(|text| text != "invoice"), "{:?}", marked(&stage));
    stage.keys("esc esc");
    assert_eq!(marked(&stage), ["Invoice", "invoice", "invoice"]);
    stage.keys("esc");
    assert!(marked(&stage).is_empty());
    for (query, expected) in [
        ("path:/inv*", &["/Invoice/1"[..4].to_owned()][..]),
        ("-health", &[]),
        ("body:/an?/", &["an".to_owned()]),
        ("method:POST", &["POST".to_owned()]),
        (".kind:invoice", &[]),
    ] {
        stage.keys(&format!("/ \"{query}\" enter"));
        assert_eq!(marked(&stage), expected, "{query}");
        stage.keys("F");
    }
    stage.keys("/ \"header.content-type:json\" enter 2");
    assert_eq!(marked(&stage), ["json"]);
}

#[test]
fn a_large_body_is_marked_off_the_loop() {
    let mut stage = Stage::new(140, 40);
    let filler = "x".repeat(100_000);
    stage.receive(json("/", &format!("{{\"a\":\"needle\",\"b\":\"{filler}\"}}")));
    stage.keys("/ \"needle\" enter");
    assert_eq!(marked(&stage), ["needle"]);
}

#[test]
fn what_was_seen_is_offered_with_its_count() {
    let mut stage = Stage::new(140, 40);
    stage.receive(stripe_invoice()).receive(github_push()).receive(json("/a", "{\"data\":{\"odd\":1}}"));
    stage.receive(json("/a", "{\"data\":{\"odd\":2}}"));
    stage.keys("/ \"path:\"");
    assert!(stage.screen().contains("tab  /a ×2  /"), "{}", stage.screen());
    stage.keys("tab");
    assert_eq!(stage.state.filter.text, "path:/a");
    assert_eq!(stage.listed(), [3, 4]);
    stage.keys("^u \".data.od\" tab");
    assert_eq!(stage.state.filter.input.as_ref().unwrap().value(), ".data.odd:");
    stage.keys("tab");
    assert_eq!(stage.state.filter.text, ".data.odd:1");
    stage.keys("tab");
    assert_eq!(stage.state.filter.text, ".data.odd:2");
    assert_eq!(stage.listed(), [4]);
    stage.keys("^u \"event:invoice\"");
    assert!(stage.screen().contains("×1"), "{}", stage.screen());
}

#[test]
fn the_real_loop_looks_values_up() {
    Driver::new()
        .receive(stripe_invoice())
        .receive(github_push())
        .keys("/ \"event:\"")
        .wait_for("tab  invoice")
        .wait_for("×1")
        .keys("tab")
        .list(&["> invoice"])
        .keys("esc q")
        .end();
}

/// Opens the quick filters and takes the one of that name.
fn quick(stage: &mut Stage, name: &str) {
    stage.keys("Q");
    for char in name.chars() {
        stage.tell(Message::Key(Chord { code: KeyCode::Char(char), modifiers: KeyModifiers::empty() }));
    }
    stage.keys("enter");
}

#[test]
fn the_selected_request_gives_filters() {
    for (name, query, listed) in [
        ("this provider", "provider:stripe", &[2, 3][..]),
        ("this event", "event:=invoice.paid", &[2, 3]),
        ("this method", "method:POST", &[1, 2, 3]),
        ("this type", "type:application/json", &[1, 2, 3]),
        ("answered like this", "status:2xx", &[1, 2, 3, 4]),
        ("failed only", "status:>=400 or failed:true", &[]),
        ("pinned only", "pinned:true", &[]),
    ] {
        let mut stage = Stage::new(140, 40);
        stage.receive(github_push()).receive(stripe_invoice()).receive(stripe_invoice()).receive(get_health());
        stage.keys("g j");
        assert_eq!(stage.selected(), Some(2));
        stage.keys("Q");
        assert!(stage.screen().contains(name) && stage.screen().contains(query), "{name}: {}", stage.screen());
        stage.keys("esc");
        quick(&mut stage, name);
        assert_eq!((stage.state.filter.text.as_str(), stage.listed().as_slice()), (query, listed), "{name}");
        assert_eq!(Query::parse(query).unwrap(), stage.state.filter.query);
    }
}

#[test]
fn filters_add_up_and_turn_around() {
    let mut stage = Stage::new(140, 40);
    stage.receive(github_push()).receive(stripe_invoice()).receive(get_health()).keys("g");
    quick(&mut stage, "this provider");
    quick(&mut stage, "this method");
    assert_eq!(stage.state.filter.text, "provider:github method:POST");
    assert_eq!(stage.listed(), [1]);
    stage.keys("I");
    assert_eq!(stage.state.filter.text, "not (provider:github method:POST)");
    assert_eq!(stage.listed(), [2, 3]);
    stage.keys("I");
    assert_eq!(stage.listed(), [1]);
    stage.keys("F I");
    assert!(stage.screen().contains("nothing is filtered"));
}

fn saved(stage: &mut Stage) -> Vec<(String, Option<String>)> {
    let asked = std::mem::take(&mut stage.asked).into_iter().filter_map(|effect| match effect {
        Effect::SaveQuery(name, query) => Some((name, query)),
        _ => None,
    });
    asked.collect()
}

#[test]
fn a_filter_is_saved_under_a_name() {
    let mut stage = Stage::new(140, 40);
    stage.receive(github_push()).receive(stripe_invoice());
    stage.keys("/ \"provider:stripe\" enter K \"of_Stripe\" enter");
    assert_eq!(saved(&mut stage), [("of Stripe".to_owned(), Some("provider:stripe".to_owned()))]);
    assert!(stage.screen().contains("saved as of Stripe"), "{}", stage.screen());
    stage.keys("F");
    assert_eq!(stage.listed(), [1, 2]);
    quick(&mut stage, "of stripe");
    assert_eq!(stage.listed(), [2]);
    stage.keys("I K \"of_Stripe\" enter");
    assert_eq!(saved(&mut stage), [("of Stripe".to_owned(), Some("not provider:stripe".to_owned()))]);
    assert_eq!(stage.state.filter.saved.len(), 1);
    quick(&mut stage, "forget");
    stage.keys("enter");
    assert_eq!(saved(&mut stage), [("of Stripe".to_owned(), None)]);
    assert!(stage.state.filter.saved.is_empty());
    stage.keys("K enter");
    assert_eq!(saved(&mut stage), []);
}

#[test]
fn a_query_of_the_configuration_has_a_key_and_stays() {
    let mut stage = Stage::new(140, 40);
    let key = Some("f2".parse().unwrap());
    stage.state.filter.saved =
        vec![Saved { name: "stripe".to_owned(), query: "provider:stripe".to_owned(), key, fixed: true }];
    stage.receive(github_push()).receive(stripe_invoice()).keys("f2");
    assert_eq!(stage.listed(), [2]);
    stage.keys("Q");
    assert!(stage.screen().contains("f2  provider:stripe"), "{}", stage.screen());
    assert!(!stage.screen().contains("forget a saved"));
    stage.keys("esc K \"stripe\" enter");
    assert_eq!(saved(&mut stage), []);
    assert!(stage.screen().contains("the configuration has a query of that name"));
}
