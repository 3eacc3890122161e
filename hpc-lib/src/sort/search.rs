//! Places in a sorted array.

use super::key::Sortable;
use crate::pool::Pool;

/// Elements of one task.
const TASK: usize = 1 << 14;

/// Searches that run side by side, so that they wait for memory together.
const LANES: usize = 8;

/// Which side of what is equal to it an element belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Before what is equal to it.
    Left,
    /// After what is equal to it.
    Right,
}

/// Writes to `target` where each of `needles` is to be put into `sorted` so that it stays in order.
/// With `sorter`, the array in order is that of the elements at these positions, which must be valid.
///
/// # Panics
/// Panics when the lengths differ, or a position of the sorter is not valid.
pub(crate) fn search_sorted<T: Sortable>(
    pool: &Pool,
    sorted: &[T],
    sorter: Option<&[i64]>,
    needles: &[T],
    side: Side,
    target: &mut [i64],
) {
    match sorter {
        None => search(pool, sorted.len(), |i| sorted[i], needles, side, target),
        Some(order) => {
            let at = |i: usize| sorted[order[i] as usize];
            search(pool, order.len(), at, needles, side, target);
        }
    }
}

fn search<T: Sortable>(
    pool: &Pool,
    len: usize,
    at: impl Fn(usize) -> T + Sync + Send,
    needles: &[T],
    side: Side,
    target: &mut [i64],
) {
    assert_eq!(needles.len(), target.len());
    let is_before = |element: T, key: T::Key| match side {
        Side::Left => element.key() < key,
        Side::Right => element.key() <= key,
    };
    pool.for_each_piece(target, TASK, &|start, target| {
        let (groups, rest) = needles[start..start + target.len()].as_chunks::<LANES>();
        let (targets, rest_target) = target.as_chunks_mut::<LANES>();
        for (target, group) in targets.iter_mut().zip(groups) {
            *target = bisect(len, &at, &is_before, group.map(Sortable::key));
        }
        for (target, needle) in rest_target.iter_mut().zip(rest) {
            [*target] = bisect(len, &at, &is_before, [needle.key()]);
        }
    });
}

/// The number of elements that are before each of the keys, without branches.
#[inline]
fn bisect<T: Sortable, const N: usize>(
    len: usize,
    at: &impl Fn(usize) -> T,
    is_before: &impl Fn(T, T::Key) -> bool,
    keys: [T::Key; N],
) -> [i64; N] {
    let mut starts = [0; N];
    let mut size = len;
    while size > 1 {
        let half = size / 2;
        for (start, &key) in starts.iter_mut().zip(&keys) {
            *start += if is_before(at(*start + half - 1), key) {
                half
            } else {
                0
            };
        }
        size -= half;
    }
    std::array::from_fn(|lane| {
        let start = starts[lane];
        (start + usize::from(size == 1 && is_before(at(start), keys[lane]))) as i64
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(sorted: &[f64], needles: &[f64], side: Side) -> Vec<i64> {
        let mut target = vec![0; needles.len()];
        search_sorted(&Pool::new(2), sorted, None, needles, side, &mut target);
        target
    }

    #[test]
    fn equal_elements_zeros_and_nan() {
        let sorted = [-1.0, -0.0, 0.0, 2.0, f64::NAN, f64::NAN];
        let needles = [-2.0, 0.0, -0.0, 2.0, 3.0, f64::NAN, f64::INFINITY];
        assert_eq!(found(&sorted, &needles, Side::Left), [0, 1, 1, 3, 4, 4, 4]);
        assert_eq!(found(&sorted, &needles, Side::Right), [0, 3, 3, 4, 4, 6, 4]);
        assert_eq!(found(&[], &needles, Side::Left), [0; 7]);
    }

    #[test]
    fn a_sorter_stands_for_the_sorted_array() {
        let mut target = [0; 3];
        search_sorted(
            &Pool::new(1),
            &[30, 10, 20],
            Some(&[1, 2, 0]),
            &[5, 20, 31],
            Side::Right,
            &mut target,
        );
        assert_eq!(target, [0, 2, 3]);
    }

    proptest! {
        #[test]
        fn as_many_as_are_before(mut sorted: Vec<i8>, needles: Vec<i8>) {
            sorted.sort_unstable();
            let mut target = vec![0; needles.len()];
            for side in [Side::Left, Side::Right] {
                search_sorted(&Pool::new(2), &sorted, None, &needles, side, &mut target);
                for (&place, &needle) in target.iter().zip(&needles) {
                    let is_before = |&x: &i8| match side {
                        Side::Left => x < needle,
                        Side::Right => x <= needle,
                    };
                    prop_assert_eq!(place as usize, sorted.partition_point(is_before));
                }
            }
        }
    }
}
