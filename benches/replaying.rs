//! What sending many costs: 10,000 captures of 7 KB at 64 at once to a bare handler, against a bare client loop over
//! hyper that sends the same bodies to the same handler, once over connections that it keeps, as creel does there, and once
//! over one connection a request. And how well the original pace of 1,000 captures is kept.
//!
//! `cargo bench --bench replaying`. The handler runs on one thread of its own; each sender on a runtime of two. The rounds
//! of the three go in turn, and the best of each is compared. Only the ratios mean anything.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unchecked_time_subtraction,
    reason = "a benchmark that cannot go on stops"
)]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use creel::{
    model::{Answer, AttemptIds, Body, Capture, CaptureId, Fidelity, Head, Seq, Timing, Version, Wire},
    replay::{
        Client, Control, Event, Needs, Pace, PlanOptions, Progress, Schedule, Settings, Target,
        many::{EVENTS, run},
    },
};
use http_body_util::{BodyExt as _, Full};
use hyper::{client::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
};

const CAPTURES: usize = 10_000;
const AT_ONCE: usize = 64;
const ROUNDS: usize = 3;
const PACED: usize = 1_000;
/// How far the captures of the pace are from each other.
const APART: Duration = Duration::from_millis(5);

/// Reads each body whole and answers 200; tells when each came where that is asked for.
fn handler(came: Option<std::sync::mpsc::Sender<(usize, Instant)>>) -> SocketAddr {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let came = came.clone();
                tokio::spawn(async move {
                    let serve = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                        if let Some(came) = &came {
                            let number = request.uri().path().trim_start_matches('/').parse().unwrap();
                            let _ = came.send((number, Instant::now()));
                        }
                        async move {
                            request.into_body().collect().await?;
                            Ok::<_, hyper::Error>(hyper::Response::new(Full::new(Bytes::from_static(b"ok"))))
                        }
                    });
                    let _ =
                        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), serve).await;
                });
            }
        });
    });
    receiver.blocking_recv().unwrap()
}

async fn connect(to: SocketAddr) -> http1::SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(to).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// The bare client: 64 loops that send until all is sent.
async fn bare(to: SocketAddr, body: Bytes, keeps: bool) -> Duration {
    let (begun, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let mut tasks = Vec::new();
    for _ in 0..AT_ONCE {
        let (next, body) = (Arc::clone(&next), body.clone());
        tasks.push(tokio::spawn(async move {
            let mut kept = connect(to).await;
            while next.fetch_add(1, Relaxed) < CAPTURES {
                if !keeps {
                    kept = connect(to).await;
                }
                kept.ready().await.unwrap();
                let request = hyper::Request::post("/").header("host", "h").body(Full::new(body.clone())).unwrap();
                let response = kept.send_request(request).await.unwrap();
                response.into_body().collect().await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    begun.elapsed()
}

fn capture(number: usize, body: Bytes, received_at: Timestamp) -> Arc<Capture> {
    let target = format!("/{number}");
    let length = body.len().to_string();
    let headers = [("Host", "h"), ("Content-Type", "application/json"), ("Content-Length", length.as_str())];
    let headers = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    Arc::new(Capture {
        id: CaptureId::fixed(number as u128),
        seq: Seq(number as u64 + 1),
        received_at,
        remote: None,
        head: Head::from_parts(b"POST", target.as_bytes(), Version::Http11, headers, Fidelity::Exact),
        body: Body::complete(body),
        trailers: Box::default(),
        answer: Arc::new(Answer::default()).into(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    })
}

async fn creel(to: SocketAddr, mut captures: Vec<Arc<Capture>>, pace: Pace) -> (Duration, Progress) {
    let needs = Needs {
        client: Client::new(Settings::default()).unwrap(),
        targets: [Target::parse(&format!("http://{to}")).unwrap()].into(),
        each: None,
        options: PlanOptions::default(),
        ids: AttemptIds::default(),
        clock: Timestamp::now,
        random: || 7,
        sign: |plan, _| Ok(plan),
    };
    let schedule = Schedule { at_once: Some(AT_ONCE), pace, ..Schedule::default() };
    let begun = Instant::now();
    let (sender, mut events) = mpsc::channel::<Event>(EVENTS);
    let control = Control::default();
    let taking = async {
        let mut progress = Progress::default();
        while let Some(event) = events.recv().await {
            progress.take(&event);
        }
        progress
    };
    let ((), progress) = tokio::join!(run(&mut captures, &schedule, &needs, &control, sender), taking);
    (begun.elapsed(), progress)
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let body = Bytes::from(vec![b'x'; 7_000]);
    let to = handler(None);
    let captures: Vec<_> = (0..CAPTURES).map(|number| capture(number, body.clone(), Timestamp::UNIX_EPOCH)).collect();
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        best[0] = best[0].min(runtime.block_on(bare(to, body.clone(), true)));
        best[1] = best[1].min(runtime.block_on(bare(to, body.clone(), false)));
        // On a task, as `creel replay` does it.
        let sending = creel(to, captures.clone(), Pace::AtOnce);
        let (time, progress) = runtime.block_on(async { tokio::spawn(sending).await.unwrap() });
        assert_eq!(progress.answered, CAPTURES as u64);
        best[2] = best[2].min(time);
    }
    for (name, time) in ["bare client, connections kept", "bare client, one a request", "creel"].iter().zip(best) {
        println!("{name:30} {:9.0} requests/s", CAPTURES as f64 / time.as_secs_f64());
    }
    println!("creel / kept      {:.2}   (aim: 0.80)", best[0].as_secs_f64() / best[2].as_secs_f64());
    println!("creel / one each  {:.2}", best[1].as_secs_f64() / best[2].as_secs_f64());

    let (sender, came) = std::sync::mpsc::channel();
    let to = handler(Some(sender));
    let apart = SignedDuration::try_from(APART).unwrap();
    let captures = (0..PACED)
        .map(|number| capture(number, body.clone(), Timestamp::UNIX_EPOCH + apart * i32::try_from(number).unwrap()));
    let (_, progress) = runtime.block_on(creel(to, captures.collect(), Pace::Original(1.0)));
    assert_eq!(progress.answered, PACED as u64);
    let came: Vec<_> = came.try_iter().collect();
    // Against the first, which was due when it began.
    let first = came.iter().map(|(number, at)| *at - APART * u32::try_from(*number).unwrap()).min().unwrap();
    let mut off: Vec<_> =
        came.iter().map(|(number, at)| *at - (first + APART * u32::try_from(*number).unwrap())).collect();
    off.sort();
    let ms = |part: f64| off[((off.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!(
        "original pace, {PACED} captures {APART:?} apart, off by: p50 {:.2} ms, p99 {:.2} ms (aim: 5), most {:.2} ms",
        ms(0.5),
        ms(0.99),
        ms(1.0)
    );
}
