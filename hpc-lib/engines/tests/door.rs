//! The door: failures, wishes of the caller, many threads, input without meaning.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use common::*;
use hpc_engines::{Failure, Run, View, ViewMut};
use num_complex::Complex64;

/// Matrices with something in them that is not finite.
fn spoiled<T: Element>(size: usize) -> Vec<Dense> {
    [f64::NAN, f64::INFINITY, f64::NEG_INFINITY]
        .into_iter()
        .map(|value| {
            let mut matrix = Dense::random::<T>(size, size, 3);
            matrix.values[(size / 2) * size + size / 3] = Complex64::from(value);
            matrix
        })
        .collect()
}

#[test]
fn input_that_is_not_finite() {
    fn test<T: Element>() {
        for size in [1, 3, 17, 150] {
            for matrix in spoiled::<T>(size) {
                let source = Stored::<T>::new(&[Dense::identity(size), matrix], Order::Rows);
                let mut square = Stored::<T>::empty(2, size, size, Order::Rows);
                let mut other = Stored::<T>::empty(2, size, size, Order::Rows);
                let mut complex = Stored::<T::Complex>::empty(2, size, size, Order::Rows);
                let mut reals = Plain::<T::Real>::vectors(2, size);
                let mut values = Plain::<T::Complex>::vectors(2, size);
                let mut pivots = Plain::<usize>::vectors(2, size);
                let (mut number, mut rank) = (Plain::<T>::numbers(2), Plain::<usize>::numbers(2));
                let (mut log, mut residuals) = (
                    Plain::<T::Real>::numbers(2),
                    Plain::<T::Real>::vectors(2, size),
                );
                let a = &source.view();
                let e = engines();

                let not_finite = Err(Failure::NotFinite { item: 1 });
                assert_eq!(
                    e.svd(&RUN, a, None, &mut reals.view_mut(), None),
                    not_finite
                );
                let (mut u, mut vh) = (square.view_mut(), other.view_mut());
                assert_eq!(
                    e.svd(&RUN, a, Some(&mut u), &mut reals.view_mut(), Some(&mut vh)),
                    not_finite
                );
                assert_eq!(
                    e.eigh(
                        &RUN,
                        a,
                        false,
                        &mut reals.view_mut(),
                        Some(&mut square.view_mut())
                    ),
                    not_finite
                );
                assert_eq!(
                    e.eig(
                        &RUN,
                        a,
                        &mut values.view_mut(),
                        Some(&mut complex.view_mut())
                    ),
                    not_finite
                );
                let answer = e.lstsq(
                    &RUN,
                    (a, a, 0.0),
                    &mut square.view_mut(),
                    &mut residuals.view_mut(),
                    &mut rank.view_mut(),
                    &mut reals.view_mut(),
                );
                assert_eq!(answer, not_finite);

                e.qr(&RUN, a, Some(&mut square.view_mut()), &mut other.view_mut())
                    .unwrap();
                e.lu(&RUN, a, &mut square.view_mut(), &mut pivots.view_mut())
                    .unwrap();
                e.slogdet(&RUN, a, &mut number.view_mut(), &mut log.view_mut())
                    .unwrap();
                e.det(&RUN, a, &mut number.view_mut()).unwrap();
                assert_eq!(number.data[0].value(), Complex64::from(1.0));
                assert!(!number.data[1].value().is_finite());
                e.inv(&RUN, a, &mut square.view_mut()).unwrap();
                e.solve(&RUN, a, a, &mut square.view_mut()).unwrap();
                assert!(square.get(1).values.iter().any(|value| !value.is_finite()));
                e.matmul(&RUN, a, a, &mut square.view_mut()).unwrap();
                assert!(square.get(1).values.iter().any(|value| !value.is_finite()));
            }
        }
    }
    each_type!(test);
}

#[test]
fn extreme_scales() {
    for scale in [1e-280, 1e280] {
        let matrix = Dense::random::<f64>(30, 30, 9);
        let large = Dense::make(30, 30, |row, column| matrix.at(row, column) * scale);
        let source = Stored::<f64>::new(&[matrix, large], Order::Rows);
        let mut s = Plain::<f64>::vectors(2, 30);
        engines()
            .svd(&RUN, &source.view(), None, &mut s.view_mut(), None)
            .unwrap();
        for (plain, scaled) in s.item(0).iter().zip(s.item(1)) {
            assert!(
                (scaled / scale - plain).abs() < 1e-12 * s.item(0)[0],
                "{plain} {scaled}"
            );
        }
    }
}

extern "C" fn always() -> bool {
    true
}

static ASKED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn after_three() -> bool {
    ASKED.fetch_add(1, Ordering::Relaxed) >= 3
}

#[test]
fn the_caller_can_stop() {
    let matrices: Vec<Dense> = (0..100)
        .map(|seed| Dense::random::<f64>(40, 40, seed))
        .collect();
    let source = Stored::<f64>::new(&matrices, Order::Rows);
    let mut out = Stored::<f64>::empty(100, 40, 40, Order::Rows);
    for threads in [1, 2] {
        for interrupted in [always as extern "C" fn() -> bool, after_three] {
            ASKED.store(0, Ordering::Relaxed);
            let run = Run {
                threads,
                interrupted: Some(interrupted),
            };
            let answer = engines().inv(&run, &source.view(), &mut out.view_mut());
            assert_eq!(answer, Err(Failure::Interrupted));
        }
    }
    engines()
        .inv(&RUN, &source.view(), &mut out.view_mut())
        .unwrap();
}

#[test]
fn the_first_failure_is_told() {
    let mut matrices = vec![Dense::identity(30); 400];
    for item in [350, 77, 200] {
        matrices[item] = Dense::make(30, 30, |_, _| Complex64::from(0.0));
    }
    let source = Stored::<f64>::new(&matrices, Order::Rows);
    let mut out = Stored::<f64>::empty(400, 30, 30, Order::Rows);
    for threads in [1, 2, 5] {
        let run = Run { threads, ..RUN };
        let answer = engines().inv(&run, &source.view(), &mut out.view_mut());
        assert_eq!(answer, Err(Failure::Singular { item: 77, index: 0 }));
    }
}

/// Results do not depend on who else computes.
#[test]
fn many_callers() {
    let compute = |size: usize| {
        let source = Stored::<f64>::new(&[Dense::random::<f64>(size, size, 1)], Order::Rows);
        let mut s = Plain::<f64>::vectors(1, size);
        let mut inverse = Stored::<f64>::empty(1, size, size, Order::Columns);
        engines()
            .svd(&RUN, &source.view(), None, &mut s.view_mut(), None)
            .unwrap();
        engines()
            .inv(&RUN, &source.view(), &mut inverse.view_mut())
            .unwrap();
        (s.data, inverse.data)
    };
    let expected = [compute(50), compute(200)];
    thread::scope(|scope| {
        for index in 0..8 {
            let expected = &expected;
            scope.spawn(move || {
                for _ in 0..4 {
                    assert!(compute([50, 200][index % 2]) == expected[index % 2]);
                }
            });
        }
    });
}

#[test]
fn arguments_must_fit() {
    let message = |call: &mut dyn FnMut()| {
        let panic = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    };
    let (a, b) = ([0.0; 6], [0.0_f32; 6]);
    let mut out = [0.0; 4];
    let mut multiply = |b: View<'_>, shape: &[usize]| {
        let a = View::new(&a, 0, &[2, 3], &[3, 1]);
        let mut out = ViewMut::new(&mut out, 0, shape, &[2, 1]);
        _ = engines().matmul(&RUN, &a, &b, &mut out);
    };
    let text = message(&mut || multiply(View::new(&a, 0, &[2, 3], &[3, 1]), &[2, 2]));
    assert!(text.contains("matmul") && text.contains("[2, 3]"), "{text}");
    let text = message(&mut || multiply(View::new(&b, 0, &[3, 2], &[2, 1]), &[2, 2]));
    assert!(text.contains("F32"), "{text}");
    let text = message(&mut || multiply(View::new(&a, 0, &[3, 2], &[2, 1]), &[1, 2]));
    assert!(text.contains("[1, 2]"), "{text}");
    let text = message(&mut || {
        let mut det = [0.0];
        let a = View::new(&a, 0, &[2, 3], &[3, 1]);
        _ = engines().det(&RUN, &a, &mut ViewMut::new(&mut det, 0, &[], &[]));
    });
    assert!(text.contains("square"), "{text}");
}
