//! Elements by position and by mask as methods of arrays.

use super::{BadIndex, Outside, mask, position};
use crate::array::Array;
use crate::array::dense::Dense;
use crate::array::dtype::{DType, with_type};
use crate::array::element::Typed;
use crate::array::slice::SliceMut;
use crate::error::{Error, OrRaise};
use crate::lines::{around, axis_of};
use crate::pool::pool;
use crate::prof;

static SITE: prof::Site = prof::Site::routine("hpc::gather");

/// Positions as i64, side by side.
fn indices(routine: &'static str, of: &Array) -> Result<Dense, Error> {
    if of.dtype().is_integer() {
        return of.astype(DType::I64).dense().to_contiguous(routine);
    }
    Err(Error::DType {
        routine,
        dtype: of.dtype(),
        expected: "positions are integers; for a mask there is `get`",
    })
}

/// The elements of `array` at `positions` along an axis.
pub(crate) fn taken(
    routine: &'static str,
    array: &Array,
    positions: &Array,
    axis: isize,
    outside: Outside,
) -> Result<Array, Error> {
    let axis = axis_of(routine, array.shape(), axis)?;
    let at = indices(routine, positions)?;
    let source = array.dense().to_contiguous(routine)?;
    let _region = SITE.enter_routine();
    let shape = [
        &array.shape()[..axis],
        positions.shape(),
        &array.shape()[axis + 1..],
    ]
    .concat();
    with_type!(source.dtype(), T => {
        let mut outcome = Ok(());
        let dense = Dense::build(routine, &shape, &mut |target: &mut [T]| {
            let around = around(array.shape(), axis);
            let source = T::slice(source.slice());
            outcome = position::take(pool(), around, source, i64::slice(at.slice()), outside, target);
        })?;
        prof::work(2 * dense.bytes() + at.bytes(), 0);
        match outcome {
            Ok(()) => Ok(Array::of(dense)),
            Err(BadIndex(index)) => Err(Error::Index {
                routine,
                index: index as isize,
                axis,
                shape: array.shape().to_vec(),
            }),
        }
    })
}

/// The elements of `array` where `mask`, of its shape, is true.
pub(crate) fn masked(routine: &'static str, array: &Array, of: &Array) -> Result<Array, Error> {
    if of.shape() != array.shape() {
        return Err(Error::Shapes {
            routine,
            left: array.shape().to_vec(),
            right: of.shape().to_vec(),
        });
    }
    let of = of.dense().to_contiguous(routine)?;
    let source = array.dense().to_contiguous(routine)?;
    let _region = SITE.enter_routine();
    let of = bool::slice(of.slice());
    let count = mask::count(pool(), of);
    with_type!(source.dtype(), T => {
        let dense = Dense::build(routine, &[count], &mut |target: &mut [T]| {
            mask::compress(pool(), of, T::slice(source.slice()), target);
        })?;
        prof::work(source.bytes() + of.len() as u64 + dense.bytes(), 0);
        Ok(Array::of(dense))
    })
}

fn places(array: &Array) -> Result<Array, Error> {
    let routine = "flatnonzero";
    let is_set = array.astype(DType::Bool).dense().to_contiguous(routine)?;
    let _region = SITE.enter_routine();
    let is_set = bool::slice(is_set.slice());
    let count = mask::count(pool(), is_set);
    let dense = Dense::build(routine, &[count], &mut |target: &mut [i64]| {
        mask::positions(pool(), is_set, target);
    })?;
    Ok(Array::of(dense))
}

/// Row by row the position along each axis of the elements that are not 0.
fn coordinates(array: &Array) -> Result<Array, Error> {
    let places = places(array)?;
    let ndim = array.ndim();
    let flat = places.to_vec::<i64>();
    let dense = Dense::build(
        "argwhere",
        &[flat.len(), ndim],
        &mut |target: &mut [i64]| {
            if ndim == 0 {
                return;
            }
            for (row, &place) in target.chunks_mut(ndim).zip(&flat) {
                let mut rest = place;
                for (coordinate, &n) in row.iter_mut().zip(array.shape()).rev() {
                    *coordinate = rest % n as i64;
                    rest /= n as i64;
                }
            }
        },
    )?;
    Ok(Array::of(dense))
}

/// Lets `work` change the elements in row-major order. Arrays that share them keep theirs.
fn change(
    routine: &'static str,
    array: &mut Array,
    work: impl FnOnce(SliceMut<'_>),
) -> Result<(), Error> {
    let dense = array.dense();
    if !dense.layout.is_contiguous() {
        *array = Array::of(dense.to_contiguous(routine)?);
    }
    drop(dense);
    array.write(routine, |layout, mut elements| {
        work(elements.range_mut(layout.offset, layout.len()));
    })
}

/// Makes the elements at `positions` the values in turn.
fn put(
    array: &mut Array,
    positions: &Array,
    values: &Array,
    outside: Outside,
) -> Result<(), Error> {
    let routine = "put";
    let at = indices(routine, positions)?;
    let values = values
        .astype(array.dtype())
        .dense()
        .to_contiguous(routine)?;
    let _region = SITE.enter_routine();
    let mut outcome = Ok(());
    change(routine, array, |target| {
        with_type!(target.dtype(), T => {
            let (target, values) = (T::slice_mut(target), T::slice(values.slice()));
            outcome = position::put(pool(), target, i64::slice(at.slice()), values, outside);
        });
    })?;
    outcome.map_err(|BadIndex(index)| Error::Index {
        routine,
        index: index as isize,
        axis: 0,
        shape: vec![array.len()],
    })
}

/// Makes the elements where the mask is true the values in turn.
fn set_where(array: &mut Array, of: &Array, values: &Array) -> Result<(), Error> {
    let routine = "set_where";
    if of.shape() != array.shape() {
        return Err(Error::Shapes {
            routine,
            left: array.shape().to_vec(),
            right: of.shape().to_vec(),
        });
    }
    let is_set = of.astype(DType::Bool).dense().to_contiguous(routine)?;
    let is_set = bool::slice(is_set.slice());
    let count = mask::count(pool(), is_set);
    if values.len() != 1 && values.len() != count {
        let message = format!(
            "{} values of shape {:?} for {count} elements where the mask is true",
            values.len(),
            values.shape()
        );
        return Err(Error::argument(routine, message));
    }
    let values = values
        .astype(array.dtype())
        .dense()
        .to_contiguous(routine)?;
    let _region = SITE.enter_routine();
    change(routine, array, |target| {
        with_type!(target.dtype(), T => {
            mask::assign(pool(), is_set, T::slice(values.slice()), T::slice_mut(target));
        });
    })
}

impl Array {
    /// The elements at `positions` along an axis, in place of which come the axes of the positions.
    /// Negative positions and axes count from the end.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(0, 6, 1).reshape([2, 3]);
    /// let columns = a.take(&Array::from([2, 0]), 1);
    /// assert_eq!(columns.to_vec::<i64>(), [2, 0, 5, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, a position is not on it, or positions are not integers.
    #[track_caller]
    pub fn take(&self, positions: &Self, axis: isize) -> Self {
        self.take_outside(positions, axis, Outside::Raise)
    }

    /// As [`take`](Self::take), with positions beyond the axis as `outside` says.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([10, 20, 30]);
    /// let far = Array::from([3, -1]);
    /// assert_eq!(x.take_outside(&far, 0, Outside::Wrap).to_vec::<i64>(), [10, 30]);
    /// assert_eq!(x.take_outside(&far, 0, Outside::Clip).to_vec::<i64>(), [30, 10]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, it is empty, or positions are not integers.
    #[track_caller]
    pub fn take_outside(&self, positions: &Self, axis: isize, outside: Outside) -> Self {
        taken("take", self, positions, axis, outside).or_raise()
    }

    /// Sets the elements at `positions`, in row-major order, to `values` in turn, from the start again
    /// where they are fewer. Where a position occurs more than once, its last value stays.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let mut x = arange(0, 5, 1);
    /// x.put(&Array::from([0, -1]), &Array::from([7, 8]), Outside::Raise);
    /// assert_eq!(x.to_vec::<i64>(), [7, 1, 2, 3, 8]);
    /// ```
    ///
    /// In place, if no other array shares the elements; else a copy, and the others keep the old values.
    ///
    /// # Panics
    /// Panics when a position is outside (nothing is changed then), or positions are not integers.
    #[track_caller]
    pub fn put(&mut self, positions: &Self, values: &Self, outside: Outside) {
        put(self, positions, values, outside).or_raise();
    }

    /// Sets the elements where `mask`, of the same shape, is true to `values` in turn: as many as there
    /// are such elements, or one for all.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let mut x = Array::from([1.0, f64::NAN, 3.0]);
    /// x.set_where(&x.isnan(), &Array::from([0.0]));
    /// assert_eq!(x.to_vec::<f64>(), [1.0, 0.0, 3.0]);
    /// ```
    ///
    /// In place, if no other array shares the elements; else a copy, and the others keep the old values.
    ///
    /// # Panics
    /// Panics when the shapes differ, or there is another number of values.
    #[track_caller]
    pub fn set_where(&mut self, mask: &Self, values: &Self) {
        set_where(self, mask, values).or_raise();
    }

    /// Sets each element where `mask`, of the same shape, is true (not 0) to the value at its own
    /// position among `values`, which are gone through again and again where they are fewer.
    /// ([`set_where`](Self::set_where) takes the values in turn.)
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let mut x = arange(0, 5, 1);
    /// x.putmask(&x.gt(1), &Array::from([-1, -2]));
    /// assert_eq!(x.to_vec::<i64>(), [0, 1, -1, -2, -1]);
    /// ```
    ///
    /// Costs some passes over the array. Other handles keep the old values.
    ///
    /// # Panics
    /// Panics when the shapes differ, there are no values, or they are of a later kind than the array.
    #[track_caller]
    pub fn putmask(&mut self, mask: &Self, values: &Self) {
        let (routine, left) = ("putmask", self.shape().to_vec());
        if mask.shape() != left {
            let right = mask.shape().to_vec();
            Error::Shapes {
                routine,
                left,
                right,
            }
            .raise();
        }
        if values.is_empty() {
            let shape = values.shape().to_vec();
            Error::Empty { routine, shape }.raise();
        }
        let values = values.resized(routine, &left).or_raise();
        self.copy_where(mask.astype(DType::Bool), values);
    }

    /// The parts of this array at those positions of an axis where `condition`, with one axis, is true
    /// (not 0). It may be shorter than the axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(0, 6, 1).reshape([2, 3]);
    /// let columns = a.compress(&Array::from([true, false, true]), 1);
    /// assert_eq!(columns.to_vec::<i64>(), [0, 2, 3, 5]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, the condition has not one axis, or is true beyond the end.
    #[track_caller]
    pub fn compress(&self, condition: &Self, axis: isize) -> Self {
        let routine = "compress";
        if condition.ndim() != 1 {
            Error::Dimensions {
                routine,
                shape: condition.shape().to_vec(),
                expected: "a condition has one axis",
            }
            .raise();
        }
        let positions = condition.flatnonzero();
        taken(routine, self, &positions, axis, Outside::Raise).or_raise()
    }

    /// The positions, in row-major order, of the elements that are not 0, in i64.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.0, 2.0, f64::NAN]).flatnonzero().to_vec::<i64>(), [1, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn flatnonzero(&self) -> Self {
        places(self).or_raise()
    }

    /// The positions of the elements that are not 0, in i64: a row for each, with its position along
    /// each axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[0, 5], [6, 0]]);
    /// assert_eq!(a.argwhere().to_vec::<i64>(), [0, 1, 1, 0]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn argwhere(&self) -> Self {
        coordinates(self).or_raise()
    }
}
