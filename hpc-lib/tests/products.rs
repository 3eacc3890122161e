//! Products of integers and bool, einsum, and writing to large parts: against plain loops.

use hpc::linalg::{einsum, matmul};
use hpc::prelude::*;
use proptest::prelude::*;

/// Some integers that fill the whole range.
fn integers(seed: i64, shape: [usize; 2]) -> Array {
    let n = (shape[0] * shape[1]) as i64;
    let value = |i: i64| (i + seed).wrapping_mul(0x5851_f42d_4c95_7f2d) >> 7;
    (0..n).map(value).collect::<Array>().reshape(shape)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn products_of_integers_are_sums_of_products(
        rows in 0_usize..40,
        depth in 0_usize..140,
        columns in prop_oneof![0_usize..20, 500_usize..600],
        seed in 0_i64..1000,
    ) {
        let (a, b) = (integers(seed, [rows, depth]), integers(seed + 7, [depth, columns]));
        let (x, y) = (a.to_vec::<i64>(), b.to_vec::<i64>());
        let expected: Vec<i64> = (0..rows * columns)
            .map(|at| {
                let (row, column) = (at / columns, at % columns);
                (0..depth).fold(0_i64, |sum, k| {
                    let product = x[row * depth + k].wrapping_mul(y[k * columns + column]);
                    sum.wrapping_add(product)
                })
            })
            .collect();
        prop_assert_eq!(matmul(&a, &b).to_vec::<i64>(), expected.clone());
        // Fewer bits hold the lower ones.
        let few = matmul(&a.astype(DType::I8), &b.astype(DType::I8));
        prop_assert_eq!(few.dtype(), DType::I8);
        let lower: Vec<i64> = expected.iter().map(|&sum| i64::from(sum as i8)).collect();
        prop_assert_eq!(few.to_vec::<i64>(), lower);
    }

    #[test]
    fn einsum_is_a_sum_over_all_letters(
        (i, j, k) in (0_usize..4, 1_usize..5, 1_usize..5),
        form in prop::sample::select(vec![
            "ij,jk->ik", "ij,jk->ki", "ij,jk->", "ij,jk->j", "ij,jk->ijk", "ij,jk", "ij,jk->jki",
        ]),
    ) {
        let a = integers(1, [i, j]) % 7;
        let b = integers(2, [j, k]) % 7;
        let result = form.split_once("->").map_or("ik", |(_, result)| result);
        let all = a.reshape([i, j, 1]) * b.reshape([1, j, k]);
        let axis = |letter| "ijk".find(letter).unwrap_or(3) as isize;
        let gone: Vec<isize> = "ijk".chars().filter(|&c| !result.contains(c)).map(axis).collect();
        let left: Vec<char> = "ijk".chars().filter(|&c| result.contains(c)).collect();
        let order: Vec<isize> = result
            .chars()
            .filter_map(|c| left.iter().position(|&other| other == c))
            .map(|at| at as isize)
            .collect();
        let expected = all.sum_axis(&gone[..]).permute_dims(&order[..]);
        let got = einsum(form, &[&a, &b]);
        prop_assert_eq!(got.shape(), expected.shape());
        prop_assert_eq!(got.to_vec::<i64>(), expected.to_vec::<i64>());
    }
}

#[test]
fn batches_of_integers_are_broadcast() {
    let a = arange(0, 24, 1).reshape([4, 1, 2, 3]);
    let b = arange(0, 18, 1).reshape([3, 3, 2]);
    let product = matmul(&a, &b);
    assert_eq!(product.shape(), [4, 3, 2, 2]);
    let by_engine = matmul(&a.astype(DType::F64), &b.astype(DType::F64));
    assert_eq!(product.to_vec::<f64>(), by_engine.to_vec::<f64>());
}

#[test]
fn einsum_takes_several_arrays_and_all_dtypes() {
    let (a, b, c) = (ones([2, 3]), ones([3, 400]), ones([400, 5]));
    let chain = einsum("ij, jk, kl -> il", &[&a, &b, &c]);
    assert_eq!(
        (chain.shape(), chain.min(), chain.max()),
        (&[2, 5][..], 1200.0, 1200.0)
    );
    let mask = Array::from([[true, false], [false, false]]);
    assert_eq!(einsum("ij,jk->ik", &[&mask, &mask]).dtype(), DType::Bool);
    assert_eq!(einsum("ij->i", &[&mask]).to_vec::<bool>(), [true, false]);
    let z = Array::from([1.0, 2.0]) * Complex::I;
    assert_eq!(
        einsum("i,i", &[&z, &z]).item_complex(()),
        Complex::new(-5.0, 0.0)
    );
    // An axis of length 1 goes with any.
    let row = arange(0, 3, 1).reshape([1, 3]);
    let column = arange(0, 4, 1).reshape([4, 1]);
    assert_eq!(
        einsum("...i,...i->...", &[&row, &column]).to_vec::<i64>(),
        [0, 3, 6, 9]
    );
}

#[test]
fn mistakes_in_subscripts_are_errors() {
    let (x, a) = (ones(3), ones([2, 3]));
    for (subscripts, arrays, part) in [
        ("i,j", vec![&x], "is for 2 arrays, not 1"),
        ("ij", vec![&x], "has \"ij\" for an array of shape [3]"),
        ("i1", vec![&a], "has '1'; axes are letters"),
        ("ij->ijj", vec![&a], "or twice"),
        ("ij->k", vec![&a], "that is in no array"),
        ("ii", vec![&a], "the axis i has lengths 2 and 3"),
        ("...j->j", vec![&a], "has `...` in an array"),
        ("i...i...", vec![&a], "has '.'"),
        ("", vec![], "is for 1 arrays, not 0"),
    ] {
        let error = linalg::try_einsum(subscripts, &arrays)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("einsum: "), "{error}");
        assert!(error.contains(part), "{subscripts}: {error}");
    }
}

#[test]
fn large_parts_are_written_like_small_ones() {
    let n = 600;
    let mut x = zeros([n, n]);
    let y = arange(0, (n * n) as i64, 1).reshape([n, n]);
    // Every part in another order: transposed, reversed, with steps.
    x.assign(s![..;-1, ..], &y.t());
    assert!(x.array_equal(&y.t().flip(0)));
    x.assign(s![1..;2, 3..], 7);
    let part = x.slice(s![1..;2, 3..]);
    assert_eq!((part.min(), part.max()), (7.0, 7.0));
    assert!(
        x.slice(s![..;2])
            .array_equal(&y.t().flip(0).slice(s![..;2]))
    );
    let mut columns = zeros([n, n]);
    columns.assign(s![.., ..;3], y.slice(s![.., 0]).reshape([n, 1]));
    assert_eq!(columns.item([5, 6]), (5 * n) as f64);
    assert_eq!(columns.item([5, 7]), 0.0);
    // A view of itself is what it was before.
    let before = x.copy();
    x.assign(s![.., 1..], &x.clone().slice(s![.., ..-1]));
    assert!(
        x.slice(s![.., 1..])
            .array_equal(&before.slice(s![.., ..-1]))
    );
}
