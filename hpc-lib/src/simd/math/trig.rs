//! sin, cos, tan: the argument is reduced by the nearest multiple of pi/2, which is subtracted in
//! three parts of 53 bits (Cody and Waite, with fused products). Arguments for which that is not enough, because
//! they are large or very near to a multiple, are reduced one by one with as many bits of 2/pi as they
//! need (Payne and Hanek, SIGNUM Newsletter 18, 1983).

use super::arithmetic::{Arithmetic, Pair, ROUND, flip_sign};
use super::coefficients::{
    COS, COS_SHORT, HALF_PI_HIGH, HALF_PI_LOW, HALF_PI_LOWEST, SIN, SIN_SHORT, TWO_OVER_PI,
};

/// Up to it, the nearest multiple of pi/2 is found well enough for the rest to be at most pi/4 and a
/// millionth of it.
const LIMIT: f64 = (1_u64 << 30) as f64;

/// Below this distance from a multiple, per multiple, the three parts are not enough.
const CANCELLED: f64 = 1.0 / (1_u64 << 58) as f64;

/// An argument as a multiple of pi/2, in the low bits, and a rest of at most pi/4.
#[derive(Clone, Copy)]
struct Reduced {
    quadrant: u64,
    rest: Pair,
}

/// For 0 <= x; the rest is NaN where this form is not good enough.
#[inline(always)]
fn reduced<M: Arithmetic>(x: f64) -> Reduced {
    let rounded = M::fma(x, std::f64::consts::FRAC_2_PI, ROUND);
    let n = rounded - ROUND;
    // Without error: what is left has no bits below those of the first part or of x.
    let left = M::residual(-n, HALF_PI_HIGH, x);
    let second = M::product(n, HALF_PI_LOW);
    let Pair { high, low } = Pair::sum(left, -second.high);
    let low = low - M::fma(n, HALF_PI_LOWEST, second.low);
    let good = x <= LIMIT && high.abs() >= n * CANCELLED;
    Reduced {
        quadrant: rounded.to_bits(),
        rest: Pair::new(if good { high } else { f64::NAN }, low),
    }
}

/// 64 bits of 2/pi from the given one after the binary point; those before it are 0.
fn bits_of_two_over_pi(first: i32) -> u64 {
    let word = |i: i32| {
        usize::try_from(i)
            .ok()
            .and_then(|i| TWO_OVER_PI.get(i))
            .map_or(0, |&word| u128::from(word))
    };
    let (i, shift) = (first.div_euclid(64), first.rem_euclid(64));
    ((((word(i) << 64) | word(i + 1)) << shift) >> 64) as u64
}

/// The nearest multiple of pi/2 to a normal x, and the rest as a fraction of pi/2.
#[cold]
#[inline(never)]
fn turns(x: f64) -> (u64, Pair) {
    // x = mantissa 2^exponent. Bits of 2/pi that give multiples of 4 are left out; the product has
    // 2 bits before the binary point and 190 after it.
    let bits = x.to_bits();
    let exponent = (bits >> 52) as i32 - 1075;
    let mantissa = u128::from((bits & ((1 << 52) - 1)) | (1 << 52));
    let first = exponent - 2;
    let low = mantissa * u128::from(bits_of_two_over_pi(first + 128));
    let middle = mantissa * u128::from(bits_of_two_over_pi(first + 64)) + (low >> 64);
    let high = (mantissa as u64)
        .wrapping_mul(bits_of_two_over_pi(first))
        .wrapping_add((middle >> 64) as u64);
    let quadrant = (high >> 62).wrapping_add((high >> 61) & 1);
    // The fraction, from -1/2 to 1/2, as 192 bits.
    let (middle, low) = (middle as u64, low as u64);
    let mut upper = u128::from(high) << 66 | u128::from(middle) << 2 | u128::from(low >> 62);
    let mut lower = low << 2;
    let negative = upper >> 127 == 1;
    if negative {
        (upper, lower) = (!upper, !lower);
    }
    let zeros = upper.leading_zeros();
    if (1..64).contains(&zeros) {
        upper = upper << zeros | u128::from(lower >> (64 - zeros));
    } else if zeros >= 64 {
        upper = (upper << 64 | u128::from(lower)) << (zeros - 64);
    }
    let scale = f64::from_bits(u64::from(1023 - zeros) << 52);
    let scale = if negative { -scale } else { scale };
    let head = (upper >> 75) as f64 / (1_u64 << 53) as f64;
    let tail = ((upper & ((1 << 75) - 1)) >> 22) as f64 / (1_u128 << 106) as f64;
    (quadrant, Pair::new(head, tail).scaled(scale))
}

/// For any 0 < x < inf.
#[inline(always)]
fn reduced_exactly<M: Arithmetic>(x: f64) -> Reduced {
    let (quadrant, rest) = turns(x);
    let turn = Pair::new(HALF_PI_HIGH, HALF_PI_LOW);
    Reduced {
        quadrant,
        rest: rest.times::<M>(turn),
    }
}

/// The sine and the cosine of a rest.
#[inline(always)]
fn sin_and_cos<M: Arithmetic>(r: Pair) -> (f64, f64) {
    let z = r.high * r.high;
    let half = 0.5 * z;
    let one_less = 1.0 - half;
    let sin_tail = M::fma(r.high * z, M::polynomial(z, &SIN), r.low * one_less);
    let cos_tail = M::fma(z * z, M::polynomial(z, &COS), -(r.high * r.low));
    (
        r.high + sin_tail,
        one_less + (((1.0 - one_less) - half) + cos_tail),
    )
}

/// One of both, with its sign, for the quadrant.
#[inline(always)]
fn turned((sin, cos): (f64, f64), quadrant: u64) -> f64 {
    let value = if quadrant & 1 == 0 { sin } else { cos };
    f64::from_bits(value.to_bits() ^ ((quadrant & 2) << 62))
}

/// The sine, or NaN where this form is not good enough.
#[inline(always)]
pub(super) fn sin<M: Arithmetic>(x: f64) -> f64 {
    let reduced = reduced::<M>(x.abs());
    flip_sign(turned(sin_and_cos::<M>(reduced.rest), reduced.quadrant), x)
}

/// The cosine, or NaN where this form is not good enough.
#[inline(always)]
pub(super) fn cos<M: Arithmetic>(x: f64) -> f64 {
    let reduced = reduced::<M>(x.abs());
    turned(
        sin_and_cos::<M>(reduced.rest),
        reduced.quadrant.wrapping_add(1),
    )
}

/// The sine and the cosine of a rest to about 58 bits.
#[inline(always)]
pub(super) fn sin_and_cos_pairs<M: Arithmetic>(r: Pair) -> (Pair, Pair) {
    let z = r.high * r.high;
    let z_rest = M::residual(r.high, r.high, -z);
    let half = 0.5 * z;
    let one_less = 1.0 - half;
    let sin_tail = M::fma(r.high * z, M::polynomial(z, &SIN), r.low * one_less);
    let cos_tail = M::fma(
        z * z,
        M::polynomial(z, &COS),
        -M::fma(0.5, z_rest, r.high * r.low),
    );
    (
        Pair::ordered_sum(r.high, sin_tail),
        Pair::ordered_sum(one_less, ((1.0 - one_less) - half) + cos_tail),
    )
}

/// The tangent of a rest, or its negative inverse where the multiple is odd.
#[inline(always)]
fn tan_of_reduced<M: Arithmetic>(reduced: Reduced) -> f64 {
    let (sin, cos) = sin_and_cos_pairs::<M>(reduced.rest);
    let odd = reduced.quadrant & 1 == 1;
    let over = Pair::select(odd, cos, sin);
    let under = Pair::select(odd, sin.negated(), cos);
    over.over::<M>(under).value()
}

/// The tangent, or NaN where this form is not good enough.
#[inline(always)]
pub(super) fn tan<M: Arithmetic>(x: f64) -> f64 {
    flip_sign(tan_of_reduced::<M>(reduced::<M>(x.abs())), x)
}

/// The sine of any number.
#[inline(always)]
pub(super) fn any_sin<M: Arithmetic>(x: f64) -> f64 {
    if !x.is_finite() {
        return f64::NAN;
    }
    let reduced = reduced_exactly::<M>(x.abs());
    flip_sign(turned(sin_and_cos::<M>(reduced.rest), reduced.quadrant), x)
}

/// The cosine of any number.
#[inline(always)]
pub(super) fn any_cos<M: Arithmetic>(x: f64) -> f64 {
    if !x.is_finite() {
        return f64::NAN;
    }
    let reduced = reduced_exactly::<M>(x.abs());
    turned(
        sin_and_cos::<M>(reduced.rest),
        reduced.quadrant.wrapping_add(1),
    )
}

/// The tangent of any number.
#[inline(always)]
pub(super) fn any_tan<M: Arithmetic>(x: f64) -> f64 {
    if !x.is_finite() {
        return f64::NAN;
    }
    flip_sign(tan_of_reduced::<M>(reduced_exactly::<M>(x.abs())), x)
}

/// For results in f32: the parts of pi/2 are enough for every f32 up to the limit.
#[inline(always)]
fn reduced_short<M: Arithmetic>(x: f64) -> (u64, f64) {
    let reduced = reduced::<M>(x);
    (reduced.quadrant, reduced.rest.value())
}

#[inline(always)]
fn sin_and_cos_short<M: Arithmetic>(r: f64) -> (f64, f64) {
    let z = r * r;
    let sin = M::fma(r * z, M::polynomial(z, &SIN_SHORT), r);
    let cos = M::fma(z * z, M::polynomial(z, &COS_SHORT), M::fma(-0.5, z, 1.0));
    (sin, cos)
}

#[inline(always)]
pub(super) fn sin_short<M: Arithmetic>(x: f64) -> f64 {
    let (quadrant, r) = reduced_short::<M>(x.abs());
    flip_sign(turned(sin_and_cos_short::<M>(r), quadrant), x)
}

#[inline(always)]
pub(super) fn cos_short<M: Arithmetic>(x: f64) -> f64 {
    let (quadrant, r) = reduced_short::<M>(x.abs());
    turned(sin_and_cos_short::<M>(r), quadrant.wrapping_add(1))
}

#[inline(always)]
pub(super) fn tan_short<M: Arithmetic>(x: f64) -> f64 {
    let (quadrant, r) = reduced_short::<M>(x.abs());
    let (sin, cos) = sin_and_cos_short::<M>(r);
    let odd = quadrant & 1 == 1;
    let over = if odd { cos } else { sin };
    let under = if odd { -sin } else { cos };
    flip_sign(over / under, x)
}
