use super::factors::values;
use super::matrices::{Matrices, wrong_shape};
use super::solve::inv;
use crate::array::dense::Dense;
use crate::array::layout::Layout;
use crate::array::{Array, Axes, DType, full};
use crate::engine::routine;
use crate::error::Error;

/// A norm of matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatrixNorm {
    /// Frobenius: the root of the sum of squares.
    Frobenius,
    /// Nuclear: the sum of the singular values.
    Nuclear,
    /// The largest sum of absolute values in a column.
    One,
    /// The smallest sum of absolute values in a column; not a norm.
    NegativeOne,
    /// The largest sum of absolute values in a row.
    Infinity,
    /// The smallest sum of absolute values in a row; not a norm.
    NegativeInfinity,
    /// The largest singular value.
    Two,
    /// The smallest singular value; not a norm.
    NegativeTwo,
}

/// The length of all elements, seen as one vector: the root of the sum of the squares of their
/// absolute values.
///
/// ```
/// use hpc::linalg::norm;
/// use hpc::prelude::*;
/// assert_eq!(norm(&Array::from([[3.0, 0.0], [0.0, 4.0]])), 5.0);
/// ```
#[track_caller]
pub fn norm(a: &Array) -> f64 {
    let _region = routine!("linalg::norm");
    let size = a.astype(a.dtype().inexact()).abs();
    (&size * &size).sum().sqrt()
}

/// The norms of vectors along axes: the `p`-th root of the sum of the `p`-th powers of the absolute
/// values. For `p` infinity it is the largest absolute value, for minus infinity the smallest one,
/// for 0 the number of elements that are not zero.
///
/// ```
/// use hpc::linalg::vector_norm;
/// use hpc::prelude::*;
/// let a = Array::from([[3.0, -4.0], [5.0, 12.0]]);
/// assert_eq!(vector_norm(&a, 2.0, 1).to_vec::<f64>(), [5.0, 13.0]);
/// assert_eq!(vector_norm(&a, 1.0, 0).to_vec::<f64>(), [8.0, 16.0]);
/// assert_eq!(vector_norm(&a, f64::INFINITY, 1).to_vec::<f64>(), [4.0, 12.0]);
/// ```
///
/// # Panics
/// Panics when there is no such axis, or when there are no elements to choose the largest from.
#[track_caller]
pub fn vector_norm(a: &Array, p: f64, axes: impl Into<Axes>) -> Array {
    let _region = routine!("linalg::norm");
    let size = a.astype(a.dtype().inexact()).abs();
    let axes = axes.into();
    if p == f64::INFINITY {
        size.max_axis(axes)
    } else if p == f64::NEG_INFINITY {
        size.min_axis(axes)
    } else if p == 0.0 {
        size.ne(0.0).sum_axis(axes).astype(size.dtype())
    } else if p == 1.0 {
        size.sum_axis(axes)
    } else if p == 2.0 {
        (&size * &size).sum_axis(axes).sqrt()
    } else {
        size.powf(p).sum_axis(axes).powf(p.recip())
    }
}

/// The norms of matrices `(…, m, n)`: shape `(…)`.
///
/// ```
/// use hpc::linalg::{MatrixNorm, matrix_norm};
/// use hpc::prelude::*;
/// let a = Array::from([[1.0, -2.0], [3.0, 4.0]]);
/// assert_eq!(matrix_norm(&a, MatrixNorm::One)?.item(()), 6.0);
/// assert_eq!(matrix_norm(&a, MatrixNorm::Infinity)?.item(()), 7.0);
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// Those that rest on singular values return an error when a matrix holds infinities or NaN, or
/// when the iteration does not converge.
///
/// # Panics
/// Panics when the array does not hold matrices, or when there is nothing to choose the largest
/// from.
#[track_caller]
pub fn matrix_norm(a: &Array, norm: MatrixNorm) -> Result<Array, Error> {
    let _region = routine!("linalg::norm");
    if a.ndim() < 2 {
        wrong_shape("matrix_norm", a, "it takes matrices, of 2 axes or more");
    }
    let (rows, columns) = (a.ndim() - 2, a.ndim() - 1);
    let size = a.astype(a.dtype().inexact()).abs();
    Ok(match norm {
        MatrixNorm::Frobenius => (&size * &size).sum_axis([rows, columns]).sqrt(),
        MatrixNorm::Nuclear => values("matrix_norm", a)?.sum_axis(-1),
        MatrixNorm::One => size.sum_axis(rows).max_axis(-1),
        MatrixNorm::NegativeOne => size.sum_axis(rows).min_axis(-1),
        MatrixNorm::Infinity => size.sum_axis(columns).max_axis(-1),
        MatrixNorm::NegativeInfinity => size.sum_axis(columns).min_axis(-1),
        MatrixNorm::Two => values("matrix_norm", a)?.max_axis(-1),
        MatrixNorm::NegativeTwo => values("matrix_norm", a)?.min_axis(-1),
    })
}

/// The 1-norms of matrices.
pub(super) fn matrix_one_norm(a: &Array) -> Array {
    a.abs().sum_axis(a.ndim() - 2).max_axis(-1)
}

/// The condition numbers of matrices: how much a relative error can grow when they are inverted.
/// Infinite for singular ones. With the norms `Two` and `NegativeTwo` the matrices may have any
/// shape; the others need square ones.
///
/// ```
/// use hpc::linalg::{MatrixNorm, cond};
/// use hpc::prelude::*;
/// let a = Array::from([[1.0, 0.0], [0.0, 100.0]]);
/// assert!((cond(&a, MatrixNorm::Two)?.item(()) - 100.0).abs() < 1e-12);
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// Returns an error when a matrix holds infinities or NaN and the norm rests on singular values, or
/// when their iteration does not converge.
///
/// # Panics
/// Panics when the array does not hold matrices of that kind, or matrices without elements.
#[track_caller]
pub fn cond(a: &Array, norm: MatrixNorm) -> Result<Array, Error> {
    let _region = routine!("linalg::cond");
    if matches!(norm, MatrixNorm::Two | MatrixNorm::NegativeTwo) {
        let s = values("cond", a)?;
        let (largest, smallest) = (s.max_axis(-1), s.min_axis(-1));
        return Ok(if norm == MatrixNorm::Two {
            largest / smallest
        } else {
            smallest / largest
        });
    }
    let matrices = Matrices::square("cond", a);
    match inv(a) {
        Ok(inverse) => Ok(matrix_norm(a, norm)? * matrix_norm(&inverse, norm)?),
        Err(Error::Singular { .. }) => one_by_one(a, &matrices, norm),
        Err(error) => Err(error),
    }
}

/// The same where some matrices of a batch are singular, and others may not be.
fn one_by_one(a: &Array, matrices: &Matrices, norm: MatrixNorm) -> Result<Array, Error> {
    let n = matrices.rows();
    let dtype = matrices.dtype().part();
    let batch = matrices.batch().to_vec();
    let flat = a.reshape([batch.iter().product(), n, n]);
    let mut numbers = Vec::new();
    for item in 0..flat.shape()[0] {
        let matrix = flat.slice(&[crate::array::Index::At(item as isize)]);
        numbers.push(match inv(&matrix) {
            Ok(inverse) => {
                matrix_norm(&matrix, norm)?.item(()) * matrix_norm(&inverse, norm)?.item(())
            }
            Err(Error::Singular { .. }) => f64::INFINITY,
            Err(error) => return Err(error),
        });
    }
    Ok(Array::from(numbers).astype(dtype).reshape(batch))
}

/// The ranks of matrices `(…, m, n)`, as i64 `(…)`: how many singular values are larger than
/// `tolerance`. `None` stands for the machine's epsilon times the larger side times the largest
/// singular value.
///
/// ```
/// use hpc::linalg::matrix_rank;
/// use hpc::prelude::*;
/// let a = Array::from([[1.0, 2.0], [2.0, 4.0]]);
/// assert_eq!(matrix_rank(&a, None)?.item_i64(()), 1);
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// Returns an error when a matrix holds infinities or NaN, or when the iteration does not converge.
///
/// # Panics
/// Panics when the array does not hold matrices.
#[track_caller]
pub fn matrix_rank(a: &Array, tolerance: Option<f64>) -> Result<Array, Error> {
    let _region = routine!("linalg::matrix_rank");
    let s = values("matrix_rank", a)?;
    if s.is_empty() {
        let batch = &s.shape()[..s.ndim() - 1];
        return Ok(full(batch, 0_i64));
    }
    let epsilon = if s.dtype() == DType::F32 {
        f32::EPSILON.into()
    } else {
        f64::EPSILON
    };
    let larger = a.shape()[a.ndim() - 2].max(a.shape()[a.ndim() - 1]) as f64;
    let counts = match tolerance {
        Some(tolerance) => s.gt(tolerance),
        None => s.gt(larger * epsilon * s.max_axis(Axes::from(-1).keep())),
    };
    Ok(counts.sum_axis(-1))
}

/// The sums of the diagonals of matrices `(…, m, n)`, of the dtype of [`Array::sum_axis`]: shape
/// `(…)`. `offset` chooses a diagonal above the main one, or below where it is negative.
///
/// ```
/// use hpc::linalg::trace;
/// use hpc::prelude::*;
/// let a = arange(0, 9, 1).reshape([3, 3]);
/// assert_eq!(trace(&a, 0).item_i64(()), 12);
/// assert_eq!(trace(&a, -1).item_i64(()), 10);
/// ```
///
/// # Panics
/// Panics when the array does not hold matrices.
#[track_caller]
pub fn trace(a: &Array, offset: isize) -> Array {
    if a.ndim() < 2 {
        wrong_shape("trace", a, "it takes matrices, of 2 axes or more");
    }
    diagonal(a, offset).sum_axis(-1)
}

/// The diagonals of matrices, along the last axis. Shares the values.
fn diagonal(a: &Array, offset: isize) -> Array {
    let dense = a.dense();
    let Layout {
        mut shape,
        mut strides,
        offset: mut start,
    } = dense.layout;
    let (Some(columns), Some(rows)) = (shape.pop(), shape.pop()) else {
        unreachable!("the caller looked at the axes");
    };
    let (Some(column), Some(row)) = (strides.pop(), strides.pop()) else {
        unreachable!("as many as lengths");
    };
    let skipped = offset.unsigned_abs();
    let (rows, columns, step) = if offset >= 0 {
        (rows, columns.saturating_sub(skipped), column)
    } else {
        (rows.saturating_sub(skipped), columns, row)
    };
    let length = rows.min(columns);
    if length > 0 {
        start = start.saturating_add_signed(skipped as isize * step);
    }
    shape.push(length);
    strides.push(row + column);
    Array::of(Dense {
        storage: dense.storage,
        layout: Layout {
            shape,
            strides,
            offset: start,
        },
    })
}
