//! Powers to odd multiples of a half, such as x^-1.5: the square root of a product, which is several
//! times faster than by way of a logarithm.

use super::arithmetic::{Arithmetic, Fused, Pair, Separate};
use super::loops::dispatched;
use super::{Level, level, pow};

/// Twice the exponent `y`, if it is one of those that [`half_power`] knows.
pub(super) fn twice(y: f64) -> Option<i32> {
    [1, 3, 5, 7]
        .into_iter()
        .flat_map(|n| [n, -n])
        .find(|&n| f64::from(n) == 2.0 * y)
}

/// x to the power N/2, or -N/2 if `INVERSE`, for N of 1, 3, 5 or 7. NaN for x below 0, and where the
/// power of x would leave the range in which its error is known.
#[inline(always)]
pub(super) fn half_power<M: Arithmetic, const N: u64, const INVERSE: bool>(x: f64) -> f64 {
    /// The exponent that x^N may have.
    const LIMIT: u64 = 900;
    const BIAS: u64 = 1023;
    let least = const { f64::from_bits((BIAS - LIMIT / N) << 52) };
    let most = const { f64::from_bits((BIAS + LIMIT / N) << 52) };
    let power = {
        let square = M::product(x, x);
        match N {
            1 => Pair::from(x),
            3 => square.times_number::<M>(x),
            5 => square.times::<M>(square).times_number::<M>(x),
            7 => square
                .times::<M>(square)
                .times_number::<M>(x)
                .times::<M>(square),
            _ => unreachable!(),
        }
    };
    // One step of Newton's iteration from the rounded root or its inverse.
    let root = power.high.sqrt();
    let value = if INVERSE {
        let inverse = 1.0 / root;
        let square = M::product(inverse, inverse);
        let one = M::product(square.high, power.high);
        let low = M::fma(square.high, power.low, square.low * power.high);
        let rest = (1.0 - one.high) - (one.low + low);
        M::fma(0.5 * inverse, rest, inverse)
    } else {
        let rest = M::residual(-root, root, power.high) + power.low;
        M::fma(rest, 0.5 / root, root)
    };
    if (x > least) & (x < most) {
        value
    } else {
        f64::NAN
    }
}

/// For x of f32 and results in f32.
#[inline(always)]
pub(super) fn half_power_short<M: Arithmetic, const N: u64, const INVERSE: bool>(x: f64) -> f64 {
    let whole = match N {
        1 => 1.0,
        3 => x,
        5 => x * x,
        7 => x * x * x,
        _ => unreachable!(),
    };
    let value = whole * x.sqrt();
    let value = if INVERSE { 1.0 / value } else { value };
    if (x > 0.0) & (x < f64::INFINITY) {
        value
    } else {
        f64::NAN
    }
}

/// Defines the loop for all exponents: `$half`, or the power of C99 for special numbers and those of
/// which the power may leave the range.
macro_rules! half_powers {
    ($name:ident, $type:ty, $loops:ident, $one:ident, $half:ident, $pow:ident) => {
        #[inline(always)]
        fn $one<M: Arithmetic, const N: u64, const INVERSE: bool>(
            source: &[$type],
            target: &mut [$type],
        ) {
            for (target, &x) in target.iter_mut().zip(source) {
                *target = $half::<M, N, INVERSE>(f64::from(x)) as $type;
            }
        }

        #[inline(always)]
        fn $loops<M: Arithmetic>(n: i32, source: &[$type], target: &mut [$type]) {
            match n {
                1 => $one::<M, 1, false>(source, target),
                3 => $one::<M, 3, false>(source, target),
                5 => $one::<M, 5, false>(source, target),
                7 => $one::<M, 7, false>(source, target),
                -1 => $one::<M, 1, true>(source, target),
                -3 => $one::<M, 3, true>(source, target),
                -5 => $one::<M, 5, true>(source, target),
                -7 => $one::<M, 7, true>(source, target),
                _ => unreachable!("`twice` gives no other"),
            }
            if target.iter().fold(false, |any, value| any | value.is_nan()) {
                for (target, &x) in target.iter_mut().zip(source) {
                    // Of negative numbers there is none.
                    let settled = x.is_nan() | ((x < 0.0) & x.is_finite());
                    if target.is_nan() & !settled {
                        *target = pow::$pow::<M>(f64::from(x), 0.5 * f64::from(n)) as $type;
                    }
                }
            }
        }

        dispatched! {
            fn $name(n: i32, source: &[$type], target: &mut [$type]) for M {
                $loops::<M>(n, source, target);
            }
        }
    };
}

half_powers!(half_power_f64, f64, all_f64, one_f64, half_power, pow);
half_powers!(
    half_power_f32,
    f32,
    all_f32,
    one_f32,
    half_power_short,
    pow_short
);
