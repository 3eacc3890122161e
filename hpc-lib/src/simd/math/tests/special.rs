//! Special values, of C99 annex F, and the shapes of arguments.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use super::{FUNCTIONS, FUNCTIONS2, Random};
use crate::simd::Arg;
use crate::simd::math::{Function, Function2, math_f32, math_f64, math2_f32, math2_f64};

const INFINITY: f64 = f64::INFINITY;
const NEG_INFINITY: f64 = f64::NEG_INFINITY;
const NAN: f64 = f64::NAN;

/// The same number or NaN, and the same sign of zero.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

fn one(f: Function, x: f64) -> f64 {
    let mut result = [1.5];
    math_f64(f, &[x], &mut result);
    result[0]
}

fn one_f32(f: Function, x: f32) -> f32 {
    let mut result = [1.5];
    math_f32(f, &[x], &mut result);
    result[0]
}

fn two(f: Function2, a: f64, b: f64) -> f64 {
    let mut result = [1.5];
    math2_f64(f, Arg::All(a), Arg::Each(&[b]), &mut result);
    result[0]
}

fn two_f32(f: Function2, a: f32, b: f32) -> f32 {
    let mut result = [1.5];
    math2_f32(f, Arg::Each(&[a]), Arg::All(b), &mut result);
    result[0]
}

#[test]
fn special_values_of_functions() {
    use Function::*;
    let cases = [
        (Sin, INFINITY, NAN),
        (Cos, NEG_INFINITY, NAN),
        (Cos, 0.0, 1.0),
        (Tan, INFINITY, NAN),
        (Asin, 1.0, FRAC_PI_2),
        (Asin, -1.0, -FRAC_PI_2),
        (Asin, 1.5, NAN),
        (Asin, NEG_INFINITY, NAN),
        (Acos, 1.0, 0.0),
        (Acos, -1.0, PI),
        (Acos, 0.0, FRAC_PI_2),
        (Acos, -1.5, NAN),
        (Acos, INFINITY, NAN),
        (Atan, INFINITY, FRAC_PI_2),
        (Atan, NEG_INFINITY, -FRAC_PI_2),
        (Atan, 1.0, FRAC_PI_4),
        (Sinh, INFINITY, INFINITY),
        (Sinh, NEG_INFINITY, NEG_INFINITY),
        (Sinh, 1000.0, INFINITY),
        (Cosh, 0.0, 1.0),
        (Cosh, NEG_INFINITY, INFINITY),
        (Cosh, -1000.0, INFINITY),
        (Tanh, INFINITY, 1.0),
        (Tanh, NEG_INFINITY, -1.0),
        (Tanh, 1e10, 1.0),
        (Asinh, INFINITY, INFINITY),
        (Asinh, NEG_INFINITY, NEG_INFINITY),
        (Acosh, 1.0, 0.0),
        (Acosh, 0.5, NAN),
        (Acosh, INFINITY, INFINITY),
        (Acosh, NEG_INFINITY, NAN),
        (Atanh, 1.0, INFINITY),
        (Atanh, -1.0, NEG_INFINITY),
        (Atanh, 1.5, NAN),
        (Atanh, INFINITY, NAN),
        (Exp, 0.0, 1.0),
        (Exp, -0.0, 1.0),
        (Exp, INFINITY, INFINITY),
        (Exp, NEG_INFINITY, 0.0),
        (Exp, 1e5, INFINITY),
        (Exp, -1e5, 0.0),
        (Exp2, INFINITY, INFINITY),
        (Exp2, NEG_INFINITY, 0.0),
        (Exp2, 10.0, 1024.0),
        (Exp2, -3.0, 0.125),
        (Expm1, INFINITY, INFINITY),
        (Expm1, NEG_INFINITY, -1.0),
        (Expm1, -1e5, -1.0),
        (Log, 1.0, 0.0),
        (Log, 0.0, NEG_INFINITY),
        (Log, -0.0, NEG_INFINITY),
        (Log, INFINITY, INFINITY),
        (Log, -1.0, NAN),
        (Log, NEG_INFINITY, NAN),
        (Log2, 1024.0, 10.0),
        (Log2, 0.125, -3.0),
        (Log2, 0.0, NEG_INFINITY),
        (Log2, INFINITY, INFINITY),
        (Log2, -1.0, NAN),
        (Log10, 1000.0, 3.0),
        (Log10, 1e22, 22.0),
        (Log10, -0.0, NEG_INFINITY),
        (Log10, INFINITY, INFINITY),
        (Log10, -1.0, NAN),
        (Log1p, -1.0, NEG_INFINITY),
        (Log1p, INFINITY, INFINITY),
        (Log1p, -1.5, NAN),
        (Cbrt, 27.0, 3.0),
        (Cbrt, -8.0, -2.0),
        (Cbrt, INFINITY, INFINITY),
        (Cbrt, NEG_INFINITY, NEG_INFINITY),
        (Erf, INFINITY, 1.0),
        (Erf, NEG_INFINITY, -1.0),
        (Erfc, INFINITY, 0.0),
        (Erfc, NEG_INFINITY, 2.0),
        (Erfc, 0.0, 1.0),
        (Gamma, 0.0, INFINITY),
        (Gamma, -0.0, NEG_INFINITY),
        (Gamma, INFINITY, INFINITY),
        (Gamma, NEG_INFINITY, NAN),
        (Gamma, -3.0, NAN),
        (Gamma, -1e300, NAN),
        (Gamma, 200.0, INFINITY),
        (Gamma, -200.5, -0.0),
        (Gamma, -201.5, 0.0),
        (Lgamma, 1.0, 0.0),
        (Lgamma, 2.0, 0.0),
        (Lgamma, 0.0, INFINITY),
        (Lgamma, -0.0, INFINITY),
        (Lgamma, -3.0, INFINITY),
        (Lgamma, -1e300, INFINITY),
        (Lgamma, INFINITY, INFINITY),
        (Lgamma, NEG_INFINITY, INFINITY),
        (Lgamma, 1e306, INFINITY),
    ];
    for (f, x, expected) in cases {
        let result = one(f, x);
        assert!(
            same(result, expected),
            "{f:?}({x:e}) = {result:e}, not {expected:e}"
        );
        let (x, expected) = (x as f32, expected as f32);
        if f64::from(x).is_finite() || x.is_infinite() {
            let result = one_f32(f, x);
            assert!(
                same(f64::from(result), f64::from(expected)),
                "{f:?}({x:e}) of f32 = {result:e}, not {expected:e}"
            );
        }
    }
    let mut factorial = 1.0;
    for n in 1..23 {
        assert!(same(one(Gamma, f64::from(n)), factorial), "Gamma({n})");
        factorial *= f64::from(n);
    }
    for f in FUNCTIONS {
        assert!(one(f, NAN).is_nan(), "{f:?}");
        assert!(one_f32(f, f32::NAN).is_nan(), "{f:?}");
    }
}

#[test]
fn the_sign_of_zero_is_kept() {
    use Function::*;
    for f in [
        Sin, Tan, Asin, Atan, Sinh, Tanh, Asinh, Atanh, Expm1, Log1p, Cbrt, Erf,
    ] {
        for x in [0.0, -0.0, 5e-324, -5e-324] {
            let result = one(f, x);
            let expected = if f == Cbrt && x != 0.0 { result } else { x };
            assert!(same(result, expected), "{f:?}({x:e}) = {result:e}");
        }
        for x in [0.0_f32, -0.0] {
            assert_eq!(one_f32(f, x).to_bits(), x.to_bits(), "{f:?}({x:e}) of f32");
        }
    }
}

#[test]
fn special_values_of_functions_of_two_numbers() {
    use Function2::*;
    let cases = [
        (Pow, NAN, 0.0, 1.0),
        (Pow, 1.0, NAN, 1.0),
        (Pow, NAN, 1.0, NAN),
        (Pow, 2.0, NAN, NAN),
        (Pow, -1.0, NAN, NAN),
        (Pow, -1.0, INFINITY, 1.0),
        (Pow, -1.0, NEG_INFINITY, 1.0),
        (Pow, 1.0, INFINITY, 1.0),
        (Pow, 0.0, -3.0, INFINITY),
        (Pow, -0.0, -3.0, NEG_INFINITY),
        (Pow, -0.0, -2.0, INFINITY),
        (Pow, 0.0, -0.5, INFINITY),
        (Pow, -0.0, 3.0, -0.0),
        (Pow, -0.0, 2.0, 0.0),
        (Pow, -0.0, 0.5, 0.0),
        (Pow, -2.0, 3.0, -8.0),
        (Pow, -2.0, 2.0, 4.0),
        (Pow, -2.0, 0.5, NAN),
        (Pow, 0.5, INFINITY, 0.0),
        (Pow, 0.5, NEG_INFINITY, INFINITY),
        (Pow, -2.0, INFINITY, INFINITY),
        (Pow, -2.0, NEG_INFINITY, 0.0),
        (Pow, 0.0, INFINITY, 0.0),
        (Pow, 0.0, NEG_INFINITY, INFINITY),
        (Pow, INFINITY, 0.5, INFINITY),
        (Pow, INFINITY, -0.5, 0.0),
        (Pow, NEG_INFINITY, 3.0, NEG_INFINITY),
        (Pow, NEG_INFINITY, 2.0, INFINITY),
        (Pow, NEG_INFINITY, 0.5, INFINITY),
        (Pow, NEG_INFINITY, -3.0, -0.0),
        (Pow, NEG_INFINITY, -2.0, 0.0),
        (Pow, INFINITY, NAN, NAN),
        (Pow, 10.0, 22.0, 1e22),
        (Pow, 2.0, -1074.0, 5e-324),
        (Pow, 3.0, 1e300, INFINITY),
        (Pow, 3.0, -1e300, 0.0),
        (Pow, -3.0, 9_007_199_254_740_993.0, INFINITY),
        (Atan2, 0.0, 0.0, 0.0),
        (Atan2, -0.0, 0.0, -0.0),
        (Atan2, 0.0, -0.0, PI),
        (Atan2, -0.0, -0.0, -PI),
        (Atan2, 0.0, -1.0, PI),
        (Atan2, -0.0, 1.0, -0.0),
        (Atan2, 1.0, 0.0, FRAC_PI_2),
        (Atan2, -1.0, -0.0, -FRAC_PI_2),
        (Atan2, 1.0, INFINITY, 0.0),
        (Atan2, -1.0, INFINITY, -0.0),
        (Atan2, 1.0, NEG_INFINITY, PI),
        (Atan2, INFINITY, 1.0, FRAC_PI_2),
        (Atan2, NEG_INFINITY, -1.0, -FRAC_PI_2),
        (Atan2, INFINITY, INFINITY, FRAC_PI_4),
        (Atan2, INFINITY, NEG_INFINITY, 3.0 * FRAC_PI_4),
        (Atan2, NEG_INFINITY, NEG_INFINITY, -3.0 * FRAC_PI_4),
        (Atan2, NAN, INFINITY, NAN),
        (Atan2, INFINITY, NAN, NAN),
        (Hypot, INFINITY, NAN, INFINITY),
        (Hypot, NAN, NEG_INFINITY, INFINITY),
        (Hypot, 1.0, NAN, NAN),
        (Hypot, 0.0, -0.0, 0.0),
        (Hypot, -3.0, 0.0, 3.0),
        (Hypot, 3.0, 4.0, 5.0),
        (Hypot, 5e-324, 0.0, 5e-324),
        (Hypot, f64::MAX, f64::MAX, INFINITY),
        (Hypot, 3e300, 4e300, 5e300),
    ];
    for (f, a, b, expected) in cases {
        let result = two(f, a, b);
        assert!(
            same(result, expected),
            "{f:?}({a:e}, {b:e}) = {result:e}, not {expected:e}"
        );
        let (x, y) = (a as f32, b as f32);
        if same(f64::from(x), a) && same(f64::from(y), b) {
            let (result, expected) = (two_f32(f, x, y), expected as f32);
            assert!(
                same(f64::from(result), f64::from(expected)),
                "{f:?}({x:e}, {y:e}) of f32 = {result:e}, not {expected:e}"
            );
        }
    }
}

/// A function of an element does not depend on where it is, how many there are, or whether the other
/// operand is one number.
#[test]
fn elements_do_not_depend_on_their_neighbours() {
    let mut random = Random(3);
    let arguments: Vec<f64> = (0..400)
        .map(|i| {
            if i % 7 == 0 {
                1e300
            } else {
                random.within(9.0)
            }
        })
        .collect();
    for f in FUNCTIONS {
        let alone: Vec<f64> = arguments.iter().map(|&x| one(f, x)).collect();
        for count in [0, 1, 2, 3, 7, 8, 17, 127, 128, 129, 400] {
            let mut results = vec![0.0; count];
            math_f64(f, &arguments[400 - count..], &mut results);
            let expected = &alone[400 - count..];
            assert!(
                results.iter().zip(expected).all(|(&a, &b)| same(a, b)),
                "{f:?}, {count}"
            );
        }
    }
    for f in FUNCTIONS2 {
        let mut each = vec![0.0; 400];
        let mut with_all = vec![0.0; 400];
        let same_number = vec![1.25; 400];
        math2_f64(f, Arg::Each(&arguments), Arg::Each(&same_number), &mut each);
        math2_f64(f, Arg::Each(&arguments), Arg::All(1.25), &mut with_all);
        assert!(
            each.iter().zip(&with_all).all(|(&a, &b)| same(a, b)),
            "{f:?}"
        );
        math2_f64(f, Arg::Each(&same_number), Arg::Each(&arguments), &mut each);
        math2_f64(f, Arg::All(1.25), Arg::Each(&arguments), &mut with_all);
        assert!(
            each.iter().zip(&with_all).all(|(&a, &b)| same(a, b)),
            "{f:?}"
        );
    }
}
