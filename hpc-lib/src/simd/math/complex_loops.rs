//! The loops over complex elements; complex64 is computed in complex128, block by block.

use num_complex::Complex;

use super::arithmetic::{Fused, Separate};
use super::loops::{BLOCK, block, dispatched, same};
use super::{Arg, Function, Function2, Level, complex, complex_inverse, inverse_trig, level, root};

/// Defines the loop of a function of one complex number.
macro_rules! unary {
    ($($name:ident: $module:ident;)*) => {$(
        dispatched! {
            fn $name(source: &[Complex<f64>], target: &mut [Complex<f64>]) for M {
                for (target, &z) in target.iter_mut().zip(source) {
                    *target = $module::$name::<M>(z);
                }
            }
        }
    )*};
}

unary! {
    exp: complex;
    exp2: complex;
    expm1: complex;
    log: complex;
    log2: complex;
    log10: complex;
    log1p: complex;
    sqrt: complex;
    sin: complex;
    cos: complex;
    tan: complex;
    sinh: complex;
    cosh: complex;
    tanh: complex;
    asin: complex_inverse;
    acos: complex_inverse;
    atan: complex_inverse;
    asinh: complex_inverse;
    acosh: complex_inverse;
    atanh: complex_inverse;
}

dispatched! {
    fn pow(
        z: &[Complex<f64>],
        w: &[Complex<f64>],
        target: &mut [Complex<f64>]
    ) for M {
        for ((target, &z), &w) in target.iter_mut().zip(z).zip(w) {
            *target = complex::pow::<M>(z, w);
        }
    }
}

dispatched! {
    fn abs(source: &[Complex<f64>], target: &mut [f64]) for M {
        for (target, z) in target.iter_mut().zip(source) {
            *target = root::hypot::<M>(z.re, z.im);
        }
    }
}

dispatched! {
    fn arg(source: &[Complex<f64>], target: &mut [f64]) for M {
        for (target, z) in target.iter_mut().zip(source) {
            *target = inverse_trig::atan2::<M>(z.im, z.re);
        }
    }
}

fn unary(f: Function) -> fn(&[Complex<f64>], &mut [Complex<f64>]) {
    match f {
        Function::Sin => sin,
        Function::Cos => cos,
        Function::Tan => tan,
        Function::Asin => asin,
        Function::Acos => acos,
        Function::Atan => atan,
        Function::Sinh => sinh,
        Function::Cosh => cosh,
        Function::Tanh => tanh,
        Function::Asinh => asinh,
        Function::Acosh => acosh,
        Function::Atanh => atanh,
        Function::Exp => exp,
        Function::Exp2 => exp2,
        Function::Expm1 => expm1,
        Function::Log => log,
        Function::Log2 => log2,
        Function::Log10 => log10,
        Function::Log1p => log1p,
        Function::Cbrt | Function::Erf | Function::Erfc | Function::Gamma | Function::Lgamma => {
            unreachable!("{f:?} of complex numbers is refused when the expression is made")
        }
    }
}

fn widened(z: Complex<f32>) -> Complex<f64> {
    Complex::new(f64::from(z.re), f64::from(z.im))
}

fn narrowed(z: Complex<f64>) -> Complex<f32> {
    Complex::new(z.re as f32, z.im as f32)
}

/// A function of complex128 applied to complex64; `narrow` rounds its results.
fn through<T: Copy + Default, U>(
    source: &[Complex<f32>],
    target: &mut [U],
    f: impl Fn(&[Complex<f64>], &mut [T]),
    narrow: impl Fn(T) -> U,
) {
    let mut wide = [Complex::default(); BLOCK];
    let mut results = [T::default(); BLOCK];
    for (source, target) in source.chunks(BLOCK).zip(target.chunks_mut(BLOCK)) {
        let (wide, results) = (&mut wide[..source.len()], &mut results[..source.len()]);
        for (wide, &z) in wide.iter_mut().zip(source) {
            *wide = widened(z);
        }
        f(wide, results);
        for (target, &result) in target.iter_mut().zip(&*results) {
            *target = narrow(result);
        }
    }
}

/// The function of each number; both slices have the same length. Not for `cbrt`, `erf`, `erfc`,
/// `gamma` and `lgamma`.
pub(crate) fn math_c128(f: Function, source: &[Complex<f64>], target: &mut [Complex<f64>]) {
    unary(f)(source, target);
}

/// As [`math_c128`].
pub(crate) fn math_c64(f: Function, source: &[Complex<f32>], target: &mut [Complex<f32>]) {
    through(source, target, unary(f), narrowed);
}

/// The square root with a real part that is not negative.
pub(crate) fn sqrt_c128(source: &[Complex<f64>], target: &mut [Complex<f64>]) {
    sqrt(source, target);
}

/// As [`sqrt_c128`].
pub(crate) fn sqrt_c64(source: &[Complex<f32>], target: &mut [Complex<f32>]) {
    through(source, target, sqrt, narrowed);
}

/// The modulus.
pub(crate) fn abs_c128(source: &[Complex<f64>], target: &mut [f64]) {
    abs(source, target);
}

/// The modulus.
pub(crate) fn abs_c64(source: &[Complex<f32>], target: &mut [f32]) {
    through(source, target, abs, |x| x as f32);
}

/// The argument, from -pi to pi.
pub(crate) fn arg_c128(source: &[Complex<f64>], target: &mut [f64]) {
    arg(source, target);
}

/// The argument, from -pi to pi.
pub(crate) fn arg_c64(source: &[Complex<f32>], target: &mut [f32]) {
    through(source, target, arg, |x| x as f32);
}

/// The power of each two numbers, the only function of two complex ones.
pub(crate) fn math2_c128(
    f: Function2,
    a: Arg<'_, Complex<f64>>,
    b: Arg<'_, Complex<f64>>,
    target: &mut [Complex<f64>],
) {
    debug_assert_eq!(f, Function2::Pow);
    let (same_a, same_b) = (same(a), same(b));
    for (i, target) in target.chunks_mut(BLOCK).enumerate() {
        let a = block(a, &same_a, i * BLOCK, target.len());
        let b = block(b, &same_b, i * BLOCK, target.len());
        pow(a, b, target);
    }
}

/// As [`math2_c128`].
pub(crate) fn math2_c64(
    f: Function2,
    a: Arg<'_, Complex<f32>>,
    b: Arg<'_, Complex<f32>>,
    target: &mut [Complex<f32>],
) {
    debug_assert_eq!(f, Function2::Pow);
    let (same_a, same_b) = (same(a), same(b));
    let mut wide = [Complex::default(); BLOCK];
    for (i, target) in target.chunks_mut(BLOCK).enumerate() {
        let a = block(a, &same_a, i * BLOCK, target.len());
        let b = block(b, &same_b, i * BLOCK, target.len());
        for (wide, &w) in wide.iter_mut().zip(b) {
            *wide = widened(w);
        }
        let power = |z: &[_], results: &mut [_]| pow(z, &wide, results);
        through(a, target, power, narrowed);
    }
}
