//! Functions that are approximated by polynomials, each as one loop for all levels.

use super::{Function, exp, log, trig};

/// How `a * b + c` is computed, which is all that the levels differ in.
pub(super) trait Mode {
    fn fma(a: f64, b: f64, c: f64) -> f64;

    /// c[0] + c[1] z + c[2] z² + … for 6, 7 or 10 coefficients: neighbours are joined, then
    /// neighbours of those (Estrin's scheme). Horner's rule has fewer operations, but each waits
    /// for the one before, which takes longer.
    #[inline(always)]
    fn polynomial<const N: usize>(z: f64, c: &[f64; N]) -> f64 {
        const { assert!(matches!(N, 6 | 7 | 10)) };
        let pair = |i: usize| Self::fma(c[i + 1], z, c[i]);
        let z2 = z * z;
        let z4 = z2 * z2;
        let low = Self::fma(pair(2), z2, pair(0));
        match N {
            6 => Self::fma(pair(4), z4, low),
            7 => Self::fma(Self::fma(c[6], z2, pair(4)), z4, low),
            _ => {
                let eight = Self::fma(Self::fma(pair(6), z2, pair(4)), z4, low);
                if N == 8 {
                    eight
                } else {
                    Self::fma(pair(8), z4 * z4, eight)
                }
            }
        }
    }
}

/// In one instruction, rounded once.
pub(super) struct Fma;

impl Mode for Fma {
    #[inline(always)]
    fn fma(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
}

/// In two instructions, where one is not to be had (in software it takes a hundred).
pub(super) struct NoFma;

impl Mode for NoFma {
    #[inline(always)]
    fn fma(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
}

/// `fast` where its result is a number, `exact` for the others.
#[inline(always)]
fn map_with_fallback(
    source: &[f64],
    target: &mut [f64],
    fast: impl Fn(f64) -> f64,
    exact: fn(f64) -> f64,
) {
    // As wide as the elements, so that the vector unit needs not pack it.
    let mut any = 0_u64;
    for (target, &x) in target.iter_mut().zip(source) {
        let value = fast(x);
        any |= u64::from(value.is_nan());
        *target = value;
    }
    if any != 0 {
        redo(source, target, exact);
    }
}

#[cold]
#[inline(never)]
fn redo(source: &[f64], target: &mut [f64], exact: fn(f64) -> f64) {
    for (target, &x) in target.iter_mut().zip(source) {
        if target.is_nan() {
            *target = exact(x);
        }
    }
}

#[inline(always)]
pub(super) fn math_f64<M: Mode>(function: Function, source: &[f64], target: &mut [f64]) {
    match function {
        Function::Sin => map_with_fallback(source, target, trig::sin::<M>, f64::sin),
        Function::Cos => map_with_fallback(source, target, trig::cos::<M>, f64::cos),
        Function::Tan => map_with_fallback(source, target, trig::tan::<M>, f64::tan),
        Function::Exp => map_with_fallback(source, target, exp::exp::<M>, f64::exp),
        Function::Log => map_with_fallback(source, target, log::log::<M>, f64::ln),
    }
}
