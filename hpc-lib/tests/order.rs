//! Sorting, scanning, gathering and random numbers, as a cell meets them.

use hpc::prelude::*;
use hpc::random::Generator;

/// The text of the panic that `work` ends with.
#[allow(clippy::expect_used)] // A call that works must end the test.
fn panic_text(work: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(work).expect_err("it panics");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(_) => String::from("no text"),
    }
}

#[test]
fn every_dtype_is_sorted_along_any_axis() {
    let a = Array::from([[3, 1, 2], [0, 5, 4]]);
    let dtypes = [
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::F32,
        DType::F64,
        DType::C64,
        DType::C128,
    ];
    for dtype in dtypes {
        let typed = a.astype(dtype);
        let rows = typed.sort();
        assert_eq!(rows.dtype(), dtype);
        assert_eq!(rows.astype(DType::I64).to_vec::<i64>(), [1, 2, 3, 0, 4, 5]);
        let columns = typed.sort_axis(0).astype(DType::I64);
        assert_eq!(columns.to_vec::<i64>(), [0, 1, 2, 3, 5, 4]);
        assert_eq!(typed.argsort().to_vec::<i64>(), [1, 2, 0, 0, 2, 1]);
        assert_eq!(typed.argsort_axis(0).to_vec::<i64>(), [1, 0, 0, 0, 1, 1]);
        assert_eq!(typed.unique().len(), 6);
    }
    let mask = Array::from([true, false, true]);
    assert_eq!(mask.sort().to_vec::<bool>(), [false, true, true]);
    assert_eq!(a.t().sort_axis(0).to_vec::<i64>(), [1, 0, 2, 4, 3, 5]);
}

#[test]
fn empty_arrays_are_sorted_and_searched() {
    let none = zeros(0);
    assert!(none.sort().is_empty());
    assert!(none.argsort().is_empty());
    assert!(none.unique().is_empty());
    assert!(none.cumsum().is_empty());
    assert!(none.median().is_nan());
    assert_eq!(zeros([3, 0]).sort_axis(0).shape(), [3, 0]);
    assert_eq!(zeros([0, 3]).median_axis(0).shape(), [3]);
    assert!(zeros([0, 3]).median_axis(0).isnan().all());
    assert_eq!(
        none.searchsorted(&ones(2), Side::Left).to_vec::<i64>(),
        [0, 0]
    );
    assert!(!ones(2).isin(&none).any());
    assert!(none.get(none.gt(0.0)).is_empty());
}

/// A call that must fail.
type Mistake = Box<dyn FnOnce() + std::panic::UnwindSafe>;

#[test]
fn mistakes_are_named() {
    let x = arange(0.0, 5.0, 1.0);
    let table: [(&str, Mistake); 9] = [
        ("sort: there is no axis 1 in an array of shape [5]", {
            let x = x.clone();
            Box::new(move || drop(x.sort_axis(1)))
        }),
        ("partition: there is no rank 5 among 5 elements", {
            let x = x.clone();
            Box::new(move || drop(x.partition(&[5], 0)))
        }),
        ("take: index 7 is out of range for axis 0 of shape [5]", {
            let x = x.clone();
            Box::new(move || drop(x.take(&Array::from([0, 7]), 0)))
        }),
        ("get: shapes [5] and [2] do not fit together", {
            let x = x.clone();
            Box::new(move || drop(x.get([true, false])))
        }),
        (
            "bincount: the array has dtype f64; integers are counted; round and convert by `astype`",
            {
                let x = x.clone();
                Box::new(move || drop(x.bincount(0)))
            },
        ),
        (
            "quantile: the quantile 2 is not from 0 to 1 (percentiles: 0 to 100)",
            {
                let x = x.clone();
                Box::new(move || {
                    x.quantile(2.0);
                })
            },
        ),
        (
            "gamma: shape is -1; it must be 0 or more, and finite",
            Box::new(|| {
                drop(random::gamma(-1.0, 1.0, [3]));
            }),
        ),
        (
            "integers: there is no integer from 3 to before 3",
            Box::new(|| {
                drop(random::integers(3, 3, [3]));
            }),
        ),
        (
            "choice: 6 different ones of 5 that can be chosen; let `replace` be true, or take fewer",
            Box::new(move || drop(random::choice(&x, false, None, [6]))),
        ),
    ];
    for (expected, work) in table {
        assert_eq!(panic_text(work), expected);
    }
}

#[test]
fn equal_seeds_give_equal_numbers() {
    let (a, b) = (Generator::new(7), Generator::new(7));
    let draw = |generator: &Generator| {
        [
            generator.normal([1000]),
            generator.integers(-5, 5, [1000]).astype(DType::F64),
            generator.poisson(20.0, [1000]).astype(DType::F64),
            generator.dirichlet(&ones(3), [10]),
            generator.permutation(100).astype(DType::F64),
        ]
    };
    for (a, b) in draw(&a).iter().zip(&draw(&b)) {
        assert_eq!(a.to_vec::<f64>(), b.to_vec::<f64>());
    }
    assert_ne!(a.bytes(16), a.bytes(16));
    let spawned = a.spawn(2);
    assert_ne!(spawned[0].bytes(16), spawned[1].bytes(16));
    // The first numbers of a longer array are those of a shorter one.
    let (a, b) = (Generator::new(1), Generator::new(1));
    let long = a.gamma(2.0, 1.0, [5000]).slice(s![..100]);
    assert_eq!(
        long.to_vec::<f64>(),
        b.gamma(2.0, 1.0, [100]).to_vec::<f64>()
    );
}

#[test]
fn samples_of_what_is_there() {
    let generator = Generator::new(3);
    let x = arange(0, 1000, 1);
    for count in [10, 1000] {
        let some = generator.choice(&x, false, None, [count]);
        assert_eq!(some.unique().len(), count);
    }
    let weights = Array::from([1.0, 2.0, 0.0, 7.0]);
    let draws = generator.choice(&arange(0, 4, 1), true, Some(&weights), [100_000]);
    let counts = draws.bincount(4).to_vec::<i64>();
    for (count, share) in counts.iter().zip([0.1, 0.2, 0.0, 0.7]) {
        assert!((*count as f64 / 1e5 - share).abs() < 0.01, "{counts:?}");
    }
    // The first of two different ones has its own share.
    let firsts: usize = (0..2000)
        .filter(|_| {
            generator
                .choice(&arange(0, 4, 1), false, Some(&weights), [2])
                .item_i64(0)
                == 3
        })
        .count();
    assert!((firsts as f64 / 2000.0 - 0.7).abs() < 0.05, "{firsts}");
    let order = generator.permutation(1000);
    assert_eq!(order.sort().to_vec::<i64>(), x.to_vec::<i64>());
    assert_ne!(order.to_vec::<i64>(), x.to_vec::<i64>());
    let rows = generator.shuffle(&x.reshape([500, 2]));
    let distance = rows.col(1) - rows.col(0);
    assert!(distance.eq(1).all());
}

#[test]
fn vectors_have_their_means_and_covariances() {
    let generator = Generator::new(5);
    let mean = Array::from([1.0, -2.0]);
    let cov = Array::from([[2.0, 0.6], [0.6, 1.0]]);
    let x = generator.multivariate_normal(&mean, &cov, [100_000]);
    let centred = &x - x.mean_axis(0);
    let product = (centred.col(0) * centred.col(1)).mean();
    assert!((product - 0.6).abs() < 0.03, "{product}");
    assert!((x.col(1).mean() + 2.0).abs() < 0.02);
    let rolls = generator.multinomial(60, &Array::from([0.5, 0.3, 0.2]), [10_000]);
    assert!(rolls.sum_axis(1).eq(60).all());
    assert!((rolls.col(1).mean() - 18.0).abs() < 0.2);
    let shares = generator.dirichlet(&Array::from([1e-4, 2e-4]), [10_000]);
    assert!(((shares.sum_axis(1) - 1.0).abs()).max() < 1e-12);
    assert!((shares.col(0).mean() - 1.0 / 3.0).abs() < 0.03);
}

#[test]
fn positions_along_any_axis() {
    let a = arange(0, 24, 1).reshape([2, 3, 4]);
    let taken = a.take(&Array::from([[2, 0], [1, -1]]), 1);
    assert_eq!(taken.shape(), [2, 2, 2, 4]);
    assert_eq!(taken.item_i64([1, 0, 0, 3]), 23);
    assert_eq!(taken.item_i64([1, 1, 1, 0]), 20);
    let rows = a.argwhere();
    assert_eq!(rows.shape(), [23, 3]);
    assert_eq!(rows.row(22).to_vec::<i64>(), [1, 2, 3]);
    let kept = a.clone();
    let mut b = a;
    b.put(
        &Array::from([0, 1, 0]),
        &Array::from([9, 8, 7]),
        Outside::Raise,
    );
    assert_eq!(b.row(0).row(0).to_vec::<i64>(), [7, 8, 2, 3]);
    assert_eq!(kept.item_i64([0, 0, 0]), 0);
}

#[test]
fn differences_slopes_and_integrals() {
    let a = Array::from([[1, 4, 9], [0, 0, 1]]);
    assert_eq!(a.diff().to_vec::<i64>(), [3, 5, 0, 1]);
    assert_eq!(a.diff_axis(1, 0).to_vec::<i64>(), [-1, -4, -8]);
    assert_eq!(a.diff_axis(5, 1).shape(), [2, 0]);
    assert_eq!(
        a.gradient(0.5, 1).to_vec::<f64>(),
        [6.0, 8.0, 10.0, 0.0, 1.0, 2.0]
    );
    assert_eq!(
        a.gradient(1.0, 0).to_vec::<f64>(),
        [-1.0, -4.0, -8.0, -1.0, -4.0, -8.0]
    );
    assert_eq!(trapezoid(&a, 1.0).to_vec::<f64>(), [9.0, 0.5]);
    let flags = Array::from([true, true, false]);
    assert_eq!(flags.diff().to_vec::<bool>(), [false, true]);
    assert_eq!(flags.cumsum().to_vec::<i64>(), [1, 2, 2]);
    assert_eq!(a.astype(DType::U8).cumsum().dtype(), DType::U64);
    assert_eq!(a.astype(DType::F32).cumsum().dtype(), DType::F32);
    assert_eq!(a.t().cumsum_axis(1).to_vec::<i64>(), [1, 1, 4, 4, 9, 10]);
}

#[test]
fn edges_in_descending_order() {
    let edges = Array::from([3.0, 2.0, 1.0]);
    let x = Array::from([3.5, 3.0, 2.0, 0.5]);
    assert_eq!(
        x.digitize(&edges, Side::Right).to_vec::<i64>(),
        [0, 0, 1, 3]
    );
    assert_eq!(x.digitize(&edges, Side::Left).to_vec::<i64>(), [0, 1, 2, 3]);
}

#[test]
fn positions_by_rank() {
    let x = random::normal([3, 1001]);
    let kth = [10, -2];
    let order = x.argpartition(&kth, 1);
    let parted = x.take_along_axis(&order, 1);
    assert!(
        parted.sort_axis(1).array_equal(&x.sort_axis(1)),
        "each position once"
    );
    for rank in [10_isize, 999] {
        let pivot = parted.slice(s![.., rank..rank + 1]);
        assert!(
            pivot
                .ravel()
                .array_equal(&x.sort_axis(1).slice(s![.., rank]))
        );
        assert!(parted.slice(s![.., ..rank]).le(&pivot).all());
        assert!(parted.slice(s![.., rank..]).ge(&pivot).all());
    }
}
