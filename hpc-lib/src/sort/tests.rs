use proptest::prelude::*;

use super::bins::{count, sum};
use super::key::Sortable;
use super::order::{argsort_rows, refine, sort, sort_rows};
use super::quantile::{Rule, quantile_rows};
use super::select::{argpartition_rows, keys_of_ranks, partition_rows};
use super::sets::is_in;
use super::unique::{groups, unique};
use super::{Method, argsort};
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

#[test]
fn ranks_of_hard_arrays() {
    for len in [1, 5, 1000, 300_000] {
        for source in hard_cases(len) {
            let values: Vec<f64> = naive_order(&source)
                .iter()
                .map(|&i| source[i as usize])
                .collect();
            let ranks = [0, len / 3, len / 2, len / 2, len - 1];
            for threads in [1, 2, 3, 8] {
                let keys = keys_of_ranks(&Pool::new(threads), &source, &ranks);
                let expected = ranks.map(|rank| values[rank].key());
                assert_eq!(keys, expected);
            }
        }
    }
}

#[test]
fn a_partition_has_smaller_elements_before_and_larger_ones_after() {
    let (rows, row) = (20, 501);
    let source: Vec<i32> = noise(rows * row).map(|x| (x % 100) as i32).collect();
    let ranks = [3, 250, 500];
    let pool = Pool::new(2);
    let mut target = vec![0; source.len()];
    partition_rows(&pool, row, &ranks, &source, &mut target);
    let mut positions = vec![0; source.len()];
    argpartition_rows(&pool, row, &ranks, &source, &mut positions);
    for (i, source) in source.chunks(row).enumerate() {
        let values = &target[i * row..][..row];
        let positions = &positions[i * row..][..row];
        let by_position: Vec<i32> = positions.iter().map(|&at| source[at as usize]).collect();
        let mut sorted = source.to_vec();
        sorted.sort_unstable();
        for found in [values, &by_position] {
            for rank in ranks {
                assert_eq!(found[rank], sorted[rank]);
                assert!(found[..rank].iter().all(|&x| x <= found[rank]));
                assert!(found[rank..].iter().all(|&x| x >= found[rank]));
            }
            let mut all = found.to_vec();
            all.sort_unstable();
            assert_eq!(all, sorted);
        }
    }
}

fn quantile(source: &[f64], q: f64, method: Method) -> f64 {
    let rule = Rule {
        method,
        skips_nan: true,
    };
    let mut target = [0.0];
    quantile_rows(&Pool::new(2), source.len(), source, &[q], rule, &mut target);
    target[0]
}

/// Values from NumPy 2.4 for [1, 2, 4, 8, 16, 32] at 0.1, 0.25, 0.5, 0.8.
#[test]
fn quantiles_of_all_methods() {
    let source = [4.0, 1.0, f64::NAN, 32.0, 2.0, 16.0, 8.0];
    let expected = QUANTILES;
    for (method, values) in expected {
        for (q, value) in [0.1, 0.25, 0.5, 0.8].into_iter().zip(values) {
            let found = quantile(&source, q, method);
            assert!(
                (found - value).abs() < 1e-12,
                "{method:?} {q}: {found} {value}"
            );
        }
    }
}

const QUANTILES: [(Method, [f64; 4]); 13] = [
    (Method::InvertedCdf, [1.0, 2.0, 4.0, 16.0]),
    (Method::AveragedInvertedCdf, [1.0, 2.0, 6.0, 16.0]),
    (Method::ClosestObservation, [1.0, 2.0, 4.0, 16.0]),
    (
        Method::InterpolatedInvertedCdf,
        [1.0, 1.5, 4.0, 14.400_000_000_000_006],
    ),
    (Method::Hazen, [1.1, 2.0, 6.0, 20.800_000_000_000_01]),
    (Method::Weibull, [1.0, 1.75, 6.0, 25.600_000_000_000_01]),
    (Method::Linear, [1.5, 2.5, 6.0, 16.0]),
    (
        Method::MedianUnbiased,
        [1.0, 1.916_666_666_666_666_7, 6.0, 22.400_000_000_000_006],
    ),
    (
        Method::NormalUnbiased,
        [1.0, 1.9375, 6.0, 22.000_000_000_000_014],
    ),
    (Method::Lower, [1.0, 2.0, 4.0, 16.0]),
    (Method::Higher, [2.0, 4.0, 8.0, 16.0]),
    (Method::Midpoint, [1.5, 3.0, 6.0, 16.0]),
    (Method::Nearest, [1.0, 2.0, 4.0, 16.0]),
];

#[test]
fn quantiles_of_rows_and_of_nothing() {
    let linear = Rule {
        method: Method::Linear,
        skips_nan: false,
    };
    let mut target = [0.0; 4];
    let source = [1.0, 3.0, 2.0, 5.0, f64::NAN, 7.0];
    quantile_rows(&Pool::new(2), 3, &source, &[0.5, 1.0], linear, &mut target);
    assert_eq!(target[..2], [2.0, 3.0]);
    assert!(target[2..].iter().all(|x| x.is_nan()));
    assert!(quantile(&[], 0.5, Method::Linear).is_nan());
    assert!(quantile(&[f64::NAN], 0.5, Method::Linear).is_nan());
    assert_eq!(
        quantile(&[f64::INFINITY, 1.0, f64::INFINITY], 0.75, Method::Linear),
        f64::INFINITY
    );
}

#[test]
fn distinct_elements_and_where_they_are() {
    for len in [0, 1, 1000, 200_000] {
        for source in hard_cases(len) {
            let order = naive_order(&source);
            let mut values: Vec<f64> = Vec::new();
            let (mut first, mut counts) = (Vec::new(), Vec::new());
            let mut inverse = vec![0; len];
            for &at in &order {
                let x = source[at as usize];
                if values.last().is_none_or(|last| last.key() != x.key()) {
                    values.push(x);
                    first.push(at);
                    counts.push(0);
                }
                *counts.last_mut().unwrap() += 1;
                inverse[at as usize] = values.len() as i64 - 1;
            }
            for threads in [1, 2, 3, 8] {
                let pool = Pool::new(threads);
                assert!(same_bits(&unique(&pool, &source), &values));
                let found = groups(&pool, &source);
                assert!(same_bits(&found.values, &values));
                assert_eq!(found.first, first);
                assert_eq!(found.counts, counts);
                assert_eq!(found.inverse, inverse);
            }
        }
    }
}

#[test]
fn membership() {
    let mut target = [true; 4];
    let elements = [0.0, f64::NAN, 2.0, 3.0];
    is_in(
        &Pool::new(2),
        &elements,
        &[-0.0, 1.0, 3.0, f64::NAN],
        &mut target,
    );
    assert_eq!(target, [true, false, false, true]);
    is_in(&Pool::new(2), &elements, &[], &mut target);
    assert_eq!(target, [false; 4]);
}

#[test]
fn bins_are_counted_and_summed() {
    for bins in [10, 100_000] {
        let values: Vec<i64> = noise(300_000).map(|x| (x % bins) as i64).collect();
        let weights: Vec<f64> = noise(300_000).map(|x| (x >> 11) as f64).collect();
        let mut counts = vec![0; bins as usize];
        let mut sums = vec![0.0; bins as usize];
        for (&value, weight) in values.iter().zip(&weights) {
            counts[value as usize] += 1;
            sums[value as usize] += weight;
        }
        for threads in [1, 2, 3, 8] {
            let pool = Pool::new(threads);
            let mut found = vec![0; bins as usize];
            count(&pool, &values, &mut found);
            assert_eq!(found, counts);
            let mut found = vec![0.0; bins as usize];
            sum(&pool, &values, &weights, &mut found);
            assert_eq!(found, sums);
        }
    }
}

#[test]
fn the_last_row_of_keys_decides_first() {
    let first: Vec<u8> = noise(5000).map(|x| (x % 5) as u8).collect();
    let second: Vec<f32> = noise(5000).map(|x| (x >> 40) as f32 % 7.0).collect();
    let mut order: Vec<i64> = (0..5000).collect();
    refine(&Pool::new(2), &first, &mut order);
    refine(&Pool::new(2), &second, &mut order);
    let mut expected: Vec<i64> = (0..5000).collect();
    expected.sort_by_key(|&i| (second[i as usize] as u32, first[i as usize]));
    assert_eq!(order, expected);
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
