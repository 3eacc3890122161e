//! Functions of matrices for which NumPy has no results to compare with, or none that are unique:
//! what they must fulfil.

use hpc::linalg::{eig, expm, matmul};
use hpc::prelude::*;
use hpc::random::Generator;

/// 1 + a + a²/2 + …, until the terms vanish.
fn series(a: &Array) -> Array {
    let mut sum = eye(a.shape()[0]).astype(a.dtype());
    let mut term = sum.clone();
    for n in 1..60 {
        term = matmul(&term, a) / f64::from(n);
        sum += &term;
    }
    sum
}

#[test]
fn exponentials_of_matrices() {
    let r = Generator::new(7);
    for (n, size) in [(1_usize, 1.0), (2, 0.01), (3, 1.0), (5, 3.0), (8, 0.3)] {
        let a = size * r.normal([n, n]);
        let exact = series(&a);
        let error = (expm(&a) - &exact).abs().max() / exact.abs().max();
        assert!(error < 1e-13, "{n} × {n}: {error}");
        let (there, back) = (expm(&a), expm(&-&a));
        let rounding = 1e-14 * n as f64 * there.abs().max() * back.abs().max();
        let product = matmul(&there, &back);
        assert!(product.allclose(eye(n), 0.0, rounding), "{product}");
    }
    // The exponentials of what is on the diagonal, large and small.
    let large = expm(&Array::from([[-700.0, 0.0], [0.0, 700.0]]));
    assert!((large.item([0, 0]) / (-700.0_f64).exp() - 1.0).abs() < 1e-9);
    assert!((large.item([1, 1]) / 700.0_f64.exp() - 1.0).abs() < 1e-9);
    // Of complex numbers, and of several matrices.
    let turn = Array::from([[0.0, -1.0], [1.0, 0.0]]);
    let several = stack(&[&turn, &(2.0 * &turn)], 0);
    let turned = expm(&several);
    for (index, angle) in [1.0_f64, 2.0].into_iter().enumerate() {
        let (s, c) = angle.sin_cos();
        let expected = Array::from([[c, -s], [s, c]]);
        assert!(turned.slice(s![index]).allclose(expected, 0.0, 1e-15));
    }
    let i = Complex::new(0.0, 1.0);
    let phase = expm(&(Array::from([[PI]]).astype(DType::C128) * i));
    assert!((phase.item_complex([0, 0]) - Complex::new(-1.0, 0.0)).norm() < 1e-15);
}

#[test]
fn eigenvectors_of_general_matrices() {
    let r = Generator::new(8);
    let real = r.normal([3, 6, 6]);
    let complex = real.astype(DType::C128) + r.normal([3, 6, 6]) * Complex::new(0.0, 1.0);
    for a in [real, complex] {
        let eigen = eig(&a).unwrap();
        assert_eq!(
            (eigen.values.shape(), eigen.vectors.shape()),
            (&[3, 6][..], &[3, 6, 6][..])
        );
        let a = a.astype(DType::C128);
        let (left, right) = (
            matmul(&a, &eigen.vectors),
            &eigen.vectors * eigen.values.expand_dims(1),
        );
        assert!((left - right).abs().max() < 1e-12);
        let lengths = eigen.vectors.abs().square().sum_axis(1);
        assert!(lengths.allclose(1.0, 0.0, 1e-12), "{lengths}");
        // Their sum is the trace.
        let traces = a.diagonal(0, [1, 2]).sum_axis(-1);
        assert!((eigen.values.sum_axis(-1) - traces).abs().max() < 1e-12);
    }
    // One eigenvector for two eigenvalues.
    let defective = eig(&Array::from([[1.0, 1.0], [0.0, 1.0]])).unwrap();
    assert!((defective.values - 1.0).abs().max() < 1e-7);
    assert!(eig(&Array::from([[1.0, f64::NAN], [0.0, 1.0]])).is_err());
}
