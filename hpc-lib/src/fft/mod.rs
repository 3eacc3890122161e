//! Discrete Fourier transforms, by NumPy's names.
//!
//! A transform works along one axis, on all signals of an array and on all threads; those over
//! several axes do one after the other. Single precision stays single: f32 and c64 give c64 (f32
//! where the result is real), everything else c128 (f64).
//!
//! Functions use the last axis, or axes, as they are; [`along`] and [`over`] choose others, lengths
//! and scaling:
//!
//! ```
//! use hpc::fft;
//! use hpc::prelude::*;
//! let x = arange(0.0, 8.0, 1.0);
//! let spectrum = fft::rfft(&x);
//! assert_eq!(spectrum.shape(), [5]);
//! assert!((fft::irfft(&spectrum, 8) - &x).abs().max() < 1e-14);
//!
//! let a = ones([4, 3]);
//! let padded = fft::along(0).length(16).norm(fft::Norm::Ortho).fft(&a);
//! assert_eq!(padded.shape(), [16, 3]);
//! ```
//!
//! A transform of length n takes about 5 n log₂ n operations, whatever n is. The computations are
//! those of [rustfft](https://docs.rs/rustfft) and [realfft](https://docs.rs/realfft), which choose
//! an algorithm for each length (mixed radix, Rader, Bluestein); how is remembered for later
//! transforms of the same length. An interrupt is noticed between blocks of signals.

mod axis;
mod frequencies;
mod several;

pub use axis::{Along, Norm, along, fft, hfft, ifft, ihfft, irfft, rfft};
pub use frequencies::{fftfreq, fftshift, ifftshift, rfftfreq};
pub use several::{Over, fft2, fftn, ifft2, ifftn, irfft2, irfftn, over, rfft2, rfftn};
