//! Journals of earlier versions, and what a later version added.

use std::path::Path;

use bytes::Bytes;

use super::{PATIENCE, archive, capture, name, started, with};
use crate::model::{Answer, Body, BodyEnd, Capture, Origin, Refusal, Seq};
use crate::store::inbox::{Inboxes, codec, codec::tests::same, folder, schema};

/// A journal as an earlier version made it, with one capture that was caught and one that was turned away.
fn earlier_version(root: &Path, version: usize) -> [Capture; 2] {
    let folder = Inboxes::new(root).path_of(&name());
    folder::make(&folder).unwrap();
    let connection = schema::earlier(&folder.join(schema::FILE), version);
    let captures = [capture(500), with(Body::new(Bytes::new(), None, 0, BodyEnd::Shed(Refusal::RateLimited)))];
    let mut answer = Vec::new();
    codec::answer(&mut answer, &Answer::default());
    connection.execute("INSERT INTO answers VALUES (1, 8, ?1)", [answer]).unwrap();
    for (seq, capture) in [7, 8].into_iter().zip(&captures) {
        let mut meta = Vec::new();
        codec::capture(&mut meta, capture);
        let body = capture.body.first().to_vec();
        connection
            .execute(
                "INSERT INTO captures VALUES (?1, ?2, ?3, ?4, ?5, NULL, 1, ?6, ?7)",
                rusqlite::params![
                    seq,
                    capture.id.as_bytes().as_slice(),
                    capture.received_at.as_microsecond(),
                    capture.is_marginal(),
                    i64::try_from(meta.len() + body.len()).unwrap(),
                    meta,
                    body
                ],
            )
            .unwrap();
    }
    connection.execute("INSERT INTO marks(seq, pinned) VALUES (7, 1)", []).unwrap();
    if version > 1 {
        let counted = "UPDATE meta SET value = CASE key WHEN 'count' THEN 2 WHEN 'bytes' THEN 600 ELSE 1 END
                       WHERE key IN ('count', 'bytes', 'marginal')";
        connection.execute(counted, []).unwrap();
    }
    captures
}

#[test]
fn a_journal_of_an_earlier_version_is_brought_up_to_date() {
    for (version, reading) in [(1, true), (1, false), (2, true), (2, false)] {
        let root = tempfile::tempdir().unwrap();
        let mut captures = earlier_version(root.path(), version);
        if !reading {
            let store = started(root.path());
            let draft = Capture { origin: Some(Origin { of: Some(captures[0].id) }), ..capture(1) };
            assert_eq!(store.push(draft), Seq(9));
            assert!(store.close(PATIENCE));
        }
        let archive = archive(root.path());
        assert_eq!(archive.count(), Ok(if reading { 2 } else { 3 }));
        assert!(archive.bytes().unwrap() > 500);
        assert_eq!(archive.pinned(), Ok(vec![Seq(7)]));
        for (seq, capture) in [7, 8].into_iter().zip(&mut captures) {
            capture.seq = Seq(seq);
            same(capture, &archive.by_seq(Seq(seq)).unwrap().unwrap()).unwrap();
        }
        let draft = archive.by_seq(Seq(9)).unwrap().and_then(|draft| draft.origin);
        assert_eq!(draft, (!reading).then_some(Origin { of: Some(captures[0].id) }));
    }
}

#[test]
fn a_draft_keeps_its_origin_which_may_go_before_it() {
    let root = tempfile::tempdir().unwrap();
    let store = started(root.path());
    let caught = capture(10);
    let edited = Capture { origin: Some(Origin { of: Some(caught.id) }), ..capture(11) };
    let composed = Capture { origin: Some(Origin::default()), ..capture(12) };
    let seqs = [caught, edited.clone(), composed].map(|capture| store.push(capture));
    store.remove(seqs[0]);
    store.remove(seqs[2]);
    assert!(store.close(PATIENCE));
    drop(store);
    let found = archive(root.path()).since(Seq(0), 9).unwrap();
    assert_eq!(
        found.iter().map(|capture| (capture.seq, capture.origin)).collect::<Vec<_>>(),
        [(Seq(2), edited.origin)]
    );
    let path = Inboxes::new(root.path()).path_of(&name()).join(schema::FILE);
    let left: i64 =
        schema::open_to_read(&path).unwrap().query_row("SELECT count(*) FROM drafts", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1, "what belongs to a capture goes with it");
}
