//! Selecting and writing by index: against loops over positions, and errors.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hpc::prelude::*;
use proptest::prelude::*;

/// The text of the panic that ends `run`.
fn panic_text<T>(run: impl FnOnce() -> T) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(run)) else {
        panic!("it did not panic");
    };
    payload
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_default()
}

fn cube() -> Array {
    arange(0, 24, 1).reshape([2, 3, 4])
}

#[test]
fn indices_of_all_kinds_meet_as_in_numpy() {
    let x = cube();
    let mask = x.slice(s![0]).gt(5);
    // What is selected, its shape, and its elements by NumPy.
    let cases: [(Array, &[usize], &[i64]); 9] = [
        (
            x.slice(s![NewAxis, .., 0, NewAxis, 1]),
            &[1, 2, 1],
            &[1, 13],
        ),
        (x.slice(s![Ellipsis, 0]), &[2, 3], &[0, 4, 8, 12, 16, 20]),
        (
            x.slice(s![1, Ellipsis, 2..]),
            &[3, 2],
            &[14, 15, 18, 19, 22, 23],
        ),
        (x.slice(s![0, [2, 0], 1..;2]), &[2, 2], &[9, 11, 1, 3]),
        // Apart: the axis of the positions comes first.
        (
            x.slice(s![[0, 1], .., [3, 0]]),
            &[2, 3],
            &[3, 7, 11, 12, 16, 20],
        ),
        (x.slice(s![0, .., [3, 0]]), &[2, 3], &[3, 7, 11, 0, 4, 8]),
        // Neighbours: it comes in their place.
        (x.slice(s![.., [2, 0], [3, 0]]), &[2, 2], &[11, 0, 23, 12]),
        (
            x.slice(s![.., &mask]).slice(s![.., ..2]),
            &[2, 2],
            &[6, 7, 18, 19],
        ),
        (
            x.slice(s![Array::from([[0], [1]]), [0, 2], -1]),
            &[2, 2],
            &[3, 11, 15, 23],
        ),
    ];
    for (index, (selected, shape, elements)) in cases.iter().enumerate() {
        assert_eq!(selected.shape(), *shape, "case {index}");
        assert_eq!(selected.to_vec::<i64>(), *elements, "case {index}");
    }
}

#[test]
fn what_is_written_is_what_is_selected() {
    let indices: [&[Index]; 8] = [
        s![],
        s![.., 1],
        s![1, ..;-2, 1..3],
        s![[1, 0]],
        s![.., [2, 0], [3, 1]],
        s![[0, 1], .., [3, 0]],
        s![cube().gt(13)],
        s![Ellipsis, ..;-1],
    ];
    for indices in indices {
        let mut x = cube();
        let before = x.clone();
        let part = x.slice(indices);
        let values = -1 - arange(0, part.len() as i64, 1).reshape(part.shape());
        x.assign(indices, &values);
        assert!(x.slice(indices).eq(&values).all(), "{indices:?}");
        assert_eq!(x.ne(&before).count_nonzero(), part.len(), "{indices:?}");
        assert_eq!(before.sum(), 276.0);
        // Through a view with rows and columns exchanged.
        let mut y = cube().reshape([2, 3, 4]).t().t();
        y.assign(indices, 100);
        assert_eq!(y.eq(100).count_nonzero(), part.len());
    }
}

#[test]
fn overlapping_parts_are_read_before_they_are_written() {
    let mut x = arange(0, 6, 1);
    x.assign(s![1..], x.slice(s![..-1]));
    assert_eq!(x.to_vec::<i64>(), [0, 0, 1, 2, 3, 4]);
    x.assign(s![..;-1], x.clone());
    assert_eq!(x.to_vec::<i64>(), [4, 3, 2, 1, 0, 0]);
    x.update(s![2..], |part| part + 10);
    assert_eq!(x.to_vec::<i64>(), [4, 3, 12, 11, 10, 10]);
    let mut a = arange(0, 4, 1).reshape([2, 2]);
    a.assign(s![], a.t());
    assert_eq!(a.to_vec::<i64>(), [0, 2, 1, 3]);
}

#[test]
fn a_failed_assignment_changes_nothing() {
    let mut x = arange(0, 3, 1);
    let cases = [
        (
            panic_text(|| x.assign(s![5], 1)),
            "assign: index 5 is out of range for axis 0 of shape [3]",
        ),
        (
            panic_text(|| x.assign(s![0], 0.5)),
            "assign: values of dtype f64 for an array of i64",
        ),
        (
            panic_text(|| x.assign(s![..], Array::from([1, 2]))),
            "assign: shapes [3] and [2] do not fit together",
        ),
        (
            panic_text(|| x.assign(s![0, 0], 1)),
            "assign: 2 indices for an array of shape [3]",
        ),
        (
            panic_text(|| x.copy_where([true], 1.0)),
            "copy_where: values of dtype f64",
        ),
        (
            panic_text(|| ones(2).astype(DType::U8).assign(s![], 256)),
            "assign: values of dtype i64 for an array of u8",
        ),
    ];
    for (text, expected) in cases {
        assert!(
            text.starts_with(expected),
            "{text:?} instead of {expected:?}"
        );
    }
    assert_eq!(x.to_vec::<i64>(), [0, 1, 2]);
}

#[test]
fn indices_that_make_no_sense_are_named() {
    let x = cube();
    let cases = [
        (
            panic_text(|| x.slice(s![Ellipsis, Ellipsis])),
            "slice: more than one Ellipsis",
        ),
        (
            panic_text(|| x.slice(s![[0, 2]])),
            "slice: index 2 is out of range for axis 0 of shape [2, 3, 4]",
        ),
        (
            panic_text(|| x.slice(s![[0, 1, 0], [0, 1]])),
            "slice: shapes [3] and [2] do not fit together",
        ),
        (
            panic_text(|| x.slice(s![Array::from([true])])),
            "slice: shapes [2, 3, 4] and [1] do not fit together",
        ),
        (
            panic_text(|| x.slice(s![Array::from([1.0])])),
            "slice: the array has dtype f64; an index is of bool or integers",
        ),
        (
            panic_text(|| x.slice(s![i64::MIN])),
            "slice: index -9223372036854775808 is out of range",
        ),
        (
            panic_text(|| x.reshape([-1, -1])),
            "reshape: only one length can be -1",
        ),
        (
            panic_text(|| x.reshape([5, -1])),
            "reshape: no length for -1 in [5, -1] makes 24 elements",
        ),
        (
            panic_text(|| x.reshape([-2, 12])),
            "reshape: a length of -2",
        ),
    ];
    for (text, expected) in cases {
        assert!(
            text.starts_with(expected),
            "{text:?} instead of {expected:?}"
        );
    }
    assert_eq!(x.slice(s![.., ..;isize::MIN]).shape(), [2, 1, 4]);
    assert_eq!(
        x.slice(s![isize::MIN..isize::MAX;isize::MAX]).shape(),
        [1, 3, 4]
    );
    assert_eq!(zeros([0, 1 << 40, 1 << 40]).reshape(-1).shape(), [0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn positions_select_what_a_loop_selects(
        rows in 1..40_usize,
        columns in 1..40_usize,
        seed in prop::collection::vec(any::<u16>(), 0..200),
    ) {
        let x = arange(0, (rows * columns) as i64, 1).reshape([rows, columns]);
        let signed = |at: usize, n: usize, seed: u16| at as i64 - if seed.is_multiple_of(2) { n as i64 } else { 0 };
        let i: Vec<i64> = seed.iter().map(|&s| signed(s as usize % rows, rows, s)).collect();
        let j: Vec<i64> = seed.iter().map(|&s| signed(s as usize / 7 % columns, columns, s)).collect();
        let expected: Vec<i64> = seed
            .iter()
            .map(|&s| (s as usize % rows * columns + s as usize / 7 % columns) as i64)
            .collect();
        let (i, j) = (Array::from(i), Array::from(j));
        prop_assert_eq!(x.slice(s![&i, &j]).to_vec::<i64>(), expected.clone());
        prop_assert_eq!(x.t().slice(s![&j, &i]).to_vec::<i64>(), expected);
        let taken = x.slice(s![..;-1, &j]);
        prop_assert_eq!(taken.shape(), [rows, seed.len()]);
        let mut written = zeros([rows, columns]);
        written.assign(s![&i, &j], 1);
        let mut mask = vec![0.0; rows * columns];
        for &s in &seed {
            mask[s as usize % rows * columns + s as usize / 7 % columns] = 1.0;
        }
        prop_assert_eq!(written.to_vec::<f64>(), mask);
    }
}
