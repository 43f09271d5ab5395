//! The spool: where large bodies are written, and how much of the disk they may take.
//!
//! A file here has a name for no longer than it takes to make it, and none at all where the system can do without
//! (`O_TMPFILE`): it goes with its last handle, so a body goes with its capture, and with the process however that ends.
//! What a crash between the two calls has left, an empty file, is removed when a spool is opened. Decided: the folder is
//! made anew for each file that finds it missing, so that a disk that was full, read-only or away is used again as soon as
//! it can be; and room is taken before a byte is written, so that bodies that come at once share it. Refused: a file that is shared by captures, whose holes would have to be kept.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use crate::model::Room;

/// A place for large bodies. Cloning it is cheap; all clones are the same place.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: Arc<Path>,
    /// Whether the folder is creel's own, or one in which others keep their files too.
    own: bool,
    taken: Arc<AtomicU64>,
}

impl Spool {
    /// A spool in a folder of creel's own, which is made, for its owner alone, when the first body needs it.
    pub fn own(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into().into(), own: true, taken: Arc::default() }
    }

    /// A spool in a folder in which others keep files too, such as `/tmp`; it must be there.
    pub fn shared(folder: impl Into<PathBuf>) -> Self {
        Self { own: false, ..Self::own(folder) }
    }

    /// Whether a file can be made there now. Removes what an earlier creel may have left in a folder of its own.
    pub fn open(&self) -> io::Result<()> {
        drop(self.file()?);
        if self.own {
            // Those of another creel that runs now have no name, or are about to lose it.
            for entry in fs::read_dir(&self.folder)?.flatten() {
                if entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
        Ok(())
    }

    /// A file to write and read, readable for its owner alone and known by no name.
    pub fn file(&self) -> io::Result<File> {
        let file = match tempfile::tempfile_in(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.own => {
                DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
                fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))?;
                tempfile::tempfile_in(&self.folder)
            }
            result => result,
        }?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        Ok(file)
    }

    /// Room for a file, none of it taken yet.
    pub fn room(&self) -> Room {
        Room::new(Arc::clone(&self.taken))
    }

    /// How many bytes all files take, those that are being written included.
    pub fn taken(&self) -> u64 {
        self.taken.load(Relaxed)
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// How the names of files begin, where they have one for a moment.
const PREFIX: &str = ".tmp";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_and_file_are_their_owners_alone_and_the_file_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::own(folder.path().join("creel/spool"));
        let file = spool.file().unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(spool.folder()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(spool.folder()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_crash_left_is_removed_and_other_files_are_not() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".tmpAbC123", "mine.txt"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        Spool::shared(folder.path()).open().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        Spool::own(folder.path()).open().unwrap();
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["mine.txt"]);
    }

    #[test]
    fn a_folder_that_cannot_be_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Spool::own(file.path().join("spool")).open().is_err());
        assert!(Spool::shared(file.path().join("spool")).open().is_err());
    }
}
