//! Sums of products of one row with another that slides along it.

use super::Number;
use crate::host::interrupt;
use crate::pool::Pool;

/// Elements of one task.
const TASK: usize = 1 << 12;

/// Writes to `target[k]` the sum of `a[k - last + i] * b[i]` over all `i` for which there is such an
/// element, where `last` is the last position of `b`: the correlation at every place where the two
/// overlap. With `b` turned round it is the convolution.
///
/// # Panics
/// Panics when a row is empty, or the length of the target is not the sum of theirs less one.
pub(crate) fn correlate_full<T: Number>(pool: &Pool, a: &[T], b: &[T], target: &mut [T]) {
    assert!(!a.is_empty() && !b.is_empty());
    assert_eq!(target.len(), a.len() + b.len() - 1);
    let last = b.len() - 1;
    pool.for_each_piece(target, TASK, &|first, target| {
        target.fill(T::ZERO);
        let end = first + target.len();
        for (i, &factor) in b.iter().enumerate() {
            interrupt::check();
            // Places k with 0 <= k - last + i < a.len().
            let from = first.max(last - i);
            let to = end.min(a.len() + last - i);
            if from >= to {
                continue;
            }
            let target = &mut target[from - first..to - first];
            let a = &a[from + i - last..to + i - last];
            for (target, &x) in target.iter_mut().zip(a) {
                *target = target.plus(x.times(factor));
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_short_row_along_a_long_one() {
        let mut target = [0_i64; 5];
        correlate_full(&Pool::new(1), &[1, 2, 3], &[0, 1, 5], &mut target);
        assert_eq!(target, [5, 11, 17, 3, 0]);
    }

    proptest! {
        #[test]
        fn every_place_of_overlap(
            a in prop::collection::vec(-100_i64..100, 1..200),
            b in prop::collection::vec(-100_i64..100, 1..200),
            threads in 1_usize..4,
        ) {
            let mut expected = vec![0; a.len() + b.len() - 1];
            for (j, &x) in a.iter().enumerate() {
                for (i, &y) in b.iter().enumerate() {
                    expected[j + b.len() - 1 - i] += x * y;
                }
            }
            let mut target = vec![0; expected.len()];
            correlate_full(&Pool::new(threads), &a, &b, &mut target);
            prop_assert_eq!(target, expected);
        }
    }
}
