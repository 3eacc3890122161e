use crate::array::dense::Dense;
use crate::array::dtype::{DType, Kind, with_type};
use crate::array::element::Typed;
use crate::array::layout::Layout;
use crate::array::storage::Storage;
use crate::array::{Array, Index};
use crate::engine::{Given, Wanted, compute, routine};
use crate::error::{Error, OrRaise};
use crate::prof;

/// Which transform is scaled, so that one after the other changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Norm {
    /// The backward one, by 1/n.
    #[default]
    Backward,
    /// Both, by 1/√n.
    Ortho,
    /// The forward one, by 1/n.
    Forward,
}

impl Norm {
    fn factor(self, length: usize, is_backward: bool) -> f64 {
        match (self, is_backward) {
            (Self::Backward, true) | (Self::Forward, false) => 1.0 / length as f64,
            (Self::Ortho, _) => 1.0 / (length as f64).sqrt(),
            _ => 1.0,
        }
    }
}

/// How to transform along one axis: made by [`along`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Along {
    axis: isize,
    length: Option<usize>,
    norm: Norm,
}

/// Transforms along that axis, counted from the end when negative.
///
/// ```
/// use hpc::fft;
/// use hpc::prelude::*;
/// assert_eq!(fft::along(0).rfft(&ones([6, 2])).shape(), [4, 2]);
/// ```
#[must_use]
pub fn along(axis: isize) -> Along {
    Along {
        axis,
        length: None,
        norm: Norm::default(),
    }
}

/// The last axis, as it is.
const LAST: Along = Along {
    axis: -1,
    length: None,
    norm: Norm::Backward,
};

/// The transform of each signal: `y[k]` is the sum of `x[j] exp(-2πi jk/n)`.
///
/// ```
/// use hpc::fft::fft;
/// use hpc::prelude::*;
/// let y = fft(&Array::from([1.0, 0.0, 0.0, 0.0]));
/// assert_eq!(y.real().to_vec::<f64>(), [1.0; 4]);
/// ```
///
/// # Panics
/// Panics when the array has no axis, or signals without elements, as do all transforms.
#[track_caller]
pub fn fft(x: &Array) -> Array {
    LAST.fft(x)
}

/// The backward transform: `y[k]` is the sum of `x[j] exp(2πi jk/n) / n`. Undoes [`fft`].
///
/// ```
/// use hpc::fft::{fft, ifft};
/// use hpc::prelude::*;
/// let x = arange(0.0, 10.0, 1.0);
/// assert!((ifft(&fft(&x)) - &x).abs().max() < 1e-14);
/// ```
///
/// # Panics
/// As [`fft`].
#[track_caller]
pub fn ifft(x: &Array) -> Array {
    LAST.ifft(x)
}

/// The transform of real signals: the first `n / 2 + 1` elements, the others are their conjugates.
/// Takes half the time of [`fft`].
///
/// ```
/// use hpc::fft::rfft;
/// use hpc::prelude::*;
/// assert!(rfft(&ones([6])).real().allclose(Array::from([6.0, 0.0, 0.0, 0.0]), 0.0, 1e-14));
/// ```
///
/// # Panics
/// Panics when the array is complex; as [`fft`].
#[track_caller]
pub fn rfft(x: &Array) -> Array {
    LAST.rfft(x)
}

/// The backward transform to real signals of length `n`, from their first `n / 2 + 1` elements.
/// Undoes [`rfft`]; `n` says whether the signal had an odd length.
///
/// ```
/// use hpc::fft::{irfft, rfft};
/// use hpc::prelude::*;
/// let x = arange(0.0, 9.0, 1.0);
/// assert!((irfft(&rfft(&x), 9) - &x).abs().max() < 1e-14);
/// ```
///
/// # Panics
/// As [`fft`].
#[track_caller]
pub fn irfft(x: &Array, n: usize) -> Array {
    LAST.length(n).irfft(x)
}

/// The transform, which is real and of length `n`, of signals with Hermitian symmetry, of which the
/// first `n / 2 + 1` elements are given.
///
/// ```
/// use hpc::fft::{hfft, ihfft};
/// use hpc::prelude::*;
/// let x = arange(0.0, 9.0, 1.0);
/// assert!((hfft(&ihfft(&x), 9) - &x).abs().max() < 1e-13);
/// ```
///
/// # Panics
/// As [`fft`].
#[track_caller]
pub fn hfft(x: &Array, n: usize) -> Array {
    LAST.length(n).hfft(x)
}

/// The backward transform of real spectra: the first `n / 2 + 1` elements. Undoes [`hfft`].
///
/// ```
/// use hpc::fft::ihfft;
/// use hpc::prelude::*;
/// assert_eq!(ihfft(&ones([4])).real().to_vec::<f64>(), [1.0, 0.0, 0.0]);
/// ```
///
/// # Panics
/// As [`rfft`].
#[track_caller]
pub fn ihfft(x: &Array) -> Array {
    LAST.ihfft(x)
}

/// Counts the transforms of signals of length `n` that fill an array of `elements` in all: 5 n log2 n
/// operations for each complex signal, as is the convention (<https://www.fftw.org/speed/method.html>),
/// and half of that for real ones.
fn count_work(elements: usize, n: usize, dtype: DType) {
    let factor = if dtype.is_complex() { 5.0 } else { 2.5 };
    let flops = factor * elements as f64 * (n.max(1) as f64).log2();
    prof::work(2 * (elements * dtype.size()) as u64, flops as u64);
}

impl Along {
    /// Signals of that length: longer ones are cut, shorter ones get zeros behind.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(fft::along(0).length(8).fft(&ones(5)).shape(), [8]);
    /// ```
    #[must_use]
    pub fn length(self, n: usize) -> Self {
        Self {
            length: Some(n),
            ..self
        }
    }

    /// Scales as `norm` says.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = fft::along(0).norm(fft::Norm::Ortho).fft(&ones(4));
    /// assert_eq!(x.item_complex(0), Complex::new(2.0, 0.0));
    /// ```
    #[must_use]
    pub fn norm(self, norm: Norm) -> Self {
        Self { norm, ..self }
    }

    /// See [`fft`].
    ///
    /// # Panics
    /// Panics when there is no such axis, or when signals have no elements.
    #[track_caller]
    pub fn fft(self, x: &Array) -> Array {
        let _region = routine!("fft::fft");
        self.complex("fft", x, false)
    }

    /// See [`ifft`].
    ///
    /// # Panics
    /// As [`Along::fft`].
    #[track_caller]
    pub fn ifft(self, x: &Array) -> Array {
        let _region = routine!("fft::ifft");
        self.complex("ifft", x, true)
    }

    /// See [`rfft`].
    ///
    /// # Panics
    /// As [`Along::fft`], and when the array is complex.
    #[track_caller]
    pub fn rfft(self, x: &Array) -> Array {
        let _region = routine!("fft::rfft");
        self.real("rfft", x, false, |n| n / 2 + 1)
    }

    /// See [`irfft`]. Without a length, signals of length `2 (m - 1)` for `m` elements.
    ///
    /// # Panics
    /// As [`Along::fft`].
    #[track_caller]
    pub fn irfft(self, x: &Array) -> Array {
        let _region = routine!("fft::irfft");
        self.to_real("irfft", x, true)
    }

    /// See [`hfft`]. Without a length, signals of length `2 (m - 1)` for `m` elements.
    ///
    /// # Panics
    /// As [`Along::fft`].
    #[track_caller]
    pub fn hfft(self, x: &Array) -> Array {
        let _region = routine!("fft::hfft");
        self.to_real("hfft", &x.conj(), false)
    }

    /// See [`ihfft`].
    ///
    /// # Panics
    /// As [`Along::rfft`].
    #[track_caller]
    pub fn ihfft(self, x: &Array) -> Array {
        let _region = routine!("fft::ihfft");
        self.real("ihfft", x, true, |n| n / 2 + 1).conj()
    }

    #[track_caller]
    fn complex(self, routine: &'static str, x: &Array, is_backward: bool) -> Array {
        if !is_backward && x.dtype().kind() != Kind::Complex {
            // Of the spectrum of a real signal one half follows from the other.
            return self.real(routine, x, is_backward, |n| n);
        }
        let axis = self.position(routine, x);
        let dtype = x.dtype().inexact().complex();
        let given = self.given(routine, x, axis, dtype, |n| n);
        let shape = given.shape().to_vec();
        let factor = self.norm.factor(shape[axis], is_backward);
        let mut wanted = Wanted::new(routine, &shape, dtype).or_raise();
        let (from, to) = (last(given.layout(), axis), last(wanted.layout(), axis));
        let given = given.laid_out(from);
        compute(routine, &shape, |engines, run| {
            engines.fft(
                run,
                &given.view(),
                is_backward,
                factor,
                &mut wanted.view_as(&to),
            )
        })
        .or_raise();
        count_work(shape.iter().product(), shape[axis], dtype);
        wanted.into_array()
    }

    #[track_caller]
    fn real(
        self,
        routine: &'static str,
        x: &Array,
        is_backward: bool,
        spectrum: impl Fn(usize) -> usize,
    ) -> Array {
        let axis = self.position(routine, x);
        if x.dtype().kind() == Kind::Complex {
            let expected = "it takes real signals: use `fft`, or `.real()`";
            let dtype = x.dtype();
            Error::DType {
                routine,
                dtype,
                expected,
            }
            .raise();
        }
        let dtype = x.dtype().inexact();
        let given = self.given(routine, x, axis, dtype, |n| n);
        let mut shape = given.shape().to_vec();
        let factor = self.norm.factor(shape[axis], is_backward);
        shape[axis] = spectrum(shape[axis]);
        let mut wanted = Wanted::new(routine, &shape, dtype.complex()).or_raise();
        let (from, to) = (last(given.layout(), axis), last(wanted.layout(), axis));
        let given = given.laid_out(from);
        compute(routine, &shape, |engines, run| {
            engines.rfft(run, &given.view(), factor, &mut wanted.view_as(&to))
        })
        .or_raise();
        let signals = given.shape();
        count_work(signals.iter().product(), signals[axis], dtype);
        wanted.into_array()
    }

    #[track_caller]
    fn to_real(self, routine: &'static str, x: &Array, is_backward: bool) -> Array {
        let axis = self.position(routine, x);
        let length = self.length.unwrap_or(2 * (x.shape()[axis].max(1) - 1));
        let dtype = x.dtype().inexact().complex();
        let given = self
            .length(length)
            .given(routine, x, axis, dtype, |n| n / 2 + 1);
        let mut shape = given.shape().to_vec();
        shape[axis] = length;
        let factor = self.norm.factor(length, is_backward);
        let mut wanted = Wanted::new(routine, &shape, dtype.part()).or_raise();
        let (from, to) = (last(given.layout(), axis), last(wanted.layout(), axis));
        let given = given.laid_out(from);
        compute(routine, &shape, |engines, run| {
            engines.irfft(run, &given.view(), factor, &mut wanted.view_as(&to))
        })
        .or_raise();
        count_work(shape.iter().product(), length, dtype.part());
        wanted.into_array()
    }

    #[track_caller]
    fn position(self, routine: &'static str, x: &Array) -> usize {
        let ndim = x.ndim() as isize;
        let axis = if self.axis < 0 {
            self.axis + ndim
        } else {
            self.axis
        };
        if !(0..ndim).contains(&axis) {
            let message = format!("no axis {} in an array of shape {:?}", self.axis, x.shape());
            Error::argument(routine, message).raise();
        }
        axis as usize
    }

    /// The signals, cut or with zeros behind; `elements` says how many are given of a signal of a
    /// length.
    #[track_caller]
    fn given(
        self,
        routine: &'static str,
        x: &Array,
        axis: usize,
        dtype: DType,
        elements: impl Fn(usize) -> usize,
    ) -> Given {
        let length = self.length.map_or(x.shape()[axis], &elements);
        if length == 0 || self.length == Some(0) {
            let message = format!(
                "signals along axis {axis} of shape {:?} have no elements",
                x.shape()
            );
            Error::argument(routine, message).raise();
        }
        let x = if x.shape()[axis] > length {
            let mut indices = vec![Index::ALL; axis + 1];
            indices[axis] = Index::Range {
                start: None,
                stop: Some(length as isize),
                step: 1,
            };
            x.slice(&indices)
        } else {
            x.clone()
        };
        let given = Given::new(&x, dtype);
        if x.shape()[axis] == length {
            given
        } else {
            padded(routine, &x, axis, length, dtype)
        }
    }
}

/// The same elements with zeros behind, along an axis.
#[track_caller]
fn padded(routine: &'static str, x: &Array, axis: usize, length: usize, dtype: DType) -> Given {
    let mut shape = x.shape().to_vec();
    shape[axis] = length;
    let mut storage = Storage::zeroed(routine, &shape, dtype).or_raise();
    let dense = x.astype(dtype).dense().to_contiguous(routine).or_raise();
    let inner: usize = shape[axis + 1..].iter().product();
    let (short, long) = (x.shape()[axis] * inner, length * inner);
    if short > 0 {
        with_type!(dtype, T => {
            let from = <T as Typed>::slice(dense.slice());
            let to = <T as Typed>::slice_mut(storage.as_slice_mut());
            for (from, to) in from.chunks_exact(short).zip(to.chunks_exact_mut(long)) {
                to[..short].copy_from_slice(from);
            }
        });
    }
    Given::new(&Array::of(Dense::new(storage, &shape)), dtype)
}

/// The layout with an axis as the last one.
fn last(layout: &Layout, axis: usize) -> Layout {
    let ndim = layout.shape.len();
    let order: Vec<usize> = (0..ndim)
        .filter(|&other| other != axis)
        .chain([axis])
        .collect();
    layout.permuted(&order)
}
