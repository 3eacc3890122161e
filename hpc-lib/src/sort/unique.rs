//! Distinct elements.
#![allow(unsafe_code)] // Places that follow from counts.

use super::key::{Bits, Sortable};
use super::order::{for_each_in_order, sort};
use super::workspace::Workspace;
use crate::disjoint::Disjoint;
use crate::pool::Pool;

/// Elements of one task.
const TASK: usize = 1 << 16;

/// The distinct elements in ascending order; all NaN are one.
pub(crate) fn unique<T: Sortable>(pool: &Pool, source: &[T]) -> Vec<T> {
    let mut sorted = vec![T::default(); source.len()];
    sort(pool, source, &mut sorted);
    let starts = starts(pool, sorted.len(), |i| with_one_nan::<T>(sorted[i].key()));
    let mut values = vec![T::default(); starts.len()];
    fill(pool, &mut values, |i| sorted[starts[i]]);
    values
}

/// Distinct elements, and where they are.
#[derive(Debug)]
pub(crate) struct Groups<T> {
    pub(crate) values: Vec<T>,
    /// The position of the first element equal to each value.
    pub(crate) first: Vec<i64>,
    /// For each element of the source the position of its value.
    pub(crate) inverse: Vec<i64>,
    /// How many elements are equal to each value.
    pub(crate) counts: Vec<i64>,
}

/// As [`unique`], with the positions.
pub(crate) fn groups<T: Sortable>(pool: &Pool, source: &[T]) -> Groups<T> {
    let len = source.len();
    let mut order = vec![0; len];
    let mut keys = Workspace::new(len);
    let keys: &mut [T::Key] = keys.items();
    let places = Disjoint::new(keys);
    let ranks = Disjoint::new(&mut order);
    for_each_in_order(pool, source, |rank, key, position| {
        // SAFETY: there is one element of each rank.
        unsafe {
            places.write(rank, key);
            ranks.write(rank, position as i64);
        }
    });
    let starts = starts(pool, len, |i| with_one_nan::<T>(keys[i]));
    let n = starts.len();
    let end = |group: usize| starts.get(group + 1).copied().unwrap_or(len);

    let mut first = vec![0; n];
    fill(pool, &mut first, |group| order[starts[group]]);
    let mut values = vec![T::default(); n];
    fill(pool, &mut values, |group| source[first[group] as usize]);
    let mut counts = vec![0; n];
    fill(pool, &mut counts, |group| {
        (end(group) - starts[group]) as i64
    });

    let mut inverse = vec![0; len];
    let places = Disjoint::new(&mut inverse);
    pool.for_each(len.div_ceil(TASK), &|task| {
        let start = task * TASK;
        let stop = len.min(start + TASK);
        let mut group = starts.partition_point(|&first| first <= start) - 1;
        for (at, &position) in (start..stop).zip(&order[start..stop]) {
            if at == end(group) {
                group += 1;
            }
            // SAFETY: the order has each position once.
            unsafe { places.write(position as usize, group as i64) };
        }
    });
    Groups {
        values,
        first,
        inverse,
        counts,
    }
}

/// The same key for all NaN. Only complex numbers have several.
#[inline]
fn with_one_nan<T: Sortable>(key: T::Key) -> T::Key {
    if T::IS_COMPOUND && T::of_key(key).is_nan() {
        T::Key::MAX
    } else {
        key
    }
}

/// The positions at which a key differs from the one before.
fn starts<K: Bits>(pool: &Pool, len: usize, key: impl Fn(usize) -> K + Sync + Send) -> Vec<usize> {
    let is_start = |i: usize| i == 0 || key(i) != key(i - 1);
    let mut places = pool.collect(len.div_ceil(TASK), &|task| {
        let range = task * TASK..len.min((task + 1) * TASK);
        range.map(|i| usize::from(is_start(i))).sum::<usize>()
    });
    // From how many there are in each range to where those of the range begin.
    let mut total = 0;
    for place in &mut places {
        total += std::mem::replace(place, total);
    }
    let mut starts = vec![0; total];
    let target = Disjoint::new(&mut starts);
    pool.for_each(places.len(), &|task| {
        let end = places.get(task + 1).copied().unwrap_or(total);
        // SAFETY: the places of the ranges follow each other without overlap.
        let target = unsafe { target.range(places[task]..end) };
        let mut i = task * TASK;
        let mut found = 0;
        // Without a branch that depends on the data: a place is written until it is right.
        while found < target.len() {
            target[found] = i;
            found += usize::from(is_start(i));
            i += 1;
        }
    });
    starts
}

fn fill<T: Send>(pool: &Pool, target: &mut [T], value: impl Fn(usize) -> T + Sync + Send) {
    pool.for_each_piece(target, TASK, &|start, target| {
        for (target, i) in target.iter_mut().zip(start..) {
            *target = value(i);
        }
    });
}
