//! A result against the expected one.

use crate::fixture::{Elements, Numbers, Rule, Value};

/// What an array routine gave.
pub(crate) enum Got {
    Numbers(Numbers),
    /// A number of Rust, whatever dtype NumPy gives it.
    Number(f64),
}

/// What is wrong with a result, if anything is.
pub(crate) fn result(expected: &Value, got: Got, rule: Rule) -> Result<(), String> {
    let Value::Array(expected) = expected else {
        return Err(format!("{expected} is no array"));
    };
    match got {
        Got::Numbers(got) => numbers(expected, &got, rule),
        Got::Number(got) => {
            let values = floats(&expected.elements);
            elements(&expected.dtype, &values, &[got], rule)
        }
    }
}

fn numbers(expected: &Numbers, got: &Numbers, rule: Rule) -> Result<(), String> {
    if (&expected.dtype, &expected.shape) != (&got.dtype, &got.shape) {
        return Err(format!(
            "{} {:?} instead of {} {:?}",
            got.dtype, got.shape, expected.dtype, expected.shape
        ));
    }
    match (&expected.elements, &got.elements) {
        (Elements::Floats(values), Elements::Floats(got)) => {
            elements(&expected.dtype, values, got, rule)
        }
        (expected, got) if expected == got => Ok(()),
        (expected, got) => Err(format!("{got:?} instead of {expected:?}")),
    }
}

fn floats(elements: &Elements) -> Vec<f64> {
    match elements {
        Elements::Bools(values) => values
            .iter()
            .map(|&value| f64::from(u8::from(value)))
            .collect(),
        Elements::Integers(values) => values.iter().map(|&value| value as f64).collect(),
        Elements::Floats(values) => values.clone(),
    }
}

/// Whether each element is as near as the rule asks. Infinities must be equal, zeros have signs where
/// the rule is exact, all NaN are the same.
fn elements(dtype: &str, expected: &[f64], got: &[f64], rule: Rule) -> Result<(), String> {
    let finite = expected.iter().filter(|value| value.is_finite());
    let largest = finite.fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let near = |expected: f64, got: f64| {
        if expected.is_nan() || got.is_nan() || expected.is_infinite() || got.is_infinite() {
            return expected == got || (expected.is_nan() && got.is_nan());
        }
        match rule {
            Rule::Exact => expected.to_bits() == got.to_bits(),
            Rule::Ulp(ulp) => (expected - got).abs() <= ulp * unit(dtype, expected),
            Rule::Near { rtol, atol } => (expected - got).abs() <= atol + rtol * largest,
        }
    };
    for (at, (&expected, &got)) in expected.iter().zip(got).enumerate() {
        if !near(expected, got) {
            return Err(format!("element {at} is {got:e} instead of {expected:e}"));
        }
    }
    Ok(())
}

/// The distance from a number to the next one of its dtype away from 0.
fn unit(dtype: &str, value: f64) -> f64 {
    if matches!(dtype, "float32" | "complex64") {
        let magnitude = (value.abs() as f32).min(f32::MAX.next_down());
        return f64::from(magnitude.next_up()) - f64::from(magnitude);
    }
    let magnitude = value.abs().min(f64::MAX.next_down());
    magnitude.next_up() - magnitude
}
