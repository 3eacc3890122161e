//! The loops over elements. Each calls a function without branches, which is inlined, so that the
//! compiler makes vector instructions of the loop.

use super::arithmetic::Arithmetic;
use super::{
    Arg, Function, Function2, error, exp, gamma, hyperbolic, inverse_hyperbolic, inverse_trig, log,
    pow, root, trig,
};

/// The function of each element. A macro, because the compiler does not inline large closures, and
/// what is not inlined is not compiled for the instructions of its caller.
macro_rules! map {
    ($source:expr, $target:expr, |$x:ident| $value:expr) => {
        for (target, &$x) in $target.iter_mut().zip($source) {
            *target = $value;
        }
    };
}

/// The same where $fast gives NaN for arguments that have to be done alone, which $exact does.
macro_rules! map_or_redo {
    ($source:expr, $target:expr, |$x:ident| $fast:expr, $exact:expr) => {
        // As wide as the elements, so that the vector unit needs not pack it.
        let mut any = false;
        for (target, &$x) in $target.iter_mut().zip($source) {
            let value = $fast;
            any |= value.is_nan();
            *target = value;
        }
        if any {
            for (target, &$x) in $target.iter_mut().zip($source) {
                if target.is_nan() {
                    *target = $exact;
                }
            }
        }
    };
}

/// The function of each two elements.
macro_rules! zip {
    ($a:expr, $b:expr, $target:expr, |$x:ident, $y:ident| $value:expr) => {
        match ($a, $b) {
            (Arg::Each(a), Arg::Each(b)) => {
                for ((target, &$x), &$y) in $target.iter_mut().zip(a).zip(b) {
                    *target = $value;
                }
            }
            (Arg::Each(a), Arg::All($y)) => map!(a, $target, |$x| $value),
            (Arg::All($x), Arg::Each(b)) => map!(b, $target, |$y| $value),
            (Arg::All($x), Arg::All($y)) => $target.fill($value),
        }
    };
}

#[inline(always)]
pub(super) fn math_f64<M: Arithmetic>(f: Function, source: &[f64], target: &mut [f64]) {
    match f {
        Function::Sin => {
            map_or_redo!(source, target, |x| trig::sin::<M>(x), trig::any_sin::<M>(x));
        }
        Function::Cos => {
            map_or_redo!(source, target, |x| trig::cos::<M>(x), trig::any_cos::<M>(x));
        }
        Function::Tan => {
            map_or_redo!(source, target, |x| trig::tan::<M>(x), trig::any_tan::<M>(x));
        }
        Function::Asin => map!(source, target, |x| inverse_trig::asin::<M>(x)),
        Function::Acos => map!(source, target, |x| inverse_trig::acos::<M>(x)),
        Function::Atan => map!(source, target, |x| inverse_trig::atan::<M>(x)),
        Function::Sinh => map!(source, target, |x| hyperbolic::sinh::<M>(x)),
        Function::Cosh => map!(source, target, |x| hyperbolic::cosh::<M>(x)),
        Function::Tanh => map!(source, target, |x| hyperbolic::tanh::<M>(x)),
        Function::Asinh => map!(source, target, |x| inverse_hyperbolic::asinh::<M>(x)),
        Function::Acosh => map!(source, target, |x| inverse_hyperbolic::acosh::<M>(x)),
        Function::Atanh => map!(source, target, |x| inverse_hyperbolic::atanh::<M>(x)),
        Function::Exp => map!(source, target, |x| exp::exp::<M>(x)),
        Function::Exp2 => map!(source, target, |x| exp::exp2::<M>(x)),
        Function::Expm1 => map!(source, target, |x| exp::expm1::<M>(x)),
        Function::Log => map!(source, target, |x| log::log::<M>(x)),
        Function::Log2 => map!(source, target, |x| log::log2::<M>(x)),
        Function::Log10 => map!(source, target, |x| log::log10::<M>(x)),
        Function::Log1p => map!(source, target, |x| log::log1p::<M>(x)),
        Function::Cbrt => map!(source, target, |x| root::cbrt::<M>(x)),
        Function::Erf => map!(source, target, |x| error::erf::<M>(x)),
        Function::Erfc => map!(source, target, |x| error::erfc::<M>(x)),
        Function::Gamma => {
            map_or_redo!(
                source,
                target,
                |x| gamma::gamma::<M>(x),
                gamma::any_gamma::<M>(x)
            );
        }
        Function::Lgamma => {
            map_or_redo!(
                source,
                target,
                |x| gamma::lgamma::<M>(x),
                gamma::any_lgamma::<M>(x)
            );
        }
    }
}

#[inline(always)]
pub(super) fn math_f32<M: Arithmetic>(f: Function, source: &[f32], target: &mut [f32]) {
    match f {
        Function::Sin => {
            map_or_redo!(
                source,
                target,
                |x| trig::sin_short::<M>(f64::from(x)) as f32,
                trig::any_sin::<M>(f64::from(x)) as f32
            );
        }
        Function::Cos => {
            map_or_redo!(
                source,
                target,
                |x| trig::cos_short::<M>(f64::from(x)) as f32,
                trig::any_cos::<M>(f64::from(x)) as f32
            );
        }
        Function::Tan => {
            map_or_redo!(
                source,
                target,
                |x| trig::tan_short::<M>(f64::from(x)) as f32,
                trig::any_tan::<M>(f64::from(x)) as f32
            );
        }
        Function::Asin => map!(
            source,
            target,
            |x| inverse_trig::asin_short::<M>(f64::from(x)) as f32
        ),
        Function::Acos => map!(
            source,
            target,
            |x| inverse_trig::acos_short::<M>(f64::from(x)) as f32
        ),
        Function::Atan => map!(
            source,
            target,
            |x| inverse_trig::atan_short::<M>(f64::from(x)) as f32
        ),
        Function::Sinh => map!(
            source,
            target,
            |x| hyperbolic::sinh_short::<M>(f64::from(x)) as f32
        ),
        Function::Cosh => map!(
            source,
            target,
            |x| hyperbolic::cosh_short::<M>(f64::from(x)) as f32
        ),
        Function::Tanh => map!(
            source,
            target,
            |x| hyperbolic::tanh_short::<M>(f64::from(x)) as f32
        ),
        Function::Asinh => map!(
            source,
            target,
            |x| inverse_hyperbolic::asinh_short::<M>(f64::from(x)) as f32
        ),
        Function::Acosh => map!(
            source,
            target,
            |x| inverse_hyperbolic::acosh_short::<M>(f64::from(x)) as f32
        ),
        Function::Atanh => map!(
            source,
            target,
            |x| inverse_hyperbolic::atanh_short::<M>(f64::from(x)) as f32
        ),
        Function::Exp => map!(source, target, |x| exp::exp_short::<M>(f64::from(x)) as f32),
        Function::Exp2 => map!(source, target, |x| exp::exp2_short::<M>(f64::from(x))
            as f32),
        Function::Expm1 => map!(source, target, |x| exp::expm1_short::<M>(f64::from(x))
            as f32),
        Function::Log => map!(source, target, |x| log::log_short::<M>(f64::from(x)) as f32),
        Function::Log2 => map!(source, target, |x| log::log2_short::<M>(f64::from(x))
            as f32),
        Function::Log10 => map!(source, target, |x| log::log10_short::<M>(f64::from(x))
            as f32),
        Function::Log1p => map!(source, target, |x| log::log1p_short::<M>(f64::from(x))
            as f32),
        Function::Cbrt => map!(source, target, |x| root::cbrt_short::<M>(f64::from(x))
            as f32),
        Function::Erf => map!(source, target, |x| error::erf::<M>(f64::from(x)) as f32),
        Function::Erfc => map!(source, target, |x| error::erfc::<M>(f64::from(x)) as f32),
        Function::Gamma => {
            map_or_redo!(
                source,
                target,
                |x| gamma::gamma::<M>(f64::from(x)) as f32,
                gamma::any_gamma::<M>(f64::from(x)) as f32
            );
        }
        Function::Lgamma => {
            map_or_redo!(
                source,
                target,
                |x| gamma::lgamma::<M>(f64::from(x)) as f32,
                gamma::any_lgamma::<M>(f64::from(x)) as f32
            );
        }
    }
}

#[inline(always)]
pub(super) fn math2_f64<M: Arithmetic>(
    f: Function2,
    a: Arg<'_, f64>,
    b: Arg<'_, f64>,
    target: &mut [f64],
) {
    match f {
        Function2::Atan2 => zip!(a, b, target, |x, y| inverse_trig::atan2::<M>(x, y)),
        Function2::Pow => zip!(a, b, target, |x, y| pow::pow::<M>(x, y)),
        Function2::Hypot => zip!(a, b, target, |x, y| root::hypot::<M>(x, y)),
    }
}

#[inline(always)]
pub(super) fn math2_f32<M: Arithmetic>(
    f: Function2,
    a: Arg<'_, f32>,
    b: Arg<'_, f32>,
    target: &mut [f32],
) {
    match f {
        Function2::Atan2 => zip!(a, b, target, |x, y| inverse_trig::atan2_short::<M>(
            f64::from(x),
            f64::from(y)
        ) as f32),
        Function2::Pow => zip!(
            a,
            b,
            target,
            |x, y| pow::pow_short::<M>(f64::from(x), f64::from(y)) as f32
        ),
        Function2::Hypot => zip!(a, b, target, |x, y| root::hypot_short::<M>(
            f64::from(x),
            f64::from(y)
        ) as f32),
    }
}
