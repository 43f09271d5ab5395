//! From rows to captures and attempts.

use std::{cell::RefCell, collections::HashMap, fs::File, sync::Arc};

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{
    bodies::Bodies,
    codec::{self, Damaged, Parts},
};
use crate::model::{
    Answer, Attempt, AttemptId, Body, BodyEnd, Capture, CaptureId, Content, Origin, Room, Seq, Spooled,
};

/// The columns that a capture is read from, in their order. The last is of another table: nothing for what was caught, the id of
/// its origin for a draft, no byte for one that has none.
pub(super) const CAPTURE: &str = "seq, id, file, answer, meta, body, \
    (SELECT coalesce(origin, x'') FROM drafts WHERE drafts.seq = captures.seq)";
/// Those of an attempt.
pub(super) const ATTEMPT: &str = "number, seq, data";

/// How many answers are remembered; nearly always there is one.
const ANSWERS: usize = 256;

/// Reads rows, and shares answers among the captures that it reads.
#[derive(Debug, Default)]
pub(super) struct Rows {
    answers: RefCell<HashMap<i64, Arc<Answer>>>,
}

/// A row that could not be read for a reason of its own, or that stands for the end of all reading.
#[derive(Debug)]
pub(super) enum Unread {
    Damaged(Seq, Damaged),
    Failed(rusqlite::Error),
}

impl From<rusqlite::Error> for Unread {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error)
    }
}

fn blob(row: &Row<'_>, at: usize) -> rusqlite::Result<Bytes> {
    Ok(row.get_ref(at)?.as_blob().map(Bytes::copy_from_slice).unwrap_or_default())
}

/// A number as the journal has it; creel has none so large that it would not fit.
pub(super) fn number(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

/// The same of a length in bytes.
pub(super) fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

pub(super) fn seq(number: i64) -> Seq {
    Seq(u64::try_from(number).unwrap_or_default())
}

impl Rows {
    /// Reads the capture of a row of [`CAPTURE`].
    pub(super) fn capture(&self, connection: &Connection, bodies: &Bodies, row: &Row<'_>) -> Result<Capture, Unread> {
        let seq = seq(row.get(0)?);
        let damaged = |why| Unread::Damaged(seq, why);
        let id = row.get_ref(1)?.as_blob().ok().and_then(|id| id.try_into().ok());
        let id = CaptureId::from_bytes(id.ok_or(damaged(Damaged("its name is none")))?);
        let length: Option<i64> = row.get(2)?;
        let answer = self.answer(connection, row.get(3)?)?.map_err(damaged)?;
        let (meta, held) = (blob(row, 4)?, blob(row, 5)?);
        let (content, whole) = match length.map(|length| usize::try_from(length).unwrap_or_default()) {
            None => (Content::from(held), true),
            Some(length) => file(bodies, id, &held, length).map_or((Content::from(held), false), |file| (file, true)),
        };
        let origin = origin(row)?.map_err(damaged)?;
        let mut capture = codec::read_capture(meta, Parts { id, seq, content, answer, origin }).map_err(damaged)?;
        if !whole {
            let body = &capture.body;
            let end = BodyEnd::DiskFailed("its file beside the journal is gone".into());
            capture.body = Body::of(body.content().clone(), body.declared(), body.received(), end);
        }
        Ok(capture)
    }

    fn answer(&self, connection: &Connection, number: i64) -> rusqlite::Result<Result<Arc<Answer>, Damaged>> {
        if let Some(known) = self.answers.borrow().get(&number) {
            return Ok(Ok(Arc::clone(known)));
        }
        let mut statement = connection.prepare_cached("SELECT data FROM answers WHERE number = ?1")?;
        let data = statement.query_row([number], |row| blob(row, 0)).optional()?;
        let Some(data) = data else { return Ok(Err(Damaged("its answer is gone"))) };
        let answer = match codec::read_answer(data) {
            Ok(answer) => Arc::new(answer),
            Err(damaged) => return Ok(Err(damaged)),
        };
        let mut answers = self.answers.borrow_mut();
        if answers.len() >= ANSWERS {
            answers.clear();
        }
        answers.insert(number, Arc::clone(&answer));
        Ok(Ok(answer))
    }
}

/// What the row says of where a draft comes from.
fn origin(row: &Row<'_>) -> rusqlite::Result<Result<Option<Origin>, Damaged>> {
    Ok(match row.get_ref(6)?.as_blob_or_null() {
        Ok(None) => Ok(None),
        Ok(Some([])) => Ok(Some(Origin::default())),
        Ok(Some(id)) => match <[u8; 16]>::try_from(id) {
            Ok(id) => Ok(Some(Origin { of: Some(CaptureId::from_bytes(id)) })),
            Err(_) => Err(Damaged("the name of its origin is none")),
        },
        Err(_) => Err(Damaged("the name of its origin is none")),
    })
}

fn file(bodies: &Bodies, id: CaptureId, first: &Bytes, length: usize) -> Option<Content> {
    let file = File::open(bodies.path(id)).ok()?;
    let whole = file.metadata().ok()?.len() >= length as u64;
    whole.then(|| Content::Spooled(Spooled::new(file, first.clone(), length, Room::default())))
}

/// Reads the attempt of a row of [`ATTEMPT`].
pub(super) fn attempt(row: &Row<'_>) -> Result<Attempt, Unread> {
    let (id, number) = (row.get::<_, i64>(0)?, row.get(1)?);
    let id = AttemptId(u64::try_from(id).unwrap_or_default());
    codec::read_attempt(blob(row, 2)?, id, seq(number)).map_err(|why| Unread::Damaged(seq(number), why))
}
