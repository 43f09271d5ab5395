//! The bytes of a body, wherever they are: in memory, or in a spool file.
//!
//! A spool file has no name: it is unlinked as soon as it is made, so that it goes with the last handle to it, with the
//! process, and with the machine, and a crash leaves nothing to clean up. It is written once and read by position, so any
//! number of readers share it. Decided: the first bytes stay in memory beside the file, because a list asks for them
//! again and again (who sent this, what does it look like) and must not wait for a disk. Everything past them is read
//! where waiting is allowed: never on the interface's loop, never on a worker that serves connections.

use std::{
    fmt,
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use bytes::Bytes;

/// How many bytes of a spooled body stay in memory.
pub const FIRST: usize = 64 * 1024;

/// How many bytes a reader takes at a time.
pub const PIECE: usize = 256 * 1024;

/// The bytes of a body. Cloning it is cheap: clones share memory and file.
#[derive(Clone)]
pub enum Content {
    /// In memory.
    Held(Bytes),
    /// In a spool file.
    Spooled(Spooled),
}

impl Content {
    /// How many bytes there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Held(bytes) => bytes.len(),
            Self::Spooled(spooled) => spooled.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All bytes, where they are in memory.
    pub fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Held(bytes) => Some(bytes),
            Self::Spooled(_) => None,
        }
    }

    /// The bytes that are in memory: all of them, or the first [`FIRST`].
    pub fn first(&self) -> &Bytes {
        match self {
            Self::Held(bytes) => bytes,
            Self::Spooled(spooled) => spooled.first(),
        }
    }

    /// The file, where the bytes are in one.
    pub fn spooled(&self) -> Option<&Spooled> {
        match self {
            Self::Held(_) => None,
            Self::Spooled(spooled) => Some(spooled),
        }
    }

    /// At most `len` bytes from `start` on; fewer only where the end is. Waits for the disk where they are in a file, and
    /// fails where that cannot be read.
    pub fn read_range(&self, start: usize, len: usize) -> io::Result<Bytes> {
        let start = start.min(self.len());
        let len = len.min(self.len() - start);
        match self {
            Self::Held(bytes) => Ok(bytes.slice(start..start + len)),
            Self::Spooled(spooled) if start + len <= spooled.first().len() => {
                Ok(spooled.first().slice(start..start + len))
            }
            Self::Spooled(spooled) => spooled.read(start, len),
        }
    }

    /// All bytes in order, [`PIECE`] of them at a time. Waits and fails as [`read_range`](Self::read_range) does; after a
    /// failure there is nothing more.
    pub fn pieces(&self) -> impl Iterator<Item = io::Result<Bytes>> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            if at >= self.len() {
                return None;
            }
            let piece = self.read_range(at, PIECE);
            at = piece.as_ref().map_or(usize::MAX, |piece| at + piece.len());
            Some(piece)
        })
    }
}

impl Default for Content {
    fn default() -> Self {
        Self::Held(Bytes::new())
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::Held(bytes)
    }
}

impl PartialEq for Content {
    /// Bytes in memory are compared; a file is equal to itself alone.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Held(one), Self::Held(other)) => one == other,
            (Self::Spooled(one), Self::Spooled(other)) => Arc::ptr_eq(&one.0, &other.0),
            _ => false,
        }
    }
}

impl Eq for Content {}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.spooled().is_some() { "Spooled" } else { "Held" };
        f.debug_tuple(name).field(&self.len()).finish()
    }
}

/// Bytes in a spool file. The file and the room it takes are given back when the last clone goes, at the latest.
#[derive(Clone)]
pub struct Spooled(Arc<Stored>);

struct Stored {
    first: Bytes,
    len: usize,
    /// Taken when this is dropped.
    file: Option<File>,
    room: Room,
}

impl Drop for Stored {
    /// Closing the last handle to a large file frees its blocks one by one, for which nobody should have to wait who only
    /// let go of a capture.
    fn drop(&mut self) {
        let Some(file) = self.file.take() else { return };
        // Where there is no thread to be had, the file has been closed here.
        let _ = std::thread::Builder::new().name("spool".to_owned()).spawn(move || drop(file));
    }
}

impl Spooled {
    /// The first `len` bytes of `file`, of which `first` are the very first. The file must not be written any more.
    pub fn new(file: File, first: Bytes, len: usize, room: Room) -> Self {
        Self(Arc::new(Stored { first, len, file: Some(file), room }))
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.0.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// Gives the room back before the file goes: for who lets go of it while others may still read.
    pub fn give_back(&self) {
        self.0.room.give_back();
    }

    /// The first bytes, which are in memory.
    pub fn first(&self) -> &Bytes {
        &self.0.first
    }

    /// The file itself, for who gives it a name.
    pub fn file(&self) -> Option<&File> {
        self.0.file.as_ref()
    }

    fn read(&self, start: usize, len: usize) -> io::Result<Bytes> {
        let mut bytes = vec![0; len];
        let file = self.0.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        file.read_exact_at(&mut bytes, start as u64)?;
        Ok(bytes.into())
    }
}

impl fmt::Debug for Spooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spooled").field("len", &self.0.len).finish_non_exhaustive()
    }
}

/// Room on the disk that a file takes, out of what all files may take together. Dropping it gives it back.
#[derive(Debug, Default)]
pub struct Room {
    bytes: AtomicU64,
    taken: Arc<AtomicU64>,
}

impl Room {
    /// None yet. `taken` counts the bytes of all rooms.
    pub fn new(taken: Arc<AtomicU64>) -> Self {
        Self { bytes: AtomicU64::new(0), taken }
    }

    /// Takes more, unless all rooms would then take more than `limit` bytes: how many are lacking.
    pub fn take(&mut self, bytes: u64, limit: u64) -> Result<(), u64> {
        let all = self.taken.fetch_add(bytes, Relaxed).saturating_add(bytes);
        if all > limit {
            self.taken.fetch_sub(bytes, Relaxed);
            return Err(all - limit);
        }
        self.bytes.fetch_add(bytes, Relaxed);
        Ok(())
    }

    /// How many bytes this is.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    fn give_back(&self) {
        self.taken.fetch_sub(self.bytes.swap(0, Relaxed), Relaxed);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use proptest::prelude::*;

    fn spooled(bytes: &[u8]) -> Content {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let first = Bytes::copy_from_slice(&bytes[..bytes.len().min(FIRST)]);
        Content::Spooled(Spooled::new(file, first, bytes.len(), Room::default()))
    }

    #[test]
    fn room_is_given_back_with_the_last_clone() {
        let taken = Arc::new(AtomicU64::new(0));
        let mut room = Room::new(Arc::clone(&taken));
        assert_eq!((room.take(6, 10), room.take(5, 10), room.take(4, 10)), (Ok(()), Err(1), Ok(())));
        let spooled = Spooled::new(tempfile::tempfile().unwrap(), Bytes::new(), 0, room);
        let other = spooled.clone();
        drop(spooled);
        assert_eq!(taken.load(Relaxed), 10);
        drop(other);
        assert_eq!(taken.load(Relaxed), 0);
    }

    #[test]
    fn a_file_that_is_shorter_than_it_should_be_is_an_error_and_no_loop() {
        let file = tempfile::tempfile().unwrap();
        let content = Content::Spooled(Spooled::new(file, Bytes::new(), 3 * PIECE, Room::default()));
        assert!(content.read_range(0, 1).is_err());
        assert_eq!(content.pieces().map(|piece| piece.is_err()).collect::<Vec<_>>(), [true]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_file_reads_as_memory_does(
            len in 0_usize..3 * PIECE, ranges in proptest::collection::vec((0_usize..4 * PIECE, 0_usize..2 * PIECE), 0..8),
        ) {
            let bytes: Vec<u8> = (0..len).map(|at| (at.wrapping_mul(2_654_435_761) >> 16) as u8).collect();
            let (file, held) = (spooled(&bytes), Content::from(Bytes::from(bytes.clone())));
            for (start, len) in ranges {
                prop_assert_eq!(file.read_range(start, len).unwrap(), held.read_range(start, len).unwrap());
            }
            let whole: Vec<u8> = file.pieces().flat_map(Result::unwrap).collect();
            prop_assert_eq!(whole, bytes);
        }
    }
}
