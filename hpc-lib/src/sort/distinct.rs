//! Sets and bins as methods of arrays.

use super::bins;
use super::search::Side;
use super::sets::is_in;
use super::unique::{groups, unique};
use crate::array::Array;
use crate::array::dense::Dense;
use crate::array::dtype::{DType, with_type};
use crate::array::element::Typed;
use crate::error::{Error, OrRaise};
use crate::pool::pool;
use crate::prof;

static SITE: prof::Site = prof::Site::routine("hpc::unique");

/// The distinct elements of an array, and where they are.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unique {
    /// The distinct elements in ascending order.
    pub values: Array,
    /// The position (in row-major order) of the first element equal to each value, in i64.
    pub index: Array,
    /// For each element of the array, in its shape, the position of its value, in i64.
    pub inverse: Array,
    /// How many elements are equal to each value, in i64.
    pub counts: Array,
}

fn vector<T: Typed>(routine: &'static str, values: &[T]) -> Result<Array, Error> {
    shaped(routine, values, &[values.len()])
}

fn shaped<T: Typed>(routine: &'static str, values: &[T], shape: &[usize]) -> Result<Array, Error> {
    let dense = Dense::build(routine, shape, &mut |target: &mut [T]| {
        target.copy_from_slice(values);
    })?;
    Ok(Array::of(dense))
}

fn distinct(routine: &'static str, array: &Array) -> Result<Array, Error> {
    let dense = array.dense().to_contiguous(routine)?;
    let _region = SITE.enter_routine();
    with_type!(dense.dtype(), T => vector(routine, &unique(pool(), T::slice(dense.slice()))))
}

fn distinct_all(array: &Array) -> Result<Unique, Error> {
    let routine = "unique_all";
    let dense = array.dense().to_contiguous(routine)?;
    let _region = SITE.enter_routine();
    with_type!(dense.dtype(), T => {
        let found = groups(pool(), T::slice(dense.slice()));
        Ok(Unique {
            values: vector(routine, &found.values)?,
            index: vector(routine, &found.first)?,
            inverse: shaped(routine, &found.inverse, array.shape())?,
            counts: vector(routine, &found.counts)?,
        })
    })
}

/// Whether each element of `array` is among those of `sorted`, which has one axis.
fn membership(routine: &'static str, array: &Array, sorted: &Array) -> Result<Array, Error> {
    let dtype = array.dtype().promote(sorted.dtype());
    let sorted = sorted.astype(dtype).dense().to_contiguous(routine)?;
    let elements = array.astype(dtype).dense().to_contiguous(routine)?;
    let _region = SITE.enter_routine();
    let dense = with_type!(dtype, T => Dense::build(routine, array.shape(), &mut |target: &mut [bool]| {
        is_in(pool(), T::slice(elements.slice()), T::slice(sorted.slice()), target);
    }));
    Ok(Array::of(dense?))
}

/// The distinct elements of both arrays in the dtype in which they meet.
fn meet(routine: &'static str, a: &Array, b: &Array) -> Result<(Array, Array), Error> {
    let dtype = a.dtype().promote(b.dtype());
    Ok((
        distinct(routine, &a.astype(dtype))?,
        distinct(routine, &b.astype(dtype))?,
    ))
}

/// The elements of both arrays, one after the other, in the dtype in which they meet.
fn joined(routine: &'static str, a: &Array, b: &Array) -> Result<Array, Error> {
    let dtype = a.dtype().promote(b.dtype());
    let (a, b) = (a.astype(dtype).dense(), b.astype(dtype).dense());
    let (first, second) = (a.layout.len(), b.layout.len());
    let dense = with_type!(dtype, T => {
        Dense::build(routine, &[first + second], &mut |target: &mut [T]| {
            let (start, end) = target.split_at_mut(first);
            a.gather(0, T::wrap_mut(start));
            b.gather(0, T::wrap_mut(end));
        })
    });
    Ok(Array::of(dense?))
}

fn intersection(a: &Array, b: &Array) -> Result<Array, Error> {
    let (a, b) = meet("intersect1d", a, b)?;
    Ok(a.get(membership("intersect1d", &a, &b)?))
}

fn difference(a: &Array, b: &Array) -> Result<Array, Error> {
    // In the dtype of the first: what the second has beyond it is not in it.
    let own = distinct("setdiff1d", a)?;
    let (_, others) = meet("setdiff1d", a, b)?;
    let is_common = membership("setdiff1d", &own, &others)?;
    Ok(own.get(!is_common))
}

fn exclusive(a: &Array, b: &Array) -> Result<Array, Error> {
    let routine = "setxor1d";
    let (a, b) = meet(routine, a, b)?;
    let only_a = a.get(!membership(routine, &a, &b)?);
    let only_b = b.get(!membership(routine, &b, &a)?);
    Ok(joined(routine, &only_a, &only_b)?.sort())
}

/// The values to be counted, and the number of their bins.
fn binned(
    routine: &'static str,
    array: &Array,
    minlength: usize,
) -> Result<(Vec<i64>, usize), Error> {
    if array.ndim() != 1 {
        return Err(Error::Dimensions {
            routine,
            shape: array.shape().to_vec(),
            expected: "an array with one axis is counted",
        });
    }
    if !array.dtype().is_integer() && array.dtype() != DType::Bool {
        return Err(Error::DType {
            routine,
            dtype: array.dtype(),
            expected: "integers are counted; round and convert by `astype`",
        });
    }
    let values = array.astype(DType::I64).to_vec::<i64>();
    if let Some(bad) = values.iter().find(|&&value| value < 0) {
        let message = format!("the element {bad} is negative; bins are numbered from 0");
        return Err(Error::argument(routine, message));
    }
    let bins = values.iter().max().map_or(0, |&value| value as usize + 1);
    Ok((values, bins.max(minlength)))
}

fn counts(array: &Array, minlength: usize) -> Result<Array, Error> {
    let (values, bins) = binned("bincount", array, minlength)?;
    let dense = Dense::build("bincount", &[bins], &mut |target: &mut [i64]| {
        target.fill(0);
        bins::count(pool(), &values, target);
    })?;
    Ok(Array::of(dense))
}

fn sums(array: &Array, weights: &Array, minlength: usize) -> Result<Array, Error> {
    let routine = "bincount_weighted";
    if array.shape() != weights.shape() {
        return Err(Error::Shapes {
            routine,
            left: array.shape().to_vec(),
            right: weights.shape().to_vec(),
        });
    }
    let (values, bins) = binned(routine, array, minlength)?;
    let weights = weights.to_vec::<f64>();
    let dense = Dense::build(routine, &[bins], &mut |target: &mut [f64]| {
        target.fill(0.0);
        bins::sum(pool(), &values, &weights, target);
    })?;
    Ok(Array::of(dense))
}

fn digits(array: &Array, bins: &Array, side: Side) -> Result<Array, Error> {
    if bins.ndim() != 1 {
        return Err(Error::Dimensions {
            routine: "digitize",
            shape: bins.shape().to_vec(),
            expected: "the edges of the bins have one axis",
        });
    }
    let edges = bins
        .astype(bins.dtype().promote(DType::F64))
        .to_vec::<f64>();
    if edges.is_sorted() {
        return Ok(bins.searchsorted(array, side));
    }
    if !edges.iter().rev().is_sorted() {
        let message = "the edges are neither in ascending nor in descending order";
        return Err(Error::argument("digitize", message));
    }
    let ascending = bins.slice(&[crate::array::Index::ALL.step(-1)]);
    Ok(edges.len() as i64 - ascending.searchsorted(array, side))
}

impl Array {
    /// The distinct elements in ascending order, with one axis. All NaN are one element, as are -0.0
    /// and 0.0.
    ///
    /// Costs a [`sort`](Self::sort).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3, 1, 3, 2]).unique().to_vec::<i64>(), [1, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn unique(&self) -> Self {
        distinct("unique", self).or_raise()
    }

    /// The distinct elements, where each of them is first, which of them each element is, and how
    /// often each occurs.
    ///
    /// Costs an [`argsort`](Self::argsort).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let found = Array::from([30, 10, 30]).unique_all();
    /// assert_eq!(found.values.to_vec::<i64>(), [10, 30]);
    /// assert_eq!(found.index.to_vec::<i64>(), [1, 0]);
    /// assert_eq!(found.inverse.to_vec::<i64>(), [1, 0, 1]);
    /// assert_eq!(found.counts.to_vec::<i64>(), [1, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn unique_all(&self) -> Unique {
        distinct_all(self).or_raise()
    }

    /// Whether each element is among those of `test`: bool in the shape of this array. NaN is in no
    /// array.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 5, 1);
    /// assert_eq!(x.get(x.isin(&Array::from([1, 3, 9]))).to_vec::<i64>(), [1, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    #[doc(alias = "in1d")]
    pub fn isin(&self, test: &Self) -> Self {
        let sorted = distinct("isin", test).or_raise();
        membership("isin", self, &sorted).or_raise()
    }

    /// The distinct elements that both arrays have, in ascending order.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let (a, b) = (Array::from([3, 1, 2]), Array::from([2, 3, 4]));
    /// assert_eq!(a.intersect1d(&b).to_vec::<i64>(), [2, 3]);
    /// assert_eq!(a.union1d(&b).to_vec::<i64>(), [1, 2, 3, 4]);
    /// assert_eq!(a.setdiff1d(&b).to_vec::<i64>(), [1]);
    /// assert_eq!(a.setxor1d(&b).to_vec::<i64>(), [1, 4]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn intersect1d(&self, other: &Self) -> Self {
        intersection(self, other).or_raise()
    }

    /// The distinct elements that one of the arrays has, or both, in ascending order.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let (a, b) = (Array::from([3, 1]), Array::from([2, 3]));
    /// assert_eq!(a.union1d(&b).to_vec::<i64>(), [1, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn union1d(&self, other: &Self) -> Self {
        joined("union1d", self, other).or_raise().unique()
    }

    /// The distinct elements that `other` does not have, in ascending order.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let (a, b) = (Array::from([3, 1]), Array::from([2, 3]));
    /// assert_eq!(a.setdiff1d(&b).to_vec::<i64>(), [1]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn setdiff1d(&self, other: &Self) -> Self {
        difference(self, other).or_raise()
    }

    /// The distinct elements that only one of the arrays has, in ascending order.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let (a, b) = (Array::from([3, 1]), Array::from([2, 3]));
    /// assert_eq!(a.setxor1d(&b).to_vec::<i64>(), [1, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn setxor1d(&self, other: &Self) -> Self {
        exclusive(self, other).or_raise()
    }

    /// How often 0, 1, 2 ... occur among these integers, in i64: up to the largest one, but at least
    /// `minlength` counts.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1, 3, 1]).bincount(0).to_vec::<i64>(), [0, 2, 0, 1]);
    /// ```
    ///
    /// # Panics
    /// Panics when the array has not one axis, is not of integers, or has a negative element.
    #[track_caller]
    pub fn bincount(&self, minlength: usize) -> Self {
        counts(self, minlength).or_raise()
    }

    /// The sums of the weights of all 0, 1, 2 ... among these integers, in f64, added in their order.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let weights = Array::from([0.5, 1.0, 2.0]);
    /// let sums = Array::from([1, 0, 1]).bincount_weighted(&weights, 0);
    /// assert_eq!(sums.to_vec::<f64>(), [1.0, 2.5]);
    /// ```
    ///
    /// # Panics
    /// Panics as [`bincount`](Self::bincount) does, and when the shapes differ.
    #[track_caller]
    pub fn bincount_weighted(&self, weights: &Self, minlength: usize) -> Self {
        sums(self, weights, minlength).or_raise()
    }

    /// The number of the bin of each element, in i64, where `bins` are the edges between bins, in
    /// ascending or descending order; an element on an edge belongs to the bin at its right side
    /// (`Side::Right`, which is NumPy's default) or left side.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let edges = Array::from([0.0, 1.0, 2.0]);
    /// let x = Array::from([-1.0, 1.0, 5.0]);
    /// assert_eq!(x.digitize(&edges, Side::Right).to_vec::<i64>(), [0, 2, 3]);
    /// assert_eq!(x.digitize(&edges, Side::Left).to_vec::<i64>(), [0, 1, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when the edges have not one axis, or are not in order.
    #[track_caller]
    pub fn digitize(&self, bins: &Self, side: Side) -> Self {
        digits(self, bins, side).or_raise()
    }
}
