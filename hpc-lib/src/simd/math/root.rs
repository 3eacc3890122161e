//! cbrt and hypot. The cube root follows from the inverse cube root of the mantissa, a polynomial and
//! one step of an iteration of fourth order, and is corrected by its exact residual.

use super::arithmetic::{Arithmetic, Pair, ROUND, flip_sign, power_of_two};
use super::coefficients::{INVERSE_CBRT, INVERSE_CBRT_2, INVERSE_CBRT_4};
use super::log::split_any;

/// The exponent of the cube root, and the number without it, from sqrt(1/2) to 4 sqrt(2), with its
/// inverse cube root to about 50 bits.
#[inline(always)]
fn inverse<M: Arithmetic>(x: f64) -> (f64, f64, f64) {
    let (k, m) = split_any(x);
    // m from 1 to 2.
    let small = m < 1.0;
    let k = if small { k - 1.0 } else { k };
    let m = if small { 2.0 * m } else { m };
    // k = 3 third + rest, with a rest of 0, 1 or 2.
    let third = ((k - 1.0) * (1.0 / 3.0) + ROUND) - ROUND;
    let rest = k - 3.0 * third;
    let factor = if rest == 1.0 { INVERSE_CBRT_2 } else { 1.0 };
    let factor = if rest == 2.0 { INVERSE_CBRT_4 } else { factor };
    let a = m * power_of_two(rest);
    let y = M::polynomial(m, &INVERSE_CBRT) * factor;
    // y (1 - h) to the power -1/3
    let h = M::fma(-(a * y), y * y, 1.0);
    let series = M::fma(M::fma(14.0 / 81.0, h, 2.0 / 9.0), h, 1.0 / 3.0);
    (third, a, M::fma(y * h, series, y))
}

/// `value` where x is neither 0 nor infinite nor NaN, with the sign of x.
#[inline(always)]
fn or_same(x: f64, value: f64) -> f64 {
    let magnitude = x.abs();
    if (magnitude > 0.0) & (magnitude < f64::INFINITY) {
        flip_sign(value, x)
    } else {
        x
    }
}

#[inline(always)]
pub(super) fn cbrt<M: Arithmetic>(x: f64) -> f64 {
    let (third, a, inverse) = inverse::<M>(x.abs());
    let square = inverse * inverse;
    let root = a * square;
    let root_square = M::product(root, root);
    let cube = M::product(root_square.high, root);
    let residual = (a - cube.high) - M::fma(root_square.low, root, cube.low);
    let root = M::fma(residual, square * (1.0 / 3.0), root);
    or_same(x, root * power_of_two(third))
}

/// For results in f32.
#[inline(always)]
pub(super) fn cbrt_short<M: Arithmetic>(x: f64) -> f64 {
    let (third, a, inverse) = inverse::<M>(x.abs());
    or_same(x, a * (inverse * inverse) * power_of_two(third))
}

#[inline(always)]
pub(super) fn hypot<M: Arithmetic>(x: f64, y: f64) -> f64 {
    const MANY: f64 = f64::from_bits((1023 + 600) << 52);
    let (x, y) = (x.abs(), y.abs());
    let larger = if x > y { x } else { y };
    let smaller = if x > y { y } else { x };
    let (large, small) = (larger > 1e150, larger < 1e-120);
    let factor = if large { 1.0 / MANY } else { 1.0 };
    let factor = if small { MANY } else { factor };
    let back = if large { MANY } else { 1.0 };
    let back = if small { 1.0 / MANY } else { back };
    let (a, b) = (larger * factor, smaller * factor);
    let (a2, b2) = (M::product(a, a), M::product(b, b));
    let sum = Pair::ordered_sum(a2.high, b2.high);
    let sum = Pair::ordered_sum(sum.high, sum.low + (a2.low + b2.low));
    let value = sum.square_root::<M>().value() * back;
    let value = if larger > 0.0 { value } else { larger };
    let value = if x.is_nan() | y.is_nan() {
        f64::NAN
    } else {
        value
    };
    if (x == f64::INFINITY) | (y == f64::INFINITY) {
        f64::INFINITY
    } else {
        value
    }
}

/// For results in f32, whose squares are normal in f64.
#[inline(always)]
pub(super) fn hypot_short<M: Arithmetic>(x: f64, y: f64) -> f64 {
    let value = M::fma(x, x, y * y).sqrt();
    if (x.abs() == f64::INFINITY) | (y.abs() == f64::INFINITY) {
        f64::INFINITY
    } else {
        value
    }
}
