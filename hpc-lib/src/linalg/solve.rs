use super::factors::{Extent, decompose};
use super::matrices::{Matrices, swapped, with_axis, without_axis, wrong_shape};
use super::norms::matrix_one_norm;
use super::product::matmul;
use crate::array::layout::broadcast_shape;
use crate::array::{Array, Axes, DType, arange, select, zeros};
use crate::engine::{compute, routine};
use crate::error::{Error, OrRaise};
use crate::prof;
use hpc_engines::ViewMut;

/// Sign and logarithm of determinants: `det = sign * exp(log)`.
#[derive(Clone, Debug)]
pub struct Slogdet {
    /// 1, -1 or 0; for complex matrices a number of length 1, or 0. Shape `(…)`.
    pub sign: Array,
    /// The natural logarithm of the absolute value, minus infinity for a singular matrix. `(…)`.
    pub log: Array,
}

/// What [`lstsq`] finds.
#[derive(Clone, Debug)]
pub struct Lstsq {
    /// The solution, `(n)` or `(n, k)`.
    pub x: Array,
    /// The squared length of `b - a x`, `()` or `(k)`.
    pub residuals: Array,
    /// The rank of `a`.
    pub rank: usize,
    /// The singular values of `a`, in descending order.
    pub s: Array,
}

/// The solution of `a x = b`, for square matrices `a (…, n, n)`. `b` is a vector `(n)`, or holds
/// matrices `(…, n, k)`; the batches are broadcast against each other.
///
/// Takes 2/3 n³ + 2 n² k operations per matrix: factors with row pivots.
///
/// ```
/// use hpc::linalg::solve;
/// use hpc::prelude::*;
/// let a = Array::from([[3.0, 1.0], [1.0, 2.0]]);
/// let x = solve(&a, &Array::from([9.0, 8.0]))?;
/// assert!((x - Array::from([2.0, 3.0])).abs().max() < 1e-13);
///
/// let singular = Array::from([[1.0, 2.0], [2.0, 4.0]]);
/// let error = solve(&singular, &Array::from([1.0, 1.0])).unwrap_err();
/// assert_eq!(error.to_string(), "solve: the matrix is singular: pivot 1 is zero");
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// Returns an error when a matrix is singular. NaN and infinities give NaN.
///
/// # Panics
/// Panics when the shapes do not fit together.
#[track_caller]
pub fn solve(a: &Array, b: &Array) -> Result<Array, Error> {
    let _region = routine!("linalg::solve");
    let dtype = a.dtype().promote(b.dtype()).inexact();
    let is_vector = b.ndim() == 1;
    let (left, right) = (a, b);
    let a = Matrices::square_of_dtype("solve", a, dtype);
    let columns = if is_vector {
        with_axis(b, 1)
    } else {
        b.clone()
    };
    let b = Matrices::of_dtype("solve", &columns, dtype);
    if b.rows() != a.rows() {
        shapes_differ("solve", left, right);
    }
    let batch = broadcast_shape("solve", a.batch(), b.batch()).or_raise();
    let (a, b) = (a.for_batch(&batch), b.for_batch(&batch));
    let mut x = a.wanted(&[b.rows(), b.columns()], dtype);
    compute("solve", left.shape(), |engines, run| {
        engines.solve(run, &a.given.view(), &b.given.view(), &mut x.view())
    })?;
    let x = x.into_array();
    // Golub, Van Loan, Matrix Computations, 3.2: an LU decomposition, then two triangular systems.
    let n = a.rows() as f64;
    let each = if dtype.is_complex() { 4.0 } else { 1.0 };
    let matrices = batch.iter().product::<usize>() as f64;
    let flops = each * matrices * n * n * (2.0 / 3.0 * n + 2.0 * b.columns() as f64);
    prof::work(0, flops as u64);
    let last = x.ndim() - 1;
    Ok(if is_vector { without_axis(&x, last) } else { x })
}

#[track_caller]
pub(super) fn shapes_differ(routine: &'static str, left: &Array, right: &Array) -> ! {
    Error::Shapes {
        routine,
        left: left.shape().to_vec(),
        right: right.shape().to_vec(),
    }
    .raise()
}

/// The inverses of square matrices `(…, n, n)`. To solve equations, [`solve`] is faster and more
/// exact.
///
/// Takes 2 n³ operations per matrix.
///
/// ```
/// use hpc::linalg::inv;
/// use hpc::prelude::*;
/// let a = Array::from([[2.0, 0.0], [1.0, 4.0]]);
/// assert_eq!(inv(&a)?.to_vec::<f64>(), [0.5, 0.0, -0.125, 0.25]);
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// Returns an error when a matrix is singular. NaN and infinities give NaN.
///
/// # Panics
/// Panics when the array does not hold square matrices.
#[track_caller]
pub fn inv(a: &Array) -> Result<Array, Error> {
    let _region = routine!("linalg::inv");
    let a = Matrices::square("inv", a);
    let mut inverse = a.wanted(&[a.rows(), a.rows()], a.dtype());
    compute("inv", a.shape(), |engines, run| {
        engines.inv(run, &a.given.view(), &mut inverse.view())
    })?;
    Ok(inverse.into_array())
}

/// The determinants of square matrices `(…, n, n)`: shape `(…)`. That of a matrix without rows is 1.
/// Large matrices overflow: see [`slogdet`].
///
/// Takes 2/3 n³ operations per matrix.
///
/// ```
/// use hpc::linalg::det;
/// use hpc::prelude::*;
/// assert!((det(&Array::from([[1.0, 2.0], [3.0, 4.0]])).item(()) + 2.0).abs() < 1e-14);
/// ```
///
/// # Panics
/// Panics when the array does not hold square matrices.
#[track_caller]
pub fn det(a: &Array) -> Array {
    let _region = routine!("linalg::det");
    let a = Matrices::square("det", a);
    let mut det = a.wanted(&[], a.dtype());
    compute("det", a.shape(), |engines, run| {
        engines.det(run, &a.given.view(), &mut det.view())
    })
    .or_raise();
    det.into_array()
}

/// Signs and logarithms of the determinants of square matrices `(…, n, n)`, which do not overflow.
///
/// Takes 2/3 n³ operations per matrix.
///
/// ```
/// use hpc::linalg::slogdet;
/// use hpc::prelude::*;
/// let a = Array::from([[0.0, 1e-200], [1e-200, 0.0]]);
/// let det = slogdet(&a);
/// assert_eq!(det.sign.item(()), -1.0);
/// assert!((det.log.item(()) - 400.0 * 0.1_f64.ln()).abs() < 1e-10);
/// ```
///
/// # Panics
/// Panics when the array does not hold square matrices.
#[track_caller]
pub fn slogdet(a: &Array) -> Slogdet {
    let _region = routine!("linalg::slogdet");
    let a = Matrices::square("slogdet", a);
    let mut sign = a.wanted(&[], a.dtype());
    let mut log = a.wanted(&[], a.dtype().part());
    compute("slogdet", a.shape(), |engines, run| {
        engines.slogdet(run, &a.given.view(), &mut sign.view(), &mut log.view())
    })
    .or_raise();
    Slogdet {
        sign: sign.into_array(),
        log: log.into_array(),
    }
}

/// The shortest `x` for which `a x - b` is shortest, of a matrix `a (m, n)` and a vector `b (m)` or
/// the columns of a matrix `b (m, k)`. Singular values up to `rcond` times the largest one count as
/// zero; `None` stands for the machine's epsilon times the larger side of `a`.
///
/// Takes some 20 m n min(m, n) operations: by the singular values.
///
/// ```
/// use hpc::linalg::lstsq;
/// use hpc::prelude::*;
/// // A line through (0, 1), (1, 3), (2, 5).
/// let a = Array::from([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]]);
/// let line = lstsq(&a, &Array::from([1.0, 3.0, 5.0]), None)?;
/// assert!((line.x - Array::from([2.0, 1.0])).abs().max() < 1e-13);
/// assert_eq!(line.rank, 2);
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// Returns an error when the matrix holds infinities or NaN, or when the iteration does not
/// converge.
///
/// # Panics
/// Panics when the shapes do not fit together.
#[track_caller]
pub fn lstsq(a: &Array, b: &Array, rcond: Option<f64>) -> Result<Lstsq, Error> {
    let _region = routine!("linalg::lstsq");
    if a.ndim() != 2 {
        wrong_shape("lstsq", a, "it takes one matrix");
    }
    if b.ndim() == 0 || b.ndim() > 2 || b.shape()[0] != a.shape()[0] {
        shapes_differ("lstsq", a, b);
    }
    let dtype = a.dtype().promote(b.dtype()).inexact();
    let is_vector = b.ndim() == 1;
    let columns = if is_vector {
        with_axis(b, 1)
    } else {
        b.clone()
    };
    let a = Matrices::of_dtype("lstsq", a, dtype);
    let b = Matrices::of_dtype("lstsq", &columns, dtype);
    let smallest = rcond.unwrap_or(epsilon(&a) * a.rows().max(a.columns()) as f64);
    let mut x = a.wanted(&[a.columns(), b.columns()], dtype);
    let mut residuals = a.wanted(&[b.columns()], dtype.part());
    let mut s = a.wanted(&[a.rows().min(a.columns())], dtype.part());
    let mut rank = [0_usize];
    compute("lstsq", a.shape(), |engines, run| {
        engines.lstsq(
            run,
            (&a.given.view(), &b.given.view(), smallest),
            &mut x.view(),
            &mut residuals.view(),
            &mut ViewMut::new(&mut rank, 0, &[], &[]),
            &mut s.view(),
        )
    })?;
    let (mut x, mut residuals) = (x.into_array(), residuals.into_array());
    if is_vector {
        (x, residuals) = (without_axis(&x, 1), without_axis(&residuals, 0));
    }
    Ok(Lstsq {
        x,
        residuals,
        rank: rank[0],
        s: s.into_array(),
    })
}

/// The distance of 1 and the next number of a dtype.
fn epsilon(a: &Matrices) -> f64 {
    if a.dtype().part().size() == 4 {
        f32::EPSILON.into()
    } else {
        f64::EPSILON
    }
}

/// The pseudo-inverses `(…, n, m)` of Moore and Penrose, of matrices `(…, m, n)`. Singular values
/// up to `rcond` times the largest one of their matrix count as zero; `None` stands for the
/// machine's epsilon times the larger side.
///
/// Takes some 20 m n min(m, n) operations per matrix: by the singular values.
///
/// ```
/// use hpc::linalg::{matmul, pinv};
/// use hpc::prelude::*;
/// let a = Array::from([[1.0, 0.0], [0.0, 0.0], [0.0, 2.0]]);
/// let inverse = pinv(&a, None)?;
/// assert!((matmul(&inverse, &a) - Array::from([[1.0, 0.0], [0.0, 1.0]])).abs().max() < 1e-13);
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// Returns an error when a matrix holds infinities or NaN, or when the iteration does not converge.
///
/// # Panics
/// Panics when the array does not hold matrices.
#[track_caller]
pub fn pinv(a: &Array, rcond: Option<f64>) -> Result<Array, Error> {
    let _region = routine!("linalg::pinv");
    let matrices = Matrices::new("pinv", a);
    let larger = matrices.rows().max(matrices.columns()) as f64;
    let rcond = rcond.unwrap_or(epsilon(&matrices) * larger);
    let svd = decompose("pinv", a, Extent::Reduced)?;
    let last = svd.s.ndim() - 1;
    if svd.s.is_empty() {
        let shape = [matrices.batch(), &[matrices.columns(), matrices.rows()]].concat();
        return Ok(zeros(shape).astype(matrices.dtype()));
    }
    let limit = rcond * svd.s.max_axis(Axes::from(last).keep());
    let inverse = select(svd.s.gt(&limit), 1.0 / &svd.s, 0.0 * &svd.s);
    let left = with_axis(&inverse, last + 1) * swapped(&svd.u).conj();
    Ok(matmul(&swapped(&svd.vh).conj(), &left))
}

/// The exponential of square matrices `(…, n, n)`: `1 + a + a²/2 + a³/6 + …`. Infinities and NaN
/// give NaN.
///
/// By scaling and squaring with Padé's approximant of degree 13 (N. J. Higham, 2005,
/// doi:10.1137/04061101X): about 16 n³ operations per matrix, and 2 n³ for each doubling of the
/// norm over 5.
///
/// ```
/// use hpc::linalg::expm;
/// use hpc::prelude::*;
/// let turn = expm(&Array::from([[0.0, -PI], [PI, 0.0]]));
/// assert!((turn - Array::from([[-1.0, 0.0], [0.0, -1.0]])).abs().max() < 1e-13);
/// ```
///
/// # Panics
/// Panics when the array does not hold square matrices.
#[track_caller]
pub fn expm(a: &Array) -> Array {
    /// Coefficients of the approximant's numerator.
    const B: [f64; 14] = [
        64_764_752_532_480_000.0,
        32_382_376_266_240_000.0,
        7_771_770_303_897_600.0,
        1_187_353_796_428_800.0,
        129_060_195_264_000.0,
        10_559_470_521_600.0,
        670_442_572_800.0,
        33_522_128_640.0,
        1_323_241_920.0,
        40_840_800.0,
        960_960.0,
        16_380.0,
        182.0,
        1.0,
    ];
    /// The 1-norm up to which it is exact to the last place of f64.
    const THETA: f64 = 5.371_920_351_148_152;

    let _region = routine!("linalg::expm");
    let matrices = Matrices::square("expm", a);
    let (n, dtype) = (matrices.rows(), matrices.dtype());
    let a = a.astype(dtype);
    if a.is_empty() {
        return a;
    }
    let size = matrix_one_norm(&a).max();
    if !size.is_finite() {
        return a * f64::NAN;
    }
    let halvings = if size > THETA {
        (size / THETA).log2().ceil()
    } else {
        0.0
    };
    let a = a * 0.5_f64.powf(halvings);
    let one = identity(n).astype(dtype);
    let a2 = matmul(&a, &a);
    let a4 = matmul(&a2, &a2);
    let a6 = matmul(&a4, &a2);
    let odd = matmul(&a6, &(B[13] * &a6 + B[11] * &a4 + B[9] * &a2))
        + B[7] * &a6
        + B[5] * &a4
        + B[3] * &a2
        + B[1] * &one;
    let odd = matmul(&a, &odd);
    let even = matmul(&a6, &(B[12] * &a6 + B[10] * &a4 + B[8] * &a2))
        + B[6] * &a6
        + B[4] * &a4
        + B[2] * &a2
        + B[0] * &one;
    // The denominator is far from singular for norms up to the limit.
    let mut result = solve(&(&even - &odd), &(&even + &odd)).or_raise();
    for _ in 0..halvings as usize {
        result = matmul(&result, &result);
    }
    result
}

/// The matrix with ones on the diagonal.
pub(super) fn identity(n: usize) -> Array {
    let places = arange(0, n as i64, 1);
    with_axis(&places, 1)
        .eq(with_axis(&places, 0))
        .astype(DType::F64)
}
