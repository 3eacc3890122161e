//! Writes to places in no order, of a target that no cache holds.
#![allow(unsafe_code)] // Places that are divided among tasks by counting.

use super::position::wrapped;
use crate::array::dtype::DType;
use crate::array::element::Typed;
use crate::array::storage::Storage;
use crate::disjoint::Disjoint;
use crate::error::Error;
use crate::pool::Pool;

/// Targets from this size on, in bytes, are written by buckets.
const FROM: usize = 4 << 20;

/// Fewest indices that are worth it.
const MANY: usize = 1 << 18;

/// Indices that are spread at a time, which bounds the memory for it.
const BATCH: usize = 1 << 22;

/// Most buckets: a line of each is in the first-level cache while they are filled.
const BUCKETS: usize = 256;

/// Whether [`put`] is faster than going to each place in turn.
pub(super) fn pays<T>(target: &[T], indices: &[i64]) -> bool {
    // A place in a bucket is a `u32`.
    size_of_val(target) >= FROM && indices.len() >= MANY && target.len() < BUCKETS << 31
}

/// As [`position::put`](super::position::put), for indices that are all in the target: they are
/// spread over buckets, each a part of the target that a cache holds, and then written bucket by
/// bucket, in their order.
///
/// # Errors
/// Not enough memory.
pub(super) fn put<T: Typed>(
    pool: &Pool,
    target: &mut [T],
    indices: &[i64],
    values: &[T],
) -> Result<(), Error> {
    let len = target.len();
    let width = len.div_ceil(BUCKETS).next_power_of_two();
    let (buckets, shift) = (len.div_ceil(width), width.ilog2());
    let place_of = |index: i64| wrapped(index, len);
    // The value and its place in the bucket. Memory as arrays have it comes in large pages.
    let size = BATCH.min(indices.len());
    let mut places = Storage::scratch(DType::U32, size)?;
    let mut spread = Storage::scratch(T::DTYPE, size)?;
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

        let at = Disjoint::new(u32::slice_mut(places.as_slice_mut()));
        let to = Disjoint::new(T::slice_mut(spread.as_slice_mut()));
        pool.for_each(shares.len(), &|number| {
            let mut next = starts[number].clone();
            let mut value = (batch * BATCH + number * share) % values.len();
            for &index in shares[number] {
                let place = place_of(index);
                let next = &mut next[place >> shift];
                // SAFETY: each share counted what it has for each bucket, and has as much room there.
                unsafe {
                    at.write(*next, (place & (width - 1)) as u32);
                    to.write(*next, values[value]);
                }
                *next += 1;
                value += 1;
                if value == values.len() {
                    value = 0;
                }
            }
        });
        let (at, from) = (places.as_slice(), spread.as_slice());
        let (at, from) = (u32::slice(at), T::slice(from));
        pool.for_each_piece(target, width, &|start, target| {
            let bucket = start >> shift;
            let first = if bucket == 0 { 0 } else { ends[bucket - 1] };
            let range = first..ends[bucket];
            for (&place, &value) in at[range.clone()].iter().zip(&from[range]) {
                target[place as usize] = value;
            }
        });
    }
    Ok(())
}
