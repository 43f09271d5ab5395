//! A journal that is open for writing: what is put into it, taken out of it, and marked in it, one transaction at a time.
//!
//! Decided: what is counted (how many captures, how many bytes) is kept beside the rows and in the same transaction;
//! answers, which are nearly always one and the same, are rows of their own. Everything here waits for the disk and is
//! called by one thread alone.

use std::{collections::HashMap, path::Path, sync::Arc};

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::{
    bodies::Bodies,
    codec,
    error::Fault,
    rows::{self, number},
    schema::{self, Sync},
};
use crate::model::{Answer, Attempt, Capture, CaptureId, Seq};

/// How many answers are remembered by what they hold.
const ANSWERS: usize = 64;

/// What is held, as the journal counts it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Totals {
    /// The highest number that was ever given.
    pub(super) last: i64,
    pub(super) count: i64,
    pub(super) bytes: i64,
    /// How many of them are of the margin.
    pub(super) marginal: i64,
    /// Up to which number everything goes that is not pinned; nought when that is done.
    pub(super) clear_through: i64,
}

impl Totals {
    const KEYS: [&str; 5] = ["last", "count", "bytes", "marginal", "clear_through"];

    fn values(&mut self) -> [&mut i64; 5] {
        let Self { last, count, bytes, marginal, clear_through } = self;
        [last, count, bytes, marginal, clear_through]
    }

    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut totals = Self::default();
        let mut statement = connection.prepare("SELECT value FROM meta WHERE key = ?1")?;
        for (key, value) in Self::KEYS.into_iter().zip(totals.values()) {
            *value = statement.query_row([key], |row| row.get(0)).optional()?.unwrap_or_default();
        }
        Ok(totals)
    }

    fn write(mut self, connection: &Connection, mut before: Self) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?;
        for ((key, value), before) in Self::KEYS.into_iter().zip(self.values()).zip(before.values()) {
            if value != before {
                statement.execute(params![key, *value])?;
            }
        }
        Ok(())
    }
}

/// See the head of this file.
#[derive(Debug)]
pub(super) struct Book {
    connection: Connection,
    pub(super) bodies: Bodies,
    sync: Sync,
    pub(super) totals: Totals,
    /// The last answer that was written, and its number.
    answer: Option<(Arc<Answer>, i64)>,
    answers: HashMap<Vec<u8>, i64>,
    /// The bytes written since the log was last worked off.
    logged: u64,
    /// Below this number all that is left is pinned.
    pub(super) passed: i64,
}

impl Book {
    /// Opens the journal in that folder, which is made where it is missing. The caller has the lock.
    pub(super) fn open(folder: &Path, sync: Sync) -> Result<Self, Fault> {
        let path = folder.join(schema::FILE);
        let bodies = Bodies(folder.join(schema::BODIES));
        super::folder::make(&bodies.0)?;
        drop(super::folder::file(&path)?);
        let connection = schema::open(&path, sync)?;
        let mut totals = Totals::read(&connection)?;
        let newest: Option<i64> = connection.query_row("SELECT max(seq) FROM captures", [], |row| row.get(0))?;
        totals.last = totals.last.max(newest.unwrap_or_default());
        Ok(Self { connection, bodies, sync, totals, answer: None, answers: HashMap::new(), logged: 0, passed: 0 })
    }

    /// Does all that `work` does, or nothing of it.
    pub(super) fn all<T>(&mut self, work: impl FnOnce(&mut Work<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let before = self.totals;
        let mut done = Work {
            transaction: self.connection.unchecked_transaction()?,
            bodies: &self.bodies,
            sync: self.sync,
            totals: before,
            // Given back where all is committed: the numbers of answers that were not written are not there.
            answer: self.answer.take(),
            answers: std::mem::take(&mut self.answers),
            logged: 0,
            gone: Vec::new(),
        };
        let result = work(&mut done);
        let Work { transaction, totals, answer, answers, logged, gone, .. } = done;
        let committed = result.and_then(|result| {
            totals.write(&transaction, before)?;
            transaction.commit()?;
            Ok(result)
        });
        if committed.is_ok() {
            (self.answer, self.answers) = (answer, answers);
            self.totals = totals;
            self.logged += logged;
            // Only now, or a capture could be left without its file.
            for id in gone {
                self.bodies.remove(id);
            }
        }
        committed
    }

    /// How many bytes were written since the log was last worked off.
    pub(super) fn logged(&self) -> u64 {
        self.logged
    }

    /// Moves what is in the log to its place, as far as no reader is in the way.
    pub(super) fn work_off(&mut self) -> Result<(), Fault> {
        self.logged = 0;
        self.checkpoint("PASSIVE")
    }

    /// The same, and empties the log, so that nothing that was deleted stays in it.
    pub(super) fn settle(&mut self) -> Result<(), Fault> {
        self.logged = 0;
        self.checkpoint("TRUNCATE")
    }

    fn checkpoint(&self, how: &str) -> Result<(), Fault> {
        Ok(self.connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_| Ok(()))?)
    }

    /// Gives a part of the room back that deleted captures took; says whether there is more.
    pub(super) fn shrink(&mut self) -> Result<bool, Fault> {
        const STEP: i64 = 128;
        let pages = |name| self.connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        let (free, all) = (pages("freelist_count")?, pages("page_count")?);
        // What comes next uses the rest.
        if free <= (all / 16).max(16) {
            return Ok(false);
        }
        let mut statement = self.connection.prepare(&format!("PRAGMA incremental_vacuum({STEP})"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        self.logged += STEP.unsigned_abs() * 32768;
        Ok(true)
    }

    /// Whether freed pages are overwritten at once; else when they are used again.
    pub(super) fn overwrite(&self, at_once: bool) -> Result<(), Fault> {
        let how = if at_once { "ON" } else { "FAST" };
        Ok(self.connection.query_row(&format!("PRAGMA secure_delete = {how}"), [], |_| Ok(()))?)
    }

    /// Whether anything can be written now.
    pub(super) fn probe(&mut self) -> Result<(), Fault> {
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES ('probed', coalesce((SELECT value FROM meta WHERE key = 'probed'), 0) + 1)", [])?;
        Ok(())
    }

    /// The number of the last attempt that there ever was.
    pub(super) fn last_attempt(&self) -> Result<i64, Fault> {
        Ok(self.connection.query_row("SELECT coalesce(max(number), 0) FROM attempts", [], |row| row.get(0))?)
    }

    /// Removes files without a capture, which a crash left.
    pub(super) fn sweep(&self) -> Result<(), Fault> {
        self.bodies.sweep();
        let mut statement = self.connection.prepare("SELECT 1 FROM captures WHERE id = ?1 AND file IS NOT NULL")?;
        for id in self.bodies.all()? {
            if !statement.exists([id.as_bytes().as_slice()])? {
                self.bodies.remove(id);
            }
        }
        Ok(())
    }
}

/// A transaction that is under way.
pub(super) struct Work<'a> {
    transaction: Transaction<'a>,
    bodies: &'a Bodies,
    sync: Sync,
    pub(super) totals: Totals,
    answer: Option<(Arc<Answer>, i64)>,
    answers: HashMap<Vec<u8>, i64>,
    logged: u64,
    /// Captures whose files go when this is done.
    gone: Vec<CaptureId>,
}

impl Work<'_> {
    /// Writes captures, `ahead` being what their numbers are behind those of the journal.
    pub(super) fn write<'a>(&mut self, captures: impl Iterator<Item = &'a Capture>, ahead: u64) -> Result<(), Fault> {
        let mut meta = Vec::with_capacity(4096);
        let mut used = HashMap::new();
        for capture in captures {
            let seq = number(Seq(capture.seq.0 + ahead));
            let answer = self.answer_of(capture.answer.now(), seq)?;
            used.insert(answer, seq);
            meta.clear();
            codec::capture(&mut meta, capture);
            let spooled = capture.body.content().spooled();
            if let Some(spooled) = spooled {
                self.bodies.keep(capture.id, spooled, self.sync == Sync::Machine)?;
            }
            let first = capture.body.first();
            let file = spooled.map(|spooled| rows::length(spooled.len()));
            let size = rows::length(meta.len() + capture.body.len());
            let marginal = capture.is_marginal();
            let mut insert = self.transaction.prepare_cached(
                "INSERT OR REPLACE INTO captures(seq, id, received_at, marginal, size, file, answer, meta, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?;
            insert.execute(params![
                seq,
                capture.id.as_bytes().as_slice(),
                capture.received_at.as_microsecond(),
                marginal,
                size,
                file,
                answer,
                meta.as_slice(),
                first.as_ref(),
            ])?;
            if let Some(origin) = capture.origin {
                let mut insert =
                    self.transaction.prepare_cached("INSERT OR REPLACE INTO drafts(seq, origin) VALUES (?1, ?2)")?;
                insert.execute(params![seq, origin.of.as_ref().map(|of| of.as_bytes().as_slice())])?;
            }
            let totals = &mut self.totals;
            (totals.last, totals.count, totals.bytes) = (totals.last.max(seq), totals.count + 1, totals.bytes + size);
            totals.marginal += i64::from(marginal);
            self.logged += (meta.len() + first.len()) as u64;
        }
        let mut update =
            self.transaction.prepare_cached("UPDATE answers SET last = max(last, ?2) WHERE number = ?1")?;
        for (answer, last) in used {
            update.execute([answer, last])?;
        }
        Ok(())
    }

    fn answer_of(&mut self, answer: &Arc<Answer>, last: i64) -> Result<i64, Fault> {
        if let Some((known, number)) = &self.answer
            && Arc::ptr_eq(known, answer)
        {
            return Ok(*number);
        }
        let mut data = Vec::new();
        codec::answer(&mut data, answer);
        let number = match self.answers.get(&data) {
            Some(number) => *number,
            None => {
                let known = "SELECT number FROM answers WHERE data = ?1";
                let known = self.transaction.prepare_cached(known)?.query_row([&data], |row| row.get(0)).optional()?;
                let number = match known {
                    Some(number) => number,
                    None => {
                        let mut insert =
                            self.transaction.prepare_cached("INSERT INTO answers(last, data) VALUES (?1, ?2)")?;
                        insert.execute(params![last, data])?;
                        self.transaction.last_insert_rowid()
                    }
                };
                if self.answers.len() >= ANSWERS {
                    self.answers.clear();
                }
                self.answers.insert(data, number);
                number
            }
        };
        self.answer = Some((Arc::clone(answer), number));
        Ok(number)
    }

    /// Writes the answer to a capture that is here already.
    pub(super) fn answered(&mut self, capture: &Capture, seq: i64) -> Result<(), Fault> {
        let answer = self.answer_of(capture.answer.now(), seq)?;
        let mut meta = Vec::new();
        codec::capture(&mut meta, capture);
        self.logged += meta.len() as u64;
        let mut update =
            self.transaction.prepare_cached("UPDATE captures SET answer = ?2, meta = ?3 WHERE seq = ?1")?;
        update.execute(params![seq, answer, meta])?;
        let mut used = self.transaction.prepare_cached("UPDATE answers SET last = max(last, ?2) WHERE number = ?1")?;
        used.execute([answer, seq])?;
        Ok(())
    }

    /// Writes an attempt; the captures of those whose capture is not here are none of the journal's.
    pub(super) fn attempt(&mut self, attempt: &Attempt, seq: i64) -> Result<(), Fault> {
        let mut data = Vec::new();
        codec::attempt(&mut data, attempt);
        self.logged += data.len() as u64;
        let id = number(Seq(attempt.id.0));
        let mut insert = self.transaction.prepare_cached(
            "INSERT OR REPLACE INTO attempts(number, seq, data)
             SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM captures WHERE seq = ?2)",
        )?;
        insert.execute(params![id, seq, data])?;
        Ok(())
    }

    /// Pins a capture or lets it go.
    pub(super) fn pin(&mut self, seq: i64, pinned: bool) -> Result<(), Fault> {
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO marks(seq, pinned) SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM captures WHERE seq = ?1)
             ON CONFLICT(seq) DO UPDATE SET pinned = excluded.pinned",
        )?;
        insert.execute(params![seq, pinned])?;
        Ok(())
    }

    /// Writes something on a capture, or takes that away.
    pub(super) fn note(&mut self, seq: i64, note: Option<&str>) -> Result<(), Fault> {
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO marks(seq, note) SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM captures WHERE seq = ?1)
             ON CONFLICT(seq) DO UPDATE SET note = excluded.note",
        )?;
        insert.execute(params![seq, note])?;
        Ok(())
    }

    /// Deletes a capture with all that belongs to it.
    pub(super) fn remove(&mut self, seq: i64) -> Result<(), Fault> {
        let mut find =
            self.transaction.prepare_cached("SELECT id, size, marginal, file FROM captures WHERE seq = ?1")?;
        let found = find.query_row([seq], |row| {
            let id = row.get_ref(0)?.as_blob().ok().and_then(|id| id.try_into().ok()).map(CaptureId::from_bytes);
            Ok((id, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?, row.get::<_, Option<i64>>(3)?))
        });
        let Some((id, size, marginal, file)) = found.optional()? else { return Ok(()) };
        for table in [
            "DELETE FROM captures WHERE seq = ?1",
            "DELETE FROM attempts WHERE seq = ?1",
            "DELETE FROM marks WHERE seq = ?1",
            "DELETE FROM drafts WHERE seq = ?1",
        ] {
            self.transaction.prepare_cached(table)?.execute([seq])?;
        }
        self.gone.extend(id.filter(|_| file.is_some()));
        let totals = &mut self.totals;
        (totals.count, totals.bytes) = (totals.count - 1, totals.bytes - size);
        totals.marginal -= marginal;
        self.logged += size as u64;
        Ok(())
    }

    /// The oldest captures that are not pinned, from `from` on, with their times: those of the margin, or the others.
    pub(super) fn oldest(&self, from: i64, marginal: bool, limit: usize) -> Result<Vec<(i64, i64)>, Fault> {
        // Two statements, because one of them has an index of its own.
        let which = if marginal { "marginal" } else { "NOT marginal" };
        let mut find = self.transaction.prepare_cached(&format!(
            "SELECT seq, received_at FROM captures AS own WHERE {which} AND seq >= ?1
             AND NOT EXISTS (SELECT 1 FROM marks WHERE marks.seq = own.seq AND pinned) ORDER BY seq LIMIT ?2"
        ))?;
        let found = find.query_map([from, rows::length(limit)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// Forgets answers that no capture has any more.
    pub(super) fn forget_answers(&mut self) -> Result<(), Fault> {
        let oldest: Option<i64> = self.transaction.query_row("SELECT min(seq) FROM captures", [], |row| row.get(0))?;
        let gone = self.transaction.execute("DELETE FROM answers WHERE last < ?1", [oldest.unwrap_or(i64::MAX)])?;
        if gone > 0 {
            self.answer = None;
            self.answers.clear();
        }
        Ok(())
    }
}

/// A number of the journal as one of a capture.
pub(super) fn last(book: &Book) -> Seq {
    rows::seq(book.totals.last)
}
