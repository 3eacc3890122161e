//! Covariances and correlations of the rows of a matrix, as methods of arrays.

use super::matrices::swapped;
use super::product::matmul;
use crate::array::{Array, Axes, Complex, DType, full, select};
use crate::error::{Error, OrRaise};

impl Array {
    /// The covariances of variables, whose observations are the rows of a matrix, with `ddof` taken
    /// from the number of observations (1 is usual): a matrix of f64 (c128 for complex numbers). Of
    /// an array with one axis the variance, without axes.
    ///
    /// Costs a product of the matrix with its transpose.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]);
    /// assert_eq!(x.cov(1.0).to_vec::<f64>(), [1.0, -1.0, -1.0, 1.0]);
    /// assert_eq!(x.corrcoef().to_vec::<f64>(), [1.0, -1.0, -1.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when the array has more than two axes or none, or there is not enough memory.
    #[track_caller]
    pub fn cov(&self, ddof: f64) -> Self {
        covariances("cov", self, ddof).or_raise()
    }

    /// The correlation coefficients of variables, whose observations are the rows of a matrix, from
    /// -1 to 1: a matrix of f64 (c128 for complex numbers). NaN for a variable that does not vary.
    ///
    /// Costs as [`cov`](Self::cov).
    ///
    /// # Panics
    /// Panics as `cov` does.
    #[track_caller]
    pub fn corrcoef(&self) -> Self {
        correlations(self).or_raise()
    }
}

fn covariances(routine: &'static str, array: &Array, ddof: f64) -> Result<Array, Error> {
    if array.ndim() > 2 || array.ndim() == 0 {
        return Err(Error::Dimensions {
            routine,
            shape: array.shape().to_vec(),
            expected: "it takes arrays with one or two axes",
        });
    }
    let x = array.astype(array.dtype().promote(DType::F64)).atleast_2d();
    let freedom = (x.shape()[1] as f64 - ddof).max(0.0);
    let centred = (&x - x.mean_axis(Axes::from(1).keep())).eval();
    let matrix = matmul(&centred, &swapped(&centred).conj()) / freedom;
    Ok(if array.ndim() == 1 {
        matrix.reshape(())
    } else {
        matrix
    })
}

fn correlations(array: &Array) -> Result<Array, Error> {
    let covariances = covariances("corrcoef", array, 0.0)?;
    if array.ndim() == 1 {
        // A variable and itself, unless it does not vary.
        let varies = covariances.real().max() > 0.0;
        return Ok(full((), if varies { 1.0 } else { f64::NAN }).astype(covariances.dtype()));
    }
    let deviation = covariances.diag(0).real().sqrt();
    let scaled = covariances / deviation.reshape([-1, 1]) / deviation;
    if !scaled.dtype().is_complex() {
        return Ok(clipped(&scaled));
    }
    Ok(clipped(&scaled.real()) + clipped(&scaled.imag()) * Complex::I)
}

/// Between -1 and 1, which rounding may have passed.
fn clipped(scaled: &Array) -> Array {
    select(scaled.isnan(), scaled, scaled.clip(-1.0, 1.0))
}
