//! Sorted values and the order that sorts them.

use super::key::{Bits, Position, Sortable};
use super::radix::Item;
use super::spread;
use super::workspace::Plain;
use crate::disjoint::Disjoint;
use crate::pool::Pool;

/// Elements up to this number are sorted by comparisons on the calling thread.
const COMPARED_UP_TO: usize = 1 << 10;

/// A key and where it came from.
#[derive(Clone, Copy, Default)]
struct Tagged<K: Bits> {
    key: K,
    position: K::Position,
}

// SAFETY: two integers that fill whole words.
#[allow(unsafe_code)]
unsafe impl<K: Bits> Plain for Tagged<K> {}

impl<K: Bits> Item for Tagged<K> {
    type Key = K;

    #[inline]
    fn key(self) -> K {
        self.key
    }
}

/// Writes the elements of `source` to `target` in ascending order, NaN last. Stable: -0.0 and 0.0
/// stay in their order.
///
/// # Panics
/// Panics when the lengths differ.
#[allow(unsafe_code)]
pub(crate) fn sort<T: Sortable>(pool: &Pool, source: &[T], target: &mut [T]) {
    assert_eq!(source.len(), target.len());
    if source.len() <= COMPARED_UP_TO {
        target.copy_from_slice(source);
        target.sort_by_key(|element| element.key());
        return;
    }
    let places = Disjoint::new(target);
    if T::IS_COMPOUND {
        for_each_in_order(pool, source, |rank, _, position| {
            // SAFETY: there is one element of each rank.
            unsafe { places.write(rank, source[position]) };
        });
        return;
    }
    spread::sort(
        pool,
        source.len(),
        &|at, keys: &mut [T::Key]| {
            for (key, element) in keys.iter_mut().zip(&source[at..]) {
                *key = element.key();
            }
        },
        &|start, keys| {
            // SAFETY: the runs are disjoint, each is handed out once.
            let target = unsafe { places.range(start..start + keys.len()) };
            for (element, &key) in target.iter_mut().zip(keys) {
                *element = T::of_key(key);
            }
        },
    );
    restore_twins(source, target);
}

/// Puts the zeros of `source`, with their signs, in the place of those of `sorted`.
fn restore_twins<T: Sortable>(source: &[T], sorted: &mut [T]) {
    let zero = T::default().key();
    let first = sorted.partition_point(|element| element.key() < zero);
    let zeros = sorted[first..].partition_point(|element| element.key() == zero);
    if zeros > 0 && source.iter().any(|element| element.is_twin()) {
        let twins = source.iter().filter(|element| element.key() == zero);
        for (place, &twin) in sorted[first..first + zeros].iter_mut().zip(twins) {
            *place = twin;
        }
    }
}

/// Writes to `target` the positions of the elements of `source` in ascending order, NaN last.
/// Stable: of equal elements the earlier one comes first.
///
/// # Panics
/// Panics when the lengths differ.
#[allow(unsafe_code)]
pub(crate) fn argsort<T: Sortable>(pool: &Pool, source: &[T], target: &mut [i64]) {
    assert_eq!(source.len(), target.len());
    let places = Disjoint::new(target);
    for_each_in_order(pool, source, |rank, _, position| {
        // SAFETY: there is one element of each rank.
        unsafe { places.write(rank, position as i64) };
    });
}

/// Calls `each(rank, key, position)` for every element, from any thread.
pub(super) fn for_each_in_order<T: Sortable>(
    pool: &Pool,
    source: &[T],
    each: impl Fn(usize, T::Key, usize) + Sync,
) {
    let len = source.len();
    if len <= <T::Key as Bits>::Position::MAX {
        let key = |element: T| element.key();
        sort_tagged(pool, source, key, &each);
    } else {
        let key = |element: T| element.key().widen();
        sort_tagged(pool, source, key, |rank, key, at| {
            each(rank, T::Key::of_wide(key), at);
        });
    }
}

fn sort_tagged<T: Sortable, K: Bits>(
    pool: &Pool,
    source: &[T],
    key: impl Fn(T) -> K + Sync,
    each: impl Fn(usize, K, usize) + Sync,
) {
    spread::sort(
        pool,
        source.len(),
        &|start, items: &mut [Tagged<K>]| {
            for ((item, &element), at) in items.iter_mut().zip(&source[start..]).zip(start..) {
                *item = Tagged {
                    key: key(element),
                    position: K::Position::of(at),
                };
            }
        },
        &|start, items| {
            for (item, rank) in items.iter().zip(start..) {
                each(rank, item.key, item.position.index());
            }
        },
    );
}

/// Sorts each row of `row` elements.
///
/// # Panics
/// Panics when the lengths differ.
pub(crate) fn sort_rows<T: Sortable>(pool: &Pool, row: usize, source: &[T], target: &mut [T]) {
    for_rows(pool, (row, row), source, target, &|pool, source, target| {
        sort(pool, source, target);
    });
}

/// The positions that sort each row of `row` elements, counted from the start of the row.
///
/// # Panics
/// Panics when the lengths differ.
pub(crate) fn argsort_rows<T: Sortable>(pool: &Pool, row: usize, source: &[T], target: &mut [i64]) {
    for_rows(pool, (row, row), source, target, &|pool, source, target| {
        argsort(pool, source, target);
    });
}

/// Sorts the positions in `order` by the keys at them, leaving positions with equal keys as they are:
/// with one row of keys after the other, the last one decides first.
///
/// # Panics
/// Panics when the lengths differ, or a position is not valid.
pub(crate) fn refine<T: Sortable>(pool: &Pool, keys: &[T], order: &mut [i64]) {
    assert_eq!(keys.len(), order.len());
    let before: Vec<i64> = order.to_vec();
    let arranged: Vec<T> = before.iter().map(|&at| keys[at as usize]).collect();
    argsort(pool, &arranged, order);
    for place in order {
        *place = before[*place as usize];
    }
}

/// Rows from this length on are done one after the other, each by all threads.
const LONG_ROW: usize = 1 << 17;

/// Elements of one task.
const TASK: usize = 1 << 15;

/// What is done with a row and its target.
type Work<'a, T, U> = &'a (dyn Fn(&Pool, &[T], &mut [U]) + Sync);

/// Does something with each row and its target, of lengths `row` and `target_row`: with long rows in
/// turn, with short ones in parallel.
pub(super) fn for_rows<T: Sync, U: Send>(
    pool: &Pool,
    (row, target_row): (usize, usize),
    source: &[T],
    target: &mut [U],
    work: Work<'_, T, U>,
) {
    if source.is_empty() {
        return;
    }
    assert_eq!(source.len() / row * target_row, target.len());
    if row >= LONG_ROW || row == source.len() {
        for (source, target) in source.chunks(row).zip(target.chunks_mut(target_row)) {
            work(pool, source, target);
        }
        return;
    }
    let alone = Pool::new(1);
    let rows = (TASK / row).max(1);
    pool.for_each_piece(target, rows * target_row, &|start, target| {
        let source = &source[start / target_row * row..];
        for (source, target) in source.chunks(row).zip(target.chunks_mut(target_row)) {
            work(&alone, source, target);
        }
    });
}
