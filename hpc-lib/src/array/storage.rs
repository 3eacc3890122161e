//! Memory of arrays: aligned, counted, recycled.
#![allow(unsafe_code)] // Alignment over that of the element and reuse need the raw allocator.

use std::alloc;
use std::sync::{Mutex, PoisonError};

use super::dtype::{DType, with_type};
use super::element::Typed;
use super::layout::checked_len;
use super::slice::{Slice, SliceMut};
use crate::error::Error;
use crate::machine;

/// A cache line, and a register of the widest vector unit.
const ALIGNMENT: usize = align_of::<Line>();

/// Alignment up to which fresh memory comes from the system as zero pages, without being touched.
const SYSTEM_ALIGNMENT: usize = 16;

/// Buffers under this size are not worth recycling: the system's allocator keeps them itself.
const RECYCLED_FROM: usize = 64 << 10;

/// Most memory that waits for reuse.
const RECYCLED_LIMIT: usize = 512 << 20;

/// Requests over this size are compared with the memory that is free before they are tried.
const CHECKED_FROM: usize = 1 << 30;

/// From here on pages of 2 MiB are asked for.
const HUGE_PAGES_FROM: usize = 4 << 20;

/// What the elements of every dtype may lie on.
#[repr(align(64))]
struct Line;

/// A block from the system: every byte of it is initialised, and bytes of blocks marked `boolean`
/// are 0 or 1.
struct Block {
    base: *mut u8,
    size: usize,
    boolean: bool,
}

// SAFETY: a block is plain memory that its owner alone can reach.
unsafe impl Send for Block {}
// SAFETY: as above; shared references give no access that writes.
unsafe impl Sync for Block {}

impl Block {
    fn layout(size: usize) -> Option<alloc::Layout> {
        alloc::Layout::from_size_align(size, SYSTEM_ALIGNMENT).ok()
    }

    /// Zeroed memory from the system.
    fn fresh(size: usize, boolean: bool) -> Option<Self> {
        let layout = Self::layout(size)?;
        // SAFETY: the size is not zero, it includes room for the alignment.
        let base = unsafe { alloc::alloc_zeroed(layout) };
        if base.is_null() {
            return None;
        }
        if size >= HUGE_PAGES_FROM {
            advise_huge_pages(base, size);
        }
        Some(Self {
            base,
            size,
            boolean,
        })
    }

    #[allow(clippy::cast_ptr_alignment)] // It is aligned right here.
    fn aligned(&self) -> *mut Line {
        // SAFETY: every block is larger than what is stored in it by `ALIGNMENT`.
        let start = unsafe { self.base.add(self.base.align_offset(ALIGNMENT)) };
        start.cast()
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Some(layout) = Self::layout(self.size) {
            // SAFETY: allocated in `fresh` with this layout, and not freed before.
            unsafe { alloc::dealloc(self.base, layout) };
        }
    }
}

/// Tells the system that large pages are welcome: a fresh array of 8 MB otherwise costs 2048 page
/// faults, more than what is computed into it.
#[cfg(target_os = "linux")]
fn advise_huge_pages(base: *mut u8, size: usize) {
    use std::ffi::{c_int, c_void};

    const PAGE: usize = 4096;
    const MADV_HUGEPAGE: c_int = 14;
    unsafe extern "C" {
        fn madvise(start: *mut c_void, length: usize, advice: c_int) -> c_int;
    }
    let skipped = base.align_offset(PAGE);
    if let Some(length) = size.checked_sub(skipped).map(|length| length & !(PAGE - 1)) {
        // SAFETY: the range lies within the block. It is only advice; a failure changes nothing.
        unsafe { madvise(base.add(skipped).cast(), length, MADV_HUGEPAGE) };
    }
}

#[cfg(not(target_os = "linux"))]
fn advise_huge_pages(_: *mut u8, _: usize) {}

/// Blocks that wait for reuse, oldest first.
static RECYCLED: Mutex<Vec<Block>> = Mutex::new(Vec::new());

fn recycle(block: Block) {
    if block.size < RECYCLED_FROM || block.size > RECYCLED_LIMIT {
        return;
    }
    let mut recycled = RECYCLED.lock().unwrap_or_else(PoisonError::into_inner);
    recycled.push(block);
    let mut total: usize = recycled.iter().map(|block| block.size).sum();
    let mut dropped = 0;
    while total > RECYCLED_LIMIT {
        total -= recycled[dropped].size;
        dropped += 1;
    }
    let old: Vec<Block> = recycled.drain(..dropped).collect();
    drop(recycled);
    drop(old);
}

/// A block that was used before and is at most a quarter larger than needed.
fn reuse(size: usize, boolean: bool) -> Option<Block> {
    if size < RECYCLED_FROM {
        return None;
    }
    let mut recycled = RECYCLED.lock().unwrap_or_else(PoisonError::into_inner);
    let found = recycled.iter().rposition(|block| {
        block.boolean == boolean && block.size >= size && block.size - size <= size / 4
    })?;
    Some(recycled.remove(found))
}

/// Refuses what would take more memory than there is, before a vector of that many elements is made:
/// memory that is missing there ends the process.
pub(crate) fn check_room(
    routine: &'static str,
    shape: &[usize],
    dtype: DType,
) -> Result<(), Error> {
    let bytes = checked_len(shape).and_then(|len| len.checked_mul(dtype.size()));
    if bytes.is_some_and(is_free) {
        return Ok(());
    }
    Err(Error::Memory {
        routine,
        shape: shape.to_vec(),
        dtype,
    })
}

/// Whether the system has so much memory.
fn is_free(bytes: usize) -> bool {
    bytes <= CHECKED_FROM || machine::available_memory().is_none_or(|free| bytes <= free)
}

/// Elements of one dtype in aligned memory. They are always initialised, to values of earlier use
/// when the memory is recycled.
pub(crate) struct Storage {
    /// `None` only while it is dropped.
    block: Option<Block>,
    dtype: DType,
    len: usize,
}

impl Storage {
    /// Memory for an array of that shape. What is in it is not specified.
    pub(crate) fn allocate(
        routine: &'static str,
        shape: &[usize],
        dtype: DType,
    ) -> Result<Self, Error> {
        Self::obtain(routine, shape, dtype).map(|(storage, _)| storage)
    }

    /// Memory for values on the way.
    pub(crate) fn scratch(dtype: DType, len: usize) -> Result<Self, Error> {
        Self::allocate("eval", &[len], dtype)
    }

    /// Memory for an array of that shape, all zero.
    pub(crate) fn zeroed(
        routine: &'static str,
        shape: &[usize],
        dtype: DType,
    ) -> Result<Self, Error> {
        let (mut storage, used) = Self::obtain(routine, shape, dtype)?;
        if used {
            storage
                .as_slice_mut()
                .fill(super::dtype::Scalar::Bool(false));
        }
        Ok(storage)
    }

    fn obtain(routine: &'static str, shape: &[usize], dtype: DType) -> Result<(Self, bool), Error> {
        let refused = || Error::Memory {
            routine,
            shape: shape.to_vec(),
            dtype,
        };
        let len = checked_len(shape).ok_or_else(refused)?;
        let bytes = len.checked_mul(dtype.size()).ok_or_else(refused)?;
        let size = bytes.checked_add(ALIGNMENT).ok_or_else(refused)?;
        let boolean = dtype == DType::Bool;
        let (block, used) = if let Some(block) = reuse(size, boolean) {
            (block, true)
        } else {
            if !is_free(size) {
                return Err(refused());
            }
            (Block::fresh(size, boolean).ok_or_else(refused)?, false)
        };
        Ok((
            Self {
                block: Some(block),
                dtype,
                len,
            },
            used,
        ))
    }

    pub(crate) fn dtype(&self) -> DType {
        self.dtype
    }

    fn start(&self) -> *mut Line {
        self.block
            .as_ref()
            .map_or(std::ptr::null_mut(), Block::aligned)
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> Slice<'_> {
        let start = self.start();
        // SAFETY: the block holds `len` initialised elements of this dtype from its aligned start
        // on; bytes of boolean blocks are 0 or 1, and any bytes make a number.
        with_type!(self.dtype, T => T::wrap(unsafe {
            std::slice::from_raw_parts(start.cast::<T>(), self.len)
        }))
    }

    #[inline]
    pub(crate) fn as_slice_mut(&mut self) -> SliceMut<'_> {
        let (start, len) = (self.start(), self.len);
        // SAFETY: as in `as_slice`; the exclusive borrow makes this the only way to the elements.
        with_type!(self.dtype, T => T::wrap_mut(unsafe {
            std::slice::from_raw_parts_mut(start.cast::<T>(), len)
        }))
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        if let Some(block) = self.block.take() {
            recycle(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::element::Typed;

    #[test]
    fn memory_is_aligned_and_zero_after_reuse() {
        for _ in 0..3 {
            let mut storage = Storage::zeroed("zeros", &[20_000], DType::F64).unwrap();
            let slice = f64::slice_mut(storage.as_slice_mut());
            assert_eq!(slice.as_ptr() as usize % ALIGNMENT, 0);
            assert!(slice.iter().all(|&x| x == 0.0));
            slice.fill(f64::NAN);
        }
    }

    #[test]
    fn memory_of_numbers_never_becomes_memory_of_booleans() {
        let mut storage = Storage::allocate("test", &[100_000], DType::I64).unwrap();
        i64::slice_mut(storage.as_slice_mut()).fill(-1);
        drop(storage);
        let storage = Storage::allocate("test", &[800_000], DType::Bool).unwrap();
        assert!(bool::slice(storage.as_slice()).iter().all(|&x| !x));
    }

    #[test]
    fn impossible_requests_are_errors() {
        let huge: [&[usize]; 3] = [
            &[usize::MAX],
            &[1 << 40, 1 << 40],
            &[1_000_000_000_000_000_000],
        ];
        for shape in huge {
            assert!(matches!(
                Storage::allocate("zeros", shape, DType::F64),
                Err(Error::Memory { .. })
            ));
        }
    }
}
