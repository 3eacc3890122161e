//! Elements chosen among arrays, and along an axis.

use super::Array;
use super::arrange::axis_of;
use super::dtype::DType;
use super::index::Index;
use super::join::positions;
use super::layout::broadcast_shape;
use super::math::select;
use super::operators::Operand;
use super::positions::position_along;
use crate::error::{Error, OrRaise};

/// For each element of `which` that of the array of this number; shapes and dtypes meet as for
/// operators.
///
/// Costs a pass for each array.
///
/// ```
/// use hpc::prelude::*;
/// let (x, y) = (arange(0, 3, 1), arange(10, 13, 1));
/// assert_eq!(choose(&Array::from([1, 0, 1]), &[&x, &y]).to_vec::<i64>(), [10, 1, 12]);
/// ```
///
/// # Panics
/// Panics when there is no array of a number, `which` is not of integers, or the shapes do not fit.
#[track_caller]
pub fn choose(which: &Array, arrays: &[&Array]) -> Array {
    if which.dtype().is_float() || which.dtype().is_complex() {
        Error::DType {
            routine: "choose",
            dtype: which.dtype(),
            expected: "numbers of arrays are integers",
        }
        .raise();
    }
    let Some((last, first)) = arrays.split_last() else {
        Error::argument("choose", "there are no arrays").raise()
    };
    let which = which.astype(DType::I64);
    if !which.is_empty() && (which.min_i64() < 0 || which.max_i64() >= arrays.len() as i64) {
        let range = format!("{} to {}", which.min_i64(), which.max_i64());
        let message = format!("numbers from {range} for {} arrays", arrays.len());
        Error::argument("choose", message).raise();
    }
    let start = broadcast_shape("choose", which.shape(), last.shape()).or_raise();
    let last = last.broadcast_to(&start[..]);
    let choose =
        |chosen: Array, (number, array): (usize, &&Array)| select(which.eq(number), *array, chosen);
    first.iter().enumerate().rev().fold(last, choose)
}

/// For each element that of the first choice whose condition is true, else of `default`.
///
/// Costs a single pass.
///
/// ```
/// use hpc::prelude::*;
/// let x = arange(0, 5, 1);
/// let y = select_first(&[(&x.lt(2), &-&x), (&x.lt(4), &(&x * 10))], 7);
/// assert_eq!(y.to_vec::<i64>(), [0, -1, 20, 30, 7]);
/// ```
///
/// # Panics
/// Panics when the shapes do not fit together.
#[track_caller]
pub fn select_first(cases: &[(&Array, &Array)], default: impl Into<Operand>) -> Array {
    first_of(cases, default.into())
}

#[track_caller]
fn first_of(cases: &[(&Array, &Array)], default: Operand) -> Array {
    let Some(((condition, value), rest)) = cases.split_last() else {
        Error::argument("select_first", "there are no cases").raise()
    };
    let last = select(*condition, *value, default);
    rest.iter().rev().fold(last, |chosen, (condition, value)| {
        select(*condition, *value, chosen)
    })
}

impl Array {
    /// For each element of `at` the element at this position along an axis, as `argsort_axis` gives
    /// them. The shapes are the same or meet, but for that axis.
    ///
    /// Costs a copy of what is taken.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[30, 10, 20], [1, 3, 2]]);
    /// let at = Array::from([[1, 2, 0], [0, 2, 1]]);
    /// assert_eq!(a.take_along_axis(&at, 1).to_vec::<i64>(), [10, 20, 30, 1, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis or position, or the shapes do not fit.
    #[track_caller]
    pub fn take_along_axis(&self, at: &Self, axis: isize) -> Self {
        let indices = self.along_axis("take_along_axis", at, axis).or_raise();
        self.slice(&indices)
    }

    /// Writes `value`, a number or an array that is broadcast, to the positions `at` along an axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let mut a = zeros([2, 2]);
    /// a.put_along_axis(&Array::from([[1], [0]]), 5, 1);
    /// assert_eq!(a.to_vec::<f64>(), [0.0, 5.0, 5.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// Panics as [`take_along_axis`](Self::take_along_axis) and [`assign`](Self::assign) do.
    #[track_caller]
    pub fn put_along_axis(&mut self, at: &Self, value: impl Into<Operand>, axis: isize) {
        let indices = self.along_axis("put_along_axis", at, axis).or_raise();
        self.assign(&indices, value);
    }

    fn along_axis(
        &self,
        routine: &'static str,
        at: &Self,
        axis: isize,
    ) -> Result<Vec<Index>, Error> {
        let axis = axis_of(routine, axis, self.ndim())?;
        if at.ndim() != self.ndim() {
            return Err(Error::Shapes {
                routine,
                left: self.shape().to_vec(),
                right: at.shape().to_vec(),
            });
        }
        let index = |other: usize| {
            Index::Array(if other == axis {
                at.clone()
            } else {
                position_along(other, self.shape())
            })
        };
        Ok((0..self.ndim()).map(index).collect())
    }

    /// Writes to the elements where `mask`, of this array's shape, is true the values in turn, from
    /// the start again where they are fewer.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let mut x = arange(0, 5, 1);
    /// x.place(&x.gt(1), &Array::from([7, 8]));
    /// assert_eq!(x.to_vec::<i64>(), [0, 1, 7, 8, 7]);
    /// ```
    ///
    /// # Panics
    /// Panics when the mask has another shape, or there are no values where some are needed.
    #[track_caller]
    pub fn place(&mut self, mask: &Self, values: &Self) {
        self.placed(mask, values).or_raise();
    }

    fn placed(&mut self, mask: &Self, values: &Self) -> Result<(), Error> {
        let count = mask.count_nonzero();
        if count == 0 {
            return Ok(());
        }
        let n = values.len() as i64;
        if n == 0 {
            return Err(Error::Empty {
                routine: "place",
                shape: values.shape().to_vec(),
            });
        }
        let in_turn = positions("place", [0, count, 0], |at| at % n)?;
        let values = values.ravel().picked("place", 0, in_turn)?;
        self.assigned("place", &[mask.astype(DType::Bool).into()], &values.into())
    }
}
