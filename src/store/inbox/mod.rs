//! Inboxes: named journals on the disk, which survive creel, its crash, and the machine's.
//!
//! An inbox is a folder: `journal.db` (`SQLite`, with a write-ahead log), `bodies/` with a file for each body that is too
//! large for memory, and `lock`, which one creel holds at a time. One thread writes it, in groups; whoever reads it does so
//! beside that, from any process. `SQLite` stays in this folder of the source.

mod archive;
mod bell;
mod bodies;
mod book;
mod codec;
mod error;
mod feed;
mod folder;
mod journal;
mod lock;
mod name;
mod retention;
mod rows;
mod schema;
mod state;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub(super) use archive::Stretch;
pub use archive::{Archive, Marks};
pub use error::{OpenError, ReadError};
pub use journal::Inbox;
pub use lock::Holder;
pub use name::{InboxName, NoName};
pub use retention::Keep;
pub use state::{BATCH, Durability, JournalState, Numbers, Options};

pub(super) use feed::{Feed, Staged};
pub(super) use journal::{Attached, Journal, Order};

use lock::{Lock, Unlocked};

/// The folder in which all inboxes are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inboxes {
    root: PathBuf,
}

impl Inboxes {
    /// Those in that folder, which is made when the first inbox is.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where they are.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of an inbox.
    pub fn path_of(&self, name: &InboxName) -> PathBuf {
        self.root.join(name.as_str())
    }

    /// The inboxes that there are, by name.
    pub fn list(&self) -> io::Result<Vec<InboxName>> {
        let names = match folder::names(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            names => names?,
        };
        let mut inboxes: Vec<InboxName> = names.iter().filter_map(|name| name.parse().ok()).collect();
        inboxes.retain(|name| self.path_of(name).join(schema::FILE).is_file());
        inboxes.sort();
        Ok(inboxes)
    }

    /// Who writes an inbox now, if anyone does.
    pub fn holder(&self, name: &InboxName) -> Option<Holder> {
        Lock::holder(&self.path_of(name))
    }

    /// Gives an inbox another name, which must be free. Refused while one is written to.
    pub fn rename(&self, name: &InboxName, to: &InboxName) -> Result<(), OpenError> {
        let _lock = self.lock_existing(name)?;
        let target = self.path_of(to);
        let failed = |why: String| OpenError::Failed(name.clone(), why);
        if target.try_exists().map_err(|error| failed(error.to_string()))? {
            return Err(failed(format!("there is an inbox `{to}` already")));
        }
        fs::rename(self.path_of(name), target).map_err(|error| failed(error.to_string()))
    }

    /// Deletes an inbox with everything in it. Refused while it is written to.
    pub fn remove(&self, name: &InboxName) -> Result<(), OpenError> {
        let _lock = self.lock_existing(name)?;
        fs::remove_dir_all(self.path_of(name)).map_err(|error| OpenError::Failed(name.clone(), error.to_string()))
    }

    /// Gives back to the disk what deleted captures took, and writes the journal anew, which takes as much room again
    /// meanwhile. Refused while it is written to.
    pub fn vacuum(&self, name: &InboxName) -> Result<(), OpenError> {
        let _lock = self.lock_existing(name)?;
        let failed = |fault| OpenError::of(name, fault);
        let path = self.path_of(name).join(schema::FILE);
        let connection = schema::open(&path, schema::Sync::Machine).map_err(failed)?;
        connection
            .execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")
            .map_err(|error| OpenError::of(name, error.into()))
    }

    fn lock_existing(&self, name: &InboxName) -> Result<Lock, OpenError> {
        if !self.path_of(name).join(schema::FILE).is_file() {
            return Err(OpenError::Missing(name.clone()));
        }
        self.lock(name, None)
    }

    fn lock(&self, name: &InboxName, url: Option<&str>) -> Result<Lock, OpenError> {
        Lock::take(&self.path_of(name), url).map_err(|unlocked| match unlocked {
            Unlocked::Held(holder) => OpenError::Locked(name.clone(), holder),
            Unlocked::Failed(error) => OpenError::Failed(name.clone(), error.to_string()),
        })
    }
}
