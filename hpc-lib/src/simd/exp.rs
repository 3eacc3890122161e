//! The exponential function: exp(x) = 2ⁿ exp(r) with |r| up to ln(2) / 2.

use super::kernel::Mode;

/// Beyond it the result overflows, or is subnormal.
const LIMIT: f64 = 708.0;

const ROUND: f64 = 6_755_399_441_055_744.0;
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// (exp(r) - 1 - r) / r² in powers of r.
const EXP: [f64; 10] = [
    0.500_000_000_000_001_3,
    0.166_666_666_666_666_85,
    0.041_666_666_666_511_61,
    0.008_333_333_333_315_955,
    0.001_388_888_894_785_054_9,
    0.000_198_412_698_986_571_47,
    2.480_148_919_346_825_7e-5,
    2.755_723_287_577_786e-6,
    2.763_151_731_512_844_7e-7,
    2.511_265_407_664_491_5e-8,
];

/// The exponential, or NaN where this form is not good enough.
#[inline(always)]
pub(super) fn exp<M: Mode>(x: f64) -> f64 {
    let rounded = M::fma(x, std::f64::consts::LOG2_E, ROUND);
    let n = rounded - ROUND;
    let t = M::fma(-n, LN_2_HIGH, x);
    let high = M::fma(-n, LN_2_LOW, t);
    let low = M::fma(-n, LN_2_LOW, t - high);
    let tail = M::fma(high * high, M::polynomial(high, &EXP), low);
    let mantissa = 1.0 + (high + tail);
    // The integer is in the low bits of `rounded`; here it becomes an exponent.
    let scale = f64::from_bits((rounded.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
    if x.abs() <= LIMIT {
        mantissa * scale
    } else {
        f64::NAN
    }
}
