use std::sync::Arc;

use super::dtype::{DType, Scalar, with_type};
use super::element::Typed;
use super::layout::Layout;
use super::slice::{Slice, SliceMut};
use super::storage::Storage;
use crate::error::Error;
use crate::pool;

/// Elements that a thread makes at a time.
const PART: usize = 1 << 16;

/// Values in memory, or a view of them.
#[derive(Clone)]
pub(crate) struct Dense {
    pub(crate) storage: Arc<Storage>,
    pub(crate) layout: Layout,
}

impl Dense {
    /// The whole of `storage`, row by row.
    pub(crate) fn new(storage: Storage, shape: &[usize]) -> Self {
        Self {
            storage: Arc::new(storage),
            layout: Layout::contiguous(shape),
        }
    }

    /// An array filled by `fill`.
    pub(crate) fn build<T: Typed>(
        routine: &'static str,
        shape: &[usize],
        fill: &mut dyn FnMut(&mut [T]),
    ) -> Result<Self, Error> {
        let mut storage = Storage::allocate(routine, shape, T::DTYPE)?;
        fill(T::slice_mut(storage.as_slice_mut()));
        Ok(Self::new(storage, shape))
    }

    /// Bytes of its elements.
    pub(crate) fn bytes(&self) -> u64 {
        (self.layout.shape.iter().product::<usize>() * self.dtype().size()) as u64
    }

    /// An array with all elements `value`, brought to `dtype`.
    pub(crate) fn filled(
        routine: &'static str,
        shape: &[usize],
        dtype: DType,
        value: Scalar,
    ) -> Result<Self, Error> {
        let mut storage = Storage::allocate(routine, shape, dtype)?;
        let mut pieces = storage.as_slice_mut().pieces(PART);
        pool::pool().for_each_piece(&mut pieces, 1, &|_, piece| piece[0].fill(value));
        Ok(Self::new(storage, shape))
    }

    /// An array of what `value` gives for each position in row-major order, on all threads, so that
    /// memory lies near the thread that will use it.
    pub(crate) fn computed<T: Typed>(
        routine: &'static str,
        shape: &[usize],
        value: impl Fn(usize) -> T + Send + Sync,
    ) -> Result<Self, Error> {
        Self::build(routine, shape, &mut |values: &mut [T]| {
            pool::pool().for_each_piece(values, PART, &|start, values| {
                for (element, i) in values.iter_mut().zip(start..) {
                    *element = value(i);
                }
            });
        })
    }

    pub(crate) fn dtype(&self) -> DType {
        self.storage.dtype()
    }

    /// The elements side by side, if that is how they lie.
    #[inline]
    pub(crate) fn contiguous(&self) -> Option<Slice<'_>> {
        self.layout.is_contiguous().then(|| self.slice())
    }

    /// The elements of an array that is known to lie side by side.
    #[inline]
    pub(crate) fn slice(&self) -> Slice<'_> {
        debug_assert!(self.layout.is_contiguous());
        self.storage
            .as_slice()
            .range(self.layout.offset, self.layout.len())
    }

    /// Copies elements `start ..` in row-major order into `target`, until it is full.
    pub(crate) fn gather(&self, start: usize, target: SliceMut<'_>) {
        with_type!(target.dtype(), T => self.gather_typed(start, T::slice_mut(target)));
    }

    fn gather_typed<T: Typed>(&self, start: usize, target: &mut [T]) {
        let source = T::slice(self.storage.as_slice());
        let mut filled = 0;
        self.layout
            .for_each_run(start, target.len(), |offset, stride, n| {
                let run = &mut target[filled..filled + n];
                match stride {
                    1 => run.copy_from_slice(&source[offset..offset + n]),
                    0 => run.fill(source[offset]),
                    _ => {
                        let mut at = offset as isize;
                        for value in run {
                            *value = source[at as usize];
                            at += stride;
                        }
                    }
                }
                filled += n;
            });
    }

    /// The same values side by side; a copy only where it is needed.
    pub(crate) fn to_contiguous(&self, routine: &'static str) -> Result<Self, Error> {
        if self.layout.is_contiguous() {
            return Ok(self.clone());
        }
        let mut storage = Storage::allocate(routine, &self.layout.shape, self.dtype())?;
        self.gather(0, storage.as_slice_mut());
        Ok(Self::new(storage, &self.layout.shape))
    }

    /// The element at that distance from the start of the storage.
    pub(crate) fn at(&self, offset: usize) -> Scalar {
        self.storage.as_slice().get(offset)
    }
}
