//! Eigenvalues and eigenvectors: `A v = w v`.

use faer::diag::DiagMut;
use faer::linalg::evd::{
    ComputeEigenvectors, EvdError, evd_cplx, evd_real, evd_scratch, self_adjoint_evd,
    self_adjoint_evd_scratch,
};
use faer::{Par, c32, c64};
use num_complex::Complex;
use rustfft::num_traits::Float;

use super::batch::each_item;
use super::buffer::{Matrix, Scratch, put, zeros};
use super::job::{Failed, Job, Routine, Stop};
use super::scalar::Scalar;
use crate::table::{REAL, UPPER};

pub(super) struct Eigh;
pub(super) struct Eig;

fn not_converged(_: EvdError) -> Stop {
    Stop::NoConvergence
}

fn wish(vectors: bool) -> ComputeEigenvectors {
    if vectors {
        ComputeEigenvectors::Yes
    } else {
        ComputeEigenvectors::No
    }
}

impl Routine for Eigh {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        let (a, w) = (job.part::<T, 2>(0), job.part::<T::R, 1>(1));
        let v = job.optional_part::<T, 2>(2);
        let n = a.rows();
        let is_upper = job.has_option(UPPER);
        if n == 0 {
            return Ok(());
        }
        each_item(job, a.items(), 9.0 * (n as f64).powi(3), |item, par| {
            let source = a.matrix(item);
            let mut source = if is_upper {
                Matrix::adjoint_of(source)?
            } else {
                Matrix::copy_of(source)?
            };
            // The other triangle is not looked at, so its NaN do not count.
            for (index, column) in source.columns_mut().enumerate() {
                column[..index].fill(T::zero());
            }
            if !source.is_finite() {
                return Err(Stop::NotFinite);
            }
            let scale = source.rescale();
            let mut values = zeros(n)?;
            let mut vectors = v.map(|_| Matrix::zeros(n, n)).transpose()?;
            let size = self_adjoint_evd_scratch::<T>(n, wish(v.is_some()), par, Default::default());
            self_adjoint_evd(
                source.get(),
                DiagMut::from_slice_mut(&mut values),
                vectors.as_mut().map(Matrix::get_mut),
                par,
                Scratch::new(size)?.stack(),
                Default::default(),
            )
            .map_err(not_converged)?;
            let scale = scale.unwrap_or(T::R::nearest(1.0));
            w.put_all(item, values.iter().map(|value: &T| value.re() * scale));
            if let (Some(part), Some(vectors)) = (v, vectors) {
                put(vectors.get(), part.matrix_mut(item), |value| value);
            }
            Ok(())
        })
    }
}

impl Routine for Eig {
    /// The kind of the call is that of the results.
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        match (size_of::<T::R>() == 4, job.has_option(REAL)) {
            (true, true) => eig::<f32>(job),
            (true, false) => eig::<c32>(job),
            (false, true) => eig::<f64>(job),
            (false, false) => eig::<c64>(job),
        }
    }
}

fn eig<T: General>(job: &Job<'_>) -> Result<(), Failed> {
    let (a, w) = (job.part::<T, 2>(0), job.part::<T::C, 1>(1));
    let v = job.optional_part::<T::C, 2>(2);
    let n = a.rows();
    if n == 0 {
        return Ok(());
    }
    each_item(job, a.items(), 25.0 * (n as f64).powi(3), |item, par| {
        let mut source = Matrix::copy_of(a.matrix(item))?;
        if !source.is_finite() {
            return Err(Stop::NotFinite);
        }
        let scale = source.rescale().unwrap_or(T::R::nearest(1.0));
        let mut vectors = v.map(|_| Matrix::zeros(n, n)).transpose()?;
        let values = T::decompose(&source, vectors.as_mut(), par)?;
        w.put_all(
            item,
            values
                .into_iter()
                .map(|value| value * T::C::from_real(scale)),
        );
        if let (Some(part), Some(vectors)) = (v, vectors) {
            put(vectors.get(), part.matrix_mut(item), |value| value);
        }
        Ok(())
    })
}

/// Matrices without symmetry.
trait General: Scalar {
    /// The complex numbers that belong to it.
    type C: Scalar<R = Self::R>;

    /// Eigenvalues, and the vectors that are asked for.
    fn decompose(
        a: &Matrix<Self>,
        vectors: Option<&mut Matrix<Self::C>>,
        par: Par,
    ) -> Result<Vec<Self::C>, Stop>;
}

macro_rules! general {
    ($real:ty, $complex:ty) => {
        impl General for $complex {
            type C = $complex;

            fn decompose(
                a: &Matrix<Self>,
                mut vectors: Option<&mut Matrix<Self>>,
                par: Par,
            ) -> Result<Vec<Self>, Stop> {
                let n = a.get().nrows();
                let mut values = zeros(n)?;
                let (left, right) = (wish(false), wish(vectors.is_some()));
                let size = evd_scratch::<Self>(n, left, right, par, Default::default());
                evd_cplx(
                    a.get(),
                    DiagMut::from_slice_mut(&mut values),
                    None,
                    vectors.as_deref_mut().map(Matrix::get_mut),
                    par,
                    Scratch::new(size)?.stack(),
                    Default::default(),
                )
                .map_err(not_converged)?;
                if let Some(vectors) = vectors {
                    for column in vectors.columns_mut() {
                        normalize(column);
                    }
                }
                Ok(values)
            }
        }

        impl General for $real {
            type C = $complex;

            fn decompose(
                a: &Matrix<Self>,
                vectors: Option<&mut Matrix<$complex>>,
                par: Par,
            ) -> Result<Vec<$complex>, Stop> {
                let n = a.get().nrows();
                let (mut re, mut im) = (zeros(n)?, zeros(n)?);
                let mut parts = vectors.as_ref().map(|_| Matrix::zeros(n, n)).transpose()?;
                let (left, right) = (wish(false), wish(vectors.is_some()));
                let size = evd_scratch::<Self>(n, left, right, par, Default::default());
                evd_real(
                    a.get(),
                    DiagMut::from_slice_mut(&mut re),
                    DiagMut::from_slice_mut(&mut im),
                    None,
                    parts.as_mut().map(Matrix::get_mut),
                    par,
                    Scratch::new(size)?.stack(),
                    Default::default(),
                )
                .map_err(not_converged)?;
                if let (Some(vectors), Some(parts)) = (vectors, parts) {
                    join_pairs(&parts, &im, vectors);
                    vectors.columns_mut().for_each(normalize);
                }
                Ok(re
                    .into_iter()
                    .zip(im)
                    .map(|(re, im)| Complex::new(re, im))
                    .collect())
            }
        }
    };
}

general!(f32, c32);
general!(f64, c64);

/// Vectors of a pair of conjugate values lie in two columns: real and imaginary part of the first.
fn join_pairs<R: Float>(parts: &Matrix<R>, im: &[R], joined: &mut Matrix<Complex<R>>) {
    let mut index = 0;
    while index < im.len() {
        if im[index].is_zero() {
            for (to, &re) in joined.column_mut(index).iter_mut().zip(parts.column(index)) {
                *to = Complex::new(re, R::zero());
            }
            index += 1;
            continue;
        }
        let pair = || parts.column(index).iter().zip(parts.column(index + 1));
        for (to, (&re, &im)) in joined.column_mut(index).iter_mut().zip(pair()) {
            *to = Complex::new(re, im);
        }
        for (to, (&re, &im)) in joined.column_mut(index + 1).iter_mut().zip(pair()) {
            *to = Complex::new(re, -im);
        }
        index += 2;
    }
}

/// Makes the length 1 and the largest component real, as LAPACK does.
fn normalize<R: Float>(vector: &mut [Complex<R>]) {
    let largest = vector
        .iter()
        .fold(Complex::new(R::zero(), R::zero()), |best, &value| {
            if value.norm() > best.norm() {
                value
            } else {
                best
            }
        });
    if largest.norm().is_zero() {
        return;
    }
    // Divided by the largest first, so that squares neither overflow nor vanish.
    let is_real = vector.iter().all(|value| value.im.is_zero());
    let turn = if is_real {
        Complex::from(largest.norm())
    } else {
        largest
    };
    for value in vector.iter_mut() {
        *value = *value / turn;
    }
    let squares = vector
        .iter()
        .fold(R::zero(), |sum, value| sum + value.norm_sqr());
    for value in vector {
        *value = value.unscale(squares.sqrt());
    }
}
