use num_complex::Complex;

use super::Array;
use super::dense::Dense;
use super::dtype::{DType, Scalar};
use super::element::Typed;
use super::index::Shape;
use super::operators::Operand;
use super::storage::Storage;
use super::storage::check_room;
use crate::error::{Error, OrRaise};
use crate::expr::{Input, Node};
use crate::simd::Binary;

/// `n` numbers from `start` to `stop`, both included, at equal distances.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(linspace(0.0, 1.0, 5).to_vec::<f64>(), [0.0, 0.25, 0.5, 0.75, 1.0]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn linspace(start: f64, stop: f64, n: usize) -> Array {
    spaced("linspace", start, stop, n, true).or_raise()
}

/// `n` numbers from `start` to before `stop` at equal distances.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(linspace_open(0.0, 1.0, 4).to_vec::<f64>(), [0.0, 0.25, 0.5, 0.75]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn linspace_open(start: f64, stop: f64, n: usize) -> Array {
    spaced("linspace_open", start, stop, n, false).or_raise()
}

fn spaced(
    routine: &'static str,
    start: f64,
    stop: f64,
    n: usize,
    closed: bool,
) -> Result<Array, Error> {
    let steps = if closed { n.saturating_sub(1) } else { n };
    let distance = stop - start;
    let step = distance / steps as f64;
    // A distance too small to be divided is multiplied first, as in NumPy.
    let value = |i: usize| {
        if step == 0.0 {
            start + i as f64 / steps as f64 * distance
        } else {
            start + i as f64 * step
        }
    };
    let last = n.wrapping_sub(1);
    let dense = Dense::computed(routine, &[n], |i| match i {
        0 => start,
        i if closed && i == last => stop,
        i => value(i),
    })?;
    Ok(Array::of(dense))
}

/// `n` powers of 10, whose exponents go from `start` to `stop`, both included, at equal distances.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(logspace(0.0, 2.0, 3).to_vec::<f64>(), [1.0, 10.0, 100.0]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn logspace(start: f64, stop: f64, n: usize) -> Array {
    check_room("logspace", &[n], DType::F64).or_raise();
    let exponents = Input::Node(linspace(start, stop, n).node);
    let ten = Input::Scalar(Scalar::Float(10.0));
    let node = Node::binary("logspace", Binary::Pow, ten, exponents);
    Array {
        node: node.or_raise().into(),
    }
}

/// `n` numbers from `start` to `stop`, both included, each the same multiple of the one before.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(geomspace(1.0, 1000.0, 4).round().to_vec::<f64>(), [1.0, 10.0, 100.0, 1000.0]);
/// ```
///
/// # Panics
/// Panics when one of them is 0 or they differ in sign, or there is not enough memory.
#[track_caller]
pub fn geomspace(start: f64, stop: f64, n: usize) -> Array {
    if start == 0.0 || stop == 0.0 || (start < 0.0) != (stop < 0.0) {
        let message = format!("no multiples lead from {start} to {stop}");
        Error::argument("geomspace", message).raise();
    }
    check_room("geomspace", &[n], DType::F64).or_raise();
    let sign = start.signum();
    let mut numbers = logspace(start.abs().log10(), stop.abs().log10(), n) * sign;
    // Free of rounding.
    if n > 0 {
        numbers.set(-1, stop);
        numbers.set(0, start);
    }
    numbers
}

/// The numbers from `start` to before `stop` at a distance of `step`: integers for i64 arguments,
/// f64 for f64.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(arange(0, 10, 3).to_vec::<i64>(), [0, 3, 6, 9]);
/// assert_eq!(arange(1.0, 0.0, -0.5).to_vec::<f64>(), [1.0, 0.5]);
/// ```
///
/// # Panics
/// Panics when `step` is 0 or not a number, or there is not enough memory.
#[track_caller]
pub fn arange<T: Into<Operand>>(start: T, stop: T, step: T) -> Array {
    progression(start.into(), stop.into(), step.into())
}

#[track_caller]
fn progression(start: Operand, stop: Operand, step: Operand) -> Array {
    match (start.0, stop.0, step.0) {
        (Input::Scalar(Scalar::Int(start)), Input::Scalar(stop), Input::Scalar(step)) => {
            arange_i64(start, stop.to_i64(), step.to_i64())
        }
        (Input::Scalar(Scalar::Float(start)), Input::Scalar(stop), Input::Scalar(step)) => {
            arange_f64(start, stop.to_f64(), step.to_f64())
        }
        _ => Err(Error::argument("arange", "it counts in i64 or f64")),
    }
    .or_raise()
}

fn arange_i64(start: i64, stop: i64, step: i64) -> Result<Array, Error> {
    if step == 0 {
        return Err(Error::argument("arange", "the step is 0"));
    }
    // In i128 nothing overflows.
    let (start, stop, step) = (i128::from(start), i128::from(stop), i128::from(step));
    let n = ((stop - start + step - step.signum()) / step).max(0);
    let n = usize::try_from(n).unwrap_or(usize::MAX);
    let dense = Dense::computed("arange", &[n], |i| (start + i as i128 * step) as i64)?;
    Ok(Array::of(dense))
}

fn arange_f64(start: f64, stop: f64, step: f64) -> Result<Array, Error> {
    let n = ((stop - start) / step).ceil();
    if step == 0.0 || n.is_nan() {
        let message = format!("no numbers from {start} to {stop} in steps of {step}");
        return Err(Error::argument("arange", message));
    }
    let dense = Dense::computed("arange", &[n.max(0.0) as usize], |i| {
        start + i as f64 * step
    })?;
    Ok(Array::of(dense))
}

/// An f64 array of that shape with all elements 0.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(zeros([2, 3]).shape(), [2, 3]);
/// assert_eq!(zeros(4).sum(), 0.0);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn zeros(shape: impl Into<Shape>) -> Array {
    zeroed(&shape.into().0)
}

#[track_caller]
fn zeroed(shape: &[usize]) -> Array {
    zeros_as("zeros", shape, DType::F64)
}

#[track_caller]
fn zeros_as(routine: &'static str, shape: &[usize], dtype: DType) -> Array {
    Array::of(Dense::new(
        Storage::zeroed(routine, shape, dtype).or_raise(),
        shape,
    ))
}

/// An array of that shape and dtype with all elements 0.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(zeros_of([2, 3], DType::U8).dtype(), DType::U8);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn zeros_of(shape: impl Into<Shape>, dtype: DType) -> Array {
    zeros_as("zeros_of", &shape.into().0, dtype)
}

/// An array of that shape with all elements `value`, brought to `dtype` as by
/// [`astype`](Array::astype).
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(full_of(2, 1, DType::F32).to_vec::<f32>(), [1.0, 1.0]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory, or the value is not a number.
#[track_caller]
pub fn full_of(shape: impl Into<Shape>, value: impl Into<Operand>, dtype: DType) -> Array {
    filled_as("full_of", &shape.into(), &value.into(), Some(dtype))
}

/// An f64 array of that shape with all elements 1.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(ones([2, 3]).sum(), 6.0);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn ones(shape: impl Into<Shape>) -> Array {
    filled("ones", &shape.into(), &1.0.into())
}

/// An array of that shape with all elements `value`, which decides the dtype.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(full(3, true).dtype(), DType::Bool);
/// assert_eq!(full([2, 2], 7).to_vec::<i64>(), [7, 7, 7, 7]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn full<T: Into<Operand>>(shape: impl Into<Shape>, value: T) -> Array {
    filled("full", &shape.into(), &value.into())
}

#[track_caller]
fn filled(routine: &'static str, shape: &Shape, value: &Operand) -> Array {
    filled_as(routine, shape, value, None)
}

#[track_caller]
fn filled_as(
    routine: &'static str,
    shape: &Shape,
    Operand(value): &Operand,
    dtype: Option<DType>,
) -> Array {
    let Input::Scalar(value) = *value else {
        Error::argument(routine, "the value is not a number").raise()
    };
    let dtype = dtype.unwrap_or(value.dtype());
    Array::of(Dense::filled(routine, &shape.0, dtype, value).or_raise())
}

/// An f64 array of what `value` gives for each position, row by row.
///
/// ```
/// use hpc::prelude::*;
/// let a = from_fn([2, 2], |at| (10 * at[0] + at[1]) as f64);
/// assert_eq!(a.to_vec::<f64>(), [0.0, 1.0, 10.0, 11.0]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn from_fn(shape: impl Into<Shape>, mut value: impl FnMut(&[usize]) -> f64) -> Array {
    computed(&shape.into().0, &mut value)
}

#[track_caller]
fn computed(shape: &[usize], value: &mut dyn FnMut(&[usize]) -> f64) -> Array {
    let mut at = vec![0; shape.len()];
    let dense = Dense::build("from_fn", shape, &mut |elements: &mut [f64]| {
        for element in elements {
            *element = value(&at);
            for (position, &n) in at.iter_mut().zip(shape).rev() {
                *position += 1;
                if *position < n {
                    break;
                }
                *position = 0;
            }
        }
    });
    Array::of(dense.or_raise())
}

impl Array {
    /// A copy of the values, row by row, whatever they are shared with.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let big = zeros([1000, 1000]);
    /// let row = big.row(0).copy(); // does not keep all of `big` in memory
    /// assert_eq!(row.len(), 1000);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn copy(&self) -> Self {
        Self::of(self.dense().copied("copy").or_raise())
    }

    /// Zeros in this array's shape and dtype.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 3, 1);
    /// assert_eq!(x.zeros_like().to_vec::<i64>(), [0, 0, 0]);
    /// assert_eq!(x.full_like(7).to_vec::<i64>(), [7, 7, 7]);
    /// ```
    #[track_caller]
    pub fn zeros_like(&self) -> Self {
        zeros_of(self.shape(), self.dtype())
    }

    /// Ones in this array's shape and dtype.
    #[track_caller]
    pub fn ones_like(&self) -> Self {
        full_of(self.shape(), true, self.dtype())
    }

    /// A number, brought to this array's dtype, in its shape.
    ///
    /// # Panics
    /// Panics when the value is not a number.
    #[track_caller]
    pub fn full_like(&self, value: impl Into<Operand>) -> Self {
        full_of(self.shape(), value, self.dtype())
    }
}

/// An array with a copy of `values`, row by row.
#[track_caller]
fn copied<T: Typed>(values: &[T], shape: &[usize]) -> Array {
    let dense = Dense::build("Array::from", shape, &mut |target| {
        target.copy_from_slice(values);
    });
    Array::of(dense.or_raise())
}

#[track_caller]
fn rows<T: Typed>(rows: &[Vec<T>]) -> Array {
    let columns = rows.first().map_or(0, Vec::len);
    if let Some((index, row)) = rows
        .iter()
        .enumerate()
        .find(|(_, row)| row.len() != columns)
    {
        let n = row.len();
        let message = format!("row 0 has {columns} elements, but row {index} has {n}");
        Error::argument("Array::from", message).raise();
    }
    copied(&rows.concat(), &[rows.len(), columns])
}

macro_rules! array_from {
    ($($type:ty),*) => {$(
        /// An array without axes, with one element.
        impl From<$type> for Array {
            #[track_caller]
            fn from(value: $type) -> Self {
                copied(&[value], &[])
            }
        }

        /// An array with one axis.
        impl From<Vec<$type>> for Array {
            #[track_caller]
            fn from(values: Vec<$type>) -> Self {
                copied(&values, &[values.len()])
            }
        }

        /// An array with one axis.
        impl From<&Vec<$type>> for Array {
            #[track_caller]
            fn from(values: &Vec<$type>) -> Self {
                copied(values, &[values.len()])
            }
        }

        /// An array with one axis.
        impl From<&[$type]> for Array {
            #[track_caller]
            fn from(values: &[$type]) -> Self {
                copied(values, &[values.len()])
            }
        }

        /// An array with one axis.
        impl<const N: usize> From<[$type; N]> for Array {
            #[track_caller]
            fn from(values: [$type; N]) -> Self {
                copied(&values, &[N])
            }
        }

        /// An array with two axes.
        impl<const N: usize, const M: usize> From<[[$type; M]; N]> for Array {
            #[track_caller]
            fn from(rows: [[$type; M]; N]) -> Self {
                copied(rows.as_flattened(), &[N, M])
            }
        }

        /// An array with two axes, from rows of equal length.
        impl From<Vec<Vec<$type>>> for Array {
            #[track_caller]
            fn from(values: Vec<Vec<$type>>) -> Self {
                rows(&values)
            }
        }

        impl FromIterator<$type> for Array {
            #[track_caller]
            fn from_iter<I: IntoIterator<Item = $type>>(values: I) -> Self {
                Self::from(values.into_iter().collect::<Vec<_>>())
            }
        }
    )*};
}

array_from!(
    bool,
    i8,
    i16,
    i32,
    i64,
    u8,
    u16,
    u32,
    u64,
    f32,
    f64,
    Complex<f32>,
    Complex<f64>
);

impl From<&Array> for Array {
    fn from(array: &Array) -> Self {
        array.clone()
    }
}
