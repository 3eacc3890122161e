use proptest::prelude::*;

use super::*;
use crate::pool::Pool;

/// Numbers without structure, the same in each run.
pub(super) fn noise(len: usize) -> impl Iterator<Item = u64> {
    (0..len as u64).map(|i| {
        let mut x = i.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    })
}

fn same_bits(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan())
}

fn sorted<T: Sortable>(threads: usize, source: &[T]) -> Vec<T> {
    let mut target = vec![T::default(); source.len()];
    sort(&Pool::new(threads), source, &mut target);
    target
}

fn order<T: Sortable>(threads: usize, source: &[T]) -> Vec<i64> {
    let mut target = vec![0; source.len()];
    argsort(&Pool::new(threads), source, &mut target);
    target
}

fn naive_order<T: Sortable>(source: &[T]) -> Vec<i64> {
    let mut order: Vec<i64> = (0..source.len() as i64).collect();
    order.sort_by_key(|&i| source[i as usize].key());
    order
}

/// Arrays that are hard for one or the other way of sorting.
fn hard_cases(len: usize) -> Vec<Vec<f64>> {
    let uniform = || noise(len).map(|x| (x >> 11) as f64 / (1_u64 << 53) as f64);
    vec![
        uniform().collect(),
        uniform().map(|x| (x - 0.5) * 1e300).collect(),
        uniform().map(|x| (x * 10.0).floor() - 5.0).collect(),
        uniform().map(|x| if x < 0.9 { 7.0 } else { x }).collect(),
        uniform()
            .map(|x| if x < 0.3 { -0.0 } else { 0.0 })
            .collect(),
        uniform()
            .map(|x| match (x * 4.0) as u32 {
                0 => f64::NAN,
                1 => f64::INFINITY,
                2 => f64::NEG_INFINITY,
                _ => x,
            })
            .collect(),
        (0..len).map(|i| i as f64).collect(),
        (0..len).map(|i| -(i as f64)).collect(),
        vec![f64::NAN; len],
        noise(len).map(f64::from_bits).collect(),
    ]
}

#[test]
fn hard_arrays_are_sorted_the_same_by_any_number_of_threads() {
    for len in [0, 1, 2, 100, 129, 1025, 33_000, 140_001] {
        for source in hard_cases(len) {
            let expected: Vec<i64> = naive_order(&source);
            let values: Vec<f64> = expected.iter().map(|&i| source[i as usize]).collect();
            for threads in [1, 2, 3, 8] {
                assert!(same_bits(&sorted(threads, &source), &values), "{len}");
                assert_eq!(order(threads, &source), expected, "{len}");
            }
        }
    }
}

#[test]
fn buckets_that_are_too_large_are_spread_again() {
    // The sample sees hardly anything but ones.
    let source: Vec<u32> = noise(3_000_000)
        .map(|x| if x % 4 == 0 { x as u32 } else { (x % 3) as u32 })
        .collect();
    let mut expected = source.clone();
    expected.sort_unstable();
    assert_eq!(sorted(2, &source), expected);
}

#[test]
fn narrow_elements_are_sorted() {
    let source: Vec<u8> = noise(100_000).map(|x| x as u8).collect();
    assert!(sorted(2, &source).is_sorted());
    assert_eq!(order(2, &source), naive_order(&source));
    let source: Vec<bool> = noise(100_000).map(|x| x % 2 == 0).collect();
    assert!(sorted(2, &source).is_sorted());
    let source: Vec<i16> = noise(100_000).map(|x| x as i16).collect();
    assert!(sorted(2, &source).is_sorted());
}

#[test]
fn rows_are_sorted_each_for_itself() {
    for (rows, row) in [(1, 7), (300, 301), (2, 200_000), (40_000, 3), (5, 1)] {
        let source: Vec<i64> = noise(rows * row).map(|x| (x % 1000) as i64).collect();
        let mut values = source.clone();
        let mut positions: Vec<i64> = Vec::new();
        for row in values.chunks_mut(row) {
            positions.extend(naive_order(row));
            row.sort_unstable();
        }
        let mut target = vec![0; source.len()];
        sort_rows(&Pool::new(2), row, &source, &mut target);
        assert_eq!(target, values);
        argsort_rows(&Pool::new(2), row, &source, &mut target);
        assert_eq!(target, positions);
    }
}

proptest! {
    #[test]
    fn any_array_is_sorted(source: Vec<f64>, threads in 1_usize..4) {
        let expected = naive_order(&source);
        let values: Vec<f64> = expected.iter().map(|&i| source[i as usize]).collect();
        prop_assert!(same_bits(&sorted(threads, &source), &values));
        prop_assert_eq!(order(threads, &source), expected);
    }
}
