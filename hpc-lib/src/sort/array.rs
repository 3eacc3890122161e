//! Sorting and searching as methods of arrays.

use super::order::{argsort_rows, refine, sort_rows};
use super::search::{Side, search_sorted};
use super::select::{argpartition_rows, partition_rows};
use crate::array::Array;
use crate::array::dense::Dense;
use crate::array::dtype::with_type;
use crate::array::element::Typed;
use crate::error::{Error, OrRaise};
use crate::lines::Lines;
use crate::pool::pool;
use crate::prof;

static SITE: prof::Site = prof::Site::routine("hpc::sort");

/// The elements of each line in order, or divided at the ranks `kth`.
fn elements(
    routine: &'static str,
    array: &Array,
    axis: isize,
    kth: Option<&[isize]>,
) -> Result<Array, Error> {
    let lines = Lines::along(routine, array, axis)?;
    let row = lines.len();
    let ranks = kth.map(|kth| ranks(routine, kth, row)).transpose()?;
    let _region = SITE.enter_routine();
    let source = lines.dense.slice();
    let dense = with_type!(source.dtype(), T => {
        Dense::build(routine, lines.shape(), &mut |target: &mut [T]| match &ranks {
            None => sort_rows(pool(), row, T::slice(source), target),
            Some(ranks) => partition_rows(pool(), row, ranks, T::slice(source), target),
        })
    })?;
    prof::work(2 * dense.bytes(), 0);
    Ok(lines.back(dense))
}

/// The positions of what [`elements`] gives.
fn positions(
    routine: &'static str,
    array: &Array,
    axis: isize,
    kth: Option<&[isize]>,
) -> Result<Array, Error> {
    let lines = Lines::along(routine, array, axis)?;
    let row = lines.len();
    let ranks = kth.map(|kth| ranks(routine, kth, row)).transpose()?;
    let _region = SITE.enter_routine();
    let source = lines.dense.slice();
    let dense = Dense::build(routine, lines.shape(), &mut |target: &mut [i64]| {
        with_type!(source.dtype(), T => match &ranks {
            None => argsort_rows(pool(), row, T::slice(source), target),
            Some(ranks) => argpartition_rows(pool(), row, ranks, T::slice(source), target),
        });
    })?;
    prof::work(lines.dense.bytes() + dense.bytes(), 0);
    Ok(lines.back(dense))
}

/// Ranks on an axis of length `row`, in order; negative ones count from the end.
fn ranks(routine: &'static str, kth: &[isize], row: usize) -> Result<Vec<usize>, Error> {
    let mut ranks = Vec::with_capacity(kth.len());
    for &k in kth {
        let rank = if k < 0 { k + row as isize } else { k };
        if !(0..row as isize).contains(&rank) {
            let message = format!("there is no rank {k} among {row} elements");
            return Err(Error::argument(routine, message));
        }
        ranks.push(rank as usize);
    }
    ranks.sort_unstable();
    Ok(ranks)
}

fn searched(
    array: &Array,
    values: &Array,
    side: Side,
    sorter: Option<&Array>,
) -> Result<Array, Error> {
    let routine = "searchsorted";
    if array.ndim() != 1 {
        return Err(Error::Dimensions {
            routine,
            shape: array.shape().to_vec(),
            expected: "the sorted array has one axis",
        });
    }
    let order = match sorter {
        Some(sorter) if sorter.shape() != array.shape() => {
            return Err(Error::Shapes {
                routine,
                left: array.shape().to_vec(),
                right: sorter.shape().to_vec(),
            });
        }
        Some(sorter) => {
            let order = sorter.to_vec::<i64>();
            let len = array.len() as i64;
            if let Some(&bad) = order.iter().find(|&&at| at < 0 || at >= len) {
                return Err(Error::Index {
                    routine,
                    index: bad as isize,
                    axis: 0,
                    shape: array.shape().to_vec(),
                });
            }
            Some(order)
        }
        None => None,
    };
    let dtype = array.dtype().promote(values.dtype());
    let sorted = array.astype(dtype).dense().to_contiguous(routine)?;
    let needles = values.astype(dtype).dense().to_contiguous(routine)?;
    let _region = SITE.enter_routine();
    let dense = with_type!(dtype, T => Dense::build(routine, values.shape(), &mut |target: &mut [i64]| {
        let (sorted, needles) = (T::slice(sorted.slice()), T::slice(needles.slice()));
        search_sorted(pool(), sorted, order.as_deref(), needles, side, target);
    }));
    Ok(Array::of(dense?))
}

fn ordered(keys: &[&Array]) -> Result<Array, Error> {
    let routine = "lexsort";
    let Some(first) = keys.first() else {
        return Err(Error::argument(routine, "there is no row of keys"));
    };
    for key in keys {
        if key.ndim() != 1 || key.shape() != first.shape() {
            return Err(Error::Shapes {
                routine,
                left: first.shape().to_vec(),
                right: key.shape().to_vec(),
            });
        }
    }
    let mut order: Vec<i64> = (0..first.len() as i64).collect();
    for key in keys {
        let key = key.dense().to_contiguous(routine)?;
        let _region = SITE.enter_routine();
        with_type!(key.dtype(), T => refine(pool(), T::slice(key.slice()), &mut order));
    }
    let dense = Dense::build(routine, first.shape(), &mut |target: &mut [i64]| {
        target.copy_from_slice(&order);
    })?;
    Ok(Array::of(dense))
}

/// The order that sorts by several rows of keys, of which the last one decides first: i64 positions.
///
/// ```
/// use hpc::prelude::*;
/// let (surname, name) = (Array::from([2, 1, 2]), Array::from([5, 9, 3]));
/// let order = lexsort(&[&name, &surname]);
/// assert_eq!(order.to_vec::<i64>(), [1, 2, 0]);
/// ```
///
/// Costs a stable sort for each row of keys.
///
/// # Panics
/// Panics when there are no keys, or not all of them have one axis and the same length.
#[track_caller]
pub fn lexsort(keys: &[&Array]) -> Array {
    ordered(keys).or_raise()
}

impl Array {
    /// The elements in ascending order along the last axis, NaN last. Complex numbers are ordered by
    /// their real, then their imaginary part. Stable.
    ///
    /// By a parallel sample sort of order-preserving keys, its buckets by radix sort: the time grows
    /// hardly faster than the number of elements. Needs as much memory as the array besides the
    /// result.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([3.0, f64::NAN, 1.0]);
    /// assert_eq!(x.sort().item(0), 1.0);
    /// assert!(x.sort().item(2).is_nan());
    /// ```
    ///
    /// # Panics
    /// Panics when the array has no axis, or there is not enough memory.
    #[track_caller]
    pub fn sort(&self) -> Self {
        self.sort_axis(-1)
    }

    /// As [`sort`](Self::sort), along any axis, which counts from the end when negative.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[3, 1], [2, 5]]);
    /// assert_eq!(a.sort_axis(0).to_vec::<i64>(), [2, 1, 3, 5]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, or not enough memory.
    #[track_caller]
    pub fn sort_axis(&self, axis: isize) -> Self {
        elements("sort", self, axis, None).or_raise()
    }

    /// The positions that sort the last axis, in i64, as [`sort`](Self::sort) does: of equal elements
    /// the earlier one comes first.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([30, 10, 20, 10]);
    /// assert_eq!(x.argsort().to_vec::<i64>(), [1, 3, 2, 0]);
    /// ```
    ///
    /// # Panics
    /// Panics when the array has no axis, or there is not enough memory.
    #[track_caller]
    pub fn argsort(&self) -> Self {
        self.argsort_axis(-1)
    }

    /// As [`argsort`](Self::argsort), along any axis, which counts from the end when negative.
    ///
    /// # Panics
    /// Panics when there is no such axis, or not enough memory.
    #[track_caller]
    pub fn argsort_axis(&self, axis: isize) -> Self {
        positions("argsort", self, axis, None).or_raise()
    }

    /// The elements along `axis` such that those of the ranks `kth` (negative: from the end) are where
    /// [`sort`](Self::sort) would put them, smaller ones before and larger ones after, in any order.
    /// The time is proportional to the number of elements.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([5, 1, 4, 2, 3]);
    /// assert_eq!(x.partition(&[2], -1).item(2), 3.0);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis or rank, or not enough memory.
    #[track_caller]
    pub fn partition(&self, kth: &[isize], axis: isize) -> Self {
        elements("partition", self, axis, Some(kth)).or_raise()
    }

    /// The positions, in i64, that divide the elements along `axis` as
    /// [`partition`](Self::partition) does.
    ///
    /// # Panics
    /// Panics when there is no such axis or rank, or not enough memory.
    #[track_caller]
    pub fn argpartition(&self, kth: &[isize], axis: isize) -> Self {
        positions("argpartition", self, axis, Some(kth)).or_raise()
    }

    /// Where each of `values` is to be put into this array, which is in ascending order, so that it
    /// stays so: i64 positions in the shape of the values.
    ///
    /// A search by halves for each value, in the dtype in which both arrays meet.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let edges = Array::from([1.0, 2.0, 3.0]);
    /// let x = Array::from([0.5, 2.0, 9.0]);
    /// assert_eq!(edges.searchsorted(&x, Side::Left).to_vec::<i64>(), [0, 1, 3]);
    /// assert_eq!(edges.searchsorted(&x, Side::Right).to_vec::<i64>(), [0, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when this array has not one axis, or there is not enough memory.
    #[track_caller]
    pub fn searchsorted(&self, values: &Self, side: Side) -> Self {
        searched(self, values, side, None).or_raise()
    }

    /// As [`searchsorted`](Self::searchsorted) for an array that `sorter`, as from
    /// [`argsort`](Self::argsort), brings into ascending order.
    ///
    /// # Panics
    /// Panics as `searchsorted` does, and when the sorter has another shape or a position outside.
    #[track_caller]
    pub fn searchsorted_by(&self, values: &Self, side: Side, sorter: &Self) -> Self {
        searched(self, values, side, Some(sorter)).or_raise()
    }
}
