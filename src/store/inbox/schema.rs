//! The tables of a journal, and how one that an earlier creel made becomes one of today's.
//!
//! Decided: the file says its version in `user_version`, and each version is reached from the one before by statements
//! that are never changed once released; a file of a later version is left alone and said. A page is 32 KiB: four
//! captures of the usual 7 KB fill one with little waste, and a group of them is few writes; with 16 KiB they took a
//! seventh more of the processor, with 8 KiB a third, and with 64 KiB no less. What makes a
//! capture a draft stands in a table beside it, since most are none.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::Fault;

/// The name of the file in an inbox's folder.
pub(super) const FILE: &str = "journal.db";
/// The folder for the files of large bodies.
pub(super) const BODIES: &str = "bodies";

/// `crel`, for who asks what kind of file this is.
const APPLICATION: i32 = 0x6372_656c;

/// What leads from each version to the next; the first makes the first.
///
/// `captures.size` is what a capture takes in the file and beside it; `file` is the length of a body in a file of its own,
/// of which `body` has the first bytes; times are in microseconds since 1970.
const STEPS: &[&str] = &[
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
     CREATE TABLE answers(number INTEGER PRIMARY KEY, last INTEGER NOT NULL, data BLOB NOT NULL);
     CREATE TABLE captures(
         seq INTEGER PRIMARY KEY, id BLOB NOT NULL, received_at INTEGER NOT NULL, marginal INTEGER NOT NULL,
         size INTEGER NOT NULL, file INTEGER, answer INTEGER NOT NULL, meta BLOB NOT NULL, body BLOB NOT NULL);
     CREATE INDEX captures_by_id ON captures(id);
     CREATE TABLE attempts(number INTEGER PRIMARY KEY, seq INTEGER NOT NULL, data BLOB NOT NULL);
     CREATE INDEX attempts_by_seq ON attempts(seq);
     CREATE TABLE marks(seq INTEGER PRIMARY KEY, pinned INTEGER NOT NULL DEFAULT 0, note TEXT);
     INSERT INTO meta VALUES ('last', 0);",
    // What is held is counted as it comes and goes, because counting a million rows takes a while.
    "CREATE INDEX captures_marginal ON captures(seq) WHERE marginal;
     INSERT INTO meta SELECT 'count', count(*) FROM captures;
     INSERT INTO meta SELECT 'bytes', coalesce(sum(size), 0) FROM captures;
     INSERT INTO meta SELECT 'marginal', count(*) FROM captures WHERE marginal;
     INSERT INTO meta VALUES ('clear_through', 0);",
    // The origin is the id of a capture, which may have gone; nothing for what was composed.
    "CREATE TABLE drafts(seq INTEGER PRIMARY KEY, origin BLOB);",
];

/// The version that this creel writes.
pub(super) const VERSION: usize = STEPS.len();

/// How a journal is opened for writing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sync {
    /// What was committed survives the end of creel, however that comes.
    Process,
    /// What was committed survives that of the machine, too.
    Machine,
}

/// Opens a journal to write it, making or bringing up to date what is there. The caller has the lock and has made the file.
pub(super) fn open(path: &Path, sync: Sync) -> Result<Connection, Fault> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let version = version(&connection)?;
    let sync = if sync == Sync::Machine { "FULL" } else { "NORMAL" };
    // The first two mean something only while there is no table.
    connection.execute_batch(&format!(
        "PRAGMA page_size = 32768; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = {sync};
         PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384;
         PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA busy_timeout = 2000;"
    ))?;
    connection.set_prepared_statement_cache_capacity(32);
    for (at, step) in STEPS.iter().enumerate().skip(version) {
        migrate(&connection, at + 1, step)?;
    }
    Ok(connection)
}

fn migrate(connection: &Connection, to: usize, step: &str) -> Result<(), Fault> {
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(step)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", i32::try_from(to).unwrap_or(i32::MAX))?;
    Ok(transaction.commit()?)
}

/// Opens a journal to read it, which another process may be writing.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch(
        "PRAGMA busy_timeout = 2000; PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8192;",
    )?;
    connection.set_prepared_statement_cache_capacity(16);
    match version(&connection)? {
        VERSION => Ok(connection),
        older => Err(Fault::Older(older)),
    }
}

/// The version of a journal; nought for one that was never begun.
fn version(connection: &Connection) -> Result<usize, Fault> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    // Of a file that is no database this is the first thing that fails.
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let begun = tables > 0 || version > 0;
    match usize::try_from(version) {
        Ok(0) if !begun => Ok(0),
        _ if application != APPLICATION => Err(Fault::Corrupt("it is a database, and not one of creel's".to_owned())),
        Ok(version @ 1..=VERSION) => Ok(version),
        _ => Err(Fault::Newer(version)),
    }
}

/// A journal as that version made it.
#[cfg(test)]
pub(super) fn earlier(path: &Path, version: usize) -> Connection {
    let connection = Connection::open(path).unwrap();
    for (at, step) in STEPS.iter().enumerate().take(version) {
        migrate(&connection, at + 1, step).unwrap();
    }
    connection
}
