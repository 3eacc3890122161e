//! The factor of a Hermitian, positive definite matrix: `A = L L^H`.

use faer::linalg::cholesky::llt::factor::{LltError, cholesky_in_place, cholesky_in_place_scratch};
use num_complex::ComplexFloat;

use super::batch::each_item;
use super::buffer::{Matrix, Scratch, put};
use super::job::{Failed, Job, Routine, Stop};
use super::scalar::Scalar;
use crate::table::UPPER;

pub(super) struct Cholesky;

impl Routine for Cholesky {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        let (a, out) = (job.part::<T, 2>(0), job.part::<T, 2>(1));
        let n = a.rows();
        let is_upper = job.has_option(UPPER);
        each_item(job, a.items(), (n as f64).powi(3) / 3.0, |item, par| {
            let source = a.matrix(item);
            let mut factor = if is_upper {
                Matrix::adjoint_of(source)?
            } else {
                Matrix::copy_of(source)?
            };
            let size = cholesky_in_place_scratch::<T>(n, par, Default::default());
            cholesky_in_place(
                factor.get_mut(),
                Default::default(),
                par,
                Scratch::new(size)?.stack(),
                Default::default(),
            )
            .map_err(|LltError::NonPositivePivot { index }| Stop::NotPositiveDefinite { index })?;
            let is_nan = |&index: &usize| ComplexFloat::is_nan(factor.column(index)[index]);
            if let Some(index) = (0..n).find(is_nan) {
                return Err(Stop::NotPositiveDefinite { index });
            }
            for (index, column) in factor.columns_mut().enumerate() {
                column[..index].fill(T::zero());
            }
            if is_upper {
                put(
                    factor.get().transpose(),
                    out.matrix_mut(item),
                    ComplexFloat::conj,
                );
            } else {
                put(factor.get(), out.matrix_mut(item), |value| value);
            }
            Ok(())
        })
    }
}
