//! How an inbox is kept, and how it fares.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use jiff::Timestamp;

use super::{InboxName, Keep};
use crate::model::Seq;

/// When a capture is on the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Durability {
    /// Never: it is in memory alone.
    Memory,
    /// Within [`BATCH`] of its coming. The end of creel takes at most that much; that of the machine, what the system has
    /// not written yet.
    #[default]
    Batch,
    /// Before its sender is answered, and the end of the machine does not take it.
    Commit,
}

/// How long a capture may wait to be written.
pub const BATCH: Duration = Duration::from_millis(50);

impl Durability {
    /// Every kind, with its name.
    pub const TABLE: [(&'static str, Self); 3] =
        [("memory", Self::Memory), ("batch", Self::Batch), ("commit", Self::Commit)];
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::TABLE.iter().find(|row| row.1 == *self).map_or("", |row| row.0))
    }
}

impl FromStr for Durability {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::TABLE.iter().find(|row| row.0 == text).map(|row| row.1).ok_or(())
    }
}

/// How an inbox is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// When captures are written.
    pub durability: Durability,
    /// How much is kept.
    pub keep: Keep,
    /// Where this creel listens, for another that would use the same inbox.
    pub url: Option<String>,
    /// What time it is.
    pub clock: fn() -> Timestamp,
}

/// How an inbox fares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalState {
    /// Its name.
    pub name: InboxName,
    /// When captures are written.
    pub durability: Durability,
    /// Why nothing can be written now, in a sentence; nothing while all is well.
    pub trouble: Option<String>,
    /// Where a damaged journal was put.
    pub set_aside: Option<PathBuf>,
    /// How many captures were not written and will not be.
    pub lost: u64,
    /// How many captures it has.
    pub held: u64,
    /// The number of the newest capture of the ring that it has.
    pub through: Seq,
    /// How its numbers are those of the ring; nothing as long as it could not be opened once.
    pub numbers: Option<Numbers>,
}

/// How numbers of the ring become numbers of the journal. They are the same, but where the journal was opened late, when
/// captures had numbers already that it has, too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Numbers {
    /// By how much those of the journal are higher.
    pub ahead: u64,
    /// Captures up to this number of the ring have none in the journal that could be told.
    pub after: Seq,
}

impl JournalState {
    pub(super) fn new(name: InboxName, durability: Durability) -> Self {
        let (held, through) = (0, Seq(0));
        Self { name, durability, trouble: None, set_aside: None, lost: 0, held, through, numbers: None }
    }

    /// What the user has to know for as long as it is so, a sentence each, the weightiest first.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(trouble) = &self.trouble {
            let then = match self.durability {
                Durability::Commit => "senders are answered 503 meanwhile",
                _ => "captures are in memory alone meanwhile",
            };
            warnings.push(format!("not on disk: {trouble}; {then}"));
        }
        if self.lost > 0 {
            let captures = if self.lost == 1 { "capture is" } else { "captures are" };
            warnings.push(format!(
                "{} {captures} not in the inbox `{}`: they came faster than they could be written",
                self.lost, self.name
            ));
        }
        if let Some(path) = &self.set_aside {
            let path = crate::model::Printable::from(path.to_string_lossy().as_ref());
            warnings.push(format!(
                "the journal of the inbox `{}` was damaged: it was set aside as {path}, and a new one begun",
                self.name
            ));
        }
        warnings
    }
}
