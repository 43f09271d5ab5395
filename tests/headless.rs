//! The front end of lines: exact lines, in order, printable whatever came, with every loss said.

#![allow(clippy::unwrap_used, reason = "clippy allows it in tests, but only in functions that are tests themselves")]

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use creel::{
    headless::{self, HeadlessError, JsonLines, Look, Mode, Printing, Text},
    model::{
        Answer, Body, BodyEnd, Capture, CaptureId, Fidelity, Head, Refusal, Rejected, Seq, Timing, Version, Wire,
        printable::needs_escape,
    },
    store::{Limits, Store},
};
use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;
use tokio::io::{AsyncBufReadExt, AsyncWrite, BufReader};
use tokio_util::sync::CancellationToken;

fn capture(method: &[u8], target: &[u8], body: &[u8], second: i64) -> Capture {
    Capture {
        id: CaptureId::fixed(1),
        seq: Seq(0),
        received_at: Timestamp::from_second(1_769_851_571 + second).unwrap(),
        remote: Some(SocketAddr::from(([127, 0, 0, 1], 53012))),
        head: Head::from_parts(method, target, Version::Http11, [], Fidelity::Fields),
        body: Body::complete(Bytes::copy_from_slice(body)),
        trailers: Box::default(),
        answer: Arc::new(Answer::status(200)).into(),
        timing: Timing::answered(Duration::from_micros(2_400)),
        wire: Wire::default(),
        origin: None,
    }
}

fn rejected(raw: &[u8], reason: &str, second: i64) -> Rejected {
    Rejected {
        received_at: Timestamp::from_second(1_769_851_571 + second).unwrap(),
        remote: SocketAddr::from(([127, 0, 0, 1], 53013)),
        refusal: Refusal::Malformed,
        reason: reason.to_owned(),
        status: Some(400),
        raw: Bytes::copy_from_slice(raw),
    }
}

/// The event is the body where that begins with `event:`.
fn event(capture: &Capture) -> Option<Bytes> {
    let body = capture.body.first();
    body.starts_with(b"event:").then(|| body.slice(6..))
}

fn text(columns: Option<fn() -> usize>, colour: bool) -> Mode {
    Mode::Text(Text { look: Look { columns, colour, zone: TimeZone::UTC }, event })
}

fn json() -> Mode {
    Mode::Json(JsonLines {
        ready: |url, _| format!("ready {url}"),
        capture: |capture, out| write!(out, "capture {}", capture.seq.0),
        attempt: creel::export::attempt_line,
        rejected: |rejected| format!("rejected {}", rejected.reason),
    })
}

fn printing(mode: Mode) -> Printing<impl Fn(&Capture) -> bool + Send + Sync + 'static> {
    Printing { url: "http://127.0.0.1:4600".to_owned(), inbox: None, mode, after: Seq(0), filter: |_: &Capture| true }
}

/// What is printed of a store to standard output and to standard error, told to stop before it begins.
async fn printed_by(
    store: &Store,
    printing: Printing<impl Fn(&Capture) -> bool + Send + Sync + 'static>,
) -> (String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let stop = CancellationToken::new();
    stop.cancel();
    headless::run(store.clone(), printing, &mut out, &mut err, stop).await.unwrap();
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn some() -> Store {
    let store = Store::new(Limits::default());
    store.push(capture(b"POST", b"/github", b"event:push", 0));
    store.reject(rejected(b"GET / HTTP/9.9\r\nHost: x\r\n", "not a version of HTTP", 1));
    let mut slow = capture(b"PROPPATCH-AND-MORE", b"/a/long/target/that/is/cut?with=a&query=too", &[b'x'; 7312], 2);
    slow.answer = Arc::new(Answer::status(503)).into();
    slow.timing.answered = Duration::from_millis(1_500);
    slow.body = Body::new(slow.body.first().clone(), Some(20_000), 9_000, BodyEnd::ClosedEarly);
    store.push(slow);
    store
}

#[tokio::test]
async fn lines_for_a_pipe_are_whole() {
    let (out, err) = printed_by(&some(), printing(text(None, false))).await;
    assert_eq!(
        out,
        "09:26:11  POST  /github  push  200  10 B  2.4 ms\n\
         09:26:12  rejected  GET / HTTP/9.9  not a version of HTTP  400  25 B  -\n\
         09:26:13  PROPPATCH-AND-MORE  /a/long/target/that/is/cut?with=a&query=too  -  503  7.1 KiB  1.5 s  \
         body the sender closed the connection before the end\n"
    );
    assert_eq!(err, "creel: catching at http://127.0.0.1:4600\n");
}

#[tokio::test]
async fn lines_for_a_terminal_stand_in_columns_and_end_at_the_edge() {
    let (out, _) = printed_by(&some(), printing(text(Some(|| 90), false))).await;
    assert_eq!(
        out,
        "09:26:11  POST      /github                     push              200       10 B    2.4 ms\n\
         09:26:12  rejected  GET / HTTP/9.9              not a version o…  400       25 B         -\n\
         09:26:13  PROPPAT…  /a/long/target/that/is/cu…  -                 503    7.1 KiB     1.5 s\n"
    );
    let (out, _) = printed_by(&some(), printing(text(Some(|| 20), false))).await;
    assert_eq!(out, "09:26:11  POST\n09:26:12  rejected\n09:26:13  PROPPAT…\n");
}

#[tokio::test]
async fn the_status_is_coloured_where_that_is_wanted() {
    let (out, _) = printed_by(&some(), printing(text(None, true))).await;
    for coloured in ["  \x1b[32m200\x1b[0m  ", "  \x1b[33m400\x1b[0m  ", "  \x1b[31m503\x1b[0m  "] {
        assert!(out.contains(coloured), "{out:?}");
    }
}

#[tokio::test]
async fn json_lines_come_ready_first_and_nothing_else_on_standard_output() {
    let (out, err) = printed_by(&some(), printing(json())).await;
    assert_eq!(out, "ready http://127.0.0.1:4600\ncapture 1\nrejected not a version of HTTP\ncapture 2\n");
    assert_eq!(err, "");
}

#[tokio::test]
async fn the_filter_and_the_beginning_narrow_what_is_printed() {
    let store = some();
    store.push(capture(b"GET", b"/three", b"", 3));
    let posts = |capture: &Capture| capture.head.method() == b"POST";
    let (out, err) = printed_by(&store, filtered(Seq(0), posts)).await;
    assert_eq!(out, "ready u\ncapture 1\nrejected not a version of HTTP\n");
    assert_eq!(err, "");
    let all = |_: &Capture| true;
    let (out, err) = printed_by(&store, filtered(Seq(2), all)).await;
    assert_eq!(out, "ready u\nrejected not a version of HTTP\ncapture 3\n");
    assert_eq!(err, "");
}

fn filtered<F>(after: Seq, filter: F) -> Printing<F> {
    Printing { url: "u".to_owned(), inbox: None, mode: json(), after, filter }
}

#[tokio::test]
async fn what_left_the_ring_before_it_was_printed_is_said() {
    let store = Store::new(Limits { count: 3, bytes: usize::MAX, ..Limits::default() });
    for second in 0..10 {
        store.push(capture(b"GET", b"/", b"", second));
    }
    let (out, err) = printed_by(&store, printing(json())).await;
    assert_eq!(out, "ready http://127.0.0.1:4600\ncapture 8\ncapture 9\ncapture 10\n");
    assert_eq!(
        err,
        "creel: 7 captures are gone from the ring before being printed; keep more with --ring, --ring-bytes, --spool-bytes\n"
    );
}

#[tokio::test]
async fn what_is_more_than_is_asked_for_at_once_is_printed_whole_and_in_order() {
    let store = Store::new(Limits { count: 20, bytes: usize::MAX, ..Limits::default() });
    let mut expected = "ready http://127.0.0.1:4600\n".to_owned();
    for number in 1..=30 {
        store.push(capture(b"POST", b"/", &vec![b'x'; 1 << 20], number));
        store.reject(rejected(b"?", &number.to_string(), number));
        if number > 10 {
            expected += &format!("capture {number}\n");
        }
        expected += &format!("rejected {number}\n");
    }
    let (out, err) = printed_by(&store, printing(json())).await;
    assert_eq!(out, expected);
    assert_eq!(
        err,
        "creel: 10 captures are gone from the ring before being printed; keep more with --ring, --ring-bytes, --spool-bytes\n"
    );
}

#[tokio::test]
async fn rejected_requests_that_were_forgotten_are_said() {
    let store = Store::new(Limits::default());
    for second in 0..300 {
        store.reject(rejected(b"?", "no", second));
    }
    let (out, err) = printed_by(&store, printing(json())).await;
    assert_eq!(out.lines().count(), 1 + 256);
    assert_eq!(err, "creel: 44 rejected requests were forgotten before being printed\n");
}

#[tokio::test]
async fn captures_are_printed_as_they_come_and_the_last_before_the_end() {
    let store = Store::new(Limits::default());
    let (reader, writer) = tokio::io::duplex(1024);
    let stop = CancellationToken::new();
    let running = tokio::spawn(headless::run(store.clone(), printing(json()), writer, tokio::io::sink(), stop.clone()));
    let mut lines = BufReader::new(reader).lines();
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "ready http://127.0.0.1:4600");
    for number in 1..=3 {
        store.push(capture(b"GET", b"/", b"", number));
        assert_eq!(lines.next_line().await.unwrap().unwrap(), format!("capture {number}"));
    }
    store.push(capture(b"GET", b"/", b"", 4));
    stop.cancel();
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "capture 4");
    assert_eq!(lines.next_line().await.unwrap(), None);
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_reader_that_has_gone_is_a_quiet_end() {
    let store = some();
    let (reader, writer) = tokio::io::duplex(16);
    drop(reader);
    let stop = CancellationToken::new();
    headless::run(store, printing(json()), writer, tokio::io::sink(), stop).await.unwrap();
}

/// What a full disk does.
struct Full;

impl AsyncWrite for Full {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::StorageFull.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn an_output_that_takes_nothing_is_an_error_in_words() {
    let stop = CancellationToken::new();
    let error = headless::run(some(), printing(json()), Full, tokio::io::sink(), stop).await.unwrap_err();
    assert!(matches!(error, HeadlessError::Write(_)));
    assert_eq!(
        error.to_string(),
        "captures cannot be printed: writing to standard output failed (no storage space); make room, or send it elsewhere"
    );
}

/// Collects what is written, for a task that runs elsewhere.
#[derive(Clone, Default)]
struct Collected(Arc<Mutex<Vec<u8>>>);

impl AsyncWrite for Collected {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_stands_still_cannot_hold_up_the_end() {
    let store = Store::new(Limits::default());
    for second in 0..20_000 {
        store.push(capture(b"GET", b"/", b"", second % 60));
    }
    // Room for the first line and not for the piece behind it.
    let (_reader, writer) = tokio::io::duplex(32);
    let (err, stop) = (Collected::default(), CancellationToken::new());
    let run = headless::run(store.clone(), printing(json()), writer, err.clone(), stop.clone());
    let running = tokio::spawn(run);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!running.is_finished());
    stop.cancel();
    running.await.unwrap().unwrap();
    let err = String::from_utf8(err.0.lock().unwrap().clone()).unwrap();
    let gone = "creel: 10000 captures are gone from the ring before being printed";
    assert!(err.starts_with(gone), "{err}");
    assert!(err.ends_with("\ncreel: 10000 captures are not printed, because standard output was not read\n"), "{err}");
}

fn outside() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..60),
        "[a-z\u{1b}\u{9b}\u{202e}\u{200b}\u{301}\r\n\t\u{e0041}\u{1100}]{1,40}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_is_one_printable_line(
        method in outside(), target in outside(), kind in outside(), raw in outside(), reason in outside(),
        columns in proptest::option::of(Just((|| 70) as fn() -> usize)),
    ) {
        let store = Store::new(Limits::default());
        let mut cut = capture(&method, &target, &[b"event:", kind.as_slice()].concat(), 0);
        let why = String::from_utf8_lossy(&kind).into_owned();
        cut.body = Body::new(cut.body.first().clone(), None, 100, BodyEnd::Malformed(why.into()));
        store.push(cut);
        store.reject(rejected(&raw, &String::from_utf8_lossy(&reason), 1));
        let url = String::from_utf8_lossy(&target).into_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (out, err) = runtime.block_on(printed_by(&store, Printing { url, ..printing(text(columns, false)) }));
        prop_assert_eq!(out.lines().count(), 2);
        prop_assert_eq!(err.lines().count(), 1);
        for char in out.chars().chain(err.chars()).filter(|char| *char != '\n') {
            prop_assert!(!needs_escape(char) || matches!(char, '\u{fe0e}' | '\u{fe0f}'), "{char:?} in {out:?}");
        }
        if columns.is_some() {
            for line in out.lines() {
                prop_assert!(unicode_width::UnicodeWidthStr::width(line) <= 70, "{line:?}");
            }
        }
    }
}
