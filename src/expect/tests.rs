//! Expectations under a clock that the tests turn.

use std::future::{pending, ready};

use bytes::Bytes;
use futures_util::stream;
use tokio::{
    io::DuplexStream,
    time::{Instant, sleep},
};

use super::*;
use crate::headless::JsonLines;
use crate::model::{Answer, Body, CaptureId, Fidelity, Head, Refusal, Rejected, Timing, Version, Wire};
use crate::store::{Limits, Store};

fn capture(method: &str, target: &str) -> Capture {
    Capture {
        id: CaptureId::fixed(7),
        seq: Seq(0),
        received_at: Timestamp::UNIX_EPOCH,
        remote: None,
        head: Head::from_parts(method.as_bytes(), target.as_bytes(), Version::Http11, [], Fidelity::Exact),
        body: Body::complete(Bytes::new()),
        trailers: Box::default(),
        answer: Arc::new(Answer::status(200)).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    }
}

fn rejected() -> Rejected {
    Rejected {
        received_at: Timestamp::UNIX_EPOCH,
        remote: "127.0.0.1:9".parse().unwrap(),
        refusal: Refusal::Malformed,
        reason: "invalid header\u{1b}[2J".to_owned(),
        status: Some(400),
        raw: Bytes::new(),
    }
}

fn store() -> Store {
    Store::new(Limits { count: 100, bytes: 1 << 20, spool: 0 })
}

fn expectation(query: &str, count: u64, seconds: u64) -> Expectation {
    Expectation {
        query: Query::parse(query).unwrap(),
        written: query.to_owned(),
        count,
        none: false,
        within: Some(Duration::from_secs(seconds)),
    }
}

/// Writes the target of each capture on a line.
fn targets<O: AsyncWrite + Unpin>(out: O) -> Matches<O> {
    let lines = JsonLines {
        ready: |url, _| url.to_owned(),
        capture: |capture, out| out.write_all(capture.head.target()),
        attempt: crate::export::attempt_line,
        rejected: |_| String::new(),
    };
    Matches::new(Mode::Json(lines), out)
}

/// What came of it, how long that took, and what was printed.
struct Outcome {
    verdict: Verdict,
    tally: Tally,
    seconds: f64,
    printed: String,
}

async fn watched(
    expectation: &Expectation,
    arrivals: impl Stream<Item = Arrival>,
    command: impl Future<Output = CommandEnd>,
) -> Outcome {
    let start = Instant::now();
    let mut tally = Tally::default();
    let mut matches = targets(Vec::new());
    let deadline = sleep(expectation.within.unwrap_or(Duration::MAX));
    let clock = || Timestamp::UNIX_EPOCH;
    let verdict = watch(expectation, &mut tally, arrivals, &mut matches, deadline, command, clock).await.unwrap();
    let printed = String::from_utf8(matches.out.unwrap()).unwrap();
    Outcome { verdict, tally, seconds: start.elapsed().as_secs_f64(), printed }
}

/// Pushes captures of those targets, a second between them.
fn push_slowly(store: &Store, targets: &'static [&'static str]) {
    let store = store.clone();
    tokio::spawn(async move {
        for target in targets {
            sleep(Duration::from_secs(1)).await;
            store.push(capture("POST", target));
        }
        // Whoever waits for news waits for the clock.
        sleep(Duration::from_secs(1_000_000)).await;
    });
}

fn near(outcome: &Outcome) -> Vec<String> {
    outcome
        .tally
        .nearest()
        .iter()
        .map(|near| String::from_utf8_lossy(near.capture.head.target()).into_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn it_is_met_as_soon_as_enough_has_come() {
    let store = store();
    push_slowly(&store, &["/a1", "/b1", "/a2", "/a3"]);
    let outcome = watched(&expectation("path:/a", 2, 30), of_store(store), pending()).await;
    assert_eq!((outcome.verdict, outcome.seconds, outcome.printed.as_str()), (Verdict::Met, 3.0, "/a1\n/a2\n"));
    assert_eq!((outcome.tally.matched(), outcome.tally.others()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn too_few_in_time_is_late_and_what_came_is_held() {
    let store = store();
    store.reject(rejected());
    push_slowly(&store, &["/a1", "/b1", "/b2"]);
    let expectation = expectation("path:/a method:POST", 2, 30);
    let outcome = watched(&expectation, of_store(store), pending()).await;
    assert_eq!((&outcome.verdict, outcome.seconds), (&Verdict::Late, 30.0));
    assert_eq!(near(&outcome), ["/b2", "/b1"]);
    let said = report::sentences(&expectation, &outcome.tally, &outcome.verdict);
    assert_eq!(
        said,
        [
            "expected 2 captures of `path:/a method:POST` within 30 s: 1 came, and 2 others did",
            "nearest: #3 POST /b2 — path is /b2, not /a",
            "    and: #2 POST /b1 — path is /b1, not /a",
            "1 more was no HTTP request that could be read: invalid header^[[2J",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_the_last_moment_counts_and_what_comes_later_does_not() {
    for (seconds, met) in [(29_999, true), (30_001, false)] {
        let (store, later) = (store(), store());
        let pushed = if met { &store } else { &later }.clone();
        tokio::spawn(async move {
            sleep(Duration::from_millis(seconds)).await;
            pushed.push(capture("POST", "/a"));
        });
        let outcome = watched(&expectation("path:/a", 1, 30), of_store(store), pending()).await;
        assert_eq!(outcome.verdict.is_met(), met);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_at_all_is_said_as_that() {
    let expectation = expectation("", 1, 1);
    let outcome = watched(&expectation, of_store(store()), pending()).await;
    let said = report::sentences(&expectation, &outcome.tally, &outcome.verdict);
    assert_eq!(said, ["expected 1 capture within 1 s: nothing came at all"]);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_fails_decides_after_what_it_sent_was_looked_at() {
    let failed = CommandEnd::Code(3);
    let outcome = watched(&expectation("path:/a", 1, 30), of_store(store()), async {
        sleep(Duration::from_secs(2)).await;
        failed
    })
    .await;
    assert_eq!((outcome.verdict, outcome.seconds), (Verdict::Command(failed), 2.0));
    let store = store();
    store.push(capture("POST", "/b"));
    store.push(capture("POST", "/a"));
    let outcome = watched(&expectation("path:/a", 1, 30), of_store(store), ready(failed)).await;
    assert_eq!(outcome.verdict, Verdict::Met);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_ends_well_is_waited_after() {
    let store = store();
    push_slowly(&store, &["/b", "/b", "/a"]);
    let outcome = watched(&expectation("path:/a", 1, 30), of_store(store), ready(CommandEnd::Code(0))).await;
    assert_eq!((outcome.verdict, outcome.seconds), (Verdict::Met, 3.0));
}

#[tokio::test(start_paused = true)]
async fn none_is_met_in_the_end_and_broken_by_the_first() {
    let none = |within: Option<u64>| Expectation {
        none: true,
        within: within.map(Duration::from_secs),
        ..expectation("path:/a", 1, 0)
    };
    let soon = || async {
        sleep(Duration::from_secs(5)).await;
        CommandEnd::Code(0)
    };
    let quiet = store();
    push_slowly(&quiet, &["/b"]);
    // Where a time is given it is all watched; where not, as long as the command runs.
    let outcome = watched(&none(Some(30)), of_store(quiet.clone()), soon()).await;
    assert_eq!((outcome.verdict, outcome.seconds), (Verdict::Met, 30.0));
    let outcome = watched(&none(None), of_store(quiet.clone()), soon()).await;
    assert_eq!((outcome.verdict, outcome.seconds), (Verdict::Met, 5.0));
    let failed = CommandEnd::Signal(9);
    let outcome = watched(&none(None), of_store(quiet), ready(failed)).await;
    assert_eq!(outcome.verdict, Verdict::Command(failed));
    let loud = store();
    push_slowly(&loud, &["/b", "/a", "/a"]);
    let expectation = none(Some(30));
    let outcome = watched(&expectation, of_store(loud), pending()).await;
    assert_eq!((&outcome.verdict, outcome.seconds, outcome.printed.as_str()), (&Verdict::Came(Seq(2)), 2.0, "/a\n"));
    let said = report::sentences(&expectation, &outcome.tally, &outcome.verdict);
    assert_eq!(said, ["expected no capture of `path:/a`, and #2 came"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_there_at_the_start_is_looked_at_however_little_time_there_is() {
    let store = store();
    (0..50).for_each(|_| _ = store.push(capture("POST", "/b")));
    store.push(capture("POST", "/a"));
    let outcome = watched(&expectation("path:/a", 1, 0), of_store(store), pending()).await;
    assert_eq!(outcome.verdict, Verdict::Met);
}

#[tokio::test(start_paused = true)]
async fn a_flood_puts_the_end_off_neither_for_the_clock_nor_for_who_cancels() {
    let flood = || {
        let capture = Arc::new(capture("POST", "/b"));
        stream::iter(std::iter::once(Arrival::Current).chain(std::iter::repeat(Arrival::Capture(capture))))
    };
    let outcome = watched(&expectation("path:/a", 1, 0), flood(), pending()).await;
    assert_eq!(outcome.verdict, Verdict::Late);
    assert_eq!(outcome.tally.nearest().len(), tally::NEAREST);
    let long = expectation("path:/a", 1, 1_000_000);
    tokio::select! {
        biased;
        _ = watched(&long, flood(), pending()) => panic!("it never comes"),
        () = tokio::task::yield_now() => {}
    }
}

#[tokio::test(start_paused = true)]
async fn what_left_the_ring_unseen_is_said_and_blindness_ends_it() {
    let store = Store::new(Limits { count: 2, bytes: 1 << 20, spool: 0 });
    (0..5).for_each(|_| _ = store.push(capture("POST", "/b")));
    let one = expectation("path:/a", 1, 1);
    let outcome = watched(&one, of_store(store), pending()).await;
    assert_eq!((outcome.tally.gone(), outcome.tally.others()), (3, 2));
    let said = report::sentences(&one, &outcome.tally, &outcome.verdict);
    assert!(said.last().unwrap().starts_with("3 captures came so fast that"), "{said:?}");
    let blind = stream::iter([Arrival::Blind("the inbox was removed".to_owned())]);
    let outcome = watched(&one, blind, pending()).await;
    assert_eq!(outcome.verdict, Verdict::Blind("the inbox was removed".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn nobody_who_reads_is_no_failure() {
    let (out, reader): (DuplexStream, _) = tokio::io::duplex(1);
    drop(reader);
    let mut matches = targets(out);
    let store = store();
    store.push(capture("POST", "/a"));
    store.push(capture("POST", "/a"));
    let mut tally = Tally::default();
    let two = expectation("path:/a", 2, 30);
    let verdict =
        watch(&two, &mut tally, of_store(store), &mut matches, pending(), pending(), || Timestamp::UNIX_EPOCH);
    assert_eq!(verdict.await.unwrap(), Verdict::Met);
    assert!(matches.out.is_none());
}

#[test]
fn the_nearest_lack_least_and_are_the_newest() {
    let mut tally = Tally::default();
    for (seq, failing) in [(1, 2), (2, 1), (3, 3), (4, 1), (5, 2), (6, 3), (7, 3)] {
        let capture = Arc::new(Capture { seq: Seq(seq), ..capture("POST", "/") });
        tally.miss(capture, Facts::default(), failing);
    }
    let order: Vec<_> = tally.nearest().iter().map(|near| near.capture.seq.0).collect();
    assert_eq!((order.as_slice(), tally.others()), (&[4, 2, 5, 1, 7][..], 7));
}

#[test]
fn the_object_for_programs_is_one_line_of_ascii() {
    let expectation = expectation("provider:github \"\u{e9}\"", 2, 30);
    let mut tally = Tally::default();
    let capture = Arc::new(Capture { seq: Seq(3), ..capture("P\u{1b}ST", "/\u{e9}\u{1f600}") });
    tally.miss(capture, Facts::default(), 2);
    let line = report::line(&expectation, &tally, &Verdict::Late);
    assert!(line.trim_end().bytes().all(|byte| matches!(byte, b' '..=b'~')) && line.ends_with("}\n"), "{line}");
    assert!(line.starts_with(r#"{"type":"expectation","met":false,"#));
    let object: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(object["nearest"][0]["missed"][0]["term"], "provider:github");
    assert_eq!(object["nearest"][0]["missed"][0]["why"], "it has no provider");
    assert_eq!(object["nearest"][0]["target"], "/\u{e9}\u{1f600}");
    assert_eq!((object["count"].as_u64(), object["within_s"].as_f64()), (Some(2), Some(30.0)));
}
