//! Elements whose mask is true: each task counts its own first, so that it knows where they go.
#![allow(unsafe_code)] // Places that follow from the counts.

use std::ops::Range;

use super::TASK;
use crate::disjoint::Disjoint;
use crate::pool::Pool;

/// How many elements of the mask are true.
pub(crate) fn count(pool: &Pool, mask: &[bool]) -> usize {
    counts(pool, mask).into_iter().sum()
}

fn counts(pool: &Pool, mask: &[bool]) -> Vec<usize> {
    pool.collect(mask.len().div_ceil(TASK), &|task| {
        let mask = &mask[task * TASK..mask.len().min((task + 1) * TASK)];
        // Sums of bytes fit a byte, which the compiler can add up many at a time.
        mask.chunks(255)
            .map(|part| usize::from(part.iter().map(|&is_set| u8::from(is_set)).sum::<u8>()))
            .sum()
    })
}

/// Where the true elements of each stretch of the mask go, and the number of all.
fn places(pool: &Pool, mask: &[bool]) -> (Vec<Range<usize>>, usize) {
    let mut total = 0;
    let places = counts(pool, mask).into_iter().map(|count| {
        total += count;
        total - count..total
    });
    (places.collect(), total)
}

/// Calls `each(i, place)` for the positions of true elements in turn, without a branch that depends
/// on the mask: a false one is passed on too, and its place given again.
#[inline]
fn for_each_true(mask: &[bool], count: usize, mut each: impl FnMut(usize, usize)) {
    let (mut i, mut place) = (0, 0);
    while place < count {
        each(i, place);
        place += usize::from(mask[i]);
        i += 1;
    }
}

/// The positions where the mask is true.
///
/// # Panics
/// Panics when the target has another length than there are positions.
pub(crate) fn positions(pool: &Pool, mask: &[bool], target: &mut [i64]) {
    fill(pool, mask, target, |index| index as i64);
}

/// The elements of `source` where the mask is true.
///
/// # Panics
/// Panics when the lengths of source and mask differ, or the target has another length than there
/// are elements.
pub(crate) fn compress<T: Copy + Send + Sync>(
    pool: &Pool,
    mask: &[bool],
    source: &[T],
    target: &mut [T],
) {
    assert_eq!(mask.len(), source.len());
    fill(pool, mask, target, |index| source[index]);
}

fn fill<T: Copy + Send + Sync>(
    pool: &Pool,
    mask: &[bool],
    target: &mut [T],
    value: impl Fn(usize) -> T + Sync + Send,
) {
    let (places, total) = places(pool, mask);
    assert_eq!(target.len(), total);
    let target = Disjoint::new(target);
    pool.for_each(places.len(), &|task| {
        let start = task * TASK;
        // SAFETY: the stretches' places follow each other without overlap.
        let target = unsafe { target.range(places[task].clone()) };
        for_each_true(&mask[start..], target.len(), |i, place| {
            target[place] = value(start + i);
        });
    });
}

/// Writes the values to the elements of `target` where the mask is true, in turn: as many values as
/// there are such elements, or one for all.
///
/// # Panics
/// Panics when the lengths of target and mask differ, or there is another number of values.
pub(crate) fn assign<T: Copy + Send + Sync>(
    pool: &Pool,
    mask: &[bool],
    values: &[T],
    target: &mut [T],
) {
    assert_eq!(mask.len(), target.len());
    let (places, total) = places(pool, mask);
    assert!(values.len() == total || values.len() == 1);
    pool.for_each_piece(target, TASK, &|start, target| {
        let mask = &mask[start..];
        if let [value] = values {
            for (target, &is_set) in target.iter_mut().zip(mask) {
                *target = if is_set { *value } else { *target };
            }
            return;
        }
        let values = &values[places[start / TASK].clone()];
        for_each_true(mask, values.len(), |i, place| {
            target[i] = if mask[i] { values[place] } else { target[i] };
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(mask: &[bool]) {
        let source: Vec<i64> = (0..mask.len() as i64).map(|i| 7 * i).collect();
        let expected: Vec<i64> = (0..mask.len() as i64)
            .filter(|&i| mask[i as usize])
            .collect();
        for threads in [1, 2, 3, 8] {
            let pool = Pool::new(threads);
            assert_eq!(count(&pool, mask), expected.len());
            let mut target = vec![0; expected.len()];
            positions(&pool, mask, &mut target);
            assert_eq!(target, expected);
            compress(&pool, mask, &source, &mut target);
            assert!(target.iter().zip(&expected).all(|(a, b)| *a == 7 * b));

            let mut assigned = vec![-1; mask.len()];
            assign(&pool, mask, &target, &mut assigned);
            for (i, &value) in assigned.iter().enumerate() {
                assert_eq!(value, if mask[i] { 7 * i as i64 } else { -1 });
            }
            assign(&pool, mask, &[5], &mut assigned);
            assert!(
                assigned
                    .iter()
                    .zip(mask)
                    .all(|(&x, &is_set)| (x == 5) == is_set)
            );
        }
    }

    #[test]
    fn masks_of_many_lengths() {
        for len in [0, 1, 255, 256, TASK - 1, TASK, 3 * TASK + 17] {
            check(&vec![false; len]);
            check(&vec![true; len]);
            let mixed: Vec<bool> = (0..len).map(|i| i * i % 7 < 3).collect();
            check(&mixed);
        }
    }

    proptest! {
        #[test]
        fn any_mask(mask: Vec<bool>) {
            check(&mask);
        }
    }
}
