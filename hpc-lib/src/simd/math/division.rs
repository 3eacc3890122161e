//! Remainders and whole quotients.
//!
//! The rounded quotient is never less than the whole one, and at most one more, as long as whole
//! numbers next to it are doubles; the rest is then exact, and is put right by adding the divisor.
//! What is larger, infinite or divided by 0 is done one by one by the remainder of C.

use super::arithmetic::Arithmetic;

/// Below it, whole numbers and their neighbours are doubles.
const WHOLE: f64 = (1_u64 << 53) as f64;

/// Between these, products are known to their last bit also where they are made of several.
const LEAST: f64 = 1e-250;
const GREATEST: f64 = 1e290;

/// The remainder with the sign of the dividend, or NaN where this form is not good enough.
#[inline(always)]
pub(super) fn fmod<M: Arithmetic>(a: f64, b: f64) -> f64 {
    let (x, y) = (a.abs(), b.abs());
    let quotient = (x / y).trunc();
    let rest = M::residual(-quotient, y, x);
    let rest = if rest < 0.0 { rest + y } else { rest };
    let good = (quotient < WHOLE) & (LEAST..=GREATEST).contains(&y) & (x <= GREATEST);
    if good { rest.copysign(a) } else { f64::NAN }
}

/// The remainder with the sign of the divisor, or NaN where this form is not good enough.
#[inline(always)]
pub(super) fn rem<M: Arithmetic>(a: f64, b: f64) -> f64 {
    let rest = fmod::<M>(a, b);
    let turned = if (rest < 0.0) == (b < 0.0) {
        rest
    } else {
        rest + b
    };
    if rest == 0.0 {
        0.0_f64.copysign(b)
    } else {
        turned
    }
}

/// The quotient rounded down, or NaN where this form is not good enough: by way of the remainder,
/// so that `a == floor_div(a, b) * b + rem(a, b)` holds.
#[inline(always)]
pub(super) fn floor_div<M: Arithmetic>(a: f64, b: f64) -> f64 {
    let rest = fmod::<M>(a, b);
    let quotient = (a - rest) / b;
    let is_less = (rest != 0.0) & ((rest < 0.0) != (b < 0.0));
    let quotient = if is_less { quotient - 1.0 } else { quotient };
    let floor = quotient.floor();
    let floor = if quotient - floor > 0.5 {
        floor + 1.0
    } else {
        floor
    };
    if quotient == 0.0 {
        0.0_f64.copysign(a / b)
    } else {
        floor
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::math::arithmetic::Separate;
    use crate::simd::math::{divide_f32, divide_f64};
    use crate::simd::number::Real;
    use crate::simd::{Arg, Binary};
    use proptest::prelude::*;

    fn is_same(a: f64, b: f64) -> bool {
        a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
    }

    /// All three, as the forms of one number have them.
    fn check(a: f64, b: f64) {
        for (op, one) in [
            (Binary::Fmod, Real::fmod as fn(f64, f64) -> f64),
            (Binary::Rem, Real::rem),
            (Binary::FloorDiv, Real::floor_div),
        ] {
            let mut target = [1.0; 5];
            divide_f64(op, Arg::Each(&[a; 5]), Arg::All(b), &mut target);
            let expected = one(a, b);
            assert!(
                is_same(target[4], expected),
                "{op:?} of {a:e} and {b:e}: {target:?}, not {expected:e}"
            );
            let separate = match op {
                Binary::Fmod => fmod::<Separate>(a, b),
                Binary::Rem => rem::<Separate>(a, b),
                _ => floor_div::<Separate>(a, b),
            };
            assert!(
                separate.is_nan() || is_same(separate, expected),
                "{op:?} of {a:e} and {b:e}"
            );
        }
        let (a, b) = (a as f32, b as f32);
        for (op, one) in [
            (Binary::Fmod, Real::fmod as fn(f32, f32) -> f32),
            (Binary::Rem, Real::rem),
            (Binary::FloorDiv, Real::floor_div),
        ] {
            let mut target = [1.0];
            divide_f32(op, Arg::Each(&[a]), Arg::All(b), &mut target);
            assert!(
                is_same(target[0].into(), one(a, b).into()),
                "{op:?} of {a:e} and {b:e}"
            );
        }
    }

    #[test]
    fn edges() {
        let numbers = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            2.0,
            3.0,
            -3.0,
            0.1,
            0.3,
            5e-324,
            -5e-324,
            1e-310,
            1e-260,
            1e308,
            f64::MAX,
            f64::MIN,
            WHOLE,
            WHOLE - 1.0,
            WHOLE + 2.0,
            4.0 * WHOLE,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            f64::EPSILON,
            1.0 - f64::EPSILON,
        ];
        for a in numbers {
            for b in numbers {
                check(a, b);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_numbers(a: f64, b: f64) {
            check(a, b);
        }

        #[test]
        fn near_multiples(n in 0_u64..1 << 53, b: f64, ulps in -3_i64..4) {
            let product = n as f64 * b;
            check(f64::from_bits(product.to_bits().wrapping_add_signed(ulps)), b);
            check(product, b);
        }
    }
}
