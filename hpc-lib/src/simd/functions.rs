//! Functions such as `sin` on slices.

use num_complex::Complex;

use super::{Arg, cast, kernel};
#[cfg(target_arch = "x86_64")]
use super::{Level, level};

/// Functions that are computed by approximation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    Sin,
    Cos,
    Tan,
    Exp,
    Log,
}

/// Such functions of two arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Function2 {
    Atan2,
    Pow,
    Hypot,
}

/// Functions of f64.
pub(crate) fn math_f64(function: Function, source: &[f64], target: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
        fn avx512(function: Function, source: &[f64], target: &mut [f64]) {
            kernel::math_f64::<kernel::Fma>(function, source, target);
        }

        #[target_feature(enable = "avx2,fma")]
        fn avx2(function: Function, source: &[f64], target: &mut [f64]) {
            kernel::math_f64::<kernel::Fma>(function, source, target);
        }

        match level() {
            // SAFETY: the level says that the processor has these features.
            Level::Avx512 => return unsafe { avx512(function, source, target) },
            // SAFETY: as above.
            Level::Avx2 => return unsafe { avx2(function, source, target) },
            Level::Baseline => {}
        }
    }
    kernel::math_f64::<kernel::NoFma>(function, source, target);
}

/// By way of f64, whose error disappears in the rounding.
pub(crate) fn math_f32(function: Function, source: &[f32], target: &mut [f32]) {
    const PIECE: usize = 256;
    let (mut wide, mut result) = ([0.0_f64; PIECE], [0.0_f64; PIECE]);
    for (source, target) in source.chunks(PIECE).zip(target.chunks_mut(PIECE)) {
        let n = source.len();
        cast::cast(source, &mut wide[..n]);
        math_f64(function, &wide[..n], &mut result[..n]);
        cast::cast(&result[..n], target);
    }
}

macro_rules! complex {
    ($name:ident, $name2:ident, $type:ty) => {
        pub(crate) fn $name(function: Function, source: &[$type], target: &mut [$type]) {
            for (target, &z) in target.iter_mut().zip(source) {
                *target = match function {
                    Function::Sin => z.sin(),
                    Function::Cos => z.cos(),
                    Function::Tan => z.tan(),
                    Function::Exp => z.exp(),
                    Function::Log => z.ln(),
                };
            }
        }

        pub(crate) fn $name2(
            function: Function2,
            a: Arg<'_, $type>,
            b: Arg<'_, $type>,
            target: &mut [$type],
        ) {
            debug_assert_eq!(function, Function2::Pow);
            zip(a, b, target, |a, b| a.powc(b));
        }
    };
}

complex!(math_c64, math2_c64, Complex<f32>);
complex!(math_c128, math2_c128, Complex<f64>);

fn zip<T: Copy>(a: Arg<'_, T>, b: Arg<'_, T>, target: &mut [T], f: impl Fn(T, T) -> T) {
    let at = |arg: Arg<'_, T>, index: usize| match arg {
        Arg::Each(values) => values[index],
        Arg::All(value) => value,
    };
    for (index, target) in target.iter_mut().enumerate() {
        *target = f(at(a, index), at(b, index));
    }
}

macro_rules! real {
    ($name:ident, $type:ty) => {
        pub(crate) fn $name(
            function: Function2,
            a: Arg<'_, $type>,
            b: Arg<'_, $type>,
            target: &mut [$type],
        ) {
            match function {
                Function2::Pow => zip(a, b, target, <$type>::powf),
                Function2::Atan2 => zip(a, b, target, <$type>::atan2),
                Function2::Hypot => zip(a, b, target, <$type>::hypot),
            }
        }
    };
}

real!(math2_f32, f32);
real!(math2_f64, f64);
