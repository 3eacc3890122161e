//! Matrices by their form: diagonals and triangles.

use super::Array;
use super::create::{arange, zeros_of};
use super::dtype::{DType, Scalar};
use super::index::Index;
use super::operators::Operand;
use crate::error::{Error, OrRaise};
use crate::expr::{Input, Node};

/// The f64 matrix with ones on the diagonal and zeros elsewhere.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(eye(2).to_vec::<f64>(), [1.0, 0.0, 0.0, 1.0]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn eye(n: usize) -> Array {
    eye_of(n, n, 0)
}

/// The f64 matrix with ones on the diagonal `k` above the main one (below, where negative).
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(eye_of(2, 3, 1).to_vec::<f64>(), [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn eye_of(rows: usize, columns: usize, k: isize) -> Array {
    let mut matrix = zeros_of([rows, columns], DType::F64);
    matrix.set_diagonal(k, &1.0.into()).or_raise();
    matrix
}

/// The f64 matrix with ones on and below the diagonal `k`, zeros above.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(tri(2, 3, 0).to_vec::<f64>(), [1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn tri(rows: usize, columns: usize, k: isize) -> Array {
    below(rows, columns, k).astype(DType::F64)
}

/// Where a matrix is on or below the diagonal `k`.
#[track_caller]
pub(super) fn below(rows: usize, columns: usize, k: isize) -> Array {
    let row = arange(0, rows as i64, 1).reshape([rows, 1]);
    arange(0, columns as i64, 1).le(row + k as i64)
}

/// The powers of each element of an array with one axis, the highest first: a row for each element,
/// `n` columns. Integers stay integers.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(vander(&Array::from([1, 2]), 3).to_vec::<i64>(), [1, 1, 1, 4, 2, 1]);
/// ```
///
/// # Panics
/// Panics when the array has not one axis, or there is not enough memory.
#[track_caller]
pub fn vander(x: &Array, n: usize) -> Array {
    if x.ndim() != 1 {
        Error::Dimensions {
            routine: "vander",
            shape: x.shape().to_vec(),
            expected: "it takes arrays with one axis",
        }
        .raise();
    }
    x.reshape([-1, 1]).pow(arange(n as i64 - 1, -1, -1))
}

impl Array {
    /// Of an array with one axis the matrix with its elements on the diagonal `k` and zeros
    /// elsewhere; of a matrix a copy of that diagonal.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let m = arange(1, 3, 1).diag(0);
    /// assert_eq!(m.to_vec::<i64>(), [1, 0, 0, 2]);
    /// assert_eq!(m.diag(0).to_vec::<i64>(), [1, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when the array has neither one nor two axes.
    #[track_caller]
    pub fn diag(&self, k: isize) -> Self {
        match self.ndim() {
            1 => self.diagflat(k),
            2 => self.diagonal_of("diag", k, [0, 1]).or_raise(),
            _ => Error::Dimensions {
                routine: "diag",
                shape: self.shape().to_vec(),
                expected: "it takes arrays with one or two axes",
            }
            .raise(),
        }
    }

    /// The matrix with all elements, row by row, on the diagonal `k` and zeros elsewhere.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([[1, 2]]).diagflat(1).shape(), [3, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn diagflat(&self, k: isize) -> Self {
        let n = self.len().saturating_add(k.unsigned_abs());
        let mut matrix = zeros_of([n, n], self.dtype());
        matrix.set_diagonal(k, &self.ravel().into()).or_raise();
        matrix
    }

    /// Writes to the diagonal `k` of a matrix.
    fn set_diagonal(&mut self, k: isize, value: &Operand) -> Result<(), Error> {
        let count = self.diagonal_of("diag", k, [0, 1])?.len() as i64;
        let (row, column) = if k < 0 {
            (k.unsigned_abs() as i64, 0)
        } else {
            (0, k as i64)
        };
        let rows = arange(row, row.saturating_add(count), 1);
        let columns = arange(column, column.saturating_add(count), 1);
        self.assigned("diag", &[rows.into(), columns.into()], value)
    }

    /// Writes `value`, a number or an array that is broadcast, to the main diagonal: the elements
    /// with the same position on all axes.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let mut m = zeros([2, 2]);
    /// m.fill_diagonal(5);
    /// assert_eq!(m.to_vec::<f64>(), [5.0, 0.0, 0.0, 5.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when the array has less than two axes, more than two that differ in length, or the
    /// value does not fit as for [`assign`](Self::assign).
    #[track_caller]
    pub fn fill_diagonal(&mut self, value: impl Into<Operand>) {
        let shape = self.shape();
        if shape.len() < 2 || (shape.len() > 2 && shape.windows(2).any(|two| two[0] != two[1])) {
            Error::Dimensions {
                routine: "fill_diagonal",
                shape: shape.to_vec(),
                expected: "it takes matrices, or more axes of one length",
            }
            .raise();
        }
        let n = shape.iter().copied().min().unwrap_or(0);
        let places = Index::Array(arange(0, n as i64, 1));
        self.assigned("fill_diagonal", &vec![places; shape.len()], &value.into())
            .or_raise();
    }

    /// The elements on and below the diagonal `k` of each matrix in the last two axes, zeros above.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(1, 5, 1).reshape([2, 2]);
    /// assert_eq!(a.tril(0).to_vec::<i64>(), [1, 0, 3, 4]);
    /// assert_eq!(a.triu(0).to_vec::<i64>(), [1, 2, 0, 4]);
    /// ```
    ///
    /// # Panics
    /// Panics when the array has no axes.
    #[track_caller]
    pub fn tril(&self, k: isize) -> Self {
        self.triangle("tril", k, true).or_raise()
    }

    /// The elements on and above the diagonal `k` of each matrix in the last two axes, zeros below.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(1, 5, 1).reshape([2, 2]);
    /// assert_eq!(a.triu(1).to_vec::<i64>(), [0, 2, 0, 0]);
    /// ```
    ///
    /// # Panics
    /// Panics when the array has no axes.
    #[track_caller]
    pub fn triu(&self, k: isize) -> Self {
        self.triangle("triu", k.saturating_sub(1), false).or_raise()
    }

    fn triangle(&self, routine: &'static str, k: isize, lower: bool) -> Result<Self, Error> {
        let (rows, columns) = match *self.shape() {
            [] => {
                return Err(Error::Dimensions {
                    routine,
                    shape: Vec::new(),
                    expected: "it takes arrays with one axis or more",
                });
            }
            [n] => (n, n),
            [.., rows, columns] => (rows, columns),
        };
        let is_below = Input::Node(below(rows, columns, k).node);
        // A bool yields to every dtype.
        let zero = Input::Scalar(Scalar::Bool(false));
        let own = Operand::from(self).0;
        let (yes, no) = if lower { (own, zero) } else { (zero, own) };
        let node = Node::select(routine, is_below, yes, no)?;
        Ok(Self { node: node.into() })
    }
}
