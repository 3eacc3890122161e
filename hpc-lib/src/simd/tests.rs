//! Every level that this machine has is compared with the standard library.

use super::*;

fn rank(x: f64) -> i64 {
    let bits = x.to_bits() as i64;
    if bits < 0 { i64::MIN - bits } else { bits }
}

/// Distance in units in the last place; equal NaNs are at distance 0.
fn ulps(a: f64, b: f64) -> u64 {
    if a.is_nan() && b.is_nan() {
        0
    } else {
        rank(a).abs_diff(rank(b))
    }
}

/// Numbers without order: splitmix64.
fn random(count: usize, seed: u64, map: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut state = seed;
    (0..count)
        .map(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            map(((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64)
        })
        .collect()
}

/// Arguments at which something special may happen.
fn special() -> Vec<f64> {
    use std::f64::consts::PI;
    let mut values = vec![
        0.0,
        f64::MIN_POSITIVE,
        5e-324,
        1e-310,
        1e-20,
        0.5,
        1.0,
        2.0,
        4.0,
        1e5,
        262_143.9,
        262_145.0,
        1e10,
        1e22,
        1e300,
        f64::MAX,
        f64::INFINITY,
        f64::NAN,
        708.0,
        709.7,
        709.8,
        745.0,
        746.0,
        std::f64::consts::FRAC_1_SQRT_2,
        std::f64::consts::SQRT_2,
        1.0 + f64::EPSILON,
        1.0 - f64::EPSILON / 2.0,
        2.0_f64.powi(-30),
    ];
    for n in 1..2000 {
        let multiple = f64::from(n) * PI / 4.0;
        values.extend([multiple, multiple.next_up(), multiple.next_down()]);
    }
    let negative: Vec<f64> = values.iter().map(|x| -x).collect();
    values.extend(negative);
    values
}

type Kernel = fn(Function, &[f64], &mut [f64]);

/// The variants of `math_f64`, best first, with the error that they may have.
fn levels() -> Vec<(Kernel, u64)> {
    let baseline: Kernel = kernel::math_f64::<kernel::NoFma>;
    vec![
        (
            math_f64 as Kernel,
            if level() == Level::Baseline { 2 } else { 1 },
        ),
        (baseline, 2),
    ]
}

#[test]
fn functions_agree_with_the_standard_library() {
    type Case = (Function, fn(f64) -> f64);
    let cases: [Case; 5] = [
        (Function::Sin, f64::sin),
        (Function::Cos, f64::cos),
        (Function::Tan, f64::tan),
        (Function::Exp, f64::exp),
        (Function::Log, f64::ln),
    ];
    let mut arguments = special();
    arguments.extend(random(200_000, 1, |u| u * 4.0 - 2.0));
    arguments.extend(random(200_000, 2, |u| (u - 0.5) * 1e4));
    arguments.extend(random(100_000, 3, |u| (u - 0.5) * 6e5));
    arguments.extend(random(100_000, 4, |u| u * 1e-3 + 1.0));
    arguments.extend(random(100_000, 5, |u| ((u - 0.5) * 1400.0).exp()));
    arguments.extend(random(50_000, 6, |u| (u - 0.5) * 1500.0));
    for (kernel, limit) in levels() {
        for (op, exact) in cases {
            let mut results = vec![0.0; arguments.len()];
            for (source, target) in arguments.chunks(1024).zip(results.chunks_mut(1024)) {
                kernel(op, source, target);
            }
            // The standard library itself is off by up to 0.55 or so, which may show as 1.
            for (&x, &result) in arguments.iter().zip(&results) {
                let error = ulps(result, exact(x));
                assert!(
                    error <= limit,
                    "{op:?}({x:e}) = {result:e}, not {:e}: {error} ulp",
                    exact(x)
                );
            }
        }
    }
}

#[test]
fn the_sign_of_zero_is_kept() {
    for (kernel, _) in levels() {
        for op in [Function::Sin, Function::Tan] {
            let mut results = [1.0; 2];
            kernel(op, &[0.0, -0.0], &mut results);
            assert_eq!(
                results.map(f64::to_bits),
                [0.0_f64, -0.0].map(f64::to_bits),
                "{op:?}"
            );
        }
    }
}

#[test]
fn remainders_have_the_sign_of_the_divisor() {
    let pairs = [
        (7, 3, 1),
        (-7, 3, 2),
        (7, -3, -2),
        (-7, -3, -1),
        (5, 0, 0),
        (i64::MIN, -1, 0),
    ];
    for (a, b, expected) in pairs {
        let mut result = [0];
        divide(Binary::Rem, Arg::Each(&[a]), Arg::All(b), &mut result);
        assert_eq!(result, [expected], "{a} % {b}");
        if b != 0 && a != i64::MIN {
            let mut result = [0.0];
            divide(
                Binary::Rem,
                Arg::Each(&[a as f64]),
                Arg::All(b as f64),
                &mut result,
            );
            assert_eq!(result, [expected as f64], "{a}.0 % {b}.0");
        }
    }
}

#[test]
fn quotients_are_rounded_down() {
    for (a, b, expected) in [(7, 2, 3), (-7, 2, -4), (7, -2, -4), (-8, 2, -4), (1, 0, 0)] {
        let mut result = [0_i32];
        divide(Binary::FloorDiv, Arg::Each(&[a]), Arg::All(b), &mut result);
        assert_eq!(result, [expected], "{a} // {b}");
    }
    let mut result = [0_i8];
    divide(
        Binary::FloorDiv,
        Arg::Each(&[i8::MIN]),
        Arg::All(-1),
        &mut result,
    );
    assert_eq!(result, [i8::MIN]);
}

#[test]
fn shifts_over_the_width_leave_nothing() {
    for (a, distance, left, right) in [
        (5_i8, 1, 10, 2),
        (-5, 8, 0, -1),
        (5, 9, 0, 0),
        (5, -1, 0, 0),
    ] {
        let (mut shl, mut shr) = ([0], [0]);
        bits(Binary::Shl, Arg::Each(&[a]), Arg::All(distance), &mut shl);
        bits(Binary::Shr, Arg::Each(&[a]), Arg::All(distance), &mut shr);
        assert_eq!((shl, shr), ([left], [right]), "{a} by {distance}");
    }
}

#[test]
fn sums_do_not_depend_on_the_level_and_integers_do_not_overflow() {
    let values = random(1000, 7, |u| u - 0.5);
    assert_eq!(sum(&values), reduce::sum(&values));
    assert_eq!(
        sum(&[i64::MAX; 1000]),
        Total::Int(1000 * i128::from(i64::MAX))
    );
    assert_eq!(
        sum(&[i64::MIN; 1000]),
        Total::Int(1000 * i128::from(i64::MIN))
    );
    assert_eq!(
        sum(&[u64::MAX; 1000]),
        Total::Int(1000 * i128::from(u64::MAX))
    );
    assert_eq!(sum(&[i8::MIN; 1000]), Total::Int(-128_000));
}

#[test]
fn nan_wins_in_minimum_and_maximum() {
    let mut values = random(100, 8, |u| u);
    values[77] = f64::NAN;
    assert!(fold_ordered(Fold::Min, &values).is_nan() && fold_ordered(Fold::Max, &values).is_nan());
    values[77] = -3.0;
    assert_eq!(fold_ordered(Fold::Min, &values), -3.0);
    for (a, b) in [(f64::NAN, 1.0), (1.0, f64::NAN)] {
        let mut result = [0.0];
        ordered(Binary::Maximum, Arg::Each(&[a]), Arg::All(b), &mut result);
        assert!(result[0].is_nan());
    }
}
