//! Elements by position along an axis.
#![allow(unsafe_code)] // Places that are divided among tasks by ranges.
#![allow(clippy::inline_always)] // A few instructions of inner loops.

use super::{TASK, spread};
use crate::array::element::Typed;
use crate::disjoint::Disjoint;
use crate::host::interrupt;
use crate::pool::Pool;
use crate::scan::Around;

/// What an index outside the axis means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// A mistake; from `-len` to -1 it counts from the end.
    Raise,
    /// It goes round.
    Wrap,
    /// The nearest end; negative ones are 0.
    Clip,
}

impl Outside {
    #[inline]
    fn resolve(self, index: i64, len: usize) -> Option<usize> {
        let signed = len as i64;
        match self {
            Self::Raise => {
                let index = if index < 0 {
                    index.wrapping_add(signed)
                } else {
                    index
                };
                ((index as u64) < len as u64).then_some(index as usize)
            }
            _ if len == 0 => None,
            Self::Wrap => Some(index.rem_euclid(signed) as usize),
            Self::Clip => Some(index.clamp(0, signed - 1) as usize),
        }
    }
}

/// An index that is outside the axis: the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadIndex(pub(crate) i64);

/// Copies from `source` the elements at `indices` along an axis, of which `around.len` is the length.
///
/// # Errors
/// The first index that is not on the axis.
///
/// # Panics
/// Panics when the lengths do not fit.
pub(crate) fn take<T: Copy + Send + Sync>(
    pool: &Pool,
    around: Around,
    source: &[T],
    indices: &[i64],
    outside: Outside,
    target: &mut [T],
) -> Result<(), BadIndex> {
    let Around { outer, len, inner } = around;
    assert_eq!(source.len(), outer * len * inner);
    assert_eq!(target.len(), outer * indices.len() * inner);
    if target.is_empty() || source.is_empty() {
        let bad = indices.iter().find(|&&i| outside.resolve(i, len).is_none());
        return bad.map_or(Ok(()), |&bad| Err(BadIndex(bad)));
    }
    // Rows of `inner` elements are copied as a whole.
    let rows = (TASK / inner).max(1).min(indices.len());
    let pieces = indices.len().div_ceil(rows);
    let target = Disjoint::new(target);
    let done = pool.collect(outer * pieces, &|task| {
        let (block, piece) = (task / pieces, task % pieces);
        let rows = piece * rows..indices.len().min((piece + 1) * rows);
        let first = block * indices.len();
        // SAFETY: each piece of each block is one task's.
        let target =
            unsafe { target.range((first + rows.start) * inner..(first + rows.end) * inner) };
        let source = &source[block * len * inner..(block + 1) * len * inner];
        let indices = &indices[rows];
        if inner == 1 {
            for (target, &index) in target.iter_mut().zip(indices) {
                let place = outside.resolve(index, len).ok_or(BadIndex(index))?;
                *target = source[place];
            }
        } else {
            for (target, &index) in target.chunks_mut(inner).zip(indices) {
                let place = outside.resolve(index, len).ok_or(BadIndex(index))?;
                target.copy_from_slice(&source[place * inner..(place + 1) * inner]);
            }
        }
        Ok(())
    });
    done.into_iter().collect()
}

/// The place of an index that is on the axis, from its start or its end.
#[inline(always)]
pub(super) fn wrapped(index: i64, len: usize) -> usize {
    let from_end = if index < 0 { len } else { 0 };
    (index as usize).wrapping_add(from_end)
}

/// Writes to the elements of `target` at `indices` the values in turn, from the start again where
/// they are fewer. Where an index occurs more than once, its last value stays.
///
/// Each thread has a part of the target and goes through all indices, or, where no cache holds the
/// target, the parts are smaller and have their indices sorted out first.
///
/// # Errors
/// The first index that is not in the target, of which nothing is written then.
pub(crate) fn put<T: Typed>(
    pool: &Pool,
    target: &mut [T],
    indices: &[i64],
    values: &[T],
    outside: Outside,
) -> Result<(), BadIndex> {
    let len = target.len();
    let bad = pool.collect(indices.len().div_ceil(TASK), &|task| {
        let indices = &indices[task * TASK..indices.len().min((task + 1) * TASK)];
        let bad = indices.iter().find(|&&i| outside.resolve(i, len).is_none());
        bad.copied()
    });
    if let Some(bad) = bad.into_iter().flatten().next() {
        return Err(BadIndex(bad));
    }
    if values.is_empty() || len == 0 {
        return Ok(());
    }
    if outside == Outside::Raise {
        put_inside(pool, target, indices, values);
    } else {
        // A copy for what is rare keeps the loops short for what is not.
        let mut inside = indices.to_vec();
        pool.for_each_piece(&mut inside, TASK, &|_, indices| {
            for index in indices {
                *index = outside.resolve(*index, len).map_or(0, |place| place as i64);
            }
        });
        put_inside(pool, target, &inside, values);
    }
    Ok(())
}

/// The same for indices that are all in the target.
fn put_inside<T: Typed>(pool: &Pool, target: &mut [T], indices: &[i64], values: &[T]) {
    let len = target.len();
    // Without the memory for it there is the other way.
    if spread::pays(target, indices) && spread::put(pool, target, indices, values).is_ok() {
        return;
    }
    let parts = if indices.len() < TASK {
        1
    } else {
        pool.threads()
    };
    let part = len.div_ceil(parts);
    pool.for_each_piece(target, part, &|start, target| {
        let mut value = 0;
        for indices in indices.chunks(TASK) {
            interrupt::check();
            for &index in indices {
                // An index before this part wraps round to one far behind it.
                let place = wrapped(index, len).wrapping_sub(start);
                if let Some(target) = target.get_mut(place) {
                    *target = values[value];
                }
                value += 1;
                if value == values.len() {
                    value = 0;
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FLAT: Around = Around {
        outer: 1,
        len: 5,
        inner: 1,
    };

    #[test]
    fn indices_outside() {
        let pool = Pool::new(2);
        let source = [10, 11, 12, 13, 14];
        let mut target = [0; 4];
        let mut taken = |indices: [i64; 4], outside| {
            take(&pool, FLAT, &source, &indices, outside, &mut target).map(|()| target)
        };
        assert_eq!(taken([0, -1, 4, -5], Outside::Raise), Ok([10, 14, 14, 10]));
        assert_eq!(taken([0, 1, 5, -9], Outside::Raise), Err(BadIndex(5)));
        assert_eq!(
            taken([0, -6, 1, i64::MIN], Outside::Raise),
            Err(BadIndex(-6))
        );
        assert_eq!(taken([5, -1, 12, -6], Outside::Wrap), Ok([10, 14, 12, 14]));
        assert_eq!(
            taken([i64::MAX, -1, 2, i64::MIN], Outside::Clip),
            Ok([14, 10, 12, 10])
        );
    }

    #[test]
    fn nothing_can_be_taken_from_an_empty_axis() {
        let none = Around {
            outer: 1,
            len: 0,
            inner: 1,
        };
        for outside in [Outside::Raise, Outside::Wrap, Outside::Clip] {
            let pool = Pool::new(1);
            let bad = take::<f64>(&pool, none, &[], &[0], outside, &mut [0.0]);
            assert_eq!(bad, Err(BadIndex(0)));
            assert_eq!(take::<f64>(&pool, none, &[], &[], outside, &mut []), Ok(()));
        }
    }

    #[test]
    fn any_axis() {
        let source: Vec<i64> = (0..24).collect();
        let around = Around {
            outer: 2,
            len: 3,
            inner: 4,
        };
        let mut target = [0; 16];
        take(
            &Pool::new(2),
            around,
            &source,
            &[2, 0],
            Outside::Raise,
            &mut target,
        )
        .unwrap();
        assert_eq!(
            target,
            [8, 9, 10, 11, 0, 1, 2, 3, 20, 21, 22, 23, 12, 13, 14, 15]
        );
    }

    #[test]
    fn the_last_value_stays() {
        for threads in [1, 2, 3, 8] {
            let pool = Pool::new(threads);
            let indices: Vec<i64> = (0..300_000).map(|i| i * 7919 % 100_003 - 1).collect();
            let values: Vec<i64> = (0..1000).collect();
            let mut target = vec![-1; 100_003];
            let mut expected = target.clone();
            for (i, &index) in indices.iter().enumerate() {
                let place = if index < 0 { 100_002 } else { index as usize };
                expected[place] = values[i % 1000];
            }
            put(&pool, &mut target, &indices, &values, Outside::Raise).unwrap();
            assert_eq!(target, expected);
            let bad = put(&pool, &mut target, &[3, 100_003], &values, Outside::Raise);
            assert_eq!(bad, Err(BadIndex(100_003)));
            assert_eq!(target, expected);
        }
    }

    #[test]
    fn targets_that_no_cache_holds() {
        // In batches, the last of them of few indices, and with fewer values than indices.
        let (len, count) = (1_000_003_usize, (1 << 22) + 300_000);
        let indices: Vec<i64> = (0..count)
            .map(|i| i * 6_700_417 % 1_000_003 - 500_000)
            .collect();
        let values: Vec<i64> = (0..700_001).collect();
        let mut expected = vec![-1; len];
        for (i, &index) in indices.iter().enumerate() {
            expected[index.rem_euclid(len as i64) as usize] = values[i % values.len()];
        }
        for threads in [1, 3] {
            let mut target = vec![-1; len];
            assert!(spread::pays(&target, &indices));
            put(
                &Pool::new(threads),
                &mut target,
                &indices,
                &values,
                Outside::Raise,
            )
            .unwrap();
            assert!(target == expected);
        }
        let mut target = vec![-1; len];
        let bad = [&indices[..], &[len as i64]].concat();
        let outcome = put(&Pool::new(2), &mut target, &bad, &values, Outside::Raise);
        assert_eq!(outcome, Err(BadIndex(len as i64)));
        assert!(target.iter().all(|&x| x == -1));
    }

    proptest! {
        #[test]
        fn wrapped_indices(indices: Vec<i64>) {
            let source = [0, 1, 2, 3, 4];
            let mut target = vec![0; indices.len()];
            take(&Pool::new(2), FLAT, &source, &indices, Outside::Wrap, &mut target).unwrap();
            for (value, index) in target.iter().zip(indices) {
                prop_assert_eq!(*value, index.rem_euclid(5));
            }
        }
    }
}
