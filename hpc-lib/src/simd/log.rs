//! The natural logarithm: log(2ᵏ m) = k log(2) + log(m) with m from sqrt(1/2) to sqrt(2), and
//! log(m) = 2 artanh(s) with s = (m - 1) / (m + 1), arranged as in the classic `fdlibm`.

use super::kernel::Mode;

const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
const SQRT_HALF_BITS: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
const ONE_BITS: u64 = 1.0_f64.to_bits();
const MANTISSA: u64 = (1 << 52) - 1;

/// 2⁵², whose low bits can hold an integer.
const INTEGER: f64 = 4_503_599_627_370_496.0;

/// (2 artanh(s) / s - 2) / s² in powers of s².
const LOG: [f64; 7] = [
    0.666_666_666_666_669_6,
    0.399_999_999_996_291_2,
    0.285_714_287_000_996_05,
    0.222_222_025_212_719_17,
    0.181_833_744_886_667_31,
    0.153_185_975_014_591_02,
    0.147_529_834_843_292_1,
];

/// The logarithm, or NaN where this form is not good enough.
#[inline(always)]
pub(super) fn log<M: Mode>(x: f64) -> f64 {
    // Shifted so that the exponent changes at sqrt(1/2) instead of 1.
    let shifted = x.to_bits().wrapping_add(ONE_BITS - SQRT_HALF_BITS);
    let k = f64::from_bits((shifted >> 52) | INTEGER.to_bits()) - (INTEGER + 1023.0);
    let m = f64::from_bits((shifted & MANTISSA).wrapping_add(SQRT_HALF_BITS));
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let r = z * M::polynomial(z, &LOG);
    let half_square = 0.5 * f * f;
    let small = M::fma(s, half_square + r, k * LN_2_LOW);
    let value = M::fma(k, LN_2_HIGH, -((half_square - small) - f));
    if (f64::MIN_POSITIVE..f64::INFINITY).contains(&x) {
        value
    } else {
        f64::NAN
    }
}
