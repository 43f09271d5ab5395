//! The files of large bodies, beside the journal: each has the name of its capture.
//!
//! A body comes into a file without a name. The file gets one when its capture is written, before that is committed; so a
//! file without a capture can be left by a crash, and is removed at the next start, and a capture without its file cannot.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::{fd::AsRawFd as _, unix::fs::FileExt as _},
    path::{Path, PathBuf},
    str::FromStr as _,
};

use rustix::fs::{AtFlags, CWD, linkat};

use super::folder;
use crate::model::{CaptureId, Spooled, content::PIECE};

/// The folder of an inbox's body files.
#[derive(Clone, Debug)]
pub(super) struct Bodies(pub(super) PathBuf);

impl Bodies {
    /// Where the body of a capture is.
    pub(super) fn path(&self, id: CaptureId) -> PathBuf {
        self.0.join(id.to_string())
    }

    /// Gives the file of a body its name. `sync` waits until the bytes are on the disk.
    pub(super) fn keep(&self, id: CaptureId, spooled: &Spooled, sync: bool) -> io::Result<()> {
        let path = self.path(id);
        let file = spooled.file().ok_or(io::ErrorKind::NotFound)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            // What was left of an earlier try.
            _ => {}
        }
        if link(file, &path).is_err() {
            // It was spooled on another disk, or the system knows no other way.
            copy(file, spooled.len(), &path)?;
        }
        if sync {
            file.sync_data()?;
            File::open(&self.0)?.sync_all()?;
        }
        Ok(())
    }

    /// Removes the file of a capture, which may have none.
    pub(super) fn remove(&self, id: CaptureId) {
        let _ = fs::remove_file(self.path(id));
    }

    /// The captures that have a file, and what else is there under a name that is none of ours.
    pub(super) fn all(&self) -> io::Result<Vec<CaptureId>> {
        Ok(folder::names(&self.0)?.iter().filter_map(|name| CaptureId::from_str(name).ok()).collect())
    }

    /// Removes what a copy that was cut short has left.
    pub(super) fn sweep(&self) {
        for name in folder::names(&self.0).unwrap_or_default() {
            if name.starts_with(PART) {
                let _ = fs::remove_file(self.0.join(name));
            }
        }
    }
}

/// How the name of a file begins that is being copied.
const PART: &str = ".part-";

/// A file without a name gets one through the system's list of open files, as `open(2)` has it under `O_TMPFILE`.
#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, open, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn copy(from: &File, length: usize, path: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!("{PART}{name}"));
    let mut to = folder::file(&part)?;
    to.set_len(0)?;
    let mut at = 0;
    let mut piece = vec![0; PIECE.min(length)];
    while at < length {
        let now = piece.get_mut(..(length - at).min(PIECE)).unwrap_or_default();
        from.read_exact_at(now, at as u64)?;
        to.write_all(now)?;
        at += now.len();
    }
    to.sync_data()?;
    fs::rename(part, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::model::Room;
    use crate::store::Spool;

    #[test]
    fn a_file_without_a_name_gets_one_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let bodies = Bodies(folder.path().to_owned());
        let other = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        for (number, place) in [folder.path(), other.path()].into_iter().enumerate() {
            let mut file = Spool::own(place).file().unwrap();
            file.write_all(b"a large body").unwrap();
            let spooled = Spooled::new(file, bytes::Bytes::new(), 12, Room::default());
            let id = CaptureId::fixed(number as u128);
            // Once more is no error: the first time may have been cut short.
            for sync in [true, false] {
                bodies.keep(id, &spooled, sync).unwrap();
            }
            assert_eq!(fs::read(bodies.path(id)).unwrap(), b"a large body");
            assert_eq!(fs::metadata(bodies.path(id)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(folder.path().join(".part-x"), "").unwrap();
        bodies.sweep();
        assert_eq!(folder::names(folder.path()).unwrap().len(), 2);
        bodies.remove(CaptureId::fixed(0));
        assert_eq!(bodies.all().unwrap(), [CaptureId::fixed(1)]);
    }
}
