//! sinh, cosh, tanh: with |x| = n log(2) + r, 2 sinh(x) = (2ⁿ - 2⁻ⁿ) cosh(r) + (2ⁿ + 2⁻ⁿ) sinh(r), and
//! the same for cosh with both exchanged; nothing cancels.

use super::arithmetic::{Arithmetic, Pair, ROUND, flip_sign, power_of_two};
use super::coefficients::{COSH, COSH_SHORT, LN_2, SINH, SINH_SHORT};
use super::exp::reduced;

/// Below it sinh(x) and tanh(x) are x.
const SMALL: f64 = 1.0 / (1 << 28) as f64;

/// Results are computed 2⁻⁶³ times as large, so that nothing overflows too early.
const RESCALE: f64 = (1_u64 << 63) as f64;

/// The parts of the formula for |x| up to `limit`: nothing changes beyond.
struct Parts {
    difference: Pair,
    sum: Pair,
    /// sinh(r)
    sinh: Pair,
    /// cosh(r) - 1
    cosh_rest: f64,
}

#[inline(always)]
fn parts<M: Arithmetic>(x: f64, limit: f64) -> Parts {
    let (n, r) = reduced(if x > limit { limit } else { x });
    let z = r.high * r.high;
    let cosh_rest = M::fma(
        z * z,
        M::polynomial(z, &COSH),
        M::fma(0.5, z, r.high * r.low),
    );
    let sinh_rest = M::fma(
        r.high * z,
        M::polynomial(z, &SINH),
        M::fma(r.low, cosh_rest, r.low),
    );
    let up = power_of_two(n - 64.0);
    let down = power_of_two(-64.0 - if n > 100.0 { 100.0 } else { n });
    Parts {
        difference: Pair::ordered_sum(up, -down),
        sum: Pair::ordered_sum(up, down),
        sinh: Pair::new(r.high, sinh_rest),
        cosh_rest,
    }
}

/// with_cosh cosh(r) + with_sinh sinh(r)
#[inline(always)]
fn combined<M: Arithmetic>(parts: &Parts, with_cosh: Pair, with_sinh: Pair) -> Pair {
    let product = M::product(with_sinh.high, parts.sinh.high);
    let sum = Pair::sum(with_cosh.high, product.high);
    let rest = M::fma(with_sinh.high, parts.sinh.low, product.low);
    let rest = M::fma(with_sinh.low, parts.sinh.high, with_cosh.low) + rest;
    Pair::new(
        sum.high,
        sum.low + M::fma(with_cosh.high, parts.cosh_rest, rest),
    )
}

#[inline(always)]
pub(super) fn sinh<M: Arithmetic>(x: f64) -> f64 {
    let parts = parts::<M>(x.abs(), 711.0);
    let value = combined::<M>(&parts, parts.difference, parts.sum).value() * RESCALE;
    if x.abs() < SMALL {
        x
    } else {
        flip_sign(value, x)
    }
}

#[inline(always)]
pub(super) fn cosh<M: Arithmetic>(x: f64) -> f64 {
    let parts = parts::<M>(x.abs(), 711.0);
    combined::<M>(&parts, parts.sum, parts.difference).value() * RESCALE
}

#[inline(always)]
pub(super) fn tanh<M: Arithmetic>(x: f64) -> f64 {
    let parts = parts::<M>(x.abs(), 22.0);
    let over = combined::<M>(&parts, parts.difference, parts.sum).normalized();
    let under = combined::<M>(&parts, parts.sum, parts.difference).normalized();
    let value = over.over::<M>(under).value();
    if x.abs() < SMALL {
        x
    } else {
        flip_sign(value, x)
    }
}

/// 2 sinh(x) and 2 cosh(x) for 0 <= x, for results in f32.
#[inline(always)]
fn short<M: Arithmetic>(x: f64) -> (f64, f64) {
    let x = if x > 200.0 { 200.0 } else { x };
    let n = (x * std::f64::consts::LOG2_E + ROUND) - ROUND;
    let r = M::fma(-n, LN_2, x);
    let z = r * r;
    let cosh = M::fma(z * z, M::polynomial(z, &COSH_SHORT), M::fma(0.5, z, 1.0));
    let sinh = M::fma(r * z, M::polynomial(z, &SINH_SHORT), r);
    let (up, down) = (power_of_two(n), power_of_two(-n));
    let (difference, sum) = (up - down, up + down);
    (
        M::fma(difference, cosh, sum * sinh),
        M::fma(sum, cosh, difference * sinh),
    )
}

#[inline(always)]
pub(super) fn sinh_short<M: Arithmetic>(x: f64) -> f64 {
    flip_sign(0.5 * short::<M>(x.abs()).0, x)
}

#[inline(always)]
pub(super) fn cosh_short<M: Arithmetic>(x: f64) -> f64 {
    0.5 * short::<M>(x.abs()).1
}

#[inline(always)]
pub(super) fn tanh_short<M: Arithmetic>(x: f64) -> f64 {
    let (sinh, cosh) = short::<M>(x.abs());
    flip_sign(sinh / cosh, x)
}
