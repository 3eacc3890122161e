use super::axis::{Norm, along};
use crate::array::Array;
use crate::error::Error;

/// How to transform over several axes: made by [`over`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    axes: Vec<isize>,
    lengths: Option<Vec<usize>>,
    norm: Norm,
}

/// Transforms over those axes, counted from the end when negative. A transform between real and
/// complex numbers is along the last of them.
///
/// ```
/// use hpc::fft;
/// use hpc::prelude::*;
/// assert_eq!(fft::over(&[0, 2]).rfftn(&ones([4, 3, 6])).shape(), [4, 3, 4]);
/// ```
#[must_use]
pub fn over(axes: &[isize]) -> Over {
    Over {
        axes: axes.to_vec(),
        lengths: None,
        norm: Norm::default(),
    }
}

fn all(x: &Array) -> Over {
    over(&(0..x.ndim() as isize).collect::<Vec<_>>())
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident, $axes:expr, $method:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// # Panics
        /// Panics when there are not as many axes, or when signals have no elements.
        #[track_caller]
        pub fn $name(x: &Array) -> Array {
            let axes: fn(&Array) -> Over = $axes;
            axes(x).$method(x)
        }
    )*};
}

functions! {
    /// The transform over all axes.
    ///
    /// ```
    /// use hpc::fft::fftn;
    /// use hpc::prelude::*;
    /// let spectrum = fftn(&ones([2, 3])).real();
    /// assert!(spectrum.allclose(Array::from([[6.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), 0.0, 1e-14));
    /// ```
    fftn, all, fftn;
    /// The backward transform over all axes. Undoes [`fftn`].
    ///
    /// ```
    /// use hpc::fft::{fftn, ifftn};
    /// use hpc::prelude::*;
    /// let x = arange(0.0, 24.0, 1.0).reshape([2, 3, 4]);
    /// assert!((ifftn(&fftn(&x)) - &x).abs().max() < 1e-13);
    /// ```
    ifftn, all, ifftn;
    /// The transform of real signals over all axes; the last one is halved as in
    /// [`rfft`](super::rfft).
    ///
    /// ```
    /// use hpc::fft::rfftn;
    /// use hpc::prelude::*;
    /// assert_eq!(rfftn(&ones([2, 3, 8])).shape(), [2, 3, 5]);
    /// ```
    rfftn, all, rfftn;
    /// The transform over the last two axes.
    ///
    /// ```
    /// use hpc::fft::fft2;
    /// use hpc::prelude::*;
    /// assert_eq!(fft2(&ones([5, 2, 2])).slice(s![0]).real().to_vec::<f64>(), [4.0, 0.0, 0.0, 0.0]);
    /// ```
    fft2, |_| over(&[-2, -1]), fftn;
    /// The backward transform over the last two axes. Undoes [`fft2`].
    ///
    /// ```
    /// use hpc::fft::{fft2, ifft2};
    /// use hpc::prelude::*;
    /// let x = arange(0.0, 12.0, 1.0).reshape([3, 4]);
    /// assert!((ifft2(&fft2(&x)) - &x).abs().max() < 1e-13);
    /// ```
    ifft2, |_| over(&[-2, -1]), ifftn;
    /// The transform of real signals over the last two axes; the last one is halved as in
    /// [`rfft`](super::rfft).
    ///
    /// ```
    /// use hpc::fft::rfft2;
    /// use hpc::prelude::*;
    /// assert_eq!(rfft2(&ones([3, 8])).shape(), [3, 5]);
    /// ```
    rfft2, |_| over(&[-2, -1]), rfftn;
}

/// The backward transform over all axes to real signals, `n` long along the last one. Undoes
/// [`rfftn`].
///
/// ```
/// use hpc::fft::{irfftn, rfftn};
/// use hpc::prelude::*;
/// let x = arange(0.0, 30.0, 1.0).reshape([2, 3, 5]);
/// assert!((irfftn(&rfftn(&x), 5) - &x).abs().max() < 1e-13);
/// ```
///
/// # Panics
/// Panics when there is no axis, or when signals have no elements.
#[track_caller]
pub fn irfftn(x: &Array, n: usize) -> Array {
    all(x).last_length(x, n).irfftn(x)
}

/// The backward transform over the last two axes to real signals, `n` long along the last one.
/// Undoes [`rfft2`].
///
/// ```
/// use hpc::fft::{irfft2, rfft2};
/// use hpc::prelude::*;
/// let x = arange(0.0, 15.0, 1.0).reshape([3, 5]);
/// assert!((irfft2(&rfft2(&x), 5) - &x).abs().max() < 1e-13);
/// ```
///
/// # Panics
/// Panics when there are no two axes, or when signals have no elements.
#[track_caller]
pub fn irfft2(x: &Array, n: usize) -> Array {
    over(&[-2, -1]).last_length(x, n).irfftn(x)
}

impl Over {
    /// Signals of those lengths, one for each axis: longer ones are cut, shorter ones get zeros
    /// behind.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(fft::over(&[0, 1]).lengths(&[4, 8]).fftn(&ones([3, 3])).shape(), [4, 8]);
    /// ```
    #[must_use]
    pub fn lengths(self, lengths: &[usize]) -> Self {
        Self {
            lengths: Some(lengths.to_vec()),
            ..self
        }
    }

    /// Scales as `norm` says.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = fft::over(&[0, 1]).norm(fft::Norm::Ortho).fftn(&ones([2, 2]));
    /// assert!((x.item_complex([0, 0]) - 2.0).norm() < 1e-15);
    /// ```
    #[must_use]
    pub fn norm(self, norm: Norm) -> Self {
        Self { norm, ..self }
    }

    /// See [`fftn`].
    ///
    /// # Panics
    /// Panics when there is no such axis, or when signals have no elements.
    #[track_caller]
    pub fn fftn(&self, x: &Array) -> Array {
        self.check("fftn", x);
        (0..self.axes.len())
            .rev()
            .fold(x.clone(), |x, place| self.step(place).fft(&x))
    }

    /// See [`ifftn`].
    ///
    /// # Panics
    /// As [`Over::fftn`].
    #[track_caller]
    pub fn ifftn(&self, x: &Array) -> Array {
        self.check("ifftn", x);
        (0..self.axes.len())
            .rev()
            .fold(x.clone(), |x, place| self.step(place).ifft(&x))
    }

    /// See [`rfftn`].
    ///
    /// # Panics
    /// As [`Over::fftn`], and when the array is complex or there are no axes.
    #[track_caller]
    pub fn rfftn(&self, x: &Array) -> Array {
        let last = self.check_last("rfftn", x);
        let x = self.step(last).rfft(x);
        (0..last).rev().fold(x, |x, place| self.step(place).fft(&x))
    }

    /// See [`irfftn`]. Without lengths, signals of length `2 (m - 1)` for `m` elements.
    ///
    /// # Panics
    /// As [`Over::fftn`], and when there are no axes.
    #[track_caller]
    pub fn irfftn(&self, x: &Array) -> Array {
        let last = self.check_last("irfftn", x);
        let x = (0..last).fold(x.clone(), |x, place| self.step(place).ifft(&x));
        self.step(last).irfft(&x)
    }

    fn step(&self, place: usize) -> super::Along {
        let step = along(self.axes[place]).norm(self.norm);
        match &self.lengths {
            Some(lengths) => step.length(lengths[place]),
            None => step,
        }
    }

    /// The lengths of the axes, with another one for the last.
    fn last_length(self, x: &Array, n: usize) -> Self {
        let length = |&axis: &isize| {
            let axis = if axis < 0 {
                axis + x.ndim() as isize
            } else {
                axis
            };
            usize::try_from(axis)
                .ok()
                .and_then(|axis| x.shape().get(axis))
                .copied()
                .unwrap_or(0)
        };
        let mut lengths: Vec<usize> = self.axes.iter().map(length).collect();
        if let Some(last) = lengths.last_mut() {
            *last = n;
        }
        self.lengths(&lengths)
    }

    #[track_caller]
    fn check(&self, routine: &'static str, x: &Array) {
        let ndim = x.ndim() as isize;
        let mut axes: Vec<isize> = self
            .axes
            .iter()
            .map(|&axis| if axis < 0 { axis + ndim } else { axis })
            .collect();
        axes.sort_unstable();
        axes.dedup();
        let is_right =
            axes.len() == self.axes.len() && axes.iter().all(|axis| (0..ndim).contains(axis));
        if !is_right {
            let message = format!(
                "an array of shape {:?} has no axes {:?}",
                x.shape(),
                self.axes
            );
            Error::argument(routine, message).raise();
        }
        if self
            .lengths
            .as_ref()
            .is_some_and(|lengths| lengths.len() != self.axes.len())
        {
            let message = format!("lengths {:?} for axes {:?}", self.lengths, self.axes);
            Error::argument(routine, message).raise();
        }
    }

    #[track_caller]
    fn check_last(&self, routine: &'static str, x: &Array) -> usize {
        self.check(routine, x);
        match self.axes.len().checked_sub(1) {
            Some(last) => last,
            None => Error::argument(routine, "it needs an axis").raise(),
        }
    }
}
