//! Vector mathematics: element-wise kernels and reductions over slices.
//!
//! Each kernel is written once, as a loop without branches that the compiler turns into vector
//! instructions, and is compiled for three levels of x86-64: AVX-512, AVX2 with FMA, and baseline.
//! The best level that the processor has is chosen at run time. Results of `sum` and of the
//! elementary operations do not depend on the level; results of `sin`, `exp` and the like may
//! differ in the last bit between baseline and the others, which have a fused multiply-add.
//!
//! Accuracy, in units in the last place against the exact value: `sqrt abs + - * /` 0.5, the functions
//! of [`math`] at most 1.
#![allow(unsafe_code)] // Calls into functions compiled for processor features found at run time.
#![allow(clippy::inline_always)] // A kernel must be inlined where the features are enabled.

mod clock;
mod kernel;
mod level;
mod math;

pub(crate) use clock::{Clock, ticks};
pub(crate) use level::{Level, level};

/// Operations on one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unary {
    Neg,
    Abs,
    /// Logical for bool, bit by bit for i64.
    Not,
    Sqrt,
    Sin,
    Cos,
    Tan,
    Exp,
    Log,
    Floor,
    Ceil,
    Round,
    /// An integer power; at least 0 for i64.
    Powi(i32),
}

/// Operations on two elements of one dtype with a result of that dtype.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    /// f64 only.
    Div,
    /// The remainder with the sign of the divisor; 0 for an integer divisor of 0.
    Rem,
    Pow,
    /// NaN where either is NaN.
    Minimum,
    /// NaN where either is NaN.
    Maximum,
    /// Bit by bit; not for f64, as are the next two.
    And,
    Or,
    Xor,
}

/// Comparisons of two elements of one dtype.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Compare {
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
}

/// An operand: an element for each result, or one for all.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arg<'a, T> {
    Each(&'a [T]),
    All(T),
}

/// Declares kernels of [`kernel`] that pick their variant at run time.
macro_rules! dispatched {
    ($(fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {$(
        pub(crate) fn $name($($arg: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
                fn avx512($($arg: $type),*) $(-> $result)? {
                    kernel::$name::<kernel::Fma>($($arg),*)
                }

                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $type),*) $(-> $result)? {
                    kernel::$name::<kernel::Fma>($($arg),*)
                }

                match level() {
                    // SAFETY: the level says that the processor has these features.
                    Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    Level::Avx2 => return unsafe { avx2($($arg),*) },
                    Level::Baseline => {}
                }
            }
            kernel::$name::<kernel::NoFma>($($arg),*)
        }
    )*};
}

dispatched! {
    fn unary_f64(op: Unary, source: &[f64], target: &mut [f64]);
    fn unary_i64(op: Unary, source: &[i64], target: &mut [i64]);
    fn not_bool(source: &[bool], target: &mut [bool]);
    fn binary_f64(op: Binary, a: Arg<'_, f64>, b: Arg<'_, f64>, target: &mut [f64]);
    fn binary_i64(op: Binary, a: Arg<'_, i64>, b: Arg<'_, i64>, target: &mut [i64]);
    fn binary_bool(op: Binary, a: Arg<'_, bool>, b: Arg<'_, bool>, target: &mut [bool]);
    fn compare_f64(op: Compare, a: Arg<'_, f64>, b: Arg<'_, f64>, target: &mut [bool]);
    fn compare_i64(op: Compare, a: Arg<'_, i64>, b: Arg<'_, i64>, target: &mut [bool]);
    fn compare_bool(op: Compare, a: Arg<'_, bool>, b: Arg<'_, bool>, target: &mut [bool]);
    fn i64_to_f64(source: &[i64], target: &mut [f64]);
    fn bool_to_f64(source: &[bool], target: &mut [f64]);
    fn bool_to_i64(source: &[bool], target: &mut [i64]);
    fn f64_to_i64(source: &[f64], target: &mut [i64]);
    fn f64_to_bool(source: &[f64], target: &mut [bool]);
    fn i64_to_bool(source: &[i64], target: &mut [bool]);
    fn sum_f64(source: &[f64]) -> f64;
    fn sum_i64(source: &[i64]) -> i128;
    fn count_bool(source: &[bool]) -> usize;
    fn product_f64(source: &[f64]) -> f64;
    fn min_f64(source: &[f64]) -> f64;
    fn max_f64(source: &[f64]) -> f64;
    fn min_i64(source: &[i64]) -> i64;
    fn max_i64(source: &[i64]) -> i64;
}

#[cfg(test)]
mod tests;
