//! Quantiles as methods of arrays.

use super::quantile::{Method, Rule, quantile_rows};
use crate::array::dense::Dense;
use crate::array::dtype::{DType, with_real};
use crate::array::element::Typed;
use crate::array::{Array, Index};
use crate::error::{Error, OrRaise};
use crate::lines::Lines;
use crate::pool::pool;
use crate::prof;

/// Which quantiles are made, and how: for [`Array::quantiles`].
///
/// ```
/// use hpc::prelude::*;
/// let a = Array::from([[1.0, 2.0, f64::NAN], [4.0, 5.0, 6.0]]);
/// let quartiles = Quantiles::of(&[0.25, 0.5, 0.75]).along(1).skip_nan();
/// let q = a.quantiles(&quartiles.method(Method::Lower));
/// assert_eq!(q.shape(), [3, 2]);
/// assert_eq!(q.to_vec::<f64>(), [1.0, 4.0, 1.0, 5.0, 1.0, 5.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiles {
    qs: Vec<f64>,
    method: Method,
    axis: Option<isize>,
    skips_nan: bool,
}

impl Quantiles {
    /// These quantiles, from 0 to 1, of all elements, by [`Method::Linear`].
    pub fn of(qs: &[f64]) -> Self {
        Self {
            qs: qs.to_vec(),
            method: Method::Linear,
            axis: None,
            skips_nan: false,
        }
    }

    /// These percentiles, from 0 to 100.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Quantiles::percent(&[50.0]), Quantiles::of(&[0.5]));
    /// ```
    pub fn percent(percents: &[f64]) -> Self {
        let qs: Vec<f64> = percents.iter().map(|p| p / 100.0).collect();
        Self::of(&qs)
    }

    /// Along this axis, which counts from the end when negative.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1.0, 3.0], [2.0, 8.0]]);
    /// let median = Quantiles::of(&[0.5]).along(1);
    /// assert_eq!(a.quantiles(&median).to_vec::<f64>(), [2.0, 5.0]);
    /// ```
    #[must_use]
    pub fn along(self, axis: isize) -> Self {
        Self {
            axis: Some(axis),
            ..self
        }
    }

    /// By another method.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let lower = Quantiles::of(&[0.5]).method(Method::Lower);
    /// assert_eq!(Array::from([1.0, 2.0]).quantiles(&lower).to_vec::<f64>(), [1.0]);
    /// ```
    #[must_use]
    pub fn method(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// Of the elements that are not NaN. Otherwise a NaN makes the quantiles NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let median = Quantiles::of(&[0.5]).skip_nan();
    /// assert_eq!(Array::from([1.0, f64::NAN]).quantiles(&median).to_vec::<f64>(), [1.0]);
    /// ```
    #[must_use]
    pub fn skip_nan(self) -> Self {
        Self {
            skips_nan: true,
            ..self
        }
    }
}

fn quantiles(routine: &'static str, array: &Array, of: &Quantiles) -> Result<Array, Error> {
    static SITE: prof::Site = prof::Site::routine("hpc::quantiles");
    if let Some(bad) = of.qs.iter().find(|q| !(0.0..=1.0).contains(*q)) {
        let message = format!("the quantile {bad} is not from 0 to 1 (percentiles: 0 to 100)");
        return Err(Error::argument(routine, message));
    }
    if array.dtype().is_complex() {
        return Err(Error::DType {
            routine,
            dtype: array.dtype(),
            expected: "complex numbers have no quantiles",
        });
    }
    let flat;
    let (lines, rest) = if let Some(axis) = of.axis {
        let lines = Lines::along(routine, array, axis)?;
        let rest = lines.shape()[..lines.shape().len() - 1].to_vec();
        (lines, rest)
    } else {
        flat = array.reshape([array.len()]);
        (Lines::along(routine, &flat, 0)?, Vec::new())
    };
    let _region = SITE.enter_routine();
    let rule = Rule {
        method: of.method,
        skips_nan: of.skips_nan,
    };
    let count = of.qs.len();
    let mut shape = rest;
    shape.push(count);
    let source = lines.dense.slice();
    let mut dense = Dense::build(routine, &shape, &mut |target: &mut [f64]| {
        with_real!(source.dtype(), T => {
            quantile_rows(pool(), lines.len(), T::slice(source), &of.qs, rule, target);
        }, complex => unreachable!("{complex} was refused"));
    })?;
    // The quantiles are the first axis of the result.
    let last = shape.len() - 1;
    let mut order = vec![last];
    order.extend(0..last);
    dense.layout = dense.layout.permuted(&order);
    let result = Array::of(dense);
    Ok(if array.dtype() == DType::F32 {
        result.astype(DType::F32)
    } else {
        result
    })
}

fn single(routine: &'static str, array: &Array, of: &Quantiles) -> Result<f64, Error> {
    Ok(quantiles(routine, array, of)?.item(0))
}

/// The one quantile, without its axis.
fn line_up(routine: &'static str, array: &Array, of: &Quantiles) -> Result<Array, Error> {
    Ok(quantiles(routine, array, of)?.slice(&[Index::At(0)]))
}

impl Array {
    /// Quantiles as an array: its first axis is that of the quantiles, then come the other axes of
    /// this array. f32 for f32, f64 for the rest.
    ///
    /// By selection: the time is proportional to the number of elements.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 101, 1);
    /// assert_eq!(x.quantiles(&Quantiles::of(&[0.1, 0.9])).to_vec::<f64>(), [10.0, 90.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when a quantile is not from 0 to 1, there is no such axis, or for complex numbers.
    #[track_caller]
    #[doc(alias = "nanquantile")]
    #[doc(alias = "nanpercentile")]
    pub fn quantiles(&self, of: &Quantiles) -> Self {
        quantiles("quantiles", self, of).or_raise()
    }

    /// The quantile `q`, from 0 to 1, of all elements, linear between the two nearest. NaN where there
    /// are no elements or one is NaN. More by [`quantiles`](Self::quantiles).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0, 2.0, 4.0]).quantile(0.75), 3.0);
    /// ```
    ///
    /// # Panics
    /// Panics when `q` is not from 0 to 1, and for complex numbers.
    #[track_caller]
    pub fn quantile(&self, q: f64) -> f64 {
        single("quantile", self, &Quantiles::of(&[q])).or_raise()
    }

    /// The percentile `p`, from 0 to 100: [`quantile`](Self::quantile) of `p / 100`.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0, 2.0, 4.0]).percentile(75.0), 3.0);
    /// ```
    ///
    /// # Panics
    /// Panics when `p` is not from 0 to 100, and for complex numbers.
    #[track_caller]
    pub fn percentile(&self, p: f64) -> f64 {
        single("percentile", self, &Quantiles::percent(&[p])).or_raise()
    }

    /// The median of all elements: the middle one, or the mean of the middle two. NaN where there are
    /// no elements or one is NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([5.0, 1.0, 3.0, 4.0]).median(), 3.5);
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers.
    #[track_caller]
    pub fn median(&self) -> f64 {
        single("median", self, &Quantiles::of(&[0.5])).or_raise()
    }

    /// The median of all elements that are not NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([5.0, f64::NAN, 3.0]).nanmedian(), 4.0);
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers.
    #[track_caller]
    pub fn nanmedian(&self) -> f64 {
        single("nanmedian", self, &Quantiles::of(&[0.5]).skip_nan()).or_raise()
    }

    /// The medians along an axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1.0, 5.0], [3.0, 6.0]]);
    /// assert_eq!(a.median_axis(0).to_vec::<f64>(), [2.0, 5.5]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, and for complex numbers.
    #[track_caller]
    pub fn median_axis(&self, axis: isize) -> Self {
        line_up("median_axis", self, &Quantiles::of(&[0.5]).along(axis)).or_raise()
    }

    /// The medians along an axis of the elements that are not NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1.0, f64::NAN, 3.0]]);
    /// assert_eq!(a.nanmedian_axis(1).to_vec::<f64>(), [2.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, and for complex numbers.
    #[track_caller]
    pub fn nanmedian_axis(&self, axis: isize) -> Self {
        let median = Quantiles::of(&[0.5]).along(axis).skip_nan();
        line_up("nanmedian_axis", self, &median).or_raise()
    }
}
