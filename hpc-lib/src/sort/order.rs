//! Sorted values and the order that sorts them.

use super::key::{Bits, Sortable};
use super::radix::Item;
use super::spread;
use super::workspace::Plain;
use crate::disjoint::Disjoint;
use crate::host::interrupt;
use crate::pool::Pool;

/// Elements up to this number are sorted by comparisons on the calling thread.
const COMPARED_UP_TO: usize = 1 << 10;

/// A key and where it came from.
#[derive(Clone, Copy, Default)]
struct Tagged<K, P> {
    key: K,
    position: P,
}

// SAFETY: two integers; what lies between them is never read.
#[allow(unsafe_code)]
unsafe impl<K: Plain, P: Plain> Plain for Tagged<K, P> {}

/// A position, in as few bits as the array allows.
pub(super) trait Position: Plain + Default {
    fn of(index: usize) -> Self;
    fn index(self) -> usize;
}

macro_rules! position {
    ($($type:ty)*) => {$(
        impl Position for $type {
            #[inline]
            fn of(index: usize) -> Self {
                index as $type
            }

            #[inline]
            fn index(self) -> usize {
                self as usize
            }
        }
    )*};
}

position! { u32 u64 }

impl<K: Bits, P: Position> Item for Tagged<K, P> {
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
    if T::IS_COMPOUND {
        let places = Disjoint::new(target);
        spread::sort(
            pool,
            source.len(),
            |index| Tagged {
                key: source[index].key(),
                position: index as u64,
            },
            |start, run: &[Tagged<T::Key, u64>]| {
                // SAFETY: the runs are disjoint, each is handed out once.
                let target = unsafe { places.range(start..start + run.len()) };
                for (element, item) in target.iter_mut().zip(run) {
                    *element = source[item.position as usize];
                }
            },
        );
        return;
    }
    let places = Disjoint::new(target);
    spread::sort(
        pool,
        source.len(),
        |index| source[index].key(),
        |start, run: &[T::Key]| {
            // SAFETY: the runs are disjoint, each is handed out once.
            let target = unsafe { places.range(start..start + run.len()) };
            for (element, &key) in target.iter_mut().zip(run) {
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
pub(crate) fn argsort<T: Sortable>(pool: &Pool, source: &[T], target: &mut [i64]) {
    order_into(pool, source, target, |_, _| ());
}

/// As [`argsort`]; `keys(start, run)` is told of the keys in ascending order too.
#[allow(unsafe_code)]
pub(super) fn order_into<T: Sortable>(
    pool: &Pool,
    source: &[T],
    target: &mut [i64],
    keys: impl Fn(usize, &mut dyn Iterator<Item = T::Key>) + Sync + Send,
) {
    assert_eq!(source.len(), target.len());
    if u32::try_from(source.len()).is_ok() {
        ordered::<T, u32>(pool, source, target, keys);
    } else {
        ordered::<T, u64>(pool, source, target, keys);
    }
}

#[allow(unsafe_code)]
fn ordered<T: Sortable, P: Position>(
    pool: &Pool,
    source: &[T],
    target: &mut [i64],
    keys: impl Fn(usize, &mut dyn Iterator<Item = T::Key>) + Sync + Send,
) {
    let places = Disjoint::new(target);
    spread::sort(
        pool,
        source.len(),
        |index| Tagged {
            key: source[index].key(),
            position: P::of(index),
        },
        |start, run: &[Tagged<T::Key, P>]| {
            // SAFETY: the runs are disjoint, each is handed out once.
            let target = unsafe { places.range(start..start + run.len()) };
            for (place, item) in target.iter_mut().zip(run) {
                *place = item.position.index() as i64;
            }
            keys(start, &mut run.iter().map(|item| item.key));
        },
    );
}

/// Sorts each row of `row` elements.
///
/// # Panics
/// Panics when the lengths differ.
pub(crate) fn sort_rows<T: Sortable>(pool: &Pool, row: usize, source: &[T], target: &mut [T]) {
    for_rows(pool, (row, row), source, target, |pool, source, target| {
        sort(pool, source, target);
    });
}

/// The positions that sort each row of `row` elements, counted from the start of the row.
///
/// # Panics
/// Panics when the lengths differ.
pub(crate) fn argsort_rows<T: Sortable>(pool: &Pool, row: usize, source: &[T], target: &mut [i64]) {
    for_rows(pool, (row, row), source, target, |pool, source, target| {
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

/// Does something with each row and its target, of lengths `row` and `target_row`: with long rows in
/// turn, with short ones in parallel.
pub(super) fn for_rows<T: Sync, U: Send>(
    pool: &Pool,
    (row, target_row): (usize, usize),
    source: &[T],
    target: &mut [U],
    work: impl Fn(&Pool, &[T], &mut [U]) + Sync + Send,
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
    let tasks = source
        .chunks(rows * row)
        .zip(target.chunks_mut(rows * target_row))
        .collect();
    pool.map(
        tasks,
        || (),
        |(), (source, target): (&[T], &mut [U])| {
            interrupt::check();
            for (source, target) in source.chunks(row).zip(target.chunks_mut(target_row)) {
                work(&alone, source, target);
            }
        },
    );
}
