//! The loops over elements. Each computes a function without branches, which is inlined, so that the
//! compiler makes vector instructions of the loop; it is compiled for each level of the processor.

use super::arithmetic::{Fused, Pair, Separate};
use super::{
    Arg, Function, Function2, Level, division, error, exp, gamma, half_power, hyperbolic,
    inverse_hyperbolic, inverse_trig, level, log, pow, root, trig,
};
use crate::simd::number::Real;
use crate::simd::{Binary, divide};

/// Defines a function for the level in use. A loop is written where its body is known and not passed
/// a closure, because what is not inlined would not be compiled for the instructions of its caller.
macro_rules! dispatched {
    (fn $name:ident($($arg:ident: $type:ty),*) for $M:ident $body:block) => {
        pub(super) fn $name($($arg: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
            fn avx512($($arg: $type),*) {
                type $M = Fused;
                $body
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $type),*) {
                type $M = Fused;
                $body
            }

            fn baseline($($arg: $type),*) {
                type $M = Separate;
                $body
            }

            match level() {
                // SAFETY: the level says that the processor has these features.
                #[cfg(target_arch = "x86_64")]
                Level::Avx512 => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => unsafe { avx2($($arg),*) },
                _ => baseline($($arg),*),
            }
        }
    };
}

pub(super) use dispatched;

/// Defines the loop of a function of one number, computed in f64: `fast`, or `exact` for arguments
/// for which `fast` gives NaN.
macro_rules! unary {
    ($name:ident, $type:ty, $module:ident::$fast:ident) => {
        dispatched! {
            fn $name(source: &[$type], target: &mut [$type]) for M {
                for (target, &x) in target.iter_mut().zip(source) {
                    *target = $module::$fast::<M>(f64::from(x)) as $type;
                }
            }
        }
    };
    ($name:ident, $type:ty, $module:ident::$fast:ident, $exact:ident) => {
        dispatched! {
            fn $name(source: &[$type], target: &mut [$type]) for M {
                let mut any = false;
                for (target, &x) in target.iter_mut().zip(source) {
                    let value = $module::$fast::<M>(f64::from(x)) as $type;
                    any |= value.is_nan();
                    *target = value;
                }
                if any {
                    for (target, &x) in target.iter_mut().zip(source) {
                        if target.is_nan() {
                            *target = $module::$exact::<M>(f64::from(x)) as $type;
                        }
                    }
                }
            }
        }
    };
}

/// As many elements as are done at once where something is kept for each.
pub(super) const BLOCK: usize = 128;

/// Defines a function of one number in two loops for each block of elements, the first of which
/// yields a pair. It is faster than one loop, because a processor that looks ahead 256 instructions
/// or so then works on several elements at a time, instead of waiting within one.
macro_rules! unary_by_pairs {
    ($name:ident, $type:ty, $module:ident, $first:ident, $second:ident$(, $exact:ident)?) => {
        dispatched! {
            fn $name(source: &[$type], target: &mut [$type]) for M {
                let (mut high, mut low) = ([0.0; BLOCK], [0.0; BLOCK]);
                for (source, target) in source.chunks(BLOCK).zip(target.chunks_mut(BLOCK)) {
                    for ((&x, high), low) in source.iter().zip(&mut high).zip(&mut low) {
                        let pair = $module::$first::<M>(f64::from(x));
                        (*high, *low) = (pair.high, pair.low);
                    }
                    for (((target, &x), &high), &low) in
                        target.iter_mut().zip(source).zip(&high).zip(&low)
                    {
                        let pair = Pair::new(high, low);
                        *target = $module::$second::<M>(f64::from(x), pair) as $type;
                    }
                    $(
                    if target.iter().fold(false, |any, value| any | value.is_nan()) {
                        for (target, &x) in target.iter_mut().zip(source) {
                            if target.is_nan() {
                                *target = $module::$exact::<M>(f64::from(x)) as $type;
                            }
                        }
                    }
                    )?
                }
            }
        }
    };
}

/// A block of an operand; `same` holds its value if there is but one.
#[inline(always)]
pub(super) fn block<'a, T: Copy>(
    operand: Arg<'a, T>,
    same: &'a [T],
    first: usize,
    count: usize,
) -> &'a [T] {
    match operand {
        Arg::Each(values) => &values[first..first + count],
        Arg::All(_) => &same[..count],
    }
}

/// The value of an operand that has but one, else anything.
#[inline(always)]
pub(super) fn same<T: Copy + Default>(operand: Arg<'_, T>) -> [T; BLOCK] {
    [match operand {
        Arg::Each(_) => T::default(),
        Arg::All(value) => value,
    }; BLOCK]
}

/// Defines the loop of a function of two numbers, each of which may be the same for all elements:
/// `$function`, or `$exact` where that gives NaN.
macro_rules! binary {
    ($name:ident, $type:ty, $module:ident::$function:ident$(, $exact:path)?) => {
        dispatched! {
            fn $name(a: Arg<'_, $type>, b: Arg<'_, $type>, target: &mut [$type]) for M {
                let (same_a, same_b) = (same(a), same(b));
                for (i, target) in target.chunks_mut(BLOCK).enumerate() {
                    let a = block(a, &same_a, i * BLOCK, target.len());
                    let b = block(b, &same_b, i * BLOCK, target.len());
                    for ((target, &x), &y) in target.iter_mut().zip(a).zip(b) {
                        *target = $module::$function::<M>(f64::from(x), f64::from(y)) as $type;
                    }
                    $(
                    if target.iter().fold(false, |any, value| any | value.is_nan()) {
                        for ((target, &x), &y) in target.iter_mut().zip(a).zip(b) {
                            if target.is_nan() {
                                *target = $exact(x, y);
                            }
                        }
                    }
                    )?
                }
            }
        }
    };
}

/// The same in two loops, the first of which yields a pair for each first number.
macro_rules! binary_by_pairs {
    ($name:ident, $type:ty, $module:ident, $first:ident, $second:ident) => {
        dispatched! {
            fn $name(a: Arg<'_, $type>, b: Arg<'_, $type>, target: &mut [$type]) for M {
                let (same_a, same_b) = (same(a), same(b));
                let (mut high, mut low) = ([0.0; BLOCK], [0.0; BLOCK]);
                for (i, target) in target.chunks_mut(BLOCK).enumerate() {
                    let a = block(a, &same_a, i * BLOCK, target.len());
                    let b = block(b, &same_b, i * BLOCK, target.len());
                    for ((&x, high), low) in a.iter().zip(&mut high).zip(&mut low) {
                        let pair = $module::$first::<M>(f64::from(x));
                        (*high, *low) = (pair.high, pair.low);
                    }
                    for ((((target, &x), &y), &high), &low) in
                        target.iter_mut().zip(a).zip(b).zip(&high).zip(&low)
                    {
                        let pair = Pair::new(high, low);
                        *target =
                            $module::$second::<M>(f64::from(x), f64::from(y), pair) as $type;
                    }
                }
            }
        }
    };
}

unary!(sin_f64, f64, trig::sin, any_sin);
unary!(cos_f64, f64, trig::cos, any_cos);
unary!(tan_f64, f64, trig::tan, any_tan);
unary!(asin_f64, f64, inverse_trig::asin);
unary!(acos_f64, f64, inverse_trig::acos);
unary!(atan_f64, f64, inverse_trig::atan);
unary!(sinh_f64, f64, hyperbolic::sinh);
unary!(cosh_f64, f64, hyperbolic::cosh);
unary!(tanh_f64, f64, hyperbolic::tanh);
unary_by_pairs!(
    asinh_f64,
    f64,
    inverse_hyperbolic,
    asinh_first,
    asinh_second
);
unary_by_pairs!(
    acosh_f64,
    f64,
    inverse_hyperbolic,
    acosh_first,
    acosh_second
);
unary_by_pairs!(
    atanh_f64,
    f64,
    inverse_hyperbolic,
    atanh_first,
    atanh_second
);
unary!(exp_f64, f64, exp::exp);
unary!(exp2_f64, f64, exp::exp2);
unary!(expm1_f64, f64, exp::expm1);
unary!(log_f64, f64, log::log);
unary!(log2_f64, f64, log::log2);
unary!(log10_f64, f64, log::log10);
unary!(log1p_f64, f64, log::log1p);
unary!(cbrt_f64, f64, root::cbrt);
unary!(erf_f64, f64, error::erf);
unary!(erfc_f64, f64, error::erfc);
unary_by_pairs!(gamma_f64, f64, gamma, gamma_first, gamma_second, any_gamma);
unary_by_pairs!(
    lgamma_f64,
    f64,
    gamma,
    lgamma_first,
    lgamma_second,
    any_lgamma
);
binary!(atan2_f64, f64, inverse_trig::atan2);
binary_by_pairs!(pow_f64, f64, pow, pow_first, pow_second);
binary!(hypot_f64, f64, root::hypot);
binary!(fmod_f64, f64, division::fmod, Real::fmod);
binary!(rem_f64, f64, division::rem, Real::rem);
binary!(floor_div_f64, f64, division::floor_div, Real::floor_div);

unary!(sin_f32, f32, trig::sin_short, any_sin);
unary!(cos_f32, f32, trig::cos_short, any_cos);
unary!(tan_f32, f32, trig::tan_short, any_tan);
unary!(asin_f32, f32, inverse_trig::asin_short);
unary!(acos_f32, f32, inverse_trig::acos_short);
unary!(atan_f32, f32, inverse_trig::atan_short);
unary!(sinh_f32, f32, hyperbolic::sinh_short);
unary!(cosh_f32, f32, hyperbolic::cosh_short);
unary!(tanh_f32, f32, hyperbolic::tanh_short);
unary!(asinh_f32, f32, inverse_hyperbolic::asinh_short);
unary!(acosh_f32, f32, inverse_hyperbolic::acosh_short);
unary!(atanh_f32, f32, inverse_hyperbolic::atanh_short);
unary!(exp_f32, f32, exp::exp_short);
unary!(exp2_f32, f32, exp::exp2_short);
unary!(expm1_f32, f32, exp::expm1_short);
unary!(log_f32, f32, log::log_short);
unary!(log2_f32, f32, log::log2_short);
unary!(log10_f32, f32, log::log10_short);
unary!(log1p_f32, f32, log::log1p_short);
unary!(cbrt_f32, f32, root::cbrt_short);
unary!(erf_f32, f32, error::erf);
unary!(erfc_f32, f32, error::erfc);
unary_by_pairs!(gamma_f32, f32, gamma, gamma_first, gamma_second, any_gamma);
unary_by_pairs!(
    lgamma_f32,
    f32,
    gamma,
    lgamma_first,
    lgamma_second,
    any_lgamma
);
binary!(atan2_f32, f32, inverse_trig::atan2_short);
binary!(pow_f32, f32, pow::pow_short);
binary!(hypot_f32, f32, root::hypot_short);
binary!(fmod_f32, f32, division::fmod, Real::fmod);
binary!(rem_f32, f32, division::rem, Real::rem);

/// The function of each number; both slices have the same length.
pub(crate) fn math_f64(f: Function, source: &[f64], target: &mut [f64]) {
    match f {
        Function::Sin => sin_f64(source, target),
        Function::Cos => cos_f64(source, target),
        Function::Tan => tan_f64(source, target),
        Function::Asin => asin_f64(source, target),
        Function::Acos => acos_f64(source, target),
        Function::Atan => atan_f64(source, target),
        Function::Sinh => sinh_f64(source, target),
        Function::Cosh => cosh_f64(source, target),
        Function::Tanh => tanh_f64(source, target),
        Function::Asinh => asinh_f64(source, target),
        Function::Acosh => acosh_f64(source, target),
        Function::Atanh => atanh_f64(source, target),
        Function::Exp => exp_f64(source, target),
        Function::Exp2 => exp2_f64(source, target),
        Function::Expm1 => expm1_f64(source, target),
        Function::Log => log_f64(source, target),
        Function::Log2 => log2_f64(source, target),
        Function::Log10 => log10_f64(source, target),
        Function::Log1p => log1p_f64(source, target),
        Function::Cbrt => cbrt_f64(source, target),
        Function::Erf => erf_f64(source, target),
        Function::Erfc => erfc_f64(source, target),
        Function::Gamma => gamma_f64(source, target),
        Function::Lgamma => lgamma_f64(source, target),
    }
}

/// The function of each two numbers; all slices have the same length.
pub(crate) fn math2_f64(f: Function2, a: Arg<'_, f64>, b: Arg<'_, f64>, target: &mut [f64]) {
    match f {
        Function2::Atan2 => atan2_f64(a, b, target),
        Function2::Pow => match (a, b) {
            (Arg::Each(a), Arg::All(b)) if let Some(n) = half_power::twice(b) => {
                half_power::half_power_f64(n, a, target);
            }
            _ => pow_f64(a, b, target),
        },
        Function2::Hypot => hypot_f64(a, b, target),
    }
}

/// The function of each number; both slices have the same length.
pub(crate) fn math_f32(f: Function, source: &[f32], target: &mut [f32]) {
    match f {
        Function::Sin => sin_f32(source, target),
        Function::Cos => cos_f32(source, target),
        Function::Tan => tan_f32(source, target),
        Function::Asin => asin_f32(source, target),
        Function::Acos => acos_f32(source, target),
        Function::Atan => atan_f32(source, target),
        Function::Sinh => sinh_f32(source, target),
        Function::Cosh => cosh_f32(source, target),
        Function::Tanh => tanh_f32(source, target),
        Function::Asinh => asinh_f32(source, target),
        Function::Acosh => acosh_f32(source, target),
        Function::Atanh => atanh_f32(source, target),
        Function::Exp => exp_f32(source, target),
        Function::Exp2 => exp2_f32(source, target),
        Function::Expm1 => expm1_f32(source, target),
        Function::Log => log_f32(source, target),
        Function::Log2 => log2_f32(source, target),
        Function::Log10 => log10_f32(source, target),
        Function::Log1p => log1p_f32(source, target),
        Function::Cbrt => cbrt_f32(source, target),
        Function::Erf => erf_f32(source, target),
        Function::Erfc => erfc_f32(source, target),
        Function::Gamma => gamma_f32(source, target),
        Function::Lgamma => lgamma_f32(source, target),
    }
}

/// The function of each two numbers; all slices have the same length.
pub(crate) fn math2_f32(f: Function2, a: Arg<'_, f32>, b: Arg<'_, f32>, target: &mut [f32]) {
    match f {
        Function2::Atan2 => atan2_f32(a, b, target),
        Function2::Pow => match (a, b) {
            (Arg::Each(a), Arg::All(b)) if let Some(n) = half_power::twice(b.into()) => {
                half_power::half_power_f32(n, a, target);
            }
            _ => pow_f32(a, b, target),
        },
        Function2::Hypot => hypot_f32(a, b, target),
    }
}

/// One of `Fmod`, `Rem` and `FloorDiv`; all slices have the same length.
pub(crate) fn divide_f64(op: Binary, a: Arg<'_, f64>, b: Arg<'_, f64>, target: &mut [f64]) {
    match op {
        Binary::Fmod => fmod_f64(a, b, target),
        Binary::Rem => rem_f64(a, b, target),
        Binary::FloorDiv => floor_div_f64(a, b, target),
        _ => unreachable!("{op:?} has a kernel of its own"),
    }
}

/// The same of f32, whose quotients are rounded as NumPy does: in f32.
pub(crate) fn divide_f32(op: Binary, a: Arg<'_, f32>, b: Arg<'_, f32>, target: &mut [f32]) {
    match op {
        Binary::Fmod => fmod_f32(a, b, target),
        Binary::Rem => rem_f32(a, b, target),
        _ => divide(op, a, b, target),
    }
}
