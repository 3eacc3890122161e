//! Reductions along some axes: arrays with fewer axes.

use super::Array;
use super::dtype::{DType, Kind};
use super::layout::Dims;
use crate::error::{Error, OrRaise};
use crate::expr;
use crate::simd::Fold;

/// Axes of an array, counted from the end when negative: made from an integer or an array of
/// integers. `.keep()` leaves them in the result with length 1.
///
/// ```
/// use hpc::prelude::*;
/// let a = arange(0, 6, 1).reshape([2, 3]);
/// assert_eq!(a.sum_axis(0).to_vec::<i64>(), [3, 5, 7]);
/// assert_eq!(a.sum_axis([0, 1]).sum_i64(), 15);
/// assert_eq!(a.sum_axis(Axes::from(-1).keep()).shape(), [2, 1]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes {
    axes: Vec<isize>,
    keep: bool,
}

impl Axes {
    /// These axes.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = ones([2, 3]);
    /// assert_eq!(a.sum_axis(Axes::of(&[0, 1])).item(()), 6.0);
    /// ```
    pub fn of(axes: &[usize]) -> Self {
        Self {
            axes: axes.iter().map(|&axis| axis as isize).collect(),
            keep: false,
        }
    }

    /// The axes as they were given.
    pub(super) fn as_slice(&self) -> &[isize] {
        &self.axes
    }

    /// These axes, negative ones counted from the end.
    pub(crate) fn along(axes: &[isize]) -> Self {
        Self {
            axes: axes.to_vec(),
            keep: false,
        }
    }

    /// The same axes, which stay in the result with length 1, so that it can be broadcast against
    /// the array.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = ones([2, 3]);
    /// assert_eq!((&a - a.mean_axis(Axes::from(1).keep())).sum(), 0.0);
    /// ```
    #[must_use]
    pub fn keep(self) -> Self {
        Self { keep: true, ..self }
    }

    /// The axes in ascending order, without doubles.
    pub(crate) fn resolve(&self, routine: &'static str, ndim: usize) -> Result<Dims, Error> {
        let mut resolved = self.in_order(routine, ndim)?;
        resolved.sort_unstable();
        Ok(resolved)
    }

    /// The axes in the order in which they were given, without doubles.
    pub(crate) fn in_order(&self, routine: &'static str, ndim: usize) -> Result<Dims, Error> {
        let mut resolved = Dims::new();
        for &axis in &self.axes {
            let position = if axis < 0 { axis + ndim as isize } else { axis };
            if !(0..ndim as isize).contains(&position) {
                let message = format!("axis {axis} of an array with {ndim} axes");
                return Err(Error::argument(routine, message));
            }
            if resolved.contains(&(position as usize)) {
                return Err(Error::argument(routine, format!("axis {axis} twice")));
            }
            resolved.push(position as usize);
        }
        Ok(resolved)
    }
}

macro_rules! axes_from {
    ($($type:ty),*) => {$(
        impl From<$type> for Axes {
            fn from(axis: $type) -> Self {
                Self { axes: vec![axis as isize], keep: false }
            }
        }

        impl<const N: usize> From<[$type; N]> for Axes {
            fn from(axes: [$type; N]) -> Self {
                Self { axes: axes.iter().map(|&axis| axis as isize).collect(), keep: false }
            }
        }
    )*};
}

axes_from!(i32, isize, usize);

impl From<&[isize]> for Axes {
    fn from(axes: &[isize]) -> Self {
        Self {
            axes: axes.to_vec(),
            keep: false,
        }
    }
}

/// The dtype in which elements are added.
fn wide(dtype: DType) -> DType {
    match dtype.kind() {
        Kind::Integer if dtype.is_unsigned() => DType::U64,
        Kind::Bool | Kind::Integer => DType::I64,
        Kind::Float => DType::F64,
        Kind::Complex => DType::C128,
    }
}

impl Array {
    fn folded(
        &self,
        routine: &'static str,
        op: Fold,
        dtype: DType,
        axes: &Axes,
    ) -> Result<Self, Error> {
        let gone = axes.resolve(routine, self.ndim())?;
        let dense = expr::reduce_axes(routine, &self.node, op, dtype, &gone)?;
        let folded = Self::of(dense);
        if !axes.keep {
            return Ok(folded);
        }
        let length = |(axis, &n): (usize, &usize)| if gone.contains(&axis) { 1 } else { n };
        let shape: Vec<usize> = self.shape().iter().enumerate().map(length).collect();
        Ok(folded.reshape(shape))
    }

    /// The number of elements of which one number is made.
    fn count_along(&self, routine: &'static str, axes: &Axes) -> Result<f64, Error> {
        let gone = axes.resolve(routine, self.ndim())?;
        Ok(gone.iter().map(|&axis| self.shape()[axis] as f64).product())
    }

    /// The sums along `axes`. Integers and bool are added in i64 (u64), where they wrap around;
    /// f32 in f64, and the result is f32 again.
    ///
    /// Costs a pass over the elements, on all threads; elements that wait are computed in the same
    /// pass. The order of additions is fixed: results do not depend on the number of threads.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(0, 6, 1).reshape([2, 3]);
    /// assert_eq!(a.sum_axis(1).to_vec::<i64>(), [3, 12]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, as do the other reductions along axes.
    #[track_caller]
    pub fn sum_axis(&self, axes: impl Into<Axes>) -> Self {
        let sums = self.folded("sum_axis", Fold::Sum, wide(self.dtype()), &axes.into());
        self.narrowed(sums)
    }

    /// Results of a wide dtype in that of the array, if it is not one of integers.
    #[track_caller]
    fn narrowed(&self, result: Result<Self, Error>) -> Self {
        let result = result.or_raise();
        if self.dtype().kind() < Kind::Float {
            result
        } else {
            result.astype(self.dtype())
        }
    }

    /// The products along `axes`; dtypes as for [`sum_axis`](Self::sum_axis).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(1, 7, 1).reshape([2, 3]);
    /// assert_eq!(a.prod_axis(0).to_vec::<i64>(), [4, 10, 18]);
    /// ```
    #[track_caller]
    pub fn prod_axis(&self, axes: impl Into<Axes>) -> Self {
        let dtype = wide(self.dtype());
        let products = self.folded("prod_axis", Fold::Product, dtype, &axes.into());
        self.narrowed(products)
    }

    #[track_caller]
    fn extreme(&self, routine: &'static str, op: Fold, axes: &Axes) -> Self {
        if self.dtype().is_complex() {
            Error::DType {
                routine,
                dtype: self.dtype(),
                expected: "complex numbers have no order",
            }
            .raise();
        }
        self.folded(routine, op, self.dtype(), axes).or_raise()
    }

    /// The least elements along `axes`, NaN where one is NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[3.0, 1.0], [2.0, 5.0]]);
    /// assert_eq!(a.min_axis(0).to_vec::<f64>(), [2.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when an axis that goes has length 0, and for complex numbers.
    #[track_caller]
    pub fn min_axis(&self, axes: impl Into<Axes>) -> Self {
        self.extreme("min_axis", Fold::Min, &axes.into())
    }

    /// The greatest elements along `axes`, NaN where one is NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1, 5], [4, 2]]);
    /// assert_eq!(a.max_axis(1).to_vec::<i64>(), [5, 4]);
    /// ```
    ///
    /// # Panics
    /// Panics when an axis that goes has length 0, and for complex numbers.
    #[track_caller]
    pub fn max_axis(&self, axes: impl Into<Axes>) -> Self {
        self.extreme("max_axis", Fold::Max, &axes.into())
    }

    /// The means along `axes`: of f64 for integers and bool. NaN where there are no elements.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(0, 6, 1).reshape([2, 3]);
    /// assert_eq!(a.mean_axis(0).to_vec::<f64>(), [1.5, 2.5, 3.5]);
    /// ```
    #[track_caller]
    pub fn mean_axis(&self, axes: impl Into<Axes>) -> Self {
        self.mean_along("mean_axis", &axes.into()).or_raise()
    }

    fn mean_along(&self, routine: &'static str, axes: &Axes) -> Result<Self, Error> {
        let dtype = self.dtype().inexact();
        let wide = wide(dtype);
        let sums = self.folded(routine, Fold::Sum, wide, axes)?;
        let count = self.count_along(routine, axes)?;
        Ok((sums / count).astype(dtype))
    }

    /// The variances along `axes`: the mean squares of the distances from the mean.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1.0, 3.0], [5.0, 5.0]]);
    /// assert_eq!(a.var_axis(1).to_vec::<f64>(), [1.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn var_axis(&self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        let mean = self.mean_along("var_axis", &axes.clone().keep()).or_raise();
        let distance = (self - mean).abs();
        distance.square().mean_along("var_axis", &axes).or_raise()
    }

    /// The standard deviations along `axes`: the square roots of the variances.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1.0, 3.0], [5.0, 5.0]]);
    /// assert_eq!(a.std_axis(1).to_vec::<f64>(), [1.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn std_axis(&self, axes: impl Into<Axes>) -> Self {
        self.var_axis(axes).sqrt()
    }

    /// The numbers of elements that are not 0 along `axes`, in i64.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[true, false], [true, true]]);
    /// assert_eq!(a.count_nonzero_axis(0).to_vec::<i64>(), [2, 1]);
    /// ```
    #[track_caller]
    pub fn count_nonzero_axis(&self, axes: impl Into<Axes>) -> Self {
        let is_true = self.astype(DType::Bool);
        is_true
            .folded("count_nonzero_axis", Fold::Sum, DType::I64, &axes.into())
            .or_raise()
    }

    /// Whether any element along `axes` is not 0: an array of bool.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[true, false], [true, true]]);
    /// assert_eq!(a.any_axis(1).to_vec::<bool>(), [true, true]);
    /// assert_eq!(a.all_axis(1).to_vec::<bool>(), [false, true]);
    /// ```
    #[track_caller]
    pub fn any_axis(&self, axes: impl Into<Axes>) -> Self {
        let is_true = self.astype(DType::Bool);
        is_true
            .folded("any_axis", Fold::Sum, DType::Bool, &axes.into())
            .or_raise()
    }

    /// Whether all elements along `axes` are not 0: an array of bool.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1, 0], [4, 2]]);
    /// assert_eq!(a.all_axis(1).to_vec::<bool>(), [false, true]);
    /// ```
    #[track_caller]
    pub fn all_axis(&self, axes: impl Into<Axes>) -> Self {
        let is_true = self.astype(DType::Bool);
        is_true
            .folded("all_axis", Fold::Product, DType::Bool, &axes.into())
            .or_raise()
    }
}
