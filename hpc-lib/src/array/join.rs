//! Arrays put together and taken apart.

use super::Array;
use super::arrange::axis_of;
use super::dense::Dense;
use super::storage::Storage;
use crate::error::{Error, OrRaise};
use crate::expr::{self, Node};

/// Arrays one after the other along an axis. They have the same shape but for that axis; the dtype is
/// the least that holds all of theirs.
///
/// Costs a copy, as do the other functions that put arrays together.
///
/// ```
/// use hpc::prelude::*;
/// let (x, y) = (arange(0, 2, 1), linspace(0.0, 1.0, 2));
/// assert_eq!(concatenate(&[&x, &y], 0).to_vec::<f64>(), [0.0, 1.0, 0.0, 1.0]);
/// ```
///
/// # Panics
/// Panics when there is no array, no such axis, or the shapes do not fit.
#[track_caller]
pub fn concatenate(arrays: &[&Array], axis: isize) -> Array {
    concatenated("concatenate", arrays, axis).or_raise()
}

fn concatenated(routine: &'static str, arrays: &[&Array], axis: isize) -> Result<Array, Error> {
    let ndim = arrays.first().map_or(0, |array| array.ndim());
    let axis = axis_of(routine, axis, ndim)?;
    joined(routine, arrays, axis)
}

pub(super) fn joined(
    routine: &'static str,
    arrays: &[&Array],
    axis: usize,
) -> Result<Array, Error> {
    let [first, rest @ ..] = arrays else {
        return Err(Error::argument(routine, "there are no arrays"));
    };
    let mut shape = first.shape().to_vec();
    let mut dtype = first.dtype();
    for array in rest {
        let same = |(at, (a, b)): (usize, (&usize, &usize))| at == axis || a == b;
        let mut lengths = shape.iter().zip(array.shape()).enumerate();
        if array.ndim() != shape.len() || !lengths.all(same) {
            return Err(Error::Shapes {
                routine,
                left: first.shape().to_vec(),
                right: array.shape().to_vec(),
            });
        }
        shape[axis] = shape[axis].saturating_add(array.shape()[axis]);
        dtype = dtype.promote(array.dtype());
    }
    let parts = arrays
        .iter()
        .map(|array| expr::evaluate(&Node::cast(&array.node, dtype)?));
    let parts = parts.collect::<Result<Vec<Dense>, Error>>()?;
    let mut storage = Storage::allocate(routine, &shape, dtype)?;
    let mut target = storage.as_slice_mut();
    let tables: usize = shape[..axis].iter().product();
    let mut filled = 0;
    for table in 0..tables {
        for part in &parts {
            let len: usize = part.layout.shape[axis..].iter().product();
            if len > 0 {
                part.gather(table * len, target.range_mut(filled, len));
            }
            filled += len;
        }
    }
    Ok(Array::of(Dense::new(storage, &shape)))
}

/// Arrays of one shape along a new axis.
///
/// ```
/// use hpc::prelude::*;
/// let (x, y) = (arange(0, 3, 1), arange(3, 6, 1));
/// assert_eq!(stack(&[&x, &y], 0).shape(), [2, 3]);
/// assert_eq!(stack(&[&x, &y], -1).to_vec::<i64>(), [0, 3, 1, 4, 2, 5]);
/// ```
///
/// # Panics
/// Panics when there is no array, no such place for an axis, or the shapes differ.
#[track_caller]
pub fn stack(arrays: &[&Array], axis: isize) -> Array {
    let Some(first) = arrays.first() else {
        Error::argument("stack", "there are no arrays").raise()
    };
    if let Some(other) = arrays.iter().find(|array| array.shape() != first.shape()) {
        Error::Shapes {
            routine: "stack",
            left: first.shape().to_vec(),
            right: other.shape().to_vec(),
        }
        .raise();
    }
    joined_after("stack", arrays, axis, |array| array.expand_dims(axis))
}

/// Arrays below each other: along the first axis; those with one axis are rows.
///
/// ```
/// use hpc::prelude::*;
/// let x = arange(0, 2, 1);
/// assert_eq!(vstack(&[&x, &x]).to_vec::<i64>(), [0, 1, 0, 1]);
/// assert_eq!(vstack(&[&x, &x]).shape(), [2, 2]);
/// ```
///
/// # Panics
/// Panics as [`concatenate`] does.
#[track_caller]
pub fn vstack(arrays: &[&Array]) -> Array {
    joined_after("vstack", arrays, 0, Array::atleast_2d)
}

/// Arrays beside each other: along the second axis; those with one axis are put end to end.
///
/// ```
/// use hpc::prelude::*;
/// let x = arange(0, 2, 1);
/// assert_eq!(hstack(&[&x, &x]).shape(), [4]);
/// let a = x.reshape([2, 1]);
/// assert_eq!(hstack(&[&a, &a]).to_vec::<i64>(), [0, 0, 1, 1]);
/// ```
///
/// # Panics
/// Panics as [`concatenate`] does.
#[track_caller]
pub fn hstack(arrays: &[&Array]) -> Array {
    let axis = isize::from(arrays.first().is_some_and(|array| array.ndim() > 1));
    joined_after("hstack", arrays, axis, Array::atleast_1d)
}

/// Arrays behind each other: along the third axis, which those with less axes get.
///
/// # Panics
/// Panics as [`concatenate`] does.
#[track_caller]
pub fn dstack(arrays: &[&Array]) -> Array {
    joined_after("dstack", arrays, 2, Array::atleast_3d)
}

/// Arrays beside each other; those with one axis are columns.
///
/// ```
/// use hpc::prelude::*;
/// let x = arange(0, 2, 1);
/// assert_eq!(column_stack(&[&x, &x]).to_vec::<i64>(), [0, 0, 1, 1]);
/// ```
///
/// # Panics
/// Panics as [`concatenate`] does.
#[track_caller]
pub fn column_stack(arrays: &[&Array]) -> Array {
    joined_after("column_stack", arrays, 1, |array| match array.ndim() {
        0 | 1 => array.reshape([-1, 1]),
        _ => array.clone(),
    })
}

#[track_caller]
fn joined_after(
    routine: &'static str,
    arrays: &[&Array],
    axis: isize,
    prepare: impl Fn(&Array) -> Array,
) -> Array {
    let prepared: Vec<Array> = arrays.iter().map(|array| prepare(array)).collect();
    let prepared: Vec<&Array> = prepared.iter().collect();
    concatenated(routine, &prepared, axis).or_raise()
}

/// A matrix of blocks: rows of arrays beside each other (along the last axis), below each other
/// (along the one before).
///
/// ```
/// use hpc::prelude::*;
/// let (a, b) = (ones([2, 2]), zeros([2, 1]));
/// let m = block(&[&[&a, &b], &[&b.t(), &Array::from(7.0)]]);
/// assert_eq!(m.to_vec::<f64>(), [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 7.0]);
/// ```
///
/// # Panics
/// Panics as [`concatenate`] does.
#[track_caller]
pub fn block(rows: &[&[&Array]]) -> Array {
    let row = |arrays: &&[&Array]| joined_after("block", arrays, -1, Array::atleast_2d);
    let rows: Vec<Array> = rows.iter().map(row).collect();
    let rows: Vec<&Array> = rows.iter().collect();
    concatenated("block", &rows, -2).or_raise()
}

impl Array {
    /// This array and then `other` along an axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 2, 1);
    /// assert_eq!(x.append(&x, 0).to_vec::<i64>(), [0, 1, 0, 1]);
    /// ```
    ///
    /// # Panics
    /// Panics as [`concatenate`] does.
    #[track_caller]
    pub fn append(&self, other: &Self, axis: isize) -> Self {
        concatenated("append", &[self, other], axis).or_raise()
    }

    /// The array in `n` parts of equal length along an axis, which share the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let parts = arange(0, 6, 1).split(3, 0);
    /// assert_eq!(parts[1].to_vec::<i64>(), [2, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, or its length is no multiple of `n`.
    #[track_caller]
    pub fn split(&self, n: usize, axis: isize) -> Vec<Self> {
        self.split_evenly("split", n, axis).or_raise()
    }

    fn split_evenly(
        &self,
        routine: &'static str,
        n: usize,
        axis: isize,
    ) -> Result<Vec<Self>, Error> {
        let axis = axis_of(routine, axis, self.ndim())?;
        let length = self.shape()[axis];
        if n == 0 || !length.is_multiple_of(n) {
            let message = format!("an axis of length {length} in {n} equal parts");
            return Err(Error::argument(routine, message));
        }
        self.split_roughly(routine, n, axis)
    }

    /// The array in `n` parts along an axis, of which the first are longer by one where its length
    /// is no multiple of `n`. They share the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let parts = arange(0, 5, 1).array_split(2, 0);
    /// assert_eq!(parts[0].to_vec::<i64>(), [0, 1, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, or `n` is 0.
    #[track_caller]
    pub fn array_split(&self, n: usize, axis: isize) -> Vec<Self> {
        let axis = axis_of("array_split", axis, self.ndim()).or_raise();
        if n == 0 {
            Error::argument("array_split", "no parts").raise();
        }
        self.split_roughly("array_split", n, axis).or_raise()
    }

    fn split_roughly(
        &self,
        routine: &'static str,
        n: usize,
        axis: usize,
    ) -> Result<Vec<Self>, Error> {
        let length = self.shape()[axis];
        let (each, longer) = (length / n, length % n);
        let start = |part: usize| (part * each + part.min(longer)) as isize;
        let mut parts = Vec::new();
        if parts.try_reserve_exact(n).is_err() {
            return Err(Error::argument(routine, format!("{n} parts are too many")));
        }
        for part in 0..n {
            parts.push(self.along(routine, axis, start(part)..start(part + 1))?);
        }
        Ok(parts)
    }

    /// The array cut before each of these positions along an axis, from the end where negative. The
    /// parts share the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let parts = arange(0, 5, 1).split_at(&[1, 3], 0);
    /// let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    /// assert_eq!(lengths, [1, 2, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis.
    #[track_caller]
    pub fn split_at(&self, positions: &[isize], axis: isize) -> Vec<Self> {
        let axis = axis_of("split_at", axis, self.ndim()).or_raise();
        let starts = [0].into_iter().chain(positions.iter().copied());
        let stops = positions
            .iter()
            .copied()
            .chain([self.shape()[axis] as isize]);
        let part = |(start, stop)| self.along("split_at", axis, start..stop).or_raise();
        starts.zip(stops).map(part).collect()
    }

    /// The array in `n` equal parts beside each other: along the second axis, or the only one.
    ///
    /// # Panics
    /// Panics as [`split`](Self::split) does.
    #[track_caller]
    pub fn hsplit(&self, n: usize) -> Vec<Self> {
        let axis = isize::from(self.ndim() > 1);
        self.split_evenly("hsplit", n, axis).or_raise()
    }

    /// The array in `n` equal parts below each other: along the first axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(0, 4, 1).reshape([2, 2]);
    /// assert_eq!(a.vsplit(2)[1].to_vec::<i64>(), [2, 3]);
    /// assert_eq!(a.hsplit(2)[1].to_vec::<i64>(), [1, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics as [`split`](Self::split) does, and for an array with less than two axes.
    #[track_caller]
    pub fn vsplit(&self, n: usize) -> Vec<Self> {
        self.with_axes("vsplit", 2, "it takes arrays with two axes or more")
            .or_raise();
        self.split_evenly("vsplit", n, 0).or_raise()
    }

    /// The array in `n` equal parts behind each other: along the third axis.
    ///
    /// # Panics
    /// Panics as [`split`](Self::split) does.
    #[track_caller]
    pub fn dsplit(&self, n: usize) -> Vec<Self> {
        self.with_axes("dsplit", 3, "it takes arrays with three axes or more")
            .or_raise();
        self.split_evenly("dsplit", n, 2).or_raise()
    }

    fn with_axes(
        &self,
        routine: &'static str,
        least: usize,
        expected: &'static str,
    ) -> Result<(), Error> {
        if self.ndim() >= least {
            return Ok(());
        }
        Err(Error::Dimensions {
            routine,
            shape: self.shape().to_vec(),
            expected,
        })
    }

    /// The array without these positions along an axis, from the end where negative.
    ///
    /// Costs a copy.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 5, 1).delete(&[1, -1], 0).to_vec::<i64>(), [0, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis or position.
    #[track_caller]
    pub fn delete(&self, positions: &[isize], axis: isize) -> Self {
        self.deleted(positions, axis).or_raise()
    }

    fn deleted(&self, positions: &[isize], axis: isize) -> Result<Self, Error> {
        let axis = axis_of("delete", axis, self.ndim())?;
        let mut kept = vec![true; self.shape()[axis]];
        let layout = super::layout::Layout::contiguous(self.shape());
        for &at in positions {
            kept[layout.position("delete", at, axis)?] = false;
        }
        self.picked("delete", axis, Self::from(kept))
    }

    /// The array with `values`, brought to its dtype, before a position along an axis. As many
    /// positions are new as the values have along their first axis, after axes of length 1 are put
    /// before it to make them as many as the array's; the other axes are broadcast.
    ///
    /// Costs a copy.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 3, 1);
    /// assert_eq!(x.insert(1, Array::from([8, 9]), 0).to_vec::<i64>(), [0, 8, 9, 1, 2]);
    /// let a = zeros([2, 2]);
    /// assert_eq!(a.insert(1, 5.0, 1).to_vec::<f64>(), [0.0, 5.0, 0.0, 0.0, 5.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis or position, or the values do not fit.
    #[track_caller]
    pub fn insert(&self, position: isize, values: impl Into<Self>, axis: isize) -> Self {
        self.inserted(position, &values.into(), axis).or_raise()
    }

    fn inserted(&self, position: isize, values: &Self, axis: isize) -> Result<Self, Error> {
        let routine = "insert";
        let axis = axis_of(routine, axis, self.ndim())?;
        let n = self.shape()[axis] as isize;
        let at = if position < 0 { position + n } else { position };
        if !(0..=n).contains(&at) {
            return Err(Error::Index {
                routine,
                index: position,
                axis,
                shape: self.shape().to_vec(),
            });
        }
        let mut values = Self {
            node: Node::cast(&values.node, self.dtype())?.into(),
        };
        while values.ndim() < self.ndim() {
            values = values.expand_dims(0);
        }
        let values = values.moveaxis(0, axis);
        let mut shape = self.shape().to_vec();
        shape[axis] = values.shape()[axis];
        let values = values.broadcasted(routine, &shape)?;
        let before = self.along(routine, axis, 0..at)?;
        let after = self.along(routine, axis, at..n)?;
        joined(routine, &[&before, &values, &after], axis)
    }
}

/// Positions 0, 1, … along an axis with `before` and `after` more ones around.
pub(super) fn positions(
    routine: &'static str,
    [before, n, after]: [usize; 3],
    place: impl Fn(i64) -> i64,
) -> Result<Array, Error> {
    let total = before.saturating_add(n).saturating_add(after);
    let dense = Dense::build(routine, &[total], &mut |positions: &mut [i64]| {
        for (i, position) in positions.iter_mut().enumerate() {
            *position = place(i as i64 - before as i64);
        }
    })?;
    Ok(Array::of(dense))
}
