//! Complex functions against MPC, by the error in proportion to the modulus, and special values.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use num_complex::Complex;
use rug::{Complex as Exact, Float};

use super::Random;
use crate::simd::Arg;
use crate::simd::math::{
    Function, Function2, abs_c64, abs_c128, arg_c64, arg_c128, math_c64, math_c128, math2_c64,
    math2_c128, sqrt_c64, sqrt_c128,
};

type Number = Complex<f64>;
type Cases = [(Function, fn(Exact) -> Exact); 19];

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// Largest error allowed, in units of 2⁻⁵³ of the modulus.
const LIMIT: f64 = 8.0;

fn cases() -> Cases {
    use Function::*;
    [
        (Exp, |z| z.exp()),
        (Exp2, |z| {
            let factor = Float::with_val(200, 2).ln();
            (z * factor).exp()
        }),
        (Expm1, |z| {
            let exp = Exact::with_val(420, &z).exp();
            Exact::with_val(120, exp - 1)
        }),
        (Log, |z| z.ln()),
        (Log2, |z| z.ln() / Float::with_val(200, 2).ln()),
        (Log10, |z| z.log10()),
        (Log1p, |z| {
            Exact::with_val(120, Exact::with_val(420, &z + 1_u32).ln())
        }),
        (Sin, |z| z.sin()),
        (Cos, |z| z.cos()),
        (Tan, |z| z.tan()),
        (Sinh, |z| z.sinh()),
        (Cosh, |z| z.cosh()),
        (Tanh, |z| z.tanh()),
        (Asin, |z| z.asin()),
        (Acos, |z| z.acos()),
        (Atan, |z| z.atan()),
        (Asinh, |z| z.asinh()),
        (Acosh, |z| z.acosh()),
        (Atanh, |z| z.atanh()),
    ]
}

/// The error in units of 2⁻⁵³ of the modulus; 0 for results that are not normal.
fn error(result: Number, exact: &Exact) -> f64 {
    let modulus = Float::with_val(120, exact.abs_ref());
    let size = modulus.to_f64();
    if !size.is_normal() || size > 1e308 {
        return 0.0;
    }
    if !(result.re.is_finite() && result.im.is_finite()) {
        return INF;
    }
    let difference = Exact::with_val(120, exact - Exact::with_val(53, (result.re, result.im)));
    let difference = Float::with_val(120, difference.abs_ref());
    (difference / modulus).to_f64() * (1_u64 << 53) as f64
}

fn numbers(count: usize, seed: u64) -> Vec<Number> {
    let mut random = Random(seed);
    (0..count)
        .map(|i| {
            let mut part = || match i % 6 {
                0 => random.within(2.0),
                1 => random.within(20.0),
                2 => random.within(2.0) * (-60.0 * random.fraction()).exp2(),
                3 => random.within(1.0).signum() + random.within(1e-3),
                4 => random.within(600.0),
                _ => random.within(1.0) * (random.within(100.0)).exp2(),
            };
            let (re, im) = (part(), part());
            match i % 5 {
                0 => Number::new(re, im * 1e-12),
                1 => Number::new(re * 1e-12, im),
                _ => Number::new(re, im),
            }
        })
        .collect()
}

#[test]
fn agree_with_mpc() {
    let arguments = numbers(1000, 11);
    for (f, exact) in cases() {
        let mut results = vec![Number::default(); arguments.len()];
        math_c128(f, &arguments, &mut results);
        let mut worst = (0.0, Number::default());
        for (&z, &result) in arguments.iter().zip(&results) {
            let huge = f != Function::Log && f != Function::Log2 && f != Function::Log10;
            if huge
                && z.norm_sqr() > 1e12
                && !matches!(
                    f,
                    Function::Asin
                        | Function::Acos
                        | Function::Atan
                        | Function::Asinh
                        | Function::Acosh
                        | Function::Atanh
                )
            {
                continue;
            }
            let error = error(result, &exact(Exact::with_val(120, (z.re, z.im))));
            if error > worst.0 {
                worst = (error, z);
            }
        }
        eprintln!("{f:?}: largest error {:.2} at {}", worst.0, worst.1);
        assert!(worst.0 <= LIMIT, "{f:?}({}) is off by {}", worst.1, worst.0);
    }
}

#[test]
fn roots_powers_moduli_and_arguments_agree_with_mpc() {
    let (z, w) = (numbers(8000, 12), numbers(8000, 13));
    let mut roots = vec![Number::default(); z.len()];
    sqrt_c128(&z, &mut roots);
    let (mut moduli, mut angles) = (vec![0.0; z.len()], vec![0.0; z.len()]);
    abs_c128(&z, &mut moduli);
    arg_c128(&z, &mut angles);
    for (i, &z) in z.iter().enumerate() {
        let exact = Exact::with_val(120, (z.re, z.im));
        let root = error(roots[i], &Exact::with_val(120, exact.sqrt_ref()));
        let modulus = error(
            Number::new(moduli[i], 0.0),
            &Exact::with_val(120, exact.abs_ref()),
        );
        let angle = error(
            Number::new(angles[i], 0.0),
            &Exact::with_val(120, exact.arg_ref()),
        );
        assert!(
            root < 3.0 && modulus < 1.01 && angle < 2.0,
            "{z}: {root} {modulus} {angle}"
        );
    }
    let small: Vec<Number> = w.iter().map(|w| w / (1.0 + w.l1_norm() / 9.0)).collect();
    let mut powers = vec![Number::default(); z.len()];
    math2_c128(
        Function2::Pow,
        Arg::Each(&z),
        Arg::Each(&small),
        &mut powers,
    );
    for ((&z, &w), &power) in z.iter().zip(&small).zip(&powers) {
        let exact = Exact::with_val(120, (z.re, z.im));
        let exponent = Exact::with_val(120, (w.re, w.im));
        let exact = rug::ops::Pow::pow(exact, exponent);
        // The angle is known to 53 bits, and multiplied by the exponent.
        let error = error(power, &exact);
        assert!(
            error <= 8.0 + 8.0 * w.l1_norm(),
            "{z} to the power {w} is off by {error}"
        );
    }
}

#[test]
fn complex64_is_complex128_rounded() {
    let wide: Vec<Number> = numbers(1000, 14);
    let narrow: Vec<Complex<f32>> = wide
        .iter()
        .map(|z| Complex::new(z.re as f32, z.im as f32))
        .collect();
    let wide: Vec<Number> = narrow
        .iter()
        .map(|z| Complex::new(f64::from(z.re), f64::from(z.im)))
        .collect();
    let same = |a: f32, b: f64| a.to_bits() == (b as f32).to_bits() || (a.is_nan() && b.is_nan());
    let check = |name: &str, narrow: &[Complex<f32>], wide: &[Number]| {
        let equal = narrow
            .iter()
            .zip(wide)
            .all(|(a, b)| same(a.re, b.re) && same(a.im, b.im));
        assert!(equal, "{name}");
    };
    let mut results = vec![Complex::default(); wide.len()];
    let mut expected = vec![Number::default(); wide.len()];
    for (f, _) in cases() {
        math_c64(f, &narrow, &mut results);
        math_c128(f, &wide, &mut expected);
        check(&format!("{f:?}"), &results, &expected);
    }
    sqrt_c64(&narrow, &mut results);
    sqrt_c128(&wide, &mut expected);
    check("sqrt", &results, &expected);
    let two = Complex::new(2.5, -1.0);
    math2_c64(
        Function2::Pow,
        Arg::Each(&narrow),
        Arg::All(two),
        &mut results,
    );
    math2_c128(
        Function2::Pow,
        Arg::Each(&wide),
        Arg::All(Number::new(2.5, -1.0)),
        &mut expected,
    );
    check("pow", &results, &expected);
    let (mut real, mut expected) = (vec![0.0; wide.len()], vec![0.0; wide.len()]);
    abs_c64(&narrow, &mut real);
    abs_c128(&wide, &mut expected);
    assert!(real.iter().zip(&expected).all(|(&a, &b)| same(a, b)));
    arg_c64(&narrow, &mut real);
    arg_c128(&wide, &mut expected);
    assert!(real.iter().zip(&expected).all(|(&a, &b)| same(a, b)));
}

fn one(f: Function, z: Number) -> Number {
    let mut result = [Number::new(7.0, 7.0)];
    math_c128(f, &[z], &mut result);
    result[0]
}

#[test]
fn special_values() {
    use Function::*;
    let c = Number::new;
    let cases = [
        (Exp, c(0.0, 0.0), c(1.0, 0.0)),
        (Exp, c(1.0, INF), c(NAN, NAN)),
        (Exp, c(INF, 0.0), c(INF, 0.0)),
        (Exp, c(-INF, INF), c(0.0, 0.0)),
        (Exp, c(INF, INF), c(INF, NAN)),
        (Exp, c(INF, 2.0), c(-INF, INF)),
        (Exp, c(-INF, 2.0), c(-0.0, 0.0)),
        (Exp, c(NAN, 0.0), c(NAN, 0.0)),
        (Exp, c(NAN, 1.0), c(NAN, NAN)),
        (Log, c(-0.0, 0.0), c(-INF, PI)),
        (Log, c(0.0, 0.0), c(-INF, 0.0)),
        (Log, c(1.0, INF), c(INF, FRAC_PI_2)),
        (Log, c(-INF, 1.0), c(INF, PI)),
        (Log, c(-INF, INF), c(INF, 3.0 * FRAC_PI_4)),
        (Log, c(INF, NAN), c(INF, NAN)),
        (Log, c(NAN, 1.0), c(NAN, NAN)),
        (Sinh, c(0.0, 0.0), c(0.0, 0.0)),
        (Sinh, c(0.0, INF), c(0.0, NAN)),
        (Sinh, c(1.0, INF), c(NAN, NAN)),
        (Sinh, c(INF, 0.0), c(INF, 0.0)),
        (Sinh, c(INF, 2.0), c(-INF, INF)),
        (Sinh, c(INF, NAN), c(INF, NAN)),
        (Sinh, c(NAN, 0.0), c(NAN, 0.0)),
        (Cosh, c(0.0, 0.0), c(1.0, 0.0)),
        (Cosh, c(1.0, NAN), c(NAN, NAN)),
        (Cosh, c(INF, 2.0), c(-INF, INF)),
        (Cosh, c(-INF, NAN), c(INF, NAN)),
        (Tanh, c(0.0, 0.0), c(0.0, 0.0)),
        (Tanh, c(1.0, INF), c(NAN, NAN)),
        (Tanh, c(INF, 1.0), c(1.0, 0.0)),
        (Tanh, c(INF, INF), c(1.0, 0.0)),
        (Tanh, c(NAN, 0.0), c(NAN, 0.0)),
        (Sin, c(0.0, -0.0), c(0.0, -0.0)),
        (Cos, c(0.0, 0.0), c(1.0, -0.0)),
        (Tan, c(0.0, INF), c(0.0, 1.0)),
        (Asinh, c(0.0, 0.0), c(0.0, 0.0)),
        (Asinh, c(1.0, INF), c(INF, FRAC_PI_2)),
        (Asinh, c(INF, 1.0), c(INF, 0.0)),
        (Asinh, c(INF, INF), c(INF, FRAC_PI_4)),
        (Asinh, c(NAN, 0.0), c(NAN, 0.0)),
        (Asinh, c(NAN, INF), c(INF, NAN)),
        (Acos, c(0.0, 0.0), c(FRAC_PI_2, -0.0)),
        (Acos, c(-1.0, 0.0), c(PI, -0.0)),
        (Acos, c(1.0, 0.0), c(0.0, -0.0)),
        (Acos, c(0.0, NAN), c(FRAC_PI_2, NAN)),
        (Acos, c(1.0, INF), c(FRAC_PI_2, -INF)),
        (Acos, c(-INF, 1.0), c(PI, -INF)),
        (Acos, c(INF, 1.0), c(0.0, -INF)),
        (Acos, c(-INF, INF), c(3.0 * FRAC_PI_4, -INF)),
        (Acosh, c(0.0, 0.0), c(0.0, FRAC_PI_2)),
        (Acosh, c(1.0, INF), c(INF, FRAC_PI_2)),
        (Acosh, c(-INF, 1.0), c(INF, PI)),
        (Atanh, c(0.0, 0.0), c(0.0, 0.0)),
        (Atanh, c(0.0, NAN), c(0.0, NAN)),
        (Atanh, c(1.0, 0.0), c(INF, 0.0)),
        (Atanh, c(1.0, INF), c(0.0, FRAC_PI_2)),
        (Atanh, c(INF, 1.0), c(0.0, FRAC_PI_2)),
        (Atanh, c(NAN, INF), c(0.0, FRAC_PI_2)),
        (Asin, c(0.0, 0.0), c(0.0, 0.0)),
        (Asin, c(-2.0, 0.0), c(-FRAC_PI_2, 2.0_f64.acosh())),
    ];
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
    for (f, z, expected) in cases {
        let result = one(f, z);
        let equal = same(result.re, expected.re) && same(result.im, expected.im);
        assert!(equal, "{f:?}({z:?}) = {result:?}, not {expected:?}");
        // Conjugates have conjugate results.
        if !z.im.is_nan() && f != Asin {
            let conjugate = one(f, z.conj());
            let equal = same(conjugate.re, expected.re) && (same(conjugate.im, -expected.im));
            assert!(equal, "{f:?}({:?}) = {conjugate:?}", z.conj());
        }
    }
    let mut result = [c(7.0, 7.0); 5];
    sqrt_c128(
        &[
            c(0.0, -0.0),
            c(-4.0, 0.0),
            c(-4.0, -0.0),
            c(-INF, 1.0),
            c(NAN, INF),
        ],
        &mut result,
    );
    let expected = [
        c(0.0, -0.0),
        c(0.0, 2.0),
        c(0.0, -2.0),
        c(0.0, INF),
        c(INF, INF),
    ];
    for (result, expected) in result.iter().zip(&expected) {
        assert!(
            same(result.re, expected.re) && same(result.im, expected.im),
            "{result}"
        );
    }
    math2_c128(
        Function2::Pow,
        Arg::Each(&[
            c(0.0, 1.0),
            c(0.0, 0.0),
            c(0.0, 0.0),
            c(2.0, 0.0),
            c(3.0, 4.0),
        ]),
        Arg::Each(&[
            c(2.0, 0.0),
            c(2.0, 0.0),
            c(0.0, 0.0),
            c(-2.0, 0.0),
            c(1.0, 0.0),
        ]),
        &mut result,
    );
    assert_eq!(result[0], c(-1.0, 0.0));
    assert_eq!(result[1], c(0.0, 0.0));
    assert_eq!(result[2], c(1.0, 0.0));
    assert_eq!(result[3], c(0.25, 0.0));
    assert_eq!(result[4], c(3.0, 4.0));
}
