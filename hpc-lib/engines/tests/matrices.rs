//! Products and decompositions: what is put together again is what was taken apart.

#![allow(clippy::unwrap_used)] // What fails must end the test.

mod common;

use common::*;
use hpc_engines::{Failure, View, ViewMut};
use num_complex::Complex64;

/// Sides of matrices: square ones and both kinds of others.
fn sides() -> Vec<(usize, usize)> {
    let squares = SIZES.iter().map(|&size| (size, size));
    let others = [
        (0, 3),
        (3, 0),
        (1, 5),
        (5, 1),
        (17, 3),
        (3, 17),
        (100, 40),
        (40, 100),
    ];
    squares.chain(others).collect()
}

/// Two matrices, so that batches are tested, in one of the layouts.
fn pair<T: Element>(rows: usize, columns: usize) -> ([Dense; 2], Order) {
    let seed = (rows * 1000 + columns) as u64;
    let order = ORDERS[(rows + columns) % ORDERS.len()];
    (
        [
            Dense::random::<T>(rows, columns, seed),
            Dense::random::<T>(rows, columns, seed + 7),
        ],
        order,
    )
}

#[test]
fn products() {
    fn test<T: Element>() {
        for (m, k, n) in [
            (0, 3, 2),
            (2, 0, 3),
            (3, 2, 0),
            (1, 1, 1),
            (2, 3, 4),
            (1, 50, 1),
            (50, 1, 50),
            (1, 40, 30),
            (30, 40, 1),
            (17, 19, 23),
            (64, 64, 64),
            (200, 100, 150),
        ] {
            for (index, &order) in ORDERS.iter().enumerate() {
                let (a, _) = pair::<T>(m, k);
                let (b, _) = pair::<T>(k, n);
                let stored_a = Stored::<T>::new(&a, order);
                let stored_b = Stored::<T>::new(&b, ORDERS[(index + 1) % 4]);
                let mut out = Stored::<T>::empty(2, m, n, ORDERS[(index + 2) % 4]);
                for conjugate in 0..4 {
                    let (mut view_a, mut view_b) = (stored_a.view(), stored_b.view());
                    let (mut a, mut b) = (a.clone(), b.clone());
                    if conjugate & 1 > 0 {
                        view_a = view_a.conjugated();
                        a = a.map(|a| a.conj());
                    }
                    if conjugate & 2 > 0 {
                        view_b = view_b.conjugated();
                        b = b.map(|b| b.conj());
                    }
                    out.data.fill(T::of(Complex64::from(f64::NAN)));
                    engines()
                        .matmul(&RUN, &view_a, &view_b, &mut out.view_mut())
                        .unwrap();
                    for item in 0..2 {
                        let scale = a[item].norm() * b[item].norm();
                        assert_near::<T>(&out.get(item), &a[item].times(&b[item]), scale, "a b");
                    }
                }
            }
        }
    }
    each_type!(test);
}

#[test]
fn a_matrix_for_the_whole_batch() {
    let a = [1.0, 2.0, 3.0, 4.0];
    let b: Vec<f64> = (0..12).map(f64::from).collect();
    let mut out = vec![0.0; 12];
    engines()
        .matmul(
            &RUN,
            &View::new(&a, 0, &[3, 2, 2], &[0, 2, 1]),
            &View::new(&b, 0, &[3, 2, 2], &[4, 2, 1]),
            &mut ViewMut::new(&mut out, 0, &[3, 2, 2], &[4, 2, 1]),
        )
        .unwrap();
    assert_eq!(
        out,
        [
            4.0, 7.0, 8.0, 15.0, 16.0, 19.0, 36.0, 43.0, 28.0, 31.0, 64.0, 71.0
        ]
    );
}

#[test]
fn panels_of_a_large_product() {
    let (n, k) = (2000, 1500);
    let a: Vec<f32> = (0..n * k).map(|index| (index % 7) as f32).collect();
    let ones = vec![1.0_f32; k * n];
    let mut out = vec![0.0_f32; n * n];
    engines()
        .matmul(
            &RUN,
            &View::new(&a, 0, &[n, k], &[k as isize, 1]),
            &View::new(&ones, 0, &[k, n], &[n as isize, 1]),
            &mut ViewMut::new(&mut out, 0, &[n, n], &[n as isize, 1]),
        )
        .unwrap();
    for row in 0..n {
        let sum: f32 = a[row * k..][..k].iter().sum();
        assert!(
            out[row * n..][..n].iter().all(|&value| value == sum),
            "row {row}"
        );
    }
}

fn lower(lu: &Dense) -> Dense {
    Dense::make(lu.rows, lu.rows.min(lu.columns), |row, column| {
        match row.cmp(&column) {
            std::cmp::Ordering::Less => Complex64::ZERO,
            std::cmp::Ordering::Equal => Complex64::ONE,
            std::cmp::Ordering::Greater => lu.at(row, column),
        }
    })
}

fn upper(lu: &Dense) -> Dense {
    Dense::make(lu.rows.min(lu.columns), lu.columns, |row, column| {
        if row > column {
            Complex64::ZERO
        } else {
            lu.at(row, column)
        }
    })
}

#[track_caller]
fn check_lu<T: Element>(a: &[Dense], order: Order) {
    let (rows, columns) = (a[0].rows, a[0].columns);
    let mut lu = Stored::<T>::empty(a.len(), rows, columns, order);
    let mut pivots = Plain::<usize>::vectors(a.len(), rows);
    let source = Stored::<T>::new(a, order);
    engines()
        .lu(
            &RUN,
            &source.view(),
            &mut lu.view_mut(),
            &mut pivots.view_mut(),
        )
        .unwrap();
    for (item, a) in a.iter().enumerate() {
        let product = lower(&lu.get(item)).times(&upper(&lu.get(item)));
        assert_near::<T>(&product, &a.rows_in(pivots.item(item)), a.norm(), "l u");
    }
}

#[test]
fn triangular_factors() {
    fn test<T: Element>() {
        for (rows, columns) in sides() {
            let (a, order) = pair::<T>(rows, columns);
            check_lu::<T>(&a, order);
        }
        // Singular: a zero column, equal columns, nothing but zeros.
        let mut a = Dense::random::<T>(20, 20, 5);
        for row in 0..20 {
            a.values[row * 20 + 4] = Complex64::ZERO;
        }
        let mut b = Dense::random::<T>(20, 20, 6);
        for row in 0..20 {
            b.values[row * 20 + 1] = b.values[row * 20];
        }
        let zero = Dense::make(20, 20, |_, _| Complex64::ZERO);
        check_lu::<T>(&[a, b, zero], Order::Rows);
    }
    each_type!(test);
}

#[test]
fn determinants() {
    fn test<T: Element>() {
        for size in SIZES {
            let (a, order) = pair::<T>(size, size);
            let source = Stored::<T>::new(&a, order);
            let (mut det, mut sign) = (Plain::<T>::numbers(2), Plain::<T>::numbers(2));
            let mut log = Plain::<T::Real>::numbers(2);
            engines()
                .det(&RUN, &source.view(), &mut det.view_mut())
                .unwrap();
            let (mut sign_view, mut log_view) = (sign.view_mut(), log.view_mut());
            engines()
                .slogdet(&RUN, &source.view(), &mut sign_view, &mut log_view)
                .unwrap();
            for item in 0..2 {
                let (det, sign) = (det.data[item].value(), sign.data[item].value());
                let log = log.data[item].value().re;
                let limit = 100.0 * T::EPSILON * (size + 1) as f64;
                assert!((sign.norm() - 1.0).abs() < limit, "{size}: {sign}");
                if det.norm().is_normal() && size < 200 {
                    let error = (sign * log.exp() - det).norm() / det.norm();
                    assert!(error < limit * 10.0, "{size}: {det} {sign} {log}");
                }
                if size == 0 {
                    assert_eq!((det, log), (Complex64::ONE, 0.0));
                }
                if size == 3 {
                    let a = &a[item];
                    let minor =
                        |p: usize, q: usize| a.at(1, p) * a.at(2, q) - a.at(1, q) * a.at(2, p);
                    let expected = a.at(0, 0) * minor(1, 2) - a.at(0, 1) * minor(0, 2)
                        + a.at(0, 2) * minor(0, 1);
                    assert!(
                        (det - expected).norm() < 20.0 * T::EPSILON,
                        "{det} {expected}"
                    );
                }
            }
        }
    }
    each_type!(test);
}

#[test]
fn solutions_and_inverses() {
    fn test<T: Element>() {
        for size in SIZES {
            for columns in [0, 1, 5] {
                let (mut a, order) = pair::<T>(size, size);
                // Far from singular.
                for a in &mut a {
                    for index in 0..size {
                        a.values[index * size + index] += 2.0 * (size as f64).sqrt() + 1.0;
                    }
                }
                let (b, other) = pair::<T>(size, columns);
                let mut x = Stored::<T>::empty(2, size, columns, order);
                let source = Stored::<T>::new(&a, order);
                let right = Stored::<T>::new(&b, other);
                engines()
                    .solve(&RUN, &source.view(), &right.view(), &mut x.view_mut())
                    .unwrap();
                let mut inverse = Stored::<T>::empty(2, size, size, other);
                engines()
                    .inv(&RUN, &source.view(), &mut inverse.view_mut())
                    .unwrap();
                for item in 0..2 {
                    let x = x.get(item);
                    let scale = 4.0 * a[item].norm() * x.norm();
                    assert_near::<T>(&a[item].times(&x), &b[item], scale, "a x");
                    let product = a[item].times(&inverse.get(item));
                    let scale = 4.0 * a[item].norm() * inverse.get(item).norm();
                    assert_near::<T>(&product, &Dense::identity(size), scale, "a inv(a)");
                }
            }
        }
    }
    each_type!(test);
}

#[test]
fn singular_matrices_are_told() {
    fn test<T: Element>() {
        let good = Dense::identity(3);
        let bad = Dense::make(3, 3, |row, column| {
            Complex64::from(if column == 1 {
                0.0
            } else {
                (row * row + column) as f64
            })
        });
        let source = Stored::<T>::new(&[good, bad.clone(), bad], Order::Rows);
        let right = Stored::<T>::new(&vec![Dense::identity(3); 3], Order::Rows);
        let mut out = Stored::<T>::empty(3, 3, 3, Order::Rows);
        let inverse = engines().inv(&RUN, &source.view(), &mut out.view_mut());
        assert!(
            matches!(
                inverse,
                Err(Failure::Singular {
                    item: 1,
                    index: 1 | 2
                })
            ),
            "{inverse:?}"
        );
        let solution = engines().solve(&RUN, &source.view(), &right.view(), &mut out.view_mut());
        assert_eq!(solution, inverse);
        let (mut det, mut log) = (Plain::<T>::numbers(3), Plain::<T::Real>::numbers(3));
        engines()
            .det(&RUN, &source.view(), &mut det.view_mut())
            .unwrap();
        assert_eq!(det.data[1].value(), Complex64::ZERO);
        engines()
            .slogdet(
                &RUN,
                &source.view(),
                &mut det.view_mut(),
                &mut log.view_mut(),
            )
            .unwrap();
        assert_eq!(
            (det.data[1].value(), log.data[1].value().re),
            (Complex64::ZERO, f64::NEG_INFINITY)
        );
    }
    each_type!(test);
}

#[test]
fn cholesky_factors() {
    fn test<T: Element>() {
        for size in SIZES {
            let (a, order) = pair::<T>(size, size);
            let a = a.map(|a| {
                let product = a.times(&a.adjoint());
                // As it is stored, so that rounding is not counted.
                let product = Stored::<T>::new(&[product], Order::Rows).get(0);
                Dense::make(size, size, |row, column| {
                    let value = if row < column {
                        product.at(column, row).conj()
                    } else {
                        product.at(row, column)
                    };
                    value + f64::from(row == column)
                })
            });
            for is_upper in [false, true] {
                // What is in the other triangle does not count.
                let half = a.clone().map(|a| {
                    Dense::make(size, size, |row, column| {
                        if is_upper && row > column || !is_upper && row < column {
                            Complex64::from(f64::NAN)
                        } else {
                            a.at(row, column)
                        }
                    })
                });
                let source = Stored::<T>::new(&half, order);
                let mut out = Stored::<T>::empty(2, size, size, order);
                engines()
                    .cholesky(&RUN, &source.view(), is_upper, &mut out.view_mut())
                    .unwrap();
                for (item, a) in a.iter().enumerate() {
                    let factor = out.get(item);
                    let product = if is_upper {
                        factor.adjoint().times(&factor)
                    } else {
                        factor.times(&factor.adjoint())
                    };
                    assert_near::<T>(&product, a, a.norm(), "l l^h");
                }
            }
        }
        let mut bad = Dense::identity(40);
        bad.values[30 * 40 + 30] = Complex64::from(-1.0);
        for value in [-1.0, 0.0, f64::NAN] {
            bad.values[30 * 40 + 30] = Complex64::from(value);
            let source = Stored::<T>::new(&[Dense::identity(40), bad.clone()], Order::Rows);
            let mut out = Stored::<T>::empty(2, 40, 40, Order::Rows);
            let answer = engines().cholesky(&RUN, &source.view(), false, &mut out.view_mut());
            assert_eq!(
                answer,
                Err(Failure::NotPositiveDefinite { item: 1, index: 30 }),
                "{value}"
            );
        }
    }
    each_type!(test);
}

#[track_caller]
fn check_qr<T: Element>(a: &[Dense], order: Order) {
    let (rows, columns) = (a[0].rows, a[0].columns);
    let source = Stored::<T>::new(a, order);
    for middle in [rows, rows.min(columns)] {
        let mut q = Stored::<T>::empty(a.len(), rows, middle, order);
        let mut r = Stored::<T>::empty(a.len(), middle, columns, order);
        engines()
            .qr(
                &RUN,
                &source.view(),
                Some(&mut q.view_mut()),
                &mut r.view_mut(),
            )
            .unwrap();
        let mut only_r = Stored::<T>::empty(a.len(), middle, columns, order);
        engines()
            .qr(&RUN, &source.view(), None, &mut only_r.view_mut())
            .unwrap();
        for (item, a) in a.iter().enumerate() {
            let (q, r) = (q.get(item), r.get(item));
            assert_near::<T>(&q.times(&r), a, 4.0 * a.norm(), "q r");
            let scale = (middle as f64).sqrt();
            assert_near::<T>(
                &q.adjoint().times(&q),
                &Dense::identity(middle),
                4.0 * scale,
                "q^h q",
            );
            assert_near::<T>(
                &upper(&r),
                &Dense::make(middle.min(columns), columns, |row, column| {
                    r.at(row, column)
                }),
                0.0,
                "r",
            );
            assert_eq!(only_r.get(item).values, r.values);
        }
    }
}

#[test]
fn orthogonal_factors() {
    fn test<T: Element>() {
        for (rows, columns) in sides() {
            let (a, order) = pair::<T>(rows, columns);
            check_qr::<T>(&a, order);
        }
        // Of rank 3, and of rank 0.
        let thin = Dense::random::<T>(60, 3, 1).times(&Dense::random::<T>(3, 50, 2));
        let thin = Stored::<T>::new(&[thin], Order::Rows).get(0);
        check_qr::<T>(
            &[thin, Dense::make(60, 50, |_, _| Complex64::ZERO)],
            Order::Rows,
        );
    }
    each_type!(test);
}

#[track_caller]
fn check_svd<T: Element>(a: &[Dense], order: Order) {
    let (rows, columns) = (a[0].rows, a[0].columns);
    let size = rows.min(columns);
    let source = Stored::<T>::new(a, order);
    let batch = a.len();
    let mut values = Plain::<T::Real>::vectors(batch, size);
    engines()
        .svd(&RUN, &source.view(), None, &mut values.view_mut(), None)
        .unwrap();
    for (left, right) in [(size, size), (rows, columns)] {
        let mut u = Stored::<T>::empty(batch, rows, left, order);
        let mut vh = Stored::<T>::empty(batch, right, columns, order);
        let mut s = Plain::<T::Real>::vectors(batch, size);
        engines()
            .svd(
                &RUN,
                &source.view(),
                Some(&mut u.view_mut()),
                &mut s.view_mut(),
                Some(&mut vh.view_mut()),
            )
            .unwrap();
        for (item, a) in a.iter().enumerate() {
            let (u, vh, s) = (u.get(item), vh.get(item), reals(s.item(item)));
            assert!(
                s.is_sorted_by(|a, b| a >= b) && s.iter().all(|&s| s >= 0.0),
                "{s:?}"
            );
            let product = u.times(&Dense::diagonal(left, right, &s)).times(&vh);
            assert_near::<T>(&product, a, 4.0 * a.norm(), "u s vh");
            assert_near::<T>(
                &u.adjoint().times(&u),
                &Dense::identity(left),
                4.0 * (left as f64).sqrt(),
                "u^h u",
            );
            assert_near::<T>(
                &vh.times(&vh.adjoint()),
                &Dense::identity(right),
                4.0 * (right as f64).sqrt(),
                "v^h v",
            );
            let alone = Dense::diagonal(size, size, &reals(values.item(item)));
            assert_near::<T>(
                &alone,
                &Dense::diagonal(size, size, &s),
                4.0 * a.norm(),
                "values alone",
            );
        }
    }
}

#[test]
fn singular_values() {
    fn test<T: Element>() {
        for (rows, columns) in sides() {
            let (a, order) = pair::<T>(rows, columns);
            check_svd::<T>(&a, order);
        }
        let thin = Dense::random::<T>(60, 3, 1).times(&Dense::random::<T>(3, 50, 2));
        let thin = Stored::<T>::new(&[thin], Order::Rows).get(0);
        check_svd::<T>(
            &[thin, Dense::make(60, 50, |_, _| Complex64::ZERO)],
            Order::Rows,
        );
    }
    each_type!(test);
}

#[test]
fn eigenvalues_of_hermitian_matrices() {
    fn test<T: Element>() {
        for size in SIZES {
            let (a, order) = pair::<T>(size, size);
            let a = a.map(|a| {
                Dense::make(size, size, |row, column| match row.cmp(&column) {
                    std::cmp::Ordering::Less => a.at(column, row).conj(),
                    std::cmp::Ordering::Equal => Complex64::from(a.at(row, row).re),
                    std::cmp::Ordering::Greater => a.at(row, column),
                })
            });
            for is_upper in [false, true] {
                let half = a.clone().map(|a| {
                    Dense::make(size, size, |row, column| {
                        if is_upper && row > column || !is_upper && row < column {
                            Complex64::from(f64::NAN)
                        } else {
                            a.at(row, column)
                        }
                    })
                });
                let source = Stored::<T>::new(&half, order);
                let mut v = Stored::<T>::empty(2, size, size, order);
                let (mut w, mut alone) = (
                    Plain::<T::Real>::vectors(2, size),
                    Plain::<T::Real>::vectors(2, size),
                );
                engines()
                    .eigh(
                        &RUN,
                        &source.view(),
                        is_upper,
                        &mut w.view_mut(),
                        Some(&mut v.view_mut()),
                    )
                    .unwrap();
                engines()
                    .eigh(&RUN, &source.view(), is_upper, &mut alone.view_mut(), None)
                    .unwrap();
                for (item, a) in a.iter().enumerate() {
                    let (v, w) = (v.get(item), reals(w.item(item)));
                    assert!(w.is_sorted());
                    let values = Dense::diagonal(size, size, &w);
                    assert_near::<T>(&a.times(&v), &v.times(&values), 4.0 * a.norm(), "a v");
                    assert_near::<T>(
                        &v.adjoint().times(&v),
                        &Dense::identity(size),
                        4.0 * (size as f64).sqrt(),
                        "v^h v",
                    );
                    let alone = Dense::diagonal(size, size, &reals(alone.item(item)));
                    assert_near::<T>(&alone, &values, 4.0 * a.norm(), "values alone");
                }
            }
        }
    }
    each_type!(test);
}

#[test]
fn eigenvalues_of_general_matrices() {
    fn test<T: Element>() {
        for size in SIZES {
            let (a, order) = pair::<T>(size, size);
            let source = Stored::<T>::new(&a, order);
            let mut v = Stored::<T::Complex>::empty(2, size, size, order);
            let mut w = Plain::<T::Complex>::vectors(2, size);
            let mut alone = Plain::<T::Complex>::vectors(2, size);
            engines()
                .eig(
                    &RUN,
                    &source.view(),
                    &mut w.view_mut(),
                    Some(&mut v.view_mut()),
                )
                .unwrap();
            engines()
                .eig(&RUN, &source.view(), &mut alone.view_mut(), None)
                .unwrap();
            for (item, a) in a.iter().enumerate() {
                let v = v.get(item);
                let w: Vec<Complex64> = w.item(item).iter().map(|w| w.value()).collect();
                let values = Dense::make(size, size, |row, column| {
                    if row == column {
                        w[row]
                    } else {
                        Complex64::ZERO
                    }
                });
                assert_near::<T>(&a.times(&v), &v.times(&values), 16.0 * a.norm(), "a v");
                for column in 0..size {
                    let column: Vec<Complex64> = (0..size).map(|row| v.at(row, column)).collect();
                    let length: f64 = column.iter().map(Complex64::norm_sqr).sum();
                    assert!((length - 1.0).abs() < 100.0 * T::EPSILON, "{length}");
                    let largest = column
                        .iter()
                        .max_by(|a, b| a.norm().total_cmp(&b.norm()))
                        .unwrap();
                    assert!(largest.im.abs() < 10.0 * T::EPSILON, "{largest}");
                }
                let trace: Complex64 = (0..size).map(|index| a.at(index, index)).sum();
                for values in [w, alone.item(item).iter().map(|w| w.value()).collect()] {
                    let error = (values.iter().sum::<Complex64>() - trace).norm();
                    assert!(
                        error <= 40.0 * T::EPSILON * (a.norm() + 1.0) * (size + 1) as f64,
                        "{size}: {error}"
                    );
                }
            }
        }
    }
    each_type!(test);
}

#[test]
fn least_squares() {
    fn test<T: Element>() {
        for (rows, columns) in sides() {
            for rank in [2, usize::MAX] {
                let (full, order) = pair::<T>(rows, columns);
                let rank = rank.min(rows).min(columns);
                let a = full.map(|full| {
                    if rank == rows.min(columns) {
                        return full;
                    }
                    let thin = Dense::random::<T>(rows, rank, 3)
                        .times(&Dense::random::<T>(rank, columns, 4));
                    Stored::<T>::new(&[thin], Order::Rows).get(0)
                });
                let (b, other) = pair::<T>(rows, 3);
                let (source, right) = (Stored::<T>::new(&a, order), Stored::<T>::new(&b, other));
                let mut x = Stored::<T>::empty(2, columns, 3, other);
                let (mut residuals, mut s) = (
                    Plain::<T::Real>::vectors(2, 3),
                    Plain::<T::Real>::vectors(2, rows.min(columns)),
                );
                let mut ranks = Plain::<usize>::numbers(2);
                let smallest = T::EPSILON * rows.max(columns) as f64;
                engines()
                    .lstsq(
                        &RUN,
                        (&source.view(), &right.view(), smallest),
                        &mut x.view_mut(),
                        &mut residuals.view_mut(),
                        &mut ranks.view_mut(),
                        &mut s.view_mut(),
                    )
                    .unwrap();
                for (item, a) in a.iter().enumerate() {
                    let x = x.get(item);
                    assert_eq!(ranks.data[item], rank, "{rows} x {columns}");
                    let rest = b[item].minus(&a.times(&x));
                    // The rest is orthogonal to the columns of a; x has no part that a makes zero.
                    let scale = 16.0 * a.norm() * (a.norm() * x.norm() + b[item].norm());
                    let zero = Dense::make(columns, 3, |_, _| Complex64::ZERO);
                    assert_near::<T>(&a.adjoint().times(&rest), &zero, scale, "a^h (b - a x)");
                    for column in 0..3 {
                        let expected: f64 =
                            (0..rows).map(|row| rest.at(row, column).norm_sqr()).sum();
                        let found = residuals.item(item)[column].value().re;
                        let limit = 1e3 * T::EPSILON * (expected + scale);
                        assert!((found - expected).abs() <= limit, "{found} {expected}");
                    }
                    if rank == rows.min(columns) && columns > rows {
                        // Shorter than any other solution: a^h y for some y.
                        let gram = a.times(&a.adjoint());
                        let mut y = Stored::<T>::empty(1, rows, 3, Order::Rows);
                        let gram = Stored::<T>::new(&[gram], Order::Rows);
                        let b = Stored::<T>::new(&[b[item].clone()], Order::Rows);
                        engines()
                            .solve(&RUN, &gram.view(), &b.view(), &mut y.view_mut())
                            .unwrap();
                        let expected = a.adjoint().times(&y.get(0));
                        assert_near::<T>(&x, &expected, 1e3 * x.norm(), "the shortest");
                    }
                }
            }
        }
    }
    each_type!(test);
}
