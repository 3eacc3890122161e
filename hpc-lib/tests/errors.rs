//! What becomes of mistakes and limits: ERRORS.md, line by line.

use std::process::Command;

use hpc::linalg::{self, Extent, MatrixNorm, Triangle};
use hpc::prelude::*;
use hpc::signal::window;
use hpc::{Error, random};

/// Notes a routine that does not end with an error whose text is as said.
fn note(wrong: &mut Vec<String>, expected: &str, work: &mut dyn FnMut()) {
    match attempt(work) {
        Ok(()) => wrong.push(format!("no error instead of {expected:?}")),
        Err(error) if error.to_string().starts_with(expected) => {}
        Err(error) => wrong.push(format!("{:?} instead of {expected:?}", error.to_string())),
    }
}

/// A list of calls and the errors that they end with.
macro_rules! errors {
    ($($expected:literal => $work:expr;)*) => {{
        let mut wrong = Vec::new();
        $(note(&mut wrong, $expected, &mut || {
            let _ = $work;
        });)*
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }};
}

#[test]
fn errors_are_values_and_other_panics_go_on() {
    let x = arange(0, 3, 1);
    let error = attempt(|| &x + zeros(2)).unwrap_err();
    assert!(matches!(error, Error::Shapes { routine: "add", .. }));
    // One within the other: the inner one takes it.
    let outer = attempt(|| attempt(|| x.item(9)).is_err());
    assert_eq!(outer, Ok(true));
    let other = std::panic::catch_unwind(|| attempt(|| panic!("of another kind")));
    let text = other.unwrap_err();
    assert_eq!(text.downcast_ref::<&str>(), Some(&"of another kind"));
    // After an attempt a mistake ends the cell again, with its text.
    let ended = std::panic::catch_unwind(|| arange(0, 3, 1).item(9));
    let text = ended.unwrap_err();
    let text = text.downcast_ref::<String>().map(String::as_str);
    assert_eq!(
        text,
        Some("item: index 9 is out of range for axis 0 of shape [3]")
    );
}

#[test]
fn mistakes_in_shapes_name_the_routine_and_the_shapes() {
    let (x, a, c) = (arange(0, 3, 1), ones([2, 3]), ones([2, 2, 2]));
    let mut y = x.clone();
    errors! {
        "add: shapes [2, 3] and [2] do not fit" => &a + zeros(2);
        "sub: shapes [3] and [2] do not fit" => &x - zeros(2);
        "hypot: shapes [2, 3] and [4] do not fit" => a.hypot(zeros(4));
        "lt: shapes [2, 3] and [2] do not fit" => a.lt(zeros(2));
        "select: shapes [2] and [3] do not fit" => select(zeros(2), &x, 0);
        "logaddexp: shapes [2, 3] and [4]" => a.logaddexp(zeros(4));
        "heaviside: shapes [2, 3] and [4]" => a.heaviside(zeros(4));
        "logical_or: shapes [2, 3] and [4]" => a.logical_or(zeros(4));
        "divmod: shapes [2, 3] and [4]" => a.divmod(zeros(4));
        "isclose: shapes [2, 3] and [4]" => a.isclose(zeros(4), 0.0, 0.0);
        "reshape: " => a.reshape([4, 2]);
        "broadcast_to: shapes [3] and [2]" => x.broadcast_to(2);
        "permute_dims: 1 axes for an array with 2" => a.permute_dims(0);
        "sum_axis: axis 2 of an array with 2 axes" => a.sum_axis(2);
        "mean_axis: axis 2 of an array with 2 axes" => a.mean_axis(2);
        "cumsum: there is no axis 2 in an array of shape [2, 3]" => a.cumsum_axis(2);
        "sort: there is no axis 1 in an array of shape [3]" => x.sort_axis(1);
        "argsort: there is no axis 1" => x.argsort_axis(1);
        "median_axis: there is no axis 1" => x.median_axis(1);
        "take: there is no axis 1" => x.take(&x, 1);
        "reduce_axis: axis 1 of an array with 1 axes" => x.reduce_axis(1, |a, b| a + b);
        "accumulate_axis: axis 1 of" => x.accumulate_axis(1, |a, b| a + b);
        "unwrap_phase: there is no axis 1" => x.unwrap_phase(1.0, 1);
        "packbits: there is no axis 1" => x.packbits_axis(1);
        "compress: the array has shape [2, 3]; a condition has one axis" => a.compress(&a, 0);
        "putmask: shapes [3] and [2, 3]" => y.putmask(&a, &x);
        "set_where: shapes [3] and [2, 3]" => x.clone().set_where(&a, &x);
        "trim_zeros: the array has shape [2, 3]" => a.trim_zeros();
        "searchsorted: the array has shape [2, 3]" => a.searchsorted(&x, Side::Left);
        "digitize: the array has shape [2, 3]" => x.digitize(&a, Side::Left);
        "bincount: the array has shape [2, 3]" => a.bincount(0);
        "bincount_weighted: shapes [3] and [2, 3]" => x.bincount_weighted(&a, 0);
        "histogram: the array has shape [2, 3]; edges" => x.histogram(&a);
        "histogram_weighted: shapes [3] and [2]" => x.histogram_weighted(2, &zeros(2));
        "histogram2d: shapes [3] and [2]" => histogram2d(&x, &zeros(2), [2.into(), 2.into()]);
        "histogramdd: a sample of shape [2, 3]" => histogramdd(&a, &[2.into()]);
        "interp: shapes [3] and [2, 3]" => interp(&x, &x, &a);
        "convolve: " => convolve(&a, &x, Overlap::Full);
        "concatenate: shapes [3] and [2, 3]" => concatenate(&[&x, &a], 0);
        "stack: " => stack(&[&x, &a], 0);
        "cov: the array has shape [2, 2, 2]" => c.cov(1.0);
        "cross: shapes [2, 3] and [2]" => a.cross(&zeros(2));
        "average: shapes [3] and [2]" => x.average(&zeros(2));
        "assign: shapes [3] and [2]" => x.clone().assign(s![..], arange(0, 2, 1));
        "matmul: shapes [2, 3] and [2, 3]" => linalg::matmul(&a, &a);
        "matmul: shapes [3] and [2]" => linalg::matmul(&x, &arange(0, 2, 1));
        "vdot: shapes [3] and [2]" => linalg::vdot(&x, &zeros(2));
        "tensordot: shapes [2, 3] and [2, 3]" => linalg::tensordot(&a, &a, &[0], &[1]);
        "einsum: in \"ij,jk\" the axis j has lengths 3 and 2" => linalg::einsum("ij,jk", &[&a, &a]);
        "inv: the array has shape [2, 3]; it takes square matrices" => linalg::inv(&a);
        "det: the array has shape [3]" => linalg::det(&x);
        "solve: " => linalg::solve(&eye(2), &ones(3));
        "cholesky: the array has shape [2, 3]" => linalg::cholesky(&a, Triangle::Lower);
        "svd: the array has shape [3]" => linalg::svd(&x, Extent::Reduced);
        "cond: the array has shape [2, 3]" => linalg::cond(&a, MatrixNorm::One);
        "fft: " => fft::along(1).fft(&x);
    }
    assert_eq!(y.to_vec::<i64>(), [0, 1, 2]);
}

#[test]
fn mistakes_in_dtypes_name_the_routine_and_the_dtype() {
    let (x, m) = (linspace(0.0, 1.0, 3), full(3, true));
    let z = &x + Complex::I;
    errors! {
        "add: the number 300 is out of the range of u8" => Array::from(vec![1_u8]) + 300;
        "pow: " => arange(0, 3, 1).pow(-1);
        "sub: the array has dtype bool" => &m - &m;
        "neg: the array has dtype bool" => -&m;
        "and: the array has dtype f64" => &x & &m;
        "not: the array has dtype f64" => !&x;
        "lt: the array has dtype c128" => z.lt(&x);
        "maximum: the array has dtype c128" => z.maximum(0);
        "floor: the array has dtype c128" => z.floor();
        "cbrt: the array has dtype c128" => z.cbrt();
        "spacing: the array has dtype c128" => z.spacing();
        "i0: the array has dtype c128" => z.i0();
        "degrees: the array has dtype c128" => z.degrees();
        "unwrap_phase: the array has dtype c128" => z.unwrap_phase(1.0, 0);
        "sum: the array has dtype c128" => z.sum();
        "max: the array has dtype c128" => z.max();
        "argmax: the array has dtype c128" => z.argmax();
        "median: the array has dtype c128" => z.median();
        "histogram: the array has dtype c128" => z.histogram(3);
        "bitwise_count: the array has dtype f64" => x.bitwise_count();
        "packbits: the array has dtype f64" => x.packbits();
        "unpackbits: the array has dtype bool" => m.unpackbits();
        "bincount: the array has dtype f64" => x.bincount(0);
        "take: the array has dtype f64" => x.take(&x, 0);
        "slice: the array has dtype f64" => x.slice(s![&x]);
        "gcd: the array has dtype f64" => x.gcd(2);
        "ldexp: the array has dtype f64" => x.ldexp(0.5);
        "assign: values of dtype f64 for an array of i64" => arange(0, 3, 1).assign(s![..], 0.5);
        "set: a value of dtype f64 for an array of i64" => arange(0, 3, 1).set(0, 0.5);
        "to_vec: the array has dtype f64" => x.to_vec::<i64>();
        "rfft: the array has dtype c128" => fft::rfft(&z);
    }
}

#[test]
fn positions_out_of_range_are_errors() {
    let (x, a) = (arange(0, 3, 1), ones([2, 3]));
    let far = Array::from([0, 3]);
    let mut y = x.clone();
    errors! {
        "item: index 3 is out of range for axis 0 of shape [3]" => x.item(3);
        "item: index -4 is out of range" => x.item(-4);
        "set: index 3 is out of range" => y.set(3, 1);
        "slice: index 2 is out of range for axis 0 of shape [2, 3]" => a.slice(s![2]);
        "slice: index 3 is out of range for axis 1 of shape [2, 3]" => a.slice(s![.., &far]);
        "assign: index 3 is out of range" => y.assign(s![&far], 7);
        "take: index 3 is out of range for axis 0 of shape [3]" => x.take(&far, 0);
        "put: index 3 is out of range" => y.put(&far, &far, Outside::Raise);
        "compress: index 3 is out of range" => x.compress(&Array::from([0, 0, 0, 1]), 0);
        "delete: index 3 is out of range" => x.delete(&[3], 0);
        "insert: index 4 is out of range" => x.insert(4, 0, 0);
        "searchsorted: index 3 is out of range" =>
            x.searchsorted_by(&x, Side::Left, &Array::from([0, 1, 3]));
        "ravel_multi_index: index 3 is out of range" => ravel_multi_index(&[&far], 3);
        "unravel_index: position 3 of 3 elements" => unravel_index(&far, 3);
        "partition: there is no rank 3 among 3 elements" => x.partition(&[3], 0);
        "choose: numbers from 0 to 3 for 1 arrays" => choose(&far, &[&x]);
    }
    assert_eq!(y.to_vec::<i64>(), [0, 1, 2]);
    assert_eq!(x.slice(s![2..99]).to_vec::<i64>(), [2]);
    assert_eq!(
        x.take_outside(&far, 0, Outside::Wrap).to_vec::<i64>(),
        [0, 0]
    );
}

#[test]
fn arguments_that_make_no_sense_are_errors() {
    let (x, none) = (linspace(0.0, 1.0, 3), zeros(0));
    errors! {
        "min: the array is empty (shape [0])" => none.min();
        "argmax: the array is empty" => none.argmax();
        "nanargmin: there is no element" => full(2, f64::NAN).nanargmin();
        "reduce_axis: the array is empty" => none.reduce_axis(0, |a, b| a + b);
        "putmask: the array is empty" => x.clone().putmask(&x, &none);
        "interp: the array is empty" => interp(&x, &none, &none);
        "interp: the places xp are not in ascending order" => interp(&x, &x.flip(0), &x);
        "digitize: the edges are neither" => x.digitize(&Array::from([0, 2, 1]), Side::Left);
        "histogram: the edges are not in ascending order" => x.histogram(x.flip(0));
        "histogram: there are no bins" => x.histogram(0);
        "histogram: no bins between NaN and NaN" => full(2, f64::NAN).histogram(3);
        "histogram: no bins between 1 and 0" => x.histogram(Bins::from(3).between(1.0, 0.0));
        "unwrap_phase: the period is 0" => x.unwrap_phase(0.0, 0);
        "quantile: the quantile 2 is not from 0 to 1" => x.quantile(2.0);
        "bincount: the element -1 is negative" => Array::from([-1]).bincount(0);
        "average: the weights add up to 0" => x.average(&zeros(3));
        "kaiser: beta is NaN" => window::kaiser(3, f64::NAN);
        "normal: " => random::normal([usize::MAX]);
        "binomial: " => random::binomial(3, 2.0, 1);
        "choice: " => random::choice(&x, false, None, 4);
    }
}

#[test]
fn integers_wrap_around() {
    let x = Array::from([i64::MAX, i64::MIN]);
    assert_eq!((&x + 1).to_vec::<i64>(), [i64::MIN, i64::MIN + 1]);
    assert_eq!((&x * 2).to_vec::<i64>(), [-2, 0]);
    assert_eq!((-&x).to_vec::<i64>(), [-i64::MAX, i64::MIN]);
    assert_eq!(x.abs().to_vec::<i64>(), [i64::MAX, i64::MIN]);
    assert_eq!(x.square().to_vec::<i64>(), [1, 0]);
    assert_eq!(
        Array::from([3_i64]).pow(41).to_vec::<i64>(),
        [3_i64.wrapping_pow(41)]
    );
    assert_eq!(x.prod_axis(0).item_i64(()), i64::MAX.wrapping_mul(i64::MIN));
    let twice = Array::from([i64::MAX, 1]);
    assert_eq!(twice.sum_axis(0).item_i64(()), i64::MIN);
    assert_eq!(twice.cumsum().to_vec::<i64>(), [i64::MAX, i64::MIN]);
    assert_eq!(linalg::dot(&twice, &twice).item_i64(()), 2);
    // The sum of all is exact.
    assert_eq!(twice.sum(), 9_223_372_036_854_775_808.0);
    assert_eq!(attempt(|| twice.sum_i64()).is_err(), true);
    let small = Array::from(vec![200_u8, 100]);
    assert_eq!((&small + &small).to_vec::<u8>(), [144, 200]);
    // Bits that are shifted out.
    assert_eq!((&twice << 64_i64).to_vec::<i64>(), [0, 0]);
    assert_eq!((&x >> 70_i64).to_vec::<i64>(), [0, -1]);
    assert_eq!(
        Array::from([300, -1]).astype(DType::U8).to_vec::<u8>(),
        [44, 255]
    );
    let out = Array::from([1e300, -1e300, f64::NAN]).astype(DType::I64);
    assert_eq!(out.to_vec::<i64>(), [i64::MAX, i64::MIN, 0]);
}

#[test]
fn division_by_zero_is_defined() {
    let (x, zero) = (
        Array::from([7_i64, -7, i64::MIN]),
        zeros(3).astype(DType::I64),
    );
    for quotient in [
        x.floor_div(&zero),
        &x % &zero,
        x.fmod(&zero),
        x.divmod(0).0,
        x.divmod(0).1,
    ] {
        assert_eq!(quotient.to_vec::<i64>(), [0, 0, 0]);
    }
    assert_eq!(x.floor_div(-1).to_vec::<i64>(), [-7, 7, i64::MIN]);
    assert_eq!((&x % -1).to_vec::<i64>(), [0, 0, 0]);
    assert_eq!(
        (&x / &zero).to_vec::<f64>(),
        [f64::INFINITY, -f64::INFINITY, -f64::INFINITY]
    );
    assert!((&zero / &zero).isnan().all());
    assert!((1.0 / zeros(2)).eq(f64::INFINITY).all());
    assert!(zeros(0).mean().is_nan());
}

#[test]
fn requests_of_ten_to_the_eighteen_elements_are_refused() {
    const HUGE: usize = 1_000_000_000_000_000_000;
    let x = zeros(3);
    let wide = Array::from(1.0).broadcast_to(1 << 45);
    errors! {
        "zeros: an array of shape [1000000000000000000] and dtype f64 needs 8.0 EB" => zeros(HUGE);
        "full: an array of shape" => full(HUGE, 1);
        "ones: an array of shape" => ones(HUGE);
        "logspace: an array of shape" => logspace(0.0, 1.0, HUGE);
        "from_fn: an array of shape" => from_fn(HUGE, |_| 0.0);
        "resize: an array of shape [1000000000000000000]" => x.resize(HUGE);
        "resize: an array of shape" => x.resize([HUGE, HUGE]);
        "array_split: " => x.array_split(HUGE, 0);
        "diag_indices: " => diag_indices(3, HUGE);
        "bincount: an array of shape" => Array::from([1]).bincount(HUGE);
        "linspace: an array of shape" => x.histogram(HUGE);
        "hanning: an array of shape" => window::hanning(HUGE);
        "kaiser: an array of shape" => window::kaiser(1 << 45, 1.0);
        "fftfreq: an array of shape" => fft::fftfreq(HUGE, 1.0);
        "fft: " => fft::along(0).length(HUGE).fft(&x);
        "normal: an array of shape" => random::normal(HUGE);
        "integers: an array of shape" => random::integers(0, 9, HUGE);
        "permutation: an array of shape" => random::permutation(1 << 45);
        "bytes: an array of shape" => random::bytes(HUGE);
        "choice: an array of shape" => random::choice(&x, true, None, [HUGE, HUGE]);
        // Of views, which take no memory themselves.
        "to_vec: an array of shape [35184372088832]" => wide.to_vec::<f64>();
        "sort: an array of shape" => wide.sort();
        "unique: an array of shape" => wide.unique();
        "reshape: an array of shape" => wide.cumsum();
        "eval: an array of shape" => (&wide + 1).eval();
        "reshape: an array of shape" => linalg::outer(&wide, &wide);
        "eval: an array of shape" => wide.astype(DType::Bool).packbits();
        "reshape: an array of shape" => linalg::matmul(&wide.reshape([-1, 1]), &wide.reshape([1, -1]));
    }
}

/// What the child of the next test does: more and more memory, until there is none.
fn fill_the_memory() -> bool {
    let mut held = Vec::new();
    let refused = loop {
        match attempt(|| ones(1 << 22)) {
            Ok(array) => held.push(array),
            Err(error) => break error,
        }
        if held.len() > 1000 {
            return false; // Nobody set a limit.
        }
    };
    let text = refused.to_string();
    let sum = attempt(|| (&held[0] * 2.0).exp().eval());
    let still_there = held[0].sum() == f64::from(1 << 22);
    held.clear();
    text.contains("more than is available")
        && sum.is_err()
        && still_there
        && ones(1 << 22).sum() > 0.0
}

#[cfg(target_os = "linux")]
#[test]
fn missing_memory_is_an_error_and_work_goes_on() {
    const CHILD: &str = "FERROLAB_TEST_FILLS_THE_MEMORY";
    if std::env::var_os(CHILD).is_some() {
        assert!(fill_the_memory());
        println!("went on");
        return;
    }
    let own = std::env::current_exe().unwrap();
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -v 1500000 && exec \"$0\" --exact \"$1\" --nocapture",
        ])
        .arg(own)
        .arg("missing_memory_is_an_error_and_work_goes_on")
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("went on"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
