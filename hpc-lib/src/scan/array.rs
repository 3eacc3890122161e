//! Scans, differences and sliding sums as methods and functions of arrays.

use super::convolve::correlate_full;
use super::interpolate::{Outside, interpolate};
use super::{Extreme, Fold, Product, Sum, scan};
use crate::array::dense::Dense;
use crate::array::dtype::{DType, Kind, with_real};
use crate::array::element::Typed;
use crate::array::{Array, Complex, Index};
use crate::error::{Error, OrRaise};
use crate::lines::{around, axis_of};
use crate::pool::pool;
use crate::prof;

static SITE: prof::Site = prof::Site::routine("hpc::scan");

/// The dtype in which elements are added up and multiplied: small integers in 64 bits.
fn summed(dtype: DType) -> DType {
    match dtype.kind() {
        Kind::Integer if dtype.is_unsigned() => DType::U64,
        Kind::Bool | Kind::Integer => DType::I64,
        _ => dtype,
    }
}

fn scanned<T: Typed>(
    routine: &'static str,
    array: &Array,
    axis: isize,
    fold: &impl Fold<T, T>,
) -> Result<Array, Error> {
    let axis = axis_of(routine, array.shape(), axis)?;
    let source = array.astype(T::DTYPE).dense().to_contiguous(routine)?;
    let _region = SITE.enter_routine();
    let dense = Dense::build(routine, array.shape(), &mut |target: &mut [T]| {
        scan(
            pool(),
            around(array.shape(), axis),
            fold,
            T::slice(source.slice()),
            target,
        );
    })?;
    let flops = if T::DTYPE.is_float() { array.len() } else { 0 };
    prof::work(source.bytes() + dense.bytes(), flops as u64);
    Ok(Array::of(dense))
}

/// Runs a fold of numbers in the dtype in which they are added up.
macro_rules! scanned_numbers {
    ($routine:expr, $array:expr, $axis:expr, $fold:expr) => {
        match summed($array.dtype()) {
            DType::I64 => scanned::<i64>($routine, $array, $axis, $fold),
            DType::U64 => scanned::<u64>($routine, $array, $axis, $fold),
            DType::F32 => scanned::<f32>($routine, $array, $axis, $fold),
            DType::C64 => scanned::<Complex<f32>>($routine, $array, $axis, $fold),
            DType::C128 => scanned::<Complex<f64>>($routine, $array, $axis, $fold),
            _ => scanned::<f64>($routine, $array, $axis, $fold),
        }
    };
}

fn sums(
    routine: &'static str,
    array: &Array,
    axis: isize,
    skips_nan: bool,
) -> Result<Array, Error> {
    scanned_numbers!(routine, array, axis, &Sum { skips_nan })
}

fn products(
    routine: &'static str,
    array: &Array,
    axis: isize,
    skips_nan: bool,
) -> Result<Array, Error> {
    scanned_numbers!(routine, array, axis, &Product { skips_nan })
}

fn extremes(
    routine: &'static str,
    array: &Array,
    axis: isize,
    fold: &Extreme,
) -> Result<Array, Error> {
    with_real!(array.dtype(), T => scanned::<T>(routine, array, axis, fold), dtype => {
        Err(Error::DType {
            routine,
            dtype,
            expected: "complex numbers have no order",
        })
    })
}

/// All elements in a row.
#[track_caller]
fn flat(array: &Array) -> Array {
    array.reshape([array.len()])
}

/// Positions `range` of one axis.
#[track_caller]
fn part(array: &Array, axis: usize, range: impl Into<Index>) -> Array {
    let mut indices = vec![Index::ALL; array.ndim()];
    indices[axis] = range.into();
    array.slice(&indices)
}

#[track_caller]
fn differences(array: &Array, n: usize, axis: isize) -> Result<Array, Error> {
    let axis = axis_of("diff", array.shape(), axis)?;
    let mut result = array.clone();
    for _ in 0..n {
        let len = result.shape()[axis] as isize;
        let before = part(&result, axis, 0..(len - 1).max(0));
        let after = part(&result, axis, 1..len.max(1));
        result = if result.dtype() == DType::Bool {
            after.ne(before)
        } else {
            after - before
        };
    }
    Ok(result)
}

/// Second-order differences at equal distances, first-order ones at the ends.
#[track_caller]
fn slopes(array: &Array, spacing: f64, axis: isize) -> Result<Array, Error> {
    let routine = "gradient";
    let axis = axis_of(routine, array.shape(), axis)?;
    let len = array.shape()[axis] as isize;
    if len < 2 {
        return Err(Error::Dimensions {
            routine,
            shape: array.shape().to_vec(),
            expected: "at least two elements are needed along the axis",
        });
    }
    let values = array.astype(array.dtype().inexact());
    let first = (part(&values, axis, 1..2) - part(&values, axis, 0..1)) / spacing;
    let inside = (part(&values, axis, 2..len) - part(&values, axis, 0..len - 2)) / (2.0 * spacing);
    let end = part(&values, axis, len - 1..len) - part(&values, axis, len - 2..len - 1);
    concatenated(
        routine,
        array.shape(),
        axis,
        &[first, inside, end / spacing],
    )
}

/// Arrays of one dtype one after the other along an axis.
fn concatenated(
    routine: &'static str,
    shape: &[usize],
    axis: usize,
    parts: &[Array],
) -> Result<Array, Error> {
    let around = around(shape, axis);
    let parts: Vec<Dense> = parts
        .iter()
        .map(|part| part.dense().to_contiguous(routine))
        .collect::<Result<_, _>>()?;
    let Some(dtype) = parts.first().map(Dense::dtype) else {
        return Err(Error::argument(routine, "there is nothing to join"));
    };
    crate::array::dtype::with_type!(dtype, T => {
        let dense = Dense::build(routine, shape, &mut |target: &mut [T]| {
            let mut rest = target;
            for block in 0..around.outer {
                for part in &parts {
                    let width = part.layout.shape[axis] * around.inner;
                    let (place, after) = rest.split_at_mut(width);
                    rest = after;
                    place.copy_from_slice(&T::slice(part.slice())[block * width..][..width]);
                }
            }
        })?;
        Ok(Array::of(dense))
    })
}

macro_rules! scans {
    ($(
        $(#[$doc:meta])*
        $name:ident, $axis_name:ident = |$array:ident, $axis:ident| $scan:expr;
    )*) => {
        impl Array {$(
            $(#[$doc])*
            ///
            /// Of all elements in row-major order, with one axis. The result does not depend on the
            /// number of threads. Costs two passes over the elements.
            ///
            /// # Panics
            /// Panics when there is not enough memory, or the dtype has no such operation.
            #[track_caller]
            pub fn $name(&self) -> Self {
                let ($array, $axis) = (&flat(self), 0);
                $scan.or_raise()
            }

            #[doc = concat!("As [`", stringify!($name), "`](Self::", stringify!($name), "), along an")]
            /// axis, which counts from the end when negative, in the shape of this array.
            ///
            /// # Panics
            /// Panics when there is no such axis, not enough memory, or the dtype has no such operation.
            #[track_caller]
            pub fn $axis_name(&self, axis: isize) -> Self {
                let ($array, $axis) = (self, axis);
                $scan.or_raise()
            }
        )*}
    };
}

scans! {
    /// The sums of the elements up to each. bool and integers are added in i64 (u64), where they wrap
    /// around.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1, 2, 3]).cumsum().to_vec::<i64>(), [1, 3, 6]);
    /// let a = Array::from([[1, 2], [3, 4]]);
    /// assert_eq!(a.cumsum_axis(0).to_vec::<i64>(), [1, 2, 4, 6]);
    /// ```
    cumsum, cumsum_axis = |array, axis| sums("cumsum", array, axis, false);

    /// The products of the elements up to each; dtypes as for [`cumsum`](Self::cumsum).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1, 2, 3]).cumprod().to_vec::<i64>(), [1, 2, 6]);
    /// ```
    cumprod, cumprod_axis = |array, axis| products("cumprod", array, axis, false);

    /// The sums of the elements up to each, NaN counting as 0.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0, f64::NAN, 3.0]).nancumsum().to_vec::<f64>(), [1.0, 1.0, 4.0]);
    /// ```
    nancumsum, nancumsum_axis = |array, axis| sums("nancumsum", array, axis, true);

    /// The products of the elements up to each, NaN counting as 1.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([2.0, f64::NAN, 3.0]).nancumprod().to_vec::<f64>(), [2.0, 2.0, 6.0]);
    /// ```
    nancumprod, nancumprod_axis = |array, axis| products("nancumprod", array, axis, true);

    /// The greatest of the elements up to each; NaN from the first NaN on.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1, 3, 2]).cummax().to_vec::<i64>(), [1, 3, 3]);
    /// ```
    cummax, cummax_axis = |array, axis| {
        extremes("cummax", array, axis, &Extreme { is_maximum: true, skips_nan: false })
    };

    /// The least of the elements up to each; NaN from the first NaN on.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3, 1, 2]).cummin().to_vec::<i64>(), [3, 1, 1]);
    /// ```
    cummin, cummin_axis = |array, axis| {
        extremes("cummin", array, axis, &Extreme { is_maximum: false, skips_nan: false })
    };

    /// The greatest of the elements up to each that are not NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0, f64::NAN, 3.0]).nancummax().to_vec::<f64>(), [1.0, 1.0, 3.0]);
    /// ```
    nancummax, nancummax_axis = |array, axis| {
        extremes("nancummax", array, axis, &Extreme { is_maximum: true, skips_nan: true })
    };

    /// The least of the elements up to each that are not NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0, f64::NAN, 0.0]).nancummin().to_vec::<f64>(), [1.0, 1.0, 0.0]);
    /// ```
    nancummin, nancummin_axis = |array, axis| {
        extremes("nancummin", array, axis, &Extreme { is_maximum: false, skips_nan: true })
    };
}

impl Array {
    /// The differences of neighbours along the last axis, which gets shorter by one. Whether they
    /// differ, for bool. Computed when it is needed, in one pass with what it is used in.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1, 4, 9]).diff().to_vec::<i64>(), [3, 5]);
    /// ```
    ///
    /// # Panics
    /// Panics when the array has no axis.
    #[track_caller]
    pub fn diff(&self) -> Self {
        self.diff_axis(1, -1)
    }

    /// As [`diff`](Self::diff), `n` times over, along any axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1, 4, 9]).diff_axis(2, 0).to_vec::<i64>(), [2]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis.
    #[track_caller]
    pub fn diff_axis(&self, n: usize, axis: isize) -> Self {
        differences(self, n, axis).or_raise()
    }

    /// The slopes along an axis of values at a distance of `spacing`: half the difference of the two
    /// neighbours, at the ends the difference to the one neighbour. f64 for integers.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let y = Array::from([0.0, 1.0, 4.0, 9.0]);
    /// assert_eq!(y.gradient(1.0, 0).to_vec::<f64>(), [1.0, 2.0, 4.0, 5.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, or it has fewer than two elements.
    #[track_caller]
    pub fn gradient(&self, spacing: f64, axis: isize) -> Self {
        slopes(self, spacing, axis).or_raise()
    }
}

/// The integral of `y` along its last axis by the trapezoidal rule: values at a distance of `dx`.
///
/// ```
/// use hpc::prelude::*;
/// let y = Array::from([1.0, 2.0, 3.0]);
/// assert_eq!(trapezoid(&y, 0.5).item(()), 2.0);
/// ```
///
/// # Panics
/// Panics when the array has no axis.
#[track_caller]
pub fn trapezoid(y: &Array, dx: f64) -> Array {
    let axis = axis_of("trapezoid", y.shape(), -1).or_raise();
    let len = y.shape()[axis] as isize;
    let values = y.astype(y.dtype().inexact());
    let before = part(&values, axis, 0..(len - 1).max(0));
    let after = part(&values, axis, 1..len.max(1));
    ((before + after) * (0.5 * dx)).sum_axis(axis)
}

fn interpolated(x: &Array, xp: &Array, fp: &Array) -> Result<Array, Error> {
    let routine = "interp";
    if xp.ndim() != 1 || xp.shape() != fp.shape() {
        return Err(Error::Shapes {
            routine,
            left: xp.shape().to_vec(),
            right: fp.shape().to_vec(),
        });
    }
    if xp.is_empty() {
        return Err(Error::Empty {
            routine,
            shape: xp.shape().to_vec(),
        });
    }
    let (xp, fp) = (xp.to_vec::<f64>(), fp.to_vec::<f64>());
    if !xp.is_sorted() {
        let message = "the places xp are not in ascending order; sort them, and fp with them";
        return Err(Error::argument(routine, message));
    }
    let outside = Outside {
        left: fp[0],
        right: fp[fp.len() - 1],
    };
    let places = x.astype(DType::F64).dense().to_contiguous(routine)?;
    let _region = SITE.enter_routine();
    let dense = Dense::build(routine, x.shape(), &mut |target: &mut [f64]| {
        interpolate(
            pool(),
            f64::slice(places.slice()),
            &xp,
            &fp,
            outside,
            target,
        );
    })?;
    Ok(Array::of(dense))
}

/// The values at the places `x` of the line through the points (`xp`, `fp`), in f64 and the shape of
/// `x`. Outside of the points it is the value of the last point; NaN at NaN.
///
/// A search by halves for each place, none where the place before was in the same gap.
///
/// ```
/// use hpc::prelude::*;
/// let (xp, fp) = (Array::from([0.0, 1.0, 2.0]), Array::from([0.0, 10.0, 30.0]));
/// let y = interp(&Array::from([0.5, 1.5, 9.0]), &xp, &fp);
/// assert_eq!(y.to_vec::<f64>(), [5.0, 20.0, 30.0]);
/// ```
///
/// # Panics
/// Panics when `xp` and `fp` have not one axis of the same length, there are no points, or `xp` is not
/// in ascending order.
#[track_caller]
pub fn interp(x: &Array, xp: &Array, fp: &Array) -> Array {
    interpolated(x, xp, fp).or_raise()
}

/// Which places of a sliding sum are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// All where the two rows overlap: the sum of their lengths, less one.
    Full,
    /// As many as the longer row has, in the middle.
    Same,
    /// Those where the shorter row is within the longer one.
    Valid,
}

/// Correlates two rows, of which the second is turned round and conjugated first if asked for.
fn slid(
    routine: &'static str,
    a: &Array,
    v: &Array,
    overlap: Overlap,
    is_convolution: bool,
) -> Result<Array, Error> {
    for array in [a, v] {
        if array.ndim() != 1 {
            return Err(Error::Dimensions {
                routine,
                shape: array.shape().to_vec(),
                expected: "both arrays have one axis",
            });
        }
        if array.is_empty() {
            return Err(Error::Empty {
                routine,
                shape: array.shape().to_vec(),
            });
        }
    }
    let dtype = summed(a.dtype().promote(v.dtype()));
    let _region = SITE.enter_routine();
    let (long, short) = (a.len().max(v.len()), a.len().min(v.len()));
    let (first, len) = match overlap {
        Overlap::Full => (0, long + short - 1),
        Overlap::Same => ((short - 1) / 2, long),
        Overlap::Valid => (short - 1, long - short + 1),
    };
    macro_rules! typed {
        ($type:ty, $conjugate:expr) => {{
            let (a, mut v) = (
                a.astype(dtype).to_vec::<$type>(),
                v.astype(dtype).to_vec::<$type>(),
            );
            if is_convolution {
                v.reverse();
            } else {
                for x in &mut v {
                    *x = $conjugate(*x);
                }
            }
            let mut full = vec![<$type>::default(); a.len() + v.len() - 1];
            correlate_full(pool(), &a, &v, &mut full);
            Dense::build(routine, &[len], &mut |target: &mut [$type]| {
                target.copy_from_slice(&full[first..first + len]);
            })
        }};
    }
    let dense = match dtype {
        DType::I64 => typed!(i64, |x| x),
        DType::U64 => typed!(u64, |x| x),
        DType::F32 => typed!(f32, |x| x),
        DType::C64 => typed!(Complex<f32>, |x: Complex<f32>| x.conj()),
        DType::C128 => typed!(Complex<f64>, |x: Complex<f64>| x.conj()),
        _ => typed!(f64, |x| x),
    };
    dense.map(Array::of)
}

/// The convolution of two rows: at each place the sum of products where `v`, turned round, slides
/// along `a`. Costs the product of their lengths.
///
/// ```
/// use hpc::prelude::*;
/// let (a, v) = (Array::from([1, 2, 3]), Array::from([0, 1, 5]));
/// assert_eq!(convolve(&a, &v, Overlap::Full).to_vec::<i64>(), [0, 1, 7, 13, 15]);
/// assert_eq!(convolve(&a, &v, Overlap::Same).to_vec::<i64>(), [1, 7, 13]);
/// assert_eq!(convolve(&a, &v, Overlap::Valid).to_vec::<i64>(), [7]);
/// ```
///
/// # Panics
/// Panics when an array has not one axis, or is empty.
#[track_caller]
pub fn convolve(a: &Array, v: &Array, overlap: Overlap) -> Array {
    slid("convolve", a, v, overlap, true).or_raise()
}

/// The correlation of two rows: at each place the sum of products where `v`, conjugated, slides along
/// `a`. Costs the product of their lengths.
///
/// ```
/// use hpc::prelude::*;
/// let (a, v) = (Array::from([1, 2, 3]), Array::from([0, 1, 5]));
/// assert_eq!(correlate(&a, &v, Overlap::Full).to_vec::<i64>(), [5, 11, 17, 3, 0]);
/// assert_eq!(correlate(&a, &v, Overlap::Valid).to_vec::<i64>(), [17]);
/// ```
///
/// # Panics
/// Panics when an array has not one axis, or is empty.
#[track_caller]
pub fn correlate(a: &Array, v: &Array, overlap: Overlap) -> Array {
    slid("correlate", a, v, overlap, false).or_raise()
}
