//! Counts of small integers.

use crate::host::interrupt;
use crate::pool::Pool;

/// Elements between two looks at a request to stop.
const BLOCK: usize = 1 << 16;

/// Most bins that each task counts for itself.
const OWN_BINS: usize = 1 << 14;

/// Adds to `counts[i]` how often `i` occurs.
///
/// # Panics
/// Panics when a value is negative or has no bin.
pub(crate) fn count(pool: &Pool, values: &[i64], counts: &mut [i64]) {
    if counts.len() > OWN_BINS {
        add(pool, values, |_| 1, counts);
        return;
    }
    let bins = counts.len();
    let chunk = values.len().div_ceil(pool.threads()).max(BLOCK);
    let parts = pool.collect(values.len().div_ceil(chunk), &|part| {
        let mut own = vec![0_i64; bins];
        let end = values.len().min((part + 1) * chunk);
        for values in values[part * chunk..end].chunks(BLOCK) {
            interrupt::check();
            for &value in values {
                own[value as usize] += 1;
            }
        }
        own
    });
    for part in parts {
        for (count, own) in counts.iter_mut().zip(part) {
            *count += own;
        }
    }
}

/// Adds to `sums[i]` the weights of all values `i`, in their order.
///
/// # Panics
/// Panics when the lengths differ, or a value is negative or has no bin.
pub(crate) fn sum(pool: &Pool, values: &[i64], weights: &[f64], sums: &mut [f64]) {
    assert_eq!(values.len(), weights.len());
    add(pool, values, |i| weights[i], sums);
}

/// Each thread has some of the bins and goes through all values, so that sums are made in order.
fn add<T: Copy + Send + Sync + std::ops::AddAssign>(
    pool: &Pool,
    values: &[i64],
    weight: impl Fn(usize) -> T + Sync + Send,
    sums: &mut [T],
) {
    let bins = sums.len();
    assert!(
        values
            .iter()
            .all(|&value| (0..bins as i64).contains(&value)),
        "every value has a bin"
    );
    let parts = if values.len() < BLOCK {
        1
    } else {
        pool.threads()
    };
    let part = bins.div_ceil(parts).max(1);
    pool.for_each_piece(sums, part, &|start, sums| {
        for (block, first) in values.chunks(BLOCK).zip((0..).step_by(BLOCK)) {
            interrupt::check();
            for (&value, i) in block.iter().zip(first..) {
                // A bin before this part wraps round to one far behind it.
                if let Some(sum) = sums.get_mut((value as usize).wrapping_sub(start)) {
                    *sum += weight(i);
                }
            }
        }
    });
}
