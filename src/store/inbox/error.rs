//! What can be wrong with an inbox, in sentences.

use std::io;

use rusqlite::ErrorCode;

use super::{InboxName, lock::Holder, schema::VERSION};
use crate::model::Printable;

/// What went wrong, as far as it decides what is done about it.
#[derive(Debug)]
pub(super) enum Fault {
    /// The file is not what creel wrote: it is set aside.
    Corrupt(String),
    /// A later creel made it.
    Newer(i64),
    /// An earlier creel made it, and it is opened to read alone.
    Older(usize),
    /// It may go better later.
    Failed(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let words = || Printable::limited(error.to_string().as_bytes(), 200).to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(words()),
            Some(ErrorCode::DiskFull) => Self::Failed("the disk is full".to_owned()),
            Some(ErrorCode::ReadOnly) => Self::Failed("it cannot be written to".to_owned()),
            _ => Self::Failed(words()),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Failed(Printable::limited(error.to_string().as_bytes(), 200).to_string())
    }
}

/// Why an inbox was not opened. Each is a sentence that says what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// There is none of that name.
    #[error("there is no inbox `{0}`; `creel inbox list` shows those that there are")]
    Missing(InboxName),
    /// Another creel writes it.
    #[error("{}", .1.sentence(.0))]
    Locked(InboxName, Holder),
    /// A later creel made it.
    #[error(
        "the inbox `{0}` was made by a later creel (its version is {1}, and this creel knows {VERSION}): use that one, or --inbox NAME for another"
    )]
    Newer(InboxName, i64),
    /// An earlier creel made it and writes it now.
    #[error(
        "the inbox `{0}` is being written by an earlier creel (its version is {1} of {VERSION}): end that one first"
    )]
    Older(InboxName, usize),
    /// It is not what creel wrote.
    #[error("the journal of the inbox `{0}` is damaged: {1}")]
    Corrupt(InboxName, String),
    /// The disk does not let us.
    #[error("the inbox `{0}` cannot be opened: {1}")]
    Failed(InboxName, String),
}

impl OpenError {
    pub(super) fn of(name: &InboxName, fault: Fault) -> Self {
        let name = name.clone();
        match fault {
            Fault::Corrupt(why) => Self::Corrupt(name, why),
            Fault::Newer(version) => Self::Newer(name, version),
            Fault::Older(version) => Self::Older(name, version),
            Fault::Failed(why) => Self::Failed(name, why),
        }
    }
}

/// Why a journal was not read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the journal cannot be read: {0}")]
pub struct ReadError(pub(super) String);

impl ReadError {
    /// The reason, without saying what it is the reason of.
    pub fn why(&self) -> &str {
        &self.0
    }
}

impl From<OpenError> for ReadError {
    fn from(error: OpenError) -> Self {
        Self(error.to_string())
    }
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        match Fault::from(error) {
            Fault::Corrupt(why) | Fault::Failed(why) => Self(why),
            Fault::Newer(version) => Self(format!("its version is {version}")),
            Fault::Older(version) => Self(format!("its version is {version}")),
        }
    }
}
