//! Where the bytes of a body are put as they come: those of a small body on the heap, in one allocation of its size;
//! those of a larger one in pages of their own, asked of the system for as much as was declared.
//!
//! Decided: fresh pages cost no memory before bytes come, so a declared length can be believed without anyone paying for
//! it, and they are the system's again when the capture has left the ring. The heap gives neither: under a flood of
//! bodies of 1 MiB, which several threads allocate and free, it held on to twice what the ring held. Pages are dear to
//! make, so a few that were given back are kept for the next body that they fit. Where the system gives none, the heap has
//! to do. Refused: another allocator for the whole program; those that were tried held on to as much.

use std::{
    collections::VecDeque,
    io,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use memmap2::MmapMut;

/// The largest body that is put on the heap, in bytes.
const SMALL: usize = 64 * 1024;

/// How many times what has come is believed to be still coming, where it was declared.
const BELIEVED: usize = 256;

/// What part of its room a body may leave empty when it is kept.
const SPARE: usize = 8;

/// How much of what was given back is kept, in bytes.
const SHELF: usize = 4 * 1024 * 1024;

/// Pages that were given back, the oldest first, and how many bytes they have.
static GIVEN_BACK: Mutex<(VecDeque<MmapMut>, usize)> = Mutex::new((VecDeque::new(), 0));

/// Pages with some bytes in them.
#[derive(Debug)]
pub(super) struct Pages {
    /// Nothing only while it is dropped.
    map: Option<MmapMut>,
    filled: usize,
}

impl Pages {
    /// Empty pages for that many bytes, or a few more.
    fn new(room: usize) -> io::Result<Self> {
        let found = {
            let mut shelf = GIVEN_BACK.lock().unwrap_or_else(PoisonError::into_inner);
            let (maps, bytes) = &mut *shelf;
            let fits = |map: &MmapMut| (room..=room + room / SPARE).contains(&map.len());
            let found = maps.iter().rposition(fits).and_then(|at| maps.remove(at));
            *bytes -= found.as_ref().map_or(0, |map| map.len());
            found
        };
        let map = found.map_or_else(|| MmapMut::map_anon(room), Ok)?;
        Ok(Self { map: Some(map), filled: 0 })
    }

    /// The same bytes in pages of their own.
    fn of(bytes: &[u8], room: usize) -> io::Result<Self> {
        let mut pages = Self::new(room)?;
        pages.add(bytes);
        Ok(pages)
    }

    fn room(&self) -> usize {
        self.map.as_ref().map_or(0, |map| map.len())
    }

    /// Appends bytes for which there is room.
    fn add(&mut self, more: &[u8]) {
        let until = self.filled + more.len();
        if let Some(empty) = self.map.as_mut().and_then(|map| map.get_mut(self.filled..until)) {
            empty.copy_from_slice(more);
            self.filled = until;
        }
    }
}

impl AsRef<[u8]> for Pages {
    fn as_ref(&self) -> &[u8] {
        self.map.as_ref().and_then(|map| map.get(..self.filled)).unwrap_or_default()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let Some(map) = self.map.take().filter(|map| map.len() <= SHELF) else { return };
        let mut over = Vec::new();
        let mut shelf = GIVEN_BACK.lock().unwrap_or_else(PoisonError::into_inner);
        let (maps, bytes) = &mut *shelf;
        *bytes += map.len();
        maps.push_back(map);
        while *bytes > SHELF {
            let Some(oldest) = maps.pop_front() else { break };
            *bytes -= oldest.len();
            over.push(oldest);
        }
        // The system takes its time to take them back.
        drop(shelf);
    }
}

/// See the head of this file.
#[derive(Debug)]
pub(super) enum Buffer {
    Heap(Vec<u8>),
    Pages(Pages),
}

impl Default for Buffer {
    fn default() -> Self {
        Self::Heap(Vec::new())
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Pages(pages) => pages.as_ref(),
        }
    }
}

impl Buffer {
    /// How many bytes are here.
    pub(super) fn len(&self) -> usize {
        self.as_ref().len()
    }

    fn room(&self) -> usize {
        match self {
            Self::Heap(bytes) => bytes.capacity(),
            Self::Pages(pages) => pages.room(),
        }
    }

    /// Appends bytes. `declared` is how many there will be in all, where someone said so.
    pub(super) fn add(&mut self, more: &[u8], declared: Option<u64>) {
        let needed = self.len() + more.len();
        if needed > self.room() {
            self.grow(needed, declared.and_then(|all| usize::try_from(all).ok()));
        }
        match self {
            Self::Heap(bytes) => bytes.extend_from_slice(more),
            Self::Pages(pages) => pages.add(more),
        }
    }

    /// Makes room for `needed` bytes in all, or for as many as are expected.
    fn grow(&mut self, needed: usize, declared: Option<usize>) {
        let room = match declared.filter(|all| *all >= needed) {
            Some(all) if all <= SMALL => all,
            Some(all) => all.min(needed.saturating_mul(BELIEVED)),
            None if self.len() == 0 => needed,
            None => needed.saturating_mul(2),
        };
        if room <= SMALL {
            self.reserve(room);
        } else if let Ok(pages) = Pages::of(self.as_ref(), room) {
            *self = Self::Pages(pages);
        } else {
            self.reserve(room.min(needed.saturating_mul(2)));
        }
    }

    /// Makes room on the heap for that many bytes in all.
    fn reserve(&mut self, room: usize) {
        let mut bytes = match std::mem::take(self) {
            Self::Heap(bytes) => bytes,
            Self::Pages(pages) => pages.as_ref().to_vec(),
        };
        bytes.reserve_exact(room.saturating_sub(bytes.len()));
        *self = Self::Heap(bytes);
    }

    /// What is here, for keeping: in about as much memory as it needs.
    pub(super) fn take(&mut self) -> Bytes {
        match std::mem::take(self) {
            Self::Heap(bytes) => Bytes::from(bytes.into_boxed_slice()),
            Self::Pages(pages) if pages.filled <= SMALL => Bytes::copy_from_slice(pages.as_ref()),
            Self::Pages(pages) if pages.room() - pages.filled <= pages.filled / SPARE => Bytes::from_owner(pages),
            Self::Pages(pages) => Pages::of(pages.as_ref(), pages.filled)
                .map_or_else(|_| Bytes::copy_from_slice(pages.as_ref()), Bytes::from_owner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_small_body_takes_one_allocation_of_its_size() {
        let mut buffer = Buffer::default();
        buffer.add(b"abc", Some(100));
        assert!(matches!(buffer, Buffer::Heap(_)));
        assert_eq!(buffer.room(), 100);
    }

    #[test]
    fn a_declared_length_is_believed_as_far_as_bytes_have_come() {
        let mut buffer = Buffer::default();
        buffer.add(&[1; 1000], Some(1 << 40));
        assert!(matches!(buffer, Buffer::Pages(_)));
        assert!(buffer.room() <= 1000 * BELIEVED * 9 / 8);
        assert_eq!(buffer.take().as_ref(), [1; 1000]);
        buffer.add(&[2; 8000], Some(1 << 20));
        assert!((1 << 20..=9 << 17).contains(&buffer.room()));
    }

    #[test]
    fn what_is_taken_is_gone() {
        let mut buffer = Buffer::default();
        buffer.add(&vec![3; 100_000], None);
        assert_eq!(buffer.take().len(), 100_000);
        assert_eq!(buffer.take().len(), 0);
    }

    #[test]
    fn no_more_than_a_little_is_kept_of_what_is_given_back() {
        for size in [100_000, 2 << 20, 5 << 20] {
            let some: Vec<Pages> = (0..60).map(|_| Pages::of(b"some", size).unwrap()).collect();
            drop(some);
        }
        let shelf = GIVEN_BACK.lock().unwrap();
        assert_eq!(shelf.0.iter().map(|map| map.len()).sum::<usize>(), shelf.1);
        assert!(shelf.1 <= SHELF);
    }

    proptest! {
        #[test]
        fn what_is_taken_is_what_was_added_whatever_stood_there_before(
            sizes in proptest::collection::vec(prop_oneof![0usize..300, 0usize..90_000], 0..12),
            declared in proptest::option::of(prop_oneof![0u64..1000, 0u64..400_000, any::<u64>()]),
        ) {
            let (mut buffer, mut all) = (Buffer::default(), Vec::new());
            for (number, size) in sizes.into_iter().enumerate() {
                let piece = vec![number as u8; size];
                buffer.add(&piece, declared);
                all.extend(piece);
                prop_assert_eq!(buffer.len(), all.len());
            }
            let taken = buffer.take();
            prop_assert_eq!(&taken, &all);
            // What is kept is left alone by those who come after.
            let mut next = Buffer::default();
            next.add(&vec![0xff; all.len()], declared);
            prop_assert_eq!(taken, all);
        }
    }
}
