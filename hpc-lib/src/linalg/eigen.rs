use super::factors::Triangle;
use super::matrices::Matrices;
use crate::array::Array;
use crate::engine::{Wanted, compute, routine};
use crate::error::Error;

/// Eigenvalues `w` and eigenvectors `v`: `a v[.., j] = w[j] v[.., j]`.
#[derive(Clone, Debug)]
pub struct Eigen {
    /// The eigenvalues, `(…, n)`.
    pub values: Array,
    /// The eigenvectors, columns of `(…, n, n)`, each of length 1.
    pub vectors: Array,
}

/// Eigenvalues, in ascending order, and orthonormal eigenvectors of Hermitian (or real symmetric)
/// matrices `(…, n, n)`. Only one triangle is read. The values are real.
///
/// Takes about 9 n³ operations per matrix: tridiagonal form by Householder reflections, then
/// Cuppen's divide and conquer.
///
/// ```
/// use hpc::linalg::{Triangle, eigh};
/// use hpc::prelude::*;
/// let a = Array::from([[2.0, 1.0], [1.0, 2.0]]);
/// let eigen = eigh(&a, Triangle::Lower)?;
/// assert!((eigen.values - Array::from([1.0, 3.0])).abs().max() < 1e-14);
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// Returns an error when a matrix holds infinities or NaN, or when the iteration does not converge.
///
/// # Panics
/// Panics when the array does not hold square matrices.
#[track_caller]
pub fn eigh(a: &Array, triangle: Triangle) -> Result<Eigen, Error> {
    let (values, vectors) = hermitian("eigh", a, triangle, true)?;
    let vectors = vectors.unwrap_or_else(|| values.clone());
    Ok(Eigen { values, vectors })
}

/// The eigenvalues of Hermitian matrices alone: see [`eigh`]. Takes about 4/3 n³ operations per
/// matrix.
///
/// ```
/// use hpc::linalg::{Triangle, eigvalsh};
/// use hpc::prelude::*;
/// let w = eigvalsh(&Array::from([[0.0, 1.0], [1.0, 0.0]]), Triangle::Lower)?;
/// assert!((w - Array::from([-1.0, 1.0])).abs().max() < 1e-14);
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// As [`eigh`].
///
/// # Panics
/// Panics when the array does not hold square matrices.
#[track_caller]
pub fn eigvalsh(a: &Array, triangle: Triangle) -> Result<Array, Error> {
    hermitian("eigvalsh", a, triangle, false).map(|(values, _)| values)
}

#[track_caller]
fn hermitian(
    routine: &'static str,
    a: &Array,
    triangle: Triangle,
    has_vectors: bool,
) -> Result<(Array, Option<Array>), Error> {
    let _region = routine!("linalg::eigh");
    let a = Matrices::square(routine, a);
    let n = a.rows();
    let mut values = a.wanted(&[n], a.dtype().part());
    let mut vectors = has_vectors.then(|| a.wanted(&[n, n], a.dtype()));
    compute(routine, a.shape(), |engines, run| {
        let mut view = vectors.as_mut().map(Wanted::view);
        let is_upper = triangle == Triangle::Upper;
        engines.eigh(
            run,
            &a.given.view(),
            is_upper,
            &mut values.view(),
            view.as_mut(),
        )
    })?;
    Ok((values.into_array(), vectors.map(Wanted::into_array)))
}

/// Eigenvalues, in no order, and eigenvectors of general matrices `(…, n, n)`. Both are complex,
/// c64 for f32 and c64, else c128; the largest component of each vector is real.
///
/// Takes about 25 n³ operations per matrix: Hessenberg form, then the multishift QR algorithm of
/// Braman, Byers and Mathias.
///
/// ```
/// use hpc::linalg::eig;
/// use hpc::prelude::*;
/// let turn = Array::from([[0.0, -1.0], [1.0, 0.0]]);
/// let eigen = eig(&turn)?;
/// assert!((eigen.values.abs() - 1.0).abs().max() < 1e-14);
/// assert!(eigen.values.real().abs().max() < 1e-14);
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// Returns an error when a matrix holds infinities or NaN, or when the iteration does not converge.
///
/// # Panics
/// Panics when the array does not hold square matrices.
#[track_caller]
pub fn eig(a: &Array) -> Result<Eigen, Error> {
    let (values, vectors) = general("eig", a, true)?;
    let vectors = vectors.unwrap_or_else(|| values.clone());
    Ok(Eigen { values, vectors })
}

/// The eigenvalues of general matrices alone: see [`eig`]. Takes about 10 n³ operations per matrix.
///
/// ```
/// use hpc::linalg::eigvals;
/// use hpc::prelude::*;
/// let w = eigvals(&Array::from([[1.0, 5.0], [0.0, 1.0]]))?;
/// assert_eq!(w.real().to_vec::<f64>(), [1.0, 1.0]);
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// As [`eig`].
///
/// # Panics
/// Panics when the array does not hold square matrices.
#[track_caller]
pub fn eigvals(a: &Array) -> Result<Array, Error> {
    general("eigvals", a, false).map(|(values, _)| values)
}

#[track_caller]
fn general(
    routine: &'static str,
    a: &Array,
    has_vectors: bool,
) -> Result<(Array, Option<Array>), Error> {
    let _region = routine!("linalg::eig");
    let a = Matrices::square(routine, a);
    let n = a.rows();
    let dtype = a.dtype().complex();
    let mut values = a.wanted(&[n], dtype);
    let mut vectors = has_vectors.then(|| a.wanted(&[n, n], dtype));
    compute(routine, a.shape(), |engines, run| {
        let mut view = vectors.as_mut().map(Wanted::view);
        engines.eig(run, &a.given.view(), &mut values.view(), view.as_mut())
    })?;
    Ok((values.into_array(), vectors.map(Wanted::into_array)))
}
