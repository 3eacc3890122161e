//! Fourier transforms, against their definition.

#![allow(clippy::unwrap_used)] // What fails must end the test.

mod common;

use std::f64::consts::PI;

use common::*;
use hpc_engines::{View, ViewMut};
use num_complex::{Complex32, Complex64};

/// The definition.
fn sum(signal: &[Complex64], frequency: usize, is_backward: bool) -> Complex64 {
    let n = signal.len();
    let sign = if is_backward { 2.0 } else { -2.0 };
    signal
        .iter()
        .enumerate()
        .map(|(index, value)| {
            // Reduced first: the product is large.
            let turn = (index as u64 * frequency as u64 % n as u64) as f64 / n as f64;
            value * Complex64::from_polar(1.0, sign * PI * turn)
        })
        .sum()
}

fn signal<T: Element>(length: usize) -> Vec<Complex64> {
    let mut random = Random::new(length as u64);
    (0..length).map(|_| random.value::<T>()).collect()
}

fn stored<T: Element>(values: &[Complex64]) -> Vec<T> {
    values.iter().map(|&value| T::of(value)).collect()
}

#[track_caller]
fn assert_value<T: Element>(found: Complex64, expected: Complex64, length: usize) {
    let limit = 10.0 * T::EPSILON * (length as f64).sqrt() * ((length as f64).log2() + 1.0);
    let error = (found - expected).norm();
    assert!(
        error <= limit,
        "length {length}: {found}, not {expected}; error {error:e}, limit {limit:e}"
    );
}

fn lengths() -> impl Iterator<Item = usize> {
    (1..=64).chain([97, 100, 128, 1009, 1024, 3 * 5 * 7 * 11])
}

fn all_frequencies<T: Element<Complex = T>>() {
    for length in lengths() {
        let values = signal::<T>(length);
        let from = stored::<T>(&values);
        let mut to = vec![T::default(); length];
        for is_backward in [false, true] {
            let factor = if is_backward { 0.5 } else { 1.0 };
            engines()
                .fft(
                    &RUN,
                    &View::new(&from, 0, &[length], &[1]),
                    is_backward,
                    factor,
                    &mut ViewMut::new(&mut to, 0, &[length], &[1]),
                )
                .unwrap();
            for (frequency, &found) in to.iter().enumerate() {
                assert_value::<T>(
                    found.value(),
                    factor * sum(&values, frequency, is_backward),
                    length,
                );
            }
        }
    }
}

#[test]
fn complex_signals() {
    all_frequencies::<Complex32>();
    all_frequencies::<Complex64>();
}

fn real_and_back<T: Element<Real = T>>() {
    for length in lengths() {
        let values = signal::<T>(length);
        let from = stored::<T>(&values);
        let half = length / 2 + 1;
        let mut to = vec![T::Complex::default(); half];
        engines()
            .rfft(
                &RUN,
                &View::new(&from, 0, &[length], &[1]),
                2.0,
                &mut ViewMut::new(&mut to, 0, &[half], &[1]),
            )
            .unwrap();
        for (frequency, &found) in to.iter().enumerate() {
            assert_value::<T>(found.value(), 2.0 * sum(&values, frequency, false), length);
        }
        // Real signals have no such parts, which must not matter.
        let mut spoiled = to.clone();
        spoiled[0] = T::Complex::of(to[0].value() + Complex64::I);
        if length % 2 == 0 {
            spoiled[half - 1] = T::Complex::of(to[half - 1].value() + Complex64::I);
        }
        let mut back = vec![T::default(); length];
        engines()
            .irfft(
                &RUN,
                &View::new(&spoiled, 0, &[half], &[1]),
                0.5 / length as f64,
                &mut ViewMut::new(&mut back, 0, &[length], &[1]),
            )
            .unwrap();
        for (&found, &expected) in back.iter().zip(&values) {
            assert_value::<T>(found.value(), expected, length);
        }
    }
}

#[test]
fn real_signals() {
    real_and_back::<f32>();
    real_and_back::<f64>();
}

#[test]
fn a_long_signal() {
    let length = 1 << 16;
    let values = signal::<Complex64>(length);
    let from = stored::<Complex64>(&values);
    let mut to = vec![Complex64::ZERO; length];
    let mut back = to.clone();
    let (shape, strides) = ([length], [1]);
    let mut view = ViewMut::new(&mut to, 0, &shape, &strides);
    engines()
        .fft(
            &RUN,
            &View::new(&from, 0, &shape, &strides),
            false,
            1.0,
            &mut view,
        )
        .unwrap();
    for frequency in [0, 1, 2, 777, length / 2, length - 1] {
        assert_value::<Complex64>(
            to[frequency].value(),
            sum(&values, frequency, false),
            length,
        );
    }
    let factor = 1.0 / length as f64;
    let mut view = ViewMut::new(&mut back, 0, &shape, &strides);
    engines()
        .fft(
            &RUN,
            &View::new(&to, 0, &shape, &strides),
            true,
            factor,
            &mut view,
        )
        .unwrap();
    for (found, &expected) in back.iter().zip(&values) {
        assert_value::<Complex64>(found.value(), expected, 1);
    }
}

/// Transforms along each axis of a cube, forwards and backwards in memory.
#[test]
fn axes_of_a_batch() {
    let (n, m, k) = (12, 35, 20);
    let values = signal::<Complex64>(n * m * k);
    let from = stored::<Complex64>(&values);
    let steps = [(m * k) as isize, k as isize, 1];
    let lengths = [n, m, k];
    for axis in 0..3 {
        let order = [(axis + 1) % 3, (axis + 2) % 3, axis];
        let shape = order.map(|axis| lengths[axis]);
        for is_reversed in [false, true] {
            let strides = order.map(|axis| {
                if is_reversed {
                    -steps[axis]
                } else {
                    steps[axis]
                }
            });
            let start = if is_reversed { from.len() - 1 } else { 0 };
            let mut to = vec![Complex64::ZERO; from.len()];
            engines()
                .fft(
                    &RUN,
                    &View::new(&from, start, &shape, &strides),
                    false,
                    1.0,
                    &mut ViewMut::new(&mut to, start, &shape, &strides),
                )
                .unwrap();
            for (i, j) in [(0, 0), (3, 7), (shape[0] - 1, shape[1] - 1)] {
                let place = |index: usize| {
                    let offset = i as isize * strides[0]
                        + j as isize * strides[1]
                        + index as isize * strides[2];
                    start.checked_add_signed(offset).unwrap()
                };
                let line: Vec<Complex64> =
                    (0..shape[2]).map(|index| values[place(index)]).collect();
                for frequency in 0..shape[2] {
                    let expected = sum(&line, frequency, false);
                    assert_value::<Complex64>(to[place(frequency)].value(), expected, shape[2]);
                }
            }
        }
    }
}

#[test]
fn more_lengths_than_plans_are_kept() {
    for length in 1..200 {
        let from = vec![Complex64::ONE; length];
        let mut to = from.clone();
        let mut view = ViewMut::new(&mut to, 0, std::slice::from_ref(&length), &[1]);
        let from = View::new(&from, 0, std::slice::from_ref(&length), &[1]);
        engines().fft(&RUN, &from, false, 1.0, &mut view).unwrap();
        assert_value::<Complex64>(to[0].value(), Complex64::from(length as f64), length);
    }
}

#[test]
fn infinities_and_nan_stay_in_their_signal() {
    let mut from = vec![Complex64::ONE; 3 * 100];
    from[105] = Complex64::from(f64::NAN);
    from[250] = Complex64::from(f64::INFINITY);
    let mut to = vec![Complex64::ZERO; from.len()];
    let (shape, strides) = ([3, 100], [100, 1]);
    let mut view = ViewMut::new(&mut to, 0, &shape, &strides);
    engines()
        .fft(
            &RUN,
            &View::new(&from, 0, &shape, &strides),
            false,
            1.0,
            &mut view,
        )
        .unwrap();
    assert!((to[0].re - 100.0).abs() < 1e-12);
    assert!(to[100..].iter().all(|value| !value.re.is_finite()));
}

#[test]
fn nothing_to_transform() {
    let from: [Complex64; 0] = [];
    let mut to = from;
    for (shape, strides) in [([0, 8], [8, 1]), ([3, 0], [0, 1])] {
        let mut view = ViewMut::new(&mut to, 0, &shape, &strides);
        engines()
            .fft(
                &RUN,
                &View::new(&from, 0, &shape, &strides),
                false,
                1.0,
                &mut view,
            )
            .unwrap();
    }
}
