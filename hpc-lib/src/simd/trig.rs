//! Sine, cosine and tangent.
//!
//! The argument is reduced by the nearest multiple of pi (of pi/2 for the tangent), which is
//! subtracted in two parts of 34 and 53 bits (Cody and Waite), so that the reduced argument is
//! known to about 87 bits as the sum of two doubles. The polynomials are weighted least-squares
//! fits at Chebyshev points, with coefficients rounded one after the other.

use super::kernel::Mode;

/// Largest argument for which the two parts of pi are enough.
const LIMIT: f64 = 262_144.0;

/// Below this distance from a multiple of pi, per multiple, too many bits cancel.
const CANCELLED: f64 = 1.0 / (1_u64 << 30) as f64;

/// Adding and subtracting it rounds to an integer, which is then in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

const PI_HIGH: f64 = 3.141_592_653_468_251_2;
const PI_LOW: f64 = 1.215_420_101_301_238_4e-10;

/// (sin(r) / r - 1) / r² in powers of r², for |r| up to pi/2: the first coefficient, and the others.
const SIN_HALF_FIRST: f64 = -0.166_666_666_666_666_66;
const SIN_HALF: [f64; 7] = [
    0.008_333_333_333_333_208,
    -0.000_198_412_698_412_133_68,
    2.755_731_921_174_439e-6,
    -2.505_210_692_161_496_8e-8,
    1.605_894_190_339_678e-10,
    -7.643_043_462_471_127e-13,
    2.721_677_964_589_277e-15,
];

/// The same for |r| up to pi/4.
const SIN_QUARTER: [f64; 6] = [
    -0.166_666_666_666_666_3,
    0.008_333_333_333_321_976,
    -0.000_198_412_698_295_251,
    2.755_731_360_898_766_3e-6,
    -2.505_074_680_080_359e-8,
    1.589_621_211_680_307e-10,
];

/// (cos(r) - 1 + r²/2) / r⁴ in powers of r², for |r| up to pi/4.
const COS_QUARTER: [f64; 6] = [
    0.041_666_666_666_666_595,
    -0.001_388_888_888_887_346_1,
    2.480_158_728_911_981_7e-5,
    -2.755_731_425_868_315e-7,
    2.087_571_170_740_746e-9,
    -1.135_909_732_495_805_6e-11,
];

/// A number as the sum of two, the second much smaller.
#[derive(Clone, Copy)]
struct Pair {
    high: f64,
    low: f64,
}

/// sin of a reduced argument up to pi/2.
#[inline(always)]
fn sin_half<M: Mode>(r: Pair) -> f64 {
    let z = r.high * r.high;
    let cube = r.high * z;
    // What is lost by rounding r² and r³: without it the error is 1.3 ulp instead of 1.
    let square_rest = M::fma(r.high, r.high, -z);
    let cube_rest = M::fma(r.high, square_rest, M::fma(r.high, z, -cube));
    // The first coefficient last: errors of the others count a tenth.
    let s = M::fma(z, M::polynomial(z, &SIN_HALF), SIN_HALF_FIRST);
    let cos = M::fma(z, M::fma(z, 1.0 / 24.0, -0.5), 1.0);
    let rest = M::fma(cube_rest, s, r.low * cos);
    r.high + M::fma(cube, s, rest)
}

/// The sine, or NaN where this form is not good enough.
#[inline(always)]
pub(super) fn sin<M: Mode>(x: f64) -> f64 {
    let rounded = M::fma(x, std::f64::consts::FRAC_1_PI, ROUND);
    let n = rounded - ROUND;
    // Both differences are exact: the products have few bits, and what they leave is small.
    let t = M::fma(-n, PI_HIGH, x);
    let high = M::fma(-n, PI_LOW, t);
    let low = M::fma(-n, PI_LOW, t - high);
    let magnitude = sin_half::<M>(Pair { high, low });
    // The sum above loses the sign of zero.
    let magnitude = if high == 0.0 { high } else { magnitude };
    let value = f64::from_bits(magnitude.to_bits() ^ (rounded.to_bits() << 63));
    if x.abs() <= LIMIT && high.abs() >= n.abs() * CANCELLED {
        value
    } else {
        f64::NAN
    }
}

/// The cosine, or NaN where this form is not good enough.
#[inline(always)]
pub(super) fn cos<M: Mode>(x: f64) -> f64 {
    // cos(x) = ±sin(x - n pi) for the nearest half-integer n.
    let rounded = M::fma(x, std::f64::consts::FRAC_1_PI, -0.5) + ROUND;
    let n = (rounded - ROUND) + 0.5;
    let multiple = n * PI_HIGH;
    let t = x - multiple;
    let t_rest = x - (t + multiple);
    let high = M::fma(-n, PI_LOW, t);
    let low = M::fma(-n, PI_LOW, t - high) + t_rest;
    let magnitude = sin_half::<M>(Pair { high, low });
    let value = f64::from_bits(magnitude.to_bits() ^ (!rounded.to_bits() << 63));
    if x.abs() <= LIMIT && high.abs() >= n.abs() * CANCELLED {
        value
    } else {
        f64::NAN
    }
}

/// The tangent, or NaN where this form is not good enough.
#[inline(always)]
pub(super) fn tan<M: Mode>(x: f64) -> f64 {
    let rounded = M::fma(x, std::f64::consts::FRAC_2_PI, ROUND);
    let n = rounded - ROUND;
    let t = M::fma(-n, PI_HIGH / 2.0, x);
    let high = M::fma(-n, PI_LOW / 2.0, t);
    let low = M::fma(-n, PI_LOW / 2.0, t - high);

    let z = high * high;
    let z_rest = M::fma(high, high, -z);
    // sin = high + sin_rest, cos = 1 + cos_rest, each with the effect of `low`.
    let sin_rest = M::fma(
        high * z,
        M::polynomial(z, &SIN_QUARTER),
        low * M::fma(-0.5, z, 1.0),
    );
    let cos_tail = M::fma(
        z * z,
        M::polynomial(z, &COS_QUARTER),
        -M::fma(0.5, z_rest, high * low),
    );
    let half = 0.5 * z;
    let one_less = 1.0 - half;
    let sin = sum(high, sin_rest);
    let cos = sum(one_less, ((1.0 - one_less) - half) + cos_tail);
    // tan(r) for an even multiple of pi/2, -1 / tan(r) for an odd one.
    let odd = rounded.to_bits() & 1 == 1;
    let over = if odd { cos } else { sin };
    let under = if odd {
        Pair {
            high: -sin.high,
            low: -sin.low,
        }
    } else {
        cos
    };
    let inverse = 1.0 / under.high;
    let quotient = over.high * inverse;
    let rest = M::fma(-quotient, under.high, over.high) + M::fma(-quotient, under.low, over.low);
    let value = M::fma(rest, inverse, quotient);
    let value = if x == 0.0 { x } else { value };
    if x.abs() <= LIMIT && high.abs() >= n.abs() * CANCELLED {
        value
    } else {
        f64::NAN
    }
}

/// `a + b` without loss, for |a| >= |b|.
#[inline(always)]
fn sum(a: f64, b: f64) -> Pair {
    let high = a + b;
    Pair {
        high,
        low: (a - high) + b,
    }
}
