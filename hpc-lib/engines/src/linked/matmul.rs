//! Products of matrices.

use faer::Par;
use gemm::Parallelism;

use super::batch::each_item;
use super::job::{Failed, Job, Part, Routine};
use super::scalar::Scalar;
use crate::table::{CONJUGATE_LEFT, CONJUGATE_RIGHT};

pub(super) struct Matmul;

/// Operations between two looks at the caller's wish to stop: some hundred milliseconds of one
/// thread.
const PANEL: f64 = 1e10;

/// Panels are never narrower, so that packing the other matrix anew costs little.
const WIDTH: usize = 256;

impl Routine for Matmul {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        let (a, b, out) = (
            job.part::<T, 2>(0),
            job.part::<T, 2>(1),
            job.part::<T, 2>(2),
        );
        let (rows, columns, depth) = (out.rows(), out.columns(), a.columns());
        if rows == 0 || columns == 0 {
            return Ok(());
        }
        let conjugate = (
            job.has_option(CONJUGATE_LEFT),
            job.has_option(CONJUGATE_RIGHT),
        );
        let cost = 2.0 * rows as f64 * columns as f64 * depth.max(1) as f64;
        let panel = |length: usize| ((length as f64 * PANEL / cost) as usize).max(WIDTH);
        each_item(job, out.items(), cost, |item, par| {
            let product = Product {
                a: Operand::new(&a, item),
                b: Operand::new(&b, item),
                out: Operand::new(&out, item),
                rows,
                columns,
                depth,
                conjugate,
            };
            let is_wide = columns >= rows;
            let length = if is_wide { columns } else { rows };
            let width = panel(length);
            for start in (0..length).step_by(width) {
                if start > 0 {
                    job.check()?;
                }
                let width = width.min(length - start);
                if is_wide {
                    product.of_columns(start, width).compute(par);
                } else {
                    product.of_rows(start, width).compute(par);
                }
            }
            Ok(())
        })
    }
}

/// A matrix, as gemm takes it.
#[derive(Clone, Copy)]
struct Operand<T> {
    start: *mut T,
    row_stride: isize,
    column_stride: isize,
}

impl<T: Copy> Operand<T> {
    fn new(part: &Part<'_, T, 2>, item: usize) -> Self {
        Self {
            start: part.at(item),
            row_stride: part.inner_strides[0],
            column_stride: part.inner_strides[1],
        }
    }

    fn from(mut self, row: usize, column: usize) -> Self {
        let offset = row as isize * self.row_stride + column as isize * self.column_stride;
        self.start = self.start.wrapping_offset(offset);
        self
    }
}

#[derive(Clone, Copy)]
struct Product<T> {
    a: Operand<T>,
    b: Operand<T>,
    out: Operand<T>,
    rows: usize,
    columns: usize,
    depth: usize,
    conjugate: (bool, bool),
}

impl<T: Scalar> Product<T> {
    fn of_columns(mut self, start: usize, width: usize) -> Self {
        self.columns = width;
        self.b = self.b.from(0, start);
        self.out = self.out.from(0, start);
        self
    }

    fn of_rows(mut self, start: usize, width: usize) -> Self {
        self.rows = width;
        self.a = self.a.from(start, 0);
        self.out = self.out.from(start, 0);
        self
    }

    fn compute(self, par: Par) {
        let parallelism = match par {
            Par::Seq => Parallelism::None,
            Par::Rayon(threads) => Parallelism::Rayon(threads.get()),
        };
        // SAFETY: the caller promises that the operands may be read, and `out` written, at all
        // indices of their shapes, and that `out` overlaps with nothing.
        unsafe {
            gemm::gemm(
                self.rows,
                self.columns,
                self.depth,
                self.out.start,
                self.out.column_stride,
                self.out.row_stride,
                false,
                self.a.start,
                self.a.column_stride,
                self.a.row_stride,
                self.b.start,
                self.b.column_stride,
                self.b.row_stride,
                T::zero(),
                T::one(),
                false,
                self.conjugate.0,
                self.conjugate.1,
                parallelism,
            );
        }
    }
}
