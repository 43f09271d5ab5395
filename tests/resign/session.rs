//! Signing afresh as a user does it in the interface.

use creel::signature::{Age, Judge, Secret, appoint};
use zeroize::Zeroizing;

use super::{
    handler::{SECRET, strict},
    support::{
        captures::{get_health, stripe_invoice},
        driver::Driver,
        screen::assert_golden,
        stage::{Stage, session},
    },
};

/// The judge of this process. Every test of it appoints the same one.
fn judge() {
    let secret = |named: &str| Secret::new(named.parse().unwrap(), Zeroizing::new(SECRET.as_bytes().to_vec()));
    appoint(Some(Judge::new(vec![secret("stripe=env:STRIPE_SECRET")], Age::Scheme, Vec::new())));
}

fn now() -> i64 {
    "2026-01-31T09:27:01Z".parse::<jiff::Timestamp>().unwrap().as_second()
}

#[test]
fn a_stale_request_passes_once_it_is_sent_afresh() {
    judge();
    let (url, requests) = strict(now);
    let driver = Driver::with_target(&url)
        .receive(stripe_invoice())
        .keys("r")
        .wait_for("401 Unauthorized")
        .keys("R")
        .wait_for("signature: as captured")
        .keys("^s")
        .wait_for("signature: fresh")
        .keys("enter")
        .wait_for("re-signed · 2 headers changed")
        .wait_for("200 OK");
    // From now on `r` does the same, and the chooser says so.
    let driver = driver.keys("r").wait_until("two that passed", |rows| {
        rows.iter().filter(|row| row.contains("200 OK") && row.contains("re-signed")).count() == 2
    });
    let driver = driver
        .keys("R")
        .wait_for("signature: fresh ")
        .keys("^s")
        .wait_for("signature: fresh, with a new id")
        .keys("esc");
    assert!(!driver.screen().contains(SECRET));
    // Old and new stand in the tab of the replay, the secret nowhere.
    let driver = driver.keys("6").wait_for("stripe with env:STRIPE_SECRET");
    assert!(!driver.screen().contains(SECRET));
    driver.keys("q").end();
    assert_eq!(requests.iter().take(3).filter(|request| request.headers.contains_key("stripe-signature")).count(), 3);
}

#[test]
fn what_cannot_be_signed_says_why_where_the_user_looks() {
    judge();
    let (url, requests) = strict(now);
    Driver::with_target(&url)
        .receive(get_health())
        .keys("R")
        .wait_for("signature: as captured")
        .keys("^s enter")
        .wait_for("not signed afresh: its sender is not known")
        .keys("q")
        .end();
    assert!(requests.try_recv().is_err(), "something was sent");
}

#[test]
fn an_edited_draft_is_signed_as_it_was_edited() {
    judge();
    let (url, requests) = strict(now);
    let mut target = session(&[&url]);
    let options = creel::replay::Options { sign: creel::replay::Sign::Fresh, ..Default::default() };
    target.targets = target.targets.into_iter().map(|target| target.with(options.clone())).collect();
    Driver::with(target, creel::store::Limits::default(), (140, 40))
        .receive(stripe_invoice())
        .keys("e")
        .wait_for("Edit #1 as a draft")
        .keys("end left \"_\" ^s")
        .wait_for("a draft of #1 is kept")
        .list(&["/stripe", "> draft /stripe"])
        .keys("r")
        .wait_for("re-signed")
        .wait_for("200 OK")
        .keys("q")
        .end();
    requests.recv().unwrap();
}

#[test]
fn the_chooser_says_how_it_signs() {
    for (width, height) in [(140, 40), (80, 24), (60, 20)] {
        let mut stage =
            Stage::with(session(&["http://localhost:3000/webhooks", "staging=https://s.example"]), (width, height));
        stage.receive(stripe_invoice()).keys("R ^s");
        assert_golden(&format!("resign_chooser_{width}x{height}"), &stage.screen());
    }
}
