//! Elements by rank, without sorting the rest.

use super::key::{Bits, Sortable};
use super::order::for_rows;
use crate::pool::Pool;

/// Elements from which on a rank is looked for by all threads.
const LARGE: usize = 1 << 17;

/// Keys that are looked at to guess where a rank is.
const SAMPLE: usize = 1 << 12;

/// How far off the guess may be, in sample keys: four standard deviations.
const MARGIN: usize = 4 * 32;

/// Elements of one task.
const TASK: usize = 1 << 16;

/// The keys of the given ranks (ascending, below `source.len()`) in the sorted order of `source`.
pub(super) fn keys_of_ranks<T: Sortable>(
    pool: &Pool,
    source: &[T],
    ranks: &[usize],
) -> Vec<T::Key> {
    // Each rank costs a pass; sorting costs as much as some of them.
    const FEW: usize = 6;
    if source.len() >= LARGE && ranks.len() <= FEW {
        let mut found: Vec<T::Key> = Vec::with_capacity(ranks.len());
        for (i, &rank) in ranks.iter().enumerate() {
            let known = i > 0 && ranks[i - 1] == rank;
            found.push(if known {
                found[i - 1]
            } else {
                key_of_rank(pool, source, rank)
            });
        }
        return found;
    }
    let mut keys: Vec<T::Key> = source.iter().map(|element| element.key()).collect();
    place_ranks(&mut keys, 0, ranks, |&key| key);
    ranks.iter().map(|&rank| keys[rank]).collect()
}

/// How many keys are below a guess, equal to its ends, and which are between.
struct Part<K> {
    below: usize,
    low: usize,
    between: Vec<K>,
    high: usize,
}

/// By a guess from a sample and one pass that keeps what is near it (after Floyd and Rivest, "Expected
/// time bounds for selection", Communications of the ACM 18, 1975).
fn key_of_rank<T: Sortable>(pool: &Pool, source: &[T], rank: usize) -> T::Key {
    let stride = source.len() / SAMPLE;
    let mut state = source.len();
    let mut sample: Vec<T::Key> = (0..SAMPLE)
        .map(|i| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            source[i * stride + (state >> 33) % stride].key()
        })
        .collect();
    sample.sort_unstable();
    let guess = (rank as u128 * SAMPLE as u128 / source.len() as u128) as usize;
    let low = guess
        .checked_sub(MARGIN)
        .map_or(T::Key::default(), |at| sample[at]);
    let high = sample.get(guess + MARGIN).copied().unwrap_or(T::Key::MAX);

    let parts = pool.collect(source.len().div_ceil(TASK), &|index| {
        let mut part = Part {
            below: 0,
            low: 0,
            between: Vec::new(),
            high: 0,
        };
        for element in source.iter().skip(index * TASK).take(TASK) {
            let key = element.key();
            part.below += usize::from(key < low);
            part.low += usize::from(key == low);
            part.high += usize::from(key == high);
            if low < key && key < high {
                part.between.push(key);
            }
        }
        part
    });
    let count = |of: fn(&Part<T::Key>) -> usize| parts.iter().map(of).sum::<usize>();
    let below = count(|part| part.below);
    let up_to_low = below + count(|part| part.low);
    let up_to_between = up_to_low + count(|part| part.between.len());
    let up_to_high = up_to_between + count(|part| part.high);
    if (below..up_to_low).contains(&rank) {
        return low;
    }
    if (up_to_between..up_to_high).contains(&rank) {
        return high;
    }
    let (mut keys, first) = if (up_to_low..up_to_between).contains(&rank) {
        let between = parts.into_iter().flat_map(|part| part.between).collect();
        (between, up_to_low)
    } else {
        let all: Vec<T::Key> = source.iter().map(|element| element.key()).collect();
        (all, 0)
    };
    *keys.select_nth_unstable(rank - first).1
}

/// Copies each row of `row` elements to `target`, with the elements of the given ranks (ascending,
/// below `row`) where they would be if the row were sorted, smaller ones before and larger ones after.
///
/// # Panics
/// Panics when the lengths differ.
pub(crate) fn partition_rows<T: Sortable>(
    pool: &Pool,
    row: usize,
    ranks: &[usize],
    source: &[T],
    target: &mut [T],
) {
    for_rows(pool, (row, row), source, target, &|_, source, target| {
        target.copy_from_slice(source);
        place_ranks(target, 0, ranks, |element| element.key());
    });
}

/// The positions that divide each row of `row` elements as [`partition_rows`] does.
///
/// # Panics
/// Panics when the lengths differ.
pub(crate) fn argpartition_rows<T: Sortable>(
    pool: &Pool,
    row: usize,
    ranks: &[usize],
    source: &[T],
    target: &mut [i64],
) {
    for_rows(pool, (row, row), source, target, &|_, source, target| {
        let mut tagged: Vec<(T::Key, usize)> = source
            .iter()
            .enumerate()
            .map(|(index, element)| (element.key(), index))
            .collect();
        place_ranks(&mut tagged, 0, ranks, |&tagged| tagged);
        for (target, (_, index)) in target.iter_mut().zip(tagged) {
            *target = index as i64;
        }
    });
}

/// Puts the elements of the given ranks where they would be if all were sorted. `elements` begins at
/// rank `first`.
fn place_ranks<T, K: Ord>(
    elements: &mut [T],
    first: usize,
    ranks: &[usize],
    key: impl Fn(&T) -> K + Copy,
) {
    let Some(&rank) = ranks.get(ranks.len() / 2) else {
        return;
    };
    let (before, _, after) = elements.select_nth_unstable_by_key(rank - first, key);
    let less = ranks.partition_point(|&other| other < rank);
    let more = ranks.partition_point(|&other| other <= rank);
    place_ranks(before, first, &ranks[..less], key);
    place_ranks(after, rank + 1, &ranks[more..], key);
}
