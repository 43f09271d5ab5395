//! Connections that are kept while several are sent at full speed, and the handlers that do not like it.

use std::sync::{Arc, Mutex};

use creel::{
    model::{AttemptIds, Capture, Outcome},
    replay::{
        Client, Control, Event, Needs, Pace, PlanOptions, Schedule, Settings, Target,
        many::{EVENTS, run},
    },
};
use jiff::Timestamp;
use tokio::{io::AsyncWriteExt as _, net::TcpListener, sync::mpsc};

use crate::handler::{capture, read_request};

/// What a handler does after an answer.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Then {
    Keeps,
    /// Closes without having said so.
    Closes,
    /// Says that it closes, and does.
    Says,
}

/// The requests that came, each with the number of its connection.
type Came = Arc<Mutex<Vec<(usize, Vec<u8>)>>>;

async fn handler(then: Then) -> (Target, Came) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let came = Came::default();
    let all = Arc::clone(&came);
    tokio::spawn(async move {
        for connection in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let came = Arc::clone(&came);
            tokio::spawn(async move {
                loop {
                    let mut first = [0];
                    if !matches!(stream.peek(&mut first).await, Ok(1)) {
                        return;
                    }
                    let request = read_request(&mut stream).await;
                    came.lock().unwrap().push((connection, request));
                    let says = if then == Then::Says { "Connection: close\r\n" } else { "" };
                    let answer = format!("HTTP/1.1 200 OK\r\n{says}Content-Length: 2\r\n\r\nok");
                    if stream.write_all(answer.as_bytes()).await.is_err() || then != Then::Keeps {
                        return;
                    }
                }
            });
        }
    });
    (target, all)
}

/// Sends captures and says what came of each; every one is sent once.
async fn send(target: Target, mut captures: Vec<Arc<Capture>>, schedule: &Schedule) -> Vec<Option<u16>> {
    let needs = Needs {
        client: Client::new(Settings::default()).unwrap(),
        targets: [target].into(),
        each: None,
        options: PlanOptions::default(),
        ids: AttemptIds::default(),
        clock: || Timestamp::UNIX_EPOCH,
        random: || 0,
        sign: |plan, _| Ok(plan),
    };
    let (sender, mut events) = mpsc::channel(EVENTS);
    let control = Control::default();
    let taking = async {
        let mut statuses = Vec::new();
        while let Some(event) = events.recv().await {
            if let Event::Ended(sent) = event {
                statuses.push(match sent.attempt.outcome {
                    Some(Outcome::Replied(reply)) if reply.body.as_ref() == b"ok" => Some(reply.status),
                    _ => None,
                });
            }
        }
        statuses
    };
    tokio::join!(run(&mut captures, schedule, &needs, &control, sender), taking).1
}

fn captures(method: &str, body: &[u8]) -> Vec<Arc<Capture>> {
    let one = |number: usize| {
        let length = body.len();
        let head =
            format!("{method} /{number} HTTP/1.1\r\nhOsT: h\r\nX-Odd:  {number} \r\nContent-Length: {length}\r\n\r\n");
        Arc::new(capture(head.as_bytes(), body))
    };
    (0..40).map(one).collect()
}

fn connections(came: &Came) -> usize {
    let mut numbers: Vec<usize> = came.lock().unwrap().iter().map(|(connection, _)| *connection).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.len()
}

const FAST: Schedule =
    Schedule { targets: 1, times: 1, twice: false, shuffle: None, pace: Pace::AtOnce, at_once: Some(4), retry: 0 };

#[tokio::test]
async fn several_at_full_speed_keep_their_connections_and_each_head_is_its_own() {
    let (target, came) = handler(Then::Keeps).await;
    assert_eq!(send(target.clone(), captures("POST", b"body"), &FAST).await, vec![Some(200); 40]);
    assert!(connections(&came) <= 4, "{}", connections(&came));
    let mut requests: Vec<_> = came.lock().unwrap().iter().map(|(_, bytes)| bytes.clone()).collect();
    let mut expected: Vec<_> = (0..40)
        .map(|number| {
            let host = target.authority();
            let head = format!(
                "POST /{number} HTTP/1.1\r\nhOsT: {host}\r\nX-Odd:  {number} \r\nContent-Length: 4\r\n\r\nbody"
            );
            head.into_bytes()
        })
        .collect();
    requests.sort();
    expected.sort();
    assert_eq!(requests, expected);
}

#[tokio::test]
async fn what_is_sent_one_by_one_or_at_a_pace_has_a_connection_of_its_own() {
    for schedule in [Schedule { at_once: None, ..FAST }, Schedule { pace: Pace::Original(1.0), ..FAST }] {
        let (target, came) = handler(Then::Keeps).await;
        assert_eq!(send(target, captures("POST", b"body"), &schedule).await, vec![Some(200); 40]);
        assert_eq!(connections(&came), 40, "{schedule:?}");
    }
}

#[tokio::test]
async fn a_handler_that_closes_its_connections_fails_nothing() {
    for then in [Then::Closes, Then::Says] {
        let (target, came) = handler(then).await;
        assert_eq!(send(target, captures("POST", b"body"), &FAST).await, vec![Some(200); 40], "{then:?}");
        assert_eq!(came.lock().unwrap().len(), 40, "{then:?}");
        assert_eq!(connections(&came), 40);
    }
}

#[tokio::test]
async fn a_body_that_a_handler_may_not_expect_ends_its_connection() {
    let (target, came) = handler(Then::Keeps).await;
    assert_eq!(send(target, captures("GET", b"body"), &FAST).await, vec![Some(200); 40]);
    assert_eq!(connections(&came), 40);
    let (target, came) = handler(Then::Keeps).await;
    assert_eq!(send(target, captures("GET", b""), &FAST).await, vec![Some(200); 40]);
    assert!(connections(&came) <= 4);
}
