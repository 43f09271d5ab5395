//! An inbox to read: by any process, also while another writes it.
//!
//! Each question sees the journal at one moment. A capture that is damaged is left out of what is read, with a word in the
//! log; [`Archive::check`] tells of it.

use std::{collections::BTreeMap, ops::ControlFlow, sync::Arc};

use rusqlite::{Connection, OptionalExtension as _, Params};

use super::{
    InboxName, Inboxes, OpenError, ReadError,
    bodies::Bodies,
    error::Fault,
    rows::{self, ATTEMPT, CAPTURE, Rows, Unread, number},
    schema,
};
use crate::model::{Attempt, Capture, CaptureId, Seq};

/// See the head of this file.
#[derive(Debug)]
pub struct Archive {
    connection: Connection,
    bodies: Bodies,
    rows: Rows,
}

/// What the user has put on a capture.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Marks {
    /// Whether it stays whatever else goes.
    pub pinned: bool,
    /// What was written beside it.
    pub note: Option<String>,
}

/// A part of the journal, and from which end it is gone through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::store) struct Stretch {
    /// Only captures with a higher number,
    pub(in crate::store) after: Seq,
    /// and only those with a lower one.
    pub(in crate::store) before: Seq,
    /// Whether the newest come first.
    pub(in crate::store) newest_first: bool,
}

impl Stretch {
    fn order(self) -> &'static str {
        if self.newest_first { "DESC" } else { "ASC" }
    }
}

impl Archive {
    /// Opens the inbox of that name. One that an earlier creel made, and that nobody writes now, is brought up to date
    /// first.
    pub fn open(inboxes: &Inboxes, name: &InboxName) -> Result<Self, OpenError> {
        let folder = inboxes.path_of(name);
        let path = folder.join(schema::FILE);
        let refused = |fault| OpenError::of(name, fault);
        if !path.try_exists().map_err(|error| refused(error.into()))? {
            return Err(OpenError::Missing(name.clone()));
        }
        let connection = match schema::open_to_read(&path) {
            Err(Fault::Older(version)) => {
                let Ok(lock) = inboxes.lock(name, None) else { return Err(refused(Fault::Older(version))) };
                drop(schema::open(&path, schema::Sync::Machine).map_err(refused)?);
                drop(lock);
                schema::open_to_read(&path)
            }
            opened => opened,
        };
        let bodies = Bodies(folder.join(schema::BODIES));
        Ok(Self { connection: connection.map_err(refused)?, bodies, rows: Rows::default() })
    }

    /// The newest captures, or the newest of those before `before`, oldest first.
    pub fn newest(&self, before: Option<Seq>, limit: usize) -> Result<Vec<Arc<Capture>>, ReadError> {
        let before = before.map_or(i64::MAX, number);
        let mut page = self.captures("seq < ?1 ORDER BY seq DESC LIMIT ?2", (before, limited(limit)))?;
        page.reverse();
        Ok(page)
    }

    /// The captures after `after`, oldest first.
    pub fn since(&self, after: Seq, limit: usize) -> Result<Vec<Arc<Capture>>, ReadError> {
        self.captures("seq > ?1 ORDER BY seq LIMIT ?2", (number(after), limited(limit)))
    }

    /// The captures whose id begins with these hexadecimal digits, dashes aside, oldest first. What is no such digit
    /// begins no id.
    pub fn by_prefix(&self, hex: &str, limit: usize) -> Result<Vec<Arc<Capture>>, ReadError> {
        let Some((low, high)) = bounds(hex) else { return Ok(Vec::new()) };
        self.captures("id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3", (low, high, limited(limit)))
    }

    /// The capture of that id.
    pub fn get(&self, id: CaptureId) -> Result<Option<Arc<Capture>>, ReadError> {
        Ok(self.captures("id = ?1 ORDER BY seq DESC LIMIT 1", [id.as_bytes().as_slice()])?.pop())
    }

    /// The capture of that number.
    pub fn by_seq(&self, seq: Seq) -> Result<Option<Arc<Capture>>, ReadError> {
        Ok(self.captures("seq = ?1", [number(seq)])?.pop())
    }

    fn captures(&self, which: &str, parameters: impl Params) -> Result<Vec<Arc<Capture>>, ReadError> {
        let mut captures = Vec::new();
        self.walk(which, parameters, |_, capture| {
            captures.extend(capture.map(Arc::new));
            ControlFlow::Continue(())
        })?;
        Ok(captures)
    }

    /// Hands captures over one by one, each with its number and nothing where it is damaged; says how many those were.
    fn walk(
        &self,
        which: &str,
        parameters: impl Params,
        mut each: impl FnMut(Seq, Option<Capture>) -> ControlFlow<()>,
    ) -> Result<usize, ReadError> {
        let query = format!("SELECT {CAPTURE} FROM captures WHERE {}{which}", self.here()?);
        let mut statement = self.connection.prepare_cached(&query)?;
        let mut found = statement.query(parameters)?;
        let mut many = 0;
        while let Some(row) = found.next()? {
            let seq = rows::seq(row.get(0)?);
            many += 1;
            if each(seq, whole(self.rows.capture(&self.connection, &self.bodies, row))?).is_break() {
                break;
            }
        }
        Ok(many)
    }

    /// What the user has deleted goes step by step, and is gone for readers at once.
    fn here(&self) -> Result<String, ReadError> {
        Ok(match self.total("clear_through")? {
            0 => String::new(),
            cleared => format!("(seq > {cleared} OR seq IN (SELECT seq FROM marks WHERE pinned)) AND "),
        })
    }

    /// Goes through a stretch, at most `limit` captures of it, handing each over with its number; nothing for one that is
    /// damaged. Says how many those were.
    pub(in crate::store) fn each_in(
        &self,
        stretch: Stretch,
        limit: usize,
        each: impl FnMut(Seq, Option<Capture>) -> ControlFlow<()>,
    ) -> Result<usize, ReadError> {
        let which = format!("seq > ?1 AND seq < ?2 ORDER BY seq {} LIMIT ?3", stretch.order());
        self.walk(&which, (number(stretch.after), number(stretch.before), limited(limit)), each)
    }

    /// The numbers of those in a stretch that are of the margin.
    pub(in crate::store) fn marginal_in(&self, stretch: Stretch, limit: usize) -> Result<Vec<Seq>, ReadError> {
        let which = format!("marginal AND seq > ?1 AND seq < ?2 ORDER BY seq {} LIMIT ?3", stretch.order());
        let query = format!("SELECT seq FROM captures WHERE {}{which}", self.here()?);
        let mut statement = self.connection.prepare_cached(&query)?;
        let parameters = (number(stretch.after), number(stretch.before), limited(limit));
        let found = statement.query_map(parameters, |row| row.get(0).map(rows::seq))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// The attempts to send the capture of that number on, oldest first.
    pub(in crate::store) fn attempts_to(&self, seq: Seq) -> Result<Vec<Attempt>, ReadError> {
        self.attempts("WHERE seq = ?1 ORDER BY number", [number(seq)])
    }

    /// The attempts to send a capture on, oldest first.
    pub fn attempts_of(&self, id: CaptureId) -> Result<Vec<Attempt>, ReadError> {
        let which = "WHERE seq = (SELECT max(seq) FROM captures WHERE id = ?1) ORDER BY number";
        self.attempts(which, [id.as_bytes().as_slice()])
    }

    /// The newest attempts of all captures, oldest first.
    pub fn newest_attempts(&self, limit: usize) -> Result<Vec<Attempt>, ReadError> {
        let mut attempts = self.attempts("ORDER BY number DESC LIMIT ?1", [limited(limit)])?;
        attempts.reverse();
        Ok(attempts)
    }

    fn attempts(&self, which: &str, parameters: impl Params) -> Result<Vec<Attempt>, ReadError> {
        let mut statement = self.connection.prepare_cached(&format!("SELECT {ATTEMPT} FROM attempts {which}"))?;
        let mut found = statement.query(parameters)?;
        let mut attempts = Vec::new();
        while let Some(row) = found.next()? {
            attempts.extend(whole(rows::attempt(row))?);
        }
        Ok(attempts)
    }

    /// What the user has put on a capture.
    pub fn marks_of(&self, seq: Seq) -> Result<Marks, ReadError> {
        let mut statement = self.connection.prepare_cached("SELECT pinned, note FROM marks WHERE seq = ?1")?;
        let marks = statement.query_row([number(seq)], |row| Ok(Marks { pinned: row.get(0)?, note: row.get(1)? }));
        Ok(marks.optional()?.unwrap_or_default())
    }

    /// The numbers of all pinned captures, oldest first.
    pub fn pinned(&self) -> Result<Vec<Seq>, ReadError> {
        let mut statement = self.connection.prepare_cached("SELECT seq FROM marks WHERE pinned ORDER BY seq")?;
        let pinned = statement.query_map([], |row| row.get(0).map(rows::seq))?;
        Ok(pinned.collect::<rusqlite::Result<_>>()?)
    }

    /// What the user has written on captures.
    pub fn notes(&self) -> Result<BTreeMap<Seq, Arc<str>>, ReadError> {
        let mut statement = self.connection.prepare_cached("SELECT seq, note FROM marks WHERE note IS NOT NULL")?;
        let notes = statement.query_map([], |row| Ok((row.get(0).map(rows::seq)?, row.get::<_, String>(1)?.into())))?;
        Ok(notes.collect::<rusqlite::Result<_>>()?)
    }

    /// How many captures there are.
    pub fn count(&self) -> Result<u64, ReadError> {
        self.total("count")
    }

    /// What they take, in bytes: heads, bodies and all.
    pub fn bytes(&self) -> Result<u64, ReadError> {
        self.total("bytes")
    }

    /// The number of the newest capture that there ever was.
    pub fn last(&self) -> Result<Seq, ReadError> {
        self.total("last").map(Seq)
    }

    fn total(&self, key: &str) -> Result<u64, ReadError> {
        let mut statement = self.connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
        let value: Option<i64> = statement.query_row([key], |row| row.get(0)).optional()?;
        Ok(value.and_then(|value| u64::try_from(value).ok()).unwrap_or_default())
    }

    /// What is wrong with the journal and with the files beside it, a sentence each; nothing where all is well. Reads all
    /// of it.
    pub fn check(&self) -> Result<Vec<String>, ReadError> {
        let mut wrong = Vec::new();
        let mut statement = self.connection.prepare("PRAGMA quick_check(100)")?;
        let mut said = statement.query([])?;
        while let Some(row) = said.next()? {
            wrong.push(row.get::<_, String>(0)?);
        }
        wrong.retain(|word| word != "ok");
        let mut statement = self.connection.prepare(&format!("SELECT {CAPTURE} FROM captures ORDER BY seq"))?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            match self.rows.capture(&self.connection, &self.bodies, row) {
                Ok(capture) if row.get::<_, Option<i64>>(2)?.is_some() && !capture.body.is_spooled() => {
                    wrong.push(format!("{}: the file of its body is gone or too short", capture.seq));
                }
                Ok(_) => {}
                Err(Unread::Damaged(seq, why)) => wrong.push(format!("{seq}: {why}")),
                Err(Unread::Failed(error)) => return Err(error.into()),
            }
        }
        Ok(wrong)
    }
}

fn limited(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// What was read; nothing for what is damaged.
fn whole<T>(read: Result<T, Unread>) -> Result<Option<T>, ReadError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(Unread::Damaged(seq, why)) => {
            tracing::warn!("{seq} in the journal: {why}");
            Ok(None)
        }
        Err(Unread::Failed(error)) => Err(error.into()),
    }
}

/// The lowest and the highest id that begin with these digits.
fn bounds(hex: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| *byte != b'-').collect();
    if digits.len() > 32 {
        return None;
    }
    let filled = |with: u8| {
        let mut all = digits.clone();
        all.resize(32, with);
        hex::decode(all).ok()
    };
    Some((filled(b'0')?, filled(b'f')?))
}
