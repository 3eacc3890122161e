//! Reductions along some of the axes, in the pass that computes the array.
//!
//! The axes that go are neighbours, after a transposition if need be, so that the array is a stack
//! of `outer` tables with `length` rows of `inner` elements, and each table becomes one row. Tables
//! are cut into the same parts for any number of threads, and parts are combined in a fixed order.

use std::sync::Arc;

use num_complex::Complex;

use super::graph::Node;
use super::plan::{Program, plan};
use super::run::{BLOCK, Block, CHUNK, MOST_CHUNKS, Registers, evaluate};
use crate::array::dense::Dense;
use crate::array::dtype::{DType, with_type};
use crate::array::element::Typed;
use crate::array::layout::Dims;
use crate::array::storage::Storage;
use crate::error::Error;
use crate::host::interrupt;
use crate::pool::{self, Pool};
use crate::prof;
use crate::simd::{self, Fold, Number, Real};

/// Arrays up to this size are stored when they are reduced, in case they are used again.
const STORED_UP_TO: usize = 32 << 20;

/// Rows that are added one by one before their sum is added to that of the others, which keeps the
/// rounding errors small.
const ROWS_IN_A_ROW: usize = 64;

/// Elements of which a table is cut off for a thread of its own.
const PART: usize = 4 * CHUNK;

/// Numbers that can be reduced.
trait Accumulate: Typed + Number {
    /// The result for no elements.
    fn neutral(op: Fold) -> Self;
    fn fold(op: Fold, source: &[Self]) -> Self;
    fn accumulate(op: Fold, source: &[Self], target: &mut [Self]);
}

macro_rules! accumulate {
    ($fold:ident, $accumulate:ident, $least:expr, $greatest:expr; $($type:ty),*) => {$(
        impl Accumulate for $type {
            fn neutral(op: Fold) -> Self {
                match op {
                    Fold::Sum => Self::default(),
                    Fold::Product => <Self as Number>::ONE,
                    Fold::Min => $greatest,
                    Fold::Max => $least,
                }
            }

            fn fold(op: Fold, source: &[Self]) -> Self {
                simd::$fold(op, source)
            }

            fn accumulate(op: Fold, source: &[Self], target: &mut [Self]) {
                simd::$accumulate(op, source, target);
            }
        }
    )*};
}

accumulate!(fold_ordered, accumulate_ordered, Self::LEAST, Self::GREATEST;
    bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
accumulate!(fold, accumulate, Self::default(), Self::default(); Complex<f32>, Complex<f64>);

/// Reduces a node along `axes` (in ascending order, each once), with the elements brought to
/// `dtype`, which is that of the result. The axes that go are missing in the result's shape.
pub(crate) fn reduce_axes(
    routine: &'static str,
    node: &Arc<Node>,
    op: Fold,
    dtype: DType,
    axes: &[usize],
) -> Result<Dense, Error> {
    static SITE: prof::Site = prof::Site::routine("hpc::reduce");
    let _region = SITE.enter_routine();
    let neighbours = axes.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    if !neighbours {
        // The axes that go come last.
        let dense = evaluate(node)?;
        let kept = (0..node.shape.len()).filter(|axis| !axes.contains(axis));
        let order: Dims = kept.chain(axes.iter().copied()).collect();
        let layout = dense.layout.permuted(&order);
        let first = order.len() - axes.len();
        let storage = dense.storage;
        let node = Node::of(Dense { storage, layout });
        let axes: Dims = (first..order.len()).collect();
        return reduce_axes(routine, &node, op, dtype, &axes);
    }
    let (first, end) = match axes {
        [] => (0, 0),
        [first, ..] => (*first, first + axes.len()),
    };
    let table = Table {
        outer: node.shape[..first].iter().product(),
        length: node.shape[first..end].iter().product(),
        inner: node.shape[end..].iter().product(),
    };
    let shape: Dims = [&node.shape[..first], &node.shape[end..]].concat().into();
    let is_extreme = matches!(op, Fold::Min | Fold::Max);
    if table.length == 0 && is_extreme && shape.iter().all(|&n| n > 0) {
        return Err(Error::Empty {
            routine,
            shape: node.shape.to_vec(),
        });
    }
    if node.value().is_none() && node.bytes() <= STORED_UP_TO {
        evaluate(node)?;
    }
    let program = plan(node, false, dtype)?;
    let mut storage = Storage::allocate(routine, &shape, dtype)?;
    let target = storage.as_slice_mut();
    with_type!(dtype, T => table.reduce::<T>(op, &program, T::slice_mut(target), pool::pool()))?;
    Ok(Dense::new(storage, &shape))
}

struct Table {
    outer: usize,
    length: usize,
    inner: usize,
}

impl Table {
    fn reduce<T: Accumulate>(
        &self,
        op: Fold,
        program: &Program,
        target: &mut [T],
        pool: &Pool,
    ) -> Result<(), Error> {
        target.fill(T::neutral(op));
        let size = self.length * self.inner;
        if size == 0 || target.is_empty() {
            return Ok(());
        }
        if size <= PART {
            self.reduce_whole(op, program, target, pool)
        } else {
            self.reduce_parts(op, program, target, pool)
        }
    }

    /// Several tables at a time per thread.
    fn reduce_whole<T: Accumulate>(
        &self,
        op: Fold,
        program: &Program,
        target: &mut [T],
        pool: &Pool,
    ) -> Result<(), Error> {
        let tables = (CHUNK / (self.length * self.inner)).max(1);
        let mut tasks: Vec<(usize, &mut [T])> = target
            .chunks_mut(tables * self.inner)
            .enumerate()
            .map(|(index, target)| (index * tables, target))
            .collect();
        let scratch = || Registers::new(program);
        let done = pool.map_with(&mut tasks, &scratch, &|registers, (first, target)| {
            let registers = registers.as_mut().map_err(|error| error.clone())?;
            for (index, target) in target.chunks_mut(self.inner).enumerate() {
                let start = (*first + index) * self.length * self.inner;
                self.rows(op, program, registers, start, self.length, target);
            }
            Ok(())
        });
        done.into_iter().collect()
    }

    /// Each table in parts, whose results are combined afterwards.
    fn reduce_parts<T: Accumulate>(
        &self,
        op: Fold,
        program: &Program,
        target: &mut [T],
        pool: &Pool,
    ) -> Result<(), Error> {
        // Wide rows are cut into columns, so that a block is a piece of a row.
        let width = self.inner.min(BLOCK);
        let columns = self.inner.div_ceil(width);
        // A view may have more parts than there is memory for.
        let most_parts = (MOST_CHUNKS / (self.outer * columns)).max(1);
        let rows = (PART / width)
            .max(ROWS_IN_A_ROW)
            .max(self.length.div_ceil(most_parts));
        let parts = self.length.div_ceil(rows);
        let mut tasks: Vec<usize> = (0..self.outer * columns * parts).collect();
        let scratch = || Registers::new(program);
        let results = pool.map_with(&mut tasks, &scratch, &|registers, &mut task| {
            let registers = registers.as_mut().map_err(|error| error.clone())?;
            let (part, rest) = (task % parts, task / parts);
            let (column, table) = (rest % columns, rest / columns);
            let first_row = part * rows;
            let count = rows.min(self.length - first_row);
            let first = column * width;
            let mut target = vec![T::neutral(op); width.min(self.inner - first)];
            let start = (table * self.length + first_row) * self.inner + first;
            self.rows(op, program, registers, start, count, &mut target);
            Ok(target)
        });
        let results: Vec<Vec<T>> = results.into_iter().collect::<Result<_, Error>>()?;
        let pieces = target
            .chunks_mut(self.inner)
            .flat_map(|row| row.chunks_mut(width));
        for (target, results) in pieces.zip(results.chunks(parts)) {
            combine(op, results, target);
        }
        Ok(())
    }

    /// Combines `count` rows, or the pieces of rows that begin at `start`, into `target`.
    fn rows<T: Accumulate>(
        &self,
        op: Fold,
        program: &Program,
        registers: &mut Registers,
        start: usize,
        count: usize,
        target: &mut [T],
    ) {
        if self.inner == 1 {
            let mut blocks = (0..count).step_by(BLOCK).map(|first| {
                interrupt::check();
                let block = Block::of(start + first, BLOCK.min(count - first));
                T::fold(op, T::slice(block.values(program, registers)))
            });
            if let Some(first) = blocks.next() {
                target[0] = blocks.fold(first, |before, after| T::fold(op, &[before, after]));
            }
            return;
        }
        let width = target.len();
        let rows_per_block = if width == self.inner {
            (BLOCK / width).max(1)
        } else {
            1
        };
        let mut some = vec![T::neutral(op); width];
        let mut row = 0;
        let mut since = 0;
        while row < count {
            interrupt::check();
            let rows = rows_per_block.min(count - row);
            // A row wider than a block is taken in pieces.
            for first in (0..width * rows).step_by(BLOCK) {
                let len = BLOCK.min(width * rows - first);
                let block = Block::of(start + row * self.inner + first, len);
                let values = T::slice(block.values(program, registers));
                if rows == 1 {
                    T::accumulate(op, values, &mut some[first..first + len]);
                } else {
                    for values in values.chunks_exact(width) {
                        T::accumulate(op, values, &mut some);
                    }
                }
            }
            row += rows;
            since += rows;
            if since >= ROWS_IN_A_ROW || row == count {
                T::accumulate(op, &some, target);
                some.fill(T::neutral(op));
                since = 0;
            }
        }
    }
}

/// Combines neighbours, then neighbours of those.
fn combine<T: Accumulate>(op: Fold, parts: &[Vec<T>], target: &mut [T]) {
    match parts {
        [] => {}
        [part] => target.copy_from_slice(part),
        parts => {
            let (before, after) = parts.split_at(parts.len().next_power_of_two() / 2);
            combine(op, before, target);
            let mut rest = vec![T::neutral(op); target.len()];
            combine(op, after, &mut rest);
            T::accumulate(op, &rest, target);
        }
    }
}
