//! exp, exp2 and expm1: exp(x) = 2ⁿ exp(r) with |r| up to log(2) / 2, where n log(2) is subtracted in
//! two parts (Cody and Waite, Software Manual for the Elementary Functions, 1980).

use super::arithmetic::{Arithmetic, Pair, ROUND, power_of_two, scale};
use super::coefficients::{EXP, EXP_SHORT, LN_2, LN_2_HIGH, LN_2_LOW, LN_2_REST};

/// x = n log(2) + r for |x| below 2000.
#[inline(always)]
pub(super) fn reduced(x: f64) -> (f64, Pair) {
    let n = (x * std::f64::consts::LOG2_E + ROUND) - ROUND;
    // Both are exact: 32 and 11 bits.
    let t = x - n * LN_2_HIGH;
    let rest = n * LN_2_LOW;
    let high = t - rest;
    (n, Pair::new(high, (t - high) - rest))
}

/// exp(r) - 1 - r of a reduced argument.
#[inline(always)]
fn tail<M: Arithmetic>(r: Pair) -> f64 {
    let correction = M::fma(r.low, r.high, r.low);
    M::fma(r.high * r.high, M::polynomial(r.high, &EXP), correction)
}

/// exp(r) of a reduced argument to about 60 bits.
#[inline(always)]
fn exp_of_reduced<M: Arithmetic>(r: Pair) -> Pair {
    let sum = Pair::ordered_sum(1.0, r.high);
    Pair::new(sum.high, sum.low + tail::<M>(r))
}

/// x, or a limit beyond which nothing changes; NaN stays.
#[inline(always)]
pub(super) fn clamped(x: f64, low: f64, high: f64) -> f64 {
    let x = if x > high { high } else { x };
    if x < low { low } else { x }
}

#[inline(always)]
pub(super) fn exp<M: Arithmetic>(x: f64) -> f64 {
    let (n, r) = reduced(clamped(x, -750.0, 720.0));
    scale(exp_of_reduced::<M>(r).value(), n)
}

#[inline(always)]
pub(super) fn exp2<M: Arithmetic>(x: f64) -> f64 {
    let x = clamped(x, -1100.0, 1040.0);
    let n = (x + ROUND) - ROUND;
    let fraction = x - n;
    let product = M::product(fraction, LN_2);
    let r = Pair::new(product.high, M::fma(fraction, LN_2_REST, product.low));
    scale(exp_of_reduced::<M>(r).value(), n)
}

/// exp(x) as 2ⁿ times a pair near 1, to about 60 bits, for |x| below 2000.
#[inline(always)]
pub(super) fn exp_of_pair<M: Arithmetic>(x: Pair) -> (f64, Pair) {
    let (n, r) = reduced(x.high);
    let r = Pair::ordered_sum(r.high, r.low + x.low);
    (n, exp_of_reduced::<M>(r))
}

#[inline(always)]
pub(super) fn expm1<M: Arithmetic>(x: f64) -> f64 {
    let (n, r) = reduced(clamped(x, -40.0, 720.0));
    let rest = Pair::ordered_sum(r.high, tail::<M>(r));
    // Half of the result, so that the largest finite one is not lost.
    let half = power_of_two(if n > 1024.0 { 1024.0 } else { n } - 1.0);
    let less_one = Pair::sum(half, -0.5);
    let sum = Pair::sum(less_one.high, half * rest.high);
    let value = 2.0 * (sum.high + (sum.low + less_one.low + half * rest.low));
    if x.abs() < 1e-17 {
        x
    } else if x > 709.8 {
        f64::INFINITY
    } else {
        value
    }
}

/// exp(x) - 1 for |x| up to log(2) / 2, for results in f32.
#[inline(always)]
fn short_tail<M: Arithmetic>(r: f64) -> f64 {
    M::fma(r * r, M::polynomial(r, &EXP_SHORT), r)
}

/// The exponential to 32 bits, for results in f32.
#[inline(always)]
pub(super) fn exp_short<M: Arithmetic>(x: f64) -> f64 {
    let x = clamped(x, -200.0, 200.0);
    let n = (x * std::f64::consts::LOG2_E + ROUND) - ROUND;
    let r = M::fma(-n, LN_2, x);
    power_of_two(n) * (1.0 + short_tail::<M>(r))
}

#[inline(always)]
pub(super) fn exp2_short<M: Arithmetic>(x: f64) -> f64 {
    let x = clamped(x, -300.0, 300.0);
    let n = (x + ROUND) - ROUND;
    power_of_two(n) * (1.0 + short_tail::<M>((x - n) * LN_2))
}

#[inline(always)]
pub(super) fn expm1_short<M: Arithmetic>(x: f64) -> f64 {
    let clamped = clamped(x, -40.0, 200.0);
    let n = (clamped * std::f64::consts::LOG2_E + ROUND) - ROUND;
    let r = M::fma(-n, LN_2, clamped);
    let power = power_of_two(n);
    let value = M::fma(power, short_tail::<M>(r), power - 1.0);
    // Keeps the sign of zero.
    if x == 0.0 { x } else { value }
}
