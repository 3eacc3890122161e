//! Products of matrices of integers and bool, for which there is no engine.

use super::matrices::Matrices;
use crate::array::Array;
use crate::array::dense::Dense;
use crate::array::dtype::DType;
use crate::array::element::Typed;
use crate::array::layout::Layout;
use crate::error::Error;
use crate::pool::pool;

/// Rows of the result that a thread makes at a time, and that use a part of the right matrix while it
/// is in the cache.
const ROWS: usize = 16;

/// Columns and rows of that part.
const COLUMNS: usize = 512;
const DEPTH: usize = 64;

/// The products of two batches of matrices of one dtype, which wrap around: bool is "or" of "and".
///
/// Computed in 32 or 64 bits, of which the lower ones are those of a product in fewer bits; cutting
/// them off is what a cast does.
pub(super) fn products(
    dtype: DType,
    left: &Matrices,
    right: &Matrices,
    batch: &[usize],
) -> Result<Array, Error> {
    let wide = match dtype {
        DType::Bool | DType::I64 | DType::U32 | DType::U64 => DType::I64,
        _ => DType::I32,
    };
    let product = if wide == DType::I64 {
        multiplied::<i64>(
            wide,
            left,
            right,
            batch,
            i64::wrapping_mul,
            i64::wrapping_add,
        )
    } else {
        multiplied::<i32>(
            wide,
            left,
            right,
            batch,
            i32::wrapping_mul,
            i32::wrapping_add,
        )
    };
    product.map(|product| product.astype(dtype))
}

/// For each item of `batch` the number of its matrix.
fn items(own: &[usize], batch: &[usize]) -> Vec<usize> {
    let mut items = Vec::new();
    if let Some(layout) = Layout::contiguous(own).broadcast(batch) {
        let count = batch.iter().product();
        layout.for_each_run(0, count, |start, stride, n| {
            items.extend((0..n).map(|i| (start as isize + i as isize * stride) as usize));
        });
    }
    items
}

fn multiplied<T: Typed>(
    dtype: DType,
    left: &Matrices,
    right: &Matrices,
    batch: &[usize],
    times: impl Fn(T, T) -> T + Copy + Sync,
    plus: impl Fn(T, T) -> T + Copy + Sync,
) -> Result<Array, Error> {
    let routine = left.routine;
    let (rows, depth, columns) = (left.rows(), left.columns(), right.columns());
    let (lefts, rights) = (items(left.batch(), batch), items(right.batch(), batch));
    let left = left
        .given
        .array()
        .astype(dtype)
        .dense()
        .to_contiguous(routine)?;
    let right = right
        .given
        .array()
        .astype(dtype)
        .dense()
        .to_contiguous(routine)?;
    let (left, right) = (T::slice(left.slice()), T::slice(right.slice()));
    let shape = [batch, &[rows, columns]].concat();
    let dense = Dense::build(routine, &shape, &mut |target: &mut [T]| {
        target.fill(T::default());
        if columns == 0 || depth == 0 {
            return;
        }
        pool().for_each_piece(target, ROWS * columns, &|start, target| {
            let first = start / columns;
            for column in (0..columns).step_by(COLUMNS) {
                let width = COLUMNS.min(columns - column);
                for from in (0..depth).step_by(DEPTH) {
                    let to = depth.min(from + DEPTH);
                    for (row, out) in (first..).zip(target.chunks_exact_mut(columns)) {
                        let (item, row) = (row / rows, row % rows);
                        let own = &left[(lefts[item] * rows + row) * depth..][from..to];
                        let out = &mut out[column..column + width];
                        for (&factor, k) in own.iter().zip(from..to) {
                            let other = &right[(rights[item] * depth + k) * columns + column..];
                            for (out, &value) in out.iter_mut().zip(&other[..width]) {
                                *out = plus(*out, times(factor, value));
                            }
                        }
                    }
                }
            }
        });
    })?;
    Ok(Array::of(dense))
}
