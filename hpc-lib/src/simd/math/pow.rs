//! Powers: x to the y is exp(y log(x)), with the logarithm to about 70 bits.

use super::arithmetic::{Arithmetic, Pair, scale};
use super::exp::{clamped, exp_of_pair, exp_short};
use super::log::{log_medium, log_precise, split_any};

/// Beyond it the exponential is 0 or infinite.
const LIMIT: f64 = 1000.0;

/// 2⁵²: numbers from here are integers, and adding and subtracting it rounds smaller ones to integers.
const INTEGERS: f64 = 4_503_599_627_370_496.0;

/// The power with the special values of C99, given that of |x| for the others.
#[inline(always)]
fn with_special_values(x: f64, y: f64, value: f64) -> f64 {
    let magnitude = y.abs();
    let half = magnitude * 0.5;
    let integer = (magnitude >= INTEGERS) | ((magnitude + INTEGERS) - INTEGERS == magnitude);
    let even = (magnitude >= 2.0 * INTEGERS) | ((half + INTEGERS) - INTEGERS == half);
    let odd = integer & !even;
    let sign = if odd {
        x.to_bits() & super::arithmetic::SIGN
    } else {
        0
    };
    let value = f64::from_bits(value.to_bits() ^ sign);
    let undefined = (x < 0.0) & (x > f64::NEG_INFINITY) & !integer;
    let value = if undefined | y.is_nan() {
        f64::NAN
    } else {
        value
    };
    if (y == 0.0) | (x == 1.0) { 1.0 } else { value }
}

/// log(x), or what a logarithm is at a special |x|.
#[inline(always)]
fn or_special(x: f64, log: f64) -> f64 {
    let log = if x == 0.0 { f64::NEG_INFINITY } else { log };
    if x < f64::INFINITY { log } else { x }
}

/// log |x|
#[inline(always)]
pub(super) fn pow_first<M: Arithmetic>(x: f64) -> Pair {
    let (k, m) = split_any(x.abs());
    log_precise::<M>(k, m)
}

#[inline(always)]
pub(super) fn pow_second<M: Arithmetic>(x: f64, y: f64, log: Pair) -> f64 {
    let magnitude = x.abs();
    let estimate = or_special(magnitude, log.high) * y;
    // (-1) to the power inf
    let one = magnitude == 1.0;
    let estimate = if one { 0.0 } else { estimate };
    let exponent = Pair::select(
        (estimate.abs() < LIMIT) & !one,
        log.times_number::<M>(y),
        Pair::from(clamped(estimate, -LIMIT * 1.2, LIMIT * 1.2)),
    );
    let (n, power) = exp_of_pair::<M>(exponent);
    with_special_values(x, y, scale(power.value(), n))
}

#[inline(always)]
pub(super) fn pow<M: Arithmetic>(x: f64, y: f64) -> f64 {
    pow_second::<M>(x, y, pow_first::<M>(x))
}

/// For results in f32.
#[inline(always)]
pub(super) fn pow_short<M: Arithmetic>(x: f64, y: f64) -> f64 {
    let magnitude = x.abs();
    let estimate = or_special(magnitude, log_medium::<M>(magnitude)) * y;
    let estimate = if magnitude == 1.0 { 0.0 } else { estimate };
    with_special_values(x, y, exp_short::<M>(estimate))
}
