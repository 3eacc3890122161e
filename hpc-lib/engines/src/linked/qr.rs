//! Orthogonal and triangular factors: `A = Q R`.

use faer::Conj;
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj,
};
use faer::linalg::qr::no_pivoting::factor::{
    qr_in_place, qr_in_place_scratch, recommended_block_size,
};

use super::batch::each_item;
use super::buffer::{Matrix, Scratch, put};
use super::job::{Failed, Job, Routine};
use super::scalar::Scalar;

pub(super) struct Qr;

impl Routine for Qr {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        let (a, q, r) = (
            job.part::<T, 2>(0),
            job.optional_part::<T, 2>(1),
            job.part::<T, 2>(2),
        );
        let (rows, columns) = (a.rows(), a.columns());
        let size = rows.min(columns);
        let block = recommended_block_size::<T>(rows, columns);
        let cost = 2.0 * rows as f64 * columns as f64 * size as f64;
        let cost = if q.is_some() { 2.0 * cost } else { cost };
        each_item(job, a.items(), cost, |item, par| {
            let mut factors = Matrix::copy_of(a.matrix(item))?;
            let mut blocks = Matrix::zeros(block, size)?;
            if size > 0 {
                let scratch =
                    qr_in_place_scratch::<T>(rows, columns, block, par, Default::default());
                qr_in_place(
                    factors.get_mut(),
                    blocks.get_mut(),
                    par,
                    Scratch::new(scratch)?.stack(),
                    Default::default(),
                );
            }
            if let Some(q) = q {
                let mut answer = Matrix::zeros(rows, q.columns())?;
                for index in 0..q.columns() {
                    answer.column_mut(index)[index] = T::one();
                }
                if size > 0 {
                    let scratch = apply_block_householder_sequence_on_the_left_in_place_scratch::<T>(
                        rows,
                        block,
                        q.columns(),
                    );
                    apply_block_householder_sequence_on_the_left_in_place_with_conj(
                        factors.get().subcols(0, size),
                        blocks.get(),
                        Conj::No,
                        answer.get_mut(),
                        par,
                        Scratch::new(scratch)?.stack(),
                    );
                }
                put(answer.get(), q.matrix_mut(item), |value| value);
            }
            for (index, column) in factors.columns_mut().enumerate() {
                let below = column.len().min(index + 1);
                column[below..].fill(T::zero());
            }
            put(
                factors.get().subrows(0, r.rows()),
                r.matrix_mut(item),
                |value| value,
            );
            Ok(())
        })
    }
}
