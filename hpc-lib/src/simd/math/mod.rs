//! Elementary and special functions of slices: f64, f32 and complex numbers.
//!
//! # How they are computed
//!
//! Each function of f64 is written once, without branches, over a number; loops call it, and the
//! compiler makes vector instructions of them for AVX-512, AVX2 with FMA, and baseline x86-64
//! ([`loops`]). What has to be known to more than 53 bits is kept as a pair of doubles
//! ([`arithmetic`]); without FMA the products of pairs are split, so that the results are as good,
//! and may differ in the last bit. f32 is computed in f64 by shorter polynomials. Complex numbers are
//! done one by one, complex64 in complex128. Arguments for which the vector form is not made are done
//! one by one too: those of `sin`, `cos`, `tan` beyond 2³⁰ or within 10⁻¹⁷ or so of a multiple of pi/2,
//! and negative ones of the gamma functions. All coefficients come from `deploy/math/coefficients.py`.
//!
//! # Errors and times
//!
//! Largest errors found, in units in the last place, against MPFR: for f64 with 2 million numbers (the
//! last four functions: 100 000) of all exponents and the hard cases of the tests; for f32 with every
//! 4 093rd number at least, all of them where the column says so (`make test-math` does that for each
//! function). Times are nanoseconds per element of 1024 in the first-level cache with AVX2 on an AMD EPYC
//! (Zen 3) whose two cores had other work too, so that a 256-bit FMA took 0.2 ns; NumPy is 2.4.6, in
//! turn with ours; each the best of several runs.
//!
//! | function | error f64 | error f32 | ns f64 | NumPy | ns f32 | NumPy | how |
//! | --- | --- | --- | --- | --- | --- | --- | --- |
//! | `sin` | 0.82 | 0.500 | 3.2 | 12.3 | 2.4 | 2.6 | reduction by pi/2 in three parts, or by its bits; both polynomials |
//! | `cos` | 0.79 | 0.500 | 3.1 | 12.7 | 2.5 | 2.6 | the same |
//! | `tan` | 0.96 | 0.500 | 4.6 | 15.1 | 2.7 | 14.7 | the same as pairs, and their quotient |
//! | `asin` | 0.63 | 0.501 (all) | 2.5 | 7.1 | 1.4 | 5.7 | polynomial up to 1/2, else by a square root |
//! | `acos` | 0.62 | 0.500 | 2.8 | 8.3 | 1.7 | 6.9 | the same |
//! | `atan` | 0.68 | 0.500 | 3.0 | 11.4 | 1.5 | 7.8 | reduction to tan(pi/8), polynomial |
//! | `atan2` | 0.65 | < 0.51 | 5.2 | 19.7 | 3.1 | 16.1 | the same with the ratio as a pair |
//! | `sinh` | 0.67 | 0.500 | 3.5 | 18.6 | 1.5 | 20.4 | 2ⁿ and 2⁻ⁿ with sinh(r) and cosh(r) |
//! | `cosh` | 0.62 | 0.500 | 3.2 | 8.4 | 1.5 | 8.1 | the same |
//! | `tanh` | 0.61 | 0.500 | 4.9 | 15.5 | 1.7 | 3.5 | their quotient |
//! | `asinh` | 0.51 | 0.500 | 9.0 | 12.1 | 3.3 | 11.0 | log(1 + f) with f as a pair |
//! | `acosh` | 0.52 | 0.500 | 6.8 | 10.4 | 3.0 | 8.4 | the same |
//! | `atanh` | 0.52 | 0.500 | 5.4 | 14.2 | 2.7 | 15.7 | the same |
//! | `exp` | 0.74 | 0.501 | 2.2 | 6.3 | 1.0 | 2.0 | reduction by log(2), polynomial |
//! | `exp2` | 0.64 | 0.501 | 2.0 | 6.0 | 1.0 | 3.5 | the same without reduction |
//! | `expm1` | 0.61 | 0.507 | 4.0 | 11.0 | 1.4 | 13.0 | the same less 1, as a pair |
//! | `log` | 0.52 | 0.500 | 3.2 | 5.1 | 1.6 | 2.5 | 2 artanh(s) + k log(2) |
//! | `log2` | 0.52 | 0.500 | 3.8 | 5.7 | 1.5 | 3.9 | the same times log2(e), as a pair |
//! | `log10` | 0.52 | 0.500 | 3.8 | 9.7 | 1.6 | 7.8 | the same times log10(e) |
//! | `log1p` | 0.51 | 0.500 | 3.6 | 9.0 | 2.3 | 10.7 | the same of 1 + x as a pair |
//! | `pow` | 0.74 | < 0.51 | 13.2 | 15.8 | 5.8 | 7.3 | log to 70 bits, exp |
//! | `pow` of ±1/2 to ±7/2 | 0.62 | < 0.51 | 2.7 | 15.8 | 1.4 | 7.3 | root of a product, one step of Newton's iteration |
//! | `cbrt` | 0.50 | 0.500 | 4.4 | 16.3 | 3.5 | 14.2 | inverse root, exact residual |
//! | `hypot` | 0.73 | < 0.51 | 2.6 | 10.4 | 0.8 | 6.1 | squares and root as pairs |
//! | `erf` | 0.62 | 0.500 | 5.6 | – | 5.6 | – | x times a table of polynomials |
//! | `erfc` | 0.63 | 0.500 | 8.1 | – | 8.5 | – | exp(-x²) times a table of polynomials |
//! | `gamma` | 0.79 | 0.500 | 22.6 | – | 22.9 | – | Stirling from 8 on, shifted by 8 below |
//! | `lgamma` | 0.87 | 0.500 | 12.0 | – | 12.7 | – | Stirling from 8 on, a table below; polynomials about negative zeros |
//!
//! Complex functions are within 8 units of 2⁻⁵³ of the modulus of the result, `sqrt` within 3; powers
//! lose the bits by which the exponent multiplies the angle.
#![allow(clippy::inline_always)] // A function must be inlined where the features are enabled.
#![allow(clippy::needless_bitwise_bool)] // Neither side of a condition is worth a branch.

mod arithmetic;
#[rustfmt::skip] // A row of a table is a line.
mod coefficients;
mod complex;
mod complex_inverse;
mod complex_loops;
mod division;
mod error;
mod exp;
mod gamma;
mod half_power;
mod hyperbolic;
mod inverse_hyperbolic;
mod inverse_trig;
mod log;
mod loops;
mod pow;
mod root;
mod trig;

#[cfg(test)]
mod tests;

pub(crate) use complex_loops::{
    abs_c64, abs_c128, arg_c64, arg_c128, math_c64, math_c128, math2_c64, math2_c128, sqrt_c64,
    sqrt_c128,
};
pub(crate) use loops::{divide_f32, divide_f64, math_f32, math_f64, math2_f32, math2_f64};

use super::{Arg, Level, level};

/// Functions of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Exp,
    Exp2,
    Expm1,
    /// The natural logarithm.
    Log,
    Log2,
    Log10,
    Log1p,
    Cbrt,
    Erf,
    Erfc,
    Gamma,
    /// The natural logarithm of the absolute value of the gamma function.
    Lgamma,
}

impl Function {
    /// Whether [`math_c128`] knows it.
    pub(crate) fn has_complex_form(self) -> bool {
        !matches!(
            self,
            Self::Cbrt | Self::Erf | Self::Erfc | Self::Gamma | Self::Lgamma
        )
    }
}

/// Functions of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Function2 {
    /// The angle of the point (second, first).
    Atan2,
    Pow,
    Hypot,
}
