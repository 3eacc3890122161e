use super::matrices::Matrices;
use crate::array::Array;
use crate::engine::{compute, routine};
use crate::error::{Error, OrRaise};

/// Which triangle of a Hermitian matrix is read, or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Triangle {
    /// The diagonal and what is below it.
    Lower,
    /// The diagonal and what is above it.
    Upper,
}

/// How many columns an orthogonal factor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// As many as carry something: the smaller side of the matrix.
    Reduced,
    /// All of them: the factor is square.
    Complete,
}

/// Orthogonal and triangular factors: `a = q r`.
#[derive(Clone, Debug)]
pub struct Qr {
    /// Orthonormal columns, `(…, m, k)`.
    pub q: Array,
    /// The upper triangular factor, `(…, k, n)`.
    pub r: Array,
}

/// Singular values and vectors: `a = u diag(s) vh`.
#[derive(Clone, Debug)]
pub struct Svd {
    /// Left vectors, columns of `(…, m, k)` or `(…, m, m)`.
    pub u: Array,
    /// Singular values in descending order, `(…, k)`, real.
    pub s: Array,
    /// Right vectors, conjugated: rows of `(…, k, n)` or `(…, n, n)`.
    pub vh: Array,
}

/// Cholesky's factors of Hermitian (or real symmetric), positive definite matrices `(…, n, n)`:
/// `a = l l^H`, or `a = u^H u` from the upper triangle. The other triangle is not read.
///
/// Takes n³/3 operations per matrix.
///
/// ```
/// use hpc::linalg::{Triangle, cholesky};
/// use hpc::prelude::*;
/// let l = cholesky(&Array::from([[4.0, 2.0], [2.0, 5.0]]), Triangle::Lower)?;
/// assert_eq!(l.to_vec::<f64>(), [2.0, 0.0, 1.0, 2.0]);
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// Returns an error when a matrix is not positive definite, which NaN make it too.
///
/// # Panics
/// Panics when the array does not hold square matrices.
#[track_caller]
pub fn cholesky(a: &Array, triangle: Triangle) -> Result<Array, Error> {
    let _region = routine!("linalg::cholesky");
    let a = Matrices::square("cholesky", a);
    let mut factor = a.wanted(&[a.rows(), a.rows()], a.dtype());
    compute(a.routine, a.shape(), |engines, run| {
        let is_upper = triangle == Triangle::Upper;
        engines.cholesky(run, &a.given.view(), is_upper, &mut factor.view())
    })?;
    Ok(factor.into_array())
}

/// Orthogonal and triangular factors of matrices `(…, m, n)`, with `k` the smaller of both sides,
/// or `m` where they shall be complete. Signs are those of Householder reflections: a diagonal of
/// `r` may be negative.
///
/// Takes about 4 m n k operations per matrix.
///
/// ```
/// use hpc::linalg::{Extent, matmul, qr};
/// use hpc::prelude::*;
/// let a = arange(1.0, 7.0, 1.0).reshape([3, 2]);
/// let qr = qr(&a, Extent::Reduced);
/// assert_eq!((qr.q.shape(), qr.r.shape()), (&[3, 2][..], &[2, 2][..]));
/// assert!((matmul(&qr.q, &qr.r) - &a).abs().max() < 1e-14);
/// ```
///
/// # Panics
/// Panics when the array does not hold matrices.
#[track_caller]
pub fn qr(a: &Array, extent: Extent) -> Qr {
    let _region = routine!("linalg::qr");
    let a = Matrices::new("qr", a);
    let middle = match extent {
        Extent::Reduced => a.rows().min(a.columns()),
        Extent::Complete => a.rows(),
    };
    let mut q = a.wanted(&[a.rows(), middle], a.dtype());
    let mut r = a.wanted(&[middle, a.columns()], a.dtype());
    compute(a.routine, a.shape(), |engines, run| {
        engines.qr(run, &a.given.view(), Some(&mut q.view()), &mut r.view())
    })
    .or_raise();
    Qr {
        q: q.into_array(),
        r: r.into_array(),
    }
}

/// Singular values and vectors of matrices `(…, m, n)`.
///
/// Takes some 10 to 20 m n k operations per matrix, `k` the smaller of both sides: bidiagonal form
/// by Householder reflections, then divide and conquer of Gu and Eisenstat.
///
/// ```
/// use hpc::linalg::{Extent, svd};
/// use hpc::prelude::*;
/// let svd = svd(&Array::from([[0.0, 2.0], [3.0, 0.0]]), Extent::Reduced)?;
/// assert!((svd.s - Array::from([3.0, 2.0])).abs().max() < 1e-14);
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// Returns an error when a matrix holds infinities or NaN, or when the iteration does not converge.
///
/// # Panics
/// Panics when the array does not hold matrices.
#[track_caller]
pub fn svd(a: &Array, extent: Extent) -> Result<Svd, Error> {
    decompose("svd", a, extent)
}

#[track_caller]
pub(super) fn decompose(routine: &'static str, a: &Array, extent: Extent) -> Result<Svd, Error> {
    let _region = routine!("linalg::svd");
    let a = Matrices::new(routine, a);
    let size = a.rows().min(a.columns());
    let (left, right) = match extent {
        Extent::Reduced => (size, size),
        Extent::Complete => (a.rows(), a.columns()),
    };
    let mut u = a.wanted(&[a.rows(), left], a.dtype());
    let mut s = a.wanted(&[size], a.dtype().part());
    let mut vh = a.wanted(&[right, a.columns()], a.dtype());
    compute(routine, a.shape(), |engines, run| {
        let (mut u, mut vh) = (u.view(), vh.view());
        engines.svd(
            run,
            &a.given.view(),
            Some(&mut u),
            &mut s.view(),
            Some(&mut vh),
        )
    })?;
    Ok(Svd {
        u: u.into_array(),
        s: s.into_array(),
        vh: vh.into_array(),
    })
}

/// Singular values alone, `(…, k)`: see [`svd`]. Takes about 4 m n k operations per matrix.
///
/// ```
/// use hpc::linalg::svdvals;
/// use hpc::prelude::*;
/// let s = svdvals(&Array::from([[3.0, 0.0], [0.0, -4.0]]))?;
/// assert!((s - Array::from([4.0, 3.0])).abs().max() < 1e-14);
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// As [`svd`].
///
/// # Panics
/// Panics when the array does not hold matrices.
#[track_caller]
pub fn svdvals(a: &Array) -> Result<Array, Error> {
    values("svdvals", a)
}

#[track_caller]
pub(super) fn values(routine: &'static str, a: &Array) -> Result<Array, Error> {
    let _region = routine!("linalg::svd");
    let a = Matrices::new(routine, a);
    let mut s = a.wanted(&[a.rows().min(a.columns())], a.dtype().part());
    compute(routine, a.shape(), |engines, run| {
        engines.svd(run, &a.given.view(), None, &mut s.view(), None)
    })?;
    Ok(s.into_array())
}
