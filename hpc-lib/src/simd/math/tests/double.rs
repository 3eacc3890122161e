//! f64 against MPFR: random numbers of all exponents, and hard cases.

use rayon::prelude::*;
use rug::{Assign, Float};

use super::{Exact, Random, error, exact, exact2};
use crate::simd::Arg;
use crate::simd::math::{Function, Function2, math_f64, math2_f32, math2_f64};

/// Precision of the reference: its error is 2⁻⁴⁷ of a unit in the last place.
const PRECISION: u32 = 100;

const CHUNK: usize = 10_000;

fn samples(slow: bool) -> usize {
    let count = std::env::var("FERROLAB_MATH_SAMPLES")
        .ok()
        .map_or(500_000, |count| count.parse().expect("a number"));
    if slow { count / 20 } else { count }
}

/// Where something special happens to one function or another.
fn hard_cases() -> Vec<f64> {
    let mut cases = vec![
        0.0,
        f64::MIN_POSITIVE,
        f64::MIN_POSITIVE.next_down(),
        5e-324,
        1e-310,
        1e-300,
        1e-20,
        1e22,
        f64::MAX,
        // The double nearest to a multiple of pi/2 in proportion: 6381956970095103 times 2⁷⁹⁷.
        6_381_956_970_095_103.0 * 2.0_f64.powi(797),
        // Near it for single and for small exponents.
        16_367_173.0 * 2.0_f64.powi(72),
        // The ends of exp, exp2, expm1, sinh, gamma, erfc and lgamma.
        709.782_712_893_384,
        -708.396_418_532_264_1,
        -745.133_219_101_941_2,
        1024.0,
        -1022.0,
        -1074.0,
        -1075.0,
        -37.429_947_750_237_05,
        710.475_860_073_944,
        171.624_376_956_302_7,
        -183.9,
        -184.1,
        26.543_258_425_085_95,
        27.226_017_111_108_362,
        2.559_983_327_851_638_3e305,
        // The zeros and the top of lgamma.
        1.0,
        2.0,
        -2.457_024_738_220_800_6,
        -2.61,
        -2.747_682_646_727_412_7,
        -3.143_580_888_349_98,
        -3.955_294_284_858_598,
        std::f64::consts::FRAC_1_SQRT_2,
        std::f64::consts::SQRT_2,
        0.5,
        0.25,
        1.0 + f64::EPSILON,
    ];
    for n in 1..3000 {
        cases.push(f64::from(n) * std::f64::consts::FRAC_PI_4);
        cases.push(f64::from(n) / 64.0);
    }
    for n in 0..70 {
        cases.push(2.0_f64.powi(n) * std::f64::consts::FRAC_PI_2);
        cases.push(2.0_f64.powi(n - 1022));
        cases.push(1.0 + 2.0_f64.powi(-n));
        cases.push(1.0 - 2.0_f64.powi(-n));
    }
    let near: Vec<f64> = cases
        .iter()
        .flat_map(|&x| [x, x.next_up(), x.next_down()])
        .collect();
    near.iter().flat_map(|&x| [x, -x]).collect()
}

/// All exponents, and more of those where a function is neither 0 nor infinite nor x.
fn argument(random: &mut Random) -> f64 {
    match random.bits() % 8 {
        0 | 1 => f64::from_bits(random.bits()),
        2 => random.within(2.0),
        3 => random.within(20.0),
        4 => random.within(800.0),
        5 => {
            let magnitude = (random.fraction() * 40.0 - 32.0).exp2();
            if random.bits() & 1 == 0 {
                magnitude
            } else {
                -magnitude
            }
        }
        6 => {
            let limit = (-30.0 * random.fraction()).exp2();
            1.0 + random.within(limit)
        }
        _ => {
            let multiple = (random.fraction() * (random.fraction() * 60.0).exp2()).floor();
            let near = multiple * std::f64::consts::FRAC_PI_4;
            f64::from_bits(near.to_bits().wrapping_add(random.bits() % 5))
        }
    }
}

/// Whether MPFR knows the result quickly; beyond, it is 0 or infinite or tested elsewhere.
fn is_quick(f: Function, x: f64) -> bool {
    match f {
        Function::Erf => x.abs() < 10.0,
        Function::Erfc => (-10.0..30.0).contains(&x),
        Function::Gamma => (-200.0..172.0).contains(&x),
        Function::Lgamma => x > -1000.0,
        _ => true,
    }
}

fn largest_error(f: Function, arguments: &[f64]) -> (f64, f64) {
    let mut results = vec![0.0; arguments.len()];
    math_f64(f, arguments, &mut results);
    let exact: Exact = exact(f);
    let mut value = Float::new(PRECISION);
    let mut worst = (0.0, 0.0);
    for (&x, &result) in arguments.iter().zip(&results) {
        if !is_quick(f, x) {
            continue;
        }
        value.assign(x);
        exact(&mut value);
        let error = error(result, &value);
        if error > worst.0 {
            worst = (error, x);
        }
    }
    worst
}

fn larger(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    if b.0 > a.0 { b } else { a }
}

pub(super) fn check(f: Function) {
    let slow = matches!(
        f,
        Function::Erf | Function::Erfc | Function::Gamma | Function::Lgamma
    );
    let chunks = samples(slow).div_ceil(CHUNK) as u64;
    let random = (0..chunks)
        .into_par_iter()
        .map(|seed| {
            let mut random = Random(seed << 32);
            let arguments: Vec<f64> = (0..CHUNK).map(|_| argument(&mut random)).collect();
            largest_error(f, &arguments)
        })
        .reduce(|| (0.0, 0.0), larger);
    let (error, x) = larger(random, largest_error(f, &hard_cases()));
    eprintln!("{f:?}: largest error {error:.4} at {x:e}");
    assert!(
        error <= 1.0,
        "{f:?}({x:e}) is off by {error} units in the last place"
    );
}

/// Two arguments, with more of those for which the result is neither 0 nor infinite.
fn arguments(f: Function2, random: &mut Random) -> (f64, f64) {
    let (a, b) = (argument(random), argument(random));
    match (random.bits() % 3, f) {
        (0, Function2::Pow) => {
            let limit = (random.fraction() * 30.0 - 20.0).exp2();
            let base = random.within(limit).exp2();
            (base, random.within(745.0) / base.ln())
        }
        (1, Function2::Pow) => (a, random.within(20.0).round()),
        (0, _) => {
            let shift = random.bits() % 53;
            (
                a,
                f64::from_bits(a.to_bits().wrapping_add((random.bits() >> 11) >> shift)),
            )
        }
        _ => (a, b),
    }
}

pub(super) fn check2(f: Function2) {
    let chunks = samples(false).div_ceil(CHUNK) as u64;
    let exact = exact2(f);
    let (error, a, b) = (0..chunks)
        .into_par_iter()
        .map(|seed| {
            let mut random = Random(seed << 32);
            let (a, b): (Vec<f64>, Vec<f64>) =
                (0..CHUNK).map(|_| arguments(f, &mut random)).unzip();
            let mut results = vec![0.0; CHUNK];
            math2_f64(f, Arg::Each(&a), Arg::Each(&b), &mut results);
            let (mut value, mut second) = (Float::new(PRECISION), Float::new(53));
            let mut worst = (0.0, 0.0, 0.0);
            for ((&x, &y), &result) in a.iter().zip(&b).zip(&results) {
                value.assign(x);
                second.assign(y);
                exact(&mut value, &second);
                let error = error(result, &value);
                if error > worst.0 {
                    worst = (error, x, y);
                }
            }
            worst
        })
        .reduce(|| (0.0, 0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a });
    eprintln!("{f:?}: largest error {error:.4} at {a:e}, {b:e}");
    assert!(
        error <= 1.0,
        "{f:?}({a:e}, {b:e}) is off by {error} units in the last place"
    );
}

/// Powers with the exponents that have a form of their own, and those special values of C99.
#[test]
fn half_powers() {
    let numbers = (samples(false) / 16).max(CHUNK);
    for twice in [-7_i32, -5, -3, -1, 1, 3, 5, 7] {
        let y = 0.5 * f64::from(twice);
        let exponent = Float::with_val(53, y);
        let mut random = Random(u64::from(twice.unsigned_abs()));
        let mut arguments: Vec<f64> = (0..numbers).map(|_| argument(&mut random).abs()).collect();
        arguments.extend(hard_cases());
        // About the ends of the range, beyond which the general power takes over.
        for n in 0..=900 / twice.unsigned_abs() as i32 + 1 {
            let power = 2.0_f64.powi(n);
            arguments.extend([
                power,
                1.0 / power,
                power.next_up(),
                (1.0 / power).next_down(),
            ]);
        }
        let mut results = vec![0.0; arguments.len()];
        math2_f64(
            Function2::Pow,
            Arg::Each(&arguments),
            Arg::All(y),
            &mut results,
        );
        let short: Vec<f32> = arguments.iter().map(|&x| x as f32).collect();
        let mut short_results = vec![0.0; short.len()];
        math2_f32(
            Function2::Pow,
            Arg::Each(&short),
            Arg::All(y as f32),
            &mut short_results,
        );
        let mut worst = [0.0_f64; 2];
        for (i, &x) in arguments.iter().enumerate() {
            let exact = Float::with_val(
                PRECISION,
                rug::ops::Pow::pow(Float::with_val(PRECISION, x), &exponent),
            );
            let error = error(results[i], &exact);
            assert!(error <= 1.0, "{x:e} to the power {y} is off by {error}");
            if exact.to_f64().is_normal() && results[i].is_normal() {
                worst[0] = worst[0].max(error);
            }
            let exact = Float::with_val(53, short[i]).to_f64().powf(y) as f32;
            let distance = (f64::from(short_results[i]) - f64::from(exact)).abs();
            if short_results[i].to_bits() != exact.to_bits() && !exact.is_nan() {
                let unit = f64::from(exact.abs().next_up()) - f64::from(exact.abs());
                worst[1] = worst[1].max(distance / unit);
            }
        }
        eprintln!("x to the power {y}: largest errors {worst:?}");
        assert!(
            worst[0] <= 1.0 && worst[1] <= 1.0,
            "to the power {y}: {worst:?}"
        );

        let specials = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -1.5];
        let mut results = [1.0; 6];
        math2_f64(
            Function2::Pow,
            Arg::Each(&specials),
            Arg::All(y),
            &mut results,
        );
        for (&x, &result) in specials.iter().zip(&results) {
            let expected = x.powf(y);
            assert!(
                result == expected && result.is_sign_negative() == expected.is_sign_negative()
                    || result.is_nan() && expected.is_nan(),
                "{x} to the power {y} is {result}, not {expected}"
            );
        }
    }
}

macro_rules! tests {
    ($($name:ident: $check:ident($function:expr);)*) => {$(
        #[test]
        fn $name() {
            $check($function);
        }
    )*};
}

tests! {
    sin: check(Function::Sin);
    cos: check(Function::Cos);
    tan: check(Function::Tan);
    asin: check(Function::Asin);
    acos: check(Function::Acos);
    atan: check(Function::Atan);
    sinh: check(Function::Sinh);
    cosh: check(Function::Cosh);
    tanh: check(Function::Tanh);
    asinh: check(Function::Asinh);
    acosh: check(Function::Acosh);
    atanh: check(Function::Atanh);
    exp: check(Function::Exp);
    exp2: check(Function::Exp2);
    expm1: check(Function::Expm1);
    log: check(Function::Log);
    log2: check(Function::Log2);
    log10: check(Function::Log10);
    log1p: check(Function::Log1p);
    cbrt: check(Function::Cbrt);
    erf: check(Function::Erf);
    erfc: check(Function::Erfc);
    gamma: check(Function::Gamma);
    lgamma: check(Function::Lgamma);
    atan2: check2(Function2::Atan2);
    pow: check2(Function2::Pow);
    hypot: check2(Function2::Hypot);
}
