//! Many sent to many as a user does it: requests are marked, a form is filled in, and a matrix says what came of it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what went wrong by panicking"
)]

mod support;

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use creel::{
    model::{Attempt, AttemptId, Failure, Ledger, Outcome, Reply, Seq, Timings, Version},
    replay::Progress,
    store::Limits,
    tui::{
        effect::Effect,
        many::{Ended, Told},
        message::Message,
    },
};
use jiff::Timestamp;
use rstest::rstest;
use support::{
    captures::{capture, get_health, github_push, later, stripe_invoice},
    driver::Driver,
    screen::{assert_golden, styled, text},
    stage::{Stage, session},
};

/// A handler that answers 200, 500 while it is broken, and nothing while it is stuck.
#[derive(Clone, Default)]
struct Handler {
    requests: Arc<AtomicUsize>,
    broken: Arc<AtomicBool>,
    stuck: Arc<AtomicBool>,
}

impl Handler {
    fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let handler = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, handler) = (stream.unwrap(), handler.clone());
                thread::spawn(move || {
                    let (mut request, mut piece) = (Vec::new(), [0; 4096]);
                    while !request.ends_with(b"\r\n\r\n{}") {
                        match stream.read(&mut piece) {
                            Ok(read) if read > 0 => request.extend_from_slice(piece.get(..read).unwrap()),
                            _ => return,
                        }
                    }
                    handler.requests.fetch_add(1, SeqCst);
                    if handler.stuck.load(SeqCst) {
                        // Until the sender goes.
                        let _ = stream.read(&mut piece);
                        return;
                    }
                    let status = if handler.broken.load(SeqCst) { "500 No" } else { "200 OK" };
                    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                });
            }
        });
        url
    }
}

fn order(path: &str) -> creel::model::Capture {
    capture("POST", path, &[("Host", "h"), ("Content-Length", "2")], "{}")
}

fn driver(one: &Handler, two: &Handler) -> Driver {
    let targets = [format!("one={}", one.start()), format!("two={}", two.start())];
    let session = session(&[targets[0].as_str(), targets[1].as_str()]);
    let driver = Driver::with(session, Limits::default(), (140, 40));
    driver.receive(order("/a")).receive(order("/b")).receive(order("/c"))
}

#[test]
fn marked_requests_go_to_two_targets_and_what_failed_goes_again() {
    let (one, two) = (Handler::default(), Handler::default());
    two.broken.store(true, SeqCst);
    let driver = driver(&one, &two)
        .keys("g space space")
        .wait_for("2 marked")
        .keys("A")
        .wait_for("Send 2 requests")
        .keys("down space")
        .wait_for("4 sendings; enter begins")
        .keys("enter")
        .wait_for("4 of 4 sent, 2 ok, 2 4xx or 5xx")
        .keys("f")
        .wait_for("2 of 2 with failures");
    assert_eq!((one.requests.load(SeqCst), two.requests.load(SeqCst)), (2, 2));
    two.broken.store(false, SeqCst);
    let driver = driver
        .keys("r")
        .wait_for("2 of 2 sent, 2 ok")
        .wait_for("nothing has failed")
        .keys("f l")
        .wait_for("other than before");
    assert_eq!((one.requests.load(SeqCst), two.requests.load(SeqCst)), (2, 4));
    // A cell opens its attempt.
    let driver = driver.keys("enter").wait_without("Results").wait_for("200 OK");
    driver.keys("q").end();
}

#[test]
fn sending_is_paused_and_cancelled() {
    let (one, two) = (Handler::default(), Handler::default());
    one.stuck.store(true, SeqCst);
    let driver = driver(&one, &two)
        .keys("*")
        .wait_for("3 requests are marked")
        .keys("A enter")
        .wait_for("0 of 3 sent, 1 under way")
        .keys("p")
        .wait_for("paused")
        .keys("p")
        .wait_without("paused")
        .keys("esc")
        .wait_for("cancelled; 1 of 3 sent, 1 cancelled")
        .keys("esc")
        .wait_without("Results");
    assert_eq!(one.requests.load(SeqCst), 1);
    driver.keys("q").end();
}

#[test]
fn results_are_written_into_a_file() {
    let (one, two) = (Handler::default(), Handler::default());
    let file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    let path = file.to_str().unwrap().to_owned() + ".csv";
    driver(&one, &two)
        .keys("G A")
        .wait_for("Send #3 many times")
        .keys("down down \"0\"")
        .wait_for("10 sendings")
        .keys("enter")
        .wait_for("10 of 10 sent")
        .wait_for("= ×10")
        .keys(&format!("x \"{path}\" enter"))
        .wait_for("wrote the results")
        .keys("esc q")
        .end();
    let written = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut lines = written.lines();
    assert_eq!(lines.next(), Some("seq,request,target,status,error,duration_ms,sent,failed,same"));
    let line = lines.next().unwrap();
    assert!(line.starts_with("3,POST /c,one,200,,") && line.ends_with(",10,0,true"), "{line}");
    assert_eq!(lines.next(), None);
}

#[test]
fn a_form_says_what_is_wrong() {
    let mut stage = Stage::with(session(&["one=:1", "two=:2"]), (80, 24));
    stage.receive(github_push()).keys("A");
    for (keys, says) in [
        ("down down \"x\" enter", "write a whole number from 1 to 1,000,000"),
        ("backspace right right", "3 sendings; enter begins"),
        ("down right down right enter", "shuffled requests have no original pace"),
        ("right up \"x\"", "write at-once, original, original*2"),
        ("right esc A space enter", "no target is chosen"),
    ] {
        stage.keys(keys);
        let shown = text(&stage.buffer());
        assert!(shown.contains(says), "{says}\n{shown}");
    }
    assert!(stage.asked.iter().all(|effect| !matches!(effect, Effect::SendMany(_))));
}

/// A stage on which three requests were sent to two targets, with every kind of outcome.
fn sent(size: (u16, u16)) -> Stage {
    let mut stage =
        Stage::with(session(&["local=http://localhost:3000/webhooks", "staging=https://staging.test"]), size);
    stage.receive(github_push()).receive(later(stripe_invoice(), 1)).receive(later(get_health(), 2));
    stage.keys("* A down space").tick();
    stage
}

fn replied(status: u16, body: &'static str) -> Outcome {
    let (headers, body) = (Vec::new(), Bytes::from_static(body.as_bytes()));
    let body_received = body.len() as u64;
    Outcome::Replied(Box::new(Reply { status, reason: String::new(), headers, body, body_received, body_cut: None }))
}

fn outcomes(stage: &mut Stage) {
    let order = stage.asked.iter().find_map(|effect| match effect {
        Effect::SendMany(order) => Some((order.run, order.captures.clone(), order.targets.clone())),
        _ => None,
    });
    let (run, captures, targets) = order.expect("something was sent");
    let failed = Outcome::Failed(Failure { kind: "refused", sentence: "nothing listens there".to_owned() });
    let outcomes = [
        (0, 0, replied(200, "ok"), Some(1), Some(1)),
        (0, 1, replied(200, "ok"), Some(1), Some(2)),
        (1, 0, replied(500, "no"), Some(3), None),
        (1, 1, failed, None, None),
        (2, 0, Outcome::Cancelled, None, None),
    ];
    let ended = (1..).zip(outcomes).map(|(id, (row, column, outcome, print, before))| Ended {
        row,
        column,
        last: true,
        print,
        before,
        attempt: Attempt {
            id: AttemptId(id),
            capture: captures[row].id,
            seq: captures[row].seq,
            target: targets[column].url(),
            started_at: Timestamp::UNIX_EPOCH,
            duration: Some(Duration::from_micros(1_200 * id)),
            ledger: Ledger::new(Version::Http11),
            outcome: Some(outcome),
            timings: Timings::default(),
            to: Some(targets[column].known_as()),
            forwarded: None,
        },
    });
    let ended = ended.collect();
    let progress = Progress {
        total: Some(6),
        answered: 3,
        refused: 1,
        failed: 1,
        cancelled: 1,
        under_way: 1,
        ..Progress::default()
    };
    stage.tell(Message::Sent(Box::new(Told { run, progress, ended, done: false })));
}

#[rstest]
fn screens(#[values((140, 40), (80, 24), (60, 20))] size: (u16, u16)) {
    let (width, height) = size;
    let mut stage = sent(size);
    assert_golden(&format!("many_form_{width}x{height}"), &styled(&stage.buffer()));
    stage.keys("enter");
    outcomes(&mut stage);
    stage.keys("j l");
    assert_golden(&format!("many_results_{width}x{height}"), &styled(&stage.buffer()));
    stage.keys("esc f");
    assert_golden(&format!("many_failures_{width}x{height}"), &styled(&stage.buffer()));
    stage.keys("f f");
}

#[test]
fn a_screen_of_any_size_shows_it_without_trouble() {
    for size in [(140, 40), (60, 12), (40, 10), (41, 11)] {
        let mut stage = sent(size);
        let _ = stage.buffer();
        stage.keys("up up up enter");
        let _ = stage.buffer();
        outcomes(&mut stage);
        stage.keys("G l l l h g f x esc esc");
        let _ = stage.buffer();
    }
}

#[test]
fn results_of_another_run_do_not_get_into_the_matrix() {
    let mut stage = sent((80, 24));
    stage.keys("enter");
    let progress = Progress { total: Some(9), ..Progress::default() };
    stage.tell(Message::Sent(Box::new(Told { run: 99, progress, ended: Vec::new(), done: true })));
    let many = stage.state.many.as_ref().unwrap();
    assert!(!many.is_done() && many.progress == Progress::default());
}

#[test]
fn a_mark_goes_with_its_request() {
    let mut stage = Stage::with(session(&["one=:1"]), (80, 24));
    stage.receive(github_push()).receive(later(stripe_invoice(), 1)).keys("g space");
    assert!(stage.state.marked.contains(&Seq(1)) && stage.selected() == Some(2));
    stage.store.remove(Seq(1));
    stage.sync();
    assert!(stage.state.marked.is_empty());
}
