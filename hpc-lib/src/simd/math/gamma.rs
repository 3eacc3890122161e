//! gamma and lgamma: Stirling's series from 8 on; below it the argument of gamma is raised by 8, and
//! log Gamma(x) / ((x - 1) (x - 2)) is looked up. Negative arguments are done one by one by Euler's
//! reflection, and near a zero of log |Gamma| by a polynomial with that zero as a factor.

use super::arithmetic::{Arithmetic, Pair, ROUND, Row, flip_sign, scale};
use super::coefficients::{
    HALF_LN_TAU_HIGH, HALF_LN_TAU_LOW, LOG_GAMMA, LOG_GAMMA_TOP, PI_HIGH, PI_LOW, STIRLING, ZEROS,
};
use super::exp::exp_of_pair;
use super::log::{log_of_pair, log_of_positive, log_precise_of_pair};
use super::trig::sin_and_cos_pairs;

/// A zero of 1 / |Gamma| - 1, and what remains of that function when it is divided by x - zero.
pub(super) struct Zero {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) centre: f64,
    pub(super) high: f64,
    pub(super) low: f64,
    pub(super) factor: Row<14>,
}

const PI: Pair = Pair {
    high: PI_HIGH,
    low: PI_LOW,
};

/// From here on, Stirling's series is good enough.
const STIRLING_FROM: f64 = 8.0;

/// The gamma function of it is infinite, and 2 to the power -1100 of its negative.
const LARGEST_GAMMA: f64 = 195.0;

/// Below it the gamma function is 1/x.
const TINY: f64 = 1e-18;

/// What Stirling's formula leaves out of log Gamma(y).
#[inline(always)]
fn stirling_rest<M: Arithmetic>(y: f64) -> f64 {
    let inverse = 1.0 / y;
    inverse * M::polynomial(inverse * inverse, &STIRLING)
}

/// log Gamma(x), from 8 on, or else of x + 8, by Stirling's series.
#[inline(always)]
pub(super) fn gamma_first<M: Arithmetic>(x: f64) -> Pair {
    // Beyond 171.7 gamma is infinite.
    let x = if x > LARGEST_GAMMA { LARGEST_GAMMA } else { x };
    let y = Pair::sum(
        x,
        if x < STIRLING_FROM {
            STIRLING_FROM
        } else {
            0.0
        },
    );
    let log = log_precise_of_pair::<M>(y);
    let rest = Pair::new(HALF_LN_TAU_HIGH, HALF_LN_TAU_LOW).plus_number(stirling_rest::<M>(y.high));
    y.plus_number(-0.5)
        .times::<M>(log)
        .plus(y.negated())
        .plus(rest)
}

/// Gamma(x) = 2ⁿ times a pair, for x from 1e-18 to 200.
#[inline(always)]
fn gamma_of_positive<M: Arithmetic>(x: f64, log: Pair) -> (f64, Pair) {
    let (n, exp) = exp_of_pair::<M>(log);
    // x (x + 1) … (x + 7) = u (u + 6) (u + 10) (u + 12) for u = x (x + 7)
    let u = Pair::sum(x, 7.0).times_number::<M>(x);
    let lower = u.times::<M>(u.plus_number(6.0));
    let upper = u.plus_number(10.0).times::<M>(u.plus_number(12.0));
    let divisor = Pair::select(x < STIRLING_FROM, lower.times::<M>(upper), Pair::from(1.0));
    (n, exp.normalized().over::<M>(divisor))
}

/// The gamma function, or NaN where it has to be done alone.
#[inline(always)]
pub(super) fn gamma_second<M: Arithmetic>(x: f64, log: Pair) -> f64 {
    let (n, value) = gamma_of_positive::<M>(x, log);
    let value = scale(value.value(), n);
    let value = if x < TINY { 1.0 / x } else { value };
    if x > 0.0 { value } else { f64::NAN }
}

/// The gamma function of any number.
#[inline(always)]
pub(super) fn any_gamma<M: Arithmetic>(x: f64) -> f64 {
    let a = -x;
    if x.is_nan() || (a > 0.0 && a.floor() == a) {
        return f64::NAN;
    }
    if a < TINY {
        return 1.0 / x;
    }
    if a > 190.0 {
        return if a.floor() % 2.0 == 0.0 { -0.0 } else { 0.0 };
    }
    // Gamma(-a) = -pi / (a sin(pi a) Gamma(a))
    let (n, gamma) = gamma_of_positive::<M>(a, gamma_first::<M>(a));
    let divisor = sin_pi::<M>(a).times_number::<M>(a).times::<M>(gamma);
    scale(-PI.over::<M>(divisor).value(), -n)
}

/// sin(pi a) of a number from 0 to 2⁵¹.
#[inline(always)]
fn sin_pi<M: Arithmetic>(a: f64) -> Pair {
    let rounded = a + ROUND;
    let r = a - (rounded - ROUND);
    let odd = rounded.to_bits() & 1 == 1;
    let magnitude = r.abs();
    // Above 1/4 by the cosine.
    let upper = magnitude > 0.25;
    let reduced = if upper { 0.5 - magnitude } else { magnitude };
    let (sin, cos) = sin_and_cos_pairs::<M>(PI.times_number::<M>(reduced));
    let sin = Pair::select(upper, cos, sin);
    let sign = if odd { -r } else { r };
    Pair::new(flip_sign(sin.high, sign), flip_sign(sin.low, sign))
}

/// log(x) of a positive number
#[inline(always)]
pub(super) fn lgamma_first<M: Arithmetic>(x: f64) -> Pair {
    log_of_positive::<M>(x)
}

/// log Gamma(x) for 0 < x < 2.5e305 and its logarithm.
#[inline(always)]
fn lgamma_of_positive<M: Arithmetic>(x: f64, log: Pair) -> Pair {
    const HALF_BITS: u64 = 0.5_f64.to_bits();
    /// The bits within an interval.
    const WITHIN: u64 = (1 << 48) - 1;
    // Below 1/2: of x + 1, less log(x).
    let raised = x < 0.5;
    let more = if raised { 1.0 } else { 0.0 };
    let large = x >= STIRLING_FROM;
    let v = if large { 1.0 } else { x + more };
    let bits = v.to_bits();
    let row = (bits.wrapping_sub(HALF_BITS) >> 48) & 63;
    let centre = f64::from_bits((bits & !WITHIN) | (1 << 47));
    let factor = LOG_GAMMA[row as usize].at::<M>(x - (centre - more));
    let first = x + (more - 1.0);
    let second = Pair::sum(x, more - 2.0);
    let product = second.times_number::<M>(first).times::<M>(factor);
    let less = if raised { log } else { Pair::from(0.0) };
    let looked_up = product.plus(less.negated());

    // (x - 1/2) (log(x) - 1) + log(2 pi)/2 - 1/2 + …
    const DOWN: f64 = f64::from_bits((1023 - 300) << 52);
    let huge = x > 1e200;
    let down = if huge { DOWN } else { 1.0 };
    let rest = Pair::sum(HALF_LN_TAU_HIGH - 0.5, stirling_rest::<M>(x));
    let rest = Pair::new(rest.high, rest.low + HALF_LN_TAU_LOW);
    let series = Pair::sum(x * down, -0.5 * down)
        .times::<M>(log.normalized().plus_number(-1.0))
        .plus(rest);
    let up = if huge { 1.0 / DOWN } else { 1.0 };
    Pair::select(large, series.scaled(up), looked_up)
}

/// log |Gamma|, or NaN where it has to be done alone.
#[inline(always)]
pub(super) fn lgamma_second<M: Arithmetic>(x: f64, log: Pair) -> f64 {
    // Beyond it the result is infinite.
    const LARGEST: f64 = 2.556_348_163_871_691e305;
    let value = lgamma_of_positive::<M>(x, log).value();
    let value = if x > LARGEST { f64::INFINITY } else { value };
    if x > 0.0 { value } else { f64::NAN }
}

/// log |Gamma| of any number.
#[inline(always)]
pub(super) fn any_lgamma<M: Arithmetic>(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    let a = -x;
    if a.floor() == a {
        return f64::INFINITY;
    }
    if a < TINY {
        return -log_of_positive::<M>(a).value();
    }
    if (x + 2.61).abs() < 0.05 {
        return LOG_GAMMA_TOP.at::<M>(x + 2.61).value();
    }
    if let Some(zero) = ZEROS.iter().find(|zero| zero.from < x && x < zero.to) {
        let d = Pair::ordered_sum(x - zero.high, -zero.low);
        // 1 / |Gamma(x)| - 1
        let f = zero.factor.at::<M>(x - zero.centre).times::<M>(d);
        let sum = Pair::sum(1.0, f.high);
        return -log_of_pair::<M>(Pair::new(sum.high, sum.low + f.low)).value();
    }
    if a < 100.0 {
        // 1 / |Gamma(x)| = a |sin(pi a)| Gamma(a) / pi
        let (n, gamma) = gamma_of_positive::<M>(a, gamma_first::<M>(a));
        let sin = sin_pi::<M>(a).times_number::<M>(a);
        let inverse = sin.times::<M>(gamma).over::<M>(PI);
        let inverse = Pair::select(inverse.high < 0.0, inverse.negated(), inverse);
        let power = super::arithmetic::power_of_two(n);
        return -log_of_pair::<M>(inverse.scaled(power)).value();
    }
    let sin = sin_pi::<M>(a).times_number::<M>(a).over::<M>(PI);
    let sin = Pair::select(sin.high < 0.0, sin.negated(), sin);
    let sum = log_of_pair::<M>(sin).plus(lgamma_of_positive::<M>(a, log_of_positive::<M>(a)));
    -sum.value()
}
