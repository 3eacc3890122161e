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

/// Declares functions of [`loops`] that pick their variant at run time.
macro_rules! dispatched {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $type:ty),*);)*) => {$(
        $(#[$meta])*
        pub(crate) fn $name($($arg: $type),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
                fn avx512($($arg: $type),*) {
                    loops::$name::<arithmetic::Fused>($($arg),*)
                }

                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $type),*) {
                    loops::$name::<arithmetic::Fused>($($arg),*)
                }

                match level() {
                    // SAFETY: the level says that the processor has these features.
                    Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    Level::Avx2 => return unsafe { avx2($($arg),*) },
                    Level::Baseline => {}
                }
            }
            loops::$name::<arithmetic::Separate>($($arg),*)
        }
    )*};
}

dispatched! {
    /// The function of each number; both slices have the same length.
    fn math_f64(f: Function, source: &[f64], target: &mut [f64]);
    /// The function of each number; both slices have the same length.
    fn math_f32(f: Function, source: &[f32], target: &mut [f32]);
    /// The function of each two numbers; all slices have the same length.
    fn math2_f64(f: Function2, a: Arg<'_, f64>, b: Arg<'_, f64>, target: &mut [f64]);
    /// The function of each two numbers; all slices have the same length.
    fn math2_f32(f: Function2, a: Arg<'_, f32>, b: Arg<'_, f32>, target: &mut [f32]);
}
