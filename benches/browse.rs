//! What it costs to read an inbox of a million captures: its first page, a search through all of it, and a capture by name.
//!
//! `cargo bench --bench browse`. The inbox is written once, into the folder that `CREEL_BENCH_INBOXES` names or a temporary
//! one, with `CREEL_BENCH_CAPTURES` captures (default 1,000,000) of a few hundred bytes. No text that is looked for is in
//! them, so that all of them are read. Each figure is the best of a few runs, with a new reader each.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use creel::{
    browse::Search,
    model::{Answer, Body, Capture, CaptureId, Fidelity, Head, Seq, Timing, Version, Wire},
    pick::{Shelf, picks},
    query::Query,
    store::{
        Archive, Inbox, InboxName, Inboxes, Keep, Limits, Spool, Store,
        inbox::{Durability, Options},
    },
};
use jiff::Timestamp;

/// How many captures are written before they are waited for.
const GROUP: u64 = 20_000;

fn capture(number: u64, answer: &Arc<Answer>) -> Capture {
    let target = format!("/stripe/{}", number % 97);
    let length = format!("{}", 200 + number % 50);
    let headers: [(&[u8], &[u8]); 5] = [
        (b"Host", b"hooks.example:4600"),
        (b"User-Agent", b"Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
        (b"Content-Type", b"application/json; charset=utf-8"),
        (b"Content-Length", length.as_bytes()),
        (b"Stripe-Signature", b"t=1769851613,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd"),
    ];
    let body = format!(
        r#"{{"id":"evt_{number:016}","object":"event","type":"invoice.created","data":{{"object":{{"id":"in_{number:x}","amount":{}}}}},"pad":"{}"}}"#,
        number * 7,
        "x".repeat((number % 50) as usize)
    );
    Capture {
        id: CaptureId::new(),
        seq: Seq(0),
        received_at: Timestamp::now(),
        remote: Some(([127, 0, 0, 1], 53_012).into()),
        head: Head::from_parts(b"POST", target.as_bytes(), Version::Http11, headers, Fidelity::Exact),
        body: Body::complete(Bytes::from(body)),
        trailers: Box::default(),
        answer: Arc::clone(answer).into(),
        timing: Timing::answered(Duration::from_micros(number % 1000)),
        wire: Wire::default(),
        origin: None,
    }
}

fn fill(inboxes: &Inboxes, name: &InboxName, captures: u64) {
    let keep = Keep { count: captures * 2, bytes: 1 << 40, age: None };
    let options = Options { durability: Durability::Batch, keep, url: None, clock: Timestamp::now };
    let inbox = Inbox::open(inboxes, name, options);
    let done = inbox.last().0;
    let limits = Limits { count: 2 * GROUP as usize, bytes: 1 << 30, spool: 1 << 30 };
    let store = Store::journaled(limits, Spool::shared(std::env::temp_dir()), inbox);
    let answer = Arc::new(Answer::status(200));
    let archive = Archive::open(inboxes, name).unwrap();
    for number in done..captures {
        let seq = store.push(capture(number, &answer));
        while number % GROUP == 0 && archive.last().unwrap() < seq {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    assert!(store.close(Duration::from_secs(120)));
}

fn best<T>(what: &str, runs: usize, mut run: impl FnMut() -> T) {
    let times = (0..runs).map(|_| {
        let start = Instant::now();
        let result = run();
        let time = start.elapsed();
        drop(result);
        time
    });
    println!("{what:<56} {:>10.2} ms", times.min().unwrap().as_secs_f64() * 1e3);
}

fn main() {
    let captures = std::env::var("CREEL_BENCH_CAPTURES").map_or(1_000_000, |count| count.parse().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let root = std::env::var_os("CREEL_BENCH_INBOXES").map_or(temporary.path().to_owned(), PathBuf::from);
    let (inboxes, name) = (Inboxes::new(root), InboxName::default());
    let start = Instant::now();
    fill(&inboxes, &name, captures);
    let archive = Archive::open(&inboxes, &name).unwrap();
    println!(
        "{} captures, {} bytes, written in {:?}",
        archive.count().unwrap(),
        archive.bytes().unwrap(),
        start.elapsed()
    );
    let search = |query: &str, limit: usize| {
        let archive = Archive::open(&inboxes, &name).unwrap();
        let query = Query::parse(query).unwrap();
        Search::new(&archive, &query, Timestamp::now()).unwrap().newest(limit).unwrap().len()
    };
    best("open, and the first page of 100", 5, || search("", 100));
    best("the first 100 of half of them", 5, || search("path:/stripe/5", 100));
    best("a word that is nowhere", 3, || assert_eq!(search("nowhere", 100), 0));
    best("a word in bodies that is nowhere", 3, || assert_eq!(search("body:nowhere", 100), 0));
    best("an event that never came", 3, || assert_eq!(search("provider:stripe event:invoice.paid", 100), 0));
    best("a path that is nowhere", 3, || assert_eq!(search("path:/github", 100), 0));
    best("last~999", 5, || archive.back(999).unwrap());
    assert!(picks(&["last~999".to_owned()]).is_ok());
}
