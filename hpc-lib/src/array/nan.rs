//! Reductions that pass over NaN.

use super::Array;
use super::dtype::DType;
use super::math::select;
use super::reduce_axes::Axes;
use crate::error::{Error, OrRaise};

macro_rules! along_axes {
    ($($(#[$doc:meta])* $name:ident, $neutral:expr, $whole:ident, $whole_name:ident, $axis:ident;)*) => {
        impl Array {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $whole_name(&self) -> f64 {
                self.without_nan($neutral).$whole()
            }

            /// The same along `axes`.
            ///
            /// # Panics
            /// Panics when there is no such axis.
            #[track_caller]
            pub fn $name(&self, axes: impl Into<Axes>) -> Self {
                self.without_nan($neutral).$axis(axes)
            }
        )*}
    };
}

along_axes! {
    /// The sum of all elements that are not NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([1.0, f64::NAN, 3.0]);
    /// assert_eq!((x.nansum(), x.nanprod(), x.nanmean()), (4.0, 3.0, 2.0));
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers.
    nansum_axis, false, sum, nansum, sum_axis;
    /// The product of all elements that are not NaN.
    ///
    /// # Panics
    /// Panics for complex numbers.
    nanprod_axis, true, prod, nanprod, prod_axis;
}

impl Array {
    /// With 0 (1, if that is neutral) in the place of NaN.
    #[track_caller]
    fn without_nan(&self, neutral: bool) -> Self {
        select(self.isnan(), neutral, self)
    }

    #[track_caller]
    fn with_least(&self, infinity: f64) -> Self {
        if self.dtype().is_float() {
            select(self.isnan(), infinity, self)
        } else {
            self.clone()
        }
    }

    /// Along `axes`, the number of elements that are not NaN.
    #[track_caller]
    fn numbers_axis(&self, axes: Axes) -> Self {
        (!self.isnan()).count_nonzero_axis(axes)
    }

    /// The least element that is not NaN; NaN if there is none.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([3.0, f64::NAN, 1.0]);
    /// assert_eq!((x.nanmin(), x.nanmax()), (1.0, 3.0));
    /// assert_eq!((x.nanargmin(), x.nanargmax()), (2, 0));
    /// ```
    ///
    /// # Panics
    /// Panics when the array is empty, and for complex numbers.
    #[track_caller]
    pub fn nanmin(&self) -> f64 {
        let least = self.with_least(f64::INFINITY).min();
        if self.isnan().all() { f64::NAN } else { least }
    }

    /// The greatest element that is not NaN; NaN if there is none.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3.0, f64::NAN]).nanmax(), 3.0);
    /// ```
    ///
    /// # Panics
    /// Panics when the array is empty, and for complex numbers.
    #[track_caller]
    pub fn nanmax(&self) -> f64 {
        let greatest = self.with_least(f64::NEG_INFINITY).max();
        if self.isnan().all() {
            f64::NAN
        } else {
            greatest
        }
    }

    /// The least elements along `axes` that are not NaN; NaN where there is none.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1.0, f64::NAN], [2.0, 5.0]]);
    /// assert_eq!(a.nanmin_axis(0).to_vec::<f64>(), [1.0, 5.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when an axis that goes has length 0, and for complex numbers.
    #[track_caller]
    pub fn nanmin_axis(&self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        let least = self.with_least(f64::INFINITY).min_axis(axes.clone());
        self.or_nan(least, axes)
    }

    /// The greatest elements along `axes` that are not NaN; NaN where there is none.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[3.0, f64::NAN], [1.0, 2.0]]);
    /// assert_eq!(a.nanmax_axis(1).to_vec::<f64>(), [3.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when an axis that goes has length 0, and for complex numbers.
    #[track_caller]
    pub fn nanmax_axis(&self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        let greatest = self.with_least(f64::NEG_INFINITY).max_axis(axes.clone());
        self.or_nan(greatest, axes)
    }

    /// NaN where there are only NaN along `axes`.
    #[track_caller]
    fn or_nan(&self, result: Self, axes: Axes) -> Self {
        if self.dtype().is_float() {
            select(self.isnan().all_axis(axes), f64::NAN, result)
        } else {
            result
        }
    }

    /// The position of the first of the least elements that are not NaN, in row-major order.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([f64::NAN, 3.0, 1.0]).nanargmin(), 2);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such element, and for complex numbers.
    #[track_caller]
    pub fn nanargmin(&self) -> usize {
        self.some_number("nanargmin").or_raise();
        // An infinity among the elements may come after a NaN.
        self.first_number(self.with_least(f64::INFINITY).argmin())
    }

    /// The position of the first of the greatest elements that are not NaN, in row-major order.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([f64::NAN, 3.0, 1.0]).nanargmax(), 1);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such element, and for complex numbers.
    #[track_caller]
    pub fn nanargmax(&self) -> usize {
        self.some_number("nanargmax").or_raise();
        self.first_number(self.with_least(f64::NEG_INFINITY).argmax())
    }

    /// The position, or that of the first number if a NaN is there.
    #[track_caller]
    fn first_number(&self, position: usize) -> usize {
        let is_number = !self.ravel().isnan();
        if is_number.item_bool(position) {
            position
        } else {
            is_number.argmax()
        }
    }

    fn some_number(&self, routine: &'static str) -> Result<(), Error> {
        if self.isnan().all() {
            return Err(Error::argument(
                routine,
                "there is no element that is not NaN",
            ));
        }
        Ok(())
    }

    /// The positions along an axis of the least elements that are not NaN, in i64.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[3.0, f64::NAN], [1.0, 0.0]]);
    /// assert_eq!(a.nanargmin_axis(1).to_vec::<i64>(), [0, 1]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis or only NaN along it, and for complex numbers.
    #[track_caller]
    pub fn nanargmin_axis(&self, axis: isize) -> Self {
        self.some_numbers("nanargmin_axis", axis);
        self.with_least(f64::INFINITY).argmin_axis(axis)
    }

    /// The positions along an axis of the greatest elements that are not NaN, in i64.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[f64::NAN, 2.0], [1.0, f64::NAN]]);
    /// assert_eq!(a.nanargmax_axis(1).to_vec::<i64>(), [1, 0]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis or only NaN along it, and for complex numbers.
    #[track_caller]
    pub fn nanargmax_axis(&self, axis: isize) -> Self {
        self.some_numbers("nanargmax_axis", axis);
        self.with_least(f64::NEG_INFINITY).argmax_axis(axis)
    }

    #[track_caller]
    fn some_numbers(&self, routine: &'static str, axis: isize) {
        if self.isnan().all_axis(axis).any() {
            Error::argument(routine, "there are only NaN along the axis").raise();
        }
    }

    /// The mean of all elements that are not NaN; NaN if there is none.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3.0, f64::NAN, 1.0]).nanmean(), 2.0);
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers.
    #[track_caller]
    pub fn nanmean(&self) -> f64 {
        self.nansum() / (!self.isnan()).count_nonzero() as f64
    }

    /// The means along `axes` of the elements that are not NaN; NaN where there is none.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1.0, f64::NAN], [3.0, 5.0]]);
    /// assert_eq!(a.nanmean_axis(0).to_vec::<f64>(), [2.0, 5.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis.
    #[track_caller]
    pub fn nanmean_axis(&self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        let dtype = self.dtype().inexact();
        let sums = self
            .without_nan(false)
            .astype(dtype.promote(DType::F64))
            .sum_axis(axes.clone());
        (sums / self.numbers_axis(axes)).astype(dtype)
    }

    /// The variance of all elements that are not NaN, with `ddof` taken from their number.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([1.0, f64::NAN, 3.0]);
    /// assert_eq!((x.nanvar(0.0), x.nanvar(1.0), x.nanstd(0.0)), (1.0, 2.0, 1.0));
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers.
    #[track_caller]
    pub fn nanvar(&self, ddof: f64) -> f64 {
        let count = (!self.isnan()).count_nonzero() as f64;
        let centred = self.astype(DType::F64) - self.nanmean();
        // Infinities have no distance from the mean: only NaN of the array itself are left out.
        select(self.isnan(), 0.0, centred.square()).sum() / freedom(count, ddof)
    }

    /// The standard deviation of all elements that are not NaN: the root of the variance.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3.0, f64::NAN, 1.0]).nanstd(0.0), 1.0);
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers.
    #[track_caller]
    pub fn nanstd(&self, ddof: f64) -> f64 {
        self.nanvar(ddof).sqrt()
    }

    /// The variances along `axes` of the elements that are not NaN, with `ddof` taken from their
    /// number; NaN where that leaves none.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1.0, f64::NAN], [3.0, 5.0]]);
    /// assert_eq!(a.nanvar_axis(0, 0.0).to_vec::<f64>(), [1.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis.
    #[track_caller]
    pub fn nanvar_axis(&self, axes: impl Into<Axes>, ddof: f64) -> Self {
        let axes = axes.into();
        let squares = (self - self.nanmean_axis(axes.clone().keep()))
            .abs()
            .square();
        let squares = select(self.isnan(), 0.0, squares);
        let freedom = self.numbers_axis(axes.clone()).astype(DType::F64) - ddof;
        let freedom = select(freedom.gt(0.0), &freedom, f64::NAN);
        (squares.sum_axis(axes) / freedom).astype(self.dtype().inexact().part())
    }

    /// The standard deviations along `axes` of the elements that are not NaN: the roots of the
    /// variances.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[3.0, f64::NAN, 1.0]]);
    /// assert_eq!(a.nanstd_axis(1, 0.0).to_vec::<f64>(), [1.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis.
    #[track_caller]
    pub fn nanstd_axis(&self, axes: impl Into<Axes>, ddof: f64) -> Self {
        self.nanvar_axis(axes, ddof).sqrt()
    }
}

/// What sums of squares are divided by; NaN where too few numbers are left, as nothing can be said.
pub(super) fn freedom(count: f64, ddof: f64) -> f64 {
    if count - ddof > 0.0 {
        count - ddof
    } else {
        f64::NAN
    }
}
