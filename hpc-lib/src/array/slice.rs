use super::dtype::{DType, Scalar};

/// Elements side by side in memory, of a dtype known at run time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slice<'a> {
    Bool(&'a [bool]),
    I64(&'a [i64]),
    F64(&'a [f64]),
}

impl<'a> Slice<'a> {
    pub(crate) fn dtype(&self) -> DType {
        match self {
            Self::Bool(_) => DType::Bool,
            Self::I64(_) => DType::I64,
            Self::F64(_) => DType::F64,
        }
    }

    #[inline]
    pub(crate) fn range(self, start: usize, len: usize) -> Slice<'a> {
        match self {
            Self::Bool(slice) => Slice::Bool(&slice[start..start + len]),
            Self::I64(slice) => Slice::I64(&slice[start..start + len]),
            Self::F64(slice) => Slice::F64(&slice[start..start + len]),
        }
    }

    pub(crate) fn get(&self, index: usize) -> Scalar {
        match self {
            Self::Bool(slice) => Scalar::Bool(slice[index]),
            Self::I64(slice) => Scalar::I64(slice[index]),
            Self::F64(slice) => Scalar::F64(slice[index]),
        }
    }
}

/// Elements side by side in memory that may be written, of a dtype known at run time.
#[derive(Debug)]
pub(crate) enum SliceMut<'a> {
    Bool(&'a mut [bool]),
    I64(&'a mut [i64]),
    F64(&'a mut [f64]),
}

impl<'a> SliceMut<'a> {
    pub(crate) fn dtype(&self) -> DType {
        match self {
            Self::Bool(_) => DType::Bool,
            Self::I64(_) => DType::I64,
            Self::F64(_) => DType::F64,
        }
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> Slice<'_> {
        match self {
            Self::Bool(slice) => Slice::Bool(slice),
            Self::I64(slice) => Slice::I64(slice),
            Self::F64(slice) => Slice::F64(slice),
        }
    }

    #[inline]
    pub(crate) fn range_mut(&mut self, start: usize, len: usize) -> SliceMut<'_> {
        match self {
            Self::Bool(slice) => SliceMut::Bool(&mut slice[start..start + len]),
            Self::I64(slice) => SliceMut::I64(&mut slice[start..start + len]),
            Self::F64(slice) => SliceMut::F64(&mut slice[start..start + len]),
        }
    }

    /// The same elements in pieces of `size`, the last one may be shorter.
    pub(crate) fn pieces(self, size: usize) -> Vec<SliceMut<'a>> {
        match self {
            Self::Bool(slice) => slice.chunks_mut(size).map(SliceMut::Bool).collect(),
            Self::I64(slice) => slice.chunks_mut(size).map(SliceMut::I64).collect(),
            Self::F64(slice) => slice.chunks_mut(size).map(SliceMut::F64).collect(),
        }
    }

    pub(crate) fn fill(&mut self, value: Scalar) {
        match self {
            Self::Bool(slice) => slice.fill(value.to_bool()),
            Self::I64(slice) => slice.fill(value.to_i64()),
            Self::F64(slice) => slice.fill(value.to_f64()),
        }
    }

    pub(crate) fn set(&mut self, index: usize, value: Scalar) {
        match self {
            Self::Bool(slice) => slice[index] = value.to_bool(),
            Self::I64(slice) => slice[index] = value.to_i64(),
            Self::F64(slice) => slice[index] = value.to_f64(),
        }
    }
}
