//! erf and erfc: erf(x) = x g(x) and erfc(x) = exp(-x²) h(x), where g and h vary slowly and are looked
//! up as polynomials about the centres of small intervals.

use super::arithmetic::{Arithmetic, Pair, ROUND, flip_sign, power_of_two, scale};
use super::coefficients::{ERF, ERFCX};
use super::exp::exp_of_pair;

#[inline(always)]
pub(super) fn erf<M: Arithmetic>(x: f64) -> f64 {
    // Beyond 5.98 it is 1.
    const LIMIT: f64 = 5.9921875;
    let magnitude = x.abs();
    let a = if magnitude > LIMIT { LIMIT } else { magnitude };
    let rounded = (a * 8.0 - 0.5) + ROUND;
    let centre = (rounded - ROUND) * 0.125 + 0.0625;
    let g = ERF[(rounded.to_bits() & 63) as usize].at::<M>(a - centre);
    let product = M::product(a, g.high);
    let rest = M::fma(a, g.low, product.low);
    // Where products have no rest, because it would be below the smallest number.
    let rest = if a < 1e-270 { 0.0 } else { rest };
    flip_sign(product.high + rest, x)
}

/// h(a) for 0 <= a < 31
#[inline(always)]
fn erfc_factor<M: Arithmetic>(a: f64) -> Pair {
    /// The bits within an interval.
    const WITHIN: u64 = (1 << 48) - 1;
    let bits = (1.0 + a).to_bits();
    let row = (bits.wrapping_sub(1.0_f64.to_bits()) >> 48) & 127;
    let centre = f64::from_bits((bits & !WITHIN) | (1 << 47)) - 1.0;
    ERFCX[row as usize].at::<M>(a - centre)
}

#[inline(always)]
pub(super) fn erfc<M: Arithmetic>(x: f64) -> f64 {
    // Beyond it erfc changes no more.
    const LIMIT: f64 = 28.0;
    let magnitude = x.abs();
    let a = if magnitude > LIMIT { LIMIT } else { magnitude };
    let h = erfc_factor::<M>(a);
    let square = M::product(a, a);
    let (n, exp) = exp_of_pair::<M>(square.negated());
    let product = exp.normalized().times::<M>(h);
    let near_two = product.scaled(power_of_two(if n < -1000.0 { -1000.0 } else { n }));
    let near_two_sum = Pair::ordered_sum(2.0, -near_two.high);
    if x < 0.0 {
        near_two_sum.high + (near_two_sum.low - near_two.low)
    } else {
        scale(product.value(), n)
    }
}
