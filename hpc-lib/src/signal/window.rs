//! Windows of `n` elements, f64, by NumPy's names: they fade a signal out towards its ends, so that
//! its spectrum has less leakage. One element is 1, none is an empty array.
//!
//! ```
//! use hpc::prelude::*;
//! use hpc::signal::window;
//! assert!((window::hanning(5) - Array::from([0.0, 0.5, 1.0, 0.5, 0.0])).abs().max() < 1e-15);
//! ```

use std::f64::consts::PI;

use crate::array::dense::Dense;
use crate::array::{Array, bessel_i0};
use crate::error::{Error, OrRaise};
use crate::pool::pool;

/// Elements that a thread makes at a time.
const PART: usize = 1 << 12;

/// A window from its shape, a function of the place from -1 to 1.
#[track_caller]
fn window(routine: &'static str, n: usize, shape: &(dyn Fn(f64) -> f64 + Sync)) -> Array {
    let last = n.saturating_sub(1) as f64;
    let value = |index: usize| {
        if n == 1 {
            1.0
        } else {
            shape((2.0 * index as f64 - last) / last)
        }
    };
    let dense = Dense::build(routine, &[n], &mut |target: &mut [f64]| {
        pool().for_each_piece(target, PART, &|start, target| {
            for (element, index) in target.iter_mut().zip(start..) {
                *element = value(index);
            }
        });
    });
    Array::of(dense.or_raise())
}

/// A triangle that ends in zeros.
///
/// ```
/// use hpc::signal::window::bartlett;
/// assert_eq!(bartlett(5).to_vec::<f64>(), [0.0, 0.5, 1.0, 0.5, 0.0]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[must_use]
#[track_caller]
pub fn bartlett(n: usize) -> Array {
    window("bartlett", n, &|x| 1.0 - x.abs())
}

/// Blackman's: 0.42 + 0.5 cos πx + 0.08 cos 2πx.
///
/// ```
/// use hpc::signal::window::blackman;
/// let w = blackman(3);
/// assert!(w.item(0).abs() < 1e-16 && (w.item(1) - 1.0).abs() < 1e-15);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[must_use]
#[track_caller]
pub fn blackman(n: usize) -> Array {
    window("blackman", n, &|x| {
        0.42 + 0.5 * (PI * x).cos() + 0.08 * (2.0 * PI * x).cos()
    })
}

/// Hamming's: 0.54 + 0.46 cos πx.
///
/// ```
/// use hpc::signal::window::hamming;
/// assert!((hamming(3).item(0) - 0.08).abs() < 1e-15);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[must_use]
#[track_caller]
pub fn hamming(n: usize) -> Array {
    window("hamming", n, &|x| 0.54 + 0.46 * (PI * x).cos())
}

/// Von Hann's: 0.5 + 0.5 cos πx.
///
/// ```
/// use hpc::signal::window::hanning;
/// assert_eq!(hanning(3).to_vec::<f64>(), [0.0, 1.0, 0.0]);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[must_use]
#[track_caller]
pub fn hanning(n: usize) -> Array {
    window("hanning", n, &|x| 0.5 + 0.5 * (PI * x).cos())
}

/// Kaiser's: I₀(β √(1 - x²)) / I₀(β). The larger `beta`, the wider and lower are the spectrum's side
/// lobes: 5 is near Hamming's, 8.6 near Blackman's.
///
/// ```
/// use hpc::signal::window::kaiser;
/// assert_eq!(kaiser(4, 0.0).to_vec::<f64>(), [1.0; 4]);
/// ```
///
/// # Panics
/// Panics when `beta` is over 700, where I₀ is near the largest f64, or is NaN, and when
/// there is not enough memory.
#[must_use]
#[track_caller]
pub fn kaiser(n: usize, beta: f64) -> Array {
    if beta.is_nan() || beta.abs() > 700.0 {
        Error::argument("kaiser", format!("beta is {beta}; it must be 700 or less")).raise();
    }
    window("kaiser", n, &|x| {
        bessel_i0(beta * (1.0 - x * x).sqrt()) / bessel_i0(beta)
    })
}
