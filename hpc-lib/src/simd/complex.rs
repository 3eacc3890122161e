//! Functions of complex numbers.

use num_complex::Complex;

use super::{Arg, Function, Function2};

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
                    other => unreachable!("{other:?} of complex numbers is refused"),
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
