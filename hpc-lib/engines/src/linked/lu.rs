//! What rests on the factors of Gauss' elimination with row pivots: `P A = L U`.

use faer::linalg::lu::partial_pivoting::{factor, inverse, solve};
use faer::perm::PermRef;
use faer::{Conj, Par};
use num_complex::ComplexFloat;

use super::batch::each_item;
use super::buffer::{Matrix, Scratch, put};
use super::job::{Failed, Job, Routine, Stop};
use super::scalar::Scalar;

pub(super) struct Lu;
pub(super) struct Slogdet;
pub(super) struct Det;
pub(super) struct Solve;
pub(super) struct Inv;

/// The factors: `L` below the diagonal, `U` on and above it.
struct Factors<T> {
    lu: Matrix<T>,
    order: Vec<usize>,
    inverse_order: Vec<usize>,
    exchanges: usize,
    is_finite: bool,
}

impl<T: Scalar> Factors<T> {
    fn new(lu: Matrix<T>, par: Par) -> Result<Self, Stop> {
        let mut lu = lu;
        let is_finite = lu.is_finite();
        let (rows, columns) = lu.get().shape();
        let mut order = vec![0; rows];
        let mut inverse_order = vec![0; rows];
        let size = factor::lu_in_place_scratch::<usize, T>(rows, columns, par, Default::default());
        let (info, _) = factor::lu_in_place(
            lu.get_mut(),
            &mut order,
            &mut inverse_order,
            par,
            Scratch::new(size)?.stack(),
            Default::default(),
        );
        Ok(Self {
            lu,
            order,
            inverse_order,
            exchanges: info.transposition_count,
            is_finite,
        })
    }

    fn diagonal(&self) -> impl Iterator<Item = T> {
        let lu = self.lu.get();
        (0..lu.nrows().min(lu.ncols())).map(move |index| lu[(index, index)])
    }

    /// The first pivot that is zero. After it the factors mean nothing. A matrix with infinities
    /// or NaN is not called singular: its results are NaN.
    fn zero_pivot(&self) -> Option<usize> {
        let mut diagonal = self.diagonal();
        diagonal
            .position(|pivot| pivot == T::zero())
            .filter(|_| self.is_finite)
    }

    fn check_regular(&self) -> Result<(), Stop> {
        self.zero_pivot()
            .map_or(Ok(()), |index| Err(Stop::Singular { index }))
    }

    fn permutation(&self) -> PermRef<'_, usize> {
        PermRef::new_checked(&self.order, &self.inverse_order, self.order.len())
    }

    /// Sign and logarithm of the determinant.
    fn slogdet(&self) -> (T, T::R) {
        if self.zero_pivot().is_some() {
            return (T::zero(), T::R::nearest(f64::NEG_INFINITY));
        }
        let mut sign = if self.exchanges.is_multiple_of(2) {
            T::one()
        } else {
            -T::one()
        };
        let mut log = T::R::nearest(0.0);
        for pivot in self.diagonal() {
            let size = ComplexFloat::abs(pivot);
            sign *= pivot / T::from_real(size);
            log += ComplexFloat::ln(size);
        }
        (sign, log)
    }

    fn det(&self) -> T {
        if self.zero_pivot().is_some() {
            return T::zero();
        }
        let sign = if self.exchanges.is_multiple_of(2) {
            T::one()
        } else {
            -T::one()
        };
        self.diagonal().fold(sign, |product, pivot| product * pivot)
    }
}

/// Operations of the factorisation.
fn cost(rows: usize, columns: usize) -> f64 {
    let (rows, columns) = (rows as f64, columns as f64);
    rows * columns * rows.min(columns)
}

impl Routine for Lu {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        let (a, out) = (job.part::<T, 2>(0), job.part::<T, 2>(1));
        let order = job.part::<usize, 1>(2);
        each_item(job, a.items(), cost(a.rows(), a.columns()), |item, par| {
            let source = Matrix::copy_of(a.matrix(item))?;
            let mut factors = Factors::new(source, par)?;
            if factors.zero_pivot().is_some() {
                factors = Factors::of_singular(Matrix::copy_of(a.matrix(item))?);
            }
            put(factors.lu.get(), out.matrix_mut(item), |value| value);
            order.put_all(item, factors.order);
            Ok(())
        })
    }
}

impl<T: Scalar> Factors<T> {
    /// Elimination that goes on after a column without a pivot, where faer divides by zero.
    fn of_singular(mut lu: Matrix<T>) -> Self {
        let (rows, columns) = lu.get().shape();
        let mut order: Vec<usize> = (0..rows).collect();
        let mut exchanges = 0;
        for step in 0..rows.min(columns) {
            let mut a = lu.get_mut();
            let mut best = step;
            for row in step..rows {
                if ComplexFloat::abs(a[(row, step)]) > ComplexFloat::abs(a[(best, step)]) {
                    best = row;
                }
            }
            let pivot = a[(best, step)];
            if pivot == T::zero() {
                continue;
            }
            if best != step {
                order.swap(best, step);
                exchanges += 1;
                for column in 0..columns {
                    let (upper, lower) = (a[(step, column)], a[(best, column)]);
                    (a[(step, column)], a[(best, column)]) = (lower, upper);
                }
            }
            for row in step + 1..rows {
                a[(row, step)] /= pivot;
            }
            for column in step + 1..columns {
                let factor = a[(step, column)];
                for row in step + 1..rows {
                    a[(row, column)] = a[(row, column)] - a[(row, step)] * factor;
                }
            }
        }
        let mut inverse_order = vec![0; rows];
        for (place, &row) in order.iter().enumerate() {
            inverse_order[row] = place;
        }
        Self {
            lu,
            order,
            inverse_order,
            exchanges,
            is_finite: true,
        }
    }
}

impl Routine for Slogdet {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        let (a, sign, log) = (
            job.part::<T, 2>(0),
            job.part::<T, 0>(1),
            job.part::<T::R, 0>(2),
        );
        each_item(job, a.items(), cost(a.rows(), a.columns()), |item, par| {
            let factors = Factors::new(Matrix::copy_of(a.matrix(item))?, par)?;
            let (its_sign, its_log) = factors.slogdet();
            sign.put(item, its_sign);
            log.put(item, its_log);
            Ok(())
        })
    }
}

impl Routine for Det {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        let (a, det) = (job.part::<T, 2>(0), job.part::<T, 0>(1));
        each_item(job, a.items(), cost(a.rows(), a.columns()), |item, par| {
            let factors = Factors::new(Matrix::copy_of(a.matrix(item))?, par)?;
            det.put(item, factors.det());
            Ok(())
        })
    }
}

impl Routine for Solve {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        let (a, b, x) = (
            job.part::<T, 2>(0),
            job.part::<T, 2>(1),
            job.part::<T, 2>(2),
        );
        let (rows, columns) = (b.rows(), b.columns());
        let cost =
            cost(rows, rows) + 2.0 * cost(rows, rows.max(1)) / rows.max(1) as f64 * columns as f64;
        each_item(job, a.items(), cost, |item, par| {
            let factors = Factors::new(Matrix::copy_of(a.matrix(item))?, par)?;
            factors.check_regular()?;
            let mut answer = Matrix::copy_of(b.matrix(item))?;
            let size = solve::solve_in_place_scratch::<usize, T>(rows, columns, par);
            solve::solve_in_place_with_conj(
                factors.lu.get(),
                factors.lu.get(),
                factors.permutation(),
                Conj::No,
                answer.get_mut(),
                par,
                Scratch::new(size)?.stack(),
            );
            put(answer.get(), x.matrix_mut(item), |value| value);
            Ok(())
        })
    }
}

impl Routine for Inv {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        let (a, out) = (job.part::<T, 2>(0), job.part::<T, 2>(1));
        let n = a.rows();
        each_item(job, a.items(), 3.0 * cost(n, n), |item, par| {
            let factors = Factors::new(Matrix::copy_of(a.matrix(item))?, par)?;
            factors.check_regular()?;
            let mut answer = Matrix::zeros(n, n)?;
            inverse::inverse(
                answer.get_mut(),
                factors.lu.get(),
                factors.lu.get(),
                factors.permutation(),
                par,
                Scratch::new(inverse::inverse_scratch::<usize, T>(n, par))?.stack(),
            );
            put(answer.get(), out.matrix_mut(item), |value| value);
            Ok(())
        })
    }
}
