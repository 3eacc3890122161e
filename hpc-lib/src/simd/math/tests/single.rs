//! f32: against MPFR for some of its values, against f64 for all.

use rayon::prelude::*;
use rug::{Assign, Float};

use super::{FUNCTIONS, FUNCTIONS2, Random, exact, exact2};
use crate::simd::Arg;
use crate::simd::math::{Function, math_f32, math_f64, math2_f32};

/// The error in units in the last place of f32.
fn error(result: f32, exact: f64) -> f64 {
    let nearest = exact as f32;
    if result == nearest || (result.is_nan() && nearest.is_nan()) {
        let unit = unit(exact);
        return if unit.is_finite() && nearest.is_finite() {
            (f64::from(result) - exact).abs() / unit
        } else {
            0.0
        };
    }
    if result.is_nan() || nearest.is_nan() || exact.is_infinite() {
        return f64::INFINITY;
    }
    // Infinity stands for what would come after the largest number.
    let value = if result.is_infinite() {
        2.0_f64.powi(128).copysign(f64::from(result))
    } else {
        f64::from(result)
    };
    (value - exact).abs() / unit(exact)
}

fn unit(x: f64) -> f64 {
    let magnitude = x
        .abs()
        .clamp(f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX));
    let exponent = (magnitude.to_bits() >> 52) as i32 - 1023;
    2.0_f64.powi(exponent - 23)
}

/// f32 of every bit pattern from `first`, in steps.
fn patterns(first: u64, step: u64, count: u64) -> Vec<f32> {
    (0..count)
        .map(|i| f32::from_bits((first + i * step).min(u64::from(u32::MAX)) as u32))
        .collect()
}

#[test]
fn agrees_with_mpfr() {
    for f in FUNCTIONS {
        let step = 1_048_573;
        let arguments = patterns(1, step, (1 << 32) / step);
        let mut results = vec![0.0; arguments.len()];
        math_f32(f, &arguments, &mut results);
        let (exact, mut value) = (exact(f), Float::new(80));
        for (&x, &result) in arguments.iter().zip(&results) {
            // MPFR takes long for these, and has a result that is 0, 1 or infinite.
            if matches!(
                f,
                Function::Gamma | Function::Lgamma | Function::Erfc | Function::Erf
            ) && x.abs() > 200.0
            {
                continue;
            }
            value.assign(x);
            exact(&mut value);
            let error = error(result, value.to_f64());
            assert!(error <= 0.51, "{f:?}({x:e}) = {result:e} is off by {error}");
        }
    }
}

#[test]
fn functions_of_two_numbers_agree_with_mpfr() {
    let mut random = Random(5);
    let mut numbers = || -> Vec<f32> {
        (0..20_000)
            .map(|i| match i % 3 {
                0 => f32::from_bits(random.bits() as u32),
                1 => random.within(3.0) as f32,
                _ => random.within(100.0) as f32,
            })
            .collect()
    };
    let (a, b) = (numbers(), numbers());
    for f in FUNCTIONS2 {
        let mut results = vec![0.0; a.len()];
        math2_f32(f, Arg::Each(&a), Arg::Each(&b), &mut results);
        let (exact, mut value) = (exact2(f), Float::new(80));
        for ((&x, &y), &result) in a.iter().zip(&b).zip(&results) {
            value.assign(x);
            exact(&mut value, &Float::with_val(24, y));
            let error = error(result, value.to_f64());
            assert!(
                error <= 0.51,
                "{f:?}({x:e}, {y:e}) = {result:e} is off by {error}"
            );
        }
    }
}

fn check_against_f64(f: Function, step: u64) {
    const CHUNK: u64 = 4096;
    let chunks = (1_u64 << 32).div_ceil(CHUNK * step);
    let (error, x) = (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            let arguments = patterns(chunk * CHUNK * step, step, CHUNK);
            let wide: Vec<f64> = arguments.iter().map(|&x| f64::from(x)).collect();
            let mut results = vec![0.0; arguments.len()];
            let mut exact = vec![0.0; arguments.len()];
            math_f32(f, &arguments, &mut results);
            math_f64(f, &wide, &mut exact);
            let mut worst = (0.0, 0.0);
            for ((&x, &result), &exact) in arguments.iter().zip(&results).zip(&exact) {
                let error = error(result, exact);
                if error > worst.0 {
                    worst = (error, x);
                }
            }
            worst
        })
        .reduce(|| (0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a });
    eprintln!("{f:?} of f32: largest error {error:.5} at {x:e}");
    assert!(error <= 0.51, "{f:?}({x:e}) is off by {error}");
}

#[test]
fn agrees_with_f64() {
    for f in FUNCTIONS {
        check_against_f64(f, 16_381);
    }
}

#[test]
#[ignore = "takes a minute for each function: make test-math"]
fn all_values_agree_with_f64() {
    for f in FUNCTIONS {
        check_against_f64(f, 1);
    }
}
