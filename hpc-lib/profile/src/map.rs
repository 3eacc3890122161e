//! A file as a slice of atomic 64-bit words.
//!
//! Everything in a recording is a word or a part of one, so that the writer, its threads and other
//! processes share it without data races, and a damaged file can lead to odd numbers only: each
//! access is an atomic access to an index that was checked.

#![allow(unsafe_code)] // Maps a file into memory.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A mapped file.
#[derive(Debug)]
pub(crate) struct Map {
    base: NonNull<AtomicU64>,
    words: usize,
}

// SAFETY: the memory is reached as atomic words only, and unmapped when the last owner is gone.
unsafe impl Send for Map {}
// SAFETY: as above.
unsafe impl Sync for Map {}

impl Map {
    /// Maps `words` words of a file for reading and writing. The file must be as long as that.
    pub(crate) fn writable(file: &File, words: usize) -> io::Result<Self> {
        Self::new(file, words, ProtFlags::READ | ProtFlags::WRITE)
    }

    /// Maps the whole words of a file for reading.
    pub(crate) fn readable(file: &File) -> io::Result<Self> {
        let words = usize::try_from(file.metadata()?.len() / 8).map_err(io::Error::other)?;
        Self::new(file, words, ProtFlags::READ)
    }

    fn new(file: &File, words: usize, protection: ProtFlags) -> io::Result<Self> {
        if words == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // SAFETY: a new mapping at a place that the system chooses overlaps nothing of ours.
        let base = unsafe {
            mmap(
                std::ptr::null_mut(),
                words * 8,
                protection,
                MapFlags::SHARED,
                file,
                0,
            )
        }?;
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { base, words })
    }
}

impl Deref for Map {
    type Target = [AtomicU64];

    #[inline]
    fn deref(&self) -> &[AtomicU64] {
        // SAFETY: the mapping is `words` words long, starts at a page, lives as long as `self`, and
        // others who change it do so through atomics as well. Where it is mapped for reading, only
        // loads are made: `Recording` hands out no words.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.words) }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: base and length are those of the mapping, and no borrow of it is left. A failure
        // leaves the memory mapped, which does no harm.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.words * 8) };
    }
}
