//! All dtypes: where they meet, what operators do with them, and reductions along axes.

use hpc::prelude::*;
use proptest::prelude::*;

const ALL: [DType; 13] = [
    DType::Bool,
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

#[test]
fn promotion_is_numpys() {
    use DType::*;
    // One row per dtype, in the order of `ALL`: `numpy.promote_types`.
    let table = [
        [
            Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, C64, C128,
        ],
        [
            I8, I8, I16, I32, I64, I16, I32, I64, F64, F32, F64, C64, C128,
        ],
        [
            I16, I16, I16, I32, I64, I16, I32, I64, F64, F32, F64, C64, C128,
        ],
        [
            I32, I32, I32, I32, I64, I32, I32, I64, F64, F64, F64, C128, C128,
        ],
        [
            I64, I64, I64, I64, I64, I64, I64, I64, F64, F64, F64, C128, C128,
        ],
        [
            U8, I16, I16, I32, I64, U8, U16, U32, U64, F32, F64, C64, C128,
        ],
        [
            U16, I32, I32, I32, I64, U16, U16, U32, U64, F32, F64, C64, C128,
        ],
        [
            U32, I64, I64, I64, I64, U32, U32, U32, U64, F64, F64, C128, C128,
        ],
        [
            U64, F64, F64, F64, F64, U64, U64, U64, U64, F64, F64, C128, C128,
        ],
        [
            F32, F32, F32, F64, F64, F32, F32, F64, F64, F32, F64, C64, C128,
        ],
        [
            F64, F64, F64, F64, F64, F64, F64, F64, F64, F64, F64, C128, C128,
        ],
        [
            C64, C64, C64, C128, C128, C64, C64, C128, C128, C64, C128, C64, C128,
        ],
        [
            C128, C128, C128, C128, C128, C128, C128, C128, C128, C128, C128, C128, C128,
        ],
    ];
    for (a, row) in ALL.into_iter().zip(table) {
        for (b, expected) in ALL.into_iter().zip(row) {
            assert_eq!(a.promote(b), expected, "{a} and {b}");
        }
    }
}

#[test]
fn numbers_yield_to_arrays_of_their_kind() {
    // The dtype of array + 1, array + 1.0 and array + 1i for each dtype: NumPy 2's weak scalars.
    use DType::*;
    let expected = [
        [I64, F64, C128],
        [I8, F64, C128],
        [I16, F64, C128],
        [I32, F64, C128],
        [I64, F64, C128],
        [U8, F64, C128],
        [U16, F64, C128],
        [U32, F64, C128],
        [U64, F64, C128],
        [F32, F32, C64],
        [F64, F64, C128],
        [C64, C64, C64],
        [C128, C128, C128],
    ];
    for (dtype, expected) in ALL.into_iter().zip(expected) {
        let x = ones(2).astype(dtype);
        let sums = [&x + 1, &x + 1.0, &x + Complex::I];
        assert_eq!(sums.map(|sum| sum.dtype()), expected, "{dtype}");
    }
}

#[test]
fn every_cast_keeps_small_numbers() {
    for from in ALL {
        for to in ALL {
            let x = Array::from([0.0, 1.0]).astype(from).astype(to);
            assert_eq!((x.dtype(), x.ndim()), (to, 1));
            assert_eq!(
                x.to_vec::<Complex<f64>>(),
                [Complex::ZERO, Complex::ONE],
                "{from} to {to}"
            );
        }
    }
}

#[test]
fn integers_of_each_width_wrap() {
    assert_eq!((Array::from([127_i8]) + 1).to_vec::<i8>(), [-128]);
    assert_eq!((Array::from([0_u16]) - 1).to_vec::<u16>(), [u16::MAX]);
    assert_eq!(Array::from([i32::MIN]).abs().to_vec::<i32>(), [i32::MIN]);
    assert_eq!((Array::from([200_u8]) * 2).to_vec::<u8>(), [144]);
    assert_eq!((Array::from([1_u8]) << 9).to_vec::<u8>(), [0]);
    assert_eq!(
        Array::from([300_i64]).astype(DType::U8).to_vec::<u8>(),
        [44]
    );
    assert_eq!(
        Array::from([1e10]).astype(DType::I32).to_vec::<i32>(),
        [i32::MAX]
    );
}

#[test]
fn complex_numbers_compute() {
    let z = Array::from([Complex::new(3.0, 4.0), Complex::new(0.0, -1.0)]);
    assert_eq!(z.abs().to_vec::<f64>(), [5.0, 1.0]);
    assert_eq!(z.abs().dtype(), DType::F64);
    assert_eq!((&z * z.conj()).real().to_vec::<f64>(), [25.0, 1.0]);
    assert_eq!((&z / &z).to_vec::<Complex<f64>>(), [Complex::ONE; 2]);
    assert_eq!(z.eq(&z).count_nonzero(), 2);
    assert_eq!(z.sum_complex(), Complex::new(3.0, 3.0));
    assert_eq!(z.astype(DType::C64).imag().dtype(), DType::F32);
    let half = &z / 2.0; // Within the strip where the logarithm goes back.
    assert!((half.exp().log() - &half).abs().max() < 1e-12);
}

/// A call that must fail, of a complex and another array.
type Mistake = fn(&Array, &Array) -> Array;

#[test]
fn what_has_no_meaning_is_refused_by_name() {
    let z = Array::from([Complex::new(1.0, 1.0)]);
    let x = Array::from([1_u8]);
    let cases: [(Mistake, &str); 5] = [
        (
            |z, _| z.lt(1.0),
            "lt: the array has dtype c128; complex numbers have no order",
        ),
        (|z, _| z % z, "rem"),
        (|z, _| z.min_axis(0), "min_axis: the array has dtype c128"),
        (
            |_, x| x + 300,
            "add: the number 300 is out of the range of u8",
        ),
        (
            |_, x| x.sum_axis(1),
            "sum_axis: axis 1 of an array with 1 axes",
        ),
    ];
    for (run, expected) in cases {
        let payload = std::panic::catch_unwind(|| run(&z, &x).eval()).unwrap_err();
        let text = payload
            .downcast_ref::<String>()
            .cloned()
            .unwrap_or_default();
        assert!(text.starts_with(expected), "{text:?}");
    }
}

/// Sums, products and extremes along `axes`, element by element.
fn by_hand(x: &Array, axes: &[usize], start: f64, fold: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let shape = x.shape().to_vec();
    let kept: Vec<usize> = (0..shape.len())
        .filter(|axis| !axes.contains(axis))
        .collect();
    let mut result = vec![start; kept.iter().map(|&axis| shape[axis]).product()];
    for (index, value) in x.to_vec::<f64>().into_iter().enumerate() {
        let mut rest = index;
        let mut position = vec![0; shape.len()];
        for axis in (0..shape.len()).rev() {
            position[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        let target = kept
            .iter()
            .fold(0, |at, &axis| at * shape[axis] + position[axis]);
        result[target] = fold(result[target], value);
    }
    result
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn reductions_along_axes_are_what_a_loop_computes(
        shape in prop::collection::vec(1_usize..9, 1..4),
        wide in 1_usize..600,
        place in 0_usize..3,
        mask in 1_usize..8,
        waits in any::<bool>(),
    ) {
        let mut shape = shape;
        let place = place.min(shape.len() - 1);
        shape[place] = wide;
        let n: usize = shape.iter().product();
        // Small integers, so that sums are exact in any order.
        let x = (arange(0, n as i64, 1) * 7919 % 101 - 50).astype(DType::F64).reshape(shape.clone());
        let x = if waits { &x * 2.0 } else { x };
        let axes: Vec<usize> = (0..shape.len()).filter(|axis| mask >> axis & 1 == 1).collect();
        let wanted = Axes::of(&axes);
        prop_assert_eq!(
            x.sum_axis(wanted.clone()).to_vec::<f64>(),
            by_hand(&x, &axes, 0.0, |a, b| a + b)
        );
        prop_assert_eq!(
            x.max_axis(wanted.clone()).to_vec::<f64>(),
            by_hand(&x, &axes, f64::NEG_INFINITY, f64::max)
        );
        let small = x.astype(DType::I8);
        prop_assert_eq!(
            small.sum_axis(wanted.clone()).to_vec::<f64>(),
            by_hand(&small, &axes, 0.0, |a, b| a + b)
        );
        prop_assert_eq!(
            x.count_nonzero_axis(wanted.keep()).to_vec::<f64>(),
            by_hand(&x, &axes, 0.0, |a, b| a + f64::from(u8::from(b != 0.0)))
        );
    }
}

#[test]
fn long_rows_and_long_columns_are_reduced_in_parts() {
    let x = (arange(0, 600_000, 1) % 1000).astype(DType::F64);
    for shape in [
        [2, 300_000],
        [300_000, 2],
        [600, 1000],
        [1, 600_000],
        [600_000, 1],
    ] {
        let a = x.reshape(shape);
        for axis in 0..2 {
            let sums = a.sum_axis(axis);
            assert_eq!(sums.sum(), x.sum(), "{shape:?} along {axis}");
            assert_eq!(
                sums.to_vec::<f64>(),
                by_hand(&a, &[axis], 0.0, |a, b| a + b),
                "{shape:?} along {axis}"
            );
        }
    }
    let means = x.reshape([600, 1000]).mean_axis(Axes::from(1).keep());
    assert_eq!(means.shape(), [600, 1]);
    assert!(means.eq(499.5).all());
}

#[test]
fn empty_axes_have_neutral_sums_and_no_extremes() {
    let x = zeros([0, 3]);
    assert_eq!(x.sum_axis(0).to_vec::<f64>(), [0.0; 3]);
    assert_eq!(x.prod_axis(0).to_vec::<f64>(), [1.0; 3]);
    assert_eq!(x.sum_axis(1).len(), 0);
    assert!(x.mean_axis(0).isnan().all());
    assert!(std::panic::catch_unwind(|| x.min_axis(0)).is_err());
    assert_eq!(x.max_axis(1).len(), 0);
}

#[test]
fn positions_of_extremes() {
    let mut x = (arange(0, 100_000, 1) * 7919 % 100_003).astype(DType::F64);
    let (least, greatest) = (x.argmin(), x.argmax());
    let values = x.to_vec::<f64>();
    assert_eq!(values[least], x.min());
    let most = x.max();
    assert_eq!(values.iter().position(|&v| v == most), Some(greatest));
    x.set(77_777, f64::NAN);
    assert_eq!((x.argmin(), x.argmax()), (77_777, 77_777));
    assert_eq!(Array::from([3_u64, u64::MAX, 1]).argmax(), 1);
    assert_eq!(Array::from([true, false]).argmin(), 1);
}

#[test]
fn selection_and_tests() {
    let x = linspace(-1.0, 1.0, 5001);
    let y = select(x.lt(0.0), -&x, &x);
    assert!(y.eq(x.abs()).all());
    let holes = select(x.gt(0.5), f64::NAN, &x);
    assert_eq!(holes.isnan().count_nonzero(), x.gt(0.5).count_nonzero());
    assert!(holes.fmax(0.0).isfinite().all());
    assert_eq!(x.clip(-0.25, 0.25).max(), 0.25);
}
