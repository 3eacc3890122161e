use crate::array::dense::Dense;
use crate::array::dtype::with_type;
use crate::array::element::Typed;
use crate::array::storage::Storage;
use crate::array::{Array, Axes, arange};
use crate::error::{Error, OrRaise};

/// The frequencies of the elements of [`fft`](super::fft), for signals of `n` elements that are
/// `step` apart: `0, 1, …, -1`, divided by `n * step`.
///
/// ```
/// use hpc::fft::fftfreq;
/// assert_eq!(fftfreq(5, 0.2).to_vec::<f64>(), [0.0, 1.0, 2.0, -2.0, -1.0]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[must_use]
#[track_caller]
pub fn fftfreq(n: usize, step: f64) -> Array {
    let count = n as i64;
    let order = Dense::computed("fftfreq", &[n], |at| {
        let index = at as i64;
        if index < count - count / 2 {
            index
        } else {
            index - count
        }
    });
    Array::of(order.or_raise()) / (n as f64 * step)
}

/// The frequencies of the elements of [`rfft`](super::rfft), for signals of `n` elements that are
/// `step` apart.
///
/// ```
/// use hpc::fft::rfftfreq;
/// assert_eq!(rfftfreq(4, 0.25).to_vec::<f64>(), [0.0, 1.0, 2.0]);
/// ```
#[must_use]
pub fn rfftfreq(n: usize, step: f64) -> Array {
    arange(0, n as i64 / 2 + 1, 1) / (n as f64 * step)
}

/// Moves frequency 0 to the middle of the axes.
///
/// ```
/// use hpc::fft::{fftfreq, fftshift};
/// let f = fftshift(&fftfreq(5, 0.2), 0);
/// assert_eq!(f.to_vec::<f64>(), [-2.0, -1.0, 0.0, 1.0, 2.0]);
/// ```
///
/// # Panics
/// Panics when there is no such axis.
#[track_caller]
pub fn fftshift(x: &Array, axes: impl Into<Axes>) -> Array {
    shift("fftshift", x, &axes.into(), |n| n - n / 2)
}

/// Moves frequency 0 back to the front. Undoes [`fftshift`].
///
/// ```
/// use hpc::fft::{fftfreq, fftshift, ifftshift};
/// let f = fftfreq(5, 0.2);
/// assert_eq!(ifftshift(&fftshift(&f, 0), 0).to_vec::<f64>(), f.to_vec::<f64>());
/// ```
///
/// # Panics
/// Panics when there is no such axis.
#[track_caller]
pub fn ifftshift(x: &Array, axes: impl Into<Axes>) -> Array {
    shift("ifftshift", x, &axes.into(), |n| n / 2)
}

/// Along each axis, element `first(n)` becomes the first one.
#[track_caller]
fn shift(routine: &'static str, x: &Array, axes: &Axes, first: fn(usize) -> usize) -> Array {
    let axes = axes.resolve(routine, x.ndim()).or_raise();
    let turn = |x: Array, &axis: &usize| turned(routine, &x, axis, first(x.shape()[axis]));
    axes.iter().try_fold(x.clone(), turn).or_raise()
}

fn turned(routine: &'static str, x: &Array, axis: usize, first: usize) -> Result<Array, Error> {
    let dense = x.dense().to_contiguous(routine)?;
    let shape = x.shape();
    let mut storage = Storage::allocate(routine, shape, x.dtype())?;
    let inner: usize = shape[axis + 1..].iter().product();
    let (front, whole) = (first * inner, shape[axis] * inner);
    if whole > 0 {
        with_type!(x.dtype(), T => {
            let from = <T as Typed>::slice(dense.slice());
            let to = <T as Typed>::slice_mut(storage.as_slice_mut());
            for (from, to) in from.chunks_exact(whole).zip(to.chunks_exact_mut(whole)) {
                to[..whole - front].copy_from_slice(&from[front..]);
                to[whole - front..].copy_from_slice(&from[..front]);
            }
        });
    }
    Ok(Array::of(Dense::new(storage, shape)))
}
