use proptest::prelude::*;

use super::*;

const THREADS: [usize; 4] = [1, 2, 3, 8];

fn scanned<T: Number>(
    threads: usize,
    around: Around,
    fold: &impl Fold<T, T>,
    source: &[T],
) -> Vec<T> {
    let mut target = vec![T::ZERO; source.len()];
    scan(&Pool::new(threads), around, fold, source, &mut target);
    target
}

fn row(len: usize) -> Around {
    Around {
        outer: 1,
        len,
        inner: 1,
    }
}

const SUM: Sum = Sum { skips_nan: false };

#[test]
fn long_sums_are_the_same_for_any_number_of_threads() {
    let source: Vec<f64> = (0..300_001).map(|i| f64::from(i).sin()).collect();
    let expected = scanned(1, row(source.len()), &SUM, &source);
    for threads in THREADS {
        assert_eq!(scanned(threads, row(source.len()), &SUM, &source), expected);
    }
    let mut sum = 0.0;
    for (value, x) in expected.iter().zip(&source) {
        sum += x;
        assert!((value - sum).abs() < 1e-9);
    }
}

#[test]
fn any_axis() {
    let shape = [3, 50, 7];
    let len = shape.iter().product();
    let source: Vec<i64> = (0..len as i64).map(|i| i * i % 101 - 50).collect();
    for axis in 0..3 {
        let around = Around {
            outer: shape[..axis].iter().product(),
            len: shape[axis],
            inner: shape[axis + 1..].iter().product(),
        };
        let mut expected = source.clone();
        for i in 0..len {
            if !(i / around.inner).is_multiple_of(around.len) {
                expected[i] += expected[i - around.inner];
            }
        }
        for threads in THREADS {
            assert_eq!(scanned(threads, around, &SUM, &source), expected);
        }
    }
    let wide = Around {
        outer: 1,
        len: 3,
        inner: 3 * WIDTH + 1,
    };
    let source = vec![2_i64; 3 * wide.inner];
    let product = Product { skips_nan: false };
    let target = scanned(2, wide, &product, &source);
    assert!(target[2 * wide.inner..].iter().all(|&x| x == 8));
}

#[test]
fn empty_arrays_and_single_elements() {
    assert!(scanned::<f64>(2, row(0), &SUM, &[]).is_empty());
    assert_eq!(scanned(2, row(1), &SUM, &[-0.0]), [0.0]);
    let none = Around {
        outer: 0,
        len: 4,
        inner: 3,
    };
    assert!(scanned::<i64>(2, none, &SUM, &[]).is_empty());
}

#[test]
fn nan_stays_or_is_passed_over() {
    let source = [f64::NAN, 1.0, f64::NAN, 3.0, 2.0];
    let text = |fold: &dyn Fn() -> Vec<f64>| format!("{:?}", fold());
    let maximum = |skips_nan| Extreme {
        is_maximum: true,
        skips_nan,
    };
    let tail = &source[1..];
    assert_eq!(
        text(&|| scanned(1, row(4), &maximum(false), tail)),
        "[1.0, NaN, NaN, NaN]"
    );
    assert_eq!(
        text(&|| scanned(1, row(5), &maximum(true), &source)),
        "[NaN, 1.0, 1.0, 3.0, 3.0]"
    );
    assert_eq!(
        scanned(1, row(5), &Sum { skips_nan: true }, &source),
        [0.0, 1.0, 1.0, 4.0, 6.0]
    );
    assert_eq!(
        scanned(1, row(5), &Product { skips_nan: true }, &source),
        [1.0, 1.0, 1.0, 3.0, 6.0]
    );
}

#[test]
fn extremes_of_long_rows() {
    let source: Vec<f64> = (0..200_000)
        .map(|i| (f64::from(i) * 0.1).sin() * f64::from(i))
        .collect();
    for is_maximum in [true, false] {
        let fold = Extreme {
            is_maximum,
            skips_nan: false,
        };
        let mut best = source[0];
        let expected: Vec<f64> = source
            .iter()
            .map(|&x| {
                best = if is_maximum { best.max(x) } else { best.min(x) };
                best
            })
            .collect();
        assert_eq!(scanned(2, row(source.len()), &fold, &source), expected);
    }
}

proptest! {
    #[test]
    fn integers_wrap_around(source: Vec<i64>, threads in 1_usize..4) {
        let mut sum = 0_i64;
        let expected: Vec<i64> = source
            .iter()
            .map(|&x| {
                sum = sum.wrapping_add(x);
                sum
            })
            .collect();
        prop_assert_eq!(scanned(threads, row(source.len()), &SUM, &source), expected);
    }
}
