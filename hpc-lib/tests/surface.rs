//! Routines of arrays at their limits: overflow, requests beyond all memory, mistakes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hpc::prelude::*;

/// The text of the panic that ends `run`.
fn panic_text<T>(run: impl FnOnce() -> T) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(run)) else {
        panic!("it did not panic");
    };
    payload
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_default()
}

#[track_caller]
fn assert_panics<T>(run: impl FnOnce() -> T, expected: &str) {
    let text = panic_text(run);
    assert!(
        text.starts_with(expected),
        "{text:?} instead of {expected:?}"
    );
}

#[test]
fn requests_beyond_all_memory_are_refused() {
    const HUGE: usize = 1_000_000_000_000_000_000;
    let x = zeros(3);
    assert_panics(
        || linspace(0.0, 1.0, HUGE),
        "linspace: an array of shape [1000000000000000000]",
    );
    assert_panics(|| eye(HUGE), "zeros_of: an array of shape");
    assert_panics(
        || full_of([HUGE, HUGE], 1, DType::I8),
        "full_of: an array of shape",
    );
    assert_panics(|| x.repeat(HUGE), "repeat_axis: an array of shape");
    assert_panics(|| x.repeat(usize::MAX), "repeat_axis: an array of shape");
    assert_panics(|| x.tile(HUGE), "tile: an array of shape");
    assert_panics(|| x.tile([HUGE, HUGE]), "tile: an array of shape");
    assert_panics(
        || x.pad(&[(HUGE, HUGE)], Pad::Edge),
        "pad: an array of shape",
    );
    assert_panics(|| x.pad(&[(usize::MAX, 1)], Pad::Constant(0.0)), "pad: ");
    assert_panics(
        || x.repeat_each(&[HUGE, usize::MAX, 1], 0),
        "repeat_each: an array of shape",
    );
    assert_panics(|| x.diagflat(isize::MAX), "zeros_of: an array of shape");
    assert_panics(|| indices([HUGE, 2]), "arange: an array of shape");
    assert_panics(|| arange(0, i64::MAX, 1), "arange: an array of shape");
    assert_panics(|| arange(0.0, 1e300, 1.0), "arange: an array of shape");
}

#[test]
fn views_take_no_memory_however_large() {
    let wide = Array::from(1.0).broadcast_to([1 << 31, 1 << 31]);
    assert_eq!(wide.slice(s![5, ..3]).sum(), 3.0);
    assert_eq!(wide.len(), 1 << 62);
    assert_panics(
        || wide.broadcast_to([4, 1 << 31, 1 << 31]),
        "broadcast_to: an array of shape",
    );
    assert_panics(|| wide.copy(), "copy: an array of shape");
    let tall = Array::from(1.0).broadcast_to([1 << 40, 1]);
    let broad = Array::from(1.0).broadcast_to([1, 1 << 40]);
    assert_panics(
        || &tall + &broad,
        "add: the result's shape [1099511627776, 1099511627776]",
    );
    assert_panics(
        || broadcast_arrays(&[&tall, &broad]),
        "broadcast_arrays: the result's shape",
    );
}

#[test]
fn writing_to_elements_that_are_one_in_memory() {
    let one = Array::from([7]);
    let mut x = one.broadcast_to(3);
    x.set(1, 0);
    x.assign(s![2..], 5);
    assert_eq!(x.to_vec::<i64>(), [7, 0, 5]);
    assert_eq!(one.to_vec::<i64>(), [7]);
}

#[test]
fn mistakes_are_named() {
    let (x, a) = (arange(0, 3, 1), zeros([2, 3]));
    assert_panics(|| a.moveaxis([0, 1], 0), "moveaxis: 2 axes to 1 places");
    assert_panics(
        || a.permute_dims(0),
        "permute_dims: 1 axes for an array with 2",
    );
    assert_panics(|| a.flip(2), "flip: axis 2 of an array with 2 axes");
    assert_panics(
        || a.squeeze_axis(0),
        "squeeze_axis: axis 0 of shape [2, 3] has not length 1",
    );
    assert_panics(
        || x.broadcast_to(2),
        "broadcast_to: shapes [3] and [2] do not fit together",
    );
    assert_panics(
        || concatenate(&[], 0),
        "concatenate: axis 0 of an array with 0 axes",
    );
    assert_panics(
        || concatenate(&[&x, &a], 0),
        "concatenate: shapes [3] and [2, 3]",
    );
    assert_panics(|| stack(&[], 0), "stack: there are no arrays");
    assert_panics(
        || x.split(2, 0),
        "split: an axis of length 3 in 2 equal parts",
    );
    assert_panics(
        || x.split(0, 0),
        "split: an axis of length 3 in 0 equal parts",
    );
    assert_panics(
        || x.delete(&[3], 0),
        "delete: index 3 is out of range for axis 0 of shape [3]",
    );
    assert_panics(|| x.insert(4, 0, 0), "insert: index 4 is out of range");
    assert_panics(
        || x.pad(&[(1, 1), (1, 1)], Pad::Edge),
        "pad: 2 widths for an array with 1 axes",
    );
    assert_panics(
        || zeros(0).pad(&[(1, 1)], Pad::Wrap),
        "pad: the array is empty",
    );
    assert_panics(
        || unravel_index(&x, 2),
        "unravel_index: position 2 of 2 elements",
    );
    assert_panics(
        || ravel_multi_index(&[&x], 2),
        "ravel_multi_index: index 2 is out of range",
    );
    assert_panics(
        || choose(&x, &[&x]),
        "choose: numbers from 0 to 2 for 1 arrays",
    );
    assert_panics(|| vander(&a, 2), "vander: the array has shape [2, 3]");
    assert_panics(
        || geomspace(-1.0, 1.0, 3),
        "geomspace: no multiples lead from -1 to 1",
    );
    assert_panics(
        || x.ldexp(0.5),
        "ldexp: the array has dtype f64; powers are integers",
    );
    assert_panics(
        || zeros(0).argmin_axis(0),
        "argmin_axis: the array is empty (shape [0])",
    );
    assert_panics(
        || full(2, f64::NAN).nanargmax(),
        "nanargmax: there is no element",
    );
    assert_panics(
        || x.average(&x.zeros_like()),
        "average: the weights add up to 0",
    );
    assert_panics(
        || x.cross(&zeros(2)),
        "cross: shapes [3] and [2] do not fit together",
    );
    assert_panics(
        || x.clone().place(&x.gt(0), &zeros(0)),
        "place: the array is empty",
    );
}

#[test]
fn powers_of_two_are_taken_apart_and_put_together() {
    let least = f64::from_bits(1);
    let numbers = [
        1.0,
        -0.75,
        6.25,
        1e300,
        least,
        3.0 * least,
        f64::MIN_POSITIVE,
        f64::MAX,
        0.0,
    ];
    let x = Array::from(numbers);
    let (mantissa, exponent) = x.frexp();
    assert!(mantissa.slice(s![..8]).abs().ge(0.5).all() && mantissa.abs().lt(1.0).all());
    assert_eq!(mantissa.ldexp(&exponent).to_vec::<f64>(), numbers);
    let cases = [
        (1.0, 1024, f64::INFINITY),
        (1.0, -1074, least),
        (1.5, -1074, 2.0 * least),
        (1.0, -1076, 0.0),
    ];
    for (x, n, expected) in cases {
        assert_eq!(Array::from([x]).ldexp(n).item(0), expected, "{x} * 2^{n}");
        assert_eq!(Array::from([-x]).ldexp(n).item(0), -expected, "{x} * 2^{n}");
    }
    assert_eq!(Array::from([1.0]).ldexp(i64::MIN).item(0), 0.0);
    assert_eq!(
        Array::from([f64::INFINITY]).ldexp(i64::MAX).item(0),
        f64::INFINITY
    );
    assert!(Array::from([f64::NAN]).ldexp(5).item(0).is_nan());
}

#[test]
fn large_arrays_are_made_on_all_threads() {
    let n = 300_001;
    assert_eq!(arange(0, n, 1).sum_i64(), n * (n - 1) / 2);
    assert_eq!(full(n as usize, 3).sum_i64(), 3 * n);
    let x = linspace(0.0, 1.0, n as usize);
    assert_eq!((x.item(0), x.item(-1)), (0.0, 1.0));
    assert!((x.mean() - 0.5).abs() < 1e-12);
    let at = arange(0, n, 1).flip(0);
    assert!(x.slice(s![&at]).eq(x.flip(0)).all());
    let a = x.slice(s![1..]).reshape([300, 1000]);
    assert_eq!(a.argmax_axis(1).min_i64(), 999);
    assert!(a.argmin_axis(0).eq(0).all());
}

#[test]
fn infinities_and_nan_pass_through() {
    let x = Array::from([[1.0, f64::NAN, 3.0], [f64::INFINITY, 2.0, f64::NAN]]);
    assert_eq!(x.nanvar_axis(1, 0.0).item(0), 1.0);
    assert!(x.nanvar_axis(1, 0.0).item(1).is_nan());
    assert_eq!(x.nanmax_axis(1).to_vec::<f64>(), [3.0, f64::INFINITY]);
    let powers = Array::from([-1.0, 1.0]).powf(f64::INFINITY);
    assert_eq!(powers.to_vec::<f64>(), [1.0, 1.0]);
}
