//! Inverse functions of complex numbers. asin, acos and their hyperbolic forms follow Hull, Fairgrieve
//! and Tang (ACM Transactions on Mathematical Software 23, 1997).

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, LN_2, PI};

use num_complex::Complex;

use super::arithmetic::{Arithmetic, Pair};
use super::complex::{log as complex_log, turned_back};
use super::{inverse_trig, log, root};

type Number = Complex<f64>;

/// The parts of asin and acos in the first quadrant.
struct Parts {
    asin: f64,
    acos: f64,
    /// The imaginary part of asin, and the negative one of acos.
    imaginary: f64,
}

/// For finite x, y >= 0.
#[inline(always)]
fn parts<M: Arithmetic>(x: f64, y: f64) -> Parts {
    /// Up to it the arcsine of the ratio is used, beyond it an arctangent.
    const CROSSOVER: f64 = 0.6417;
    if x > 1e20 || y > 1e20 {
        return Parts {
            asin: inverse_trig::atan2::<M>(x, y),
            acos: inverse_trig::atan2::<M>(y, x),
            imaginary: complex_log::<M>(Number::new(x, y)).re + LN_2,
        };
    }
    if y <= 1e-20 * (x - 1.0).abs() {
        // As on the real axis, and the imaginary part to first order.
        return if x < 1.0 {
            Parts {
                asin: inverse_trig::asin::<M>(x),
                acos: inverse_trig::acos::<M>(x),
                imaginary: y / ((1.0 - x) * (1.0 + x)).sqrt(),
            }
        } else {
            let slope = ((x - 1.0) * (x + 1.0)).sqrt();
            Parts {
                asin: FRAC_PI_2,
                acos: if y == 0.0 { 0.0 } else { y / slope },
                imaginary: log::log1p::<M>((x - 1.0) + slope),
            }
        };
    }
    let r = root::hypot::<M>(x + 1.0, y);
    let s = root::hypot::<M>(x - 1.0, y);
    let a = 0.5 * (r + s);
    // What is small where x is near 1 and y near 0, without cancellation: s - |x - 1| and a - 1.
    let beyond = if x == 1.0 {
        y
    } else {
        y * (y / (s + (x - 1.0).abs()))
    };
    let first = y * (y / (r + (x + 1.0)));
    let a_less_one = if x < 1.0 {
        0.5 * (first + beyond)
    } else {
        0.5 * (first + (s + (x - 1.0)))
    };
    let imaginary = if a_less_one <= 0.5 {
        log::log1p::<M>(a_less_one + (a_less_one * (a + 1.0)).sqrt())
    } else {
        log::log::<M>(a + ((a - 1.0) * (a + 1.0)).sqrt())
    };
    let ratio = x / a;
    if ratio <= CROSSOVER {
        return Parts {
            asin: inverse_trig::asin::<M>(ratio),
            acos: inverse_trig::acos::<M>(ratio),
            imaginary,
        };
    }
    // sqrt(a² - x²)
    let side = if x <= 1.0 {
        (0.5 * (a + x) * (first + (s + (1.0 - x)))).sqrt()
    } else {
        y * (0.5 * ((a + x) / (r + (x + 1.0)) + (a + x) / (s + (x - 1.0)))).sqrt()
    };
    Parts {
        asin: inverse_trig::atan2::<M>(x, side),
        acos: inverse_trig::atan2::<M>(side, x),
        imaginary,
    }
}

#[inline(always)]
pub(super) fn asinh<M: Arithmetic>(z: Number) -> Number {
    let (x, y) = (z.re, z.im);
    let (re, im) = if x.is_infinite() {
        let im = if y.is_infinite() {
            FRAC_PI_4
        } else if y.is_nan() {
            y
        } else {
            0.0
        };
        (f64::INFINITY, im)
    } else if y.is_infinite() {
        (f64::INFINITY, if x.is_nan() { x } else { FRAC_PI_2 })
    } else if x.is_nan() || y.is_nan() {
        (f64::NAN, if y == 0.0 { 0.0 } else { f64::NAN })
    } else if x.abs() < 1e-9 && y.abs() < 1e-9 {
        (x.abs(), y.abs())
    } else {
        let parts = parts::<M>(y.abs(), x.abs());
        (parts.imaginary, parts.asin)
    };
    Number::new(re.copysign(x), im.copysign(y))
}

#[inline(always)]
pub(super) fn asin<M: Arithmetic>(z: Number) -> Number {
    turned_back(asinh::<M>(Number::new(-z.im, z.re)))
}

#[inline(always)]
pub(super) fn acos<M: Arithmetic>(z: Number) -> Number {
    let (x, y) = (z.re, z.im);
    let (re, im) = if x.is_infinite() {
        let angle = if y.is_infinite() {
            FRAC_PI_4
        } else if y.is_nan() {
            y
        } else {
            0.0
        };
        (if x > 0.0 { angle } else { PI - angle }, f64::INFINITY)
    } else if y.is_infinite() {
        (if x.is_nan() { x } else { FRAC_PI_2 }, f64::INFINITY)
    } else if x.is_nan() || y.is_nan() {
        (if x == 0.0 { FRAC_PI_2 } else { f64::NAN }, f64::NAN)
    } else {
        let parts = parts::<M>(x.abs(), y.abs());
        (
            if x.is_sign_negative() {
                PI - parts.acos
            } else {
                parts.acos
            },
            parts.imaginary,
        )
    };
    let im = if y.is_sign_negative() { im } else { -im };
    Number::new(re, im)
}

#[inline(always)]
pub(super) fn acosh<M: Arithmetic>(z: Number) -> Number {
    let acos = acos::<M>(z);
    Number::new(acos.im.abs(), acos.re.copysign(z.im))
}

#[inline(always)]
pub(super) fn atanh<M: Arithmetic>(z: Number) -> Number {
    let (x, y) = (z.re.abs(), z.im.abs());
    let (re, im) = if x.is_infinite() || y.is_infinite() {
        (0.0, if y.is_nan() { y } else { FRAC_PI_2 })
    } else if x.is_nan() || y.is_nan() {
        (if x == 0.0 { 0.0 } else { f64::NAN }, f64::NAN)
    } else if x > 1e100 || y > 1e100 {
        let modulus = root::hypot::<M>(0.5 * x, 0.5 * y);
        (0.25 * (x / modulus / modulus), FRAC_PI_2)
    } else {
        // (1 - x)² + y², and 1 - x² - y² as a pair.
        let less = Pair::sum(1.0, -x);
        let square = M::product(y, y);
        let distance = M::fma(less.high, less.high, square.high);
        let re = if x == 1.0 && y < 1e-100 {
            0.5 * (LN_2 - log::log::<M>(y))
        } else {
            0.25 * log::log1p::<M>(4.0 * x / distance)
        };
        let cosine = less
            .times::<M>(Pair::sum(1.0, x))
            .plus(square.negated())
            .value();
        (re, 0.5 * inverse_trig::atan2::<M>(2.0 * y, cosine))
    };
    Number::new(re.copysign(z.re), im.copysign(z.im))
}

#[inline(always)]
pub(super) fn atan<M: Arithmetic>(z: Number) -> Number {
    turned_back(atanh::<M>(Number::new(-z.im, z.re)))
}
