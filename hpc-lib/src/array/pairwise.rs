//! A function of two arrays over all pairs of elements, and along an axis: what NumPy's ufuncs have
//! as `outer`, `reduce` and `accumulate`.

use super::Array;
use super::arrange::axis_of;
use super::join::stack;
use crate::error::{Error, OrRaise};

impl Array {
    /// A function of each element with each one of another array: `function` is called once, with
    /// arrays whose axes broadcast against each other, those of this array first.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let (x, y) = (Array::from([3.0, 0.0]), Array::from([4.0, 1.0]));
    /// let lengths = x.outer(&y, |a, b| a.hypot(b));
    /// assert_eq!(lengths.to_vec::<f64>(), [5.0, 10.0_f64.sqrt(), 4.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// Panics as the function does.
    #[track_caller]
    pub fn outer(&self, other: &Self, function: impl FnOnce(&Self, &Self) -> Self) -> Self {
        let mut shape = self.shape().to_vec();
        shape.resize(self.ndim() + other.ndim(), 1);
        function(&self.reshape(shape), other)
    }

    /// The rows along an axis made one by a function of two: `function(function(row 0, row 1), row
    /// 2)`, and so on. For sums, extremes and the like there are routines of their own, which are
    /// faster.
    ///
    /// Calls the function once for each row but the first, with arrays without the axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[12, 10], [6, 3]]);
    /// assert_eq!(a.reduce_axis(0, |a, b| a & b).to_vec::<i64>(), [4, 2]);
    /// assert_eq!(a.reduce_axis(1, |a, b| a.gcd(b)).to_vec::<i64>(), [2, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis or its length is 0, and as the function does.
    #[track_caller]
    pub fn reduce_axis(&self, axis: isize, mut function: impl FnMut(&Self, &Self) -> Self) -> Self {
        let mut rows = self.rows_along("reduce_axis", axis).or_raise().into_iter();
        let first = rows.next().unwrap_or_else(|| self.clone());
        rows.fold(first, |result, row| function(&result, &row).eval())
    }

    /// What [`reduce_axis`](Self::reduce_axis) gives of the rows up to each, in the shape of this
    /// array.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([10, 1, 2]);
    /// assert_eq!(x.accumulate_axis(0, |a, b| a - b).to_vec::<i64>(), [10, 9, 7]);
    /// ```
    ///
    /// # Panics
    /// Panics as `reduce_axis` does.
    #[track_caller]
    pub fn accumulate_axis(
        &self,
        axis: isize,
        mut function: impl FnMut(&Self, &Self) -> Self,
    ) -> Self {
        let rows = self.rows_along("accumulate_axis", axis).or_raise();
        let mut results: Vec<Self> = Vec::with_capacity(rows.len());
        for row in rows {
            let result = match results.last() {
                Some(before) => function(before, &row).eval(),
                None => row,
            };
            results.push(result);
        }
        stack(&results.iter().collect::<Vec<_>>(), axis)
    }

    /// The parts of this array at each position of an axis, without it. There is at least one.
    fn rows_along(&self, routine: &'static str, axis: isize) -> Result<Vec<Self>, Error> {
        let place = axis_of(routine, axis, self.ndim())?;
        let front = self.moveaxis(place as isize, 0);
        if front.shape()[0] == 0 {
            return Err(Error::Empty {
                routine,
                shape: self.shape().to_vec(),
            });
        }
        let row = |at| front.slice(&[super::index::Index::At(at)]);
        Ok((0..front.shape()[0] as isize).map(row).collect())
    }
}
