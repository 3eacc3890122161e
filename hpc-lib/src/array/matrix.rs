//! Matrices by their form: diagonals and triangles.

use super::Array;
use super::create::{arange, zeros_of};
use super::dense::Dense;
use super::dtype::{DType, Scalar};
use super::index::Index;
use super::layout::Layout;
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

    /// A copy of the values, row by row, whatever they are shared with.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let big = zeros([1000, 1000]);
    /// let row = big.row(0).copy(); // does not keep all of `big` in memory
    /// assert_eq!(row.len(), 1000);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn copy(&self) -> Self {
        Self::of(self.dense().copied("copy").or_raise())
    }

    /// Zeros in this array's shape and dtype.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 3, 1);
    /// assert_eq!(x.zeros_like().to_vec::<i64>(), [0, 0, 0]);
    /// assert_eq!(x.full_like(7).to_vec::<i64>(), [7, 7, 7]);
    /// ```
    #[track_caller]
    pub fn zeros_like(&self) -> Self {
        zeros_of(self.shape(), self.dtype())
    }

    /// Ones in this array's shape and dtype.
    #[track_caller]
    pub fn ones_like(&self) -> Self {
        super::create::full_of(self.shape(), true, self.dtype())
    }

    /// A number, brought to this array's dtype, in its shape.
    ///
    /// # Panics
    /// Panics when the value is not a number.
    #[track_caller]
    pub fn full_like(&self, value: impl Into<Operand>) -> Self {
        super::create::full_of(self.shape(), value, self.dtype())
    }
}

/// An f64 array of what `value` gives for each position, row by row.
///
/// ```
/// use hpc::prelude::*;
/// let a = from_fn([2, 2], |at| (10 * at[0] + at[1]) as f64);
/// assert_eq!(a.to_vec::<f64>(), [0.0, 1.0, 10.0, 11.0]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn from_fn(
    shape: impl Into<super::index::Shape>,
    mut value: impl FnMut(&[usize]) -> f64,
) -> Array {
    computed(&shape.into().0, &mut value)
}

#[track_caller]
fn computed(shape: &[usize], value: &mut dyn FnMut(&[usize]) -> f64) -> Array {
    let mut at = vec![0; shape.len()];
    let dense = Dense::build("from_fn", shape, |elements: &mut [f64]| {
        for element in elements {
            *element = value(&at);
            for (position, &n) in at.iter_mut().zip(shape).rev() {
                *position += 1;
                if *position < n {
                    break;
                }
                *position = 0;
            }
        }
    });
    Array::of(dense.or_raise())
}

/// The positions along each axis of an array of that shape: an i64 array with a first axis for the
/// axes.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(indices([2, 2]).to_vec::<i64>(), [0, 0, 1, 1, 0, 1, 0, 1]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn indices(shape: impl Into<super::index::Shape>) -> Array {
    let shape = shape.into().0;
    if shape.is_empty() {
        return zeros_of(0, DType::I64);
    }
    let axes = (0..shape.len()).map(|axis| position_along(axis, &shape).broadcast_to(&shape[..]));
    let axes: Vec<Array> = axes.collect();
    super::join::stack(&axes.iter().collect::<Vec<_>>(), 0)
}

/// 0, 1, … along an axis, in as many axes as `shape` has.
#[track_caller]
pub(super) fn position_along(axis: usize, shape: &[usize]) -> Array {
    let mut own = vec![1; shape.len()];
    own[axis] = shape[axis];
    arange(0, shape[axis] as i64, 1).reshape(own)
}

/// Coordinates on a grid, from those along each axis (arrays with one axis): arrays of the grid's
/// shape, with rows for the second and columns for the first one, as for a picture. They share their
/// values and take no memory.
///
/// ```
/// use hpc::prelude::*;
/// let grid = meshgrid(&[&arange(0, 3, 1), &arange(0, 2, 1)]);
/// assert_eq!(grid[0].to_vec::<i64>(), [0, 1, 2, 0, 1, 2]);
/// assert_eq!(grid[1].shape(), [2, 3]);
/// ```
///
/// # Panics
/// Panics when an array has more than one axis.
#[track_caller]
pub fn meshgrid(axes: &[&Array]) -> Vec<Array> {
    let exchanged = |grid: &Array| {
        if axes.len() < 2 {
            grid.clone()
        } else {
            grid.swapaxes(0, 1)
        }
    };
    meshgrid_ij(axes).iter().map(exchanged).collect()
}

/// As [`meshgrid`], with the axes of the grid in the order of the arrays.
///
/// # Panics
/// Panics when an array has more than one axis.
#[track_caller]
pub fn meshgrid_ij(axes: &[&Array]) -> Vec<Array> {
    let open = ix(axes);
    super::arrange::broadcast_arrays(&open.iter().collect::<Vec<_>>())
}

/// Positions along each axis (arrays with one axis, masks too) as arrays that meet in the grid of all
/// combinations: for indices.
///
/// ```
/// use hpc::prelude::*;
/// let a = arange(0, 12, 1).reshape([3, 4]);
/// let at = ix(&[&Array::from([0, 2]), &Array::from([1, 3])]);
/// assert_eq!(a.slice(s![&at[0], &at[1]]).to_vec::<i64>(), [1, 3, 9, 11]);
/// ```
///
/// # Panics
/// Panics when an array has more than one axis.
#[track_caller]
pub fn ix(axes: &[&Array]) -> Vec<Array> {
    let along = |(axis, positions): (usize, &&Array)| {
        if positions.ndim() > 1 {
            Error::Dimensions {
                routine: "ix",
                shape: positions.shape().to_vec(),
                expected: "it takes arrays with one axis",
            }
            .raise();
        }
        let positions = match positions.dtype() {
            DType::Bool => positions.nonzero().remove(0),
            _ => (*positions).clone(),
        };
        let mut shape = vec![1; axes.len()];
        shape[axis] = positions.len();
        positions.reshape(shape)
    };
    axes.iter().enumerate().map(along).collect()
}

impl Array {
    /// The positions of the elements that are not 0, row by row: an i64 array for each axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let at = Array::from([[0, 5], [7, 0]]).nonzero();
    /// assert_eq!(at[0].to_vec::<i64>(), [0, 1]);
    /// assert_eq!(at[1].to_vec::<i64>(), [1, 0]);
    /// ```
    ///
    /// # Panics
    /// Panics when the array has no axes.
    #[track_caller]
    pub fn nonzero(&self) -> Vec<Self> {
        if self.ndim() == 0 {
            Error::Dimensions {
                routine: "nonzero",
                shape: Vec::new(),
                expected: "it takes arrays with one axis or more",
            }
            .raise();
        }
        let mask = self.astype(DType::Bool).to_vec::<bool>();
        let places = mask
            .iter()
            .enumerate()
            .filter_map(|(at, &is)| is.then_some(at as i64));
        unravel_index(&places.collect(), self.shape())
    }
}

/// The positions along each axis of an array of that shape, from positions in its row-major order.
///
/// ```
/// use hpc::prelude::*;
/// let at = unravel_index(&Array::from([5, 0]), [2, 3]);
/// assert_eq!(at[0].to_vec::<i64>(), [1, 0]);
/// assert_eq!(at[1].to_vec::<i64>(), [2, 0]);
/// ```
///
/// # Panics
/// Panics when a position is out of range, or positions are not integers.
#[track_caller]
pub fn unravel_index(positions: &Array, shape: impl Into<super::index::Shape>) -> Vec<Array> {
    unravelled(positions, &shape.into().0).or_raise()
}

fn unravelled(positions: &Array, shape: &[usize]) -> Result<Vec<Array>, Error> {
    let routine = "unravel_index";
    let layout = Layout::contiguous(shape);
    let values = integers(routine, positions)?;
    let len = layout.len();
    if let Some(&at) = values.iter().find(|&&at| at < 0 || at as u64 >= len as u64) {
        let message = format!("position {at} of {len} elements in shape {shape:?}");
        return Err(Error::argument(routine, message));
    }
    let along = |(&n, &stride): (&usize, &isize)| {
        let at = |&at: &i64| at / stride as i64 % n as i64;
        values
            .iter()
            .map(at)
            .collect::<Array>()
            .reshape(positions.shape())
    };
    Ok(shape.iter().zip(&layout.strides).map(along).collect())
}

fn integers(routine: &'static str, of: &Array) -> Result<Vec<i64>, Error> {
    if !of.dtype().is_integer() {
        return Err(Error::DType {
            routine,
            dtype: of.dtype(),
            expected: "positions are integers",
        });
    }
    Ok(of.astype(DType::I64).to_vec::<i64>())
}

/// Positions in the row-major order of an array of that shape, from those along each axis, which are
/// broadcast.
///
/// ```
/// use hpc::prelude::*;
/// let at = ravel_multi_index(&[&Array::from([1, 0]), &Array::from([2, 0])], [2, 3]);
/// assert_eq!(at.to_vec::<i64>(), [5, 0]);
/// ```
///
/// # Panics
/// Panics when a position is out of range, positions are not integers, or there is not one array for
/// each axis.
#[track_caller]
pub fn ravel_multi_index(positions: &[&Array], shape: impl Into<super::index::Shape>) -> Array {
    ravelled(positions, &shape.into().0).or_raise()
}

fn ravelled(positions: &[&Array], shape: &[usize]) -> Result<Array, Error> {
    let routine = "ravel_multi_index";
    if positions.len() != shape.len() {
        let message = format!(
            "{} arrays of positions for shape {shape:?}",
            positions.len()
        );
        return Err(Error::argument(routine, message));
    }
    let strides = Layout::contiguous(shape).strides;
    let mut places = super::create::full((), 0);
    for (axis, (along, stride)) in positions.iter().zip(strides).enumerate() {
        let n = shape[axis] as i64;
        if let Some(&at) = integers(routine, along)?
            .iter()
            .find(|at| !(0..n).contains(*at))
        {
            return Err(Error::Index {
                routine,
                index: at as isize,
                axis,
                shape: shape.to_vec(),
            });
        }
        places += along.astype(DType::I64) * stride as i64;
    }
    Ok(places)
}

/// The positions of the main diagonal of an array with `ndim` axes of length `n`: one array for each
/// axis.
///
/// ```
/// use hpc::prelude::*;
/// let at = diag_indices(3, 2);
/// let a = arange(0, 9, 1).reshape([3, 3]);
/// assert_eq!(a.slice(s![&at[0], &at[1]]).to_vec::<i64>(), [0, 4, 8]);
/// ```
#[track_caller]
pub fn diag_indices(n: usize, ndim: usize) -> Vec<Array> {
    vec![arange(0, n as i64, 1); ndim]
}

/// The rows and columns on and below the diagonal `k` of a matrix.
///
/// ```
/// use hpc::prelude::*;
/// let [rows, columns] = tril_indices(2, 2, 0);
/// assert_eq!(rows.to_vec::<i64>(), [0, 1, 1]);
/// assert_eq!(columns.to_vec::<i64>(), [0, 0, 1]);
/// ```
#[track_caller]
pub fn tril_indices(rows: usize, columns: usize, k: isize) -> [Array; 2] {
    let mut at = below(rows, columns, k).nonzero();
    let columns = at.swap_remove(1);
    [at.swap_remove(0), columns]
}

/// The rows and columns on and above the diagonal `k` of a matrix.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(triu_indices(2, 2, 1)[1].to_vec::<i64>(), [1]);
/// ```
#[track_caller]
pub fn triu_indices(rows: usize, columns: usize, k: isize) -> [Array; 2] {
    let mut at = (!below(rows, columns, k.saturating_sub(1))).nonzero();
    let columns = at.swap_remove(1);
    [at.swap_remove(0), columns]
}
