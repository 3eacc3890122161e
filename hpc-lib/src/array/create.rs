use num_complex::Complex;

use super::Array;
use super::dense::Dense;
use super::dtype::{DType, Scalar};
use super::element::Typed;
use super::index::Shape;
use super::operators::Operand;
use super::storage::Storage;
use crate::error::{Error, OrRaise};
use crate::expr::Input;

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
    let step = (stop - start) / n.saturating_sub(1) as f64;
    let dense = Dense::build("linspace", &[n], |values: &mut [f64]| {
        for (i, value) in values.iter_mut().enumerate() {
            *value = start + i as f64 * step;
        }
        // Free of rounding, as the first one is; and `step` is no number for n = 1.
        match values {
            [only] => *only = start,
            [.., last] => *last = stop,
            [] => {}
        }
    });
    Array::of(dense.or_raise())
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
    let dense = Dense::build("arange", &[n], |values: &mut [i64]| {
        for (i, value) in values.iter_mut().enumerate() {
            *value = (start + i as i128 * step) as i64;
        }
    })?;
    Ok(Array::of(dense))
}

fn arange_f64(start: f64, stop: f64, step: f64) -> Result<Array, Error> {
    let n = ((stop - start) / step).ceil();
    if step == 0.0 || n.is_nan() {
        let message = format!("no numbers from {start} to {stop} in steps of {step}");
        return Err(Error::argument("arange", message));
    }
    let dense = Dense::build("arange", &[n.max(0.0) as usize], |values: &mut [f64]| {
        for (i, value) in values.iter_mut().enumerate() {
            *value = start + i as f64 * step;
        }
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
    Array::of(Dense::new(
        Storage::zeroed("zeros", shape, DType::F64).or_raise(),
        shape,
    ))
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
fn filled(routine: &'static str, shape: &Shape, Operand(value): &Operand) -> Array {
    let Input::Scalar(value) = *value else {
        Error::argument(routine, "the value is not a number").raise()
    };
    Array::of(Dense::filled(routine, &shape.0, value.dtype(), value).or_raise())
}

/// An array with a copy of `values`, row by row.
#[track_caller]
fn copied<T: Typed>(values: &[T], shape: &[usize]) -> Array {
    let dense = Dense::build("Array::from", shape, |target| {
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
