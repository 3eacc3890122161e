//! Arrays against plain Rust: tables of cases, laws that hold for any array, and errors.

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

#[test]
fn dtypes_meet_as_in_numpy() {
    let (f, i, b) = (full(2, 1.5), full(2, 3), full(2, true));
    let cases = [
        (&f + &i, DType::F64, 4.5),
        (&i + &b, DType::I64, 4.0),
        (&b + &b, DType::Bool, 1.0),
        (&b * &b, DType::Bool, 1.0),
        (&i / 2, DType::F64, 1.5),
        (&b / &b, DType::F64, 1.0),
        (&i % 2, DType::I64, 1.0),
        (-7 % &i, DType::I64, 2.0),
        (-7.0 % &i, DType::F64, 2.0),
        (&i - 0.5, DType::F64, 2.5),
        (2 - &i, DType::I64, -1.0),
        (2.0 / &f, DType::F64, 2.0 / 1.5),
        (&i & 2, DType::I64, 2.0),
        (&i ^ 1, DType::I64, 2.0),
        (!&i, DType::I64, -4.0),
        (!&b, DType::Bool, 0.0),
        (&b | false, DType::Bool, 1.0),
        (-&i, DType::I64, -3.0),
        (i.sqrt(), DType::F64, 3.0_f64.sqrt()),
        (b.abs(), DType::Bool, 1.0),
        (i.powi(4), DType::I64, 81.0),
        (f.powf(0.3), DType::F64, 1.5_f64.powf(0.3)),
        (i.maximum(3.5), DType::F64, 3.5),
        (i.astype(DType::Bool), DType::Bool, 1.0),
    ];
    for (index, (array, dtype, value)) in cases.iter().enumerate() {
        assert_eq!(
            (array.dtype(), array.item(1)),
            (*dtype, *value),
            "case {index}"
        );
    }
}

#[test]
fn mistakes_are_named() {
    let (x, m) = (zeros(3), zeros([2, 4]));
    let cases: [(String, &str); 14] = [
        (
            panic_text(|| &x + &m),
            "add: shapes [3] and [2, 4] do not fit together",
        ),
        (
            panic_text(|| m.lt(&x)),
            "lt: shapes [2, 4] and [3] do not fit together",
        ),
        (
            panic_text(|| !&x),
            "not: the array has dtype f64; it takes bool and integers",
        ),
        (
            panic_text(|| &x & 1),
            "and: the array has dtype f64; it takes bool and integers",
        ),
        (
            panic_text(|| -x.gt(0)),
            "neg: the array has dtype bool; use `!` to negate it",
        ),
        (
            panic_text(|| x.item(3)),
            "item: index 3 is out of range for axis 0 of shape [3]",
        ),
        (
            panic_text(|| m.item([-3, 0])),
            "item: index -3 is out of range for axis 0 of shape [2, 4]",
        ),
        (
            panic_text(|| m.item(0)),
            "item: 1 indices for an array of shape [2, 4]",
        ),
        (
            panic_text(|| m.reshape(7)),
            "reshape: shapes [2, 4] and [7] do not fit together",
        ),
        (
            panic_text(|| x.row(0)),
            "row: the array has shape [3]; it takes arrays with two axes or more",
        ),
        (
            panic_text(|| x.slice(s![..;0])),
            "slice: the step of a range is 0",
        ),
        (
            panic_text(|| x.to_vec::<i64>()),
            "to_vec: the array has dtype f64; elements would change their value; say how by `astype`",
        ),
        (
            panic_text(|| zeros(1_000_000_000_000_000_000)),
            "zeros: an array of shape [1000000000000000000] and dtype f64 needs 8.0 EB, more than is available",
        ),
        (
            panic_text(|| full(2, 2).pow(-1)),
            "pow: the array has dtype i64; a negative power",
        ),
    ];
    for (text, expected) in cases {
        assert!(
            text.starts_with(expected),
            "{text:?} instead of {expected:?}"
        );
    }
}

#[test]
fn a_failed_expression_does_no_harm() {
    let x = arange(0, 5, 1);
    panic_text(|| x.item(5));
    assert_eq!(x.sum(), 10.0);
}

#[test]
fn views_share_and_expressions_read_through_them() {
    let a = arange(0, 12, 1).reshape([3, 4]);
    let t = a.t();
    assert_eq!(
        (&t + &t).to_vec::<i64>(),
        [0, 8, 16, 2, 10, 18, 4, 12, 20, 6, 14, 22]
    );
    assert_eq!((&a * a.row(1)).row(2).to_vec::<i64>(), [32, 45, 60, 77]);
    assert_eq!(
        (&a + a.slice(s![.., 1..2])).to_vec::<i64>()[..5],
        [1, 2, 3, 4, 9]
    );
    assert_eq!(a.slice(s![..;-1, ..;-1]).sum(), 66.0);
    assert_eq!(t.reshape(12).item(1), 4.0);
    let everything = [a.sum(), a.min(), a.max(), a.prod()];
    assert_eq!(everything, [66.0, 0.0, 11.0, 0.0]);
}

#[test]
fn empty_arrays_work() {
    let x = zeros([0, 3]);
    assert_eq!((&x + 1.0).sin().shape(), [0, 3]);
    assert_eq!(
        (x.sum(), x.prod(), x.any(), x.all()),
        (0.0, 1.0, false, true)
    );
    assert!(x.mean().is_nan() && x.try_max().is_err());
    assert_eq!(x.to_string(), "[]");
}

#[test]
fn changing_an_array_leaves_those_that_share_its_values() {
    let mut x = arange(0, 6, 1).reshape([2, 3]);
    let (copy, view, waiting) = (x.clone(), x.row(0), &x * 10);
    x.set([0, 0], 100);
    assert_eq!(x.to_vec::<i64>(), [100, 1, 2, 3, 4, 5]);
    assert_eq!(
        (copy.item([0, 0]), view.item(0), waiting.item([0, 0])),
        (0.0, 0.0, 0.0)
    );
    let mut view = x.t();
    view.set([2, 1], -1);
    assert_eq!(view.to_vec::<i64>(), [100, 3, 1, 4, 2, -1]);
    assert_eq!(x.item([1, 2]), 5.0);
}

#[test]
fn integers_wrap_and_never_trap() {
    let least = full(1, i64::MIN);
    assert_eq!((&least - 1).item_i64(0), i64::MAX);
    assert_eq!((-&least).item_i64(0), i64::MIN);
    assert_eq!((&least % full(1, -1)).item_i64(0), 0);
    assert_eq!((&least % 0).item_i64(0), 0);
    assert_eq!((full(1, 1) / 0).item(0), f64::INFINITY);
    assert!(panic_text(|| full(2, i64::MAX).sum_i64()).contains("out of the range of i64"));
}

#[test]
fn regions_are_counted_and_closed() {
    let failed = catch_unwind(|| region!("fails", { panic!("on purpose") }));
    assert!(failed.is_err());
    region!("outer", {
        region_begin("left open");
    });
    region_begin("at the end");
    assert_eq!(prof::close_open_regions(), ["left open", "at the end"]);
    let report = prof::report();
    for path in ["fails", "outer", "outer/left open", "at the end"] {
        assert_eq!(report.get(path).map(|row| row.visits), Some(1), "{path}");
    }
    assert!(panic_text(|| region_end("x")).contains("no region is open"));
    region_begin("y");
    assert!(panic_text(|| region_end("x")).contains("innermost open region is \"y\""));
    region_end("y");
}

#[test]
fn threads_share_one_report() {
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| region!("in a thread", { arange(0, 100, 1).sum() }));
        }
    });
    assert_eq!(
        prof::report().get("in a thread").map(|row| row.visits),
        Some(3)
    );
}

/// Lengths around the sizes of blocks and chunks, and small ones.
fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![
        0..40_usize,
        1020..1030_usize,
        8190..8200_usize,
        16_380..16_400_usize
    ]
}

fn numbers() -> impl Strategy<Value = Vec<f64>> {
    lengths().prop_flat_map(|n| prop::collection::vec(-1e3..1e3_f64, n))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn fused_expressions_are_what_a_loop_computes(x in numbers()) {
        let a = Array::from(&x);
        let fused = (2.0 * &a - 1).abs().sqrt() / (&a * &a + 1.0) + -&a;
        let expected: Vec<f64> =
            x.iter().map(|x| (2.0 * x - 1.0).abs().sqrt() / (x * x + 1.0) + -x).collect();
        prop_assert_eq!(fused.to_vec::<f64>(), expected);
    }

    #[test]
    fn masks_are_what_a_loop_computes(x in numbers(), limit in -1e3..1e3_f64) {
        let a = Array::from(&x);
        let mask = a.gt(limit) | a.le(-limit);
        let expected: Vec<bool> = x.iter().map(|&x| x > limit || x <= -limit).collect();
        prop_assert_eq!(mask.count_nonzero(), expected.iter().filter(|&&is| is).count());
        prop_assert_eq!(mask.to_vec::<bool>(), expected);
        let chosen: Vec<f64> = x.iter().copied().filter(|&x| x > limit || x <= -limit).collect();
        prop_assert_eq!(a.get(&mask).to_vec::<f64>(), chosen);
    }

    #[test]
    fn reductions_agree_with_exact_arithmetic(x in prop::collection::vec(-1_000_000..1_000_000_i64, 1..20_000)) {
        let a = Array::from(&x);
        let exact: i64 = x.iter().sum();
        prop_assert_eq!(a.sum_i64(), exact);
        prop_assert_eq!(a.astype(DType::F64).sum(), exact as f64);
        prop_assert_eq!(Some(a.min_i64()), x.iter().min().copied());
        prop_assert_eq!(Some(a.max_i64()), x.iter().max().copied());
        prop_assert_eq!(x[a.argmax()], a.max_i64());
        prop_assert_eq!(a.astype(DType::F64).argmin(), a.argmin());
    }

    #[test]
    fn slices_are_those_of_python(n in 0..30_isize, start in -40..40_isize, stop in -40..40_isize, step in 1..5_isize) {
        let a = arange(0, n as i64, 1);
        let place = |at: isize| if at < 0 { (at + n).max(0) } else { at.min(n) };
        let expected: Vec<i64> = (place(start)..place(stop)).step_by(step as usize).map(|i| i as i64).collect();
        prop_assert_eq!(a.slice(s![start..stop;step]).to_vec::<i64>(), expected);
        let backwards: Vec<i64> = (0..n as i64).rev().step_by(step as usize).collect();
        prop_assert_eq!(a.slice(s![..;-step]).to_vec::<i64>(), backwards);
    }

    #[test]
    fn broadcasting_repeats_rows_and_columns(rows in 1..40_usize, columns in 1..40_usize) {
        let row = arange(0, columns as i64, 1);
        let column = arange(0, rows as i64, 1).reshape([rows, 1]);
        let table = &column * 100 + &row;
        let expected: Vec<i64> =
            (0..rows as i64).flat_map(|i| (0..columns as i64).map(move |j| 100 * i + j)).collect();
        prop_assert_eq!(table.to_vec::<i64>(), expected);
        prop_assert_eq!(table.t().t().eq(&table).all(), true);
        prop_assert_eq!(table.t().sum(), table.sum());
    }
}

#[test]
fn routines_say_what_they_moved_and_computed() {
    let x = linspace(0.0, 1.0, 5000);
    let matrix = ones([10, 20]);
    region!("known work", {
        let _sum = (&x * 2.0 + 1.0).sum();
        let _product = hpc::linalg::matmul(&matrix, &matrix.t());
        let _sorted = x.sort();
    });
    let report = prof::report();
    let of = |name: &str| {
        let row = report.get(&format!("known work/{name}")).unwrap();
        (row.bytes, row.flops)
    };
    // Multiplied, added, and added up.
    assert_eq!(of("hpc::reduce").1, 15_000);
    assert!(of("hpc::reduce").0 >= 40_000);
    assert_eq!(
        of("linalg::matmul"),
        ((200 + 200 + 100) * 8, 2 * 10 * 20 * 10)
    );
    assert_eq!(of("hpc::sort"), (80_000, 0));
}

#[test]
fn threads_of_the_pool_appear_where_they_were_wanted() {
    let before = hpc::set_threads(2);
    region!("wants threads", {
        let _sum = linspace(0.0, 1.0, 1_000_000).sin().sum();
    });
    hpc::set_threads(before);
    let report = prof::report();
    let row = report.get("wants threads/hpc::reduce/worker").unwrap();
    assert!(row.visits >= 1);
}

#[test]
fn shapes_that_fit() {
    assert_eq!(broadcast_shapes(&[&[2, 1], &[3], &[]]), [2, 3]);
    assert_eq!(broadcast_shapes(&[&[0], &[1]]), [0]);
    assert!(broadcast_shapes(&[]).is_empty());
    let error = hpc::attempt(|| broadcast_shapes(&[&[2], &[3]]))
        .unwrap_err()
        .to_string();
    assert!(error.contains("[2]") && error.contains("[3]"), "{error}");
}
