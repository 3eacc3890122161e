//! Vector mathematics: element-wise kernels and reductions over slices.
//!
//! Each kernel is written once, as a loop without branches that the compiler turns into vector
//! instructions, and is compiled for three levels of x86-64: AVX-512, AVX2 with FMA, and baseline.
//! The best level that the processor has is chosen at run time. Results of reductions and of the
//! elementary operations do not depend on the level; results of `sin`, `exp` and the like may
//! differ in the last bit between baseline and the others, which have a fused multiply-add.
//!
//! - `number`: what the operations mean for one element of each type;
//! - `elementwise`, `cast`, `reduce`: the loops;
//! - `math`: functions such as `sin`.
#![allow(unsafe_code)] // Calls into functions compiled for processor features found at run time.
#![allow(clippy::inline_always)] // A kernel must be inlined where the features are enabled.

mod cast;
mod elementwise;
mod level;
mod math;
pub(crate) mod number;
mod reduce;
mod stream;

pub(crate) use cast::{Cast, cast};
pub(crate) use elementwise::{divide, divisors, equal, floats, sign_bit};
pub(crate) use level::{Level, level};
pub(crate) use math::{
    Function, Function2, abs_c64, abs_c128, arg_c64, arg_c128, divide_f32, divide_f64, math_c64,
    math_c128, math_f32, math_f64, math2_c64, math2_c128, math2_f32, math2_f64, sqrt_c64,
    sqrt_c128,
};
pub(crate) use number::{Float, Integer, Number, Real};
pub(crate) use reduce::{Sum, Total};
pub(crate) use stream::stream;

/// Operations on one element with a result of its dtype.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Neg,
    Sign,
    /// A power of at least 0, by squaring.
    Power(u32),
    /// 1 / x; not for integers.
    Reciprocal,
    /// Of real numbers.
    Abs,
    /// Logical for bool, bit by bit for integers.
    Not,
    /// These five for f32 and f64 only; `Sqrt` for complex numbers too.
    Sqrt,
    Floor,
    Ceil,
    Trunc,
    Round,
    /// Of complex numbers.
    Conj,
    /// Floating point and complex numbers.
    Math(Function),
}

/// Questions about one element of f32 or f64; of a complex one they ask both parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    IsNan,
    IsInfinite,
    IsFinite,
    /// Also for integers.
    SignBit,
}

/// A real number that belongs to a complex one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Real,
    Imag,
    Abs,
    Angle,
}

/// Operations on two elements of one dtype with a result of that dtype.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    /// Not for integers.
    Div,
    FloorDiv,
    /// The remainder with the sign of the divisor; 0 for an integer divisor of 0.
    Rem,
    /// The remainder with the sign of the dividend.
    Fmod,
    /// Of integers; the others have `Math(Pow)`.
    Pow,
    /// NaN where either is NaN.
    Minimum,
    /// NaN where either is NaN.
    Maximum,
    /// The number where one is NaN.
    Fmin,
    /// The number where one is NaN.
    Fmax,
    /// Bit by bit; for integers and bool, as are the following ones.
    And,
    Or,
    Xor,
    Shl,
    Shr,
    Gcd,
    Lcm,
    /// f32 and f64.
    CopySign,
    /// f32 and f64.
    NextAfter,
    Math(Function2),
}

/// Comparisons of two elements of one dtype. Complex numbers know the last two only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
}

impl Compare {
    /// The comparison that gives the same with the operands exchanged.
    pub(crate) fn turned(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            same => same,
        }
    }
}

/// Operations that make one number of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Sum,
    Product,
    /// NaN where one is NaN.
    Min,
    /// NaN where one is NaN.
    Max,
}

/// An operand: an element for each result, or one for all.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arg<'a, T> {
    Each(&'a [T]),
    All(T),
}

/// Declares kernels that pick their variant at run time.
macro_rules! dispatched {
    ($(fn $kernel:ident::$name:ident<$first:ident: $bound:ident$(<$of:ident>)?$(, $second:ident: $second_bound:ident)?>($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {$(
        pub(crate) fn $name<$first: $bound$(<$of>)?$(, $second: $second_bound)?>($($arg: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
                fn avx512<$first: $bound$(<$of>)?$(, $second: $second_bound)?>($($arg: $type),*) $(-> $result)? {
                    $kernel::$name($($arg),*)
                }

                #[target_feature(enable = "avx2,fma")]
                fn avx2<$first: $bound$(<$of>)?$(, $second: $second_bound)?>($($arg: $type),*) $(-> $result)? {
                    $kernel::$name($($arg),*)
                }

                if const { <$first as Number>::FIRST_CLASS } && level() == Level::Avx512 {
                    // SAFETY: the level says that the processor has these features.
                    return unsafe { avx512($($arg),*) };
                }
                if level() != Level::Baseline {
                    // SAFETY: as above; AVX-512 comes with AVX2.
                    return unsafe { avx2($($arg),*) };
                }
            }
            $kernel::$name($($arg),*)
        }
    )*};
}

dispatched! {
    fn elementwise::neg<T: Number>(source: &[T], target: &mut [T]);
    fn elementwise::sign<T: Number>(source: &[T], target: &mut [T]);
    fn elementwise::powers<T: Number>(n: u32, source: &[T], target: &mut [T]);
    fn elementwise::reciprocal<T: Number>(source: &[T], target: &mut [T]);
    fn elementwise::abs<T: Real>(source: &[T], target: &mut [T]);
    fn elementwise::not<T: Integer>(source: &[T], target: &mut [T]);
    fn elementwise::round<T: Float>(op: Unary, source: &[T], target: &mut [T]);
    fn elementwise::test<T: Float>(op: Test, source: &[T], target: &mut [bool]);
    fn elementwise::arithmetic<T: Number>(op: Binary, a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [T]);
    fn elementwise::ordered<T: Real>(op: Binary, a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [T]);
    fn elementwise::bits<T: Integer>(op: Binary, a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [T]);
    fn elementwise::compare<T: Real>(op: Compare, a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [bool]);
    fn elementwise::sum_of_products<T: Float>(factors: [Arg<'_, T>; 4], target: &mut [T]);
    fn elementwise::difference_of_products<T: Float>(factors: [Arg<'_, T>; 4], target: &mut [T]);
    fn elementwise::compare_products<T: Float>(op: Compare, factors: [Arg<'_, T>; 4], target: &mut [bool]);
    fn elementwise::select<T: Number>(condition: &[bool], a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [T]);
    fn elementwise::accumulate<T: Number>(op: Fold, source: &[T], target: &mut [T]);
    fn elementwise::accumulate_ordered<T: Real>(op: Fold, source: &[T], target: &mut [T]);
    fn cast::between_first_class<T: Cast<U>, U: Number>(source: &[T], target: &mut [U]);
    fn reduce::fold<T: Number>(op: Fold, source: &[T]) -> T;
    fn reduce::fold_ordered<T: Real>(op: Fold, source: &[T]) -> T;
    fn reduce::sum<T: Sum>(source: &[T]) -> Total;
    fn reduce::sum_products<T: Float>(a: &[T], b: &[T]) -> Total;
    fn reduce::count<T: Number>(source: &[T]) -> usize;
}

#[cfg(test)]
mod tests;
