//! Arrays as batches of matrices.

use crate::array::Array;
use crate::array::dense::Dense;
use crate::array::dtype::DType;
use crate::array::layout::Dims;
use crate::engine::{Given, Wanted};
use crate::error::{Error, OrRaise};

/// Matrices that a routine was given.
pub(super) struct Matrices {
    pub(super) routine: &'static str,
    pub(super) given: Given,
}

impl Matrices {
    /// The matrices in the last two axes.
    #[track_caller]
    pub(super) fn new(routine: &'static str, array: &Array) -> Self {
        Self::of_dtype(routine, array, array.dtype().inexact())
    }

    #[track_caller]
    pub(super) fn of_dtype(routine: &'static str, array: &Array, dtype: DType) -> Self {
        if array.ndim() < 2 {
            wrong_shape(routine, array, "it takes matrices, of 2 axes or more");
        }
        Self {
            routine,
            given: Given::new(array, dtype),
        }
    }

    /// The same, of square matrices.
    #[track_caller]
    pub(super) fn square(routine: &'static str, array: &Array) -> Self {
        Self::square_of_dtype(routine, array, array.dtype().inexact())
    }

    #[track_caller]
    pub(super) fn square_of_dtype(routine: &'static str, array: &Array, dtype: DType) -> Self {
        let matrices = Self::of_dtype(routine, array, dtype);
        if matrices.rows() != matrices.columns() {
            wrong_shape(routine, array, "it takes square matrices");
        }
        matrices
    }

    pub(super) fn shape(&self) -> &[usize] {
        self.given.shape()
    }

    pub(super) fn rows(&self) -> usize {
        self.shape()[self.shape().len() - 2]
    }

    pub(super) fn columns(&self) -> usize {
        self.shape()[self.shape().len() - 1]
    }

    pub(super) fn batch(&self) -> &[usize] {
        &self.shape()[..self.shape().len() - 2]
    }

    pub(super) fn dtype(&self) -> DType {
        self.given.dtype()
    }

    /// The same matrices for each item of a larger batch.
    pub(super) fn for_batch(self, batch: &[usize]) -> Self {
        let mut shape = Dims::from(batch);
        shape.extend([self.rows(), self.columns()]);
        match self.given.layout().broadcast(&shape) {
            Some(layout) => Self {
                given: self.given.laid_out(layout),
                ..self
            },
            None => unreachable!("the batch was made from this one"),
        }
    }

    /// An array for results: of the same batch, with other axes after it.
    #[track_caller]
    pub(super) fn wanted(&self, inner: &[usize], dtype: DType) -> Wanted {
        let shape = [self.batch(), inner].concat();
        Wanted::new(self.routine, &shape, dtype).or_raise()
    }
}

#[track_caller]
pub(super) fn wrong_shape(routine: &'static str, array: &Array, expected: &'static str) -> ! {
    Error::Dimensions {
        routine,
        shape: array.shape().to_vec(),
        expected,
    }
    .raise()
}

/// The axis at position `axis` of `array` is new, of length 1.
pub(super) fn with_axis(array: &Array, axis: usize) -> Array {
    let mut shape = array.shape().to_vec();
    shape.insert(axis, 1);
    array.reshape(shape)
}

/// The same elements without the axis at position `axis`, which has length 1.
pub(super) fn without_axis(array: &Array, axis: usize) -> Array {
    let mut shape = array.shape().to_vec();
    shape.remove(axis);
    array.reshape(shape)
}

/// Rows and columns of all matrices exchanged.
pub(super) fn swapped(array: &Array) -> Array {
    let mut order: Vec<usize> = (0..array.ndim()).collect();
    let last = order.len() - 1;
    order.swap(last - 1, last);
    permuted(array, &order)
}

/// Axis `order[0]` becomes the first one, and so on. Shares the values.
pub(super) fn permuted(array: &Array, order: &[usize]) -> Array {
    let dense = array.dense();
    Array::of(Dense {
        layout: dense.layout.permuted(order),
        storage: dense.storage,
    })
}
