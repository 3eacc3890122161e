//! Memory for what is sorted, taken from that of arrays: large pages, and used again.
#![allow(unsafe_code)] // The bytes of an array seen as those of plain items.

use std::marker::PhantomData;

use crate::array::dtype::DType;
use crate::array::element::Typed;
use crate::array::storage::Storage;
use crate::error::OrRaise;

/// Types that consist of integers only.
///
/// # Safety
/// Any bits make a value, and the alignment is at most that of u128.
pub(crate) unsafe trait Plain: Copy + Send + Sync {}

macro_rules! plain {
    ($($type:ty)*) => {$(
        // SAFETY: an unsigned integer.
        unsafe impl Plain for $type {}
    )*};
}

plain! { u16 u32 u64 u128 }

/// Items whose values at first are not specified.
pub(super) struct Workspace<I> {
    storage: Storage,
    len: usize,
    items: PhantomData<I>,
}

impl<I: Plain> Workspace<I> {
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub(super) fn new(len: usize) -> Self {
        let bytes = len.saturating_mul(size_of::<I>());
        let words = bytes.div_ceil(size_of::<u64>());
        Self {
            storage: Storage::scratch(DType::U64, words).or_raise(),
            len,
            items: PhantomData,
        }
    }

    pub(super) fn items(&mut self) -> &mut [I] {
        let words = u64::slice_mut(self.storage.as_slice_mut());
        // SAFETY: the words are initialised, aligned for every plain type, and enough for `len` items,
        // of which any bits make a value.
        unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), self.len) }
    }
}
