//! Writing a body to its spool file while it comes.
//!
//! Two blocks of [`BLOCK`] bytes take turns: while one is written on a thread that may wait for the disk, the other is
//! filled; a sender that is faster than the disk waits for it, and so memory stays at two blocks. Decided: the block under
//! way stands behind a lock and not in a task's keeping, so that a body that ends with its connection can be brought to an
//! end from a drop, which cannot await anything: that waits for a block at the most. Refused: `tokio::fs`, which copies
//! each write once more, and writing on the worker, which holds up every other connection while the disk is busy.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::model::{Content, Room, Spooled, content::FIRST};
use crate::store::{NoRoom, Spool, Store};

/// How much is written at a time, in bytes.
pub(super) const BLOCK: usize = 512 * 1024;

/// Why no more is written.
#[derive(Debug)]
pub(super) enum Stop {
    /// Large bodies take all the disk that they may.
    NoRoom(NoRoom),
    /// The disk does not take it.
    Failed(io::Error),
}

/// A body on its way to the disk.
#[derive(Debug)]
pub(super) struct Spooling {
    store: Store,
    room: Room,
    first: Bytes,
    /// Being filled.
    block: Vec<u8>,
    work: Arc<Mutex<Work>>,
    under_way: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Work {
    /// Taken when all is written.
    file: Option<File>,
    /// How many bytes have been written.
    at: usize,
    /// To be written next.
    waiting: Option<Vec<u8>>,
    /// To be filled next.
    spare: Vec<u8>,
    failed: Option<io::Error>,
}

impl Work {
    fn write(&mut self) {
        let Some(mut block) = self.waiting.take() else { return };
        let Some(file) = &self.file else { return };
        match file.write_all_at(&block, self.at as u64) {
            Ok(()) => self.at += block.len(),
            Err(error) => self.failed = Some(error),
        }
        block.clear();
        self.spare = if block.capacity() <= BLOCK { block } else { Vec::with_capacity(BLOCK) };
    }
}

fn locked(work: &Mutex<Work>) -> MutexGuard<'_, Work> {
    work.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Spooling {
    /// Makes a file for a body that begins with `bytes`; they are left where they are when that fails.
    pub(super) async fn begin(store: &Store, spool: &Spool, bytes: &mut Vec<u8>) -> Result<Self, Stop> {
        let mut room = spool.room();
        store.take_room(&mut room, bytes.len() as u64).map_err(Stop::NoRoom)?;
        let maker = spool.clone();
        let file = spawn_blocking(move || maker.file()).await.unwrap_or_else(|error| Err(io::Error::other(error)));
        let file = file.map_err(Stop::Failed)?;
        let first = Bytes::copy_from_slice(bytes.get(..FIRST).unwrap_or(bytes));
        let work =
            Work { file: Some(file), at: 0, waiting: Some(std::mem::take(bytes)), spare: Vec::new(), failed: None };
        let mut spooling = Self {
            store: store.clone(),
            room,
            first,
            block: Vec::with_capacity(BLOCK),
            work: Arc::new(Mutex::new(work)),
            under_way: None,
        };
        spooling.start();
        Ok(spooling)
    }

    fn start(&mut self) {
        let work = Arc::clone(&self.work);
        self.under_way = Some(spawn_blocking(move || locked(&work).write()));
    }

    /// How many bytes there are, written or not.
    pub(super) fn len(&self) -> usize {
        // Only what has been handed over has room.
        usize::try_from(self.room.bytes()).unwrap_or(usize::MAX).saturating_add(self.block.len())
    }

    /// Takes more bytes.
    pub(super) async fn add(&mut self, mut data: &[u8]) -> Result<(), Stop> {
        while !data.is_empty() {
            let (now, later) = data.split_at(data.len().min(BLOCK.saturating_sub(self.block.len())));
            self.block.extend_from_slice(now);
            data = later;
            if self.block.len() >= BLOCK {
                self.hand_over().await?;
            }
        }
        Ok(())
    }

    /// Writes everything that there is.
    pub(super) async fn flush(&mut self) -> Result<(), Stop> {
        if !self.block.is_empty() {
            self.hand_over().await?;
        }
        self.settle().await
    }

    async fn hand_over(&mut self) -> Result<(), Stop> {
        self.settle().await?;
        let all = self.block.len() as u64;
        if let Err(no_room) = self.store.take_room(&mut self.room, all) {
            self.block.clear();
            return Err(Stop::NoRoom(no_room));
        }
        let mut work = locked(&self.work);
        let spare = std::mem::take(&mut work.spare);
        work.waiting = Some(std::mem::replace(&mut self.block, spare));
        drop(work);
        self.start();
        Ok(())
    }

    /// Waits for the block under way.
    async fn settle(&mut self) -> Result<(), Stop> {
        if let Some(under_way) = &mut self.under_way {
            // It fails only where the runtime ends before it began; then the block still waits.
            let _ = under_way.await;
            self.under_way = None;
        }
        let mut work = locked(&self.work);
        work.write();
        work.failed.take().map_or(Ok(()), |error| Err(Stop::Failed(error)))
    }

    /// The bytes as they are on the disk now. Waits for at most two blocks to be written, unless all is flushed.
    pub(super) fn finish(mut self) -> Content {
        let mut work = locked(&self.work);
        work.write();
        if !self.block.is_empty() && self.store.take_room(&mut self.room, self.block.len() as u64).is_ok() {
            work.waiting = Some(std::mem::take(&mut self.block));
            work.write();
        }
        let (file, len) = (work.file.take(), work.at);
        drop(work);
        match file {
            Some(file) => Content::Spooled(Spooled::new(file, self.first, len, self.room)),
            None => Content::Held(self.first),
        }
    }

    /// The first `limit` bytes, to be kept in memory after the disk has failed; fewer where that cannot be read either.
    pub(super) async fn beginning(self, limit: usize) -> Bytes {
        let first = self.first.clone();
        let read = spawn_blocking(move || match self.finish() {
            content if content.len() <= FIRST => None,
            content => content.read_range(0, limit).ok(),
        });
        read.await.ok().flatten().unwrap_or(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Limits;
    use proptest::prelude::*;

    fn store(limit: u64) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::own(folder.path());
        (folder, Store::spooling(Limits { spool: limit, ..Limits::default() }, spool))
    }

    #[tokio::test]
    async fn a_disk_that_is_full_later_gives_back_the_beginning_and_the_room() {
        let (_folder, store) = store(1 << 30);
        let mut spooling = Spooling::begin(&store, store.spool().unwrap(), &mut vec![1; 100_000]).await.unwrap();
        spooling.settle().await.unwrap();
        let real = locked(&spooling.work).file.replace(File::options().write(true).open("/dev/full").unwrap());
        let stop = spooling.add(&vec![2; 2 * BLOCK]).await.unwrap_err();
        assert!(matches!(stop, Stop::Failed(error) if error.kind() == io::ErrorKind::StorageFull));
        locked(&spooling.work).file = real;
        let beginning = spooling.beginning(80_000).await;
        assert_eq!((beginning.len(), beginning.iter().all(|byte| *byte == 1)), (80_000, true));
        assert_eq!(store.stats().spooled, 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        /// Ended properly or dropped, what was taken is what is read, up to the limit.
        #[test]
        fn what_is_taken_is_what_is_read(
            begins in 1_usize..200_000, parts in proptest::collection::vec(0_usize..2 * BLOCK, 0..5),
            limit in 200_000_u64..4 << 20, flush in any::<bool>(),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let all: Vec<u8> = (0..begins + parts.iter().sum::<usize>()).map(|at| (at * 7 >> 5) as u8).collect();
            runtime.block_on(async {
                let (_folder, store) = store(limit);
                let (first, mut rest) = all.split_at(begins);
                let mut spooling = Spooling::begin(&store, store.spool().unwrap(), &mut first.to_vec()).await.unwrap();
                let mut stopped = false;
                for part in parts {
                    let (now, later) = rest.split_at(part);
                    rest = later;
                    stopped = spooling.add(now).await.is_err();
                    if stopped { break }
                }
                if flush && !stopped {
                    stopped = spooling.flush().await.is_err();
                }
                let content = spooling.finish();
                let kept: Vec<u8> = content.pieces().flat_map(Result::unwrap).collect();
                assert!(all.starts_with(&kept));
                assert!(kept.len() as u64 <= limit && store.stats().spooled == kept.len() as u64);
                if all.len() as u64 <= limit {
                    assert!(!stopped && kept.len() == all.len());
                } else {
                    assert!(kept.len() + BLOCK > limit as usize);
                }
            });
        }
    }
}
