//! Statistics of several arrays, and positions of extremes along an axis.

use super::Array;
use super::arrange::axis_of;
use super::dense::Dense;
use super::dtype::with_real;
use super::element::Typed;
use super::index::Index;
use super::layout::Dims;
use super::reduce_axes::Axes;
use crate::error::{Error, OrRaise};
use crate::expr;
use crate::pool;

/// Elements that a thread searches at a time.
const PART: usize = 1 << 15;

impl Array {
    /// The variance of all elements with `ddof` taken from their number: 1 for that of a sample.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([1.0, 3.0]);
    /// assert_eq!((x.var_ddof(0.0), x.var_ddof(1.0)), (1.0, 2.0));
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers.
    #[track_caller]
    pub fn var_ddof(&self, ddof: f64) -> f64 {
        let n = self.len() as f64;
        self.var() * n / (n - ddof).max(0.0)
    }

    /// The standard deviation of all elements with `ddof` taken from their number: the root of the
    /// variance.
    ///
    /// # Panics
    /// Panics for complex numbers.
    #[track_caller]
    pub fn std_ddof(&self, ddof: f64) -> f64 {
        self.var_ddof(ddof).sqrt()
    }

    /// The variances along `axes` with `ddof` taken from the number of elements.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1.0, 3.0], [5.0, 5.0]]);
    /// assert_eq!(a.var_axis_ddof(1, 1.0).to_vec::<f64>(), [2.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis.
    #[track_caller]
    pub fn var_axis_ddof(&self, axes: impl Into<Axes>, ddof: f64) -> Self {
        let axes = axes.into();
        let gone = axes.resolve("var_axis_ddof", self.ndim()).or_raise();
        let n: f64 = gone.iter().map(|&axis| self.shape()[axis] as f64).product();
        let variance = self.var_axis(axes);
        let dtype = variance.dtype();
        (variance * (n / (n - ddof).max(0.0))).astype(dtype)
    }

    /// The standard deviations along `axes` with `ddof` taken from the number of elements.
    ///
    /// # Panics
    /// Panics when there is no such axis.
    #[track_caller]
    pub fn std_axis_ddof(&self, axes: impl Into<Axes>, ddof: f64) -> Self {
        self.var_axis_ddof(axes, ddof).sqrt()
    }

    /// The greatest element less the least one.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3.0, -1.0]).ptp(), 4.0);
    /// ```
    ///
    /// # Panics
    /// Panics when the array is empty, and for complex numbers.
    #[track_caller]
    pub fn ptp(&self) -> f64 {
        self.max() - self.min()
    }

    /// The greatest elements less the least ones along `axes`.
    ///
    /// # Panics
    /// Panics when there is no such axis or one that goes has length 0, and for bool and complex
    /// numbers.
    #[track_caller]
    pub fn ptp_axis(&self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        self.max_axis(axes.clone()) - self.min_axis(axes)
    }

    /// The mean of all elements, each as often as its weight says.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0, 4.0]).average(&Array::from([3.0, 1.0])), 1.75);
    /// ```
    ///
    /// # Panics
    /// Panics when the weights have another shape or add up to 0, and for complex numbers.
    #[track_caller]
    pub fn average(&self, weights: &Self) -> f64 {
        self.same_shape("average", weights).or_raise();
        let total = weights.sum();
        if total == 0.0 {
            Error::argument("average", "the weights add up to 0").raise();
        }
        (self.astype(self.dtype().inexact()) * weights).sum() / total
    }

    /// The means along an axis, each element as often as its weight says: an array of this shape, or
    /// with one axis for the one that goes.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1.0, 4.0], [2.0, 6.0]]);
    /// assert_eq!(a.average_axis(1, &Array::from([3.0, 1.0])).to_vec::<f64>(), [1.75, 3.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, or the weights have another shape or add up to 0.
    #[track_caller]
    pub fn average_axis(&self, axis: isize, weights: &Self) -> Self {
        let routine = "average_axis";
        let place = axis_of(routine, axis, self.ndim()).or_raise();
        let weights = if weights.ndim() == 1 && weights.len() == self.shape()[place] {
            let mut shape = vec![1; self.ndim()];
            shape[place] = weights.len();
            weights.reshape(shape).broadcast_to(self.shape())
        } else {
            self.same_shape(routine, weights).or_raise();
            weights.clone()
        };
        let total = weights.sum_axis(axis);
        if total.eq(0).any() {
            Error::argument(routine, "weights add up to 0").raise();
        }
        (self.astype(self.dtype().inexact()) * weights).sum_axis(axis) / total
    }

    fn same_shape(&self, routine: &'static str, other: &Self) -> Result<(), Error> {
        if self.shape() == other.shape() {
            return Ok(());
        }
        Err(Error::Shapes {
            routine,
            left: self.shape().to_vec(),
            right: other.shape().to_vec(),
        })
    }

    /// The cross products of the vectors along the last axis, which has length 3 in both arrays;
    /// other axes are broadcast.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let (x, y) = (Array::from([1, 0, 0]), Array::from([0, 1, 0]));
    /// assert_eq!(x.cross(&y).to_vec::<i64>(), [0, 0, 1]);
    /// ```
    ///
    /// # Panics
    /// Panics when the last axes have another length, or the shapes do not fit together.
    #[track_caller]
    pub fn cross(&self, other: &Self) -> Self {
        if self.shape().last() != Some(&3) || other.shape().last() != Some(&3) {
            Error::Shapes {
                routine: "cross",
                left: self.shape().to_vec(),
                right: other.shape().to_vec(),
            }
            .raise();
        }
        let part = |of: &Self, at: isize| of.slice(&[Index::Ellipsis, Index::At(at % 3)]);
        let component = |at: isize| {
            part(self, at + 1) * part(other, at + 2) - part(self, at + 2) * part(other, at + 1)
        };
        let components = [component(0), component(1), component(2)];
        super::join::stack(&components.each_ref(), -1)
    }

    /// The positions of the first of the least elements along an axis, or of the first NaN, in i64.
    ///
    /// Costs a pass, and a copy if the axis is not the last one.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[3, 1, 2], [0, 5, 0]]);
    /// assert_eq!(a.argmin_axis(1).to_vec::<i64>(), [1, 0]);
    /// assert_eq!(a.argmax_axis(0).to_vec::<i64>(), [0, 1, 0]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis or its length is 0, and for complex numbers.
    #[track_caller]
    pub fn argmin_axis(&self, axis: isize) -> Self {
        self.positions_along("argmin_axis", axis, true).or_raise()
    }

    /// The positions of the first of the greatest elements along an axis, or of the first NaN, in
    /// i64.
    ///
    /// # Panics
    /// Panics when there is no such axis or its length is 0, and for complex numbers.
    #[track_caller]
    pub fn argmax_axis(&self, axis: isize) -> Self {
        self.positions_along("argmax_axis", axis, false).or_raise()
    }

    fn positions_along(
        &self,
        routine: &'static str,
        axis: isize,
        least: bool,
    ) -> Result<Self, Error> {
        let axis = axis_of(routine, axis, self.ndim())?;
        let mut order: Dims = (0..self.ndim()).filter(|&other| other != axis).collect();
        let shape: Dims = order.iter().map(|&other| self.shape()[other]).collect();
        order.push(axis);
        let n = self.shape()[axis];
        if n == 0 {
            return Err(Error::Empty {
                routine,
                shape: self.shape().to_vec(),
            });
        }
        let mut dense = expr::evaluate(&self.node)?;
        dense.layout = dense.layout.permuted(&order);
        let dense = dense.to_contiguous(routine)?;
        let source = dense.slice();
        let positions = with_real!(dense.dtype(), T => {
            Dense::build(routine, &shape, &mut |positions: &mut [i64]| {
                search(T::slice(source), n, least, positions);
            })
        }, dtype => {
            Err(Error::DType { routine, dtype, expected: "complex numbers have no order" })
        });
        positions.map(Self::of)
    }
}

/// The position of the least or greatest element of each row of `n`.
fn search<T: Typed + PartialOrd>(source: &[T], n: usize, least: bool, positions: &mut [i64]) {
    let rows = (PART / n).max(1);
    pool::pool().for_each_piece(positions, rows, &|start, positions| {
        for (row, position) in source[start * n..].chunks_exact(n).zip(positions) {
            let mut best = 0;
            for (at, value) in row.iter().enumerate() {
                #[allow(clippy::eq_op)] // NaN is not itself.
                if value != value {
                    best = at;
                    break;
                }
                if (least && *value < row[best]) || (!least && *value > row[best]) {
                    best = at;
                }
            }
            *position = best as i64;
        }
    });
}
