//! `#[hpc::kernel]` and `expr!` as a cell uses them.

#![allow(clippy::unwrap_used)] // A test may fail by a panic.

use hpc::prelude::*;

/// Some of both.
#[hpc::kernel]
fn polynomial(x: f64, y: f64) -> f64 {
    let square = x * x;
    if x > y { square * y + 1.0 } else { square - y }
}

/// Turns until a point leaves the circle of radius 2.
#[kernel]
pub fn escape(re: f64, im: f64, most: i64) -> i64 {
    let (mut x, mut y, mut n) = (0.0, 0.0, 0);
    for _ in 0..most {
        if x * x + y * y > 4.0 {
            break;
        }
        (x, y) = (x * x - y * y + re, 2.0 * x * y + im);
        n += 1;
    }
    n
}

#[kernel]
fn polar(x: f64, y: f64) -> (f64, f32, bool) {
    let length = (x * x + y * y).sqrt();
    (length, (y / x) as f32, polynomial(x, y) > 1.0)
}

#[kernel]
fn halved(mut n: i32, up: bool) -> i32 {
    n = n.wrapping_add(i32::from(up));
    n / 2
}

#[kernel]
fn first_of_eight(a: f32, b: f32, c: f32, d: f32, e: f32, f: f32, g: f32, h: f32) -> f32 {
    a + 0.0 * (b + c + d + e + f + g + h)
}

#[test]
fn arrays_and_numbers() {
    for n in [0, 1, 5, 1024, 5000, 100_003] {
        let (x, y) = (linspace(-2.0, 2.0, n), linspace(1.0, -1.0, n));
        let all = polynomial(&x, &y).to_vec::<f64>();
        let (xs, ys) = (x.to_vec::<f64>(), y.to_vec::<f64>());
        let each: Vec<f64> = xs
            .iter()
            .zip(&ys)
            .map(|(&x, &y)| polynomial(x, y))
            .collect();
        assert_eq!(all, each, "{n}");
        let half = polynomial(&x, 0.5).to_vec::<f64>();
        let each: Vec<f64> = xs.iter().map(|&x| polynomial(x, 0.5)).collect();
        assert_eq!(half, each, "{n}");
    }
    let number: f64 = polynomial(2.0, 1.0);
    assert_eq!(number, 5.0);
}

#[test]
fn shapes_meet_and_views_are_read() {
    let (re, im) = (
        linspace(-2.0, 1.0, 40),
        linspace(-1.0, 1.0, 30).reshape([30, 1]),
    );
    let image = escape(&re, &im, 50);
    assert_eq!((image.shape(), image.dtype()), (&[30, 40][..], DType::I64));
    assert_eq!(
        image.item_i64([10, 7]),
        escape(re.item(7), im.item([10, 0]), 50)
    );
    let table = arange(0, 6000, 1).reshape([60, 100]).astype(DType::F64);
    let turned = polynomial(table.t(), 1.0);
    assert_eq!(turned.shape(), [100, 60]);
    assert_eq!(turned.item([3, 5]), polynomial(503.0, 1.0));
    let reversed = polynomial(table.slice(s![.., ..;-1]), 1e9);
    assert_eq!(reversed.item([0, 0]), polynomial(99.0, 1e9));
}

#[test]
fn results_do_not_depend_on_the_threads() {
    let (x, y) = (linspace(-2.0, 2.0, 100_000), linspace(1.0, -1.0, 100_000));
    let before = hpc::set_threads(1);
    let one = (polynomial(&x, &y).to_vec::<f64>(), (&x * &y).sum());
    assert_eq!(hpc::set_threads(3), 1);
    let three = (polynomial(&x, &y).to_vec::<f64>(), (&x * &y).sum());
    assert_eq!(hpc::set_threads(before), 3);
    assert!(one == three);
}

#[test]
fn several_results_and_types() {
    let (x, y) = (linspace(1.0, 3.0, 3000), linspace(0.0, 4.0, 3000));
    let (length, slope, above) = polar(&x, &y);
    assert_eq!(
        [length.dtype(), slope.dtype(), above.dtype()],
        [DType::F64, DType::F32, DType::Bool]
    );
    assert_eq!(length.item(2999), 5.0);
    assert_eq!(slope.item(2999), f64::from(4.0_f32 / 3.0));
    let (_, _, one): (f64, f32, bool) = polar(3.0, 4.0);
    assert_eq!(above.item_bool(2999), one);
    let small = Array::from([7_i8, -3, 0]);
    let up = Array::from([true, false, true]);
    assert_eq!(halved(&small, &up).to_vec::<i32>(), [4, -1, 0]);
    assert_eq!(halved(5, true), 3);
    let a = Array::from([1.5_f32]);
    assert_eq!(
        first_of_eight(&a, 0.0, 0.0, 0.0, 0.0, 0.0, &a, a.clone()).item(0),
        1.5
    );
}

fn message(call: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(call).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[test]
fn mistakes_name_the_kernel_and_the_parameter() {
    let message_of_shapes = message(|| drop(polynomial(zeros(3), zeros(4))));
    assert_eq!(
        message_of_shapes,
        "polynomial: shapes [3] and [4] do not fit together"
    );
    let message_of_dtypes = message(|| drop(halved(zeros(3), true)));
    assert_eq!(
        message_of_dtypes,
        "halved: the array for `n` has dtype f64, which is not all in i32: say so by `astype`"
    );
}

#[test]
fn expressions_take_nothing_away() {
    let (x, y) = (linspace(0.0, 1.0, 2000), linspace(1.0, 3.0, 2000));
    let (n, factor) = (3, 0.5);
    let ours = expr!(sin(2.0 * PI * x) * factor + y / n - (x + y) * 2);
    let by_hand: Array = (2.0 * PI * &x).sin() * factor + &y / n - (&x + &y) * 2;
    assert_eq!(ours.to_vec::<f64>(), by_hand.to_vec::<f64>());
    let chosen = expr!(where(x > 0.5 && !(y >= 2.5), maximum(x, 0.7), -hypot(x, y)));
    assert_eq!(chosen.item(1000), 0.7);
    assert_eq!(chosen.item(1999), -(10.0_f64.sqrt()));
    assert_eq!(expr!(sum(x * x)), (&x * &x).sum());
    assert_eq!(expr!(x.slice(s![0..2]).len()), 2);
    let number: f64 = expr!(sqrt(4.0) + exp(0));
    assert_eq!(number, 3.0);
    let called = expr!(polynomial(x, y) + polynomial(x - 1.0, 2.0));
    assert_eq!(called.item(0), polynomial(0.0, 1.0) + polynomial(-1.0, 2.0));
    assert_eq!(expr!(pow(x, 2) != x).count_nonzero(), 1998);
}
