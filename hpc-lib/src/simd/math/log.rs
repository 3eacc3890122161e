//! log, log2, log10, log1p: log(2ᵏ m) = k log(2) + log(m) with m from sqrt(1/2) to sqrt(2), and
//! log(m) = 2 artanh(s) with s = (m - 1) / (m + 1), of which the leading term is kept as a pair.

use super::arithmetic::{Arithmetic, Pair, power_of_two};
use super::coefficients::{
    LN_2, LN_2_HIGH, LN_2_LOW, LOG, LOG_MEDIUM, LOG_REST, LOG_SHORT, LOG2_E_HIGH, LOG2_E_LOW,
    LOG10_2_HIGH, LOG10_2_LOW, LOG10_E_HIGH, LOG10_E_LOW, TWO_FIFTHS_HIGH, TWO_FIFTHS_LOW,
    TWO_THIRDS_HIGH, TWO_THIRDS_LOW,
};

const SQRT_HALF_BITS: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
const ONE_BITS: u64 = 1.0_f64.to_bits();
const MANTISSA: u64 = (1 << 52) - 1;

/// 2⁵², whose low bits can hold an integer.
const INTEGER: f64 = 4_503_599_627_370_496.0;

/// Makes a subnormal number normal.
const RAISE: f64 = 18_014_398_509_481_984.0; // 2⁵⁴
const RAISED: f64 = 54.0;

/// x = 2ᵏ m for a positive normal number.
#[inline(always)]
fn split(x: f64) -> (f64, f64) {
    // Shifted so that the exponent changes at sqrt(1/2) instead of 1.
    let shifted = x.to_bits().wrapping_add(ONE_BITS - SQRT_HALF_BITS);
    let k = f64::from_bits((shifted >> 52) | INTEGER.to_bits()) - (INTEGER + 1023.0);
    let m = f64::from_bits((shifted & MANTISSA).wrapping_add(SQRT_HALF_BITS));
    (k, m)
}

/// x = 2ᵏ m for any positive finite number.
#[inline(always)]
pub(super) fn split_any(x: f64) -> (f64, f64) {
    let tiny = x < f64::MIN_POSITIVE;
    let (k, m) = split(if tiny { x * RAISE } else { x });
    (if tiny { k - RAISED } else { k }, m)
}

/// log(1 + f) to about 60 bits, for 1 + f from sqrt(1/2) to sqrt(2).
#[inline(always)]
pub(super) fn log_near_one<M: Arithmetic>(f: Pair) -> Pair {
    let divisor = Pair::ordered_sum(2.0, f.high);
    let inverse = 1.0 / divisor.high;
    let s = f.high * inverse;
    let rest = M::residual(-s, divisor.high, f.high) + M::fma(-s, divisor.low + f.low, f.low);
    let z = s * s;
    // The derivative of 2 artanh is about 2 + 2 z.
    let correction = 2.0 * (rest * inverse);
    let correction = M::fma(correction, z, correction);
    Pair::new(2.0 * s, M::fma(s * z, M::polynomial(z, &LOG), correction))
}

/// k log(2) + log(m)
#[inline(always)]
fn with_exponent<M: Arithmetic>(k: f64, log: Pair) -> Pair {
    let sum = Pair::ordered_sum(k * LN_2_HIGH, log.high);
    Pair::new(sum.high, sum.low + M::fma(k, LN_2_LOW, log.low))
}

/// `value` where x is positive and finite, else what a logarithm is there.
#[inline(always)]
fn or_special(x: f64, value: f64) -> f64 {
    let value = if x < f64::INFINITY { value } else { x };
    if x > 0.0 {
        value
    } else if x == 0.0 {
        f64::NEG_INFINITY
    } else {
        f64::NAN
    }
}

/// The logarithm of a positive finite number to about 60 bits.
#[inline(always)]
pub(super) fn log_of_positive<M: Arithmetic>(x: f64) -> Pair {
    let (k, m) = split_any(x);
    with_exponent::<M>(k, log_near_one::<M>(Pair::from(m - 1.0)))
}

#[inline(always)]
pub(super) fn log<M: Arithmetic>(x: f64) -> f64 {
    or_special(x, log_of_positive::<M>(x).value())
}

#[inline(always)]
pub(super) fn log2<M: Arithmetic>(x: f64) -> f64 {
    let (k, m) = split_any(x);
    let log = log_near_one::<M>(Pair::from(m - 1.0)).times::<M>(Pair::new(LOG2_E_HIGH, LOG2_E_LOW));
    let sum = Pair::ordered_sum(k, log.high);
    or_special(x, sum.high + (sum.low + log.low))
}

#[inline(always)]
pub(super) fn log10<M: Arithmetic>(x: f64) -> f64 {
    let (k, m) = split_any(x);
    let log =
        log_near_one::<M>(Pair::from(m - 1.0)).times::<M>(Pair::new(LOG10_E_HIGH, LOG10_E_LOW));
    let sum = Pair::ordered_sum(k * LOG10_2_HIGH, log.high);
    or_special(x, sum.high + (sum.low + M::fma(k, LOG10_2_LOW, log.low)))
}

/// The logarithm of a positive normal pair, to about 60 bits also near 1.
#[inline(always)]
pub(super) fn log_of_pair<M: Arithmetic>(x: Pair) -> Pair {
    let (k, m) = split(x.high);
    let low = x.low * power_of_two(if k > 1000.0 { -1000.0 } else { -k });
    with_exponent::<M>(k, log_near_one::<M>(Pair::ordered_sum(m - 1.0, low)))
}

#[inline(always)]
pub(super) fn log1p<M: Arithmetic>(x: f64) -> f64 {
    let value = log_of_pair::<M>(Pair::sum(1.0, x)).value();
    let value = if x.abs() < 1e-17 { x } else { value };
    let value = if x < f64::INFINITY { value } else { x };
    if x > -1.0 {
        value
    } else if x == -1.0 {
        f64::NEG_INFINITY
    } else {
        f64::NAN
    }
}

/// The logarithm of a positive finite number to about 70 bits, for powers.
#[inline(always)]
pub(super) fn log_precise<M: Arithmetic>(k: f64, m: f64) -> Pair {
    let f = m - 1.0;
    let s = Pair::from(f).over::<M>(Pair::ordered_sum(2.0, f));
    precise_from_quotient::<M>(k, s)
}

/// The same for a pair.
#[inline(always)]
pub(super) fn log_precise_of_pair<M: Arithmetic>(x: Pair) -> Pair {
    let (k, m) = split(x.high);
    let low = x.low * power_of_two(-k);
    let f = Pair::ordered_sum(m - 1.0, low);
    let s = f.over::<M>(Pair::ordered_sum(2.0, f.high).plus_number(f.low));
    precise_from_quotient::<M>(k, s)
}

/// k log(2) + 2 artanh(s)
#[inline(always)]
fn precise_from_quotient<M: Arithmetic>(k: f64, s: Pair) -> Pair {
    let z = s.times::<M>(s);
    let rest = Pair::ordered_sum(TWO_FIFTHS_HIGH, z.high * M::polynomial(z.high, &LOG_REST));
    let rest = Pair::new(rest.high, rest.low + TWO_FIFTHS_LOW).times::<M>(z);
    let sum = Pair::ordered_sum(TWO_THIRDS_HIGH, rest.high);
    let sum = Pair::new(sum.high, sum.low + (rest.low + TWO_THIRDS_LOW));
    let cubic = s.times::<M>(z).times::<M>(sum);
    let double = s.scaled(2.0);
    let log = Pair::ordered_sum(double.high, cubic.high);
    let log = Pair::ordered_sum(log.high, log.low + (cubic.low + double.low));
    let sum = Pair::ordered_sum(k * LN_2_HIGH, log.high);
    Pair::ordered_sum(sum.high, sum.low + M::fma(k, LN_2_LOW, log.low))
}

/// log(1 + f) to 36 bits.
#[inline(always)]
fn log_near_one_short<M: Arithmetic>(f: f64) -> f64 {
    let s = f / (2.0 + f);
    let z = s * s;
    M::fma(s * z, M::polynomial(z, &LOG_SHORT), s + s)
}

/// The logarithm for results in f32, of a number that is normal in f64.
#[inline(always)]
pub(super) fn log_short<M: Arithmetic>(x: f64) -> f64 {
    let (k, m) = split(x);
    or_special(x, M::fma(k, LN_2, log_near_one_short::<M>(m - 1.0)))
}

#[inline(always)]
pub(super) fn log2_short<M: Arithmetic>(x: f64) -> f64 {
    let (k, m) = split(x);
    or_special(x, M::fma(log_near_one_short::<M>(m - 1.0), LOG2_E_HIGH, k))
}

#[inline(always)]
pub(super) fn log10_short<M: Arithmetic>(x: f64) -> f64 {
    let (k, m) = split(x);
    let log = log_near_one_short::<M>(m - 1.0) * LOG10_E_HIGH;
    or_special(x, M::fma(k, std::f64::consts::LOG10_2, log))
}

/// log(1 + x) for results in f32, of -1 < x.
#[inline(always)]
pub(super) fn log1p_of_number<M: Arithmetic>(x: f64) -> f64 {
    let sum = Pair::sum(1.0, x);
    let (k, m) = split(sum.high);
    let f = M::fma(sum.low, power_of_two(-k), m - 1.0);
    M::fma(k, LN_2, log_near_one_short::<M>(f))
}

#[inline(always)]
pub(super) fn log1p_short<M: Arithmetic>(x: f64) -> f64 {
    let value = log1p_of_number::<M>(x);
    let value = if x < f64::INFINITY { value } else { x };
    let value = if x == 0.0 { x } else { value };
    if x > -1.0 {
        value
    } else if x == -1.0 {
        f64::NEG_INFINITY
    } else {
        f64::NAN
    }
}

/// The logarithm to 45 bits of a positive number that is normal in f64, for powers in f32.
#[inline(always)]
pub(super) fn log_medium<M: Arithmetic>(x: f64) -> f64 {
    let (k, m) = split(x);
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let log = M::fma(s * z, M::polynomial(z, &LOG_MEDIUM), s + s);
    M::fma(k, LN_2, log)
}
