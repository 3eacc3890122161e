//! Positions of elements, as indices take them.

use super::Array;
use super::create::{arange, full, zeros_of};
use super::dtype::DType;
use super::index::Shape;
use super::layout::Layout;
use super::matrix::below;
use crate::error::{Error, OrRaise};

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
pub fn indices(shape: impl Into<Shape>) -> Array {
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
pub fn unravel_index(positions: &Array, shape: impl Into<Shape>) -> Vec<Array> {
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
pub fn ravel_multi_index(positions: &[&Array], shape: impl Into<Shape>) -> Array {
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
    let mut places = full((), 0);
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
///
/// # Panics
/// Panics for more than 64 axes, and when there is not enough memory.
#[track_caller]
pub fn diag_indices(n: usize, ndim: usize) -> Vec<Array> {
    if ndim > 64 {
        let message = format!("{ndim} axes; it makes positions for 64 or fewer");
        Error::argument("diag_indices", message).raise();
    }
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
