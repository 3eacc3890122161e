//! asin, acos, atan, atan2. The arctangent of a ratio is reduced by pi/2 or pi/4 to arguments up to
//! tan(pi/8); asin(x) beyond 1/2 follows from asin(sqrt((1 - x) / 2)). Reduced arguments and the
//! multiples of pi are kept as pairs.

use super::arithmetic::{Arithmetic, Pair, flip_sign};
use super::coefficients::{
    ASIN, ASIN_SHORT, ATAN, ATAN_SHORT, HALF_PI_HIGH, HALF_PI_LOW, PI_HIGH, PI_LOW, QUARTER_PI_LOW,
    TAN_3_PI_8, TAN_PI_8,
};

/// Beyond it the arctangent is pi/2.
const LARGE: f64 = 1e30;

/// The arctangent of a ratio of numbers >= 0, of which the second is above 0.
#[inline(always)]
fn atan_of_ratio<M: Arithmetic>(over: f64, under: f64) -> Pair {
    let inverted = over > TAN_3_PI_8 * under;
    let turned = over > TAN_PI_8 * under;
    let difference = Pair::sum(over, -under);
    let sum = Pair::sum(over, under);
    let no = |x| Pair::from(x);
    let n = Pair::select(turned, difference, no(over));
    let n = Pair::select(inverted, no(-under), n);
    let d = Pair::select(turned, sum, no(under));
    let d = Pair::select(inverted, no(over), d);
    let t = n.high / d.high;
    let rest = M::residual(-t, d.high, n.high) + M::fma(-t, d.low, n.low);
    let t_low = rest / d.high;
    let base = if turned { QUARTER_PI } else { 0.0 };
    let base_low = if turned { QUARTER_PI_LOW } else { 0.0 };
    let base = if inverted { HALF_PI_HIGH } else { base };
    let base_low = if inverted { HALF_PI_LOW } else { base_low };
    let z = t * t;
    // The derivative of the arctangent is about 1 - z.
    let tail = M::fma(t * z, M::polynomial(z, &ATAN), M::fma(-z, t_low, t_low));
    let sum = Pair::ordered_sum(base, t);
    Pair::new(sum.high, sum.low + (base_low + tail))
}

const QUARTER_PI: f64 = std::f64::consts::FRAC_PI_4;

#[inline(always)]
pub(super) fn atan<M: Arithmetic>(x: f64) -> f64 {
    let magnitude = x.abs();
    let magnitude = if magnitude > LARGE { LARGE } else { magnitude };
    flip_sign(atan_of_ratio::<M>(magnitude, 1.0).value(), x)
}

/// Coordinates >= 0 with the same ratio that can be divided: neither infinite nor both 0.
#[inline(always)]
fn divisible(y: f64, x: f64) -> (f64, f64) {
    let (y_infinite, x_infinite) = (y == f64::INFINITY, x == f64::INFINITY);
    let x_one = if x_infinite { 1.0 } else { 0.0 };
    let y_one = if y_infinite { 1.0 } else { 0.0 };
    let none = !(y_infinite | x_infinite);
    let (y, x) = (if none { y } else { y_one }, if none { x } else { x_one });
    (y, if (y == 0.0) & (x == 0.0) { 1.0 } else { x })
}

#[inline(always)]
pub(super) fn atan2<M: Arithmetic>(y: f64, x: f64) -> f64 {
    const MANY: f64 = f64::from_bits((1023 + 600) << 52);
    let (over, under) = divisible(y.abs(), x.abs());
    // Neither so large nor so small that the rest of the division is lost.
    let larger = if over > under { over } else { under };
    let factor = if larger > 1e150 { 1.0 / MANY } else { 1.0 };
    let factor = if larger < 1e-120 { MANY } else { factor };
    let angle = atan_of_ratio::<M>(over * factor, under * factor);
    // An angle as small as this is the ratio.
    let ratio = Pair::from(over / under);
    let angle = Pair::select(over < under * 1e-100, ratio, angle);
    let back = Pair::ordered_sum(PI_HIGH, -angle.high);
    let back = back.high + (back.low + (PI_LOW - angle.low));
    let value = if x.is_sign_negative() {
        back
    } else {
        angle.value()
    };
    let value = flip_sign(value, y);
    if x.is_nan() | y.is_nan() {
        f64::NAN
    } else {
        value
    }
}

/// The parts of asin(x) - x or, beyond 1/2, of asin(sqrt((1 - |x|) / 2)).
struct ArcSine {
    outer: bool,
    main: f64,
    rest: f64,
}

#[inline(always)]
fn arc_sine<M: Arithmetic>(magnitude: f64) -> ArcSine {
    let outer = magnitude > 0.5;
    let z = if outer {
        (1.0 - magnitude) * 0.5
    } else {
        magnitude * magnitude
    };
    let root = z.sqrt();
    let root_rest = M::residual(-root, root, z) * (0.5 / root);
    let root_rest = if outer & (z != 0.0) { root_rest } else { 0.0 };
    let main = if outer { root } else { magnitude };
    ArcSine {
        outer,
        main,
        rest: M::fma(main * z, M::polynomial(z, &ASIN), root_rest),
    }
}

#[inline(always)]
pub(super) fn asin<M: Arithmetic>(x: f64) -> f64 {
    let ArcSine { outer, main, rest } = arc_sine::<M>(x.abs());
    let from_half_pi = Pair::ordered_sum(HALF_PI_HIGH, -2.0 * main);
    let from_half_pi = from_half_pi.high + (from_half_pi.low + M::fma(-2.0, rest, HALF_PI_LOW));
    flip_sign(if outer { from_half_pi } else { main + rest }, x)
}

#[inline(always)]
pub(super) fn acos<M: Arithmetic>(x: f64) -> f64 {
    let ArcSine { outer, main, rest } = arc_sine::<M>(x.abs());
    // pi/2 - x, or pi - 2 asin(..), or 2 asin(..).
    let negative = x < 0.0;
    let main = if outer {
        2.0 * main
    } else {
        flip_sign(main, x)
    };
    let rest = if outer {
        2.0 * rest
    } else {
        flip_sign(rest, x)
    };
    let base = if outer { PI_HIGH } else { HALF_PI_HIGH };
    let base_low = if outer { PI_LOW } else { HALF_PI_LOW };
    let sum = Pair::ordered_sum(base, -main);
    let subtracted = sum.high + (sum.low + (base_low - rest));
    if outer & !negative {
        main + rest
    } else {
        subtracted
    }
}

/// The arctangent of a ratio, for results in f32.
#[inline(always)]
fn atan_of_ratio_short<M: Arithmetic>(over: f64, under: f64) -> f64 {
    let inverted = over > TAN_3_PI_8 * under;
    let turned = over > TAN_PI_8 * under;
    let n = if turned { over - under } else { over };
    let n = if inverted { -under } else { n };
    let d = if turned { over + under } else { under };
    let d = if inverted { over } else { d };
    let t = n / d;
    let base = if turned { QUARTER_PI } else { 0.0 };
    let base = if inverted { HALF_PI_HIGH } else { base };
    let z = t * t;
    base + M::fma(t * z, M::polynomial(z, &ATAN_SHORT), t)
}

#[inline(always)]
pub(super) fn atan_short<M: Arithmetic>(x: f64) -> f64 {
    flip_sign(atan_of_ratio_short::<M>(x.abs(), 1.0), x)
}

#[inline(always)]
pub(super) fn atan2_short<M: Arithmetic>(y: f64, x: f64) -> f64 {
    let (over, under) = divisible(y.abs(), x.abs());
    let angle = atan_of_ratio_short::<M>(over, under);
    let value = if x.is_sign_negative() {
        PI_HIGH - angle
    } else {
        angle
    };
    let value = flip_sign(value, y);
    if x.is_nan() | y.is_nan() {
        f64::NAN
    } else {
        value
    }
}

#[inline(always)]
fn arc_sine_short<M: Arithmetic>(magnitude: f64) -> (bool, f64) {
    let outer = magnitude > 0.5;
    let z = if outer {
        (1.0 - magnitude) * 0.5
    } else {
        magnitude * magnitude
    };
    let main = if outer { z.sqrt() } else { magnitude };
    (outer, M::fma(main * z, M::polynomial(z, &ASIN_SHORT), main))
}

#[inline(always)]
pub(super) fn asin_short<M: Arithmetic>(x: f64) -> f64 {
    let (outer, part) = arc_sine_short::<M>(x.abs());
    flip_sign(
        if outer {
            HALF_PI_HIGH - 2.0 * part
        } else {
            part
        },
        x,
    )
}

#[inline(always)]
pub(super) fn acos_short<M: Arithmetic>(x: f64) -> f64 {
    let (outer, part) = arc_sine_short::<M>(x.abs());
    let twice = 2.0 * part;
    let beyond = if x < 0.0 { PI_HIGH - twice } else { twice };
    if outer {
        beyond
    } else {
        HALF_PI_HIGH - flip_sign(part, x)
    }
}
