//! Singular values, and least squares by them: `A = U diag(s) V^H`.

use faer::diag::DiagMut;
use faer::linalg::matmul::matmul;
use faer::linalg::svd::{ComputeSvdVectors, SvdError, svd, svd_scratch};
use faer::{Accum, Par};
use num_complex::ComplexFloat;

use super::batch::each_item;
use super::buffer::{Matrix, Scratch, put, zeros};
use super::job::{Failed, Job, Routine, Stop};
use super::scalar::Scalar;

pub(super) struct Svd;
pub(super) struct Lstsq;

/// Singular values, and the vectors that were asked for.
struct Values<T> {
    s: Vec<T>,
    u: Option<Matrix<T>>,
    v: Option<Matrix<T>>,
}

/// The values, with so many columns of `U` and `V`.
fn decompose<T: Scalar>(
    mut a: Matrix<T>,
    u_columns: Option<usize>,
    v_columns: Option<usize>,
    par: Par,
) -> Result<Values<T>, Stop> {
    if !a.is_finite() {
        return Err(Stop::NotFinite);
    }
    let scale = a.rescale();
    let (rows, columns) = a.get().shape();
    let size = rows.min(columns);
    let mut s = zeros(size)?;
    let mut u = u_columns
        .map(|count| Matrix::zeros(rows, count))
        .transpose()?;
    let mut v = v_columns
        .map(|count| Matrix::zeros(columns, count))
        .transpose()?;
    let wish = |count: Option<usize>| match count {
        None => ComputeSvdVectors::No,
        Some(count) if count == size => ComputeSvdVectors::Thin,
        Some(_) => ComputeSvdVectors::Full,
    };
    let (wish_u, wish_v) = (wish(u_columns), wish(v_columns));
    let scratch = svd_scratch::<T>(rows, columns, wish_u, wish_v, par, Default::default());
    svd(
        a.get(),
        DiagMut::from_slice_mut(&mut s),
        u.as_mut().map(Matrix::get_mut),
        v.as_mut().map(Matrix::get_mut),
        par,
        Scratch::new(scratch)?.stack(),
        Default::default(),
    )
    .map_err(|SvdError::NoConvergence| Stop::NoConvergence)?;
    if let Some(scale) = scale {
        for value in &mut s {
            *value *= T::from_real(scale);
        }
    }
    Ok(Values { s, u, v })
}

/// Operations, roughly.
fn cost(rows: usize, columns: usize) -> f64 {
    let (rows, columns) = (rows as f64, columns as f64);
    8.0 * rows * columns * rows.min(columns)
}

impl Routine for Svd {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        let (a, s) = (job.part::<T, 2>(0), job.part::<T::R, 1>(2));
        let (u, vh) = (job.optional_part::<T, 2>(1), job.optional_part::<T, 2>(3));
        each_item(job, a.items(), cost(a.rows(), a.columns()), |item, par| {
            let source = Matrix::copy_of(a.matrix(item))?;
            let values = decompose(source, u.map(|u| u.columns()), vh.map(|vh| vh.rows()), par)?;
            s.put_all(item, values.s.iter().map(|value| value.re()));
            if let (Some(part), Some(u)) = (u, values.u) {
                put(u.get(), part.matrix_mut(item), |value| value);
            }
            if let (Some(part), Some(v)) = (vh, values.v) {
                put(
                    v.get().transpose(),
                    part.matrix_mut(item),
                    ComplexFloat::conj,
                );
            }
            Ok(())
        })
    }
}

impl Routine for Lstsq {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        let (a, b, x) = (
            job.part::<T, 2>(0),
            job.part::<T, 2>(1),
            job.part::<T, 2>(2),
        );
        let (residuals, rank, s) = (
            job.part::<T::R, 1>(3),
            job.part::<usize, 0>(4),
            job.part::<T::R, 1>(5),
        );
        let size = a.rows().min(a.columns());
        let smallest = T::R::nearest(job.parameter());
        each_item(job, a.items(), cost(a.rows(), a.columns()), |item, par| {
            let source = Matrix::copy_of(a.matrix(item))?;
            let right = Matrix::copy_of(b.matrix(item))?;
            let values = decompose(source.clone(), Some(size), Some(size), par)?;
            let (Some(u), Some(v)) = (values.u, values.v) else {
                unreachable!("both were asked for");
            };
            let limit = values
                .s
                .first()
                .map_or(T::R::nearest(0.0), |first| first.re())
                * smallest;
            let its_rank = values
                .s
                .iter()
                .take_while(|value| value.re() > limit)
                .count();

            // x = V diag(1/s) U^H b, of the values that count.
            let mut parts = Matrix::zeros(its_rank, b.columns())?;
            matmul(
                parts.get_mut(),
                Accum::Replace,
                u.get().subcols(0, its_rank).adjoint(),
                right.get(),
                T::one(),
                par,
            );
            for column in parts.columns_mut() {
                for (part, &value) in column.iter_mut().zip(&values.s) {
                    *part /= value;
                }
            }
            let mut answer = Matrix::zeros(a.columns(), b.columns())?;
            matmul(
                answer.get_mut(),
                Accum::Replace,
                v.get().subcols(0, its_rank),
                parts.get(),
                T::one(),
                par,
            );
            let mut rest = right;
            matmul(
                rest.get_mut(),
                Accum::Add,
                source.get(),
                answer.get(),
                -T::one(),
                par,
            );

            put(answer.get(), x.matrix_mut(item), |value| value);
            let squares = |index| {
                let add = |sum: T::R, value: &T| {
                    let size = ComplexFloat::abs(*value);
                    sum + size * size
                };
                rest.column(index).iter().fold(T::R::nearest(0.0), add)
            };
            residuals.put_all(item, (0..b.columns()).map(squares));
            rank.put(item, its_rank);
            s.put_all(item, values.s.iter().map(|value| value.re()));
            Ok(())
        })
    }
}
