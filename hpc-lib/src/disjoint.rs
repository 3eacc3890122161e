//! One slice that several threads write to, each in other places.
#![allow(unsafe_code)] // The places are known to be disjoint by counting, not by borrowing.

use std::marker::PhantomData;
use std::ops::Range;

/// A slice that is written through shared references.
pub(crate) struct Disjoint<'a, T> {
    start: *mut T,
    len: usize,
    lent: PhantomData<&'a mut [T]>,
}

// SAFETY: the elements can be sent, and who calls the methods promises to stay apart.
unsafe impl<T: Send> Send for Disjoint<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Disjoint<'_, T> {}

impl<'a, T> Disjoint<'a, T> {
    pub(crate) fn new(slice: &'a mut [T]) -> Self {
        Self {
            start: slice.as_mut_ptr(),
            len: slice.len(),
            lent: PhantomData,
        }
    }

    /// # Safety
    /// No other thread touches the element at `index` as long as this borrow of the slice lasts.
    ///
    /// # Panics
    /// Panics when there is no such element.
    #[inline]
    pub(crate) unsafe fn write(&self, index: usize, value: T)
    where
        T: Copy, // Nothing is dropped.
    {
        assert!(index < self.len);
        // SAFETY: the element exists, and the caller promises that nobody else touches it.
        unsafe { self.start.add(index).write(value) };
    }

    /// # Safety
    /// Nobody else touches the elements of `range` as long as the result is in use.
    ///
    /// # Panics
    /// Panics when the range is not within the slice.
    #[inline]
    #[allow(clippy::mut_from_ref)] // That is what this type is for.
    pub(crate) unsafe fn range(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: the elements exist and are initialised, and the caller promises the rest.
        unsafe {
            std::slice::from_raw_parts_mut(self.start.add(range.start), range.end - range.start)
        }
    }
}
