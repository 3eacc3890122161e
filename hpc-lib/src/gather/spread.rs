//! Writes to places in no order, of a target that no cache holds.
#![allow(unsafe_code)] // Places that are divided among tasks by counting.

use super::position::Outside;
use crate::disjoint::Disjoint;
use crate::pool::Pool;

/// Targets from this size on, in bytes, are written by buckets.
const FROM: usize = 4 << 20;

/// Fewest indices that are worth it.
const MANY: usize = 1 << 18;

/// Indices that are spread at a time, which bounds the memory for it.
const BATCH: usize = 1 << 22;

/// Most buckets: a line of each is in the first-level cache while they are filled.
const BUCKETS: usize = 256;

/// A value and its place in its bucket.
#[derive(Clone, Copy, Default)]
struct Entry<T> {
    place: u32,
    value: T,
}

/// Whether [`put`] is faster than going to each place in turn.
pub(super) fn pays<T>(target: &[T], indices: &[i64]) -> bool {
    // A place in a bucket is a `u32`.
    size_of_val(target) >= FROM && indices.len() >= MANY && target.len() < BUCKETS << 31
}

/// As [`position::put`](super::position::put), for indices that are all in the target: they are
/// spread over buckets, each a part of the target that a cache holds, and then written bucket by
/// bucket, in their order.
pub(super) fn put<T: Copy + Default + Send + Sync>(
    pool: &Pool,
    target: &mut [T],
    indices: &[i64],
    values: &[T],
    outside: Outside,
) {
    let len = target.len();
    let width = len.div_ceil(BUCKETS).next_power_of_two();
    let (buckets, shift) = (len.div_ceil(width), width.ilog2());
    let place_of = |index: i64| outside.resolve(index, len).unwrap_or(0);
    let mut entries = vec![Entry::default(); BATCH.min(indices.len())];
    for (batch, indices) in indices.chunks(BATCH).enumerate() {
        let share = indices.len().div_ceil(pool.threads());
        let shares: Vec<&[i64]> = indices.chunks(share).collect();
        // Where each share's entries of each bucket begin: after those of the shares before it.
        let mut starts = pool.collect(shares.len(), &|share| {
            let mut counts = vec![0; buckets];
            for &index in shares[share] {
                counts[place_of(index) >> shift] += 1;
            }
            counts
        });
        let mut ends = Vec::with_capacity(buckets);
        let mut total = 0;
        for bucket in 0..buckets {
            for starts in &mut starts {
                let count = starts[bucket];
                starts[bucket] = total;
                total += count;
            }
            ends.push(total);
        }

        let spread = Disjoint::new(&mut entries);
        pool.for_each(shares.len(), &|number| {
            let mut next = starts[number].clone();
            let mut value = (batch * BATCH + number * share) % values.len();
            for &index in shares[number] {
                let place = place_of(index);
                let next = &mut next[place >> shift];
                let entry = Entry {
                    place: (place & (width - 1)) as u32,
                    value: values[value],
                };
                // SAFETY: each share counted the entries that it has for each bucket, and has that
                // many places for them.
                unsafe { spread.write(*next, entry) };
                *next += 1;
                value += 1;
                if value == values.len() {
                    value = 0;
                }
            }
        });
        let entries = &entries;
        pool.for_each_piece(target, width, &|start, target| {
            let bucket = start >> shift;
            let first = if bucket == 0 { 0 } else { ends[bucket - 1] };
            for entry in &entries[first..ends[bucket]] {
                target[entry.place as usize] = entry.value;
            }
        });
    }
}
