//! Bodies that go to the disk: byte for byte, within their bound, and whatever the disk does.

use std::{path::Path, sync::Arc, time::Duration};

use creel::{
    capture::ListenSettings,
    export::{capture_line, read_capture},
    model::{BodyEnd, Capture, Refusal, Seq},
    replay::{Client, PlanOptions, Settings, Target, plan, plan_with},
    store::{Limits, Spool, Store},
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

use crate::{
    bodies::{chunked, noise, sized},
    raw::{Running, head, rest, soon, status},
};

const MIB: usize = 1 << 20;

/// A listener with a spool of that many bytes.
async fn spooling(bytes: usize) -> (Running, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { spool: bytes as u64, ..Limits::default() };
    let store = Store::spooling(limits, Spool::own(folder.path().join("spool")));
    let settings = ListenSettings { max_body: 64 << 20, ..ListenSettings::default() };
    (Running::on(store, settings).await, folder)
}

fn sha(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn newest(running: &Running) -> Arc<Capture> {
    running.store.changes_since(Seq(0), 0).new.pop().unwrap()
}

/// How many files of that folder this process has open; they have no names there.
fn open_files(folder: &Path) -> usize {
    let folder = folder.to_str().unwrap();
    let links = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    links
        .filter(|link| std::fs::read_link(link.path()).is_ok_and(|to| to.to_string_lossy().starts_with(folder)))
        .count()
}

/// Waits for something that nobody tells of.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    soon(what, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_large_body_is_the_same_on_the_disk_in_a_line_and_at_a_handler() {
    let (running, _folder) = spooling(64 * MIB).await;
    let (handler, _other) = spooling(64 * MIB).await;
    let client = Client::new(Settings::default()).unwrap();
    let target = Target::parse(&format!("http://{}", handler.addr)).unwrap();
    let text = "½ of \"this\"\n".repeat(200_000).into_bytes();
    for body in [noise(MIB + 1), noise(5 * MIB + 77), text] {
        for request in [sized(&body), chunked(&body, 100_003)] {
            assert_eq!(status(&running.send(&request).await), Some(200));
            let capture = newest(&running);
            assert!(capture.body.is_spooled() && capture.cost() < 100_000, "{capture:?}");
            assert_eq!((capture.body.len(), capture.body.end()), (body.len(), &BodyEnd::Complete));
            assert_eq!(*capture.body.sha256().unwrap(), sha(&body));

            let line = capture_line(&capture);
            let read = read_capture(&line).unwrap().unwrap();
            assert_eq!(read.body.first().as_ref(), body);
            let written: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(written["body"]["sha256"], hex::encode(sha(&body)));

            let reply = client.send(&plan(&capture, &target).unwrap()).await.unwrap();
            assert_eq!(reply.status, 200);
            assert_eq!(*newest(&handler).body.sha256().unwrap(), sha(&body));
        }
    }
    running.stats("nothing in flight", |stats| stats.in_flight == 0).await;
}

#[tokio::test]
async fn a_body_of_the_threshold_stays_in_memory() {
    let (running, folder) = spooling(64 * MIB).await;
    assert_eq!(status(&running.send(&sized(&noise(MIB))).await), Some(200));
    assert!(!newest(&running).body.is_spooled());
    assert_eq!(running.store.stats().spooled, 0);
    assert!(!folder.path().join("spool").exists(), "a folder that nothing needs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_do_not_mix() {
    let (running, _folder) = spooling(64 * MIB).await;
    let running = Arc::new(running);
    let mut senders = tokio::task::JoinSet::new();
    for number in 0..16 {
        let running = Arc::clone(&running);
        senders.spawn(async move {
            let body = noise(2 * MIB + number * 1000 + 1);
            assert_eq!(status(&running.send(&sized(&body)).await), Some(200));
            sha(&body)
        });
    }
    let mut sent = Vec::new();
    while let Some(sender) = senders.join_next().await {
        sent.push(sender.unwrap());
    }
    let mut kept: Vec<_> =
        running.store.changes_since(Seq(0), 0).new.iter().map(|capture| *capture.body.sha256().unwrap()).collect();
    sent.sort_unstable();
    kept.sort_unstable();
    assert_eq!(kept, sent);
    running.stats("nothing in flight", |stats| stats.in_flight == 0).await;
}

#[tokio::test]
async fn a_sender_that_hangs_up_past_the_threshold_leaves_what_came() {
    let (running, _folder) = spooling(64 * MIB).await;
    for sent in [MIB + 1, 2 * MIB + 12_345] {
        let body = noise(sent);
        let mut stream = running.connect().await;
        stream.write_all(b"POST /cut HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n").await.unwrap();
        stream.write_all(&body).await.unwrap();
        drop(stream);
        let all = running.captures(1).await;
        let capture = &all.new[0];
        assert!(capture.body.is_spooled());
        assert_eq!((capture.body.len(), capture.body.end()), (sent, &BodyEnd::ClosedEarly));
        assert_eq!(*capture.body.sha256().unwrap(), sha(&body));

        let target = Target::parse("http://localhost:1").unwrap();
        assert_eq!(plan(capture, &target).unwrap_err().kind, "truncated");
        let forced = plan_with(capture, &target, PlanOptions { force: true, ..PlanOptions::default() }).unwrap();
        assert_eq!(forced.body().len(), sent);
        running.store.clear();
    }
    assert_eq!(running.store.stats().spooled, 0);
    running.stats("nothing in flight", |stats| stats.in_flight == 0).await;
}

#[tokio::test]
async fn the_spool_is_bounded_and_small_captures_do_not_go_for_it() {
    let (running, folder) = spooling(8 * MIB).await;
    let folder = folder.path().join("spool");
    for number in 0..6_u64 {
        assert_eq!(status(&running.send(b"GET /small HTTP/1.1\r\n\r\n").await), Some(200));
        assert_eq!(status(&running.send(&sized(&noise(3 * MIB))).await), Some(200));
        let stats = running.store.stats();
        assert!(stats.spooled <= 8 * MIB as u64 && stats.spooled >= 3 * MIB as u64, "{stats:?}");
        assert_eq!(stats.evicted, number.saturating_sub(1));
    }
    let all = running.store.changes_since(Seq(0), 0);
    let large: Vec<u64> =
        all.new.iter().filter(|capture| capture.body.is_spooled()).map(|capture| capture.seq.0).collect();
    assert_eq!((all.new.len(), large), (6 + 2, vec![10, 12]));
    assert_eq!(all.early, [2, 4, 6, 8].map(Seq));
    drop(all);
    until("the files of evicted captures", || open_files(&folder) == 2).await;
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "files have names");

    // A pinned one stays, and takes from the others.
    running.store.pin(Seq(10)).unwrap();
    assert_eq!(status(&running.send(&sized(&noise(4 * MIB))).await), Some(200));
    assert!(running.store.get(Seq(10)).is_some() && running.store.get(Seq(12)).is_none());
    running.store.unpin(Seq(10));
    running.store.clear();
    until("the last files", || open_files(&folder) == 0).await;
    assert_eq!(running.store.stats().spooled, 0);
}

#[tokio::test]
async fn a_body_larger_than_the_spool_is_cut_and_said_to_be_too_large() {
    let (running, _folder) = spooling(4 * MIB).await;
    assert_eq!(status(&running.send(&sized(&noise(2 * MIB))).await), Some(200));
    // One that declares it is not let drive others out.
    let body = noise(6 * MIB);
    let answer = running.send(&sized(&body)).await;
    assert_eq!(status(&answer), Some(413), "{answer}");
    assert!(answer.contains("--spool-bytes"), "{answer}");
    let capture = newest(&running);
    assert_eq!(capture.body.end(), &BodyEnd::SpoolFull(4 * MIB as u64));
    assert_eq!(capture.body.bytes().unwrap().as_ref(), &body[..MIB]);
    assert!(running.store.get(Seq(1)).is_some());

    let answer = running.send(&chunked(&body, 100_000)).await;
    assert_eq!(status(&answer), Some(413), "{answer}");
    let capture = newest(&running);
    assert_eq!(capture.body.end(), &BodyEnd::SpoolFull(4 * MIB as u64));
    let kept = capture.body.len();
    assert!((3 * MIB..=4 * MIB).contains(&kept), "{kept}");
    assert_eq!(*capture.body.sha256().unwrap(), sha(&body[..kept]));
    assert_eq!(running.store.stats().refused_for(Refusal::SpoolFull), 2);
    // And one that waits for a word is told before it sends.
    let mut stream = running.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n\r\n").await.unwrap();
    assert_eq!(status(&rest(&mut stream).await), Some(413));
}

#[tokio::test]
async fn a_body_for_which_others_leave_no_room_is_answered_507() {
    let (running, _folder) = spooling(4 * MIB).await;
    let mut first = running.connect().await;
    first.write_all(format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", 3 * MIB).as_bytes()).await.unwrap();
    first.write_all(&noise(3 * MIB - 1)).await.unwrap();
    running.stats("the first body", |stats| stats.spooled > 2 * MIB as u64).await;
    let answer = running.send(&sized(&noise(2 * MIB))).await;
    assert_eq!(status(&answer), Some(507), "{answer}");
    assert_eq!(running.captures(1).await.new[0].body.end(), &BodyEnd::SpoolFull(4 * MIB as u64));
    first.write_all(b"x").await.unwrap();
    assert_eq!(status(&head(&mut first).await), Some(200));
    assert_eq!(newest(&running).body.len(), 3 * MIB);
}

#[tokio::test]
async fn a_disk_that_takes_nothing_cuts_the_body_and_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("spool");
    // A file where the folder should be.
    std::fs::write(&place, "").unwrap();
    let store = Store::spooling(Limits::default(), Spool::own(&place));
    let running = Running::on(store, ListenSettings::default()).await;
    let body = noise(3 * MIB);
    for request in [sized(&body), chunked(&body, 65_536)] {
        let answer = running.send(&request).await;
        assert_eq!(status(&answer), Some(507), "{answer}");
        let capture = newest(&running);
        assert!(matches!(capture.body.end(), BodyEnd::DiskFailed(why) if !why.is_empty()), "{capture:?}");
        assert_eq!(capture.body.bytes().unwrap().as_ref(), &body[..MIB]);
    }
    assert_eq!(running.store.stats().refused_for(Refusal::DiskFailed), 2);
    assert_eq!(running.store.stats().spooled, 0);
    std::fs::remove_file(&place).unwrap();
    assert_eq!(status(&running.send(&sized(&body)).await), Some(200));
    running.stats("nothing in flight", |stats| stats.in_flight == 0).await;
}
