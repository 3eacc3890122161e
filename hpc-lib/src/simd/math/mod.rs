//! Elementary and special functions of slices.
#![allow(clippy::inline_always)] // A function must be inlined where the features are enabled.

mod arithmetic;
#[rustfmt::skip] // A row of a table is a line.
mod coefficients;
mod error;
mod exp;
mod gamma;
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

pub(crate) use loops::{math_f32, math_f64, math2_f32, math2_f64};

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

/// Functions of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Function2 {
    /// The angle of the point (second, first).
    Atan2,
    Pow,
    Hypot,
}
