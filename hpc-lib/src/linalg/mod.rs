//! Linear algebra, by NumPy's names.
//!
//! Matrices are the last two axes of an array; the axes before them are a batch, and each routine
//! works on all of its matrices, on all threads. Products of integers and bool are of their dtype; all
//! else is computed in f32, f64, c64 or c128: integers and bool become f64, and where two dtypes meet,
//! both become the wider one.
//!
//! Routines that can fail because of the numbers they are given return a `Result`; shapes that do
//! not fit end the cell by a panic, as everywhere in this library. An interrupt is noticed between
//! matrices of a batch and panels of a product; one decomposition runs to its end.
//!
//! ```
//! use hpc::linalg;
//! use hpc::prelude::*;
//! let a = Array::from([[4.0, 1.0], [2.0, 3.0]]);
//! let b = Array::from([1.0, 2.0]);
//! let x = linalg::solve(&a, &b)?;
//! assert!((linalg::matmul(&a, &x) - &b).abs().max() < 1e-14);
//! assert_eq!(linalg::det(&a).item(()), 10.0);
//! # Ok::<(), hpc::Error>(())
//! ```
//!
//! The computations are those of [faer](https://docs.rs/faer), products those of
//! [gemm](https://docs.rs/gemm).

mod covariance;
mod eigen;
mod einsum;
mod factors;
mod integers;
mod matrices;
mod norms;
mod product;
mod solve;

pub use eigen::{Eigen, eig, eigh, eigvals, eigvalsh};
pub use einsum::{einsum, try_einsum};
pub use factors::{Extent, Qr, Svd, Triangle, cholesky, qr, svd, svdvals};
pub use norms::{MatrixNorm, cond, matrix_norm, matrix_rank, norm, trace, vector_norm};
pub use product::{dot, inner, kron, matmul, matrix_power, multi_dot, outer, tensordot, vdot};
pub use solve::{Lstsq, Slogdet, det, expm, inv, lstsq, pinv, slogdet, solve};
