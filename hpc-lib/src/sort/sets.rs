//! Membership.

use super::key::Sortable;
use super::search::{Side, search_sorted};
use crate::pool::Pool;

/// Elements of one task.
const TASK: usize = 1 << 15;

/// Writes to `target` whether each element is among those of `sorted`, which are in ascending order.
/// NaN is in no set.
///
/// # Panics
/// Panics when the lengths differ.
pub(crate) fn is_in<T: Sortable>(pool: &Pool, elements: &[T], sorted: &[T], target: &mut [bool]) {
    assert_eq!(elements.len(), target.len());
    let alone = Pool::new(1);
    pool.for_each_piece(target, TASK, &|start, target| {
        let elements = &elements[start..start + target.len()];
        let mut places = vec![0; elements.len()];
        search_sorted(&alone, sorted, None, elements, Side::Left, &mut places);
        for ((target, element), &place) in target.iter_mut().zip(elements).zip(&places) {
            let found = sorted.get(place as usize);
            *target = !element.is_nan() && found.is_some_and(|x| x.key() == element.key());
        }
    });
}
