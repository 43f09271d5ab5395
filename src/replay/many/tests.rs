//! Many sent to handlers on real sockets: what goes where, in which order, how many at once, and how it ends.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use bytes::Bytes;
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::Notify,
};

use super::*;
use crate::model::{Answer, Body, CaptureId, Fidelity, Head, Seq, Timing, Wire};
use crate::replay::{Pace, Settings};

fn capture(number: u64) -> Arc<Capture> {
    let target = format!("/{number}");
    Arc::new(Capture {
        id: CaptureId::fixed(number.into()),
        seq: Seq(number),
        received_at: Timestamp::from_millisecond(i64::try_from(number).unwrap() * 20).unwrap(),
        remote: None,
        head: Head::from_parts(b"POST", target.as_bytes(), Version::Http11, [], Fidelity::Exact),
        body: Body::complete(Bytes::from_static(b"x")),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    })
}

/// Captures from 1, as a file would give them: their number is not known before the last was read.
struct File(u64);

impl Supply for File {
    fn known(&self) -> Option<u64> {
        None
    }

    async fn count(&mut self) -> Result<u64, Unread> {
        Ok(self.0)
    }

    async fn get(&mut self, at: u64) -> Result<Option<Arc<Capture>>, Unread> {
        Ok((at < self.0).then(|| capture(at + 1)))
    }
}

/// A handler that counts how many are with it at once; it answers when `open` says so, by the path.
#[derive(Clone, Default)]
struct Handler(Arc<Seen>);

#[derive(Default)]
struct Seen {
    paths: Mutex<Vec<String>>,
    now: AtomicUsize,
    most: AtomicUsize,
    came: Notify,
    /// What is answered to the first so many.
    unavailable: AtomicUsize,
    holds: std::sync::atomic::AtomicBool,
}

impl Handler {
    async fn start(&self) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let handler = self.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let seen = Arc::clone(&handler.0);
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    while !request.ends_with(b"\r\n\r\nx") {
                        if stream.read_buf(&mut request).await.unwrap() == 0 {
                            return;
                        }
                    }
                    let now = seen.now.fetch_add(1, SeqCst) + 1;
                    seen.most.fetch_max(now, SeqCst);
                    let path = String::from_utf8(request).unwrap().split(' ').nth(1).unwrap().to_owned();
                    seen.paths.lock().unwrap().push(path);
                    seen.came.notify_one();
                    if seen.holds.load(SeqCst) {
                        std::future::pending::<()>().await;
                    }
                    let down = seen.unavailable.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
                    seen.now.fetch_sub(1, SeqCst);
                    let status = if down { "503 No" } else { "200 OK" };
                    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                    stream.write_all(answer.as_bytes()).await.unwrap();
                });
            }
        });
        Target::parse(&format!("http://{address}")).unwrap()
    }

    fn paths(&self) -> Vec<String> {
        self.0.paths.lock().unwrap().clone()
    }
}

fn needs(targets: impl IntoIterator<Item = Target>) -> Needs {
    Needs {
        client: Client::new(Settings::default()).unwrap(),
        targets: targets.into_iter().collect(),
        each: None,
        options: PlanOptions::default(),
        ids: AttemptIds::default(),
        clock: || Timestamp::UNIX_EPOCH,
        random: || 0,
        sign: |plan, _| Ok(plan),
    }
}

/// Runs all of it; what happened, and how far it came.
async fn all(
    supply: &mut impl Supply,
    schedule: &Schedule,
    needs: &Needs,
    control: &Control,
) -> (Vec<Event>, Progress) {
    let (sender, mut receiver) = mpsc::channel(EVENTS);
    let taking = async {
        let (mut events, mut progress) = (Vec::new(), Progress::default());
        while let Some(event) = receiver.recv().await {
            progress.take(&event);
            events.push(match event {
                Event::Ended(sent) => Event::Ended(Box::new(Sent { room: Room(None), ..*sent })),
                event => event,
            });
        }
        (events, progress)
    };
    tokio::join!(run(supply, schedule, needs, control, sender), taking).1
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn each_goes_where_it_should_and_never_too_many_at_once(
        captures in 0_u64..9, times in 1_u32..4, twice: bool, shuffle: Option<u64>, at_once in 1_usize..5,
    ) {
        runtime().block_on(async {
            let (one, two) = (Handler::default(), Handler::default());
            let needs = needs([one.start().await, two.start().await]);
            let schedule =
                Schedule { targets: 2, times, twice, shuffle, at_once: Some(at_once), ..Schedule::default() };
            let (events, progress) = all(&mut File(captures), &schedule, &needs, &Control::default()).await;
            let total = schedule.total(captures);
            assert_eq!((progress.total, progress.answered, progress.done()), (Some(total), total, total));
            assert_eq!((progress.under_way, progress.failed), (0, 0));
            let copies = times as usize * if twice { 2 } else { 1 };
            let mut expected: Vec<_> = (1..=captures).map(|number| format!("/{number}")).collect();
            expected = expected.iter().flat_map(|path| std::iter::repeat_n(path.clone(), copies)).collect();
            for handler in [one, two] {
                let mut paths = handler.paths();
                assert!(handler.0.most.load(SeqCst) <= at_once);
                paths.sort();
                assert_eq!(paths, expected);
            }
            // They begin in the order of the schedule, however many are under way.
            let places = |number| schedule.place(number, Some(captures));
            let begun: Vec<_> = events.iter().filter_map(|event| match event {
                Event::Begun(place, _) => Some(*place),
                _ => None,
            }).collect();
            assert_eq!(begun, (0..).map_while(places).collect::<Vec<_>>());
        });
    }
}

#[tokio::test]
async fn one_that_fails_is_tried_again_before_the_next_goes() {
    let handler = Handler::default();
    handler.0.unavailable.store(2, SeqCst);
    let needs = needs([handler.start().await]);
    let schedule = Schedule { retry: 3, ..Schedule::default() };
    let (events, progress) = all(&mut File(2), &schedule, &needs, &Control::default()).await;
    assert_eq!(handler.paths(), ["/1", "/1", "/1", "/2"]);
    let told: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Ended(sent) => Some((sent.place.capture, sent.number, sent.last, sent.attempt.status())),
            _ => None,
        })
        .collect();
    let expected =
        [(0, 1, false, Some(503)), (0, 2, false, Some(503)), (0, 3, true, Some(200)), (1, 1, true, Some(200))];
    assert_eq!(told, expected);
    assert_eq!((progress.retried, progress.answered), (2, 2));
}

#[tokio::test]
async fn what_is_under_way_is_recorded_when_it_is_cancelled() {
    let handler = Handler::default();
    handler.0.holds.store(true, SeqCst);
    let needs = needs([handler.start().await]);
    let schedule = Schedule { at_once: Some(3), ..Schedule::default() };
    let control = Control::default();
    let cancelling = async {
        while handler.paths().len() < 3 {
            handler.0.came.notified().await;
        }
        control.cancel();
    };
    let mut file = File(100);
    let ((events, progress), ()) = tokio::join!(all(&mut file, &schedule, &needs, &control), cancelling);
    assert_eq!((progress.cancelled, progress.answered, handler.paths().len()), (3, 0, 3));
    let cancelled = |event: &&Event| matches!(event, Event::Ended(sent) if sent.attempt.outcome == Some(Outcome::Cancelled) && sent.last);
    assert_eq!(events.iter().filter(cancelled).count(), 3);
}

#[tokio::test]
async fn a_wait_for_the_next_try_is_cancelled_too() {
    let handler = Handler::default();
    handler.0.unavailable.store(9, SeqCst);
    let needs = needs([handler.start().await]);
    let schedule = Schedule { retry: 9, ..Schedule::default() };
    let control = Control::default();
    let cancelling = async {
        handler.0.came.notified().await;
        control.cancel();
    };
    let mut file = File(1);
    let ((_, progress), ()) = tokio::join!(all(&mut file, &schedule, &needs, &control), cancelling);
    assert_eq!((progress.cancelled, progress.answered), (1, 0));
}

#[tokio::test]
async fn nothing_begins_while_it_is_paused() {
    let handler = Handler::default();
    let needs = needs([handler.start().await]);
    let control = Control::default();
    control.pause();
    assert!(control.is_paused());
    let (sender, mut receiver) = mpsc::channel(EVENTS);
    let (schedule, reins) = (Schedule::default(), control.clone());
    let running = tokio::spawn(async move { run(&mut vec![capture(1)], &schedule, &needs, &reins, sender).await });
    assert!(matches!(receiver.recv().await, Some(Event::Counted(1))));
    tokio::task::yield_now().await;
    assert!(receiver.try_recv().is_err());
    control.resume();
    assert!(matches!(receiver.recv().await, Some(Event::Begun(..))));
    while receiver.recv().await.is_some() {}
    running.await.unwrap();
    assert_eq!(handler.paths(), ["/1"]);
}

#[tokio::test(start_paused = true)]
async fn the_clock_of_a_pace_stands_still_while_it_is_paused() {
    let control = Control::default();
    let began = Instant::now();
    let pausing = async {
        sleep_for(30).await;
        control.pause();
        sleep_for(1_000).await;
        control.resume();
    };
    tokio::join!(control.reach(Duration::from_millis(100)), pausing);
    assert_eq!(began.elapsed().as_millis(), 1_100);
    assert_eq!(control.now().as_millis(), 100);
}

async fn sleep_for(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

#[tokio::test]
async fn a_pace_is_not_faster_than_it_should_be() {
    let handler = Handler::default();
    let needs = needs([handler.start().await]);
    let schedule = Schedule { pace: Pace::Original(1.0), ..Schedule::default() };
    let began = Instant::now();
    let (_, progress) = all(&mut File(5), &schedule, &needs, &Control::default()).await;
    // Five captures 20 ms apart.
    assert!(began.elapsed() >= Duration::from_millis(80));
    assert_eq!(progress.answered, 5);
}

#[tokio::test]
async fn what_cannot_be_read_is_said_once_and_passed_over() {
    struct Broken;
    impl Supply for Broken {
        fn known(&self) -> Option<u64> {
            None
        }
        async fn count(&mut self) -> Result<u64, Unread> {
            Ok(3)
        }
        async fn get(&mut self, at: u64) -> Result<Option<Arc<Capture>>, Unread> {
            match at {
                1 => Err(Unread { sentence: "line 2: no".to_owned(), ends: false }),
                _ => Ok((at < 3).then(|| capture(at + 1))),
            }
        }
    }
    let handler = Handler::default();
    let needs = needs([handler.start().await]);
    let schedule = Schedule { times: 2, ..Schedule::default() };
    let (events, progress) = all(&mut Broken, &schedule, &needs, &Control::default()).await;
    assert_eq!(handler.paths(), ["/1", "/3", "/1", "/3"]);
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Unread(..))).count(), 1);
    assert_eq!((progress.total, progress.done(), progress.unread), (Some(6), 6, 2));
}
