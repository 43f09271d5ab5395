//! The inbox through a store, as creel uses it: what is caught is there after a restart, whatever stood in the way.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;
use tempfile::TempDir;

use super::{
    Archive, Durability, Inbox, InboxName, Inboxes, Keep, OpenError, Options,
    codec::tests::{any_capture, same},
    folder, lock, schema,
};
use crate::model::{
    Answer, Attempt, AttemptId, Body, BodyEnd, Capture, CaptureId, Content, Fidelity, Head, Ledger, Outcome, Refusal,
    Seq, Spooled, Timing, Timings, Version, Wire,
};
use crate::store::{Limits, Spool, Store};

mod versions;

const PATIENCE: Duration = Duration::from_secs(60);

fn name() -> InboxName {
    InboxName::default()
}

fn options(durability: Durability) -> Options {
    Options { durability, keep: Keep::default(), url: Some("http://127.0.0.1:4600".to_owned()), clock: Timestamp::now }
}

fn open(root: &Path, options: Options, limits: Limits) -> Store {
    let inbox = Inbox::open(&Inboxes::new(root), &name(), options);
    let spool = inbox.spool().unwrap_or_else(|| Spool::shared(root));
    Store::journaled(limits, spool, inbox)
}

fn started(root: &Path) -> Store {
    open(root, options(Durability::Batch), Limits::default())
}

fn archive(root: &Path) -> Archive {
    Archive::open(&Inboxes::new(root), &name()).unwrap()
}

fn numbers(root: &Path) -> Vec<u64> {
    archive(root).since(Seq(0), usize::MAX).unwrap().iter().map(|capture| capture.seq.0).collect()
}

/// Waits until something holds that another thread brings about.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what}: it did not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn with(body: Body) -> Capture {
    Capture {
        id: CaptureId::new(),
        seq: Seq(0),
        received_at: Timestamp::now(),
        remote: None,
        head: Head::from_parts(b"POST", b"/", Version::Http11, [], Fidelity::Exact),
        body,
        trailers: Box::default(),
        answer: crate::model::Given::default(),
        timing: Timing::default(),
        wire: Wire::default(),
        origin: None,
    }
}

fn capture(size: usize) -> Capture {
    with(Body::complete(vec![b'x'; size].into()))
}

fn spooled(store: &Store, size: usize) -> Capture {
    use std::io::Write as _;
    let spool = store.spool().unwrap();
    let mut file = spool.file().unwrap();
    file.write_all(&vec![b'y'; size]).unwrap();
    let first = Bytes::from(vec![b'y'; size.min(65_536)]);
    let content = Content::Spooled(Spooled::new(file, first, size, spool.room()));
    with(Body::of(content, None, size as u64, BodyEnd::Complete))
}

fn attempt(of: &Capture, seq: Seq, id: u64) -> Attempt {
    Attempt {
        id: AttemptId(id),
        capture: of.id,
        seq,
        target: "http://127.0.0.1:3000/".to_owned(),
        started_at: Timestamp::now(),
        duration: Some(Duration::from_millis(3)),
        ledger: Ledger::new(Version::Http11),
        outcome: Some(Outcome::Cancelled),
        timings: Timings::default(),
        to: None,
        forwarded: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_caught_is_there_after_a_restart(captures in proptest::collection::vec(any_capture(), 1..20), commit in any::<bool>()) {
        let root = tempfile::tempdir().unwrap();
        let durability = if commit { Durability::Commit } else { Durability::Batch };
        let store = open(root.path(), options(durability), Limits::default());
        let captures: Vec<Capture> = captures
            .into_iter()
            .map(|mut capture| {
                capture.id = CaptureId::new();
                capture.seq = store.push(capture.clone());
                capture
            })
            .collect();
        prop_assert!(store.close(PATIENCE));
        drop(store);
        let found = archive(root.path()).since(Seq(0), usize::MAX).unwrap();
        prop_assert_eq!(found.len(), captures.len());
        for (found, caught) in found.iter().zip(&captures) {
            same(caught, found)?;
        }
        let archive = archive(root.path());
        prop_assert_eq!(archive.check(), Ok(Vec::new()));
        prop_assert_eq!(archive.count(), Ok(captures.len() as u64));
        for caught in &captures {
            same(caught, &archive.get(caught.id).unwrap().unwrap())?;
            let prefix = &caught.id.to_string()[..36];
            same(caught, &archive.by_prefix(prefix, 2).unwrap()[0])?;
        }
    }
}

#[test]
fn numbers_pins_and_attempts_go_on_after_a_restart() {
    let root = tempfile::tempdir().unwrap();
    let store = started(root.path());
    let captures: Vec<Capture> = (0..10).map(|_| capture(100)).collect();
    for capture in &captures {
        store.push(capture.clone());
    }
    store.pin(Seq(3)).unwrap();
    store.remove(Seq(5));
    store.keep_attempt(attempt(&captures[6], Seq(7), 1));
    store.keep_attempt(attempt(&captures[6], Seq(7), 2));
    assert!(store.close(PATIENCE));
    drop(store);

    // Room for four, and a pinned one goes beside them.
    let store = open(root.path(), options(Durability::Batch), Limits { count: 5, ..Limits::default() });
    assert_eq!((store.stats().last, store.stats().received, store.last_attempt()), (Seq(10), 0, 2));
    assert_eq!(store.push(capture(1)), Seq(11));
    let attempts = store.load_older(100).unwrap();
    assert_eq!(attempts.iter().map(|attempt| (attempt.id.0, attempt.seq.0)).collect::<Vec<_>>(), [(1, 7), (2, 7)]);
    let older: Vec<(u64, bool)> =
        store.older_than(Seq(u64::MAX)).iter().map(|(capture, pinned)| (capture.seq.0, *pinned)).collect();
    assert_eq!(older, [(3, true), (7, false), (8, false), (9, false), (10, false)]);
    assert_eq!(store.older_than(Seq(8)).len(), 2);
    let new: Vec<u64> = store.changes_since(Seq(0), 0).new.iter().map(|capture| capture.seq.0).collect();
    assert_eq!(new, [11]);
    assert!(store.close(PATIENCE));
    drop(store);
    assert_eq!(numbers(root.path()), [1, 2, 3, 4, 6, 7, 8, 9, 10, 11]);
    assert!(archive(root.path()).marks_of(Seq(3)).unwrap().pinned);
}

#[test]
fn what_is_deleted_is_gone_from_the_disk() {
    let root = tempfile::tempdir().unwrap();
    let store = started(root.path());
    let secret = b"a token that nobody may find again".repeat(100);
    for _ in 0..600 {
        store.push(with(Body::complete(secret.clone().into())));
    }
    let large = store.push(spooled(&store, 100_000));
    store.pin(Seq(1)).unwrap();
    let folder = Inboxes::new(root.path()).path_of(&name());
    let size = || fs::metadata(folder.join(schema::FILE)).unwrap().len();
    until("all is written and worked off", || {
        size() > 2_000_000 && fs::metadata(folder.join("journal.db-wal")).unwrap().len() == 0
    });
    assert_eq!(folder::names(&folder.join(schema::BODIES)).unwrap().len(), 1);
    store.clear();
    until("the file shrinks", || size() < 1_000_000);
    store.unpin(Seq(1));
    store.remove(Seq(1));
    assert!(store.close(PATIENCE));
    drop(store);
    assert!(large > Seq(600));
    assert_eq!(folder::names(&folder.join(schema::BODIES)).unwrap(), [""; 0]);
    let archive = archive(root.path());
    assert_eq!((archive.count(), archive.bytes(), archive.check()), (Ok(0), Ok(0), Ok(Vec::new())));
    drop(archive);
    for file in [schema::FILE, "journal.db-wal"] {
        let bytes = fs::read(folder.join(file)).unwrap_or_default();
        assert_eq!(memchr::memmem::find(&bytes, b"nobody may find"), None, "{file}");
    }
}

#[test]
fn old_captures_go_by_number_by_size_and_by_age_but_not_pinned_ones() {
    let keeps = [
        Keep { count: 20, ..Keep::default() },
        Keep { bytes: 20_500, ..Keep::default() },
        Keep { age: Some(Duration::from_secs(3600)), ..Keep::default() },
    ];
    for keep in keeps {
        let root = tempfile::tempdir().unwrap();
        let store = open(root.path(), Options { keep, ..options(Durability::Batch) }, Limits::default());
        for number in 0..700 {
            let mut capture = capture(950);
            if keep.age.is_some() && number < 680 {
                capture.received_at -= Duration::from_secs(7200);
            }
            store.push(capture);
            if number == 2 {
                store.pin(Seq(2)).unwrap();
            }
        }
        for _ in 0..40 {
            store.push(with(Body::new(Bytes::new(), None, 0, BodyEnd::Shed(Refusal::RateLimited))));
        }
        let marginal =
            || archive(root.path()).newest(None, 1000).unwrap().iter().filter(|capture| capture.is_marginal()).count();
        until("old ones go", || {
            archive(root.path()).last() == Ok(Seq(740)) && archive(root.path()).count().unwrap() <= 70
        });
        if keep.count == 20 {
            until("so do marks", || marginal() == 2);
        }
        assert!(store.close(PATIENCE));
        let left = numbers(root.path());
        assert!(left.starts_with(&[2]) && left.contains(&700) && left.len() > 15, "{left:?}");
        assert_eq!(left.len() as u64, archive(root.path()).count().unwrap());
        assert!(left[1] > 650, "{left:?}");
    }
}

#[test]
fn what_leaves_a_small_ring_is_written_all_the_same() {
    let root = tempfile::tempdir().unwrap();
    let limits = Limits { count: 1, ..Limits::default() };
    let store = open(root.path(), options(Durability::Batch), limits);
    for _ in 0..2000 {
        store.push(capture(1000));
    }
    assert!(store.close(PATIENCE));
    assert_eq!(store.journal_state().unwrap().lost, 0);
    assert_eq!(numbers(root.path()).len(), 2000);
}

#[test]
fn folders_and_files_are_their_owners_alone() {
    let root = tempfile::tempdir().unwrap();
    let store = started(root.path());
    store.push(spooled(&store, 100_000));
    until("it is written", || numbers(root.path()).len() == 1);
    let inbox = Inboxes::new(root.path()).path_of(&name());
    let mut looked = 0;
    let mut folders = vec![inbox];
    while let Some(folder) = folders.pop() {
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700, "{}", folder.display());
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                looked += 1;
                assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
            }
        }
    }
    assert!(looked >= 4, "the journal, its log, its lock and a body: {looked}");
}

#[test]
fn a_second_creel_goes_on_in_memory_and_writes_when_the_first_has_gone() {
    let root = tempfile::tempdir().unwrap();
    let first = started(root.path());
    first.push(capture(1));
    first.push(capture(2));
    let second = started(root.path());
    let state = second.journal_state().unwrap();
    let said = state.warnings().concat();
    assert!(
        said.contains(&format!("process {}", std::process::id())) && said.contains("http://127.0.0.1:4600"),
        "{said}"
    );
    assert!(said.contains("--inbox NAME") && said.contains("captures are in memory alone"), "{said}");
    assert_eq!(second.push(capture(3)), Seq(1));
    assert!(first.close(PATIENCE));
    drop(first);
    until("the second writes", || second.journal_state().unwrap().warnings().is_empty());
    assert_eq!(second.push(capture(4)), Seq(2));
    second.pin(Seq(1)).unwrap();
    assert!(second.close(PATIENCE));
    let found = archive(root.path()).since(Seq(0), 10).unwrap();
    let sizes: Vec<(u64, usize)> = found.iter().map(|capture| (capture.seq.0, capture.body.len())).collect();
    assert_eq!(sizes, [(1, 1), (2, 2), (3, 3), (4, 4)]);
    assert_eq!(archive(root.path()).pinned(), Ok(vec![Seq(3)]));
}

#[test]
fn a_damaged_journal_is_set_aside_and_a_new_one_begun() {
    for damage in [0, 20, 32768 + 10] {
        let root = tempfile::tempdir().unwrap();
        let store = started(root.path());
        for _ in 0..50 {
            store.push(capture(3000));
        }
        assert!(store.close(PATIENCE));
        drop(store);
        let folder = Inboxes::new(root.path()).path_of(&name());
        let mut bytes = fs::read(folder.join(schema::FILE)).unwrap();
        bytes[damage..damage + 4000].fill(0x55);
        fs::write(folder.join(schema::FILE), &bytes).unwrap();
        let store = started(root.path());
        for _ in 0..50 {
            store.push(capture(3000));
        }
        assert!(store.close(PATIENCE));
        let aside: Vec<String> =
            folder::names(&folder).unwrap().into_iter().filter(|name| name.starts_with("damaged-")).collect();
        if let [aside] = &aside[..] {
            let said = store.journal_state().unwrap().warnings().concat();
            assert!(said.contains(aside.as_str()) && said.contains("a new one begun"), "{said}");
            assert_eq!(fs::read(folder.join(aside).join(schema::FILE)).unwrap(), bytes);
        }
        assert!(!aside.is_empty() || damage > 100, "nothing was set aside");
        assert!(archive(root.path()).count().unwrap() >= 50);
    }
}

#[test]
fn a_journal_of_a_later_creel_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    drop(started(root.path()));
    let path = Inboxes::new(root.path()).path_of(&name()).join(schema::FILE);
    let lock_is_free = || lock::Lock::holder(path.parent().unwrap()).is_none();
    until("it is let go", lock_is_free);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = Archive::open(&Inboxes::new(root.path()), &name()).unwrap_err();
    assert_eq!(error, OpenError::Newer(name(), 99));
    assert!(error.to_string().contains("was made by a later creel (its version is 99"), "{error}");
    let store = started(root.path());
    store.push(capture(1));
    assert!(store.journal_state().unwrap().warnings().concat().contains("was made by a later creel"));
    store.close(PATIENCE);
    assert_eq!(store.stats().held, 1);
}

#[test]
fn files_that_a_crash_left_go_and_those_of_captures_stay() {
    let root = tempfile::tempdir().unwrap();
    let store = started(root.path());
    store.push(spooled(&store, 100_000));
    assert!(store.close(PATIENCE));
    drop(store);
    let bodies = Inboxes::new(root.path()).path_of(&name()).join(schema::BODIES);
    fs::write(bodies.join(CaptureId::fixed(1).to_string()), "left").unwrap();
    let store = started(root.path());
    until("it goes", || folder::names(&bodies).unwrap().len() == 1);
    let found = archive(root.path()).newest(None, 1).unwrap();
    assert_eq!(found[0].body.content().pieces().map(|piece| piece.unwrap().len()).sum::<usize>(), 100_000);
    fs::remove_file(bodies.join(found[0].id.to_string())).unwrap();
    let again = archive(root.path()).newest(None, 1).unwrap();
    assert!(matches!(again[0].body.end(), BodyEnd::DiskFailed(_)));
    assert_eq!(archive(root.path()).check().unwrap().len(), 1);
    drop(store);
}

#[tokio::test]
async fn a_sender_that_waits_is_told_whether_it_is_on_the_disk() {
    let root = tempfile::tempdir().unwrap();
    let refused = Arc::new(Answer::status(503));
    let first = open(root.path(), options(Durability::Commit), Limits::default());
    assert!(first.keep(capture(1), &refused).on_disk().await);
    assert_eq!(numbers(root.path()), [1]);
    assert_eq!(first.get(Seq(1)).unwrap().answer.status, 200);
    let second = open(root.path(), options(Durability::Commit), Limits::default());
    assert!(!second.keep(capture(2), &refused).on_disk().await);
    assert_eq!(second.get(Seq(1)).unwrap().answer.status, 503);
    assert!(second.journal_state().unwrap().warnings().concat().contains("senders are answered 503"));
    assert!(first.close(PATIENCE));
    drop(first);
    until("the second writes", || second.journal_state().unwrap().warnings().is_empty());
    assert!(second.keep(capture(3), &refused).on_disk().await);
    assert!(second.close(PATIENCE));
    let found = archive(root.path()).since(Seq(0), 10).unwrap();
    let found: Vec<_> = found.iter().map(|capture| (capture.body.len(), capture.answer.status)).collect();
    assert_eq!(found, [(1, 200), (2, 503), (3, 200)]);
}

#[test]
fn inboxes_are_listed_renamed_and_removed_but_not_while_they_are_written() {
    let root: TempDir = tempfile::tempdir().unwrap();
    let inboxes = Inboxes::new(root.path().join("none"));
    assert_eq!(inboxes.list().unwrap(), []);
    let inboxes = Inboxes::new(root.path());
    let other: InboxName = "other".parse().unwrap();
    let store = started(root.path());
    store.push(capture(10));
    assert_eq!(inboxes.list().unwrap(), [name()]);
    assert!(matches!(inboxes.rename(&name(), &other), Err(OpenError::Locked(..))));
    assert!(matches!(inboxes.remove(&name()), Err(OpenError::Locked(..))));
    assert_eq!(inboxes.holder(&name()).unwrap().pid, Some(std::process::id()));
    assert!(store.close(PATIENCE));
    drop(store);
    inboxes.vacuum(&name()).unwrap();
    inboxes.rename(&name(), &other).unwrap();
    assert_eq!(inboxes.list().unwrap(), std::slice::from_ref(&other));
    assert_eq!(Archive::open(&inboxes, &other).unwrap().count(), Ok(1));
    assert_eq!(inboxes.remove(&name()), Err(OpenError::Missing(name())));
    inboxes.remove(&other).unwrap();
    assert_eq!(inboxes.list().unwrap(), []);
}
