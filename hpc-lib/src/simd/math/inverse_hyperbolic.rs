//! asinh, acosh, atanh: each is the logarithm of 1 + f, where f is computed as a pair.

use super::arithmetic::{Arithmetic, Pair, flip_sign};
use super::coefficients::{LN_2_HIGH, LN_2_LOW};
use super::log::{log_of_pair, log1p_of_number};

/// Beyond it asinh(x) and acosh(x) are log(2 x).
const LARGE: f64 = 1e30;

/// Below it asinh(x) and atanh(x) are x.
const SMALL: f64 = 1.0 / (1 << 28) as f64;

/// log(1 + f), or log(2 x) for a large x.
#[inline(always)]
fn log_of_sum<M: Arithmetic>(x: f64, f: Pair) -> f64 {
    let large = x > LARGE;
    let sum = Pair::sum(1.0, f.high);
    let sum = Pair::ordered_sum(sum.high, sum.low + f.low);
    let log = log_of_pair::<M>(Pair::select(large, Pair::from(x), sum));
    let more = if large { LN_2_HIGH } else { 0.0 };
    let more_low = if large { LN_2_LOW } else { 0.0 };
    let sum = Pair::ordered_sum(log.high, more);
    sum.high + (sum.low + (log.low + more_low))
}

/// f = x + x² / (1 + sqrt(1 + x²)) for |x|
#[inline(always)]
pub(super) fn asinh_first<M: Arithmetic>(x: f64) -> Pair {
    let magnitude = x.abs();
    let bounded = if magnitude > LARGE { 1.0 } else { magnitude };
    let square = M::product(bounded, bounded);
    let sum = Pair::sum(1.0, square.high);
    let root = Pair::new(sum.high, sum.low + square.low).square_root::<M>();
    let quotient = square.over::<M>(root.plus_number(1.0));
    quotient.plus_number(bounded)
}

#[inline(always)]
pub(super) fn asinh_second<M: Arithmetic>(x: f64, f: Pair) -> f64 {
    let magnitude = x.abs();
    let value = log_of_sum::<M>(magnitude, f);
    let value = if magnitude < f64::INFINITY {
        value
    } else {
        magnitude
    };
    if magnitude < SMALL {
        x
    } else {
        flip_sign(value, x)
    }
}

/// f = t + sqrt(t (t + 2)), where x - 1 = t is exact as long as the 1 matters.
#[inline(always)]
pub(super) fn acosh_first<M: Arithmetic>(x: f64) -> Pair {
    let t = if x > LARGE { 1.0 } else { x - 1.0 };
    let product = M::product(t, t);
    let sum = Pair::sum(2.0 * t, product.high);
    let root = Pair::new(sum.high, sum.low + product.low).square_root::<M>();
    root.plus_number(t)
}

#[inline(always)]
pub(super) fn acosh_second<M: Arithmetic>(x: f64, f: Pair) -> f64 {
    let value = log_of_sum::<M>(x, f);
    let value = if x < f64::INFINITY { value } else { x };
    if x > 1.0 {
        value
    } else if x == 1.0 {
        0.0
    } else {
        f64::NAN
    }
}

/// f = 2 x / (1 - x) for |x|
#[inline(always)]
pub(super) fn atanh_first<M: Arithmetic>(x: f64) -> Pair {
    let magnitude = x.abs();
    Pair::from(2.0 * magnitude).over::<M>(Pair::ordered_sum(1.0, -magnitude))
}

#[inline(always)]
pub(super) fn atanh_second<M: Arithmetic>(x: f64, f: Pair) -> f64 {
    let magnitude = x.abs();
    let value = 0.5 * log_of_sum::<M>(0.0, f);
    let value = if magnitude < SMALL { magnitude } else { value };
    let value = if magnitude == 1.0 {
        f64::INFINITY
    } else {
        value
    };
    flip_sign(if magnitude <= 1.0 { value } else { f64::NAN }, x)
}

#[inline(always)]
pub(super) fn asinh_short<M: Arithmetic>(x: f64) -> f64 {
    let a = x.abs();
    let square = a * a;
    let value = log1p_of_number::<M>(a + square / (1.0 + (1.0 + square).sqrt()));
    flip_sign(if a < f64::INFINITY { value } else { a }, x)
}

#[inline(always)]
pub(super) fn acosh_short<M: Arithmetic>(x: f64) -> f64 {
    let t = x - 1.0;
    let value = log1p_of_number::<M>(t + (t * (t + 2.0)).sqrt());
    let value = if x < f64::INFINITY { value } else { x };
    if x >= 1.0 { value } else { f64::NAN }
}

#[inline(always)]
pub(super) fn atanh_short<M: Arithmetic>(x: f64) -> f64 {
    let a = x.abs();
    let value = 0.5 * log1p_of_number::<M>(2.0 * a / (1.0 - a));
    let value = if a == 1.0 { f64::INFINITY } else { value };
    flip_sign(if a <= 1.0 { value } else { f64::NAN }, x)
}
