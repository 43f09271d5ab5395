//! One creel writes an inbox at a time: a lock of the system's, which goes with the process however that ends.
//!
//! The file says whose it is, for the sentence that a second creel prints. Refused: a number of a process alone, which
//! outlives its process and may be another's by the time it is read.

use std::{
    fs::{File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
};

use super::{InboxName, folder};
use crate::model::Printable;

/// The name of the file in an inbox's folder.
pub(super) const FILE: &str = "lock";

/// Whose an inbox is, as far as its lock says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Holder {
    /// The process.
    pub pid: Option<u32>,
    /// Where that creel listens; nothing for one that does something else.
    pub url: Option<String>,
}

impl Holder {
    /// Why the inbox of that name cannot be written, and what to do.
    pub(super) fn sentence(&self, name: &InboxName) -> String {
        let pid = self.pid.map_or(String::new(), |pid| format!(" (process {pid})"));
        let url = self
            .url
            .as_ref()
            .map_or(String::new(), |url| format!(", which listens at {}", Printable::from(url.as_str())));
        format!("the inbox `{name}` is in use by another creel{pid}{url}; --inbox NAME uses another one")
    }
}

/// An inbox is this process's for as long as this lives.
#[derive(Debug)]
pub(super) struct Lock(File);

/// Why there is no lock.
#[derive(Debug)]
pub(super) enum Unlocked {
    Held(Holder),
    Failed(io::Error),
}

impl From<io::Error> for Unlocked {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Lock {
    /// Takes the lock of the inbox in that folder.
    pub(super) fn take(inbox: &Path, url: Option<&str>) -> Result<Self, Unlocked> {
        let mut file = folder::file(&inbox.join(FILE))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Unlocked::Held(read(&mut file))),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let said = format!("{}\n{}\n", std::process::id(), url.unwrap_or_default());
        // A disk that is full takes no word of ours, and the lock is one all the same.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(said.as_bytes()));
        Ok(Self(file))
    }

    /// Whose the inbox in that folder is, if anyone's.
    pub(super) fn holder(inbox: &Path) -> Option<Holder> {
        let mut file = File::open(inbox.join(FILE)).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(read(&mut file)),
            _ => None,
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.set_len(0);
    }
}

fn read(file: &mut File) -> Holder {
    let mut said = String::new();
    let _ = file.take(4096).read_to_string(&mut said);
    let mut lines = said.lines();
    Holder {
        pid: lines.next().and_then(|line| line.parse().ok()),
        url: lines.next().filter(|line| !line.is_empty()).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_taken_once_and_says_by_whom() {
        let inbox = tempfile::tempdir().unwrap();
        assert_eq!(Lock::holder(inbox.path()), None);
        let lock = Lock::take(inbox.path(), Some("http://127.0.0.1:4600")).unwrap();
        let holder = Holder { pid: Some(std::process::id()), url: Some("http://127.0.0.1:4600".to_owned()) };
        assert!(matches!(Lock::take(inbox.path(), None), Err(Unlocked::Held(other)) if other == holder));
        assert_eq!(Lock::holder(inbox.path()), Some(holder.clone()));
        assert_eq!(
            holder.sentence(&InboxName::default()),
            format!(
                "the inbox `default` is in use by another creel (process {}), which listens at http://127.0.0.1:4600; \
                 --inbox NAME uses another one",
                std::process::id()
            )
        );
        drop(lock);
        assert_eq!(Lock::holder(inbox.path()), None);
        Lock::take(inbox.path(), None).unwrap();
    }

    #[test]
    fn what_a_crash_left_in_the_file_locks_nothing() {
        let inbox = tempfile::tempdir().unwrap();
        std::fs::write(inbox.path().join(FILE), "1\nhttp://127.0.0.1:1\n").unwrap();
        assert_eq!(Lock::holder(inbox.path()), None);
        Lock::take(inbox.path(), None).unwrap();
    }
}
