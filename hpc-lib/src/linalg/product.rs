use super::integers;
use super::matrices::{Matrices, permuted, with_axis, without_axis, wrong_shape};
use super::solve::{identity, inv, shapes_differ};
use crate::array::dtype::Kind;
use crate::array::layout::broadcast_shape;
use crate::array::{Array, DType, zeros};
use crate::engine::{compute, routine};
use crate::error::{Error, OrRaise};
use crate::prof;

/// Products of matrices: `(…, m, k)` by `(…, k, n)`, the batches broadcast against each other. A
/// vector `(k)` on the left is one row, on the right one column, and has no axis in the result.
///
/// Takes 2 m k n operations per matrix. Products of integers wrap around; those of bool are "or" of
/// "and".
///
/// ```
/// use hpc::linalg::matmul;
/// use hpc::prelude::*;
/// let a = Array::from([[1.0, 2.0], [3.0, 4.0]]);
/// assert_eq!(matmul(&a, &a).to_vec::<f64>(), [7.0, 10.0, 15.0, 22.0]);
/// assert_eq!(matmul(&a, &Array::from([1.0, -1.0])).to_vec::<f64>(), [-1.0, -1.0]);
/// ```
///
/// # Panics
/// Panics when the shapes do not fit together, or there is not enough memory.
#[track_caller]
pub fn matmul(a: &Array, b: &Array) -> Array {
    let _region = routine!("linalg::matmul");
    let dtype = a.dtype().promote(b.dtype());
    if a.ndim() == 0 || b.ndim() == 0 {
        let number = if a.ndim() == 0 { a } else { b };
        wrong_shape("matmul", number, "it takes vectors and matrices");
    }
    let rows = if a.ndim() == 1 {
        with_axis(a, 0)
    } else {
        a.clone()
    };
    let columns = if b.ndim() == 1 {
        with_axis(b, 1)
    } else {
        b.clone()
    };
    let left = Matrices::of_dtype("matmul", &rows, dtype);
    let right = Matrices::of_dtype("matmul", &columns, dtype);
    if left.columns() != right.rows() {
        shapes_differ("matmul", a, b);
    }
    let Ok(batch) = broadcast_shape("matmul", left.batch(), right.batch()) else {
        shapes_differ("matmul", a, b)
    };
    let depth = left.columns();
    let mut out = if dtype.kind() < Kind::Float {
        integers::products(dtype, &left, &right, &batch).or_raise()
    } else {
        by_engines(&left.for_batch(&batch), &right.for_batch(&batch), dtype)
    };
    let operations = out.len() * depth * if dtype.is_complex() { 8 } else { 2 };
    prof::work(
        ((a.len() + b.len() + out.len()) * dtype.size()) as u64,
        operations as u64,
    );
    if b.ndim() == 1 {
        out = without_axis(&out, out.ndim() - 1);
    }
    if a.ndim() == 1 {
        let axis = out.ndim() - if b.ndim() == 1 { 1 } else { 2 };
        out = without_axis(&out, axis);
    }
    out
}

/// The products of the matrices of two batches of one size.
#[track_caller]
fn by_engines(left: &Matrices, right: &Matrices, dtype: DType) -> Array {
    let mut out = left.wanted(&[left.rows(), right.columns()], dtype);
    compute("matmul", left.shape(), |engines, run| {
        engines.matmul(
            run,
            &left.given.view(),
            &right.given.view(),
            &mut out.view(),
        )
    })
    .or_raise();
    out.into_array()
}

/// NumPy's `dot`: the product of vectors or matrices; with a number, each element times it; else
/// the sum over the last axis of `a` and the last but one of `b`.
///
/// ```
/// use hpc::linalg::dot;
/// use hpc::prelude::*;
/// let a = Array::from([1.0, 2.0, 3.0]);
/// assert_eq!(dot(&a, &a).item(()), 14.0);
/// ```
///
/// # Panics
/// As [`matmul`].
#[track_caller]
pub fn dot(a: &Array, b: &Array) -> Array {
    if a.ndim() == 0 || b.ndim() == 0 {
        return a * b;
    }
    if a.ndim() <= 2 && b.ndim() <= 2 {
        return matmul(a, b);
    }
    let axis = b.ndim().saturating_sub(2);
    tensordot(a, b, &[a.ndim() - 1], &[axis])
}

/// The sum of the products of all elements, those of `a` conjugated.
///
/// ```
/// use hpc::linalg::vdot;
/// use hpc::prelude::*;
/// let a = Array::from([1.0, 2.0]) * Complex::I;
/// assert_eq!(vdot(&a, &a).item_complex(()), Complex::new(5.0, 0.0));
/// ```
///
/// # Panics
/// Panics when the arrays have different numbers of elements.
#[track_caller]
pub fn vdot(a: &Array, b: &Array) -> Array {
    if a.len() != b.len() {
        shapes_differ("vdot", a, b);
    }
    matmul(&a.reshape([a.len()]).conj(), &b.reshape([b.len()]))
}

/// The sum over the last axes of both: shape `(a…, b…)` without them.
///
/// ```
/// use hpc::linalg::inner;
/// use hpc::prelude::*;
/// let a = Array::from([[1.0, 2.0], [3.0, 4.0]]);
/// assert_eq!(inner(&a, &a).to_vec::<f64>(), [5.0, 11.0, 11.0, 25.0]);
/// ```
///
/// # Panics
/// Panics when the last axes differ.
#[track_caller]
pub fn inner(a: &Array, b: &Array) -> Array {
    if a.ndim() == 0 || b.ndim() == 0 {
        return a * b;
    }
    tensordot(a, b, &[a.ndim() - 1], &[b.ndim() - 1])
}

/// The products of each element of `a` with each of `b`: shape `(a.len(), b.len())`.
///
/// ```
/// use hpc::linalg::outer;
/// use hpc::prelude::*;
/// let a = arange(1, 4, 1);
/// assert_eq!(outer(&a, &a).to_vec::<i64>(), [1, 2, 3, 2, 4, 6, 3, 6, 9]);
/// ```
#[track_caller]
pub fn outer(a: &Array, b: &Array) -> Array {
    a.reshape([a.len(), 1]) * b.reshape([1, b.len()])
}

/// The sum over pairs of axes, `a_axes[i]` with `b_axes[i]`: the other axes of `a`, then those of
/// `b`. One product of matrices, after at most one copy of each array.
///
/// ```
/// use hpc::linalg::tensordot;
/// use hpc::prelude::*;
/// let a = ones([2, 3, 4]);
/// let b = ones([4, 3, 5]);
/// let c = tensordot(&a, &b, &[1, 2], &[1, 0]);
/// assert_eq!((c.shape(), c.item([1, 4])), (&[2, 5][..], 12.0));
/// ```
///
/// # Panics
/// Panics when the axes do not fit together.
#[track_caller]
pub fn tensordot(a: &Array, b: &Array, a_axes: &[usize], b_axes: &[usize]) -> Array {
    let fits = a_axes.len() == b_axes.len()
        && are_axes(a, a_axes)
        && are_axes(b, b_axes)
        && a_axes
            .iter()
            .zip(b_axes)
            .all(|(&i, &j)| a.shape()[i] == b.shape()[j]);
    if !fits {
        let (left, right) = (a.shape(), b.shape());
        let message = format!(
            "shapes {left:?} and {right:?} have no axes {a_axes:?} and {b_axes:?} of the same lengths"
        );
        Error::argument("tensordot", message).raise();
    }
    let others = |array: &Array, axes: &[usize]| -> Vec<usize> {
        (0..array.ndim())
            .filter(|axis| !axes.contains(axis))
            .collect()
    };
    let (a_others, b_others) = (others(a, a_axes), others(b, b_axes));
    let length = |array: &Array, axes: &[usize]| {
        axes.iter()
            .map(|&axis| array.shape()[axis])
            .product::<usize>()
    };
    let left = permuted(a, &[&a_others[..], a_axes].concat());
    let right = permuted(b, &[b_axes, &b_others[..]].concat());
    let middle = length(a, a_axes);
    let product = matmul(
        &left.reshape([length(a, &a_others), middle]),
        &right.reshape([middle, length(b, &b_others)]),
    );
    let shape: Vec<usize> = a_others
        .iter()
        .map(|&axis| a.shape()[axis])
        .chain(b_others.iter().map(|&axis| b.shape()[axis]))
        .collect();
    product.reshape(shape)
}

fn are_axes(array: &Array, axes: &[usize]) -> bool {
    let mut sorted = axes.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len() == axes.len() && sorted.last().is_none_or(|&last| last < array.ndim())
}

/// Kronecker's product: each element of `a` times the whole of `b`. The array with fewer axes gets
/// axes of length 1 in front.
///
/// ```
/// use hpc::linalg::kron;
/// use hpc::prelude::*;
/// let a = Array::from([1, 10]);
/// let b = Array::from([1, 2, 3]);
/// assert_eq!(kron(&a, &b).to_vec::<i64>(), [1, 2, 3, 10, 20, 30]);
/// ```
#[track_caller]
pub fn kron(a: &Array, b: &Array) -> Array {
    let ndim = a.ndim().max(b.ndim());
    let long = |array: &Array| [vec![1; ndim - array.ndim()], array.shape().to_vec()].concat();
    let (left, right) = (long(a), long(b));
    let spread = |shape: &[usize], is_first: bool| -> Vec<usize> {
        let pair = |&n: &usize| if is_first { [n, 1] } else { [1, n] };
        shape.iter().flat_map(pair).collect()
    };
    let product = a.reshape(spread(&left, true)) * b.reshape(spread(&right, false));
    let shape: Vec<usize> = left.iter().zip(&right).map(|(a, b)| a * b).collect();
    product.reshape(shape)
}

/// Powers of square matrices `(…, n, n)`, by repeated squaring; negative ones are powers of the
/// inverse.
///
/// ```
/// use hpc::linalg::matrix_power;
/// use hpc::prelude::*;
/// let step = Array::from([[1.0, 1.0], [1.0, 0.0]]);
/// assert_eq!(matrix_power(&step, 10)?.item([0, 1]), 55.0); // Fibonacci
/// # Ok::<(), hpc::Error>(())
/// ```
///
/// # Errors
/// Returns an error when the power is negative and a matrix is singular.
///
/// # Panics
/// Panics when the array does not hold square matrices.
#[track_caller]
pub fn matrix_power(a: &Array, power: i64) -> Result<Array, Error> {
    let _region = routine!("linalg::matrix_power");
    let matrices = Matrices::square_of_dtype("matrix_power", a, a.dtype());
    if power == 0 {
        let one = identity(matrices.rows()).astype(a.dtype());
        return Ok(one + zeros(a.shape()).astype(a.dtype()));
    }
    let mut square = if power < 0 { inv(a)? } else { a.clone() };
    let mut rest = power.unsigned_abs();
    let mut result: Option<Array> = None;
    loop {
        if rest & 1 == 1 {
            result = Some(match result {
                Some(result) => matmul(&result, &square),
                None => square.clone(),
            });
        }
        rest >>= 1;
        if rest == 0 {
            return Ok(result.unwrap_or(square));
        }
        square = matmul(&square, &square);
    }
}

/// The product of two or more matrices, in the order of multiplications that takes the fewest
/// operations (T. H. Cormen et al., Introduction to Algorithms, 15.2). The first and the last may
/// be vectors.
///
/// ```
/// use hpc::linalg::multi_dot;
/// use hpc::prelude::*;
/// let (a, b, c) = (ones([10, 100]), ones([100, 5]), ones([5, 50]));
/// assert_eq!(multi_dot(&[&a, &b, &c]).shape(), [10, 50]);
/// ```
///
/// # Panics
/// Panics when the shapes do not fit together, or there are fewer than two matrices.
#[track_caller]
pub fn multi_dot(arrays: &[&Array]) -> Array {
    let _region = routine!("linalg::multi_dot");
    if arrays.len() < 2 {
        Error::argument("multi_dot", "it takes two matrices or more").raise();
    }
    let last = arrays.len() - 1;
    for (place, array) in arrays.iter().enumerate() {
        let is_end = place == 0 || place == last;
        if array.ndim() != 2 && !(is_end && array.ndim() == 1) {
            wrong_shape(
                "multi_dot",
                array,
                "it takes matrices, and vectors at the ends",
            );
        }
    }
    // Matrix i has sides[i] rows and sides[i + 1] columns.
    let first = if arrays[0].ndim() == 1 {
        1
    } else {
        arrays[0].shape()[0]
    };
    let mut sides = vec![first];
    for (place, array) in arrays.iter().enumerate() {
        let is_column = array.ndim() == 1 && place > 0;
        sides.push(if is_column {
            1
        } else {
            array.shape()[array.ndim() - 1]
        });
    }
    let n = arrays.len();
    let mut costs = vec![vec![0.0; n]; n];
    let mut splits = vec![vec![0; n]; n];
    for length in 1..n {
        for start in 0..n - length {
            let end = start + length;
            let cost = |split: usize| {
                let product = sides[start] as f64 * sides[split + 1] as f64 * sides[end + 1] as f64;
                costs[start][split] + costs[split + 1][end] + product
            };
            let best = (start..end)
                .min_by(|&a, &b| cost(a).total_cmp(&cost(b)))
                .unwrap_or(start);
            (costs[start][end], splits[start][end]) = (cost(best), best);
        }
    }
    multiply(arrays, &splits, 0, last)
}

#[track_caller]
fn multiply(arrays: &[&Array], splits: &[Vec<usize>], start: usize, end: usize) -> Array {
    if start == end {
        return arrays[start].clone();
    }
    let split = splits[start][end];
    matmul(
        &multiply(arrays, splits, start, split),
        &multiply(arrays, splits, split + 1, end),
    )
}
