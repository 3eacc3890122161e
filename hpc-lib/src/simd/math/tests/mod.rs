//! Every function against MPFR and MPC.
//!
//! `FERROLAB_MATH_SAMPLES` is the number of random arguments for each function of f64 (500 000 if it
//! is not set; a twentieth for those that MPFR takes long for). The test of all 2³² values of f32 is
//! ignored unless asked for: `make test-math`.

mod complex;
mod double;
mod levels;
mod single;
mod special;

use rug::Float;

use super::{Function, Function2};

/// What MPFR calls a function; it replaces its argument.
type Exact = fn(&mut Float);
type Exact2 = fn(&mut Float, &Float);

fn exact(f: Function) -> Exact {
    match f {
        Function::Sin => |x| x.sin_mut(),
        Function::Cos => |x| x.cos_mut(),
        Function::Tan => |x| x.tan_mut(),
        Function::Asin => |x| x.asin_mut(),
        Function::Acos => |x| x.acos_mut(),
        Function::Atan => |x| x.atan_mut(),
        Function::Sinh => |x| x.sinh_mut(),
        Function::Cosh => |x| x.cosh_mut(),
        Function::Tanh => |x| x.tanh_mut(),
        Function::Asinh => |x| x.asinh_mut(),
        Function::Acosh => |x| x.acosh_mut(),
        Function::Atanh => |x| x.atanh_mut(),
        Function::Exp => |x| x.exp_mut(),
        Function::Exp2 => |x| x.exp2_mut(),
        Function::Expm1 => |x| x.exp_m1_mut(),
        Function::Log => |x| x.ln_mut(),
        Function::Log2 => |x| x.log2_mut(),
        Function::Log10 => |x| x.log10_mut(),
        Function::Log1p => |x| x.ln_1p_mut(),
        Function::Cbrt => |x| x.cbrt_mut(),
        Function::Erf => |x| x.erf_mut(),
        Function::Erfc => |x| x.erfc_mut(),
        Function::Gamma => |x| x.gamma_mut(),
        Function::Lgamma => |x| {
            x.ln_abs_gamma_mut();
        },
    }
}

fn exact2(f: Function2) -> Exact2 {
    match f {
        Function2::Atan2 => |y, x| y.atan2_mut(x),
        Function2::Pow => |x, y| rug::ops::PowAssign::pow_assign(x, y),
        Function2::Hypot => |x, y| x.hypot_mut(y),
    }
}

const FUNCTIONS: [Function; 24] = [
    Function::Sin,
    Function::Cos,
    Function::Tan,
    Function::Asin,
    Function::Acos,
    Function::Atan,
    Function::Sinh,
    Function::Cosh,
    Function::Tanh,
    Function::Asinh,
    Function::Acosh,
    Function::Atanh,
    Function::Exp,
    Function::Exp2,
    Function::Expm1,
    Function::Log,
    Function::Log2,
    Function::Log10,
    Function::Log1p,
    Function::Cbrt,
    Function::Erf,
    Function::Erfc,
    Function::Gamma,
    Function::Lgamma,
];

const FUNCTIONS2: [Function2; 3] = [Function2::Atan2, Function2::Pow, Function2::Hypot];

/// Numbers without order: splitmix64.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From -limit to limit.
    fn within(&mut self, limit: f64) -> f64 {
        (self.fraction() - 0.5) * 2.0 * limit
    }
}

/// The distance between neighbours at a number that is not 0 or infinite.
fn unit(x: f64) -> f64 {
    let exponent = (x.to_bits() >> 52) & 0x7ff;
    if exponent > 52 {
        f64::from_bits((exponent - 52) << 52)
    } else {
        f64::from_bits(1 << (exponent.max(1) - 1))
    }
}

/// The error in units in the last place; infinite where a special value is not met.
fn error(result: f64, exact: &Float) -> f64 {
    let nearest = exact.to_f64();
    if nearest.is_nan() || result.is_nan() {
        return if nearest.is_nan() && result.is_nan() {
            0.0
        } else {
            f64::INFINITY
        };
    }
    if nearest.is_infinite() || result.is_infinite() || nearest == 0.0 {
        // The sign of a zero of a difference or a product is the other tests' business.
        let next = result == nearest.next_up() || result == nearest.next_down();
        return if result == nearest {
            0.0
        } else if next && exact.is_finite() {
            1.0
        } else {
            f64::INFINITY
        };
    }
    let difference = Float::with_val(64, exact - result) / unit(nearest);
    difference.to_f64().abs()
}
