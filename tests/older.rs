//! What the inbox has beyond the ring, as a user comes to it: by scrolling past the oldest row, or by a filter.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests say what went wrong by panicking")]

mod support;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use creel::{
    model::{Capture, Seq},
    tui::runtime::End,
};
use crossterm::event::{Event, KeyModifiers, MouseEvent, MouseEventKind};
use support::{
    captures::{capture, get_health, later, stripe_invoice},
    driver::Driver,
    inbox::Kept,
    stage::session,
};

/// So many captures, each with its number as its path, a second apart.
fn many(count: i64) -> impl Iterator<Item = Capture> {
    (1..=count).map(move |number| {
        let body = format!("{{\"number\":{number}}}");
        later(capture("POST", format!("/n/{number}."), &[("Content-Type", "application/json")], body), number - count)
    })
}

fn driver(kept: &Kept, ring: usize) -> Driver {
    Driver::over(session(&[]), kept.loaded(ring), (140, 24))
}

/// Waits for something that another thread brings about.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "{what}: it did not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The selected row.
fn selected(rows: &[String]) -> &str {
    rows.iter().find(|row| row.starts_with("│▌")).map_or("", String::as_str)
}

fn at(number: u64) -> String {
    format!("/n/{number}. ")
}

#[test]
fn scrolling_up_goes_on_into_the_inbox_to_its_oldest() {
    let kept = Kept::with(many(650));
    let driver = driver(&kept, 10)
        .on(&at(650))
        .wait_for("10 of 650")
        .keys("g")
        .on(&at(641))
        .wait_for("210 of 650")
        // It stays, and what is above is in sight.
        .on(&at(641))
        .keys("k k")
        .on(&at(639))
        .wait_for("\"number\": 639")
        .keys("g")
        .on(&at(441))
        .wait_for("410 of 650")
        // On the first row it is a wish for what is not here yet.
        .keys("g k")
        .wait_for("610 of 650")
        .keys("g g g")
        .on(&at(1))
        .wait_for("the oldest in the inbox")
        .wait_without("of 650")
        .keys("k k")
        .on(&at(1))
        .keys("j")
        .on(&at(2))
        .keys("G")
        .on(&at(650))
        .wait_for("● live");
    assert_eq!(driver.keys("q").end(), End::Quit);
}

#[test]
fn keys_pressed_while_a_page_loads_are_not_lost() {
    let kept = Kept::with(many(300));
    let driver = driver(&kept, 5).on(&at(300)).keys("g k k k k k").on(&at(291)).keys("ctrl-b ctrl-b").wait_until(
        "further up",
        |rows| {
            let row = selected(rows);
            let number: u64 = row.split("/n/").nth(1).and_then(|rest| rest.split('.').next()).unwrap().parse().unwrap();
            number < 280
        },
    );
    driver.keys("q").end();
}

#[test]
fn the_wheel_comes_to_the_inbox_too() {
    let kept = Kept::with(many(60));
    let driver = driver(&kept, 5).on(&at(60));
    let wheel = MouseEvent { kind: MouseEventKind::ScrollUp, column: 5, row: 5, modifiers: KeyModifiers::empty() };
    (0..7).for_each(|_| driver.send(Event::Mouse(wheel)));
    driver.on(&at(53)).keys("q").end();
}

#[test]
fn a_filter_that_finds_little_in_the_ring_searches_the_inbox() {
    let mut captures: Vec<Capture> = many(3000).collect();
    for at in [10, 700, 2990] {
        captures[at].head = stripe_invoice().head;
    }
    let kept = Kept::with(captures);
    driver(&kept, 20)
        .on(&at(3000))
        .keys("/ \"path:/stripe\" enter")
        .list(&["/stripe", "/stripe", "> /stripe"])
        .wait_for("3 of 3,000")
        .wait_for("searched to the oldest in the inbox, 2,980 looked at")
        // Another filter, another search.
        .keys("/ ctrl-u \"body:number_method:POST\" enter")
        .wait_for(" 20 of 3,000")
        .keys("g")
        .wait_for("70 of 3,000")
        .keys("g")
        .wait_for("120 of 3,000")
        .keys("F")
        .wait_for("20 of 3,000")
        .wait_without("searched")
        .keys("q")
        .end();
}

#[test]
fn a_filter_that_is_typed_searches_once_it_stands() {
    let kept = Kept::with([get_health()].into_iter().chain(many(100)));
    driver(&kept, 10).on(&at(100)).keys("/ \"path:/health\"").list(&["> /health"]).keys("esc q").end();
}

#[test]
fn what_is_older_is_deleted_pinned_and_kept_in_the_inbox() {
    let kept = Kept::with(many(100));
    let driver = driver(&kept, 10)
        .on(&at(100))
        .keys("g k k")
        .on(&at(89))
        .keys("D")
        .on(&at(90))
        .wait_for(" 99 ╮")
        .keys("k m")
        .wait_for("#88 stays in the inbox")
        .wait_until("a mark", |rows| selected(rows).contains('◆'));
    until("it is gone", || kept.archive().by_seq(Seq(89)).unwrap().is_none());
    until("it is pinned", || kept.archive().marks_of(Seq(88)).unwrap().pinned);
    // It is not loaded again, and the pin is known.
    let driver = driver.keys("/ \"pinned:true\" enter").list(&["> /n/88."]).keys("F").on(&at(100));
    driver.keys("g k k k").on(&at(87)).keys("q").end();
    assert_eq!(kept.archive().count().unwrap(), 99);
}

#[test]
fn what_leaves_the_ring_while_older_ones_are_read_leaves_no_hole() {
    let kept = Kept::with(many(40));
    let store = kept.loaded(10);
    let driver = Driver::over(session(&[]), store.clone(), (140, 40)).on(&at(40)).keys("g k").on(&at(30));
    for number in 41..=60 {
        store.push(capture("POST", format!("/n/{number}."), &[], "x"));
    }
    let driver = driver.wait_for(" new ↓ G").on(&at(30));
    // Every row from there on.
    (31..=60).fold(driver, |driver, number| driver.keys("j").on(&at(number))).keys("q").end();
}

#[test]
fn a_row_that_stands_aside_is_no_way_past_what_lies_between() {
    let kept = Kept::with(many(900));
    let store = kept.loaded(10);
    store.pin(Seq(450)).unwrap();
    until("it is pinned", || kept.archive().marks_of(Seq(450)).unwrap().pinned);
    assert!(store.close(Duration::from_secs(60)));
    drop(store);
    let driver = driver(&kept, 10).on(&at(900)).keys("g").on(&at(450)).keys("j").on(&at(891)).keys("k").on(&at(890));
    // And from the row aside one gets to its own neighbours, and back.
    let driver =
        driver.keys("g").on(&at(450)).keys("k k").on(&at(448)).keys("j j j").on(&at(451)).keys("j").on(&at(452));
    driver.keys("G").on(&at(900)).wait_for("● live").keys("q").end();
}

#[test]
fn an_inbox_that_cannot_be_read_is_said() {
    let kept = Kept::with(many(100));
    let driver = driver(&kept, 10).on(&at(100));
    std::fs::rename(kept.folder().join("journal.db"), kept.folder().join("away")).unwrap();
    let driver = driver.keys("g").wait_for("the inbox cannot be read:").on(&at(91));
    std::fs::rename(kept.folder().join("away"), kept.folder().join("journal.db")).unwrap();
    driver.keys("k").on(&at(90)).wait_without("cannot be read").keys("q").end();
}

#[test]
fn older_ones_are_exported_with_the_list() {
    let kept = Kept::with(many(30));
    let store = kept.loaded(5);
    let held: Vec<Arc<Capture>> = store.changes_since(Seq(0), 0).new;
    assert!(held.is_empty(), "those of an earlier run are told apart");
    Driver::over(session(&[]), store, (140, 40))
        .on(&at(30))
        .keys("g k")
        .on(&at(25))
        .keys("x enter")
        .wait_for("all 30 requests")
        .keys("esc q")
        .end();
}
