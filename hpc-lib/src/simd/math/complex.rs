//! Functions of complex numbers, element by element, with the special values of C99, annex G. Where a
//! formula takes the exponential, it is kept with its exponent apart, so that nothing overflows before
//! the result does.

use num_complex::Complex;

use super::arithmetic::{Arithmetic, Pair, scale};
use super::coefficients::{LN_2, LN_2_HIGH, LN_2_LOW, LN_2_REST};
use super::exp::{clamped, exp_of_pair};
use super::log::log_of_pair;
use super::{exp, hyperbolic, inverse_trig, log, root, trig};

type Number = Complex<f64>;

/// The sine and the cosine of any number.
#[inline(always)]
fn sin_cos<M: Arithmetic>(x: f64) -> (f64, f64) {
    let (sin, cos) = (trig::sin::<M>(x), trig::cos::<M>(x));
    if sin.is_nan() {
        (trig::any_sin::<M>(x), trig::any_cos::<M>(x))
    } else {
        (sin, cos)
    }
}

/// i z
#[inline(always)]
fn turned(z: Number) -> Number {
    Number::new(-z.im, z.re)
}

/// z / i
#[inline(always)]
pub(super) fn turned_back(z: Number) -> Number {
    Number::new(z.im, -z.re)
}

/// exp(x) (cos + i sin), for finite factors.
#[inline(always)]
fn exp_times<M: Arithmetic>(x: Pair, cos: f64, sin: f64) -> Number {
    let limit = 1400.0;
    let bounded = Pair::select(
        x.high.abs() <= limit,
        x,
        Pair::from(clamped(x.high, -limit, limit)),
    );
    let (n, power) = exp_of_pair::<M>(bounded);
    let power = power.value();
    Number::new(scale(power * cos, n), scale(power * sin, n))
}

/// exp(x)/2 (cos + i sin), for finite factors and 0 < x.
#[inline(always)]
fn half_exp_times<M: Arithmetic>(x: f64, cos: f64, sin: f64) -> Number {
    exp_times::<M>(Pair::from(x.min(1300.0)).plus_number(-LN_2), cos, sin)
}

/// The sine and the cosine of a pair.
#[inline(always)]
fn sin_cos_of_pair<M: Arithmetic>(x: Pair) -> (f64, f64) {
    let (sin, cos) = sin_cos::<M>(x.high);
    (M::fma(cos, x.low, sin), M::fma(-sin, x.low, cos))
}

#[inline(always)]
pub(super) fn exp<M: Arithmetic>(z: Number) -> Number {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return Number::new(exp::exp::<M>(x), y);
    }
    if x.is_nan() || !y.is_finite() {
        return match x {
            f64::NEG_INFINITY => Number::new(0.0, 0.0_f64.copysign(y)),
            f64::INFINITY => Number::new(x, f64::NAN),
            _ => Number::new(f64::NAN, f64::NAN),
        };
    }
    let (sin, cos) = sin_cos::<M>(y);
    exp_times::<M>(Pair::from(x), cos, sin)
}

/// 2 to the power z
#[inline(always)]
pub(super) fn exp2<M: Arithmetic>(z: Number) -> Number {
    if z.im == 0.0 {
        return Number::new(exp::exp2::<M>(z.re), z.im);
    }
    if !z.re.is_finite() || z.im.abs() > 1e300 {
        return exp::<M>(z * LN_2);
    }
    let factor = Pair::new(LN_2, LN_2_REST);
    let (sin, cos) = sin_cos_of_pair::<M>(factor.times_number::<M>(z.im));
    let x = clamped(z.re, -1900.0, 1900.0);
    exp_times::<M>(factor.times_number::<M>(x), cos, sin)
}

#[inline(always)]
pub(super) fn expm1<M: Arithmetic>(z: Number) -> Number {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return Number::new(exp::expm1::<M>(x), y);
    }
    if x.abs() > 1.0 || !y.is_finite() || x.is_nan() {
        let exp = exp::<M>(z);
        return Number::new(exp.re - 1.0, exp.im);
    }
    // exp(x) cos(y) - 1 = (exp(x) - 1) cos(y) - 2 sin(y/2)²
    let (sin, cos) = sin_cos::<M>(y);
    let half = sin_cos::<M>(0.5 * y).0;
    let less = exp::expm1::<M>(x);
    Number::new(
        M::fma(less, cos, -2.0 * half * half),
        M::fma(less, sin, sin),
    )
}

/// log |z| to about 60 bits, of finite numbers that are not both 0.
#[inline(always)]
fn log_of_modulus<M: Arithmetic>(x: f64, y: f64) -> Pair {
    const MANY: f64 = f64::from_bits((1023 + 600) << 52);
    let (x, y) = (x.abs(), y.abs());
    let (a, b) = if x > y { (x, y) } else { (y, x) };
    let (factor, exponent) = if a > 1e150 {
        (1.0 / MANY, 600.0)
    } else if a < 1e-120 {
        (MANY, -600.0)
    } else {
        (1.0, 0.0)
    };
    let (a, b) = (a * factor, b * factor);
    let (a2, b2) = (M::product(a, a), M::product(b, b));
    let sum = Pair::ordered_sum(a2.high, b2.high);
    let square = Pair::ordered_sum(sum.high, sum.low + (a2.low + b2.low));
    let half = log_of_pair::<M>(square).scaled(0.5).normalized();
    if exponent == 0.0 {
        return half;
    }
    half.plus(Pair::new(exponent * LN_2_HIGH, exponent * LN_2_LOW))
}

#[inline(always)]
pub(super) fn log<M: Arithmetic>(z: Number) -> Number {
    let im = inverse_trig::atan2::<M>(z.im, z.re);
    let re = if z.re.is_infinite() || z.im.is_infinite() {
        f64::INFINITY
    } else if z.re == 0.0 && z.im == 0.0 {
        f64::NEG_INFINITY
    } else {
        log_of_modulus::<M>(z.re, z.im).value()
    };
    Number::new(re, im)
}

#[inline(always)]
pub(super) fn log2<M: Arithmetic>(z: Number) -> Number {
    let log = log::<M>(z);
    Number::new(
        log.re * std::f64::consts::LOG2_E,
        log.im * std::f64::consts::LOG2_E,
    )
}

#[inline(always)]
pub(super) fn log10<M: Arithmetic>(z: Number) -> Number {
    let log = log::<M>(z);
    Number::new(
        log.re * std::f64::consts::LOG10_E,
        log.im * std::f64::consts::LOG10_E,
    )
}

#[inline(always)]
pub(super) fn log1p<M: Arithmetic>(z: Number) -> Number {
    let (x, y) = (z.re, z.im);
    // |1 + z|² - 1 = x (2 + x) + y²
    if x.abs() < 0.5 && y.abs() < 0.5 {
        let square = Pair::sum(x, 2.0)
            .times_number::<M>(x)
            .plus(M::product(y, y));
        let re = 0.5 * log::log1p::<M>(square.value());
        return Number::new(re, inverse_trig::atan2::<M>(y, 1.0 + x));
    }
    log::<M>(Number::new(1.0 + x, y))
}

#[inline(always)]
pub(super) fn sqrt<M: Arithmetic>(z: Number) -> Number {
    // A square and its root.
    const MANY: f64 = f64::from_bits((1023 + 200) << 52);
    const ROOT: f64 = f64::from_bits((1023 + 100) << 52);
    let (x, y) = (z.re, z.im);
    if y.is_infinite() {
        return Number::new(f64::INFINITY, y);
    }
    if x.is_infinite() {
        let zero = if y.is_nan() { f64::NAN } else { 0.0 };
        return if x > 0.0 {
            Number::new(x, zero.copysign(y))
        } else {
            Number::new(zero, f64::INFINITY.copysign(y))
        };
    }
    if x == 0.0 && y == 0.0 {
        return Number::new(0.0, y);
    }
    // Neither so large that the sum overflows, nor subnormal.
    let larger = x.abs().max(y.abs());
    let (factor, back) = if larger > 1e300 {
        (1.0 / MANY, ROOT)
    } else if larger < 1e-200 {
        (MANY, 1.0 / ROOT)
    } else {
        (1.0, 1.0)
    };
    let (x, y) = (x * factor, y * factor);
    let root = (0.5 * (x.abs() + root::hypot::<M>(x, y))).sqrt();
    let other = 0.5 * y.abs() / root;
    let (re, im) = if x >= 0.0 {
        (root, other)
    } else {
        (other, root)
    };
    Number::new(re * back, (im * back).copysign(y))
}

#[inline(always)]
pub(super) fn sinh<M: Arithmetic>(z: Number) -> Number {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return Number::new(hyperbolic::sinh::<M>(x), y);
    }
    if !y.is_finite() {
        let re = if x == 0.0 || x.is_infinite() {
            x
        } else {
            f64::NAN
        };
        return Number::new(re, f64::NAN);
    }
    let (sin, cos) = sin_cos::<M>(y);
    if x.abs() > 700.0 {
        let half = half_exp_times::<M>(x.abs(), cos, sin);
        return Number::new(half.re * 1.0_f64.copysign(x), half.im);
    }
    Number::new(
        hyperbolic::sinh::<M>(x) * cos,
        hyperbolic::cosh::<M>(x) * sin,
    )
}

#[inline(always)]
pub(super) fn cosh<M: Arithmetic>(z: Number) -> Number {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        let im = if x.is_nan() {
            y
        } else {
            y * 1.0_f64.copysign(x)
        };
        return Number::new(hyperbolic::cosh::<M>(x), im);
    }
    if !y.is_finite() {
        let im = if x == 0.0 { x } else { f64::NAN };
        let re = if x.is_infinite() {
            f64::INFINITY
        } else {
            f64::NAN
        };
        return Number::new(re, im);
    }
    let (sin, cos) = sin_cos::<M>(y);
    if x.abs() > 700.0 {
        let half = half_exp_times::<M>(x.abs(), cos, sin);
        return Number::new(half.re, half.im * 1.0_f64.copysign(x));
    }
    Number::new(
        hyperbolic::cosh::<M>(x) * cos,
        hyperbolic::sinh::<M>(x) * sin,
    )
}

/// By Kahan's formula (Branch cuts for complex elementary functions, 1987).
#[inline(always)]
pub(super) fn tanh<M: Arithmetic>(z: Number) -> Number {
    let (x, y) = (z.re, z.im);
    if x.is_nan() {
        return Number::new(x, if y == 0.0 { y } else { f64::NAN });
    }
    if !y.is_finite() {
        return if x.is_infinite() {
            Number::new(1.0_f64.copysign(x), 0.0_f64.copysign(y))
        } else {
            Number::new(if x == 0.0 { x } else { f64::NAN }, f64::NAN)
        };
    }
    let (sin, cos) = sin_cos::<M>(y);
    if x.abs() > 22.0 {
        let im = 4.0 * sin * cos * exp::exp::<M>(-2.0 * x.abs());
        return Number::new(1.0_f64.copysign(x), im);
    }
    let tan = sin / cos;
    let beta = M::fma(tan, tan, 1.0);
    let (sinh, cosh) = (hyperbolic::sinh::<M>(x), hyperbolic::cosh::<M>(x));
    if !tan.is_finite() || beta.is_infinite() {
        return Number::new(cosh / sinh, 1.0 / tan);
    }
    let divisor = M::fma(beta, sinh * sinh, 1.0);
    Number::new(beta * cosh * sinh / divisor, tan / divisor)
}

#[inline(always)]
pub(super) fn sin<M: Arithmetic>(z: Number) -> Number {
    turned_back(sinh::<M>(turned(z)))
}

#[inline(always)]
pub(super) fn cos<M: Arithmetic>(z: Number) -> Number {
    cosh::<M>(turned(z))
}

#[inline(always)]
pub(super) fn tan<M: Arithmetic>(z: Number) -> Number {
    turned_back(tanh::<M>(turned(z)))
}

/// z to a small integer power, by squaring.
#[inline(always)]
fn integer_power(z: Number, n: u32) -> Number {
    let (mut power, mut square, mut rest) = (Number::new(1.0, 0.0), z, n);
    loop {
        if rest & 1 == 1 {
            power *= square;
        }
        rest >>= 1;
        if rest == 0 {
            return power;
        }
        square *= square;
    }
}

/// exp(w log(z)), with a power of 0 of 1, and powers of 0 of 0 or NaN.
#[inline(always)]
pub(super) fn pow<M: Arithmetic>(z: Number, w: Number) -> Number {
    if w.re == 0.0 && w.im == 0.0 {
        return Number::new(1.0, 0.0);
    }
    if z.re == 0.0 && z.im == 0.0 {
        let value = if w.re > 0.0 { 0.0 } else { f64::NAN };
        return Number::new(value, value);
    }
    if w.im == 0.0 && w.re.abs() <= 64.0 && w.re == w.re.trunc() {
        let power = integer_power(z, w.re.abs() as u32);
        if power.re.is_finite() && power.im.is_finite() && power.norm_sqr().is_normal() {
            return if w.re > 0.0 {
                power
            } else {
                Number::new(1.0, 0.0) / power
            };
        }
    }
    let angle = inverse_trig::atan2::<M>(z.im, z.re);
    if !(z.re.is_finite() && z.im.is_finite() && w.re.is_finite() && w.im.is_finite()) {
        let log = log::<M>(z);
        return exp::<M>(w * log);
    }
    let log = log_of_modulus::<M>(z.re, z.im);
    let exponent = log.times_number::<M>(w.re).plus(M::product(-w.im, angle));
    let turn = log.times_number::<M>(w.im).plus(M::product(w.re, angle));
    if !exponent.high.is_finite() || !turn.high.is_finite() {
        return exp::<M>(w * Number::new(log.value(), angle));
    }
    let (sin, cos) = sin_cos_of_pair::<M>(turn);
    exp_times::<M>(exponent, cos, sin)
}
